//! A pack of our own as it is read back, and its index.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;

use flate2::bufread::ZlibDecoder;
use git2::{ObjectType, Oid};
use sha1::{Digest, Sha1};

use super::delta;
use super::object::Stored;
use super::{RepoError, StoryRepo};

/// The type of an object that is stored as its difference from one before it in the pack.
pub(super) const OFS_DELTA: u8 = 6;

/// Where an object is in a pack.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub kind: ObjectType,
    pub offset: u64,
    pub crc: u32,
    /// How many differences it is made of.
    pub depth: u8,
}

/// A finished pack of ours, read by what was noted of it as it was written: libgit2 would map all of it into memory.
pub(super) struct OwnPack {
    file: File,
    places: HashMap<Oid, Place>,
}

impl OwnPack {
    pub fn new(file: File, places: HashMap<Oid, Place>) -> OwnPack {
        OwnPack { file, places }
    }

    /// `None`: it is not in this pack.
    pub fn get(&self, kind: ObjectType, id: Oid) -> Option<io::Result<Vec<u8>>> {
        let place = self.places.get(&id).filter(|place| place.kind == kind)?;
        let (file, offset) = (&self.file, place.offset);
        Some(read_object(At {
            file,
            flushed: u64::MAX,
            buffer: &[],
            offset,
        }))
    }

    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }
}

/// The repository with a pack that was just written.
pub(super) struct Written<'a> {
    pub repo: &'a StoryRepo,
    pub pack: OwnPack,
}

impl Stored for Written<'_> {
    fn get(&self, kind: ObjectType, id: Oid) -> Result<Vec<u8>, RepoError> {
        match self.pack.get(kind, id) {
            Some(bytes) => bytes.map_err(RepoError::io("reading a new pack in", &self.repo.dir)),
            None => self.repo.object(kind, id),
        }
    }

    fn own_pack(&self) -> Option<&OwnPack> {
        Some(&self.pack)
    }
}

/// The longest there is before an object's deflated bytes: its type and size, and how far back its base is.
const HEAD: usize = 24;

/// Reads an object, through the differences it is made of.
pub(super) fn read_object(mut from: At) -> io::Result<Vec<u8>> {
    let bad = || io::Error::from(io::ErrorKind::InvalidData);
    let mut differences = Vec::new();
    loop {
        let start = from.offset;
        let mut head = [0; HEAD];
        let mut filled = 0;
        while filled < HEAD {
            match from.read(&mut head[filled..])? {
                0 => break,
                n => filled += n,
            }
        }
        let mut used = 0;
        let mut next = || {
            let byte = head[..filled].get(used).copied().ok_or_else(bad);
            used += 1;
            byte
        };
        let first = next()?;
        let (mut byte, mut size, mut shift) = (first, usize::from(first & 15), 4);
        while byte & 0x80 != 0 {
            byte = next()?;
            size |= usize::from(byte & 0x7f).checked_shl(shift).unwrap_or(0);
            shift += 7;
        }
        let mut base = None;
        if first >> 4 & 7 == OFS_DELTA {
            byte = next()?;
            let mut back = u64::from(byte & 0x7f);
            while byte & 0x80 != 0 {
                byte = next()?;
                back = ((back + 1) << 7) | u64::from(byte & 0x7f);
            }
            base = Some(start.checked_sub(back).ok_or_else(bad)?);
        }
        from.offset = start + used as u64;
        // no more is read than there can be of it
        let reader = io::BufReader::with_capacity((size + 64).min(64 * 1024), &mut from);
        let mut bytes = Vec::with_capacity(size.min(1 << 20));
        ZlibDecoder::new(reader).read_to_end(&mut bytes)?;
        match base {
            Some(base) => {
                differences.push(bytes);
                from.offset = base;
            }
            None => {
                let apply = |whole: Vec<u8>, difference: Vec<u8>| delta::apply(&whole, &difference).ok_or_else(bad);
                return differences.into_iter().rev().try_fold(bytes, apply);
            }
        }
    }
}

/// A reader of what was put, wherever it is by now.
pub(super) struct At<'p> {
    pub file: &'p File,
    pub flushed: u64,
    pub buffer: &'p [u8],
    pub offset: u64,
}

impl Read for At<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let n = match self.offset.checked_sub(self.flushed) {
            Some(at) => {
                let held = self.buffer.get(at as usize..).unwrap_or_default();
                let n = held.len().min(out.len());
                out[..n].copy_from_slice(&held[..n]);
                n
            }
            None => {
                let left = (self.flushed - self.offset).min(out.len() as u64) as usize;
                self.file.read_at(&mut out[..left], self.offset)?
            }
        };
        self.offset += n as u64;
        Ok(n)
    }
}

/// A pack index, version 2: fan-out, names, CRCs, offsets (those past 2 GiB in a table of their own), the pack's sum, its own.
pub(super) fn index_bytes(places: &HashMap<Oid, Place>, pack_sum: &[u8; 20]) -> Vec<u8> {
    let mut objects: Vec<_> = places.iter().collect();
    objects.sort_unstable_by_key(|(id, _)| **id);
    let mut out = Vec::with_capacity(8 + 1024 + objects.len() * 28 + 40);
    out.extend_from_slice(b"\xfftOc\0\0\0\x02");
    let mut upto = 0;
    for first in 0..=255u8 {
        while objects.get(upto).is_some_and(|(id, _)| id.as_bytes()[0] <= first) {
            upto += 1;
        }
        out.extend_from_slice(&(upto as u32).to_be_bytes());
    }
    objects.iter().for_each(|(id, _)| out.extend_from_slice(id.as_bytes()));
    objects
        .iter()
        .for_each(|(_, place)| out.extend_from_slice(&place.crc.to_be_bytes()));
    let mut far = Vec::new();
    for (_, place) in &objects {
        let word = match u32::try_from(place.offset) {
            Ok(near) if near < 1 << 31 => near,
            _ => {
                far.push(place.offset);
                (1 << 31) | (far.len() as u32 - 1)
            }
        };
        out.extend_from_slice(&word.to_be_bytes());
    }
    far.iter()
        .for_each(|offset| out.extend_from_slice(&offset.to_be_bytes()));
    out.extend_from_slice(pack_sum);
    let sum = Sha1::digest(&out);
    out.extend_from_slice(&sum);
    out
}
