//! Hands: threads, and what is done where the system gives none. A limit on processes or on memory makes a run slower, it never
//! ends one: nobody else begins a thread.

use std::io;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::thread::{Builder, JoinHandle, Scope, ScopedJoinHandle};

/// A thread of its own for a piece of work. `Err`: the system gives none, and the work was not begun.
pub fn hire<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> io::Result<JoinHandle<T>> {
    Builder::new().spawn(work)
}

/// The same for work that ends with the scope.
pub fn hire_in<'scope, T: Send + 'scope>(
    scope: &'scope Scope<'scope, '_>,
    work: impl FnOnce() -> T + Send + 'scope,
) -> io::Result<ScopedJoinHandle<'scope, T>> {
    Builder::new().spawn_scoped(scope, work)
}

/// Work that goes on beside ours, or that is done by now because nobody else could be had for it.
pub enum Begun<T> {
    Beside(JoinHandle<T>),
    Done(T),
}

/// Begins a piece of work beside ours.
pub fn begin<T: Send + 'static>(work: impl Fn() -> T + Send + Sync + 'static) -> Begun<T> {
    let work = Arc::new(work);
    let theirs = Arc::clone(&work);
    match hire(move || theirs()) {
        Ok(hand) => Begun::Beside(hand),
        Err(_) => Begun::Done(work()),
    }
}

impl<T> Begun<T> {
    /// Waits for it. Its panic is passed on.
    pub fn end(self) -> T {
        match self {
            Begun::Beside(hand) => hand.join().unwrap_or_else(|panic| resume_unwind(panic)),
            Begun::Done(answer) => answer,
        }
    }
}

/// Does each share in a thread of its own, the first in this one; the answers are in the order of the shares. A hand's panic is
/// passed on.
pub fn share<'w, W: Sync + 'w, A: Send>(
    shares: impl Iterator<Item = &'w [W]>,
    work: impl Fn(&'w [W]) -> A + Sync,
) -> Vec<A> {
    let mut shares = shares;
    let Some(mine) = shares.next() else {
        return Vec::new();
    };
    std::thread::scope(|scope| {
        let work = &work;
        let hands: Vec<_> = shares
            .map(|share| hire_in(scope, move || work(share)).map_err(|_| share))
            .collect();
        let mut answers = vec![work(mine)];
        answers.extend(hands.into_iter().map(|hand| match hand {
            Ok(hand) => hand.join().unwrap_or_else(|panic| resume_unwind(panic)),
            Err(share) => work(share),
        }));
        answers
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_answered_in_their_order() {
        let numbers: Vec<usize> = (0..100).collect();
        let sums = share(numbers.chunks(30), |share| share.iter().sum::<usize>());
        assert_eq!(sums, [435, 1335, 2235, 945]);
        assert!(share(numbers[..0].chunks(30), <[usize]>::len).is_empty());
    }

    #[test]
    fn begun_work_is_waited_for() {
        assert_eq!(begin(|| 7).end(), 7);
        assert_eq!(Begun::Done(8).end(), 8);
    }
}
