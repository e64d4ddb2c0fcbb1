//! Letters that nobody sent in all the time that they had. The spool remembers when letters were looked at last, so that what became too
//! old since then is recorded as failed, and told. A machine without that memory begins to count: it tells nothing of what is long past.

use jiff::Timestamp;

use crate::repo::StoryRepo;
use crate::spool::{Shelves, Spool, SpoolError};
use crate::story::event::LetterStatus;
use crate::story::letter::{OpenLetter, Standing, open};
use crate::story::step::Story;

use super::super::{Desk, Trouble, queue};
use super::bounce::Unreachable;
use super::entry::Entry;
use super::send::{Status, Told};
use super::{Hold, Waiting, as_waiting, live};

/// The note in the spool.
const LOOKED: &str = "letters.looked";

/// A time that was noted. None where it cannot be read: it is begun anew then, and no command stops for that.
fn noted(spool: &Shelves, key: &str) -> Result<Option<Timestamp>, Trouble> {
    match spool.note(key) {
        Ok(note) => Ok(note.and_then(|at| at.parse().ok())),
        Err(SpoolError::Damaged { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Begins to count, where this machine does not yet, or does not know any more. Damaged notes are begun anew by that.
pub(in crate::desk) fn begin(spool: &mut Spool, now: Timestamp) -> Result<(), Trouble> {
    if noted(spool, LOOKED)?.is_none() {
        spool.put_note(LOOKED, Some(&now.to_string()))?;
    }
    Ok(())
}

/// Records as failed what became too old to leave since letters were looked at last.
pub(super) fn give_up(desk: &Desk, repo: &StoryRepo, spool: &mut Spool) -> Result<Vec<Told>, Trouble> {
    let looked = noted(spool, LOOKED)?;
    let policy = desk.config.letters.policy();
    let mut told = Vec::new();
    if let Some(since) = looked {
        for (id, _) in queue::with_letters_run_out(desk, repo, since)? {
            let story = desk.story(repo, &id)?;
            let mut letters = open(&id, &story.record.events, &Standing::of(&story, &desk.policy));
            letters.retain(|letter| letter.ran_out(&policy, since, desk.now));
            for due in letters {
                told.extend(fail(desk, repo, spool, &story, due, unsent)?);
            }
        }
    }
    spool.put_note(LOOKED, Some(&desk.now.to_string()))?;
    Ok(told)
}

/// Why a letter was not sent, as far as that is known without asking anybody.
fn unsent(waiting: &Waiting) -> String {
    let said = "nobody sent it before it was too old (`max_age` under [letters])";
    match &waiting.held {
        // what a server said of an address is not for the record, and a page was not asked
        None | Some(Hold::NotLive { .. } | Hold::Later(..)) => said.to_owned(),
        Some(held) => format!("{said}: {held}"),
    }
}

/// Records that a letter failed, and why. A person's own words for it stay in the spool: it may be sent again.
pub(super) fn fail(
    desk: &Desk,
    repo: &StoryRepo,
    spool: &mut Spool,
    story: &Story,
    due: OpenLetter,
    why: impl FnOnce(&Waiting) -> String,
) -> Result<Option<Told>, Trouble> {
    let waiting = as_waiting(desk, repo, Some(spool), story, vec![due], &mut Unreachable::default())?.pop();
    let Some(waiting) = waiting else { return Ok(None) };
    let said = why(&waiting);
    Entry::of(&waiting).write(desk, repo, LetterStatus::Failed, Some(said.clone()), None)?;
    live::forget(spool, &waiting.number)?;
    Ok(Some(Told {
        waiting,
        status: Status::Failed,
        said,
    }))
}
