//! `list` and `status`.

use serde_json::json;

use crate::desk::Desk;
use crate::desk::StoryRepo;
use crate::desk::letters;
use crate::desk::queue::{self, Queue, Summary};
use crate::desk::search::search;
use crate::story::event::Asks;
use crate::story::state::State;
use crate::story::{StoryId, id::slug};

use super::args::{List, Sort};
use super::report::{Outcome, Report, fitted_table, table};
use super::review::screen::columns;

/// One story of a list as JSON.
pub fn as_json(desk: &Desk, repo: &StoryRepo, id: &StoryId, s: &Summary) -> serde_json::Value {
    json!({
        "id": id,
        "state": s.state,
        "author": s.author,
        "title": s.title,
        "received": s.received,
        "path": repo.root().join(id.as_str()),
        "approvals": s.approvals,
        "needed": desk.policy.approvals,
        "turn": s.turn(&desk.policy),
        "consent": s.consent,
        "asks": s.asks,
        "unpermitted": s.is_unpermitted(desk.now),
        "still_out": s.still_out,
        "correction": s.correction,
        "pending": s.pending,
        "scheduled_for": s.scheduled_for,
        "open_checks": s.open_checks,
        "damage": s.damage,
    })
}

pub fn list(desk: &Desk, args: &List, report: &Report) -> Outcome {
    let repo = desk.repo()?;
    let words = args.search.as_deref();
    let found = words.map(|words| search(desk, &repo, words)).transpose()?;
    let may = |id: &StoryId| found.as_ref().is_none_or(|found| found.may(id));
    let wanted = |id: &StoryId, s: &Summary| {
        let state = match args.state {
            Some(state) => s.state == state,
            None => args.all || s.is_on_the_desk(desk.now),
        };
        let author = args
            .author
            .as_deref()
            .is_none_or(|a| slug(&s.author).contains(&slug(a)));
        state && author && found.as_ref().is_none_or(|found| found.has(id, s))
    };
    let queue = Queue::read_those(desk, &repo, may, wanted)?;
    let mut rows: Vec<_> = queue.iter().collect();
    match args.sort {
        Sort::Received => rows.sort_by(|a, b| (a.1.received, a.0).cmp(&(b.1.received, b.0))),
        Sort::Author => rows.sort_by(|a, b| (slug(&a.1.author), a.0).cmp(&(slug(&b.1.author), b.0))),
        Sort::State => rows.sort_by(|a, b| (a.1.state, a.1.received, a.0).cmp(&(b.1.state, b.1.received, b.0))),
    }
    if report.json {
        let all: Vec<_> = rows.iter().map(|(id, s)| as_json(desk, &repo, id, s)).collect();
        report.object(&all);
        return Ok(0);
    }
    if rows.is_empty() {
        report.line("No stories.");
        return Ok(0);
    }
    let row = |(id, s): &(&StoryId, &Summary)| {
        let state = match s.asks {
            Some(Asks::Withdrawal) => format!("{}, asked back", s.state),
            _ if s.is_unpermitted(desk.now) => format!("{}, no consent", s.state),
            _ if !s.still_out.is_empty() => format!("{}, still out", s.state),
            _ if s.correction => "published, corrected".to_owned(),
            _ => s.state.to_string(),
        };
        let votes = format!("{}/{}", s.approvals, desk.policy.approvals);
        let name = if s.author.is_empty() {
            s.title.clone()
        } else {
            s.author.clone()
        };
        let day = s.received.map(|at| super::fetch::day(at, desk)).unwrap_or_default();
        let checks = match s.blocking() {
            0 => String::new(),
            many => many.to_string(),
        };
        vec![day, state, votes, checks, s.turn(&desk.policy), name, id.to_string()]
    };
    let mut lines = vec![
        ["RECEIVED", "STATE", "VOTES", "CHECKS", "TURN", "AUTHOR", "STORY"]
            .map(str::to_owned)
            .to_vec(),
    ];
    lines.extend(rows.iter().map(row));
    // the author and the story, by whose beginning it can be named
    let lines = fitted_table(lines, columns(), &[5, 6]);
    lines.iter().for_each(|line| report.line(line));
    for (id, s) in rows.iter().filter(|(_, s)| s.damage.is_some()) {
        report.caution(&format!("{id}: {}", s.damage.as_deref().unwrap_or_default()));
    }
    Ok(0)
}

pub fn status(desk: &Desk, report: &Report) -> Outcome {
    let repo = desk.repo()?;
    let counts = queue::counts(desk, &repo)?;
    let spool = desk.look_at_spool();
    let month = desk
        .now
        .checked_sub(jiff::SignedDuration::from_hours(30 * 24))
        .unwrap_or(desk.now);
    let aside = spool
        .as_ref()
        .and_then(|s| s.aside_counts(month).ok())
        .unwrap_or_default();
    // what needs a person needs one however long it lies there
    let waiting = spool.as_ref().and_then(|s| s.aside_counts(jiff::Timestamp::MIN).ok());
    let (quarantined, set_aside) = (waiting.unwrap_or_default().quarantined as u64, aside.set_aside as u64);
    let letters_due = queue::letters_due(desk, &repo, &counts)?;
    let silent_pages = letters::waiting_for_pages(desk, &repo, spool.as_ref())?;
    let erasing = crate::desk::erase::unfinished(desk)?.is_some();
    let back = crate::desk::erase::came_back(&repo)?.len();
    let unpushed = crate::desk::sync::unpushed(desk, &repo)?.map(|local| local.steps as u64);
    if report.json {
        let states: serde_json::Map<String, serde_json::Value> = State::ALL
            .iter()
            .map(|s| (s.name().to_owned(), json!(counts.of(*s))))
            .collect();
        report.object(&json!({
            "states": states,
            "waiting_for_author": counts.waiting_for_author,
            "ready_to_publish": counts.ready,
            "due": counts.due(desk.now),
            "next_scheduled": counts.next_scheduled(desk.now),
            "corrections": counts.corrections,
            "pending_targets": counts.pending,
            "open_checks": counts.open_checks,
            "damaged": counts.damaged,
            "quarantined": quarantined,
            "set_aside": set_aside,
            "decisions_refused": aside.decisions,
            "letters_due": letters_due,
            "letters_without_page": silent_pages,
            "letters_failed": counts.failed_letters,
            "wrote_again": counts.wrote_again,
            "erasing": erasing,
            "erased_and_back": back,
            "withdrawal_asked": counts.withdrawal_asked,
            "conditions": counts.conditions,
            "unpermitted": counts.unpermitted(desk.now),
            "still_out": counts.still_out,
            "unpushed": unpushed,
        }));
        return Ok(0);
    }
    let lines = [
        (
            counts.withdrawal_asked,
            "that the author asks to have back",
            "show STORY",
        ),
        (
            counts.unpermitted(desk.now),
            "out without the author's permission",
            "takedown STORY",
        ),
        (counts.still_out, "taken down, and still on a target", "takedown STORY"),
        (
            counts.conditions,
            "whose author says yes, with a condition",
            "show STORY",
        ),
        (counts.of(State::Draft), "to read and decide upon", "list --state draft"),
        (
            counts.of(State::ChangesRequested),
            "with changes asked for",
            "list --state changes-requested",
        ),
        (
            counts.of(State::Conflict),
            "with contradicting decisions",
            "list --state conflict",
        ),
        (
            counts.waiting_for_author,
            "approved, without the author's consent",
            "list --state approved",
        ),
        (counts.ready, "ready to publish", "publish"),
        (counts.due(desk.now), "due to be published", "publish --due"),
        (
            counts.corrections,
            "published, with a correction not yet out",
            "list --state published",
        ),
        (counts.pending, "published, but not on every target", "publish"),
        (counts.wrote_again, "whose author wrote again", "list"),
        (counts.open_checks, "with something to check", "check"),
        (counts.damaged, "that cannot be worked on", "list"),
    ];
    let mut rows = Vec::new();
    for (many, what, how) in lines.into_iter().filter(|(n, _, _)| *n > 0) {
        rows.push(vec![
            many.to_string(),
            format!("{} {what}", if many == 1 { "story" } else { "stories" }),
            how.to_owned(),
        ]);
    }
    let letters = |many| if many == 1 { "letter" } else { "letters" };
    let (due, silent) = (letters_due - silent_pages.min(letters_due), silent_pages);
    for (many, what) in [(due, "to send"), (silent, "whose page does not answer yet")] {
        if many > 0 {
            let what = format!("{} {what}", letters(many));
            rows.push(vec![many.to_string(), what, "letters".to_owned()]);
        }
    }
    if counts.failed_letters > 0 {
        let what = if counts.failed_letters == 1 {
            "letter"
        } else {
            "letters"
        };
        let what = format!("{what} that did not arrive");
        rows.push(vec![counts.failed_letters.to_string(), what, "letters".to_owned()]);
    }
    if let Some(steps) = unpushed.filter(|steps| *steps > 0) {
        let what = if steps == 1 { "step" } else { "steps" };
        let what = format!("{what} that {} does not have", desk.config.repository.remote);
        rows.push(vec![steps.to_string(), what, "sync".to_owned()]);
    }
    if quarantined > 0 {
        rows.push(vec![
            quarantined.to_string(),
            if quarantined == 1 {
                "mail that needs a person"
            } else {
                "mails that need a person"
            }
            .to_owned(),
            "quarantine".to_owned(),
        ]);
    }
    if erasing || back > 0 {
        let (many, what) = match (erasing, back) {
            (true, _) => (String::new(), "an erasure was interrupted"),
            (_, 1) => ("1".to_owned(), "story that is recorded as erased stands"),
            (_, many) => (many.to_string(), "stories that are recorded as erased stand"),
        };
        rows.push(vec![many, what.to_owned(), "erase --finish".to_owned()]);
    }
    if rows.is_empty() {
        report.line("Nothing needs a person.");
    }
    table(&rows).iter().for_each(|line| report.line(line));
    if let Some(next) = counts.next_scheduled(desk.now) {
        let when = crate::desk::schedule::words(next, &desk.config.team.timezone);
        report.line(&format!("Scheduled next: {when} (list --state scheduled)"));
    }
    if set_aside > 0 {
        report.line(&format!(
            "{set_aside} set aside in the last 30 days (quarantine list --set-aside)"
        ));
    }
    if aside.decisions > 0 {
        let many = match aside.decisions {
            1 => "1 decision by mail that does not count is".to_owned(),
            many => format!("{many} decisions by mail that do not count are"),
        };
        report.line(&format!("  {many} among them"));
    }
    for (at, id, title) in &counts.oldest {
        let day = at.map(|at| super::fetch::day(at, desk)).unwrap_or_default();
        report.line(&format!("  {day}  {title}  {id}"));
    }
    Ok(0)
}
