//! What was cut from a draft, as `cut.jsonl` keeps it, and how it goes back into the text.

use std::cell::LazyCell;
use std::collections::{HashMap, HashSet};
use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::story::cut::Rule;

/// Text that was cut, and where it stood: a line of `cut.jsonl`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CutPiece {
    /// From 1.
    pub n: u32,
    /// `signature-delimiter`, `cover-note` ...
    pub rule: String,
    /// The rule in words.
    pub why: String,
    /// Markdown.
    pub text: String,
    /// The paragraph of the body before which it stood; empty: the end. Of lines that went without an address only
    /// (`attribution-address`): what is left of them.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub before: String,
}

/// Puts a cut piece back where it stood: before the paragraph it names, or, where that is no longer there, at the end. Lines
/// that an address was taken out of are put in the place of what is left of them.
pub fn restore(body: &str, piece: &CutPiece) -> String {
    let text = piece.text.trim_end();
    if piece.rule == Rule::AttributionAddress.name()
        && let Some(left) = words_of(body, &piece.before)
    {
        return format!("{}{text}{}", &body[..left.start], &body[left.end..]);
    }
    let at = place_of(body, &piece.before);
    match at {
        Some(at) => format!("{}{text}\n\n{}", &body[..at], &body[at..]),
        None if body.trim().is_empty() => format!("{text}\n"),
        None => format!("{}\n\n{text}\n", body.trim_end()),
    }
}

/// The numbers of those pieces that are in the body still, of some that were put back: all words of a piece where it is there for
/// an address, else most of them, as an edit may have tidied it.
pub fn standing<'a>(body: &str, pieces: impl IntoIterator<Item = &'a CutPiece>) -> HashSet<u32> {
    let all: &[&str] = &body.split_whitespace().collect::<Vec<_>>();
    let places = LazyCell::new(|| {
        let mut places: HashMap<&str, Vec<usize>> = HashMap::new();
        for (at, word) in all.iter().enumerate() {
            places.entry(word).or_default().push(at);
        }
        places
    });
    // of one, two and three words: single ones stand anywhere
    let runs = [1, 2, 3].map(|many| LazyCell::new(move || all.windows(many).collect::<HashSet<_>>()));
    let stands = |piece: &CutPiece| {
        let wanted: Vec<&str> = piece.text.split_whitespace().collect();
        if piece.rule == Rule::AttributionAddress.name() {
            let starts = wanted.first().and_then(|first| places.get(first));
            return starts.is_some_and(|starts| place_of_words(body, all, &wanted, starts.iter().copied()).is_some());
        }
        let many = wanted.len().clamp(1, 3);
        let there = &runs[many - 1];
        let found = wanted.windows(many).filter(|run| there.contains(run)).count();
        found * 2 >= wanted.windows(many).len()
    };
    let pieces = pieces.into_iter().filter(|piece| stands(piece));
    pieces.map(|piece| piece.n).collect()
}

/// Where these words stand in the body one after the other: filling lines, however those are broken; or, as a line that the mail's
/// program wrapped is in the middle of one now, anywhere, where they are more than a few and stand there once.
fn words_of(body: &str, text: &str) -> Option<Range<usize>> {
    let words = |text| str::split_whitespace(text).collect::<Vec<_>>();
    let (words, wanted) = (words(body), words(text));
    place_of_words(body, &words, &wanted, 0..words.len())
}

/// As [`words_of`], of the body's words, where they may start.
fn place_of_words(
    body: &str,
    words: &[&str],
    wanted: &[&str],
    starts: impl Iterator<Item = usize>,
) -> Option<Range<usize>> {
    let place = |word: &str| word.as_ptr() as usize - body.as_ptr() as usize;
    let last = wanted.len().checked_sub(1)?;
    let fills = |place: &Range<usize>| {
        let before = body[..place.start].trim_end_matches(['>', ' ']);
        let after = body[place.end..].trim_start_matches(['\\', ' ']);
        (before.is_empty() || before.ends_with('\n')) && (after.is_empty() || after.starts_with('\n'))
    };
    let mut places = starts
        .filter(|at| words[*at..].starts_with(wanted))
        .map(|at| place(words[at])..place(words[at + last]) + words[at + last].len());
    let one = places.next()?;
    if fills(&one) {
        return Some(one);
    }
    let mut alone = wanted.len() >= 4;
    let another = places.inspect(|_| alone = false).find(fills);
    another.or(Some(one).filter(|_| alone))
}

/// Where the paragraph begins: exactly it, or, as an edit may have changed it, one that begins alike.
fn place_of(body: &str, paragraph: &str) -> Option<usize> {
    let paragraph = paragraph.trim();
    if paragraph.is_empty() {
        return None;
    }
    let starts = || {
        let after_blank = body.match_indices("\n\n").map(|(at, _)| at + 2);
        std::iter::once(0)
            .chain(after_blank)
            .filter(|&at| !body[at..].starts_with('\n'))
    };
    let exact = starts().find(|&at| {
        body[at..]
            .strip_prefix(paragraph)
            .is_some_and(|rest| rest.trim_end_matches(' ').is_empty() || rest.starts_with('\n'))
    });
    let opening: String = paragraph.chars().take(30).collect();
    exact.or_else(|| starts().find(|&at| body[at..].starts_with(&opening)))
}
