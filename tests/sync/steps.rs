//! One thing at a time.

use crate::common::{kelly, marion};
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
    assert_eq!(ann.kinds(&story), ["received", "noted", "noted"]);
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

#[test]
fn a_rejected_story_in_which_both_versions_stand_is_reopened_and_then_finished() {
    let desks = Desks::new(2);
    let [ann, ben] = &desks.desks[..] else { panic!("two") };
    let story = ann.story(&marion());
    desks.settle();
    edit_with(ann, &story, "sed -i 's/^I clean/We clean/' \"$1\"").exits(0);
    edit_with(ben, &story, "sed -i 's/^I clean/She cleans/' \"$1\"").exits(0);
    ben.run(&["reject", &story, "-m", "We cannot"]).exits(0);
    desks.settle();
    assert_eq!(ann.state(&story), "rejected");
    let choose = || {
        edit_with(
            ann,
            &story,
            "sed -i -e '/^<<<<<<</,/^=======/d' -e '/^>>>>>>>/d' \"$1\"",
        )
    };
    assert!(choose().exits(5).stderr.contains("`reopen` it first"));
    ann.run(&["reopen", &story, "-m", "Talked it over"]).exits(0);
    ann.run(&["approve", &story]).exits(5);
    choose().exits(0);
    desks.settle();
    ben.run(&["verify"]).exits(0);
    ben.run(&["approve", &story]).exits(0);
}

#[test]
fn a_step_that_is_pushed_at_once_brings_the_others_with_it_and_status_knows_what_is_left() {
    let config = crate::desks::config().replace("local_remote = true", "local_remote = true\npush = \"always\"");
    let desks = Desks::with_config(2, &config);
    let [ann, ben] = &desks.desks[..] else { panic!("two") };
    let story = ann.story(&marion());
    ben.run(&["sync"]).exits(0);
    ann.run(&["note", &story, "-m", "Ann"]).exits(0);
    ben.run(&["note", &story, "-m", "Ben"]).exits(0);
    assert_eq!(ben.events(&story).len(), 3);
    assert_eq!(ben.run(&["status", "--json"]).json()["unpushed"], 0);
    // the server is away: the step stands, and waits
    let away = desks.server.path("srv/away");
    std::fs::rename(desks.bare(), &away).unwrap();
    let done = ben.run(&["approve", &story]);
    assert!(
        done.exits(0).stderr.contains("it is done here, and not pushed"),
        "{}",
        done.stderr
    );
    assert_eq!(ben.run(&["status", "--json"]).json()["unpushed"], 1);
    assert!(ben.run(&["status"]).stdout.contains("step that origin does not have"));
    let found = ben.run(&["doctor", "--json"]);
    let of_remote = |found: &serde_json::Value| {
        let all = found.as_array().unwrap().iter();
        all.clone().find(|f| f["part"] == "remote origin").cloned().unwrap()
    };
    assert_eq!(of_remote(&found.exits(1).json())["health"], "bad");
    std::fs::rename(&away, desks.bare()).unwrap();
    let found = of_remote(&ben.run(&["doctor", "--json"]).json());
    assert!(
        found["said"]
            .as_str()
            .unwrap()
            .contains("it does not have 1 step of this desk"),
        "{found}"
    );
    let cron = ben.run(&["cron", "--json"]);
    let lines = cron.exits(0).json_lines();
    assert_eq!(lines.last().unwrap()["summary"]["sync"]["went"], 1, "{lines:?}");
    ann.run(&["sync"]).exits(0);
    assert_eq!(ann.show(&story)["approvals"], 1);
}

#[test]
fn of_two_hosts_that_hold_the_outbox_one_sends_a_letter() {
    let config = crate::desks::config().replace("local_remote = true", "local_remote = true\npush = \"always\"");
    let desks = Desks::with_config(2, &config);
    let [ann, ben] = &desks.desks[..] else { panic!("two") };
    let story = ann.story(&marion());
    // what is due from now on is for ben's desk to send, too
    ben.run(&["sync"]).exits(0);
    ann.run(&["approve", &story]).exits(0);
    ann.run(&["publish", &story]).exits(0);
    ben.run(&["sync"]).exits(0);
    // ann claims it where ben cannot see it, and ben is faster at the server
    ann.git(&["config", "remote.origin.url", "/nowhere/stories.git"]);
    let waits = ann.run(&["letters", "send", "--json"]);
    assert!(
        waits.stdout.contains("could not be brought to the server"),
        "{}{}",
        waits.stdout,
        waits.stderr
    );
    assert!(ann.files("letters").is_empty());
    ben.run(&["cron"]).exits(0);
    assert_eq!(ben.files("letters").len(), 1);
    ann.git(&["config", "remote.origin.url", desks.bare().to_str().unwrap()]);
    ann.run(&["cron"]).exits(0);
    ben.run(&["cron"]).exits(0);
    assert!(ann.files("letters").is_empty(), "it went out once");
    assert_eq!(ben.files("letters").len(), 1);
    desks.settle();
    let events = ann.show(&story)["events"].take();
    let letters: Vec<&str> = events
        .as_array()
        .unwrap()
        .iter()
        .filter(|e| e["event"] == "letter")
        .map(|e| e["status"].as_str().unwrap())
        .collect();
    assert_eq!(letters, ["claimed", "sent"]);
    assert!(ann.files(".desk/letters").is_empty());
}

#[test]
fn a_desk_that_learns_with_the_first_letter_that_another_sent_them_all_claims_no_other() {
    let config = crate::desks::config()
        .replace("local_remote = true", "local_remote = true\npush = \"always\"")
        .replace("send = [\"published\"]", "send = [\"received\"]");
    let desks = Desks::with_config(2, &config);
    let [ann, ben] = &desks.desks[..] else { panic!("two") };
    // the time from which both may send
    for desk in [ann, ben] {
        desk.run(&["sync"]).exits(0);
        desk.run(&["letters", "send"]).exits(0);
    }
    let known = [marion(), kelly(), crate::seeds::letter(1)].map(|mail| {
        let now = ann.story(&mail);
        ann.run(&["write", &now, "-m", "How many were you?"]).exits(0);
        now
    });
    desks.settle();
    ann.run(&["letters", "send"]).exits(0);
    let sent = ann.files("letters").len();
    assert!(sent >= known.len());
    let told = ben.run(&["letters", "send"]);
    assert!(
        told.stderr.contains("another desk sends it"),
        "{}{}",
        told.stdout,
        told.stderr
    );
    assert!(ben.files("letters").is_empty() && ben.files(".desk/letters").is_empty());
    desks.settle();
    for story in &known {
        let events = ben.show(story)["events"].take();
        let letters = events
            .as_array()
            .expect("events")
            .iter()
            .filter(|e| e["event"] == "letter");
        let mut of: std::collections::BTreeMap<String, Vec<String>> = Default::default();
        for letter in letters {
            let (about, status) = (letter["about"].to_string(), letter["status"].as_str().expect("a word"));
            of.entry(about).or_default().push(status.to_owned());
        }
        assert!(
            !of.is_empty() && of.values().all(|of| *of == ["claimed", "sent"]),
            "{of:?}"
        );
    }
}

#[test]
fn an_approval_that_another_desks_edit_came_before_says_whose_edit_it_was() {
    for first in ["edit", "approval"] {
        let desks = Desks::new(2);
        let [ann, ben] = &desks.desks[..] else { panic!("two") };
        let story = ann.story(&marion());
        desks.settle();
        let edit = || {
            ben.run(&["edit", &story, "--title", "Another title"]).exits(0);
        };
        if first == "edit" {
            edit();
        }
        ann.run(&["approve", &story]).exits(0);
        if first != "edit" {
            edit();
        }
        ben.run(&["sync"]).exits(0);
        ann.run(&["sync"]).exits(6);
        let refused = ann.run(&["publish", &story]);
        assert!(
            refused.exits(5).stderr.contains("lapsed through Ben Bold"),
            "{first}: {}",
            refused.stderr
        );
        let shown = ann.run(&["show", &story]);
        assert!(
            shown.exits(0).stdout.contains("Ann Able, through Ben Bold"),
            "{first}: {}",
            shown.stdout
        );
    }
}

#[test]
fn a_remote_where_nothing_is_new_is_asked_once_and_nothing_is_written() {
    let desks = Desks::new(1);
    let ann = &desks.desks[0];
    ann.story(&marion());
    desks.settle();
    let inside = |folder: &str| -> Vec<_> {
        let mut found = ann.files(&format!("stories/.git/{folder}"));
        found.retain(|f| !f.contains("m4c-stories"));
        found
    };
    let before = (inside("objects"), inside("refs"), inside("logs"));
    let trace = ann.path("trace");
    let mut command = ann.command(crate::common::BINARY);
    command.env("GIT_TRACE2_EVENT", &trace).args(["sync"]);
    crate::common::Ran::of(&mut command, &["sync"], None).exits(0);
    let trace = ann.read("trace");
    let begun = trace
        .lines()
        .filter(|l| l.contains("\"event\":\"cmd_name\"") && l.contains("\"hierarchy\":\"ls-remote"));
    assert!(begun.count() >= 1);
    assert!(
        !trace.contains("\"hierarchy\":\"fetch\"") && !trace.contains("\"hierarchy\":\"push\""),
        "{trace}"
    );
    assert_eq!((inside("objects"), inside("refs"), inside("logs")), before);
}

#[test]
fn a_rehearsal_tells_and_moves_nothing() {
    let desks = Desks::new(2);
    let [ann, ben] = &desks.desks[..] else { panic!("two") };
    let story = ann.story(&marion());
    desks.settle();
    ann.run(&["note", &story, "-m", "Ann"]).exits(0);
    ann.run(&["sync"]).exits(0);
    ben.run(&["note", &story, "-m", "Ben"]).exits(0);
    let before = (ben.git(&["rev-parse", "main"]), desks.bare_git(&["rev-parse", "main"]));
    let told = ben.run(&["sync", "-n", "--json"]).exits(0).json();
    assert_eq!(
        (told["came"].as_u64(), told["went"].as_u64(), &told["dry_run"]),
        (Some(1), Some(1), &true.into())
    );
    assert_eq!(
        (ben.git(&["rev-parse", "main"]), desks.bare_git(&["rev-parse", "main"])),
        before
    );
}
