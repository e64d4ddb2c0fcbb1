//! A crash at any instant loses nothing and doubles nothing: a sample of the points of `scripts/kill-test`.

mod common;

use std::path::Path;
use std::process::Command;

fn kill_test(options: &[&str]) {
    if !["python3", "git", "aiosmtpd"].into_iter().all(common::have) || !common::traces() {
        return;
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/kill-test");
    let output = Command::new(script)
        .args(options)
        .args(["--binary", common::BINARY])
        .output()
        .expect("python3 runs");
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
}

#[test]
fn a_killed_run_is_finished_by_the_next_one() {
    kill_test(&[
        "--sample", "3", "--only", "fetch", "--only", "maildir", "--only", "approve", "--only", "decide", "--only",
        "erase",
    ]);
}

#[test]
fn a_mail_is_moved_on_its_server_once_it_is_committed_and_not_before() {
    if common::have("dovecot") {
        kill_test(&["--sample", "3", "--only", "imap"]);
    }
}

#[test]
fn a_publication_killed_between_any_two_steps_leaves_one_post_at_each_of_its_targets() {
    kill_test(&["--steps", "--only", "publish"]);
}
