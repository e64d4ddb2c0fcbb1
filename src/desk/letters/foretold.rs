//! The letter that a decision would call for, shown and changed before the decision is made.

use super::compose::{facts, reword, wording};
use super::{Hold, Waiting, bounce, of_story, people};
use crate::desk::{Desk, Trouble};
use crate::repo::StoryRepo;
use crate::spool::Spool;
use crate::story::Mailbox;
use crate::story::record::Change;
use crate::story::step::Story;

/// A letter to the author that is not called for yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Foretold {
    pub to: Option<Mailbox>,
    pub subject: String,
    pub text: String,
    /// Why it would stay here.
    pub held: Option<Hold>,
}

/// The author's letter that `change`, a decision upon `story` that is not made yet, would call for, in the words it would leave in.
pub fn foretell(desk: &Desk, repo: &StoryRepo, story: &Story, change: &Change) -> Result<Option<Foretold>, Trouble> {
    let then = desk.foreseen(story, change)?;
    let Some(waiting) = called_for(desk, repo, story, &then)? else {
        return Ok(None);
    };
    let people = people(repo, &story.id)?.unwrap_or_default();
    let words = wording(desk)?.word(waiting.due.kind, &facts(desk, &then, &people, &waiting));
    let words = words.map_err(|e| Trouble::Letter(e.to_string()))?;
    Ok(Some(Foretold {
        to: waiting.to,
        subject: words.subject,
        text: words.text,
        held: waiting.held,
    }))
}

/// Keeps a person's words for the letter that the decision between `before` and `after` called for.
pub fn keep_words(
    desk: &Desk,
    repo: &StoryRepo,
    spool: &mut Spool,
    (before, after): (&Story, &Story),
    words: &str,
) -> Result<(), Trouble> {
    match called_for(desk, repo, before, after)? {
        Some(waiting) => reword(desk, repo, spool, &waiting, words),
        None => Ok(()),
    }
}

/// The author's letter about an event that `after` has and `before` has not.
fn called_for(desk: &Desk, repo: &StoryRepo, before: &Story, after: &Story) -> Result<Option<Waiting>, Trouble> {
    let all = of_story(desk, repo, None, after, &mut bounce::Unreachable::default())?;
    let is_new = |w: &Waiting| !before.record.events.iter().any(|e| e.id == w.due.about);
    let to_author = |w: &Waiting| !w.due.kind.is_for_team();
    Ok(all.into_iter().find(|w| is_new(w) && to_author(w)))
}
