//! Letters to the team: a story came in, waits for somebody, or has been lying for long.

use super::super::event::{Event, LetterKind, Role, What};
use super::super::id::{StoryId, month_of};
use super::super::state::State;
use super::{Fate, MOST_REMINDERS, OpenLetter};

/// The letters to the team that one event calls for.
pub(super) fn told(
    id: &StoryId,
    record: &[Event],
    place: usize,
    state: State,
    reviewers: &[String],
) -> Vec<OpenLetter> {
    let (event, after) = (&record[place], &record[place + 1..]);
    let open = |kind, to: &str| Fate::of(record, kind, &event.id, Some(to)).open(kind, event, Some(to), event.at, 1);
    match &event.what {
        // an old mailbox taken in today is no news, and what somebody has looked at neither
        What::Received { .. } if is_recent(id, event) && state == State::Draft && !after.iter().any(is_by_person) => {
            let to_each = reviewers.iter().filter_map(|name| open(LetterKind::NewStory, name));
            to_each.collect()
        }
        What::FollowUp { .. } if state.is_open() && !after.iter().any(is_answer) => {
            let turn = assigned(&record[..place]).filter(|name| reviewers.contains(name));
            let to_each = reviewers
                .iter()
                .filter(|name| turn.as_ref().is_none_or(|turn| turn == *name));
            to_each.filter_map(|name| open(LetterKind::Waiting, name)).collect()
        }
        What::Assigned { to: Some(name) } if state.is_open() && reviewers.contains(name) && *name != event.by.name => {
            let again = |e: &Event| matches!(e.what, What::Assigned { .. });
            let seen = |e: &Event| e.by.name == *name && is_by_person(e);
            match after.iter().any(|e| again(e) || seen(e)) {
                true => Vec::new(),
                false => open(LetterKind::Waiting, name).into_iter().collect(),
            }
        }
        _ => Vec::new(),
    }
}

/// The reminders of a story that is the team's turn and at which nobody worked: to whom it is assigned, else to every reviewer. The
/// wait counts from the last thing that happened.
pub(super) fn stalled(record: &[Event], state: State, reviewers: &[String]) -> Vec<OpenLetter> {
    let Some(last) = record.iter().rfind(|e| is_move(e)).filter(|_| state == State::Draft) else {
        return Vec::new();
    };
    let turn = assigned(record).filter(|name| reviewers.contains(name));
    let to_each = reviewers
        .iter()
        .filter(|name| turn.as_ref().is_none_or(|turn| turn == *name));
    let kind = LetterKind::Stalled;
    let open = |name: &String| {
        Fate::of(record, kind, &last.id, Some(name)).open(kind, last, Some(name), last.at, MOST_REMINDERS)
    };
    to_each.filter_map(open).collect()
}

/// Whose turn it is by these events.
fn assigned(record: &[Event]) -> Option<String> {
    record.iter().rev().find_map(|e| match &e.what {
        What::Assigned { to } => Some(to.clone()),
        _ => None,
    })?
}

/// Something happened to the story; that a letter was sent does not count.
fn is_move(event: &Event) -> bool {
    !matches!(event.what, What::Letter { .. } | What::Unknown { .. })
}

fn is_by_person(event: &Event) -> bool {
    is_move(event) && event.by.role != Role::Robot
}

/// A person did something after the author wrote.
fn is_answer(event: &Event) -> bool {
    is_by_person(event) && !matches!(event.what, What::Assigned { .. })
}

/// Whether the mail was written in the month it was taken in, or the one before.
fn is_recent(id: &StoryId, event: &Event) -> bool {
    let months = |month: &str| {
        let (year, month) = month.split_once('/')?;
        Some(year.parse::<i64>().ok()? * 12 + month.parse::<i64>().ok()?)
    };
    let written = months(id.month()).filter(|months| *months > 0);
    let taken_in = months(&month_of(Some(event.at)));
    match (written, taken_in) {
        (Some(written), Some(taken_in)) => taken_in - written <= 1,
        _ => true,
    }
}
