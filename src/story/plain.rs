//! A text as it is read, whatever it was written in: without what cannot be seen, every letter and digit as it is usually written.

use std::ops::Range;

use unicode_normalization::UnicodeNormalization;

/// A text with every character as it is usually written, and where each of its bytes stood.
pub struct Plain<'a> {
    pub line: &'a str,
    pub text: String,
    places: Vec<usize>,
}

impl Plain<'_> {
    /// A line, or lines that may break anywhere.
    pub fn of(line: &str) -> Plain<'_> {
        Plain::read(line, false)
    }

    /// Without the marks of emphasis, and the backslash before a character that is none of Markdown's. Its line ends stay.
    pub fn of_markdown(text: &str) -> Plain<'_> {
        Plain::read(text, true)
    }

    fn read(line: &str, markdown: bool) -> Plain<'_> {
        let (mut text, mut places) = (String::with_capacity(line.len()), Vec::with_capacity(line.len() + 1));
        let mut at = 0;
        let mut escaped = false;
        while let Some(c) = line[at..].chars().next() {
            let (shown, length) = coded(&line[at..]).unwrap_or((c, c.len_utf8()));
            let next = line.as_bytes().get(at + 1);
            let mark = markdown && !escaped && (c == '*' || c == '\\' && next.is_some_and(u8::is_ascii_punctuation));
            escaped = mark && c == '\\';
            if !mark && !is_hidden(shown) && !matches!(shown, '\u{34f}' | '\u{fe00}'..='\u{fe0f}') {
                text.push(if markdown && c == '\n' { c } else { usual(shown) });
                places.resize(text.len(), at);
            }
            at += length;
        }
        places.push(line.len());
        Plain { line, text, places }
    }

    /// Of a range of the text, the range of the line.
    pub fn place(&self, at: Range<usize>) -> Range<usize> {
        self.places[at.start]..self.places[at.end]
    }
}

/// Cannot be seen, and changes what a name is or how it reads.
pub fn is_hidden(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

/// One character that is written as a code (RFC 3986, section 2.1; HTML), and how long the code is.
fn coded(rest: &str) -> Option<(char, usize)> {
    const NAMED: &[(&str, char)] = &[
        ("&#64;", '@'),
        ("&#x40;", '@'),
        ("&commat;", '@'),
        ("&#46;", '.'),
        ("&#x2e;", '.'),
        ("&period;", '.'),
    ];
    let named = |(code, c): &(&str, char)| {
        let same = rest.get(..code.len()).is_some_and(|r| r.eq_ignore_ascii_case(code));
        same.then_some((*c, code.len()))
    };
    if rest.starts_with('&') {
        return NAMED.iter().find_map(named);
    }
    // `%2540` is `%40`, coded once more
    let digits = rest.strip_prefix('%')?.trim_start_matches("25");
    let two = digits
        .get(..2)
        .filter(|two| two.bytes().all(|b| b.is_ascii_hexdigit()))?;
    let c = char::from(u8::from_str_radix(two, 16).ok()?);
    (c == ' ' || c.is_ascii_graphic()).then_some((c, rest.len() - digits.len() + 2))
}

/// `Ａ` is an `A`, `＠` an `@`, `٧` a `7`, and any blank a blank.
fn usual(c: char) -> char {
    if c.is_ascii() && !c.is_ascii_whitespace() {
        return c;
    }
    if c.is_whitespace() {
        return ' ';
    }
    // IDNA takes these for dots, too (RFC 3490, section 3.1)
    if matches!(c, '。' | '｡') {
        return '.';
    }
    if let Some(digit) = digit(c) {
        return digit;
    }
    let mut folded = std::iter::once(c).nfkc();
    match (folded.next(), folded.next()) {
        (Some(one), None) => one,
        _ => c,
    }
}

/// The ASCII digit of one of another script.
fn digit(c: char) -> Option<char> {
    /// Where scripts have their ten (Unicode, general category Nd).
    const ZEROS: &str = "٠۰߀०০੦૦୦௦౦೦൦෦๐໐༠၀႐០᠐᥆᧐᪀᪐᭐᮰᱀᱐꘠꣐꤀꧐꧰꩐꯰";
    if c < '\u{660}' || !c.is_numeric() {
        return None;
    }
    let value = |zero: char| (c as u32).checked_sub(zero as u32).filter(|value| *value < 10);
    char::from_digit(ZEROS.chars().find_map(value)?, 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_read_as_it_is_meant_and_its_places_are_right() {
        for (text, expected) in [
            ("٠٧٧٠٠ ９００ १२३ 07", "07700 900 123 07"),
            ("a\\_b**c**@d", "a_bc@d"),
            (r"\*\\ \a", r"*\ \a"),
            ("x\u{200b}y\u{a0}z\nz%40&#46;", "xy z\nz@."),
        ] {
            let plain = Plain::of_markdown(text);
            assert_eq!(plain.text, expected);
            for (at, c) in plain.text.char_indices() {
                let place = plain.place(at..at + c.len_utf8());
                assert!(
                    text.is_char_boundary(place.start) && text.is_char_boundary(place.end),
                    "{text}"
                );
            }
        }
        assert_eq!(Plain::of("a\\_*b*").text, "a\\_*b*");
    }
}
