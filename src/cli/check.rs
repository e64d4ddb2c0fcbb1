//! `check`: what is found in a story, or in all; a finding waived; the rules.

use clap::Args;
use serde_json::{Value, json};

use crate::desk::Desk;
use crate::desk::check::{Which, waive};
use crate::desk::names;
use crate::desk::queue::Queue;
use crate::desk::typed::Purpose;
use crate::story::check::{Finding, RULES, check as look};
use crate::story::policy::Task;
use crate::story::record::one_line;
use crate::story::step::Story;

use super::asking::with_message;
use super::decide::show_change;
use super::global::Global;
use super::report::{Outcome, Report, table};
use super::tell;

#[derive(Debug, Args)]
pub struct Check {
    /// Its id or the beginning of it, its author, or a path [default: every open story]
    pub story: Option<String>,
    /// Let a finding stand: a rule's name, or one of its findings (phone:2)
    #[arg(long, value_name = "RULE[:N]", requires = "story")]
    pub waive: Vec<String>,
    /// Why it may stand
    #[arg(short, long, value_name = "TEXT", requires = "waive")]
    pub message: Option<String>,
    /// What is looked for
    #[arg(long, conflicts_with_all = ["story", "waive"])]
    pub rules: bool,
}

pub fn check(desk: &Desk, global: &Global, args: &Check, report: &Report) -> Outcome {
    if args.rules {
        return rules(desk, report);
    }
    let Some(typed) = &args.story else {
        return all(desk, report);
    };
    let repo = desk.repo()?;
    let id = names::resolve(desk, &repo, typed)?;
    if args.waive.is_empty() {
        let story = desk.story(&repo, &id)?;
        let found = look(&story, &desk.policy.checks);
        if report.json {
            report.object(&of_story(&story, &found));
        } else {
            report.line(&story.title());
            tell_findings(&found, report);
            advise(&found, id.folder(), report);
        }
        return Ok(0);
    }
    let which: Result<Vec<Which>, _> = args.waive.iter().map(|typed| Which::parse(typed)).collect();
    let which = which?;
    let clerk = desk.clerk(&repo, Task::Decide)?;
    let asked = (Purpose::Waive(args.waive.join(" ")), "the reason why it may stand");
    let stories = std::slice::from_ref(typed);
    with_message(desk, global, stories, args.message.clone(), asked, |note| {
        let plan = |story: &Story| waive(story, &desk.policy, &clerk, &which, &note);
        if global.dry_run {
            let story = desk.story(&repo, &id)?;
            show_change(report, &story, plan(&story)?.as_ref());
            return Ok(0);
        }
        let _lock = desk.spool()?;
        let taken = desk.step(&repo, &id, true, plan)?;
        tell(report, "Waived", "It is waived already", &taken, desk);
        if !report.json {
            let found = look(&taken.story, &desk.policy.checks);
            let many = found.iter().filter(|f| f.blocks()).count();
            if many > 0 {
                report.remark(&format!("Still open: {many} (`check {}`)", id.folder()));
            }
        }
        Ok(0)
    })
}

/// Every open story that has an open finding.
fn all(desk: &Desk, report: &Report) -> Outcome {
    let repo = desk.repo()?;
    let queue = Queue::read(desk, &repo)?;
    let mut answers = Vec::new();
    let mut many = 0;
    let mut all_found = Vec::new();
    for (id, _) in queue
        .iter()
        .filter(|(_, s)| !s.open_checks.is_empty() && s.damage.is_none())
    {
        let story = desk.story(&repo, id)?;
        let found = look(&story, &desk.policy.checks);
        if report.json {
            answers.push(of_story(&story, &found));
            continue;
        }
        if many > 0 {
            report.line("");
        }
        many += 1;
        report.line(&format!("{}  {id}", story.title()));
        tell_findings(&found, report);
        all_found.extend(found);
    }
    if report.json {
        report.object(&answers);
    } else if many == 0 {
        report.line("Nothing to check.");
    }
    advise(&all_found, "STORY", report);
    Ok(0)
}

/// Of one story, so many findings are printed.
const SHOWN: usize = 40;

fn tell_findings(found: &[Finding], report: &Report) {
    let (open, waived): (Vec<&Finding>, Vec<&Finding>) = found.iter().partition(|f| f.waived.is_none());
    if found.is_empty() {
        report.line("  Nothing to check.");
        return;
    }
    let place = |f: &Finding| match f.places.split_first() {
        Some((p, [])) => format!("{}:{}", p.line, p.column),
        Some((p, rest)) => format!("{}:{} +{}", p.line, p.column, rest.len()),
        None => String::new(),
    };
    let row = |f: &&Finding| {
        let weight = if f.rule.blocks { "" } else { "(only told)" };
        vec![
            format!("  {}:{}", f.rule.name, f.n),
            place(f),
            f.words.clone(),
            weight.to_owned(),
        ]
    };
    let stands = |f: &&Finding| {
        let why = f
            .waived
            .as_ref()
            .map(|w| format!("(waived by {}: {})", w.by, one_line(&w.note)));
        vec![
            format!("  {}:{}", f.rule.name, f.n),
            place(f),
            f.words.clone(),
            why.unwrap_or_default(),
        ]
    };
    let mut rows: Vec<Vec<String>> = open.iter().take(SHOWN).map(row).collect();
    if open.len() > SHOWN {
        rows.push(vec![format!("  and {} more", open.len() - SHOWN)]);
    }
    rows.extend(waived.iter().take(SHOWN).map(stands));
    table(&rows).iter().for_each(|line| report.line(line));
    let mut told: Vec<&str> = Vec::new();
    for f in &open {
        if !told.contains(&f.rule.name) {
            told.push(f.rule.name);
            report.line(&format!(
                "  {}: {} {}",
                f.rule.name,
                f.rule.english,
                sentence(f.rule.fix)
            ));
        }
    }
}

/// What to do about findings that block.
fn advise(found: &[Finding], story: &str, report: &Report) {
    if found.iter().any(Finding::blocks) {
        report.remark(&format!(
            "Mend it with `edit {story}`, or let it stand: `check {story} --waive RULE:N -m \"why\"`."
        ));
    }
}

/// With a capital and a full stop.
fn sentence(words: &str) -> String {
    let mut chars = words.chars();
    let first: String = chars.next().map(|c| c.to_uppercase().collect()).unwrap_or_default();
    format!("{first}{}.", chars.as_str())
}

/// One story's findings as JSON.
fn of_story(story: &Story, found: &[Finding]) -> Value {
    let open = found.iter().filter(|f| f.waived.is_none()).count();
    let blocking = found.iter().filter(|f| f.blocks()).count();
    json!({"id": story.id, "title": story.title(), "text_hash": story.text, "findings": as_json(found), "open": open, "blocking": blocking})
}

/// Findings as JSON.
pub fn as_json(found: &[Finding]) -> Vec<Value> {
    let object = |f: &Finding| {
        let place = f.places.first();
        let waived = f
            .waived
            .as_ref()
            .map(|w| json!({"by": w.by, "at": w.at, "note": w.note}));
        json!({
            "rule": f.rule.name,
            "n": f.n,
            "line": place.map(|p| p.line),
            "column": place.map(|p| p.column),
            "places": f.places,
            "words": f.words,
            "blocks": f.blocks(),
            "why": f.rule.english,
            "fix": f.rule.fix,
            "waived": waived,
        })
    };
    found.iter().map(object).collect()
}

/// The lines that `show` has about findings.
pub fn facts(story: &Story, desk: &Desk) -> Vec<(&'static str, String)> {
    let found = look(story, &desk.policy.checks);
    let line = |f: &Finding| {
        let place = f
            .places
            .first()
            .map(|p| format!(" at {}:{}", p.line, p.column))
            .unwrap_or_default();
        format!("{}{place}: {}", f.rule.name, f.words)
    };
    let mut facts: Vec<(&str, String)> = Vec::new();
    let open = found.iter().filter(|f| f.waived.is_none());
    facts.extend(open.clone().take(SHOWN).map(|f| ("Check", line(f))));
    if open.clone().count() > SHOWN {
        facts.push(("Check", format!("and more (check {})", story.id.folder())));
    }
    let waived = found.iter().filter_map(|f| Some((f, f.waived.as_ref()?)));
    facts.extend(waived.map(|(f, w)| ("Waived", format!("{} ({}: {})", line(f), w.by, w.note))));
    facts
}

fn rules(desk: &Desk, report: &Report) -> Outcome {
    let off = |name: &str| desk.policy.checks.off.iter().any(|o| o == name);
    if report.json {
        let object = |r: &crate::story::check::Rule| json!({"rule": r.name, "blocks": r.blocks, "off": off(r.name), "why": r.english, "fix": r.fix});
        report.object(&RULES.iter().map(object).collect::<Vec<_>>());
        return Ok(0);
    }
    for rule in RULES {
        let weight = match (off(rule.name), rule.blocks) {
            (true, _) => "off",
            (_, true) if desk.policy.checks.block => "blocks",
            _ => "told",
        };
        report.line(&format!(
            "{:<15}{weight:<8}{} {}",
            rule.name,
            rule.english,
            sentence(rule.fix)
        ));
    }
    Ok(0)
}
