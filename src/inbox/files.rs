//! One mail a file: a single .eml, or a folder of them. Subfolders are not looked into.

use std::collections::{BTreeSet, HashSet};
use std::ffi::OsStr;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use super::maildir::rename_beside;
use super::mbox::{begins_like_a_mail, without_from_line};
use super::regular::{Links, first_bytes, open_regular, read_regular, settle_files};
use super::{Cursor, Fate, Inbox, InboxError, Listing, Place, RawMail, Remark, TakeError, Ticket, Wanted, key_of};

/// A file, or the files of a folder, in the order of their names. They are never changed, only moved if the config says so.
pub struct Files {
    name: String,
    path: PathBuf,
    settled: HashSet<u64>,
}

impl Files {
    pub fn new(name: impl Into<String>, path: impl Into<PathBuf>) -> Files {
        Files {
            name: name.into(),
            path: path.into(),
            settled: HashSet::new(),
        }
    }

    /// The folder that places are named from.
    fn folder(&self) -> &Path {
        match self.path.parent() {
            Some(parent) if !self.path.is_dir() => parent,
            _ => &self.path,
        }
    }

    /// A ticket for a regular file that is not settled yet; settled ones go to `still_there`.
    fn ticket(
        &self,
        name: &OsStr,
        metadata: &Metadata,
        settled: &HashSet<u64>,
        still: &mut HashSet<u64>,
    ) -> Option<Ticket> {
        let key = key_of(&[
            name.as_bytes(),
            &metadata.len().to_be_bytes(),
            &metadata.mtime().to_be_bytes(),
            &metadata.mtime_nsec().to_be_bytes(),
        ]);
        if settled.contains(&key) {
            still.insert(key);
            return None;
        }
        let place = Place::File(Path::new(name).into());
        Some(Ticket::new(key, place, Some(metadata.len())))
    }

    /// A single file: named by a person, so a link is followed and it need not look like a mail.
    fn list_one(&mut self, settled: &HashSet<u64>) -> Result<Listing, InboxError> {
        let not_mail = |why| InboxError::NotMail {
            path: self.path.clone(),
            why,
        };
        let metadata = match open_regular(&self.path, Links::Follow) {
            Ok((_, metadata)) => metadata,
            Err(TakeError::Gone) => return Err(InboxError::NotThere(self.path.clone())),
            Err(TakeError::NotReadable(source)) => return Err(InboxError::reading(&self.path, source)),
            Err(_) => return Err(not_mail("it is not a regular file")),
        };
        let name = self.path.file_name().ok_or_else(|| not_mail("it has no name"))?;
        let mut still = HashSet::new();
        let tickets = self.ticket(name, &metadata, settled, &mut still).into_iter().collect();
        self.settled = still;
        Ok(Listing {
            tickets,
            remarks: Vec::new(),
        })
    }

    fn settle_one(&self, ticket: &Ticket, fate: &Fate, touched: &mut BTreeSet<PathBuf>) -> io::Result<()> {
        let (Place::File(place), Fate::Move(folder)) = (&ticket.place, fate) else {
            return Ok(());
        };
        let (from, to) = (self.folder().join(place), self.folder().join(folder));
        match fs::DirBuilder::new().mode(0o700).create(&to) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        let (stem, end) = (place.file_stem().unwrap_or_default(), place.extension());
        for number in 1..1000 {
            let mut name = stem.to_owned();
            if number > 1 {
                name.push(format!("-{number}"));
            }
            if let Some(end) = end {
                name.push(".");
                name.push(end);
            }
            match rename_beside(&from, &to.join(name)) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                moved => {
                    touched.extend([self.folder().to_owned(), to]);
                    return moved;
                }
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }
}

impl Inbox for Files {
    fn name(&self) -> &str {
        &self.name
    }

    fn accepts(&self, fate: &Fate) -> Result<(), InboxError> {
        let why = match fate {
            Fate::Flag | Fate::Leave => return Ok(()),
            Fate::Move(folder) if is_plain_name(folder) => return Ok(()),
            Fate::Move(_) => "the folder is one name, without `/` and without a dot at the front",
            Fate::Label(_) => "files have no labels; use `move:FOLDER` or `leave`",
        };
        Err(InboxError::NoSuchFate {
            inbox: self.name.clone(),
            fate: fate.clone(),
            why,
        })
    }

    /// Of a folder: files named .eml, and others that begin like a mail.
    fn list(&mut self, wanted: &Wanted) -> Result<Listing, InboxError> {
        let fail = |error| InboxError::reading(&self.path, error);
        let settled = wanted.cursor.keys();
        if !fs::metadata(&self.path).map_err(fail)?.is_dir() {
            return self.list_one(&settled);
        }
        let mut names = Vec::new();
        let mut listing = Listing::default();
        let (mut odd, mut no_mails) = (0, 0);
        for entry in fs::read_dir(&self.path).map_err(fail)? {
            let entry = entry.map_err(fail)?;
            if entry.file_name().as_bytes().starts_with(b".") {
                continue;
            }
            match entry.file_type() {
                Ok(kind) if kind.is_file() => names.push(entry.file_name()),
                _ => odd += 1,
            }
        }
        names.sort_unstable();
        let mut still = HashSet::new();
        for name in names {
            let path = self.path.join(&name);
            if is_eml(&name) {
                match fs::symlink_metadata(&path) {
                    Ok(metadata) => listing
                        .tickets
                        .extend(self.ticket(&name, &metadata, &settled, &mut still)),
                    Err(_) => continue,
                }
            } else if let Ok((mut file, metadata)) = open_regular(&path, Links::Refuse)
                && begins_like_a_mail(&first_bytes(&mut file).unwrap_or_default())
            {
                listing
                    .tickets
                    .extend(self.ticket(&name, &metadata, &settled, &mut still));
            } else {
                no_mails += 1;
            }
        }
        self.settled = still;
        let path = || self.path.clone();
        if odd > 0 {
            listing.remarks.push(Remark::NotFiles {
                path: path(),
                count: odd,
            });
        }
        if no_mails > 0 {
            listing.remarks.push(Remark::NotMails {
                path: path(),
                count: no_mails,
            });
        }
        Ok(listing)
    }

    /// Without a byte order mark or `From ` line before the header, which some programs save.
    fn take(&mut self, ticket: &Ticket, limit: u64) -> Result<RawMail, TakeError> {
        let Place::File(place) = &ticket.place else {
            return Err(TakeError::Gone);
        };
        let single = !self.path.is_dir();
        let links = if single { Links::Follow } else { Links::Refuse };
        let mut bytes = read_regular(&self.folder().join(place), links, limit)?;
        let front = bytes.len() - without_from_line(&bytes).len();
        bytes.drain(..front);
        Ok(RawMail { bytes })
    }

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

fn is_plain_name(folder: &str) -> bool {
    !folder.is_empty() && folder.len() <= 200 && !folder.starts_with('.') && !folder.contains(['/', '\0', '\n'])
}

/// Whether the name ends in `.eml`, in any case.
pub(super) fn is_eml(name: &OsStr) -> bool {
    Path::new(name)
        .extension()
        .is_some_and(|end| end.eq_ignore_ascii_case("eml"))
}

#[cfg(test)]
mod tests;
