//! One page off one target, and a look whether it is gone.

use crate::desk::Desk;
use crate::desk::places::{NotPut, named, told};
use crate::story::event::What;
use crate::story::step::Story;
use crate::target::{Post, Removal};

/// Takes the story off one target, and looks whether it is gone; [`removed`] is then the event. `None`: nothing of it stands there.
/// The second part is what stays behind all the same, in words for a person.
pub fn take_off(desk: &Desk, story: &Story, name: &str) -> Result<Option<(Removal, Option<&'static str>)>, NotPut> {
    let known = story.life.posts.get(name);
    // a run that died before its receipt may have put it there
    let begun = story
        .life
        .publication
        .as_ref()
        .filter(|p| p.targets.iter().any(|t| t == name));
    let Some(slug) = known.map(|post| &post.slug).or(begun.map(|p| &p.slug)) else {
        return Ok(None);
    };
    let target = named(desk, name)?;
    let post = Post {
        story: &story.id,
        slug,
        place: known.and_then(|post| post.place.as_deref()),
        id: known.and_then(|post| post.id.as_deref()),
    };
    let removal = target.remove(&post).map_err(|error| told(desk, &error))?;
    if matches!(removal, Removal::CannotRecall(_)) {
        return Ok(Some((removal, None)));
    }
    match target.is_gone(&post) {
        Ok(true) => Ok(Some((removal, target.remains()))),
        Ok(false) => Err(NotPut::new(
            "it was taken off, and is still there",
            "look at it there, and take it off again",
        )),
        Err(error) => Err(told(desk, &error)),
    }
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
