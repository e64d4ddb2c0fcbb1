//! Who sends a letter where several desks may: whoever's claim is there first, and nobody twice.

use super::common::{BINARY, TestHouse, traces};
use super::desks::Desks;
use super::{AUTHOR, SIGNED, Status, fetch, header, left, story_by, unattended};

/// So many desks of which each may send what comes from now on.
fn desks(many: usize, push: &str) -> Desks {
    let send = "send = [\"received\", \"changes-requested\", \"reminder\"]\nteam = [\"stalled\"]";
    let config = super::desks::config()
        .replace(
            "local_remote = true",
            &format!("local_remote = true\npush = \"{push}\""),
        )
        .replace("send = [\"published\"]", send)
        .replace(
            "kind = \"mbox\"",
            "kind = \"mbox\"\ntrusted_authserv = \"mx.example.org\"",
        )
        .replace("max_age = \"36500d\"", "per_address_per_day = 99");
    let member = |name, email, role| format!("{{ name = \"{name}\", email = \"{email}\", roles = [\"{role}\"] }}");
    let ann = member("Ann Able", "ann.able@example.org", "reviewer");
    let ben = member("Ben Bold", "ben.bold@example.org", "editor");
    let desks = Desks::with_config(many, &format!("{config}\n[team]\nmembers = [{ann}, {ben}]\n"));
    for desk in &desks.desks {
        desk.run(&["sync"]).exits(0);
        desk.run(&["letters", "send"]).exits(0);
    }
    desks
}

/// What the record says of the letters of this kind, in its order.
fn statuses(house: &TestHouse, story: &str, kind: &str) -> Vec<String> {
    let events = house.events(story);
    let letters = events.iter().filter(|e| e["letter"] == kind);
    letters
        .map(|e| e["status"].as_str().expect("a word").to_owned())
        .collect()
}

/// Why each letter that waits stays.
fn held(house: &TestHouse) -> Vec<String> {
    let all = house.run(&["letters", "--json"]).exits(0).json();
    let all = all.as_array().expect("letters").iter();
    all.map(|l| l["held"].as_str().unwrap_or_default().to_owned()).collect()
}

/// Its outbox takes nothing: a file stands where the folder should.
fn shut(house: &TestHouse) {
    house.write("letters", "in the way");
}

fn open(house: &TestHouse) {
    std::fs::remove_file(house.path("letters")).expect("it is in the way");
}

fn sent(house: &TestHouse, day: i64) -> usize {
    unattended(house, day).count(Status::Sent)
}

#[test]
fn a_second_reminder_leaves_as_the_first_did() {
    let desks = desks(1, "always");
    let ann = &desks.desks[0];
    let soup = story_by("Bea <bea@author.example>", "Soup", SIGNED);
    fetch(ann, &[story_by(AUTHOR, "Tea", SIGNED), soup]);
    ann.run(&["request-changes", "marion", "-m", "Which year was this?"])
        .exits(0);
    assert_eq!(sent(ann, 0), 3);
    for (day, expected) in [(6, 0), (8, 2), (9, 0), (15, 2), (16, 0), (22, 0)] {
        assert_eq!(sent(ann, day), expected, "day {day}");
    }
    for (story, kind) in [("marion", "reminder"), ("bea", "stalled")] {
        assert_eq!(
            statuses(ann, story, kind),
            ["claimed", "sent", "claimed", "sent"],
            "{kind}"
        );
    }
    assert!(held(ann).is_empty() && ann.files(".desk/letters").is_empty());
}

#[test]
fn of_two_desks_one_sends_the_second_reminder() {
    let desks = desks(2, "always");
    let [ann, ben] = &desks.desks[..] else { panic!("two") };
    fetch(ann, &[story_by(AUTHOR, "Tea", SIGNED)]);
    ann.run(&["request-changes", "marion", "-m", "Which year was this?"])
        .exits(0);
    assert_eq!((sent(ann, 0), sent(ann, 8)), (2, 1));
    desks.settle();
    // ann claims it first where ben cannot see it, and ben is faster at the server
    ann.git(&["config", "remote.origin.url", "/nowhere/stories.git"]);
    assert_eq!((sent(ann, 15), sent(ben, 15)), (0, 1));
    ann.git(&["config", "remote.origin.url", desks.bare().to_str().expect("UTF-8")]);
    assert_eq!(sent(ann, 15), 0);
    desks.settle();
    assert_eq!((sent(ann, 16), sent(ben, 16)), (0, 0));
    let reminders = |desk| {
        let is_one = |letter: &&String| letter.contains("Perhaps our letter went astray");
        left(desk).iter().filter(is_one).count()
    };
    assert_eq!((reminders(ann), reminders(ben)), (1, 1));
    for desk in [ann, ben] {
        let told = statuses(desk, "marion", "reminder");
        assert_eq!(told, ["claimed", "sent", "claimed", "sent"]);
        assert!(held(desk).is_empty() && desk.files(".desk/letters").is_empty());
    }
}

#[test]
fn a_desk_that_learns_with_the_first_letter_that_another_claimed_them_all_claims_no_other() {
    let desks = desks(2, "always");
    let [ann, ben] = &desks.desks[..] else { panic!("two") };
    let soup = story_by("Bea <bea@author.example>", "Soup", SIGNED);
    fetch(ann, &[story_by(AUTHOR, "Tea", SIGNED), soup]);
    desks.settle();
    // a server that takes none of them now
    let folder = ann.read("config.toml");
    let server = "kind = \"smtp\"\nhost = \"127.0.0.1\"\nport = 1\ntls = \"none\"\nfrom = \"stories@example.org\"";
    ann.write(
        "config.toml",
        folder.replace("kind = \"folder\"\npath = \"letters\"", server),
    );
    assert_eq!((sent(ann, 0), sent(ben, 0)), (0, 0));
    desks.settle();
    for story in ["marion", "bea"] {
        assert_eq!(statuses(ben, story, "received"), ["claimed"], "{story}");
    }
    ann.write("config.toml", folder);
    assert_eq!((sent(ben, 1), sent(ann, 1)), (0, 2));
}

#[test]
fn a_run_that_is_killed_wherever_it_writes_still_sends_its_letter_once() {
    if !traces() {
        return;
    }
    let desks = desks(1, "always");
    let ann = &desks.desks[0];
    // how a note of the spool gets its name
    let renames = match cfg!(target_arch = "x86_64") {
        true => "rename",
        false => "renameat,renameat2",
    };
    for n in 1.. {
        let (name, address) = (format!("reader{n}"), format!("reader{n}@author.example"));
        fetch(ann, &[story_by(&format!("Reader{n} <{address}>"), "Tea", SIGNED)]);
        let kill = format!("inject={renames}:signal=KILL:when={n}");
        let ran = ann
            .command("strace")
            .args(["-o", "/dev/null", "-e", &format!("trace={renames}"), "-e", &kill])
            .args(["m4c-stories", "letters", "send"])
            .output()
            .expect("strace runs");
        ann.run(&["letters", "send"]).exits(0);
        let to_them = left(ann).iter().filter(|l| header(l, "To").contains(&address)).count();
        assert_eq!(to_them, 1, "killed at rename {n}: {:?}", held(ann));
        assert_eq!(statuses(ann, &name, "received").last().expect("a letter"), "sent");
        if ran.status.success() {
            assert!(n > 3, "it was killed at least at the note, the claim and the letter");
            break;
        }
    }
}

#[test]
fn a_letter_whose_desk_is_gone_is_told_and_leaves_again_when_a_person_says_so() {
    let desks = desks(2, "always");
    let [ann, ben] = &desks.desks[..] else { panic!("two") };
    fetch(ann, &[story_by(AUTHOR, "Tea", SIGNED)]);
    shut(ann);
    assert_eq!(sent(ann, 0), 0);
    desks.settle();
    assert_eq!(sent(ben, 1), 0);
    assert_eq!(held(ben), ["another desk began to send it"]);
    let doctor = ben.run(&["doctor"]).stdout.clone();
    assert!(doctor.contains("that another desk began to send: 1"), "{doctor}");
    let of_ann = ann.run(&["doctor"]).stdout.clone();
    assert!(!of_ann.contains("another desk"), "{of_ann}");

    // ann does not come back in all the time that it has
    assert!(
        unattended(ben, 15)
            .told
            .iter()
            .all(|told| told.status != Status::Failed)
    );
    let run = unattended(ben, 16);
    let failed = run.told.iter().filter(|told| told.status == Status::Failed);
    let failed: Vec<&str> = failed.map(|told| told.said.as_str()).collect();
    let why = "another desk began to send it, and the record does not say that it left";
    assert_eq!(failed, [why]);
    assert_eq!(unattended(ben, 17).count(Status::Failed), 0, "it is told once");
    let listed = ben.run(&["letters"]).exits(0).stdout.clone();
    assert!(listed.contains(why) && listed.contains("letters again"), "{listed}");
    ben.run(&["letters", "again", "marion"]).exits(0);
    assert_eq!(sent(ben, 1), 1);
    // and if she does, it has left
    open(ann);
    ben.run(&["sync"]).exits(0);
    assert_eq!(sent(ann, 2), 0);
    let receipts = |desk| {
        left(desk)
            .iter()
            .filter(|l| l.contains("Thank you for your story"))
            .count()
    };
    assert_eq!((receipts(ann), receipts(ben)), (0, 1));
    assert_eq!(ann.files(".desk/letters"), [""; 0]);
    let told = statuses(ann, "marion", "received");
    assert_eq!(told, ["claimed", "failed", "again", "claimed", "sent"]);
}

#[test]
fn a_claimed_letter_that_is_to_go_elsewhere_leaves_under_the_claim_that_it_has() {
    let desks = desks(1, "always");
    let ann = &desks.desks[0];
    fetch(ann, &[story_by(AUTHOR, "Tea", SIGNED)]);
    shut(ann);
    assert_eq!(sent(ann, 0), 0);
    ann.run(&["letters", "again", "marion", "--to", "new@author.example"])
        .exits(0);
    open(ann);
    let run = unattended(ann, 1);
    assert_eq!(run.count(Status::Sent), 1, "{run:?}");
    let letters = left(ann);
    let to: Vec<String> = letters.iter().map(|letter| header(letter, "To")).collect();
    assert_eq!(to, ["\"Marion Maxwell\" <new@author.example>"], "{letters:?}");
    assert!(ann.files(".desk/letters").is_empty());
}

#[test]
fn words_that_a_person_keeps_for_a_letter_do_not_make_another_desks_claim_theirs() {
    let desks = desks(2, "never");
    let [ann, ben] = &desks.desks[..] else { panic!("two") };
    fetch(ann, &[story_by(AUTHOR, "Tea", SIGNED)]);
    desks.settle();
    ben.write("words", "Subject: Thanks\n\nDear Marion, we have it.\n");
    let mut edit = ben.command(BINARY);
    edit.args(["letters", "edit", "marion"])
        .env("EDITOR", format!("cp {}", ben.path("words").display()));
    assert!(edit.status().expect("it runs").success());
    shut(ann);
    assert_eq!(sent(ann, 0), 0);
    desks.settle();
    assert_eq!(sent(ben, 0), 0);
    assert_eq!(held(ben), ["another desk began to send it"]);
}
