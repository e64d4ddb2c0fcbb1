//! One folder of the spool, and how a file gets into it whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rustix::fs::OFlags;

use super::SpoolError;

const STALE: &str = ".tmp-";
/// From so many files on, one sync of the whole file system is cheaper than one for each.
const MANY: usize = 8;

pub(super) struct Shelf {
    path: PathBuf,
}

impl Shelf {
    pub(super) fn at(path: &Path) -> Shelf {
        Shelf { path: path.to_owned() }
    }

    pub(super) fn path_of(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Makes the folder, for us alone. The folder it is in has to be synced after.
    pub(super) fn make(&self) -> Result<(), SpoolError> {
        match fs::DirBuilder::new().mode(0o700).create(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                Err(SpoolError::io("make the folder", &self.path, error))
            }
            _ => Ok(()),
        }
    }

    /// Syncs the folder: what was renamed into it or removed from it stays so.
    pub(super) fn sync(&self) -> Result<(), SpoolError> {
        let synced = File::open(&self.path).and_then(|folder| folder.sync_all());
        synced.map_err(|e| SpoolError::io("sync", &self.path, e))
    }

    /// Puts a file in its place, durable when this returns.
    pub(super) fn write(&self, name: &str, bytes: &[u8]) -> Result<(), SpoolError> {
        self.write_all(&[(name, bytes)])
    }

    /// Puts files in their places, in this order, durable when this returns; on an error the later ones are not there.
    pub(super) fn write_all(&self, files: &[(&str, &[u8])]) -> Result<(), SpoolError> {
        let fail = |name: &str| {
            let path = self.path_of(name);
            move |error| SpoolError::io("write", &path, error)
        };
        let mut written = Vec::with_capacity(files.len());
        for (name, bytes) in files {
            let mut file = tempfile::Builder::new()
                .prefix(STALE)
                .tempfile_in(&self.path)
                .map_err(fail(name))?;
            file.write_all(bytes).map_err(fail(name))?;
            if files.len() < MANY {
                file.as_file().sync_all().map_err(fail(name))?;
            }
            // Its path only: a batch may be larger than the number of files that may be open.
            written.push((name, file.into_temp_path()));
        }
        if files.len() >= MANY {
            let folder = File::open(&self.path);
            let synced = folder.and_then(|folder| Ok(rustix::fs::syncfs(&folder)?));
            synced.map_err(|e| SpoolError::io("sync", &self.path, e))?;
        }
        for (name, file) in written {
            file.persist(self.path_of(name)).map_err(|e| fail(name)(e.error))?;
        }
        self.sync()
    }

    /// A file's bytes; `None` if it is not there. A symbolic link is not followed, a FIFO not waited for.
    pub(super) fn read(&self, name: &str) -> Result<Option<Vec<u8>>, SpoolError> {
        let path = self.path_of(name);
        let fail = |error| SpoolError::io("read", &path, error);
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
        let mut file = match OpenOptions::new()
            .read(true)
            .custom_flags(flags.bits() as i32)
            .open(&path)
        {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            file => file.map_err(fail)?,
        };
        if !file.metadata().map_err(fail)?.is_file() {
            return Err(SpoolError::Damaged {
                path,
                why: "it is not a regular file".to_owned(),
            });
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(fail)?;
        Ok(Some(bytes))
    }

    /// Its size; `None` if it is not there.
    pub(super) fn size(&self, name: &str) -> Option<u64> {
        let metadata = fs::symlink_metadata(self.path_of(name)).ok()?;
        metadata.is_file().then_some(metadata.len())
    }

    /// Whether a file, or what else stands there, was written so long ago.
    pub(super) fn is_older(&self, name: &str, age: Duration) -> bool {
        let modified = fs::symlink_metadata(self.path_of(name)).and_then(|metadata| metadata.modified());
        modified.is_ok_and(|at| SystemTime::now().duration_since(at).is_ok_and(|since| since >= age))
    }

    /// Removes a file; whether it was there. Not synced: a file that comes back by a power cut does no harm here.
    pub(super) fn remove(&self, name: &str) -> Result<bool, SpoolError> {
        let path = self.path_of(name);
        match fs::remove_file(&path) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(SpoolError::io("remove", &path, error)),
        }
    }

    pub(super) fn rename(&self, from: &str, to: &str) -> Result<(), SpoolError> {
        let path = self.path_of(from);
        fs::rename(&path, self.path_of(to)).map_err(|e| SpoolError::io("rename", &path, e))
    }

    /// The names that end in `end`, without it, sorted; none where the folder is missing.
    pub(super) fn names(&self, end: &str) -> Result<Vec<String>, SpoolError> {
        let fail = |error| SpoolError::io("list", &self.path, error);
        let entries = match fs::read_dir(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(fail)?,
        };
        let mut names = Vec::new();
        for entry in entries {
            if let Some(name) = entry
                .map_err(fail)?
                .file_name()
                .to_str()
                .and_then(|name| name.strip_suffix(end))
                && !name.starts_with('.')
            {
                names.push(name.to_owned());
            }
        }
        names.sort_unstable();
        Ok(names)
    }

    /// Removes what a killed process left half written, older than `age`.
    pub(super) fn remove_stale(&self, age: Duration) -> Result<(), SpoolError> {
        let fail = |error| SpoolError::io("list", &self.path, error);
        for entry in fs::read_dir(&self.path).map_err(fail)? {
            let entry = entry.map_err(fail)?;
            let name = entry.file_name();
            let Some(name) = name.to_str().filter(|name| name.starts_with(STALE)) else {
                continue;
            };
            if age.is_zero() || self.is_older(name, age) {
                self.remove(name)?;
            }
        }
        Ok(())
    }
}

/// Whether `id` can be part of a file name: letters, digits, `-`, `_`, `.`, not first a dot, at most 100.
pub(super) fn checked(id: &str) -> Result<&str, SpoolError> {
    let fine = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    if !id.is_empty() && id.len() <= 100 && !id.starts_with(['.', '-']) && id.bytes().all(fine) {
        Ok(id)
    } else {
        Err(SpoolError::BadId(id.to_owned()))
    }
}
