//! The letters of an unattended pass, and what is to be told of those that stay.

use crate::desk::Desk;
use crate::desk::alarm::Bad;
use crate::desk::letters::{self, Sending, Status, Told, Waiting};
use crate::repo::StoryRepo;
use crate::story::StoryId;
use crate::story::event::LetterKind;

use super::Run;

impl Run<'_> {
    /// Sends what may leave unattended, and finds what is wrong with what stays.
    pub(super) fn send_letters(&mut self, repo: &StoryRepo) {
        let done = letters::send_due(self.desk, repo, self.spool, Sending::Unattended);
        let Some(run) = self.findings.note("letters", done) else {
            return;
        };
        for letter in &run.told {
            self.listener.letter(letter);
            match letter.status {
                Status::Sent => self.pass.sent += 1,
                Status::Failed => self.pass.failed += 1,
                Status::Waiting | Status::Later => self.pass.waiting += 1,
                Status::Dropped => {}
            }
            match (&letter.waiting.story, letter.status) {
                // it is told as failed
                (Some(story), Status::Failed) if letter.waiting.due.kind == LetterKind::Published => {
                    self.findings.ended.push(of_page(story));
                }
                _ => self.findings.bad.extend(silent_page(self.desk, letter)),
            }
        }
        if run.stopped.is_none() {
            self.findings.well.push("pages".to_owned());
        }
        let later = run.told.iter().find(|letter| letter.status == Status::Later);
        match (&run.stopped, later) {
            (Some(trouble), _) => self.findings.bad.push(Bad::of("outbox", trouble)),
            (None, Some(letter)) => self.findings.bad.push(Bad {
                part: "outbox".to_owned(),
                code: "outbox".to_owned(),
                exit: 75,
                what: format!("a letter about {} could not be sent", letter.waiting.title),
                why: letter.said.clone(),
                hint: "nothing is lost: the next run tries again".to_owned(),
            }),
            (None, None) if self.pass.sent + self.pass.failed > 0 => self.findings.well.push("outbox".to_owned()),
            (None, None) => {}
        }
    }
}

/// Whether a letter would leave unattended.
pub fn leaves(waiting: &Waiting) -> bool {
    !waiting
        .held
        .as_ref()
        .is_some_and(|hold| hold.stops(Sending::Unattended))
}

/// Before the story, in the name of [`of_page`].
pub(super) const PAGE: &str = "page.";

/// The part that the page of a story is, while the letter that it is out waits for it.
pub(super) fn of_page(story: &StoryId) -> String {
    format!("{PAGE}{story}")
}

/// The letter that a story is out, which waits longer than is let pass in silence: somebody has to look why the site does not have the
/// page, or whether the address is right.
fn silent_page(desk: &Desk, told: &Told) -> Option<Bad> {
    let waiting = Some(&told.waiting).filter(|waiting| letters::waits_too_long(desk, waiting))?;
    let hint = match waiting.page {
        Some(_) => "build and upload the site",
        None => "look where the story is, and at its target in config.toml",
    };
    Some(Bad {
        part: of_page(waiting.story.as_ref()?),
        code: "letter.page".to_owned(),
        exit: 7,
        what: format!("the letter that {} is out waits for its page", waiting.title),
        why: waiting.held.as_ref().map(ToString::to_string).unwrap_or_default(),
        hint: format!(
            "{hint}; `letters send {}` sends it all the same, `wait_live` under [letters] lets none wait",
            waiting.number
        ),
    })
}
