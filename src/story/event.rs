//! One line of the record: what someone did to a story, when, and upon what.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::id::{MailId, NotAName, TextHash};
use super::submission::AuthResult;

/// 16 hex digits: random, but the first 16 of the mail id for `received` and `follow-up`, so that two desks that take in
/// one mail write one event.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EventId(String);

impl EventId {
    pub fn of_mail(mail: &MailId) -> EventId {
        EventId(mail.hex()[..16].to_owned())
    }

    /// From 8 random bytes, which the caller draws.
    pub fn from_random(bytes: [u8; 8]) -> EventId {
        EventId(hex::encode(bytes))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for EventId {
    type Err = NotAName;
    fn from_str(text: &str) -> Result<Self, NotAName> {
        EventId::try_from(text.to_owned())
    }
}
impl TryFrom<String> for EventId {
    type Error = NotAName;
    fn try_from(text: String) -> Result<Self, NotAName> {
        let hex = |b: u8| matches!(b, b'0'..=b'9' | b'a'..=b'f');
        if text.len() == 16 && text.bytes().all(hex) {
            Ok(EventId(text))
        } else {
            Err(NotAName("an event id is 16 hex digits"))
        }
    }
}
impl From<EventId> for String {
    fn from(id: EventId) -> String {
        id.0
    }
}
impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl fmt::Debug for EventId {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "EventId({})", self.0)
    }
}

/// Who did it: a name, never an address, and in which role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    pub name: String,
    pub role: Role,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    Reviewer,
    Editor,
    Publisher,
    /// The tool itself, from a mail or from cron.
    Robot,
    #[serde(other)]
    Other,
}

/// One event. `after` names the latest events it was made upon; the fold orders by it.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    pub id: EventId,
    pub after: Vec<EventId>,
    pub at: Timestamp,
    pub by: Actor,
    /// The text it is about, where it is about one.
    pub text: Option<TextHash>,
    pub what: What,
    /// SSH signature over the line without it.
    pub sig: Option<String>,
}

/// The kinds of event and what each carries beside the common fields.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum What {
    /// The mail that began the story (or, by `new`, a told one: then `mail` is over what was typed in).
    Received {
        mail: MailId,
        mail_version: u8,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        notes: Vec<String>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        auth: Vec<AuthResult>,
        /// Whether an automatic answer may be sent at all, and if not, why (RFC 3834).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        no_answer: Option<String>,
    },
    FollowUp {
        mail: MailId,
        mail_version: u8,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        notes: Vec<String>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        auth: Vec<AuthResult>,
        /// What its words ask of the team, as far as they are plain: for a person to confirm, never done by itself.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        asks: Option<Asks>,
    },
    Edited {
        #[serde(default, skip_serializing_if = "is_false")]
        minor: bool,
        /// The text that a minor edit was made upon: with it an approval of that text can be carried over.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<TextHash>,
    },
    /// A piece of cut text was put back: its number in `cut.jsonl`.
    Restored {
        cut: u32,
    },
    /// Two texts, edited at two desks that did not know of each other, were put together.
    Merged {
        /// The names of those whose edits are in it: to all of them it is their own text.
        of: Vec<String>,
    },
    Noted {
        note: String,
        /// What an author asked for in that mail is settled by this note.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        about: Option<EventId>,
    },
    /// Whose turn it is; none: nobody's in particular.
    Assigned {
        to: Option<String>,
    },
    Approved {
        #[serde(default, skip_serializing_if = "String::is_empty")]
        note: String,
        /// The mail that it came by.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        mail: Option<MailProof>,
    },
    ChangesRequested {
        note: String,
        /// The mail that it came by.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        mail: Option<MailProof>,
    },
    Rejected {
        #[serde(default, skip_serializing_if = "String::is_empty")]
        note: String,
        /// Declined without a letter.
        #[serde(default, skip_serializing_if = "is_false")]
        spam: bool,
        /// The mail that it came by.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        mail: Option<MailProof>,
    },
    Reopened {
        #[serde(default, skip_serializing_if = "String::is_empty")]
        note: String,
    },
    Consent {
        grant: bool,
        /// What may be used: `name`, `photos`, `place`, `pseudonym` ...; empty: the story as it stands.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        scope: Vec<String>,
        /// On which targets; empty: on all.
        #[serde(rename = "for", default, skip_serializing_if = "Vec::is_empty")]
        targets: Vec<String>,
        /// The last moment for which it was given; none: until it is taken back.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Timestamp>,
        /// How it is known, in words.
        evidence: String,
        /// The mail that says so.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        mail: Option<MailProof>,
    },
    /// Findings of `check`, waived.
    Checked {
        rule: String,
        /// Keys of the words that were found; none: whatever the rule found in this text.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        findings: Vec<String>,
        note: String,
    },
    Scheduled {
        for_time: Timestamp,
    },
    Unscheduled {},
    /// A publication begins: where to, under which slug, under which policy.
    PublishBegun {
        targets: Vec<String>,
        slug: String,
        policy: Value,
    },
    /// What came of the story at a target: `done`, not done (`error`), not known (`unknown`), or taken off (`removed`).
    Receipt {
        target: String,
        done: bool,
        /// URL or path there.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        place: Option<String>,
        /// What the target itself calls the post. Written as `post`: an event has an `id` of its own.
        #[serde(default, rename = "post", skip_serializing_if = "Option::is_none")]
        id: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        error: Option<String>,
        /// It was handed over, and whether it arrived is not known: nothing sends it again but a person.
        #[serde(default, skip_serializing_if = "is_false")]
        unknown: bool,
        /// The post that was there is gone.
        #[serde(default, skip_serializing_if = "is_false")]
        removed: bool,
    },
    Published {},
    TakenDown {
        #[serde(default, skip_serializing_if = "String::is_empty")]
        note: String,
    },
    /// After a takedown or a withdrawal a target still has the story: why, and whether only a person can take it off there.
    Remains {
        target: String,
        why: String,
        #[serde(default, skip_serializing_if = "is_false")]
        by_hand: bool,
    },
    Withdrawn {
        note: String,
    },
    /// A question to the author, put by a person; the state stays.
    Asked {
        note: String,
        /// Whether the letter asks for permission to publish, too.
        #[serde(default, skip_serializing_if = "is_false")]
        consent: bool,
    },
    /// The author is shown the text as it will appear.
    Proof {},
    /// The author's yes to a text that was shown them by the `proof` it is about.
    ProofAccepted {
        about: EventId,
        accepted: TextHash,
        evidence: String,
        mail: MailProof,
    },
    /// The life of a letter: which kind, called for by which event.
    Letter {
        letter: LetterKind,
        about: EventId,
        /// The name of the team's member it goes to; none: to the author.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<String>,
        status: LetterStatus,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    Revision {
        revision: u32,
        status: RevisionStatus,
        mail: Option<MailId>,
    },
    /// Of one story several were made. On the one that was split: into which others, and which lines it kept; on each of those: from
    /// which it came.
    Split {
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        into: Vec<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<String>,
        /// The mail that the text came in.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        mail: Option<MailId>,
        /// First and last line in `index.md` of the text `of`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lines: Option<[u32; 2]>,
        /// The text that was split.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        of: Option<TextHash>,
        /// The storyteller's yes does not cover it any more, and nobody took it back.
        #[serde(default, skip_serializing_if = "is_false")]
        consent_ends: bool,
    },
    /// Two stories became one. On the one that stays: with which other, and on which lines its words stand; on the other, which closes:
    /// into which it went.
    Joined {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        with: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        into: Option<String>,
        /// The other's mail.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        mail: Option<MailId>,
        /// First and last line in `index.md`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lines: Option<[u32; 2]>,
        /// The other's text.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        of: Option<TextHash>,
        /// The storyteller's yes does not cover it any more, and nobody took it back.
        #[serde(default, skip_serializing_if = "is_false")]
        consent_ends: bool,
        /// Of the other: that somebody outside the team forwarded it, where nobody has said yet whose it is.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        notes: Vec<String>,
    },
    /// In the desk's own record, not in a story's: salted hashes of what must not come back, see [`super::erased`].
    Erased {
        #[serde(default)]
        salt: String,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        stories: Vec<String>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        mails: Vec<String>,
    },
    /// A kind this version does not know: kept and shown.
    #[serde(skip)]
    Unknown {
        kind: String,
        fields: Map<String, Value>,
    },
}

/// What an author's mail asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Asks {
    /// To take the story down, or not to publish it.
    Withdrawal,
    /// Yes, but not to everything, or not as it is.
    Condition,
    #[serde(other)]
    Other,
}

/// A mail as evidence: what it is known by, its bytes, and in answer to which words of ours it was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailProof {
    pub id: MailId,
    /// Of the mail, byte for byte.
    pub sha256: String,
    /// `received, version 1`; none: in answer to no letter that asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wording: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LetterKind {
    Received,
    ChangesRequested,
    Rejected,
    Published,
    Withdrawn,
    /// What a person of the team asks, without a decision.
    Question,
    /// The text as it will appear, for the author to look at.
    Proof,
    /// To the author: changes were asked for, and no answer came.
    Reminder,
    /// To reviewers: a story came in.
    NewStory,
    /// To a reviewer: the author wrote again, or the story was assigned to them.
    Waiting,
    /// To the reviewer whose turn it is, or to all of them: nothing happened for long.
    Stalled,
    /// To reviewers: what waits, of all stories.
    Digest,
    /// To a reviewer: why what they answered a letter with decided nothing.
    Undecided,
}

impl LetterKind {
    pub const ALL: [LetterKind; 13] = [
        LetterKind::Received,
        LetterKind::ChangesRequested,
        LetterKind::Rejected,
        LetterKind::Published,
        LetterKind::Withdrawn,
        LetterKind::Question,
        LetterKind::Proof,
        LetterKind::Reminder,
        LetterKind::NewStory,
        LetterKind::Waiting,
        LetterKind::Stalled,
        LetterKind::Digest,
        LetterKind::Undecided,
    ];

    /// As it is written in the record and in config.toml.
    pub fn name(self) -> &'static str {
        match self {
            LetterKind::Received => "received",
            LetterKind::ChangesRequested => "changes-requested",
            LetterKind::Rejected => "rejected",
            LetterKind::Published => "published",
            LetterKind::Withdrawn => "withdrawn",
            LetterKind::Question => "question",
            LetterKind::Proof => "proof",
            LetterKind::Reminder => "reminder",
            LetterKind::NewStory => "new-story",
            LetterKind::Waiting => "waiting",
            LetterKind::Stalled => "stalled",
            LetterKind::Digest => "digest",
            LetterKind::Undecided => "undecided",
        }
    }

    /// Whether it goes to the team and not to the author.
    pub fn is_for_team(self) -> bool {
        use LetterKind::{Digest, NewStory, Stalled, Undecided, Waiting};
        matches!(self, NewStory | Waiting | Stalled | Digest | Undecided)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LetterStatus {
    Claimed,
    Sent,
    /// Refused by a mail server, or come back.
    Failed,
    Dropped,
    /// A person wants one that failed to be sent after all.
    Again,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RevisionStatus {
    Proposed,
    Accepted,
    Declined,
}

fn is_false(b: &bool) -> bool {
    !b
}

/// Why a line is no event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a record line is not an event: {0}")]
pub struct BadEvent(pub(super) String);

/// The common fields, in the order they are written.
#[derive(Serialize, Deserialize)]
struct Head {
    id: EventId,
    #[serde(default)]
    after: Vec<EventId>,
    at: Timestamp,
    by: Actor,
}
const HEAD: [&str; 6] = ["id", "after", "at", "by", "text", "sig"];

impl Event {
    /// Reads one line of `record.jsonl`. An unknown kind is kept as [`What::Unknown`], and so is a known kind whose
    /// own fields do not fit: a later version may have widened them.
    pub fn parse(line: &str) -> Result<Event, BadEvent> {
        let bad = |e: serde_json::Error| BadEvent(e.to_string());
        let fields: Map<String, Value> = serde_json::from_str(line).map_err(bad)?;
        let Head { id, after, at, by } = serde_json::from_str(line).map_err(bad)?;
        let kind = match fields.get("event") {
            Some(Value::String(kind)) => kind.clone(),
            _ => return Err(BadEvent("no kind".to_owned())),
        };
        let text = match fields.get("text") {
            None | Some(Value::Null) => None,
            Some(value) => Some(serde_json::from_value(value.clone()).map_err(bad)?),
        };
        let sig = fields.get("sig").and_then(Value::as_str).map(str::to_owned);
        let own: Map<String, Value> = fields
            .into_iter()
            .filter(|(name, _)| !HEAD.contains(&name.as_str()))
            .collect();
        let what = serde_json::from_value(Value::Object(own.clone())).unwrap_or_else(|_| {
            let fields = own.into_iter().filter(|(name, _)| name != "event").collect();
            What::Unknown { kind, fields }
        });
        Ok(Event {
            id,
            after,
            at,
            by,
            text,
            what,
            sig,
        })
    }

    /// The line for `record.jsonl`, without the line end.
    pub fn line(&self) -> String {
        let mut out = String::from("{");
        let mut put = |name: &str, value: String| {
            if out.len() > 1 {
                out.push(',');
            }
            out.push_str(&json(name));
            out.push(':');
            out.push_str(&value);
        };
        put("id", json(&self.id));
        put("after", json(&self.after));
        put("at", json(&self.at));
        put("by", json(&self.by));
        put("event", json(&self.kind()));
        if let Some(text) = &self.text {
            put("text", json(text));
        }
        for (name, field) in self.what.fields() {
            put(&name, field.to_string());
        }
        if let Some(sig) = &self.sig {
            put("sig", json(sig));
        }
        out.push('}');
        out
    }

    /// The kind as it is written: `changes-requested`.
    pub fn kind(&self) -> String {
        self.what.kind()
    }
}

impl What {
    /// The mail by which a reviewer decided.
    pub fn decided_by(&self) -> Option<&MailProof> {
        match self {
            What::Approved { mail, .. } | What::ChangesRequested { mail, .. } | What::Rejected { mail, .. } => {
                mail.as_ref()
            }
            _ => None,
        }
    }

    /// Whether an event of this kind names the text that the story has with it.
    pub fn names_text(&self) -> bool {
        let decides = matches!(
            self,
            What::ChangesRequested { .. } | What::Rejected { .. } | What::Checked { .. } | What::Proof {}
        );
        let tells = matches!(self, What::Revision { .. } | What::Split { .. } | What::Joined { .. });
        self.is_of_its_text() || decides || tells
    }

    /// Whether what an event of this kind does holds for the text that the story has at its commit and for no other: what an
    /// examination of the history compares.
    pub fn is_of_its_text(&self) -> bool {
        matches!(
            self,
            What::Received { .. }
                | What::Edited { .. }
                | What::Restored { .. }
                | What::Merged { .. }
                | What::Approved { .. }
                | What::Scheduled { .. }
                | What::PublishBegun { .. }
                | What::Receipt { .. }
                | What::Published {}
        )
    }

    /// Whether a text that came with this event was made by the tool, which wrote down whose it is. A new text without such an event
    /// was made past it.
    pub fn makes_text(&self) -> bool {
        matches!(self, What::Received { .. }) || self.changes_text()
    }

    /// Whether this event gave a story that was there another text.
    pub fn changes_text(&self) -> bool {
        let accepted = matches!(self, What::Revision { status, .. } if *status == RevisionStatus::Accepted);
        accepted
            || matches!(
                self,
                What::Edited { .. }
                    | What::Restored { .. }
                    | What::Merged { .. }
                    | What::Split { .. }
                    | What::Joined { .. }
            )
    }

    /// The kind as it is written: `changes-requested`.
    pub fn kind(&self) -> String {
        match self {
            What::Unknown { kind, .. } => kind.clone(),
            known => match serde_json::to_value(known)
                .ok()
                .and_then(|v| v["event"].as_str().map(str::to_owned))
            {
                Some(kind) => kind,
                None => unreachable!("every known kind is tagged"),
            },
        }
    }

    fn fields(&self) -> Map<String, Value> {
        match self {
            What::Unknown { fields, .. } => fields.clone(),
            known => match serde_json::to_value(known) {
                Ok(Value::Object(map)) => map.into_iter().filter(|(name, _)| name != "event").collect(),
                _ => Map::new(),
            },
        }
    }
}

fn json<T: Serialize + ?Sized>(value: &T) -> String {
    serde_json::to_string(value).expect("plain data is JSON")
}
