//! What can go wrong at the content repository, and what to do then.

use std::io;
use std::path::{Path, PathBuf};

use crate::story::StoryId;

/// Why the content repository could not be opened, read or written. [`RepoError::advice`] says what to do.
#[derive(Debug, thiserror::Error)]
pub enum RepoError {
    #[error("there is no content repository at {}", .0.display())]
    Missing(PathBuf),
    #[error("{} is not empty ({found} is in it) and not a content repository", path.display())]
    Occupied { path: PathBuf, found: String },
    #[error("{} is a git repository, but not a content repository: no .m4c-stories in its root on {branch}", path.display())]
    NotOurs { path: PathBuf, branch: String },
    #[error("{} is a content repository of format {version:?}, which this version does not know", path.display())]
    Format { path: PathBuf, version: String },
    #[error("{} cannot hold stories: {why}", path.display())]
    Unfit { path: PathBuf, why: &'static str },
    #[error("nothing can be erased from {}: {why}", path.display())]
    NotErasable {
        path: PathBuf,
        why: &'static str,
        hint: &'static str,
    },
    #[error("{} belongs to someone else", .0.display())]
    ForeignOwner(PathBuf),
    #[error("{} has no branch {branch}", path.display())]
    NoBranch { path: PathBuf, branch: String },
    #[error("{branch:?} cannot be the name of a branch")]
    BadBranch { branch: String },
    #[error("{place} in {} is damaged: {what}", path.display())]
    Damaged { path: PathBuf, place: String, what: String },
    #[error("{name:?} cannot be the name of a file of {story}")]
    BadName { story: StoryId, name: String },
    #[error("another program holds {}", .0.display())]
    Locked(PathBuf),
    #[error("the branch of {} moved again and again while this was written", .0.display())]
    Moved(PathBuf),
    #[error("{story} was changed by someone else meanwhile ({file})")]
    Changed { story: StoryId, file: String },
    #[error("it could not be signed with {key}")]
    NotSigned { key: String, why: String },
    #[error("what {remote} has cannot be taken over: {place} {what}")]
    Foreign {
        remote: String,
        place: String,
        what: String,
    },
    #[error("{remote} and {} have nothing in common", path.display())]
    Unrelated { path: PathBuf, remote: String },
    #[error("{remote} was rewritten: {gone} that it had are no longer there")]
    Rewritten { remote: String, gone: String },
    #[error("{remote} says, without a proof, that this is erased: {gone}")]
    UnprovenErasure { remote: String, gone: String },
    #[error("{remote} still has what was erased here")]
    HoldsErased { remote: String },
    #[error("{file} was changed here and on {remote}")]
    BothChanged { remote: String, file: String },
    #[error("{story} is being edited by hand here ({file}), and it was changed elsewhere")]
    ByHand { story: StoryId, file: String },
    #[error("{doing} {} failed", path.display())]
    Io {
        doing: &'static str,
        path: PathBuf,
        source: io::Error,
    },
    #[error("git could not {doing} in {}", path.display())]
    Git {
        doing: &'static str,
        path: PathBuf,
        source: git2::Error,
    },
}

impl RepoError {
    /// One line: what the person at the desk can do about it.
    pub fn advice(&self) -> String {
        match self {
            RepoError::Missing(_) => {
                "`m4c-stories init` makes one; or name its folder with --repo or [repository] path".into()
            }
            RepoError::Occupied { .. } => {
                "name an empty folder (one with a README.md is empty enough) with [repository] path".into()
            }
            RepoError::NotOurs { path, branch } => format!(
                "name another folder with [repository] path; if it is a clone that lacks the branch's commits: git -C {} fetch, then git -C {0} checkout {branch}",
                path.display()
            ),
            RepoError::Format { .. } => "use the version of m4c-stories that wrote it, or a later one".into(),
            RepoError::Unfit { .. } => {
                "name a plain git repository (its own .git folder and work tree, SHA-1) with [repository] path".into()
            }
            RepoError::NotErasable { hint, .. } => (*hint).to_owned(),
            // git knows such a folder by its whole path only (git-config(1), safe.directory)
            RepoError::ForeignOwner(path) => format!(
                "run as its owner, or, if you trust its owner: git config --global --add safe.directory {}",
                std::path::absolute(path).unwrap_or_else(|_| path.clone()).display()
            ),
            RepoError::NoBranch { path, branch } => format!(
                "git -C {} branch {branch} origin/{branch}; or set [repository] branch to the one the stories are on",
                path.display()
            ),
            RepoError::BadBranch { .. } => "set [repository] branch to a plain name such as main".into(),
            RepoError::Damaged { path, .. } => {
                format!(
                    "nothing was written; git -C {} fsck shows more, and a clone or a backup has it whole",
                    path.display()
                )
            }
            RepoError::BadName { .. } => "names are lower case letters, digits, dots and hyphens".into(),
            RepoError::Locked(path) if path.extension().is_some_and(|end| end == "lock") => format!(
                "wait for the other git command; if none is running, it was killed: remove {}",
                path.display()
            ),
            RepoError::Locked(_) => "another m4c-stories is writing; try again, or use --wait".into(),
            RepoError::Moved(_) => "try again".into(),
            RepoError::Foreign { .. } => {
                "nothing was changed here; whoever put it there must take it out: stories are plain files in folders of the tool's making"
                    .into()
            }
            RepoError::Unrelated { .. } => {
                "they are two desks, not two copies of one: correct the address (git remote set-url), or begin with a git clone".into()
            }
            RepoError::HoldsErased { .. } => {
                "an old clone brought it back, or a desk that has the mail, too: `erase --finish` takes it out there, and keeps all else that is there".into()
            }
            RepoError::Rewritten { .. } => {
                "ask who did it. If it was meant (an old copy was put back, something was taken out by hand): `sync --accept-rewrite` follows it, and pushes nothing of what is gone; if not: git push puts it back".into()
            }
            RepoError::UnprovenErasure { .. } => {
                "ask who did it. If it was meant: `sync --accept-rewrite` follows it, and what was erased goes here, too; if not: git push puts it back, or the line is taken out of record.jsonl there".into()
            }
            RepoError::ByHand { story, .. } => format!(
                "`edit {} --take` commits it, `git checkout` in the content repository drops it; then `sync` puts both together",
                story.folder()
            ),
            RepoError::BothChanged { .. } => "put them together with git (git pull, in the content repository), then `sync`".into(),
            RepoError::Changed { .. } => "look at it again, then repeat".into(),
            RepoError::NotSigned { key, .. } => {
                format!("`ssh-add` gives the key to the agent ({key}); nothing was done")
            }
            error if error.is_full() => {
                "make room on the disk and repeat: nothing is half done".into()
            }
            RepoError::Io { path, source, .. }
                if matches!(
                    source.kind(),
                    io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem
                ) =>
            {
                format!(
                    "let this user write there ({}), run as the user whom it belongs to, or choose another folder; `doctor` looks at each",
                    path.display()
                )
            }
            RepoError::Io { path, .. } | RepoError::Git { path, .. } => {
                format!("look at {}, then repeat", path.display())
            }
        }
    }

    /// Whether the disk is full, or this user's part of it.
    pub fn is_full(&self) -> bool {
        let full = |kind| matches!(kind, io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded);
        matches!(self, RepoError::Io { source, .. } if full(source.kind()))
    }

    pub(super) fn io(doing: &'static str, path: impl AsRef<Path>) -> impl FnOnce(io::Error) -> RepoError {
        let path = path.as_ref().to_owned();
        move |source| RepoError::Io { doing, path, source }
    }
}

/// Something that was left as it is, and that the person at the desk should know. The Display is what they read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Caution {
    #[error("{0} has an edit that is not committed; it was left as it is")]
    HandEdited(String),
    #[error("{0} was deleted by hand; it was not put back")]
    DeletedByHand(String),
    #[error("{0} has something staged with git add; it was left so")]
    Staged(String),
    #[error(
        "{0} commits of this desk were made again upon the others', and have lost git's signatures: git does not sign them here; the decisions' own signatures stay"
    )]
    NotSignedAgain(usize),
    #[error(
        "edits of {stories} stories were put together by a step that is not signed: {why}; the edits' own signatures stay"
    )]
    MergedUnsigned {
        stories: usize,
        /// There is no key, or what came of it when it was to sign.
        why: String,
    },
    #[error("{0} is, or lies behind, a symbolic link or something else that is no plain file; it was not written")]
    NotFollowed(String),
    #[error("the commit is made, but {path}{} in the work tree could not be written: {error}", and_others(*.others))]
    NotWritten {
        path: String,
        error: String,
        /// So many other files for the same reason.
        others: usize,
    },
    #[error(
        "the commit is made, but git's index could not be brought up to date: {0}; `rm -f .git/index && git reset -q` there makes it anew"
    )]
    Index(String),
}

fn and_others(many: usize) -> String {
    match many {
        0 => String::new(),
        1 => " and 1 other file".to_owned(),
        many => format!(" and {many} other files"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advice_can_be_followed_as_it_stands() {
        let here = std::env::current_dir().expect("a folder");
        let foreign = RepoError::ForeignOwner("stories".into()).advice();
        let whole = format!("safe.directory {}", here.join("stories").display());
        assert!(foreign.ends_with(&whole), "{foreign}");
        let refused = RepoError::Io {
            doing: "making",
            path: "stories".into(),
            source: io::ErrorKind::PermissionDenied.into(),
        };
        assert!(refused.advice().contains("let this user write there (stories)"));
    }
}
