//! The record says where a story stands, for all desks; a folder is one desk's. Where the folders of this desk are otherwise than the
//! record says, that is told: another desk put a page into its own folder of that name, or took it off there, or somebody deleted it.
//! Nothing is put there but by a person: a place that desks share may be ahead of what this one knows. What was taken down `cron` takes off
//! here, too, once it has heard the remote.

use crate::config::TargetKind;
use crate::desk::places::named;
use crate::desk::queue::{self, Summary};
use crate::desk::{Desk, Trouble};
use crate::repo::StoryRepo;
use crate::story::StoryId;
use crate::story::state::{Phase, State};
use crate::story::step::Story;
use crate::target::Post;

/// A page of which a folder of this desk and the record say otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adrift {
    pub story: StoryId,
    pub title: String,
    pub target: String,
}

/// The targets of config.toml that are folders.
fn folders(desk: &Desk) -> impl Iterator<Item = &str> {
    let folders = desk.config.targets.iter();
    let folders = folders.filter(|target| matches!(target.kind, TargetKind::Folder { .. }));
    folders.map(|target| target.name.as_str())
}

/// Whether the folder of that target has no page of the story; `None`: it cannot be told.
fn lacks(desk: &Desk, target: &str, story: &StoryId, slug: &str) -> Option<bool> {
    let post = Post {
        story,
        slug,
        place: None,
        id: None,
    };
    named(desk, target).ok()?.lacks(&post).ok()
}

/// The targets of this desk that do not have a story which they have by the record.
pub fn lacking_of(desk: &Desk, story: &Story) -> Vec<String> {
    if story.life.phase != Phase::Published {
        return Vec::new();
    }
    let stands = |target: &&str| {
        let post = story.life.posts.get(*target).filter(|post| post.certain);
        post.is_some_and(|post| lacks(desk, target, &story.id, &post.slug) == Some(true))
    };
    folders(desk).filter(stands).map(str::to_owned).collect()
}

/// The targets of this desk that have a story which was taken off them by the record.
pub fn left_of(desk: &Desk, story: &Story) -> Vec<String> {
    let Some(publication) = &story.life.publication else {
        return Vec::new();
    };
    if !matches!(story.life.phase, Phase::TakenDown | Phase::Withdrawn) {
        return Vec::new();
    }
    let known: Vec<&str> = story.life.may_stand().collect();
    let left = |target: &&str| {
        !known.contains(target)
            && publication.targets.iter().any(|t| t == target)
            && lacks(desk, target, &story.id, &publication.slug) == Some(false)
    };
    folders(desk).filter(left).map(str::to_owned).collect()
}

/// All that is adrift.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// Published stories that a folder of this desk does not have.
    pub lacking: Vec<Adrift>,
    /// Stories that were taken down, and of which a folder of this desk has a page.
    pub left: Vec<Adrift>,
}

/// Looks at every folder of this desk. Only months that have a story which was published are read; `remember` whether what was read is
/// kept for the next time.
pub fn look(desk: &Desk, repo: &StoryRepo, remember: bool) -> Result<Found, Trouble> {
    let mut found = Found::default();
    if folders(desk).next().is_none() {
        return Ok(found);
    }
    let states = [State::Published, State::TakenDown, State::Withdrawn];
    for (story, summary) in queue::in_states(desk, repo, &states, remember)? {
        for target in folders(desk) {
            let adrift = || Adrift {
                story: story.clone(),
                title: summary.title.clone(),
                target: target.to_owned(),
            };
            match summary.state == State::Published {
                true if is_lacking(desk, target, &story, &summary) => found.lacking.push(adrift()),
                false if is_left(desk, target, &story, &summary) => found.left.push(adrift()),
                _ => {}
            }
        }
    }
    Ok(found)
}

fn is_lacking(desk: &Desk, target: &str, story: &StoryId, summary: &Summary) -> bool {
    let slug = summary.stands.iter().find(|(name, _)| name == target);
    slug.is_some_and(|(_, slug)| lacks(desk, target, story, slug) == Some(true))
}

fn is_left(desk: &Desk, target: &str, story: &StoryId, summary: &Summary) -> bool {
    // what is known to be still there is told elsewhere
    let known = summary.still_out.iter().any(|t| t == target);
    let slug = summary.published_as.as_deref().filter(|_| !known);
    slug.is_some_and(|slug| lacks(desk, target, story, slug) == Some(false))
}

/// How many, by their titles.
fn which(all: &[&Adrift]) -> String {
    match all {
        [] => String::new(),
        [one] => one.title.clone(),
        [one, more @ ..] => format!("{} and {} more", one.title, more.len()),
    }
}

impl Found {
    /// What a person reads of what a target lacks: what is so, why that may be, and what to do.
    pub fn lacking_in_words(&self, target: &str) -> Option<[String; 3]> {
        let lacking: Vec<&Adrift> = self.lacking.iter().filter(|a| a.target == target).collect();
        (!lacking.is_empty()).then(|| {
            [
                format!(
                    "the folder of {target} at this desk lacks what the record has there: {}",
                    which(&lacking)
                ),
                "another desk put it into a folder of its own, or it was deleted here".to_owned(),
                "`publish --update` puts it there; where only one desk is to have the folder, take the [[target]] out of this config.toml"
                    .to_owned(),
            ]
        })
    }

    /// The same of what it has and should not.
    pub fn left_in_words(&self, target: &str) -> Option<[String; 3]> {
        let left: Vec<&Adrift> = self.left.iter().filter(|a| a.target == target).collect();
        let first = left.first()?;
        Some([
            format!(
                "the folder of {target} at this desk still has what was taken down: {}",
                which(&left)
            ),
            "another desk took it off a folder of its own".to_owned(),
            format!("`takedown {}` takes it off here, too", first.story.folder()),
        ])
    }
}
