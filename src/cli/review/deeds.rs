//! What a reviewer does to a story: decisions that are held until they are written down, and changes of the text.

use super::over::{Changed, Chosen, Meant, Over, Typed, take_back_first};
use super::pen::Pen;
use super::round::{Held, Place, Round, Then, Work};
use super::spoken::{done, nothing, told};
use crate::cli::editor::Unfinished;
use crate::cli::report::Failure;
use crate::desk::takedown::Left;
use crate::desk::typed::{self, Purpose, Words};
use crate::desk::walk::{self, Decision, Reading, Written};
use crate::story::page::{INDEX, Page};
use crate::story::record::one_line;

impl Round {
    /// Makes a decision: rehearsed, held, not written down. A letter is shown first.
    pub(super) fn decide(&mut self, decision: Decision) {
        self.desk.now = crate::cli::now();
        let Place::Story(open) = &self.place else { return };
        let vote = decision.is_vote();
        // a second vote takes the place of the first
        let held = open.held.iter().map(|h| &h.decision).filter(|d| !(vote && d.is_vote()));
        match walk::rehearse(&self.desk, &self.repo, &open.reading, held, &decision) {
            Err(trouble) => {
                let mut failure = Failure::from(trouble);
                if failure.code == "policy.open_checks" {
                    failure.hint.push_str("\nHere: w lets one stand, e mends the text.");
                }
                let words = Words::of_decision(&open.reading.story.id, &decision);
                self.refuse(failure, words);
            }
            Ok(rehearsed) if !rehearsed.changes => self.said = format!("{}.", nothing(&decision)),
            Ok(rehearsed) => match rehearsed.letter {
                None => self.hold(decision, None, false),
                Some(letter) => {
                    self.lay(Over::Letter(Meant {
                        decision,
                        letter,
                        own: None,
                    }));
                }
            },
        }
    }

    pub(super) fn hold(&mut self, decision: Decision, own: Option<String>, letter: bool) {
        let Some(open) = self.open_mut() else { return };
        // the last of two is the one that is meant
        let vote = decision.is_vote();
        let replaced = |h: &mut Held| h.decision == decision || vote && h.decision.is_vote();
        let replaced: Vec<Held> = open.held.extract_if(.., replaced).collect();
        let unread = decision == Decision::Approve && !open.seen_end;
        open.held.push(Held { decision, own, letter });
        self.set_aside(&replaced);
        if unread {
            self.say_also("You have not seen the end of the text yet (Space reads on).");
        }
    }

    pub(super) fn undo(&mut self) {
        let Some(open) = self.open_mut() else { return };
        let Some(held) = open.held.pop() else {
            self.said = match open.kept {
                true => "What you changed is in the text already and cannot be taken back here; e changes it.",
                false => "There is nothing to take back here. What was written down before: `o` sets it aside.",
            }
            .to_owned();
            return;
        };
        let held = [held];
        self.said = format!("Taken back: {}", told(&held));
        self.set_aside(&held);
    }

    /// Writes the held decisions down, in their order. False: something stands in the way, and is shown.
    pub(super) fn write_down(&mut self) -> bool {
        let Place::Story(open) = &mut self.place else {
            return true;
        };
        self.desk.now = crate::cli::now();
        let mut written = Vec::new();
        while !open.held.is_empty() {
            let held = &open.held[0];
            let stale = self.walk.is_stale(&self.repo);
            match walk::take(
                &self.desk,
                &self.repo,
                &mut open.reading,
                &held.decision,
                held.own.as_deref(),
            ) {
                Ok(Written { taken, unkept, offs }) => {
                    let title = one_line(&taken.story.title());
                    let held = open.held.remove(0);
                    let now = taken.story.state(&self.desk.policy);
                    written.push(match taken.changed {
                        true => done(&held.decision, now),
                        false => nothing(&held.decision),
                    });
                    self.said = format!("{}: {title}", written.join(", "));
                    for caution in &taken.cautions {
                        self.said.push_str(&format!(". {caution}"));
                    }
                    if taken.changed {
                        *self.done.entry(done(&held.decision, now)).or_default() += 1;
                        self.letters += usize::from(held.letter);
                    }
                    let id = &open.reading.story.id;
                    held.forget_words(&self.desk, id, &mut open.waiting);
                    if let Some((_, summary)) = self.walk.stories.iter_mut().find(|(i, _)| i == id) {
                        *summary = open.reading.summary.clone();
                    }
                    if !stale {
                        self.walk.note_tip(&self.repo);
                    }
                    if let Some(trouble) = unkept {
                        let mut failure = Failure::from(trouble);
                        failure.hint = "Your decision is written down, your words for its letter are not: `letters edit` takes them".to_owned();
                        if let Some(own) = &held.own {
                            let words =
                                Words::new(&open.reading.story.id, Purpose::letter(&held.decision), own.as_bytes());
                            failure = self.keep_words(failure, Some(words));
                        }
                        self.fail(failure);
                        return false;
                    }
                    if offs.iter().any(|off| !matches!(off.result, Left::Gone(_))) {
                        self.tell_what_stands(&offs);
                        return false;
                    }
                }
                Err(trouble) => {
                    let moved = trouble.exit() == 6;
                    let mut failure = Failure::from(trouble);
                    if moved {
                        failure.hint = "Your decision was not written down. The story is shown again as it is now: read it, then decide.".to_owned();
                        let held = std::mem::take(&mut open.held);
                        self.set_aside(&held);
                        self.read_again();
                    }
                    self.fail(failure);
                    return false;
                }
            }
        }
        true
    }

    /// The open story as it is now, without what was held upon the old one.
    fn read_again(&mut self) {
        let Place::Story(open) = &mut self.place else { return };
        let id = open.reading.story.id.clone();
        match Reading::open(&self.desk, &self.repo, &id) {
            Ok(reading) => {
                self.fresh = true;
                open.waiting = typed::of(&self.desk, &id);
                open.reading = reading;
                open.held.clear();
                open.begun.clear();
                open.scroll = 0;
                open.seen_end = false;
                open.rows = None;
                let waiting = open.waiting.clone();
                self.offer(&waiting);
            }
            Err(_) => self.back_to_list(),
        }
    }

    pub(super) fn edit(&mut self) -> Then {
        let Place::Story(open) = &self.place else {
            return Then::Stay;
        };
        if let Some(held) = open.held.iter().find(|h| h.decision.is_upon_text()) {
            self.said = take_back_first(held);
            return Then::Stay;
        }
        match walk::may_edit(&self.desk, &self.repo, &open.reading) {
            Ok(()) => match self.waiting_for(&Purpose::Page) {
                None => self.edit_page(false),
                Some(_) => {
                    let question = "An edit of yours was not taken and is kept. Go on with it?".to_owned();
                    let choices = vec![
                        (
                            'g',
                            "go on with it: you see first what it changes".to_owned(),
                            Chosen::Edit { again: true },
                        ),
                        (
                            'n',
                            "edit the text as it is now".to_owned(),
                            Chosen::Edit { again: false },
                        ),
                    ];
                    self.lay(Over::Choose { question, choices });
                    Then::Stay
                }
            },
            Err(trouble) => {
                self.fail(trouble);
                Then::Stay
            }
        }
    }

    /// The page as it is, or an edit of it that was not taken.
    pub(super) fn edit_page(&mut self, again: bool) -> Then {
        if !again {
            self.leave_waiting(&Purpose::Page);
        }
        let before = self.go_on_with(&Purpose::Page);
        let Place::Story(open) = &self.place else {
            return Then::Stay;
        };
        let story = &open.reading.story;
        match before.map(|waiting| waiting.page(story)) {
            None => self.edit_these(Work::Page, story.files[INDEX].clone()),
            Some((page, false)) => {
                self.edited(Work::Page, Ok(page));
                Then::Stay
            }
            Some((page, true)) => {
                self.said = "The text was edited since, at the same place: both stand between marks.".to_owned();
                self.edit_these(Work::Page, page)
            }
        }
    }

    /// The page was written, and perhaps opened.
    pub fn previewed(&mut self, shown: Result<(std::path::PathBuf, bool), Failure>) {
        match shown {
            Ok((file, true)) => self.said = format!("Shown in the browser: {}", file.display()),
            Ok((file, false)) => {
                self.said = format!("No browser could be opened. The page is here: {}", file.display());
            }
            Err(failure) => self.fail(failure),
        }
    }

    /// Words that were edited and are not kept yet, once more; `changed` shows what they change.
    pub(super) fn edit_again(&mut self, work: Work, bytes: Vec<u8>, changed: Over) -> Then {
        let then = self.edit_these(work, bytes);
        self.again = Some(changed);
        then
    }

    pub(super) fn edit_these(&mut self, work: Work, bytes: Vec<u8>) -> Then {
        self.again = None;
        if !self.edit_here {
            return Then::Edit(work, bytes);
        }
        if let Work::NewText(number) = work {
            let pen = Pen::new(&String::from_utf8_lossy(&bytes));
            self.lay(Over::Text(Typed::NewText(number), pen));
            return Then::Stay;
        }
        match Page::parse(&bytes) {
            Ok(page) => {
                let pen = Pen::new(page.body());
                self.lay(Over::Text(Typed::Page(Box::new(page)), pen));
            }
            Err(why) => self.fail(Failure::new(
                "story.not_a_page",
                1,
                "the text cannot be changed here",
                why,
                "use `edit` with an editor",
            )),
        }
        Then::Stay
    }

    /// The editor gave these bytes back, or failed.
    pub fn edited(&mut self, work: Work, bytes: Result<Vec<u8>, Unfinished>) {
        let again = self.again.take();
        let index = match (work, bytes) {
            (_, Err(Unfinished { failure, saved })) if again.is_some() && is_blank(saved.as_deref()) => {
                self.said = format!("{}; this is the text as it was before.", failure.what);
                self.over = again;
                return;
            }
            (Work::Page, Ok(index)) => index,
            (Work::NewText(number), Ok(text)) => return self.put_together_as(number, text),
            (work, Err(Unfinished { failure, saved })) => {
                let Place::Story(open) = &self.place else { return };
                let story = &open.reading.story;
                let words = saved.map(|saved| match work {
                    Work::Page => Words::page(story, &saved),
                    Work::NewText(number) => Words::new(&story.id, Purpose::NewText(number), &saved),
                });
                return self.refuse(failure, words);
            }
        };
        self.desk.now = crate::cli::now();
        self.try_change(Changed::Edit(index));
    }

    /// Shows what a new page changes; where it is refused, what was written is kept.
    pub(super) fn try_change(&mut self, change: Changed) {
        let (Place::Story(open), Changed::Edit(index) | Changed::Photo { index, .. }) = (&self.place, &change) else {
            return;
        };
        match walk::rehearse_edit(&self.desk, &self.repo, &open.reading, index) {
            Ok(None) => self.said = "Nothing was changed.".to_owned(),
            Ok(Some(story)) => self.show_change(change, &story),
            Err(trouble) => {
                let words = change.words(&open.reading.story);
                self.refuse(trouble.into(), words);
            }
        }
    }

    /// Tells of a failure, and keeps what was written.
    pub(super) fn refuse(&mut self, failure: Failure, words: Option<Words>) {
        let failure = self.keep_words(failure, words);
        self.fail(failure);
    }

    pub(super) fn keep_change(&mut self, index: Changed, minor: bool) {
        self.desk.now = crate::cli::now();
        let Place::Story(open) = &mut self.place else { return };
        let words = index.words(&open.reading.story);
        let taken = match &index {
            Changed::Edit(bytes) | Changed::Photo { index: bytes, .. } => {
                walk::take_edit(&self.desk, &self.repo, &mut open.reading, bytes, minor)
            }
            Changed::Restore(numbers) => walk::take_restore(&self.desk, &self.repo, &mut open.reading, numbers),
            Changed::Accept(number, taking) => {
                walk::later::take_accept(&self.desk, &self.repo, &mut open.reading, *number, taking)
            }
        };
        match taken {
            Ok(_) => {
                let what = match index {
                    Changed::Edit(_) | Changed::Photo { .. } => "Edited",
                    Changed::Restore(_) => "Put back",
                    Changed::Accept(..) => "Accepted",
                };
                *self.done.entry(what).or_default() += 1;
                let id = open.reading.story.id.clone();
                let summary = open.reading.summary.clone();
                open.rows = None;
                open.seen_end = false;
                open.kept = true;
                self.fresh = true;
                self.said = match minor && self.desk.policy.minor_keeps {
                    true => format!("{what}, and kept, as only spelling and punctuation."),
                    false => format!("{what}, and kept. Approvals of the text before it no longer count."),
                };
                if let Some((_, s)) = self.walk.stories.iter_mut().find(|(i, _)| *i == id) {
                    *s = summary;
                }
                if let Some(words) = words {
                    self.forget_words(&words.purpose);
                }
            }
            Err(trouble) => {
                let moved = trouble.exit() == 6;
                let failure = Failure::from(trouble);
                let failure = self.keep_words(failure, words);
                if moved {
                    self.read_again();
                }
                self.fail(failure);
            }
        }
    }
}

/// Whether an editor that failed left no words; some empty the file before they write it.
fn is_blank(saved: Option<&[u8]>) -> bool {
    saved.is_none_or(|saved| saved.trim_ascii().is_empty())
}
