//! The terminal: arguments in, answers and exit codes out.

pub mod args;
pub mod report;

use std::process::ExitCode;

/// Parses, runs, reports.
pub fn main() -> ExitCode {
    ExitCode::SUCCESS
}
