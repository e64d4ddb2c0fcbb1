//! `publish`: now, at a time, or what is due.

use std::time::Duration;

use clap::Args;
use serde_json::json;

use crate::desk::names;
use crate::desk::publish::{self as publishing, here, rules};
use crate::desk::queue::{self, Queue};
use crate::desk::{Desk, Trouble, schedule};
use crate::story::StoryId;
use crate::story::letter::wrote_again;
use crate::story::policy::Task;
use crate::story::state::State;

use super::decide::{Errand, each};
use super::global::Global;
use super::report::{Failure, Outcome, Report};

#[derive(Debug, Args)]
pub struct Publish {
    /// Which; none: all that are approved
    #[arg(value_name = "STORY")]
    pub stories: Vec<String>,
    /// An approved correction of a published story; or its page, where a folder of this desk lacks it
    #[arg(long)]
    pub update: bool,
    /// At this time, on the team's clock: `2026-12-24 09:00`, `tomorrow 09:00`, `18:00`
    #[arg(long, value_name = "TIME", requires = "stories", conflicts_with_all = ["update", "unschedule", "due"])]
    pub at: Option<String>,
    /// Take the time back
    #[arg(long, requires = "stories", conflicts_with_all = ["update", "due"])]
    pub unschedule: bool,
    /// Those whose time has come, for cron
    #[arg(long, conflicts_with_all = ["update", "stories"])]
    pub due: bool,
    /// Wait until its addresses answer, at most so long [default: 300]
    #[arg(
        long, value_name = "SECONDS", num_args = 0..=1, require_equals = true, default_missing_value = "300",
        conflicts_with_all = ["due", "at", "unschedule", "arrived"]
    )]
    pub wait_live: Option<u64>,
    /// A post whose arrival was not known is there, at this address
    #[arg(
        long, value_name = "TARGET[=ADDRESS]", requires = "stories",
        conflicts_with_all = ["update", "due", "at", "unschedule", "not_arrived"]
    )]
    pub arrived: Option<String>,
    /// It is not there: send it again
    #[arg(long, value_name = "TARGET", requires = "stories", conflicts_with_all = ["update", "due", "at", "unschedule"])]
    pub not_arrived: Option<String>,
}

pub fn publish(desk: &Desk, global: &Global, args: &Publish, report: &Report) -> Outcome {
    match &args.at {
        Some(at) => schedule(desk, global, &args.stories, at, report),
        None if args.unschedule => unschedule(desk, global, &args.stories, report),
        None if args.due => due(desk, global, report),
        None if args.arrived.is_some() => arrived(desk, global, args, report),
        None => now(desk, global, args, report),
    }
}

fn now(desk: &Desk, global: &Global, args: &Publish, report: &Report) -> Outcome {
    let repo = desk.repo()?;
    let queue = Queue::read(desk, &repo)?;
    let stories: Vec<StoryId> = if args.stories.is_empty() {
        let found = here::look(desk, &repo, true)?;
        let targets = desk.config.targets.iter().filter(|_| !args.update);
        for [what, why, hint] in targets.filter_map(|target| found.lacking_in_words(&target.name)) {
            report.caution(&format!("{what}: {why}\n  {hint}"));
        }
        let ready =
            |s: &queue::Summary| s.is_ready(&desk.policy) || (s.state == State::Published && !s.pending.is_empty());
        queue
            .iter()
            .filter(|(id, s)| ready(s) || args.update && found.lacking.iter().any(|a| a.story == **id))
            .map(|(id, _)| id.clone())
            .collect()
    } else {
        let found: Result<Vec<_>, Trouble> = args.stories.iter().map(|s| names::resolve(desk, &repo, s)).collect();
        found?
    };
    if stories.is_empty() {
        if report.json {
            report.object(&json!([]));
        } else {
            nothing_is_ready(desk, &queue, report);
        }
        return Ok(0);
    }
    let clerk = desk.clerk(&repo, Task::Publish)?;
    let names: Vec<String> = stories.iter().map(ToString::to_string).collect();
    let mut answers = Vec::new();
    if global.dry_run {
        let code = each(&names, report, |name| {
            let story = desk.story(&repo, &names::resolve(desk, &repo, name)?)?;
            let targets = rules::targets(desk, &story);
            let would = publishing::rehearse(desk, &repo, &story, &clerk, args.update)?;
            if report.json {
                answers.push(json!({"id": story.id, "title": story.title(), "dry_run": true, "changed": would, "targets": targets}));
            } else if would {
                report.line(&format!("Would publish {} to {}", story.title(), targets.join(", ")));
            } else {
                report.line(&format!("It is published already: {}", story.title()));
            }
            Ok(0)
        });
        if report.json {
            report.object(&answers);
        }
        return code;
    }
    let _lock = desk.spool()?;
    if let Some(target) = &args.not_arrived {
        for id in &stories {
            settled(publishing::settle(desk, &repo, id, target, None, &clerk)?, target)?;
        }
    }
    let mut slugs = publishing::slugs(desk, &repo)?;
    let (mut pending, mut silent) = (false, false);
    let code = each(&names, report, |name| {
        let id: StoryId = name.parse().map_err(|_| Trouble::NoStory(name.to_owned()))?;
        let taken = |slug: &str| slugs.get(slug).is_some_and(|owner| *owner != id);
        let story = desk.story(&repo, &id)?;
        if wrote_again(&story.record.events) {
            report.caution(&format!(
                "the author of {} wrote again, and nobody has looked at it: `show {}`",
                story.title(),
                id.folder()
            ));
        }
        let done = publishing::publish(desk, &repo, &id, args.update, &taken)?;
        if let Some(p) = desk.story(&repo, &id)?.life.publication {
            slugs.insert(p.slug, id.clone());
        }
        pending |= !done.is_whole();
        if report.json {
            answers.push(as_json(&done));
        } else {
            tell(report, &done);
        }
        if let Some(seconds) = args.wait_live {
            let story = desk.story(&repo, &id)?;
            for page in publishing::wait_live(desk, &story, &done, Duration::from_secs(seconds)) {
                silent = true;
                let (url, why) = (&page.url, &page.why);
                report.caution(&match page.asked {
                    true => format!(
                        "{url} does not answer yet: {why}\n  build and upload the site; `publish {} --wait-live` waits again",
                        id.folder()
                    ),
                    false => format!("{url} was not asked: {why}\n  look there yourself"),
                });
            }
        }
        Ok(0)
    });
    if report.json {
        report.object(&answers);
    }
    match code {
        Ok(0) if silent && !pending => Ok(75),
        Ok(0) if pending => Ok(7),
        other => other,
    }
}

/// `--arrived TARGET=ADDRESS`: the receipt that was missing.
fn arrived(desk: &Desk, global: &Global, args: &Publish, report: &Report) -> Outcome {
    let given = args.arrived.as_deref().unwrap_or_default();
    let (target, place) = given.split_once('=').unwrap_or((given, given));
    let place = place.trim();
    if place.is_empty() || place.len() > 2000 || place.chars().any(char::is_control) {
        return Err(Failure::usage(
            format!("{given:?} names no place"),
            "the address of the post is asked for",
            "write it like --arrived blog=https://blog.example.org/2010/12/marion.html",
        ));
    }
    let repo = desk.repo()?;
    let clerk = desk.clerk(&repo, Task::Publish)?;
    let _lock = (!global.dry_run).then(|| desk.spool()).transpose()?;
    let mut answers = Vec::new();
    let code = each(&args.stories, report, |name| {
        let id = names::resolve(desk, &repo, name)?;
        let story = desk.story(&repo, &id)?;
        let waits = story.life.posts.get(target).is_some_and(|post| !post.certain);
        match global.dry_run {
            true => settled(waits, target)?,
            false => settled(
                publishing::settle(desk, &repo, &id, target, Some(place), &clerk)?,
                target,
            )?,
        }
        if report.json {
            let receipt = json!({"target": target, "done": true, "place": place});
            answers.push(json!({"id": id, "title": story.title(), "receipts": [receipt]}));
        } else {
            report.line(&format!("Recorded: {}\n  {target}: {place}", story.title()));
        }
        Ok(0)
    });
    if report.json {
        report.object(&answers);
    }
    code
}

fn settled(changed: bool, target: &str) -> Result<(), Failure> {
    if changed {
        return Ok(());
    }
    Err(Failure::usage(
        format!("there is no post on {target:?} of which it is not known whether it arrived"),
        "only such a post can be settled",
        "`show STORY` lists the targets and what became of them",
    ))
}

fn nothing_is_ready(desk: &Desk, queue: &Queue, report: &Report) {
    report.line("Nothing is ready to publish.");
    let corrected = |s: &queue::Summary| s.correction && s.approvals as usize >= desk.policy.approvals;
    for (id, s) in queue.iter().filter(|(_, s)| corrected(s)) {
        report.remark(&format!(
            "The correction of {} is approved: `publish {} --update` puts it out.",
            s.title,
            id.folder()
        ));
    }
    let waiting = queue.iter().filter(|(_, s)| s.state == State::Approved).count();
    if waiting > 0 {
        report.remark(&format!(
            "Approved, without their author's yes: {waiting}. When they said it: `consent STORY --grant --evidence \"how you know\"`."
        ));
    }
}

pub fn as_json(done: &publishing::Published) -> serde_json::Value {
    let put = |p: &publishing::Put| match &p.result {
        Ok(place) => json!({"target": p.target, "done": true, "place": place}),
        Err(not) => {
            json!({"target": p.target, "done": false, "unknown": not.unknown, "error": not.why, "hint": not.hint})
        }
    };
    let puts: Vec<_> = done.puts.iter().map(put).collect();
    let mut object = json!({"id": done.story, "title": done.title, "receipts": puts});
    if !done.kept.is_empty() {
        object["kept"] = json!(done.kept);
    }
    if !done.lacking.is_empty() {
        object["lacking"] = json!(done.lacking);
    }
    object
}

pub fn tell(report: &Report, done: &publishing::Published) {
    if done.puts.is_empty() {
        report.line(&format!("It is published already: {}", done.title));
    }
    for put in &done.puts {
        match &put.result {
            Ok(place) => report.line(&format!("Published: {}\n  {}: {place}", done.title, put.target)),
            Err(_) => report.caution(&not_put(done, put)),
        }
    }
    for target in &done.lacking {
        report.caution(&format!(
            "the folder of {target} at this desk has no page of it, though the record says so: another desk put it into a folder of \
             its own, or it was deleted here\n  `publish {} --update` puts it there",
            done.story.folder()
        ));
    }
    for target in &done.kept {
        report.caution(&format!(
            "{target} keeps the text it has: a post there cannot be changed from here; change it by hand"
        ));
    }
}

/// Why a target has no page, and what to do.
fn not_put(done: &publishing::Published, put: &publishing::Put) -> String {
    match &put.result {
        Ok(_) => String::new(),
        Err(not) => format!("{} is not on {}: {}\n  {}", done.title, put.target, not.why, not.hint),
    }
}

fn schedule(desk: &Desk, global: &Global, stories: &[String], at: &str, report: &Report) -> Outcome {
    let zone = &desk.config.team.timezone;
    let meant = schedule::time(at, zone, desk.now).map_err(|why| {
        Failure::usage(
            format!("{at:?} is no time to publish at"),
            &why,
            match why {
                schedule::BadTime::Past(_) => "name a later time; `publish STORY` publishes it now",
                _ => "write it like \"2026-12-24 09:00\", \"tomorrow 09:00\" or \"18:00\"",
            },
        )
    })?;
    if desk.config.targets.is_empty() {
        return Err(Trouble::NoTarget.into());
    }
    if let Some(remark) = &meant.remark {
        report.caution(remark);
    }
    let done = format!("Scheduled for {}", desk.moment(meant.at));
    let repo = desk.repo()?;
    let errand = Errand {
        task: Task::Publish,
        deciding: true,
        done: &done,
        nothing: "It is scheduled for that time already",
    };
    let code = errand.run_all(desk, global, stories, report, |story, clerk| {
        schedule::schedule(desk, &repo, story, clerk, meant.at)
    })?;
    if code == 0 && !global.dry_run {
        report.remark("It goes out by the first `cron` or `publish --due` after that.");
    }
    Ok(code)
}

fn unschedule(desk: &Desk, global: &Global, stories: &[String], report: &Report) -> Outcome {
    let errand = Errand {
        task: Task::Publish,
        deciding: true,
        done: "No longer scheduled",
        nothing: "It is not scheduled",
    };
    errand.run_all(desk, global, stories, report, |story, clerk| {
        schedule::unschedule(story, clerk)
    })
}

/// How many stories of `publish --due` came to what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct DueCount {
    pub due: u64,
    pub published: u64,
    /// Not on every target.
    pub pending: u64,
    pub refused: u64,
}

fn due(desk: &Desk, global: &Global, report: &Report) -> Outcome {
    let repo = desk.repo()?;
    let mut count = DueCount::default();
    let mut first = 0;
    if global.dry_run {
        count.due = rehearse_due(desk, &repo, report, &mut |failure| {
            report.failure(&failure);
            first = if first == 0 { failure.exit } else { first };
        })?;
    } else {
        let _lock = desk.spool()?;
        for (id, result) in publishing::publish_due(desk, &repo)? {
            count.due += 1;
            let exit = match result {
                Ok(done) => {
                    count.take(&done);
                    if report.json {
                        report.object(&as_json(&done));
                    } else if !report.quiet || !done.is_whole() {
                        tell(report, &done);
                    }
                    if done.is_whole() { 0 } else { 7 }
                }
                Err(trouble) => {
                    count.refused += 1;
                    let failure = refused(&id, trouble, report);
                    report.failure(&failure);
                    failure.exit
                }
            };
            first = if first == 0 { exit } else { first };
        }
    }
    if report.json {
        report.object(&json!({"summary": count}));
    } else if count.due == 0 && !report.quiet {
        report.line("Nothing is due.");
    }
    Ok(first)
}

impl DueCount {
    pub fn take(&mut self, done: &publishing::Published) {
        match done.is_whole() {
            true => self.published += 1,
            false => self.pending += 1,
        }
    }
}

/// A due story that was not published: with `--json` also a line of the answer.
pub fn refused(id: &StoryId, trouble: Trouble, report: &Report) -> Failure {
    let mut failure = Failure::from(trouble);
    if report.json {
        report.object(&json!({"id": id, "receipts": [], "error": {"code": failure.code, "message": failure.what}}));
    }
    if !failure.what.contains(id.as_str()) && failure.hint.contains("STORY") {
        failure.hint = failure.hint.replace("STORY", id.folder());
    }
    failure
}

/// What `publish --due` would do; how many are due.
pub fn rehearse_due(
    desk: &Desk,
    repo: &crate::desk::StoryRepo,
    report: &Report,
    fail: &mut dyn FnMut(Failure),
) -> Result<u64, Failure> {
    let targets: Vec<&str> = desk.config.targets.iter().map(|t| t.name.as_str()).collect();
    let due = queue::due(desk, repo)?;
    for (id, _) in &due {
        let story = desk.story(repo, id)?;
        match publishing::rehearse(desk, repo, &story, &desk.robot(), false) {
            Ok(would) if report.json => {
                report.object(
                    &json!({"id": id, "title": story.title(), "dry_run": true, "changed": would, "targets": targets}),
                );
            }
            Ok(true) => report.line(&format!("Would publish {} to {}", story.title(), targets.join(", "))),
            Ok(false) => {}
            Err(trouble) => fail(refused(id, trouble, report)),
        }
    }
    Ok(due.len() as u64)
}
