//! Decisions: approve, request-changes, reject, reopen, note, assign.

use crate::desk::StoryRepo;
use crate::desk::names;
use crate::desk::review;
use crate::desk::typed::Purpose;
use crate::desk::{Desk, Trouble};
use crate::story::StoryId;
use crate::story::policy::{Refusal, Task};
use crate::story::record::Change;
use crate::story::step::{Clerk, Story};

use super::asking::with_message;
use super::global::Global;
use super::report::{Failure, Outcome, Report};
use super::tell;

/// One step on one story that a person names.
pub struct Errand<'a> {
    pub task: Task,
    /// Whether a story that is being edited by hand is refused.
    pub deciding: bool,
    pub done: &'a str,
    pub nothing: &'a str,
}

impl Errand<'_> {
    pub fn run(
        &self,
        desk: &Desk,
        global: &Global,
        story: &str,
        report: &Report,
        plan: impl Fn(&Story, &Clerk) -> Result<Option<Change>, Refusal>,
    ) -> Outcome {
        let repo = desk.repo()?;
        let clerk = desk.clerk(&repo, self.task)?;
        let id = names::resolve(desk, &repo, story)?;
        if global.dry_run {
            return rehearse(desk, &repo, &id, report, |story| plan(story, &clerk));
        }
        let _lock = desk.spool()?;
        let taken = desk.step(&repo, &id, self.deciding, |story| plan(story, &clerk))?;
        tell(report, self.done, self.nothing, &taken, desk);
        Ok(0)
    }

    /// Independent steps on several stories: each is tried, the first failure's exit code is kept.
    pub fn run_all(
        &self,
        desk: &Desk,
        global: &Global,
        stories: &[String],
        report: &Report,
        plan: impl Fn(&Story, &Clerk) -> Result<Option<Change>, Refusal>,
    ) -> Outcome {
        each(stories, report, |story| self.run(desk, global, story, report, &plan))
    }
}

/// Runs each, reports each failure, and remembers the first exit code.
pub fn each(stories: &[String], report: &Report, mut run: impl FnMut(&str) -> Outcome) -> Outcome {
    let mut first = 0;
    for story in stories {
        match run(story) {
            Ok(code) if first == 0 => first = code,
            Ok(_) => {}
            Err(failure) if stories.len() == 1 => return Err(failure),
            Err(failure) => {
                report.failure(&failure);
                if first == 0 {
                    first = failure.exit;
                }
            }
        }
    }
    Ok(first)
}

/// Prints the change and stops.
fn rehearse(
    desk: &Desk,
    repo: &StoryRepo,
    id: &StoryId,
    report: &Report,
    plan: impl Fn(&Story) -> Result<Option<Change>, Refusal>,
) -> Outcome {
    let story = desk.story(repo, id)?;
    let change = plan(&story).map_err(Trouble::from)?;
    show_change(report, &story, change.as_ref());
    Ok(0)
}

/// A change that would be made.
pub fn show_change(report: &Report, story: &Story, change: Option<&Change>) {
    if report.json {
        report.object(&change_as_json(story, change));
        return;
    }
    let files: Vec<&String> = change.iter().flat_map(|c| c.files.keys()).collect();
    match change {
        None => report.line(&format!("Nothing to do: {}", story.title())),
        Some(change) => {
            report.line(&format!(
                "Would commit, touching {} in {}:",
                files.iter().map(|f| f.as_str()).collect::<Vec<_>>().join(", "),
                story.id
            ));
            report.line("");
            change.message.lines().for_each(|l| report.line(&format!("    {l}")));
        }
    }
}

/// The same as JSON.
pub fn change_as_json(story: &Story, change: Option<&Change>) -> serde_json::Value {
    let files: Vec<&String> = change.iter().flat_map(|c| c.files.keys()).collect();
    let message = change.map(|c| c.message.as_str());
    serde_json::json!({"id": story.id, "dry_run": true, "changed": change.is_some(), "message": message, "files": files})
}

pub fn approve(
    desk: &Desk,
    global: &Global,
    stories: &[String],
    if_text: Option<&str>,
    note: Option<&str>,
    report: &Report,
) -> Outcome {
    if if_text.is_some() && stories.len() > 1 {
        return Err(Failure::usage(
            "--if-text goes with one story",
            "a hash is of one text",
            "approve them one by one",
        ));
    }
    let errand = Errand {
        task: Task::Decide,
        deciding: true,
        done: "Approved",
        nothing: "You approved this text already",
    };
    each(stories, report, |typed| {
        let repo = desk.repo()?;
        let clerk = desk.clerk(&repo, Task::Decide)?;
        let story = desk.story(&repo, &names::resolve(desk, &repo, typed)?)?;
        review::not_own(desk, &repo, &story, &clerk)?;
        errand.run(desk, global, typed, report, |story, clerk| {
            review::approve(story, &desk.policy, clerk, note.unwrap_or_default(), if_text)
        })
    })
}

pub fn request_changes(desk: &Desk, global: &Global, story: &str, note: Option<String>, report: &Report) -> Outcome {
    let errand = Errand {
        task: Task::Decide,
        deciding: true,
        done: "Asked for changes",
        nothing: "You asked for that already",
    };
    let asked = (Purpose::Changes, "what you ask of the author");
    with_message(desk, global, &[story.to_owned()], note, asked, |note| {
        errand.run(desk, global, story, report, |story, clerk| {
            review::request_changes(story, &desk.policy, clerk, &note)
        })
    })
}

pub fn reject(
    desk: &Desk,
    global: &Global,
    stories: &[String],
    note: Option<String>,
    spam: bool,
    report: &Report,
) -> Outcome {
    let errand = Errand {
        task: Task::Decide,
        deciding: true,
        done: "Rejected",
        nothing: "It is rejected already",
    };
    let run = |note: String| {
        errand.run_all(desk, global, stories, report, |story, clerk| {
            review::reject(story, &desk.policy, clerk, &note, spam)
        })
    };
    let asked = (Purpose::Reject, "the reason for the author");
    match (note, spam) {
        (None, true) => run(String::new()),
        (note, _) => with_message(desk, global, stories, note, asked, run),
    }
}

pub fn reopen(desk: &Desk, global: &Global, stories: &[String], note: Option<&str>, report: &Report) -> Outcome {
    let errand = Errand {
        task: Task::Decide,
        deciding: true,
        done: "Reopened",
        nothing: "It is open already",
    };
    errand.run_all(desk, global, stories, report, |story, clerk| {
        review::reopen(story, &desk.policy, clerk, note.unwrap_or_default())
    })
}

pub fn note(desk: &Desk, global: &Global, story: &str, note: Option<String>, report: &Report) -> Outcome {
    let errand = Errand {
        task: Task::Note,
        deciding: false,
        done: "Noted",
        nothing: "That note is there already",
    };
    let asked = (Purpose::Note, "the note");
    with_message(desk, global, &[story.to_owned()], note, asked, |note| {
        errand.run(desk, global, story, report, |story, clerk| {
            review::note(story, clerk, &note)
        })
    })
}

pub fn assign(desk: &Desk, global: &Global, story: &str, to: Option<&str>, report: &Report) -> Outcome {
    let members = &desk.policy.members;
    if let Some(to) = to
        && !members.is_empty()
        && !members.iter().any(|m| m.name == to)
    {
        let names: Vec<&str> = members.iter().map(|m| m.name.as_str()).collect();
        return Err(Failure::usage(
            format!("there is no {to:?} in the team"),
            format!("the members are {}", names.join(", ")),
            "use a name as config.toml has it",
        ));
    }
    let errand = Errand {
        task: Task::Note,
        deciding: false,
        done: "Assigned",
        nothing: "It is so already",
    };
    errand.run(desk, global, story, report, |story, clerk| {
        review::assign(story, clerk, to)
    })
}
