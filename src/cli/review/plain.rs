//! The walk line by line, for a screen reader, a dumb terminal, or whoever likes it: one question a story, as `git add -p` asks.

use super::round::Round;
use crate::cli::report::{Outcome, Report};

pub fn walk(_round: &mut Round, _report: &Report) -> Outcome {
    Ok(0)
}
