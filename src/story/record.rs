//! A story's record (`record.jsonl`), and a step as files and a commit message.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap};

use jiff::Timestamp;

use super::event::{BadEvent, Event, EventId, What};
use super::id::{StoryId, TextHash};

/// Names and bytes of the files in one story folder (on `main`, or of its private part).
pub type Files = BTreeMap<String, Vec<u8>>;

/// Who a commit is by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    pub name: String,
    pub email: String,
    pub at: Timestamp,
}

/// What one step does: the new content of files (`None` removes), in the story's folder on the branch and in its
/// private part, and the commit that says so.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    pub story: StoryId,
    pub files: BTreeMap<String, Option<Vec<u8>>>,
    pub private: BTreeMap<String, Option<Vec<u8>>>,
    /// Subject, body and trailers; empty where only the private part changes (then there is no commit on the branch).
    pub message: String,
    pub by: Signature,
}

impl Change {
    /// The story's files as they would be with this change made upon `files`.
    pub fn upon(&self, files: &Files) -> Files {
        let mut files = files.clone();
        for (name, bytes) in &self.files {
            match bytes {
                Some(bytes) => drop(files.insert(name.clone(), bytes.clone())),
                None => drop(files.remove(name)),
            }
        }
        files
    }
}

/// The record of one story: its events in order, and what in the file is no event.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Record {
    /// By `after`, then `at`, then `id`; never by line.
    pub events: Vec<Event>,
    /// Lines that are no event, and events that contradict each other: kept, shown, never a panic.
    pub damage: Vec<Damage>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    #[error("line {line} of record.jsonl: {why}")]
    Line { line: usize, why: String },
    #[error("two different events of record.jsonl have the id {0}")]
    SameId(EventId),
    #[error("event {0} of record.jsonl says that it was made after itself")]
    Circle(EventId),
}

impl Record {
    /// Reads `record.jsonl`.
    pub fn parse(bytes: &[u8]) -> Record {
        let mut damage = Vec::new();
        let mut by_id: HashMap<EventId, (String, Event)> = HashMap::new();
        for (index, line) in bytes.split(|&b| b == b'\n').enumerate() {
            let text = String::from_utf8_lossy(line);
            let text = text.trim();
            if text.is_empty() {
                continue;
            }
            match Event::parse(text) {
                Err(BadEvent(why)) => damage.push(Damage::Line { line: index + 1, why }),
                Ok(event) => match by_id.get(&event.id) {
                    None => drop(by_id.insert(event.id.clone(), (text.to_owned(), event))),
                    Some((known, _)) if known == text => {}
                    Some((known, first)) => {
                        // two desks that took in one mail write one event, at two times: the earlier stands
                        let mail = |w: &What| matches!(w, What::Received { .. } | What::FollowUp { .. });
                        if !(mail(&first.what) && mail(&event.what)) {
                            damage.push(Damage::SameId(event.id.clone()));
                        }
                        if (event.at, text) < (first.at, known.as_str()) {
                            by_id.insert(event.id.clone(), (text.to_owned(), event));
                        }
                    }
                },
            }
        }
        let events = order(by_id.into_values().map(|(_, event)| event).collect(), &mut damage);
        Record { events, damage }
    }

    /// The latest events: those that no other was made upon.
    pub fn heads(&self) -> Vec<EventId> {
        let seen: std::collections::HashSet<&EventId> = self.events.iter().flat_map(|e| &e.after).collect();
        self.events
            .iter()
            .filter(|e| !seen.contains(&e.id))
            .map(|e| e.id.clone())
            .collect()
    }
}

/// Kahn's algorithm with the earliest (`at`, `id`) first among those that are free.
fn order(events: Vec<Event>, damage: &mut Vec<Damage>) -> Vec<Event> {
    let place: HashMap<EventId, usize> = events.iter().enumerate().map(|(i, e)| (e.id.clone(), i)).collect();
    let mut waits = vec![0usize; events.len()];
    let mut then: Vec<Vec<usize>> = vec![Vec::new(); events.len()];
    for (i, event) in events.iter().enumerate() {
        // an `after` that is not here (a shallow copy, a later version's) orders nothing
        let mut before: Vec<usize> = event.after.iter().filter_map(|id| place.get(id).copied()).collect();
        before.sort_unstable();
        before.dedup();
        waits[i] = before.len();
        before.into_iter().for_each(|b| then[b].push(i));
    }
    let key = |i: usize| Reverse((events[i].at, events[i].id.clone(), i));
    let mut free: BinaryHeap<_> = (0..events.len()).filter(|&i| waits[i] == 0).map(key).collect();
    let mut sorted = Vec::with_capacity(events.len());
    while let Some(Reverse((_, _, i))) = free.pop() {
        sorted.push(i);
        for &next in &then[i] {
            waits[next] -= 1;
            if waits[next] == 0 {
                free.push(key(next));
            }
        }
    }
    let mut circle: Vec<usize> = (0..events.len()).filter(|&i| waits[i] > 0).collect();

    circle.sort_by(|&a, &b| (events[a].at, &events[a].id).cmp(&(events[b].at, &events[b].id)));
    damage.extend(circle.iter().map(|&i| Damage::Circle(events[i].id.clone())));
    sorted.extend(circle);
    let mut slots: Vec<Option<Event>> = events.into_iter().map(Some).collect();
    sorted.into_iter().filter_map(|i| slots[i].take()).collect()
}

/// The commit message of a step: a subject that a person understands, the note, and the trailers. Nothing that came from a mail or
/// a person can add a trailer or end the message early: each becomes one line, or an indented one.
pub fn message(subject: &str, note: &str, trailers: &Trailers) -> String {
    let mut out = one_line(subject);
    out.push_str("\n\n");
    let note = note.trim();
    if !note.is_empty() {
        for line in note.lines() {
            let line = clean(line);
            // `git interpret-trailers` takes `---` for the end of the message and `#` can be a comment
            if line.starts_with("---") || line.starts_with('#') {
                out.push(' ');
            }
            out.push_str(line.trim_end());
            out.push('\n');
        }
        out.push('\n');
    }
    out.push_str(&format!("Story: {}\n", trailers.story));
    for step in trailers.steps {
        out.push_str(&format!("Step: {}\n", one_line(step)));
    }
    if let Some(text) = trailers.text {
        out.push_str(&format!("Text: {text}\n"));
    }
    out.push_str(&format!("By: {}\n", one_line(trailers.by)));
    out
}

/// What a step's commit says in its trailers.
#[derive(Debug, Clone)]
pub struct Trailers<'a> {
    pub story: &'a StoryId,
    /// The kinds of the events.
    pub steps: &'a [String],
    pub text: Option<TextHash>,
    /// A name, no address.
    pub by: &'a str,
}

/// Text on one line: every run of white space and control characters becomes one space.
pub fn one_line(text: &str) -> String {
    let clean = clean(text);
    let mut out = String::with_capacity(clean.len());
    for word in clean.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

/// A name or an address as a commit may have it: without what git does not allow there; `unknown` where nothing is left.
pub fn plain_name(text: &str) -> String {
    let kept: String = text
        .chars()
        .filter(|c| !c.is_control() && !matches!(c, '<' | '>'))
        .collect();
    match kept.trim_matches(|c: char| c.is_whitespace() || ".,:;\"\\'".contains(c)) {
        "" => "unknown".to_owned(),
        kept => kept.to_owned(),
    }
}

/// Text without control characters (tabs and line ends become spaces) and without the bidirectional controls that reorder what
/// is shown (UTS #9, "Trojan Source").
pub fn clean(text: &str) -> String {
    let bidi =
        |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{61c}');
    let keep = |c: char| match c {
        '\t' | '\n' | '\r' | '\u{2028}' | '\u{2029}' | '\u{85}' => Some(' '),
        c if c.is_control() || bidi(c) || matches!(c, '\u{feff}' | '\u{e0000}'..='\u{e007f}') => None,
        c => Some(c),
    };
    text.chars().filter_map(keep).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(id: &str, after: &[&str], at: u32) -> String {
        let after: Vec<String> = after.iter().map(|a| format!("\"{a:0>16}\"")).collect();
        format!(
            "{{\"id\":\"{id:0>16}\",\"after\":[{}],\"at\":\"2026-01-01T00:00:{at:02}Z\",\"by\":{{\"name\":\"A\",\"role\":\"reviewer\"}},\
             \"event\":\"noted\",\"note\":\"{id}\"}}",
            after.join(",")
        )
    }

    #[test]
    fn events_are_ordered_by_after_then_at_then_id_never_by_line() {
        let lines = [
            line("d", &["b", "c"], 1),
            line("b", &["a"], 9),
            line("c", &["a"], 5),
            line("a", &[], 30),
        ];
        let expected = ["a", "c", "b", "d"];
        for turn in 0..lines.len() {
            let mut text = lines.clone();
            text.rotate_left(turn);
            let record = Record::parse(text.join("\n").as_bytes());
            let got: Vec<&str> = record
                .events
                .iter()
                .map(|e| e.id.as_str().trim_start_matches('0'))
                .collect();
            assert_eq!(got, expected);
            assert_eq!(record.heads().len(), 1);
            assert!(record.damage.is_empty());
        }
    }

    #[test]
    fn damage_is_named_and_the_rest_is_read() {
        let text = format!(
            "{}\n<<<<<<< HEAD\n{{\"x\":1}}\n\u{feff}\n{}\n{}\n{}\n",
            line("a", &[], 1),
            line("a", &[], 1),
            line("b", &["c"], 2),
            line("c", &["b"], 3)
        );
        let record = Record::parse(text.as_bytes());
        assert_eq!(record.events.len(), 3);
        assert_eq!(record.damage.len(), 5, "{:?}", record.damage);
    }

    #[test]
    fn an_unknown_kind_is_kept_field_by_field() {
        let text = "{\"id\":\"0000000000000001\",\"after\":[],\"at\":\"2026-01-01T00:00:00Z\",\"by\":{\"name\":\"A\",\"role\":\"oracle\"},\
                    \"event\":\"sung\",\"tune\":[1,2],\"sig\":\"s\"}";
        let record = Record::parse(text.as_bytes());
        assert_eq!(record.events[0].kind(), "sung");
        assert!(
            record.events[0].line().contains("\"tune\":[1,2],\"sig\":\"s\""),
            "{}",
            record.events[0].line()
        );
    }

    #[test]
    fn no_text_can_add_a_trailer_or_end_the_message() {
        let story: StoryId = "2010/12/x-0123456789".parse().unwrap();
        let trailers = Trailers {
            story: &story,
            steps: &["approved".into()],
            text: None,
            by: "Ann\nBy: Boss",
        };
        let text = message(
            "Approve \"x\n\nApproved-by: boss\"",
            "fine\n---\nStory: other\n\nBy: Boss",
            &trailers,
        );
        let last = text.trim_end().rsplit("\n\n").next().unwrap();
        assert_eq!(last, "Story: 2010/12/x-0123456789\nStep: approved\nBy: Ann By: Boss");
        assert!(text.starts_with("Approve \"x Approved-by: boss\"\n\n"));
        assert!(!text.contains("\n---"));
    }
}
