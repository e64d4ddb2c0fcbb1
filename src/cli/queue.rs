//! `list` and `status`.

use std::borrow::Cow;

use clap::{Args, ValueEnum};
use jiff::Timestamp;
use serde_json::json;

use crate::desk::letters;
use crate::desk::queue::{self, Summary};
use crate::desk::search::searching;
use crate::desk::{Desk, StoryRepo, Trouble};
use crate::story::event::Asks;
use crate::story::state::State;
use crate::story::{StoryId, id::slug};

use super::report::{Outcome, Report, table};
use super::review::width::columns;
use super::rows::Rows;

#[derive(Debug, Args)]
pub struct List {
    /// Only stories in this state
    #[arg(long, value_parser = state)]
    pub state: Option<State>,
    /// Only stories of this author
    #[arg(long)]
    pub author: Option<String>,
    /// Only stories with these words in title, author, place, tags or text
    #[arg(long, value_name = "WORDS")]
    pub search: Option<String>,
    /// Published, rejected and withdrawn ones, too
    #[arg(long)]
    pub all: bool,
    /// Order
    #[arg(long, value_name = "KEY", default_value = "received")]
    pub sort: Sort,
}

fn state(text: &str) -> Result<State, String> {
    let names: Vec<&str> = State::ALL.iter().map(|s| s.name()).collect();
    State::ALL
        .into_iter()
        .find(|s| s.name().eq_ignore_ascii_case(text))
        .ok_or_else(|| format!("one of {}", names.join(", ")))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Sort {
    Received,
    Author,
    State,
}

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

/// What a list is sorted by, the story's id last, and which row it is.
struct Place {
    state: Option<State>,
    author: String,
    received: Option<Timestamp>,
    row: usize,
    damage: Option<String>,
}

impl Place {
    fn of(s: &Summary, sort: Sort, row: usize) -> Place {
        Place {
            state: Some(s.state).filter(|_| sort == Sort::State),
            author: if sort == Sort::Author {
                slug(&s.author)
            } else {
                String::new()
            },
            received: s.received.filter(|_| sort != Sort::Author),
            row,
            damage: s.damage.clone(),
        }
    }
}

pub fn list(desk: &Desk, args: &List, report: &Report) -> Outcome {
    let repo = desk.repo()?;
    if report.json {
        let (rows, places) = gather(desk, &repo, args, Rows::new(), |rows, id, s| {
            rows.push([&Report::text_of(as_json(desk, &repo, id, s)), id.as_str()])
        })?;
        report.array(places.iter().map(|place| rows.cells(place.row)[0]));
        return Ok(0);
    }
    let mut rows = Rows::new();
    let head = rows.push(["RECEIVED", "STATE", "VOTES", "CHECKS", "TURN", "AUTHOR", "STORY"]);
    let (rows, places) = gather(desk, &repo, args, rows, |rows, id, s| rows.push(row(desk, id, s)))?;
    if places.is_empty() {
        report.line("No stories.");
        return Ok(0);
    }
    // the author and the story, by whose beginning it can be named
    let widths = rows.fitted(columns(), &[5, 6]);
    let numbers = std::iter::once(head).chain(places.iter().map(|place| place.row));
    report.lines(numbers.map(|row| rows.line(row, &widths)));
    for place in &places {
        if let Some(damage) = &place.damage {
            report.caution(&format!("{}: {damage}", rows.cells(place.row)[6]));
        }
    }
    Ok(0)
}

/// The stories that are asked for, as rows that `push` adds, of which the last cell is the id, and where each stands. No more of them
/// is held.
fn gather<const N: usize>(
    desk: &Desk,
    repo: &StoryRepo,
    args: &List,
    mut rows: Rows<N>,
    push: impl Fn(&mut Rows<N>, &StoryId, &Summary) -> usize,
) -> Result<(Rows<N>, Vec<Place>), Trouble> {
    let author = args.author.as_deref().map(slug);
    let wanted = |s: &Summary| {
        let state = match args.state {
            Some(state) => s.state == state,
            None => args.all || s.is_on_the_desk(desk.now),
        };
        state && author.as_ref().is_none_or(|author| slug(&s.author).contains(author))
    };
    let mut places = Vec::new();
    searching(desk, repo, args.search.as_deref(), |found| {
        queue::each(
            desk,
            repo,
            |id| found.may(id),
            |id, s| {
                // one that cannot be read comes without being asked
                if wanted(&s) && (s.damage.is_none() || found.has(&id, &s)?) {
                    let number = push(&mut rows, &id, &s);
                    places.push(Place::of(&s, args.sort, number));
                }
                Ok(())
            },
        )
    })?;
    let id = |place: &Place| rows.cells(place.row)[N - 1];
    places.sort_by(|a, b| {
        let first = (a.state, &a.author, a.received).cmp(&(b.state, &b.author, b.received));
        first.then_with(|| id(a).cmp(id(b)))
    });
    Ok((rows, places))
}

/// A story's row.
fn row<'a>(desk: &Desk, id: &'a StoryId, s: &'a Summary) -> [Cow<'a, str>; 7] {
    let state = match s.asks {
        Some(Asks::Withdrawal) => format!("{}, asked back", s.state).into(),
        _ if s.is_unpermitted(desk.now) => format!("{}, no consent", s.state).into(),
        _ if !s.still_out.is_empty() => format!("{}, still out", s.state).into(),
        _ if s.correction => "published, corrected".into(),
        _ => s.state.name().into(),
    };
    let votes = format!("{}/{}", s.approvals, desk.policy.approvals);
    let name = if s.author.is_empty() { &s.title } else { &s.author };
    let day = s.received.map(|at| super::fetch::day(at, desk)).unwrap_or_default();
    let checks = match s.blocking() {
        0 => String::new(),
        many => many.to_string(),
    };
    let (turn, name) = (s.turn(&desk.policy).into(), name.as_str().into());
    [
        day.into(),
        state,
        votes.into(),
        checks.into(),
        turn,
        name,
        id.as_str().into(),
    ]
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
    // a remote that nothing was ever pushed to has nothing of it
    let never = !repo.has_seen(&desk.config.repository.remote).map_err(Trouble::from)?;
    let unfinished = crate::desk::erase::unfinished(desk)?.filter(|plan| !(never && plan.is_rest()));
    let to_obey = crate::desk::erase::is_to_obey(desk, &repo)?;
    let erasing = unfinished.is_some() || to_obey;
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
        let (many, what) = match (&unfinished, back) {
            (None, _) if to_obey => (String::new(), "what another desk erased is not destroyed here yet"),
            (Some(plan), _) if plan.is_rest() => (String::new(), "the remote may still have what was erased here"),
            (Some(_), _) => (String::new(), "an erasure was interrupted"),
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
        let when = desk.moment(next);
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
    if !counts.oldest.is_empty() {
        report.line("Waiting longest:");
    }
    for (at, id, title) in &counts.oldest {
        let day = at.map(|at| super::fetch::day(at, desk)).unwrap_or_default();
        report.line(&format!("  {day}  {title}  {id}"));
    }
    Ok(0)
}
