//! `review`: a walk through the queue, on the whole screen or line by line. Decisions are made and shown, can be taken back, and are
//! written down when the reviewer leaves the story: the same steps as those of the commands, upon exactly the text that was read.

mod asked;
mod deeds;
mod draw;
mod facts;
mod ink;
mod keys;
mod offers;
mod over;
mod page;
mod pen;
mod photos;
mod plain;
mod proposed;
mod rendered;
mod round;
pub mod screen;
mod spoken;
pub(in crate::cli) mod width;
mod words;

use std::io::IsTerminal;

use super::editor::in_editor;
use super::global::Global;
use super::report::{Failure, Outcome, Report};
use crate::desk::Desk;
use crate::story::StoryId;
use crate::story::record::one_line;

use clap::Args;
use photos::{Depth, Photos};
use round::{Round, Then};
use screen::{Input, Screen};

#[derive(Debug, Args)]
pub struct Review {
    /// Line by line, for a screen reader or a simple terminal
    #[arg(long)]
    pub plain: bool,
}

pub fn review(desk: Desk, global: &Global, args: &Review, report: &Report) -> Outcome {
    let by_hand = "without a terminal: `list`, `show STORY`, then `approve`, `request-changes` or `reject`";
    if report.json || global.dry_run {
        let option = if report.json { "--json" } else { "--dry-run" };
        return Err(Failure::usage(
            format!("`review` has no {option}"),
            "it is a conversation with a person",
            by_hand,
        ));
    }
    if global.no_input || !std::io::stdin().is_terminal() || !std::io::stdout().is_terminal() {
        return Err(Failure::usage(
            "there is nobody to ask",
            "`review` needs a terminal, and may ask at it",
            by_hand,
        ));
    }
    let dumb = crate::config::environment("TERM").is_none_or(|term| term.is_empty() || term == "dumb");
    let mut round = Round::begin(desk)?;
    let code = match args.plain || dumb {
        true => plain::walk(&mut round, report)?,
        false => {
            round.edit_here = crate::config::editor().is_none();
            let says = |name| crate::config::environment(name);
            let depth = Depth::of(report.color, says("COLORTERM").as_deref(), says("TERM").as_deref());
            round.photos = Photos::new(depth);
            on_screen(&mut round, report)?
        }
    };
    farewell(&round, report);
    Ok(code)
}

fn on_screen(round: &mut Round, report: &Report) -> Outcome {
    let failed = |e: std::io::Error| {
        Failure::new(
            "terminal",
            1,
            "the terminal cannot be used",
            e,
            "`review --plain` needs less of it",
        )
    };
    let mut screen = Screen::enter(round.desk.config.spool_folder()).map_err(failed)?;
    loop {
        draw(&mut screen, round, report.color).map_err(failed)?;
        // keys that came while the last one was answered are answered before the next drawing
        let then = loop {
            let then = match screen.input(round.waits(), || round.unkept()).map_err(failed)? {
                Input::Press(press) => round.press(press),
                Input::Resized | Input::Nothing => Then::Stay,
                Input::Signal(number) => {
                    drop(screen);
                    lost(round, report);
                    return Ok(128 + number as u8);
                }
            };
            if then != Then::Stay || !screen.has_more() {
                break then;
            }
        };
        match then {
            Then::Stay => {}
            Then::Quit => return Ok(0),
            Then::Interrupted => {
                drop(screen);
                lost(round, report);
                return Ok(130);
            }
            Then::Edit(work, bytes) => {
                let (edited, taken_again) = screen.lend(|| in_editor(&bytes, ".md"));
                round.edited(work, edited);
                screen.note(round.unkept());
                taken_again.map_err(failed)?;
            }
            Then::Preview(id) => screen.lend(|| preview(round, &id)).1.map_err(failed)?,
        }
    }
}

/// Shows a story as a page in the browser.
fn preview(round: &mut Round, story: &StoryId) {
    round.previewed(super::preview::show(&round.desk, &round.repo, story));
}

fn draw(screen: &mut Screen, round: &mut Round, color: bool) -> std::io::Result<()> {
    screen.draw(|area, buffer| draw::draw(round, area, buffer, color))
}

/// What was decided and not written down is told, when the run was interrupted.
fn lost(round: &Round, report: &Report) {
    if let Some(open) = draw::unwritten(&round.place) {
        let title = one_line(&open.reading.story.title());
        report.caution(&format!("{title}: your decision was not written down"));
    }
}

/// What was done in this round.
fn farewell(round: &Round, report: &Report) {
    for (what, many) in &round.done {
        let stories = if *many == 1 {
            "1 story".to_owned()
        } else {
            format!("{many} stories")
        };
        report.line(&format!("{what}: {stories}"));
    }
    if round.letters > 0 {
        report.remark("Letters to the authors wait: `m4c-stories letters` shows them, `letters send` sends them.");
    }
}
