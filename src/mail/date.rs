//! Dates as mail has them: RFC 5322 with its obsolete forms, and what programs write instead.

use jiff::{Timestamp, civil, tz::Offset};

/// Reads a date in any order of its words: a month by name, a day, a year, `hh:mm[:ss]`, a zone. Two-digit years count from 1950,
/// three-digit ones from 1900 (RFC 5322, section 4.3); no zone and an unknown one are UTC. `None` for what is no date.
pub(super) fn read(text: &str) -> Option<Timestamp> {
    let text = without_comments(text);
    if let Some(at) = iso(text.trim()) {
        return Some(at);
    }
    let (mut day, mut month, mut year, mut time) = (None, None, None, None);
    let mut offset = None;
    for word in text.split([' ', ',', '\t']).filter(|w| !w.is_empty()).take(12) {
        if word.contains(':') && time.is_none() {
            time = Some(clock(word)?);
        } else if let Some(number) = digits(word) {
            match (day, year) {
                (None, _) if word.len() <= 2 => day = Some(number),
                (_, None) => year = Some(full_year(word, number)?),
                _ => {}
            }
        } else if month.is_none()
            && let Some(found) = month_named(word)
        {
            month = Some(found);
        } else if word.contains('-')
            && let Some((d, m, y)) = dashed(word)
        {
            (day, month, year) = (Some(d), Some(m), Some(y));
        } else if time.is_some() {
            offset = offset.or_else(|| zone(word));
        }
    }
    let (hour, minute, second) = time.unwrap_or((0, 0, 0));
    let date = civil::Date::new(year?, month?, i8::try_from(day?).ok()?).ok()?;
    let at = date.to_datetime(civil::Time::new(hour, minute, second, 0).ok()?);
    offset.unwrap_or(Offset::UTC).to_timestamp(at).ok()
}

/// `2010-12-04T10:00:00Z`, `2010-12-04 10:00:00 +0100`
fn iso(text: &str) -> Option<Timestamp> {
    let bytes = text.as_bytes();
    if bytes.len() < 10 || bytes[4] != b'-' || bytes[7] != b'-' || !bytes[..4].iter().all(u8::is_ascii_digit) {
        return None;
    }
    if let Ok(at) = text.parse() {
        return Some(at);
    }
    let date: civil::Date = text.get(..10)?.parse().ok()?;
    let mut words = text.get(10..)?.trim_start_matches('T').split_whitespace();
    let (hour, minute, second) = clock(words.next().unwrap_or("00:00"))?;
    let offset = words.next().and_then(zone).unwrap_or(Offset::UTC);
    let at = date.to_datetime(civil::Time::new(hour, minute, second, 0).ok()?);
    offset.to_timestamp(at).ok()
}

/// `4-Dec-2010`
fn dashed(word: &str) -> Option<(i32, i8, i16)> {
    let mut pieces = word.split('-');
    let day = digits(pieces.next()?)?;
    let month = month_named(pieces.next()?)?;
    let year = pieces.next()?;
    Some((day, month, full_year(year, digits(year)?)?))
}

fn digits(word: &str) -> Option<i32> {
    let plain = !word.is_empty() && word.len() <= 5 && word.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| word.parse().ok()).flatten()
}

fn full_year(word: &str, number: i32) -> Option<i16> {
    let year = match (word.len(), number) {
        (1 | 2, 0..=49) => number + 2000,
        (1 | 2, _) | (3, _) => number + 1900,
        _ => number,
    };
    i16::try_from(year).ok().filter(|y| (1..=9999).contains(y))
}

/// `hh:mm[:ss[.fraction]]`; a leap second is the one before it.
fn clock(word: &str) -> Option<(i8, i8, i8)> {
    let mut pieces = word.split(':');
    let mut next = || -> Option<Option<i8>> {
        match pieces.next() {
            None => Some(None),
            Some(piece) => {
                let whole = piece.split('.').next().unwrap_or_default();
                Some(Some(i8::try_from(digits(whole).filter(|_| whole.len() <= 2)?).ok()?))
            }
        }
    };
    let (hour, minute, second) = (next()??, next()??, next()?.unwrap_or(0));
    let second = if second == 60 { 59 } else { second };
    ((0..24).contains(&hour) && (0..60).contains(&minute) && (0..60).contains(&second))
        .then_some((hour, minute, second))
}

fn month_named(word: &str) -> Option<i8> {
    const MONTHS: [&str; 12] = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ];
    let head = word.get(..3)?.to_ascii_lowercase();
    let letters = word.trim_end_matches('.').bytes().all(|b| b.is_ascii_alphabetic());
    let place = MONTHS.iter().position(|m| *m == head).filter(|_| letters)?;
    i8::try_from(place + 1).ok()
}

fn zone(word: &str) -> Option<Offset> {
    let upper = word.to_ascii_uppercase();
    let hours = match upper.as_str() {
        "UT" | "UTC" | "GMT" | "Z" | "WET" => 0,
        "BST" | "CET" | "MET" | "WEST" => 1,
        "CEST" | "MEST" | "EET" => 2,
        "EEST" | "MSK" => 3,
        "EDT" => -4,
        "EST" | "CDT" => -5,
        "CST" | "MDT" => -6,
        "MST" | "PDT" => -7,
        "PST" => -8,
        _ => {
            let signed = upper.trim_start_matches("GMT").trim_start_matches("UTC");
            let (sign, rest) = match signed.split_at_checked(1)? {
                ("+", rest) => (1, rest),
                ("-", rest) => (-1, rest),
                _ => return None,
            };
            let rest = rest.replace(':', "");
            let number = digits(&rest)?;
            let (hours, minutes) = if rest.len() <= 2 {
                (number, 0)
            } else {
                (number / 100, number % 100)
            };
            if hours > 14 || minutes > 59 {
                return None;
            }
            return Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok();
        }
    };
    Offset::from_hours(hours).ok()
}

fn without_comments(text: &str) -> String {
    let mut depth = 0usize;
    let keep = |c: &char| {
        match c {
            '(' => depth += 1,
            ')' if depth > 0 => {
                depth -= 1;
                return false;
            }
            _ => {}
        }
        depth == 0
    };
    text.chars().take(200).filter(keep).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_read_in_the_forms_mail_has() {
        for (text, expected) in [
            ("Sat, 4 Dec 2010 10:00:00 +0000", "2010-12-04T10:00:00Z"),
            ("Sat, 04 Dec 2010 10:00 -0800 (PST)", "2010-12-04T18:00:00Z"),
            ("4 Dec 10 10:00:00 GMT", "2010-12-04T10:00:00Z"),
            ("4 Dec 99 10:00:00 EST", "1999-12-04T15:00:00Z"),
            ("4 Dec 110 10:00:00 UT", "2010-12-04T10:00:00Z"),
            ("Sat Dec  4 10:00:00 2010", "2010-12-04T10:00:00Z"),
            ("Sat Dec  4 10:00:00 CET 2010", "2010-12-04T09:00:00Z"),
            ("Sat, 4 Dec 2010 10:00:00", "2010-12-04T10:00:00Z"),
            ("Sat, 4 Dec 2010 10:00:60 +0530", "2010-12-04T04:30:59Z"),
            ("4-Dec-2010 10:00:00 +0100", "2010-12-04T09:00:00Z"),
            ("2010-12-04T10:00:00Z", "2010-12-04T10:00:00Z"),
            ("2010-12-04 10:00:00 +0100", "2010-12-04T09:00:00Z"),
            (
                "Sat,  4 (a (nested) comment) Dec 2010 10:00:00 GMT+01:00",
                "2010-12-04T09:00:00Z",
            ),
            ("December 4, 2010 10:00", "2010-12-04T10:00:00Z"),
            ("Sat, 4 Dec 2010 10:00:00 +9999", "2010-12-04T10:00:00Z"),
            ("4 Dec 2010", "2010-12-04T00:00:00Z"),
            ("Mon, 1 Jan 9999 10:00:00 +0000", "9999-01-01T10:00:00Z"),
        ] {
            assert_eq!(read(text), Some(expected.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in [
            "",
            "yesterday",
            "Sat, 31 Feb 2010 10:00:00 +0000",
            "4 Dec 2010 25:00:00",
            "4 Dec 99999 10:00:00 +0000",
            "1 2 3 4 5",
            "2010-13-45",
            "\u{20ac}\u{20ac}\u{20ac}\u{20ac}",
            "-:-:-",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
