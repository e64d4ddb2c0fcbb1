//! A reviewer decides by answering a letter: their first line, once, with the letter's code, proven by our own server. Nothing else that a
//! mail can say or bring decides anything, and no code that still counts is kept anywhere but in that letter.

mod common;

use common::{CONFIG, TestHouse};

const CATH: &str = "Cath Lee <cath@example.net>";
const BEN: &str = "Ben Okri <ben@example.com>";

fn config(review: &str) -> String {
    let team = "[team]\nmembers = [\n  { name = \"Robin Reviewer\", email = \"robin@example.org\", roles = [\"editor\", \"publisher\"] },\n  \
                { name = \"Cath Lee\", email = \"cath@example.net\", also = [\"cath@home.example.com\"], roles = [\"reviewer\"] },\n  \
                { name = \"Ben Okri\", email = \"ben@example.com\", roles = [\"reviewer\"] },\n]\n";
    let config = CONFIG
        .replace("own_text = true", review)
        .replace(
            "path = \"mail.mbox\"",
            "path = \"mail.mbox\"\ntrusted_authserv = \"mx.example.org\"",
        )
        .replace("[letters]", "[letters]\nteam = [\"new-story\", \"waiting\"]");
    format!("{team}{config}")
}

/// A desk whose reviewers decide by mail, and which took in a story and told them; the story's id.
fn told() -> (TestHouse, String) {
    let house = TestHouse::with_config(&config("by_mail = true"));
    let id = house.story(&marion());
    house.run(&["letters", "send"]).exits(0);
    (house, id)
}

/// Without a date it is as new as can be.
fn story(from: &str, subject: &str, text: &str) -> String {
    let mail = common::mail(from, "none", subject, text);
    mail.replace("Date: none\n", "")
}

fn marion() -> String {
    story(
        "Marion Maxwell <marion@example.org>",
        "Tea with ninety cleaners",
        "I clean at the hospital, on nights, and so do about ninety others. I asked each of them one question.\n\n\
         In November the trust agreed that the next contract will pay the living wage.\n\nMarion",
    )
}

/// A letter that left.
#[derive(Debug, Clone)]
struct Letter {
    /// With its code.
    subject: String,
    message_id: String,
    raw: String,
    text: String,
}

impl Letter {
    fn code(&self) -> Option<&str> {
        let (_, rest) = self.subject.split_once("[m4c:")?;
        rest.split_once(']').map(|(code, _)| code)
    }
}

/// Every letter to an address that left, by the time it did.
fn letters(house: &TestHouse, address: &str, kind: &str) -> Vec<Letter> {
    let names = house
        .files("letters")
        .into_iter()
        .filter(|name| name.contains(&format!("-{kind}-")));
    let all = names.map(|name| {
        let raw = house.read(&format!("letters/{name}"));
        let parsed = mail_parser::MessageParser::new().parse(&raw).expect("a mail");
        Letter {
            subject: parsed.subject().unwrap_or_default().to_owned(),
            message_id: parsed.message_id().unwrap_or_default().to_owned(),
            text: parsed.body_text(0).unwrap_or_default().replace("\r\n", "\n"),
            raw: raw.clone(),
        }
    });
    all.filter(|letter| {
        letter.raw.contains(&format!("{address}>\r\n")) || letter.raw.contains(&format!("To: {address}\r\n"))
    })
    .collect()
}

fn the_letter(house: &TestHouse, address: &str) -> Letter {
    let found = letters(house, address, "new-story");
    assert_eq!(found.len(), 1, "{:?}", house.files("letters"));
    found[0].clone()
}

/// What our own server writes on top of a mail that it found signed by this domain.
fn signed(domain: &str) -> String {
    format!("Authentication-Results: mx.example.org; dkim=pass header.d={domain}\n")
}

/// An answer as a mail program writes it; `head` stands on top of its header.
fn answer(head: &str, from: &str, letter: &Letter, text: &str) -> String {
    let quoted: String = letter.text.lines().map(|line| format!("> {line}\n")).collect();
    raw_answer(
        head,
        from,
        &letter.subject,
        &format!("In-Reply-To: <{0}>\nReferences: <{0}>\n", letter.message_id),
        &format!("{text}\n\nOn Sat, 4 Dec 2010 at 10:12, M4C Team <robot@localhost> wrote:\n{quoted}"),
    )
}

fn raw_answer(head: &str, from: &str, subject: &str, more: &str, text: &str) -> String {
    use std::sync::atomic::{AtomicU32, Ordering};
    static NEXT: AtomicU32 = AtomicU32::new(1);
    let n = NEXT.fetch_add(1, Ordering::Relaxed);
    format!(
        "{head}From: {from}\nTo: M4C Team <robot@localhost>\nDate: Sat, 4 Dec 2010 11:00:00 +0000\nSubject: Re: {subject}\n\
         Message-ID: <answer-{n}@example.net>\n{more}MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n{text}\n"
    )
}

/// Takes in one mail and gives what `fetch --json` says of it.
#[track_caller]
fn fetch(house: &TestHouse, mail: &str) -> serde_json::Value {
    house.arrive(&[mail.to_owned()]);
    let lines = house.run(&["fetch", "--json"]).exits(0).json_lines();
    assert_eq!(lines.len(), 2, "{lines:?}");
    lines[0].clone()
}

#[track_caller]
fn refused(house: &TestHouse, mail: &str, rule: &str, why: &str) {
    let told = fetch(house, mail);
    assert_eq!(told["outcome"], "set-aside", "{told}");
    assert_eq!(told["rule"], rule, "{told}");
    let reason = told["reason"].as_str().unwrap_or_default();
    assert!(reason.contains(why), "{why:?} in {reason}");
}

fn decisions(house: &TestHouse, id: &str) -> Vec<serde_json::Value> {
    let kinds = ["approved", "changes-requested", "rejected"];
    let events = house.events(id).into_iter();
    events
        .filter(|e| kinds.contains(&e["event"].as_str().unwrap_or_default()))
        .collect()
}

fn private_files(house: &TestHouse, id: &str) -> Vec<String> {
    let listed = house.git(&["ls-tree", "--name-only", "refs/desk/private", &format!("{id}/")]);
    listed
        .lines()
        .map(|line| line.rsplit('/').next().unwrap_or_default().to_owned())
        .collect()
}

#[test]
fn approve_on_the_first_line_is_that_step() {
    let (house, id) = told();
    let letter = the_letter(&house, "cath@example.net");
    for words in ["approve\n", "living wage", "within 14 days", "reply above this line"] {
        assert!(letter.text.contains(words), "{words:?} in {}", letter.text);
    }
    assert!(!letter.raw.contains("marion@example.org"), "{}", letter.raw);

    let mail = answer(&signed("example.net"), CATH, &letter, "approve");
    house.arrive(std::slice::from_ref(&mail));
    let rehearsed = house.run(&["fetch", "-n", "--json"]).exits(0).json_lines();
    assert_eq!(rehearsed[0]["outcome"], "decision", "{rehearsed:?}");
    assert_eq!(house.state(&id), "draft");
    let ran = house.run(&["fetch"]);
    let said = &ran.exits(0).stdout;
    assert!(
        said.contains("decided      Future Leader Stories: Marion Maxwell: approved by Cath Lee\n"),
        "{said}"
    );
    assert!(said.contains("1 mail: 1 decided"), "{said}");

    assert_eq!(house.state(&id), "approved");
    let decided = decisions(&house, &id);
    assert_eq!(decided.len(), 1);
    assert_eq!(
        decided[0]["by"],
        serde_json::json!({"name": "Cath Lee", "role": "reviewer"})
    );
    assert_eq!(decided[0]["text"], house.show(&id)["text_hash"]);
    let kept = decided[0]["mail"]["id"].as_str().expect("the mail's id");
    assert_eq!(
        private_files(&house, &id)
            .iter()
            .filter(|name| **name == format!("decision-{}.eml", &kept[..16]))
            .count(),
        1
    );
    assert_eq!(
        house.git(&["log", "-1", "--format=%an <%ae>|%s"]),
        "Cath Lee <cath@example.net>|Approve \"Future Leader Stories: Marion Maxwell\""
    );
    house.run(&["verify"]).exits(0);
    house.run(&["publish", &id]).exits(0);
    house.run(&["fetch"]).exits(0);
    house.fsck();

    // what is kept with the story is found to be that mail and no other
    house
        .run(&["export", "--person", "marion@example.org", "--out", "export"])
        .exits(0);
    assert!(
        house.files("export").iter().all(|name| !name.contains("decision-")),
        "{:?}",
        house.files("export")
    );
}

#[test]
fn changes_and_reject_go_to_the_author_in_the_reviewers_words() {
    for (text, state, kind) in [
        (
            "Changes: Which year was this?\n\nAnd may we name the trust?\n\nBest wishes,\nCath\n\nSent from my iPhone",
            "changes-requested",
            "changes-requested",
        ),
        (
            "REJECT: Which year was this?\n\nAnd may we name the trust?\n-- \nCath Lee, 020 7946 0000",
            "rejected",
            "rejected",
        ),
    ] {
        let (house, id) = told();
        let letter = the_letter(&house, "cath@example.net");
        let told = fetch(
            &house,
            &answer(&signed("example.net"), "Cath <cath@home.example.com>", &letter, text),
        );
        // the domain that signed is not that of the address
        assert_eq!(told["rule"], "decision-unproven", "{told}");
        let (house, id) = {
            drop((house, id));
            self::told()
        };
        let letter = the_letter(&house, "cath@example.net");
        let told = fetch(
            &house,
            &answer(&signed("example.com"), "Cath <cath@home.example.com>", &letter, text),
        );
        assert_eq!(told["outcome"], "decision", "{told}");
        assert_eq!(house.state(&id), state);
        assert_eq!(
            decisions(&house, &id)[0]["note"],
            "Which year was this?\n\nAnd may we name the trust?"
        );
        house.run(&["letters", "send"]).exits(0);
        let author = letters(&house, "marion@example.org", kind);
        assert_eq!(author.len(), 1);
        for (words, there) in [
            ("Which year was this?", true),
            ("Sent from", false),
            ("[m4c:", false),
            ("7946", false),
            ("living wage", false),
        ] {
            assert_eq!(author[0].raw.contains(words), there, "{words}: {}", author[0].raw);
        }
        house.run(&["verify"]).exits(0);
    }
}

#[test]
fn a1_who_it_is_from_proves_nothing() {
    let results = |words: &str| format!("Authentication-Results: {words}\n");
    for (head, from) in [
        (String::new(), CATH),
        (signed("evil.example.com"), CATH),
        (signed("net"), CATH),
        (results("mx.evil.example; dkim=pass header.d=example.net"), CATH),
        (
            results("mx.example.org; dkim=fail header.d=example.net") + &signed("example.net"),
            CATH,
        ),
        (
            results("mx.example.org; spf=pass smtp.mailfrom=example.net; dmarc=pass header.from=example.net"),
            CATH,
        ),
        (signed("example.net") + "Sender: other@example.net\n", CATH),
        // one of the same domain, another reviewer, somebody with her name
        (signed("example.net"), "Cath Lee <kath@example.net>"),
        (signed("example.com"), BEN),
        (signed("example.org"), "\"Cath Lee <cath@example.net>\" <x@example.org>"),
    ] {
        let (house, id) = told();
        let letter = the_letter(&house, "cath@example.net");
        refused(
            &house,
            &answer(&head, from, &letter, "approve"),
            "decision-unproven",
            "would decide by mail for Cath Lee",
        );
        assert!(decisions(&house, &id).is_empty(), "{head}{from}");
        // nobody is written to, and whoever has the code has it in vain
        house.run(&["letters", "send"]).exits(0);
        assert!(letters(&house, "cath@example.net", "undecided").is_empty());
        refused(
            &house,
            &answer(&signed("example.net"), CATH, &letter, "approve"),
            "decision-refused",
            "used already",
        );
        assert!(decisions(&house, &id).is_empty(), "{head}{from}");
        let status = house.run(&["status", "--json"]).exits(0).json();
        assert_eq!(status["decisions_refused"], 2, "{status}");
        let status = house.run(&["status"]).exits(0).stdout.clone();
        assert!(status.contains("2 decisions by mail"), "{status}");
    }
}

#[test]
fn a2_a_code_that_is_guessed_decides_nothing_and_spends_nothing() {
    let (house, id) = told();
    let letter = the_letter(&house, "cath@example.net");
    let code = letter.code().expect("a code");
    assert_eq!(code.len(), 32);
    let other = code.chars().rev().collect::<String>();
    for (from, subject) in [
        (CATH, format!("New: Tea [m4c:{other}]")),
        (CATH, format!("New: Tea [m4c:{}]", "0".repeat(32))),
        ("Eve <eve@example.net>", format!("New: Tea [m4c:{other}]")),
    ] {
        let mail = raw_answer(&signed("example.net"), from, &subject, "", "approve");
        refused(&house, &mail, "decision-refused", "none of this desk's");
    }
    // no code at all, but a letter that was answered
    let bare = Letter {
        subject: "New: Tea".into(),
        ..letter.clone()
    };
    refused(
        &house,
        &answer(&signed("example.net"), CATH, &bare, "approve"),
        "team-reply",
        "decides nothing without",
    );
    // in the header, in the text, in another field than the subject
    for (more, text) in [
        (format!("Approved: {code}\n"), "approve".to_owned()),
        (String::new(), format!("approve\n[m4c:{code}]")),
    ] {
        let mail = raw_answer(&signed("example.net"), CATH, "New: Tea", &more, &text);
        assert_ne!(fetch(&house, &mail)["outcome"], "decision");
    }
    assert!(decisions(&house, &id).is_empty());
}

#[test]
fn a2_a_code_counts_once_and_an_archived_mail_never_again() {
    let (house, id) = told();
    let letter = the_letter(&house, "cath@example.net");
    let mail = answer(&signed("example.net"), CATH, &letter, "approve");
    assert_eq!(fetch(&house, &mail)["outcome"], "decision");
    house.sign_in("Ben Okri", "ben@example.com");
    house.run(&["request-changes", &id, "-m", "Which year?"]).exits(0);
    house.run(&["reopen", &id, "-m", "so"]).exits(0);
    assert!(decisions(&house, &id).len() == 2 && house.state(&id) == "draft");

    // the same mail once more, also where the desk has forgotten what it read
    let again = fetch(&house, &mail);
    assert_eq!(
        (&again["outcome"], &again["story"]),
        (&"duplicate".into(), &id.clone().into()),
        "{again}"
    );
    std::fs::remove_dir_all(house.path(".desk/cursors")).expect("cursors");
    let lines = house.run(&["fetch", "--json"]).exits(0).json_lines();
    assert!(lines.iter().all(|l| l["outcome"] != "decision"), "{lines:?}");
    std::fs::remove_dir_all(house.path(".desk")).expect("the spool");
    let lines = house.run(&["fetch", "--json"]).exits(0).json_lines();
    assert!(lines.iter().all(|l| l["outcome"] != "decision"), "{lines:?}");
    assert_eq!(house.state(&id), "draft");
    assert_eq!(decisions(&house, &id).len(), 2);
}

#[test]
fn a2_a_second_mail_with_a_spent_code_is_refused_and_told_once() {
    let (house, id) = told();
    let letter = the_letter(&house, "cath@example.net");
    assert_eq!(
        fetch(&house, &answer(&signed("example.net"), CATH, &letter, "approve"))["outcome"],
        "decision"
    );
    for _ in 0..3 {
        refused(
            &house,
            &answer(&signed("example.net"), CATH, &letter, "reject: no"),
            "decision-refused",
            "used already",
        );
    }
    assert_eq!(house.state(&id), "approved");
    house.run(&["letters", "send"]).exits(0);
    let told = letters(&house, "cath@example.net", "undecided");
    assert_eq!(told.len(), 1);
    assert!(
        told[0].text.contains("used already") && told[0].code().is_none(),
        "{}",
        told[0].text
    );
}

#[test]
fn a2_a_code_is_for_one_story_and_one_reviewer() {
    let (house, marion) = told();
    let for_marion = the_letter(&house, "cath@example.net");
    let kelly = house.story(&story(
        "Kelly Brennan <kelly@example.org>",
        "The bus stops",
        "We stood at the stop every Friday for a year, until the bus came.",
    ));
    house.run(&["letters", "send"]).exits(0);
    let all = letters(&house, "cath@example.net", "new-story");
    let for_kelly = all.iter().find(|l| l.subject.contains("Kelly")).expect("a letter");
    assert_ne!(for_kelly.code(), for_marion.code());
    // the words are of one letter and the code is of the other: the code says which
    let mixed = Letter {
        subject: for_marion
            .subject
            .replace(for_marion.code().expect("a code"), for_kelly.code().expect("a code")),
        ..for_marion.clone()
    };
    refused(
        &house,
        &answer(&signed("example.net"), CATH, &mixed, "approve"),
        "decision-refused",
        "other words than the letter",
    );
    let all = letters(&house, "ben@example.com", "new-story");
    let for_ben = all.iter().find(|l| l.subject.contains("Kelly")).expect("a letter");
    let bare = raw_answer(&signed("example.com"), BEN, &for_ben.subject, "", "approve");
    assert_eq!(fetch(&house, &bare)["story"], kelly.clone());
    assert_eq!(
        (house.state(&marion), house.state(&kelly)),
        ("draft".into(), "approved".into())
    );
    // a colleague to whom it was passed on, from their own proven address
    let forwarded = format!(
        "approve\n\n---------- Forwarded message ---------\nFrom: M4C Team\nSubject: {}\n\n{}",
        for_marion.subject, for_marion.text
    );
    refused(
        &house,
        &raw_answer(&signed("example.com"), BEN, &for_marion.subject, "", &forwarded),
        "decision-unproven",
        "address of theirs",
    );
    assert_eq!(house.state(&marion), "draft");
}

#[test]
fn a2_who_changes_the_letter_below_their_approval_has_not_approved() {
    type Change = fn(&str) -> String;
    let first =
        "I clean at the hospital, on nights, and so do about ninety others. I asked each of them one question.\n\n";
    assert!(marion().contains(first.trim()));
    let table: [(&str, Change); 7] = [
        ("another number", |text| text.replace("ninety others", "sixty others")),
        ("its first paragraph struck", |text| {
            let at = text.find("I clean at").expect("the story");
            text[..at].to_owned() + text[at..].split_once("\n\n").expect("a paragraph").1
        }),
        ("a remark for its first paragraph", |text| {
            let at = text.find("I clean at").expect("the story");
            let rest = text[at..].split_once("\n\n").expect("a paragraph").1;
            format!("{}This first paragraph has to go, please.\n\n{rest}", &text[..at])
        }),
        ("its last paragraph struck", |text| {
            text.replace(
                "In November the trust agreed that the next contract will pay the living wage.\n\n",
                "",
            )
        }),
        ("a remark above it", |text| {
            text.replace("I clean at", "Take out her brother, please.\n\nI clean at")
        }),
        ("a remark below it", |text| {
            format!("{}\n\nBut take out her brother.", text.trim())
        }),
        ("a remark right behind it", |text| {
            format!("{}, and not the brother!", text.trim())
        }),
    ];
    for (what, change) in table {
        let (house, id) = told();
        let letter = the_letter(&house, "cath@example.net");
        let text = change(&letter.text);
        assert_ne!(text, letter.text, "{what}");
        let changed = Letter { text, ..letter };
        let mail = answer(&signed("example.net"), CATH, &changed, "approve");
        refused(&house, &mail, "decision-refused", "other words than the letter");
        assert_eq!(house.state(&id), "draft", "{what}");
    }
    // a warning that a gateway wrote over the letter, and the letter's beginning alone
    let warning = "CAUTION: This email originated from outside of the organization. Do not click links or open attachments unless you recognize the sender.";
    let (house, id) = told();
    let letter = the_letter(&house, "cath@example.net");
    let warned = Letter {
        text: format!("{warning}\n\n{}", letter.text),
        ..letter
    };
    fetch(&house, &answer(&signed("example.net"), CATH, &warned, "approve"));
    assert_eq!(house.state(&id), "approved");
    let (house, id) = told();
    let letter = the_letter(&house, "cath@example.net");
    let at = letter.text.find("In November").expect("the story");
    let begun = Letter {
        text: letter.text[..at].to_owned(),
        ..letter
    };
    fetch(&house, &answer(&signed("example.net"), CATH, &begun, "approve"));
    assert_eq!(house.state(&id), "approved");
}

#[test]
fn a2_an_old_code_and_a_changed_text_are_told_kindly_and_may_be_tried_again() {
    let (house, id) = told();
    let letter = the_letter(&house, "cath@example.net");
    let ben = the_letter(&house, "ben@example.com");
    for file in house.files(".desk/codes") {
        let name = format!(".desk/codes/{file}");
        let note = house.read(&name);
        if note.contains("Cath Lee") {
            let until = note.lines().find(|l| l.starts_with("until")).expect("an end");
            house.write(&name, note.replace(until, "until = \"2026-01-01T00:00:00Z\""));
        }
    }
    refused(
        &house,
        &answer(&signed("example.net"), CATH, &letter, "approve"),
        "decision-refused",
        "too old",
    );
    house.run(&["letters", "send"]).exits(0);
    let again = letters(&house, "cath@example.net", "undecided");
    assert!(
        again.len() == 1 && again[0].text.contains("too old") && again[0].text.contains("living wage"),
        "{again:?}"
    );

    house.run(&["edit", &id, "--subtitle", "Ninety of them"]).exits(0);
    refused(
        &house,
        &answer(&signed("example.com"), BEN, &ben, "approve"),
        "decision-refused",
        "story was changed",
    );
    assert!(decisions(&house, &id).is_empty());
    house.run(&["letters", "send"]).exits(0);
    let again = letters(&house, "ben@example.com", "undecided");
    assert!(again[0].text.contains("Ninety of them"), "{again:?}");
    assert_eq!(
        fetch(&house, &answer(&signed("example.com"), BEN, &again[0], "approve"))["outcome"],
        "decision"
    );
    assert_eq!(house.state(&id), "approved");
}

#[test]
fn a3_no_code_is_kept_where_others_may_read_it() {
    let (house, id) = told();
    let letter = the_letter(&house, "cath@example.net");
    let ben = the_letter(&house, "ben@example.com");
    let (code, bens) = (
        letter.code().expect("a code").to_owned(),
        ben.code().expect("a code").to_owned(),
    );
    let nowhere = |code: &str, said: &str| {
        assert!(!said.contains(code), "{said}");
        let reachable = house.git(&["rev-list", "--objects", "main"]);
        let objects: String = reachable.lines().map(|l| format!("{}\n", &l[..40])).collect();
        let bytes = house.run_git_with_stdin(&["cat-file", "--batch"], &objects);
        assert!(!String::from_utf8_lossy(&bytes).contains(code), "in main");
        for folder in ["site", "stories", ".desk"] {
            for file in house.files(folder) {
                let bytes = std::fs::read(house.path(folder).join(&file)).expect("a file");
                assert!(
                    !String::from_utf8_lossy(&bytes).contains(code) || file.starts_with("quarantine/"),
                    "{folder}/{file}"
                );
            }
        }
        for letter in letters(&house, "marion@example.org", "") {
            assert!(!letter.raw.contains(code));
        }
    };
    let private = |code: &str| house.git(&["grep", "-c", code, "refs/desk/private"]);
    let codes_left = |house: &TestHouse| {
        let files = house.files(".desk/codes");
        files
            .iter()
            .filter(|f| !house.read(&format!(".desk/codes/{f}")).contains("spent_by"))
            .count()
    };
    nowhere(&code, "");
    assert_eq!(codes_left(&house), 2);
    // an absence note neither counts nor spends it
    let away = answer(
        &(signed("example.net") + "Auto-Submitted: auto-replied\n"),
        CATH,
        &letter,
        "approve",
    );
    refused(&house, &away, "auto-reply", "automatic");
    assert_eq!(codes_left(&house), 2);

    // she answers, as plain text and as HTML, with the code in fields and parts
    let ran = {
        let mail = format!(
            "{}From: {CATH}\nTo: robot@localhost\nDate: Sat, 4 Dec 2010 11:00:00 +0000\nSubject: Re: {}\nThread-Topic: {}\nMessage-ID: <both@example.net>\n\
             MIME-Version: 1.0\nContent-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain\n\nchanges: Which year?\n\n> Subject: {}\n\
             --b\nContent-Type: text/html\n\n<p>changes: Which year?</p><blockquote type=cite>Subject: {}</blockquote>\n--b--\n",
            signed("example.net"),
            letter.subject,
            letter.subject,
            letter.subject,
            letter.subject
        );
        house.arrive(&[mail]);
        house.run(&["fetch", "-v"])
    };
    assert!(
        ran.exits(0).stdout.contains("changes asked for by Cath Lee"),
        "{}",
        ran.stdout
    );
    assert_eq!(house.state(&id), "changes-requested");
    assert_eq!(codes_left(&house), 1);
    house.run(&["letters", "send"]).exits(0);
    nowhere(&code, &(ran.stdout.clone() + &ran.stderr));
    assert!(!private(&code).is_empty(), "her mail is kept as it came");

    // the other letter is passed on to the blog by somebody, and becomes a story: its code counts no more
    let passed_on = raw_answer(
        "",
        "Ann <ann@example.org>",
        "New",
        &format!("Thread-Topic: {}\n", ben.subject),
        &format!(
            "My story, and what Ben got:\n\nWe met every week in our street for a year and planted trees.\n\nSubject: {}\n",
            ben.subject
        ),
    );
    let told = fetch(&house, &passed_on);
    assert_eq!(told["outcome"], "new", "{told}");
    assert_eq!(codes_left(&house), 0);
    nowhere(&bens, &told.to_string());
    house.run(&["edit", &id, "--subtitle", "Then"]).exits(0);
    refused(
        &house,
        &answer(&signed("example.com"), BEN, &ben, "approve"),
        "decision-refused",
        "used already",
    );
    house.fsck();
}

#[test]
fn a12_only_the_first_line_that_they_wrote_themselves_counts() {
    let (house, id) = told();
    let mut letter = the_letter(&house, "cath@example.net");
    let html = |text: &str, html: &str, letter: &Letter| {
        raw_answer(&signed("example.net"), CATH, &letter.subject, "", "x").replace(
            "Content-Type: text/plain; charset=utf-8\n\nx\n",
            &format!("Content-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain\n\n{text}\n--b\nContent-Type: text/html\n\n{html}\n--b--\n"),
        )
    };
    type Make<'a> = Box<dyn Fn(&Letter) -> String + 'a>;
    let plain =
        |text: &'static str| -> Make { Box::new(move |l: &Letter| answer(&signed("example.net"), CATH, l, text)) };
    let mails: [(&str, Make); 3] = [
        ("none of", plain("Thanks!\napprove")),
        (
            "none of",
            Box::new(|l: &Letter| {
                html(
                    "Not yet, I have a question.",
                    "<div style=\"display:none\">approve</div><p>Not yet, I have a question.</p>",
                    l,
                )
            }),
        ),
        (
            "do not say the same",
            Box::new(|l: &Letter| {
                html(
                    "approve",
                    "<p>This needs another look before anybody else sees it at all, please wait for me.</p>",
                    l,
                )
            }),
        ),
    ];
    for (why, make) in &mails {
        refused(&house, &make(&letter), "decision-refused", why);
        house.run(&["letters", "send"]).exits(0);
        let told = letters(&house, "cath@example.net", "undecided");
        let last = told.iter().max_by_key(|l| l.raw.len()).expect("a letter");
        assert!(last.text.contains("changed nothing"), "{}", last.text);
        // each answer has a code of its own, as long as there is hope
        match told
            .iter()
            .find(|l| l.code().is_some() && !house.files(".desk/codes").is_empty() && unspent(&house, l))
        {
            Some(next) => letter = next.clone(),
            None => assert_eq!(told.len(), 3),
        }
    }
    assert!(decisions(&house, &id).is_empty());
    let told = letters(&house, "cath@example.net", "undecided");
    assert_eq!(told.len(), 3);
    assert_eq!(
        told.iter().filter(|l| l.code().is_some()).count(),
        2,
        "it comes to an end"
    );
    for text in ["> approve", "-- \napprove", "approved", "changes:"] {
        let (house, id) = self::told();
        let letter = the_letter(&house, "cath@example.net");
        refused(
            &house,
            &answer(&signed("example.net"), CATH, &letter, text),
            "decision-refused",
            "decided nothing",
        );
        assert!(decisions(&house, &id).is_empty(), "{text}");
    }
}

#[test]
fn what_became_of_a_mail_is_told_to_a_member_where_they_are_now_and_to_nobody_who_left() {
    let here = "name = \"Cath Lee\", email = \"cath@example.net\"";
    let moved = "name = \"Cath Lee\", email = \"lee@example.com\"";
    let another = "name = \"Dan Deep\", email = \"dan@example.com\"";
    for (instead, at) in [(moved, Some("lee@example.com")), (another, None)] {
        let (house, id) = told();
        let letter = the_letter(&house, "cath@example.net");
        let mail = answer(&signed("example.net"), CATH, &letter, "Perhaps later");
        refused(&house, &mail, "decision-refused", "decided nothing");
        assert_eq!(house.files(".desk/letters").len(), 2, "the letter and its note");
        house.write("config.toml", house.read("config.toml").replacen(here, instead, 1));
        house.run(&["letters", "send"]).exits(0);
        assert_eq!(house.files(".desk/letters"), [""; 0]);
        for address in ["cath@example.net", "dan@example.com"] {
            assert!(letters(&house, address, "undecided").is_empty(), "{address}");
        }
        let Some(at) = at else { continue };
        let told = letters(&house, at, "undecided");
        assert_eq!(told.len(), 1);
        assert!(!told[0].raw.contains("cath@example.net"), "{}", told[0].raw);
        // and it still is what it was: a second try
        let yes = answer(&signed("example.com"), &format!("Cath Lee <{at}>"), &told[0], "approve");
        assert_eq!(fetch(&house, &yes)["outcome"], "decision");
        assert_eq!(decisions(&house, &id).len(), 1);
    }
}

fn zoe() -> String {
    story(
        "=?utf-8?Q?Zo=C3=AB_M=C3=BCller?= <zoe@example.org>",
        "Tea",
        "I clean at the hospital, on nights. There are canary-words of hers here.\n\n\
         In November the trust agreed to pay the living wage, and we drank a cup of tea on it.\n\nZo\u{eb}",
    )
}

/// A desk with the letter that told Cath of a story, an answer of ours to what she wrote back, which left, and a second one that waits.
fn undecided_twice() -> (TestHouse, String) {
    let house = TestHouse::with_config(&config("by_mail = true"));
    let id = house.story(&zoe());
    house.run(&["letters", "send"]).exits(0);
    let mut letter = the_letter(&house, "cath@example.net");
    for last in [false, true] {
        let mail = answer(&signed("example.net"), CATH, &letter, "Looks nice to me!");
        refused(&house, &mail, "decision-refused", "decided nothing");
        if !last {
            house.run(&["letters", "send"]).exits(0);
            letter = letters(&house, "cath@example.net", "undecided")[0].clone();
        }
    }
    assert_eq!(house.files(".desk/letters").len(), 2, "the letter and its note");
    (house, id)
}

/// The files in which the story's words are.
fn telling(house: &TestHouse) -> Vec<String> {
    let tells = |name: &String| {
        let bytes = std::fs::read(house.path(name)).unwrap_or_default();
        let private = name.starts_with(".desk/") || name.starts_with("letters/");
        private && String::from_utf8_lossy(&bytes).contains("canary-words")
    };
    house.files(".").into_iter().filter(tells).collect()
}

/// As an earlier version wrote it: without the story that a letter tells of.
fn as_before(house: &TestHouse, offers: bool) {
    let notes = |folder: &str| -> Vec<String> {
        let files = house.files(folder).into_iter().filter(|file| file.ends_with(".toml"));
        files.map(|file| format!("{folder}/{file}")).collect()
    };
    for name in [notes(".desk/letters"), notes(".desk/quarantine")].concat() {
        let note = house.read(&name);
        let note = match offers {
            true => note,
            false => note.split("[offers]").next().unwrap_or_default().to_owned(),
        };
        let kept = note.lines().filter(|line| !line.starts_with("tells_of"));
        house.write(&name, kept.collect::<Vec<_>>().join("\n"));
    }
    for file in house.files("letters") {
        let (name, before) = (format!("letters/{file}"), file.split('-').collect::<Vec<_>>());
        if before.contains(&"undecided") {
            let digits = before[before.len() - 2];
            let old = name.replace(&format!("-{digits}-"), "-0000000000-");
            std::fs::rename(house.path(&name), house.path(&old)).expect("it is there");
        }
    }
}

#[test]
fn letters_about_what_a_reviewer_wrote_go_with_the_story_that_they_tell_of() {
    type Change<'a> = &'a dyn Fn(&TestHouse, &str);
    let changes: [(&str, Change); 4] = [
        ("as they are", &|_, _| {}),
        ("a title edited since", &|house, id| {
            house.run(&["edit", id, "--title", "Tea on the ward"]).exits(0);
        }),
        ("written before, with an offer", &|house, _| as_before(house, true)),
        ("written before, without one", &|house, _| as_before(house, false)),
    ];
    for (which, change) in changes {
        let (house, id) = undecided_twice();
        change(&house, &id);
        // Cath's and Ben's, the answer that left, the one that waits, and what Cath wrote twice
        assert_eq!(telling(&house).len(), 6, "{which}: {:?}", telling(&house));
        house.run(&["erase", &id, "--yes"]).exits(0);
        assert_eq!(telling(&house), [""; 0], "{which}");
        assert_eq!(house.files(".desk/letters"), [""; 0], "{which}");
        let sent = house.files("letters");
        house.run(&["letters", "send"]).exits(0);
        assert_eq!(house.files("letters"), sent, "{which}");
    }
}

#[test]
fn a_letter_in_a_persons_words_goes_with_its_story_too() {
    let (house, id) = undecided_twice();
    house.run(&["letters", "send"]).exits(0);
    let last = letters(&house, "cath@example.net", "undecided")
        .pop()
        .expect("a letter");
    let mail = answer(&signed("example.net"), CATH, &last, "Looks nice to me!");
    refused(&house, &mail, "decision-refused", "");
    let number = house.files(".desk/letters")[0][..16].to_owned();
    house.write(
        "editor.sh",
        "#!/bin/sh\nprintf 'Subject: Again\\n\\ncanary-words' >\"$1\"\n",
    );
    let edit = house
        .command(env!("CARGO_BIN_EXE_m4c-stories"))
        .args(["letters", "edit", &number])
        .env("EDITOR", "sh editor.sh")
        .output()
        .expect("it runs");
    assert!(edit.status.success(), "{edit:?}");
    assert!(
        house
            .read(&format!(".desk/letters/{number}.eml"))
            .contains("canary-words")
    );
    house.run(&["erase", &id, "--yes"]).exits(0);
    assert_eq!(telling(&house), [""; 0]);
}

#[test]
fn no_letter_about_an_erased_story_leaves_and_no_code_is_drawn_for_it() {
    let (house, id) = undecided_twice();
    let keep: Vec<(String, String)> = house
        .files(".desk/letters")
        .into_iter()
        .map(|file| {
            (
                format!(".desk/letters/{file}"),
                house.read(&format!(".desk/letters/{file}")),
            )
        })
        .collect();
    house.run(&["erase", &id, "--yes"]).exits(0);
    let sent = house.files("letters");
    let number = keep[0].0[".desk/letters/".len()..][..16].to_owned();
    // of a desk that hears of an erasure while it sends
    for command in [&["letters", "send", &number][..], &["letters", "send"], &["cron"]] {
        for (name, text) in &keep {
            house.write(name, text);
        }
        let told = house.run(&["letters"]).exits(0).stdout.clone();
        assert!(told.contains("was erased"), "{told}");
        house.run(command).exits(0);
        assert_eq!(house.files("letters"), sent, "{command:?}");
        assert_eq!(house.files(".desk/codes"), [""; 0], "{command:?}");
    }
    assert_eq!(house.files(".desk/letters"), [""; 0]);
}

/// Whether the code of a letter is out still.
fn unspent(house: &TestHouse, letter: &Letter) -> bool {
    let code =
        m4c_stories::story::code::Code::from_digits(letter.code().unwrap_or_default().as_bytes()).expect("a code");
    !house
        .read(&format!(".desk/codes/{}.toml", code.hash()))
        .contains("spent_by")
}

#[test]
fn the_rules_of_the_desk_hold_by_mail_too() {
    let (house, id) = told();
    let ben = the_letter(&house, "ben@example.com");
    let cath = the_letter(&house, "cath@example.net");
    // a veto by the other
    assert_eq!(
        fetch(
            &house,
            &answer(&signed("example.com"), BEN, &ben, "changes: Which year?")
        )["outcome"],
        "decision"
    );
    refused(
        &house,
        &answer(&signed("example.net"), CATH, &cath, "approve"),
        "decision-refused",
        "Ben Okri asked for changes",
    );
    assert_eq!(decisions(&house, &id).len(), 1);
    house.run(&["letters", "send"]).exits(0);
    let told = &letters(&house, "cath@example.net", "undecided")[0];
    assert!(
        told.text.contains("Ben Okri asked for changes") && told.code().is_some(),
        "{}",
        told.text
    );
    // a finding that has to be looked at first; the letter had said so
    let kelly = house.story(&story(
        "Kelly Brennan <kelly@example.org>",
        "The bus stops",
        "We stood at the stop every Friday for a year. Ring me on 020 7946 0000.",
    ));
    house.run(&["letters", "send"]).exits(0);
    let all = letters(&house, "ben@example.com", "new-story");
    let letter = all.iter().find(|l| l.subject.contains("Kelly")).expect("a letter");
    assert!(
        letter.text.contains("cannot be approved yet") && letter.text.contains("(phone)"),
        "{}",
        letter.text
    );
    let mail = answer(&signed("example.com"), BEN, letter, "approve");
    refused(
        &house,
        &mail,
        "decision-refused",
        "because it cannot be approved yet: it has 1 open check: phone",
    );
    assert_eq!(house.state(&kelly), "draft");
    // somebody edits by hand just now
    let file = format!("stories/{id}/index.md");
    house.write(&file, house.read(&file).replace("ninety", "90"));
    refused(
        &house,
        &answer(&signed("example.net"), CATH, told, "reject: no"),
        "decision-refused",
        "changing the story just now",
    );
    assert_eq!(house.state(&id), "changes-requested");
}

#[test]
fn nobody_is_offered_their_own_story_nor_anybody_anything_unless_the_team_wants_it() {
    let house = TestHouse::with_config(&config("by_mail = true"));
    house.story(&story(
        CATH,
        "Mine",
        "I clean at the hospital, on nights, and so do about ninety others.",
    ));
    house.run(&["letters", "send"]).exits(0);
    let own = the_letter(&house, "cath@example.net");
    assert!(
        own.code().is_none() && own.text.contains("Nothing is decided by answering"),
        "{}",
        own.text
    );
    assert!(the_letter(&house, "ben@example.com").code().is_some());

    let house = TestHouse::with_config(&config(""));
    house.story(&marion());
    house.run(&["letters", "send"]).exits(0);
    let letter = the_letter(&house, "cath@example.net");
    assert!(
        letter.code().is_none() && !letter.raw.contains("living wage"),
        "{}",
        letter.raw
    );
    refused(
        &house,
        &answer(&signed("example.net"), CATH, &letter, "approve"),
        "team-reply",
        "nothing is decided by mail",
    );
    assert!(house.files(".desk/codes").is_empty());
}

#[test]
fn who_gets_a_changed_story_assigned_may_decide_upon_it_by_mail() {
    let (house, id) = told();
    house.run(&["edit", &id, "--subtitle", "Ninety of them"]).exits(0);
    house.run(&["assign", &id, "Cath Lee"]).exits(0);
    house.run(&["letters", "send"]).exits(0);
    let letter = letters(&house, "cath@example.net", "waiting")[0].clone();
    assert!(letter.text.contains("Ninety of them"), "{}", letter.text);
    assert_eq!(
        fetch(&house, &answer(&signed("example.net"), CATH, &letter, "approve"))["outcome"],
        "decision"
    );
    assert_eq!(house.state(&id), "approved");
}

#[test]
fn a_run_that_is_killed_anywhere_decides_once() {
    let (house, id) = told();
    let letter = the_letter(&house, "cath@example.net");
    let before = house.copied();
    let mail = answer(&signed("example.net"), CATH, &letter, "approve");
    assert_eq!(fetch(&house, &mail)["outcome"], "decision");
    let move_in = |from: &TestHouse, to: &TestHouse, name: &str| {
        std::fs::remove_dir_all(to.path(name)).expect("it is there");
        let copied = std::process::Command::new("cp")
            .arg("-a")
            .args([from.path(name), to.path(name)])
            .status();
        assert!(copied.is_ok_and(|s| s.success()));
    };
    // the code was spent, and the branch had not moved
    let early = house.copied();
    move_in(&before, &early, "stories");
    std::fs::remove_dir_all(early.path(".desk/cursors")).expect("cursors");
    // the branch had moved, and the inbox was not told
    let late = house.copied();
    std::fs::remove_dir_all(late.path(".desk/cursors")).expect("cursors");
    for (house, outcome) in [(&early, "decision"), (&late, "duplicate")] {
        let lines = house.run(&["fetch", "--json"]).exits(0).json_lines();
        assert_eq!(lines[0]["outcome"], outcome, "{lines:?}");
        assert_eq!(decisions(house, &id).len(), 1);
        assert_eq!(house.state(&id), "approved");
        assert_eq!(fetch(house, &mail)["outcome"], "duplicate");
        refused(
            house,
            &answer(&signed("example.net"), CATH, &letter, "reject: no"),
            "decision-refused",
            "used already",
        );
        house.fsck();
    }
}

#[test]
fn another_desk_that_has_the_story_and_not_the_answer_finds_nothing_wrong() {
    let (house, id) = told();
    let other = house.copied();
    let letter = the_letter(&house, "cath@example.net");
    let mail = answer(&signed("example.net"), CATH, &letter, "approve");
    assert_eq!(fetch(&house, &mail)["outcome"], "decision");
    let from = house.path("stories");
    other.git(&["pull", "-q", "--ff-only", from.to_str().expect("a path"), "main"]);
    assert_eq!(other.state(&id), "approved");
    other.run(&["verify"]).exits(0);
    other.run(&["publish", &id]).exits(0);
    // a decision's mail that no decision names is found where it lies
    house.run(&["verify"]).exits(0);
    let kept = private_files(&house, &id);
    let name = kept
        .iter()
        .find(|name| name.starts_with("decision-"))
        .expect("the mail");
    let tree = house.git(&["ls-tree", "-r", "refs/desk/private"]);
    assert!(tree.contains(name.as_str()));
    let blob = String::from_utf8(
        house.run_git_with_stdin(&["hash-object", "-w", "--stdin"], "From: a@example.org\n\napprove\n"),
    );
    let index = house.path("index");
    let forge = |arguments: &[&str]| {
        let done = house
            .command("git")
            .current_dir(house.path("stories"))
            .env("GIT_INDEX_FILE", &index)
            .args(arguments)
            .output();
        let done = done.expect("git runs");
        assert!(done.status.success(), "{arguments:?}");
        String::from_utf8(done.stdout).expect("text").trim().to_owned()
    };
    forge(&["read-tree", "refs/desk/private"]);
    let entry = format!(
        "100644,{},{id}/decision-0000000000000000.eml",
        blob.expect("an id").trim()
    );
    forge(&["update-index", "--add", "--cacheinfo", &entry]);
    let tree = forge(&["write-tree"]);
    let commit = forge(&["commit-tree", "-m", "Private parts", &tree]);
    forge(&["update-ref", "refs/desk/private", &commit]);
    let found = house.run(&["verify"]);
    assert!(
        found.code != 0 && found.stdout.contains("decision-0000000000000000.eml is not a mail"),
        "{}",
        found.stdout
    );
}

#[test]
fn an_erased_story_takes_its_codes_and_decisions_with_it() {
    let (house, id) = told();
    let letter = the_letter(&house, "cath@example.net");
    let mail = answer(&signed("example.net"), CATH, &letter, "approve");
    assert_eq!(fetch(&house, &mail)["outcome"], "decision");
    house.run(&["erase", &id, "--yes"]).exits(0);
    assert!(house.files(".desk/codes").is_empty());
    let again = fetch(&house, &mail);
    assert_eq!(
        (&again["outcome"], &again["rule"]),
        (&"duplicate".into(), &"erased".into()),
        "{again}"
    );
    house.fsck();
}

#[test]
fn settings_that_could_decide_nothing_are_told() {
    let good = config("by_mail = true");
    for (config, why) in [
        (
            good.replace("by_mail = true", "by_mail = true\nsigned = true"),
            "does not go with `signed = true`",
        ),
        (
            good.replace("trusted_authserv = \"mx.example.org\"", ""),
            "trusted_authserv",
        ),
        (good.replace("\"new-story\", ", ""), "\"new-story\""),
        (good.replace("\"reviewer\"", "\"editor\""), "name the reviewers"),
    ] {
        let house = TestHouse::with_config(&config);
        let said = house.run(&["list"]).exits(2).stderr.clone();
        assert!(said.contains("by_mail") && said.contains(why), "{said}");
    }
    let house = TestHouse::with_config(&good);
    let doctor = house.run(&["doctor"]);
    assert!(doctor.stdout.contains("decisions by mail"), "{}", doctor.stdout);
}
