//! Small questions about characters, spans and elements.

use crate::story::passage::Span;

pub(super) fn same_style(a: &Span, b: &Span) -> bool {
    a.bold == b.bold && a.italic == b.italic && a.strike == b.strike && a.code == b.code && a.href == b.href
}

/// Blanks off both ends of a line; empty runs out.
pub(super) fn trim_spans(spans: &mut Vec<Span>) {
    while let Some(last) = spans.last_mut().filter(|s| s.image.is_none()) {
        last.text.truncate(last.text.trim_end().len());
        if !last.text.is_empty() {
            break;
        }
        spans.pop();
    }
    if let Some(first) = spans.first_mut().filter(|s| s.image.is_none()) {
        first.text = first.text.trim_start().to_owned();
    }
    spans.retain(|s| s.image.is_some() || !s.text.is_empty());
}

/// Characters that show nothing: zero-width spaces, the byte order mark, the placeholder for an object, controls.
pub(super) fn is_nothing(c: char) -> bool {
    matches!(c, '\u{200b}' | '\u{feff}' | '\u{fffc}' | '\u{ad}' | '\u{34f}') || c.is_control()
}

/// What a preheader is padded with, besides: spaces of all kinds and non-joiners.
pub(super) fn is_padding(c: char) -> bool {
    is_nothing(c) || c.is_whitespace() || c == '\u{200c}'
}

/// A run in Wingdings with its signs. Letters are signs only where they are all of a run and no more than two: a mail program may
/// not have the font, and show the words that an author set in it.
pub(super) fn signs(run: &str) -> String {
    let letters = run.trim_matches(is_padding);
    let alone = letters.chars().count() <= 2 && letters.chars().all(|c| sign(c) != c);
    let signs = run.chars().map(|c| match alone || is_private(c) {
        true => sign(c),
        false => c,
    });
    signs.collect()
}

/// Where Word may write the letters of a font of signs: the private use area.
fn is_private(c: char) -> bool {
    ('\u{f020}'..='\u{f0ff}').contains(&c)
}

/// The sign that Wingdings has for a letter, of those that Outlook puts in for `:)`, `-->` and the like.
fn sign(letter: char) -> char {
    let plain = match is_private(letter) {
        true => char::from_u32(letter as u32 - 0xF000).unwrap_or(letter),
        false => letter,
    };
    match plain {
        'J' => '☺',
        'K' => '😐',
        'L' => '☹',
        'à' => '→',
        'ß' => '←',
        'ó' => '↔',
        'ü' => '✓',
        'û' => '✗',
        _ => letter,
    }
}

pub(super) fn is_emoji(c: char) -> bool {
    matches!(c as u32, 0x1F000..=0x1FAFF | 0x2600..=0x27BF | 0x2190..=0x21FF | 0x2B00..=0x2BFF | 0xFE0F | 0x200D | 0x20E3
        | 0xE0020..=0xE007F)
}

pub(super) fn is_block(name: &str) -> bool {
    matches!(
        name,
        "p" | "div"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "ul"
            | "ol"
            | "li"
            | "dl"
            | "dt"
            | "dd"
            | "blockquote"
            | "pre"
            | "table"
            | "thead"
            | "tbody"
            | "tfoot"
            | "tr"
            | "td"
            | "th"
            | "caption"
            | "center"
            | "hr"
            | "section"
            | "article"
            | "header"
            | "footer"
            | "main"
            | "aside"
            | "nav"
            | "address"
            | "figure"
            | "figcaption"
            | "signature"
            | "body"
            | "html"
    )
}
