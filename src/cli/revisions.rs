//! Later mails of an author: `revisions`, `accept`, `decline`.

use std::io::IsTerminal;

use clap::Args;
use serde_json::json;
use similar::TextDiff;

use crate::desk::revision::{self, ByHand, Later, Taking, View};
use crate::desk::typed::{Purpose, Waiting, Words};
use crate::desk::{Desk, StoryRepo, Trouble, names};
use crate::story::event::RevisionStatus;
use crate::story::policy::Task;
use crate::story::step::Story;
use crate::story::wording::word_diff;

use super::asking::go_on;
use super::decide::show_change;
use super::editor::{InHand, in_editor};
use super::global::Global;
use super::kept::{keep, kept, safely};
use super::report::{Failure, Outcome, Report, table};
use super::tell;

#[derive(Debug, Args)]
pub struct Revisions {
    /// Its id or the beginning of it, its author, or a path
    story: String,
    /// Only this one [default: all that are proposed]
    number: Option<u32>,
    /// Word by word: [-gone-] and {+new+}
    #[arg(long)]
    word_diff: bool,
    /// Make a revision of a later mail that was taken for words to you
    #[arg(long, value_name = "N", conflicts_with = "number")]
    propose: Option<u32>,
}

#[derive(Debug, Args)]
pub struct Accept {
    /// Its id or the beginning of it, its author, or a path
    story: String,
    /// As `revisions` lists it [default: the one that is proposed]
    number: Option<u32>,
    /// The author's words as they are; what you changed in them is left out
    #[arg(long)]
    as_written: bool,
    /// Only the words
    #[arg(long)]
    no_photos: bool,
}

#[derive(Debug, Args)]
pub struct Decline {
    /// Its id or the beginning of it, its author, or a path
    story: String,
    /// As `revisions` lists it [default: the one that is proposed]
    number: Option<u32>,
    /// Why, as the author will read it in a letter; without it none is written
    #[arg(short, long, value_name = "TEXT")]
    message: Option<String>,
}

pub fn revisions(desk: &Desk, global: &Global, args: &Revisions, report: &Report) -> Outcome {
    let repo = desk.repo()?;
    let id = names::resolve(desk, &repo, &args.story)?;
    if let Some(number) = args.propose {
        let clerk = desk.clerk(&repo, Task::Edit)?;
        if global.dry_run {
            let story = desk.story(&repo, &id)?;
            let change = revision::call_revision(&story, &clerk, number).map_err(Trouble::from)?;
            show_change(report, &story, change.as_ref());
            return Ok(0);
        }
        let _lock = desk.spool()?;
        let taken = desk.step(&repo, &id, false, |story| {
            revision::call_revision(story, &clerk, number)
        })?;
        tell(report, "Proposed", "It is a revision already", &taken, desk);
        return Ok(0);
    }
    let story = desk.story(&repo, &id)?;
    super::story::warn_of_edits(&repo, &id, report);
    let all = match args.number {
        Some(_) => revision::find(&story, args.number, RevisionStatus::Accepted)
            .map_err(Trouble::from)?
            .into_iter()
            .collect(),
        None => revision::later(&story),
    };
    let views: Vec<(Later, Option<Shown>)> = all
        .into_iter()
        .map(|later| {
            let wanted = report.json || args.number.is_some() || later.status == Some(RevisionStatus::Proposed);
            let shown = wanted.then(|| Shown::of(desk, &repo, &story, &later)).transpose()?;
            Ok((later, shown))
        })
        .collect::<Result<_, Failure>>()?;
    if report.json {
        report.object(
            &views
                .iter()
                .map(|(later, shown)| as_json(later, shown.as_ref()))
                .collect::<Vec<_>>(),
        );
        return Ok(0);
    }
    if views.is_empty() {
        report.line(&format!("Its author has not written again: {}", story.title()));
        return Ok(0);
    }
    let mut rows = vec![["N", "STATUS", "CAME", "BRINGS"].map(str::to_owned).to_vec()];
    for (later, shown) in &views {
        let at = later.at.to_zoned_datetime(desk.config.team.timezone.clone());
        let brings = match shown {
            Some(shown) => shown.brings(),
            None if later.status.is_none() => "words to the team".to_owned(),
            None => String::new(),
        };
        let at = at.strftime("%Y-%m-%d %H:%M").to_string();
        rows.push(vec![
            later.number.to_string(),
            later.status_name().to_owned(),
            at,
            brings,
        ]);
    }
    table(&rows).iter().for_each(|line| report.line(line));
    for (later, shown) in &views {
        if let Some(shown) = shown {
            shown.tell(later, args.word_diff, report);
        }
    }
    let folder = id.folder();
    if views.iter().any(|(l, _)| l.status == Some(RevisionStatus::Proposed)) {
        report.remark(&format!(
            "\n`accept {folder}` takes it into the text, `decline {folder}` leaves it out."
        ));
    } else if views.iter().any(|(l, _)| l.status.is_none()) {
        report.remark(&format!(
            "\n`show {folder}` has their words; `revisions {folder} --propose N` makes a revision of one."
        ));
    }
    Ok(0)
}

/// A later mail, read, beside the story.
pub(super) struct Shown {
    pub view: View,
    pub has_text: bool,
    pub left_out: Vec<String>,
    pub unproven: bool,
}

/// What is said of a mail that nothing proves.
pub(super) const UNPROVEN: &str =
    "nothing proves that this mail is of the author (no DKIM signature of its domain, found by a trusted server)";

impl Shown {
    pub fn of(desk: &Desk, repo: &StoryRepo, story: &Story, later: &Later) -> Result<Shown, Trouble> {
        let brought = revision::read(desk, repo, story, later)?;
        Ok(Shown {
            view: revision::view(repo, story, &brought)?,
            has_text: brought.text.is_some(),
            left_out: brought.text.map(|found| found.left_out).unwrap_or_default(),
            unproven: revision::unproven(desk, repo, &story.id, later)?,
        })
    }

    pub fn brings(&self) -> String {
        let many = self.view.photos.len();
        let photos = match many {
            0 => None,
            1 => Some("1 new photo".to_owned()),
            n => Some(format!("{n} new photos")),
        };
        let text = self.has_text.then(|| match self.view.merged.conflict {
            true => "a text; both changed the same words".to_owned(),
            false if self.view.merged.text == self.view.ours => "a text that says nothing new".to_owned(),
            false => "a corrected text".to_owned(),
        });
        let all: Vec<String> = text.into_iter().chain(photos).collect();
        if all.is_empty() {
            "words to the team".to_owned()
        } else {
            all.join(", ")
        }
    }

    fn tell(&self, later: &Later, words: bool, report: &Report) {
        let View {
            base,
            ours,
            theirs,
            merged,
            photos,
        } = &self.view;
        let changes = |name: (&str, &str), old: &str, new: &str| match words {
            true => word_diff(old, new).trim_matches('\n').to_owned(),
            false => {
                let diff = TextDiff::from_lines(old, new);
                diff.unified_diff().context_radius(1).header(name.0, name.1).to_string()
            }
        };
        let part = |head: &str, text: &str| {
            report.line(&format!("\n{head}\n"));
            report.line(text.trim_end());
        };
        if self.has_text {
            let (before, after) = ("the author's words", "the author's new words");
            part(
                &format!("What the author changed in {}:", later.number),
                &changes((before, after), base, theirs),
            );
            let bare = crate::story::revision::without_pictures(ours);
            if bare != *base {
                part(
                    "What you changed meanwhile:",
                    &changes((before, "your text"), base, &bare),
                );
                match merged.conflict {
                    true => part("Both changed the same words:", &merged.text),
                    false => part(
                        "What accepting makes of your text:",
                        &changes(("your text", "with the revision"), ours, &merged.text),
                    ),
                }
            }
        }
        if !self.left_out.is_empty() {
            part("Taken for words to you, and left out:", &self.left_out.join("\n\n"));
        }
        for (photo, alt) in photos {
            let alt = if alt.is_empty() { "not said what it shows" } else { alt };
            report.line(&format!("\nA new photo, {} x {} ({alt})", photo.width, photo.height));
        }
        if self.unproven {
            report.caution(UNPROVEN);
        }
    }
}

fn as_json(later: &Later, shown: Option<&Shown>) -> serde_json::Value {
    let view = shown.map(|s| &s.view);
    json!({
        "revision": later.number,
        "status": later.status_name(),
        "mail": later.mail,
        "at": later.at,
        "auth": later.auth,
        "before": view.map(|v| &v.base),
        "ours": view.map(|v| &v.ours),
        "text": shown.filter(|s| s.has_text).map(|s| &s.view.theirs),
        "merged": view.filter(|v| !v.merged.conflict).map(|v| &v.merged.text),
        "conflict": view.is_some_and(|v| v.merged.conflict),
        "left_out": shown.map(|s| s.left_out.clone()).unwrap_or_default(),
        "photos": view.map(|v| v.photos.iter().map(|(p, alt)| json!({"width": p.width, "height": p.height, "bytes": p.bytes.len(), "alt": alt})).collect::<Vec<_>>()).unwrap_or_default(),
    })
}

pub fn accept(desk: &Desk, global: &Global, args: &Accept, report: &Report) -> Outcome {
    let repo = desk.repo()?;
    let clerk = desk.clerk(&repo, Task::Edit)?;
    let id = names::resolve(desk, &repo, &args.story)?;
    let story = desk.story(&repo, &id)?;
    let Some(later) = revision::find(&story, args.number, RevisionStatus::Accepted).map_err(Trouble::from)? else {
        return nothing(desk, &story, "It is accepted already", report);
    };
    let brought = revision::read(desk, &repo, &story, &later)?;
    let mut taking = Taking {
        as_written: args.as_written,
        no_photos: args.no_photos,
        by_hand: None,
    };
    let plan = |story: &Story, taking: &Taking| revision::accept(desk, &repo, story, &clerk, &later, &brought, taking);
    if global.dry_run {
        let change = plan(&story, &taking).map_err(Trouble::from)?;
        show_change(report, &story, change.as_ref());
        return Ok(0);
    }
    let words = |text: &[u8], before: &Option<Waiting>| {
        Words::new(&id, Purpose::NewText(later.number), text).instead_of(before.as_ref())
    };
    let in_hand = InHand::begin();
    let mut place = None;
    let asks = !global.no_input && std::io::stdin().is_terminal();
    if let Some(both) = revision::to_edit(&repo, &story, &brought, &taking)?.filter(|_| asks && is_open(&later)) {
        crate::desk::edit::may(&story, &desk.policy, &clerk).map_err(Trouble::from)?;
        let before = go_on(desk, global, &id, Purpose::NewText(later.number))?;
        let begin = before.as_ref().map_or(both.as_bytes(), |before| &before.words.text);
        let text = in_editor(begin, ".md").map_err(|unfinished| unfinished.kept(desk, |text| words(text, &before)))?;
        let text = String::from_utf8(text).map_err(|text| {
            let failure = Failure::usage("the text is not UTF-8", "", "save it as UTF-8");
            kept(desk, failure, &words(text.as_bytes(), &before))
        })?;
        // nobody puts it together twice
        place = keep(&desk.config.spool_folder(), &words(text.as_bytes(), &before)).ok();
        let upon = story.text;
        taking.by_hand = Some(ByHand { text, upon });
    }
    let take = || {
        let _lock = desk.spool()?;
        desk.step(&repo, &id, true, |story| plan(story, &taking))
    };
    let taken = safely(desk, place, in_hand, || Ok(take()?), |_| true)?;
    tell(report, "Accepted", "It is accepted already", &taken, desk);
    Ok(0)
}

fn is_open(later: &Later) -> bool {
    matches!(later.status, Some(RevisionStatus::Proposed | RevisionStatus::Declined))
}

pub fn decline(desk: &Desk, global: &Global, args: &Decline, report: &Report) -> Outcome {
    let repo = desk.repo()?;
    let clerk = desk.clerk(&repo, Task::Edit)?;
    let id = names::resolve(desk, &repo, &args.story)?;
    let story = desk.story(&repo, &id)?;
    let Some(later) = revision::find(&story, args.number, RevisionStatus::Declined).map_err(Trouble::from)? else {
        return nothing(desk, &story, "It is declined already", report);
    };
    let note = args.message.as_deref().unwrap_or_default().trim();
    let plan = |story: &Story| revision::decline(story, &clerk, &later, note);
    if global.dry_run {
        let change = plan(&story).map_err(Trouble::from)?;
        show_change(report, &story, change.as_ref());
        return Ok(0);
    }
    let _lock = desk.spool()?;
    let taken = desk.step(&repo, &id, false, plan)?;
    tell(report, "Declined", "It is declined already", &taken, desk);
    Ok(0)
}

fn nothing(desk: &Desk, story: &Story, words: &str, report: &Report) -> Outcome {
    report.answer(
        &format!("{words}: {}", story.title()),
        &json!({"id": story.id, "state": story.state(&desk.policy), "title": story.title(), "text_hash": story.text, "changed": false}),
    );
    Ok(0)
}
