//! One unattended pass: sync, fetch, go on with takedowns, publish what is due, send letters, sync. A part that fails does not stop
//! the others.

mod sending;

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::inbox::Remark;
use crate::repo::{Caution, StoryRepo};
use crate::spool::Spool;
use crate::story::StoryId;
use crate::story::policy::Refusal;

use super::account::MailReport;
use super::alarm::{self, Alarm, Bad, News};
use super::fetch::{self, Count, Watcher, Wish};
use super::letters::{self, Sending, Told, Waiting};
use super::publish::{self, Published, here};
use super::retention::{self, Leap};
use super::sync;
use super::takedown::{self, Down, Left};
use super::{Desk, Trouble, erase};
use sending::{PAGE, of_page, send_letters};

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

/// The parts of a run, and what is known of each.
#[derive(Default)]
struct Findings {
    bad: Vec<Bad>,
    /// Parts that were tried and are well.
    well: Vec<String>,
    /// Parts whose trouble was told to have ended, and not well.
    ended: Vec<String>,
}

impl Findings {
    fn note<T>(&mut self, part: &str, result: Result<T, Trouble>) -> Option<T> {
        match result {
            Ok(value) => {
                self.well.push(part.to_owned());
                Some(value)
            }
            Err(trouble) => {
                self.bad.push(Bad::of(part, &trouble));
                None
            }
        }
    }
}

/// The part that erasures are.
const ERASE: &str = "erase";

/// Syncs, fetches, publishes what is due, sends letters, syncs; then says what is newly wrong and what is over.
pub fn run(desk: &Desk, spool: &mut Spool, listener: &mut dyn Listener) -> Result<Pass, Trouble> {
    let mut pass = Pass::default();
    let mut findings = Findings::default();
    erasures(desk, spool, listener, &mut pass, &mut findings);
    if let Some(repo) = findings.note("repository", desk.repo_or_new()) {
        // what others decided is known before anything goes out
        let shared = repo.has_remote(&desk.config.repository.remote);
        let before = repo.tip().ok();
        let erased_before = before.as_ref().and_then(|tip| repo.erased(tip).ok());
        let mut synced = Together::default();
        if shared {
            synced.bring(desk, &repo, spool, listener, &mut pass, &mut findings);
        }
        fetch_all(desk, &repo, spool, listener, &mut pass, &mut findings);
        take_down(desk, &repo, listener, &mut pass, &mut findings);
        publish_due(desk, &repo, listener, &mut pass, &mut findings);
        folders(desk, &repo, &mut findings);
        send_letters(desk, &repo, spool, listener, &mut pass, &mut findings);
        if synced.reached && repo.has_unpushed(&desk.config.repository.remote).unwrap_or(true) {
            synced.bring(desk, &repo, spool, listener, &mut pass, &mut findings);
        }
        let erased = repo.tip().and_then(|tip| repo.erased(&tip)).ok();
        // what another desk erased came with the sync: it is destroyed here, too
        if (synced.obey || erased != erased_before)
            && let Some(erased) = erased
        {
            let before = match before {
                Some(before) => Ok(before),
                None => repo.tip().map_err(Trouble::from),
            };
            let done = before.and_then(|before| erase::obey(desk, repo, spool, &erased, &before, &[]));
            if let Some((place, not)) = findings
                .note(ERASE, done)
                .and_then(|done| done.standing.into_iter().next())
            {
                findings.bad.push(Bad {
                    part: ERASE.to_owned(),
                    code: "target".to_owned(),
                    exit: 7,
                    what: format!("a page of what was erased elsewhere still stands, {place}"),
                    why: not.why,
                    hint: "take it off there by hand".to_owned(),
                });
            }
        }
        let done = desk.repo().and_then(|repo| retention::unattended(desk, repo, spool));
        match findings.note("retention", done) {
            Some(Some(leap)) => findings.bad.push(leapt(desk, leap)),
            Some(None) => findings.well.push(CLOCK.to_owned()),
            None => {}
        }
    }
    tell(desk, spool, listener, findings, &mut pass)?;
    Ok(pass)
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

/// Finishes an erasure that was interrupted: a person decided it. What an old clone brought back is told.
fn erasures(desk: &Desk, spool: &mut Spool, listener: &mut dyn Listener, pass: &mut Pass, findings: &mut Findings) {
    let mut finish = || -> Result<Option<Bad>, Trouble> {
        if !desk.has_repository() {
            return Ok(None);
        }
        // what waits for the remote alone goes with the sync that follows
        if let Some(plan) = erase::unfinished(desk)?.filter(|plan| !plan.is_rest()) {
            let mut done = erase::carry_out(desk, desk.repo()?, spool, &plan)?;
            if let Some(Ok(synced)) = &mut done.pushed {
                tell_of_sync(desk, std::mem::take(&mut synced.told), listener, pass);
            }
            if let Some((place, not)) = done.standing.first().filter(|_| done.stopped) {
                return Ok(Some(Bad {
                    part: ERASE.to_owned(),
                    code: "target".to_owned(),
                    exit: 7,
                    what: format!("an erasure waits: a page still stands, {place}"),
                    why: not.why.clone(),
                    hint: "`erase --finish --leave-published` goes on without it".to_owned(),
                }));
            }
        }
        let back = erase::came_back(&desk.repo()?)?.len();
        Ok((back > 0).then(|| Bad {
            part: ERASE.to_owned(),
            code: "erase.back".to_owned(),
            exit: 7,
            what: match back {
                1 => "a story that is recorded as erased stands".to_owned(),
                many => format!("{many} stories that are recorded as erased stand"),
            },
            why: "an old clone was merged or pushed, or somebody only wrote into record.jsonl that it is erased".to_owned(),
            hint: "`git log -p record.jsonl` in the content repository says who wrote it; if it was meant, `erase --finish` takes it out; if not, take the line out and commit"
                .to_owned(),
        }))
    };
    let found = finish();
    if let Some(Some(bad)) = findings.note(ERASE, found) {
        findings.well.retain(|part| part != ERASE);
        findings.bad.push(bad);
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

fn fetch_all(
    desk: &Desk,
    repo: &StoryRepo,
    spool: &mut Spool,
    listener: &mut dyn Listener,
    pass: &mut Pass,
    findings: &mut Findings,
) {
    let mut relay = Relay {
        listener,
        bad: Vec::new(),
    };
    let mut sources = Vec::new();
    for inbox in &desk.config.inboxes {
        match fetch::open(inbox) {
            Ok(source) => sources.push(source),
            Err(trouble) => relay.trouble(&inbox.name, &trouble),
        }
    }
    let done = fetch::fetch(desk, repo, spool, sources, Wish::default(), &mut relay);
    let bad = relay.bad;
    let fetched = findings.note("fetch", done);
    if let Some((count, _)) = fetched {
        pass.fetched = count;
        let names = desk.config.inboxes.iter().map(|inbox| of_inbox(&inbox.name));
        let well = names.filter(|part| !bad.iter().any(|b| b.part == *part));
        findings.well.extend(well);
    }
    findings.bad.extend(bad);
}

/// What the syncs of a pass came to.
#[derive(Default)]
struct Together {
    /// The remote could be reached.
    reached: bool,
    /// What was erased elsewhere was here.
    obey: bool,
}

impl Together {
    /// One sync.
    fn bring(
        &mut self,
        desk: &Desk,
        repo: &StoryRepo,
        spool: &mut Spool,
        listener: &mut dyn Listener,
        pass: &mut Pass,
        findings: &mut Findings,
    ) {
        let wish = sync::Wish {
            unattended: true,
            ..sync::Wish::default()
        };
        let done = match sync::sync(desk, repo, wish, false, None) {
            Ok(done) => done,
            Err(trouble) => {
                findings.well.retain(|part| part != "sync");
                findings.bad.push(Bad::of("sync", &trouble));
                if erase::waits_for_remote(desk).unwrap_or(true) {
                    findings.well.retain(|part| part != ERASE);
                    findings.bad.push(Bad {
                        part: ERASE.to_owned(),
                        code: "erase.remote".to_owned(),
                        exit: trouble.exit(),
                        what: format!("{} may still have what was erased here", desk.config.repository.remote),
                        why: trouble.to_string(),
                        hint: "each run tries again, as do `sync` and `erase --finish`".to_owned(),
                    });
                }
                return;
            }
        };
        self.reached = true;
        self.obey |= done.is_to_obey();
        if let Err(trouble) = erase::is_at_the_remote(desk, spool) {
            findings.bad.push(Bad::of(ERASE, &trouble));
        }
        findings.well.push("sync".to_owned());
        pass.came += done.came as u64;
        pass.went += done.went as u64;
        done.cautions.iter().for_each(|caution| listener.caution(caution));
        if done.rewritten {
            listener.rewritten(&done.remote);
        }
        tell_of_sync(desk, done.told, listener, pass);
    }
}

/// It is told by the run that finds it; from then on it stands with the story.
fn tell_of_sync(desk: &Desk, told: Vec<Refusal>, listener: &mut dyn Listener, pass: &mut Pass) {
    for told in told {
        let bad = Bad {
            part: "sync.told".to_owned(),
            code: told.code.to_owned(),
            exit: told.exit,
            what: told.what,
            why: told.why,
            hint: told.hint,
        };
        listener.bad(&bad);
        pass.bad.push((bad, desk.now));
    }
}

fn publish_due(desk: &Desk, repo: &StoryRepo, listener: &mut dyn Listener, pass: &mut Pass, findings: &mut Findings) {
    let Some(all) = findings.note("publish", publish::publish_due(desk, repo)) else {
        return;
    };
    pass.due = all.len() as u64;
    for (id, result) in all {
        let done = match result {
            Ok(done) => done,
            Err(trouble) => {
                findings.bad.push(refused(&id, &trouble));
                continue;
            }
        };
        listener.published(&done);
        match done.is_whole() {
            true => pass.published += 1,
            false => pass.pending += 1,
        }
        for put in &done.puts {
            let Err(not) = &put.result else { continue };
            findings.bad.push(Bad {
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
fn folders(desk: &Desk, repo: &StoryRepo, findings: &mut Findings) {
    let Some(found) = findings.note("folders", here::look(desk, repo, true)) else {
        return;
    };
    for target in desk.config.targets.iter().map(|target| &target.name) {
        let lacks = found.lacking_in_words(target).map(|said| ("lacks", said));
        let has = found.left_in_words(target).map(|said| ("has", said));
        for (which, [what, why, hint]) in lacks.into_iter().chain(has) {
            findings.bad.push(Bad {
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

/// Goes on with takedowns that stopped half-way, and tells what is out and should not be: that is for a person.
fn take_down(desk: &Desk, repo: &StoryRepo, listener: &mut dyn Listener, pass: &mut Pass, findings: &mut Findings) {
    if let Some(all) = findings.note("takedown", takedown::resume_all(desk, repo)) {
        for down in all {
            listener.taken_down(&down);
            pass.still_out += u64::from(!down.is_whole());
            let (id, title) = (&down.story.id, down.story.title());
            for off in &down.offs {
                let Left::Still(not) = &off.result else { continue };
                findings.bad.push(Bad {
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
    if let Some(all) = findings.note("takedown", super::queue::unpermitted(desk, repo)) {
        findings.bad.extend(all.into_iter().map(|(id, story)| Bad {
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

/// A due story that was not published.
fn refused(id: &StoryId, trouble: &Trouble) -> Bad {
    let bad = Bad::of(format!("publish.{id}"), trouble);
    Bad {
        hint: bad.hint.replace("STORY", id.folder()),
        ..bad
    }
}

/// Whether a letter would leave unattended.
pub fn leaves(waiting: &Waiting) -> bool {
    !waiting
        .held
        .as_ref()
        .is_some_and(|hold| hold.stops(Sending::Unattended))
}

/// Weighs what was found against what was known: says what is new and what is over, and remembers it.
fn tell(
    desk: &Desk,
    spool: &mut Spool,
    listener: &mut dyn Listener,
    findings: Findings,
    pass: &mut Pass,
) -> Result<(), Trouble> {
    let mut known: BTreeMap<String, Alarm> = alarm::standing(spool).into_iter().collect();
    for bad in findings.bad {
        let (kept, news) = alarm::weigh(known.remove(&bad.part), Some(&bad), desk.now);
        let since = match news {
            News::Tell { since } => {
                listener.bad(&bad);
                since
            }
            News::Known { since } => since,
            News::Over(_) | News::None => desk.now,
        };
        alarm::keep(spool, &bad.part, kept.as_ref())?;
        // what is no failure of this run is told, and that is all
        if bad.exit > 0 {
            pass.bad.push((bad, since));
        }
    }
    // a letter that was not tried waits for its page as before
    let silent = letters::with_silent_pages(spool).unwrap_or_default();
    let waits = |part: &str| silent.iter().any(|story| of_page(story) == part);
    for (part, alarm) in known {
        if findings.ended.contains(&part) {
            alarm::keep(spool, &part, None)?;
            continue;
        }
        let published = part.starts_with("publish.") || part.starts_with("target.");
        let well = |name: &str| findings.well.iter().any(|p| p == name);
        let tried = findings.well.contains(&part)
            || published && well("publish")
            || part.starts_with("takedown.") && well("takedown")
            || part.starts_with(PAGE) && well("pages") && !waits(&part)
            || part.starts_with("folder.") && well("folders");
        // an inbox that is no longer in the configuration
        let gone = part
            .strip_prefix("inbox.")
            .is_some_and(|name| desk.config.inbox(name).is_none());
        if !(tried || gone) {
            continue;
        }
        if let (_, News::Over(alarm)) = alarm::weigh(Some(alarm), None, desk.now) {
            listener.over(&part, &alarm);
        }
        alarm::keep(spool, &part, None)?;
    }
    Ok(())
}
