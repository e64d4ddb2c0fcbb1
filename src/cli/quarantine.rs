//! `quarantine`.

use clap::Subcommand;
use serde_json::json;

use crate::desk::account::Outcome as MailOutcome;
use crate::desk::{AsideEntry, AsideKind};
use crate::desk::{Desk, Trouble, quarantine};

use super::global::Global;
use super::report::{Failure, Outcome, Report, table};

#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub enum Quarantine {
    /// The mails that wait
    #[command(after_help = "Example:\n  m4c-stories quarantine list --set-aside")]
    List,
    /// A mail as it came
    #[command(after_help = "Example:\n  m4c-stories quarantine show 3f9a")]
    Show {
        /// Its number, at least 4 digits
        id: String,
    },
    /// Read it again
    #[command(after_help = "Example:\n  m4c-stories quarantine retry 3f9a --as-story")]
    Retry {
        /// Its number, at least 4 digits
        id: String,
        /// It is a story, whatever the rule says
        #[arg(long)]
        as_story: bool,
    },
    /// Give it up
    #[command(after_help = "Example:\n  m4c-stories quarantine drop 3f9a --yes")]
    Drop {
        /// Its number, at least 4 digits
        id: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

pub fn quarantine(
    desk: &Desk,
    global: &Global,
    action: Option<Quarantine>,
    set_aside: bool,
    report: &Report,
) -> Outcome {
    let Some(shelves) = desk.look_at_spool() else {
        return match action {
            None | Some(Quarantine::List) => list(desk, &[], set_aside, report),
            Some(_) => Err(Failure::new(
                "quarantine.none",
                3,
                "the quarantine is empty",
                "",
                "`fetch` fills it, when it must",
            )),
        };
    };
    match action.unwrap_or(Quarantine::List) {
        Quarantine::List => {
            let stock = shelves.asides().map_err(Trouble::from)?;
            stock.damaged.iter().for_each(|d| report.caution(&d.to_string()));
            list(desk, &stock.items, set_aside, report)
        }
        Quarantine::Show { id } => {
            let id = shelves.find_aside(&id).map_err(Trouble::from)?;
            let mail = shelves
                .aside_mail(&id)
                .map_err(Trouble::from)?
                .ok_or(Trouble::NotDownloaded(id))?;
            report.bytes(mail.raw());
            Ok(0)
        }
        Quarantine::Retry { id, as_story } => {
            let id = shelves.find_aside(&id).map_err(Trouble::from)?;
            if global.dry_run {
                report.answer(&format!("Would read {id} again"), &json!({"id": id, "dry_run": true}));
                return Ok(0);
            }
            let mut spool = desk.spool()?;
            if shelves.aside_mail(&id).map_err(Trouble::from)?.is_none() {
                quarantine::refetch(desk, &mut spool, &id)?;
                report.answer(
                    &format!("It was never downloaded: the next `fetch` tries {id} again."),
                    &json!({"id": id, "outcome": null, "reason": "the next fetch tries it again"}),
                );
                return Ok(0);
            }
            let repo = desk.repo_or_new()?;
            let mail = quarantine::retry(desk, &repo, &mut spool, &id, as_story)?;
            if report.json {
                report.object(&mail);
            } else {
                let story = mail.story.as_ref().map(ToString::to_string).unwrap_or_default();
                let reason = mail.reason.as_deref().unwrap_or_default();
                report.line(&match mail.outcome {
                    MailOutcome::New => format!("It is a story now: {story}"),
                    MailOutcome::FollowUp => format!("It is a follow-up of {story} now"),
                    MailOutcome::Decision => format!("It decided about {story}: {reason}"),
                    MailOutcome::Duplicate => format!("It was taken in before: {story}"),
                    MailOutcome::SetAside => {
                        format!("It stays set aside: {reason} (--as-story takes it in all the same)")
                    }
                    MailOutcome::Quarantined => format!("It stays in the quarantine: {reason}"),
                });
            }
            Ok(if mail.outcome == MailOutcome::Quarantined { 7 } else { 0 })
        }
        Quarantine::Drop { id, yes } => {
            let id = shelves.find_aside(&id).map_err(Trouble::from)?;
            if global.dry_run {
                report.answer(&format!("Would give up {id}"), &json!({"id": id, "dry_run": true}));
                return Ok(0);
            }
            if !yes
                && !super::asking::agreed(
                    global,
                    &format!("Give up the mail {id}? Nothing keeps it then but its inbox."),
                )?
            {
                return Err(Failure::usage(
                    "nothing was given up",
                    "a mail that is dropped here is gone",
                    "say --yes",
                ));
            }
            let mut spool = desk.spool()?;
            crate::desk::retention::objects_are_due(&mut spool)?;
            spool.drop_aside(&id).map_err(Trouble::from)?;
            report.answer(&format!("Given up: {id}"), &json!({"id": id, "changed": true}));
            Ok(0)
        }
    }
}

fn list(desk: &Desk, items: &[AsideEntry], set_aside: bool, report: &Report) -> Outcome {
    let shown: Vec<&AsideEntry> = items
        .iter()
        .filter(|e| set_aside || e.aside.kind == AsideKind::Quarantined)
        .collect();
    if report.json {
        let object = |e: &&AsideEntry| {
            json!({
                "id": e.id,
                "kind": e.aside.kind,
                "rule": e.aside.rule,
                "reason": e.aside.reason,
                "source": e.aside.source,
                "subject": e.aside.subject,
                "from": e.aside.from,
                "at": e.aside.at,
                "bytes": e.bytes,
            })
        };
        report.object(&shown.iter().map(object).collect::<Vec<_>>());
        return Ok(0);
    }
    let others = items.len() - shown.len();
    if shown.is_empty() {
        report.line(match set_aside {
            true => "No mail needs a person, and none was set aside.",
            false => "No mail needs a person.",
        });
    } else {
        let mut rows = vec![["MAIL", "SINCE", "FROM", "SUBJECT", "WHY"].map(str::to_owned).to_vec()];
        rows.extend(shown.iter().map(|e| {
            let day = super::fetch::day(e.aside.at, desk);
            let subject = if e.aside.subject.is_empty() {
                e.aside.source.clone()
            } else {
                e.aside.subject.clone()
            };
            vec![
                e.id[..e.id.len().min(8)].to_owned(),
                day,
                e.aside.from.clone(),
                subject,
                e.aside.reason.clone(),
            ]
        }));
        table(&rows).iter().for_each(|line| report.line(line));
        report.remark("`quarantine retry MAIL --as-story` takes one in.");
    }
    if others > 0 {
        let mails = if others == 1 {
            "1 mail was"
        } else {
            &format!("{others} mails were")
        };
        report.remark(&format!("{mails} set aside by a rule: `quarantine list --set-aside`."));
    }
    Ok(0)
}
