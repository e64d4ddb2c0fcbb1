//! Letters to the team: a story came in, waits for somebody, or has been lying for long.

use super::super::event::{Event, LetterKind, Role, What};
use super::super::id::{StoryId, month_of};
use super::super::state::State;
use super::{Fate, MOST_REMINDERS, OpenLetter, Standing};

/// The letters to the team that a record's events call for.
pub(super) fn told(id: &StoryId, record: &[Event], standing: &Standing) -> Vec<OpenLetter> {
    let (state, reviewers) = (standing.state, &standing.reviewers);
    let mut letters = Vec::new();
    // after the publication an author may still write: to correct it, or to have it taken down
    if reviewers.is_empty() || !(state.is_open() || state == State::Published) {
        return letters;
    }
    let open = |kind, event: &Event, to: &String| {
        Fate::of(record, kind, &event.id, Some(to)).open(kind, event, Some(to), event.at, 1)
    };
    // an old mailbox taken in today is no news, and what somebody has looked at neither
    if let [first, after @ ..] = record
        && matches!(first.what, What::Received { .. })
        && state == State::Draft
        && is_recent(id, first)
        && !after.iter().any(is_by_person)
    {
        letters.extend(
            reviewers
                .iter()
                .filter_map(|name| open(LetterKind::NewStory, first, name)),
        );
    }
    // only of the last mail: whoever looks sees them all
    if let Some(place) = record.iter().rposition(|e| matches!(e.what, What::FollowUp { .. }))
        && !record[place + 1..].iter().any(is_answer)
    {
        let to_each = whose_turn(&record[..place], reviewers);
        letters.extend(to_each.filter_map(|name| open(LetterKind::Waiting, &record[place], name)));
    }
    if state.is_open()
        && let Some(place) = record.iter().rposition(|e| matches!(e.what, What::Assigned { .. }))
        && let event = &record[place]
        && let What::Assigned { to: Some(name) } = &event.what
        && reviewers.contains(name)
        && *name != event.by.name
        && !record[place + 1..]
            .iter()
            .any(|e| e.by.name == *name && is_by_person(e))
    {
        letters.extend(open(LetterKind::Waiting, event, name));
    }
    letters
}

/// The reminders of a story that is the team's turn and at which nobody worked. The wait counts from the last thing that happened.
pub(super) fn stalled(record: &[Event], standing: &Standing) -> Vec<OpenLetter> {
    let reviewers = &standing.reviewers;
    let Some(last) = record
        .iter()
        .rfind(|e| is_move(e))
        .filter(|_| standing.state == State::Draft)
    else {
        return Vec::new();
    };
    let kind = LetterKind::Stalled;
    let open = |name: &String| {
        Fate::of(record, kind, &last.id, Some(name)).open(kind, last, Some(name), last.at, MOST_REMINDERS)
    };
    whose_turn(record, reviewers).filter_map(open).collect()
}

/// The reviewer to whom the story is assigned, else all of them.
fn whose_turn<'a>(record: &[Event], reviewers: &'a [String]) -> impl Iterator<Item = &'a String> {
    let turn = assigned(record).filter(|name| reviewers.contains(name));
    reviewers
        .iter()
        .filter(move |name| turn.as_ref().is_none_or(|turn| turn == *name))
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
