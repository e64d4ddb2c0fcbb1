//! The code in the subject of a letter that a reviewer may decide by: whoever answers the letter brings it back. It is drawn when the
//! letter leaves, and nothing of ours keeps it: what is kept is its hash, and text that a mail brings is kept without it.

use std::borrow::Cow;
use std::fmt;

use sha2::{Digest, Sha256};

use super::passage::{Kind, Line, Span};

/// 128 bits from the system's random source, which the caller draws. It has no `Debug` that tells it.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Code([u8; 16]);

const OPEN: &str = "[m4c:";
const DIGITS: usize = 32;
/// `[m4c:`, the digits, `]`.
const LENGTH: usize = OPEN.len() + DIGITS + 1;

impl Code {
    pub fn from_random(bytes: [u8; 16]) -> Code {
        Code(bytes)
    }

    /// From 32 hex digits, in either case.
    pub fn from_digits(digits: &[u8]) -> Option<Code> {
        let mut bytes = [0; 16];
        hex::decode_to_slice(digits, &mut bytes).ok()?;
        Some(Code(bytes))
    }

    /// What is kept of it, and by which it is looked up: SHA-256 in hex. Whoever times a look-up learns of the hash and not of the code.
    pub fn hash(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(b"m4c-stories code\0");
        hash.update(self.0);
        hex::encode(hash.finalize())
    }

    /// The codes in a text, as they are written in a subject, in their order.
    pub fn all_in(text: &str) -> Vec<Code> {
        places(text)
            .map(|at| &text.as_bytes()[at + OPEN.len()..at + LENGTH - 1])
            .filter_map(Code::from_digits)
            .collect()
    }
}

/// As it is written: `[m4c:5f0c...]`. No blank is in it, so that no mail program breaks it in two.
impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{OPEN}{}]", hex::encode(self.0))
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "Code({})", &self.hash()[..8])
    }
}

/// Where something written as a code begins.
fn places(text: &str) -> impl Iterator<Item = usize> {
    let bytes = text.as_bytes();
    let is_code = move |at: usize| {
        let Some(code) = bytes.get(at..at + LENGTH) else {
            return false;
        };
        let (open, rest) = code.split_at(OPEN.len());
        open.eq_ignore_ascii_case(OPEN.as_bytes())
            && rest[..DIGITS].iter().all(u8::is_ascii_hexdigit)
            && rest[DIGITS] == b']'
    };
    let brackets = memchr::memchr_iter(b'[', bytes);
    brackets.filter(move |at| is_code(*at))
}

/// A text without what is written as a code in it, and without the blank before that.
pub fn without_codes(text: &str) -> Cow<'_, str> {
    let mut places = places(text).peekable();
    if places.peek().is_none() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for at in places {
        let before = &text[from..at];
        out.push_str(before.strip_suffix(' ').unwrap_or(before));
        from = at + LENGTH;
    }
    out.push_str(&text[from..]);
    Cow::Owned(out)
}

/// Takes what is written as a code out of a line.
pub fn take_codes_out(line: &mut Line) {
    let of_span = |span: &mut Span| {
        for text in std::iter::once(&mut span.text).chain(&mut span.href) {
            if let Cow::Owned(bare) = without_codes(text) {
                *text = bare;
            }
        }
    };
    line.spans.iter_mut().for_each(of_span);
    if let Kind::Row { cells, .. } = &mut line.kind {
        cells.iter_mut().flatten().for_each(of_span);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(n: u8) -> Code {
        Code::from_random([n; 16])
    }

    #[test]
    fn a_code_is_found_where_it_is_written_and_nowhere_else() {
        let (one, two) = (code(0x5f), code(0xa0));
        let upper = one.to_string().to_uppercase();
        for (text, found) in [
            (format!("Re: New: Tea {one}"), vec![one.clone()]),
            (format!("{two}{one} [m4c:]"), vec![two.clone(), one.clone()]),
            (format!("Re: Tea {upper}"), vec![one.clone()]),
            ("[m4c:5f5f] [m4c".to_owned(), vec![]),
            (format!("[m4c:{}g]", "5".repeat(31)), vec![]),
            (format!("[m4c:{}]", "5".repeat(33)), vec![]),
            (format!("[[m4c: {}]", "5".repeat(32)), vec![]),
            ("é[m4c:".to_owned() + &"é".repeat(16) + "]", vec![]),
        ] {
            assert_eq!(Code::all_in(&text), found, "{text}");
        }
    }

    #[test]
    fn a_text_is_kept_without_it() {
        let one = code(0x5f);
        for (text, bare) in [
            (format!("Re: New: Tea {one}"), "Re: New: Tea"),
            (format!("{one} Tea {one}{one} é"), " Tea é"),
            ("Tea [m4c:5f] [1]".to_owned(), "Tea [m4c:5f] [1]"),
        ] {
            assert_eq!(without_codes(&text), bare);
        }
        let mut line = Line::plain(&format!("> Subject: Tea {one}"));
        line.spans[0].href = Some(format!("mailto:team@example.org?subject={one}"));
        take_codes_out(&mut line);
        assert_eq!(line.words(), "> Subject: Tea");
        assert_eq!(line.spans[0].href.as_deref(), Some("mailto:team@example.org?subject="));
    }

    #[test]
    fn nothing_but_the_subject_tells_it() {
        let one = code(0x5f);
        assert!(!format!("{one:?} {}", one.hash()).contains("5f5f5f"));
        assert_ne!(one.hash(), code(0x60).hash());
        assert_eq!(one.hash().len(), 64);
    }
}
