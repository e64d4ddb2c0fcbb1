//! What one mail may cost. Every bound is checked while the bytes are walked once, before any parser sees them.

/// Header fields in all parts of a mail together.
pub const MAX_FIELDS: usize = 10_000;
/// Bytes of header in all parts of a mail together.
pub const MAX_FIELD_BYTES: usize = 1 << 20;
/// Parts, multiparts counted too.
pub const MAX_PARTS: usize = 1_000;
/// Multiparts within each other (Postfix: `mime_nesting_limit`).
pub const MAX_NESTING: usize = 100;
/// Mails attached to mails that are read as well.
pub const MAX_EMBEDDED_DEPTH: usize = 3;
/// Mails read in one mail, however they are attached.
pub const MAX_EMBEDDED: usize = 20;
/// Documents read in one mail and those attached to it.
pub const MAX_DOCUMENTS: usize = 5;
/// Bytes of one field's value that are interpreted; what stands behind is ignored.
pub const MAX_VALUE: usize = 16 << 10;
/// Mailboxes kept of one mail's recipients.
pub const MAX_RECIPIENTS: usize = 100;
/// Message-IDs kept of In-Reply-To and References.
pub const MAX_REFERENCES: usize = 100;

/// Bytes and lines of plain text in a mail and those attached to it: some 3,000 pages.
pub const MAX_TEXT: usize = 8 << 20;
pub const MAX_LINES: usize = 50_000;
/// Signs (ASCII punctuation) in one text. Where the story is read again as Markdown each may be a node of some 300 bytes; prose of
/// [`MAX_TEXT`] bytes has fewer.
pub const MAX_SIGNS: usize = 500_000;

/// Which bound a mail went over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OverLimit {
    #[error("it has more than {MAX_FIELDS} header fields")]
    Fields,
    #[error("its header is longer than {MAX_FIELD_BYTES} bytes")]
    FieldBytes,
    #[error("it has more than {MAX_PARTS} parts")]
    Parts,
    #[error("its parts are nested more than {MAX_NESTING} deep")]
    Nesting,
    #[error(
        "its text is longer than {MAX_TEXT} bytes or {MAX_LINES} lines, or its HTML has more tags than a letter has"
    )]
    Text,
    #[error("its text has more than {MAX_SIGNS} signs of punctuation")]
    Signs,
}

/// What is left of the bounds while a mail is walked.
#[derive(Debug)]
pub(super) struct Budget {
    fields: usize,
    field_bytes: usize,
    parts: usize,
}

impl Budget {
    pub fn new() -> Budget {
        Budget {
            fields: MAX_FIELDS,
            field_bytes: MAX_FIELD_BYTES,
            parts: MAX_PARTS,
        }
    }

    pub fn field(&mut self, bytes: usize) -> Result<(), OverLimit> {
        self.fields = self.fields.checked_sub(1).ok_or(OverLimit::Fields)?;
        self.field_bytes = self.field_bytes.checked_sub(bytes).ok_or(OverLimit::FieldBytes)?;
        Ok(())
    }

    pub fn part(&mut self) -> Result<(), OverLimit> {
        self.parts = self.parts.checked_sub(1).ok_or(OverLimit::Parts)?;
        Ok(())
    }
}
