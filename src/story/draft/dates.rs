//! The date in the header of a forwarded mail, as mail programs write it for people.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};

/// The first three letters of the months in the languages mail programs write, without accents.
const MONTHS: [&[&str]; 12] = [
    &["jan", "ene", "gen", "ian", "янв"],
    &["feb", "fev", "fév", "фев"],
    &["mar", "mär", "mrt", "maa", "мар"],
    &["apr", "abr", "avr", "апр"],
    &["may", "mai", "mag", "mei", "maj", "мая", "май"],
    &["jun", "juin", "giu", "июн"],
    &["jul", "juil", "lug", "июл"],
    &["aug", "ago", "aoû", "aou", "авг"],
    &["sep", "set", "сен"],
    &["oct", "okt", "ott", "out", "окт"],
    &["nov", "ноя"],
    &["dec", "dez", "déc", "dic", "дек"],
];

/// Reads a date in any of the usual forms; where it names no zone, UTC. `None` where no day, month and year are found.
pub fn parse(text: &str) -> Option<Timestamp> {
    if let Ok(zoned) = jiff::fmt::rfc2822::parse(text.trim()) {
        return Some(zoned.timestamp());
    }
    let lower = text.trim().to_lowercase();
    let lower: String = lower.chars().take(100).collect();
    let mut seen = Parts::default();
    let words = lower.split(|c: char| c.is_whitespace() || matches!(c, ',' | '(' | ')' | '\u{a0}' | '\u{202f}'));
    for word in words.filter(|w| !w.is_empty()) {
        seen.word(word);
    }
    seen.timestamp(&lower)
}

#[derive(Default)]
struct Parts {
    year: Option<i16>,
    month: Option<i8>,
    day: Option<i8>,
    /// Two numbers whose order is not known: day and month, or month and day.
    either: Option<(i8, i8)>,
    time: Option<(i8, i8, i8)>,
    afternoon: Option<bool>,
    offset: Option<i32>,
}

impl Parts {
    fn word(&mut self, word: &str) {
        if let Some((clock, half)) = word
            .strip_suffix("am")
            .map(|c| (c, false))
            .or(word.strip_suffix("pm").map(|c| (c, true)))
        {
            self.afternoon = Some(half);
            if !clock.is_empty() {
                self.time = self.time.or(clock_time(clock));
            }
        } else if word == "a.m." || word == "p.m." {
            self.afternoon = Some(word.starts_with('p'));
        } else if let Some(time) = clock_time(word) {
            self.time = self.time.or(Some(time));
        } else if let Some(offset) = offset(word) {
            self.offset = self.offset.or(Some(offset));
        } else if let Some(date) = digits_date(word) {
            match date {
                (year, month, day) if year > 31 => {
                    (self.year, self.month, self.day) = (Some(year), i8::try_from(month).ok(), i8::try_from(day).ok());
                }
                (first, second, year) => {
                    self.year = Some(if year < 100 { 2000 + year } else { year });
                    self.either = Some((first.try_into().unwrap_or(0), second.try_into().unwrap_or(0)));
                }
            }
        } else {
            let number = word
                .trim_end_matches(['.', 'º', '年', '月', '日'])
                .trim_end_matches("st")
                .trim_end_matches("nd");
            let number = number.trim_end_matches("rd").trim_end_matches("th");
            match number.parse::<i16>() {
                Ok(n @ 1..=31) if self.day.is_none() => self.day = Some(n as i8),
                Ok(n @ 1970..=9999) => self.year = self.year.or(Some(n)),
                Ok(_) => {}
                Err(_) => {
                    let month = MONTHS
                        .iter()
                        .position(|names| names.iter().any(|n| word.starts_with(n)));
                    // `Mar` for Tuesday in Spanish and French stands before the day
                    self.month = month.map(|m| m as i8 + 1).or(self.month);
                }
            }
        }
    }

    fn timestamp(self, text: &str) -> Option<Timestamp> {
        let (mut month, mut day) = (self.month, self.day);
        if let Some((first, second)) = self.either {
            let american = self.afternoon.is_some() && text.contains('/');
            let swap = if first > 12 { false } else { second > 12 || american };
            (day, month) = if swap {
                (Some(second), Some(first))
            } else {
                (Some(first), Some(second))
            };
        }
        let (mut hour, minute, second) = self.time.unwrap_or((0, 0, 0));
        match self.afternoon {
            Some(true) if hour < 12 => hour += 12,
            Some(false) if hour == 12 => hour = 0,
            _ => {}
        }
        let at = DateTime::new(self.year?, month?, day?, hour, minute, second, 0).ok()?;
        let zone = match self.offset {
            Some(seconds) => TimeZone::fixed(Offset::from_seconds(seconds).ok()?),
            None => TimeZone::UTC,
        };
        zone.to_timestamp(at).ok()
    }
}

/// `9:15`, `09:15:30`
fn clock_time(word: &str) -> Option<(i8, i8, i8)> {
    let mut parts = word.split(':').map(|p| p.parse::<i8>().ok());
    let (hour, minute) = (parts.next()??, parts.next()??);
    let second = parts.next().map_or(Some(0), |p| p)?;
    ((0..24).contains(&hour) && (0..60).contains(&minute) && (0..60).contains(&second))
        .then_some((hour, minute, second))
}

/// `+0100`, `+01:00`, `gmt+1`, and the zones British mail names.
fn offset(word: &str) -> Option<i32> {
    match word {
        "gmt" | "utc" | "z" => return Some(0),
        "bst" => return Some(3600),
        "cet" => return Some(3600),
        "cest" => return Some(7200),
        _ => {}
    }
    let word = word.strip_prefix("gmt").or(word.strip_prefix("utc")).unwrap_or(word);
    let sign = if word.starts_with('-') { -1 } else { 1 };
    let digits: String = word.strip_prefix(['+', '-'])?.chars().filter(|c| *c != ':').collect();
    let number: i32 = digits.parse().ok()?;
    let (hours, minutes) = if digits.len() > 2 {
        (number / 100, number % 100)
    } else {
        (number, 0)
    };
    (hours <= 14 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

/// Three numbers joined by `-`, `/` or `.`
fn digits_date(word: &str) -> Option<(i16, i16, i16)> {
    let word = word.trim_end_matches('.');
    let by = ['-', '/', '.'].into_iter().find(|c| word.matches(*c).count() == 2)?;
    let mut parts = word.split(by).map(|p| p.parse::<i16>().ok());
    Some((parts.next()??, parts.next()??, parts.next()??))
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn dates_of_forwards_are_read_in_the_forms_programs_write() {
        for (text, expected) in [
            ("Mon, 13 Dec 2010 09:15:00 +0100", "2010-12-13T08:15:00Z"),
            ("Mon, Dec 13, 2010 at 9:15 AM", "2010-12-13T09:15:00Z"),
            ("13 December 2010 21:15:00 GMT", "2010-12-13T21:15:00Z"),
            ("Monday, December 13, 2010 9:15 PM", "2010-12-13T21:15:00Z"),
            ("Monday, 13 December 2010 12:05 AM", "2010-12-13T00:05:00Z"),
            ("13/12/2010 09:15", "2010-12-13T09:15:00Z"),
            ("12/13/2010 9:15 PM", "2010-12-13T21:15:00Z"),
            ("2010-12-13 09:15", "2010-12-13T09:15:00Z"),
            ("13.12.2010 09:15", "2010-12-13T09:15:00Z"),
            ("Montag, 13. Dezember 2010 um 09:15 Uhr", "2010-12-13T09:15:00Z"),
            ("mar. 14 déc. 2010 à 09:15", "2010-12-14T09:15:00Z"),
            ("3rd March 2011 at 10:00:00 BST", "2011-03-03T09:00:00Z"),
        ] {
            assert_eq!(parse(text).map(|t| t.to_string()).as_deref(), Some(expected), "{text}");
        }
        for text in [
            "",
            "yesterday",
            "99/99/9999",
            "December",
            "32 December 2010 10:00 x",
            "13/12/2010 99:99 +9999",
        ] {
            let _ = parse(text);
        }
        assert_eq!(parse("yesterday at noon"), None);
    }
}
