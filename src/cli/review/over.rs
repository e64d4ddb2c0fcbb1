//! What lies over the story or the list while something is asked or shown, and what keys do then.

use super::pen::{Move, Pen};
use super::round::{Held, Place, Press, Round, Then, Work};
use super::spoken::told;
use crate::cli::report::Failure;
use crate::desk::letters::foretold::Foretold;
use crate::desk::revision::Taking;
use crate::desk::typed::Purpose;
use crate::desk::walk::{self, Decision};
use crate::story::page::Page;
use crate::story::record::one_line;
use crate::story::step::Story;
use crate::story::wording::more_than_minor;

/// What is said where words of before stand in what is to be written.
pub(super) const AGAIN: &str = "This is what you wrote before; it was kept.";

/// One such thing.
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
    Letter(Meant),
    /// The letter's words, being changed.
    Rewrite(Meant, Pen),
    /// A text, being changed where there is no editor for it.
    Text(Typed, Pen),
    /// One of several.
    Choose {
        question: String,
        choices: Vec<(char, String, Chosen)>,
    },
    /// A new text, and the old one and it as they are compared.
    Changed {
        index: Changed,
        old: String,
        new: String,
    },
}

/// What is typed on the screen where there is no editor.
pub enum Typed {
    /// The text of this page.
    Page(Box<Page>),
    NewText(u32),
}

impl Over {
    /// Whether something is being written that would be lost.
    fn has_words(&self) -> bool {
        match self {
            Over::Write { asks, pen, .. } => *asks != Asks::Find && !pen.text.is_empty(),
            Over::Rewrite(..) | Over::Text(..) => true,
            Over::Changed { index, .. } => index.purpose().is_some(),
            Over::Letter(of) => of.own.is_some() || Purpose::of(&of.decision).is_some(),
            _ => false,
        }
    }
}

/// A decision and the letter that it calls for.
pub struct Meant {
    pub decision: Decision,
    pub letter: Foretold,
    /// The letter in the reviewer's own words, where they changed it.
    pub own: Option<String>,
}

impl Meant {
    /// The letter as it is shown to be changed.
    pub fn words(&self) -> String {
        format!("Subject: {}\n\n{}", self.letter.subject, self.letter.text.trim_end())
    }
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
    /// What the photo of this place shows.
    Photo(usize),
    /// Why the finding of this place may stand.
    Stand(usize),
    /// Why this later mail's new text is left out.
    Declined(u32),
    Takedown,
    Withdrawal,
    Find,
}

/// What a choice leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Chosen {
    Write(Asks),
    Decide(Decision),
    Restore(Vec<u32>),
    /// The story's page; `again`: as it was written before and not taken.
    Edit {
        again: bool,
    },
    /// The new text of this later mail.
    NewText(u32),
    /// Take it so.
    Take(u32, Taking),
    /// The team's words and the author's contradict each other.
    PutTogether(u32),
    Nothing,
}

/// A text that is not kept yet.
pub enum Changed {
    Edit(Vec<u8>),
    /// The page with what a photo shows.
    Photo {
        index: Vec<u8>,
        file: String,
        words: String,
    },
    Restore(Vec<u32>),
    /// A revision by the author is taken.
    Accept(u32, Taking),
}

impl Changed {
    /// What the words are for that were written by hand; none where there are none.
    pub(super) fn purpose(&self) -> Option<Purpose> {
        match self {
            Changed::Edit(_) => Some(Purpose::Page),
            Changed::Photo { file, .. } => Some(Purpose::Photo(file.clone())),
            Changed::Accept(number, taking) => taking.by_hand.as_ref().map(|_| Purpose::NewText(*number)),
            Changed::Restore(_) => None,
        }
    }
}

impl Round {
    pub fn lay(&mut self, over: Over) {
        self.over = Some(over);
        self.over_scroll = 0;
    }

    pub(super) fn press_over(&mut self, press: Press) -> Then {
        let Some(over) = self.over.take() else {
            return Then::Stay;
        };
        let writes = matches!(over, Over::Write { .. } | Over::Rewrite(..) | Over::Text(..));
        if !writes && self.scrolls_over(&press) {
            self.over = Some(over);
            return Then::Stay;
        }
        let in_doubt = std::mem::take(&mut self.in_doubt);
        if press == Press::Escape && !in_doubt && over.has_words() {
            // a slow line can make an Esc of another key
            self.in_doubt = true;
            self.said = "Esc once more gives up what you wrote; any other key goes on.".to_owned();
            self.over = Some(over);
            return Then::Stay;
        }
        if in_doubt {
            self.said.clear();
        }
        // line by line nothing written is no word about what waits
        let drops = press != Press::GiveUp;
        let press = if press == Press::GiveUp { Press::Escape } else { press };
        match (over, press) {
            (Over::Help | Over::Failure(_), Press::Enter | Press::Escape | Press::Letter(_)) => {}
            (Over::Write { asks, pen, .. }, Press::Enter | Press::Done) => {
                self.said.clear();
                self.written(asks, &pen.text);
            }
            (Over::Write { asks: Asks::Find, .. }, Press::Escape) => {}
            (
                Over::Write {
                    asks: Asks::Find,
                    question,
                    pen,
                },
                Press::Go(Move::Up),
            ) if pen.text.is_empty() => {
                self.lay(Over::Write {
                    asks: Asks::Find,
                    question,
                    pen: Pen::at_end(&self.found),
                });
            }
            (Over::Text(Typed::Page(mut page), pen), Press::Done) => self.typed(&mut page, &pen),
            (Over::Text(Typed::NewText(number), pen), Press::Done) => {
                self.edited(Work::NewText(number), Ok(pen.text.into_bytes()));
            }
            (Over::Rewrite(meant, pen), Press::Done) => {
                self.said.clear();
                self.reworded(meant, pen);
            }
            (Over::Rewrite(meant, _), Press::Escape) => {
                if drops {
                    self.forget_words(&Purpose::letter(&meant.decision));
                }
                self.said = "The letter stays as it was.".to_owned();
                self.lay(Over::Letter(meant));
            }
            (Over::Changed { index, .. }, Press::Escape | Press::Undo | Press::Letter('u')) => {
                if let Some(purpose) = index.purpose().filter(|_| drops) {
                    self.forget_words(&purpose);
                }
                self.said = "Dropped: the text stays as it was.".to_owned();
            }
            (Over::Write { asks, .. }, Press::Escape) => {
                if drops {
                    self.forget_asked(asks);
                }
                self.said = "Given up; nothing is done.".to_owned();
            }
            (Over::Text(..), Press::Escape) if self.again.is_some() => {
                self.said = "Given up: this is the text as it was before.".to_owned();
                self.over = self.again.take();
            }
            (Over::Letter(_) | Over::Choose { .. } | Over::Text(..), Press::Escape) => {
                self.said = "Given up; nothing is done.".to_owned();
            }
            (Over::Letter(meant), Press::Enter) => self.hold(meant.decision, meant.own, true),
            (Over::Letter(meant), Press::Letter('e')) => {
                let before = match meant.own {
                    None => self.go_on_with(&Purpose::letter(&meant.decision)),
                    Some(_) => None,
                };
                let words = match before {
                    Some(before) => {
                        self.said = format!("{AGAIN} Esc twice brings back the letter as it was.");
                        String::from_utf8_lossy(&before.words.text).into_owned()
                    }
                    None => meant.words(),
                };
                self.lay(Over::Rewrite(meant, Pen::new(&words)));
            }
            (Over::Changed { index, .. }, Press::Enter) => self.keep_change(index, false),
            (
                Over::Changed {
                    index: index @ Changed::Edit(_),
                    old,
                    new,
                },
                Press::Letter('m'),
            ) => match more_than_minor(&old, &new) {
                None => self.keep_change(index, true),
                Some(why) => {
                    self.said = format!("It is more than spelling and punctuation: {why}.");
                    self.over = Some(Over::Changed { index, old, new });
                }
            },
            (Over::Changed { index, old, new }, Press::Letter('e')) => {
                let edited = match &index {
                    Changed::Edit(bytes) => Some((Work::Page, bytes.clone())),
                    Changed::Accept(number, Taking { by_hand: Some(own), .. }) => {
                        Some((Work::NewText(*number), own.text.clone().into_bytes()))
                    }
                    _ => None,
                };
                let changed = Over::Changed { index, old, new };
                match edited {
                    Some((work, bytes)) => return self.edit_again(work, bytes, changed),
                    None => self.over = Some(changed),
                }
            }
            (Over::Choose { question, choices }, Press::Letter(key)) => {
                match choices
                    .iter()
                    .find(|(k, _, _)| *k == key)
                    .map(|(_, _, chosen)| chosen.clone())
                {
                    None => self.over = Some(Over::Choose { question, choices }),
                    Some(Chosen::Nothing) => {}
                    Some(Chosen::Write(asks)) => self.write(asks),
                    Some(Chosen::Decide(decision)) => self.decide(decision),
                    Some(Chosen::Edit { again }) => return self.edit_page(again),
                    Some(Chosen::Restore(numbers)) => self.restore(&numbers),
                    Some(Chosen::NewText(number)) => self.choose_what_becomes_of(number),
                    Some(Chosen::Take(number, taking)) => self.take_new_text(number, taking),
                    Some(Chosen::PutTogether(number)) => return self.put_together(number),
                }
            }
            (mut over, press) => {
                if let Over::Write { pen, .. } | Over::Rewrite(_, pen) | Over::Text(_, pen) = &mut over {
                    writing(pen, press, self.page.1);
                }
                self.over = Some(over);
            }
        }
        Then::Stay
    }

    /// Whether a key moves what is shown.
    fn scrolls_over(&mut self, press: &Press) -> bool {
        let page = self.page.0.max(3) - 2;
        let at = self.over_scroll;
        self.over_scroll = match press {
            Press::Go(Move::Up) => at.saturating_sub(1),
            Press::Go(Move::Down) => at + 1,
            Press::Go(Move::PageUp) => at.saturating_sub(page),
            Press::Go(Move::PageDown) | Press::Letter(' ') => at + page,
            _ => return false,
        };
        true
    }

    fn restore(&mut self, numbers: &[u32]) {
        let Place::Story(open) = &self.place else { return };
        match walk::rehearse_restore(&self.desk, &self.repo, &open.reading, numbers) {
            Ok(None) => self.said = "It is in the text already.".to_owned(),
            Ok(Some(story)) => self.show_change(Changed::Restore(numbers.to_vec()), &story),
            Err(trouble) => self.fail(trouble),
        }
    }

    /// Shows what a new text changes, before it is kept.
    pub(super) fn show_change(&mut self, index: Changed, story: &Story) {
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
        let (old, new) = (text(&open.reading.story), text(story));
        self.lay(Over::Changed { index, old, new });
    }

    /// The text was changed on the screen; the page's front matter stays.
    fn typed(&mut self, page: &mut Page, pen: &Pen) {
        if page.body().trim_end() != pen.text.trim_end() {
            page.set_body(&pen.text);
        }
        self.edited(Work::Page, Ok(page.render()));
    }

    /// The letter in the reviewer's own words is shown again as it will leave.
    fn reworded(&mut self, meant: Meant, pen: Pen) {
        let (head, text) = pen.text.split_once("\n\n").unwrap_or((&pen.text, ""));
        let subject = head.strip_prefix("Subject:").map(one_line).unwrap_or_default();
        let text = text.trim().to_owned();
        if subject.is_empty() || text.is_empty() {
            self.said = "A letter needs a first line \"Subject: ...\", an empty line, and words.".to_owned();
            return self.lay(Over::Rewrite(meant, pen));
        }
        if (&subject, text.as_str()) == (&meant.letter.subject, meant.letter.text.trim()) {
            return self.lay(Over::Letter(meant));
        }
        let own = Some(format!("Subject: {subject}\n\n{text}"));
        let letter = Foretold {
            subject,
            text,
            ..meant.letter
        };
        self.lay(Over::Letter(Meant { letter, own, ..meant }));
    }
}

/// Why the text cannot be changed while a decision upon it is held.
pub fn take_back_first(held: &Held) -> String {
    let told = told(std::slice::from_ref(held));
    format!("{told} Take that back first (u), then change the text.")
}

fn writing(pen: &mut Pen, press: Press, width: usize) {
    // as wide as it is drawn
    let width = width.saturating_sub(1);
    match press {
        Press::Letter(c) => pen.write(c.encode_utf8(&mut [0; 4])),
        Press::NewLine | Press::Enter => pen.write("\n"),
        Press::Paste(text) => pen.write(&text),
        Press::RubOut => pen.rub_out(),
        Press::RubOutWord => pen.rub_out_word(),
        Press::RubOutLine => pen.rub_out_line(),
        Press::Delete => pen.delete(),
        Press::Go(way) => pen.go(way, width),
        _ => {}
    }
}
