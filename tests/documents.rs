//! The documents say what is: README's transcript is run, ARCHITECTURE's examples are compared with what the program
//! writes and prints, tables with `--help`, links with what is there.

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;

use common::{Ran, TestHouse};
use m4c_stories::story::event::{Event, What};
use m4c_stories::story::page::text_hash;
use m4c_stories::story::record::Files;
use serde_json::Value;

const README: &str = include_str!("../README.md");
const MAP: &str = include_str!("../ARCHITECTURE.md");
const PAGES: [(&str, &str); 6] = [
    ("README.md", README),
    ("ARCHITECTURE.md", MAP),
    ("CONTRIBUTING.md", include_str!("../CONTRIBUTING.md")),
    ("SECURITY.md", include_str!("../SECURITY.md")),
    ("CHANGELOG.md", include_str!("../CHANGELOG.md")),
    ("benches/README.md", include_str!("../benches/README.md")),
];

/// The fenced blocks with this info string.
fn blocks<'a>(page: &'a str, info: &str) -> Vec<&'a str> {
    let fence = format!("\n```{info}\n");
    let inside = |(at, _): (usize, &str)| {
        let rest = &page[at + fence.len()..];
        &rest[..rest.find("\n```").expect("a block ends") + 1]
    };
    page.match_indices(&fence).map(inside).collect()
}

fn block<'a>(page: &'a str, info: &str) -> &'a str {
    match blocks(page, info)[..] {
        [one] => one,
        ref many => panic!("{} blocks are called {info}", many.len()),
    }
}

// README

#[test]
fn the_first_day_of_the_readme_is_true() {
    let house = TestHouse::fresh_clone();
    let mut steps: Vec<(&str, Vec<&str>)> = Vec::new();
    for line in blocks(README, "console").into_iter().flat_map(str::lines) {
        match line.strip_prefix("$ ") {
            Some(command) => steps.push((command, Vec::new())),
            None => steps.last_mut().expect("a command comes first").1.push(line),
        }
    }
    assert!(steps.len() > 10, "the README shows a day");
    for (command, expected) in steps {
        let shell = format!("exec 2>&1\n{command}");
        let done = house.command("sh").args(["-c", &shell]).output().expect("sh runs");
        let mut said = String::from_utf8(done.stdout).expect("UTF-8");
        if !done.status.success() {
            said.push_str(&format!("? {}\n", done.status.code().unwrap_or(-1)));
        }
        let lines: Vec<&str> = said.lines().collect();
        assert!(
            fits(&expected, &lines),
            "$ {command}\n{said}\nis not\n{}",
            expected.join("\n")
        );
    }
}

/// Whether lines are as expected: `...` stands for any lines, `[..]` for anything in one.
fn fits(expected: &[&str], lines: &[&str]) -> bool {
    match (expected, lines) {
        ([], []) => true,
        (["...", rest @ ..], _) => (0..=lines.len()).any(|skip| fits(rest, &lines[skip..])),
        ([want, rest @ ..], [line, more @ ..]) => line_fits(want, line) && fits(rest, more),
        _ => false,
    }
}

fn line_fits(want: &str, line: &str) -> bool {
    match want.split_once("[..]") {
        None => want.trim_end() == line.trim_end(),
        Some((before, after)) => line.strip_prefix(before).is_some_and(|rest| {
            let places = rest.char_indices().map(|(i, _)| i).chain([rest.len()]);
            places.into_iter().any(|i| line_fits(after, &rest[i..]))
        }),
    }
}

#[test]
fn wildcards_stand_for_something_and_nothing_else() {
    for (want, lines, same) in [
        (&["a [..] c", "..."][..], &["a b c", "x", "y"][..], true),
        (&["...", "z"], &["x", "z"], true),
        (&["...", "z"], &["x", "y"], false),
        (&["a[..]"], &["b"], false),
        (&["a"], &["a", "b"], false),
    ] {
        assert_eq!(fits(want, lines), same, "{want:?} {lines:?}");
    }
}

/// The first word in backticks of each row of the table with this head.
fn first_column(page: &str, head: &str) -> Vec<String> {
    let rows = page.lines().skip_while(|l| !l.starts_with(head)).skip(2);
    let rows = rows.take_while(|l| l.starts_with('|'));
    let word = |row: &str| {
        let cell = row[1..].split(" |").next().unwrap_or_default().trim().trim_matches('`');
        cell.split(' ').next().unwrap_or_default().to_owned()
    };
    rows.map(word).collect()
}

#[test]
fn the_readme_has_every_command_and_no_other() {
    let help = TestHouse::new().run(&["--help"]).exits(0).stdout.clone();
    let commands: BTreeSet<String> = help
        .lines()
        .filter(|l| l.starts_with("  ") && !l.starts_with("   "))
        .filter_map(|l| l.split_whitespace().next())
        .filter(|word| !word.starts_with('-'))
        .map(str::to_owned)
        .collect();
    assert!(commands.len() > 20, "{commands:?}");
    let told: BTreeSet<String> = first_column(README, "| command |").into_iter().collect();
    assert_eq!(told, commands);
}

#[test]
fn the_readme_has_every_exit_code_that_the_program_ends_with() {
    let told = first_column(README, "| exit |");
    assert_eq!(told, ["0", "1", "2", "3", "4", "5", "6", "7", "65", "75", "130,"]);
    // some of them, seen
    let house = TestHouse::new();
    house.run(&["list"]).exits(1);
    house.run(&["fetch", "-q"]).exits(0);
    house.run(&["frobnicate"]).exits(2);
    house.run(&["show", "nobody"]).exits(3);
    house.run_with_stdin(&["fetch", "-"], "").exits(65);
    house
        .run_with_stdin(&["fetch", "-", "--config", "none.toml"], common::marion())
        .exits(75);
    house.write("junk.eml", "junk");
    house.run(&["fetch", "junk.eml"]).exits(7);
}

// ARCHITECTURE: the record

#[test]
fn the_text_hash_of_the_example_is_the_one_beside_it() {
    let page = block(MAP, "toml text-hash").as_bytes().to_vec();
    let mut files = Files::from([("index.md".to_owned(), page)]);
    let alone = text_hash(&files).to_string();
    files.insert("photo-1.jpg".to_owned(), b"jpeg".to_vec());
    for hash in [alone, text_hash(&files).to_string()] {
        assert!(MAP.contains(&format!("`{hash}`")), "{hash}");
    }
}

/// A place for each kind. A new kind does not compile here before it has one, and an example then.
fn place(what: &What) -> usize {
    match what {
        What::Received { .. } => 0,
        What::FollowUp { .. } => 1,
        What::Edited { .. } => 2,
        What::Restored { .. } => 3,
        What::Noted { .. } => 4,
        What::Assigned { .. } => 5,
        What::Approved { .. } => 6,
        What::ChangesRequested { .. } => 7,
        What::Rejected { .. } => 8,
        What::Reopened { .. } => 9,
        What::Consent { .. } => 10,
        What::Checked { .. } => 11,
        What::Scheduled { .. } => 12,
        What::Unscheduled {} => 13,
        What::PublishBegun { .. } => 14,
        What::Receipt { .. } => 15,
        What::Published {} => 16,
        What::TakenDown { .. } => 17,
        What::Withdrawn { .. } => 18,
        What::Letter { .. } => 19,
        What::Revision { .. } => 20,
        What::Split { .. } => 21,
        What::Joined { .. } => 22,
        What::Erased { .. } => 23,
        What::Asked { .. } => 24,
        What::Remains { .. } => 25,
        What::Proof {} => 26,
        What::ProofAccepted { .. } => 27,
        What::Merged { .. } => 28,
        What::Unknown { kind, .. } => panic!("{kind} is no kind"),
    }
}
const KINDS: usize = 29;

#[test]
fn there_is_an_example_of_each_kind_of_event_and_it_is_read_and_written_as_it_stands() {
    let mut seen = BTreeSet::new();
    for line in block(MAP, "jsonl events").lines() {
        let event = Event::parse(line).unwrap_or_else(|e| panic!("{e}\n{line}"));
        assert_eq!(event.line(), line);
        assert!(seen.insert(place(&event.what)), "{} has two examples", event.kind());
    }
    assert_eq!(seen.len(), KINDS);
}

#[test]
fn the_commit_message_is_the_one_that_an_approval_makes_and_git_reads_its_trailers() {
    let example = block(MAP, "text commit");
    let house = TestHouse::fresh_clone();
    house.run(&["fetch", "-q"]).exits(0);
    house.run(&["approve", "marion", "-m", "Lovely"]).exits(0);
    assert_eq!(house.git(&["log", "-1", "--format=%B"]).trim_end(), example.trim_end());
    let root = house.git(&["rev-list", "--max-parents=0", "main"]);
    assert!(MAP.contains(&root), "the root commit is {root}");

    let mut git = house.command("git");
    git.args(["interpret-trailers", "--parse"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut child = git.spawn().expect("git runs");
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(example.as_bytes()).expect("git listens");
    drop(stdin);
    let read = String::from_utf8(child.wait_with_output().expect("git ends").stdout).expect("UTF-8");
    let trailers = example.trim_end().rsplit("\n\n").next().expect("trailers");
    assert_eq!(read.trim_end(), trailers);
    assert_eq!(trailers.lines().count(), 4);
}

// ARCHITECTURE: --json

/// What an object is made of: its keys and, where both have some, theirs in turn. What is keyed by names of files differs by story.
fn same_keys(place: &str, told: &Value, came: &Value) {
    match (told, came) {
        (Value::Object(told), Value::Object(came)) => {
            if ["alt", "credits"].iter().any(|free| place.ends_with(free)) {
                return;
            }
            let names = |map: &serde_json::Map<String, Value>| map.keys().cloned().collect::<Vec<_>>();
            assert_eq!(names(told), names(came), "{place}: the example (left) and the program");
            for (name, value) in told {
                same_keys(&format!("{place}.{name}"), value, &came[name]);
            }
        }
        (Value::Array(told), Value::Array(came)) => {
            if let (Some(told), Some(came)) = (told.first(), came.first()) {
                same_keys(&format!("{place}[]"), told, came);
            }
        }
        (Value::Null, _) | (_, Value::Null) => {}
        _ => assert_eq!(
            std::mem::discriminant(told),
            std::mem::discriminant(came),
            "{place}: {told} and {came}"
        ),
    }
}

/// JSON values one after the other.
fn values(text: &str) -> Vec<Value> {
    let values = serde_json::Deserializer::from_str(text).into_iter();
    values.map(|v| v.unwrap_or_else(|e| panic!("{e}\n{text}"))).collect()
}

#[test]
fn every_json_example_has_the_keys_that_the_program_prints() {
    let mut told: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for line in MAP.lines() {
        if let Some(name) = line.strip_prefix("```json ") {
            told.insert(name, values(block(MAP, &format!("json {name}"))));
        }
    }
    let house = TestHouse::fresh_clone();
    let mut check = |name: &str, ran: &Ran, code: i32, text: &str| {
        ran.exits(code);
        let told = told
            .remove(name)
            .unwrap_or_else(|| panic!("there is no example of {name}"));
        let came = values(text);
        let (first, last) = (&came[0], &came[came.len() - 1]);
        same_keys(name, &told[0], first);
        if told.len() > 1 {
            same_keys(&format!("{name}, the end"), &told[told.len() - 1], last);
        }
        assert!(told.len() == 1 || came.len() > 1, "{name} ends with a summary");
    };
    // the mail with a photo and something cut comes first
    let fetched = house.run(&["fetch", "--json"]);
    let lines: Vec<&str> = fetched.stdout.lines().collect();
    let kelly = lines
        .iter()
        .find(|l| l.contains("kelly-brennan"))
        .expect("Kelly's mail");
    check("fetch", &fetched, 0, &format!("{kelly}\n{}", lines[lines.len() - 1]));
    let mut run = |name: &str, arguments: &[&str]| {
        let ran = house.run(arguments);
        check(name, &ran, 0, &ran.stdout);
    };
    run("list", &["list", "--json"]);
    run("status", &["status", "--json"]);
    run("quarantine", &["quarantine", "list", "--set-aside", "--json"]);
    run("cut", &["show", "kelly", "--cut", "--json"]);
    for mend in [
        &["edit", "kelly", "--alt", "photo-1.jpg=A bus shelter with a bench"][..],
        &["check", "kelly", "--waive", "shouting", "-m", "That is how she says it"],
    ] {
        house.run(mend).exits(0);
    }
    let mut run = |name: &str, arguments: &[&str]| {
        let ran = house.run(arguments);
        check(name, &ran, 0, &ran.stdout);
    };
    run("check", &["check", "kelly", "--json"]);
    run("rehearsal", &["approve", "kelly", "-n", "--json"]);
    run("approve", &["approve", "kelly", "--json"]);
    let refused = house.run(&["publish", "kelly", "--json"]);
    check("error", &refused, 5, &refused.stderr);
    house
        .run(&["consent", "kelly", "--grant", "--evidence", "said yes by phone"])
        .exits(0);
    let mut run = |name: &str, arguments: &[&str]| {
        let ran = house.run(arguments);
        check(name, &ran, 0, &ran.stdout);
    };
    run("consent", &["consent", "kelly", "--json"]);
    run("publish", &["publish", "kelly", "--json"]);
    run("show", &["show", "kelly", "--json"]);
    run("log", &["log", "kelly", "--json"]);
    run("verify", &["verify", "kelly", "--json"]);
    run("letters", &["letters", "--json"]);
    run("letters-show", &["letters", "show", "kelly", "--json"]);
    run("letters-send", &["letters", "send", "kelly", "--json"]);
    run("takedown", &["takedown", "kelly", "--json"]);
    run("init", &["init", "desk", "--json"]);
    run("doctor", &["doctor", "--json"]);
    run("cron", &["cron", "--json"]);
    house.run(&["edit", "marion", "--subtitle", "Tea"]).exits(0);
    run("diff", &["diff", "marion", "--json"]);
    let again = "From: Marion Maxwell <marion.maxwell@example.com>\nSubject: Re: Tea with ninety cleaners\nMessage-ID: <again@example.com>\n\
                 In-Reply-To: <MARION>\n\nIt was sixty.\n";
    let first = house.read("samples/inbox.mbox");
    let marion = first.lines().find_map(|l| l.strip_prefix("Message-ID: <"));
    let marion = marion.expect("her mail is the first").trim_end_matches('>');
    house.write("again.eml", again.replace("MARION", marion));
    house.run(&["fetch", "again.eml"]).exits(0);
    house.run(&["revisions", "marion", "--propose", "2"]).exits(0);
    run("revisions", &["revisions", "marion", "--json"]);
    house.write("told.md", "We talked.\n");
    run(
        "new",
        &[
            "new",
            "--json",
            "--author",
            "Joan Hill",
            "--evidence",
            "by phone",
            "told.md",
        ],
    );
    // a publication that stopped half-way is due
    for step in [
        &["approve", "marion"][..],
        &["consent", "marion", "--grant", "--evidence", "by phone"],
    ] {
        house.run(step).exits(0);
    }
    house.write("site/content/stories/marion-maxwell/index.md", "not ours");
    house.run(&["publish", "marion"]).exits(7);
    fs::remove_dir_all(house.path("site/content/stories/marion-maxwell")).expect("it was there");
    let due = house.run(&["publish", "--due", "--json"]);
    check("publish-due", &due, 0, &due.stdout);
    let exported = house.run(&["export", "--person", "marion.maxwell@example.com", "--json"]);
    check("export", &exported, 0, &exported.stdout);
    let old = house.run(&["prune", "-n", "--json"]);
    check("prune", &old, 0, &old.stdout);
    let would = house.run(&["erase", "kelly", "-n", "--json"]);
    check("erase-n", &would, 0, &would.stdout);
    let erased = house.run(&["erase", "kelly", "--yes", "--json"]);
    check("erase", &erased, 0, &erased.stdout);
    let config = house.read("config.toml");
    house.write(
        "config.toml",
        config.replace("local_remote = false", "local_remote = true"),
    );
    house.git_in(".", &["init", "-q", "--bare", "remote.git"]);
    house.git(&["remote", "add", "origin", "../remote.git"]);
    let synced = house.run(&["sync", "--json"]);
    check("sync", &synced, 0, &synced.stdout);
    assert!(told.is_empty(), "nobody looked at {:?}", told.keys());
}

// links

fn anchor(heading: &str) -> String {
    let lower = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = lower
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[test]
fn what_the_documents_point_to_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (name, page) in PAGES {
        let folder = root.join(name).parent().expect("a folder").to_path_buf();
        for (at, _) in page.match_indices("](") {
            let target = page[at + 2..].split(')').next().expect("a link ends");
            if target.starts_with("http") {
                continue;
            }
            let (file, heading) = target.split_once('#').unwrap_or((target, ""));
            let path = if file.is_empty() {
                root.join(name)
            } else {
                folder.join(file)
            };
            assert!(path.exists(), "{name} points to {target}");
            if !heading.is_empty() {
                let text = fs::read_to_string(&path).expect("a document");
                let there = text.lines().any(|l| l.starts_with('#') && anchor(l) == heading);
                assert!(there, "{name} points to {target}");
            }
        }
        // files of the project that are named in the text
        for word in page.split('`').skip(1).step_by(2) {
            let ours = [
                "src/",
                "tests/",
                "scripts/",
                "benches/",
                "fuzz/",
                "samples/",
                "templates/",
                ".ci/",
            ];
            if ours.iter().any(|start| word.starts_with(start)) && !word.contains([' ', '*']) {
                assert!(root.join(word).exists(), "{name} names {word}");
            }
        }
    }
}
