//! What is said of a story above its text: where it stands, whose it is, and what to look at.

use super::ink::Hue;
use crate::desk::Desk;
use crate::desk::account::shown;
use crate::desk::queue::Summary;
use crate::desk::walk::{Reading, age};
use crate::story::check::{Rule, check};
use crate::story::event::What;
use crate::story::state::State;

/// A label, what it says, and how it is coloured. A label that is empty goes on with the one before.
pub type Fact = (&'static str, String, Hue);

/// What is known so far; what says nothing is none.
#[derive(Default)]
struct Facts(Vec<Fact>);

impl Facts {
    fn add(&mut self, label: &'static str, value: String, hue: Hue) {
        if !value.trim().is_empty() {
            self.0.push((label, value, hue));
        }
    }
}

/// All of it, in the order in which it is read.
pub fn facts(desk: &Desk, reading: &Reading, me: Option<&str>) -> Vec<Fact> {
    let mut facts = Facts::default();
    where_it_stands(desk, reading, me, &mut facts);
    whose_it_is(desk, reading, &mut facts);
    to_look_at(desk, reading, &mut facts);
    facts.0
}

fn where_it_stands(desk: &Desk, reading: &Reading, me: Option<&str>, facts: &mut Facts) {
    facts.add("State", state(desk, reading), Hue::Plain);
    facts.add("Turn", turn(desk, &reading.summary, me), Hue::Plain);
    if let Some(at) = reading.story.life.received {
        let day = crate::cli::fetch::day(at, desk);
        let came = match age(Some(at), desk.now) {
            age if age == "today" => format!("today, {day}"),
            age => format!("{age} ago, {day}"),
        };
        facts.add("Came", came, Hue::Plain);
    }
}

/// Whose it is, how far that is proven, and what they agreed to.
fn whose_it_is(desk: &Desk, reading: &Reading, facts: &mut Facts) {
    let story = &reading.story;
    let front = story.front();
    match &reading.people {
        Some(people) => {
            facts.add("From", shown(&people.storyteller), Hue::Plain);
            if people.sender != people.storyteller {
                facts.add("Sent by", shown(&people.sender), Hue::Plain);
            }
            if let Some(forwarder) = &people.forwarder {
                facts.add("Forwarded", format!("by {}", shown(forwarder)), Hue::Plain);
            }
        }
        None => facts.add(
            "From",
            "not known here: this desk has no private part of the story".to_owned(),
            Hue::Caution,
        ),
    }
    for event in &story.record.events {
        if let What::Received { auth, .. } = &event.what {
            for found in auth {
                let domain = found.domain.as_deref().unwrap_or("the sender's domain");
                match found.result.as_str() {
                    "pass" => facts.add(
                        "Sender",
                        format!("proven: {domain} stands for it ({})", found.method),
                        Hue::Good,
                    ),
                    other => facts.add(
                        "Sender",
                        format!("not proven by {domain} ({}: {other})", found.method),
                        Hue::Caution,
                    ),
                }
            }
            if auth.is_empty() {
                facts.add(
                    "Sender",
                    "not proven: no mail server we trust checked it".to_owned(),
                    Hue::Plain,
                );
            }
        }
    }
    let byline = [Some(front.author.clone()), front.place.clone()];
    facts.add(
        "Byline",
        byline
            .into_iter()
            .flatten()
            .filter(|t| !t.is_empty())
            .collect::<Vec<_>>()
            .join(", "),
        Hue::Plain,
    );
    facts.add("Tags", front.tags.join(", "), Hue::Plain);
    match &story.life.consent {
        Some(grant) => facts.add(
            "Author",
            format!(
                "said yes, to {}: {} (recorded by {})",
                crate::cli::consent::limits(desk, grant),
                grant.evidence,
                grant.recorded_by
            ),
            Hue::Good,
        ),
        None if desk.policy.consent_required => {
            facts.add(
                "Author",
                "has not said yes to publication yet (y records it)".to_owned(),
                Hue::Plain,
            );
        }
        None => {}
    }
    for (label, words) in crate::cli::consent::tasks(story) {
        facts.add(label, words, Hue::Caution);
    }
    let described = |file: &str| match front.alt.get(file).filter(|alt| !alt.trim().is_empty()) {
        Some(alt) => format!("{file} ({alt})"),
        None => format!("{file} (no description yet)"),
    };
    facts.add(
        "Photos",
        reading.photos().map(described).collect::<Vec<_>>().join("; "),
        Hue::Plain,
    );
}

/// What a reviewer should see before they decide.
fn to_look_at(desk: &Desk, reading: &Reading, facts: &mut Facts) {
    let (story, life) = (&reading.story, &reading.story.life);
    for vote in life.lapsed(story.text, &desk.policy) {
        let who = life.lapsed_through(vote, story.text);
        facts.add(
            "Lapsed",
            format!(
                "the approval by {}, because the text was changed by {who}",
                vote.by.name
            ),
            Hue::Caution,
        );
    }
    for request in life.unanswered(story.text) {
        facts.add("Asked", format!("{}: {}", request.by.name, request.note), Hue::Caution);
    }
    for later in crate::desk::walk::later::proposed(story) {
        let words = format!(
            "the author sent a new text (mail {}), shown below; m takes it or leaves it out",
            later.number
        );
        facts.add("New text", words, Hue::Caution);
    }
    for event in &story.record.events {
        match &event.what {
            What::Received { notes, .. } | What::FollowUp { notes, .. } => {
                notes.iter().for_each(|n| facts.add("Look at", n.clone(), Hue::Caution));
            }
            What::Noted { note, .. } => facts.add("Note", format!("{}: {note}", event.by.name), Hue::Plain),
            _ => {}
        }
    }
    for (label, words, hue) in findings(desk, reading) {
        facts.add(label, words, hue);
    }
    if let Some(damage) = &reading.summary.damage {
        facts.add("Damaged", damage.clone(), Hue::Bad);
    }
    if !reading.by_hand.is_empty() {
        let files = reading.by_hand.join(", ");
        facts.add(
            "Look at",
            format!("somebody is changing {files} in the folder; this is the text as it was last kept"),
            Hue::Caution,
        );
    }
    let out = reading.cut.iter().filter(|p| !reading.back.contains(&p.n)).count();
    match out {
        0 => {}
        1 => facts.add(
            "Cut",
            "1 piece of the mail was left out (x shows it)".to_owned(),
            Hue::Plain,
        ),
        many => facts.add(
            "Cut",
            format!("{many} pieces of the mail were left out (x shows them)"),
            Hue::Plain,
        ),
    }
}

/// `draft: 0 of 1 approvals`
fn state(desk: &Desk, reading: &Reading) -> String {
    let s = &reading.summary;
    let votes = format!("{} of {} approvals", s.approvals, desk.policy.approvals);
    let by = match s.voters.is_empty() {
        true => String::new(),
        false => format!(" ({})", s.voters.join(", ")),
    };
    match s.state {
        State::Published if s.correction => format!("published, with a correction that is not out: {votes}{by}"),
        state @ (State::Draft | State::Approved | State::Scheduled | State::ChangesRequested) => {
            format!("{state}: {votes}{by}")
        }
        State::Conflict => {
            "conflict: one approved it and another rejected it, and neither knew; reopen or reject settles it"
                .to_owned()
        }
        state => state.to_string(),
    }
}

/// `draft, 2 checks`
pub fn state_and_checks(s: &Summary) -> String {
    match s.blocking() {
        0 => s.state.to_string(),
        1 => format!("{}, 1 check", s.state),
        many => format!("{}, {many} checks", s.state),
    }
}

/// What the checks found, a rule a line: the words, what it means, and what to do.
fn findings(desk: &Desk, reading: &Reading) -> Vec<Fact> {
    let found = check(&reading.story, &desk.policy.checks);
    let mut rules: Vec<(&Rule, Vec<&str>)> = Vec::new();
    for f in found.iter().filter(|f| f.waived.is_none()) {
        match rules.iter_mut().find(|(rule, _)| rule.name == f.rule.name) {
            Some((_, words)) => words.push(&f.words),
            None => rules.push((f.rule, vec![&f.words])),
        }
    }
    let line = |(rule, words): (&Rule, Vec<&str>)| {
        let many = words.len();
        let mut told = words.into_iter().take(TOLD).collect::<Vec<_>>().join("; ");
        if many > TOLD {
            told.push_str(&format!("; and {} more", many - TOLD));
        }
        let hue = if rule.blocks { Hue::Caution } else { Hue::Plain };
        ("Check", format!("{told} ({}). {}", rule.name, rule.english), hue)
    };
    let mut lines: Vec<_> = rules.into_iter().map(line).collect();
    if found.iter().any(|f| f.blocks()) && desk.policy.checks.block {
        let words = "What is found is mended (e) or let stand (w) before you can approve.";
        lines.push(("", words.to_owned(), Hue::Caution));
    }
    for (f, waiver) in found.iter().filter_map(|f| Some((f, f.waived.as_ref()?))) {
        let words = format!("{} ({}), says {}: {}", f.words, f.rule.name, waiver.by, waiver.note);
        lines.push(("May stand", words, Hue::Plain));
    }
    lines
}

/// Of one rule, so many findings are named.
const TOLD: usize = 5;

/// Whose turn it is, in words.
pub fn turn(desk: &Desk, s: &Summary, me: Option<&str>) -> String {
    match s.turn(&desk.policy) {
        turn if Some(turn.as_str()) == me => "you".to_owned(),
        turn => turn,
    }
}
