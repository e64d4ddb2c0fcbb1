//! Settings from the environment, over those of the file.

use std::collections::BTreeMap;

use super::ConfigError;
use super::keys::nearest;
use super::load::{File, lists, sections};

/// `M4C_STORIES_` and this is how a section, a name or a key is written as a variable.
pub(super) fn as_variable(word: &str) -> String {
    let upper = |c: char| {
        if c.is_ascii_alphanumeric() {
            c.to_ascii_uppercase()
        } else {
            '_'
        }
    };
    word.chars().map(upper).collect()
}

/// The variable that gave a setting, by section, place in the list and key.
pub(super) type Overridden = BTreeMap<(String, Option<usize>, String), String>;

/// Puts in what the environment says, one variable at a time, so that the wrong one can be named.
pub(super) fn override_from(
    text: &str,
    parsed: File,
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<(File, Overridden), ConfigError> {
    let mut places = Vec::new();
    for (section, keys) in sections() {
        places.extend(keys.iter().map(|key| (format!("{section}_{key}"), section, None, *key)));
    }
    let [(_, inbox_keys), (_, target_keys)] = lists();
    for (index, inbox) in parsed.inbox.iter().enumerate() {
        let named = |key: &&'static str| (format!("inbox_{}_{key}", inbox.name), "inbox", Some(index), *key);
        places.extend(inbox_keys.iter().map(named));
    }
    for (index, target) in parsed.target.iter().enumerate() {
        let named = |key: &&'static str| (format!("target_{}_{key}", target.name), "target", Some(index), *key);
        places.extend(target_keys.iter().map(named));
    }
    let mut overridden = Overridden::new();
    let mut table: Option<toml::Table> = None;
    let mut file = parsed;
    for (name, section, index, key) in places {
        let variable = format!("M4C_STORIES_{}", as_variable(&name));
        let Some(value) = env(&variable) else { continue };
        let so_far = match table.take() {
            Some(table) => table,
            None => toml::from_str(text).unwrap_or_default(),
        };
        let plain = toml::Value::String(value.clone());
        let typed = match key {
            "password" => None,
            _ => format!("v = {value}")
                .parse::<toml::Table>()
                .ok()
                .and_then(|mut t| match t.len() {
                    1 => t.remove("v"),
                    _ => None,
                }),
        };
        let mut first_error = None;
        for candidate in typed.into_iter().chain([plain]) {
            let mut next = so_far.clone();
            set(&mut next, section, index, key, candidate);
            match next.clone().try_into::<File>() {
                Ok(read) => {
                    (file, table) = (read, Some(next));
                    break;
                }
                Err(error) => {
                    first_error.get_or_insert(error);
                }
            }
        }
        match (&table, first_error) {
            (None, Some(error)) => {
                let problem = if key == "password" {
                    "it is no text"
                } else {
                    error.message()
                };
                return Err(ConfigError::Variable {
                    variable,
                    problem: super::place::one_line(problem),
                });
            }
            _ => overridden.insert((section.to_owned(), index, key.to_owned()), variable),
        };
    }
    Ok((file, overridden))
}

/// A variable that is meant for a section and names no key of it: what it should have changed would quietly stay as it was. Those of
/// inboxes and targets are let be: they may be another config's.
pub fn misspelt(names: impl IntoIterator<Item = String>) -> Option<ConfigError> {
    names.into_iter().find_map(|variable| {
        let rest = variable.strip_prefix("M4C_STORIES_")?;
        let (section, keys) = sections().into_iter().find(|(section, _)| {
            rest.strip_prefix(&as_variable(section))
                .is_some_and(|key| key.starts_with('_'))
        })?;
        let key = &rest[section.len() + 1..];
        if keys.iter().any(|known| as_variable(known) == key) {
            return None;
        }
        let nearest = nearest(&key.to_ascii_lowercase(), keys.iter().copied());
        Some(ConfigError::UnknownVariable {
            section,
            nearest: nearest.map(|key| format!("M4C_STORIES_{}_{}", as_variable(section), as_variable(key))),
            known: keys.join(", "),
            variable,
        })
    })
}

fn set(table: &mut toml::Table, section: &str, index: Option<usize>, key: &str, value: toml::Value) {
    let empty = || toml::Value::Table(toml::Table::new());
    let place = match index {
        None => Some(table.entry(section).or_insert_with(empty)),
        Some(index) => table.get_mut(section).and_then(|list| list.get_mut(index)),
    };
    if let Some(toml::Value::Table(section)) = place {
        section.insert(key.to_owned(), value);
    }
}
