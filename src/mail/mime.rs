//! The parts of a mail (RFC 2045, RFC 2046), found in one pass over its lines.
//!
//! One documented reading, for the mail id, the reviewer and the reader alike: a delimiter is a whole line; it closes whatever
//! is open inside its multipart; the first of two Content-Type fields counts; a mail whose boundary never occurs has that of the
//! first line that looks like one over a part's header; a multipart in which no part is found is text; an attached mail is one leaf.

use std::borrow::Cow;
use std::collections::HashMap;

use super::fields::{Fields, Parameters, line_end};
use super::limits::{Budget, MAX_NESTING, OverLimit};
use super::transfer::{self, Transfer};
use super::words;

/// A part: a multipart with children, or a leaf.
#[derive(Debug)]
pub(super) struct Part<'a> {
    pub fields: Fields<'a>,
    /// `type/subtype` in lower case, as the mail id hashes it.
    pub media_type: String,
    pub content: Parameters,
    /// As it travelled, without the line end that belongs to the delimiter.
    pub body: &'a [u8],
    /// Places in the list of parts; empty for a leaf.
    pub children: Vec<usize>,
}

impl<'a> Part<'a> {
    pub fn is_leaf(&self) -> bool {
        self.children.is_empty()
    }

    pub fn transfer(&self) -> Transfer {
        Transfer::named(self.fields.keyword("Content-Transfer-Encoding").as_deref())
    }

    pub fn bytes(&self) -> Cow<'a, [u8]> {
        self.transfer().decode(self.body)
    }

    /// The bytes of a text under whose base64 something was put as it is; `None` for any other.
    pub fn text_below(&self) -> Option<Vec<u8>> {
        (self.transfer() == Transfer::Base64).then(|| transfer::text_below(self.body))?
    }

    pub fn is_text(&self) -> bool {
        self.media_type.starts_with("text/")
    }

    /// Content-ID without angle brackets.
    pub fn content_id(&self) -> Option<String> {
        let id = bare_id(&self.fields.text("Content-ID")?);
        (!id.is_empty()).then_some(id)
    }

    /// The disposition in lower case; empty where there is none.
    pub fn disposition(&self) -> String {
        self.fields.keyword("Content-Disposition").unwrap_or_default()
    }

    /// The name a part gives itself, without folders, fit to be shown.
    pub fn file_name(&self) -> Option<String> {
        let disposition = Parameters::of("Content-Disposition", &self.fields);
        let name = disposition.get("filename").or_else(|| self.content.get("name"))?;
        let name = words::one_line(&words::decode(name));
        let name = name.rsplit(['/', '\\']).next().unwrap_or_default().trim();
        if name.is_empty() || name.chars().all(|c| c == '.') {
            return None;
        }
        // the end is worth more than the middle: it says what the file is
        let chars: Vec<char> = name.chars().collect();
        Some(match chars.len() {
            0..=150 => name.to_owned(),
            len => chars[..120]
                .iter()
                .chain(&['\u{2026}'])
                .chain(&chars[len - 20..])
                .collect(),
        })
    }

    /// Whether it is named as a file is, also where that name says nothing.
    pub fn has_file_name(&self) -> bool {
        self.fields
            .line("Content-Disposition")
            .is_some_and(|v| v.to_ascii_lowercase().contains("filename"))
    }
}

/// Without its angle brackets.
pub(super) fn bare_id(text: &str) -> String {
    text.trim()
        .trim_start_matches('<')
        .trim_end_matches('>')
        .trim()
        .to_owned()
}

/// An open multipart, and what is before us in it.
struct Open {
    part: usize,
    body_from: usize,
    boundary: Vec<u8>,
    digest: bool,
}

/// All parts of a mail, the mail itself first, in the order in which they begin.
pub(super) fn parts(raw: &[u8]) -> Result<Vec<Part<'_>>, OverLimit> {
    let mut budget = Budget::new();
    let mut walk = Walk {
        raw,
        parts: Vec::new(),
        open: Vec::new(),
        places: HashMap::new(),
    };
    let mut at = walk.begin(beginning(raw), false, &mut budget)?;
    let mut body_from = at;
    let mut leaf = walk.leaf();
    let dashes = memchr::memmem::Finder::new(b"\n--");
    // `at` is always the beginning of a line
    while at < raw.len() {
        if !raw[at..].starts_with(b"--") {
            match dashes.find(&raw[at..]) {
                Some(i) => at += i + 1,
                None => break,
            }
        }
        let start = at;
        at = line_end(raw, start);
        let Some((place, closing)) = walk.delimiter(&raw[start..at]) else {
            continue;
        };
        if let Some(part) = leaf.take() {
            walk.parts[part].body = without_line_end(&raw[body_from..start]);
        }
        walk.close(if closing { place } else { place + 1 }, start);
        // after a closing delimiter comes the epilogue, until a delimiter of an outer multipart
        if !closing {
            let Open {
                part: parent, digest, ..
            } = walk.open[place];
            let child = walk.parts.len();
            walk.parts[parent].children.push(child);
            at = walk.begin(at, digest, &mut budget)?;
            leaf = walk.leaf();
        }
        body_from = at;
    }
    if let Some(part) = leaf {
        walk.parts[part].body = &raw[body_from..];
    }
    walk.close(0, raw.len());
    Ok(walk.parts)
}

struct Walk<'a> {
    raw: &'a [u8],
    parts: Vec<Part<'a>>,
    open: Vec<Open>,
    /// Boundary to places in `open`, the innermost last.
    places: HashMap<Vec<u8>, Vec<usize>>,
}

impl<'a> Walk<'a> {
    /// Begins a part at `at`; gives where its body begins.
    fn begin(&mut self, at: usize, in_digest: bool, budget: &mut Budget) -> Result<usize, OverLimit> {
        budget.part()?;
        let (fields, len) = Fields::scan(&self.raw[at..], budget)?;
        let content = Parameters::of("Content-Type", &fields);
        let mut media_type = match media_type(&content.value) {
            Some(found) => found,
            None if in_digest && content.value.is_empty() => "message/rfc822".to_owned(),
            None => "text/plain".to_owned(),
        };
        let part = self.parts.len();
        if media_type.starts_with("multipart/") {
            let declared = content.get("boundary").map(|b| b.trim_end().as_bytes().to_vec());
            let mut boundary = declared.filter(|b| !b.is_empty());
            let body = &self.raw[at + len..];
            // searched for in the whole mail, and once only
            if self.parts.is_empty() && boundary.as_deref().is_some_and(|b| !delimits(body, b)) {
                boundary = first_header(body).or(boundary);
            }
            let found = boundary
                .or_else(|| first_delimiter(body))
                .or_else(|| first_header(body));
            match found {
                Some(_) if self.open.len() == MAX_NESTING => return Err(OverLimit::Nesting),
                Some(boundary) => {
                    self.places.entry(boundary.clone()).or_default().push(self.open.len());
                    self.open.push(Open {
                        part,
                        body_from: at + len,
                        boundary,
                        digest: media_type == "multipart/digest",
                    });
                }
                None => media_type = "text/plain".to_owned(),
            }
        }
        self.parts.push(Part {
            fields,
            media_type,
            content,
            body: &[],
            children: Vec::new(),
        });
        Ok(at + len)
    }

    /// The part just begun, if its body is to be collected: it is no multipart.
    fn leaf(&self) -> Option<usize> {
        let part = self.parts.len() - 1;
        match self.open.last() {
            Some(open) if open.part == part => None,
            _ => Some(part),
        }
    }

    /// Which open multipart a line is a delimiter of, and whether it closes it.
    fn delimiter(&self, line: &[u8]) -> Option<(usize, bool)> {
        let text = line.strip_prefix(b"--").filter(|t| t.len() <= 1000)?.trim_ascii_end();
        let place = |text: &[u8]| self.places.get(text).and_then(|places| places.last().copied());
        match place(text) {
            Some(found) => Some((found, false)),
            None => place(text.strip_suffix(b"--")?.trim_ascii_end()).map(|found| (found, true)),
        }
    }

    /// Closes all open multiparts from `place` on. One without parts is a leaf of text.
    fn close(&mut self, place: usize, end: usize) {
        while self.open.len() > place {
            let Some(open) = self.open.pop() else { return };
            if let Some(places) = self.places.get_mut(&open.boundary) {
                places.pop();
                if places.is_empty() {
                    self.places.remove(&open.boundary);
                }
            }
            let part = &mut self.parts[open.part];
            if part.children.is_empty() {
                part.body = without_line_end(&self.raw[open.body_from..end.max(open.body_from)]);
                part.media_type = "text/plain".to_owned();
            }
        }
    }
}

/// Where the header begins: after a byte order mark, empty lines, and the separator line that an mbox has before a mail.
pub(super) fn beginning(raw: &[u8]) -> usize {
    let mut at = if raw.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    while at < raw.len() && raw[at].is_ascii_whitespace() {
        at += 1;
    }
    if raw[at..].starts_with(b"From ") || raw[at..].starts_with(b">From ") {
        at = line_end(raw, at);
    }
    at
}

/// Whether a boundary stands anywhere in a body.
fn delimits(body: &[u8], boundary: &[u8]) -> bool {
    let dashed = [b"--", boundary].concat();
    body.starts_with(&dashed) || memchr::memmem::find(body, &[b"\n", &dashed[..]].concat()).is_some()
}

/// The first line that looks like a delimiter and has the header of a part under it, not far from the beginning.
fn first_header(body: &[u8]) -> Option<Vec<u8>> {
    let mut at = 0;
    while at < body.len().min(4096) {
        let end = line_end(body, at);
        let line = body[at..end].trim_ascii_end();
        let header = body[end..]
            .get(..8)
            .is_some_and(|head| head.eq_ignore_ascii_case(b"content-"));
        if let Some(boundary) = line
            .strip_prefix(b"--")
            .filter(|b| header && (1..=70).contains(&b.len()))
        {
            return Some(boundary.to_vec());
        }
        at = end;
    }
    None
}

/// The boundary of a multipart that does not name it: the first line of its body, if that looks like a delimiter.
fn first_delimiter(body: &[u8]) -> Option<Vec<u8>> {
    let from = body.iter().position(|b| !b.is_ascii_whitespace())?;
    let line = body[from..line_end(body, from)].trim_ascii_end();
    let boundary = line.strip_prefix(b"--")?;
    let plausible = (4..=70).contains(&boundary.len()) && boundary.iter().any(u8::is_ascii_alphanumeric);
    plausible.then(|| boundary.to_vec())
}

fn without_line_end(body: &[u8]) -> &[u8] {
    let body = body.strip_suffix(b"\n").unwrap_or(body);
    body.strip_suffix(b"\r").unwrap_or(body)
}

/// `type/subtype` if the value is one, both tokens (RFC 2045, section 5.1).
fn media_type(value: &str) -> Option<String> {
    let value = value.split_ascii_whitespace().next()?;
    let (kind, subtype) = value.split_once('/')?;
    let token = |text: &str| {
        let ok = |b: u8| b.is_ascii_graphic() && !b"()<>@,;:\\\"/[]?=".contains(&b);
        !text.is_empty() && text.len() <= 100 && text.bytes().all(ok)
    };
    (token(kind) && token(subtype)).then(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each part as its depth, type and text.
    fn tree(mail: &str) -> Vec<String> {
        let parts = parts(mail.as_bytes()).unwrap();
        let show = |p: &Part| match p.is_leaf() {
            true => format!("{} {:?}", p.media_type, String::from_utf8_lossy(p.body)),
            false => format!("{} {:?}", p.media_type, p.children),
        };
        parts.iter().map(show).collect()
    }

    #[test]
    fn parts_are_found_where_their_delimiters_stand() {
        let head = "Content-Type: multipart/mixed; boundary=b\n\n";
        let inner = "Content-Type: multipart/alternative; boundary=\"b1\"\n\n";
        let cases: &[(&str, &[&str])] = &[
            ("Subject: x\n\nText\n", &["text/plain \"Text\\n\""]),
            (
                &format!("{head}preamble\n--b\n\none\n\n--b  \nContent-Type: TEXT/HTML; x=y\n\ntwo\n--b--\nepilogue\n"),
                &["multipart/mixed [1, 2]", "text/plain \"one\\n\"", "text/html \"two\""],
            ),
            // a boundary that begins another; the outer one closes the inner; no closing delimiter
            (
                &format!("{head}--b\n{inner}--b1\n\none\n--b1x\n--b\n\ntwo"),
                &[
                    "multipart/mixed [1, 3]",
                    "multipart/alternative [2]",
                    "text/plain \"one\\n--b1x\"",
                    "text/plain \"two\"",
                ],
            ),
            // a delimiter is a whole line
            (
                &format!("{head}--b\n\nx --b\n--bb\n--b--\n"),
                &["multipart/mixed [1]", "text/plain \"x --b\\n--bb\""],
            ),
            // no part found: text
            (&format!("{head}nothing here\n"), &["text/plain \"nothing here\""]),
            (
                "Content-Type: multipart/mixed\n\ntext\n-- \nname",
                &["text/plain \"text\\n-- \\nname\""],
            ),
            // a boundary not named
            (
                "Content-Type: multipart/mixed\n\n--abcdef\n\none\n--abcdef--",
                &["multipart/mixed [1]", "text/plain \"one\""],
            ),
            (
                "Content-Type: multipart/mixed\n\n--x\nContent-Type: text/html\n\none\n--x--",
                &["multipart/mixed [1]", "text/html \"one\""],
            ),
            // another than the named one
            (
                &format!("{head}This is MIME.\n\n--wrong\nContent-Type: text/html\n\none\n--wrong--\n"),
                &["multipart/mixed [1]", "text/html \"one\""],
            ),
            (
                &format!("{head}--wrong\nnothing of a part\n--wrong--\n"),
                &["text/plain \"--wrong\\nnothing of a part\\n--wrong--\""],
            ),
            // two types: the first counts; a type that is none
            (
                "Content-Type: text/html\nContent-Type: text/plain\n\nx",
                &["text/html \"x\""],
            ),
            ("Content-Type: text\n\nx", &["text/plain \"x\""]),
            // an attached mail is one leaf, whatever is in it
            (
                &format!("{head}--b\nContent-Type: message/rfc822\n\n{inner}--b1\n\ndeep\n--b1--\n--b--"),
                &[
                    "multipart/mixed [1]",
                    "message/rfc822 \"Content-Type: multipart/alternative; boundary=\\\"b1\\\"\\n\\n--b1\\n\\ndeep\\n--b1--\"",
                ],
            ),
            (
                "Content-Type: multipart/digest; boundary=b\n\n--b\n\nSubject: x\n\ny\n--b--",
                &["multipart/digest [1]", "message/rfc822 \"Subject: x\\n\\ny\""],
            ),
            (
                "From marion@example.org Sat Dec  4 10:00:00 2010\nSubject: x\n\nText",
                &["text/plain \"Text\""],
            ),
            ("", &["text/plain \"\""]),
        ];
        for (mail, expected) in cases {
            assert_eq!(&tree(mail), expected, "{mail}");
            let crlf = mail.replace('\n', "\r\n");
            let found: Vec<String> = tree(&crlf).iter().map(|p| p.replace("\\r", "")).collect();
            assert_eq!(&found, expected, "CRLF {mail}");
        }
    }

    #[test]
    fn what_goes_over_a_bound_is_refused() {
        let nested: String = (0..101)
            .map(|i| format!("Content-Type: multipart/mixed; boundary=b{i}\n\n--b{i}\n"))
            .collect();
        let many = format!(
            "Content-Type: multipart/mixed; boundary=b\n\n{}",
            "--b\n\n".repeat(1000)
        );
        let fields = "A: b\n".repeat(10_001);
        let long = format!("A: {}\n\n", "b".repeat(1 << 20));
        for (mail, limit) in [
            (nested, OverLimit::Nesting),
            (many, OverLimit::Parts),
            (fields, OverLimit::Fields),
            (long, OverLimit::FieldBytes),
        ] {
            assert_eq!(parts(mail.as_bytes()).unwrap_err(), limit);
        }
    }
}
