//! Addresses out of lines that say who wrote: the words of them stay.

use std::ops::Range;

use unicode_normalization::char::is_combining_mark;

use crate::story::address::addresses;
use crate::story::passage::{Kind, Line, Span};
use crate::story::plain::is_hidden;

use super::header_block::{Field, field};

/// Whether an address, or a telephone number with a word that it is one, may stand in the text. Nearly every line comes here.
pub(super) fn may_tell(text: &str) -> bool {
    let sign = |b: u8| matches!(b, b'@' | b'%' | b'=' | b':' | b'(' | b'[' | b'+' | 0xef);
    text.bytes().any(sign)
        && (text.contains(['@', '＠', '﹫'])
            || ["%40", "=40", "(at)", "[at]", "tel:", "+"]
                .iter()
                .any(|sign| text.contains(sign)))
}

/// Takes every e-mail address out of lines that belong together, and every telephone number out of those that say from whom
/// and to whom, with the brackets that hold nothing else and the link that it was. One that was broken goes whole. Whether
/// there was one.
pub(super) fn take_addresses_out(lines: &mut [Line]) -> bool {
    let mut taken = false;
    for span in lines.iter_mut().flat_map(spans).filter(|span| mails(span)) {
        span.href = None;
        taken = true;
    }
    let text = Text::of(lines);
    let found = text.found();
    text.remove(lines, &found);
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
    span.href.as_deref().is_some_and(|href| {
        let is = |scheme: &str| href.get(..scheme.len()).is_some_and(|s| s.eq_ignore_ascii_case(scheme));
        is("mailto:") || is("tel:") || href.contains('@') || href.contains("%40")
    })
}

fn spans(line: &mut Line) -> impl Iterator<Item = &mut Span> {
    let cells: &mut [Vec<Span>] = match &mut line.kind {
        Kind::Row { cells, .. } => cells,
        _ => &mut [],
    };
    line.spans.iter_mut().chain(cells.iter_mut().flatten())
}

/// The words of the lines as one, a line end between each two, and where the words of each span are in them.
struct Text {
    words: String,
    /// Of every span in turn that is no picture.
    places: Vec<Place>,
    /// The lines that say from whom and to whom.
    people: Vec<Range<usize>>,
}

struct Place {
    /// In the words.
    at: Range<usize>,
    /// Where in the text of the span it begins.
    from: usize,
}

impl Text {
    fn of(lines: &mut [Line]) -> Text {
        let mut text = Text {
            words: String::new(),
            places: Vec::new(),
            people: Vec::new(),
        };
        let mut of_people = false;
        let mark = |c: char| matches!(c, '>' | ' ' | '\t' | '\u{a0}');
        let quoted = lines.first().is_some_and(|l| l.words().trim_start().starts_with('>'));
        for (n, line) in lines.iter_mut().enumerate() {
            if n > 0 {
                text.words.push('\n');
            }
            let begin = text.words.len();
            for span in spans(line).filter(|span| span.image.is_none()) {
                let first = text.words.is_empty() || text.words.ends_with('\n');
                let marks = span.text.len() - span.text.trim_start_matches(mark).len();
                let from = if first && quoted { marks } else { 0 };
                let at = text.words.len();
                text.words.push_str(&span.text[from..].replace('\n', " "));
                let at = at..text.words.len();
                text.places.push(Place { at, from });
            }
            let written = &text.words[begin..];
            // the line below one with a field, and without one, goes on with it
            of_people = field(written).map_or(of_people, |(kind, _)| {
                matches!(kind, Field::From | Field::To | Field::Other)
            });
            if of_people {
                text.people.push(begin..text.words.len());
            }
        }
        text
    }

    fn of_people(&self, at: usize) -> bool {
        let next = self.people.partition_point(|line| line.end <= at);
        self.people.get(next).is_some_and(|line| line.contains(&at))
    }

    /// What is to go, in order and apart: addresses, what stands around them, and the blank before.
    fn found(&self) -> Vec<Range<usize>> {
        let words = &self.words;
        let mut found: Vec<Range<usize>> = Vec::new();
        for sign in ["@", "=40"] {
            let mut end = 0;
            for (at, _) in words.match_indices(sign) {
                let range = if at < end { None } else { near(words, at, sign.len()) };
                end = range.as_ref().map_or(end, |range| range.end);
                found.extend(range);
            }
        }
        // `anna (at) example.org`; of "Anna at example.org" nobody knows whether it is one
        let disguised = addresses(&words.replace('\n', " "));
        let sure = |r: &Range<usize>| {
            let text = &words[r.clone()];
            text.contains(['(', '[', '{', '<', '＠', '﹫'])
                || text.contains("%40")
                || text.contains('@') && text.contains(is_hidden)
        };
        // a link may have many, and is looked at once
        let mut links: Vec<_> = whole_links(words, disguised.into_iter().map(|f| f.at)).collect();
        links.dedup();
        found.extend(links.into_iter().filter(sure));
        found.extend(numbers(words, |at| self.of_people(at)));
        if found.is_empty() {
            return found;
        }
        let mut found = merged(found);
        for range in &mut found {
            let before = &words[..range.start];
            let label = LABELS.iter().find(|label| {
                let at = before.len().checked_sub(label.len());
                at.is_some_and(|at| before.get(at..).is_some_and(|l| l.eq_ignore_ascii_case(label)))
            });
            range.start -= label.map_or(0, |label| label.len());
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

    /// Takes out what was found: it is in order and apart, and each span is written once.
    fn remove(&self, lines: &mut [Line], found: &[Range<usize>]) {
        let mut found = found;
        let shown = lines.iter_mut().flat_map(spans).filter(|span| span.image.is_none());
        for (span, place) in shown.zip(&self.places) {
            let gone = found.partition_point(|range| range.end <= place.at.start);
            found = &found[gone..];
            let mut kept = String::new();
            let mut written = 0;
            for range in found.iter().take_while(|range| range.start < place.at.end) {
                #[cfg(test)]
                crate::effort::step();
                let from = |at: usize| at.clamp(place.at.start, place.at.end) - place.at.start + place.from;
                kept.push_str(&span.text[written..from(range.start)]);
                written = from(range.end);
            }
            if written > 0 {
                kept.push_str(&span.text[written..]);
                span.text = kept;
            }
        }
    }
}

/// What programs write before an address or a number.
const LABELS: [&str; 3] = ["mailto:", "smtp:", "tel:"];

/// Digits of a telephone number at least.
const NUMBER: usize = 9;

/// Telephone numbers: behind `tel:` or a `+`, and in lines of people also without. A date with the hour has a colon in it.
fn numbers(words: &str, of_people: impl Fn(usize) -> bool) -> Vec<Range<usize>> {
    let fits = |c: char| c.is_ascii_digit() || matches!(c, ' ' | '(' | ')' | '-' | '.' | '/' | '\u{a0}');
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = words[at..]
        .find(|c: char| c == '+' || c.is_ascii_digit())
        .map(|n| at + n)
    {
        let rest = &words[start..];
        let plus = usize::from(rest.starts_with('+'));
        let run = rest[plus..].find(|c: char| !fits(c)).unwrap_or(rest.len() - plus) + plus;
        let run = rest[..run].trim_end_matches(|c: char| !c.is_ascii_digit()).len().max(1);
        let digits = rest[..run].bytes().filter(u8::is_ascii_digit).count();
        let labelled = words[..start].ends_with("tel:") || words[..start].ends_with("tel:(");
        let alone = !words[..start].ends_with(|c: char| c.is_alphanumeric()) && !rest[run..].starts_with([':', '@']);
        if labelled && digits > 0 || digits >= NUMBER && alone && (plus > 0 || of_people(start)) {
            // `(0113) 496 0000`
            let open =
                usize::from(words[..start].ends_with('(') && rest[..run].contains(')') && !rest[..run].contains('('));
            found.push(start - open..start + run);
        }
        at = start + run;
    }
    found
}

/// A sign that ends a link.
fn ends(c: char) -> bool {
    #[cfg(test)]
    crate::effort::step();
    c.is_whitespace() || matches!(c, '<' | '>' | '"')
}

/// The ranges, each or that of the link in which it stands. They come in order, so that no word is looked at for each of them.
fn whole_links(words: &str, ranges: impl Iterator<Item = Range<usize>>) -> impl Iterator<Item = Range<usize>> {
    // where the word begins in which the last one stood, how far it was looked at, and where it ends if it is a link
    let (mut start, mut seen, mut end) = (0, 0, None);
    ranges.map(move |range| {
        let begun = words.get(seen..range.start).and_then(|passed| passed.rfind(ends));
        if let Some(at) = begun.map(|at| at + seen) {
            start = at + words[at..].chars().next().map_or(1, char::len_utf8);
            end = None;
        }
        seen = seen.max(range.start);
        let link = ["http://", "https://", "www."]
            .iter()
            .any(|scheme| words[start..].starts_with(scheme));
        if !link {
            return range;
        }
        let until = end
            .filter(|end| *end >= range.end)
            .unwrap_or_else(|| words[range.end..].find(ends).map_or(words.len(), |at| range.end + at));
        end = Some(until);
        start..until
    })
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
    #[cfg(test)]
    crate::effort::step();
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

/// Bytes on either side of a sign that are looked at: an address has at most 64 before it and 255 behind (RFC 5321, section
/// 4.5.3.1), and room for what is around it.
const NEAR: usize = 400;

/// [`around`] the sign at `at`, within what is near.
fn near(words: &str, at: usize, sign: usize) -> Option<Range<usize>> {
    let low = words.ceil_char_boundary(at.saturating_sub(NEAR));
    let high = words.floor_char_boundary((at + sign + NEAR).min(words.len()));
    let found = around(&words[low..high], at - low, sign)?;
    Some(low + found.start..low + found.end)
}

/// Bytes of a quoted local part, or of a domain in brackets, at most.
const QUOTED: usize = 80;

/// The address around the `@` at `at`, or what stands for one and is `sign` bytes long, also where a line ends in it.
fn around(words: &str, at: usize, sign: usize) -> Option<Range<usize>> {
    const BLANKS: [char; 3] = [' ', '\u{a0}', '\n'];
    let opened = |start: usize| {
        let before = words[..start].trim_end_matches("mailto:");
        before.ends_with(['<', '(', '['])
    };
    let behind = &words[at + sign..];
    // `anna@[10.1.2.3]`
    let literal = behind.strip_prefix('[').and_then(|inner| {
        inner
            .find([']', '\n', ' '])
            .filter(|end| inner[*end..].starts_with(']'))
    });
    if let Some(end) = literal.filter(|end| (3..QUOTED).contains(end)) {
        let start = at - run_before(&words[..at]);
        return (start < at).then(|| start..at + sign + end + 2);
    }
    // `"Anna Berg"@example.org`
    if let Some(open) = words[..at]
        .strip_suffix('"')
        .and_then(|local| local.rfind(['"', '\n']).filter(|open| local[*open..].starts_with('"')))
        && at - open <= QUOTED
    {
        let domain = behind[..run(behind)].trim_end_matches(|c: char| c.is_ascii_punctuation());
        return (!domain.is_empty()).then(|| open..at + sign + domain.len());
    }
    let mut start = at - run_before(&words[..at]);
    let above = words[..start].trim_end_matches(BLANKS);
    if start == at && stands_apart(&words[..at], behind) && !opened(above.len() - run_before(above)) {
        return None;
    }
    let broken = above.len() < start && (words[above.len()..start].contains('\n') || start == at);
    if broken && !opened(start) {
        let begin = above.len() - run_before(above);
        // `Anna Berg` and below it `@example.org`: the name is none of it
        let local = start == at && above[begin..].contains(|c: char| "._+-".contains(c) || c.is_ascii_digit());
        if begin < above.len() && (opened(begin) || local) {
            start = begin;
        }
    }
    let mut end = at + sign + run(behind);
    let below = words[end..].trim_start_matches(BLANKS);
    let gap = end..words.len() - below.len();
    let (more, bare) = (run(below), end == at + sign);
    let closed = || opened(start) && below[more..].starts_with(['>', ')', ']']);
    let goes_on = || words[..gap.start].ends_with(['.', '-', '@']) && below[..more].contains('.');
    if more > 0 && !gap.is_empty() && (bare || words[gap.clone()].contains('\n')) && (closed() || goes_on()) {
        end = gap.end + more;
    }
    let domain = words[at + sign..end].trim_end_matches(|c: char| c.is_ascii_punctuation());
    // `@anna` is a name, and so is what stands at a lone sign
    let named = start < at && (!domain.is_empty() || opened(start)) || domain.contains('.');
    let named = named && (sign == 1 || domain.contains('.') && start < at);
    named.then(|| start..at + sign + domain.len())
}

/// `4 May @ 10.15`, `B-12 @ Hall.West`: a sign between blanks that says when or where. What may be an address all the same is one:
/// letters before it, and behind it small ones that end like a domain.
fn stands_apart(before: &str, behind: &str) -> bool {
    const BLANKS: [char; 2] = [' ', '\u{a0}'];
    let (local, domain) = (before.trim_end_matches(BLANKS), behind.trim_start_matches(BLANKS));
    let local = &local[local.len() - run_before(local)..];
    let domain = domain[..run(domain)].trim_end_matches(|c: char| c.is_ascii_punctuation());
    let last = domain.rsplit_once('.').map_or("", |(_, last)| last);
    let likely = local.contains(char::is_alphabetic)
        && !domain.contains(char::is_uppercase)
        && last.chars().count() >= 2
        && last.chars().all(char::is_alphabetic);
    before.ends_with(BLANKS) && behind.starts_with(BLANKS) && !likely
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
    use crate::effort::in_steps;

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
        for text in [
            "Cath Lee wrote:",
            "On 2010-12-04 10:00 +0000, Cath Lee (the 3rd of 12) wrote:",
            "Sent: 2010-12-04 10:00:00 +0100",
            "From: Cath Lee\nDate: 04-12-2010 10.00 12345",
            "Subject: 0113 496 0000 = 40 calls",
        ] {
            let mut lines: Vec<Line> = text.lines().map(Line::plain).collect();
            assert!(!take_addresses_out(&mut lines), "{text}");
        }
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
            (
                "On 4.5.2010 @ 10.15am, Anna Berg <anna@council.example> wrote:",
                "On 4.5.2010 @ 10.15am, Anna Berg wrote:",
            ),
            (
                "On 4 May 2010 @ 10.15, Anna <anna@council.example> wrote:",
                "On 4 May 2010 @ 10.15, Anna wrote:",
            ),
            (
                "Anna <anna@council.example>, Room B-12 @ Hall.West, wrote:",
                "Anna, Room B-12 @ Hall.West, wrote:",
            ),
            ("On 4 May, anna.berg @ council.example wrote:", "On 4 May, wrote:"),
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
    fn odd_addresses_and_telephone_numbers_go_too() {
        for (text, kept) in [
            ("On 4 May, \"Anna of B\"@council.example wrote:", "On 4 May, wrote:"),
            ("On 4 May, Anna <anna@[10.1.2.3]> wrote:", "On 4 May, Anna wrote:"),
            ("On 4 May, Anna anna=40council.example wrote:", "On 4 May, Anna wrote:"),
            (
                "On 4 May, Anna (anna%40council.example) wrote:",
                "On 4 May, Anna wrote:",
            ),
            (
                "On 4 May, Anna <https://list.example/?m=anna%40council.example&x=1> wrote:",
                "On 4 May, Anna wrote:",
            ),
            ("On 4 May, Anna anna﹫council.example wrote:", "On 4 May, Anna wrote:"),
            (
                "On 4 May, Anna [SMTP:anna@council.example] wrote:",
                "On 4 May, Anna wrote:",
            ),
            ("On 4 May, Anna <tel:+44 113 496 0000> wrote:", "On 4 May, Anna wrote:"),
            ("On 4 May, Anna +44 (0)113 496 0000 wrote:", "On 4 May, Anna wrote:"),
            (
                "From: Anna (0113 496 0000)\nSent: 4 May 2010 10:00",
                "From: Anna\nSent: 4 May 2010 10:00",
            ),
            ("To: Anna, (0113) 496 0000;\nBo, 0113.496.0001", "To: Anna,;\nBo,"),
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

    /// What is asked of each sign, and of each address that is found, is bounded: a line may be half a megabyte of either.
    #[test]
    fn what_addresses_cost_is_bounded_by_the_length_of_the_text() {
        for piece in [
            "=40",
            "@[a",
            "@",
            "a@b",
            "a@b.example ",
            "a(at)b.cc,",
            "a@b.example,",
            "mailto:=40",
            "\"@",
            "@ ",
            "=40 ",
            "(a@b.example",
            "http://x?a%40b.cc&",
            "a\u{200b}@",
            "a=40b.cc",
        ] {
            in_steps(piece, 500, |n| {
                take_addresses_out(&mut [Line::plain(&piece.repeat(n))]);
            });
            in_steps(piece, 500, |n| {
                take_addresses_out(&mut vec![Line::plain(piece); n]);
            });
            in_steps(piece, 500, |n| {
                take_addresses_out(&mut [Line {
                    spans: vec![Span::text(piece); n],
                    ..Line::default()
                }]);
            });
        }
        for (before, piece, behind) in [(" ", "=40", "x"), ("x ", "=40", " "), ("https://x?", "a%40b.cc&", "x")] {
            in_steps(before, 500, |n| {
                let text = format!("{}{}{}", before.repeat(n), piece.repeat(n), behind.repeat(n));
                take_addresses_out(&mut [Line::plain(&text)]);
            });
        }
    }

    #[test]
    fn a_link_goes_whole_with_all_addresses_in_it() {
        for (text, kept) in [
            (
                "see https://x.example/?a=b%40c.example&d=e%40f.example&g now",
                "see now",
            ),
            ("see (b%40c.example) https://x.example/?d=e%40f.example, now", "see now"),
            (
                "see https://x.example/a b%40c.example now",
                "see https://x.example/a now",
            ),
        ] {
            assert_eq!(left(text), kept, "{text}");
        }
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
