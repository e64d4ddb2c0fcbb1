//! A letter in the record: claimed, sent, failed, dropped.

use std::collections::BTreeMap;

use crate::repo::StoryRepo;
use crate::spool::LetterNote;
use crate::story::StoryId;
use crate::story::event::{Event, EventId, LetterKind, LetterStatus, What};
use crate::story::page::RECORD;
use crate::story::people::{PEOPLE, SentLetter};
use crate::story::step::{Step, Story};

use super::super::{Desk, Trouble};
use super::{Waiting, people_in};

/// A letter as the record knows it.
pub(super) struct Entry {
    /// None: the record has nothing of it.
    pub story: Option<StoryId>,
    pub kind: LetterKind,
    pub about: EventId,
    pub to: Option<String>,
}

/// A letter as it is claimed.
pub(super) struct Claim<'a> {
    pub message_id: &'a str,
    pub note: &'a LetterNote,
    pub bytes: &'a [u8],
    /// Is told the claim's id before the record has it: a run that dies in between must know its own claim.
    pub know: &'a mut dyn FnMut(&EventId) -> Result<(), Trouble>,
}

impl Entry {
    pub fn of(waiting: &Waiting) -> Entry {
        Entry {
            story: waiting.story.clone(),
            kind: waiting.due.kind,
            about: waiting.due.about.clone(),
            to: waiting.due.to.clone(),
        }
    }

    /// What an event says became of it; `None`: the event is about something else.
    fn status_in(&self, event: &Event) -> Option<LetterStatus> {
        match &event.what {
            What::Letter {
                letter,
                about,
                to,
                status,
                ..
            } if (*letter, about, to) == (self.kind, &self.about, &self.to) => Some(*status),
            _ => None,
        }
    }

    /// What the record says of it last.
    pub fn last(&self, story: &Story) -> Option<LetterStatus> {
        story.record.events.iter().rev().find_map(|e| self.status_in(e))
    }

    pub fn event(&self, status: LetterStatus, reason: Option<String>) -> What {
        What::Letter {
            letter: self.kind,
            about: self.about.clone(),
            to: self.to.clone(),
            status,
            reason,
        }
    }

    /// Writes a letter's status into the record; with a claim, its Message-ID, what is known of it and, of one to the author, the letter
    /// itself into the private part.
    pub fn write(
        &self,
        desk: &Desk,
        repo: &StoryRepo,
        status: LetterStatus,
        reason: Option<String>,
        mut claim: Option<Claim<'_>>,
    ) -> Result<(), Trouble> {
        let Some(id) = &self.story else { return Ok(()) };
        let clerk = desk.robot();
        let verb = match status {
            LetterStatus::Claimed => "Begin to send",
            LetterStatus::Sent => "Send",
            LetterStatus::Failed => "Fail to send",
            LetterStatus::Dropped => "Drop",
            LetterStatus::Again => "Send again",
        };
        let done: Result<_, Trouble> = repo.commit(id, |current| {
            let Some(files) = current.files.clone() else {
                return Ok(None);
            };
            let story = Story::load(id, files)?;
            let mut private = BTreeMap::new();
            if let Some(Claim {
                message_id,
                note,
                bytes,
                ..
            }) = &claim
            {
                let mut people = people_in(current.private()?.as_ref())?;
                people.letters.retain(|l| l.message_id != *message_id);
                let letter = SentLetter {
                    about: self.about.clone(),
                    message_id: (*message_id).to_owned(),
                    kind: self.kind.name().to_owned(),
                    to: note.to.clone(),
                    member: self.to.clone(),
                    asked_consent: note.asks_consent.clone(),
                };
                // what is quoted of it in an answer is compared with it
                if letter.member.is_none() {
                    private.insert(letter.file(), Some(bytes.to_vec()));
                }
                people.letters.push(letter);
                private.insert(PEOPLE.to_owned(), Some(people.render()));
            }
            let subject = format!("{verb} the letter \"{}\" about", self.kind.name());
            let step = Step {
                subject,
                events: vec![self.event(status, reason.clone())],
                private,
                ..Step::default()
            };
            let change = story.change(step, &clerk);
            let record = change.files.get(RECORD).and_then(Option::as_ref);
            let line = record.and_then(|record| record.trim_ascii_end().rsplit(|&b| b == b'\n').next());
            let made = line.and_then(|line| Event::parse(&String::from_utf8_lossy(line)).ok());
            if let (Some(Claim { know, .. }), Some(made)) = (&mut claim, made) {
                know(&made.id)?;
            }
            Ok(Some(change))
        });
        done.map(drop)
    }
}
