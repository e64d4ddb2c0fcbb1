//! The remote: a git server, or a repository in a folder. Reached by the user's own `git`, so that ssh (agent, keys,
//! known_hosts) and https (credential helpers) are as they have them.
//!
//! git is run in a folder of its own that knows nothing but our objects: no setting, hook, filter or attribute of the content
//! repository takes part. Of its configuration one line is read, the remote's address, and by us.

use std::ffi::OsString;
use std::fs;
use std::io::Read;
use std::os::fd::AsFd;
use std::path::Path;
use std::process::Stdio;

use git2::Oid;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use super::quarantine::Quarantine;
use super::way::{Watch, Words};
use super::{PRIVATE_REF, RepoError, StoryRepo};
use crate::hands;

/// How git may ask, and what this machine allows.
#[derive(Debug, Clone, Default)]
pub struct Means {
    /// There is a person at a terminal: git and ssh may ask for a password.
    pub ask: bool,
    /// A remote may be a folder of this machine.
    pub local: bool,
    /// `GIT_SSH_COMMAND`, where it is set.
    pub ssh: Option<String>,
    /// So many bytes are taken over at once, and no more.
    pub most: u64,
}

/// Why the remote could not be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RemoteError {
    #[error("the content repository has no remote {0:?}")]
    None(String),
    #[error("the address of the remote {name:?} is not used: {why}")]
    Address { name: String, why: &'static str },
    #[error("git is not installed")]
    NoGit,
    #[error("{0} refused the login")]
    Login(String, String),
    #[error("{0} is not who it was, or not known")]
    Stranger(String, String),
    #[error("{0} could not be reached")]
    Away(String, String),
    #[error("{0} holds no such repository")]
    NotThere(String, String),
    #[error("what {0} sent was refused")]
    Unsound(String, String),
    #[error("{0} sends more than {1} bytes")]
    TooMuch(String, u64),
    #[error("{0} did not take it")]
    NotTaken(String, String),
    #[error("git failed at {0}")]
    Git(String, String),
}

impl RemoteError {
    /// What git said, or why it was stopped.
    pub fn said(&self) -> &str {
        match self {
            RemoteError::Login(_, said)
            | RemoteError::Stranger(_, said)
            | RemoteError::Away(_, said)
            | RemoteError::NotThere(_, said)
            | RemoteError::Unsound(_, said)
            | RemoteError::NotTaken(_, said)
            | RemoteError::Git(_, said) => said,
            RemoteError::TooMuch(..) => "all that is taken over at once must not be larger",
            RemoteError::None(_) | RemoteError::Address { .. } | RemoteError::NoGit => "",
        }
    }

    /// What a person can do about it.
    pub fn advice(&self) -> String {
        match self {
            RemoteError::None(name) => {
                format!("name one with `git -C STORIES remote add {name} ssh://host/path/stories.git`, STORIES being its folder")
            }
            RemoteError::Address { why, .. } if *why == FOLDER => {
                "if it is to be a folder of this machine, set `local_remote = true` under [repository]".to_owned()
            }
            RemoteError::Address { .. } => {
                "give it an https:// or ssh:// address: git remote set-url, in the content repository".to_owned()
            }
            RemoteError::NoGit => "install git (Debian: apt install git); everything but `sync` works without it".to_owned(),
            RemoteError::Login(..) => {
                "see that `git ls-remote` with that address works for this user: an ssh key in the agent, or a credential helper in the user's own git configuration"
                    .to_owned()
            }
            RemoteError::Stranger(..) => {
                "ask whoever runs the server for its key before you trust it (ssh-keygen -R, then ssh to it once)".to_owned()
            }
            RemoteError::Away(..) => "nothing is lost: what is here goes out with the next `sync`".to_owned(),
            RemoteError::NotThere(..) => {
                "make it there (git init --bare), or correct the address: git remote set-url, in the content repository".to_owned()
            }
            RemoteError::Unsound(..) => "nothing was taken over; tell whoever runs the server".to_owned(),
            RemoteError::TooMuch(..) => {
                "nothing was taken over; if so much is to be expected, set `max_received_bytes` under [repository] higher; else ask whoever runs the server"
                    .to_owned()
            }
            RemoteError::NotTaken(..) => "ask whoever runs the server for the right to push to this branch".to_owned(),
            RemoteError::Git(..) => "nothing is lost; see what git says above".to_owned(),
        }
    }
}

const FOLDER: &str = "it is a folder of this machine";

/// What stands on the remote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Heads {
    pub(super) branch: Option<Oid>,
    pub(super) private: Option<Oid>,
}

impl Heads {
    /// Whether the branch is there, and this commit.
    pub fn is_branch(&self, commit: &str) -> bool {
        self.branch.is_some_and(|id| id.to_string() == commit)
    }

    /// Whether private parts are there.
    pub fn has_private(&self) -> bool {
        self.private.is_some()
    }

    /// Neither stories nor private parts.
    pub fn is_empty(&self) -> bool {
        self.branch.is_none() && self.private.is_none()
    }
}

/// What became of a push.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pushed {
    Done,
    /// Somebody else was faster.
    Moved,
}

/// A remote of the content repository, ready to be asked.
pub struct Remote<'a> {
    repo: &'a StoryRepo,
    pub name: String,
    url: String,
    means: Means,
    /// Is told how far a fetch or a push is.
    pub watch: Option<Watch<'a>>,
}

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
const MOST_SAID: u64 = 64 << 10;

impl StoryRepo {
    /// The remote of this name, by its address in the content repository's own configuration.
    pub fn remote(&self, name: &str, means: Means) -> Result<Remote<'_>, RemoteError> {
        let none = || RemoteError::None(name.to_owned());
        if !git2::Remote::is_valid_name(name) || name.starts_with('-') {
            return Err(none());
        }
        let config = git2::Config::open(&self.dir.join("config")).map_err(|_| none())?;
        let url = config.get_string(&format!("remote.{name}.url")).map_err(|_| none())?;
        check_address(&url, means.local).map_err(|why| RemoteError::Address {
            name: name.to_owned(),
            why,
        })?;
        // git runs elsewhere
        let is_path = !url.contains("://") && !is_host_and_path(&url);
        let url = match is_path {
            true => self.root.join(&url).to_string_lossy().into_owned(),
            false => url,
        };
        let name = name.to_owned();
        let repo = self;
        let watch = None;
        Ok(Remote {
            repo,
            name,
            url,
            means,
            watch,
        })
    }

    /// Whether there is a remote of this name.
    pub fn has_remote(&self, name: &str) -> bool {
        let config = git2::Config::open(&self.dir.join("config"));
        config.is_ok_and(|config| config.get_string(&format!("remote.{name}.url")).is_ok())
    }
}

/// https, ssh (also `host:path`), and where it is allowed a folder; nothing else, and nothing that git or ssh could take for an
/// option.
fn check_address(url: &str, local: bool) -> Result<(), &'static str> {
    if url.is_empty() || url.chars().any(char::is_control) {
        return Err("it is empty, or has control characters in it");
    }
    if url.starts_with('-') {
        return Err("it begins with a hyphen");
    }
    if url.starts_with('/') || url.starts_with("./") || url.starts_with("../") || url.starts_with("file://") {
        return if local { Ok(()) } else { Err(FOLDER) };
    }
    let host = match url.split_once("://") {
        Some(("https" | "ssh" | "git+ssh" | "ssh+git", rest)) => rest.split('/').next().unwrap_or_default(),
        Some(_) => return Err("only https and ssh are spoken"),
        None if url.contains("::") => return Err("only https and ssh are spoken"),
        None if is_host_and_path(url) => url.split(':').next().unwrap_or_default(),
        None => return if local { Ok(()) } else { Err(FOLDER) },
    };
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    match host.is_empty() || host.starts_with('-') {
        true => Err("it names no host"),
        false => Ok(()),
    }
}

/// ssh, as people type it: `git@host:path`.
fn is_host_and_path(url: &str) -> bool {
    url.split_once(':').is_some_and(|(host, _)| !host.contains('/'))
}

/// What a run of git came to.
struct Ran {
    ok: bool,
    out: String,
    err: String,
}

impl Remote<'_> {
    /// The address as it may be shown: without a password.
    pub fn address(&self) -> String {
        without_password(&self.url)
    }

    /// What stands there now: one question over the network.
    pub fn heads(&self) -> Result<Heads, RemoteError> {
        let branch = self.repo.branch_ref();
        let ran = self.git(&["ls-remote", "--quiet", "--refs", "--", &self.url, &branch, PRIVATE_REF])?;
        if !ran.ok {
            return Err(self.blame(&ran.err));
        }
        let mut heads = Heads::default();
        for line in ran.out.lines() {
            let Some((hex, name)) = line.split_once('\t') else {
                continue;
            };
            let id = Oid::from_str(hex).ok().filter(|_| hex.len() == 40);
            if name == branch {
                heads.branch = id;
            } else if name == PRIVATE_REF {
                heads.private = id;
            }
        }
        Ok(heads)
    }

    /// Brings their objects here. No ref of the content repository moves: what came is looked at first.
    pub fn fetch(&self, heads: Heads, private: bool) -> Result<Heads, RemoteError> {
        let branch = self.repo.branch_ref();
        let scene = self.scene()?;
        let mut wanted = Vec::new();
        // an object that is here says nothing of those that it names: a fetch may have been cut off
        let ours = |name: &str| self.repo.read_ref(name).ok().flatten();
        let (here, seen) = (ours(&branch), ours(&seen_ref(&self.name)));
        let is_known = |id: Oid| {
            let behind = |here| self.repo.git.graph_descendant_of(here, id).unwrap_or(false);
            here == Some(id) || seen == Some(id) || here.is_some_and(behind)
        };
        if heads.branch.is_some_and(|id| !is_known(id)) {
            wanted.push(format!("{branch}:refs/came/branch"));
        }
        if private && heads.private.is_some() && heads.private != ours(PRIVATE_REF) {
            wanted.push(format!("{PRIVATE_REF}:refs/came/private"));
        }
        let mut heads = heads;
        if wanted.is_empty() {
            return Ok(heads);
        }
        let mut args = vec![
            "fetch",
            self.how_loud(),
            "--no-tags",
            "--no-write-fetch-head",
            "--no-recurse-submodules",
            "--no-auto-maintenance",
            "--",
            &self.url,
        ];
        args.extend(wanted.iter().map(String::as_str));
        // what came whole is let in; all else goes with the quarantine
        let failed = |e: RepoError| RemoteError::Git(self.address(), e.to_string());
        let quarantine = Quarantine::begin(self.repo).map_err(failed)?;
        let ran = self.git_in(&scene, quarantine.objects(), &args)?;
        if !ran.ok {
            return Err(self.blame(&ran.err));
        }
        for small in quarantine.small_packs().map_err(failed)? {
            self.unpack(&scene, &small)?;
        }
        quarantine.let_in().map_err(failed)?;
        // they may have moved since they were asked
        for (name, head) in [("branch", &mut heads.branch), ("private", &mut heads.private)] {
            if let Ok(text) = fs::read_to_string(scene.path().join("refs/came").join(name)) {
                *head = Oid::from_str(text.trim()).ok();
            }
        }
        Ok(heads)
    }

    /// The objects of a small pack, one by one: a pack for each sync would soon be very many.
    fn unpack(&self, scene: &tempfile::TempDir, pack: &Path) -> Result<(), RemoteError> {
        let failed = |e: std::io::Error| RemoteError::Git(self.address(), e.to_string());
        let given = fs::File::open(pack).map_err(failed)?;
        let objects = self.repo.dir.join("objects");
        let ran = self.git_given(scene, &objects, &["unpack-objects", "-q"], given.into())?;
        match ran.ok {
            true => fs::remove_file(pack).map_err(failed),
            false => Err(self.blame(&ran.err)),
        }
    }

    /// Pushes the branch: never by force.
    pub fn push(&self, tip: super::CommitId) -> Result<Pushed, RemoteError> {
        let spec = format!("{}:{}", tip.0, self.repo.branch_ref());
        self.push_specs(&[&spec], &[])
    }

    /// Replaces the private parts there, if they still are what was merged into ours (`old`).
    pub fn push_private(&self, new: super::CommitId, old: Heads) -> Result<Pushed, RemoteError> {
        let spec = format!("{}:{PRIVATE_REF}", new.0);
        self.push_specs(&[&spec], &[lease(PRIVATE_REF, old.private)])
    }

    /// Replaces branch and private parts there after an erasure, if both still are what they were (`old`). Where `private` is none
    /// it is left.
    pub fn push_rewritten(
        &self,
        tip: super::CommitId,
        private: Option<super::CommitId>,
        old: Heads,
    ) -> Result<Pushed, RemoteError> {
        let branch = self.repo.branch_ref();
        let mut specs = vec![format!("{}:{branch}", tip.0)];
        let mut leases = vec![lease(&branch, old.branch)];
        if let Some(private) = private {
            specs.push(format!("{}:{PRIVATE_REF}", private.0));
            leases.push(lease(PRIVATE_REF, old.private));
        }
        let specs: Vec<&str> = specs.iter().map(String::as_str).collect();
        self.push_specs(&specs, &leases)
    }

    fn push_specs(&self, specs: &[&str], leases: &[String]) -> Result<Pushed, RemoteError> {
        let mut args = vec![
            "push",
            self.how_loud(),
            "--porcelain",
            "--no-verify",
            "--no-signed",
            "--no-recurse-submodules",
        ];
        if specs.len() > 1 {
            args.push("--atomic");
        }
        args.extend(leases.iter().map(String::as_str));
        args.extend(["--", &self.url]);
        args.extend(specs);
        let ran = self.git(&args)?;
        if ran.ok {
            return Ok(Pushed::Done);
        }
        let refused = ran.out.lines().filter(|line| line.starts_with('!'));
        let refused: Vec<&str> = refused.filter_map(|line| line.rsplit('\t').next()).collect();
        if refused.is_empty() {
            return Err(self.blame(&ran.err));
        }
        let raced = [
            "(fetch first)",
            "(non-fast-forward)",
            "(stale info)",
            "(remote ref updated since checkout)",
            "cannot lock ref",
            "failed to update ref",
            "failed to lock",
            "incorrect old value provided",
            "reference already exists",
            "(atomic push failed)",
            "(atomic transaction failed)",
        ];
        if refused.iter().all(|said| raced.iter().any(|r| said.contains(r))) {
            return Ok(Pushed::Moved);
        }
        let said = format!("{}\n{}", refused.join("; "), ran.err);
        Err(RemoteError::NotTaken(self.address(), self.said(&said)))
    }

    /// git says how far it is only where somebody watches.
    fn how_loud(&self) -> &'static str {
        match self.watch {
            Some(_) => "--progress",
            None => "--quiet",
        }
    }

    fn git(&self, args: &[&str]) -> Result<Ran, RemoteError> {
        self.git_in(&self.scene()?, &self.repo.dir.join("objects"), args)
    }

    /// A git folder for one run: without objects of its own, and with as much of our refs as keeps it from fetching what is
    /// here.
    fn scene(&self) -> Result<tempfile::TempDir, RemoteError> {
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

    fn git_in(&self, scene: &tempfile::TempDir, objects: &Path, args: &[&str]) -> Result<Ran, RemoteError> {
        self.git_given(scene, objects, args, Stdio::null())
    }

    fn git_given(
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

    /// What git's words mean for the person at the desk.
    fn blame(&self, err: &str) -> RemoteError {
        let has = |words: &[&str]| words.iter().any(|word| err.contains(word));
        let (name, said) = (self.address(), self.said(err));
        if has(&["File too large"]) {
            RemoteError::TooMuch(name, self.means.most)
        } else if has(&[
            "Host key verification failed",
            "REMOTE HOST IDENTIFICATION HAS CHANGED",
            "server certificate verification failed",
            "SSL certificate problem",
            "certificate verify failed",
            "no alternative certificate subject name",
        ]) {
            RemoteError::Stranger(name, said)
        } else if has(&[
            "Permission denied (",
            "Authentication failed",
            "could not read Username",
            "could not read Password",
            "terminal prompts disabled",
            "Too many authentication failures",
            "returned error: 401",
            "returned error: 403",
        ]) {
            RemoteError::Login(name, said)
        } else if has(&[
            "fsck error",
            "fsckObjects",
            "inflate",
            "bad object",
            "invalid index-pack output",
            "index-pack failed",
            "did not send all necessary objects",
            "unresolved deltas",
            "corrupt",
        ]) && !has(&["early EOF", "hung up unexpectedly"])
        {
            RemoteError::Unsound(name, said)
        } else if has(&[
            "does not appear to be a git repository",
            "epository not found",
            "returned error: 404",
            "' not found",
            "does not exist",
        ]) {
            RemoteError::NotThere(name, said)
        } else if has(&[
            "Could not resolve host",
            "Temporary failure in name resolution",
            "Name or service not known",
            "Connection refused",
            "Connection reset",
            "Connection closed",
            "Connection timed out",
            "timed out",
            "Timeout",
            "No route to host",
            "Network is unreachable",
            "Failed to connect",
            "Could not connect",
            "Couldn't connect",
            "unable to connect",
            "early EOF",
            "hung up unexpectedly",
            "Broken pipe",
            "kex_exchange_identification",
            "Operation too slow",
            "returned error: 5",
            "returned error: 429",
            "RPC failed",
            "Empty reply from server",
        ]) {
            RemoteError::Away(name, said)
        } else {
            RemoteError::Git(name, said)
        }
    }

    /// git's words on few lines, without its advice and without a password.
    fn said(&self, err: &str) -> String {
        let shown = without_password(&self.url);
        // git names the server by itself, too: with the user, as it is asking for their password
        let (user, hidden) = (user(&self.url), user(&shown));
        let hide = |line: &str| match (user, hidden) {
            (Some(user), Some(hidden)) if !user.is_empty() => line.replace(&format!("{user}@"), &format!("{hidden}@")),
            _ => line.to_owned(),
        };
        let empty = |line: &&str| {
            !line.is_empty()
                && !line.starts_with("hint:")
                && !line.starts_with("remote: Resolving")
                && !line.starts_with('@')
        };
        let lines = err.lines().map(str::trim).filter(empty).take(6);
        let text: Vec<String> = lines.map(|line| hide(&line.replace(&self.url, &shown))).collect();
        text.join("; ")
    }
}

/// The last remote branch that was looked at and followed: what is missing from it later was taken out there.
pub(super) fn seen_ref(remote: &str) -> String {
    format!("refs/desk/seen/{remote}")
}

fn lease(name: &str, old: Option<Oid>) -> String {
    let old = old.map(|old| old.to_string()).unwrap_or_default();
    format!("--force-with-lease={name}:{old}")
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

/// What stands before the host, if anything does.
fn user(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let host = rest.split('/').next().unwrap_or_default();
    host.rsplit_once('@').map(|(user, _)| user)
}

/// An address as it may be shown. Over http(s) a name is hidden, too: a token is written like one.
fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return url.to_owned();
    };
    let (host, path) = rest
        .split_once('/')
        .map_or((rest, None), |(host, path)| (host, Some(path)));
    let host = match host.rsplit_once('@') {
        Some((_, host)) if scheme.to_ascii_lowercase().starts_with("http") => format!("***@{host}"),
        Some((user, host)) => match user.split_once(':') {
            Some((user, _)) => format!("{user}:***@{host}"),
            None => format!("{user}@{host}"),
        },
        None => host.to_owned(),
    };
    let path = path.map(|path| format!("/{path}")).unwrap_or_default();
    format!("{scheme}://{host}{path}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_ssh_and_allowed_folders_are_addresses() {
        for good in [
            "https://git.example.org/stories.git",
            "https://blog@git.example.org:8443/stories.git",
            "ssh://git@git.example.org/srv/stories.git",
            "ssh://git@[2001:db8::1]:2222/srv/stories.git",
            "git@git.example.org:stories.git",
            "host:path",
        ] {
            assert_eq!(check_address(good, false), Ok(()), "{good}");
        }
        for folder in [
            "/srv/stories.git",
            "../stories.git",
            "file:///srv/stories.git",
            "stories.git",
        ] {
            assert_eq!(check_address(folder, true), Ok(()), "{folder}");
            assert_eq!(check_address(folder, false), Err(FOLDER), "{folder}");
        }
        for bad in [
            "",
            "http://git.example.org/x",
            "git://git.example.org/x",
            "ftp://git.example.org/x",
            "ext::sh -c touch%20pwned",
            "fd::3",
            "--upload-pack=touch pwned",
            "-oProxyCommand=touch pwned:x",
            "ssh://-oProxyCommand=touch/x",
            "ssh://git@-oProxyCommand=touch/x",
            "git@-oProxyCommand=x:y",
            "https://",
            "https://host/\nx",
        ] {
            assert!(check_address(bad, true).is_err(), "{bad}");
        }
    }

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

    #[test]
    fn a_password_in_an_address_is_not_shown() {
        assert_eq!(
            without_password("https://a:b@c.example.org/d"),
            "https://***@c.example.org/d"
        );
        assert_eq!(
            without_password("https://token@c.example.org/d"),
            "https://***@c.example.org/d"
        );
        assert_eq!(without_password("ssh://a:b@c.example.org"), "ssh://a:***@c.example.org");
        assert_eq!(without_password("ssh://git@c.example.org"), "ssh://git@c.example.org");
        assert_eq!(without_password("git@c.example.org:d"), "git@c.example.org:d");
    }
}
