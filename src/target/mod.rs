//! Where stories are published. Only what readers may see leaves here, whatever the story's files hold.

mod folder;
mod front;

use std::io;
use std::path::PathBuf;

use jiff::Timestamp;

pub use folder::FolderTarget;

use crate::story::StoryId;
use crate::story::record::Files;

/// A place that takes stories and gives receipts. Doing either thing twice is quiet success.
pub trait Target {
    /// The `name` in the config, as receipts carry it.
    fn name(&self) -> &str;

    /// Publishes the story, or puts this text in place of the published one. When it returns, readers of the place see all of it.
    fn put(&self, bundle: &Bundle) -> Result<Receipt, TargetError>;

    /// Takes the post off. What is not there any more is no error.
    fn remove(&self, post: &Post) -> Result<Removal, TargetError>;

    /// Whether readers of the place find the post no more, looked at anew.
    fn is_gone(&self, post: &Post) -> Result<bool, TargetError>;

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
        }
    }
}
