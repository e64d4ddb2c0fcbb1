//! Decisions: each is a pure function from a story at the tip to a change, so that it can be applied again where the
//! branch has moved meanwhile. `Ok(None)` is quiet success: nothing to do.

use jiff::Timestamp;

use crate::repo::{Past, StoryRepo};
use crate::story::check::check;
use crate::story::event::{MailProof, What};
use crate::story::id::TextHash;
use crate::story::page::RECORD;
use crate::story::policy::{Policy, Refusal};
use crate::story::record::Change;
use crate::story::state::{State, Verb};
use crate::story::step::{Clerk, Step, Story, has_markers};

use super::{Desk, Trouble};

/// What planning a step gives.
pub type Planned = Result<Option<Change>, Refusal>;

/// A vote for exactly this text; refused where `if_text` names another.
pub fn approve(story: &Story, policy: &Policy, clerk: &Clerk, note: &str, if_text: Option<&str>) -> Planned {
    story.agrees()?;
    seen(story, if_text)?;
    if !policy.allows(Verb::Approve, &clerk.actor, &story.life, story.text, &story.title())? {
        return Ok(None);
    }
    policy.checked(&check(story, &policy.checks), &story.id, &story.title())?;
    let what = What::Approved {
        note: note.to_owned(),
        mail: clerk.mail.clone(),
    };
    Ok(Some(story.change(Step::of("Approve", note, vec![what]), clerk)))
}

/// Refused where the story is the approver's own, or where its text was last changed by their own hand, past the tool, in a commit of
/// theirs. The record knows neither, so the private part (where it is here) and the history are asked.
pub fn not_own(desk: &Desk, repo: &StoryRepo, story: &Story, clerk: &Clerk) -> Result<(), Trouble> {
    if desk.policy.own_text {
        return Ok(());
    }
    let name = &clerk.actor.name;
    let people = super::letters::people(repo, &story.id)?;
    if people.is_some_and(|people| desk.policy.tellers(&people).any(|m| m.has(&clerk.email))) {
        return Err(Policy::own_story_refused(name, &story.title()).into());
    }
    let told = story
        .record
        .events
        .iter()
        .rev()
        .find(|e| e.what.makes_text())
        .and_then(|e| e.text);
    if told == Some(story.text) {
        return Ok(());
    }
    let tip = repo.tip()?;
    let text_changed = |past: &&Past| past.files.iter().any(|name| name != RECORD);
    let past = repo.history(&tip, Some(&story.id), BY_HAND)?;
    let member = desk.policy.members.iter().find(|m| m.has(&clerk.email));
    match past.iter().find(text_changed) {
        Some(past) if member.is_some_and(|m| m.has(&past.by.email)) || past.by.name == *name => {
            Err(Policy::own_text_refused(name, &story.title()).into())
        }
        _ => Ok(()),
    }
}

/// How far back an edit past the tool is looked for.
const BY_HAND: usize = 100;

/// Back to the author, with a letter.
pub fn request_changes(story: &Story, policy: &Policy, clerk: &Clerk, note: &str) -> Planned {
    story.agrees()?;
    if !policy.allows(
        Verb::RequestChanges,
        &clerk.actor,
        &story.life,
        story.text,
        &story.title(),
    )? {
        return Ok(None);
    }
    // asked once, however often it is typed: the author gets one letter
    if story
        .life
        .unanswered(story.text)
        .any(|r| r.by.name == clerk.actor.name && r.note == note)
    {
        return Ok(None);
    }
    let mut events = vec![What::ChangesRequested {
        note: note.to_owned(),
        mail: clerk.mail.clone(),
    }];
    events.extend(unscheduled(story, policy));
    Ok(Some(story.change(Step::of("Ask for changes to", note, events), clerk)))
}

/// Declined: with a letter, or as `spam` without one.
pub fn reject(story: &Story, policy: &Policy, clerk: &Clerk, note: &str, spam: bool) -> Planned {
    story.agrees()?;
    if !policy.allows(Verb::Reject, &clerk.actor, &story.life, story.text, &story.title())? {
        return Ok(None);
    }
    let what = What::Rejected {
        note: note.to_owned(),
        spam,
        mail: clerk.mail.clone(),
    };
    Ok(Some(story.change(Step::of("Reject", note, vec![what]), clerk)))
}

/// Undoes a rejection or a withdrawal, sets approvals and requests aside: a new commit, never a rewrite.
pub fn reopen(story: &Story, policy: &Policy, clerk: &Clerk, note: &str) -> Planned {
    let closed = matches!(
        story.state(policy),
        State::Rejected | State::Withdrawn | State::Conflict
    );
    // it is of no text, and a merge in a story that is closed can be finished by nobody
    let unfinished = closed && has_markers(story.page.body()) && story.record.damage.is_empty();
    if !unfinished {
        story.agrees()?;
    }
    // under another byline it would get another address, and nobody would look for the old page again
    let out: Vec<&str> = match story.state(policy) {
        State::Conflict => story.life.posts.keys().map(String::as_str).collect(),
        _ => story.life.still_out().collect(),
    };
    if !out.is_empty() {
        return Err(Refusal {
            code: "story.still_out",
            what: format!("{} cannot be reopened yet", story.title()),
            why: format!("it is still on {}", out.join(", ")),
            hint: format!("`takedown {}` first", story.id.folder()),
            exit: 5,
        });
    }
    if !policy.allows(Verb::Reopen, &clerk.actor, &story.life, story.text, &story.title())? {
        return Ok(None);
    }
    let what = match story.state(policy) {
        State::Scheduled => What::Unscheduled {},
        _ => What::Reopened { note: note.to_owned() },
    };
    Ok(Some(story.change(Step::of("Reopen", note, vec![what]), clerk)))
}

/// What the storyteller says about the use of their story, and how it is known.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Said {
    /// False: they took a yes back.
    pub grant: bool,
    /// What may be used; empty: the story as it stands.
    pub scope: Vec<String>,
    /// On which targets; empty: on all.
    pub targets: Vec<String>,
    pub until: Option<Timestamp>,
    pub evidence: String,
    pub mail: Option<MailProof>,
}

/// Records the storyteller's yes and how it is known, or takes it back. A page that somebody bent by hand does not keep a no from
/// being heard.
pub fn consent(story: &Story, clerk: &Clerk, said: &Said) -> Planned {
    if said.grant {
        story.agrees()?;
    }
    let what = What::Consent {
        grant: said.grant,
        scope: said.scope.clone(),
        targets: said.targets.clone(),
        until: said.until,
        evidence: said.evidence.clone(),
        mail: said.mail.clone(),
    };
    let (life, open) = (&story.life, !story.life.wishes.is_empty());
    let last = story
        .record
        .events
        .iter()
        .rev()
        .find(|e| matches!(e.what, What::Consent { .. }));
    let same = last.is_some_and(|e| e.what == what) && life.consent.is_some() == said.grant;
    match said.grant {
        true if same && !open => return Ok(None),
        false if life.consent.is_none() && life.revoked && !open => return Ok(None),
        // nothing was given that could be taken back, and nobody says so
        false if life.consent.is_none() && !life.revoked && !open && life.posts.is_empty() => return Ok(None),
        _ => {}
    }
    let grant = said.grant;
    let subject = if grant {
        "Record consent to"
    } else {
        "Record that consent is revoked for"
    };
    // the evidence can be a private matter: it stands in the record, not in the log of commits
    Ok(Some(story.change(Step::of(subject, "", vec![what]), clerk)))
}

/// An internal note; the same words again by the same person are none.
pub fn note(story: &Story, clerk: &Clerk, note: &str) -> Planned {
    story.agrees()?;
    let same = |what: &What| matches!(what, What::Noted { note: known, about: None } if known == note);
    if story
        .record
        .events
        .last()
        .is_some_and(|e| e.by.name == clerk.actor.name && same(&e.what))
    {
        return Ok(None);
    }
    let what = What::Noted {
        note: note.to_owned(),
        about: None,
    };
    Ok(Some(story.change(Step::of("Note on", note, vec![what]), clerk)))
}

/// Whose turn it is; none: nobody's in particular.
pub fn assign(story: &Story, clerk: &Clerk, to: Option<&str>) -> Planned {
    story.agrees()?;
    if story.life.assigned.as_deref() == to {
        return Ok(None);
    }
    let what = What::Assigned {
        to: to.map(str::to_owned),
    };
    let subject = match to {
        Some(name) => format!("Assign to {name}:"),
        None => "Assign to nobody:".to_owned(),
    };
    Ok(Some(story.change(Step::of(&subject, "", vec![what]), clerk)))
}

/// Refused (6) where somebody names a text and it is not the one at the tip.
pub fn seen(story: &Story, if_text: Option<&str>) -> Result<(), Refusal> {
    let matches = |text: TextHash, given: &str| text.to_string().starts_with(&given.to_ascii_lowercase());
    match if_text {
        Some(given) if given.len() < 7 => Err(Refusal {
            code: "usage",
            what: format!("--if-text {given:?} is too short"),
            why: "so few digits could be of another text".to_owned(),
            hint: "give at least 7 of the digits that `show` has after \"Text\"".to_owned(),
            exit: 2,
        }),
        Some(given) if !matches(story.text, given) => Err(Refusal {
            code: "story.moved",
            what: format!("{} is not the text you read", story.title()),
            why: format!("its text hash is {} now, not {given}", story.text),
            hint: "read it again with `show`, then decide".to_owned(),
            exit: 6,
        }),
        _ => Ok(()),
    }
}

fn unscheduled(story: &Story, policy: &Policy) -> Option<What> {
    (story.state(policy) == State::Scheduled).then_some(What::Unscheduled {})
}

#[cfg(test)]
mod tests;
