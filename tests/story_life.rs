//! The life of a story, from outside: every cell of the state table in the contract, through the commands that people type.
//!
//! In each refused cell both halves are looked at: the exit code, and that nothing was committed.

mod common;

use common::{Ran, TestHouse, mail, marion};

/// How a story gets into a state, from a fresh draft.
const WAYS: [(&str, &[&[&str]]); 8] = [
    ("draft", &[]),
    (
        "changes-requested",
        &[&["request-changes", "marion", "-m", "Which year was it?"]],
    ),
    ("approved", &[&["approve", "marion"]]),
    (
        "scheduled",
        &[
            &["approve", "marion"],
            &["publish", "marion", "--at", "2126-12-24 09:00"],
        ],
    ),
    ("published", &[&["approve", "marion"], &["publish", "marion"]]),
    (
        "taken-down",
        &[&["approve", "marion"], &["publish", "marion"], &["takedown", "marion"]],
    ),
    ("rejected", &[&["reject", "marion", "-m", "Not for this blog"]]),
    ("withdrawn", &[&["withdraw", "marion", "-m", "She asked by phone"]]),
];

const COMMANDS: [(&str, &[&str]); 9] = [
    ("approve", &["approve", "marion"]),
    (
        "request-changes",
        &["request-changes", "marion", "-m", "And who was there?"],
    ),
    ("edit", &["edit", "marion", "--subtitle", "Another subtitle"]),
    ("reject", &["reject", "marion", "-m", "Sorry"]),
    ("publish", &["publish", "marion"]),
    ("publish --at", &["publish", "marion", "--at", "2127-01-01 09:00"]),
    ("takedown", &["takedown", "marion", "-m", "A neighbour is named"]),
    ("withdraw", &["withdraw", "marion", "-m", "She asked by mail"]),
    ("reopen", &["reopen", "marion"]),
];

/// What a command does to a story in a state.
enum Cell {
    /// Done, and the story is in this state.
    To(&'static str),
    /// Exit 0, and nothing is committed.
    Nothing,
    /// Exit 5, and nothing is committed.
    Refused,
}
use Cell::{Nothing, Refused, To};

/// Rows as in [`WAYS`], columns as in [`COMMANDS`].
#[rustfmt::skip]
const TABLE: [[Cell; 9]; 8] = [
    // approve, request-changes, edit, reject, publish, publish --at, takedown, withdraw, reopen
    [To("approved"), To("changes-requested"), To("draft"), To("rejected"), Refused, Refused, Refused, To("withdrawn"), Nothing],
    [To("approved"), To("changes-requested"), To("draft"), To("rejected"), Refused, Refused, Refused, To("withdrawn"), To("draft")],
    [Nothing, To("changes-requested"), To("draft"), To("rejected"), To("published"), To("scheduled"), Refused, To("withdrawn"), To("draft")],
    [Nothing, To("changes-requested"), To("draft"), To("rejected"), To("published"), To("scheduled"), To("approved"), To("withdrawn"), To("approved")],
    [Nothing, Refused, To("published"), Refused, Nothing, Refused, To("taken-down"), To("withdrawn"), Refused],
    [Refused, Refused, Refused, Refused, Refused, Refused, Nothing, To("withdrawn"), To("draft")],
    [Refused, Refused, Refused, Nothing, Refused, Refused, Nothing, To("withdrawn"), To("draft")],
    [Refused, Refused, Refused, Refused, Refused, Refused, Nothing, Nothing, To("draft")],
];

#[test]
fn every_cell_of_the_state_table_holds() {
    for ((state, way), row) in WAYS.iter().zip(&TABLE) {
        let there = TestHouse::new();
        let story = there.story(&marion());
        for step in *way {
            there.run(step).exits(0);
        }
        assert_eq!(there.state(&story), *state);
        let before = there.git(&["rev-parse", "main"]);
        for ((name, command), cell) in COMMANDS.iter().zip(row) {
            let house = there.copied();

            let ran = house.run(command);
            let after = house.git(&["rev-parse", "main"]);
            let cell_name = format!("{state} x {name}: {}{}", ran.stdout, ran.stderr);
            match cell {
                To(new) => {
                    assert_eq!(ran.code, 0, "{cell_name}");
                    assert_eq!(house.state(&story), *new, "{cell_name}");
                    assert_ne!(before, after, "{cell_name}");
                }
                Nothing => {
                    assert_eq!(ran.code, 0, "{cell_name}");
                    assert_eq!(before, after, "{cell_name}");
                }
                Refused => {
                    assert_eq!(ran.code, 5, "{cell_name}");
                    assert_eq!(before, after, "{cell_name}");
                    assert!(ran.stderr.contains("Hint:"), "it says what would help: {cell_name}");
                }
            }
        }
    }
}

#[test]
fn an_edit_after_approval_lapses_it() {
    let house = TestHouse::new();
    let story = house.story(&marion());
    house.run(&["approve", "marion"]).exits(0);
    house
        .run(&["edit", "marion", "--title", "Future Leader Stories: Marion M."])
        .exits(0);
    assert_eq!(house.state(&story), "draft");
    house.run(&["publish", "marion"]).exits(5);
    assert!(house.files("site").is_empty(), "nothing went out");
}

#[test]
fn an_edit_by_hand_and_plain_git_lapses_an_approval_too() {
    let house = TestHouse::new();
    let story = house.story(&marion());
    house.run(&["approve", "marion"]).exits(0);
    let page = format!("stories/{story}/index.md");
    house.write(&page, house.read(&page).replace("ninety", "nineteen"));
    house.git(&["commit", "-q", "-a", "-m", "a small fix"]);
    assert_eq!(house.state(&story), "draft");
    house.run(&["publish", "marion"]).exits(5);
    house.run(&["approve", "marion"]).exits(0);
    house.run(&["publish", "marion"]).exits(0);
    assert_eq!(house.state(&story), "published");
}

#[test]
fn nobody_decides_on_a_story_that_somebody_is_editing() {
    let house = TestHouse::new();
    let story = house.story(&marion());
    let page = format!("stories/{story}/index.md");
    house.write(&page, house.read(&page).replace("ninety", "nineteen"));
    let before = house.git(&["rev-parse", "main"]);
    house.run(&["approve", "marion"]).exits(6);
    assert_eq!(house.git(&["rev-parse", "main"]), before);
    assert!(house.read(&page).contains("nineteen"), "the edit is still there");
    house.run(&["edit", "marion", "--take"]).exits(0);
    house.run(&["approve", "marion"]).exits(0);
    assert!(
        house
            .git(&["show", &format!("main:{story}/index.md")])
            .contains("nineteen")
    );
}

#[test]
fn a_draft_flag_that_the_record_does_not_know_stops_every_step() {
    let house = TestHouse::new();
    let story = house.story(&marion());
    let page = format!("stories/{story}/index.md");
    house.write(&page, house.read(&page).replace("draft = true", "draft = false"));
    house.git(&["commit", "-q", "-a", "-m", "publish by hand"]);
    for command in [["approve", "marion"], ["publish", "marion"]] {
        house.run(&command).exits(5);
    }
}

#[test]
fn an_approval_is_for_the_text_that_was_read() {
    let house = TestHouse::new();
    let story = house.story(&marion());
    let read = house.show(&story)["text_hash"].as_str().expect("a hash").to_owned();
    house.run(&["edit", "marion", "--subtitle", "Meanwhile"]).exits(0);
    house.run(&["approve", "marion", "--if-text", &read]).exits(6);
    assert_eq!(house.state(&story), "draft");
    let now = house.show(&story)["text_hash"].as_str().expect("a hash").to_owned();
    house.run(&["approve", "marion", "--if-text", &now]).exits(0);
}

#[test]
fn a_story_waits_for_its_authors_yes() {
    let house = TestHouse::with_config(&common::CONFIG.replace("consent = \"optional\"", "consent = \"required\""));
    let story = house.story(&marion());
    house.run(&["approve", "marion"]).exits(0);
    house.run(&["publish", "marion"]).exits(5);
    assert!(house.files("site").is_empty());
    house
        .run(&["consent", "marion", "--grant", "--evidence", "said yes by phone"])
        .exits(0);
    house.run(&["publish", "marion"]).exits(0);
    assert_eq!(house.state(&story), "published");
}

#[test]
fn the_one_who_asked_for_changes_must_agree_or_the_text_must_change() {
    let house = TestHouse::new();
    let story = house.story(&marion());
    house.run(&["request-changes", "marion", "-m", "Which year?"]).exits(0);
    house.sign_in("Cath Lee", "cath@example.org");
    house.run(&["approve", "marion"]).exits(5);
    assert_eq!(house.state(&story), "changes-requested");
    house.run(&["edit", "marion", "--subtitle", "In 2010"]).exits(0);
    house.run(&["approve", "marion"]).exits(0);
    assert_eq!(house.state(&story), "approved");
}

#[test]
fn several_stories_are_several_steps() {
    let house = TestHouse::new();
    house.story(&marion());
    house.story(&mail(
        "Tom Okafor <tom@example.org>",
        "Fri, 8 Nov 2013 09:15:02 +0000",
        "Cromer House",
        "It was never the windows, said the director.",
    ));
    house.run(&["reject", "tom", "-m", "Sorry"]).exits(0);
    let before: u32 = house.git(&["rev-list", "--count", "main"]).parse().expect("a number");
    let ran = house.run(&["approve", "marion", "tom"]);
    assert!([5, 7].contains(&ran.code), "{ran:?}");
    let after: u32 = house.git(&["rev-list", "--count", "main"]).parse().expect("a number");
    assert_eq!(after, before + 1, "the one that could be approved is");
}

#[test]
fn a_step_is_one_commit_that_git_can_read() {
    let house = TestHouse::new();
    let story = house.story(&marion());
    house
        .run(&[
            "approve",
            "marion",
            "-m",
            "Lovely.\n\nStep: published\nBy: Somebody Else",
        ])
        .exits(0);
    let message = house.git(&["log", "-1", "--format=%B", "main"]);
    assert_eq!(
        message.lines().next(),
        Some("Approve \"Future Leader Stories: Marion Maxwell\"")
    );
    let trailers = house.git(&["log", "-1", "--format=%(trailers:only,unfold)", "main"]);
    let hash = house.show(&story)["text_hash"].as_str().expect("a hash").to_owned();
    assert_eq!(
        trailers.trim(),
        format!("Story: {story}\nStep: approved\nText: {hash}\nBy: Robin Reviewer")
    );
    assert_eq!(
        house.git(&["log", "-1", "--format=%an <%ae>", "main"]),
        "Robin Reviewer <robin@example.org>"
    );
    assert_eq!(house.git(&["status", "--porcelain"]), "", "work tree and index follow");
    house.fsck();
}

#[test]
fn nothing_private_is_on_main() {
    let house = TestHouse::new();
    let secret = mail(
        "Marion Maxwell <marion.canary@example.org>",
        "Sat, 4 Dec 2010 10:12:31 +0000",
        "Tea with ninety cleaners",
        "I clean at the hospital, on nights, and so do about ninety others.\n\nMarion\n\n-- \nMarion Maxwell\n07700 900123\n",
    );
    house.story(&secret);
    house.run(&["approve", "marion"]).exits(0);
    house.run(&["publish", "marion"]).exits(0);
    house.run(&["letters", "send"]);
    for object in house
        .git(&["rev-list", "--objects", "--no-object-names", "main"])
        .lines()
    {
        let text = house.git(&["cat-file", "-p", object]);
        for canary in ["marion.canary", "07700 9", "Teawithninetycleaners@"] {
            assert!(!text.contains(canary), "{canary} in {object}:\n{text}");
        }
    }
    assert!(
        house.git(&["log", "--format=%P", "refs/desk/private"]).is_empty(),
        "the private part has no history"
    );
}

#[test]
fn whoever_git_config_global_names_sits_at_the_desk() {
    let house = TestHouse::new();
    house.story(&marion());
    house.write("elsewhere", "[user]\n\tname = Eve Hart\n\temail = eve@example.org\n");
    let mut approve = house.command(common::BINARY);
    approve.env("GIT_CONFIG_GLOBAL", house.path("elsewhere"));
    Ran::of(approve.args(["approve", "marion"]), &["approve"], None).exits(0);
    assert_eq!(
        house.git(&["log", "-1", "--format=%an %ae %cn"]),
        "Eve Hart eve@example.org Eve Hart"
    );
    // as with git, it stands for the user's own file: what it does not name is not known
    house.write("elsewhere", "");
    let mut note = house.command(common::BINARY);
    note.env("GIT_CONFIG_GLOBAL", house.path("elsewhere"));
    Ran::of(note.args(["note", "marion", "-m", "She rang"]), &["note"], None).exits(2);
}
