//! What `cron` tells of letters that wait for their page.

use m4c_stories::desk::alarm::{Alarm, Bad};
use m4c_stories::desk::letters::Told;
use m4c_stories::desk::{Caution, Remark, account, cron, publish, takedown};

use super::common::{TestHouse, marion};
use super::live::{MARION, another, house, published, to_whom};
use super::site::Site;
use super::{Status, desk, unattended};

/// What `cron` says on standard error.
#[derive(Default)]
pub struct Ear {
    pub bad: Vec<Bad>,
    pub over: Vec<String>,
    pub failed: Vec<String>,
}

impl cron::Listener for Ear {
    fn mail(&mut self, _: &account::MailReport) {}
    fn remark(&mut self, _: &Remark) {}
    fn caution(&mut self, _: &Caution) {}
    fn taken_down(&mut self, _: &takedown::Down) {}
    fn published(&mut self, _: &publish::Published) {}
    fn letter(&mut self, told: &Told) {
        if told.status == Status::Failed {
            self.failed.push(told.said.clone());
        }
    }
    fn rewritten(&mut self, _: &str) {}
    fn bad(&mut self, bad: &Bad) {
        self.bad.push(bad.clone());
    }
    fn over(&mut self, part: &str, _: &Alarm) {
        self.over.push(part.to_owned());
    }
}

/// A pass of `cron` so many days from now: its exit code, what it tells, and what it says is over.
fn pass(house: &TestHouse, days: i64) -> (u8, Vec<String>, Vec<String>) {
    let (exit, ear) = heard(house, days);
    let bad = ear.bad.into_iter().map(|bad| format!("{} {}", bad.code, bad.why));
    (exit, bad.collect(), ear.over)
}

pub fn heard(house: &TestHouse, days: i64) -> (u8, Ear) {
    let desk = desk(house, days);
    let mut spool = desk.spool().expect("the spool");
    let mut ear = Ear::default();
    let pass = cron::run(&desk, &mut spool, &mut ear).expect("it runs");
    (pass.exit(), ear)
}

#[test]
fn a_page_that_does_not_come_is_told_once_and_its_letter_does_not_vanish() {
    let site = Site::open(Some("404 Not Found"));
    let house = house(&site, "");
    let id = published(&house, &marion());
    let quiet = (vec![], vec![]);
    let (exit, bad, over) = pass(&house, 0);
    assert_eq!((exit, (bad, over)), (0, quiet.clone()), "a site may need a while");
    let (exit, bad, over) = pass(&house, 2);
    assert_eq!((exit, over), (7, vec![]));
    assert_eq!(bad.len(), 1, "{bad:?}");
    assert!(
        bad[0].starts_with("letter.page its page does not answer yet: ") && bad[0].contains("404"),
        "{bad:?}"
    );
    let (exit, bad, over) = pass(&house, 3);
    assert_eq!((exit, (bad, over)), (7, quiet.clone()), "it is told once");
    // all the time that the letter had is over
    site.asked();
    assert_eq!(pass(&house, 20), (0, vec![], vec![]), "a clock may be wrong for once");
    let (exit, ear) = heard(&house, 21);
    assert_eq!(
        (exit, ear.bad.len(), ear.over),
        (7, 0, vec![]),
        "what failed is not over"
    );
    assert!(
        ear.failed[0].contains("its page did not answer in time"),
        "{:?}",
        ear.failed
    );
    assert_eq!(site.asked(), [""; 0]);
    assert_eq!(house.run(&["status", "--json"]).exits(0).json()["letters_failed"], 1);
    let listed = house.run(&["letters"]).exits(0).stdout.clone();
    assert!(listed.contains("its page did not answer in time"), "{listed}");
    let (exit, bad, over) = pass(&house, 22);
    assert_eq!((exit, (bad, over)), (0, quiet));
    assert_eq!(to_whom(&house), [""; 0]);

    // a person has seen to the site
    site.answers("200 OK");
    house.run(&["letters", "again", &id]).exits(0);
    assert_eq!(pass(&house, 1).0, 0);
    assert_eq!(to_whom(&house), [MARION]);
}

#[test]
fn a_page_that_comes_late_is_told_to_be_over_and_its_letter_leaves() {
    let site = Site::open(Some("503 Not now"));
    let house = house(&site, "");
    let id = published(&house, &marion());
    assert_eq!(pass(&house, 2).1.len(), 1);
    site.answers("200 OK");
    assert_eq!(pass(&house, 2), (0, vec![], vec![format!("page.{id}")]));
    assert_eq!(to_whom(&house), [MARION]);
}

#[test]
fn what_was_not_tried_is_not_over() {
    let site = Site::open(Some("404 Not Found"));
    let house = house(&site, "");
    let id = published(&house, &marion());
    assert_eq!(pass(&house, 2).1.len(), 1);
    let config = house.read("config.toml");
    // no letter leaves in this run
    house.write("config.toml", config.replace("[letters]", "[letters]\nper_run = 0"));
    site.asked();
    assert_eq!(pass(&house, 3), (7, vec![], vec![]));
    assert_eq!(site.asked(), [""; 0]);
    house.write("config.toml", config);
    // nor can it leave while nobody knows to whom
    let private = house.git(&["rev-parse", "refs/desk/private"]);
    house.git(&["update-ref", "-d", "refs/desk/private"]);
    assert_eq!(pass(&house, 3).2, [""; 0]);
    house.git(&["update-ref", "refs/desk/private", private.trim()]);
    site.answers("200 OK");
    assert_eq!(pass(&house, 3), (0, vec![], vec![format!("page.{id}")]));
}

#[test]
fn a_letter_that_was_dropped_waits_no_more() {
    let site = Site::open(Some("404 Not Found"));
    let house = house(&site, "");
    let id = published(&house, &marion());
    assert_eq!(pass(&house, 2).1.len(), 1);
    let again = || house.run(&["letters", "again", &id]).exits(0).stderr.clone();
    assert!(!again().contains("dropped"), "{}", again());
    house.run(&["letters", "drop", &id]).exits(0);
    assert_eq!(pass(&house, 3), (0, vec![], vec![format!("page.{id}")]));
    // whoever thinks better of it is told what to do
    let said = again();
    assert!(said.contains("The letter \"published\" was dropped on"), "{said}");
    assert!(said.contains("writes to its author"), "{said}");
}

#[test]
fn a_letter_that_waits_for_a_person_to_look_at_its_address_is_told() {
    let site = Site::open(Some("200 OK"));
    let house = house(&site, "");
    published(&house, &marion());
    let config = house.read("config.toml");
    house.write("config.toml", config.replace(&site.url(), "https://new.example.org/"));
    assert_eq!(pass(&house, 0), (0, vec![], vec![]));
    let (exit, bad, _) = pass(&house, 2);
    assert_eq!(exit, 7);
    assert!(
        bad[0].starts_with("letter.page the address that it names is not at"),
        "{bad:?}"
    );
}

#[test]
fn only_a_letter_whose_own_page_was_asked_fails_for_it() {
    // nothing listens there: the second page is not asked, since its host is away
    let site = Site::open(None);
    let open = || {
        let house = house(&site, "");
        let config = house.read("config.toml");
        house.write(
            "config.toml",
            config.replace(&site.url(), "http://127.0.0.1:1/stories/"),
        );
        published(&house, &marion());
        published(&house, &another());
        house
    };
    let asked_once = open();
    let run = unattended(&asked_once, 0);
    assert_eq!(run.count(Status::Waiting), 2, "{run:?}");
    assert!(
        run.told[1].said.contains("not asked: its host does not answer"),
        "{run:?}"
    );
    let why = |failed: &String| failed.split([':', '(']).next().unwrap_or_default().trim().to_owned();
    assert!(heard(&asked_once, 20).1.failed.is_empty());
    let mut failed: Vec<String> = heard(&asked_once, 21).1.failed.iter().map(why).collect();
    failed.sort();
    assert_eq!(
        failed,
        [
            "its page did not answer in time",
            "nobody sent it before it was too old"
        ]
    );
    // the next run asks first what was not asked
    let asked_twice = open();
    unattended(&asked_twice, 0);
    let run = unattended(&asked_twice, 0);
    assert!(run.told.iter().all(|told| !told.said.contains("not asked")), "{run:?}");
    assert!(heard(&asked_twice, 20).1.failed.is_empty());
    let failed = heard(&asked_twice, 21).1.failed;
    assert_eq!(
        failed.iter().map(why).collect::<Vec<_>>(),
        ["its page did not answer in time"; 2]
    );
    assert!(!asked_twice.read(".desk/notes.toml").contains("page."));
}

#[test]
fn what_is_noted_of_a_story_that_cannot_be_read_stays_until_it_can() {
    let site = Site::open(Some("404 Not Found"));
    let house = house(&site, "");
    let id = published(&house, &marion());
    assert_eq!(pass(&house, 2).1.len(), 1);
    let path = format!("stories/{id}/index.md");
    let page = house.read(&path);
    house.write(&path, "+++\n=\n+++\n");
    house.git(&["commit", "-aqm", "Break it"]);
    let (_, _, over) = pass(&house, 3);
    assert_eq!(over, [""; 0]);
    assert!(house.read(".desk/notes.toml").contains("page."), "it is kept");
    house.write(&path, page);
    house.git(&["commit", "-aqm", "Mend it"]);
    assert_eq!(heard(&house, 20).1.failed.len(), 0);
    assert_eq!(heard(&house, 21).1.failed.len(), 1);
}
