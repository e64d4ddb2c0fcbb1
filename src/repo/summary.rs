//! What `list` and `status` show, remembered in a file: a story's summary by its folder's tree, a month's aggregate by the
//! month's. When nothing changed, nothing but that file is read; when a story changed, it and no other is read again.
//!
//! The file: a magic line, one block a month, the list of the months, and the head, which has what all months come to (each of these
//! postcard); then where the head begins, its CRC-32, and the magic again. The head has the CRC-32 of the list of months, that has those
//! of the blocks, and list and blocks are read only when they are asked for. It is a cache: whatever is wrong with it, it is built anew.

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use git2::{ObjectType, Oid};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::read::{Damage, listed};
use super::{RepoError, StoryRepo, Tip};
use crate::story::StoryId;

const MAGIC: &[u8; 16] = b"m4c-summaries 2\n";
/// Start of the head, its CRC, the magic.
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
/// Makes one aggregate of those of all months, oldest first.
pub type OfAll<'a> = &'a dyn Fn(&[&[u8]]) -> Vec<u8>;

/// How summaries are made, and what else they depend on.
#[derive(Clone, Copy)]
pub struct Makers<'a> {
    /// The policy, the makers' own version: where it is another, all are made anew.
    pub fingerprint: &'a [u8],
    pub of_story: OfStory<'a>,
    pub of_month: OfMonth<'a>,
    pub of_all: OfAll<'a>,
}

/// One story's summary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    pub id: StoryId,
    pub bytes: Vec<u8>,
}

/// The summaries at one tip, month by month.
pub struct Summaries<'a> {
    making: Making<'a>,
    head: Head,
    /// Where the head is not of this run's making: the file that it was read from.
    file: Option<File>,
    read: OnceCell<Kept>,
}

/// What is made, of what, and where it is remembered.
struct Making<'a> {
    repo: &'a StoryRepo,
    tip: Tip,
    cache: PathBuf,
    fingerprint: Sum,
    makers: Makers<'a>,
}

/// A file and its months.
struct Kept {
    file: File,
    months: Vec<Month>,
}

#[derive(Clone, Serialize, Deserialize)]
struct Head {
    /// SHA-256 of what the caller's functions depend on.
    fingerprint: Sum,
    root: Name,
    /// What all months come to.
    aggregate: Vec<u8>,
    /// Where the list of months is.
    at: u64,
    len: u32,
    crc: u32,
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
    /// The summaries at a tip, from the file at `cache` where they are there, made by `makers` where not, and remembered. A cache that is
    /// missing, damaged or cannot be written costs time and nothing else.
    pub fn summaries<'a>(&'a self, tip: &Tip, cache: &Path, makers: Makers<'a>) -> Result<Summaries<'a>, RepoError> {
        let making = Making {
            repo: self,
            tip: *tip,
            cache: cache.to_owned(),
            fingerprint: Sha256::digest(makers.fingerprint).into(),
            makers,
        };
        let old = File::open(cache).and_then(|file| Ok((head(&file)?, file))).ok();
        let (head, file, read) = match old {
            Some((head, file)) if head.root == name_bytes(tip.tree) && head.fingerprint == making.fingerprint => {
                (head, Some(file), OnceCell::new())
            }
            old => {
                let old = old.and_then(|(head, file)| Some((head.fingerprint, kept(&head, file)?)));
                let (head, kept) = making.make(old)?;
                (head, None, OnceCell::from(kept))
            }
        };
        Ok(Summaries {
            making,
            head,
            file,
            read,
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

impl Making<'_> {
    /// Makes what is not to be had from the old file, and remembers all.
    fn make(&self, old: Option<(Sum, Kept)>) -> Result<(Head, Kept), RepoError> {
        let known: HashMap<&str, &Month> = match &old {
            Some((_, kept)) => kept.months.iter().map(|m| (m.name.as_str(), m)).collect(),
            None => HashMap::new(),
        };
        let same_makers = old.as_ref().is_some_and(|(of, _)| *of == self.fingerprint);
        let writing = |e| RepoError::io("remembering the list in", &self.cache)(e);
        let temp = self
            .cache
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
        for (name, tree) in self.repo.months(&self.tip)? {
            let before = known.get(name.as_str()).copied();
            let block = match (before, &old) {
                (Some(month), Some((_, kept))) => part(&kept.file, month.at, month.len, month.crc),
                _ => None,
            };
            let unchanged = same_makers && before.is_some_and(|m| m.tree == name_bytes(tree));
            let (bytes, aggregate) = match (block, before) {
                (Some(block), Some(month)) if unchanged => (block, month.aggregate.clone()),
                (block, _) => {
                    let (block, of_story) = (block.unwrap_or_default(), self.makers.of_story);
                    let made = self.repo.summarise_month(&name, tree, &block, same_makers, of_story);
                    let (bytes, summaries) = made?;
                    (bytes, (self.makers.of_month)(&summaries))
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
        let list = postcard::to_stdvec(&months).expect("plain data");
        let aggregates: Vec<&[u8]> = months.iter().map(|m| m.aggregate.as_slice()).collect();
        let head = Head {
            fingerprint: self.fingerprint,
            root: name_bytes(self.tip.tree),
            aggregate: (self.makers.of_all)(&aggregates),
            at,
            len: list.len() as u32,
            crc: crc32fast::hash(&list),
        };
        let mut end = postcard::to_stdvec(&head).expect("plain data");
        let crc = crc32fast::hash(&end);
        end.extend_from_slice(&(at + list.len() as u64).to_le_bytes());
        end.extend_from_slice(&crc.to_le_bytes());
        end.extend_from_slice(MAGIC);
        let written = out.write_all(&list).and_then(|()| out.write_all(&end));
        written.and_then(|()| out.flush()).map_err(writing)?;
        drop(out);
        if let Some(place) = place {
            let _ = place.persist(&self.cache);
        }
        Ok((head, Kept { file, months }))
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
    /// What all months come to: to be read without reading the list of them.
    pub fn aggregate(&self) -> &[u8] {
        &self.head.aggregate
    }

    /// The months, oldest first, each with its aggregate: to be read without reading the stories.
    pub fn months(&self) -> Result<impl Iterator<Item = (&str, &[u8])>, RepoError> {
        let months = self.kept()?.months.iter();
        Ok(months.map(|m| (m.name.as_str(), m.aggregate.as_slice())))
    }

    fn kept(&self) -> Result<&Kept, RepoError> {
        if self.read.get().is_none() {
            let file = self.file.as_ref().and_then(|file| file.try_clone().ok());
            let kept = match file.and_then(|file| kept(&self.head, file)) {
                Some(kept) => kept,
                None => self.making.make(None)?.1,
            };
            let _ = self.read.set(kept);
        }
        Ok(self.read.get().expect("it was set"))
    }

    /// The stories of one of [`Summaries::months`], by its place there; an item is `Err` where a story cannot be read.
    pub fn month(&self, place: usize) -> Result<Vec<Result<Summary, Damage>>, RepoError> {
        let kept = self.kept()?;
        let month = &kept.months[place];
        let read = |bytes: &[u8]| -> Option<Vec<_>> {
            let lines: Vec<Line> = postcard::from_bytes(bytes).ok()?;
            Some(lines.iter().map(|line| summary(&month.name, line)).collect())
        };
        if let Some(found) = part(&kept.file, month.at, month.len, month.crc).and_then(|bytes| read(&bytes)) {
            return Ok(found);
        }
        let tree = Oid::from_bytes(&month.tree).unwrap_or(Oid::ZERO_SHA1);
        let (repo, of_story) = (self.making.repo, self.making.makers.of_story);
        let (bytes, _) = repo.summarise_month(&month.name, tree, &[], false, of_story)?;
        Ok(read(&bytes).unwrap_or_default())
    }

    /// Every story, by month.
    pub fn iter(&self) -> impl Iterator<Item = Result<Result<Summary, Damage>, RepoError>> {
        let (many, bad) = match self.kept() {
            Ok(kept) => (kept.months.len(), None),
            Err(e) => (0, Some(Err(e))),
        };
        let stories = (0..many).flat_map(|place| match self.month(place) {
            Ok(stories) => stories.into_iter().map(Ok).collect(),
            Err(e) => vec![Err(e)],
        });
        bad.into_iter().chain(stories)
    }
}

fn head(file: &File) -> io::Result<Head> {
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
    let bytes = u32::try_from(size).ok().and_then(|len| part(file, at, len, crc));
    postcard::from_bytes(&bytes.ok_or_else(bad)?).map_err(|_| bad())
}

/// The months that a head lists; `None` where the list is damaged.
fn kept(head: &Head, file: File) -> Option<Kept> {
    let months = postcard::from_bytes(&part(&file, head.at, head.len, head.crc)?).ok()?;
    Some(Kept { file, months })
}

/// A part of the file; `None` where it is not what it was when it was written.
fn part(file: &File, at: u64, len: u32, crc: u32) -> Option<Vec<u8>> {
    if at.checked_add(u64::from(len))? > file.metadata().ok()?.len() {
        return None;
    }
    let mut bytes = vec![0; len as usize];
    file.read_exact_at(&mut bytes, at).ok()?;
    (crc32fast::hash(&bytes) == crc).then_some(bytes)
}
