//! What an erasure is about, as the spool keeps it until it is done, and what of it waits for the remote.

use serde::{Deserialize, Serialize};

use crate::repo::StoryRepo;
use crate::story::StoryId;
use crate::story::erased::Erased;
use crate::story::event::Actor;
use crate::story::policy::Task;

use super::super::held::{self, Whose};
use super::super::{Desk, Trouble, draw};
use super::survey::Survey;

/// What an erasure is about: kept in the spool until it is done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    pub(super) by: Actor,
    pub(super) email: String,
    pub stories: Vec<StoryId>,
    pub(super) mails: Vec<String>,
    /// The person, where one was named.
    pub(super) person: Option<String>,
    /// By what they are looked for in the end.
    pub(super) words: Vec<String>,
    pub(super) addresses: Vec<String>,
    pub(super) remote: Option<Remote>,
    pub(super) leave_published: bool,
    /// Lines as in the desk's record: what of all that it calls erased is to go from the remote. They name no one.
    #[serde(default)]
    pub(super) owed: String,
}

/// Where the content repository was pushed to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remote {
    pub name: String,
    pub url: String,
}

impl Plan {
    /// All is done here, and the remote may have it still: what waits says nothing of whom it was about.
    pub(super) fn rest(mut self, desk: &Desk) -> Plan {
        self.owe(desk, &self.stories.clone());
        Plan {
            stories: Vec::new(),
            mails: Vec::new(),
            person: None,
            words: Vec::new(),
            addresses: Vec::new(),
            ..self
        }
    }

    /// These are to go from the remote, too.
    pub(super) fn owe(&mut self, desk: &Desk, stories: &[StoryId]) {
        let who = (draw(), desk.robot().actor, desk.now);
        if let Some(event) = Erased::event((b"", &Erased::default()), stories, &[], &fresh_salt(), who) {
            self.owed.push_str(&event.line());
            self.owed.push('\n');
        }
    }

    /// Whether nothing but the remote is left.
    pub fn is_rest(&self) -> bool {
        self.stories.is_empty() && self.mails.is_empty() && self.person.is_none()
    }

    /// Whether it goes on where a page cannot be taken off; once said, it stays so.
    pub fn leave_published(&mut self, leave: bool) {
        self.leave_published |= leave;
    }
}

/// Makes the plan of what was surveyed.
pub fn plan(
    desk: &Desk,
    repo: &StoryRepo,
    survey: &Survey,
    whose: &Whose,
    leave_published: bool,
) -> Result<Plan, Trouble> {
    let clerk = desk.clerk(repo, Task::Erase)?;
    let held = &survey.held;
    let person = match whose {
        Whose::Person(address) => Some(address.to_lowercase()),
        Whose::Stories(_) => None,
    };
    let mails = held.stories.iter().flat_map(held::HeldStory::mails);
    let mails = mails.chain(held.quarantine.iter().filter_map(|(_, mail)| *mail));
    let mut addresses: Vec<String> = person.iter().cloned().collect();
    let mut words = addresses.clone();
    for story in &held.stories {
        words.extend(story.people.thread().filter(|id| id.len() >= 6).map(str::to_owned));
        words.push(story.id.digits().to_owned());
        addresses.extend(story.people.storyteller.address.clone());
    }
    addresses.dedup();
    words.sort();
    words.dedup();
    Ok(Plan {
        by: clerk.actor,
        email: clerk.email,
        stories: held.stories.iter().map(|story| story.id.clone()).collect(),
        mails: mails.map(|mail| mail.hex()).collect(),
        person,
        words,
        addresses,
        remote: survey.remote.clone(),
        leave_published,
        owed: String::new(),
    })
}

/// What was begun and not finished.
pub fn unfinished(desk: &Desk) -> Result<Option<Plan>, Trouble> {
    match desk.look_at_spool() {
        Some(shelves) => Ok(shelves.erasing()?),
        None => Ok(None),
    }
}

/// What is to go from the remote by an erasure that is done here and waits for it.
pub fn owed(desk: &Desk) -> Result<Option<Erased>, Trouble> {
    let rest = unfinished(desk)?.filter(Plan::is_rest);
    Ok(rest.map(|plan| Erased::of(plan.owed.as_bytes())))
}

/// Whether an erasure that is done here waits for the remote.
pub fn waits_for_remote(desk: &Desk) -> Result<bool, Trouble> {
    Ok(owed(desk)?.is_some())
}

/// A plan that names nobody.
pub(super) fn by_the_robot(desk: &Desk, remote: Option<Remote>) -> Plan {
    Plan {
        by: desk.robot().actor,
        email: desk.robot().email,
        stories: Vec::new(),
        mails: Vec::new(),
        person: None,
        words: Vec::new(),
        addresses: Vec::new(),
        remote,
        leave_published: true,
        owed: String::new(),
    }
}

pub(super) fn fresh_salt() -> String {
    let mut salt = [0; 16];
    getrandom::fill(&mut salt).expect("the system gives random bytes");
    hex::encode(salt)
}
