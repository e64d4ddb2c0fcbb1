//! What holds for every command: JSON, `-n`, doing a thing twice, how a story is named, and the many ways in which people go past the tool.

mod common;

use common::{CONFIG, TestHouse, mail, marion};
use serde_json::Value;

const INDEX: &str = "stories/2010/12/marion-maxwell-ID/index.md";

/// Marion's story, and the path of its page.
fn with_marion(house: &TestHouse) -> (String, String) {
    let id = house.story(&marion());
    let page = format!("stories/{id}/index.md");
    assert_eq!(page.split('/').count(), INDEX.split('/').count());
    (id, page)
}

/// Tom's story, with a reply of his quoted below it, so that something is cut.
fn tom() -> String {
    mail(
        "Tom Okafor <tom@example.org>",
        "Tue, 5 Nov 2013 10:12:31 +0000",
        "It was never the windows",
        "Cromer House has ninety flats, and in each of them the windows were to blame for the damp.\n\n\
         We knocked on every door, and it was never the windows.\n\nTom\n\n-- \nTom Okafor\n07700 900123",
    )
}

/// A decision of every kind on Marion's story, in an order in which each does something.
const STEPS: [&[&str]; 12] = [
    &["note", "marion", "-m", "She is away until June"],
    &["assign", "marion", "Robin Reviewer"],
    &["assign", "marion", "--nobody"],
    &["consent", "marion", "--grant", "--evidence", "by phone"],
    &["request-changes", "marion", "-m", "Which year?"],
    &["edit", "marion", "--tag", "health"],
    &["reject", "marion", "-m", "Sorry"],
    &["reopen", "marion"],
    &["approve", "marion"],
    &["publish", "marion"],
    &["letters", "drop", "marion", "-m", "we spoke"],
    &["consent", "marion", "--revoke", "--evidence", "by phone"],
];

#[test]
fn a_search_reads_title_byline_and_text_and_forgets_what_is_erased() {
    let house = TestHouse::new();
    let (marion, _) = with_marion(&house);
    let tom_id = house.story(&tom());
    let found = |words: &str| -> Vec<String> {
        let list = house
            .run(&["list", "--all", "--json", "--search", words])
            .exits(0)
            .json();
        list.as_array()
            .unwrap()
            .iter()
            .map(|s| s["id"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(
        found("OKAFOR windows"),
        std::slice::from_ref(&tom_id),
        "a word of the byline and one of the text"
    );
    assert_eq!(found("windo"), std::slice::from_ref(&tom_id), "a part of a word");
    assert_eq!(found("windows okafor marion"), [""; 0]);
    assert_eq!(found("  ").len(), 2);
    house.run(&["edit", "tom", "--title", "Lighthouses"]).exits(0);
    assert_eq!(found("lighthouse"), std::slice::from_ref(&tom_id));
    house.run(&["edit", "tom", "--tag", "harbour"]).exits(0);
    assert_eq!(found("harbour windows"), [tom_id], "a word beside the text");
    assert!(house.path(".desk/words/2013-11").exists());
    house.run(&["erase", "tom", "--yes"]).exits(0);
    assert!(!house.path(".desk/words").exists());
    assert_eq!(found("windows"), [""; 0]);
    assert_eq!(found("marion"), [marion]);
}

#[test]
fn a_rehearsal_writes_nothing_and_a_step_taken_twice_is_one() {
    let house = TestHouse::new();
    with_marion(&house);
    for step in STEPS {
        let tip = || house.git(&["rev-parse", "main"]);
        let before = (tip(), house.files("."));
        for json in [&[][..], &["--json"]] {
            house.run(&[step, &["-n"], json].concat()).exits(0);
        }
        assert_eq!(before.0, tip(), "-n {step:?} committed");
        if step[0] == "publish" {
            assert!(!house.path("site").exists(), "-n {step:?} published");
        }
        house.run(step).exits(0);
        let once = tip();
        assert_ne!(before.0, once, "{step:?} did nothing");
        house.run(step).exits(0);
        assert_eq!(once, tip(), "{step:?} again was another step");
    }
    house.fsck();
}

/// Every object bears its schema; errors are one object on stderr.
fn schemas(arguments: &[&str], text: &str) {
    for line in text.lines() {
        let value: Value = serde_json::from_str(line).unwrap_or_else(|e| panic!("{arguments:?}: {e}: {line}"));
        let objects = match value {
            Value::Array(all) => all,
            one => vec![one],
        };
        for object in objects {
            assert_eq!(object["schema"], 1, "{arguments:?}: {object}");
        }
    }
}

#[test]
fn every_answer_and_every_error_is_json_where_it_is_asked_for() {
    let house = TestHouse::new();
    with_marion(&house);
    let tom = house.story(&tom());
    let auto = "From: a@example.org\nSubject: Away\nAuto-Submitted: auto-replied\nDate: 1 May 2014 10:00:00 +0000\n\nI am away.\n";
    house.run_with_stdin(&["fetch", "-"], auto).exits(0);
    let aside = house.run(&["quarantine", "--set-aside", "--json"]).exits(0).json()[0]["id"].clone();
    let aside = aside.as_str().expect("an id");
    let commands: &[(&[&str], i32)] = &[
        (&["status"], 0),
        (&["list"], 0),
        (&["list", "--state", "published"], 0),
        (&["show", "marion"], 0),
        (&["show", "tom", "--cut"], 0),
        (&["show", "marion", "--record"], 0),
        (&["show", "nobody"], 3),
        (&["diff", "marion"], 0),
        (&["diff", "marion", "--from-mail"], 0),
        (&["log"], 0),
        (&["log", "marion"], 0),
        (&["restore", "tom"], 0),
        (&["restore", "tom", "99"], 3),
        (&["edit", "tom", "--take"], 0),
        (&["edit", "tom", "--tag", "x", "-n"], 0),
        (&["edit", "tom"], 2),
        (&["consent", "tom"], 0),
        (&["check"], 0),
        (&["check", "marion"], 0),
        (&["check", "--rules"], 0),
        (&["approve", "tom"], 5),
        (&["check", "tom", "--waive", "phone", "-m", "the office's", "-n"], 0),
        (&["check", "tom", "--waive", "phone", "-m", "the office's"], 0),
        (&["check", "tom", "--waive", "phone:7", "-m", "x"], 2),
        (&["check", "tom", "--waive", "telephone", "-m", "x"], 2),
        (&["approve", "marion", "tom"], 0),
        (&["approve", "nobody"], 3),
        (&["publish", "-n"], 0),
        (&["publish"], 0),
        (&["publish"], 0),
        (&["reject", &tom, "-m", "x"], 5),
        (&["letters"], 0),
        (&["letters", "show", "tom"], 0),
        (&["letters", "send", "-n"], 0),
        (&["letters", "send"], 0),
        (&["letters", "send", "tom"], 0),
        (&["quarantine"], 0),
        (&["quarantine", "retry", aside, "-n"], 0),
        (&["quarantine", "retry", aside], 0),
        (&["quarantine", "drop", aside], 2),
        (&["quarantine", "drop", aside, "--yes"], 0),
        (&["new", "--author", "Jo", "--evidence", "by phone", "none.md"], 1),
        (&["fetch", "-n"], 0),
        (&["fetch"], 0),
        (&["fetch", "nowhere"], 1),
        (&["init", "-n"], 0),
        (&["no-such-command"], 2),
        (&["approve"], 2),
    ];
    for (arguments, code) in commands {
        let ran = house.run(&[arguments, &["--json"][..]].concat());
        ran.exits(*code);
        schemas(arguments, &ran.stdout);
        schemas(arguments, &ran.stderr);
        if *code == 0 {
            assert!(!ran.stdout.is_empty(), "{arguments:?} answered nothing");
        } else {
            assert!(ran.error()["message"].is_string(), "{arguments:?}: {}", ran.stderr);
        }
    }
}

#[test]
fn a_story_is_named_by_its_id_its_author_or_a_path_from_where_one_stands() {
    let house = TestHouse::new();
    let (id, page) = with_marion(&house);
    house.story(&tom());
    let digits = &id[id.len() - 10..];
    let folder = id.rsplit('/').next().expect("a folder");
    let absolute = house.path(&page);
    let absolute = absolute.to_str().expect("a path");
    for named in [
        &id,
        &id[..5],
        folder,
        digits,
        &digits[..4],
        "marion",
        "Marion Max",
        &page,
        &format!("./stories/{id}/"),
        absolute,
    ] {
        let shown = house.run(&["show", "--json", named]).exits(0).json();
        assert_eq!(shown["id"], id.as_str(), "{named}");
    }
    let config = house.path("config.toml");
    let config = config.to_str().expect("a path");
    for here in ["index.md", "."] {
        let mut command = house.command(common::BINARY);
        let inside = house.path(&format!("stories/{id}"));
        let ran = command
            .current_dir(inside)
            .args(["--config", config, "show", "--json", here])
            .output();
        let ran = ran.expect("it runs");
        assert!(String::from_utf8_lossy(&ran.stdout).contains(&id), "{here}: {ran:?}");
    }
    let several = house.run(&["show", "20", "--json"]);
    assert!(
        several.exits(3).error()["cause"]
            .as_str()
            .is_some_and(|c| c.contains(&id) && c.contains("tom-okafor"))
    );
    house.run(&["show", ""]).exits(3);
}

#[test]
fn every_way_of_changing_an_approved_text_lapses_the_approvals_and_says_whose() {
    let members = r#"
[team]
members = [
  { name = "Ann", email = "ann@example.org" },
  { name = "Ben", email = "ben@example.org" },
  { name = "Cat", email = "cat@example.org" },
]
"#;
    let config = CONFIG.replace("own_text = true", "own_text = false\napprovals = 2");
    let house = TestHouse::with_config(&format!("{members}{config}"));
    let (id, page) = with_marion(&house);
    let approve = |name: &str| {
        house.sign_in(name, &format!("{}@example.org", name.to_lowercase()));
        house.run(&["approve", "marion"])
    };
    let text = || house.read(&page);
    type Way<'a> = &'a dyn Fn();
    let commit = || {
        house.git(&["add", "--all"]);
        house.git(&["commit", "-qm", "by hand"]);
    };
    let ways: [(&str, Way); 6] = [
        ("the tool", &|| {
            house.sign_in("Cat", "cat@example.org");
            house.run(&["edit", "marion", "--subtitle", "Other"]).exits(0);
        }),
        ("an edit taken", &|| {
            house.sign_in("Cat", "cat@example.org");
            house.write(&page, text().replace("ninety", "eighty"));
            house.run(&["edit", "marion", "--take"]).exits(0);
        }),
        ("plain git", &|| {
            house.write(&page, text().replace("question", "thing"));
            commit();
        }),
        ("a photo by plain git", &|| {
            house.write(&format!("stories/{id}/photo-1.gif"), "GIF89a");
            commit();
        }),
        ("front matter", &|| {
            house.write(&page, text().replace("slug = \"marion-maxwell\"", "slug = \"other\""));
            commit();
        }),
        ("line ends", &|| {
            house.write(&page, text().replace('\n', "\r\n"));
            commit();
        }),
    ];
    for (name, change) in ways {
        for who in ["Ann", "Ben"] {
            approve(who).exits(0);
        }
        assert_eq!(house.state("marion"), "approved", "before {name}");
        house.sign_in("Cat", "cat@example.org");
        change();
        let refused = house.run(&["publish", "marion", "--json"]);
        let cause = refused.exits(5).error()["cause"].to_string();
        assert!(
            cause.contains("by Ann lapsed") && cause.contains("by Ben lapsed"),
            "{name}: {cause}"
        );
        assert!(!house.path("site").exists(), "{name}");
    }
    // Cat's own hand made the last change: hers is no approval, though the record knows nothing of it
    assert_eq!(approve("Cat").exits(5).code, 5);
    approve("Ann").exits(0);
    approve("Cat").exits(5);
    approve("Ben").exits(0);
    house.run(&["publish", "marion"]).exits(0);
}

#[test]
fn an_edit_that_leaves_a_mark_between_two_wordings_is_refused() {
    let house = TestHouse::new();
    let (_, page) = with_marion(&house);
    let before = house.read(&page);
    let edit = |left: &str| {
        house.write("left.md", format!("{before}\n{left}"));
        let mut edit = house.command(common::BINARY);
        let left = house.path("left.md");
        edit.env("EDITOR", format!("cp {}", left.display()))
            .args(["edit", "marion", "--json"]);
        common::Ran::of(&mut edit, &["edit"], None)
    };
    for left in ["Ours.\n=======\nTheirs.\n", "<<<<<<< ours\nOurs.\n", ">>>>>>> theirs\n"] {
        assert_eq!(edit(left).exits(2).error()["code"], "story.conflict", "{left}");
        assert_eq!(house.read(&page), before);
    }
    edit("A heading\n=========\n").exits(0);
}

#[test]
fn an_edit_puts_right_what_was_made_wrong_past_the_tool() {
    let house = TestHouse::new();
    let (_, page) = with_marion(&house);
    let good = house.read(&page);
    let wrong = [
        ("story.front_matter", good.replace("draft = true", "draft = false")),
        (
            "story.front_matter",
            format!("{good}\n<<<<<<< HEAD\nOne.\n=======\nOther.\n>>>>>>> side\n"),
        ),
    ];
    for (code, text) in wrong {
        house.write(&page, text);
        house.git(&["commit", "-qam", "by hand"]);
        for step in [
            &["approve", "marion"][..],
            &["note", "marion", "-m", "x"],
            &["reopen", "marion"],
        ] {
            let refused = house.run(&[step, &["--json"]].concat());
            assert_eq!(refused.exits(5).error()["code"], code);
        }
        house.write("good.md", &good);
        let good_now = house.path("good.md");
        let mut edit = house.command(common::BINARY);
        let ran = edit
            .env("EDITOR", format!("cp {}", good_now.display()))
            .args(["edit", "marion"])
            .output();
        let ran = ran.expect("it runs");
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
        house.run(&["note", "marion", "-m", code]).exits(0);
        assert_eq!(house.read(&page), good);
        house.git(&["commit", "--allow-empty", "-qm", "between"]);
    }
}

#[test]
fn what_was_typed_is_kept_when_it_cannot_be_taken() {
    let house = TestHouse::new();
    let (_, page) = with_marion(&house);
    let edit = |script: &str| {
        house.write("editor.sh", script);
        let mut edit = house.command(common::BINARY);
        let ran = edit
            .env("EDITOR", "sh editor.sh")
            .args(["edit", "marion"])
            .output()
            .expect("it runs");
        (ran.status.code(), String::from_utf8_lossy(&ran.stderr).into_owned())
    };
    let kept = |said: &str| {
        let path = said
            .split_once("your text is kept in ")
            .and_then(|(_, told)| told.split_once(", and offered"))
            .expect("it is told where")
            .0;
        let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{path}: {e}\n{said}"));
        std::fs::remove_file(path).expect("it was there");
        text
    };
    let before = house.read(&page);
    let (code, said) = edit("m4c-stories edit marion --tag meanwhile; echo 'Words of mine.' >> \"$1\"");
    assert_eq!(code, Some(6), "{said}");
    assert!(kept(&said).ends_with("Words of mine.\n"));
    let (code, said) = edit("sed -i /^title/d \"$1\"");
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("no title") && kept(&said).contains("Marion"));
    assert_ne!(house.read(&page), before, "the edit that came between stands");
    house.run(&["reject", "marion", "-m", "Sorry"]).exits(0);
    let (code, said) = edit("touch opened");
    assert_eq!(code, Some(5), "{said}");
    assert!(!house.path("opened").exists(), "nobody types what is refused anyway");
}

#[test]
fn a_new_desk_asks_for_its_inbox() {
    let house = TestHouse::new();
    house.run(&["init", "desk"]).exits(0);
    assert!(house.path("desk/config.toml").exists() && house.path("desk/stories/.m4c-stories").exists());
    let asked = house.run(&["-C", "desk", "fetch", "--json"]);
    assert_eq!(asked.exits(2).error()["code"], "inbox.none");
    house.write("desk/one.eml", marion());
    house.run(&["-C", "desk", "fetch", "one.eml"]).exits(0);
}

#[test]
fn decisions_that_contradict_each_other_are_settled_before_the_author_hears_of_any() {
    let house = TestHouse::new();
    let (id, _) = with_marion(&house);
    let record = format!("stories/{id}/record.jsonl");
    let before = house.git(&["rev-parse", "main"]);
    house.run(&["approve", "marion"]).exits(0);
    let approval = house.read(&record).lines().last().expect("an event").to_owned();
    // the other desk knew nothing of it
    house.git(&["reset", "-q", "--hard", &before]);
    house.run(&["reject", "marion", "-m", "Sorry"]).exits(0);
    let letters = || house.run(&["letters", "--json"]).exits(0).json();
    assert_eq!(letters()[0]["kind"], "rejected");
    house.write(&record, format!("{}{approval}\n", house.read(&record)));
    house.git(&["commit", "-qam", "Merge two desks"]);

    assert_eq!(house.state("marion"), "conflict");
    assert_eq!(letters(), serde_json::json!([]));
    assert_eq!(house.run(&["status", "--json"]).exits(0).json()["letters_due"], 0);
    for step in [
        &["approve", "marion"][..],
        &["publish", "marion"],
        &["request-changes", "marion", "-m", "x"],
    ] {
        house.run(step).exits(6);
    }
    house.run(&["reject", "marion", "-m", "Sorry"]).exits(0);
    assert_eq!(house.state("marion"), "rejected");
    assert_eq!(letters()[0]["kind"], "rejected");
}

#[test]
fn a_minor_edit_keeps_approvals_where_the_team_says_so() {
    for keep in [true, false] {
        let rule = format!("own_text = true\nminor_edits_keep_approvals = {keep}");
        let house = TestHouse::with_config(&CONFIG.replace("own_text = true", &rule));
        let (_, page) = with_marion(&house);
        house.run(&["approve", "marion"]).exits(0);
        let edit = |from: &str, to: &str| {
            let text = house.read(&page);
            assert!(text.contains(from), "{text}");
            house.write(&page, text.replacen(from, to, 1));
        };
        // a word more is not minor, and nothing is lost by saying so
        edit("ninety cleaners", "nearly ninety cleaners");
        let refused = house.run(&["edit", "marion", "--take", "--minor"]);
        assert!(refused.exits(5).stderr.contains("nearly"), "{}", refused.stderr);
        assert!(house.read(&page).contains("nearly ninety"));
        edit("nearly ninety cleaners", "ninety cleeners");
        let taken = house.run(&["edit", "marion", "--take", "--minor"]);
        assert!(taken.exits(0).stdout.contains("[-cleaners"), "{}", taken.stdout);
        let state = if keep { "approved" } else { "draft" };
        let show = || house.run(&["show", "marion", "--json"]).exits(0).json();
        assert_eq!(show()["state"], state);
        // minor upon minor is carried on; anything else ends it, and minor after that brings nothing back
        edit("cleeners", "cleaners");
        house.run(&["edit", "marion", "--take", "--minor"]).exits(0);
        assert_eq!(show()["state"], state);
        let diff = house.run(&["diff", "marion", "--from-mail", "--word-diff"]);
        assert!(!diff.exits(0).stdout.contains("[-"), "{}", diff.stdout);
        house.run(&["edit", "marion", "--tag", "health"]).exits(0);
        assert_eq!(show()["state"], "draft");
        edit("cleaners", "cleeners");
        house.run(&["edit", "marion", "--take", "--minor"]).exits(0);
        assert_eq!(show()["state"], "draft");
        house.run(&["publish", "marion"]).exits(5);
    }
}

#[test]
fn a_beginning_that_ends_in_a_hyphen_ends_with_a_word_of_the_name() {
    let house = TestHouse::new();
    let story = |name: &str, at: u32| {
        let from = format!("{name} <p{at}@example.org>");
        let date = format!("Sat, 4 Dec 2010 10:12:{at} +0000");
        let text = "First we met in the hall and wrote down what everybody had seen, and then we asked the council.";
        house.story(&mail(&from, &date, "What we did", text))
    };
    let thirty = story("Person30 Hill", 30);
    for wanted in ["person3", "person30-", "person30-hill-", "Person30 Hi"] {
        let shown = house.run(&["show", wanted, "--json"]).exits(0).json();
        assert_eq!(shown["id"], thirty.as_str(), "{wanted}");
    }
    for none in [
        "person3*",
        "person3?",
        "^person3",
        "person3$",
        "person3.",
        "person3_",
        "person3\u{2013}",
        "person[3]",
    ] {
        house.run(&["approve", none, "-n"]).exits(3);
    }
    for command in ["show", "approve", "edit"] {
        house.run(&[command, "person3-"]).exits(3);
        house.run(&[command, "person30-h-"]).exits(3);
    }
    assert_eq!(house.state("person30"), "draft");
    let three = story("Person3", 3);
    house.run(&["show", "person3-"]).exits(0);
    let hall = story("Person3 Hall", 31);
    // a whole name is no beginning of another; with the hyphen it is the beginning of both
    let whole = house.run(&["show", "person3", "--json"]).exits(0).json();
    assert_eq!(whole["id"], three.as_str());
    let refused = house.run(&["approve", "person3-"]);
    assert_eq!(refused.code, 3, "{}", refused.stderr);
    assert!(
        refused.stderr.contains(&three) && refused.stderr.contains(&hall) && !refused.stderr.contains(&thirty),
        "{}",
        refused.stderr
    );
}
