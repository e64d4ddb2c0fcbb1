//! Making objects ready for a pack: named and deflated, by any hand, without the repository. Whoever holds the pack then only appends.

use std::collections::BTreeMap;

use flate2::{Compress, Compression, FlushCompress, Status};
use git2::{ObjectType, Oid};

use super::object::{is_dense, name_of};
use super::packed::OFS_DELTA;
use crate::story::StoryId;
use crate::story::record::{Change, Signature};

/// A file whose name is known, and what of it is stored if that is not its bytes as they stand.
#[derive(Debug, Clone)]
pub struct Ready {
    /// Zero where the bytes are made to collide: the pack refuses them.
    pub(super) id: Oid,
    /// Of the bytes themselves.
    pub(super) len: usize,
    /// The whole entry: type and size, then the bytes deflated. `None` where they are not deflated: copying them is quick.
    pub(super) entry: Option<Vec<u8>>,
}

/// Files by name, each with its bytes where these are stored as they stand; `None` removes.
pub(super) type ReadyFiles = BTreeMap<String, Option<(Ready, Vec<u8>)>>;

/// A change whose files are ready.
#[derive(Debug, Clone)]
pub struct ReadyChange {
    pub(super) story: StoryId,
    pub(super) files: ReadyFiles,
    pub(super) private: ReadyFiles,
    pub(super) message: String,
    pub(super) by: Signature,
}

/// Deflates, at level 1 or not at all. One for each hand: it holds a window and tables.
pub struct Press {
    text: Compress,
    dense: Compress,
}

impl Default for Press {
    fn default() -> Press {
        Press::new()
    }
}

impl Press {
    pub fn new() -> Press {
        Press {
            text: Compress::new(Compression::fast(), true),
            dense: Compress::new(Compression::none(), true),
        }
    }

    /// Names a file, and deflates it if that makes it smaller.
    pub fn file(&mut self, bytes: &[u8]) -> Ready {
        let id = name_of(ObjectType::Blob, bytes);
        let entry = (!is_dense(bytes)).then(|| {
            let mut entry = Vec::with_capacity(bytes.len() / 2 + 64);
            self.entry(&mut entry, ObjectType::Blob, bytes, None);
            entry.shrink_to_fit();
            entry
        });
        let len = bytes.len();
        Ready { id, len, entry }
    }

    /// The same with all files of a change.
    pub fn change(&mut self, change: Change) -> ReadyChange {
        let Change {
            story,
            files,
            private,
            message,
            by,
        } = change;
        let mut ready = |bytes: Vec<u8>| {
            let file = self.file(&bytes);
            let bytes = if file.entry.is_none() { bytes } else { Vec::new() };
            (file, bytes)
        };
        let mut all = |files: BTreeMap<String, Option<Vec<u8>>>| -> ReadyFiles {
            let files = files.into_iter();
            files.map(|(name, bytes)| (name, bytes.map(&mut ready))).collect()
        };
        let (files, private) = (all(files), all(private));
        ReadyChange {
            story,
            files,
            private,
            message,
            by,
        }
    }

    /// Appends one entry of a pack to `out`: type and size, for a difference how far back its base is, the bytes deflated.
    pub(super) fn entry(&mut self, out: &mut Vec<u8>, kind: ObjectType, bytes: &[u8], back: Option<u64>) {
        let number = match (back, kind) {
            (Some(_), _) => OFS_DELTA,
            (None, ObjectType::Commit) => 1,
            (None, ObjectType::Tree) => 2,
            (None, _) => 3,
        };
        // 4 bits of the size, then 7 a byte
        let (mut byte, mut size) = ((number << 4) | (bytes.len() & 15) as u8, bytes.len() >> 4);
        while size > 0 {
            out.push(byte | 0x80);
            byte = (size & 0x7f) as u8;
            size >>= 7;
        }
        out.push(byte);
        if let Some(mut back) = back {
            let mut digits = vec![(back & 0x7f) as u8];
            while back > 0x7f {
                back = (back >> 7) - 1;
                digits.push(0x80 | (back & 0x7f) as u8);
            }
            out.extend(digits.iter().rev());
        }
        let dense = kind == ObjectType::Blob && is_dense(bytes);
        let deflate = match dense {
            true => &mut self.dense,
            false => &mut self.text,
        };
        deflate.reset();
        loop {
            let done = deflate.total_in() as usize;
            out.reserve(if dense { bytes.len() - done + 1024 } else { 32 * 1024 });
            let status = deflate.compress_vec(&bytes[done..], out, FlushCompress::Finish);
            match status.expect("deflating to memory does not fail") {
                Status::StreamEnd => break,
                _ => continue,
            }
        }
    }
}
