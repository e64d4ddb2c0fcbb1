//! What `list` and `status` show, remembered in a file: a story's summary by its folder's tree, a month's aggregate by the
//! month's. When nothing changed, nothing but that file is read; when a story changed, it and no other is read again.
//!
//! The file: a magic line, one block a month (postcard), then the contents (postcard), then where they begin, their CRC-32
//! and the magic again. A block is read only when it is asked for. It is a cache: whatever is wrong with it, it is built anew.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;

use git2::{ObjectType, Oid};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::read::{Damage, listed};
use super::{RepoError, StoryRepo, Tip};
use crate::story::StoryId;

const MAGIC: &[u8; 16] = b"m4c-summaries 1\n";
/// Start of the contents, their CRC, the magic.
const TAIL: u64 = 8 + 4 + 16;

type Sum = [u8; 32];
pub(super) type Name = [u8; 20];

/// A story as its summary is made from: files are read only when they are asked for, and a photo's SHA-256 is remembered.
pub struct Source<'a> {
    repo: &'a StoryRepo,
    pub id: &'a StoryId,
    files: BTreeMap<String, Oid>,
    sums: RefCell<HashMap<Name, Sum>>,
    asked: RefCell<Vec<(Name, Sum)>>,
}

impl Source<'_> {
    /// The names of the story's files, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// A file's bytes; `None` where there is no such file.
    pub fn read(&self, name: &str) -> Result<Option<Vec<u8>>, RepoError> {
        let blob = self.files.get(name);
        blob.map(|blob| self.repo.object(ObjectType::Blob, *blob)).transpose()
    }

    /// A file's SHA-256, read only where its blob was never seen; `None` where there is no such file.
    pub fn sha256(&self, name: &str) -> Result<Option<Sum>, RepoError> {
        let Some(blob) = self.files.get(name) else {
            return Ok(None);
        };
        let key = name_bytes(*blob);
        let known = self.sums.borrow().get(&key).copied();
        let sum = match known {
            Some(sum) => sum,
            None => self
                .repo
                .with_object(ObjectType::Blob, *blob, |bytes| Sha256::digest(bytes).into())?,
        };
        self.sums.borrow_mut().insert(key, sum);
        self.asked.borrow_mut().push((key, sum));
        Ok(Some(sum))
    }
}

/// Makes a story's summary: bytes that only the caller reads.
pub type OfStory<'a> = &'a dyn Fn(&Source) -> Result<Vec<u8>, RepoError>;
/// Makes a month's aggregate from the summaries of its stories.
pub type OfMonth<'a> = &'a dyn Fn(&[Summary]) -> Vec<u8>;

/// One story's summary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    pub id: StoryId,
    pub bytes: Vec<u8>,
}

/// The summaries at one tip, month by month.
pub struct Summaries<'a> {
    repo: &'a StoryRepo,
    of_story: OfStory<'a>,
    file: File,
    contents: Contents,
}

#[derive(Serialize, Deserialize)]
struct Contents {
    /// SHA-256 of what the caller's functions depend on.
    fingerprint: Sum,
    root: Name,
    months: Vec<Month>,
}

#[derive(Clone, Serialize, Deserialize)]
struct Month {
    name: String,
    tree: Name,
    aggregate: Vec<u8>,
    at: u64,
    len: u32,
    crc: u32,
}

#[derive(Serialize, Deserialize)]
struct Line<'a> {
    folder: &'a str,
    tree: Name,
    /// SHA-256 of the blobs that were asked for.
    sums: Vec<(Name, Sum)>,
    #[serde(borrow)]
    told: Result<&'a [u8], &'a str>,
}

pub(super) fn name_bytes(id: Oid) -> Name {
    id.as_bytes().try_into().unwrap_or_default()
}

impl StoryRepo {
    /// The summaries at a tip, from the file at `cache` where they are there, made by `of_story` and `of_month` where not, and
    /// remembered. `fingerprint` is whatever else these depend on (the policy, their own version): when it changes, all are
    /// made anew. A cache that is missing, damaged or cannot be written costs time and nothing else.
    pub fn summaries<'a>(
        &'a self,
        tip: &Tip,
        cache: &Path,
        fingerprint: &[u8],
        of_story: OfStory<'a>,
        of_month: OfMonth<'a>,
    ) -> Result<Summaries<'a>, RepoError> {
        let fingerprint: Sum = Sha256::digest(fingerprint).into();
        let old = File::open(cache).and_then(|file| Ok((contents(&file)?, file))).ok();
        let root = name_bytes(tip.tree);
        let repo = self;
        if let Some((contents, file)) = old {
            if contents.root == root && contents.fingerprint == fingerprint {
                return Ok(Summaries {
                    repo,
                    of_story,
                    file,
                    contents,
                });
            }
            return self.summarise(tip, cache, fingerprint, of_story, of_month, Some((contents, file)));
        }
        self.summarise(tip, cache, fingerprint, of_story, of_month, None)
    }

    fn summarise<'a>(
        &'a self,
        tip: &Tip,
        cache: &Path,
        fingerprint: Sum,
        of_story: OfStory<'a>,
        of_month: OfMonth<'a>,
        old: Option<(Contents, File)>,
    ) -> Result<Summaries<'a>, RepoError> {
        let known: HashMap<&str, &Month> = match &old {
            Some((contents, _)) => contents.months.iter().map(|m| (m.name.as_str(), m)).collect(),
            None => HashMap::new(),
        };
        let same_makers = old
            .as_ref()
            .is_some_and(|(contents, _)| contents.fingerprint == fingerprint);
        let writing = |e| RepoError::io("remembering the list in", cache)(e);
        let temp = cache
            .parent()
            .and_then(|folder| tempfile::NamedTempFile::new_in(folder).ok());
        let (mut file, place) = match temp {
            Some(temp) => {
                let (file, path) = temp.into_parts();
                (file, Some(path))
            }
            None => (tempfile::tempfile().map_err(writing)?, None),
        };
        let mut out = io::BufWriter::new(&mut file);
        out.write_all(MAGIC).map_err(writing)?;
        let mut at = MAGIC.len() as u64;
        let mut months = Vec::new();
        for (name, tree) in self.months(tip)? {
            let before = known.get(name.as_str()).copied();
            let block = match (before, &old) {
                (Some(month), Some((_, file))) => block(file, month),
                _ => None,
            };
            let unchanged = same_makers && before.is_some_and(|m| m.tree == name_bytes(tree));
            let (bytes, aggregate) = match (block, before) {
                (Some(block), Some(month)) if unchanged => (block, month.aggregate.clone()),
                (block, _) => {
                    let block = block.unwrap_or_default();
                    let (bytes, summaries) = self.summarise_month(&name, tree, &block, same_makers, of_story)?;
                    (bytes, of_month(&summaries))
                }
            };
            out.write_all(&bytes).map_err(writing)?;
            months.push(Month {
                name,
                tree: name_bytes(tree),
                aggregate,
                at,
                len: bytes.len() as u32,
                crc: crc32fast::hash(&bytes),
            });
            at += bytes.len() as u64;
        }
        let root = name_bytes(tip.tree);
        let contents = Contents {
            fingerprint,
            root,
            months,
        };
        let bytes = postcard::to_stdvec(&contents).expect("plain data");
        let mut end = bytes;
        let crc = crc32fast::hash(&end);
        end.extend_from_slice(&at.to_le_bytes());
        end.extend_from_slice(&crc.to_le_bytes());
        end.extend_from_slice(MAGIC);
        out.write_all(&end).and_then(|()| out.flush()).map_err(writing)?;
        drop(out);
        if let Some(place) = place {
            let _ = place.persist(cache);
        }
        Ok(Summaries {
            repo: self,
            of_story,
            file,
            contents,
        })
    }

    /// One month's block, and its summaries; lines of the old block are taken over where the story's tree is the same.
    fn summarise_month(
        &self,
        month: &str,
        tree: Oid,
        old: &[u8],
        same_makers: bool,
        of_story: OfStory,
    ) -> Result<(Vec<u8>, Vec<Summary>), RepoError> {
        let lines: Vec<Line> = postcard::from_bytes(old).unwrap_or_default();
        let known: HashMap<&str, &Line> = lines.iter().map(|line| (line.folder, line)).collect();
        let dir = self.dir_at(tree, month)?;
        let mut made = Vec::with_capacity(dir.0.len());
        for entry in &dir.0 {
            let folder = String::from_utf8_lossy(&entry.name).into_owned();
            let before = known.get(folder.as_str());
            let (told, sums) = match (before, listed(month, entry)) {
                (Some(line), Ok(_)) if same_makers && line.tree == name_bytes(entry.id) => {
                    (line.told.map(<[u8]>::to_vec).map_err(str::to_owned), line.sums.clone())
                }
                (_, Err(damage)) => (Err(damage.what), Vec::new()),
                (before, Ok(story)) => {
                    let sums = before.map(|line| line.sums.iter().copied().collect());
                    self.summarise_story(&story.id, story.tree, sums.unwrap_or_default(), of_story)?
                }
            };
            made.push((folder, name_bytes(entry.id), sums, told));
        }
        let lines: Vec<Line> = made
            .iter()
            .map(|(folder, tree, sums, told)| Line {
                folder,
                tree: *tree,
                sums: sums.clone(),
                told: told.as_deref().map_err(String::as_str),
            })
            .collect();
        let block = postcard::to_stdvec(&lines).expect("plain data");
        let summaries = lines.iter().filter_map(|line| summary(month, line).ok()).collect();
        Ok((block, summaries))
    }

    /// Damage is told and remembered; what may pass (a disk that fails) is an error.
    #[allow(
        clippy::type_complexity,
        reason = "the summary or the damage, and the sums it rests on"
    )]
    pub(super) fn summarise_story(
        &self,
        id: &StoryId,
        tree: Oid,
        sums: HashMap<Name, Sum>,
        of_story: OfStory,
    ) -> Result<(Result<Vec<u8>, String>, Vec<(Name, Sum)>), RepoError> {
        let told = |e| match e {
            RepoError::Damaged { what, .. } => Ok((Err(what), Vec::new())),
            e => Err(e),
        };
        let files = match self.plain_files(tree, id.as_str()) {
            Ok(files) => files.into_iter().collect(),
            Err(e) => return told(e),
        };
        let source = Source {
            repo: self,
            id,
            files,
            sums: RefCell::new(sums),
            asked: RefCell::default(),
        };
        match of_story(&source) {
            Ok(bytes) => Ok((Ok(bytes), source.asked.into_inner())),
            Err(e) => told(e),
        }
    }
}

fn summary(month: &str, line: &Line) -> Result<Summary, Damage> {
    let place = format!("{month}/{}", line.folder);
    match (line.told, place.parse()) {
        (Ok(bytes), Ok(id)) => Ok(Summary {
            id,
            bytes: bytes.to_vec(),
        }),
        (Err(what), _) => Err(Damage {
            place,
            what: what.to_owned(),
        }),
        (_, Err(e)) => Err(Damage {
            place,
            what: e.to_string(),
        }),
    }
}

impl Summaries<'_> {
    /// The months, oldest first, each with its aggregate: to be read without reading the stories.
    pub fn months(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.contents
            .months
            .iter()
            .map(|m| (m.name.as_str(), m.aggregate.as_slice()))
    }

    /// The stories of one of [`Summaries::months`], by its place there; an item is `Err` where a story cannot be read.
    pub fn month(&self, place: usize) -> Result<Vec<Result<Summary, Damage>>, RepoError> {
        let month = &self.contents.months[place];
        let read = |bytes: &[u8]| -> Option<Vec<_>> {
            let lines: Vec<Line> = postcard::from_bytes(bytes).ok()?;
            Some(lines.iter().map(|line| summary(&month.name, line)).collect())
        };
        if let Some(found) = block(&self.file, month).and_then(|bytes| read(&bytes)) {
            return Ok(found);
        }
        let tree = Oid::from_bytes(&month.tree).unwrap_or(Oid::ZERO_SHA1);
        let (bytes, _) = self
            .repo
            .summarise_month(&month.name, tree, &[], false, self.of_story)?;
        Ok(read(&bytes).unwrap_or_default())
    }

    /// Every story, by month.
    pub fn iter(&self) -> impl Iterator<Item = Result<Result<Summary, Damage>, RepoError>> {
        (0..self.contents.months.len()).flat_map(|place| match self.month(place) {
            Ok(stories) => stories.into_iter().map(Ok).collect(),
            Err(e) => vec![Err(e)],
        })
    }
}

fn contents(file: &File) -> io::Result<Contents> {
    let bad = || io::Error::from(io::ErrorKind::InvalidData);
    let len = file.metadata()?.len();
    let tail_at = len.checked_sub(TAIL).ok_or_else(bad)?;
    let mut tail = [0; TAIL as usize];
    file.read_exact_at(&mut tail, tail_at)?;
    let at = u64::from_le_bytes(tail[..8].try_into().map_err(|_| bad())?);
    let crc = u32::from_le_bytes(tail[8..12].try_into().map_err(|_| bad())?);
    let size = tail_at
        .checked_sub(at)
        .filter(|_| &tail[12..] == MAGIC)
        .ok_or_else(bad)?;
    let mut bytes = vec![0; size as usize];
    file.read_exact_at(&mut bytes, at)?;
    if crc32fast::hash(&bytes) != crc {
        return Err(bad());
    }
    postcard::from_bytes(&bytes).map_err(|_| bad())
}

fn block(file: &File, month: &Month) -> Option<Vec<u8>> {
    if month.at + u64::from(month.len) > file.metadata().ok()?.len() {
        return None;
    }
    let mut bytes = vec![0; month.len as usize];
    file.read_exact_at(&mut bytes, month.at).ok()?;
    (crc32fast::hash(&bytes) == month.crc).then_some(bytes)
}
