//! Words that somebody is writing, or wrote before and that were not taken: none is lost where the window closes.

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use super::over::{Asks, Changed, Meant, Over};
use super::round::{Held, Place, Round, Work};
use crate::desk::Desk;
use crate::desk::typed::{self, Purpose, Waiting, Words};
use crate::story::StoryId;
use crate::story::record::one_line;
use crate::story::step::Story;

/// Words that stand nowhere else yet, for whoever ends the run.
#[derive(Clone)]
pub struct Unkept {
    /// The spool.
    folder: PathBuf,
    words: Arc<Mutex<Kept>>,
}

#[derive(Default)]
struct Kept {
    unkept: Vec<Words>,
    /// The files that they are in.
    files: Vec<String>,
}

impl Unkept {
    pub fn new(folder: PathBuf) -> Unkept {
        let words = Arc::default();
        Unkept { folder, words }
    }

    pub fn set(&self, unkept: Vec<Words>) {
        let files = Vec::new();
        *self.words.lock().unwrap_or_else(PoisonError::into_inner) = Kept { unkept, files };
    }

    /// Keeps them in files, once; gives the files to whoever asks. Who comes second waits until they are there: it may end the process.
    pub fn keep(&self) -> Vec<String> {
        let mut words = self.words.lock().unwrap_or_else(PoisonError::into_inner);
        for unkept in std::mem::take(&mut words.unkept) {
            words.files.extend(crate::cli::edit::keep(&self.folder, &unkept).ok());
        }
        words.files.clone()
    }
}

/// Tells where words are kept.
pub fn tell_kept(files: &[String]) {
    for file in files {
        let _ = writeln!(
            io::stderr(),
            "Caution: what you wrote is kept in {file}; `review` offers it again with its story"
        );
    }
}

impl Asks {
    pub(super) fn purpose(self) -> Option<Purpose> {
        Some(match self {
            Asks::Changes => Purpose::Changes,
            Asks::Reason => Purpose::Reject,
            Asks::Note => Purpose::Note,
            Asks::Turn => Purpose::Turn,
            Asks::Yes => Purpose::Consent,
            Asks::Revoked => Purpose::Revoked,
            Asks::Photo(_) => Purpose::Photo,
            Asks::Stand(_) => Purpose::Waive,
            Asks::Declined(_) => Purpose::Decline,
            Asks::Takedown => Purpose::TakeDown,
            Asks::Withdrawal => Purpose::Withdraw,
            Asks::Find => return None,
        })
    }
}

/// The key that asks for such words.
fn key(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Page => "e",
        Purpose::NewText | Purpose::Decline => "m",
        Purpose::Letter => "e at its letter",
        Purpose::Changes => "c",
        Purpose::Reject => "r",
        Purpose::Note => "n",
        Purpose::Turn => "t",
        Purpose::Waive => "w",
        Purpose::Consent | Purpose::Revoked => "y",
        Purpose::TakeDown | Purpose::Withdraw => "f",
        Purpose::Photo => "i",
        Purpose::Write => "`m4c-stories write`",
    }
}

impl Over {
    /// What somebody wrote here that stands nowhere else yet.
    fn words(&self, story: &Story) -> Vec<Words> {
        let id = &story.id;
        let page = |work: &Work, text: &str| match work {
            Work::Page => {
                let mut page = story.page.clone();
                if page.body().trim_end() == text.trim_end() {
                    return None;
                }
                page.set_body(text);
                Some(Words::page(story, &page.render()))
            }
            Work::NewText(_) => Some(Words::new(id, Purpose::NewText, text.as_bytes())),
        };
        let meant = |meant: &Meant, letter: Option<&str>| {
            let letter = letter.map(|text| Words::new(id, Purpose::Letter, text.as_bytes()));
            Words::of_decision(id, &meant.decision)
                .into_iter()
                .chain(letter)
                .collect()
        };
        match self {
            Over::Write { asks, pen, .. } if !pen.text.is_empty() => {
                let words = asks.purpose().map(|p| Words::new(id, p, pen.text.as_bytes()));
                words.into_iter().collect()
            }
            Over::Text(work, pen) => page(work, &pen.text).into_iter().collect(),
            Over::Rewrite(of, pen) => meant(
                of,
                Some(&pen.text).filter(|text| **text != of.words()).map(String::as_str),
            ),
            Over::Letter(of) => meant(of, of.own.as_deref()),
            Over::Changed { index, .. } => match index {
                Changed::Edit(bytes) => vec![Words::page(story, bytes)],
                Changed::Accept(..) => {
                    let words = index.words().map(|text| Words::new(id, Purpose::NewText, text));
                    words.into_iter().collect()
                }
                Changed::Restore(_) => Vec::new(),
            },
            Over::Write { .. } | Over::Help | Over::Failure(_) | Over::Choose { .. } => Vec::new(),
        }
    }
}

impl Held {
    /// They were written down: nothing of them waits any more.
    pub(super) fn forget_words(&self, desk: &Desk, story: &StoryId, waiting: &mut Vec<Waiting>) {
        for words in self.words(story) {
            forget(desk, waiting, words.purpose);
        }
    }

    /// Its words, and the letter's where they are the reviewer's own.
    pub(super) fn words(&self, story: &StoryId) -> impl Iterator<Item = Words> {
        let letter = self
            .own
            .as_ref()
            .map(|own| Words::new(story, Purpose::Letter, own.as_bytes()));
        Words::of_decision(story, &self.decision).into_iter().chain(letter)
    }
}

impl Round {
    /// What was written here and is not written down, should the run end now.
    pub fn unkept(&self) -> Vec<Words> {
        let Place::Story(open) = &self.place else {
            return Vec::new();
        };
        let story = &open.reading.story;
        let mut words: Vec<Words> = open.held.iter().flat_map(|held| held.words(&story.id)).collect();
        words.extend(self.over.iter().flat_map(|over| over.words(story)));
        words
    }

    /// At the beginning: for which of the stories words wait.
    pub(super) fn say_what_waits(&mut self) {
        let waiting = typed::all(&self.desk);
        let of = |id: &StoryId| waiting.iter().any(|w| w.words.story.is_same_story(id));
        let stories = self.walk.stories.iter().filter(|(id, _)| of(id));
        let names: Vec<String> = stories.map(|(_, s)| one_line(&s.author)).collect();
        if !names.is_empty() && self.said.is_empty() {
            self.said = format!("What you wrote before is kept, for: {}.", names.join(", "));
        }
    }

    /// When a story is opened: which keys bring back what was written for it before.
    pub(super) fn offer(&mut self, waiting: &[Waiting]) {
        let mut keys: Vec<&str> = waiting.iter().map(|w| key(w.words.purpose)).collect();
        keys.sort_unstable();
        keys.dedup();
        if !keys.is_empty() {
            let said = std::mem::take(&mut self.said);
            let space = if said.is_empty() { "" } else { "  " };
            self.said = format!(
                "{said}{space}What you wrote here before is kept; to go on with it: {}.",
                keys.join(", ")
            );
        }
    }

    /// The latest words that wait for such a question about the open story.
    pub(super) fn waiting_for(&self, purpose: Purpose) -> Option<&Waiting> {
        match &self.place {
            Place::Story(open) => open.waiting.iter().find(|w| w.words.purpose == purpose),
            Place::List => None,
        }
    }

    /// The words that wait for a question, as text.
    pub(super) fn wrote_before(&self, asks: Asks) -> Option<String> {
        let waiting = self.waiting_for(asks.purpose()?)?;
        Some(String::from_utf8_lossy(&waiting.words.text).into_owned())
    }

    /// Those words were taken or given up.
    pub(super) fn forget_words(&mut self, purpose: Purpose) {
        if let Place::Story(open) = &mut self.place {
            forget(&self.desk, &mut open.waiting, purpose);
        }
    }

    pub(super) fn forget_asked(&mut self, asks: Asks) {
        if let Some(purpose) = asks.purpose() {
            self.forget_words(purpose);
        }
    }
}

fn forget(desk: &Desk, waiting: &mut Vec<Waiting>, purpose: Purpose) {
    if let Some(at) = waiting.iter().position(|w| w.words.purpose == purpose) {
        typed::forget(desk, &waiting.remove(at));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hands;

    #[test]
    fn whoever_ends_the_run_finds_what_was_written_in_a_file_that_is_there() {
        let folder = tempfile::tempdir().expect("a folder");
        let unkept = Unkept::new(folder.path().join("desk"));
        assert!(unkept.keep().is_empty());
        let story = "2010/12/marion-maxwell-3f9a2c41b0".parse().expect("an id");
        let words = vec![b'w'; 1 << 20];
        unkept.set(vec![Words::new(&story, Purpose::Note, &words)]);
        let (told, all) = std::sync::mpsc::channel();
        for _ in 0..4 {
            let (unkept, told) = (unkept.clone(), told.clone());
            hands::hire(move || {
                let files = unkept.keep();
                let read = std::fs::read(&files[0]).expect("it is there");
                told.send((files, read.len())).expect("somebody listens");
            })
            .expect("a hand");
        }
        drop(told);
        let found: Vec<_> = all.iter().collect();
        assert_eq!(found, vec![(found[0].0.clone(), words.len()); 4]);
        unkept.set(Vec::new());
        assert!(unkept.keep().is_empty());
    }
}
