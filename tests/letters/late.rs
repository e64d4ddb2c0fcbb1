//! Letters that nobody sent in all the time that they had.

use super::alarm::heard;
use super::common::{BINARY, CONFIG, TestHouse, marion};
use super::live::{MARION, house, published, to_whom};
use super::site::Site;
use super::{Status, unattended};

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
        // cron was off for three weeks
        let (exit, ear) = heard(&house, 21);
        assert_eq!((exit, ear.bad.len()), (7, 0));
        assert_eq!(
            ear.failed,
            ["nobody sent it before it was too old (`max_age` under [letters])"]
        );
        let (exit, ear) = heard(&house, 21);
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
    assert_eq!(heard(&house, 21).1.failed.len(), 0);
    // nor of what nobody wanted sent while there was time
    let config = house.read("config.toml");
    let without = config.replace("[letters]", "[letters]\nsend = [\"rejected\"]");
    forget(&house);
    house.write("config.toml", &without);
    assert_eq!(heard(&house, 0).1.failed.len(), 0);
    assert_eq!(heard(&house, 21).1.failed.len(), 0);
    house.write("config.toml", &config);
    assert_eq!(heard(&house, 22).1.failed.len(), 0);
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
    assert_eq!(unattended(&house, 21).count(Status::Failed), 1);
    // the next run tidies up
    assert!(unattended(&house, 22).told.is_empty());
    house.run(&["letters", "again", &id]).exits(0);
    assert_eq!(unattended(&house, 1).count(Status::Sent), 1);
    assert!(super::left(&house)[0].contains("we were slow. Forgive us."));
}
