//! Taking stories out of the repository for good: out of every commit, every ref, the index, the work tree, and git's own notes; then
//! the objects that nothing names any more.
//!
//! Every part can be done again: a run that was killed is finished by doing all of it once more.

mod leftovers;
mod prune;
mod rewrite;
mod words;

use std::collections::HashSet;

use git2::{ObjectType, Oid};

use super::lock::Lock;
use super::object::{Loose, Objects, Stored, commit_bytes, name_of};
use super::pack::Pack;
use super::refs::Move;
use super::remote::Other;
use super::tree::{Dir, FILE};
use super::{Caution, CommitId, PRIVATE_REF, RepoError, StoryRepo, Tip};
use crate::story::StoryId;
use crate::story::erased::Erased;
use crate::story::page::RECORD;
use crate::story::record::Signature;
pub use prune::{Hit, Pruned};
pub(super) use rewrite::Rewriter;
pub use rewrite::{Doomed, Told};

/// How often all is worked out anew because a ref moved.
const TRIES: usize = 5;

/// What an erasure came to.
#[derive(Debug, Default)]
pub struct Erasure {
    pub told: Told,
    /// Refs that had a story and were removed: what other repositories' branches were seen to be, tags, stashes.
    pub dropped: Vec<String>,
    pub pruned: Pruned,
    pub cautions: Vec<Caution>,
}

/// A line for the desk's own record, with the commit that brings it.
pub struct Entry {
    /// With its line end.
    pub line: String,
    pub message: String,
    pub by: Signature,
}

/// Objects that are only named, not stored.
struct Named<'a>(&'a StoryRepo);

impl Stored for Named<'_> {
    fn get(&self, kind: ObjectType, id: Oid) -> Result<Vec<u8>, RepoError> {
        self.0.object(kind, id)
    }
}

impl Objects for Named<'_> {
    fn put(&mut self, kind: ObjectType, bytes: &[u8]) -> Result<Oid, RepoError> {
        Ok(name_of(kind, bytes))
    }
}

impl StoryRepo {
    /// The desk's own record at a commit: `record.jsonl` in the root; empty where there is none.
    pub fn desk_record(&self, tip: &Tip) -> Result<Vec<u8>, RepoError> {
        match self.entry(tip.tree, RECORD.as_bytes())? {
            Some((FILE, blob)) => self.object(ObjectType::Blob, blob),
            Some(_) => Err(self.damaged(RECORD, "it is no plain file")),
            None => Ok(Vec::new()),
        }
    }

    /// What is known to be erased at a commit.
    pub fn erased(&self, tip: &Tip) -> Result<Erased, RepoError> {
        self.desk_record(tip).map(|record| Erased::of(&record))
    }

    /// Adds a line to the desk's own record, as one commit; `entry` is given the record as it is, and again where the branch moved.
    pub fn note_in_desk_record<E: From<RepoError>>(
        &self,
        mut entry: impl FnMut(&[u8]) -> Result<Option<Entry>, E>,
    ) -> Result<Option<CommitId>, E> {
        let (mut writing, _) = self.begin()?;
        for _ in 0..TRIES {
            let tip = self.tip()?;
            let mut record = self.desk_record(&tip)?;
            let Some(Entry { line, message, by }) = entry(&record)? else {
                return Ok(None);
            };
            if !record.is_empty() && !record.ends_with(b"\n") {
                record.push(b'\n');
            }
            record.extend_from_slice(line.as_bytes());
            let mut loose = Loose::new(self);
            let blob = loose.put(ObjectType::Blob, &record)?;
            let mut root: Dir = self.dir_at(tip.tree, "the root tree")?;
            root.set(RECORD.as_bytes(), FILE, blob);
            let tree = loose.put(ObjectType::Tree, &root.bytes())?;
            let old = Some(tip.commit.0);
            let new = loose.put(ObjectType::Commit, &commit_bytes(tree, old, &by, &message))?;
            loose.sync()?;
            let index = match self.is_checked_out()? {
                true => Some(Lock::take(self, "index")?),
                false => None,
            };
            let to = Move { old, new };
            if !self.move_refs(None, Some(to), || writing.announce(self, tip.commit.0))? {
                continue;
            }
            self.log_move(to, &by, &message);
            match index {
                Some(index) => drop(self.follow_up(&mut writing, &loose, tree, index, true, None)),
                None => writing.finish(true),
            }
            return Ok(Some(CommitId(new)));
        }
        Err(RepoError::Moved(self.root.clone()).into())
    }

    /// The commit as it is once the doomed stories are out of its history: itself where none was ever in it, `None` where nothing is left.
    /// Nothing is written. Two clones get the same answer for the same commit, so a history that was rewritten elsewhere is lawful if and
    /// only if this of the old one is among its commits.
    pub fn cleared(&self, commit: CommitId, doomed: Doomed) -> Result<(Option<CommitId>, Told), RepoError> {
        let mut named = Named(self);
        let mut rewriter = Rewriter::new(self, doomed, &mut named);
        let new = rewriter.commit(commit.0)?;
        Ok((new.map(CommitId), rewriter.told))
    }

    /// The stories that the desk's record calls erased while a history has them still. Who erases takes a story out of all history: here an
    /// old clone brought it back, or somebody who can push wrote the line. Nothing is destroyed for such a line but by a person.
    pub fn claimed(&self, tip: &Tip, erased: &Erased) -> Result<Vec<StoryId>, RepoError> {
        match erased.is_empty() {
            true => Ok(Vec::new()),
            false => Ok(self.cleared(tip.commit, &|id| erased.has_story(id))?.1.stories),
        }
    }

    /// The doomed stories that are in the branch's history, whether or not they still stand at its tip, or in the private part; and what
    /// taking them out would come to. Nothing is written.
    pub fn doomed(&self, doomed: Doomed) -> Result<Told, RepoError> {
        let (_, mut told) = self.cleared(self.tip()?.commit, doomed)?;
        if let Some(private) = self.read_ref(PRIVATE_REF)? {
            for id in self.cleared(CommitId(private), doomed)?.1.stories {
                if !told.stories.contains(&id) {
                    told.stories.push(id);
                }
            }
        }
        told.stories.sort();
        Ok(told)
    }

    /// Of these refs of the remote, whose objects must be here, those that have a doomed story anywhere in their history.
    pub fn holding(&self, others: &[Other], doomed: Doomed) -> Result<Vec<String>, RepoError> {
        let mut named = Named(self);
        let mut rewriter = Rewriter::new(self, doomed, &mut named);
        let mut found = Vec::new();
        for other in others {
            // what is of no commit has no history
            if let Some(commit) = self.tagged_commit(other.id)?
                && rewriter.commit(commit)? != Some(commit)
            {
                found.push(other.name.clone());
            }
        }
        Ok(found)
    }

    /// What keeps anything from being erased here, before anything is.
    pub fn can_erase(&self) -> Result<(), RepoError> {
        let refuse = |why, hint| {
            let path = self.root.clone();
            Err(RepoError::NotErasable { path, why, hint })
        };
        let there = |name: &str| self.dir.join(name).exists();
        let under_way = [
            "MERGE_HEAD",
            "CHERRY_PICK_HEAD",
            "REVERT_HEAD",
            "REBASE_HEAD",
            "rebase-merge",
            "rebase-apply",
            "sequencer",
            "BISECT_LOG",
        ];
        if under_way.into_iter().any(there) {
            return refuse(
                "a merge, rebase or the like is under way there",
                "finish it, or undo it with --abort (git status says which), then repeat",
            );
        }
        if self.git.is_shallow() {
            return refuse(
                "its history is cut off (a shallow clone)",
                "git fetch --unshallow there, then repeat",
            );
        }
        let borrowed = std::fs::read(self.dir.join("objects/info/alternates"));
        if borrowed.is_ok_and(|text| text.iter().any(|b| !b.is_ascii_whitespace())) {
            return refuse(
                "it borrows objects from another repository",
                "git repack -a -d there, remove .git/objects/info/alternates, then repeat",
            );
        }
        let linked = std::fs::read_dir(self.dir.join("worktrees"));
        if linked.is_ok_and(|mut all| all.next().is_some()) {
            return refuse(
                "it has other work trees",
                "git worktree list shows them; remove them with git worktree remove, then repeat",
            );
        }
        if let Ok(index) = std::fs::read(self.dir.join("index"))
            && super::index::keep_only(&index, &|_| true).is_err()
        {
            return refuse(
                "its index is in a form that is not edited here (split or sparse)",
                "git update-index --no-split-index, or git sparse-checkout disable, then repeat",
            );
        }
        Ok(())
    }

    /// Takes the doomed stories out of everything, and removes every object that nothing names then. It takes the repository and gives it
    /// back opened anew: what was read of the old one is not to be believed.
    ///
    /// # Errors
    /// [`RepoError::NotErasable`] before anything is done; anything else can be repeated.
    pub fn erase(self, doomed: Doomed) -> Result<(StoryRepo, Erasure), RepoError> {
        self.can_erase()?;
        let mut erasure = Erasure::default();
        let (writing, cautions) = self.begin()?;
        erasure.cautions = cautions;
        self.last.replace(None);
        let index = Lock::take(&self, "index")?;
        let mut done = false;
        for _ in 0..TRIES {
            if self.rewrite_refs(doomed, &mut erasure)? {
                done = true;
                break;
            }
        }
        if !done {
            return Err(RepoError::Moved(self.root.clone()));
        }
        self.clear_index(&index, doomed)?;
        erasure.cautions.extend(self.clear_work_tree(doomed));
        self.clear_leftovers()?;
        erasure.pruned = self.prune_locked()?;
        drop(index);
        drop(writing);
        let (root, branch) = (self.root.clone(), self.branch.clone());
        drop(self);
        Ok((StoryRepo::open(&root, &branch)?, erasure))
    }

    /// Removes every object that no ref, no index and no reflog names, whatever its age.
    pub fn prune(self) -> Result<(StoryRepo, Pruned), RepoError> {
        self.can_erase()?;
        let (writing, _) = self.begin()?;
        self.last.replace(None);
        let index = Lock::take(&self, "index")?;
        let pruned = self.prune_locked()?;
        drop(index);
        drop(writing);
        let (root, branch) = (self.root.clone(), self.branch.clone());
        drop(self);
        Ok((StoryRepo::open(&root, &branch)?, pruned))
    }

    /// Brings every ref and reflog to the history without the stories; `false` where a ref moved meanwhile.
    fn rewrite_refs(&self, doomed: Doomed, erasure: &mut Erasure) -> Result<bool, RepoError> {
        let mut pack = Pack::begin(self)?;
        let mut rewriter = Rewriter::new(self, doomed, &mut pack);
        let mut moves: Vec<(String, Oid, Oid)> = Vec::new();
        let mut drops: Vec<String> = Vec::new();
        let failed = |e| self.git_error("read its refs", e);
        let branch = self.branch_ref();
        let mut names: Vec<(String, Option<Oid>)> = Vec::new();
        for found in self.git.references().map_err(failed)? {
            let found = found.map_err(failed)?;
            names.push((found.name().unwrap_or_default().to_owned(), found.target()));
        }
        for (name, target) in &names {
            let Some(old) = *target else { continue };
            let new = match self.kind_of(old)? {
                ObjectType::Commit => rewriter.commit(old)?,
                ObjectType::Tag => match self.tagged_commit(old)? {
                    Some(commit) if rewriter.commit(commit)? != Some(commit) => None,
                    _ => Some(old),
                },
                _ => Some(old),
            };
            if new == Some(old) {
                continue;
            }
            let ours = name == PRIVATE_REF
                || ["refs/heads/", "refs/tags/", "refs/desk/seen/"]
                    .iter()
                    .any(|kind| name.starts_with(kind));
            match new {
                Some(new) if ours => moves.push((name.clone(), old, new)),
                None if *name == branch => return Err(self.damaged(name.as_str(), "nothing would be left of it")),
                _ => drops.push(name.clone()),
            }
        }
        let head = std::fs::read_to_string(self.dir.join("HEAD")).unwrap_or_default();
        if let Ok(old) = Oid::from_str(head.trim())
            && let Some(new) = rewriter.commit(old)?
            && new != old
        {
            moves.push(("HEAD".to_owned(), old, new));
        }
        let mut logs = self.cleared_logs(&mut rewriter)?;
        let told = rewriter.told.clone();
        pack.finish()?;
        // the branch first: from then on it is the shorter history that everybody reads
        moves.sort_by_key(|(name, ..)| (*name != branch, name == PRIVATE_REF));
        let mut held = Vec::new();
        for (name, old, new) in &moves {
            let lock = Lock::take(self, name)?;
            let now = match name.as_str() {
                "HEAD" => Some(*old),
                name => self.read_ref(name)?,
            };
            if now != Some(*old) {
                return Ok(false);
            }
            held.push((lock, *new));
        }
        for (lock, new) in held {
            lock.replace(format!("{new}\n").as_bytes())?;
        }
        // its log goes with it
        let mut drop_ref = |name: &str| -> Result<(), RepoError> {
            let gone = self.git.find_reference(name).and_then(|mut found| found.delete());
            gone.map_err(|e| self.git_error("remove a ref", e))?;
            let log = self.dir.join("logs").join(name);
            for (_, bytes) in logs.iter_mut().filter(|(path, _)| *path == log) {
                *bytes = None;
            }
            Ok(())
        };
        for name in drops {
            drop_ref(&name)?;
            erasure.dropped.push(name);
        }
        // names for refs that are gone
        for (name, target) in names {
            if target.is_none() && self.git.refname_to_id(&name).is_err() {
                drop_ref(&name)?;
            }
        }
        self.write_logs(logs)?;
        erasure.told.left_out += told.left_out;
        erasure.told.made_again += told.made_again;
        erasure.told.reworded += told.reworded;
        let known: HashSet<StoryId> = erasure.told.stories.iter().cloned().collect();
        erasure
            .told
            .stories
            .extend(told.stories.into_iter().filter(|id| !known.contains(id)));
        erasure.told.stories.sort();
        Ok(true)
    }

    fn kind_of(&self, id: Oid) -> Result<ObjectType, RepoError> {
        let odb = self.git.odb().map_err(|e| self.git_error("read its objects", e))?;
        let head = odb.read_header(id);
        head.map(|(_, kind)| kind)
            .map_err(|e| self.damaged(format!("object {id}"), e.message()))
    }

    /// The commit that an annotated tag, or a commit itself, is of; `None` where it is something else.
    fn tagged_commit(&self, tag: Oid) -> Result<Option<Oid>, RepoError> {
        let found = self
            .git
            .find_object(tag, None)
            .and_then(|object| object.peel(ObjectType::Commit));
        Ok(found.ok().map(|commit| commit.id()))
    }
}
