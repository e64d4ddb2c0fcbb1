//! One thing at a time.

use crate::common::marion;
use crate::desks::{Desks, edit_with};

#[test]
fn what_is_approved_here_and_rejected_there_is_a_conflict_everywhere_whoever_syncs_first() {
    for order in [[0, 1], [1, 0]] {
        let desks = Desks::new(3);
        let [ann, ben, cath] = &desks.desks[..] else {
            panic!("three")
        };
        let story = ann.story(&marion());
        desks.settle();
        ann.run(&["approve", &story, "-m", "Lovely"]).exits(0);
        ben.run(&["reject", &story, "-m", "We cannot name the landlord"])
            .exits(0);
        let first = desks.desks[order[0]].run(&["sync"]);
        first.exits(0);
        let second = desks.desks[order[1]].run(&["sync"]);
        assert!(
            second.exits(6).stderr.contains("has contradicting decisions"),
            "{}",
            second.stderr
        );
        desks.settle();
        for desk in &desks.desks {
            assert_eq!(desk.state(&story), "conflict");
            desk.run(&["publish", &story]).exits(6);
        }
        cath.run(&["reopen", &story, "-m", "Talked it over"]).exits(0);
        desks.settle();
        for desk in &desks.desks {
            assert_eq!(desk.state(&story), "draft");
        }
    }
}

#[test]
fn two_desks_that_take_in_one_mail_have_one_story() {
    let desks = Desks::new(2);
    let [ann, ben] = &desks.desks[..] else { panic!("two") };
    let story = ann.story(&marion());
    assert_eq!(ben.story(&marion()), story);
    ann.run(&["note", &story, "-m", "by Ann"]).exits(0);
    ben.run(&["note", &story, "-m", "by Ben"]).exits(0);
    desks.settle();
    let shown = ann.show(&story);
    let kinds: Vec<&str> = shown["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["event"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["received", "noted", "noted"]);
    assert_eq!(ann.run(&["list", "--json"]).json().as_array().unwrap().len(), 1);
    assert_eq!(
        ben.run(&["log", "--json"]).json().as_array().unwrap().len(),
        4,
        "the root, one mail, two notes"
    );
}

#[test]
fn edits_of_different_paragraphs_go_together_and_approvals_lapse() {
    let desks = Desks::new(2);
    let [ann, ben] = &desks.desks[..] else { panic!("two") };
    let story = ann.story(&marion());
    desks.settle();
    edit_with(ann, &story, "sed -i 's/^I clean/We clean/' \"$1\"").exits(0);
    edit_with(ben, &story, "sed -i 's/^In November/Last November/' \"$1\"").exits(0);
    ben.run(&["approve", &story, "-m", "Fine"]).exits(0);
    ann.run(&["sync"]).exits(0);
    let ran = ben.run(&["sync"]);
    assert!(
        ran.exits(6)
            .stderr
            .contains("what Ben Bold decided (\"Fine\") does not stand"),
        "{}",
        ran.stderr
    );
    assert!(ran.stdout.contains("put together: "), "{}", ran.stdout);
    desks.settle();
    let shown = ann.show(&story);
    let text = shown["text"].as_str().unwrap();
    assert!(text.contains("We clean") && text.contains("Last November"), "{text}");
    assert_eq!(
        (shown["state"].as_str(), shown["approvals"].as_u64()),
        (Some("draft"), Some(0))
    );
    let merged = shown["events"].as_array().unwrap().last().unwrap();
    assert_eq!(merged["event"], "merged");
    assert_eq!(merged["of"], serde_json::json!(["Ann Able", "Ben Bold"]));
    // each step says what its commit holds
    let log = ann.git(&["log", "--format=%s"]);
    assert_eq!(log.matches("Edit \"").count(), 2, "{log}");
    assert!(
        log.starts_with("Put two edits together: \"Future Leader Stories: Marion Maxwell\""),
        "{log}"
    );
    ben.run(&["approve", &story]).exits(0);
}

#[test]
fn edits_of_the_same_line_stand_there_both_until_one_is_chosen() {
    let desks = Desks::new(2);
    let [ann, ben] = &desks.desks[..] else { panic!("two") };
    let story = ann.story(&marion());
    desks.settle();
    edit_with(ann, &story, "sed -i 's/^I clean/We clean/' \"$1\"").exits(0);
    edit_with(ben, &story, "sed -i 's/^I clean/She cleans/' \"$1\"").exits(0);
    ben.run(&["sync"]).exits(0);
    let ran = ann.run(&["sync"]);
    assert!(
        ran.exits(6).stderr.contains("was edited here and elsewhere"),
        "{}",
        ran.stderr
    );
    desks.settle();
    for desk in &desks.desks {
        let text = desk.show(&story)["text"].as_str().unwrap().to_owned();
        assert!(
            text.contains("We clean") && text.contains("She cleans") && text.contains("<<<<<<<"),
            "{text}"
        );
        assert!(
            desk.run(&["approve", &story])
                .exits(5)
                .stderr
                .contains("a merge that was not finished")
        );
    }
    edit_with(
        ben,
        &story,
        "sed -i -e '/^<<<<<<</,/^=======/d' -e '/^>>>>>>>/d' \"$1\"",
    )
    .exits(0);
    desks.settle();
    ann.run(&["approve", &story]).exits(0);
    assert!(ann.show(&story)["text"].as_str().unwrap().contains("She cleans"));
}
