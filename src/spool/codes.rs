//! Which codes for deciding by mail are out: by their hash, never the codes themselves.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::shelf::checked;
use super::{CODES, Shelves, Spool, SpoolError};

/// What is known of a code: `codes/HASH.toml`. Who holds the code may say of one story, in one text, what one reviewer decides, once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeNote {
    /// The story's id.
    pub story: String,
    /// The hash of the text that the letter showed.
    pub text: String,
    /// What the letter says above the story, and below it.
    #[serde(default)]
    pub around: (String, String),
    /// The member's name.
    pub reviewer: String,
    /// From then on it counts no more.
    pub until: Timestamp,
    /// How many letters like this one were answered with a mail that decided nothing.
    #[serde(default)]
    pub round: u32,
    /// The id of the mail that brought it back: no other mail can use it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spent_by: Option<String>,
    /// Why that mail decided nothing; it is not looked at again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
    /// That a later mail used it once more has been told its reviewer.
    #[serde(default)]
    pub told: bool,
}

/// So long after a code's end it is still known that there was one, so that who comes late is told so.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(90 * 24);

impl Spool {
    /// Keeps what is known of a code, by its hash; durable when this returns.
    pub fn put_code(&mut self, hash: &str, note: &CodeNote) -> Result<(), SpoolError> {
        let text = toml::to_string(note).expect("plain data is TOML");
        self.shelf(CODES)
            .write(&format!("{}.toml", checked(hash)?), text.as_bytes())
    }

    /// Forgets codes: those of which `which` says so.
    pub fn forget_codes(&mut self, which: impl Fn(&CodeNote) -> bool) -> Result<(), SpoolError> {
        let shelf = self.shelf(CODES);
        let mut gone = false;
        for hash in self.codes()? {
            if self.code(&hash)?.is_some_and(|note| which(&note)) {
                gone |= shelf.remove(&format!("{hash}.toml"))?;
            }
        }
        match gone {
            true => shelf.sync(),
            false => Ok(()),
        }
    }

    /// Forgets codes that ended long ago.
    pub fn forget_old_codes(&mut self, now: Timestamp) -> Result<(), SpoolError> {
        self.forget_codes(|note| now.duration_since(note.until) > REMEMBERED)
    }
}

impl Shelves {
    /// The hashes of the codes that are known.
    pub fn codes(&self) -> Result<Vec<String>, SpoolError> {
        self.shelf(CODES).names(".toml")
    }

    /// What is known of a code; `None` where there is none of that hash, or its file is damaged: it counts for nothing then.
    pub fn code(&self, hash: &str) -> Result<Option<CodeNote>, SpoolError> {
        let bytes = self.shelf(CODES).read(&format!("{}.toml", checked(hash)?))?;
        Ok(bytes.and_then(|bytes| toml::from_slice(&bytes).ok()))
    }
}
