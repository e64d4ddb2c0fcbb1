//! What is held is told to those it is about, kept no longer than it should be, and seen by nobody else.

mod common;

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use m4c_stories::config::Config;
use m4c_stories::desk::{Desk, retention};

use common::{TestHouse, kelly, kelly_names_marion, mail, marion};

fn contains(bytes: &[u8], what: &str) -> bool {
    bytes.windows(what.len()).any(|w| w == what.as_bytes())
}

/// A mail with everything in it that is nobody's business.
fn with_canaries() -> String {
    marion()
        .replace("<Teawithninetycleaners@", "<canary-message-id@")
        .replace("To: stories", "Received: from [192.0.2.77] by canary-relay.example.org\nX-Originating-IP: 192.0.2.78\nCc: canary-cc@example.net\nTo: stories")
        .replace("\n\nMarion\n", "\n\nMarion\n\n-- \nMarion Maxwell\n07700 900123\n")
}

const CANARIES: [&str; 7] = [
    "marion@example.org",
    "canary-message-id",
    "192.0.2.77",
    "192.0.2.78",
    "canary-relay",
    "canary-cc@example.net",
    "07700 900123",
];

#[test]
fn nothing_private_is_on_the_branch_on_the_site_or_in_a_letter_to_somebody_else() {
    let house = TestHouse::new();
    house.arrive(&[with_canaries(), kelly()]);
    house.run(&["fetch", "-q"]).exits(0);
    let follow_up = mail(
        "Marion Maxwell <marion@example.org>",
        "Sun, 5 Dec 2010 10:00:00 +0000",
        "Re: Tea with ninety cleaners",
        "And the year was 2010. My number is still 07700 900123.",
    )
    .replace(
        "MIME-Version",
        "In-Reply-To: <canary-message-id@example.org>\nMIME-Version",
    );
    house.arrive(&[follow_up]);
    house.run(&["fetch", "-q"]).exits(0);
    house
        .run(&["note", "marion", "-m", "canary-note: she is afraid of her landlord"])
        .exits(0);
    for step in [
        &["request-changes", "marion", "-m", "Which year was this?"][..],
        &["edit", "marion", "--subtitle", "Tea"],
        &["approve", "marion", "kelly"],
        &["publish", "marion", "kelly"],
        &["letters", "send"],
        &["cron", "-q"],
    ] {
        house.run(step).exits(0);
    }
    // every object that the branch reaches, commits and trees with them
    let ids = house.git(&["rev-list", "--objects", "--no-object-names", "main"]);
    let all = house.run_git_with_stdin(&["cat-file", "--batch", "--buffer"], &ids);
    assert!(all.len() > 1000);
    for canary in CANARIES {
        assert!(!contains(&all, canary), "{canary} is on main");
    }
    let public = house.files("site");
    assert!(public.len() >= 4, "{public:?}");
    for name in public {
        let bytes = std::fs::read(house.path(&format!("site/{name}"))).expect("it is there");
        for canary in CANARIES
            .iter()
            .chain(&["canary-note", "robin@example.org", "Robin Reviewer"])
        {
            assert!(!contains(&bytes, canary), "{canary} is in site/{name}");
        }
    }
    let letters = house.files("letters");
    let mut others = 0;
    for name in letters {
        let text = house.read(&format!("letters/{name}"));
        assert!(
            !text.contains("canary-note") && !text.contains("robin@example.org"),
            "{name}"
        );
        if text.contains("kelly@example.net") {
            others += 1;
            for canary in CANARIES {
                assert!(!text.contains(canary), "{canary} is in a letter to Kelly");
            }
        }
    }
    assert!(others > 0, "a letter went to Kelly");
}

/// An edit that is refused, so that its words wait in the spool.
fn not_taken(house: &TestHouse, who: &str, words: &str) {
    house.write("editor.sh", format!("sed -i /^title/d \"$1\"; echo {words} >> \"$1\""));
    let mut edit = house.command(common::BINARY);
    let ran = edit.env("EDITOR", "sh editor.sh").args(["edit", who]).output();
    assert_eq!(ran.expect("it runs").status.code(), Some(2));
}

#[test]
fn a_person_gets_all_of_theirs_and_nothing_of_others() {
    let house = TestHouse::new();
    let names_her = kelly_names_marion("There were two of us, canary-of-kelly.");
    house.arrive(&[with_canaries(), kelly(), names_her]);
    house.run(&["fetch", "-q"]).exits(0);
    house.run(&["note", "marion", "-m", "She rang"]).exits(0);
    house.run(&["letters", "send"]).exits(0);
    for (who, words) in [("marion", "canary-not-taken"), ("kelly", "canary-of-kelly")] {
        not_taken(&house, who, words);
    }
    let out = house
        .run(&["export", "--person", "Marion@example.org", "--out", "-"])
        .exits(0)
        .json();
    let text = out.to_string();
    for hers in [
        "marion@example.org",
        "canary-message-id",
        "07700 900123",
        "She rang",
        "ninety others",
        "letters/",
        "canary-not-taken",
    ] {
        assert!(text.contains(hers), "{hers}: {text}");
    }
    for others in [
        "kelly",
        "Kelly",
        "canary-cc",
        "canary-of-kelly",
        "192.0.2.7",
        "Robin",
        "robin@",
    ] {
        assert!(!text.contains(others), "{others}: {text}");
    }
    assert_eq!(out["named_in_what_is_others"], 1);
    house
        .run(&["export", "--person", "marion@example.org", "--out", "hers"])
        .exits(0);
    let files = house.files("hers");
    assert!(
        files.contains(&"person.json".to_owned()) && files.iter().any(|f| f.ends_with("mail-1.eml")),
        "{files:?}"
    );
    // a folder that is there is not written into
    house
        .run(&["export", "--person", "marion@example.org", "--out", "hers"])
        .exits(1);
    let nobody = house
        .run(&["export", "--person", "nobody@example.org", "--json"])
        .exits(0)
        .json();
    assert_eq!(nobody["stories"].as_array().map(Vec::len), Some(0));
}

#[test]
fn what_is_old_goes_and_nothing_of_an_open_story() {
    let house = TestHouse::new();
    let away = mail(
        "Ann Other <ann@example.net>",
        "Tue, 4 Jan 2011 10:00:00 +0000",
        "Automatic reply: away",
        "I am away until Monday, canary-of-ann.",
    )
    .replace("MIME-Version", "Auto-Submitted: auto-replied\nMIME-Version");
    house.arrive(&[with_canaries(), kelly(), away]);
    house.run(&["fetch", "-q"]).exits(0);
    house.run(&["reject", "marion", "--spam"]).exits(0);
    house.run(&["letters", "send"]).exits(0);
    let clock = |days: u32| {
        format!(
            "[retention]\nset_aside = \"{days}d\"\nrejected = \"{days}d\"\nletters = \"{days}d\"\n{}",
            common::CONFIG
        )
    };
    house.write("config.toml", clock(1));
    // nothing is that old today
    let none = house.run(&["prune", "-n", "--json"]).exits(0).json();
    assert_eq!(none["old"].as_array().map(Vec::len), Some(0), "{none}");
    // the letter's name and the quarantine's note say when they came
    let letter = house.files("letters").into_iter().next().expect("Kelly was thanked");
    let old = format!("2011-01-01{}", &letter[10..]);
    std::fs::rename(
        house.path(&format!("letters/{letter}")),
        house.path(&format!("letters/{old}")),
    )
    .expect("renamed");
    let note = house
        .files(".desk/quarantine")
        .into_iter()
        .find(|f| f.ends_with(".toml"))
        .expect("a note");
    let note = format!(".desk/quarantine/{note}");
    let text = house.read(&note);
    let at = text
        .lines()
        .find(|l| l.starts_with("at = "))
        .expect("a time")
        .to_owned();
    house.write(&note, text.replace(&at, "at = \"2011-01-04T10:00:00Z\""));
    let due = house.run(&["prune", "-n", "--json"]).exits(0).json();
    let kinds: Vec<&str> = due["old"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|o| o["kind"].as_str())
        .collect();
    // Kelly's story is open: her letter stays
    assert_eq!(kinds, ["set-aside"], "{due}");
    house.run(&["prune"]).exits(0);
    assert!(!house.files(".desk/quarantine").iter().any(|f| f.ends_with(".eml")));
    let all = house.objects("stories");
    assert!(
        !contains(&all, "canary-of-ann"),
        "its bytes are gone from the objects, too"
    );
    assert!(contains(&all, "kelly@example.net") && contains(&all, "marion@example.org"));
    house.run(&["reject", "kelly", "--spam"]).exits(0);
    house.run(&["prune"]).exits(0);
    assert!(house.files("letters").is_empty(), "now it is closed");
    house.fsck();
}

#[test]
fn the_private_part_of_a_rejected_story_goes_when_its_time_is_over() {
    let house = TestHouse::new();
    house.arrive(&[with_canaries(), kelly()]);
    house.run(&["fetch", "-q"]).exits(0);
    for (who, words) in [("marion", "canary-of-marion"), ("kelly", "canary-of-kelly")] {
        not_taken(&house, who, words);
    }
    house.run(&["reject", "marion", "-m", "Sorry"]).exits(0);
    let text = house.run(&["show", "marion", "--json"]).exits(0).json()["text_hash"].clone();
    let typed = || {
        let names = house
            .files(".desk/typed")
            .into_iter()
            .filter(|name| name.ends_with(".md"));
        let texts = names.map(|name| house.read(&format!(".desk/typed/{name}")));
        texts.collect::<String>()
    };
    let after = |days: i64| {
        let config = Config::load(None, &house.path(""), |_| None).expect("the config");
        #[allow(clippy::disallowed_methods, reason = "the day of the test's own steps")]
        let now = Timestamp::now() + SignedDuration::from_hours(24 * days);
        let desk = Desk::new(config, now, Duration::from_secs(5));
        let gone = retention::apply(
            &desk,
            desk.repo().expect("a repository"),
            &mut desk.spool().expect("a spool"),
        );
        gone.expect("it goes").0.len()
    };
    let private = || {
        let all = house.objects("stories");
        contains(&all, "canary-message-id")
    };
    // the author is owed a letter that is no two years late
    assert_eq!(after(731), 0);
    house.run(&["letters", "send"]).exits(0);
    assert_eq!(after(729), 1, "the letters that left");
    assert!(private() && typed().contains("canary-of-marion"));
    assert_eq!(after(731), 1);
    assert!(!private(), "also from the objects");
    assert!(!typed().contains("canary-of-marion") && typed().contains("canary-of-kelly"));
    let shown = house.run(&["show", "marion", "--json"]).exits(0).json();
    assert_eq!((&shown["state"], &shown["text_hash"]), (&"rejected".into(), &text));
    house.run(&["verify"]).exits(0);
    house.fsck();
}
