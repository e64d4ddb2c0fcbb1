//! Content-Transfer-Encoding (RFC 2045, section 6), read as leniently as mail programs do: what cannot be decoded stays, and
//! nothing is lost for one bad byte.

use std::borrow::Cow;

/// How the bytes of a part travelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Transfer {
    /// 7bit, 8bit, binary, or nothing we know.
    Plain,
    QuotedPrintable,
    Base64,
}

impl Transfer {
    pub fn named(name: Option<&str>) -> Transfer {
        match name.unwrap_or_default() {
            "base64" => Transfer::Base64,
            "quoted-printable" => Transfer::QuotedPrintable,
            _ => Transfer::Plain,
        }
    }

    pub fn decode(self, bytes: &[u8]) -> Cow<'_, [u8]> {
        match self {
            Transfer::Plain => Cow::Borrowed(bytes),
            Transfer::QuotedPrintable => Cow::Owned(quoted_printable(bytes)),
            Transfer::Base64 => Cow::Owned(base64(bytes)),
        }
    }
}

/// Quoted-printable: blanks before a line end go, `=` before a line end joins, `=` before anything but two hex digits stays.
pub(super) fn quoted_printable(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    for line in bytes.split_inclusive(|&b| b == b'\n') {
        let text = line.strip_suffix(b"\n").unwrap_or(line);
        let eol = &line[text.len()..];
        let (text, eol) = match text.strip_suffix(b"\r") {
            Some(text) if !eol.is_empty() => (text, &b"\r\n"[..]),
            _ => (text, eol),
        };
        let end = text
            .iter()
            .rposition(|b| !matches!(b, b' ' | b'\t'))
            .map_or(0, |i| i + 1);
        let (text, joined) = match text[..end].strip_suffix(b"=") {
            Some(text) => (text, true),
            None => (&text[..end], false),
        };
        let mut at = 0;
        while let Some(i) = memchr::memchr(b'=', &text[at..]) {
            out.extend_from_slice(&text[at..at + i]);
            at += i;
            match (text.get(at + 1).and_then(hex), text.get(at + 2).and_then(hex)) {
                (Some(high), Some(low)) => {
                    out.push(high << 4 | low);
                    at += 3;
                }
                _ => {
                    out.push(b'=');
                    at += 1;
                }
            }
        }
        out.extend_from_slice(&text[at..]);
        if !joined {
            out.extend_from_slice(eol);
        }
    }
    out
}

/// Base64: anything outside the alphabet is skipped (line ends, and the footers that list servers append), padding ends a
/// group and a new one may follow.
pub(super) fn base64(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() / 4 * 3 + 3);
    let (mut group, mut count) = (0u32, 0u8);
    for &b in bytes {
        let digit = DIGITS[usize::from(b)];
        if digit < 64 {
            group = group << 6 | u32::from(digit);
            count += 1;
            if count == 4 {
                out.extend_from_slice(&group.to_be_bytes()[1..]);
                (group, count) = (0, 0);
            }
        } else if b == b'=' {
            flush(&mut out, group, count);
            (group, count) = (0, 0);
        }
    }
    flush(&mut out, group, count);
    out
}

fn flush(out: &mut Vec<u8>, group: u32, count: u8) {
    match count {
        2 => out.push((group >> 4) as u8),
        3 => out.extend_from_slice(&[(group >> 10) as u8, (group >> 2) as u8]),
        _ => {}
    }
}

fn hex(b: &u8) -> Option<u8> {
    match b {
        b'0'..=b'9' => Some(b - b'0'),
        b'A'..=b'F' => Some(b - b'A' + 10),
        b'a'..=b'f' => Some(b - b'a' + 10),
        _ => None,
    }
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

const DIGITS: [u8; 256] = {
    let mut digits = [255; 256];
    let mut i = 0;
    while i < 64 {
        digits[ALPHABET[i] as usize] = i as u8;
        i += 1;
    }
    digits
};

/// Base64 without line breaks, for an encoded word.
pub(super) fn to_base64(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let group = u32::from_be_bytes([
            0,
            chunk[0],
            chunk.get(1).copied().unwrap_or(0),
            chunk.get(2).copied().unwrap_or(0),
        ]);
        for i in 0..4 {
            if i <= chunk.len() {
                out.push(char::from(ALPHABET[(group >> (18 - 6 * i)) as usize & 63]));
            } else {
                out.push('=');
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_printable_loses_nothing_for_a_bad_byte() {
        for (from, to) in [
            ("caf=C3=A9 =\r\nau lait  \r\n", "caf\u{e9} au lait\r\n"),
            ("a=b == c=3D=", "a=b == c="),
            ("100=%=\n!", "100=%!"),
            ("=c3=A9\n", "\u{e9}\n"),
            ("", ""),
        ] {
            assert_eq!(
                String::from_utf8(quoted_printable(from.as_bytes())).unwrap(),
                to,
                "{from:?}"
            );
        }
    }

    #[test]
    fn base64_is_read_through_dirt() {
        for (from, to) in [
            ("SGVs\r\nbG8=\r\n", "Hello"),
            ("SGVsbG8", "Hello"),
            ("SGVs!bG8=SGk=", "HelloHi"),
            ("S", ""),
            ("", ""),
        ] {
            assert_eq!(String::from_utf8(base64(from.as_bytes())).unwrap(), to, "{from:?}");
        }
        for text in ["", "a", "ab", "abc", "abcd"] {
            assert_eq!(base64(to_base64(text.as_bytes()).as_bytes()), text.as_bytes());
        }
    }
}
