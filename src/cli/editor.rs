//! The editor that words are written in, and the signals that come while they are in hand.

use std::io::Write;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, OnceLock};

use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};

use crate::desk::Trouble;
use crate::hands;

use super::report::Failure;

/// Why an editor gave no text back, and what was saved in it by then.
#[derive(Debug)]
pub struct Unfinished {
    pub failure: Failure,
    /// None: nothing but what the editor began with.
    pub saved: Option<Box<[u8]>>,
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
    let mut editor = hands::program(&words[0]);
    editor.args(&words[1..]);
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
