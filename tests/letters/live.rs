//! The letter that a story is out, and the page that it names.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use m4c_stories::desk::alarm::{Alarm, Bad};
use m4c_stories::desk::letters::Told;
use m4c_stories::desk::{Caution, Remark, account, cron, publish, takedown};

use super::common::{CONFIG, TestHouse, mail, marion};
use super::{Status, desk, header, left, unattended};

/// A site on this machine.
struct Site {
    port: u16,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// The status line; none: it takes the connection and says nothing.
    answer: Option<&'static str>,
    /// The paths that were asked for; of a connection that nothing is said to, nothing.
    asked: Vec<String>,
    /// Connections that wait.
    held: Vec<TcpStream>,
}

impl Site {
    fn open(answer: Option<&'static str>) -> Site {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("it is bound").port();
        let state = Arc::new(Mutex::new(State {
            answer,
            ..State::default()
        }));
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let mut reader = BufReader::new(stream.try_clone().expect("a socket"));
                let (mut first, mut line) = (String::new(), String::new());
                let _ = reader.read_line(&mut first);
                while reader.read_line(&mut line).is_ok_and(|n| n > 2) {
                    line.clear();
                }
                let mut state = shared.lock().expect("nobody panicked");
                let path = first.split(' ').nth(1).unwrap_or_default();
                state.asked.push(path.to_owned());
                match state.answer {
                    Some(answer) => {
                        let head = format!("HTTP/1.1 {answer}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
                        let _ = stream.write_all(head.as_bytes());
                    }
                    None => state.held.push(stream),
                }
            }
        });
        Site { port, state }
    }

    fn answers(&self, answer: &'static str) {
        self.state.lock().expect("nobody panicked").answer = Some(answer);
    }

    /// What was asked for since this was called last.
    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.state.lock().expect("nobody panicked").asked)
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}/stories/", self.port)
    }
}

/// A house whose site is that one; `letters`: further lines under `[letters]`.
fn house(site: &Site, letters: &str) -> TestHouse {
    let config = CONFIG.replace("max_age = \"36500d\"", letters);
    TestHouse::with_config(&format!("{config}url = \"{}\"\n", site.url()))
}

fn another() -> String {
    mail(
        "Joan Hill <joan@example.org>",
        "Sun, 5 Dec 2010 10:00:00 +0000",
        "The crossing",
        "We asked the council for a crossing at the school, and after a year of asking there is one.\n\nJoan",
    )
}

fn published(house: &TestHouse, mail: &str) -> String {
    let id = house.story(mail);
    house.run(&["approve", &id]).exits(0);
    house.run(&["publish", &id]).exits(0);
    id
}

fn to_whom(house: &TestHouse) -> Vec<String> {
    let mut all: Vec<String> = left(house).iter().map(|letter| header(letter, "To")).collect();
    all.sort();
    all
}

const MARION: &str = "\"Marion Maxwell\" <marion@example.org>";
const JOAN: &str = "\"Joan Hill\" <joan@example.org>";

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
    for n in 0..3 {
        published(&house, &another().replace("Joan", &format!("Joan{n}")));
    }
    let other = house.story(&another());
    house.run(&["reject", &other, "-m", "We cannot"]).exits(0);
    let begun = Instant::now();
    let run = unattended(&house, 0);
    // one page has 5 seconds; without an end this would never be reached
    assert!(begun.elapsed().as_secs() < 60, "{:?}", begun.elapsed());
    assert_eq!((run.count(Status::Sent), run.count(Status::Waiting)), (1, 4), "{run:?}");
    assert_eq!(to_whom(&house), [JOAN]);
    assert_eq!(site.asked().len(), 1, "a host that is silent is waited for once");
    site.answers("200 OK");
    assert_eq!(unattended(&house, 0).count(Status::Sent), 4);
}

#[test]
fn one_page_that_two_letters_name_is_asked_for_once() {
    let site = Site::open(Some("200 OK"));
    let config = CONFIG.replace("max_age = \"36500d\"", "");
    let (head, _) = config.split_once("[[target]]").expect("a target");
    let house = TestHouse::with_config(&format!(
        "{head}[[target]]\nname = \"wall\"\nkind = \"hook\"\ncommand = [\"echo\", \"{}\"]\n",
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
    // the record names a page elsewhere than config.toml has the site
    let moved = house(&site, "");
    published(&moved, &marion());
    let config = moved.read("config.toml");
    moved.write(
        "config.toml",
        config.replace("http://127.0.0.1", "http://127.0.0.1:1@localhost"),
    );
    // there is no address
    let folder = TestHouse::new();
    published(&folder, &marion());
    for house in [never, moved, folder] {
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

/// What `cron` says on standard error.
#[derive(Default)]
struct Ear {
    bad: Vec<Bad>,
    over: Vec<String>,
}

impl cron::Listener for Ear {
    fn mail(&mut self, _: &account::MailReport) {}
    fn remark(&mut self, _: &Remark) {}
    fn caution(&mut self, _: &Caution) {}
    fn taken_down(&mut self, _: &takedown::Down) {}
    fn published(&mut self, _: &publish::Published) {}
    fn letter(&mut self, _: &Told) {}
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
    let desk = desk(house, days);
    let mut spool = desk.spool().expect("the spool");
    let mut ear = Ear::default();
    let pass = cron::run(&desk, &mut spool, &mut ear).expect("it runs");
    let bad = ear.bad.into_iter().map(|bad| format!("{} {}", bad.code, bad.why));
    (pass.exit(), bad.collect(), ear.over)
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
    let (exit, bad, over) = pass(&house, 20);
    assert_eq!((exit, bad, over), (7, vec![], vec![format!("page.{id}")]));
    assert_eq!(site.asked(), [""; 0]);
    assert_eq!(house.run(&["status", "--json"]).exits(0).json()["letters_failed"], 1);
    let listed = house.run(&["letters"]).exits(0).stdout.clone();
    assert!(listed.contains("its page did not answer in time"), "{listed}");
    let (exit, bad, over) = pass(&house, 20);
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
