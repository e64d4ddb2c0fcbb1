//! What an author asks for in a reply: to have the story back, a yes with a condition, and their yes to a proof.

use serde_json::Value;

use super::common::TestHouse;
use super::*;

fn events(house: &TestHouse, kind: &str) -> Vec<Value> {
    let events = house.events("marion").into_iter();
    events.filter(|event| event["event"] == kind).collect()
}

fn status(house: &TestHouse, key: &str) -> Value {
    house.run(&["status", "--json"]).exits(0).json()[key].clone()
}

const SITE: &str = "\n[[target]]\nname = \"site\"\nkind = \"folder\"\npath = \"site\"\nengine = \"hugo\"\n";

/// A house with a site, where the author was thanked and has agreed.
fn agreed() -> (TestHouse, String) {
    let house = TestHouse::with_config(&format!("{CONFIG}{SITE}"));
    let letter = received(&house);
    fetch(&house, &[reply(&letter, AUTHOR, SIGNED, "I agree")]);
    (house, letter)
}

/// The proof that left last.
fn proof(house: &TestHouse) -> String {
    house.run(&["proof", "marion"]).exits(0);
    house.run(&["letters", "send"]).exits(0);
    let mut proofs = left(house).into_iter().filter(|l| l.contains("as it will appear"));
    proofs.next_back().expect("a proof")
}

#[test]
fn a_wish_to_have_the_story_back_waits_for_a_person_and_stops_publication() {
    let (house, letter) = agreed();
    house.run(&["approve", "marion"]).exits(0);
    let wish = reply(&letter, AUTHOR, "", "Hello,\n\nplease take my story down.\n\nMarion");
    assert_eq!(fetch(&house, &[wish])[0]["outcome"], "follow-up");
    assert_eq!(events(&house, "follow-up")[1]["asks"], "withdrawal");
    assert_eq!(house.state("marion"), "approved", "nothing is done by a mail");
    assert_eq!(status(&house, "withdrawal_asked"), 1);
    let shown = house.run(&["show", "marion"]).exits(0).stdout.clone();
    assert!(
        shown.contains("they ask to have it back (mail 3): `withdraw marion-maxwell-"),
        "{shown}"
    );
    assert!(shown.contains("nothing proves who sent it"), "{shown}");
    let listed = house.run(&["list"]).exits(0).stdout.clone();
    assert!(listed.contains("approved, asked back"), "{listed}");
    let refused = house.run(&["publish", "marion"]);
    assert!(
        refused.exits(5).stderr.contains("asks to have it back"),
        "{}",
        refused.stderr
    );
    // a note about something else does not settle it
    house.run(&["note", "marion", "-m", "She is away"]).exits(0);
    house.run(&["publish", "marion"]).exits(5);

    // it was none, or she thought better of it
    let kept = house.copied();
    kept.run(&["withdraw", "marion", "--keep", "-m", "she meant the photo"])
        .exits(0);
    assert_eq!(status(&kept, "withdrawal_asked"), 0);
    kept.run(&["publish", "marion"]).exits(0);

    house.run(&["withdraw", "marion", "-m", "she asked by mail"]).exits(0);
    assert_eq!(house.state("marion"), "withdrawn");
    assert_eq!(status(&house, "withdrawal_asked"), 0);
    house.run(&["letters", "send"]).exits(0);
    let letter = left(&house)
        .into_iter()
        .find(|l| l.contains("withdrawn your story"))
        .expect("a letter");
    assert!(!letter.contains("off our pages"), "it never was on them: {letter}");
    house.fsck();
}

#[test]
fn a_yes_with_a_condition_is_a_task_for_a_person() {
    let house = TestHouse::with_config(&format!("{CONFIG}{SITE}"));
    let letter = received(&house);
    fetch(
        &house,
        &[reply(&letter, AUTHOR, SIGNED, "Yes, but without my name, please.")],
    );
    assert_eq!(events(&house, "follow-up")[0]["asks"], "condition");
    assert_eq!(status(&house, "conditions"), 1);
    // nobody is told that they did not answer
    let waiting = house.copied();
    waiting.run(&["approve", "marion"]).exits(0);
    assert_eq!(status(&waiting, "ready_to_publish"), 0);
    assert_eq!(unattended(&waiting, 8).count(Status::Sent), 0);
    let shown = house.run(&["show", "marion"]).exits(0).stdout.clone();
    assert!(
        shown.contains("--grant --scope pseudonym,photos,place --mail 2"),
        "{shown}"
    );
    let grant = [
        "consent",
        "marion",
        "--grant",
        "--scope",
        "pseudonym,photos,place",
        "--mail",
    ];
    house.run(&[&grant[..], &["7"]].concat()).exits(3);
    house.run(&[&grant[..], &["2"]].concat()).exits(0);
    assert_eq!(status(&house, "conditions"), 0);
    let mail = house.run(&["consent", "marion", "--json"]).exits(0).json()["consent"]["mail"].clone();
    assert_eq!(mail["wording"], "received, version 1", "{mail}");
    assert_eq!(mail["id"], events(&house, "follow-up")[0]["mail"]);
    assert_eq!(mail["sha256"].as_str().map(str::len), Some(64));
    house.run(&["approve", "marion"]).exits(0);
    let refused = house.run(&["publish", "marion"]);
    assert!(refused.exits(5).stderr.contains("their name"), "{}", refused.stderr);
}

#[test]
fn a_proof_is_the_text_as_it_will_appear_and_the_yes_is_for_that_text() {
    let (house, _) = agreed();
    house
        .run(&[
            "edit",
            "marion",
            "--subtitle",
            "Tea, and <b>ninety</b> others",
            "--place",
            "Leeds",
        ])
        .exits(0);
    let letter = proof(&house);
    assert_eq!(header(&letter, "To"), "\"Marion Maxwell\" <marion@author.example>");
    assert!(header(&letter, "Message-ID").starts_with("<m4c."), "its own Message-ID");
    let plain = letter.replace("=\n", "").replace("=\r\n", "");
    for part in [
        "Marion Maxwell, Leeds",
        "ninety others",
        "&lt;b&gt;ninety&lt;/b&gt;",
        "\"I agree\"",
    ] {
        assert!(plain.contains(part), "{part}: {plain}");
    }
    assert!(!plain.contains("happy for us to publish"), "she has agreed before");

    // an answer that nobody can prove, and one that is no plain yes
    let unproven = house.copied();
    fetch(&unproven, &[reply(&letter, AUTHOR, "", "I agree")]);
    assert!(events(&unproven, "proof-accepted").is_empty());
    let corrected = house.copied();
    fetch(&corrected, &[reply(&letter, AUTHOR, SIGNED, "It was in Bradford.")]);
    assert!(events(&corrected, "proof-accepted").is_empty());
    let shown = corrected.run(&["show", "marion"]).exits(0).stdout.clone();
    assert!(
        shown.contains("it answers the proof") && shown.contains("It was in Bradford"),
        "{shown}"
    );

    let said = fetch(&house, &[reply(&letter, AUTHOR, SIGNED, "I agree.\n\nMarion")]);
    assert_eq!(said[0]["outcome"], "follow-up");
    let accepted = events(&house, "proof-accepted");
    assert_eq!(accepted[0]["accepted"], house.show("marion")["text_hash"]);
    assert_eq!(status(&house, "wrote_again"), 0);
    let shown = house.run(&["show", "marion"]).exits(0).stdout.clone();
    assert!(shown.contains("they said yes to exactly this text"), "{shown}");
    // a later edit makes it lapse, and the same words again bring it back
    house.run(&["edit", "marion", "--place", "Bradford"]).exits(0);
    let shown = house.run(&["show", "marion"]).exits(0).stdout.clone();
    assert!(shown.contains("yes to an earlier text"), "{shown}");
    house.fsck();
}

#[test]
fn a_proof_asks_for_permission_where_there_is_none_and_waits_where_the_text_moved_on() {
    let house = TestHouse::with_config(&format!("{CONFIG}{SITE}"));
    fetch(&house, &[story_by(AUTHOR, "Tea", SIGNED)]);
    house.run(&["proof", "marion"]).exits(0);
    let tip = house.git(&["rev-parse", "main"]);
    house.run(&["proof", "marion"]).exits(0);
    assert_eq!(house.git(&["rev-parse", "main"]), tip, "asked once");
    house.run(&["edit", "marion", "--subtitle", "Other words"]).exits(0);
    let held = house.run(&["letters", "--json"]).exits(0).json().to_string();
    assert!(held.contains("the text was changed since"), "{held}");
    house.run(&["letters", "send"]).exits(0);
    assert!(!left(&house).iter().any(|l| l.contains("as it will appear")));

    let letter = proof(&house);
    fetch(&house, &[reply(&letter, AUTHOR, SIGNED, "I agree")]);
    assert_eq!(events(&house, "proof-accepted").len(), 1);
    let consent = house.run(&["consent", "marion", "--json"]).exits(0).json()["consent"].clone();
    assert_eq!(consent["mail"]["wording"], "proof, version 1", "{consent}");
    house.run(&["withdraw", "marion", "-m", "x"]).exits(0);
    house.run(&["proof", "marion"]).exits(5);
}
