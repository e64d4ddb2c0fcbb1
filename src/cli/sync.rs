//! `sync`, and what follows a step where every step is pushed.

use std::io::IsTerminal;

use clap::Args;
use serde_json::{Value, json};

use crate::config::Push;
use crate::desk::sync::{self, Phase, Synced, Watcher, Wish};
use crate::desk::{Desk, Spool, Text, Tip, Trouble, erase};
use crate::story::policy::Refusal;

use super::args::Command;
use super::global::Global;
use super::progress::Progress;
use super::report::{Failure, Outcome, Report};

#[derive(Debug, Args)]
pub struct Sync {
    /// Follow a remote that no longer has steps that it had; what is gone is not pushed back
    #[arg(long)]
    pub accept_rewrite: bool,
}

pub fn sync(desk: &Desk, global: &Global, args: &Sync, report: &Report) -> Outcome {
    let repo = desk.repo()?;
    let wish = Wish {
        accept_rewrite: args.accept_rewrite,
        rehearse: global.dry_run,
        ..Wish::default()
    };
    let mut spool = match global.dry_run {
        true => None,
        false => Some(desk.spool()?),
    };
    let bar = Progress::new(report.quiet || report.json);
    let watch = |phase: Phase| match phase {
        // the last of it is done, and what follows is not counted
        Phase::Far(far) if far.done < far.all => bar.at(phase.words(), far.done, far.all),
        phase => bar.say(phase.words()),
    };
    let watcher = bar.is_shown().then_some(&watch as Watcher);
    let done = sync::sync(desk, &repo, spool.as_mut(), wish, may_ask(global), watcher);
    bar.end();
    drop(repo);
    if done.is_err() && erase::waits_for_remote(desk)? {
        let remote = &desk.config.repository.remote;
        report.caution(&format!("{remote} may still have what was erased here"));
    }
    let done = match (done, spool.as_mut()) {
        (Err(trouble), Some(spool)) => {
            obey_all_the_same(desk, spool, report);
            return Err(trouble.into());
        }
        (done, _) => done?,
    };
    tell(&done, global.dry_run, report);
    let mut stands = false;
    if let Some(mut spool) = spool {
        let elsewhere = erase::is_at_the_remote(desk, &mut spool)?;
        stands = super::erase::beside(&elsewhere, &done.remote, report) != 0;
        stands |= obey(desk, &mut spool, done.is_to_obey(), report)?;
    }
    Ok(match (done.told.is_empty(), stands) {
        (false, _) => 6,
        (true, true) => 7,
        (true, false) => 0,
    })
}

/// Destroys here what another desk erased, and tells it; whether a page still stands. `anyway`: also where nothing of it is known to be here.
fn obey(desk: &Desk, spool: &mut Spool, anyway: bool, report: &Report) -> Result<bool, Trouble> {
    let Some(done) = erase::obey_what_came(desk, spool, anyway)? else {
        return Ok(false);
    };
    for (place, not) in &done.standing {
        report.failure(&Failure::new(
            "target",
            7,
            format!("a page of what was erased elsewhere still stands, {place}"),
            &not.why,
            "take it off there by hand",
        ));
    }
    if done.erasure.pruned.objects > 0 {
        report.remark("What was erased elsewhere is destroyed here, too.");
    }
    Ok(!done.standing.is_empty())
}

/// The same after a sync that failed: it may have failed when all of that was here.
fn obey_all_the_same(desk: &Desk, spool: &mut Spool, report: &Report) {
    if let Err(trouble) = obey(desk, spool, false, report) {
        report.caution(&format!(
            "what another desk erased is not destroyed here yet: {trouble} (`sync` and `erase --finish` try again)"
        ));
    }
}

/// Whether git and ssh may ask for a password here.
fn may_ask(global: &Global) -> bool {
    !global.no_input && std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

pub fn as_json(done: &Synced, dry_run: bool) -> Value {
    let text = |text: Text| match text {
        Text::AsItWas => "as-it-was",
        Text::Together => "together",
        Text::Unfinished => "unfinished",
        Text::Gone | Text::Erased => "gone",
    };
    let both = done.both.iter().map(|(id, t)| json!({"id": id, "text": text(*t)}));
    let told = done
        .told
        .iter()
        .map(|t| json!({"code": t.code, "message": t.what, "cause": t.why, "hint": t.hint}));
    let mut object = json!({
        "remote": done.remote,
        "came": done.came,
        "went": done.went,
        "both": both.collect::<Vec<_>>(),
        "told": told.collect::<Vec<_>>(),
        "rewritten": done.rewritten,
    });
    if dry_run {
        object["dry_run"] = true.into();
    }
    object
}

fn tell(done: &Synced, dry_run: bool, report: &Report) {
    done.cautions.iter().for_each(|c| report.caution(&c.to_string()));
    if done.rewritten {
        report.caution(&rewritten(&done.remote));
    }
    if done.taken_out && !dry_run {
        report.remark(&taken_out(&done.remote));
    }
    if report.json {
        report.object(&as_json(done, dry_run));
        return;
    }
    let steps = |n: usize| format!("{n} step{}", if n == 1 { "" } else { "s" });
    let (came, went) = (steps(done.came), steps(done.went));
    let name = &done.remote;
    report.line(&match (done.came, done.went, dry_run) {
        (0, 0, _) => format!("Nothing new here or on {name}."),
        (_, _, true) => format!("Would take {came} from {name}, and push {went}"),
        (_, 0, _) => format!("Synced with {name}: {came} came"),
        (0, _, _) => format!("Synced with {name}: {went} went out"),
        _ => format!("Synced with {name}: {came} came, {went} went out"),
    });
    for (id, _) in done.both.iter().filter(|(_, text)| *text == Text::Together) {
        report.line(&format!("  put together: {id}"));
    }
    done.told
        .iter()
        .for_each(|told| report.failure(&Failure::from(told.clone())));
}

/// What is told where the remote no longer has all that it had, and was followed.
pub fn rewritten(remote: &str) -> String {
    format!(
        "{remote} was rewritten: something was taken out there. This desk follows; what is gone was not pushed back"
    )
}

/// What is told where the remote had what was erased here.
pub fn taken_out(remote: &str) -> String {
    format!("{remote} had what was erased here; it was taken out there, and all else was kept")
}

/// What was told of one story, as an error line that does not end the run.
pub fn told(report: &Report, told: &Refusal) {
    report.failure(&Failure::from(told.clone()));
}

/// With `push = "always"`: a command that made steps is followed by a sync.
pub struct Pushing {
    before: Option<Tip>,
    wanted: bool,
}

impl Pushing {
    pub fn begin(desk: &Desk, global: &Global, command: &Command, report: &Report) -> Pushing {
        // they sync themselves, or not at all
        let own = matches!(
            command,
            Command::Sync(_) | Command::Cron | Command::Watch { .. } | Command::Doctor | Command::Erase(_)
        );
        let wanted = desk.config.repository.push == Push::Always && !global.dry_run && !own;
        if wanted && matches!(command, Command::Publish(_)) {
            // what was decided elsewhere is known before anything goes out
            Pushing::sync(
                desk,
                global,
                report,
                "others may have decided meanwhile, and it is not known here",
            );
        }
        let before = if wanted { tip(desk) } else { None };
        Pushing { before, wanted }
    }

    /// Syncs where the branch moved. The step stands: what keeps it from the remote is told, and changes no exit code but that of
    /// success, where a person must look.
    pub fn end(self, desk: &Desk, global: &Global, report: &Report, done: Outcome) -> Outcome {
        if !self.wanted || tip(desk) == self.before {
            return done;
        }
        let told = Pushing::sync(desk, global, report, "it is done here, and not pushed");
        match done {
            Ok(0) if told => Ok(6),
            done => done,
        }
    }

    /// One sync; whether a person must see to something.
    fn sync(desk: &Desk, global: &Global, report: &Report, otherwise: &str) -> bool {
        let Ok(repo) = desk.repo() else { return false };
        if !sync::is_wanted(desk, &repo) {
            return false;
        }
        let synced = desk.spool().and_then(|mut spool| {
            let synced = sync::sync(desk, &repo, Some(&mut spool), Wish::default(), may_ask(global), None);
            if synced.is_err() {
                // what a sync in the middle brought, for the claim on a letter, too
                obey_all_the_same(desk, &mut spool, report);
            }
            let synced = synced?;
            let elsewhere = erase::is_at_the_remote(desk, &mut spool)?;
            super::erase::beside(&elsewhere, &synced.remote, report);
            obey(desk, &mut spool, synced.is_to_obey(), report)?;
            Ok(synced)
        });
        match synced {
            Ok(synced) => {
                synced.cautions.iter().for_each(|c| report.caution(&c.to_string()));
                if synced.rewritten {
                    report.caution(&rewritten(&synced.remote));
                }
                if synced.taken_out {
                    report.remark(&taken_out(&synced.remote));
                }
                synced.told.iter().for_each(|t| told(report, t));
                !synced.told.is_empty()
            }
            Err(trouble) => {
                let why = match trouble.why() {
                    why if why.is_empty() => trouble.to_string(),
                    why => format!("{trouble}: {why}"),
                };
                report.caution(&format!("{otherwise}: {why} (`sync` tries again)"));
                false
            }
        }
    }
}

fn tip(desk: &Desk) -> Option<Tip> {
    desk.repo().ok()?.tip().ok()
}
