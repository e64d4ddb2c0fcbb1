//! A run of the outbox: which letters are tried, in which order, and where it ends.

use crate::repo::StoryRepo;
use crate::spool::Spool;
use crate::story::StoryId;
use crate::story::event::{EventId, LetterKind, LetterStatus};
use crate::story::letter::{self, Standing};

use super::super::clock::LETTERS;
use super::super::{Desk, Trouble};
use super::entry::Entry;
use super::pages::Pages;
use super::send::{DeskOutbox, NotSent, address, day, one, without_address};
use super::{Hold, Waiting, digest, kept, late, live};

/// Who wants letters to leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sending {
    /// Nobody looks on (cron): an automatic answer leaves only to a sender whose address our server has proven, and what the
    /// mail server did not take is tried again with growing pauses.
    Unattended,
    /// A person sends what is due.
    ByHand,
    /// A person names these letters: only what makes sending them impossible keeps them.
    Named,
}

/// What became of a letter.
#[derive(Debug, Clone)]
pub struct Told {
    pub waiting: Waiting,
    pub status: Status,
    /// What the server answered, or why it did not leave.
    pub said: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    Sent,
    /// Not tried.
    Waiting,
    /// Tried, and to be tried again.
    Later,
    /// Given up.
    Failed,
    /// Not to be sent any more.
    Dropped,
}

/// What a run of the outbox came to.
#[derive(Debug, Default)]
pub struct Run {
    /// One for each letter that is due.
    pub told: Vec<Told>,
    /// Why the run ended early: no other letter would have fared better.
    pub stopped: Option<Trouble>,
}

impl Run {
    /// How many letters ended so.
    pub fn count(&self, status: Status) -> usize {
        self.told.iter().filter(|told| told.status == status).count()
    }
}

/// Sends everything that is due and may leave: what `cron` calls, with [`Sending::Unattended`], and `letters send` without names.
/// Tidies up what earlier runs left, writes the digest where it is time, then [`send`].
pub fn send_due(desk: &Desk, repo: &StoryRepo, spool: &mut Spool, sending: Sending) -> Result<Run, Trouble> {
    live::tidy(desk, repo, spool)?;
    let mut told = kept::let_go(desk, repo, spool)?;
    told.extend(tidy(desk, repo, spool)?);
    told.extend(late::give_up(desk, repo, spool)?);
    digest::prepare(desk, repo, spool)?;
    let letters = super::waiting(desk, repo, Some(spool))?;
    let run = send(desk, repo, spool, &letters, sending)?;
    told.extend(run.told);
    Ok(Run { told, ..run })
}

/// Failures of the network in a row after which the others are not tried.
const PATIENCE: u32 = 3;

/// Sends letters, at most `[letters] per_run`. One that fails does not stop the others, unless none of them would fare better.
pub fn send(
    desk: &Desk,
    repo: &StoryRepo,
    spool: &mut Spool,
    letters: &[Waiting],
    sending: Sending,
) -> Result<Run, Trouble> {
    let mut run = Run::default();
    let mut desk_outbox = DeskOutbox::default();
    let mut round = Round::new(sending);
    for waiting in live::in_order(spool, letters)? {
        let tell = |status, held, said| {
            let waiting = waiting.clone();
            Told {
                waiting: Waiting { held, ..waiting },
                status,
                said,
            }
        };
        if let Some((held, said)) = round.keeps(desk, spool, waiting)? {
            run.told.push(tell(Status::Waiting, held, said));
            continue;
        }
        let sent = one(desk, repo, spool, &mut desk_outbox, waiting)?;
        round.tried(&sent);
        let (status, said) = match &sent {
            Ok(said) => (Status::Sent, said.clone()),
            Err(NotSent::Unwritten(why)) => (Status::Waiting, why.clone()),
            Err(NotSent::Outbox(error)) if error.is_final() => (Status::Failed, error.to_string()),
            Err(NotSent::Outbox(error)) => (Status::Later, error.to_string()),
        };
        // its page answered, or a person did not ask for that
        let held = waiting.held.clone().filter(|hold| !hold.is_for_a_page());
        run.told.push(tell(status, held, said));
        match sent {
            Err(NotSent::Outbox(error)) if error.stops_the_run() => {
                run.stopped = Some(Trouble::Outbox(error));
                return Ok(run);
            }
            _ => {}
        }
    }
    desk_outbox.close();
    Ok(run)
}

/// One run, as far as it got.
struct Round {
    sending: Sending,
    pages: Pages<'static>,
    tried: u32,
    /// Failures of the network in a row.
    in_vain: u32,
}

impl Round {
    fn new(sending: Sending) -> Round {
        Round {
            sending,
            pages: Pages::default(),
            tried: 0,
            in_vain: 0,
        }
    }

    /// Why a letter is not tried, with what then keeps it; what an earlier run found of its page stands until it is asked again.
    fn keeps(
        &mut self,
        desk: &Desk,
        spool: &mut Spool,
        waiting: &Waiting,
    ) -> Result<Option<(Option<Hold>, String)>, Trouble> {
        let as_before = |said: String| Ok(Some((waiting.held.clone(), said)));
        let stops = |hold: &&Hold| hold.stops(self.sending) && !hold.is_for_a_page();
        if let Some(hold) = waiting.held.as_ref().filter(stops) {
            return as_before(hold.to_string());
        }
        if let Some(why) = over_a_cap(desk, spool, waiting, self.tried)? {
            return as_before(why);
        }
        if self.in_vain >= PATIENCE {
            return as_before("the mail server took none of the last letters; this one was not tried".to_owned());
        }
        if self.sending == Sending::Named {
            return Ok(None);
        }
        let may_rest = self.sending == Sending::Unattended;
        let hold = live::hold(desk, spool, &mut self.pages, may_rest, waiting)?;
        Ok(hold.map(|hold| {
            let said = format!("{hold}; `letters send {}` sends it all the same", waiting.number);
            (Some(hold), said)
        }))
    }

    fn tried(&mut self, sent: &Result<String, NotSent>) {
        self.tried += 1;
        match sent {
            Err(NotSent::Outbox(error)) if !error.is_final() => self.in_vain += 1,
            Err(NotSent::Unwritten(_)) => {}
            _ => self.in_vain = 0,
        }
    }
}

/// Why a letter waits for a later run though nothing is wrong with it.
fn over_a_cap(desk: &Desk, spool: &Spool, waiting: &Waiting, tried: u32) -> Result<Option<String>, Trouble> {
    let letters = &desk.config.letters;
    if tried >= letters.per_run {
        let why = format!("{} letters leave in one run; the next run sends it", letters.per_run);
        return Ok(Some(why));
    }
    let to_author = !waiting.due.kind.is_for_team();
    let address = address(waiting);
    if to_author && waiting.due.is_automatic() && spool.sent_on(&address, day(desk))? >= letters.per_address_per_day {
        let why = format!(
            "{} automatic answer a day goes to one address; it leaves tomorrow",
            letters.per_address_per_day
        );
        return Ok(Some(why));
    }
    Ok(None)
}

/// Ends what earlier runs left in the spool: letters that are recorded as sent, that were overtaken, or that could not be delivered in all
/// the time they had, which are told.
fn tidy(desk: &Desk, repo: &StoryRepo, spool: &mut Spool) -> Result<Vec<Told>, Trouble> {
    if let Some(agreed) = LETTERS.agreed(spool, desk.now)? {
        spool.forget_old_codes(agreed)?;
    }
    let mut told = Vec::new();
    let policy = desk.config.letters.policy();
    for kept in spool.letters()?.items {
        let (Ok(id), Ok(about)) = (kept.note.story.parse::<StoryId>(), kept.note.about.parse::<EventId>()) else {
            continue;
        };
        let Some(kind) = LetterKind::ALL.into_iter().find(|kind| kind.name() == kept.note.kind) else {
            continue;
        };
        let Ok(story) = desk.story(repo, &id) else { continue };
        let events = &story.record.events;
        let open = letter::open(&id, events, &Standing::of(&story, &desk.policy));
        let claimed = open.iter().find(|letter| letter.number() == kept.id);
        // what another desk claimed is given up by `late`, which asks the others first
        let own = |letter: &letter::OpenLetter| {
            let claim = letter.claim.as_ref().map(EventId::as_str);
            claim.is_some() && claim == kept.note.claim.as_deref()
        };
        let too_old = |letter: &&letter::OpenLetter| {
            own(letter) && desk.now.duration_since(letter.at(policy.remind_after)) > policy.max_age
        };
        let entry = Entry {
            story: Some(id),
            kind,
            about,
            to: kept.note.member.clone(),
        };
        let last = entry.last(&story);
        match (claimed, last) {
            (Some(letter), _) if too_old(&letter) => {
                let said = kept.note.last_error.as_deref();
                let said = said.map(|said| without_address(said, &kept.note.to));
                let why = |_: &Waiting| late::in_vain(said.as_deref());
                told.extend(late::fail(desk, repo, spool, &story, letter.clone(), why)?);
            }
            // a person's words for a letter that nobody sent in time
            (None, Some(LetterStatus::Failed)) if kept.note.claim.is_none() => continue,
            (Some(_), _) => continue,
            (None, Some(LetterStatus::Claimed)) => {
                let reason = Some("it was overtaken before it left".to_owned());
                entry.write(desk, repo, LetterStatus::Dropped, reason, None)?;
            }
            (None, Some(_)) => {}
            // a person's words for a letter that nothing calls for now: they are kept, something may again
            (None, None) => continue,
        }
        spool.remove_letter(&kept.id)?;
    }
    Ok(told)
}
