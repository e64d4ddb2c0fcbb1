//! Nobody approves their own text: not with a line either that says it is another's.

use super::common::{CONFIG, TestHouse, marion};
use super::keys::{key, sits};
use super::{approval, commit, finds, forge, found, last, sealed, stays_in};
use serde_json::{Value, json};

/// Ann and Ben, each in every role and with a key, and a machine that has one, too, or not; Ann has edited Marion's story.
fn edited_by_ann(signed: bool, machine: bool) -> (TestHouse, String) {
    let house = TestHouse::new();
    let member = |name: &str, first: &str| {
        let key = key(&house, first, &[]);
        format!(
            "  {{ name = \"{name}\", email = \"{first}@team.example\", roles = [\"reviewer\", \"editor\", \"publisher\"], key = \"{key}\" }},\n"
        )
    };
    let members = member("Ann Able", "ann") + &member("Ben Bold", "ben");
    let robot = match machine {
        true => format!("robot_key = \"{}\"\n", key(&house, "robot", &[])),
        false => String::new(),
    };
    let config = CONFIG.replace("own_text = true", &format!("own_text = false\nsigned = {signed}"));
    house.write(
        "config.toml",
        format!("{config}\n[team]\n{robot}members = [\n{members}]\n"),
    );
    sits(&house, "Ann Able", Some("ann"));
    let story = house.story(&marion());
    house.run(&["edit", "marion", "--subtitle", "Ninety cleaners"]).exits(0);
    (house, story)
}

/// A line that nobody signed, and that says of today's text, or of one with a word changed beside it, that another made it.
fn forged(house: &TestHouse, story: &str, (name, role): (&str, &str), what: &Value, other_text: bool) {
    let mut line = approval(house, story, name, "00000000000000aa");
    if other_text {
        let aside = house.copied();
        aside.edit_by_hand("marion", "ninety", "nineteen");
        line["text"] = aside.show(story)["text_hash"].clone();
        let page = format!("stories/{story}/index.md");
        house.write(&page, house.read(&page).replace("ninety", "nineteen"));
    }
    line["by"]["role"] = json!(role);
    line["at"] = last(house, story)["at"].clone();
    line.as_object_mut()
        .expect("an object")
        .extend(what.as_object().expect("an object").clone());
    forge(house, story, &line.to_string());
    assert_eq!(house.show(story)["text_hash"], last(house, story)["text"]);
}

#[track_caller]
fn is_anns_own(house: &TestHouse, story: &str, case: &str) {
    let refused = house.run(&["approve", "marion", "--json"]);
    assert_eq!(refused.code, 5, "{case}: {}{}", refused.stdout, refused.stderr);
    assert_eq!(refused.error()["code"], "policy.own_text", "{case}");
    // nor by a line that her own key signs, past the tool
    let vote = approval(house, story, "Ann Able", "00000000000000ab").to_string();
    forge(house, story, &sealed(house, story, &vote, "ann", "m4c-stories"));
    assert_eq!(house.state("marion"), "draft", "{case}");
    let refused = stays_in(house);
    assert!(refused.stderr.contains("not ready"), "{case}: {}", refused.stderr);
}

const ROBOT: (&str, &str) = ("m4c-stories", "robot");
const BEN: (&str, &str) = ("Ben Bold", "editor");

#[test]
fn a_line_that_nobody_signed_makes_nobodys_text_anothers() {
    let merged = json!({"event": "merged", "of": ["Ben Bold", "Somebody"]});
    let edited = json!({"event": "edited"});
    let minor = json!({"event": "edited", "minor": true});
    let restored = json!({"event": "restored", "cut": 1});
    let split = json!({"event": "split", "into": []});
    let joined = json!({"event": "joined", "with": "2010/12/joan-hill-0123456789"});
    let accepted = json!({"event": "revision", "revision": 2, "status": "accepted"});
    let (with, without) = (edited_by_ann(true, true), edited_by_ann(true, false));
    for (by, what) in [
        (ROBOT, &merged),
        (ROBOT, &edited),
        (ROBOT, &split),
        (ROBOT, &joined),
        (BEN, &merged),
        (BEN, &edited),
        (BEN, &minor),
        (BEN, &restored),
        (BEN, &split),
        (BEN, &joined),
        (BEN, &accepted),
        (("Somebody", "editor"), &edited),
    ] {
        for other_text in [false, true] {
            for ((house, story), machine) in [(&with, true), (&without, false)] {
                let case = format!("{what} by {by:?}, other text: {other_text}, machine's key: {machine}");
                let house = house.copied();
                forged(&house, story, by, what, other_text);
                let kind = what["event"].as_str().unwrap();
                match by == ROBOT && !machine {
                    // without a key of the machine nothing tells its merges from others; they take no name away
                    true if kind == "merged" => assert_eq!(found(&house, &[]), [], "{case}"),
                    true => finds(&house, "role", &format!("{kind} by {}", by.0)),
                    false => finds(
                        &house,
                        "signature",
                        &format!("\"{kind} by {}\" is not proven: it is not signed", by.0),
                    ),
                }
                is_anns_own(&house, story, &case);
            }
        }
    }
}

#[test]
fn an_edit_that_is_proven_makes_it_anothers() {
    let (house, story) = edited_by_ann(true, true);
    forged(&house, &story, BEN, &json!({"event": "edited"}), true);
    let refused = house.run(&["approve", "marion"]).exits(5).stderr.clone();
    assert!(refused.contains("Ann Able's edit is in it"), "{refused}");
    sits(&house, "Ben Bold", Some("ben"));
    house.run(&["edit", "marion", "--tag", "health"]).exits(0);
    house.run(&["approve", "marion"]).exits(5);
    sits(&house, "Ann Able", Some("ann"));
    house.run(&["approve", "marion"]).exits(0);
    house.run(&["publish", "marion"]).exits(0);
}

#[test]
fn a_change_past_the_tool_makes_it_anothers_only_where_nobody_signs() {
    for (signed, code) in [(true, 5), (false, 0)] {
        let (house, story) = edited_by_ann(signed, false);
        let page = format!("stories/{story}/index.md");
        house.write(&page, house.read(&page).replace("ninety", "nineteen"));
        commit(&house, "Ben Bold", "Correct the number");
        house.run(&["approve", "marion"]).exits(code);
    }
}

#[test]
fn without_signatures_no_merge_and_no_machine_makes_it_anothers_either() {
    let whole = edited_by_ann(false, false);
    for (by, what, other_text) in [
        (ROBOT, json!({"event": "merged", "of": ["Ben Bold"]}), false),
        (ROBOT, json!({"event": "merged", "of": ["Ben Bold"]}), true),
        (BEN, json!({"event": "merged", "of": []}), true),
        (ROBOT, json!({"event": "edited"}), true),
        (BEN, json!({"event": "edited"}), false),
    ] {
        let case = format!("{what} by {by:?}, other text: {other_text}");
        let (house, story) = (whole.0.copied(), &whole.1);
        forged(&house, story, by, &what, other_text);
        is_anns_own(&house, story, &case);
    }
}
