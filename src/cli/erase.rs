//! `erase`: says first what goes and what cannot be reached, then, on a typed word, destroys.

use std::io::{BufRead as _, IsTerminal as _, Write as _};

use clap::Args;
use serde_json::{Value, json};

use crate::desk::erase::{self, Done, Elsewhere, Plan, Survey};
use crate::desk::held::{Held, Whose};
use crate::desk::sync::Synced;
use crate::desk::{Desk, StoryRepo, Trouble, names, typed};
use crate::story::StoryId;
use crate::story::policy::Task;

use super::global::Global;
use super::report::{Failure, Outcome, Report};

#[derive(Debug, Args)]
pub struct Erase {
    /// By id or the beginning of it, by author, or by path
    #[arg(value_name = "STORY")]
    stories: Vec<String>,
    /// Everything of the person with this address
    #[arg(long, value_name = "ADDRESS", conflicts_with = "stories")]
    person: Option<String>,
    /// Finish what was interrupted, and take out again what an old clone brought back
    #[arg(long, conflicts_with_all = ["stories", "person"])]
    finish: bool,
    /// Go on where a page cannot be taken off, and say where it stands
    #[arg(long)]
    leave_published: bool,
    /// Do not ask
    #[arg(long)]
    yes: bool,
}

pub fn erase(desk: &Desk, global: &Global, args: &Erase, report: &Report) -> Outcome {
    let mut repo = desk.repo()?;
    desk.clerk(&repo, Task::Erase)?;
    // what waits for the remote alone keeps nothing else waiting
    if let Some(plan) = erase::unfinished(desk)?.filter(|plan| !plan.is_rest()) {
        report.remark("An erasure was interrupted; it is finished first.");
        if !global.dry_run {
            let mut spool = desk.spool()?;
            let mut plan = plan;
            plan.leave_published(args.leave_published);
            let code = told(&erase::carry_out(desk, repo, &mut spool, &plan)?, report);
            if args.finish || code != 0 {
                return Ok(code);
            }
            repo = desk.repo()?;
        }
    }
    if args.finish {
        drop(repo);
        return finish(desk, global, args.yes, report);
    }
    if !global.dry_run {
        typed::forget_erased(desk, &repo)?;
    }
    let whose = match (&args.person, &args.stories[..]) {
        (Some(address), _) if !address.contains('@') => {
            return Err(Failure::usage(
                format!("{address:?} is no address"),
                "a person is known by an e-mail address here",
                "write it as it stands in `show`, or name the stories",
            ));
        }
        (Some(address), _) => Whose::Person(address.trim().to_owned()),
        (None, []) => {
            return Err(Failure::usage(
                "nothing is named",
                "`erase` takes stories, or a person",
                "erase STORY, or erase --person ADDRESS",
            ));
        }
        (None, typed) => match stories(desk, &repo, typed, report)? {
            ids if ids.is_empty() => return Ok(0),
            ids => Whose::Stories(ids),
        },
    };
    let survey = erase::survey(desk, &repo, &whose)?;
    if survey.held.is_empty() {
        let named = survey.held.named.join("; ");
        report.answer(
            "Nothing of theirs is here.",
            &json!({"changed": false, "stories": [], "named": survey.held.named}),
        );
        if !named.is_empty() {
            report.remark(&format!("They are named in what is another's: {named}"));
        }
        return Ok(0);
    }
    repo.can_erase().map_err(Trouble::from)?;
    if !report.json || global.dry_run {
        show(&survey, report);
    }
    if global.dry_run {
        return Ok(0);
    }
    if !args.yes {
        confirm(global, &word(&survey.held, &whose))?;
    }
    let mut spool = desk.spool()?;
    let again = erase::survey(desk, &repo, &whose)?;
    let ids = |held: &Held| held.stories.iter().map(|s| s.id.clone()).collect::<Vec<_>>();
    if ids(&again.held) != ids(&survey.held) {
        return Err(Failure::new(
            "erase.moved",
            6,
            "nothing was erased",
            "meanwhile there is more, or less, of it than you were shown",
            "look at it again",
        ));
    }
    let plan: Plan = erase::plan(desk, &repo, &again, &whose, args.leave_published)?;
    Ok(told(&erase::carry_out(desk, repo, &mut spool, &plan)?, report))
}

/// The stories that are named; one that was erased before is said, and no error.
fn stories(desk: &Desk, repo: &StoryRepo, typed: &[String], report: &Report) -> Result<Vec<StoryId>, Failure> {
    let erased = repo
        .erased(&repo.tip().map_err(Trouble::from)?)
        .map_err(Trouble::from)?;
    let mut ids = Vec::new();
    for typed in typed {
        match names::resolve(desk, repo, typed) {
            Ok(id) => ids.push(id),
            Err(Trouble::NoStory(_)) if typed.parse::<StoryId>().is_ok_and(|id| erased.has_story(&id)) => {
                report.answer(
                    &format!("It is erased already: {typed}"),
                    &json!({"changed": false, "stories": []}),
                );
            }
            Err(trouble) => return Err(trouble.into()),
        }
    }
    ids.sort();
    ids.dedup();
    Ok(ids)
}

fn finish(desk: &Desk, global: &Global, yes: bool, report: &Report) -> Outcome {
    let spool = desk.spool()?;
    let erased = |repo: &StoryRepo| repo.tip().and_then(|tip| repo.erased(&tip)).map_err(Trouble::from);
    let known = erased(&desk.repo()?)?;
    if known.is_empty() && !global.dry_run {
        report.answer("Nothing was erased here.", &json!({"changed": false, "stories": []}));
        return Ok(0);
    }
    let back = erase::stands(desk, &known)?;
    drop(spool);
    if global.dry_run {
        // what is there is not known then
        if let Err(trouble) = back.there {
            return Err(trouble.into());
        }
        report.answer(
            &format!("Would take {} out again", stories_in_words(back.stories.len())),
            &json!({"dry_run": true, "stories": back.stories}),
        );
        return Ok(0);
    }
    if !back.stories.is_empty() && !yes {
        report.remark("record.jsonl says of these that they are erased (git log -p record.jsonl: who wrote it). They go for good, here and on the remote:");
        for id in &back.stories {
            report.remark(&format!("  {id}"));
        }
        confirm(global, "erase")?;
    }
    let mut spool = desk.spool()?;
    if erase::unfinished(desk)?.is_some_and(|plan| !plan.is_rest()) {
        return Err(Failure::new(
            "erase.begun",
            75,
            "another erasure was begun meanwhile, and interrupted",
            "it is finished first",
            "repeat `erase --finish`",
        ));
    }
    let repo = desk.repo()?;
    let erased = erased(&repo)?;
    let erase::Finished {
        obeyed,
        pushed,
        elsewhere,
    } = erase::finish(desk, repo, &mut spool, &erased, back)?;
    let erase::Obeyed {
        erasure,
        standing,
        typed,
    } = obeyed;
    for (place, not) in &standing {
        report.caution(&format!(
            "a page still stands, {place}: {}; take it off there by hand",
            not.why
        ));
    }
    if let Some(Ok(synced)) = &pushed
        && synced.taken_out
    {
        report.remark(&super::sync::taken_out(&synced.remote));
    }
    let objects = erasure.pruned.objects;
    let changed = !erasure.told.stories.is_empty() || objects > 0 || typed > 0;
    report.answer(
        &match changed {
            true => format!(
                "Taken out again: {}; {objects} objects removed",
                stories_in_words(erasure.told.stories.len())
            ),
            false => "Nothing of what was erased is here.".to_owned(),
        },
        &json!({
            "changed": changed,
            "stories": erasure.told.stories,
            "objects_removed": objects,
            "other_refs": elsewhere.refs,
        }),
    );
    let remote = &desk.config.repository.remote;
    let code = worse(
        at_the_remote(pushed.as_ref(), remote, report),
        beside(&elsewhere, remote, report),
    );
    Ok(if standing.is_empty() { code } else { 7 })
}

/// Tells what the remote has to do with it; the exit code that comes of that.
fn at_the_remote(pushed: Option<&Result<Synced, Trouble>>, remote: &str, report: &Report) -> u8 {
    match pushed {
        None => 0,
        Some(Ok(synced)) => {
            synced.cautions.iter().for_each(|c| report.caution(&c.to_string()));
            synced.told.iter().for_each(|told| super::sync::told(report, told));
            if synced.told.is_empty() { 0 } else { 6 }
        }
        Some(Err(trouble)) => {
            let why = match trouble.why() {
                why if why.is_empty() => trouble.to_string(),
                why => format!("{trouble}: {why}"),
            };
            report.failure(&Failure::new(
                &trouble.code(),
                trouble.exit(),
                format!("it is gone here, and {remote} may have it still"),
                why,
                format!("`sync`, `cron` and `erase --finish` try again; {}", trouble.hint()),
            ));
            trouble.exit()
        }
    }
}

/// Tells where the remote has it beside what is synced; the exit code that comes of that.
pub fn beside(elsewhere: &Elsewhere, remote: &str, report: &Report) -> u8 {
    if let Some(trouble) = &elsewhere.unseen {
        report.failure(&Failure::new(
            &trouble.code(),
            trouble.exit(),
            format!("whether another branch or a tag of {remote} has what was erased is not known"),
            match trouble.why() {
                why if why.is_empty() => trouble.to_string(),
                why => format!("{trouble}: {why}"),
            },
            format!("`erase --finish` looks again; `git ls-remote {remote}` names them"),
        ));
        return trouble.exit();
    }
    let Some((first, more)) = elsewhere.refs.split_first() else {
        return 0;
    };
    const NAMED: usize = 10;
    let mut named = elsewhere.refs[..elsewhere.refs.len().min(NAMED)].join(", ");
    if elsewhere.refs.len() > NAMED {
        named.push_str(&format!(" and {} more", more.len() + 1 - NAMED));
    }
    report.failure(&Failure::new(
        "erase.other_refs",
        7,
        format!("{remote} has what was erased still: {named}"),
        "these were made of the old history, and nothing is changed there but the branch and the private parts that are synced",
        format!(
            "delete each there (`git push {remote} --delete {first}`), or ask its host where it lets nobody; then `erase --finish` looks again"
        ),
    ));
    7
}

/// The first that is not 0.
fn worse(code: u8, other: u8) -> u8 {
    if code == 0 { other } else { code }
}

fn stories_in_words(many: usize) -> String {
    count(many, "story", "stories")
}

fn count(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

/// What is typed to go on: nobody types that by mistake.
fn word(held: &Held, whose: &Whose) -> String {
    match (whose, &held.stories[..]) {
        (Whose::Person(address), _) => address.clone(),
        (_, [one]) => one.id.digits().to_owned(),
        (_, many) => format!("{} stories", many.len()),
    }
}

fn confirm(global: &Global, word: &str) -> Result<(), Failure> {
    let refused = |why: &str| {
        Failure::usage(
            "nothing was erased",
            why,
            "say --yes, or type the word that is asked for",
        )
    };
    if global.no_input || !std::io::stdin().is_terminal() {
        return Err(refused("what is erased is gone, and there is no terminal to ask at"));
    }
    let _ = write!(
        std::io::stderr(),
        "This cannot be undone. Type {} to go on: ",
        super::report::visible(word)
    );
    let mut answer = String::new();
    let read = std::io::stdin().lock().read_line(&mut answer);
    read.map_err(|e| Failure::new("input", 1, "the answer could not be read", e, "say --yes"))?;
    match answer.trim() == word {
        true => Ok(()),
        false => Err(refused("something else was typed")),
    }
}

fn show(survey: &Survey, report: &Report) {
    let held = &survey.held;
    if report.json {
        report.object(&as_json(survey));
        return;
    }
    report.line("This would be destroyed, for good:");
    let row = |what: &str, words: String| report.line(&format!("    {what:<14} {words}"));
    for story in &held.stories {
        report.line("");
        report.line(&format!("  {}", story.title));
        row("story", format!("{} ({})", story.id, names(story.files.keys())));
        if !story.private.is_empty() {
            row("private part", names(story.private.keys()));
        }
        for (_, target, place) in survey.pages.iter().filter(|(id, ..)| *id == story.id) {
            let off = match survey.by_hand.contains(target) {
                true => "stands until a person deletes it there",
                false => "taken off",
            };
            row(target, format!("{place}, {off}"));
        }
    }
    report.line("");
    let told = &survey.told;
    if !held.stories.is_empty() {
        row(
            "history",
            format!(
                "{} left out, {} made again under new ids",
                count(told.left_out, "commit", "commits"),
                told.made_again
            ),
        );
    }
    for (n, what, one, many) in [
        (held.quarantine.len(), "quarantine", "mail", "mails"),
        (
            held.incoming.len(),
            "incoming",
            "mail not yet read",
            "mails not yet read",
        ),
        (held.waiting.len(), "letters", "letter waiting", "letters waiting"),
        (
            held.sent.len(),
            "letters",
            "file of a letter that left",
            "files of letters that left",
        ),
        (
            held.typed,
            "kept words",
            "text that was not taken",
            "texts that were not taken",
        ),
        (held.previews, "previews", "page", "pages"),
    ] {
        if n > 0 {
            row(what, count(n, one, many));
        }
    }
    row(
        "caches, logs",
        "lists, thread index, git's reflogs and last messages".to_owned(),
    );
    report.line("");
    report.line("This cannot be reached from here:");
    report.line("");
    for (place, what) in &survey.beyond {
        report.line(&format!("    {place}: {what}"));
    }
    report.line("");
}

fn names<'a>(names: impl Iterator<Item = &'a String>) -> String {
    names.map(String::as_str).collect::<Vec<_>>().join(", ")
}

fn as_json(survey: &Survey) -> Value {
    let held = &survey.held;
    let page = |(id, target, place): &(StoryId, String, String)| json!({"story": id, "target": target, "place": place});
    json!({
        "dry_run": true,
        "stories": held.stories.iter().map(|story| json!({
            "id": story.id,
            "title": story.title,
            "files": story.files.keys().collect::<Vec<_>>(),
            "private": story.private.keys().collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
        "pages": survey.pages.iter().map(page).collect::<Vec<_>>(),
        "commits": {"left_out": survey.told.left_out, "made_again": survey.told.made_again},
        "quarantine": held.quarantine.iter().map(|(id, _)| id).collect::<Vec<_>>(),
        "incoming": held.incoming.len(),
        "letters": {"waiting": held.waiting, "files": held.sent},
        "typed": held.typed,
        "previews": held.previews,
        "named": held.named,
        "remote": survey.remote.as_ref().map(|r| json!({"name": r.name, "url": r.url})),
        "beyond": survey.beyond.iter().map(|(place, what)| json!({"place": place, "what": what})).collect::<Vec<_>>(),
    })
}

/// What was done; its exit code.
fn told(done: &Done, report: &Report) -> u8 {
    done.erasure
        .cautions
        .iter()
        .for_each(|c| report.caution(&c.to_string()));
    for id in &done.claimed {
        report.caution(&format!(
            "record.jsonl says that {id} is erased, and it stands: it is left as it is; `git log -p record.jsonl` says who wrote it, and \
             `erase --finish` takes it out if it was meant"
        ));
    }
    let code = if done.standing.is_empty() { 0 } else { 7 };
    let pushed = done.pushed.as_ref().map(Result::is_ok);
    if report.json {
        report.object(&json!({
            "changed": true,
            "done": !done.stopped && pushed != Some(false) && done.elsewhere.is_nowhere(),
            "stories": done.stories,
            "pages": done.pages.iter().map(|(place, stays)| json!({"place": place, "stays": stays})).collect::<Vec<_>>(),
            "standing": done.standing.iter().map(|(place, not)| json!({"place": place, "why": not.why})).collect::<Vec<_>>(),
            "quarantine": done.quarantine,
            "incoming": done.incoming,
            "letters": {"waiting": done.letters, "files": done.files},
            "typed": done.typed,
            "commits": {"left_out": done.erasure.told.left_out, "made_again": done.erasure.told.made_again},
            "refs_dropped": done.erasure.dropped,
            "objects_removed": done.erasure.pruned.objects,
            "left": done.left.iter().map(|hit| json!({"place": hit.place, "what": hit.what})).collect::<Vec<_>>(),
            "pushed": pushed,
            "other_refs": done.elsewhere.refs,
        }));
    }
    for (place, not) in &done.standing {
        report.failure(&Failure::new(
            "target",
            7,
            format!("a page still stands, {place}"),
            &not.why,
            match done.stopped {
                true => "nothing else is erased yet: `erase --finish` tries again, `erase --finish --leave-published` goes on without",
                false => "take it off there by hand",
            },
        ));
    }
    if !report.json && !done.stopped {
        tell(done, report);
    }
    let remote = done.remote.as_ref().map_or("", |remote| remote.name.as_str());
    let code = worse(code, at_the_remote(done.pushed.as_ref(), remote, report));
    worse(code, beside(&done.elsewhere, remote, report))
}

/// What was done, in words.
fn tell(done: &Done, report: &Report) {
    for (place, stays) in &done.pages {
        report.line(&format!("Taken off {place}"));
        if let Some(stays) = stays {
            report.line(&format!("  what stays: {stays}"));
        }
    }
    let mut gone = Vec::new();
    for (n, one, many) in [
        (done.stories.len(), "story", "stories"),
        (done.quarantine + done.incoming, "mail", "mails"),
        (done.letters + done.files, "letter", "letters"),
    ] {
        if n > 0 {
            gone.push(count(n, one, many));
        }
    }
    let erasure = &done.erasure;
    report.line(&format!(
        "Erased: {}; {} left out of the history, {} made again, {} removed",
        gone.join(", "),
        count(erasure.told.left_out, "commit", "commits"),
        erasure.told.made_again,
        count(erasure.pruned.objects, "object", "objects"),
    ));
    for name in &erasure.dropped {
        report.line(&format!("  {name} had it, and was removed"));
    }
    if !done.left.is_empty() {
        report.line("Words of theirs still stand in what is not theirs:");
        for hit in &done.left {
            report.line(&format!("  {}: {}", hit.place, hit.what));
        }
    }
    if matches!(done.pushed, Some(Ok(_))) && done.elsewhere.is_nowhere() {
        report.line(
            "The remote has the new history; its host may keep the old commits until it is asked to remove them.",
        );
    }
}
