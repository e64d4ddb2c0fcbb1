//! Two desks that fetch from one mailbox.

#![allow(clippy::disallowed_methods, reason = "a test may end where there is no thread")]

use std::collections::BTreeSet;

use crate::common::mail;
use crate::desks::{Desks, event_ids, record_lines, stories};
use crate::mail_servers::{Dovecot, PASSWORD};

const NAMES: [&str; 4] = ["Marion", "Kelly", "Ola", "Piotr"];

fn story(name: &str) -> String {
    mail(
        &format!("{name} Hill <{name}@example.net>"),
        "Sat, 4 Dec 2010 10:12:31 +0000",
        &format!("What {name} did"),
        &format!("{name} asked the council for a bench, and in March there were three.\n\n{name}"),
    )
}

#[test]
fn two_desks_that_fetch_one_mailbox_at_once_have_one_story_of_each_mail_and_answer_once() {
    let Some(dovecot) = Dovecot::start() else { return };
    let config = crate::desks::config()
        .replace("local_remote = true", "local_remote = true\npush = \"always\"")
        .replace("send = [\"published\"]", "send = [\"received\"]");
    let (before, rest) = (config.find("[[inbox]]"), config.find("[review]"));
    let (before, rest) = (
        &config[..before.expect("a section")],
        &config[rest.expect("a section")..],
    );
    let inbox = dovecot.inbox("blog", "after = { new = \"move:Done\", duplicate = \"move:Done\" }");
    let desks = Desks::with_config(2, &format!("{before}{inbox}\n{rest}"));
    dovecot.append(&NAMES.map(|name| story(name).replace('\n', "\r\n")));
    for desk in &desks.desks {
        desk.write("secret", PASSWORD);
    }
    let at_once = |args: &[&str]| {
        std::thread::scope(|scope| {
            let begin = |desk| scope.spawn(move || crate::common::TestHouse::run(desk, args));
            let runs: Vec<_> = desks.desks.iter().map(begin).collect();
            runs.into_iter()
                .map(|run| run.join().expect("it ran"))
                .collect::<Vec<_>>()
        })
    };
    for ran in at_once(&["fetch", "--json"]) {
        // 7: what the other moved in between was listed here, and is not to be had
        assert!([0, 7].contains(&ran.code), "{}\n{}", ran.stdout, ran.stderr);
    }
    desks.settle();
    for desk in &desks.desks {
        assert_eq!(stories(desk).len(), NAMES.len());
        let lines = record_lines(desk);
        let received = lines.iter().filter(|(_, line)| line.contains("\"event\":\"received\""));
        assert_eq!(received.count(), NAMES.len(), "one line a mail");
        assert_eq!(event_ids(desk).len(), lines.len());
        desk.run(&["verify"]).exits(0);
    }
    // a mail that both move at the same moment a server may file twice, which loses none
    assert!(dovecot.mails("blog").is_empty());
    let filed = |file: String| std::fs::read_to_string(dovecot.folder(&format!("blog/.Done/cur/{file}")));
    let filed = dovecot
        .files("blog/.Done/cur")
        .into_iter()
        .map(|file| filed(file).expect("a mail"));
    assert_eq!(filed.collect::<BTreeSet<_>>(), BTreeSet::from(NAMES.map(story)));

    for _ in 0..2 {
        at_once(&["letters", "send"]);
        desks.settle();
    }
    let letters = desks.desks.iter().flat_map(|desk| {
        let files = desk.files("letters").into_iter();
        files
            .map(|file| desk.read(&format!("letters/{file}")))
            .collect::<Vec<_>>()
    });
    let to = |letter: String| {
        letter
            .lines()
            .find(|l| l.starts_with("To: "))
            .expect("an address")
            .to_owned()
    };
    let mut to: Vec<String> = letters.map(to).collect();
    to.sort();
    assert_eq!(to.len(), NAMES.len(), "{to:?}");
    to.dedup();
    assert_eq!(to.len(), NAMES.len(), "each gets one: {to:?}");
}
