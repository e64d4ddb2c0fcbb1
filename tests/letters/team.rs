//! Letters to reviewers, reminders, the digest.

use m4c_stories::desk::letters::Told;

use super::common::TestHouse;
use super::*;

fn house(kinds: &str) -> TestHouse {
    TestHouse::with_config(&CONFIG.replace("[outbox]", &format!("[letters]\nteam = [{kinds}]\n\n[outbox]")))
}

/// To whom the letters of a run went, and which kind.
fn sent(run: &Run) -> Vec<(String, String)> {
    let told = run.told.iter().filter(|told| told.status == Status::Sent);
    let mut sent: Vec<(String, String)> = told
        .map(|told| {
            let to = told.waiting.to.clone().and_then(|m| m.address).unwrap_or_default();
            (told.waiting.due.kind.name().to_owned(), to)
        })
        .collect();
    sent.sort();
    sent
}

fn pair(kind: &str, to: &str) -> (String, String) {
    (kind.to_owned(), format!("{to}@example.org"))
}

#[test]
fn nobody_of_the_team_is_written_to_before_it_is_wanted() {
    let house = TestHouse::with_config(CONFIG);
    fetch(&house, &[story_by(AUTHOR, "Tea", "")]);
    for days in [0, 8, 20] {
        assert_eq!(sent(&unattended(&house, days)), []);
    }
    let nobody = CONFIG
        .replace("[outbox]", "[letters]\nteam = [\"new-story\"]\n\n[outbox]")
        .replace("\"reviewer\"", "\"editor\"");
    let house = TestHouse::with_config(&nobody);
    fetch(&house, &[story_by(AUTHOR, "Tea", "")]);
    assert_eq!(sent(&unattended(&house, 0)), []);
}

#[test]
fn reviewers_hear_of_a_new_story_once_and_of_no_more_than_they_need() {
    let house = house("\"new-story\"");
    fetch(&house, &[story_by(AUTHOR, "Tea", "")]);
    let run = unattended(&house, 0);
    assert_eq!(sent(&run), [pair("new-story", "ada"), pair("new-story", "robin")]);
    assert_eq!(sent(&unattended(&house, 0)), []);
    for letter in left(&house) {
        assert_eq!(header(&letter, "Auto-Submitted"), "auto-generated");
        assert_eq!(
            (header(&letter, "In-Reply-To"), header(&letter, "References")),
            (String::new(), String::new())
        );
        assert!(letter.contains("m4c-stories show marion-maxwell-"), "{letter}");
        for private in ["author.example", "ninety others", "stories/2"] {
            assert!(!letter.contains(private), "{private}: {letter}");
        }
        assert_eq!(
            letter.matches("@example.org").count() - letter.matches("stories@example.org").count(),
            2,
            "{letter}"
        );
    }
    // a desk without this one's spool knows that they went
    std::fs::remove_dir_all(house.path(".desk")).expect("a lost spool");
    assert_eq!(sent(&unattended(&house, 0)), []);
    // and the author's address is theirs alone
    let log = house.git(&["log", "-p", "main"]);
    assert!(
        log.contains("Ada Reader") && !log.contains("ada@"),
        "names, and no addresses"
    );
}

#[test]
fn a_story_of_long_ago_or_one_that_somebody_has_looked_at_is_no_news() {
    let house = house("\"new-story\"");
    fetch(&house, &[common::marion()]);
    assert_eq!(sent(&unattended(&house, 0)), [], "an old mailbox, taken in today");
    fetch(&house, &[story_by("Ben <ben@author.example>", "Tea", "")]);
    house.run(&["approve", "ben"]).exits(0);
    assert_eq!(sent(&unattended(&house, 0)), []);
}

#[test]
fn a_story_that_waits_is_told_to_whose_turn_it_is() {
    let house = house("\"waiting\", \"stalled\"");
    fetch(&house, &[story_by(AUTHOR, "Tea", SIGNED)]);
    house.run(&["assign", "marion", "Ada Reader"]).exits(0);
    let run = unattended(&house, 0);
    assert!(sent(&run).contains(&pair("waiting", "ada")), "{run:?}");
    let letter = left(&house)
        .into_iter()
        .find(|l| l.contains("assigned to you"))
        .expect("a letter");
    // she answers by mail: nothing is decided by that, and it is no story
    let answer = reply(&letter, "Ada Reader <ada@example.org>", "", "Approve it!");
    let said = fetch(&house, &[answer]);
    assert_eq!(
        (&said[0]["outcome"], &said[0]["rule"]),
        (&"set-aside".into(), &"team-reply".into())
    );
    assert_eq!(house.state("marion"), "draft");
    // the author writes again
    let thanks = left(&house)
        .into_iter()
        .find(|l| l.contains("Thank you for your story"))
        .expect("a letter");
    fetch(&house, &[reply(&thanks, AUTHOR, SIGNED, "It was in 2010, by the way.")]);
    assert_eq!(sent(&unattended(&house, 0)), [pair("waiting", "ada")]);
    // a week later, and two, and then no more
    for (days, expected) in [(3, 0), (8, 1), (9, 0), (15, 1), (16, 0), (23, 0), (60, 0)] {
        let run = unattended(&house, days);
        assert_eq!(sent(&run), vec![pair("stalled", "ada"); expected], "day {days}");
    }
}

#[test]
fn a_story_that_nobody_took_is_told_to_all_and_a_machine_that_comes_late_tells_nobody() {
    let house = house("\"stalled\"");
    fetch(&house, &[story_by(AUTHOR, "Tea", "")]);
    assert_eq!(sent(&unattended(&house, 60)), [], "long past: nobody is surprised");
    assert_eq!(
        sent(&unattended(&house, 8)),
        [pair("stalled", "ada"), pair("stalled", "robin")]
    );
    let letter = left(&house).pop().expect("a letter");
    assert!(
        letter.contains("has been waiting for 8 days, and nobody has taken it"),
        "{letter}"
    );
}

#[test]
fn an_author_who_does_not_answer_is_reminded_twice() {
    let house = TestHouse::with_config(CONFIG);
    fetch(&house, &[story_by(AUTHOR, "Tea", SIGNED)]);
    house
        .run(&["request-changes", "marion", "-m", "Which year was this?"])
        .exits(0);
    let author = |kind: &str| (kind.to_owned(), "marion@author.example".to_owned());
    let first = sent(&unattended(&house, 0));
    assert_eq!(first, [author("changes-requested"), author("received")]);
    for (days, expected) in [(6, 0), (8, 1), (9, 0), (15, 1), (16, 0), (22, 0), (40, 0)] {
        let run = unattended(&house, days);
        assert_eq!(sent(&run), vec![author("reminder"); expected], "day {days}");
    }
    let reminder = left(&house)
        .into_iter()
        .find(|l| l.contains("Perhaps our letter went astray"))
        .expect("a letter");
    assert!(
        reminder.contains("Which year was this?") && header(&reminder, "References").contains("m4c."),
        "{reminder}"
    );

    // one who answered is not, nor one whom no machine may write to
    for answered in [true, false] {
        let house = TestHouse::with_config(CONFIG);
        let head = if answered {
            SIGNED
        } else {
            "X-Auto-Response-Suppress: All\n"
        };
        fetch(&house, &[story_by(AUTHOR, "Tea", head)]);
        house
            .run(&["request-changes", "marion", "-m", "Which year was this?"])
            .exits(0);
        unattended(&house, 0);
        if answered {
            let letter = left(&house)
                .into_iter()
                .find(|l| l.contains("Which year"))
                .expect("a letter");
            fetch(&house, &[reply(&letter, AUTHOR, "", "2010!")]);
        }
        assert_eq!(sent(&unattended(&house, 8)), []);
    }
}

#[test]
fn an_author_whose_story_waits_for_a_yes_is_asked_again_and_may_say_it_then() {
    let house = TestHouse::with_config(CONFIG);
    received(&house);
    house.run(&["approve", "marion"]).exits(0);
    assert_eq!(sent(&unattended(&house, 6)), []);
    assert_eq!(
        sent(&unattended(&house, 8)),
        [("reminder".to_owned(), "marion@author.example".to_owned())]
    );
    let reminder = left(&house).pop().expect("a letter");
    assert!(reminder.contains("whether we may"), "{reminder}");
    fetch(&house, &[reply(&reminder, AUTHOR, SIGNED, "I agree")]);
    let consent = house.run(&["consent", "marion", "--json"]).exits(0).json();
    assert!(
        consent["consent"]["evidence"]
            .to_string()
            .contains("reminder, version 1"),
        "{consent}"
    );
    assert_eq!(sent(&unattended(&house, 20)), []);
}

#[test]
fn the_digest_comes_once_a_week_and_never_from_a_machine_that_has_just_begun() {
    let house = house("\"digest\"");
    fetch(&house, &[story_by(AUTHOR, "Tea", "")]);
    for (days, expected) in [(0, 0), (3, 0), (8, 2), (9, 0), (15, 2)] {
        let run = unattended(&house, days);
        assert_eq!(sent(&run).len(), expected, "day {days}: {run:?}");
    }
    let letter = left(&house).pop().expect("a letter");
    assert!(letter.contains("- 1 stories to read and decide upon"), "{letter}");
    assert!(!letter.contains("Marion"), "no names: {letter}");
    let answer = reply(&letter, "Robin Reviewer <robin@example.org>", "", "Thanks");
    assert_eq!(fetch(&house, &[answer])[0]["rule"], "team-reply");
    std::fs::remove_dir_all(house.path(".desk")).expect("a lost spool");
    assert_eq!(sent(&unattended(&house, 30)), []);
    // nothing waits: no letter
    let house = super::team::house("\"digest\"");
    fetch(&house, &[]);
    unattended(&house, 0);
    assert_eq!(sent(&unattended(&house, 8)), []);
}

#[test]
fn every_kind_of_letter_can_be_looked_at_and_reworded_before_it_leaves() {
    let house = house("\"new-story\", \"waiting\", \"stalled\", \"digest\"");
    house.write(
        "reword.sh",
        "#!/bin/sh\nprintf 'Subject: Reworded\\n\\nIn our own words.\\n' > \"$1\"\n",
    );
    house.write(
        "change.sh",
        "#!/bin/sh\nsed -i 's/with best wishes/with love/I' \"$1\"\n",
    );
    for script in ["reword.sh", "change.sh"] {
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(house.path(script), mode).expect("it may run");
    }
    fetch(&house, &[story_by(AUTHOR, "Tea", SIGNED)]);
    house.run(&["assign", "marion", "Ada Reader"]).exits(0);
    house.run(&["write", "marion", "-m", "May we call you?"]).exits(0);
    house
        .run(&["request-changes", "marion", "-m", "Which year was this?"])
        .exits(0);
    let letters = house.run(&["letters", "--json"]).exits(0).json();
    let letters = letters.as_array().expect("letters").clone();
    let kinds: Vec<&str> = letters.iter().map(|l| l["kind"].as_str().expect("a kind")).collect();
    for kind in ["received", "question", "changes-requested", "waiting"] {
        assert!(kinds.contains(&kind), "{kind}: {kinds:?}");
    }
    for letter in &letters {
        let number = letter["id"].as_str().expect("an id");
        let shown = house.run(&["letters", "show", number]).exits(0).stdout.clone();
        assert!(shown.contains("Subject: ") && shown.len() > 80, "{shown}");
        let mut command = house.command(common::BINARY);
        command
            .args(["letters", "edit", number])
            .env("EDITOR", house.path("reword.sh"));
        let out = command.output().expect("it runs");
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        let shown = house.run(&["letters", "show", number, "--json"]).exits(0).json();
        assert_eq!(
            (&shown["subject"], &shown["edited"]),
            (&"Reworded".into(), &true.into()),
            "{shown}"
        );
    }
    house.run(&["letters", "send"]).exits(0);
    let all = left(&house);
    assert_eq!(all.len(), letters.len());
    assert!(all.iter().all(|letter| letter.contains("In our own words.")), "{all:?}");
}

#[test]
fn a_letter_that_left_while_a_person_wrote_is_neither_reworded_nor_dropped() {
    let house = TestHouse::with_config(CONFIG);
    fetch(&house, &[story_by(AUTHOR, "Tea", SIGNED)]);
    let number = house.run(&["letters", "--json"]).exits(0).json()[0]["id"].clone();
    let number = number.as_str().expect("an id");
    house.write("editor.sh", format!("\"{}\" letters send >&2\n", common::BINARY));
    let mut command = house.command(common::BINARY);
    command.args(["letters", "edit", number]).env("EDITOR", "sh editor.sh");
    let out = command.output().expect("it runs");
    let err = String::from_utf8_lossy(&out.stderr);
    assert_eq!(out.status.code(), Some(6), "{err}");
    assert!(err.contains("waits no more"), "{err}");
    assert_eq!(left(&house).len(), 1);
    assert!(house.files(".desk/letters").is_empty());
}

/// An outbox that takes nothing: a file where its folder should be.
fn shut(house: &TestHouse) {
    house.write("letters", "in the way");
}

fn open(house: &TestHouse) {
    std::fs::remove_file(house.path("letters")).expect("it is in the way");
}

#[test]
fn who_left_the_team_gets_no_letter_that_was_written_to_them_before() {
    let gone = "  { name = \"Ada Reader\", email = \"ada@example.org\", roles = [\"reviewer\"] },\n";
    for (instead, expected) in [
        ("", vec![pair("digest", "robin")]),
        (
            "  { name = \"Ada Reader\", email = \"ada@example.org\", roles = [\"editor\"] },\n",
            vec![pair("digest", "robin")],
        ),
        (
            "  { name = \"Ada Reader\", email = \"reader@example.org\", roles = [\"reviewer\"] },\n",
            vec![pair("digest", "reader"), pair("digest", "robin")],
        ),
    ] {
        let house = house("\"digest\"");
        fetch(&house, &[story_by(AUTHOR, "Tea", "")]);
        assert_eq!(sent(&unattended(&house, 0)), []);
        shut(&house);
        assert_eq!(sent(&unattended(&house, 8)), []);
        let kept = house.files(".desk/letters").len();
        assert_eq!(kept, 4, "two digests wait, each a letter and its note");
        open(&house);
        house.write("config.toml", house.read("config.toml").replacen(gone, instead, 1));
        let listed = house.run(&["letters", "--json"]).exits(0).json();
        let to_nobody = |l: &&Value| l["kind"] == "digest" && l["to"].is_null();
        let to_ada: Vec<&Value> = listed.as_array().unwrap().iter().filter(to_nobody).collect();
        assert_eq!(to_ada.len(), 2 - expected.len(), "{listed}");
        for letter in to_ada {
            assert_eq!(letter["held"], "Ada Reader is no longer to get it");
            let number = letter["id"].as_str().expect("an id");
            house.run(&["letters", "send", number]).exits(0);
            assert_eq!(left(&house), [""; 0], "nor where it is named");
        }
        let run = unattended(&house, 9);
        assert_eq!(sent(&run), expected);
        let dropped: Vec<&str> = (run.told.iter().filter(|told| told.status == Status::Dropped))
            .map(|told| told.said.as_str())
            .collect();
        assert_eq!(dropped, vec!["Ada Reader is no longer to get it"; 2 - expected.len()]);
        let all = left(&house);
        assert_eq!(all.len(), expected.len());
        assert!(!all.iter().any(|letter| letter.contains("ada@example.org")), "{all:?}");
        assert!(all.iter().all(|letter| letter.contains("1 stories to read")), "{all:?}");
        assert_eq!(house.files(".desk/letters"), [""; 0]);
    }
}

#[test]
fn a_letter_about_no_story_that_cannot_be_delivered_is_given_up_as_others_are() {
    let house = house("\"digest\"");
    fetch(&house, &[story_by(AUTHOR, "Tea", "")]);
    unattended(&house, 0);
    shut(&house);
    // a clock that is wrong for one look gives nothing up
    for day in [8, 9, 21, 60, 21, 22] {
        unattended(&house, day);
        assert_eq!(house.files(".desk/letters").len(), 4, "day {day}");
    }
    let run = unattended(&house, 23);
    let is_given_up = |told: &&Told| told.status == Status::Failed && told.waiting.story.is_none();
    let failed: Vec<&Told> = run.told.iter().filter(is_given_up).collect();
    assert_eq!(failed.len(), 2, "{run:?}");
    // a folder that cannot be written to ends a run
    let tried = "it could not be delivered in time: the letter cannot be written";
    assert!(failed[0].said.starts_with(tried), "{failed:?}");
    assert!(
        failed[1].said.starts_with("nobody sent it before it was too old"),
        "{failed:?}"
    );
    assert_eq!(house.files(".desk/letters"), [""; 0]);
    open(&house);
    assert_eq!(sent(&unattended(&house, 25)), []);
    assert_eq!(sent(&unattended(&house, 30)).len(), 2);
}

#[test]
fn a_digest_that_does_not_reach_one_reviewer_keeps_none_from_the_others() {
    let house = house("\"digest\"");
    fetch(&house, &[story_by(AUTHOR, "Tea", "")]);
    unattended(&house, 0);
    shut(&house);
    unattended(&house, 8);
    let waiting = house.run(&["letters", "--json"]).exits(0).json();
    let to_robin = |l: &&Value| l["to"].as_str().is_some_and(|to| to.contains("robin"));
    let of_robin = waiting
        .as_array()
        .expect("letters")
        .iter()
        .find(|l| l["kind"] == "digest" && to_robin(l));
    let number = of_robin.expect("a digest")["id"].as_str().expect("an id");
    house.run(&["letters", "drop", number]).exits(0);
    open(&house);
    assert_eq!(
        sent(&unattended(&house, 15)),
        [pair("digest", "ada"), pair("digest", "robin")]
    );
}
