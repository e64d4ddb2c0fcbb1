//! `publish --at`, `--unschedule`, `--due` and `cron`: what happens while nobody looks, and what is told of it.

mod common;
#[path = "common/servers.rs"]
mod servers;

use std::time::Duration;

use common::{CONFIG, TestHouse, mail, marion};
use serde_json::{Value, json};
use servers::{Dovecot, PASSWORD};

/// Schedules stories for a moment from now, and waits until it has come. On a busy machine the moment is later.
#[allow(clippy::disallowed_methods, reason = "what is due is due by the clock")]
fn let_time_come(house: &TestHouse, stories: &[&str]) {
    for seconds in [2, 10, 60] {
        let at = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(seconds);
        let at = at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        if house.run(&[&["publish", "--at", &at], stories].concat()).code == 0 {
            let left = at
                .parse::<jiff::Timestamp>()
                .expect("a time")
                .duration_since(jiff::Timestamp::now());
            std::thread::sleep(left.unsigned_abs() + Duration::from_millis(50));
            return;
        }
    }
    panic!("no time is far enough away");
}

fn approved(house: &TestHouse) -> String {
    let id = house.story(&marion());
    house.run(&["approve", "marion"]).exits(0);
    id
}

#[test]
fn a_scheduled_story_goes_out_when_its_time_has_come_and_not_before() {
    let house = TestHouse::new();
    let id = house.story(&marion());
    house.run(&["publish", "marion", "--at", "tomorrow 09:00"]).exits(5);
    house.run(&["approve", "marion"]).exits(0);
    house.run(&["publish", "marion", "--at", "tomorrow 09:00"]).exits(0);
    assert_eq!(house.state("marion"), "scheduled");
    let status = || house.run(&["status", "--json"]).exits(0).json();
    assert_eq!(
        (&status()["due"], &status()["states"]["scheduled"]),
        (&json!(0), &json!(1))
    );
    assert!(
        house
            .run(&["show", "marion"])
            .exits(0)
            .stdout
            .contains("scheduled for ")
    );
    assert!(
        house
            .run(&["publish", "--due"])
            .exits(0)
            .stdout
            .contains("Nothing is due")
    );

    // moved, and moved to the same time
    let later = ["publish", "marion", "--at", "2099-12-24 09:00"];
    house.run(&later).exits(0);
    let tip = house.git(&["rev-parse", "main"]);
    assert!(house.run(&later).exits(0).stdout.contains("already"));
    assert_eq!(tip, house.git(&["rev-parse", "main"]));
    let_time_come(&house, &["marion"]);
    let tip = house.git(&["rev-parse", "main"]);
    assert_eq!(status()["due"], 1);

    house.run(&["publish", "--due", "-n"]).exits(0);
    assert_eq!(tip, house.git(&["rev-parse", "main"]), "a rehearsal");
    let lines = house.run(&["publish", "--due", "--json"]).exits(0).json_lines();
    assert_eq!((lines.len(), &lines[0]["id"]), (2, &json!(id)));
    assert_eq!(
        lines[1],
        json!({"schema": 1, "summary": {"due": 1, "published": 1, "pending": 0, "refused": 0}})
    );
    assert_eq!(house.state("marion"), "published");
    let robot = house.git(&["log", "-1", "--format=%an"]);
    assert_eq!(robot, "m4c-stories", "the machine did it, as a person had decided");
    house.run(&["publish", "marion", "--at", "tomorrow 09:00"]).exits(5);
    house.fsck();
}

#[test]
fn a_time_is_taken_back_by_hand_by_an_edit_and_by_asking_for_changes() {
    let house = TestHouse::new();
    approved(&house);
    let schedule = || {
        house.run(&["publish", "marion", "--at", "tomorrow 09:00"]).exits(0);
        assert_eq!(house.state("marion"), "scheduled");
    };
    schedule();
    house.run(&["publish", "marion", "--unschedule"]).exits(0);
    assert_eq!(house.state("marion"), "approved");
    let again = house.run(&["publish", "marion", "--unschedule"]);
    assert!(again.exits(0).stdout.contains("not scheduled"), "{}", again.stdout);
    schedule();
    house.run(&["reopen", "marion"]).exits(0);
    assert_eq!(house.state("marion"), "approved");
    schedule();
    house.run(&["edit", "marion", "--tag", "health"]).exits(0);
    assert_eq!(house.state("marion"), "draft");
    house.run(&["approve", "marion"]).exits(0);
    assert_eq!(house.state("marion"), "approved", "the old time was for the old text");
    schedule();
    house.run(&["request-changes", "marion", "-m", "When?"]).exits(0);
    assert_eq!(house.state("marion"), "changes-requested");
}

#[test]
fn a_time_that_is_none_or_past_or_not_on_the_clock_is_said() {
    let house = TestHouse::new();
    approved(&house);
    for at in ["soon", "2010-12-24 09:00", "2099-12-24"] {
        house.run(&["publish", "marion", "--at", at]).exits(2);
    }
    house.run(&["publish", "--at", "tomorrow 09:00"]).exits(2);
    assert_eq!(house.state("marion"), "approved");
    // London's clocks go forward on the last Sunday of March
    let gap = house.run(&["publish", "marion", "--at", "2027-03-28 01:30"]);
    assert!(
        gap.exits(0).stderr.contains("it is 02:30 that is meant"),
        "{}",
        gap.stderr
    );
    let shown = house.run(&["list", "--json"]).exits(0).json();
    assert_eq!(shown[0]["scheduled_for"], "2027-03-28T01:30:00Z");
}

#[test]
fn a_story_whose_consent_is_gone_stays_and_the_others_go_out() {
    let house = TestHouse::with_config(&CONFIG.replace("consent = \"optional\"", "consent = \"required\""));
    approved(&house);
    let tom = mail(
        "Tom Okafor <tom@example.org>",
        "Tue, 5 Nov 2013 10:12:31 +0000",
        "It was never the windows",
        "Cromer House has ninety flats, and in each of them the windows were to blame for the damp.\n\nTom",
    );
    house.story(&tom);
    house.run(&["approve", "tom"]).exits(0);
    for who in ["marion", "tom"] {
        house
            .run(&["consent", who, "--grant", "--evidence", "by phone"])
            .exits(0);
    }
    let_time_come(&house, &["marion", "tom"]);
    house
        .run(&["consent", "marion", "--revoke", "--evidence", "by phone"])
        .exits(0);
    let due = house.run(&["publish", "--due", "--json"]);
    due.exits(5);
    assert_eq!(due.error()["code"], "policy.no_consent");
    assert_eq!(
        due.json_lines().last().expect("a summary")["summary"],
        json!({"due": 2, "published": 1, "pending": 0, "refused": 1})
    );
    assert_eq!(
        (house.state("tom"), house.state("marion")),
        ("published".into(), "scheduled".into())
    );

    // cron says it once, and once when it is over
    let first = house.run(&["-q", "cron"]);
    assert!(
        first.exits(5).stderr.contains("took their yes back"),
        "{}",
        first.stderr
    );
    assert!(first.stderr.contains("consent marion-maxwell-"), "{}", first.stderr);
    let second = house.run(&["-q", "cron"]);
    assert_eq!((second.exits(5).stdout.as_str(), second.stderr.as_str()), ("", ""));
    house.run(&["publish", "marion", "--unschedule"]).exits(0);
    let third = house.run(&["-q", "cron"]);
    assert!(third.exits(0).stderr.starts_with("Over: "), "{}", third.stderr);
    let fourth = house.run(&["-q", "cron"]);
    assert_eq!((fourth.exits(0).stdout.as_str(), fourth.stderr.as_str()), ("", ""));
}

#[test]
fn one_pass_fetches_publishes_and_sends_and_says_so_in_one_line() {
    // letters about decisions only: nothing is answered by itself
    let config = CONFIG.replace("[letters]", "[letters]\nsend = [\"published\", \"rejected\"]");
    let house = TestHouse::with_config(&config);
    approved(&house);
    let_time_come(&house, &["marion"]);
    house.arrive(&[mail(
        "Jo Hill <jo@example.org>",
        "Tue, 5 Nov 2013 10:12:31 +0000",
        "The library stays open",
        "We sat in the library until they listened, and it stays open on Saturdays.\n\nJo",
    )]);
    let before = (house.git(&["rev-parse", "main"]), house.files("."));
    house.run(&["cron", "-n"]).exits(0);
    house.run(&["cron", "-n", "--json"]).exits(0);
    assert_eq!(
        before,
        (house.git(&["rev-parse", "main"]), house.files(".")),
        "a rehearsal"
    );
    let pass = house.run(&["cron"]);
    assert_eq!(
        pass.exits(0).stdout,
        "1 new story; 1 story published; 1 letter sent\n",
        "{}",
        pass.stderr
    );
    assert_eq!(pass.stderr, "");
    assert_eq!(house.state("marion"), "published");
    assert_eq!(house.files("letters").len(), 1);
    assert_eq!(house.run(&["cron"]).exits(0).stdout, "Nothing to do.\n");
    let quiet = house.run(&["-q", "cron"]);
    assert_eq!((quiet.exits(0).stdout.as_str(), quiet.stderr.as_str()), ("", ""));
    house.fsck();
}

#[test]
fn every_line_of_a_pass_is_json_and_the_last_is_the_summary() {
    let house = TestHouse::new();
    approved(&house);
    let_time_come(&house, &["marion"]);
    house.arrive(&[mail(
        "a@example.org",
        "Tue, 5 Nov 2013 10:12:31 +0000",
        "A story",
        "We did it.",
    )]);
    let lines = house.run(&["cron", "--json"]).exits(0).json_lines();
    assert!(lines.iter().all(|line| line["schema"] == 1), "{lines:?}");
    // the answer to a sender whom nobody has proven waits for a person
    let kinds: Vec<bool> = ["outcome", "receipts", "held", "status", "summary"]
        .iter()
        .zip(&lines)
        .map(|(key, line)| line.get(key).is_some())
        .collect();
    assert_eq!((kinds, lines.len()), (vec![true; 5], 5), "{lines:?}");
    let summary = &lines[4]["summary"];
    assert_eq!(summary["fetch"]["new"], 1);
    assert_eq!(summary["publish"], json!({"due": 1, "published": 1, "pending": 0}));
    assert_eq!(summary["letters"], json!({"sent": 1, "waiting": 1, "failed": 0}));
    assert_eq!((&summary["troubles"], &summary["over"]), (&json!([]), &json!([])));
}

#[test]
fn a_part_that_fails_does_not_stop_the_others_and_is_told_once() {
    let broken = "\n[[inbox]]\nname = \"gone\"\nkind = \"maildir\"\npath = \"nowhere\"\n";
    let house = TestHouse::with_config(&CONFIG.replacen("\n[review]", &format!("{broken}\n[review]"), 1));
    house.arrive(&[marion()]);
    let first = house.run(&["cron", "--json"]);
    first.exits(1);
    let error = first.error();
    assert!(
        error["message"].as_str().is_some_and(|m| m.contains("nowhere")),
        "{error}"
    );
    let summary: Value = first.json_lines().pop().expect("a summary")["summary"].take();
    assert_eq!(
        (&summary["fetch"]["new"], &summary["troubles"][0]["part"]),
        (&json!(1), &json!("inbox.gone"))
    );
    let second = house.run(&["cron"]);
    assert_eq!(second.exits(1).stderr, "", "it was told");
    assert!(second.stdout.contains("nowhere (since "), "{}", second.stdout);
    for folder in ["new", "cur", "tmp"] {
        std::fs::create_dir_all(house.path("nowhere").join(folder)).expect("a folder");
    }
    let third = house.run(&["cron"]);
    assert!(
        third.exits(0).stderr.starts_with("Over: there is no "),
        "{}",
        third.stderr
    );
}

#[test]
fn a_target_that_is_not_to_be_had_fills_no_record() {
    let house = TestHouse::new();
    approved(&house);
    house.write("site/content", "a file where a folder should be");
    let_time_come(&house, &["marion"]);
    assert!(house.run(&["-q", "cron"]).exits(7).stderr.contains("is not on site"));
    let tip = house.git(&["rev-parse", "main"]);
    for _ in 0..3 {
        assert_eq!(house.run(&["-q", "cron"]).exits(7).stderr, "");
    }
    assert_eq!(
        tip,
        house.git(&["rev-parse", "main"]),
        "the same failure again is no news"
    );
    std::fs::remove_file(house.path("site/content")).expect("it was there");
    let over = house.run(&["-q", "cron"]);
    assert!(over.exits(0).stderr.starts_with("Over: "), "{}", over.stderr);
    assert_eq!(house.state("marion"), "published");
}

#[test]
fn it_runs_with_nothing_in_the_environment_but_a_path() {
    let house = TestHouse::new();
    approved(&house);
    let_time_come(&house, &["marion"]);
    let mut bare = std::process::Command::new(common::BINARY);
    let ran = bare
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .current_dir("/")
        .arg("-C")
        .arg(house.path("."))
        .arg("cron")
        .stdin(std::process::Stdio::null())
        .output()
        .expect("it runs");
    let said = String::from_utf8_lossy(&ran.stderr).into_owned() + &String::from_utf8_lossy(&ran.stdout);
    assert_eq!(ran.status.code(), Some(0), "{said}");
    assert!(said.contains("1 story published; 1 letter sent"), "{said}");
}

#[test]
fn a_refused_login_ends_with_4_and_is_told_once_and_once_when_it_is_over() {
    let Some(dovecot) = Dovecot::start() else { return };
    let (port, ca_file) = (dovecot.imaps, dovecot.ca_file());
    let own = format!(
        "[[inbox]]\nname = \"blog\"\nkind = \"imap\"\nhost = \"localhost\"\nport = {port}\nca_file = \"{}\"\nuser = \"blog\"\n\
         password_command = [\"cat\", \"secret\"]\n\n[review]",
        ca_file.display()
    );
    // the file inbox is read all the same
    let house = TestHouse::with_config(&CONFIG.replace("[review]", &own));
    house.arrive(&[marion()]);
    house.write("secret", "the wrong one");
    let first = house.run(&["-q", "cron"]);
    assert!(
        first.exits(4).stderr.contains("refused the login of blog"),
        "{}",
        first.stderr
    );
    assert!(!first.stderr.contains("the wrong one"));
    assert_eq!(house.state("marion"), "draft");
    for _ in 0..2 {
        let again = house.run(&["-q", "cron"]);
        assert_eq!((again.exits(4).stdout.as_str(), again.stderr.as_str()), ("", ""));
    }
    let doctor = house.run(&["doctor"]);
    assert!(doctor.exits(4).stdout.contains("cron, inbox.blog"), "{}", doctor.stdout);
    house.write("secret", PASSWORD);
    let over = house.run(&["-q", "cron"]);
    assert!(over.exits(0).stderr.starts_with("Over: "), "{}", over.stderr);
    assert_eq!(house.run(&["-q", "cron"]).exits(0).stderr, "");
    // a server that is not to be had is told when the next run does not have it either
    drop(dovecot);
    assert_eq!(house.run(&["-q", "cron"]).exits(75).stderr, "");
    assert!(
        house
            .run(&["-q", "cron"])
            .exits(75)
            .stderr
            .contains("cannot be reached")
    );
    assert_eq!(house.run(&["-q", "cron"]).exits(75).stderr, "");
}

#[test]
fn a_fresh_machine_and_a_lost_spool_write_to_nobody_until_a_letter_is_named() {
    let first = TestHouse::new();
    approved(&first);
    first.run(&["publish", "marion"]).exits(0);
    let fresh = TestHouse::new();
    let from = first.path("stories");
    let copied = first
        .command("cp")
        .arg("-a")
        .args([&from, &fresh.path("stories")])
        .status();
    assert!(copied.expect("cp").success());
    // the desk that did it all before its spool was lost
    std::fs::remove_dir_all(first.path(".desk")).expect("a spool");
    for house in [&fresh, &first] {
        house.run(&["letters", "send", "-n"]).exits(0);
        for command in [&["cron"][..], &["letters", "send"], &["cron", "-q"]] {
            house.run(command).exits(0);
            assert_eq!(house.files("letters"), [""; 0], "{command:?}");
        }
        let waiting = house.run(&["letters", "--json"]).exits(0).json();
        let why = waiting[0]["held"].as_str().expect("a reason");
        assert!(why.contains("before this desk began"), "{waiting}");
        let doctor = house.run(&["doctor"]).stdout.clone();
        assert!(doctor.contains("due before this desk began"), "{doctor}");
        // what is decided from now on is this desk's to tell
        house.run(&["write", "marion", "-m", "Which year was that?"]).exits(0);
        house.run(&["cron"]).exits(0);
        assert_eq!(house.files("letters").len(), 1);
        // and what is named leaves
        let number = waiting[0]["id"].as_str().expect("a number");
        house.run(&["letters", "send", number]).exits(0);
        assert_eq!(house.files("letters").len(), 2);
        let doctor = house.run(&["doctor"]).stdout.clone();
        assert!(!doctor.contains("before this desk began"), "{doctor}");
    }
}

#[test]
fn a_desk_of_an_earlier_version_sends_what_is_due_and_one_whose_clock_was_ahead_begins_anew() {
    for note in ["", "\"letters.begun\" = \"2126-01-01T00:00:00Z\"\n"] {
        let house = TestHouse::new();
        approved(&house);
        house.run(&["publish", "marion"]).exits(0);
        let notes = house.read(".desk/notes.toml");
        let before = notes.lines().filter(|line| !line.contains("letters.begun"));
        let before: String = before.map(|line| format!("{line}\n")).collect();
        house.write(".desk/notes.toml", format!("{before}{note}"));
        house.run(&["cron"]).exits(0);
        // the clock was put right just now, as far as one look can tell
        assert_eq!(house.files("letters").len(), usize::from(note.is_empty()));
        house.run(&["write", "marion", "-m", "Which year was that?"]).exits(0);
        if !note.is_empty() {
            house.run(&["cron"]).exits(0);
            assert_eq!(house.files("letters").len(), 0, "a look right after is no other");
            // as an hour later
            let notes = house.read(".desk/notes.toml");
            let seen = notes
                .lines()
                .find(|line| line.starts_with("\"letters.seen\""))
                .expect("the last look");
            #[allow(clippy::disallowed_methods, reason = "the day of the test's own steps")]
            let before = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(1);
            house.write(
                ".desk/notes.toml",
                notes.replace(seen, &format!("\"letters.seen\" = \"{before}\"")),
            );
        }
        house.run(&["cron"]).exits(0);
        assert_eq!(house.files("letters").len(), 2);
    }
}
