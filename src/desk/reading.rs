//! How far a pass over many stories is, for whoever watches.

use std::cell::Cell;

use crate::repo::{StoryRepo, Tip};

use super::Desk;

/// Is told how many stories of how many were read, and at the end nothing.
pub type Watcher = Box<dyn Fn(Option<(u64, u64)>) + Send + Sync>;

/// So few are read in a moment, and nobody is told.
const FEW: u64 = 500;

/// One pass.
pub(super) struct Reading<'a> {
    watcher: Option<&'a Watcher>,
    repo: &'a StoryRepo,
    tip: &'a Tip,
    done: Cell<u64>,
    all: Cell<u64>,
}

impl Desk {
    /// A pass over the stories at a tip, which ends when this is dropped.
    pub(super) fn reading<'a>(&'a self, repo: &'a StoryRepo, tip: &'a Tip) -> Reading<'a> {
        Reading {
            watcher: self.watcher.as_ref(),
            repo,
            tip,
            done: Cell::new(0),
            all: Cell::new(0),
        }
    }
}

impl Reading<'_> {
    /// One more is read.
    pub(super) fn one(&self) {
        let done = self.done.get() + 1;
        self.done.set(done);
        let Some(tell) = self.watcher.filter(|_| done.is_multiple_of(FEW)) else {
            return;
        };
        if self.all.get() == 0 {
            let all = self.repo.stories(self.tip).map_or(0, Iterator::count);
            self.all.set(all as u64);
        }
        tell(Some((done, self.all.get().max(done))));
    }
}

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        if self.all.get() > 0
            && let Some(tell) = self.watcher
        {
            tell(None);
        }
    }
}
