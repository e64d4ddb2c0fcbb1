//! One mail, read: MIME is gone, nothing is judged or cut yet.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::code::Code;
use super::id::MailId;
use super::passage::Line;

/// A mail's bytes that are durable outside the inbox. Only the spool swears to it ([`Kept::sworn`], checked by
/// `tests/house.rs`), and only kept mail can be read: working on a mail before it is safe does not compile.
#[derive(Debug, Clone, Copy)]
pub struct Kept<'a> {
    raw: &'a [u8],
}

impl<'a> Kept<'a> {
    /// The spool's word that `raw` is kept.
    pub(crate) fn sworn(raw: &'a [u8]) -> Kept<'a> {
        Kept { raw }
    }

    /// The mail as it came, byte for byte.
    pub fn raw(&self) -> &'a [u8] {
        self.raw
    }
}

/// A mailbox in the sense of RFC 5322, section 3.4: a display name, an address, either may be missing.
/// Both are decoded and free of control and bidirectional characters.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mailbox {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

/// One mail, read.
#[derive(Debug, Clone, PartialEq)]
pub struct Submission {
    pub mail: MailId,
    /// Without the angle brackets; empty where the mail has none.
    pub message_id: String,
    /// In-Reply-To and then References, without angle brackets, without doubles, at most 100.
    pub references: Vec<String>,
    /// The `Date` header; `None` where it is missing or no date.
    pub date: Option<Timestamp>,
    /// The date of the topmost `Received` header.
    pub received: Option<Timestamp>,
    /// Decoded, on one line, no control characters, without the codes of our letters; may be empty.
    pub subject: String,
    /// The codes of our letters that stood in the subject.
    pub codes: Vec<Code>,
    /// From (the first mailbox of it).
    pub from: Mailbox,
    /// Sender, where it differs from From ("on behalf of").
    pub sender: Option<Mailbox>,
    /// The first mailbox of Reply-To.
    pub reply_to: Option<Mailbox>,
    /// The first address of To, Delivered-To and the like, for "is it to us".
    pub to: Vec<Mailbox>,
    /// The body chosen for the reader, whole: quotes, signatures and forwards still in it.
    pub lines: Vec<Line>,
    /// Leaf parts in order, then the pictures that came in documents. Attached mails that were read are not among them.
    pub attachments: Vec<Attachment>,
    /// Mails attached as message/rfc822 (or .eml), read the same way, outermost first, at most 3 deep.
    pub embedded: Vec<Submission>,
    /// Documents (.docx) whose text could be read.
    pub documents: Vec<Document>,
    /// What the screener looks at.
    pub signals: Signals,
    /// What our own receiving server found, if a trusted Authentication-Results header is there.
    pub auth: Vec<AuthResult>,
    /// Things to tell the reviewer.
    pub notes: Vec<Note>,
}

/// A leaf part that is not the body.
#[derive(Debug, Clone, PartialEq)]
pub struct Attachment {
    /// The name the mail gives it, cleaned for display; never used as a path.
    pub name: Option<String>,
    /// The declared `type/subtype`, lower case.
    pub media_type: String,
    /// Content-ID without angle brackets.
    pub content_id: Option<String>,
    /// `Content-Disposition: inline`, or no disposition at all.
    pub inline: bool,
    pub bytes: Vec<u8>,
}

impl Attachment {
    /// Whether it is what a program signed or sealed the mail with (RFC 8551, RFC 3156): nobody's words, and no photo.
    pub fn is_seal(&self) -> bool {
        let kind = self.media_type.strip_prefix("application/").unwrap_or_default();
        let kind = kind.strip_prefix("x-").unwrap_or(kind);
        let name = self.name.as_deref().unwrap_or_default().to_ascii_lowercase();
        let sealed = [
            "pkcs7-signature",
            "pkcs7-mime",
            "pgp-signature",
            "pgp-keys",
            "pgp-encrypted",
        ]
        .contains(&kind);
        // a mail program that does not know the type
        let unknown = self.media_type == "application/octet-stream";
        sealed || unknown && (name.ends_with(".p7s") || name.ends_with(".p7m"))
    }
}

/// A document that holds text, read.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// Its place in [`Submission::attachments`].
    pub attachment: usize,
    pub lines: Vec<Line>,
}

/// Header facts by which automatic and list mail is known (RFC 3834, RFC 2919, RFC 3464).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Signals {
    /// `Auto-Submitted` in lower case, without parameters; `None` where absent.
    pub auto_submitted: Option<String>,
    /// `Precedence` in lower case.
    pub precedence: Option<String>,
    /// Return-Path is `<>`.
    pub null_return_path: bool,
    /// multipart/report, or a message/delivery-status part.
    pub delivery_report: bool,
    /// The Message-ID that a delivery report is about.
    pub reported_message_id: Option<String>,
    /// The address a delivery report says failed.
    pub reported_address: Option<String>,
    /// What it says was done with that mail, in lower case: `failed`, `delayed`, `delivered` (RFC 3464, section 2.3.3).
    pub report_action: Option<String>,
    /// Its status code: `5.1.1` (RFC 3463).
    pub report_status: Option<String>,
    /// `List-Id`, or any other `List-*` header.
    pub list: Option<String>,
    /// `X-Auto-Response-Suppress`, `X-Autoreply`, `X-Autorespond`, `X-No-Ack`, `Feedback-ID`: names found, lower case.
    pub machine_headers: Vec<String>,
    /// The value of our own mark on letters we sent, `X-M4C-Stories`, where it is there.
    pub our_mark: Option<String>,
    /// The receiving server's verdict (`X-Spam-Flag: YES`, `X-Spam-Status: Yes`), in words.
    pub spam: Option<String>,
    /// An encrypted mail (PGP/MIME, S/MIME) whose text cannot be read.
    pub encrypted: bool,
    /// A calendar invitation and nothing else.
    pub calendar_only: bool,
}

/// One method's result from the topmost Authentication-Results header of the trusted server (RFC 8601).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthResult {
    /// `spf`, `dkim`, `dmarc`.
    pub method: String,
    /// `pass`, `fail`, `none` ...
    pub result: String,
    /// The domain it is about, where the header names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
}

/// Something the reviewer should know about how the mail was read. The Display is what the reviewer reads.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Note {
    #[error("the plain text and the HTML of this mail differ; the {used} was used")]
    PartsDiffer { used: &'static str },
    #[error("hidden text in the mail was left out")]
    HiddenText,
    #[error("{0} was guessed as the character set")]
    GuessedCharset(String),
    #[error(
        "winmail.dat (Outlook's own format) cannot be read here: ask the author to send it again as plain text or HTML"
    )]
    Winmail,
    #[error(
        "the mail is encrypted or sealed (S/MIME, PGP), so that its text cannot be read here: ask the author to send it again without"
    )]
    Encrypted,
    #[error("the attachment {name} was kept but not published: {why}")]
    AttachmentKept { name: String, why: String },
    #[error("the story was read from the attached document {0}")]
    FromDocument(String),
    #[error("a photo had its location in it; it was removed")]
    HadLocation,
    #[error("image on the network left out: {0}")]
    RemoteImage(String),
    #[error("most of the mail looked like a quotation, so nothing was cut: please look")]
    NothingCut,
    #[error("another mail seems to stand in this one, and its words were kept: look whose they are")]
    AnotherKept,
    #[error("a quotation was kept: look whether these are words that its author chose")]
    QuotationKept,
    #[error("text without marks was cut as a quotation, and may be the author's: `restore` brings it back")]
    UnmarkedCut,
    #[error("most of the mail was cut as a quotation, and may be the author's: `restore` brings it back")]
    MostCut,
    #[error("text under a line like `-- ` was kept, as it reads like no signature: look whether it is one")]
    UnderDelimiter,
    #[error(
        "{forwarder} forwarded this, and is not of the team: {original} may be the storyteller; {named} is named until you say otherwise"
    )]
    MaybeForwarded {
        forwarder: String,
        original: String,
        /// The byline that the mail was given.
        named: String,
    },
    #[error("the byline {0:?} is taken from the end of the text")]
    BylineFromText(String),
    #[error("no name was found for the byline")]
    NoByline,
    #[error("there may be several stories in this mail")]
    SeveralStories,
    #[error("an address or a telephone number was taken out of the subject: look whether the subtitle can stay so")]
    SubjectWithout,
    #[error("the mail's date {0} is in the future")]
    FutureDate(String),
    #[error("another mail has the same Message-ID")]
    SameMessageId,
    #[error("there is little or no text: {0}")]
    LittleText(String),
    #[error("{0}")]
    Other(String),
}

impl Note {
    /// Of a [`Note::MaybeForwarded`], as the record has it: who forwarded, whose story it may be, and which byline the mail
    /// was given.
    pub fn forwarded(told: &str) -> Option<(&str, &str, &str)> {
        let told = told.strip_suffix(" is named until you say otherwise")?;
        let (forwarder, rest) = told.split_once(" forwarded this, and is not of the team: ")?;
        let (original, named) = rest.rsplit_once(" may be the storyteller; ")?;
        // as the first records have it
        let named = if named == "the mail's sender" { forwarder } else { named };
        Some((forwarder, original, named))
    }
}
