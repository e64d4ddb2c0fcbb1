//! One pack for a whole batch, written as the objects come (gitformat-pack, version 2). Only the trees of a month are stored as
//! differences: each commit of the batch changes one entry of one of them.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

use git2::{ObjectType, Oid};
use sha1::{Digest, Sha1};
use tempfile::NamedTempFile;

use super::delta;
use super::object::{Loose, Objects, Stored, named, refused, sync_folder};
use super::packed::{At, OwnPack, Place, Written, index_bytes, read_object};
use super::press::{Press, Ready};
use super::{RepoError, StoryRepo};

/// What is held back before it goes to the file.
const BUFFER: usize = 256 * 1024;

/// With fewer objects than this no pack is made; git's own measure (`fetch.unpackLimit`).
const FEW: usize = 100;

/// How many differences may lie upon one whole tree: git's own measure is 50.
const DEPTH: u8 = 48;

/// A pack that grows. Dropped unfinished it leaves nothing; killed, a `tmp_m4c_*` that the next run removes.
pub(super) struct Pack<'a> {
    repo: &'a StoryRepo,
    file: NamedTempFile,
    folder: PathBuf,
    buffer: Vec<u8>,
    /// Bytes that are in the file already.
    flushed: u64,
    /// Bytes that are on the disk.
    synced: u64,
    /// A write or a sync failed. The system tells of that once; what it says later is not to be believed.
    failed: bool,
    places: HashMap<Oid, Place>,
    press: Press,
}

impl<'a> Pack<'a> {
    pub fn begin(repo: &'a StoryRepo) -> Result<Self, RepoError> {
        let folder = repo.dir.join("objects/pack");
        fs::create_dir_all(&folder).map_err(RepoError::io("making", &folder))?;
        let file = tempfile::Builder::new().prefix("tmp_m4c_").tempfile_in(&folder);
        let mut buffer = Vec::with_capacity(BUFFER + 64 * 1024);
        // the number of objects is filled in at the end
        buffer.extend_from_slice(b"PACK\0\0\0\x02\0\0\0\0");
        Ok(Pack {
            repo,
            file: file.map_err(RepoError::io("making a pack in", &folder))?,
            folder,
            buffer,
            flushed: 0,
            synced: 0,
            failed: false,
            places: HashMap::new(),
            press: Press::new(),
        })
    }

    /// Bytes so far.
    pub fn len(&self) -> u64 {
        self.flushed + self.buffer.len() as u64
    }

    fn sound(&self) -> Result<(), RepoError> {
        if self.failed {
            return Err(RepoError::io("writing a pack in", &self.folder)(io::Error::other(
                "an earlier write failed",
            )));
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.as_file_mut().write_all(&self.buffer)?;
        self.flushed += self.buffer.len() as u64;
        self.buffer.clear();
        Ok(())
    }

    /// After this, what was put so far survives a power cut (though no ref points at it yet).
    pub fn sync(&mut self) -> Result<(), RepoError> {
        self.sound()?;
        let result = self.flush().and_then(|()| self.file.as_file().sync_data());
        self.failed = result.is_err();
        result.map_err(RepoError::io("syncing a pack in", &self.folder))?;
        if self.synced == 0 {
            // a file that no folder is sure to name is not durable
            sync_folder(&self.folder)?;
        }
        self.synced = self.flushed;
        Ok(())
    }

    /// How much of it is on the disk.
    pub fn synced(&self) -> u64 {
        self.synced
    }

    /// Appends one object.
    fn append(&mut self, kind: ObjectType, bytes: &[u8], base: Option<Place>) -> io::Result<Place> {
        if self.buffer.len() >= BUFFER {
            self.flush()?;
        }
        let (offset, start) = (self.len(), self.buffer.len());
        let back = base.map(|base| offset - base.offset);
        self.press.entry(&mut self.buffer, kind, bytes, back);
        Ok(Place {
            kind,
            offset,
            crc: crc32fast::hash(&self.buffer[start..]),
            depth: base.map_or(0, |base| base.depth + 1),
        })
    }

    /// Appends a file that is ready; `bytes` are looked at where it is stored as it stands.
    pub fn put_ready(&mut self, file: &Ready, bytes: &[u8]) -> Result<Oid, RepoError> {
        self.sound()?;
        if file.id.is_zero() {
            return Err(refused(self.repo));
        }
        if !self.places.contains_key(&file.id) {
            let place = match &file.entry {
                Some(entry) => self.append_entry(entry),
                None => self.append(ObjectType::Blob, bytes, None),
            };
            self.added(file.id, place)?;
        }
        Ok(file.id)
    }

    fn append_entry(&mut self, entry: &[u8]) -> io::Result<Place> {
        if self.buffer.len() >= BUFFER {
            self.flush()?;
        }
        let (kind, offset, crc, depth) = (ObjectType::Blob, self.len(), crc32fast::hash(entry), 0);
        self.buffer.extend_from_slice(entry);
        Ok(Place {
            kind,
            offset,
            crc,
            depth,
        })
    }

    fn added(&mut self, id: Oid, place: io::Result<Place>) -> Result<(), RepoError> {
        self.failed |= place.is_err();
        let place = place.map_err(RepoError::io("writing a pack in", &self.folder))?;
        self.places.insert(id, place);
        Ok(())
    }

    /// Completes the pack and its index, syncs both and their folder. From here on its objects are the repository's.
    /// Few objects become loose ones: a pack for each mail of a quiet inbox would slow down every look-up in the end.
    pub fn finish(self) -> Result<Written<'a>, RepoError> {
        self.sound()?;
        let folder = self.folder.clone();
        if self.places.len() < FEW {
            let mut loose = Loose::new(self.repo);
            for (id, place) in &self.places {
                loose.put(place.kind, &self.get(place.kind, *id)?)?;
            }
            loose.sync()?;
            return Ok(Written {
                repo: self.repo,
                pack: OwnPack::new(self.file.into_file(), HashMap::new()),
            });
        }
        let written = self.complete().map_err(RepoError::io("finishing a pack in", &folder))?;
        sync_folder(&folder)?;
        Ok(written)
    }

    /// The same, but as a pack however few they are: what is in it is about to be removed elsewhere. None where it is empty.
    pub fn finish_as_pack(self) -> Result<(), RepoError> {
        self.sound()?;
        let folder = self.folder.clone();
        if !self.places.is_empty() {
            self.complete().map_err(RepoError::io("finishing a pack in", &folder))?;
        }
        sync_folder(&folder)
    }

    fn complete(mut self) -> io::Result<Written<'a>> {
        self.flush()?;
        let count = u32::try_from(self.places.len()).map_err(io::Error::other)?;
        let file = self.file.as_file_mut();
        file.write_all_at(&count.to_be_bytes(), 8)?;
        file.seek(SeekFrom::Start(0))?;
        let mut hash = Sha1::new();
        let mut chunk = vec![0; BUFFER];
        loop {
            match file.read(&mut chunk)? {
                0 => break,
                n => hash.update(&chunk[..n]),
            }
        }
        let sum: [u8; 20] = hash.finalize().into();
        file.write_all(&sum)?;
        finish_file(file)?;
        let index = index_bytes(&self.places, &sum);
        let mut index_file = tempfile::Builder::new().prefix("tmp_m4c_").tempfile_in(&self.folder)?;
        index_file.write_all(&index)?;
        finish_file(index_file.as_file())?;
        let name = self.folder.join(format!("pack-{}", hex::encode(sum)));
        // the pack first: git looks for packs by their index
        let file = self.file.persist(name.with_extension("pack")).map_err(|e| e.error)?;
        index_file.persist(name.with_extension("idx")).map_err(|e| e.error)?;
        Ok(Written {
            repo: self.repo,
            pack: OwnPack::new(file, self.places),
        })
    }
}

fn finish_file(file: &File) -> io::Result<()> {
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o444))?;
    file.sync_all()
}

impl Objects for Pack<'_> {
    fn put(&mut self, kind: ObjectType, bytes: &[u8]) -> Result<Oid, RepoError> {
        self.sound()?;
        let id = named(self.repo, kind, bytes)?;
        if !self.places.contains_key(&id) {
            let place = self.append(kind, bytes, None);
            self.added(id, place)?;
        }
        Ok(id)
    }

    fn put_tree_like(&mut self, bytes: &[u8], like: Option<(Oid, &[u8])>) -> Result<Oid, RepoError> {
        let base = like.and_then(|(id, old)| Some((*self.places.get(&id)?, old)));
        let Some((base, old)) = base.filter(|(base, old)| base.depth < DEPTH && old.len() > 512) else {
            return self.put(ObjectType::Tree, bytes);
        };
        self.sound()?;
        let id = named(self.repo, ObjectType::Tree, bytes)?;
        if !self.places.contains_key(&id) {
            let place = self.append(ObjectType::Tree, &delta::between(old, bytes), Some(base));
            self.added(id, place)?;
        }
        Ok(id)
    }
}

impl Stored for Pack<'_> {
    fn get(&self, kind: ObjectType, id: Oid) -> Result<Vec<u8>, RepoError> {
        match self.places.get(&id) {
            Some(place) => {
                let from = At {
                    file: self.file.as_file(),
                    flushed: self.flushed,
                    buffer: &self.buffer,
                    offset: place.offset,
                };
                read_object(from).map_err(RepoError::io("reading a pack in", &self.folder))
            }
            None => self.repo.object(kind, id),
        }
    }
}
