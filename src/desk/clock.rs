//! Whether the clock is to be believed. What a time makes final (mail let go, codes forgotten, letters given up, where this desk begins)
//! waits until two looks at it agree: a clock that is wrong for one look does no harm.

use jiff::{SignedDuration, Timestamp};

use crate::spool::{Shelves, Spool, SpoolError};

use super::Trouble;

/// Looks that are nearer to each other are one: a machine that has just started may not have asked for the time yet.
const APART: SignedDuration = SignedDuration::from_mins(10);

/// The looks of one part of the desk; its note in the spool says when the last was.
pub(super) struct Looks(&'static str);

/// Those of the letters.
pub(super) const LETTERS: Looks = Looks("letters.seen");
/// Those of the retention clock.
pub(super) const RETENTION: Looks = Looks("retention.seen");

impl Looks {
    /// The look before this one.
    pub(super) fn before(&self, spool: &Shelves) -> Result<Option<Timestamp>, Trouble> {
        noted(spool, self.0)
    }

    /// The look before this one, where the two are far enough from each other, and time went on between them: what was so then, and is so
    /// now, may be acted upon. The first look, and one after the clock was set back, is only noted.
    pub(super) fn agreed(&self, spool: &mut Spool, now: Timestamp) -> Result<Option<Timestamp>, Trouble> {
        match self.before(spool)? {
            Some(before) if before < now => Ok((now.duration_since(before) >= APART).then_some(before)),
            _ => {
                self.done(spool, now)?;
                Ok(None)
            }
        }
    }

    /// Notes a look, once all is done that two looks agreed upon.
    pub(super) fn done(&self, spool: &mut Spool, now: Timestamp) -> Result<(), Trouble> {
        Ok(spool.put_note(self.0, Some(&now.to_string()))?)
    }
}

/// A time that was noted. None where it cannot be read: it is begun anew then, and no command stops for that.
pub(super) fn noted(spool: &Shelves, key: &str) -> Result<Option<Timestamp>, Trouble> {
    match spool.note(key) {
        Ok(note) => Ok(note.and_then(|at| at.parse().ok())),
        Err(SpoolError::Damaged { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
