//! One round of a reviewer through the queue: where they are, what they hold, and what each key does. It draws nothing and knows no
//! terminal, so that the screen can be tried out in a test.

use std::collections::BTreeMap;
use std::time::Duration;

use super::ink::Row;
use super::keys::{self, Key};
use super::page::{self, View};
use super::pen::{Move, Pen};
use crate::cli::report::Failure;
use crate::desk::letters::Foretold;
use crate::desk::walk::{self, Decision, Reading, Walk};
use crate::desk::{Desk, StoryRepo, Trouble};
use crate::story::StoryId;
use crate::story::page::INDEX;
use crate::story::policy::Task;
use crate::story::record::one_line;
use crate::story::step::Story;

/// A key, as the round knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Press {
    Letter(char),
    Enter,
    NewLine,
    Done,
    Escape,
    Undo,
    RubOut,
    Delete,
    Go(Move),
    Paste(String),
    Interrupt,
}

/// What is to happen outside the round after a key.
#[derive(Debug, PartialEq)]
pub enum Then {
    Stay,
    Quit,
    Interrupted,
    /// Let the person edit these bytes, and hand them to [`Round::edited`].
    Edit(Vec<u8>),
    /// Show this story as a page.
    Preview(StoryId),
}

/// A decision that is made and not written down yet.
pub struct Held {
    pub decision: Decision,
    /// The reviewer's own words for the letter, where they changed it.
    own: Option<String>,
    letter: bool,
}

/// A story that is open.
pub struct Open {
    pub reading: Reading,
    pub view: View,
    pub held: Vec<Held>,
    pub scroll: usize,
    /// Whether the last row of the text was on the screen.
    pub seen_end: bool,
    rows: Option<(usize, Vec<Row>)>,
}

/// What lies over the story or the list.
pub enum Over {
    Help,
    Failure(Failure),
    /// Something to write.
    Write {
        asks: Asks,
        question: String,
        pen: Pen,
    },
    /// A decision that is made once its letter is as it should be.
    Letter {
        decision: Decision,
        letter: Foretold,
        own: Option<String>,
        scroll: usize,
    },
    /// The letter's words, being changed.
    Rewrite {
        decision: Decision,
        letter: Foretold,
        own: Option<String>,
        pen: Pen,
    },
    /// One of several.
    Choose {
        question: String,
        choices: Vec<(char, String, Chosen)>,
    },
    /// A new text, and what it changes.
    Changed {
        index: Changed,
        old: String,
        new: String,
        scroll: usize,
    },
}

/// What the words that are written are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asks {
    Changes,
    Reason,
    Note,
    Turn,
    Yes,
    Revoked,
    Find,
}

/// What a choice leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Chosen {
    Write(Asks),
    Decide(Decision),
    Restore(Vec<u32>),
    Nothing,
}

/// A text that is not kept yet.
pub enum Changed {
    Edit(Vec<u8>),
    Restore(Vec<u32>),
}

/// Where the reviewer is.
pub enum Place {
    List,
    Story(Box<Open>),
}

pub struct Round {
    pub desk: Desk,
    pub repo: StoryRepo,
    /// The name of whoever sits here, where they may review.
    pub me: Option<String>,
    pub walk: Walk,
    /// Places in `walk.stories` that are shown.
    pub shown: Vec<usize>,
    /// The chosen one of `shown`.
    pub at: usize,
    pub find: String,
    pub only_waiting: bool,
    pub place: Place,
    pub over: Option<Over>,
    /// What happened last, for the line above the keys.
    pub said: String,
    /// Rows and columns of the part that scrolls, as they were drawn last.
    pub page: (usize, usize),
    /// What was written down, for the farewell: how often what was done, and how many letters wait for it.
    pub done: BTreeMap<&'static str, usize>,
    pub letters: usize,
    /// Another story, or another text of it, is open since this was last set to false.
    pub fresh: bool,
}

impl Round {
    pub fn begin(mut desk: Desk) -> Result<Round, Trouble> {
        // a cron run that holds the lock for a moment need not be seen
        desk.wait = desk.wait.max(Duration::from_secs(3));
        let repo = desk.repo()?;
        let clerk = desk.clerk(&repo, Task::Decide);
        let me = clerk.as_ref().ok().map(|c| c.actor.name.clone());
        let walk = Walk::read(&desk, &repo, me.as_deref())?;
        let mut round = Round {
            desk,
            repo,
            me,
            walk,
            shown: Vec::new(),
            at: 0,
            find: String::new(),
            only_waiting: false,
            place: Place::List,
            over: None,
            said: String::new(),
            page: (20, 80),
            done: BTreeMap::new(),
            letters: 0,
            fresh: false,
        };
        if let Err(trouble) = clerk {
            let failure = Failure::from(trouble);
            round.said = format!(
                "You can read, not decide: {}. {}",
                failure.what,
                one_line(&failure.hint)
            );
        }
        round.choose_shown();
        Ok(round)
    }

    /// Which stories the list shows.
    fn choose_shown(&mut self) {
        let words: Vec<String> = self.find.split_whitespace().map(str::to_lowercase).collect();
        let wanted = |(_, s): &(StoryId, crate::desk::queue::Summary)| {
            let head = format!("{} {} {}", s.title, s.author, s.place).to_lowercase();
            let waits = || walk::waits_for_reviewer(s, &self.desk.policy, self.me.as_deref());
            words.iter().all(|w| head.contains(w)) && (!self.only_waiting || waits())
        };
        let stories = self.walk.stories.iter().enumerate();
        self.shown = stories.filter(|(_, s)| wanted(s)).map(|(i, _)| i).collect();
        self.at = self.at.min(self.shown.len().saturating_sub(1));
    }

    /// Reads the queue again; the chosen story stays chosen.
    fn look_again(&mut self) {
        self.desk.now = crate::cli::now();
        let chosen = self.chosen().map(|(id, _)| id.clone());
        match Walk::read(&self.desk, &self.repo, self.me.as_deref()) {
            Ok(walk) => self.walk = walk,
            Err(trouble) => return self.fail(trouble),
        }
        self.choose_shown();
        let place = |id: &StoryId| self.shown.iter().position(|&i| self.walk.stories[i].0 == *id);
        if let Some(at) = chosen.as_ref().and_then(place) {
            self.at = at;
        }
    }

    /// The story under the cursor.
    pub fn chosen(&self) -> Option<&(StoryId, crate::desk::queue::Summary)> {
        self.walk.stories.get(*self.shown.get(self.at)?)
    }

    fn fail(&mut self, trouble: impl Into<Failure>) {
        self.over = Some(Over::Failure(trouble.into()));
    }

    /// The keys that do something now.
    pub fn keys(&self) -> &'static [Key] {
        match (&self.over, &self.place) {
            (Some(Over::Help | Over::Failure(_)), _) => keys::READ_ONLY,
            (Some(Over::Write { .. }), _) => keys::WRITING,
            (Some(Over::Rewrite { .. }), _) => keys::WRITING_MUCH,
            (Some(Over::Letter { .. }), _) => keys::LETTER,
            (Some(Over::Choose { .. }), _) => keys::CHOOSING,
            (Some(Over::Changed { .. }), _) => keys::CHANGES,
            (None, Place::List) => keys::LIST,
            (None, Place::Story(_)) => keys::STORY,
        }
    }

    /// The rows of the open story, made once for each width.
    pub fn story_rows(&mut self, width: usize) -> &[Row] {
        let Place::Story(open) = &mut self.place else {
            return &[];
        };
        if open.rows.as_ref().is_none_or(|(w, _)| *w != width) {
            let rows = page::rows(
                &self.desk,
                &self.repo,
                &open.reading,
                self.me.as_deref(),
                open.view,
                width,
            );
            open.rows = Some((width, rows));
        }
        open.rows.as_ref().map_or(&[], |(_, rows)| rows)
    }

    /// What one key does.
    pub fn press(&mut self, press: Press) -> Then {
        if press == Press::Interrupt {
            return Then::Interrupted;
        }
        if self.over.is_some() {
            return self.press_over(press);
        }
        match self.place {
            Place::List => self.press_list(press),
            Place::Story(_) => {
                self.said.clear();
                self.press_story(press)
            }
        }
    }

    fn press_list(&mut self, press: Press) -> Then {
        let last = self.shown.len().saturating_sub(1);
        let page = self.page.0.max(2) - 1;
        match press {
            Press::Go(Move::Up) | Press::Letter('k') => self.at = self.at.saturating_sub(1),
            Press::Go(Move::Down) | Press::Letter('j') => self.at = (self.at + 1).min(last),
            Press::Go(Move::PageUp) => self.at = self.at.saturating_sub(page),
            Press::Go(Move::PageDown) | Press::Letter(' ') => self.at = (self.at + page).min(last),
            Press::Go(Move::Home) => self.at = 0,
            Press::Go(Move::End) => self.at = last,
            Press::Enter | Press::Go(Move::Right) => {
                self.said.clear();
                self.open();
            }
            Press::Letter('/') => self.write(Asks::Find),
            Press::Letter('w') => {
                self.only_waiting = !self.only_waiting;
                self.at = 0;
                self.choose_shown();
                self.said = match self.only_waiting {
                    true => "Only stories that wait for a reviewer are shown; w shows all again.".to_owned(),
                    false => "All open stories are shown.".to_owned(),
                };
            }
            Press::Letter('g') => {
                let before = self.walk.stories.len();
                self.look_again();
                self.said = match self.walk.stories.len() as i64 - before as i64 {
                    0 => "Nothing new came in.".to_owned(),
                    more @ 1.. => format!("{more} more to read."),
                    fewer => format!("{} fewer: somebody decided.", -fewer),
                };
            }
            Press::Escape if !self.find.is_empty() => {
                self.find.clear();
                self.choose_shown();
            }
            Press::Letter('?') => self.over = Some(Over::Help),
            Press::Letter('q') => return Then::Quit,
            Press::Letter('a' | 'c' | 'r' | 'e' | 'n' | 't' | 'y' | 'b' | 'o' | 's' | 'u' | 'x' | 'd' | 'h' | 'p') => {
                self.said = "Open the story first: Enter.".to_owned();
            }
            _ => {}
        }
        Then::Stay
    }

    /// Opens the chosen story.
    fn open(&mut self) {
        let Some((id, _)) = self.chosen() else { return };
        let id = id.clone();
        self.desk.now = crate::cli::now();
        match Reading::open(&self.desk, &self.repo, &id) {
            Ok(reading) => {
                self.fresh = true;
                self.place = Place::Story(Box::new(Open {
                    reading,
                    view: View::default(),
                    held: Vec::new(),
                    scroll: 0,
                    seen_end: false,
                    rows: None,
                }));
            }
            Err(trouble) => self.fail(trouble),
        }
    }

    fn press_story(&mut self, press: Press) -> Then {
        let Place::Story(open) = &mut self.place else {
            return Then::Stay;
        };
        let end = open
            .rows
            .as_ref()
            .map_or(0, |(_, rows)| rows.len())
            .saturating_sub(self.page.0);
        let page = self.page.0.max(3) - 2;
        match press {
            Press::Go(Move::Up) | Press::Letter('k') => open.scroll = open.scroll.saturating_sub(1),
            Press::Go(Move::Down) | Press::Letter('j') => open.scroll = (open.scroll + 1).min(end),
            Press::Go(Move::PageUp) => open.scroll = open.scroll.saturating_sub(page),
            Press::Go(Move::PageDown) | Press::Letter(' ') => open.scroll = (open.scroll + page).min(end),
            Press::Go(Move::Home) => open.scroll = 0,
            Press::Go(Move::End) => open.scroll = end,
            Press::Letter('x') => self.toggle(|v| &mut v.cut, "-- What was cut"),
            Press::Letter('d') => self.toggle(|v| &mut v.own_words, "-- What the author wrote"),
            Press::Letter('h') => self.toggle(|v| &mut v.history, "-- What happened"),
            Press::Letter('a') => self.decide(Decision::Approve),
            Press::Letter('c') => self.write(Asks::Changes),
            Press::Letter('r') => self.choose_rejection(),
            Press::Letter('o') => self.decide(Decision::Reopen),
            Press::Letter('n') => self.write(Asks::Note),
            Press::Letter('t') => self.choose_turn(),
            Press::Letter('y') => self.choose_yes(),
            Press::Letter('b') => self.choose_cut(),
            Press::Letter('e') => return self.edit(),
            Press::Letter('p') => return Then::Preview(open.reading.story.id.clone()),
            Press::Letter('u') | Press::Undo => self.undo(),
            Press::Letter('?') => self.over = Some(Over::Help),
            Press::Enter => self.go(1),
            Press::Go(Move::Right) => self.go(1),
            Press::Go(Move::Left) => self.go(-1),
            Press::Letter('s') => match open.held.is_empty() {
                true => self.go(1),
                false => {
                    self.said = format!(
                        "{} Enter writes it down and goes on; u takes it back.",
                        told(&open.held)
                    );
                }
            },
            Press::Letter('q') | Press::Escape => {
                if self.write_down() {
                    self.to_list();
                }
            }
            _ => {}
        }
        Then::Stay
    }

    /// Shows or hides a part, and goes to it.
    fn toggle(&mut self, part: fn(&mut View) -> &mut bool, headline: &str) {
        let Place::Story(open) = &mut self.place else { return };
        let shown = part(&mut open.view);
        *shown = !*shown;
        let now = *shown;
        open.rows = None;
        let (height, width) = self.page;
        let rows = self.story_rows(width);
        let end = rows.len().saturating_sub(height);
        let found = rows.iter().position(|r| super::ink::words(r).starts_with(headline));
        let Place::Story(open) = &mut self.place else { return };
        open.scroll = match found.filter(|_| now) {
            Some(at) => at.min(end),
            None => open.scroll.min(end),
        };
    }

    fn open_mut(&mut self) -> Option<&mut Open> {
        match &mut self.place {
            Place::Story(open) => Some(open),
            Place::List => None,
        }
    }

    /// Makes a decision: rehearsed, held, not written down. A letter is shown first.
    fn decide(&mut self, decision: Decision) {
        self.desk.now = crate::cli::now();
        let Place::Story(open) = &self.place else { return };
        match walk::rehearse(&self.desk, &self.repo, &open.reading, &decision) {
            Err(trouble) => self.fail(trouble),
            Ok(rehearsed) if !rehearsed.changes => self.said = format!("{}.", nothing(&decision)),
            Ok(rehearsed) => match rehearsed.letter {
                None => self.hold(decision, None, false),
                Some(letter) => {
                    self.over = Some(Over::Letter {
                        decision,
                        letter,
                        own: None,
                        scroll: 0,
                    });
                }
            },
        }
    }

    fn hold(&mut self, decision: Decision, own: Option<String>, letter: bool) {
        let Some(open) = self.open_mut() else { return };
        // the last of two decisions upon the text is the one that is meant
        let upon_text = decision.is_upon_text();
        open.held
            .retain(|h| h.decision != decision && !(upon_text && h.decision.is_upon_text()));
        let unread = decision == Decision::Approve && !open.seen_end;
        open.held.push(Held { decision, own, letter });
        if unread {
            self.said = "You have not seen the end of the text yet (Space reads on).".to_owned();
        }
    }

    fn undo(&mut self) {
        let Some(open) = self.open_mut() else { return };
        self.said = match open.held.pop() {
            Some(held) => format!("Taken back: {}", told(std::slice::from_ref(&held))),
            None => "There is nothing to take back here. What was written down before: `o` sets it aside.".to_owned(),
        };
    }

    /// Writes the held decisions down, in their order. False: something stands in the way, and is shown.
    fn write_down(&mut self) -> bool {
        let Place::Story(open) = &mut self.place else {
            return true;
        };
        self.desk.now = crate::cli::now();
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
                Ok(taken) => {
                    let title = one_line(&taken.story.title());
                    let held = open.held.remove(0);
                    self.said = match taken.changed {
                        true => format!("{}: {title}", done(&held.decision)),
                        false => format!("{}: {title}", nothing(&held.decision)),
                    };
                    for caution in &taken.cautions {
                        self.said.push_str(&format!(". {caution}"));
                    }
                    if taken.changed {
                        *self.done.entry(done(&held.decision)).or_default() += 1;
                        self.letters += usize::from(held.letter);
                    }
                    let id = &open.reading.story.id;
                    if let Some((_, summary)) = self.walk.stories.iter_mut().find(|(i, _)| i == id) {
                        *summary = open.reading.summary.clone();
                    }
                    if !stale {
                        self.walk.note_tip(&self.repo);
                    }
                }
                Err(trouble) => {
                    let moved = trouble.exit() == 6;
                    let mut failure = Failure::from(trouble);
                    if moved {
                        failure.hint = "Your decision was not written down. The story is shown again as it is now: read it, then decide.".to_owned();
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
                open.reading = reading;
                open.held.clear();
                open.scroll = 0;
                open.seen_end = false;
                open.rows = None;
            }
            Err(_) => self.to_list(),
        }
    }

    /// To another story, the decisions upon this one written down first.
    fn go(&mut self, by: isize) {
        if !self.write_down() {
            return;
        }
        let next = self.at.checked_add_signed(by).filter(|at| *at < self.shown.len());
        match next {
            Some(at) => {
                self.at = at;
                self.open();
            }
            None => {
                self.to_list();
                let end = if by > 0 {
                    "That was the last story of the list."
                } else {
                    "That was the first story."
                };
                self.said = format!("{}{}{end}", self.said, if self.said.is_empty() { "" } else { "  " });
            }
        }
    }

    fn to_list(&mut self) {
        self.place = Place::List;
        if self.walk.is_stale(&self.repo) {
            let said = std::mem::take(&mut self.said);
            self.look_again();
            self.said = said;
        }
    }

    fn write(&mut self, asks: Asks) {
        let who = match &self.place {
            Place::Story(open) => one_line(&open.reading.story.front().author),
            Place::List => String::new(),
        };
        let who = if who.is_empty() { "the author".to_owned() } else { who };
        let question = match asks {
            Asks::Changes => format!("What do you ask of {who}? Your words go into a letter, which you see next."),
            Asks::Reason => format!("Why is it declined? {who} reads your words in a letter, which you see next."),
            Asks::Note => "A note for the team. The author does not see it.".to_owned(),
            Asks::Turn => "Whose turn is it? A name.".to_owned(),
            Asks::Yes => format!("How do you know that {who} said yes? For example: told Cath by phone, 3 May."),
            Asks::Revoked => format!("How do you know that {who} took their yes back?"),
            Asks::Find => "Which words in title, author or place? Nothing shows all again.".to_owned(),
        };
        let pen = match asks {
            Asks::Find => Pen::new(&self.find),
            _ => Pen::default(),
        };
        self.over = Some(Over::Write { asks, question, pen });
    }

    /// The words that were asked for are there.
    fn written(&mut self, asks: Asks, text: &str) {
        let text = text.trim().to_owned();
        if asks == Asks::Find {
            self.find = one_line(&text);
            self.at = 0;
            self.choose_shown();
            return;
        }
        if text.is_empty() {
            self.said = "Nothing was written, so nothing is done.".to_owned();
            return;
        }
        self.decide(match asks {
            Asks::Changes => Decision::Changes(text),
            Asks::Reason => Decision::Reject { why: text, spam: false },
            Asks::Note => Decision::Note(text),
            Asks::Turn => Decision::Assign(Some(one_line(&text))),
            Asks::Yes => Decision::Consent {
                grant: true,
                evidence: text,
            },
            Asks::Revoked => Decision::Consent {
                grant: false,
                evidence: text,
            },
            Asks::Find => return,
        });
    }

    fn choose_rejection(&mut self) {
        let silently = Decision::Reject {
            why: String::new(),
            spam: true,
        };
        self.over = Some(Over::Choose {
            question: "Decline this story?".to_owned(),
            choices: vec![
                (
                    'l',
                    "with a letter to the author".to_owned(),
                    Chosen::Write(Asks::Reason),
                ),
                (
                    's',
                    "silently, because it is spam: nobody is written to".to_owned(),
                    Chosen::Decide(silently),
                ),
            ],
        });
    }

    fn choose_turn(&mut self) {
        let members = self.desk.policy.members.iter().map(|m| m.name.clone());
        let mut choices: Vec<(char, String, Chosen)> = ('1'..='9')
            .chain('a'..='z')
            .zip(members)
            .map(|(key, name)| (key, name.clone(), Chosen::Decide(Decision::Assign(Some(name)))))
            .collect();
        if choices.is_empty() {
            choices.push(('1', "write a name".to_owned(), Chosen::Write(Asks::Turn)));
        }
        choices.push((
            '0',
            "nobody in particular".to_owned(),
            Chosen::Decide(Decision::Assign(None)),
        ));
        self.over = Some(Over::Choose {
            question: "Whose turn is it?".to_owned(),
            choices,
        });
    }

    fn choose_yes(&mut self) {
        let Place::Story(open) = &self.place else { return };
        match &open.reading.story.life.consent {
            None => self.write(Asks::Yes),
            Some(grant) => {
                self.over = Some(Over::Choose {
                    question: format!(
                        "The author said yes: {} (recorded by {}).",
                        one_line(&grant.evidence),
                        grant.recorded_by
                    ),
                    choices: vec![
                        ('k', "keep it so".to_owned(), Chosen::Nothing),
                        (
                            'm',
                            "they said more: record it anew".to_owned(),
                            Chosen::Write(Asks::Yes),
                        ),
                        ('r', "they took it back".to_owned(), Chosen::Write(Asks::Revoked)),
                    ],
                });
            }
        }
    }

    fn choose_cut(&mut self) {
        let Place::Story(open) = &self.place else { return };
        if let Some(held) = open.held.iter().find(|h| h.decision.is_upon_text()) {
            self.said = format!(
                "{} Take that back first (u), then change the text.",
                told(std::slice::from_ref(held))
            );
            return;
        }
        let out: Vec<_> = open
            .reading
            .cut
            .iter()
            .filter(|p| !open.reading.back.contains(&p.n))
            .collect();
        if out.is_empty() {
            self.said = match open.reading.people {
                Some(_) => "Nothing is cut that could be brought back.".to_owned(),
                None => "What was cut is not known here: this desk has no private part of the story.".to_owned(),
            };
            return;
        }
        let choice = |(key, piece): (char, &&crate::story::draft::CutPiece)| {
            let text = one_line(&piece.text);
            let text: String = text.chars().take(60).collect();
            (
                key,
                format!("{text} ({})", one_line(&piece.why)),
                Chosen::Restore(vec![piece.n]),
            )
        };
        let mut choices: Vec<_> = ('1'..='9').chain('b'..='z').zip(&out).map(choice).collect();
        if out.len() > 1 {
            choices.push((
                'a',
                "all of it".to_owned(),
                Chosen::Restore(out.iter().map(|p| p.n).collect()),
            ));
        }
        self.over = Some(Over::Choose {
            question: "What shall be put back into the text?".to_owned(),
            choices,
        });
    }

    fn edit(&mut self) -> Then {
        let Place::Story(open) = &self.place else {
            return Then::Stay;
        };
        if let Some(held) = open.held.iter().find(|h| h.decision.is_upon_text()) {
            self.said = format!(
                "{} Take that back first (u), then change the text.",
                told(std::slice::from_ref(held))
            );
            return Then::Stay;
        }
        match walk::may_edit(&self.desk, &self.repo, &open.reading) {
            Ok(()) => Then::Edit(open.reading.story.files[INDEX].clone()),
            Err(trouble) => {
                self.fail(trouble);
                Then::Stay
            }
        }
    }

    /// The editor gave these bytes back, or failed.
    pub fn edited(&mut self, index: Result<Vec<u8>, Failure>) {
        let index = match index {
            Ok(index) => index,
            Err(failure) => return self.fail(failure),
        };
        self.desk.now = crate::cli::now();
        let Place::Story(open) = &self.place else { return };
        match walk::rehearse_edit(&self.desk, &self.repo, &open.reading, &index) {
            Ok(None) => self.said = "Nothing was changed.".to_owned(),
            Ok(Some(story)) => self.show_change(Changed::Edit(index), &story),
            Err(trouble) => {
                let mut failure = Failure::from(trouble);
                if let Ok(kept) = crate::cli::edit::keep(&index) {
                    failure.hint = format!("{}; your text is kept in {kept}", failure.hint);
                }
                self.fail(failure);
            }
        }
    }

    /// Shows what a new text changes, before it is kept.
    fn show_change(&mut self, index: Changed, story: &Story) {
        let Place::Story(open) = &self.place else { return };
        let text = |s: &Story| {
            let front = s.front();
            let head = [
                Some(front.title),
                front.subtitle,
                Some(front.author),
                front.place,
                front.description,
            ];
            let head: Vec<String> = head
                .into_iter()
                .flatten()
                .chain(front.tags)
                .chain(front.alt.into_values())
                .collect();
            format!("{}\n\n{}", head.join("\n"), s.page.body().trim_end())
        };
        self.over = Some(Over::Changed {
            index,
            old: text(&open.reading.story),
            new: text(story),
            scroll: 0,
        });
    }

    fn keep_change(&mut self, index: Changed) {
        self.desk.now = crate::cli::now();
        let Place::Story(open) = &mut self.place else { return };
        let taken = match &index {
            Changed::Edit(bytes) => walk::take_edit(&self.desk, &self.repo, &mut open.reading, bytes),
            Changed::Restore(numbers) => walk::take_restore(&self.desk, &self.repo, &mut open.reading, numbers),
        };
        match taken {
            Ok(_) => {
                let what = if matches!(index, Changed::Edit(_)) {
                    "Edited"
                } else {
                    "Put back"
                };
                *self.done.entry(what).or_default() += 1;
                let id = open.reading.story.id.clone();
                let summary = open.reading.summary.clone();
                open.rows = None;
                open.seen_end = false;
                self.fresh = true;
                self.said = format!("{what}, and kept. Approvals of the text before it no longer count.");
                if let Some((_, s)) = self.walk.stories.iter_mut().find(|(i, _)| *i == id) {
                    *s = summary;
                }
            }
            Err(trouble) => {
                let moved = trouble.exit() == 6;
                let mut failure = Failure::from(trouble);
                if let Changed::Edit(bytes) = &index
                    && let Ok(kept) = crate::cli::edit::keep(bytes)
                {
                    failure.hint = format!("{}; your text is kept in {kept}", failure.hint);
                }
                if moved {
                    self.read_again();
                }
                self.fail(failure);
            }
        }
    }

    fn press_over(&mut self, press: Press) -> Then {
        let Some(over) = self.over.take() else {
            return Then::Stay;
        };
        let page = self.page.0.max(3) - 2;
        match over {
            Over::Help | Over::Failure(_) => match press {
                Press::Enter | Press::Escape | Press::Letter(_) => {}
                _ => self.over = Some(over),
            },
            Over::Write {
                asks,
                question,
                mut pen,
            } => match press {
                Press::Enter | Press::Done => self.written(asks, &pen.text),
                Press::Escape => self.said = "Given up; nothing is done.".to_owned(),
                press => {
                    writing(&mut pen, press, self.page.1);
                    self.over = Some(Over::Write { asks, question, pen });
                }
            },
            Over::Rewrite {
                decision,
                letter,
                own,
                mut pen,
            } => match press {
                Press::Done => self.reworded(decision, letter, own, pen),
                Press::Escape => {
                    self.said = "The letter stays as it was.".to_owned();
                    self.over = Some(Over::Letter {
                        decision,
                        letter,
                        own,
                        scroll: 0,
                    });
                }
                press => {
                    let press = if press == Press::Enter { Press::NewLine } else { press };
                    writing(&mut pen, press, self.page.1);
                    self.over = Some(Over::Rewrite {
                        decision,
                        letter,
                        own,
                        pen,
                    });
                }
            },
            Over::Letter {
                decision,
                letter,
                own,
                scroll,
            } => {
                let scrolled = match press {
                    Press::Go(Move::Up) => scroll.saturating_sub(1),
                    Press::Go(Move::Down) => scroll + 1,
                    Press::Go(Move::PageUp) => scroll.saturating_sub(page),
                    Press::Go(Move::PageDown) | Press::Letter(' ') => scroll + page,
                    Press::Enter => {
                        self.hold(decision, own, true);
                        return Then::Stay;
                    }
                    Press::Escape | Press::Undo => {
                        self.said = "Given up; nothing is done.".to_owned();
                        return Then::Stay;
                    }
                    Press::Letter('e') => {
                        let pen = Pen::new(&format!("Subject: {}\n\n{}", letter.subject, letter.text.trim_end()));
                        self.over = Some(Over::Rewrite {
                            decision,
                            letter,
                            own,
                            pen,
                        });
                        return Then::Stay;
                    }
                    _ => scroll,
                };
                self.over = Some(Over::Letter {
                    decision,
                    letter,
                    own,
                    scroll: scrolled,
                });
            }
            Over::Choose { question, choices } => {
                let chosen = match press {
                    Press::Letter(key) => choices.iter().find(|(k, _, _)| *k == key).map(|(_, _, c)| c.clone()),
                    Press::Escape => {
                        self.said = "Given up; nothing is done.".to_owned();
                        return Then::Stay;
                    }
                    _ => None,
                };
                match chosen {
                    None => self.over = Some(Over::Choose { question, choices }),
                    Some(Chosen::Nothing) => {}
                    Some(Chosen::Write(asks)) => self.write(asks),
                    Some(Chosen::Decide(decision)) => self.decide(decision),
                    Some(Chosen::Restore(numbers)) => self.restore(numbers),
                }
            }
            Over::Changed {
                index,
                old,
                new,
                scroll,
            } => {
                let scrolled = match press {
                    Press::Go(Move::Up) => scroll.saturating_sub(1),
                    Press::Go(Move::Down) => scroll + 1,
                    Press::Go(Move::PageUp) => scroll.saturating_sub(page),
                    Press::Go(Move::PageDown) | Press::Letter(' ') => scroll + page,
                    Press::Enter => {
                        self.keep_change(index);
                        return Then::Stay;
                    }
                    Press::Escape | Press::Undo | Press::Letter('u') => {
                        self.said = "Dropped: the text stays as it was.".to_owned();
                        return Then::Stay;
                    }
                    Press::Letter('e') => match index {
                        Changed::Edit(bytes) => return Then::Edit(bytes),
                        Changed::Restore(_) => scroll,
                    },
                    _ => scroll,
                };
                self.over = Some(Over::Changed {
                    index,
                    old,
                    new,
                    scroll: scrolled,
                });
            }
        }
        Then::Stay
    }

    fn restore(&mut self, numbers: Vec<u32>) {
        let Place::Story(open) = &self.place else { return };
        match walk::rehearse_restore(&self.desk, &self.repo, &open.reading, &numbers) {
            Ok(None) => self.said = "It is in the text already.".to_owned(),
            Ok(Some(story)) => self.show_change(Changed::Restore(numbers), &story),
            Err(trouble) => self.fail(trouble),
        }
    }

    /// The letter in the reviewer's own words is shown again as it will leave.
    fn reworded(&mut self, decision: Decision, letter: Foretold, own: Option<String>, pen: Pen) {
        let (head, text) = pen.text.split_once("\n\n").unwrap_or((&pen.text, ""));
        let subject = head.strip_prefix("Subject:").map(one_line).unwrap_or_default();
        if subject.is_empty() || text.trim().is_empty() {
            self.said = "A letter needs a first line \"Subject: ...\", an empty line, and words.".to_owned();
            self.over = Some(Over::Rewrite {
                decision,
                letter,
                own,
                pen,
            });
            return;
        }
        let own = Some(format!("Subject: {subject}\n\n{}", text.trim()));
        let letter = Foretold {
            subject,
            text: text.trim().to_owned(),
            ..letter
        };
        self.over = Some(Over::Letter {
            decision,
            letter,
            own,
            scroll: 0,
        });
    }
}

fn writing(pen: &mut Pen, press: Press, width: usize) {
    match press {
        Press::Letter(c) => pen.write(c.encode_utf8(&mut [0; 4])),
        Press::NewLine => pen.write("\n"),
        Press::Paste(text) => pen.write(&text),
        Press::RubOut => pen.rub_out(),
        Press::Delete => pen.delete(),
        Press::Go(way) => pen.go(way, width),
        _ => {}
    }
}

/// What is held, in words: `You approve this.`
pub fn told(held: &[Held]) -> String {
    let words: Vec<String> = held
        .iter()
        .map(|h| match &h.decision {
            Decision::Approve => "You approve this text.".to_owned(),
            Decision::Changes(_) => "You ask for changes.".to_owned(),
            Decision::Reject { spam: true, .. } => "You reject this silently, as spam.".to_owned(),
            Decision::Reject { .. } => "You reject this.".to_owned(),
            Decision::Reopen => "You reopen this.".to_owned(),
            Decision::Note(_) => "You leave a note.".to_owned(),
            Decision::Assign(Some(to)) => format!("You give it to {to}."),
            Decision::Assign(None) => "You give it to nobody in particular.".to_owned(),
            Decision::Consent { grant: true, .. } => "The author said yes.".to_owned(),
            Decision::Consent { .. } => "The author took their yes back.".to_owned(),
        })
        .collect();
    words.join(" ")
}

/// As the command of that name says it.
pub fn done(decision: &Decision) -> &'static str {
    match decision {
        Decision::Approve => "Approved",
        Decision::Changes(_) => "Asked for changes",
        Decision::Reject { .. } => "Rejected",
        Decision::Reopen => "Reopened",
        Decision::Note(_) => "Noted",
        Decision::Assign(_) => "Assigned",
        Decision::Consent { grant: true, .. } => "Consent recorded",
        Decision::Consent { .. } => "Recorded that consent is revoked",
    }
}

/// As the command of that name says it where there is nothing to do.
pub fn nothing(decision: &Decision) -> &'static str {
    match decision {
        Decision::Approve => "You approved this text already",
        Decision::Changes(_) => "You asked for that already",
        Decision::Reject { .. } => "It is rejected already",
        Decision::Reopen => "It is open already",
        Decision::Note(_) => "That note is there already",
        Decision::Assign(_) => "It is so already",
        Decision::Consent { grant: true, .. } => "This consent is recorded already",
        Decision::Consent { .. } => "There is no consent to revoke",
    }
}
