//! What an inbox remembers between runs: only to save work.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

/// Where the last run left off. Written as CRC-32 (4 bytes, big endian) and postcard after it; losing or damaging it
/// costs a rescan that ends in duplicates, never a mail.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor(pub(super) Seen);

/// One form for each kind of inbox. New ones go to the end.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Seen {
    #[default]
    Nothing,
    /// An mbox: all mails in its first `len` bytes are settled; `ends` is SHA-256 over the beginning and the end of them.
    Prefix { len: u64, ends: [u8; 32] },
    /// The keys of settled mails that are still listed, sorted.
    Keys(Vec<u64>),
    /// An IMAP mailbox: under this UIDVALIDITY all UIDs up to `upto` are settled but for `open`, which rise.
    Uids { validity: u32, upto: u32, open: Vec<u32> },
}

impl Cursor {
    /// Nothing settled yet.
    pub fn start() -> Cursor {
        Cursor::default()
    }

    /// The bytes to keep.
    pub fn to_bytes(&self) -> Vec<u8> {
        let body = postcard::to_stdvec(self).expect("plain data can be written");
        let mut bytes = crc32fast::hash(&body).to_be_bytes().to_vec();
        bytes.extend(body);
        bytes
    }

    /// What [`Cursor::to_bytes`] gave; `None` if it was damaged since.
    pub fn from_bytes(bytes: &[u8]) -> Option<Cursor> {
        let (crc, body) = bytes.split_first_chunk::<4>()?;
        if crc32fast::hash(body).to_be_bytes() != *crc {
            return None;
        }
        postcard::from_bytes(body).ok()
    }

    /// From the keys of settled mails.
    pub(super) fn of_keys(keys: &HashSet<u64>) -> Cursor {
        let mut keys: Vec<u64> = keys.iter().copied().collect();
        keys.sort_unstable();
        Cursor(Seen::Keys(keys))
    }

    /// The keys of settled mails; none if this is another kind of inbox's cursor.
    pub(super) fn keys(&self) -> HashSet<u64> {
        match &self.0 {
            Seen::Keys(keys) => keys.iter().copied().collect(),
            _ => HashSet::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_and_a_damaged_one_is_none() {
        let keys = HashSet::from([3, u64::MAX, 0]);
        let cursor = Cursor::of_keys(&keys);
        let bytes = cursor.to_bytes();
        assert_eq!(Cursor::from_bytes(&bytes).map(|c| c.keys()), Some(keys));
        for i in 0..bytes.len() {
            let mut bad = bytes.clone();
            bad[i] ^= 0x10;
            assert_eq!(Cursor::from_bytes(&bad), None, "byte {i}");
            assert_eq!(Cursor::from_bytes(&bytes[..i]), None, "cut at {i}");
        }
    }
}
