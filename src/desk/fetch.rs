//! Mail in. In this order, always: list, keep (raw bytes on disk), read, screen, draft, commit, settle. After a crash at any
//! instant the next run ends with each mail exactly once. The run is here; `batch` takes mails in, a thousand at most at a time.

mod batch;

use std::thread;

use jiff::Timestamp;
use serde::Serialize;

use crate::inbox::{Cursor, Fate, Go, Inbox, Remark, TakeError, Ticket, Wanted};
use crate::repo::{Caution, Press, StoryRepo};
use crate::spool::Spool;

use super::account::{MailReport, Outcome, unreadable_report};
use super::crew::Crew;
use super::intake::{self, Judged, KeptMail, Reader};
use super::{Desk, Trouble};
use batch::{Intake, Work};

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
                let (now, later) = batch::first(rest);
                (left, rest) = (now.to_vec(), later);
            }
            let (after, limit) = (source.after, desk.config.story.max_mail_bytes);
            let mut intake = Intake::begin(&work, spool, &mut reader)?;
            let taken = batch::run(&mut *source.inbox, &left, limit, &mut intake)?;
            let (judged, cautions) = intake.finish()?;
            // what came before an inbox failed is settled, so that a poor line gets on a little with each run
            let broken;
            (left, broken) = match taken {
                Ok(left) => (left, None),
                Err(error) => (Vec::new(), Some(error)),
            };
            cautions.iter().for_each(|c| watcher.caution(c));
            let (mut settled, mut told) = (Vec::with_capacity(judged.len()), Vec::new());
            for (ticket, judged) in judged {
                // a mail program took it away since it was listed: it is not ours to account for
                let Some(Judged { report, settle, news }) = judged else {
                    count.listed -= 1;
                    continue;
                };
                count.add(report.outcome);
                watcher.mail(&report);
                told.extend(news);
                let fate = match settle {
                    true => after(desk, &name, report.outcome),
                    false => Fate::Leave,
                };
                settled.push((ticket, fate));
            }
            spool.told_of_asides(&told)?;
            let settling = source.inbox.settle_all(&settled);
            if source.remembered && settling.is_ok() {
                spool.put_cursor(&name, &source.inbox.cursor().to_bytes())?;
            }
            if let Some(error) = broken {
                return Err(error.into());
            }
            settling?;
        }
        Ok::<(), Trouble>(())
    })?;
    source.inbox.done()?;
    Ok(())
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
        (group, rest) = batch::first_group(rest);
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
        let judged = reader.judge(repo, mail, &mut batch, spool)?;
        let finished = batch.finish()?;
        finished.cautions.iter().for_each(|c| watcher.caution(c));
        count.add(judged.report.outcome);
        watcher.mail(&judged.report);
        spool.told_of_asides(judged.news.as_slice())?;
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
