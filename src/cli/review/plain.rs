//! The walk line by line, for a screen reader, a dumb terminal, or whoever likes it: one question a story, as `git add -p` asks. It is the
//! same round with the same keys; only what is seen of it comes as lines.

use std::io::{self, BufRead, Write};

use super::draw::letter_rows;
use super::facts;
use super::ink::{Piece, Row, words, wrap};
use super::keys;
use super::over::Over;
use super::page::{self, Part};
use super::pen::Pen;
use super::round::{Held, Place, Press, Round, Then, Work};
use super::screen::keep_at_the_end;
use super::spoken::told;
use super::width::columns;
use super::words::Unkept;
use crate::cli::editor::{InHand, Unfinished, in_editor};
use crate::cli::kept::tell_kept;
use crate::cli::report::{Failure, Outcome, Report, visible};
use crate::desk::typed::{Purpose, Words};
use crate::desk::walk::age;
use crate::story::record::one_line;

/// Longer lines than this are hard to read.
const WIDEST: usize = 80;

pub fn walk(round: &mut Round, report: &Report) -> Outcome {
    let unkept = Unkept::new(round.desk.config.spool_folder());
    // where the system gives no thread, it is as before
    let _ = keep_at_the_end(unkept.clone());
    let mut plain = Plain {
        width: columns().unwrap_or(WIDEST).clamp(20, WIDEST),
        report,
        unkept,
        ended: false,
    };
    let ended = plain.walk(round);
    tell_kept(&plain.unkept.keep());
    ended
}

struct Plain<'a> {
    width: usize,
    report: &'a Report,
    unkept: Unkept,
    /// The input ended at a question.
    ended: bool,
}

impl Plain<'_> {
    fn walk(&mut self, round: &mut Round) -> Outcome {
        let many = round.shown.len();
        self.report.line(&match many {
            0 => "Nothing waits: every story is decided.".to_owned(),
            1 => "1 story to review. ? lists the answers to each question.".to_owned(),
            many => format!("{many} stories to review. ? lists the answers to each question."),
        });
        self.say(round);
        round.press(Press::Enter);
        while matches!(round.place, Place::Story(_)) || round.over.is_some() {
            self.over(round)?;
            if self.ended {
                // no answer is no decision, and words are words
                self.unkept.set(round.unkept());
                self.report.line("");
                return Ok(0);
            }
            self.say(round);
            if std::mem::take(&mut round.fresh) {
                self.story(round);
            }
            let Place::Story(open) = &mut round.place else { break };
            open.seen_end = true;
            let holds = !open.held.is_empty();
            let question = match holds {
                false => "Approve this story [a,c,r,e,n,s,q,?]? ",
                true => {
                    self.tell(&told(&open.held));
                    "Write it down and go on (u takes it back) [Enter,u,?]? "
                }
            };
            self.unkept.set(round.unkept());
            let answer = match holds {
                false => self.ask(question)?,
                true => self.ask_anew(question)?,
            };
            let Some(answer) = answer else {
                // the end of the input is no decision
                let Place::Story(open) = &round.place else { break };
                if !open.held.is_empty() {
                    self.report.line("");
                    self.report
                        .caution("your decision upon this story was not written down");
                }
                return Ok(0);
            };
            let then = self.answer(round, answer.trim())?;
            self.unkept.set(round.unkept());
            if then == Then::Quit {
                return Ok(0);
            }
        }
        self.unkept.set(Vec::new());
        self.say(round);
        Ok(0)
    }

    /// One answer to the question of a story.
    fn answer(&mut self, round: &mut Round, answer: &str) -> Result<Then, Failure> {
        let Place::Story(open) = &round.place else {
            return Ok(Then::Stay);
        };
        let held = !open.held.is_empty();
        let mut letters = answer.chars();
        let then = match (letters.next(), letters.next()) {
            (None, _) if held => round.press(Press::Enter),
            (None, _) => {
                self.report.line("a approves, s skips, q leaves, ? lists all answers.");
                Then::Stay
            }
            (Some('?'), None) => {
                self.help();
                Then::Stay
            }
            (Some('x'), None) => self.part(round, Part::Cut),
            (Some('d'), None) => self.part(round, Part::OwnWords),
            (Some('h'), None) => self.part(round, Part::History),
            (Some('v'), None) => {
                self.story(round);
                Then::Stay
            }
            (Some('l'), None) => self.list(round)?,
            (Some('q'), None) => {
                round.press(Press::Letter('q'));
                match (&round.place, &round.over) {
                    (Place::List, None) => Then::Quit,
                    _ => Then::Stay,
                }
            }
            (Some('j'), None) => round.press(Press::Go(super::pen::Move::Right)),
            (Some('k'), None) => round.press(Press::Go(super::pen::Move::Left)),
            (Some(c), None) if keys::is_for_story(c) => round.press(Press::Letter(c)),
            _ => {
                self.report
                    .line(&format!("{:?} is no answer; ? lists them.", one_line(answer)));
                Then::Stay
            }
        };
        match then {
            Then::Edit(work, bytes) => self.edit(round, work, bytes),
            Then::Preview(id) => super::preview(round, &id),
            then => return Ok(then),
        }
        Ok(Then::Stay)
    }

    fn edit(&mut self, round: &mut Round, work: Work, bytes: Vec<u8>) {
        let in_hand = InHand::begin();
        let edited = match crate::config::editor() {
            Some(_) => in_editor(&bytes, ".md"),
            None => Err(Unfinished::from(Failure::usage(
                "there is no editor to edit with",
                "neither VISUAL nor EDITOR is set",
                "set EDITOR to one, for example `export EDITOR=nano`, or use `edit STORY --title`, `--alt` and its other flags",
            ))),
        };
        round.edited(work, edited);
        // who ends the run waits for that
        self.unkept.set(round.unkept());
        drop(in_hand);
        self.say(round);
    }

    /// Asks for whatever lies over the story, until nothing does.
    fn over(&mut self, round: &mut Round) -> Result<(), Failure> {
        // what was written before is not gone on with
        let mut anew = false;
        while round.over.is_some() {
            let others = round.unkept();
            self.unkept.set(others.clone());
            let (before, asked) = match &round.over {
                Some(Over::Write { asks, .. }) if std::mem::take(&mut anew) => (None, round.purpose(*asks)),
                Some(Over::Write { asks, .. }) => (round.wrote_before(*asks), round.purpose(*asks)),
                _ => (None, None),
            };
            let story = match &round.place {
                Place::Story(open) => Some(open.reading.story.id.clone()),
                Place::List => None,
            };
            // what is written line by line is not in the round yet, and is written anew
            let note = |purpose: Option<Purpose>, text: &str| {
                let words = story.as_ref().zip(purpose);
                let words = words.map(|(story, purpose)| Words::new(story, purpose, text.as_bytes()));
                self.unkept.set(others.iter().cloned().chain(words).collect());
            };
            let Some(over) = &mut round.over else { break };
            match over {
                // only where `edit_here`, which is not so line by line
                Over::Help | Over::Text(..) => {
                    round.press(Press::GiveUp);
                }
                Over::Failure(failure) => {
                    self.report.failure(failure);
                    round.press(Press::Enter);
                }
                Over::Write { question, pen, .. } => {
                    let (question, purpose) = (question.clone(), asked.clone());
                    if let Some(before) = &before {
                        self.tell(&question);
                        self.tell("You wrote before, and it is kept:");
                        before.lines().for_each(|line| self.report.line(&format!("  {line}")));
                        match (self.ask("Use it [y,n]? ")?.as_deref().map(str::trim), &purpose) {
                            (Some("y"), _) => {
                                round.said.clear();
                                round.press(Press::Done);
                                continue;
                            }
                            (Some("n"), Some(purpose)) => {
                                round.leave_waiting(purpose);
                                anew = true;
                            }
                            (None, _) => {
                                round.press(Press::GiveUp);
                                continue;
                            }
                            _ => continue,
                        }
                        round.said.clear();
                        continue;
                    }
                    // it is written anew, not added to
                    *pen = Pen::default();
                    match self.words(&question, |text| note(purpose.clone(), text))? {
                        Some(text) => {
                            round.press(Press::Paste(text));
                            round.press(Press::Done);
                        }
                        None => {
                            round.press(Press::GiveUp);
                        }
                    }
                }
                Over::Letter(meant) => {
                    self.report.line("");
                    letter_rows(meant, self.width).iter().for_each(|row| self.row(row));
                    self.report.line("");
                    let press = match self
                        .ask_anew("Is the letter right [y,e,n,?]? ")?
                        .as_deref()
                        .map(str::trim)
                    {
                        Some("y") => Press::Enter,
                        Some("e") => Press::Letter('e'),
                        Some("n" | "u") => {
                            let (decision, own) = (meant.decision.clone(), meant.own.clone());
                            let letter = true;
                            round.press(Press::GiveUp);
                            round.set_aside(&[Held { decision, own, letter }]);
                            continue;
                        }
                        None => {
                            self.ended = true;
                            return Ok(());
                        }
                        _ => {
                            self.report
                                .line("y: yes, this letter; e: change its words; n: no, decide nothing.");
                            continue;
                        }
                    };
                    round.press(press);
                }
                Over::Rewrite(meant, pen) => {
                    let in_hand = crate::config::editor().map(|_| InHand::begin());
                    let text = match crate::config::editor() {
                        Some(_) => in_editor(pen.text.as_bytes(), ".txt")
                            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
                        None => {
                            let note = |text: &str| note(Some(Purpose::letter(&meant.decision)), text);
                            self.letter_by_line(&pen.text, note).map_err(Unfinished::from)
                        }
                    };
                    match text {
                        Ok(text) => {
                            *pen = Pen::new(&text);
                            round.press(Press::Done);
                            // words that are no letter leave it as it was
                            if let Some(Over::Rewrite(..)) = round.over {
                                self.say(round);
                                round.press(Press::GiveUp);
                            }
                        }
                        Err(Unfinished { failure, saved }) => {
                            let purpose = Purpose::letter(&meant.decision);
                            let words = story.as_ref().zip(saved);
                            let words = words.map(|(story, saved)| Words::new(story, purpose, &saved));
                            let failure = round.keep_words(failure, words);
                            self.report.failure(&failure);
                            round.press(Press::GiveUp);
                        }
                    }
                    self.unkept.set(round.unkept());
                    drop(in_hand);
                    self.say(round);
                }
                Over::Choose { question, choices } => {
                    self.tell(question);
                    for (key, words, _) in choices.iter() {
                        self.report.line(&format!("  {key}  {words}"));
                    }
                    let keys: Vec<String> = choices.iter().map(|(key, _, _)| key.to_string()).collect();
                    let answer = self.ask(&format!("Which [{}; Enter: none]? ", keys.join(",")))?;
                    let mut letters = answer.as_deref().unwrap_or_default().trim().chars();
                    let then = match (letters.next(), letters.next()) {
                        (Some(key), None) => round.press(Press::Letter(key)),
                        _ => round.press(Press::GiveUp),
                    };
                    if let Then::Edit(work, bytes) = then {
                        self.edit(round, work, bytes);
                    }
                }
                Over::Changed { old, new, .. } => {
                    self.report.line("This would change: [-taken out-]  {+put in+}");
                    let rows = page::changes(old, new, self.width);
                    rows.iter().for_each(|row| self.row(row));
                    let press = match self.ask("Keep it [y,m,e,n]? ")?.as_deref().map(str::trim) {
                        Some("y") => Press::Enter,
                        Some("m") => Press::Letter('m'),
                        Some("e") => Press::Letter('e'),
                        Some("n" | "u") => Press::GiveUp,
                        None => {
                            self.ended = true;
                            return Ok(());
                        }
                        _ => {
                            self.report.line(
                                "y: keep it; m: keep it, only spelling was changed; e: edit it again; n: drop it.",
                            );
                            continue;
                        }
                    };
                    if let Then::Edit(work, bytes) = round.press(press) {
                        self.edit(round, work, bytes);
                    }
                }
            }
        }
        Ok(())
    }

    /// Without an editor a letter's text is written anew.
    fn letter_by_line(&self, before: &str, note: impl Fn(&str)) -> Result<String, Failure> {
        let subject = before.lines().next().unwrap_or_default();
        let text = self.words("Write the whole letter anew.", |text| {
            note(&format!("{subject}\n\n{text}"))
        })?;
        Ok(match text {
            Some(text) => format!("{subject}\n\n{text}"),
            None => before.to_owned(),
        })
    }

    /// Lines until a full stop, since what is pasted has empty ones; none where nothing was written. `note` is told what is there so far.
    fn words(&self, question: &str, note: impl Fn(&str)) -> Result<Option<String>, Failure> {
        self.tell(&format!(
            "{question} A line with only a full stop ends it; an empty first line gives it up."
        ));
        let mut text = String::new();
        while let Some(line) = self.ask("> ")? {
            if line.trim() == "." || line.trim().is_empty() && text.is_empty() {
                break;
            }
            text.push_str(&line);
            text.push('\n');
            note(text.trim());
        }
        Ok(Some(text.trim().to_owned()).filter(|t| !t.is_empty()))
    }

    /// As [`Plain::ask`], for what is to be read before it is answered: lines that were there before the question answer another one.
    fn ask_anew(&self, question: &str) -> Result<Option<String>, Failure> {
        use rustix::termios::{QueueSelector, tcflush};
        // where there is no terminal, there is nobody either
        let _ = tcflush(io::stdin(), QueueSelector::IFlush);
        self.ask(question)
    }

    /// One line from the terminal; none at its end.
    fn ask(&self, question: &str) -> Result<Option<String>, Failure> {
        let failed = |e| Failure::new("input", 1, "the answer could not be read", e, "");
        let mut out = io::stdout().lock();
        let _ = write!(out, "{}", visible(question));
        let _ = out.flush();
        let mut line = Vec::new();
        let read = io::stdin().lock().read_until(b'\n', &mut line).map_err(failed)?;
        Ok((read > 0).then(|| String::from_utf8_lossy(&line).trim_end_matches(['\n', '\r']).to_owned()))
    }

    fn row(&self, row: &Row) {
        self.report.line(&words(row));
    }

    fn tell(&self, words: &str) {
        wrap(&[Piece::plain(words)], self.width, "", "")
            .iter()
            .for_each(|row| self.row(row));
    }

    fn say(&self, round: &mut Round) {
        if !round.said.is_empty() {
            self.tell(&std::mem::take(&mut round.said));
        }
    }

    fn story(&self, round: &Round) {
        let Place::Story(open) = &round.place else { return };
        self.report.line("");
        self.report
            .line(&format!("Story {} of {}", round.at + 1, round.shown.len()));
        let rows = page::rows(
            &round.desk,
            &round.repo,
            &open.reading,
            round.me.as_deref(),
            page::View::default(),
            &round.photos,
            self.width,
        );
        rows.iter().for_each(|row| self.row(row));
        self.report.line("");
    }

    fn part(&self, round: &Round, part: Part) -> Then {
        if let Place::Story(open) = &round.place {
            let rows = page::part(&round.desk, &round.repo, &open.reading, part, self.width);
            rows.iter().for_each(|row| self.row(row));
            self.report.line("");
        }
        Then::Stay
    }

    /// The list, numbered, and a story chosen from it.
    fn list(&self, round: &mut Round) -> Result<Then, Failure> {
        round.press(Press::Letter('q'));
        if !matches!(round.place, Place::List) {
            return Ok(Then::Stay);
        }
        self.say(round);
        for (at, &place) in round.shown.iter().enumerate() {
            let (_, s) = &round.walk.stories[place];
            let turn = facts::turn(&round.desk, s, round.me.as_deref());
            let came = age(s.received, round.desk.now);
            let name = if s.author.is_empty() { &s.title } else { &s.author };
            let facts = [came, facts::state_and_checks(s), turn, s.place.clone()];
            let facts: Vec<String> = facts.into_iter().filter(|f| !f.is_empty()).collect();
            self.report
                .line(&format!("{}. {}: {}", at + 1, one_line(name), facts.join(", ")));
        }
        let answer = self.ask("Which number [Enter: the one you were at]? ")?;
        let number = answer.and_then(|a| a.trim().parse::<usize>().ok());
        if let Some(at) = number
            .and_then(|n| n.checked_sub(1))
            .filter(|at| *at < round.shown.len())
        {
            round.at = at;
        }
        round.press(Press::Enter);
        Ok(Then::Stay)
    }

    fn help(&self) {
        for (key, long) in keys::PLAIN {
            self.report.line(&format!("{key:<6}{long}"));
        }
    }
}
