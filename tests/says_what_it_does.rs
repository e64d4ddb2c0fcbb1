//! A setting that this version cannot keep is not passed over in silence, and `--json` answers in JSON also where nothing is done.

mod common;

use common::{TestHouse, marion};
use serde_json::Value;

#[test]
fn a_new_desk_has_no_sample_inbox() {
    let house = TestHouse::new();
    house.run(&["init", "desk"]).exits(0);
    assert!(house.path("desk/config.toml").exists());
    house.run(&["-C", "desk", "init", "within"]).exits(0);
    assert!(house.path("desk/within/config.toml").exists(), "below the folder of -C");
    let ran = house.run(&["-C", "desk", "fetch"]);
    assert!(ran.exits(2).stderr.contains("there is no inbox"), "{}", ran.stderr);
}

#[test]
fn a_rehearsal_and_a_giving_up_answer_in_json() {
    let house = TestHouse::new();
    house.story(&marion());
    house.write("junk.eml", "junk");
    house.run(&["fetch", "-q", "junk.eml"]).exits(7);
    let mail = house.run(&["quarantine", "--json"]).json()[0]["id"].clone();
    let mail = mail.as_str().expect("an id");
    for (command, key, value) in [
        (&["letters", "send", "-n"][..], "dry_run", Value::Bool(true)),
        (&["letters", "drop", "marion", "-n"], "dry_run", Value::Bool(true)),
        (&["letters", "drop", "marion"], "status", "dropped".into()),
        (&["letters", "drop", "marion"], "changed", Value::Bool(false)),
        (&["quarantine", "retry", mail, "-n"], "dry_run", Value::Bool(true)),
        (&["quarantine", "drop", mail, "-n"], "dry_run", Value::Bool(true)),
        (&["quarantine", "drop", mail, "--yes"], "changed", Value::Bool(true)),
    ] {
        let ran = house.run(&[command, &["--json"]].concat());
        let first = ran.exits(0).json_lines().remove(0);
        assert_eq!(
            (&first[key], &first["schema"]),
            (&value, &1.into()),
            "{command:?}: {first}"
        );
    }
    let nothing = house.run(&["edit", "marion", "--take", "--json"]).exits(0).json();
    assert_eq!(nothing["changed"], false);
    house.write("told.md", "We talked.");
    let new = [
        "new",
        "--author",
        "Joan",
        "--evidence",
        "by phone",
        "told.md",
        "-n",
        "--json",
    ];
    assert_eq!(house.run(&new).exits(0).json()["dry_run"], true);
    let init = house.run(&["init", "desk", "-n", "--json"]).exits(0).json();
    assert_eq!(init["dry_run"], true);
    assert!(!house.path("desk").exists());
}

#[test]
fn the_editor_does_not_see_our_settings_because_one_may_be_a_password() {
    let house = TestHouse::new();
    house.story(&marion());
    let done = house
        .command(common::BINARY)
        .args(["edit", "marion"])
        .env("EDITOR", "sh -c 'env > seen'")
        .env("M4C_STORIES_REVIEW_APPROVALS", "1")
        .output()
        .expect("it runs");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let seen = house.read("seen");
    assert!(seen.contains("HOME=") && !seen.contains("M4C_STORIES_"), "{seen}");
}
