//! Words that somebody wrote for a story and that were not taken: kept in the spool, and there again the next time they write for the same.

use std::path::PathBuf;

use jiff::Timestamp;

use crate::spool::{Spool, SpoolError, TypedNote};
use crate::story::StoryId;
use crate::story::page::INDEX;
use crate::story::record::Files;
use crate::story::replay::merge;
use crate::story::step::Story;

use super::Desk;
use super::walk::Decision;

/// What words are written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The story's page, edited.
    Page,
    /// The team's text and the author's new one, put together.
    NewText,
    /// A letter in somebody's own words, with its subject.
    Letter,
    Changes,
    Reject,
    Note,
    Turn,
    /// Why a finding may stand.
    Waive,
    Consent,
    Revoked,
    Decline,
    TakeDown,
    Withdraw,
    /// What a photo shows.
    Photo,
    /// A letter to the author without a decision.
    Write,
}

const NAMES: [(Purpose, &str); 15] = [
    (Purpose::Page, "page"),
    (Purpose::NewText, "new-text"),
    (Purpose::Letter, "letter"),
    (Purpose::Changes, "changes"),
    (Purpose::Reject, "reject"),
    (Purpose::Note, "note"),
    (Purpose::Turn, "turn"),
    (Purpose::Waive, "waive"),
    (Purpose::Consent, "consent"),
    (Purpose::Revoked, "revoked"),
    (Purpose::Decline, "decline"),
    (Purpose::TakeDown, "take-down"),
    (Purpose::Withdraw, "withdraw"),
    (Purpose::Photo, "photo"),
    (Purpose::Write, "write"),
];

impl Purpose {
    /// As files and answers name it.
    pub fn name(self) -> &'static str {
        let own = NAMES.iter().find(|(purpose, _)| *purpose == self);
        own.expect("each has a name").1
    }
}

/// Words, for which story and for what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    pub story: StoryId,
    pub purpose: Purpose,
    pub text: Vec<u8>,
    /// The page that was edited, where they are one.
    pub upon: Option<Vec<u8>>,
}

/// Words that wait for whoever wrote them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// What they are called in the spool.
    pub id: String,
    pub at: Timestamp,
    pub words: Words,
}

impl Waiting {
    /// The page to go on with, and whether it has what stands in the story now and what was written side by side, between marks: where
    /// the story was edited since, both changes are in it.
    pub fn page(&self, story: &Story) -> (Vec<u8>, bool) {
        let now = &story.files[INDEX];
        match &self.words.upon {
            Some(upon) if upon != now => {
                let page = |bytes: &Vec<u8>| Files::from([(INDEX.to_owned(), bytes.clone())]);
                let mut merged = merge(&page(upon), &page(now), &page(&self.words.text));
                (merged.files.remove(INDEX).unwrap_or_default(), !merged.clean)
            }
            _ => (self.words.text.clone(), false),
        }
    }
}

impl Words {
    pub fn new(story: &StoryId, purpose: Purpose, text: &[u8]) -> Words {
        Words {
            story: story.clone(),
            purpose,
            text: text.to_vec(),
            upon: None,
        }
    }

    /// An edited page, and the story as it was read.
    pub fn page(story: &Story, text: &[u8]) -> Words {
        Words {
            upon: Some(story.files[INDEX].clone()),
            ..Words::new(&story.id, Purpose::Page, text)
        }
    }

    /// Those of a decision; none where it has none.
    pub fn of_decision(story: &StoryId, decision: &Decision) -> Option<Words> {
        let (purpose, text) = match decision {
            Decision::Approve | Decision::Reopen | Decision::Assign(None) => return None,
            Decision::Changes(text) => (Purpose::Changes, text),
            Decision::Reject { why, .. } => (Purpose::Reject, why),
            Decision::Note(text) => (Purpose::Note, text),
            Decision::Assign(Some(name)) => (Purpose::Turn, name),
            Decision::Waive { why, .. } => (Purpose::Waive, why),
            Decision::Consent { grant: true, evidence } => (Purpose::Consent, evidence),
            Decision::Consent { evidence, .. } => (Purpose::Revoked, evidence),
            Decision::Decline { why, .. } => (Purpose::Decline, why),
            Decision::TakeDown(why) => (Purpose::TakeDown, why),
            Decision::Withdraw(why) => (Purpose::Withdraw, why),
        };
        (!text.is_empty()).then(|| Words::new(story, purpose, text.as_bytes()))
    }

    /// Keeps them in the spool in `folder`; gives their file.
    pub fn keep(&self, folder: &std::path::Path, now: Timestamp) -> Result<PathBuf, SpoolError> {
        let text = |bytes: &Vec<u8>| String::from_utf8_lossy(bytes).into_owned();
        let note = TypedNote {
            story: self.story.to_string(),
            purpose: self.purpose.name().to_owned(),
            at: now,
            upon: self.upon.as_ref().map(text),
        };
        Spool::keep_typed(folder, &note, &self.text)
    }
}

/// All words that wait, the latest first; none where they cannot be read.
pub fn all(desk: &Desk) -> Vec<Waiting> {
    let typed = desk.look_at_spool().and_then(|shelves| shelves.typed().ok());
    let waiting = |typed: crate::spool::Typed| {
        let note = typed.note;
        Some(Waiting {
            id: typed.id,
            at: note.at,
            words: Words {
                story: note.story.parse().ok()?,
                purpose: NAMES.iter().find(|(_, name)| *name == note.purpose)?.0,
                text: typed.text,
                upon: note.upon.map(String::into_bytes),
            },
        })
    };
    typed.unwrap_or_default().into_iter().filter_map(waiting).collect()
}

/// Those for one story.
pub fn of(desk: &Desk, story: &StoryId) -> Vec<Waiting> {
    let mut all = all(desk);
    all.retain(|waiting| waiting.words.story.is_same_story(story));
    all
}

/// They were taken or given up.
pub fn forget(desk: &Desk, waiting: &Waiting) {
    // at worst they are offered once more
    let _ = Spool::drop_typed(&desk.config.spool_folder(), &waiting.id);
}
