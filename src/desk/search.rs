//! Stories by the words in them.

use std::collections::HashSet;

use crate::repo::{RepoError, Source, StoryRepo};
use crate::story::StoryId;
use crate::story::markdown::text_of;
use crate::story::page::{INDEX, Page};

use super::queue::Summary;
use super::{Desk, Trouble};

/// The folder in the spool where the words of all stories are remembered.
const WORDS: &str = "words";

/// What was searched for, and the stories that have it in their title, byline or text.
pub struct Found {
    words: Vec<String>,
    stories: HashSet<StoryId>,
}

/// Reads the remembered words, and the stories that changed since.
pub fn search(desk: &Desk, repo: &StoryRepo, wanted: &str) -> Result<Found, Trouble> {
    let words: Vec<String> = wanted.split_whitespace().map(str::to_lowercase).collect();
    let mut stories = HashSet::new();
    if !words.is_empty() {
        let folder = desk.config.spool_folder().join(WORDS);
        let tip = repo.tip()?;
        let reading = desk.reading(repo, &tip);
        let of_story = |source: &Source| -> Result<Vec<u8>, RepoError> {
            reading.one();
            let page = source.read(INDEX)?.and_then(|bytes| Page::parse(&bytes).ok());
            let text = match page {
                Some(page) => {
                    let front = page.front();
                    format!("{} {} {}", front.title, front.author, text_of(page.body()))
                }
                // what is shown of it
                None => source.id.folder().to_owned(),
            };
            Ok(text.to_lowercase().into_bytes())
        };
        stories.extend(repo.with_words(&tip, &folder, &words, &of_story)?);
    }
    Ok(Found { words, stories })
}

impl Found {
    /// Whether a story that can be read is among them.
    pub fn may(&self, id: &StoryId) -> bool {
        self.words.is_empty() || self.stories.contains(id)
    }

    /// The same of any story: one that cannot be read is found by what is shown of it.
    pub fn has(&self, id: &StoryId, summary: &Summary) -> bool {
        let by_head = || {
            let head = format!("{} {}", summary.title, summary.author).to_lowercase();
            self.words.iter().all(|word| head.contains(word))
        };
        self.may(id) || summary.damage.is_some() && by_head()
    }
}
