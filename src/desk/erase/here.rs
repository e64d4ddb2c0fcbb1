//! Out of this machine: the pages, the spool, the letters.

use std::path::PathBuf;

use crate::repo::{StoryRepo, Tip};
use crate::spool::Spool;
use crate::story::StoryId;
use crate::story::record::Files;
use crate::story::step::Story;
use crate::target::Removal;

use super::super::held::{self, Held};
use super::super::places::NotPut;
use super::super::takedown::Standing;
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
fn pages_of(desk: &Desk, repo: &StoryRepo, tip: &Tip, id: &StoryId, done: &mut Done) -> Result<(), Trouble> {
    if let Some(files) = repo.story(tip, id)? {
        take_all_off(desk, id, &standing(id, files), done);
    }
    Ok(())
}

/// The pages of a story, by its files.
pub(super) fn standing(id: &StoryId, files: Files) -> Vec<Standing> {
    let Ok(story) = Story::load(id, files) else {
        return Vec::new();
    };
    let targets = story.life.may_stand();
    targets.filter_map(|target| Standing::of(&story, target)).collect()
}

pub(super) fn take_all_off(desk: &Desk, id: &StoryId, pages: &[Standing], done: &mut Done) {
    for page in pages {
        match page.take_off(desk, id) {
            Ok((Removal::NotThere | Removal::CannotRecall(_), _)) if !page.known => {}
            // what only a person can take off stands until they did: its record is all that says where
            Ok((Removal::CannotRecall(why), _)) => {
                let hint = "take it off there by hand".to_owned();
                let unknown = false;
                done.standing.push((page.place(), NotPut { why, hint, unknown }));
            }
            Ok((_, remains)) => done.pages.push((page.place(), remains.map(str::to_owned))),
            Err(not) => done.standing.push((page.place(), not)),
        }
    }
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
    let all: Vec<&StoryId> = held.traces.iter().map(|one| &one.id).chain(&plan.stories).collect();
    let is_theirs = |story: &str| all.iter().any(|id| held::is_of(story, id));
    spool.forget_codes(|code| is_theirs(&code.story))?;
    done.typed += spool.forget_typed(is_theirs)?;
    for address in held
        .traces
        .iter()
        .filter_map(|one| one.address.as_ref())
        .chain(&plan.addresses)
    {
        spool.forget_sent(address)?;
    }
    let mut tells: Vec<&str> = plan.words.iter().map(String::as_str).collect();
    for one in &held.traces {
        tells.extend([one.id.folder(), one.id.digits(), &one.title]);
        tells.extend(one.message_ids.iter().map(String::as_str));
    }
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
