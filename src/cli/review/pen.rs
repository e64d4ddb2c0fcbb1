//! A place to write: text with a cursor, in rows as wide as the screen.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use crate::cli::report::visible;

/// What is being written, and where the next letter goes.
#[derive(Debug, Clone, Default)]
pub struct Pen {
    pub text: String,
    /// A byte of `text` where a letter begins.
    at: usize,
}

/// A move of the cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move {
    Left,
    Right,
    Up,
    Down,
    PageUp,
    PageDown,
    Home,
    End,
}

impl Pen {
    /// With the cursor at the beginning of `text`.
    pub fn new(text: &str) -> Pen {
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        Pen { text, at: 0 }
    }

    /// With the cursor at its end: to go on with what is there, or to take it off.
    pub fn at_end(text: &str) -> Pen {
        let pen = Pen::new(text);
        Pen {
            at: pen.text.len(),
            ..pen
        }
    }

    pub fn write(&mut self, text: &str) {
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        self.text.insert_str(self.at, &text);
        self.at += text.len();
    }

    /// Takes off the letter before the cursor.
    pub fn rub_out(&mut self) {
        let to = self.at;
        self.at = self.before();
        self.text.replace_range(self.at..to, "");
    }

    /// Takes off the word before the cursor, and the blanks after it: what readline calls unix-word-rubout.
    pub fn rub_out_word(&mut self) {
        let before = &self.text[..self.at];
        let word = before.trim_end();
        let blank = word.char_indices().rfind(|(_, c)| c.is_whitespace());
        self.rub_out_to(blank.map_or(0, |(at, c)| at + c.len_utf8()));
    }

    /// Takes off what stands before the cursor on its line: what readline calls unix-line-discard.
    pub fn rub_out_line(&mut self) {
        self.rub_out_to(self.text[..self.at].rfind('\n').map_or(0, |end| end + 1));
    }

    fn rub_out_to(&mut self, from: usize) {
        self.text.replace_range(from..self.at, "");
        self.at = from;
    }

    /// Takes off the letter under the cursor.
    pub fn delete(&mut self) {
        let to = self.after();
        self.text.replace_range(self.at..to, "");
    }

    fn before(&self) -> usize {
        let letter = self.text[..self.at].graphemes(true).next_back();
        self.at - letter.map_or(0, str::len)
    }

    fn after(&self) -> usize {
        let letter = self.text[self.at..].graphemes(true).next();
        self.at + letter.map_or(0, str::len)
    }

    pub fn go(&mut self, way: Move, width: usize) {
        let rows = self.rows(width);
        let (row, column) = self.cursor(&rows);
        let to_row = |by: isize| row.saturating_add_signed(by).min(rows.len() - 1);
        self.at = match way {
            Move::Left => self.before(),
            Move::Right => self.after(),
            Move::Up if row == 0 => 0,
            Move::Down if row + 1 == rows.len() => self.text.len(),
            Move::Up => self.place(&rows[to_row(-1)], column),
            Move::Down => self.place(&rows[to_row(1)], column),
            Move::PageUp => self.place(&rows[to_row(-10)], column),
            Move::PageDown => self.place(&rows[to_row(10)], column),
            Move::Home => rows[row].start,
            Move::End => self.end_of(&rows[row]),
        };
    }

    /// The bytes of each row, blanks and line ends included.
    pub fn rows(&self, width: usize) -> Vec<Range<usize>> {
        let width = width.max(2);
        let mut rows = Vec::new();
        let mut start = 0;
        for line in self.text.split_inclusive('\n') {
            let end = start + line.len();
            let (mut from, mut wide, mut blank) = (start, 0, None);
            for (at, letter) in line.grapheme_indices(true) {
                let at = start + at;
                let w = shown(letter).width();
                if wide + w > width && letter != "\n" && letter != " " {
                    let to = blank.filter(|b| *b > from).unwrap_or(at);
                    rows.push(from..to);
                    from = to;
                    wide = self.text[to..at].graphemes(true).map(|l| shown(l).width()).sum();
                    blank = None;
                }
                wide += w;
                if letter == " " {
                    blank = Some(at + 1);
                }
            }
            rows.push(from..end);
            start = end;
        }
        if self.text.is_empty() || self.text.ends_with('\n') {
            rows.push(start..start);
        }
        rows
    }

    /// What a row shows.
    pub fn row(&self, row: &Range<usize>) -> String {
        self.text[row.clone()].graphemes(true).map(shown).collect()
    }

    /// Row and column of the cursor.
    pub fn cursor(&self, rows: &[Range<usize>]) -> (usize, usize) {
        let row = rows.iter().rposition(|r| r.start <= self.at).unwrap_or(0);
        let before = &self.text[rows[row].start..self.at];
        (row, before.graphemes(true).map(|l| shown(l).width()).sum())
    }

    /// The byte of a row at which `column` columns are behind.
    fn place(&self, row: &Range<usize>, column: usize) -> usize {
        let (mut at, mut wide) = (row.start, 0);
        for letter in self.text[row.clone()].graphemes(true) {
            wide += shown(letter).width();
            if letter == "\n" || wide > column || at + letter.len() > self.end_of(row) {
                break;
            }
            at += letter.len();
        }
        at
    }

    /// The last place of a row: before its line end, or before the letter that begins the next.
    fn end_of(&self, row: &Range<usize>) -> usize {
        match self.text[row.clone()].graphemes(true).next_back() {
            Some(last) if last == "\n" || row.end < self.text.len() => row.end - last.len(),
            _ => row.end,
        }
    }
}

/// One letter, safe for a terminal.
fn shown(letter: &str) -> String {
    match letter {
        "\n" => String::new(),
        "\t" => "    ".to_owned(),
        letter => visible(letter).replace('\n', " "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(pen: &Pen, width: usize) -> Vec<String> {
        pen.rows(width).iter().map(|r| pen.row(r)).collect()
    }

    #[test]
    fn what_is_typed_stands_where_it_was_typed() {
        let mut pen = Pen::default();
        pen.write("Which year?");
        pen.go(Move::Home, 80);
        pen.write("Zoë: ");
        pen.go(Move::End, 80);
        pen.rub_out();
        pen.write("\nThank you");
        pen.go(Move::Up, 80);
        pen.go(Move::Home, 80);
        pen.delete();
        assert_eq!(pen.text, "oë: Which year\nThank you");
    }

    #[test]
    fn a_word_or_a_line_is_rubbed_out_as_in_a_shell() {
        for (before, after, word, line) in [
            ("the bus stop", "", "the bus ", ""),
            ("the bus  ", "stop", "the stop", "stop"),
            ("Zoë", "", "", ""),
            ("日本\u{3000}語", "!", "日本\u{3000}!", "!"),
            (
                "first\nsecond line",
                "\nthird",
                "first\nsecond \nthird",
                "first\n\nthird",
            ),
            ("first\n", "second", "second", "first\nsecond"),
            ("", "all", "all", "all"),
        ] {
            let pen = || Pen {
                text: format!("{before}{after}"),
                at: before.len(),
            };
            let (mut a, mut b) = (pen(), pen());
            a.rub_out_word();
            b.rub_out_line();
            assert_eq!((a.text.as_str(), b.text.as_str()), (word, line), "{before:?}");
            assert!(a.text[a.at..] == *after && b.text[b.at..] == *after, "{before:?}");
        }
    }

    #[test]
    fn rows_hold_every_byte_once_and_the_cursor_reaches_each() {
        let text = "Dear Zoë, 日本語 e\u{301}\tend\n\nלום a wordthatistoolongforarow\u{1b}[1m\n";
        for width in 2..30 {
            let mut pen = Pen::new(text);
            let rows = pen.rows(width);
            let joined: String = rows.iter().map(|r| &pen.text[r.clone()]).collect();
            assert_eq!(joined, text, "{width}");
            assert!(rows.iter().all(|r| !pen.row(r).contains('\u{1b}')));
            let letters = text.graphemes(true).count();
            for _ in 0..letters {
                let (row, _) = pen.cursor(&rows);
                assert!(rows[row].start <= pen.at && pen.at <= rows[row].end);
                pen.go(Move::Right, width);
            }
            assert_eq!(pen.at, text.len());
            for _ in 0..rows.len() {
                pen.go(Move::Up, width);
                pen.go(Move::Down, width);
                pen.go(Move::Up, width);
            }
            assert_eq!(pen.at, 0, "{width}");
        }
    }

    #[test]
    fn long_lines_are_broken_at_blanks() {
        assert_eq!(rows(&Pen::new("one two three\nfour"), 8), ["one two ", "three", "four"]);
        assert_eq!(rows(&Pen::default(), 8), [""]);
    }
}
