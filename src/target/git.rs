//! A public repository, or a public branch: one commit a publication, of published bundles and nothing else.
//!
//! The user's own `git` does it, so that ssh (agent, keys, known_hosts) and https (credential helpers) are as they have them. It works
//! in a bare repository of ours that only knows the public branch: nothing of the content repository is within its reach, so
//! nothing of it can be pushed. Pushes are fast-forwards; where somebody else pushed first, the commit is made anew upon theirs.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read, Seek, Write};
use std::path::PathBuf;

use jiff::Timestamp;

use super::feed::{self, ENTRY, Feed};
use super::{Bundle, Engine, MARK, Post, Receipt, Removal, Target, TargetError, address, check_slug, mark};
use crate::hands;
use crate::story::StoryId;

/// Publishes into a public repository.
#[derive(Debug, Clone)]
pub struct GitTarget {
    pub name: String,
    /// The address as it may be shown.
    pub remote: String,
    /// The same for git, which runs in another folder.
    pub address: String,
    pub branch: String,
    /// The folder inside the repository, without slashes at its ends; empty: its root.
    pub path: String,
    pub engine: Engine,
    pub url: Option<String>,
    pub feed: Option<Feed>,
    /// Our own copy of the public branch, made on first use.
    pub store: PathBuf,
    /// Name and address of the author of the commits: the team's robot.
    pub robot: (String, String),
    /// A public branch that would fill the disk is not taken over: so many bytes of its last commit, and no more.
    pub most: u64,
    pub now: Timestamp,
}

/// Said on the command line, which no file overrules.
const SETTINGS: [&str; 18] = [
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.autocrlf=false",
    "core.attributesFile=/dev/null",
    "protocol.allow=never",
    "protocol.https.allow=always",
    "protocol.ssh.allow=always",
    "protocol.file.allow=always",
    "transfer.bundleURI=false",
    "fetch.recurseSubmodules=false",
    "push.recurseSubmodules=no",
    "push.followTags=false",
    "push.gpgSign=false",
    "commit.gpgSign=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "http.lowSpeedLimit=100",
    "http.lowSpeedTime=60",
];

/// What git writes beside a file before it takes its place, and a git that was killed leaves: the next one stops at it.
const LOCKS: [&str; 5] = [
    "HEAD.lock",
    "config.lock",
    "index.new.lock",
    "refs/public.lock",
    "shallow.lock",
];

/// How often a commit is made anew because somebody else pushed first.
const RACES: usize = 5;

/// What git said, and whether it did it.
struct Ran {
    ok: bool,
    out: Vec<u8>,
    err: String,
}

impl Ran {
    fn line(&self) -> String {
        String::from_utf8_lossy(&self.out).trim().to_owned()
    }
}

/// The public branch as it is now.
struct Tip {
    commit: Option<String>,
}

impl GitTarget {
    /// The folder of the story inside the repository.
    fn folder(&self, slug: &str) -> String {
        match self.path.as_str() {
            "" => slug.to_owned(),
            path => format!("{path}/{slug}"),
        }
    }

    fn place(&self, slug: &str) -> String {
        match &self.url {
            Some(url) => address(url, slug),
            None => format!("{} {}:{}", self.remote, self.branch, self.folder(slug)),
        }
    }

    fn git(&self, args: &[&str], input: &[u8]) -> Result<Ran, TargetError> {
        let failed = |source| TargetError::Io {
            path: self.store.clone(),
            source,
        };
        let mut command = hands::git(self.most);
        for setting in SETTINGS {
            command.args(["-c", setting]);
        }
        let (name, email) = &self.robot;
        // files, not pipes: neither side waits for the other
        let file = || tempfile::tempfile().map_err(failed);
        let (mut given, mut out, mut err) = (file()?, file()?, file()?);
        given.write_all(input).and_then(|()| given.rewind()).map_err(failed)?;
        let status = command
            .args(args)
            .current_dir(&self.store)
            .env("GIT_DIR", &self.store)
            .env("GIT_INDEX_FILE", self.store.join("index.new"))
            .env("GIT_NO_REPLACE_OBJECTS", "1")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_AUTHOR_NAME", name)
            .env("GIT_AUTHOR_EMAIL", email)
            .env("GIT_AUTHOR_DATE", format!("@{} +0000", self.now.as_second()))
            .env("GIT_COMMITTER_NAME", name)
            .env("GIT_COMMITTER_EMAIL", email)
            .env("GIT_COMMITTER_DATE", format!("@{} +0000", self.now.as_second()))
            .env("LC_ALL", "C")
            .stdin(given)
            .stdout(out.try_clone().map_err(failed)?)
            .stderr(err.try_clone().map_err(failed)?)
            .status()
            .map_err(failed)?;
        if status.code() == Some(hands::NO_GIT) {
            return Err(TargetError::Remote {
                what: "git is not installed".to_owned(),
                said: String::new(),
                hint: "install git (Debian: apt install git)",
            });
        }
        let read = |file: &mut fs::File| {
            let mut bytes = Vec::new();
            file.rewind().and_then(|()| file.read_to_end(&mut bytes)).map(|_| bytes)
        };
        Ok(Ran {
            ok: status.success(),
            out: read(&mut out).map_err(failed)?,
            err: String::from_utf8_lossy(&read(&mut err).map_err(failed)?).into_owned(),
        })
    }

    /// Runs git, which must not fail.
    fn must(&self, args: &[&str], input: &[u8]) -> Result<Ran, TargetError> {
        let ran = self.git(args, input)?;
        match ran.ok {
            true => Ok(ran),
            false => Err(self.blame(&ran.err)),
        }
    }

    fn blame(&self, err: &str) -> TargetError {
        let has = |words: &[&str]| words.iter().any(|word| err.contains(word));
        let hint = if has(&["File too large"]) {
            "nothing was published; its branch is larger than `max_received_bytes` of this [[target]]: set that higher, or give the stories a branch or a repository of their own"
        } else if has(&[
            "Permission denied (",
            "Authentication failed",
            "could not read Username",
            "error: 401",
            "error: 403",
        ]) {
            "see that `git push` to that address works for this user: an ssh key in the agent, or a credential helper in git's configuration"
        } else if has(&[
            "Host key verification failed",
            "HOST IDENTIFICATION HAS CHANGED",
            "certificate",
        ]) {
            "ask whoever runs the server for its key before you trust it"
        } else if has(&[
            "does not appear to be a git repository",
            "not found",
            "does not exist",
            "No such file",
        ]) {
            "make the repository there (git init --bare), or correct `remote` of this [[target]]"
        } else {
            "nothing is lost: publish again, and it goes on from here"
        };
        let lines = err.lines().map(str::trim);
        let said = lines.filter(|l| !l.is_empty() && !l.starts_with("hint:") && !l.starts_with("remote: Resolving"));
        TargetError::Remote {
            what: format!("git did not get it to {}", self.remote),
            said: said
                .take(4)
                .collect::<Vec<_>>()
                .join("; ")
                .replace(&self.address, &self.remote),
            hint,
        }
    }

    fn branch_ref(&self) -> String {
        format!("refs/heads/{}", self.branch)
    }

    /// Our copy of the public branch; where it is already, git finds nothing to do.
    fn make_store(&self) -> Result<(), TargetError> {
        let made = fs::create_dir_all(&self.store);
        made.map_err(|source| TargetError::Io {
            path: self.store.clone(),
            source,
        })?;
        self.must(&["init", "--quiet", "--bare", "--template=", "."], &[])?;
        Ok(())
    }

    /// Undoes what a git that was killed left in our copy: locks, and a copy half made. Only for a run that holds the spool's lock:
    /// nobody else writes there then.
    fn mend_store(&self) -> Result<(), TargetError> {
        for lock in LOCKS {
            let path = self.store.join(lock);
            match fs::remove_file(&path) {
                Err(source) if source.kind() != io::ErrorKind::NotFound => {
                    return Err(TargetError::Io { path, source });
                }
                _ => {}
            }
        }
        self.make_store()
    }

    /// Asks the remote where its branch stands, and gets that commit.
    fn tip(&self) -> Result<Tip, TargetError> {
        if !self.store.join("HEAD").exists() {
            self.make_store()?;
        }
        let branch = self.branch_ref();
        let asked = self
            .must(&["ls-remote", "--quiet", "--refs", "--", &self.address, &branch], &[])?
            .line();
        let commit = asked.split_once('\t').map(|(id, _)| id.to_owned());
        if let Some(commit) = &commit {
            let here = self.git(&["rev-parse", "--verify", "--quiet", "refs/public"], &[])?;
            if here.line() != *commit {
                let spec = format!("+{branch}:refs/public");
                let args = [
                    "fetch",
                    "--quiet",
                    "--no-tags",
                    "--depth=1",
                    "--no-write-fetch-head",
                    "--",
                    &self.address,
                    &spec,
                ];
                self.must(&args, &[])?;
                let fetched = self.must(&["rev-parse", "--verify", "refs/public"], &[])?.line();
                return Ok(Tip { commit: Some(fetched) });
            }
        }
        Ok(Tip { commit })
    }

    /// The files of a folder of the tip, by path, with their blobs.
    fn listed(&self, tip: &Tip, folder: &str) -> Result<BTreeMap<String, String>, TargetError> {
        let Some(commit) = &tip.commit else {
            return Ok(BTreeMap::new());
        };
        let mut args = vec!["ls-tree", "-r", "-z", "--full-tree", commit];
        if !folder.is_empty() {
            args.extend(["--", folder]);
        }
        let ran = self.must(&args, &[])?;
        let listed = String::from_utf8_lossy(&ran.out).into_owned();
        let entry = |line: &str| {
            let (head, path) = line.split_once('\t')?;
            Some((path.to_owned(), head.rsplit(' ').next()?.to_owned()))
        };
        Ok(listed.split('\0').filter_map(entry).collect())
    }

    fn blob(&self, id: &str) -> Result<Vec<u8>, TargetError> {
        Ok(self.must(&["cat-file", "blob", id], &[])?.out)
    }

    /// The story's files at the tip; none: it is not there. What another made is not touched.
    fn standing(&self, tip: &Tip, story: &StoryId, slug: &str) -> Result<BTreeMap<String, String>, TargetError> {
        check_slug(slug)?;
        let folder = self.folder(slug);
        let files = self.listed(tip, &folder)?;
        if files.is_empty() {
            return Ok(files);
        }
        let path = PathBuf::from(&folder);
        match files.get(&format!("{folder}/{MARK}")) {
            Some(blob) if self.blob(blob)? == mark(story).as_bytes() => Ok(files),
            Some(_) => Err(TargetError::OtherStory { path }),
            None => Err(TargetError::NotOurs { path }),
        }
    }

    /// Makes the next commit of the tip and pushes it; false: somebody else was faster. `put` are the story's files, `old` those it had.
    fn commit(
        &self,
        tip: &Tip,
        old: &BTreeMap<String, String>,
        put: &BTreeMap<String, Vec<u8>>,
        message: &str,
    ) -> Result<bool, TargetError> {
        let read = match &tip.commit {
            Some(commit) => vec!["read-tree", commit],
            None => vec!["read-tree", "--empty"],
        };
        self.must(&read, &[])?;
        let mut listed = self.listed(tip, "")?;
        let mut changes = String::new();
        for path in old.keys().filter(|path| !put.contains_key(*path)) {
            changes.push_str(&format!("0 {}\t{path}\n", "0".repeat(40)));
            listed.remove(path);
        }
        let mut add = |path: &str, bytes: &[u8]| -> Result<String, TargetError> {
            let blob = self.must(&["hash-object", "-w", "--stdin"], bytes)?.line();
            changes.push_str(&format!("100644 {blob}\t{path}\n"));
            Ok(blob)
        };
        for (path, bytes) in put {
            listed.insert(path.clone(), add(path, bytes)?);
        }
        if let (Some(feed), Some(url)) = (&self.feed, &self.url) {
            let depth = self
                .folder("")
                .trim_end_matches('/')
                .split('/')
                .filter(|part| !part.is_empty())
                .count();
            let ours = |path: &&String| path.ends_with(&format!("/{ENTRY}")) && path.split('/').count() == depth + 2;
            let mut entries = Vec::new();
            for path in listed.keys().filter(ours) {
                entries.push(String::from_utf8_lossy(&self.blob(&listed[path])?).into_owned());
            }
            add(&feed.path, feed::feed(entries.into_iter(), &feed.title, url).as_bytes())?;
        }
        self.must(
            &["update-index", "--add", "--replace", "--index-info"],
            changes.as_bytes(),
        )?;
        let tree = self.must(&["write-tree"], &[])?.line();
        if let Some(commit) = &tip.commit {
            let known = self
                .must(&["rev-parse", "--verify", &format!("{commit}^{{tree}}")], &[])?
                .line();
            if known == tree {
                return Ok(true);
            }
        }
        let mut args = vec!["commit-tree", "-F", "-", &tree];
        if let Some(commit) = &tip.commit {
            args.extend(["-p", commit]);
        }
        let commit = self.must(&args, message.as_bytes())?.line();
        let spec = format!("{commit}:{}", self.branch_ref());
        let push = [
            "push",
            "--porcelain",
            "--no-verify",
            "--no-signed",
            "--",
            &self.address,
            &spec,
        ];
        let pushed = self.git(&push, &[])?;
        if pushed.ok {
            self.must(&["update-ref", "refs/public", &commit], &[])?;
            return Ok(true);
        }
        let refused = String::from_utf8_lossy(&pushed.out);
        let raced = [
            "(fetch first)",
            "(non-fast-forward)",
            "cannot lock ref",
            "failed to update ref",
            "reference already exists",
        ];
        match refused
            .lines()
            .any(|l| l.starts_with('!') && raced.iter().any(|r| l.contains(r)))
        {
            true => Ok(false),
            false => {
                let said = refused
                    .lines()
                    .filter(|l| l.starts_with('!'))
                    .filter_map(|l| l.rsplit('\t').next());
                Err(self.blame(&format!("{}\n{}", said.collect::<Vec<_>>().join("; "), pushed.err)))
            }
        }
    }

    /// Tries until nobody else pushed in between.
    fn step(&self, once: impl Fn() -> Result<Option<Removal>, TargetError>) -> Result<Removal, TargetError> {
        for _ in 0..RACES {
            if let Some(done) = once()? {
                return Ok(done);
            }
        }
        Err(TargetError::Remote {
            what: format!("others keep pushing to {}", self.remote),
            said: String::new(),
            hint: "publish again",
        })
    }
}

impl Target for GitTarget {
    fn name(&self) -> &str {
        &self.name
    }

    fn try_out(&self) -> Result<String, TargetError> {
        let tip = self.tip()?;
        let branch = format!("{}, branch {}", self.remote, self.branch);
        Ok(match tip.commit {
            Some(commit) => format!("{branch}, at {}", &commit[..commit.len().min(10)]),
            None => format!("{branch}, which the first publication makes"),
        })
    }

    fn put(&self, bundle: &Bundle) -> Result<Receipt, TargetError> {
        let folder = self.folder(bundle.slug);
        let files = self
            .engine
            .files(bundle, self.path.rsplit('/').next().unwrap_or_default())?;
        let mut put: BTreeMap<String, Vec<u8>> = files
            .into_iter()
            .map(|(name, bytes)| (format!("{folder}/{name}"), bytes.into_owned()))
            .collect();
        put.insert(format!("{folder}/{MARK}"), mark(bundle.story).into_bytes());
        if let (Some(feed), Some(url)) = (&self.feed, &self.url) {
            put.insert(
                format!("{folder}/{ENTRY}"),
                feed::entry(bundle, url, &feed.title).into_bytes(),
            );
        }
        let title = super::front::text(bundle.front.get("title")).unwrap_or_else(|| bundle.slug.to_owned());
        self.mend_store()?;
        self.step(|| {
            let tip = self.tip()?;
            let old = self.standing(&tip, bundle.story, bundle.slug)?;
            let verb = if old.is_empty() { "Publish" } else { "Correct" };
            let done = self.commit(&tip, &old, &put, &format!("{verb} \"{title}\"\n"))?;
            Ok(done.then_some(Removal::Removed))
        })?;
        Ok(Receipt {
            place: self.place(bundle.slug),
            id: None,
        })
    }

    fn remove(&self, post: &Post) -> Result<Removal, TargetError> {
        self.mend_store()?;
        self.step(|| {
            let tip = self.tip()?;
            let old = self.standing(&tip, post.story, post.slug)?;
            if old.is_empty() {
                return Ok(Some(Removal::NotThere));
            }
            let done = self.commit(&tip, &old, &BTreeMap::new(), &format!("Take down {}\n", post.slug))?;
            Ok(done.then_some(Removal::Removed))
        })
    }

    fn is_gone(&self, post: &Post) -> Result<bool, TargetError> {
        match self.standing(&self.tip()?, post.story, post.slug) {
            Ok(files) => Ok(files.is_empty()),
            Err(TargetError::OtherStory { .. }) => Ok(true),
            Err(error) => Err(error),
        }
    }

    fn remains(&self) -> Option<&'static str> {
        Some("the repository's earlier commits still hold the text, and so does every clone of it")
    }
}
