//! Which story a Message-ID belongs to: from the private parts, remembered by their trees.

use std::collections::HashMap;

use sha2::{Digest, Sha256};

use crate::repo::summary::Summary as Told;
use crate::repo::{Makers, RepoError, Source, StoryRepo};
use crate::story::letter::{LetterId, NO_STORY};
use crate::story::people::{PEOPLE, People};
use crate::story::{StoryId, Submission};

use super::{Desk, Trouble};

const CACHE: &str = "threads.cache";
const FORMAT: &[u8] = b"threads 2";

/// Message-IDs, known by 8 bytes of their SHA-256, and their stories: several, since anybody can put another's Message-ID on a
/// mail. Read at the first question.
#[derive(Default)]
pub struct Threads {
    known: Option<Stories>,
    /// Learnt in this run.
    learnt: Stories,
}

type Stories = HashMap<u64, Vec<StoryId>>;

fn key(message_id: &str) -> u64 {
    let sum = Sha256::digest(message_id.as_bytes());
    u64::from_be_bytes(sum[..8].try_into().expect("8 of 32 bytes"))
}

/// Under what an address is known from which a letter came back: no Message-ID has a line end in it.
pub fn came_back_key(address: &str) -> String {
    format!("came back\n{}", address.to_lowercase())
}

impl Threads {
    /// Remembers a mail that was just taken in.
    pub fn learn(&mut self, message_id: &str, story: &StoryId) {
        if !message_id.is_empty() {
            let stories = self.learnt.entry(key(message_id)).or_default();
            if !stories.contains(story) {
                stories.push(story.clone());
            }
        }
    }

    /// The stories in whose thread this Message-ID is; those that were there before this run first.
    pub fn find(&mut self, desk: &Desk, repo: Option<&StoryRepo>, message_id: &str) -> Result<Vec<StoryId>, Trouble> {
        if message_id.is_empty() {
            return Ok(Vec::new());
        }
        let key = key(message_id);
        let known = match &mut self.known {
            Some(known) => known,
            unread => unread.insert(repo.map_or_else(|| Ok(Stories::new()), |repo| read(desk, repo))?),
        };
        let mut found = known.get(&key).cloned().unwrap_or_default();
        for story in self.learnt.get(&key).into_iter().flatten() {
            if !found.contains(story) {
                found.push(story.clone());
            }
        }
        Ok(found)
    }
}

impl Threads {
    /// Whether a member of the team answers a letter that went to the team.
    pub fn answers_team_letter(
        &mut self,
        desk: &Desk,
        repo: Option<&StoryRepo>,
        mail: &Submission,
    ) -> Result<bool, Trouble> {
        let Some(repo) = repo.filter(|_| desk.is_team(&mail.from)) else {
            return Ok(false);
        };
        for reference in &mail.references {
            let Ok(letter) = reference.parse::<LetterId>() else {
                continue;
            };
            if letter.digits() == NO_STORY {
                return Ok(true);
            }
            for id in self.find(desk, Some(repo), reference)? {
                let people = repo.private_file(&id, PEOPLE)?.and_then(|b| People::parse(&b).ok());
                let sent = people.as_ref().and_then(|people| people.letter(reference));
                if sent.is_some_and(|letter| letter.member.is_some()) {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }
}

fn read(desk: &Desk, repo: &StoryRepo) -> Result<Stories, Trouble> {
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
            .map(key)
            .chain(people.came_back.iter().map(|address| key(&came_back_key(address))))
            .flat_map(u64::to_be_bytes)
            .collect())
    };
    let makers = Makers {
        fingerprint: FORMAT,
        of_story: &of_story,
        of_month: &|_: &[Told]| Vec::new(),
        of_all: &|_| Vec::new(),
    };
    let cache = desk.config.spool_folder().join(CACHE);
    let summaries = repo.summaries(&tip, &cache, makers)?;
    let mut known = Stories::new();
    for told in summaries.iter() {
        let Ok(told) = told? else { continue };
        for bytes in told.bytes.as_chunks::<8>().0 {
            known
                .entry(u64::from_be_bytes(*bytes))
                .or_default()
                .push(told.id.clone());
        }
    }
    Ok(known)
}
