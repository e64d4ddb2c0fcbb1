//! The questions that lie over a story: how each is worded, what may be chosen, and what becomes of an answer.

use super::over::{AGAIN, Asks, Changed, Chosen, Over, take_back_first};
use super::pen::Pen;
use super::round::{Place, Round};
use crate::desk::check::Which;
use crate::desk::edit::{self, Flags};
use crate::desk::walk::Decision;
use crate::story::check::{Finding, check};
use crate::story::draft::CutPiece;
use crate::story::record::one_line;

impl Round {
    pub(super) fn write(&mut self, asks: Asks) {
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
            Asks::Photo(at) => format!(
                "What does {} show? For those who cannot see it.",
                self.photo(at).unwrap_or_default()
            ),
            Asks::Stand(at) => {
                let found = self.finding(at).map(|f| format!("{} ({})", f.words, f.rule.name));
                let found = found.unwrap_or_default();
                format!("Why may it stand: {found}? Your reason is kept with the story.")
            }
            Asks::Declined(_) => {
                format!("Why is the new text left out? {who} reads your words in a letter, which you see next.")
            }
            Asks::Takedown => "Why does it come off? For the team; the author does not see it.".to_owned(),
            Asks::Withdrawal => format!("How do you know that {who} wishes it? For the team."),
            Asks::Find if self.found.is_empty() => "Which words in title, author or place?".to_owned(),
            Asks::Find => format!(
                "Which words in title, author or place? Enter alone finds \"{}\" again, Up brings it here.",
                one_line(&self.found)
            ),
        };
        let pen = match asks {
            Asks::Photo(at) => Pen::at_end(&self.described(at)),
            _ => Pen::default(),
        };
        let pen = match self.begin_to_write(asks) {
            Some(before) => {
                self.said = format!("{AGAIN} Esc twice gives it up.");
                Pen::at_end(&before)
            }
            None => pen,
        };
        self.lay(Over::Write { asks, question, pen });
    }

    /// The words that were asked for are there.
    pub(super) fn written(&mut self, asks: Asks, text: &str) {
        let text = text.trim().to_owned();
        if asks == Asks::Find {
            if !text.is_empty() {
                self.found = one_line(&text);
            }
            self.find.clone_from(&self.found);
            self.at = 0;
            self.choose_shown();
            if !self.find.is_empty() {
                self.said = "Esc shows all again.".to_owned();
            }
            return;
        }
        if let Asks::Photo(at) = asks {
            return self.describe(at, &one_line(&text));
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
            Asks::Stand(at) => match self.which(at) {
                Some(which) => Decision::Waive { which, why: text },
                None => return,
            },
            Asks::Declined(number) => Decision::Decline { number, why: text },
            Asks::Takedown => Decision::TakeDown(text),
            Asks::Withdrawal => Decision::Withdraw(text),
            Asks::Photo(_) | Asks::Find => return,
        });
    }

    pub(super) fn choose_rejection(&mut self) {
        let silently = Decision::Reject {
            why: String::new(),
            spam: true,
        };
        self.lay(Over::Choose {
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

    pub(super) fn choose_turn(&mut self) {
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
        self.lay(Over::Choose {
            question: "Whose turn is it?".to_owned(),
            choices,
        });
    }

    pub(super) fn choose_yes(&mut self) {
        let Place::Story(open) = &self.place else { return };
        match &open.reading.story.life.consent {
            None => self.write(Asks::Yes),
            Some(grant) => {
                self.lay(Over::Choose {
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

    pub(super) fn choose_cut(&mut self) {
        let Place::Story(open) = &self.place else { return };
        if let Some(held) = open.held.iter().find(|h| h.decision.is_upon_text()) {
            self.said = take_back_first(held);
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
        let choice = |(key, piece): (char, &&CutPiece)| {
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
        self.lay(Over::Choose {
            question: "What shall be put back into the text?".to_owned(),
            choices,
        });
    }

    /// The findings that nobody let stand yet.
    pub(super) fn findings(&self) -> Vec<Finding> {
        let Place::Story(open) = &self.place else {
            return Vec::new();
        };
        let mut found = check(&open.reading.story, &self.desk.policy.checks);
        found.retain(|f| f.waived.is_none());
        // what keeps it from being approved comes first
        found.sort_by_key(|f| !f.blocks());
        found
    }

    fn finding(&self, at: usize) -> Option<Finding> {
        self.findings().into_iter().nth(at)
    }

    /// The finding at this place, as a decision names it.
    pub(super) fn which(&self, at: usize) -> Option<Which> {
        let found = self.finding(at)?;
        Some(Which {
            rule: found.rule.name,
            n: Some(found.n),
        })
    }

    pub(super) fn choose_finding(&mut self) {
        let found = self.findings();
        if found.is_empty() {
            self.said = "There is nothing that would have to stand.".to_owned();
            return;
        }
        let keys = ('1'..='9').chain('a'..='z');
        let choice = |(at, (key, f)): (usize, (char, &Finding))| {
            let words = format!("{} ({})", f.words, f.rule.name);
            (key, words, Chosen::Write(Asks::Stand(at)))
        };
        let choices = keys.zip(&found).enumerate().map(choice).collect();
        let question = "What may stand as it is?".to_owned();
        self.lay(Over::Choose { question, choices });
    }

    pub(super) fn choose_photo(&mut self) {
        let Place::Story(open) = &self.place else { return };
        if let Some(held) = open.held.iter().find(|h| h.decision.is_upon_text()) {
            self.said = take_back_first(held);
            return;
        }
        let photos: Vec<String> = open.reading.photos().map(str::to_owned).collect();
        match photos.len() {
            0 => self.said = "This story has no photo.".to_owned(),
            1 => self.write(Asks::Photo(0)),
            _ => {
                let choice = |(at, key): (usize, char)| {
                    let words = format!("{} ({})", photos[at], one_line(&self.described(at)));
                    (
                        key,
                        words.replace(" ()", " (no description yet)"),
                        Chosen::Write(Asks::Photo(at)),
                    )
                };
                let keys = ('1'..='9').chain('a'..='z').take(photos.len());
                let choices = keys.enumerate().map(choice).collect();
                let question = "Which photo do you describe?".to_owned();
                self.lay(Over::Choose { question, choices });
            }
        }
    }

    pub(super) fn photo(&self, at: usize) -> Option<String> {
        match &self.place {
            Place::Story(open) => open.reading.photos().nth(at).map(str::to_owned),
            Place::List => None,
        }
    }

    fn described(&self, at: usize) -> String {
        let (Some(file), Place::Story(open)) = (self.photo(at), &self.place) else {
            return String::new();
        };
        open.reading.story.front().alt.remove(&file).unwrap_or_default()
    }

    /// The description is an edit as any other, and shown before it is kept.
    fn describe(&mut self, at: usize, words: &str) {
        let (Some(file), Place::Story(open)) = (self.photo(at), &self.place) else {
            return;
        };
        let words = words.to_owned();
        let flags = Flags {
            alt: vec![(file.clone(), words.clone())],
            ..Flags::default()
        };
        match edit::apply(&open.reading.story, &flags) {
            Ok(page) => self.try_change(Changed::Photo {
                index: page.render(),
                file,
                words,
            }),
            Err(refusal) => self.fail(refusal),
        }
    }
}
