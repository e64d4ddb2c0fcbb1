//! A batch of mails from one inbox: taken, kept, read and committed group by group.

use std::collections::HashSet;
use std::mem;
use std::panic::resume_unwind;
use std::sync::mpsc;
use std::thread;

use crate::hands;
use crate::inbox::{Go, Inbox, InboxError, TakeError, Ticket};
use crate::repo::{Batch, Caution, Press, Ready, StoryRepo};
use crate::spool::{Aside, AsideKind, Spool};
use crate::story::MailId;
use crate::story::erased::Erased;

use super::super::account::{Outcome, aside_report};
use super::super::intake::{self, Judged, KeptMail, ReadAll, Reader, Readers, UnderWay};
use super::super::{Desk, Trouble};

/// Read and committed together: so many mails, or so many bytes of them, are in memory at once.
const GROUP_MAILS: usize = 128;
const GROUP_BYTES: u64 = 1 << 20;
/// Settled together, by one move of the branch.
const BATCH_MAILS: usize = 1_000;
const BATCH_BYTES: u64 = 64 << 20;

/// The first of these tickets that make a batch, and the others.
pub(super) fn first(tickets: &[Ticket]) -> (&[Ticket], &[Ticket]) {
    tickets.split_at(fitting(tickets, BATCH_MAILS, BATCH_BYTES))
}

/// The same, for a group.
pub(super) fn first_group(tickets: &[Ticket]) -> (&[Ticket], &[Ticket]) {
    tickets.split_at(fitting(tickets, GROUP_MAILS, GROUP_BYTES))
}

/// Takes the mails of a batch from their inbox, beside the reading and committing of those that came before. What is left of the
/// batch, or how the inbox failed.
pub(super) fn run(
    inbox: &mut dyn Inbox,
    batch: &[Ticket],
    limit: u64,
    intake: &mut Intake,
) -> Result<Result<Vec<Ticket>, InboxError>, Trouble> {
    let beside = thread::scope(|scope| {
        let (to, groups) = mpsc::sync_channel(0);
        // nobody listens any more where the batch failed
        let give = move |group| to.send(group).map_or(Go::Stop, |()| Go::On);
        let inbox = &mut *inbox;
        let taker = hands::hire_in(scope, move || take(inbox, batch, limit, give)).ok()?;
        let done = groups.into_iter().try_for_each(|group| intake.group(group));
        Some((taker.join().unwrap_or_else(|panic| resume_unwind(panic)), done))
    });
    // in turn where there is no thread for the taker
    let (taken, done) = beside.unwrap_or_else(|| {
        let mut done = Ok(());
        let taken = take(inbox, batch, limit, |group| {
            done = intake.group(group);
            if done.is_ok() { Go::On } else { Go::Stop }
        });
        (taken, done)
    });
    done.map(|()| taken)
}

/// Mails as they were taken, few enough to be in memory at once.
type Group = Vec<(Ticket, Taken)>;

enum Taken {
    Raw(Vec<u8>, Ready),
    Not(TakeError),
    Gone,
}

/// Takes the mails of a batch, makes each ready for the pack, and gives them on group by group. The inbox is asked for all of them at
/// once, so that between two groups no server is waited for. With a thread of its own this goes on while the groups before are
/// read and committed: then three groups are in memory at most. What is left comes back, where the mails weigh more than was
/// said of them.
fn take(
    inbox: &mut dyn Inbox,
    batch: &[Ticket],
    limit: u64,
    mut give: impl FnMut(Group) -> Go,
) -> Result<Vec<Ticket>, InboxError> {
    let mut press = Press::new();
    let mut taken = HashSet::new();
    let mut group = Group::new();
    let (mut group_bytes, mut bytes) = (0, 0);
    let mut go = Go::On;
    let result = inbox.take_all(batch, limit, &mut |ticket, mail| {
        taken.insert(ticket.key);
        let mail = match mail {
            Ok(raw) => {
                group_bytes += raw.bytes.len() as u64;
                bytes += raw.bytes.len() as u64;
                let ready = press.file(&raw.bytes);
                Taken::Raw(raw.bytes, ready)
            }
            Err(TakeError::Gone) => Taken::Gone,
            Err(error) => Taken::Not(error),
        };
        group.push((ticket.clone(), mail));
        if group.len() >= GROUP_MAILS || group_bytes >= GROUP_BYTES {
            group_bytes = 0;
            go = give(mem::take(&mut group));
        }
        if bytes < BATCH_BYTES { go } else { Go::Stop }
    });
    if go == Go::On && !group.is_empty() {
        give(group);
    }
    result?;
    let left = |ticket: &&Ticket| bytes >= BATCH_BYTES && !taken.contains(&ticket.key);
    Ok(batch.iter().filter(left).cloned().collect())
}

/// What all batches of an inbox have in common.
pub(super) struct Work<'w, 'c> {
    pub desk: &'w Desk,
    pub repo: &'w StoryRepo,
    /// Its name.
    pub inbox: &'w str,
    pub crew: &'w Readers<'c>,
    pub erased: &'w Erased,
}

/// What a mail came to; `None`: it was gone.
pub(super) type Outcomes = Vec<(Ticket, Option<Judged>)>;

/// A batch under way: its mails are kept, read and committed as they come.
pub(super) struct Intake<'i, 'd, 'w, 'c> {
    work: &'i Work<'w, 'c>,
    spool: &'i mut Spool,
    reader: &'i mut Reader<'d>,
    batch: Batch<'w>,
    /// The last group, that the crew reads.
    before: Option<(Vec<Ticket>, UnderWay)>,
    judged: Outcomes,
}

impl<'i, 'd, 'w, 'c> Intake<'i, 'd, 'w, 'c> {
    pub fn begin(
        work: &'i Work<'w, 'c>,
        spool: &'i mut Spool,
        reader: &'i mut Reader<'d>,
    ) -> Result<Intake<'i, 'd, 'w, 'c>, Trouble> {
        Ok(Intake {
            batch: work.repo.batch()?,
            before: None,
            judged: Vec::new(),
            work,
            spool,
            reader,
        })
    }

    /// Keeps the mails of a group while those of the one before are read, and takes these in while the new ones are read, so that the
    /// crew has always something to do.
    fn group(&mut self, group: Group) -> Result<(), Trouble> {
        let mut here = Vec::new();
        for (ticket, taken) in group {
            let place = format!("{}: {ticket}", self.work.inbox);
            match taken {
                // not even kept: it would be in the objects again
                Taken::Raw(raw, _) if intake::is_erased(self.work.erased, &raw) => {
                    self.judged.push((ticket, Some(intake::erased_before(&place, &raw))));
                }
                Taken::Raw(raw, ready) => {
                    let (kept, key) = (self.batch.keep(&raw, &ready)?, ticket.key());
                    here.push((ticket, KeptMail { raw, kept, key, place }));
                }
                Taken::Not(error) => {
                    let judged = not_taken(&error, &place, self.work.desk, self.spool)?;
                    self.judged.push((ticket, Some(judged)));
                }
                Taken::Gone => self.judged.push((ticket, None)),
            }
        }
        let crew = self.work.crew;
        self.batch.sync()?;
        let (tickets, mails): (Vec<_>, Vec<_>) = here.into_iter().unzip();
        if Reader::one_by_one(&mails, self.spool) {
            if let Some((tickets, reading)) = self.before.take() {
                self.take_in(tickets, reading.wait(crew))?;
                self.spool.end_reading()?;
            }
            let read = self.reader.read_one_by_one(mails, &mut self.batch, self.spool)?;
            return self.take_in(tickets, read);
        }
        let looking = Reader::look_at(crew, mails, self.spool)?;
        let before = self
            .before
            .take()
            .map(|(tickets, reading)| (tickets, reading.wait(crew)));
        let reading = self.reader.read_new(crew, looking, &mut self.batch, self.spool)?;
        self.before = Some((tickets, reading));
        match before {
            Some((tickets, read)) => self.take_in(tickets, read),
            None => Ok(()),
        }
    }

    /// Takes a group in that was read.
    fn take_in(&mut self, tickets: Vec<Ticket>, read: ReadAll) -> Result<(), Trouble> {
        let judged = self
            .reader
            .take_all(self.work.repo, read, &mut self.batch, self.spool)?;
        tickets.iter().for_each(|ticket| self.spool.is_through(&ticket.key()));
        self.judged
            .extend(tickets.into_iter().zip(judged.into_iter().map(Some)));
        Ok(())
    }

    /// Makes the commits. After this the mails may be settled.
    pub fn finish(mut self) -> Result<(Outcomes, Vec<Caution>), Trouble> {
        if let Some((tickets, reading)) = self.before.take() {
            self.take_in(tickets, reading.wait(self.work.crew))?;
            self.spool.end_reading()?;
        }
        Ok((self.judged, self.batch.finish()?.cautions))
    }
}

/// How many of these tickets are taken together: one at least.
fn fitting(tickets: &[Ticket], most: usize, most_bytes: u64) -> usize {
    let mut bytes = 0_u64;
    let fits = |t: &&Ticket| {
        bytes = bytes.saturating_add(t.size().unwrap_or(64 << 10));
        bytes <= most_bytes
    };
    tickets
        .iter()
        .take(most)
        .take_while(fits)
        .count()
        .max(1)
        .min(tickets.len())
}

/// A mail that was not taken is reported and entered in the quarantine without its bytes; it stays in its inbox.
fn not_taken(error: &TakeError, place: &str, desk: &Desk, spool: &mut Spool) -> Result<Judged, Trouble> {
    let rule = match error {
        TakeError::TooLarge { .. } => "too-large",
        _ => "not-readable",
    };
    let mail = MailId::of("", "", "", place, &[]);
    let aside = Aside {
        mail_id: mail.hex(),
        kind: AsideKind::Quarantined,
        rule: rule.to_owned(),
        reason: error.to_string(),
        source: place.to_owned(),
        subject: String::new(),
        from: String::new(),
        at: desk.now,
        tells_of: None,
        untold: true,
    };
    let mut report = aside_report(Outcome::Quarantined, &aside, None);
    let news = match spool.aside_entry(&aside.mail_id[..16]) {
        Ok(Some(entry)) if intake::is_news(desk, &entry.aside) => Some(entry.id),
        // the same mail at the same place, still there: no news
        Ok(Some(_)) => {
            report.outcome = Outcome::Duplicate;
            report.reason = Some(format!("it is in the quarantine already: {error}"));
            None
        }
        _ => Some(spool.put_aside(&aside, None)?),
    };
    let settle = false;
    Ok(Judged { report, settle, news })
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};

    use super::*;
    use crate::inbox::{Cursor, Maildir, Wanted};

    #[test]
    fn mails_heavier_than_was_said_of_them_are_left_for_the_next_batch() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["new", "cur"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        let size = BATCH_BYTES / 2 + 1;
        for n in 0..3 {
            let file = File::create(folder.path().join(format!("new/{n}.desk"))).unwrap();
            file.set_len(size).unwrap();
        }
        let mut inbox = Maildir::new("mail", folder.path());
        let cursor = Cursor::start();
        let wanted = Wanted {
            cursor: &cursor,
            since: None,
        };
        let mut left = inbox.list(&wanted).unwrap().tickets;
        assert_eq!(fitting(&left, BATCH_MAILS, BATCH_BYTES), 3, "a Maildir tells no sizes");
        let mut came = Vec::new();
        while !left.is_empty() {
            let mut mails = 0;
            left = take(&mut inbox, &left, size, |group| {
                mails += group.len();
                Go::On
            })
            .unwrap();
            came.push(mails);
        }
        assert_eq!(came, [2, 1]);
    }
}
