//! For tests of hostile input: the processor time that was needed, whatever else the machine does. A bound on it stands far above what
//! is needed and far below what quadratic work would take; speed itself is measured by `benches/`. Where what is done again and again
//! can be counted, its steps are.

use std::cell::Cell;
use std::time::{Duration, Instant};

/// More than any linear work of a test needs, without optimisation and on a crowded core.
pub const FAR_TOO_LONG: Duration = Duration::from_secs(60);

/// The time this thread has had on a processor; where the system does not tell, the time since the first call.
pub fn worked() -> Duration {
    static BEGUN: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    match told.split(' ').next().and_then(|ns| ns.parse().ok()) {
        Some(nanoseconds) => Duration::from_nanos(nanoseconds),
        None => BEGUN.get_or_init(Instant::now).elapsed(),
    }
}

/// Does `work`, and fails where it took far too long.
#[track_caller]
pub fn in_time<T>(name: &str, work: impl FnOnce() -> T) -> T {
    let begun = worked();
    let result = work();
    let spent = worked() - begun;
    assert!(spent < FAR_TOO_LONG, "{name}: {spent:?}");
    result
}

thread_local! {
    static STEPS: Cell<usize> = const { Cell::new(0) };
}

/// Counts one step of this thread's work.
pub fn step() {
    STEPS.with(|steps| steps.set(steps.get() + 1));
}

/// Fails where `work`, given four times as much, takes far more than four times as many steps.
#[track_caller]
pub fn in_steps(name: &str, size: usize, work: impl Fn(usize)) {
    let counted = |size| {
        let begun = STEPS.with(Cell::get);
        work(size);
        STEPS.with(Cell::get) - begun
    };
    let (few, many) = (counted(size), counted(4 * size));
    assert!(few > 0, "{name}: nothing was counted");
    assert!(
        many <= 5 * few + 1000,
        "{name}: {few} steps, and {many} for four times as much"
    );
}
