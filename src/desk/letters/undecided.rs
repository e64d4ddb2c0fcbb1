//! The answer to a reviewer whose mail decided nothing: why, and where there is still something to decide, the story as it stands with a
//! code of its own. Like the digest it is about no event, so it lies in the spool until it leaves.

use sha2::{Digest, Sha256};

use crate::mail::wording::Facts;
use crate::repo::StoryRepo;
use crate::spool::{LetterNote, Spool};
use crate::story::MailId;
use crate::story::event::LetterKind;
use crate::story::letter::NO_STORY;
use crate::story::step::Story;

use super::super::{Desk, Trouble};
use super::{compose, kept, offer};

/// Writes the answer to `mail` by the member called `name` into the spool; once, however often it is asked. `round`: how many such
/// answers went before; where it is given the reader may try again.
pub fn prepare(
    desk: &Desk,
    repo: &StoryRepo,
    spool: &mut Spool,
    (story, name, mail): (&Story, &str, &MailId),
    why: &str,
    round: Option<u32>,
) -> Result<(), Trouble> {
    let sum = Sha256::digest(format!("undecided\0{}", mail.hex()));
    let number = hex::encode(&sum[..8]);
    let waiting = kept::about_no_story(desk, LetterKind::Undecided, name, number);
    if spool.letter(&waiting.number)?.is_some() {
        return Ok(());
    }
    let wording = compose::wording(desk)?;
    let offered = match round.filter(|_| wording.shows_the_story(LetterKind::Undecided)) {
        Some(round) => offer::of(desk, repo, story, name, round)?,
        None => None,
    };
    let facts = Facts {
        reader: name.to_owned(),
        title: story.title(),
        team: desk.config.team.name.clone(),
        why: why.to_owned(),
        ..Facts::default()
    };
    let facts = offer::told(desk, story, facts, offered.is_some());
    let words = wording.word(LetterKind::Undecided, &facts);
    let words = words.map_err(|e| Trouble::Letter(e.to_string()))?;
    let bytes = compose::bytes(desk, &waiting, NO_STORY, None, &words)?;
    let note = LetterNote {
        tells_of: Some(story.id.to_string()),
        offers: offer::worded(offered, &facts.page, &words.text),
        ..compose::note(desk, &waiting)
    };
    spool.put_letter(&waiting.number, &bytes, &note)?;
    Ok(())
}
