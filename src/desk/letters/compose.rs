//! The words and the bytes of a letter.

use std::borrow::Cow;

use crate::mail::copy::{Copy, copy};
use crate::mail::wording::{self, Facts, Wording};
use crate::mail::write::{Letter, write};
use crate::repo::StoryRepo;
use crate::spool::{LetterNote, Shelves, Spool};
use crate::story::Mailbox;
use crate::story::event::{LetterKind, What};
use crate::story::letter::LetterId;
use crate::story::passage::Line;
use crate::story::people::People;
use crate::story::record::one_line;
use crate::story::step::Story;

use super::super::{Desk, Trouble, intake};
use super::{Waiting, event, live, offer, people};

/// A letter as it would leave: the one in the spool, or one worded now.
pub fn letter(desk: &Desk, repo: &StoryRepo, spool: Option<&Shelves>, waiting: &Waiting) -> Result<Vec<u8>, Trouble> {
    if let Some(spool) = spool
        && let Some((bytes, _)) = spool.letter(&waiting.number)?
    {
        return Ok(bytes);
    }
    Ok(compose(desk, repo, waiting, None)?.0)
}

/// Words a letter and writes it; `own`: with a person's subject and text.
pub(super) fn compose(
    desk: &Desk,
    repo: &StoryRepo,
    waiting: &Waiting,
    own: Option<(&str, &str)>,
) -> Result<(Vec<u8>, LetterNote), Trouble> {
    let Some(id) = &waiting.story else {
        return Err(Trouble::NoSuchLetter(waiting.number.clone()));
    };
    let story = desk.story(repo, id)?;
    let people = people(repo, id)?.ok_or_else(|| Trouble::NoPrivatePart(id.clone()))?;
    let kind = waiting.due.kind;
    let wording = wording(desk)?;
    let offered = match &waiting.due.to {
        Some(name) if offer::fits(&story, waiting) && wording.shows_the_story(kind) => {
            offer::of(desk, repo, &story, name, 0)?
        }
        _ => None,
    };
    let facts = facts(desk, &story, &people, waiting);
    let facts = offer::told(desk, &story, facts, offered.is_some());
    let words = match own {
        // permission asked for in a person's own words is still asked for
        Some((subject, text)) => wording::Worded {
            subject: subject.to_owned(),
            text: text.to_owned(),
            html: wording::in_html(text),
            asks_consent: (facts.ask_consent && wording::asks_consent(text))
                .then(|| format!("{}, reworded by hand", kind.name())),
        },
        None => wording.word(kind, &facts).map_err(|e| Trouble::Letter(e.to_string()))?,
    };
    let thread = (!kind.is_for_team()).then_some(&people);
    let bytes = bytes(desk, waiting, id.digits(), thread, &words)?;
    let note = LetterNote {
        story: id.to_string(),
        about: waiting.due.about.to_string(),
        // "I agree" may be the answer to what a person asked in the same letter
        asks_consent: words
            .asks_consent
            .filter(|_| kind == LetterKind::Received || facts.note.is_empty()),
        offers: offer::worded(offered, &facts.page, &words.text),
        ..note(desk, waiting)
    };
    Ok((bytes, note))
}

/// What the spool knows of a letter about no story.
pub(super) fn note(desk: &Desk, waiting: &Waiting) -> LetterNote {
    LetterNote {
        story: String::new(),
        kind: waiting.due.kind.name().to_owned(),
        about: String::new(),
        to: waiting.to.as_ref().and_then(|m| m.address.clone()).unwrap_or_default(),
        at: desk.now,
        automatic: waiting.due.is_automatic(),
        attempts: 0,
        not_before: None,
        last_error: None,
        left: None,
        member: waiting.due.to.clone(),
        asks_consent: None,
        claim: None,
        tells_of: None,
        offers: None,
    }
}

/// The letter as RFC 5322; `thread`: the people in whose thread it stands.
pub(super) fn bytes(
    desk: &Desk,
    waiting: &Waiting,
    digits: &str,
    thread: Option<&People>,
    words: &wording::Worded,
) -> Result<Vec<u8>, Trouble> {
    let from = &desk.config.outbox.from;
    let mut random = [0; 16];
    getrandom::fill(&mut random).expect("the system gives random bytes");
    let domain = from.email.rsplit_once('@').map_or("localhost", |(_, domain)| domain);
    let letter = Letter {
        kind: waiting.due.kind,
        id: LetterId::new(digits, random, domain),
        from: Mailbox {
            name: Some(from.name.clone()).filter(|n| !n.is_empty()),
            address: Some(from.email.clone()),
        },
        to: waiting.to.clone().unwrap_or_default(),
        subject: words.subject.clone(),
        text: words.text.clone(),
        html: words.html.clone(),
        in_reply_to: thread.and_then(|people| people.message_ids.first().cloned()),
        references: thread.map(author_thread).unwrap_or_default(),
        date: desk.now,
        automatic: waiting.due.kind == LetterKind::Received,
    };
    Ok(write(&letter).map_err(|e| Trouble::Letter(e.to_string()))?.bytes)
}

/// The Message-IDs of the author's thread: what was written to the team is not of it.
fn author_thread(people: &People) -> Vec<String> {
    let ours = people.letters.iter().filter(|l| l.member.is_none());
    let ours = ours.map(|l| l.message_id.clone());
    people.message_ids.iter().cloned().chain(ours).collect()
}

pub(super) fn wording(desk: &Desk) -> Result<Wording, Trouble> {
    Wording::load(&desk.config.letters.templates).map_err(|e| Trouble::Letter(e.to_string()))
}

/// What the words of a letter are made of.
pub(super) fn facts(desk: &Desk, story: &Story, people: &People, waiting: &Waiting) -> Facts {
    match waiting.due.kind.is_for_team() {
        true => team_facts(desk, story, waiting),
        false => author_facts(desk, story, people, waiting),
    }
}

fn author_facts(desk: &Desk, story: &Story, people: &People, waiting: &Waiting) -> Facts {
    let (note, asked) = match event(story, waiting).map(|e| &e.what) {
        Some(What::ChangesRequested { note, .. } | What::Rejected { note, .. } | What::Withdrawn { note }) => {
            (note.clone(), true)
        }
        Some(What::Asked { note, consent }) => (note.clone(), *consent),
        _ => (String::new(), true),
    };
    let life = &story.life;
    let remains = life.still_out().filter_map(|target| {
        let place = life.posts.get(target).and_then(|post| post.place.clone());
        Some(place.unwrap_or_else(|| target.to_owned())).filter(|_| waiting.due.kind == LetterKind::Withdrawn)
    });
    Facts {
        author: people.storyteller.name.clone().unwrap_or_else(|| story.front().author),
        title: story.title(),
        team: desk.config.team.name.clone(),
        note,
        url: live::told_url(story).map(|(_, url)| url.to_owned()).unwrap_or_default(),
        subject: people.subject.clone(),
        ask_consent: desk.policy.consent_required && story.life.consent.is_none() && asked,
        lines: remains.collect(),
        was_out: story
            .record
            .events
            .iter()
            .any(|e| matches!(e.what, What::Receipt { done: true, .. })),
        page: match waiting.due.kind {
            LetterKind::Proof => copy(&story.front(), story.page.body()),
            _ => Copy::default(),
        },
        ..Facts::default()
    }
}

/// No more than the reader needs to find the story: its text, its author's address and the team's notes stay at the desk.
fn team_facts(desk: &Desk, story: &Story, waiting: &Waiting) -> Facts {
    let reader = waiting.due.to.clone().unwrap_or_default();
    let assigned = match event(story, waiting).map(|e| &e.what) {
        Some(What::FollowUp { .. } | What::Received { .. }) if waiting.due.kind == LetterKind::Waiting => false,
        _ => story.life.assigned.as_ref() == Some(&reader),
    };
    Facts {
        title: story.title(),
        team: desk.config.team.name.clone(),
        story: story.id.folder().to_owned(),
        assigned,
        days: desk.now.duration_since(waiting.due.since).as_hours() / 24,
        reader,
        ..Facts::default()
    }
}

/// Subject and plain text of a letter we wrote.
pub fn words(bytes: &[u8]) -> (String, String) {
    match intake::reread(bytes) {
        Ok(mail) => {
            let lines: Vec<Cow<str>> = mail.lines.iter().map(Line::words).collect();
            (mail.subject, lines.join("\n").trim().to_owned())
        }
        Err(_) => (String::new(), String::from_utf8_lossy(bytes).into_owned()),
    }
}

/// Keeps a letter in a person's own words; it leaves so.
pub fn reword(desk: &Desk, repo: &StoryRepo, spool: &mut Spool, waiting: &Waiting, text: &str) -> Result<(), Trouble> {
    if waiting.due.claim.is_some() {
        return Err(Trouble::Letter("it is being sent already".to_owned()));
    }
    let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
    let subject = head.strip_prefix("Subject:").map(one_line).unwrap_or_default();
    if subject.is_empty() || body.trim().is_empty() {
        return Err(Trouble::Letter(
            "it needs a first line `Subject: ...`, an empty line, and words".to_owned(),
        ));
    }
    let own = (subject.as_str(), body.trim());
    let (bytes, note) = match waiting.story {
        Some(_) => compose(desk, repo, waiting, Some(own))?,
        None => {
            let before = spool.letter(&waiting.number)?.map(|(_, note)| note);
            super::kept::reworded(desk, waiting, before.as_ref(), own)?
        }
    };
    spool.put_letter(&waiting.number, &bytes, &note)?;
    Ok(())
}
