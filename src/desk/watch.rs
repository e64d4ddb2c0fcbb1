//! Staying connected: one waiter a mailbox (IDLE, RFC 2177) that only listens, and one hand that fetches. Inboxes of files, and servers
//! that do not tell of new mail, are asked from time to time. The spool is locked only while something is fetched.
//!
//! A waiter looks once right after it opened the mailbox and before it listens, so that no mail falls between.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::config::{self, Config, Source};
use crate::hands;
use crate::inbox::{Inbox, Remark};
use crate::repo::Caution;
use crate::spool::SpoolError;

use super::account::MailReport;
use super::alarm::{self, Alarm, Bad, News};
use super::cron::of_inbox;
use super::fetch::{self, Count, Watcher, Wish};
use super::{Desk, Trouble, post};

/// How long to listen before the server is told that we are still there. It may hang up after 30 minutes; routers forget a silent line
/// sooner, and a line that is dead is noticed only then.
const LISTEN: Duration = Duration::from_secs(10 * 60);
/// A session is made anew after so long, before servers end it (Gmail does after a day).
const SESSION: Duration = Duration::from_secs(12 * 60 * 60);
/// How often it is asked whether to go on.
const TICK: Duration = Duration::from_millis(500);
/// How soon again when another run holds the spool.
const BUSY: Duration = Duration::from_secs(2);
/// How long the waiters have to say goodbye.
const GOODBYE: Duration = Duration::from_secs(3);
/// A session that lasted so long was a good one.
const GOOD: Duration = Duration::from_secs(60);

/// Who is told while it goes on.
pub trait Listener {
    fn mail(&mut self, mail: &MailReport);
    fn remark(&mut self, remark: &Remark);
    fn caution(&mut self, caution: &Caution);
    /// A fetch from these inboxes found something.
    fn fetched(&mut self, inboxes: &[&str], count: &Count, at: Timestamp);
    /// To be told now, and not again while it lasts; tried again after that time.
    fn bad(&mut self, bad: &Bad, again: Duration);
    /// What was told is over.
    fn over(&mut self, part: &str, alarm: &Alarm);
}

/// What is watched, and how it ends.
pub struct Watch {
    pub config: Arc<Config>,
    /// How often inboxes are asked that do not tell of new mail.
    pub every: Duration,
    pub clock: fn() -> Timestamp,
    /// Not 0: the signal that ends it.
    pub ended: Arc<AtomicUsize>,
}

/// What a waiter says of its mailbox, by its place in the configuration.
enum Word {
    /// It was opened, or mail came, or nothing was said for a while.
    Look(usize),
    /// The server tells nothing by itself.
    Mute(usize),
    /// It is not to be had, and tried again after that time.
    Lost(Bad, Duration),
}

/// How long to pause after so many failures in a row: from 5 seconds (for a refused login, 15 minutes, since servers lock out who keeps
/// trying) doubling up to 15 minutes (an hour), a quarter more or less by chance, so that many do not come back at once.
fn pause(failures: u32, login: bool, chance: u8) -> Duration {
    let (first, most) = if login { (15 * 60, 60 * 60) } else { (5, 15 * 60) };
    let seconds = (first as u64) << failures.saturating_sub(1).min(16);
    let millis = seconds.min(most) * 1000;
    Duration::from_millis(millis * 3 / 4 + millis / 2 * u64::from(chance) / 255)
}

fn chance() -> u8 {
    let mut byte = [0];
    // without it they come back at once: no harm
    let _ = getrandom::fill(&mut byte);
    byte[0]
}

impl Watch {
    fn go_on(&self) -> bool {
        self.ended.load(Ordering::Relaxed) == 0
    }

    /// Watches until it is ended. Nothing that goes wrong at an inbox ends it.
    pub fn run(self, listener: &mut dyn Listener) {
        let (say, words) = mpsc::channel();
        let mut waiters = Vec::new();
        let mut hand = Hand {
            watch: &self,
            listener,
            due: BTreeMap::new(),
            polled: BTreeSet::new(),
            failures: BTreeMap::new(),
            alarms: BTreeMap::new(),
        };
        for (place, inbox) in self.config.inboxes.iter().enumerate() {
            match &inbox.source {
                Source::Imap(imap) => {
                    let waiter = Waiter {
                        place,
                        name: inbox.name.clone(),
                        imap: imap.clone(),
                        say: say.clone(),
                        ended: self.ended.clone(),
                    };
                    match hands::hire(move || waiter.wait()) {
                        Ok(waiter) => waiters.push(waiter),
                        // nobody to listen: it is looked into now and then
                        Err(_) => hand.poll(place),
                    }
                }
                _ => hand.poll(place),
            }
        }
        hand.work(&words);
        // an IDLE ends within a tick; who is stuck in a connection is left behind
        let until = Instant::now() + GOODBYE;
        while Instant::now() < until && !waiters.iter().all(JoinHandle::is_finished) {
            thread::sleep(Duration::from_millis(20));
        }
    }
}

/// Listens to one mailbox. It never fetches: that is for the hand.
struct Waiter {
    place: usize,
    name: String,
    imap: config::Imap,
    say: Sender<Word>,
    ended: Arc<AtomicUsize>,
}

impl Waiter {
    fn go_on(&self) -> bool {
        self.ended.load(Ordering::Relaxed) == 0
    }

    fn wait(self) {
        let mut failures = 0;
        while self.go_on() {
            let begun = Instant::now();
            match self.listen() {
                Ok(true) => failures = 0,
                Ok(false) => return,
                Err(trouble) => {
                    failures = if begun.elapsed() > GOOD { 1 } else { failures + 1 };
                    let bad = Bad::of(of_inbox(&self.name), &trouble);
                    let pause = pause(failures, bad.exit == 4, chance());
                    if self.say.send(Word::Lost(bad, pause)).is_err() {
                        return;
                    }
                    let until = Instant::now() + pause;
                    while self.go_on() && Instant::now() < until {
                        thread::sleep(TICK.min(pause));
                    }
                }
            }
        }
    }

    /// One session. `true`: it was long, make another; `false`: there is nothing to listen to, or it was ended.
    fn listen(&self) -> Result<bool, Trouble> {
        let mut mailbox = post::imap_for(&self.name, &self.imap, SESSION + LISTEN * 2)?;
        let tells = mailbox.connect()?;
        let word = if tells {
            Word::Look(self.place)
        } else {
            Word::Mute(self.place)
        };
        let mut heard = self.say.send(word).is_ok();
        let begun = Instant::now();
        while tells && heard && self.go_on() && begun.elapsed() < SESSION {
            mailbox.wait_for_mail(LISTEN, &|| self.go_on())?;
            heard = self.say.send(Word::Look(self.place)).is_ok();
        }
        mailbox.done()?;
        Ok(tells && heard)
    }
}

/// The one that fetches.
struct Hand<'a> {
    watch: &'a Watch,
    listener: &'a mut dyn Listener,
    /// When to look into an inbox, by its place in the configuration.
    due: BTreeMap<usize, Instant>,
    /// Those that are asked from time to time.
    polled: BTreeSet<usize>,
    /// Fetches in a row that failed.
    failures: BTreeMap<usize, u32>,
    alarms: BTreeMap<String, Alarm>,
}

impl Hand<'_> {
    fn work(&mut self, words: &Receiver<Word>) {
        let mut piped = Instant::now();
        while self.watch.go_on() {
            match words.recv_timeout(self.nap()) {
                Ok(word) => self.hear(word),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => thread::sleep(self.nap()),
            }
            while let Ok(word) = words.try_recv() {
                self.hear(word);
            }
            let now = Instant::now();
            let ready: Vec<usize> = self.due.iter().filter(|(_, at)| **at <= now).map(|(i, _)| *i).collect();
            // a mail server's pipe may have left mails while the spool was ours
            let mut pipe = false;
            if piped <= now {
                piped = now + self.watch.every;
                pipe = crate::spool::Spool::look(&self.watch.config.spool_folder())
                    .is_some_and(|shelves| shelves.incoming().is_ok_and(|mails| !mails.is_empty()));
            }
            if self.watch.go_on() && (pipe || !ready.is_empty()) {
                self.fetch(&ready);
            }
        }
    }

    fn nap(&self) -> Duration {
        let next = self.due.values().min();
        next.map_or(TICK, |at| at.saturating_duration_since(Instant::now()).min(TICK))
    }

    /// From now on this inbox is asked from time to time.
    fn poll(&mut self, place: usize) {
        self.polled.insert(place);
        self.due.insert(place, Instant::now());
    }

    fn name(&self, place: usize) -> &str {
        self.watch.config.inboxes.get(place).map_or("", |inbox| &inbox.name)
    }

    fn hear(&mut self, word: Word) {
        match word {
            Word::Look(place) => {
                let part = of_inbox(self.name(place));
                self.weigh(&part, None, Duration::ZERO);
                self.due.insert(place, Instant::now());
            }
            Word::Mute(place) => self.poll(place),
            Word::Lost(bad, again) => self.weigh(&bad.part.clone(), Some(&bad), again),
        }
    }

    /// Tells what is new of a part, or over.
    fn weigh(&mut self, part: &str, bad: Option<&Bad>, again: Duration) {
        let now = (self.watch.clock)();
        let (kept, news) = alarm::weigh(self.alarms.remove(part), bad, now);
        match (news, bad) {
            (News::Tell { .. }, Some(bad)) => self.listener.bad(bad, again),
            (News::Over(alarm), _) => self.listener.over(part, &alarm),
            _ => {}
        }
        if let Some(alarm) = kept {
            self.alarms.insert(part.to_owned(), alarm);
        }
    }

    /// Looks into these inboxes, and says when to look again.
    fn fetch(&mut self, places: &[usize]) {
        let done = self.fetch_once(places);
        let now = Instant::now();
        if let Err(Trouble::Spool(SpoolError::Busy { .. })) = done {
            // who is at work comes first
            for place in places {
                self.due.insert(*place, now + BUSY);
            }
            return;
        }
        let (desk, failed) = match done {
            Ok(failed) => (None, failed),
            Err(trouble) => (Some(Bad::of("desk", &trouble)), Vec::new()),
        };
        let mut longest = Duration::ZERO;
        for place in places {
            let bad = failed.iter().find(|(failed, _)| failed == place).map(|(_, bad)| bad);
            let next = match (bad.or(desk.as_ref()), self.polled.contains(place)) {
                (None, polled) => {
                    self.failures.remove(place);
                    polled.then_some(self.watch.every)
                }
                (Some(bad), _) => {
                    let failures = self.failures.entry(*place).or_insert(0);
                    *failures += 1;
                    Some(pause(*failures, bad.exit == 4, chance()))
                }
            };
            match next {
                Some(next) => self.due.insert(*place, now + next),
                None => self.due.remove(place),
            };
            longest = longest.max(next.unwrap_or_default());
            if desk.is_none() {
                let part = format!("fetch.{}", self.name(*place));
                self.weigh(&part, bad, next.unwrap_or_default());
            }
        }
        self.weigh("desk", desk.as_ref(), longest);
    }

    /// The inboxes that failed. An error is one of the desk's own places.
    fn fetch_once(&mut self, places: &[usize]) -> Result<Vec<(usize, Bad)>, Trouble> {
        let desk = Desk::new((*self.watch.config).clone(), (self.watch.clock)(), Duration::ZERO);
        let inboxes = || {
            places
                .iter()
                .filter_map(|place| Some((*place, desk.config.inboxes.get(*place)?)))
        };
        let mut relay = Relay {
            listener: &mut *self.listener,
            watch: self.watch,
            bad: Vec::new(),
        };
        // who finds another at work asks no server: that would be a login every 2 seconds
        drop(desk.spool()?);
        let mut sources = Vec::new();
        for (_, inbox) in inboxes() {
            // the login before the lock, which reviewers want as well
            let opened = fetch::open(inbox).and_then(|mut source| {
                source.inbox.ready()?;
                Ok(source)
            });
            match opened {
                Ok(source) => sources.push(source),
                Err(trouble) => relay.trouble(&inbox.name, &trouble),
            }
        }
        let mut spool = desk.spool()?;
        let repo = desk.repo_or_new()?;
        let fetched = fetch::fetch(&desk, &repo, &mut spool, sources, Wish::default(), &mut relay);
        let bad = relay.bad;
        let (count, _) = fetched?;
        drop(spool);
        if count.new + count.follow_up + count.decision + count.set_aside + count.quarantined > 0 {
            let names: Vec<&str> = inboxes().map(|(_, inbox)| inbox.name.as_str()).collect();
            self.listener.fetched(&names, &count, desk.now);
        }
        let place = |name: &str| inboxes().find(|(_, inbox)| inbox.name == name).map(|(place, _)| place);
        Ok(bad
            .into_iter()
            .filter_map(|(name, bad)| Some((place(&name)?, bad)))
            .collect())
    }
}

/// Passes a fetch on to the listener, and keeps the troubles.
struct Relay<'a> {
    listener: &'a mut dyn Listener,
    watch: &'a Watch,
    bad: Vec<(String, Bad)>,
}

impl Watcher for Relay<'_> {
    fn listed(&mut self, _: &str, _: usize) {}
    fn mail(&mut self, report: &MailReport) {
        self.listener.mail(report);
    }
    fn remark(&mut self, remark: &Remark) {
        self.listener.remark(remark);
    }
    fn caution(&mut self, caution: &Caution) {
        self.listener.caution(caution);
    }
    fn trouble(&mut self, inbox: &str, trouble: &Trouble) {
        self.bad.push((inbox.to_owned(), Bad::of(of_inbox(inbox), trouble)));
    }
    fn go_on(&self) -> bool {
        self.watch.go_on()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_are_capped_and_are_long_after_a_refused_login() {
        let seconds = |failures, login| {
            let (least, most) = (pause(failures, login, 0), pause(failures, login, 255));
            assert!(least < most, "by chance");
            (least.as_secs(), most.as_secs())
        };
        assert_eq!(seconds(1, false), (3, 6));
        assert_eq!(seconds(2, false), (7, 12));
        assert_eq!(seconds(100, false), (675, 1125));
        assert_eq!(seconds(1, true), (675, 1125));
        assert_eq!(seconds(3, true), (2700, 4500));
        assert_eq!(seconds(100, true), (2700, 4500));
    }
}
