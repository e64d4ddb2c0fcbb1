//! Whether a history is what it says: each commit against its record, the record against its policy. Facts come in, problems go
//! out; nothing is read here.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;
use serde_json::Value;

use super::event::{Event, EventId, LetterStatus, Role, What};
use super::id::{StoryId, TextHash};
use super::policy::Policy;
use super::record::{Record, one_line, plain_name};
use super::seal::{Doubt, Seal, Seals};
use super::state::{Life, Phase};
use super::step::Story;

/// Something that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// One word: `line-gone`.
    pub rule: &'static str,
    pub said: String,
    /// Whether a story with it is not published. What merely does not count keeps nothing from being published that has enough
    /// that does.
    pub blocks: bool,
}

impl Problem {
    fn new(rule: &'static str, said: String) -> Problem {
        let blocks = true;
        Problem { rule, said, blocks }
    }

    fn told(rule: &'static str, said: String) -> Problem {
        let blocks = false;
        Problem { rule, said, blocks }
    }
}

/// A story at one commit.
#[derive(Debug, Clone, Copy)]
pub struct At<'a> {
    pub record: &'a [u8],
    pub text: TextHash,
}

/// What one commit did to one story.
#[derive(Debug, Clone)]
pub struct Deed<'a> {
    pub story: &'a StoryId,
    pub now: Option<At<'a>>,
    /// At each parent.
    pub before: Vec<Option<At<'a>>>,
    /// The name of the commit's author.
    pub author: &'a str,
    pub message: &'a str,
}

/// The lines of a record, without empty ones.
fn lines(record: &[u8]) -> impl Iterator<Item = &str> {
    let text = record
        .split(|&b| b == b'\n')
        .filter_map(|l| std::str::from_utf8(l).ok());
    text.map(str::trim).filter(|line| !line.is_empty())
}

/// "approved by Cath Lee".
fn named(event: &Event) -> String {
    format!("{} by {}", event.kind(), one_line(&event.by.name))
}

/// Lines of `before` that `now` does not have: a record is only ever added to.
pub fn lost(before: &[u8], now: &[u8]) -> Vec<Problem> {
    let there: BTreeSet<&str> = lines(now).collect();
    let gone: Vec<&str> = lines(before).filter(|line| !there.contains(line)).collect();
    if gone.is_empty() {
        return Vec::new();
    }
    let events: HashMap<_, _> = there
        .iter()
        .filter_map(|l| Event::parse(l).ok())
        .map(|e| (e.id.clone(), e))
        .collect();
    let mail = |w: &What| matches!(w, What::Received { .. } | What::FollowUp { .. });
    let is_claim = |w: &What| {
        matches!(
            w,
            What::Letter {
                status: LetterStatus::Claimed,
                ..
            }
        )
    };
    let told = gone.into_iter().filter_map(|line| match Event::parse(line) {
        Err(_) => Some(Problem::new("line-gone", "a line of record.jsonl is gone".to_owned())),
        Ok(was) => match events.get(&was.id) {
            // two desks took in one mail
            Some(is) if mail(&was.what) && mail(&is.what) => None,
            Some(is) => {
                let said = format!("the line \"{}\" was changed, to \"{}\"", named(&was), named(is));
                Some(Problem::new("line-changed", said))
            }
            // the claim on a letter that another desk claimed first
            None if is_claim(&was.what) && events.values().any(|e| e.what == was.what) => None,
            None => Some(Problem::new(
                "line-gone",
                format!("the line \"{}\" is gone from the record", named(&was)),
            )),
        },
    });
    told.collect()
}

/// The events that a commit adds to a record, in the order of their lines.
pub fn added(deed: &Deed) -> Vec<Event> {
    new_lines(deed).filter_map(|line| Event::parse(line).ok()).collect()
}

fn new_lines<'a>(deed: &Deed<'a>) -> impl Iterator<Item = &'a str> {
    let known: BTreeSet<&str> = deed.before.iter().flatten().flat_map(|at| lines(at.record)).collect();
    let now = deed.now.map_or(&[][..], |at| at.record);
    lines(now).filter(move |line| !known.contains(line))
}

/// The commit's own account of itself.
#[derive(Debug, Default)]
struct Account<'a> {
    story: Option<&'a str>,
    steps: Vec<&'a str>,
    text: Option<&'a str>,
    by: Option<&'a str>,
}

fn account(message: &str) -> Account<'_> {
    let mut account = Account::default();
    let last = message.trim_end().rsplit("\n\n").next().unwrap_or_default();
    for (name, value) in last.lines().filter_map(|line| line.split_once(": ")) {
        match name {
            "Story" => account.story = Some(value),
            "Step" => account.steps.push(value),
            "Text" => account.text = Some(value),
            "By" => account.by = Some(value),
            _ => {}
        }
    }
    account
}

/// What is wrong with a commit, as to one story.
pub fn deed(deed: &Deed) -> Vec<Problem> {
    let mut found = Vec::new();
    let Some(now) = deed.now else {
        if deed.before.iter().any(Option::is_some) {
            found.push(Problem::new("gone", "its folder was removed".to_owned()));
        }
        return found;
    };
    for before in deed.before.iter().flatten() {
        found.extend(lost(before.record, now.record));
    }
    let mut events = Vec::new();
    for line in new_lines(deed) {
        match Event::parse(line) {
            Ok(event) => events.push(event),
            Err(bad) => found.push(Problem::new("record", bad.to_string())),
        }
    }
    if deed.before.len() > 1 {
        let made = events
            .iter()
            .map(|e| format!("a merge adds \"{}\", which no side of it had", named(e)));
        found.extend(made.map(|said| Problem::new("merge", said)));
        return found;
    }
    if events.is_empty() {
        return found;
    }
    found.extend(told_truly(deed, &events, now.text));
    let known: BTreeSet<String> = Record::parse(now.record)
        .events
        .iter()
        .map(|e| e.id.to_string())
        .collect();
    for event in &events {
        let by = plain_name(&event.by.name);
        if by != deed.author && !begins_piece(&events, event) {
            let said = format!("\"{}\" came by a commit of {}", named(event), one_line(deed.author));
            found.push(Problem::new("author", said));
        }
        if event.what.is_of_its_text() && event.text != Some(now.text) && !is_taken_again(deed, event) {
            let of = event
                .text
                .map_or_else(|| "no text".to_owned(), |t| format!("the text {}", short(t)));
            let said = format!(
                "\"{}\" is about {of}, and the text there is {}",
                named(event),
                short(now.text)
            );
            found.push(Problem::new("text", said));
        }
        if let Some(stranger) = event.after.iter().find(|id| !known.contains(id.as_str())) {
            let said = format!(
                "\"{}\" was made upon {stranger}, which this story does not have",
                named(event)
            );
            found.push(Problem::new("after", said));
        }
    }
    found
}

/// The trailers against the events.
fn told_truly(deed: &Deed, events: &[Event], text: TextHash) -> Vec<Problem> {
    let account = account(deed.message);
    let mut found = Vec::new();
    if account.story != Some(deed.story.as_str()) {
        // several stories in one commit: letters sent, a story split
        let other = |e: &&Event| account.by != Some(&one_line(&e.by.name)) || lets_out(&e.what);
        let silent = events.iter().filter(other).filter(|e| !begins_piece(events, e));
        let silent = silent.map(|e| {
            let said = format!("\"{}\" was added by a commit that does not tell of it", named(e));
            Problem::new("untold", said)
        });
        return silent.collect();
    }
    let mut kinds: Vec<String> = events.iter().map(Event::kind).collect();
    let mut steps = account.steps.clone();
    kinds.sort();
    steps.sort_unstable();
    if kinds != steps {
        let said = format!(
            "the commit tells of {}, the record has {}",
            steps.join(", "),
            kinds.join(", ")
        );
        found.push(Problem::new("untold", said));
    }
    if let Some(event) = events.iter().find(|e| account.by != Some(&one_line(&e.by.name))) {
        let by = account.by.unwrap_or("nobody");
        found.push(Problem::new(
            "untold",
            format!("the commit says By: {by}, the record \"{}\"", named(event)),
        ));
    }
    let again = |said: &str| {
        let of = |event: &&Event| event.text.is_some_and(|text| text.to_string() == said);
        events.iter().find(of).is_some_and(|event| is_taken_again(deed, event))
    };
    if account
        .text
        .is_some_and(|said| said != text.to_string() && !again(said))
    {
        let said = format!(
            "the commit names the text {}, and it is {}",
            account.text.unwrap_or_default(),
            short(text)
        );
        found.push(Problem::new("untold", said));
    }
    found
}

/// Whether the machine takes in with this event a piece that a person splits off by the same commit.
fn begins_piece(events: &[Event], event: &Event) -> bool {
    let split = |e: &Event| matches!(&e.what, What::Split { from: Some(_), .. });
    matches!(event.what, What::Received { .. }) && event.by.role == Role::Robot && events.iter().any(split)
}

fn short(text: TextHash) -> String {
    text.to_string()[..12].to_owned()
}

/// Whether a story is nearer to its readers by an event of this kind.
fn lets_out(what: &What) -> bool {
    let publishes = matches!(
        what,
        What::PublishBegun { .. } | What::Receipt { .. } | What::Published {}
    );
    publishes || Policy::needs_proof(what)
}

/// Whether this step was made at a desk that did not know of a change of the text that was there first, and was taken again upon it
/// (`sync`): its commit tells of the text that it was made upon, and there is an event that made another and that it does not know.
/// Nothing comes of such a step: a vote is for one text.
fn is_taken_again(deed: &Deed, event: &Event) -> bool {
    let account = account(deed.message);
    let told =
        account.story == Some(deed.story.as_str()) && account.text == event.text.map(|t| t.to_string()).as_deref();
    let Some(now) = deed.now.filter(|_| told) else {
        return false;
    };
    let record = Record::parse(now.record);
    let known = known_to(&record.events, event);
    // the copy of an event is none of its own
    let is_copy = |e: &Event| {
        e.id != event.id && (e.at, &e.by, &e.what, e.text) == (event.at, &event.by, &event.what, event.text)
    };
    let mut events = record.events.iter();
    !record.events.iter().any(is_copy)
        && events.any(|e| e.id != event.id && e.what.changes_text() && !known.contains(&e.id))
}

/// The events that were there for whoever made this one.
fn known_to<'e>(events: &'e [Event], event: &'e Event) -> BTreeSet<&'e EventId> {
    let by_id: HashMap<&EventId, &Event> = events.iter().map(|e| (&e.id, e)).collect();
    let mut known = BTreeSet::new();
    let mut open: Vec<&EventId> = event.after.iter().collect();
    while let Some(id) = open.pop() {
        if known.insert(id) {
            open.extend(by_id.get(id).into_iter().flat_map(|e| &e.after));
        }
    }
    known
}

/// Whether a publication that begins at a commit was allowed: by the policy that it names, if that is to be believed, else by the one of
/// today. `since`: from when on signatures are asked for.
pub fn begun(deed: &Deed, policy: &Policy, since: Option<Timestamp>, seals: &dyn Fn(&[u8]) -> Seals) -> Vec<Problem> {
    let mut found = Vec::new();
    let Some(now) = deed.now else { return found };
    for event in added(deed) {
        let What::PublishBegun { policy: stamp, .. } = &event.what else {
            continue;
        };
        let Some(named_policy) = of_stamp(stamp, policy) else {
            let said = format!("\"{}\" names no policy that asks for an approval", named(&event));
            found.push(Problem::new("policy", said));
            continue;
        };
        let wanted = policy.signed && since.is_none_or(|since| event.at >= since);
        let all = seals(now.record);
        let believed = || {
            policy
                .proof(&event, all.get(&event.id).unwrap_or(&Seal::Unsigned), None)
                .is_ok()
        };
        let rules = match wanted && !(named_policy.signed && believed()) {
            true => policy.clone(),
            false => named_policy,
        };
        // what was there for the desk that published: steps of another, which came between, were not
        let record = Record::parse(now.record);
        let known = known_to(&record.events, &event);
        let known: Vec<Event> = record
            .events
            .iter()
            .filter(|e| known.contains(&e.id))
            .cloned()
            .collect();
        let life = match rules.signed {
            true => Life::proven(&known, &all, &rules),
            false => Life::of(&known),
        };
        let text = event.text.filter(|_| is_taken_again(deed, &event)).unwrap_or(now.text);
        if let Err(refusal) = rules.publishable(&life, text, "it") {
            found.push(Problem::new("policy", format!("it went out although {}", refusal.why)));
        }
    }
    found
}

/// The policy that `publish-begun` stores, with the people and keys of today.
fn of_stamp(stamp: &Value, today: &Policy) -> Option<Policy> {
    let yes = |key: &str| stamp.get(key).and_then(Value::as_bool).unwrap_or(false);
    let approvals = stamp.get("approvals").and_then(Value::as_u64).filter(|n| *n > 0)?;
    Some(Policy {
        approvals: usize::try_from(approvals).ok()?,
        own_text: yes("own_text"),
        minor_keeps: yes("minor_edits_keep_approvals"),
        consent_required: stamp.get("consent").and_then(Value::as_str) != Some("optional"),
        signed: yes("signed"),
        ..today.clone()
    })
}

/// What is wrong with a story as it stands. `since`: from when on signatures are asked for.
pub fn standing(story: &Story, seals: &Seals, policy: &Policy, since: Option<Timestamp>) -> Vec<Problem> {
    let mut found = Vec::new();
    if let Err(refusal) = story.agrees() {
        found.push(Problem::new("page", refusal.why));
    }
    found.extend(signatures(story, seals, policy, since));
    let mut begun = None;
    for event in &story.record.events {
        let robots = matches!(
            event.what,
            What::Consent { .. } | What::PublishBegun { .. } | What::Published {} | What::Merged { .. }
        );
        if event.by.role == Role::Robot && Policy::is_decision(&event.what) && !robots {
            let said = format!("\"{}\" is by the machine, which does not decide", named(event));
            found.push(Problem::new("role", said));
        }
        let is_member = policy.members.iter().any(|m| m.name == event.by.name);
        if matches!(event.what, What::Approved { .. }) && !policy.members.is_empty() && !is_member {
            let said = format!("\"{}\": config.toml names no such member", named(event));
            found.push(Problem::told("member", said));
        }
        match &event.what {
            What::PublishBegun { .. } => begun = event.text,
            // a page that is taken off is of whatever text
            What::Receipt { removed: true, .. } => {}
            What::Receipt { .. } | What::Published {} if begun.is_none() || event.text != begun => {
                let said = format!(
                    "\"{}\" is about another text than the publication that was begun",
                    named(event)
                );
                found.push(Problem::new("receipt", said));
            }
            _ => {}
        }
    }
    let out = story
        .life
        .publication
        .as_ref()
        .filter(|_| story.life.phase == Phase::Published);
    if out.is_some_and(|p| p.text.is_none()) {
        found.push(Problem::new("receipt", "it went out without a text".to_owned()));
    }
    found
}

fn signatures(story: &Story, seals: &Seals, policy: &Policy, since: Option<Timestamp>) -> Vec<Problem> {
    let dates: HashMap<_, _> = story.record.events.iter().map(|e| (&e.id, e.at)).collect();
    let mut found = Vec::new();
    for event in &story.record.events {
        let seal = seals.get(&event.id).unwrap_or(&Seal::Unsigned);
        let earlier = event.after.iter().filter_map(|id| dates.get(id)).max().copied();
        let Err(doubt) = policy.proof(event, seal, earlier) else {
            continue;
        };
        let asked = policy.signed && since.is_none_or(|since| event.at >= since);
        let person = event.by.role != Role::Robot;
        let has_keys = policy
            .members
            .iter()
            .any(|m| m.name == event.by.name && !m.keys.is_empty());
        // whose text it is the machine says only as far as its key does, where it has one
        let signs = match person {
            true => Policy::is_decision(&event.what),
            false => event.what.changes_text() && !policy.robot_keys.is_empty(),
        };
        let matters = match doubt {
            Doubt::Unsigned => asked && signs,
            Doubt::Broken(_) => true,
            // somebody signs with a key that no desk was told of
            _ => asked || person && has_keys,
        };
        if matters {
            let said = format!("\"{}\" is not proven: {doubt}", named(event));
            found.push(match doubt {
                Doubt::Broken(_) => Problem::new("signature", said),
                _ => Problem::told("signature", said),
            });
        }
    }
    found
}
