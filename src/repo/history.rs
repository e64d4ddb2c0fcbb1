//! What happened: commits newest first, of the whole branch or of one story.

use std::collections::{BinaryHeap, HashSet};

use git2::{ObjectType, Oid};
use jiff::Timestamp;

use super::tree::DIR;
use super::{CommitId, RepoError, StoryRepo, Tip};
use crate::story::StoryId;
use crate::story::record::Signature;

/// A commit of the past.
#[derive(Debug, Clone, PartialEq)]
pub struct Past {
    pub id: CommitId,
    /// Its author.
    pub by: Signature,
    pub message: String,
    /// The files it changed against its first parent: paths from the root, or names in the story's folder where one story was
    /// asked for.
    pub files: Vec<String>,
}

pub(super) struct Commit {
    pub tree: Oid,
    pub parents: Vec<Oid>,
    pub by: Signature,
    /// Seconds; what git orders by.
    committed: i64,
    pub message: String,
}

/// The trees on the way to a story: root, year, month, folder.
type Way = [Option<Oid>; 4];

/// A commit waiting to be looked at: the youngest first, then the one found first.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Waiting {
    committed: i64,
    found: std::cmp::Reverse<usize>,
    id: Oid,
    way: Way,
}

impl StoryRepo {
    /// The commits that changed a story's folder (`None`: all), newest first, at most `limit`. Ends where the story begins; in a
    /// shallow clone, where its history is cut off.
    pub fn history(&self, tip: &Tip, story: Option<&StoryId>, limit: usize) -> Result<Vec<Past>, RepoError> {
        let mut past = Vec::new();
        let mut waiting = BinaryHeap::new();
        let mut seen = HashSet::new();
        let mut found = 0;
        let mut push = |waiting: &mut BinaryHeap<Waiting>, id: Oid, committed: i64, way: Way| {
            if seen.insert(id) {
                found += 1;
                let found = std::cmp::Reverse(found);
                waiting.push(Waiting {
                    committed,
                    found,
                    id,
                    way,
                });
            }
        };
        let first = self.commit_at(tip.commit.0)?;
        let way = self.way(first.tree, story, [None; 4])?;
        push(&mut waiting, tip.commit.0, first.committed, way);
        while let Some(Waiting { id, way, .. }) = waiting.pop() {
            if past.len() >= limit {
                break;
            }
            let commit = self.commit_at(id)?;
            let mut changed = true;
            let mut first_parent = None;
            for (n, &parent) in commit.parents.iter().enumerate() {
                if self.git.is_shallow() && !self.git.odb().is_ok_and(|odb| odb.exists(parent)) {
                    continue;
                }
                let older = self.commit_at(parent)?;
                let before = self.way(older.tree, story, way)?;
                if n == 0 {
                    first_parent = Some(before);
                }
                // the whole branch shows every commit; a story only those that differ from all their parents
                if story.is_some() && before[3] == way[3] {
                    changed = false;
                }
                if story.is_none() || before[3].is_some() {
                    push(&mut waiting, parent, older.committed, before);
                }
            }
            let depth = if story.is_some() { 3 } else { 0 };
            if !changed || (story.is_some() && way[3].is_none() && first_parent.is_none_or(|w| w[3].is_none())) {
                continue;
            }
            let differs = self.differences(self, first_parent.and_then(|way| way[depth]), way[depth])?;
            past.push(Past {
                id: CommitId(id),
                by: commit.by,
                message: commit.message,
                files: differs.into_iter().map(|differs| differs.path).collect(),
            });
        }
        Ok(past)
    }

    /// The trees on the way to the story, looked up only where they are not those of a neighbouring commit.
    fn way(&self, root: Oid, story: Option<&StoryId>, known: Way) -> Result<Way, RepoError> {
        let mut way = [Some(root), None, None, None];
        let Some(story) = story else { return Ok(way) };
        for (n, name) in story.as_str().split('/').enumerate() {
            let Some(tree) = way[n] else { break };
            if known[n] == Some(tree) {
                way[n + 1..].copy_from_slice(&known[n + 1..]);
                break;
            }
            way[n + 1] = self
                .entry(tree, name.as_bytes())?
                .filter(|(mode, _)| *mode == DIR)
                .map(|(_, id)| id);
        }
        Ok(way)
    }

    pub(super) fn commit_at(&self, id: Oid) -> Result<Commit, RepoError> {
        let commit = self.with_object(ObjectType::Commit, id, parse)?;
        commit.ok_or_else(|| self.damaged(format!("commit {id}"), "its header cannot be read"))
    }
}

fn parse(bytes: &[u8]) -> Option<Commit> {
    let end = memchr::memmem::find(bytes, b"\n\n").unwrap_or(bytes.len());
    let head = String::from_utf8_lossy(&bytes[..end]);
    let message = String::from_utf8_lossy(bytes.get(end + 2..).unwrap_or_default()).into_owned();
    let (mut tree, mut parents, mut by, mut committed) = (None, Vec::new(), None, None);
    for line in head.lines() {
        match line.split_once(' ') {
            Some(("tree", hex)) => tree = Oid::from_str(hex).ok(),
            Some(("parent", hex)) => parents.push(Oid::from_str(hex).ok()?),
            Some(("author", who)) if by.is_none() => by = Some(person(who)),
            Some(("committer", who)) => committed = Some(person(who).at.as_second()),
            _ => {}
        }
    }
    Some(Commit {
        tree: tree?,
        parents,
        by: by?,
        committed: committed?,
        message,
    })
}

/// `Name <address> seconds zone`; what cannot be read is empty, or the epoch.
fn person(line: &str) -> Signature {
    let (name, rest) = line.split_once('<').unwrap_or((line, ""));
    let (email, when) = rest.rsplit_once('>').unwrap_or((rest, ""));
    let seconds = when.split_whitespace().next().and_then(|s| s.parse().ok());
    let at = seconds.and_then(|s| Timestamp::from_second(s).ok());
    Signature {
        name: name.trim().to_owned(),
        email: email.to_owned(),
        at: at.unwrap_or(Timestamp::UNIX_EPOCH),
    }
}
