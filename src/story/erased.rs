//! What was erased, and must not come back: `erased` events in the desk's own record, `record.jsonl` in the root of the branch.
//!
//! They name no one. A story is known by SHA-256 over the salt, `story`, NUL, its month, `/` and its ten digits; a mail by SHA-256
//! over the salt, `mail`, NUL and its whole id in hex. Whoever has the story or the mail can tell that it was erased; whoever has not
//! learns nothing from them.

use std::collections::HashSet;

use sha2::{Digest, Sha256};

use super::event::{Actor, Event, EventId, What};
use super::id::{MailId, StoryId};
use super::record::Record;
use jiff::Timestamp;

/// What is known to be erased.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Erased {
    /// Mostly one: a desk goes on with the salt it finds.
    salts: Vec<String>,
    stories: HashSet<String>,
    mails: HashSet<String>,
}

impl Erased {
    /// Reads the desk's own record.
    pub fn of(record: &[u8]) -> Erased {
        let mut erased = Erased::default();
        for event in Record::parse(record).events {
            if let What::Erased { salt, stories, mails } = event.what {
                if !erased.salts.contains(&salt) {
                    erased.salts.push(salt);
                }
                erased.stories.extend(stories);
                erased.mails.extend(mails);
            }
        }
        erased
    }

    /// What is known elsewhere, too.
    pub fn add(&mut self, other: &Erased) {
        for salt in &other.salts {
            if !self.salts.contains(salt) {
                self.salts.push(salt.clone());
            }
        }
        self.stories.extend(other.stories.iter().cloned());
        self.mails.extend(other.mails.iter().cloned());
    }

    pub fn is_empty(&self) -> bool {
        self.stories.is_empty() && self.mails.is_empty()
    }

    /// Whether this story was erased, whatever its slug.
    pub fn has_story(&self, id: &StoryId) -> bool {
        let known = |salt: &String| self.stories.contains(&of_story(salt, id));
        !self.stories.is_empty() && self.salts.iter().any(known)
    }

    /// Whether any mail was erased.
    pub fn has_mails(&self) -> bool {
        !self.mails.is_empty()
    }

    /// Whether this mail was erased: it is not taken in again.
    pub fn has_mail(&self, mail: &MailId) -> bool {
        let known = |salt: &String| self.mails.contains(&of_mail(salt, &mail.hex()));
        !self.mails.is_empty() && self.salts.iter().any(known)
    }

    /// The event that adds these, upon the record as it is; `None` where all of them are `known` already: by the record, or by those of its
    /// lines that count. `fresh` is a salt drawn for it, 32 hex digits, used where nothing is known yet.
    pub fn event(
        (record, known): (&[u8], &Erased),
        stories: &[StoryId],
        mails: &[MailId],
        fresh: &str,
        (id, by, at): (EventId, Actor, Timestamp),
    ) -> Option<Event> {
        let salt = known.salts.first().map_or(fresh, String::as_str).to_owned();
        let mut new_stories: Vec<String> = stories
            .iter()
            .filter(|id| !known.has_story(id))
            .map(|id| of_story(&salt, id))
            .collect();
        let mut new_mails: Vec<String> = mails
            .iter()
            .filter(|mail| !known.has_mail(mail))
            .map(|mail| of_mail(&salt, &mail.hex()))
            .collect();
        // their order says nothing either
        for hashes in [&mut new_stories, &mut new_mails] {
            hashes.sort_unstable();
            hashes.dedup();
        }
        if new_stories.is_empty() && new_mails.is_empty() {
            return None;
        }
        Some(Event {
            id,
            after: Record::parse(record).heads(),
            at,
            by,
            text: None,
            what: What::Erased {
                salt,
                stories: new_stories,
                mails: new_mails,
            },
            sig: None,
        })
    }
}

fn of_story(salt: &str, id: &StoryId) -> String {
    hashed(salt, "story", &format!("{}/{}", id.month(), id.digits()))
}

fn of_mail(salt: &str, hex: &str) -> String {
    hashed(salt, "mail", hex)
}

fn hashed(salt: &str, kind: &str, what: &str) -> String {
    hex::encode(Sha256::digest(format!("{salt}{kind}\0{what}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::story::event::Role;

    fn upon(
        record: &[u8],
        stories: &[StoryId],
        mails: &[MailId],
        fresh: &str,
        who: (EventId, Actor, Timestamp),
    ) -> Option<Event> {
        Erased::event((record, &Erased::of(record)), stories, mails, fresh, who)
    }

    fn who() -> (EventId, Actor, Timestamp) {
        let actor = Actor {
            name: "Pat Moss".into(),
            role: Role::Publisher,
        };
        (EventId::from_random([7; 8]), actor, Timestamp::UNIX_EPOCH)
    }

    fn mail(n: &str) -> MailId {
        MailId::of(n, "", "", "", &[])
    }

    #[test]
    fn what_was_erased_is_known_again_and_is_not_named() {
        let (one, other) = (mail("1"), mail("2"));
        let story = StoryId::new(None, "Marion Maxwell", &one);
        let salt = "ab".repeat(16);
        let event = upon(b"", std::slice::from_ref(&story), &[one], &salt, who()).unwrap();
        let line = event.line();
        for named in ["marion", story.digits(), &one.hex()[..16]] {
            assert!(!line.contains(named), "{line}");
        }
        assert_eq!(Event::parse(&line).unwrap(), event);
        let erased = Erased::of(line.as_bytes());
        assert!(erased.has_story(&story) && erased.has_mail(&one));
        // another desk may have given it another slug
        assert!(erased.has_story(&StoryId::new(None, "M. Maxwell", &one)));
        assert!(!erased.has_story(&StoryId::new(None, "Marion Maxwell", &other)) && !erased.has_mail(&other));
        assert!(
            upon(line.as_bytes(), &[story], &[one], "", who()).is_none(),
            "twice is once"
        );
    }

    #[test]
    fn a_record_goes_on_with_its_salt_and_two_desks_records_are_joined() {
        let [a, b, c] = ["a", "b", "c"].map(mail);
        let first = upon(b"", &[], &[a], &"01".repeat(16), who()).unwrap().line();
        let second = upon(first.as_bytes(), &[], &[a, b], &"02".repeat(16), who()).unwrap();
        let What::Erased { salt, mails, .. } = &second.what else {
            panic!()
        };
        assert_eq!((salt.as_str(), mails.len()), ("01".repeat(16).as_str(), 1));
        let elsewhere = upon(b"", &[], &[c], &"03".repeat(16), who()).unwrap().line();
        let mut erased = Erased::of(first.as_bytes());
        erased.add(&Erased::of(elsewhere.as_bytes()));
        assert!(erased.has_mail(&a) && erased.has_mail(&c) && !erased.has_mail(&b));
        assert!(Erased::default().is_empty() && !Erased::default().has_mail(&a));
    }
}
