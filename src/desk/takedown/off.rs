//! One page off one target, and a look whether it is gone.

use serde::{Deserialize, Serialize};

use crate::desk::Desk;
use crate::desk::places::{NotPut, named, told};
use crate::story::StoryId;
use crate::story::event::What;
use crate::story::step::Story;
use crate::target::{Post, Removal};

/// A story's page at a target, where it stands or may stand: what it takes to find it there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    pub target: String,
    slug: String,
    place: Option<String>,
    post: Option<String>,
    /// The record has a receipt of it; else a run died before there was one.
    pub known: bool,
}

/// What a target did, and what stays behind all the same, in words for a person.
pub type Taken = (Removal, Option<&'static str>);

impl Standing {
    /// `None`: nothing of the story stands at that target.
    pub fn of(story: &Story, target: &str) -> Option<Standing> {
        let known = story.life.posts.get(target);
        // a run that died before its receipt may have put it there
        let begun = story
            .life
            .publication
            .as_ref()
            .filter(|p| p.targets.iter().any(|t| t == target));
        Some(Standing {
            target: target.to_owned(),
            slug: known.map(|post| &post.slug).or(begun.map(|p| &p.slug))?.clone(),
            place: known.and_then(|post| post.place.clone()),
            post: known.and_then(|post| post.id.clone()),
            known: known.is_some(),
        })
    }

    /// Where it is, in words.
    pub fn place(&self) -> String {
        match self.known {
            true => format!("{}: {}", self.target, self.place.as_ref().unwrap_or(&self.slug)),
            false => self.target.clone(),
        }
    }

    /// Takes it off, and looks whether it is gone.
    pub fn take_off(&self, desk: &Desk, story: &StoryId) -> Result<Taken, NotPut> {
        let target = named(desk, &self.target)?;
        let post = Post {
            story,
            slug: &self.slug,
            place: self.place.as_deref(),
            id: self.post.as_deref(),
        };
        let removal = target.remove(&post).map_err(|error| told(desk, &error))?;
        if matches!(removal, Removal::CannotRecall(_)) {
            return Ok((removal, None));
        }
        match target.is_gone(&post) {
            Ok(true) => Ok((removal, target.remains())),
            Ok(false) => Err(NotPut::new(
                "it was taken off, and is still there",
                "look at it there, and take it off again",
            )),
            Err(error) => Err(told(desk, &error)),
        }
    }
}

/// Takes the story off one target, and looks whether it is gone; [`removed`] is then the event. `None`: nothing of it stands there.
pub fn take_off(desk: &Desk, story: &Story, name: &str) -> Result<Option<Taken>, NotPut> {
    let standing = Standing::of(story, name);
    standing.map(|page| page.take_off(desk, &story.id)).transpose()
}

/// That nothing of it stands at a target.
pub fn removed(name: &str) -> What {
    What::Receipt {
        target: name.to_owned(),
        done: false,
        place: None,
        id: None,
        error: None,
        unknown: false,
        removed: true,
    }
}
