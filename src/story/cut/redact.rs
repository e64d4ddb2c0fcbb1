//! Addresses out of lines that say who wrote: the words of them stay.

use std::ops::Range;

use unicode_normalization::char::is_combining_mark;

use crate::story::address::addresses;
use crate::story::passage::{Kind, Line, Span};
use crate::story::plain::is_hidden;

/// Takes every e-mail address out of lines that belong together, with the brackets that hold nothing else and the link
/// that it was. One that was broken goes whole. Whether there was one.
pub(super) fn take_addresses_out(lines: &mut [Line]) -> bool {
    let mut taken = false;
    for span in lines.iter_mut().flat_map(spans).filter(|span| mails(span)) {
        span.href = None;
        taken = true;
    }
    let text = Text::of(lines);
    let found = text.found();
    for range in found.iter().rev() {
        text.remove(lines, range);
    }
    taken || !found.is_empty()
}

/// Whether an address stands behind a link of the line.
pub(super) fn links_to_an_address(line: &Line) -> bool {
    let cells: &[Vec<Span>] = match &line.kind {
        Kind::Row { cells, .. } => cells,
        _ => &[],
    };
    line.spans.iter().chain(cells.iter().flatten()).any(mails)
}

fn mails(span: &Span) -> bool {
    let href = span.href.as_deref().and_then(|href| href.get(..7));
    href.is_some_and(|scheme| scheme.eq_ignore_ascii_case("mailto:"))
}

fn spans(line: &mut Line) -> impl Iterator<Item = &mut Span> {
    let cells: &mut [Vec<Span>] = match &mut line.kind {
        Kind::Row { cells, .. } => cells,
        _ => &mut [],
    };
    line.spans.iter_mut().chain(cells.iter_mut().flatten())
}

/// The words of the lines as one, a line end between each two, and which line and span each stretch of them is from.
struct Text {
    words: String,
    places: Vec<Place>,
}

struct Place {
    /// In the words.
    at: Range<usize>,
    line: usize,
    span: usize,
    /// Where in the text of the span it begins.
    from: usize,
}

impl Text {
    fn of(lines: &mut [Line]) -> Text {
        let mut text = Text {
            words: String::new(),
            places: Vec::new(),
        };
        let mark = |c: char| matches!(c, '>' | ' ' | '\t' | '\u{a0}');
        let quoted = lines.first().is_some_and(|l| l.words().trim_start().starts_with('>'));
        for (n, line) in lines.iter_mut().enumerate() {
            if n > 0 {
                text.words.push('\n');
            }
            for (nth, span) in spans(line).enumerate().filter(|(_, span)| span.image.is_none()) {
                let first = text.words.is_empty() || text.words.ends_with('\n');
                let marks = span.text.len() - span.text.trim_start_matches(mark).len();
                let from = if first && quoted { marks } else { 0 };
                let at = text.words.len();
                text.words.push_str(&span.text[from..].replace('\n', " "));
                text.places.push(Place {
                    at: at..text.words.len(),
                    line: n,
                    span: nth,
                    from,
                });
            }
        }
        text
    }

    /// What is to go, in order and apart: addresses, what stands around them, and the blank before.
    fn found(&self) -> Vec<Range<usize>> {
        let words = &self.words;
        let mut found: Vec<Range<usize>> = words
            .match_indices('@')
            .filter_map(|(at, _)| around(words, at))
            .collect();
        // `anna (at) example.org`; of "Anna at example.org" nobody knows whether it is one
        let disguised = addresses(&words.replace('\n', " "));
        let sure = |r: &Range<usize>| words[r.clone()].contains(['(', '[', '{', '<', '＠']);
        found.extend(disguised.into_iter().map(|f| f.at).filter(sure));
        if found.is_empty() {
            return found;
        }
        let mut found = merged(found);
        for range in &mut found {
            let label = words[..range.start].len().saturating_sub("mailto:".len());
            if words
                .get(label..range.start)
                .is_some_and(|l| l.eq_ignore_ascii_case("mailto:"))
            {
                range.start = label;
            }
        }
        let held = brackets(words, &found);
        found.extend(held);
        let mut found = merged(found);
        for range in &mut found {
            let (before, after) = (&words[..range.start], &words[range.end..]);
            // what a broken or careless program left open
            let open = before.len() - before.strip_suffix('<').unwrap_or(before).len();
            range.start -= open;
            if open == 0 && before.ends_with('"') && after.starts_with('"') {
                *range = range.start - 1..range.end + 1;
            }
            let before = words[..range.start].trim_end_matches([' ', '\u{a0}']);
            if before.is_empty() || before.ends_with('\n') || words[range.clone()].contains('\n') {
                let after = &words[range.end..];
                range.end += after.len() - after.trim_start_matches([' ', '\u{a0}']).len();
            }
            range.start = before.len();
        }
        merged(found)
    }

    fn remove(&self, lines: &mut [Line], range: &Range<usize>) {
        for place in self.places.iter().rev() {
            let (start, end) = (range.start.max(place.at.start), range.end.min(place.at.end));
            if start < end
                && let Some(span) = spans(&mut lines[place.line]).nth(place.span)
            {
                let from = |at: usize| at - place.at.start + place.from;
                span.text.replace_range(from(start)..from(end), "");
            }
        }
    }
}

fn merged(mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    ranges.sort_by_key(|r| r.start);
    let mut out: Vec<Range<usize>> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match out.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => out.push(range),
        }
    }
    out
}

/// A sign that an address may have in it: letters of any script.
fn part(c: char) -> bool {
    c.is_alphanumeric() || "._%+-=/'&!#".contains(c) || is_combining_mark(c) || is_hidden(c)
}

/// `example.orgさん`: a script without blanks begins, and another word with it.
fn parts_words(one: char, next: char) -> bool {
    let unspaced = |c: char| c.is_alphabetic() && !c.is_lowercase() && !c.is_uppercase();
    one.is_ascii_alphanumeric() && unspaced(next) || unspaced(one) && next.is_ascii_alphanumeric()
}

/// How many bytes from its beginning on could be of an address.
fn run(text: &str) -> usize {
    let mut last = None;
    for (at, c) in text.char_indices() {
        if !part(c) || last.is_some_and(|last| parts_words(last, c)) {
            return at;
        }
        last = Some(c);
    }
    text.len()
}

/// The same up to its end.
fn run_before(text: &str) -> usize {
    let mut next = None;
    for (at, c) in text.char_indices().rev() {
        if !part(c) || next.is_some_and(|next| parts_words(c, next)) {
            return text.len() - at - c.len_utf8();
        }
        next = Some(c);
    }
    text.len()
}

/// The address around the `@` at `at`, also where a line ends in it.
fn around(words: &str, at: usize) -> Option<Range<usize>> {
    const BLANKS: [char; 3] = [' ', '\u{a0}', '\n'];
    let opened = |start: usize| {
        let before = words[..start].trim_end_matches("mailto:");
        before.ends_with(['<', '(', '['])
    };
    let mut start = at - run_before(&words[..at]);
    let above = words[..start].trim_end_matches(BLANKS);
    let broken = above.len() < start && (words[above.len()..start].contains('\n') || start == at);
    if broken && !opened(start) {
        let begin = above.len() - run_before(above);
        // `Anna Berg` and below it `@example.org`: the name is none of it
        let local = start == at && above[begin..].contains(|c: char| "._+-".contains(c) || c.is_ascii_digit());
        if begin < above.len() && (opened(begin) || local) {
            start = begin;
        }
    }
    let mut end = at + 1 + run(&words[at + 1..]);
    let below = words[end..].trim_start_matches(BLANKS);
    let gap = end..words.len() - below.len();
    let (more, bare) = (run(below), end == at + 1);
    let closed = || opened(start) && below[more..].starts_with(['>', ')', ']']);
    let goes_on = || words[gap.start - 1..].starts_with(['.', '-', '@']) && below[..more].contains('.');
    if more > 0 && !gap.is_empty() && (bare || words[gap.clone()].contains('\n')) && (closed() || goes_on()) {
        end = gap.end + more;
    }
    let domain = words[at + 1..end].trim_end_matches(|c: char| c.is_ascii_punctuation());
    // `@anna` is a name, and so is what stands at a lone sign
    let named = start < at && (!domain.is_empty() || opened(start)) || domain.contains('.');
    named.then(|| start..at + 1 + domain.len())
}

/// The brackets in which nothing but addresses stands.
fn brackets(words: &str, found: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut held = Vec::new();
    // where each open one is, and how many addresses and other signs there were before it
    let mut open: Vec<(usize, usize, usize)> = Vec::new();
    let (mut passed, mut others) = (0, 0);
    for (at, c) in words.char_indices() {
        while found.get(passed).is_some_and(|r| r.end <= at) {
            passed += 1;
        }
        if found.get(passed).is_some_and(|r| r.start <= at) {
            continue;
        }
        match c {
            '<' | '(' | '[' => open.push((at, passed, others)),
            '>' | ')' | ']' => match open.pop() {
                Some((start, before, signs)) if signs == others && before < passed => held.push(start..at + 1),
                _ => others += 1,
            },
            ' ' | '\u{a0}' | '\n' | ',' | ';' | '|' => {}
            c if is_hidden(c) => {}
            _ => others += 1,
        }
    }
    held
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_goes_and_every_word_stays() {
        for (text, kept) in [
            (
                "On 4 May, Cath Lee <cath@example.org> wrote:",
                "On 4 May, Cath Lee wrote:",
            ),
            ("On 4 May, cath@example.org wrote:", "On 4 May, wrote:"),
            (
                "Cath Lee (cath@example.org) wrote on 4 May:",
                "Cath Lee wrote on 4 May:",
            ),
            ("4 mars skrev Cath Lee <cath@example.org>:", "4 mars skrev Cath Lee:"),
            (
                "4/5 Cath Lee <cath@example.org>さんは書きました:",
                "4/5 Cath Leeさんは書きました:",
            ),
            ("Cath [mailto:cath@example.org] wrote:", "Cath wrote:"),
            ("Cath <cath@example.org<mailto:cath@example.org>> wrote:", "Cath wrote:"),
            ("On 4 May, Cath Lee <cath@", "On 4 May, Cath Lee"),
        ] {
            assert_eq!(left(text), kept, "{text}");
        }
        assert!(!take_addresses_out(&mut [Line::plain("Cath Lee wrote:")]));
    }

    #[test]
    fn nothing_but_the_address_goes_with_it() {
        for (text, kept) in [
            (
                "(On Sat, Dec 4, 2010 at 10:00 AM, Anna Berg anna@council.example wrote:",
                "(On Sat, Dec 4, 2010 at 10:00 AM, Anna Berg wrote:",
            ),
            (
                "Anna Berg (anna@council.example, the Council of Leeds) wrote:",
                "Anna Berg (, the Council of Leeds) wrote:",
            ),
            (
                "Anna Berg (the Council <anna@council.example>) wrote:",
                "Anna Berg (the Council) wrote:",
            ),
            (
                "Anna Berg <anna@council.example wrote on 4 May:",
                "Anna Berg wrote on 4 May:",
            ),
            (
                "Anna Berg < 5 wrote, anna@council.example, on 4 May:",
                "Anna Berg < 5 wrote,, on 4 May:",
            ),
            ("\"anna@council.example\" <anna@council.example> wrote:", " wrote:"),
            (
                "Anna (anna@council.example, <a.b@council.example>) wrote:",
                "Anna wrote:",
            ),
            ("On 4 May, @anna wrote:", "On 4 May, @anna wrote:"),
            ("Anna @ the Council wrote:", "Anna @ the Council wrote:"),
        ] {
            assert_eq!(left(text).trim(), kept.trim(), "{text}");
        }
    }

    #[test]
    fn an_address_has_letters_of_any_script() {
        for (text, kept) in [
            ("On 4 May, änna.bärg@münchen.example wrote:", "On 4 May, wrote:"),
            ("4 мая, анна@почта.рф написала:", "4 мая, написала:"),
            (
                "On 4 May, a\u{308}nna@mu\u{308}nchen.example wrote:",
                "On 4 May, wrote:",
            ),
            ("4/5 cath@example.orgさんは書きました:", "4/5さんは書きました:"),
            ("4/5 例え@例え.テスト 写道:", "4/5 写道:"),
            (
                "On 4 May, Anna <\u{202a}anna@council.example\u{202c}\u{200f}> wrote:",
                "On 4 May, Anna wrote:",
            ),
            ("Anna (anna (at) council.example) wrote:", "Anna wrote:"),
            ("Anna <anna＠council.example> wrote:", "Anna wrote:"),
            (
                "On 4 May Anna Berg at council.org wrote:",
                "On 4 May Anna Berg at council.org wrote:",
            ),
        ] {
            assert_eq!(left(text), kept, "{text}");
        }
    }

    #[test]
    fn an_address_over_two_lines_goes_whole() {
        for (text, kept) in [
            (
                "On 4 May, Anna Berg <anna@\ncouncil.example> wrote:",
                "On 4 May, Anna Berg\nwrote:",
            ),
            (
                "On 4 May, Anna Berg <anna.of.the.council\n@council.example> wrote:",
                "On 4 May, Anna Berg\nwrote:",
            ),
            (
                "On 4 May, Anna Berg <anna.of.the.\ncouncil@council.example> wrote:",
                "On 4 May, Anna Berg\nwrote:",
            ),
            (
                "On 4 May, Anna Berg <anna@council.\nexample> wrote:",
                "On 4 May, Anna Berg\nwrote:",
            ),
            (
                "On 4 May, Anna Berg <anna@council.example\n> wrote:",
                "On 4 May, Anna Berg\nwrote:",
            ),
            (
                "> On 4 May, Anna Berg <anna@\n> council.example> wrote:",
                "> On 4 May, Anna Berg\n> wrote:",
            ),
            (
                "On 4 May, Anna Berg\n<anna@council.example>\nwrote:",
                "On 4 May, Anna Berg\n\nwrote:",
            ),
            ("On 4 May, anna@\ncouncil.example wrote:", "On 4 May,\nwrote:"),
            ("On 4 May, anna.berg\n@council.example wrote:", "On 4 May,\nwrote:"),
            (
                "On 4 May, Anna Berg\n@council.example wrote:",
                "On 4 May, Anna Berg\nwrote:",
            ),
            (
                "On 4 May, anna@council.example\nwrote.to us:",
                "On 4 May,\nwrote.to us:",
            ),
            (
                "On 4 May, Anna Berg\nanna@council.example wrote:",
                "On 4 May, Anna Berg\nwrote:",
            ),
        ] {
            assert_eq!(left(text), kept, "{text}");
        }
    }

    fn left(text: &str) -> String {
        let mut lines: Vec<Line> = text.lines().map(Line::plain).collect();
        take_addresses_out(&mut lines);
        let words: Vec<_> = lines.iter().map(Line::words).collect();
        words.join("\n")
    }

    #[test]
    fn an_address_may_be_a_link_or_hide_behind_one() {
        let link = |text: &str| Span {
            href: Some("mailto:cath@example.org".to_owned()),
            ..Span::text(text)
        };
        for (shown, kept) in [("cath@example.org", "Cath wrote:"), ("Lee", "Cath <Lee> wrote:")] {
            let mut lines = [Line {
                spans: vec![Span::text("Cath <"), link(shown), Span::text("> wrote:")],
                ..Line::default()
            }];
            assert!(take_addresses_out(&mut lines));
            let [line] = lines;
            assert_eq!(line.words(), kept);
            assert!(line.spans.iter().all(|span| span.href.is_none()));
        }
    }
}
