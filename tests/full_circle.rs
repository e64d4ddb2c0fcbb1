//! The whole way, with real servers: an author's mail goes in by SMTP, is fetched by IMAP, becomes a story and is published,
//! and the author's mailbox holds the letters that tell so.

mod common;
#[path = "common/servers.rs"]
mod servers;

use std::fs;

use common::{TestHouse, mail};
use mail_parser::{HeaderValue, Message, MessageParser};
use servers::{Dovecot, Smtpd};

fn config(dovecot: &Dovecot, tls: &str) -> String {
    let (imap, smtp) = match tls {
        "implicit" => (dovecot.imaps, dovecot.submissions),
        _ => (dovecot.imap, dovecot.submission),
    };
    format!(
        r#"
[team]
name = "M4C Team"
timezone = "UTC"

[[inbox]]
name = "blog"
kind = "imap"
host = "localhost"
port = {imap}
tls = "{tls}"
ca_file = "ca.pem"
user = "blog"
password_command = ["cat", "secret"]
after = {{ new = "move:Stories", follow-up = "move:Stories", set-aside = "flag" }}

[review]
own_text = true

[spool]
path = ".desk"

[letters]
# nobody answers there
wait_live = "never"

[outbox]
kind = "smtp"
host = "localhost"
port = {smtp}
tls = "{tls}"
ca_file = "ca.pem"
user = "blog"
password_command = ["cat", "secret"]
from = "M4C Team <blog@example.org>"

[[target]]
name = "site"
kind = "folder"
path = "site/content/stories"
engine = "hugo"
url = "https://blog.example.org/stories/"
"#
    )
}

/// The ids in a header, whether it is one or a list.
fn ids(mail: &Message, name: &str) -> Vec<String> {
    match mail.header(name) {
        Some(HeaderValue::Text(one)) => vec![one.to_string()],
        Some(HeaderValue::TextList(list)) => list.iter().map(ToString::to_string).collect(),
        _ => Vec::new(),
    }
}

fn raw_header<'a>(mail: &'a Message, name: &'static str) -> &'a str {
    mail.header_raw(name).unwrap_or_default().trim()
}

/// As in a `Date` header.
fn now() -> String {
    #[allow(clippy::disallowed_methods, reason = "a mail of long ago is not answered")]
    let now = jiff::Timestamp::now();
    jiff::fmt::rfc2822::DateTimePrinter::new()
        .timestamp_to_string(&now)
        .unwrap()
}

/// `letters send`: how many left.
#[track_caller]
fn send(house: &TestHouse, smtpd: &Smtpd, count: u64) {
    let ran = house.run(&["letters", "send", "--json"]);
    let last = ran.exits(0).json_lines().pop().expect("a summary");
    assert_eq!(
        last["summary"]["sent"],
        count,
        "{}{}\n{}",
        ran.stdout,
        ran.stderr,
        smtpd.log()
    );
}

fn around(tls: &str) {
    let Some(dovecot) = Dovecot::start() else { return };
    let Some(smtpd) = Smtpd::start(&dovecot) else { return };
    let house = TestHouse::with_config(&config(&dovecot, tls));
    fs::copy(dovecot.ca_file(), house.path("ca.pem")).unwrap();
    house.write("secret", servers::PASSWORD);

    let text = "I clean at the hospital, on nights, and so do about ninety others. I asked each of them one question.\n\n\
                In November the trust agreed that the next contract will pay the living wage.\n.\n..\nMarion";
    let story_mail = mail(
        "Marion Maxwell <marion@example.org>",
        &now(),
        "Tea with ninety cleaners",
        text,
    );
    smtpd.hand_in("marion@example.org", "blog@example.org", &story_mail);
    dovecot.wait_for("blog", 1);

    let lines = house.run(&["fetch", "--json"]).exits(0).json_lines();
    let id = lines[0]["story"].as_str().expect("a story").to_owned();
    assert_eq!(house.state(&id), "draft");
    assert!(house.read(&format!("stories/{id}/index.md")).contains("living wage"));
    assert!(dovecot.mails("blog").is_empty());
    assert_eq!(dovecot.files("blog/.Stories/cur").len(), 1);

    // Lines that mean something to a mail server are words to it.
    house.write("editor", "#!/bin/sh\nprintf '\\n.\\n..\\nQUIT\\nFrom us\\n' >>\"$1\"\n");
    fs::set_permissions(
        house.path("editor"),
        std::os::unix::fs::PermissionsExt::from_mode(0o755),
    )
    .unwrap();
    let edited = house
        .command(common::BINARY)
        .args(["letters", "edit", &id])
        .env("EDITOR", house.path("editor"))
        .status();
    assert!(edited.unwrap().success());
    send(&house, &smtpd, 1);
    let received = dovecot.wait_for("marion", 1).remove(0);
    house
        .run(&["consent", &id, "--grant", "--evidence", "said yes by phone"])
        .exits(0);
    house.run(&["approve", &id]).exits(0);
    house.run(&["publish"]).exits(0);
    send(&house, &smtpd, 1);
    let letters = dovecot.wait_for("marion", 2);
    // Nothing is sent twice, and to nobody else.
    send(&house, &smtpd, 0);
    assert_eq!(dovecot.mails("marion").len(), 2);
    assert!(dovecot.mails("team").is_empty() && dovecot.mails("ben").is_empty());

    let published = letters
        .iter()
        .find(|letter| **letter != received)
        .expect("another letter");
    let mut message_ids = Vec::new();
    for (letter, automatic, words) in [
        (&received, true, "\n.\n..\nQUIT\nFrom us"),
        (published, false, "https://blog.example.org/stories/"),
    ] {
        let parsed = MessageParser::new().parse(letter.as_slice()).unwrap();
        assert_eq!(ids(&parsed, "In-Reply-To"), ["Teawithninetycleaners@example.org"]);
        assert!(ids(&parsed, "References").contains(&"Teawithninetycleaners@example.org".to_owned()));
        let to = parsed.to().unwrap();
        assert_eq!(
            (to.iter().count(), to.first().unwrap().address()),
            (1, Some("marion@example.org"))
        );
        assert!(parsed.cc().is_none() && parsed.bcc().is_none());
        assert!(
            raw_header(&parsed, "Auto-Submitted").starts_with("auto-"),
            "{}",
            raw_header(&parsed, "Auto-Submitted")
        );
        let back = raw_header(&parsed, "Return-Path");
        assert_eq!(back, if automatic { "<>" } else { "<blog@example.org>" });
        let text = parsed.body_text(0).unwrap().replace("\r\n", "\n");
        assert!(text.contains(words), "{text}");
        // What an unauthenticated sender wrote is not sent on.
        assert!(!text.contains("ninety others"));
        message_ids.push(parsed.message_id().unwrap().to_owned());
    }
    assert_ne!(message_ids[0], message_ids[1]);
    assert_eq!(smtpd.log().matches("to=<marion@example.org>\n").count(), 2);

    // An answer to our letter, that names nothing but it, finds the story.
    let answer = mail(
        "Marion Maxwell <marion@example.org>",
        &now(),
        "thank you",
        "Thank you! One more thing: the caretakers have joined us.",
    )
    .replace(
        "MIME-Version",
        &format!("In-Reply-To: <{}>\nMIME-Version", message_ids[1]),
    );
    smtpd.hand_in("marion@example.org", "blog@example.org", &answer);
    dovecot.wait_for("blog", 1);
    let lines = house.run(&["fetch", "--json"]).exits(0).json_lines();
    assert_eq!(
        (&lines[0]["outcome"], &lines[0]["story"]),
        (&"follow-up".into(), &id.as_str().into()),
        "{lines:?}"
    );
    send(&house, &smtpd, 0);
    // Our own letter, sent back to us, is no story and is not answered.
    let back = String::from_utf8(published.clone()).unwrap();
    smtpd.hand_in("marion@example.org", "blog@example.org", &back);
    dovecot.wait_for("blog", 1);
    let lines = house.run(&["fetch", "--json"]).exits(0).json_lines();
    assert_eq!(lines[0]["outcome"], "set-aside", "{lines:?}");
    send(&house, &smtpd, 0);
    assert!(dovecot.mails("marion").len() <= 3);
    house.fsck();
}

#[test]
fn an_author_gets_the_letters_of_their_story_over_tls() {
    around("implicit");
}

#[test]
fn an_author_gets_the_letters_of_their_story_over_starttls() {
    around("starttls");
}

/// The only door to the desk that a reviewer has is their mailbox.
#[test]
fn a_reviewer_decides_from_their_mailbox() {
    let Some(dovecot) = Dovecot::start() else { return };
    let Some(smtpd) = Smtpd::start(&dovecot) else { return };
    let config = config(&dovecot, "implicit")
        .replace(
            "timezone = \"UTC\"",
            "timezone = \"UTC\"\nmembers = [{ name = \"Ben Okri\", email = \"ben@example.org\", roles = [\"reviewer\"] }]",
        )
        .replace("[letters]", "[letters]\nteam = [\"new-story\"]")
        .replace("user = \"blog\"\npassword_command = [\"cat\", \"secret\"]\nafter", "user = \"blog\"\ntrusted_authserv = \"mx.example.org\"\npassword_command = [\"cat\", \"secret\"]\nafter")
        .replace("own_text = true", "by_mail = true");
    let house = TestHouse::with_config(&config);
    fs::copy(dovecot.ca_file(), house.path("ca.pem")).unwrap();
    house.write("secret", servers::PASSWORD);
    let story_mail = mail(
        "Marion Maxwell <marion@example.org>",
        &now(),
        "Zo\u{eb} and ninety cleaners, and what each of them said when I asked her one question in the street at night",
        "I clean at the hospital, on nights, and so do about ninety others.\n\nMarion",
    );
    smtpd.hand_in("marion@example.org", "blog@example.org", &story_mail);
    dovecot.wait_for("blog", 1);
    let lines = house.run(&["fetch", "--json"]).exits(0).json_lines();
    let id = lines[0]["story"].as_str().expect("a story").to_owned();
    // nothing proves who the author is, so their answer waits for a person
    send(&house, &smtpd, 1);

    let letter = dovecot.wait_for("ben", 1).remove(0);
    let letter = MessageParser::new().parse(letter.as_slice()).unwrap();
    let subject = letter.subject().expect("a subject").to_owned();
    assert!(subject.ends_with(']') && subject.contains(" [m4c:"), "{subject}");
    assert!(letter.body_text(0).unwrap().contains("ninety others"));
    let html = letter.body_html(0).unwrap();
    assert!(html.contains("<p>I clean at the hospital"), "{html}");
    // what the receiving server writes on top of a mail that Ben's server has signed
    let answer = |text: &str| {
        let answer = mail("Ben Okri <ben@example.org>", &now(), "x", text)
            .replace("Subject: x", &format!("Subject: Re: {subject}"))
            .replace("<x@example.org>", &format!("<{}@example.org>", text.len()))
            .replace(
                "MIME-Version",
                &format!("In-Reply-To: <{}>\nMIME-Version", letter.message_id().unwrap()),
            );
        format!("Authentication-Results: mx.example.org; dkim=pass header.d=example.org\n{answer}")
    };
    smtpd.hand_in("ben@example.org", "blog@example.org", &answer("Approve.\n\nBen"));
    dovecot.wait_for("blog", 1);
    let lines = house.run(&["fetch", "--json"]).exits(0).json_lines();
    assert_eq!(
        (&lines[0]["outcome"], &lines[0]["story"]),
        (&"decision".into(), &id.as_str().into()),
        "{lines:?}"
    );
    assert_eq!(house.state(&id), "approved");
    assert_eq!(dovecot.files("blog/.Stories/cur").len(), 2);

    // once more with the same code: told why, and no more
    smtpd.hand_in(
        "ben@example.org",
        "blog@example.org",
        &answer("reject: I was too quick"),
    );
    dovecot.wait_for("blog", 1);
    let lines = house.run(&["fetch", "--json"]).exits(0).json_lines();
    assert_eq!(lines[0]["rule"], "decision-refused", "{lines:?}");
    assert_eq!(house.state(&id), "approved");
    send(&house, &smtpd, 1);
    let told = dovecot.wait_for("ben", 2);
    assert!(
        told.iter()
            .any(|mail| String::from_utf8_lossy(mail).contains("used already"))
    );
    house.run(&["verify"]).exits(0);
    house.fsck();
}
