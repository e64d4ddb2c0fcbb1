//! An IMAP mailbox (RFC 3501, RFC 9051). Mails are known by UIDVALIDITY and UID alone, read with BODY.PEEK, and marked
//! only when they are settled.
//!
//! Our own client rather than a library: what is read is bounded in bytes and in time whatever the server announces, an
//! answer counts only for a UID that was asked for, and the next bodies are asked for while the last ones come.

mod answer;
mod mark;
mod name;
mod session;
mod wire;

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use jiff::tz::TimeZone;

use super::cursor::Seen;
use super::{Cursor, Fate, Go, Inbox, InboxError, Listing, Place, RawMail, TakeError, Ticket, Wanted, key_of};
use answer::Status;
use mark::{NO_LABELS, mark_set};
use name::{mailbox, quoted, sets};
use session::{Session, time_for};
use wire::Literal;

/// Set on mails whose outcome is on disk, beside `\Seen`: so that a mail a person read first is not taken for ours.
const KEYWORD: &str = "M4C-Stories";
/// Commands are kept to what servers take (RFC 7162, section 4, advises 8,192 bytes).
const LONGEST_SET: usize = 7000;
/// How much is asked for at once, and how many such requests are under way: what comes while one mail is worked on waits
/// in the sockets' buffers, not in memory.
const BATCH_BYTES: u64 = 1 << 20;
const BATCH_MAILS: usize = 50;
const UNDER_WAY: usize = 2;
/// The most mails of one listing: what is over waits for the next run. Some 100 bytes each are in memory.
const MOST_MAILS: usize = 1_000_000;
/// Mails left open below the last settled one that the cursor names.
const MOST_OPEN: usize = 1000;

/// Mails passed over in one go because a session broke on them; where there are more it is the server that is broken.
const MOST_BROKEN: usize = 3;

/// For marking what was taken when the session's own time is up.
const MARKING: Duration = Duration::from_secs(60);

/// Who is given the mails.
type Each<'a> = &'a mut dyn FnMut(&Ticket, Result<RawMail, TakeError>) -> Go;

/// Where the mailbox is and who we are there.
#[derive(Clone)]
pub struct ImapAccount {
    pub host: String,
    pub port: u16,
    pub tls: Tls,
    /// PEM certificates trusted besides the system's.
    pub ca_file: Option<PathBuf>,
    pub user: String,
    pub login: Login,
    /// `INBOX`
    pub mailbox: String,
    /// The longest a session may take as a whole: a server that dribbles ends here, and the next run goes on.
    pub deadline: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    Implicit,
    /// Never skipped: a server that does not offer it is left.
    StartTls,
    /// To this machine only.
    None,
}

/// What a server was found to be and to have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// It tells of new mail by itself.
    pub idle: bool,
    /// It has labels, as Gmail has.
    pub labels: bool,
    /// Folders that are not there.
    pub missing: Vec<String>,
}

/// How we show who we are. Never printed.
#[derive(Clone)]
pub enum Login {
    /// AUTHENTICATE PLAIN, or LOGIN.
    Password(String),
    /// An OAuth token, by XOAUTH2 or OAUTHBEARER.
    Token(String),
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Login::Password(_) => "Password(..)",
            Login::Token(_) => "Token(..)",
        })
    }
}

/// An IMAP mailbox; connected to when it is listed.
pub struct Imap {
    name: String,
    account: ImapAccount,
    session: Option<Session>,
    /// When the work begun by the last listing has to be done, in however many sessions.
    until: Option<Instant>,
    /// What the last run left, when this run asked for a part of the mailbox only.
    partial: Option<Cursor>,
    validity: u32,
    upto: u32,
    listed: Vec<u32>,
    settled: HashSet<u32>,
}

impl Imap {
    pub fn new(name: impl Into<String>, account: ImapAccount) -> Imap {
        Imap {
            name: name.into(),
            account,
            session: None,
            until: None,
            partial: None,
            validity: 0,
            upto: 0,
            listed: Vec::new(),
            settled: HashSet::new(),
        }
    }

    /// Connects, logs in, opens the mailbox, and asks which of `folders` are there: what `doctor` wants to know. Nothing is marked or made.
    pub fn try_out(&mut self, folders: &[&str]) -> Result<Tried, InboxError> {
        let tried = self.session().and_then(|session| {
            let mut missing = Vec::new();
            for folder in folders {
                let command = format!("STATUS {} (UIDVALIDITY)", mailbox(folder));
                let said = session.talk(&command, time_for(0), &mut |_| Ok(()))?;
                if said.status != Status::Ok {
                    missing.push((*folder).to_owned());
                }
            }
            Ok(Tried {
                idle: session.can("IDLE"),
                labels: session.can("X-GM-EXT-1"),
                missing,
            })
        });
        self.or_drop(tried)
    }

    /// Connects, if there is no connection; whether the server tells of new mail by itself (IDLE, RFC 2177).
    pub fn connect(&mut self) -> Result<bool, InboxError> {
        Ok(self.session()?.can("IDLE"))
    }

    /// The session, made if there is none. One with another UIDVALIDITY than was listed makes the tickets void.
    fn session(&mut self) -> Result<&mut Session, InboxError> {
        if self.session.is_none() {
            self.until = Some(Instant::now() + self.account.deadline);
        }
        self.resumed()
    }

    /// The session, made again if it broke, with the time that is left.
    fn resumed(&mut self) -> Result<&mut Session, InboxError> {
        if self.session.is_none() {
            let until = *self.until.get_or_insert(Instant::now() + self.account.deadline);
            let rest = ImapAccount {
                deadline: until.saturating_duration_since(Instant::now()),
                ..self.account.clone()
            };
            self.session = Some(Session::open(&rest)?);
        }
        Ok(self.session.as_mut().expect("it was just made"))
    }

    /// Waits for new mail, at most `longest` (servers hang up after 30 minutes; 25 is wise), as long as `go_on` says so,
    /// which is asked twice a second; whether any came. Without IDLE (RFC 2177) it only waits: then the caller polls. The
    /// account's deadline has to be longer than the wait.
    pub fn wait_for_mail(&mut self, longest: Duration, go_on: &dyn Fn() -> bool) -> Result<bool, InboxError> {
        let session = self.session()?;
        if !session.can("IDLE") {
            let begun = Instant::now();
            while begun.elapsed() < longest && go_on() {
                std::thread::sleep(Duration::from_millis(500).min(longest));
            }
            return Ok(false);
        }
        let came = session.idle(longest, go_on);
        self.or_drop(came)
    }

    /// A failed session is not used again: nothing tells what its next answer belongs to.
    fn or_drop<T>(&mut self, result: Result<T, InboxError>) -> Result<T, InboxError> {
        if result.is_err() {
            self.session = None;
        }
        result
    }

    fn find(&mut self, wanted: &Wanted) -> Result<Vec<Ticket>, InboxError> {
        let session = self.session()?;
        let selected = session.selected;
        let (upto, open) = match &wanted.cursor.0 {
            // UIDs never go back under one UIDVALIDITY; where they do all the same, the mailbox was made anew.
            Seen::Uids { validity, upto, open }
                if *validity == selected.validity && (selected.next == 0 || selected.next > *upto) =>
            {
                (*upto, open.clone())
            }
            _ => (0, Vec::new()),
        };
        let mut uids = Vec::new();
        let mut search = |range: &str| {
            let mut command = format!("UID SEARCH UID {range} UNDELETED UNDRAFT");
            if selected.keywords {
                command.push_str(&format!(" UNKEYWORD {KEYWORD}"));
            }
            if let Some(since) = wanted.since {
                // A day earlier, as the server compares its own local dates.
                let day = TimeZone::UTC
                    .to_datetime(since)
                    .date()
                    .yesterday()
                    .unwrap_or(jiff::civil::Date::MIN);
                command.push_str(&format!(" SINCE {}", day.strftime("%-d-%b-%Y")));
            }
            let said = session.talk(&command, time_for(0), &mut |answer| {
                if let Some(found) = answer.search() {
                    uids.extend(found?);
                }
                // An answer without end costs time, which has one, but no more memory than this.
                if uids.len() > 2 * MOST_MAILS {
                    oldest(&mut uids);
                }
                Ok(())
            })?;
            match said.status {
                Status::Ok => Ok(()),
                _ => Err(session.refused(&command, said)),
            }
        };
        for set in sets(&open, LONGEST_SET) {
            search(&set)?;
        }
        // Where the next UID is the one after the last settled, nothing came.
        if upto < u32::MAX && selected.next != upto + 1 {
            search(&format!("{}:*", upto + 1))?;
        }
        // `n:*` names the last mail even when its UID is lower.
        uids.retain(|uid| *uid > upto || open.binary_search(uid).is_ok());
        oldest(&mut uids);
        let sizes = sizes(session, &uids)?;
        let ticket = |uid: &u32| {
            let key = key_of(&[&selected.validity.to_be_bytes(), &uid.to_be_bytes()]);
            Ticket::new(key, Place::Uid(*uid), sizes.get(uid).copied())
        };
        let tickets = uids.iter().map(ticket).collect();
        self.validity = selected.validity;
        self.upto = upto;
        self.listed = uids;
        self.settled.clear();
        self.partial = wanted.since.is_some().then(|| wanted.cursor.clone());
        Ok(tickets)
    }

    /// Takes the first `many` of those left; they are left no longer once they were given to `each`.
    fn take_left(&mut self, left: &mut Left, many: usize, limit: u64, each: Each) -> Result<(), InboxError> {
        let some = left.tickets[..many.min(left.tickets.len())].to_vec();
        let mut given = HashSet::new();
        let taken = self.take_some(&some, limit, &mut |ticket, mail| {
            given.insert(ticket.key);
            let go = each(ticket, mail);
            left.stopped = go == Go::Stop;
            go
        });
        left.tickets.retain(|ticket| !given.contains(&ticket.key));
        self.or_drop(taken)
    }

    fn take_some(&mut self, tickets: &[Ticket], limit: u64, each: Each) -> Result<(), InboxError> {
        let validity = self.validity;
        let session = self.resumed()?;
        if session.selected.validity != validity {
            for ticket in tickets {
                if each(ticket, Err(TakeError::Gone)) == Go::Stop {
                    break;
                }
            }
            return Ok(());
        }
        let mut waiting = batches(tickets, limit).into_iter();
        // A server may work on several commands at once and mix their answers (Dovecot does).
        let mut under_way: Vec<(String, Batch)> = Vec::new();
        let mut stopped = false;
        let mut give = |ticket: &Ticket, taken| {
            stopped = stopped || each(ticket, taken) == Go::Stop;
            stopped
        };
        let mut stop = false;
        loop {
            while !stop
                && under_way.len() < UNDER_WAY
                && let Some(batch) = waiting.next()
            {
                for (ticket, size) in &batch.too_large {
                    stop = give(ticket, Err(TakeError::TooLarge { size: *size, limit }));
                }
                if !batch.uids.is_empty() {
                    let set = sets(&batch.uids, usize::MAX).join(",");
                    let tag = session.send(&format!("UID FETCH {set} (UID BODY.PEEK[])"), time_for(batch.bytes))?;
                    under_way.push((tag, batch));
                }
            }
            if under_way.is_empty() {
                return Ok(());
            }
            let answer = session.answer(limit)?;
            if let Some((i, said)) = session.ended_any(&answer, &under_way)? {
                if said.status != Status::Ok {
                    return Err(session.refused("UID FETCH", said));
                }
                for ticket in under_way.remove(i).1.asked.into_values() {
                    stop = give(ticket, Err(TakeError::Gone));
                }
                continue;
            }
            let fetched = answer.fetched().map_err(|e| session.lost(e))?;
            let Some((uid, body)) = fetched.and_then(|fetched| Some((fetched.uid, fetched.body?))) else {
                continue;
            };
            // Only what was asked for, and once.
            if let Some(ticket) = under_way.iter_mut().find_map(|(_, batch)| batch.asked.remove(&uid)) {
                let taken = match body {
                    Literal::Bytes(bytes) => Ok(RawMail { bytes }),
                    Literal::TooLarge(size) => Err(TakeError::TooLarge { size, limit }),
                };
                stop = give(ticket, taken);
                // Working on a mail takes time that is not the server's.
                session.due_in(time_for(under_way.iter().map(|(_, batch)| batch.bytes).sum()));
            }
        }
    }

    fn mark(&mut self, settled: &[(Ticket, Fate)]) -> Result<(), InboxError> {
        let mut groups: BTreeMap<String, (Fate, Vec<u32>)> = BTreeMap::new();
        for (ticket, fate) in settled {
            if let Place::Uid(uid) = ticket.place {
                groups
                    .entry(fate.to_string())
                    .or_insert_with(|| (fate.clone(), Vec::new()))
                    .1
                    .push(uid);
            }
        }
        let (name, validity) = (self.name.clone(), self.validity);
        for (fate, mut uids) in groups.into_values() {
            uids.sort_unstable();
            uids.dedup();
            if fate != Fate::Leave {
                let session = self.resumed()?;
                if session.selected.validity != validity {
                    return Ok(());
                }
                for set in sets(&uids, LONGEST_SET) {
                    mark_set(session, &name, &set, &fate)?;
                }
            }
            self.settled.extend(uids);
        }
        Ok(())
    }
}

impl Inbox for Imap {
    fn name(&self) -> &str {
        &self.name
    }

    fn accepts(&self, fate: &Fate) -> Result<(), InboxError> {
        let why = match fate {
            Fate::Label(label) if quoted(label).is_none() => "a label here is plain ASCII",
            Fate::Label(_) if self.session.as_ref().is_some_and(|session| !session.can("X-GM-EXT-1")) => NO_LABELS,
            _ => return Ok(()),
        };
        Err(InboxError::NoSuchFate {
            inbox: self.name.clone(),
            fate: fate.clone(),
            why,
        })
    }

    fn ready(&mut self) -> Result<(), InboxError> {
        self.session().map(drop)
    }

    /// All mails that are neither deleted, nor drafts, nor marked as ours or settled by the cursor; by UID.
    fn list(&mut self, wanted: &Wanted) -> Result<Listing, InboxError> {
        let found = self.find(wanted);
        Ok(Listing {
            tickets: self.or_drop(found)?,
            remarks: Vec::new(),
        })
    }

    fn take(&mut self, ticket: &Ticket, limit: u64) -> Result<RawMail, TakeError> {
        let mut taken = Err(TakeError::Gone);
        let only = std::slice::from_ref(ticket);
        self.take_all(only, limit, &mut |_, mail| {
            taken = mail;
            Go::On
        })
        .map_err(TakeError::Inbox)?;
        taken
    }

    /// The bodies come as the server sends them, mostly by UID; those asked for together may come in another order. A mail
    /// on which two sessions broke that asked for nothing else is passed over as not readable: it must not keep those behind
    /// it from coming, run after run.
    fn take_all(
        &mut self,
        tickets: &[Ticket],
        limit: u64,
        each: &mut dyn FnMut(&Ticket, Result<RawMail, TakeError>) -> Go,
    ) -> Result<(), InboxError> {
        let mut left = Left {
            tickets: tickets.to_vec(),
            stopped: false,
        };
        let mut broken = 0;
        while let Err(error) = self.take_left(&mut left, usize::MAX, limit, each) {
            if !may_be_a_mails_fault(&error) || left.is_over() {
                return Err(error);
            }
            // One after the other, to find the one that the server, or the way to it, breaks on: it is among those that were asked for.
            let mut suspects = UNDER_WAY * BATCH_MAILS;
            let mut found = false;
            while !found && suspects > 0 && !left.is_over() {
                suspects -= 1;
                if self.resumed().is_err() {
                    return Err(error);
                }
                let Err(again) = self.take_left(&mut left, 1, limit, each) else {
                    continue;
                };
                if self.resumed().is_err() || !may_be_a_mails_fault(&again) {
                    return Err(again);
                }
                let Err(again) = self.take_left(&mut left, 1, limit, each) else {
                    continue;
                };
                broken += 1;
                if broken > MOST_BROKEN || !may_be_a_mails_fault(&again) {
                    return Err(again);
                }
                left.give_up(&again, each);
                found = true;
            }
        }
        Ok(())
    }

    /// `flag`: `\Seen` and our keyword. `move`: `\Seen`, then MOVE, or COPY and `\Deleted` where there is no MOVE.
    fn settle_all(&mut self, settled: &[(Ticket, Fate)]) -> Result<(), InboxError> {
        if self.session.is_none() {
            // What is safe is marked even where the time is up, or it would all come again.
            self.until = self.until.max(Some(Instant::now() + MARKING));
        }
        let marked = self.mark(settled);
        self.or_drop(marked)
    }

    fn cursor(&self) -> Cursor {
        if let Some(before) = &self.partial {
            return before.clone();
        }
        if self.validity == 0 {
            return Cursor::start();
        }
        let done = |uid: &u32| self.settled.contains(uid);
        let last = self.listed.iter().rev().find(|uid| done(uid)).copied().unwrap_or(0);
        let open: Vec<u32> = self
            .listed
            .iter()
            .filter(|uid| **uid < last && !done(uid))
            .copied()
            .collect();
        let (upto, open) = match open.get(MOST_OPEN) {
            None => (last, open),
            // Too many to name: what comes after the first of those left out is found anew.
            Some(first_left_out) => (first_left_out - 1, open[..MOST_OPEN].to_vec()),
        };
        // Nothing new was settled: what was known stays, with what is still open below it.
        let upto_before = self.upto;
        let open = match upto < upto_before {
            true => self
                .listed
                .iter()
                .filter(|uid| **uid <= upto_before && !done(uid))
                .copied()
                .collect(),
            false => open,
        };
        Cursor(Seen::Uids {
            validity: self.validity,
            upto: upto.max(upto_before),
            open,
        })
    }

    fn done(&mut self) -> Result<(), InboxError> {
        if let Some(session) = self.session.take() {
            session.close();
        }
        Ok(())
    }
}

/// Tickets of which nothing has been said yet.
struct Left {
    tickets: Vec<Ticket>,
    stopped: bool,
}

impl Left {
    fn is_over(&self) -> bool {
        self.stopped || self.tickets.is_empty()
    }

    /// The first is said not to be readable.
    fn give_up(&mut self, error: &InboxError, each: Each) {
        let ticket = self.tickets.remove(0);
        let why = TakeError::NotReadable(io::Error::other(error.to_string()));
        self.stopped = each(&ticket, Err(why)) == Go::Stop;
    }
}

/// Whether an error may come again and again at the same mail: servers hang up on one whose file is damaged.
fn may_be_a_mails_fault(error: &InboxError) -> bool {
    match error {
        InboxError::Lost { source, .. } => source.kind() != io::ErrorKind::TimedOut,
        InboxError::NotImap { .. } | InboxError::Refused { .. } => true,
        _ => false,
    }
}

/// Mails asked for in one command.
struct Batch<'a> {
    asked: BTreeMap<u32, &'a Ticket>,
    uids: Vec<u32>,
    bytes: u64,
    too_large: Vec<(&'a Ticket, u64)>,
}

/// Tickets in commands of bounded size; mails known to be over the limit are not asked for.
fn batches(tickets: &[Ticket], limit: u64) -> Vec<Batch<'_>> {
    let mut batches: Vec<Batch> = Vec::new();
    for ticket in tickets {
        let Place::Uid(uid) = ticket.place else {
            continue;
        };
        let size = ticket.size().unwrap_or(limit.min(BATCH_BYTES));
        let full = |batch: &Batch| {
            let some = batch.uids.len() + batch.too_large.len();
            some >= BATCH_MAILS || (some > 0 && batch.bytes.saturating_add(size) > BATCH_BYTES)
        };
        if batches.last().is_none_or(full) {
            batches.push(Batch {
                asked: BTreeMap::new(),
                uids: Vec::new(),
                bytes: 0,
                too_large: Vec::new(),
            });
        }
        let batch = batches.last_mut().expect("there is one");
        if size > limit {
            batch.too_large.push((ticket, size));
        } else if batch.asked.insert(uid, ticket).is_none() {
            batch.uids.push(uid);
            batch.bytes += size;
        }
    }
    batches
}

/// In order, each once, and not more than [`MOST_MAILS`].
fn oldest(uids: &mut Vec<u32>) {
    uids.sort_unstable();
    uids.dedup();
    uids.truncate(MOST_MAILS);
}

/// RFC822.SIZE of mails, so that those over the limit are never downloaded.
fn sizes(session: &mut Session, uids: &[u32]) -> Result<BTreeMap<u32, u64>, InboxError> {
    let mut sizes = BTreeMap::new();
    for set in sets(uids, LONGEST_SET) {
        let command = format!("UID FETCH {set} (UID RFC822.SIZE)");
        let said = session.talk(&command, time_for(uids.len() as u64 * 64), &mut |answer| {
            if let Some(fetched) = answer.fetched()?
                && let Some(size) = fetched.size
                && uids.binary_search(&fetched.uid).is_ok()
            {
                sizes.insert(fetched.uid, size);
            }
            Ok(())
        })?;
        if said.status != Status::Ok {
            return Err(session.refused(&command, said));
        }
    }
    Ok(sizes)
}

#[cfg(test)]
mod tests;
