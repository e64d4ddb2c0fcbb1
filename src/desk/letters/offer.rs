//! What a letter to a reviewer offers to decide by answering it, and the code that makes an answer count.

use crate::mail::copy::{Copy, copy};
use crate::mail::wording::{Facts, Offered};
use crate::mail::{self};
use crate::repo::StoryRepo;
use crate::spool::{CodeNote, LetterNote, Offer, Spool};
use crate::story::check::check;
use crate::story::code::Code;
use crate::story::event::{LetterKind, Role, What};
use crate::story::page::{INDEX, RECORD};
use crate::story::state::State;
use crate::story::step::Story;

use super::super::{Desk, Trouble, review};
use super::{Waiting, event};

/// A longer text is read at the desk, and not in a letter.
const LONGEST: usize = 200_000;

/// Whether letters of this kind about this event may offer a decision. The author who wrote again has to be read first.
pub(super) fn fits(story: &Story, waiting: &Waiting) -> bool {
    let assigned = |what: &What| matches!(what, What::Assigned { .. });
    match waiting.due.kind {
        LetterKind::NewStory => true,
        LetterKind::Waiting => event(story, waiting).is_some_and(|e| assigned(&e.what)),
        _ => false,
    }
}

/// What the member called `name` may decide about the story as it stands: nothing where it is closed, their own, or where its files
/// disagree.
pub(super) fn of(
    desk: &Desk,
    repo: &StoryRepo,
    story: &Story,
    name: &str,
    round: u32,
) -> Result<Option<Offer>, Trouble> {
    let member = desk.policy.members.iter().find(|m| m.name == name);
    let Some(member) = member.filter(|m| m.roles.contains(&Role::Reviewer)) else {
        return Ok(None);
    };
    let open = matches!(
        story.state(&desk.policy),
        State::Draft | State::ChangesRequested | State::Approved | State::Scheduled
    );
    if !desk.config.review.by_mail || !open || story.agrees().is_err() || story.page.body().len() > LONGEST {
        return Ok(None);
    }
    let clerk = desk.clerk_of(member);
    match review::not_own(desk, repo, story, &clerk) {
        Ok(()) => Ok(Some(Offer {
            story: story.id.to_string(),
            text: story.text.to_string(),
            around: Default::default(),
            round,
        })),
        Err(Trouble::Refused(_)) => Ok(None),
        Err(trouble) => Err(trouble),
    }
}

/// The facts of a letter with the story and the offer in them, where there is one.
pub(super) fn told(desk: &Desk, story: &Story, facts: Facts, offered: bool) -> Facts {
    if !offered {
        return facts;
    }
    let findings = check(story, &desk.policy.checks);
    let mut open: Vec<&str> = findings.iter().filter(|f| f.blocks()).map(|f| f.rule.name).collect();
    open.dedup();
    let blocked = desk.policy.checks.block;
    Facts {
        page: copy(&story.front(), story.page.body()),
        offer: Some(Offered {
            days: desk.config.review.by_mail_for.as_hours() / 24,
            photos: story
                .files
                .keys()
                .filter(|name| *name != INDEX && *name != RECORD)
                .count(),
            checks: if blocked { open.join(", ") } else { String::new() },
        }),
        ..facts
    }
}

/// The offer with what the letter says around the story, by which its answer is known to quote no other words.
pub(super) fn worded(offer: Option<Offer>, page: &Copy, letter: &str) -> Option<Offer> {
    let (above, below) = letter.split_once(&page.text).unwrap_or((letter, ""));
    let around = (above.trim().to_owned(), below.trim().to_owned());
    offer.map(|offer| Offer { around, ..offer })
}

/// The letter as it leaves, with a code drawn just now. Only the code's hash is kept, before it leaves.
pub(super) fn coded(
    desk: &Desk,
    spool: &mut Spool,
    note: &LetterNote,
    letter: &[u8],
) -> Result<Option<Vec<u8>>, Trouble> {
    let (Some(offer), Some(reviewer)) = (&note.offers, &note.member) else {
        return Ok(None);
    };
    if !desk.config.review.by_mail {
        return Ok(None);
    }
    let mut random = [0; 16];
    getrandom::fill(&mut random).expect("the system gives random bytes");
    let code = Code::from_random(random);
    let until = desk.now.checked_add(desk.config.review.by_mail_for);
    let known = CodeNote {
        story: offer.story.clone(),
        text: offer.text.clone(),
        around: offer.around.clone(),
        reviewer: reviewer.clone(),
        until: until.unwrap_or(jiff::Timestamp::MAX),
        round: offer.round,
        spent_by: None,
        refused: None,
        told: false,
    };
    spool.put_code(&code.hash(), &known)?;
    Ok(Some(mail::with_code(letter, &code)))
}
