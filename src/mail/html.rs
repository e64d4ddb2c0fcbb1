//! HTML of a mail to lines: the words as a browser would set them, with what the mail program said about them.
//!
//! Scripts, hidden text, tracking pixels and images on the network are left out and reported; nothing is fetched.

mod css;
mod lists;
mod marks;
mod scan;
mod survey;
mod text;
mod tree;
mod walk;

use std::collections::HashMap;

use crate::story::passage::Line;

/// Cleaned HTML longer than this is refused: 5 MB of tags and words is no letter.
const MAX_BYTES: usize = 5 << 20;

/// Which attachment each `cid:` (RFC 2392) or Content-Location means.
#[derive(Debug, Default)]
pub struct PartMap {
    by_name: HashMap<String, usize>,
}

impl PartMap {
    /// Says that `name` (Content-ID without angle brackets, or Content-Location) is attachment `place`. The first one
    /// to claim a name keeps it.
    pub fn insert(&mut self, name: &str, place: usize) {
        self.by_name.entry(name.trim().to_owned()).or_insert(place);
    }

    fn find(&self, source: &str) -> Option<usize> {
        let source = source.trim();
        let cid = source
            .get(..4)
            .filter(|s| s.eq_ignore_ascii_case("cid:"))
            .map(|_| &source[4..]);
        match cid {
            Some(cid) => self
                .by_name
                .get(cid)
                .or_else(|| self.by_name.get(&percent_decoded(cid))),
            None => self.by_name.get(source),
        }
        .copied()
    }
}

/// What was read from HTML.
#[derive(Debug, Default, PartialEq)]
pub struct HtmlText {
    pub lines: Vec<Line>,
    /// The beginning of the text a reader would not have seen; empty where there was none.
    pub hidden: String,
    /// What is said of the pictures (`alt`), shown or not.
    pub described: String,
    /// Addresses of images on the network, at most 20; tracking pixels are not among them.
    pub remote: Vec<String>,
    /// `cid:` names no part answers to, at most 20.
    pub missing: Vec<String>,
}

/// HTML too large to read; the plain text part, or the bare words, must do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the HTML is too large to be read ({0} bytes)")]
pub struct TooLarge(pub usize);

/// Reads `html`, already decoded to Unicode.
///
/// # Errors
/// [`TooLarge`] over 5 MB of tags and words, or 400,000 nodes.
pub fn lines(html: &str, parts: &PartMap) -> Result<HtmlText, TooLarge> {
    let scanned = scan::scan(html);
    if scanned.html.len() > MAX_BYTES {
        return Err(TooLarge(scanned.html.len()));
    }
    let tree = tree::Tree::build(&scanned.html).ok_or(TooLarge(scanned.html.len()))?;
    let mut text = walk::read(&tree, &css::hidden_classes(&scanned.styles), parts);
    let drawn = scanned.drawn.trim();
    if !drawn.is_empty() && text.hidden.len() < 200 {
        text.hidden.push(' ');
        text.hidden.push_str(&drawn[..drawn.floor_char_boundary(200)]);
    }
    Ok(text)
}

/// The words of HTML without any structure, for a document that [`lines`] refuses: tags out, in one pass.
pub fn bare(html: &str) -> Vec<Line> {
    let scanned = scan::scan(html);
    let mut text = String::with_capacity(scanned.html.len());
    let mut in_tag = false;
    for c in scanned.html.chars() {
        match c {
            '<' => in_tag = true,
            '>' if in_tag => {
                in_tag = false;
                text.push('\n');
            }
            c if !in_tag => text.push(c),
            _ => {}
        }
    }
    let entities = [
        ("&nbsp;", " "),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&amp;", "&"),
    ];
    for (entity, c) in entities {
        text = text.replace(entity, c);
    }
    text.lines()
        .filter(|l| !l.trim().is_empty())
        .map(|l| Line::plain(l.trim()))
        .collect()
}

fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = bytes.get(at + 1..at + 3).and_then(|h| std::str::from_utf8(h).ok());
        match hex.and_then(|h| u8::from_str_radix(h, 16).ok()) {
            Some(byte) if bytes[at] == b'%' => {
                out.push(byte);
                at += 3;
            }
            _ => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests;
