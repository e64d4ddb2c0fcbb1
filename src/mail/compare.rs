//! Whether one form of a text has words that the other has not: programs write the same text in both with links, pictures and
//! bullets spelt out in one, which is no difference.

use std::collections::{HashMap, HashSet};

use crate::story::cut;
use crate::story::passage::{Kind, Line};

/// Numbers that plain text gives to links, at most.
const MAX_LINKS: usize = 200;

/// The words of a text and how often each stands in it.
pub(super) struct Words {
    counts: HashMap<String, Count>,
    pub total: usize,
    /// Words of addresses, and the numbers of links.
    known: HashSet<String>,
    /// It has lists, whose marks a program may write in any way: `1.`, `a)`, `o`.
    lists: bool,
    /// What HTML says and does not show.
    aside: HashMap<String, usize>,
}

#[derive(Default, Clone, Copy)]
struct Count {
    all: usize,
    /// Of these, as a part of what may be an address, or of what stands in brackets.
    soft: usize,
    /// Of these, as the mark of an item.
    mark: usize,
}

impl Words {
    /// `aside`: what HTML says besides its lines.
    pub fn of(lines: &[Line], aside: &str) -> Words {
        let mut words = Words {
            counts: HashMap::new(),
            total: 0,
            known: HashSet::new(),
            lists: lines.iter().any(|line| matches!(line.kind, Kind::Item { .. })),
            aside: HashMap::new(),
        };
        each_word(aside, &mut |word| *words.aside.entry(word.to_owned()).or_default() += 1);
        each_told(lines, &mut |word, told| words.add(word, told));
        let mut links = 0;
        for line in lines {
            let cells: &[_] = match &line.kind {
                Kind::Row { cells, .. } => cells,
                _ => &[],
            };
            for span in cells.iter().flatten().chain(&line.spans) {
                if let Some(href) = &span.href {
                    each_word(href, &mut |word| words.knows(word));
                    links += 1;
                }
                for (sign, letter) in SIGNS {
                    if span.image.is_none() && span.text.contains(sign) {
                        words.knows(letter);
                    }
                }
            }
        }
        words.known.extend((1..=links.min(MAX_LINKS)).map(|n| n.to_string()));
        words
    }

    fn knows(&mut self, word: &str) {
        if !self.known.contains(word) {
            self.known.insert(word.to_owned());
        }
    }

    fn add(&mut self, word: &str, told: Told) {
        if told.knows {
            self.knows(word);
        }
        if told.strict {
            return;
        }
        self.total += 1;
        let add = |count: &mut Count| {
            count.all += 1;
            count.mark += usize::from(told.mark);
            count.soft += usize::from(told.soft);
        };
        match self.counts.get_mut(word) {
            Some(count) => add(count),
            None => add(self.counts.entry(word.to_owned()).or_default()),
        }
    }

    /// Whether the word stands as often in both, and never where one of them may have it as a program's.
    fn shares(&self, other: &Words, word: &str) -> bool {
        let plain = |words: &Words| words.counts.get(word).filter(|c| c.soft + c.mark == 0).map(|c| c.all);
        plain(self).is_some_and(|count| plain(other) == Some(count))
    }

    /// How many words are missing in the other.
    pub fn missing_in(&self, other: &Words) -> usize {
        let missing = |(word, count): (&String, &Count)| {
            let there = other.counts.get(word).map_or(0, |c| c.all) + other.aside.get(word).copied().unwrap_or(0);
            let marks = if other.lists { count.mark } else { 0 };
            let missing = count.all.saturating_sub(there).saturating_sub(marks);
            match other.known.contains(word) || self.known.contains(word) {
                true => missing.saturating_sub(count.soft),
                false => missing,
            }
        };
        self.counts.iter().map(missing).sum()
    }
}

/// How a word stands in a text.
#[derive(Clone, Copy)]
struct Told {
    /// In an address: it is none of the text's.
    strict: bool,
    /// As a part of what may be an address, or of what stands in brackets.
    soft: bool,
    /// As the mark of an item.
    mark: bool,
    /// So that the other form may well lack it.
    knows: bool,
}

/// Every word of the lines, and how it stands there.
fn each_told(lines: &[Line], each: &mut dyn FnMut(&str, Told)) {
    let mut in_brackets = false;
    for (at, line) in lines.iter().enumerate() {
        if line.is_blank() {
            in_brackets = false;
        }
        let text = shown_words(line);
        let listed = heads_links(lines, at, &text);
        for (at, token) in text.split_whitespace().enumerate() {
            let mark = at == 0 && is_list_mark(token);
            let numbered = at == 0 && is_link_number(token, &text);
            let mut rest = token;
            while !rest.is_empty() {
                let end = rest.find(['<', '>', '[', ']', '(', ')', '"']).unwrap_or(rest.len());
                let (piece, sign) = (&rest[..end], rest[end..].chars().next());
                let strict = piece.contains("://") || piece.contains('@');
                let soft = listed || in_brackets || is_address(piece) || piece.chars().count() == 1;
                let told = Told {
                    strict,
                    soft: soft && !mark,
                    mark,
                    knows: strict || listed || numbered,
                };
                each_word(piece, &mut |word| each(word, told));
                match sign {
                    Some('[' | '<') => in_brackets = true,
                    Some(']' | '>') => in_brackets = false,
                    _ => {}
                }
                rest = &rest[end + sign.map_or(0, char::len_utf8)..];
            }
        }
    }
}

/// Whether the words that two forms share stand in the same order in both, but for what is cut anyway.
pub(super) fn same_order(text: &[Line], html: &[Line]) -> bool {
    let ordered = |text: &[Line], html: &[Line]| {
        let (in_text, in_html) = (Words::of(text, ""), Words::of(html, ""));
        let shared = |lines: &[Line]| {
            let mut all = String::new();
            each_told(lines, &mut |word, told| {
                if !told.strict && in_text.shares(&in_html, word) {
                    all.push_str(word);
                    all.push('\n');
                }
            });
            all
        };
        shared(text) == shared(html)
    };
    let kept = |lines: &[Line]| cut::trim(lines, &cut::Rules::default()).kept;
    ordered(text, html) || ordered(&kept(text), &kept(html))
}

/// Whether two forms say the same, word for word: as most programs' do, which need no closer look.
pub(super) fn same_words(text: &[Line], html: &[Line]) -> bool {
    let words = |lines: &[Line]| {
        let mut all = String::new();
        for line in lines {
            each_word(&shown_words(line), &mut |word| {
                all.push_str(word);
                all.push('\n');
            });
        }
        all
    };
    let (text, html) = (words(text), words(html));
    !text.is_empty() && text == html
}

/// How many words are missing in the other that are the author's: in none of the lines that are cut anyway.
pub(super) fn lost(lines: &[Line], words: &Words, other: &Words) -> usize {
    if words.missing_in(other) == 0 {
        return 0;
    }
    let kept = cut::trim(lines, &cut::Rules::default()).kept;
    Words::of(&kept, "").missing_in(other)
}

/// Whether much of either is missing in the other, be it cut or not.
pub(super) fn differ(used: &Words, other: &Words) -> bool {
    let lost = other.missing_in(used);
    let added = used.missing_in(other);
    (lost >= 6 && lost * 5 > other.total) || (added >= 10 && added * 10 > used.total * 3 && other.total > 0)
}

/// Outlook writes these signs as letters of Wingdings into the plain text.
const SIGNS: [(char, &str); 8] = [
    ('☺', "j"),
    ('😐', "k"),
    ('☹', "l"),
    ('→', "à"),
    ('←', "ß"),
    ('↔', "ó"),
    ('✓', "ü"),
    ('✗', "û"),
];

/// Runs of letters and digits in lower case; in scripts that have no blanks each character, as lines are broken anywhere there.
fn each_word(text: &str, each: &mut dyn FnMut(&str)) {
    let mut word = String::new();
    if text.is_ascii() {
        for piece in text.split(|c: char| !c.is_ascii_alphanumeric() && !is_nothing(c)) {
            word.clear();
            let letters = piece.bytes().filter(u8::is_ascii_alphanumeric);
            word.extend(letters.map(|b| char::from(b.to_ascii_lowercase())));
            if !word.is_empty() {
                each(&word);
            }
        }
        return;
    }
    for c in text.chars() {
        let alone = is_unspaced(c);
        if (alone || !c.is_alphanumeric()) && !is_nothing(c) && !word.is_empty() {
            each(&word);
            word.clear();
        }
        if c.is_alphanumeric() {
            word.extend(c.to_lowercase());
        }
        if alone && !word.is_empty() {
            each(&word);
            word.clear();
        }
    }
    if !word.is_empty() {
        each(&word);
    }
}

/// The soft hyphen and the like, which HTML is read without; and what plain text has for bold (`half*way*`).
fn is_nothing(c: char) -> bool {
    matches!(
        c,
        '*' | '_' | '\u{ad}' | '\u{34f}' | '\u{200b}' | '\u{feff}' | '\u{fffc}'
    )
}

fn is_unspaced(c: char) -> bool {
    matches!(c as u32, 0x0E00..=0x0EFF | 0x1000..=0x109F | 0x1780..=0x17FF | 0x2E80..=0xABFF | 0xF900..=0xFAFF | 0x20000..=0x3FFFF)
}

/// `www.example.org`, `example.org/a`, or the rest of an address that was broken over lines (`b?c=d`).
fn is_address(piece: &str) -> bool {
    let inner = piece.trim_matches(|c: char| !c.is_alphanumeric());
    inner.contains(['.', '/', '=', '%', '&', '?', '_'])
}

/// `1.`, `a)`, `iv.`, or the `o` of Outlook's bullets.
fn is_list_mark(token: &str) -> bool {
    let bare = token.trim_matches(['(', ')', '.']);
    token == "o"
        || bare.len() < token.len()
            && (bare.len() == 1 && bare.is_ascii()
                || (1..=3).contains(&bare.len()) && bare.bytes().all(|b| b.is_ascii_digit())
                || (1..=5).contains(&bare.len()) && bare.bytes().all(|b| b"ivxlcIVXLC".contains(&b)))
}

/// The number in `[1] https://...`, alone on a line.
fn is_link_number(token: &str, line: &str) -> bool {
    let number = token.strip_prefix('[').and_then(|t| t.strip_suffix(']'));
    number.is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
        && line.split_whitespace().nth(2).is_none()
}

/// A short line over the numbered list of a text's links (`Links:` over `[1] https://...`).
fn heads_links(lines: &[Line], at: usize, text: &str) -> bool {
    if text.split_whitespace().nth(3).is_some() {
        return false;
    }
    let ruled = |text: &str| text.trim().chars().all(|c| matches!(c, '-' | '_' | '=' | '*' | '.'));
    let mut below = lines[at + 1..].iter().take(4).map(shown_words);
    let first = below.find(|text| !ruled(text)).unwrap_or_default();
    let first = first.trim_start();
    is_link_number(first.split_whitespace().next().unwrap_or_default(), first)
        || first.starts_with("1.") && first.contains("://")
}

/// A line's words; a picture stands between two. What a text part writes for a picture, `[image: me.jpg]` or `[cid:1@x]`, is
/// no words.
fn shown_words(line: &Line) -> String {
    let mut text = String::new();
    let cells = match &line.kind {
        Kind::Row { cells, .. } => cells.as_slice(),
        _ => &[],
    };
    for spans in cells.iter().chain([&line.spans]) {
        for span in spans {
            text.push_str(if span.image.is_some() { " " } else { &span.text });
        }
        text.push(' ');
    }
    if !text.contains("[image:") && !text.contains("[cid:") {
        return text;
    }
    let pieces = text.split_inclusive(']').map(|piece| {
        let mark = piece.find("[image:").or_else(|| piece.find("[cid:"));
        mark.map_or(piece, |at| &piece[..at])
    });
    pieces.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::story::passage::Span;

    fn words(text: &str) -> Words {
        let lines: Vec<Line> = text.lines().map(Line::plain).collect();
        Words::of(&lines, "")
    }

    #[test]
    fn a_word_that_is_in_one_only_is_found() {
        for (one, other, missing) in [
            ("I have never asked", "I have asked", 1),
            ("all forty of us", "all 40 of us", 1),
            ("thirty-one seconds", "thirty seconds", 1),
            ("Wait...What", "Wait", 1),
            ("*all* of US, half*way*", "all of us, halfway", 0),
            ("Read this<javascript:alert(1)>", "Read this", 3),
            ("see http://example.org/never now", "see now", 0),
            ("our page <http://example.org/a>", "our page", 0),
            ("example.org", "http://www.example.org/", 0),
            ("example.org", "", 2),
            ("and [1] then\n\nLinks:\n------\n[1] http://example.org", "and then", 0),
            ("我们在学校\n见面", "我们在学校见面", 0),
            ("我们在学校", "我们学校", 1),
            ("Wo\u{ad}rt", "Wort", 0),
            ("", "anything", 0),
        ] {
            assert_eq!(words(one).missing_in(&words(other)), missing, "{one} / {other}");
        }
    }

    #[test]
    fn what_programs_write_for_links_pictures_and_bullets_is_no_difference() {
        let link = |text: &str, href: &str| Line {
            spans: vec![Span {
                href: Some(href.to_owned()),
                ..Span::text(text)
            }],
            ..Line::default()
        };
        let item = |text: &str, number| Line {
            kind: Kind::Item { depth: 0, number },
            ..Line::plain(text)
        };
        let here = "https://example.org/a/very?long=address-of-ours";
        // the plain text, the HTML, and what that has besides
        let cases: [(&str, Vec<Line>, &str); 9] = [
            (
                "Look [1].\n\nLinks:\n------\n[1] https://example.org/a",
                vec![link("Look.", here)],
                "",
            ),
            (
                "Look <https://example.org/a/very?\nlong=address-of-ours>",
                vec![link("Look", here)],
                "",
            ),
            (
                "www.example.org<https://example.org>",
                vec![link("www.example.org", here)],
                "",
            ),
            (
                "[A picture containing a cat]\nWe won.",
                vec![Line::plain("We won.")],
                "A picture containing a cat",
            ),
            ("[image: a cat.jpg] We won. [cid:1@x]", vec![Line::plain("We won.")], ""),
            (
                "Read <javascript:alert(1)>",
                vec![link("Read", "javascript:alert(1)")],
                "",
            ),
            (
                "1. tea\n2) doors",
                vec![item("tea", Some(1)), item("doors", Some(2))],
                "",
            ),
            ("o   tea\no   doors", vec![item("tea", None), item("doors", None)], ""),
            ("We won J", vec![Line::plain("We won ☺")], ""),
        ];
        for (plain, html, aside) in cases {
            assert_eq!(words(plain).missing_in(&Words::of(&html, aside)), 0, "{plain}");
        }
    }

    #[test]
    fn the_same_words_in_another_order_say_something_else() {
        let lines = |text: &str| text.lines().map(Line::plain).collect::<Vec<_>>();
        for (one, other, same) in [
            ("They said yes, not no.", "They said no, not yes.", false),
            ("Anna asked Bo.", "Bo asked Anna.", false),
            ("They said *yes*, not no.", "They said yes,\nnot no.", true),
            (
                "We won (see [1]).\n\n[1] https://example.org/won",
                "We won (see here).",
                true,
            ),
            ("We won.\n\nNo, yes.\nSent from my iPhone", "We won.\n\nNo, yes.", true),
        ] {
            assert_eq!(same_order(&lines(one), &lines(other)), same, "{one} / {other}");
        }
    }

    #[test]
    fn what_is_cut_anyway_is_not_lost() {
        for (one, other, missing) in [
            ("We won.\n\nSent from my iPhone", "We won.", 0),
            ("We won.\n-- \nMarion\nChair", "We won.", 0),
            ("We won.\n\nNobody slept.", "We won.", 2),
        ] {
            let lines: Vec<Line> = one.lines().map(Line::plain).collect();
            assert_eq!(lost(&lines, &words(one), &words(other)), missing, "{one} / {other}");
        }
    }
}
