//! Branch and private parts of this desk and of the remote, brought together: looked at, checked, and then moved at once.

use std::path::Path;

use git2::{ObjectType, Oid};
use jiff::Timestamp;

use super::erase::Rewriter;
use super::lock::{Lock, make_folders};
use super::object::{Objects, Stored, commit_bytes, sync_folder};
use super::pack::Pack;
use super::read::plain_file;
use super::received::Tree;
use super::refs::Move;
use super::remote::{Heads, seen_ref};
use super::replay::Span;
pub use super::replay::{Replayed, Text};
use super::tree::{Dir, FILE, Shelves};
use super::{Caution, CommitId, Doomed, PRIVATE_REF, RepoError, StoryRepo, Tip, Watch};
use crate::story::StoryId;
use crate::story::erased::Erased;
use crate::story::event::{Event, What};
use crate::story::page::RECORD;
use crate::story::record::{Change, Files, Record};
use crate::story::replay::{lost_lines, new_lines, unite_private};
use crate::story::step::Clerk;

/// How often it is begun anew because the branch moved.
const TRIES: usize = 5;

/// What this desk has that the remote does not, as far as it is known without asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Local {
    pub steps: usize,
    /// When the oldest of them was made.
    pub since: Option<Timestamp>,
}

/// What bringing both together came to.
#[derive(Debug, Clone)]
pub struct Joined {
    /// Where the branch is now.
    pub tip: Tip,
    /// Where the remote's was.
    pub onto: Option<Tip>,
    /// Steps that came from there.
    pub came: usize,
    /// Steps of this desk that the remote does not have.
    pub own: usize,
    /// Stories on which there were steps here and, elsewhere, steps that this desk did not know.
    pub replayed: Vec<Replayed>,
    /// The private parts are to be pushed.
    pub private: Option<CommitId>,
    /// The remote no longer has all that it had; what is gone was not brought back.
    pub rewritten: bool,
    /// What another desk erased was here, and is out of the history.
    pub bereft: bool,
    /// The remote has what was erased here: it is to be replaced by this.
    pub over: bool,
    /// Stories that came, each begun by a mail that was erased with another story.
    pub again: Vec<StoryId>,
    pub cautions: Vec<Caution>,
}

/// What a desk's record proves to be erased.
pub type Prover<'a> = &'a dyn Fn(&[u8]) -> Erased;

/// Signs the line that a change adds to a record, given the record before it; with it comes why it lacks a signature that it should
/// have.
pub type Sealer<'a> = &'a dyn Fn(&[u8], Change) -> (Change, Option<String>);

/// How it is done.
#[derive(Clone, Copy, Default)]
pub struct Joining<'a> {
    /// The private parts travel, too.
    pub private: bool,
    /// A remote that lost steps is followed.
    pub accept_rewrite: bool,
    /// What was erased here and stands on the remote goes there, too, as far as it is among these: a person decided it.
    pub take_out: Option<&'a Erased>,
    /// What a desk's record proves to be erased, where a history that lost stories is followed only for what is proven; else whatever
    /// the record says is.
    pub proven: Option<Prover<'a>>,
    /// Signs the steps that put two texts together.
    pub seal: Option<Sealer<'a>>,
    /// Nothing moves.
    pub rehearse: bool,
    /// Is told how many files of the work tree are written.
    pub watch: Option<Watch<'a>>,
}

/// Both sides as they are brought together: each without the stories that only the other knows to be erased. Where nothing of the kind is
/// in them they are as they were.
struct Sides {
    ours: Tip,
    theirs: Heads,
    /// The remote's branch, or its private parts, are not as they stand there.
    over: bool,
    /// The stories that went out of ours, with what had happened to them here and the remote did not know.
    lost: Vec<Replayed>,
    /// Ours has lost stories.
    bereft: bool,
    /// Those, and others of theirs of which nothing but a private part is here.
    going: Vec<StoryId>,
    /// What both know of what is erased, without what stands in the remote's history and stays there.
    gone: Erased,
    stays: Vec<StoryId>,
    /// Of ours that were never there: those begun by a mail that was erased there with another story.
    by_mail: Vec<StoryId>,
    /// The same of theirs, which stand there.
    again: Vec<StoryId>,
}

impl Sides {
    fn is_gone(&self, id: &StoryId) -> bool {
        self.gone.has_story(id) && !has(&self.stays, id) || has(&self.by_mail, id)
    }
}

fn has(all: &[StoryId], id: &StoryId) -> bool {
    all.iter().any(|other| other.is_same_story(id))
}

/// What is to become of the branch.
struct Plan {
    new: Oid,
    came: usize,
    own: usize,
    replayed: Vec<Replayed>,
    rewritten: bool,
    /// Commits that lost their signatures.
    unsigned: usize,
    /// Texts put together by a step that lacks a signature, and why each does.
    unsealed: Vec<String>,
}

fn merged_unsigned(mut reasons: Vec<String>) -> Option<Caution> {
    let stories = reasons.len();
    reasons.sort();
    reasons.dedup();
    let why = reasons.join("; ");
    (stories > 0).then_some(Caution::MergedUnsigned { stories, why })
}

impl StoryRepo {
    /// What this desk has that the remote is not known to have; `None` where nothing was ever brought together with it.
    pub fn unpushed(&self, remote: &str) -> Result<Option<Local>, RepoError> {
        let Some(seen) = self.seen(remote)? else {
            return Ok(None);
        };
        let local = self.beyond(self.tip()?.commit.0, &[seen])?;
        let since = match local.first() {
            Some(id) => self.git.find_commit(*id).ok().map(|c| c.time().seconds()),
            None => None,
        };
        Ok(Some(Local {
            steps: local.len(),
            since: since.and_then(|s| Timestamp::from_second(s).ok()),
        }))
    }

    /// Whether the branch is elsewhere than the remote was last seen.
    pub fn has_unpushed(&self, remote: &str) -> Result<bool, RepoError> {
        Ok(self.seen(remote)? != Some(self.tip()?.commit.0))
    }

    /// Whether anything was ever brought together with it.
    pub fn has_seen(&self, remote: &str) -> Result<bool, RepoError> {
        Ok(self.seen(remote)?.is_some())
    }

    /// The remote branch as it was when this desk last followed it: by our own ref, or as git itself has noted it since a clone.
    pub(super) fn seen(&self, remote: &str) -> Result<Option<Oid>, RepoError> {
        let there = |id: &Oid| self.git.odb().is_ok_and(|odb| odb.exists(*id));
        if let Some(seen) = self.read_ref(&seen_ref(remote))?.filter(there) {
            return Ok(Some(seen));
        }
        let noted = self.read_ref(&format!("refs/remotes/{remote}/{}", self.branch))?;
        let Some(noted) = noted.filter(there) else {
            return Ok(None);
        };
        // what a `git fetch` noted and nobody has followed is not seen yet
        let tip = self.tip()?.commit.0;
        Ok((noted == tip || self.is_beyond(tip, noted)?).then_some(noted))
    }

    /// The doomed stories that the remote has anywhere in its history or in its private parts; their objects must be here.
    pub fn held_of(&self, heads: Heads, doomed: Doomed) -> Result<Vec<StoryId>, RepoError> {
        let mut found: Vec<StoryId> = Vec::new();
        for head in heads.branch.into_iter().chain(heads.private) {
            let more = self.cleared(CommitId(head), doomed)?.1.stories;
            found.extend(more.into_iter().filter(|id| !has(&found, id)).collect::<Vec<_>>());
        }
        Ok(found)
    }

    /// Remembers that the remote has this, and that this desk knows it.
    pub fn saw(&self, remote: &str, tip: CommitId) -> Result<(), RepoError> {
        let name = seen_ref(remote);
        if self.read_ref(&name)? == Some(tip.0) {
            return Ok(());
        }
        let (_writing, _) = self.begin()?;
        let path = self.dir.join(&name);
        let folder = path.parent().unwrap_or(Path::new("/"));
        make_folders(folder)?;
        let write = || -> std::io::Result<()> {
            let mut file = tempfile::Builder::new().prefix("seen-").tempfile_in(self.temp_dir())?;
            std::io::Write::write_all(&mut file, format!("{}\n", tip.0).as_bytes())?;
            file.as_file().sync_all()?;
            file.persist(&path).map_err(|e| e.error)?;
            Ok(())
        };
        write().map_err(RepoError::io("writing", &path))?;
        sync_folder(folder)
    }

    /// Brings what was fetched from `remote` and what is here together, and moves branch and private parts there. What the remote has
    /// is checked before anything moves. `going` is called before stories go that another desk erased, with where the branch is and with
    /// them; it may be called again, and nothing moves where it fails.
    ///
    /// # Errors
    /// [`RepoError::Foreign`], [`RepoError::Unrelated`], [`RepoError::Rewritten`], [`RepoError::BothChanged`], [`RepoError::Changed`]:
    /// then nothing was changed.
    pub fn join<E: From<RepoError>>(
        &self,
        remote: &str,
        heads: Heads,
        how: Joining<'_>,
        clerk: &Clerk,
        mut going: impl FnMut(&Tip, &[StoryId]) -> Result<(), E>,
    ) -> Result<Joined, E> {
        let shallow = "it is a shallow clone, and to bring two histories together takes both (git fetch --unshallow)";
        if self.git.is_shallow() {
            let path = self.root.clone();
            return Err(RepoError::Unfit { path, why: shallow }.into());
        }
        let (mut writing, mut cautions) = self.begin()?;
        for _ in 0..TRIES {
            let tip = self.tip()?;
            let sides = self.sides(&tip, remote, heads, how, clerk)?;
            let mut pack = Pack::begin(self)?;
            let plan = self.plan(&mut pack, remote, &sides, how, clerk)?;
            let onto = sides.theirs.branch.map(|id| self.tip_of(id)).transpose()?;
            let theirs = sides.theirs.private.filter(|_| how.private);
            let is_gone = |id: &StoryId| sides.is_gone(id);
            let gone: Option<Doomed> = if sides.gone.is_empty() { None } else { Some(&is_gone) };
            let (private, private_push) =
                self.private_plan(&mut pack, remote, theirs, (&plan.replayed, gone), how, clerk)?;
            let cleared = sides.theirs.private.filter(|_| sides.theirs.private != heads.private);
            let private_push = private_push.or(cleared);
            let branch = (plan.new != tip.commit.0).then_some(Move {
                old: Some(tip.commit.0),
                new: plan.new,
            });
            let done = |tip, cautions| Joined {
                tip,
                onto,
                came: plan.came,
                own: plan.own,
                replayed: sides.lost.iter().chain(&plan.replayed).cloned().collect(),
                private: private_push.map(CommitId),
                rewritten: plan.rewritten,
                bereft: sides.bereft,
                over: sides.over,
                again: sides.again.clone(),
                cautions,
            };
            if how.rehearse || branch.is_none() && private.is_none() {
                return Ok(done(tip, cautions));
            }
            let written = pack.finish()?;
            let new = self.tip_from(&written, plan.new)?;
            if branch.is_some() {
                self.leaves_hand_edits(&written, &tip, &new)?;
            }
            let index = match branch {
                Some(_) if self.is_checked_out()? => Some(Lock::take(self, "index")?),
                _ => None,
            };
            if !sides.going.is_empty() {
                going(&tip, &sides.going)?;
            }
            let announce = || match branch {
                Some(_) => writing.announce(self, tip.commit.0),
                None => Ok(()),
            };
            if !self.move_refs(private, branch, announce)? {
                continue;
            }
            if let Some(to) = branch {
                self.log_move(to, &clerk.signature(), &format!("sync: with {remote}"));
                match index {
                    Some(index) => {
                        cautions.extend(self.follow_up(&mut writing, &written, new.tree, index, false, how.watch))
                    }
                    None => writing.finish(true),
                }
                cautions.extend((plan.unsigned > 0).then_some(Caution::NotSignedAgain(plan.unsigned)));
                cautions.extend(merged_unsigned(plan.unsealed));
            }
            return Ok(done(new, cautions));
        }
        Err(RepoError::Moved(self.root.clone()).into())
    }

    /// What each side knows to be erased is taken out of the other: out of theirs only where a person decided it, out of ours where their
    /// history, which has all that was pushed, is without it, too. Nothing moves.
    fn sides(
        &self,
        tip: &Tip,
        remote: &str,
        heads: Heads,
        how: Joining<'_>,
        clerk: &Clerk,
    ) -> Result<Sides, RepoError> {
        let onto = heads.branch.map(|id| self.tip_of(id)).transpose()?;
        let own = self.erased(tip)?;
        let (mut said, mut unproven, mut known) = (Erased::default(), None, own.clone());
        if let Some(onto) = &onto {
            let record = self.desk_record(onto)?;
            said = Erased::of(&record);
            known.add(&said);
            if let Some(proven) = how.proven.filter(|_| !how.accept_rewrite) {
                unproven = Some(std::mem::replace(&mut said, proven(&record)));
            }
        }
        let base = self.seen(remote)?.map(|seen| self.tree_of(seen)).transpose()?;
        let theirs = onto.map(|onto| onto.tree);
        let by_mail = self.begun_by(&said, theirs, tip.tree, base)?;
        let again = match (base, theirs) {
            (Some(_), Some(theirs)) => self.begun_by(&known, Some(tip.tree), theirs, None)?,
            // a desk that begins finds all of it there
            _ => Vec::new(),
        };
        let here = self.claimed(tip, &known)?;
        let there = match &onto {
            Some(onto) if onto.commit != tip.commit => self.claimed(onto, &known)?,
            _ => here.clone(),
        };
        let of_theirs = |id: &StoryId| own.has_story(id) && !has(&here, id);
        let of_ours = |id: &StoryId| said.has_story(id) && !has(&there, id) || has(&by_mail, id);
        let mut sides = Sides {
            ours: *tip,
            theirs: heads,
            over: false,
            lost: Vec::new(),
            bereft: false,
            going: Vec::new(),
            gone: known.clone(),
            stays: there.iter().filter(|id| !of_theirs(id)).cloned().collect(),
            by_mail: by_mail.clone(),
            again,
        };
        let decided = |id: &StoryId| how.take_out.is_some_and(|these| these.has_story(id));
        if there.iter().any(|id| of_theirs(id) && !decided(id)) {
            let remote = remote.to_owned();
            return Err(RepoError::HoldsErased { remote });
        }
        if how.take_out.is_some() && !own.is_empty() {
            let mut pack = Pack::begin(self)?;
            let doomed = |id: &StoryId| of_theirs(id) && decided(id);
            let mut rewriter = Rewriter::new(self, &doomed, &mut pack);
            let branch = heads.branch.map(|id| rewriter.commit(id)).transpose()?;
            let private = heads.private.map(|id| rewriter.commit(id)).transpose()?;
            let lost = || self.damaged(remote, "nothing would be left of it");
            sides.theirs.branch = branch.map(|id| id.ok_or_else(lost)).transpose()?;
            sides.theirs.private = match private {
                // private parts of nothing else
                Some(None) => {
                    let tree = pack.put(ObjectType::Tree, b"")?;
                    let bytes = commit_bytes(tree, None, &clerk.signature(), "Private parts\n");
                    Some(pack.put(ObjectType::Commit, &bytes)?)
                }
                private => private.flatten(),
            };
            sides.over = sides.theirs != heads;
            if sides.over {
                pack.finish()?;
            }
        }
        if let Some(unproven) = unproven {
            let all = here.iter().filter(|id| !has(&there, id) && !of_ours(id));
            for id in all.filter(|id| unproven.has_story(id)) {
                // one that was there is looked for with all that was
                let was_there = base.map(|base| self.story_tree(base, id)).transpose()?.flatten();
                if was_there.is_none() {
                    let (remote, gone) = (remote.to_owned(), id.to_string());
                    return Err(RepoError::UnprovenErasure { remote, gone });
                }
            }
        }
        let lost: Vec<&StoryId> = here.iter().filter(|id| of_ours(id)).chain(&by_mail).collect();
        sides.going = lost.iter().map(|id| (*id).clone()).collect();
        let private = self.read_ref(PRIVATE_REF)?.filter(|_| !said.is_empty());
        let private = self.private_of(private, Some(&of_ours))?;
        sides
            .going
            .extend(private.into_iter().filter(|id| !has(&here, id) && !has(&by_mail, id)));
        if !lost.is_empty() {
            let mut pack = Pack::begin(self)?;
            let new = Rewriter::new(self, &of_ours, &mut pack).commit(tip.commit.0)?;
            let written = pack.finish()?;
            let new = new.ok_or_else(|| self.damaged(self.branch_ref(), "nothing would be left of it"))?;
            sides.ours = self.tip_from(&written, new)?;
            sides.bereft = true;
            for id in lost {
                sides.lost.extend(self.lost(id, base, tip)?);
            }
        }
        Ok(sides)
    }

    /// The stories of a tree, beyond those of another and those that were known before, whose first mail is erased, as it was with another
    /// story: one desk has a mail in the thread that it is of, the other has only that mail. Few are new, and only those are read.
    fn begun_by(
        &self,
        erased: &Erased,
        than: Option<Oid>,
        tree: Oid,
        before: Option<Oid>,
    ) -> Result<Vec<StoryId>, RepoError> {
        let mut found = Vec::new();
        if !erased.has_mails() || than == Some(tree) {
            return Ok(found);
        }
        for differs in self.differences(self, than, Some(tree))? {
            let (None, Some(record)) = (differs.old, differs.new) else {
                continue;
            };
            let Some(id) = differs
                .path
                .strip_suffix("/record.jsonl")
                .and_then(|id| id.parse().ok())
            else {
                continue;
            };
            if erased.has_story(&id)
                || before
                    .map(|tree| self.story_tree(tree, &id))
                    .transpose()?
                    .flatten()
                    .is_some()
            {
                continue;
            }
            let record = Record::parse(&self.object(ObjectType::Blob, record)?);
            let is_erased = |what: &What| matches!(what, What::Received { mail, .. } if erased.has_mail(mail));
            if record.events.iter().any(|event| is_erased(&event.what)) {
                found.push(id);
            }
        }
        Ok(found)
    }

    /// What had happened here to a story that another desk erased, and was not known there; `None` where that is nothing.
    fn lost(&self, id: &StoryId, base: Option<Oid>, tip: &Tip) -> Result<Option<Replayed>, RepoError> {
        let record = |tree: Oid| -> Result<Vec<u8>, RepoError> {
            let files = self.files_in(tree, id)?.unwrap_or_default();
            Ok(files.get(RECORD).cloned().unwrap_or_default())
        };
        let (before, now) = (base.map(record).transpose()?.unwrap_or_default(), record(tip.tree)?);
        let events: Vec<Event> = new_lines(&before, &now)
            .into_iter()
            .filter_map(|line| Event::parse(&String::from_utf8_lossy(line)).ok())
            .collect();
        Ok((!events.is_empty()).then(|| Replayed {
            id: id.clone(),
            was: None,
            events,
            text: Text::Erased,
            left: None,
        }))
    }

    fn tip_from(&self, from: &dyn Stored, commit: Oid) -> Result<Tip, RepoError> {
        let bytes = from.get(ObjectType::Commit, commit)?;
        let hex = bytes.get(5..45).and_then(|hex| std::str::from_utf8(hex).ok());
        let tree = hex.and_then(|hex| Oid::from_str(hex).ok());
        let tree = tree.ok_or_else(|| self.damaged(format!("commit {commit}"), "it names no tree"))?;
        let commit = CommitId(commit);
        Ok(Tip { commit, tree })
    }

    fn is_beyond(&self, later: Oid, earlier: Oid) -> Result<bool, RepoError> {
        let failed = |e| self.git_error("compare histories", e);
        self.git.graph_descendant_of(later, earlier).map_err(failed)
    }

    fn plan(
        &self,
        pack: &mut Pack,
        remote: &str,
        sides: &Sides,
        how: Joining<'_>,
        clerk: &Clerk,
    ) -> Result<Plan, RepoError> {
        let tip = &sides.ours;
        let ours = tip.commit.0;
        let seen = self.seen(remote)?;
        let stay = |own| Plan {
            new: ours,
            came: 0,
            own,
            replayed: Vec::new(),
            rewritten: false,
            unsigned: 0,
            unsealed: Vec::new(),
        };
        let Some(theirs) = sides.theirs.branch else {
            if seen.is_some() && !how.accept_rewrite {
                let (remote, gone) = (remote.to_owned(), "all steps".to_owned());
                return Err(RepoError::Rewritten { remote, gone });
            }
            // the root commit is no step
            return Ok(stay(self.beyond(ours, &[])?.len().saturating_sub(1)));
        };
        if theirs == ours {
            return Ok(stay(0));
        }
        let rewritten = match seen {
            Some(seen) if seen != theirs && !self.is_beyond(theirs, seen)? => {
                let gone = self.gone(seen, theirs, how.proven)?;
                if let Some((gone, unproven)) = gone.filter(|_| !how.accept_rewrite) {
                    let remote = remote.to_owned();
                    return Err(match unproven {
                        true => RepoError::UnprovenErasure { remote, gone },
                        false => RepoError::Rewritten { remote, gone },
                    });
                }
                // what both began from, as it is without what was erased meanwhile
                match sides.bereft {
                    true => self
                        .cleared(CommitId(seen), &|id| sides.is_gone(id))?
                        .0
                        .map(|seen| seen.0),
                    false => Some(seen),
                }
            }
            _ => None,
        };
        let base = match rewritten {
            Some(seen) => seen,
            None => {
                let base = self.git.merge_base(ours, theirs);
                let (path, remote) = (self.root.clone(), remote.to_owned());
                base.map_err(|_| RepoError::Unrelated { path, remote })?
            }
        };
        let base_tree = self.tree_of(base)?;
        let onto_tree = self.tree_of(theirs)?;
        self.check_tree(Tree::Stories, Some(base_tree), onto_tree, remote)?;
        self.check_tree(Tree::Stories, Some(base_tree), tip.tree, "this desk")?;
        let mut hide = vec![theirs];
        hide.extend(rewritten);
        let own = self.beyond(ours, &hide)?.len();
        let came = self.beyond(theirs, &[ours])?.len();
        if base == theirs && rewritten.is_none() {
            return Ok(stay(own));
        }
        if own == 0 {
            return Ok(Plan {
                new: theirs,
                came,
                rewritten: rewritten.is_some(),
                ..stay(0)
            });
        }
        let span = Span {
            base_tree,
            ours,
            ours_tree: tip.tree,
            onto: theirs,
            onto_tree,
            hide,
            remote,
            sign: !how.rehearse,
            seal: how.seal.filter(|_| !how.rehearse),
        };
        let replay = self.replay(pack, &span, clerk)?;
        Ok(Plan {
            new: replay.tip,
            came,
            own: replay.made,
            replayed: replay.stories,
            rewritten: rewritten.is_some(),
            unsigned: replay.unsigned,
            unsealed: replay.unsealed,
        })
    }

    /// What the remote had and has no longer, in words, and whether all of that is said to be erased without a proof; `None` where
    /// only erased stories are gone: that is how an erasure looks from here.
    fn gone(&self, seen: Oid, now: Oid, proven: Option<Prover>) -> Result<Option<(String, bool)>, RepoError> {
        let (old, new) = (self.tree_of(seen)?, self.tree_of(now)?);
        let record = self.desk_record(&self.tip_of(now)?)?;
        let said = Erased::of(&record);
        let erased = proven.map_or_else(|| said.clone(), |proven| proven(&record));
        let (mut lines, mut stories, mut unproven) = (0, Vec::new(), true);
        for differs in self.differences(self, Some(old), Some(new))? {
            let Some((folder, RECORD)) = differs.path.rsplit_once('/') else {
                continue;
            };
            let read = |blob: Option<Oid>| match blob {
                Some(blob) => self.object(ObjectType::Blob, blob),
                None => Ok(Vec::new()),
            };
            let (before, after) = (read(differs.old)?, read(differs.new)?);
            let lost = lost_lines(&before, &after);
            let id = folder.parse::<StoryId>().ok();
            let is_in = |erased: &Erased| id.as_ref().is_some_and(|id| erased.has_story(id));
            if lost > 0 && !is_in(&erased) {
                unproven &= is_in(&said);
                lines += lost;
                stories.push(folder.to_owned());
            }
        }
        Ok(match stories.split_first() {
            None => None,
            Some((one, [])) => Some((format!("{lines} steps of {one}"), unproven)),
            Some((one, more)) => Some((
                format!("{lines} steps of {one} and {} more stories", more.len()),
                unproven,
            )),
        })
    }

    /// Refuses to move a file on which somebody works by hand: their edit would afterwards look like an edit of the new text.
    fn leaves_hand_edits(&self, from: &dyn Stored, old: &Tip, new: &Tip) -> Result<(), RepoError> {
        // a new desk has no story that anybody could have edited, and all of theirs to look through
        if self.months(old)?.is_empty() {
            return Ok(());
        }
        let mut last = None;
        for differs in self.differences(from, Some(old.tree), Some(new.tree))? {
            let Some((folder, name)) = differs.path.rsplit_once('/') else {
                continue;
            };
            if differs.old.is_none() || name == RECORD || last.as_deref() == Some(folder) {
                continue;
            }
            let Ok(id) = folder.parse::<StoryId>() else { continue };
            last = Some(folder.to_owned());
            if let Some(file) = self.uncommitted(old, &id)?.into_iter().find(|file| file != RECORD) {
                return Err(RepoError::ByHand { story: id, file });
            }
        }
        Ok(())
    }

    /// The private parts of both, as one: what is to be moved here, and what is to be pushed.
    fn private_plan(
        &self,
        pack: &mut Pack,
        remote: &str,
        theirs: Option<Oid>,
        (replayed, gone): (&[Replayed], Option<Doomed>),
        how: Joining<'_>,
        clerk: &Clerk,
    ) -> Result<(Option<Move>, Option<Oid>), RepoError> {
        let ours = self.read_ref(PRIVATE_REF)?;
        let moved: Vec<(&StoryId, &StoryId)> = replayed.iter().filter_map(|r| Some((r.was.as_ref()?, &r.id))).collect();
        if ours == theirs && moved.is_empty() && self.private_of(ours, gone)?.is_empty() {
            return Ok((None, None));
        }
        let tree = |commit: Option<Oid>| commit.map(|commit| self.tree_of(commit)).transpose();
        let (our_tree, their_tree) = (tree(ours)?, tree(theirs)?);
        if let Some(theirs) = their_tree {
            self.check_tree(Tree::Private, our_tree, theirs, remote)?;
        }
        let mut shelves = Shelves::open(self, our_tree)?;
        for (was, id) in moved {
            if let Some(tree) = shelves.story(self, was)? {
                let files = self.files_of(tree, was.as_str())?;
                self.unite(pack, &mut shelves, id, &files)?;
                shelves.put(self, was, None)?;
            }
        }
        let mut last = None;
        for differs in self.differences(self, our_tree, their_tree)? {
            let Some((folder, _)) = differs.path.rsplit_once('/').filter(|_| differs.new.is_some()) else {
                continue;
            };
            let Ok(id) = folder.parse::<StoryId>() else { continue };
            if last.as_ref() == Some(&id) || gone.is_some_and(|gone| gone(&id)) {
                continue;
            }
            if let Some(there) = their_tree.map(|tree| self.story_tree(tree, &id)).transpose()?.flatten() {
                let there = self.files_of(there, id.as_str())?;
                self.unite(pack, &mut shelves, &id, &there)?;
            }
            last = Some(id);
        }
        for id in self.private_of(ours, gone)? {
            shelves.put(self, &id, None)?;
        }
        let both = shelves.write(pack)?;
        let push = |commit: Oid| how.private.then_some(commit);
        if Some(both) == their_tree {
            let new = theirs.expect("it has a tree");
            return Ok(((ours != theirs).then_some(Move { old: ours, new }), None));
        }
        if Some(both) == our_tree {
            return Ok((None, ours.and_then(push)));
        }
        // nothing private here, and nothing there
        if ours.is_none() && theirs.is_none() {
            return Ok((None, None));
        }
        let bytes = commit_bytes(both, None, &clerk.signature(), "Private parts\n");
        let new = pack.put(ObjectType::Commit, &bytes)?;
        Ok((Some(Move { old: ours, new }), push(new)))
    }

    /// The stories that these private parts have, of those that are gone. Where nothing was erased no month is read.
    fn private_of(&self, private: Option<Oid>, gone: Option<Doomed>) -> Result<Vec<StoryId>, RepoError> {
        let (Some(private), Some(gone)) = (private, gone) else {
            return Ok(Vec::new());
        };
        let here = self.stories(&self.tip_of(private)?)?;
        Ok(here.filter_map(|listed| Some(listed.ok()?.id)).filter(gone).collect())
    }

    /// Adds a story's private files to those that are there.
    fn unite(&self, pack: &mut Pack, shelves: &mut Shelves, id: &StoryId, more: &Files) -> Result<(), RepoError> {
        let mut before = Files::new();
        if let Some(tree) = shelves.story(self, id)? {
            let dir = Dir::parse(&pack.get(ObjectType::Tree, tree)?).map_err(|what| self.damaged(id.as_str(), what))?;
            for entry in &dir.0 {
                let (name, blob) = plain_file(entry).map_err(|what| self.damaged(id.as_str(), what))?;
                before.insert(name, pack.get(ObjectType::Blob, blob)?);
            }
        }
        let after = unite_private(&before, more);
        if after == before {
            return Ok(());
        }
        let mut dir = Dir::default();
        for (name, bytes) in &after {
            dir.set(name.as_bytes(), FILE, pack.put(ObjectType::Blob, bytes)?);
        }
        let tree = pack.put(ObjectType::Tree, &dir.bytes())?;
        shelves.put(self, id, Some(tree))
    }
}
