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

/// What was searched for, and the stories that have it.
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
                Some(page) => all_words(&page),
                // what is shown of it
                None => source.id.folder().to_owned(),
            };
            Ok(text.to_lowercase().into_bytes())
        };
        stories.extend(repo.with_words(&tip, &folder, &words, &of_story)?);
    }
    Ok(Found { words, stories })
}

/// All that readers see of a page, and what the team says of it in its head.
fn all_words(page: &Page) -> String {
    let front = page.front();
    let body = text_of(page.body());
    let head = [&front.title, &front.author].into_iter();
    let more = [&front.subtitle, &front.place, &front.description]
        .into_iter()
        .flatten();
    let beside = front
        .tags
        .iter()
        .chain(front.alt.values())
        .chain(front.credits.values());
    let words: Vec<&str> = head
        .chain(more)
        .chain(beside)
        .chain([&body])
        .map(String::as_str)
        .collect();
    words.join("\n")
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
