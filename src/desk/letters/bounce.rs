//! A letter that came back: it is found by its Message-ID, whose random part only its reader and this desk know, recorded as failed on its
//! story, and its address gets nothing more until a person says so.

use std::collections::{BTreeMap, HashMap};

use crate::repo::StoryRepo;
use crate::story::event::{EventId, LetterKind, LetterStatus, What};
use crate::story::letter::{FailedLetter, LetterId};
use crate::story::people::{PEOPLE, People};
use crate::story::policy::Task;
use crate::story::record::Change;
use crate::story::step::{Clerk, Step, Story};
use crate::story::{Mailbox, StoryId, Submission};

use super::super::threads::{Threads, came_back_key};
use super::super::{Desk, Trouble};
use super::entry::Entry;
use super::people_in;
use super::send::without_address;

/// A report that one of our letters was not delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bounce {
    pub message_id: String,
    /// Whether the address is to blame, and not the day.
    pub for_good: bool,
    /// The report's own code, `5.1.1`, where it has one.
    pub status: Option<String>,
}

/// Reads a mail as the report of a letter of ours: a delivery report (RFC 3464) that says `failed`, or a mail of a mailer daemon, with
/// our Message-ID in the returned mail, in its references or in its text. A delay, a receipt and an absence note are none.
pub fn read(mail: &Submission) -> Option<Bounce> {
    let signals = &mail.signals;
    let local = mail.from.address.as_deref().unwrap_or_default().split('@').next();
    let local = local.unwrap_or_default().to_lowercase();
    let daemon = ["mailer-daemon", "maildaemon", "postmaster"].contains(&local.as_str());
    let told = signals.machine_headers.iter().any(|name| name == "x-failed-recipients");
    let failed = match signals.report_action.as_deref() {
        Some(action) => action == "failed",
        // a warning that it takes longer is no failure
        None => (daemon || told) && !mail.subject.to_lowercase().contains("delay"),
    };
    if !failed {
        return None;
    }
    let is_ours = |id: &&String| id.parse::<LetterId>().is_ok();
    let message_id = signals
        .reported_message_id
        .iter()
        .chain(&mail.references)
        .find(is_ours)
        .cloned()
        .or_else(|| in_text(mail))?;
    let status = signals.report_status.clone();
    Some(Bounce {
        message_id,
        for_good: !status.as_deref().is_some_and(|status| status.starts_with('4')),
        status,
    })
}

/// Our Message-ID in the text of a bounce that is no report: such servers quote the header of the mail that failed.
fn in_text(mail: &Submission) -> Option<String> {
    let lines = mail.lines.iter().take(2_000).map(|line| line.words());
    lines.into_iter().find_map(|line| {
        let words = line.split(|c: char| c.is_whitespace() || "<>\"'(),;".contains(c));
        let mut ids = words.filter_map(|word| word.parse::<LetterId>().ok());
        ids.next().map(|id| id.to_string())
    })
}

/// What the report changes in the story of the letter; `None` where it is known, or the letter is none of the story's.
pub fn change(desk: &Desk, story: &Story, people: &People, bounce: &Bounce) -> Option<Change> {
    let sent = people.letter(&bounce.message_id)?;
    let named = LetterKind::ALL.into_iter().find(|kind| kind.name() == sent.kind);
    let kind = named.or_else(|| kind_of(story, &sent.about))?;
    let entry = Entry {
        story: Some(story.id.clone()),
        kind,
        about: sent.about.clone(),
        to: sent.member.clone(),
    };
    if entry.last(story) == Some(LetterStatus::Failed) {
        return None;
    }
    let code = bounce
        .status
        .as_deref()
        .map(|code| format!(" ({code})"))
        .unwrap_or_default();
    let reason = without_address(&format!("it came back{code}"), &sent.to);
    let mut private = BTreeMap::new();
    let address = sent.to.to_lowercase();
    if bounce.for_good && !address.is_empty() && !people.came_back.contains(&address) {
        let mut people = people.clone();
        people.came_back.push(address);
        private.insert(PEOPLE.to_owned(), Some(people.render()));
    }
    let step = Step {
        subject: format!("Note that the letter \"{}\" came back, about", kind.name()),
        events: vec![entry.event(LetterStatus::Failed, Some(reason))],
        private,
        ..Step::default()
    };
    Some(story.change(step, &desk.robot()))
}

/// The kind of the last letter about an event, where the private part does not say it: an earlier version kept less.
fn kind_of(story: &Story, event: &EventId) -> Option<LetterKind> {
    story.record.events.iter().rev().find_map(|e| match &e.what {
        What::Letter { letter, about, .. } if about == event => Some(*letter),
        _ => None,
    })
}

/// The addresses from which a letter came back, in any story; asked of each address once.
#[derive(Default)]
pub(super) struct Unreachable {
    threads: Threads,
    known: HashMap<String, bool>,
}

impl Unreachable {
    pub fn has(&mut self, desk: &Desk, repo: &StoryRepo, to: Option<&Mailbox>) -> Result<bool, Trouble> {
        let Some(address) = to.and_then(|m| m.address.as_deref()) else {
            return Ok(false);
        };
        let address = address.to_lowercase();
        if let Some(known) = self.known.get(&address) {
            return Ok(*known);
        }
        let mut found = false;
        for id in self.threads.find(desk, Some(repo), &came_back_key(&address))? {
            found |= super::people(repo, &id)?.is_some_and(|people| people.came_back.contains(&address));
        }
        self.known.insert(address, found);
        Ok(found)
    }
}

/// A person says that a story's letters may go out again: the address is good again, or `to` is the right one. Letters that failed are
/// due once more. Gives those, and whether anything changed.
pub fn again(
    desk: &Desk,
    repo: &StoryRepo,
    id: &StoryId,
    to: Option<&str>,
) -> Result<(Vec<FailedLetter>, bool), Trouble> {
    let clerk = desk.clerk(repo, Task::Note)?;
    let people = super::people(repo, id)?.ok_or_else(|| Trouble::NoPrivatePart(id.clone()))?;
    let mut good = people.came_back.clone();
    good.extend(super::recipient(&people).address.map(|address| address.to_lowercase()));
    let mut threads = Threads::default();
    // an address may have failed in a letter about another story; what is replaced here stays bad
    for address in good.iter().filter(|_| to.is_none()) {
        for other in threads.find(desk, Some(repo), &came_back_key(address))? {
            if other != *id {
                reopen(repo, &clerk, &other, None, &good)?;
            }
        }
    }
    let failed = crate::story::letter::failed(&desk.story(repo, id)?.record.events);
    let changed = reopen(repo, &clerk, id, to, &good)?;
    Ok((failed, changed))
}

fn reopen(repo: &StoryRepo, clerk: &Clerk, id: &StoryId, to: Option<&str>, good: &[String]) -> Result<bool, Trouble> {
    let mut changed = false;
    let done: Result<_, Trouble> = repo.commit(id, |current| {
        changed = false;
        let (Some(files), Some(private)) = (current.files.clone(), current.private()?) else {
            return Ok(None);
        };
        let story = Story::load(id, files)?;
        let before = people_in(Some(&private))?;
        let mut people = before.clone();
        match to {
            Some(to) => {
                people.storyteller.address = Some(to.to_owned());
                people.reply_to = None;
            }
            None => people.came_back.retain(|address| !good.contains(address)),
        }
        let failed = crate::story::letter::failed(&story.record.events);
        let events = failed.iter().map(|f| {
            let entry = Entry {
                story: Some(id.clone()),
                kind: f.kind,
                about: f.about.clone(),
                to: f.to.clone(),
            };
            entry.event(LetterStatus::Again, None)
        });
        let events: Vec<_> = events.collect();
        if people == before && events.is_empty() {
            return Ok(None);
        }
        changed = true;
        if people != before {
            people.corrected = Some(clerk.now);
        }
        let step = Step {
            subject: "Send letters again about".to_owned(),
            events,
            private: BTreeMap::from([(PEOPLE.to_owned(), Some(people.render()))]),
            ..Step::default()
        };
        Ok(Some(story.change(step, clerk)))
    });
    done?;
    Ok(changed)
}
