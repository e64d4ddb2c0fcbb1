//! Decisions signed with the person's own SSH key: made, asked for, and counted only where config.toml gives the key.

mod common;
#[path = "common/keys.rs"]
mod keys;

use common::{Ran, TestHouse, kelly, mail, marion};
use keys::{key, known_by, public, signed_house, sits, team};

#[test]
fn a_signed_approval_counts_and_an_unsigned_one_is_refused() {
    let house = signed_house();
    house.story(&marion());
    sits(&house, "Cath Lee", None);
    let before = house.git(&["rev-parse", "main"]);
    let refused = house.run(&["approve", "marion"]);
    refused.exits(2);
    assert!(
        refused.stderr.contains("git config --global user.signingkey"),
        "{}",
        refused.stderr
    );
    assert_eq!(house.git(&["rev-parse", "main"]), before, "nothing was decided");
    sits(&house, "Cath Lee", Some("ben"));
    let refused = house.run(&["approve", "marion"]);
    refused.exits(5);
    assert!(refused.stderr.contains("does not give Cath Lee"), "{}", refused.stderr);
    assert_eq!(house.git(&["rev-parse", "main"]), before, "nothing was decided");

    sits(&house, "Cath Lee", Some("cath"));
    house.run(&["approve", "marion"]).exits(0);
    assert_eq!(house.state("marion"), "approved");
    let shown = house.run(&["show", "marion"]);
    assert!(
        shown.exits(0).stdout.contains("1 of 1 (Cath Lee, signed)"),
        "{}",
        shown.stdout
    );
    let list = house.run(&["list", "--json"]).exits(0).json();
    assert_eq!(list[0]["state"], "approved");
    house
        .run(&["consent", "marion", "--grant", "--evidence", "by phone"])
        .exits(0);
    sits(&house, "Pat Moss", Some("pat.pub"));
    house.run(&["publish", "marion"]).exits(0);
    assert_eq!(house.state("marion"), "published");
}

#[test]
fn ssh_keygen_itself_finds_the_signature_good() {
    let house = signed_house();
    let story = house.story(&marion());
    sits(&house, "Cath Lee", Some("cath"));
    house
        .run(&["approve", "marion", "-m", "Lovely \"tea\", \"sig\":\"AAAA\""])
        .exits(0);
    let record = house.read(&format!("stories/{story}/record.jsonl"));
    let line = record.lines().last().unwrap();
    let (before, signature) = line.strip_suffix("\"}").unwrap().rsplit_once(",\"sig\":\"").unwrap();
    house.write(
        "sig",
        format!("-----BEGIN SSH SIGNATURE-----\n{signature}\n-----END SSH SIGNATURE-----\n"),
    );
    let public = public(&house, "cath");
    house.write("allowed", format!("cath@team.example {public}"));
    let verify = [
        "-Y",
        "verify",
        "-f",
        "allowed",
        "-I",
        "cath@team.example",
        "-n",
        "m4c-stories",
        "-s",
        "sig",
    ];
    let ran = Ran::of(
        house.command("ssh-keygen").args(verify),
        &verify,
        Some(format!("{}\n{before}}}\n", known_by(&story)).as_bytes()),
    );
    assert!(
        ran.exits(0).stdout.starts_with("Good \"m4c-stories\" signature"),
        "{}",
        ran.stdout
    );
}

#[test]
fn a_key_counts_on_its_days_and_never_once_it_is_revoked() {
    let house = signed_house();
    house.story(&marion());
    sits(&house, "Cath Lee", Some("cath"));
    house.run(&["approve", "marion"]).exits(0);
    let public = |name: &str| public(&house, name);
    let (old, new) = (public("cath"), key(&house, "cath-new", &[]));
    for (keys, counts, why) in [
        (
            format!("keys = [{{ key = \"{old}\", until = 2010-01-01 }}, \"{new}\"]"),
            false,
            "not Cath Lee's any more",
        ),
        (
            format!("keys = [{{ key = \"{old}\", from = 9000-01-01 }}]"),
            false,
            "not Cath Lee's yet",
        ),
        (
            format!("key = {{ key = \"{old}\", revoked = true }}"),
            false,
            "was revoked",
        ),
        (
            format!("key = {{ key = \"{old}\", revoked = 2010-01-01 }}"),
            false,
            "was revoked",
        ),
        (format!("key = \"{new}\""), false, "does not give Cath Lee"),
        (
            format!("keys = [\"{new}\", {{ key = \"{old}\", from = 2010-01-01, until = 9000-01-01 }}]"),
            true,
            "",
        ),
    ] {
        let [ben, pat] = ["ben", "pat"].map(|name| format!("key = \"{}\"", public(name)));
        house.write("config.toml", team(&keys, &ben, &pat));
        let state = if counts { "approved" } else { "draft" };
        assert_eq!(house.state("marion"), state, "{keys}");
        assert_eq!(
            house.run(&["list", "--json"]).exits(0).json()[0]["state"],
            state,
            "{keys}"
        );
        let shown = house.run(&["show", "marion"]);
        assert!(shown.exits(0).stdout.contains(why), "{keys}\n{}", shown.stdout);
        if !counts {
            let refused = house.run(&["publish", "marion"]);
            assert!(refused.stdout.is_empty() && refused.code != 0, "{keys}");
        }
    }
}

#[test]
fn a_locked_key_asks_nobody_where_there_is_no_terminal() {
    let house = signed_house();
    house.story(&marion());
    let locked = key(&house, "locked", &["-t", "ed25519", "-N", "a passphrase"]);
    let public = |name: &str| format!("key = \"{}\"", public(&house, name));
    house.write(
        "config.toml",
        team(&format!("key = \"{locked}\""), &public("ben"), &public("pat")),
    );
    sits(&house, "Cath Lee", Some("locked"));
    let refused = house.run(&["--json", "approve", "marion"]);
    refused.exits(1);
    assert_eq!(refused.error()["code"], "signature", "{}", refused.stderr);
    assert_eq!(house.state("marion"), "draft");
    let doctor = house.run(&["doctor"]);
    assert!(doctor.stdout.contains("ssh-add"), "{}", doctor.stdout);
    // the agent holds it
    let socket = house.path("agent");
    let agent = std::process::Command::new("ssh-agent")
        .arg("-D")
        .arg("-a")
        .arg(&socket)
        .stdout(std::process::Stdio::null())
        .spawn();
    let mut agent = agent.expect("ssh-agent");
    while !socket.exists() {
        assert!(agent.try_wait().unwrap().is_none(), "ssh-agent ended");
        std::thread::yield_now();
    }
    house.write("askpass", "#!/bin/sh\necho a passphrase\n");
    std::fs::set_permissions(
        house.path("askpass"),
        std::os::unix::fs::PermissionsExt::from_mode(0o700),
    )
    .unwrap();
    let mut add = house.command("ssh-add");
    add.arg("home/.ssh/locked")
        .env("SSH_AUTH_SOCK", &socket)
        .env("SSH_ASKPASS_REQUIRE", "force")
        .env("SSH_ASKPASS", house.path("askpass"));
    Ran::of(&mut add, &["ssh-add"], None).exits(0);
    // with git's setting, and by the key in config.toml alone
    let run = |arguments: &[&str]| {
        Ran::of(
            house
                .command(common::BINARY)
                .env("SSH_AUTH_SOCK", &socket)
                .args(arguments),
            arguments,
            None,
        )
    };
    let approved = run(&["approve", "marion"]);
    sits(&house, "Cath Lee", None);
    let reopened = run(&["reject", "marion", "-m", "no"]);
    agent.kill().unwrap();
    agent.wait().unwrap();
    approved.exits(0);
    reopened.exits(0);
    let signatures = house.show("marion")["signatures"].clone();
    assert_eq!(signatures.as_array().unwrap().len(), 2, "{signatures}");
    assert!(
        signatures.as_array().unwrap().iter().all(|s| s["good"] == true),
        "{signatures}"
    );
}

#[test]
fn commits_are_signed_where_git_signs_them() {
    let house = signed_house();
    let story = house.story(&marion());
    sits(&house, "Cath Lee", Some("cath"));
    let public = public(&house, "cath");
    house.write("home/allowed", format!("cath@team.example {public}"));
    let mut config = house.read("home/.gitconfig");
    config.push_str("[commit]\n\tgpgsign = true\n[gpg \"ssh\"]\n\tallowedSignersFile = ~/allowed\n");
    house.write("home/.gitconfig", config);
    house.run(&["approve", "marion", "-m", "Lovely"]).exits(0);
    house.git(&["verify-commit", "main"]);
    house.fsck();
    let log = house.run(&["log", "marion"]);
    let first = log.exits(0).stdout.lines().next().unwrap().to_owned();
    assert!(first.ends_with("(signed by Cath Lee)"), "{first}");
    // what the machine does is not signed in Cath's name
    house
        .run(&["consent", &story, "--grant", "--evidence", "by phone"])
        .exits(0);
    house.run(&["fetch"]).exits(0);
    let by = house.git(&["log", "--format=%an %G?", "main"]);
    assert_eq!(by, "Cath Lee G\nCath Lee G\nm4c-stories N\nm4c-stories N", "{by}");
}

#[test]
fn without_being_asked_for_signatures_a_key_signs_and_no_key_does_not_matter() {
    let house = TestHouse::new();
    house.story(&marion());
    key(&house, "robin", &[]);
    house.run(&["note", "marion", "-m", "by nobody's key"]).exits(0);
    let mut config = house.read("home/.gitconfig");
    config.push_str("[gpg]\n\tformat = ssh\n[user]\n\tsigningkey = ~/.ssh/robin\n");
    house.write("home/.gitconfig", config);
    house.run(&["approve", "marion"]).exits(0);
    assert_eq!(house.state("marion"), "approved");
    let record = house.run(&["show", "--record", "marion"]);
    let signed: Vec<bool> = record
        .exits(0)
        .stdout
        .lines()
        .map(|l| l.contains("\"sig\":\""))
        .collect();
    assert_eq!(signed, [false, false, true]);
}

#[test]
fn who_wishes_to_be_gone_does_not_wait_for_a_key() {
    let house = signed_house();
    let story = house.story(&marion());
    sits(&house, "Cath Lee", Some("cath"));
    house.run(&["approve", "marion"]).exits(0);
    house
        .run(&["consent", "marion", "--grant", "--evidence", "by phone"])
        .exits(0);
    sits(&house, "Pat Moss", Some("pat"));
    house.run(&["publish", "marion"]).exits(0);
    let signed = || {
        let record = house.run(&["show", "--record", "marion"]).exits(0).stdout.clone();
        record.matches("\"sig\":\"").count()
    };
    let before = signed();
    // neither without a key, nor with one that is another's
    for (key, name, verb) in [(None, "Pat Moss", "takedown"), (Some("ben"), "Cath Lee", "withdraw")] {
        sits(&house, name, key);
        let down = house.run(&[verb, "marion", "-m", "she asked us to"]);
        assert!(down.exits(0).stderr.contains("without a signature"), "{}", down.stderr);
    }
    assert_eq!(house.state(&story), "withdrawn");
    assert_eq!(house.files("site"), Vec::<String>::new());
    assert_eq!(signed(), before);
    let told = house.run(&["verify", "marion", "--json"]).exits(1).json();
    let findings = told["findings"].as_array().unwrap();
    assert_eq!(findings.len(), 2, "{told}");
    assert!(
        findings
            .iter()
            .all(|f| f["rule"] == "signature" && f["blocks"] == false),
        "{told}"
    );
    // what lets it out again waits
    sits(&house, "Cath Lee", None);
    house.run(&["reopen", "marion", "-m", "she changed her mind"]).exits(2);
}

#[test]
fn signatures_stay_good_when_another_story_is_erased() {
    let house = signed_house();
    let marions = house.story(&marion());
    let kellys = house.story(&kelly());
    for (name, steps) in [("Cath Lee", &["approve"][..]), ("Pat Moss", &["publish"])] {
        let first = name.split(' ').next().unwrap().to_lowercase();
        for story in [&marions, &kellys] {
            sits(&house, "Cath Lee", Some("cath"));
            house
                .run(&["consent", story, "--grant", "--evidence", "by phone"])
                .exits(0);
            sits(&house, name, Some(&first));
            for step in steps {
                house.run(&[step, story]).exits(0);
            }
        }
    }
    house.run(&["verify"]).exits(0);
    let (before, shown) = (house.git(&["rev-parse", "main"]), house.show(&kellys));
    assert!(shown["signatures"].as_array().unwrap().len() >= 4, "{shown}");
    house.run(&["erase", &marions, "--yes"]).exits(0);
    assert_ne!(house.git(&["rev-parse", "main"]), before, "the history was made again");
    let after = house.show(&kellys);
    assert_eq!(after["signatures"], shown["signatures"]);
    assert!(
        after["signatures"]
            .as_array()
            .unwrap()
            .iter()
            .all(|s| s["good"] == true)
    );
    let verified = house.run(&["verify"]);
    assert!(
        verified.exits(0).stdout.contains("nothing is wrong"),
        "{}",
        verified.stdout
    );
    let chain = house.run(&["verify", "--story", &kellys, "--json"]).exits(0).json();
    let signed = chain["chain"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|link| link["signed"] == true);
    assert_eq!(signed.count(), after["signatures"].as_array().unwrap().len());
}

#[test]
fn stories_that_are_split_and_joined_are_signed_as_an_edit_is() {
    let house = signed_house();
    let words = "We knocked on every door of the house and asked what was wrong with it.";
    let joan = house.story(&mail(
        "Joan Hill <joan@example.org>",
        "Sun, 5 Dec 2010 10:00:00 +0000",
        "Two stories",
        &format!("First. {words}\n\nSecond. {words}"),
    ));
    let index = house.read(&format!("stories/{joan}/index.md"));
    let line = 1 + index.lines().position(|l| l.starts_with("Second")).expect("the line");
    let split = ["split", "joan", "--at", &line.to_string()];
    let before = house.git(&["rev-parse", "main"]);
    sits(&house, "Cath Lee", None);
    house.run(&split).exits(2);
    assert_eq!(house.git(&["rev-parse", "main"]), before, "nothing is split");
    sits(&house, "Cath Lee", Some("cath"));
    house.run(&split).exits(0);
    let list = house.run(&["list", "--json"]).exits(0).json();
    let ids: Vec<&str> = list
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|s| s["id"].as_str())
        .collect();
    assert_eq!(ids.len(), 2, "{list}");
    let other = ids.into_iter().find(|id| *id != joan).expect("the piece");
    for id in [joan.as_str(), other] {
        assert!(
            house.show(id)["events"]
                .as_array()
                .expect("events")
                .last()
                .expect("one")["sig"]
                .is_string()
        );
        // it is her text now, and her word alone puts nothing out
        house.run(&["approve", id]).exits(5);
    }
    house.run(&["verify"]).exits(0);
    sits(&house, "Ben Okri", Some("ben"));
    house.run(&["join", &joan, other]).exits(0);
    house.run(&["verify"]).exits(0);
    house.run(&["approve", &joan]).exits(5);
    sits(&house, "Cath Lee", Some("cath"));
    house.run(&["approve", &joan]).exits(0);
}
