//! Letters that nobody sent in all the time that they had. The spool remembers when letters were looked at last, so that what became too
//! old since then is recorded as failed, and told. A machine without that memory begins to count: it tells nothing of what is long past.

use jiff::Timestamp;

use crate::repo::StoryRepo;
use crate::spool::{Shelves, Spool};
use crate::story::event::LetterStatus;
use crate::story::letter::{OpenLetter, Standing, open};
use crate::story::step::Story;

use super::super::clock::{LETTERS, noted};
use super::super::sync::{self, Wish};
use super::super::{Desk, Trouble, queue};
use super::bounce::Unreachable;
use super::entry::Entry;
use super::round::{Status, Told};
use super::{ELSEWHERE, Hold, Waiting, as_waiting, live};

/// The note in the spool up to when all that became too old is told.
const LOOKED: &str = "letters.looked";
/// When this machine began: what was due before is not its to send.
const BEGUN: &str = "letters.begun";

/// Begins to count, where this machine does not yet, or does not know any more. Damaged notes are begun anew by that.
pub(in crate::desk) fn begin(spool: &mut Spool, now: Timestamp) -> Result<(), Trouble> {
    let fresh = noted(spool, LOOKED)?.is_none();
    // the clock was ahead then, as two looks agree: it may be behind now
    let ahead = match noted(spool, BEGUN)? {
        Some(begun) if begun > now => LETTERS.agreed(spool, now)?.filter(|before| begun > *before),
        _ => None,
    };
    if let Some(begun) = fresh.then_some(now).or(ahead) {
        spool.put_note(BEGUN, Some(&begun.to_string()))?;
    }
    if fresh {
        spool.put_note(LOOKED, Some(&now.to_string()))?;
    }
    Ok(())
}

/// Since when letters are this desk's to send. One that has no spool begins now; one of before that was noted sends all that is due.
pub(super) fn begun(desk: &Desk, spool: Option<&Shelves>) -> Result<Timestamp, Trouble> {
    match spool {
        Some(spool) => Ok(noted(spool, BEGUN)?.unwrap_or(Timestamp::MIN)),
        None => Ok(desk.now),
    }
}

/// When letters were looked at last, as far as a later look agreed; what was too old then is long past.
pub(super) fn looked(spool: &Shelves) -> Result<Option<Timestamp>, Trouble> {
    noted(spool, LOOKED)
}

/// Records as failed what became too old to leave. Two looks have to agree: what the look before saw as too old, and this one does, too.
/// A clock that is wrong for one look gives no letter up, nor does a desk that does not know what the others sent.
pub(super) fn give_up(desk: &Desk, repo: &StoryRepo, spool: &mut Spool) -> Result<Vec<Told>, Trouble> {
    let now = desk.now;
    let since = noted(spool, LOOKED)?.unwrap_or(now);
    let Some(until) = LETTERS.agreed(spool, now)? else {
        return Ok(Vec::new());
    };
    let policy = desk.config.letters.policy();
    let mut told = Vec::new();
    if !queue::with_letters_run_out(desk, repo, since, until)?.is_empty() {
        let wish = Wish {
            unattended: true,
            ..Wish::default()
        };
        // another desk may have sent them; where nobody can say, the next run asks again
        if sync::is_wanted(desk, repo) && sync::sync(desk, repo, Some(&mut *spool), wish, false, None).is_err() {
            return Ok(told);
        }
        for (id, _) in queue::with_letters_run_out(desk, repo, since, until)? {
            let story = desk.story(repo, &id)?;
            let mut letters = open(&id, &story.record.events, &Standing::of(&story, &desk.policy));
            letters.retain(|letter| letter.ran_out(&policy, since, until));
            for due in letters {
                let silent = live::asked_in_vain(spool, &due.number())?;
                let why = |waiting: &Waiting| unsent(waiting, silent);
                told.extend(fail(desk, repo, spool, &story, due, why)?);
            }
        }
    }
    // one that was ahead is begun anew; one that was set back brings nothing up that is long past
    let since = if since > now { until } else { since.max(until) };
    spool.put_note(LOOKED, Some(&since.to_string()))?;
    LETTERS.done(spool, now)?;
    Ok(told)
}

const UNSENT: &str = "nobody sent it before it was too old (`max_age` under [letters])";

/// Why a letter was not sent, as far as that is known without asking anybody; `silent`: the page that was asked for it in vain.
fn unsent(waiting: &Waiting, silent: Option<String>) -> String {
    if waiting.due.claim.is_some() {
        return format!("{ELSEWHERE}, and the record does not say that it left");
    }
    if let Some(page) = silent.filter(|page| waiting.page.as_ref() == Some(page)) {
        return format!("its page did not answer in time: {page}");
    }
    match &waiting.held {
        // what a server said of an address is not for the record, and a page was not asked
        None | Some(Hold::NotLive { .. } | Hold::Later(..)) => UNSENT.to_owned(),
        Some(held) => format!("{UNSENT}: {held}"),
    }
}

/// Why a letter is given up that was to leave; `said`: what the server that did not take it said last, if it was tried.
pub(super) fn in_vain(said: Option<&str>) -> String {
    match said {
        Some(said) => format!("it could not be delivered in time: {said}"),
        None => UNSENT.to_owned(),
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
