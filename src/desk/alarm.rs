//! What keeps going wrong while nobody looks: told once, and once when it is over. A trouble that may pass by itself (a network, a
//! server's hiccup) is told only when the next run has it, too.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::spool::{Spool, SpoolError};

use super::Trouble;

/// The notes in the spool that are alarms.
const PREFIX: &str = "alarm.";

/// Something that went wrong in a part of an unattended run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bad {
    /// Which part: `inbox.gmail`, `target.site`, `publish.2010/12/...`.
    pub part: String,
    /// A dotted word, as in errors.
    pub code: String,
    /// 0: nothing failed, and a person should know.
    pub exit: u8,
    pub what: String,
    pub why: String,
    pub hint: String,
}

impl Bad {
    pub fn of(part: impl Into<String>, trouble: &Trouble) -> Bad {
        Bad {
            part: part.into(),
            code: trouble.code(),
            exit: trouble.exit(),
            what: trouble.to_string(),
            why: trouble.why(),
            hint: trouble.hint(),
        }
    }
}

/// An alarm as the spool keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alarm {
    pub since: Timestamp,
    pub code: String,
    pub exit: u8,
    pub what: String,
    pub told: bool,
}

/// What is to be said of a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// To be told now.
    Tell {
        since: Timestamp,
    },
    /// It was told before, or may pass: nothing is said.
    Known {
        since: Timestamp,
    },
    /// It was told and is over.
    Over(Alarm),
    None,
}

/// Exit codes of troubles that may pass by themselves.
const PASSING: u8 = 75;

/// Looks at a part in the light of what is known of it: the alarm to keep, and what to say.
pub fn weigh(before: Option<Alarm>, bad: Option<&Bad>, now: Timestamp) -> (Option<Alarm>, News) {
    match (before, bad) {
        (None, None) => (None, News::None),
        (Some(alarm), None) if alarm.told => (None, News::Over(alarm)),
        (Some(_), None) => (None, News::None),
        (before, Some(bad)) => {
            // another trouble of the same part is news, a server's changing words are not
            let same = before.filter(|b| b.exit == bad.exit && b.code == bad.code);
            let since = same.as_ref().map_or(now, |alarm| alarm.since);
            let known = same.as_ref().is_some_and(|alarm| alarm.told);
            let wait = bad.exit == PASSING && same.is_none();
            let alarm = Alarm {
                since,
                code: bad.code.clone(),
                exit: bad.exit,
                what: bad.what.clone(),
                told: !wait,
            };
            let news = match known || wait {
                true => News::Known { since },
                false => News::Tell { since },
            };
            (Some(alarm), news)
        }
    }
}

/// The alarms that the last runs left, by part.
pub fn standing(spool: &crate::spool::Shelves) -> Vec<(String, Alarm)> {
    // what cannot be read is told anew: better twice than never
    let notes = spool.notes_of(PREFIX).unwrap_or_default();
    let read = |(key, value): (String, String)| {
        let part = key.strip_prefix(PREFIX)?.to_owned();
        Some((part, serde_json::from_str(&value).ok()?))
    };
    notes.into_iter().filter_map(read).collect()
}

/// Keeps what [`weigh`] says of a part for the next run.
pub fn keep(spool: &mut Spool, part: &str, alarm: Option<&Alarm>) -> Result<(), SpoolError> {
    let value = alarm.and_then(|alarm| serde_json::to_string(alarm).ok());
    spool.put_note(&format!("{PREFIX}{part}"), value.as_deref())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bad(exit: u8) -> Bad {
        Bad {
            part: "inbox.gmail".to_owned(),
            code: "inbox".to_owned(),
            exit,
            what: format!("trouble {exit}"),
            why: String::new(),
            hint: String::new(),
        }
    }

    /// What is said over runs that each end with this exit code (0: fine).
    fn said(runs: &[u8]) -> Vec<&'static str> {
        let mut alarm = None;
        let mut said = Vec::new();
        for (second, exit) in runs.iter().enumerate() {
            let now = Timestamp::from_second(second as i64).unwrap();
            let bad = Some(bad(*exit)).filter(|b| b.exit > 0);
            let (kept, news) = weigh(alarm, bad.as_ref(), now);
            alarm = kept;
            said.push(match news {
                News::Tell { .. } => "tell",
                News::Known { .. } => "known",
                News::Over(_) => "over",
                News::None => "-",
            });
        }
        said
    }

    #[test]
    fn a_refused_login_is_told_once_and_once_when_it_is_over() {
        assert_eq!(said(&[0, 4, 4, 4, 0, 0]), ["-", "tell", "known", "known", "over", "-"]);
        assert_eq!(said(&[4, 0, 4]), ["tell", "over", "tell"]);
    }

    #[test]
    fn what_may_pass_is_told_when_it_stays() {
        assert_eq!(said(&[75, 0, 75, 0]), ["known", "-", "known", "-"]);
        assert_eq!(said(&[75, 75, 75, 0]), ["known", "tell", "known", "over"]);
    }

    #[test]
    fn another_trouble_of_the_same_part_is_news() {
        assert_eq!(
            said(&[4, 1, 1, 4, 75, 75]),
            ["tell", "tell", "known", "tell", "known", "tell"]
        );
    }
}
