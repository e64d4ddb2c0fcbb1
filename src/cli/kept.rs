//! Words that somebody wrote and that were not taken: no words are lost, whatever stands in the way of their being taken.

use std::fmt;
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::desk::Desk;
use crate::desk::typed::{self, Words};

use super::editor::{InHand, Unfinished};
use super::report::Failure;

impl Unfinished {
    /// What was saved is kept in the spool.
    pub fn kept(self, desk: &Desk, words: impl FnOnce(&[u8]) -> Words) -> Failure {
        match self.saved {
            Some(saved) => kept(desk, self.failure, &words(&saved)),
            None => self.failure,
        }
    }
}

impl From<Unfinished> for Failure {
    /// What was saved is kept in a file of its own.
    fn from(unfinished: Unfinished) -> Failure {
        match unfinished.saved {
            Some(saved) => kept_in_a_file(unfinished.failure, &saved),
            None => unfinished.failure,
        }
    }
}

/// Where words are that could not be taken. The Display says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptAt {
    pub file: String,
    /// In the spool, from where they come back when somebody writes for the same.
    pub offered: bool,
}

impl fmt::Display for KeptAt {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let again = if self.offered {
            ", and offered when you write for this story again"
        } else {
            ""
        };
        write!(f, "kept in {}{again}", self.file)
    }
}

/// Tells where words are kept.
pub fn tell_kept(places: &[KeptAt]) {
    for kept in places {
        let _ = writeln!(std::io::stderr(), "Caution: what you wrote is {kept}");
    }
}

/// Keeps words that could not be taken, so that nobody types them twice: in the spool, else in a file of its own.
pub fn keep(folder: &Path, words: &Words) -> Result<KeptAt, Failure> {
    let whole = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let place = |path: &Path, offered| KeptAt {
        file: path.display().to_string(),
        offered,
    };
    if let Ok(path) = words.keep(&whole, super::now()) {
        return Ok(place(&path, true));
    }
    let failed = |e: std::io::Error| Failure::new("editor", 1, "the text could not be kept", e, "");
    Ok(place(&in_a_file(&words.text).map_err(failed)?, false))
}

/// A file of its own in the folder for temporary files, for nobody else to read.
fn in_a_file(text: &[u8]) -> std::io::Result<PathBuf> {
    let named = tempfile::Builder::new().prefix("m4c-edit-").suffix(".md").tempfile();
    let mut file = named?;
    file.write_all(text)?;
    Ok(file.keep()?.1)
}

/// Keeps words in a file of its own that are for no story, or for several.
pub fn keep_for_none(text: &[u8]) -> Option<KeptAt> {
    let file = in_a_file(text).ok()?.display().to_string();
    let offered = false;
    Some(KeptAt { file, offered })
}

/// The failure, which also says where the words are that somebody wrote.
fn and_where(mut failure: Failure, place: Option<KeptAt>) -> Failure {
    if let Some(kept) = place {
        failure.hint = format!("{}; your text is {kept}", failure.hint);
    }
    failure
}

/// A failure that also says in which file the words are that somebody wrote.
fn kept_in_a_file(failure: Failure, text: &[u8]) -> Failure {
    and_where(failure, keep_for_none(text))
}

/// A failure that also says where the words are that somebody wrote, and that they are offered again.
pub fn kept(desk: &Desk, failure: Failure, words: &Words) -> Failure {
    and_where(failure, keep(&desk.config.spool_folder(), words).ok())
}

/// Does with words from an editor what is to be done, kept in `place` until it is: it may take long, and be ended in the middle. Where
/// it fails they stay there, and the failure says so; `taken`: whether it is done with them.
pub fn safely<T>(
    desk: &Desk,
    place: Option<KeptAt>,
    in_hand: InHand,
    work: impl FnOnce() -> Result<T, Failure>,
    taken: impl FnOnce(&T) -> bool,
) -> Result<T, Failure> {
    drop(in_hand);
    match (work(), place) {
        (Ok(done), Some(kept)) if taken(&done) => {
            match kept.offered {
                true => typed::forget_file(desk, Path::new(&kept.file)),
                false => drop(std::fs::remove_file(&kept.file)),
            }
            Ok(done)
        }
        (Ok(done), place) => {
            tell_kept(&Vec::from_iter(place));
            Ok(done)
        }
        (Err(mut failure), Some(kept)) if is_erased(desk, &kept) => {
            failure.hint = format!("{}; the story was erased, and your text with it", failure.hint);
            Err(failure)
        }
        (Err(failure), place) => Err(and_where(failure, place)),
    }
}

/// Whether the words went with their story, which was erased meanwhile.
fn is_erased(desk: &Desk, kept: &KeptAt) -> bool {
    let swept = desk.repo().and_then(|repo| typed::forget_erased(desk, &repo));
    swept.is_ok_and(|gone| gone > 0) && !Path::new(&kept.file).exists()
}
