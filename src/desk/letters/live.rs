//! Whether the page that a letter names is there: a target has a story before the site that is built from it does, and its author would
//! click on nothing. A page is asked when its letter would leave, once a run; what it answered is noted in the spool, for who looks at
//! what waits.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::repo::StoryRepo;
use crate::spool::{Shelves, Spool};
use crate::story::StoryId;
use crate::story::event::LetterKind;
use crate::story::letter::{OpenLetter, Standing, open};
use crate::story::step::Story;

use super::super::site::{Site, is_web};
use super::super::{Desk, Trouble, queue};
use super::pages::{Found, Pages, by_turn};
use super::{Hold, Waiting, late};

/// The notes in the spool that tell of pages, each by its letter's number.
const PREFIX: &str = "page.";

/// A page that hung is asked again after this at the soonest.
const SHORTEST_REST: SignedDuration = SignedDuration::from_mins(15);
/// And after this at the latest: once its site is well again, its letter leaves.
const LONGEST_REST: SignedDuration = SignedDuration::from_hours(1);

/// What was found of a page that did not answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Note {
    story: StoryId,
    url: String,
    why: String,
    /// When it was asked last; none: never yet.
    asked: Option<Timestamp>,
    /// When it was asked last, or would have been had its host been there.
    turn: Option<Timestamp>,
    /// Since when it took all the time that a page has, each time that it was asked.
    #[serde(default)]
    hung_since: Option<Timestamp>,
}

impl Note {
    /// `None`: it cannot be read, which is as if there was none.
    fn read(note: &str) -> Option<Note> {
        serde_json::from_str(note).ok()
    }

    /// Whether a run that nobody looks on leaves it alone: who hung so long is asked again after as long a time, at the most after
    /// an hour and after `wait_live`. Of a host that cannot be reached each run asks one page, whatever it was before.
    fn rests(&self, now: Timestamp, wait_live: Option<SignedDuration>) -> bool {
        let (Some(since), Some(asked), Some(most)) = (self.hung_since, self.asked, wait_live) else {
            return false;
        };
        let pause = asked.duration_since(since).clamp(SHORTEST_REST, LONGEST_REST).min(most);
        let gone = now.duration_since(asked);
        // a clock that was wrong keeps nothing waiting
        !gone.is_negative() && gone < pause
    }
}

fn key(number: &str) -> String {
    format!("{PREFIX}{number}")
}

/// What earlier runs noted of a letter's page.
fn noted(spool: &Shelves, number: &str) -> Result<Option<Note>, Trouble> {
    let note = spool.note(&key(number))?;
    Ok(note.and_then(|note| Note::read(&note)))
}

/// Ends what was noted of a letter: it left, or is not to.
pub(super) fn forget(spool: &mut Spool, number: &str) -> Result<(), Trouble> {
    Ok(spool.put_note(&key(number), None)?)
}

/// The address that a letter tells the author of a published story, and the target that it is at: the first of those that have one.
pub(super) fn told_url(story: &Story) -> Option<(&str, &str)> {
    let publication = story.life.publication.as_ref()?;
    let places = publication.receipts.iter().filter(|(_, (done, _))| *done);
    places
        .filter_map(|(target, (_, place))| Some((target.as_str(), place.as_deref()?)))
        .find(|(_, place)| is_web(place))
}

/// The page that has to answer before this letter leaves. None for a letter that names none, for one that a run began to send, where the
/// team does not want it (`wait_live`), and where config.toml names no `url` for the target: nobody here said what may be asked.
///
/// # Errors
/// Why a person has to look first: the address that it names is not where config.toml has the target.
pub(super) fn page(desk: &Desk, story: &Story, due: &OpenLetter) -> Result<Option<String>, &'static str> {
    let waits = due.kind == LetterKind::Published && due.claim.is_none() && desk.config.letters.wait_live.is_some();
    let Some((name, url)) = told_url(story).filter(|_| waits) else {
        return Ok(None);
    };
    match Site::of(&desk.config, name, url) {
        Site::Ours => Ok(Some(url.to_owned())),
        Site::Unnamed => Ok(None),
        Site::Elsewhere => {
            Err("the address that it names is not at the `url` of its target: `letters send` sends it if you name it")
        }
        Site::Gone => {
            Err("the target whose address it names is not in config.toml: `letters send` sends it if you name it")
        }
    }
}

/// What an earlier run found of a letter's page, where that did not answer.
pub(super) fn known(spool: Option<&Shelves>, number: &str, page: Option<&String>) -> Result<Option<Hold>, Trouble> {
    let (Some(spool), Some(page)) = (spool, page) else {
        return Ok(None);
    };
    let note = noted(spool, number)?.filter(|note| note.url == *page);
    Ok(note.map(|note| Hold::NotLive {
        url: note.url,
        why: note.why,
    }))
}

/// The letters in the order in which they are tried: of those that name a page the one comes first whose page was never asked, or is
/// asked longest ago. So no page takes the time of the others in every run.
pub(super) fn in_order<'w>(spool: &Shelves, letters: &'w [Waiting]) -> Result<Vec<&'w Waiting>, Trouble> {
    let notes = spool.notes_of(PREFIX)?;
    let turn = |waiting: &Waiting| {
        waiting.page.as_ref()?;
        let note = notes.get(&key(&waiting.number)).and_then(|note| Note::read(note));
        Some(note.map_or((None, None), |note| (note.turn, note.asked)))
    };
    Ok(by_turn(letters, turn))
}

/// Why a letter stays because its page is not there, and a note of that; `None`: it may leave. `may_rest`: one that hung is not asked in every run.
pub(super) fn hold(
    desk: &Desk,
    spool: &mut Spool,
    pages: &mut Pages,
    may_rest: bool,
    waiting: &Waiting,
) -> Result<Option<Hold>, Trouble> {
    let (Some(url), Some(story)) = (&waiting.page, &waiting.story) else {
        return Ok(None);
    };
    let before = noted(spool, &waiting.number)?.filter(|note| note.url == *url);
    let rests = |note: &&Note| may_rest && note.rests(desk.now, desk.config.letters.wait_live);
    if let Some(note) = before.as_ref().filter(rests) {
        let why = note.why.clone();
        return Ok(Some(Hold::NotLive { url: url.clone(), why }));
    }
    let (asked, turn) = before.as_ref().map_or((None, None), |note| (note.asked, note.turn));
    let hung = before.as_ref().and_then(|note| note.hung_since);
    let now = Some(desk.now);
    let (why, asked, turn, hung_since) = match pages.look(url) {
        Found::There => {
            forget(spool, &waiting.number)?;
            return Ok(None);
        }
        Found::Not(why) => (Some(why), now, now, None),
        Found::Hung(why) => (Some(why), now, now, hung.or(now)),
        Found::HostAway => (None, asked, now, hung),
        Found::NoTime => (None, asked, turn, hung),
    };
    // what it answered when it was asked tells more than that it was not
    let known = before.filter(|note| note.asked.is_some()).map(|note| note.why);
    let not_asked = || match turn == now {
        true => "not asked: its host does not answer".to_owned(),
        false => "not asked: other pages took too long".to_owned(),
    };
    let why = why.or(known).unwrap_or_else(not_asked);
    let note = Note {
        story: story.clone(),
        url: url.clone(),
        why: why.clone(),
        asked,
        turn,
        hung_since,
    };
    spool.put_note(&key(&waiting.number), serde_json::to_string(&note).ok().as_deref())?;
    let url = url.clone();
    Ok(Some(Hold::NotLive { url, why }))
}

/// Whether the letter that a story is out has waited for its page, or for a person to look at its address, longer than the team lets
/// pass in silence.
pub fn waits_too_long(desk: &Desk, waiting: &Waiting) -> bool {
    let waits = match waiting.held {
        Some(Hold::NotLive { .. }) => true,
        Some(Hold::ForAPerson(_)) => waiting.due.kind == LetterKind::Published,
        _ => false,
    };
    let most = desk.config.letters.wait_live;
    waits && most.is_some_and(|most| desk.now.duration_since(waiting.at) > most)
}

/// The stories of which a letter waits for its page, as far as that was noted.
pub fn with_silent_pages(spool: &Shelves) -> Result<Vec<StoryId>, Trouble> {
    let notes = spool.notes_of(PREFIX)?.into_values();
    let noted = notes.filter_map(|note| Note::read(&note));
    Ok(noted.map(|note| note.story).collect())
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
    let noted = due.filter(|letter| notes.contains_key(&key(&letter.number())));
    Ok(noted.count())
}

/// Ends what earlier runs noted of letters that do not wait for their page any more. What became too old for it is noted until
/// [`late::give_up`] records it as failed: it is not to vanish.
pub(super) fn tidy(desk: &Desk, repo: &StoryRepo, spool: &mut Spool) -> Result<(), Trouble> {
    let looked = late::looked(spool)?.map_or(desk.now, |looked| looked.min(desk.now));
    for (key, note) in spool.notes_of(PREFIX)? {
        let number = key.strip_prefix(PREFIX).unwrap_or_default();
        let Some(note) = Note::read(&note) else {
            spool.put_note(&key, None)?;
            continue;
        };
        let story = match desk.story(repo, &note.story) {
            Ok(story) => Some(story),
            Err(Trouble::NoStory(_)) => None,
            // it may be read again, and its letter is then still to leave or to fail
            Err(_) => continue,
        };
        let waits = story.is_some_and(|story| {
            still_open(desk, &story, number).is_some_and(|due| {
                page(desk, &story, &due) == Ok(Some(note.url.clone()))
                    && looked.duration_since(due.since) <= desk.config.letters.max_age
            })
        });
        if !waits {
            spool.put_note(&key, None)?;
        }
    }
    Ok(())
}

/// The page of a letter that was asked and did not answer.
pub(super) fn asked_in_vain(spool: &Shelves, number: &str) -> Result<Option<String>, Trouble> {
    let note = noted(spool, number)?.filter(|note| note.asked.is_some());
    Ok(note.map(|note| note.url))
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
    use super::*;

    #[test]
    fn a_page_that_hung_rests_for_as_long_and_no_longer_than_an_hour() {
        let hour = 60;
        let at = |minutes: i64| Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minutes);
        let rests = |hung: Option<i64>, asked, now, wait_live: Option<i64>| {
            let note = Note {
                story: "2010/12/marion-maxwell-b15560c867".parse().expect("a story"),
                url: "https://blog.example.org/".to_owned(),
                why: "timeout: global".to_owned(),
                asked: Some(at(asked)),
                turn: Some(at(asked)),
                hung_since: hung.map(at),
            };
            note.rests(at(now), wait_live.map(SignedDuration::from_mins))
        };
        let day = Some(24 * hour);
        for (hung, asked, now, wait_live, expected) in [
            // it answered something
            (None, 0, 1, day, false),
            (Some(0), 0, 14, day, true),
            (Some(0), 0, 15, day, false),
            (Some(0), 30, 59, day, true),
            (Some(0), 30, 60, day, false),
            (Some(0), 100 * hour, 100 * hour + 59, day, true),
            (Some(0), 100 * hour, 101 * hour, day, false),
            (Some(0), 60, 64, Some(5), true),
            (Some(0), 60, 65, Some(5), false),
            (Some(0), 60, 61, None, false),
            // a clock that was set back
            (Some(0), 60, 59, day, false),
        ] {
            let found = rests(hung, asked, now, wait_live);
            assert_eq!(found, expected, "{hung:?} {asked} {now} {wait_live:?}");
        }
    }
}
