//! The text of a mail as lines: what both plain text and HTML are turned into before anything is cut, and what
//! Markdown is made from afterwards.
//!
//! A line of plain text is one [`Line`]. In HTML every `<br>` and every block boundary ends a line, and a
//! paragraph boundary is a [`Kind::Blank`] line, so that the rules in [`crate::story::cut`] read both alike.

use std::borrow::Cow;

/// One line, as the reader of the mail saw it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Line {
    /// How deep in quotation it stands: the number of `>` before it, or of citing `<blockquote>`s around it. An
    /// author's own (non-citing) blockquote is [`Kind::Quote`], not this.
    pub quote: u8,
    pub kind: Kind,
    pub spans: Vec<Span>,
    pub hints: Hints,
}

/// What a line is on the page.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Kind {
    #[default]
    Text,
    Blank,
    /// Level 1 to 6.
    Heading(u8),
    /// A list item; `depth` 0 is the outermost; `number` where the list is ordered. Further lines of the same item are
    /// [`Kind::ItemMore`].
    Item {
        depth: u8,
        number: Option<u32>,
    },
    ItemMore {
        depth: u8,
    },
    /// The author's own quotation (a poem, a letter received): rendered as a Markdown quote.
    Quote,
    /// Preformatted; kept character by character.
    Code,
    /// A horizontal rule.
    Rule,
    /// One row of a data table (layout tables are taken apart into text lines before).
    Row {
        cells: Vec<Vec<Span>>,
        header: bool,
    },
}

/// A run of text in one style, or an image.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Span {
    pub text: String,
    pub bold: bool,
    pub italic: bool,
    pub strike: bool,
    pub code: bool,
    /// Where it links to, as the mail has it; Markdown keeps only http, https and mailto.
    pub href: Option<String>,
    /// An image standing here; `text` is then its alt text.
    pub image: Option<Image>,
}

/// Which image stands here.
#[derive(Debug, Clone, PartialEq)]
pub enum Image {
    /// An attachment of the mail, by its place in [`crate::story::submission::Submission::attachments`].
    Part(usize),
    /// Somewhere on the network, or a `cid:` that is not there: never fetched, never published.
    Missing(String),
}

/// What the mail said about where this line stands and ends; all false for plain text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Hints {
    /// In an element that the mail program made for the quoted mail: `gmail_quote`, `blockquote[type=cite]`,
    /// `yahoo_quoted`, `moz-cite-prefix`, `protonmail_quote`, all from `divRplyFwdMsg` on ...
    pub quoted: bool,
    /// Quoted only as it stands below another mail's header: nothing says where that mail ends.
    pub unended: bool,
    /// In an element that the mail program made for the signature: `gmail_signature`, `moz-signature`, `AppleMailSignature` ...
    pub signature: bool,
    /// In an element that the mail program made for a forwarded mail: `moz-forward-container`, Gmail's forward block ...
    pub forwarded: bool,
    /// A quoted attribution line by the program's own word (`gmail_attr`, `moz-cite-prefix`).
    pub attribution: bool,
    /// The mail's markup ends the line (`<br>`, a block): no program wrapped it there, save one that made HTML of wrapped text.
    pub own_end: bool,
    /// All of its words have a colour of their own that is no grey, or stand on one, and are no link: it may be an answer.
    pub coloured: bool,
    /// No line of a text: a picture that is a part of the mail by itself, between two texts or below one.
    pub part: bool,
}

impl Span {
    /// Plain text without style.
    pub fn text(text: impl Into<String>) -> Span {
        Span {
            text: text.into(),
            ..Span::default()
        }
    }
}

impl Line {
    /// A line of plain text, or a blank one where there is nothing to see in it.
    pub fn plain(text: &str) -> Line {
        if text.trim().is_empty() {
            return Line {
                kind: Kind::Blank,
                ..Line::default()
            };
        }
        Line {
            spans: vec![Span::text(text)],
            ..Line::default()
        }
    }

    /// The words of the line without style, images left out.
    pub fn words(&self) -> Cow<'_, str> {
        let cells: &[Vec<Span>] = match &self.kind {
            Kind::Row { cells, .. } => cells,
            _ => &[],
        };
        let mut spans = self.spans.iter().chain(cells.iter().flatten());
        let mut texts = spans.by_ref().filter(|s| s.image.is_none()).map(|s| s.text.as_str());
        let first = texts.next().unwrap_or_default();
        match texts.next() {
            None => Cow::Borrowed(first),
            Some(second) => Cow::Owned([first, second].into_iter().chain(texts).collect()),
        }
    }

    /// Nothing to see: no text, no image.
    pub fn is_blank(&self) -> bool {
        match &self.kind {
            Kind::Blank => true,
            Kind::Rule => false,
            Kind::Row { cells, .. } => cells
                .iter()
                .flatten()
                .all(|s| s.image.is_none() && s.text.trim().is_empty()),
            _ => self.spans.iter().all(|s| s.image.is_none() && s.text.trim().is_empty()),
        }
    }
}
