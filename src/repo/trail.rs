//! The whole history, commit by commit, each against every one of its parents: which stories' folders differ. For those who look
//! whether a history is what it says.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use git2::{ObjectType, Oid, Sort};
use sha2::{Digest, Sha256};

use super::read::plain_file;
use super::tree::{DIR, Dir};
use super::{CommitId, RepoError, StoryRepo, Tip};
use crate::story::StoryId;
use crate::story::id::TextHash;
use crate::story::page::{INDEX, RECORD, text_hash_of};
use crate::story::record::Signature;

/// A commit and the stories that it touches.
#[derive(Debug, Clone)]
pub struct Link {
    pub id: CommitId,
    /// Its author.
    pub by: Signature,
    pub message: String,
    pub parents: Vec<CommitId>,
    pub touched: Vec<Touched>,
}

/// A story's folder at a commit, and at each of its parents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Touched {
    pub story: StoryId,
    pub now: Option<Folder>,
    pub before: Vec<Option<Folder>>,
}

/// A story's folder at some commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Folder(Oid);

/// What a story's folder says, without its photos: of these the SHA-256.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stand {
    pub record: Vec<u8>,
    pub index: Vec<u8>,
    pub sums: Vec<(String, [u8; 32])>,
    pub text: TextHash,
}

/// Walks histories; remembers what the next commit is likely to need.
pub struct Trail<'a> {
    repo: &'a StoryRepo,
    dirs: HashMap<Oid, Dir>,
    sums: HashMap<Oid, [u8; 32]>,
}

/// How many trees and checksums are remembered.
const REMEMBERED: usize = 4096;
/// The end of a reflog that is looked at.
const LOG_TAIL: u64 = 256 << 10;

impl StoryRepo {
    pub fn trail(&self) -> Trail<'_> {
        let (dirs, sums) = (HashMap::new(), HashMap::new());
        let repo = self;
        Trail { repo, dirs, sums }
    }

    /// The commits that a range names (`A..B`; B alone: all of its history), children before parents; `None` where there is no such.
    pub fn range(&self, from: Option<&str>, to: &str) -> Option<Vec<CommitId>> {
        let commit = |name: &str| {
            self.git
                .revparse_single(name)
                .ok()?
                .peel_to_commit()
                .ok()
                .map(|c| c.id())
        };
        let from = match from {
            Some(name) => Some(commit(name)?),
            None => None,
        };
        self.between(from, commit(to)?).ok()
    }

    /// Every commit of the branch.
    pub fn commits(&self, tip: &Tip) -> Result<Vec<CommitId>, RepoError> {
        self.between(None, tip.commit.0)
    }

    fn between(&self, from: Option<Oid>, to: Oid) -> Result<Vec<CommitId>, RepoError> {
        let failed = |e| self.git_error("walk its history", e);
        let mut walk = self.git.revwalk().map_err(failed)?;
        walk.set_sorting(Sort::TOPOLOGICAL).map_err(failed)?;
        walk.push(to).map_err(failed)?;
        if let Some(from) = from {
            walk.hide(from).map_err(failed)?;
        }
        walk.map(|id| id.map(CommitId).map_err(failed)).collect()
    }

    /// Commits that the branch stood at on this machine (its reflog, the latest part) and that are no longer in its history.
    pub fn departed(&self, tip: &Tip) -> Result<Vec<CommitId>, RepoError> {
        let path = self.dir.join("logs").join(self.branch_ref());
        let mut tail = Vec::new();
        if let Ok(mut file) = File::open(&path) {
            let length = file.metadata().map_or(0, |m| m.len());
            let _ = file.seek(SeekFrom::Start(length.saturating_sub(LOG_TAIL)));
            let _ = file.take(LOG_TAIL).read_to_end(&mut tail);
        }
        let exists = |id: Oid| !id.is_zero() && self.git.odb().is_ok_and(|odb| odb.exists(id));
        let mut left = Vec::new();
        for line in String::from_utf8_lossy(&tail).lines() {
            let mut words = line.split(' ').map(|word| Oid::from_str(word).ok());
            let (Some(Some(old)), Some(Some(new))) = (words.next(), words.next()) else {
                continue;
            };
            if !exists(old) || !exists(new) || left.contains(&CommitId(old)) {
                continue;
            }
            // the usual move is by one commit
            let parents = self.commit_at(new)?.parents;
            let goes_on = |from, to| from == to || self.git.graph_descendant_of(to, from).unwrap_or(false);
            if parents.contains(&old) || goes_on(old, new) || goes_on(old, tip.commit.0) {
                continue;
            }
            left.push(CommitId(old));
        }
        Ok(left)
    }
}

impl Trail<'_> {
    /// A commit with what it touches; of one story only, where one is named.
    pub fn link(&mut self, id: CommitId, only: Option<&StoryId>) -> Result<Link, RepoError> {
        let commit = self.repo.commit_at(id.0)?;
        let (mut trees, mut parents) = (Vec::new(), Vec::new());
        for parent in commit.parents {
            if self.repo.git.is_shallow() && !self.repo.git.odb().is_ok_and(|odb| odb.exists(parent)) {
                continue;
            }
            trees.push(Some(self.repo.tree_of(parent)?));
            parents.push(CommitId(parent));
        }
        Ok(Link {
            id,
            by: commit.by,
            message: commit.message,
            parents,
            touched: self.touched(Some(commit.tree), &trees, only)?,
        })
    }

    /// The stories that are not at `now` as they were at `before`.
    pub fn against(&mut self, now: &Tip, before: CommitId, only: Option<&StoryId>) -> Result<Vec<Touched>, RepoError> {
        let before = self.repo.tree_of(before.0)?;
        self.touched(Some(now.tree), &[Some(before)], only)
    }

    fn touched(
        &mut self,
        now: Option<Oid>,
        before: &[Option<Oid>],
        only: Option<&StoryId>,
    ) -> Result<Vec<Touched>, RepoError> {
        // a first commit is compared with nothing
        let roots = if before.is_empty() { &[None][..] } else { before };
        let mut open = vec![(String::new(), 0, now, roots.to_vec())];
        let mut touched = Vec::new();
        while let Some((path, depth, now, before)) = open.pop() {
            if before.iter().all(|tree| *tree == now) {
                continue;
            }
            if depth == 3 {
                // what is no story's name is told by those who list the tip
                if let Ok(story) = path.parse() {
                    let (now, before) = (now.map(Folder), before.into_iter().map(|t| t.map(Folder)).collect());
                    touched.push(Touched { story, now, before });
                }
                continue;
            }
            let mut names: BTreeMap<Box<[u8]>, Vec<Option<Oid>>> = BTreeMap::new();
            for (side, tree) in std::iter::once(now).chain(before.iter().copied()).enumerate() {
                let Some(tree) = tree else { continue };
                for entry in self.dir(tree, &path)?.0.iter().filter(|e| e.mode == DIR) {
                    let sides = names
                        .entry(entry.name.clone())
                        .or_insert_with(|| vec![None; before.len() + 1]);
                    sides[side] = Some(entry.id);
                }
            }
            for (name, sides) in names {
                let Ok(name) = std::str::from_utf8(&name) else { continue };
                let path = if path.is_empty() {
                    name.to_owned()
                } else {
                    format!("{path}/{name}")
                };
                if only.is_none_or(|id| id.as_str() == path || id.as_str().starts_with(&format!("{path}/"))) {
                    open.push((path, depth + 1, sides[0], sides[1..].to_vec()));
                }
            }
        }
        touched.sort_by(|a, b| a.story.as_str().cmp(b.story.as_str()));
        Ok(touched)
    }

    fn dir(&mut self, tree: Oid, place: &str) -> Result<&Dir, RepoError> {
        if self.dirs.len() > REMEMBERED / 64 && !self.dirs.contains_key(&tree) {
            self.dirs.clear();
        }
        if !self.dirs.contains_key(&tree) {
            self.dirs.insert(tree, self.repo.dir_at(tree, place)?);
        }
        Ok(&self.dirs[&tree])
    }

    /// A story's folder at the tip.
    pub fn folder(&self, tip: &Tip, id: &StoryId) -> Result<Option<Folder>, RepoError> {
        Ok(self.repo.story_tree(tip.tree, id)?.map(Folder))
    }

    /// What a folder says. Something in it that is no plain file is damage.
    pub fn stand(&mut self, story: &StoryId, folder: Folder) -> Result<Stand, RepoError> {
        let (mut record, mut index, mut sums) = (Vec::new(), Vec::new(), Vec::new());
        for entry in self.repo.dir_at(folder.0, story.as_str())?.0 {
            let (name, blob) = plain_file(&entry).map_err(|what| self.repo.damaged(story.as_str(), what))?;
            match name.as_str() {
                RECORD => record = self.repo.object(ObjectType::Blob, blob)?,
                INDEX => index = self.repo.object(ObjectType::Blob, blob)?,
                _ => sums.push((name, self.sum(blob)?)),
            }
        }
        let text = text_hash_of(&index, sums.iter().map(|(name, sum)| (name.as_str(), *sum)));
        Ok(Stand {
            record,
            index,
            sums,
            text,
        })
    }

    fn sum(&mut self, blob: Oid) -> Result<[u8; 32], RepoError> {
        if let Some(sum) = self.sums.get(&blob) {
            return Ok(*sum);
        }
        if self.sums.len() > REMEMBERED {
            self.sums.clear();
        }
        let sum = self
            .repo
            .with_object(ObjectType::Blob, blob, |bytes| Sha256::digest(bytes).into())?;
        self.sums.insert(blob, sum);
        Ok(sum)
    }
}
