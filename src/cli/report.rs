//! How the tool speaks: answers on stdout, remarks and errors on stderr, one error as what, why and what to do.

use std::fmt;
use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;
use serde_json::{Value, json};

use crate::story::policy::Refusal;

/// An error as a person and a script read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// A dotted word: `policy.too_few_approvals`.
    pub code: String,
    pub what: String,
    pub why: String,
    pub hint: String,
    pub exit: u8,
}

impl Failure {
    pub fn new(
        code: &str,
        exit: u8,
        what: impl fmt::Display,
        why: impl fmt::Display,
        hint: impl fmt::Display,
    ) -> Failure {
        Failure {
            code: code.into(),
            what: what.to_string(),
            why: why.to_string(),
            hint: hint.to_string(),
            exit,
        }
    }

    /// The command line asks for something that cannot be.
    pub fn usage(what: impl fmt::Display, why: impl fmt::Display, hint: impl fmt::Display) -> Failure {
        Failure::new("usage", 2, what, why, hint)
    }
}

impl From<Refusal> for Failure {
    fn from(r: Refusal) -> Failure {
        Failure {
            code: r.code.to_owned(),
            what: r.what,
            why: r.why,
            hint: r.hint,
            exit: r.exit,
        }
    }
}

/// What a command came to: its exit code, or a failure to report.
pub type Outcome = Result<u8, Failure>;

/// Where answers go and how.
#[derive(Debug, Clone, Copy)]
pub struct Report {
    pub json: bool,
    pub quiet: bool,
    pub verbose: bool,
    pub color: bool,
}

impl Report {
    /// One JSON answer, with its schema number.
    pub fn object(&self, value: &impl Serialize) {
        let mut value = serde_json::to_value(value).unwrap_or(Value::Null);
        mark(&mut value);
        self.line(&value.to_string());
    }

    /// One line of an answer. The text is made safe for a terminal.
    pub fn line(&self, text: &str) {
        let mut out = io::stdout().lock();
        let text = if self.json { text.to_owned() } else { visible(text) };
        note_failure(writeln!(out, "{text}"));
    }

    /// One line of an answer with a coloured word before it.
    pub fn marked(&self, word: &str, sgr: &str, text: &str) {
        let mut out = io::stdout().lock();
        // colours were decided upon by standard error: they are not for a file or a pipe
        let word = match out.is_terminal() || !io::stderr().is_terminal() {
            true => self.paint(word, sgr),
            false => word.to_owned(),
        };
        note_failure(writeln!(out, "{word}  {}", visible(text)));
    }

    /// An answer in one line, or as an object with `--json`.
    pub fn answer(&self, text: &str, object: &Value) {
        if self.json {
            self.object(object);
        } else {
            self.line(text);
        }
    }

    /// Bytes as they are, for files that are answers (completions, the manual, a raw mail into a pipe).
    pub fn bytes(&self, bytes: &[u8]) {
        let mut out = io::stdout().lock();
        let written = if out.is_terminal() {
            out.write_all(visible(&String::from_utf8_lossy(bytes)).as_bytes())
        } else {
            out.write_all(bytes)
        };
        note_failure(written.and_then(|()| out.flush()));
    }

    /// A remark on stderr; not with `-q`.
    pub fn remark(&self, text: &str) {
        if !self.quiet {
            let _ = writeln!(io::stderr(), "{}", visible(text));
        }
    }

    /// News on stderr, also with `-q`: for who is told by mail of what a run had to say.
    pub fn news(&self, text: &str) {
        if !self.json {
            let _ = writeln!(io::stderr(), "{}", visible(text));
        }
    }

    /// A caution on stderr, also with `-q`.
    pub fn caution(&self, text: &str) {
        let _ = writeln!(io::stderr(), "{} {}", self.paint("Caution:", "33"), visible(text));
    }

    /// A detail on stderr, only with `-v`.
    pub fn detail(&self, text: &str) {
        if self.verbose {
            let _ = writeln!(io::stderr(), "{}", visible(text));
        }
    }

    /// The one way an error is told.
    pub fn failure(&self, failure: &Failure) {
        let mut err = io::stderr().lock();
        if self.json {
            let cause = Some(&failure.why).filter(|w| !w.is_empty());
            let hint = Some(&failure.hint).filter(|h| !h.is_empty());
            let error = json!({"code": failure.code, "message": failure.what, "cause": cause, "hint": hint});
            let _ = writeln!(err, "{}", json!({"schema": 1, "error": error}));
            return;
        }
        let _ = writeln!(
            err,
            "{} {}",
            self.paint("Error:", "31"),
            visible(&crate::story::record::one_line(&failure.what))
        );
        for (label, text) in [("Caused by:", &failure.why), ("Hint:", &failure.hint)] {
            if !text.is_empty() {
                let _ = writeln!(err, "{} {}", self.paint(label, "1"), visible(text));
            }
        }
    }

    /// Text in an SGR colour, where colours are wanted.
    pub fn paint(&self, text: &str, sgr: &str) -> String {
        if self.color {
            format!("\u{1b}[{sgr}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }
}

/// Set when an answer could not be written, for want of space and the like.
static UNWRITTEN: AtomicBool = AtomicBool::new(false);

/// A reader that went away (`| head`) is no failure; an answer that found no room is one.
fn note_failure(written: io::Result<()>) {
    if written.is_err_and(|e| e.kind() != io::ErrorKind::BrokenPipe) {
        UNWRITTEN.store(true, Ordering::Relaxed);
    }
}

/// Whether every answer could be written.
pub fn all_written() -> bool {
    !UNWRITTEN.load(Ordering::Relaxed)
}

/// Every object of an answer bears its schema number.
fn mark(value: &mut Value) {
    match value {
        Value::Object(map) => drop(map.shift_insert(0, "schema".to_owned(), json!(1))),
        Value::Array(items) => items.iter_mut().for_each(mark),
        _ => {}
    }
}

/// Text that cannot move the cursor, reorder what is shown or ring the bell: controls other than line ends and tabs, and bidirectional
/// controls, are shown as escapes. Our own colours pass, as they are put on after this.
pub fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let bidi = matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{61c}');
        match c {
            '\n' | '\t' => out.push(c),
            c if c.is_control() || bidi => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    out
}

/// Rows in columns, padded by what a terminal shows, the last column free.
pub fn table(rows: &[Vec<String>]) -> Vec<String> {
    use unicode_width::UnicodeWidthStr;
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |c: usize| {
        rows.iter()
            .filter_map(|r| r.get(c))
            .map(|t| t.width())
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let line = |row: &Vec<String>| {
        let mut out = String::new();
        for (c, text) in row.iter().enumerate() {
            out.push_str(text);
            if c + 1 < row.len() {
                out.extend(std::iter::repeat_n(' ', widths[c] - text.width() + 2));
            }
        }
        out.trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}

/// A table whose lines are at most `width` columns wide, where its cells in the columns `long` can be cut so far: the widest of these
/// is cut first, and each keeps enough to be known by.
pub fn fitted_table(mut rows: Vec<Vec<String>>, width: Option<usize>, long: &[usize]) -> Vec<String> {
    use unicode_width::UnicodeWidthStr;
    const LEAST: usize = 8;
    let Some(width) = width else { return table(&rows) };
    let widest = |c: usize| {
        rows.iter()
            .filter_map(|r| r.get(c))
            .map(|t| t.width())
            .max()
            .unwrap_or(0)
    };
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let mut widths: Vec<usize> = (0..columns).map(widest).collect();
    while widths.iter().sum::<usize>() + 2 * columns.saturating_sub(1) > width {
        match long
            .iter()
            .copied()
            .filter(|&c| widths[c] > LEAST)
            .max_by_key(|&c| widths[c])
        {
            Some(c) => widths[c] -= 1,
            None => break,
        }
    }
    for row in &mut rows {
        for &c in long {
            row[c] = short(&row[c], widths[c]);
        }
    }
    table(&rows)
}

/// `text` in at most `room` columns; what is missing at its end is shown by an ellipsis.
pub fn short(text: &str, room: usize) -> String {
    use unicode_segmentation::UnicodeSegmentation;
    use unicode_width::UnicodeWidthStr;
    if text.width() <= room {
        return text.to_owned();
    }
    let mut out = String::new();
    for letter in text.graphemes(true) {
        if out.width() + letter.width() + 1 > room {
            break;
        }
        out.push_str(letter);
    }
    out.push('…');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_mail_reaches_the_terminal_as_a_command() {
        let evil = "a\u{1b}]52;c;x\u{7}b\u{9b}31m\rc\u{202e}d\u{7f}";
        let shown = visible(evil);
        assert!(shown.chars().all(|c| !c.is_control() && c != '\u{202e}'), "{shown:?}");
        assert!(shown.starts_with("a\\u{1b}]52"), "{shown}");
    }

    #[test]
    fn a_table_lines_up_wide_letters() {
        let rows = [vec!["日本".into(), "x".into()], vec!["abc".into(), "y".into()]];
        assert_eq!(table(&rows), ["日本  x", "abc   y"]);
    }

    #[test]
    fn a_table_fits_a_narrow_terminal_by_what_its_letters_take_and_is_whole_elsewhere() {
        use unicode_width::UnicodeWidthStr;
        let row = |name: &str, id: &str| ["2010-12-04", name, id].map(str::to_owned).to_vec();
        let rows = vec![
            row("日本語の名前の長い人", "2010/12/a-b15560c867"),
            row(
                "Zoe\u{301} 👩‍👩‍👧‍👦 Lukasiewicz-Nunez",
                "2010/12/zoe-lukasiewicz-nunez-0123456789",
            ),
            row("Joan", "2010/12/joan-0123456789"),
        ];
        assert_eq!(fitted_table(rows.clone(), None, &[1, 2]), table(&rows));
        assert_eq!(fitted_table(rows.clone(), Some(200), &[1, 2]), table(&rows));
        let fitted = fitted_table(rows.clone(), Some(40), &[1, 2]);
        assert!(fitted.iter().all(|line| line.width() <= 40), "{fitted:?}");
        assert!(fitted[0].contains("日本語の") && fitted[0].contains('…'), "{fitted:?}");
        assert!(
            fitted[1].contains("Zoe\u{301} 👩‍👩‍👧‍👦 "),
            "a letter is not cut in two: {fitted:?}"
        );
        assert!(fitted[2].contains("Joan  "), "{fitted:?}");
        // so narrow that nothing sensible is left: it is as narrow as it can be known by
        assert!(fitted_table(rows, Some(5), &[1, 2])[2].contains("2010/12…"));
    }
}
