//! Which line ends are the author's, and which a mail program's wrapping.

use super::super::passage::{Kind, Line, Span};

/// What stands before a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Break {
    /// The line end is kept.
    Kept,
    /// The line before was full: the two are one.
    Wrapped,
    /// The two are paragraphs of their own.
    Paragraph,
}

/// Longer than any program wraps at: such a line is a paragraph.
const LONG: usize = 100;

/// The column a text was wrapped at, as its widest line shows; `None` where it was not wrapped.
///
/// A program that wraps at 72 leaves no line over 72, save one that holds a single long word.
pub fn column(lines: &[Line]) -> Option<usize> {
    let words = lines
        .iter()
        .filter(|l| matches!(l.kind, Kind::Text | Kind::Quote))
        .map(Line::words);
    let mut widest = 0;
    for line in words {
        let line = line.trim();
        let width = width(line);
        if width > LONG && !is_one_word(line) {
            return None;
        }
        if width <= LONG {
            widest = widest.max(width);
        }
    }
    (50..=LONG).contains(&widest).then_some(widest)
}

/// What stands before each of `lines`; the first has [`Break::Kept`].
pub fn breaks(lines: &[Vec<Span>], column: Option<usize>) -> Vec<Break> {
    let texts: Vec<String> = lines
        .iter()
        .map(|l| l.iter().map(|s| s.text.as_str()).collect::<String>())
        .collect();
    let mut out = vec![Break::Kept; lines.len()];
    for at in 1..lines.len() {
        let (before, line) = (texts[at - 1].trim(), texts[at].trim());
        let (wide, next) = (width(before), width(line));
        out[at] = if column.is_some_and(|column| is_full(before, line, column, out[at - 1])) {
            Break::Wrapped
        } else if wide > 90 || next > 90 {
            Break::Paragraph
        } else {
            Break::Kept
        };
    }
    out
}

/// Whether the first word of `line` had no room on the line before.
fn is_full(before: &str, line: &str, column: usize, earlier: Break) -> bool {
    let word = line.split_whitespace().next().unwrap_or("");
    let wide = width(before);
    if is_one_word(before) && earlier != Break::Wrapped {
        return false;
    }
    wide * 3 >= column * 2 && wide + 1 + width(word) > column && !begins_an_item(line) && !before.chars().any(is_wide)
}

/// `- item`, `2) item`, `* item`: begins a line of its own.
fn begins_an_item(line: &str) -> bool {
    let word = line.split_whitespace().next().unwrap_or("");
    let number = word.trim_end_matches(['.', ')']);
    let numbered = number.len() < word.len() && number.len() <= 3 && number.bytes().all(|b| b.is_ascii_digit());
    matches!(word, "-" | "*" | "+" | "•" | "·" | "–" | "o" | ">") || numbered
}

fn is_one_word(line: &str) -> bool {
    !line.contains(char::is_whitespace)
}

/// Characters, for all scripts that wrap at spaces.
fn width(text: &str) -> usize {
    text.chars().count()
}

/// A script that is wrapped anywhere, without a space between the lines.
fn is_wide(c: char) -> bool {
    matches!(c as u32, 0x2E80..=0x9FFF | 0xAC00..=0xD7AF | 0xF900..=0xFAFF | 0xFF00..=0xFF60)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(text: &str) -> Vec<Break> {
        let lines: Vec<Line> = text.lines().map(Line::plain).collect();
        let column = column(&lines);
        breaks(&lines.into_iter().map(|l| l.spans).collect::<Vec<_>>(), column)
    }

    #[test]
    fn a_wrapped_paragraph_is_one_and_short_lines_stay() {
        use Break::{Kept, Wrapped};
        let wrapped = "When I took the training last autumn I had no idea that I would end up\n\
                       standing in front of the whole council, asking them for a crossing.\n\
                       They said yes.\n\
                       Just like that.";
        assert_eq!(joined(wrapped), [Kept, Wrapped, Wrapped, Kept]);
        let poem =
            "Shall I compare thee to a summer's day?\nThou art more lovely and more temperate:\nRough winds do shake";
        assert_eq!(joined(poem), [Kept, Kept, Kept]);
        let address = "12 Long Street\nLeeds\nWest Yorkshire";
        assert_eq!(joined(address), [Kept, Kept, Kept]);
    }

    #[test]
    fn text_that_was_not_wrapped_has_a_paragraph_a_line() {
        let long = "word ".repeat(40);
        assert_eq!(
            joined(&format!("{long}\n{long}\nBye")),
            [Break::Kept, Break::Paragraph, Break::Paragraph]
        );
    }
}
