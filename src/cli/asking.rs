//! What a person is asked for at a terminal: yes or no, and words, written in an editor of theirs. No words are lost, whatever stands in
//! the way of their being taken.

use std::fmt;
use std::io::{BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, OnceLock};

use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};

use crate::desk::names::resolve;
use crate::desk::typed::{self, Purpose, Waiting, Words};
use crate::desk::{Desk, Trouble};
use crate::story::StoryId;

use super::args::Global;
use super::report::{Failure, Outcome};

/// Why an editor gave no text back, and what was saved in it by then.
#[derive(Debug)]
pub struct Unfinished {
    pub failure: Failure,
    /// None: nothing but what the editor began with.
    pub saved: Option<Box<[u8]>>,
}

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

impl From<Failure> for Unfinished {
    fn from(failure: Failure) -> Unfinished {
        let saved = None;
        Unfinished { failure, saved }
    }
}

/// Whether no words are in hand.
static NOBODY_WRITES: LazyLock<Arc<AtomicBool>> = LazyLock::new(|| Arc::new(AtomicBool::new(true)));
static WRITING: AtomicUsize = AtomicUsize::new(0);
/// Whether somebody sees to the signals that end a run.
static SEEN_TO: OnceLock<()> = OnceLock::new();

/// As long as it is there, words are in hand that are to be taken or kept before the run ends.
pub struct InHand(());

impl InHand {
    pub fn begin() -> InHand {
        WRITING.fetch_add(1, Ordering::Relaxed);
        NOBODY_WRITES.store(false, Ordering::Relaxed);
        InHand(())
    }
}

impl Drop for InHand {
    fn drop(&mut self) {
        let last = WRITING.fetch_sub(1, Ordering::Relaxed) == 1;
        NOBODY_WRITES.store(last, Ordering::Relaxed);
    }
}

/// Whoever calls it sees to the signals that end a run, and asks [`words_are_in_hand`].
pub fn see_to_signals() {
    let _ = SEEN_TO.set(());
}

pub fn words_are_in_hand() -> bool {
    !NOBODY_WRITES.load(Ordering::Relaxed)
}

/// What ends a run (the window closed, Ctrl-C) comes to the editor alone as long as words are in hand.
fn patiently<T>(work: impl FnOnce() -> T) -> T {
    SEEN_TO.get_or_init(|| {
        for number in [SIGINT, SIGTERM, SIGHUP, SIGQUIT] {
            // at worst it ends the run as it does elsewhere
            let _ = signal_hook::flag::register_conditional_default(number, Arc::clone(&NOBODY_WRITES));
        }
    });
    let _in_hand = InHand::begin();
    work()
}

/// Lets a person edit bytes in their editor; what they leave comes back. The file is private and is removed.
pub fn in_editor(bytes: &[u8], suffix: &str) -> Result<Vec<u8>, Unfinished> {
    let failed = |e: std::io::Error| {
        Failure::new(
            "editor",
            1,
            "the text cannot be given to an editor",
            e,
            "is there room in the folder for temporary files?",
        )
    };
    let mut file = tempfile::Builder::new()
        .prefix("m4c-")
        .suffix(suffix)
        .tempfile()
        .map_err(failed)?;
    file.write_all(bytes).and_then(|()| file.flush()).map_err(failed)?;
    let command = crate::config::editor().unwrap_or_else(|| "vi".to_owned());
    let words = shlex::split(&command).filter(|w| !w.is_empty());
    let words = words.ok_or_else(|| {
        Failure::from(Trouble::Editor {
            command: command.clone(),
        })
    })?;
    let mut editor = Command::new(&words[0]);
    crate::config::without_secrets(&mut editor).args(&words[1..]);
    let status = patiently(|| editor.arg(file.path()).status());
    let saved = std::fs::read(file.path());
    match (status, saved) {
        (Ok(status), Ok(saved)) if status.success() => Ok(saved),
        (Ok(status), Err(_)) if status.success() => Err(Unfinished::from(Failure::new(
            "editor",
            1,
            "nothing was changed",
            "the editor left no file",
            "save the text there, and close the editor",
        ))),
        (_, saved) => Err(Unfinished {
            failure: Trouble::Editor { command }.into(),
            saved: saved.ok().filter(|saved| saved != bytes).map(Vec::into_boxed_slice),
        }),
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
pub fn kept_in_a_file(failure: Failure, text: &[u8]) -> Failure {
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

/// The words of before, where somebody wrote for the same, they were not taken, and whoever sits here says that they go on with them.
pub fn go_on(desk: &Desk, global: &Global, story: &StoryId, purpose: Purpose) -> Result<Option<Waiting>, Failure> {
    let Some(waiting) = typed::of(desk, story).into_iter().find(|w| w.words.purpose == purpose) else {
        return Ok(None);
    };
    let on = waiting.at.to_zoned_datetime(desk.config.team.timezone.clone());
    let on = on.strftime("%-d %B, %H:%M");
    let author = desk.story(&desk.repo()?, story)?.front().author;
    let question = format!("What you wrote for this on {on} for the story of {author} is kept. Go on with it?");
    if agreed(global, &question)? {
        return Ok(Some(waiting));
    }
    if !global.dry_run && agreed(global, "Throw it away?")? {
        typed::forget(desk, &waiting);
    }
    Ok(None)
}

/// Runs `work` with the words of a message: from `-m`, else asked for in an editor where there is a terminal. What was written there and
/// was not taken is kept.
pub fn with_message(
    desk: &Desk,
    global: &Global,
    stories: &[String],
    given: Option<String>,
    (purpose, wanted): (Purpose, &str),
    work: impl FnOnce(String) -> Outcome,
) -> Outcome {
    if given.is_some() || global.no_input || !std::io::stdin().is_terminal() {
        return work(message(global, given, wanted, "")?);
    }
    let repo = desk.repo()?;
    // nobody writes for a story that is not there
    let ids = stories.iter().map(|story| resolve(desk, &repo, story));
    let ids: Vec<StoryId> = ids.collect::<Result<_, _>>()?;
    // 7: of what follows from it something is left to do
    let taken = |code: &u8| matches!(code, 0 | 7);
    let [id] = &ids[..] else {
        // words for several are not offered for one of them
        let in_hand = InHand::begin();
        let text = message(global, None, wanted, "")?;
        if global.dry_run {
            return work(text);
        }
        return safely(desk, keep_for_none(text.as_bytes()), in_hand, || work(text), taken);
    };
    let before = go_on(desk, global, id, purpose.clone())?;
    let begin = before
        .as_ref()
        .map(|b| String::from_utf8_lossy(&b.words.text).into_owned());
    let words = |text: &[u8]| Words::new(id, purpose.clone(), text).instead_of(before.as_ref());
    let in_hand = InHand::begin();
    let text = message(global, None, wanted, begin.as_deref().unwrap_or_default());
    let text = text.map_err(|unfinished| unfinished.kept(desk, words))?;
    if global.dry_run {
        return work(text);
    }
    let place = keep(&desk.config.spool_folder(), &words(text.as_bytes())).ok();
    safely(desk, place, in_hand, || work(text), taken)
}

/// Asks yes or no at a terminal; without one the answer is no.
pub fn agreed(global: &Global, question: &str) -> Result<bool, Failure> {
    if global.no_input || !std::io::stdin().is_terminal() {
        return Ok(false);
    }
    let _ = write!(std::io::stderr(), "{} [y/N] ", super::report::visible(question));
    let mut answer = String::new();
    let read = std::io::stdin().lock().read_line(&mut answer);
    read.map_err(|e| Failure::new("input", 1, "the answer could not be read", e, "say --yes"))?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes" | "Yes"))
}

/// Text for a message: from `-m`, else asked for in an editor where there is a terminal, beginning with `before`.
pub fn message(global: &Global, given: Option<String>, wanted: &str, before: &str) -> Result<String, Unfinished> {
    if let Some(text) = given {
        return match text.trim() {
            "" => Err(empty(wanted).into()),
            _ => Ok(text),
        };
    }
    if global.no_input || !std::io::stdin().is_terminal() {
        let missing = format!("{wanted} is missing");
        let why = "there is no terminal to ask at";
        return Err(Failure::usage(missing, why, "give it with -m \"...\"").into());
    }
    let shown = |line: &str| match line.starts_with('#') {
        // or it would be left out
        true => format!(" {line}"),
        false => line.to_owned(),
    };
    let before: Vec<String> = before.lines().map(shown).collect();
    let before = before.join("\n");
    let question = format!(
        "{before}\n# Write {wanted} here, save, and close the editor. Lines that begin with # are left out; nothing written does nothing.\n"
    );
    let own = |text: &[u8]| {
        let text = String::from_utf8_lossy(text);
        let own: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
        own.join("\n").trim().to_owned()
    };
    match in_editor(question.as_bytes(), ".txt") {
        Ok(text) => Some(own(&text))
            .filter(|text| !text.is_empty())
            .ok_or_else(|| empty(wanted).into()),
        Err(Unfinished { failure, saved }) => {
            let saved = saved
                .map(|saved| own(&saved).into_bytes().into_boxed_slice())
                .filter(|own| !own.is_empty());
            Err(Unfinished { failure, saved })
        }
    }
}

fn empty(wanted: &str) -> Failure {
    Failure::usage(
        format!("{wanted} is empty"),
        "",
        "nothing was done; give it with -m \"...\"",
    )
}
