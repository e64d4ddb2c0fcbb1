//! Later mails of an author: what is proposed as a revision, what accepting and declining it do, and what is never attached silently.

mod common;

use common::{CONFIG, MARIONS_WORDS as TEXT, Ran, TestHouse, base64, marion, marion_corrected, reply_to_marion};
use serde_json::Value;

/// A reply of Marion to her own mail.
fn reply(subject: &str, text: &str) -> String {
    reply_to_marion("Marion Maxwell <marion@example.org>", subject, text)
}

const RE: &str = "Re: Tea with ninety cleaners";

fn house() -> (TestHouse, String) {
    let house = TestHouse::new();
    let id = house.story(&marion());
    (house, id)
}

fn fetch(house: &TestHouse, mail: &str) -> Value {
    house
        .run_with_stdin(&["fetch", "--json", "-"], mail)
        .exits(0)
        .json_lines()[0]
        .clone()
}

fn revisions(house: &TestHouse) -> Value {
    house.run(&["revisions", "marion", "--json"]).exits(0).json()
}

fn text(house: &TestHouse) -> String {
    house.show("marion")["text"].as_str().expect("a text").to_owned()
}

fn jpeg(house: &TestHouse, name: &str) -> Vec<u8> {
    // large enough to be no logo
    let pixels = image::RgbImage::from_fn(400, 300, |x, y| {
        image::Rgb([(x * y) as u8, ((x * 7) ^ (y * 13)) as u8, name.len() as u8 * 9])
    });
    let mut bytes = std::io::Cursor::new(Vec::new());
    pixels
        .write_to(&mut bytes, image::ImageFormat::Jpeg)
        .expect("a picture");
    house.write(name, bytes.get_ref());
    bytes.into_inner()
}

/// The same mail with a picture attached.
fn with_photo(mail: &str, jpeg: &[u8]) -> String {
    let encoded = base64(jpeg);
    let (head, body) = mail.split_once("\n\n").expect("a mail");
    let plain = "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit";
    let head = head.replace(plain, "Content-Type: multipart/mixed; boundary=b");
    format!(
        "{head}\n\n--b\n{plain}\n\n{body}\n--b\nContent-Type: image/jpeg; name=us.jpg\nContent-Disposition: attachment; filename=us.jpg\n\
         Content-Transfer-Encoding: base64\n\n{encoded}\n--b--\n"
    )
}

#[test]
fn a_corrected_text_is_proposed_and_accepting_it_keeps_our_edits_and_lapses_approvals() {
    let (house, _) = house();
    // our own edit, in another sentence of the same paragraph
    house.edit_by_hand("marion", "one question", "one single question");
    house.run(&["approve", "marion"]).exits(0);
    assert_eq!(house.state("marion"), "approved");

    let said = fetch(&house, &marion_corrected());
    assert_eq!(said["outcome"], "follow-up", "{said}");
    assert!(said["notes"].to_string().contains("revisions marion"), "{said}");
    assert_eq!(house.state("marion"), "approved", "a proposal changes nothing");
    let all = revisions(&house);
    assert_eq!(
        (&all[0]["revision"], &all[0]["status"]),
        (&2.into(), &"proposed".into()),
        "{all}"
    );
    assert_eq!(
        all[0]["left_out"],
        serde_json::json!(["Hi Cath,", "sorry, here is a corrected version:"])
    );
    let shown = house
        .run(&["revisions", "marion", "--word-diff"])
        .exits(0)
        .stdout
        .clone();
    assert!(
        shown.contains("about [-ninety-]{+sixty+} others") && shown.contains("{+single +}question"),
        "{shown}"
    );
    assert!(
        house
            .run(&["show", "marion"])
            .exits(0)
            .stdout
            .contains("Revision     2 proposed")
    );

    // a rehearsal writes nothing
    let tip = || house.git(&["rev-parse", "main"]);
    let before = tip();
    house.run(&["accept", "marion", "-n"]).exits(0);
    house.run(&["decline", "marion", "-n", "--json"]).exits(0);
    assert_eq!(tip(), before);

    let accepted = house.run(&["accept", "marion", "--json"]).exits(0).json();
    assert_eq!(
        (&accepted["changed"], &accepted["state"]),
        (&true.into(), &"draft".into())
    );
    let now = text(&house);
    assert!(
        now.contains("sixty others") && now.contains("one single question") && !now.contains("Cath"),
        "{now}"
    );
    let refused = house.run(&["publish", "marion", "--json"]);
    let error = refused.exits(5).error();
    assert_eq!(error["code"], "policy.too_few_approvals");
    assert!(error["cause"].to_string().contains("Robin Reviewer lapsed"), "{error}");
    // once more is nothing, with its number or without
    let done = tip();
    house.run(&["accept", "marion"]).exits(0);
    house.run(&["accept", "marion", "2"]).exits(0);
    assert_eq!(tip(), done);
    house.run(&["decline", "marion", "2"]).exits(5);
    let message = house.git(&["log", "-1", "--format=%B"]);
    assert!(
        message.contains("Step: revision") && message.contains("Accept the author's revision of"),
        "{message}"
    );
    house.fsck();
}

#[test]
fn where_both_changed_the_same_words_a_person_says_which_are_right() {
    let (house, _) = house();
    house.edit_by_hand("marion", "about ninety others", "some ninety colleagues");
    fetch(&house, &marion_corrected());
    let all = revisions(&house);
    assert_eq!(
        (&all[0]["conflict"], &all[0]["merged"]),
        (&true.into(), &Value::Null),
        "{all}"
    );
    let before = text(&house);
    let refused = house.run(&["accept", "marion", "--json"]);
    let error = refused.exits(6).error();
    assert_eq!(error["code"], "revision.conflict");
    assert!(error["hint"].to_string().contains("--as-written"), "{error}");
    assert_eq!(text(&house), before);

    // in a terminal the editor opens with both; one that leaves the marks is refused, and the words are kept
    let at_terminal = |editor: &str| {
        let script = format!("EDITOR='{editor}' m4c-stories accept marion");
        Ran::of(
            house.command("script").args(["-qec", &script, "/dev/null"]),
            &["accept"],
            // to go on with what was kept
            Some(b"y\n"),
        )
    };
    if common::have("script") {
        let kept = at_terminal("true");
        assert!(
            kept.stdout.contains("<<<<<<<") && kept.stdout.contains("is kept in"),
            "{}",
            kept.stdout
        );
        assert_eq!(text(&house), before);
        house.write(
            "resolve.sh",
            "#!/bin/sh\nsed -i -e '/^<<<<<<< /,/^=======/d' -e '/^>>>>>>> /d' \"$1\"\n",
        );
        let taken = at_terminal("sh resolve.sh");
        assert!(
            taken.exits(0).stdout.contains("is kept. Go on with it? [y/N]"),
            "{}",
            taken.stdout
        );
        assert!(text(&house).contains("about sixty others"), "{}", text(&house));
        let kinds = house.kinds("marion");
        assert!(
            kinds.ends_with(&["revision".to_owned(), "edited".to_owned()]),
            "a merge by hand is an edit, too: {kinds:?}"
        );
    } else {
        house.run(&["accept", "marion", "--as-written"]).exits(0);
        assert!(text(&house).contains("about sixty others") && !text(&house).contains("colleagues"));
    }
    house.fsck();
}

#[test]
fn words_as_they_were_written_take_the_place_of_ours() {
    let (house, _) = house();
    house.edit_by_hand("marion", "about ninety others", "some ninety colleagues");
    fetch(&house, &marion_corrected());
    house.run(&["accept", "marion", "--as-written"]).exits(0);
    assert!(text(&house).contains("about sixty others") && !text(&house).contains("colleagues"));
}

#[test]
fn who_accepts_the_authors_words_may_approve_them_and_who_edited_may_not() {
    let team = "[team]\nmembers = [{ name = \"Robin Reviewer\", email = \"robin@example.org\", roles = [\"reviewer\", \"editor\"] },\n\
                { name = \"Ada Reader\", email = \"ada@example.org\", roles = [\"reviewer\"] }]\n";
    let config = format!("{team}{}", CONFIG.replace("own_text = true", "own_text = false"));
    let house = TestHouse::with_config(&config);
    house.story(&marion());
    fetch(&house, &marion_corrected());
    house.run(&["edit", "marion", "--tag", "health"]).exits(0);
    house.sign_in("Ada Reader", "ada@example.org");
    house.run(&["accept", "marion"]).exits(0);
    // Robin's edit is still in the text
    house.sign_in("Robin Reviewer", "robin@example.org");
    assert_eq!(
        house.run(&["approve", "marion", "--json"]).exits(5).error()["code"],
        "policy.own_text"
    );
    house.sign_in("Ada Reader", "ada@example.org");
    house.run(&["approve", "marion"]).exits(0);
    assert_eq!(house.state("marion"), "approved");
}

#[test]
fn words_to_the_team_are_a_note_until_a_person_says_otherwise() {
    let (house, _) = house();
    let words = "It was sixty and not ninety, and the trust agreed in December.";
    fetch(&house, &reply(RE, words));
    assert_eq!(revisions(&house)[0]["status"], "note");
    assert_eq!(
        house.run(&["accept", "marion", "--json"]).exits(3).error()["code"],
        "revision.none"
    );
    house.run(&["accept", "marion", "2"]).exits(5);
    house.run(&["accept", "marion", "7"]).exits(3);
    house.run(&["revisions", "marion", "--propose", "2"]).exits(0);
    house.run(&["revisions", "marion", "--propose", "2"]).exits(0);
    let all = revisions(&house);
    assert_eq!(
        (&all[0]["status"], all[0]["text"].as_str()),
        (&"proposed".into(), Some(&*format!("{words}\n"))),
        "{all}"
    );
    // declined with a letter
    house
        .run(&["decline", "marion", "-m", "We keep the number you had."])
        .exits(0);
    house.run(&["decline", "marion"]).exits(0);
    let letters = house.run(&["letters", "--json"]).exits(0).json();
    assert!(letters.to_string().contains("question"), "{letters}");
    assert!(
        house
            .run(&["letters", "show", "marion"])
            .stdout
            .contains("We keep the number")
    );
    assert_eq!(revisions(&house)[0]["status"], "declined");
    // and thought again
    house.run(&["accept", "marion", "2", "--as-written"]).exits(0);
    assert!(text(&house).contains("sixty and not ninety"));
}

#[test]
fn new_photos_come_with_a_revision_cleaned_and_not_twice() {
    let (house, _) = house();
    let photo = jpeg(&house, "us.jpg");
    fetch(
        &house,
        &with_photo(&reply(RE, "Here are the photos of the march that I promised."), &photo),
    );
    let all = revisions(&house);
    assert_eq!(
        (&all[0]["status"], &all[0]["text"]),
        (&"proposed".into(), &Value::Null),
        "{all}"
    );
    assert_eq!(all[0]["photos"].as_array().map(Vec::len), Some(1));
    let before = text(&house);
    house.run(&["accept", "marion"]).exits(0);
    let now = text(&house);
    assert!(
        now.starts_with(before.trim_end()) && now.contains("](photo-1.jpg)"),
        "{now}"
    );
    // the same photo again is no news; with a corrected text it stays once
    let said = fetch(
        &house,
        &with_photo(&reply(RE, "As I said, that was us on the march."), &photo),
    );
    assert_eq!(said["outcome"], "follow-up");
    assert_eq!(revisions(&house)[1]["status"], "note", "{}", revisions(&house));
    fetch(&house, &with_photo(&marion_corrected(), &photo));
    house.run(&["accept", "marion"]).exits(0);
    let now = text(&house);
    assert!(
        now.contains("sixty others") && now.matches("](photo-").count() == 1,
        "{now}"
    );
    house.fsck();
}

#[test]
fn a_second_revision_is_compared_with_the_words_before_it() {
    let (house, _) = house();
    fetch(&house, &marion_corrected());
    house.run(&["accept", "marion"]).exits(0);
    house.edit_by_hand("marion", "one question", "one single question");
    let second = TEXT
        .replace("ninety others", "sixty others")
        .replace("In November", "In December");
    fetch(&house, &reply(RE, &format!("Sorry, one more correction:\n\n{second}")));
    assert_eq!(revisions(&house)[1]["status"], "proposed");
    house.run(&["accept", "marion"]).exits(0);
    let now = text(&house);
    assert!(
        now.contains("In December") && now.contains("one single question") && now.contains("sixty"),
        "{now}"
    );
}

#[test]
fn nothing_is_attached_silently() {
    let (house, _) = house();
    // from another address: a mail of its own
    let said = fetch(
        &house,
        &reply_to_marion(
            "Somebody Else <else@example.org>",
            RE,
            &TEXT.replace("ninety others", "no others"),
        ),
    );
    assert_eq!(said["outcome"], "new", "{said}");
    // with another subject: a mail of its own
    let said = fetch(
        &house,
        &reply("Another story", &TEXT.replace("ninety others", "eighty others")),
    );
    assert_eq!(said["outcome"], "new", "{said}");
    let id = house.run(&["list", "--json", "--search", "ninety"]).exits(0).json()[0]["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    assert_eq!(
        house.run(&["revisions", &id, "--json"]).exits(0).json(),
        serde_json::json!([])
    );

    // after publication: kept on the story, told, and never proposed by itself
    house.run(&["approve", &id]).exits(0);
    house.run(&["publish", &id]).exits(0);
    let published = house.show(&id)["text_hash"].clone();
    let said = fetch(&house, &marion_corrected());
    assert_eq!(said["outcome"], "follow-up", "{said}");
    assert!(said["notes"].to_string().contains("published already"), "{said}");
    let all = house.run(&["revisions", &id, "--json"]).exits(0).json();
    assert_eq!(all[0]["status"], "note", "{all}");
    assert_eq!(house.show(&id)["text_hash"], published);
    let status = house.run(&["status"]).exits(0).stdout.clone();
    assert!(status.contains("author wrote again"), "{status}");
    // a person makes it a correction, which needs approval
    house.run(&["revisions", &id, "--propose", "2"]).exits(0);
    house.run(&["accept", &id]).exits(0);
    assert_eq!(house.state(&id), "published");
    assert_eq!(
        house.run(&["publish", &id, "--update", "--json"]).exits(5).error()["code"],
        "policy.too_few_approvals"
    );
    house.fsck();
}
