//! What can go wrong at the desk, and with which exit code a script learns of it.

use std::path::PathBuf;

use crate::config::ConfigError;
use crate::inbox::{InboxError, StdinError};
use crate::mail::Unreadable;
use crate::outbox::SendError;
use crate::repo::{RemoteError, RepoError};
use crate::spool::SpoolError;
use crate::story::StoryId;
use crate::story::policy::Refusal;
use crate::story::step::Broken;

/// So many of the stories that are meant are named.
const SHOWN: usize = 20;

/// Everything a job at the desk can fail with.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Repo(#[from] RepoError),
    #[error(transparent)]
    Remote(#[from] RemoteError),
    #[error("{0} was busy: others pushed again and again")]
    Crowded(String),
    #[error(transparent)]
    Spool(#[from] SpoolError),
    #[error(transparent)]
    Inbox(#[from] InboxError),
    #[error(transparent)]
    Stdin(#[from] StdinError),
    #[error(transparent)]
    Broken(#[from] Broken),
    #[error("git does not know who you are")]
    NoIdentity,
    #[error("there is no story {0:?}")]
    NoStory(String),
    #[error("{0:?} could be several stories")]
    Several(String, Vec<String>),
    #[error("{id} has an edit that is not committed: {}", files.join(", "))]
    ByHand { id: StoryId, files: Vec<String> },
    #[error("the private part of {0} is not here")]
    NoPrivatePart(StoryId),
    #[error("the mail {0} was never downloaded: it is still in its inbox")]
    NotDownloaded(String),
    #[error("the inbox {0} has no login")]
    NoLogin(String),
    #[error("there is no letter {0:?} waiting")]
    NoSuchLetter(String),
    #[error("the mail cannot be read: {0}")]
    Mail(#[from] Unreadable),
    #[error("the letter cannot be made: {0}")]
    Letter(String),
    #[error(transparent)]
    Outbox(SendError),
    #[error("nothing can be published")]
    NoTarget,
    #[error("reading {} failed", path.display())]
    Reading { path: PathBuf, source: std::io::Error },
    #[error("removing {} failed", path.display())]
    Removing { path: PathBuf, source: std::io::Error },
    #[error("writing {} failed", path.display())]
    Writing { path: PathBuf, source: std::io::Error },
    #[error("the editor {command:?} did not end well")]
    Editor { command: String },
}

impl Trouble {
    /// The dotted word for scripts.
    pub fn code(&self) -> String {
        match self {
            Trouble::Refused(r) => r.code.to_owned(),
            Trouble::Config(_) => "config".to_owned(),
            Trouble::Repo(RepoError::Locked(_)) | Trouble::Spool(SpoolError::Busy { .. }) => "busy".to_owned(),
            Trouble::Repo(RepoError::NotSigned { .. }) => "signature".to_owned(),
            Trouble::Repo(RepoError::Rewritten { .. }) => "remote.rewritten".to_owned(),
            Trouble::Repo(RepoError::UnprovenErasure { .. }) => "remote.unproven_erasure".to_owned(),
            Trouble::Repo(RepoError::Foreign { .. }) => "remote.foreign".to_owned(),
            Trouble::Repo(RepoError::ByHand { .. }) => "story.edited_by_hand".to_owned(),
            Trouble::Repo(_) | Trouble::Broken(_) => "repository".to_owned(),
            Trouble::Remote(RemoteError::Login(..)) => "remote.login".to_owned(),
            Trouble::Remote(RemoteError::Stranger(..)) => "remote.stranger".to_owned(),
            Trouble::Remote(RemoteError::TooMuch(..)) => "remote.too_much".to_owned(),
            Trouble::Remote(RemoteError::Away(..)) | Trouble::Crowded(_) => "remote.away".to_owned(),
            Trouble::Remote(_) => "remote".to_owned(),
            Trouble::Spool(_) => "spool".to_owned(),
            Trouble::Inbox(_) => "inbox".to_owned(),
            Trouble::Stdin(_) => "inbox.stdin".to_owned(),
            Trouble::NoIdentity => "identity.none".to_owned(),
            Trouble::NoStory(_) => "story.none".to_owned(),
            Trouble::Several(..) => "story.several".to_owned(),
            Trouble::ByHand { .. } => "story.edited_by_hand".to_owned(),
            Trouble::NoPrivatePart(_) => "story.no_private_part".to_owned(),
            Trouble::NotDownloaded(_) => "quarantine.not_downloaded".to_owned(),
            Trouble::NoLogin(_) => "inbox.no_login".to_owned(),
            Trouble::NoSuchLetter(_) => "letter.none".to_owned(),
            Trouble::Mail(_) => "mail.unreadable".to_owned(),
            Trouble::Letter(_) => "letter".to_owned(),
            Trouble::Outbox(_) => "outbox".to_owned(),
            Trouble::NoTarget => "target.none".to_owned(),
            Trouble::Reading { .. } | Trouble::Removing { .. } | Trouble::Writing { .. } => "file".to_owned(),
            Trouble::Editor { .. } => "editor".to_owned(),
        }
    }

    /// The exit code of the contract.
    pub fn exit(&self) -> u8 {
        match self {
            Trouble::Refused(r) => r.exit,
            Trouble::NoIdentity | Trouble::Config(_) | Trouble::NoTarget => 2,
            Trouble::NoStory(_) | Trouble::Several(..) => 3,
            Trouble::Spool(SpoolError::NoSuch(_) | SpoolError::Several { .. } | SpoolError::BadId(_)) => 3,
            Trouble::NoSuchLetter(_) => 3,
            Trouble::ByHand { .. } | Trouble::Repo(RepoError::Moved(_) | RepoError::Changed { .. }) => 6,
            Trouble::Repo(
                RepoError::ByHand { .. }
                | RepoError::BothChanged { .. }
                | RepoError::Rewritten { .. }
                | RepoError::UnprovenErasure { .. }
                | RepoError::HoldsErased { .. },
            ) => 6,
            Trouble::Remote(RemoteError::Login(..) | RemoteError::Stranger(..)) => 4,
            Trouble::Remote(RemoteError::Away(..)) | Trouble::Crowded(_) => 75,
            Trouble::Remote(RemoteError::None(_) | RemoteError::Address { .. }) => 2,
            Trouble::Repo(RepoError::Locked(_)) | Trouble::Spool(SpoolError::Busy { .. } | SpoolError::Full { .. }) => {
                75
            }
            Trouble::Repo(error) if error.is_full() => 75,
            Trouble::Inbox(InboxError::NoSuchFate { .. }) => 2,
            Trouble::Inbox(error) if error.is_login() => 4,
            Trouble::Inbox(error) if error.passes() => 75,
            Trouble::Stdin(_) => 65,
            Trouble::Outbox(SendError::Login { .. }) => 4,
            Trouble::Outbox(SendError::Later { .. }) => 75,
            _ => 1,
        }
    }

    /// Why, where the message does not say it.
    pub fn why(&self) -> String {
        match self {
            Trouble::Refused(r) => r.why.clone(),
            Trouble::Config(e) => e.why().unwrap_or_default(),
            Trouble::Repo(RepoError::NotSigned { why, .. }) => why.clone(),
            Trouble::Repo(RepoError::UnprovenErasure { .. }) => {
                "`signed = true` under [review], and no publisher's key that config.toml gives signed the erasure"
                    .to_owned()
            }
            Trouble::NoIdentity => "a decision stands in the history under a name".to_owned(),
            // one sender can send thousands
            Trouble::Several(_, all) => match all.len().checked_sub(SHOWN) {
                None | Some(0) => all.join(", "),
                Some(more) => format!("{}, and {more} more", all[..SHOWN].join(", ")),
            },
            Trouble::ByHand { .. } => {
                "somebody changed it in the folder: what you decide upon must be what is committed".to_owned()
            }
            Trouble::NoPrivatePart(_) => {
                "refs/desk/private has nothing of it: this clone may be without private parts".to_owned()
            }
            Trouble::Remote(e) => e.said().to_owned(),
            Trouble::NoTarget => "config.toml has no [[target]]".to_owned(),
            other => {
                let mut causes = Vec::new();
                let mut source = std::error::Error::source(other);
                while let Some(error) = source {
                    causes.push(error.to_string());
                    source = error.source();
                }
                causes.dedup();
                causes.join(": ")
            }
        }
    }

    /// What to do.
    pub fn hint(&self) -> String {
        match self {
            Trouble::Refused(r) => r.hint.clone(),
            Trouble::Config(e) => e.hint(),
            Trouble::Repo(RepoError::Missing(_)) => {
                "`m4c-stories fetch` makes it when mail comes in, `m4c-stories init` at once; or name its folder with --repo or [repository] path"
                    .to_owned()
            }
            Trouble::Repo(e) => e.advice(),
            Trouble::Remote(e) => e.advice(),
            Trouble::Crowded(_) => "try again; nothing is lost".to_owned(),
            Trouble::Spool(e) => spool_advice(e).to_owned(),
            Trouble::Inbox(e) => inbox_advice(e),
            Trouble::Stdin(_) => "send one whole mail, headers first".to_owned(),
            Trouble::Broken(_) => "look at its index.md; `log` shows who changed it last".to_owned(),
            Trouble::NoIdentity => {
                "git config --global user.name \"Your Name\"\n      git config --global user.email you@example.org"
                    .to_owned()
            }
            Trouble::NoStory(_) => "`list --all` shows every story".to_owned(),
            Trouble::Several(..) => "type more of it".to_owned(),
            Trouble::ByHand { id, .. } => format!(
                "`edit {} --take` commits it, `git checkout` in the content repository drops it",
                id.folder()
            ),
            Trouble::NoPrivatePart(_) => {
                "use the desk that took the mail in, or share the private parts ([repository] share_private)".to_owned()
            }
            Trouble::NotDownloaded(_) => {
                "raise `max_mail_bytes` under [story], then `quarantine retry` it and fetch".to_owned()
            }
            Trouble::NoLogin(_) => "name `user` and `password_command` under its [[inbox]]".to_owned(),
            Trouble::NoSuchLetter(_) => "`letters list` shows what waits".to_owned(),
            Trouble::Outbox(e) => e.hint().to_owned(),
            Trouble::Mail(_) => "`show STORY --raw` has it as it came".to_owned(),
            Trouble::Letter(_) => {
                "correct the template, or remove it to use the one that came with the tool".to_owned()
            }
            Trouble::NoTarget => "add one; the config.toml that came with the tool has an example".to_owned(),
            Trouble::Reading { .. } => "name a file that can be read".to_owned(),
            Trouble::Removing { .. } => "look at it, then repeat: `erase --finish` goes on with an erasure".to_owned(),
            Trouble::Writing { .. } => "name a folder that is not there yet, or is empty".to_owned(),
            Trouble::Editor { .. } => {
                "set VISUAL or EDITOR to an editor that is installed; nothing was changed".to_owned()
            }
        }
    }
}

fn spool_advice(error: &SpoolError) -> &'static str {
    match error {
        SpoolError::Busy { .. } => "try again, or wait for it with `--wait 60`",
        SpoolError::NotOurs { .. } => "run as that user, or choose another folder with `[spool] path`",
        SpoolError::NotASpool { .. } => "choose another folder with `[spool] path`",
        SpoolError::Full { .. } => "make room on the disk and repeat: nothing is lost",
        SpoolError::Io { source, .. }
            if matches!(
                source.kind(),
                std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem
            ) =>
        {
            "run as the user whom the desk belongs to, where that folder can be written; `doctor` looks at each"
        }
        SpoolError::Io { .. } | SpoolError::Damaged { .. } => "look at that file; nothing was removed",
        SpoolError::BadId(_) | SpoolError::NoSuch(_) => {
            "`quarantine list --set-aside` shows every mail that lies there"
        }
        SpoolError::Several { .. } => "type more of it",
    }
}

fn inbox_advice(error: &InboxError) -> String {
    match error {
        InboxError::NotThere(_) => "name a file or folder that is there, or correct `path` under [[inbox]]".to_owned(),
        InboxError::NotReadable { .. } => "let this user read it; nothing was taken".to_owned(),
        InboxError::NotMail { .. } | InboxError::Empty(_) => {
            "name an .eml file, an mbox, a Maildir or a folder of .eml files".to_owned()
        }
        InboxError::Locked {
            dotlock: Some(lock), ..
        } => {
            format!("wait for the other program; if none runs, remove {}", lock.display())
        }
        InboxError::Locked { .. } => "wait for the other program, then repeat".to_owned(),
        InboxError::NotSettled { .. } => "the stories are committed; the next run marks the mail".to_owned(),
        InboxError::NoSuchFate { .. } => "change `after` under [[inbox]]".to_owned(),
        error if error.is_login() => {
            "check `user` and `password_command`; Gmail wants 2-step verification and an app password, which a changed password ends"
                .to_owned()
        }
        error if error.passes() => "try again later; nothing is lost".to_owned(),
        _ => "check `host`, `port`, `tls`, `ca_file` and `mailbox` under [[inbox]]".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_that_is_full_is_to_be_tried_again_wherever_it_is() {
        for kind in [std::io::ErrorKind::StorageFull, std::io::ErrorKind::QuotaExceeded] {
            let (path, source) = (PathBuf::from("stories"), || std::io::Error::from(kind));
            let spool = SpoolError::Full {
                path: path.clone(),
                source: source(),
            };
            let repo = RepoError::Io {
                doing: "writing",
                path,
                source: source(),
            };
            let (spool, repo) = (Trouble::Spool(spool), Trouble::Repo(repo));
            assert_eq!((spool.exit(), repo.exit()), (75, 75));
            assert!(spool.hint().contains("make room") && repo.hint().contains("make room"));
        }
    }

    #[test]
    fn of_very_many_stories_the_first_are_named() {
        let why = |many: usize| Trouble::Several("a".into(), (0..many).map(|n| format!("s{n}")).collect()).why();
        assert!(why(SHOWN).ends_with(", s19"));
        assert!(why(2_001).ends_with(", s19, and 1981 more"));
    }
}
