//! Words of the author's in an element that their program made for the mail that is quoted: the cursor comes to stand in it, above the
//! line that says whose mail that is.

use super::attribution::{self, Grade};
use super::header_block::has_hour;
use super::mark::{dashed_words, mark};
use super::quote::block_at;
use super::seen::Seen;

/// Lines on top of an element that would be an attribution or a header, though none that is known here.
const TOP: usize = 3;

/// Words that an author types where the cursor came to stand; more may be the newest of the mails that are quoted.
const TYPED: usize = 40;

/// Whether a letter begins with the line: one that stands in an element for a quotation is mostly the one that is quoted.
fn salutes(line: &Seen) -> bool {
    const OPENINGS: [&str; 19] = [
        "dear ",
        "hi ",
        "hello ",
        "hey ",
        "liebe ",
        "lieber ",
        "hallo ",
        "bonjour",
        "cher ",
        "chère ",
        "hola",
        "estimad",
        "ciao ",
        "caro ",
        "cara ",
        "beste ",
        "geachte ",
        "guten tag",
        "annwyl ",
    ];
    OPENINGS.iter().any(|opening| line.fold.starts_with(opening))
}

fn words_in(lines: &[Seen], start: usize, end: usize) -> usize {
    shown(lines, start, end).map(|l| l.text.split(' ').count()).sum()
}

/// Takes the program's word off the author's lines in its elements: the quotation begins at the attribution or the header.
pub(super) fn free(lines: &mut [Seen]) {
    let mut start = 0;
    while start < lines.len() {
        if !lines[start].hinted || lines[start].blank() {
            start += 1;
            continue;
        }
        let end = (start..lines.len())
            .find(|n| !lines[*n].hinted && !lines[*n].blank())
            .unwrap_or(lines.len());
        let marked = |n: &usize| lines[*n].depth > 0 && !lines[*n].blank();
        let top = (start..end).find(marked).unwrap_or(end);
        let found = (start..top).find_map(|n| beginning(lines, start, n));
        if let Some(begins) = found.filter(|_| !lines[start].unended)
            && !shown(lines, start, begins).take(TOP).any(of_a_program)
            && shown(lines, start, begins).any(|l| !l.ruled)
            && words_in(lines, start, begins) <= TYPED
            && !shown(lines, start, begins).next().is_some_and(salutes)
        {
            unmark(&mut lines[start..begins]);
        }
        start = end;
    }
    free_below(lines);
}

/// An element for an attribution that has none, and nothing quoted below it: a program copied it when a paragraph was begun.
fn free_below(lines: &mut [Seen]) {
    let mut start = 0;
    while start < lines.len() {
        if !lines[start].attribution_hint {
            start += 1;
            continue;
        }
        let end = (start..lines.len())
            .find(|n| !lines[*n].attribution_hint && !lines[*n].blank())
            .unwrap_or(lines.len());
        let quoted_below = lines.get(end).is_some_and(Seen::quoted);
        if !quoted_below && !shown(lines, start, end).any(of_a_program) {
            unmark(&mut lines[start..end]);
        }
        start = end;
    }
}

/// Where a quotation begins that says so at line `at`: not before line `low`.
fn beginning(lines: &[Seen], low: usize, at: usize) -> Option<usize> {
    let line = &lines[at];
    let sure = |grade: Grade| grade == Grade::Strong || grade == Grade::Fair && line.attribution_hint;
    let attributed = attribution::ending_at(lines, at).filter(|a| sure(a.grade) && a.start >= low);
    let headed = || {
        block_at(lines, at)
            .is_some_and(|block| block.from.address.is_some() || block.date.is_some_and(|date| has_hour(&date)))
    };
    let parted = || dashed_words(&line.text) && mark(&line.fold).is_some();
    attributed
        .map(|a| a.start)
        .or_else(|| (parted() || headed()).then_some(at))
}

/// Whether a line may be an attribution or a part of a header that is not known here.
fn of_a_program(line: &Seen) -> bool {
    let timed = || attribution::dated(&line.fold) && attribution::timed(&line.fold);
    line.text.len() <= 160 && (line.text.ends_with([':', '：']) || line.text.contains('@') || timed())
}

fn shown<'a, 'b>(lines: &'b [Seen<'a>], start: usize, end: usize) -> impl Iterator<Item = &'b Seen<'a>> {
    lines[start..end].iter().filter(|l| !l.blank())
}

fn unmark(lines: &mut [Seen]) {
    for line in lines {
        (line.hinted, line.attribution_hint) = (false, false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::story::passage::Line;

    /// Marks and words of lines: q quoted, a attribution, u without an end, > in a blockquote; and which lines are quoted afterwards.
    fn quoted(rows: &[(&str, &str)]) -> Vec<bool> {
        let with = |(marks, text): &(&str, &str)| {
            let mut line = Line::plain(text);
            line.hints.quoted = marks.contains(['q', 'a', 'u']);
            line.hints.attribution = marks.contains('a');
            line.hints.unended = marks.contains('u');
            line.quote = marks.contains('>').into();
            line
        };
        let lines: Vec<Line> = rows.iter().map(with).collect();
        let mut seen: Vec<Seen> = lines.iter().map(Seen::of).collect();
        free(&mut seen);
        seen.iter().map(Seen::quoted).collect()
    }

    #[test]
    fn a_quotation_begins_at_the_line_that_says_whose_it_is() {
        const WROTE: &str = "On Sat, Dec 4, 2010 at 10:00 AM, Cath <cath@team.example> wrote:";
        const THUNDERBIRD: &str = "On 04/12/2010 10:00, Cath Lee wrote:";
        type Rows = &'static [(&'static str, &'static str)];
        let table: &[(&str, Rows, &[bool])] = &[
            (
                "Gmail",
                &[
                    ("", "We won."),
                    ("a", "Then we sang."),
                    ("a", WROTE),
                    ("q>", "Dear Marion"),
                ],
                &[false, false, true, true],
            ),
            (
                "Thunderbird",
                &[("a", "We won."), ("a", ""), ("a", THUNDERBIRD), ("q>", "Dear Marion")],
                &[false, false, true, true],
            ),
            (
                "Yahoo",
                &[
                    ("", "We won."),
                    ("q", "Then we sang."),
                    ("q", WROTE),
                    ("q", "Dear Marion"),
                ],
                &[false, false, true, true],
            ),
            (
                "GMX",
                &[
                    ("q", "Then we sang."),
                    ("q", "Sent: Saturday, December 4, 2010 10:00 AM"),
                    ("q", "From: Cath <cath@team.example>"),
                    ("q", "Dear Marion"),
                ],
                &[false, true, true, true],
            ),
            (
                "an attribution in words that are not known",
                &[
                    ("q", "Ar 4 Rhagfyr 2010, 10:00, ysgrifennodd Cath:"),
                    ("q", "Dear Marion"),
                    ("q", WROTE),
                    ("q", "Dear Cath"),
                ],
                &[true; 4],
            ),
            (
                "an older mail in the blockquote",
                &[("q", "Dear Marion"), ("q>", WROTE), ("q>", "Dear Cath")],
                &[true; 3],
            ),
            (
                "an older mail below a header",
                &[
                    ("u", "Dear Marion"),
                    ("q", "Dear Ann"),
                    ("q", WROTE),
                    ("q", "Dear Cath"),
                ],
                &[true; 4],
            ),
            (
                "nothing says whose it is",
                &[("", "We won."), ("q", "Dear Marion"), ("q", "what changed?")],
                &[false, true, true],
            ),
            (
                "the element once more, below the quotation",
                &[
                    ("a", THUNDERBIRD),
                    ("q>", "Dear Marion"),
                    ("a", "We won."),
                    ("a", "Then we sang."),
                ],
                &[true, true, false, false],
            ),
            (
                "an attribution alone",
                &[("", "We won."), ("a", "Cath schreef iets:")],
                &[false, true],
            ),
        ];
        for (name, rows, expected) in table {
            assert_eq!(quoted(rows), *expected, "{name}");
        }
    }
}
