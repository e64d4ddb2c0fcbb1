//! The digest: what waits, of all stories, to every reviewer. It is about no one story, so no record has it: the spool remembers when the
//! last one was written. A machine without that memory begins to count, and writes to nobody.

use sha2::{Digest, Sha256};

use crate::mail::wording::Facts;
use crate::repo::StoryRepo;
use crate::spool::Spool;
use crate::story::event::LetterKind;
use crate::story::letter::NO_STORY;
use crate::story::state::State;

use super::super::{Desk, Trouble, queue};
use super::compose;
use super::kept;

/// Writes the digest into the spool, where it is wanted and time.
pub(super) fn prepare(desk: &Desk, repo: &StoryRepo, spool: &mut Spool) -> Result<(), Trouble> {
    let reviewers = desk.config.reviewers();
    if !desk.config.letters.team.contains(&LetterKind::Digest) || reviewers.is_empty() {
        return Ok(());
    }
    match spool.last_digest()? {
        // the first run of this machine, or a clock that was wrong
        None => return Ok(spool.note_digest(desk.now)?),
        Some(last) if last > desk.now => return Ok(spool.note_digest(desk.now)?),
        Some(last) if desk.now.duration_since(last) < desk.config.letters.digest_every => return Ok(()),
        Some(_) => {}
    }
    let lines = lines(desk, repo, spool)?;
    if !lines.is_empty() {
        let wording = compose::wording(desk)?;
        let mut waits = kept::waiting(desk, repo, Some(spool))?;
        waits.retain(|waiting| waiting.due.kind == LetterKind::Digest);
        for name in &reviewers {
            // one that has not left yet would say the same
            if waits.iter().any(|waiting| waiting.due.to.as_ref() == Some(name)) {
                continue;
            }
            let waiting = kept::about_no_story(desk, LetterKind::Digest, name, number(desk, name));
            let facts = Facts {
                reader: name.clone(),
                team: desk.config.team.name.clone(),
                lines: lines.clone(),
                ..Facts::default()
            };
            let words = wording.word(LetterKind::Digest, &facts);
            let words = words.map_err(|e| Trouble::Letter(e.to_string()))?;
            let bytes = compose::bytes(desk, &waiting, NO_STORY, None, &words)?;
            spool.put_letter(&waiting.number, &bytes, &compose::note(desk, &waiting))?;
        }
    }
    Ok(spool.note_digest(desk.now)?)
}

/// What waits, in numbers: no names.
fn lines(desk: &Desk, repo: &StoryRepo, spool: &Spool) -> Result<Vec<String>, Trouble> {
    let counts = queue::counts(desk, repo)?;
    let aside = spool.aside_counts(jiff::Timestamp::MIN)?;
    let lines = [
        (counts.of(State::Draft), "stories to read and decide upon"),
        (counts.wrote_again, "stories whose author wrote again"),
        (counts.of(State::ChangesRequested), "stories with changes asked for"),
        (counts.of(State::Conflict), "stories with contradicting decisions"),
        (
            counts.waiting_for_author,
            "stories approved, without the author's consent",
        ),
        (counts.ready, "stories ready to publish"),
        (counts.corrections, "published stories with a correction not yet out"),
        (counts.failed_letters, "letters that did not arrive"),
        (aside.quarantined as u64, "mails that need a person"),
    ];
    let some = lines.into_iter().filter(|(many, _)| *many > 0);
    Ok(some.map(|(many, what)| format!("{many} {what}")).collect())
}

fn number(desk: &Desk, name: &str) -> String {
    let sum = Sha256::digest(format!("digest\0{}\0{name}", desk.now));
    hex::encode(&sum[..8])
}
