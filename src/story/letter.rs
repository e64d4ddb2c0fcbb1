//! Which letters a story's events call for, who is never written to, and by what id a letter is known when it comes back.

mod answerable;
mod id;
mod outgoing;
mod proven;
mod reminder;
mod team;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::event::{Event, EventId, LetterKind, LetterStatus, Role, What};
use super::id::StoryId;
use super::policy::Policy;
use super::state::State;
use super::step::Story;

pub(in crate::story) use answerable::{is_ordinary, is_own, no_person_at};
pub use answerable::{never_answer, too_late};
pub use id::{LetterId, NO_STORY};
pub use outgoing::{Envelope, Outgoing};
pub(in crate::story) use proven::is_one_site;
pub use proven::{Leaving, leaving, signed_by};

/// What the team wants written: `[letters]` of the config.
#[derive(Debug, Clone, PartialEq)]
pub struct LetterPolicy {
    pub send: Vec<LetterKind>,
    /// What happened longer ago calls for no letter.
    pub max_age: SignedDuration,
    /// After how long without an answer a reminder goes, and after as long again the last one.
    pub remind_after: SignedDuration,
}

/// How often somebody is reminded of one thing.
pub const MOST_REMINDERS: u32 = 2;

/// A letter that a story's events call for, whether or not its time has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenLetter {
    pub kind: LetterKind,
    /// The event that calls for it.
    pub about: EventId,
    /// The name of the team's member it goes to; none: to the author.
    pub to: Option<String>,
    /// From when on the time counts.
    #[serde(with = "jiff::fmt::serde::timestamp::nanosecond::required")]
    pub since: Timestamp,
    /// Of a reminder: the first, the second.
    pub nth: u32,
    /// The claim on it, where there is one; the first, where two desks claimed it. Only the desk whose spool holds the letter
    /// of this claim may send it; to all others it is not theirs to write.
    pub claim: Option<EventId>,
}

/// Of an open letter, what says when it is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Timing {
    /// As [`OpenLetter::since`].
    #[serde(with = "jiff::fmt::serde::timestamp::nanosecond::required")]
    pub since: Timestamp,
    pub kind: LetterKind,
    /// As [`OpenLetter::nth`].
    pub nth: u32,
}

impl Timing {
    /// When it becomes due.
    fn at(&self, remind_after: SignedDuration) -> Timestamp {
        let wait = times(remind_after, self.nth);
        self.since.checked_add(wait).unwrap_or(Timestamp::MAX)
    }

    /// Whether it should leave at `now`: wanted, its time has come, and not so long ago that it would surprise.
    pub fn is_due(&self, policy: &LetterPolicy, now: Timestamp) -> bool {
        let at = self.at(policy.remind_after);
        policy.send.contains(&self.kind) && at <= now && now.duration_since(at) <= policy.max_age
    }
}

impl OpenLetter {
    /// What says when it is due.
    pub fn timing(&self) -> Timing {
        Timing {
            since: self.since,
            kind: self.kind,
            nth: self.nth,
        }
    }

    /// When it becomes due.
    pub fn at(&self, remind_after: SignedDuration) -> Timestamp {
        self.timing().at(remind_after)
    }

    /// Whether it should leave at `now`: see [`Timing::is_due`].
    pub fn is_due(&self, policy: &LetterPolicy, now: Timestamp) -> bool {
        self.timing().is_due(policy, now)
    }

    /// Whether it is a letter to the author that became too old to leave between `since` and `now`, also where a desk began to send it
    /// and did not say that it left. What only reminds is no loss: the story itself is still on the list of what waits.
    pub fn ran_out(&self, policy: &LetterPolicy, since: Timestamp, now: Timestamp) -> bool {
        let for_author = !self.kind.is_for_team() && self.kind != LetterKind::Reminder;
        let too_old = |now: Timestamp| now.duration_since(self.since) > policy.max_age;
        for_author && policy.send.contains(&self.kind) && !too_old(since) && too_old(now)
    }

    /// By what people and the spool know it: of an author's letter the number of its event, of the others, of which one event may
    /// call for several, a number of their own.
    pub fn number(&self) -> String {
        if !self.kind.is_for_team() && self.kind != LetterKind::Reminder {
            return self.about.to_string();
        }
        let to = self.to.as_deref().unwrap_or_default();
        let name = format!("{}\0{}\0{to}\0{}", self.about, self.kind.name(), self.nth);
        hex::encode(&Sha256::digest(name.as_bytes())[..8])
    }

    /// Made without a person's word: capped per address and day.
    pub fn is_automatic(&self) -> bool {
        matches!(self.kind, LetterKind::Received | LetterKind::Reminder) || self.kind.is_for_team()
    }
}

/// So many times a length of time, at most as long as there is.
pub fn times(wait: SignedDuration, many: u32) -> SignedDuration {
    let many = i32::try_from(many).unwrap_or(i32::MAX);
    wait.checked_mul(many).unwrap_or(SignedDuration::MAX)
}

/// What letters depend on besides the record.
#[derive(Debug, Clone, PartialEq)]
pub struct Standing {
    /// What the record makes of the story.
    pub state: State,
    /// The names of those who are told of stories.
    pub reviewers: Vec<String>,
    /// The author has still to say yes before the story can be published, and has said nothing else.
    pub lacks_consent: bool,
    /// Targets have it still that the program can take it off: "we have taken it off our pages" is not true yet.
    pub still_out: bool,
}

impl Standing {
    pub fn of(story: &Story, policy: &Policy) -> Standing {
        let reviewers = policy.members.iter().filter(|m| m.roles.contains(&Role::Reviewer));
        Standing {
            state: story.state(policy),
            reviewers: reviewers.map(|m| m.name.clone()).collect(),
            lacks_consent: policy.consent_required && story.life.consent.is_none() && !story.life.has_answered(),
            still_out: {
                let by_hand = |target: &str| story.life.remains.get(target).is_some_and(|r| r.by_hand);
                story.life.still_out().any(|target| !by_hand(target))
            },
        }
    }
}

/// Every letter that a story's record calls for, in the order of its events. `record` is in the order of the fold.
///
/// Open = an event with a kind of letter, with no word yet that the letter was sent, failed or was dropped, and not overtaken by a
/// later event. Never "everything but a ledger". A story in conflict is not to be asked about:
/// its decisions wait to be settled.
pub fn open(id: &StoryId, record: &[Event], standing: &Standing) -> Vec<OpenLetter> {
    if standing.state == State::Conflict {
        return Vec::new();
    }
    let mut letters = Vec::new();
    for (place, event) in record.iter().enumerate() {
        let (before, after) = (&record[..place], &record[place + 1..]);
        if let Some(kind) = called_for(&event.what)
            && !is_overtaken(kind, before, event, after)
            && !(kind == LetterKind::Withdrawn && standing.still_out)
        {
            letters.extend(Fate::of(record, kind, &event.id, None).open(kind, event, None, event.at, 1));
        }
    }
    letters.extend(reminder::to_the_author(record, standing));
    letters.extend(team::told(id, record, standing));
    letters.extend(team::stalled(record, standing));
    letters
}

/// The claim by which this letter is on its way now, as [`OpenLetter::claim`], also where a later event overtook it. `None` where it is
/// not claimed, or is done with: of two reminders about one thing each has its own.
pub fn claim_on(record: &[Event], letter: &OpenLetter) -> Option<EventId> {
    let fate = Fate::of(record, letter.kind, &letter.about, letter.to.as_deref());
    let done_with = letter.nth.saturating_sub(1);
    fate.claim.filter(|_| fate.closed == done_with)
}

/// The letters of [`open`] whose time has come.
pub fn due(
    id: &StoryId,
    record: &[Event],
    standing: &Standing,
    policy: &LetterPolicy,
    now: Timestamp,
) -> Vec<OpenLetter> {
    let mut letters = open(id, record, standing);
    letters.retain(|letter| letter.is_due(policy, now));
    letters
}

/// A letter that did not reach its reader.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedLetter {
    pub kind: LetterKind,
    pub about: EventId,
    pub to: Option<String>,
    pub at: Timestamp,
    pub reason: String,
}

/// The letters that failed and of which nothing was heard since: neither sent again nor dropped. That a later one arrived brings their words
/// to nobody.
pub fn failed(record: &[Event]) -> Vec<FailedLetter> {
    let mut failed: Vec<FailedLetter> = Vec::new();
    for event in record {
        let What::Letter {
            letter,
            about,
            to,
            status,
            reason,
        } = &event.what
        else {
            continue;
        };
        let same = |f: &FailedLetter| f.kind == *letter && f.about == *about && f.to == *to;
        match status {
            LetterStatus::Claimed => {}
            LetterStatus::Sent | LetterStatus::Dropped | LetterStatus::Again => failed.retain(|f| !same(f)),
            LetterStatus::Failed => {
                failed.retain(|f| !same(f));
                failed.push(FailedLetter {
                    kind: *letter,
                    about: about.clone(),
                    to: to.clone(),
                    at: event.at,
                    reason: reason.clone().unwrap_or_default(),
                });
            }
        }
    }
    failed
}

/// The letters to the author of which it was said last that they are not to be sent, and when that was.
pub fn dropped(record: &[Event]) -> Vec<(LetterKind, Timestamp)> {
    let mut last: Vec<(LetterKind, &EventId, LetterStatus, Timestamp)> = Vec::new();
    for event in record {
        if let What::Letter {
            letter,
            about,
            to: None,
            status,
            ..
        } = &event.what
        {
            last.retain(|(kind, of, ..)| (*kind, *of) != (*letter, about));
            last.push((*letter, about, *status, event.at));
        }
    }
    let dropped = last
        .into_iter()
        .filter(|(_, _, status, _)| *status == LetterStatus::Dropped);
    dropped.map(|(kind, _, _, at)| (kind, at)).collect()
}

/// Whether the author wrote again and no person did anything since. A plain yes, which is recorded with the mail it came in, needs none.
pub fn wrote_again(record: &[Event]) -> bool {
    let wrote = record.iter().rposition(|e| matches!(e.what, What::FollowUp { .. }));
    let heard = |what: &What| matches!(what, What::Consent { grant: true, .. } | What::ProofAccepted { .. });
    let settles = |e: &Event| e.by.role != Role::Robot || heard(&e.what);
    let acted = record.iter().rposition(settles);
    wrote.is_some_and(|wrote| acted.is_none_or(|acted| acted < wrote))
}

/// What the record says became of a letter.
#[derive(Default)]
struct Fate {
    claim: Option<EventId>,
    /// When a person wanted it sent again.
    again: Option<Timestamp>,
    /// How many of this kind are done with.
    closed: u32,
}

impl Fate {
    fn of(record: &[Event], kind: LetterKind, of: &EventId, member: Option<&str>) -> Fate {
        let mut fate = Fate::default();
        for event in record {
            if let What::Letter {
                letter,
                about,
                to,
                status,
                ..
            } = &event.what
                && (*letter, about, to.as_deref()) == (kind, of, member)
            {
                match status {
                    LetterStatus::Claimed => fate.claim = fate.claim.or_else(|| Some(event.id.clone())),
                    LetterStatus::Sent | LetterStatus::Failed | LetterStatus::Dropped => {
                        fate.closed += 1;
                        fate.claim = None;
                    }
                    LetterStatus::Again => {
                        fate = Fate {
                            again: Some(event.at),
                            ..Fate::default()
                        }
                    }
                }
            }
        }
        fate
    }

    /// The letter, unless as many as there may be are done with. The wait for a reminder counts from `since`; other letters have none.
    fn open(
        self,
        kind: LetterKind,
        event: &Event,
        to: Option<&str>,
        since: Timestamp,
        most: u32,
    ) -> Option<OpenLetter> {
        let reminds = matches!(kind, LetterKind::Reminder | LetterKind::Stalled);
        (self.closed < most).then(|| OpenLetter {
            kind,
            about: event.id.clone(),
            to: to.map(str::to_owned),
            // what a person wants sent again is news again
            since: self.again.filter(|_| !reminds).unwrap_or(since),
            nth: if reminds { self.closed + 1 } else { 0 },
            claim: self.claim,
        })
    }
}

/// The kind of letter an event calls for. A mail that must not be answered, and a rejection as spam, call for none.
fn called_for(what: &What) -> Option<LetterKind> {
    match what {
        What::Received { no_answer: None, .. } => Some(LetterKind::Received),
        What::ChangesRequested { .. } => Some(LetterKind::ChangesRequested),
        What::Rejected { spam: false, .. } => Some(LetterKind::Rejected),
        What::Published {} => Some(LetterKind::Published),
        What::Withdrawn { .. } => Some(LetterKind::Withdrawn),
        What::Asked { .. } => Some(LetterKind::Question),
        What::Proof {} => Some(LetterKind::Proof),
        _ => None,
    }
}

/// Whether what happened before or after makes the letter untrue or needless.
fn is_overtaken(kind: LetterKind, before: &[Event], event: &Event, after: &[Event]) -> bool {
    let later = |test: &dyn Fn(&Event) -> bool| after.iter().any(test);
    if later(&|e| matches!(e.what, What::Erased { .. })) {
        return true;
    }
    match kind {
        // the letter of the decision says more than a receipt does; a reopened story is open again
        LetterKind::Received => {
            let closing = after.iter().rposition(|e| {
                matches!(
                    e.what,
                    What::Rejected { .. } | What::Withdrawn { .. } | What::Published {}
                )
            });
            let reopening = after.iter().rposition(|e| matches!(e.what, What::Reopened { .. }));
            closing.is_some() && closing > reopening
        }
        LetterKind::ChangesRequested => later(&|e| match &e.what {
            What::Reopened { .. } | What::Rejected { .. } | What::Withdrawn { .. } | What::Published {} => true,
            // the one who asked is content
            What::Approved { .. } => e.by.name == event.by.name,
            _ => false,
        }),
        LetterKind::Rejected => later(&|e| {
            matches!(
                e.what,
                What::Reopened { .. } | What::Withdrawn { .. } | What::Rejected { spam: true, .. }
            )
        }),
        // an update of what is on the site already is no news
        LetterKind::Published => {
            let off = |e: &Event| matches!(e.what, What::TakenDown { .. } | What::Withdrawn { .. });
            let since = before.iter().rposition(off).map_or(0, |i| i + 1);
            let again = before[since..].iter().any(|e| matches!(e.what, What::Published {}));
            again || later(&off)
        }
        LetterKind::Withdrawn => later(&|e| matches!(e.what, What::Reopened { .. })),
        // of two proofs the later one has the text
        LetterKind::Proof => later(&|e| {
            matches!(
                e.what,
                What::Proof {} | What::Rejected { .. } | What::Withdrawn { .. } | What::TakenDown { .. }
            )
        }),
        LetterKind::Question => later(&|e| matches!(e.what, What::Rejected { .. } | What::Withdrawn { .. })),
        LetterKind::Reminder
        | LetterKind::NewStory
        | LetterKind::Waiting
        | LetterKind::Stalled
        | LetterKind::Digest
        | LetterKind::Undecided => false,
    }
}

#[cfg(test)]
mod tests;
