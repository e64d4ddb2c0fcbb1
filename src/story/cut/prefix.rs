//! Quotations that are not marked by `>`: bars and other signs (`| text`, as mutt, Gnus and Notes may write them), and the
//! name or the initials of who is quoted (`CL> text`: The Bat!, Supercite).
//!
//! The same signs stand in tables, poems, on notices, in chats and before what is typed into a shell. So they count under an
//! attribution, and, where one run of them was found there, further down; initials in capitals also where they come twice.

use super::attribution::{self, Grade};
use super::seen::Seen;

/// Signs that stand for `>`.
const SIGNS: &[char] = &['|', '│', '¦', ':', '}', '%'];

/// Capitals before `>` that are no person's.
const PROMPTS: &[&str] = &["SQL", "PS", "CMD", "A", "B", "C", "D", "Q", "IN", "OUT", "FTP"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    Sign(char),
    /// So many bytes of the line's text are the name.
    Name(usize),
}

/// Lines with a mark, one after the other, blank lines between.
struct Run {
    marked: Vec<(usize, Mark)>,
    confirmed: bool,
}

impl Run {
    fn first(&self) -> (usize, Mark) {
        self.marked[0]
    }
}

/// Takes such marks off where they are a quotation's, and counts them as depth.
pub(super) fn unmark(lines: &mut [Seen]) {
    let mut runs = runs(lines);
    if runs.is_empty() {
        return;
    }
    let mut known: Vec<String> = Vec::new();
    for run in &mut runs {
        run.confirmed = known.contains(&key(lines, run.first())) || attributed(lines, run) || twice(lines, run);
        if run.confirmed {
            let key = key(lines, run.first());
            if !known.contains(&key) && known.len() < 8 {
                known.push(key);
            }
        }
    }
    for run in runs.iter().filter(|run| run.confirmed) {
        heading(lines, run.first().0);
        for (at, mark) in &run.marked {
            take_off(&mut lines[*at], *mark);
        }
    }
}

fn runs(lines: &[Seen]) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let mut open = false;
    for (at, line) in lines.iter().enumerate() {
        if line.blank() {
            continue;
        }
        let Some(mark) = mark(line) else {
            open = false;
            continue;
        };
        let same = |run: &Run| match (run.first().1, mark) {
            (Mark::Sign(one), Mark::Sign(other)) => one == other,
            (Mark::Name(_), Mark::Name(_)) => true,
            _ => false,
        };
        match runs.last_mut().filter(|run| open && same(run)) {
            Some(run) => run.marked.push((at, mark)),
            None => runs.push(Run {
                marked: vec![(at, mark)],
                confirmed: false,
            }),
        }
        open = true;
    }
    runs
}

/// The mark a line begins with. Nearly every line of every mail comes here.
fn mark(line: &Seen) -> Option<Mark> {
    if line.depth > 0 || line.hinted || line.fold.is_empty() {
        return None;
    }
    let text = line.text.as_ref();
    let first = text.chars().next()?;
    if SIGNS.contains(&first) {
        let rest = &text[first.len_utf8()..];
        let free = rest.is_empty() || rest.starts_with([' ', '>', first]);
        // a row of a table, or a card
        let row = !rest.is_empty() && text.ends_with(first) || rest.trim_start_matches([' ', first]).contains(" | ");
        return (free && !row).then_some(Mark::Sign(first));
    }
    let head = &text.as_bytes()[..text.len().min(40)];
    let at = memchr::memchr(b'>', head)?;
    let (name, rest) = (&text[..at], text[at..].trim_start_matches('>'));
    let named = name.chars().all(|c| c.is_alphanumeric() || "._-".contains(c)) && name.starts_with(char::is_alphabetic);
    let free = rest.is_empty() || rest.starts_with(' ');
    (named && free && name.chars().count() <= 24 && !PROMPTS.contains(&name)).then_some(Mark::Name(at))
}

/// What further runs of the same are known by.
fn key(lines: &[Seen], (at, mark): (usize, Mark)) -> String {
    match mark {
        Mark::Sign(sign) => sign.to_string(),
        Mark::Name(end) => lines[at].text[..end].to_owned(),
    }
}

/// Whether an attribution stands over the run.
fn attributed(lines: &[Seen], run: &Run) -> bool {
    let (first, mark) = run.first();
    let Some(above) = (first.saturating_sub(3)..first).rev().find(|i| !lines[*i].blank()) else {
        return false;
    };
    let Some(found) = attribution::over_quotation(lines, above) else {
        return false;
    };
    match mark {
        Mark::Sign('|' | '│' | '¦') => true,
        Mark::Sign(_) => run.marked.len() >= 2 || found.grade > Grade::Weak,
        Mark::Name(end) => {
            let name = lines[first].text[..end].to_lowercase();
            let named = lines[found.start..found.end].iter().any(|l| l.fold.contains(&name));
            // The Bat! writes `you wrote:`, and initials even before a single line
            let initials = || initials_of(lines, run.first()).is_some();
            named || run.marked.len() >= 2 || found.grade == Grade::Strong && initials()
        }
    }
}

/// Whether initials in capitals stand before two lines in a row.
fn twice(lines: &[Seen], run: &Run) -> bool {
    run.marked.windows(2).any(|pair| {
        let (one, other) = (initials_of(lines, pair[0]), initials_of(lines, pair[1]));
        one.is_some() && one == other && pair[0].0 + 1 == pair[1].0
    })
}

/// The initials in capitals that a line is marked with.
fn initials_of<'l>(lines: &'l [Seen], (at, mark): (usize, Mark)) -> Option<&'l str> {
    let Mark::Name(end) = mark else { return None };
    let name = &lines[at].text[..end];
    (name.chars().count() <= 4 && name.chars().all(char::is_uppercase)).then_some(name)
}

/// Supercite writes `>>>>> ` before its attribution, too: that line is none of the quotation.
fn heading(lines: &mut [Seen], first: usize) {
    let Some(above) = (first.saturating_sub(3)..first).rev().find(|i| !lines[*i].blank()) else {
        return;
    };
    if lines[above].depth >= 4
        && let Some(found) = attribution::over_quotation(lines, above)
    {
        lines[found.start..found.end].iter_mut().for_each(|l| l.depth = 0);
    }
}

fn take_off(line: &mut Seen, mark: Mark) {
    let rest = match mark {
        Mark::Sign(_) => line.text.as_ref(),
        Mark::Name(end) => &line.text[end..],
    };
    let sign = match mark {
        Mark::Sign(sign) => sign,
        Mark::Name(_) => '>',
    };
    let body = rest.trim_start_matches([sign, '>', ' ']);
    let marks = rest[..rest.len() - body.len()].chars().filter(|c| *c != ' ').count();
    let text = body.to_owned();
    line.depth = line.depth.saturating_add(u8::try_from(marks).unwrap_or(u8::MAX));
    line.unmark(text);
}
