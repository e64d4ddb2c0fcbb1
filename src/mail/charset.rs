//! Bytes to text, whatever the label says: mail lies about its charset.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, ISO_8859_15, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// Text, and the charset it was taken for where that is not what the mail said.
#[derive(Debug, PartialEq)]
pub(super) struct Decoded {
    pub text: String,
    pub guessed: Option<String>,
}

impl Decoded {
    fn declared(text: impl Into<String>) -> Decoded {
        Decoded {
            text: text.into(),
            guessed: None,
        }
    }
    fn guessed(text: impl Into<String>, name: &str) -> Decoded {
        Decoded {
            text: text.into(),
            guessed: Some(name.to_owned()),
        }
    }
}

/// Decodes `bytes`. A byte order mark wins; then valid UTF-8 (text in another charset is not, by accident, save in the East);
/// then the label; then windows-1252 for Western-looking text, and a detector for the rest. Never fails, and never decodes
/// UTF-7, which turns harmless ASCII into markup.
pub(super) fn decode(bytes: &[u8], label: Option<&str>) -> Decoded {
    if let Some((encoding, skip)) = Encoding::for_bom(bytes) {
        return Decoded::declared(encoding.decode_without_bom_handling(&bytes[skip..]).0);
    }
    let label = label.map(|l| l.trim().trim_matches(['"', '\'']).to_ascii_lowercase());
    let label = label.as_deref().unwrap_or_default();
    let declared = known(label);
    let stateful = declared == Some(encoding_rs::ISO_2022_JP);
    // the escape to a Japanese character set, which is often unlabelled or called US-ASCII
    let escaped = memchr::memmem::find(bytes, b"\x1b$").is_some();
    if matches!(label, "hz-gb-2312" | "hz") && bytes.is_ascii() {
        return Decoded::declared(from_hz(bytes));
    }
    if bytes.is_ascii() && (is_iso_2022_kr(label) || memchr::memmem::find(bytes, KOREAN).is_some()) {
        return Decoded::declared(from_iso_2022_kr(bytes));
    }
    if let Some(found) = wide(bytes, declared) {
        return found;
    }
    if bytes.is_ascii() && !(stateful || escaped) {
        return Decoded::declared(String::from_utf8_lossy(bytes));
    }
    if bytes.is_ascii() {
        let text = encoding_rs::ISO_2022_JP.decode_without_bom_handling_and_without_replacement(bytes);
        return match text {
            Some(text) if stateful => Decoded::declared(text),
            Some(text) => Decoded::guessed(text, "ISO-2022-JP"),
            None => Decoded::declared(String::from_utf8_lossy(bytes)),
        };
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return match declared {
            Some(encoding) if is_eastern(encoding) && !reads_eastern(text) => match strictly(encoding, bytes) {
                Some(other) => Decoded::declared(other),
                None => Decoded::guessed(text, UTF_8.name()),
            },
            Some(encoding) if encoding != UTF_8 && !is_ascii_label(label) => Decoded::guessed(text, UTF_8.name()),
            _ => Decoded::declared(text),
        };
    }
    if let Some(text) = from_dos(bytes, label) {
        return Decoded::declared(text);
    }
    match declared {
        Some(encoding) if encoding == UTF_8 || is_ascii_label(label) => {}
        Some(encoding) => {
            if let Some(text) = strictly(encoding, bytes) {
                return match windows_for(label) {
                    // C1 controls are never meant: the Windows charset of the same script has letters there
                    Some(windows) if text.chars().any(|c| ('\u{80}'..='\u{9f}').contains(&c)) => {
                        Decoded::guessed(windows.decode_without_bom_handling(bytes).0, windows.name())
                    }
                    _ => match [WINDOWS_1252, ISO_8859_15]
                        .contains(&encoding)
                        .then(|| not_western(bytes))
                    {
                        Some(Some(other)) => Decoded::guessed(other.decode_without_bom_handling(bytes).0, other.name()),
                        _ => Decoded::declared(text),
                    },
                };
            }
        }
        None => {}
    }
    mixed(bytes).unwrap_or_else(|| guess(bytes))
}

/// What ISO-2022-KR begins with.
const KOREAN: &[u8] = b"\x1b$)C";

fn is_iso_2022_kr(label: &str) -> bool {
    matches!(label, "iso-2022-kr" | "csiso2022kr")
}

/// ISO-2022-KR (RFC 1557): KS C 5601 in seven bits, between SO and SI; a line's end ends it too.
fn from_iso_2022_kr(bytes: &[u8]) -> String {
    let mut eight: Vec<u8> = Vec::with_capacity(bytes.len());
    let mut korean = false;
    let mut rest = bytes;
    while let Some((&byte, after)) = rest.split_first() {
        rest = match rest.strip_prefix(KOREAN) {
            Some(behind) => behind,
            None => {
                match byte {
                    0x0e => korean = true,
                    0x0f => korean = false,
                    0x21..=0x7e if korean => eight.push(byte | 0x80),
                    _ => {
                        korean &= byte != b'\n';
                        eight.push(byte);
                    }
                }
                after
            }
        };
    }
    encoding_rs::EUC_KR.decode_without_bom_handling(&eight).0.into_owned()
}

/// The charset of bytes that are no Western text whatever their label says: whole words of them are accented letters, and hardly
/// any has such a letter among plain ones.
fn not_western(bytes: &[u8]) -> Option<&'static Encoding> {
    let (mut foreign, mut western) = (0, 0);
    let letter = |b: &u8| b.is_ascii_alphabetic() || *b >= 0xa1;
    for word in bytes.split(|b| !letter(b)) {
        let plain = word.iter().filter(|b| b.is_ascii()).count();
        match word.len() - plain {
            0 => {}
            _ if plain > 0 => western += 1,
            3.. if word.iter().any(|b| *b != word[0]) => foreign += 1,
            _ => {}
        }
    }
    if foreign < 2 || western * 10 > foreign {
        return None;
    }
    let found = detected(bytes);
    (found != WINDOWS_1252 && strictly(found, bytes).is_some()).then_some(found)
}

fn detected(bytes: &[u8]) -> &'static Encoding {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    detector.feed(&bytes[..bytes.len().min(1 << 16)], true);
    detector.guess(None, Utf8Detection::Deny)
}

/// UTF-7 (RFC 2152), which is never decoded.
pub(super) fn is_utf7(label: &str) -> bool {
    let label = label.trim().trim_matches(['"', '\'']);
    ["utf-7", "utf7", "unicode-1-1-utf-7", "csunicode11utf7"]
        .iter()
        .any(|name| label.eq_ignore_ascii_case(name))
}

/// The upper halves of the character sets of DOS.
const CODE_PAGE_850: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐\
    └┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u{ad}±‗¾¶§÷¸°¨·¹³²■\u{a0}";
const CODE_PAGE_437: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐\
    └┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}";

/// Text in a character set of DOS, where the label says so and the letters are a language's: programs also call so what is none.
fn from_dos(bytes: &[u8], label: &str) -> Option<String> {
    let upper: Vec<char> = match label {
        "cp850" | "cp-850" | "ibm850" => CODE_PAGE_850.chars().collect(),
        "cp437" | "ibm437" => CODE_PAGE_437.chars().collect(),
        _ => return None,
    };
    let sign = |byte: &u8| match byte {
        0..=0x7f => char::from(*byte),
        _ => upper[usize::from(*byte - 0x80)],
    };
    let text: String = bytes.iter().map(sign).collect();
    let fits = |c: char| c.is_ascii() || c.is_alphabetic() || "¿¡«»§°£ªº\u{a0}".contains(c);
    text.chars().all(fits).then_some(text)
}

/// HZ (RFC 1843): GB 2312 in seven bits, between `~{` and `~}`; a line's end ends it too.
fn from_hz(bytes: &[u8]) -> String {
    let mut gb: Vec<u8> = Vec::with_capacity(bytes.len());
    let mut chinese = false;
    let mut at = 0;
    while at < bytes.len() {
        let next = bytes.get(at + 1).copied();
        match (bytes[at], next) {
            (b'~', Some(b'{')) if !chinese => (chinese, at) = (true, at + 2),
            (b'~', Some(b'}')) if chinese => (chinese, at) = (false, at + 2),
            (b'~', Some(b'~')) if !chinese => {
                gb.push(b'~');
                at += 2;
            }
            (b'~', Some(b'\n')) if !chinese => at += 2,
            (high @ 0x21..=0x77, Some(low @ 0x21..=0x7e)) if chinese => {
                gb.extend([high | 0x80, low | 0x80]);
                at += 2;
            }
            (byte, _) => {
                chinese &= byte != b'\n';
                gb.push(byte);
                at += 1;
            }
        }
    }
    encoding_rs::GBK.decode_without_bom_handling(&gb).0.into_owned()
}

/// Text fit to be read: line ends are `\n`, controls (but the tab) and overrides of direction are gone, NFC.
pub(super) fn clean(text: &str) -> String {
    if text.bytes().all(|b| matches!(b, b' '..=b'~' | b'\n' | b'\t')) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut marks = 0;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let c = match c {
            '\r' => {
                chars.next_if_eq(&'\n');
                '\n'
            }
            '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{b}' | '\u{c}' => '\n',
            _ => c,
        };
        let dropped = (c.is_control() && c != '\n' && c != '\t')
            || matches!(
                c,
                '\u{202d}' | '\u{202e}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}'
            );
        if dropped {
            continue;
        }
        // a pile of combining marks is no writing; 30 is the bound of Unicode's stream-safe text
        marks = match c {
            '\0'..='\u{2ff}' => 0,
            _ if unicode_normalization::char::is_combining_mark(c) => marks + 1,
            _ => 0,
        };
        if marks <= 30 {
            out.push(c);
        }
    }
    nfc(out)
}

fn known(label: &str) -> Option<&'static Encoding> {
    let name = match label {
        // labels that mail uses and the Encoding Standard does not have
        "utf8mb4" | "unicode-1-1-utf-8" => "utf-8",
        "cp-850" | "cp850" | "cp437" | "ibm850" | "ibm437" | "dos" => return None,
        "iso-8859-1-windows-3.1-latin-1" | "ansi_x3.110-1983" => "windows-1252",
        "cp932" | "windows-932" => "shift_jis",
        "cp936" | "ms936" => "gbk",
        "cp949" | "ks_c_5601-1987" => "euc-kr",
        "cp950" => "big5",
        other => other,
    };
    Encoding::for_label_no_replacement(name.as_bytes())
}

/// US-ASCII with other bytes in it: no lie worth a word, and no help.
fn is_ascii_label(label: &str) -> bool {
    matches!(label, "us-ascii" | "ascii" | "ansi_x3.4-1968")
}

fn strictly(encoding: &'static Encoding, bytes: &[u8]) -> Option<String> {
    let text = encoding.decode_without_bom_handling_and_without_replacement(bytes)?;
    Some(text.into_owned())
}

fn windows_for(label: &str) -> Option<&'static Encoding> {
    Some(match label {
        "iso-8859-2" | "latin2" => encoding_rs::WINDOWS_1250,
        "iso-8859-5" => encoding_rs::WINDOWS_1251,
        "iso-8859-7" => encoding_rs::WINDOWS_1253,
        "iso-8859-8" | "iso-8859-8-i" => encoding_rs::WINDOWS_1255,
        "iso-8859-6" => encoding_rs::WINDOWS_1256,
        "iso-8859-4" | "iso-8859-13" => encoding_rs::WINDOWS_1257,
        "iso-8859-15" | "latin9" | "iso-8859-3" | "iso-8859-10" | "iso-8859-14" => WINDOWS_1252,
        _ => return None,
    })
}

fn is_eastern(encoding: &'static Encoding) -> bool {
    use encoding_rs::{BIG5, EUC_JP, EUC_KR, GB18030, GBK, SHIFT_JIS};
    [BIG5, EUC_JP, EUC_KR, GB18030, GBK, SHIFT_JIS].contains(&encoding)
}

/// Whether text that is valid UTF-8 reads as such in the East: has characters of three bytes and more. (Two-byte sequences
/// alone are also good GBK, Big5 or Shift_JIS.)
fn reads_eastern(text: &str) -> bool {
    text.chars().any(|c| c as u32 >= 0x800)
}

/// UTF-16 without a mark: said so, or every other byte of the beginning is NUL.
fn wide(bytes: &[u8], declared: Option<&'static Encoding>) -> Option<Decoded> {
    let head = &bytes[..bytes.len().min(2048) & !1];
    if head.len() < 4 {
        return None;
    }
    let zeros = |odd: usize| head.iter().skip(odd).step_by(2).filter(|b| **b == 0).count() * 2;
    let (high, low) = (zeros(0), zeros(1));
    let said = declared.is_some_and(|e| e == UTF_16BE || e == UTF_16LE);
    let encoding = if high * 2 > head.len() && low * 8 < head.len() {
        UTF_16BE
    } else if low * 2 > head.len() && high * 8 < head.len() {
        UTF_16LE
    } else if said && head.is_ascii() && high + low == 0 {
        // the label says UTF-16 and the bytes are plain ASCII: transcoded on the way
        return None;
    } else if said {
        declared?
    } else {
        return None;
    };
    let text = encoding.decode_without_bom_handling(bytes).0;
    Some(if said {
        Decoded::declared(text)
    } else {
        Decoded::guessed(text, encoding.name())
    })
}

/// UTF-8 with some stray bytes of windows-1252 in it (a quotation pasted in by a program): both are read.
fn mixed(bytes: &[u8]) -> Option<Decoded> {
    let (mut good, mut bad) = (0usize, 0usize);
    for chunk in bytes.utf8_chunks() {
        good += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        bad += chunk.invalid().len();
    }
    if good == 0 || good < bad {
        return None;
    }
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.push_str(&WINDOWS_1252.decode_without_bom_handling(chunk.invalid()).0);
    }
    Some(Decoded::guessed(text, "UTF-8 with windows-1252"))
}

fn guess(bytes: &[u8]) -> Decoded {
    let high = bytes.iter().filter(|b| !b.is_ascii()).count();
    let letters = bytes.iter().filter(|b| b.is_ascii_alphabetic()).count();
    // letters of Western words, typographic quotes and dashes, and pounds; the detector needs more than a few bytes
    let western = |b: &u8| {
        b.is_ascii()
            || matches!(b, 0x80 | 0x82 | 0x84 | 0x85 | 0x91..=0x97 | 0x99 | 0xa0 | 0xa3 | 0xa9 | 0xab | 0xae | 0xb0 | 0xb4 | 0xb7 | 0xbb..=0xbf | 0xc0..=0xff)
    };
    let encoding = if high < 8 && high * 4 <= letters && bytes.iter().all(western) {
        WINDOWS_1252
    } else {
        detected(bytes)
    };
    Decoded::guessed(encoding.decode_without_bom_handling(bytes).0, encoding.name())
}

/// Unicode normalisation form C; free where the text has it already.
pub(super) fn nfc(text: String) -> String {
    if text.is_ascii() || is_nfc_quick(text.chars()) == IsNormalized::Yes {
        text
    } else {
        text.nfc().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_read_whatever_the_label_says() {
        let russian = "\u{41f}\u{440}\u{438}\u{432}\u{435}\u{442}, \u{43a}\u{430}\u{43a} \u{434}\u{435}\u{43b}\u{430}?";
        let cp1251 = encoding_rs::WINDOWS_1251.encode(russian).0.into_owned();
        let chinese = "\u{4e2d}\u{6587}\u{90f5}\u{4ef6}";
        let gbk = encoding_rs::GBK.encode(chinese).0.into_owned();
        let jp = encoding_rs::ISO_2022_JP
            .encode("\u{3053}\u{3093}\u{306b}\u{3061}\u{306f}")
            .0
            .into_owned();
        let utf16: Vec<u8> = "Hello you".encode_utf16().flat_map(u16::to_be_bytes).collect();
        // the bytes, the label, the text, and the guess
        type Case<'a> = (&'a [u8], Option<&'a str>, &'a str, Option<&'a str>);
        let cases: &[Case] = &[
            (b"plain", None, "plain", None),
            ("caf\u{e9}".as_bytes(), Some("utf-8"), "caf\u{e9}", None),
            ("caf\u{e9}".as_bytes(), None, "caf\u{e9}", None),
            ("caf\u{e9}".as_bytes(), Some("iso-8859-1"), "caf\u{e9}", Some("UTF-8")),
            (chinese.as_bytes(), Some("big5"), chinese, Some("UTF-8")),
            (b"it\x92s \x80 5", Some("ISO-8859-1"), "it\u{2019}s \u{20ac} 5", None),
            (b"it\x92s", Some("us-ascii"), "it\u{2019}s", Some("windows-1252")),
            (b"caf\xe9", Some("utf-8"), "caf\u{e9}", Some("windows-1252")),
            (b"caf\xe9", None, "caf\u{e9}", Some("windows-1252")),
            (
                b"\x84\xdaad\x93",
                Some("iso-8859-2"),
                "\u{201e}\u{da}ad\u{201c}",
                Some("windows-1250"),
            ),
            (
                b"caf\xc3\xa9 it\x92s",
                Some("utf-8"),
                "caf\u{e9} it\u{2019}s",
                Some("UTF-8 with windows-1252"),
            ),
            (&cp1251, Some("windows-1251"), russian, None),
            (&cp1251, Some("x-unknown"), russian, Some("windows-1251")),
            (&gbk, Some("gb2312"), chinese, None),
            // these two bytes each are valid UTF-8 as well
            (b"\xc1\xaa\xcd\xa8", Some("gbk"), "\u{8054}\u{901a}", None),
            (
                &jp,
                Some("iso-2022-jp"),
                "\u{3053}\u{3093}\u{306b}\u{3061}\u{306f}",
                None,
            ),
            (
                &jp,
                None,
                "\u{3053}\u{3093}\u{306b}\u{3061}\u{306f}",
                Some("ISO-2022-JP"),
            ),
            (
                &jp,
                Some("us-ascii"),
                "\u{3053}\u{3093}\u{306b}\u{3061}\u{306f}",
                Some("ISO-2022-JP"),
            ),
            (&utf16, Some("utf-16"), "Hello you", None),
            (&utf16, None, "Hello you", Some("UTF-16BE")),
            (b"\xef\xbb\xbfmark", Some("latin1"), "mark", None),
            (b"\xff\xfeH\0i\0", None, "Hi", None),
            (
                b"a ~~ ~{VPND~} b~{VP\nND",
                Some("HZ-GB-2312"),
                "a ~ \u{4e2d}\u{6587} b\u{4e2d}\nND",
                None,
            ),
            (b"+ADw-script+AD4-", Some("utf-7"), "+ADw-script+AD4-", None),
            (
                b"Sch\x84fer h\x94rt \x81ber Stra\xe1e",
                Some("cp850"),
                "Sch\u{e4}fer h\u{f6}rt \u{fc}ber Stra\u{df}e",
                None,
            ),
            (b"ma\xa4ana", Some("IBM437"), "ma\u{f1}ana", None),
            (b"f\xfcr", Some("cp850"), "f\u{fc}r", Some("windows-1252")),
            (
                b"\x1b$)C\x0e?l8.4B\x0f ok\n\x0e?l\nok",
                Some("ISO-2022-KR"),
                "\u{c6b0}\u{b9ac}\u{b294} ok\n\u{c6b0}\nok",
                None,
            ),
            (&cp1251, Some("iso-8859-1"), russian, Some("windows-1251")),
            (
                b"\xc7a \xe9t\xe9 \xc0\xc9\xc8 \xc0\xc9\xc8 d\xe9j\xe0",
                Some("iso-8859-1"),
                "\u{c7}a \u{e9}t\u{e9} \u{c0}\u{c9}\u{c8} \u{c0}\u{c9}\u{c8} d\u{e9}j\u{e0}",
                None,
            ),
        ];
        for (bytes, label, text, guessed) in cases {
            let found = decode(bytes, *label);
            assert_eq!(
                (found.text.as_str(), found.guessed.as_deref()),
                (*text, *guessed),
                "{label:?} {text}"
            );
        }
    }

    #[test]
    fn cleaned_text_keeps_what_people_write() {
        for (from, to) in [
            ("a\r\nb\rc\0d\u{7f}\u{9b}", "a\nb\ncd"),
            ("e\u{301}", "\u{e9}"),
            (
                "\u{1f469}\u{200d}\u{1f467} \u{200f}\u{5e9}",
                "\u{1f469}\u{200d}\u{1f467} \u{200f}\u{5e9}",
            ),
            ("a\u{202e}b\u{2028}c", "ab\nc"),
            ("tab\there", "tab\there"),
        ] {
            assert_eq!(clean(from), to, "{from:?}");
        }
        assert!(clean(&format!("a{}", "\u{302}".repeat(100_000))).chars().count() < 40);
    }
}
