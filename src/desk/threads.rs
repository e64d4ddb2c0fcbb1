//! Which story a Message-ID belongs to: from the private parts, remembered by their trees.

use std::collections::HashMap;

use sha2::{Digest, Sha256};

use crate::repo::summary::Summary as Told;
use crate::repo::{RepoError, Source, StoryRepo};
use crate::story::StoryId;
use crate::story::people::{PEOPLE, People};

use super::{Desk, Trouble};

const CACHE: &str = "threads.cache";
const FORMAT: &[u8] = b"threads 1";

/// Message-IDs, known by 8 bytes of their SHA-256, and their stories. Read at the first question: most mail is no reply.
#[derive(Default)]
pub struct Threads {
    known: Option<HashMap<u64, StoryId>>,
    /// Learnt in this run.
    learnt: HashMap<u64, StoryId>,
}

fn key(message_id: &str) -> u64 {
    let sum = Sha256::digest(message_id.as_bytes());
    u64::from_be_bytes(sum[..8].try_into().expect("8 of 32 bytes"))
}

impl Threads {
    /// Remembers a mail that was just taken in.
    pub fn learn(&mut self, message_id: &str, story: &StoryId) {
        if !message_id.is_empty() {
            self.learnt.insert(key(message_id), story.clone());
        }
    }

    /// The story in whose thread this Message-ID is.
    pub fn find(&mut self, desk: &Desk, repo: &StoryRepo, message_id: &str) -> Result<Option<StoryId>, Trouble> {
        let key = key(message_id);
        if let Some(story) = self.learnt.get(&key) {
            return Ok(Some(story.clone()));
        }
        let known = match &mut self.known {
            Some(known) => known,
            unread => unread.insert(read(desk, repo)?),
        };
        Ok(known.get(&key).cloned())
    }
}

fn read(desk: &Desk, repo: &StoryRepo) -> Result<HashMap<u64, StoryId>, Trouble> {
    let Some(tip) = repo.private_tip()? else {
        return Ok(HashMap::new());
    };
    let of_story = |source: &Source| -> Result<Vec<u8>, RepoError> {
        let people = source
            .read(PEOPLE)?
            .and_then(|bytes| People::parse(&bytes).ok())
            .unwrap_or_default();
        Ok(people
            .thread()
            .filter(|id| !id.is_empty())
            .flat_map(|id| key(id).to_be_bytes())
            .collect())
    };
    let of_month = |_: &[Told]| Vec::new();
    let cache = desk.config.spool_folder().join(CACHE);
    let summaries = repo.summaries(&tip, &cache, FORMAT, &of_story, &of_month)?;
    let mut known = HashMap::new();
    for told in summaries.iter() {
        let Ok(told) = told? else { continue };
        for bytes in told.bytes.as_chunks::<8>().0 {
            known.insert(u64::from_be_bytes(*bytes), told.id.clone());
        }
    }
    Ok(known)
}
