//! Content-Transfer-Encoding (RFC 2045, section 6), read as leniently as mail programs do: what cannot be decoded stays, and
//! nothing is lost for one bad byte.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

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

/// Base64: anything outside the alphabet is skipped, padding ends a group and a new one may follow. So it is for what a mail
/// is known by; [`text_below`] reads what has been put under it.
pub(super) fn base64(bytes: &[u8]) -> Vec<u8> {
    as_written(bytes).unwrap_or_else(|| leniently(bytes))
}

/// Base64 of a text under which a list server or a scanner has put words of its own as they are: they stay so, as does a text
/// that is no base64 at all. `None` where all is base64.
pub(super) fn text_below(bytes: &[u8]) -> Option<Vec<u8>> {
    if is_plain(bytes) {
        return Some(bytes.to_vec());
    }
    let raw = added_below(bytes)?;
    let mut text = base64(&bytes[..raw]);
    if !text.ends_with(b"\n") {
        text.push(b'\n');
    }
    // a paragraph of its own
    text.push(b'\n');
    text.extend_from_slice(&bytes[raw..]);
    Some(text)
}

/// Whether what is called base64 is none: it begins with words, and no line of it is base64.
fn is_plain(bytes: &[u8]) -> bool {
    let foreign = |text: &[u8]| {
        text.iter()
            .filter(|b| DIGITS[usize::from(**b)] == 255 && **b != b'=')
            .count()
    };
    let mut lines = bytes
        .split(|b| *b == b'\n')
        .map(<[u8]>::trim_ascii)
        .filter(|line| !line.is_empty());
    let Some(first) = lines.next() else { return false };
    let words = first.split(|b| *b == b' ').filter(|word| !word.is_empty()).count();
    words >= 3 && foreign(first) * 12 >= first.len() && !lines.any(|line| line.len() >= 40 && foreign(line) == 0)
}

/// Where the lines begin, up to the end of the part, that are no base64. Such a line holds other signs: a few, where the base64
/// above ended (by padding, a short line, a blank one); else many, as base64 that was damaged has a bad sign here and there.
fn added_below(bytes: &[u8]) -> Option<usize> {
    let (mut at, mut widest, mut ended) = (0, 0, false);
    for line in bytes.split_inclusive(|b| *b == b'\n') {
        let text = line.trim_ascii();
        let digit = |b: &&u8| DIGITS[usize::from(**b)] < 64 || **b == b'=';
        let foreign = text.len() - text.iter().filter(digit).count();
        let share = if ended { 12 } else { 4 };
        if widest > 0 && foreign > 0 && foreign * share >= text.len() {
            return Some(at);
        }
        ended |= text.ends_with(b"=") || text.len() < widest;
        if foreign == 0 {
            widest = widest.max(text.len());
        }
        at += line.len();
    }
    None
}

/// Base64 as programs write it, in lines; `None` where it is not quite so.
fn as_written(bytes: &[u8]) -> Option<Vec<u8>> {
    /// So many digits are decoded at once: they stay in the processor's nearest memory.
    const BLOCK: usize = 8 * 1024;
    let mut out = Vec::with_capacity(bytes.len() / 4 * 3 + 3);
    let mut block = Vec::with_capacity(BLOCK + 1024);
    let mut decode = |block: &mut Vec<u8>, all: bool| {
        let whole = if all { block.len() } else { block.len() & !3 };
        STANDARD.decode_vec(&block[..whole], &mut out).ok()?;
        block.drain(..whole);
        Some(())
    };
    let mut rest = bytes;
    while !rest.is_empty() {
        let end = memchr::memchr(b'\n', rest);
        let line = &rest[..end.unwrap_or(rest.len())];
        // all of it may be one line
        for piece in line.strip_suffix(b"\r").unwrap_or(line).chunks(BLOCK) {
            block.extend_from_slice(piece);
            if block.len() >= BLOCK {
                decode(&mut block, false)?;
            }
        }
        rest = end.map_or(&[], |end| &rest[end + 1..]);
    }
    decode(&mut block, true)?;
    Some(out)
}

/// Digit by digit.
fn leniently(bytes: &[u8]) -> Vec<u8> {
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
    }

    #[test]
    fn what_was_put_under_base64_as_it_is_stays_so() {
        let footer = "_______________________________________________\nBlog mailing list\nBlog@lists.example.org\n";
        let words = "-- \nThis is a plain line that somebody added\n";
        let lines = |text: &str, end: &str| -> String {
            let digits = STANDARD.encode(text);
            let lines = digits.as_bytes().chunks(76).map(|l| std::str::from_utf8(l).unwrap());
            lines.map(|line| format!("{line}{end}")).collect()
        };
        let long = "We knocked on every door, and on Tuesday the lift ran.".repeat(4);
        // padded, not padded, and with a last line that is full
        for text in [
            format!("{long}\n"),
            format!("{long}12\n"),
            "Hello\n".to_owned(),
            long[..114].to_owned(),
        ] {
            for (raw, end) in [(footer, "\n"), (words, "\n"), (footer, "\r\n"), (words, "\r\n")] {
                let raw = raw.replace('\n', end);
                for gap in ["", end] {
                    let read = text_below(format!("{}{gap}{raw}", lines(&text, end)).as_bytes()).expect(&text);
                    let read = String::from_utf8(read).unwrap();
                    assert_eq!(read, format!("{}\n\n{raw}", text.trim_end()), "{text} {gap:?}");
                }
            }
        }
        for clean in [
            lines(&long, "\n"),
            lines(&long, "\r\n\r\n"),
            "SGVs!bG8=SGk=".to_owned(),
            lines(&long, " \t\n"),
        ] {
            assert_eq!(text_below(clean.as_bytes()), None, "{clean}");
        }
        let words = "We knocked on every door, and on Tuesday the lift ran.\nNobodysaidaword\n";
        assert_eq!(text_below(words.as_bytes()).as_deref(), Some(words.as_bytes()));
        let under = format!("This is a text:\n\n{}", lines(&long, "\n"));
        assert_eq!(text_below(under.as_bytes()), None, "{under}");
        let dirty = lines(&long, "\n").replacen("kb", "k!b", 1);
        assert_eq!(text_below(dirty.as_bytes()), None, "{dirty}");
    }

    #[test]
    fn long_base64_is_the_same_whole_and_in_lines_and_with_dirt() {
        let bytes: Vec<u8> = (0_u64..50_000).map(|n| ((n * n) >> 7) as u8).collect();
        let digits = STANDARD.encode(&bytes);
        for width in [7, 75, 76, 997, digits.len()] {
            for end in ["\n", "\r\n", " \n"] {
                let lines: Vec<&str> = digits
                    .as_bytes()
                    .chunks(width)
                    .map(|l| std::str::from_utf8(l).unwrap())
                    .collect();
                assert!(base64(lines.join(end).as_bytes()) == bytes, "{width} {end:?}");
            }
        }
        for bad in [5, 8 * 1024, 20_000] {
            // one line, longer than what is decoded at once, and not quite as it should be
            let dirty = format!("{}!{}", &digits[..bad], &digits[bad..]);
            assert!(base64(dirty.as_bytes()) == bytes, "{bad}");
        }
        let twice = format!("{digits}\n{digits}\n");
        assert!(base64(twice.as_bytes()) == [&bytes[..], &bytes[..]].concat());
    }

    proptest::proptest! {
        #[test]
        fn base64_is_the_same_however_its_lines_are_broken(
            bytes: Vec<u8>, width in 1..80usize, dirt in proptest::sample::select(vec!["\n", "\r\n", " \r\n", "\t", "!\n", "\n\n"]),
        ) {
            let lines = STANDARD.encode(&bytes);
            let lines: Vec<&str> = lines.as_bytes().chunks(width).map(|l| std::str::from_utf8(l).unwrap()).collect();
            proptest::prop_assert_eq!(base64(lines.join(dirt).as_bytes()), bytes);
        }
    }
}
