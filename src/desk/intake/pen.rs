//! Reading a mail, on any thread: all that can be made of it without the content repository.

use std::collections::HashMap;

use crate::mail::{self, ReadSetting};
use crate::repo::{Press, ReadyChange};
use crate::spool::Spool;
use crate::story::answer::withdrawal;
use crate::story::draft::Draft;
use crate::story::screen::{ScreenSetting, Screened, screen};
use crate::story::submission::Note;
use crate::story::{StoryId, Submission};

use super::super::Desk;
use super::super::account::{MailReport, Outcome, report};
use super::super::crew::Crew;
use super::KeptMail;

/// Of a mail that seems to ask for that. Of a follow-up more is known.
pub(super) const TAKE_DOWN: &str = "it may be no story, but a wish to have one taken down: look for the author's story (`list --all`), \
    `withdraw` that, and `reject` this";

/// A mail, and what it is known by, without reading it.
pub struct Looked {
    pub m: KeptMail,
    pub opened: mail::Opened,
    pub glance: mail::Glance,
}

pub(super) fn look(m: KeptMail) -> Looked {
    Looked {
        opened: mail::open(&m.raw),
        glance: mail::glance(&m.raw),
        m,
    }
}

/// A mail, read: all that can be made of it without the content repository.
pub struct Reading {
    pub(super) submission: Submission,
    pub(super) made: Made,
}

/// What a mail would be if it stood alone.
pub(super) enum Made {
    /// The rule that sets it aside, and the reason.
    Aside {
        rule: String,
        reason: String,
    },
    Story(Box<Fresh>),
}

/// A new story, ready to be committed.
pub(super) struct Fresh {
    pub draft: Draft,
    pub report: MailReport,
    pub change: ReadyChange,
}

/// Mails are read by a crew.
pub type Readers<'c> = Crew<'c, Ask, Told>;

/// What one of the crew is to do.
pub enum Ask {
    Look(KeptMail),
    Read(Looked),
}

/// What came of it.
pub struct Told {
    pub(super) looked: Looked,
    pub(super) reading: Option<Result<Reading, mail::Unreadable>>,
}

/// Reads mails; every hand of the crew holds it.
pub struct Pen<'a> {
    pub(super) desk: &'a Desk,
    pub(super) setting: ReadSetting,
    pub(super) as_story: bool,
}

impl Pen<'_> {
    pub fn answer(&self, press: &mut Press, ask: Ask) -> Told {
        let (looked, reading) = match ask {
            Ask::Look(m) => (look(m), None),
            Ask::Read(mut looked) => {
                let reading = self.read(press, &looked, None);
                looked.opened.close();
                (looked, Some(reading))
            }
        };
        Told { looked, reading }
    }

    /// `note` is to be told of the draft besides.
    pub(super) fn read(
        &self,
        press: &mut Press,
        Looked { m, opened, .. }: &Looked,
        note: Option<Note>,
    ) -> Result<Reading, mail::Unreadable> {
        let mut submission = mail::read_opened(Spool::sworn_by_pack(&m.raw), opened, &self.setting)?;
        let own = self.desk.config.own_addresses();
        if let Screened::SetAside { rule, reason } = screen(&submission, &ScreenSetting { own: own.clone() })
            && !self.as_story
        {
            let rule = rule.to_string();
            let made = Made::Aside { rule, reason };
            return Ok(Reading { submission, made });
        }
        let (mut draft, photos) = self.desk.draft(&submission);
        draft.notes.extend(note);
        // a wish that is no reply to anything of ours has no story to go to
        if withdrawal(&draft.body).is_some() {
            draft.notes.push(Note::Other(TAKE_DOWN.to_owned()));
        }
        let id = StoryId::new(submission.date, &draft.author, &submission.mail);
        let report = report(Outcome::New, Some(id), &m.place, &submission, &draft, &photos);
        let change = self.desk.first_step(&submission, &draft, photos, &own);
        let change = press.change(change);
        // they are in the change as they will be published, and in the mail as they came
        submission.attachments.iter_mut().for_each(|a| a.bytes = Vec::new());
        let made = Made::Story(Box::new(Fresh { draft, report, change }));
        Ok(Reading { submission, made })
    }
}

/// The order in which mails that were read together are taken in: as they came, but none before one that it refers to, so that a
/// follow-up finds the story that the mail before it began.
pub(super) fn originals_first(read: &[Told]) -> Vec<usize> {
    let submission = |told: &'_ Told| -> Option<(String, Vec<String>)> {
        let submission = &told.reading.as_ref()?.as_ref().ok()?.submission;
        Some((submission.message_id.clone(), submission.references.clone()))
    };
    let mails: Vec<(String, Vec<String>)> = read.iter().map(|told| submission(told).unwrap_or_default()).collect();
    in_order(&mails)
}

/// The same by Message-IDs and what each refers to. Two that refer to each other stay as they came.
fn in_order(mails: &[(String, Vec<String>)]) -> Vec<usize> {
    let mut at: HashMap<&str, usize> = HashMap::new();
    for (n, (id, _)) in mails.iter().enumerate().filter(|(_, (id, _))| !id.is_empty()) {
        at.entry(id).or_insert(n);
    }
    let mut begun = vec![false; mails.len()];
    let mut order = Vec::with_capacity(mails.len());
    for start in 0..mails.len() {
        let mut path = if begun[start] { Vec::new() } else { vec![start] };
        while let Some(&n) = path.last() {
            begun[n] = true;
            let earlier = mails[n].1.iter().filter_map(|id| at.get(id.as_str()).copied());
            match earlier.into_iter().find(|earlier| !begun[*earlier]) {
                Some(earlier) => path.push(earlier),
                None => {
                    order.push(n);
                    path.pop();
                }
            }
        }
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mails_are_taken_in_as_they_came_but_none_before_one_that_it_refers_to() {
        for (mails, order) in [
            (&["a", "b", "c"][..], &[0, 1, 2][..]),
            (&["b>a", "a"], &[1, 0]),
            (&["c>b", "x", "b>a", "a"], &[3, 2, 0, 1]),
            (&["c>a,b", "b>a", "a", "d>a"], &[2, 1, 0, 3]),
            (&["b>elsewhere", "a"], &[0, 1]),
            // a circle, a mail that names itself, one Message-ID on two mails, and mails without any
            (&["a>b", "b>a", "c"], &[1, 0, 2]),
            (&["a>a", "b"], &[0, 1]),
            (&["b>a", "a", "a"], &[1, 0, 2]),
            (&[">", ""], &[0, 1]),
        ] {
            let mails: Vec<(String, Vec<String>)> = mails
                .iter()
                .map(|mail| {
                    let (id, earlier) = mail.split_once('>').unwrap_or((mail, ""));
                    (id.to_owned(), earlier.split(',').map(str::to_owned).collect())
                })
                .collect();
            assert_eq!(in_order(&mails), order, "{mails:?}");
        }
    }
}
