//! Stories by the words in them.

use std::cell::RefCell;
use std::collections::HashSet;

use crate::repo::{RepoError, Source, StoryRepo, Words};
use crate::story::StoryId;
use crate::story::markdown::text_of;
use crate::story::page::{INDEX, Page};

use super::queue::Summary;
use super::{Desk, Trouble};

/// The folder in the spool where the words of all stories are remembered.
const WORDS: &str = "words";

/// What is searched for, and the stories that have it.
pub struct Found<'a> {
    words: &'a [String],
    /// Where they are looked up; nowhere where there are none.
    place: Option<Words<'a>>,
    /// The month that was asked for last, and the folders of its stories that have them: no more is held of very many.
    month: RefCell<(String, HashSet<String>)>,
}

/// Runs `work` with what has the wanted words; where none are, that is all stories. Reads the remembered words, and the stories that
/// changed since.
pub fn searching<R>(
    desk: &Desk,
    repo: &StoryRepo,
    wanted: Option<&str>,
    work: impl FnOnce(&Found) -> Result<R, Trouble>,
) -> Result<R, Trouble> {
    let words: Vec<String> = wanted
        .unwrap_or_default()
        .split_whitespace()
        .map(str::to_lowercase)
        .collect();
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
    let place = match words.is_empty() {
        true => None,
        false => Some(repo.words(&tip, &folder, &words, &of_story)?),
    };
    work(&Found {
        words: &words,
        place,
        month: RefCell::default(),
    })
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

impl Found<'_> {
    /// Whether a story that can be read is among them. Stories of one month are best asked for one after the other.
    pub fn may(&self, id: &StoryId) -> Result<bool, Trouble> {
        let Some(place) = &self.place else { return Ok(true) };
        let mut month = self.month.borrow_mut();
        if month.0 != id.month() {
            *month = (id.month().to_owned(), place.folders(id.month())?);
        }
        Ok(month.1.contains(id.folder()))
    }

    /// The same of any story: one that cannot be read is found by what is shown of it.
    pub fn has(&self, id: &StoryId, summary: &Summary) -> Result<bool, Trouble> {
        let by_head = || {
            let head = format!("{} {}", summary.title, summary.author).to_lowercase();
            self.words.iter().all(|word| head.contains(word))
        };
        Ok(self.may(id)? || summary.damage.is_some() && by_head())
    }
}
