//! Phrases that are looked for all at once: one pass over a line, however many there are.

use std::collections::{BTreeSet, HashSet};
use std::sync::OnceLock;

use aho_corasick::AhoCorasick;

/// So many bytes of its end tell whether a line may end with one.
const END: usize = 3;

/// A list of phrases, in lower case.
pub(super) struct Phrases {
    list: &'static [&'static str],
    found: OnceLock<AhoCorasick>,
    ends: OnceLock<HashSet<&'static [u8]>>,
}

impl Phrases {
    pub const fn new(list: &'static [&'static str]) -> Phrases {
        Phrases {
            list,
            found: OnceLock::new(),
            ends: OnceLock::new(),
        }
    }

    pub fn list(&self) -> &'static [&'static str] {
        self.list
    }

    /// Whether one of them stands in `fold`, also within a word.
    pub fn stand_in(&self, fold: &str) -> bool {
        self.searcher().is_match(fold)
    }

    /// Those that stand in `fold`, also within a word or another phrase, in the order of the list.
    pub fn all_in(&self, fold: &str) -> Vec<&'static str> {
        let found = self
            .searcher()
            .find_overlapping_iter(fold)
            .map(|m| m.pattern().as_usize());
        found
            .collect::<BTreeSet<_>>()
            .into_iter()
            .map(|at| self.list[at])
            .collect()
    }

    fn searcher(&self) -> &AhoCorasick {
        let made = || AhoCorasick::new(self.list).expect("short phrases");
        self.found.get_or_init(made)
    }

    /// Whether `fold` ends with one of them.
    pub fn end(&self, fold: &str) -> bool {
        let end = |text: &'static str| &text.as_bytes()[text.len() - END.min(text.len())..];
        let ends = self
            .ends
            .get_or_init(|| self.list.iter().map(|text| end(text)).collect());
        let fold_end = &fold.as_bytes()[fold.len() - END.min(fold.len())..];
        // the few phrases that are shorter are looked for in the list
        let maybe = ends.contains(fold_end) || self.list.iter().any(|text| text.len() < END);
        maybe && self.list.iter().any(|text| fold.ends_with(text))
    }
}
