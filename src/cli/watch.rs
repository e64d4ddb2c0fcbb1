//! `watch`: a line for each fetch that found something, until a signal ends it.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use crate::config::Source;
use crate::desk::account::MailReport;
use crate::desk::alarm::{Alarm, Bad};
use crate::desk::fetch::Count;
use crate::desk::watch::{Listener, Watch};
use crate::desk::{Caution, Desk, Remark};

use super::global::Global;
use super::report::{Failure, Outcome, Report};

/// Remarks about files are made at every look: so many are remembered as told.
const MOST_TOLD: usize = 1_000;

struct Teller<'a> {
    desk: &'a Desk,
    report: &'a Report,
    told: HashSet<String>,
}

impl Teller<'_> {
    fn for_the_first_time(&mut self, text: &str) -> bool {
        if self.told.len() >= MOST_TOLD {
            self.told.clear();
        }
        self.told.insert(text.to_owned())
    }
}

impl Listener for Teller<'_> {
    fn mail(&mut self, mail: &MailReport) {
        if self.report.json || self.report.verbose {
            super::fetch::tell(self.report, mail);
        }
    }

    fn remark(&mut self, remark: &Remark) {
        let text = remark.to_string();
        if self.for_the_first_time(&text) {
            self.report.remark(&text);
        }
    }

    fn caution(&mut self, caution: &Caution) {
        let text = caution.to_string();
        if self.for_the_first_time(&text) {
            self.report.caution(&text);
        }
    }

    fn fetched(&mut self, inboxes: &[&str], count: &Count, at: Timestamp) {
        if self.report.json {
            self.report
                .object(&json!({"summary": count, "inboxes": inboxes, "at": at}));
            return;
        }
        if self.report.quiet {
            return;
        }
        let parts = [
            (count.new, "new"),
            (count.follow_up, "follow-up"),
            (count.decision, "decided"),
            (count.set_aside, "set aside"),
            (count.quarantined, "quarantined"),
        ];
        let parts = parts
            .iter()
            .filter(|(n, _)| *n > 0)
            .map(|(n, what)| format!("{n} {what}"));
        let parts: Vec<String> = parts.collect();
        let from = match inboxes {
            [] => "standard input".to_owned(),
            some => some.join(", "),
        };
        let zone = self.desk.config.team.timezone.clone();
        let at = at.to_zoned_datetime(zone).strftime("%Y-%m-%d %H:%M:%S").to_string();
        self.report.line(&format!("{at}  {from}: {}", parts.join(", ")));
    }

    fn bad(&mut self, bad: &Bad, again: Duration) {
        self.report.failure(&super::cron::failure(bad));
        let again = match again.as_secs() {
            seconds if seconds < 120 => format!("{seconds} seconds"),
            seconds => format!("{} minutes", seconds / 60),
        };
        self.report.remark(&format!(
            "It is tried again, first in about {again}; this is not said again until it is over."
        ));
    }

    fn over(&mut self, _: &str, alarm: &Alarm) {
        let since = self.desk.moment(alarm.since);
        self.report.news(&format!("Over: {} (since {since})", alarm.what));
    }
}

pub fn watch(desk: &Desk, global: &Global, every: u64, report: &Report) -> Outcome {
    if desk.config.inboxes.is_empty() {
        return Err(Failure::new(
            "inbox.none",
            2,
            "there is no inbox to watch",
            "config.toml has no [[inbox]]",
            "add one; the config.toml that came with the tool has examples",
        ));
    }
    let how = |inbox: &crate::config::Inbox| match inbox.source {
        Source::Imap(_) => format!("{} (connected)", inbox.name),
        _ => format!("{} (every {every} s)", inbox.name),
    };
    let inboxes: Vec<String> = desk.config.inboxes.iter().map(how).collect();
    if global.dry_run {
        let names: Vec<&str> = desk.config.inboxes.iter().map(|inbox| inbox.name.as_str()).collect();
        report.answer(
            &format!("Would watch {}", inboxes.join(", ")),
            &json!({"dry_run": true, "inboxes": names, "every": every}),
        );
        return Ok(0);
    }
    let ended = signals().map_err(|e| Failure::new("watch", 1, "signals cannot be listened to", e, ""))?;
    report.remark(&format!("Watching {}.", inboxes.join(", ")));
    let mut teller = Teller {
        desk,
        report,
        told: HashSet::new(),
    };
    let watch = Watch {
        config: Arc::new(desk.config.clone()),
        every: Duration::from_secs(every),
        clock: super::now,
        ended: ended.clone(),
    };
    watch.run(&mut teller);
    let signal = ended.load(Ordering::Relaxed);
    Ok(u8::try_from(128 + signal).unwrap_or(1))
}

/// Holds the number of the signal that came. A second SIGINT ends the program at once, which harms nothing either.
fn signals() -> std::io::Result<Arc<AtomicUsize>> {
    let ended = Arc::new(AtomicUsize::new(0));
    let again = Arc::new(AtomicBool::new(false));
    signal_hook::flag::register_conditional_shutdown(SIGINT, 128 + SIGINT, again.clone())?;
    signal_hook::flag::register(SIGINT, again)?;
    for signal in [SIGHUP, SIGINT, SIGTERM] {
        signal_hook::flag::register_usize(signal, ended.clone(), signal as usize)?;
    }
    Ok(ended)
}
