//! Bad input: one clear error each, nothing lost.

mod common;

use std::collections::HashSet;
use std::fs;

use common::{CONFIG, Ran, TestHouse, mail, marion, traces};
use sha2::{Digest, Sha256};

/// One line of what, why or what to do each, and no trace of a panic.
#[track_caller]
fn told(ran: &Ran, code: i32, words: &str) {
    ran.exits(code);
    assert!(ran.stderr.starts_with("Error: "), "{}", ran.stderr);
    assert!(ran.stderr.contains(words), "{words:?} is not in:\n{}", ran.stderr);
    assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
}

/// The one mail stands in the quarantine, whole.
#[track_caller]
fn quarantined(house: &TestHouse, ran: &Ran) -> String {
    let lines = ran.json_lines();
    assert_eq!(lines[0]["outcome"], "quarantined", "{lines:?}");
    assert!(lines[0]["reason"].as_str().is_some_and(|r| !r.is_empty()), "{lines:?}");
    let held = house.run(&["quarantine", "list", "--json"]).exits(0).json();
    assert_eq!(held.as_array().map(Vec::len), Some(1), "{held}");
    held[0]["id"].as_str().expect("an id").to_owned()
}

#[test]
fn an_inbox_that_is_not_there_is_named() {
    let house = TestHouse::new();
    fs::remove_file(house.path("mail.mbox")).expect("it was there");
    told(&house.run(&["fetch"]), 1, "mail.mbox");
}

#[test]
fn a_file_that_holds_no_mail_is_an_error() {
    let house = TestHouse::new();
    house.write("junk.mbox", "this is a shopping list\nmilk\n");
    let ran = house.run(&["fetch", "junk.mbox"]);
    assert!(ran.code != 0 && !ran.stderr.is_empty(), "{ran:?}");
}

#[test]
fn an_empty_file_and_a_folder_that_is_no_mailbox_are_said_to_be_so() {
    let house = TestHouse::new();
    house.write("empty.eml", "");
    told(&house.run(&["fetch", "empty.eml"]), 1, "empty.eml is empty");
    fs::remove_file(house.path("mail.mbox")).expect("it was there");
    fs::create_dir(house.path("mail.mbox")).expect("a folder");
    told(&house.run(&["fetch"]), 1, "it is a folder");
}

#[test]
fn a_mail_without_a_sender_is_a_story_that_is_answered_to_nobody() {
    let house = TestHouse::new();
    let nobodys = mail(
        "nobody",
        "Sat, 4 Dec 2010 10:12:31 +0000",
        "A bench",
        "We asked for a bench, and after a year we got a bench.",
    );
    let id = house.story(&nobodys.replace("From: nobody\n", ""));
    assert_eq!(house.state(&id), "draft");
    assert!(
        house.show(&id)["events"].to_string().contains("no name was found"),
        "the reviewer is told"
    );
    assert_eq!(house.run(&["letters", "--json"]).exits(0).json(), serde_json::json!([]));
}

#[test]
fn a_large_attachment_is_kept_and_one_over_the_limit_stays_in_its_inbox() {
    let with_pdf = |bytes: usize| {
        let line = "JVBERi0xLjQK".repeat(6) + "\n";
        let base64 = line.repeat(bytes / 54);
        let text = "Content-Type: text/plain\n\nWe asked for a bench, and after a year we got a bench.";
        let pdf = format!("Content-Type: application/pdf\nContent-Transfer-Encoding: base64\n\n{base64}");
        let head = mail("Jo Hill <jo@example.org>", "4 Dec 2010 10:12:31 +0000", "Plans", "");
        let head = head.replace("text/plain; charset=utf-8", "multipart/mixed; boundary=b");
        format!("{}\n\n--b\n{text}\n--b\n{pdf}\n--b--\n", head.trim_end())
    };
    let house = TestHouse::new();
    house.arrive(&[with_pdf(30_000_000), with_pdf(25_000_000), marion()]);
    let lines = house.run(&["fetch", "--json"]).exits(7).json_lines();
    let outcomes: Vec<_> = lines[..3].iter().map(|line| line["outcome"].clone()).collect();
    assert_eq!(outcomes, ["quarantined", "new", "new"], "{lines:?}");
    let why = lines[0]["reason"].to_string();
    assert!(why.contains("the limit is 36700160"), "{why}");
    let id = lines[1]["story"].as_str().expect("a story");
    let raw = house.git(&["cat-file", "-s", &format!("refs/desk/private:{id}/mail-1.eml")]);
    assert!(raw.trim().parse::<usize>().expect("a size") > 33_000_000, "{raw}");
    house.run(&["fetch"]).exits(0);
    house.fsck();
}

#[test]
fn an_empty_inbox_is_nothing_to_do() {
    let house = TestHouse::new();
    let ran = house.run(&["fetch", "--json"]);
    let lines = ran.exits(0).json_lines();
    assert_eq!(lines.len(), 1, "only the summary: {lines:?}");
}

#[test]
fn an_unknown_key_is_an_error_with_the_nearest_known_one() {
    let house = TestHouse::with_config(&CONFIG.replace("own_text = true", "own_txt = true"));
    told(&house.run(&["list"]), 2, "own_text");
}

#[test]
fn some_other_git_repository_is_left_alone() {
    let house = TestHouse::new();
    fs::create_dir_all(house.path("stories")).expect("a folder");
    house.git(&["init", "-q", "-b", "main", "."]);
    house.write("stories/recipe.md", "soup");
    house.git(&["add", "."]);
    house.git(&["commit", "-q", "-m", "soup"]);
    house.arrive(&[marion()]);
    let before = house.git(&["rev-parse", "main"]);
    let ran = house.run(&["fetch"]);
    assert_ne!(ran.code, 0);
    assert!(ran.stderr.contains("stories"), "{}", ran.stderr);
    assert_eq!(house.git(&["rev-parse", "main"]), before);
    assert_eq!(house.files("stories"), ["recipe.md"]);
}

#[test]
fn a_repository_further_up_is_never_taken_for_ours() {
    let house = TestHouse::new();
    house.git_in("", &["init", "-q", "-b", "main", "."]);
    house.arrive(&[marion()]);
    house.run(&["fetch"]).exits(0);
    assert!(house.path("stories/.git").is_dir());
    let outer = house
        .command("git")
        .args(["rev-parse", "-q", "--verify", "HEAD"])
        .output()
        .expect("git runs");
    assert!(!outer.status.success(), "nothing was committed to the outer one");
}

#[test]
fn no_such_story_and_several_are_told_apart() {
    let house = TestHouse::new();
    house.story(&marion());
    house.story(&mail(
        "Marion Miller <mm@example.org>",
        "Sun, 5 Dec 2010 10:12:31 +0000",
        "A bench",
        "We asked for a bench, and after a year we got a bench.",
    ));
    told(&house.run(&["approve", "nobody"]), 3, "nobody");
    let several = house.run(&["approve", "marion"]);
    told(&several, 3, "marion-maxwell");
    assert!(several.stderr.contains("marion-miller"), "{}", several.stderr);
    house.run(&["approve", "marion-max"]).exits(0);
}

#[test]
fn a_decision_needs_somebody_who_decides() {
    let house = TestHouse::new();
    house.story(&marion());
    house.write("home/.gitconfig", "[safe]\n\tdirectory = *\n");
    let ran = house.run(&["approve", "marion"]);
    told(&ran, 2, "git config --global user.name");
    assert!(
        ran.stderr.contains("git config --global user.email"),
        "the two lines to type: {}",
        ran.stderr
    );
}

#[test]
fn another_branch_or_a_detached_head_is_no_obstacle_to_taking_mail() {
    for checkout in [
        &["checkout", "-q", "--detach"][..],
        &["checkout", "-q", "-b", "experiment"],
    ] {
        let house = TestHouse::new();
        house.story(&marion());
        house.git(checkout);
        let head = house.git(&["rev-parse", "HEAD"]);
        house.arrive(&[mail(
            "Tom Okafor <tom@example.org>",
            "Fri, 8 Nov 2013 09:15:02 +0000",
            "Cromer House",
            "It was never the windows.",
        )]);
        let ran = house.run(&["fetch"]);
        if ran.code == 0 {
            assert_eq!(house.git(&["rev-list", "--count", &format!("{head}..main")]), "1");
            assert_eq!(house.git(&["rev-parse", "HEAD"]), head, "what is checked out stays");
        } else {
            assert!(ran.stderr.contains("main"), "it says which branch: {}", ran.stderr);
        }
        assert_eq!(house.git(&["status", "--porcelain"]), "");
    }
}

#[test]
fn standard_input_answers_a_mail_server() {
    let house = TestHouse::new();
    house.run_with_stdin(&["fetch", "-"], "").exits(65);
    house.run_with_stdin(&["fetch", "-"], marion()).exits(0);
    house.run_with_stdin(&["fetch", "-"], marion()).exits(0);
    assert_eq!(
        house.run(&["list", "--json"]).exits(0).json().as_array().map(Vec::len),
        Some(1),
        "twice is once"
    );
    let broken = TestHouse::with_config("[review]\napprovals = \"many\"\n");
    broken.run_with_stdin(&["fetch", "-"], marion()).exits(75);
    let large = TestHouse::with_config(&format!("{CONFIG}\n[story]\nmax_mail_bytes = 2000\n"));
    large
        .run_with_stdin(&["fetch", "-"], marion() + &"x".repeat(3000))
        .exits(65);
}

#[test]
fn a_mail_without_text_is_kept_and_reported() {
    let house = TestHouse::new();
    let empty = mail(
        "Marion Maxwell <marion@example.org>",
        "Sat, 4 Dec 2010 10:12:31 +0000",
        "My story",
        "",
    );
    house.arrive(&[empty, marion()]);
    let ran = house.run(&["fetch", "--json"]);
    let lines = ran.json_lines();
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert_eq!(lines[1]["outcome"], "new", "the good one goes on: {lines:?}");
    assert_ne!(lines[0]["outcome"], serde_json::Value::Null);
    house.run(&["fetch"]);
    assert_eq!(
        house
            .run(&["list", "--json", "--all"])
            .exits(0)
            .json()
            .as_array()
            .map(Vec::len),
        Some(lines[..2].iter().filter(|l| l["story"].is_string()).count()),
        "a second run adds nothing"
    );
}

#[test]
fn junk_is_quarantined_with_its_bytes_and_comes_back_on_retry() {
    let house = TestHouse::new();
    house.write("junk.eml", [0u8, 159, 146, 150].repeat(1000));
    let ran = house.run(&["fetch", "--json", "junk.eml"]);
    assert_eq!(ran.code, 7, "{ran:?}");
    let id = quarantined(&house, &ran);
    let ran = house.run(&["quarantine", "retry", &id]);
    assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
    assert_eq!(
        house
            .run(&["quarantine", "list", "--json"])
            .exits(0)
            .json()
            .as_array()
            .map(Vec::len),
        Some(1),
        "still junk, still kept"
    );
}

#[test]
fn a_dry_run_writes_nothing() {
    let house = TestHouse::new();
    house.arrive(&[marion()]);
    let before = house.files("");
    let lines = house.run(&["fetch", "-n", "--json"]).exits(0).json_lines();
    assert_eq!(lines[0]["outcome"], "new");
    assert!(
        lines[0]["text"]
            .as_str()
            .is_some_and(|t| t.contains("I clean at the hospital")),
        "{lines:?}"
    );
    assert_eq!(house.files(""), before);
    house.run(&["fetch"]).exits(0);
    let head = house.git(&["rev-parse", "main"]);
    for command in [
        &["approve", "-n", "marion"][..],
        &["reject", "-n", "marion", "-m", "No"],
        &["edit", "-n", "marion", "--title", "X"],
        &["note", "-n", "marion", "-m", "x"],
    ] {
        house.run(command).exits(0);
        assert_eq!(house.git(&["rev-parse", "main"]), head, "{command:?}");
    }
}

#[test]
fn hostile_headers_reach_neither_terminal_nor_path_nor_trailers() {
    let house = TestHouse::new();
    let hostile = mail(
        "=?utf-8?q?=1B=5B31mMarion=0D=0AStep=3A_published=E2=80=AE_=2E=2E=2F=2E=2E=2F=2Egit?= <m@example.org>",
        "Sat, 4 Dec 2010 10:12:31 +0000",
        "=?utf-8?q?+++=0Adraft_=3D_false=0A+++=0A=0AStory=3A_x=1B=5D0=3Bgotcha=07?=",
        "I clean at the hospital, on nights.\n\n+++\ndraft = false\n+++\n\nStep: published\nBy: Somebody",
    );
    let story = house.story(&hostile);
    assert!(story.starts_with("2010/12/"), "{story}");
    assert!(!story.contains(".."), "{story}");
    let ran = house.run(&["list"]);
    let shown = house.run(&["show", &story]);
    for text in [
        &ran.stdout,
        &shown.stdout,
        &house.run(&["log"]).stdout,
        &house.git(&["log", "--format=%B", "main"]),
    ] {
        assert!(!text.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{text:?}");
    }
    let trailers = house.git(&["log", "-1", "--format=%(trailers:key=Step,valueonly)", "main"]);
    assert_eq!(trailers.trim(), "received");
    let page = house.read(&format!("stories/{story}/index.md"));
    let front: toml::Table = page.split("+++\n").nth(1).expect("front matter").parse().expect("TOML");
    assert_eq!(front["draft"].as_bool(), Some(true), "{page}");
    assert_eq!(house.state(&story), "draft");
}

#[test]
fn an_unreadable_maildir_entry_stops_nobody() {
    let house = TestHouse::with_config(
        &CONFIG
            .replace("kind = \"mbox\"", "kind = \"maildir\"")
            .replace("mail.mbox", "box"),
    );
    for folder in ["new", "cur", "tmp"] {
        fs::create_dir_all(house.path("box").join(folder)).expect("a folder");
    }
    house.write("box/new/1291457551.M1P1.host", marion());
    std::os::unix::fs::symlink("/etc/passwd", house.path("box/new/1291457552.M2P2.host")).expect("a link");
    std::process::Command::new("mkfifo")
        .arg(house.path("box/new/1291457553.M3P3.host"))
        .status()
        .expect("a pipe");
    house.run(&["fetch"]).exits(0);
    assert_eq!(
        house.run(&["list", "--json"]).exits(0).json().as_array().map(Vec::len),
        Some(1)
    );
    let taken = house.files("box/cur");
    assert_eq!(taken.len(), 1, "{taken:?}");
    assert!(
        taken[0].contains(":2,") && taken[0].contains('S'),
        "marked as read: {taken:?}"
    );
}

#[test]
fn damaged_notes_are_kept_beside_new_ones_and_stop_no_command() {
    for (junk, kept) in [
        (&b"\xff\x00 not TOML = = [\n"[..], true),
        (b"letters = 3\n", true),
        // what is only no time is written over
        (b"\"letters.looked\" = \"yesterday\"\n", false),
    ] {
        let house = TestHouse::new();
        house.run(&["fetch"]).exits(0);
        house.arrive(&[marion()]);
        for args in [
            &["fetch"][..],
            &["approve", "marion"],
            &["publish", "marion"],
            &["cron"],
        ] {
            house.write(".desk/notes.toml", junk);
            house.run(args).exits(0);
            let notes = house.read(".desk/notes.toml");
            assert!(notes.contains("\"letters.looked\" = \"2"), "{args:?}: {notes}");
        }
        let damaged = fs::read(house.path(".desk/notes.toml.damaged"));
        assert_eq!(damaged.is_ok_and(|damaged| damaged == junk), kept);
    }
}

/// A mail that is small in a pack and large in the quarantine.
fn set_aside_at_length() -> String {
    let text = "I am away from my desk, and read nothing. ".repeat(50_000);
    let mail = mail(
        "Lorna Fitch <lorna.fitch@example.net>",
        "Sat, 4 Dec 2010 10:12:31 +0000",
        "Away",
        &text,
    );
    mail.replacen("MIME-Version", "Auto-Submitted: auto-replied\nMIME-Version", 1)
}

/// A run that the system ends where it writes a file over a megabyte: that is when the long mail is taken in.
fn dies(house: &TestHouse, fetch: &str) {
    let command = &format!("ulimit -c 0 -f 1024; exec m4c-stories {fetch}");
    let ran = Ran::of(house.command("bash").args(["-c", command]), &[command], None);
    assert_eq!(ran.code, -1, "it was killed: {}", ran.stderr);
}

#[test]
fn a_mail_that_ends_the_program_where_it_is_taken_in_is_not_read_again() {
    for (mails, deaths) in [
        (vec![set_aside_at_length()], 2),
        // at first it is not known which of them it was
        (
            vec![
                marion(),
                set_aside_at_length(),
                mail(
                    "Jo Hill <jo@example.org>",
                    "Sat, 4 Dec 2010 10:12:31 +0000",
                    "The bus",
                    "We asked for a bus.",
                ),
            ],
            3,
        ),
    ] {
        let house = TestHouse::new();
        house.arrive(&mails);
        for _ in 0..deaths {
            dies(&house, "fetch");
        }
        let lines = house.run(&["fetch", "--json"]).exits(7).json_lines();
        let summary = &lines.last().expect("a summary")["summary"];
        assert_eq!(
            (&summary["new"], &summary["quarantined"]),
            (&(mails.len() - 1).into(), &1.into())
        );
        let held = house.run(&["quarantine", "--json"]).exits(0).json();
        assert_eq!(held[0]["rule"], "reader-died", "{held}");
        // a person may have it tried again
        let id = held[0]["id"].as_str().expect("an id").to_owned();
        house.run(&["quarantine", "retry", &id]).exits(0);
    }
    let house = TestHouse::new();
    let away = set_aside_at_length();
    // from a pipe its bytes are in the spool as they came
    house.run(&["fetch"]).exits(0);
    let name = hex::encode(Sha256::digest(&away));
    house.write(&format!(".desk/incoming/{name}.eml"), &away);
    dies(&house, "fetch");
    dies(&house, "fetch");
    let lines = house.run(&["fetch", "--json"]).exits(7).json_lines();
    assert_eq!(lines[0]["rule"], "reader-died", "{lines:?}");
}

#[test]
fn a_mail_that_was_quarantined_by_a_run_that_failed_is_told_by_the_next_one() {
    for killed in [false, true] {
        let house = TestHouse::new();
        let junk = [0u8, 159, 146, 150].repeat(1000);
        house.write("in/1.eml", &junk);
        house.write("in/2.eml", set_aside_at_length());
        match killed {
            true => dies(&house, "fetch in"),
            false => fails(&house, "fetch in"),
        }
        let held = house.files(".desk/quarantine");
        let held = held.iter().filter(|name| !name.starts_with(".tmp-"));
        assert_eq!(held.count(), 2, "it lies there");
        for (exit, first) in [(7, "quarantined"), (0, "duplicate")] {
            let lines = house.run(&["fetch", "--json", "in"]).exits(exit).json_lines();
            assert_eq!(lines[0]["outcome"], first);
        }
    }
}

/// A run that the system does not let write such a file, and that lives.
fn fails(house: &TestHouse, fetch: &str) {
    let command = &format!("trap '' XFSZ; ulimit -f 1024; exec m4c-stories {fetch}");
    let ran = Ran::of(house.command("bash").args(["-c", command]), &[command], None);
    assert!(ran.code > 0, "it failed: {}", ran.stderr);
}

#[test]
fn what_the_desk_cannot_write_is_no_death_of_a_mail() {
    let house = TestHouse::new();
    house.arrive(&[set_aside_at_length()]);
    for _ in 0..3 {
        fails(&house, "fetch");
    }
    let lines = house.run(&["fetch", "--json"]).exits(0).json_lines();
    assert_eq!(lines[0]["rule"], "auto-reply", "{lines:?}");
}

/// The next run takes mails one by one as long as it may be one of those that were being read when the last one died.
#[test]
fn after_a_death_mails_are_read_together_again_once_those_in_doubt_are_through() {
    if !traces() {
        return;
    }
    let house = TestHouse::new();
    let story = |n: usize| {
        let from = format!("Ann Ash <ann{n}@example.org>");
        let text = format!("In street {n} we asked for a bus, and two hundred people signed.");
        mail(&from, "Sat, 4 Dec 2010 10:12:31 +0000", &format!("Street {n}"), &text)
    };
    // two groups: one that the long mail fills, and 128 mails that are read while it is taken in
    let mails = [marion(), set_aside_at_length()];
    house.arrive(&mails.into_iter().chain((0..400).map(story)).collect::<Vec<_>>());
    dies(&house, "fetch");
    let fetch = ["fetch", "-q"];
    let mut traced = house.under_strace(&["-e", "trace=pwrite64", "-s", "40", "-P", ".desk/reading", "-o", "seen"]);
    Ran::of(traced.args(fetch), &fetch, None).exits(0);
    let seen = house.read("seen");
    let alone: HashSet<&str> = seen
        .split("\"1 ")
        .skip(1)
        .filter_map(|mark| mark.split("\\n").next())
        .filter(|key| !key.contains(' '))
        .collect();
    assert!((2..=130).contains(&alone.len()), "{} of 402 one by one", alone.len());
    assert!(seen.contains("several at once"), "the others together");
}
