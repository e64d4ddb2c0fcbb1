//! Encoded words (RFC 2047), decoded once, and text made fit for one line.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::charset::{self, nfc};
use super::transfer;

/// Decodes the encoded words of an unstructured value. Neighbours in one charset are joined before they are decoded: many
/// programs split a character between two words.
pub(super) fn decode(line: &str) -> String {
    rewrite(line, |text, out| out.push_str(text))
}

/// The same value with every run of encoded words made one good word in UTF-8, so that a parser of structured fields finds
/// commas and quotes still encoded.
pub(super) fn normalised(line: &str) -> String {
    rewrite(line, |text, out| {
        out.push_str("=?utf-8?B?");
        STANDARD.encode_string(text, out);
        out.push_str("?=");
    })
}

struct Word<'a> {
    charset: &'a str,
    bytes: Vec<u8>,
    end: usize,
}

fn rewrite(line: &str, put: impl Fn(&str, &mut String)) -> String {
    let mut out = String::with_capacity(line.len());
    let mut at = 0;
    while let Some(i) = line[at..].find("=?") {
        let start = at + i;
        let Some(first) = word(line, start) else {
            out.push_str(&line[at..start + 2]);
            at = start + 2;
            continue;
        };
        out.push_str(&line[at..start]);
        at = first.end;
        let mut run = String::new();
        let (mut charset, mut bytes) = (first.charset, first.bytes);
        loop {
            let blanks = line[at..].len() - line[at..].trim_start_matches([' ', '\t']).len();
            match word(line, at + blanks) {
                Some(next) => {
                    if !next.charset.eq_ignore_ascii_case(charset) {
                        run.push_str(&charset::decode(&bytes, Some(charset)).text);
                        bytes.clear();
                    }
                    charset = next.charset;
                    bytes.extend_from_slice(&next.bytes);
                    at = next.end;
                }
                None => break,
            }
        }
        run.push_str(&charset::decode(&bytes, Some(charset)).text);
        put(&run, &mut out);
    }
    out.push_str(&line[at..]);
    out
}

/// The encoded word that stands at `start`.
fn word(line: &str, start: usize) -> Option<Word<'_>> {
    let rest = line[start..].strip_prefix("=?")?;
    let (charset, rest_after) = rest.split_once('?')?;
    let ok = |c: char| c.is_ascii_graphic() && !"()<>@,;:\"/[]?=".contains(c);
    if charset.is_empty() || charset.len() > 80 || !charset.chars().all(ok) {
        return None;
    }
    let encoding = *rest_after.as_bytes().first()?;
    let text = rest_after.get(1..)?.strip_prefix('?')?;
    let len = text.find("?=")?;
    let bytes = match encoding {
        b'Q' | b'q' => q_bytes(&text[..len]),
        b'B' | b'b' => transfer::base64(&text.as_bytes()[..len]),
        _ => return None,
    };
    let head = 2 + charset.len() + 3;
    // RFC 2231, section 5: a language may follow the charset
    let charset = charset.split('*').next().unwrap_or_default();
    Some(Word {
        charset,
        bytes,
        end: start + head + len + 2,
    })
}

fn q_bytes(text: &str) -> Vec<u8> {
    let spaced = text.replace('_', " ");
    // a blank at the end of a word is part of it, while quoted-printable would drop it at the end of a line
    let kept = spaced.trim_end_matches(' ');
    let mut bytes = transfer::quoted_printable(kept.as_bytes());
    bytes.resize(bytes.len() + spaced.len() - kept.len(), b' ');
    bytes
}

/// Text on one line: controls, bidirectional controls and invisible characters gone, blanks single, NFC, at most 1,000
/// characters. What is left can be printed and stored anywhere.
pub(super) fn one_line(text: &str) -> String {
    let mut out = String::with_capacity(text.len().min(1024));
    let (mut count, mut marks) = (0, 0);
    for c in text.chars() {
        let c = if c.is_whitespace() || c.is_control() { ' ' } else { c };
        if is_invisible(c) || (c == ' ' && (out.is_empty() || out.ends_with(' '))) {
            continue;
        }
        marks = if is_mark(c) { marks + 1 } else { 0 };
        if marks > 8 {
            continue;
        }
        out.push(c);
        count += 1;
        if count == 1000 {
            break;
        }
    }
    nfc(out.trim_end().to_owned())
}

/// Bidirectional controls, zero-width characters but the joiners that scripts and emoji need, tags, and what no text has.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}'
        | '\u{e0000}'..='\u{e007f}')
}

fn is_mark(c: char) -> bool {
    unicode_normalization::char::is_combining_mark(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encoded_words_are_decoded_once() {
        for (from, to) in [
            ("=?utf-8?Q?Caf=C3=A9?=", "Caf\u{e9}"),
            ("a =?utf-8?B?w6k=?= b", "a \u{e9} b"),
            ("=?iso-8859-1?q?a?= =?utf-8?q?b?=", "ab"),
            // one character over two words
            ("=?utf-8?B?w6k=?= =?utf-8?B?w6k=?=", "\u{e9}\u{e9}"),
            ("=?UTF-8?Q?=E2=82?=\t=?utf-8?Q?=AC_5?=", "\u{20ac} 5"),
            // Latin-1 that is windows-1252; a language tag
            ("=?iso-8859-1*en?Q?it=92s?=", "it\u{2019}s"),
            ("=?koi8-r?B?8NLJ18XU?=", "\u{41f}\u{440}\u{438}\u{432}\u{435}\u{442}"),
            ("=?utf-8?Q?trailing_?= x", "trailing  x"),
            // not twice, and not what is no word
            ("=?utf-8?Q?=3D=3Futf-8=3FQ=3Fx=3F=3D?=", "=?utf-8?Q?x?="),
            ("a =? b ?= =?x?y?z?=", "a =? b ?= =?x?y?z?="),
            ("=?utf-8?Q?open", "=?utf-8?Q?open"),
            ("", ""),
        ] {
            assert_eq!(decode(from), to, "{from}");
        }
        assert_eq!(
            normalised("\"=?utf-8?Q?a,_b?=\" <x@example.org>"),
            "\"=?utf-8?B?YSwgYg==?=\" <x@example.org>"
        );
    }

    #[test]
    fn a_line_has_nothing_in_it_that_moves_a_cursor() {
        for (from, to) in [
            ("a\r\nBcc: b", "a Bcc: b"),
            ("\u{1b}]52;c;x\u{7}red\u{9b}31m", "]52;c;x red 31m"),
            ("\u{202e}evil\u{2066}", "evil"),
            ("e\u{301}t\u{e9}", "\u{e9}t\u{e9}"),
            ("  a \u{a0} b\t ", "a b"),
            ("\u{feff}\0x", "x"),
        ] {
            assert_eq!(one_line(from), to, "{from:?}");
        }
        assert!(one_line(&"a\u{301}\u{302}".repeat(5000)).chars().count() <= 1000);
        assert!(one_line(&format!("a{}", "\u{301}".repeat(5000))).chars().count() <= 9);
    }
}
