//! Making objects ready for a pack: named and deflated, by any hand, without the repository. Whoever holds the pack then only appends.

use std::collections::BTreeMap;

use flate2::{Compress, Compression, FlushCompress, Status};
use git2::{ObjectType, Oid};
use simd_adler32::adler32;

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

/// Trees up to this size are not deflated: most of their bytes are names of objects, and to clear the deflater's tables, of 128 KB, takes
/// longer than all else that is done for them.
const SMALL_TREE: usize = 1024;

/// The same for commits and files: deflating made a sixth less of them.
const SMALL: usize = 512;

/// Deflates at level 1. One for each hand: it holds a window and tables.
pub struct Press {
    deflate: Compress,
}

impl Default for Press {
    fn default() -> Press {
        Press::new()
    }
}

impl Press {
    pub fn new() -> Press {
        Press {
            deflate: Compress::new(Compression::fast(), true),
        }
    }

    /// Names a file, and deflates it if that makes it smaller.
    pub fn file(&mut self, bytes: &[u8]) -> Ready {
        let id = name_of(ObjectType::Blob, bytes);
        let entry = (bytes.len() > SMALL && !is_dense(bytes)).then(|| {
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
        let as_it_stands = match kind {
            ObjectType::Blob => bytes.len() <= SMALL || is_dense(bytes),
            ObjectType::Tree => bytes.len() <= SMALL_TREE,
            _ => bytes.len() <= SMALL,
        };
        if as_it_stands {
            return stored(out, bytes);
        }
        self.deflate.reset();
        loop {
            let done = self.deflate.total_in() as usize;
            out.reserve(32 * 1024);
            let status = self.deflate.compress_vec(&bytes[done..], out, FlushCompress::Finish);
            match status.expect("deflating to memory does not fail") {
                Status::StreamEnd => break,
                _ => continue,
            }
        }
    }
}

/// Appends a zlib stream (RFC 1950) in which the bytes are stored (RFC 1951, section 3.2.4).
fn stored(out: &mut Vec<u8>, bytes: &[u8]) {
    const MOST: usize = 0xffff;
    out.reserve(bytes.len() + bytes.len() / MOST * 5 + 16);
    out.extend_from_slice(&[0x78, 0x01]);
    let last = bytes.len().saturating_sub(1) / MOST;
    for n in 0..=last {
        let block = &bytes[n * MOST..bytes.len().min((n + 1) * MOST)];
        let len = block.len() as u16;
        out.push(u8::from(n == last));
        out.extend_from_slice(&len.to_le_bytes());
        out.extend_from_slice(&(!len).to_le_bytes());
        out.extend_from_slice(block);
    }
    out.extend_from_slice(&adler32(&bytes).to_be_bytes());
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn stored_bytes_are_a_zlib_stream_of_them() {
        for len in [0, 1, 0xfffe, 0xffff, 0x1_0000, 0x2_0000] {
            let bytes: Vec<u8> = (0_u64..len).map(|n| ((n * n) >> 3) as u8).collect();
            let mut out = Vec::new();
            stored(&mut out, &bytes);
            let (mut back, mut rest) = (Vec::new(), &out[..]);
            flate2::bufread::ZlibDecoder::new(&mut rest)
                .read_to_end(&mut back)
                .unwrap();
            assert!(back == bytes && rest.is_empty(), "{len}");
        }
    }
}
