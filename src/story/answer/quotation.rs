//! What an author changed inside the quotation of our letter: an answer under a question, a word put right in the text that was shown.
//!
//! The words of the quotation are walked along those of the letter, whatever its program made of lines, marks and quotation marks. A
//! letter may be quoted in part; what it has not is the author's.

use std::collections::HashMap;
use std::sync::Arc;

use unicode_normalization::UnicodeNormalization;

use crate::story::passage::{Kind, Line, Span};
use crate::story::plain::is_hidden;

/// Words that follow each other and tell where in the letter the quotation goes on.
const RUN: usize = 3;

/// Pieces of a word that was broken where a line was full.
const PIECES: usize = 3;

/// Words of one change that a note tells.
const TOLD_WORDS: usize = 12;
/// Changes that it tells.
const TOLD_CHANGES: usize = 6;

/// Changes that are looked for: with one there is no yes.
const MOST_CHANGES: usize = 200;

/// Words of the author in the quotation of a letter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Change {
    /// The words that the letter has not; empty where words of it are missing or struck out.
    pub words: String,
    /// The letter's words in whose place they stand.
    pub instead: String,
    /// The line of the letter that they stand in or under; empty above its first. Of what is struck out, the quotation's own.
    pub under: Arc<str>,
    /// The lines of the quotation that they stand in.
    pub lines: Vec<Arc<str>>,
    /// Words of the letter stand before and after them, or would.
    pub inside: bool,
}

/// Where the quotation of a letter says something else than the letter.
pub fn changes(letter: &[Line], quotation: &[Line]) -> Vec<Change> {
    let (ours, theirs) = (Words::of(letter), Words::of(quotation));
    let mut walk = Walk {
        ours: &ours,
        theirs: &theirs,
        runs: ours.runs(),
        at: 0,
        found: Vec::new(),
        open: None,
    };
    walk.go();
    let mut found = walk.found;
    if ours.struck.is_empty() {
        found.extend(theirs.struck.iter().take(MOST_CHANGES).map(|(words, line)| Change {
            instead: words.clone(),
            under: Arc::clone(&theirs.lines[*line]),
            inside: true,
            ..Change::default()
        }));
    }
    found
}

/// Where the quotation of a letter that shows a text says something else than the text: what stands above and below it is not compared.
pub fn changes_within(text: &[Line], quotation: &[Line]) -> Vec<Change> {
    let mut found = changes(text, quotation);
    found.retain(|change| change.inside);
    found
}

/// The changes in words for a person, as many as fit a note.
pub fn told(changes: &[Change]) -> String {
    let short = |text: &str| {
        let words: Vec<&str> = text.split(' ').collect();
        match words.len() > TOLD_WORDS {
            true => format!("{} ...", words[..TOLD_WORDS].join(" ")),
            false => text.to_owned(),
        }
    };
    let say = |change: &Change| match (change.words.as_str(), change.instead.as_str()) {
        ("", gone) => format!("without \"{}\"", short(gone)),
        (new, "") => format!("\"{}\"", short(new)),
        (new, old) => format!("\"{}\" for \"{}\"", short(new), short(old)),
    };
    let mut said: Vec<String> = changes.iter().take(TOLD_CHANGES).map(say).collect();
    if let Some(more) = changes.len().checked_sub(TOLD_CHANGES).filter(|more| *more > 0) {
        said.push(format!("{more} more"));
    }
    said.join(", ")
}

/// One word as it is compared.
struct Word {
    fold: String,
    shown: String,
    line: usize,
    /// The stretch of lines without a blank one between them.
    paragraph: usize,
    /// In an address of the web, or the number of a list's item: programs leave it out and put it in.
    loose: bool,
    /// Before it stands a sign that something was left out.
    left_out: bool,
}

/// The words of some lines.
struct Words {
    all: Vec<Word>,
    lines: Vec<Arc<str>>,
    /// What is struck out, and in which line.
    struck: Vec<(String, usize)>,
    /// The line above says that something was left out.
    left_out: bool,
}

impl Words {
    fn of(lines: &[Line]) -> Words {
        let mut words = Words {
            all: Vec::new(),
            lines: Vec::with_capacity(lines.len()),
            struck: Vec::new(),
            left_out: false,
        };
        let mut paragraph = 0;
        for line in lines {
            let (text, struck) = standing(line);
            let shown = text.trim_start_matches(['>', ' ', '\u{a0}']).trim_end();
            paragraph += usize::from(shown.is_empty());
            words.add(shown, paragraph);
            if !struck.trim().is_empty() {
                words.struck.push((struck.trim().to_owned(), words.lines.len()));
            }
            words.lines.push(shown.into());
        }
        words
    }

    fn add(&mut self, shown: &str, paragraph: usize) {
        let line = self.lines.len();
        let text = plain(shown);
        let first = self.all.len();
        // `[...]` in a line of its own
        let dots = |c: char| matches!(c, '.' | '\u{2026}' | '[' | ']' | '(' | ')' | ' ');
        self.left_out |= text.contains("...") && text.chars().all(dots);
        for piece in text.split_whitespace() {
            let address = piece.contains("://") || piece.starts_with("www.");
            let number = self.all.len() == first && is_item_number(piece);
            for word in parted(piece) {
                self.all.push(Word {
                    fold: word.to_lowercase(),
                    shown: word,
                    line,
                    paragraph,
                    loose: address || number,
                    left_out: std::mem::take(&mut self.left_out),
                });
            }
        }
    }

    /// Where each run of words begins, in order.
    fn runs(&self) -> HashMap<[&str; RUN], Vec<usize>> {
        let mut runs: HashMap<[&str; RUN], Vec<usize>> = HashMap::new();
        for (at, run) in self.all.windows(RUN).enumerate() {
            runs.entry(std::array::from_fn(|n| run[n].fold.as_str()))
                .or_default()
                .push(at);
        }
        runs
    }

    fn begins_line(&self, at: usize) -> bool {
        at == 0 || self.all[at - 1].line != self.all[at].line
    }
}

/// A line's words, and apart from them those that are struck out.
fn standing(line: &Line) -> (String, String) {
    let cells: &[Vec<Span>] = match &line.kind {
        Kind::Row { cells, .. } => cells,
        _ => &[],
    };
    let (mut stand, mut struck) = (String::new(), String::new());
    for span in line
        .spans
        .iter()
        .chain(cells.iter().flatten())
        .filter(|span| span.image.is_none())
    {
        match span.strike {
            true => struck.push_str(&span.text),
            false => stand.push_str(&span.text),
        }
    }
    (stand, struck)
}

/// `1.`, `12)`: what stands before the item of a list.
fn is_item_number(piece: &str) -> bool {
    let number = piece.strip_suffix(['.', ')']).unwrap_or_default();
    !number.is_empty() && number.len() <= 2 && number.bytes().all(|b| b.is_ascii_digit())
}

/// The words in what stands between two blanks. A script without blanks is compared sign by sign.
fn parted(piece: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut goes_on = false;
    for c in piece.chars() {
        let alone = matches!(c, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{2e80}'..='\u{a4cf}' | '\u{20000}'..);
        // signs that say something: a sum's, a doubt
        let alone = alone || SIGNS.contains(&c);
        match (
            alone || c.is_alphanumeric() || unicode_normalization::char::is_combining_mark(c),
            alone,
        ) {
            (false, _) => goes_on = false,
            (true, true) => {
                words.push(c.into());
                goes_on = false;
            }
            (true, false) => match words.last_mut().filter(|_| goes_on) {
                Some(word) => word.push(c),
                None => {
                    words.push(c.into());
                    goes_on = true;
                }
            },
        }
    }
    words
}

/// Signs that are compared like words.
const SIGNS: [char; 6] = ['\u{a3}', '\u{20ac}', '$', '\u{a5}', '%', '?'];

/// What programs put in place of signs.
const ESCAPES: [(&str, &str); 7] = [
    ("&nbsp;", " "),
    ("&amp;", "&"),
    ("&quot;", "\""),
    ("&lt;", "<"),
    ("&gt;", ">"),
    ("&#39;", "'"),
    ("&#160;", " "),
];

/// What a program writes into plain text for a link or a picture begins so, and ends with the bracket's other half.
const FOR_A_LINK: [(&str, char); 6] = [
    ("<http", '>'),
    ("<mailto:", '>'),
    ("[http", ']'),
    ("[mailto:", ']'),
    ("[cid:", ']'),
    ("[image:", ']'),
];

/// The line without what only a program put there.
fn plain(text: &str) -> String {
    let mut text: String = text.nfkc().filter(|c| !is_hidden(*c)).collect();
    for (escape, sign) in ESCAPES {
        if text.contains(escape) {
            text = text.replace(escape, sign);
        }
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(at) = rest.find(['<', '[']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let link = FOR_A_LINK
            .iter()
            .find(|(start, _)| rest.get(..start.len()).is_some_and(|s| s.eq_ignore_ascii_case(start)));
        // an address has no blanks, and a half of a bracket is none
        let whole = |(start, end): &(&str, char)| {
            let end = rest.find(*end)? + 1;
            (*start == "[image:" || !rest[..end].contains(' ')).then_some(end)
        };
        let link = link.and_then(whole);
        let end = link.unwrap_or(1);
        out.push_str(match link {
            Some(_) => " ",
            None => &rest[..end],
        });
        rest = &rest[end..];
    }
    // the second half of `<https://...>` where a line ended before the address
    let address = |text: &str| text.starts_with("http") && text.ends_with('>') && !text.contains([' ', '<']);
    match address(rest) && out.is_empty() {
        true => String::new(),
        false => out + rest,
    }
}

/// The quotation, walked along the letter.
struct Walk<'a> {
    ours: &'a Words,
    theirs: &'a Words,
    runs: HashMap<[&'a str; RUN], Vec<usize>>,
    /// The letter's word that should come next.
    at: usize,
    found: Vec<Change>,
    /// The words that the author put in here, not told yet.
    open: Option<Change>,
}

impl Walk<'_> {
    fn go(&mut self) {
        let all = &self.theirs.all;
        let mut i = 0;
        while i < all.len() && self.found.len() < MOST_CHANGES {
            if let Some(many) = self.next_is(i) {
                self.close("", true);
                self.at += 1;
                i += many;
                continue;
            }
            let ours = self.ours.all.get(self.at);
            let numbered = ours.is_some_and(|word| is_number(&word.fold));
            if all[i].loose && !numbered && is_number(&all[i].fold) {
                i += 1;
                continue;
            }
            match self.goes_on_at(i) {
                Some(at) => self.leap(at, all[i].left_out),
                None => {
                    self.put_in(i);
                    i += 1;
                }
            }
        }
        if i == all.len() {
            self.close("", false);
        }
    }

    /// How many words of the quotation are the letter's next one: more than one where a full line broke it.
    fn next_is(&self, i: usize) -> Option<usize> {
        let (all, ours) = (&self.theirs.all, self.ours.all.get(self.at)?);
        let mut whole = String::new();
        for n in 0..PIECES.min(all.len() - i) {
            if n > 0 && !self.theirs.begins_line(i + n) {
                return None;
            }
            whole.push_str(&all[i + n].fold);
            if whole == ours.fold {
                return Some(n + 1);
            }
            if !ours.fold.starts_with(&whole) {
                return None;
            }
        }
        None
    }

    /// The place further down in the letter where the quotation goes on with this word.
    fn goes_on_at(&self, i: usize) -> Option<usize> {
        let (all, ours) = (&self.theirs.all, &self.ours.all);
        if let Some(run) = all.get(i..i + RUN) {
            let run: [&str; RUN] = std::array::from_fn(|n| run[n].fold.as_str());
            let places = self.runs.get(&run)?;
            return places.get(places.partition_point(|at| *at <= self.at)).copied();
        }
        // a last line too short to be known by three words
        let rest = &all[i..];
        let same =
            |at: &usize| ours[*at..].iter().zip(rest).all(|(a, b)| a.fold == b.fold) && ours.len() - at >= rest.len();
        self.theirs.begins_line(i).then(|| {
            (self.at + 1..ours.len())
                .filter(|at| self.ours.begins_line(*at))
                .find(same)
        })?
    }

    /// Goes on further down: a quotation may begin with any paragraph; what is left out further down has to be said.
    fn leap(&mut self, at: usize, left_out: bool) {
        let ours = &self.ours.all;
        let above = ours[..at].iter().rfind(|word| !word.loose);
        let begins = self.at == 0 && above.is_none_or(|word| word.paragraph != ours[at].paragraph);
        match begins || left_out {
            true => self.close("", true),
            false => self.missing(self.at, at),
        }
        self.at = at;
    }

    /// Words of the letter that the quotation has not.
    fn missing(&mut self, from: usize, to: usize) {
        let gone = self.ours.all[from..to].iter().filter(|word| !word.loose);
        let gone: Vec<&str> = gone.take(2 * TOLD_WORDS).map(|word| word.shown.as_str()).collect();
        if !gone.is_empty() && self.open.is_none() {
            self.open = Some(Change {
                under: Arc::clone(&self.ours.lines[self.ours.all[from].line]),
                ..Change::default()
            });
        }
        self.close(&gone.join(" "), true);
    }

    fn put_in(&mut self, i: usize) {
        let word = &self.theirs.all[i];
        let line = &self.theirs.lines[word.line];
        let under = self.at.checked_sub(1).map(|at| self.ours.all[at].line);
        let change = self.open.get_or_insert_with(|| Change {
            under: under.map(|line| Arc::clone(&self.ours.lines[line])).unwrap_or_default(),
            ..Change::default()
        });
        if !change.words.is_empty() {
            change.words.push(' ');
        }
        change.words.push_str(&word.shown);
        if !change.lines.last().is_some_and(|last| Arc::ptr_eq(last, line)) {
            change.lines.push(Arc::clone(line));
        }
    }

    fn close(&mut self, instead: &str, goes_on: bool) {
        if let Some(change) = self.open.take() {
            self.found.push(Change {
                inside: goes_on && self.at > 0 || !instead.is_empty(),
                instead: instead.to_owned(),
                ..change
            });
        }
    }
}

fn is_number(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LETTER: &str = "Dear Marion,\n\nThis is your story as it will appear.\n\n1. We were eleven people in the back room.\n\
        2. My son pressed the button forty times.\n\nhttps://example.org/a/b was our page.\n\nIf it is right, please reply \"I agree\".\n\nWith best wishes,\nM4C Team";

    fn lines(text: &str) -> Vec<Line> {
        text.lines().map(Line::plain).collect()
    }

    fn found(quotation: &str) -> String {
        told(&changes(&lines(LETTER), &lines(quotation)))
    }

    #[test]
    fn a_letter_quoted_otherwise_is_the_same_letter() {
        for quotation in [
            "",
            LETTER,
            "> Dear Marion,\n> This is your story as it\n> will appear.\n>> 1. We were eleven people\nin the back room.\n2. My son pressed the button forty times.",
            "We were eleven people in the back room.\nMy son pressed the button forty times.",
            "DEAR MARION\n\n[...]\n\nM4C Team",
            "Dear&nbsp;Marion, This is your sto\u{ad}ry as it will ap\npear.",
            "https://example.org/a/b <https://safe.example.org/?u=1>\nwas our page.",
            "This is your story as it will appear.\n[...]\nIf it is right, please reply \"I agree\".",
            "With best wishes,\nM4C Team",
        ] {
            assert_eq!(found(quotation), "", "{quotation}");
        }
        let broken = LETTER.replace("https://example", "https://exam\nple");
        let broken = broken
            .replace("our page.", "our page. [image: the logo]")
            .replace('"', "\u{201e}");
        assert_eq!(found(&broken), "");
    }

    #[test]
    fn other_words_in_it_are_the_authors() {
        for (quotation, said) in [
            (LETTER.replace("eleven", "nine"), "\"nine\" for \"eleven\""),
            (LETTER.replace("forty times", "forty-one times"), "\"one\""),
            (LETTER.replace("eleven people in", "eleven in"), "without \"people\""),
            (LETTER.replace(" in the back room", ""), "without \"in the back room\""),
            (
                LETTER.replace("\n2. My son pressed the button forty times.", ""),
                "without \"My son pressed the button forty times\"",
            ),
            (
                LETTER.replace("This is your story as it will appear.\n\n", ""),
                "without \"This is your story as it will appear\"",
            ),
            (LETTER.replace("forty times", "forty times?"), "\"?\""),
            (
                LETTER.replace("was our page", "[http never was our page"),
                "\"http never\"",
            ),
            (format!("{LETTER}\nNo"), "\"No\""),
            (
                LETTER.replace("room.\n2", "room. Twelve, in fact!\n2"),
                "\"Twelve in fact\"",
            ),
            (
                LETTER.replace("back room", "kitchen").replace("forty", "fifty"),
                "\"kitchen\" for \"back room\", \"fifty\" for \"forty\"",
            ),
            (LETTER.replace("eleven", "11"), "\"11\" for \"eleven\""),
            (
                "An older letter, about the bus stop.".to_owned(),
                "\"An older letter about the bus stop\"",
            ),
        ] {
            assert_eq!(found(&quotation), said, "{quotation}");
        }
    }

    #[test]
    fn an_answer_stands_under_the_line_of_the_letter() {
        let quotation =
            lines("We were eleven people in the back room.\nIt was twelve.\nMy son pressed the button forty times.");
        let changes = changes(&lines(LETTER), &quotation);
        assert_eq!(changes.len(), 1);
        assert_eq!(&*changes[0].under, "1. We were eleven people in the back room.");
        assert_eq!(changes[0].lines, ["It was twelve.".into()]);
    }

    #[test]
    fn what_stands_around_a_text_that_is_shown_is_not_compared() {
        let text = lines("We were eleven people in the back room.\n\nMy son pressed the button forty times.");
        let shown = |text: &str| format!("Robin, a story waits.\n\n{text}\n\nAnswer with approve.");
        let words = "We were eleven people\nin the back room.\n\nMy son pressed the button forty times.";
        assert_eq!(changes_within(&text, &lines(&shown(words))), []);
        let changed = shown(&words.replace("eleven", "nine"));
        assert_eq!(
            told(&changes_within(&text, &lines(&changed))),
            "\"nine\" for \"eleven\""
        );
    }

    #[test]
    fn a_script_without_blanks_is_compared_sign_by_sign() {
        let letter = lines("私たちは十一人でした。息子はボタンを四十回押しました。");
        assert_eq!(
            changes(
                &letter,
                &lines("> 私たちは十一人で\n> した。息子はボタンを四十回押しました。")
            ),
            []
        );
        let said = told(&changes(
            &letter,
            &lines("私たちは十二人でした。息子はボタンを四十回押しました。"),
        ));
        assert_eq!(said, "\"二\" for \"一\"");
    }

    #[test]
    fn what_is_struck_out_is_not_there() {
        let mut struck = lines(LETTER);
        let line = struck.iter_mut().find(|l| l.words().contains("forty")).expect("a line");
        line.spans.iter_mut().for_each(|span| span.strike = true);
        assert!(told(&changes(&lines(LETTER), &struck)).contains("pressed the button forty times"));
    }

    #[test]
    fn changes_are_counted_and_no_line_is_copied_for_each() {
        let letter = "we were eleven people in the back room ".repeat(2000);
        let quotation = letter.replace("eleven", "nine");
        let found = changes(&lines(&letter), &lines(&quotation));
        assert_eq!(found.len(), MOST_CHANGES);
        let same = |change: &Change| Arc::ptr_eq(&change.lines[0], &found[0].lines[0]);
        assert!(found.iter().all(same));
    }

    #[test]
    fn a_note_names_few_and_a_long_quotation_is_compared_in_time() {
        let long = "we went on and on. ".repeat(20_000);
        let changes = changes(&lines(&long), &lines(&format!("{long} {}", "nine ten ".repeat(20))));
        assert!(told(&changes).len() < 200, "{}", told(&changes));
    }
}
