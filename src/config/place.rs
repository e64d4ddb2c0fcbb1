//! Where in the file something is wrong, and what the toml crate says about it in our words.

use std::ops::Range;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::keys::nearest;
use super::load::{lists, sections};
use super::{ConfigError, Place};

/// The text of the file, for saying where something is.
pub(super) struct Text<'a> {
    pub text: &'a str,
    pub file: &'a Path,
}

impl Text<'_> {
    fn place(&self, offset: Option<usize>) -> Place {
        let at = offset.map(|offset| {
            let before = self.text.get(..offset).unwrap_or(self.text);
            let line_start = before.rfind('\n').map_or(0, |i| i + 1);
            let line = before.bytes().filter(|&b| b == b'\n').count() + 1;
            (line, before[line_start..].chars().count() + 1)
        });
        Place {
            file: self.file.to_path_buf(),
            at,
        }
    }

    /// Where a key stands, or its section where it does not.
    pub fn place_of(&self, section: &str, index: Option<usize>, key: &str) -> Place {
        let Ok(root) = DeTable::parse(self.text) else {
            return self.place(None);
        };
        fn find<'t, 'i>(table: &'t DeTable<'i>, key: &str) -> Option<(Range<usize>, &'t Spanned<DeValue<'i>>)> {
            let mut entries = table.iter();
            entries.find(|(k, _)| k.get_ref() == key).map(|(k, v)| (k.span(), v))
        }
        let Some((span, value)) = find(root.get_ref(), section) else {
            return self.place(None);
        };
        let (span, value) = match (index, value.get_ref()) {
            (Some(index), DeValue::Array(list)) => match list.get(index) {
                Some(one) => (one.span(), one),
                None => (span, value),
            },
            _ => (span, value),
        };
        match value.get_ref() {
            DeValue::Table(table) => self.place(Some(find(table, key).map_or(span, |(s, _)| s).start)),
            _ => self.place(Some(span.start)),
        }
    }

    /// The toml crate's error in our words. Its Display is not used: it shows the line, which may hold a password.
    pub fn explain(&self, error: &toml::de::Error) -> ConfigError {
        let place = self.place(error.span().map(|span| span.start));
        let message = error.message();
        let mut quoted = message.split('`').skip(1).step_by(2).map(str::to_owned);
        if message.starts_with("unknown field") {
            let key = quoted.next().unwrap_or_default();
            let known: Vec<String> = quoted.collect();
            return ConfigError::UnknownKey {
                nearest: self.meant(&key, &known),
                place,
                key,
                known,
            };
        }
        if message.starts_with("unknown variant") {
            let word = quoted.next().unwrap_or_default();
            let known: Vec<String> = quoted.collect();
            let meant = nearest(&word, known.iter().map(String::as_str));
            let meant = meant
                .map(|word| format!("; did you mean \"{word}\"?"))
                .unwrap_or_default();
            return ConfigError::Value {
                place,
                key: word,
                problem: format!("one of these is asked for: {}{meant}", known.join(", ")),
            };
        }
        let span = error.span().and_then(|span| self.text.get(span));
        let list = span.is_some_and(|s| s.starts_with("[inbox]") || s.starts_with("[target]"));
        if message.starts_with("invalid type: map, expected a sequence") || list {
            let problem = "a section that may be repeated has double brackets: [[inbox]], [[target]]".to_owned();
            return ConfigError::Syntax { place, problem };
        }
        match toml::from_str::<toml::Table>(self.text) {
            Err(_) => ConfigError::Syntax {
                place,
                problem: one_line(message),
            },
            Ok(_) => ConfigError::Value {
                key: self.key_at(&place),
                place,
                problem: one_line(message),
            },
        }
    }

    /// The nearest known key; the section it belongs to, where that is another one.
    fn meant(&self, key: &str, known: &[String]) -> Option<String> {
        let elsewhere = sections().into_iter().chain(lists());
        let mut homes = elsewhere.filter(|(_, keys)| keys.contains(&key));
        match homes.next() {
            Some((section, _)) => Some(format!("[{section}] {key}")),
            None => nearest(key, known.iter().map(String::as_str)).map(str::to_owned),
        }
    }

    /// The key on the line of a value, for the message.
    fn key_at(&self, place: &Place) -> String {
        let line = place
            .at
            .and_then(|(line, _)| self.text.lines().nth(line - 1))
            .unwrap_or_default();
        let key = line.split('=').next().unwrap_or_default().trim();
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_.[]".contains(c);
        match key {
            key if !key.is_empty() && key.len() < 40 && key.chars().all(plain) => key.to_owned(),
            _ => "value".to_owned(),
        }
    }
}

/// The parser names types as Rust does; who writes a config knows numbers, texts and lists.
pub(super) fn one_line(message: &str) -> String {
    let line = message.split_whitespace().collect::<Vec<_>>().join(" ");
    match line
        .strip_prefix("invalid type: ")
        .and_then(|rest| rest.rsplit_once(", expected "))
    {
        Some((found, wanted)) => {
            let wanted = match wanted {
                "u16" | "u32" | "u64" | "usize" | "i64" => "a whole number",
                "a boolean" => "true or false",
                "a sequence" => "a list, like [\"one\", \"two\"]",
                "a string" => "a text in quotes",
                other => other,
            };
            format!("{wanted} is asked for, not {found}")
        }
        None => line,
    }
}
