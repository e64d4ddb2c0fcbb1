//! Off the targets again, by the team's decision or by the author's wish. The decision is recorded first, so that nothing puts the
//! story out again and a run that dies is taken up; then each target, looked at anew, and what it still has.

mod off;

use std::collections::BTreeMap;

use crate::repo::StoryRepo;
use crate::story::StoryId;
use crate::story::event::{Role, What};
use crate::story::page::{Front, INDEX};
use crate::story::policy::{Policy, Refusal};
use crate::story::state::{Phase, State, Verb};
use crate::story::step::{Clerk, Step, Story};
use crate::target::Removal;

use super::places::NotPut;
use super::publish::here;
use super::review::Planned;
use super::{Desk, Trouble};
pub use off::{Standing, removed, take_off};

/// What became of one target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Off {
    pub target: String,
    /// Where it was.
    pub place: Option<String>,
    pub result: Left,
}

/// What a target has of a story after it was asked to take it off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Left {
    /// It is gone; what stays behind all the same, in words for a person.
    Gone(Option<&'static str>),
    /// Only a person can take it off there: what to do.
    ByHand(String),
    /// It could not be taken off, or not be looked for.
    Still(NotPut),
}

/// What a takedown came to.
#[derive(Debug, Clone)]
pub struct Down {
    pub story: Story,
    /// Whether anything was recorded.
    pub changed: bool,
    /// Targets that had it, or may have had it.
    pub offs: Vec<Off>,
}

impl Down {
    /// Whether no target has it any more.
    pub fn is_whole(&self) -> bool {
        self.offs.iter().all(|off| matches!(off.result, Left::Gone(_)))
    }
}

/// The team's decision: off the targets, or no longer scheduled. A page that somebody bent by hand is no reason to leave it up.
pub fn take_down(story: &Story, policy: &Policy, clerk: &Clerk, note: &str) -> Planned {
    let life = &story.life;
    let state = story.state(policy);
    // a publication that stopped before its first receipt may have left something
    let begun = life.publication.as_ref().is_some_and(|p| !p.over) && life.may_stand().next().is_some();
    let allowed = policy.allows(Verb::Takedown, &clerk.actor, life, story.text, &story.title());
    match allowed {
        Err(refusal) if !begun => return Err(refusal),
        Ok(false) => return Ok(None),
        _ => {}
    }
    if state == State::Scheduled {
        let step = Step {
            subject: "No longer schedule".to_owned(),
            note: note.to_owned(),
            events: vec![What::Unscheduled {}],
            ..Step::default()
        };
        return Ok(Some(story.change(step, clerk)));
    }
    let what = What::TakenDown { note: note.to_owned() };
    Ok(Some(closing(story, "Take down", note, what, clerk)))
}

/// The author's wish: the story is theirs again, and what they agreed to is no more.
pub fn withdraw(story: &Story, policy: &Policy, clerk: &Clerk, note: &str) -> Planned {
    if !policy.allows(Verb::Withdraw, &clerk.actor, &story.life, story.text, &story.title())? {
        return Ok(None);
    }
    let what = What::Withdrawn { note: note.to_owned() };
    Ok(Some(closing(story, "Withdraw", note, what, clerk)))
}

/// A mail that reads like a withdrawal is none: why, for the team.
pub fn keep(story: &Story, clerk: &Clerk, note: &str) -> Planned {
    let Some(wish) = story.life.wishes.first() else {
        return Ok(None);
    };
    let what = What::Noted {
        note: note.to_owned(),
        about: Some(wish.event.clone()),
    };
    let step = Step {
        subject: "Keep".to_owned(),
        note: note.to_owned(),
        events: vec![what],
        ..Step::default()
    };
    Ok(Some(story.change(step, clerk)))
}

/// A person saw to a target that cannot be told, or is no more: what they did.
pub fn seen_to(story: &Story, target: &str, clerk: &Clerk, note: &str) -> Planned {
    let refusal = |why: String, hint: &str| Refusal {
        code: "takedown.not_there",
        what: format!("{} has nothing to see to on {target}", story.title()),
        why,
        hint: hint.to_owned(),
        exit: 5,
    };
    if !matches!(story.life.phase, Phase::TakenDown | Phase::Withdrawn | Phase::Rejected) {
        let why = "it is not taken down".to_owned();
        return Err(refusal(why, "`takedown STORY` first"));
    }
    if !story.life.still_out().any(|t| t == target) {
        return match story
            .life
            .publication
            .as_ref()
            .is_some_and(|p| p.cleared.contains(target))
        {
            true => Ok(None),
            false => {
                let known: Vec<&str> = story.life.still_out().collect();
                let why = match known.is_empty() {
                    true => "no target has it".to_owned(),
                    false => format!("it is on {}", known.join(", ")),
                };
                Err(refusal(why, "name the target as config.toml does"))
            }
        };
    }
    let events = vec![
        removed(target),
        What::Noted {
            note: format!("{target}: {note}"),
            about: None,
        },
    ];
    let step = Step {
        subject: format!("See to {target} for"),
        note: note.to_owned(),
        events,
        ..Step::default()
    };
    Ok(Some(story.change(step, clerk)))
}

/// A step that ends a story's being public: the page goes back to `draft = true`.
fn closing(story: &Story, subject: &str, note: &str, what: What, clerk: &Clerk) -> crate::story::record::Change {
    let mut files = BTreeMap::new();
    let front = story.front();
    if !front.draft {
        let mut page = story.page.clone();
        page.set_front(&Front { draft: true, ..front });
        files.insert(INDEX.to_owned(), Some(page.render()));
    }
    let step = Step {
        subject: subject.to_owned(),
        note: note.to_owned(),
        events: vec![what],
        files,
        ..Step::default()
    };
    story.change(step, clerk)
}

/// Makes the decision that `plan` is, then takes the story off wherever it may stand. Called again, it goes on where it stopped.
pub fn carry_out(
    desk: &Desk,
    repo: &StoryRepo,
    id: &StoryId,
    clerk: &Clerk,
    plan: impl Fn(&Story) -> Planned,
) -> Result<Down, Trouble> {
    let taken = desk.step(repo, id, false, plan)?;
    let mut down = Down {
        story: taken.story,
        changed: taken.changed,
        offs: Vec::new(),
    };
    if matches!(down.story.life.phase, Phase::Open | Phase::Published) {
        return Ok(down);
    }
    let names: Vec<String> = down.story.life.may_stand().map(str::to_owned).collect();
    for target in names {
        let life = &down.story.life;
        let place = life.posts.get(&target).and_then(|post| post.place.clone());
        let known = life.posts.contains_key(&target);
        let result = match take_off(desk, &down.story, &target) {
            Ok(None) => continue,
            // nothing says that it ever went there
            Ok(Some((Removal::NotThere | Removal::CannotRecall(_), _))) if !known => Left::Gone(None),
            Ok(Some((Removal::CannotRecall(what), _))) => Left::ByHand(what),
            Ok(Some((Removal::Removed | Removal::NotThere, remains))) => Left::Gone(remains),
            Err(why) => Left::Still(why),
        };
        let taken = desk.step(repo, id, false, |story| Ok(recorded(story, &target, &result, clerk)))?;
        down.changed |= taken.changed;
        down.story = taken.story;
        if known || !matches!(result, Left::Gone(_)) {
            down.offs.push(Off { target, place, result });
        }
    }
    // what another desk took off its own folder stands in ours: the record has it off already
    if clerk.actor.role != Role::Robot {
        down.offs.extend(off_here(desk, &down.story));
    }
    Ok(down)
}

/// Takes a story off the folders of this desk that it was taken off by the record.
fn off_here(desk: &Desk, story: &Story) -> Vec<Off> {
    let off = |target: String| {
        let result = match take_off(desk, story, &target) {
            Ok(None) => return None,
            Ok(Some((Removal::CannotRecall(what), _))) => Left::ByHand(what),
            Ok(Some((_, remains))) => Left::Gone(remains),
            Err(why) => Left::Still(why),
        };
        let place = None;
        Some(Off { target, place, result })
    };
    here::left_of(desk, story).into_iter().filter_map(off).collect()
}

/// Pages in folders of this desk that another desk took off a folder of its own: its author was told that they are gone. Only where the
/// record here is as new as the remote's: a place that desks share may be ahead of an older one.
pub fn follow_all(desk: &Desk, repo: &StoryRepo) -> Result<Vec<Down>, Trouble> {
    let mut left: Vec<StoryId> = here::look(desk, repo, true)?
        .left
        .into_iter()
        .map(|a| a.story)
        .collect();
    left.dedup();
    let down = |id: StoryId| -> Result<Down, Trouble> {
        let story = desk.story(repo, &id)?;
        let (offs, changed) = (off_here(desk, &story), false);
        Ok(Down { story, changed, offs })
    };
    left.into_iter().map(down).collect()
}

/// The event that says what became of a target; the same as before is no news.
fn recorded(story: &Story, target: &str, result: &Left, clerk: &Clerk) -> Option<crate::story::record::Change> {
    let remains = |why: &str, by_hand: bool| {
        let known = story.life.remains.get(target);
        let why = why.to_owned();
        (known.is_none_or(|r| (&r.why, r.by_hand) != (&why, by_hand))).then(|| What::Remains {
            target: target.to_owned(),
            why,
            by_hand,
        })
    };
    let (subject, what) = match result {
        Left::Gone(_) => (format!("Take off {target}:"), Some(removed(target))),
        Left::ByHand(what) => (format!("Leave on {target}, for a person:"), remains(what, true)),
        Left::Still(why) => (format!("Fail to take off {target}:"), remains(&why.why, false)),
    };
    let step = Step {
        subject,
        events: vec![what?],
        ..Step::default()
    };
    Some(story.change(step, clerk))
}

/// Takedowns that stopped half-way, taken up by the robot: a person decided them. What only a person can do is left to them.
pub fn resume_all(desk: &Desk, repo: &StoryRepo) -> Result<Vec<Down>, Trouble> {
    let mut done = Vec::new();
    for (id, _) in super::queue::half_down(desk, repo)? {
        done.push(carry_out(desk, repo, &id, &desk.robot(), |_| Ok(None))?);
    }
    Ok(done)
}
