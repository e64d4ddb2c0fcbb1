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
    let envelope = Envelope {
        sender: (!letter.automatic).then(|| from.email.to_string()),
        recipient: to.email.to_string(),
    };
    let submitted = if letter.automatic {
        "auto-replied"
    } else {
        "auto-generated"
    };
    let answered = letter.in_reply_to.as_deref().and_then(message_id);
    let mut thread: Vec<String> = letter.references.iter().filter_map(|id| message_id(id)).collect();
    if let Some(answered) = &answered {
        thread.retain(|id| id != answered);
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

/// A mailbox for lettre: the domain as ASCII (IDNA), so that only a local part may need SMTPUTF8.
fn mailbox(mailbox: &Mailbox) -> Result<message::Mailbox, WriteError> {
    let address = mailbox.address.as_deref().map(str::trim).unwrap_or_default();
    if address.is_empty() {
        return Err(WriteError::NoAddress);
    }
    let bad = || WriteError::Address {
        address: one_line(address, LONGEST_NAME),
    };
    let (local, domain) = address.rsplit_once('@').ok_or_else(bad)?;
    let domain = match domain.is_ascii() {
        true => domain.to_owned(),
        false => idna::domain_to_ascii(domain).map_err(|_| bad())?,
    };
    let email = lettre::Address::new(local, domain).map_err(|_| bad())?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use mail_parser::{MessageParser, MimeHeaders};

    fn person(name: &str, address: &str) -> Mailbox {
        Mailbox {
            name: Some(name.to_owned()).filter(|name| !name.is_empty()),
            address: Some(address.to_owned()),
        }
    }

    fn letter() -> Letter {
        Letter {
            kind: LetterKind::Received,
            id: LetterId::new("3f9a2c41b0", [7; 16], "example.org"),
            from: person("M4C Team", "m4cblog@example.org"),
            to: person("Marion Maxwell", "marion@example.com"),
            subject: "Re: My story".into(),
            text: "Dear Marion,\n\nthank you.\n".into(),
            html: "<p>Dear Marion,</p><p>thank you.</p>".into(),
            in_reply_to: Some("abc@example.com".into()),
            references: vec!["first@example.com".into(), "abc@example.com".into()],
            date: "2026-03-01T10:00:00Z".parse().unwrap(),
            automatic: true,
        }
    }

    /// The names of the header, and its text.
    fn header(bytes: &[u8]) -> (Vec<String>, String) {
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        let head = text.split("\r\n\r\n").next().unwrap().to_owned();
        let own = head.split("\r\n").filter(|line| !line.starts_with([' ', '\t']));
        let names = own.map(|line| line.split(':').next().unwrap().to_owned()).collect();
        (names, head)
    }

    #[test]
    fn a_receipt_is_a_well_formed_automatic_reply_in_the_thread() {
        let written = write(&letter()).unwrap();
        assert_eq!(
            written.envelope,
            Envelope {
                sender: None,
                recipient: "marion@example.com".into()
            }
        );
        let (names, head) = header(&written.bytes);
        let expected = [
            "From",
            "To",
            "Subject",
            "Date",
            "Message-ID",
            "Auto-Submitted",
            "X-Auto-Response-Suppress",
            "X-M4C-Stories",
            "In-Reply-To",
            "References",
            "MIME-Version",
            "Content-Type",
        ];
        assert_eq!(names, expected);
        for line in [
            "Message-ID: <m4c.3f9a2c41b0.07070707070707070707070707070707@example.org>",
            "Auto-Submitted: auto-replied",
            "Date: Sun, 01 Mar 2026 10:00:00 +0000",
            "In-Reply-To: <abc@example.com>",
            "References: <first@example.com>\r\n <abc@example.com>",
            "X-M4C-Stories: 07070707070707070707070707070707",
        ] {
            assert!(head.contains(line), "{line}\n{head}");
        }
        let read = MessageParser::new().parse(&written.bytes).unwrap();
        assert_eq!(read.body_text(0).unwrap(), "Dear Marion,\r\n\r\nthank you.\r\n");
        assert_eq!(read.body_html(0).unwrap(), "<p>Dear Marion,</p><p>thank you.</p>");
        assert_eq!(read.attachment_count(), 0);
        assert!(read.content_type().unwrap().subtype() == Some("alternative"));
        assert_eq!(written, write(&letter()).unwrap());
    }

    #[test]
    fn a_decision_comes_back_when_it_cannot_be_delivered() {
        let written = write(&Letter {
            automatic: false,
            ..letter()
        })
        .unwrap();
        assert_eq!(written.envelope.sender.as_deref(), Some("m4cblog@example.org"));
        assert!(header(&written.bytes).1.contains("Auto-Submitted: auto-generated"));
    }

    #[test]
    fn no_field_can_add_a_header_or_a_recipient() {
        let breaks = [
            "\r\nBcc: victim@example.net",
            "\nBcc: victim@example.net",
            "\rBcc: v@x",
            "\u{2028}Bcc: v@x",
            "\u{0}\r\n\r\nbody",
            "\u{85}Bcc: v@x",
        ];
        let usual = header(&write(&letter()).unwrap().bytes).0;
        for end in breaks {
            let bad = |text: &str| format!("{text}{end}");
            let mut hostile = letter();
            hostile.subject = bad("Re: My story");
            hostile.from.name = Some(bad("M4C"));
            hostile.to.name = Some(bad("Marion"));
            hostile.references.push(bad("second@example.com"));
            hostile.id = LetterId::new("3f9a2c41b0", [7; 16], &bad("example.org"));
            let written = write(&hostile).unwrap();
            let (names, head) = header(&written.bytes);
            assert_eq!(names, usual, "{head}");
            assert!(!head.contains("second@example.com"));
            assert_eq!(written.envelope.recipient, "marion@example.com");
            hostile.in_reply_to = Some(bad("abc@example.com"));
            hostile.references.clear();
            let (names, _) = header(&write(&hostile).unwrap().bytes);
            assert!(
                !names.iter().any(|name| name == "In-Reply-To" || name == "Bcc"),
                "{names:?}"
            );
            hostile.to.address = Some(bad("marion@example.com"));
            assert!(matches!(write(&hostile), Err(WriteError::Address { .. })), "{end:?}");
        }
    }

    #[test]
    fn names_and_addresses_of_every_language_arrive_as_they_are() {
        for (name, address, recipient) in [
            ("Zoë Łuk", "zoe@example.com", "zoe@example.com"),
            ("山田 太郎", "taro@example.com", "taro@example.com"),
            ("Müller, Jörg \"JM\"", "jm@bücher.example", "jm@xn--bcher-kva.example"),
            ("Дарья", "дарья@почта.example", "дарья@xn--80a1acny.example"),
            (
                "O'Neil (at work) <x>",
                "o'neil+story@example.com",
                "o'neil+story@example.com",
            ),
            (&"Abdulrahman Ólafsdóttir ".repeat(4), "a@example.com", "a@example.com"),
            ("", "plain@example.com", "plain@example.com"),
        ] {
            let mut abroad = letter();
            abroad.to = person(name, address);
            abroad.subject = format!("Re: {name} – ein Gruß");
            let written = write(&abroad).unwrap();
            assert_eq!(written.envelope.recipient, recipient);
            let read = MessageParser::new().parse(&written.bytes).unwrap();
            let to = read.to().unwrap().first().unwrap();
            assert_eq!(
                to.name().unwrap_or_default(),
                name.trim(),
                "{}",
                header(&written.bytes).1
            );
            assert_eq!(to.address().unwrap(), recipient);
            assert_eq!(
                read.subject().unwrap().trim(),
                format!("Re: {} – ein Gruß", name.trim())
                    .replace("  ", " ")
                    .replace(":  ", ": ")
            );
            assert!(written.bytes.split(|&b| b == b'\n').all(|line| line.len() <= 999));
        }
    }

    #[test]
    fn an_address_that_is_none_is_told() {
        for address in [
            "marion",
            "@example.com",
            "a b@example.com",
            "a@b, c@d.example",
            "<a@b.example>",
            "a@-",
        ] {
            let mut nowhere = letter();
            nowhere.to.address = Some(address.into());
            assert!(matches!(write(&nowhere), Err(WriteError::Address { .. })), "{address}");
        }
        let mut nowhere = letter();
        nowhere.to.address = None;
        assert!(matches!(write(&nowhere), Err(WriteError::NoAddress)));
    }

    #[test]
    fn the_body_has_only_whole_line_ends_and_keeps_its_words() {
        let text = "One\r.\r\nTwo\n.\nThree\u{0}\u{7} Grüße\n\n.\n".to_owned();
        let written = write(&Letter { text, ..letter() }).unwrap();
        let bytes = &written.bytes;
        for (place, &byte) in bytes.iter().enumerate() {
            assert!(byte != b'\r' || bytes.get(place + 1) == Some(&b'\n'));
            assert!(byte != b'\n' || place > 0 && bytes[place - 1] == b'\r');
        }
        let read = MessageParser::new().parse(bytes).unwrap();
        assert_eq!(
            read.body_text(0).unwrap().replace("\r\n", "\n"),
            "One\n.\nTwo\n.\nThree Grüße\n\n.\n"
        );
    }

    #[test]
    fn a_long_thread_is_named_by_its_first_and_latest() {
        let mut long = letter();
        long.references = (0..100).map(|n| format!("mail-{n}@example.com")).collect();
        let head = header(&write(&long).unwrap().bytes).1;
        assert!(
            head.contains("References: <mail-0@example.com>\r\n <mail-82@example.com>"),
            "{head}"
        );
        assert!(head.contains("<mail-99@example.com>\r\n <abc@example.com>"));
    }
}
