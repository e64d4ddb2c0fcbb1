//! What was erased is nowhere, does not come back, and nobody else's is touched.

mod common;

use common::{TestHouse, kelly, kelly_names_marion, mail, marion};

/// What only the erased person's mail, story and letters hold.
const CANARIES: [&str; 5] = [
    "marion@example.org",
    "TeawithninetycleanersMarion",
    "canary-words-of-hers",
    "07700 900123",
    "Marion Maxwell",
];

fn hers() -> String {
    marion()
        .replace("<Teawithninetycleaners@", "<TeawithninetycleanersMarion@")
        .replace("In November", "canary-words-of-hers. In November")
        .replace("\n\nMarion\n", "\n\nMarion\n\n-- \nMarion Maxwell\n07700 900123\n")
}

/// A house with two stories, one of them published and written about.
fn house() -> (TestHouse, String, String) {
    let house = TestHouse::new();
    house.arrive(&[hers(), kelly()]);
    house.run(&["fetch", "-q"]).exits(0);
    let ids: Vec<String> = house
        .run(&["list", "--json"])
        .exits(0)
        .json()
        .as_array()
        .expect("a list")
        .iter()
        .map(|s| s["id"].as_str().expect("an id").to_owned())
        .collect();
    let find = |name: &str| ids.iter().find(|id| id.contains(name)).expect("it is there").clone();
    (house, find("marion"), find("kelly"))
}

/// Everything in every object of a repository, and in every file of the house but the inbox and what the test keeps aside.
fn hits(house: &TestHouse, folder: &str) -> Vec<&'static str> {
    let all = house.objects(folder);
    let mut found: Vec<&str> = CANARIES.into_iter().filter(|c| contains(&all, c)).collect();
    for name in house.files(".") {
        let aside = ["mail.mbox", "home/", "old/", "aside.html"];
        if aside.iter().any(|skip| name.starts_with(skip)) {
            continue;
        }
        let bytes = std::fs::read(house.path(&name)).unwrap_or_default();
        found.extend(CANARIES.into_iter().filter(|c| contains(&bytes, c)));
    }
    found.sort_unstable();
    found.dedup();
    found
}

fn contains(bytes: &[u8], what: &str) -> bool {
    bytes.windows(what.len()).any(|w| w == what.as_bytes())
}

#[test]
fn what_was_erased_is_nowhere_and_does_not_come_back() {
    let (house, marion, kelly) = house();
    house.run(&["approve", "marion", "kelly"]).exits(0);
    house.run(&["publish", "marion", "kelly"]).exits(0);
    house.run(&["letters", "send", "marion", "kelly"]).exits(0);
    house.run(&["note", "marion", "-m", "She rang"]).exits(0);
    house.run(&["preview", "marion", "--out", "aside.html"]).exits(0);
    house.write(
        &format!("stories/{marion}/index.md"),
        house.read(&format!("stories/{marion}/index.md")) + "\ncanary-words-of-hers, by hand\n",
    );
    // an old clone, with its private part
    house.git_in(".", &["clone", "-q", "stories", "old/clone"]);
    house.git_in(
        "old/clone",
        &["fetch", "-q", "origin", "refs/desk/private:refs/desk/private"],
    );
    let record = house.git(&["show", &format!("main:{kelly}/record.jsonl")]);
    assert_eq!(hits(&house, "stories").len(), CANARIES.len());

    let shown = house.run(&["erase", "marion", "-n"]).exits(0).stdout.clone();
    for told in [
        &*marion,
        "mail-1.eml",
        "site/content/stories/marion-maxwell",
        "inbox test",
        "letters",
        "other clones",
    ] {
        assert!(shown.contains(told), "{told}: {shown}");
    }
    assert_eq!(hits(&house, "stories").len(), CANARIES.len(), "-n does nothing");
    house.run(&["erase", "marion"]).exits(2);
    assert_eq!(
        hits(&house, "stories").len(),
        CANARIES.len(),
        "nor does it without a yes"
    );

    let done = house.run(&["erase", "marion", "--yes"]);
    assert!(done.exits(0).stdout.contains("Erased: 1 story"), "{}", done.stdout);
    assert_eq!(hits(&house, "stories"), Vec::<&str>::new(), "{}", done.stdout);
    house.fsck();
    assert_eq!(house.git(&["status", "--porcelain"]), "");
    // the other one is as it was
    assert_eq!(house.git(&["show", &format!("main:{kelly}/record.jsonl")]), record);
    assert_eq!(house.state(&kelly), "published");
    assert!(
        house
            .read("site/content/stories/kelly-brennan/index.md")
            .contains("bus stop")
    );

    // twice is quiet success
    house.run(&["erase", &marion, "--yes"]).exits(0);
    house.run(&["erase", "--finish"]).exits(0);
    house.run(&["show", "marion"]).exits(3);

    // words that somebody had open meanwhile, and that were kept when their window closed
    let typed = |story: &str, name: &str| {
        let note = format!("story = \"{story}\"\npurpose = \"note\"\nat = \"2026-11-01T10:00:00Z\"\n");
        house.write(&format!(".desk/typed/{name}.toml"), note);
        house.write(&format!(".desk/typed/{name}.md"), "She is away");
    };
    for command in [
        &["erase", "--finish"][..],
        &["erase", &marion, "--yes"],
        &["erase", "--person", "marion@example.com", "--yes"],
        &["prune"],
    ] {
        typed(&marion, "0123456789abcdef");
        typed(&kelly, "fedcba9876543210");
        house.run(command).exits(0);
        assert!(!house.path(".desk/typed/0123456789abcdef.md").exists(), "{command:?}");
        assert!(house.path(".desk/typed/fedcba9876543210.md").exists(), "{command:?}");
    }
    house.run(&["erase", "--finish"]).exits(0);

    // the mail is not taken in again, wherever it comes from, nor with another one beside it
    house.arrive(&[mail(
        "Ann Other <ann@example.net>",
        "Sun, 5 Dec 2010 10:00:00 +0000",
        "Hello",
        "We met in the hall, all of us, and talked about the rent for an hour.\n\nAnn",
    )]);
    std::fs::remove_dir_all(house.path(".desk/cursors")).expect("the mailbox is read from its start");
    let again = house.run(&["fetch", "--json"]).exits(0).json_lines();
    let outcomes: Vec<&str> = again.iter().filter_map(|line| line["outcome"].as_str()).collect();
    assert_eq!(outcomes, ["duplicate", "duplicate", "new"], "{again:?}");
    assert_eq!(again[0]["rule"], "erased");
    let piped = house.run_with_stdin(&["fetch", "--json", "-"], hers());
    assert_eq!(piped.exits(0).json_lines()[0]["rule"], "erased");
    assert_eq!(
        house.run(&["fetch", "-n", "--json", "mail.mbox"]).exits(0).json_lines()[0]["rule"],
        "erased"
    );
    assert_eq!(hits(&house, "stories"), Vec::<&str>::new());

    // an old clone that is merged by hand is taken out again
    house.git(&["pull", "-q", "--no-rebase", "--no-edit", "../old/clone", "main"]);
    house.git(&["fetch", "-q", "../old/clone", "+refs/desk/private:refs/desk/private"]);
    assert!(!hits(&house, "stories").is_empty());
    let status = house.run(&["status"]);
    assert!(status.stdout.contains("erase --finish"), "{}", status.stdout);
    house.run(&["erase", "--finish"]).exits(2);
    house.run(&["erase", "--finish", "--yes"]).exits(0);
    assert_eq!(hits(&house, "stories"), Vec::<&str>::new());
    assert_eq!(house.git(&["show", &format!("main:{kelly}/record.jsonl")]), record);
    house.fsck();
}

#[test]
fn a_person_is_erased_with_all_that_is_theirs_and_nothing_of_others() {
    let (house, marion, kelly) = house();
    // a second story of hers, a mail of hers that was set aside, a bounce of a letter to her, and a mail of Kelly's that names her
    let second = mail(
        "Marion Maxwell <MARION@example.org>",
        "Mon, 3 Jan 2011 10:00:00 +0000",
        "The second time",
        "In January we went to the trust again, and this time they listened to us for an hour.\n\nMarion",
    );
    let away = mail(
        "Marion Maxwell <marion@example.org>",
        "Tue, 4 Jan 2011 10:00:00 +0000",
        "Automatic reply: away",
        "I am away until Monday, canary-words-of-hers.",
    )
    .replace("MIME-Version", "Auto-Submitted: auto-replied\nMIME-Version");
    let names_her = kelly_names_marion("There were two of us.");
    house.arrive(&[second, away, names_her]);
    house.run(&["fetch", "-q"]).exits(0);
    house.run(&["letters", "send", "marion", "kelly"]).exits(3);
    house.run(&["letters", "send"]).exits(0);
    let survey = house
        .run(&["erase", "--person", "marion@example.org", "-n", "--json"])
        .exits(0)
        .json();
    assert_eq!(survey["stories"].as_array().map(Vec::len), Some(2), "{survey}");
    assert_eq!(survey["quarantine"].as_array().map(Vec::len), Some(1), "{survey}");
    assert_eq!(survey["named"].as_array().map(Vec::len), Some(1), "{survey}");
    let done = house
        .run(&["erase", "--person", "marion@example.org", "--yes", "--json"])
        .exits(0)
        .json();
    assert_eq!(done["stories"].as_array().map(Vec::len), Some(2), "{done}");
    // Kelly's own mail still names her: told, not touched
    assert_eq!(hits(&house, "stories"), ["marion@example.org"]);
    let aside = house
        .run(&["quarantine", "list", "--set-aside", "--json"])
        .exits(0)
        .json();
    assert_eq!(aside.as_array().map(Vec::len), Some(1), "{aside}");
    assert_eq!(house.state(&kelly), "draft");
    house.run(&["show", &marion]).exits(3);
    house
        .run(&["erase", "--person", "nobody@example.org", "--yes"])
        .exits(0);
    house.run(&["erase", "--person", "nobody", "--yes"]).exits(2);
}

#[test]
fn a_page_that_cannot_be_taken_off_stops_it_until_somebody_says_to_go_on() {
    let (house, marion, _) = house();
    house.run(&["approve", "marion"]).exits(0);
    house.run(&["publish", "marion"]).exits(0);
    house.write(
        "config.toml",
        common::CONFIG.replace("name = \"site\"", "name = \"other\""),
    );
    let stopped = house.run(&["erase", "marion", "--yes"]);
    assert!(
        stopped.exits(7).stderr.contains("--leave-published"),
        "{}",
        stopped.stderr
    );
    house.run(&["show", &marion]).exits(0);
    // its mail is refused from the first moment on
    let piped = house.run_with_stdin(&["fetch", "--json", "-"], hers());
    assert_eq!(piped.exits(0).json_lines()[0]["rule"], "erased");
    house.write("config.toml", common::CONFIG);
    house.run(&["erase", "--finish"]).exits(0);
    house.run(&["show", &marion]).exits(3);
    assert!(!house.path("site/content/stories/marion-maxwell").exists());
    assert_eq!(hits(&house, "stories"), Vec::<&str>::new());
}

const SHARED: &str = "[repository]\nlocal_remote = true\nshare_private = true\n";

/// The same with a remote, a folder beside it, that has all of it.
fn shared_house() -> TestHouse {
    let (house, ..) = house();
    house.write("config.toml", format!("{SHARED}{}", common::CONFIG));
    house.git_in(".", &["init", "-q", "--bare", "-b", "main", "old/remote.git"]);
    let remote = house.path("old/remote.git").display().to_string();
    house.git(&["remote", "add", "origin", &remote]);
    house.run(&["sync", "-q"]).exits(0);
    house
}

/// Another desk at the same remote, in `old/desk`.
fn second_desk(house: &TestHouse) {
    house.git_in(".", &["clone", "-q", "old/remote.git", "old/desk/stories"]);
    house.write("old/desk/config.toml", house.read("config.toml"));
    house.write("old/desk/mail.mbox", "");
}

#[test]
fn the_remote_is_pushed_over_and_an_old_clone_does_not_bring_it_back() {
    let house = shared_house();
    // another desk, which goes on with both stories and does not hear of it
    second_desk(&house);
    house.git_in(
        "old/desk/stories",
        &["fetch", "-q", "origin", "refs/desk/private:refs/desk/private"],
    );
    house
        .run(&["-C", "old/desk", "note", "marion", "-m", "She rang"])
        .exits(0);
    house
        .run(&["-C", "old/desk", "note", "kelly", "-m", "He wrote"])
        .exits(0);

    let done = house.run(&["erase", "marion", "--yes"]);
    assert!(
        done.exits(0).stdout.contains("The remote has the new history"),
        "{}{}",
        done.stdout,
        done.stderr
    );
    house.git_in("old/remote.git", &["gc", "-q", "--prune=now"]);
    assert_eq!(hits(&house, "old/remote.git"), Vec::<&str>::new());

    let synced = house.run(&["-C", "old/desk", "sync"]);
    assert_eq!(synced.code, 6, "{}{}", synced.stdout, synced.stderr);
    assert_eq!(
        hits(&house, "old/desk/stories"),
        Vec::<&str>::new(),
        "{}{}",
        synced.stdout,
        synced.stderr
    );
    house.git_in("old/remote.git", &["gc", "-q", "--prune=now"]);
    assert_eq!(hits(&house, "old/remote.git"), Vec::<&str>::new());
    house.run(&["sync", "-q"]).exits(0);
    assert_eq!(hits(&house, "stories"), Vec::<&str>::new());
    let kelly = house.git(&["show", &format!("main:{}/record.jsonl", find(&house, "kelly"))]);
    assert!(kelly.contains("He wrote"), "what was done to another story is not lost");
    house.fsck();
}

fn find(house: &TestHouse, name: &str) -> String {
    let list = house.run(&["list", "--all", "--json"]).exits(0).json();
    let ids = list.as_array().expect("a list").iter().filter_map(|s| s["id"].as_str());
    ids.filter(|id| id.contains(name))
        .map(str::to_owned)
        .next()
        .expect("it is there")
}

#[test]
fn a_remote_that_cannot_be_reached_keeps_it_until_it_is_pushed_over() {
    let house = shared_house();
    std::fs::rename(house.path("old/remote.git"), house.path("old/away.git")).expect("it is there");
    let done = house.run(&["erase", "marion", "--yes"]);
    assert!(done.exits(1).stderr.contains("may have it still"), "{}", done.stderr);
    std::fs::rename(house.path("old/away.git"), house.path("old/remote.git")).expect("it is there");
    house.run(&["erase", "--finish"]).exits(0);
    assert_eq!(hits(&house, "stories"), Vec::<&str>::new());
    assert_eq!(
        house.git(&["rev-parse", "main"]),
        house.git_in("old/remote.git", &["rev-parse", "main"])
    );
    house.run(&["sync"]).exits(0);
    assert_eq!(hits(&house, "stories"), Vec::<&str>::new());
}

#[test]
fn only_a_publisher_erases_and_nothing_is_done_in_the_middle_of_a_merge() {
    let (house, marion, _) = house();
    house.write("stories/.git/MERGE_HEAD", "");
    let refused = house.run(&["erase", "marion", "--yes"]);
    assert!(refused.exits(1).stderr.contains("under way"), "{}", refused.stderr);
    std::fs::remove_file(house.path("stories/.git/MERGE_HEAD")).expect("it is there");
    let team =
        "[team]\nmembers = [{ name = \"Robin Reviewer\", email = \"robin@example.org\", roles = [\"reviewer\"] }]\n";
    house.write("config.toml", format!("{team}{}", common::CONFIG));
    house.run(&["erase", "marion", "--yes"]).exits(5);
    house.run(&["show", &marion]).exits(0);
}

#[test]
fn a_page_that_another_desk_put_out_comes_off_when_it_hears_of_the_erasure() {
    let house = shared_house();
    second_desk(&house);
    house.run(&["-C", "old/desk", "approve", "marion"]).exits(0);
    house.run(&["-C", "old/desk", "publish", "marion"]).exits(0);
    let page = house.path("old/desk/site/content/stories/marion-maxwell");
    assert!(page.exists());
    house.run(&["erase", "marion", "--yes"]).exits(0);
    house.run(&["-C", "old/desk", "sync"]).exits(6);
    assert!(!page.exists(), "no record is left by which anybody could take it off");
}

#[test]
fn a_post_by_mail_is_not_said_to_be_off_and_stops_it() {
    let (house, marion, _) = house();
    let post = "\n[[target]]\nname = \"blog\"\nkind = \"email\"\naddress_command = [\"echo\", \"post@example.org\"]\n";
    house.write("config.toml", format!("{}{post}", common::CONFIG));
    house.run(&["approve", "marion"]).exits(0);
    house.run(&["publish", "marion"]).exits(0);
    let stopped = house.run(&["erase", "marion", "--yes"]);
    assert!(
        stopped.stdout.contains("stands until a person deletes it there") && !stopped.stdout.contains("Taken off blog"),
        "{}",
        stopped.stdout
    );
    let stopped = stopped.exits(7);
    assert!(
        stopped.stderr.contains("a page still stands, blog"),
        "{}",
        stopped.stderr
    );
    house.run(&["show", &marion]).exits(0);
    house.run(&["erase", "--finish", "--leave-published"]).exits(7);
    house.run(&["show", &marion]).exits(3);
}
