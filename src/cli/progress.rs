//! Progress on a terminal's stderr; silent otherwise.

use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

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
        let style = ProgressStyle::with_template("{msg} [{bar:30}] {pos}/{len} {eta}");
        bar.set_style(
            style
                .unwrap_or_else(|_| ProgressStyle::default_bar())
                .progress_chars("=> "),
        );
        Progress { bar }
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
