//! Hands: threads, and what is done where the system gives none. A limit on processes or on memory makes a run slower, it never
//! ends one: nobody else begins a thread. And other programs, among them the user's own git, by which we reach other machines: nobody else
//! begins one, so that none is told a password.

use std::ffi::OsStr;
use std::io;
use std::panic::resume_unwind;
use std::process::Command;
use std::sync::Arc;
use std::thread::{Builder, JoinHandle, Scope, ScopedJoinHandle};

/// What takes git to another repository than the one it is told, lets it write at another time, or makes it talk or listen elsewhere.
const FOREIGN: [&str; 29] = [
    "GIT_ALLOW_PROTOCOL",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_AUTHOR_DATE",
    "GIT_CEILING_DIRECTORIES",
    "GIT_COMMITTER_DATE",
    "GIT_COMMON_DIR",
    "GIT_CONFIG",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_PARAMETERS",
    "GIT_DIR",
    "GIT_EXEC_PATH",
    "GIT_EXTERNAL_DIFF",
    "GIT_GRAFT_FILE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_NAMESPACE",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_PROTOCOL_FROM_USER",
    "GIT_QUARANTINE_PATH",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_TEMPLATE_DIR",
    "GIT_TRACE",
    "GIT_TRACE_CURL",
    "GIT_TRACE_PACKET",
    "GIT_WORK_TREE",
    "LANGUAGE",
];

/// How our own settings begin in the environment; one of them may be a password.
const OURS: &[u8] = b"M4C_STORIES_";

/// `ulimit -f` counts so (POSIX).
const BLOCK: u64 = 512;

/// Another program, which begins with nothing of our own settings, nor does whatever it starts.
pub fn program(name: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(name);
    for (name, _) in std::env::vars_os() {
        if name.as_encoded_bytes().starts_with(OURS) {
            command.env_remove(name);
        }
    }
    command
}

/// The user's own git, which begins with nothing of the environment that is meant for another repository. No file that it writes, nor
/// what it starts, gets longer than `most` bytes: it then says "File too large". Where there is no git it ends with [`NO_GIT`].
pub fn git(most: u64) -> Command {
    let mut command = program("sh");
    // without the signal the write is refused, and git can say so and tidy up; a limit that is lower already stays
    command.args(["-c", "trap '' XFSZ; ulimit -f \"$0\" 2>/dev/null; exec git \"$@\""]);
    command.arg(most.div_ceil(BLOCK).to_string());
    for name in FOREIGN {
        command.env_remove(name);
    }
    command
}

/// With this a shell ends that does not find a program.
pub const NO_GIT: i32 = 127;

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

/// Begins a piece of work beside ours. `None`: nobody else could be had for it, and it is done by now.
pub fn begin<T: Send + 'static>(work: impl Fn() -> T + Send + Sync + 'static) -> Option<JoinHandle<T>> {
    let work = Arc::new(work);
    let theirs = Arc::clone(&work);
    let hand = hire(move || theirs()).ok();
    if hand.is_none() {
        work();
    }
    hand
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
        assert_eq!(begin(|| 7).expect("a thread").join().expect("no panic"), 7);
    }
}
