//! What somebody wrote and what was not taken: their window closed, or the step was refused. It waits here until they go on with it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Shelf, Shelves, Spool, SpoolError, TYPED, lock};

/// What is known of such words: `typed/ID.toml`; the words themselves are `typed/ID.md`, for any editor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TypedNote {
    /// The story's id.
    pub story: String,
    /// What they were written for.
    pub purpose: String,
    pub at: Timestamp,
    /// Where they are a text that was edited: what it was before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upon: Option<String>,
}

/// Words that wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Typed {
    /// What they are called here.
    pub id: String,
    pub note: TypedNote,
    pub text: Vec<u8>,
}

impl Spool {
    /// Keeps words without waiting for the lock: whoever wrote them may be about to end. The same words for the same twice are once.
    /// Gives the file that they are in, durable.
    pub fn keep_typed(path: &Path, note: &TypedNote, text: &[u8]) -> Result<PathBuf, SpoolError> {
        lock::private_folder(path)?;
        let shelf = Shelf::at(&path.join(TYPED));
        shelf.make()?;
        Shelf::at(path).sync()?;
        let mut id = Sha256::new();
        for part in [note.story.as_bytes(), note.purpose.as_bytes(), text] {
            id.update((part.len() as u64).to_be_bytes());
            id.update(part);
        }
        let id = hex::encode(&id.finalize()[..8]);
        let (about, words) = (format!("{id}.toml"), format!("{id}.md"));
        let note = toml::to_string(note).expect("plain data is TOML");
        shelf.write_all(&[(&about, note.as_bytes()), (&words, text)])?;
        Ok(shelf.path_of(&words))
    }

    /// Lets words go that were taken or given up, also without the lock. Twice is no error.
    pub fn drop_typed(path: &Path, id: &str) -> Result<(), SpoolError> {
        let shelf = Shelf::at(&path.join(TYPED));
        // what a crash leaves between the two is swept
        for end in ["toml", "md"] {
            shelf.remove(&format!("{}.{end}", super::shelf::checked(id)?))?;
        }
        Ok(())
    }

    /// Forgets the words of these stories, and every half that a crash left. How many.
    pub fn forget_typed(&mut self, of: impl Fn(&str) -> bool) -> Result<usize, SpoolError> {
        self.sweep_typed(Duration::from_secs(60))?;
        let path = self.path.clone();
        let theirs: Vec<Typed> = self.typed()?.into_iter().filter(|t| of(&t.note.story)).collect();
        for typed in &theirs {
            Spool::drop_typed(&path, &typed.id)?;
        }
        if !theirs.is_empty() {
            self.shelf(TYPED).sync()?;
        }
        Ok(theirs.len())
    }
}

impl Shelves {
    /// Removes halves that a crash left, older than `age`: words that were let go, or a note whose words never came.
    pub(super) fn sweep_typed(&self, age: Duration) -> Result<(), SpoolError> {
        let shelf = self.shelf(TYPED);
        for (end, other) in [(".md", ".toml"), (".toml", ".md")] {
            for id in shelf.names(end)? {
                let half = format!("{id}{end}");
                let alone = shelf.size(&half).is_some() && shelf.size(&format!("{id}{other}")).is_none();
                if alone && shelf.is_older(&half, age) {
                    shelf.remove(&half)?;
                }
            }
        }
        Ok(())
    }

    /// All words that wait and whose note can be read, the latest first.
    pub fn typed(&self) -> Result<Vec<Typed>, SpoolError> {
        let shelf = self.shelf(TYPED);
        let mut all = Vec::new();
        for id in shelf.names(".md")? {
            if super::shelf::checked(&id).is_err() {
                continue;
            }
            // what is no such file hides no other
            let read = |end: &str| shelf.read(&format!("{id}.{end}")).ok().flatten();
            let note = read("toml").and_then(|bytes| toml::from_slice::<TypedNote>(&bytes).ok());
            if let Some((note, text)) = note.zip(read("md")) {
                all.push(Typed { id, note, text });
            }
        }
        all.sort_by(|a, b| (b.note.at, &b.id).cmp(&(a.note.at, &a.id)));
        Ok(all)
    }
}
