//! What travels is signed where it was, and what is destroyed elsewhere is followed only for who may say so.

use crate::common::{TestHouse, kelly, marion};
use crate::desks::{Desks, config, edit_with, record_lines};
use crate::keys::{key, public};
use serde_json::Value;

/// Ann and Ben, each with a key, each in every role; signatures are asked for.
pub fn signed() -> Desks {
    let desks = Desks::new(2);
    let [ann, ben] = &desks.desks[..] else { panic!("two") };
    let keys = [key(ann, "ann", &[]), key(ben, "ben", &[])];
    let member = |name: &str, address: &str, key: &str| {
        format!(
            "  {{ name = \"{name}\", email = \"{address}\", roles = [\"reviewer\", \"editor\", \"publisher\"], key = \"{key}\" }},\n"
        )
    };
    let members =
        member("Ann Able", "ann.able@example.org", &keys[0]) + &member("Ben Bold", "ben.bold@example.org", &keys[1]);
    let config = config().replace("own_text = true", "own_text = true\nsigned = true");
    for desk in [ann, ben] {
        desk.write("config.toml", format!("{config}\n[team]\nmembers = [\n{members}]\n"));
    }
    signs(ann, "Ann Able", Some("ann"));
    signs(ben, "Ben Bold", Some("ben"));
    desks
}

/// Whether, and with which key, git signs at a desk: commits, too.
fn signs(desk: &TestHouse, name: &str, key: Option<&str>) {
    let address = format!("{}@example.org", name.to_lowercase().replace(' ', "."));
    desk.sign_in(name, &address);
    let Some(key) = key else { return };
    desk.write("home/allowed", format!("{address} {}\n", public(desk, key)));
    let config = desk.read("home/.gitconfig");
    desk.write(
        "home/.gitconfig",
        format!(
            "{config}[user]\n\tsigningkey = ~/.ssh/{key}\n[commit]\n\tgpgsign = true\n[gpg]\n\tformat = ssh\n\
             [gpg \"ssh\"]\n\tallowedSignersFile = ~/allowed\n"
        ),
    );
}

#[test]
fn a_step_that_is_made_again_is_signed_again_and_where_it_cannot_be_that_is_told() {
    let desks = signed();
    let [ann, ben] = &desks.desks[..] else { panic!("two") };
    let story = ann.story(&marion());
    desks.settle();
    for (key, good) in [(Some("ann"), "G"), (None, "N")] {
        ben.run(&["note", &story, "-m", "Read it"]).exits(0);
        ben.run(&["sync"]).exits(0);
        ann.run(&["reject", &story, "-m", "We cannot"]).exits(0);
        ann.run(&["reopen", &story, "-m", "We can"]).exits(0);
        let lines = ann.run(&["show", "--record", &story]).exits(0).stdout.clone();
        assert_eq!(ann.git(&["log", "-2", "--format=%G?"]), "G\nG");
        signs(ann, "Ann Able", key);
        let rehearsed = ann.run(&["sync", "-n"]);
        assert!(
            !rehearsed.exits(0).stderr.contains("signatures"),
            "{}",
            rehearsed.stderr
        );
        let synced = ann.run(&["sync"]);
        assert_eq!(
            synced
                .exits(0)
                .stderr
                .contains("2 commits of this desk were made again"),
            key.is_none(),
            "{}",
            synced.stderr
        );
        signs(ann, "Ann Able", Some("ann"));
        assert_eq!(
            ann.git(&["log", "-2", "--format=%an %s %G?"]),
            format!(
                "Ann Able Reopen \"Future Leader Stories: Marion Maxwell\" {good}\n\
                 Ann Able Reject \"Future Leader Stories: Marion Maxwell\" {good}"
            )
        );
        // the lines of the record are what they were, with their own signatures
        let now = ann.run(&["show", "--record", &story]).exits(0).stdout.clone();
        for line in lines.lines() {
            assert!(now.contains(line), "{line}\n{now}");
        }
        ann.run(&["verify"]).exits(0);
        desks.settle();
    }
}

#[test]
fn an_erasure_that_nobodys_key_proves_is_followed_only_when_a_person_says_so() {
    for (key, code) in [(Some("ann"), 0), (None, 6)] {
        let desks = signed();
        let [ann, ben] = &desks.desks[..] else { panic!("two") };
        let story = ann.story(&marion());
        desks.settle();
        signs(ann, "Ann Able", key);
        ann.run(&["erase", &story, "--yes"]).exits(0);
        assert!(!desks.bare_git(&["log", "--format=%B", "main"]).contains("Marion"));
        let before = ben.git(&["rev-parse", "main", "refs/desk/private"]);
        let synced = ben.run(&["sync", "--json"]);
        synced.exits(code);
        if code == 6 {
            let error = synced.error();
            assert_eq!(error["code"], "remote.unproven_erasure", "{error}");
            assert!(error["hint"].as_str().unwrap().contains("--accept-rewrite"), "{error}");
            assert_eq!(ben.git(&["rev-parse", "main", "refs/desk/private"]), before);
            ben.run(&["cron"]).exits(6);
            assert_eq!(ben.state(&story), "draft", "nothing is destroyed for it");
            ben.run(&["sync", "--accept-rewrite"]).exits(0);
        }
        ben.run(&["show", &story]).exits(3);
        desks.settle();
        let told = ann.run(&["verify"]).stdout.clone();
        assert_eq!(
            told.contains("is not proven: it is not signed"),
            key.is_none(),
            "{told}"
        );
    }
}

#[test]
fn what_was_not_pushed_goes_for_an_erasure_elsewhere_only_where_that_is_proven_or_a_person_says_so() {
    for (key, proven) in [(Some("ann"), true), (None, false)] {
        let desks = signed();
        let [ann, ben] = &desks.desks[..] else { panic!("two") };
        let kept = ann.story(&kelly());
        desks.settle();
        let story = ann.story(&marion());
        ann.run(&["sync"]).exits(0);
        signs(ann, "Ann Able", key);
        ann.run(&["erase", &story, "--yes"]).exits(0);
        assert_eq!(ben.story(&marion()), story);
        ben.run(&["approve", &kept]).exits(0);
        let before = ben.git(&["rev-parse", "main", "refs/desk/private"]);
        let synced = ben.run(&["sync", "--json"]);
        let synced = synced.exits(6);
        if !proven {
            let error = synced.error();
            assert_eq!(error["code"], "remote.unproven_erasure", "{error}");
            assert_eq!(ben.git(&["rev-parse", "main", "refs/desk/private"]), before);
            let followed = ben.run(&["sync", "--accept-rewrite", "--json"]);
            assert_eq!(followed.exits(6).json()["told"][0]["code"], "story.erased");
        } else {
            assert_eq!(synced.json()["told"][0]["code"], "story.erased");
        }
        ben.run(&["show", &story]).exits(3);
        signs(ann, "Ann Able", Some("ann"));
        desks.settle();
        assert_eq!(ann.show(&kept)["approvals"], 1, "the decision's own signature holds");
    }
}

#[test]
fn signatures_of_others_hold_where_a_desk_that_is_behind_erases() {
    let desks = signed();
    let [ann, ben] = &desks.desks[..] else { panic!("two") };
    let (story, kept) = (ann.story(&marion()), ann.story(&kelly()));
    desks.settle();
    ben.run(&["approve", &story]).exits(0);
    ben.run(&["approve", &kept]).exits(0);
    ben.run(&["sync"]).exits(0);
    ben.run(&["note", &kept, "-m", "Not pushed"]).exits(0);
    let lines = ben.run(&["show", "--record", &kept]).exits(0).stdout.clone();
    ann.run(&["erase", &story, "--yes"]).exits(0);
    ben.run(&["sync"]).exits(0);
    desks.settle();
    for desk in [ann, ben] {
        let now = desk.run(&["show", "--record", &kept]).exits(0).stdout.clone();
        assert!(lines.lines().all(|line| now.contains(line)), "{lines}\n{now}");
        assert_eq!(desk.show(&kept)["approvals"], 1);
        assert_eq!(findings(desk), [""; 0]);
    }
}

#[test]
fn more_than_the_team_takes_at_once_is_not_taken_over_and_leaves_nothing() {
    let desks = Desks::new(2);
    let [ann, ben] = &desks.desks[..] else { panic!("two") };
    let story = ann.story(&marion());
    desks.settle();
    // what does not get smaller
    let mut noise = vec![0; 700_000];
    getrandom::fill(&mut noise).expect("the system gives random bytes");
    ann.write(&format!("stories/{story}/noise.bin"), noise);
    ann.git(&["add", "-A"]);
    ann.git(&["commit", "-q", "-m", "Much"]);
    ann.git(&["push", "-q", "origin", "main"]);
    let limit = |bytes: u64| {
        let config = config().replace("[repository]", &format!("[repository]\nmax_received_bytes = {bytes}"));
        ben.write("config.toml", config);
    };
    limit(300_000);
    let objects = || {
        let all = std::process::Command::new("find")
            .arg(ben.path("stories/.git/objects"))
            .output();
        let mut all: Vec<String> = String::from_utf8_lossy(&all.expect("find runs").stdout)
            .lines()
            .map(str::to_owned)
            .collect();
        all.sort();
        all
    };
    let before = (ben.git(&["rev-parse", "main"]), objects());
    let refused = ben.run(&["sync", "--json"]);
    let error = refused.exits(1).error();
    assert_eq!(error["code"], "remote.too_much", "{error}");
    assert!(
        error["hint"].as_str().unwrap().contains("max_received_bytes"),
        "{error}"
    );
    assert_eq!((ben.git(&["rev-parse", "main"]), objects()), before);
    // what a run that was killed left goes with the next
    ben.write("stories/.git/objects/tmp_objdir-m4c-left/pack/tmp_pack_1", "half");
    limit(3_000_000);
    ben.run(&["sync"]).exits(0);
    assert_eq!(ben.git(&["rev-parse", "main"]), ann.git(&["rev-parse", "main"]));
    assert!(!ben.path("stories/.git/objects/tmp_objdir-m4c-left").exists());
    // a few objects do not stay a pack
    assert!(ben.git(&["count-objects", "-v"]).contains("packs: 0"));
    ben.fsck();
}

#[test]
fn many_objects_that_come_at_once_stay_a_pack() {
    let desks = Desks::new(2);
    let [ann, ben] = &desks.desks[..] else { panic!("two") };
    let story = ann.story(&marion());
    desks.settle();
    for n in 0..60 {
        ann.git(&["commit", "-q", "--allow-empty", "-m", &format!("Nothing {n}")]);
    }
    for n in 0..60 {
        ann.write(&format!("stories/{story}/part-{n}.txt"), n.to_string());
    }
    ann.git(&["add", "-A"]);
    ann.git(&["commit", "-q", "-m", "Parts"]);
    ann.git(&["push", "-q", "origin", "main"]);
    ben.run(&["sync"]).exits(0);
    assert_eq!(ben.git(&["rev-parse", "main"]), ann.git(&["rev-parse", "main"]));
    assert!(ben.git(&["count-objects", "-v"]).contains("packs: 1"));
    ben.fsck();
}

/// Ann's desk and Ben's each changed another paragraph, and Ben has pushed.
fn edited_at_both(desks: &Desks, story: &str) {
    let [ann, ben] = &desks.desks[..] else { panic!("two") };
    edit_with(ann, story, "sed -i 's/^I clean/We clean/' \"$1\"").exits(0);
    edit_with(ben, story, "sed -i 's/^In November/Last November/' \"$1\"").exits(0);
    ben.run(&["sync"]).exits(0);
}

fn merged_line(desk: &TestHouse, story: &str) -> Value {
    let lines = record_lines(desk).into_iter().filter(|(of, _)| of == story);
    let events = lines.map(|(_, line)| serde_json::from_str::<Value>(&line).expect("an event"));
    let merged: Vec<Value> = events.filter(|event| event["event"] == "merged").collect();
    assert_eq!(merged.len(), 1, "{merged:?}");
    merged[0].clone()
}

/// What `verify` says, and that it ends accordingly.
fn findings(desk: &TestHouse) -> Vec<String> {
    let ran = desk.run(&["verify", "--json"]);
    let found = ran.json()["findings"].as_array().expect("findings").clone();
    ran.exits(i32::from(!found.is_empty()));
    let said = |f: &Value| format!("{}: {} ({})", f["rule"], f["said"], f["blocks"]);
    found.iter().map(said).collect()
}

const UNSIGNED: &str = "by a step that is not signed";

#[test]
fn two_edits_that_are_put_together_are_signed_by_whoever_syncs() {
    let desks = signed();
    let [ann, ben] = &desks.desks[..] else { panic!("two") };
    let story = ann.story(&marion());
    desks.settle();
    edited_at_both(&desks, &story);
    let rehearsed = ann.run(&["sync", "-n"]);
    assert!(!rehearsed.exits(0).stderr.contains(UNSIGNED), "{}", rehearsed.stderr);
    let synced = ann.run(&["sync"]);
    assert!(!synced.exits(0).stderr.contains(UNSIGNED), "{}", synced.stderr);
    desks.settle();
    for desk in [ann, ben] {
        let merged = merged_line(desk, &story);
        assert_eq!(merged["by"]["name"], "Ann Able");
        assert!(merged["sig"].is_string(), "{merged}");
        assert_eq!(findings(desk), [""; 0]);
        let chain = desk.run(&["verify", "marion", "--json"]).exits(0).json();
        let last = chain["chain"].as_array().expect("a chain").last().expect("an event");
        assert_eq!((&last["kind"], &last["signed"]), (&"merged".into(), &true.into()));
    }
    // the text that Ann's step made is as good as any other, for whoever did not edit it or where that does not matter
    ben.run(&["approve", &story]).exits(0);
    ben.run(&["publish", &story]).exits(0);

    // one that says something else than what was signed is found, and nothing is put out with it
    desks.settle();
    let file = format!("stories/{story}/record.jsonl");
    let forged = ann.read(&file).replace("[\"Ann Able\",\"Ben Bold\"]", "[\"Somebody\"]");
    assert_ne!(forged, ann.read(&file), "the forgery changes something");
    ann.write(&file, forged);
    ann.git(&["-c", "commit.gpgsign=false", "commit", "-qam", "Tidy up"]);
    let found = findings(ann);
    let broken = |f: &String| f.contains("\"merged by Ann Able\\\" is not proven") && f.ends_with("(true)");
    assert!(found.iter().any(|f| f.contains("signature") && broken(f)), "{found:#?}");
}

#[test]
fn two_edits_that_nobody_can_sign_for_are_put_together_all_the_same_and_that_is_told() {
    let desks = signed();
    let [ann, ben] = &desks.desks[..] else { panic!("two") };
    let story = ann.story(&marion());
    desks.settle();
    edited_at_both(&desks, &story);
    signs(ann, "Ann Able", None);
    let synced = ann.run(&["sync"]);
    assert!(synced.exits(0).stderr.contains(UNSIGNED), "{}", synced.stderr);
    desks.settle();
    assert!(merged_line(ben, &story)["sig"].is_null());
    // as an edit that is not signed: it is told, and keeps nothing in that has enough that counts
    let found = findings(ben);
    let told = "merged by Ann Able\\\" is not proven: it is not signed";
    assert!(
        found.len() == 1 && found[0].contains(told) && found[0].ends_with("(false)"),
        "{found:#?}"
    );
    ben.run(&["approve", &story]).exits(0);
    ben.run(&["publish", &story]).exits(0);
}

#[test]
fn where_nobody_looks_on_the_machines_key_signs_what_is_put_together() {
    for has_key in [true, false] {
        let desks = signed();
        let [ann, ben] = &desks.desks[..] else { panic!("two") };
        let robot = key(ann, "robot", &[]);
        for desk in [ann, ben] {
            let config = desk
                .read("config.toml")
                .replace("[team]", &format!("[team]\nrobot_key = \"{robot}\""));
            desk.write("config.toml", config);
        }
        let story = ann.story(&marion());
        desks.settle();
        edited_at_both(&desks, &story);
        signs(ann, "Night Machine", has_key.then_some("robot"));
        let ran = ann.run(&["cron"]);
        assert_eq!(ran.exits(0).stderr.contains(UNSIGNED), !has_key, "{}", ran.stderr);
        desks.settle();
        let merged = merged_line(ben, &story);
        assert_eq!(
            (merged["by"]["role"].as_str(), merged["sig"].is_string()),
            (Some("robot"), has_key)
        );
        // the machine has a key, and this says whose text it is
        let found = findings(ben);
        assert_eq!(found.len(), usize::from(!has_key), "{found:#?}");
        let told = "is not proven: it is not signed";
        assert!(
            found.iter().all(|f| f.contains(told) && f.ends_with("(false)")),
            "{found:#?}"
        );
    }
}

#[test]
fn a_text_that_was_put_together_is_the_own_one_of_both_until_one_of_them_edits_it() {
    let desks = signed();
    let [ann, ben] = &desks.desks[..] else { panic!("two") };
    for desk in [ann, ben] {
        let config = desk.read("config.toml").replace("own_text = true", "own_text = false");
        desk.write("config.toml", config);
    }
    let story = ann.story(&marion());
    desks.settle();
    edited_at_both(&desks, &story);
    ann.run(&["sync"]).exits(0);
    desks.settle();
    for desk in [ann, ben] {
        assert_eq!(
            desk.run(&["approve", &story, "--json"]).exits(5).error()["code"],
            "policy.own_text"
        );
    }
    ben.run(&["edit", &story, "--tag", "health"]).exits(0);
    desks.settle();
    ben.run(&["approve", &story]).exits(5);
    ann.run(&["approve", &story]).exits(0);
    ann.run(&["publish", &story]).exits(0);
    assert_eq!(findings(ann), [""; 0]);
}

#[test]
fn a_key_that_is_there_and_does_not_sign_is_told_with_its_reason() {
    let desks = signed();
    let [ann, ben] = &desks.desks[..] else { panic!("two") };
    let story = ann.story(&marion());
    desks.settle();
    edited_at_both(&desks, &story);
    std::fs::rename(ann.path("home/.ssh/ann"), ann.path("home/.ssh/elsewhere")).expect("the key is moved");
    let said = ann.run(&["sync"]).exits(0).stderr.clone();
    assert!(said.contains(UNSIGNED) && !said.contains("no key here"), "{said}");
    assert!(said.contains("it could not be signed with"), "{said}");
    desks.settle();
    assert!(merged_line(ben, &story)["sig"].is_null());

    // one that is nobody's here, either
    let desks = signed();
    let [ann, _] = &desks.desks[..] else { panic!("two") };
    let story = ann.story(&marion());
    desks.settle();
    edited_at_both(&desks, &story);
    key(ann, "new", &[]);
    signs(ann, "Ann Able", Some("new"));
    let said = ann.run(&["sync"]).exits(0).stderr.clone();
    assert!(
        said.contains(UNSIGNED) && said.contains("does not give Ann Able"),
        "{said}"
    );
}
