//! For tests of hostile input: the processor time that was needed, whatever else the machine does. A bound on it stands far above what
//! is needed and far below what quadratic work would take; speed itself is measured by `benches/`.

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
