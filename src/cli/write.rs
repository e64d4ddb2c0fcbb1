//! `write`.

use clap::Args;

use crate::desk::letters::{self, ask};
use crate::desk::names;
use crate::desk::typed::Purpose;
use crate::desk::{Desk, Trouble};
use crate::story::policy::Task;

use super::asking::with_message;
use super::decide::show_change;
use super::global::Global;
use super::report::{Outcome, Report};
use super::tell;

#[derive(Debug, Args)]
pub struct Write {
    /// Its id or the beginning of it, its author, or a path
    pub story: String,
    /// What you ask or tell the author
    #[arg(short, long, value_name = "TEXT")]
    pub message: Option<String>,
    /// Ask for permission to publish, in the template's words
    #[arg(long)]
    pub consent: bool,
}

pub fn write(desk: &Desk, global: &Global, args: &Write, report: &Report) -> Outcome {
    let asked = (Purpose::Write, "what you write to the author");
    let stories = std::slice::from_ref(&args.story);
    match (&args.message, args.consent) {
        (None, true) => send(desk, global, args, "", report),
        (given, _) => with_message(desk, global, stories, given.clone(), asked, |note| {
            send(desk, global, args, &note, report)
        }),
    }
}

fn send(desk: &Desk, global: &Global, args: &Write, note: &str, report: &Report) -> Outcome {
    let repo = desk.repo()?;
    let clerk = desk.clerk(&repo, Task::Note)?;
    let id = names::resolve(desk, &repo, &args.story)?;
    if global.dry_run {
        let story = desk.story(&repo, &id)?;
        let change = ask(&story, &clerk, note, args.consent).map_err(Trouble::from)?;
        show_change(report, &story, change.as_ref());
        return Ok(0);
    }
    let _lock = desk.spool()?;
    let taken = desk.step(&repo, &id, false, |story| ask(story, &clerk, note, args.consent))?;
    let nothing = "You asked that already, and the letter has not left";
    if let Some(why) = letters::unreachable(&repo, &id)? {
        report.caution(&format!("it cannot leave yet: {why}"));
    }
    tell(report, "Due, a letter about", nothing, &taken, desk);
    Ok(0)
}
