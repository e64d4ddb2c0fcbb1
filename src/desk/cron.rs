//! One unattended pass: sync, fetch, go on with takedowns, publish what is due, send letters, sync. A part that fails does not stop
//! the others.

mod erasing;
mod findings;
mod sending;
mod together;

use jiff::Timestamp;

use crate::inbox::Remark;
use crate::repo::{Caution, StoryRepo};
use crate::spool::Spool;
use crate::story::StoryId;

use super::account::MailReport;
use super::alarm::{Alarm, Bad};
use super::fetch::{self, Count, Watcher, Wish};
use super::letters::Told;
use super::publish::{self, Published, here};
use super::retention::{self, Leap};
use super::takedown::{self, Down, Left};
use super::{Desk, Trouble};
use findings::Findings;
pub use sending::leaves;
use together::Together;

/// Who is told while it goes on.
pub trait Listener {
    fn mail(&mut self, mail: &MailReport);
    fn remark(&mut self, remark: &Remark);
    fn caution(&mut self, caution: &Caution);
    fn taken_down(&mut self, down: &Down);
    fn published(&mut self, done: &Published);
    fn letter(&mut self, told: &Told);
    /// The remote no longer has all that it had, and this desk followed.
    fn rewritten(&mut self, remote: &str);
    /// To be told now, and not again while it lasts.
    fn bad(&mut self, bad: &Bad);
    /// What was told is over.
    fn over(&mut self, part: &str, alarm: &Alarm);
}

/// What a pass came to.
#[derive(Debug, Clone, Default)]
pub struct Pass {
    pub fetched: Count,
    pub due: u64,
    pub published: u64,
    /// Published, or to be published, and not on every target.
    pub pending: u64,
    /// Taken down, and a target still has it.
    pub still_out: u64,
    pub sent: u64,
    /// Letters that still wait.
    pub waiting: u64,
    /// Letters given up.
    pub failed: u64,
    /// Steps of other desks that came.
    pub came: u64,
    /// Steps of this desk that went out.
    pub went: u64,
    /// What is wrong now, and since when.
    pub bad: Vec<(Bad, Timestamp)>,
}

impl Pass {
    /// The exit code: that of the worst part.
    pub fn exit(&self) -> u8 {
        let partly = self.fetched.quarantined > 0 || self.failed > 0 || self.pending > 0 || self.still_out > 0;
        let codes = self.bad.iter().map(|(bad, _)| bad.exit);
        codes
            .chain(partly.then_some(7))
            .max_by_key(|code| badness(*code))
            .unwrap_or(0)
    }
}

/// A refused login needs a person at once; what may pass comes last.
pub fn badness(exit: u8) -> u8 {
    match exit {
        0 => 0,
        75 => 1,
        7 => 2,
        5 | 6 => 3,
        4 => 5,
        _ => 4,
    }
}

/// A run under way.
struct Run<'a> {
    desk: &'a Desk,
    spool: &'a mut Spool,
    listener: &'a mut dyn Listener,
    /// What it came to so far.
    pass: Pass,
    findings: Findings,
}

/// Syncs, fetches, publishes what is due, sends letters, syncs; then says what is newly wrong and what is over.
pub fn run(desk: &Desk, spool: &mut Spool, listener: &mut dyn Listener) -> Result<Pass, Trouble> {
    let mut run = Run {
        desk,
        spool,
        listener,
        pass: Pass::default(),
        findings: Findings::default(),
    };
    run.finish_erasure();
    if let Some(repo) = run.findings.note("repository", desk.repo_or_new()) {
        run.over_the_stories(repo);
    }
    run.tell()
}

impl Run<'_> {
    /// All that is done with the content repository.
    fn over_the_stories(&mut self, repo: StoryRepo) {
        let mut together = Together::default();
        // what others decided is known before anything goes out
        together.bring(self, &repo);
        self.fetch(&repo);
        self.take_down(&repo, together.is_new(self, &repo));
        self.publish_due(&repo);
        self.look_at_folders(&repo);
        self.send_letters(&repo);
        together.bring_again(self, &repo);
        together.obey(self, repo);
        self.let_go();
    }

    /// Lets go what is kept no longer.
    fn let_go(&mut self) {
        let desk = self.desk;
        let done = desk
            .repo()
            .and_then(|repo| retention::unattended(desk, repo, self.spool));
        match self.findings.note("retention", done) {
            Some(Some(leap)) => self.findings.bad.push(leapt(desk, leap)),
            Some(None) => self.findings.well.push(CLOCK.to_owned()),
            None => {}
        }
    }

    fn fetch(&mut self, repo: &StoryRepo) {
        let desk = self.desk;
        let mut relay = Relay {
            listener: self.listener,
            bad: Vec::new(),
        };
        let mut sources = Vec::new();
        for inbox in &desk.config.inboxes {
            match fetch::open(inbox) {
                Ok(source) => sources.push(source),
                Err(trouble) => relay.trouble(&inbox.name, &trouble),
            }
        }
        let done = fetch::fetch(desk, repo, self.spool, sources, Wish::default(), &mut relay);
        let bad = relay.bad;
        let fetched = self.findings.note("fetch", done);
        if let Some((count, _)) = fetched {
            self.pass.fetched = count;
            let names = desk.config.inboxes.iter().map(|inbox| of_inbox(&inbox.name));
            let well = names.filter(|part| !bad.iter().any(|b| b.part == *part));
            self.findings.well.extend(well);
        }
        self.findings.bad.extend(bad);
    }

    /// Goes on with takedowns that stopped half-way, follows those of other desks where the record is as `new` as the remote's, and tells
    /// what is out and should not be: that is for a person.
    fn take_down(&mut self, repo: &StoryRepo, new: bool) {
        let all = takedown::resume_all(self.desk, repo).and_then(|mut all| {
            if new {
                all.extend(takedown::follow_all(self.desk, repo)?);
            }
            Ok(all)
        });
        if let Some(all) = self.findings.note("takedown", all) {
            for down in all {
                self.listener.taken_down(&down);
                self.pass.still_out += u64::from(!down.is_whole());
                let (id, title) = (&down.story.id, down.story.title());
                for off in &down.offs {
                    let Left::Still(not) = &off.result else { continue };
                    self.findings.bad.push(Bad {
                        part: format!("takedown.{}/{id}", off.target),
                        code: "target".to_owned(),
                        exit: 7,
                        what: format!("{title} is still on {}", off.target),
                        why: not.why.clone(),
                        hint: format!("{}; `takedown {}` tries again", not.hint, id.folder()),
                    });
                }
            }
        }
        if let Some(all) = self
            .findings
            .note("takedown", super::queue::unpermitted(self.desk, repo))
        {
            self.findings.bad.extend(all.into_iter().map(|(id, story)| Bad {
                part: format!("takedown.{id}"),
                code: "policy.unpermitted".to_owned(),
                exit: 5,
                what: format!("{} is published without its author's permission", story.title),
                why: match story.revoked {
                    true => "they took their yes back".to_owned(),
                    false => "the time for which they gave it is over".to_owned(),
                },
                hint: format!("`takedown {}`, or ask them anew", id.folder()),
            }));
        }
    }

    fn publish_due(&mut self, repo: &StoryRepo) {
        let Some(all) = self.findings.note("publish", publish::publish_due(self.desk, repo)) else {
            return;
        };
        self.pass.due = all.len() as u64;
        for (id, result) in all {
            let done = match result {
                Ok(done) => done,
                Err(trouble) => {
                    self.findings.bad.push(refused(&id, &trouble));
                    continue;
                }
            };
            self.listener.published(&done);
            match done.is_whole() {
                true => self.pass.published += 1,
                false => self.pass.pending += 1,
            }
            for put in &done.puts {
                let Err(not) = &put.result else { continue };
                self.findings.bad.push(Bad {
                    part: format!("target.{}/{id}", put.target),
                    code: "target".to_owned(),
                    exit: 7,
                    what: format!("{} is not on {}", done.title, put.target),
                    why: not.why.clone(),
                    hint: not.hint.to_owned(),
                });
            }
        }
    }

    /// Tells where the folders of this desk are otherwise than the record says.
    fn look_at_folders(&mut self, repo: &StoryRepo) {
        let Some(found) = self.findings.note("folders", here::look(self.desk, repo, true)) else {
            return;
        };
        for target in self.desk.config.targets.iter().map(|target| &target.name) {
            let lacks = found.lacking_in_words(target).map(|said| ("lacks", said));
            let has = found.left_in_words(target).map(|said| ("has", said));
            for (which, [what, why, hint]) in lacks.into_iter().chain(has) {
                self.findings.bad.push(Bad {
                    part: format!("folder.{target}/{which}"),
                    code: "target".to_owned(),
                    exit: 0,
                    what,
                    why,
                    hint,
                });
            }
        }
    }
}

/// The clock, as a part of a run.
const CLOCK: &str = "clock";

/// What is old only by a clock that went far on since the last run.
fn leapt(desk: &Desk, leap: Leap) -> Bad {
    let (now, before) = (desk.moment(desk.now), desk.moment(leap.before));
    Bad {
        part: CLOCK.to_owned(),
        code: "clock.leap".to_owned(),
        exit: 0,
        what: format!("it is {now}, and the last run was on {before}"),
        why: match leap.old {
            1 => {
                "what [retention] would let go by that, 1 mail, letter or private part, stays until the next run agrees"
                    .to_owned()
            }
            many => format!(
                "what [retention] would let go by that, {many} mails, letters or private parts, stays until the next run agrees"
            ),
        },
        hint: "if that is not the time, set the clock (`timedatectl` shows it); `prune -n` says what would go"
            .to_owned(),
    }
}

/// Passes a fetch on to the listener, and keeps the troubles.
struct Relay<'a> {
    listener: &'a mut dyn Listener,
    bad: Vec<Bad>,
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
        self.bad.push(Bad::of(of_inbox(inbox), trouble));
    }
}

/// The part that an inbox is.
pub fn of_inbox(name: &str) -> String {
    format!("inbox.{name}")
}

/// A due story that was not published.
fn refused(id: &StoryId, trouble: &Trouble) -> Bad {
    let bad = Bad::of(format!("publish.{id}"), trouble);
    Bad {
        hint: bad.hint.replace("STORY", id.folder()),
        ..bad
    }
}
