//! `split` and `join`.

use std::io::IsTerminal;

use clap::Args;
use serde_json::json;

use crate::desk::pieces::{self, Part};
use crate::desk::{Desk, Trouble, names};
use crate::story::page::INDEX;
use crate::story::pieces::{marked, suggested, unmarked};
use crate::story::policy::Task;
use crate::story::step::Story;

use super::editor::in_editor;
use super::global::Global;
use super::report::{Failure, Outcome, Report};

#[derive(Debug, Args)]
pub struct Split {
    /// Its id or the beginning of it, its author, or a path
    story: String,
    /// A new story begins at this line of index.md; once for each [default: your editor opens, with marks where they seem to begin]
    #[arg(long, value_name = "LINE", value_parser = line_number)]
    at: Vec<u32>,
}

fn line_number(typed: &str) -> Result<u32, String> {
    let wanted = "the number of a line of index.md is expected; `split STORY -n` shows where stories seem to begin";
    typed.parse().map_err(|_| wanted.to_owned())
}

#[derive(Debug, Args)]
pub struct Join {
    /// The story that stays: its id or the beginning of it, its author, or a path
    story: String,
    /// The story whose words come below, and which closes
    other: String,
}

pub fn split(desk: &Desk, global: &Global, args: &Split, report: &Report) -> Outcome {
    let repo = desk.repo()?;
    let clerk = desk.clerk(&repo, Task::Edit)?;
    let id = names::resolve(desk, &repo, &args.story)?;
    let story = desk.story(&repo, &id)?;
    let at = places(global, args, &story)?;
    if at.is_empty() {
        let object = json!({"id": id, "changed": false, "parts": []});
        report.answer(
            &format!("No second story seems to begin in it: {}", story.title()),
            &object,
        );
        return Ok(0);
    }
    let private = repo.private(&id).map_err(Trouble::from)?;
    if global.dry_run {
        pieces::plan_split(desk, &story, private.as_ref(), &clerk, &at).map_err(Trouble::from)?;
        tell(
            report,
            "Would split",
            &story,
            &pieces::parts(&story, &at).map_err(Trouble::from)?,
            false,
        );
        return Ok(0);
    }
    let _lock = desk.spool()?;
    let parts = pieces::split(desk, &repo, &id, &clerk, &at, story.text)?;
    tell(report, "Split", &story, &parts, true);
    Ok(0)
}

/// Where to cut: as it was said, as a person marks it, or, rehearsed, as it seems.
fn places(global: &Global, args: &Split, story: &Story) -> Result<Vec<u32>, Failure> {
    if !args.at.is_empty() {
        return Ok(args.at.clone());
    }
    let index = String::from_utf8_lossy(&story.files[INDEX]).into_owned();
    let body = story.page.body();
    let seem = suggested(&index, body);
    if global.dry_run {
        return Ok(seem);
    }
    if global.no_input || !std::io::stdin().is_terminal() {
        let flags: Vec<String> = seem.iter().map(|line| format!("--at {line}")).collect();
        let hint = match flags.is_empty() {
            true => "name the lines of index.md at which a new story begins: --at LINE".to_owned(),
            false => format!(
                "stories seem to begin there: `split {} {}`",
                story.id.folder(),
                flags.join(" ")
            ),
        };
        return Err(Failure::usage(
            "where to split it is not said",
            "there is no terminal to ask at",
            hint,
        ));
    }
    let text = in_editor(marked(body, &index, &seem).as_bytes(), ".md")?;
    unmarked(&String::from_utf8_lossy(&text), body, &index).map_err(|why| {
        Failure::usage(
            "it was not split",
            why,
            "put the marks in and leave the words; `edit` changes words",
        )
    })
}

fn tell(report: &Report, done: &str, story: &Story, parts: &[Part], changed: bool) {
    if report.json {
        let part = |p: &Part| json!({"id": p.id, "author": p.author, "lines": [p.piece.lines.start(), p.piece.lines.end()], "text": p.piece.body});
        let parts: Vec<_> = parts.iter().map(part).collect();
        report.object(&json!({"id": story.id, "changed": changed, "parts": parts}));
        return;
    }
    report.line(&format!("{done}: {}", story.title()));
    for part in parts {
        let lines = format!("lines {} to {}", part.piece.lines.start(), part.piece.lines.end());
        let words = part.piece.body.split_whitespace().count();
        report.line(&format!("  {lines:<18} {}  {} ({words} words)", part.id, part.author));
    }
}

pub fn join(desk: &Desk, global: &Global, args: &Join, report: &Report) -> Outcome {
    let repo = desk.repo()?;
    let clerk = desk.clerk(&repo, Task::Edit)?;
    let id = names::resolve(desk, &repo, &args.story)?;
    let other = names::resolve(desk, &repo, &args.other)?;
    let before = desk.story(&repo, &id)?;
    let theirs = desk.story(&repo, &other)?;
    let changed = if global.dry_run {
        let planned = pieces::plan_join(desk, &before, &theirs, &clerk).map_err(Trouble::from)?;
        !planned.is_empty()
    } else {
        let _lock = desk.spool()?;
        pieces::join(desk, &repo, &id, &other, &clerk)?
    };
    let story = desk.story(&repo, &id)?;
    if report.json {
        report.object(&json!({
            "id": id, "state": story.state(&desk.policy), "title": story.title(), "text_hash": story.text, "changed": changed && !global.dry_run,
            "closed": other, "consent": story.life.consent.is_some(),
        }));
        return Ok(0);
    }
    let done = match (changed, global.dry_run) {
        (false, _) => "They are joined already",
        (true, true) => "Would join",
        (true, false) => "Joined",
    };
    report.line(&format!(
        "{done}: {} with the words of {}",
        story.title(),
        theirs.title()
    ));
    if changed && !global.dry_run {
        let (ours, their) = (story.front().author, theirs.front().author);
        if ours != their {
            report.remark(&format!(
                "{their} is not named yet: `edit {} --author ...`. Letters go to {ours}; `write {}` writes to {their}.",
                id.folder(),
                other.folder()
            ));
        }
        if before.life.consent.is_some() && story.life.consent.is_none() {
            report.remark("The permission to publish no longer holds: not both have given it.");
        }
    }
    Ok(0)
}
