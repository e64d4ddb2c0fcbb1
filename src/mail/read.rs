//! Bytes to [`Submission`].

use std::borrow::Cow;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use jiff::Timestamp;

use super::body::{MOST_COMPARED, Plan, Source};
use super::fields::Fields;
use super::html::PartMap;
use super::ident::Opened;
use super::limits::{
    Budget, MAX_DOCUMENTS, MAX_EMBEDDED, MAX_EMBEDDED_DEPTH, MAX_LINES, MAX_RECIPIENTS, MAX_SIGNS, MAX_TEXT, OverLimit,
};
use super::mime::{self, Part};
use super::{auth, calendar, date, document, docx, fields, ident, people, signals, uu, words};
use crate::story::Mailbox;
use crate::story::code::{Code, take_codes_out, without_codes};
use crate::story::passage::Line;
use crate::story::submission::{Attachment, Document, Kept, Note, Submission};

/// What the reader is told by the config.
#[derive(Debug, Clone)]
pub struct ReadSetting {
    /// The authserv-id of our own receiving server; its Authentication-Results are believed, no others.
    pub trusted_authserv: Option<String>,
    /// Longer mails are not read.
    pub max_bytes: usize,
}

impl Default for ReadSetting {
    fn default() -> ReadSetting {
        ReadSetting {
            trusted_authserv: None,
            max_bytes: 36_700_160,
        }
    }
}

/// Why a mail cannot be read; it is kept, and a person is told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    #[error("it is empty")]
    Empty,
    #[error("it is no mail: none of the header fields of a mail is there")]
    NoMail,
    #[error("it is {bytes} bytes long, more than the {limit} allowed (`max_mail_bytes` under [story])")]
    TooLong { bytes: usize, limit: usize },
    #[error(transparent)]
    OverLimit(#[from] OverLimit),
    #[error("the reader stumbled over it: {0}")]
    Stumbled(String),
}

impl Unreadable {
    /// The rule's name in reports: `over-limit`.
    pub fn rule(&self) -> &'static str {
        match self {
            Unreadable::Empty => "empty",
            Unreadable::NoMail => "no-mail",
            Unreadable::TooLong { .. } => "too-large",
            Unreadable::OverLimit(_) => "over-limit",
            Unreadable::Stumbled(_) => "stumbled",
        }
    }
}

/// Reads a mail that is safe on disk.
///
/// A mail with a header and nothing else is readable and has no lines; whether that is a story is for others to say.
///
/// # Errors
/// [`Unreadable`] for what is empty, no mail, over a bound of [`super::limits`], or makes the reader panic.
pub fn read(kept: Kept, setting: &ReadSetting) -> Result<Submission, Unreadable> {
    read_bytes(kept.raw(), None, setting)
}

/// [`read`] for a caller that has looked at the mail already ([`super::open`] of the same bytes): nothing is found out twice.
///
/// # Errors
/// As [`read`].
pub fn read_opened(kept: Kept, opened: &Opened, setting: &ReadSetting) -> Result<Submission, Unreadable> {
    read_bytes(kept.raw(), Some(opened), setting)
}

/// The fuzzer's way in: it has no spool.
#[cfg(fuzzing)]
pub fn read_fuzzed(raw: &[u8]) -> Result<Submission, Unreadable> {
    read_bytes(raw, None, &ReadSetting::default())
}

fn read_bytes(raw: &[u8], opened: Option<&Opened>, setting: &ReadSetting) -> Result<Submission, Unreadable> {
    let read = || {
        let mut reader = Reader {
            setting,
            embedded_left: MAX_EMBEDDED,
            documents_left: MAX_DOCUMENTS,
            text_left: MAX_TEXT,
            lines_left: MAX_LINES,
        };
        reader.read(raw, opened, 0)
    };
    match catch_unwind(AssertUnwindSafe(read)) {
        Ok(result) => result,
        Err(panic) => {
            let why = panic.downcast_ref::<String>().map(String::as_str);
            let why = why.or_else(|| panic.downcast_ref::<&str>().copied());
            Err(Unreadable::Stumbled(words::one_line(why.unwrap_or("a panic"))))
        }
    }
}

/// What a report says about a mail, be it readable or not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Glance {
    pub message_id: String,
    pub date: Option<Timestamp>,
    pub subject: String,
    pub from: Mailbox,
}

/// Reads the first 64 kB of the header and nothing else.
pub fn glance(raw: &[u8]) -> Glance {
    let from = mime::beginning(raw);
    let head = &raw[from..raw.len().min(from + (64 << 10))];
    let Ok((fields, _)) = Fields::scan(head, &mut Budget::new()) else {
        return Glance::default();
    };
    Glance {
        message_id: fields.first("Message-ID").map(people::message_id).unwrap_or_default(),
        date: fields.line("Date").and_then(|line| date::read(&line)),
        subject: bare_subject(&fields).0,
        from: people::first(&fields, "From").unwrap_or_default(),
    }
}

/// The subject without the codes of our letters, and those codes.
fn bare_subject(fields: &Fields) -> (String, Vec<Code>) {
    let subject = fields.text("Subject").unwrap_or_default();
    (without_codes(&subject).trim().to_owned(), Code::all_in(&subject))
}

/// How much punctuation a text has.
fn signs(lines: &[Line]) -> usize {
    let signs = |text: &str| text.bytes().filter(u8::is_ascii_punctuation).count();
    lines.iter().map(|line| signs(&line.words())).sum()
}

struct Reader<'s> {
    setting: &'s ReadSetting,
    embedded_left: usize,
    documents_left: usize,
    text_left: usize,
    lines_left: usize,
}

impl Reader<'_> {
    fn read(&mut self, raw: &[u8], opened: Option<&Opened>, depth: usize) -> Result<Submission, Unreadable> {
        if raw.trim_ascii().is_empty() {
            return Err(Unreadable::Empty);
        }
        if raw.len() > self.setting.max_bytes {
            return Err(Unreadable::TooLong {
                bytes: raw.len(),
                limit: self.setting.max_bytes,
            });
        }
        let parts = mime::parts(raw)?;
        let fields = &parts[0].fields;
        if !is_mail(fields) {
            return Err(Unreadable::NoMail);
        }
        let decoded = |at: usize| opened.and_then(|opened| opened.decoded(at)).map(Cow::Borrowed);
        let mut bytes: Vec<Cow<[u8]>> = (0..)
            .zip(&parts)
            .map(|(at, part)| match part.is_leaf() {
                true => decoded(at).unwrap_or_else(|| part.bytes()),
                false => Cow::Borrowed(&[][..]),
            })
            .collect();
        let mail = opened.map_or_else(|| ident::of_leaves_decoded(&parts, &bytes), |opened| opened.mail);
        let mut signals = signals::of(&parts);
        let plan = Plan::of(&parts);
        let plain = |at: &usize| plan.consumes(*at) && parts[*at].media_type != "text/html";
        let mut enclosed = Vec::new();
        for at in (0..parts.len()).filter(plain) {
            if let Some((text, files)) = uu::take_out(&bytes[at]) {
                bytes[at] = Cow::Owned(text);
                enclosed.extend(files);
            }
        }
        let mut lines = 0;
        for text in (0..parts.len()).filter(plain).map(|at| &bytes[at]) {
            self.text_left = self.text_left.checked_sub(text.len()).ok_or(OverLimit::Text)?;
            lines += line_count(text);
        }
        if lines > self.lines_left {
            return Err(OverLimit::Text.into());
        }

        let mut notes = Vec::new();
        let mut attachments = Vec::new();
        let mut embedded = Vec::new();
        let mut places = vec![None; parts.len()];
        let mut images = PartMap::default();
        for (i, part) in parts.iter().enumerate() {
            if !part.is_leaf() || plan.consumes(i) {
                continue;
            }
            let name = part.file_name();
            if !signals.delivery_report && is_attached_mail(part, name.as_deref(), &bytes[i]) {
                match self.embedded(&bytes[i], depth) {
                    Ok(inner) => {
                        embedded.push(inner);
                        continue;
                    }
                    Err(why) => notes.push(Note::AttachmentKept {
                        name: name.clone().unwrap_or_else(|| "attached mail".to_owned()),
                        why,
                    }),
                }
            }
            let place = attachments.len();
            places[i] = Some(place);
            let content_id = part.content_id();
            if let Some(id) = &content_id {
                images.insert(id, place);
            }
            if let Some(location) = part.fields.text("Content-Location") {
                images.insert(&location, place);
            }
            attachments.push(Attachment {
                name,
                media_type: part.media_type.clone(),
                content_id,
                inline: part.disposition() != "attachment",
                // moved there below, when nobody needs them as parts any more
                bytes: Vec::new(),
            });
        }
        let source = Source {
            to_compare: Cell::new(MOST_COMPARED),
            parts: &parts,
            bytes: &bytes,
            places: &places,
            images: &images,
        };
        let mut body = plan.render(&source);
        if body.too_large && body.lines.iter().all(Line::is_blank) {
            return Err(OverLimit::Text.into());
        }
        self.lines_left = self.lines_left.checked_sub(body.lines.len()).ok_or(OverLimit::Text)?;
        notes.append(&mut body.notes);
        signals.calendar_only &=
            !signals::calendar(&parts).is_some_and(|calendar| calendar::has_own_words(&body.lines, &calendar.bytes()));
        let sealed = signals::is_sealed_text(&parts)
            || body.lines.iter().all(Line::is_blank) && parts.iter().any(signals::is_sealed);
        if signals.encrypted || sealed {
            notes.push(Note::Encrypted);
        }
        if body.lines.iter().all(Line::is_blank)
            && let Some((name, mut text)) = source.attached_text()
        {
            body.lines = std::mem::take(&mut text.lines);
            notes.append(&mut text.notes);
            notes.push(Note::FromDocument(name));
        }
        for (i, place) in places.iter().enumerate() {
            if let Some(place) = place {
                attachments[*place].bytes = std::mem::take(&mut bytes[i]).into_owned();
            }
        }
        attachments.extend(enclosed.into_iter().map(|file| Attachment {
            media_type: file.media_type().to_owned(),
            name: Some(words::one_line(&file.name)),
            content_id: None,
            inline: false,
            bytes: file.bytes,
        }));
        notes.extend(attachments.iter().filter_map(document::unread));
        let documents = self.documents(&mut attachments, &mut notes);
        if [&body.lines]
            .into_iter()
            .chain(documents.iter().map(|d| &d.lines))
            .any(|text| signs(text) > MAX_SIGNS)
        {
            return Err(OverLimit::Signs.into());
        }

        body.lines.iter_mut().for_each(take_codes_out);
        let (subject, codes) = bare_subject(fields);
        let from = people::first(fields, "From").unwrap_or_default();
        let sender = people::first(fields, "Sender").filter(|s| !same_address(s, &from));
        Ok(Submission {
            mail,
            message_id: fields.first("Message-ID").map(people::message_id).unwrap_or_default(),
            references: people::references(fields),
            date: fields.line("Date").and_then(|line| date::read(&line)),
            received: received(fields),
            subject,
            codes,
            sender,
            reply_to: people::first(fields, "Reply-To"),
            to: recipients(fields),
            from,
            lines: body.lines,
            attachments,
            embedded,
            documents,
            auth: auth::results(fields, self.setting.trusted_authserv.as_deref()),
            signals,
            notes,
        })
    }

    /// Reads the .docx among the attachments; the pictures in them become attachments too.
    fn documents(&mut self, attachments: &mut Vec<Attachment>, notes: &mut Vec<Note>) -> Vec<Document> {
        let mut documents = Vec::new();
        for at in 0..attachments.len() {
            let attachment = &attachments[at];
            if !document::is_docx(attachment) || self.documents_left == 0 {
                continue;
            }
            self.documents_left -= 1;
            match docx::read(&attachment.bytes, attachments.len()) {
                Ok(mut read) => {
                    read.lines.iter_mut().for_each(take_codes_out);
                    if read.hidden && !notes.contains(&Note::HiddenText) {
                        notes.push(Note::HiddenText);
                    }
                    documents.push(Document {
                        attachment: at,
                        lines: read.lines,
                    });
                    attachments.extend(read.pictures);
                }
                Err(why) => notes.push(Note::AttachmentKept {
                    name: attachment.name.clone().unwrap_or_else(|| "document".to_owned()),
                    why: why.to_string(),
                }),
            }
        }
        documents
    }

    /// An attached mail, read in the same way; or why not.
    fn embedded(&mut self, raw: &[u8], depth: usize) -> Result<Submission, String> {
        if depth >= MAX_EMBEDDED_DEPTH {
            return Err(format!("mails within mails are read {MAX_EMBEDDED_DEPTH} deep"));
        }
        self.embedded_left = self
            .embedded_left
            .checked_sub(1)
            .ok_or_else(|| format!("of attached mails {MAX_EMBEDDED} are read"))?;
        self.read(raw, None, depth + 1)
            .map_err(|error| format!("it cannot be read: {error}"))
    }
}

/// How many lines plain text will have, before they are made: a line costs far more memory than its bytes.
fn line_count(text: &[u8]) -> usize {
    let breaks = text.iter().filter(|b| matches!(b, b'\n' | b'\r' | 0x0b | 0x0c)).count();
    let pairs = memchr::memmem::find_iter(text, b"\r\n").count();
    let separators = memchr::memmem::find_iter(text, "\u{2028}").count();
    breaks - pairs + separators
}

/// Whether a header is a mail's: has a field that every mail has one of.
fn is_mail(fields: &Fields) -> bool {
    const SURE: [&str; 12] = [
        "From",
        "Date",
        "Subject",
        "To",
        "Message-ID",
        "Received",
        "Return-Path",
        "Sender",
        "MIME-Version",
        "Content-Type",
        "Delivered-To",
        "Reply-To",
    ];
    SURE.iter().any(|name| fields.first(name).is_some())
}

/// message/rfc822, or a file called .eml that begins with the header of a mail.
fn is_attached_mail(part: &Part, name: Option<&str>, bytes: &[u8]) -> bool {
    if ["message/rfc822", "message/global"].contains(&part.media_type.as_str()) {
        return true;
    }
    let named = name.is_some_and(|n| n.to_ascii_lowercase().ends_with(".eml"));
    named && {
        let head = &bytes[..bytes.len().min(64 << 10)];
        let fields = Fields::scan(head, &mut Budget::new());
        fields.is_ok_and(|(f, _)| {
            f.first("From").is_some() && (f.first("Date").is_some() || f.first("Subject").is_some())
        })
    }
}

fn same_address(a: &Mailbox, b: &Mailbox) -> bool {
    match (&a.address, &b.address) {
        (Some(a), Some(b)) => a.eq_ignore_ascii_case(b),
        (None, _) => true,
        _ => false,
    }
}

/// The time our own server took the mail in: behind the last semicolon of the topmost Received.
fn received(fields: &Fields) -> Option<Timestamp> {
    let line = fields::unfolded(fields.first("Received")?);
    date::read(line.rsplit_once(';')?.1)
}

fn recipients(fields: &Fields) -> Vec<Mailbox> {
    let mut found: Vec<Mailbox> = Vec::new();
    for name in [
        "To",
        "Cc",
        "Delivered-To",
        "X-Original-To",
        "Envelope-To",
        "Apparently-To",
    ] {
        for mailbox in fields.all(name).take(5).flat_map(people::mailboxes) {
            if mailbox.address.is_some() && !found.iter().any(|f| same_address(f, &mailbox)) {
                found.push(mailbox);
            }
        }
    }
    found.truncate(MAX_RECIPIENTS);
    found
}

#[cfg(test)]
mod hostile;
#[cfg(test)]
mod mutations;
#[cfg(test)]
mod tests;
