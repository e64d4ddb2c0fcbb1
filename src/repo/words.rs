//! Which words stand in which story, remembered in a file a month: the words of its stories, each once, and behind each the stories
//! that have it. A month whose tree is the remembered one is searched without reading a story; in another only the stories that
//! changed are read again. It is a cache: whatever is wrong with a file, it is made anew.

use std::collections::{HashMap, HashSet};
use std::fs::{self, DirBuilder};
use std::io::Write;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use git2::Oid;
use memchr::{memchr, memmem::Finder, memrchr};
use serde::{Deserialize, Serialize};

use super::read::listed;
use super::summary::{OfStory, name_bytes};
use super::{RepoError, StoryRepo, Tip};

const MAGIC: &[u8; 12] = b"m4c-words 2\n";
/// The magic, the CRC-32 of all that follows, the month's tree.
const HEAD: usize = 12 + 4 + 20;
/// So many words stand between two marks.
const STRIDE: usize = 64;

/// A month's file after its head.
#[derive(Serialize, Deserialize)]
struct Block<'a> {
    /// A line a story.
    folders: &'a str,
    /// Their trees, 20 bytes each.
    trees: &'a [u8],
    /// A line a word.
    words: &'a str,
    /// Where in `words` and in `places` every 64th word begins.
    marks: Vec<(u32, u32)>,
    /// For each word: how many bytes, then its stories by their number, each as the distance from the one before.
    places: &'a [u8],
}

/// Words that are looked for in the stories at one tip.
pub struct Words<'a> {
    repo: &'a StoryRepo,
    months: HashMap<String, Oid>,
    folder: &'a Path,
    finders: Vec<Finder<'a>>,
    of_story: OfStory<'a>,
}

impl Words<'_> {
    /// The folders of the stories of a month that have all these words, each as a part of one word of theirs.
    pub fn folders(&self, month: &str) -> Result<HashSet<String>, RepoError> {
        let Some(&tree) = self.months.get(month) else {
            return Ok(HashSet::new());
        };
        let path = self.folder.join(month.replace('/', "-"));
        let mut bytes = read(&path);
        let mut block = parse(&bytes);
        if block.is_none() || bytes[HEAD - 20..HEAD] != name_bytes(tree) {
            bytes = self.repo.words_of_month(month, tree, block, self.of_story)?;
            // one that cannot be written is made again the next time
            let _ = write(self.folder, &path, &bytes);
            block = parse(&bytes);
        }
        let found = block.iter().flat_map(|block| block.with_all(&self.finders));
        Ok(found.map(str::to_owned).collect())
    }
}

impl StoryRepo {
    /// Looks for these words in the stories at a tip. `of_story` gives a story's text, in the case of `words`; what it gave is remembered
    /// in `folder`, as far as that can be written.
    pub fn words<'a>(
        &'a self,
        tip: &Tip,
        folder: &'a Path,
        words: &'a [String],
        of_story: OfStory<'a>,
    ) -> Result<Words<'a>, RepoError> {
        Ok(Words {
            repo: self,
            months: self.months(tip)?.into_iter().collect(),
            folder,
            finders: words.iter().map(|word| Finder::new(word.as_bytes())).collect(),
            of_story,
        })
    }

    fn words_of_month(
        &self,
        month: &str,
        tree: Oid,
        old: Option<Block>,
        of_story: OfStory,
    ) -> Result<Vec<u8>, RepoError> {
        let known: HashMap<(&str, &[u8]), usize> = match &old {
            Some(old) => old.folders.lines().zip(old.trees.chunks(20)).zip(0..).collect(),
            None => HashMap::new(),
        };
        let (mut folders, mut trees) = (String::new(), Vec::new());
        let mut stories_of: HashMap<String, Vec<u32>> = HashMap::new();
        let mut now_at = vec![None; known.len()];
        let dir = self.dir_at(tree, month)?;
        let stories = dir.0.iter().filter_map(|entry| listed(month, entry).ok());
        for (number, story) in (0u32..).zip(stories) {
            let name = name_bytes(story.tree);
            match known.get(&(story.id.folder(), &name[..])) {
                Some(before) => now_at[*before] = Some(number),
                None => {
                    let (text, _) = self.summarise_story(&story.id, story.tree, HashMap::new(), of_story)?;
                    // damage has no words
                    let text = String::from_utf8(text.unwrap_or_default()).unwrap_or_default();
                    for word in text.split_whitespace() {
                        match stories_of.get_mut(word) {
                            Some(stories) if stories.last() == Some(&number) => {}
                            Some(stories) => stories.push(number),
                            None => drop(stories_of.insert(word.to_owned(), vec![number])),
                        }
                    }
                }
            }
            folders.push_str(story.id.folder());
            folders.push('\n');
            trees.extend_from_slice(&name);
        }
        if let Some(old) = &old {
            for (word, stories) in old.all() {
                let stay: Vec<u32> = stories
                    .filter_map(|n| now_at.get(n as usize).copied().flatten())
                    .collect();
                if !stay.is_empty() {
                    stories_of.entry(word.to_owned()).or_default().extend(stay);
                }
            }
        }
        let (mut words, mut places, mut marks) = (String::new(), Vec::new(), Vec::new());
        for (n, (word, mut stories)) in stories_of.into_iter().enumerate() {
            stories.sort_unstable();
            if n % STRIDE == 0 {
                marks.push((words.len() as u32, places.len() as u32));
            }
            words.push_str(&word);
            words.push('\n');
            let mut packed = Vec::with_capacity(stories.len() + 4);
            let mut last = 0;
            for story in stories {
                put(&mut packed, story - last);
                last = story;
            }
            put(&mut places, packed.len() as u32);
            places.extend_from_slice(&packed);
        }
        let block = Block {
            folders: &folders,
            trees: &trees,
            words: &words,
            marks,
            places: &places,
        };
        let block = postcard::to_stdvec(&block).expect("plain data");
        let mut rest = name_bytes(tree).to_vec();
        rest.extend_from_slice(&block);
        let mut bytes = MAGIC.to_vec();
        bytes.extend_from_slice(&crc32fast::hash(&rest).to_le_bytes());
        bytes.extend_from_slice(&rest);
        Ok(bytes)
    }
}

impl<'a> Block<'a> {
    /// The folders of the stories that have all of these words.
    fn with_all(&self, finders: &[Finder]) -> impl Iterator<Item = &'a str> {
        let many = self.trees.len() / 20;
        let mut all = vec![true; many];
        for finder in finders {
            let has = self.with(finder, many);
            all.iter_mut().zip(has).for_each(|(all, has)| *all &= has);
        }
        self.folders
            .lines()
            .zip(all)
            .filter(|(_, all)| *all)
            .map(|(folder, _)| folder)
    }

    fn with(&self, finder: &Finder, many: usize) -> Vec<bool> {
        let mut has = vec![false; many];
        let mut missing = many;
        let (bytes, mut at) = (self.words.as_bytes(), 0);
        while missing > 0
            && let Some(hit) = finder.find(&bytes[at..])
        {
            let begin = memrchr(b'\n', &bytes[..at + hit]).map_or(0, |line| line + 1);
            for story in self.stories_at(begin) {
                if let Some(has) = has.get_mut(story as usize).filter(|has| !**has) {
                    *has = true;
                    missing -= 1;
                }
            }
            at = memchr(b'\n', &bytes[at + hit..]).map_or(bytes.len(), |end| at + hit + end + 1);
        }
        has
    }

    /// The stories of the word that begins there.
    fn stories_at(&self, begin: usize) -> Stories<'a> {
        let mark = self
            .marks
            .partition_point(|(at, _)| *at as usize <= begin)
            .saturating_sub(1);
        let Some(&(at, place)) = self.marks.get(mark) else {
            return Stories::default();
        };
        let between = self.words.as_bytes().get(at as usize..begin).unwrap_or_default();
        let mut places = self.places.get(place as usize..).unwrap_or_default();
        for _ in memchr::memchr_iter(b'\n', between) {
            next_place(&mut places);
        }
        next_place(&mut places)
    }

    /// Every word and its stories.
    fn all(&self) -> impl Iterator<Item = (&'a str, Stories<'a>)> {
        let mut places = self.places;
        self.words.lines().map(move |word| (word, next_place(&mut places)))
    }
}

/// The numbers of stories, unpacked.
#[derive(Default)]
struct Stories<'a> {
    packed: &'a [u8],
    last: u32,
}

impl Iterator for Stories<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        let more = take(&mut self.packed)?;
        self.last = self.last.wrapping_add(more);
        Some(self.last)
    }
}

fn next_place<'a>(places: &mut &'a [u8]) -> Stories<'a> {
    let len = take(places).unwrap_or(0) as usize;
    let (packed, rest) = places.split_at(len.min(places.len()));
    *places = rest;
    Stories { packed, last: 0 }
}

/// Seven bits a byte, the lowest first.
fn put(out: &mut Vec<u8>, mut number: u32) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn take(bytes: &mut &[u8]) -> Option<u32> {
    let mut number = 0;
    for (n, byte) in bytes.iter().enumerate().take(5) {
        number |= u32::from(byte & 0x7f) << (7 * n);
        if byte & 0x80 == 0 {
            *bytes = &bytes[n + 1..];
            return Some(number);
        }
    }
    *bytes = &[];
    None
}

/// Empty where it cannot be read.
fn read(path: &Path) -> Vec<u8> {
    fs::read(path).unwrap_or_default()
}

fn parse(bytes: &[u8]) -> Option<Block<'_>> {
    let rest = bytes.strip_prefix(MAGIC)?;
    let (crc, rest) = rest.split_first_chunk::<4>()?;
    if u32::from_le_bytes(*crc) != crc32fast::hash(rest) {
        return None;
    }
    postcard::from_bytes(rest.get(20..)?).ok()
}

fn write(folder: &Path, path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    if !folder.is_dir() {
        DirBuilder::new().mode(0o700).create(folder)?;
    }
    let mut temp = tempfile::NamedTempFile::new_in(folder)?;
    temp.write_all(bytes)?;
    temp.persist(path)?;
    Ok(())
}
