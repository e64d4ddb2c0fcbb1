//! The letter that a story is out, and the page that it names.

use std::time::Instant;

use jiff::SignedDuration;

use super::common::{CONFIG, TestHouse, mail, marion};
use super::site::Site;
use super::{Sending, Status, desk, header, left, send_due, unattended};

/// A house whose site is that one; `letters`: further lines under `[letters]`.
pub fn house(site: &Site, letters: &str) -> TestHouse {
    let config = CONFIG.replace("max_age = \"36500d\"", letters);
    TestHouse::with_config(&format!("{config}url = \"{}\"\n", site.url()))
}

pub fn another() -> String {
    mail(
        "Joan Hill <joan@example.org>",
        "Sun, 5 Dec 2010 10:00:00 +0000",
        "The crossing",
        "We asked the council for a crossing at the school, and after a year of asking there is one.\n\nJoan",
    )
}

pub fn published(house: &TestHouse, mail: &str) -> String {
    let id = house.story(mail);
    house.run(&["approve", &id]).exits(0);
    house.run(&["publish", &id]).exits(0);
    id
}

pub fn to_whom(house: &TestHouse) -> Vec<String> {
    let mut all: Vec<String> = left(house).iter().map(|letter| header(letter, "To")).collect();
    all.sort();
    all
}

pub const MARION: &str = "\"Marion Maxwell\" <marion@example.org>";
pub const JOAN: &str = "\"Joan Hill\" <joan@example.org>";

#[test]
fn a_letter_waits_for_its_page_and_the_others_do_not_wait_for_it() {
    let site = Site::open(Some("404 Not Found"));
    let house = house(&site, "");
    let id = published(&house, &marion());
    let other = house.story(&another());
    house.run(&["reject", &other, "-m", "We cannot"]).exits(0);
    let waiting = || {
        let all = house.run(&["letters", "--json"]).exits(0).json();
        let all = all.as_array().expect("a list").clone();
        all.into_iter().find(|letter| letter["story"] == id.as_str())
    };
    let page = format!("{}marion-maxwell/", site.url());
    let letter = waiting().expect("a letter");
    assert_eq!((&letter["page"], &letter["held"]), (&page.as_str().into(), &().into()));
    // what is only looked at asks for nothing
    let rehearsed = house.run(&["letters", "send", "-n"]).exits(0).stdout.clone();
    assert!(
        rehearsed.contains(&format!("Would send, once {page} answers: published to")),
        "{rehearsed}"
    );
    house.run(&["cron", "-n"]).exits(0);
    assert_eq!(site.asked(), [""; 0]);

    let why = format!("its page does not answer yet: {page} (it answers 404)");
    let run = unattended(&house, 0);
    assert_eq!((run.count(Status::Sent), run.count(Status::Waiting)), (1, 1), "{run:?}");
    assert_eq!(to_whom(&house), [JOAN]);
    assert_eq!(site.asked(), ["/stories/marion-maxwell/"]);
    assert_eq!(waiting().expect("it waits")["held"], why.as_str());
    let listed = house.run(&["letters"]).exits(0).stdout.clone();
    assert!(listed.contains(&why), "{listed}");
    let rehearsed = house.run(&["letters", "send", "-n"]).exits(0).stdout.clone();
    assert!(
        rehearsed.contains("Would keep: published") && rehearsed.contains(&why),
        "{rehearsed}"
    );
    let status = house.run(&["status", "--json"]).exits(0).json();
    assert_eq!(
        (&status["letters_due"], &status["letters_without_page"]),
        (&1.into(), &1.into())
    );
    let status = house.run(&["status"]).exits(0).stdout.clone();
    assert!(status.contains("letter whose page does not answer yet"), "{status}");
    assert_eq!(site.asked(), [""; 0]);

    // a person who sends what is due is told why
    let ran = house.run(&["letters", "send"]);
    assert!(ran.exits(0).stderr.contains(&why), "{}", ran.stderr);
    assert!(ran.stderr.contains("sends it all the same"), "{}", ran.stderr);
    assert_eq!(site.asked().len(), 1);
    assert_eq!(to_whom(&house), [JOAN]);

    site.answers("200 OK");
    let sent = house.run(&["letters", "send", "--json"]).exits(0).json_lines();
    assert_eq!((&sent[0]["status"], &sent[0]["held"]), (&"sent".into(), &().into()));
    assert_eq!(to_whom(&house), [JOAN, MARION]);
    assert!(left(&house).iter().any(|letter| letter.contains(&page)));
    assert!(
        !house.read(".desk/notes.toml").contains("page."),
        "nothing is left of it"
    );
    assert_eq!(unattended(&house, 0).told.len(), 0, "it leaves once");
    assert_eq!(site.asked().len(), 1);
    assert_eq!(
        house.run(&["status", "--json"]).exits(0).json()["letters_without_page"],
        0
    );
}

#[test]
fn a_site_that_takes_connections_and_says_nothing_holds_nothing_up() {
    let site = Site::open(None);
    let house = house(&site, "");
    published(&house, &marion());
    let other = house.story(&another());
    house.run(&["reject", &other, "-m", "We cannot"]).exits(0);
    let begun = Instant::now();
    let run = unattended(&house, 0);
    // one page has 5 seconds; without an end this would never be reached
    assert!(begun.elapsed().as_secs() < 60, "{:?}", begun.elapsed());
    assert_eq!((run.count(Status::Sent), run.count(Status::Waiting)), (1, 1), "{run:?}");
    assert_eq!(to_whom(&house), [JOAN]);
    site.answers("200 OK");
    // it is asked again later
    assert_eq!(unattended(&house, 1).count(Status::Sent), 1);
}

#[test]
fn a_page_that_hangs_is_not_waited_for_in_every_run_and_a_person_who_sends_asks_it_again() {
    let site = Site::open(None);
    let house = house(&site, "");
    published(&house, &marion());
    let at = |minutes: i64| {
        let mut desk = desk(&house, 0);
        desk.now += SignedDuration::from_mins(minutes);
        let mut spool = desk.spool().expect("the spool");
        let run = send_due(&desk, &desk.repo().expect("stories"), &mut spool, Sending::Unattended);
        let run = run.expect("it runs");
        assert_eq!(run.count(Status::Waiting), 1, "{run:?}");
        assert!(run.told[0].said.contains("its page does not answer yet"), "{run:?}");
        site.asked().len()
    };
    for (minutes, asked) in [(0, 1), (5, 0), (10, 0), (20, 1), (35, 0)] {
        assert_eq!(at(minutes), asked, "after {minutes} minutes");
    }
    site.answers("200 OK");
    house.run(&["letters", "send"]).exits(0);
    assert_eq!((site.asked().len(), to_whom(&house)), (1, vec![MARION.to_owned()]));
}

#[test]
fn one_page_that_two_letters_name_is_asked_for_once() {
    let site = Site::open(Some("200 OK"));
    let config = CONFIG.replace("max_age = \"36500d\"", "");
    let (head, _) = config.split_once("[[target]]").expect("a target");
    let house = TestHouse::with_config(&format!(
        "{head}[[target]]\nname = \"wall\"\nkind = \"hook\"\ncommand = [\"echo\", \"{0}\"]\nurl = \"{0}\"\n",
        site.url()
    ));
    published(&house, &marion());
    published(&house, &another());
    assert_eq!(unattended(&house, 0).count(Status::Sent), 2);
    assert_eq!(to_whom(&house), [JOAN, MARION]);
    assert_eq!(site.asked(), ["/stories/"]);
}

#[test]
fn a_letter_that_is_named_or_whose_page_nobody_is_to_ask_for_leaves_as_it_is() {
    // a person names it
    let site = Site::open(Some("404 Not Found"));
    let named = house(&site, "");
    let id = published(&named, &marion());
    assert_eq!(unattended(&named, 0).count(Status::Sent), 0);
    assert_eq!(site.asked().len(), 1);
    named.run(&["letters", "send", &id]).exits(0);
    assert_eq!(to_whom(&named), [MARION]);
    assert_eq!(site.asked(), [""; 0]);
    // the team does not want it
    let never = house(&site, "wait_live = \"never\"");
    published(&never, &marion());
    // there is no address
    let folder = TestHouse::new();
    published(&folder, &marion());
    for house in [never, folder] {
        assert_eq!(unattended(&house, 0).count(Status::Sent), 1);
        assert_eq!(site.asked(), [""; 0]);
    }
}

#[test]
fn a_story_that_is_taken_down_before_its_page_answered_needs_no_letter() {
    let site = Site::open(Some("404 Not Found"));
    let house = house(&site, "");
    let id = published(&house, &marion());
    assert_eq!(unattended(&house, 0).count(Status::Waiting), 1);
    house.run(&["takedown", &id, "-m", "A neighbour is named"]).exits(0);
    site.answers("200 OK");
    site.asked();
    assert_eq!(unattended(&house, 0).told.len(), 0);
    assert_eq!((site.asked().len(), left(&house).len()), (0, 0));
    assert!(
        !house.read(".desk/notes.toml").contains("page."),
        "nothing is left of it"
    );
}

/// Whoever can push writes into the record that the story stands there.
fn forged(house: &TestHouse, id: &str, place: &str) {
    let path = format!("stories/{id}/record.jsonl");
    let record = house.read(&path);
    let known = record
        .lines()
        .find(|line| line.contains("\"receipt\""))
        .expect("a receipt");
    let (before, after) = known.split_once("\"place\":\"").expect("a place");
    let after = after.split_once('"').expect("its end").1;
    house.write(
        &path,
        record.replace(known, &format!("{before}\"place\":\"{place}\"{after}")),
    );
    house.git(&["commit", "-aqm", "Say that it is elsewhere"]);
}

#[test]
fn nobody_who_can_push_says_what_is_asked_from_this_desk() {
    let site = Site::open(Some("200 OK"));
    let at = |path: &str| format!("http://127.0.0.1:{}{path}", site.port);
    // nothing in config.toml says that this is a page of the target: as if nobody asked
    let unnamed = TestHouse::with_config(&CONFIG.replace("max_age = \"36500d\"", ""));
    let id = published(&unnamed, &marion());
    forged(&unnamed, &id, &at("/printer/off"));
    let ran = unnamed.run(&["publish", &id, "--wait-live=1"]);
    assert!(
        ran.exits(75)
            .stderr
            .contains("was not asked: config.toml names no `url`"),
        "{}",
        ran.stderr
    );
    assert_eq!(unattended(&unnamed, 0).count(Status::Sent), 1);
    assert_eq!(site.asked(), [""; 0]);
    // it is on that host, and not where the stories are; or on another port of it
    for place in [
        at("/printer/off"),
        at("/stories/../printer/off"),
        "http://127.0.0.1:1/stories/a/".to_owned(),
    ] {
        let house = house(&site, "");
        let id = published(&house, &marion());
        forged(&house, &id, &place);
        let ran = house.run(&["publish", &id, "--wait-live=1"]);
        assert!(
            ran.exits(75)
                .stderr
                .contains("was not asked: it is not at the `url` of site"),
            "{}",
            ran.stderr
        );
        let run = unattended(&house, 0);
        assert_eq!(
            (run.count(Status::Sent), run.count(Status::Waiting)),
            (0, 1),
            "{place}: {run:?}"
        );
        assert_eq!(site.asked(), [""; 0], "{place}");
        // nor does its author get an address that nobody of the team has seen
        let held = house.run(&["letters", "--json"]).exits(0).json()[0]["held"].to_string();
        assert!(held.contains("not at the `url` of its target"), "{held}");
        house.run(&["letters", "send", &id]).exits(0);
        assert_eq!((to_whom(&house), site.asked()), (vec![MARION.to_owned()], vec![]));
    }
}

#[test]
fn where_the_site_moved_or_the_target_is_gone_a_person_looks_at_the_letter_first() {
    let site = Site::open(Some("200 OK"));
    let url = site.url();
    for (was, is, why) in [
        (url.as_str(), "https://new.example.org/stories/", "`url` of its target"),
        ("name = \"site\"", "name = \"other\"", "not in config.toml"),
    ] {
        let change = |house: &TestHouse| {
            let config = house.read("config.toml");
            assert!(config.contains(was), "{config}");
            house.write("config.toml", config.replace(was, is));
        };
        let house_that_waits = house(&site, "");
        let id = published(&house_that_waits, &marion());
        change(&house_that_waits);
        let run = unattended(&house_that_waits, 0);
        assert!(run.told[0].said.contains(why), "{run:?}");
        let ran = house_that_waits.run(&["letters", "send"]);
        assert!(ran.exits(0).stderr.contains(why), "{}", ran.stderr);
        assert_eq!(to_whom(&house_that_waits), [""; 0]);
        house_that_waits.run(&["letters", "send", &id]).exits(0);
        assert_eq!(to_whom(&house_that_waits), [MARION]);
        // a team that does not let letters wait has none that does
        let never = house(&site, "wait_live = \"never\"");
        published(&never, &marion());
        change(&never);
        assert_eq!(unattended(&never, 0).count(Status::Sent), 1);
    }
    assert_eq!(site.asked(), [""; 0]);
}

#[test]
fn a_redirect_to_another_host_or_another_page_is_no_page() {
    let (site, other) = (Site::open(None), Site::open(Some("200 OK")));
    let house = house(&site, "");
    published(&house, &marion());
    for (answer, told) in [
        (
            format!(
                "302 Found\r\nLocation: http://127.0.0.1:{}/stories/marion-maxwell/",
                other.port
            ),
            "it answers 302",
        ),
        (
            format!(
                "307 Moved\r\nLocation: //127.0.0.1:{}/stories/marion-maxwell/",
                other.port
            ),
            "it answers 307",
        ),
        ("301 Moved\r\nLocation: /".to_owned(), "it answers 301"),
        (
            "303 See Other\r\nLocation: /login?to=marion-maxwell".to_owned(),
            "it answers 303",
        ),
        (
            "308 Moved\r\nLocation: /stories/marion-maxwell/".to_owned(),
            "it answers 308",
        ),
    ] {
        site.answers("200 OK");
        site.answers_to("marion-maxwell", &answer);
        let run = unattended(&house, 0);
        assert!(run.told[0].said.contains(told), "{answer}: {run:?}");
    }
    assert_eq!(other.asked(), [""; 0]);
    // it moved to what is the same page
    site.answers_to("marion-maxwell", "301 Moved\r\nLocation: index.html");
    site.answers_to("index.html", "200 OK");
    assert_eq!(unattended(&house, 0).count(Status::Sent), 1);
}

#[test]
fn a_page_that_breaks_off_holds_up_no_other_page_of_its_site() {
    let site = Site::open(Some("200 OK"));
    site.answers_to("marion-maxwell", "");
    let house = house(&site, "");
    published(&house, &marion());
    published(&house, &another());
    let run = unattended(&house, 0);
    assert_eq!((run.count(Status::Sent), run.count(Status::Waiting)), (1, 1), "{run:?}");
    assert_eq!(to_whom(&house), [JOAN]);
}

#[test]
fn nothing_is_left_noted_of_a_letter_that_a_person_dropped_or_sent() {
    let site = Site::open(Some("404 Not Found"));
    for verb in ["drop", "send"] {
        let house = house(&site, "");
        let id = published(&house, &marion());
        assert_eq!(unattended(&house, 0).count(Status::Waiting), 1);
        assert!(house.read(".desk/notes.toml").contains("page."));
        house.run(&["letters", verb, &id]).exits(0);
        assert!(!house.read(".desk/notes.toml").contains("page."), "{verb}");
    }
}
