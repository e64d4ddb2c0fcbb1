//! How many letters are due, told without reading a story, however many a month has.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::story::letter::{LetterPolicy, MOST_REMINDERS, Timing, times};

/// The letters of a month, or of all, that are still open.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct OpenLetters {
    /// The latest of them, the latest first.
    latest: Vec<Timing>,
    /// When the latest of the others was called for.
    rest: Option<Timestamp>,
}

impl OpenLetters {
    /// So many are remembered one by one.
    const LATEST: usize = 256;

    pub fn add(&mut self, more: impl IntoIterator<Item = Timing>) {
        for letter in more {
            let place = self.latest.partition_point(|known| *known > letter);
            self.latest.insert(place, letter);
            if self.latest.len() > Self::LATEST {
                let last = self.latest.pop().map(|last| last.since);
                self.rest = self.rest.max(last);
            }
        }
    }

    pub fn join(&mut self, other: OpenLetters) {
        self.rest = self.rest.max(other.rest);
        self.add(other.latest);
    }

    /// When the latest of them was called for.
    pub fn latest(&self) -> Option<Timestamp> {
        self.latest.first().map(|latest| latest.since)
    }

    /// Whether one of them can be due.
    pub fn may_be_due(&self, policy: &LetterPolicy, now: Timestamp) -> bool {
        self.latest().is_some_and(|latest| is_young(latest, policy, now))
    }

    /// How many are due; `None` where so many can be that the stories have to be asked.
    pub fn due(&self, policy: &LetterPolicy, now: Timestamp) -> Option<usize> {
        if self.rest.is_some_and(|rest| is_young(rest, policy, now)) {
            return None;
        }
        Some(self.latest.iter().filter(|letter| letter.is_due(policy, now)).count())
    }
}

/// Whether a letter that was called for then can still be due; a reminder is, long after what it is about.
fn is_young(since: Timestamp, policy: &LetterPolicy, now: Timestamp) -> bool {
    let reminders = times(policy.remind_after, MOST_REMINDERS);
    now.duration_since(since) <= policy.max_age.saturating_add(reminders)
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::story::event::LetterKind;

    fn policy() -> LetterPolicy {
        LetterPolicy {
            send: vec![LetterKind::Received, LetterKind::Reminder],
            max_age: SignedDuration::from_hours(14 * 24),
            remind_after: SignedDuration::from_hours(10 * 24),
        }
    }

    /// One a day, of three kinds in turn; of reminders the first and the second.
    fn letters(many: u32, last: Timestamp) -> Vec<Timing> {
        let of_day = |day: u32| Timing {
            since: last - SignedDuration::from_hours(24 * i64::from(day)),
            kind: [LetterKind::Received, LetterKind::Published, LetterKind::Reminder][day as usize % 3],
            nth: if day % 3 == 2 { 1 + day % 2 } else { 0 },
        };
        (0..many).map(of_day).collect()
    }

    #[test]
    fn those_that_are_due_are_counted_as_if_each_was_looked_at() {
        let (policy, now): (_, Timestamp) = (policy(), "2026-11-23T22:18:36Z".parse().unwrap());
        let every = letters(1000, now);
        let due = every.iter().filter(|letter| letter.is_due(&policy, now)).count();
        assert!(due > 8, "{due}");
        let mut whole = OpenLetters::default();
        whole.add(every.iter().copied());
        // in months, the oldest last, and each month's in another order
        let mut joined = OpenLetters::default();
        for month in every.chunks(300) {
            let mut letters = OpenLetters::default();
            letters.add(month.iter().rev().copied());
            joined.join(letters);
        }
        assert_eq!(whole, joined);
        assert_eq!((whole.latest.len(), whole.rest.is_some()), (OpenLetters::LATEST, true));
        assert_eq!(whole.due(&policy, now), Some(due));
        assert!(whole.may_be_due(&policy, now));
        let later = now + SignedDuration::from_hours(24 * 35);
        assert_eq!(
            (whole.may_be_due(&policy, later), whole.due(&policy, later)),
            (false, Some(0))
        );
    }

    #[test]
    fn where_more_can_be_due_than_are_remembered_the_stories_are_asked() {
        let (policy, now): (_, Timestamp) = (policy(), "2026-11-23T22:18:36Z".parse().unwrap());
        let one = letters(1, now);
        let mut many = OpenLetters::default();
        many.add((0..OpenLetters::LATEST).map(|_| one[0]));
        assert_eq!(many.due(&policy, now), Some(OpenLetters::LATEST));
        many.add(one);
        assert_eq!(many.due(&policy, now), None);
        let mut read: OpenLetters = postcard::from_bytes(&postcard::to_stdvec(&many).unwrap()).unwrap();
        assert_eq!(read, many);
        read.join(OpenLetters::default());
        assert_eq!(read.due(&policy, now), None);
    }
}
