//! Claim, send, record.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::config::Way;
use crate::mail;
use crate::outbox::{FolderOutbox, Outbox, SendError, Sent};
use crate::repo::StoryRepo;
use crate::spool::{LetterNote, Spool};
use crate::story::StoryId;
use crate::story::event::{EventId, LetterKind, LetterStatus};
use crate::story::letter::{self, Envelope, FailedLetter, LetterId, Outgoing, Standing};
use crate::story::people::{PEOPLE, People};
use crate::story::record::Change;

use super::super::sync::{self, Wish};
use super::super::{Desk, Trouble};
use super::compose::compose;
use super::entry::Entry;
use super::pages::Pages;
use super::{Hold, Waiting, digest, kept, late, live, offer};

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
    let mut told = kept::let_go(desk, spool)?;
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

fn day(desk: &Desk) -> jiff::civil::Date {
    desk.now.to_zoned_datetime(desk.config.team.timezone.clone()).date()
}

fn address(waiting: &Waiting) -> String {
    waiting.to.as_ref().and_then(|m| m.address.clone()).unwrap_or_default()
}

/// Opened when the first letter leaves.
#[derive(Default)]
struct DeskOutbox(Option<Box<dyn Outbox>>);

impl DeskOutbox {
    fn open(&mut self, desk: &Desk) -> &mut Box<dyn Outbox> {
        self.0.get_or_insert_with(|| match &desk.config.outbox.way {
            Way::Folder(path) => Box::new(FolderOutbox::new(path)),
            Way::Smtp(server) => Box::new(super::super::post::smtp(server)),
        })
    }

    fn close(&mut self) {
        if let Some(outbox) = &mut self.0 {
            outbox.close();
        }
    }
}

enum NotSent {
    /// The letter could not be made; what is wrong with the words of one may not be wrong with those of the next.
    Unwritten(String),
    Outbox(SendError),
}

/// One letter: into the spool, claimed, handed over, recorded, out of the spool.
fn one(
    desk: &Desk,
    repo: &StoryRepo,
    spool: &mut Spool,
    outbox: &mut DeskOutbox,
    waiting: &Waiting,
) -> Result<Result<String, NotSent>, Trouble> {
    let (bytes, mut note) = match spool.letter(&waiting.number)? {
        Some(kept) if !has_moved(waiting, &kept.1) => kept,
        before => match written(desk, repo, waiting, before) {
            Ok(fresh) => {
                spool.put_letter(&waiting.number, &fresh.0, &fresh.1)?;
                fresh
            }
            Err(Trouble::Letter(why)) => return Ok(Err(NotSent::Unwritten(why))),
            Err(trouble) => return Err(trouble),
        },
    };
    let glance = mail::glance(&bytes);
    let Ok(id) = glance.message_id.parse::<LetterId>() else {
        let why = "the letter in the spool has lost its Message-ID".to_owned();
        return Ok(Err(NotSent::Unwritten(why)));
    };
    let entry = Entry::of(waiting);
    // a letter that was written anew since its claim has another Message-ID
    let claimed = match &waiting.story {
        Some(id) if waiting.due.claim.is_some() => {
            super::people(repo, id)?.is_some_and(|people| people.letter(&glance.message_id).is_some())
        }
        _ => false,
    };
    if !claimed {
        let claim = entry.write(
            desk,
            repo,
            LetterStatus::Claimed,
            None,
            Some((&glance.message_id, &note)),
        )?;
        note.claim = claim.map(String::from);
        spool.note_letter(&waiting.number, &note)?;
    }
    if let Some(why) = not_ours(desk, repo, spool, waiting, &note, &glance.message_id)? {
        return Ok(Err(NotSent::Unwritten(why)));
    }
    let address = Some(note.to.clone())
        .filter(|to| !to.is_empty())
        .unwrap_or_else(|| address(waiting));
    let answers = waiting.due.kind == LetterKind::Received;
    let envelope = Envelope {
        sender: (!answers).then(|| desk.config.outbox.from.email.clone()),
        recipient: address.clone(),
    };
    let outgoing = Outgoing {
        kind: waiting.due.kind.name(),
        id: &id,
        date: glance.date.unwrap_or(desk.now),
        envelope: &envelope,
        bytes: &bytes,
    };
    let said = match &note.left {
        // the record could not be written then: it is not sent again for that
        Some(said) if waiting.story.is_none() || claimed => Ok(Sent { said: said.clone() }),
        _ => {
            // a spool that cannot be written to would forget that the letter left
            spool.note_letter(&waiting.number, &note)?;
            let coded = offer::coded(desk, spool, &note, &bytes)?;
            outbox.open(desk).send(&Outgoing {
                bytes: coded.as_deref().unwrap_or(&bytes),
                ..outgoing
            })
        }
    };
    match said {
        Ok(sent) => {
            note.left = Some(sent.said.clone());
            // where this fails the record may still be written
            let _ = spool.note_letter(&waiting.number, &note);
            entry.write(desk, repo, LetterStatus::Sent, None, None)?;
            if waiting.due.is_automatic() {
                spool.note_sent(&address, day(desk))?;
            }
            over(spool, &waiting.number)?;
            Ok(Ok(sent.said))
        }
        Err(error) if error.is_final() => {
            let reason = without_address(&error.to_string(), &address);
            entry.write(desk, repo, LetterStatus::Failed, Some(reason), None)?;
            over(spool, &waiting.number)?;
            Ok(Err(NotSent::Outbox(error)))
        }
        Err(error) => {
            note.attempts += 1;
            note.last_error = Some(error.to_string());
            // no letter is to blame for a password
            note.not_before = (!error.stops_the_run()).then(|| next_try(desk.now, note.attempts));
            spool.note_letter(&waiting.number, &note)?;
            Ok(Err(NotSent::Outbox(error)))
        }
    }
}

/// A letter as it is to leave. Where it lay in the spool `before` the words stay, the address and with it the Message-ID are others.
fn written(
    desk: &Desk,
    repo: &StoryRepo,
    waiting: &Waiting,
    before: Option<(Vec<u8>, LetterNote)>,
) -> Result<(Vec<u8>, LetterNote), Trouble> {
    let Some((bytes, note)) = before else {
        return compose(desk, repo, waiting, None);
    };
    let (subject, text) = super::words(&bytes);
    let words = (subject.as_str(), text.as_str());
    if waiting.story.is_some() {
        return compose(desk, repo, waiting, Some(words));
    }
    let (bytes, fresh) = kept::reworded(desk, waiting, words)?;
    let offers = note.offers;
    Ok((bytes, LetterNote { offers, ..fresh }))
}

/// Where several desks share a server, a letter is the desk's whose claim is there first: it is brought there before the letter
/// leaves. Why this desk does not send it; what a lost claim left behind is removed.
fn not_ours(
    desk: &Desk,
    repo: &StoryRepo,
    spool: &mut Spool,
    waiting: &Waiting,
    note: &LetterNote,
    message_id: &str,
) -> Result<Option<String>, Trouble> {
    let Some(id) = waiting.story.as_ref().filter(|_| sync::is_wanted(desk, repo)) else {
        return Ok(None);
    };
    let wish = Wish {
        unattended: true,
        ..Wish::default()
    };
    if let Err(trouble) = sync::sync(desk, repo, wish, false, None) {
        return Ok(Some(format!("its claim could not be brought to the server: {trouble}")));
    }
    let story = desk.story(repo, id)?;
    let entry = Entry::of(waiting);
    let first = story
        .record
        .events
        .iter()
        .find(|e| entry.is_claim(e) && !entry.is_over(&story, e));
    match (first, &note.claim) {
        (Some(first), Some(own)) if first.id.as_str() == own => Ok(None),
        _ => {
            forget(repo, id, message_id, desk)?;
            over(spool, &waiting.number)?;
            Ok(Some("another desk sends it".to_owned()))
        }
    }
}

/// Takes a letter that this desk will not send out of what is known of the story's letters.
fn forget(repo: &StoryRepo, id: &StoryId, message_id: &str, desk: &Desk) -> Result<(), Trouble> {
    let by = desk.robot().signature();
    let done: Result<_, Trouble> = repo.commit(id, |current| {
        let known = current
            .private()?
            .and_then(|p| p.get(PEOPLE).cloned())
            .unwrap_or_default();
        let mut people = People::parse(&known).map_err(Trouble::Letter)?;
        people.letters.retain(|l| l.message_id != message_id);
        Ok(Some(Change {
            story: id.clone(),
            files: BTreeMap::new(),
            private: BTreeMap::from([(PEOPLE.to_owned(), Some(people.render()))]),
            message: String::new(),
            by: by.clone(),
        }))
    });
    done.map(drop)
}

/// Whether the reader's address is another by now than the one that the letter in the spool is written to.
fn has_moved(waiting: &Waiting, note: &LetterNote) -> bool {
    let to = address(waiting);
    note.left.is_none() && !to.is_empty() && !note.to.is_empty() && !to.eq_ignore_ascii_case(&note.to)
}

/// Nothing of a letter waits here any more: its end is in the record.
fn over(spool: &mut Spool, number: &str) -> Result<(), Trouble> {
    live::forget(spool, number)?;
    spool.remove_letter(number)?;
    Ok(())
}

/// When a letter that was not taken is tried again: greylisting passes in minutes, a full mailbox in a day.
fn next_try(now: Timestamp, attempts: u32) -> Timestamp {
    let minutes = match attempts {
        0 | 1 => 15,
        2 => 60,
        3 => 4 * 60,
        _ => 12 * 60,
    };
    now.checked_add(SignedDuration::from_mins(minutes)).unwrap_or(now)
}

/// The record is on `main`: what a server says of an address stays out of it, `User 'marion.maxwell' unknown` as well.
pub(super) fn without_address(text: &str, address: &str) -> String {
    let local = address
        .rsplit_once('@')
        .map_or(address, |(local, _)| local)
        .to_lowercase();
    let named = |word: &str| match local.len() {
        0 => false,
        // `m` is in many words
        1 | 2 => word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase() == local,
        _ => word.to_lowercase().contains(&local),
    };
    let words = text.split_whitespace().filter(|w| !w.contains('@') && !named(w));
    words.collect::<Vec<_>>().join(" ")
}

/// Ends what earlier runs left in the spool: letters that are recorded as sent, that were overtaken, or that could not be delivered in all
/// the time they had, which are told.
fn tidy(desk: &Desk, repo: &StoryRepo, spool: &mut Spool) -> Result<Vec<Told>, Trouble> {
    spool.forget_old_codes(desk.now)?;
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
        let too_old = |letter: &&letter::OpenLetter| {
            letter.claim.is_some() && desk.now.duration_since(letter.at(policy.remind_after)) > policy.max_age
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
                let said = kept.note.last_error.clone().unwrap_or_default();
                let said = without_address(&said, &kept.note.to);
                let why = |_: &Waiting| format!("it could not be delivered in time: {said}");
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

/// Does not send a letter.
pub fn drop_letter(
    desk: &Desk,
    repo: &StoryRepo,
    spool: &mut Spool,
    waiting: &Waiting,
    why: &str,
) -> Result<(), Trouble> {
    let reason = Some(why.to_owned()).filter(|w| !w.is_empty());
    Entry::of(waiting).write(desk, repo, LetterStatus::Dropped, reason, None)?;
    over(spool, &waiting.number)?;
    Ok(())
}

/// A letter that did not arrive is let be: it is no longer among those that a person must see to.
pub fn let_be(desk: &Desk, repo: &StoryRepo, id: &StoryId, failed: &FailedLetter, why: &str) -> Result<(), Trouble> {
    let entry = Entry {
        story: Some(id.clone()),
        kind: failed.kind,
        about: failed.about.clone(),
        to: failed.to.clone(),
    };
    let reason = Some(why.to_owned()).filter(|w| !w.is_empty());
    entry.write(desk, repo, LetterStatus::Dropped, reason, None).map(drop)
}

#[cfg(test)]
mod tests {
    use super::without_address;

    #[test]
    fn a_servers_words_name_nobody() {
        let address = "Marion.Maxwell@example.com";
        for (said, kept) in [
            (
                "550 5.1.1 <marion.maxwell@example.com>: no such user",
                "550 5.1.1 no such user",
            ),
            ("550 User 'marion.maxwell' unknown", "550 User unknown"),
            ("550 no such user (MARION.MAXWELL%example.com)", "550 no such user"),
            ("550 5.7.1 we think it is spam", "550 5.7.1 we think it is spam"),
        ] {
            assert_eq!(without_address(said, address), kept);
        }
        assert_eq!(without_address("550 no such user", ""), "550 no such user");
        assert_eq!(without_address("550 no user (s)", "S@example.com"), "550 no user");
    }
}
