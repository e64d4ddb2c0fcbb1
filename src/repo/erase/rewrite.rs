//! History without some stories: a pure function of a commit and of what is erased, so that two clones that rewrite the same commit
//! get the same one, and an old clone is brought to where the others are.
//!
//! A tree loses the folders of the erased stories and nothing else. A commit that did nothing else is left out; one that did is made
//! again, by the same people at the same times, with its message where that does not tell of an erased story. A commit of which nothing
//! changes is the same object. Git's own signature of a commit made again would be wrong, and goes; signatures of events are in the
//! record, and stay.

use std::collections::HashMap;
use std::rc::Rc;

use git2::{ObjectType, Oid};

use super::super::object::Objects;
use super::super::tree::{DIR, Dir, Entries};
use super::super::{RepoError, StoryRepo};
use super::words;
use crate::story::StoryId;
use crate::story::page::{INDEX, Page};

/// Whether a story is erased.
pub type Doomed<'a> = &'a dyn Fn(&StoryId) -> bool;

/// The erased stories that stand in a tree, with the trees of their folders.
type Found = Rc<Vec<(StoryId, Oid)>>;

/// A tree of the old history, as it is without the erased stories.
#[derive(Clone)]
struct Cleared {
    /// `None`: nothing is left in it.
    tree: Option<Oid>,
    found: Found,
}

/// Makes history without some stories.
pub(in crate::repo) struct Rewriter<'r, 'o> {
    repo: &'r StoryRepo,
    doomed: Doomed<'r>,
    to: &'o mut dyn Objects,
    /// By a folder's path as well as its tree: the same tree may stand in two places.
    trees: HashMap<(String, Oid), Cleared>,
    names: HashMap<String, HashMap<Vec<u8>, Option<StoryId>>>,
    roots: HashMap<Oid, Cleared>,
    /// `None`: nothing of it or before it is left.
    commits: HashMap<Oid, Option<Oid>>,
    pub told: Told,
}

/// What a rewriting came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told {
    /// Commits that are left out.
    pub left_out: usize,
    /// Commits that were made again.
    pub made_again: usize,
    /// Commits made again whose message told of an erased story.
    pub reworded: usize,
    /// The erased stories that were found, by path.
    pub stories: Vec<StoryId>,
}

/// A commit's parts, as bytes: what is not changed is kept as it is.
struct Parts<'a> {
    tree: Oid,
    parents: Vec<Oid>,
    /// The header lines after them, with their line ends.
    rest: &'a [u8],
    message: &'a [u8],
}

impl<'r, 'o> Rewriter<'r, 'o> {
    pub fn new(repo: &'r StoryRepo, doomed: Doomed<'r>, to: &'o mut dyn Objects) -> Self {
        Rewriter {
            repo,
            doomed,
            to,
            trees: HashMap::new(),
            names: HashMap::new(),
            roots: HashMap::new(),
            commits: HashMap::new(),
            told: Told::default(),
        }
    }

    /// The commit as it is without the erased stories; itself where none was ever in it, `None` where nothing is left.
    pub fn commit(&mut self, tip: Oid) -> Result<Option<Oid>, RepoError> {
        let mut open = vec![tip];
        while let Some(&id) = open.last() {
            if self.commits.contains_key(&id) {
                open.pop();
                continue;
            }
            let bytes = self.repo.object(ObjectType::Commit, id)?;
            let parts =
                parts(&bytes).ok_or_else(|| self.repo.damaged(format!("commit {id}"), "its header cannot be read"))?;
            let waits: Vec<Oid> = parts
                .parents
                .iter()
                .copied()
                .filter(|parent| !self.commits.contains_key(parent))
                .collect();
            if waits.is_empty() {
                let new = self.one(id, &bytes, &parts)?;
                self.commits.insert(id, new);
                open.pop();
            } else {
                open.extend(waits);
            }
        }
        Ok(self.commits[&tip])
    }

    fn one(&mut self, id: Oid, bytes: &[u8], parts: &Parts) -> Result<Option<Oid>, RepoError> {
        let cleared = self.root(parts.tree)?;
        let mut parents: Vec<Oid> = Vec::with_capacity(parts.parents.len());
        for parent in &parts.parents {
            if let Some(new) = self.commits[parent]
                && !parents.contains(&new)
            {
                parents.push(new);
            }
        }
        let before = match parts.parents.first() {
            Some(parent) => {
                let tree = self.repo.tree_of(*parent)?;
                Some((tree, self.root(tree)?))
            }
            None => None,
        };
        let found_before = before
            .as_ref()
            .map(|(_, cleared)| cleared.found.clone())
            .unwrap_or_default();
        let touched = *found_before != *cleared.found;
        let tree_before = before.as_ref().and_then(|(_, cleared)| cleared.tree);
        if touched && parents.len() <= 1 && tree_before == cleared.tree {
            self.told.left_out += 1;
            return Ok(parents.first().copied());
        }
        let message = self.message(parts, &cleared.found, &found_before, touched)?;
        let reworded = message.is_some();
        let message = message.as_deref().unwrap_or(parts.message);
        if cleared.tree == Some(parts.tree) && parents == parts.parents && !reworded {
            return Ok(Some(id));
        }
        let tree = match cleared.tree {
            Some(tree) => tree,
            None => self.to.put(ObjectType::Tree, b"")?,
        };
        let mut out = format!("tree {tree}\n").into_bytes();
        for parent in &parents {
            out.extend_from_slice(format!("parent {parent}\n").as_bytes());
        }
        out.extend_from_slice(&without_signatures(parts.rest));
        out.push(b'\n');
        out.extend_from_slice(message);
        debug_assert!(out != bytes);
        self.told.made_again += 1;
        self.told.reworded += usize::from(reworded);
        self.to.put(ObjectType::Commit, &out).map(Some)
    }

    /// The message without what it tells of erased stories; `None` where it tells nothing. Only what stands in this commit and its first
    /// parent is asked, so that it does not depend on what came later.
    fn message(
        &mut self,
        parts: &Parts,
        now: &Found,
        before: &Found,
        touched: bool,
    ) -> Result<Option<Vec<u8>>, RepoError> {
        let text = String::from_utf8_lossy(parts.message);
        let doomed = self.doomed;
        let mut gone: Vec<StoryId> = words::ids(&text).into_iter().filter(|id| doomed(id)).collect();
        let present = now.iter().chain(before.iter());
        gone.extend(
            present
                .clone()
                .map(|(id, _)| id.clone())
                .filter(|id| text.contains(id.folder())),
        );
        if !touched && gone.is_empty() {
            return Ok(None);
        }
        let mut names = Vec::new();
        let mut other = None;
        if touched {
            for (id, tree) in present {
                gone.push(id.clone());
                if let Some((title, author)) = self.title(*tree)? {
                    names.extend([title, author]);
                }
            }
            other = self.another(parts)?;
        }
        Ok(words::without(
            &text,
            &gone,
            &names,
            other.as_ref().map(|(id, title)| (id, title.as_str())),
        )
        .map(String::into_bytes))
    }

    /// Title and byline of a story's page.
    fn title(&self, folder: Oid) -> Result<Option<(String, String)>, RepoError> {
        let Some((_, blob)) = self.repo.entry(folder, INDEX.as_bytes())? else {
            return Ok(None);
        };
        let page = Page::parse(&self.repo.object(ObjectType::Blob, blob)?).ok();
        Ok(page.map(|page| (page.front().title, page.front().author)))
    }

    /// The first of the other stories that this commit changed, and its title.
    fn another(&self, parts: &Parts) -> Result<Option<(StoryId, String)>, RepoError> {
        let before = match parts.parents.first() {
            Some(parent) => Some(self.repo.tree_of(*parent)?),
            None => None,
        };
        for differs in self.repo.differences(self.repo, before, Some(parts.tree))? {
            let Some(id) = differs
                .path
                .rsplit_once('/')
                .and_then(|(folder, _)| folder.parse::<StoryId>().ok())
            else {
                continue;
            };
            if (self.doomed)(&id) {
                continue;
            }
            let title = match self.repo.story_tree(parts.tree, &id)? {
                Some(tree) => self
                    .title(tree)?
                    .map(|(title, _)| title)
                    .filter(|title| !title.is_empty()),
                None => None,
            };
            let title = title.unwrap_or_else(|| id.folder().to_owned());
            return Ok(Some((id, title)));
        }
        Ok(None)
    }

    fn root(&mut self, tree: Oid) -> Result<Cleared, RepoError> {
        if let Some(known) = self.roots.get(&tree) {
            return Ok(known.clone());
        }
        let cleared = self.folder("", tree)?;
        self.roots.insert(tree, cleared.clone());
        Ok(cleared)
    }

    /// Root, year, or month.
    fn folder(&mut self, path: &str, tree: Oid) -> Result<Cleared, RepoError> {
        let key = (path.to_owned(), tree);
        if let Some(known) = self.trees.get(&key) {
            return Ok(known.clone());
        }
        let cleared = match path.len() {
            7 => self.month(path, tree)?,
            _ => self.above(path, tree)?,
        };
        for (id, _) in cleared.found.iter() {
            if !self.told.stories.contains(id) {
                self.told.stories.push(id.clone());
            }
        }
        self.trees.insert(key, cleared.clone());
        Ok(cleared)
    }

    /// A root or a year: what is in its folders.
    fn above(&mut self, path: &str, tree: Oid) -> Result<Cleared, RepoError> {
        let mut dir = self.repo.dir_at(tree, path)?;
        let mut found = Vec::new();
        let digits = if path.is_empty() { 4 } else { 2 };
        let mut changed = false;
        let mut kept = Vec::with_capacity(dir.0.len());
        for mut entry in std::mem::take(&mut dir.0) {
            let numbered = entry.name.len() == digits && entry.name.iter().all(u8::is_ascii_digit);
            if entry.mode != DIR || !numbered {
                kept.push(entry);
                continue;
            }
            let name = String::from_utf8_lossy(&entry.name);
            let below = match path.is_empty() {
                true => name.into_owned(),
                false => format!("{path}/{name}"),
            };
            let cleared = self.folder(&below, entry.id)?;
            found.extend(cleared.found.iter().cloned());
            match cleared.tree {
                Some(tree) => {
                    changed |= tree != entry.id;
                    entry.id = tree;
                    kept.push(entry);
                }
                None => changed = true,
            }
        }
        let tree = self.written(tree, changed, Dir(kept))?;
        let found = Rc::new(found);
        Ok(Cleared { tree, found })
    }

    fn month(&mut self, path: &str, tree: Oid) -> Result<Cleared, RepoError> {
        let bytes = self.repo.object(ObjectType::Tree, tree)?;
        let known = self.names.entry(path.to_owned()).or_default();
        let doomed = self.doomed;
        let mut found = Vec::new();
        for item in Entries(&bytes) {
            let (mode, name, id) = item.map_err(|what| self.repo.damaged(path, what))?;
            if mode != DIR {
                continue;
            }
            let story = match known.get(name) {
                Some(story) => story,
                None => {
                    let text = format!("{path}/{}", String::from_utf8_lossy(name));
                    let story = text.parse::<StoryId>().ok().filter(|id| doomed(id));
                    known.entry(name.to_vec()).or_insert(story)
                }
            };
            if let Some(story) = story {
                found.push((story.clone(), id));
            }
        }
        if found.is_empty() {
            let found = Rc::new(found);
            return Ok(Cleared {
                tree: Some(tree),
                found,
            });
        }
        let mut dir = Dir::parse(&bytes).map_err(|what| self.repo.damaged(path, what))?;
        let gone = |name: &[u8]| found.iter().any(|(id, _)| id.folder().as_bytes() == name);
        dir.0.retain(|entry| entry.mode != DIR || !gone(&entry.name));
        let tree = self.written(tree, true, dir)?;
        let found = Rc::new(found);
        Ok(Cleared { tree, found })
    }

    fn written(&mut self, old: Oid, changed: bool, dir: Dir) -> Result<Option<Oid>, RepoError> {
        match (changed, dir.0.is_empty()) {
            (false, _) => Ok(Some(old)),
            (true, true) => Ok(None),
            (true, false) => self.to.put(ObjectType::Tree, &dir.bytes()).map(Some),
        }
    }
}

fn parts(bytes: &[u8]) -> Option<Parts<'_>> {
    let end = memchr::memmem::find(bytes, b"\n\n")?;
    let (mut rest, message) = (&bytes[..end + 1], &bytes[end + 2..]);
    let hex = |line: &[u8]| Oid::from_str(std::str::from_utf8(line).ok()?).ok();
    let (mut tree, mut parents) = (None, Vec::new());
    loop {
        let line_end = memchr::memchr(b'\n', rest)?;
        let line = &rest[..line_end];
        match (line.strip_prefix(b"tree "), line.strip_prefix(b"parent ")) {
            (Some(id), _) => tree = Some(hex(id)?),
            (_, Some(id)) => parents.push(hex(id)?),
            _ => break,
        }
        rest = &rest[line_end + 1..];
    }
    let tree = tree?;
    Some(Parts {
        tree,
        parents,
        rest,
        message,
    })
}

/// A header's lines without signatures, which span several: they were over the commit as it was.
fn without_signatures(rest: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(rest.len());
    let mut signature = false;
    for line in rest.split_inclusive(|&b| b == b'\n') {
        if !line.starts_with(b" ") {
            signature = [&b"gpgsig "[..], b"gpgsig-sha256 ", b"mergetag "]
                .iter()
                .any(|name| line.starts_with(name));
        }
        if !signature {
            out.extend_from_slice(line);
        }
    }
    out
}
