//! Trees by path: root, year, month, story. Never through the index.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use git2::{ObjectType, Oid};

use super::object::{Objects, Stored};
use super::{RepoError, StoryRepo};
use crate::story::StoryId;

pub(super) const FILE: u32 = 0o100644;
pub(super) const DIR: u32 = 0o040000;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub mode: u32,
    pub name: Box<[u8]>,
    pub id: Oid,
}

/// One tree's entries, in git's order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Dir(pub Vec<Entry>);

/// Walks the entries of a tree's bytes; an item is `Err` where they are no tree.
pub(super) struct Entries<'a>(pub &'a [u8]);

impl<'a> Iterator for Entries<'a> {
    type Item = Result<(u32, &'a [u8], Oid), &'static str>;
    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let entry = || {
            let blank = memchr::memchr(b' ', self.0)?;
            let mode = self.0[..blank].iter().try_fold(0u32, |mode, digit| match digit {
                b'0'..=b'7' if blank <= 6 => Some(mode * 8 + u32::from(digit - b'0')),
                _ => None,
            })?;
            let rest = &self.0[blank + 1..];
            let nul = memchr::memchr(0, rest)?;
            let id = Oid::from_bytes(rest.get(nul + 1..nul + 21)?).ok()?;
            Some(((mode, &rest[..nul], id), &rest[nul + 21..]))
        };
        match entry() {
            Some((entry, rest)) => {
                self.0 = rest;
                Some(Ok(entry))
            }
            None => {
                self.0 = &[];
                Some(Err("its bytes are no tree"))
            }
        }
    }
}

impl Dir {
    pub fn parse(bytes: &[u8]) -> Result<Dir, &'static str> {
        let entry = |item: Result<(u32, &[u8], Oid), _>| {
            item.map(|(mode, name, id)| Entry {
                mode,
                name: name.into(),
                id,
            })
        };
        Entries(bytes).map(entry).collect::<Result<_, _>>().map(Dir)
    }

    pub fn bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.0.iter().map(|e| e.name.len() + 28).sum());
        for entry in &self.0 {
            match entry.mode {
                DIR => out.extend_from_slice(b"40000 "),
                FILE => out.extend_from_slice(b"100644 "),
                mode => out.extend_from_slice(format!("{mode:o} ").as_bytes()),
            }
            out.extend_from_slice(&entry.name);
            out.push(0);
            out.extend_from_slice(entry.id.as_bytes());
        }
        out
    }

    /// A name sorts as a folder or as a file: it may stand at either place.
    fn find(&self, name: &[u8]) -> Result<usize, usize> {
        let as_kind = |mode| self.0.binary_search_by(|e| order(&e.name, e.mode, name, mode));
        as_kind(FILE).or_else(|_| as_kind(DIR))
    }

    pub fn get(&self, name: &[u8]) -> Option<&Entry> {
        self.find(name).ok().map(|at| &self.0[at])
    }

    pub fn set(&mut self, name: &[u8], mode: u32, id: Oid) {
        self.remove(name);
        let at = self.0.binary_search_by(|e| order(&e.name, e.mode, name, mode));
        let at = at.unwrap_or_else(|at| at);
        let name = name.into();
        self.0.insert(at, Entry { mode, name, id });
    }

    pub fn remove(&mut self, name: &[u8]) {
        if let Ok(at) = self.find(name) {
            self.0.remove(at);
        }
    }
}

/// Git's order: a folder's name counts as if it ended with a slash.
fn order(a: &[u8], a_mode: u32, b: &[u8], b_mode: u32) -> Ordering {
    let n = a.len().min(b.len());
    let next = |name: &[u8], mode| name.get(n).copied().unwrap_or(if mode == DIR { b'/' } else { 0 });
    a[..n]
        .cmp(&b[..n])
        .then_with(|| next(a, a_mode).cmp(&next(b, b_mode)))
        .then_with(|| a.len().cmp(&b.len()))
}

/// A root tree whose year and month trees are loaded as they are needed and written where they changed.
pub(super) struct Shelves {
    root: Dir,
    /// By `2010` and by `2010/12`.
    loaded: BTreeMap<String, Dir>,
    touched: BTreeSet<String>,
    /// The last tree written of each month: the next differs from it by one entry.
    written: BTreeMap<String, (Oid, Vec<u8>)>,
}

impl Shelves {
    pub fn open(repo: &StoryRepo, root: Option<Oid>) -> Result<Shelves, RepoError> {
        let root = match root {
            Some(id) => repo.dir_at(id, "the root tree")?,
            None => Dir::default(),
        };
        Ok(Shelves {
            root,
            loaded: BTreeMap::new(),
            touched: BTreeSet::new(),
            written: BTreeMap::new(),
        })
    }

    fn load(&mut self, repo: &StoryRepo, path: &str) -> Result<&mut Dir, RepoError> {
        if !self.loaded.contains_key(path) {
            let parent = match path.split_once('/') {
                Some((year, month)) => self.load(repo, year)?.get(month.as_bytes()),
                None => self.root.get(path.as_bytes()),
            };
            let dir = match parent {
                Some(Entry { mode: DIR, id, .. }) => repo.dir_at(*id, path)?,
                Some(_) => return Err(repo.damaged(path, "it is no folder")),
                None => Dir::default(),
            };
            self.loaded.insert(path.to_owned(), dir);
        }
        Ok(self.loaded.get_mut(path).expect("loaded above"))
    }

    /// The entries of one month, `2010/12`; empty where there is none.
    pub fn month(&mut self, repo: &StoryRepo, month: &str) -> Result<&Dir, RepoError> {
        self.load(repo, month).map(|dir| &*dir)
    }

    /// A file beside the stories.
    pub fn root_file(&self, name: &str) -> Option<Oid> {
        self.root.get(name.as_bytes()).filter(|e| e.mode == FILE).map(|e| e.id)
    }

    /// Gives a file beside the stories other bytes; `None` removes it.
    pub fn put_root_file(&mut self, name: &str, blob: Option<Oid>) {
        match blob {
            Some(blob) => self.root.set(name.as_bytes(), FILE, blob),
            None => self.root.remove(name.as_bytes()),
        }
    }

    /// The tree of a story's folder.
    pub fn story(&mut self, repo: &StoryRepo, id: &StoryId) -> Result<Option<Oid>, RepoError> {
        match self.load(repo, id.month())?.get(id.folder().as_bytes()) {
            Some(Entry { mode: DIR, id, .. }) => Ok(Some(*id)),
            Some(_) => Err(repo.damaged(id.as_str(), "it is no folder")),
            None => Ok(None),
        }
    }

    /// Gives a story's folder new content; `None` removes it.
    pub fn put(&mut self, repo: &StoryRepo, id: &StoryId, tree: Option<Oid>) -> Result<(), RepoError> {
        let month = self.load(repo, id.month())?;
        match tree {
            Some(tree) => month.set(id.folder().as_bytes(), DIR, tree),
            None => month.remove(id.folder().as_bytes()),
        }
        self.touched.insert(id.month().to_owned());
        Ok(())
    }

    /// Writes the trees that changed and gives the root.
    pub fn write(&mut self, to: &mut dyn Objects) -> Result<Oid, RepoError> {
        for month in std::mem::take(&mut self.touched) {
            let (year, name) = month.split_once('/').expect("a month is year/month");
            let (year, name) = (year.to_owned(), name.to_owned());
            let bytes = self.loaded[&month].bytes();
            let tree = if bytes.is_empty() {
                None
            } else {
                let like = self.written.get(&month).map(|(id, bytes)| (*id, bytes.as_slice()));
                let id = to.put_tree_like(&bytes, like)?;
                self.written.insert(month.clone(), (id, bytes));
                Some(id)
            };
            let dir = self.loaded.get_mut(&year).expect("loaded with its month");
            match tree {
                Some(tree) => dir.set(name.as_bytes(), DIR, tree),
                None => dir.remove(name.as_bytes()),
            }
            match put_dir(to, dir)? {
                Some(tree) => self.root.set(year.as_bytes(), DIR, tree),
                None => self.root.remove(year.as_bytes()),
            }
        }
        to.put(ObjectType::Tree, &self.root.bytes())
    }
}

fn put_dir(to: &mut dyn Objects, dir: &Dir) -> Result<Option<Oid>, RepoError> {
    if dir.0.is_empty() {
        return Ok(None);
    }
    to.put(ObjectType::Tree, &dir.bytes()).map(Some)
}

impl StoryRepo {
    pub(super) fn dir_at(&self, id: Oid, place: &str) -> Result<Dir, RepoError> {
        self.with_object(ObjectType::Tree, id, Dir::parse)?
            .map_err(|what| self.damaged(place, what))
    }
}

/// A file that differs between two trees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Differs {
    pub path: String,
    pub old: Option<Oid>,
    pub new: Option<Oid>,
}

impl StoryRepo {
    /// The plain files that differ between two trees, by path; equal subtrees are not looked into, nor anything that lies deeper
    /// than a story's files or has a name that is not UTF-8.
    pub(super) fn differences(
        &self,
        from: &dyn Stored,
        old: Option<Oid>,
        new: Option<Oid>,
    ) -> Result<Vec<Differs>, RepoError> {
        let mut found = Vec::new();
        let mut open = vec![(String::new(), old, new)];
        while let Some((path, old, new)) = open.pop() {
            if old == new || path.matches('/').count() > 4 {
                continue;
            }
            let load = |id: Option<Oid>| match id {
                Some(id) => {
                    let dir = Dir::parse(&from.get(ObjectType::Tree, id)?);
                    dir.map_err(|what| self.damaged(path.as_str(), what))
                }
                None => Ok(Dir::default()),
            };
            let (old, new) = (load(old)?, load(new)?);
            let mut names: BTreeMap<&[u8], [Option<&Entry>; 2]> = BTreeMap::new();
            for (side, dir) in [&old, &new].into_iter().enumerate() {
                for entry in &dir.0 {
                    names.entry(&entry.name).or_default()[side] = Some(entry);
                }
            }
            for (name, [old, new]) in names {
                let Ok(name) = std::str::from_utf8(name) else { continue };
                if old == new {
                    continue;
                }
                let of = |entry: Option<&Entry>, mode| entry.filter(|e| e.mode == mode).map(|e| e.id);
                let (old_dir, new_dir) = (of(old, DIR), of(new, DIR));
                if old_dir.is_some() || new_dir.is_some() {
                    open.push((format!("{path}{name}/"), old_dir, new_dir));
                }
                let (old, new) = (of(old, FILE), of(new, FILE));
                if old != new {
                    let path = format!("{path}{name}");
                    found.push(Differs { path, old, new });
                }
            }
        }
        found.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_keeps_gits_order_and_reads_back() {
        let id = Oid::from_bytes(&[7; 20]).unwrap();
        let mut dir = Dir::default();
        for (name, mode) in [
            ("b", FILE),
            ("a-b", FILE),
            ("a", DIR),
            ("a.b", FILE),
            ("a0", DIR),
            ("b", DIR),
        ] {
            dir.set(name.as_bytes(), mode, id);
        }
        let names: Vec<_> = dir.0.iter().map(|e| String::from_utf8_lossy(&e.name)).collect();
        assert_eq!(
            names,
            ["a-b", "a.b", "a", "a0", "b"],
            "a folder sorts as if it ended with a slash"
        );
        assert_eq!(dir.get(b"b").unwrap().mode, DIR);
        assert_eq!(Dir::parse(&dir.bytes()).unwrap(), dir);
        dir.remove(b"a");
        assert!(dir.get(b"a").is_none());
        let git = git2::Oid::hash_object(ObjectType::Tree, &dir.bytes());
        assert!(git.is_ok());
    }

    #[test]
    fn bytes_that_are_no_tree_are_refused() {
        for junk in [
            &b"100644"[..],
            b"100644 a",
            b"100644 a\0short",
            b"9 a\0aaaaaaaaaaaaaaaaaaaa",
            b"10064444 a\0aaaaaaaaaaaaaaaaaaaa",
        ] {
            assert!(Dir::parse(junk).is_err(), "{junk:?}");
        }
    }
}
