//! Phrases that are looked for all at once: one pass over a line, however many there are.

use std::sync::OnceLock;

use aho_corasick::AhoCorasick;

/// A list of phrases, in lower case.
pub(super) struct Phrases {
    list: &'static [&'static str],
    found: OnceLock<AhoCorasick>,
}

impl Phrases {
    pub const fn new(list: &'static [&'static str]) -> Phrases {
        let found = OnceLock::new();
        Phrases { list, found }
    }

    pub fn list(&self) -> &'static [&'static str] {
        self.list
    }

    /// Whether one of them stands in `fold`, also within a word.
    pub fn stand_in(&self, fold: &str) -> bool {
        let made = || AhoCorasick::new(self.list).expect("short phrases");
        self.found.get_or_init(made).is_match(fold)
    }
}
