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

    /// The text of one of very many objects, for [`Report::array`].
    pub fn text_of(mut object: Value) -> String {
        mark(&mut object);
        object.to_string()
    }

    /// An answer of very many objects, each as [`Report::text_of`] tells it.
    pub fn array<'t>(&self, objects: impl IntoIterator<Item = &'t str>) {
        at_once(|out| {
            write!(out, "[")?;
            for (n, object) in objects.into_iter().enumerate() {
                write!(out, "{}{object}", if n == 0 { "" } else { "," })?;
            }
            writeln!(out, "]")
        });
    }

    /// Very many lines of an answer, made safe for a terminal.
    pub fn lines(&self, lines: impl IntoIterator<Item = String>) {
        at_once(|out| {
            lines
                .into_iter()
                .try_for_each(|line| writeln!(out, "{}", visible(&line)))
        });
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

/// Writes to stdout, but not line by line; what nobody reads any more is not made to its end.
fn at_once(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) {
    let mut out = io::BufWriter::with_capacity(64 << 10, io::stdout().lock());
    note_failure(write(&mut out).and_then(|()| out.flush()));
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
    if text.bytes().all(|b| matches!(b, b' '..=b'~')) {
        return text.to_owned();
    }
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
}
