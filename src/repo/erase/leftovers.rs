//! What git keeps beside commits: the index, the work tree, reflogs, messages and ids of the last command.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use git2::Oid;

use super::super::lock::Lock;
use super::super::object::sync_folder;
use super::super::{Caution, RepoError, StoryRepo, index};
use super::rewrite::{Doomed, Rewriter};
use crate::story::StoryId;

/// Ids, messages and texts that git commands leave, none of which anything depends on while no command is under way.
const LEFT: [&str; 14] = [
    "ORIG_HEAD",
    "FETCH_HEAD",
    "AUTO_MERGE",
    "COMMIT_EDITMSG",
    "MERGE_MSG",
    "SQUASH_MSG",
    "TAG_EDITMSG",
    "NOTES_EDITMSG",
    "EDIT_DESCRIPTION",
    "gitk.cache",
    "rr-cache",
    "lost-found",
    "objects/info/commit-graph",
    "objects/info/commit-graphs",
];

/// Reflogs as they shall be; `None`: removed.
pub(super) type Logs = Vec<(PathBuf, Option<Vec<u8>>)>;

/// The story in whose folder this path is.
fn story_of(path: &[u8]) -> Option<StoryId> {
    let text = std::str::from_utf8(path).ok()?;
    let end = text.match_indices('/').nth(2)?.0;
    text[..end].parse().ok()
}

impl StoryRepo {
    /// Takes the doomed stories out of the index, also what was staged by hand.
    pub(super) fn clear_index(&self, lock: &Lock, doomed: Doomed) -> Result<(), RepoError> {
        let bytes = match fs::read(lock.target()) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(e) => return Err(RepoError::io("reading", lock.target())(e)),
        };
        let keep = |path: &[u8]| !story_of(path).is_some_and(|id| doomed(&id));
        match index::keep_only(&bytes, &keep) {
            Ok(None) => Ok(()),
            Ok(Some(bytes)) => lock.replace(&bytes),
            Err(why) => Err(self.damaged(".git/index", why)),
        }
    }

    /// Removes the doomed stories' folders, whatever is in them: drafts that were edited by hand are the story, too.
    pub(super) fn clear_work_tree(&self, doomed: Doomed) -> Vec<Caution> {
        let mut cautions = Vec::new();
        let real = |path: &Path| fs::symlink_metadata(path).is_ok_and(|meta| meta.is_dir());
        let numbered = |path: &Path, digits: usize| {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            name.len() == digits && name.bytes().all(|b| b.is_ascii_digit())
        };
        for year in inside(&self.root)
            .into_iter()
            .filter(|path| numbered(path, 4) && real(path))
        {
            for month in inside(&year).into_iter().filter(|path| numbered(path, 2) && real(path)) {
                for folder in inside(&month) {
                    let relative = folder.strip_prefix(&self.root).ok().and_then(Path::to_str);
                    let id = relative.and_then(|path| path.parse::<StoryId>().ok());
                    if !id.is_some_and(|id| doomed(&id)) {
                        continue;
                    }
                    let gone = match real(&folder) {
                        true => fs::remove_dir_all(&folder),
                        false => fs::remove_file(&folder),
                    };
                    if let Err(error) = gone {
                        cautions.push(Caution::NotWritten {
                            path: folder.display().to_string(),
                            error: error.to_string(),
                            others: 0,
                        });
                    }
                }
                let _ = fs::remove_dir(&month);
            }
            let _ = fs::remove_dir(&year);
        }
        cautions
    }

    /// Every reflog, without the lines that tell of a commit that is gone or made again; `None` removes it.
    pub(super) fn cleared_logs(&self, rewriter: &mut Rewriter) -> Result<Logs, RepoError> {
        let mut cleared = Vec::new();
        let mut open = vec![self.dir.join("logs")];
        while let Some(folder) = open.pop() {
            for path in inside(&folder) {
                if path.is_dir() {
                    open.push(path);
                    continue;
                }
                let bytes = fs::read(&path).map_err(RepoError::io("reading", &path))?;
                let mut kept = Vec::with_capacity(bytes.len());
                for line in bytes.split_inclusive(|&b| b == b'\n') {
                    let mut ids = [0, 41].into_iter().map(|at| {
                        let hex = std::str::from_utf8(line.get(at..at + 40)?).ok()?;
                        Oid::from_str(hex).ok()
                    });
                    let mut same = |id: Option<Oid>| match id {
                        Some(id) => id.is_zero() || rewriter.commit(id).is_ok_and(|new| new == Some(id)),
                        None => false,
                    };
                    if ids.all(&mut same) {
                        kept.extend_from_slice(line);
                    }
                }
                if kept != bytes {
                    cleared.push((path, Some(kept).filter(|kept| !kept.is_empty())));
                }
            }
        }
        Ok(cleared)
    }

    pub(super) fn write_logs(&self, logs: Logs) -> Result<(), RepoError> {
        for (path, bytes) in logs {
            let written = match bytes {
                None => remove(&path),
                Some(bytes) => {
                    let fresh = self.temp_dir().join("log.new");
                    // git removes a folder that it finds empty
                    let folder = path.parent().unwrap_or(Path::new("/"));
                    fs::write(&fresh, bytes)
                        .and_then(|()| fs::create_dir_all(folder))
                        .and_then(|()| fs::rename(&fresh, &path))
                }
            };
            written.map_err(RepoError::io("writing", &path))?;
        }
        Ok(())
    }

    pub(super) fn clear_leftovers(&self) -> Result<(), RepoError> {
        for name in LEFT {
            let path = self.dir.join(name);
            remove(&path).map_err(RepoError::io("removing", &path))?;
        }
        sync_folder(&self.dir)
    }
}

/// What is in a folder; nothing where there is none.
pub(super) fn inside(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    paths
}

/// Removes a file or a folder; one that is not there is gone already.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    let gone = match fs::symlink_metadata(path) {
        Ok(meta) if meta.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(e) => Err(e),
    };
    match gone {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
        _ => Ok(()),
    }
}
