//! Mails from standard input: durable here before they are read, gone when they are settled.

use std::path::Path;

use sha2::{Digest, Sha256};

use super::{INCOMING, Shelf, Shelves, Spool, SpoolError, lock};
use crate::story::submission::Kept;

/// A mail that is in the spool, synced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptMail {
    id: String,
    raw: Vec<u8>,
}

impl KeptMail {
    pub(super) fn new(id: String, raw: Vec<u8>) -> KeptMail {
        KeptMail { id, raw }
    }

    /// What the spool calls it; for [`Spool::release`].
    pub fn id(&self) -> &str {
        &self.id
    }

    pub fn raw(&self) -> &[u8] {
        &self.raw
    }

    /// The token that lets it be read.
    pub fn kept(&self) -> Kept<'_> {
        Kept::sworn(&self.raw)
    }
}

impl Spool {
    /// Keeps a mail: when this returns, its bytes are on the disk as `incoming/<sha256>.eml`. Twice is once.
    pub fn keep(&mut self, raw: Vec<u8>) -> Result<KeptMail, SpoolError> {
        keep_in(&self.shelf(INCOMING), raw)
    }

    /// Keeps a mail without waiting for the lock, so that a mail an MTA hands over while another process is at work is
    /// durable all the same; the next `fetch` takes it up from [`Shelves::incoming`].
    pub fn drop_off(path: &Path, raw: Vec<u8>) -> Result<KeptMail, SpoolError> {
        lock::private_folder(path)?;
        let shelf = Shelf::at(&path.join(INCOMING));
        shelf.make()?;
        Shelf::at(path).sync()?;
        keep_in(&shelf, raw)
    }

    /// Lets a kept mail go, once it is committed or set aside. Twice is no error.
    pub fn release(&mut self, id: &str) -> Result<(), SpoolError> {
        if !is_sha256(id) {
            return Err(SpoolError::BadId(id.to_owned()));
        }
        self.shelf(INCOMING).remove(&format!("{id}.eml")).map(drop)
    }
}

impl Shelves {
    /// The ids of mails that wait here, because a process was killed or the spool was busy when they came.
    pub fn incoming(&self) -> Result<Vec<String>, SpoolError> {
        let mut ids = self.shelf(INCOMING).names(".eml")?;
        ids.retain(|id| is_sha256(id));
        Ok(ids)
    }

    /// One of them. A file whose bytes are not what its name says is damaged: it is left for a person.
    pub fn incoming_mail(&self, id: &str) -> Result<KeptMail, SpoolError> {
        if !is_sha256(id) {
            return Err(SpoolError::BadId(id.to_owned()));
        }
        let shelf = self.shelf(INCOMING);
        let name = format!("{id}.eml");
        let raw = shelf.read(&name)?.ok_or_else(|| SpoolError::NoSuch(id.to_owned()))?;
        if sha256(&raw) != id {
            return Err(SpoolError::Damaged {
                path: shelf.path_of(&name),
                why: "its bytes are not those it was named after".to_owned(),
            });
        }
        Ok(KeptMail::new(id.to_owned(), raw))
    }
}

fn keep_in(shelf: &Shelf, raw: Vec<u8>) -> Result<KeptMail, SpoolError> {
    let id = sha256(&raw);
    let name = format!("{id}.eml");
    if shelf.read(&name).is_ok_and(|there| there.as_ref() == Some(&raw)) {
        // Whoever wrote it synced the file before it got this name, but may have died before it synced the folder.
        shelf.sync()?;
    } else {
        shelf.write(&name, &raw)?;
    }
    Ok(KeptMail::new(id, raw))
}

fn sha256(raw: &[u8]) -> String {
    hex::encode(Sha256::digest(raw))
}

fn is_sha256(id: &str) -> bool {
    id.len() == 64 && id.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}
