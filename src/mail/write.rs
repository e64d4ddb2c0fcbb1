//! A letter -> RFC 5322 bytes and their envelope. Whatever the fields hold, the header has only the names written here.

use std::time::{Duration, UNIX_EPOCH};

use jiff::Timestamp;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{self, Message, MultiPart, SinglePart};

use crate::story::Mailbox;
use crate::story::event::LetterKind;
use crate::story::letter::{Envelope, LetterId};

/// A letter, worded and addressed.
#[derive(Debug, Clone, PartialEq)]
pub struct Letter {
    pub kind: LetterKind,
    pub id: LetterId,
    pub from: Mailbox,
    pub to: Mailbox,
    pub subject: String,
    /// As plain text; lines end with LF.
    pub text: String,
    /// The same as a whole HTML page.
    pub html: String,
    /// The Message-ID of the author's mail, without angle brackets.
    pub in_reply_to: Option<String>,
    /// The thread so far, oldest first, without angle brackets.
    pub references: Vec<String>,
    pub date: Timestamp,
    /// The machine's own answer to a mail, not a person's decision: it leaves with a null return path.
    pub automatic: bool,
}

/// A letter as it leaves.
#[derive(Debug, Clone, PartialEq)]
pub struct Written {
    pub envelope: Envelope,
    /// Lines end with CRLF.
    pub bytes: Vec<u8>,
}

/// Why a letter cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    #[error("the letter has no address to go to")]
    NoAddress,
    #[error("{address:?} is not an address that mail can be sent to")]
    Address { address: String },
    #[error("the letter cannot be put together")]
    Message(#[from] lettre::error::Error),
}

/// Longest subject and name, in characters.
const LONGEST_SUBJECT: usize = 200;
const LONGEST_NAME: usize = 100;
/// How much of a thread is named: the first and the latest.
const LONGEST_THREAD: usize = 20;

/// Writes a letter: text and HTML, `Auto-Submitted` (RFC 3834), In-Reply-To and References (RFC 5322, section 3.6.4), our own
/// Message-ID and the mark `X-M4C-Stories` by which it is known when it comes back.
pub fn write(letter: &Letter) -> Result<Written, WriteError> {
    let from = mailbox(&letter.from)?;
    let to = mailbox(&letter.to)?;
    let sender = (!letter.automatic).then(|| from.email.to_string());
    let envelope = Envelope::to(to.email.as_ref(), sender);
    let submitted = if letter.automatic {
        "auto-replied"
    } else {
        "auto-generated"
    };
    let answered = letter.in_reply_to.as_deref().and_then(message_id);
    let mut thread: Vec<String> = letter.references.iter().filter_map(|id| message_id(id)).collect();
    if let Some(answered) = &answered
        && !thread.contains(answered)
    {
        thread.push(answered.clone());
    }
    if thread.len() > LONGEST_THREAD {
        thread.drain(1..thread.len() - LONGEST_THREAD + 1);
    }

    let seconds = letter.date.as_second().try_into().unwrap_or(0);
    let mut message = Message::builder()
        .from(from.clone())
        .to(to.clone())
        .subject(one_line(&letter.subject, LONGEST_SUBJECT))
        .date(UNIX_EPOCH + Duration::from_secs(seconds))
        .raw_header(plain("Message-ID", format!("<{}>", letter.id)))
        .raw_header(plain("Auto-Submitted", submitted.to_owned()))
        // Exchange does not know Auto-Submitted
        .raw_header(plain("X-Auto-Response-Suppress", "OOF, AutoReply".to_owned()))
        .raw_header(plain("X-M4C-Stories", letter.id.mark().to_owned()))
        .envelope(lettre::address::Envelope::new(None, vec![to.email])?);
    if let Some(answered) = answered {
        message = message.raw_header(plain("In-Reply-To", answered));
    }
    if !thread.is_empty() {
        message = message.raw_header(plain("References", thread.join("\r\n ")));
    }
    let part = |content_type, text: &str| SinglePart::builder().header(content_type).body(clean(text));
    let parts = MultiPart::alternative()
        .boundary(format!("m4c-{}", letter.id.mark()))
        .singlepart(part(ContentType::TEXT_PLAIN, &letter.text))
        .singlepart(part(ContentType::TEXT_HTML, &letter.html));
    let bytes = message.multipart(parts)?.formatted();
    Ok(Written { envelope, bytes })
}

/// A header whose value is ASCII and folded already: lettre would put a long word into RFC 2047, where an id is lost.
fn plain(name: &'static str, value: String) -> HeaderValue {
    HeaderValue::dangerous_new_pre_encoded(HeaderName::new_from_ascii_str(name), value.clone(), value)
}

/// `<id>` as it may stand in a header, or `None` where it may not: ids come from mail.
fn message_id(id: &str) -> Option<String> {
    let id = id.trim().trim_start_matches('<').trim_end_matches('>');
    let good = |b: u8| b.is_ascii_graphic() && !matches!(b, b'<' | b'>');
    (!id.is_empty() && id.len() <= 250 && id.bytes().all(good)).then(|| format!("<{id}>"))
}

/// Whether a letter can be written to this mailbox: addresses come from mail.
pub fn writable(mailbox: &Mailbox) -> bool {
    self::mailbox(mailbox).is_ok()
}

/// A mailbox for lettre: the domain as ASCII (IDNA), so that only a local part may need SMTPUTF8.
fn mailbox(mailbox: &Mailbox) -> Result<message::Mailbox, WriteError> {
    let address = mailbox.address.as_deref().map(str::trim).unwrap_or_default();
    if address.is_empty() {
        return Err(WriteError::NoAddress);
    }
    let bad = || WriteError::Address {
        address: one_line(address, LONGEST_NAME),
    };
    let email: lettre::Address = Envelope::to(address, None).recipient.parse().map_err(|_| bad())?;
    let odd = |c: char| c.is_control() || c.is_whitespace() || "<>,;".contains(c);
    if email.to_string().contains(odd) {
        return Err(bad());
    }
    let name = mailbox.name.as_deref().map(|name| one_line(name, LONGEST_NAME));
    Ok(message::Mailbox::new(name.filter(|name| !name.is_empty()), email))
}

/// On one line, without control and bidirectional characters, at most so many characters.
fn one_line(text: &str, longest: usize) -> String {
    let visible: String = clean(text).split_whitespace().collect::<Vec<_>>().join(" ");
    match visible.char_indices().nth(longest) {
        Some((end, _)) => format!("{}...", visible[..end].trim_end()),
        None => visible,
    }
}

/// Without control characters but line ends and tabs, which in a body could end it (RFC 5321, section 4.1.1.4), and without
/// the marks that turn the reading direction.
fn clean(text: &str) -> String {
    let text = text
        .replace("\r\n", "\n")
        .replace(['\r', '\u{85}', '\u{2028}', '\u{2029}'], "\n");
    let turns = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
    text.chars()
        .filter(|&c| matches!(c, '\n' | '\t') || !(c.is_control() || turns(c)))
        .collect()
}

mod post;
pub use post::{Picture, Post, post};

#[cfg(test)]
mod tests;
