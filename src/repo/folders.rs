//! Reading and writing beneath one folder: no symbolic link is followed on the way.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use rustix::fs::{AtFlags, Mode, OFlags, fstat, mkdirat, open, openat, renameat, unlinkat};
use rustix::io::Errno;

use super::index::Stat;
use super::read::is_file_name;

/// Larger files are not ours: the mail they came from would have been refused.
const MAX_BYTES: u64 = 256 << 20;

/// The work tree's folders, opened beneath its root.
pub(super) struct Folders {
    root: OwnedFd,
    /// The folders on the way to the last one: stories come in order, and the next is mostly near.
    way: Vec<(String, OwnedFd)>,
    /// The last one was made just now: nothing can be in it but what we wrote.
    fresh: bool,
}

/// What stands at a path.
pub(super) enum Found {
    Missing,
    Plain(Vec<u8>, Stat),
    /// A link, a folder, a device, something behind a link.
    Other,
}

impl Folders {
    pub fn open(root: &Path) -> io::Result<Folders> {
        let root = open(
            root,
            OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC,
            Mode::empty(),
        )?;
        let (way, fresh) = (Vec::new(), false);
        Ok(Folders { root, way, fresh })
    }

    /// Opens a folder step by step; `ENOENT` where it is missing and not to be made.
    fn folder(&mut self, path: &str, make: bool) -> Result<&OwnedFd, Errno> {
        let names: Vec<&str> = path.split('/').filter(|name| !name.is_empty()).collect();
        let known = self
            .way
            .iter()
            .zip(&names)
            .take_while(|((is, _), name)| is == *name)
            .count();
        if known < names.len() || known < self.way.len() {
            self.way.truncate(known);
            self.fresh = false;
        }
        for name in &names[known..] {
            let from = self.way.last().map_or(&self.root, |(_, fd)| fd).as_fd();
            let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            self.fresh = false;
            if make {
                match mkdirat(from, *name, Mode::from_raw_mode(0o755)) {
                    Ok(()) => self.fresh = true,
                    Err(Errno::EXIST) => {}
                    Err(e) => return Err(e),
                }
            }
            let next = openat(from, *name, flags, Mode::empty())?;
            self.way.push((name.to_string(), next));
        }
        Ok(self.way.last().map_or(&self.root, |(_, fd)| fd))
    }

    /// Makes the folder of a path where it is missing. Whether nothing can stand at the path, as the folder was made just now.
    pub fn is_new(&mut self, path: &str) -> io::Result<bool> {
        self.folder(split(path).0, true)?;
        Ok(self.fresh)
    }

    pub fn read(&mut self, path: &str) -> io::Result<Found> {
        let (folder, name) = split(path);
        match self.folder(folder, false).map(|_| ()) {
            Ok(()) if self.fresh => return Ok(Found::Missing),
            Ok(()) => {}
            Err(Errno::NOENT) => return Ok(Found::Missing),
            Err(Errno::LOOP | Errno::NOTDIR) => return Ok(Found::Other),
            Err(e) => return Err(e.into()),
        }
        let folder = self.way.last().map_or(&self.root, |(_, fd)| fd);
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = match openat(folder, name, flags, Mode::empty()) {
            Ok(fd) => File::from(fd),
            Err(Errno::NOENT) => return Ok(Found::Missing),
            Err(Errno::LOOP | Errno::NXIO | Errno::ISDIR) => return Ok(Found::Other),
            Err(e) => return Err(e.into()),
        };
        if !file.metadata()?.is_file() {
            return Ok(Found::Other);
        }
        let mut bytes = Vec::new();
        (&file).take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > MAX_BYTES {
            return Ok(Found::Other);
        }
        Ok(Found::Plain(bytes, stat_of(&file)?))
    }

    /// Writes a file: beside it, then renamed; in a folder made just now straight away, where a kill can leave no more than its
    /// beginning.
    pub fn write(&mut self, path: &str, bytes: &[u8], sync: bool) -> io::Result<Stat> {
        let (folder, name) = split(path);
        self.folder(folder, true)?;
        let fresh = self.fresh;
        let folder = self.way.last().map_or(&self.root, |(_, fd)| fd);
        let aside = format!(".{name}.m4c-tmp");
        let first = if fresh { name } else { aside.as_str() };
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let create = || openat(folder, first, flags, Mode::from_raw_mode(0o644));
        let fd = match create() {
            Err(Errno::EXIST) if !fresh => {
                unlinkat(folder, first, AtFlags::empty())?;
                create()?
            }
            other => other?,
        };
        let mut file = File::from(fd);
        let mut written = file.write_all(bytes);
        if sync {
            written = written.and_then(|()| file.sync_all());
        }
        if !fresh {
            written = written.and_then(|()| Ok(renameat(folder, first, folder, name)?));
        }
        match written {
            Ok(()) => stat_of(&file),
            Err(e) => {
                let _ = unlinkat(folder, first, AtFlags::empty());
                Err(e)
            }
        }
    }

    /// Removes a file, and its folders where they are empty then.
    pub fn remove(&mut self, path: &str) -> io::Result<()> {
        let (folder, name) = split(path);
        unlinkat(self.folder(folder, false)?, name, AtFlags::empty())?;
        self.way.clear();
        let mut folder = folder;
        while !folder.is_empty() {
            let (above, name) = split(folder);
            if unlinkat(self.folder(above, false)?, name, AtFlags::REMOVEDIR).is_err() {
                break;
            }
            self.way.clear();
            folder = above;
        }
        Ok(())
    }

    /// The names in a folder that could be a story's files; none where the folder is missing.
    pub fn names(&mut self, path: &str) -> io::Result<Vec<String>> {
        let folder = match self.folder(path, false) {
            Ok(fd) => fd,
            Err(Errno::NOENT | Errno::LOOP | Errno::NOTDIR) => return Ok(Vec::new()),
            Err(e) => return Err(e.into()),
        };
        let mut names = Vec::new();
        for entry in rustix::fs::Dir::read_from(folder)? {
            let name = entry?.file_name().to_bytes().to_vec();
            if is_file_name(&name) {
                names.extend(String::from_utf8(name));
            }
        }
        names.sort();
        Ok(names)
    }
}

pub(super) fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

fn stat_of(file: &File) -> io::Result<Stat> {
    let s = fstat(file)?;
    // git keeps the low 32 bits of each
    Ok([
        s.st_ctime as u32,
        s.st_ctime_nsec as u32,
        s.st_mtime as u32,
        s.st_mtime_nsec as u32,
        s.st_dev as u32,
        s.st_ino as u32,
        0o100644,
        s.st_uid,
        s.st_gid,
        s.st_size as u32,
    ])
}
