//! All hands: work that can be shared, on as many threads as the machine has cores.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, Scope};

use crate::hands;

/// More hands than this would only wait for the disk.
const MOST: usize = 4;

type Alone<'c, Q, A> = Box<dyn FnMut(Q) -> A + 'c>;

/// Threads that answer questions for as long as they are asked. They stay: the memory that the C library keeps for each thread
/// would go from hand to hand with new ones, and grow in all of them. Where the system gives no thread, who asks has to work.
pub struct Crew<'c, Q, A> {
    ask: Sender<(usize, Q)>,
    told: Receiver<(usize, thread::Result<A>)>,
    /// Answers that came before those that are waited for.
    early: RefCell<HashMap<usize, A>>,
    asked: Cell<usize>,
    /// What answers where there is no hand.
    alone: Option<RefCell<Alone<'c, Q, A>>>,
}

/// Questions under way.
pub struct Asked<Q> {
    first: usize,
    upto: usize,
    /// Those that who asked has to answer.
    mine: VecDeque<Q>,
}

impl<'c, Q: Send, A: Send> Crew<'c, Q, A> {
    /// Each hand has a tool for itself. The crew goes home when this value is dropped, which has to be before the scope ends.
    pub fn gather<Tool>(
        scope: &'c Scope<'c, '_>,
        tool: impl Fn() -> Tool + Copy + Send + 'c,
        work: impl Fn(&mut Tool, Q) -> A + Copy + Send + 'c,
    ) -> Crew<'c, Q, A>
    where
        Q: 'c,
        A: 'c,
        Tool: 'c,
    {
        let wanted = thread::available_parallelism().map_or(1, usize::from).min(MOST);
        Crew::of(wanted, scope, tool, work)
    }

    fn of<Tool: 'c>(
        wanted: usize,
        scope: &'c Scope<'c, '_>,
        tool: impl Fn() -> Tool + Copy + Send + 'c,
        work: impl Fn(&mut Tool, Q) -> A + Copy + Send + 'c,
    ) -> Crew<'c, Q, A>
    where
        Q: 'c,
        A: 'c,
    {
        let (ask, questions) = mpsc::channel::<(usize, Q)>();
        let (tell, told) = mpsc::channel();
        let questions = Arc::new(Mutex::new(questions));
        let hire = || {
            let (questions, tell) = (Arc::clone(&questions), tell.clone());
            hands::hire_in(scope, move || {
                let mut tool = tool();
                let next = || questions.lock().unwrap_or_else(PoisonError::into_inner).recv();
                while let Ok((at, question)) = next() {
                    let answer = catch_unwind(AssertUnwindSafe(|| work(&mut tool, question)));
                    if tell.send((at, answer)).is_err() {
                        return;
                    }
                }
            })
        };
        let came = (0..wanted).take_while(|_| hire().is_ok()).count();
        let alone = (came == 0).then(|| -> RefCell<Alone<'c, Q, A>> {
            let mut tool = tool();
            RefCell::new(Box::new(move |question| work(&mut tool, question)))
        });
        let asked = Cell::new(0);
        let early = RefCell::new(HashMap::new());
        Crew {
            ask,
            told,
            early,
            asked,
            alone,
        }
    }

    /// Begins to have them answered, after all that was asked before.
    pub fn ask(&self, questions: impl IntoIterator<Item = Q>) -> Asked<Q> {
        let first = self.asked.get();
        let mut mine = VecDeque::new();
        for question in questions {
            let at = self.asked.replace(self.asked.get() + 1);
            match &self.alone {
                Some(_) => mine.push_back(question),
                None => self.ask.send((at, question)).expect("a hand outlives its panics"),
            }
        }
        let upto = self.asked.get();
        Asked { first, upto, mine }
    }

    /// The answers in the order of the questions, each as soon as it and those before it are known; answers to what was asked earlier
    /// are not wanted any more. A hand's panic is passed on.
    pub fn answers(&self, asked: Asked<Q>) -> impl Iterator<Item = A> {
        let Asked { first, upto, mut mine } = asked;
        self.early.borrow_mut().retain(|at, _| *at >= first);
        (first..upto).map(move |next| {
            if let (Some(work), Some(question)) = (&self.alone, mine.pop_front()) {
                return work.borrow_mut()(question);
            }
            loop {
                if let Some(answer) = self.early.borrow_mut().remove(&next) {
                    return answer;
                }
                let (at, answer) = self.told.recv().expect("a hand outlives its panics");
                let answer = answer.unwrap_or_else(|panic| resume_unwind(panic));
                if at >= first {
                    self.early.borrow_mut().insert(at, answer);
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
        for hands in [0, 1, 4] {
            thread::scope(|scope| {
                let crew = Crew::of(hands, scope, || 2, |two, q: usize| q * *two);
                assert_eq!(
                    crew.answers(crew.ask(0..3)).next(),
                    Some(0),
                    "the others are not waited for"
                );
                drop(crew.ask(3..6));
                let (some, others) = (crew.ask(0..100), crew.ask(100..200));
                assert_eq!(
                    crew.answers(some).collect::<Vec<_>>(),
                    (0..200).step_by(2).collect::<Vec<_>>()
                );
                assert_eq!(
                    crew.answers(others).collect::<Vec<_>>(),
                    (200..400).step_by(2).collect::<Vec<_>>(),
                    "two askings may be under way"
                );
                assert_eq!(
                    crew.answers(crew.ask(0..1000)).collect::<Vec<_>>(),
                    (0..2000).step_by(2).collect::<Vec<_>>(),
                    "{hands} hands"
                );
                assert_eq!(crew.answers(crew.ask([])).count(), 0);
            });
        }
    }

    #[test]
    #[should_panic(expected = "no such mail")]
    fn the_panic_of_a_hand_is_passed_on() {
        thread::scope(|scope| {
            let crew = Crew::gather(scope, || (), |(), _: usize| -> usize { panic!("no such mail") });
            crew.answers(crew.ask([1])).for_each(drop);
        });
    }
}
