//! The work tree: what a person sees and edits in the folder.
//!
//! It follows the branch, but only where a file still is what the last commit said; an edit by hand is never overwritten.
//! Every folder on the way is opened without following symbolic links, and no filter or line-ending rule takes part.

use std::cell::OnceCell;
use std::collections::{BTreeMap, HashMap};
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, BufReader};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::folders::{Folders, Found, split};
use super::index::{self, Stat, Want};
use super::lock::{Lock, Writing};
use super::object::{Stored, name_of};
use super::packed::OwnPack;
use super::read::is_file_name;
use super::received::is_root_file;
use super::tree::Differs;
use super::{Caution, Doing, Far, RepoError, StoryRepo, Tip, Watch};
use crate::hands;
use crate::story::StoryId;
use git2::{ObjectType, Oid, RepositoryOpenFlags};

/// Compare the content: of no file can all of this be true but the mode.
const UNKNOWN: Stat = [0, 0, 0, 0, 0, 0, 0o100644, 0, 0, 0];

/// How many threads write new files, and how many files one of them has at least.
const HANDS: usize = 2;
const LEAST: usize = 64;

impl StoryRepo {
    /// After the branch moved to `tree`: brings work tree and index there from what was announced.
    pub(super) fn follow_up(
        &self,
        writing: &mut Writing,
        from: &dyn Stored,
        tree: Oid,
        index: Lock,
        sync: bool,
        watch: Option<Watch>,
    ) -> Vec<Caution> {
        let before = writing.announced().and_then(|commit| self.tree_of(commit).ok());
        let (cautions, done) = match before {
            Some(before) => self.settle(from, before, tree, index, sync, watch),
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
        watch: Option<Watch>,
    ) -> (Vec<Caution>, bool) {
        let mut cautions = Vec::new();
        let result = self.differences(from, Some(old), Some(new)).and_then(|differs| {
            let wants = self.follow(from, differs, sync, watch, &mut cautions)?;
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
        watch: Option<Watch>,
        cautions: &mut Vec<Caution>,
    ) -> Result<Vec<Want>, RepoError> {
        let mut folders = Folders::open(&self.root).map_err(RepoError::io("opening", &self.root))?;
        // left out of a sparse checkout, or of the index as well: then its not being there is no edit
        let left_out = |path: &str| match std::fs::read(self.dir.join("index")) {
            Ok(index) => index::paths_under(&index, path).is_ok_and(|paths| paths.is_empty()),
            Err(e) => e.kind() == io::ErrorKind::NotFound,
        };
        let mut wants = Vec::with_capacity(differs.len());
        let mut written = match from.own_pack() {
            Some(pack) if !sync => self.write_new(pack, &differs, watch),
            _ => HashMap::new(),
        };
        // what the hands did was told
        let (mut done, all) = (written.len(), differs.len());
        for Differs { path, old, new } in differs {
            if !is_story_file(&path) {
                continue;
            }
            if let Some(stat) = written.remove(&path) {
                let new = new.map(|id| (id, stat));
                wants.push(Want { path, old, new });
                continue;
            }
            tell(watch, done, all);
            done += 1;
            let done = match folders.read(&path) {
                Ok(found) => self.follow_one(from, &mut folders, &path, found, (old, new), sync)?,
                Err(e) => Err(Caution::NotWritten {
                    path: path.clone(),
                    error: e.to_string(),
                    others: 0,
                }),
            };
            let stat = match done {
                Ok(stat) => stat,
                Err(Caution::DeletedByHand(path)) if left_out(&path) => UNKNOWN,
                Err(caution) => {
                    note(cautions, caution);
                    UNKNOWN
                }
            };
            let new = new.map(|id| (id, stat));
            wants.push(Want { path, old, new });
        }
        Ok(wants)
    }

    /// Writes those files that are nowhere yet, with several hands; gives what it wrote. Whatever does not go smoothly is left to be
    /// done one by one.
    fn write_new(&self, pack: &OwnPack, differs: &[Differs], watch: Option<Watch>) -> HashMap<String, Stat> {
        let (root, dir, all) = (&self.root, &self.dir, differs.len());
        let done = AtomicUsize::new(0);
        let hand = |share: &[Differs]| {
            let mut written = Vec::new();
            let Ok(mut folders) = Folders::open(root) else {
                return written;
            };
            // what came from elsewhere is in no pack of ours, and a hand reads it for itself: libgit2 gives a repository to one thread
            let stored = OnceCell::new();
            let blob = |id: Oid| match pack.get(ObjectType::Blob, id) {
                Some(bytes) => bytes.ok(),
                None => read_blob(stored.get_or_init(|| objects_in(dir)).as_ref()?, id),
            };
            for Differs { path, old, new } in share {
                tell(watch, done.fetch_add(1, Ordering::Relaxed), all);
                if let (None, Some(id)) = (old, new)
                    && is_story_file(path)
                    && (folders.is_new(path).unwrap_or(false) || matches!(folders.read(path), Ok(Found::Missing)))
                    && let Some(bytes) = blob(*id)
                    && let Ok(stat) = folders.write(path, &bytes, false)
                {
                    written.push((path.clone(), stat));
                }
            }
            written
        };
        let share = differs.len().div_ceil(HANDS).max(LEAST);
        hands::share(differs.chunks(share), hand)
            .into_iter()
            .flatten()
            .collect()
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
            Found::Plain(bytes, stat) => match (Some(name_of(ObjectType::Blob, &bytes)), old, new) {
                (is, _, _) if is == new => return Ok(Ok(stat)),
                // a new file of which a killed run wrote the beginning
                (_, None, Some(id)) if from.get(ObjectType::Blob, id)?.starts_with(&bytes) => None,
                (is, _, _) => is,
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
            others: 0,
        }))
    }

    fn update_index(&self, lock: &Lock, wants: Vec<Want>, cautions: &mut Vec<Caution>) -> Result<(), RepoError> {
        let reading = RepoError::io("reading", lock.target());
        let opened = File::open(lock.target()).and_then(|file| Ok((file.metadata()?.len(), file)));
        let (len, index) = match opened {
            Ok((len, file)) => (len, BufReader::with_capacity(64 * 1024, file)),
            // nothing was ever checked out here
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(e) => return Err(reading(e)),
        };
        let fresh = lock.fresh()?;
        match index::edit(index, len, wants, &fresh.file) {
            Ok(more) => {
                cautions.extend(more);
                fresh.take_its_place()
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

    /// The files of the work tree that differ from the branch or are not on it, at most `most`: what a look around the whole folder
    /// finds. None where another branch is checked out.
    pub fn uncommitted_files(&self, most: usize) -> Result<Vec<String>, RepoError> {
        if !self.is_checked_out()? {
            return Ok(Vec::new());
        }
        let mut options = git2::StatusOptions::new();
        options
            .include_untracked(true)
            .recurse_untracked_dirs(true)
            .no_refresh(true)
            .update_index(false);
        let failed = |error| self.git_error("compare the work tree", error);
        let statuses = self.git.statuses(Some(&mut options)).map_err(failed)?;
        let path = |entry: git2::StatusEntry| String::from_utf8_lossy(entry.path_bytes()).into_owned();
        Ok(statuses.iter().map(path).take(most).collect())
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
        let left_behind = self.left_behind();
        let killed = left_behind.is_some();
        let before = match left_behind {
            Some(old) => files(self.tree_of(old)?)?,
            None => BTreeMap::new(),
        };
        let reading = |e| RepoError::io("reading", self.root.join(id.as_str()))(e);
        let mut folders = Folders::open(&self.root).map_err(reading)?;
        let mut missing = Vec::new();
        let there = folders.names(id.as_str()).map_err(reading)?;
        for name in committed
            .keys()
            .chain(there.iter().filter(|n| !committed.contains_key(*n)))
        {
            let (is, was) = (committed.get(name), before.get(name));
            match folders.read(&format!("{id}/{name}")).map_err(reading)? {
                Found::Plain(bytes, _) => {
                    let found = name_of(ObjectType::Blob, &bytes);
                    let begun = match (is, was) {
                        (Some(blob), None) if killed => self.object(ObjectType::Blob, *blob)?.starts_with(&bytes),
                        _ => false,
                    };
                    if Some(&found) != is && Some(&found) != was && !begun {
                        edits.insert(name.clone(), Some(bytes));
                    }
                }
                Found::Missing if !killed || was.is_some() => missing.push(name.clone()),
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

/// The objects of a repository as this thread reads them; each is read against its name.
fn objects_in(dir: &Path) -> Option<git2::Repository> {
    let none: [&OsStr; 0] = [];
    let flags = RepositoryOpenFlags::NO_SEARCH | RepositoryOpenFlags::BARE | RepositoryOpenFlags::NO_DOTGIT;
    git2::Repository::open_ext(dir, flags, none).ok()
}

fn read_blob(repo: &git2::Repository, id: Oid) -> Option<Vec<u8>> {
    let blob = repo.find_blob(id).ok()?;
    Some(blob.content().to_vec())
}

/// Every so many files somebody is told.
const OFTEN: usize = 100;

fn tell(watch: Option<Watch>, done: usize, all: usize) {
    if let Some(watch) = watch.filter(|_| done.is_multiple_of(OFTEN)) {
        let (done, all) = (done as u64, all as u64);
        watch(Far {
            doing: Doing::Writing,
            done,
            all,
        });
    }
}

/// `2010/12/name-0123456789/index.md`, and beside the stories a README.md or the like: nothing else is written in the work tree.
fn is_story_file(path: &str) -> bool {
    let (folder, name) = split(path);
    if folder.is_empty() {
        return is_root_file(name);
    }
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

/// A disk that is full keeps many files from being written; that is said once.
fn note(cautions: &mut Vec<Caution>, caution: Caution) {
    if let Caution::NotWritten { error: why, .. } = &caution {
        let same = cautions.iter_mut().find_map(|known| match known {
            Caution::NotWritten { error, others, .. } if error == why => Some(others),
            _ => None,
        });
        if let Some(others) = same {
            *others += 1;
            return;
        }
    }
    cautions.push(caution);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_said_once_and_another_reason_by_itself() {
        let mut cautions = Vec::new();
        for (path, error) in [("a", "no space"), ("b", "no space"), ("c", "denied"), ("d", "no space")] {
            let (path, error) = (path.to_owned(), error.to_owned());
            note(&mut cautions, Caution::NotWritten { path, error, others: 0 });
        }
        note(&mut cautions, Caution::HandEdited("e".to_owned()));
        note(&mut cautions, Caution::HandEdited("f".to_owned()));
        let said: Vec<String> = cautions.iter().map(Caution::to_string).collect();
        assert_eq!(said.len(), 4, "{said:?}");
        assert!(said[0].contains("a and 2 other files in the work tree could not be written: no space"));
        assert!(said[1].contains("c in the work tree could not be written: denied"));
    }
}
