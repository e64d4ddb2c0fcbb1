//! The retention clock: what nobody needs any more goes, and nothing of a story that is open or published.

use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};

use crate::config::Way;
use crate::repo::StoryRepo;
use crate::spool::{AsideKind, Shelves, Spool};
use crate::story::StoryId;
use crate::story::event::What;
use crate::story::state::State;
use crate::story::step::{Step, Story};

use super::clock::RETENTION;
use super::queue::Queue;
use super::{Desk, Trouble};

/// Set while objects are still to be removed: also by whoever gives up a mail of the quarantine.
const DUE: &str = "prune";

/// What is to go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Old {
    /// A mail of the quarantine, by its id there.
    Quarantine(String),
    /// A mail that a rule set aside.
    SetAside(String),
    /// The private part of a rejected story: mail, addresses, what was cut; and what somebody wrote for it that was not taken.
    Rejected(StoryId),
    /// A letter that left, as a file of the outbox's folder.
    Letter(PathBuf),
}

/// Something old, and since when it is.
pub type Aged = (Old, Timestamp);

/// What the clock lets go now.
pub fn due(desk: &Desk, repo: &StoryRepo, shelves: Option<&Shelves>) -> Result<Vec<Aged>, Trouble> {
    due_at(desk, repo, shelves, desk.now)
}

/// The same at another time.
fn due_at(desk: &Desk, repo: &StoryRepo, shelves: Option<&Shelves>, now: Timestamp) -> Result<Vec<Aged>, Trouble> {
    let clock = &desk.config.retention;
    let old = |at: Timestamp, kept: Option<SignedDuration>| kept.is_some_and(|kept| now.duration_since(at) > kept);
    let mut all = Vec::new();
    if let Some(shelves) = shelves {
        for entry in shelves.asides()?.items {
            let at = entry.aside.at;
            // one that was never downloaded is a remark about its inbox, and would come again
            if entry.bytes.is_none() {
                continue;
            }
            match entry.aside.kind {
                AsideKind::Quarantined if old(at, clock.quarantine) => all.push((Old::Quarantine(entry.id), at)),
                AsideKind::SetAside if old(at, clock.set_aside) => all.push((Old::SetAside(entry.id), at)),
                _ => {}
            }
        }
    }
    let queue = Queue::read(desk, repo)?;
    let mut kept_digits = Vec::new();
    for (id, summary) in queue.iter() {
        if summary.state != State::Rejected || summary.damage.is_some() {
            kept_digits.push(id.digits().to_owned());
            continue;
        }
        if clock.rejected.is_none() || !summary.letters.is_empty() || repo.private(id)?.is_none() {
            continue;
        }
        let story = desk.story(repo, id)?;
        let last = story.record.events.iter().map(|event| event.at).max().unwrap_or(now);
        if old(last, clock.rejected) {
            all.push((Old::Rejected(id.clone()), last));
        }
    }
    if let (Way::Folder(folder), Some(_)) = (&desk.config.outbox.way, clock.letters) {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let name = path
                .file_name()
                .and_then(|name| name.to_str())
                .unwrap_or_default()
                .to_owned();
            let Some(at) = written(&name) else { continue };
            let open = kept_digits.iter().any(|digits| name.contains(&format!("-{digits}-")));
            if old(at, clock.letters) && !open {
                all.push((Old::Letter(path), at));
            }
        }
    }
    all.sort_by_key(|(_, at)| *at);
    Ok(all)
}

/// When a letter of the folder was written, by its name: `2026-03-01T100000Z-received-...eml`.
fn written(name: &str) -> Option<Timestamp> {
    let (stamp, _) = name.strip_suffix(".eml")?.split_at_checked(18)?;
    let (day, time) = stamp.strip_suffix('Z')?.split_once('T')?;
    let (h, rest) = time.split_at_checked(2)?;
    let (m, s) = rest.split_at_checked(2)?;
    format!("{day}T{h}:{m}:{s}Z").parse().ok()
}

/// What stays although it is old, because the clock is not yet to be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leap {
    /// When nobody is there, this clock was looked at last.
    pub before: Timestamp,
    /// How much it would let go.
    pub old: usize,
}

/// Clocks that went on so far between two looks are told, where they would let something go.
const LEAP: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Lets go, where no person looks on, what was old already when this was done last: a clock that is wrong for one run destroys nothing.
pub fn unattended(desk: &Desk, repo: StoryRepo, spool: &mut Spool) -> Result<Option<Leap>, Trouble> {
    let before = RETENTION.before(spool)?;
    let agreed = RETENTION.agreed(spool, desk.now)?;
    // nothing is old at the beginning of time
    apply_at(desk, repo, spool, agreed.unwrap_or(Timestamp::MIN))?;
    let leap = match before.filter(|before| desk.now.duration_since(*before) > LEAP) {
        Some(before) => {
            let old = due(desk, &desk.repo()?, Some(&**spool))?.len();
            (old > 0).then_some(Leap { before, old })
        }
        None => None,
    };
    if agreed.is_some() {
        RETENTION.done(spool, desk.now)?;
    }
    Ok(leap)
}

/// Lets it go: what `prune` does, whose clock a person sees. The repository is read anew afterwards. How many objects were removed comes
/// with it.
pub fn apply(desk: &Desk, repo: StoryRepo, spool: &mut Spool) -> Result<(Vec<Aged>, usize), Trouble> {
    apply_at(desk, repo, spool, desk.now)
}

fn apply_at(desk: &Desk, repo: StoryRepo, spool: &mut Spool, now: Timestamp) -> Result<(Vec<Aged>, usize), Trouble> {
    super::typed::forget_erased(desk, &repo)?;
    let all = due_at(desk, &repo, Some(&**spool), now)?;
    if let Some(kept) = desk.config.retention.logs {
        let before = now.checked_sub(kept).unwrap_or(Timestamp::MIN);
        spool.forget_sent_before(jiff::tz::TimeZone::UTC.to_datetime(before).date())?;
    }
    if all.iter().any(|(old, _)| !matches!(old, Old::Letter(_))) {
        objects_are_due(spool)?;
    }
    for (old, _) in &all {
        match old {
            Old::Quarantine(id) | Old::SetAside(id) => spool.drop_aside(id)?,
            Old::Rejected(id) => {
                drop_private(desk, &repo, id)?;
                spool.forget_typed(|story| super::held::is_of(story, id))?;
            }
            Old::Letter(path) => super::erase::remove_file(path)?,
        }
    }
    let mut removed = 0;
    if spool.note(DUE)?.is_some() {
        let (_, pruned) = repo.prune()?;
        removed = pruned.objects;
        spool.put_note(DUE, None)?;
    }
    Ok((all, removed))
}

/// Notes that bytes of what was given up may still be among the objects.
pub fn objects_are_due(spool: &mut Spool) -> Result<(), Trouble> {
    Ok(spool.put_note(DUE, Some("due"))?)
}

/// Takes a rejected story's private part out, and says so in its record; nothing where it is open again by now.
fn drop_private(desk: &Desk, repo: &StoryRepo, id: &StoryId) -> Result<(), Trouble> {
    let done: Result<_, Trouble> = repo.commit(id, |current| {
        let (Some(files), Some(private)) = (current.files.clone(), current.private()?) else {
            return Ok(None);
        };
        let story = Story::load(id, files)?;
        if story.state(&desk.policy) != State::Rejected {
            return Ok(None);
        }
        let note =
            "its mail, addresses and what was cut were kept as long as [retention] says, and are gone".to_owned();
        let step = Step {
            subject: "Let go of the private part of".to_owned(),
            events: vec![What::Noted { note, about: None }],
            private: private.into_keys().map(|name| (name, None)).collect(),
            ..Step::default()
        };
        Ok(Some(story.change(step, &desk.robot())))
    });
    done.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letters_name_says_when_it_was_written() {
        let at = |name| written(name).map(|at| at.to_string());
        assert_eq!(
            at("2026-03-01T100000Z-received-3f9a2c41b0-07070707.eml").as_deref(),
            Some("2026-03-01T10:00:00Z")
        );
        assert_eq!(at("2026-03-01-received.eml"), None);
        assert_eq!(at("notes.txt"), None);
    }
}
