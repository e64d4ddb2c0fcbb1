//! Letters that come back.

use super::common::TestHouse;
use super::*;

/// As Postfix reports a letter: what it says, and the letter's header.
fn report(letter: &str, action: &str, status: &str) -> String {
    let head = letter
        .split("\r\n\r\n")
        .next()
        .unwrap_or_default()
        .replace("\r\n", "\n");
    format!(
        "Return-Path: <>\nFrom: MAILER-DAEMON@mx.example.net (Mail Delivery System)\nTo: stories@example.org\nDate: {}\n\
         Subject: Undelivered Mail Returned to Sender\nAuto-Submitted: auto-replied\nMessage-ID: <report-{action}-{status}@mx.example.net>\n\
         MIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\n\n--b\n\
         Content-Type: text/plain\n\nI'm sorry.\n\n--b\nContent-Type: message/delivery-status\n\n\
         Reporting-MTA: dns; mx.example.net\n\nFinal-Recipient: rfc822; marion@author.example\nAction: {action}\nStatus: {status}\n\
         Diagnostic-Code: smtp; 550 5.1.1 <marion@author.example>: no such user\n\n--b\n\
         Content-Type: text/rfc822-headers\n\n{head}\n\n--b--\n",
        today()
    )
}

/// Marion's story with changes asked for, the letter sent.
fn asked(house: &TestHouse) -> String {
    fetch(house, &[story_by(AUTHOR, "Tea", SIGNED)]);
    house.run(&["letters", "drop", "marion"]).exits(0);
    house
        .run(&["request-changes", "marion", "-m", "Which year was this?"])
        .exits(0);
    assert_eq!(unattended(house, 0).count(Status::Sent), 1);
    left(house).pop().expect("a letter")
}

fn statuses(house: &TestHouse) -> Vec<String> {
    let events = house.events("marion");
    let letters = events.iter().filter(|e| e["letter"] == "changes-requested");
    letters
        .map(|e| e["status"].as_str().unwrap_or_default().to_owned())
        .collect()
}

#[test]
fn a_bounce_finds_its_letter_and_its_address_gets_nothing_more_until_a_person_says_so() {
    let house = TestHouse::with_config(CONFIG);
    let letter = asked(&house);
    let bounce = report(&letter, "failed", "5.1.1");
    let said = fetch(&house, std::slice::from_ref(&bounce));
    assert_eq!(
        (&said[0]["outcome"], &said[0]["rule"]),
        (&"set-aside".into(), &"bounce".into())
    );
    assert_eq!(statuses(&house), ["claimed", "sent", "failed"]);
    // again, it changes nothing
    let before = house.git(&["rev-parse", "main"]);
    assert_eq!(fetch(&house, &[bounce])[0]["outcome"], "duplicate");
    assert_eq!(house.git(&["rev-parse", "main"]), before);

    let told = |command: &[&str]| house.run(command).exits(0).stdout.clone();
    assert!(
        told(&["status"]).contains("1  letter that did not arrive"),
        "{}",
        told(&["status"])
    );
    assert!(
        told(&["letters"]).contains("it came back (5.1.1)"),
        "{}",
        told(&["letters"])
    );
    assert!(
        told(&["show", "marion"]).contains("it came back (5.1.1)"),
        "{}",
        told(&["show", "marion"])
    );

    // neither about this story nor about another
    house.run(&["write", "marion", "-m", "Are you there?"]).exits(0);
    fetch(&house, &[story_by(AUTHOR, "Second", SIGNED)]);
    let run = unattended(&house, 1);
    assert_eq!((run.count(Status::Sent), run.count(Status::Waiting)), (0, 2), "{run:?}");
    let all = house.run(&["letters", "--json"]).exits(0).json();
    let ids: Vec<&str> = all
        .as_array()
        .expect("letters")
        .iter()
        .map(|l| l["id"].as_str().expect("an id"))
        .collect();
    house.run(&[&["letters", "send"][..], &ids].concat()).exits(0);
    assert_eq!(left(&house).len(), 1, "not even by name");

    let first = house.run(&["list", "--json", "--all"]).exits(0).json();
    let first = first
        .as_array()
        .expect("stories")
        .iter()
        .find(|s| s["state"] == "changes-requested");
    let first = first.expect("it is there")["id"].as_str().expect("an id").to_owned();
    house.run(&["letters", "again", &first]).exits(0);
    let run = unattended(&house, 1);
    assert_eq!(
        run.count(Status::Sent),
        3,
        "the one that failed, and the two that waited: {run:?}"
    );
    assert_eq!(unattended(&house, 1).told.len(), 0);
    assert!(
        !house.git(&["log", "-p", "main"]).contains("author.example>"),
        "no address is on main"
    );
    house.fsck();
}

#[test]
fn another_address_is_told_with_what_waits_for_it_and_one_without_a_dot_is_none() {
    let house = TestHouse::with_config(CONFIG);
    fetch(&house, &[story_by(AUTHOR, "Tea", SIGNED)]);
    house.run(&["letters", "drop", "marion"]).exits(0);
    let again = |to: &str| house.run(&["letters", "again", "marion", "--to", to]);

    let before = house.git(&["rev-parse", "main", "refs/desk/private"]);
    for to in [
        "a@b",
        "a@b.",
        "a@.b",
        "marion",
        "marion@",
        "Marion <marion@example.org>",
    ] {
        let error = again(to).exits(2).stderr.clone();
        assert!(error.contains("is no address") && error.contains("Hint:"), "{error}");
    }
    assert_eq!(house.git(&["rev-parse", "main", "refs/desk/private"]), before);

    // what was dropped does not go out again
    let said = again("marion@example.org");
    assert_eq!(
        said.exits(0).stdout,
        "Letters about Future Leader Stories: Marion Maxwell go to marion@example.org from now on, and no letter about it waits.\n"
    );
    assert!(
        said.stderr.contains("The letter \"received\" was dropped on") && said.stderr.contains("writes to its author"),
        "{}",
        said.stderr
    );

    house.run(&["write", "marion", "-m", "Are you there?"]).exits(0);
    let said = again("m.maxwell@example.org");
    assert_eq!(
        (said.exits(0).stdout.as_str(), said.stderr.as_str()),
        (
            "Letters about Future Leader Stories: Marion Maxwell go to m.maxwell@example.org from now on.\n",
            ""
        )
    );
    house.run(&["letters", "send", "marion"]).exits(0);
    assert_eq!(
        header(&left(&house)[0], "To"),
        "\"Marion Maxwell\" <m.maxwell@example.org>"
    );
    let on_main = house.git(&["log", "-p", "main"]);
    assert!(
        !on_main.contains("maxwell@") && !on_main.contains("marion@"),
        "no address is on main"
    );
}

#[test]
fn a_bounce_that_a_crash_left_half_done_is_linked_by_the_next_run() {
    let house = TestHouse::with_config(CONFIG);
    let bounce = report(&asked(&house), "failed", "5.1.1");
    fetch(&house, std::slice::from_ref(&bounce));
    // killed after the mail was put aside and before the branch moved
    house.git(&["reset", "-q", "--hard", "HEAD~1"]);
    assert_eq!(statuses(&house), ["claimed", "sent"]);
    assert_eq!(fetch(&house, &[bounce])[0]["outcome"], "duplicate");
    assert_eq!(statuses(&house), ["claimed", "sent", "failed"]);
}

#[test]
fn what_is_no_failure_for_good_marks_no_address() {
    let delayed = |letter: &str| report(letter, "delayed", "4.4.1");
    let receipt = |letter: &str| report(letter, "delivered", "2.0.0");
    let busy = |letter: &str| report(letter, "failed", "4.2.2");
    // somebody who knows the digits of a story, which are public, and not the random part
    let forged = |letter: &str| {
        let id = header(letter, "Message-ID");
        let random = id
            .split('.')
            .nth(2)
            .expect("the random part")
            .split('@')
            .next()
            .expect("it ends")
            .to_owned();
        report(&letter.replace(&random, &"0".repeat(32)), "failed", "5.1.1")
    };
    // qmail writes no report, and quotes the letter
    let qmail = |letter: &str| {
        let id = header(letter, "Message-ID");
        let date = today();
        format!(
            "Return-Path: <>\nFrom: MAILER-DAEMON@mx.example.net\nTo: stories@example.org\nDate: {date}\nSubject: failure notice\nMessage-ID: <q@mx.example.net>\n\nHi. This is the qmail-send program.\nI'm afraid I wasn't able to deliver your message.\n\n<marion@author.example>:\nno mailbox here by that name\n\n--- Below this line is a copy of the message.\n\nMessage-ID: {id}\nSubject: Re: Tea\n"
        )
    };
    let warning =
        |letter: &str| qmail(letter).replace("Subject: failure notice", "Subject: Warning: message delayed 24 hours");
    type Mail<'a> = &'a dyn Fn(&str) -> String;
    let cases: [(Mail, bool, bool); 6] = [
        (&delayed, false, false),
        (&receipt, false, false),
        (&busy, true, false),
        (&forged, false, false),
        (&qmail, true, true),
        (&warning, false, false),
    ];
    for (place, (mail, failed, marked)) in cases.into_iter().enumerate() {
        let house = TestHouse::with_config(CONFIG);
        let letter = asked(&house);
        let said = fetch(&house, &[mail(&letter)]);
        assert_eq!(said[0]["outcome"], "set-aside", "{place}: {said:?}");
        assert_eq!(statuses(&house).contains(&"failed".to_owned()), failed, "{place}");
        house.run(&["write", "marion", "-m", "Are you there?"]).exits(0);
        assert_eq!(
            unattended(&house, 0).count(Status::Waiting),
            usize::from(marked),
            "{place}"
        );
    }
}
