//! Mails that need a person, and mails that a rule set aside: read again, or given up.

use crate::inbox::Cursor;
use crate::repo::{Press, StoryRepo};
use crate::spool::Spool;

use super::account::MailReport;
use super::account::Outcome;
use super::intake::{KeptMail, Reader, erased_before, is_erased};
use super::{Desk, Trouble};

/// A mail that was never downloaded leaves the quarantine, and its inbox is read from the start by the next fetch, which tries it again;
/// what was taken in from there before is known.
pub fn refetch(desk: &Desk, spool: &mut Spool, id: &str) -> Result<(), Trouble> {
    if let Some(entry) = spool.aside_entry(id)? {
        let inbox = entry.aside.source.split(": ").next().unwrap_or_default();
        if desk.config.inbox(inbox).is_some() {
            spool.put_cursor(inbox, &Cursor::start().to_bytes())?;
        }
    }
    Ok(spool.drop_aside(id)?)
}

/// Reads a mail of the quarantine again; `as_story`: it is a story, whatever the rules say. It leaves the quarantine only when it has
/// become something else.
pub fn retry(
    desk: &Desk,
    repo: &StoryRepo,
    spool: &mut Spool,
    id: &str,
    as_story: bool,
) -> Result<MailReport, Trouble> {
    let mail = spool
        .aside_mail(id)?
        .ok_or_else(|| Trouble::NotDownloaded(id.to_owned()))?;
    // another desk, which had it as a story, erased it
    if is_erased(&repo.erased(&repo.tip()?)?, mail.raw()) {
        spool.drop_aside(id)?;
        return Ok(erased_before("quarantine", mail.raw()).report);
    }
    let mut reader = Reader::new(desk, None);
    reader.again = true;
    reader.as_story = as_story;
    let mut batch = repo.batch()?;
    let kept = batch.keep(mail.raw(), &Press::new().file(mail.raw()))?;
    batch.sync()?;
    let mail = KeptMail {
        raw: mail.raw().to_vec(),
        kept,
        key: id.to_owned(),
        place: "quarantine".to_owned(),
    };
    let judged = reader.judge(repo, mail, &mut batch, spool)?;
    batch.finish()?;
    if !matches!(judged.report.outcome, Outcome::Quarantined | Outcome::SetAside) {
        spool.drop_aside(id)?;
    }
    Ok(judged.report)
}
