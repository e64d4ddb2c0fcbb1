//! The account of each mail: what it came to, and all that can be said of it, for a person and for `--json`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::mail;
use crate::media;
use crate::spool::Aside;
use crate::story::draft::{self, Draft};
use crate::story::record::one_line;
use crate::story::submission::AuthResult;
use crate::story::{Mailbox, StoryId, Submission};

/// What a mail came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    New,
    FollowUp,
    /// A reviewer decided about a story.
    Decision,
    Duplicate,
    SetAside,
    Quarantined,
}

impl Outcome {
    pub const ALL: [Outcome; 6] = [
        Outcome::New,
        Outcome::FollowUp,
        Outcome::Decision,
        Outcome::Duplicate,
        Outcome::SetAside,
        Outcome::Quarantined,
    ];
}

/// One mail, as `fetch --json` tells it.
#[derive(Debug, Clone, Serialize)]
pub struct MailReport {
    pub outcome: Outcome,
    pub story: Option<StoryId>,
    pub reason: Option<String>,
    pub rule: Option<String>,
    /// Inbox and place in it.
    pub source: String,
    pub subject: String,
    pub author: Option<String>,
    pub sender: Option<String>,
    pub forwarder: Option<String>,
    pub received: Option<Timestamp>,
    /// The Markdown body.
    pub text: Option<String>,
    pub cut: Vec<CutReport>,
    pub media: Vec<MediaReport>,
    pub auth: Vec<AuthResult>,
    pub notes: Vec<String>,
    #[serde(skip)]
    pub title: Option<String>,
}

#[derive(Debug, Clone, Serialize)]
pub struct CutReport {
    pub rule: String,
    pub text: String,
}

#[derive(Debug, Clone, Serialize)]
pub struct MediaReport {
    pub file: String,
    #[serde(rename = "type")]
    pub media_type: String,
    pub bytes: u64,
    pub alt: String,
}

/// A mail that was taken in before.
pub fn duplicate(story: StoryId, place: &str, raw: &[u8]) -> MailReport {
    MailReport {
        story: Some(story),
        reason: Some("it was taken in before".to_owned()),
        ..bare(Outcome::Duplicate, place, raw)
    }
}

/// A mail by which a reviewer decided about a story.
pub fn decision(story: StoryId, title: String, said: String, place: &str, raw: &[u8]) -> MailReport {
    MailReport {
        story: Some(story),
        title: Some(title),
        reason: Some(said),
        ..bare(Outcome::Decision, place, raw)
    }
}

/// A report with no more than the headers tell at a glance.
pub fn bare(outcome: Outcome, place: &str, raw: &[u8]) -> MailReport {
    let glance = mail::glance(raw);
    let mut report = unreadable_report(place, "");
    report.outcome = outcome;
    report.reason = None;
    report.subject = one_line(&glance.subject);
    report.sender = Some(shown(&glance.from)).filter(|s| !s.is_empty());
    report.received = glance.date;
    report
}

/// A mail of which nothing is known but where it lies.
pub fn unreadable_report(place: &str, reason: &str) -> MailReport {
    MailReport {
        outcome: Outcome::Quarantined,
        story: None,
        reason: Some(reason.to_owned()),
        rule: None,
        source: place.to_owned(),
        subject: String::new(),
        author: None,
        sender: None,
        forwarder: None,
        received: None,
        text: None,
        cut: Vec::new(),
        media: Vec::new(),
        auth: Vec::new(),
        notes: Vec::new(),
        title: None,
    }
}

/// A mail that was set aside or quarantined.
pub fn aside_report(outcome: Outcome, aside: &Aside, submission: Option<&Submission>) -> MailReport {
    MailReport {
        outcome,
        rule: Some(aside.rule.clone()),
        subject: aside.subject.clone(),
        sender: Some(aside.from.clone()).filter(|s| !s.is_empty()),
        received: submission.and_then(|s| s.date),
        auth: submission.map(|s| s.auth.clone()).unwrap_or_default(),
        ..unreadable_report(&aside.source, &aside.reason)
    }
}

/// The media type of a photo by the name we gave it.
fn media_type(file: &str) -> &'static str {
    match file.rsplit('.').next() {
        Some("png") => "image/png",
        Some("webp") => "image/webp",
        Some("gif") => "image/gif",
        _ => "image/jpeg",
    }
}

/// A mail that was read.
pub fn report(
    outcome: Outcome,
    story: Option<StoryId>,
    place: &str,
    submission: &Submission,
    draft: &Draft,
    photos: &BTreeMap<usize, media::Photo>,
) -> MailReport {
    let media = |photo: &draft::Photo| MediaReport {
        file: photo.file.clone(),
        media_type: media_type(&photo.file).to_owned(),
        bytes: photos.get(&photo.attachment).map_or(0, |p| p.bytes.len() as u64),
        alt: photo.alt.clone(),
    };
    MailReport {
        outcome,
        story,
        reason: None,
        rule: None,
        source: place.to_owned(),
        subject: submission.subject.clone(),
        author: Some(draft.author.clone()),
        sender: Some(shown(&draft.sender)).filter(|s| !s.is_empty()),
        forwarder: draft.forwarder.as_ref().map(shown),
        received: submission.date,
        text: Some(draft.body.clone()),
        cut: draft
            .cuts
            .iter()
            .map(|c| CutReport {
                rule: c.rule.clone(),
                text: c.text.clone(),
            })
            .collect(),
        media: draft.media.iter().map(media).collect(),
        auth: submission.auth.clone(),
        notes: draft.notes.iter().map(ToString::to_string).collect(),
        title: Some(draft.title.clone()),
    }
}

/// `Name <address>`, for the team's eyes.
pub fn shown(mailbox: &Mailbox) -> String {
    match (mailbox.name.as_deref(), mailbox.address.as_deref()) {
        (Some(name), Some(address)) => one_line(&format!("{name} <{address}>")),
        (Some(one), None) | (None, Some(one)) => one_line(one),
        (None, None) => String::new(),
    }
}
