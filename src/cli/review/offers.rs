//! What keys do about a new text that the author sent later, and about a story that is to come off.

use super::over::{AGAIN, Asks, Changed, Chosen, Over, take_back_first};
use super::round::{Place, Round, Then, Work};
use crate::cli::report::Failure;
use crate::cli::revisions::Shown;
use crate::desk::revision::{ByHand, Later, Taking, later};
use crate::desk::takedown::{Left, Off};
use crate::desk::typed::{Purpose, Words};
use crate::desk::walk::later as walk_later;
use crate::desk::walk::{self, Decision};
use crate::story::state::State;

impl Round {
    /// Which new text is meant, then what becomes of it.
    pub(super) fn choose_new_text(&mut self) {
        let Place::Story(open) = &self.place else { return };
        let story = &open.reading.story;
        let declined = |l: &Later| {
            let held = open.held.iter().map(|h| &h.decision);
            held.into_iter()
                .any(|d| matches!(d, Decision::Decline { number, .. } if *number == l.number))
        };
        let (held, proposed): (Vec<Later>, Vec<Later>) = walk_later::proposed(story).into_iter().partition(declined);
        match &proposed[..] {
            [] if !held.is_empty() => {
                self.said = "You leave it out already; u takes that back.".to_owned();
            }
            [] => {
                let folder = story.id.folder();
                self.said = match later(story).iter().find(|l| l.status.is_none()) {
                    None => "The author has sent no new text that waits.".to_owned(),
                    Some(note) => format!(
                        "What the author wrote later was taken for words to you. If it is a new text: `revisions {folder} --propose {}`.",
                        note.number
                    ),
                };
            }
            [one] => self.choose_what_becomes_of(one.number),
            many => {
                let choice = |(key, l): (char, &Later)| {
                    let day = crate::cli::fetch::day(l.at, &self.desk);
                    (key, format!("mail {}, of {day}", l.number), Chosen::NewText(l.number))
                };
                let choices = ('1'..='9').chain('a'..='z').zip(many).map(choice).collect();
                let question = "Which new text do you mean?".to_owned();
                self.lay(Over::Choose { question, choices });
            }
        }
    }

    pub(super) fn choose_what_becomes_of(&mut self, number: u32) {
        let Place::Story(open) = &self.place else { return };
        let story = &open.reading.story;
        let Some(later) = walk_later::proposed(story).into_iter().find(|l| l.number == number) else {
            return;
        };
        let shown = match Shown::of(&self.desk, &self.repo, story, &later) {
            Ok(shown) => shown,
            Err(trouble) => return self.fail(trouble),
        };
        let photos = match shown.view.photos.len() {
            0 => String::new(),
            1 => ", with the new photo".to_owned(),
            many => format!(", with the {many} new photos"),
        };
        let take = |taking: Taking| Chosen::Take(number, taking);
        let mut choices = Vec::new();
        if shown.view.merged.conflict {
            let words = format!("put your words and theirs together in an editor{photos}");
            choices.push(('e', words, Chosen::PutTogether(number)));
        } else {
            choices.push(('t', format!("take it into the text{photos}"), take(Taking::default())));
        }
        if shown.has_text && !shown.view.photos.is_empty() && !shown.view.merged.conflict {
            let only_words = Taking {
                no_photos: true,
                ..Taking::default()
            };
            choices.push(('o', "take only the words, no photo".to_owned(), take(only_words)));
        }
        if shown.has_text && crate::story::revision::without_pictures(&shown.view.ours) != shown.view.base {
            let as_written = Taking {
                as_written: true,
                ..Taking::default()
            };
            let words = format!("take it exactly as they wrote it, without what you changed{photos}");
            choices.push(('w', words, take(as_written)));
        }
        choices.push((
            'l',
            "leave it out, with a letter to the author".to_owned(),
            Chosen::Write(Asks::Declined(number)),
        ));
        let silently = Decision::Decline {
            number,
            why: String::new(),
        };
        choices.push((
            'd',
            "leave it out, without a letter".to_owned(),
            Chosen::Decide(silently),
        ));
        let question = format!(
            "What becomes of the author's new text (mail {number}: {})?",
            shown.brings()
        );
        self.lay(Over::Choose { question, choices });
    }

    /// Shows what taking a revision would change, before it is kept.
    pub(super) fn take_new_text(&mut self, number: u32, taking: Taking) {
        self.desk.now = crate::cli::now();
        let Place::Story(open) = &self.place else { return };
        if let Some(held) = open.held.iter().find(|h| h.decision.is_upon_text()) {
            self.said = take_back_first(held);
            return;
        }
        match walk_later::rehearse_accept(&self.desk, &self.repo, &open.reading, number, &taking) {
            Ok(Some(story)) => self.show_change(Changed::Accept(number, taking), &story),
            Ok(None) => self.said = "It is accepted already.".to_owned(),
            Err(trouble) => {
                let failure = Failure::from(trouble);
                // nobody puts it together twice
                let words = Changed::Accept(number, taking).words(&open.reading.story);
                self.refuse(failure, words);
            }
        }
    }

    /// Both wordings, for the editor.
    pub(super) fn put_together(&mut self, number: u32) -> Then {
        let Place::Story(open) = &self.place else {
            return Then::Stay;
        };
        if let Some(held) = open.held.iter().find(|h| h.decision.is_upon_text()) {
            self.said = take_back_first(held);
            return Then::Stay;
        }
        match walk_later::both_wordings(&self.desk, &self.repo, &open.reading, number) {
            Ok(Some(both)) => {
                let before = self.go_on_with(&Purpose::NewText(number)).map(|w| w.words.text);
                if before.is_some() {
                    self.said = AGAIN.to_owned();
                }
                return self.edit_these(Work::NewText(number), before.unwrap_or_else(|| both.into_bytes()));
            }
            Ok(None) => self.take_new_text(number, Taking::default()),
            Err(trouble) => self.fail(trouble),
        }
        Then::Stay
    }

    /// The two wordings came back from the editor as one.
    pub(super) fn put_together_as(&mut self, number: u32, text: Vec<u8>) {
        let Place::Story(open) = &self.place else { return };
        let upon = open.reading.story.text;
        match String::from_utf8(text) {
            Ok(text) => {
                let by_hand = Some(ByHand { text, upon });
                self.take_new_text(
                    number,
                    Taking {
                        by_hand,
                        ..Taking::default()
                    },
                );
            }
            Err(bad) => {
                let failure = Failure::usage("the text is not UTF-8", "", "save it as UTF-8");
                let words = Words::new(&open.reading.story.id, Purpose::NewText(number), bad.as_bytes());
                self.refuse(failure, Some(words));
            }
        }
    }

    /// Whether it comes off by the team's decision or by the author's wish, where either is to be had.
    pub(super) fn choose_off(&mut self) {
        let Place::Story(open) = &self.place else { return };
        let (down, withdraw) = match walk::may_take_off(&self.desk, &self.repo, &open.reading) {
            Ok((false, false)) => {
                let folder = open.reading.story.id.folder();
                self.said = match open.reading.story.life.still_out().next() {
                    None => "It is off already.".to_owned(),
                    Some(target) => {
                        format!("It is decided already, and {target} has it still: `takedown {folder}` tries again.")
                    }
                };
                return;
            }
            Ok(may) => may,
            Err(trouble) => return self.fail(trouble),
        };
        let life = &open.reading.story.life;
        let places: Vec<&str> = life.may_stand().collect();
        let off = match places.is_empty() {
            true => String::new(),
            false => format!("; it comes off {}", places.join(", ")),
        };
        let mut choices = Vec::new();
        if withdraw {
            let words = format!("the author wishes it: withdraw it, and what they agreed to is no more{off}");
            choices.push(('w', words, Chosen::Write(Asks::Withdrawal)));
        }
        if down {
            let words = match open.reading.summary.state {
                State::Scheduled => "the team decides so: it is no longer scheduled, and stays approved".to_owned(),
                _ => format!("the team decides so: take it down{off}"),
            };
            choices.push(('t', words, Chosen::Write(Asks::Takedown)));
        }
        choices.push(('n', "no, leave it".to_owned(), Chosen::Nothing));
        let question = "Is this story to come off?".to_owned();
        self.lay(Over::Choose { question, choices });
    }

    /// What has the story still, after it was taken off elsewhere.
    pub(super) fn tell_what_stands(&mut self, offs: &[Off]) {
        let Place::Story(open) = &self.place else { return };
        let story = &open.reading.story;
        let (title, folder) = (story.title(), story.id.folder());
        let standing = offs.iter().find_map(|off| match &off.result {
            Left::Gone(_) => None,
            Left::ByHand(what) => Some((
                off,
                what.clone(),
                format!(
                    "once you did: `takedown {folder} --seen-to {} -m \"what you did\"`",
                    off.target
                ),
            )),
            Left::Still(why) => Some((off, why.why.clone(), format!("{}; then `takedown {folder}`", why.hint))),
        });
        let Some((off, why, hint)) = standing else { return };
        let place = off.place.as_deref().map(|p| format!(" ({p})")).unwrap_or_default();
        let what = format!("{title} is still on {}{place}", off.target);
        self.fail(Failure::new("takedown.standing", 7, what, why, hint));
    }
}
