//! Steps that were made here, made again upon what was made elsewhere: one commit each, with its author, its time and its line
//! of the record as they were. Texts are not merged under way: each step leaves the text that it made, so that every commit says
//! what its record says; where the other desk changed the text as well, one more step puts both together.

use std::collections::{BTreeMap, BTreeSet};

use git2::{ObjectType, Oid, Sort};

use super::join::Sealer;
use super::object::{Objects, Stored, commit_bytes};
use super::pack::Pack;
use super::read::{ids_ending, plain_file};
use super::sign::{Pen, is_signed};
use super::step::{Side, place, store};
use super::tree::{Dir, FILE, Shelves};
use super::{RepoError, StoryRepo};
use crate::story::StoryId;
use crate::story::event::{Event, EventId, What};
use crate::story::id::TextHash;
use crate::story::page::{INDEX, RECORD, text_hash};
use crate::story::record::{Change, Files, Record};
use crate::story::replay::{append, follow, merge, new_lines};
use crate::story::step::{Clerk, Step, Story};

/// A story on which there were steps here that the remote did not have.
#[derive(Debug, Clone)]
pub struct Replayed {
    pub id: StoryId,
    /// The folder that this desk had given it, where the other desk gave the same mail another.
    pub was: Option<StoryId>,
    /// What happened to it here.
    pub events: Vec<Event>,
    /// What became of the text.
    pub text: Text,
    /// The text as this desk left it.
    pub left: Option<TextHash>,
}

/// What became of a story's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Text {
    /// Only one desk changed it, or none.
    AsItWas,
    /// Both changed it, and both changes are in it.
    Together,
    /// Both changed the same lines: both stand there, for a person to choose.
    Unfinished,
    /// The story is no longer on the remote: the steps were not made again.
    Gone,
    /// Another desk erased the story: the steps were not made again.
    Erased,
}

/// New commits, not yet on the branch.
pub(super) struct Replay {
    pub tip: Oid,
    /// How many commits there are upon the other's: a step that the other desk has made, too, is none.
    pub made: usize,
    pub stories: Vec<Replayed>,
    /// Commits that were signed and, made again, are not.
    pub unsigned: usize,
    /// Texts put together by a step that lacks a signature, and why each does.
    pub unsealed: Vec<String>,
}

/// The commits to be made again, and between what.
pub(super) struct Span<'a> {
    /// The tree that both sides began from.
    pub base_tree: Oid,
    pub ours: Oid,
    pub ours_tree: Oid,
    pub onto: Oid,
    pub onto_tree: Oid,
    /// What is not ours to bring: the remote's branch, and what it was before.
    pub hide: Vec<Oid>,
    pub remote: &'a str,
    /// Commits are signed again, where git signs them here.
    pub sign: bool,
    pub seal: Option<Sealer<'a>>,
}

/// One story while its steps are made again.
struct Line {
    target: StoryId,
    base: Files,
    ours: Option<Files>,
    /// The other desk changed the text.
    theirs: Option<Files>,
    /// Who changed it here.
    by: BTreeSet<String>,
    /// The commit that took it in here, as another desk took it in: its text is what both began from.
    taken_in: Option<Oid>,
    events: Vec<Event>,
    gone: bool,
}

impl StoryRepo {
    /// The commits that `tip` has and none of `hide` has, parents first.
    pub(super) fn beyond(&self, tip: Oid, hide: &[Oid]) -> Result<Vec<Oid>, RepoError> {
        let failed = |e| self.git_error("walk its history", e);
        let mut walk = self.git.revwalk().map_err(failed)?;
        walk.set_sorting(Sort::TOPOLOGICAL | Sort::REVERSE).map_err(failed)?;
        walk.push(tip).map_err(failed)?;
        for id in hide {
            walk.hide(*id).map_err(failed)?;
        }
        walk.collect::<Result<_, _>>().map_err(failed)
    }

    /// Makes the commits of `span` again upon its `onto`; nothing moves yet.
    pub(super) fn replay(&self, to: &mut Pack, span: &Span, clerk: &Clerk) -> Result<Replay, RepoError> {
        let commits = self.beyond(span.ours, &span.hide)?;
        let mut work = Work {
            repo: self,
            shelves: Shelves::open(self, Some(span.onto_tree))?,
            span,
            lines: BTreeMap::new(),
            beside: BTreeMap::new(),
        };
        let (mut head, mut head_tree, mut made, mut unsigned) = (span.onto, span.onto_tree, 0, 0);
        let mut pen = Pen::of(self, span.sign);
        for id in commits {
            work.commit_again(to, id)?;
            let new = work.shelves.write(to)?;
            if new != head_tree {
                let again = |bytes: &[u8]| Some((again(bytes, new, head, &work.lines)?, is_signed(bytes)));
                let bytes = self.with_object(ObjectType::Commit, id, again)?;
                let (bytes, was_signed) =
                    bytes.ok_or_else(|| self.damaged(format!("commit {id}"), "its header cannot be read"))?;
                let by = self
                    .git
                    .find_commit(id)
                    .map_err(|e| self.git_error("read a commit", e))?;
                let bytes = pen.signed(bytes, by.author().email().unwrap_or_default());
                unsigned += usize::from(span.sign && was_signed && !is_signed(&bytes));
                (head, head_tree) = (to.put(ObjectType::Commit, &bytes)?, new);
                made += 1;
            }
        }
        let (mut stories, mut unsealed) = (Vec::new(), Vec::new());
        for (was, line) in std::mem::take(&mut work.lines) {
            let mut text = if line.gone { Text::Gone } else { Text::AsItWas };
            if let Some((change, clean, lacking)) = work.together(to, &line, clerk)? {
                unsealed.extend(lacking);
                let stored = store(to, &change)?;
                place(self, to, &mut work.shelves, &stored, Side::Branch)?;
                let tree = work.shelves.write(to)?;
                let bytes = commit_bytes(tree, Some(head), &change.by, &change.message);
                let bytes = pen.signed(bytes, &change.by.email);
                head = to.put(ObjectType::Commit, &bytes)?;
                made += 1;
                text = if clean { Text::Together } else { Text::Unfinished };
            }
            stories.push(Replayed {
                was: (was != line.target).then_some(was),
                id: line.target,
                events: line.events,
                text,
                left: line.ours.as_ref().map(text_hash),
            });
        }
        let tip = head;
        Ok(Replay {
            tip,
            made,
            stories,
            unsigned,
            unsealed,
        })
    }

    fn entries_in(&self, root: Oid, id: &StoryId) -> Result<Option<Entries>, RepoError> {
        match self.story_tree(root, id)? {
            Some(tree) => Ok(Some(self.plain_files(tree, id.as_str())?.into_iter().collect())),
            None => Ok(None),
        }
    }

    pub(super) fn files_in(&self, root: Oid, id: &StoryId) -> Result<Option<Files>, RepoError> {
        let entries = self.entries_in(root, id)?;
        entries.map(|entries| bytes_of(self, entries)).transpose()
    }
}

/// Names and blobs of one story's folder.
type Entries = BTreeMap<String, Oid>;

fn bytes_of(from: &dyn Stored, entries: Entries) -> Result<Files, RepoError> {
    let read = |(name, blob)| Ok((name, from.get(ObjectType::Blob, blob)?));
    entries.into_iter().map(read).collect()
}

/// The new trees in the making.
struct Work<'a> {
    repo: &'a StoryRepo,
    shelves: Shelves,
    span: &'a Span<'a>,
    /// By the id that this desk knows them by.
    lines: BTreeMap<StoryId, Line>,
    /// Files beside the stories, and whether they are taken from here.
    beside: BTreeMap<String, bool>,
}

impl Work<'_> {
    fn commit_again(&mut self, to: &mut Pack, id: Oid) -> Result<(), RepoError> {
        let repo = self.repo;
        let failed = |e| repo.git_error("read a commit", e);
        let commit = repo.git.find_commit(id).map_err(failed)?;
        let author = commit.author().name().unwrap_or("somebody").to_owned();
        let tree = commit.tree_id();
        let parents: Vec<Oid> = commit.parent_ids().map(|p| repo.tree_of(p)).collect::<Result<_, _>>()?;
        let first = parents.first().copied();
        // of a merge all that it has otherwise than one of its parents
        let against = match parents.is_empty() {
            true => vec![None],
            false => parents.into_iter().map(Some).collect(),
        };
        let mut touched: BTreeMap<StoryId, bool> = BTreeMap::new();
        let mut beside = BTreeSet::new();
        for parent in against {
            for differs in repo.differences(repo, parent, Some(tree))? {
                match differs.path.rsplit_once('/') {
                    Some((folder, name)) => {
                        if let Ok(story) = folder.parse::<StoryId>() {
                            *touched.entry(story).or_default() |= name != RECORD;
                        }
                    }
                    None => drop(beside.insert(differs.path)),
                }
            }
        }
        for (story, text) in touched {
            if !self.lines.contains_key(&story) {
                let line = self.begin(to, id, tree, &story)?;
                self.lines.insert(story.clone(), line);
            }
            let before = match first {
                Some(tree) => repo.entries_in(tree, &story)?,
                None => None,
            };
            let after = repo.entries_in(tree, &story)?;
            self.step_again(to, &story, (before, after), text.then_some((id, &author)))?;
        }
        for name in beside {
            match name == RECORD {
                true => self.desk_record_again(to, first, tree)?,
                false => self.file_again(&name, tree)?,
            }
        }
        Ok(())
    }

    fn entries_now(&mut self, to: &Pack, id: &StoryId) -> Result<Option<Entries>, RepoError> {
        let Some(tree) = self.shelves.story(self.repo, id)? else {
            return Ok(None);
        };
        let damaged = |what: String| self.repo.damaged(id.as_str(), what);
        let dir = Dir::parse(&to.get(ObjectType::Tree, tree)?).map_err(|what| damaged(what.to_owned()))?;
        let entries = dir.0.iter().map(|entry| plain_file(entry).map_err(damaged));
        entries.collect::<Result<_, _>>().map(Some)
    }

    fn files_now(&mut self, to: &Pack, id: &StoryId) -> Result<Option<Files>, RepoError> {
        let entries = self.entries_now(to, id)?;
        entries.map(|entries| bytes_of(to, entries)).transpose()
    }

    /// What both desks made of a story, before the first of its steps here is made again.
    fn begin(&mut self, to: &Pack, commit: Oid, tree: Oid, story: &StoryId) -> Result<Line, RepoError> {
        let base = self.repo.files_in(self.span.base_tree, story)?;
        let ours = self.repo.files_in(self.span.ours_tree, story)?;
        let mut target = story.clone();
        let mut theirs = self.files_now(to, &target)?;
        if base.is_none() && theirs.is_none() {
            // the same mail, under another name
            let mail = ours.as_ref().and_then(first_mail);
            let digits = story.as_str().rsplit('-').next().unwrap_or_default();
            let month = self.shelves.month(self.repo, story.month())?;
            for other in ids_ending(story.month(), month.0.iter().map(|e| &*e.name), digits) {
                // one that this desk knew is moved by hand here
                if self.repo.story_tree(self.span.base_tree, &other)?.is_some() {
                    continue;
                }
                let files = self.files_now(to, &other)?;
                if mail.is_some() && files.as_ref().and_then(first_mail) == mail {
                    (target, theirs) = (other, files);
                    break;
                }
            }
        }
        let taken_in = (base.is_none() && theirs.is_some()).then_some(commit);
        let gone = base.is_some() && theirs.is_none();
        let base = match (base, taken_in) {
            (Some(base), _) => base,
            (None, Some(_)) => self.repo.files_in(tree, story)?.unwrap_or_default(),
            (None, None) => Files::new(),
        };
        let changed = |theirs: &Files| text_hash(theirs) != text_hash(&base);
        Ok(Line {
            target,
            theirs: theirs.filter(changed),
            base,
            ours,
            by: BTreeSet::new(),
            taken_in,
            events: Vec::new(),
            gone,
        })
    }

    /// One step of one story: its lines of the record, and, where the commit made one, the text as it left it.
    fn step_again(
        &mut self,
        to: &mut Pack,
        story: &StoryId,
        (before, after): (Option<Entries>, Option<Entries>),
        text: Option<(Oid, &str)>,
    ) -> Result<(), RepoError> {
        let target = self.lines[story].target.clone();
        let now = self.entries_now(to, &target)?;
        let line = self.lines.get_mut(story).expect("begun");
        let Some(mut after) = after else {
            // taken out by hand, with git
            let moved_on = line.theirs.is_some() || line.gone;
            if moved_on && now.is_some() {
                let (remote, file) = (self.span.remote.to_owned(), target.to_string());
                return Err(RepoError::BothChanged { remote, file });
            }
            return self.shelves.put(self.repo, &target, None);
        };
        let read = |from: &dyn Stored, entries: Option<&Entries>, name: &str| match entries.and_then(|e| e.get(name)) {
            Some(blob) => from.get(ObjectType::Blob, *blob),
            None => Ok(Vec::new()),
        };
        let own = read(self.repo, Some(&after), RECORD)?;
        let mut new = new_lines(&read(self.repo, before.as_ref(), RECORD)?, &own);
        if line.taken_in.is_none() {
            let began = new_lines(line.base.get(RECORD).map_or(&[], Vec::as_slice), &own);
            new.retain(|l| began.contains(l));
        }
        let events = new
            .iter()
            .filter_map(|l| Event::parse(&String::from_utf8_lossy(l)).ok());
        line.events.extend(events);
        let text = text.filter(|(commit, _)| line.taken_in != Some(*commit));
        if let (Some((_, author)), Some(_)) = (text, &before) {
            line.by.insert(author.to_owned());
        }
        if line.gone {
            return Ok(());
        }
        let ours = line
            .ours
            .as_ref()
            .and_then(|f| f.get(RECORD))
            .map_or(&[][..], Vec::as_slice);
        let record = append(&read(to, now.as_ref(), RECORD)?, &new, ours);
        after.remove(RECORD);
        let mut entries = match (text, now) {
            (None, Some(now)) => now,
            _ => after,
        };
        let mut page = Files::new();
        if let Some(index) = entries.get(INDEX) {
            page.insert(INDEX.to_owned(), to.get(ObjectType::Blob, *index)?);
        }
        if !record.is_empty() {
            page.insert(RECORD.to_owned(), record);
        }
        follow(&mut page);
        for (name, bytes) in page {
            entries.insert(name, to.put(ObjectType::Blob, &bytes)?);
        }
        let mut dir = Dir::default();
        entries
            .iter()
            .for_each(|(name, blob)| dir.set(name.as_bytes(), FILE, *blob));
        let tree = to.put(ObjectType::Tree, &dir.bytes())?;
        self.shelves.put(self.repo, &target, Some(tree))
    }

    /// The step that puts two texts together, where both desks changed it. With it comes whether nothing is left to choose, and why
    /// the step lacks a signature that it should have.
    fn together(
        &mut self,
        to: &Pack,
        line: &Line,
        clerk: &Clerk,
    ) -> Result<Option<(Change, bool, Option<String>)>, RepoError> {
        let (Some(theirs), Some(ours), false) = (&line.theirs, &line.ours, line.by.is_empty() || line.gone) else {
            return Ok(None);
        };
        let id = &line.target;
        let Some(now) = self.files_now(to, id)? else {
            return Ok(None);
        };
        let both = merge(&line.base, ours, theirs);
        let mut files = both.files;
        files.insert(RECORD.to_owned(), now.get(RECORD).cloned().unwrap_or_default());
        follow(&mut files);
        if text_hash(&files) == text_hash(&now) {
            return Ok(None);
        }
        let story = Story::load(id, now.clone()).map_err(|_| RepoError::BothChanged {
            remote: self.span.remote.to_owned(),
            file: id.to_string(),
        })?;
        let known: BTreeSet<EventId> = events_of(&line.base).into_iter().map(|e| e.id).collect();
        let mut of = line.by.clone();
        for event in events_of(theirs).into_iter().filter(|e| !known.contains(&e.id)) {
            match event.what {
                What::Merged { of: names } => of.extend(names),
                What::Edited { .. } | What::Restored { .. } => drop(of.insert(event.by.name)),
                _ => {}
            }
        }
        let mut changed = BTreeMap::new();
        for name in now.keys().chain(files.keys()).filter(|name| *name != RECORD) {
            if now.get(name) != files.get(name) {
                changed.insert(name.clone(), files.get(name).cloned());
            }
        }
        let step = Step {
            subject: "Put two edits together:".to_owned(),
            events: vec![What::Merged {
                of: of.into_iter().collect(),
            }],
            files: changed,
            ..Step::default()
        };
        let change = story.change(step, clerk);
        let (change, lacking) = match self.span.seal {
            Some(seal) => seal(now.get(RECORD).map_or(&[], Vec::as_slice), change),
            None => (change, None),
        };
        Ok(Some((change, both.clean, lacking)))
    }

    /// The desk's own record is appended to like a story's.
    fn desk_record_again(&mut self, to: &mut Pack, before: Option<Oid>, tree: Oid) -> Result<(), RepoError> {
        let read = |tree: Oid| -> Result<Vec<u8>, RepoError> {
            match self.repo.entry(tree, RECORD.as_bytes())? {
                Some((FILE, blob)) => self.repo.object(ObjectType::Blob, blob),
                _ => Ok(Vec::new()),
            }
        };
        let (own, known) = (read(tree)?, before.map(read).transpose()?.unwrap_or_default());
        let there = match self.shelves.root_file(RECORD) {
            Some(blob) => to.get(ObjectType::Blob, blob)?,
            None => Vec::new(),
        };
        let both = append(&there, &new_lines(&known, &own), &own);
        if both != there {
            let blob = to.put(ObjectType::Blob, &both)?;
            self.shelves.put_root_file(RECORD, Some(blob));
        }
        Ok(())
    }

    /// A file beside the stories: taken where only this desk changed it.
    fn file_again(&mut self, name: &str, tree: Oid) -> Result<(), RepoError> {
        let repo = self.repo;
        let blob = |tree| Ok(repo.entry(tree, name.as_bytes())?.filter(|e| e.0 == FILE).map(|e| e.1));
        if !self.beside.contains_key(name) {
            let there = self.shelves.root_file(name);
            let ours = there == blob(self.span.base_tree)?;
            if !ours && there != blob(self.span.ours_tree)? {
                let (remote, file) = (self.span.remote.to_owned(), name.to_owned());
                return Err(RepoError::BothChanged { remote, file });
            }
            self.beside.insert(name.to_owned(), ours);
        }
        if self.beside[name] {
            self.shelves.put_root_file(name, blob(tree)?);
        }
        Ok(())
    }
}

fn events_of(files: &Files) -> Vec<Event> {
    Record::parse(files.get(RECORD).map_or(&[], Vec::as_slice)).events
}

/// The mail that began a story.
fn first_mail(files: &Files) -> Option<EventId> {
    let received = |e: Event| matches!(e.what, What::Received { .. }).then_some(e.id);
    events_of(files).into_iter().find_map(received)
}

/// A commit as it was, with another tree and parent, and the folder's new name where it has one; a signature is no longer one.
fn again(bytes: &[u8], tree: Oid, parent: Oid, lines: &BTreeMap<StoryId, Line>) -> Option<Vec<u8>> {
    let end = memchr::memmem::find(bytes, b"\n\n")?;
    let (head, message) = (&bytes[..end], &bytes[end + 1..]);
    let mut out = format!("tree {tree}\nparent {parent}\n").into_bytes();
    let mut keep = false;
    for line in head.split(|&b| b == b'\n') {
        if !line.starts_with(b" ") {
            keep = [&b"author "[..], b"committer ", b"encoding "]
                .iter()
                .any(|name| line.starts_with(name));
        }
        if keep {
            out.extend_from_slice(line);
            out.push(b'\n');
        }
    }
    let renamed: Vec<(String, String)> = lines
        .iter()
        .filter(|(was, line)| **was != line.target)
        .map(|(was, line)| (format!("Story: {was}"), format!("Story: {}", line.target)))
        .collect();
    for line in message.split_inclusive(|&b| b == b'\n') {
        let other = renamed.iter().find(|(was, _)| line.trim_ascii_end() == was.as_bytes());
        match other {
            Some((_, target)) => {
                out.extend_from_slice(target.as_bytes());
                out.push(b'\n');
            }
            None => out.extend_from_slice(line),
        }
    }
    Some(out)
}
