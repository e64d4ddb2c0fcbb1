//! Letters about no story, the digest and the answer to an undecided mail: no record calls for them, so they lie in the spool until they
//! leave, or until nobody of the team is to get them any more.

use crate::mail::wording;
use crate::repo::StoryRepo;
use crate::spool::{LetterNote, Shelves, Spool, WaitingLetter};
use crate::story::erased::Erased;
use crate::story::event::{EventId, LetterKind, Role};
use crate::story::letter::{NO_STORY, OpenLetter};
use crate::story::{Mailbox, StoryId};

use super::super::clock::LETTERS;
use super::super::{Desk, Trouble};
use super::late::in_vain;
use super::round::{Status, Told};
use super::{Hold, Waiting, compose, member};

/// Why a letter about an erased story stays.
pub(super) const ERASED: &str = "the story that it tells of was erased";

/// What such a letter is about, in lists; `None`: letters of this kind are about a story.
fn title(kind: LetterKind) -> Option<&'static str> {
    match kind {
        LetterKind::Digest => Some("what waits"),
        LetterKind::Undecided => Some("a decision by mail that does not count"),
        _ => None,
    }
}

/// Those that lie in the spool, each with its kind.
fn all(spool: &Shelves) -> Result<Vec<(LetterKind, WaitingLetter)>, Trouble> {
    let letters = spool.letters()?.items.into_iter();
    let known = letters.filter_map(|kept| {
        let mut kinds = LetterKind::ALL.into_iter();
        let kind = kinds.find(|kind| kind.name() == kept.note.kind)?;
        title(kind).map(|_| (kind, kept))
    });
    Ok(known.collect())
}

/// Who gets it, if they still are who it was written to: of the team, and for the digest a reviewer.
fn reader(desk: &Desk, kind: LetterKind, name: &str) -> Option<Mailbox> {
    let reviews = |role: &Role| *role == Role::Reviewer;
    let of_team = desk.policy.members.iter().find(|m| m.name == name)?;
    let gets = kind != LetterKind::Digest || of_team.roles.iter().any(reviews);
    member(desk, name).filter(|_| gets)
}

/// The letter of this kind to the member called `name`. `number`: by what it is known.
pub(super) fn about_no_story(desk: &Desk, kind: LetterKind, name: &str, number: String) -> Waiting {
    let to = reader(desk, kind, name);
    Waiting {
        story: None,
        title: title(kind).unwrap_or_default().to_owned(),
        due: OpenLetter {
            kind,
            about: EventId::from_random([0; 8]),
            to: Some(name.to_owned()),
            since: desk.now,
            nth: 0,
            claim: None,
        },
        number,
        held: match to {
            Some(_) => None,
            None => Some(Hold::Cannot(format!("{name} is no longer to get it"))),
        },
        to,
        page: None,
        at: desk.now,
        written: false,
    }
}

/// Whether it tells of a story that is erased: nobody is to hear of that any more.
pub(super) fn tells_of_what_is_erased(erased: &Erased, note: &LetterNote) -> bool {
    let mut stories = note.stories().filter_map(|id| id.parse::<StoryId>().ok());
    stories.any(|id| erased.has_story(&id))
}

/// Those that lie in the spool.
pub(super) fn waiting(desk: &Desk, repo: &StoryRepo, spool: Option<&Shelves>) -> Result<Vec<Waiting>, Trouble> {
    let Some(spool) = spool else { return Ok(Vec::new()) };
    let all = all(spool)?;
    if all.is_empty() {
        return Ok(Vec::new());
    }
    let erased = repo.erased(&repo.tip()?)?;
    let as_waiting = |(kind, kept): (LetterKind, WaitingLetter)| {
        let name = kept.note.member.clone().unwrap_or_default();
        let gone = tells_of_what_is_erased(&erased, &kept.note);
        let gone = gone.then(|| Hold::Cannot(ERASED.to_owned()));
        let later = kept.note.not_before.filter(|at| *at > desk.now);
        let waiting = about_no_story(desk, kind, &name, kept.id);
        Waiting {
            held: gone
                .or(waiting.held)
                .or_else(|| later.map(|at| Hold::Later(at, kept.note.last_error.unwrap_or_default()))),
            at: kept.note.at,
            written: true,
            ..waiting
        }
    };
    Ok(all.into_iter().map(as_waiting).collect())
}

/// Removes those that can never leave, and tells it: to whoever left, since what is known of stories is no longer theirs to hear, and
/// about a story that is erased. So are those that could not be delivered in all the time that a letter has.
pub(super) fn let_go(desk: &Desk, repo: &StoryRepo, spool: &mut Spool) -> Result<Vec<Told>, Trouble> {
    let max_age = desk.config.letters.policy().max_age;
    let agreed = LETTERS.agreed(spool, desk.now)?;
    let mut told = Vec::new();
    for waiting in waiting(desk, repo, Some(spool))? {
        let too_old = || agreed.is_some_and(|at| at.duration_since(waiting.at) > max_age);
        let (status, said) = match &waiting.held {
            Some(Hold::Cannot(why)) => (Status::Dropped, why.clone()),
            _ if too_old() => {
                let last = spool.letter(&waiting.number)?.and_then(|(_, note)| note.last_error);
                (Status::Failed, in_vain(last.as_deref()))
            }
            _ => continue,
        };
        spool.remove_letter(&waiting.number)?;
        told.push(Told { waiting, status, said });
    }
    Ok(told)
}

/// Such a letter in other words than the program's, to its reader as they are in the configuration now; `before`: what was known of it.
pub(super) fn reworded(
    desk: &Desk,
    waiting: &Waiting,
    before: Option<&LetterNote>,
    (subject, text): (&str, &str),
) -> Result<(Vec<u8>, LetterNote), Trouble> {
    let words = wording::Worded {
        subject: subject.to_owned(),
        text: text.to_owned(),
        html: wording::in_html(text),
        asks_consent: None,
    };
    let bytes = compose::bytes(desk, waiting, NO_STORY, None, &words)?;
    let note = LetterNote {
        tells_of: before.and_then(|note| note.stories().next()).map(str::to_owned),
        ..compose::note(desk, waiting)
    };
    Ok((bytes, note))
}
