//! What travels is signed where it was, and what is destroyed elsewhere is followed only for who may say so.

use crate::common::{TestHouse, marion};
use crate::desks::{Desks, config};
use crate::keys::{key, public};

/// Ann and Ben, each with a key, each in every role; signatures are asked for.
fn signed() -> Desks {
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
