//! A text/plain body to lines: quote depth, `format=flowed` (RFC 3676), and nothing else. Lines that were wrapped by a mail
//! program without saying so are joined later, where Markdown is made.

use crate::story::passage::{Kind, Line, Span};

/// The parameters of the Content-Type (RFC 3676, section 4).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Format {
    /// `format=flowed`: a line that ends in a space goes on in the next.
    pub flowed: bool,
    /// `DelSp=yes`: that space is not part of the text.
    pub delsp: bool,
}

/// Reads a body, already decoded to Unicode. A signature separator stays the line `-- `.
pub fn lines(text: &str, format: Format) -> Vec<Line> {
    let mut out: Vec<Line> = Vec::new();
    // the line before ended in a space and goes on, at this depth
    let mut goes_on: Option<u8> = None;
    for raw in text.split_inclusive(ends_line) {
        // CRLF is one line end: the LF after a CR stands alone and says nothing
        if raw == "\n" && follows_cr(text, raw) {
            continue;
        }
        let raw = raw.strip_suffix(ends_line).unwrap_or(raw);
        let (quote, rest) = match escaped(text, raw) {
            true => (0, &raw[1..]),
            false => unquoted(raw, format.flowed),
        };
        let content = cleaned(rest);
        let separator = content.trim_end() == "--" && (content.ends_with(' ') || rest.ends_with('\u{a0}'));
        let flows = format.flowed && content.ends_with(' ') && !separator && !content.trim().is_empty();
        let shown = if separator {
            "-- "
        } else if flows && format.delsp {
            &content[..content.len() - 1]
        } else if flows {
            &content
        } else {
            content.trim_end()
        };
        let joins = goes_on == Some(quote) && !separator && !shown.trim().is_empty();
        match out.last_mut().and_then(|l| l.spans.last_mut()).filter(|_| joins) {
            Some(span) => span.text.push_str(shown),
            None => {
                if goes_on.is_some() {
                    end_paragraph(&mut out);
                }
                out.push(line(quote, shown));
            }
        }
        goes_on = flows.then_some(quote);
    }
    if goes_on.is_some() {
        end_paragraph(&mut out);
    }
    out
}

fn ends_line(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{2028}' | '\u{2029}' | '\u{85}')
}

/// Whether this LF, a piece of `text`, comes right after a CR.
fn follows_cr(text: &str, lf: &str) -> bool {
    let at = lf.as_ptr() as usize - text.as_ptr() as usize;
    at > 0 && text.as_bytes()[at - 1] == b'\r'
}

/// Whether this line is text that an mbox writer put a `>` before (`>From the first day`): one alone among lines that are not quoted.
fn escaped(text: &str, raw: &str) -> bool {
    if !raw.starts_with(">From ") {
        return false;
    }
    let at = raw.as_ptr() as usize - text.as_ptr() as usize;
    let above = text[..at].trim_end_matches(ends_line).rsplit(ends_line).next();
    let below = text[at + raw.len()..]
        .trim_start_matches(ends_line)
        .split(ends_line)
        .next();
    let quoted = |line: Option<&str>| line.is_some_and(|l| l.trim_start().starts_with('>'));
    !quoted(above) && !quoted(below)
}

fn line(quote: u8, text: &str) -> Line {
    match text.trim().is_empty() {
        true => Line {
            quote,
            kind: Kind::Blank,
            ..Line::default()
        },
        false => Line {
            quote,
            spans: vec![Span::text(text)],
            ..Line::default()
        },
    }
}

/// A paragraph whose last line promised more and got none ends without the space.
fn end_paragraph(lines: &mut [Line]) {
    if let Some(span) = lines.last_mut().and_then(|l| l.spans.last_mut()) {
        span.text.truncate(span.text.trim_end().len());
    }
}

/// The number of `>` before a line, and the line without them. Programs write `>>`, `> >` and `>  > `; flowed text has
/// one more space stuffed in before the words.
fn unquoted(line: &str, flowed: bool) -> (u8, &str) {
    let mut quote = 0u8;
    let mut rest = line;
    loop {
        // one space between two marks is the programs' habit; a space before the first is the author's
        let shift = rest.bytes().take_while(|&b| b == b' ').count();
        if shift <= usize::from(quote > 0) && rest[shift..].starts_with('>') {
            rest = &rest[shift + 1..];
            quote = quote.saturating_add(1);
        } else {
            break;
        }
    }
    if quote > 0 || flowed {
        rest = rest.strip_prefix(' ').unwrap_or(rest);
    }
    (quote, rest)
}

/// Without controls and zero-width marks; tabs, form feeds and no-break spaces as spaces, four for a tab that sets the line in.
fn cleaned(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\t' if out.trim().is_empty() => out.push_str("    "),
            '\t' | '\u{c}' | '\u{b}' | '\u{a0}' => out.push(' '),
            '\u{feff}' | '\u{200b}' | '\u{fffc}' | '\u{ad}' => {}
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_mbox_writer_marked_is_text() {
        let depths = |text: &str| {
            lines(text, Format::default())
                .iter()
                .map(|l| l.quote)
                .collect::<Vec<_>>()
        };
        assert_eq!(depths("We began.\r\n\r\n>From the first day it rained."), [0, 0, 0]);
        assert_eq!(
            depths("We began.\n\n> Dear Ana,\n>From the first day it rained."),
            [0, 0, 1, 1]
        );
        assert_eq!(depths(">From one,\n\n>From the other."), [1, 0, 1]);
    }

    const FLOWED: Format = Format {
        flowed: true,
        delsp: false,
    };
    const DELSP: Format = Format {
        flowed: true,
        delsp: true,
    };

    fn read(text: &str, format: Format) -> Vec<(u8, String)> {
        lines(text, format)
            .iter()
            .map(|l| (l.quote, l.words().into_owned()))
            .collect()
    }

    #[test]
    fn flowed_lines_are_joined_and_the_signature_separator_stays() {
        for (text, format, expected) in [
            ("one \r\ntwo\r\nthree\r\n", FLOWED, vec![(0, "one two"), (0, "three")]),
            ("to \nkyo \nto\n", DELSP, vec![(0, "tokyoto")]),
            ("a \n\nb", FLOWED, vec![(0, "a"), (0, ""), (0, "b")]),
            ("> a \n> b\nc", FLOWED, vec![(1, "a b"), (0, "c")]),
            ("> a \n>> b\n", FLOWED, vec![(1, "a"), (2, "b")]),
            ("bye \n-- \nMarion", FLOWED, vec![(0, "bye"), (0, "-- "), (0, "Marion")]),
            (" From here\n  two", FLOWED, vec![(0, "From here"), (0, " two")]),
            ("a \n", FLOWED, vec![(0, "a")]),
        ] {
            let expected: Vec<_> = expected.into_iter().map(|(q, t)| (q, t.to_owned())).collect();
            assert_eq!(read(text, format), expected, "{text:?}");
        }
    }

    #[test]
    fn fixed_lines_stay_as_they_are() {
        for (text, expected) in [
            ("a \nb", vec![(0, "a"), (0, "b")]),
            (">> a\n> > b\n>c", vec![(2, "a"), (2, "b"), (1, "c")]),
            ("-- \nM", vec![(0, "-- "), (0, "M")]),
            ("a\r\n\r\nb\rc\n", vec![(0, "a"), (0, ""), (0, "b"), (0, "c")]),
            ("\u{feff}a\u{a0}b\u{0}\u{7f}", vec![(0, "a b")]),
            ("    indented", vec![(0, "    indented")]),
        ] {
            let expected: Vec<_> = expected.into_iter().map(|(q, t)| (q, t.to_owned())).collect();
            assert_eq!(read(text, Format::default()), expected, "{text:?}");
        }
    }

    #[test]
    fn a_million_marks_are_read_in_one_pass() {
        assert_eq!(lines(&">".repeat(1_000_000), Format::default())[0].quote, 255);
        assert_eq!(lines(&"> ".repeat(1_000_000), FLOWED)[0].quote, 255);
        lines(&">\n".repeat(1_000_000), FLOWED);
    }
}
