//! One step, one commit: loaded at the tip, changed, written, and the branch moved only if it is where it was.

use std::collections::BTreeMap;

use git2::{ObjectType, Oid};

use super::lock::Lock;
use super::object::{Loose, Objects, commit_bytes};
use super::read::is_file_name;
use super::refs::Move;
use super::tree::{Dir, Entry, FILE, Shelves};
use super::{Caution, CommitId, PRIVATE_REF, RepoError, StoryRepo, Tip};
use crate::story::StoryId;
use crate::story::record::{Change, Files, Signature};

/// How often a step is applied anew because the branch moved.
const TRIES: usize = 20;

/// A story as it stands when a step is applied to it.
pub struct Current<'a> {
    repo: &'a StoryRepo,
    pub id: &'a StoryId,
    pub tip: Tip,
    /// `None`: there is no such story yet.
    pub files: Option<Files>,
}

impl Current<'_> {
    /// The private part; `None` where this repository has none of it.
    pub fn private(&self) -> Result<Option<Files>, RepoError> {
        self.repo.private(self.id)
    }
}

/// What a step came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committed {
    /// The commit on the branch; `None` where only the private part changed.
    pub commit: Option<CommitId>,
    pub cautions: Vec<Caution>,
}

/// A change with its bytes stored: files by name of blob.
#[derive(Debug, Clone)]
pub(super) struct StoredChange {
    pub story: StoryId,
    pub files: BTreeMap<String, Option<Oid>>,
    pub private: BTreeMap<String, Option<Oid>>,
    pub message: String,
    pub by: Signature,
}

impl StoryRepo {
    /// Does one step: `step` is given the story at the tip and says what changes, or `None` for nothing. It is called again where
    /// the branch moved meanwhile. When this returns, all of it is on disk; the private part is there first.
    ///
    /// # Errors
    /// [`RepoError::Locked`] where another program is writing, [`RepoError::Moved`] where the branch does not come to rest; then
    /// nothing was done.
    pub fn commit<E: From<RepoError>>(
        &self,
        id: &StoryId,
        mut step: impl FnMut(&Current) -> Result<Option<Change>, E>,
    ) -> Result<Option<Committed>, E> {
        let ids = std::slice::from_ref(id);
        self.commit_together(ids, |current| {
            step(&current[0]).map(|change| change.into_iter().collect())
        })
    }

    /// The same for several stories in one commit (letters that were sent): its message and author are those of the first change
    /// that has a message.
    pub fn commit_together<E: From<RepoError>>(
        &self,
        ids: &[StoryId],
        mut step: impl FnMut(&[Current]) -> Result<Vec<Change>, E>,
    ) -> Result<Option<Committed>, E> {
        let (mut writing, mut cautions) = self.begin()?;
        for _ in 0..TRIES {
            let tip = self.tip()?;
            let (repo, mut current) = (self, Vec::with_capacity(ids.len()));
            for id in ids {
                let files = self.story(&tip, id)?;
                current.push(Current { repo, id, tip, files });
            }
            let changes = step(&current)?;
            drop(current);
            let mut loose = Loose::new(self);
            let stored = changes
                .iter()
                .map(|change| store(&mut loose, change))
                .collect::<Result<Vec<_>, _>>()?;
            drop(changes);
            let private = self.private_move(&mut loose, &stored)?;
            let branch = self.branch_move(&mut loose, &tip, &stored)?;
            if private.is_none() && branch.is_none() {
                return Ok(None);
            }
            loose.sync()?;
            // the index is locked before anything moves, so that a live git command stops the step as a whole
            let index = match branch {
                Some(_) if self.is_checked_out()? => Some(Lock::take(self, "index")?),
                _ => None,
            };
            let announce = || match branch {
                Some(_) => writing.announce(self, tip.commit.0),
                None => Ok(()),
            };
            if !self.move_refs(private, branch.map(|b| b.0), announce)? {
                continue;
            }
            if let Some((to, tree)) = branch {
                let told = spoken(&stored);
                self.log_move(to, &told.by, &told.message);
                if let Some(index) = index {
                    cautions.extend(self.follow_up(&mut writing, &loose, tree, index, true, None));
                } else {
                    writing.finish(true);
                }
            }
            let commit = branch.map(|(to, _)| CommitId(to.new));
            return Ok(Some(Committed { commit, cautions }));
        }
        Err(RepoError::Moved(self.root.clone()).into())
    }

    /// The branch with these changes as one commit, and its tree; `None` where they change nothing there.
    fn branch_move(
        &self,
        to: &mut Loose,
        tip: &Tip,
        changes: &[StoredChange],
    ) -> Result<Option<(Move, Oid)>, RepoError> {
        let mut shelves = Shelves::open(self, Some(tip.tree))?;
        let mut changed = false;
        for change in changes {
            changed |= place(self, to, &mut shelves, change, Side::Branch)?;
        }
        if !changed {
            return Ok(None);
        }
        let StoredChange { story, message, by, .. } = spoken(changes);
        if message.is_empty() {
            return Err(self.damaged(story.as_str(), "a change of its files without a message"));
        }
        let tree = shelves.write(to)?;
        let old = Some(tip.commit.0);
        let commit = self.signed_commit(commit_bytes(tree, old, by, message), by)?;
        let new = to.put(ObjectType::Commit, &commit)?;
        Ok(Some((Move { old, new }, tree)))
    }

    /// The private ref with these changes in it; `None` where they change nothing there.
    pub(super) fn private_move(
        &self,
        to: &mut dyn Objects,
        changes: &[StoredChange],
    ) -> Result<Option<Move>, RepoError> {
        if changes.iter().all(|change| change.private.is_empty()) {
            return Ok(None);
        }
        let old = self.read_ref(PRIVATE_REF)?;
        let old_tree = old.map(|commit| self.tree_of(commit)).transpose()?;
        let mut shelves = Shelves::open(self, old_tree)?;
        for change in changes {
            place(self, to, &mut shelves, change, Side::Private)?;
        }
        let tree = shelves.write(to)?;
        if Some(tree) == old_tree {
            return Ok(None);
        }
        // no parent: what is taken out of it is gone with the next prune
        let by = &changes.last().expect("not empty").by;
        let new = to.put(ObjectType::Commit, &commit_bytes(tree, None, by, "Private parts\n"))?;
        Ok(Some(Move { old, new }))
    }
}

/// The change that speaks for all of one commit.
fn spoken(changes: &[StoredChange]) -> &StoredChange {
    let first = changes.iter().find(|change| !change.message.is_empty());
    first.unwrap_or(&changes[0])
}

/// Stores the bytes of a change.
pub(super) fn store(to: &mut dyn Objects, change: &Change) -> Result<StoredChange, RepoError> {
    let mut blobs = |files: &BTreeMap<String, Option<Vec<u8>>>| -> Result<_, RepoError> {
        let mut stored = BTreeMap::new();
        for (name, bytes) in files {
            check_name(&change.story, name)?;
            let blob = bytes
                .as_ref()
                .map(|bytes| to.put(ObjectType::Blob, bytes))
                .transpose()?;
            stored.insert(name.clone(), blob);
        }
        Ok(stored)
    };
    let (files, private) = (blobs(&change.files)?, blobs(&change.private)?);
    Ok(StoredChange {
        story: change.story.clone(),
        files,
        private,
        message: change.message.clone(),
        by: change.by.clone(),
    })
}

/// Refuses a file name that is not of the tool's own giving.
pub(super) fn check_name(story: &StoryId, name: &str) -> Result<(), RepoError> {
    match is_file_name(name.as_bytes()) {
        true => Ok(()),
        false => Err(RepoError::BadName {
            story: story.clone(),
            name: name.to_owned(),
        }),
    }
}

/// Which of a change's two halves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Branch,
    Private,
}

/// Puts a change's files into the story's folder; whether that changed anything.
pub(super) fn place(
    repo: &StoryRepo,
    to: &mut dyn Objects,
    shelves: &mut Shelves,
    change: &StoredChange,
    side: Side,
) -> Result<bool, RepoError> {
    let files = match side {
        Side::Branch => &change.files,
        Side::Private => &change.private,
    };
    if files.is_empty() {
        return Ok(false);
    }
    let id = &change.story;
    let old = shelves.story(repo, id)?;
    let mut dir = match old {
        Some(tree) => Dir::parse(&to.get(ObjectType::Tree, tree)?).map_err(|what| repo.damaged(id.as_str(), what))?,
        None => Dir::default(),
    };
    for (name, blob) in files {
        match (dir.get(name.as_bytes()), blob) {
            (Some(Entry { mode, .. }), _) if *mode != FILE => {
                return Err(repo.damaged(format!("{id}/{name}"), "it is no plain file"));
            }
            (_, Some(blob)) => dir.set(name.as_bytes(), FILE, *blob),
            (_, None) => dir.remove(name.as_bytes()),
        }
    }
    let new = match dir.0.is_empty() {
        true => None,
        false => Some(to.put(ObjectType::Tree, &dir.bytes())?),
    };
    if new == old {
        return Ok(false);
    }
    shelves.put(repo, id, new)?;
    Ok(true)
}
