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

const NOTICE: &str = "This email and any attachments are confidential and may be legally privileged. If you have received it in error, please \
    notify the sender immediately and delete it from your system.";

/// A house whose author has a signature and whose company puts a notice under each of her mails, and our letter to her.
fn with_a_foot() -> (TestHouse, String) {
    let house = TestHouse::with_config(CONFIG);
    let first = story_by(AUTHOR, "Tea with ninety cleaners", SIGNED);
    let foot = format!("-- \nMarion Maxwell\nCleaner, Elm Hospital\n\n{NOTICE}");
    fetch(&house, &[format!("{}\n\n{foot}\n", first.trim_end())]);
    assert_eq!(unattended(&house, 0).count(Status::Sent), 1);
    let letter = left(&house).pop().expect("a letter");
    (house, letter)
}

#[test]
fn what_was_cut_beside_a_yes_may_be_its_authors_word_unless_it_is_known() {
    let (house, letter) = with_a_foot();
    let heard = |words: &str| {
        let house = house.copied();
        fetch(&house, &[reply(&letter, AUTHOR, SIGNED, words)]);
        (consent(&house) != Value::Null, house)
    };
    for foot in [
        "Marion Maxwell\n\n-- \nMarion Maxwell\n07700 900111",
        "Marion\n\nSent from my iPhone",
        "-- \nMarion Maxwell\nCleaner, Elm Hospital",
        &format!("Marion Maxwell\n\n{NOTICE}"),
        &format!("-- \nMarion Maxwell\nCleaner, Elm Hospital\n\n{NOTICE}"),
    ] {
        assert!(heard(&format!("I agree\n\n{foot}")).0, "{foot}");
    }
    let front = "Please do not publish before the tribunal.";
    for (foot, wish) in [
        (
            "-- \nMarion Maxwell\nPlease leave out the surname.",
            "leave out the surname",
        ),
        (
            "Sent from my iPhone\nPlease put the spelling right first.",
            "spelling right first",
        ),
        (
            "Sent from my iPhone - please don't publish my surname",
            "publish my surname",
        ),
        ("Please don't print the photos.", "print the photos"),
        (
            "Kind regards,\nMarion Maxwell\nPublish as: Rosa Elm\n07700 900111",
            "Publish as: Rosa Elm",
        ),
        (&format!("Marion Maxwell\n\n{NOTICE} {front}"), front),
        (
            "This message is confidential. Please do not publish this email or any attachments anywhere before the tribunal is over in \
             March next year, and ask again then.",
            "ask again then",
        ),
        (
            "Diese E-Mail ist vertraulich, bitte veröffentlichen Sie nichts davon, bevor das Verfahren zu Ende ist, und auch dann nur ohne \
             den Namen der Stadt und der Firma.",
            "ohne den Namen",
        ),
    ] {
        let (yes, house) = heard(&format!("I agree\n\n{foot}"));
        assert!(!yes, "{foot}");
        let notes = notes(&house);
        assert!(notes.contains("consent marion-maxwell-"), "{foot}: {notes}");
        assert!(!notes.contains(wish), "the record is public: {notes}");
        let shown = house
            .run(&["show", "marion"])
            .exits(0)
            .stdout
            .replace(['\n', '\\'], " ");
        assert!(shown.contains(wish), "{wish} is not in {shown}");
    }
    // in the box of a signature, as Gmail has it
    let asked = reply(&letter, AUTHOR, SIGNED, "I agree");
    let (head, _) = asked.split_once("\n\n").expect("a body");
    let boxed = "<div dir=\"ltr\">I agree<br><span class=\"gmail_signature_prefix\">-- </span><br><div dir=\"ltr\" \
        class=\"gmail_signature\"><div dir=\"ltr\">Marion Maxwell<div>Please leave out my surname, my employer reads the \
        blog.</div></div></div></div>";
    fetch(
        &house,
        &[format!("{}\n\n{boxed}\n", head.replace("text/plain", "text/html"))],
    );
    assert_eq!(consent(&house), Value::Null);
}

#[test]
fn a_yes_under_another_subject_is_for_a_person_but_a_servers_marks_are_none() {
    let (house, letter) = with_a_foot();
    let subject = header(&letter, "Subject");
    for (new, counts) in [
        (format!("AW: [EXTERNAL] {subject}"), true),
        (subject.to_uppercase(), true),
        (format!("{subject} - but without my surname"), false),
        ("I do NOT agree".to_owned(), false),
    ] {
        let house = house.copied();
        let mail = reply(&letter, AUTHOR, SIGNED, "I agree");
        let mail = mail.replace(&format!("Subject: {subject}"), &format!("Subject: {new}"));
        fetch(&house, &[mail]);
        assert_eq!(consent(&house) != Value::Null, counts, "{new}");
        assert!(counts || notes(&house).contains("its subject"), "{new}");
    }
}

#[test]
fn a_condition_binds_also_where_the_yes_came_before_it() {
    let (house, letter) = with_a_foot();
    fetch(&house, &[reply(&letter, AUTHOR, SIGNED, "I agree")]);
    assert_ne!(consent(&house), Value::Null);
    let thanks = house.copied();
    fetch(
        &thanks,
        &[reply(&letter, AUTHOR, SIGNED, "Thank you, I look forward to it!")],
    );
    assert!(!notes(&thanks).contains("\"asks\""), "{}", notes(&thanks));
    fetch(
        &house,
        &[reply(&letter, AUTHOR, SIGNED, "I agree, but without my surname.")],
    );
    let notes = notes(&house);
    assert!(
        notes.contains("\"asks\":\"condition\"") && notes.contains("--grant --scope"),
        "{notes}"
    );
}

#[test]
fn a_wish_to_have_the_story_back_is_heard_wherever_it_stands_and_a_companys_notice_is_none() {
    let (house, letter) = with_a_foot();
    for (foot, asks) in [
        ("-- \nMarion Maxwell\nPlease take the story down.", true),
        ("Kind regards,\nMarion\nPlease take it down\n07700 900111", true),
        (
            "This message is confidential: please remove the story and any attachments from the blog, and do not publish this email \
             anywhere either.",
            true,
        ),
        (
            "This message is private. If you are not the intended recipient, please delete this message and any attachments, and do not \
             publish it.",
            false,
        ),
        (NOTICE, false),
    ] {
        let house = house.copied();
        let words = format!("Thank you for the letter.\n\n{foot}");
        fetch(&house, &[reply(&letter, AUTHOR, SIGNED, &words)]);
        assert_eq!(
            notes(&house).contains("\"asks\":\"withdrawal\""),
            asks,
            "{foot}: {}",
            notes(&house)
        );
    }
}
