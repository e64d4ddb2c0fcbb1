//! Names that never change: the mail id, the story id (its folder), the text hash.

use std::fmt;
use std::str::FromStr;

use jiff::{Timestamp, tz::TimeZone};
use sha2::{Digest, Sha256};

/// The version of the mail id's recipe that [`MailId::of`] follows; recorded beside the id.
pub const MAIL_ID_VERSION: u8 = 1;

/// What a mail is known by: SHA-256 over its content, whatever route it came by.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MailId([u8; 32]);

/// A leaf part of a mail as the mail id sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf {
    /// `type/subtype` in lower case, without parameters.
    pub media_type: String,
    /// SHA-256 of the decoded bytes; of text, and of whatever travelled as lines and not as base64, after [`canonical_text`].
    pub sha256: [u8; 32],
}

impl MailId {
    /// Version 1: SHA-256 over, each with its length before it (8 bytes, big endian): Message-ID, Date, From, Subject as
    /// they stand in the header (unfolded, trimmed; absent = empty), then for each leaf part in order its media
    /// type and the SHA-256 of its decoded bytes.
    pub fn of(message_id: &str, date: &str, from: &str, subject: &str, leaves: &[Leaf]) -> MailId {
        let mut hash = Sha256::new();
        let mut field = |bytes: &[u8]| {
            hash.update((bytes.len() as u64).to_be_bytes());
            hash.update(bytes);
        };
        for text in [message_id, date, from, subject] {
            field(text.as_bytes());
        }
        for leaf in leaves {
            field(leaf.media_type.as_bytes());
            field(&leaf.sha256);
        }
        MailId(hash.finalize().into())
    }

    /// The 64 hex digits.
    pub fn hex(&self) -> String {
        hex::encode(self.0)
    }

    /// The first 10 hex digits: the end of the story's folder name.
    pub fn digits(&self) -> String {
        hex::encode(&self.0[..5])
    }
}

/// Text as the mail id hashes it: CRLF to LF, blanks at line ends and empty lines at the end off.
pub fn canonical_text(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    for line in bytes.split(|&b| b == b'\n') {
        let end = line
            .iter()
            .rposition(|b| !matches!(b, b' ' | b'\t' | b'\r'))
            .map_or(0, |i| i + 1);
        out.extend_from_slice(&line[..end]);
        out.push(b'\n');
    }
    let end = out.iter().rposition(|&b| b != b'\n').map_or(0, |i| i + 1);
    out.truncate(end);
    out
}

macro_rules! hex_name {
    ($name:ident, $what:literal) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str(&hex::encode(self.0))
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), hex::encode(self.0))
            }
        }
        impl FromStr for $name {
            type Err = NotAName;
            fn from_str(text: &str) -> Result<Self, NotAName> {
                let mut bytes = [0; 32];
                hex::decode_to_slice(text, &mut bytes).map_err(|_| NotAName($what))?;
                Ok($name(bytes))
            }
        }
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(self)
            }
        }
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}
hex_name!(MailId, "a mail id is 64 hex digits");
hex_name!(TextHash, "a text hash is 64 hex digits");

/// Why a text is no id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotAName(pub(super) &'static str);

/// SHA-256 over exactly what readers will see: see [`crate::story::page::text_hash`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TextHash(pub(crate) [u8; 32]);

/// A story's folder, `2010/12/marion-maxwell-3f9a2c41b0`: given once, for life.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(transparent)]
pub struct StoryId(String);

impl StoryId {
    /// UTC year and month of the mail's `Date` (`0000/00` without one), then the name's slug and ten digits of the mail id.
    pub fn new(date: Option<Timestamp>, name: &str, mail: &MailId) -> StoryId {
        StoryId(format!("{}/{}-{}", month_of(date), slug(name), mail.digits()))
    }

    /// Whether both are of one mail: two desks may have given it two slugs.
    pub fn is_same_story(&self, other: &StoryId) -> bool {
        self.month() == other.month() && self.digits() == other.digits()
    }

    /// `2010/12`
    pub fn month(&self) -> &str {
        &self.0[..7]
    }

    /// `marion-maxwell-3f9a2c41b0`
    pub fn folder(&self) -> &str {
        &self.0[8..]
    }

    /// `3f9a2c41b0`
    pub fn digits(&self) -> &str {
        &self.0[self.0.len() - 10..]
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The month folder of a date: `2010/12` in UTC; `0000/00` without a date or with one outside the years 1 to 9999.
pub fn month_of(date: Option<Timestamp>) -> String {
    match date.map(|at| TimeZone::UTC.to_datetime(at)) {
        Some(at) if at.year() >= 1 => format!("{:04}/{:02}", at.year(), at.month()),
        _ => "0000/00".to_owned(),
    }
}

impl FromStr for StoryId {
    type Err = NotAName;
    fn from_str(text: &str) -> Result<Self, NotAName> {
        let error = NotAName("a story id is YYYY/MM/name-0123456789");
        let bytes = text.as_bytes();
        let digit = |range: std::ops::Range<usize>| bytes.get(range).is_some_and(|b| b.iter().all(u8::is_ascii_digit));
        if !(digit(0..4) && bytes.get(4) == Some(&b'/') && digit(5..7) && bytes.get(7) == Some(&b'/')) {
            return Err(error);
        }
        let folder = &text[8..];
        let Some((name, digits)) = folder.rsplit_once('-') else {
            return Err(error);
        };
        let lower = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        let named = !name.is_empty() && name.bytes().all(|b| lower(&b) || b == b'-') && lower(&name.as_bytes()[0]);
        let numbered = digits.len() == 10 && digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if named && numbered && folder.len() <= 80 {
            Ok(StoryId(text.to_owned()))
        } else {
            Err(error)
        }
    }
}

impl fmt::Display for StoryId {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl fmt::Debug for StoryId {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "StoryId({})", self.0)
    }
}
impl<'de> serde::Deserialize<'de> for StoryId {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A name as a path segment: ASCII lower case letters and digits, single hyphens between words, at most 50 bytes, never empty
/// (`story`), never starting with `-` or `.`, never a name some system reserves.
pub fn slug(name: &str) -> String {
    let mut out = String::new();
    for c in deunicode::deunicode(name).chars() {
        if c.is_ascii_alphanumeric() {
            out.push(c.to_ascii_lowercase());
        } else if c != '\'' && !out.is_empty() && !out.ends_with('-') {
            out.push('-');
        }
        if out.len() >= 50 {
            break;
        }
    }
    let slug = out.trim_end_matches('-');
    // page names that a site generator or Windows keeps for itself
    let reserved = ["index", "con", "prn", "aux", "nul"].contains(&slug)
        || (slug.len() == 4 && (slug.starts_with("com") || slug.starts_with("lpt")));
    match slug {
        "" => "story".to_owned(),
        s if reserved => format!("{s}-story"),
        s => s.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mail_id_has_test_vectors() {
        let leaf = Leaf {
            media_type: "text/plain".into(),
            sha256: Sha256::digest(canonical_text(b"Hello \r\nworld\r\n\r\n")).into(),
        };
        assert_eq!(leaf.sha256, <[u8; 32]>::from(Sha256::digest(b"Hello\nworld")));
        let id = MailId::of(
            "<1@example.org>",
            "Sat, 4 Dec 2010 10:00:00 +0000",
            "Marion <m@example.org>",
            "My story",
            &[leaf],
        );
        assert_eq!(
            id.hex(),
            "be70e4680edf3934d4c91a8f8065a72f39e38d6d76e6b784c5a8bc9d9968cb41"
        );
        assert_eq!(
            MailId::of("", "", "", "", &[]).hex(),
            "66687aadf862bd776c8fc18b8e9f8e20089714856ee233b3902a591d0d5f2925"
        );
    }

    #[test]
    fn a_slug_is_a_safe_path_segment() {
        for (name, expected) in [
            ("Marion Maxwell", "marion-maxwell"),
            ("Zoë O'Neil-Łuk", "zoe-oneil-luk"),
            ("../../.git", "git"),
            ("-rf", "rf"),
            ("", "story"),
            ("...", "story"),
            ("CON", "con-story"),
            ("index", "index-story"),
            ("\u{202e}evil", "evil"),
        ] {
            assert_eq!(slug(name), expected, "{name:?}");
        }
        assert!(slug(&"a ".repeat(500)).len() <= 50);
    }

    #[test]
    fn a_story_id_is_read_back_and_junk_is_refused() {
        let mail = MailId::of("", "", "", "", &[]);
        let id = StoryId::new(
            Some("2010-12-31T23:30:00-05:00".parse().unwrap()),
            "Marion Maxwell",
            &mail,
        );
        assert!(id.as_str().starts_with("2011/01/marion-maxwell-"));
        assert_eq!(id.as_str().parse::<StoryId>().unwrap(), id);
        assert!(StoryId::new(None, "x", &mail).as_str().starts_with("0000/00/x-"));
        for junk in [
            "",
            "2010/12/x",
            "2010/12/../..-0123456789",
            "2010/12/-0123456789",
            "2010/1/x-0123456789",
            "2010/12/X-0123456789",
        ] {
            assert!(junk.parse::<StoryId>().is_err(), "{junk}");
        }
    }
}
