//! `split` and `join`: one mail with several stories, several mails with one; where each piece came from, and whose yes it needs.

mod common;

use common::{CONFIG, TestHouse, mail, marion};
use serde_json::{Value, json};

const WORDS: &str = "We knocked on every door of the house and asked what was wrong with it, and in the end we had ninety answers, \
                     which we took to the council on a cold Monday in March.";

/// Three stories in one mail, under the names of those who tell them.
fn three() -> String {
    let text = format!(
        "# Joan Hill\n\nJoan. {WORDS}\n\n# Tom Okafor\n\nTom. {WORDS}\n\n# Blessing Ade\n\nBlessing. {WORDS}\n"
    );
    let text = text.replace("# ", "");
    let html = text.split("\n\n").map(|p| {
        let p = p.trim();
        if p.len() < 20 {
            format!("<h2>{p}</h2>")
        } else {
            format!("<p>{p}</p>")
        }
    });
    mail(
        "Joan Hill <joan@example.org>",
        "Sat, 4 Dec 2010 10:12:31 +0000",
        "Our three stories",
        &html.collect::<String>(),
    )
    .replace("text/plain", "text/html")
}

fn joan(house: &TestHouse) -> String {
    house.run_with_stdin(&["fetch", "-"], three()).exits(0);
    let list = house.run(&["list", "--json"]).exits(0).json();
    list[0]["id"].as_str().expect("an id").to_owned()
}

fn events(house: &TestHouse, story: &str, kind: &str) -> Vec<Value> {
    let events = house.events(story).into_iter();
    events.filter(|event| event["event"] == kind).collect()
}

fn tip(house: &TestHouse) -> String {
    house.git(&["rev-parse", "main"])
}

#[test]
fn a_mail_with_three_stories_becomes_three_that_know_their_lines() {
    let house = TestHouse::with_config(&format!("{CONFIG}\n[check]\nblock = false\n"));
    let id = joan(&house);
    assert!(
        house
            .run(&["show", "joan"])
            .exits(0)
            .stdout
            .contains("there may be several stories")
    );
    house
        .run(&["consent", "joan", "--grant", "--evidence", "by phone"])
        .exits(0);
    house.run(&["approve", "joan"]).exits(0);
    let before = tip(&house);

    let planned = house.run(&["split", "joan", "-n", "--json"]).exits(0).json();
    assert_eq!(planned["parts"].as_array().map(Vec::len), Some(3), "{planned}");
    let refused = house.run(&["split", "joan", "--json"]);
    let hint = refused.exits(2).error()["hint"].as_str().expect("a hint").to_owned();
    assert_eq!(tip(&house), before);
    let flags: Vec<&str> = hint.split('`').nth(1).expect("a command").split(' ').skip(2).collect();
    assert_eq!(flags.len(), 4, "{hint}");

    let mut command = vec!["split", "joan", "--json"];
    command.extend(&flags);
    let done = house.run(&command).exits(0).json();
    assert_eq!(done["parts"], planned["parts"], "what was rehearsed is what was done");
    assert_eq!(
        house.git(&["rev-list", "--count", &format!("{before}..main")]),
        "1",
        "one commit for all of it"
    );
    let stories = house.run(&["list", "--json"]).exits(0).json();
    let titles: Vec<&str> = stories
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|s| s["title"].as_str())
        .collect();
    assert_eq!(titles.len(), 3, "{titles:?}");
    for (name, first) in [("joan", "Joan."), ("tom", "Tom."), ("blessing", "Blessing.")] {
        let shown = house.show(name);
        assert!(
            shown["text"]
                .as_str()
                .expect("a text")
                .starts_with(&format!("{first} We knocked")),
            "{shown}"
        );
        assert_eq!(shown["state"], "draft", "approvals lapse");
    }
    // where it came from, to be looked up in the text that was split
    let split = &events(&house, "tom", "split")[0];
    assert_eq!(
        (&split["from"], &split["lines"]),
        (&json!(id), &done["parts"][1]["lines"])
    );
    assert_eq!(split["mail"], events(&house, "joan", "received")[0]["mail"]);
    let old = house.git(&["show", &format!("{before}:{id}/index.md")]);
    let line = split["lines"][0].as_u64().expect("a line") as usize;
    assert!(
        old.lines().nth(line - 1).expect("that line").contains("Tom Okafor"),
        "{old}"
    );
    assert_eq!(
        events(&house, "joan", "split")[0]["into"].as_array().map(Vec::len),
        Some(2)
    );
    // Joan's yes is hers; of the others there is none, and no address
    let consent = |who: &str| house.run(&["consent", who, "--json"]).exits(0).json()["consent"].clone();
    assert!(consent("joan").is_object());
    assert_eq!((consent("tom"), consent("blessing")), (Value::Null, Value::Null));
    let tom = house.show("tom")["people"].clone();
    assert_eq!(
        (&tom["storyteller"]["address"], &tom["sender"]["address"]),
        (&Value::Null, &json!("joan@example.org"))
    );
    // its mail is with Joan's story; nobody is thanked three times
    assert_eq!(
        house.run(&["show", "tom", "--raw"]).exits(0).stdout,
        house.run(&["show", "joan", "--raw"]).exits(0).stdout
    );
    assert!(
        house
            .run(&["diff", "tom", "--from-mail"])
            .exits(0)
            .stdout
            .starts_with("Nothing changed")
    );
    let letters = house.run(&["letters", "--json"]).exits(0).json();
    assert!(
        letters
            .as_array()
            .expect("letters")
            .iter()
            .all(|l| l["story"] == json!(id)),
        "{letters}"
    );
    // the same mail again is known, and a reply to it goes to Joan's story
    let again = house
        .run_with_stdin(&["fetch", "--json", "-"], three())
        .exits(0)
        .json_lines();
    assert_eq!(
        (&again[0]["outcome"], &again[0]["story"]),
        (&json!("duplicate"), &json!(id))
    );
    // there is nothing more to split
    let now = tip(&house);
    assert_eq!(
        house.run(&["split", "joan", "-n", "--json"]).exits(0).json()["changed"],
        false
    );
    house.run(&["split", "tom", "--at", "999"]).exits(2);
    let refused = house.run(&["split", "tom", "--at", "Story 2"]);
    assert!(
        refused
            .exits(2)
            .stderr
            .contains("the number of a line of index.md is expected"),
        "{}",
        refused.stderr
    );
    assert_eq!(tip(&house), now);
    house.fsck();
}

#[test]
fn a_piece_of_what_was_forwarded_is_kept_back_under_its_forwarders_name() {
    let house = TestHouse::new();
    let header = "---------- Forwarded message ---------\nFrom: Blessing Ade <blessing@example.org>\n\
                  Date: Fri, Dec 3, 2010 at 9:00 AM\nSubject: Our stories\nTo: <tom@example.org>";
    let id = house.story(&mail(
        "Tom Okafor <tom@example.org>",
        "Sat, 4 Dec 2010 10:12:31 +0000",
        "Fwd: Our stories",
        &format!("{header}\n\nFirst. {WORDS}\n\nThen. {WORDS}\n\nBlessing Ade\n\nLast. {WORDS}\n"),
    ));
    let page = house.read(&format!("stories/{id}/index.md"));
    let line = |begins: &str| (1 + page.lines().position(|l| l.starts_with(begins)).expect(begins)).to_string();
    let split = ["split", &id, "--at", &line("Then."), "--at", &line("Blessing Ade")];
    house.run(&split).exits(0);
    let list = house.run(&["list", "--json"]).exits(0).json();
    let mut kept_back: Vec<(String, bool)> = Vec::new();
    for story in list.as_array().expect("stories") {
        let open = story["open_checks"].as_array().expect("checks");
        let forward = open.iter().any(|c| c["rule"] == "forward");
        kept_back.push((story["author"].as_str().expect("a byline").to_owned(), forward));
    }
    kept_back.sort();
    let expected = [("Blessing Ade", false), ("Tom Okafor", true), ("Tom Okafor", true)];
    assert_eq!(
        kept_back,
        expected.map(|(author, forward)| (author.to_owned(), forward))
    );
}

#[test]
fn a_photo_goes_with_its_piece_and_a_piece_of_another_person_takes_the_yes_away() {
    let house = TestHouse::new();
    let id = house.story(&marion());
    let mut png = std::io::Cursor::new(Vec::new());
    let pixels = image::RgbImage::from_pixel(60, 40, image::Rgb([9, 20, 30]));
    pixels.write_to(&mut png, image::ImageFormat::Png).expect("a picture");
    house.write("us.png", png.into_inner());
    house.run(&["media", "marion", "add", "us.png", "--alt", "Us"]).exits(0);
    let path = format!("stories/{id}/index.md");
    let page = house.read(&path).replacen("I clean", "Anna Lee\n\nI clean", 1);
    let page = page.replacen("In November", "Marion Maxwell\n\nIn November", 1);
    house.write(&path, &page);
    house.run(&["edit", "marion", "--take"]).exits(0);
    house
        .run(&["consent", "marion", "--grant", "--evidence", "by phone"])
        .exits(0);
    let line = 1 + page.lines().position(|l| l == "Marion Maxwell").expect("the line");
    // an edit that is not committed is not split past
    house.write(&path, format!("{page}\n"));
    house.run(&["split", "marion", "--at", &line.to_string()]).exits(6);
    house.git(&["checkout", "-q", "."]);
    house.run(&["split", "marion", "--at", &line.to_string()]).exits(0);
    let anna = house.show("anna");
    assert_eq!(
        (&anna["id"], &anna["title"]),
        (&json!(id), &json!("Future Leader Stories: Anna Lee"))
    );
    assert_eq!(
        house.run(&["consent", "anna", "--json"]).exits(0).json()["consent"],
        Value::Null
    );
    let other = house.run(&["list", "--json", "--search", "November"]).exits(0).json()[0]["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    assert_eq!(
        house.files(&format!("stories/{other}")),
        ["index.md", "photo-1.png", "record.jsonl"]
    );
    assert_eq!(house.files(&format!("stories/{id}")), ["index.md", "record.jsonl"]);
    assert_eq!(house.show(&other)["front"]["alt"]["photo-1.png"], "Us");
    // the same person's piece knows where answers go
    assert_eq!(
        house.show(&other)["people"]["storyteller"]["address"],
        "marion@example.org"
    );
    house.fsck();
}

fn second() -> String {
    mail(
        "Marion Maxwell <marion@example.org>",
        "Mon, 6 Dec 2010 10:12:31 +0000",
        "What happened then",
        "In December the first of us got the new wage.",
    )
}

#[test]
fn what_was_forwarded_is_kept_back_in_the_story_that_it_is_joined_to() {
    let header = "---------- Forwarded message ---------\nFrom: Blessing Ade <blessing@example.org>\n\
                  Date: Fri, Dec 3, 2010 at 9:00 AM\nSubject: Our story\nTo: <tom@example.org>";
    for (settled, kept_back) in [(false, true), (true, false)] {
        let house = TestHouse::new();
        let one = house.story(&marion());
        let two = house.story(&mail(
            "Tom Okafor <tom@example.org>",
            "Sat, 4 Dec 2010 10:12:31 +0000",
            "Fwd: Our story",
            &format!("{header}\n\nFirst. {WORDS}\n"),
        ));
        if settled {
            house.run(&["edit", &two, "--author", "Blessing Ade"]).exits(0);
        }
        house.run(&["join", &one, &two]).exits(0);
        let list = house.run(&["list", "--json"]).exits(0).json();
        let open = list[0]["open_checks"].as_array().expect("checks");
        assert_eq!(list[0]["id"], json!(one));
        assert_eq!(open.iter().any(|c| c["rule"] == "forward"), kept_back, "{open:?}");
    }
}

#[test]
fn two_mails_become_one_story_and_the_other_closes_with_a_pointer() {
    let house = TestHouse::new();
    let one = house.story(&marion());
    let two = house.story(&second());
    house.run(&["approve", &one]).exits(0);
    house.run(&["join", &one, &one]).exits(2);
    let before = tip(&house);
    house.run(&["join", &one, &two, "-n"]).exits(0);
    assert_eq!(tip(&house), before);
    let joined = house.run(&["join", &one, &two, "--json"]).exits(0).json();
    assert_eq!(
        (&joined["changed"], &joined["state"], &joined["closed"]),
        (&json!(true), &json!("draft"), &json!(two))
    );
    assert_eq!(house.git(&["rev-list", "--count", &format!("{before}..main")]), "1");
    let text = house.show(&one)["text"].as_str().expect("a text").to_owned();
    assert!(
        text.contains("one question") && text.ends_with("In December the first of us got the new wage.\n"),
        "{text}"
    );
    assert_eq!(house.state(&two), "joined");
    assert!(
        house
            .run(&["show", &two])
            .exits(0)
            .stdout
            .contains(&format!("its words are in {one}"))
    );
    assert_eq!(
        house.run(&["approve", &two, "--json"]).exits(5).error()["code"],
        "story.state"
    );
    let event = &events(&house, &one, "joined")[0];
    assert_eq!(
        (&event["with"], &event["mail"]),
        (&json!(two), &events(&house, &two, "received")[0]["mail"])
    );
    let page = house.read(&format!("stories/{one}/index.md"));
    let line = |n: usize| {
        page.lines()
            .nth(event["lines"][n].as_u64().expect("a line") as usize - 1)
            .map(str::to_owned)
    };
    assert_eq!(
        line(0).as_deref(),
        Some("In December the first of us got the new wage.")
    );
    // once more is nothing; another direction is refused
    let done = tip(&house);
    house.run(&["join", &one, &two]).exits(0);
    house.run(&["join", &two, &one]).exits(5);
    assert_eq!(tip(&house), done);
    // what its author writes later goes where the words are
    let reply = mail(
        "Marion Maxwell <marion@example.org>",
        "Tue, 7 Dec 2010 10:00:00 +0000",
        "Re: What happened then",
        "It was the ninth.",
    )
    .replacen(
        "MIME-Version",
        "In-Reply-To: <Whathappenedthen@example.org>\nMIME-Version",
        1,
    );
    assert_eq!(house.story(&reply), one);
    // and it can be a story of its own again
    house.run(&["reopen", &two]).exits(0);
    assert_eq!(house.state(&two), "draft");
    house.fsck();
}

#[test]
fn of_two_storytellers_both_must_have_said_yes() {
    for (whose, expected) in [(&[0, 1][..], true), (&[0], false), (&[1], false), (&[], false)] {
        let house = TestHouse::new();
        let ids = [
            house.story(&marion()),
            house.story(
                &second()
                    .replace("Marion Maxwell <marion@", "Blessing Ade <blessing@")
                    .replace("What happened", "How it went"),
            ),
        ];
        for n in whose {
            house
                .run(&["consent", &ids[*n], "--grant", "--evidence", &format!("by phone, {n}")])
                .exits(0);
        }
        let said = house.run(&["join", &ids[0], &ids[1]]);
        said.exits(0);
        assert!(said.stderr.contains("Blessing Ade is not named yet"), "{}", said.stderr);
        let consent = house.run(&["consent", &ids[0], "--json"]).exits(0).json()["consent"].clone();
        assert_eq!(consent.is_object(), expected, "{whose:?}: {consent}");
        if expected {
            let evidence = consent["evidence"].as_str().expect("evidence");
            assert!(
                evidence.contains("by phone, 0") && evidence.contains("by phone, 1"),
                "{evidence}"
            );
        }
    }
}

#[test]
fn a_published_story_is_neither_split_nor_joined() {
    let house = TestHouse::new();
    let one = house.story(&marion());
    let two = house.story(&second());
    house.run(&["approve", &one]).exits(0);
    house.run(&["publish", &one]).exits(0);
    let before = tip(&house);
    house.run(&["split", &one, "--at", "12"]).exits(5);
    house.run(&["join", &one, &two]).exits(5);
    house.run(&["join", &two, &one]).exits(5);
    assert_eq!(tip(&house), before);
}
