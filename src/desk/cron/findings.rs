//! What a run found, weighed against what was known: what is newly wrong is told, and what is over.

use std::collections::BTreeMap;

use crate::desk::Trouble;
use crate::desk::alarm::{self, Alarm, Bad, News};
use crate::desk::letters;

use super::sending::{PAGE, of_page};
use super::{Pass, Run};

/// The parts of a run, and what is known of each.
///
/// Whether a part is well is asked only of one that is not among the bad.
#[derive(Default)]
pub(super) struct Findings {
    pub(super) bad: Vec<Bad>,
    /// Parts that were tried and are well.
    pub(super) well: Vec<String>,
    /// Parts whose trouble was told to have ended, and not well.
    pub(super) ended: Vec<String>,
}

impl Findings {
    pub(super) fn note<T>(&mut self, part: &str, result: Result<T, Trouble>) -> Option<T> {
        match result {
            Ok(value) => {
                self.well.push(part.to_owned());
                Some(value)
            }
            Err(trouble) => {
                self.bad.push(Bad::of(part, &trouble));
                None
            }
        }
    }
}

impl Run<'_> {
    /// Weighs what was found against what was known: says what is new and what is over, and remembers it.
    pub(super) fn tell(self) -> Result<Pass, Trouble> {
        let Run {
            desk,
            spool,
            listener,
            mut pass,
            findings,
        } = self;
        let mut known: BTreeMap<String, Alarm> = alarm::standing(spool).into_iter().collect();
        for bad in findings.bad {
            let (kept, news) = alarm::weigh(known.remove(&bad.part), Some(&bad), desk.now);
            let since = match news {
                News::Tell { since } => {
                    listener.bad(&bad);
                    since
                }
                News::Known { since } => since,
                News::Over(_) | News::None => desk.now,
            };
            alarm::keep(spool, &bad.part, kept.as_ref())?;
            // what is no failure of this run is told, and that is all
            if bad.exit > 0 {
                pass.bad.push((bad, since));
            }
        }
        // a letter that was not tried waits for its page as before
        let silent = letters::with_silent_pages(spool).unwrap_or_default();
        let waits = |part: &str| silent.iter().any(|story| of_page(story) == part);
        for (part, alarm) in known {
            if findings.ended.contains(&part) {
                alarm::keep(spool, &part, None)?;
                continue;
            }
            let published = part.starts_with("publish.") || part.starts_with("target.");
            let well = |name: &str| findings.well.iter().any(|p| p == name);
            let tried = findings.well.contains(&part)
                || published && well("publish")
                || part.starts_with("takedown.") && well("takedown")
                || part.starts_with(PAGE) && well("pages") && !waits(&part)
                || part.starts_with("folder.") && well("folders");
            // an inbox that is no longer in the configuration
            let gone = part
                .strip_prefix("inbox.")
                .is_some_and(|name| desk.config.inbox(name).is_none());
            if !(tried || gone) {
                continue;
            }
            if let (_, News::Over(alarm)) = alarm::weigh(Some(alarm), None, desk.now) {
                listener.over(&part, &alarm);
            }
            alarm::keep(spool, &part, None)?;
        }
        Ok(pass)
    }
}
