//! All hands: work that can be shared, on as many threads as the machine has cores.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// More hands than this would only wait for the disk.
const MOST: usize = 4;

/// `work` done on each of `items`; the answers are in their order.
pub fn map<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    map_with(items, || (), |(), item| work(item))
}

/// The same with a tool that each hand has for itself.
pub fn map_with<T: Sync, R: Send, Tool>(
    items: &[T],
    tool: impl Fn() -> Tool + Sync,
    work: impl Fn(&mut Tool, &T) -> R + Sync,
) -> Vec<R> {
    let hands = thread::available_parallelism()
        .map_or(1, usize::from)
        .min(MOST)
        .min(items.len());
    if hands < 2 {
        let mut tool = tool();
        return items.iter().map(|item| work(&mut tool, item)).collect();
    }
    let next = AtomicUsize::new(0);
    let hand = || {
        let (mut done, mut tool) = (Vec::new(), tool());
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            match items.get(at) {
                Some(item) => done.push((at, work(&mut tool, item))),
                None => return done,
            }
        }
    };
    let mut all: Vec<(usize, R)> = thread::scope(|scope| {
        let others: Vec<_> = (1..hands).map(|_| scope.spawn(hand)).collect();
        let mut all = hand();
        for other in others {
            match other.join() {
                Ok(done) => all.extend(done),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        all
    });
    all.sort_by_key(|(at, _)| *at);
    all.into_iter().map(|(_, answer)| answer).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answers_are_in_the_order_of_the_questions() {
        let questions: Vec<usize> = (0..1000).collect();
        assert_eq!(map(&questions, |q| q * 2), (0..2000).step_by(2).collect::<Vec<_>>());
        assert!(map(&[] as &[usize], |q| *q).is_empty());
    }
}
