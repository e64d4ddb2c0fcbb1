//! Letters as an author and a reviewer get them, and what their answers do.

mod common;

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
    Desk::new(config, now + SignedDuration::from_hours(24 * days), Duration::ZERO)
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

/// The letters that left, the newest last.
fn left(house: &TestHouse) -> Vec<String> {
    house
        .files("letters")
        .iter()
        .map(|name| house.read(&format!("letters/{name}")))
        .collect()
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
    let quote = "On Mon, 23 Nov 2026 at 10:00, M4C Team <stories@example.org> wrote:\n> Nothing is published without your permission. To give it, please\n> reply to this mail with the words \"I agree\".";
    format!(
        "{head}From: {from}\nTo: stories@example.org\nDate: {}\nSubject: {subject}\nMessage-ID: <reply-{}@author.example>\n\
         In-Reply-To: {id}\nReferences: {references}\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n{words}\n\n{quote}\n",
        today(),
        words.len() + head.len() * 7 + from.len() * 31
    )
}

fn consent(house: &TestHouse) -> Value {
    house.run(&["consent", "marion", "--json"]).exits(0).json()["consent"].clone()
}

fn notes(house: &TestHouse) -> String {
    house.show("marion")["events"].to_string()
}

/// A story by a proven sender, thanked for: the letter.
fn received(house: &TestHouse) -> String {
    fetch(house, &[story_by(AUTHOR, "Tea with ninety cleaners", SIGNED)]);
    let run = unattended(house, 0);
    assert_eq!(run.count(Status::Sent), 1, "{run:?}");
    left(house).pop().expect("a letter")
}

#[test]
fn a_plain_yes_from_the_signed_address_that_was_asked_is_recorded_with_its_evidence() {
    let house = TestHouse::with_config(CONFIG);
    let letter = received(&house);
    assert_eq!(header(&letter, "To"), "\"Marion Maxwell\" <marion@author.example>");
    assert_eq!(header(&letter, "Auto-Submitted"), "auto-replied");
    assert!(
        letter.contains("\"I agree\"") && !letter.contains("ninety others"),
        "no echo of the mail"
    );

    let yes = reply(&letter, AUTHOR, SIGNED, "Yes, I agree.\n\nMarion");
    let said = fetch(&house, std::slice::from_ref(&yes));
    assert_eq!(said[0]["outcome"], "follow-up", "{said:?}");
    let consent = consent(&house);
    let evidence = consent["evidence"].as_str().expect("consent is recorded");
    for part in [
        "\"I agree\"",
        "received, version 1",
        "SHA-256",
        "dkim=pass author.example",
    ] {
        assert!(evidence.contains(part), "{evidence}");
    }
    assert_eq!(consent["by"], "m4c-stories");
    // one step: the mail and what it says
    let log = house.git(&["log", "-1", "--format=%s"]);
    assert!(log.contains("gives permission to publish"), "{log}");
    assert!(
        !house.git(&["log", "-p", "main"]).contains("marion@author.example"),
        "no address is on main"
    );
    // the same mail again is known
    assert_eq!(fetch(&house, &[yes])[0]["outcome"], "duplicate");
    house.run(&["approve", "marion"]).exits(0);
    assert_eq!(house.state("marion"), "approved");
    house.fsck();
}

#[test]
fn every_other_answer_is_for_a_person() {
    let forged = "Authentication-Results: mx.evil.example; dkim=pass header.d=author.example\n";
    let spf = "Authentication-Results: mx.example.org; spf=pass smtp.mailfrom=author.example\n";
    let elsewhere = "Authentication-Results: mx.example.org; dkim=pass header.d=bulk.example\n";
    for (from, head, words, told) in [
        (AUTHOR, SIGNED, "Yes, but without my name, please.", "no plain yes"),
        (AUTHOR, SIGNED, "Thank you for your letter!", "no plain yes"),
        (AUTHOR, SIGNED, "I agree if you change the street.", "no plain yes"),
        (AUTHOR, "", "I agree", "nothing proves who sent it"),
        (AUTHOR, forged, "I agree", "nothing proves who sent it"),
        (AUTHOR, spf, "I agree", "nothing proves who sent it"),
        (AUTHOR, elsewhere, "I agree", "nothing proves who sent it"),
    ] {
        let house = TestHouse::with_config(CONFIG);
        let letter = received(&house);
        fetch(&house, &[reply(&letter, from, head, words)]);
        assert_eq!(consent(&house), Value::Null, "{head}{words}");
        let notes = notes(&house);
        assert!(
            notes.contains(told) && notes.contains("consent marion-maxwell-"),
            "{words}: {notes}"
        );
        let status = house.run(&["status"]).exits(0).stdout.clone();
        assert!(status.contains("whose author wrote again"), "{status}");
        let shown = house.run(&["show", "marion"]).exits(0).stdout.clone();
        assert!(shown.contains(told), "{shown}");
    }
    // from somebody else it is no answer at all
    let house = TestHouse::with_config(CONFIG);
    let letter = received(&house);
    let other = reply(&letter, "Eve <eve@author.example>", SIGNED, "I agree");
    assert_eq!(fetch(&house, &[other])[0]["outcome"], "new");
    assert_eq!(consent(&house), Value::Null);
}

#[test]
fn an_answer_to_another_letter_or_after_a_revocation_is_no_consent() {
    let house = TestHouse::with_config(CONFIG);
    received(&house);
    house
        .run(&["write", "marion", "-m", "May we leave the last line out?"])
        .exits(0);
    house.run(&["letters", "send"]).exits(0);
    let question = left(&house)
        .into_iter()
        .find(|l| l.contains("last line out"))
        .expect("a letter");
    assert!(
        header(&question, "References").contains("m4c."),
        "it stands in the thread"
    );
    fetch(&house, &[reply(&question, AUTHOR, SIGNED, "I agree")]);
    assert_eq!(consent(&house), Value::Null);
    assert!(!notes(&house).contains("plain yes"), "{}", notes(&house));

    let house = TestHouse::with_config(CONFIG);
    let letter = received(&house);
    for what in ["--grant", "--revoke"] {
        house
            .run(&["consent", "marion", what, "--evidence", "by phone"])
            .exits(0);
    }
    fetch(&house, &[reply(&letter, AUTHOR, SIGNED, "I agree")]);
    assert_eq!(consent(&house), Value::Null);
    assert!(notes(&house).contains("taken back"), "{}", notes(&house));
    // asked anew, and only in the template's words
    house.run(&["write", "marion", "--consent"]).exits(0);
    house.run(&["letters", "send"]).exits(0);
    let asked = left(&house)
        .into_iter()
        .find(|l| header(l, "Auto-Submitted") == "auto-generated");
    fetch(&house, &[reply(&asked.expect("a letter"), AUTHOR, SIGNED, "I agree!")]);
    assert!(
        consent(&house)["evidence"].to_string().contains("question, version 1"),
        "{}",
        consent(&house)
    );
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
