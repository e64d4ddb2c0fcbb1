//! All hands: work that can be shared, on as many threads as the machine has cores.

use std::cell::Cell;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, Scope};

/// More hands than this would only wait for the disk.
const MOST: usize = 4;

/// Threads that answer questions for as long as they are asked. They stay: the memory that the C library keeps for each thread
/// would go from hand to hand with new ones, and grow in all of them.
pub struct Crew<Q, A> {
    ask: Sender<(usize, Q)>,
    told: Receiver<(usize, thread::Result<A>)>,
    asked: Cell<usize>,
}

impl<Q: Send, A: Send> Crew<Q, A> {
    /// Each hand has a tool for itself. The crew goes home when this value is dropped, which has to be before the scope ends.
    pub fn gather<'scope, Tool>(
        scope: &'scope Scope<'scope, '_>,
        tool: impl Fn() -> Tool + Copy + Send + 'scope,
        work: impl Fn(&mut Tool, Q) -> A + Copy + Send + 'scope,
    ) -> Crew<Q, A>
    where
        Q: 'scope,
        A: 'scope,
    {
        let (ask, questions) = mpsc::channel::<(usize, Q)>();
        let (tell, told) = mpsc::channel();
        let questions = Arc::new(Mutex::new(questions));
        for _ in 0..thread::available_parallelism().map_or(1, usize::from).min(MOST) {
            let (questions, tell) = (Arc::clone(&questions), tell.clone());
            scope.spawn(move || {
                let mut tool = tool();
                let next = || questions.lock().unwrap_or_else(PoisonError::into_inner).recv();
                while let Ok((at, question)) = next() {
                    let answer = catch_unwind(AssertUnwindSafe(|| work(&mut tool, question)));
                    if tell.send((at, answer)).is_err() {
                        return;
                    }
                }
            });
        }
        let asked = Cell::new(0);
        Crew { ask, told, asked }
    }

    /// The answers in the order of the questions, each as soon as it and those before it are known. A hand's panic is passed on.
    pub fn answers(&self, questions: impl IntoIterator<Item = Q>) -> impl Iterator<Item = A> {
        let first = self.asked.get();
        for question in questions {
            let at = self.asked.replace(self.asked.get() + 1);
            self.ask.send((at, question)).expect("a hand outlives its panics");
        }
        let mut early = HashMap::new();
        (first..self.asked.get()).map(move |next| {
            loop {
                if let Some(answer) = early.remove(&next) {
                    return answer;
                }
                let (at, answer) = self.told.recv().expect("a hand outlives its panics");
                let answer = answer.unwrap_or_else(|panic| resume_unwind(panic));
                // below `first`: of questions whose answers nobody waited for
                if at >= first {
                    early.insert(at, answer);
                }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answers_are_in_the_order_of_the_questions() {
        thread::scope(|scope| {
            let crew = Crew::gather(scope, || 2, |two, q: usize| q * *two);
            assert_eq!(crew.answers(0..3).next(), Some(0), "the others are not waited for");
            assert_eq!(
                crew.answers(0..1000).collect::<Vec<_>>(),
                (0..2000).step_by(2).collect::<Vec<_>>()
            );
            assert_eq!(crew.answers([]).count(), 0);
        });
    }

    #[test]
    #[should_panic(expected = "no such mail")]
    fn the_panic_of_a_hand_is_passed_on() {
        thread::scope(|scope| {
            let crew = Crew::gather(scope, || (), |(), _: usize| -> usize { panic!("no such mail") });
            crew.answers([1]).for_each(drop);
        });
    }
}
