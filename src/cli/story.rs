//! One story, read: `show`, `diff`, `log`.

use clap::Args;
use serde_json::json;
use similar::TextDiff;

use crate::desk::StoryRepo;
use crate::desk::account::shown;
use crate::desk::names;
use crate::desk::queue::Summary;
use crate::desk::revision::own_words;
use crate::desk::{Desk, Trouble, edit};
use crate::story::StoryId;
use crate::story::check::check;
use crate::story::event::{Event, EventId, What};
use crate::story::page::{INDEX, RECORD};
use crate::story::people::{PEOPLE, People};
use crate::story::record::Files;
use crate::story::seal::Seal;
use crate::story::state::State;
use crate::story::step::Story;
use crate::story::wording::word_diff;

use super::report::{Failure, Outcome, Report};

#[derive(Debug, Args)]
pub struct Show {
    /// Its id or the beginning of it, its author, or a path
    pub story: String,
    /// The mail as it came
    #[arg(long, conflicts_with_all = ["cut", "record"])]
    pub raw: bool,
    /// What was cut, and by which rule
    #[arg(long, conflicts_with = "record")]
    pub cut: bool,
    /// The record, event by event
    #[arg(long)]
    pub record: bool,
}

#[derive(Debug, Args)]
pub struct Diff {
    /// Its id or the beginning of it, its author, or a path
    pub story: String,
    /// Against the author's own words
    #[arg(long)]
    pub from_mail: bool,
    /// Word by word: [-gone-] and {+new+}
    #[arg(long)]
    pub word_diff: bool,
}

pub fn show(desk: &Desk, args: &Show, report: &Report) -> Outcome {
    let repo = desk.repo()?;
    let id = names::resolve(desk, &repo, &args.story)?;
    let story = desk.story(&repo, &id)?;
    if args.raw {
        // the mail of a piece is with the story that it was split off
        let id = crate::desk::pieces::came_from(&story).unwrap_or(id);
        return raw(&repo, &id, report);
    }
    warn_of_edits(&repo, &id, report);
    if args.cut {
        return cut(&repo, &story, report);
    }
    if args.record {
        return record(&story, report);
    }
    let private = repo.private(&id).map_err(Trouble::from)?;
    if report.json {
        as_json(desk, &repo, &story, private.as_ref(), report)
    } else {
        as_text(desk, &story, private.as_ref(), report)
    }
}

pub(super) fn warn_of_edits(repo: &StoryRepo, id: &StoryId, report: &Report) {
    if let Ok(tip) = repo.tip()
        && let Ok(files) = repo.uncommitted(&tip, id)
        && !files.is_empty()
    {
        report.caution(&format!(
            "{} has an edit that is not committed ({}); this is the committed text",
            id.folder(),
            files.join(", ")
        ));
    }
}

fn raw(repo: &StoryRepo, id: &StoryId, report: &Report) -> Outcome {
    let mail = repo.private_file(id, "mail-1.eml").map_err(Trouble::from)?;
    match mail {
        Some(bytes) => report.bytes(&bytes),
        None if repo.private(id).map_err(Trouble::from)?.is_some() => {
            return Err(Failure::new(
                "story.no_mail",
                3,
                "there is no mail of this story",
                "it was told, not mailed",
                "`show STORY --record` says how it came",
            ));
        }
        None => return Err(Trouble::NoPrivatePart(id.clone()).into()),
    }
    Ok(0)
}

fn cut(repo: &StoryRepo, story: &Story, report: &Report) -> Outcome {
    let pieces = edit::pieces(repo, &story.id)?;
    let back = edit::restored(story, &pieces);
    if report.json {
        let object = |p: &crate::story::draft::CutPiece| json!({"n": p.n, "rule": p.rule, "why": p.why, "text": p.text, "restored": back.contains(&p.n)});
        report.object(&pieces.iter().map(object).collect::<Vec<_>>());
        return Ok(0);
    }
    if pieces.is_empty() {
        report.line("Nothing was cut from this mail.");
    }
    for piece in &pieces {
        let state = if back.contains(&piece.n) { ", put back" } else { "" };
        report.line(&format!("{}. {} ({}{state})", piece.n, piece.why, piece.rule));
        piece.text.lines().for_each(|line| report.line(&format!("   - {line}")));
    }
    if pieces.iter().any(|p| !back.contains(&p.n)) {
        report.remark(&format!("`restore {} N` puts piece N back.", story.id.folder()));
    }
    Ok(0)
}

fn record(story: &Story, report: &Report) -> Outcome {
    if report.json {
        report.object(&story.record.events.iter().map(event_json).collect::<Vec<_>>());
        return Ok(0);
    }
    for event in &story.record.events {
        report.line(&event.line());
    }
    for damage in &story.record.damage {
        report.caution(&damage.to_string());
    }
    Ok(0)
}

fn event_json(event: &Event) -> serde_json::Value {
    serde_json::from_str(&event.line()).unwrap_or_default()
}

fn people(private: Option<&Files>) -> Option<People> {
    private
        .and_then(|p| p.get(PEOPLE))
        .and_then(|bytes| People::parse(bytes).ok())
}

fn as_json(desk: &Desk, repo: &StoryRepo, story: &Story, private: Option<&Files>, report: &Report) -> Outcome {
    let summary = Summary::of(story, &desk.policy);
    let mut object = super::queue::as_json(desk, repo, &story.id, &summary);
    let people = people(private);
    let pieces = private
        .map(|_| edit::pieces(repo, &story.id))
        .transpose()?
        .unwrap_or_default();
    let receipts: Vec<_> = story
        .life
        .publication
        .iter()
        .flat_map(|p| &p.receipts)
        .map(|(target, (done, place))| json!({"target": target, "done": done, "place": place}))
        .collect();
    object["front"] = json!(story.front());
    object["text"] = json!(story.page.body());
    object["text_hash"] = json!(story.text);
    object["files"] = json!(
        story
            .files
            .keys()
            .filter(|n| ![INDEX, RECORD].contains(&n.as_str()))
            .collect::<Vec<_>>()
    );
    object["people"] = json!(people.map(
        |p| json!({"storyteller": p.storyteller, "sender": p.sender, "forwarder": p.forwarder, "reply_to": p.reply_to})
    ));
    object["events"] = json!(story.record.events.iter().map(event_json).collect::<Vec<_>>());
    let seals = crate::desk::seal::seals(story);
    let signed = story.record.events.iter().filter_map(|event| {
        let why = desk.worth(story, &seals, event)?.err().map(|doubt| doubt.to_string());
        Some(json!({"event": event.id, "by": event.by.name, "good": why.is_none(), "why": why}))
    });
    object["signatures"] = json!(signed.collect::<Vec<_>>());
    object["cut"] = json!(
        pieces
            .iter()
            .map(|p| json!({"n": p.n, "rule": p.rule, "why": p.why, "text": p.text}))
            .collect::<Vec<_>>()
    );
    object["checks"] = json!(super::check::as_json(&check(story, &desk.policy.checks)));
    object["receipts"] = json!(receipts);
    object["letters"] = json!(
        summary
            .letters_due(desk)
            .map(|letter| json!({"about": letter.about, "kind": letter.kind, "to": letter.to, "since": letter.since}))
            .collect::<Vec<_>>()
    );
    report.object(&object);
    Ok(0)
}

fn as_text(desk: &Desk, story: &Story, private: Option<&Files>, report: &Report) -> Outcome {
    let front = story.front();
    let life = &story.life;
    report.line(&story.title());
    if let Some(subtitle) = &front.subtitle {
        report.line(subtitle);
    }
    report.line("");
    let state = story.state(&desk.policy);
    let seals = crate::desk::seal::seals(story);
    let worth = |id: &EventId| {
        let event = story.record.events.iter().find(|e| e.id == *id)?;
        desk.worth(story, &seals, event)
    };
    let signed = |id: &EventId| matches!(worth(id), Some(Ok(())));
    let votes = life
        .standing(story.text, &desk.policy)
        .map(|v| match signed(&v.event) {
            true => format!("{}, signed", v.by.name),
            false => v.by.name.clone(),
        })
        .collect::<Vec<_>>();
    let by = if votes.is_empty() {
        String::new()
    } else {
        format!(" ({})", votes.join(", "))
    };
    let turn = Summary::of(story, &desk.policy).turn(&desk.policy);
    let mut facts = vec![
        ("Story", story.id.to_string()),
        (
            "State",
            match (life.has_correction(story.text), life.schedule) {
                (true, _) => format!("{state}, with a correction that is not out"),
                (false, Some((at, _))) if state == State::Scheduled => {
                    let when = desk.moment(at);
                    format!("{state} for {when}")
                }
                (false, _) => state.to_string(),
            },
        ),
        ("Approvals", format!("{} of {}{by}", votes.len(), desk.policy.approvals)),
        ("Turn", turn),
        ("Text", story.text.to_string()[..12].to_owned()),
    ];
    for vote in life.lapsed(story.text, &desk.policy) {
        let who = life.lapsed_through(vote, story.text);
        facts.push(("Lapsed", format!("the approval by {}, through {who}", vote.by.name)));
    }
    facts.extend(
        life.joined_into
            .iter()
            .map(|into| ("Joined", format!("its words are in {into}"))),
    );
    for event in &story.record.events {
        match &event.what {
            What::Split {
                from: Some(from),
                lines: Some([first, last]),
                ..
            } => {
                facts.push(("Split off", format!("lines {first} to {last} of {from}")));
            }
            What::Split { into, .. } if !into.is_empty() => facts.push(("Split", format!("into {}", into.join(", ")))),
            What::Joined { with: Some(with), .. } => facts.push(("Joined", format!("with the words of {with}"))),
            _ => {}
        }
    }
    let open = crate::desk::revision::later(story).into_iter();
    for later in open.filter(|l| l.status == Some(crate::story::event::RevisionStatus::Proposed)) {
        let command = format!("`revisions {}` shows it", story.id.folder());
        facts.push((
            "Revision",
            format!("{} proposed by the author: {command}", later.number),
        ));
    }
    for doubted in &life.doubted {
        facts.push((
            "Not counted",
            format!("{} by {}: {}", doubted.event, doubted.by, doubted.why),
        ));
    }
    for request in life.unanswered(story.text) {
        facts.push(("Asked", format!("{}: {}", request.by.name, request.note)));
    }
    facts.push((
        "Consent",
        match &life.consent {
            Some(g) => format!("yes, to {} ({})", super::consent::limits(desk, g), g.evidence),
            None if life.revoked => "taken back".to_owned(),
            None if desk.policy.consent_required => "not recorded".to_owned(),
            None => "not needed".to_owned(),
        },
    ));
    facts.extend(super::consent::tasks(story));
    if let Some(people) = people(private) {
        facts.push(("From", shown(&people.storyteller)));
        if people.sender != people.storyteller {
            facts.push(("Sent by", shown(&people.sender)));
        }
        if let Some(forwarder) = &people.forwarder {
            facts.push(("Forwarded by", shown(forwarder)));
        }
        facts.extend(crate::desk::letters::answers_to(&people).map(|to| ("Answers to", to)));
    }
    for event in &story.record.events {
        if let What::Received { notes, auth, .. } | What::FollowUp { notes, auth, .. } = &event.what {
            for a in auth {
                facts.push((
                    "Server says",
                    format!("{}={} {}", a.method, a.result, a.domain.as_deref().unwrap_or_default()),
                ));
            }
            facts.extend(notes.iter().map(|n| ("Note", n.clone())));
        }
        if let What::Noted { note, .. } = &event.what {
            facts.push(("Note", format!("{}: {note}", event.by.name)));
        }
    }
    let closed = matches!(state, State::TakenDown | State::Withdrawn | State::Rejected);
    for (target, (done, place)) in life.publication.iter().flat_map(|p| &p.receipts).filter(|_| !closed) {
        let place = place.as_deref().unwrap_or_default();
        facts.push((
            "Published",
            if *done {
                format!("{target}: {place}")
            } else {
                format!("{target}: pending")
            },
        ));
    }
    for target in life.still_out() {
        let place = life
            .posts
            .get(target)
            .and_then(|post| post.place.as_deref())
            .unwrap_or_default();
        let why = life.remains.get(target).map_or("not tried yet", |r| r.why.as_str());
        facts.push(("Still on", format!("{target}: {place}: {why}")));
    }
    for letter in crate::story::letter::failed(&story.record.events) {
        let to = letter.to.as_ref().map(|name| format!(" to {name}")).unwrap_or_default();
        let told = format!("{}{to} did not arrive: {}", letter.kind.name(), letter.reason);
        facts.push(("Letter", told));
    }
    let photos: Vec<&str> = story
        .files
        .keys()
        .map(String::as_str)
        .filter(|n| ![INDEX, RECORD].contains(n))
        .collect();
    if !photos.is_empty() {
        facts.push(("Photos", photos.join(", ")));
    }
    facts.extend(super::check::facts(story, desk));
    if let Some(cut) = private.and_then(|p| p.get(crate::story::people::CUT)) {
        let many = cut.split(|&b| b == b'\n').filter(|l| !l.is_empty()).count();
        facts.push(("Cut", format!("{many} (show --cut)")));
    }
    for (name, value) in facts.iter().filter(|(_, v)| !v.is_empty()) {
        report.line(&format!("{name:<13}{}", crate::story::record::one_line(value)));
    }
    report.line("");
    report.line(story.page.body().trim_end());
    let accepted = |l: &crate::desk::revision::Later| l.status == Some(crate::story::event::RevisionStatus::Accepted);
    let in_it: Vec<String> = crate::desk::revision::later(story)
        .iter()
        .filter(|l| accepted(l))
        .map(|l| format!("follow-up-{}.md", l.number))
        .collect();
    for (name, bytes) in private
        .into_iter()
        .flatten()
        .filter(|(n, _)| n.starts_with("follow-up-") && !in_it.contains(n))
    {
        report.line(&format!("\nA later mail ({name}):\n"));
        report.line(String::from_utf8_lossy(bytes).trim_end());
    }
    for damage in &story.record.damage {
        report.caution(&damage.to_string());
    }
    Ok(0)
}

pub fn diff(desk: &Desk, args: &Diff, report: &Report) -> Outcome {
    let repo = desk.repo()?;
    let id = names::resolve(desk, &repo, &args.story)?;
    let story = desk.story(&repo, &id)?;
    warn_of_edits(&repo, &id, report);
    let now = String::from_utf8_lossy(&story.files[INDEX]).into_owned();
    let (name, before) = if args.from_mail {
        ("the author's mail", own_words(desk, &repo, &story)?)
    } else {
        match earlier(&repo, &story)? {
            Some((what, text)) => (what, text),
            None => {
                if report.json {
                    report.object(&json!({"id": id, "against": null, "diff": ""}));
                } else {
                    report.line("The text is as it came.");
                }
                return Ok(0);
            }
        }
    };
    let (old, new) = match args.from_mail {
        true => (before, story.page.body().to_owned()),
        false => (before, now),
    };
    let diff = TextDiff::from_lines(&old, &new);
    let text = match args.word_diff {
        true => word_diff(&old, &new),
        false => diff.unified_diff().context_radius(3).header(name, "now").to_string(),
    };
    if report.json {
        report.object(&json!({"id": id, "against": name, "diff": text}));
    } else if text.trim().is_empty() {
        report.line(&format!("Nothing changed since {name}."));
    } else {
        report.line(text.trim_end());
    }
    Ok(0)
}

/// index.md as it was last approved, else as it came.
fn earlier(repo: &StoryRepo, story: &Story) -> Result<Option<(&'static str, String)>, Failure> {
    let votes = story.record.events.iter().rev().find_map(|e| match (&e.what, e.text) {
        (What::Approved { .. } | What::PublishBegun { .. }, Some(text)) => Some(("the text that was approved", text)),
        _ => None,
    });
    let came = || {
        let first = story.record.events.first()?;
        Some(("the text as it came", first.text?))
    };
    let Some((what, text)) = votes.or_else(came) else {
        return Ok(None);
    };
    if text == story.text && what != "the text that was approved" {
        return Ok(None);
    }
    let tip = repo.tip().map_err(Trouble::from)?;
    for past in repo.history(&tip, Some(&story.id), usize::MAX).map_err(Trouble::from)? {
        let Some(files) = repo.story_at(past.id, &story.id).map_err(Trouble::from)? else {
            continue;
        };
        if crate::story::page::text_hash(&files) == text {
            let index = files.get(INDEX).cloned().unwrap_or_default();
            return Ok(Some((what, String::from_utf8_lossy(&index).into_owned())));
        }
    }
    Err(Failure::new(
        "history.missing",
        1,
        "the earlier text is not in the history here",
        format!("no commit has the text {text}"),
        "fetch the whole history (`git fetch --unshallow`)",
    ))
}

pub fn log(desk: &Desk, story: Option<&str>, limit: Option<usize>, report: &Report) -> Outcome {
    let repo = desk.repo()?;
    let id = story.map(|s| names::resolve(desk, &repo, s)).transpose()?;
    let tip = repo.tip().map_err(Trouble::from)?;
    let default = if id.is_some() { usize::MAX } else { 50 };
    let past = repo
        .history(&tip, id.as_ref(), limit.unwrap_or(default))
        .map_err(Trouble::from)?;
    // whose key it is by config.toml, not what the commit says
    let signed_by = |p: &crate::desk::Past| match repo.seal_of(p.id) {
        Ok(Seal::By(key)) => Some(desk.owner(&key).unwrap_or("somebody unknown").to_owned()),
        _ => None,
    };
    if report.json {
        let object = |p: &crate::desk::Past| {
            let (subject, rest) = p.message.split_once('\n').unwrap_or((&p.message, ""));
            json!({"commit": p.id.to_string(), "at": p.by.at, "by": p.by.name, "signed": signed_by(p), "subject": subject, "body": rest.trim(), "files": p.files})
        };
        report.object(&past.iter().map(object).collect::<Vec<_>>());
        return Ok(0);
    }
    for p in &past {
        let (subject, rest) = p.message.split_once('\n').unwrap_or((&p.message, ""));
        let when = p.by.at.to_zoned_datetime(desk.config.team.timezone.clone());
        let signed = signed_by(p)
            .map(|who| format!(" (signed by {who})"))
            .unwrap_or_default();
        report.line(&format!(
            "{}  {}  {}: {subject}{signed}",
            &p.id.to_string()[..8],
            when.strftime("%Y-%m-%d %H:%M"),
            p.by.name
        ));
        let note = rest
            .trim()
            .rsplit_once("\n\n")
            .map(|(note, _)| note)
            .unwrap_or_default();
        note.lines().for_each(|line| report.line(&format!("          {line}")));
    }
    if past.is_empty() {
        report.line("Nothing happened yet.");
    }
    Ok(0)
}
