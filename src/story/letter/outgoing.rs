//! A letter on its way out.

use jiff::Timestamp;

use super::LetterId;

/// Whom a letter goes to, and whom its failure comes back to: what SMTP is told (RFC 5321, section 3.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// `None` is the null return path, as an automatic answer has it: nothing comes back, so nothing can loop.
    pub sender: Option<String>,
    /// One: nobody sees who else is written to. Its domain is ASCII; its local part need not be.
    pub recipient: String,
}

impl Envelope {
    /// To one address, with its domain as ASCII (IDNA): a server without SMTPUTF8 takes it then, where the local part is ASCII, too. An
    /// address whose domain is none stays as it is, for the outbox to refuse.
    pub fn to(recipient: &str, sender: Option<String>) -> Envelope {
        let recipient = recipient.trim();
        let ascii = recipient.rsplit_once('@').filter(|(_, domain)| !domain.is_ascii());
        let ascii = ascii.and_then(|(local, domain)| Some(format!("{local}@{}", idna::domain_to_ascii(domain).ok()?)));
        Envelope {
            sender,
            recipient: ascii.unwrap_or_else(|| recipient.to_owned()),
        }
    }
}

/// A letter that is written and ready to leave: what an outbox is given.
#[derive(Debug, Clone, Copy)]
pub struct Outgoing<'a> {
    /// `published`, or whatever else it is; a file is named by it.
    pub kind: &'a str,
    /// Those of the story that it is about or tells of; a file is named by them, too, so that it is found where the story is to go.
    pub digits: &'a str,
    pub id: &'a LetterId,
    /// The letter's own `Date`.
    pub date: Timestamp,
    pub envelope: &'a Envelope,
    /// RFC 5322, lines ending with CRLF.
    pub bytes: &'a [u8],
}
