//! How a letter is known when it comes back.

use std::fmt;
use std::str::FromStr;

use super::super::id::NotAName;

/// The Message-ID of a letter, `m4c.3f9a2c41b0.<32 hex digits>@example.org`, without angle brackets: a reply names it, and so finds
/// its story by the ten digits. The random part is kept in the private part: only an id that is kept there is ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LetterId {
    digits: String,
    random: String,
    domain: String,
}

/// The digits of a letter that is about no one story.
pub const NO_STORY: &str = "0000000000";

impl LetterId {
    /// `digits` is the end of the story's folder name, `random` are bytes the caller draws, `domain` is that of the letters'
    /// From address.
    pub fn new(digits: &str, random: [u8; 16], domain: &str) -> LetterId {
        LetterId {
            digits: digits.to_owned(),
            random: hex::encode(random),
            domain: ascii_domain(domain),
        }
    }

    /// The story's ten digits.
    pub fn digits(&self) -> &str {
        &self.digits
    }

    /// What `X-M4C-Stories` carries, so that a letter is known even where its Message-ID was replaced on the way.
    pub fn mark(&self) -> &str {
        &self.random
    }
}

/// A Message-ID is ASCII, and nothing in it may end the header.
fn ascii_domain(domain: &str) -> String {
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    match !domain.is_empty() && domain.chars().all(good) {
        true => domain.to_ascii_lowercase(),
        false => "m4c-stories.invalid".to_owned(),
    }
}

impl FromStr for LetterId {
    type Err = NotAName;
    fn from_str(text: &str) -> Result<LetterId, NotAName> {
        let text = text.trim().trim_start_matches('<').trim_end_matches('>');
        let hex =
            |part: &str, length| part.len() == length && part.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        let parts = text.strip_prefix("m4c.").and_then(|rest| rest.split_once('@'));
        match parts.and_then(|(left, domain)| left.split_once('.').map(|(digits, random)| (digits, random, domain))) {
            Some((digits, random, domain)) if hex(digits, 10) && hex(random, 32) && !domain.is_empty() => {
                Ok(LetterId {
                    digits: digits.to_owned(),
                    random: random.to_owned(),
                    domain: domain.to_owned(),
                })
            }
            _ => Err(NotAName("a letter's id is m4c.DIGITS.RANDOM@DOMAIN")),
        }
    }
}

impl fmt::Display for LetterId {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "m4c.{}.{}@{}", self.digits, self.random, self.domain)
    }
}
