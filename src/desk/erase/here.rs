//! Out of this machine: the pages, the spool, the letters.

use std::path::PathBuf;

use crate::repo::{StoryRepo, Tip};
use crate::spool::Spool;
use crate::story::StoryId;
use crate::story::step::Story;
use crate::target::Removal;

use super::super::held::{self, Held};
use super::super::places::NotPut;
use super::super::takedown::take_off;
use super::super::{Desk, Trouble};
use super::Done;
use super::plan::Plan;

/// Takes the pages off. A story that is out of the history has none any more: this comes before.
pub(super) fn pages(desk: &Desk, repo: &StoryRepo, plan: &Plan, done: &mut Done) -> Result<(), Trouble> {
    let tip = repo.tip()?;
    plan.stories
        .iter()
        .try_for_each(|id| pages_of(desk, repo, &tip, id, done))
}

/// Takes one story off wherever it stands, or may stand since a run died before its receipt.
pub(super) fn pages_of(desk: &Desk, repo: &StoryRepo, tip: &Tip, id: &StoryId, done: &mut Done) -> Result<(), Trouble> {
    let Some(files) = repo.story(tip, id)? else {
        return Ok(());
    };
    let Ok(story) = Story::load(id, files) else {
        return Ok(());
    };
    for target in story.life.may_stand() {
        let post = story.life.posts.get(target);
        let place = post.map(|post| post.place.clone().unwrap_or_else(|| post.slug.clone()));
        let place = place.map_or_else(|| target.to_owned(), |place| format!("{target}: {place}"));
        match take_off(desk, &story, target) {
            Ok(None) => {}
            Ok(Some((Removal::NotThere | Removal::CannotRecall(_), _))) if post.is_none() => {}
            // what only a person can take off stands until they did: its record is all that says where
            Ok(Some((Removal::CannotRecall(why), _))) => {
                let hint = "take it off there by hand".to_owned();
                let unknown = false;
                done.standing.push((place, NotPut { why, hint, unknown }));
            }
            Ok(Some((_, remains))) => done.pages.push((place, remains.map(str::to_owned))),
            Err(not) => done.standing.push((place, not)),
        }
    }
    Ok(())
}

pub(super) fn out_of_the_spool(spool: &mut Spool, plan: &Plan, held: &Held, done: &mut Done) -> Result<(), Trouble> {
    for (id, _) in &held.quarantine {
        spool.drop_aside(id)?;
        done.quarantine += 1;
    }
    for id in &held.incoming {
        spool.release(id)?;
        done.incoming += 1;
    }
    for id in &held.waiting {
        done.letters += usize::from(spool.remove_letter(id)?);
    }
    for path in &held.sent {
        remove_file(path)?;
        done.files += 1;
    }
    let all = held.stories.iter().map(|story| &story.id).chain(&plan.stories);
    let all: Vec<&StoryId> = all.collect();
    let is_theirs = |story: &str| all.iter().any(|id| held::is_of(story, id));
    spool.forget_codes(|code| is_theirs(&code.story))?;
    done.typed += spool.forget_typed(is_theirs)?;
    for address in &plan.addresses {
        spool.forget_sent(address)?;
    }
    let mut tells: Vec<&str> = plan.words.iter().map(String::as_str).collect();
    tells.extend(
        held.stories
            .iter()
            .flat_map(|story| [story.id.folder(), story.title.as_str()]),
    );
    spool.forget_notes(|text| tells.iter().any(|word| text.contains(word)))?;
    Ok(())
}

pub fn remove_file(path: &PathBuf) -> Result<(), Trouble> {
    match std::fs::remove_file(path) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(Trouble::Removing {
            path: path.clone(),
            source: e,
        }),
        _ => Ok(()),
    }
}
