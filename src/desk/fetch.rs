//! Mail in. In this order, always: list, keep (raw bytes on disk), read, screen, draft, commit, settle. After a crash at any
//! instant the next run ends with each mail exactly once.

use std::collections::HashSet;
use std::mem;
use std::panic::resume_unwind;
use std::sync::mpsc;
use std::thread;

use jiff::Timestamp;
use serde::Serialize;

use crate::hands;
use crate::inbox::{Cursor, Fate, Go, Inbox, InboxError, Remark, TakeError, Ticket, Wanted};
use crate::repo::{Batch, Caution, Press, Ready, StoryRepo};
use crate::spool::{Aside, AsideKind, Spool};
use crate::story::MailId;
use crate::story::erased::Erased;

use super::account::{MailReport, Outcome, aside_report, unreadable_report};
use super::crew::Crew;
use super::intake::{self, Judged, KeptMail, ReadAll, Reader, Readers, UnderWay};
use super::{Desk, Trouble};

/// Read and committed together: so many mails, or so many bytes of them, are in memory at once.
const GROUP_MAILS: usize = 128;
const GROUP_BYTES: u64 = 1 << 20;
/// Settled together, by one move of the branch.
const BATCH_MAILS: usize = 1_000;
const BATCH_BYTES: u64 = 64 << 20;

/// How many mails came to what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Count {
    pub listed: u64,
    pub new: u64,
    #[serde(rename = "follow-up")]
    pub follow_up: u64,
    pub decision: u64,
    pub duplicate: u64,
    #[serde(rename = "set-aside")]
    pub set_aside: u64,
    pub quarantined: u64,
}

impl Count {
    fn add(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::New => self.new += 1,
            Outcome::FollowUp => self.follow_up += 1,
            Outcome::Decision => self.decision += 1,
            Outcome::Duplicate => self.duplicate += 1,
            Outcome::SetAside => self.set_aside += 1,
            Outcome::Quarantined => self.quarantined += 1,
        }
    }
}

/// Who is told while it goes on.
pub trait Watcher {
    /// So many mails wait in this inbox.
    fn listed(&mut self, inbox: &str, mails: usize);
    /// A mail is accounted for.
    fn mail(&mut self, report: &MailReport);
    fn remark(&mut self, remark: &Remark);
    fn caution(&mut self, caution: &Caution);
    /// One inbox failed; the others go on.
    fn trouble(&mut self, inbox: &str, trouble: &Trouble);
    /// Whether to go on; asked before each batch. What is left is taken in by a later run.
    fn go_on(&self) -> bool {
        true
    }
}

/// What to take.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wish {
    pub limit: Option<usize>,
    pub since: Option<Timestamp>,
}

/// One source of mail and what is done to a mail there afterwards.
pub struct Source {
    pub inbox: Box<dyn Inbox>,
    pub after: fn(&Desk, &str, Outcome) -> Fate,
    /// Whether the cursor is kept between runs: for configured inboxes, not for a PATH.
    pub remembered: bool,
    /// Whether the inbox itself knows when a mail arrived; else `--since` goes by the mail's own `Date`.
    pub dated: bool,
    pub trusted_authserv: Option<String>,
}

/// Takes mail in from every source. The first trouble of an inbox is told and the next inbox is gone on with; the last trouble
/// comes back as well, so that the exit code remembers it.
pub fn fetch(
    desk: &Desk,
    repo: &StoryRepo,
    spool: &mut Spool,
    sources: Vec<Source>,
    wish: Wish,
    watcher: &mut dyn Watcher,
) -> Result<(Count, Option<Trouble>), Trouble> {
    let mut last = None;
    let mut left = wish.limit.unwrap_or(usize::MAX);
    // what a run that read standard input left behind
    let mut count = fetch_incoming(desk, repo, spool, watcher)?;
    for mut source in sources {
        if !watcher.go_on() {
            break;
        }
        let name = source.inbox.name().to_owned();
        let before = count.listed;
        match from_one(
            desk,
            repo,
            spool,
            &mut source,
            Wish {
                limit: Some(left),
                ..wish
            },
            &mut count,
            watcher,
        ) {
            Ok(()) => {}
            // the desk's own places failing is no matter of one inbox
            Err(trouble @ (Trouble::Repo(_) | Trouble::Spool(_))) => return Err(trouble),
            Err(trouble) => {
                watcher.trouble(&name, &trouble);
                last = Some(trouble);
            }
        }
        left = left.saturating_sub((count.listed - before) as usize);
    }
    Ok((count, last))
}

fn from_one(
    desk: &Desk,
    repo: &StoryRepo,
    spool: &mut Spool,
    source: &mut Source,
    wish: Wish,
    count: &mut Count,
    watcher: &mut dyn Watcher,
) -> Result<(), Trouble> {
    let name = source.inbox.name().to_owned();
    let cursor = match source.remembered {
        true => spool
            .cursor(&name)?
            .and_then(|bytes| Cursor::from_bytes(&bytes))
            .unwrap_or_else(Cursor::start),
        false => Cursor::start(),
    };
    let mut listing = source.inbox.list(&Wanted {
        cursor: &cursor,
        since: wish.since,
    })?;
    // Only now a server has said what it can do.
    for outcome in Outcome::ALL {
        source.inbox.accepts(&(source.after)(desk, &name, outcome))?;
    }
    listing.remarks.iter().for_each(|remark| watcher.remark(remark));
    choose(desk, source, wish, &mut listing.tickets)?;
    watcher.listed(&name, listing.tickets.len());
    count.listed += listing.tickets.len() as u64;

    let erased = repo.erased(&repo.tip()?)?;
    let mut reader = Reader::new(desk, source.trusted_authserv.as_deref());
    let pen = reader.pen();
    thread::scope(|scope| {
        let crew = Crew::gather(scope, Press::new, |press, ask| pen.answer(press, ask));
        let work = Work {
            desk,
            repo,
            inbox: &name,
            crew: &crew,
            erased: &erased,
        };
        let mut rest = &listing.tickets[..];
        // of the last batch, where its mails were heavier than they were said to be
        let mut left = Vec::new();
        while !rest.is_empty() || !left.is_empty() {
            if !watcher.go_on() {
                count.listed -= (rest.len() + left.len()) as u64;
                break;
            }
            if left.is_empty() {
                let (batch, others) = rest.split_at(fitting(rest, BATCH_MAILS, BATCH_BYTES));
                (left, rest) = (batch.to_vec(), others);
            }
            let (after, limit) = (source.after, desk.config.story.max_mail_bytes);
            let mut intake = Intake::begin(&work, spool, &mut reader)?;
            let beside = thread::scope(|scope| {
                let (to, groups) = mpsc::sync_channel(0);
                // nobody listens any more where the batch failed
                let give = move |group| to.send(group).map_or(Go::Stop, |()| Go::On);
                let (inbox, batch) = (&mut *source.inbox, &left[..]);
                let taker = hands::hire_in(scope, move || take(inbox, batch, limit, give)).ok()?;
                let done = groups.into_iter().try_for_each(|group| intake.group(group));
                Some((taker.join().unwrap_or_else(|panic| resume_unwind(panic)), done))
            });
            // in turn where there is no thread for the taker
            let (taken, done) = beside.unwrap_or_else(|| {
                let mut done = Ok(());
                let taken = take(&mut *source.inbox, &left, limit, |group| {
                    done = intake.group(group);
                    if done.is_ok() { Go::On } else { Go::Stop }
                });
                (taken, done)
            });
            done?;
            let (judged, cautions) = intake.finish()?;
            // what came before an inbox failed is settled, so that a poor line gets on a little with each run
            let broken;
            (left, broken) = match taken {
                Ok(left) => (left, None),
                Err(error) => (Vec::new(), Some(error)),
            };
            cautions.iter().for_each(|c| watcher.caution(c));
            let mut settled = Vec::with_capacity(judged.len());
            for (ticket, judged) in judged {
                // a mail program took it away since it was listed: it is not ours to account for
                let Some(Judged { report, settle }) = judged else {
                    count.listed -= 1;
                    continue;
                };
                count.add(report.outcome);
                watcher.mail(&report);
                let fate = match settle {
                    true => after(desk, &name, report.outcome),
                    false => Fate::Leave,
                };
                settled.push((ticket, fate));
            }
            let told = source.inbox.settle_all(&settled);
            if source.remembered && told.is_ok() {
                spool.put_cursor(&name, &source.inbox.cursor().to_bytes())?;
            }
            if let Some(error) = broken {
                return Err(error.into());
            }
            told?;
        }
        Ok::<(), Trouble>(())
    })?;
    source.inbox.done()?;
    Ok(())
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
struct Work<'w, 'c> {
    desk: &'w Desk,
    repo: &'w StoryRepo,
    inbox: &'w str,
    crew: &'w Readers<'c>,
    erased: &'w Erased,
}

/// What a mail came to; `None`: it was gone.
type Outcomes = Vec<(Ticket, Option<Judged>)>;

/// A batch under way: its mails are kept, read and committed as they come.
struct Intake<'i, 'd, 'w, 'c> {
    work: &'i Work<'w, 'c>,
    spool: &'i mut Spool,
    reader: &'i mut Reader<'d>,
    batch: Batch<'w>,
    /// The last group, that the crew reads.
    before: Option<(Vec<Ticket>, UnderWay)>,
    judged: Outcomes,
}

impl<'i, 'd, 'w, 'c> Intake<'i, 'd, 'w, 'c> {
    fn begin(
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

    /// Keeps the mails of a group while those of the one before are read, and takes these in while the new ones are looked at, so that
    /// the crew has always something to do.
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
                    let judged = not_taken(&error, &place, self.work.desk.now, self.spool)?;
                    self.judged.push((ticket, Some(judged)));
                }
                Taken::Gone => self.judged.push((ticket, None)),
            }
        }
        let crew = self.work.crew;
        let syncing = self.batch.begin_sync()?;
        let before = self.before.take();
        let before = before.map(|(tickets, reading)| (tickets, reading.wait(crew)));
        self.batch.end_sync(syncing)?;
        let (tickets, mails): (Vec<_>, Vec<_>) = here.into_iter().unzip();
        if Reader::one_by_one(&mails, self.spool) {
            if before.is_some() {
                self.take_in(before)?;
                self.spool.end_reading()?;
            }
            let read = self.reader.read_one_by_one(mails, &mut self.batch, self.spool)?;
            return self.take_in(Some((tickets, read)));
        }
        let looking = Reader::look_at(crew, mails, self.spool)?;
        self.take_in(before)?;
        let reading = self.reader.read_new(crew, looking, &mut self.batch, self.spool)?;
        self.before = Some((tickets, reading));
        Ok(())
    }

    /// Takes a group in that was read.
    fn take_in(&mut self, group: Option<(Vec<Ticket>, ReadAll)>) -> Result<(), Trouble> {
        let Some((tickets, read)) = group else {
            return Ok(());
        };
        let judged = self
            .reader
            .take_all(self.work.repo, read, &mut self.batch, self.spool)?;
        self.judged
            .extend(tickets.into_iter().zip(judged.into_iter().map(Some)));
        Ok(())
    }

    /// Makes the commits. After this the mails may be settled.
    fn finish(mut self) -> Result<(Outcomes, Vec<Caution>), Trouble> {
        if let Some((tickets, reading)) = self.before.take() {
            let read = reading.wait(self.work.crew);
            self.take_in(Some((tickets, read)))?;
            self.spool.end_reading()?;
        }
        Ok((self.judged, self.batch.finish()?.cautions))
    }
}

/// Leaves the tickets that are wished for. What is older than `--since` is not listed and not settled: a later run takes it in. A mail
/// that cannot be read or has no date stays among them.
fn choose(desk: &Desk, source: &mut Source, wish: Wish, tickets: &mut Vec<Ticket>) -> Result<(), Trouble> {
    let limit = wish.limit.unwrap_or(usize::MAX);
    let Some(since) = wish.since.filter(|_| !source.dated) else {
        tickets.truncate(limit);
        return Ok(());
    };
    let mut chosen = Vec::new();
    let mut rest = &tickets[..];
    while !rest.is_empty() && chosen.len() < limit {
        let group;
        (group, rest) = rest.split_at(fitting(rest, GROUP_MAILS, GROUP_BYTES));
        source
            .inbox
            .take_all(group, desk.config.story.max_mail_bytes, &mut |ticket, taken| {
                let date = taken.ok().and_then(|raw| crate::mail::glance(&raw.bytes).date);
                if date.is_none_or(|date| date >= since) {
                    chosen.push(ticket.clone());
                }
                if chosen.len() < limit { Go::On } else { Go::Stop }
            })?;
    }
    *tickets = chosen;
    Ok(())
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
fn not_taken(error: &TakeError, place: &str, now: Timestamp, spool: &mut Spool) -> Result<Judged, Trouble> {
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
        at: now,
    };
    let known = matches!(spool.aside_entry(&aside.mail_id[..16]), Ok(Some(_)));
    let mut report = aside_report(Outcome::Quarantined, &aside, None);
    if known {
        // the same mail at the same place, still there: no news
        report.outcome = Outcome::Duplicate;
        report.reason = Some(format!("it is in the quarantine already: {error}"));
    } else {
        spool.put_aside(&aside, None)?;
    }
    Ok(Judged { report, settle: false })
}

/// The mails that came by standard input: durable in the spool before this is called, so that whatever happens they are taken in
/// by this run or a later one.
pub fn fetch_incoming(
    desk: &Desk,
    repo: &StoryRepo,
    spool: &mut Spool,
    watcher: &mut dyn Watcher,
) -> Result<Count, Trouble> {
    let mut count = Count::default();
    let waiting = spool.incoming()?;
    if waiting.is_empty() {
        return Ok(count);
    }
    let erased = repo.erased(&repo.tip()?)?;
    for id in waiting {
        let mail = spool.incoming_mail(&id)?;
        count.listed += 1;
        if intake::is_erased(&erased, mail.raw()) {
            let judged = intake::erased_before("standard input", mail.raw());
            count.add(judged.report.outcome);
            watcher.mail(&judged.report);
            spool.release(&id)?;
            continue;
        }
        let mut reader = Reader::new(desk, None);
        let mut batch = repo.batch()?;
        let kept = batch.keep(mail.raw(), &Press::new().file(mail.raw()))?;
        batch.sync()?;
        let mail = KeptMail {
            raw: mail.raw().to_vec(),
            kept,
            key: id[..16].to_owned(),
            place: "standard input".to_owned(),
        };
        let judged = reader.judge(repo, &mail, &mut batch, spool)?;
        let finished = batch.finish()?;
        finished.cautions.iter().for_each(|c| watcher.caution(c));
        count.add(judged.report.outcome);
        watcher.mail(&judged.report);
        spool.release(&id)?;
    }
    Ok(count)
}

/// What a fetch would do, with nothing written anywhere.
pub fn rehearse(
    desk: &Desk,
    repo: Option<&StoryRepo>,
    sources: Vec<Source>,
    wish: Wish,
    watcher: &mut dyn Watcher,
) -> Result<Count, Trouble> {
    let mut count = Count::default();
    let mut before = intake::Rehearsed::default();
    for mut source in sources {
        let name = source.inbox.name().to_owned();
        let mut listing = source.inbox.list(&Wanted {
            cursor: &Cursor::start(),
            since: wish.since,
        })?;
        listing.remarks.iter().for_each(|remark| watcher.remark(remark));
        let left = wish.limit.unwrap_or(usize::MAX).saturating_sub(count.listed as usize);
        let wish = Wish {
            limit: Some(left),
            ..wish
        };
        choose(desk, &mut source, wish, &mut listing.tickets)?;
        watcher.listed(&name, listing.tickets.len());
        for ticket in &listing.tickets {
            let place = format!("{name}: {ticket}");
            let report = match source.inbox.take(ticket, desk.config.story.max_mail_bytes) {
                Ok(raw) => {
                    let authserv = source.trusted_authserv.as_deref();
                    intake::rehearse(desk, repo, &raw.bytes, &place, authserv, &mut before)?
                }
                Err(TakeError::Gone) => continue,
                Err(TakeError::Inbox(error)) => return Err(error.into()),
                Err(error) => unreadable_report(&place, &error.to_string()),
            };
            count.listed += 1;
            count.add(report.outcome);
            watcher.mail(&report);
        }
        source.inbox.done()?;
    }
    Ok(count)
}

/// The inbox that a configuration names.
pub fn open(configured: &crate::config::Inbox) -> Result<Source, Trouble> {
    use crate::config::Source as Kind;
    let name = configured.name.clone();
    let inbox: Box<dyn Inbox> = match &configured.source {
        Kind::Mbox(path) => Box::new(crate::inbox::Mbox::new(&name, path)),
        Kind::Maildir(path) => Box::new(crate::inbox::Maildir::new(&name, path)),
        Kind::Files(path) => Box::new(crate::inbox::Files::new(&name, path)),
        Kind::Imap(imap) => Box::new(super::post::imap(&name, imap)?),
    };
    Ok(Source {
        inbox,
        after,
        remembered: true,
        dated: matches!(configured.source, Kind::Imap(_)),
        trusted_authserv: configured.trusted_authserv.clone(),
    })
}

/// A path named on the command line: read, and left as it is.
pub fn open_path(path: &std::path::Path) -> Result<Source, Trouble> {
    let inbox = crate::inbox::open_path(path)?;
    Ok(Source {
        inbox,
        after: |_, _, _| Fate::Leave,
        remembered: false,
        dated: false,
        trusted_authserv: None,
    })
}

fn after(desk: &Desk, name: &str, outcome: Outcome) -> Fate {
    use crate::config::Fate as Wanted;
    let Some(inbox) = desk.config.inbox(name) else {
        return Fate::Leave;
    };
    let wanted = match outcome {
        Outcome::New => &inbox.after.new,
        Outcome::FollowUp | Outcome::Decision => &inbox.after.follow_up,
        Outcome::Duplicate => &inbox.after.duplicate,
        Outcome::SetAside => &inbox.after.set_aside,
        Outcome::Quarantined => &inbox.after.quarantined,
    };
    match wanted {
        Wanted::Flag => Fate::Flag,
        Wanted::Move(folder) => Fate::Move(folder.clone()),
        Wanted::Label(name) => Fate::Label(name.clone()),
        Wanted::Leave => Fate::Leave,
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};

    use super::*;
    use crate::inbox::Maildir;

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
