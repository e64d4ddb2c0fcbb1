//! When a story goes out: the time that a person types, in the team's zone, and the steps that set it and take it back.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{AmbiguousOffset, TimeZone};

use crate::repo::StoryRepo;
use crate::story::event::What;
use crate::story::policy::Refusal;
use crate::story::record::Change;
use crate::story::state::Verb;
use crate::story::step::{Clerk, Step, Story};

use super::Desk;
use super::publish::rules;

/// A time that was understood, and what a person should know about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meant {
    pub at: Timestamp,
    /// Where the clocks are changed at that time, so that what was typed is not on them, or twice.
    pub remark: Option<String>,
}

/// Why a text is no time to publish at; one line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadTime {
    #[error("it is no time that this program can read")]
    Unreadable,
    #[error("the hour is missing")]
    NoHour,
    #[error("{0} is past")]
    Past(String),
}

/// Reads `2026-12-24 09:00`, `today 18:00`, `tomorrow 09:00` or `09:00` (the next one) on the team's clock, or a time that says its own
/// offset: `2026-12-24T09:00+01:00`, `2026-12-24T09:00Z`.
pub fn time(text: &str, zone: &TimeZone, now: Timestamp) -> Result<Meant, BadTime> {
    let text = text.trim();
    let meant = match absolute(text) {
        Some(at) => Meant { at, remark: None },
        None => on_the_clock(civil(text, zone, now)?, zone)?,
    };
    if meant.at <= now {
        return Err(BadTime::Past(super::moment(meant.at, zone)));
    }
    Ok(meant)
}

/// A time with its own offset.
fn absolute(text: &str) -> Option<Timestamp> {
    let zoned = || text.parse::<jiff::ZonedDateTime>().ok().map(|zoned| zoned.timestamp());
    text.parse().ok().or_else(zoned)
}

fn civil(text: &str, zone: &TimeZone, now: Timestamp) -> Result<DateTime, BadTime> {
    let here = zone.to_datetime(now);
    let tomorrow = || here.date().tomorrow().map_err(|_| BadTime::Unreadable);
    let (day, hour) = match text.split_once(' ').or_else(|| text.split_once('T')) {
        Some((day, hour)) => (Some(day), hour),
        None if text.contains(':') => (None, text),
        None if text.parse::<Date>().is_ok() => return Err(BadTime::NoHour),
        None => return Err(BadTime::Unreadable),
    };
    let hour = clock(hour.trim()).ok_or(BadTime::Unreadable)?;
    let day = match day.map(str::to_ascii_lowercase).as_deref() {
        None if hour > here.time() => here.date(),
        None | Some("tomorrow") => tomorrow()?,
        Some("today") => here.date(),
        Some(day) => day.parse().map_err(|_| BadTime::Unreadable)?,
    };
    Ok(day.to_datetime(hour))
}

/// `9:00`, `09:00`, `09:00:30`.
fn clock(text: &str) -> Option<Time> {
    let mut parts = text.split(':').map(|part| {
        let digits = (1..=2).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        part.parse::<i8>().ok().filter(|_| digits)
    });
    let (hour, minute) = (parts.next()??, parts.next()??);
    let second = parts.next().unwrap_or(Some(0))?;
    match parts.next() {
        None => Time::new(hour, minute, second, 0).ok(),
        Some(_) => None,
    }
}

/// Where the clocks are put forward, the time is as much later as they are; where they are put back, the first of the two counts
/// (RFC 5545, section 3.3.5).
fn on_the_clock(wanted: DateTime, zone: &TimeZone) -> Result<Meant, BadTime> {
    let ambiguous = zone.to_ambiguous_timestamp(wanted);
    let offset = ambiguous.offset();
    let at = ambiguous.compatible().map_err(|_| BadTime::Unreadable)?;
    let hour = |time: DateTime| time.strftime("%H:%M").to_string();
    let name = zone.iana_name().unwrap_or("this zone");
    let remark = match offset {
        AmbiguousOffset::Unambiguous { .. } => None,
        AmbiguousOffset::Gap { .. } => Some(format!(
            "There is no {} that day in {name}, as the clocks go forward: it is {} that is meant.",
            hour(wanted),
            hour(zone.to_datetime(at))
        )),
        AmbiguousOffset::Fold { after, .. } => Some(format!(
            "{} comes twice that day in {name}, as the clocks go back: the first is taken; the second is {}{after}.",
            hour(wanted),
            wanted.strftime("%Y-%m-%dT%H:%M"),
        )),
    };
    Ok(Meant { at, remark })
}

/// Sets the time at which this text goes out, under the rules of a publication; a later one moves it.
pub fn schedule(
    desk: &Desk,
    repo: &StoryRepo,
    story: &Story,
    clerk: &Clerk,
    at: Timestamp,
) -> Result<Option<Change>, Refusal> {
    story.agrees()?;
    rules::has_a_title(story)?;
    let allowed = desk
        .policy
        .allows(Verb::Schedule, &clerk.actor, &story.life, story.text, &story.title())?;
    if !allowed || story.life.schedule == Some((at, Some(story.text))) {
        return Ok(None);
    }
    rules::approved_by_others(desk, repo, story)?;
    // what the author agreed to must still hold then
    rules::permitted(desk, repo, story, &rules::targets(desk, story), at)?;
    Ok(Some(story.change(
        Step::of("Schedule", "", vec![What::Scheduled { for_time: at }]),
        clerk,
    )))
}

/// Takes the time back; the approvals stand.
pub fn unschedule(story: &Story, clerk: &Clerk) -> Result<Option<Change>, Refusal> {
    story.agrees()?;
    if story.life.schedule.is_none() {
        return Ok(None);
    }
    Ok(Some(
        story.change(Step::of("Unschedule", "", vec![What::Unscheduled {}]), clerk),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn london() -> TimeZone {
        TimeZone::get("Europe/London").unwrap()
    }

    fn read(text: &str) -> Result<(String, bool), BadTime> {
        // Monday, in winter
        let now = "2026-11-23T10:30:00Z".parse().unwrap();
        time(text, &london(), now).map(|meant| (meant.at.to_string(), meant.remark.is_some()))
    }

    #[test]
    fn a_time_is_on_the_teams_clock_unless_it_says_its_own_offset() {
        for (text, expected) in [
            ("2026-12-24 09:00", "2026-12-24T09:00:00Z"),
            ("2026-12-24T09:00", "2026-12-24T09:00:00Z"),
            ("2027-07-01 09:00", "2027-07-01T08:00:00Z"),
            (" 2027-07-01 9:05:30 ", "2027-07-01T08:05:30Z"),
            ("2026-12-24T09:00+01:00", "2026-12-24T08:00:00Z"),
            ("2026-12-24T09:00:00Z", "2026-12-24T09:00:00Z"),
            ("2026-12-24 09:00Z", "2026-12-24T09:00:00Z"),
            ("2026-12-24T09:00[America/New_York]", "2026-12-24T14:00:00Z"),
            ("18:00", "2026-11-23T18:00:00Z"),
            ("9:00", "2026-11-24T09:00:00Z"),
            ("today 10:31", "2026-11-23T10:31:00Z"),
            ("Tomorrow 09:00", "2026-11-24T09:00:00Z"),
        ] {
            assert_eq!(read(text), Ok((expected.to_owned(), false)), "{text}");
        }
    }

    #[test]
    fn what_is_past_or_no_time_is_refused() {
        for text in ["2026-11-23 10:30", "today 10:00", "2010-01-01T00:00Z"] {
            assert!(matches!(read(text), Err(BadTime::Past(_))), "{text}");
        }
        assert_eq!(read("2026-12-24"), Err(BadTime::NoHour));
        for text in [
            "",
            "soon",
            "2026-13-01 09:00",
            "25:00",
            "9:0a",
            "1:2:3:4",
            "12:",
            "2026-12-24 9",
            "tomorrow",
        ] {
            assert_eq!(read(text), Err(BadTime::Unreadable), "{text}");
        }
    }

    #[test]
    fn where_the_clocks_change_it_is_said_what_is_meant() {
        assert_eq!(read("2027-03-28 01:30"), Ok(("2027-03-28T01:30:00Z".to_owned(), true)));
        assert_eq!(read("2027-10-31 01:30"), Ok(("2027-10-31T00:30:00Z".to_owned(), true)));
        let now = "2026-11-23T10:30:00Z".parse().unwrap();
        let remark = |text: &str| time(text, &london(), now).unwrap().remark.unwrap();
        assert!(remark("2027-03-28 01:30").contains("it is 02:30 that is meant"));
        // what the remark names as the second is the second
        let second = remark("2027-10-31 01:30");
        let second = second.rsplit(' ').next().unwrap().trim_end_matches('.').to_owned();
        assert_eq!(
            read(&second),
            Ok(("2027-10-31T01:30:00Z".to_owned(), false)),
            "{second}"
        );
    }
}
