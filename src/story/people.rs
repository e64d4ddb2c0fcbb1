//! `people.toml` in a story's private part: who is behind it, and the Message-IDs by which a reply finds it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::event::EventId;
use super::letter::{is_one_site, no_person_at};
use super::submission::Mailbox;

/// The file's name.
pub const PEOPLE: &str = "people.toml";
/// What was cut, one piece a line.
pub const CUT: &str = "cut.jsonl";

/// Storyteller, sender and forwarder are three people.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct People {
    /// Message-IDs of the mails, without angle brackets.
    #[serde(default)]
    pub message_ids: Vec<String>,
    /// The subject of the author's mail, for the letters that answer it.
    #[serde(default)]
    pub subject: String,
    #[serde(default)]
    pub storyteller: Mailbox,
    #[serde(default)]
    pub sender: Mailbox,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forwarder: Option<Mailbox>,
    /// Where the author wants answers, if elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<Mailbox>,
    /// The letters that were claimed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub letters: Vec<SentLetter>,
    /// Addresses from which a letter came back: nothing more goes there until a person says so.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub came_back: Vec<String>,
    /// When a person last said where letters go, or that an address is good again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrected: Option<Timestamp>,
}

/// A letter's own Message-ID, by the event that called for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SentLetter {
    pub about: EventId,
    pub message_id: String,
    /// As in the record: `received`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// The address it went to.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub to: String,
    /// The name of the team's member it went to; none: to the author.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member: Option<String>,
    /// In which words it asked for permission to publish, where it did: `received, version 1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_consent: Option<String>,
}

impl SentLetter {
    /// The file in the private part that keeps the letter as it left; one that is sent again, or reminds again, has the same words.
    pub fn file(&self) -> String {
        format!("{KEPT_LETTER}{}-{}.eml", self.kind, self.about.as_str())
    }
}

/// How the names of kept letters begin.
pub const KEPT_LETTER: &str = "letter-";

impl People {
    /// Reads the file.
    pub fn parse(bytes: &[u8]) -> Result<People, String> {
        let text = std::str::from_utf8(bytes).map_err(|_| "people.toml is not UTF-8".to_owned())?;
        toml::from_str(text).map_err(|e| format!("people.toml: {}", e.message()))
    }

    /// The file's bytes.
    pub fn render(&self) -> Vec<u8> {
        toml::to_string(self).expect("people are plain data").into_bytes()
    }

    /// Where an author's letters go: to the storyteller, at their own address or at the Reply-To that they asked for. A Reply-To of
    /// another domain than theirs is not followed, so that nobody can have a letter sent to a stranger (RFC 3834, section 4),
    /// unless nobody reads what is sent to their own, as with a web form. The storyteller of a forwarded mail has no Reply-To.
    pub fn answers_to(&self) -> Mailbox {
        let reads = |m: &&Mailbox| m.address.as_deref().is_some_and(|a| no_person_at(a).is_none());
        let own = [&self.storyteller, &self.sender].into_iter().find(reads);
        let same = |one: &Mailbox| own.is_none_or(|own| is_one_domain(one, own));
        let reply_to = self.reply_to.as_ref().filter(|_| self.forwarder.is_none());
        let known = [reply_to.filter(|m| reads(m) && same(m)), own];
        let address = known.into_iter().flatten().next().cloned().unwrap_or_default();
        Mailbox {
            name: self.storyteller.name.clone().or(address.name),
            address: address.address,
        }
    }

    /// What two desks know of one story's people: nothing of either is lost; where they disagree about a person or an address, whom a person
    /// corrected last is heard, or else `other`.
    pub fn unite(mut self, other: People) -> People {
        fn both<T>(first: Vec<T>, second: Vec<T>, same: impl Fn(&T, &T) -> bool) -> Vec<T> {
            let mut all = first;
            for item in second {
                if !all.iter().any(|known| same(known, &item)) {
                    all.push(item);
                }
            }
            all
        }
        self.message_ids = both(other.message_ids, self.message_ids, |a, b| a == b);
        self.letters = both(other.letters, self.letters, |a, b| a.message_id == b.message_id);
        // what one side corrected since, the other knows as it was
        if self.corrected > other.corrected {
            return self;
        }
        let replaced = other.corrected > self.corrected;
        self.came_back = match replaced {
            true => other.came_back,
            false => both(other.came_back, self.came_back, |a, b| a == b),
        };
        self.corrected = other.corrected;
        if !other.subject.is_empty() {
            self.subject = other.subject;
        }
        for (mine, theirs) in [
            (&mut self.storyteller, other.storyteller),
            (&mut self.sender, other.sender),
        ] {
            if theirs != Mailbox::default() {
                *mine = theirs;
            }
        }
        self.forwarder = other.forwarder.or(self.forwarder);
        self.reply_to = match replaced {
            true => other.reply_to,
            false => other.reply_to.or(self.reply_to),
        };
        self
    }

    /// Whether this address is one of the story's people.
    pub fn knows(&self, address: &str) -> bool {
        let known = [Some(&self.storyteller), Some(&self.sender), self.reply_to.as_ref()];
        let same = |m: &Mailbox| m.address.as_deref().is_some_and(|a| a.eq_ignore_ascii_case(address));
        known.into_iter().flatten().any(same)
    }

    /// The letter with that Message-ID.
    pub fn letter(&self, message_id: &str) -> Option<&SentLetter> {
        self.letters.iter().find(|l| l.message_id == message_id)
    }

    /// Every Message-ID that belongs to the story's threads.
    pub fn thread(&self) -> impl Iterator<Item = &str> {
        self.message_ids
            .iter()
            .map(String::as_str)
            .chain(self.letters.iter().map(|l| l.message_id.as_str()))
    }
}

fn is_one_domain(one: &Mailbox, other: &Mailbox) -> bool {
    let domain = |m: &Mailbox| Some(m.address.as_deref()?.rsplit_once('@')?.1.to_owned());
    match (domain(one), domain(other)) {
        (Some(one), Some(other)) => one.eq_ignore_ascii_case(&other) || is_one_site(&one, &other),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(address: &str) -> Mailbox {
        Mailbox {
            name: None,
            address: Some(address.to_owned()).filter(|a| !a.is_empty()),
        }
    }

    #[test]
    fn what_a_person_corrected_last_stands_whichever_side_it_is_on() {
        let before = People {
            storyteller: at("old@example.org"),
            reply_to: Some(at("elsewhere@example.org")),
            came_back: vec!["old@example.org".into()],
            message_ids: vec!["a".into()],
            ..People::default()
        };
        let corrected = People {
            storyteller: at("new@example.org"),
            reply_to: None,
            came_back: Vec::new(),
            message_ids: vec!["b".into()],
            corrected: Some(Timestamp::UNIX_EPOCH),
            ..before.clone()
        };
        for both in [
            before.clone().unite(corrected.clone()),
            corrected.clone().unite(before.clone()),
        ] {
            assert_eq!(both.storyteller, corrected.storyteller);
            assert_eq!((both.reply_to, both.corrected), (None, corrected.corrected));
            assert!(both.came_back.is_empty(), "{:?}", both.came_back);
            assert_eq!(both.message_ids.len(), 2, "nothing else is lost");
        }
        // what came back after it is heard by both
        let later = People {
            came_back: vec!["new@example.org".into()],
            ..corrected.clone()
        };
        assert_eq!(later.clone().unite(corrected.clone()).came_back, later.came_back);
        assert_eq!(corrected.unite(later.clone()).came_back, later.came_back);
    }

    #[test]
    fn an_answer_goes_to_one_address_and_to_no_stranger() {
        for (storyteller, sender, reply_to, forwarder, expected) in [
            ("m@example.com", "m@example.com", "", false, "m@example.com"),
            (
                "m@example.com",
                "m@example.com",
                "home@example.com",
                false,
                "home@example.com",
            ),
            (
                "m@example.com",
                "m@example.com",
                "m@mail.example.com",
                false,
                "m@mail.example.com",
            ),
            // a Reply-To elsewhere is not followed ...
            (
                "m@example.com",
                "m@example.com",
                "victim@example.net",
                false,
                "m@example.com",
            ),
            (
                "m@example.com",
                "m@example.com",
                "noreply@example.com",
                false,
                "m@example.com",
            ),
            // ... but where nobody reads the sender's
            (
                "noreply@forms.example",
                "noreply@forms.example",
                "m@example.net",
                false,
                "m@example.net",
            ),
            // a forwarder's Reply-To is the forwarder's
            (
                "m@example.com",
                "cath@team.example",
                "cath@team.example",
                true,
                "m@example.com",
            ),
            ("", "cath@team.example", "", true, "cath@team.example"),
            ("", "", "", false, ""),
        ] {
            let people = People {
                storyteller: at(storyteller),
                sender: at(sender),
                reply_to: Some(at(reply_to)).filter(|m| m.address.is_some()),
                forwarder: forwarder.then(|| at("cath@team.example")),
                ..People::default()
            };
            let to = people.answers_to().address.unwrap_or_default();
            assert_eq!(to, expected, "{storyteller} {reply_to}");
        }
    }
}
