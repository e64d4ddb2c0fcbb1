//! `letters`.

use clap::Subcommand;
use serde_json::json;

use crate::desk::letters::{self, Run, Sending, Status, Told, Waiting};
use crate::desk::{Desk, StoryRepo, Trouble, account::shown, names, queue};

use super::editor::{InHand, in_editor};
use super::global::Global;
use super::kept::{keep_for_none, safely};
use super::report::{Failure, Outcome, Report};
use super::review::width::columns;
use super::rows::Rows;

#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub enum Letters {
    /// The letters that wait
    #[command(after_help = "Example:\n  m4c-stories letters list")]
    List,
    /// A letter as it would be sent
    #[command(after_help = "Example:\n  m4c-stories letters show marion")]
    Show {
        /// The story, or the letter's number
        letter: String,
    },
    /// Change a letter before it leaves
    #[command(after_help = "Example:\n  m4c-stories letters edit marion")]
    Edit {
        /// The story, or the letter's number
        letter: String,
    },
    /// Send what is due
    ///
    /// A letter that a story is out leaves once its page answers (`[letters] wait_live`); one that is named leaves all the same.
    #[command(after_help = "Example:\n  m4c-stories letters send\n  m4c-stories letters send marion")]
    Send {
        /// Which; none: all
        letters: Vec<String>,
    },
    /// Send letters once more that did not arrive
    ///
    /// After a letter came back, its address gets nothing more until this is said; `--to` gives the author another address.
    #[command(after_help = "Example:\n  m4c-stories letters again marion --to marion@example.org")]
    Again {
        /// Its id or the beginning of it, its author, or a path
        story: String,
        /// The author's address from now on
        #[arg(long, value_name = "ADDRESS")]
        to: Option<String>,
    },
    /// Do not send it
    #[command(after_help = "Example:\n  m4c-stories letters drop marion -m 'We spoke on the phone'")]
    Drop {
        /// The story, or the letter's number
        letter: String,
        /// Why, for the team
        #[arg(short, long, value_name = "TEXT")]
        message: Option<String>,
    },
}

pub fn letters(desk: &Desk, global: &Global, action: Option<Letters>, report: &Report) -> Outcome {
    let repo = desk.repo()?;
    if let Some(Letters::Again { story, to }) = action {
        return again(desk, global, &repo, &story, to.as_deref(), report);
    }
    let all = letters::waiting(desk, &repo, desk.look_at_spool().as_ref())?;
    match action.unwrap_or(Letters::List) {
        Letters::List | Letters::Again { .. } => list(desk, &repo, &all, report),
        Letters::Show { letter } => {
            for waiting in letters::find(desk, &repo, &all, &letter)? {
                let bytes = letters::letter(desk, &repo, desk.look_at_spool().as_ref(), waiting)?;
                show(&bytes, waiting, report);
            }
            Ok(0)
        }
        Letters::Edit { letter } => {
            let waiting = one(letters::find(desk, &repo, &all, &letter)?, &letter)?;
            let before = letters::letter(desk, &repo, desk.look_at_spool().as_ref(), waiting)?;
            let (subject, text) = letters::words(&before);
            let in_hand = InHand::begin();
            let begin = format!("Subject: {subject}\n\n{text}\n");
            let text = in_editor(begin.as_bytes(), ".txt")?;
            // the lock may be waited for, and the letter may be gone by then
            let place = match text == begin.as_bytes() {
                true => None,
                false => keep_for_none(&text),
            };
            let words = String::from_utf8_lossy(&text).replace("\r\n", "\n");
            let reword = || -> Result<(), Failure> {
                let mut spool = desk.spool()?;
                let waiting = &still_waiting(letters::waiting(desk, &repo, Some(&spool))?, waiting)?;
                Ok(letters::reword(desk, &repo, &mut spool, waiting, &words)?)
            };
            if global.dry_run {
                let told = format!("Would keep your words: the letter about {}", waiting.title);
                let tell = || {
                    report.answer(&told, &planned(waiting));
                    Ok(0)
                };
                return safely(desk, place, in_hand, tell, |_| false);
            }
            safely(desk, place, in_hand, reword, |()| true)?;
            let kept = Waiting {
                written: true,
                ..waiting.clone()
            };
            report.answer(
                &format!("Kept as you wrote it: the letter about {}", waiting.title),
                &as_json(&kept),
            );
            Ok(0)
        }
        Letters::Send { letters: which } => {
            if which.is_empty() {
                return send(desk, global, &repo, &all, Sending::ByHand, report);
            }
            let mut chosen: Vec<Waiting> = Vec::new();
            for typed in &which {
                chosen.extend(
                    found_or_none(letters::find(desk, &repo, &all, typed))?
                        .into_iter()
                        .cloned(),
                );
            }
            let mut seen = std::collections::HashSet::new();
            chosen.retain(|w| seen.insert(w.number.clone()));
            send(desk, global, &repo, &chosen, Sending::Named, report)
        }
        Letters::Drop { letter, message } => {
            let found = found_or_none(letters::find(desk, &repo, &all, &letter))?;
            if found.is_empty() {
                return drop_failed(desk, global, &repo, &letter, message.as_deref(), report);
            }
            let waiting = one(found, &letter)?;
            if global.dry_run {
                report.answer(
                    &format!("Would not send the letter about {}", waiting.title),
                    &planned(waiting),
                );
                return Ok(0);
            }
            let mut spool = desk.spool()?;
            let waiting = &still_waiting(letters::waiting(desk, &repo, Some(&spool))?, waiting)?;
            letters::drop_letter(desk, &repo, &mut spool, waiting, message.as_deref().unwrap_or_default())?;
            let mut dropped = as_json(waiting);
            dropped["status"] = json!("dropped");
            report.answer(&format!("Dropped: the letter about {}", waiting.title), &dropped);
            Ok(0)
        }
    }
}

/// That nothing of a story waits is no failure for who wants nothing of it to wait.
fn found_or_none<T>(found: Result<Vec<T>, Trouble>) -> Result<Vec<T>, Trouble> {
    match found {
        Err(Trouble::NoSuchLetter(_)) => Ok(Vec::new()),
        found => found,
    }
}

/// The letter as it is now that the desk is ours: `cron` may have sent it while a person wrote, or while the lock was waited for.
fn still_waiting(now: Vec<Waiting>, before: &Waiting) -> Result<Waiting, Failure> {
    now.into_iter().find(|w| w.number == before.number).ok_or_else(|| {
        Failure::new(
            "letter.moved",
            6,
            format!("the letter about {} waits no more", before.title),
            "it was sent or dropped meanwhile",
            "`show STORY` says what became of it",
        )
    })
}

fn one<'a>(found: Vec<&'a Waiting>, typed: &str) -> Result<&'a Waiting, Failure> {
    match found[..] {
        [one] => Ok(one),
        _ => {
            let all: Vec<String> = found
                .iter()
                .map(|w| format!("{} ({})", w.number, w.due.kind.name()))
                .collect();
            Err(Failure::new(
                "letter.several",
                3,
                format!("{typed:?} has several letters waiting"),
                all.join(", "),
                "name it by its number",
            ))
        }
    }
}

fn as_json(w: &Waiting) -> serde_json::Value {
    json!({
        "id": w.number,
        "story": w.story,
        "title": w.title,
        "kind": w.due.kind,
        "to": w.to.as_ref().map(shown),
        "page": w.page,
        "since": w.at,
        "automatic": w.due.is_automatic(),
        "held": w.held.as_ref().map(ToString::to_string),
        "edited": w.written,
    })
}

/// With `-n`: what it would be done to.
fn planned(w: &Waiting) -> serde_json::Value {
    let mut object = as_json(w);
    object["dry_run"] = json!(true);
    object
}

fn list(desk: &Desk, repo: &StoryRepo, all: &[Waiting], report: &Report) -> Outcome {
    if report.json {
        report.object(&all.iter().map(as_json).collect::<Vec<_>>());
        return Ok(0);
    }
    let failed = queue::with_failed_letters(desk, repo)?;
    if all.is_empty() {
        report.line("No letters wait.");
    } else {
        let mut rows = Rows::new();
        rows.push(["LETTER", "SINCE", "KIND", "TO", "ABOUT"]);
        for w in all {
            let to = w.to.as_ref().map(shown).unwrap_or_default();
            let day = super::fetch::day(w.at, desk);
            rows.push([&w.number[..8], &day, w.due.kind.name(), &to, &w.title]);
        }
        let widths = rows.fitted(columns(), &[3, 4]);
        report.line(&rows.line(0, &widths));
        for (n, w) in all.iter().enumerate() {
            // why it stays is never cut
            let held = w.held.as_ref().filter(|held| held.stops(Sending::ByHand));
            let why = held.map(|held| format!(" ({held})")).unwrap_or_default();
            report.line(&format!("{}{why}", rows.line(n + 1, &widths)));
        }
    }
    for (id, summary) in &failed {
        for letter in &summary.failed_letters {
            let to = letter.to.as_ref().map(|name| format!(" to {name}")).unwrap_or_default();
            report.line(&format!(
                "Did not arrive: {}{to} about {} ({}). `letters again {}` sends it once more, with --to ADDRESS elsewhere; `letters drop {}` lets it be.",
                letter.kind.name(), summary.title, letter.reason, id.folder(), id.folder()
            ));
        }
    }
    if !all.is_empty() {
        report.remark("`letters show LETTER` shows one, `letters send` sends them.");
    }
    Ok(0)
}

/// A person has seen that letters did not arrive, and lets them be.
fn drop_failed(
    desk: &Desk,
    global: &Global,
    repo: &StoryRepo,
    typed: &str,
    why: Option<&str>,
    report: &Report,
) -> Outcome {
    let id = names::resolve(desk, repo, typed)?;
    let failed = crate::story::letter::failed(&desk.story(repo, &id)?.record.events);
    if failed.is_empty() {
        report.answer("No letter of it waits.", &json!({"id": null, "changed": false}));
        return Ok(0);
    }
    let kinds: Vec<&str> = failed.iter().map(|letter| letter.kind.name()).collect();
    let mut object = json!({"id": id, "letters": kinds});
    if global.dry_run {
        object["dry_run"] = json!(true);
        report.answer(&format!("Would let be: {}", kinds.join(", ")), &object);
        return Ok(0);
    }
    let _lock = desk.spool()?;
    for letter in &failed {
        letters::let_be(desk, repo, &id, letter, why.unwrap_or_default())?;
    }
    object["status"] = json!("dropped");
    report.answer(&format!("Let be: {}", kinds.join(", ")), &object);
    Ok(0)
}

/// Letters that did not arrive are due once more.
fn again(desk: &Desk, global: &Global, repo: &StoryRepo, typed: &str, to: Option<&str>, report: &Report) -> Outcome {
    let id = names::resolve(desk, repo, typed)?;
    let title = desk.story(repo, &id)?.title();
    if let Some(to) = to.filter(|to| !letters::is_address(to)) {
        let why = "a letter goes to one address, like marion@example.org";
        return Err(Failure::usage(
            format!("{to:?} is no address"),
            why,
            "write it without a name and without < >",
        ));
    }
    if global.dry_run {
        let object = json!({"id": id, "dry_run": true});
        let text = match to {
            Some(to) => format!("Letters about {title} would go to {to} from now on"),
            None => format!("Would send letters again about {title}"),
        };
        report.answer(&text, &object);
        return Ok(0);
    }
    let spool = desk.spool()?;
    let (failed, changed) = letters::bounce::again(desk, repo, &id, to)?;
    let kinds: Vec<&str> = failed.iter().map(|letter| letter.kind.name()).collect();
    let mut none_waits = !changed;
    let text = match (changed, to, kinds.is_empty()) {
        (false, _, _) => format!("No letter about {title} failed."),
        (true, None, true) => format!("Letters go out again about {title}"),
        // nothing had failed: what waits, if anything does, goes there
        (true, Some(to), true) => {
            let waiting = letters::waiting(desk, repo, Some(&spool))?;
            none_waits = !waiting.iter().any(|w| w.story.as_ref() == Some(&id));
            let now = if none_waits {
                ", and no letter about it waits"
            } else {
                ""
            };
            format!("Letters about {title} go to {to} from now on{now}.")
        }
        (true, _, false) => format!("Due again: {} about {title}", kinds.join(", ")),
    };
    report.answer(&text, &json!({"id": id, "changed": changed, "letters": kinds}));
    if none_waits {
        for (kind, at) in crate::story::letter::dropped(&desk.story(repo, &id)?.record.events) {
            report.remark(&format!(
                "The letter \"{}\" was dropped on {} and is not sent again: `write {}` writes to its author.",
                kind.name(),
                super::fetch::day(at, desk),
                id.folder()
            ));
        }
    }
    Ok(0)
}

fn show(bytes: &[u8], waiting: &Waiting, report: &Report) {
    let (subject, text) = letters::words(bytes);
    let to = waiting.to.as_ref().map(shown).unwrap_or_default();
    if report.json {
        let mut object = as_json(waiting);
        object["subject"] = json!(subject);
        object["text"] = json!(text);
        report.object(&object);
        return;
    }
    report.line(&format!("To: {to}\nSubject: {subject}\n\n{text}"));
}

fn send(
    desk: &Desk,
    global: &Global,
    repo: &StoryRepo,
    chosen: &[Waiting],
    sending: Sending,
    report: &Report,
) -> Outcome {
    if global.dry_run {
        rehearse(chosen, sending, report);
        return Ok(0);
    }
    let mut spool = desk.spool()?;
    let run = match sending {
        Sending::Named => {
            // what waits may have changed while the lock was waited for
            let fresh = letters::waiting(desk, repo, Some(&spool))?;
            let named = |w: &Waiting| chosen.iter().any(|c| c.number == w.number);
            let chosen: Vec<Waiting> = fresh.into_iter().filter(named).collect();
            letters::send(desk, repo, &mut spool, &chosen, sending)?
        }
        _ => letters::send_due(desk, repo, &mut spool, sending)?,
    };
    tell(run, report)
}

/// What would leave. No page is asked: what the last run found of it is told.
fn rehearse(chosen: &[Waiting], sending: Sending, report: &Report) {
    let held = |w: &Waiting| {
        w.held
            .as_ref()
            .filter(|hold| hold.stops(sending))
            .map(ToString::to_string)
    };
    for w in chosen {
        let to = w.to.as_ref().map(shown).unwrap_or_default();
        let kind = w.due.kind.name();
        let text = match held(w) {
            Some(why) => format!("Would keep: {kind} about {} ({why})", w.title),
            None => match w.page.as_ref().filter(|_| sending != Sending::Named) {
                Some(page) => format!("Would send, once {page} answers: {kind} to {to} about {}", w.title),
                None => format!("Would send: {kind} to {to} about {}", w.title),
            },
        };
        report.answer(&text, &planned(w));
    }
    if report.json {
        let held = chosen.iter().filter(|w| held(w).is_some()).count();
        let counts = json!({"sent": 0, "would_send": chosen.len() - held, "waiting": held, "failed": 0});
        report.object(&json!({"summary": counts}));
    } else if chosen.is_empty() {
        report.line("No letters wait.");
    }
}

/// What a run of the outbox came to, and its exit code.
fn tell(run: Run, report: &Report) -> Outcome {
    run.told.iter().for_each(|told| tell_one(told, report));
    let (sent, failed) = (run.count(Status::Sent), run.count(Status::Failed));
    let (waiting, later) = (run.count(Status::Waiting), run.count(Status::Later));
    if report.json {
        report.object(&json!({"summary": {"sent": sent, "waiting": waiting + later, "failed": failed}}));
    } else if run.told.is_empty() {
        report.line("No letters wait.");
    }
    match run.stopped {
        Some(trouble) => Err(trouble.into()),
        None if failed > 0 => Ok(7),
        None if later > 0 => Ok(75),
        None => Ok(0),
    }
}

/// What became of one letter.
pub fn tell_one(told: &Told, report: &Report) {
    let status = match told.status {
        Status::Sent => "sent",
        Status::Waiting | Status::Later => "waiting",
        Status::Failed => "failed",
        Status::Dropped => "dropped",
    };
    let kind = told.waiting.due.kind.name();
    if report.json {
        let mut object = as_json(&told.waiting);
        object["status"] = json!(status);
        object["answer"] = json!(told.said);
        if matches!(told.status, Status::Failed | Status::Dropped) {
            // nothing keeps what has ended
            object["held"] = json!(null);
        }
        report.object(&object);
    } else if told.status == Status::Sent {
        report.line(&format!("Sent: {kind} about {}\n  {}", told.waiting.title, told.said));
    } else {
        report.caution(&format!("not sent: {kind} about {}: {}", told.waiting.title, told.said));
    }
}
