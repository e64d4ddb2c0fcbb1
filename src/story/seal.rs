//! Whose key signed a line of the record: the signed bytes, the keys, and what a check of them came to. The check itself is made
//! elsewhere; who may have signed what is for [`super::policy`].

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;

use super::event::{Event, EventId};
use super::id::{NotAName, StoryId};

/// The namespace of the record's signatures (`ssh-keygen -Y sign -n`): a signature made for anything else is none.
pub const NAMESPACE: &str = "m4c-stories";

/// An SSH public key as in `id_ed25519.pub`, without its comment.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PublicKey(String);

impl PublicKey {
    /// From the bytes that stand behind the kind in a `.pub` file (RFC 4253, section 6.6), which begin with the kind.
    pub fn of_blob(blob: &[u8]) -> Option<PublicKey> {
        let length = u32::from_be_bytes(blob.get(..4)?.try_into().ok()?) as usize;
        let kind = std::str::from_utf8(blob.get(4..)?.get(..length)?).ok()?;
        let word = |c: char| c.is_ascii_alphanumeric() || "-.@".contains(c);
        (!kind.is_empty() && kind.chars().all(word)).then(|| PublicKey(format!("{kind} {}", STANDARD.encode(blob))))
    }

    /// As a line of a `.pub` file.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for PublicKey {
    type Err = NotAName;
    fn from_str(line: &str) -> Result<PublicKey, NotAName> {
        const BAD: NotAName = NotAName("an SSH public key is a line like \"ssh-ed25519 AAAA...\"");
        let mut words = line.split_ascii_whitespace();
        let (kind, blob) = words.next().zip(words.next()).ok_or(BAD)?;
        let blob = STANDARD.decode(blob).map_err(|_| BAD)?;
        let key = PublicKey::of_blob(&blob).ok_or(BAD)?;
        match key.0.split_once(' ') {
            Some((named, _)) if named == kind => Ok(key),
            _ => Err(BAD),
        }
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "PublicKey({})", self.0)
    }
}

/// A key that the local configuration gives somebody, and when it is theirs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    pub key: PublicKey,
    pub from: Option<Timestamp>,
    pub until: Option<Timestamp>,
    pub revoked: Revoked,
}

impl Key {
    /// One without dates.
    pub fn always(key: PublicKey) -> Key {
        Key {
            key,
            from: None,
            until: None,
            revoked: Revoked::Not,
        }
    }
}

/// Whether a key has come into other hands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Revoked {
    Not,
    /// What it signed before stands.
    Since(Timestamp),
    /// Nothing that it ever signed counts.
    Wholly,
}

/// What a check of an event's signature came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seal {
    Unsigned,
    /// Good, by this key; whose that is, the signature does not say.
    By(PublicKey),
    /// There is one, and it is not of this line on this story.
    Broken(String),
}

/// Of a record's events.
pub type Seals = HashMap<EventId, Seal>;

/// Why an event is not taken for what it says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Doubt {
    #[error("it is not signed")]
    Unsigned,
    #[error("its signature is not good: {0}")]
    Broken(String),
    #[error("it is signed with a key that config.toml does not give {0}")]
    Stranger(String),
    #[error("its key was not {0}'s any more")]
    Expired(String),
    #[error("its key was not {0}'s yet")]
    NotYet(String),
    #[error("its key was revoked")]
    Revoked,
    #[error("{0} may not do this")]
    Role(String),
    #[error("it is dated before what it was made upon")]
    Backdated,
}

/// The bytes that are signed: what a story is known by, so that no event counts on another one, and the line without its signature,
/// each with a line end. A story is known by its month and digits: two desks may have given it another slug.
pub fn signed_bytes(story: &StoryId, line: &str) -> Vec<u8> {
    signed_in(&place(story), line)
}

fn place(story: &StoryId) -> String {
    format!("{}/{}", story.month(), story.digits())
}

/// The same for a line of the desk's own record.
pub fn signed_bytes_of_desk(line: &str) -> Vec<u8> {
    signed_in(DESK, line)
}

/// What the desk's own record is known by; no story is.
const DESK: &str = "desk";

fn signed_in(place: &str, line: &str) -> Vec<u8> {
    format!("{place}\n{line}\n").into_bytes()
}

/// A record's line with a signature, which stands last in it.
pub fn with_seal(line: &str, signature: &[u8]) -> String {
    let open = line.strip_suffix('}').unwrap_or(line);
    format!("{open},\"sig\":\"{}\"}}", STANDARD.encode(signature))
}

/// A record's line, taken apart: the line as it was signed, and the signature. `None`: no signature stands at its end.
pub fn parted(line: &str) -> Option<(String, Vec<u8>)> {
    let open = line.strip_suffix("\"}")?;
    // no quotation mark within a JSON string stands without a backslash: this is the line's own last member
    let (before, signature) = open.rsplit_once(",\"sig\":\"")?;
    Some((format!("{before}}}"), STANDARD.decode(signature).ok()?))
}

/// The seals of a record's lines; `check` is asked for the key of each that has a signature.
pub fn seals(story: &StoryId, record: &[u8], check: impl Fn(&[u8], &[u8]) -> Result<PublicKey, String>) -> Seals {
    seals_in(&place(story), record, check)
}

/// The seals of the lines of the desk's own record.
pub fn seals_of_desk(record: &[u8], check: impl Fn(&[u8], &[u8]) -> Result<PublicKey, String>) -> Seals {
    seals_in(DESK, record, check)
}

fn seals_in(place: &str, record: &[u8], check: impl Fn(&[u8], &[u8]) -> Result<PublicKey, String>) -> Seals {
    let mut seals = Seals::new();
    for line in record.split(|&b| b == b'\n') {
        let Ok(line) = std::str::from_utf8(line) else { continue };
        let line = line.trim();
        let Ok(event) = Event::parse(line) else { continue };
        let seal = match (&event.sig, parted(line)) {
            (None, _) => Seal::Unsigned,
            (Some(_), None) => Seal::Broken("it does not stand at the line's end".to_owned()),
            (Some(_), Some((line, signature))) => match check(&signed_in(place, &line), &signature) {
                Ok(key) => Seal::By(key),
                Err(why) => Seal::Broken(why),
            },
        };
        seals.insert(event.id, seal);
    }
    seals
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGFuSW52ZW50ZWRLZXlPZlRoaXJ0eVR3b0J5dGVz";

    #[test]
    fn a_key_is_read_with_and_without_its_comment() {
        let key: PublicKey = format!("  {KEY}  cath@team.example\n").parse().unwrap();
        assert_eq!(key.as_str(), KEY);
        let other_kind = KEY.replacen("ssh-ed25519", "ssh-rsa", 1);
        for bad in [
            "",
            "ssh-ed25519",
            "ssh-ed25519 ????",
            other_kind.as_str(),
            "ssh-ed25519 AAAA",
        ] {
            assert!(bad.parse::<PublicKey>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_signature_is_taken_off_the_lines_end_and_from_nowhere_else() {
        let line = r#"{"id":"0000000000000001","note":"a \",\"sig\":\"AAAA\"}"}"#;
        assert_eq!(parted(line), None, "words are no signature");
        let signed = with_seal(line, b"\x01\x02");
        assert_eq!(parted(&signed), Some((line.to_owned(), vec![1, 2])));
        assert_eq!(
            parted(r#"{"policy":{"a":1,"sig":"AQI="}}"#),
            None,
            "an inner member is none"
        );
    }
}
