//! Five desks, one bare repository, everybody does what they like in any order; then all sync until it is quiet.
//!
//! `SEEDS=100 cargo test --test sync seeds` (what `scripts/sync-test` does); without it a few, so that the whole suite stays short.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::common::{TestHouse, mail};
use crate::desks::{Desks, edit_with, event_ids, record_lines, stories};

/// A small generator whose numbers are the same everywhere (xorshift64*).
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Dice {
        Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub fn throw(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % sides
    }
}

pub const MAILS: usize = 5;

pub fn letter(n: usize) -> String {
    let name = ["Marion Maxwell", "Ola Okoye", "Piotr Kowal", "Rosa Diaz", "Sam Stone"][n];
    mail(
        &format!("{name} <p{n}@example.org>"),
        &format!("Sat, 4 Dec 2010 10:12:3{n} +0000"),
        &format!("What we did, part {n}"),
        "First we met in the hall and wrote down what everybody had seen.\n\nThen we asked the council to come and look at it.\n\n\
         Now there is a lamp at the corner and the children walk home.",
    )
}

#[test]
fn whatever_five_desks_do_in_whatever_order_no_step_is_lost_and_all_end_alike() {
    let seeds: u64 = std::env::var("SEEDS").ok().and_then(|s| s.parse().ok()).unwrap_or(4);
    let first: u64 = std::env::var("SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(1);
    for seed in first..first + seeds {
        eprintln!("seed {seed}");
        one(seed);
    }
}

fn one(seed: u64) {
    let desks = Desks::new(5);
    let mut dice = Dice::new(seed);
    let mut made = BTreeSet::new();
    let mut arrived = BTreeSet::new();
    for n in 0..40 {
        let desk = &desks.desks[dice.throw(5)];
        step(desk, &mut dice, n, &mut arrived);
        made.extend(event_ids(desk));
    }
    desks.settle();
    let desk = &desks.desks[0];
    let lines = record_lines(desk);
    let mut of_event: BTreeMap<String, usize> = BTreeMap::new();
    let mut of_mail: BTreeMap<String, usize> = BTreeMap::new();
    for (_, line) in &lines {
        let event: Value = serde_json::from_str(line).expect("an event");
        *of_event.entry(event["id"].to_string()).or_default() += 1;
        if event["event"] == "received" {
            *of_mail.entry(event["mail"].to_string()).or_default() += 1;
        }
    }
    assert!(
        of_event.values().all(|&n| n == 1),
        "seed {seed}: a double: {of_event:?}"
    );
    assert_eq!(of_mail.len(), arrived.len(), "seed {seed}: a mail is one story");
    assert!(of_mail.values().all(|&n| n == 1), "seed {seed}: {of_mail:?}");
    let there = event_ids(desk);
    let lost: Vec<_> = made.difference(&there).collect();
    assert!(lost.is_empty(), "seed {seed}: lost {lost:?}");
    let listed = desk.run(&["list", "--all", "--json"]);
    for other in &desks.desks[1..] {
        let mut there = other.run(&["list", "--all", "--json"]).json();
        let mut here = listed.json();
        for story in here
            .as_array_mut()
            .expect("a list")
            .iter_mut()
            .chain(there.as_array_mut().expect("a list"))
        {
            story["path"].take();
        }
        assert_eq!(there, here, "seed {seed}");
    }
    // where both changed the same line both stand there until a person chooses: that is told, and is all that is
    for story in stories(desk) {
        let damage = desk.show(&story)["damage"].take();
        if damage.is_null() {
            continue;
        }
        let unfinished = damage
            .as_str()
            .is_some_and(|d| d.starts_with("both versions stand in index.md"));
        assert!(unfinished, "seed {seed}: {story}: {damage}");
        desk.run(&["verify", &story]).exits(1);
        let choose = || {
            edit_with(
                desk,
                &story,
                "sed -i -e '/^<<<<<<</,/^=======/d' -e '/^>>>>>>>/d' \"$1\"",
            )
        };
        if choose().code != 0 {
            // somebody rejected it as well
            desk.run(&["reopen", &story, "-m", "To choose"]).exits(0);
            choose().exits(0);
        }
    }
    desks.settle();
    for desk in &desks.desks {
        let verified = desk.run(&["verify"]);
        assert!(
            verified.exits(0).stdout.contains("nothing is wrong"),
            "seed {seed}: {}",
            verified.stdout
        );
    }
}

/// One thing that somebody does. What the rules refuse is no failure; what ends badly is.
fn step(desk: &TestHouse, dice: &mut Dice, n: usize, arrived: &mut BTreeSet<usize>) {
    let known = stories(desk);
    let what = dice.throw(12);
    if what < 2 || known.is_empty() {
        let mail = dice.throw(MAILS);
        arrived.insert(mail);
        desk.arrive(&[letter(mail)]);
        desk.run(&["fetch", "-q"]).exits(0);
        return;
    }
    let story = &known[dice.throw(known.len())];
    let word = format!("word {n}");
    let ran = match what {
        2 | 3 => desk.run(&["approve", story]),
        4 => desk.run(&["reject", story, "-m", &word]),
        5 => desk.run(&["reopen", story, "-m", &word]),
        6 => desk.run(&["edit", story, "--subtitle", &word]),
        7 => {
            let paragraph = ["First", "Then", "Now"][dice.throw(3)];
            edit_with(
                desk,
                story,
                &format!("sed -i 's/^{paragraph}/{paragraph} ({word})/' \"$1\""),
            )
        }
        8 => desk.run(&["note", story, "-m", &word]),
        9 => desk.run(&["publish", story]),
        _ => desk.run(&["sync"]),
    };
    assert!(
        [0, 5, 6].contains(&ran.code),
        "{}: {}\n{}",
        ran.command,
        ran.stdout,
        ran.stderr
    );
}
