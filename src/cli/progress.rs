//! Progress on a terminal's stderr; silent otherwise.

use std::io::IsTerminal;
use std::sync::Mutex;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::desk::reading::Watcher;

/// A bar for long passes over the stories, drawn when there is one; none where nobody would see it.
pub fn watcher(quiet: bool) -> Option<Watcher> {
    let hidden = quiet || !std::io::stderr().is_terminal();
    let bar = Mutex::new(None::<Progress>);
    let watch = move |at: Option<(u64, u64)>| {
        let Ok(mut bar) = bar.lock() else { return };
        match at {
            Some((done, all)) => bar
                .get_or_insert_with(|| Progress::new(false))
                .at("Reading stories", done, all),
            None => bar.take().iter().for_each(Progress::end),
        }
    };
    (!hidden).then(|| Box::new(watch) as Watcher)
}

fn counting() -> ProgressStyle {
    let style = ProgressStyle::with_template("{msg} [{bar:30}] {pos}/{len} {eta}");
    style
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("=> ")
}

/// How far a fetch is.
pub struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// A bar where stderr is a terminal and nobody asked for quiet; else nothing is ever drawn.
    pub fn new(quiet: bool) -> Progress {
        let hidden = quiet || !std::io::stderr().is_terminal();
        let target = if hidden {
            ProgressDrawTarget::hidden()
        } else {
            ProgressDrawTarget::stderr()
        };
        let bar = ProgressBar::with_draw_target(Some(0), target);
        bar.set_style(counting());
        Progress { bar }
    }

    /// Whether anybody sees it.
    pub fn is_shown(&self) -> bool {
        !self.bar.is_hidden()
    }

    /// From now on so many of so many are done.
    pub fn at(&self, what: &str, done: u64, all: u64) {
        if self.bar.message() != what || self.bar.position() > done {
            // another thing, and how fast the last one was says nothing
            self.bar.set_style(counting());
            self.bar.set_message(super::report::visible(what));
            self.bar.reset();
        }
        self.bar.set_length(all);
        self.bar.set_position(done);
    }

    /// So many more are to come.
    pub fn more(&self, what: &str, many: u64) {
        self.bar.set_message(super::report::visible(what));
        self.bar.inc_length(many);
    }

    /// What is being done; it does not move by itself, so that a question of git's or ssh's stays where it is.
    pub fn say(&self, what: &str) {
        self.bar
            .set_style(ProgressStyle::with_template("{msg} ...").unwrap_or_else(|_| ProgressStyle::default_bar()));
        self.bar.set_message(super::report::visible(what));
        self.bar.tick();
    }

    pub fn one(&self) {
        self.bar.inc(1);
    }

    /// Runs `print` with the bar out of the way.
    pub fn aside(&self, print: impl FnOnce()) {
        self.bar.suspend(print);
    }

    pub fn end(&self) {
        self.bar.finish_and_clear();
    }
}
