//! One round of a reviewer through the queue: where they are, what they hold, and what each key does. It draws nothing and knows no
//! terminal, so that the screen can be tried out in a test.

use std::collections::BTreeMap;
use std::time::Duration;

use super::ink::Row;
use super::keys::{self, Key};
use super::over::{Asks, Changed, Over};
use super::page::{self, View};
use super::pen::Move;
use super::photos::{self, Photos};
use super::spoken::told;
use crate::cli::report::Failure;
use crate::desk::revision::Taking;
use crate::desk::typed::{self, Waiting};
use crate::desk::walk::{self, Decision, Reading, Walk};
use crate::desk::{Desk, StoryRepo, Trouble};
use crate::story::StoryId;
use crate::story::policy::Task;
use crate::story::record::one_line;

/// A key, as the round knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Press {
    Letter(char),
    Enter,
    NewLine,
    Done,
    Escape,
    /// As Escape, and meant.
    GiveUp,
    Undo,
    RubOut,
    RubOutWord,
    RubOutLine,
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
    Edit(Work, Vec<u8>),
    /// Show this story as a page.
    Preview(StoryId),
}

/// What a person changes in an editor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// The story's page.
    Page,
    /// The text with both wordings: the team's, and that of the author's later mail of this number.
    NewText(u32),
}

/// A decision that is made and not written down yet.
pub struct Held {
    pub decision: Decision,
    /// The reviewer's own words for the letter, where they changed it.
    pub own: Option<String>,
    pub letter: bool,
}

/// A story that is open.
pub struct Open {
    pub reading: Reading,
    pub view: View,
    pub held: Vec<Held>,
    pub scroll: usize,
    /// Whether the last row of the text was on the screen.
    pub seen_end: bool,
    /// Whether a change of the text was kept here, which is written down at once.
    pub kept: bool,
    /// As drawn in a window of so many columns, with pictures of so many rows at most.
    pub rows: Option<((usize, usize), Vec<Row>)>,
    /// The same before photos came that are to be drawn with it.
    pub grown: Option<((usize, usize), Vec<Row>)>,
    /// What was written here before and not taken, the latest first.
    pub waiting: Vec<Waiting>,
    /// Of these by their ids: with which of them somebody goes on.
    pub begun: Vec<String>,
    /// Whether the photos were asked for by the last key, and are gone to once they are there.
    pub to_photos: bool,
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
    /// What was found last, which is offered again.
    pub found: String,
    pub only_waiting: bool,
    pub place: Place,
    pub photos: Photos,
    pub over: Option<Over>,
    /// The change whose words are edited again; it lies over the story again where nothing comes of that.
    pub again: Option<Over>,
    /// How far what lies over is scrolled.
    pub over_scroll: usize,
    /// Esc was pressed once over something written.
    pub in_doubt: bool,
    /// Without an editor the text is changed on the screen.
    pub edit_here: bool,
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
        typed::forget_erased(&desk, &repo)?;
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
            found: String::new(),
            only_waiting: false,
            place: Place::List,
            photos: Photos::new(Err("Photos are shown on the whole screen only.")),
            over: None,
            again: None,
            over_scroll: 0,
            in_doubt: false,
            edit_here: false,
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
        round.say_what_waits();
        Ok(round)
    }

    /// Which stories the list shows.
    pub(super) fn choose_shown(&mut self) {
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

    pub(super) fn fail(&mut self, trouble: impl Into<Failure>) {
        self.lay(Over::Failure(trouble.into()));
    }

    /// The keys that do something now.
    pub fn keys(&self) -> &'static [Key] {
        match (&self.over, &self.place) {
            (Some(Over::Help | Over::Failure(_)), _) => keys::READ_ONLY,
            (Some(Over::Write { .. }), _) => keys::WRITING,
            (Some(Over::Rewrite(..) | Over::Text(..)), _) => keys::WRITING_MUCH,
            (Some(Over::Letter(_)), _) => keys::LETTER,
            (Some(Over::Choose { .. }), _) => keys::CHOOSING,
            (
                Some(Over::Changed {
                    index: Changed::Edit(_),
                    ..
                }),
                _,
            ) => keys::CHANGES,
            (
                Some(Over::Changed {
                    index: Changed::Accept(_, Taking { by_hand: Some(_), .. }),
                    ..
                }),
                _,
            ) => keys::PUTTING_TOGETHER,
            (Some(Over::Changed { .. }), _) => keys::PUTTING_BACK,
            (None, Place::List) => keys::LIST,
            (None, Place::Story(_)) => keys::STORY,
        }
    }

    /// Whether something is to be drawn that is not there yet.
    pub fn waits(&self) -> bool {
        matches!(&self.place, Place::Story(open) if self.over.is_none() && self.photos.waits(&open.reading))
    }

    /// Takes in what was opened of the photos since. Once a drawing, so that its rows stay the same rows.
    pub fn take_in_photos(&mut self) {
        if let Place::Story(open) = &mut self.place
            && self.photos.follow(&open.reading)
        {
            open.grown = open.rows.take();
        }
    }

    /// The rows of the open story, made once for each size.
    pub fn story_rows(&mut self, width: usize) -> &[Row] {
        let Place::Story(open) = &mut self.place else {
            return &[];
        };
        let size = (width, self.photos.tallest());
        if open.rows.as_ref().is_none_or(|(drawn, _)| *drawn != size) {
            let rows = page::rows(
                &self.desk,
                &self.repo,
                &open.reading,
                self.me.as_deref(),
                open.view,
                &self.photos,
                width,
            );
            let before = open.grown.take().filter(|(drawn, _)| *drawn == size);
            if let Some(first) = photos::first(&rows).filter(|_| open.to_photos) {
                // with the words above it
                open.scroll = first.saturating_sub(2);
            } else if let Some((_, before)) = before {
                open.scroll = photos::same_place(&before, open.scroll, &rows);
            }
            open.rows = Some((size, rows));
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
                self.said.clear();
                self.choose_shown();
            }
            Press::Letter('?') => self.lay(Over::Help),
            Press::Letter('q') => return Then::Quit,
            Press::Letter(letter) if keys::is_for_story(letter) => {
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
                let waiting = typed::of(&self.desk, &id);
                self.offer(&waiting);
                self.place = Place::Story(Box::new(Open {
                    waiting,
                    begun: Vec::new(),
                    reading,
                    view: View::default(),
                    held: Vec::new(),
                    scroll: 0,
                    seen_end: false,
                    kept: false,
                    rows: None,
                    grown: None,
                    to_photos: false,
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
        open.to_photos = false;
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
            Press::Letter('v') => self.show_photos(),
            Press::Letter('a') => self.decide(Decision::Approve),
            Press::Letter('c') => self.write(Asks::Changes),
            Press::Letter('r') => self.choose_rejection(),
            Press::Letter('o') => self.decide(Decision::Reopen),
            Press::Letter('n') => self.write(Asks::Note),
            Press::Letter('t') => self.choose_turn(),
            Press::Letter('y') => self.choose_yes(),
            Press::Letter('b') => self.choose_cut(),
            Press::Letter('i') => self.choose_photo(),
            Press::Letter('w') => self.choose_finding(),
            Press::Letter('m') => self.choose_new_text(),
            Press::Letter('f') => self.choose_off(),
            Press::Letter('e') => return self.edit(),
            Press::Letter('p') => return Then::Preview(open.reading.story.id.clone()),
            Press::Letter('u') | Press::Undo => self.undo(),
            Press::Letter('?') => self.lay(Over::Help),
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
            // everywhere else it gives up
            Press::Escape if !open.held.is_empty() => {
                self.said = format!("{} Enter or q writes it down, u takes it back.", told(&open.held));
            }
            Press::Letter('q') | Press::Escape => {
                // what stands in the way is shown
                let done = self.write_down();
                if done {
                    self.back_to_list();
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

    /// Shows the photos of this story and the next ones, or hides them.
    fn show_photos(&mut self) {
        let Place::Story(open) = &mut self.place else { return };
        let toggled = self.photos.toggle();
        let said = match (toggled, open.reading.photos().next()) {
            (Err(why), _) => why,
            (Ok(true), Some(_)) => "Photos are shown; v hides them.",
            (Ok(true), None) => "Photos are shown from now on; this story has none.",
            (Ok(false), _) => "Photos are named only; v shows them.",
        };
        self.said = said.to_owned();
        open.to_photos = toggled == Ok(true);
        open.rows = None;
    }

    pub(super) fn open_mut(&mut self) -> Option<&mut Open> {
        match &mut self.place {
            Place::Story(open) => Some(open),
            Place::List => None,
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
                self.back_to_list();
                let end = if by > 0 {
                    "That was the last story of the list."
                } else {
                    "That was the first story."
                };
                self.say_also(end);
            }
        }
    }

    pub(super) fn back_to_list(&mut self) {
        self.place = Place::List;
        if self.walk.is_stale(&self.repo) {
            let said = std::mem::take(&mut self.said);
            self.look_again();
            self.said = said;
        }
    }
}
