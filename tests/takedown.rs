//! Off the pages again, and what an author agreed to: through the commands that people type.

mod common;

use common::{CONFIG, Ran, TestHouse, mail, marion};
use serde_json::Value;

/// Two sites, and an author who is asked.
fn two_sites() -> TestHouse {
    let second = "\n[[target]]\nname = \"mirror\"\nkind = \"folder\"\npath = \"mirror/content\"\nengine = \"zola\"\n";
    let config = CONFIG.replace("consent = \"optional\"", "consent = \"required\"") + second;
    TestHouse::with_config(&config)
}

#[track_caller]
fn ended(house: &TestHouse, command: &[&str], code: i32) -> Ran {
    let ran = house.run(command);
    ran.exits(code);
    ran
}

const YES: [&str; 5] = ["consent", "marion", "--grant", "--evidence", "said yes by phone"];

fn published(house: &TestHouse) -> String {
    let story = house.story(&marion());
    house.run(&YES).exits(0);
    house.run(&["approve", "marion"]).exits(0);
    house.run(&["publish", "marion"]).exits(0);
    story
}

fn is_out(house: &TestHouse) -> (bool, bool) {
    let there = |name: &str| house.files(name).iter().any(|file| file.ends_with("index.md"));
    (there("site"), there("mirror"))
}

fn status(house: &TestHouse, key: &str) -> Value {
    house.run(&["status", "--json"]).exits(0).json()[key].clone()
}

fn events(house: &TestHouse, kind: &str) -> usize {
    let kinds = house.kinds("marion");
    kinds.iter().filter(|of| *of == kind).count()
}

#[test]
fn a_takedown_takes_the_page_off_every_target_and_says_what_is_beyond_recall() {
    let house = two_sites();
    let story = published(&house);
    assert_eq!(is_out(&house), (true, true));
    for verb in ["takedown", "withdraw"] {
        let would = ended(
            &house,
            &[verb, "marion", "-m", "A neighbour is named", "-n", "--json"],
            0,
        )
        .json();
        let targets: Vec<(&str, bool)> = would["targets"]
            .as_array()
            .expect("the targets")
            .iter()
            .map(|t| (t["target"].as_str().expect("a name"), t["place"].is_string()))
            .collect();
        assert_eq!(targets, [("mirror", true), ("site", true)], "{would}");
        assert_eq!((&would["dry_run"], is_out(&house)), (&true.into(), (true, true)));
    }
    let ran = ended(&house, &["takedown", "marion", "-m", "A neighbour is named"], 0);
    for part in ["Taken down", "site: gone from", "mirror: gone from"] {
        assert!(ran.stdout.contains(part), "{}", ran.stdout);
    }
    assert!(ran.stderr.contains("beyond recall"), "{}", ran.stderr);
    assert_eq!(is_out(&house), (false, false));
    assert_eq!(house.state(&story), "taken-down");
    assert!(
        house
            .git(&["show", &format!("main:{story}/index.md")])
            .contains("draft = true")
    );
    let removed = house.show("marion")["events"]
        .to_string()
        .matches("\"removed\":true")
        .count();
    assert_eq!(removed, 2);
    assert_eq!(status(&house, "still_out"), 0);
    // it is a draft again, its author's yes stands, and it gets its old address and date
    house.run(&["reopen", "marion"]).exits(0);
    house.run(&["approve", "marion"]).exits(0);
    house.run(&["publish", "marion"]).exits(0);
    assert_eq!(is_out(&house), (true, true));
    house.fsck();
}

#[test]
fn what_a_target_does_not_let_go_of_is_told_and_tried_again_until_it_is_gone() {
    let house = two_sites();
    let story = published(&house);
    let mark = house.read("mirror/content/marion-maxwell/.m4c-stories");
    std::fs::remove_file(house.path("mirror/content/marion-maxwell/.m4c-stories")).expect("the mark");
    let ran = ended(&house, &["withdraw", "marion", "-m", "She asked by phone", "--json"], 7);
    let off = ran.json()["targets"].clone();
    assert_eq!(
        (&off[0]["target"], &off[0]["gone"]),
        (&"mirror".into(), &false.into()),
        "{off}"
    );
    assert_eq!(
        (&off[1]["target"], &off[1]["gone"]),
        (&"site".into(), &true.into()),
        "{off}"
    );
    assert_eq!(house.state(&story), "withdrawn");
    assert_eq!(is_out(&house), (false, true));
    assert_eq!(status(&house, "still_out"), 1);
    assert!(house.run(&["list"]).exits(0).stdout.contains("withdrawn, still out"));
    assert!(
        house
            .run(&["show", "marion"])
            .exits(0)
            .stdout
            .contains("Still on     mirror")
    );

    // "we have taken it off our pages" is not true yet
    let letters = |house: &TestHouse| house.run(&["letters", "--json"]).exits(0).json().to_string();
    assert!(!letters(&house).contains("\"withdrawn\""), "{}", letters(&house));
    // nor is it made a draft again, which would forget the page
    house.run(&["reopen", "marion"]).exits(5);
    // the same again is no news in the record
    house.run(&["takedown", "marion"]).exits(7);
    assert_eq!(events(&house, "remains"), 1);
    // cron tries it, too, and says so once
    let told = house.run(&["-q", "cron"]);
    assert!(told.stderr.contains("is still on mirror"), "{}", told.stderr);
    assert!(!house.run(&["-q", "cron"]).stderr.contains("still on"));

    house.write("mirror/content/marion-maxwell/.m4c-stories", mark);
    let ran = ended(&house, &["-v", "cron"], 0);
    assert!(ran.stdout.contains("mirror: gone from"), "{}{}", ran.stdout, ran.stderr);
    assert_eq!(is_out(&house), (false, false));
    assert_eq!(status(&house, "still_out"), 0);
    let sent = house
        .files("letters")
        .iter()
        .map(|f| house.read(&format!("letters/{f}")))
        .find(|l| l.contains("withdrawn your story"));
    assert!(sent.expect("the letter left").contains("taken it off our pages"));
    house.run(&["takedown", "marion"]).exits(0);
    house.fsck();
}

#[test]
fn a_person_sees_to_a_target_that_is_no_more() {
    let house = two_sites();
    published(&house);
    let config = house.read("config.toml");
    house.write(
        "config.toml",
        config
            .split("\n[[target]]\nname = \"mirror\"")
            .next()
            .expect("a config"),
    );
    let ran = ended(&house, &["takedown", "marion"], 7);
    assert!(ran.stderr.contains("no such target"), "{}", ran.stderr);
    house.run(&["takedown", "marion", "--seen-to", "mirror"]).exits(2);
    house
        .run(&["takedown", "marion", "--seen-to", "nowhere", "-m", "x"])
        .exits(5);
    let seen = ["takedown", "marion", "--seen-to", "mirror", "-m", "deleted the folder"];
    house.run(&seen).exits(0);
    house.run(&seen).exits(0);
    assert_eq!(status(&house, "still_out"), 0);
    house.run(&["takedown", "marion"]).exits(0);
}

#[test]
fn a_publication_that_died_before_its_receipt_is_taken_off_too_and_does_not_go_on() {
    for (end, state) in [
        (&["takedown", "marion"][..], "taken-down"),
        (&["withdraw", "marion", "-m", "She asked"][..], "withdrawn"),
        (&["reject", "marion", "-m", "Sorry"][..], "rejected"),
    ] {
        let house = two_sites();
        let story = published(&house);
        // as a run leaves it that was killed after the first target had it
        let begun = house.git(&["log", "--format=%H", "--grep=Begin to publish", "-1"]);
        house.git(&["reset", "-q", "--hard", begun.trim()]);
        assert_eq!(house.state(&story), "approved");
        house.run(end).exits(0);
        assert_eq!(house.state(&story), state);
        if state == "rejected" {
            house.run(&["takedown", "marion"]).exits(0);
        }
        assert_eq!(is_out(&house), (false, false), "{state}");
        // reopened and approved, it waits for somebody who says `publish`
        house.run(&["reopen", "marion"]).exits(0);
        house.run(&["approve", "marion"]).exits(0);
        house.run(&YES).exits(0);
        house.run(&["publish", "--due"]).exits(0);
        assert_eq!(house.state(&story), "approved", "{state}");
    }
}

#[test]
fn a_withdrawn_story_comes_back_only_with_a_new_yes() {
    let house = two_sites();
    let story = published(&house);
    house.run(&["withdraw", "marion", "-m", "She asked"]).exits(0);
    assert_eq!(is_out(&house), (false, false));
    assert!(house.run(&["list"]).exits(0).stdout.contains("No stories"));
    assert!(house.run(&["list", "--all"]).exits(0).stdout.contains("withdrawn"));
    house.run(&["reopen", "marion"]).exits(0);
    house.run(&["approve", "marion"]).exits(0);
    let ran = ended(&house, &["publish", "marion"], 5);
    assert!(ran.stderr.contains("took their yes back"), "{}", ran.stderr);
    house.run(&YES).exits(0);
    house.run(&["publish", "marion"]).exits(0);
    assert_eq!(house.state(&story), "published");
}

#[test]
fn a_story_that_somebody_bent_by_hand_is_taken_down_all_the_same() {
    let house = two_sites();
    let story = published(&house);
    let page = format!("stories/{story}/index.md");
    house.write(&page, house.read(&page).replace("draft = false", "draft = true"));
    house.git(&["commit", "-q", "-a", "-m", "by hand"]);
    house.write(&page, house.read(&page).replace("ninety", "nineteen"));
    house.run(&["takedown", "marion"]).exits(0);
    assert_eq!(is_out(&house), (false, false));
    assert!(house.read(&page).contains("nineteen"), "the edit is still there");
}

#[test]
fn a_page_keeps_to_what_its_author_agreed_to() {
    let house = two_sites();
    let story = house.story(&marion());
    house.run(&["approve", "marion"]).exits(0);
    let grant = |more: &[&str]| {
        let command: Vec<&str> = YES.iter().chain(more).copied().collect();
        house.run(&command)
    };
    let refused = |code: &str| {
        let ran = ended(&house, &["publish", "marion", "--json"], 5);
        assert!(ran.stderr.contains(code), "{code}: {}", ran.stderr);
        assert_eq!(is_out(&house), (false, false));
    };
    refused("policy.no_consent");
    for bad in [
        &["--scope", "soul"][..],
        &["--scope", "name,pseudonym"],
        &["--for", "nowhere"],
        &["--until", "soon"],
        &["--until", "2010-12-31"], // over before it is recorded
    ] {
        grant(bad).exits(2);
    }
    grant(&["--scope", "pseudonym,photos,place"]).exits(0);
    refused("policy.consent_name");
    // it is not scheduled for a day that the yes does not reach
    grant(&["--until", "2126-12-31"]).exits(0);
    house.run(&["publish", "marion", "--at", "2127-01-01 09:00"]).exits(5);
    // no photos agreed to: with one, it is refused
    grant(&["--scope", "name"]).exits(0);
    let mut photo = std::io::Cursor::new(Vec::new());
    let grey = image::DynamicImage::from(image::RgbImage::new(300, 200));
    grey.write_to(&mut photo, image::ImageFormat::Png).expect("a picture");
    house.write("p.png", photo.into_inner());
    house
        .run(&["media", "marion", "add", "p.png", "--alt", "A street"])
        .exits(0);
    house.run(&["approve", "marion"]).exits(0);
    refused("policy.consent_photos");

    grant(&["--for", "mirror"]).exits(0);
    let shown = ended(&house, &["consent", "marion"], 0).stdout;
    assert!(shown.contains("yes, to all of the story on mirror"), "{shown}");
    house.run(&["publish", "marion"]).exits(0);
    assert_eq!(is_out(&house), (false, true), "only where it was agreed to");
    assert_eq!(house.state(&story), "published");
    house.run(&["publish", "--due"]).exits(0);
    assert_eq!(is_out(&house), (false, true));
}

#[test]
fn a_story_goes_nowhere_where_its_author_agreed_to_none_of_the_targets() {
    for consent in ["required", "optional"] {
        let house = two_sites();
        let config = house.read("config.toml");
        house.story(&marion());
        house.run(&["approve", "marion"]).exits(0);
        house.run(&[&YES[..], &["--for", "mirror"]].concat()).exits(0);
        house.run(&["publish", "marion", "--at", "2126-12-31 09:00"]).exits(0);
        let config = config.replace("\"required\"", &format!("{consent:?}"));
        house.write("config.toml", config.replace("name = \"mirror\"", "name = \"other\""));
        for command in [
            &["publish", "marion", "--json"][..],
            &["publish", "marion", "--json", "-n"],
            &["publish", "marion", "--json", "--at", "2126-12-31 10:00"],
        ] {
            let refused = ended(&house, command, 5);
            assert!(refused.stderr.contains("policy.consent_target"), "{}", refused.stderr);
        }
        assert_eq!((is_out(&house), events(&house, "publish-begun")), ((false, false), 0));
    }
}

#[test]
fn under_another_name_the_page_has_no_trace_of_the_first() {
    let house = two_sites();
    house.story(&marion());
    house
        .run(&[
            "consent",
            "marion",
            "--grant",
            "--scope",
            "pseudonym,photos,place",
            "--evidence",
            "by mail",
        ])
        .exits(0);
    house.run(&["edit", "marion", "--author", "Rose Field"]).exits(0);
    house.run(&["approve", "marion"]).exits(0);
    let ran = house.run(&["publish", "marion"]);
    if ran.code == 5 {
        // the text is signed with the name: that is for a person to take out
        assert!(ran.stderr.contains("it is in the text"), "{}", ran.stderr);
        house.edit_by_hand("marion", "Marion Maxwell", "Rose Field");
        house.run(&["approve", "marion"]).exits(0);
        house.run(&["publish", "marion"]).exits(0);
    }
    let site: String = house
        .files("site")
        .iter()
        .map(|f| format!("{f}\n{}", house.read(&format!("site/{f}"))))
        .collect();
    assert!(
        site.contains("rose-field") && !site.to_lowercase().contains("maxwell"),
        "{site}"
    );
}

#[test]
fn a_yes_taken_back_or_run_out_leads_to_a_takedown() {
    let house = two_sites();
    let story = published(&house);
    let ran = ended(&house, &["consent", "marion", "--revoke", "--evidence", "by phone"], 0);
    assert!(
        ran.stderr.contains("still on") && ran.stderr.contains("takedown marion-maxwell-"),
        "{}",
        ran.stderr
    );
    assert_eq!(status(&house, "unpermitted"), 1);
    assert!(
        house
            .run(&["status"])
            .exits(0)
            .stdout
            .contains("without the author's permission")
    );
    assert!(house.run(&["list"]).exits(0).stdout.contains("published, no consent"));
    // cron does not do it by itself, and says it once
    let told = ended(&house, &["-q", "cron"], 5);
    assert!(
        told.stderr.contains("Hint: `takedown marion-maxwell-"),
        "{}",
        told.stderr
    );
    let again = ended(&house, &["-q", "cron"], 5);
    assert!(!again.stderr.contains("permission"), "{}", again.stderr);
    assert_eq!(house.state(&story), "published");
    house.run(&["takedown", "marion"]).exits(0);
    assert_eq!(status(&house, "unpermitted"), 0);
    let over = ended(&house, &["-q", "cron"], 0);
    assert!(
        over.stdout.contains("Over") || over.stderr.contains("Over"),
        "{}{}",
        over.stdout,
        over.stderr
    );
    assert_eq!(is_out(&house), (false, false));
}

#[test]
fn a_wish_that_is_no_reply_is_told_where_it_is_read() {
    let house = two_sites();
    published(&house);
    let wish = mail(
        "Marion Maxwell <marion@example.org>",
        "Sun, 5 Dec 2010 10:12:31 +0000",
        "My story",
        "Please take my story down.\n\nMarion Maxwell\n",
    );
    let story = house.story(&wish);
    let shown = ended(&house, &["show", &story], 0).stdout;
    assert!(shown.contains("a wish to have one taken down"), "{shown}");
}
