//! `check`: what is found, how it keeps a story from being approved, and how it is waived.

mod common;

use common::{CONFIG, TestHouse, mail};

fn with_numbers(text: &str) -> String {
    mail(
        "Tom Okafor <tom@example.org>",
        "Mon, 4 Nov 2013 10:12:31 +0000",
        "The windows",
        &format!("We met in the laundry. {text} Nineteen people came, and in the spring they mended it."),
    )
}

#[test]
fn an_open_finding_keeps_a_story_from_being_approved_and_says_which_and_what_to_type() {
    let house = TestHouse::new();
    let id = house.story(&with_numbers("Ring 0161 496 0123."));
    let before = house.git(&["rev-parse", "main"]);
    let refused = house.run(&["approve", "tom", "--json"]);
    let error = refused.exits(5).error();
    assert_eq!(error["code"], "policy.open_checks");
    assert!(
        error["cause"].as_str().unwrap().contains("phone (line 13, column 29)"),
        "{error}"
    );
    assert!(error["hint"].as_str().unwrap().contains("--waive phone -m"), "{error}");
    house.run(&["approve", "tom", "-n"]).exits(5);
    assert_eq!(house.git(&["rev-parse", "main"]), before);

    let listed = house.run(&["list", "--json"]).exits(0).json();
    assert_eq!(listed[0]["open_checks"][0]["rule"], "phone");
    assert_eq!(listed[0]["open_checks"][0]["blocks"], true);
    assert_eq!(house.run(&["status", "--json"]).exits(0).json()["open_checks"], 1);
    let shown = house.show("tom");
    let checks = shown["checks"].as_array().unwrap();
    let phone = checks.iter().find(|c| c["rule"] == "phone").expect("a number");
    assert_eq!(phone["words"], "0161 496 0123");
    let place = (&phone["line"], &phone["column"]);
    let page = house.read(&format!("stories/{id}/index.md"));
    let line = page.lines().nth(place.0.as_u64().unwrap() as usize - 1).unwrap();
    let rest: String = line.chars().skip(place.1.as_u64().unwrap() as usize - 1).collect();
    assert!(rest.starts_with("0161 496 0123"), "{rest}");
    assert!(
        house
            .run(&["show", "tom"])
            .stdout
            .contains("Check        phone at 13:29: 0161 496 0123")
    );
}

#[test]
fn a_waiver_stands_in_the_record_with_its_reason_and_holds_for_those_words_only() {
    let house = TestHouse::new();
    let id = house.story(&with_numbers("Ring 0161 496 0123."));
    house.run(&["check", "tom", "--waive", "phone", "--no-input"]).exits(2);
    house
        .run(&["check", "tom", "--waive", "phone:1", "-m", "the office's"])
        .exits(0);
    let once = house.git(&["rev-parse", "main"]);
    house
        .run(&["check", "tom", "--waive", "phone:1", "-m", "again"])
        .exits(0);
    assert_eq!(house.git(&["rev-parse", "main"]), once, "waived twice is waived once");
    let record = house.read(&format!("stories/{id}/record.jsonl"));
    let event: serde_json::Value = serde_json::from_str(record.lines().last().unwrap()).unwrap();
    assert_eq!(
        (&event["event"], &event["rule"], &event["note"]),
        (&"checked".into(), &"phone".into(), &"the office's".into())
    );
    assert_eq!(event["by"]["name"], "Robin Reviewer");
    assert!(!record.contains("496"), "the words themselves are not in the record");
    let message = house.git(&["log", "-1", "--format=%B"]);
    assert!(
        message.starts_with("Waive a check on") && message.contains("Step: checked"),
        "{message}"
    );
    house.run(&["approve", "tom"]).exits(0);

    // the same words elsewhere are waived; others are not, and neither are words of another story
    let path = format!("stories/{id}/index.md");
    let page = house.read(&path);
    house.write(&path, page.replace("Nineteen", "(0161-4960123!) Twenty"));
    house.run(&["edit", "tom", "--take"]).exits(0);
    house.run(&["approve", "tom"]).exits(0);
    let page = house.read(&path);
    house.write(&path, page.replace("Twenty", "Or 0161 496 0124. Twenty"));
    house.run(&["edit", "tom", "--take"]).exits(0);
    let refused = house.run(&["approve", "tom", "--json"]);
    assert!(
        refused.exits(5).error()["cause"]
            .as_str()
            .unwrap()
            .starts_with("it has 1 open check: phone")
    );
    let other = house.story(&mail(
        "Ann Lee <ann@example.org>",
        "Mon, 4 Nov 2013 10:12:31 +0000",
        "Bus",
        "Ring 0161 496 0123 about the bus that does not stop.",
    ));
    house.run(&["approve", &other]).exits(5);
    house.fsck();
}

#[test]
fn only_those_who_decide_waive_and_a_waiver_is_no_vote() {
    let team =
        "[team]\nmembers = [{ name = \"Robin Reviewer\", email = \"robin@example.org\", roles = [\"editor\"] }]\n";
    let house = TestHouse::with_config(&format!("{team}{CONFIG}"));
    house.story(&with_numbers("Ring 0161 496 0123."));
    let refused = house.run(&["check", "tom", "--waive", "phone", "-m", "x", "--json"]);
    assert_eq!(refused.exits(5).error()["code"], "policy.role");
    house.write("config.toml", team.replace("editor", "reviewer") + CONFIG);
    house.run(&["check", "tom", "--waive", "phone", "-m", "x"]).exits(0);
    assert_eq!(house.show("tom")["approvals"], 0);
    assert_eq!(house.state("tom"), "draft");
}

#[test]
fn the_team_can_turn_the_gate_or_a_rule_off() {
    for (check, code) in [
        ("", 5),
        ("block = false", 0),
        ("off = [\"phone\"]", 0),
        ("off = [\"email\"]", 5),
        ("country = \"US\"", 0),
    ] {
        let house = TestHouse::with_config(&format!("{CONFIG}\n[check]\n{check}\n"));
        house.story(&with_numbers("The wall said 0161 496 0123."));
        house.run(&["approve", "tom"]).exits(code);
    }
    let house = TestHouse::with_config(&format!("{CONFIG}\n[check]\noff = [\"telephone\"]\n"));
    let error = house.run(&["list"]);
    assert!(
        error.exits(2).stderr.contains("there is no rule \"telephone\""),
        "{}",
        error.stderr
    );
    let house = TestHouse::new();
    house.story(&with_numbers("Ring 0161 496 0123."));
    let mut approve = house.command(common::BINARY);
    approve
        .args(["approve", "tom"])
        .env("M4C_STORIES_CHECK_OFF", "[\"phone\"]");
    assert!(
        approve.output().expect("it runs").status.success(),
        "a setting from outside counts"
    );
}

#[test]
fn what_a_mail_says_does_not_reach_the_terminal_as_a_command() {
    let house = TestHouse::new();
    house.story(&with_numbers(
        "Mail me at a\u{1b}]52;c;x\u{7}@evil.example or \u{202e}tom@example.org, M\u{430}\u{200b}rion.",
    ));
    for command in [
        &["check"][..],
        &["check", "tom"],
        &["show", "tom"],
        &["approve", "tom"],
        &["check", "tom", "--json"],
    ] {
        let ran = house.run(command);
        let odd = |c: char| c.is_control() && c != '\n' || matches!(c, '\u{202a}'..='\u{202e}');
        let odd_in_json = |c: char| c.is_control() && c != '\n';
        let odd: &dyn Fn(char) -> bool = if command.contains(&"--json") {
            &odd_in_json
        } else {
            &odd
        };
        assert!(
            !ran.stdout.contains(odd) && !ran.stderr.contains(odd),
            "{command:?}\n{:?}",
            ran.stdout
        );
    }
}

#[test]
fn who_forwards_is_not_approved_as_the_author_however_their_name_is_written() {
    let corpus = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    for (file, byline, shown) in [
        ("280-outsiders-forward-without-a-name", "A Future Leader", "…"),
        (
            "281-outsiders-forward-name-with-brackets",
            "Tom Okafor",
            "Okafor, Tom (Leeds)",
        ),
        (
            "282-outsiders-forward-name-with-an-organisation",
            "Tom Okafor",
            "Tom Okafor - Leeds Tenants",
        ),
        ("283-outsiders-forward-naming-nobody", "Tom Okafor", "Tom Okafor"),
    ] {
        let house = TestHouse::new();
        let mail = std::fs::read_to_string(corpus.join(format!("{file}.eml"))).unwrap();
        let id = house.story(&mail);
        let shows = house.show(&id);
        assert_eq!(shows["author"], byline, "{file}");
        let before = house.git(&["rev-parse", "main"]);
        let refused = house.run(&["approve", &id, "--json"]);
        let error = refused.exits(5).error();
        assert_eq!(error["code"], "policy.open_checks");
        assert!(
            error["cause"].as_str().unwrap().contains("1 open check: forward"),
            "{error}"
        );
        assert_eq!(house.git(&["rev-parse", "main"]), before);
        let original = if file.ends_with("nobody") {
            "someone"
        } else {
            "Marion Maxwell"
        };
        let checks = house.run(&["check", &id, "--json"]).exits(0).json();
        let words = format!("{shown} forwarded it: {original} may be the storyteller");
        assert_eq!(checks["findings"][0]["words"], words, "{file}");
        // an edit that leaves the byline leaves the question, too; another byline answers it, and so does a reason
        house.run(&["edit", &id, "--subtitle", "The library"]).exits(0);
        house.run(&["approve", &id]).exits(5);
        if byline == "Tom Okafor" {
            house.run(&["edit", &id, "--author", "OKAFOR, Tom"]).exits(0);
            house.run(&["approve", &id]).exits(5);
            house.run(&["edit", &id, "--author", "Marion Maxwell"]).exits(0);
        } else {
            let why = ["check", &id, "--waive", "forward", "-m", "the family wants no name"];
            house.run(&why).exits(0);
        }
        house.run(&["approve", &id]).exits(0);
    }
}

#[test]
fn a_forward_by_somebody_outside_the_team_keeps_back_a_story_under_its_senders_name() {
    let house = TestHouse::fresh_clone();
    house.run(&["fetch", "-q"]).exits(0);
    let found = house.run(&["check", "cath", "--json"]).exits(0).json();
    let rules: Vec<&str> = found["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f["rule"].as_str().unwrap())
        .collect();
    assert_eq!(rules, ["forward", "third-person"]);
    assert_eq!(
        found["findings"][0]["words"],
        "Cath Lee forwarded it: Pauline Achterberg may be the storyteller"
    );
    // measured: of the twelve sample stories three have something that keeps them back, and all of it is true
    let all = house.run(&["list", "--json"]).exits(0).json();
    let blocking = |s: &serde_json::Value| {
        s["open_checks"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|c| c["blocks"] == true)
            .count()
    };
    let counts: Vec<usize> = all
        .as_array()
        .unwrap()
        .iter()
        .map(blocking)
        .filter(|n| *n > 0)
        .collect();
    assert_eq!(counts, [1, 2, 1]);
    // once it is its storyteller's, nothing of it is left to see to
    house.run(&["edit", "cath", "--author", "Pauline Achterberg"]).exits(0);
    let found = house.run(&["check", "cath", "--json"]).exits(0).json();
    assert_eq!(found["blocking"], 0);
}
