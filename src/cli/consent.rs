//! `consent`.

use clap::Args;
use jiff::Timestamp;
use jiff::civil::{Date, Time};
use serde_json::json;

use crate::desk::names;
use crate::desk::review::{self, Said};
use crate::desk::{Desk, consent as evidence};
use crate::story::consent::SCOPES;
use crate::story::event::{Asks, LetterStatus, What};
use crate::story::policy::Task;
use crate::story::state::Grant;
use crate::story::step::Story;

use super::decide::Errand;
use super::global::Global;
use super::report::{Failure, Outcome, Report};

#[derive(Debug, Args)]
pub struct Consent {
    /// Its id or the beginning of it, its author, or a path
    pub story: String,
    /// They said yes
    #[arg(long, conflicts_with = "revoke")]
    pub grant: bool,
    /// They took it back
    #[arg(long)]
    pub revoke: bool,
    /// How it is known
    #[arg(long, value_name = "TEXT")]
    pub evidence: Option<String>,
    /// The mail that says so, by its number: 2 is the first follow-up
    #[arg(long, value_name = "N")]
    pub mail: Option<usize>,
    /// What may be used: name or pseudonym, photos, place [default: the story as it stands]
    #[arg(long, value_name = "WHAT", value_delimiter = ',', requires = "grant")]
    pub scope: Vec<String>,
    /// On which targets [default: all]
    #[arg(long = "for", value_name = "TARGET", value_delimiter = ',', requires = "grant")]
    pub targets: Vec<String>,
    /// The last day for which it was given (YYYY-MM-DD) [default: until it is taken back]
    #[arg(long, value_name = "DAY", requires = "grant", value_parser = super::global::day)]
    pub until: Option<Date>,
}

pub fn consent(desk: &Desk, global: &Global, args: &Consent, report: &Report) -> Outcome {
    if !args.grant && !args.revoke {
        return show(desk, &args.story, report);
    }
    let repo = desk.repo()?;
    let id = names::resolve(desk, &repo, &args.story)?;
    let mail = match args.mail {
        None => None,
        Some(number) => Some(evidence::evidence(&repo, &id, number)?.ok_or_else(|| {
            Failure::new(
                "story.no_mail",
                3,
                format!("{} has no mail {number} here", id.folder()),
                "1 is the mail that began the story, 2 the first that followed it",
                "`show STORY` has the later mails",
            )
        })?),
    };
    let words = args.evidence.as_deref().unwrap_or_default().trim();
    if words.is_empty() && mail.is_none() {
        return Err(Failure::usage(
            "the evidence is missing",
            "consent that cannot be shown is none",
            "say how you know: --evidence \"said yes by phone to Cath, 3 May\", or --mail 2",
        ));
    }
    let said = Said {
        grant: args.grant,
        scope: scope(&args.scope)?,
        targets: targets(desk, &args.targets)?,
        until: args.until.map(|day| end_of(day, desk)).transpose()?,
        evidence: match (words, args.mail) {
            ("", Some(number)) => format!("their mail {number}, read by a person"),
            (words, _) => words.to_owned(),
        },
        mail,
    };
    let (done, nothing) = match args.grant {
        true => ("Consent recorded", "This consent is recorded already"),
        false => ("Recorded that consent is revoked", "There is no consent to revoke"),
    };
    let errand = Errand {
        task: Task::Decide,
        deciding: false,
        done,
        nothing,
    };
    let code = errand.run(desk, global, &args.story, report, |story, clerk| {
        review::consent(story, clerk, &said)
    })?;
    let story = desk.story(&repo, &id)?;
    if args.revoke && !global.dry_run && !story.life.posts.is_empty() {
        let on: Vec<&str> = story.life.posts.keys().map(String::as_str).collect();
        report.caution(&format!("it is still on {}", on.join(", ")));
        let folder = id.folder();
        report.remark(&format!(
            "`takedown {folder}` takes it off; `withdraw {folder} -m \"...\"` if they want all of it back."
        ));
    }
    Ok(code)
}

fn scope(given: &[String]) -> Result<Vec<String>, Failure> {
    let known = |word: &str| SCOPES.iter().any(|(name, _)| *name == word);
    if let Some(word) = given.iter().find(|word| !known(word)) {
        let all: Vec<String> = SCOPES.iter().map(|(name, what)| format!("{name} ({what})")).collect();
        return Err(Failure::usage(
            format!("{word:?} is nothing that can be agreed to"),
            format!("it is {}", all.join(", ")),
            "put the rest into --evidence",
        ));
    }
    let has = |word: &str| given.iter().any(|g| g == word);
    if has("name") && has("pseudonym") {
        return Err(Failure::usage(
            "it is either name or pseudonym",
            "a page has one byline",
            "leave one of them out",
        ));
    }
    let mut scope = given.to_vec();
    scope.sort();
    scope.dedup();
    Ok(scope)
}

fn targets(desk: &Desk, given: &[String]) -> Result<Vec<String>, Failure> {
    let known: Vec<&str> = desk.config.targets.iter().map(|t| t.name.as_str()).collect();
    match given.iter().find(|name| !known.contains(&name.as_str())) {
        None => Ok(given.to_vec()),
        Some(name) => Err(Failure::usage(
            format!("there is no target {name:?}"),
            match known.is_empty() {
                true => "config.toml has no [[target]]".to_owned(),
                false => format!("config.toml has {}", known.join(", ")),
            },
            "name one as config.toml does",
        )),
    }
}

/// The last moment of a day on the team's clock.
fn end_of(day: Date, desk: &Desk) -> Result<Timestamp, Failure> {
    let end = day.to_datetime(Time::constant(23, 59, 59, 0));
    let zone = &desk.config.team.timezone;
    let end = zone
        .to_timestamp(end)
        .map_err(|e| Failure::usage(format!("{day} is no day to end with"), e, "write it as YYYY-MM-DD"))?;
    match end < desk.now {
        true => Err(Failure::usage(
            format!("a yes until {day} is none any more"),
            "that day is past",
            "look at the year; or ask for a new yes with `write STORY --consent`",
        )),
        false => Ok(end),
    }
}

fn show(desk: &Desk, story: &str, report: &Report) -> Outcome {
    let repo = desk.repo()?;
    let story = desk.story(&repo, &names::resolve(desk, &repo, story)?)?;
    let grant = story.life.consent.as_ref();
    if report.json {
        let grant = grant.map(|g| {
            json!({"at": g.at, "scope": g.scope, "for": g.targets, "until": g.until, "evidence": g.evidence, "mail": g.mail, "by": g.recorded_by})
        });
        report.object(&json!({
            "id": story.id,
            "required": desk.policy.consent_required,
            "consent": grant,
            "revoked": story.life.revoked,
            "text_accepted": story.life.proof_of(story.text).map(|(at, _)| at),
        }));
        return Ok(0);
    }
    match grant {
        None if story.life.revoked => report.line(&format!("{}: it was taken back", story.title())),
        None => report.line(&format!("{}: no consent is recorded", story.title())),
        Some(grant) => {
            report.line(&format!("{}: yes, to {}", story.title(), limits(desk, grant)));
            report.line(&format!("  evidence: {}", grant.evidence));
            if let Some(mail) = &grant.mail {
                report.line(&format!("  mail {}, SHA-256 {}", mail.id.hex(), mail.sha256));
            }
            if let Some(wording) = grant.mail.as_ref().and_then(|mail| mail.wording.as_ref()) {
                report.line(&format!("  in answer to our words: {wording}"));
            }
            report.line(&format!("  recorded by {}", grant.recorded_by));
        }
    }
    for (what, told) in tasks(&story) {
        report.line(&format!("  {what}: {told}"));
    }
    Ok(0)
}

/// What a yes covers, in words.
pub fn limits(desk: &Desk, grant: &Grant) -> String {
    let mut words = match grant.scope.is_empty() {
        true => "all of the story".to_owned(),
        false => grant.scope.join(", "),
    };
    if !grant.targets.is_empty() {
        words.push_str(&format!(" on {}", grant.targets.join(", ")));
    }
    if let Some(until) = grant.until {
        let day = super::fetch::day(until, desk);
        let over = if grant.is_over(desk.now) { ", which is over" } else { "" };
        words.push_str(&format!(" until {day}{over}"));
    }
    words
}

/// What the author asked for and nobody settled, and how the text they were shown stands: a word, and what to do.
pub fn tasks(story: &Story) -> Vec<(&'static str, String)> {
    let folder = story.id.folder();
    let wish = |wish: &crate::story::state::Wish| match wish.asks {
        Asks::Withdrawal => (
            "To do",
            format!(
                "they ask to have it back (mail {}): `withdraw {folder} -m \"...\"`, or `withdraw {folder} --keep -m \"why\"`",
                wish.mail
            ),
        ),
        _ => (
            "To do",
            format!(
                "they say yes with a condition (mail {}): do as they wish, then `consent {folder} --grant --scope ... --mail {}`",
                wish.mail, wish.mail
            ),
        ),
    };
    let mut all: Vec<_> = story.life.wishes.iter().map(wish).collect();
    if let Some(proof) = story.life.proofs.last() {
        let left = story.record.events.iter().any(
            |e| matches!(&e.what, What::Letter { about, status: LetterStatus::Sent, .. } if *about == proof.event),
        );
        let told = match (story.life.proof_of(story.text), &proof.accepted) {
            (Some((_, evidence)), _) => format!("they said yes to exactly this text ({evidence})"),
            (None, Some(_)) => "they said yes to an earlier text; this one they have not seen".to_owned(),
            (None, None) if proof.text != story.text => "they were shown an earlier text".to_owned(),
            (None, None) if !left => "the letter with this text waits".to_owned(),
            (None, None) => "they were shown this text".to_owned(),
        };
        all.push(("Proof", told));
    }
    all
}
