//! What came from the remote, looked at before anything moves: nothing but plain files in the places that are the tool's.
//!
//! Only what differs from what is here is looked at. git itself has checked the objects (`transfer.fsckObjects`).

use git2::{ObjectType, Oid};

use super::open::root_files;
use super::read::is_file_name;
use super::tree::{DIR, Dir, Entry, FILE};
use super::{RepoError, StoryRepo};
use crate::story::StoryId;

/// How a place that is not ours is told: where, and what stands there.
type Foreign = (String, String);

/// What a tree is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tree {
    Stories,
    Private,
}

impl StoryRepo {
    /// Refuses a tree with anything in it that is no story's plain file, as far as it differs from `known`.
    pub(super) fn check_tree(&self, kind: Tree, known: Option<Oid>, new: Oid, remote: &str) -> Result<(), RepoError> {
        let foreign = |(place, what): Foreign| RepoError::Foreign {
            remote: remote.to_owned(),
            place,
            what,
        };
        let mut open = vec![(String::new(), known, new)];
        while let Some((path, known, new)) = open.pop() {
            if known == Some(new) {
                continue;
            }
            let known = match known {
                Some(id) => self.dir_at(id, &path)?,
                None => Dir::default(),
            };
            for entry in self.dir_at(new, &path)?.0 {
                let was = known.get(&entry.name).filter(|was| was.mode == entry.mode);
                if was.is_some_and(|was| was.id == entry.id) {
                    continue;
                }
                let place = format!("{path}{}", String::from_utf8_lossy(&entry.name));
                let is_new_place = was.is_none();
                match entry.mode {
                    DIR if is_folder(&place) => open.push((format!("{place}/"), was.map(|was| was.id), entry.id)),
                    _ => self
                        .check_file(kind, &path, &place, &entry, is_new_place)
                        .map_err(foreign)?,
                }
            }
        }
        Ok(())
    }

    fn check_file(&self, kind: Tree, path: &str, place: &str, entry: &Entry, is_new: bool) -> Result<(), Foreign> {
        let refused = |what: &str| Err((place.to_owned(), what.to_owned()));
        match entry.mode {
            FILE | 0o100664 => {}
            0o120000 => return refused("is a symbolic link"),
            0o160000 => return refused("is a submodule"),
            0o100755 => return refused("is executable"),
            DIR => return refused("is a folder that is no story's"),
            _ => return refused("is no plain file"),
        }
        let in_story = path.trim_end_matches('/').parse::<StoryId>().is_ok();
        match (kind, in_story) {
            (_, true) if is_file_name(&entry.name) => Ok(()),
            (_, true) => refused("has a name that is not the tool's"),
            (Tree::Stories, false) if path.is_empty() => {
                let ours = root_files().into_iter().find(|(name, _)| *name == place);
                match ours {
                    Some((_, bytes)) if self.object(ObjectType::Blob, entry.id).is_ok_and(|is| is == bytes) => Ok(()),
                    Some(_) => refused("is not as the tool made it"),
                    None if is_root_file(place) => Ok(()),
                    None => refused("is none of the files that belong there"),
                }
            }
            _ if is_new => refused("lies outside of a story's folder"),
            _ => Ok(()),
        }
    }
}

/// A year, a month, a story.
fn is_folder(place: &str) -> bool {
    let digits = |name: &str, len| name.len() == len && name.bytes().all(|b| b.is_ascii_digit());
    match place.split('/').collect::<Vec<_>>()[..] {
        [year] => digits(year, 4),
        [year, month] => digits(year, 4) && digits(month, 2),
        _ => place.parse::<StoryId>().is_ok(),
    }
}

/// A file that a team puts beside its stories: `README.md`, `LICENSE`.
pub(super) fn is_root_file(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_');
    name.len() <= 100 && name.bytes().all(plain) && name.as_bytes().first().is_some_and(u8::is_ascii_alphanumeric)
}
