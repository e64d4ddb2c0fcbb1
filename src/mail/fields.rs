//! Header fields: found in one pass over the bytes, their values handed on bounded, unfolded and in UTF-8.
//!
//! mail-parser reads the structured values (addresses, parameters); it is given one short, cleaned field at a time, so that
//! neither its time nor a panic in it can grow with what a stranger sent.

use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};

use mail_parser::{HeaderValue, MessageParser};

use super::limits::{Budget, MAX_VALUE, OverLimit};
use super::{charset, words};

/// One field as it stands: the value with its folds, without the last line end.
#[derive(Debug, Clone, Copy)]
struct Field<'a> {
    name: &'a [u8],
    value: &'a [u8],
}

/// The header of a mail or of a part.
#[derive(Debug, Default)]
pub(super) struct Fields<'a>(Vec<Field<'a>>);

impl<'a> Fields<'a> {
    /// Reads the header at the start of `bytes`; gives it and where the body begins.
    ///
    /// The header ends at an empty line, or at the first line that is no field: a mail whose empty line was lost keeps its
    /// text. A stray line in the middle (a subject broken over two lines) is skipped if fields go on after it.
    pub fn scan(bytes: &'a [u8], budget: &mut Budget) -> Result<(Fields<'a>, usize), OverLimit> {
        let mut fields = Vec::new();
        let mut at = 0;
        while at < bytes.len() {
            let mut end = line_end(bytes, at);
            if text_of(bytes, at, end).is_empty() {
                return Ok((Fields(fields), end));
            }
            let Some(name_len) = name_length(&bytes[at..end]) else {
                if !goes_on(&bytes[end..]) {
                    break;
                }
                budget.field(end - at)?;
                at = end;
                continue;
            };
            while end < bytes.len() && matches!(bytes[end], b' ' | b'\t') {
                end = line_end(bytes, end);
            }
            budget.field(end - at)?;
            let line = text_of(bytes, at, end);
            let colon = memchr::memchr(b':', line).unwrap_or(name_len);
            fields.push(Field {
                name: &line[..name_len],
                value: &line[(colon + 1).min(line.len())..],
            });
            at = end;
        }
        Ok((Fields(fields), at))
    }

    /// Lower-cased names, each once per field.
    pub fn names(&self) -> impl Iterator<Item = String> + '_ {
        self.0
            .iter()
            .map(|f| String::from_utf8_lossy(f.name).to_ascii_lowercase())
    }

    /// The raw values of all fields.
    pub fn values(&self) -> impl Iterator<Item = &'a [u8]> + '_ {
        self.0.iter().map(|f| f.value)
    }

    /// The raw values of all fields of this name, topmost first.
    pub fn all<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'a [u8]> + 's {
        self.0
            .iter()
            .filter(move |f| f.name.eq_ignore_ascii_case(name.as_bytes()))
            .map(|f| f.value)
    }

    /// The topmost raw value: where a field stands twice the first counts, for every reader in this house.
    pub fn first(&self, name: &str) -> Option<&'a [u8]> {
        self.all(name).next()
    }

    /// The topmost value, unfolded and in UTF-8, encoded words left as they are.
    pub fn line(&self, name: &str) -> Option<String> {
        self.first(name).map(|value| unfolded(value).into_owned())
    }

    /// The topmost value decoded (RFC 2047), on one line, without control characters.
    pub fn text(&self, name: &str) -> Option<String> {
        self.line(name).map(|line| words::one_line(&words::decode(&line)))
    }

    /// The first word of the topmost value in lower case, without parameters: `auto-replied`.
    pub fn keyword(&self, name: &str) -> Option<String> {
        let line = self.line(name)?;
        let word = line.split([';', ' ', '(']).next().unwrap_or_default();
        Some(words::one_line(word).to_ascii_lowercase())
    }
}

/// A value without its line breaks, tabs as blanks, trimmed, at most [`MAX_VALUE`] bytes of it; bytes that are not UTF-8 are
/// decoded as [`charset::decode`] would.
pub(super) fn unfolded(value: &[u8]) -> Cow<'static, str> {
    let value = &value[..value.len().min(MAX_VALUE)];
    let flat: Vec<u8> = value
        .iter()
        .filter(|b| !matches!(b, b'\r' | b'\n' | 0))
        .map(|&b| if b == b'\t' { b' ' } else { b })
        .collect();
    let text = match String::from_utf8(flat) {
        // an escape may begin ISO-2022-JP
        Ok(text) if text.contains('\u{1b}') => charset::decode(text.as_bytes(), None).text,
        Ok(text) => text,
        Err(error) => charset::decode(error.as_bytes(), None).text,
    };
    Cow::Owned(text.trim().to_owned())
}

/// mail-parser's reading of a field; `None` where it finds nothing in it, or panics.
pub(super) fn parsed(name: &'static str, line: &str) -> Option<HeaderValue<'static>> {
    let block = format!("{name}: {line}\r\n\r\n");
    catch_unwind(AssertUnwindSafe(|| {
        let message = MessageParser::default().parse_headers(block.as_bytes())?;
        let header = message.headers().first()?;
        Some(header.value().clone().into_owned())
    }))
    .ok()
    .flatten()
}

/// `Content-Type` or `Content-Disposition`: the bare value in lower case and the parameters, RFC 2231 undone.
#[derive(Debug, Default)]
pub(super) struct Parameters {
    pub value: String,
    pairs: Vec<(String, String)>,
}

impl Parameters {
    pub fn of(name: &'static str, fields: &Fields) -> Parameters {
        let Some(line) = fields.line(name) else {
            return Parameters::default();
        };
        let end = line.find([';', '(']).unwrap_or(line.len());
        let value = line[..end].trim().to_ascii_lowercase();
        let mut pairs = Vec::new();
        if let Some(HeaderValue::ContentType(content)) = parsed(name, &words::normalised(&line)) {
            for attribute in content.attributes().unwrap_or_default() {
                pairs.push((attribute.name.to_ascii_lowercase(), attribute.value.to_string()));
            }
        }
        Parameters { value, pairs }
    }

    /// A parameter; where it stands twice, the first.
    pub fn get(&self, name: &str) -> Option<&str> {
        let pair = self.pairs.iter().find(|(key, _)| key == name)?;
        Some(pair.1.as_str())
    }
}

/// Where the line that begins at `at` ends, its line feed included.
pub(super) fn line_end(bytes: &[u8], at: usize) -> usize {
    memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |i| at + i + 1)
}

/// The line or lines from `at` to `end` without the last line end.
fn text_of(bytes: &[u8], at: usize, end: usize) -> &[u8] {
    let line = &bytes[at..end];
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// The length of the field name that a line begins with (RFC 5322, section 2.2: printable ASCII and a colon; blanks before the
/// colon are the obsolete syntax).
fn name_length(line: &[u8]) -> Option<usize> {
    let len = line.iter().position(|b| !matches!(b, b'!'..=b'9' | b';'..=b'~'))?;
    let blanks = line[len..].iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
    (len > 0 && len <= 200 && line.get(len + blanks) == Some(&b':')).then_some(len)
}

/// Whether, after a line that is no field, the header plainly goes on: one of the fields that every mail program writes stands
/// within the next lines, before an empty one.
fn goes_on(rest: &[u8]) -> bool {
    const SURE: [&str; 8] = [
        "mime-version",
        "content-type",
        "content-transfer-encoding",
        "message-id",
        "received",
        "return-path",
        "x-mailer",
        "delivered-to",
    ];
    let rest = &rest[..rest.len().min(4096)];
    let mut at = 0;
    for _ in 0..20 {
        if at >= rest.len() {
            return false;
        }
        let end = line_end(rest, at);
        if text_of(rest, at, end).is_empty() {
            return false;
        }
        if let Some(len) = name_length(&rest[at..end]) {
            let name = &rest[at..at + len];
            if SURE.iter().any(|sure| name.eq_ignore_ascii_case(sure.as_bytes())) {
                return true;
            }
        }
        at = end;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(mail: &str) -> (Fields<'_>, &str) {
        let (fields, body) = Fields::scan(mail.as_bytes(), &mut Budget::new()).unwrap();
        (fields, &mail[body..])
    }

    #[test]
    fn a_header_ends_where_the_text_begins() {
        for (mail, subject, body) in [
            ("Subject: a\r\n b\r\n\r\nText\r\n", "a b", "Text\r\n"),
            ("Subject: a\n\tb\n\nText\n", "a b", "Text\n"),
            ("Subject : a\n\n\nText", "a", "\nText"),
            (
                "Subject: a\nNo empty line, but text: yes\n",
                "a",
                "No empty line, but text: yes\n",
            ),
            (
                "Subject: a\nbroken over two lines\nMIME-Version: 1.0\n\nText",
                "a",
                "Text",
            ),
            ("subject:\n\nText", "", "Text"),
            ("Subject: a", "a", ""),
        ] {
            let (fields, rest) = scan(mail);
            assert_eq!(
                (fields.text("Subject").unwrap().as_str(), rest),
                (subject, body),
                "{mail:?}"
            );
        }
    }

    #[test]
    fn the_first_of_two_fields_counts() {
        let (fields, _) = scan("From: a@example.org\nFrom: b@example.org\n\n");
        assert_eq!(fields.line("from").unwrap(), "a@example.org");
        assert_eq!(fields.all("FROM").count(), 2);
    }

    #[test]
    fn parameters_are_decoded_whatever_way_they_are_written() {
        for (header, name) in [
            ("attachment; filename=\"Zo\u{eb}.jpg\"", "Zo\u{eb}.jpg"),
            ("attachment; filename*=UTF-8''Zo%C3%AB.jpg", "Zo\u{eb}.jpg"),
            (
                "attachment; filename*0*=UTF-8''Zo; filename*1*=%C3%AB.jpg",
                "Zo\u{eb}.jpg",
            ),
            ("attachment; filename=\"=?utf-8?Q?Zo=C3=AB.jpg?=\"", "Zo\u{eb}.jpg"),
            ("attachment; filename==?utf-8?B?Wm/Dqy5qcGc=?=", "Zo\u{eb}.jpg"),
            ("attachment; filename=a.jpg; filename=b.jpg", "a.jpg"),
        ] {
            let mail = format!("Content-Disposition: {header}\n\n");
            let (fields, _) = scan(&mail);
            let disposition = Parameters::of("Content-Disposition", &fields);
            assert_eq!(disposition.value, "attachment");
            assert_eq!(disposition.get("filename"), Some(name), "{header}");
        }
    }
}
