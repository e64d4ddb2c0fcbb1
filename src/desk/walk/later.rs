//! What a reviewer does with the author's later mails while they read: a revision is tried upon the text that was read, shown, and taken.

use crate::desk::revision::{self, Brought, Later, Taking};
use crate::desk::{Desk, StoryRepo, Taken, Trouble, edit};
use crate::story::event::RevisionStatus;
use crate::story::policy::Task;
use crate::story::step::Story;

use super::{Reading, after};

/// The revisions that are proposed and wait for a person, the oldest first.
pub fn proposed(story: &Story) -> Vec<Later> {
    let mut all = revision::later(story);
    all.retain(|l| l.status == Some(RevisionStatus::Proposed));
    all
}

/// Tries to take revision `number` into the story as it was read; gives the story it would become, none where it is taken already.
/// Errs as `accept` does: 5 by policy, 6 where both changed the same words and `taking` does not say which are right.
pub fn rehearse_accept(
    desk: &Desk,
    repo: &StoryRepo,
    reading: &Reading,
    number: u32,
    taking: &Taking,
) -> Result<Option<Story>, Trouble> {
    let clerk = desk.clerk(repo, Task::Edit)?;
    unedited(repo, reading)?;
    let Some((later, brought)) = brought(desk, repo, &reading.story, number)? else {
        return Ok(None);
    };
    let change = revision::accept(desk, repo, &reading.story, &clerk, &later, &brought, taking)?;
    after(desk, &reading.story, change)
}

/// Takes revision `number` into the text that was read, as the command `accept` does: one step, one commit. Refused (6) where the text
/// is another by now; `reading` follows the step.
pub fn take_accept(
    desk: &Desk,
    repo: &StoryRepo,
    reading: &mut Reading,
    number: u32,
    taking: &Taking,
) -> Result<Taken, Trouble> {
    let clerk = desk.clerk(repo, Task::Edit)?;
    let read = reading.story.text;
    let found = brought(desk, repo, &reading.story, number)?;
    let _lock = desk.spool()?;
    let taken = desk.step(repo, &reading.story.id, true, |now| {
        if now.text != read {
            return Err(edit::moved(now));
        }
        match &found {
            Some((later, brought)) => revision::accept(desk, repo, now, &clerk, later, brought, taking),
            None => Ok(None),
        }
    })?;
    reading.after(desk, &taken);
    Ok(taken)
}

/// The text with both wordings between marks, for whoever puts them together; none where they do not contradict each other.
pub fn both_wordings(desk: &Desk, repo: &StoryRepo, reading: &Reading, number: u32) -> Result<Option<String>, Trouble> {
    let clerk = desk.clerk(repo, Task::Edit)?;
    unedited(repo, reading)?;
    edit::may(&reading.story, &desk.policy, &clerk)?;
    match brought(desk, repo, &reading.story, number)? {
        Some((_, brought)) => revision::to_edit(repo, &reading.story, &brought, &Taking::default()),
        None => Ok(None),
    }
}

/// Refused (6) while somebody changes the story's files by hand.
pub(super) fn unedited(repo: &StoryRepo, reading: &Reading) -> Result<(), Trouble> {
    let files = repo.uncommitted(&repo.tip()?, &reading.story.id)?;
    if files.is_empty() {
        return Ok(());
    }
    let id = reading.story.id.clone();
    Err(Trouble::ByHand { id, files })
}

fn brought(desk: &Desk, repo: &StoryRepo, story: &Story, number: u32) -> Result<Option<(Later, Brought)>, Trouble> {
    let Some(later) = revision::later(story).into_iter().find(|l| l.number == number) else {
        return Ok(None);
    };
    let brought = revision::read(desk, repo, story, &later)?;
    Ok(Some((later, brought)))
}
