//! The author's reminder: of what was asked, or that the story waits for a yes.

use jiff::Timestamp;

use super::super::event::{Event, EventId, LetterKind, LetterStatus, What};
use super::super::state::State;
use super::{Fate, MOST_REMINDERS, OpenLetter, Standing, is_overtaken};

/// The reminder of the last thing that the author was asked, where a letter asked for it, nothing came back, and the author's mail is one
/// that a machine may answer. Either changes were asked for, or the story is approved and waits for permission.
pub(super) fn to_the_author(record: &[Event], standing: &Standing) -> Option<OpenLetter> {
    let kept_from_it = |e: &Event| matches!(&e.what, What::Received { no_answer: Some(_), .. });
    if record.iter().any(kept_from_it) {
        return None;
    }
    let (place, since) = match standing.state {
        State::ChangesRequested => {
            let place = record
                .iter()
                .rposition(|e| matches!(e.what, What::ChangesRequested { .. }))?;
            let (event, after) = (&record[place], &record[place + 1..]);
            if is_overtaken(LetterKind::ChangesRequested, &[], event, after) {
                return None;
            }
            (place, arrived(after, LetterKind::ChangesRequested, &event.id)?)
        }
        State::Approved if standing.lacks_consent => {
            let place = record.iter().rposition(|e| matches!(e.what, What::Approved { .. }))?;
            // somebody who took a yes back is not asked again by a machine
            let revoked = |e: &Event| matches!(e.what, What::Consent { grant: false, .. });
            if record.iter().any(revoked) {
                return None;
            }
            let asked = record.iter().rev().find_map(|e| match e.what {
                What::Received { .. } => arrived(record, LetterKind::Received, &e.id),
                What::Asked { consent: true, .. } => arrived(record, LetterKind::Question, &e.id),
                _ => None,
            })?;
            (place, asked.max(record[place].at))
        }
        _ => return None,
    };
    let answered = |e: &Event| matches!(e.what, What::FollowUp { .. }) && e.at >= since;
    if record.iter().any(answered) {
        return None;
    }
    let (kind, event) = (LetterKind::Reminder, &record[place]);
    Fate::of(record, kind, &event.id, None).open(kind, event, None, since, MOST_REMINDERS)
}

/// When the letter about an event left, unless it came back.
fn arrived(record: &[Event], kind: LetterKind, of: &EventId) -> Option<Timestamp> {
    let mut left = None;
    for event in record {
        if let What::Letter {
            letter, about, status, ..
        } = &event.what
            && (*letter, about) == (kind, of)
        {
            left = (*status == LetterStatus::Sent).then_some(event.at);
        }
    }
    left
}
