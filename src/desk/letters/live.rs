//! Whether the page that a letter names is there: a target has a story before the site that is built from it does, and its author would
//! click on nothing. A page is asked when its letter would leave, once a run; what it answered is noted in the spool, for who looks at
//! what waits.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::repo::StoryRepo;
use crate::spool::{Shelves, Spool};
use crate::story::StoryId;
use crate::story::event::{LetterKind, LetterStatus};
use crate::story::letter::{OpenLetter, Standing, open};
use crate::story::step::Story;
use crate::target::{self, NoPage};

use super::super::{Desk, Trouble, queue};
use super::bounce::Unreachable;
use super::send::{Entry, Status, Told};
use super::{Hold, Waiting, as_waiting};

/// For one page. Whoever reads a page does not wait longer.
const FOR_A_PAGE: Duration = Duration::from_secs(5);
/// For all pages of a run: nothing else that it does may wait for a site that is slow.
const FOR_A_RUN: Duration = Duration::from_secs(20);
/// Less is not worth a request.
const LEAST: Duration = Duration::from_millis(500);

/// The notes in the spool that tell of pages, each by its letter's number.
const PREFIX: &str = "page.";

/// What was found of a page that did not answer.
#[derive(Debug, Serialize, Deserialize)]
struct Note {
    story: StoryId,
    url: String,
    why: String,
}

/// The address that a letter tells the author of a published story, and the target that it is at: the first of those that have one.
pub(super) fn told_url(story: &Story) -> Option<(&str, &str)> {
    let publication = story.life.publication.as_ref()?;
    let places = publication.receipts.iter().filter(|(_, (done, _))| *done);
    places
        .filter_map(|(target, (_, place))| Some((target.as_str(), place.as_deref()?)))
        .find(|(_, place)| authority(place).is_some())
}

/// The page that has to answer before this letter leaves. None for a letter that names none, for one that a run began to send, where the
/// team does not want it (`wait_live`), and for an address that is not at the site which config.toml names for the target: the record
/// comes from elsewhere, too, and nobody there says what is asked from here.
pub(super) fn page(desk: &Desk, story: &Story, due: &OpenLetter) -> Option<String> {
    let waits = due.kind == LetterKind::Published && due.claim.is_none();
    desk.config.letters.wait_live.filter(|_| waits)?;
    let (name, url) = told_url(story)?;
    let target = desk.config.targets.iter().find(|t| t.name == name)?;
    let site = target.url.as_deref().and_then(authority);
    (site.is_none() || site == authority(url)).then(|| url.to_owned())
}

/// Host and port of an address on the web (RFC 3986, section 3.2), with whatever stands there before an `@`.
fn authority(url: &str) -> Option<&str> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"))?;
    rest.split(['/', '?', '#']).next().filter(|host| !host.is_empty())
}

/// What an earlier run found of a letter's page, where that did not answer.
pub(super) fn known(spool: Option<&Shelves>, number: &str, page: Option<&String>) -> Result<Option<Hold>, Trouble> {
    let (Some(spool), Some(page)) = (spool, page) else {
        return Ok(None);
    };
    let note = spool.note(&format!("{PREFIX}{number}"))?;
    let note = note.and_then(|note| serde_json::from_str::<Note>(&note).ok());
    Ok(note.filter(|note| note.url == *page).map(|note| Hold::NotLive {
        url: note.url,
        why: note.why,
    }))
}

/// What an address answered, and how long that took.
type Ask<'a> = &'a dyn Fn(&str, Duration) -> (Result<(), NoPage>, Duration);

/// The pages of one run.
pub(super) struct Pages<'a> {
    ask: Ask<'a>,
    left: Duration,
    found: BTreeMap<String, Result<(), String>>,
    /// Hosts that did not answer at all: they are not waited for again.
    silent: BTreeSet<String>,
}

impl Default for Pages<'_> {
    fn default() -> Self {
        Pages::asking(&|url, patience| {
            let since = Instant::now();
            (target::answers(url, patience), since.elapsed())
        })
    }
}

impl<'a> Pages<'a> {
    fn asking(ask: Ask<'a>) -> Pages<'a> {
        Pages {
            ask,
            left: FOR_A_RUN,
            found: BTreeMap::new(),
            silent: BTreeSet::new(),
        }
    }

    /// Why a page is not there, as far as that is known at the end; each is asked once.
    fn look(&mut self, url: &str) -> Result<(), String> {
        if let Some(found) = self.found.get(url) {
            return found.clone();
        }
        let host = authority(url).unwrap_or_default();
        if self.silent.contains(host) {
            return Err("not asked: another page there did not answer just now".to_owned());
        }
        let patience = FOR_A_PAGE.min(self.left);
        if patience < LEAST {
            return Err("not asked: other pages took too long".to_owned());
        }
        let (answer, took) = (self.ask)(url, patience);
        self.left = self.left.saturating_sub(took);
        if let Err(NoPage::Silent(_)) = answer {
            self.silent.insert(host.to_owned());
        }
        let found = answer.map_err(|why| why.to_string());
        self.found.insert(url.to_owned(), found.clone());
        found
    }

    /// Why a letter stays because its page is not there, and a note of that; `None`: it may leave.
    pub fn hold(&mut self, spool: &mut Spool, waiting: &Waiting) -> Result<Option<Hold>, Trouble> {
        let (Some(url), Some(story)) = (&waiting.page, &waiting.story) else {
            return Ok(None);
        };
        let key = format!("{PREFIX}{}", waiting.number);
        let Err(why) = self.look(url) else {
            spool.put_note(&key, None)?;
            return Ok(None);
        };
        let note = Note {
            story: story.clone(),
            url: url.clone(),
            why: why.clone(),
        };
        spool.put_note(&key, serde_json::to_string(&note).ok().as_deref())?;
        let url = url.clone();
        Ok(Some(Hold::NotLive { url, why }))
    }
}

/// Whether a letter has waited for its page longer than the team lets pass in silence.
pub fn waits_too_long(desk: &Desk, waiting: &Waiting) -> bool {
    let waits = matches!(waiting.held, Some(Hold::NotLive { .. }));
    let most = desk.config.letters.wait_live;
    waits && most.is_some_and(|most| desk.now.duration_since(waiting.at) > most)
}

/// How many letters wait for a page that did not answer when it was asked last.
pub fn waiting_for_pages(desk: &Desk, repo: &StoryRepo, spool: Option<&Shelves>) -> Result<usize, Trouble> {
    let notes = spool
        .map(|spool| spool.notes_of(PREFIX))
        .transpose()?
        .unwrap_or_default();
    if notes.is_empty() || desk.config.letters.wait_live.is_none() {
        return Ok(0);
    }
    let stories = queue::with_letters_due(desk, repo)?;
    let due = stories.iter().flat_map(|(_, summary)| summary.letters_due(desk));
    let noted = due.filter(|letter| notes.contains_key(&format!("{PREFIX}{}", letter.number())));
    Ok(noted.count())
}

/// Ends what earlier runs noted of letters that do not wait any more. A letter whose page did not answer in all the time that it had is
/// recorded as failed, and told: it is not to vanish.
pub(super) fn tidy(desk: &Desk, repo: &StoryRepo, spool: &mut Spool) -> Result<Vec<Told>, Trouble> {
    let mut told = Vec::new();
    for (key, note) in spool.notes_of(PREFIX)? {
        let number = key.strip_prefix(PREFIX).unwrap_or_default();
        let note = serde_json::from_str::<Note>(&note).ok();
        if let Some(note) = &note
            && let Ok(story) = desk.story(repo, &note.story)
            && let Some(due) = still_open(desk, &story, number)
        {
            if desk.now.duration_since(due.since) <= desk.config.letters.max_age {
                continue;
            }
            for waiting in as_waiting(desk, repo, Some(spool), &story, vec![due], &mut Unreachable::default())? {
                let said = format!("its page did not answer in time: {}", note.url);
                Entry::of(&waiting).write(desk, repo, LetterStatus::Failed, Some(said.clone()), None)?;
                let status = Status::Failed;
                // what held it is over
                let waiting = Waiting { held: None, ..waiting };
                told.push(Told { waiting, status, said });
            }
        }
        spool.put_note(&key, None)?;
    }
    Ok(told)
}

/// The letter of that number, if nobody began to send it and the team wants it.
fn still_open(desk: &Desk, story: &Story, number: &str) -> Option<OpenLetter> {
    let letters = open(&story.id, &story.record.events, &Standing::of(story, &desk.policy));
    let mut letters = letters.into_iter().filter(|letter| letter.claim.is_none());
    let letter = letters.find(|letter| letter.number() == number)?;
    desk.config.letters.send.contains(&letter.kind).then_some(letter)
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    /// What is said of these pages, and which were asked: a host's name says what it does.
    fn look(urls: &[&str]) -> (Vec<bool>, Vec<String>) {
        let asked = RefCell::new(Vec::new());
        let ask = |url: &str, patience: Duration| {
            asked.borrow_mut().push(url.to_owned());
            match url {
                _ if url.contains("silent") => (Err(NoPage::Silent("timeout".to_owned())), patience),
                _ if url.contains("slow") => (Err(NoPage::Status(404)), patience),
                _ if url.contains("gone") => (Err(NoPage::Status(404)), Duration::from_millis(1)),
                _ => (Ok(()), Duration::from_millis(1)),
            }
        };
        let mut pages = Pages::asking(&ask);
        let found = urls.iter().map(|url| pages.look(url).is_ok()).collect();
        (found, asked.take())
    }

    #[test]
    fn a_page_is_asked_once_and_a_host_that_is_silent_is_waited_for_once() {
        let (found, asked) = look(&[
            "https://silent.example.org/a/",
            "https://blog.example.org/a/",
            "https://silent.example.org/b/",
            "https://blog.example.org/a/",
            "https://gone.example.org/a/",
            "https://gone.example.org/b/",
            "https://gone.example.org/a/",
            "https://silent.example.org/a/",
        ]);
        assert_eq!(found, [false, true, false, true, false, false, false, false]);
        assert_eq!(
            asked,
            [
                "https://silent.example.org/a/",
                "https://blog.example.org/a/",
                "https://gone.example.org/a/",
                "https://gone.example.org/b/"
            ]
        );
    }

    #[test]
    fn all_pages_of_a_run_have_so_much_time_and_no_more() {
        let slow: Vec<String> = (0..50).map(|n| format!("https://slow.example.org/{n}/")).collect();
        let (found, asked) = look(&slow.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(found, [false; 50]);
        assert_eq!(asked.len() as u64, FOR_A_RUN.as_secs() / FOR_A_PAGE.as_secs());
        let silent: Vec<String> = (0..50).map(|n| format!("https://silent{n}.example.org/")).collect();
        let (_, asked) = look(&silent.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(asked.len() as u64, FOR_A_RUN.as_secs() / FOR_A_PAGE.as_secs());
    }

    #[test]
    fn what_stands_before_an_at_sign_is_no_host() {
        for (url, expected) in [
            ("https://blog.example.org/stories/a/", Some("blog.example.org")),
            ("http://blog.example.org:8080?a#b", Some("blog.example.org:8080")),
            (
                "https://blog.example.org@elsewhere.example.net/",
                Some("blog.example.org@elsewhere.example.net"),
            ),
            ("https:///a", None),
            ("site/content/stories/a", None),
            ("httpd/a", None),
            ("ftp://blog.example.org/a", None),
        ] {
            assert_eq!(authority(url), expected, "{url}");
        }
    }
}
