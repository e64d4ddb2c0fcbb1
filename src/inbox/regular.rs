//! Mails that are files: only regular files are read, nothing is waited for, and folders are synced once a batch.

use std::collections::BTreeSet;
use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

use super::{Fate, InboxError, TakeError, Ticket};

/// Whether a symbolic link in the last place is gone through: yes where a person named the path, no where a folder's
/// listing did.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Links {
    Follow,
    Refuse,
}

/// Opens a regular file for reading; a FIFO, device, folder or (if refused) symbolic link is [`TakeError::NotAFile`].
/// `O_NONBLOCK`, so that a FIFO without a writer does not hang us.
pub(super) fn open_regular(path: &Path, links: Links) -> Result<(File, Metadata), TakeError> {
    let mut flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    if links == Links::Refuse {
        flags |= OFlags::NOFOLLOW;
    }
    let opened = OpenOptions::new()
        .read(true)
        .custom_flags(flags.bits() as i32)
        .open(path);
    let file = opened.map_err(
        |error| match error.raw_os_error().map(rustix::io::Errno::from_raw_os_error) {
            Some(rustix::io::Errno::LOOP) if links == Links::Refuse => TakeError::NotAFile,
            Some(rustix::io::Errno::NXIO) => TakeError::NotAFile, // a socket
            Some(rustix::io::Errno::NOENT) => TakeError::Gone,
            _ => TakeError::NotReadable(error),
        },
    )?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(TakeError::NotAFile);
    }
    Ok((file, metadata))
}

/// Reads a regular file of at most `limit` bytes, whose size is looked at first; it may grow meanwhile.
pub(super) fn read_regular(path: &Path, links: Links, limit: u64) -> Result<Vec<u8>, TakeError> {
    let (file, metadata) = open_regular(path, links)?;
    let size = metadata.len();
    if size > limit {
        return Err(TakeError::TooLarge { size, limit });
    }
    let mut bytes = Vec::with_capacity(size as usize + 1);
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        let size = bytes.len() as u64;
        return Err(TakeError::TooLarge { size, limit });
    }
    Ok(bytes)
}

/// The first bytes of a file, enough to tell what it is.
pub(super) fn first_bytes(file: &mut File) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(4096).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Settles mails that are files: `one` does it for each and names the folders it touched, which are synced once. One mail's trouble
/// does not stop the others; the first comes back.
pub(super) fn settle_files(
    inbox: &str,
    settled: &[(Ticket, Fate)],
    mut one: impl FnMut(&Ticket, &Fate, &mut BTreeSet<PathBuf>) -> io::Result<()>,
) -> Result<(), InboxError> {
    let mut touched = BTreeSet::new();
    let mut failed = None;
    for (ticket, fate) in settled {
        if let Err(source) = one(ticket, fate, &mut touched) {
            failed.get_or_insert((fate, source));
        }
    }
    for folder in touched {
        if let Err(source) = File::open(&folder).and_then(|folder| folder.sync_all()) {
            failed.get_or_insert((&Fate::Flag, source));
        }
    }
    match failed {
        None => Ok(()),
        Some((fate, source)) => Err(InboxError::NotSettled {
            inbox: inbox.to_owned(),
            fate: fate.clone(),
            source,
        }),
    }
}
