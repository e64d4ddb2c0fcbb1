//! The terminal: arguments in, answers and exit codes out. One file a group of commands; only this room prints, and only
//! here the clock is read.

pub mod args;
mod asking;
mod check;
pub mod consent;
mod cron;
mod decide;
mod doctor;
mod edit;
mod editor;
mod erase;
mod fetch;
mod global;
mod keeping;
mod kept;
mod letters;
pub mod media;
mod pieces;
mod preview;
mod progress;
mod proof;
mod publish;
mod quarantine;
mod queue;
pub mod report;
pub mod review;
mod revisions;
mod rows;
mod setup;
pub mod stats;
mod story;
pub mod sync;
pub mod takedown;
pub mod verify;
mod watch;
pub mod write;

use std::io::IsTerminal;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use clap::error::ErrorKind;

use crate::config::Config;
use crate::desk::{Desk, Taken, Trouble, Waits};

use args::{Cli, Command};
use global::{Color, Global};
use report::{Failure, Outcome, Report};

/// Parses, runs, reports.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let help = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
            let wants_json = std::env::args_os().any(|a| a == "--json");
            if help || !wants_json {
                let _ = error.print();
            } else {
                let report = Report {
                    json: true,
                    quiet: false,
                    verbose: false,
                    color: false,
                };
                let text = error.to_string();
                let what = text.lines().next().unwrap_or_default().trim_start_matches("error: ");
                report.failure(&Failure::usage(what, "", "see --help"));
            }
            // from a mail server, a command line that cannot be read must not lose the mail
            let piped = std::env::args_os().any(|a| a == "fetch") && std::env::args_os().any(|a| a == "-");
            return ExitCode::from(if help {
                0
            } else if piped {
                75
            } else {
                2
            });
        }
    };
    let report = Report {
        json: cli.global.json,
        quiet: cli.global.quiet,
        verbose: cli.global.verbose,
        color: match cli.global.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => {
                crate::config::environment("NO_COLOR").is_none_or(|v| v.is_empty()) && std::io::stderr().is_terminal()
            }
        },
    };
    let piped = matches!(&cli.command, Some(Command::Fetch(f)) if f.paths.iter().any(|p| p.as_os_str() == "-"));
    let code = match run(cli, &report) {
        Ok(code) if report::all_written() => code,
        Ok(_) => {
            report.failure(&Failure::new(
                "output",
                1,
                "the answer could not be written",
                "standard output is full or closed",
                "",
            ));
            1
        }
        Err(mut failure) => {
            // RFC 5321, 4.2.5: until the mail is durable, the mail server must keep it
            if piped && failure.exit != 65 {
                failure.exit = 75;
            }
            report.failure(&failure);
            failure.exit
        }
    };
    ExitCode::from(code)
}

fn run(cli: Cli, report: &Report) -> Outcome {
    let global = &cli.global;
    let command = cli.command.unwrap_or(Command::Status);
    match command {
        Command::Init { folder } => setup::init(global, folder.as_deref(), report),
        Command::Completions { shell } => setup::completions(shell, report),
        Command::Man => setup::man(report),
        command => {
            let desk = desk(global, &command, report)?;
            let pushing = sync::Pushing::begin(&desk, global, &command, report);
            let done = match &command {
                // a long sitting: it has the desk to itself, and moves its clock on
                Command::Review(args) => review::review(self::desk(global, &command, report)?, global, args, report),
                _ => at_desk(&desk, global, command, report),
            };
            pushing.end(&desk, global, report, done)
        }
    }
}

fn at_desk(desk: &Desk, global: &Global, command: Command, report: &Report) -> Outcome {
    match command {
        Command::Status => queue::status(desk, report),
        Command::List(list) => queue::list(desk, &list, report),
        Command::Fetch(fetch) => self::fetch::fetch(desk, global, &fetch, report),
        Command::Show(show) => story::show(desk, &show, report),
        Command::Diff(diff) => story::diff(desk, &diff, report),
        Command::Preview(preview) => self::preview::preview(desk, global, &preview, report),
        Command::Check(check) => self::check::check(desk, global, &check, report),
        Command::Log { story, limit } => story::log(desk, story.as_deref(), limit, report),
        Command::Stats(stats) => self::stats::stats(desk, global, &stats, report),
        Command::New(new) => edit::new(desk, global, &new, report),
        Command::Edit(edit) => self::edit::edit(desk, global, &edit, report),
        Command::Restore { story, number } => edit::restore(desk, global, &story, number, report),
        Command::Media(media) => self::media::media(desk, global, &media, report),
        Command::Split(args) => pieces::split(desk, global, &args, report),
        Command::Join(args) => pieces::join(desk, global, &args, report),
        Command::Revisions(args) => revisions::revisions(desk, global, &args, report),
        Command::Accept(args) => revisions::accept(desk, global, &args, report),
        Command::Decline(args) => revisions::decline(desk, global, &args, report),
        Command::Note { story, message } => decide::note(desk, global, &story, message, report),
        Command::Assign { story, to, nobody: _ } => decide::assign(desk, global, &story, to.as_deref(), report),
        Command::Approve {
            stories,
            if_text,
            message,
        } => decide::approve(desk, global, &stories, if_text.as_deref(), message.as_deref(), report),
        Command::RequestChanges { story, message } => decide::request_changes(desk, global, &story, message, report),
        Command::Reject { stories, message, spam } => decide::reject(desk, global, &stories, message, spam, report),
        Command::Reopen { stories, message } => decide::reopen(desk, global, &stories, message.as_deref(), report),
        Command::Consent(consent) => self::consent::consent(desk, global, &consent, report),
        Command::Publish(publish) => self::publish::publish(desk, global, &publish, report),
        Command::Export(export) => keeping::export(desk, global, &export, report),
        Command::Prune => keeping::prune(desk, global, report),
        Command::Erase(erase) => self::erase::erase(desk, global, &erase, report),
        Command::Proof { story } => proof::proof(desk, global, &story, report),
        Command::Takedown(takedown) => self::takedown::takedown(desk, global, &takedown, report),
        Command::Withdraw(withdraw) => self::takedown::withdraw(desk, global, &withdraw, report),
        Command::Letters { action } => letters::letters(desk, global, action, report),
        Command::Write(write) => self::write::write(desk, global, &write, report),
        Command::Quarantine { action, set_aside } => quarantine::quarantine(desk, global, action, set_aside, report),
        Command::Watch { every } => watch::watch(desk, global, every, report),
        Command::Sync(args) => sync::sync(desk, global, &args, report),
        Command::Verify(verify) => self::verify::verify(desk, global, &verify, report),
        Command::Doctor => doctor::doctor(desk, report),
        Command::Cron => cron::cron(desk, global, report),
        Command::Init { .. } | Command::Completions { .. } | Command::Man | Command::Review(_) => Ok(0),
    }
}

/// The moment of this run.
#[allow(clippy::disallowed_methods, reason = "the one place where the clock is read")]
fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}

/// How long to wait for another run, where `--wait` does not say: `watch` and `cron` hold the lock for moments, but where a mail server is
/// slow. A mail server should not be kept waiting, and nobody waits for `cron`. A person is told, and can end the waiting.
fn patience(global: &Global, command: &Command, person: bool) -> Duration {
    let usual = match command {
        Command::Fetch(fetch) if fetch.paths.iter().any(|p| p.as_os_str() == "-") => 0,
        Command::Cron => 60,
        _ if person => 600,
        _ => 5,
    };
    Duration::from_secs(global.wait.unwrap_or(usual))
}

/// The desk of this run: configuration, rules, and the moment.
fn desk(global: &Global, command: &Command, report: &Report) -> Result<Desk, Failure> {
    let dir = global.dir.clone().unwrap_or_else(|| ".".into());
    if let Some(wrong) = crate::config::misspelt(crate::config::variables()) {
        return Err(Trouble::from(wrong).into());
    }
    let mut config = Config::load(global.config.as_deref(), &dir, crate::config::environment).map_err(Trouble::from)?;
    if let Some(repo) = &global.repo {
        config.repository.path = dir.join(repo);
    }
    let unattended = matches!(command, Command::Cron | Command::Watch { .. });
    // the review has the whole screen: ssh-keygen's question would be lost in it
    let screen = matches!(command, Command::Review(review) if !review.plain);
    let person = !global.no_input && !unattended && !screen && std::io::stdin().is_terminal();
    let mut desk = Desk::new(config, now(), patience(global, command, person));
    desk.may_ask = person;
    let report = *report;
    desk.waits = person.then(|| -> Waits {
        Box::new(move |busy| {
            report.remark(&format!(
                "{busy}; waiting until it is through (Ctrl-C gives up, and nothing is changed)"
            ))
        })
    });
    desk.watcher = progress::watcher(global.quiet || global.json || screen);
    Ok(desk)
}

impl From<Trouble> for Failure {
    fn from(t: Trouble) -> Failure {
        Failure {
            code: t.code(),
            what: t.to_string(),
            why: t.why(),
            hint: t.hint(),
            exit: t.exit(),
        }
    }
}

/// What a step came to, in words or JSON.
fn tell(report: &Report, done: &str, nothing: &str, taken: &Taken, desk: &Desk) {
    taken.cautions.iter().for_each(|c| report.caution(&c.to_string()));
    let story = &taken.story;
    if report.json {
        report.object(&serde_json::json!({
            "id": story.id,
            "state": story.state(&desk.policy),
            "title": story.title(),
            "text_hash": story.text,
            "changed": taken.changed,
        }));
    } else if taken.changed {
        report.line(&format!("{done}: {}", story.title()));
    } else {
        report.line(&format!("{nothing}: {}", story.title()));
    }
}
