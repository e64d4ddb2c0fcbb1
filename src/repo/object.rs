//! Objects: hashing, reading with damage named, and loose objects that are on disk before anything points at them.

use std::collections::{BTreeSet, HashMap};
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use flate2::{Compression, write::ZlibEncoder};
use git2::{ObjectType, Oid};
use tempfile::NamedTempFile;

use super::packed::OwnPack;
use super::{RepoError, StoryRepo};
use crate::hands;
use crate::story::record::{Signature, plain_name};

/// Where objects are read.
pub(super) trait Stored {
    fn get(&self, kind: ObjectType, id: Oid) -> Result<Vec<u8>, RepoError>;

    /// The pack that was just written, which any thread can read.
    fn own_pack(&self) -> Option<&OwnPack> {
        None
    }
}

/// Where new objects go, and can be read again: loose, or a batch's pack.
pub(super) trait Objects: Stored {
    fn put(&mut self, kind: ObjectType, bytes: &[u8]) -> Result<Oid, RepoError>;

    /// A tree that is much like one put before: a pack then stores the difference.
    fn put_tree_like(&mut self, bytes: &[u8], like: Option<(Oid, &[u8])>) -> Result<Oid, RepoError> {
        let _ = like;
        self.put(ObjectType::Tree, bytes)
    }
}

impl Stored for StoryRepo {
    fn get(&self, kind: ObjectType, id: Oid) -> Result<Vec<u8>, RepoError> {
        self.object(kind, id)
    }
}

/// The name of an object. Known collision attacks are noticed, and mail is hostile: such bytes get a name that nothing else has.
pub(super) fn name_of(kind: ObjectType, bytes: &[u8]) -> Oid {
    let mut hasher = sha1dc::Hasher::new();
    hasher.update(format!("{} {}\0", kind.str(), bytes.len()).as_bytes());
    hasher.update(bytes);
    hasher.finalize().map_or(Oid::ZERO_SHA1, |sum| {
        Oid::from_bytes(sum.as_bytes()).expect("SHA-1 is 20 bytes")
    })
}

impl StoryRepo {
    pub(super) fn object(&self, kind: ObjectType, id: Oid) -> Result<Vec<u8>, RepoError> {
        self.with_object(kind, id, <[u8]>::to_vec)
    }

    /// Reads without a copy.
    pub(super) fn with_object<T>(
        &self,
        kind: ObjectType,
        id: Oid,
        use_it: impl FnOnce(&[u8]) -> T,
    ) -> Result<T, RepoError> {
        if let Some(bytes) = self.last.borrow().as_ref().and_then(|pack| pack.get(kind, id)) {
            let bytes = bytes.map_err(RepoError::io("reading a new pack in", &self.dir))?;
            return Ok(use_it(&bytes));
        }
        let odb = self.git.odb().map_err(|e| self.git_error("read its objects", e))?;
        let object = odb
            .read(id)
            .map_err(|e| self.damaged(format!("object {id}"), e.message()))?;
        if object.kind() != kind {
            return Err(self.damaged(format!("object {id}"), format!("it is no {kind}")));
        }
        Ok(use_it(object.data()))
    }

    pub(super) fn git_error(&self, doing: &'static str, source: git2::Error) -> RepoError {
        let path = self.dir.clone();
        RepoError::Git { doing, path, source }
    }

    pub(super) fn damaged(&self, place: impl Into<String>, what: impl Into<String>) -> RepoError {
        RepoError::Damaged {
            path: self.root.clone(),
            place: place.into(),
            what: what.into(),
        }
    }
}

/// Loose objects. They are held aside until [`Loose::sync`] syncs them together (a journaling file system joins syncs that come
/// at once) and gives them their names.
pub(super) struct Loose<'a> {
    repo: &'a StoryRepo,
    aside: Vec<(NamedTempFile, PathBuf)>,
    /// Trees among them, which may be read again.
    trees: HashMap<Oid, Vec<u8>>,
}

/// How many files are held open at once.
const ASIDE: usize = 64;

impl<'a> Loose<'a> {
    pub fn new(repo: &'a StoryRepo) -> Self {
        Loose {
            repo,
            aside: Vec::new(),
            trees: HashMap::new(),
        }
    }

    /// After this, everything put so far is the repository's and survives a power cut.
    pub fn sync(&mut self) -> Result<(), RepoError> {
        self.trees.clear();
        let aside = std::mem::take(&mut self.aside);
        let objects = self.repo.dir.join("objects");
        sync_all(aside.iter().map(|(temp, _)| temp.as_file()))
            .map_err(RepoError::io("syncing objects in", &objects))?;
        let mut folders = BTreeSet::from([objects.clone()]);
        for (temp, path) in aside {
            let parent = path.parent().expect("an object is in a folder").to_owned();
            let persisted = temp.persist(path).map_err(|e| e.error);
            persisted.map_err(RepoError::io("writing an object to", &parent))?;
            folders.insert(parent);
        }
        let opened: io::Result<Vec<File>> = folders.iter().map(File::open).collect();
        let opened = opened.map_err(RepoError::io("opening", &objects))?;
        sync_all(opened.iter()).map_err(RepoError::io("syncing folders of", &objects))
    }

    fn write_aside(&self, kind: ObjectType, bytes: &[u8], folder: &Path) -> io::Result<NamedTempFile> {
        if let Err(e) = fs::DirBuilder::new().mode(0o755).create(folder)
            && e.kind() != io::ErrorKind::AlreadyExists
        {
            return Err(e);
        }
        let temp = tempfile::Builder::new()
            .prefix("m4c-object-")
            .tempfile_in(self.repo.temp_dir())?;
        let level = match is_dense(bytes) {
            true => Compression::none(),
            false => Compression::fast(),
        };
        let mut deflate = ZlibEncoder::new(Vec::with_capacity(bytes.len() / 2 + 64), level);
        write!(deflate, "{kind} {}\0", bytes.len())?;
        deflate.write_all(bytes)?;
        temp.as_file().write_all(&deflate.finish()?)?;
        let readable = std::os::unix::fs::PermissionsExt::from_mode(0o444);
        temp.as_file().set_permissions(readable)?;
        Ok(temp)
    }
}

/// More would hardly be faster, and each thread takes 64 MB of addresses for its heap.
const LANES: usize = 4;

/// Syncs files at once, a few threads together.
fn sync_all<'f>(files: impl Iterator<Item = &'f File>) -> io::Result<()> {
    let files: Vec<&File> = files.collect();
    let lane = files.len().div_ceil(LANES).max(1);
    hands::share(files.chunks(lane), |lane| lane.iter().try_for_each(|f| f.sync_all()))
        .into_iter()
        .collect()
}

impl Objects for Loose<'_> {
    fn put(&mut self, kind: ObjectType, bytes: &[u8]) -> Result<Oid, RepoError> {
        let id = named(self.repo, kind, bytes)?;
        if self.repo.git.odb().is_ok_and(|odb| odb.exists(id)) {
            return Ok(id);
        }
        let hex = id.to_string();
        if self.aside.iter().any(|(_, path)| path.ends_with(&hex[2..])) {
            return Ok(id);
        }
        if self.aside.len() >= ASIDE {
            self.sync()?;
        }
        let folder = self.repo.dir.join("objects").join(&hex[..2]);
        let temp = self.write_aside(kind, bytes, &folder);
        let temp = temp.map_err(RepoError::io("writing an object to", &folder))?;
        self.aside.push((temp, folder.join(&hex[2..])));
        if kind == ObjectType::Tree {
            self.trees.insert(id, bytes.to_vec());
        }
        Ok(id)
    }
}

impl Stored for Loose<'_> {
    fn get(&self, kind: ObjectType, id: Oid) -> Result<Vec<u8>, RepoError> {
        match self.trees.get(&id) {
            Some(bytes) => Ok(bytes.clone()),
            None => self.repo.object(kind, id),
        }
    }
}

/// [`name_of`], refusing bytes made to collide.
pub(super) fn named(repo: &StoryRepo, kind: ObjectType, bytes: &[u8]) -> Result<Oid, RepoError> {
    match name_of(kind, bytes) {
        id if id.is_zero() => Err(refused(repo)),
        id => Ok(id),
    }
}

/// What a new object is told whose bytes were made to collide.
pub(super) fn refused(repo: &StoryRepo) -> RepoError {
    repo.damaged("a new object", "its bytes are a SHA-1 collision attack")
}

/// Syncs a folder's entries.
pub(super) fn sync_folder(folder: &Path) -> Result<(), RepoError> {
    File::open(folder)
        .and_then(|f| f.sync_all())
        .map_err(RepoError::io("syncing", folder))
}

/// Bytes that deflating would not make much smaller: photos, and mails that are mostly base64. Text has a blank every few
/// characters, base64 has none, packed data one in 256; sixteen windows are looked at.
pub(super) fn is_dense(bytes: &[u8]) -> bool {
    const WINDOW: usize = 256;
    if bytes.len() < 4096 {
        return false;
    }
    let stride = (bytes.len() - WINDOW) / 15;
    let dense = (0..16).filter(|i| {
        let window = &bytes[i * stride..i * stride + WINDOW];
        window.iter().filter(|&&b| b == b' ').count() < WINDOW / 32
    });
    dense.count() >= 10
}

/// A commit object: author and committer are the same.
pub(super) fn commit_bytes(tree: Oid, parent: Option<Oid>, by: &Signature, message: &str) -> Vec<u8> {
    let mut out = format!("tree {tree}\n");
    if let Some(parent) = parent {
        out.push_str(&format!("parent {parent}\n"));
    }
    let who = person(by);
    out.push_str(&format!("author {who}\ncommitter {who}\n\n"));
    // a NUL would end the message for git
    out.extend(message.chars().filter(|&c| c != '\0'));
    if !out.ends_with('\n') {
        out.push('\n');
    }
    out.into_bytes()
}

/// `Name <address> seconds +0000`, without what git does not allow in it.
pub(super) fn person(by: &Signature) -> String {
    let (name, email) = (plain_name(&by.name), plain_name(&by.email));
    format!("{name} <{email}> {} +0000", by.at.as_second().max(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_have_the_names_that_git_gives_them() {
        let bytes: Vec<u8> = (0_u64..70_000).map(|n| ((n * n) >> 5) as u8).collect();
        for kind in [ObjectType::Blob, ObjectType::Tree, ObjectType::Commit] {
            for len in (0..300).chain([4_096, 65_535, 70_000]) {
                let git = Oid::hash_object(kind, &bytes[..len]).unwrap();
                assert_eq!(name_of(kind, &bytes[..len]), git, "{kind} of {len} bytes");
            }
        }
    }
}
