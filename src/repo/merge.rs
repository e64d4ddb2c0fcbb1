//! Two people's changes of one text, put together.

use git2::{MergeFileInput, MergeFileOptions};

use super::{RepoError, StoryRepo};

/// A text with the changes of both, line by line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    pub text: String,
    /// Both changed the same lines: both wordings stand in it, between git's marks.
    pub conflict: bool,
}

impl StoryRepo {
    /// `ours` and `theirs` were both made from `base`. Whose they are is said at the marks of a conflict.
    pub fn merge_texts(
        &self,
        base: &str,
        (our_name, ours): (&str, &str),
        (their_name, theirs): (&str, &str),
    ) -> Result<Merged, RepoError> {
        let [base, ours, theirs] = [base, ours, theirs].map(|text| {
            let mut input = MergeFileInput::new();
            input.content(text.as_bytes());
            input
        });
        let mut options = MergeFileOptions::new();
        options.our_label(our_name).their_label(their_name).style_standard(true);
        let merged = git2::merge_file(&base, &ours, &theirs, Some(&mut options));
        let merged = merged.map_err(|e| self.git_error("merge two texts", e))?;
        Ok(Merged {
            text: String::from_utf8_lossy(merged.content()).into_owned(),
            conflict: !merged.is_automergeable(),
        })
    }
}
