//! Mail in. In this order, always: list, keep (raw bytes on disk), read, screen, draft, commit, settle. After a crash at any
//! instant the next run ends with each mail exactly once.

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
use super::intake::{self, Judged, KeptMail, Reader, Readers};
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
        while !rest.is_empty() {
            if !watcher.go_on() {
                count.listed -= rest.len() as u64;
                break;
            }
            let (after, limit) = (source.after, desk.config.story.max_mail_bytes);
            let mut taker = Taker::new(&mut *source.inbox, rest, limit);
            let giver = &mut taker;
            let came = thread::scope(|scope| {
                let (to, groups) = mpsc::sync_channel(0);
                // nobody listens any more where the batch failed
                hands::hire_in(scope, move || giver.try_for_each(|group| to.send(group)).unwrap_or(())).ok()?;
                Some(work.take_in(spool, &mut reader, groups.into_iter()))
            });
            // in turn where there is no thread for the taker
            let came = came.unwrap_or_else(|| work.take_in(spool, &mut reader, taker.by_ref()));
            let Came {
                judged,
                cautions,
                broken,
            } = came?;
            rest = &rest[taker.mails..];
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

/// A group of mails as they were taken; `Err`: the inbox fails, and no more come.
type Group = Result<Vec<(Ticket, Taken)>, InboxError>;

enum Taken {
    Raw(Vec<u8>, Ready),
    Not(TakeError),
    Gone,
}

/// Takes the mails of one batch, group by group, and makes each ready for the pack. With a thread of its own it does so while the
/// group before is read and committed; then three groups are in memory at most.
struct Taker<'t> {
    inbox: &'t mut dyn Inbox,
    tickets: &'t [Ticket],
    limit: u64,
    press: Press,
    /// How many mails were taken, and what they weigh.
    mails: usize,
    bytes: u64,
    failed: bool,
}

impl<'t> Taker<'t> {
    fn new(inbox: &'t mut dyn Inbox, tickets: &'t [Ticket], limit: u64) -> Self {
        Taker {
            inbox,
            tickets,
            limit,
            press: Press::new(),
            mails: 0,
            bytes: 0,
            failed: false,
        }
    }
}

impl Iterator for Taker<'_> {
    type Item = Group;

    fn next(&mut self) -> Option<Group> {
        let full = self.mails >= self.tickets.len().min(BATCH_MAILS) || self.bytes >= BATCH_BYTES;
        if full || self.failed {
            return None;
        }
        let group = group(&self.tickets[self.mails..]);
        let mut taken = Vec::with_capacity(group.len());
        let result = self.inbox.take_all(group, self.limit, &mut |ticket, mail| {
            let mail = match mail {
                Ok(raw) => {
                    self.bytes += raw.bytes.len() as u64;
                    let ready = self.press.file(&raw.bytes);
                    Taken::Raw(raw.bytes, ready)
                }
                Err(TakeError::Gone) => Taken::Gone,
                Err(error) => Taken::Not(error),
            };
            taken.push((ticket.clone(), mail));
            Go::On
        });
        self.mails += group.len();
        self.failed = result.is_err();
        Some(result.map(|()| taken))
    }
}

/// What a batch came to, mail by mail; `None`: it was gone.
struct Came {
    judged: Vec<(Ticket, Option<Judged>)>,
    cautions: Vec<Caution>,
    /// The inbox failed. What came before is finished, so that a poor line gets on a little with each run.
    broken: Option<InboxError>,
}

/// What all batches of an inbox have in common.
struct Work<'w, 'c> {
    desk: &'w Desk,
    repo: &'w StoryRepo,
    inbox: &'w str,
    crew: &'w Readers<'c>,
    erased: &'w Erased,
}

impl Work<'_, '_> {
    /// Keeps, reads and commits the mails of one batch. When this returns they may be settled.
    fn take_in(
        &self,
        spool: &mut Spool,
        reader: &mut Reader,
        groups: impl Iterator<Item = Group>,
    ) -> Result<Came, Trouble> {
        let mut batch = self.repo.batch()?;
        let mut all = Vec::new();
        let mut before = Vec::new();
        let mut broken = None;
        for group in groups {
            let group = match group {
                Ok(group) => group,
                Err(error) => {
                    broken = Some(error);
                    break;
                }
            };
            let mut here = Vec::new();
            for (ticket, taken) in group {
                let place = format!("{}: {ticket}", self.inbox);
                match taken {
                    // not even kept: it would be in the objects again
                    Taken::Raw(raw, _) if intake::is_erased(self.erased, &raw) => {
                        all.push((ticket, Some(intake::erased_before(&place, &raw))));
                    }
                    Taken::Raw(raw, ready) => {
                        let (kept, key) = (batch.keep(&raw, &ready)?, ticket.key());
                        here.push((ticket, KeptMail { raw, kept, key, place }));
                    }
                    Taken::Not(error) => {
                        let judged = not_taken(&error, &place, self.desk.now, spool)?;
                        all.push((ticket, Some(judged)));
                    }
                    Taken::Gone => all.push((ticket, None)),
                }
            }
            // the disk is waited for while the group before is read
            let syncing = batch.begin_sync()?;
            let last = std::mem::replace(&mut before, here);
            all.extend(self.judge(spool, reader, &mut batch, last)?);
            batch.end_sync(syncing)?;
        }
        all.extend(self.judge(spool, reader, &mut batch, before)?);
        let cautions = batch.finish()?.cautions;
        Ok(Came {
            judged: all,
            cautions,
            broken,
        })
    }

    /// Judges a group of mails that are durable.
    fn judge(
        &self,
        spool: &mut Spool,
        reader: &mut Reader,
        batch: &mut Batch,
        group: Vec<(Ticket, KeptMail)>,
    ) -> Result<impl Iterator<Item = (Ticket, Option<Judged>)> + use<>, Trouble> {
        let (tickets, mails): (Vec<_>, Vec<_>) = group.into_iter().unzip();
        let judged = reader.judge_all(self.crew, self.repo, mails, batch, spool)?;
        Ok(tickets.into_iter().zip(judged.into_iter().map(Some)))
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
        let group = group(rest);
        rest = &rest[group.len()..];
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

/// As many tickets as may be in memory at once.
fn group(tickets: &[Ticket]) -> &[Ticket] {
    let mut bytes = 0;
    let fits = |t: &&Ticket| {
        bytes += t.size().unwrap_or(64 << 10);
        bytes <= GROUP_BYTES
    };
    let many = tickets.iter().take(GROUP_MAILS).take_while(fits).count();
    &tickets[..many.max(1)]
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
