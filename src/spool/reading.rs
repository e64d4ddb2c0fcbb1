//! The mail that is being read: a mark that outlives the process.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
use sha2::{Digest, Sha256};

use super::SpoolError;

const RECORD: usize = 256;
const LONGEST_KEY: usize = 200;
/// The mark of mails that are read beside each other names the last of them.
const SEVERAL: &str = "several at once, up to ";

pub(super) struct Reading {
    file: File,
    path: PathBuf,
    /// What the last process left: it died while it read this.
    left: Option<(String, u32)>,
}

impl Reading {
    pub(super) fn open(spool: &Path) -> Result<Reading, SpoolError> {
        let path = spool.join("reading");
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(0o600);
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
        let opened = options.custom_flags(flags.bits() as i32).open(&path);
        let file = opened.map_err(|e| SpoolError::io("open", &path, e))?;
        let mut record = [0; RECORD];
        let read = file
            .read_at(&mut record, 0)
            .map_err(|e| SpoolError::io("read", &path, e))?;
        let left = parse(&record[..read]);
        Ok(Reading { file, path, left })
    }

    pub(super) fn in_doubt(&self) -> bool {
        self.left.is_some()
    }

    /// The doubt ends with the mail that is in it, or the last of those that are.
    pub(super) fn is_through(&mut self, key: &str) {
        let last = |left: &(String, u32)| left.0.strip_prefix(SEVERAL).unwrap_or(&left.0) == shortened(key);
        self.left.take_if(|left| last(left));
    }

    pub(super) fn deaths(&self, key: &str) -> u32 {
        let short = shortened(key);
        self.left
            .as_ref()
            .filter(|left| left.0 == short)
            .map_or(0, |left| left.1)
    }

    pub(super) fn begin(&mut self, key: &str) -> Result<(), SpoolError> {
        self.put(format!("{} {}\n", self.deaths(key).saturating_add(1), shortened(key)).as_bytes())
    }

    pub(super) fn begin_several(&mut self, last: &str) -> Result<(), SpoolError> {
        self.begin(&format!("{SEVERAL}{}", shortened(last)))
    }

    pub(super) fn end(&mut self) -> Result<(), SpoolError> {
        self.put(b"\n")
    }

    /// One write of one size, so that it is there whole after a kill.
    fn put(&mut self, text: &[u8]) -> Result<(), SpoolError> {
        let mut record = [0; RECORD];
        record[..text.len()].copy_from_slice(text);
        let written = self.file.write_all_at(&record, 0);
        written.map_err(|e| SpoolError::io("write", &self.path, e))
    }
}

/// A damaged mark is no mark.
fn parse(record: &[u8]) -> Option<(String, u32)> {
    let line = record.split(|b| *b == b'\n').next()?;
    let (times, key) = std::str::from_utf8(line).ok()?.split_once(' ')?;
    let times = times.parse().ok().filter(|times| *times > 0)?;
    (!key.is_empty() && key.len() <= LONGEST_KEY).then(|| (key.to_owned(), times))
}

fn shortened(key: &str) -> String {
    if key.len() <= LONGEST_KEY && !key.is_empty() && !key.contains(['\n', '\0']) {
        key.to_owned()
    } else {
        hex::encode(Sha256::digest(key))
    }
}
