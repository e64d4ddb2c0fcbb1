//! What an author changed inside the quotation of our letter: an answer under a question, a word put right in the text that was shown.
//!
//! The words of the quotation are walked along those of the letter, whatever its program made of lines, marks and quotation marks. A
//! letter may be quoted in part; what it has not is the author's.

use std::collections::HashMap;
use std::sync::Arc;

use unicode_normalization::UnicodeNormalization;

use crate::story::draft::says_something;
use crate::story::markdown::unwrapped;
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

/// Places of the letter where a line may go on.
const MOST_PLACES: usize = 20;

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
}

/// Where the quotation of a letter says something else than the letter.
pub fn changes(letter: &[Line], quotation: &[Line]) -> Vec<Change> {
    let (mut ours, theirs) = (Words::of(letter), Words::of(quotation));
    ours.number_items(&theirs);
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
            ..Change::default()
        }));
    }
    found
}

/// The lines of a mail, where some that nothing marks go on in the letter's words right under a marked one: a program wrapped the
/// quotation and marked its first lines only. They are marked like the line above them.
pub fn marked_on(letter: &[Line], mail: &[Line]) -> Option<Vec<Line>> {
    let is_marked = |line: &Line| line.quote > 0 && !line.is_blank();
    let bare = |line: &Line| line.quote == 0 && !line.hints.quoted && !line.is_blank();
    if !mail.windows(2).any(|pair| is_marked(&pair[0]) && bare(&pair[1])) {
        return None;
    }
    let (ours, theirs) = (Words::of(letter), Words::of(mail));
    let runs = ours.runs();
    let mut marked: Option<Vec<Line>> = None;
    let mut at = 0;
    for n in 0..mail.len() {
        let first = at;
        while theirs.all.get(at).is_some_and(|word| word.line == n) {
            at += 1;
        }
        let above = n.checked_sub(1).map(|above| &marked.as_deref().unwrap_or(mail)[above]);
        let Some(above) = above.filter(|above| is_marked(above) && bare(&mail[n])) else {
            continue;
        };
        let Some(from) = first.checked_sub(RUN).filter(|_| first < at) else {
            continue;
        };
        let run: [&str; RUN] = std::array::from_fn(|n| theirs.all[from + n].fold.as_str());
        let line = &theirs.all[first..at];
        let goes_on = |place: &&usize| {
            let next = ours.all[**place + RUN..].iter();
            next.len() >= line.len() && next.zip(line).all(|(a, b)| a.fold == b.fold)
        };
        let places = runs.get(&run).into_iter().flatten().take(MOST_PLACES);
        if places.into_iter().any(|place| goes_on(&place)) {
            let quote = above.quote;
            marked.get_or_insert_with(|| mail.to_vec())[n].quote = quote;
        }
    }
    marked
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
    /// In an address of the web, or the number of a list's item: programs leave it out.
    loose: bool,
    /// The number of a list's item.
    number: bool,
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
            let number = match line.kind {
                Kind::Item { number, .. } => number,
                _ => None,
            };
            words.add(shown, number, paragraph);
            if !struck.trim().is_empty() {
                words.struck.push((struck.trim().to_owned(), words.lines.len()));
            }
            words.lines.push(shown.into());
        }
        words
    }

    fn add(&mut self, shown: &str, number: Option<u32>, paragraph: usize) {
        let text = plain(shown);
        if is_left_out(&text) {
            self.left_out = true;
            return;
        }
        let typed = text.split_whitespace().next().is_some_and(is_item_number);
        if let Some(number) = number.filter(|_| !typed) {
            self.push(number.to_string(), paragraph, (false, true));
        }
        for (n, piece) in text.split_whitespace().enumerate() {
            let address = piece.contains("://") || piece.starts_with("www.");
            let number = n == 0 && typed;
            let words = match address {
                true => parted(&unwrapped(piece), false),
                false => parted(piece, true),
            };
            for word in words {
                self.push(word, paragraph, (address, number));
            }
        }
    }

    fn push(&mut self, word: String, paragraph: usize, (address, number): (bool, bool)) {
        self.all.push(Word {
            fold: word.to_lowercase(),
            shown: word,
            line: self.lines.len(),
            paragraph,
            loose: address,
            number,
            left_out: std::mem::take(&mut self.left_out),
        });
    }

    /// Some programs write a list without its numbers: without any of them.
    fn number_items(&mut self, quotation: &Words) {
        let mut numbers = self.all.iter().filter(|word| word.number);
        let is_list = numbers.next().is_some() && numbers.next().is_some();
        if is_list && !quotation.all.iter().any(|word| word.number) {
            for word in self.all.iter_mut().filter(|word| word.number) {
                word.loose = true;
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
        at == 0 || self.all[at - 1].line != self.all[at].line || self.all[at - 1].number
    }
}

/// A line's words, and apart from them those that are struck out.
fn standing(line: &Line) -> (String, String) {
    let cells: &[Vec<Span>] = match &line.kind {
        Kind::Row { cells, .. } => cells,
        _ => &[],
    };
    let (mut stand, mut struck) = (String::new(), String::new());
    for span in line.spans.iter().chain(cells.iter().flatten()) {
        match (span.strike, &span.image) {
            (_, Some(_)) if says_something(&span.text) => stand.extend([" ", &span.text, " "]),
            (_, Some(_)) => {}
            (true, None) => struck.push_str(&span.text),
            (false, None) => stand.push_str(&span.text),
        }
    }
    (stand, struck)
}

/// `1.`, `12)`: what stands before the item of a list.
fn is_item_number(piece: &str) -> bool {
    let number = piece.strip_suffix(['.', ')']).unwrap_or_default();
    !number.is_empty() && number.len() <= 2 && number.bytes().all(|b| b.is_ascii_digit())
}

/// Whether the line says no more than that something was left out: `[...]` that its author wrote, Gmail's word that it shows no more.
fn is_left_out(text: &str) -> bool {
    let dots = |c: char| matches!(c, '.' | '\u{2026}' | '[' | ']' | '(' | ')' | ' ');
    let clipped = ["[Quoted text hidden]", "[Message clipped]"];
    text.contains("...") && text.chars().all(dots) || clipped.iter().any(|said| text.trim_start().starts_with(said))
}

/// The words in what stands between two blanks. A script without blanks is compared sign by sign. `numbers`: `-5`, `1.500` and `10:30` are
/// one word each.
fn parted(piece: &str, numbers: bool) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut goes_on = false;
    // struck out by hand
    words.extend(piece.contains("~~").then(|| "~~".to_owned()));
    let mut before = None;
    let mut signs = piece.chars().peekable();
    while let Some(c) = signs.next() {
        let c = if matches!(c, '\u{2010}'..='\u{2015}' | '\u{2212}') {
            '-'
        } else {
            c
        };
        let digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
        let inside = digit(before) && matches!(c, '.' | ',' | ':' | '/' | '-');
        let leads = !before.is_some_and(char::is_alphanumeric) && matches!(c, '+' | '-');
        before = Some(c);
        if numbers && (inside || leads) && digit(signs.peek().copied()) {
            match words.last_mut().filter(|_| inside) {
                Some(word) => word.push(c),
                None => words.push(c.into()),
            }
            goes_on = true;
            continue;
        }
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
    (PICTURE, ']'),
];
const PICTURE: &str = "[image:";

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
        match for_a_link(rest) {
            Some(end) => {
                out.push(' ');
                rest = &rest[end..];
            }
            None => {
                out.push_str(&rest[..1]);
                rest = &rest[1..];
            }
        }
    }
    // the second half of `<https://...>` where a line ended before the address
    let address = |text: &str| text.starts_with("http") && text.ends_with('>') && !text.contains([' ', '<']);
    match address(rest) && out.is_empty() {
        true => String::new(),
        false => out + rest,
    }
}

/// Where it ends if the text begins with what a program writes for a link or a picture.
fn for_a_link(text: &str) -> Option<usize> {
    let begins = |start: &str| text.get(..start.len()).is_some_and(|s| s.eq_ignore_ascii_case(start));
    let (start, end) = FOR_A_LINK.iter().find(|(start, _)| begins(start))?;
    let picture = *start == PICTURE;
    let open = text.as_bytes()[0];
    // an address has no blanks, a half of a bracket is none, and no bracket stands inside another
    let stops = |(at, c): &(usize, char)| {
        #[cfg(test)]
        crate::effort::step();
        c == end || *at > 0 && c.is_ascii() && *c as u8 == open || !picture && *c == ' '
    };
    let (at, _) = text.char_indices().find(stops).filter(|(_, c)| c == end)?;
    // what is said of a picture in words is said
    (!picture || !says_something(&text[start.len()..at])).then_some(at + 1)
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
            let without_number = self.ours.all.get(self.at).is_some_and(|word| word.number && word.loose);
            let at = self.at + usize::from(without_number);
            if let Some(many) = self.is_at(at, i) {
                self.close("");
                self.at = at + 1;
                i += many;
                continue;
            }
            if self.is_clipped(i) {
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
            self.close("");
        }
    }

    /// Whether the quotation's last word was cut in two, where its program says that it shows no more.
    fn is_clipped(&self, i: usize) -> bool {
        let cut = |word: &Word| word.fold.starts_with(&self.theirs.all[i].fold);
        self.theirs.left_out && i + 1 == self.theirs.all.len() && self.ours.all.get(self.at).is_some_and(cut)
    }

    /// How many words of the quotation are the letter's there: more than one where a full line broke it.
    fn is_at(&self, at: usize, i: usize) -> Option<usize> {
        let (all, ours) = (&self.theirs.all, self.ours.all.get(at)?);
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

    /// Goes on further down: a quotation may begin with any paragraph; what is left out further down has to be said, by a sign that the
    /// letter has not in the same place.
    fn leap(&mut self, at: usize, left_out: bool) {
        let ours = &self.ours.all;
        let begins = || {
            let above = ours[..at].iter().rfind(|word| !word.loose);
            above.is_none_or(|word| word.paragraph != ours[at].paragraph)
        };
        let said = left_out && !ours[self.at].left_out;
        match said || self.at == 0 && begins() {
            true => self.close(""),
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
        self.close(&gone.join(" "));
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

    fn close(&mut self, instead: &str) {
        if let Some(change) = self.open.take() {
            self.found.push(Change {
                instead: instead.to_owned(),
                ..change
            });
        }
    }
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
                "without \"2 My son pressed the button forty times\"",
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
    fn numbers_are_compared_with_their_signs() {
        let letter = "It was -5 degrees, with 3/4 of a loaf, 1.500 marks, at 10:30, \u{a3}11.44 in 1985\u{2013}90, and +12 people on the stairs.";
        let said = |quotation: &str| told(&changes(&lines(letter), &lines(quotation)));
        assert_eq!(said(&letter.replace('\u{2013}', "-")), "");
        for (ours, theirs, told) in [
            ("-5", "5", "\"5\" for \"-5\""),
            ("3/4", "3.4", "\"3.4\" for \"3/4\""),
            ("1.500", "1,500", "\"1,500\" for \"1.500\""),
            ("10:30", "10.30", "\"10.30\" for \"10:30\""),
            ("11.44", "114.4", "\"114.4\" for \"11.44\""),
            ("+12", "-12", "\"-12\" for \"+12\""),
        ] {
            assert_eq!(said(&letter.replace(ours, theirs)), told, "{theirs}");
        }
    }

    #[test]
    fn the_number_of_an_item_is_left_out_with_all_others_or_is_the_same() {
        let item = |number: u32, text: &str| Line {
            kind: Kind::Item {
                depth: 0,
                number: Some(number),
            },
            ..Line::plain(text)
        };
        // as HTML and as plain text has them
        let set = [
            item(1, "Mai 1985: die Wache kam zum Tor."),
            item(2, "Mai 1985: der Lohn kam."),
        ];
        let typed = "1. Mai 1985: die Wache kam zum Tor.\n2. Mai 1985: der Lohn kam.";
        let said = |letter: &[Line], quotation: &[Line]| told(&changes(letter, quotation));
        for letter in [&set[..], &lines(typed)] {
            assert_eq!(said(letter, &set), "");
            assert_eq!(said(letter, &lines(typed)), "");
            assert_eq!(said(letter, &lines(&typed.replace("1. ", "").replace("2. ", ""))), "");
            assert_eq!(said(letter, &lines(&typed.replace("2. ", ""))), "without \"2\"");
            assert!(said(letter, &lines(&typed.replace("2. ", "12. "))).contains("\"12\""));
            assert!(said(letter, &[set[0].clone(), item(12, "Mai 1985: der Lohn kam.")]).contains("\"12\""));
        }
        assert_eq!(
            said(&lines("12. Mai: der Lohn kam."), &lines("Mai: der Lohn kam.")),
            "without \"12\""
        );
    }

    #[test]
    fn what_a_letter_parts_its_scenes_with_says_of_nothing_that_it_was_left_out() {
        let letter = "We stood at the gate for hours.\n\n...\n\nThe guard hit my brother.\n\nThen we went home again.";
        let said = |quotation: &str| told(&changes(&lines(letter), &lines(quotation)));
        assert_eq!(said(letter), "");
        assert_eq!(
            said(&letter.replace("The guard hit my brother.\n\n", "")),
            "without \"The guard hit my brother\""
        );
        assert_eq!(
            said(&letter.replace("The guard hit my brother.", "[Quoted text hidden]")),
            "without \"The guard hit my brother\""
        );
        let plain = letter.replace("...\n\n", "");
        let hidden = plain.replace("The guard hit my brother.", "[Quoted text hidden]");
        assert_eq!(told(&changes(&lines(&plain), &lines(&hidden))), "");
        assert_eq!(
            said("We stood at the gate for hou\n[Message clipped]  View entire message"),
            ""
        );
        assert_eq!(said("We stood at the gate for hou"), "\"hou\"");
    }

    #[test]
    fn links_are_the_same_however_a_gateway_wraps_them_and_what_is_said_of_a_picture_is_said() {
        let wrapped = |with: &str| LETTER.replace("https://example.org/a/b", with);
        for link in [
            "https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fexample.org%2Fa%2Fb&data=05%7C01&reserved=0",
            "https://urldefense.com/v3/__https://example.org/a/b__;!!AbC!xyz$",
            "https://urldefense.proofpoint.com/v2/url?u=https-3A__example.org_a_b&d=DwMF",
            "https://linkprotect.cudasvc.com/url?a=https%3a%2f%2fexample.org%2fa%2fb&c=E,1,x",
        ] {
            assert_eq!(found(&wrapped(link)), "", "{link}");
        }
        assert_eq!(found(&wrapped("https://other.org/a/b")), "\"other\"");
        assert_eq!(
            found(&LETTER.replace("room.", "room. [image: not my son]")),
            "\"image not my son\""
        );
        let mut pictured = lines(LETTER);
        pictured[4].spans.push(Span {
            image: Some(crate::story::passage::Image::Missing("x".to_owned())),
            ..Span::text("leave out my son")
        });
        assert_eq!(told(&changes(&lines(LETTER), &pictured)), "\"leave out my son\"");
    }

    #[test]
    fn lines_that_go_on_with_the_letter_under_a_marked_one_are_marked() {
        let marked = |text: &str| {
            let quoted = |line: &str| match line.strip_prefix("> ") {
                Some(text) => Line {
                    quote: 1,
                    ..Line::plain(text)
                },
                None => Line::plain(line),
            };
            let mail: Vec<Line> = text.lines().map(quoted).collect();
            let on = marked_on(&lines(LETTER), &mail)?;
            Some(on.iter().map(|line| char::from(b'0' + line.quote)).collect::<String>())
        };
        let wrapped =
            "I agree\n\n> This is your story as it\nwill appear.\n\n> 2. My son pressed the\nbutton forty\ntimes.";
        assert_eq!(marked(wrapped).as_deref(), Some("00110111"));
        for text in [
            "I agree\n\n> This is your story as it will appear.\n\nwill appear.",
            "> This is your story as it\nwill not appear.",
            "> This is your story as it will appear.\nMy son pressed the button forty times.",
            "This is your story as it\nwill appear.",
        ] {
            assert_eq!(marked(text), None, "{text}");
        }
    }

    #[test]
    fn brackets_that_nothing_closes_cost_one_look_each() {
        crate::effort::in_steps("<http", 2_000, |size| {
            drop(plain(&format!("{} x>", "<http".repeat(size))))
        });
        crate::effort::in_steps("[image:", 2_000, |size| drop(plain(&"[image: a".repeat(size))));
        crate::effort::in_steps("mixed", 2_000, |size| drop(plain(&"<http[http[image:".repeat(size))));
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
