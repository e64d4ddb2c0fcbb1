//! The work tree: what a person sees and edits in the folder.
//!
//! It follows the branch, but only where a file still is what the last commit said; an edit by hand is never overwritten.
//! Every folder on the way is opened without following symbolic links, and no filter or line-ending rule takes part.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};

use git2::{ObjectType, Oid};
use rustix::fs::{AtFlags, Mode, OFlags, fstat, mkdirat, open, openat, renameat, unlinkat};
use rustix::io::Errno;

use super::index::{self, Stat, Want};
use super::lock::{Lock, Writing};
use super::object::{Stored, name_of};
use super::read::is_file_name;
use super::tree::Differs;
use super::{Caution, RepoError, StoryRepo, Tip};
use crate::story::StoryId;

/// Larger files are not ours: the mail they came from would have been refused.
const MAX_BYTES: u64 = 256 << 20;

/// The work tree's folders, opened beneath its root.
struct Folders {
    root: OwnedFd,
    /// The folders on the way to the last one: stories come in order, and the next is mostly near.
    way: Vec<(String, OwnedFd)>,
    /// The last one was made just now: nothing can be in it but what we wrote.
    fresh: bool,
}

/// What stands at a path.
enum Found {
    Missing,
    Plain(Vec<u8>, Stat),
    /// A link, a folder, a device, something behind a link.
    Other,
}

impl Folders {
    fn open(repo: &StoryRepo) -> io::Result<Folders> {
        let root = open(
            &repo.root,
            OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC,
            Mode::empty(),
        )?;
        let (way, fresh) = (Vec::new(), false);
        Ok(Folders { root, way, fresh })
    }

    /// Opens a folder step by step; `ENOENT` where it is missing and not to be made.
    fn folder(&mut self, path: &str, make: bool) -> Result<&OwnedFd, Errno> {
        let names: Vec<&str> = path.split('/').filter(|name| !name.is_empty()).collect();
        let known = self
            .way
            .iter()
            .zip(&names)
            .take_while(|((is, _), name)| is == *name)
            .count();
        if known < names.len() || known < self.way.len() {
            self.way.truncate(known);
            self.fresh = false;
        }
        for name in &names[known..] {
            let from = self.way.last().map_or(&self.root, |(_, fd)| fd).as_fd();
            let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            let next = match openat(from, *name, flags, Mode::empty()) {
                Err(Errno::NOENT) if make => {
                    match mkdirat(from, *name, Mode::from_raw_mode(0o755)) {
                        Ok(()) => self.fresh = true,
                        Err(Errno::EXIST) => {}
                        Err(e) => return Err(e),
                    }
                    openat(from, *name, flags, Mode::empty())?
                }
                other => {
                    self.fresh = false;
                    other?
                }
            };
            self.way.push((name.to_string(), next));
        }
        Ok(self.way.last().map_or(&self.root, |(_, fd)| fd))
    }

    fn read(&mut self, path: &str) -> io::Result<Found> {
        let (folder, name) = split(path);
        match self.folder(folder, false).map(|_| ()) {
            Ok(()) if self.fresh => return Ok(Found::Missing),
            Ok(()) => {}
            Err(Errno::NOENT) => return Ok(Found::Missing),
            Err(Errno::LOOP | Errno::NOTDIR) => return Ok(Found::Other),
            Err(e) => return Err(e.into()),
        }
        let folder = self.way.last().map_or(&self.root, |(_, fd)| fd);
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = match openat(folder, name, flags, Mode::empty()) {
            Ok(fd) => File::from(fd),
            Err(Errno::NOENT) => return Ok(Found::Missing),
            Err(Errno::LOOP | Errno::NXIO | Errno::ISDIR) => return Ok(Found::Other),
            Err(e) => return Err(e.into()),
        };
        if !file.metadata()?.is_file() {
            return Ok(Found::Other);
        }
        let mut bytes = Vec::new();
        (&file).take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > MAX_BYTES {
            return Ok(Found::Other);
        }
        Ok(Found::Plain(bytes, stat_of(&file)?))
    }

    /// Writes a file whole or not at all: beside it, then renamed.
    fn write(&mut self, path: &str, bytes: &[u8], sync: bool) -> io::Result<Stat> {
        let (folder, name) = split(path);
        let folder = self.folder(folder, true)?;
        let temp = format!(".{name}.m4c-tmp");
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let create = || openat(folder, temp.as_str(), flags, Mode::from_raw_mode(0o644));
        let fd = match create() {
            Err(Errno::EXIST) => {
                unlinkat(folder, temp.as_str(), AtFlags::empty())?;
                create()?
            }
            other => other?,
        };
        let mut file = File::from(fd);
        let written = file
            .write_all(bytes)
            .and_then(|()| if sync { file.sync_all() } else { Ok(()) });
        match written.and_then(|()| Ok(renameat(folder, temp.as_str(), folder, name)?)) {
            Ok(()) => stat_of(&file),
            Err(e) => {
                let _ = unlinkat(folder, temp.as_str(), AtFlags::empty());
                Err(e)
            }
        }
    }

    /// Removes a file, and its folders where they are empty then.
    fn remove(&mut self, path: &str) -> io::Result<()> {
        let (folder, name) = split(path);
        unlinkat(self.folder(folder, false)?, name, AtFlags::empty())?;
        self.way.clear();
        let mut folder = folder;
        while !folder.is_empty() {
            let (above, name) = split(folder);
            if unlinkat(self.folder(above, false)?, name, AtFlags::REMOVEDIR).is_err() {
                break;
            }
            self.way.clear();
            folder = above;
        }
        Ok(())
    }
}

fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

fn stat_of(file: &File) -> io::Result<Stat> {
    let s = fstat(file)?;
    // git keeps the low 32 bits of each
    Ok([
        s.st_ctime as u32,
        s.st_ctime_nsec as u32,
        s.st_mtime as u32,
        s.st_mtime_nsec as u32,
        s.st_dev as u32,
        s.st_ino as u32,
        0o100644,
        s.st_uid,
        s.st_gid,
        s.st_size as u32,
    ])
}

/// Compare the content: of no file can all of this be true but the mode.
const UNKNOWN: Stat = [0, 0, 0, 0, 0, 0, 0o100644, 0, 0, 0];

impl StoryRepo {
    /// After the branch moved to `tree`: brings work tree and index there from what was announced.
    pub(super) fn follow_up(
        &self,
        writing: &mut Writing,
        from: &dyn Stored,
        tree: Oid,
        index: Lock,
        sync: bool,
    ) -> Vec<Caution> {
        let before = writing.announced().and_then(|commit| self.tree_of(commit).ok());
        let (cautions, done) = match before {
            Some(before) => self.settle(from, before, tree, index, sync),
            None => (Vec::new(), true),
        };
        writing.finish(done);
        cautions
    }

    /// Brings the work tree and the index from one tree to another. What cannot be done is told: the commit stands already. Whether
    /// nothing is left that the next run should try again comes with it.
    pub(super) fn settle(
        &self,
        from: &dyn Stored,
        old: Oid,
        new: Oid,
        index: Lock,
        sync: bool,
    ) -> (Vec<Caution>, bool) {
        let mut cautions = Vec::new();
        let result = self.differences(from, Some(old), Some(new)).and_then(|differs| {
            let wants = self.follow(from, differs, sync, &mut cautions)?;
            self.update_index(&index, wants, &mut cautions)
        });
        let done = result.is_ok() && !cautions.iter().any(|c| matches!(c, Caution::NotWritten { .. }));
        if let Err(e) = result {
            cautions.push(Caution::Index(with_sources(&e)));
        }
        (cautions, done)
    }

    fn follow(
        &self,
        from: &dyn Stored,
        differs: Vec<Differs>,
        sync: bool,
        cautions: &mut Vec<Caution>,
    ) -> Result<Vec<Want>, RepoError> {
        let mut folders = Folders::open(self).map_err(RepoError::io("opening", &self.root))?;
        // left out of a sparse checkout, or of the index as well: then its not being there is no edit
        let left_out = |path: &str| match std::fs::read(self.dir.join("index")) {
            Ok(index) => index::paths_under(&index, path).is_ok_and(|paths| paths.is_empty()),
            Err(e) => e.kind() == io::ErrorKind::NotFound,
        };
        let mut wants = Vec::with_capacity(differs.len());
        for Differs { path, old, new } in differs {
            if !is_story_file(&path) {
                continue;
            }
            let done = match folders.read(&path) {
                Ok(found) => self.follow_one(from, &mut folders, &path, found, (old, new), sync)?,
                Err(e) => Err(Caution::NotWritten {
                    path: path.clone(),
                    error: e.to_string(),
                }),
            };
            let stat = match done {
                Ok(stat) => stat,
                Err(Caution::DeletedByHand(path)) if left_out(&path) => UNKNOWN,
                Err(caution) => {
                    cautions.push(caution);
                    UNKNOWN
                }
            };
            let new = new.map(|id| (id, stat));
            wants.push(Want { path, old, new });
        }
        Ok(wants)
    }

    /// One file: written where it is what the old commit says, left where a person has changed it.
    fn follow_one(
        &self,
        from: &dyn Stored,
        folders: &mut Folders,
        path: &str,
        found: Found,
        (old, new): (Option<Oid>, Option<Oid>),
        sync: bool,
    ) -> Result<Result<Stat, Caution>, RepoError> {
        let is = match found {
            Found::Other => return Ok(Err(Caution::NotFollowed(path.to_owned()))),
            Found::Missing => None,
            Found::Plain(bytes, stat) => match Some(name_of(ObjectType::Blob, &bytes)) {
                is if is == new => return Ok(Ok(stat)),
                is => is,
            },
        };
        let done = match new {
            _ if is != old => {
                return Ok(match (is, new) {
                    (None, None) => Ok(UNKNOWN),
                    (None, Some(_)) => Err(Caution::DeletedByHand(path.to_owned())),
                    (Some(_), _) => Err(Caution::HandEdited(path.to_owned())),
                });
            }
            Some(id) => {
                let bytes = from.get(ObjectType::Blob, id)?;
                folders.write(path, &bytes, sync)
            }
            None if is.is_none() => Ok(UNKNOWN),
            None => folders.remove(path).map(|()| UNKNOWN),
        };
        Ok(done.map_err(|e| Caution::NotWritten {
            path: path.to_owned(),
            error: e.to_string(),
        }))
    }

    fn update_index(&self, lock: &Lock, wants: Vec<Want>, cautions: &mut Vec<Caution>) -> Result<(), RepoError> {
        let bytes = match std::fs::read(lock.target()) {
            Ok(bytes) => bytes,
            // nothing was ever checked out here
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(e) => return Err(RepoError::io("reading", lock.target())(e)),
        };
        match index::edit(&bytes, wants) {
            Ok((bytes, more)) => {
                cautions.extend(more);
                lock.replace(&bytes)
            }
            Err(why) => {
                cautions.push(Caution::Index(why));
                Ok(())
            }
        }
    }

    /// The files of a story that were edited, added or deleted by hand and not committed. Files with names that are not the
    /// tool's (an editor's swap file) do not count, nor does anything while another branch is checked out.
    pub fn uncommitted(&self, tip: &Tip, id: &StoryId) -> Result<Vec<String>, RepoError> {
        self.take(tip, id).map(|edits| edits.into_keys().collect())
    }

    /// The same with the bytes of the work tree, as `edit --take` commits them; `None` for a deleted file.
    pub fn take(&self, tip: &Tip, id: &StoryId) -> Result<BTreeMap<String, Option<Vec<u8>>>, RepoError> {
        let mut edits = BTreeMap::new();
        if !self.is_checked_out()? {
            return Ok(edits);
        }
        let files = |root| match self.story_tree(root, id)? {
            Some(tree) => Ok(self.plain_files(tree, id.as_str())?.into_iter().collect()),
            None => Ok(BTreeMap::new()),
        };
        let committed: BTreeMap<String, Oid> = files(tip.tree)?;
        // where a killed run moved the branch but not the work tree, the older content is no edit
        let before = match self.left_behind() {
            Some(old) => files(self.tree_of(old)?)?,
            None => BTreeMap::new(),
        };
        let reading = |e| RepoError::io("reading", self.root.join(id.as_str()))(e);
        let mut folders = Folders::open(self).map_err(reading)?;
        let mut missing = Vec::new();
        let there = folders.names(id.as_str()).map_err(reading)?;
        for name in committed
            .keys()
            .chain(there.iter().filter(|n| !committed.contains_key(*n)))
        {
            let (is, was) = (committed.get(name), before.get(name));
            match folders.read(&format!("{id}/{name}")).map_err(reading)? {
                Found::Plain(bytes, _) => {
                    let id = name_of(ObjectType::Blob, &bytes);
                    if Some(&id) != is && Some(&id) != was {
                        edits.insert(name.clone(), Some(bytes));
                    }
                }
                Found::Missing if self.left_behind().is_none() || was.is_some() => missing.push(name.clone()),
                Found::Missing => {}
                Found::Other => {
                    return Err(self.damaged(
                        format!("{id}/{name}"),
                        "in the work tree it is, or lies behind, a symbolic link",
                    ));
                }
            }
        }
        if !missing.is_empty()
            && let Ok(index) = std::fs::read(self.dir.join("index"))
            && let Ok(known) = index::paths_under(&index, &format!("{id}/"))
        {
            missing.retain(|name| known.contains(&format!("{id}/{name}")));
            edits.extend(missing.into_iter().map(|name| (name, None)));
        }
        Ok(edits)
    }
}

impl Folders {
    /// The names in a folder that could be a story's files; none where the folder is missing.
    fn names(&mut self, path: &str) -> io::Result<Vec<String>> {
        let folder = match self.folder(path, false) {
            Ok(fd) => fd,
            Err(Errno::NOENT | Errno::LOOP | Errno::NOTDIR) => return Ok(Vec::new()),
            Err(e) => return Err(e.into()),
        };
        let mut names = Vec::new();
        for entry in rustix::fs::Dir::read_from(folder)? {
            let name = entry?.file_name().to_bytes().to_vec();
            if is_file_name(&name) {
                names.extend(String::from_utf8(name));
            }
        }
        names.sort();
        Ok(names)
    }
}

/// `2010/12/name-0123456789/index.md` and nothing else is written in the work tree.
fn is_story_file(path: &str) -> bool {
    let (folder, name) = split(path);
    is_file_name(name.as_bytes()) && folder.parse::<StoryId>().is_ok()
}

fn with_sources(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(&format!(": {error}"));
        source = error.source();
    }
    text
}
