//! One letter: claim, send, record.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::config::Way;
use crate::mail;
use crate::outbox::{FolderOutbox, Outbox, SendError, Sent};
use crate::repo::StoryRepo;
use crate::spool::{LetterNote, Spool};
use crate::story::StoryId;
use crate::story::event::{EventId, LetterKind, LetterStatus};
use crate::story::letter::{Envelope, FailedLetter, LetterId, OpenLetter, Outgoing, Standing, claim_on, open};
use crate::story::people::PEOPLE;
use crate::story::record::Change;

use super::super::sync::{self, Wish};
use super::super::{Desk, Trouble};
use super::compose::compose;
use super::entry::{Claim, Entry};
use super::{Waiting, kept, live, offer, people_in};

pub(super) fn day(desk: &Desk) -> jiff::civil::Date {
    desk.now.to_zoned_datetime(desk.config.team.timezone.clone()).date()
}

pub(super) fn address(waiting: &Waiting) -> String {
    waiting.to.as_ref().and_then(|m| m.address.clone()).unwrap_or_default()
}

/// Opened when the first letter leaves.
#[derive(Default)]
pub(super) struct DeskOutbox(Option<Box<dyn Outbox>>);

impl DeskOutbox {
    fn open(&mut self, desk: &Desk) -> &mut Box<dyn Outbox> {
        self.0.get_or_insert_with(|| match &desk.config.outbox.way {
            Way::Folder(path) => Box::new(FolderOutbox::new(path)),
            Way::Smtp(server) => Box::new(super::super::post::smtp(server)),
        })
    }

    pub(super) fn close(&mut self) {
        if let Some(outbox) = &mut self.0 {
            outbox.close();
        }
    }
}

const ELSEWHERE: &str = "another desk sends it";

/// Why a letter did not leave.
pub(super) enum NotSent {
    /// The letter could not be made; what is wrong with the words of one may not be wrong with those of the next.
    Unwritten(String),
    Outbox(SendError),
}

/// One letter: into the spool, claimed, handed over, recorded, out of the spool. What the server said comes back.
pub(super) fn one(
    desk: &Desk,
    repo: &StoryRepo,
    spool: &mut Spool,
    outbox: &mut DeskOutbox,
    waiting: &Waiting,
) -> Result<Result<String, NotSent>, Trouble> {
    // since it was looked at, what other desks did may have come with another letter's claim
    if let Some(id) = &waiting.story {
        use LetterStatus::{Claimed, Dropped, Sent};
        let why = match desk.story(repo, id) {
            Ok(story) => {
                let last = Entry::of(waiting).last(&story);
                let taken = waiting.due.claim.is_none() && matches!(last, Some(Claimed | Sent | Dropped));
                // a reminder may be the second one
                let open = || open(id, &story.record.events, &Standing::of(&story, &desk.policy));
                let is_it = |letter: &OpenLetter| letter.number() == waiting.number && letter.claim.is_none();
                (taken && !open().iter().any(is_it)).then_some(ELSEWHERE)
            }
            Err(Trouble::NoStory(_)) => Some(kept::ERASED),
            Err(trouble) => return Err(trouble),
        };
        if let Some(why) = why {
            over(spool, &waiting.number)?;
            return Ok(Err(NotSent::Unwritten(why.to_owned())));
        }
    }
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
    // another desk's erasure may have come in since it was looked at
    if waiting.story.is_none() && kept::tells_of_what_is_erased(&repo.erased(&repo.tip()?)?, &note) {
        over(spool, &waiting.number)?;
        return Ok(Err(NotSent::Unwritten(kept::ERASED.to_owned())));
    }
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
        let mut known = note.clone();
        let mut know = |id: &EventId| -> Result<(), Trouble> {
            // one that was written anew goes under the claim that it has
            if waiting.due.claim.is_none() {
                known.claim = Some(id.to_string());
                spool.note_letter(&waiting.number, &known)?;
            }
            Ok(())
        };
        let claim = Claim {
            message_id: &glance.message_id,
            note: &note,
            bytes: &bytes,
            know: &mut know,
        };
        entry.write(desk, repo, LetterStatus::Claimed, None, Some(claim))?;
        note = known;
    }
    if let Some(why) = not_ours(desk, repo, spool, waiting, &note, &glance.message_id)? {
        return Ok(Err(NotSent::Unwritten(why)));
    }
    let address = Some(note.to.clone())
        .filter(|to| !to.is_empty())
        .unwrap_or_else(|| address(waiting));
    let answers = waiting.due.kind == LetterKind::Received;
    let told = note.stories().find_map(|id| id.parse::<StoryId>().ok());
    let envelope = Envelope {
        sender: (!answers).then(|| desk.config.outbox.from.email.clone()),
        recipient: address.clone(),
    };
    let outgoing = Outgoing {
        kind: waiting.due.kind.name(),
        digits: told.as_ref().map_or(id.digits(), StoryId::digits),
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
        let (bytes, fresh) = compose(desk, repo, waiting, Some(words))?;
        let claim = note.claim;
        return Ok((bytes, LetterNote { claim, ..fresh }));
    }
    let (bytes, fresh) = kept::reworded(desk, waiting, Some(&note), words)?;
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
    if let Err(trouble) = sync::sync(desk, repo, Some(&mut *spool), wish, false, None) {
        return Ok(Some(format!("its claim could not be brought to the server: {trouble}")));
    }
    let story = match desk.story(repo, id) {
        Ok(story) => story,
        // what came with it was its erasure
        Err(Trouble::NoStory(_)) => {
            over(spool, &waiting.number)?;
            return Ok(Some(kept::ERASED.to_owned()));
        }
        Err(trouble) => return Err(trouble),
    };
    let claim = claim_on(&story.record.events, &waiting.due);
    if claim.is_some_and(|claim| note.claim.as_deref() == Some(claim.as_str())) {
        return Ok(None);
    }
    forget(repo, id, message_id, desk)?;
    over(spool, &waiting.number)?;
    Ok(Some(ELSEWHERE.to_owned()))
}

/// Takes a letter that this desk will not send out of what is known of the story's letters.
fn forget(repo: &StoryRepo, id: &StoryId, message_id: &str, desk: &Desk) -> Result<(), Trouble> {
    let by = desk.robot().signature();
    let done: Result<_, Trouble> = repo.commit(id, |current| {
        let mut people = people_in(current.private()?.as_ref())?;
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
    entry.write(desk, repo, LetterStatus::Dropped, reason, None)
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
