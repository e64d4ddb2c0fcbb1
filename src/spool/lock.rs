//! The spool's folder and its lock.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::fs::OFlags;

use super::SpoolError;
use super::shelf::Shelf;

const LOCK: &str = "lock";

/// Makes sure that `path` is a folder of our own that nobody else may look into.
pub(super) fn private_folder(path: &Path) -> Result<(), SpoolError> {
    let fail = |error| SpoolError::io("make the folder", path, error);
    let missing: Vec<&Path> = path
        .ancestors()
        .skip(1)
        .take_while(|folder| !folder.as_os_str().is_empty() && !folder.exists())
        .collect();
    for folder in missing.iter().rev() {
        fs::create_dir_all(folder).map_err(fail)?;
        folder_of(folder).sync()?;
    }
    match DirBuilder::new().mode(0o700).create(path) {
        Ok(()) => folder_of(path).sync()?,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(fail(error)),
    }
    let metadata = fs::metadata(path).map_err(|e| SpoolError::io("look at", path, e))?;
    if metadata.uid() != rustix::process::geteuid().as_raw() {
        return Err(SpoolError::NotOurs {
            path: path.to_owned(),
            owner: metadata.uid(),
        });
    }
    // Never close somebody's home folder to others because of a slip in the config. In this order: whoever else is making it puts the lock
    // there first.
    if !metadata.is_dir() || !(is_empty(path) || path.join(LOCK).symlink_metadata().is_ok()) {
        return Err(SpoolError::NotASpool { path: path.to_owned() });
    }
    if metadata.mode() & 0o077 != 0 {
        let closed = fs::Permissions::from_mode(0o700);
        fs::set_permissions(path, closed).map_err(|e| SpoolError::io("close to others", path, e))?;
    }
    open_lock(path).map(drop)
}

fn folder_of(path: &Path) -> Shelf {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    Shelf::at(folder.unwrap_or(Path::new(".")))
}

fn is_empty(path: &Path) -> bool {
    fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_none())
}

fn open_lock(path: &Path) -> Result<File, SpoolError> {
    let path = path.join(LOCK);
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(0o600);
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let opened = options.custom_flags(flags.bits() as i32).open(&path);
    opened.map_err(|e| SpoolError::io("open", &path, e))
}

/// Takes the lock (flock: it is gone when the process is, however it ends), waiting at most `wait`.
pub(super) fn hold(path: &Path, wait: Duration) -> Result<File, SpoolError> {
    let begun = Instant::now();
    let mut file = open_lock(path)?;
    let mut pause = Duration::from_millis(5);
    loop {
        match file.try_lock() {
            Ok(()) => break,
            Err(TryLockError::Error(error)) if error.kind() != io::ErrorKind::Interrupted => {
                return Err(SpoolError::io("lock", path, error));
            }
            Err(_) => {}
        }
        let Some(left) = wait.checked_sub(begun.elapsed()).filter(|left| !left.is_zero()) else {
            let mut text = String::new();
            let _ = (&file).take(20).read_to_string(&mut text);
            return Err(SpoolError::Busy {
                path: path.to_owned(),
                pid: text.trim().parse().ok(),
            });
        };
        sleep(pause.min(left));
        pause = (pause * 2).min(Duration::from_millis(100));
    }
    // Only for people: it is no error if the disk is too full for it.
    let _ = file.set_len(0);
    let _ = file.rewind();
    let _ = file.write_all(format!("{}\n", std::process::id()).as_bytes());
    Ok(file)
}
