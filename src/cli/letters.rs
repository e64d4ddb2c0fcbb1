//! `letters`.

use serde_json::json;

use crate::desk::letters::{self, Told, Waiting, kind_name};
use crate::desk::{Desk, Trouble, account::shown};

use super::args::{Global, Letters};
use super::report::{Failure, Outcome, Report, table};

pub fn letters(desk: &Desk, global: &Global, action: Option<Letters>, report: &Report) -> Outcome {
    let repo = desk.repo()?;
    let all = letters::waiting(desk, &repo, desk.look_at_spool().as_ref())?;
    match action.unwrap_or(Letters::List) {
        Letters::List => list(desk, &all, report),
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
            let text = super::edit::in_editor(format!("Subject: {subject}\n\n{text}\n").as_bytes(), ".txt")?;
            if global.dry_run {
                report.answer(
                    &format!("Would keep your words: the letter about {}", waiting.title),
                    &planned(waiting),
                );
                return Ok(0);
            }
            let mut spool = desk.spool()?;
            letters::reword(
                desk,
                &repo,
                &mut spool,
                waiting,
                &String::from_utf8_lossy(&text).replace("\r\n", "\n"),
            )?;
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
            let chosen: Vec<Waiting> = match which.is_empty() {
                true => all,
                false => {
                    let mut chosen: Vec<Waiting> = Vec::new();
                    for typed in &which {
                        chosen.extend(
                            found_or_none(letters::find(desk, &repo, &all, typed))?
                                .into_iter()
                                .cloned(),
                        );
                    }
                    chosen.dedup_by(|a, b| a.due.about == b.due.about);
                    chosen
                }
            };
            send(desk, global, &repo, &chosen, report)
        }
        Letters::Drop { letter, message } => {
            let found = found_or_none(letters::find(desk, &repo, &all, &letter))?;
            if found.is_empty() {
                report.answer("No letter of it waits.", &json!({"id": null, "changed": false}));
                return Ok(0);
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

fn one<'a>(found: Vec<&'a Waiting>, typed: &str) -> Result<&'a Waiting, Failure> {
    match found[..] {
        [one] => Ok(one),
        _ => {
            let all: Vec<String> = found
                .iter()
                .map(|w| format!("{} ({})", w.due.about, kind_name(w.due.kind)))
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
        "id": w.due.about,
        "story": w.story,
        "title": w.title,
        "kind": w.due.kind,
        "to": w.to.as_ref().map(shown),
        "since": w.at,
        "automatic": w.due.automatic,
        "held": w.held,
        "edited": w.written,
    })
}

/// With `-n`: what it would be done to.
fn planned(w: &Waiting) -> serde_json::Value {
    let mut object = as_json(w);
    object["dry_run"] = json!(true);
    object
}

fn list(desk: &Desk, all: &[Waiting], report: &Report) -> Outcome {
    if report.json {
        report.object(&all.iter().map(as_json).collect::<Vec<_>>());
        return Ok(0);
    }
    if all.is_empty() {
        report.line("No letters wait.");
        return Ok(0);
    }
    let mut rows = vec![["LETTER", "SINCE", "KIND", "TO", "ABOUT"].map(str::to_owned).to_vec()];
    rows.extend(all.iter().map(|w| {
        let day = super::fetch::day(w.at, desk);
        let to = w
            .held
            .clone()
            .map(|h| format!("({h})"))
            .or_else(|| w.to.as_ref().map(shown))
            .unwrap_or_default();
        vec![
            w.due.about.as_str()[..8].to_owned(),
            day,
            kind_name(w.due.kind),
            to,
            w.title.clone(),
        ]
    }));
    table(&rows).iter().for_each(|line| report.line(line));
    report.remark("`letters show LETTER` shows one, `letters send` sends them.");
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

fn send(desk: &Desk, global: &Global, repo: &crate::desk::StoryRepo, chosen: &[Waiting], report: &Report) -> Outcome {
    if global.dry_run {
        for w in chosen {
            let to = w.to.as_ref().map(shown).unwrap_or_default();
            let kind = kind_name(w.due.kind);
            let text = match &w.held {
                Some(why) => format!("Would keep: {kind} about {} ({why})", w.title),
                None => format!("Would send: {kind} to {to} about {}", w.title),
            };
            report.answer(&text, &planned(w));
        }
        if report.json {
            let held = chosen.iter().filter(|w| w.held.is_some()).count();
            let counts = json!({"sent": 0, "would_send": chosen.len() - held, "waiting": held, "failed": 0});
            report.object(&json!({"summary": counts}));
        } else if chosen.is_empty() {
            report.line("No letters wait.");
        }
        return Ok(0);
    }
    let mut spool = desk.spool()?;
    // what waits may have changed while the lock was waited for
    let fresh = letters::waiting(desk, repo, Some(&spool))?;
    let chosen: Vec<Waiting> = fresh
        .into_iter()
        .filter(|w| chosen.iter().any(|c| c.due.about == w.due.about && c.story == w.story))
        .collect();
    let (told, stopped) = letters::send(desk, repo, &mut spool, &chosen)?;
    let (mut sent, mut waiting, mut failed) = (0, 0, 0);
    for t in &told {
        *match status(t) {
            "sent" => &mut sent,
            "failed" => &mut failed,
            _ => &mut waiting,
        } += 1;
        tell(report, t);
    }
    if report.json {
        report.object(&json!({"summary": {"sent": sent, "waiting": waiting, "failed": failed}}));
    } else if told.is_empty() {
        report.line("No letters wait.");
    }
    match stopped {
        Some(trouble) => Err(trouble.into()),
        None if failed > 0 => Ok(7),
        None => Ok(0),
    }
}

fn status(told: &Told) -> &'static str {
    match (&told.result, told.failed) {
        (Ok(_), _) => "sent",
        (Err(_), true) => "failed",
        (Err(_), false) => "waiting",
    }
}

/// What became of one letter.
pub fn tell(report: &Report, told: &Told) {
    if report.json {
        let mut object = as_json(&told.waiting);
        object["status"] = json!(status(told));
        object["answer"] = json!(told.result.as_ref().unwrap_or_else(|e| e));
        report.object(&object);
        return;
    }
    let kind = kind_name(told.waiting.due.kind);
    match &told.result {
        Ok(said) => report.line(&format!("Sent: {kind} about {}\n  {said}", told.waiting.title)),
        Err(why) => report.caution(&format!("not sent: {kind} about {}: {why}", told.waiting.title)),
    }
}
