//! This desk and the others, brought together through a git server: fetch, make the steps of this desk again upon theirs, push.
//!
//! Nothing is forced but what was erased here, and that only over what was looked at. A push that somebody else was faster than is begun
//! anew from what they pushed.

use std::collections::BTreeMap;

use crate::config;
use crate::repo::{
    Caution, Doing, Far, Heads, Joined, Joining, Local, Means, Pushed, Remote, RemoteError, Replayed, RepoError,
    StoryRepo, Text, Watch,
};
use crate::spool::Spool;
use crate::story::StoryId;
use crate::story::erased::Erased;
use crate::story::event::{Event, What};
use crate::story::policy::{Policy, Refusal, Task};
use crate::story::state::{Cell, State, Verb, cell};
use crate::story::step::{Clerk, Story};

use super::{Desk, Trouble, erase};

/// How often a push that somebody else was faster than is begun anew.
const TRIES: usize = 12;

/// How it is done.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wish<'a> {
    /// Nobody looks on: no password is asked for, and what is put together is put together by the robot.
    pub unattended: bool,
    /// A remote that lost steps is followed.
    pub accept_rewrite: bool,
    /// What was erased here and stands on the remote goes there, too, as far as it is among these: a person decided it. It is so also of
    /// what an erasure that waits for the remote is about ([`erase::owed`]).
    pub take_out: Option<&'a Erased>,
    /// Only say what would be done.
    pub rehearse: bool,
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    Asking,
    Fetching,
    /// Of what takes long, so much.
    Far(Far),
    Joining,
    Pushing,
}

impl Synced {
    /// Whether something is to be destroyed here, because it was erased elsewhere.
    pub fn is_to_obey(&self) -> bool {
        self.rewritten || self.bereft
    }
}

impl Phase {
    /// For a progress line.
    pub fn words(self) -> &'static str {
        match self {
            Phase::Asking => "Asking the remote",
            Phase::Fetching => "Fetching",
            Phase::Far(far) => match far.doing {
                Doing::Packing => "Packing there",
                Doing::Receiving => "Receiving",
                // git then looks whether all is there, and says nothing
                Doing::Checking => "Checking what came",
                Doing::Writing => "Writing files",
                Doing::Sending => "Sending",
            },
            Phase::Joining => "Putting both together",
            Phase::Pushing => "Pushing",
        }
    }
}

/// What it came to.
#[derive(Debug, Clone, Default)]
pub struct Synced {
    pub remote: String,
    /// Where the remote is, as it may be shown.
    pub address: String,
    /// Steps of other desks that came here.
    pub came: usize,
    /// Steps of this desk that went out (or would).
    pub went: usize,
    /// Stories on which both had worked.
    pub both: Vec<(StoryId, Text)>,
    /// What a person must know: a decision that does not stand, two texts to choose from.
    pub told: Vec<Refusal>,
    /// The remote no longer has all that it had.
    pub rewritten: bool,
    /// What another desk erased was here: it is out of the history, and [`erase::obey_what_came`] destroys the rest.
    pub bereft: bool,
    /// The remote had what was erased here, and has it no longer.
    pub taken_out: bool,
    pub cautions: Vec<Caution>,
}

/// The remote of the content repository.
pub fn remote<'r>(desk: &Desk, repo: &'r StoryRepo, ask: bool) -> Result<Remote<'r>, Trouble> {
    let settings = &desk.config.repository;
    let means = Means {
        ask,
        local: settings.local_remote,
        ssh: config::environment("GIT_SSH_COMMAND"),
        most: settings.max_received_bytes,
    };
    Ok(repo.remote(&settings.remote, means)?)
}

/// Whether steps are pushed as they are made.
pub fn is_wanted(desk: &Desk, repo: &StoryRepo) -> bool {
    let settings = &desk.config.repository;
    settings.push == config::Push::Always && repo.has_remote(&settings.remote)
}

/// What this desk has that the remote is not known to have; `None` where there is no remote, or nothing was ever synced.
pub fn unpushed(desk: &Desk, repo: &StoryRepo) -> Result<Option<Local>, Trouble> {
    let name = &desk.config.repository.remote;
    match repo.has_remote(name) {
        true => Ok(repo.unpushed(name)?),
        false => Ok(None),
    }
}

/// Is told where a sync is.
pub type Watcher<'a> = &'a (dyn Fn(Phase) + Sync);

/// Fetches, puts both together, pushes. `ask`: there is a terminal at which git and ssh may ask for a password. The spool may be missing
/// where it is only rehearsed. Whatever comes of it, what it took in of others' erasures is for the caller to obey
/// ([`erase::obey_what_came`]).
pub fn sync(
    desk: &Desk,
    repo: &StoryRepo,
    spool: Option<&mut Spool>,
    wish: Wish,
    ask: bool,
    watcher: Option<Watcher>,
) -> Result<Synced, Trouble> {
    let owed = match wish.take_out {
        Some(_) => None,
        None => erase::owed(desk)?,
    };
    let waited = owed.is_some();
    let take_out = wish.take_out.or(owed.as_ref());
    let mut met = false;
    let wish = Wish { take_out, ..wish };
    let done = bring_together(desk, repo, spool, wish, ask, watcher, &mut met);
    // or may have come with a run that was killed
    if met || waited && done.is_ok() {
        // what came along of the erased, to be looked at, goes again
        let pruned = desk.repo().and_then(|repo| Ok(repo.prune()?));
        return done.and_then(|done| pruned.map(|_| done));
    }
    done
}

/// `met` becomes true where something that was erased here may have come along.
fn bring_together(
    desk: &Desk,
    repo: &StoryRepo,
    mut spool: Option<&mut Spool>,
    wish: Wish,
    ask: bool,
    watcher: Option<Watcher>,
    met: &mut bool,
) -> Result<Synced, Trouble> {
    let settings = &desk.config.repository;
    let phase = |phase| {
        if let Some(tell) = watcher {
            tell(phase);
        }
    };
    let far = |far| phase(Phase::Far(far));
    let watch = watcher.map(|_| &far as Watch);
    let mut remote = remote(desk, repo, ask && !wish.unattended)?;
    remote.watch = watch;
    let clerk = clerk(desk, repo, wish);
    let proven = |record: &[u8]| desk.proven_erased(record);
    let pens = desk.pens(repo.signer());
    let seal = |before: &[u8], change| desk.sealed_merge(&pens, before, change);
    let how = Joining {
        private: settings.share_private,
        accept_rewrite: wish.accept_rewrite,
        take_out: wish.take_out,
        proven: desk.policy.signed.then_some(&proven),
        seal: Some(&seal),
        rehearse: wish.rehearse,
        watch,
    };
    let mut done = Synced {
        remote: remote.name.clone(),
        address: remote.address(),
        ..Synced::default()
    };
    let mut both: BTreeMap<StoryId, Replayed> = BTreeMap::new();
    for _ in 0..TRIES {
        phase(Phase::Asking);
        let heads = remote.heads()?;
        phase(Phase::Fetching);
        let heads = remote.fetch(heads, settings.share_private || wish.take_out.is_some())?;
        phase(Phase::Joining);
        let joined = repo.join(&remote.name, heads, how, &clerk, |tip, going| match &mut spool {
            Some(spool) => erase::note(repo, spool, tip, going),
            None => Ok(()),
        });
        let holds = matches!(joined, Err(Trouble::Repo(RepoError::HoldsErased { .. })));
        // private parts of others came along where this desk does not share its own
        let strange = wish.take_out.is_some() && !settings.share_private && heads.has_private();
        *met = done.taken_out
            || strange
            || joined
                .as_ref()
                .map_or(holds || wish.take_out.is_some(), |joined| joined.over);
        let joined = joined?;
        done.came += joined.came;
        done.rewritten |= joined.rewritten;
        done.bereft |= joined.bereft;
        done.taken_out |= joined.over;
        done.cautions.extend(joined.cautions.iter().cloned());
        done.went = joined.own;
        for replayed in &joined.replayed {
            let (told, before) = (judge(desk, repo, &joined, replayed)?, both.get(&replayed.id));
            // what was told is told again by the next round, or is over
            let new = before.is_none_or(|before| before.events.len() != replayed.events.len());
            if new || !told.is_empty() {
                done.told.retain(|t| !told.contains(t));
                done.told.extend(told);
            }
            both.insert(replayed.id.clone(), replayed.clone());
        }
        let again: Vec<Refusal> = joined.again.iter().map(again).collect();
        done.told.retain(|told| !again.contains(told));
        done.told.extend(again);
        done.both = both.iter().map(|(id, replayed)| (id.clone(), replayed.text)).collect();
        if wish.rehearse {
            return Ok(done);
        }
        if let Some(onto) = &joined.onto {
            repo.saw(&remote.name, onto.commit)?;
        }
        if push(&remote, heads, &joined, &phase)? == Pushed::Done {
            repo.saw(&remote.name, joined.tip.commit)?;
            return Ok(done);
        }
    }
    Err(Trouble::Crowded(remote.address()))
}

/// Private parts first: no story stands on the remote's branch without its mail.
fn push(remote: &Remote, heads: Heads, joined: &Joined, phase: &dyn Fn(Phase)) -> Result<Pushed, RemoteError> {
    if joined.over {
        phase(Phase::Pushing);
        return remote.push_rewritten(joined.tip.commit, joined.private, heads);
    }
    if let Some(private) = joined.private {
        phase(Phase::Pushing);
        if remote.push_private(private, heads)? == Pushed::Moved {
            return Ok(Pushed::Moved);
        }
    }
    if joined.onto.map(|onto| onto.commit) == Some(joined.tip.commit) {
        return Ok(Pushed::Done);
    }
    phase(Phase::Pushing);
    remote.push(joined.tip.commit)
}

/// Who puts two texts together: the person at this desk, else the robot.
fn clerk(desk: &Desk, repo: &StoryRepo, wish: Wish) -> Clerk {
    match desk.clerk(repo, Task::Edit) {
        Ok(clerk) if !wish.unattended => clerk,
        _ => desk.robot(),
    }
}

/// What became of the decisions that were made here on one story, where it is not what was decided.
fn judge(desk: &Desk, repo: &StoryRepo, joined: &Joined, replayed: &Replayed) -> Result<Vec<Refusal>, Trouble> {
    let id = &replayed.id;
    let name = id.folder();
    if matches!(replayed.text, Text::Gone | Text::Erased) {
        return Ok(vec![gone(replayed)]);
    }
    let (Some(onto), now) = (joined.onto, repo.story(&joined.tip, id)?) else {
        return Ok(Vec::new());
    };
    let Some(now) = now.and_then(|files| desk.load(id, files).ok()) else {
        return Ok(Vec::new());
    };
    let before = repo.story(&onto, id)?;
    let before = before.and_then(|files| desk.load(id, files).ok());
    let title = now.title();
    let mut told = Vec::new();
    if replayed.text == Text::Unfinished {
        told.push(Refusal {
            code: "story.two_texts",
            what: format!("{title} was edited here and elsewhere"),
            why: "both changed the same lines; both versions stand in it, and it waits until one is chosen".to_owned(),
            hint: format!("`edit {name}`: keep the right words, take the lines with <<<<<<<, ======= and >>>>>>> out"),
            exit: 6,
        });
    }
    if now.life.conflict.is_some() && before.as_ref().is_none_or(|b| b.life.conflict.is_none()) {
        told.push(Refusal {
            code: "story.conflict",
            what: format!("{title} has contradicting decisions"),
            why: "it was approved at one desk and rejected at another, neither knowing of the other".to_owned(),
            hint: format!("settle it: `reopen {name}` to go on with the story, or `reject {name}`"),
            exit: 6,
        });
        return Ok(told);
    }
    let state = before.as_ref().map(|story| story.state(&desk.policy));
    let lost = |event: &&Event| does_not_stand(event, state, &now, replayed, &desk.policy);
    if let Some((event, why)) = replayed.events.iter().rev().find_map(|e| Some((e, lost(&e)?))) {
        let note = note_of(event);
        let note = if note.is_empty() {
            String::new()
        } else {
            format!(" (\"{note}\")")
        };
        told.push(Refusal {
            code: "story.moved",
            what: format!("{}: what {} decided{note} does not stand", title, event.by.name),
            why,
            hint: format!("it is kept in the record; look at it (`show {name}`), and decide again"),
            exit: 6,
        });
    }
    Ok(told)
}

/// Why a decision made here has no effect now that the other desk's steps came first; `None` where it has, or never had.
fn does_not_stand(
    event: &Event,
    before: Option<State>,
    now: &Story,
    replayed: &Replayed,
    policy: &Policy,
) -> Option<String> {
    let verb = match &event.what {
        What::Approved { .. } => Verb::Approve,
        What::ChangesRequested { .. } => Verb::RequestChanges,
        What::Rejected { .. } => Verb::Reject,
        What::Reopened { .. } => Verb::Reopen,
        What::Scheduled { .. } => Verb::Schedule,
        What::PublishBegun { .. } => Verb::Publish,
        What::TakenDown { .. } => Verb::Takedown,
        What::Withdrawn { .. } => Verb::Withdraw,
        _ => return None,
    };
    let before = before?;
    let lapsed = now
        .life
        .votes
        .iter()
        .any(|v| v.event == event.id && !v.is_for(now.text, policy));
    // one that lapsed through an edit made here is no news
    if verb == Verb::Approve && event.text == replayed.left && lapsed {
        return Some("the text was changed elsewhere meanwhile, and a vote is for one text".to_owned());
    }
    match cell(before, verb) {
        // what leaves no trace in the fold
        Cell::Refused
            if matches!(
                verb,
                Verb::Approve | Verb::RequestChanges | Verb::Schedule | Verb::Reject
            ) =>
        {
            let closed = !matches!(
                before,
                State::Draft | State::ChangesRequested | State::Approved | State::Scheduled
            );
            closed.then(|| format!("elsewhere it is {before} meanwhile"))
        }
        _ => None,
    }
}

/// A mail that was erased stands at another desk as a story of its own: a person decides.
fn again(id: &StoryId) -> Refusal {
    Refusal {
        code: "story.erased_mail",
        what: format!("{} is of a mail that was erased", id.folder()),
        why: "it was erased with another story, and this desk or another had it as a story of its own".to_owned(),
        hint: format!("`erase {}`, if it is to go, too", id.folder()),
        exit: 6,
    }
}

fn gone(replayed: &Replayed) -> Refusal {
    let steps: Vec<String> = replayed
        .events
        .iter()
        .map(|e| match note_of(e) {
            "" => e.kind(),
            note => format!("{}: \"{note}\"", e.kind()),
        })
        .collect();
    let (code, how, hint) = match replayed.text {
        Text::Erased => (
            "story.erased",
            "erased",
            "it is destroyed here, too, and its mail is not taken in again; ask who erased it, if it should not be gone",
        ),
        _ => (
            "story.gone",
            "taken out",
            "ask who took it out, if it should not be gone; the old commits are in the reflog for a while",
        ),
    };
    Refusal {
        code,
        what: format!("{} was {how} elsewhere", replayed.id.folder()),
        why: format!("what was done here was not brought back ({})", steps.join("; ")),
        hint: hint.to_owned(),
        exit: 6,
    }
}

/// What a person wrote with a step.
fn note_of(event: &Event) -> &str {
    match &event.what {
        What::Approved { note, .. }
        | What::ChangesRequested { note, .. }
        | What::Rejected { note, .. }
        | What::Reopened { note }
        | What::Noted { note, .. }
        | What::TakenDown { note }
        | What::Withdrawn { note } => note,
        _ => "",
    }
}
