//! Text for the screen: pieces in an ink, wrapped into rows by what a terminal shows.

use ratatui_core::style::{Color, Modifier, Style};
use ratatui_core::text::{Line, Span};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use crate::cli::report::visible;

/// How a piece of text looks. Nothing is said by it alone: whoever sees no colour misses nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Ink {
    pub strong: bool,
    pub slanted: bool,
    pub hue: Hue,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Hue {
    #[default]
    Plain,
    Heading,
    Link,
    Label,
    Good,
    Bad,
    Caution,
    /// Two pixels of a picture, the upper and the lower one.
    Pixels(Color, Color),
}

impl Ink {
    pub fn of(hue: Hue) -> Ink {
        Ink { hue, ..Ink::default() }
    }

    pub fn strong() -> Ink {
        Ink {
            strong: true,
            ..Ink::default()
        }
    }

    /// The terminal's own foreground and background stay, so that it reads on light and on dark; only a picture has both of its own.
    fn style(self, color: bool) -> Style {
        let mut style = Style::new();
        if self.strong || matches!(self.hue, Hue::Heading | Hue::Caution) {
            style = style.add_modifier(Modifier::BOLD);
        }
        if self.slanted {
            style = style.add_modifier(Modifier::ITALIC);
        }
        if self.hue == Hue::Link {
            style = style.add_modifier(Modifier::UNDERLINED);
        }
        if let Hue::Pixels(upper, lower) = self.hue {
            return style.fg(upper).bg(lower);
        }
        let fg = match self.hue {
            Hue::Plain | Hue::Heading | Hue::Pixels(..) => None,
            Hue::Link | Hue::Label => Some(Color::Blue),
            Hue::Good => Some(Color::Green),
            Hue::Bad => Some(Color::Red),
            Hue::Caution => Some(Color::Magenta),
        };
        match fg.filter(|_| color) {
            Some(fg) => style.fg(fg),
            None => style,
        }
    }
}

/// Some text in one ink, safe for a terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    pub text: String,
    pub ink: Ink,
}

impl Piece {
    /// Makes the text safe. Tabs become blanks; a line end stays, for [`wrap`] to break at.
    pub fn new(text: &str, ink: Ink) -> Piece {
        let text = visible(text).replace('\t', "    ");
        Piece { text, ink }
    }

    pub fn plain(text: &str) -> Piece {
        Piece::new(text, Ink::default())
    }
}

/// What stands on one row of the screen.
pub type Row = Vec<Piece>;

/// A row as plain text.
pub fn words(row: &Row) -> String {
    row.iter().map(|p| p.text.as_str()).collect()
}

/// A row for ratatui.
pub fn line(row: &Row, color: bool) -> Line<'_> {
    Line::from_iter(row.iter().map(|p| Span::styled(p.text.as_str(), p.ink.style(color))))
}

/// Breaks text into rows no wider than `width` columns, at blanks, between wide letters, and where nothing else helps anywhere.
/// `first` stands before the first row, `next` before the others.
pub fn wrap(pieces: &[Piece], width: usize, first: &str, next: &str) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut row = Open::new(first);
    for piece in pieces {
        for letter in piece.text.graphemes(true) {
            if letter == "\n" {
                rows.push(row.close());
                row = Open::new(next);
                continue;
            }
            let wide = letter.width();
            if wide >= 2 {
                row.may_break();
            }
            while row.width + wide > width && !row.is_empty() {
                let rest = row.split(letter == " ");
                rows.push(row.close());
                row = Open::with(next, rest);
                if letter == " " && row.is_empty() {
                    break;
                }
                if row.width + wide > width && row.letters.len() <= row.prefix {
                    break;
                }
            }
            if letter == " " && row.is_empty() && !rows.is_empty() {
                continue;
            }
            row.push(letter, piece.ink, wide);
        }
    }
    if !row.is_empty() || rows.is_empty() {
        rows.push(row.close());
    }
    rows
}

/// A row being filled: its letters, and the last place where it may be broken.
struct Open<'a> {
    letters: Vec<(&'a str, Ink)>,
    prefix: usize,
    width: usize,
    may_break: Option<usize>,
}

impl<'a> Open<'a> {
    fn new(prefix: &'a str) -> Open<'a> {
        Open::with(prefix, Vec::new())
    }

    fn with(prefix: &'a str, rest: Vec<(&'a str, Ink)>) -> Open<'a> {
        let mut letters: Vec<(&str, Ink)> = prefix.graphemes(true).map(|g| (g, Ink::default())).collect();
        let start = letters.len();
        letters.extend(rest);
        let width = letters.iter().map(|(g, _)| g.width()).sum();
        Open {
            letters,
            prefix: start,
            width,
            may_break: None,
        }
    }

    fn is_empty(&self) -> bool {
        self.letters.len() == self.prefix
    }

    fn push(&mut self, letter: &'a str, ink: Ink, wide: usize) {
        self.letters.push((letter, ink));
        self.width += wide;
        if letter == " " || wide >= 2 {
            self.may_break();
        }
    }

    fn may_break(&mut self) {
        if !self.is_empty() {
            self.may_break = Some(self.letters.len());
        }
    }

    /// Takes off what goes to the next row; nothing where the row may end as it is.
    fn split(&mut self, at_blank: bool) -> Vec<(&'a str, Ink)> {
        match self.may_break {
            Some(at) if !at_blank => self.letters.split_off(at),
            _ => Vec::new(),
        }
    }

    /// The row, letters of one ink joined, blanks at its end off.
    fn close(mut self: Open<'a>) -> Row {
        while self.letters.len() > self.prefix && self.letters.last().is_some_and(|(g, _)| *g == " ") {
            self.letters.pop();
        }
        let mut row: Row = Vec::new();
        for (letter, ink) in self.letters {
            match row.last_mut() {
                Some(last) if last.ink == ink => last.text.push_str(letter),
                _ => row.push(Piece {
                    text: letter.to_owned(),
                    ink,
                }),
            }
        }
        row
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrapped(text: &str, width: usize) -> Vec<String> {
        let rows = wrap(&[Piece::plain(text)], width, "", "");
        rows.iter().map(words).collect()
    }

    #[test]
    fn rows_are_broken_at_blanks_between_wide_letters_and_in_long_words() {
        for (text, width, rows) in [
            ("", 10, vec![""]),
            ("one two three", 8, vec!["one two", "three"]),
            ("one two three", 7, vec!["one two", "three"]),
            ("one  two", 3, vec!["one", "two"]),
            ("abcdefghij", 4, vec!["abcd", "efgh", "ij"]),
            ("ab abcdefghij", 4, vec!["ab", "abcd", "efgh", "ij"]),
            ("日本語です", 5, vec!["日本", "語で", "す"]),
            ("ab日本", 4, vec!["ab日", "本"]),
            ("one\ntwo\n\nthree", 9, vec!["one", "two", "", "three"]),
            ("日", 1, vec!["日"]),
        ] {
            assert_eq!(wrapped(text, width), rows, "{text:?} at {width}");
        }
    }

    #[test]
    fn every_letter_comes_out_in_its_order_whatever_the_width() {
        let text = "Ann said: שלום עולם, and 日本語 followed; then a wordwithoutanyend ended.";
        let letters = |t: &str| t.chars().filter(|c| *c != ' ' && *c != '\n').collect::<String>();
        for width in 1..60 {
            assert_eq!(letters(&wrapped(text, width).join("\n")), letters(text), "{width}");
        }
    }

    #[test]
    fn what_stands_before_the_rows_counts() {
        let rows = wrap(&[Piece::plain("one two three")], 9, "- ", "  ");
        let rows: Vec<String> = rows.iter().map(words).collect();
        assert_eq!(rows, ["- one two", "  three"]);
    }

    #[test]
    fn no_piece_carries_a_command_to_the_terminal() {
        let piece = Piece::plain("a\u{1b}[31m\u{202e}\tb\u{9b}");
        assert!(
            !piece.text.chars().any(|c| c.is_control() || c == '\u{202e}'),
            "{}",
            piece.text
        );
    }
}
