//! Everything held about one person, for that person: and nothing of anybody else's.
//!
//! A mail is given without the header fields that are about others, and only where they wrote it; a step without the name of who made it;
//! quotations, cover notes and other people of a story are left out, and it is said that they are.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::mail;
use crate::story::draft::CutPiece;
use crate::story::event::{Event, What};
use crate::story::page::RECORD;
use crate::story::people::{CUT, KEPT_LETTER};
use crate::story::record::Files;
use crate::story::step::Story;

use super::held::{self, Held, HeldStory, Whose};
use super::typed::{self, Waiting};
use super::{Desk, StoryRepo, Trouble, decide};

/// An answer to somebody who asks what is held about them.
#[derive(Debug)]
pub struct Export {
    /// `person.json`.
    pub told: Value,
    /// Files by path, as `told` names them.
    pub files: BTreeMap<String, Vec<u8>>,
}

/// Cut pieces that are in the author's own words or about them.
const OWN_CUTS: [&str; 5] = [
    "signature-delimiter",
    "signature-block",
    "contact-block",
    "sent-from",
    "restored",
];

/// Gathers it; nothing is written.
pub fn export(desk: &Desk, repo: &StoryRepo, address: &str) -> Result<Export, Trouble> {
    let shelves = desk.look_at_spool();
    let held = held::find(desk, repo, shelves.as_ref(), &Whose::Person(address.to_owned()))?;
    let mut files = BTreeMap::new();
    let stories: Vec<Value> = held
        .stories
        .iter()
        .map(|one| story(desk, one, address, &mut files))
        .collect();
    let mut quarantine = Vec::new();
    if let Some(shelves) = &shelves {
        for (id, _) in &held.quarantine {
            let Some(kept) = shelves.aside_mail(id)? else { continue };
            let from = mail::glance(kept.raw()).from.address.unwrap_or_default();
            // a letter of ours that came back, and a reviewer's answer to one, are about them, and another's
            if !from.eq_ignore_ascii_case(address) {
                quarantine
                    .push(json!({"id": id, "withheld": "another's mail about their story, or about a letter to them"}));
                continue;
            }
            let entry = shelves.aside_entry(id)?;
            let why = entry.map(|entry| json!({"at": entry.aside.at, "reason": entry.aside.reason}));
            quarantine.push(with_mail(
                kept.raw(),
                &format!("quarantine/{id}.eml"),
                json!({"id": id, "why": why}),
                &mut files,
            ));
        }
        for id in &held.incoming {
            let raw = shelves.incoming_mail(id)?;
            quarantine.push(with_mail(
                raw.raw(),
                &format!("incoming/{}.eml", &id[..16]),
                json!({"id": id}),
                &mut files,
            ));
        }
    }
    let letters = letters(&held, address, shelves.as_ref(), &mut files)?;
    let told = json!({
        "schema": 1,
        "person": address,
        "at": desk.now,
        "held_by": desk.config.team.name,
        "stories": stories,
        "mails": quarantine,
        "letters": letters,
        // how often, and no more: what it says is another's
        "named_in_what_is_others": held.named.len(),
        "stories_that_cannot_be_told": held.unknown,
        "kept_for": kept_for(desk),
    });
    Ok(Export { told, files })
}

fn kept_for(desk: &Desk) -> Value {
    let days = |kept: &Option<jiff::SignedDuration>| kept.map(|kept| kept.as_hours() / 24);
    let clock = &desk.config.retention;
    json!({
        "quarantine_days": days(&clock.quarantine),
        "set_aside_days": days(&clock.set_aside),
        "rejected_days": days(&clock.rejected),
        "letters_days": days(&clock.letters),
    })
}

fn story(desk: &Desk, held: &HeldStory, address: &str, files: &mut BTreeMap<String, Vec<u8>>) -> Value {
    let folder = format!("stories/{}", held.id);
    let mut names = Vec::new();
    for (name, bytes) in held.files.iter().filter(|(name, _)| *name != RECORD) {
        names.push(format!("{folder}/{name}"));
        files.insert(format!("{folder}/{name}"), bytes.clone());
    }
    let loaded = Story::load(&held.id, held.files.clone()).ok();
    let is = |mailbox: &crate::story::Mailbox| {
        mailbox
            .address
            .as_deref()
            .is_some_and(|a| a.eq_ignore_ascii_case(address))
    };
    let people = &held.people;
    let (mut roles, mut names_known) = (Vec::new(), Vec::new());
    for (role, mailbox) in [
        ("storyteller", Some(&people.storyteller)),
        ("sender", Some(&people.sender)),
        ("reply-to", people.reply_to.as_ref()),
    ] {
        if let Some(mailbox) = mailbox.filter(|mailbox| is(mailbox)) {
            roles.push(role);
            names_known.extend(mailbox.name.clone());
        }
    }
    names_known.sort();
    names_known.dedup();
    let cut: Vec<Value> = held.private.get(CUT).map(|bytes| cut(bytes)).unwrap_or_default();
    let state = loaded.as_ref().map(|story| story.state(&desk.policy));
    let published: Vec<Value> = loaded
        .iter()
        .flat_map(|story| &story.life.posts)
        .map(|(target, post)| json!({"target": target, "place": post.place, "at": post.at}))
        .collect();
    json!({
        "id": held.id,
        "title": held.title,
        "state": state,
        "you_are": roles,
        "names": names_known,
        "files": names,
        "mails": mails(&held.private, &folder, address, files),
        "cut": cut,
        "events": held.record.events.iter().map(event).collect::<Vec<_>>(),
        "written_and_not_taken": unfinished(desk, held, &folder, files),
        "published": published,
        "other_people_left_out": people.forwarder.is_some() || !is(&people.sender) && people.sender.address.is_some(),
        "stories_joined_or_split": held.related().len(),
    })
}

/// What the team wrote about the story, or edited in it, and what was not taken.
fn unfinished(desk: &Desk, held: &HeldStory, folder: &str, files: &mut BTreeMap<String, Vec<u8>>) -> Vec<Value> {
    let place = |waiting: &Waiting| format!("{folder}/not-taken/{}.md", waiting.id);
    let all = typed::of(desk, &held.id).into_iter().map(|waiting| {
        let told = json!({"file": place(&waiting), "at": waiting.at, "for": waiting.words.purpose.name()});
        files.insert(place(&waiting), waiting.words.text);
        told
    });
    all.collect()
}

/// The mails they wrote; of another's (a forward) only that it is there.
fn mails(private: &Files, folder: &str, address: &str, files: &mut BTreeMap<String, Vec<u8>>) -> Vec<Value> {
    let mut all = Vec::new();
    // a reviewer's decisions and our own letters are no mails of an author
    let theirs =
        |name: &str| name.ends_with(".eml") && ![decide::FILE, KEPT_LETTER].iter().any(|other| name.starts_with(other));
    for (name, raw) in private.iter().filter(|(name, _)| theirs(name)) {
        let from = mail::glance(raw).from.address.unwrap_or_default();
        if from.eq_ignore_ascii_case(address) {
            all.push(with_mail(raw, &format!("{folder}/{name}"), json!({}), files));
        } else {
            all.push(json!({"withheld": "somebody else sent this mail (a forward); the story in it is in index.md"}));
        }
    }
    all
}

fn with_mail(raw: &[u8], place: &str, about: Value, files: &mut BTreeMap<String, Vec<u8>>) -> Value {
    let (copy, left_out) = mail::own_copy(raw);
    files.insert(place.to_owned(), copy);
    let mut about = about;
    about["file"] = place.into();
    about["header_fields_left_out"] = json!(left_out);
    about
}

fn cut(bytes: &[u8]) -> Vec<Value> {
    let pieces = bytes
        .split(|&b| b == b'\n')
        .filter_map(|line| serde_json::from_slice::<CutPiece>(line).ok());
    pieces
        .map(|piece| match OWN_CUTS.contains(&piece.rule.as_str()) {
            true => json!({"rule": piece.rule, "text": piece.text}),
            false => json!({"rule": piece.rule, "withheld": "somebody else's words, or a machine's"}),
        })
        .collect()
}

/// A step, by role: the names of the team are the team's.
fn event(event: &Event) -> Value {
    let line: Map<String, Value> = serde_json::from_str(&event.line()).unwrap_or_default();
    let mut told = Map::new();
    for (name, value) in line {
        match (name.as_str(), &event.what) {
            ("id" | "after" | "sig" | "policy", _) => {}
            ("by", _) => drop(told.insert("by".to_owned(), value["role"].clone())),
            // a member of the team, or another's story
            ("to", What::Assigned { .. } | What::Letter { .. }) => {
                drop(told.insert(name, json!("a member of the team")))
            }
            ("into" | "with", What::Split { .. } | What::Joined { .. }) => {}
            _ => drop(told.insert(name, value)),
        }
    }
    Value::Object(told)
}

fn letters(
    held: &Held,
    address: &str,
    shelves: Option<&crate::spool::Shelves>,
    files: &mut BTreeMap<String, Vec<u8>>,
) -> Result<Vec<Value>, Trouble> {
    let mut all = Vec::new();
    let mut add = |place: String, bytes: Vec<u8>, sent: bool| {
        // a letter to the team about their story is the team's
        let to = mail::addressee(&bytes).address.unwrap_or_default();
        if to.eq_ignore_ascii_case(address) {
            all.push(json!({"file": place, "sent": sent}));
            files.insert(place, bytes);
        }
    };
    for id in &held.waiting {
        if let Some((bytes, _)) = shelves.map(|shelves| shelves.letter(id)).transpose()?.flatten() {
            add(format!("letters/waiting-{id}.eml"), bytes, false);
        }
    }
    for path in &held.sent {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let bytes = std::fs::read(path).map_err(|source| Trouble::Reading {
            path: path.clone(),
            source,
        })?;
        add(format!("letters/{name}"), bytes, true);
    }
    Ok(all)
}
