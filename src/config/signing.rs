//! Public keys of people and of the machine, with the days on which they were theirs.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::de::{Deserialize, Deserializer, Error};

use crate::story::seal::{Key, PublicKey, Revoked};

/// `"ssh-ed25519 AAAA..."`, or `{ key = "ssh-ed25519 AAAA...", from = 2026-01-01, until = 2026-12-31, revoked = true }`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberKey {
    pub key: PublicKey,
    /// The first day and the last.
    pub from: Option<Date>,
    pub until: Option<Date>,
    /// From this day it is somebody else's, too; `Wholly`: nothing it signed counts.
    pub revoked: Option<Gone>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gone {
    Since(Date),
    Wholly,
}

impl MemberKey {
    /// With the moments that its days begin and end at.
    pub fn in_zone(&self, zone: &TimeZone) -> Key {
        let midnight = |day: Date| -> Option<Timestamp> { zone.to_timestamp(day.at(0, 0, 0, 0)).ok() };
        let after = |day: Date| midnight(day.checked_add(1.day()).ok()?);
        Key {
            key: self.key.clone(),
            from: self.from.and_then(midnight),
            until: self.until.and_then(after),
            revoked: match self.revoked {
                None => Revoked::Not,
                Some(Gone::Wholly) => Revoked::Wholly,
                // a day that is none revokes the key as a whole
                Some(Gone::Since(day)) => midnight(day).map_or(Revoked::Wholly, Revoked::Since),
            },
        }
    }
}

impl<'de> Deserialize<'de> for MemberKey {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<MemberKey, D::Error> {
        read(toml::Value::deserialize(d)?).map_err(Error::custom)
    }
}

/// A day, for a key that may be left out.
pub(super) fn optional_day<'de, D: Deserializer<'de>>(d: D) -> Result<Option<Date>, D::Error> {
    day(&toml::Value::deserialize(d)?).map(Some).map_err(Error::custom)
}

fn read(value: toml::Value) -> Result<MemberKey, String> {
    let table = match value {
        toml::Value::String(line) => {
            return Ok(MemberKey {
                key: key(&line)?,
                from: None,
                until: None,
                revoked: None,
            });
        }
        toml::Value::Table(table) => table,
        _ => return Err("a key is a line like \"ssh-ed25519 AAAA...\", or a table with `key`".to_owned()),
    };
    if let Some(odd) = table
        .keys()
        .find(|k| !["key", "from", "until", "revoked"].contains(&k.as_str()))
    {
        return Err(format!("{odd:?} is none of `key`, `from`, `until`, `revoked`"));
    }
    let line = table.get("key").and_then(toml::Value::as_str);
    Ok(MemberKey {
        key: key(line.ok_or("`key` is missing")?)?,
        from: table.get("from").map(day).transpose()?,
        until: table.get("until").map(day).transpose()?,
        revoked: match table.get("revoked") {
            None | Some(toml::Value::Boolean(false)) => None,
            Some(toml::Value::Boolean(true)) => Some(Gone::Wholly),
            Some(date) => Some(Gone::Since(day(date)?)),
        },
    })
}

fn key(line: &str) -> Result<PublicKey, String> {
    let bad =
        || format!("{line:?} is no SSH public key: write the line of the .pub file, like \"ssh-ed25519 AAAA...\"");
    line.parse().map_err(|_| bad())
}

fn day(value: &toml::Value) -> Result<Date, String> {
    let text = match value {
        toml::Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    text.parse()
        .map_err(|_| format!("{text} is no day: write one like 2026-11-28"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_days_of_the_team_and_the_last_is_whole() {
        let line = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGFuSW52ZW50ZWRLZXlPZlRoaXJ0eVR3b0J5dGVz";
        let text =
            format!("k = {{ key = \"{line} cath\", from = 2026-06-01, until = \"2026-06-30\", revoked = 2026-06-10 }}");
        let read: toml::Table = toml::from_str(&text).unwrap();
        let key = super::read(read["k"].clone())
            .unwrap()
            .in_zone(&TimeZone::get("Europe/London").unwrap());
        assert_eq!(key.from.unwrap().to_string(), "2026-05-31T23:00:00Z");
        assert_eq!(key.until.unwrap().to_string(), "2026-06-30T23:00:00Z");
        assert_eq!(key.revoked, Revoked::Since("2026-06-09T23:00:00Z".parse().unwrap()));
        for bad in [
            "k = 1",
            "k = \"ssh-dss x\"",
            "k = { from = 2026-01-01 }",
            "k = { key = \"x\", til = 1 }",
        ] {
            let table: toml::Table = toml::from_str(bad).unwrap();
            assert!(super::read(table["k"].clone()).is_err(), "{bad}");
        }
    }
}
