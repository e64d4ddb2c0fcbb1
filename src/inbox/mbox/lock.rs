//! Other programs' locks on a mailbox: fcntl (Dovecot, Postfix), flock, and the `.lock` file beside it.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, fcntl_lock};

use super::InboxError;

/// A shared lock; let go when dropped.
pub(super) struct Lock<'a>(&'a File);

impl<'a> Lock<'a> {
    /// Waits at most `wait`. We make no `.lock` file ourselves, as a reader needs no right to write beside the mailbox. A
    /// file system that knows no locks is read without.
    pub(super) fn shared(file: &'a File, path: &Path, wait: Duration) -> Result<Lock<'a>, InboxError> {
        let begun = Instant::now();
        let dotlock = dotlock_of(path);
        loop {
            let dot = dotlock.symlink_metadata().is_ok();
            if !dot && try_both(file) {
                return Ok(Lock(file));
            }
            let waited = begun.elapsed();
            if waited >= wait {
                return Err(InboxError::Locked {
                    path: path.to_owned(),
                    dotlock: dot.then_some(dotlock),
                    waited,
                });
            }
            sleep(Duration::from_millis(50).min(wait - waited));
        }
    }
}

impl Drop for Lock<'_> {
    fn drop(&mut self) {
        let _ = self.0.unlock();
        let _ = fcntl_lock(self.0, FlockOperation::NonBlockingUnlock);
    }
}

fn try_both(file: &File) -> bool {
    if matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)) {
        return false;
    }
    match fcntl_lock(file, FlockOperation::NonBlockingLockShared) {
        Err(rustix::io::Errno::AGAIN | rustix::io::Errno::ACCESS) => {
            let _ = file.unlock();
            false
        }
        _ => true,
    }
}

/// `mail/blog` -> `mail/blog.lock`
fn dotlock_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    PathBuf::from(name)
}
