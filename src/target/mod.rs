//! Where stories are published. Only what readers may see leaves here, whatever the story's files hold.

mod blogger;
mod engine;
mod feed;
mod folder;
mod front;
mod git;
mod hook;
mod page;
mod web;

use std::io;
use std::path::PathBuf;

use jiff::Timestamp;

pub use blogger::BloggerTarget;
pub use engine::{Engine, posted};
pub use feed::Feed;
pub use folder::FolderTarget;
pub use git::GitTarget;
pub use hook::HookTarget;
pub use page::{NoPage, answers};

use crate::story::StoryId;
use crate::story::record::Files;

/// A place that takes stories and gives receipts. Doing either thing twice is quiet success.
pub trait Target {
    /// The `name` in the config, as receipts carry it.
    fn name(&self) -> &str;

    /// Tries whether stories could be put there, and puts nothing; what was found, for `doctor`.
    fn try_out(&self) -> Result<String, TargetError>;

    /// Whether a story that is put a second time may become a second post. Then it is put only where the record says that it never was
    /// handed over.
    fn once(&self) -> bool {
        false
    }

    /// Whether it can be put just now, as far as that is found out without putting it. Asked where it is put only [`once`](Target::once).
    fn ready(&self) -> Result<(), TargetError> {
        Ok(())
    }

    /// Whether a post can be given another text.
    fn updates(&self) -> bool {
        true
    }

    /// Publishes the story, or puts this text in place of the published one. When it returns, readers of the place see all of it.
    fn put(&self, bundle: &Bundle) -> Result<Receipt, TargetError>;

    /// Takes the post off. What is not there any more is no error.
    fn remove(&self, post: &Post) -> Result<Removal, TargetError>;

    /// Whether readers of the place find the post no more, looked at anew.
    fn is_gone(&self, post: &Post) -> Result<bool, TargetError>;

    /// Whether a post that the record has here is not here. That is only asked of a folder, which is one machine's: under the same name
    /// another desk may have one of its own. `false` where it is another's to know.
    fn lacks(&self, _post: &Post) -> Result<bool, TargetError> {
        Ok(false)
    }

    /// What a removal leaves behind that this program cannot take back, in words for a person.
    fn remains(&self) -> Option<&'static str> {
        None
    }
}

/// A post as its receipt has it: what it takes to find it again.
#[derive(Debug, Clone, Copy)]
pub struct Post<'a> {
    pub story: &'a StoryId,
    /// Its published name.
    pub slug: &'a str,
    /// Where it is, as [`Receipt::place`] said.
    pub place: Option<&'a str>,
    /// As [`Receipt::id`] said.
    pub id: Option<&'a str>,
}

/// A story as it is published.
#[derive(Debug, Clone, Copy)]
pub struct Bundle<'a> {
    pub story: &'a StoryId,
    /// From the byline, not from the story's folder: a pseudonym stays one.
    pub slug: &'a str,
    /// The front matter of index.md, parsed. Only its public fields are used.
    pub front: &'a toml::Table,
    /// The Markdown.
    pub body: &'a str,
    /// Photos by file name.
    pub media: &'a Files,
    pub date: Timestamp,
    /// When the text was put there: the time of the correction, where it is one.
    pub updated: Timestamp,
    /// What stands there already, where the record knows of it.
    pub before: Option<Post<'a>>,
}

/// A story has been published here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The address where readers find it, or the path where none is known.
    pub place: String,
    /// What the place itself calls the post, where that is not told by the address.
    pub id: Option<String>,
}

/// How a story left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Removal {
    Removed,
    NotThere,
    /// The place does not let itself be told: what a person has to do there, in words.
    CannotRecall(String),
}

/// Why a story was not published, or not taken off.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    #[error("{slug:?} cannot be the name of a page")]
    Slug { slug: String },
    #[error("{name:?} cannot be the name of a published file")]
    FileName { name: String },
    #[error("{} is there already, and m4c-stories did not make it", path.display())]
    NotOurs { path: PathBuf },
    #[error("{} is another story's page", path.display())]
    OtherStory { path: PathBuf },
    #[error("{} could not be written", path.display())]
    Io { path: PathBuf, source: io::Error },
    /// It did not arrive.
    #[error("{what}{}{said}", if said.is_empty() { "" } else { ": " })]
    Remote {
        what: String,
        said: String,
        hint: &'static str,
    },
    /// It was handed over, and whether it arrived is not known.
    #[error("whether it arrived is not known: {said}")]
    Unknown { said: String },
}

/// In every bundle we make, so that we never touch one that we did not. Site generators pass over files with a dot.
const MARK: &str = ".m4c-stories";

/// The digits of the mail id say whose page it is, and nothing about the person.
fn mark(story: &StoryId) -> String {
    format!("m4c-stories 1\nstory {}\n", story.digits())
}

/// Where readers find a story of a site.
fn address(url: &str, slug: &str) -> String {
    format!("{}/{slug}/", url.trim_end_matches('/'))
}

/// A slug that is the name of a folder, and leads nowhere else.
fn check_slug(slug: &str) -> Result<(), TargetError> {
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    match slug.is_empty() || slug.len() > 100 || slug.starts_with('-') || !slug.bytes().all(fits) {
        true => Err(TargetError::Slug { slug: slug.to_owned() }),
        false => Ok(()),
    }
}

impl TargetError {
    /// One line of what to do.
    pub fn hint(&self) -> &'static str {
        match self {
            TargetError::Slug { .. } => "give the story another `slug` with `edit`: letters, digits and hyphens",
            TargetError::FileName { .. } => "take the file out with `media STORY drop`, and add it again",
            TargetError::NotOurs { .. } => "move it away, or give the story another `slug` with `edit`",
            TargetError::OtherStory { .. } => "give one of the two another `slug` with `edit`",
            TargetError::Io { .. } => "check the [[target]] path, its permissions and its disk, and publish again",
            TargetError::Remote { hint, .. } => hint,
            TargetError::Unknown { .. } => {
                "look whether it is there: `publish STORY --arrived NAME`, or `publish STORY --not-arrived NAME` to send it again"
            }
        }
    }
}
