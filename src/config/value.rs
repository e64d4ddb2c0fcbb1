//! Values that TOML has no type for: durations, time zones, addresses.

use jiff::SignedDuration;
use jiff::tz::TimeZone;
use serde::de::{Deserialize, Deserializer, Error};

use super::Role;
use crate::story::event::LetterKind;

/// A name and an address, written `Name <address>` or just the address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    pub name: String,
    pub email: String,
}

impl Address {
    /// `None` where there is no single address in it.
    pub fn parse(text: &str) -> Option<Address> {
        let (name, email) = match text.trim().strip_suffix('>') {
            Some(before) => before.split_once('<')?,
            None => ("", text),
        };
        let (name, email) = (name.trim().trim_matches('"').trim(), email.trim());
        let (local, domain) = email.rsplit_once('@')?;
        let odd = |c: char| c.is_whitespace() || c.is_control() || "<>,;\"\\@".contains(c);
        let good = !local.is_empty() && !domain.is_empty() && !email.chars().filter(|&c| c != '@').any(odd);
        let good = good && !local.contains('@') && !name.chars().any(|c| c.is_control() || "<>".contains(c));
        good.then(|| Address {
            name: name.to_owned(),
            email: email.to_owned(),
        })
    }
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Address, D::Error> {
        let text = String::deserialize(d)?;
        Address::parse(&text).ok_or_else(|| Error::custom(format!("{text:?} is not `Name <name@example.org>`")))
    }
}

pub(super) fn every_role() -> Vec<Role> {
    vec![Role::Reviewer, Role::Editor, Role::Publisher]
}

pub(super) fn time_zone<'de, D: Deserializer<'de>>(d: D) -> Result<TimeZone, D::Error> {
    let name = String::deserialize(d)?;
    TimeZone::get(&name)
        .map_err(|_| Error::custom(format!("{name:?} is no time zone: write one like \"Europe/London\"")))
}

/// `14d`, `36h`, `1d12h`.
pub(super) fn duration<'de, D: Deserializer<'de>>(d: D) -> Result<SignedDuration, D::Error> {
    let text = String::deserialize(d)?;
    parse_duration(&text).ok_or_else(|| {
        Error::custom(format!(
            "{text:?} is no length of time: write one like \"14d\", \"36h\" or \"90m\""
        ))
    })
}

/// A length of time, or `never`.
pub(super) fn duration_or_never<'de, D: Deserializer<'de>>(d: D) -> Result<Option<SignedDuration>, D::Error> {
    let text = String::deserialize(d)?;
    if text.trim() == "never" {
        return Ok(None);
    }
    parse_duration(&text).map(Some).ok_or_else(|| {
        Error::custom(format!(
            "{text:?} is no length of time: write one like \"1d\" or \"6h\", or \"never\""
        ))
    })
}

/// A length of time of a day or more, or `never`.
pub(super) fn kept_for<'de, D: Deserializer<'de>>(d: D) -> Result<Option<SignedDuration>, D::Error> {
    let text = String::deserialize(d)?;
    if text.trim() == "never" {
        return Ok(None);
    }
    let read = parse_duration(&text).filter(|kept| *kept >= SignedDuration::from_hours(24));
    read.map(Some).ok_or_else(|| {
        Error::custom(format!(
            "{text:?} is no length of time of a day or more: write one like \"365d\", or \"never\""
        ))
    })
}

/// The same, for a key that may be left out.
pub(super) fn optional_duration<'de, D: Deserializer<'de>>(d: D) -> Result<Option<SignedDuration>, D::Error> {
    duration(d).map(Some)
}

pub(super) fn to_authors<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<LetterKind>, D::Error> {
    letters(d, false)
}

pub(super) fn to_the_team<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<LetterKind>, D::Error> {
    letters(d, true)
}

fn letters<'de, D: Deserializer<'de>>(d: D, for_team: bool) -> Result<Vec<LetterKind>, D::Error> {
    let kinds = Vec::<LetterKind>::deserialize(d)?;
    match kinds.iter().find(|kind| kind.is_for_team() != for_team) {
        None => Ok(kinds),
        Some(kind) => {
            let key = if for_team { "send" } else { "team" };
            Err(Error::custom(format!("\"{}\" belongs in `{key}`", kind.name())))
        }
    }
}

/// A day is 24 hours here.
pub(super) fn parse_duration(text: &str) -> Option<SignedDuration> {
    let mut rest = text.trim();
    let mut total: i64 = 0;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let number: i64 = rest[..digits].parse().ok()?;
        let unit = rest[digits..].chars().next()?;
        let seconds = match unit {
            'w' => 7 * 86_400,
            'd' => 86_400,
            'h' => 3_600,
            'm' => 60,
            's' => 1,
            _ => return None,
        };
        total = total.checked_add(number.checked_mul(seconds)?)?;
        rest = rest[digits + unit.len_utf8()..].trim_start();
    }
    Some(SignedDuration::from_secs(total))
}
