//! What came, how soon it was answered, and what became of it: counts and times, no names.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::queue::{Queue, Summary};
use super::{Desk, StoryRepo, Trouble};
use crate::story::state::State;

/// The stories of one month, state or place.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// `2026-11`, `draft`, `Leeds`; empty where no place is named.
    pub key: String,
    pub arrived: u64,
    /// On the site now.
    pub published: u64,
    /// Rejected, withdrawn or taken down.
    pub declined: u64,
    /// Still to be decided upon, or approved and not yet out.
    pub open: u64,
    /// Median time from arrival to the first letter that reached the author, in hours.
    pub hours_to_answer: Option<f64>,
    /// Median time from arrival to the first publication, in hours.
    pub hours_to_publication: Option<f64>,
}

/// All rows there are.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Stats {
    pub all: Row,
    /// By month of arrival in the team's time zone, without gaps, the oldest first.
    pub months: Vec<Row>,
    /// By state, in the order of a story's life.
    pub states: Vec<Row>,
    /// By place, the most stories first.
    pub places: Vec<Row>,
}

/// Counts every story at the tip.
pub fn stats(desk: &Desk, repo: &StoryRepo) -> Result<Stats, Trouble> {
    let queue = Queue::read(desk, repo)?;
    let stories: Vec<&Summary> = queue.iter().map(|(_, s)| s).collect();
    Ok(count(&stories, &desk.config.team.timezone))
}

fn count(stories: &[&Summary], zone: &TimeZone) -> Stats {
    let mut months: BTreeMap<(i16, i8), Vec<&Summary>> = BTreeMap::new();
    let mut states: BTreeMap<State, Vec<&Summary>> = BTreeMap::new();
    let mut places: BTreeMap<&str, Vec<&Summary>> = BTreeMap::new();
    for story in stories {
        if let Some(at) = story.received {
            let day = at.to_zoned_datetime(zone.clone()).date();
            months.entry((day.year(), day.month())).or_default().push(story);
        }
        states.entry(story.state).or_default().push(story);
        places.entry(story.place.trim()).or_default().push(story);
    }
    fill(&mut months);
    let month = |((year, month), stories): ((i16, i8), Vec<&Summary>)| row(format!("{year:04}-{month:02}"), &stories);
    let mut places: Vec<Row> = places.into_iter().map(|(place, s)| row(place.to_owned(), &s)).collect();
    places.sort_by(|a, b| (b.arrived, &a.key).cmp(&(a.arrived, &b.key)));
    Stats {
        all: row("all".to_owned(), stories),
        months: months.into_iter().map(month).collect(),
        states: states.into_iter().map(|(s, of)| row(s.to_string(), &of)).collect(),
        places,
    }
}

/// A month in which nothing came is a row, too. A clock that was centuries wrong makes no centuries of rows.
fn fill(months: &mut BTreeMap<(i16, i8), Vec<&Summary>>) {
    const MOST: usize = 600;
    let (Some(&first), Some(&last)) = (months.keys().next(), months.keys().next_back()) else {
        return;
    };
    let mut at = first;
    for _ in 0..MOST {
        if at >= last {
            break;
        }
        at = if at.1 == 12 { (at.0 + 1, 1) } else { (at.0, at.1 + 1) };
        months.entry(at).or_default();
    }
}

fn row(key: String, stories: &[&Summary]) -> Row {
    let many = |test: &dyn Fn(State) -> bool| stories.iter().filter(|s| test(s.state)).count() as u64;
    Row {
        key,
        arrived: stories.len() as u64,
        published: many(&|s| s == State::Published),
        declined: many(&|s| matches!(s, State::Rejected | State::Withdrawn | State::TakenDown | State::Joined)),
        open: many(&State::is_open),
        hours_to_answer: median(stories, |s| s.answered),
        hours_to_publication: median(stories, |s| s.first_published),
    }
}

/// The median of the hours from arrival to `when`, of the stories that have come so far.
fn median(stories: &[&Summary], when: impl Fn(&Summary) -> Option<Timestamp>) -> Option<f64> {
    let spent = |s: &&Summary| Some(when(s)?.duration_since(s.received?).max(SignedDuration::ZERO));
    let mut all: Vec<SignedDuration> = stories.iter().filter_map(spent).collect();
    all.sort_unstable();
    let middle = all.len() / 2;
    let hours = |d: &SignedDuration| d.as_secs_f64() / 3600.0;
    let value = match all.len() {
        0 => return None,
        n if n % 2 == 1 => hours(&all[middle]),
        _ => hours(&all[middle - 1]).midpoint(hours(&all[middle])),
    };
    Some((value * 10.0).round() / 10.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Option<Timestamp> {
        Some(text.parse().expect("a time"))
    }

    fn story(received: &str, state: State, answered: Option<&str>, published: Option<&str>, place: &str) -> Summary {
        Summary {
            state,
            received: at(received),
            answered: answered.and_then(at),
            first_published: published.and_then(at),
            place: place.to_owned(),
            ..Summary::broken(&"2026/01/x-0123456789".parse().expect("an id"), String::new())
        }
    }

    #[test]
    fn months_are_the_teams_and_have_no_gaps() {
        let stories = [
            story("2026-06-30T23:30:00Z", State::Draft, None, None, ""),
            story("2026-09-02T10:00:00Z", State::Published, None, None, "Leeds"),
        ];
        let zone = TimeZone::get("Europe/London").expect("London");
        let found = count(&stories.iter().collect::<Vec<_>>(), &zone);
        let keys: Vec<(&str, u64)> = found.months.iter().map(|r| (r.key.as_str(), r.arrived)).collect();
        assert_eq!(keys, [("2026-07", 1), ("2026-08", 0), ("2026-09", 1)]);
        assert_eq!((found.all.arrived, found.all.published, found.all.open), (2, 1, 1));
        assert_eq!(
            found.places.iter().map(|r| r.key.as_str()).collect::<Vec<_>>(),
            ["", "Leeds"]
        );
    }

    #[test]
    fn times_are_medians_of_what_has_happened() {
        let stories = [
            story(
                "2026-06-01T00:00:00Z",
                State::Published,
                Some("2026-06-01T01:00:00Z"),
                Some("2026-06-03T00:00:00Z"),
                "",
            ),
            story(
                "2026-06-01T00:00:00Z",
                State::Rejected,
                Some("2026-06-01T04:00:00Z"),
                None,
                "",
            ),
            story("2026-06-01T00:00:00Z", State::Draft, None, None, ""),
        ];
        let found = count(&stories.iter().collect::<Vec<_>>(), &TimeZone::UTC);
        assert_eq!(found.all.hours_to_answer, Some(2.5));
        assert_eq!(found.all.hours_to_publication, Some(48.0));
        assert_eq!(found.all.declined, 1);
        // a clock that was set back in between
        let back = [story(
            "2026-06-02T00:00:00Z",
            State::Draft,
            Some("2026-06-01T00:00:00Z"),
            None,
            "",
        )];
        assert_eq!(
            count(&back.iter().collect::<Vec<_>>(), &TimeZone::UTC)
                .all
                .hours_to_answer,
            Some(0.0)
        );
    }

    #[test]
    fn a_clock_that_was_centuries_wrong_makes_no_centuries_of_rows() {
        let stories = [
            story("1900-01-01T00:00:00Z", State::Draft, None, None, ""),
            story("2026-06-01T00:00:00Z", State::Draft, None, None, ""),
        ];
        assert!(count(&stories.iter().collect::<Vec<_>>(), &TimeZone::UTC).months.len() <= 602);
    }
}
