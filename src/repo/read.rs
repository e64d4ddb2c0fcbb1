//! Reading at the tip: stories, private parts, who is there.

use git2::{ErrorCode, ObjectType, Oid};

use super::tree::{DIR, Entries, Entry, FILE};
use super::{CommitId, PRIVATE_REF, RepoError, StoryRepo, Tip};
use crate::story::StoryId;
use crate::story::record::Files;

/// Something in the repository that cannot be a story, or a story that cannot be read: told, never followed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {what}")]
pub struct Damage {
    pub place: String,
    pub what: String,
}

/// A story's folder as a month lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    pub id: StoryId,
    pub(super) tree: Oid,
}

/// Names of the tool's own giving: lower case letters, digits, dots and hyphens, a letter or digit first.
pub(super) fn is_file_name(name: &[u8]) -> bool {
    let plain = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    name.len() <= 100 && name.first().is_some_and(plain) && name.iter().all(|b| plain(b) || matches!(b, b'.' | b'-'))
}

impl StoryRepo {
    /// Where the branch is now.
    pub fn tip(&self) -> Result<Tip, RepoError> {
        let Some(commit) = self.read_ref(&self.branch_ref())? else {
            let (path, branch) = (self.root.clone(), self.branch.clone());
            return Err(RepoError::NoBranch { path, branch });
        };
        self.tip_of(commit)
    }

    /// The private parts as they are now, to be summarised like the stories; `None` where there are none.
    pub fn private_tip(&self) -> Result<Option<Tip>, RepoError> {
        self.read_ref(super::PRIVATE_REF)?
            .map(|commit| self.tip_of(commit))
            .transpose()
    }

    pub(super) fn tip_of(&self, commit: Oid) -> Result<Tip, RepoError> {
        let tree = self.tree_of(commit)?;
        let commit = CommitId(commit);
        Ok(Tip { commit, tree })
    }

    /// The files of a story's folder; `None` where there is no such story.
    pub fn story(&self, tip: &Tip, id: &StoryId) -> Result<Option<Files>, RepoError> {
        match self.story_tree(tip.tree, id)? {
            Some(tree) => self.files_of(tree, id.as_str()).map(Some),
            None => Ok(None),
        }
    }

    /// A story's files as they were at a commit of the past.
    pub fn story_at(&self, commit: CommitId, id: &StoryId) -> Result<Option<Files>, RepoError> {
        self.story(&self.tip_of(commit.0)?, id)
    }

    /// The files of a story's private part; `None` where this repository has none of it.
    pub fn private(&self, id: &StoryId) -> Result<Option<Files>, RepoError> {
        match self.private_tree(id)? {
            Some(tree) => self.files_of(tree, &format!("the private part of {id}")).map(Some),
            None => Ok(None),
        }
    }

    /// One file of a story's private part, without reading the others (raw mails are large).
    pub fn private_file(&self, id: &StoryId, name: &str) -> Result<Option<Vec<u8>>, RepoError> {
        let Some(tree) = self.private_tree(id)? else {
            return Ok(None);
        };
        match self.entry(tree, name.as_bytes())? {
            Some((FILE, blob)) => self.object(ObjectType::Blob, blob).map(Some),
            Some(_) => Err(self.damaged(format!("the private part of {id}"), format!("{name} is no plain file"))),
            None => Ok(None),
        }
    }

    /// The stories of a month (`2010/12`) whose folder ends with these ten digits, whatever their slug.
    pub fn find(&self, tip: &Tip, month: &str, digits: &str) -> Result<Vec<StoryId>, RepoError> {
        match self.subtree(tip.tree, month)? {
            Some(tree) => self.with_object(ObjectType::Tree, tree, |bytes| {
                let names = Entries(bytes).filter_map(|e| e.ok()).map(|(_, name, _)| name);
                ids_ending(month, names, digits)
            }),
            None => Ok(Vec::new()),
        }
    }

    /// Every story, by month; an item is `Err` where something stands in a story's place that is none.
    pub fn stories(&self, tip: &Tip) -> Result<impl Iterator<Item = Result<Listed, Damage>> + use<'_>, RepoError> {
        Ok(self
            .months(tip)?
            .into_iter()
            .flat_map(|(month, tree)| match self.dir_at(tree, &month) {
                Ok(dir) => dir.0.iter().map(|entry| listed(&month, entry)).collect(),
                Err(e) => vec![Err(Damage {
                    place: month,
                    what: e.to_string(),
                })],
            }))
    }

    /// The month folders and their trees, `0000/00` first.
    pub(super) fn months(&self, tip: &Tip) -> Result<Vec<(String, Oid)>, RepoError> {
        let mut months = Vec::new();
        let number = |name: &[u8], len| name.len() == len && name.iter().all(u8::is_ascii_digit);
        for year in self.dir_at(tip.tree, "the root tree")?.0 {
            if year.mode != DIR || !number(&year.name, 4) {
                continue;
            }
            let year_name = String::from_utf8_lossy(&year.name).into_owned();
            for month in self.dir_at(year.id, &year_name)?.0 {
                if month.mode == DIR && number(&month.name, 2) {
                    months.push((
                        format!("{year_name}/{}", String::from_utf8_lossy(&month.name)),
                        month.id,
                    ));
                }
            }
        }
        Ok(months)
    }

    pub(super) fn tree_of(&self, commit: Oid) -> Result<Oid, RepoError> {
        let tree = self.with_object(ObjectType::Commit, commit, |bytes| {
            let hex = bytes.strip_prefix(b"tree ").and_then(|rest| rest.get(..40))?;
            Oid::from_str(std::str::from_utf8(hex).ok()?).ok()
        })?;
        tree.ok_or_else(|| self.damaged(format!("commit {commit}"), "it names no tree"))
    }

    pub(super) fn story_tree(&self, root: Oid, id: &StoryId) -> Result<Option<Oid>, RepoError> {
        self.subtree(root, id.as_str())
    }

    fn private_tree(&self, id: &StoryId) -> Result<Option<Oid>, RepoError> {
        match self.read_ref(PRIVATE_REF)? {
            Some(commit) => self.story_tree(self.tree_of(commit)?, id),
            None => Ok(None),
        }
    }

    /// Goes down a path of folders.
    pub(super) fn subtree(&self, root: Oid, path: &str) -> Result<Option<Oid>, RepoError> {
        let mut tree = root;
        for name in path.split('/') {
            tree = match self.entry(tree, name.as_bytes())? {
                Some((DIR, id)) => id,
                Some(_) => return Err(self.damaged(path, format!("{name} is no folder"))),
                None => return Ok(None),
            };
        }
        Ok(Some(tree))
    }

    pub(super) fn entry(&self, tree: Oid, name: &[u8]) -> Result<Option<(u32, Oid)>, RepoError> {
        let found = self.with_object(ObjectType::Tree, tree, |bytes| {
            for item in Entries(bytes) {
                let (mode, this, id) = item?;
                if this == name {
                    return Ok(Some((mode, id)));
                }
            }
            Ok(None)
        })?;
        found.map_err(|what: &str| self.damaged(format!("tree {tree}"), what))
    }

    pub(super) fn files_of(&self, tree: Oid, place: &str) -> Result<Files, RepoError> {
        let mut files = Files::new();
        for (name, blob) in self.plain_files(tree, place)? {
            files.insert(name, self.object(ObjectType::Blob, blob)?);
        }
        Ok(files)
    }

    /// Names and blobs of a story's folder; anything that is not a plain file with a name of ours is damage.
    pub(super) fn plain_files(&self, tree: Oid, place: &str) -> Result<Vec<(String, Oid)>, RepoError> {
        let dir = self.dir_at(tree, place)?;
        dir.0
            .iter()
            .map(|entry| plain_file(entry).map_err(|what| self.damaged(place, what)))
            .collect()
    }

    /// A ref's commit; a symbolic or unreadable one is damage.
    pub(super) fn read_ref(&self, name: &str) -> Result<Option<Oid>, RepoError> {
        match self.git.find_reference(name) {
            Ok(found) => match found.target() {
                Some(id) => Ok(Some(id)),
                None => Err(self.damaged(name, "it points at another ref")),
            },
            Err(e) if e.code() == ErrorCode::NotFound => Ok(None),
            Err(e) => Err(self.damaged(name, e.message())),
        }
    }
}

pub(super) fn plain_file(entry: &Entry) -> Result<(String, Oid), String> {
    let name = String::from_utf8_lossy(&entry.name).into_owned();
    let what = match entry.mode {
        FILE | 0o100664 if is_file_name(&entry.name) => return Ok((name, entry.id)),
        FILE | 0o100664 => "has a name that is not the tool's".to_owned(),
        0o100755 => "is executable".to_owned(),
        0o120000 => "is a symbolic link".to_owned(),
        0o160000 => "is a submodule".to_owned(),
        DIR => "is a folder".to_owned(),
        mode => format!("has mode {mode:o}"),
    };
    Err(format!("{name:?} {what}"))
}

pub(super) fn listed(month: &str, entry: &Entry) -> Result<Listed, Damage> {
    let place = format!("{month}/{}", String::from_utf8_lossy(&entry.name));
    match place.parse() {
        Ok(id) if entry.mode == DIR => Ok(Listed { id, tree: entry.id }),
        Ok(_) => Err(Damage {
            place,
            what: "it is no folder".to_owned(),
        }),
        Err(e) => Err(Damage {
            place,
            what: e.to_string(),
        }),
    }
}

pub(super) fn ids_ending<'a>(month: &str, names: impl Iterator<Item = &'a [u8]>, digits: &str) -> Vec<StoryId> {
    let end = format!("-{digits}");
    names
        .filter(|name| name.ends_with(end.as_bytes()))
        .filter_map(|name| format!("{month}/{}", std::str::from_utf8(name).ok()?).parse().ok())
        .collect()
}
