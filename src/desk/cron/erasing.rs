//! The erasures of an unattended pass: one that was interrupted is finished, and what another desk erased is destroyed here, too.

use crate::desk::alarm::Bad;
use crate::desk::erase::Elsewhere;
use crate::desk::places::NotPut;
use crate::desk::{Trouble, erase};

use super::Run;

/// The part that erasures are.
pub(super) const ERASE: &str = "erase";
/// What stands on the remote beside what is synced.
const OTHER_REFS: &str = "erase.other_refs";

impl Run<'_> {
    /// Finishes an erasure that was interrupted: a person decided it. What an old clone brought back is told.
    pub(super) fn finish_erasure(&mut self) {
        let done = self.finished();
        if let Some(bad) = self.findings.note(ERASE, done) {
            self.findings.bad.extend(bad);
        }
    }

    fn finished(&mut self) -> Result<Option<Bad>, Trouble> {
        let desk = self.desk;
        if !desk.has_repository() {
            return Ok(None);
        }
        // what waits for the remote alone goes with the sync that follows
        if let Some(plan) = erase::unfinished(desk)?.filter(|plan| !plan.is_rest()) {
            let mut done = erase::carry_out(desk, desk.repo()?, self.spool, &plan)?;
            self.tell_where(&done.elsewhere);
            if let Some(Ok(synced)) = &mut done.pushed {
                self.tell_of_sync(std::mem::take(&mut synced.told));
            }
            if let Some((place, not)) = done.standing.into_iter().next().filter(|_| done.stopped) {
                let what = format!("an erasure waits: a page still stands, {place}");
                return Ok(Some(stands(
                    what,
                    not,
                    "`erase --finish --leave-published` goes on without it",
                )));
            }
        }
        let back = erase::came_back(&desk.repo()?)?.len();
        Ok((back > 0).then(|| Bad {
            part: ERASE.to_owned(),
            code: "erase.back".to_owned(),
            exit: 7,
            what: match back {
                1 => "a story that is recorded as erased stands".to_owned(),
                many => format!("{many} stories that are recorded as erased stand"),
            },
            why: "an old clone was merged or pushed, or somebody only wrote into record.jsonl that it is erased".to_owned(),
            hint: "`git log -p record.jsonl` in the content repository says who wrote it; if it was meant, `erase --finish` takes it out; if not, take the line out and commit"
                .to_owned(),
        }))
    }

    /// What waited is out of the branch there, and stands in others, or nobody knows: told once, since a person has to see to it there.
    pub(super) fn tell_where(&mut self, elsewhere: &Elsewhere) {
        let remote = &self.desk.config.repository.remote;
        let bad = match &elsewhere.unseen {
            None if elsewhere.is_nowhere() => return,
            None => Bad {
                part: OTHER_REFS.to_owned(),
                code: "erase.other_refs".to_owned(),
                exit: 7,
                what: format!("{remote} has what was erased still: {}", elsewhere.refs.join(", ")),
                why: "these were made of the old history".to_owned(),
                hint: "delete each there, or ask its host; then `erase --finish` looks again".to_owned(),
            },
            Some(trouble) => Bad {
                what: format!("whether another branch or a tag of {remote} has what was erased is not known"),
                hint: "`erase --finish` looks again".to_owned(),
                ..Bad::of(OTHER_REFS, trouble)
            },
        };
        self.findings.bad.push(bad);
    }

    /// Destroys here what another desk erased. `anyway`: also where nothing of it is known to be here.
    pub(super) fn obey(&mut self, anyway: bool) {
        let Some(done) = erase::obey_what_came(self.desk, self.spool, anyway).transpose() else {
            return;
        };
        let standing = self.findings.note(ERASE, done).map(|done| done.standing);
        if let Some((place, not)) = standing.into_iter().flatten().next() {
            let what = format!("a page of what was erased elsewhere still stands, {place}");
            self.findings.bad.push(stands(what, not, "take it off there by hand"));
        }
    }
}

/// A page that could not be taken off.
fn stands(what: String, not: NotPut, hint: &str) -> Bad {
    Bad {
        part: ERASE.to_owned(),
        code: "target".to_owned(),
        exit: 7,
        what,
        why: not.why,
        hint: hint.to_owned(),
    }
}
