//! The syncs of an unattended pass, before anything goes out and after it, and what they bring.

use crate::desk::alarm::Bad;
use crate::desk::{erase, sync};
use crate::repo::StoryRepo;
use crate::story::policy::Refusal;

use super::Run;
use super::erasing::ERASE;

/// What the syncs of a pass came to.
#[derive(Default)]
pub(super) struct Together {
    /// The remote could be reached.
    reached: bool,
    /// What was erased elsewhere was here.
    obey: bool,
}

impl Together {
    /// The first sync, where the desk has a remote.
    pub(super) fn bring(&mut self, run: &mut Run, repo: &StoryRepo) {
        if repo.has_remote(&run.desk.config.repository.remote) {
            self.sync(run, repo);
        }
    }

    /// Whether this desk knows all that the remote does, if there is one.
    pub(super) fn is_new(&self, run: &Run, repo: &StoryRepo) -> bool {
        self.reached || !repo.has_remote(&run.desk.config.repository.remote)
    }

    /// The last sync, where this desk has something that the remote lacks.
    pub(super) fn bring_again(&mut self, run: &mut Run, repo: &StoryRepo) {
        if self.reached && repo.has_unpushed(&run.desk.config.repository.remote).unwrap_or(true) {
            self.sync(run, repo);
        }
    }

    fn sync(&mut self, run: &mut Run, repo: &StoryRepo) {
        let desk = run.desk;
        let wish = sync::Wish {
            unattended: true,
            ..sync::Wish::default()
        };
        let done = match sync::sync(desk, repo, Some(&mut *run.spool), wish, false, None) {
            Ok(done) => done,
            Err(trouble) => {
                if erase::waits_for_remote(desk).unwrap_or(true) {
                    run.findings.bad.push(Bad {
                        part: ERASE.to_owned(),
                        code: "erase.remote".to_owned(),
                        exit: trouble.exit(),
                        what: format!("{} may still have what was erased here", desk.config.repository.remote),
                        why: trouble.to_string(),
                        hint: "each run tries again, as do `sync` and `erase --finish`".to_owned(),
                    });
                }
                return run.findings.bad.push(Bad::of("sync", &trouble));
            }
        };
        self.reached = true;
        self.obey |= done.is_to_obey();
        match erase::is_at_the_remote(desk, run.spool) {
            Ok(elsewhere) => run.tell_where(&elsewhere),
            Err(trouble) => run.findings.bad.push(Bad::of(ERASE, &trouble)),
        }
        run.findings.well.push("sync".to_owned());
        run.pass.came += done.came as u64;
        run.pass.went += done.went as u64;
        done.cautions.iter().for_each(|caution| run.listener.caution(caution));
        if done.rewritten {
            run.listener.rewritten(&done.remote);
        }
        run.tell_of_sync(done.told);
    }

    /// What another desk erased came with a sync, of this run or of one that was killed: it is destroyed here, too.
    pub(super) fn obey(self, run: &mut Run, repo: StoryRepo) {
        drop(repo);
        run.obey(self.obey);
    }
}

impl Run<'_> {
    /// It is told by the run that finds it; from then on it stands with the story.
    pub(super) fn tell_of_sync(&mut self, told: Vec<Refusal>) {
        for told in told {
            let bad = Bad {
                part: "sync.told".to_owned(),
                code: told.code.to_owned(),
                exit: told.exit,
                what: told.what,
                why: told.why,
                hint: told.hint,
            };
            self.listener.bad(&bad);
            self.pass.bad.push((bad, self.desk.now));
        }
    }
}
