//! Objects that nothing names are removed: loose ones, and out of packs, which are written anew without them.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use git2::{ObjectType, Oid};
use regex::bytes::RegexBuilder;

use super::super::object::{Objects, sync_folder};
use super::super::pack::Pack;
use super::super::tree::{DIR, Entries};
use super::super::{PRIVATE_REF, RepoError, StoryRepo, index};
use super::leftovers::{inside, remove};

/// What was removed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pruned {
    /// Objects that nothing named.
    pub objects: usize,
    /// Packs that were written anew, or removed.
    pub packs: usize,
}

/// An object in which something is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// Where it stands: a path on the branch or in the private part, or a commit.
    pub place: String,
    /// What was found there.
    pub what: String,
}

/// A submodule's commit, which is not here.
const SUBMODULE: u32 = 0o160_000;

impl StoryRepo {
    /// Every object that a ref, HEAD, a reflog or the index names, and what these are made of.
    fn reachable(&self, mut meet: impl FnMut(&str, ObjectType, Oid)) -> Result<HashSet<Oid>, RepoError> {
        let mut seen = HashSet::new();
        let mut open: Vec<(String, Oid)> = Vec::new();
        let failed = |e| self.git_error("read its refs", e);
        for found in self.git.references().map_err(failed)? {
            let found = found.map_err(failed)?;
            if let Some(id) = found.target() {
                let private = found.name().ok() == Some(PRIVATE_REF);
                open.push((if private { "private:" } else { "" }.to_owned(), id));
            }
        }
        let head = fs::read_to_string(self.dir.join("HEAD")).unwrap_or_default();
        open.extend(Oid::from_str(head.trim()).ok().map(|id| (String::new(), id)));
        open.extend(self.logged().into_iter().map(|id| (String::new(), id)));
        if let Ok(bytes) = fs::read(self.dir.join("index")) {
            let ids = index::ids(&bytes).map_err(|why| self.damaged(".git/index", why))?;
            open.extend(ids.into_iter().map(|id| (String::new(), id)));
        }
        // what is newest is looked at first, so that a file is known by the path it has now
        open.reverse();
        while let Some((place, id)) = open.pop() {
            if !seen.insert(id) {
                continue;
            }
            let odb = self.git.odb().map_err(|e| self.git_error("read its objects", e))?;
            let kind = match odb.read_header(id) {
                Ok((_, kind)) => kind,
                // an old reflog may name what was pruned long ago
                Err(_) => {
                    seen.remove(&id);
                    continue;
                }
            };
            meet(&place, kind, id);
            match kind {
                ObjectType::Tree => {
                    let bytes = self.object(kind, id)?;
                    for item in Entries(&bytes) {
                        let (mode, name, below) = item.map_err(|what| self.damaged(place.as_str(), what))?;
                        if mode == SUBMODULE || seen.contains(&below) {
                            continue;
                        }
                        let name = String::from_utf8_lossy(name);
                        let end = if mode == DIR { "/" } else { "" };
                        open.push((format!("{place}{name}{end}"), below));
                    }
                }
                ObjectType::Commit => {
                    let bytes = self.object(kind, id)?;
                    let of = |line: &[u8]| Oid::from_str(std::str::from_utf8(line).ok()?).ok();
                    let mut trees = Vec::new();
                    for line in bytes.split(|&b| b == b'\n').take_while(|line| !line.is_empty()) {
                        if let Some(parent) = line.strip_prefix(b"parent ").and_then(of) {
                            open.push((place.clone(), parent));
                        } else if let Some(tree) = line.strip_prefix(b"tree ").and_then(of) {
                            trees.push(tree);
                        }
                    }
                    open.extend(trees.into_iter().map(|tree| (place.clone(), tree)));
                }
                ObjectType::Tag => {
                    let bytes = self.object(kind, id)?;
                    let line = bytes.split(|&b| b == b'\n').next().unwrap_or_default();
                    let hex = line
                        .strip_prefix(b"object ")
                        .and_then(|hex| std::str::from_utf8(hex).ok());
                    open.extend(hex.and_then(|hex| Oid::from_str(hex).ok()).map(|id| (place, id)));
                }
                _ => {}
            }
        }
        Ok(seen)
    }

    /// The commits that the reflogs name.
    fn logged(&self) -> Vec<Oid> {
        let mut ids = Vec::new();
        let mut open = vec![self.dir.join("logs")];
        while let Some(folder) = open.pop() {
            for path in inside(&folder) {
                if path.is_dir() {
                    open.push(path);
                } else if let Ok(bytes) = fs::read(&path) {
                    for line in bytes.split(|&b| b == b'\n') {
                        let hex = [line.get(..40), line.get(41..81)];
                        let id = |hex: &[u8]| Oid::from_str(std::str::from_utf8(hex).ok()?).ok();
                        ids.extend(hex.into_iter().flatten().filter_map(id).filter(|id| !id.is_zero()));
                    }
                }
            }
        }
        ids
    }

    /// Needs the right to write, and the index locked, so that no git command is putting objects here that nothing names yet. What comes
    /// from elsewhere meanwhile (somebody pushes) is younger than the moment at which this begins, and left.
    pub(super) fn prune_locked(&self) -> Result<Pruned, RepoError> {
        let begun = self.moment()?;
        let named = self.reachable(|_, _, _| {})?;
        let objects = self.dir.join("objects");
        let packs = objects.join("pack");
        // an index over packs that go
        for path in inside(&packs) {
            if file_name(&path).starts_with("multi-pack-index") {
                remove(&path).map_err(RepoError::io("removing", &path))?;
            }
        }
        let mut pruned = Pruned::default();
        let (mut kept, mut dirty): (HashSet<Oid>, Vec<(PathBuf, Vec<Oid>)>) = Default::default();
        for path in inside(&packs) {
            if path.extension().is_none_or(|end| end != "idx") {
                continue;
            }
            let pack = path.with_extension("pack");
            if !pack.exists() {
                // a run was killed between removing the two
                dirty.push((path, Vec::new()));
                continue;
            }
            if is_younger(&pack, begun) {
                continue;
            }
            let ids = pack_ids(&path).map_err(RepoError::io("reading", &path))?;
            match ids.iter().all(|id| named.contains(id)) {
                true => kept.extend(ids),
                false => dirty.push((path, ids)),
            }
        }
        let mut loose = Vec::new();
        for folder in inside(&objects).into_iter().filter(|path| is_hex(file_name(path), 2)) {
            for path in inside(&folder) {
                let name = file_name(&path);
                if name.starts_with("tmp_obj_") && !is_younger(&path, begun) {
                    loose.push(path);
                    continue;
                }
                if !is_hex(name, 38) {
                    continue;
                }
                let id = Oid::from_str(&format!("{}{name}", file_name(&folder)));
                match id {
                    Ok(id) if named.contains(&id) => drop(kept.insert(id)),
                    _ if is_younger(&path, begun) => {}
                    _ => {
                        pruned.objects += 1;
                        loose.push(path);
                    }
                }
            }
        }
        if !dirty.is_empty() {
            let mut fresh = Pack::begin(self)?;
            let odb = self.git.odb().map_err(|e| self.git_error("read its objects", e))?;
            for id in dirty.iter().flat_map(|(_, ids)| ids) {
                if !named.contains(id) {
                    pruned.objects += 1;
                } else if kept.insert(*id) {
                    let object = odb
                        .read(*id)
                        .map_err(|e| self.damaged(format!("object {id}"), e.message()))?;
                    fresh.put(object.kind(), object.data())?;
                }
            }
            fresh.finish_as_pack()?;
        }
        for (index, _) in &dirty {
            pruned.packs += 1;
            // the pack first: an index without one is passed over, a pack without one would be forgotten here
            for end in ["pack", "rev", "bitmap", "keep", "mtimes", "promisor", "idx"] {
                let path = index.with_extension(end);
                remove(&path).map_err(RepoError::io("removing", &path))?;
            }
        }
        sync_folder(&packs)?;
        let mut folders = HashSet::new();
        for path in loose {
            remove(&path).map_err(RepoError::io("removing", &path))?;
            folders.extend(path.parent().map(Path::to_owned));
        }
        for folder in folders {
            if fs::remove_dir(&folder).is_err() {
                sync_folder(&folder)?;
            }
        }
        sync_folder(&objects)?;
        Ok(pruned)
    }

    /// The file system's own time, by which the age of its files is told.
    fn moment(&self) -> Result<SystemTime, RepoError> {
        let folder = self.temp_dir();
        let now = tempfile::tempfile_in(&folder).and_then(|file| file.metadata()?.modified());
        now.map_err(RepoError::io("writing in", &folder))
    }

    /// Where any of these texts still stands, in any object that is left, without regard to case; at most `most`. Bytes are compared as
    /// they are: what a mail has in base64 is not found.
    pub fn search(&self, texts: &[String], most: usize) -> Result<Vec<Hit>, RepoError> {
        let texts: Vec<String> = texts
            .iter()
            .filter(|t| !t.is_empty())
            .map(|t| regex::escape(t))
            .collect();
        if texts.is_empty() {
            return Ok(Vec::new());
        }
        let any = RegexBuilder::new(&texts.join("|"))
            .case_insensitive(true)
            .size_limit(64 << 20)
            .build();
        let any = any.map_err(|e| self.damaged("a search", e.to_string()))?;
        let mut places: BTreeMap<String, Oid> = BTreeMap::new();
        let mut kinds = Vec::new();
        self.reachable(|place, kind, id| kinds.push((place.to_owned(), kind, id)))?;
        let odb = self.git.odb().map_err(|e| self.git_error("read its objects", e))?;
        let mut hits = Vec::new();
        for (place, kind, id) in kinds {
            if kind == ObjectType::Tree || hits.len() >= most {
                continue;
            }
            let object = odb
                .read(id)
                .map_err(|e| self.damaged(format!("object {id}"), e.message()))?;
            let Some(found) = any.find(object.data()) else { continue };
            let place = match kind {
                ObjectType::Blob if !place.is_empty() => place,
                kind => format!("{kind} {id}"),
            };
            // once a path: its history has the same words
            if places.insert(place.clone(), id).is_none() {
                let what = String::from_utf8_lossy(found.as_bytes()).into_owned();
                hits.push(Hit { place, what });
            }
        }
        Ok(hits)
    }
}

fn file_name(path: &Path) -> &str {
    path.file_name().and_then(|name| name.to_str()).unwrap_or_default()
}

fn is_hex(name: &str, len: usize) -> bool {
    name.len() == len && name.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

fn is_younger(path: &Path, than: SystemTime) -> bool {
    fs::metadata(path)
        .and_then(|meta| meta.modified())
        .is_ok_and(|at| at > than)
}

/// The objects of a pack, by its index (gitformat-pack, versions 1 and 2).
fn pack_ids(index: &Path) -> io::Result<Vec<Oid>> {
    let bytes = fs::read(index)?;
    let bad = || io::Error::from(io::ErrorKind::InvalidData);
    let word = |at: usize| -> io::Result<usize> {
        let word = bytes.get(at..at + 4).ok_or_else(bad)?;
        Ok(u32::from_be_bytes(word.try_into().map_err(|_| bad())?) as usize)
    };
    let two = bytes.starts_with(b"\xfftOc");
    if two && word(4)? != 2 {
        return Err(bad());
    }
    let fan = if two { 8 } else { 0 };
    let count = word(fan + 255 * 4)?;
    let (start, skip, width) = if two { (fan + 1024, 0, 20) } else { (1024, 4, 24) };
    let table = bytes
        .get(start..start + count.checked_mul(width).ok_or_else(bad)?)
        .ok_or_else(bad)?;
    table
        .chunks_exact(width)
        .map(|entry| Oid::from_bytes(&entry[skip..]).map_err(|_| bad()))
        .collect()
}
