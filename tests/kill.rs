//! A crash at any instant loses nothing and doubles nothing: a sample of the points of `scripts/kill-test`.

mod common;

use std::path::Path;
use std::process::Command;

#[test]
fn a_killed_run_is_finished_by_the_next_one() {
    if !["python3", "git"].into_iter().all(common::have) || !common::traces() {
        return;
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/kill-test");
    let output = Command::new(script)
        .args(["--sample", "3", "--binary", common::BINARY])
        .output()
        .expect("python3 runs");
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
}
