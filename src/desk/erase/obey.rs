//! What another desk erased is destroyed here, too.

use crate::repo::{Erasure, StoryRepo, Tip};
use crate::spool::Spool;
use crate::story::StoryId;
use crate::story::erased::Erased;

use super::super::held::{self, Whose};
use super::super::places::NotPut;
use super::super::{Desk, Trouble, typed};
use super::here::{out_of_the_spool, pages_of};
use super::plan::by_the_robot;
use super::{Done, has};

/// Stories that are erased by the desk's record and stand at the tip, or in the private part, all the same: an old clone brought them back.
pub fn came_back(repo: &StoryRepo) -> Result<Vec<StoryId>, Trouble> {
    let tip = repo.tip()?;
    let erased = repo.erased(&tip)?;
    if erased.is_empty() {
        return Ok(Vec::new());
    }
    let mut ids: Vec<StoryId> = repo.stories(&tip)?.filter_map(|listed| Some(listed.ok()?.id)).collect();
    if let Some(private) = repo.private_tip()? {
        ids.extend(repo.stories(&private)?.filter_map(|listed| Some(listed.ok()?.id)));
    }
    ids.retain(|id| erased.has_story(id));
    ids.sort();
    ids.dedup();
    Ok(ids)
}

/// What was destroyed because another desk erased it.
#[derive(Debug, Default)]
pub struct Obeyed {
    pub erasure: Erasure,
    /// Pages that could not be taken off.
    pub standing: Vec<(String, NotPut)>,
    /// Words of the team that were not taken.
    pub typed: usize,
}

/// Takes out what the desk's record says is erased and what is here all the same: brought by an old clone, or of a desk that has learnt of
/// it only now. `before` is where this desk stood when it did not know: what it published by then comes off. What stands in the history
/// still is taken out only where a person said so of it (`confirmed`): see [`StoryRepo::claimed`].
pub fn obey(
    desk: &Desk,
    repo: StoryRepo,
    spool: &mut Spool,
    erased: &Erased,
    before: &Tip,
    confirmed: &[StoryId],
) -> Result<Obeyed, Trouble> {
    let mut claimed = repo.claimed(&repo.tip()?, erased)?;
    claimed.retain(|id| !has(confirmed, id));
    let gone = |id: &StoryId| erased.has_story(id) && !has(&claimed, id);
    let mut done = Done::default();
    let there: Vec<StoryId> = repo
        .stories(before)?
        .filter_map(|listed| Some(listed.ok()?.id))
        .collect();
    for id in there.iter().filter(|id| gone(id)) {
        pages_of(desk, &repo, before, id, &mut done)?;
    }
    let told = repo.doomed(&gone)?;
    let held = held::find(desk, &repo, Some(&**spool), &Whose::Stories(told.stories))?;
    let plan = by_the_robot(desk, None);
    out_of_the_spool(spool, &plan, &held, &mut done)?;
    let (repo, erasure) = repo.erase(&gone)?;
    let typed = done.typed + typed::forget_erased(desk, &repo)?;
    spool.clear_caches()?;
    Ok(Obeyed {
        erasure,
        standing: done.standing,
        typed,
    })
}
