//! A Maildir: `new/` and `cur/` are listed, because a person may have read a mail before us; `tmp/` is not.
//!
//! A mail is known by its unique name, the part before `:2,`, whatever flags it gets and wherever it is moved.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, renameat_with};

use super::regular::{Links, read_regular, settle_files};
use super::{Cursor, Fate, Inbox, InboxError, Listing, Place, RawMail, Remark, TakeError, Ticket, Wanted, key_of};

const FOLDERS: [&str; 2] = ["new", "cur"];

/// A Maildir, or one folder of a Maildir++.
pub struct Maildir {
    name: String,
    path: PathBuf,
    settled: HashSet<u64>,
    /// Where mails stand now, made when one is no longer where it was listed.
    moved: Option<Moved>,
}

/// A second look at the folders.
struct Moved {
    at: [Stamp; 2],
    places: HashMap<u64, PathBuf>,
}

/// What of a folder changes when a file in it is made, renamed or removed.
type Stamp = (u64, i64, i64);

impl Maildir {
    pub fn new(name: impl Into<String>, path: impl Into<PathBuf>) -> Maildir {
        Maildir {
            name: name.into(),
            path: path.into(),
            settled: HashSet::new(),
            moved: None,
        }
    }

    /// Whether `path` is a Maildir: it has `new` and `cur`.
    pub(super) fn is_at(path: &Path) -> bool {
        FOLDERS.iter().all(|folder| path.join(folder).is_dir())
    }

    /// The entries of `new` or `cur`, each with whether it is a regular file.
    fn entries(&self, folder: &str) -> Result<Vec<(OsString, bool)>, InboxError> {
        let path = self.path.join(folder);
        let fail = |error| InboxError::reading(&path, error);
        let kind = fs::symlink_metadata(&path).map_err(fail)?.file_type();
        if !kind.is_dir() {
            return Err(InboxError::NotMail {
                path,
                why: "it is no folder (a symbolic link is not followed)",
            });
        }
        let mut entries = Vec::new();
        for entry in fs::read_dir(&path).map_err(fail)? {
            let entry = entry.map_err(fail)?;
            let name = entry.file_name();
            if name.as_bytes().starts_with(b".") {
                continue;
            }
            let regular = entry.file_type().is_ok_and(|kind| kind.is_file());
            entries.push((name, regular));
        }
        Ok(entries)
    }

    fn stamps(&self) -> [Stamp; 2] {
        FOLDERS.map(|folder| match fs::metadata(self.path.join(folder)) {
            Ok(metadata) => (metadata.ino(), metadata.mtime(), metadata.mtime_nsec()),
            Err(_) => (0, 0, 0),
        })
    }

    /// Where a mail went that is not where it was listed. The folders are read again only when they changed.
    fn look_again(&mut self, key: u64) -> Result<Option<PathBuf>, InboxError> {
        let at = self.stamps();
        if self.moved.as_ref().is_none_or(|moved| moved.at != at) {
            let mut places = HashMap::new();
            for folder in FOLDERS {
                for (name, regular) in self.entries(folder)? {
                    if regular {
                        places.insert(key_of_name(&name), Path::new(folder).join(name));
                    }
                }
            }
            self.moved = Some(Moved { at, places });
        }
        Ok(self.moved.as_ref().and_then(|moved| moved.places.get(&key)).cloned())
    }

    /// The folder for `move:`: Maildir++ puts it beside the others, as `.Stories` in the Maildir's root.
    fn target(&self, folder: &str) -> Option<PathBuf> {
        let levels: Vec<&str> = folder.split('/').collect();
        let fine = |level: &&str| !level.is_empty() && !level.starts_with('.') && !level.contains(['\0', '\n']);
        if !levels.iter().all(fine) || folder.len() > 200 {
            return None;
        }
        let is_folder = self
            .path
            .file_name()
            .is_some_and(|name| name.as_bytes().starts_with(b"."));
        let root = match self.path.parent() {
            Some(parent) if is_folder && Maildir::is_at(parent) => parent,
            _ => &self.path,
        };
        Some(root.join(format!(".{}", levels.join("."))))
    }

    /// Renames one mail as its fate wants it; the folders to be synced are put into `touched`.
    fn settle_one(&mut self, ticket: &Ticket, fate: &Fate, touched: &mut BTreeSet<PathBuf>) -> io::Result<()> {
        let Place::File(listed) = &ticket.place else {
            return Ok(());
        };
        let to = match fate {
            Fate::Leave => return Ok(()),
            Fate::Flag | Fate::Label(_) => self.path.join("cur"),
            Fate::Move(folder) => {
                let target = self.target(folder).ok_or(io::ErrorKind::InvalidInput)?;
                let root = target.parent().unwrap_or(&self.path);
                if make_maildir(&target)? {
                    touched.insert(root.to_owned());
                }
                target.join("cur")
            }
        };
        let mut place = listed.to_path_buf();
        // Twice: a mail program may have renamed it since it was listed.
        for _ in 0..2 {
            let from = self.path.join(&place);
            let Some(name) = place.file_name() else {
                return Ok(());
            };
            let wanted = to.join(seen(name));
            if wanted == from {
                return Ok(());
            }
            match rename_beside(&from, &wanted) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => match self.look_again(ticket.key) {
                    Ok(Some(again)) => place = again,
                    _ => return Ok(()),
                },
                renamed => {
                    renamed?;
                    touched.extend(
                        [&from, &wanted]
                            .iter()
                            .filter_map(|path| path.parent())
                            .map(Path::to_owned),
                    );
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}

impl Inbox for Maildir {
    fn name(&self) -> &str {
        &self.name
    }

    fn accepts(&self, fate: &Fate) -> Result<(), InboxError> {
        let why = match fate {
            Fate::Flag | Fate::Leave => return Ok(()),
            Fate::Move(folder) if self.target(folder).is_some() => return Ok(()),
            Fate::Move(_) => "a folder is named like `Stories` or `Blog/Stories`, without dots at the front",
            Fate::Label(_) => "a Maildir has no labels; use `move:FOLDER`, `flag` or `leave`",
        };
        Err(InboxError::NoSuchFate {
            inbox: self.name.clone(),
            fate: fate.clone(),
            why,
        })
    }

    /// By delivery time (the number that unique names begin with), then by name. Mails marked as trashed or draft are left.
    fn list(&mut self, wanted: &Wanted) -> Result<Listing, InboxError> {
        if fs::metadata(&self.path)
            .map_err(|e| InboxError::reading(&self.path, e))?
            .is_dir()
            && !Maildir::is_at(&self.path)
        {
            return Err(InboxError::NotMail {
                path: self.path.clone(),
                why: "a Maildir has the folders `new` and `cur`",
            });
        }
        let settled = wanted.cursor.keys();
        let mut listing = Listing::default();
        let mut still_there = HashSet::new();
        let mut mails: Vec<(u64, Ticket)> = Vec::new();
        for folder in FOLDERS {
            let (mut odd, mut trashed) = (0, 0);
            for (name, regular) in self.entries(folder)? {
                let key = key_of_name(&name);
                if !regular {
                    odd += 1;
                } else if flags(&name).iter().any(|flag| matches!(flag, b'T' | b'D')) {
                    trashed += 1;
                } else if settled.contains(&key) {
                    still_there.insert(key);
                } else {
                    let place = Path::new(folder).join(&name).into_boxed_path();
                    let size = size_in_name(&name);
                    mails.push((delivered(&name), Ticket::new(key, Place::File(place), size)));
                }
            }
            let path = self.path.join(folder);
            if odd > 0 {
                listing.remarks.push(Remark::NotFiles {
                    path: path.clone(),
                    count: odd,
                });
            }
            if trashed > 0 {
                listing.remarks.push(Remark::Trashed { path, count: trashed });
            }
        }
        let name = |ticket: &Ticket| match &ticket.place {
            Place::File(path) => path.file_name().map(OsStr::to_owned),
            _ => None,
        };
        mails.sort_by(|(at, a), (bt, b)| at.cmp(bt).then_with(|| name(a).cmp(&name(b))));
        // A mail program that renames while we read may show one mail in both folders.
        let mut seen = HashSet::with_capacity(mails.len());
        listing.tickets = mails
            .into_iter()
            .map(|(_, ticket)| ticket)
            .filter(|ticket| seen.insert(ticket.key))
            .collect();
        self.settled = still_there;
        Ok(listing)
    }

    fn take(&mut self, ticket: &Ticket, limit: u64) -> Result<RawMail, TakeError> {
        let Place::File(place) = &ticket.place else {
            return Err(TakeError::Gone);
        };
        let mut place = place.to_path_buf();
        for _ in 0..2 {
            match read_regular(&self.path.join(&place), Links::Refuse, limit) {
                Err(TakeError::Gone) => match self.look_again(ticket.key).map_err(TakeError::Inbox)? {
                    Some(again) => place = again,
                    None => break,
                },
                taken => return taken.map(|bytes| RawMail { bytes }),
            }
        }
        Err(TakeError::Gone)
    }

    /// `flag`: into `cur/` with `S` (seen) added to the flags. Folders are synced once a call.
    fn settle_all(&mut self, settled: &[(Ticket, Fate)]) -> Result<(), InboxError> {
        settled.iter().try_for_each(|(_, fate)| self.accepts(fate))?;
        let name = self.name.clone();
        settle_files(&name, settled, |ticket, fate, touched| {
            self.settle_one(ticket, fate, touched)?;
            self.settled.insert(ticket.key);
            Ok(())
        })
    }

    fn cursor(&self) -> Cursor {
        Cursor::of_keys(&self.settled)
    }
}

/// `1291371300.M1P2.host:2,FS` -> (`1291371300.M1P2.host`, `FS`). Some file systems have `;` or `!` for the colon.
fn split_name(name: &OsStr) -> (&[u8], &[u8]) {
    let bytes = name.as_bytes();
    let info = bytes
        .windows(3)
        .rposition(|w| matches!(w[0], b':' | b';' | b'!') && w[1..] == *b"2,");
    match info {
        Some(at) => (&bytes[..at], &bytes[at + 3..]),
        None => match memchr::memchr(b':', bytes) {
            Some(at) => (&bytes[..at], b""),
            None => (bytes, b""),
        },
    }
}

fn key_of_name(name: &OsStr) -> u64 {
    key_of(&[split_name(name).0])
}

fn flags(name: &OsStr) -> &[u8] {
    split_name(name).1
}

/// The name with `S` among its flags, which stand in ASCII order, once each.
fn seen(name: &OsStr) -> OsString {
    let (unique, flags) = split_name(name);
    let mut flags: BTreeSet<u8> = flags.iter().copied().collect();
    flags.insert(b'S');
    let mut out = unique.to_vec();
    out.extend_from_slice(b":2,");
    out.extend(flags);
    OsString::from_vec(out)
}

/// The seconds that a unique name begins with; 0 without.
fn delivered(name: &OsStr) -> u64 {
    let digits = name.as_bytes().iter().take_while(|b| b.is_ascii_digit()).take(19);
    digits.fold(0, |number, digit| number * 10 + u64::from(digit - b'0'))
}

/// The size that Dovecot and Courier put into the name: `,S=4711`. A hint: taking the mail measures it.
fn size_in_name(name: &OsStr) -> Option<u64> {
    let name = name.to_str()?;
    let digits = name.split_once(",S=")?.1;
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    digits[..end].parse().ok()
}

/// Renames without ever replacing another file.
pub(super) fn rename_beside(from: &Path, to: &Path) -> io::Result<()> {
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        // A file system without this: NFS, some FUSE.
        Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS | rustix::io::Errno::OPNOTSUPP) => {
            if to.symlink_metadata().is_ok() {
                return Err(io::ErrorKind::AlreadyExists.into());
            }
            fs::rename(from, to)
        }
        renamed => Ok(renamed?),
    }
}

/// Makes a Maildir++ folder, or what is missing of one; whether anything was.
fn make_maildir(path: &Path) -> io::Result<bool> {
    let make = |path: &Path| match fs::DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        made => made.map(|()| true),
    };
    let mut made = make(path)?;
    for folder in ["tmp", "new", "cur"] {
        made |= make(&path.join(folder))?;
    }
    if made {
        File::create(path.join("maildirfolder"))?;
        File::open(path)?.sync_all()?;
    }
    Ok(made)
}

#[cfg(test)]
mod tests;
