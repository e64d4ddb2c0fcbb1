//! The rows of a list, which may be very many: kept as one text, and told in columns.

use unicode_width::UnicodeWidthStr;

use super::report::short;

/// A cell that is cut keeps so many columns.
const LEAST: usize = 8;

/// Rows of `N` cells.
pub struct Rows<const N: usize> {
    text: String,
    /// Of each row, where it begins in the text, and how long its cells are.
    rows: Vec<(usize, [u32; N])>,
    widths: [usize; N],
}

impl<const N: usize> Rows<N> {
    pub fn new() -> Rows<N> {
        Rows {
            text: String::new(),
            rows: Vec::new(),
            widths: [0; N],
        }
    }

    /// Adds a row, and gives its number.
    pub fn push<T: AsRef<str>>(&mut self, cells: [T; N]) -> usize {
        let begin = self.text.len();
        for (cell, widest) in cells.iter().zip(&mut self.widths) {
            self.text.push_str(cell.as_ref());
            *widest = (*widest).max(width(cell.as_ref()));
        }
        self.rows.push((begin, cells.map(|cell| cell.as_ref().len() as u32)));
        self.rows.len() - 1
    }

    /// A row's cells.
    pub fn cells(&self, row: usize) -> [&str; N] {
        let (mut at, lengths) = self.rows[row];
        lengths.map(|len| {
            let cell = &self.text[at..at + len as usize];
            at += len as usize;
            cell
        })
    }

    /// How wide each column is told so that a line is at most `width` columns wide, as far as the cells in the columns `long` can be cut:
    /// the widest of these is cut first, and each keeps enough to be known by.
    pub fn fitted(&self, width: Option<usize>, long: &[usize]) -> [usize; N] {
        let mut widths = self.widths;
        while width.is_some_and(|width| widths.iter().sum::<usize>() + 2 * N.saturating_sub(1) > width) {
            let longest = long.iter().copied().filter(|&c| widths[c] > LEAST);
            match longest.max_by_key(|&c| widths[c]) {
                Some(c) => widths[c] -= 1,
                None => break,
            }
        }
        widths
    }

    /// A row as a line: its cells cut to these widths, and padded by what a terminal shows, the last one free.
    pub fn line(&self, row: usize, widths: &[usize; N]) -> String {
        let mut line = String::with_capacity(widths.iter().sum::<usize>() + 2 * N);
        for (c, cell) in self.cells(row).into_iter().enumerate() {
            let mut shown = width(cell);
            if shown > widths[c] {
                let cut = short(cell, widths[c]);
                shown = width(&cut);
                line.push_str(&cut);
            } else {
                line.push_str(cell);
            }
            if c + 1 < N {
                line.extend(std::iter::repeat_n(' ', widths[c].saturating_sub(shown) + 2));
            }
        }
        line.truncate(line.trim_end().len());
        line
    }
}

/// How many columns of a terminal it takes.
fn width(text: &str) -> usize {
    match text.bytes().all(|b| matches!(b, b' '..=b'~')) {
        true => text.len(),
        false => text.width(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(rows: &Rows<3>, width: Option<usize>) -> Vec<String> {
        let widths = rows.fitted(width, &[1, 2]);
        (0..rows.rows.len()).map(|row| rows.line(row, &widths)).collect()
    }

    #[test]
    fn rows_line_up_wide_letters_and_fit_a_narrow_terminal_by_what_its_letters_take() {
        let mut rows = Rows::new();
        let wide = rows.push(["2010-12-04", "日本語の名前の長い人", "2010/12/a-b15560c867"]);
        rows.push([
            "2010-12-04",
            "Zoe\u{301} 👩‍👩‍👧‍👦 Lukasiewicz-Nunez",
            "2010/12/zoe-lukasiewicz-nunez-0123456789",
        ]);
        rows.push(["", "Joan", "2010/12/joan-0123456789"]);
        assert_eq!(rows.cells(wide)[1], "日本語の名前の長い人");
        let whole = lines(&rows, None);
        assert_eq!(whole, lines(&rows, Some(200)));
        assert_eq!(whole[0], "2010-12-04  日本語の名前の長い人      2010/12/a-b15560c867");
        assert_eq!(
            whole[2],
            "            Joan                      2010/12/joan-0123456789"
        );
        let fitted = lines(&rows, Some(40));
        assert!(fitted.iter().all(|line| line.width() <= 40), "{fitted:?}");
        assert!(fitted[0].contains("日本語の") && fitted[0].contains('…'), "{fitted:?}");
        assert!(
            fitted[1].contains("Zoe\u{301} 👩‍👩‍👧‍👦 "),
            "a letter is not cut in two: {fitted:?}"
        );
        assert!(fitted[2].contains("Joan  "), "{fitted:?}");
        // so narrow that nothing sensible is left: it is as narrow as it can be known by
        assert!(lines(&rows, Some(5))[2].contains("2010/12…"));
    }
}
