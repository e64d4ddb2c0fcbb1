//! How git is run: in a folder of its own, with settings that nothing overrules.

use std::ffi::OsString;
use std::fs;
use std::io::Read;
use std::os::fd::AsFd;
use std::path::Path;
use std::process::Stdio;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use super::{Remote, RemoteError, seen_ref};
use crate::hands;
use crate::repo::PRIVATE_REF;
use crate::repo::way::Words;

/// Said on the command line, which no file overrules.
const SETTINGS: [&str; 23] = [
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.fsync=all",
    "core.fsyncMethod=batch",
    "core.alternateRefsCommand=true",
    "protocol.allow=never",
    "protocol.https.allow=always",
    "protocol.ssh.allow=always",
    "transfer.fsckObjects=true",
    "fetch.fsckObjects=true",
    "fetch.unpackLimit=1",
    "fetch.recurseSubmodules=false",
    "fetch.writeCommitGraph=false",
    "fetch.prune=false",
    "transfer.bundleURI=false",
    "submodule.recurse=false",
    "push.recurseSubmodules=no",
    "push.followTags=false",
    "push.gpgSign=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "http.lowSpeedLimit=100",
    "http.lowSpeedTime=60",
];

/// No answer of git's is longer that is of use.
pub(super) const MOST_SAID: u64 = 64 << 10;

/// What a run of git came to.
pub(super) struct Ran {
    pub(super) ok: bool,
    pub(super) out: String,
    pub(super) err: String,
}

impl Remote<'_> {
    /// git says how far it is only where somebody watches.
    pub(super) fn how_loud(&self) -> &'static str {
        match self.watch {
            Some(_) => "--progress",
            None => "--quiet",
        }
    }

    pub(super) fn git(&self, args: &[&str]) -> Result<Ran, RemoteError> {
        self.git_in(&self.scene()?, &self.repo.dir.join("objects"), args)
    }

    /// A git folder for one run: without objects of its own, and with as much of our refs as keeps it from fetching what is
    /// here.
    pub(super) fn scene(&self) -> Result<tempfile::TempDir, RemoteError> {
        let failed = |e: std::io::Error| RemoteError::Git(self.address(), e.to_string());
        let scene = tempfile::Builder::new()
            .prefix("m4c-stories-remote-")
            .tempdir()
            .map_err(failed)?;
        let write = |name: &str, text: String| -> std::io::Result<()> {
            let path = scene.path().join(name);
            fs::create_dir_all(path.parent().expect("it is in the scene"))?;
            fs::write(path, text)
        };
        write(
            "config",
            "[core]\n\trepositoryformatversion = 0\n\tbare = true\n".to_owned(),
        )
        .map_err(failed)?;
        write("HEAD", "ref: refs/heads/nothing\n".to_owned()).map_err(failed)?;
        fs::create_dir_all(scene.path().join("objects")).map_err(failed)?;
        let here = [
            (self.repo.branch_ref(), "refs/here/branch"),
            (PRIVATE_REF.to_owned(), "refs/here/private"),
            (seen_ref(&self.name), "refs/here/seen"),
        ];
        for (ours, name) in here {
            let id = self.repo.read_ref(&ours).ok().flatten();
            let id = id.filter(|id| self.repo.git.odb().is_ok_and(|odb| odb.exists(*id)));
            if let Some(id) = id {
                write(name, format!("{id}\n")).map_err(failed)?;
            }
        }
        Ok(scene)
    }

    pub(super) fn git_in(&self, scene: &tempfile::TempDir, objects: &Path, args: &[&str]) -> Result<Ran, RemoteError> {
        self.git_given(scene, objects, args, Stdio::null())
    }

    pub(super) fn git_given(
        &self,
        scene: &tempfile::TempDir,
        objects: &Path,
        args: &[&str],
        given: Stdio,
    ) -> Result<Ran, RemoteError> {
        let failed = |e: std::io::Error| RemoteError::Git(self.address(), e.to_string());
        // what it says goes to a file, so that nobody waits for the other to read
        let words = scene.path().join("words");
        let said = fs::File::create(&words).map_err(failed)?;
        let mut command = hands::git(self.means.most);
        for setting in SETTINGS {
            command.args(["-c", setting]);
        }
        if self.means.local {
            command.args(["-c", "protocol.file.allow=always"]);
        }
        command
            .args(args)
            .current_dir(scene.path())
            .env("GIT_DIR", scene.path())
            .env("GIT_OBJECT_DIRECTORY", objects)
            .env("GIT_NO_REPLACE_OBJECTS", "1")
            .env("GIT_SSH_COMMAND", self.ssh())
            .env("LC_ALL", "C")
            .env("GIT_TERMINAL_PROMPT", if self.means.ask { "1" } else { "0" })
            .stdin(given)
            .stdout(Stdio::piped())
            .stderr(said);
        if !self.means.ask {
            // a window that nobody sees would wait for ever
            command
                .env("GIT_ASKPASS", OsString::from("true"))
                .env("SSH_ASKPASS_REQUIRE", "never");
        }
        let mut child = command.spawn().map_err(failed)?;
        let counted = self.watch.is_some_and(|_| args.contains(&self.how_loud()));
        let said = fs::File::open(&words).map_err(failed)?;
        let mut words = Words::new(said, counted, MOST_SAID as usize);
        let watch = self.watch.unwrap_or(&|_| {});
        let out = child.stdout.take();
        let out = out.map(|pipe| read_some(pipe, self.watch.map(|_| || words.look(watch))));
        let out = out.unwrap_or_default();
        let status = child.wait().map_err(failed)?;
        if status.code() == Some(hands::NO_GIT) {
            return Err(RemoteError::NoGit);
        }
        let ok = status.success();
        let err = words.end(watch);
        Ok(Ran { ok, out, err })
    }

    /// The user's ssh; where nobody looks on it asks for nothing, and it does not wait for ever for a server that is gone.
    fn ssh(&self) -> String {
        let configured = || self.repo.user.borrow().open()?.get_string("core.sshCommand").ok();
        let own = self.means.ssh.clone().or_else(configured);
        let ssh = own
            .filter(|own| !own.trim().is_empty())
            .unwrap_or_else(|| "ssh".to_owned());
        let first = ssh.split_whitespace().next().unwrap_or_default();
        if Path::new(first).file_name() != Some("ssh".as_ref()) {
            return ssh;
        }
        let batch = if self.means.ask { "" } else { " -oBatchMode=yes" };
        format!("{ssh}{batch} -oConnectTimeout=30 -oServerAliveInterval=15 -oServerAliveCountMax=4")
    }
}

/// How often somebody who watches is told.
const BETWEEN: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 200_000_000,
};

/// Reads to the end, and keeps so much as is of use; `meanwhile` is called again and again until then.
fn read_some(mut pipe: impl Read + AsFd, mut meanwhile: Option<impl FnMut()>) -> String {
    let mut bytes = Vec::new();
    let mut some = [0; 8192];
    loop {
        if let Some(meanwhile) = &mut meanwhile {
            while is_nothing_yet(poll(&mut [PollFd::new(&pipe, PollFlags::IN)], Some(&BETWEEN))) {
                meanwhile();
            }
        }
        match pipe.read(&mut some) {
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
            Ok(0) | Err(_) => break,
            // the rest is read so that git does not wait, and not kept
            Ok(n) => bytes.extend(some[..n].iter().take((MOST_SAID as usize).saturating_sub(bytes.len()))),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Whether a look at a pipe came to nothing so far; a run that was stopped for a while (Ctrl-Z) and goes on looks again.
fn is_nothing_yet(seen: Result<usize, Errno>) -> bool {
    matches!(seen, Ok(0) | Err(Errno::INTR))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_that_was_disturbed_found_nothing_yet() {
        for (seen, nothing_yet) in [
            (Ok(0), true),
            (Err(Errno::INTR), true),
            (Ok(1), false),
            (Err(Errno::INVAL), false),
        ] {
            assert_eq!(is_nothing_yet(seen), nothing_yet, "{seen:?}");
        }
    }
}
