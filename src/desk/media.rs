//! The photos of a story: added, taken out, replaced, each through the same cleaning as those that come by mail.

use std::collections::BTreeMap;

use crate::config::StorySettings;
use crate::media::{self, Photo};
use crate::story::event::What;
use crate::story::markdown::{with_alt, with_file, with_picture, without_picture};
use crate::story::page::INDEX;
use crate::story::policy::{Policy, Refusal};
use crate::story::state::Verb;
use crate::story::step::{Clerk, Step, Story};

use super::review::Planned;
use super::{Desk, convert};

/// What is to be done with a story's photos.
#[derive(Debug, Clone)]
pub enum Work {
    /// Each with what it shows, where that is known; below the text.
    Add(Vec<(Photo, Option<String>)>),
    Drop(Vec<String>),
    /// The same place, and the same words unless there are new ones.
    Replace {
        file: String,
        photo: Photo,
        alt: Option<String>,
    },
}

/// A photo as it may be published, from the bytes of a file.
///
/// # Errors
/// Why there is none, in words for whoever chose the file.
pub fn clean(desk: &Desk, bytes: &[u8]) -> Result<Photo, String> {
    let setting = &desk.config.story;
    let limits = limits(setting);
    let converted = match &setting.heic_command {
        Some(command) if media::is_heic(bytes) => Some(convert::heic(command, bytes)?),
        _ => None,
    };
    let photo = media::clean(converted.as_deref().unwrap_or(bytes), &limits).map_err(|why| why.to_string())?;
    let opened = media::opens(&photo.bytes, &limits);
    opened.map(|()| photo).map_err(|why| why.to_string())
}

/// How large a photo may be.
pub(super) fn limits(setting: &StorySettings) -> media::Limits {
    media::Limits {
        max_side: setting.max_image_side,
        max_pixels: setting.max_photo_pixels,
        max_bytes: usize::try_from(setting.max_mail_bytes).unwrap_or(usize::MAX),
    }
}

/// Carries the work out on the story as it is now. What is there or gone already is nothing to do.
pub fn work(story: &Story, policy: &Policy, clerk: &Clerk, work: &Work) -> Planned {
    story.agrees()?;
    let mut page = story.page.clone();
    let mut front = page.front();
    let mut files: BTreeMap<String, Option<Vec<u8>>> = BTreeMap::new();
    let (subject, many) = match work {
        Work::Add(photos) => {
            let there = |photo: &Photo| story.files.values().any(|bytes| *bytes == photo.bytes);
            for (photo, alt) in photos.iter().filter(|(photo, _)| !there(photo)) {
                let file = free(story, &files, photo.ext);
                page.set_body(&with_picture(page.body(), &file, alt.as_deref().unwrap_or_default()));
                if let Some(alt) = alt {
                    front.alt.insert(file.clone(), alt.clone());
                }
                files.insert(file, Some(photo.bytes.clone()));
            }
            (["Add a photo to", "Add photos to"], photos.len())
        }
        Work::Drop(names) => {
            for name in names {
                known(story, name)?;
                page.set_body(&without_picture(page.body(), name));
                front.alt.remove(name);
                front.credits.remove(name);
                files.insert(name.clone(), None);
            }
            (["Take a photo out of", "Take photos out of"], names.len())
        }
        Work::Replace { file, photo, alt } => {
            known(story, file)?;
            if story.files[file] != photo.bytes {
                let new = same_place(story, file, photo.ext);
                page.set_body(&with_file(page.body(), file, &new));
                if new != *file {
                    files.insert(file.clone(), None);
                    for words in [&mut front.alt, &mut front.credits] {
                        if let Some(text) = words.remove(file) {
                            words.insert(new.clone(), text);
                        }
                    }
                }
                if let Some(alt) = alt {
                    page.set_body(&with_alt(page.body(), &new, alt));
                    front.alt.insert(new.clone(), alt.clone());
                }
                files.insert(new, Some(photo.bytes.clone()));
            }
            (["Replace a photo of"; 2], 1)
        }
    };
    if files.is_empty() || !policy.allows(Verb::Edit, &clerk.actor, &story.life, story.text, &story.title())? {
        return Ok(None);
    }
    page.set_front(&front);
    files.insert(INDEX.to_owned(), Some(page.render()));
    let edited = What::Edited {
        minor: false,
        from: None,
    };
    let step = Step {
        subject: subject[usize::from(many > 1)].to_owned(),
        events: story.with_new_text(policy, vec![edited]),
        files,
        ..Step::default()
    };
    Ok(Some(story.change(step, clerk)))
}

/// Refused unless it is a photo of this story.
pub fn known(story: &Story, name: &str) -> Result<(), Refusal> {
    let all = &story.photos;
    if all.iter().any(|photo| photo == name) {
        return Ok(());
    }
    Err(Refusal {
        code: "story.no_such_photo",
        what: format!("{} has no photo {name:?}", story.title()),
        why: if all.is_empty() {
            "it has no photos".to_owned()
        } else {
            format!("it has {}", all.join(", "))
        },
        hint: "name one of its files, as `media STORY` lists them".to_owned(),
        exit: 2,
    })
}

/// The number in `photo-3.jpg`.
fn number(name: &str) -> Option<u32> {
    name.strip_prefix("photo-")?.split('.').next()?.parse().ok()
}

/// A name behind those of all its photos.
pub(super) fn free(story: &Story, new: &BTreeMap<String, Option<Vec<u8>>>, ext: &str) -> String {
    let taken = story.photos.iter().chain(new.keys()).filter_map(|name| number(name));
    format!("photo-{}.{ext}", taken.max().unwrap_or(0) + 1)
}

/// The name under which another picture takes the place of `file`: the same, but for what kind of picture it is.
fn same_place(story: &Story, file: &str, ext: &str) -> String {
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    let name = format!("{stem}.{ext}");
    if name == file || !story.files.contains_key(&name) {
        name
    } else {
        free(story, &BTreeMap::new(), ext)
    }
}
