//! Out of the remote, with all that others did there meanwhile.

use crate::repo::{Doomed, StoryRepo};
use crate::spool::Spool;
use crate::story::StoryId;
use crate::story::erased::Erased;

use super::super::places::NotPut;
use super::super::sync::{self, Synced, Wish};
use super::super::{Desk, Trouble};
use super::has;
use super::obey::{Obeyed, obey, obey_what_came};
use super::plan::{Plan, by_the_robot, is_at_the_remote, owed, unfinished};
use super::survey::remote;

/// Brings the history without the stories to the remote, with all that others did there meanwhile; and destroys what they erased. `None`
/// where the remote never had anything: another desk may be the first to push, of the same mail, so that it is asked again by the next sync.
pub(super) fn at_the_remote(
    desk: &Desk,
    spool: &mut Spool,
    owed: &Erased,
    standing: &mut Vec<(String, NotPut)>,
) -> Result<Option<Synced>, Trouble> {
    let repo = desk.repo()?;
    let wish = Wish {
        unattended: true,
        take_out: Some(owed),
        ..Wish::default()
    };
    let never = !repo.has_seen(&desk.config.repository.remote)?;
    if never && sync::remote(desk, &repo, false)?.heads()?.is_empty() {
        return Ok(None);
    }
    let synced = sync::sync(desk, &repo, Some(&mut *spool), wish, false, None);
    drop(repo);
    let anyway = synced.as_ref().is_ok_and(Synced::is_to_obey);
    if let Some(obeyed) = obey_what_came(desk, spool, anyway)? {
        standing.extend(obeyed.standing);
    }
    Ok(Some(synced?))
}

/// What the desk's record calls erased and what stands all the same.
pub struct Back {
    /// Here or on the remote, without what an erasure of this desk is to take out there anyway.
    pub stories: Vec<StoryId>,
    /// Whether the remote has any of it; `false` without one.
    there: Result<bool, Trouble>,
}

/// Looks what stands here and on the remote of what is erased. Open the repository anew afterwards: what came along to be looked at is gone.
pub fn stands(desk: &Desk, erased: &Erased) -> Result<Back, Trouble> {
    let repo = desk.repo()?;
    let is_erased = |id: &StoryId| erased.has_story(id);
    let mut stories = repo.doomed(&is_erased)?.stories;
    let owed = owed(desk)?;
    let there = match remote(desk, &repo) {
        None => Ok(Vec::new()),
        Some(_) => on_the_remote(desk, repo, &is_erased),
    };
    let there = there.map(|found| {
        let any = !found.is_empty();
        let more = found.into_iter().filter(|id| !has(&stories, id));
        let more: Vec<StoryId> = more
            .filter(|id| !owed.as_ref().is_some_and(|owed| owed.has_story(id)))
            .collect();
        stories.extend(more);
        any || owed.is_some()
    });
    stories.sort();
    Ok(Back { stories, there })
}

/// Takes out again, here and on the remote, what the desk's record says is erased and `back` names: a person said so. What the remote has
/// now comes with it, or why it has it still; `None` where nothing of it stands there.
pub fn finish(
    desk: &Desk,
    repo: StoryRepo,
    spool: &mut Spool,
    erased: &Erased,
    back: Back,
) -> Result<(Obeyed, Option<Result<Synced, Trouble>>), Trouble> {
    let remote = remote(desk, &repo);
    let mut obeyed = obey(desk, repo, spool, erased, &back.stories)?;
    if remote.is_none() {
        is_at_the_remote(desk, spool)?;
        return Ok((obeyed, None));
    }
    let mut rest = by_the_robot(desk, remote);
    if let Some(before) = unfinished(desk)?.filter(Plan::is_rest) {
        rest.owed = before.owed;
    }
    rest.owe(desk, &back.stories);
    spool.put_erasing(&rest)?;
    let owed = Erased::of(rest.owed.as_bytes());
    let nothing = matches!(back.there, Ok(false));
    let pushed = match back.there {
        Ok(false) => None,
        Ok(true) => at_the_remote(desk, spool, &owed, &mut obeyed.standing).transpose(),
        Err(trouble) => Some(Err(trouble)),
    };
    if nothing || matches!(pushed, Some(Ok(_))) {
        spool.end_erasing()?;
    }
    Ok((obeyed, pushed))
}

/// The stories on the remote that are erased.
fn on_the_remote(desk: &Desk, repo: StoryRepo, erased: Doomed) -> Result<Vec<StoryId>, Trouble> {
    let remote = sync::remote(desk, &repo, false)?;
    let heads = remote.fetch(remote.heads()?, true)?;
    let found = repo.held_of(heads, erased)?;
    // it came along to be looked at
    repo.prune()?;
    Ok(found)
}
