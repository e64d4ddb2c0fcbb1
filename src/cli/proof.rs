//! `proof`.

use crate::desk::letters::{self, show_proof};
use crate::desk::names;
use crate::desk::{Desk, Trouble};
use crate::story::event::LetterKind;
use crate::story::policy::Task;

use super::decide::show_change;
use super::global::Global;
use super::report::{Outcome, Report};
use super::tell;

pub fn proof(desk: &Desk, global: &Global, story: &str, report: &Report) -> Outcome {
    let repo = desk.repo()?;
    let clerk = desk.clerk(&repo, Task::Edit)?;
    let id = names::resolve(desk, &repo, story)?;
    if global.dry_run {
        let story = desk.story(&repo, &id)?;
        let change = show_proof(&story, &clerk).map_err(Trouble::from)?;
        show_change(report, &story, change.as_ref());
        return Ok(0);
    }
    let _lock = desk.spool()?;
    let taken = desk.step(&repo, &id, true, |story| show_proof(story, &clerk))?;
    if let Some(why) = letters::unreachable(&repo, &id)? {
        report.caution(&format!("it cannot leave yet: {why}"));
    }
    if !desk.config.letters.send.contains(&LetterKind::Proof) {
        report.caution("it does not leave: `proof` is not among the letters to `send` under [letters]");
    }
    let nothing = "This text waits to be sent already";
    tell(
        report,
        "Due, a letter with the text as it will appear",
        nothing,
        &taken,
        desk,
    );
    Ok(0)
}
