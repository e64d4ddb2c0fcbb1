//! Many steps at once: what `fetch` does. One pack, synced before anything points at it; the branch and the private ref move once.

use std::collections::{BTreeMap, HashMap};

use git2::{ObjectType, Oid};

use super::lock::{Lock, Writing};
use super::object::{Objects, Stored, commit_bytes};
use super::pack::Pack;
use super::packed::Written;
use super::press::{Ready, ReadyChange, ReadyFiles};
use super::read::ids_ending;
use super::refs::Move;
use super::step::{Side, StoredChange, check_name, place, store};
use super::tree::{Dir, Entry, Shelves};
use super::{Caution, CommitId, PRIVATE_REF, RepoError, Signer, StoryRepo, Tip};
use crate::story::StoryId;
use crate::story::record::{Change, Files};
use crate::story::submission::Kept;

/// How often the commits are built anew because the branch moved.
const TRIES: usize = 5;

/// A batch under way. It sees what it has added; nobody else does before [`Batch::finish`]. Dropped, it leaves nothing.
pub struct Batch<'a> {
    repo: &'a StoryRepo,
    writing: Writing,
    pack: Pack<'a>,
    line: Line,
    changes: Vec<StoredChange>,
    /// The trees of the stories touched, as they were at the tip.
    before: HashMap<StoryId, Option<Oid>>,
    cautions: Vec<Caution>,
}

/// A mail that is in the batch's pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PackedMail {
    blob: Oid,
    len: usize,
    /// Where the pack ended when it was in it.
    end: u64,
}

/// What a batch came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Finished {
    /// The new tip; `None` where no commit was made.
    pub commit: Option<CommitId>,
    pub cautions: Vec<Caution>,
}

/// Commits upon each other, not yet on the branch.
struct Line {
    tip: Tip,
    head: Oid,
    shelves: Shelves,
    private_before: Option<Oid>,
    private: Shelves,
    private_changed: bool,
}

impl Line {
    fn begin(repo: &StoryRepo) -> Result<Line, RepoError> {
        let tip = repo.tip()?;
        let private_before = repo.read_ref(PRIVATE_REF)?;
        let private_tree = private_before.map(|commit| repo.tree_of(commit)).transpose()?;
        Ok(Line {
            tip,
            head: tip.commit.0,
            shelves: Shelves::open(repo, Some(tip.tree))?,
            private_before,
            private: Shelves::open(repo, private_tree)?,
            private_changed: false,
        })
    }

    fn add(&mut self, repo: &StoryRepo, pack: &mut Pack, change: &StoredChange) -> Result<(), RepoError> {
        self.private_changed |= place(repo, pack, &mut self.private, change, Side::Private)?;
        if place(repo, pack, &mut self.shelves, change, Side::Branch)? {
            if change.message.is_empty() {
                return Err(repo.damaged(change.story.as_str(), "a change of its files without a message"));
            }
            let tree = self.shelves.write(pack)?;
            let commit = commit_bytes(tree, Some(self.head), &change.by, &change.message);
            self.head = pack.put(ObjectType::Commit, &commit)?;
        }
        Ok(())
    }

    /// The moves of the private ref and of the branch, all their objects being in the pack.
    fn end(&mut self, pack: &mut Pack, last: &StoredChange) -> Result<(Option<Move>, Option<Move>), RepoError> {
        let mut private = None;
        if self.private_changed {
            let tree = self.private.write(pack)?;
            let commit = commit_bytes(tree, None, &last.by, "Private parts\n");
            let new = pack.put(ObjectType::Commit, &commit)?;
            let old = self.private_before;
            private = Some(Move { old, new });
        }
        let old = Some(self.tip.commit.0);
        let branch = (old != Some(self.head)).then_some(Move { old, new: self.head });
        Ok((private, branch))
    }
}

impl StoryRepo {
    /// Begins a batch; nobody else writes until it is finished or dropped.
    pub fn batch(&self) -> Result<Batch<'_>, RepoError> {
        let (writing, cautions) = self.begin()?;
        self.remove_stale_packs();
        // a git command that holds the index for long would fail the batch at its end
        if self.is_checked_out()? {
            drop(Lock::take(self, "index")?);
        }
        Ok(Batch {
            repo: self,
            writing,
            pack: Pack::begin(self)?,
            line: Line::begin(self)?,
            changes: Vec::new(),
            before: HashMap::new(),
            cautions,
        })
    }
}

impl Batch<'_> {
    /// Writes a raw mail into the pack. It is safe from a power cut after the next [`Batch::sync`].
    /// `ready` was made of it.
    pub fn keep(&mut self, raw: &[u8], ready: &Ready) -> Result<PackedMail, RepoError> {
        let blob = self.pack.put_ready(ready, raw)?;
        let (len, end) = (ready.len, self.pack.len());
        Ok(PackedMail { blob, len, end })
    }

    /// The batch's word that a mail is durable: `None` before the [`Batch::sync`] that made it so. `raw` is what was given to
    /// [`Batch::keep`].
    pub fn kept<'r>(&self, mail: &PackedMail, raw: &'r [u8]) -> Option<Kept<'r>> {
        (mail.end <= self.pack.synced() && mail.len == raw.len()).then(|| Kept::sworn(raw))
    }

    /// Syncs the pack as far as it is written: every mail kept so far is durable.
    pub fn sync(&mut self) -> Result<(), RepoError> {
        self.pack.sync()
    }

    /// Adds one step, upon those before it. `kept` names mails of this batch as files of the private part, so that their
    /// bytes are neither carried nor hashed again.
    pub fn add(&mut self, change: &Change, kept: &[(&str, PackedMail)]) -> Result<(), RepoError> {
        let stored = store(&mut self.pack, change)?;
        self.add_stored(stored, kept)
    }

    /// The same with a change whose files are ready.
    pub fn add_ready(&mut self, change: ReadyChange, kept: &[(&str, PackedMail)]) -> Result<(), RepoError> {
        let ReadyChange {
            story,
            files,
            private,
            message,
            by,
        } = change;
        let mut all = |files: ReadyFiles| -> Result<BTreeMap<_, _>, RepoError> {
            let mut stored = BTreeMap::new();
            for (name, file) in files {
                check_name(&story, &name)?;
                let put = |(file, bytes): (Ready, Vec<u8>)| self.pack.put_ready(&file, &bytes);
                stored.insert(name, file.map(put).transpose()?);
            }
            Ok(stored)
        };
        let (files, private) = (all(files)?, all(private)?);
        let stored = StoredChange {
            story,
            files,
            private,
            message,
            by,
        };
        self.add_stored(stored, kept)
    }

    fn add_stored(&mut self, mut stored: StoredChange, kept: &[(&str, PackedMail)]) -> Result<(), RepoError> {
        for (name, mail) in kept {
            check_name(&stored.story, name)?;
            stored.private.insert(name.to_string(), Some(mail.blob));
        }
        if !self.before.contains_key(&stored.story) {
            let tree = self.line.shelves.story(self.repo, &stored.story)?;
            self.before.insert(stored.story.clone(), tree);
        }
        self.line.add(self.repo, &mut self.pack, &stored)?;
        self.changes.push(stored);
        Ok(())
    }

    /// As [`StoryRepo::find`], with what this batch has added.
    pub fn find(&mut self, month: &str, digits: &str) -> Result<Vec<StoryId>, RepoError> {
        let dir = self.line.shelves.month(self.repo, month)?;
        Ok(ids_ending(month, dir.0.iter().map(|e| &*e.name), digits))
    }

    /// As [`StoryRepo::story`], with what this batch has added.
    pub fn story(&mut self, id: &StoryId) -> Result<Option<Files>, RepoError> {
        let Some(tree) = self.line.shelves.story(self.repo, id)? else {
            return Ok(None);
        };
        let dir = self.dir(tree, id)?;
        self.files(dir.0.iter(), id).map(Some)
    }

    /// As [`StoryRepo::private`], with what this batch has added, and of the files only these: a story may have thousands of mails.
    pub fn private(&mut self, id: &StoryId, names: &[&str]) -> Result<Option<Files>, RepoError> {
        let Some(tree) = self.line.private.story(self.repo, id)? else {
            return Ok(None);
        };
        let dir = self.dir(tree, id)?;
        let wanted = names.iter().filter_map(|name| dir.get(name.as_bytes()));
        self.files(wanted, id).map(Some)
    }

    fn dir(&self, tree: Oid, id: &StoryId) -> Result<Dir, RepoError> {
        let dir = Dir::parse(&self.pack.get(ObjectType::Tree, tree)?);
        dir.map_err(|what| self.repo.damaged(id.as_str(), what))
    }

    fn files<'e>(&self, entries: impl Iterator<Item = &'e Entry>, id: &StoryId) -> Result<Files, RepoError> {
        let mut files = Files::new();
        for entry in entries {
            let (name, blob) = super::read::plain_file(entry).map_err(|what| self.repo.damaged(id.as_str(), what))?;
            files.insert(name, self.pack.get(ObjectType::Blob, blob)?);
        }
        Ok(files)
    }

    /// As [`StoryRepo::signer`].
    pub fn signer(&self) -> Option<Signer> {
        self.repo.signer()
    }

    /// Steps added so far.
    pub fn len(&self) -> usize {
        self.changes.len()
    }

    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Bytes of the pack so far.
    pub fn bytes(&self) -> u64 {
        self.pack.len()
    }

    /// Makes it so: pack and index synced, private ref and branch moved, work tree and index brought up to date. If someone moved the
    /// branch meanwhile, the commits are built again upon theirs.
    ///
    /// # Errors
    /// [`RepoError::Changed`] where they changed a story that this batch changes; nothing was done then.
    pub fn finish(self) -> Result<Finished, RepoError> {
        let Batch {
            repo,
            mut writing,
            mut pack,
            mut line,
            changes,
            before,
            mut cautions,
        } = self;
        let Some(last) = changes.last() else {
            let commit = None;
            return Ok(Finished { commit, cautions });
        };
        for _ in 0..TRIES {
            let (private, branch) = line.end(&mut pack, last)?;
            if private.is_none() && branch.is_none() {
                let commit = None;
                return Ok(Finished { commit, cautions });
            }
            let written = pack.finish()?;
            let index = match branch {
                Some(_) if repo.is_checked_out()? => Some(Lock::take(repo, "index")?),
                _ => None,
            };
            let announce = || match branch {
                Some(_) => writing.announce(repo, line.tip.commit.0),
                None => Ok(()),
            };
            if repo.move_refs(private, branch, announce)? {
                if let Some(to) = branch {
                    repo.log_move(to, &last.by, &format!("fetch: {} steps", changes.len()));
                    if let Some(index) = index {
                        let tree = repo.tree_of(to.new)?;
                        cautions.extend(repo.follow_up(&mut writing, &written, tree, index, false, None));
                    } else {
                        writing.finish(true);
                    }
                }
                let Written { pack: written, .. } = written;
                if !written.is_empty() {
                    repo.last.replace(Some(written));
                }
                let commit = branch.map(|to| CommitId(to.new));
                return Ok(Finished { commit, cautions });
            }
            drop(index);
            pack = Pack::begin(repo)?;
            line = Line::begin(repo)?;
            for (story, tree) in &before {
                if line.shelves.story(repo, story)? != *tree {
                    let (story, file) = (story.clone(), "its folder".to_owned());
                    return Err(RepoError::Changed { story, file });
                }
            }
            for change in &changes {
                line.add(repo, &mut pack, change)?;
            }
        }
        Err(RepoError::Moved(repo.root.clone()))
    }
}
