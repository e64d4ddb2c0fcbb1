//! Where mail comes from: an IMAP server, an mbox file, a Maildir, .eml files, standard input.
//!
//! An inbox is listed once; then each [`Ticket`] is taken, and settled when the story it became is committed. Nothing here
//! changes a mail before it is settled, and a [`Cursor`] only saves work: without it, settled mails are taken again
//! and found to be duplicates.

mod cursor;
mod files;
mod imap;
mod maildir;
mod mbox;
mod path;
mod regular;
mod stdin;

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;

pub use cursor::Cursor;
pub use files::Files;
pub use imap::{Imap, ImapAccount, Login, Tls, Tried};
pub use maildir::Maildir;
pub use mbox::Mbox;
pub use path::open_path;
pub use stdin::{StdinError, take_stdin};

/// A place where mail waits.
pub trait Inbox: Send {
    /// Its name in the config, or the path it was opened by.
    fn name(&self) -> &str;

    /// Whether `fate` can be done here; asked before the first mail is taken.
    fn accepts(&self, fate: &Fate) -> Result<(), InboxError>;

    /// Connects, where there is something to connect to, so that a caller can do it before it takes a lock.
    fn ready(&mut self) -> Result<(), InboxError> {
        Ok(())
    }

    /// What waits, oldest first, without what the cursor says is settled. Called once a run, before anything is taken.
    fn list(&mut self, wanted: &Wanted) -> Result<Listing, InboxError>;

    /// One mail, byte for byte, without marking it. Its size is looked at before it is read: over `limit` bytes it is
    /// [`TakeError::TooLarge`], and stays where it is.
    fn take(&mut self, ticket: &Ticket, limit: u64) -> Result<RawMail, TakeError>;

    /// Several mails, in order, each given to `each` as it comes; `each` says whether to go on. One mail's trouble does
    /// not stop the others: only an error of the inbox itself does.
    fn take_all(
        &mut self,
        tickets: &[Ticket],
        limit: u64,
        each: &mut dyn FnMut(&Ticket, Result<RawMail, TakeError>) -> Go,
    ) -> Result<(), InboxError> {
        for ticket in tickets {
            let taken = match self.take(ticket, limit) {
                Err(TakeError::Inbox(error)) => return Err(error),
                taken => taken,
            };
            if each(ticket, taken) == Go::Stop {
                break;
            }
        }
        Ok(())
    }

    /// Marks mails whose outcome is on disk. Doing it twice is no error, nor is a mail that is gone. On an error some may
    /// be settled and some not; the rest is settled by the next run, as duplicates.
    fn settle_all(&mut self, settled: &[(Ticket, Fate)]) -> Result<(), InboxError>;

    /// [`Inbox::settle_all`] of one.
    fn settle(&mut self, ticket: &Ticket, fate: &Fate) -> Result<(), InboxError> {
        self.settle_all(&[(ticket.clone(), fate.clone())])
    }

    /// What to give to the next [`Inbox::list`]; may be asked after each batch.
    fn cursor(&self) -> Cursor;

    /// Ends the work: locks and connections are let go.
    fn done(&mut self) -> Result<(), InboxError> {
        Ok(())
    }
}

/// Whether more is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Go {
    On,
    Stop,
}

/// What a listing is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    pub cursor: &'a Cursor,
    /// Only mail that arrived since: a server is asked for it; inboxes of files list everything, as they know no date
    /// before a mail is read.
    pub since: Option<Timestamp>,
}

/// What waits in an inbox.
#[derive(Debug, Default)]
pub struct Listing {
    pub tickets: Vec<Ticket>,
    /// Things left out that a person may have expected to be mail.
    pub remarks: Vec<Remark>,
}

/// A claim to one mail of a listing; small, so that a mailbox of 100,000 fits in some megabytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    /// What the mail is known by in its inbox, however it is flagged or renamed.
    pub(crate) key: u64,
    pub(crate) place: Place,
    /// Bytes, where the listing could tell.
    size: Option<u64>,
}

/// Where a mail stands in its inbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// In an mbox: the `From ` line is `head` bytes at `start`; the mail ends before `end`.
    Span { start: u64, head: u16, end: u64 },
    /// A file, named from the inbox's folder.
    File(Box<std::path::Path>),
    /// On a server.
    Uid(u32),
}

impl Ticket {
    fn new(key: u64, place: Place, size: Option<u64>) -> Ticket {
        Ticket { key, place, size }
    }

    /// Bytes, where the listing could tell without opening the mail.
    pub fn size(&self) -> Option<u64> {
        self.size
    }

    /// 16 hex digits that stay the same for this mail in this inbox, however it is flagged.
    pub fn key(&self) -> String {
        format!("{:016x}", self.key)
    }
}

/// The place, as a person finds it: `new/1291...`, `byte 4711`. Control characters are escaped.
impl fmt::Display for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match &self.place {
            Place::Span { start, .. } => write!(f, "byte {start}"),
            Place::Uid(uid) => write!(f, "UID {uid}"),
            Place::File(name) => write!(f, "{}", name.display().to_string().escape_debug()),
        }
    }
}

/// A mail as it came, before anything was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawMail {
    pub bytes: Vec<u8>,
}

/// What is done to a mail in its inbox once its outcome is on disk.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Fate {
    /// Marked as seen, where the inbox has marks; otherwise remembered by the cursor.
    Flag,
    /// Moved to this folder, which is made if it is missing.
    Move(String),
    /// Labelled, where the server has labels.
    Label(String),
    /// Left as it is; remembered by the cursor.
    Leave,
}

impl fmt::Display for Fate {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Fate::Flag => f.write_str("flag"),
            Fate::Move(folder) => write!(f, "move:{folder}"),
            Fate::Label(name) => write!(f, "label:{name}"),
            Fate::Leave => f.write_str("leave"),
        }
    }
}

impl std::str::FromStr for Fate {
    type Err = NotAFate;

    /// `flag`, `leave`, `move:FOLDER`, `label:NAME`.
    fn from_str(text: &str) -> Result<Fate, NotAFate> {
        let named = |name: &str| {
            let fine = !name.trim().is_empty() && !name.chars().any(char::is_control);
            fine.then(|| name.to_owned()).ok_or_else(|| NotAFate(text.to_owned()))
        };
        match (text, text.split_once(':')) {
            ("flag", _) => Ok(Fate::Flag),
            ("leave", _) => Ok(Fate::Leave),
            (_, Some(("move", folder))) => Ok(Fate::Move(named(folder)?)),
            (_, Some(("label", name))) => Ok(Fate::Label(named(name)?)),
            _ => Err(NotAFate(text.to_owned())),
        }
    }
}

/// Why a text in the config is no [`Fate`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is none of flag, leave, move:FOLDER, label:NAME")]
pub struct NotAFate(pub String);

/// Something in an inbox that was passed over. The Display is for the person who runs `fetch`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Remark {
    #[error("{} starts with no `From ` line: its first mail is read from its first byte", .0.display())]
    NoFromLine(PathBuf),
    #[error("{count} in {} not looked at: symbolic links, folders or special files", .path.display())]
    NotFiles { path: PathBuf, count: usize },
    #[error("{count} in {} not looked at: not named .eml, and they do not begin like a mail", .path.display())]
    NotMails { path: PathBuf, count: usize },
    #[error("{count} in {} marked as deleted or as a draft in a mail program: left alone", .path.display())]
    Trashed { path: PathBuf, count: usize },
    #[error("{} changed since the last run in a part that was read already: it is read anew", .0.display())]
    Rewritten(PathBuf),
}

/// What keeps an inbox from being read or marked.
#[derive(Debug, thiserror::Error)]
pub enum InboxError {
    #[error("there is no {}", .0.display())]
    NotThere(PathBuf),
    #[error("{} cannot be read", .path.display())]
    NotReadable {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("{} holds no mail: {why}", .path.display())]
    NotMail { path: PathBuf, why: &'static str },
    #[error("{} is empty", .0.display())]
    Empty(PathBuf),
    #[error("{} is locked by another mail program (waited {} s)", .path.display(), .waited.as_secs())]
    Locked {
        path: PathBuf,
        /// The lock file in the way, where it is one; to be removed by hand if no mail program runs.
        dotlock: Option<PathBuf>,
        waited: Duration,
    },
    #[error("{inbox}: a mail could not be marked as {fate}")]
    NotSettled {
        inbox: String,
        fate: Fate,
        #[source]
        source: io::Error,
    },
    #[error("{host} cannot be reached")]
    NoConnection {
        host: String,
        #[source]
        source: io::Error,
    },
    #[error("{host}: no secure connection could be made")]
    NoTls {
        host: String,
        #[source]
        source: io::Error,
    },
    #[error("{host}: the certificates to trust could not be read")]
    BadCertificates {
        host: String,
        #[source]
        source: io::Error,
    },
    #[error("{host} was left before any password was sent: {why}")]
    NotSecure { host: String, why: &'static str },
    #[error("{host} refused the login of {user}: {said}")]
    LoginRefused { host: String, user: String, said: String },
    #[error("{host} does not open the mailbox {mailbox:?}: {said}")]
    NoMailbox {
        host: String,
        mailbox: String,
        said: String,
    },
    #[error("{host} refused {doing}: {said}")]
    Refused { host: String, doing: String, said: String },
    #[error("the connection to {host} was lost")]
    Lost {
        host: String,
        #[source]
        source: io::Error,
    },
    #[error("{host} does not speak IMAP as it should: {why}")]
    NotImap { host: String, why: &'static str },
    #[error("{inbox} cannot do `{fate}`: {why}")]
    NoSuchFate {
        inbox: String,
        fate: Fate,
        why: &'static str,
    },
}

impl InboxError {
    /// Whether trying again later may help (exit 75).
    pub fn passes(&self) -> bool {
        use InboxError::{Locked, Lost, NoConnection, NotImap, Refused};
        matches!(
            self,
            Locked { .. } | Lost { .. } | NoConnection { .. } | NotImap { .. } | Refused { .. }
        )
    }

    /// Whether a login was refused (exit 4).
    pub fn is_login(&self) -> bool {
        matches!(self, InboxError::LoginRefused { .. })
    }

    fn reading(path: &std::path::Path, source: io::Error) -> InboxError {
        match source.kind() {
            io::ErrorKind::NotFound => InboxError::NotThere(path.to_owned()),
            _ => InboxError::NotReadable {
                path: path.to_owned(),
                source,
            },
        }
    }
}

/// Why one mail was not taken. It stays in the inbox; the others are taken.
#[derive(Debug, thiserror::Error)]
pub enum TakeError {
    #[error("it is no longer there")]
    Gone,
    #[error("it has {size} bytes; the limit is {limit} (`max_mail_bytes` under [story])")]
    TooLarge { size: u64, limit: u64 },
    #[error("it is not a regular file")]
    NotAFile,
    #[error("it cannot be read: {0}")]
    NotReadable(#[from] io::Error),
    /// The inbox itself fails: no more can be taken in this run.
    #[error(transparent)]
    Inbox(InboxError),
}

/// A stable key: the first 8 bytes of SHA-256 over the parts, each with its length before it.
fn key_of(parts: &[&[u8]]) -> u64 {
    use sha2::{Digest, Sha256};
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let digest: [u8; 32] = hash.finalize().into();
    u64::from_be_bytes(digest[..8].try_into().expect("8 of 32 bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fate_is_written_as_it_is_read_and_nothing_else_is_one() {
        for text in ["flag", "leave", "move:Stories/2010", "label:Future Leaders"] {
            assert_eq!(text.parse::<Fate>().map(|f| f.to_string()).as_deref(), Ok(text));
        }
        for text in ["", "Flag", "move", "move:", "move: ", "label:a\nb", "delete"] {
            assert_eq!(text.parse::<Fate>(), Err(NotAFate(text.to_owned())));
        }
    }

    #[test]
    fn a_ticket_is_small() {
        assert!(size_of::<Ticket>() <= 56, "{}", size_of::<Ticket>());
    }
}
