//! What another desk erased is destroyed here, too.

use serde::{Deserialize, Serialize};

use crate::repo::{Erasure, StoryRepo, Tip};
use crate::spool::{Shelves, Spool};
use crate::story::erased::Erased;
use crate::story::{MailId, StoryId};

use super::super::held::{self, Trace};
use super::super::places::NotPut;
use super::super::takedown::Standing;
use super::super::{Desk, Trouble, typed};
use super::here::{out_of_the_spool, standing, take_all_off};
use super::plan::{Plan, by_the_robot};
use super::{Done, bury, has};

/// A story that another desk erased, as this one knew it. The spool keeps it from before the story goes out of the history until all of it
/// is destroyed: afterwards nothing else says where it had pages, or what lies in the spool of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Known {
    story: Trace,
    pages: Vec<Standing>,
}

impl Known {
    fn at(repo: &StoryRepo, tip: &Tip, id: &StoryId) -> Result<Known, Trouble> {
        let story = held::story(repo, tip, id)?;
        Ok(Known {
            story: story.trace(),
            pages: standing(id, story.files),
        })
    }

    /// Noted again: a run may have been killed when the half of it was gone.
    fn add(&mut self, now: Known) {
        self.story.add(now.story);
        self.pages
            .retain(|page| now.pages.iter().all(|new| new.target != page.target));
        self.pages.extend(now.pages);
    }
}

/// Keeps what is known of stories that go out of the history because another desk erased them. They do not go before this returns.
pub fn note(repo: &StoryRepo, spool: &mut Spool, tip: &Tip, going: &[StoryId]) -> Result<(), Trouble> {
    let mut all = noted(spool)?;
    for id in going {
        let now = Known::at(repo, tip, id)?;
        match all.iter_mut().find(|known| known.story.id.is_same_story(id)) {
            Some(known) => known.add(now),
            None => all.push(now),
        }
    }
    Ok(spool.put_obeying(&all)?)
}

fn noted(shelves: &Shelves) -> Result<Vec<Known>, Trouble> {
    Ok(shelves.obeying()?.unwrap_or_default())
}

/// Forgets what is known of stories of which nothing is left.
pub(super) fn forget(spool: &mut Spool, gone: impl Fn(&StoryId) -> bool) -> Result<(), Trouble> {
    let all = noted(spool)?;
    let left: Vec<&Known> = all.iter().filter(|known| !gone(&known.story.id)).collect();
    match (all.is_empty(), left.is_empty()) {
        (true, _) => {}
        (false, true) => spool.end_obeying()?,
        (false, false) => spool.put_obeying(&left)?,
    }
    Ok(())
}

/// What is noted, of stories that are out of the history now: the others still stand, and a sync that takes them out notes them again.
fn to_obey(repo: &StoryRepo, shelves: &Shelves, tip: &Tip, erased: &Erased) -> Result<Vec<Known>, Trouble> {
    let mut all = noted(shelves)?;
    // some go for their mail: it was erased with another story
    let is_erased = |known: &Known| {
        let story = &known.story;
        erased.has_story(&story.id) || story.mails.iter().any(|mail| erased.has_mail(mail))
    };
    all.retain(is_erased);
    if !all.is_empty() {
        let ids: Vec<StoryId> = all.iter().map(|known| known.story.id.clone()).collect();
        let (_, told) = repo.cleared(tip.commit, &|id| has(&ids, id))?;
        all.retain(|known| !has(&told.stories, &known.story.id));
    }
    Ok(all)
}

/// Whether something waits to be destroyed here that another desk erased.
pub fn is_to_obey(desk: &Desk, repo: &StoryRepo) -> Result<bool, Trouble> {
    let Some(shelves) = desk.look_at_spool() else {
        return Ok(false);
    };
    let tip = repo.tip()?;
    Ok(!to_obey(repo, &shelves, &tip, &repo.erased(&tip)?)?.is_empty())
}

/// After a sync, whatever came of it: destroys what it took in of other desks' erasures, and what an earlier one did. `anyway`: also where
/// nothing is noted. `None`: there is nothing.
pub fn obey_what_came(desk: &Desk, spool: &mut Spool, anyway: bool) -> Result<Option<Obeyed>, Trouble> {
    let repo = desk.repo()?;
    let erased = repo.erased(&repo.tip()?)?;
    match !erased.is_empty() && (anyway || is_to_obey(desk, &repo)?) {
        true => Ok(Some(obey(desk, repo, spool, &erased, &[])?)),
        false => Ok(None),
    }
}

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
/// it only now. What stands in the history still is taken out only where a person said so of it (`confirmed`): see [`StoryRepo::claimed`].
pub(super) fn obey(
    desk: &Desk,
    repo: StoryRepo,
    spool: &mut Spool,
    erased: &Erased,
    confirmed: &[StoryId],
) -> Result<Obeyed, Trouble> {
    let tip = repo.tip()?;
    let mut claimed = repo.claimed(&tip, erased)?;
    claimed.retain(|id| !has(confirmed, id));
    let mut known = to_obey(&repo, spool, &tip, erased)?;
    let noted: Vec<StoryId> = known.iter().map(|known| known.story.id.clone()).collect();
    let gone = |id: &StoryId| erased.has_story(id) && !has(&claimed, id) || has(&noted, id);
    for id in repo.doomed(&gone)?.stories {
        if !known.iter().any(|known| known.story.id.is_same_story(&id)) {
            known.push(Known::at(&repo, &tip, &id)?);
        }
    }
    // what only this desk took in of them would begin a story of its own
    let mails = known.iter().flat_map(|known| &known.story.mails);
    let plan = Plan {
        mails: mails.map(MailId::hex).collect(),
        ..by_the_robot(desk, None)
    };
    bury(desk, &repo, &plan)?;
    let mut done = Done::default();
    for known in &known {
        take_all_off(desk, &known.story.id, &known.pages, &mut done);
    }
    let traces = known.into_iter().map(|known| known.story).collect();
    let held = held::left_of(desk, spool, traces)?;
    out_of_the_spool(spool, &plan, &held, &mut done)?;
    let (repo, erasure) = repo.erase(&gone)?;
    let typed = done.typed + typed::forget_erased(desk, &repo)?;
    spool.clear_caches()?;
    forget(spool, gone)?;
    Ok(Obeyed {
        erasure,
        standing: done.standing,
        typed,
    })
}
