//! Transient private state on this machine, outside the content repository: mails not yet committed, quarantine, letters
//! waiting, cursors, the lock.
//!
//! | in it | holds |
//! |---|---|
//! | `lock` | the pid of the process at work; the lock itself is flock's, and dies with the process |
//! | `incoming/SHA256.eml` | mails from standard input, durable before they are read |
//! | `quarantine/ID.eml`, `ID.toml` | mails that need a person, and mails set aside, each with its reason |
//! | `letters/ID.eml`, `ID.toml` | letters waiting, as RFC 5322 files, and what is known of each |
//! | `codes/HASH.toml` | codes for deciding by mail, by their hash: for which story, text and reviewer, until when, and by which mail spent |
//! | `typed/ID.md`, `ID.toml` | what somebody wrote and what was not taken, until they go on with it |
//! | `cursors/` | where each inbox was left; only saves work |
//! | `ledger` | automatic letters a day, by hash of the address; for the caps |
//! | `notes.toml` | what cron remembers between runs |
//! | `erasing`, `obeying` | what an erasure is about that is not done, of this desk and of others |
//! | `reading` | the mail that is being read or taken in just now, in case it kills the process |
//!
//! Folders are 0700, files 0600. A file is written beside its place, synced, renamed into it, and the folder synced: after
//! a crash it is there whole or not at all. Losing the spool loses no story, and nobody is written to for it.

mod aside;
mod codes;
mod forget;
mod incoming;
mod letters;
mod lock;
mod reading;
mod shelf;
mod typed;

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::story::submission::Kept;
pub use aside::{Aside, AsideCounts, AsideEntry, AsideKind};
pub use codes::CodeNote;
pub use forget::AnyAside;
pub use incoming::KeptMail;
pub use letters::{LetterNote, Offer, WaitingLetter};
use reading::Reading;
use shelf::Shelf;
pub use typed::{Typed, TypedNote};

const INCOMING: &str = "incoming";
const QUARANTINE: &str = "quarantine";
const LETTERS: &str = "letters";
const CODES: &str = "codes";
const TYPED: &str = "typed";
const CURSORS: &str = "cursors";
const NOTES: &str = "notes.toml";
/// Nobody takes so long to write two files.
const A_WHILE: Duration = Duration::from_secs(3600);

/// The spool, locked: this process alone writes to it until this is dropped.
pub struct Spool {
    shelves: Shelves,
    reading: Reading,
    _lock: File,
}

/// The spool, only looked at, without a lock: what another process writes meanwhile is seen whole or not at all.
pub struct Shelves {
    path: PathBuf,
}

/// Readable things, and those that are damaged: one bad file hides no other.
#[derive(Debug)]
pub struct Stock<T> {
    pub items: Vec<T>,
    pub damaged: Vec<SpoolError>,
}

impl<T> Default for Stock<T> {
    fn default() -> Self {
        Stock {
            items: Vec::new(),
            damaged: Vec::new(),
        }
    }
}

/// What keeps the spool from being used.
#[derive(Debug, thiserror::Error)]
pub enum SpoolError {
    #[error("another m4c-stories is at work in {}{}", .path.display(), named(.pid))]
    Busy { path: PathBuf, pid: Option<u32> },
    #[error("{} belongs to another user (uid {owner}); the spool must be your own", .path.display())]
    NotOurs { path: PathBuf, owner: u32 },
    #[error("{} is not a spool, and not empty: choose another `[spool] path`", .path.display())]
    NotASpool { path: PathBuf },
    #[error("no room left to write {}", .path.display())]
    Full {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("could not {doing} {}", .path.display())]
    Io {
        doing: &'static str,
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("{} is damaged: {why}", .path.display())]
    Damaged { path: PathBuf, why: String },
    #[error("{0:?} is not an id")]
    BadId(String),
    #[error("nothing in the spool is called {0}")]
    NoSuch(String),
    #[error("{id} may be {}", .found.join(", "))]
    Several { id: String, found: Vec<String> },
}

fn named(pid: &Option<u32>) -> String {
    pid.map(|pid| format!(" (process {pid})")).unwrap_or_default()
}

impl SpoolError {
    fn io(doing: &'static str, path: &Path, source: io::Error) -> SpoolError {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => SpoolError::Full { path, source },
            _ => SpoolError::Io { doing, path, source },
        }
    }

    /// Whether trying again later may help (exit 75).
    pub fn passes(&self) -> bool {
        matches!(self, SpoolError::Busy { .. } | SpoolError::Full { .. })
    }
}

impl Spool {
    /// Opens the spool at `path`, making it where it is missing, and waits at most `wait` for another process to leave it.
    ///
    /// A spool that others may look into is closed to them; one that belongs to somebody else is refused, and so is a
    /// folder that holds other things. What a killed process left half written is removed.
    pub fn open(path: &Path, wait: Duration) -> Result<Spool, SpoolError> {
        lock::private_folder(path)?;
        let lock = lock::hold(path, wait)?;
        let shelves = Shelves { path: path.to_owned() };
        for name in [INCOMING, QUARANTINE, LETTERS, CODES, TYPED, CURSORS] {
            let shelf = shelves.shelf(name);
            shelf.make()?;
            // Whoever drops off a mail, or words, without the lock may be writing just now.
            let age = if [INCOMING, TYPED].contains(&name) {
                A_WHILE
            } else {
                Duration::ZERO
            };
            shelf.remove_stale(age)?;
        }
        shelves.sweep_typed(A_WHILE)?;
        let root = Shelf::at(path);
        root.remove_stale(Duration::ZERO)?;
        // Also when nothing was made just now: whoever made it may have died before this.
        root.sync()?;
        let reading = Reading::open(path)?;
        Ok(Spool {
            shelves,
            reading,
            _lock: lock,
        })
    }

    /// The spool for reading only; `None` where there is none yet.
    pub fn look(path: &Path) -> Option<Shelves> {
        path.is_dir().then(|| Shelves { path: path.to_owned() })
    }

    /// Whether the last process died while it read a mail or took one in, and that mail, or the last of those that it may have
    /// been, was not come to yet; see [`Spool::begin_reading`].
    pub fn in_doubt(&self) -> bool {
        self.reading.in_doubt()
    }

    /// The mail known by `key` was taken in, or is known already.
    pub fn is_through(&mut self, key: &str) {
        self.reading.is_through(key);
    }

    /// How many processes died at the mail known by `key`.
    pub fn deaths(&self, key: &str) -> u32 {
        self.reading.deaths(key)
    }

    /// Notes, right before a mail is read, and again before it is taken in, that it is: should it kill the process, the next one
    /// knows which mail it was, and can quarantine it unread. Costs one write and no sync, as it is to survive a killed process,
    /// not a power cut. A key over 200 bytes is known by its hash.
    pub fn begin_reading(&mut self, key: &str) -> Result<(), SpoolError> {
        self.reading.begin(key)
    }

    /// The same for mails that are read beside each other, up to this one: should one of them kill the process, the next one
    /// takes them one by one.
    pub fn begin_reading_several(&mut self, last: &str) -> Result<(), SpoolError> {
        self.reading.begin_several(last)
    }

    /// Notes that this did no harm.
    pub fn end_reading(&mut self) -> Result<(), SpoolError> {
        self.reading.end()
    }

    /// Keeps an inbox's cursor.
    pub fn put_cursor(&mut self, inbox: &str, cursor: &[u8]) -> Result<(), SpoolError> {
        self.shelf(CURSORS).write(&cursor_name(inbox), cursor)
    }

    /// Keeps a note, or forgets it. A damaged file of notes is kept as `notes.toml.damaged`, and begun anew.
    pub fn put_note(&mut self, key: &str, value: Option<&str>) -> Result<(), SpoolError> {
        let shelf = Shelf::at(&self.path);
        let mut notes = match self.notes() {
            Err(SpoolError::Damaged { .. }) => {
                shelf.rename(NOTES, "notes.toml.damaged")?;
                BTreeMap::new()
            }
            notes => notes?,
        };
        let before = notes.clone();
        match value {
            Some(value) => drop(notes.insert(key.to_owned(), value.to_owned())),
            None => drop(notes.remove(key)),
        }
        if notes == before {
            return Ok(());
        }
        let text = toml::to_string(&notes).expect("strings are TOML");
        shelf.write(NOTES, text.as_bytes())
    }

    /// The word that `raw` is durable because it is in the batch's own pack in the content repository: for mails taken
    /// from an inbox that still holds them. To be called only for such; `tests/house.rs` knows the callers.
    pub fn sworn_by_pack(raw: &[u8]) -> Kept<'_> {
        Kept::sworn(raw)
    }
}

impl Deref for Spool {
    type Target = Shelves;
    fn deref(&self) -> &Shelves {
        &self.shelves
    }
}

impl Shelves {
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn shelf(&self, name: &str) -> Shelf {
        Shelf::at(&self.path.join(name))
    }

    /// An inbox's cursor as it was kept; the inbox knows whether it is damaged.
    pub fn cursor(&self, inbox: &str) -> Result<Option<Vec<u8>>, SpoolError> {
        self.shelf(CURSORS).read(&cursor_name(inbox))
    }

    /// A note of an earlier run.
    pub fn note(&self, key: &str) -> Result<Option<String>, SpoolError> {
        Ok(self.notes()?.remove(key))
    }

    /// The notes of earlier runs whose key begins so.
    pub fn notes_of(&self, prefix: &str) -> Result<BTreeMap<String, String>, SpoolError> {
        let mut notes = self.notes()?;
        notes.retain(|key, _| key.starts_with(prefix));
        Ok(notes)
    }

    fn notes(&self) -> Result<BTreeMap<String, String>, SpoolError> {
        let Some(bytes) = Shelf::at(&self.path).read(NOTES)? else {
            return Ok(BTreeMap::new());
        };
        toml::from_slice(&bytes).map_err(|error| SpoolError::Damaged {
            path: self.path.join(NOTES),
            why: error.message().to_owned(),
        })
    }
}

/// A file name for an inbox's cursor: readable, and different for different names.
fn cursor_name(inbox: &str) -> String {
    let readable: String = inbox.chars().filter(char::is_ascii_alphanumeric).take(32).collect();
    format!("{readable}-{}", &hex::encode(Sha256::digest(inbox))[..16])
}

#[cfg(test)]
mod tests;
