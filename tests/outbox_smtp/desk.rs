//! The desk's own letters by SMTP: a run that is killed, a server that says not now, never, or nothing.

use std::process::Stdio;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use m4c_stories::config::Config;
use m4c_stories::desk::Desk;
use m4c_stories::desk::letters::{Run, Sending, Status, send_due};

use super::common::{BINARY, TestHouse, mail};
use super::{MailServer, content, python};

fn house(server: &MailServer) -> TestHouse {
    TestHouse::with_config(&format!(
        "[[inbox]]\nname = \"test\"\nkind = \"mbox\"\npath = \"mail.mbox\"\n\
         [spool]\npath = \".desk\"\n\
         [outbox]\nkind = \"smtp\"\nhost = \"localhost\"\nport = {}\ntls = \"none\"\nfrom = \"M4C Team <stories@example.org>\"\n",
        server.port
    ))
}

fn now() -> Timestamp {
    #[allow(clippy::disallowed_methods, reason = "a mail of long ago is not answered")]
    Timestamp::now()
}

/// The same where the server asks for a login; the password is in the file `secret`.
fn house_with_login(server: &MailServer) -> TestHouse {
    let house = house(server);
    let login = "user = \"blog\"\npassword_command = [\"cat\", \"secret\"]\nfrom = ";
    house.write("config.toml", house.read("config.toml").replace("from = ", login));
    house
}

/// A story by this author, and changes asked for: one letter is due, about a decision.
fn asked(house: &TestHouse, author: &str) {
    let date = now().strftime("%a, %d %b %Y %H:%M:%S +0000").to_string();
    let from = format!("Marion Maxwell <{author}>");
    house.story(&mail(
        &from,
        &date,
        "Tea",
        "We walked to the town hall with ninety cleaners and a kettle.",
    ));
    house.run(&["letters", "drop", "marion"]).exits(0);
    house
        .run(&["request-changes", "marion", "-m", "Which year was this?"])
        .exits(0);
}

fn unattended(house: &TestHouse, later: SignedDuration) -> Run {
    let config = Config::load(None, &house.path(""), |_| None).expect("the config");
    let desk = Desk::new(config, now() + later, Duration::from_secs(120));
    let mut spool = desk.spool().expect("the spool");
    send_due(&desk, &desk.repo().expect("stories"), &mut spool, Sending::Unattended).expect("it runs")
}

fn message_ids(server: &MailServer) -> Vec<String> {
    let line = |bytes: Vec<u8>| {
        let text = String::from_utf8(bytes).expect("UTF-8");
        text.lines()
            .find(|l| l.starts_with("Message-ID: "))
            .expect("it has one")
            .to_owned()
    };
    server.log("mail").iter().map(|mail| line(content(mail))).collect()
}

/// Sends, and is killed by the server at its word.
fn killed(house: &TestHouse, server: &MailServer) {
    let mut command = house.command(BINARY);
    command
        .args(["letters", "send"])
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let mut child = command.spawn().expect("it runs");
    let (victim, ready) = (
        server.folder.path().join("log.victim"),
        server.folder.path().join("ready"),
    );
    std::fs::write(&ready, child.id().to_string()).expect("written");
    std::fs::rename(&ready, &victim).expect("moved");
    let status = child.wait().expect("it ends");
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(9));
}

fn events(house: &TestHouse) -> Vec<String> {
    let record = house.run(&["show", "marion", "--record", "--json"]).exits(0).json();
    let letters = record
        .as_array()
        .expect("events")
        .iter()
        .filter(|e| e["letter"] == "changes-requested");
    letters
        .map(|e| e["status"].as_str().expect("a status").to_owned())
        .collect()
}

#[test]
fn a_run_killed_between_the_servers_yes_and_the_record_sends_at_most_one_double() {
    let Some(python) = python() else { return };
    let server = MailServer::start(python, "plain", &[]);
    let house = house(&server);
    asked(&house, "kill-late@example.com");
    killed(&house, &server);
    assert_eq!(events(&house), ["claimed"]);
    for _ in 0..3 {
        house.run(&["letters", "send"]).exits(0);
    }
    let ids = message_ids(&server);
    assert_eq!(ids.len(), 2, "{ids:?}");
    assert_eq!(ids[0], ids[1]);
    assert_eq!(events(&house), ["claimed", "sent"]);
    assert!(house.files(".desk/letters").is_empty());
    house.fsck();
}

#[test]
fn a_run_killed_before_the_letter_was_taken_sends_it_once() {
    let Some(python) = python() else { return };
    let server = MailServer::start(python, "plain", &[]);
    let house = house(&server);
    asked(&house, "kill-early@example.com");
    killed(&house, &server);
    assert_eq!((events(&house).len(), server.log("mail").len()), (1, 0));
    for _ in 0..2 {
        house.run(&["letters", "send"]).exits(0);
    }
    assert_eq!(message_ids(&server).len(), 1);
    assert_eq!(events(&house), ["claimed", "sent"]);
}

#[test]
fn a_desk_that_lost_its_spool_sends_nothing_that_was_claimed() {
    let Some(python) = python() else { return };
    let server = MailServer::start(python, "plain", &[]);
    let house = house(&server);
    asked(&house, "kill-late@example.com");
    killed(&house, &server);
    std::fs::remove_dir_all(house.path(".desk")).expect("a lost spool");
    house.run(&["letters", "send"]).exits(0);
    assert_eq!(server.log("mail").len(), 1);
    let held = house.run(&["letters", "--json"]).exits(0).json()[0]["held"].to_string();
    assert!(held.contains("another desk"), "{held}");
}

#[test]
fn what_is_not_taken_now_is_tried_again_with_pauses_and_at_last_given_up() {
    let Some(python) = python() else { return };
    let server = MailServer::start(python, "plain", &[]);
    let house = house(&server);
    asked(&house, "later@example.com");
    let (minute, day) = (SignedDuration::from_mins(1), SignedDuration::from_hours(24));
    let tries = || server.log("rcpt").len();
    let run = unattended(&house, SignedDuration::ZERO);
    assert_eq!((run.count(Status::Later), tries()), (1, 1));
    for (later, tried) in [
        (minute * 5, 1),
        (minute * 20, 2),
        (minute * 50, 2),
        (minute * 90, 3),
        (day, 4),
    ] {
        let run = unattended(&house, later);
        assert_eq!(tries(), tried, "{later:?} {run:?}");
    }
    // a person does not wait
    assert!(house.run(&["letters", "send"]).exits(75).stderr.contains("greylisted"));
    assert_eq!(tries(), 5);
    // nor for ever
    let run = unattended(&house, day * 15);
    assert_eq!(
        (run.told.len(), run.count(Status::Failed), tries()),
        (1, 1, 5),
        "{run:?}"
    );
    assert_eq!(events(&house), ["claimed", "failed"]);
    assert!(
        house
            .run(&["letters"])
            .exits(0)
            .stdout
            .contains("could not be delivered in time")
    );
    assert!(house.files(".desk/letters").is_empty());
}

#[test]
fn a_refused_login_ends_with_4_whatever_sends_and_cron_tells_it_once_and_once_when_it_is_over() {
    let Some(python) = python() else { return };
    let server = MailServer::start(python, "plain", &["--auth"]);
    let house = house_with_login(&server);
    house.write("secret", "the wrong one");
    asked(&house, "marion@example.com");
    let refused = "refused the login";
    let sent = house.run(&["letters", "send"]);
    assert!(sent.exits(4).stderr.contains(refused), "{}", sent.stderr);
    let sent = house.run(&["letters", "send", "--json"]);
    assert!(sent.exits(4).stderr.contains(refused), "{}", sent.stderr);
    let first = house.run(&["-q", "cron"]);
    assert!(first.exits(4).stderr.contains(refused), "{}", first.stderr);
    for _ in 0..2 {
        let again = house.run(&["-q", "cron"]);
        assert_eq!((again.exits(4).stdout.as_str(), again.stderr.as_str()), ("", ""));
    }
    let doctor = house.run(&["doctor", "--json"]);
    let found = doctor.exits(4).json();
    let outbox = found.as_array().expect("parts").iter().find(|f| f["part"] == "outbox");
    assert_eq!(outbox.expect("the outbox")["exit"], 4, "{found}");
    for ran in [&sent, &first, &doctor] {
        assert!(
            !format!("{}{}", ran.stdout, ran.stderr).contains("the wrong one"),
            "{}",
            ran.command
        );
    }
    assert_eq!((server.log("mail").len(), server.log("rcpt").len()), (0, 0));
    assert_eq!(
        events(&house).len(),
        1,
        "claimed, and not failed: it is no fault of the letter's"
    );
    house.write("secret", "secret");
    let over = house.run(&["-q", "cron"]);
    assert!(over.exits(0).stderr.starts_with("Over: "), "{}", over.stderr);
    assert_eq!(house.run(&["-q", "cron"]).exits(0).stderr, "");
    house.run(&["doctor"]).exits(0);
    assert_eq!(server.log("mail").len(), 1);
    assert_eq!(events(&house), ["claimed", "sent"]);
}

#[test]
fn a_letter_refused_for_good_is_told_until_somebody_sees_to_it() {
    let Some(python) = python() else { return };
    let server = MailServer::start(python, "plain", &[]);
    let house = house(&server);
    asked(&house, "reject@example.com");
    house.run(&["letters", "send"]).exits(7);
    assert_eq!(events(&house), ["claimed", "failed"]);
    let told = |command: &[&str]| house.run(command).exits(0).stdout.clone();
    assert!(
        told(&["status"]).contains("1  letter that did not arrive"),
        "{}",
        told(&["status"])
    );
    assert!(
        told(&["letters"]).contains("Did not arrive: changes-requested"),
        "{}",
        told(&["letters"])
    );
    assert!(
        told(&["show", "marion"]).contains("did not arrive"),
        "{}",
        told(&["show", "marion"])
    );
    house.run(&["letters", "send"]).exits(0);
    assert_eq!(server.log("rcpt").len(), 1, "not tried again by itself");
    // with another address it leaves, under a new id
    house
        .run(&["letters", "again", "marion", "--to", "not an address"])
        .exits(2);
    house
        .run(&["letters", "again", "marion", "--to", "marion@example.com"])
        .exits(0);
    house.run(&["letters", "send"]).exits(0);
    assert_eq!(server.log("mail")[0]["to"][0], "marion@example.com");
    assert_eq!(server.log("mail")[0]["sender"], "stories@example.org");
    assert!(!told(&["status"]).contains("did not arrive"), "{}", told(&["status"]));
    assert!(
        !house.git(&["log", "-p", "main"]).contains("@example.com"),
        "no address is on main"
    );
}

#[test]
fn a_letter_that_waits_goes_to_the_address_that_a_person_gave_since() {
    let Some(python) = python() else { return };
    let server = MailServer::start(python, "plain", &[]);
    let house = house(&server);
    asked(&house, "later@example.com");
    house.run(&["letters", "send"]).exits(75);
    house
        .run(&["letters", "again", "marion", "--to", "ben@example.com"])
        .exits(0);
    house.run(&["letters", "send"]).exits(0);
    let mails = server.log("mail");
    assert_eq!((mails.len(), &mails[0]["to"][0]), (1, &"ben@example.com".into()));
    let letter = String::from_utf8(content(&mails[0])).expect("UTF-8");
    assert!(
        letter.contains("<ben@example.com>") && !letter.contains("later@"),
        "{letter}"
    );
    assert!(letter.contains("Which year was this?"), "{letter}");
    // the answer to it is known
    let id = message_ids(&server)[0].replace("Message-ID: ", "");
    let id = id.trim_matches(['<', '>']);
    assert!(!house.git(&["grep", "-F", id, "refs/desk/private"]).is_empty());
    house.run(&["letters", "send"]).exits(0);
    assert_eq!(server.log("mail").len(), 1);
    assert_eq!(events(&house).last().map(String::as_str), Some("sent"));
}

#[test]
fn a_letter_that_left_is_not_sent_again_because_the_record_cannot_be_written() {
    let Some(python) = python() else { return };
    let server = MailServer::start(python, "plain", &[]);
    let house = house(&server);
    asked(&house, "kill-late@example.com");
    killed(&house, &server);
    let lock = house.path("stories/.git/refs/heads/main.lock");
    std::fs::write(&lock, "").expect("another git holds the branch");
    for _ in 0..3 {
        let ran = house.run(&["letters", "send"]);
        assert_ne!(ran.code, 0, "{}", ran.stdout);
    }
    assert_eq!(message_ids(&server).len(), 2, "the one double of the kill, and no more");
    assert_eq!(events(&house), ["claimed"]);
    std::fs::remove_file(&lock).expect("it is there");
    house.run(&["letters", "send"]).exits(0);
    assert_eq!(message_ids(&server).len(), 2);
    assert_eq!(events(&house), ["claimed", "sent"]);
    assert!(house.files(".desk/letters").is_empty());
}

#[test]
fn a_connection_that_dies_after_the_letter_counts_as_not_sent_and_the_same_letter_goes_again() {
    let Some(python) = python() else { return };
    let server = MailServer::start(python, "plain", &[]);
    let house = house(&server);
    asked(&house, "drop@example.com");
    for _ in 0..2 {
        house.run(&["letters", "send"]).exits(75);
    }
    let ids = message_ids(&server);
    assert_eq!(ids.len(), 2);
    assert_eq!(ids[0], ids[1]);
    assert_eq!(events(&house), ["claimed"]);
}

#[test]
fn a_refusal_or_a_delay_of_one_letter_holds_up_no_other() {
    let Some(python) = python() else { return };
    let server = MailServer::start(python, "plain", &[]);
    let house = house(&server);
    for name in ["reject", "later", "later2", "ben"] {
        let date = now().strftime("%a, %d %b %Y %H:%M:%S +0000").to_string();
        let from = format!("{name} <{name}@example.com>");
        house.story(&mail(
            &from,
            &date,
            name,
            "We walked to the town hall with ninety cleaners and a kettle.",
        ));
    }
    let run = house.run(&["letters", "send", "--json"]);
    let lines = run.exits(7).json_lines();
    assert_eq!(
        lines.last().expect("a summary")["summary"],
        serde_json::json!({"sent": 1, "waiting": 2, "failed": 1})
    );
    assert_eq!(server.log("mail")[0]["to"][0], "ben@example.com");
}
