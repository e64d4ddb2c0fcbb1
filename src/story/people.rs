//! `people.toml` in a story's private part: who is behind it, and the Message-IDs by which a reply finds it.

use serde::{Deserialize, Serialize};

use super::event::EventId;
use super::submission::Mailbox;

/// The file's name.
pub const PEOPLE: &str = "people.toml";
/// What was cut, one piece a line.
pub const CUT: &str = "cut.jsonl";

/// Storyteller, sender and forwarder are three people.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct People {
    /// Message-IDs of the mails, without angle brackets.
    #[serde(default)]
    pub message_ids: Vec<String>,
    /// The subject of the author's mail, for the letters that answer it.
    #[serde(default)]
    pub subject: String,
    #[serde(default)]
    pub storyteller: Mailbox,
    #[serde(default)]
    pub sender: Mailbox,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forwarder: Option<Mailbox>,
    /// Where the author wants answers, if elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<Mailbox>,
    /// The letters that were claimed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub letters: Vec<SentLetter>,
}

/// A letter's own Message-ID, by the event that called for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SentLetter {
    pub about: EventId,
    pub message_id: String,
}

impl People {
    /// Reads the file.
    pub fn parse(bytes: &[u8]) -> Result<People, String> {
        let text = std::str::from_utf8(bytes).map_err(|_| "people.toml is not UTF-8".to_owned())?;
        toml::from_str(text).map_err(|e| format!("people.toml: {}", e.message()))
    }

    /// The file's bytes.
    pub fn render(&self) -> Vec<u8> {
        toml::to_string(self).expect("people are plain data").into_bytes()
    }

    /// Every Message-ID that belongs to the story's threads.
    pub fn thread(&self) -> impl Iterator<Item = &str> {
        self.message_ids
            .iter()
            .map(String::as_str)
            .chain(self.letters.iter().map(|l| l.message_id.as_str()))
    }
}
