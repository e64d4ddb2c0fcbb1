//! `takedown` and `withdraw`.

use clap::Args;
use serde_json::json;

use crate::desk::names;
use crate::desk::review::Planned;
use crate::desk::takedown::{self, Down, Left, Off};
use crate::desk::typed::Purpose;
use crate::desk::{Desk, Trouble};
use crate::story::event::Role;
use crate::story::policy::{Policy, Task};
use crate::story::state::State;
use crate::story::step::{Clerk, Story};

use super::asking::with_message;
use super::decide::{change_as_json, each, show_change};
use super::global::Global;
use super::report::{Failure, Outcome, Report};

#[derive(Debug, Args)]
pub struct Takedown {
    /// By id or the beginning of it, by author, or by path
    #[arg(required = true, value_name = "STORY")]
    pub stories: Vec<String>,
    /// Why, for the team
    #[arg(short, long, value_name = "TEXT")]
    pub message: Option<String>,
    /// You saw to this target yourself: it is gone there, or known to be beyond recall; with -m
    #[arg(long, value_name = "TARGET")]
    pub seen_to: Option<String>,
}

#[derive(Debug, Args)]
pub struct Withdraw {
    /// Its id or the beginning of it, its author, or a path
    pub story: String,
    /// How you know that they wish it, for the team
    #[arg(short, long, value_name = "TEXT")]
    pub message: Option<String>,
    /// A mail of theirs reads like such a wish, and is none
    #[arg(long)]
    pub keep: bool,
}

pub fn takedown(desk: &Desk, global: &Global, args: &Takedown, report: &Report) -> Outcome {
    let note = args.message.as_deref().unwrap_or_default();
    if args.seen_to.is_some() && note.trim().is_empty() {
        return Err(Failure::usage(
            "what you did is missing",
            "others rely on it that the target was seen to",
            "say it with -m \"deleted it in the blog's own pages\"",
        ));
    }
    let plan = |story: &Story, clerk: &Clerk| match &args.seen_to {
        Some(target) => takedown::seen_to(story, target, clerk, note),
        None => takedown::take_down(story, &desk.policy, clerk, note),
    };
    each(&args.stories, report, |story| {
        run(desk, global, story, Task::Publish, report, &plan)
    })
}

pub fn withdraw(desk: &Desk, global: &Global, args: &Withdraw, report: &Report) -> Outcome {
    let wanted = if args.keep {
        "what they mean"
    } else {
        "how you know that they wish it"
    };
    let asked = (Purpose::Withdraw, wanted);
    let stories = std::slice::from_ref(&args.story);
    with_message(desk, global, stories, args.message.clone(), asked, |note| {
        if args.keep {
            let errand = super::decide::Errand {
                task: Task::Decide,
                deciding: false,
                done: "Kept",
                nothing: "Nothing of theirs waits to be settled",
            };
            return errand.run(desk, global, &args.story, report, |story, clerk| {
                takedown::keep(story, clerk, &note)
            });
        }
        run(desk, global, &args.story, Task::Decide, report, &|story, clerk| {
            takedown::withdraw(story, &desk.policy, clerk, &note)
        })
    })
}

fn run(
    desk: &Desk,
    global: &Global,
    story: &str,
    task: Task,
    report: &Report,
    plan: &dyn Fn(&Story, &Clerk) -> Planned,
) -> Outcome {
    let repo = desk.repo()?;
    let clerk = desk.clerk(&repo, task)?;
    let id = names::resolve(desk, &repo, story)?;
    if global.dry_run {
        let story = desk.story(&repo, &id)?;
        let change = plan(&story, &clerk).map_err(Trouble::from)?;
        let names: Vec<&str> = story.life.may_stand().collect();
        if report.json {
            let place = |name: &str| story.life.posts.get(name).and_then(|post| post.place.clone());
            let targets = names.iter().map(|name| json!({"target": name, "place": place(name)}));
            let mut object = change_as_json(&story, change.as_ref());
            object["targets"] = targets.collect();
            report.object(&object);
            return Ok(0);
        }
        show_change(report, &story, change.as_ref());
        if !names.is_empty() {
            report.line(&format!("Would take it off {}", names.join(", ")));
        }
        return Ok(0);
    }
    let _lock = desk.spool()?;
    let down = takedown::carry_out(desk, &repo, &id, &clerk, |story| plan(story, &clerk))?;
    if report.json {
        report.object(&as_json(desk, &down));
    } else {
        tell(desk, report, &down);
    }
    if down.changed && desk.policy.signed && is_unsigned(&down.story) {
        report.caution(&format!(
            "it holds without a signature: git has no key here that counts for {}; `verify` tells it",
            clerk.actor.name
        ));
    }
    Ok(if down.is_whole() { 0 } else { 7 })
}

/// Whether the person's decision was made without their key.
fn is_unsigned(story: &Story) -> bool {
    let decided = story.record.events.iter().rev();
    let mut decided = decided.filter(|e| e.by.role != Role::Robot && Policy::only_takes_away(&e.what));
    decided.next().is_some_and(|event| event.sig.is_none())
}

pub fn as_json(desk: &Desk, down: &Down) -> serde_json::Value {
    let off = |off: &Off| {
        let (gone, by_hand, remains, error, hint) = match &off.result {
            Left::Gone(remains) => (true, false, remains.map(str::to_owned), None, None),
            Left::ByHand(what) => (false, true, Some(what.clone()), None, None),
            Left::Still(why) => (false, false, None, Some(&why.why), Some(&why.hint)),
        };
        json!({"target": off.target, "place": off.place, "gone": gone, "by_hand": by_hand, "remains": remains, "error": error, "hint": hint})
    };
    let story = &down.story;
    json!({
        "id": story.id,
        "title": story.title(),
        "state": story.state(&desk.policy),
        "changed": down.changed,
        "targets": down.offs.iter().map(off).collect::<Vec<_>>(),
    })
}

/// What became of it, target by target, and what is beyond recall.
pub fn tell(desk: &Desk, report: &Report, down: &Down) {
    let story = &down.story;
    let title = story.title();
    let state = story.state(&desk.policy);
    let done = match (state, down.changed) {
        (State::Approved, true) => "No longer scheduled",
        (State::Withdrawn, true) => "Withdrawn",
        (State::Withdrawn, false) => "It is withdrawn already",
        (State::Rejected, _) => "It is rejected",
        (_, true) => "Taken down",
        (_, false) => "It is taken down already",
    };
    report.line(&format!("{done}: {title}"));
    let mut was_out = false;
    for off in &down.offs {
        was_out = true;
        let place = off.place.as_deref().unwrap_or("there");
        match &off.result {
            Left::Gone(remains) => {
                report.line(&format!("  {}: gone from {place}", off.target));
                if let Some(remains) = remains {
                    report.line(&format!("    {remains}"));
                }
            }
            Left::ByHand(what) => {
                report.caution(&format!("it is still on {} ({place}): {what}", off.target));
                let folder = story.id.folder();
                report.remark(&format!(
                    "Once you did: `takedown {folder} --seen-to {} -m \"what you did\"`.",
                    off.target
                ));
            }
            Left::Still(why) => {
                report.caution(&still(&title, off, &why.why));
                report.remark(&format!("  {}; then `takedown {}` again.", why.hint, story.id.folder()));
            }
        }
    }
    if was_out {
        report.remark("Copies in feed readers, search engines and caches are beyond recall; they fade with time.");
    }
}

/// Why a target has it still.
pub fn still(title: &str, off: &Off, why: &str) -> String {
    let place = off.place.as_deref().map(|p| format!(" ({p})")).unwrap_or_default();
    format!("{title} is still on {}{place}: {why}", off.target)
}
