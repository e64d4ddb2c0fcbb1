//! A story's record (`record.jsonl`), and a step as files and a commit message.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::id::StoryId;

/// Names and bytes of the files in one story folder (on `main`, or of its private part).
pub type Files = BTreeMap<String, Vec<u8>>;

/// Who a commit is by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    pub name: String,
    pub email: String,
    pub at: Timestamp,
}

/// What one step does: the new content of files (`None` removes), in the story's folder on the branch and in its
/// private part, and the commit that says so.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    pub story: StoryId,
    pub files: BTreeMap<String, Option<Vec<u8>>>,
    pub private: BTreeMap<String, Option<Vec<u8>>>,
    /// Subject, body and trailers; empty where only the private part changes (then there is no commit on the branch).
    pub message: String,
    pub by: Signature,
}
