//! Letters waiting to be sent, as RFC 5322 files, and the ledger of what went out.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;

use jiff::{Timestamp, ToSpan, civil::Date};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::shelf::checked;
use super::{LETTERS, Shelf, Shelves, Spool, SpoolError, Stock};

const LEDGER: &str = "ledger";
const DIGEST: &str = "digest";
/// From this size on, lines older than a month are left out when the ledger is next written.
const LONG_LEDGER: usize = 64 * 1024;

/// What is known of a letter: `<id>.toml` beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LetterNote {
    /// The story's id; empty for a letter about none.
    pub story: String,
    /// The kind of letter, as in the record.
    pub kind: String,
    /// The id of the event that called for it.
    pub about: String,
    /// The one recipient's address.
    pub to: String,
    /// When it was written.
    pub at: Timestamp,
    /// Made without a person's decision: the caps and the wait for `letters send` are for these.
    #[serde(default)]
    pub automatic: bool,
    /// How often sending was tried.
    #[serde(default)]
    pub attempts: u32,
    /// Not to be tried before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timestamp>,
    /// What the server said last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
    /// What the server said when it took the letter, until the record has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left: Option<String>,
    /// The name of the team's member it goes to; none: to the author.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member: Option<String>,
    /// In which words it asks for permission to publish, where it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asks_consent: Option<String>,
    /// The id of the event by which this desk claimed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim: Option<String>,
    /// The id of the story that it tells of, where no record calls for it: the answer to a mail that decided nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tells_of: Option<String>,
    /// What its reader may decide by answering it. The code for that is drawn when the letter leaves, and is not kept here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offers: Option<Offer>,
}

impl LetterNote {
    /// The ids of the stories that it is about or tells of.
    pub fn stories(&self) -> impl Iterator<Item = &str> {
        let story = Some(&self.story[..]).filter(|id| !id.is_empty());
        let offered = self.offers.as_ref().map(|offer| &offer.story[..]);
        story.into_iter().chain(self.tells_of.as_deref()).chain(offered)
    }
}

/// A decision that a letter offers: about this story, in the text that the letter shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    pub story: String,
    pub text: String,
    /// As in [`super::CodeNote`].
    #[serde(default)]
    pub around: (String, String),
    /// As in [`super::CodeNote`].
    #[serde(default)]
    pub round: u32,
}

/// A letter that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingLetter {
    pub id: String,
    pub note: LetterNote,
}

impl Spool {
    /// Puts a letter here, or a new version of it. `id`: letters, digits, `-`, `_`, `.`, at most 100.
    pub fn put_letter(&mut self, id: &str, letter: &[u8], note: &LetterNote) -> Result<(), SpoolError> {
        let id = checked(id)?;
        let text = toml::to_string(note).expect("plain data is TOML");
        let (mail, note) = (format!("{id}.eml"), format!("{id}.toml"));
        self.shelf(LETTERS)
            .write_all(&[(&mail, letter), (&note, text.as_bytes())])
    }

    /// Changes only what is known of a letter that is here.
    pub fn note_letter(&mut self, id: &str, note: &LetterNote) -> Result<(), SpoolError> {
        let id = checked(id)?;
        let shelf = self.shelf(LETTERS);
        if shelf.size(&format!("{id}.eml")).is_none() {
            return Err(SpoolError::NoSuch(id.to_owned()));
        }
        let text = toml::to_string(note).expect("plain data is TOML");
        shelf.write(&format!("{id}.toml"), text.as_bytes())
    }

    /// Removes a letter that was sent or dropped; whether it was here.
    pub fn remove_letter(&mut self, id: &str) -> Result<bool, SpoolError> {
        let id = checked(id)?;
        let shelf = self.shelf(LETTERS);
        // The note first: without it the letter is not listed, and so not sent again.
        let note = shelf.remove(&format!("{id}.toml"))?;
        let letter = shelf.remove(&format!("{id}.eml"))?;
        if note || letter {
            shelf.sync()?;
        }
        Ok(note || letter)
    }

    /// Notes that an automatic letter to `address` left on `day`.
    pub fn note_sent(&mut self, address: &str, day: Date) -> Result<(), SpoolError> {
        let shelf = Shelf::at(&self.path);
        let path = shelf.path_of(LEDGER);
        let fail = |error| SpoolError::io("write", &path, error);
        let before = shelf.read(LEDGER)?.unwrap_or_default();
        let line = format!("{day} {}\n", hash_of(address));
        if before.len() >= LONG_LEDGER {
            let month_ago = day.saturating_sub(31.days());
            let mut kept = String::new();
            for (on, hash) in lines(&before).filter(|(on, _)| *on >= month_ago) {
                kept.push_str(&format!("{on} {hash}\n"));
            }
            return shelf.write(LEDGER, (kept + &line).as_bytes());
        }
        let torn = before.last().is_some_and(|last| *last != b'\n');
        let line = if torn { format!("\n{line}") } else { line };
        let opened = OpenOptions::new().append(true).create(true).mode(0o600).open(&path);
        let mut file = opened.map_err(fail)?;
        file.write_all(line.as_bytes()).map_err(fail)?;
        file.sync_all().map_err(fail)?;
        shelf.sync()
    }
}

impl Spool {
    /// Notes when the last digest was written.
    pub fn note_digest(&mut self, at: Timestamp) -> Result<(), SpoolError> {
        Shelf::at(&self.path).write(DIGEST, at.to_string().as_bytes())
    }

    /// When the last digest was written; `None` where this spool knows of none.
    pub fn last_digest(&self) -> Result<Option<Timestamp>, SpoolError> {
        let noted = Shelf::at(&self.path).read(DIGEST)?;
        Ok(noted.and_then(|bytes| std::str::from_utf8(&bytes).ok()?.trim().parse().ok()))
    }
}

impl Shelves {
    /// The letters that wait, by the time they were written.
    pub fn letters(&self) -> Result<Stock<WaitingLetter>, SpoolError> {
        let shelf = self.shelf(LETTERS);
        let mut stock = Stock::default();
        for id in shelf.names(".toml")? {
            match self.letter_note(&id) {
                Ok(Some(note)) if shelf.size(&format!("{id}.eml")).is_some() => {
                    stock.items.push(WaitingLetter { id, note });
                }
                Ok(Some(_)) => stock.damaged.push(SpoolError::Damaged {
                    path: shelf.path_of(&format!("{id}.toml")),
                    why: "the letter itself is missing".to_owned(),
                }),
                Ok(None) => {}
                Err(error) => stock.damaged.push(error),
            }
        }
        stock.items.sort_by(|a, b| (a.note.at, &a.id).cmp(&(b.note.at, &b.id)));
        Ok(stock)
    }

    /// A letter's bytes and what is known of it; `None` if it is not here.
    pub fn letter(&self, id: &str) -> Result<Option<(Vec<u8>, LetterNote)>, SpoolError> {
        let id = checked(id)?;
        let bytes = self.shelf(LETTERS).read(&format!("{id}.eml"))?;
        Ok(bytes.zip(self.letter_note(id)?))
    }

    fn letter_note(&self, id: &str) -> Result<Option<LetterNote>, SpoolError> {
        let shelf = self.shelf(LETTERS);
        let name = format!("{}.toml", checked(id)?);
        let Some(bytes) = shelf.read(&name)? else {
            return Ok(None);
        };
        let note = toml::from_slice(&bytes).map_err(|error| SpoolError::Damaged {
            path: shelf.path_of(&name),
            why: error.message().to_owned(),
        })?;
        Ok(Some(note))
    }

    /// How many automatic letters went to `address` on `day`.
    pub fn sent_on(&self, address: &str, day: Date) -> Result<u32, SpoolError> {
        let ledger = Shelf::at(&self.path).read(LEDGER)?.unwrap_or_default();
        let hash = hash_of(address);
        let sent = lines(&ledger).filter(|(on, to)| *on == day && *to == hash);
        Ok(u32::try_from(sent.count()).unwrap_or(u32::MAX))
    }
}

/// The ledger's lines; what a crash or a bad disk made of others is passed over.
fn lines(ledger: &[u8]) -> impl Iterator<Item = (Date, &str)> {
    ledger.split(|b| *b == b'\n').filter_map(|line| {
        let (day, hash) = std::str::from_utf8(line).ok()?.split_once(' ')?;
        (hash.len() == 16).then_some((day.parse().ok()?, hash))
    })
}

/// The ledger without the lines of before that day; `None` where it has none.
pub(super) fn since(ledger: &[u8], day: Date) -> Option<Vec<u8>> {
    if !lines(ledger).any(|(on, _)| on < day) {
        return None;
    }
    let kept = lines(ledger).filter(|(on, _)| *on >= day);
    Some(
        kept.map(|(on, to)| format!("{on} {to}\n"))
            .collect::<String>()
            .into_bytes(),
    )
}

/// The ledger without the lines about an address; `None` where it has none.
pub(super) fn without_address(ledger: &[u8], address: &str) -> Option<Vec<u8>> {
    let hash = hash_of(address);
    if !lines(ledger).any(|(_, to)| to == hash) {
        return None;
    }
    let kept = lines(ledger).filter(|(_, to)| *to != hash);
    Some(
        kept.map(|(on, to)| format!("{on} {to}\n"))
            .collect::<String>()
            .into_bytes(),
    )
}

/// The ledger names no address.
fn hash_of(address: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(b"m4c-stories ledger\0");
    hash.update(address.trim().to_lowercase());
    hex::encode(&hash.finalize()[..8])
}
