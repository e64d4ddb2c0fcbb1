//! The queue as a reviewer walks it: what is open, a story with all that a reviewer reads, and decisions that are made upon exactly
//! what was read. A decision is rehearsed when it is made, held, and taken later; a story that moved meanwhile refuses it.

use std::collections::HashSet;

use jiff::Timestamp;

use crate::story::StoryId;
use crate::story::draft::CutPiece;
use crate::story::event::{EventId, LetterStatus, RevisionStatus, What};
use crate::story::people::{PEOPLE, People};
use crate::story::policy::{Policy, Refusal, Task};
use crate::story::record::{Change, Files, one_line};
use crate::story::state::State;
use crate::story::step::{Clerk, Story};

use super::check::{self, Which};
use super::letters::foretold::{Foretold, foretell, keep_words};
use super::queue::{Queue, Summary};
use super::review::{self, Planned};
use super::takedown::{self, Down, Off};
use super::{Desk, StoryRepo, Taken, Trouble, edit, revision};

pub mod later;
pub mod photos;

/// The open stories, in the order in which a reviewer meets them.
pub struct Walk {
    pub stories: Vec<(StoryId, Summary)>,
    /// The branch as it was read.
    pub tip: String,
}

impl Walk {
    /// Reads the queue as `list` does. What `me` can decide about comes first, then the oldest.
    pub fn read(desk: &Desk, repo: &StoryRepo, me: Option<&str>) -> Result<Walk, Trouble> {
        let tip = tip(repo)?;
        let queue = Queue::read(desk, repo)?;
        let mut stories: Vec<(StoryId, Summary)> = queue
            .into_stories()
            .filter(|(_, s)| s.is_on_the_desk(desk.now))
            .collect();
        let key = |s: &Summary| (rank(s, &desk.policy, me), s.received);
        stories.sort_by(|a, b| (key(&a.1), &a.0).cmp(&(key(&b.1), &b.0)));
        Ok(Walk { stories, tip })
    }

    /// The branch moved by a step of one's own, which the caller has put into `stories`.
    pub fn note_tip(&mut self, repo: &StoryRepo) {
        if let Ok(tip) = tip(repo) {
            self.tip = tip;
        }
    }

    /// Whether somebody moved the branch since it was read.
    pub fn is_stale(&self, repo: &StoryRepo) -> bool {
        tip(repo).is_ok_and(|now| now != self.tip)
    }
}

fn tip(repo: &StoryRepo) -> Result<String, Trouble> {
    Ok(repo.tip()?.commit.to_string())
}

/// 0: waits for this person; 1: for any reviewer; 2: for somebody else.
fn rank(s: &Summary, policy: &Policy, me: Option<&str>) -> u8 {
    match me {
        Some(me) if s.assigned.as_deref() == Some(me) => 0,
        _ if waits_for_reviewer(s, policy, me) => 1,
        _ => 2,
    }
}

/// Whether a reviewer's decision is what the story waits for, and `me` has not given theirs.
pub fn waits_for_reviewer(s: &Summary, policy: &Policy, me: Option<&str>) -> bool {
    let wanted = match s.state {
        State::Draft | State::Conflict => true,
        State::Published => s.correction && (s.approvals as usize) < policy.approvals,
        _ => false,
    };
    let others = s.assigned.as_deref().is_some_and(|to| Some(to) != me);
    wanted && !others && s.damage.is_none() && !me.is_some_and(|me| s.voters.iter().any(|v| v == me))
}

/// A story, with everything a reviewer reads before a decision.
pub struct Reading {
    pub story: Story,
    pub summary: Summary,
    /// None where the private part is not here.
    pub people: Option<People>,
    pub cut: Vec<CutPiece>,
    /// Numbers of the pieces that are back in the text.
    pub back: HashSet<u32>,
    /// Later mails by the author: number and Markdown, the oldest first.
    pub later: Vec<(u32, String)>,
    /// Files that somebody changed in the folder and did not commit.
    pub by_hand: Vec<String>,
}

impl Reading {
    /// Reads the story at the tip.
    pub fn open(desk: &Desk, repo: &StoryRepo, id: &StoryId) -> Result<Reading, Trouble> {
        let story = desk.story(repo, id)?;
        let private = repo.private(id)?;
        let people = private.as_ref().and_then(|p| p.get(PEOPLE));
        let people = people.and_then(|bytes| People::parse(bytes).ok());
        let cut = match private {
            Some(_) => edit::pieces(repo, id)?,
            None => Vec::new(),
        };
        let later = private.map(self::later).unwrap_or_default();
        let by_hand = repo.uncommitted(&repo.tip()?, id)?;
        Ok(Reading {
            summary: Summary::of(&story, &desk.policy),
            back: edit::restored(&story, &cut),
            story,
            people,
            cut,
            later,
            by_hand,
        })
    }

    /// The story's own photos.
    pub fn photos(&self) -> impl Iterator<Item = &str> {
        self.story.photos.iter().map(String::as_str)
    }

    /// The author's own words, as [`revision::own_words`] has them.
    pub fn own_words(&self, desk: &Desk, repo: &StoryRepo) -> Result<String, Trouble> {
        revision::own_words(desk, repo, &self.story)
    }

    /// The story as it stands after a step of one's own.
    fn after(&mut self, desk: &Desk, taken: &Taken) {
        self.story = taken.story.clone();
        self.summary = Summary::of(&self.story, &desk.policy);
        self.back = edit::restored(&self.story, &self.cut);
    }
}

fn later(private: Files) -> Vec<(u32, String)> {
    let number = |name: &str| name.strip_prefix("follow-up-")?.strip_suffix(".md")?.parse().ok();
    let mut later: Vec<(u32, String)> = private
        .into_iter()
        .filter_map(|(name, bytes)| Some((number(&name)?, String::from_utf8_lossy(&bytes).into_owned())))
        .collect();
    later.sort();
    later
}

/// What a reviewer decides upon a story they have read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    Approve,
    /// What is asked of the author.
    Changes(String),
    /// The reason; `spam`: without a letter.
    Reject {
        why: String,
        spam: bool,
    },
    Reopen,
    Note(String),
    Assign(Option<String>),
    /// A finding of `check` lets stand, by rule and number, and why.
    Waive {
        which: Which,
        why: String,
    },
    /// The storyteller's yes, or that they took it back, and how it is known.
    Consent {
        grant: bool,
        evidence: String,
    },
    /// A proposed revision is left out; with words, the author reads them in a letter.
    Decline {
        number: u32,
        why: String,
    },
    /// Off the targets, or no longer scheduled: why, for the team.
    TakeDown(String),
    /// The author's wish, and how it is known.
    Withdraw(String),
}

impl Decision {
    fn task(&self) -> Task {
        match self {
            Decision::Note(_) | Decision::Assign(_) => Task::Note,
            Decision::Decline { .. } => Task::Edit,
            Decision::TakeDown(_) => Task::Publish,
            _ => Task::Decide,
        }
    }

    /// Whether it decides what becomes of the story; only one such decision is held.
    pub fn is_vote(&self) -> bool {
        use Decision::{Approve, Changes, Reject, Reopen, TakeDown, Withdraw};
        matches!(
            self,
            Approve | Changes(_) | Reject { .. } | Reopen | TakeDown(_) | Withdraw(_)
        )
    }

    /// Whether it is a decision upon the text, which must be the text that was read.
    pub fn is_upon_text(&self) -> bool {
        self.is_vote() || matches!(self, Decision::Waive { .. })
    }

    /// The step, as the command of that name makes it.
    fn plan(&self, story: &Story, policy: &Policy, clerk: &Clerk) -> Planned {
        match self {
            Decision::Approve => review::approve(story, policy, clerk, "", None),
            Decision::Changes(note) => review::request_changes(story, policy, clerk, note),
            Decision::Reject { why, spam } => review::reject(story, policy, clerk, why, *spam),
            Decision::Reopen => review::reopen(story, policy, clerk, ""),
            Decision::Note(note) => review::note(story, clerk, note),
            Decision::Assign(to) => review::assign(story, clerk, to.as_deref()),
            Decision::Waive { which, why } => check::waive(story, policy, clerk, std::slice::from_ref(which), why),
            Decision::Consent { grant, evidence } => {
                let said = review::Said {
                    grant: *grant,
                    evidence: evidence.clone(),
                    ..review::Said::default()
                };
                review::consent(story, clerk, &said)
            }
            Decision::Decline { number, why } => match revision::later(story).iter().find(|l| l.number == *number) {
                Some(later) => revision::decline(story, clerk, later, why),
                None => Ok(None),
            },
            Decision::TakeDown(why) => takedown::take_down(story, policy, clerk, why),
            Decision::Withdraw(why) => takedown::withdraw(story, policy, clerk, why),
        }
    }
}

/// What a decision would come to.
pub struct Rehearsed {
    /// False: there would be nothing to do.
    pub changes: bool,
    /// The letter it would call for.
    pub letter: Option<Foretold>,
}

/// Tries a decision upon the story as it was read and as `held`, decided before it, would leave it. Whatever would refuse it then
/// refuses it now.
pub fn rehearse<'a>(
    desk: &Desk,
    repo: &StoryRepo,
    reading: &Reading,
    held: impl Iterator<Item = &'a Decision>,
    decision: &Decision,
) -> Result<Rehearsed, Trouble> {
    let clerk = desk.clerk(repo, decision.task())?;
    let mut story = reading.story.clone();
    if *decision == Decision::Approve {
        review::not_own(desk, repo, &story, &clerk)?;
    }
    let by_hand = repo.uncommitted(&repo.tip()?, &story.id)?;
    if decision.is_upon_text() && !by_hand.is_empty() {
        return Err(Trouble::ByHand {
            id: story.id.clone(),
            files: by_hand,
        });
    }
    for earlier in held {
        let clerk = desk.clerk(repo, earlier.task())?;
        let change = earlier.plan(&story, &desk.policy, &clerk)?;
        if let Some(then) = after(desk, &story, change)? {
            story = then;
        }
    }
    let change = decision.plan(&story, &desk.policy, &clerk)?;
    let letter = match &change {
        Some(change) => foretell(desk, repo, &story, change)?,
        None => None,
    };
    Ok(Rehearsed {
        changes: change.is_some(),
        letter,
    })
}

/// What writing a decision down came to.
pub struct Written {
    pub taken: Taken,
    /// What kept the letter from having the reviewer's own words, if anything did.
    pub unkept: Option<Trouble>,
    /// Targets that had the story, where it was taken off.
    pub offs: Vec<Off>,
}

/// Takes a decision: one step, one commit; a story that is taken off is then taken off its targets. `own` are the reviewer's own words for the letter (`Subject: ...`, an empty line, the
/// text). A decision upon a text is refused (6) where the story is not as it was read; `reading` follows the step.
pub fn take(
    desk: &Desk,
    repo: &StoryRepo,
    reading: &mut Reading,
    decision: &Decision,
    own: Option<&str>,
) -> Result<Written, Trouble> {
    let clerk = desk.clerk(repo, decision.task())?;
    let id = reading.story.id.clone();
    // held until the letter has its words, so that no other run sends it before
    let mut spool = desk.spool()?;
    if *decision == Decision::Approve {
        review::not_own(desk, repo, &desk.story(repo, &id)?, &clerk)?;
    }
    let upon_text = decision.is_upon_text();
    let plan = |now: &Story| {
        if upon_text {
            as_read(now, &reading.story)?;
        }
        decision.plan(now, &desk.policy, &clerk)
    };
    let (taken, offs) = match decision {
        Decision::TakeDown(_) | Decision::Withdraw(_) => {
            let Down { story, changed, offs } = takedown::carry_out(desk, repo, &id, &clerk, plan)?;
            let cautions = Vec::new();
            (
                Taken {
                    story,
                    changed,
                    cautions,
                },
                offs,
            )
        }
        _ => (desk.step(repo, &id, upon_text, plan)?, Vec::new()),
    };
    let kept = match own.filter(|_| taken.changed) {
        Some(own) => keep_words(desk, repo, &mut spool, (&reading.story, &taken.story), own),
        None => Ok(()),
    };
    reading.after(desk, &taken);
    Ok(Written {
        taken,
        unkept: kept.err(),
        offs,
    })
}

/// Refused (6) where the text, or what others decided about it, is not what was read. Letters that left meanwhile change nothing.
fn as_read(now: &Story, read: &Story) -> Result<(), Refusal> {
    review::seen(now, Some(&read.text.to_string()))?;
    let known: HashSet<&EventId> = read.record.events.iter().map(|e| &e.id).collect();
    let new = now.record.events.iter().filter(|e| !known.contains(&e.id));
    let news: Vec<String> = new
        .filter(|e| !matches!(e.what, What::Letter { .. }))
        .map(|e| format!("{} {}", e.by.name, said(&e.what)))
        .collect();
    if news.is_empty() {
        return Ok(());
    }
    Err(Refusal {
        code: "story.moved",
        what: format!("{} is not as you read it", now.title()),
        why: format!("meanwhile {}", news.join("; ")),
        hint: "read it again, then decide".to_owned(),
        exit: 6,
    })
}

/// Tries a new `index.md` upon the story as it was read; gives the page it would become, none where nothing would change.
pub fn rehearse_edit(desk: &Desk, repo: &StoryRepo, reading: &Reading, index: &[u8]) -> Result<Option<Story>, Trouble> {
    let clerk = desk.clerk(repo, Task::Edit)?;
    let change = edit::edit(&reading.story, &desk.policy, &clerk, index, false, "")?;
    after(desk, &reading.story, change)
}

/// Whether this person may edit the story now, asked before they begin.
pub fn may_edit(desk: &Desk, repo: &StoryRepo, reading: &Reading) -> Result<(), Trouble> {
    let clerk = desk.clerk(repo, Task::Edit)?;
    later::unedited(repo, reading)?;
    Ok(edit::may(&reading.story, &desk.policy, &clerk)?)
}

/// Commits a new `index.md`, made from the text that was read; `minor`: only spelling and punctuation.
pub fn take_edit(
    desk: &Desk,
    repo: &StoryRepo,
    reading: &mut Reading,
    index: &[u8],
    minor: bool,
) -> Result<Taken, Trouble> {
    let clerk = desk.clerk(repo, Task::Edit)?;
    let read = reading.story.text;
    let _lock = desk.spool()?;
    let taken = desk.step(repo, &reading.story.id, true, |now| {
        if now.text != read {
            return Err(edit::moved(now));
        }
        edit::edit(now, &desk.policy, &clerk, index, minor, "")
    })?;
    reading.after(desk, &taken);
    Ok(taken)
}

/// Tries to put cut pieces back; gives the story it would become, none where they are back already.
pub fn rehearse_restore(
    desk: &Desk,
    repo: &StoryRepo,
    reading: &Reading,
    numbers: &[u32],
) -> Result<Option<Story>, Trouble> {
    let clerk = desk.clerk(repo, Task::Edit)?;
    let chosen: Vec<&CutPiece> = reading.cut.iter().filter(|p| numbers.contains(&p.n)).collect();
    let change = edit::restore(&reading.story, &desk.policy, &clerk, &chosen)?;
    after(desk, &reading.story, change)
}

/// Puts cut pieces back.
pub fn take_restore(desk: &Desk, repo: &StoryRepo, reading: &mut Reading, numbers: &[u32]) -> Result<Taken, Trouble> {
    let clerk = desk.clerk(repo, Task::Edit)?;
    let read = reading.story.text;
    let chosen: Vec<CutPiece> = reading.cut.iter().filter(|p| numbers.contains(&p.n)).cloned().collect();
    let chosen: Vec<&CutPiece> = chosen.iter().collect();
    let _lock = desk.spool()?;
    let taken = desk.step(repo, &reading.story.id, true, |now| {
        if now.text != read {
            return Err(edit::moved(now));
        }
        edit::restore(now, &desk.policy, &clerk, &chosen)
    })?;
    reading.after(desk, &taken);
    Ok(taken)
}

/// Whether whoever sits here may take the story down, and whether it may be withdrawn. Errs with why neither is to be had.
pub fn may_take_off(desk: &Desk, repo: &StoryRepo, reading: &Reading) -> Result<(bool, bool), Trouble> {
    let try_out = |decision: Decision| -> Result<bool, Trouble> {
        let clerk = desk.clerk(repo, decision.task())?;
        Ok(decision.plan(&reading.story, &desk.policy, &clerk)?.is_some())
    };
    let down = try_out(Decision::TakeDown(String::new()));
    match (down, try_out(Decision::Withdraw(String::new()))) {
        (down, Ok(withdraw)) => Ok((down.unwrap_or(false), withdraw)),
        (Ok(true), Err(_)) => Ok((true, false)),
        (_, Err(why)) => Err(why),
    }
}

fn after(desk: &Desk, story: &Story, change: Option<Change>) -> Result<Option<Story>, Trouble> {
    let Some(change) = change else { return Ok(None) };
    Ok(Some(desk.foreseen(story, &change)?))
}

/// What happened, as a person tells it after the name of whoever did it.
pub fn said(what: &What) -> String {
    let with = |words: &str, note: &str| match one_line(note) {
        note if note.is_empty() => words.to_owned(),
        note => format!("{words}: {note}"),
    };
    let by_mail = |words: &str, mail: &Option<_>| format!("{words}{}", if mail.is_some() { " by mail" } else { "" });
    match what {
        What::Received { .. } => "took the story in".to_owned(),
        What::FollowUp { .. } => "took in another mail by the author".to_owned(),
        What::Edited { minor: true, .. } => "corrected spelling".to_owned(),
        What::Edited { minor: false, .. } => "changed the text".to_owned(),
        What::Restored { cut } => format!("put cut piece {cut} back"),
        What::Merged { of } => format!("put the edits of {} together", of.join(" and ")),
        What::Noted { note, .. } => with("noted", note),
        What::Assigned { to: Some(to) } => format!("gave it to {}", one_line(to)),
        What::Assigned { to: None } => "gave it to nobody in particular".to_owned(),
        What::Approved { note, mail } => with(&by_mail("approved", mail), note),
        What::ChangesRequested { note, mail } => with(&by_mail("asked for changes", mail), note),
        What::Rejected {
            note,
            spam: false,
            mail,
        } => with(&by_mail("rejected it", mail), note),
        What::Rejected { note, spam: true, .. } => with("rejected it without a letter", note),
        What::Reopened { note } => with("reopened it", note),
        What::Consent { grant, evidence, .. } => match grant {
            true => with("recorded the author's yes", evidence),
            false => with("recorded that the author took their yes back", evidence),
        },
        What::Asked { note, .. } => with("wrote to the author", note),
        What::Checked { rule, note, .. } => with(&format!("let a finding stand ({rule})"), note),
        What::Published {} => "published it".to_owned(),
        What::TakenDown { note } => with("took it down", note),
        What::Withdrawn { note } => with("recorded that the author withdrew it", note),
        What::Revision { revision, status, .. } => match status {
            RevisionStatus::Proposed => format!("proposed the author's mail {revision} as a revision"),
            RevisionStatus::Accepted => format!("accepted the author's revision {revision}"),
            RevisionStatus::Declined => format!("declined the author's revision {revision}"),
        },
        What::Letter { letter, status, .. } => {
            let kind = letter.name();
            match status {
                LetterStatus::Claimed => format!("began to send the letter \"{kind}\""),
                LetterStatus::Sent => format!("sent the letter \"{kind}\""),
                LetterStatus::Failed => format!("could not send the letter \"{kind}\""),
                LetterStatus::Again => format!("asked for the letter \"{kind}\" again"),
                LetterStatus::Dropped => format!("did not send the letter \"{kind}\""),
            }
        }
        other => other.kind().replace('-', " "),
    }
}

/// How long ago, in the largest unit that fits: `today`, `3 days`, `5 weeks`, `2 years`.
pub fn age(since: Option<Timestamp>, now: Timestamp) -> String {
    let Some(since) = since else { return String::new() };
    let days = now.duration_since(since).as_hours() / 24;
    let (many, unit) = match days {
        ..1 => return "today".to_owned(),
        1..14 => (days, "day"),
        14..61 => (days / 7, "week"),
        61..731 => (days / 30, "month"),
        _ => (days / 365, "year"),
    };
    format!("{many} {unit}{}", if many == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_is_told_in_the_largest_unit_that_says_something() {
        let now: Timestamp = "2026-11-23T12:00:00Z".parse().expect("a time");
        for (since, told) in [
            ("2026-11-23T11:00:00Z", "today"),
            ("2026-11-23T13:00:00Z", "today"),
            ("2026-11-22T11:00:00Z", "1 day"),
            ("2026-11-10T12:00:00Z", "13 days"),
            ("2026-11-09T12:00:00Z", "2 weeks"),
            ("2026-09-01T12:00:00Z", "2 months"),
            ("2010-12-04T12:00:00Z", "15 years"),
        ] {
            assert_eq!(age(Some(since.parse().expect("a time")), now), told, "{since}");
        }
        assert_eq!(age(None, now), "");
    }
}
