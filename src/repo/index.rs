//! Git's index (gitformat-index), edited as bytes: the entries of the paths a step changed, all others as they stand. libgit2
//! would load and sort every entry of every story for it.

use git2::Oid;
use sha1::{Digest, Sha1};

use super::Caution;

/// What a file's `lstat` says, in the ten words of an index entry; all zero means "compare the content".
pub(super) type Stat = [u32; 10];

/// What an entry shall become.
#[derive(Debug, Clone)]
pub(super) struct Want {
    pub path: String,
    pub old: Option<Oid>,
    /// `None` removes it.
    pub new: Option<(Oid, Stat)>,
}

struct Item<'a> {
    /// Stat, id, flags; two bytes more where extended.
    fixed: &'a [u8],
    path: std::borrow::Cow<'a, [u8]>,
}

impl Item<'_> {
    fn flags(&self) -> u16 {
        u16::from_be_bytes([self.fixed[60], self.fixed[61]])
    }
    fn stage(&self) -> u16 {
        self.flags() >> 12 & 3
    }
    fn is_extended(&self) -> bool {
        self.flags() & 0x4000 != 0
    }
    fn is_skipped(&self) -> bool {
        self.is_extended() && self.fixed[62] & 0x40 != 0
    }
}

struct Reader<'a> {
    rest: &'a [u8],
    version: u32,
    left: u32,
    last: Vec<u8>,
}

impl<'a> Reader<'a> {
    fn new(bytes: &'a [u8]) -> Result<Self, String> {
        let head = bytes.get(..12).ok_or("it is too short")?;
        if &head[..4] != b"DIRC" {
            return Err("it does not begin like one".into());
        }
        let word = |at: usize| u32::from_be_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
        let version = word(4);
        if !(2..=4).contains(&version) {
            return Err(format!("its version is {version}"));
        }
        let rest = bytes.get(12..bytes.len().saturating_sub(20)).ok_or("it is too short")?;
        Ok(Reader {
            rest,
            version,
            left: word(8),
            last: Vec::new(),
        })
    }

    fn next(&mut self) -> Result<Option<Item<'a>>, String> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        self.read().map(Some).ok_or_else(|| "an entry is cut off".into())
    }

    fn read(&mut self) -> Option<Item<'a>> {
        let extended = *self.rest.get(60)? & 0x40 != 0;
        let len = if extended { 64 } else { 62 };
        let fixed = self.rest.get(..len)?;
        let after = &self.rest[len..];
        if self.version < 4 {
            let nul = memchr::memchr(0, after)?;
            // padded with 1 to 8 NULs to a multiple of eight
            self.rest = self.rest.get((len + nul + 8) & !7..)?;
            let path = after[..nul].into();
            return Some(Item { fixed, path });
        }
        let (mut strip, mut at) = (0usize, 0);
        loop {
            let byte = *after.get(at)?;
            strip = (strip << 7) | usize::from(byte & 0x7f);
            at += 1;
            if byte & 0x80 == 0 {
                break;
            }
            strip = strip.checked_add(1).filter(|s| *s < 1 << 20)?;
        }
        let nul = memchr::memchr(0, &after[at..])?;
        self.last.truncate(self.last.len().checked_sub(strip)?);
        self.last.extend_from_slice(&after[at..at + nul]);
        self.rest = &after[at + nul + 1..];
        let path = self.last.clone().into();
        Some(Item { fixed, path })
    }
}

/// Gives the index with these entries changed. An entry that is neither the old nor the new content is something a
/// person staged: it is left, and told. Errors where the index is in a form that is not edited here.
pub(super) fn edit(index: &[u8], mut wants: Vec<Want>) -> Result<(Vec<u8>, Vec<Caution>), String> {
    wants.sort_by(|a, b| a.path.as_bytes().cmp(b.path.as_bytes()));
    let mut reader = Reader::new(index)?;
    let version = if reader.version == 2 { 2 } else { 3 };
    let mut out = Vec::with_capacity(index.len() + wants.len() * 128 + 32);
    out.extend_from_slice(b"DIRC");
    out.extend_from_slice(&u32::to_be_bytes(version));
    out.extend_from_slice(&[0; 4]);
    let (mut count, mut cautions) = (0u32, Vec::new());
    let mut wants = wants.into_iter().peekable();
    let staged = |path: String| Caution::Staged(path);
    let absent =
        |want: Want, out: &mut Vec<u8>, count: &mut u32, cautions: &mut Vec<Caution>| match (want.old, want.new) {
            (None, Some((id, stat))) => {
                put(out, &stat, id, 0, &[], want.path.as_bytes());
                *count += 1;
            }
            (Some(_), Some(_)) => cautions.push(staged(want.path)),
            (_, None) => {}
        };
    while let Some(item) = reader.next()? {
        while let Some(want) = wants.next_if(|w| w.path.as_bytes() < &*item.path) {
            absent(want, &mut out, &mut count, &mut cautions);
        }
        let Some(want) = wants.next_if(|w| w.path.as_bytes() == &*item.path) else {
            raw(&mut out, item.fixed, &item.path);
            count += 1;
            continue;
        };
        let is = Oid::from_bytes(&item.fixed[40..60]).ok();
        let ours = item.stage() == 0 && (is == want.old || is == want.new.map(|(id, _)| id));
        match want.new {
            _ if !ours => {
                cautions.push(staged(want.path));
                raw(&mut out, item.fixed, &item.path);
                count += 1;
                // the other stages of a path in conflict
                continue;
            }
            Some((id, stat)) => {
                put(
                    &mut out,
                    &stat,
                    id,
                    item.flags() & 0xf000,
                    &item.fixed[62..],
                    &item.path,
                );
                count += 1;
            }
            None => {}
        }
    }
    for want in wants {
        absent(want, &mut out, &mut count, &mut cautions);
    }
    out[8..12].copy_from_slice(&count.to_be_bytes());
    extensions(reader.rest)?;
    let sum = Sha1::digest(&out);
    out.extend_from_slice(&sum);
    Ok((out, cautions))
}

/// Extensions with a capital first letter are caches that git makes anew; the others change what the entries mean.
fn extensions(mut rest: &[u8]) -> Result<(), String> {
    while let Some(head) = rest.get(..8) {
        if !head[0].is_ascii_uppercase() {
            let name = String::from_utf8_lossy(&head[..4]).into_owned();
            return Err(format!("it has the extension {name:?} (a split or sparse index)"));
        }
        let len = u32::from_be_bytes([head[4], head[5], head[6], head[7]]) as usize;
        rest = rest
            .get(8..)
            .and_then(|r| r.get(len..))
            .ok_or("an extension is cut off")?;
    }
    Ok(())
}

fn put(out: &mut Vec<u8>, stat: &Stat, id: Oid, flags: u16, extended: &[u8], path: &[u8]) {
    let mut fixed = Vec::with_capacity(64);
    stat.iter()
        .for_each(|word| fixed.extend_from_slice(&word.to_be_bytes()));
    fixed.extend_from_slice(id.as_bytes());
    let flags = flags | (path.len().min(0xfff) as u16);
    fixed.extend_from_slice(&flags.to_be_bytes());
    fixed.extend_from_slice(extended);
    raw(out, &fixed, path);
}

fn raw(out: &mut Vec<u8>, fixed: &[u8], path: &[u8]) {
    out.extend_from_slice(fixed);
    out.extend_from_slice(path);
    let len = fixed.len() + path.len();
    out.resize(out.len() + ((len + 8) & !7) - len, 0);
}

/// The first index of a new repository.
pub(super) fn empty() -> Vec<u8> {
    let mut out = b"DIRC\0\0\0\x02\0\0\0\0".to_vec();
    let sum = Sha1::digest(&out);
    out.extend_from_slice(&sum);
    out
}

/// The index with only the entries whose paths are kept, staged by hand or not; `None` where it has no others. Errors where it is in a
/// form that is not edited here.
pub(super) fn keep_only(index: &[u8], keep: &dyn Fn(&[u8]) -> bool) -> Result<Option<Vec<u8>>, String> {
    let mut reader = Reader::new(index)?;
    let version = if reader.version == 2 { 2 } else { 3 };
    let mut out = Vec::with_capacity(index.len());
    out.extend_from_slice(b"DIRC");
    out.extend_from_slice(&u32::to_be_bytes(version));
    out.extend_from_slice(&[0; 4]);
    let (mut count, mut all) = (0u32, true);
    while let Some(item) = reader.next()? {
        if keep(&item.path) {
            raw(&mut out, item.fixed, &item.path);
            count += 1;
        } else {
            all = false;
        }
    }
    extensions(reader.rest)?;
    if all {
        return Ok(None);
    }
    out[8..12].copy_from_slice(&count.to_be_bytes());
    let sum = Sha1::digest(&out);
    out.extend_from_slice(&sum);
    Ok(Some(out))
}

/// The objects that the index names.
pub(super) fn ids(index: &[u8]) -> Result<Vec<Oid>, String> {
    let mut reader = Reader::new(index)?;
    let mut ids = Vec::new();
    while let Some(item) = reader.next()? {
        ids.extend(Oid::from_bytes(&item.fixed[40..60]).ok());
    }
    Ok(ids)
}

/// The paths in a folder (`2010/12/x/`) that the index has and that are meant to be in the work tree.
pub(super) fn paths_under(index: &[u8], folder: &str) -> Result<Vec<String>, String> {
    let mut reader = Reader::new(index)?;
    let mut found = Vec::new();
    while let Some(item) = reader.next()? {
        if item.path.starts_with(folder.as_bytes()) && !item.is_skipped() {
            found.push(String::from_utf8_lossy(&item.path).into_owned());
        }
    }
    Ok(found)
}
