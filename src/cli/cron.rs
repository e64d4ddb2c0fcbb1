//! `cron`: one unattended pass, one line of what it came to.

use serde_json::json;

use crate::desk::account::{MailReport, Outcome as Came};
use crate::desk::alarm::{Alarm, Bad};
use crate::desk::cron::{self, Listener, Pass};
use crate::desk::letters::Told;
use crate::desk::publish::Published;
use crate::desk::takedown::Down;
use crate::desk::{Caution, Desk, Remark, RepoError, Trouble, letters};

use super::global::Global;
use super::report::{Failure, Outcome, Report};

struct Teller<'a> {
    desk: &'a Desk,
    report: &'a Report,
    over: Vec<String>,
}

impl Listener for Teller<'_> {
    fn mail(&mut self, mail: &MailReport) {
        let wanted = self.report.json || self.report.verbose;
        if wanted || mail.outcome == Came::Quarantined {
            let quiet = Report {
                quiet: !wanted,
                ..*self.report
            };
            super::fetch::tell(&quiet, mail);
        }
    }

    fn remark(&mut self, remark: &Remark) {
        self.report.detail(&remark.to_string());
    }

    fn caution(&mut self, caution: &Caution) {
        self.report.caution(&caution.to_string());
    }

    fn published(&mut self, done: &Published) {
        if self.report.json {
            self.report.object(&super::publish::as_json(done));
        } else if self.report.verbose {
            super::publish::tell(self.report, done);
        }
    }

    fn taken_down(&mut self, down: &Down) {
        if self.report.json {
            self.report.object(&super::takedown::as_json(self.desk, down));
        } else if self.report.verbose {
            super::takedown::tell(self.desk, self.report, down);
        }
    }

    fn letter(&mut self, told: &Told) {
        let ended = matches!(told.status, letters::Status::Failed | letters::Status::Dropped);
        if self.report.json || self.report.verbose || ended {
            super::letters::tell_one(told, self.report);
        }
    }

    fn rewritten(&mut self, remote: &str) {
        self.report.caution(&super::sync::rewritten(remote));
    }

    fn bad(&mut self, bad: &Bad) {
        match bad.exit {
            0 => self
                .report
                .caution(&format!("{}: {}\n  {}", bad.what, bad.why, bad.hint)),
            _ => self.report.failure(&failure(bad)),
        }
    }

    fn over(&mut self, part: &str, alarm: &Alarm) {
        let since = self.desk.moment(alarm.since);
        self.report.news(&format!("Over: {} (since {since})", alarm.what));
        self.over.push(part.to_owned());
    }
}

/// As an error is told; an inbox is named where the message does not.
pub fn failure(bad: &Bad) -> Failure {
    let name = bad.part.strip_prefix("inbox.").unwrap_or_default();
    let what = match bad.what.contains(name) {
        true => bad.what.clone(),
        false => format!("{name}: {}", bad.what),
    };
    Failure::new(&bad.code, bad.exit, what, &bad.why, &bad.hint)
}

pub fn cron(desk: &Desk, global: &Global, report: &Report) -> Outcome {
    if global.dry_run {
        return rehearse(desk, global, report);
    }
    let mut spool = match desk.spool() {
        // the run at work does what there is to do
        Err(busy) if report.quiet && busy.code() == "busy" => return Ok(busy.exit()),
        spool => spool?,
    };
    let mut teller = Teller {
        desk,
        report,
        over: Vec::new(),
    };
    let pass = cron::run(desk, &mut spool, &mut teller)?;
    if report.json {
        let bad = |(bad, since): &(Bad, jiff::Timestamp)| json!({"part": bad.part, "code": bad.code, "exit": bad.exit, "message": bad.what, "since": since});
        report.object(&json!({"summary": {
            "fetch": pass.fetched,
            "publish": {"due": pass.due, "published": pass.published, "pending": pass.pending},
            "takedown": {"still_out": pass.still_out},
            "letters": {"sent": pass.sent, "waiting": pass.waiting, "failed": pass.failed},
            "sync": {"came": pass.came, "went": pass.went},
            "troubles": pass.bad.iter().map(bad).collect::<Vec<_>>(),
            "over": teller.over,
        }}));
    } else if !report.quiet {
        report.line(&summary(desk, &pass));
    }
    Ok(pass.exit())
}

/// One line.
fn summary(desk: &Desk, pass: &Pass) -> String {
    let mut parts = Vec::new();
    let count = &pass.fetched;
    let mut add = |n: u64, one: &str, many: &str| {
        if n > 0 {
            parts.push(format!("{n} {}", if n == 1 { one } else { many }));
        }
    };
    add(count.new, "new story", "new stories");
    add(count.follow_up, "follow-up", "follow-ups");
    add(count.decision, "decision by mail", "decisions by mail");
    add(count.set_aside, "mail set aside", "mails set aside");
    add(count.quarantined, "mail quarantined", "mails quarantined");
    add(pass.published, "story published", "stories published");
    add(pass.pending, "story not on every target", "stories not on every target");
    add(
        pass.still_out,
        "story taken down, and still on a target",
        "stories taken down, and still on a target",
    );
    add(pass.sent, "letter sent", "letters sent");
    add(pass.failed, "letter given up", "letters given up");
    add(pass.waiting, "letter waits", "letters wait");
    add(pass.came, "step came from other desks", "steps came from other desks");
    add(pass.went, "step went to other desks", "steps went to other desks");
    for (bad, since) in &pass.bad {
        let mut what = failure(bad).what;
        if *since < desk.now {
            what = format!("{what} (since {})", desk.moment(*since));
        }
        parts.push(what);
    }
    match parts.is_empty() {
        true => "Nothing to do.".to_owned(),
        false => parts.join("; "),
    }
}

/// What a pass would do; nothing is written, and no alarm is raised.
fn rehearse(desk: &Desk, global: &Global, report: &Report) -> Outcome {
    let mut worst = 0;
    let mut fetched = json!(null);
    if !desk.config.inboxes.is_empty() {
        match super::fetch::rehearse(desk, global, report) {
            Ok((count, exit)) => {
                fetched = json!(count);
                if !report.json {
                    report.line(&format!(
                        "Would take in {} of {} mails",
                        count.new + count.follow_up,
                        count.listed
                    ));
                }
                if exit > 0 {
                    note_code(&mut worst, exit);
                }
            }
            Err(failure) => note_failure(report, &mut worst, failure),
        }
    }
    let (mut due, mut would_send, mut waiting) = (0, 0, 0);
    match desk.repo() {
        Err(Trouble::Repo(RepoError::Missing(_))) => {}
        Err(trouble) => note_failure(report, &mut worst, trouble.into()),
        Ok(repo) => {
            let done = super::publish::rehearse_due(desk, &repo, report, &mut |failure| {
                note_failure(report, &mut worst, failure)
            });
            match done {
                Ok(many) => due = many,
                Err(failure) => note_failure(report, &mut worst, failure),
            }
            match letters::waiting(desk, &repo, desk.look_at_spool().as_ref()) {
                Ok(all) => {
                    let leaves = |w: &&letters::Waiting| cron::leaves(w);
                    would_send = all.iter().filter(leaves).count();
                    waiting = all.len() - would_send;
                }
                Err(trouble) => note_failure(report, &mut worst, trouble.into()),
            }
        }
    }
    if report.json {
        report.object(&json!({"summary": {
            "dry_run": true,
            "fetch": fetched,
            "publish": {"due": due},
            "letters": {"would_send": would_send, "waiting": waiting},
        }}));
    } else {
        report.line(&format!(
            "Would publish {due}, send {would_send} letters, keep {waiting}"
        ));
    }
    Ok(worst)
}

fn note_failure(report: &Report, worst: &mut u8, failure: Failure) {
    report.failure(&failure);
    note_code(worst, failure.exit);
}

fn note_code(worst: &mut u8, exit: u8) {
    if cron::badness(exit) > cron::badness(*worst) {
        *worst = exit;
    }
}
