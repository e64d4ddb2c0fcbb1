//! `verify`.

use clap::Args;
use serde_json::json;

use crate::desk::Desk;
use crate::desk::verify::{self, Chained, Finding, Scope, Verdict};
use crate::story::event::What;

use super::global::Global;
use super::progress::Progress;
use super::report::{Outcome, Report};

#[derive(Debug, Args)]
pub struct Verify {
    /// A story, or the commits of a range like `origin/main..main`
    #[arg(value_name = "STORY|RANGE", conflicts_with = "story")]
    pub what: Option<String>,
    /// A story, also where its name looks like a range
    #[arg(long, value_name = "STORY")]
    pub story: Option<String>,
    /// Let what is found stand, at this desk, after you have looked at it
    #[arg(long)]
    pub accept: bool,
}

pub fn verify(desk: &Desk, global: &Global, args: &Verify, report: &Report) -> Outcome {
    let repo = desk.repo()?;
    let scope = match &args.story {
        Some(typed) => Scope::Story(crate::desk::names::resolve(desk, &repo, typed)?),
        None => verify::scope(desk, &repo, args.what.as_deref())?,
    };
    let progress = Progress::new(report.quiet || report.json);
    let mut known = 0;
    let looked = verify::verify(desk, &repo, &scope, &mut |_, many| {
        if known == 0 {
            known = many;
            progress.more("Verifying", many);
        }
        progress.one();
    });
    progress.end();
    let (mut verdict, chain) = looked?;
    if args.accept && !global.dry_run {
        verify::accept(desk, &mut verdict.findings)?;
    }
    match report.json {
        true => as_json(&verdict, &scope, &chain, report),
        false => as_text(desk, &verdict, &scope, &chain, report),
    }
    Ok(if verdict.is_clean() { 0 } else { 1 })
}

fn as_json(verdict: &Verdict, scope: &Scope, chain: &[Chained], report: &Report) {
    let finding = |f: &Finding| {
        json!({"place": f.place, "commit": f.commit.map(|c| c.to_string()), "rule": f.rule, "said": f.said, "blocks": f.blocks,
               "accepted": f.accepted})
    };
    let link = |c: &Chained| {
        let mail = match &c.event.what {
            What::Received { mail, .. } | What::FollowUp { mail, .. } => Some(mail.hex()),
            _ => None,
        };
        json!({"event": c.event.id, "kind": c.event.kind(), "at": c.event.at, "by": c.event.by.name, "text": c.event.text,
               "mail": mail, "commit": c.commit.map(|c| c.to_string()), "signed": c.signed})
    };
    let story = match scope {
        Scope::Story(id) => Some(id),
        _ => None,
    };
    report.object(&json!({
        "story": story,
        "stories": verdict.stories,
        "commits": verdict.commits,
        "events": verdict.events,
        "signed": verdict.signed,
        "findings": verdict.findings.iter().map(finding).collect::<Vec<_>>(),
        "chain": chain.iter().map(link).collect::<Vec<_>>(),
    }));
}

fn as_text(desk: &Desk, verdict: &Verdict, scope: &Scope, chain: &[Chained], report: &Report) {
    for c in chain {
        let digits = match (&c.event.what, c.event.text) {
            (What::Received { mail, .. }, Some(text)) => {
                format!("mail {} -> {}", cut(&mail.hex()), cut(&text.to_string()))
            }
            (What::Received { mail, .. } | What::FollowUp { mail, .. }, _) => format!("mail {}", cut(&mail.hex())),
            (_, Some(text)) => format!("text {}", cut(&text.to_string())),
            (_, None) => String::new(),
        };
        let at = c.event.at.to_zoned_datetime(desk.config.team.timezone.clone());
        let commit = c
            .commit
            .map_or_else(|| "-".repeat(8), |c| c.to_string()[..8].to_owned());
        let signed = if c.signed { ", signed" } else { "" };
        report.line(&format!(
            "{commit}  {}  {:<17}  {digits:<38}  by {}{signed}",
            at.strftime("%Y-%m-%d %H:%M"),
            c.event.kind(),
            c.event.by.name
        ));
    }
    for f in &verdict.findings {
        let commit = f
            .commit
            .map(|c| format!(" in commit {}", &c.to_string()[..8]))
            .unwrap_or_default();
        let accepted = if f.accepted { " (accepted here)" } else { "" };
        report.line(&format!("{}: {}: {}{commit}{accepted}", f.place, f.rule, f.said));
    }
    let counted = |n: u64, one: &str, many: &str| format!("{n} {}", if n == 1 { one } else { many });
    let looked = match scope {
        Scope::Story(_) => counted(verdict.commits, "commit", "commits"),
        _ => format!(
            "{} in {}",
            counted(verdict.stories, "story", "stories"),
            counted(verdict.commits, "commit", "commits")
        ),
    };
    let found = verdict.findings.iter().filter(|f| !f.accepted).count() as u64;
    let found = match found {
        0 => "nothing is wrong".to_owned(),
        n => counted(n, "finding", "findings"),
    };
    let events = counted(verdict.events, "event", "events");
    report.line(&format!("{looked}, {events} ({} signed): {found}", verdict.signed));
}

fn cut(hex: &str) -> &str {
    &hex[..12]
}
