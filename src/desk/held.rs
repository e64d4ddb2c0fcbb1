//! What the desk holds of a story or of a person, wherever it lies: asked for by `erase` and by `export`.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::config::{Outbox, Way};
use crate::mail;
use crate::repo::{StoryRepo, Tip};
use crate::spool::{AnyAside, Aside, Shelves};
use crate::story::event::{LetterStatus, What};
use crate::story::letter::NO_STORY;
use crate::story::page::RECORD;
use crate::story::people::{PEOPLE, People};
use crate::story::record::{Files, Record, one_line};
use crate::story::{MailId, Mailbox, StoryId};

use super::decide::{REFUSED, UNPROVEN};
use super::intake::TEAM_REPLY;
use super::{Desk, Trouble, letters};

/// Of whom or what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whose {
    Stories(Vec<StoryId>),
    /// Everything of the person with this address.
    Person(String),
}

/// All that was found.
#[derive(Debug, Default)]
pub struct Held {
    pub stories: Vec<HeldStory>,
    /// By what their stories are known wherever else something of them lies.
    pub traces: Vec<Trace>,
    /// Mails in the quarantine, by their id there, with their mail id where it is known.
    pub quarantine: Vec<(String, Option<MailId>)>,
    /// Mails that wait to be read, by their id there.
    pub incoming: Vec<String>,
    /// Letters under way, by their id.
    pub waiting: Vec<String>,
    /// Letters that left, as files of the outbox's folder.
    pub sent: Vec<PathBuf>,
    /// What somebody of the team wrote for their stories and what was not taken.
    pub typed: usize,
    pub previews: usize,
    /// Where they are named in what is another's, in words.
    pub named: Vec<String>,
    /// Stories whose private part is not here: whose they are cannot be told.
    pub unknown: usize,
}

/// A story of theirs.
#[derive(Debug)]
pub struct HeldStory {
    pub id: StoryId,
    pub title: String,
    /// At the tip; empty where it stands there no more.
    pub files: Files,
    pub private: Files,
    pub people: People,
    pub record: Record,
}

/// By what a story is known where it lies itself no more: in the spool, and among the letters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trace {
    pub id: StoryId,
    pub title: String,
    /// Message-IDs of its mails and letters.
    pub message_ids: Vec<String>,
    pub mails: Vec<MailId>,
    /// The storyteller's.
    pub address: Option<String>,
}

impl Trace {
    /// Of the same story, known at another time.
    pub fn add(&mut self, other: Trace) {
        fn unite<T: Ord>(all: &mut Vec<T>, more: Vec<T>) {
            all.extend(more);
            all.sort();
            all.dedup();
        }
        unite(&mut self.message_ids, other.message_ids);
        unite(&mut self.mails, other.mails);
        self.address = other.address.or(self.address.take());
        self.title = other.title;
    }
}

impl HeldStory {
    pub fn trace(&self) -> Trace {
        let ids = self.people.thread().filter(|id| id.len() >= 6);
        Trace {
            id: self.id.clone(),
            title: self.title.clone(),
            message_ids: ids.map(str::to_owned).collect(),
            mails: self.mails().collect(),
            address: self.people.storyteller.address.clone(),
        }
    }

    /// The ids of its mails.
    pub fn mails(&self) -> impl Iterator<Item = MailId> + '_ {
        self.record.events.iter().filter_map(|event| match &event.what {
            What::Received { mail, .. } | What::FollowUp { mail, .. } => Some(*mail),
            what => what.decided_by().map(|mail| mail.id),
        })
    }

    /// Letters that left for good.
    pub fn letters_sent(&self) -> usize {
        let sent = |what: &What| {
            matches!(
                what,
                What::Letter {
                    status: LetterStatus::Sent,
                    ..
                }
            )
        };
        self.record.events.iter().filter(|event| sent(&event.what)).count()
    }

    /// Stories it was split into or joined with.
    pub fn related(&self) -> Vec<String> {
        let related = |what: &What| match what {
            What::Split { into, from, .. } => into.iter().chain(from).cloned().collect(),
            What::Joined { with, into, .. } => with.iter().chain(into).cloned().collect(),
            _ => Vec::new(),
        };
        let mut all: Vec<String> = self
            .record
            .events
            .iter()
            .flat_map(|event| related(&event.what))
            .collect();
        all.sort();
        all.dedup();
        all
    }
}

impl Held {
    pub fn is_empty(&self) -> bool {
        self.stories.is_empty()
            && self.quarantine.is_empty()
            && self.incoming.is_empty()
            && self.waiting.is_empty()
            && self.sent.is_empty()
    }
}

/// By what a mail or a letter is known to be about them.
struct Marks<'a> {
    address: Option<String>,
    stories: &'a [Trace],
}

/// Whether this is an id of that story, also an earlier one.
pub fn is_of(told: &str, story: &StoryId) -> bool {
    told.parse::<StoryId>().is_ok_and(|told| told.is_same_story(story))
}

/// Looks everywhere.
pub fn find(desk: &Desk, repo: &StoryRepo, shelves: Option<&Shelves>, whose: &Whose) -> Result<Held, Trouble> {
    let tip = repo.tip()?;
    let mut held = Held::default();
    match whose {
        Whose::Stories(ids) => {
            for id in ids {
                held.stories.push(story(repo, &tip, id)?);
            }
        }
        Whose::Person(address) => find_person(repo, &tip, address, &mut held)?,
    }
    let address = match whose {
        Whose::Person(address) => Some(address.to_lowercase()),
        Whose::Stories(_) => None,
    };
    let traces = held.stories.iter().map(HeldStory::trace).collect();
    look(desk, shelves, address, traces, held)
}

/// Looks for what lies outside of the repository of stories that are no longer in it.
pub fn left_of(desk: &Desk, shelves: &Shelves, traces: Vec<Trace>) -> Result<Held, Trouble> {
    look(desk, Some(shelves), None, traces, Held::default())
}

fn look(
    desk: &Desk,
    shelves: Option<&Shelves>,
    address: Option<String>,
    traces: Vec<Trace>,
    mut held: Held,
) -> Result<Held, Trouble> {
    let stories = &traces;
    let marks = Marks { address, stories };
    if let Some(shelves) = shelves {
        in_the_spool(shelves, &marks, &mut held)?;
    }
    in_the_outbox(&desk.config.outbox, &marks, &mut held);
    held.traces = traces;
    Ok(held)
}

/// A story as it stands at this commit; what of it does not stand there is empty.
pub fn story(repo: &StoryRepo, tip: &Tip, id: &StoryId) -> Result<HeldStory, Trouble> {
    let files = repo.story(tip, id)?.unwrap_or_default();
    let private = repo.private(id)?.unwrap_or_default();
    let people = private
        .get(PEOPLE)
        .and_then(|bytes| People::parse(bytes).ok())
        .unwrap_or_default();
    let record = Record::parse(files.get(RECORD).map_or(&[], Vec::as_slice));
    let title = crate::story::Story::load(id, files.clone()).map_or_else(|_| id.folder().to_owned(), |s| s.title());
    Ok(HeldStory {
        id: id.clone(),
        title,
        files,
        private,
        people,
        record,
    })
}

/// Whether two addresses are the same.
fn is(mailbox: &Mailbox, address: &str) -> bool {
    mailbox
        .address
        .as_deref()
        .is_some_and(|a| a.eq_ignore_ascii_case(address))
}

fn find_person(repo: &StoryRepo, tip: &Tip, address: &str, held: &mut Held) -> Result<(), Trouble> {
    let mut ids: Vec<StoryId> = repo.stories(tip)?.filter_map(|listed| Some(listed.ok()?.id)).collect();
    if let Some(private) = repo.private_tip()? {
        ids.extend(repo.stories(&private)?.filter_map(|listed| Some(listed.ok()?.id)));
    }
    ids.sort();
    ids.dedup();
    for id in ids {
        let Some(people) = repo
            .private_file(&id, PEOPLE)?
            .and_then(|bytes| People::parse(&bytes).ok())
        else {
            held.unknown += 1;
            continue;
        };
        let no_other = people.storyteller.address.is_none() || is(&people.storyteller, address);
        let sent_it = is(&people.sender, address) || people.reply_to.as_ref().is_some_and(|m| is(m, address));
        if is(&people.storyteller, address) || sent_it && no_other {
            held.stories.push(story(repo, tip, &id)?);
        } else if sent_it {
            held.named.push(format!("{id}: they sent it for somebody else"));
        } else if people.forwarder.as_ref().is_some_and(|m| is(m, address)) {
            held.named.push(format!("{id}: they forwarded it"));
        } else if people
            .letters
            .iter()
            .any(|letter| letter.to.eq_ignore_ascii_case(address))
        {
            held.named.push(format!("{id}: a letter about it went to them"));
        }
    }
    Ok(())
}

impl Marks<'_> {
    /// Whether this is an id of one of their stories.
    fn has(&self, told: &str) -> bool {
        self.stories.iter().any(|one| is_of(told, &one.id))
    }

    /// Whether this mail is theirs: from them, one of their stories' mails, or about a letter of theirs (a bounce).
    fn owns(&self, raw: &[u8], from: &Mailbox) -> bool {
        let mut mails = self.stories.iter().flat_map(|one| &one.mails).peekable();
        let mail = mails.peek().is_some() && {
            let this = mail::mail_id(raw);
            mails.any(|mail| *mail == this)
        };
        let mut message_ids = self.stories.iter().flat_map(|one| &one.message_ids);
        mail || self.address.as_ref().is_some_and(|address| is(from, address))
            || message_ids.any(|id| memchr::memmem::find(raw, id.as_bytes()).is_some())
    }

    /// Whether somebody of the team answers a letter about one of their stories: such a mail quotes it.
    fn answers(&self, aside: &Aside, raw: &[u8]) -> bool {
        match &aside.tells_of {
            Some(told) => self.has(told),
            None => [REFUSED, UNPROVEN, TEAM_REPLY].contains(&&aside.rule[..]) && self.in_the_words_of(raw),
        }
    }

    /// Whether subject or text of a letter, or of an answer to it, has the title of one of their stories.
    fn in_the_words_of(&self, letter: &[u8]) -> bool {
        let (subject, text) = letters::words(letter);
        let words = one_line(&format!("{subject}\n{text}"));
        let mut titles = self.stories.iter().map(|one| one_line(&one.title));
        let whole = |at: usize, title: &str| {
            let (before, after) = (&words[..at], &words[at + title.len()..]);
            !before.ends_with(char::is_alphanumeric) && !after.starts_with(char::is_alphanumeric)
        };
        titles.any(|title| !title.is_empty() && words.match_indices(&title).any(|(at, _)| whole(at, &title)))
    }

    fn names(&self, raw: &[u8]) -> bool {
        let text = |address: &String| {
            raw.to_ascii_lowercase()
                .windows(address.len())
                .any(|w| w == address.as_bytes())
        };
        self.address.as_ref().is_some_and(text)
    }
}

fn in_the_spool(shelves: &Shelves, marks: &Marks, held: &mut Held) -> Result<(), Trouble> {
    for AnyAside { id, known, raw } in shelves.all_asides()? {
        let glance = mail::glance(&raw);
        let full = known.as_ref().and_then(|aside| aside.mail_id.parse().ok());
        let answers = known.is_some_and(|aside| marks.answers(&aside, &raw));
        if answers || marks.owns(&raw, &glance.from) {
            held.quarantine.push((id, full));
        } else if marks.names(&raw) {
            held.named.push(format!(
                "quarantine {}: another's mail names them",
                &id[..id.len().min(8)]
            ));
        }
    }
    for (id, raw) in shelves.waiting_mails()? {
        if marks.owns(&raw, &mail::glance(&raw).from) {
            held.incoming.push(id);
        } else if marks.names(&raw) {
            held.named
                .push("a mail that waits to be read: another's, and it names them".to_owned());
        }
    }
    for letter in shelves.letters()?.items {
        let known = letter.note.stories().next().is_some();
        let about = letter.note.stories().any(|told| marks.has(told));
        let to = marks
            .address
            .as_ref()
            .is_some_and(|a| letter.note.to.eq_ignore_ascii_case(a));
        // a digest is about no story, and in a person's words it may name them all; of one that an earlier version wrote nothing is known
        let names = |(bytes, _): (Vec<u8>, _)| marks.in_the_words_of(&bytes);
        if about || to || !known && shelves.letter(&letter.id)?.is_some_and(names) {
            held.waiting.push(letter.id);
        }
    }
    held.typed = shelves.typed()?.iter().filter(|t| marks.has(&t.note.story)).count();
    held.previews = shelves.previews();
    Ok(())
}

fn in_the_outbox(outbox: &Outbox, marks: &Marks, held: &mut Held) {
    let Way::Folder(folder) = &outbox.way else { return };
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    files.sort();
    for path in files {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if path.extension().is_none_or(|end| end != "eml") {
            continue;
        }
        let is_of = |one: &Trace| name.contains(&format!("-{}-", one.id.digits()));
        let about = marks.stories.iter().any(is_of);
        let Ok(raw) = std::fs::read(&path) else { continue };
        let to = marks
            .address
            .as_ref()
            .is_some_and(|address| is(&mail::addressee(&raw), address));
        let names = name.contains(&format!("-{NO_STORY}-")) && marks.in_the_words_of(&raw);
        if about || to || names {
            held.sent.push(path);
        }
    }
}
