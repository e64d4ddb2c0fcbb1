//! Lists that an author typed: lines that begin with a hyphen, a bullet or a number.
//!
//! Speech is written with hyphens, too, and a year or a day begins a line: only what cannot be meant otherwise is a list.

use std::ops::Range;

use super::super::passage::Span;
use super::wrap::{self, Break};

/// A list, and the lines it is made of.
pub struct Typed {
    pub lines: Range<usize>,
    pub items: Vec<Item>,
}

pub struct Item {
    pub depth: u8,
    pub number: Option<u32>,
    /// `-`, `*` of a bullet, `.`, `)` of a number.
    pub delimiter: char,
    pub lines: Range<usize>,
    /// Bytes of the first line before its words.
    pub mark: usize,
}

/// How a line begins an item.
#[derive(Clone, Copy)]
struct Mark {
    indent: usize,
    number: Option<u32>,
    /// As typed.
    sign: char,
    len: usize,
}

/// Lines between two items that can be the rest of the first: an author breaks lines where they like.
const REST: usize = 3;

/// Lists deeper than this are shown at this depth.
const DEEPEST: usize = 8;

/// The lists in a run of lines; `before` is the number and delimiter of the list right above, if there is one.
pub fn lists(lines: &[Vec<Span>], breaks: &[Break], mut before: Option<(u32, char)>) -> Vec<Typed> {
    let marks: Vec<Option<Mark>> = lines
        .iter()
        .zip(breaks)
        .map(|(line, before)| mark(line).filter(|_| *before != Break::Wrapped))
        .collect();
    let mut out: Vec<Typed> = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let found = run(lines, breaks, &marks, at, before);
        at = found.as_ref().map_or(at + 1, |f| f.lines.end);
        let found = found.filter(|f| is_list(lines, &f.items));
        let last = found.as_ref().and_then(|f| f.items.iter().rfind(|i| i.depth == 0));
        before = last.and_then(|i| Some((i.number?, i.delimiter)));
        out.extend(found);
    }
    out
}

/// The lines that would be a list with the one that begins it.
fn run(
    lines: &[Vec<Span>],
    breaks: &[Break],
    marks: &[Option<Mark>],
    from: usize,
    above: Option<(u32, char)>,
) -> Option<Typed> {
    let first = marks[from]?;
    if let Some(number) = first.number {
        let goes_on = above.is_some_and(|(n, sign)| n.checked_add(1) == Some(number) && sign == first.sign);
        let begins = number == 1 && above.is_none_or(|(_, sign)| sign != first.sign);
        if !(begins || goes_on) {
            return None;
        }
    }
    let mut open: Vec<Mark> = vec![first];
    let mut items = vec![item(first, 0, from)];
    let mut at = from + 1;
    while at < lines.len() {
        match marks[at] {
            Some(next) => {
                let Some(depth) = level(&mut open, next) else { break };
                items.push(item(next, depth, at));
            }
            // wrapped, set in, or with another item of the list below
            None if breaks[at] == Break::Wrapped || indent(&lines[at]) > open.last()?.indent => {}
            None => {
                let below = (at + 1..lines.len().min(at + REST)).find(|&i| marks[i].is_some());
                let same = |m: Mark| level(&mut open.clone(), m).is_some();
                if !below.and_then(|i| marks[i]).is_some_and(same) {
                    break;
                }
            }
        }
        at += 1;
        if let Some(last) = items.last_mut() {
            last.lines.end = at;
        }
    }
    Some(Typed { lines: from..at, items })
}

fn is_list(lines: &[Vec<Span>], items: &[Item]) -> bool {
    items.iter().filter(|i| i.depth == 0).count() >= 2 && !may_be_speech(lines, items)
}

fn item(mark: Mark, depth: usize, at: usize) -> Item {
    Item {
        depth: depth.min(DEEPEST) as u8,
        number: mark.number,
        delimiter: match mark.sign {
            '•' | '·' => '-',
            sign => sign,
        },
        lines: at..at + 1,
        mark: mark.len,
    }
}

/// The depth at which an item goes on or begins a list within the one that is open; `None`: it belongs to neither.
fn level(open: &mut Vec<Mark>, next: Mark) -> Option<usize> {
    while open.len() > 1 && open.last().is_some_and(|m| next.indent < m.indent) {
        open.pop();
    }
    let last = open.last_mut()?;
    let follows = match (last.number, next.number) {
        (Some(n), Some(number)) => n + 1 == number,
        (None, None) => true,
        _ => false,
    };
    if last.sign == next.sign && follows && next.indent <= last.indent + 1 {
        *last = next;
    } else if next.indent > last.indent + 1 && next.number.is_none_or(|n| n == 1) {
        open.push(next);
    } else {
        return None;
    }
    Some(open.len() - 1)
}

/// Speech is hyphens and whole sentences: such a run stays as it was typed. The last item may end the sentence that the
/// list is.
fn may_be_speech(lines: &[Vec<Span>], items: &[Item]) -> bool {
    let hyphens = items.first().is_some_and(|i| i.delimiter == '-' && i.number.is_none());
    let ends = |item: &Item| {
        let text = words(&lines[item.lines.end - 1]);
        wrap::ends_a_sentence(text.trim_end()) && !text.trim_end().ends_with(':')
    };
    hyphens && items[..items.len() - 1].iter().any(ends) && starts_with_hyphen(&lines[items[0].lines.start])
}

fn starts_with_hyphen(line: &[Span]) -> bool {
    words(line).trim_start().starts_with('-')
}

/// `- `, `* `, `• `, `1. `, `1) `, and a word behind it.
fn mark(line: &[Span]) -> Option<Mark> {
    let text = line
        .first()
        .filter(|s| s.image.is_none() && s.href.is_none())?
        .text
        .as_str();
    let indent = text.len() - text.trim_start_matches(' ').len();
    let rest = &text[indent..];
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let sign = rest[digits..].chars().next()?;
    let number = match digits {
        0 if matches!(sign, '-' | '*' | '•' | '·') => None,
        // `01.` would be shown as `1.`
        1..=3 if matches!(sign, '.' | ')') && !rest.starts_with('0') => Some(rest[..digits].parse().ok()?),
        _ => return None,
    };
    let behind = &rest[digits + sign.len_utf8()..];
    let blanks = behind.len() - behind.trim_start_matches(' ').len();
    let all = words(line);
    let said = all.trim_start_matches(' ')[digits + sign.len_utf8()..].trim_start();
    // `* * *` is a rule, `- 3` a sum
    let word = !said.starts_with(sign) && said.chars().any(char::is_alphabetic);
    (blanks > 0 && word).then_some(Mark {
        indent,
        number,
        sign,
        len: indent + digits + sign.len_utf8() + blanks,
    })
}

/// How far a line with something on it is set in.
pub fn set_in(line: &[Span]) -> Option<usize> {
    let shown = |s: &Span| s.image.is_some() || !s.text.trim().is_empty();
    line.iter().any(shown).then(|| indent(line))
}

fn indent(line: &[Span]) -> usize {
    let text = line.first().map_or("", |s| s.text.as_str());
    text.len() - text.trim_start_matches(' ').len()
}

fn words(line: &[Span]) -> String {
    line.iter().map(|s| s.text.as_str()).collect()
}
