//! The author's answer to "may we publish it?", found in a follow-up. Recorded only where it is a plain yes from the address that we
//! asked, signed by its domain; all else is for a person, who is told what to type.

use sha2::{Digest, Sha256};

use crate::story::Submission;
use crate::story::answer::plain_yes;
use crate::story::draft::Draft;
use crate::story::event::What;
use crate::story::letter::signed_by;
use crate::story::people::{People, SentLetter};
use crate::story::step::Story;

/// What an answer comes to.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// Nobody asked, or it is known already.
    None,
    /// Recorded with the follow-up.
    Yes(What),
    /// For a person: what is told them.
    ForAPerson(String),
}

/// Reads a follow-up as the answer to our question. `raw` are the mail's bytes.
pub fn read(story: &Story, people: &People, mail: &Submission, draft: &Draft, raw: &[u8]) -> Answer {
    if story.life.consent.is_some() {
        let command = format!("`consent {} --revoke --evidence \"...\"`", story.id.folder());
        return Answer::ForAPerson(format!(
            "its author has said yes before, and writes again: read it; if they take it back, {command}"
        ));
    }
    let Some(letter) = answered(people, mail) else {
        return Answer::None;
    };
    let Some(wording) = &letter.asked_consent else {
        return Answer::None;
    };
    let command = format!("`consent {} --grant --evidence \"...\"`", story.id.folder());
    let own = mail.from.name.as_deref().filter(|_| people.storyteller.name.is_none());
    let name = people.storyteller.name.as_deref().or(own).unwrap_or_default();
    let Some(_) = plain_yes(&draft.body, name) else {
        return Answer::ForAPerson(format!(
            "it answers whether we may publish, and is no plain yes: read it; if it is a yes, {command}"
        ));
    };
    let doubt = |why: &str| Answer::ForAPerson(format!("it says \"I agree\", but {why}; if it is a yes, {command}"));
    if revoked_since(story, letter) {
        return doubt("permission was taken back after we had asked");
    }
    if draft.forwarder.is_some() || !mail.embedded.is_empty() || !mail.attachments.is_empty() {
        return doubt("it is a forward or has something attached");
    }
    let from = mail.from.address.as_deref().unwrap_or_default();
    let one_sender = mail.sender.is_none();
    if !one_sender || !from.eq_ignore_ascii_case(&letter.to) {
        return doubt("it does not come from the address that we asked");
    }
    let Some(domain) = signed_by(&mail.auth, from) else {
        return doubt("nothing proves who sent it (no DKIM signature of its domain, found by a trusted server)");
    };
    let evidence = format!(
        "\"I agree\", in answer to our letter ({wording}); mail {}, SHA-256 {}; dkim=pass {domain}",
        mail.mail.hex(),
        hex::encode(Sha256::digest(raw)),
    );
    Answer::Yes(What::Consent {
        grant: true,
        scope: Vec::new(),
        evidence,
    })
}

/// The latest of our letters to the author in the mail's thread: a reply names it and all before it, so an answer to a later letter, about
/// something else, is no answer to this question.
fn answered<'a>(people: &'a People, mail: &Submission) -> Option<&'a SentLetter> {
    let mut to_author = people.letters.iter().filter(|l| l.member.is_none());
    to_author.rfind(|l| mail.references.contains(&l.message_id))
}

/// Whether permission was taken back after the letter was called for.
fn revoked_since(story: &Story, letter: &SentLetter) -> bool {
    let events = &story.record.events;
    let asked = events.iter().position(|e| e.id == letter.about).unwrap_or(0);
    events[asked..]
        .iter()
        .any(|e| matches!(e.what, What::Consent { grant: false, .. } | What::Withdrawn { .. }))
}
