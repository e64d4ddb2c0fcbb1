//! The content repository: stories on a branch, their private parts beside it, one commit a step.
//!
//! The only room that names git2. libgit2 reads objects, refs and configuration; everything that is written (objects,
//! packs, refs, the index, the work tree) is written here, so that it is synced in the right order, heals after a kill, and no
//! hook, filter or symbolic link of the repository takes part.
//!
//! | room | holds |
//! |---|---|
//! | [`error`] | what can go wrong, and what to do then; cautions |
//! | [`open`] | exactly this folder, ours or refused; first use |
//! | [`object`] | hashing, reading, loose objects with fsync |
//! | [`tree`] | trees by path: root, year, month, story |
//! | [`pack`], [`packed`], [`delta`] | one pack a batch, written as it comes |
//! | [`press`] | objects made ready for it, by any hand |
//! | [`refs`] | compare and swap of the branch and of `refs/desk/private` |
//! | [`lock`] | who writes: the holder file, lock files that can be told from others', healing |
//! | [`step`] | one step, one commit |
//! | [`batch`] | many steps, one pack, one move of the branch |
//! | [`worktree`], [`folders`], [`index`] | what a person sees in the folder, kept right without touching their edits |
//! | [`merge`] | two people's changes of one text |
//! | [`remote`] | the server that desks share, through the user's own git |
//! | [`received`] | what came from there, before anything moves |
//! | [`replay`] | steps made here, made again upon those made elsewhere |
//! | [`join`] | branch and private parts brought together |
//! | [`history`] | commits of a story, newest first |
//! | [`erase`] | stories taken out of all history, and objects that nothing names removed |
//! | [`sign`], [`sshsig`] | signatures by the person's own `ssh-keygen`; their check |
//! | [`trail`] | the history, commit by commit, for those who check it |
//! | [`summary`] | what `list` and `status` show, remembered by tree |
//! | [`words`] | which words stand in which story, remembered by tree |

pub mod batch;
mod delta;
pub mod erase;
pub mod error;
mod folders;
pub mod history;
mod index;
pub mod join;
mod lock;
mod merge;
mod object;
pub mod open;
mod pack;
mod packed;
pub mod press;
mod quarantine;
mod read;
mod received;
mod refs;
pub mod remote;
mod replay;
mod sign;
mod sshsig;
pub mod step;
pub mod summary;
pub mod trail;
mod tree;
mod way;
mod words;
mod worktree;

use std::fmt;
use std::path::{Path, PathBuf};

pub use batch::{Batch, Finished, PackedMail};
pub use erase::{Doomed, Entry, Erasure, Hit, Pruned, Told};
pub use error::{Caution, RepoError};
pub use history::Past;
pub use join::{Joined, Joining, Local, Replayed, Sealer, Text};
pub use merge::Merged;
pub use press::{Press, Ready, ReadyChange};

pub use read::{Damage, Listed};
pub use remote::{Heads, Means, Other, Pushed, Remote, RemoteError};
pub use sign::{Signer, Starting, signer_of_user};
pub use sshsig::signer as signed_by;
pub use step::{Committed, Current};
pub use summary::{Makers, Source, Summaries, Summary};
pub use way::{Doing, Far, Watch};
pub use words::Words;

/// The ref of the private parts.
pub const PRIVATE_REF: &str = "refs/desk/private";

/// The content repository, open at exactly one folder.
pub struct StoryRepo {
    git: git2::Repository,
    /// The folder, canonical.
    root: PathBuf,
    /// `.git` in it.
    dir: PathBuf,
    branch: String,
    /// What the last batch wrote, which the next one reads most.
    last: std::cell::RefCell<Option<packed::OwnPack>>,
    /// How the person's own program signs; none: nothing is signed.
    starting: std::cell::Cell<Option<Starting>>,
    user: std::cell::RefCell<UserConfig>,
}

/// git's configuration of the user: their usual files, or the one that `GIT_CONFIG_GLOBAL` names in their place, which libgit2 does
/// not know.
#[derive(Debug, Clone, Default)]
pub struct UserConfig(pub Option<PathBuf>);

impl UserConfig {
    /// With the system's, without any repository's.
    fn open(&self) -> Option<git2::Config> {
        let mut config = git2::Config::open_default().ok()?;
        self.lay_over(&mut config).ok()?;
        Some(config)
    }

    fn lay_over(&self, config: &mut git2::Config) -> Result<(), git2::Error> {
        let Some(path) = &self.0 else { return Ok(()) };
        // the one file stands for both that a user may have
        [git2::ConfigLevel::XDG, git2::ConfigLevel::Global]
            .into_iter()
            .try_for_each(|level| config.add_file(path, level, true))
    }
}

/// A commit's name.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CommitId(git2::Oid);

/// The branch at one moment: everything read through it is of that moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tip {
    pub commit: CommitId,
    tree: git2::Oid,
}

impl fmt::Display for CommitId {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}
impl fmt::Debug for CommitId {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "CommitId({})", self.0)
    }
}

impl StoryRepo {
    /// The folder it is in.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The branch the stories are on, without `refs/heads/`.
    pub fn branch(&self) -> &str {
        &self.branch
    }

    fn branch_ref(&self) -> String {
        format!("refs/heads/{}", self.branch)
    }

    /// Whether the branch is the one checked out in the work tree: only then the index and the work tree are ours to keep right.
    /// A HEAD that names neither a branch nor a commit is damage.
    fn is_checked_out(&self) -> Result<bool, RepoError> {
        let path = self.dir.join("HEAD");
        let head = std::fs::read_to_string(&path).map_err(RepoError::io("reading", &path))?;
        match head.strip_prefix("ref:").map(str::trim) {
            Some(name) if !name.is_empty() => Ok(name == self.branch_ref()),
            None if git2::Oid::from_str(head.trim()).is_ok_and(|id| !id.is_zero()) => Ok(false),
            _ => Err(self.damaged(".git/HEAD", "it names neither a branch nor a commit")),
        }
    }

    /// Where a remote is; `None` where there is no such remote.
    pub fn remote_url(&self, name: &str) -> Option<String> {
        let remote = self.git.find_remote(name).ok()?;
        Some(remote.url().ok()?.to_owned())
    }

    /// From now on the user's configuration is this one.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn use_config(&self, user: UserConfig) -> Result<(), RepoError> {
        let laid = self.git.config().and_then(|mut config| user.lay_over(&mut config));
        laid.map_err(|e| self.git_error("read the file that GIT_CONFIG_GLOBAL names", e))?;
        self.user.replace(user);
        Ok(())
    }

    /// Name and address of the person at this desk, from git's own configuration (of the repository, the user, the
    /// system); `None` where either is missing.
    pub fn identity(&self) -> Option<(String, String)> {
        identity_in(&self.git.config().ok()?)
    }
}

/// Name and address by git's configuration of the user and the system, where there is no content repository yet.
pub fn identity_of_user(user: &UserConfig) -> Option<(String, String)> {
    identity_in(&user.open()?)
}

fn identity_in(config: &git2::Config) -> Option<(String, String)> {
    let text = |key| config.get_string(key).ok().filter(|text| !text.trim().is_empty());
    Some((text("user.name")?, text("user.email")?))
}

#[cfg(test)]
mod tests;
