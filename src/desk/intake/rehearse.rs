//! What a fetch would make of a mail, with nothing written.

use std::collections::HashMap;

use crate::mail;
use crate::repo::StoryRepo;
use crate::spool::Spool;
use crate::story::id::month_of;
use crate::story::people::{PEOPLE, People};
use crate::story::screen::{ScreenSetting, Screened, screen};
use crate::story::{MailId, StoryId, Submission};

use super::super::account::{self, MailReport, Outcome, bare, duplicate, report, unreadable_report};
use super::super::decide::{self, Heard};
use super::super::threads::Threads;
use super::super::{Desk, Trouble};
use super::answers::{TEAM_REPLY, team_reply};
use super::follow::{MAX_CANDIDATES, is_thread};
use super::fresh::people;
use super::{erased_before, is_erased, known, setting};

/// What a rehearsed fetch remembers of the mails before.
#[derive(Default)]
pub struct Rehearsed {
    threads: Threads,
    people: HashMap<StoryId, People>,
    seen: HashMap<MailId, Option<StoryId>>,
}

impl Rehearsed {
    /// The story that this mail would follow.
    fn follows(
        &mut self,
        desk: &Desk,
        repo: Option<&StoryRepo>,
        submission: &Submission,
    ) -> Result<Option<StoryId>, Trouble> {
        let mut looked_at = 0;
        for reference in &submission.references {
            for id in self.threads.find(desk, repo, reference)? {
                looked_at += 1;
                let people = match (self.people.get(&id), repo) {
                    (Some(people), _) => Some(people.clone()),
                    (None, Some(repo)) => repo.private_file(&id, PEOPLE)?.and_then(|b| People::parse(&b).ok()),
                    (None, None) => None,
                };
                if people.is_some_and(|people| is_thread(&people, reference, submission)) {
                    return Ok(Some(id));
                }
                if looked_at >= MAX_CANDIDATES {
                    return Ok(None);
                }
            }
        }
        Ok(None)
    }
}

/// What a fetch would make of a mail, with nothing written.
pub fn rehearse(
    desk: &Desk,
    repo: Option<&StoryRepo>,
    raw: &[u8],
    place: &str,
    authserv: Option<&str>,
    before: &mut Rehearsed,
) -> Result<MailReport, Trouble> {
    let opened = mail::open(raw);
    let mail = opened.mail;
    if let Some(story) = before.seen.get(&mail) {
        let mut report = bare(Outcome::Duplicate, place, raw);
        report.story.clone_from(story);
        report.reason = Some("it is in the inbox twice".to_owned());
        return Ok(report);
    }
    let glance = mail::glance(raw);
    if let Some(repo) = repo {
        let tip = repo.tip()?;
        if is_erased(&repo.erased(&tip)?, raw) {
            return Ok(erased_before(place, raw).report);
        }
        let found = repo.find(&tip, &month_of(glance.date), &mail.digits())?;
        if let Some(story) = known(found, &mail, |id| Ok(repo.story(&tip, id)?))? {
            return Ok(duplicate(story, place, raw));
        }
    }
    let submission = match mail::read_opened(Spool::sworn_by_pack(raw), &opened, &setting(desk, authserv)) {
        Ok(submission) => submission,
        Err(error) => {
            let mut report = unreadable_report(place, &error.to_string());
            report.rule = Some(error.rule().to_owned());
            return Ok(report);
        }
    };
    let (draft, photos) = desk.draft(&submission);
    let mut report = report(Outcome::New, None, place, &submission, &draft, &photos);
    let heard = match (repo, desk.look_at_spool()) {
        (Some(repo), Some(shelves)) => {
            let code = decide::known(&shelves, &submission)?;
            let tip = repo.tip()?;
            let mut find = |id: &StoryId| Ok(repo.story(&tip, id)?);
            decide::hear(
                desk,
                repo,
                code.as_ref().map(|(_, note)| note),
                (&submission, raw),
                &mut find,
            )?
        }
        _ => Heard::No,
    };
    match screen(
        &submission,
        &ScreenSetting {
            own: desk.config.own_addresses(),
        },
    ) {
        Screened::SetAside { rule, reason } => {
            report.outcome = Outcome::SetAside;
            report.rule = Some(rule.to_string());
            report.reason = Some(reason);
        }
        Screened::Story if !matches!(heard, Heard::No) => {
            report = match heard {
                Heard::Before(story) => duplicate(story, place, raw),
                Heard::Taken(taken) => {
                    account::decision(taken.story.id.clone(), taken.story.title(), taken.said, place, raw)
                }
                Heard::Refused(refused) => MailReport {
                    rule: Some(refused.rule.to_owned()),
                    reason: Some(refused.reason),
                    ..bare(Outcome::SetAside, place, raw)
                },
                Heard::No => report,
            };
        }
        Screened::Story => match before.follows(desk, repo, &submission)? {
            Some(story) => {
                report.outcome = Outcome::FollowUp;
                report.story = Some(story);
            }
            None if before.threads.answers_team_letter(desk, repo, &submission)? => {
                report.outcome = Outcome::SetAside;
                report.rule = Some(TEAM_REPLY.to_owned());
                report.reason = Some(team_reply(desk).to_owned());
            }
            None => {
                let id = StoryId::new(submission.date, &draft.author, &submission.mail);
                before.threads.learn(&submission.message_id, &id);
                before.people.insert(id.clone(), people(&submission, &draft));
                report.story = Some(id);
            }
        },
    }
    before.seen.insert(mail, report.story.clone());
    Ok(report)
}
