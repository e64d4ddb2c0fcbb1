//! Moving the branch and the private ref: both locked, both compared, then the private part first, so that no story ever
//! stands on the branch without it.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;

use git2::Oid;

use super::lock::{Lock, make_folders};
use super::object::person;
use super::{PRIVATE_REF, RepoError, StoryRepo};
use crate::story::record::Signature;

/// A ref to be moved, and what it must be until then.
#[derive(Debug, Clone, Copy)]
pub(super) struct Move {
    pub old: Option<Oid>,
    pub new: Oid,
}

impl StoryRepo {
    /// Moves what is to be moved and syncs it; `false`, and nothing done, where a ref is no longer what it was.
    pub(super) fn move_refs(
        &self,
        private: Option<Move>,
        branch: Option<Move>,
        ready: impl FnOnce() -> Result<(), RepoError>,
    ) -> Result<bool, RepoError> {
        let name = self.branch_ref();
        let mut held = Vec::new();
        for (name, to) in [(PRIVATE_REF, private), (&name, branch)] {
            if let Some(to) = to {
                let lock = Lock::take(self, name)?;
                if self.read_ref(name)? != to.old {
                    return Ok(false);
                }
                held.push((lock, to.new));
            }
        }
        ready()?;
        for (lock, new) in held {
            lock.replace(format!("{new}\n").as_bytes())?;
        }
        Ok(true)
    }

    /// One line in the reflogs of the branch and, where it is checked out, of HEAD; a convenience, so a failure is none. The
    /// private ref has none: what is erased must be gone.
    pub(super) fn log_move(&self, to: Move, by: &Signature, why: &str) {
        let subject = why.lines().next().unwrap_or_default().replace(char::is_control, " ");
        let old = to.old.unwrap_or(Oid::ZERO_SHA1);
        let line = format!("{old} {} {}\t{subject}\n", to.new, person(by));
        let head = self.is_checked_out().unwrap_or(false).then(|| "HEAD".to_owned());
        for name in std::iter::once(self.branch_ref()).chain(head) {
            let path = self.dir.join("logs").join(name);
            if let Some(parent) = path.parent() {
                let _ = make_folders(parent);
            }
            let open = OpenOptions::new().append(true).create(true).mode(0o644).open(path);
            let _ = open.and_then(|mut file| file.write_all(line.as_bytes()));
        }
    }
}
