//! The events that a publication leaves, each a commit.

use std::collections::BTreeMap;

use crate::story::event::What;
use crate::story::page::{Front, INDEX};
use crate::story::record::Change;
use crate::story::state::{Phase, Publication};
use crate::story::step::{Clerk, Step, Story};
use crate::target::Receipt;

/// What became of a story at a target.
#[derive(Debug, Clone)]
pub(super) enum Outcome {
    Done(Receipt),
    Failed(String),
    /// It is being handed over, or (with words) was, and what became of it is not known.
    Unknown(Option<String>),
}

/// A receipt; the first that is done makes the page public: `draft = false` and the date of the publication. The same failure again
/// is no news: a target that is not to be had for a week does not fill the record.
pub(super) fn receipt(
    story: &Story,
    publication: &Publication,
    name: &str,
    outcome: &Outcome,
    clerk: &Clerk,
) -> Option<Change> {
    let known = story.life.publication.as_ref().and_then(|p| p.receipts.get(name));
    let (place, id, error) = match outcome {
        Outcome::Done(receipt) => (Some(receipt.place.clone()), receipt.id.clone(), None),
        Outcome::Failed(why) => (None, None, Some(why.clone())),
        Outcome::Unknown(why) => (None, None, why.clone()),
    };
    let ok = matches!(outcome, Outcome::Done(_));
    let again = known.is_some() && error.is_some() && last_error(story, name) == error.as_deref();
    if known.is_some_and(|(done, _)| *done) || again {
        return None;
    }
    let what = What::Receipt {
        target: name.to_owned(),
        done: ok,
        place,
        id,
        error,
        unknown: matches!(outcome, Outcome::Unknown(_)),
        removed: false,
    };
    let mut files = BTreeMap::new();
    if ok && story.life.phase != Phase::Published {
        let mut page = story.page.clone();
        page.set_front(&Front {
            draft: false,
            date: Some(publication.at),
            ..page.front()
        });
        files.insert(INDEX.to_owned(), Some(page.render()));
    }
    let subject = match outcome {
        Outcome::Done(_) => format!("Put on {name}:"),
        Outcome::Failed(_) => format!("Fail to put on {name}:"),
        Outcome::Unknown(_) => format!("Hand over to {name}:"),
    };
    Some(story.change(
        Step {
            subject,
            events: vec![what],
            files,
            ..Step::default()
        },
        clerk,
    ))
}

/// What the last receipt of a target says that went wrong.
fn last_error<'a>(story: &'a Story, name: &str) -> Option<&'a str> {
    let last = story.record.events.iter().rev().find_map(|event| match &event.what {
        What::Receipt { target, error, .. } if target == name => Some(error.as_deref()),
        _ => None,
    });
    last.flatten()
}

/// The end of a publication: a story is published once one target has it; the others are tried again by the next run.
pub(super) fn announce(story: &Story, clerk: &Clerk) -> Option<Change> {
    let publication = story.life.publication.as_ref()?;
    let done = |t: &String| publication.receipts.get(t).is_some_and(|(done, _)| *done);
    if publication.announced || !publication.targets.iter().any(done) {
        return None;
    }
    let step = Step {
        subject: "Publish".to_owned(),
        events: vec![What::Published {}],
        ..Step::default()
    };
    Some(story.change(step, clerk))
}
