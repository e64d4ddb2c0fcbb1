//! `fetch`.

use std::path::{Path, PathBuf};

use clap::Args;
use jiff::Timestamp;

use crate::desk::Remark;
use crate::desk::account::{MailReport, Outcome};
use crate::desk::fetch::{self, Count, Source, Watcher, Wish};
use crate::desk::{Caution, RepoError, StoryRepo};
use crate::desk::{Desk, Trouble};

use super::global::Global;
use super::progress::Progress;
use super::report::{Failure, Outcome as Exit, Report};

#[derive(Debug, Args)]
pub struct Fetch {
    /// An .eml file, an mbox, a Maildir, a folder of .eml files, or `-`
    pub paths: Vec<PathBuf>,
    /// At most so many mails
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
    /// Only mails that came on this day or later (YYYY-MM-DD)
    #[arg(long, value_name = "DAY", value_parser = super::global::day)]
    pub since: Option<jiff::civil::Date>,
}

struct Teller<'a> {
    report: &'a Report,
    progress: Progress,
    first_exit: u8,
}

impl Watcher for Teller<'_> {
    fn listed(&mut self, inbox: &str, mails: usize) {
        self.progress.more(inbox, mails as u64);
        self.report.detail(&format!("{inbox}: {mails} mails wait"));
    }

    fn mail(&mut self, mail: &MailReport) {
        self.progress.one();
        self.progress.aside(|| tell(self.report, mail));
    }

    fn remark(&mut self, remark: &Remark) {
        self.progress.aside(|| self.report.remark(&remark.to_string()));
    }

    fn caution(&mut self, caution: &Caution) {
        self.progress.aside(|| self.report.caution(&caution.to_string()));
    }

    fn trouble(&mut self, inbox: &str, trouble: &Trouble) {
        let mut failure = Failure::new(&trouble.code(), trouble.exit(), trouble, trouble.why(), trouble.hint());
        if !failure.what.contains(inbox) {
            failure.what = format!("{inbox}: {}", failure.what);
        }
        if self.first_exit == 0 {
            self.first_exit = failure.exit;
        }
        self.progress.aside(|| self.report.failure(&failure));
    }
}

/// One mail in one line.
pub fn tell(report: &Report, mail: &MailReport) {
    if report.json {
        report.object(mail);
        return;
    }
    let reason = mail.reason.as_deref().unwrap_or_default();
    let line = match mail.outcome {
        Outcome::New => {
            let id = mail.story.as_ref().map(ToString::to_string).unwrap_or_default();
            format!(
                "new          {}\n             {id}",
                mail.title.as_deref().unwrap_or_default()
            )
        }
        Outcome::FollowUp => format!(
            "follow-up    {} to {}",
            mail.subject,
            mail.story.as_ref().map(ToString::to_string).unwrap_or_default()
        ),
        Outcome::Decision => format!("decided      {}: {reason}", mail.title.as_deref().unwrap_or_default()),
        Outcome::Duplicate if !report.verbose => return,
        Outcome::Duplicate => format!("duplicate    {} ({reason})", mail.subject),
        Outcome::SetAside => format!("set aside    {} ({reason})", mail.subject),
        Outcome::Quarantined => format!(
            "quarantined  {}: {reason}",
            if mail.subject.is_empty() {
                &mail.source
            } else {
                &mail.subject
            }
        ),
    };
    if report.quiet && mail.outcome == Outcome::Quarantined {
        report.caution(&line);
    }
    if !report.quiet {
        report.line(&line);
        for note in mail.notes.iter().filter(|_| mail.outcome == Outcome::New) {
            report.line(&format!("             - {note}"));
        }
    }
}

fn summary(report: &Report, count: &Count, failed: bool) {
    if report.json {
        report.object(&serde_json::json!({"summary": count}));
        return;
    }
    if report.quiet {
        return;
    }
    let parts = [
        (count.new, "new"),
        (count.follow_up, "follow-up"),
        (count.decision, "decided"),
        (count.duplicate, "duplicate"),
        (count.set_aside, "set aside"),
        (count.quarantined, "quarantined"),
    ];
    let parts: Vec<String> = parts
        .iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, what)| format!("{n} {what}"))
        .collect();
    match (count.listed, parts.is_empty()) {
        (0, _) if failed => {}
        (0, _) => report.line("No new mail."),
        (1, _) => report.line(&format!("1 mail: {}", parts.join(", "))),
        (n, _) => report.line(&format!("{n} mails: {}", parts.join(", "))),
    }
    if count.new > 0 {
        report.remark("Next: `m4c-stories list`, then `show` and `approve`.");
    }
    if count.quarantined > 0 {
        report.remark("`m4c-stories quarantine` shows the mails that need a person.");
    }
}

pub fn fetch(desk: &Desk, global: &Global, args: &Fetch, report: &Report) -> Exit {
    let mut teller = Teller {
        report,
        progress: Progress::new(report.quiet || report.json),
        first_exit: 0,
    };
    if args.paths.iter().any(|p| p.as_os_str() == "-") {
        if args.paths.len() > 1 {
            return Err(Failure::usage(
                "`-` stands alone",
                "one mail comes from standard input",
                "fetch the files in a run of their own",
            ));
        }
        return stdin(desk, global, &mut teller);
    }
    let since = args.since.map(|day| {
        let zone = desk.config.team.timezone.clone();
        zone.to_timestamp(day.at(0, 0, 0, 0))
    });
    let since = since
        .transpose()
        .map_err(|e| Failure::usage("that day is not to be had", e, "write it as YYYY-MM-DD"))?;
    let wish = Wish {
        limit: args.limit,
        since,
    };
    let (sources, skipped) = sources(desk, global, args, &mut teller)?;
    let done = run(desk, global, sources, wish, &mut teller);
    teller.progress.end();
    let (count, _) = done?;
    summary(report, &count, teller.first_exit != 0);
    Ok(match (teller.first_exit, count.quarantined) {
        (0, 0) => skipped,
        (0, _) => 7,
        (_, _) if count.listed > count.quarantined => 7,
        (exit, _) => exit,
    })
}

fn run(
    desk: &Desk,
    global: &Global,
    sources: Vec<Source>,
    wish: Wish,
    teller: &mut Teller,
) -> Result<(Count, Option<Trouble>), Trouble> {
    if global.dry_run {
        let repo = match desk.repo() {
            Err(Trouble::Repo(RepoError::Missing(_))) => None,
            repo => Some(repo?),
        };
        return Ok((fetch::rehearse(desk, repo.as_ref(), sources, wish, teller)?, None));
    }
    let mut spool = desk.spool()?;
    let repo = desk.repo_or_new()?;
    fetch::fetch(desk, &repo, &mut spool, sources, wish, teller)
}

/// What a fetch from every inbox would come to, and the first exit code of an inbox that failed.
pub fn rehearse(desk: &Desk, global: &Global, report: &Report) -> Result<(Count, u8), Failure> {
    let mut teller = Teller {
        report,
        progress: Progress::new(true),
        first_exit: 0,
    };
    let every = Fetch {
        paths: Vec::new(),
        limit: None,
        since: None,
    };
    let (sources, _) = sources(desk, global, &every, &mut teller)?;
    let (count, _) = run(desk, global, sources, Wish::default(), &mut teller)?;
    Ok((count, teller.first_exit))
}

/// The sources that can be opened; the others are reported and do not stop these.
fn sources(desk: &Desk, global: &Global, args: &Fetch, teller: &mut Teller) -> Result<(Vec<Source>, u8), Failure> {
    let mut sources = Vec::new();
    for path in &args.paths {
        match fetch::open_path(&global.dir.as_deref().unwrap_or(Path::new("")).join(path)) {
            Ok(source) => sources.push(source),
            Err(trouble) => teller.trouble(&path.display().to_string(), &trouble),
        }
    }
    if args.paths.is_empty() {
        if desk.config.inboxes.is_empty() {
            return Err(Failure::new(
                "inbox.none",
                2,
                "there is no inbox",
                "config.toml has no [[inbox]]",
                "add one, or name a file: `fetch mails.mbox`",
            ));
        }
        for inbox in &desk.config.inboxes {
            match fetch::open(inbox) {
                Ok(source) => sources.push(source),
                Err(trouble) => teller.trouble(&inbox.name, &trouble),
            }
        }
    }
    Ok((sources, teller.first_exit))
}

/// One mail for a mail server: 0 once it is durable, even where it then needs a person.
fn stdin(desk: &Desk, global: &Global, teller: &mut Teller) -> Exit {
    let raw = desk.take_stdin(std::io::stdin().lock())?;
    if global.dry_run {
        let repo: Option<StoryRepo> = desk.repo().ok();
        let mail = crate::desk::intake::rehearse(
            desk,
            repo.as_ref(),
            &raw,
            "standard input",
            None,
            &mut Default::default(),
        )?;
        teller.mail(&mail);
        return Ok(0);
    }
    let mut spool = desk.keep_incoming(raw)?;
    let Some(spool) = &mut spool else {
        teller
            .report
            .remark("The mail is kept; another run is at work and takes it in.");
        return Ok(0);
    };
    let done = desk
        .repo_or_new()
        .and_then(|repo| fetch::fetch_incoming(desk, &repo, spool, teller));
    teller.progress.end();
    match done {
        Ok(count) => summary(teller.report, &count, false),
        // it is durable: the mail server may forget it, and the next run takes it in
        Err(trouble) => {
            teller.trouble("standard input", &trouble);
            teller
                .report
                .remark("The mail is kept in the spool; the next `fetch` takes it in.");
        }
    }
    Ok(0)
}

/// When the newest mail of a report came, for `status`.
pub fn day(at: Timestamp, desk: &Desk) -> String {
    at.to_zoned_datetime(desk.config.team.timezone.clone())
        .date()
        .to_string()
}
