//! Destroying what is held of a story or a person, for good.
//!
//! In this order: what it is about is kept in the spool; the desk's own record says, in salted hashes, what must not come back; the pages
//! come off the targets; the spool, the letters; the stories out of all history, and the objects; and the same on the remote. A run that dies
//! anywhere is finished by doing all of it again: each part is nothing where it is done.

mod here;
mod obey;
mod plan;
mod survey;
mod there;

use crate::repo::{Entry, Erasure, Hit, StoryRepo};
use crate::spool::Spool;
use crate::story::erased::Erased;
use crate::story::record::{Signature, one_line};
use crate::story::{MailId, StoryId};

use super::held::{self, Whose};
use super::places::NotPut;
use super::sync::Synced;
use super::{Desk, Trouble, draw, typed};
use here::{out_of_the_spool, pages};
use plan::fresh_salt;
use there::{at_the_remote, elsewhere};

pub use here::remove_file;
pub use obey::{Obeyed, came_back, is_to_obey, note, obey_what_came};
pub use plan::{Plan, Remote, owed, plan, unfinished, waits_for_remote};
pub use survey::{Survey, survey};
pub use there::{Back, Elsewhere, Finished, finish, is_at_the_remote, stands};

/// What was done.
#[derive(Debug, Default)]
pub struct Done {
    pub stories: Vec<StoryId>,
    /// Pages that were taken off, and what stays there all the same.
    pub pages: Vec<(String, Option<String>)>,
    /// Pages that could not be taken off.
    pub standing: Vec<(String, NotPut)>,
    pub quarantine: usize,
    pub incoming: usize,
    pub letters: usize,
    pub files: usize,
    /// Words of the team that were not taken.
    pub typed: usize,
    pub erasure: Erasure,
    /// Where their address, or one of their mails' ids, still stands.
    pub left: Vec<Hit>,
    pub remote: Option<Remote>,
    /// What the remote has now, or why it has it still; `None` without a remote.
    pub pushed: Option<Result<Synced, Trouble>>,
    /// Where the remote has it beside what is synced.
    pub elsewhere: Elsewhere,
    /// Others that the desk's record calls erased while the history has them: left as they are.
    pub claimed: Vec<StoryId>,
    /// Pages still stand: nothing but the pages was touched, and a run that is told to goes on.
    pub stopped: bool,
}

/// How many places are told where something is left.
const HITS: usize = 50;

/// Does it, or finishes it. The repository is read anew afterwards: [`Desk::repo`].
pub fn carry_out(desk: &Desk, repo: StoryRepo, spool: &mut Spool, plan: &Plan) -> Result<Done, Trouble> {
    repo.can_erase()?;
    let mut plan = plan.clone();
    if let Some(rest) = unfinished(desk)?.filter(Plan::is_rest) {
        plan.owed.push_str(&rest.owed);
    }
    let plan = &plan;
    spool.put_erasing(plan)?;
    let mut done = Done {
        stories: plan.stories.clone(),
        remote: plan.remote.clone(),
        ..Done::default()
    };
    bury(desk, &repo, plan)?;
    pages(desk, &repo, plan, &mut done)?;
    if !done.standing.is_empty() && !plan.leave_published {
        done.stopped = true;
        return Ok(done);
    }
    let whose = match &plan.person {
        Some(address) => Whose::Person(address.clone()),
        None => Whose::Stories(plan.stories.clone()),
    };
    let held = held::find(desk, &repo, Some(&**spool), &whose)?;
    out_of_the_spool(spool, plan, &held, &mut done)?;
    let tip = repo.tip()?;
    let record = repo.desk_record(&tip)?;
    let named = |id: &StoryId| has(&plan.stories, id);
    done.claimed = repo.claimed(&tip, &Erased::of(&record))?;
    done.claimed.retain(|id| !named(id));
    // what is recorded and out of the history may have left something; what stands in it is for a person to decide
    let erased = desk.heeded_erased(&record);
    let gone = |id: &StoryId| named(id) || erased.has_story(id) && !has(&done.claimed, id);
    let (repo, erasure) = repo.erase(&gone)?;
    done.erasure = erasure;
    done.typed += typed::forget_erased(desk, &repo)?;
    spool.clear_caches()?;
    obey::forget(spool, named)?;
    done.left = repo.search(&plan.words, HITS)?;
    drop(repo);
    if plan.remote.is_some() {
        let rest = plan.clone().rest(desk);
        spool.put_erasing(&rest)?;
        let owed = Erased::of(rest.owed.as_bytes());
        done.pushed = at_the_remote(desk, spool, &owed, &mut done.standing).transpose();
        if matches!(done.pushed, Some(Ok(_))) {
            done.elsewhere = elsewhere(desk, &owed);
        }
    }
    if plan.remote.is_none() || matches!(done.pushed, Some(Ok(_))) {
        spool.end_erasing()?;
    }
    Ok(done)
}

fn has(all: &[StoryId], id: &StoryId) -> bool {
    all.iter().any(|other| other.is_same_story(id))
}

/// The desk's record says what must not come back.
fn bury(desk: &Desk, repo: &StoryRepo, plan: &Plan) -> Result<(), Trouble> {
    let mails: Vec<MailId> = plan.mails.iter().filter_map(|hex| hex.parse().ok()).collect();
    let (salt, id) = (fresh_salt(), draw());
    let pens = desk.pens(repo.signer());
    repo.note_in_desk_record(|record| {
        let who = (id.clone(), plan.by.clone(), desk.now);
        // others heed no other lines
        let known = desk.heeded_erased(record);
        let event = Erased::event((record, &known), &plan.stories, &mails, &salt, who);
        let subject = match plan.stories.len() {
            0 => "Erase mail".to_owned(),
            1 => "Erase a story".to_owned(),
            many => format!("Erase {many} stories"),
        };
        Ok::<_, Trouble>(event.map(|event| Entry {
            line: format!("{}\n", desk.desk_line(&pens, &event)),
            message: format!("{subject}\n\nStep: erased\nBy: {}\n", one_line(&plan.by.name)),
            by: Signature {
                name: plan.by.name.clone(),
                email: plan.email.clone(),
                at: desk.now,
            },
        }))
    })?;
    Ok(())
}
