//! Words and sentences, with where they stand.

use std::ops::Range;

/// Letters and digits, with hyphens and apostrophes inside.
#[derive(Debug, Clone, Copy)]
pub struct Word<'a> {
    /// The byte of the page.
    pub at: usize,
    pub text: &'a str,
    /// What stands between the word before and this one; all of the line before the first.
    pub gap: &'a str,
}

impl<'a> Word<'a> {
    /// Without a possessive 's.
    pub fn bare(&self) -> &'a str {
        let text = self.text;
        ["'s", "’s", "'", "’"]
            .iter()
            .find_map(|s| text.strip_suffix(s))
            .unwrap_or(text)
    }

    /// Written like a name: a capital first, and not all in capitals.
    pub fn is_named(&self) -> bool {
        let mut letters = self.bare().chars();
        letters.next().is_some_and(char::is_uppercase) && letters.any(char::is_lowercase)
    }

    /// Behind the word.
    pub fn end(&self) -> usize {
        self.at + self.text.len()
    }
}

#[derive(Debug, Clone)]
pub struct Sentence<'a> {
    pub words: Vec<Word<'a>>,
    /// All of it as it is written, from its first word to what ends it.
    pub text: &'a str,
    /// What stands right behind the last word.
    pub after: &'a str,
}

impl Sentence<'_> {
    /// Where the name that these words are stands in the page, without a possessive 's.
    pub fn name(&self, first: usize, last: usize) -> Range<usize> {
        let last = &self.words[last];
        self.words[first].at..last.at + last.bare().len()
    }
}

/// Longer ones are cut here, so that "in one sentence" always means "near".
const LONGEST: usize = 60;

/// The sentences of a Markdown text that stands at byte `offset` of the page.
pub fn sentences(text: &str, offset: usize) -> Vec<Sentence<'_>> {
    let mut all = Vec::new();
    let mut now: Vec<Word> = Vec::new();
    let mut last_end = 0;
    for (at, end) in spans(text) {
        let gap = &text[last_end..at];
        if now.last().is_some_and(|last| ends(last.text, gap)) || now.len() >= LONGEST {
            all.push(sentence(text, offset, std::mem::take(&mut now), gap));
        }
        now.push(Word {
            at: offset + at,
            text: &text[at..end],
            gap,
        });
        last_end = end;
    }
    if !now.is_empty() {
        all.push(sentence(text, offset, now, &text[last_end..]));
    }
    all
}

fn sentence<'a>(text: &'a str, offset: usize, words: Vec<Word<'a>>, after: &'a str) -> Sentence<'a> {
    let (from, to) = (words[0].at - offset, words[words.len() - 1].end() - offset);
    Sentence {
        text: &text[from..to],
        after,
        words,
    }
}

/// Byte ranges of the words.
fn spans(text: &str) -> impl Iterator<Item = (usize, usize)> + '_ {
    let mut chars = text.char_indices().peekable();
    std::iter::from_fn(move || {
        let (start, _) = chars.find(|(_, c)| c.is_alphanumeric())?;
        let mut end = start + text[start..].chars().next().map_or(0, char::len_utf8);
        while let Some(&(at, c)) = chars.peek() {
            let next = || text[at + c.len_utf8()..].chars().next();
            let joins = matches!(c, '\'' | '’' | '-') && next().is_some_and(char::is_alphanumeric);
            let mark = matches!(c, '\u{300}'..='\u{36f}' | '\u{200b}'..='\u{200d}' | '\u{ad}');
            if !(c.is_alphanumeric() || joins || mark) {
                break;
            }
            end = at + c.len_utf8();
            chars.next();
        }
        Some((start, end))
    })
}

/// Whether a sentence ends between this word and the next.
fn ends(word: &str, gap: &str) -> bool {
    let stop = gap.find(['.', '!', '?', '…', '。', '！', '？']);
    if let Some(at) = stop {
        let rest = &gap[at..];
        let full_stop = rest.starts_with('.') && !rest.starts_with("..");
        let mark = rest.chars().next().map_or(1, char::len_utf8);
        let blank = rest[mark..].starts_with([' ', '\n', '\u{a0}', '"', '”', '’', ')', '*', '_', '.', '!', '?']);
        let initial = word.chars().count() == 1 && word.chars().all(char::is_uppercase) && word != "I";
        let wide = rest.starts_with(['。', '！', '？']);
        if wide || (blank && !(full_stop && (initial || super::names::is_title(word) || word == "St"))) {
            return true;
        }
    }
    // a hard break, a cell, an empty line, a list or a quotation
    gap.contains(['\\', '|', '•'])
        || gap.contains('\n')
            && (gap.matches('\n').count() > 1
                || gap.contains("\n-")
                || gap.contains("\n*")
                || gap.contains("\n>")
                || gap.contains("\n#")
                || gap.contains("\n+"))
}
