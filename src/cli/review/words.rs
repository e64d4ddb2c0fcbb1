//! Words that somebody is writing, or wrote before and that were not taken: none is lost where the window closes.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use super::over::{Asks, Changed, Over, Typed};
use super::round::{Held, Place, Round};
use crate::cli::kept::{self, KeptAt};
use crate::cli::report::Failure;
use crate::desk::Desk;
use crate::desk::revision::Taking;
use crate::desk::typed::{self, Purpose, Waiting, Words};
use crate::desk::walk::Decision;
use crate::desk::walk::later as walk_later;
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
    places: Vec<KeptAt>,
}

impl Unkept {
    pub fn new(folder: PathBuf) -> Unkept {
        let words = Arc::default();
        Unkept { folder, words }
    }

    pub fn set(&self, unkept: Vec<Words>) {
        let places = Vec::new();
        *self.words.lock().unwrap_or_else(PoisonError::into_inner) = Kept { unkept, places };
    }

    /// Keeps them in files, once; gives the files to whoever asks. Who comes second waits until they are there: it may end the process.
    pub fn keep(&self) -> Vec<KeptAt> {
        let mut words = self.words.lock().unwrap_or_else(PoisonError::into_inner);
        for unkept in std::mem::take(&mut words.unkept) {
            words.places.extend(kept::keep(&self.folder, &unkept).ok());
        }
        words.places.clone()
    }
}

/// The key that asks for such words.
fn key(purpose: &Purpose) -> &'static str {
    match purpose {
        Purpose::Page => "e",
        Purpose::NewText(_) | Purpose::Decline(_) => "m",
        Purpose::Letter(_) => "e at its letter",
        Purpose::Changes => "c",
        Purpose::Reject => "r",
        Purpose::Note => "n",
        Purpose::Turn => "t",
        Purpose::Waive(_) => "w",
        Purpose::Consent | Purpose::Revoked => "y",
        Purpose::TakeDown | Purpose::Withdraw => "f",
        Purpose::Photo(_) => "i",
        Purpose::Write => "`m4c-stories write`",
    }
}

impl Changed {
    /// What somebody wrote by hand.
    pub(super) fn words(&self, story: &Story) -> Option<Words> {
        let text = match self {
            Changed::Edit(bytes) => return Some(Words::page(story, bytes)),
            Changed::Photo { words, .. } => words,
            Changed::Accept(_, Taking { by_hand, .. }) => &by_hand.as_ref()?.text,
            Changed::Restore(_) => return None,
        };
        Some(Words::new(&story.id, self.purpose()?, text.as_bytes()))
    }
}

/// The words of a decision, and its letter's where they are the reviewer's own.
fn own_words(id: &StoryId, decision: &Decision, letter: Option<&str>) -> impl Iterator<Item = Words> {
    let letter = letter.map(|text| Words::new(id, Purpose::letter(decision), text.as_bytes()));
    Words::of_decision(id, decision).into_iter().chain(letter)
}

impl Held {
    /// They were written down: nothing of them waits any more.
    pub(super) fn forget_words(&self, desk: &Desk, story: &StoryId, waiting: &mut Vec<Waiting>) {
        for words in self.words(story) {
            // of these there may be several, each of its own
            let one_of_many = matches!(words.purpose, Purpose::Note | Purpose::Consent | Purpose::Revoked);
            let in_it = |w: &Waiting| memchr::memmem::find(&words.text, &w.words.text).is_some();
            forget(desk, waiting, |w| {
                w.words.purpose.answers(&words.purpose) && (!one_of_many || in_it(w))
            });
        }
    }

    /// Its words, and the letter's where they are the reviewer's own.
    pub(super) fn words(&self, story: &StoryId) -> impl Iterator<Item = Words> {
        own_words(story, &self.decision, self.own.as_deref())
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
        words.extend(self.over.iter().flat_map(|over| self.words_of(over, story)));
        self.gone_on(words)
    }

    /// What somebody wrote in what lies over the story, and that stands nowhere else yet.
    fn words_of(&self, over: &Over, story: &Story) -> Vec<Words> {
        let id = &story.id;
        match over {
            Over::Write { asks, pen, .. } if !pen.text.is_empty() => {
                let words = self.purpose(*asks).map(|p| Words::new(id, p, pen.text.as_bytes()));
                words.into_iter().collect()
            }
            Over::Text(Typed::Page(page), pen) if page.body().trim_end() != pen.text.trim_end() => {
                let mut page = page.clone();
                page.set_body(&pen.text);
                vec![Words::page(story, &page.render())]
            }
            // nothing else of an edit that is gone on with is lost by it
            Over::Text(Typed::Page(page), _) if page.render() != story.page.render() => {
                vec![Words::page(story, &page.render())]
            }
            Over::Text(Typed::NewText(number), pen) => {
                vec![Words::new(id, Purpose::NewText(*number), pen.text.as_bytes())]
            }
            Over::Rewrite(of, pen) => {
                let changed = Some(&pen.text).filter(|text| **text != of.words());
                let own = changed.map(String::as_str).or(of.own.as_deref());
                own_words(id, &of.decision, own).collect()
            }
            Over::Letter(of) => own_words(id, &of.decision, of.own.as_deref()).collect(),
            Over::Changed { index, .. } => index.words(story).into_iter().collect(),
            Over::Write { .. } | Over::Text(..) | Over::Help | Over::Failure(_) | Over::Choose { .. } => Vec::new(),
        }
    }

    /// What the answer to a question is for.
    pub(super) fn purpose(&self, asks: Asks) -> Option<Purpose> {
        Some(match asks {
            Asks::Changes => Purpose::Changes,
            Asks::Reason => Purpose::Reject,
            Asks::Note => Purpose::Note,
            Asks::Turn => Purpose::Turn,
            Asks::Yes => Purpose::Consent,
            Asks::Revoked => Purpose::Revoked,
            Asks::Photo(at) => Purpose::Photo(self.photo(at)?),
            Asks::Stand(at) => Purpose::Waive(self.which(at)?.to_string()),
            Asks::Declined(number) => Purpose::Decline(number),
            Asks::Takedown => Purpose::TakeDown,
            Asks::Withdrawal => Purpose::Withdraw,
            Asks::Find => return None,
        })
    }

    /// The same words, each instead of those that whoever wrote it began with, unless these are in hand as they were, too.
    fn gone_on(&self, words: Vec<Words>) -> Vec<Words> {
        let Place::Story(open) = &self.place else { return words };
        let held = open.held.iter().flat_map(|held| held.words(&open.reading.story.id));
        let in_hand: Vec<Words> = held.chain(words.iter().cloned()).collect();
        let is_in_hand = |w: &&Waiting| {
            let same = |words: &Words| words.purpose == w.words.purpose && words.text == w.words.text;
            in_hand.iter().any(same)
        };
        let instead = |words: Words| {
            let mut begun = open.waiting.iter().filter(|w| open.begun.contains(&w.id));
            let before = begun.find(|w| w.words.purpose.answers(&words.purpose));
            words.instead_of(before.filter(|w| !is_in_hand(w)))
        };
        words.into_iter().map(instead).collect()
    }

    /// The latest words that wait for such a question, with which somebody goes on now.
    pub(super) fn go_on_with(&mut self, purpose: &Purpose) -> Option<Waiting> {
        let waiting = self.waiting_for(purpose)?.clone();
        if let Place::Story(open) = &mut self.place {
            open.begun.push(waiting.id.clone());
        }
        Some(waiting)
    }

    /// Keeps words that were not taken, where there are some, and says so in the failure.
    pub(super) fn keep_words(&mut self, failure: Failure, words: Option<Words>) -> Failure {
        let Some(words) = words else { return failure };
        let words = self.gone_on(vec![words]);
        let failure = words
            .iter()
            .fold(failure, |failure, words| kept::kept(&self.desk, failure, words));
        if let Place::Story(open) = &mut self.place {
            open.waiting = typed::of(&self.desk, &open.reading.story.id);
        }
        failure
    }

    /// Keeps the words of decisions that are made no more, but for those that stand in what is held; says which keys bring them back.
    pub(super) fn set_aside(&mut self, gone: &[Held]) {
        let Place::Story(open) = &self.place else { return };
        let id = &open.reading.story.id;
        let stand: Vec<Words> = open.held.iter().flat_map(|held| held.words(id)).collect();
        let stands = |gone: &Words| {
            let holds = |words: &Words| memchr::memmem::find(&words.text, &gone.text).is_some();
            stand.iter().any(|words| words.purpose == gone.purpose && holds(words))
        };
        let gone = gone.iter().flat_map(|held| held.words(id));
        let gone = self.gone_on(gone.filter(|gone| !stands(gone)).collect());
        let mut said = Vec::new();
        for words in &gone {
            match kept::keep(&self.desk.config.spool_folder(), words) {
                Ok(kept) if kept.offered => said.push(key(&words.purpose).to_owned()),
                Ok(kept) => said.push(kept.to_string()),
                Err(failure) => return self.fail(failure),
            }
        }
        if said.is_empty() {
            return;
        }
        if let Place::Story(open) = &mut self.place {
            open.waiting = typed::of(&self.desk, &open.reading.story.id);
        }
        self.say_also(&format!(
            "What you wrote is kept; to go on with it: {}.",
            said.join(", ")
        ));
    }

    /// Behind what is said already.
    pub(super) fn say_also(&mut self, words: &str) {
        if !self.said.is_empty() {
            self.said.push_str("  ");
        }
        self.said.push_str(words);
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
        let (asked, unasked): (Vec<&Waiting>, Vec<&Waiting>) = waiting.iter().partition(|w| self.is_asked(w));
        let mut keys: Vec<&str> = asked.iter().map(|w| key(&w.words.purpose)).collect();
        keys.sort_unstable();
        keys.dedup();
        if !keys.is_empty() {
            let keys = keys.join(", ");
            self.say_also(&format!(
                "What you wrote here before is kept; to go on with it: {keys}."
            ));
        }
        for waiting in unasked {
            let folder = self.desk.config.spool_folder();
            let file = folder.join("typed").join(format!("{}.md", waiting.id));
            self.say_also(&format!(
                "What you wrote before for what is asked no more is in {}.",
                file.display()
            ));
        }
    }

    /// Whether a question that such words answer can still come up at the open story.
    fn is_asked(&self, waiting: &Waiting) -> bool {
        let Place::Story(open) = &self.place else { return true };
        let story = &open.reading.story;
        let proposed = |number: &u32| walk_later::proposed(story).iter().any(|later| later.number == *number);
        match &waiting.words.purpose {
            Purpose::NewText(number) | Purpose::Decline(number) => proposed(number),
            Purpose::Photo(file) => open.reading.photos().any(|photo| photo == file),
            of @ Purpose::Waive(_) => {
                let found = 0..self.findings().len();
                found
                    .filter_map(|at| self.which(at))
                    .any(|which| of.answers(&Purpose::Waive(which.to_string())))
            }
            _ => true,
        }
    }

    /// The latest words that wait for such a question about the open story.
    pub(super) fn waiting_for(&self, purpose: &Purpose) -> Option<&Waiting> {
        match &self.place {
            Place::Story(open) => open.waiting.iter().find(|w| w.words.purpose.answers(purpose)),
            Place::List => None,
        }
    }

    /// Somebody writes anew: what waits for the same is neither gone on with nor given up, and offered the next time.
    pub(super) fn leave_waiting(&mut self, purpose: &Purpose) {
        if let Place::Story(open) = &mut self.place {
            let left = open.waiting.extract_if(.., |w| w.words.purpose.answers(purpose));
            let left: Vec<String> = left.map(|w| w.id).collect();
            open.begun.retain(|id| !left.contains(id));
        }
    }

    /// The words that wait for a question, as text; those of a vote that is held, which another would replace, before them.
    pub(super) fn wrote_before(&self, asks: Asks) -> Option<String> {
        let purpose = self.purpose(asks)?;
        let waiting = || self.waiting_for(&purpose);
        self.vote_for(&purpose)
            .or_else(|| Some(String::from_utf8_lossy(&waiting()?.words.text).into_owned()))
    }

    /// The words of a vote that is held, where they are for this.
    fn vote_for(&self, purpose: &Purpose) -> Option<String> {
        let Place::Story(open) = &self.place else { return None };
        let votes = open.held.iter().map(|held| &held.decision).filter(|d| d.is_vote());
        let held = votes.filter_map(Purpose::of).find(|(of, _)| of == purpose);
        held.map(|(_, text)| text.to_owned())
    }

    /// What stands in what is to be written for a question: words of before, where there are some.
    pub(super) fn begin_to_write(&mut self, asks: Asks) -> Option<String> {
        let before = self.wrote_before(asks)?;
        let purpose = self.purpose(asks)?;
        if self.vote_for(&purpose).is_none() {
            self.go_on_with(&purpose);
        }
        Some(before)
    }

    /// Those words were taken or given up.
    pub(super) fn forget_words(&mut self, purpose: &Purpose) {
        if let Place::Story(open) = &mut self.place {
            forget(&self.desk, &mut open.waiting, |w| w.words.purpose.answers(purpose));
        }
    }

    pub(super) fn forget_asked(&mut self, asks: Asks) {
        if let Some(purpose) = self.purpose(asks) {
            self.forget_words(&purpose);
        }
    }
}

fn forget(desk: &Desk, waiting: &mut Vec<Waiting>, which: impl Fn(&Waiting) -> bool) {
    if let Some(at) = waiting.iter().position(which) {
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
                let read = std::fs::read(&files[0].file).expect("it is there");
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
