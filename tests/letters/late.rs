//! Letters that nobody sent in all the time that they had.

use super::alarm::heard;
use super::common::{BINARY, CONFIG, TestHouse, marion};
use super::desks::Desks;
use super::live::{MARION, house, published, to_whom};
use super::site::Site;
use super::{Status, fetch, unattended};

/// How many letters the record says failed.
fn failed(house: &TestHouse) -> u64 {
    let status = house.run(&["status", "--json"]).exits(0).json();
    status["letters_failed"].as_u64().expect("a number")
}

/// The machine forgets what it knew, as another one that has the same stories.
fn forget(house: &TestHouse) {
    std::fs::remove_dir_all(house.path(".desk")).expect("a spool");
}

#[test]
fn a_letter_that_nobody_sent_in_time_is_told_once_and_is_among_those_that_did_not_arrive() {
    // wherever it would have gone: to its page first, or at once
    let site = Site::open(Some("200 OK"));
    let unnamed = TestHouse::with_config(&CONFIG.replace("max_age = \"36500d\"", ""));
    for house in [house(&site, ""), unnamed] {
        let id = published(&house, &marion());
        // cron was off for three weeks; a clock that is wrong for once would look the same
        let (exit, ear) = heard(&house, 21);
        assert_eq!((exit, ear.failed.len()), (0, 0));
        let (exit, ear) = heard(&house, 22);
        assert_eq!((exit, ear.bad.len()), (7, 0));
        assert_eq!(
            ear.failed,
            ["nobody sent it before it was too old (`max_age` under [letters])"]
        );
        let (exit, ear) = heard(&house, 23);
        assert_eq!((exit, ear.failed.len()), (0, 0), "it is told once");
        let status = house.run(&["status", "--json"]).exits(0).json();
        assert_eq!(status["letters_failed"], 1);
        let listed = house.run(&["letters"]).exits(0).stdout.clone();
        assert!(listed.contains("Did not arrive: published about"), "{listed}");
        assert!(listed.contains("nobody sent it"), "{listed}");
        assert_eq!((site.asked().len(), to_whom(&house).len()), (0, 0));

        house.run(&["letters", "again", &id]).exits(0);
        assert_eq!(heard(&house, 1).0, 0);
        assert_eq!(to_whom(&house), [MARION]);
        site.asked();
    }
}

#[test]
fn a_machine_that_did_not_look_before_tells_nothing_of_what_is_long_past() {
    let site = Site::open(Some("200 OK"));
    let house = house(&site, "");
    published(&house, &marion());
    forget(&house);
    for day in [21, 22, 23] {
        assert_eq!(heard(&house, day).1.failed.len(), 0);
    }
    // nor of what nobody wanted sent while there was time
    let config = house.read("config.toml");
    let without = config.replace("[letters]", "[letters]\nsend = [\"rejected\"]");
    forget(&house);
    house.write("config.toml", &without);
    assert_eq!(heard(&house, 0).1.failed.len(), 0);
    for day in [21, 22] {
        assert_eq!(heard(&house, day).1.failed.len(), 0);
    }
    house.write("config.toml", &config);
    for day in [23, 24] {
        assert_eq!(heard(&house, day).1.failed.len(), 0);
    }
    assert_eq!(house.run(&["status", "--json"]).exits(0).json()["letters_failed"], 0);
}

#[test]
fn a_persons_words_for_a_letter_that_nobody_sent_in_time_leave_when_it_is_sent_again() {
    let house = TestHouse::with_config(&CONFIG.replace("max_age = \"36500d\"", ""));
    let id = published(&house, &marion());
    house.write(
        "words",
        "Subject: It is out\n\nDear Marion, we were slow. Forgive us.\n",
    );
    house
        .command(BINARY)
        .args(["letters", "edit", &id])
        .env("EDITOR", format!("cp {}", house.path("words").display()))
        .status()
        .expect("it runs");
    assert!(unattended(&house, 21).told.is_empty());
    assert_eq!(unattended(&house, 22).count(Status::Failed), 1);
    // the next run tidies up
    assert!(unattended(&house, 23).told.is_empty());
    house.run(&["letters", "again", &id]).exits(0);
    assert_eq!(unattended(&house, 1).count(Status::Sent), 1);
    assert!(super::left(&house)[0].contains("we were slow. Forgive us."));
}

#[test]
fn a_clock_that_is_wrong_for_one_look_gives_no_letter_up() {
    let site = Site::open(Some("404 Not Found"));
    let house = house(&site, "");
    published(&house, &marion());
    // looks that are near to each other are one: a machine that has just started has no right time yet
    for day in [0, 40, 40, 0, 40, 1, -40, 1, 2] {
        assert_eq!(unattended(&house, day).count(Status::Failed), 0, "day {day}");
    }
    assert_eq!(failed(&house), 0);
    site.answers("200 OK");
    assert_eq!(unattended(&house, 2).count(Status::Sent), 1);
    assert_eq!(to_whom(&house), [MARION]);
}

#[test]
fn a_clock_that_was_behind_for_one_look_brings_up_nothing_that_is_long_past() {
    let site = Site::open(Some("404 Not Found"));
    let house = house(&site, "");
    published(&house, &marion());
    forget(&house);
    for day in [30, 31, 0, 32, 33, 34] {
        assert_eq!(unattended(&house, day).count(Status::Failed), 0, "day {day}");
    }
    assert_eq!(failed(&house), 0);
}

#[test]
fn a_letter_that_another_desk_sent_or_may_have_sent_is_not_given_up() {
    let pushing = crate::desks::config()
        .replace("local_remote = true", "local_remote = true\npush = \"always\"")
        .replace("max_age = \"36500d\"", "");
    let desks = Desks::with_config(2, &pushing);
    let [ann, ben] = &desks.desks[..] else { panic!("two") };
    let story = ann.story(&marion());
    ann.run(&["approve", &story]).exits(0);
    ann.run(&["publish", &story]).exits(0);
    ben.run(&["sync"]).exits(0);
    ann.run(&["letters", "send", &story]).exits(0);
    assert_eq!(to_whom(ann), [MARION]);
    // ben cannot see that, and then he can
    ben.git(&["config", "remote.origin.url", "/nowhere/stories.git"]);
    for day in [20, 21, 22] {
        assert!(unattended(ben, day).told.is_empty(), "day {day}");
    }
    ben.git(&["config", "remote.origin.url", desks.bare().to_str().expect("UTF-8")]);
    for day in [23, 24] {
        assert!(unattended(ben, day).told.is_empty(), "day {day}");
    }
    assert_eq!((failed(ann), failed(ben)), (0, 0));
}

#[test]
fn a_clock_that_was_behind_for_one_look_does_not_move_where_a_desk_begins() {
    let house = TestHouse::new();
    published(&house, &marion());
    forget(&house);
    // another desk may have sent the letter
    for day in [1, -2000, 2] {
        assert_eq!(unattended(&house, day).count(Status::Sent), 0, "day {day}");
    }
    // a clock that was ahead from the beginning
    let notes = house.read(".desk/notes.toml");
    let time = |line: &str| match line.split_once(" = ") {
        Some((key @ ("\"letters.begun\"" | "\"letters.seen\""), _)) => format!("{key} = \"2126-01-01T00:00:00Z\"\n"),
        _ => format!("{line}\n"),
    };
    house.write(".desk/notes.toml", notes.lines().map(time).collect::<String>());
    let begins = || house.read(".desk/notes.toml").contains("\"letters.begun\" = \"2126");
    for (day, ahead) in [(3, true), (3, true), (4, false)] {
        unattended(&house, day);
        assert_eq!(begins(), ahead, "day {day}: two looks have to agree that it was ahead");
    }
}

#[test]
fn a_clock_that_is_far_ahead_for_one_run_destroys_nothing() {
    let by_mail = "[review]\nby_mail = true\n\n[letters]\nteam = [\"new-story\"]\n\n[spool]";
    let house = TestHouse::with_config(&super::CONFIG.replace("[spool]", by_mail));
    let story = |name: &str, head: &str| super::story_by(&format!("{name} <{name}@author.example>"), name, head);
    let away = format!("{}Auto-Submitted: auto-replied\n", super::SIGNED);
    fetch(
        &house,
        &[
            story("marion", super::SIGNED),
            story("bea", super::SIGNED),
            story("away", &away),
        ],
    );
    house.run(&["reject", "bea", "-m", "It is not ours to tell"]).exits(0);
    house.run(&["letters", "send"]).exits(0);
    let held = || {
        let aside = house.files(".desk/quarantine").len();
        let private = house.git(&["ls-tree", "-r", "--name-only", "refs/desk/private"]);
        (
            aside,
            private,
            house.files(".desk/codes").len(),
            house.files("letters").len(),
        )
    };
    let before = held();
    assert!(before.0 == 2 && before.2 > 0 && before.3 > 2, "{before:?}");
    // a look right after another is the same look
    for (day, leaps, over) in [
        (0, 0, 0),
        (1000, 1, 0),
        (1000, 0, 1),
        (0, 0, 0),
        (1000, 1, 0),
        (1, 0, 1),
        (-1000, 0, 0),
        (1, 0, 0),
    ] {
        let (exit, ear) = heard(&house, day);
        assert_eq!(held(), before, "day {day}");
        let leapt = ear.bad.iter().filter(|bad| bad.code == "clock.leap").count();
        let over_now = ear.over.iter().filter(|part| *part == "clock").count();
        assert_eq!((exit, leapt, over_now), (0, leaps, over), "day {day}: {:?}", ear.bad);
    }
    heard(&house, 1000);
    heard(&house, 1001);
    let after = held();
    assert!(after.0 == 0 && after.2 == 0, "{after:?}");
    assert!(!after.1.contains("/bea-") && after.1.contains("/marion-"), "{after:?}");
}
