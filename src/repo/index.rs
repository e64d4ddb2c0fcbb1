//! Git's index (gitformat-index), edited as bytes: the entries of the paths a step changed, all others as they stand. libgit2
//! would load and sort every entry of every story for it.

use std::io::{self, BufRead, BufWriter, Cursor, Read, Seek, SeekFrom, Take, Write};

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

#[derive(Default)]
struct Item {
    /// Stat, id, flags; two bytes more where extended.
    fixed: Vec<u8>,
    path: Vec<u8>,
}

impl Item {
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
    fn id(&self) -> Option<Oid> {
        Oid::from_bytes(&self.fixed[40..60]).ok()
    }
}

/// Gives one entry after the other: with many stories the index is large, and is not held whole.
struct Reader<R> {
    bytes: Take<R>,
    version: u32,
    left: u32,
    item: Item,
}

/// Before the entries, and the checksum after all.
const ENDS: (u64, u64) = (12, 20);

impl<R: BufRead> Reader<R> {
    /// `len` is of the whole index.
    fn new(mut bytes: R, len: u64) -> Result<Self, String> {
        let rest = len.checked_sub(ENDS.0 + ENDS.1).ok_or("it is too short")?;
        let mut head = [0; ENDS.0 as usize];
        bytes.read_exact(&mut head).map_err(|e| e.to_string())?;
        if &head[..4] != b"DIRC" {
            return Err("it does not begin like one".into());
        }
        let word = |at: usize| u32::from_be_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
        let version = word(4);
        if !(2..=4).contains(&version) {
            return Err(format!("its version is {version}"));
        }
        Ok(Reader {
            bytes: bytes.take(rest),
            version,
            left: word(8),
            item: Item::default(),
        })
    }

    fn next(&mut self) -> Result<Option<&Item>, String> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        match self.read() {
            Ok(()) => Ok(Some(&self.item)),
            Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => Err("an entry is cut off".into()),
            Err(e) => Err(e.to_string()),
        }
    }

    fn read(&mut self) -> io::Result<()> {
        let Item { fixed, path } = &mut self.item;
        fixed.resize(62, 0);
        self.bytes.read_exact(fixed)?;
        if fixed[60] & 0x40 != 0 {
            fixed.resize(64, 0);
            self.bytes.read_exact(&mut fixed[62..])?;
        }
        let cut_off = || io::Error::from(io::ErrorKind::UnexpectedEof);
        if self.version < 4 {
            path.clear();
        } else {
            // how much of the path before is not in this one
            let mut strip = 0_usize;
            loop {
                let mut byte = [0];
                self.bytes.read_exact(&mut byte)?;
                strip = (strip << 7) | usize::from(byte[0] & 0x7f);
                if byte[0] & 0x80 == 0 {
                    break;
                }
                strip = strip.checked_add(1).filter(|s| *s < 1 << 20).ok_or_else(cut_off)?;
            }
            path.truncate(path.len().checked_sub(strip).ok_or_else(cut_off)?);
        }
        self.bytes.read_until(0, path)?;
        path.pop_if(|last| *last == 0).ok_or_else(cut_off)?;
        if self.version < 4 {
            // padded with 1 to 8 NULs to a multiple of eight, of which one was read
            let len = fixed.len() + path.len();
            let more = ((len + 8) & !7) - (len + 1);
            self.bytes.read_exact(&mut [0; 8][..more])?;
        }
        Ok(())
    }

    /// What comes after the entries. Extensions with a capital first letter are caches that git makes anew; the others change what
    /// the entries mean.
    fn extensions(mut self) -> Result<(), String> {
        let bytes = &mut self.bytes;
        while bytes.limit() >= 8 {
            let mut head = [0; 8];
            bytes.read_exact(&mut head).map_err(|e| e.to_string())?;
            if !head[0].is_ascii_uppercase() {
                let name = String::from_utf8_lossy(&head[..4]).into_owned();
                return Err(format!("it has the extension {name:?} (a split or sparse index)"));
            }
            let len = u64::from(u32::from_be_bytes([head[4], head[5], head[6], head[7]]));
            let passed = io::copy(&mut bytes.by_ref().take(len), &mut io::sink());
            if passed.map_err(|e| e.to_string())? < len {
                return Err("an extension is cut off".into());
            }
        }
        Ok(())
    }
}

/// A new index: entries one after the other, at last their number before them and the checksum behind.
struct Writer<W: Write> {
    out: BufWriter<W>,
    count: u32,
}

impl<W: Read + Write + Seek> Writer<W> {
    /// For an index that is read in this version: the paths are written out, as version 4 does not.
    fn new(out: W, version: u32) -> io::Result<Self> {
        let mut out = BufWriter::new(out);
        out.write_all(b"DIRC")?;
        out.write_all(&u32::to_be_bytes(if version == 2 { 2 } else { 3 }))?;
        out.write_all(&[0; 4])?;
        Ok(Writer { out, count: 0 })
    }

    fn put(&mut self, fixed: &[u8], path: &[u8]) -> io::Result<()> {
        self.out.write_all(fixed)?;
        self.out.write_all(path)?;
        let len = fixed.len() + path.len();
        self.count += 1;
        self.out.write_all(&[0; 8][..((len + 8) & !7) - len])
    }

    fn put_file(&mut self, (id, stat): (Oid, Stat), flags: u16, extended: &[u8], path: &[u8]) -> io::Result<()> {
        let mut fixed = Vec::with_capacity(64);
        stat.iter()
            .for_each(|word| fixed.extend_from_slice(&word.to_be_bytes()));
        fixed.extend_from_slice(id.as_bytes());
        let flags = flags | (path.len().min(0xfff) as u16);
        fixed.extend_from_slice(&flags.to_be_bytes());
        fixed.extend_from_slice(extended);
        self.put(&fixed, path)
    }

    fn finish(mut self) -> io::Result<W> {
        self.out.seek(SeekFrom::Start(8))?;
        self.out.write_all(&self.count.to_be_bytes())?;
        self.out.seek(SeekFrom::Start(0))?;
        let mut out = self.out.into_inner()?;
        let (mut hash, mut chunk) = (Sha1::new(), vec![0; 64 * 1024]);
        loop {
            match out.read(&mut chunk) {
                Ok(0) => break,
                Ok(n) => hash.update(&chunk[..n]),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        out.write_all(&hash.finalize())?;
        Ok(out)
    }
}

/// Writes an index of `len` bytes to `out` with these entries changed. An entry that is neither the old nor the new content is
/// something a person staged: it is left, and told. Errors where the index is in a form that is not edited here, or cannot be read or
/// written.
pub(super) fn edit(
    index: impl BufRead,
    len: u64,
    mut wants: Vec<Want>,
    out: impl Read + Write + Seek,
) -> Result<Vec<Caution>, String> {
    wants.sort_by(|a, b| a.path.as_bytes().cmp(b.path.as_bytes()));
    let failed = |e: io::Error| e.to_string();
    let mut reader = Reader::new(index, len)?;
    let mut writer = Writer::new(out, reader.version).map_err(failed)?;
    let mut cautions = Vec::new();
    let mut wants = wants.into_iter().peekable();
    let staged = |path: String| Caution::Staged(path);
    let absent = |want: Want, writer: &mut Writer<_>, cautions: &mut Vec<Caution>| {
        match (want.old, want.new) {
            (None, Some(new)) => writer.put_file(new, 0, &[], want.path.as_bytes()).map_err(failed)?,
            (Some(_), Some(_)) => cautions.push(staged(want.path)),
            (_, None) => {}
        }
        Ok::<(), String>(())
    };
    while let Some(item) = reader.next()? {
        while let Some(want) = wants.next_if(|w| w.path.as_bytes() < &*item.path) {
            absent(want, &mut writer, &mut cautions)?;
        }
        let Some(want) = wants.next_if(|w| w.path.as_bytes() == &*item.path) else {
            writer.put(&item.fixed, &item.path).map_err(failed)?;
            continue;
        };
        let is = item.id();
        let ours = item.stage() == 0 && (is == want.old || is == want.new.map(|(id, _)| id));
        match want.new {
            _ if !ours => {
                cautions.push(staged(want.path));
                // and the other stages of a path in conflict
                writer.put(&item.fixed, &item.path).map_err(failed)?;
            }
            Some(new) => {
                let (flags, extended) = (item.flags() & 0xf000, &item.fixed[62..]);
                writer.put_file(new, flags, extended, &item.path).map_err(failed)?;
            }
            None => {}
        }
    }
    for want in wants {
        absent(want, &mut writer, &mut cautions)?;
    }
    reader.extensions()?;
    writer.finish().map_err(failed)?;
    Ok(cautions)
}

/// The first index of a new repository.
pub(super) fn first(wants: Vec<Want>) -> Vec<u8> {
    let empty = [&b"DIRC\0\0\0\x02\0\0\0\0"[..], &[0; ENDS.1 as usize]].concat();
    let mut out = Cursor::new(Vec::new());
    edit(&empty[..], empty.len() as u64, wants, &mut out).expect("an empty index is one");
    out.into_inner()
}

/// The index with only the entries whose paths are kept, staged by hand or not; `None` where it has no others. Errors where it is in a
/// form that is not edited here.
pub(super) fn keep_only(index: &[u8], keep: &dyn Fn(&[u8]) -> bool) -> Result<Option<Vec<u8>>, String> {
    let failed = |e: io::Error| e.to_string();
    let mut reader = Reader::new(index, index.len() as u64)?;
    let mut writer = Writer::new(Cursor::new(Vec::with_capacity(index.len())), reader.version).map_err(failed)?;
    let mut all = true;
    while let Some(item) = reader.next()? {
        match keep(&item.path) {
            true => writer.put(&item.fixed, &item.path).map_err(failed)?,
            false => all = false,
        }
    }
    reader.extensions()?;
    if all {
        return Ok(None);
    }
    Ok(Some(writer.finish().map_err(failed)?.into_inner()))
}

/// The objects that the index names.
pub(super) fn ids(index: &[u8]) -> Result<Vec<Oid>, String> {
    let mut reader = Reader::new(index, index.len() as u64)?;
    let mut ids = Vec::new();
    while let Some(item) = reader.next()? {
        ids.extend(item.id());
    }
    Ok(ids)
}

/// The paths in a folder (`2010/12/x/`) that the index has and that are meant to be in the work tree.
pub(super) fn paths_under(index: &[u8], folder: &str) -> Result<Vec<String>, String> {
    let mut reader = Reader::new(index, index.len() as u64)?;
    let mut found = Vec::new();
    while let Some(item) = reader.next()? {
        if item.path.starts_with(folder.as_bytes()) && !item.is_skipped() {
            found.push(String::from_utf8_lossy(&item.path).into_owned());
        }
    }
    Ok(found)
}
