//! The mail that answers a letter of ours: a decision by mail, the codes it brings, a bounce.

use crate::mail;
use crate::repo::{Batch, StoryRepo};
use crate::spool::{AsideKind, CodeNote, Spool};
use crate::story::code::Code;
use crate::story::people::{PEOPLE, People};
use crate::story::screen::Rule;
use crate::story::step::Story;
use crate::story::{MailId, StoryId, Submission};

use super::super::account::{self, duplicate};
use super::super::decide::{self, Answer, Heard, Taken};
use super::super::letters::{bounce, undecided};
use super::super::{Desk, Trouble};
use super::pen::Looked;
use super::{Judged, KeptMail, Reader, done};

/// Why the answer of a member of the team to a letter of ours is set aside: it is no story, and From is no proof of who decides.
pub(in crate::desk) const TEAM_REPLY: &str = "team-reply";
const TEAM_REPLY_REASON: &str = "it is a member's answer to a letter to the team; nothing is decided by mail";
const NO_CODE_REASON: &str =
    "it is a member's answer to a letter to the team; it decides nothing without a letter's code in its subject";

pub(super) fn team_reply(desk: &Desk) -> &'static str {
    match desk.config.review.by_mail {
        true => NO_CODE_REASON,
        false => TEAM_REPLY_REASON,
    }
}

impl Reader<'_> {
    /// A reviewer's answer to a letter that offered a decision. Its code is spent by this very mail before anything else is done, so that
    /// whatever is killed the next run hears this mail again, and no other one.
    pub(super) fn decided(
        &self,
        repo: &StoryRepo,
        looked: &Looked,
        submission: &Submission,
        batch: &mut Batch,
        spool: &mut Spool,
    ) -> Result<Option<Judged>, Trouble> {
        if self.as_story || !self.desk.config.review.by_mail {
            return Ok(None);
        }
        let m = &looked.m;
        let code = decide::known(spool, submission)?;
        let note = code.as_ref().map(|(_, note)| note);
        let mut find = |id: &StoryId| Ok(batch.story(id)?);
        let heard = decide::hear(self.desk, repo, note, (submission, &m.raw), &mut find)?;
        if let (Some((hash, note)), false) = (&code, matches!(heard, Heard::No | Heard::Before(_)))
            && note.spent_by.is_none()
        {
            let spent_by = Some(submission.mail.hex());
            spool.put_code(
                hash,
                &CodeNote {
                    spent_by,
                    ..note.clone()
                },
            )?;
        }
        Ok(match heard {
            Heard::No => None,
            Heard::Before(story) => Some(done(duplicate(story, &m.place, &m.raw), true)),
            Heard::Taken(taken) => {
                let Taken { story, change, said } = *taken;
                self.spend_codes(m, submission, spool)?;
                batch.add(&change, &[(&decide::file_of(submission), m.kept)])?;
                let mut report = account::decision(story.id.clone(), story.title(), said, &m.place, &m.raw);
                report.auth.clone_from(&submission.auth);
                Some(done(report, true))
            }
            Heard::Refused(refused) => {
                if let Some(answer) = &refused.answer {
                    self.answer(repo, spool, answer, &submission.mail)?;
                }
                if let Some((hash, _)) = &code
                    && let Some(note) = spool.code(hash)?
                {
                    let first = note.spent_by == Some(submission.mail.hex());
                    let refused = note.refused.clone().or_else(|| first.then(|| refused.reason.clone()));
                    let told = note.told || !first;
                    spool.put_code(hash, &CodeNote { refused, told, ..note })?;
                }
                let why = (refused.rule, &refused.reason[..]);
                Some(self.aside(AsideKind::SetAside, looked, why, spool, Some(submission))?)
            }
        })
    }

    /// A letter to the reviewer; where a template of the team's own has a slip in it there is none.
    fn answer(&self, repo: &StoryRepo, spool: &mut Spool, answer: &Answer, mail: &MailId) -> Result<(), Trouble> {
        let about = (&answer.story, &answer.reviewer[..], mail);
        match undecided::prepare(self.desk, repo, spool, about, &answer.why, answer.again) {
            Err(Trouble::Letter(_)) => Ok(()),
            done => done,
        }
    }

    /// A mail goes where others may read it one day: what codes it brings count no more, wherever in it they stand.
    pub(super) fn spend_codes(&self, m: &KeptMail, submission: &Submission, spool: &mut Spool) -> Result<(), Trouble> {
        let out = match self.codes.get() {
            Some(out) => out,
            None => {
                let out = spool.codes()?.into_iter().collect();
                self.codes.get_or_init(|| out)
            }
        };
        if out.is_empty() {
            return Ok(());
        }
        for hash in mail::borne(&m.raw)
            .iter()
            .map(Code::hash)
            .filter(|hash| out.contains(hash))
        {
            if let Some(note) = spool.code(&hash)?.filter(|note| note.spent_by.is_none()) {
                let spent_by = Some(submission.mail.hex());
                spool.put_code(&hash, &CodeNote { spent_by, ..note })?;
            }
        }
        Ok(())
    }

    /// Records a letter of ours that came back on its story.
    pub(super) fn link_bounce(
        &mut self,
        repo: &StoryRepo,
        rule: &str,
        submission: &Submission,
        batch: &mut Batch,
    ) -> Result<(), Trouble> {
        let Some(bounce) = bounce::read(submission).filter(|_| rule == Rule::Bounce.to_string()) else {
            return Ok(());
        };
        for id in self.threads.find(self.desk, Some(repo), &bounce.message_id)? {
            let (Some(files), Some(private)) = (batch.story(&id)?, batch.private(&id, &[PEOPLE])?) else {
                continue;
            };
            let people = private.get(PEOPLE).and_then(|bytes| People::parse(bytes).ok());
            if let (Ok(story), Some(people)) = (Story::load(&id, files), people)
                && let Some(change) = bounce::change(self.desk, &story, &people, &bounce)
            {
                batch.add(&change, &[])?;
            }
        }
        Ok(())
    }
}
