//! What a rule finds in a page, before it is told where that is.

use std::collections::HashMap;

use crate::story::record::one_line;

/// More findings of one rule than these are told when some of these are gone.
pub(super) const MANY: usize = 200;

/// So many places of a finding are told.
pub(super) const PLACES: usize = 20;

/// Words that were found, once or more.
pub(super) struct Hit {
    /// What makes them the same finding.
    pub(super) norm: String,
    /// At which bytes of the page; one at least.
    pub(super) offsets: Vec<usize>,
    /// As they are shown.
    pub(super) words: String,
}

/// What a rule finds, in the order in which it does.
#[derive(Default)]
pub(super) struct Hits {
    list: Vec<Hit>,
    /// Where in the list, by what makes them the same.
    place: HashMap<String, usize>,
}

impl Hits {
    /// Words found at a byte of the page. Case, spaces and marks make no other finding.
    pub(super) fn add(&mut self, at: usize, words: &str) {
        self.add_as(at, words, words);
    }

    /// Shown as `words`, and the same finding wherever `same` is.
    pub(super) fn add_as(&mut self, at: usize, words: &str, same: &str) {
        let norm: String = same
            .chars()
            .filter(|c| c.is_alphanumeric())
            .flat_map(char::to_lowercase)
            .collect();
        // words of marks only are still words
        let norm = if norm.is_empty() { same.to_owned() } else { norm };
        match self.place.get(&norm) {
            Some(&place) => {
                let offsets = &mut self.list[place].offsets;
                if offsets.len() < PLACES && !offsets.contains(&at) {
                    offsets.push(at);
                }
            }
            None if self.list.len() >= MANY => {}
            None => {
                self.place.insert(norm.clone(), self.list.len());
                self.list.push(Hit {
                    norm,
                    offsets: vec![at],
                    words: shown(words),
                });
            }
        }
    }

    pub(super) fn into_list(self) -> Vec<Hit> {
        self.list
    }
}

/// On one line, no longer than a line.
fn shown(words: &str) -> String {
    let words: String = words.chars().take(400).collect();
    let line = one_line(&words);
    if line.chars().count() <= 100 {
        return line;
    }
    let start: String = line.chars().take(99).collect();
    format!("{start}…")
}
