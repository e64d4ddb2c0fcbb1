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
use super::plan::{Plan, by_the_robot, owed, unfinished, waits_for_remote};
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
    pub there: Result<bool, Trouble>,
}

/// Where the remote has it beside what is synced.
#[derive(Debug, Default)]
pub struct Elsewhere {
    /// Branches, tags and the like in whose history it is.
    pub refs: Vec<String>,
    /// Why they could not be looked at.
    pub unseen: Option<Trouble>,
}

impl Elsewhere {
    pub fn is_nowhere(&self) -> bool {
        self.refs.is_empty() && self.unseen.is_none()
    }
}

/// Looks at the branches and tags of the remote that are not synced: nothing is taken out of them but by a person.
pub(super) fn elsewhere(desk: &Desk, erased: &Erased) -> Elsewhere {
    let look = || -> Result<Vec<String>, Trouble> {
        let repo = desk.repo()?;
        let remote = sync::remote(desk, &repo, false)?;
        let others = remote.others()?;
        if others.is_empty() {
            return Ok(Vec::new());
        }
        let found = remote
            .fetch_others(others)
            .map_err(Trouble::from)
            .and_then(|others| Ok(repo.holding(&others, &|id| erased.has_story(id))?));
        // it came along to be looked at
        repo.prune()?;
        found
    };
    match look() {
        Ok(refs) => Elsewhere { refs, unseen: None },
        Err(trouble) => Elsewhere {
            refs: Vec::new(),
            unseen: Some(trouble),
        },
    }
}

/// After a sync: nothing waits for the remote's branch any more. What waited may stand elsewhere there.
pub fn is_at_the_remote(desk: &Desk, spool: &mut Spool) -> Result<Elsewhere, Trouble> {
    let Some(owed) = owed(desk)? else {
        return Ok(Elsewhere::default());
    };
    let elsewhere = elsewhere(desk, &owed);
    spool.end_erasing()?;
    Ok(elsewhere)
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

/// What was taken out again.
#[derive(Debug)]
pub struct Finished {
    pub obeyed: Obeyed,
    /// What the remote has now, or why it has it still; `None` where nothing of it stands there.
    pub pushed: Option<Result<Synced, Trouble>>,
    /// Where the remote has it beside what is synced.
    pub elsewhere: Elsewhere,
}

/// Takes out again, here and on the remote, what the desk's record says is erased and `back` names: a person said so.
pub fn finish(
    desk: &Desk,
    repo: StoryRepo,
    spool: &mut Spool,
    erased: &Erased,
    back: Back,
) -> Result<Finished, Trouble> {
    let remote = remote(desk, &repo);
    let mut obeyed = obey(desk, repo, spool, erased, &back.stories)?;
    if remote.is_none() {
        if waits_for_remote(desk)? {
            spool.end_erasing()?;
        }
        return Ok(Finished {
            obeyed,
            pushed: None,
            elsewhere: Elsewhere::default(),
        });
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
    let mut found = Elsewhere::default();
    if nothing || matches!(pushed, Some(Ok(_))) {
        found = elsewhere(desk, erased);
        spool.end_erasing()?;
    }
    Ok(Finished {
        obeyed,
        pushed,
        elsewhere: found,
    })
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
