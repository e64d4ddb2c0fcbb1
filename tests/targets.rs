//! Several targets at once: each with its receipt, and never a second post, wherever a run dies.

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt;

use common::{CONFIG, Ran, TestHouse, mail, marion};

/// A folder with a feed, a public repository, and a command that knows a story by its key.
const THREE: &str = r#"feed = "site/static/stories.xml"
url = "https://blog.example.org/stories/"

[[target]]
name = "pages"
kind = "git"
remote = "public.git"
path = "content/stories"
url = "https://team.example.org/stories/"

[[target]]
name = "post"
kind = "hook"
command = ["hook"]
repeat = true
"#;

/// Posts are lines of posts.txt. `kill-before` and `kill-after` end the program that started it, once.
const HOOK: &str = r#"#!/usr/bin/env python3
import json, os, signal, sys
story = json.load(sys.stdin)
lines = open("posts.txt").read().splitlines() if os.path.exists("posts.txt") else []
def die(when):
    if os.path.exists(when):
        os.remove(when)
        os.kill(os.getppid(), signal.SIGKILL)
        sys.exit(1)
die("kill-before")
if os.environ.get("M4C_STORIES_OUTBOX_PATH"):
    sys.exit("secrets are seen")
key = story["key"] + " "
if story["action"] == "remove":
    lines = [l for l in lines if not l.startswith(key)]
elif os.path.exists("only-append") or not any(l.startswith(key) for l in lines):
    lines.append(key + story["front"]["title"])
open("posts.txt", "w").write("".join(l + "\n" for l in lines))
json.dump(story, open("story.json", "w"))
die("kill-after")
print(json.dumps({"place": "https://social.example.org/" + story["slug"], "id": "post " + story["key"]}))
"#;

fn script(house: &TestHouse, name: &str, text: &str) {
    house.write(name, text);
    fs::set_permissions(house.path(name), fs::Permissions::from_mode(0o755)).expect("it was written");
}

fn house(more: &str) -> TestHouse {
    let house = TestHouse::with_config(&format!("{CONFIG}{more}"));
    script(&house, "bin/hook", HOOK);
    house
        .command("git")
        .args(["init", "--quiet", "--bare", "public.git"])
        .output()
        .expect("git runs");
    house
}

/// `publish`, with our scripts before all others.
fn publish(house: &TestHouse, more: &[&str]) -> Ran {
    let arguments: Vec<&str> = ["publish"].iter().chain(more).copied().collect();
    run(house, &arguments)
}

fn run(house: &TestHouse, arguments: &[&str]) -> Ran {
    let mut command = house.command(common::BINARY);
    let path = command
        .get_envs()
        .find(|(name, _)| *name == "PATH")
        .and_then(|(_, path)| path);
    let path = path.map_or_else(
        || std::env::var("PATH").unwrap_or_default(),
        |p| p.to_string_lossy().into_owned(),
    );
    command.env("PATH", format!("{}:{path}", house.path("bin").display()));
    Ran::of(command.args(arguments), arguments, None)
}

fn log(house: &TestHouse, format: &str) -> Vec<String> {
    let log = house.git_in("public.git", &["log", &format!("--format={format}"), "main"]);
    log.lines().map(str::to_owned).collect()
}

/// Each target has the story once, and the record says so.
fn one_post_each(house: &TestHouse, id: &str, told: &str) {
    assert_eq!(house.state(id), "published", "{told}");
    assert_eq!(
        log(house, "%s"),
        ["Publish \"Future Leader Stories: Marion Maxwell\""],
        "{told}"
    );
    assert_eq!(house.read("posts.txt").lines().count(), 1, "{told}");
    let pages = house.files("site/content/stories");
    assert_eq!(
        pages.iter().filter(|f| f.ends_with("index.md")).count(),
        1,
        "{told}: {pages:?}"
    );
    assert_eq!(
        house.read("site/static/stories.xml").matches("<entry>").count(),
        1,
        "{told}"
    );
    let shown = house.show(id);
    let events = shown["events"].as_array().expect("a list");
    let done = |name: &str| {
        events
            .iter()
            .filter(|e| e["event"] == "receipt" && e["target"] == name && e["done"] == true)
            .count()
    };
    for name in ["site", "pages", "post"] {
        assert_eq!(done(name), 1, "{told}: {name}");
    }
    assert_eq!(events.iter().filter(|e| e["event"] == "published").count(), 1, "{told}");
    house.fsck();
}

#[test]
fn three_targets_get_a_story_its_correction_and_nothing_private() {
    let house = house(THREE);
    let secret = mail(
        "Sam Secret <sam.secret@example.org>",
        "Sun, 5 Dec 2010 10:12:31 +0000",
        "A draft",
        "Nobody shall read CANARY-DRAFT before it is approved, and we worked on it for a year in our street.\n\nSam",
    );
    house.story(&secret);
    let id = house.story(&marion());
    house.run(&["note", &id, "-m", "CANARY-NOTE"]).exits(0);
    house.run(&["approve", &id]).exits(0);
    let published = publish(&house, &[&id, "--json"]).exits(0).json();
    let places: Vec<&str> = published[0]["receipts"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|r| r["place"].as_str())
        .collect();
    assert_eq!(
        places,
        [
            "https://blog.example.org/stories/marion-maxwell/",
            "https://team.example.org/stories/marion-maxwell/",
            "https://social.example.org/marion-maxwell"
        ]
    );
    one_post_each(&house, &id, "at once");
    assert_eq!(
        log(&house, "%an <%ae> %cn <%ce>"),
        ["m4c-stories <robot@localhost> m4c-stories <robot@localhost>"]
    );
    let told: serde_json::Value = serde_json::from_str(&house.read("story.json")).expect("JSON");
    assert_eq!((told["action"].as_str(), told["place"].as_str()), (Some("put"), None));
    assert!(
        told["html"].as_str().is_some_and(|html| html.starts_with("<p>")),
        "{told}"
    );

    house.run(&["edit", &id, "--subtitle", "A crossing"]).exits(0);
    house.run(&["approve", &id]).exits(0);
    publish(&house, &[&id, "--update"]).exits(0);
    assert_eq!(
        log(&house, "%s")[0],
        "Correct \"Future Leader Stories: Marion Maxwell\""
    );
    assert_eq!(house.read("posts.txt").lines().count(), 1);
    let page = house.git_in("public.git", &["show", "main:content/stories/marion-maxwell/index.md"]);
    assert!(page.contains("A crossing"), "{page}");
    let told: serde_json::Value = serde_json::from_str(&house.read("story.json")).expect("JSON");
    assert_eq!(told["place"], "https://social.example.org/marion-maxwell");
    assert_eq!(told["id"], format!("post {}", told["key"].as_str().expect("a key")));

    // off all three; what the repository's history keeps is said
    let arguments = ["takedown", &id, "-m", "A neighbour is named"];
    let down = run(&house, &arguments);
    assert!(
        down.exits(0).stdout.contains("earlier commits") || down.stderr.contains("earlier commits"),
        "{}{}",
        down.stdout,
        down.stderr
    );
    assert_eq!(log(&house, "%s")[0], "Take down marion-maxwell");
    assert_eq!(house.read("posts.txt"), "");
    assert!(!house.path("site/content/stories/marion-maxwell").exists());
    assert!(!house.read("site/static/stories.xml").contains("<entry>"));
    assert_eq!(house.state(&id), "taken-down");

    // every object there is, reachable or not, of the public repository and of our copy of it
    let copy = house
        .files(".desk")
        .into_iter()
        .find(|f| f.starts_with("targets/pages.git/"))
        .map(|_| ".desk/targets/pages.git");
    for repo in ["public.git", copy.expect("our copy of the public branch")] {
        let all = String::from_utf8_lossy(&house.objects(repo)).into_owned();
        for canary in [
            "CANARY",
            "marion@example.org",
            "robin@example.org",
            "Robin",
            "record.jsonl",
            "2010/12/",
            "Message-ID",
        ] {
            assert!(!all.contains(canary), "{canary} in {repo}");
        }
        assert!(all.contains("A crossing"), "{repo}");
    }
}

#[test]
fn a_run_that_is_killed_inside_the_hook_leaves_one_post_each() {
    for when in ["kill-before", "kill-after"] {
        let house = house(THREE);
        let id = house.story(&marion());
        house.run(&["approve", &id]).exits(0);
        house.write(when, "");
        assert_ne!(publish(&house, &[&id]).code, 0, "{when}");
        publish(&house, &[&id]).exits(0);
        one_post_each(&house, &id, when);
    }
}

#[test]
fn a_post_whose_arrival_is_not_known_is_shown_and_not_sent_again() {
    let house = house(&THREE.replace("repeat = true\n", ""));
    house.write("only-append", "");
    let id = house.story(&marion());
    house.run(&["approve", &id]).exits(0);
    house.write("kill-after", "");
    assert_ne!(publish(&house, &[&id]).code, 0);
    for _ in 0..2 {
        let shown = publish(&house, &[&id]);
        assert!(
            shown.exits(7).stderr.contains("--arrived post=ADDRESS"),
            "{}",
            shown.stderr
        );
    }
    assert_eq!(house.read("posts.txt").lines().count(), 1);
    let pending = publish(&house, &[&id, "--json"]).exits(7).json();
    assert_eq!(pending[0]["receipts"][0]["unknown"], true, "{pending}");
    publish(&house, &[&id, "--arrived", "site=https://x.example/"]).exits(2);
    publish(&house, &[&id, "--arrived", "post=https://social.example.org/1"]).exits(0);
    publish(&house, &[&id]).exits(0);
    assert_eq!(house.read("posts.txt").lines().count(), 1);
    let receipts = house.show(&id)["receipts"].clone();
    assert!(
        receipts.to_string().contains("https://social.example.org/1"),
        "{receipts}"
    );

    // killed before it did anything, and a person says so
    let second = house.story(&mail(
        "Ben Okri <ben@example.org>",
        "Sun, 5 Dec 2010 10:12:31 +0000",
        "Our crossing",
        "I ask for a crossing by the school in our street. Two hundred parents signed.\n\nBen Okri",
    ));
    house.run(&["approve", &second]).exits(0);
    house.write("kill-before", "");
    assert_ne!(publish(&house, &[&second]).code, 0);
    publish(&house, &[&second]).exits(7);
    publish(&house, &[&second, "--not-arrived", "post"]).exits(0);
    assert_eq!(house.read("posts.txt").lines().count(), 2);
    house.fsck();
}

#[test]
fn somebody_elses_push_is_kept_and_a_remote_that_is_away_is_tried_again() {
    let house = house(THREE);
    house.git_in(".", &["clone", "--quiet", "public.git", "theirs"]);
    house.write("theirs/README.md", "The team's site");
    house.write("theirs/content/stories/about/index.md", "theirs");
    house.git_in("theirs", &["checkout", "--quiet", "-B", "main"]);
    house.git_in("theirs", &["add", "-A"]);
    house.git_in("theirs", &["commit", "--quiet", "-m", "Begin"]);
    house.git_in("theirs", &["push", "--quiet", "origin", "main"]);
    let id = house.story(&marion());
    house.run(&["approve", &id]).exits(0);
    fs::rename(house.path("public.git"), house.path("away.git")).expect("it is there");
    let failed = publish(&house, &[&id]);
    assert!(
        failed.exits(7).stderr.contains("git did not get it to"),
        "{}",
        failed.stderr
    );
    fs::rename(house.path("away.git"), house.path("public.git")).expect("it is there");
    publish(&house, &[&id]).exits(0);
    assert_eq!(
        log(&house, "%s"),
        ["Publish \"Future Leader Stories: Marion Maxwell\"", "Begin"]
    );
    // they go on
    house.git_in("theirs", &["pull", "--quiet", "--ff-only", "origin", "main"]);
    house.write("theirs/README.md", "The team's own site");
    house.git_in("theirs", &["commit", "--quiet", "-am", "Go on"]);
    house.git_in("theirs", &["push", "--quiet", "origin", "main"]);
    house.run(&["edit", &id, "--subtitle", "A crossing"]).exits(0);
    house.run(&["approve", &id]).exits(0);
    publish(&house, &[&id, "--update"]).exits(0);
    assert_eq!(log(&house, "%s").len(), 4);
    assert!(
        house
            .git_in("public.git", &["show", "main:README.md"])
            .contains("own site")
    );
    house.git_in("public.git", &["fsck", "--strict"]);
    let doctor = house.run(&["doctor"]);
    assert!(doctor.stdout.contains("branch main, at"), "{}", doctor.stdout);
}

#[test]
fn a_public_branch_that_is_larger_than_is_taken_is_left_alone_and_the_key_is_named() {
    let house = house(THREE);
    house.git_in(".", &["clone", "--quiet", "public.git", "theirs"]);
    // what does not get smaller
    let mut noise = vec![0; 700_000];
    getrandom::fill(&mut noise).expect("the system gives random bytes");
    house.write("theirs/noise.bin", noise);
    house.git_in("theirs", &["checkout", "--quiet", "-B", "main"]);
    house.git_in("theirs", &["add", "-A"]);
    house.git_in("theirs", &["commit", "--quiet", "-m", "Much"]);
    house.git_in("theirs", &["push", "--quiet", "origin", "main"]);
    let id = house.story(&marion());
    house.run(&["approve", &id]).exits(0);
    let limit = |bytes: u64| {
        let config = format!("{CONFIG}{THREE}").replace(
            "remote = \"public.git\"",
            &format!("remote = \"public.git\"\nmax_received_bytes = {bytes}"),
        );
        house.write("config.toml", config);
    };
    limit(300_000);
    let refused = publish(&house, &[&id]);
    assert!(
        refused
            .exits(7)
            .stderr
            .contains("`max_received_bytes` of this [[target]]"),
        "{}",
        refused.stderr
    );
    assert_eq!(log(&house, "%s"), ["Much"]);
    limit(3_000_000);
    publish(&house, &[&id]).exits(0);
    assert_eq!(log(&house, "%s").len(), 2);
}

#[test]
fn a_correction_has_a_note_where_the_team_wants_one() {
    let config = CONFIG.replace(
        "[[target]]",
        "[story]\ncorrection = \"*Corrected on {{ date }}.*\"\n[[target]]",
    );
    let house = TestHouse::with_config(&config);
    let id = house.story(&marion());
    house.run(&["approve", &id]).exits(0);
    house.run(&["publish", &id]).exits(0);
    let page = || house.read("site/content/stories/marion-maxwell/index.md");
    assert!(!page().contains("Corrected"));
    house.run(&["edit", &id, "--subtitle", "A crossing"]).exits(0);
    house.run(&["approve", &id]).exits(0);
    house.run(&["publish", &id, "--update"]).exits(0);
    let line = page().lines().last().map(str::to_owned).expect("a page");
    assert!(line.starts_with("*Corrected on ") && line.ends_with(".*"), "{line}");
    assert!(!house.read(&format!("stories/{id}/index.md")).contains("Corrected"));
}
