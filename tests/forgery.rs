//! What somebody who can push to the content repository may try: `verify` finds it, and `publish` puts nothing out because of it.

mod common;
#[path = "common/keys.rs"]
mod keys;
#[path = "forgery/own_text.rs"]
mod own_text;

use base64::Engine as _;
use common::{CONFIG, Ran, TestHouse, mail, marion};
use keys::{key, known_by, public, signed_house, sits, team};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// The rules that `verify` finds broken, with what it says.
#[track_caller]
fn found(house: &TestHouse, arguments: &[&str]) -> Vec<(String, String)> {
    let mut all = vec!["verify", "--json"];
    all.extend(arguments);
    let ran = house.run(&all);
    let findings = ran.json()["findings"].as_array().expect("findings").clone();
    assert_eq!(ran.code, i32::from(!findings.is_empty()), "{}", ran.stdout);
    let text = |f: &Value, key: &str| f[key].as_str().expect("text").to_owned();
    findings.iter().map(|f| (text(f, "rule"), text(f, "said"))).collect()
}

#[track_caller]
fn finds(house: &TestHouse, rule: &str, said: &str) {
    let all = found(house, &[]);
    assert!(
        all.iter().any(|(r, s)| r == rule && s.contains(said)),
        "{rule}, {said}: {all:#?}"
    );
    let one = found(house, &["marion"]);
    assert!(
        one.iter().any(|(r, s)| r == rule && s.contains(said)),
        "{rule}, {said}: {one:#?}"
    );
}

/// Nothing goes out, and nothing is recorded.
#[track_caller]
fn stays_in(house: &TestHouse) -> Ran {
    let before = house.git(&["rev-parse", "main"]);
    let refused = house.run(&["publish", "marion"]);
    refused.exits(5);
    assert_eq!(house.git(&["rev-parse", "main"]), before, "nothing is recorded");
    assert!(house.files("site").is_empty(), "nothing is out");
    refused
}

fn record(house: &TestHouse, story: &str) -> String {
    house.read(&format!("stories/{story}/record.jsonl"))
}

fn last(house: &TestHouse, story: &str) -> Value {
    serde_json::from_str(record(house, story).lines().last().expect("a line")).expect("JSON")
}

/// A hand that knows how commits should look: the line at the record's end, by a commit of whoever it names.
fn forge(house: &TestHouse, story: &str, line: &str) {
    let event: Value = serde_json::from_str(line).expect("JSON");
    let name = event["by"]["name"].as_str().expect("a name");
    let kind = event["event"].as_str().expect("a kind");
    house.write(
        &format!("stories/{story}/record.jsonl"),
        format!("{}{line}\n", record(house, story)),
    );
    let mut message = format!("Approve \"it\"\n\nStory: {story}\nStep: {kind}\n");
    if let Some(text) = event["text"].as_str() {
        message += &format!("Text: {text}\n");
    }
    message += &format!("By: {name}\n");
    commit(house, name, &message);
}

fn commit(house: &TestHouse, name: &str, message: &str) {
    let (name, email) = (format!("user.name={name}"), "user.email=any@team.example");
    house.git(&["add", "-A"]);
    house.git(&[
        "-c",
        &name,
        "-c",
        email,
        "-c",
        "commit.gpgsign=false",
        "commit",
        "-q",
        "-m",
        message,
    ]);
}

/// An approval of the text as it is, upon the latest event.
fn approval(house: &TestHouse, story: &str, name: &str, id: &str) -> Value {
    let text = house.show(story)["text_hash"].clone();
    let after = last(house, story)["id"].clone();
    json!({"id": id, "after": [after], "at": "2037-01-01T00:00:00Z", "by": {"name": name, "role": "reviewer"},
           "event": "approved", "text": text})
}

/// The line with a signature by a key of the house.
fn sealed(house: &TestHouse, story: &str, line: &str, key: &str, namespace: &str) -> String {
    let file = format!("home/.ssh/{key}");
    let arguments = ["-Y", "sign", "-n", namespace, "-f", &file];
    let ran = Ran::of(
        house.command("ssh-keygen").args(arguments),
        &arguments,
        Some(format!("{}\n{line}\n", known_by(story)).as_bytes()),
    );
    let armour = ran.exits(0).stdout.clone();
    let inner: String = armour.lines().filter(|l| !l.starts_with("-----")).collect();
    base64::engine::general_purpose::STANDARD
        .decode(&inner)
        .expect("base64");
    format!("{},\"sig\":\"{inner}\"}}", line.strip_suffix('}').expect("an object"))
}

/// A house where Marion's story is approved, by the tool.
fn approved() -> (TestHouse, String) {
    let house = TestHouse::new();
    let story = house.story(&marion());
    house.run(&["approve", "marion", "-m", "Lovely"]).exits(0);
    (house, story)
}

fn other() -> String {
    mail(
        "Joan Hill <joan@example.org>",
        "Sun, 5 Dec 2010 10:00:00 +0000",
        "The crossing",
        "We asked the council for a crossing at the school, and after a year of asking there is one.\n\nJoan",
    )
}

#[test]
fn a_line_of_the_record_is_changed() {
    let (house, story) = approved();
    let changed = record(&house, &story).replace("Lovely", "Lovely indeed");
    house.write(&format!("stories/{story}/record.jsonl"), changed);
    commit(&house, "Mallory", "Tidy up");
    finds(&house, "line-changed", "approved by Robin Reviewer");
    assert!(stays_in(&house).stderr.contains("history"), "it says why");
}

#[test]
fn a_line_of_the_record_is_taken_out() {
    let (house, story) = approved();
    let before = record(&house, &story);
    house.run(&["reject", "marion", "-m", "The landlord is named"]).exits(0);
    house.write(&format!("stories/{story}/record.jsonl"), before);
    commit(&house, "Mallory", "Tidy up");
    assert_eq!(house.state("marion"), "approved", "so it looks");
    finds(&house, "line-gone", "rejected by Robin Reviewer");
    stays_in(&house);
}

#[test]
fn a_story_is_taken_out() {
    let (house, story) = approved();
    std::fs::remove_dir_all(house.path(&format!("stories/{story}"))).unwrap();
    commit(&house, "Mallory", "Tidy up");
    let all = found(&house, &[]);
    assert_eq!(all[0].0, "gone", "{all:?}");
}

#[test]
fn a_decision_comes_in_a_commit_that_does_not_tell_of_it() {
    let house = TestHouse::new();
    let story = house.story(&marion());
    let line = approval(&house, &story, "Robin Reviewer", "00000000000000aa").to_string();
    house.write(
        &format!("stories/{story}/record.jsonl"),
        format!("{}{line}\n", record(&house, &story)),
    );
    commit(&house, "Mallory", "Correct a typo");
    assert_eq!(house.state("marion"), "approved", "so it looks");
    finds(&house, "untold", "approved by Robin Reviewer");
    finds(&house, "author", "a commit of Mallory");
    stays_in(&house);
}

#[test]
fn a_commit_gets_another_author() {
    let (house, _) = approved();
    house.git(&[
        "commit",
        "-q",
        "--amend",
        "--no-edit",
        "--author",
        "Mallory <mallory@example.net>",
    ]);
    finds(&house, "author", "a commit of Mallory");
    stays_in(&house);
}

#[test]
fn an_approval_is_picked_from_another_story() {
    let (house, _) = approved();
    let joan = house.story(&other());
    house.run(&["approve", "joan"]).exits(0);
    let house_of_marion = house.show("marion")["id"].as_str().unwrap().to_owned();
    forge(&house, &house_of_marion, &last(&house, &joan).to_string());
    finds(&house, "after", "does not have");
    finds(&house, "text", "approved by Robin Reviewer");
    stays_in(&house);
}

#[test]
fn an_approval_is_given_again_after_an_edit() {
    let (house, story) = approved();
    let mut again = last(&house, &story);
    house.run(&["edit", "marion", "--subtitle", "Ninety cleaners"]).exits(0);
    house.run(&["approve", "marion"]).exits(0);
    again["id"] = json!("00000000000000aa");
    forge(&house, &story, &again.to_string());
    finds(&house, "text", "approved by Robin Reviewer");
    stays_in(&house);
}

#[test]
fn a_text_of_ones_own_is_passed_off_as_one_that_the_author_proposed() {
    let team = "[team]\nmembers = [{ name = \"Cath Lee\", email = \"cath@example.org\", roles = [\"reviewer\"] }, \
                { name = \"Robin Reviewer\", email = \"robin@example.org\", roles = [\"reviewer\"] }]\n";
    let config = CONFIG.replace("own_text = true", "own_text = false");
    let house = TestHouse::with_config(&format!("{team}{config}"));
    let story = house.story(&marion());
    let aside = house.copied();
    aside.edit_by_hand("marion", "ninety", "nineteen");
    let mut proposed = approval(&aside, &story, "Cath Lee", "00000000000000ab");
    proposed["after"] = json!([last(&house, &story)["id"]]);
    proposed["event"] = json!("revision");
    proposed["revision"] = json!(2);
    proposed["status"] = json!("proposed");
    let page = format!("stories/{story}/index.md");
    house.write(&page, house.read(&page).replace("ninety", "nineteen"));
    forge(&house, &story, &proposed.to_string());
    let vote = approval(&house, &story, "Cath Lee", "00000000000000ac");
    assert_eq!(vote["text"], proposed["text"]);
    forge(&house, &story, &vote.to_string());
    finds(&house, "own-text", "Cath Lee approved a text of their own");
}

#[test]
fn the_branch_is_put_back_to_before_a_rejection() {
    let (house, _) = approved();
    house.run(&["reject", "marion", "-m", "The landlord is named"]).exits(0);
    house.git(&["reset", "-q", "--hard", "HEAD~1"]);
    assert_eq!(house.state("marion"), "approved", "so it looks");
    finds(&house, "rewritten", "rejected by Robin Reviewer");
    stays_in(&house);
    // whoever did it knows why, and says so at this desk
    house.run(&["verify", "marion", "--accept"]).exits(0);
    assert!(house.run(&["verify"]).exits(0).stdout.contains("accepted here"));
    house.run(&["publish", "marion"]).exits(0);
}

#[test]
fn an_old_branch_is_pushed_by_force() {
    let (house, _) = approved();
    house.git(&["init", "-q", "--bare", "../remote.git"]);
    house.git(&["remote", "add", "origin", "../remote.git"]);
    house.git(&["push", "-q", "origin", "main"]);
    house.run(&["reject", "marion", "-m", "The landlord is named"]).exits(0);
    house.git(&["push", "-q", "origin", "main"]);
    house.git(&["clone", "-q", "-b", "main", "../remote.git", "../elsewhere"]);
    house.git_in("elsewhere", &["reset", "-q", "--hard", "HEAD~1"]);
    house.git_in("elsewhere", &["push", "-q", "--force", "origin", "HEAD:main"]);
    house.git(&["fetch", "-q", "origin"]);
    house.git(&["reset", "-q", "--hard", "origin/main"]);
    finds(&house, "rewritten", "rejected by Robin Reviewer");
    stays_in(&house);
    // a rebase, which loses no line, is none of that
    house.git(&["reset", "-q", "--hard", "HEAD@{1}"]);
    let rejected = house.git(&["rev-parse", "HEAD"]);
    house.git(&["commit", "-q", "--amend", "--no-edit", "--date", "2037-01-01T00:00:00Z"]);
    assert_ne!(house.git(&["rev-parse", "HEAD"]), rejected);
    assert_eq!(found(&house, &[]), []);
}

#[test]
fn a_publication_is_made_up() {
    let house = TestHouse::new();
    let story = house.story(&marion());
    let text = house.show("marion")["text_hash"].clone();
    for (id, event) in [
        (
            "00000000000000a1",
            json!({"event": "publish-begun", "text": text, "targets": ["site"], "slug": "x", "policy": {"approvals": 1, "consent": "optional"}}),
        ),
        (
            "00000000000000a2",
            json!({"event": "receipt", "text": text, "target": "site", "done": true}),
        ),
    ] {
        let mut line = json!({"id": id, "after": [last(&house, &story)["id"]], "at": "2037-01-01T00:00:00Z",
            "by": {"name": "Robin Reviewer", "role": "publisher"}});
        line.as_object_mut().unwrap().extend(event.as_object().unwrap().clone());
        forge(&house, &story, &line.to_string());
    }
    finds(&house, "policy", "0 of 1 approvals");
    finds(&house, "page", "draft = true");
    stays_in(&house);
}

#[test]
fn a_receipt_is_of_another_text_than_what_went_out() {
    let (house, story) = approved();
    house.run(&["publish", "marion"]).exits(0);
    assert_eq!(found(&house, &[]), []);
    let out = house.show("marion")["text_hash"].clone();
    let kinds = ["receipt", "published"];
    for (n, kind) in kinds.into_iter().enumerate() {
        let house = house.copied();
        let mut line = json!({"id": format!("00000000000000a{n}"), "after": [last(&house, &story)["id"]], "at": "2037-01-01T00:00:00Z",
            "by": {"name": "Robin Reviewer", "role": "publisher"}, "event": kind, "text": "ab".repeat(32)});
        if kind == "receipt" {
            let place = json!({"target": "site", "done": true, "place": "https://evil.example/"});
            line.as_object_mut().unwrap().extend(place.as_object().unwrap().clone());
        }
        forge(&house, &story, &line.to_string());
        finds(
            &house,
            "receipt",
            &format!("\"{kind} by Robin Reviewer\" is about another text"),
        );
        // what a page was taken off is of any text, and the same once more is of this one
        line["text"] = out.clone();
        line["id"] = json!(format!("00000000000000b{n}"));
        forge(&house, &story, &line.to_string());
        let receipts = found(&house, &[]).iter().filter(|(rule, _)| rule == "receipt").count();
        assert_eq!(receipts, 1, "{kind}");
    }
    // of a text that nobody began to publish
    let (house, story) = approved();
    let line = json!({"id": "00000000000000aa", "after": [last(&house, &story)["id"]], "at": "2037-01-01T00:00:00Z",
        "by": {"name": "Robin Reviewer", "role": "publisher"}, "event": "published", "text": out});
    forge(&house, &story, &line.to_string());
    finds(&house, "receipt", "published by Robin Reviewer");
}

#[test]
fn the_chain_names_each_text_and_the_drafts_own_is_checked() {
    let house = TestHouse::new();
    let story = house.story(&marion());
    let text = || house.show("marion")["text_hash"].clone();
    let as_it_came = text();
    house.edit_by_hand("marion", "ninety", "nineteen");
    let edited = text();
    assert_ne!(as_it_came, edited);
    house.run(&["approve", "marion"]).exits(0);
    house.run(&["publish", "marion"]).exits(0);
    let told = house.run(&["verify", "--story", "marion", "--json"]).exits(0).json();
    let chain = told["chain"].as_array().unwrap();
    let of = |link: &Value| (link["kind"].as_str().unwrap().to_owned(), link["text"].clone());
    let upon = |kind: &str, text: &Value| (kind.to_owned(), text.clone());
    assert_eq!(
        chain.iter().map(of).collect::<Vec<_>>(),
        [
            upon("received", &as_it_came),
            upon("edited", &edited),
            upon("approved", &edited),
            upon("publish-begun", &edited),
            upon("receipt", &edited),
            upon("published", &edited),
        ]
    );
    for link in chain {
        let commit = link["commit"].as_str().unwrap();
        let brought = house.git(&["show", "--format=", commit, "--", &format!("{story}/record.jsonl")]);
        assert!(brought.contains(&format!("+{{\"id\":{}", link["event"])), "{link}");
    }

    // the draft, by whoever can push, in the commit that took the mail in: as if she had written it
    let house = TestHouse::new();
    let story = house.story(&marion());
    let page = format!("stories/{story}/index.md");
    house.write(&page, house.read(&page).replace("ninety", "nineteen"));
    house.git(&["add", "-A"]);
    house.git(&["commit", "-q", "--amend", "--no-edit"]);
    finds(&house, "text", "received by m4c-stories");
}

#[test]
fn a_merge_slips_a_line_in() {
    let (house, story) = approved();
    house.git(&["checkout", "-q", "-b", "side", "HEAD~1"]);
    let (name, email) = ("user.name=Robin Reviewer", "user.email=any@team.example");
    house.git(&[
        "-c",
        name,
        "-c",
        email,
        "commit",
        "-q",
        "--allow-empty",
        "-m",
        "Nothing",
    ]);
    house.git(&["checkout", "-q", "main"]);
    house.git(&["-c", name, "-c", email, "merge", "-q", "--no-ff", "--no-commit", "side"]);
    let mut line = approval(&house, &story, "Robin Reviewer", "00000000000000aa");
    line["note"] = json!("slipped in");
    house.write(
        &format!("stories/{story}/record.jsonl"),
        format!("{}{line}\n", record(&house, &story)),
    );
    commit(&house, "Robin Reviewer", "Merge branch 'side'");
    finds(&house, "merge", "approved by Robin Reviewer");
    stays_in(&house);
}

#[test]
fn a_mail_is_not_the_one_of_the_record() {
    let (house, story) = approved();
    // the private part, made anew with another mail
    let blob = Ran::of(
        house
            .command("git")
            .current_dir(house.path("stories"))
            .args(["hash-object", "-w", "--stdin"]),
        &["hash-object"],
        Some(other().as_bytes()),
    );
    let blob = blob.exits(0).stdout.trim().to_owned();
    let index = house.path("index").display().to_string();
    let git = |arguments: &[&str]| {
        let mut command = house.command("git");
        command
            .current_dir(house.path("stories"))
            .env("GIT_INDEX_FILE", &index)
            .args(arguments);
        Ran::of(&mut command, arguments, None).exits(0).stdout.trim().to_owned()
    };
    git(&["read-tree", "refs/desk/private"]);
    git(&[
        "update-index",
        "--cacheinfo",
        &format!("100644,{blob},{story}/mail-1.eml"),
    ]);
    let tree = git(&["write-tree"]);
    let made = git(&["commit-tree", "-m", "Private parts", &tree]);
    git(&["update-ref", "refs/desk/private", &made]);
    finds(&house, "mail", "mail-1.eml");
    stays_in(&house);
}

// with keys

#[test]
fn approvals_that_nobody_signed_or_that_somebody_else_did_are_found_and_do_not_count() {
    let never = "nothing of it counts";
    for (case, why) in [
        ("unsigned", "it is not signed"),
        ("wrong key", "does not give Cath Lee"),
        ("key of another member", "does not give Cath Lee"),
        ("expired key", "not Cath Lee's any more"),
        ("revoked key", "was revoked"),
        ("other namespace", "its signature is not good"),
        ("other story", "its signature is not good"),
        ("other text", "its signature is not good"),
        ("keys pushed with it", "does not give Cath Lee"),
    ] {
        let house = signed_house();
        let story = house.story(&marion());
        let joan = house.story(&other());
        key(&house, "mallory", &[]);
        let mut line = approval(&house, &story, "Cath Lee", "00000000000000aa").to_string();
        line = match case {
            "unsigned" => line,
            "wrong key" | "keys pushed with it" => sealed(&house, &story, &line, "mallory", "m4c-stories"),
            "key of another member" => sealed(&house, &story, &line, "ben", "m4c-stories"),
            "other namespace" => sealed(&house, &story, &line, "cath", "git"),
            "other story" => sealed(&house, &joan, &line, "cath", "m4c-stories"),
            "other text" => {
                let text = house.show(&story)["text_hash"].as_str().unwrap().to_owned();
                let of_joan = house.show(&joan)["text_hash"].as_str().unwrap().to_owned();
                sealed(&house, &story, &line.replace(&text, &of_joan), "cath", "m4c-stories").replace(&of_joan, &text)
            }
            _ => sealed(&house, &story, &line, "cath", "m4c-stories"),
        };
        if case == "keys pushed with it" {
            let keys = public(&house, "mallory");
            house.write("stories/config.toml", team(&format!("key = \"{keys}\""), "", ""));
            house.write("stories/allowed_signers", format!("cath@team.example {keys}\n"));
        }
        forge(&house, &story, &line);
        let cath = match case {
            "expired key" => format!("key = {{ key = \"{}\", until = 2036-12-30 }}", public(&house, "cath")),
            "revoked key" => format!("key = {{ key = \"{}\", revoked = 2036-12-30 }}", public(&house, "cath")),
            _ => format!("key = \"{}\"", public(&house, "cath")),
        };
        let [ben, pat] = ["ben", "pat"].map(|name| format!("key = \"{}\"", public(&house, name)));
        house.write("config.toml", team(&cath, &ben, &pat));
        assert_eq!(house.state("marion"), "draft", "{case}: {never}");
        finds(&house, "signature", why);
        sits(&house, "Pat Moss", Some("pat"));
        let refused = stays_in(&house);
        assert!(
            refused.stderr.contains("0 of 1 approvals"),
            "{case}\n{}",
            refused.stderr
        );
        assert!(refused.stderr.contains(why), "{case}\n{}", refused.stderr);
    }
}

#[test]
fn an_event_that_is_signed_survives_a_rebase_and_the_chain_is_told() {
    let house = signed_house();
    let story = house.story(&marion());
    sits(&house, "Cath Lee", Some("cath"));
    house.run(&["approve", "marion"]).exits(0);
    house.git(&["commit", "-q", "--amend", "--no-edit", "--date", "2037-01-01T00:00:00Z"]);
    assert_eq!(house.state("marion"), "approved");
    sits(&house, "Pat Moss", Some("pat"));
    house.run(&["publish", "marion"]).exits(0);
    assert_eq!(found(&house, &[]), []);
    let told = house.run(&["verify", "--story", "marion", "--json"]).exits(0).json();
    let kinds: Vec<&str> = told["chain"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["received", "approved", "publish-begun", "receipt", "published"]);
    let text = house.show("marion")["text_hash"].clone();
    for link in &told["chain"].as_array().unwrap()[1..] {
        assert_eq!((&link["signed"], &link["text"]), (&json!(true), &text), "{link}");
        assert!(link["commit"].is_string(), "{link}");
    }
    assert_eq!(
        told["chain"][0]["mail"].as_str().unwrap()[..10],
        story[story.len() - 10..]
    );
    let words = house.run(&["verify", "marion"]);
    assert!(
        words.exits(0).stdout.ends_with("(4 signed): nothing is wrong\n"),
        "{}",
        words.stdout
    );
    // only what the range names
    let range = house.run(&["verify", "HEAD~1..main", "--json"]).exits(0).json();
    assert_eq!((&range["commits"], &range["stories"]), (&json!(1), &json!(1)));
    house.run(&["verify", "no-such..main"]).exits(3);
}

#[test]
fn a_team_that_begins_to_sign_is_not_asked_for_what_was_before() {
    let house = signed_house();
    house.story(&marion());
    let with = house.read("config.toml");
    sits(&house, "Cath Lee", None);
    house.write("config.toml", with.replace("signed = true", "signed = false"));
    house.run(&["approve", "marion"]).exits(0);
    sits(&house, "Pat Moss", None);
    house.run(&["publish", "marion"]).exits(0);
    house.write("config.toml", &with);
    assert_eq!(
        found(&house, &[])
            .iter()
            .filter(|(rule, _)| rule == "signature")
            .count(),
        4 - 1
    );
    house.write(
        "config.toml",
        with.replace("signed = true", "signed = true\nsigned_since = 9000-01-01"),
    );
    assert_eq!(found(&house, &[]), []);
}

/// Whoever can push writes that a living person's story is erased, and deletes it or not: no desk destroys anything for that.
#[test]
fn a_line_that_says_erased_destroys_nothing() {
    const SHARED: &str = "[repository]\nlocal_remote = true\n";
    for deletes in [false, true] {
        let house = TestHouse::new();
        house.write("config.toml", format!("{SHARED}{}", common::CONFIG));
        house.arrive(&[marion()]);
        house.run(&["fetch", "-q"]).exits(0);
        let list = house.run(&["list", "--json"]).exits(0).json();
        let story = list[0]["id"].as_str().expect("an id").to_owned();
        house.git_in(".", &["init", "-q", "--bare", "-b", "main", "remote.git"]);
        let remote = house.path("remote.git").display().to_string();
        house.git(&["remote", "add", "origin", &remote]);
        house.run(&["sync", "-q"]).exits(0);
        let private = house.git(&["rev-parse", "refs/desk/private"]);

        house.git_in(".", &["clone", "-q", "remote.git", "evil"]);
        let salt = "ab".repeat(16);
        let digits = &story[story.len() - 10..];
        let hash = hex::encode(Sha256::digest(format!("{salt}story\0{}/{digits}", &story[..7])));
        let line = json!({"id": "00000000000000aa", "after": [], "at": "2026-11-28T10:00:00Z",
            "by": {"name": "Ann Reviewer", "role": "publisher"}, "event": "erased", "salt": salt, "stories": [hash]});
        house.write("evil/record.jsonl", format!("{line}\n"));
        if deletes {
            house.git_in("evil", &["rm", "-rq", &story]);
        }
        house.git_in("evil", &["add", "-A"]);
        house.git_in("evil", &["commit", "-qm", "Erase a story"]);
        house.git_in("evil", &["push", "-q"]);

        let synced = house.run(&["sync"]);
        let cron = house.run(&["cron"]);
        assert_eq!(
            house.git(&["rev-parse", "refs/desk/private"]),
            private,
            "the mail is here still ({deletes}): {}{}",
            synced.stderr,
            cron.stderr
        );
        assert!(
            !house.git(&["log", "--format=%s", "--", &story]).is_empty(),
            "and its history"
        );
        let rules = found(&house, &[]);
        assert!(
            rules.iter().any(|(rule, _)| rule == "erased-and-here"),
            "{deletes}: {rules:?}"
        );
        if !deletes {
            // nor does it stop anybody's work
            house.run(&["-C", ".", "note", "marion", "-m", "She rang"]).exits(0);
            house.run(&["sync"]).exits(0);
        }
    }
}
