//! `m4c-stories`: parse, run, report, exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    m4c_stories::cli::main()
}
