//! What an author's answer to "may we publish it?" does.

use serde_json::Value;

use super::common::TestHouse;
use super::*;

fn consent(house: &TestHouse) -> Value {
    house.run(&["consent", "marion", "--json"]).exits(0).json()["consent"].clone()
}

fn notes(house: &TestHouse) -> String {
    house.show("marion")["events"].to_string()
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

const PASSED_ON: &str = "---------- Forwarded message ---------\nFrom: Eve <eve@author.example>\n\
                         Date: Sun, 5 Dec 2010 09:00:00 +0000\nSubject: Re: Nights\nTo: Marion <marion@author.example>\n\nI agree";

#[test]
fn every_other_answer_is_for_a_person() {
    let forged = "Authentication-Results: mx.evil.example; dkim=pass header.d=author.example\n";
    let spf = "Authentication-Results: mx.example.org; spf=pass smtp.mailfrom=author.example\n";
    let elsewhere = "Authentication-Results: mx.example.org; dkim=pass header.d=bulk.example\n";
    for (from, head, words, told) in [
        (AUTHOR, SIGNED, "Yes, but without my name, please.", "with a condition"),
        (AUTHOR, SIGNED, "Thank you for your letter!", "no plain yes"),
        (AUTHOR, SIGNED, "I agree if you change the street.", "with a condition"),
        (AUTHOR, "", "I agree", "nothing proves who sent it"),
        (AUTHOR, forged, "I agree", "nothing proves who sent it"),
        (AUTHOR, spf, "I agree", "nothing proves who sent it"),
        (AUTHOR, elsewhere, "I agree", "nothing proves who sent it"),
        // another's words, which its sender only passes on
        (AUTHOR, SIGNED, PASSED_ON, "it is a forward"),
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
