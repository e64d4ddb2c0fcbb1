//! Letters as an author and a reviewer get them, and what their answers do.

mod alarm;
mod bounced;
mod claims;
#[path = "../common/mod.rs"]
mod common;
mod consent;
#[path = "../sync/desks.rs"]
#[allow(dead_code, reason = "of the desks no more than two and their remote")]
mod desks;
mod late;
mod live;
mod quoted;
mod site;
mod team;
mod wishes;

use std::time::Duration;

use common::{TestHouse, mail};
use jiff::{SignedDuration, Timestamp};
use m4c_stories::config::Config;
use m4c_stories::desk::Desk;
use m4c_stories::desk::letters::{Run, Sending, Status, send_due};
use serde_json::Value;

const CONFIG: &str = r#"
[team]
members = [
  { name = "Robin Reviewer", email = "robin@example.org", roles = ["reviewer", "publisher"] },
  { name = "Ada Reader", email = "ada@example.org", roles = ["reviewer"] },
  { name = "Pat Publisher", email = "pat@example.org", roles = ["publisher"] },
]

[[inbox]]
name = "test"
kind = "mbox"
path = "mail.mbox"
trusted_authserv = "mx.example.org"

[spool]
path = ".desk"

[outbox]
kind = "folder"
path = "letters"
from = "M4C Team <stories@example.org>"
"#;

/// A desk some days from now, in this process: what `cron` would be there.
fn desk(house: &TestHouse, days: i64) -> Desk {
    let config = Config::load(None, &house.path(""), |_| None).expect("the config");
    #[allow(clippy::disallowed_methods, reason = "the mails of these tests are of today")]
    let now = Timestamp::now();
    Desk::new(
        config,
        now + SignedDuration::from_hours(24 * days),
        Duration::from_secs(120),
    )
}

fn unattended(house: &TestHouse, days: i64) -> Run {
    let desk = desk(house, days);
    let mut spool = desk.spool().expect("the spool");
    send_due(&desk, &desk.repo().expect("stories"), &mut spool, Sending::Unattended).expect("it runs")
}

/// Today, as mail has it.
fn today() -> String {
    #[allow(clippy::disallowed_methods, reason = "a mail of long ago is not answered")]
    let now = Timestamp::now();
    now.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string()
}

const AUTHOR: &str = "Marion Maxwell <marion@author.example>";

fn story_by(from: &str, subject: &str, head: &str) -> String {
    let text = "I clean at the hospital, on nights, and so do about ninety others. I asked each of them one question.";
    mail(from, &today(), subject, text).replacen("MIME-Version", &format!("{head}MIME-Version"), 1)
}

const SIGNED: &str = "Authentication-Results: mx.example.org; dkim=pass header.d=author.example; spf=pass smtp.mailfrom=author.example\n";

/// Takes these mails in and gives the lines that fetch says.
fn fetch(house: &TestHouse, mails: &[String]) -> Vec<Value> {
    house.arrive(mails);
    house.run(&["fetch", "--json"]).exits(0).json_lines()
}

/// The letters that left, the newest last, with the soft line ends of quoted-printable taken out.
fn left(house: &TestHouse) -> Vec<String> {
    let read = |name: &String| house.read(&format!("letters/{name}")).replace("=\r\n", "");
    house.files("letters").iter().map(read).collect()
}

fn header(letter: &str, name: &str) -> String {
    let head = letter.split("\r\n\r\n").next().unwrap_or_default();
    let lines = head.replace("\r\n ", " ");
    let line = lines.lines().find_map(|l| l.strip_prefix(&format!("{name}: ")));
    line.unwrap_or_default().trim().to_owned()
}

/// A reply to a letter: its subject and ids, with its words quoted below.
fn reply(letter: &str, from: &str, head: &str, words: &str) -> String {
    let id = header(letter, "Message-ID");
    let subject = header(letter, "Subject");
    let references = format!("{} {id}", header(letter, "References"));
    let asks = "> Nothing is published without your permission. To give it, please\n> reply to this mail with the words \"I agree\".";
    let shows = "> If it is right, please reply to this mail with the\n> words \"I agree\".";
    let theirs = if letter.contains("If it is right, please") {
        shows
    } else {
        asks
    };
    let quote = format!("On Mon, 23 Nov 2026 at 10:00, M4C Team <stories@example.org> wrote:\n{theirs}");
    format!(
        "{head}From: {from}\nTo: stories@example.org\nDate: {}\nSubject: {subject}\nMessage-ID: <reply-{}@author.example>\n\
         In-Reply-To: {id}\nReferences: {references}\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n{words}\n\n{quote}\n",
        today(),
        words.len() + head.len() * 7 + from.len() * 31
    )
}

/// A story by a proven sender, thanked for: the letter.
fn received(house: &TestHouse) -> String {
    fetch(house, &[story_by(AUTHOR, "Tea with ninety cleaners", SIGNED)]);
    let run = unattended(house, 0);
    assert_eq!(run.count(Status::Sent), 1, "{run:?}");
    left(house).pop().expect("a letter")
}

#[test]
fn an_automatic_answer_leaves_by_itself_only_to_a_proven_sender() {
    let house = TestHouse::with_config(CONFIG);
    fetch(&house, &[story_by(AUTHOR, "Tea", "")]);
    let held = |house: &TestHouse| house.run(&["letters", "--json"]).exits(0).json()[0]["held"].to_string();
    assert!(held(&house).contains("not proven"), "{}", held(&house));
    assert_eq!(unattended(&house, 0).count(Status::Sent), 0);
    // nor among the others that a person sends, but when it is named
    house.run(&["letters", "send"]).exits(0);
    assert!(left(&house).is_empty());
    house.run(&["letters", "send", "marion"]).exits(0);
    assert_eq!(left(&house).len(), 1);

    // where no server is trusted, a person sends them all
    let house = TestHouse::with_config(&CONFIG.replace("trusted_authserv = \"mx.example.org\"\n", ""));
    fetch(&house, &[story_by(AUTHOR, "Tea", SIGNED)]);
    assert_eq!(unattended(&house, 0).count(Status::Sent), 0);
    house.run(&["letters", "send"]).exits(0);
    assert_eq!(left(&house).len(), 1);
}

#[test]
fn a_decision_leaves_by_itself_and_an_answer_goes_to_one_address_that_is_no_strangers() {
    let house = TestHouse::with_config(CONFIG);
    let head = "Reply-To: victim@elsewhere.example, other@elsewhere.example\n";
    fetch(&house, &[story_by(AUTHOR, "Tea", head)]);
    house
        .run(&["request-changes", "marion", "-m", "Which year was this?"])
        .exits(0);
    let run = unattended(&house, 0);
    assert_eq!(run.count(Status::Sent), 1, "{run:?}");
    let letters = left(&house);
    assert_eq!(header(&letters[0], "To"), "\"Marion Maxwell\" <marion@author.example>");
    assert!(!letters[0].contains("elsewhere.example"), "{}", letters[0]);
    let shown = house.run(&["show", "marion"]).exits(0).stdout.clone();
    assert!(
        shown.contains("Answers to   marion@author.example, and not to victim@elsewhere.example"),
        "{shown}"
    );
}

#[test]
fn a_thousand_forged_mails_get_at_most_one_answer_an_address_and_so_many_a_run() {
    let house = TestHouse::with_config(&CONFIG.replace("[outbox]", "[letters]\nper_run = 5\n\n[outbox]"));
    let many: Vec<String> = (0..30)
        .map(|i| story_by(AUTHOR, &format!("Story {i}"), SIGNED))
        .collect();
    let others = (0..8).map(|i| story_by(&format!("A{i} <a{i}@author.example>"), &format!("Other {i}"), SIGNED));
    fetch(&house, &many.into_iter().chain(others).collect::<Vec<_>>());
    let first = unattended(&house, 0);
    assert_eq!(first.count(Status::Sent), 5);
    assert_eq!(
        unattended(&house, 0).count(Status::Sent),
        4,
        "eight others and one to Marion"
    );
    assert_eq!(unattended(&house, 0).count(Status::Sent), 0);
    let to_marion = left(&house)
        .iter()
        .filter(|l| header(l, "To").contains("marion@"))
        .count();
    assert_eq!(to_marion, 1);
    assert_eq!(unattended(&house, 1).count(Status::Sent), 1, "the next day one more");
}
