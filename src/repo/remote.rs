//! The remote: a git server, or a repository in a folder. Reached by the user's own `git`, so that ssh (agent, keys,
//! known_hosts) and https (credential helpers) are as they have them.
//!
//! git is run in a folder of its own that knows nothing but our objects: no setting, hook, filter or attribute of the content
//! repository takes part. Of its configuration one line is read, the remote's address, and by us.

mod address;
mod blame;
mod run;

use std::fs;
use std::path::Path;

use git2::Oid;

use super::quarantine::Quarantine;
use super::way::Watch;
use super::{PRIVATE_REF, RepoError, StoryRepo};
use address::{is_host_and_path, without_password};
pub use blame::RemoteError;
use blame::is_race;
use run::MOST_SAID;

/// So many refs are fetched by one command.
const AT_ONCE: usize = 100;

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

/// What stands on the remote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Heads {
    pub(super) branch: Option<Oid>,
    pub(super) private: Option<Oid>,
}

impl Heads {
    /// Whether private parts are there.
    pub fn has_private(&self) -> bool {
        self.private.is_some()
    }

    /// Neither stories nor private parts.
    pub fn is_empty(&self) -> bool {
        self.branch.is_none() && self.private.is_none()
    }
}

/// A branch, a tag or the like of the remote, beside the two refs that are synced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Other {
    pub name: String,
    pub(super) id: Oid,
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

impl StoryRepo {
    /// The remote of this name, by its address in the content repository's own configuration.
    pub fn remote(&self, name: &str, means: Means) -> Result<Remote<'_>, RemoteError> {
        let none = || RemoteError::None(name.to_owned());
        if !git2::Remote::is_valid_name(name) || name.starts_with('-') {
            return Err(none());
        }
        let config = git2::Config::open(&self.dir.join("config")).map_err(|_| none())?;
        let url = config.get_string(&format!("remote.{name}.url")).map_err(|_| none())?;
        address::check(&url, means.local).map_err(|why| RemoteError::Address {
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

impl Remote<'_> {
    /// The address as it may be shown: without a password.
    pub fn address(&self) -> String {
        without_password(&self.url)
    }

    /// What stands there now: one question over the network.
    pub fn heads(&self) -> Result<Heads, RemoteError> {
        let branch = self.repo.branch_ref();
        let mut heads = Heads::default();
        for Other { name, id } in self.listed(&[&branch, PRIVATE_REF])? {
            if name == branch {
                heads.branch = Some(id);
            } else if name == PRIVATE_REF {
                heads.private = Some(id);
            }
        }
        Ok(heads)
    }

    /// The refs there of these names; all of them where none is given.
    fn listed(&self, names: &[&str]) -> Result<Vec<Other>, RemoteError> {
        let mut args = vec!["ls-remote", "--quiet", "--refs", "--", &self.url];
        args.extend(names);
        let ran = self.git(&args)?;
        if !ran.ok {
            return Err(self.blame(&ran.err));
        }
        if ran.out.len() >= MOST_SAID as usize {
            let why = "it has more branches and tags than are looked at".to_owned();
            return Err(RemoteError::Git(self.address(), why));
        }
        let read = |line: &str| {
            let (hex, name) = line.split_once('\t')?;
            let id = Oid::from_str(hex).ok().filter(|_| hex.len() == 40)?;
            let name = name.to_owned();
            Some(Other { name, id })
        };
        Ok(ran.out.lines().filter_map(read).collect())
    }

    /// What stands there beside branch and private parts, and is not of this desk's branch anyway.
    pub fn others(&self) -> Result<Vec<Other>, RemoteError> {
        let branch = self.repo.branch_ref();
        let tip = self.repo.read_ref(&branch).ok().flatten();
        let behind = |tip, id| self.repo.git.graph_descendant_of(tip, id).unwrap_or(false);
        let mut others = self.listed(&[])?;
        others.retain(|other| {
            let synced = [&*branch, PRIVATE_REF].contains(&other.name.as_str());
            let ours = tip.is_some_and(|tip| tip == other.id || behind(tip, other.id));
            !synced && !ours && other.name.starts_with("refs/") && git2::Reference::is_valid_name(&other.name)
        });
        Ok(others)
    }

    /// Brings their objects here, to be looked at; what they are now.
    pub fn fetch_others(&self, others: Vec<Other>) -> Result<Vec<Other>, RemoteError> {
        let scene = self.scene()?;
        let mut came = Vec::new();
        for some in others.chunks(AT_ONCE) {
            let wanted = some.iter().enumerate();
            let wanted = wanted.map(|(n, other)| format!("+{}:refs/came/{n}", other.name));
            self.bring(&scene, &wanted.collect::<Vec<_>>())?;
            for (n, Other { name, id }) in some.iter().enumerate() {
                let now = fs::read_to_string(scene.path().join(format!("refs/came/{n}")));
                let now = now.ok().and_then(|text| Oid::from_str(text.trim()).ok());
                came.push(Other {
                    name: name.clone(),
                    id: now.unwrap_or(*id),
                });
            }
        }
        Ok(came)
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
        self.bring(&scene, &wanted)?;
        // they may have moved since they were asked
        for (name, head) in [("branch", &mut heads.branch), ("private", &mut heads.private)] {
            if let Ok(text) = fs::read_to_string(scene.path().join("refs/came").join(name)) {
                *head = Oid::from_str(text.trim()).ok();
            }
        }
        Ok(heads)
    }

    /// Fetches by these refspecs into the scene, and lets in what came whole; all else goes with the quarantine.
    fn bring(&self, scene: &tempfile::TempDir, wanted: &[String]) -> Result<(), RemoteError> {
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
        let failed = |e: RepoError| RemoteError::Git(self.address(), e.to_string());
        let quarantine = Quarantine::begin(self.repo).map_err(failed)?;
        let ran = self.git_in(scene, quarantine.objects(), &args)?;
        if !ran.ok {
            return Err(self.blame(&ran.err));
        }
        for small in quarantine.small_packs().map_err(failed)? {
            self.unpack(scene, &small)?;
        }
        quarantine.let_in().map_err(failed)
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
        // a server that takes no forced push says so in the words of a race
        let is_denied = |said: &&str| !leases.is_empty() && said.starts_with("[remote rejected] (non-fast-forward)");
        if refused.iter().all(|said| is_race(said)) && !refused.iter().any(is_denied) {
            return Ok(Pushed::Moved);
        }
        let said = format!("{}\n{}", refused.join("; "), ran.err);
        Err(RemoteError::NotTaken(self.address(), self.said(&said)))
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
