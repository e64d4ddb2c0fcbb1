//! Which letters a story's events call for, who is never written to, and by what id a letter is known when it comes back.

mod answerable;
mod id;
mod outgoing;

use jiff::{SignedDuration, Timestamp};

use super::event::{Event, EventId, LetterKind, LetterStatus, What};
use super::submission::AuthResult;

pub(in crate::story) use answerable::{is_ordinary, is_own, no_person_at};
pub use answerable::{never_answer, too_late};
pub use id::LetterId;
pub use outgoing::{Envelope, Outgoing};

/// What the team wants written: `[letters]` of the config.
#[derive(Debug, Clone, PartialEq)]
pub struct LetterPolicy {
    pub send: Vec<LetterKind>,
    /// What happened longer ago calls for no letter.
    pub max_age: SignedDuration,
}

/// A letter still to be written.
#[derive(Debug, Clone, PartialEq)]
pub struct DueLetter {
    pub kind: LetterKind,
    /// The event that calls for it.
    pub about: EventId,
    /// The machine's own answer: capped per address and day, and bound by RFC 3834. The others carry a person's decision.
    pub automatic: bool,
    /// The claim on it, where there is one; the first, where two desks claimed it. Only the desk whose spool holds the letter
    /// of this claim may send it; to all others it is not theirs to write.
    pub claim: Option<EventId>,
}

/// The letters that a story's record calls for at `now`, in the order of their events. `record` is in the order of the fold.
///
/// Due = an event with a kind of letter on the list, with no word yet that the letter was sent, failed or was dropped, not
/// overtaken by a later event, and young enough. Never "everything but a ledger": a fresh machine writes to nobody.
/// A story in conflict is not to be asked about: its decisions wait to be settled.
pub fn due(record: &[Event], sending: &LetterPolicy, now: Timestamp) -> Vec<DueLetter> {
    let mut letters = Vec::new();
    for (place, event) in record.iter().enumerate() {
        let Some(kind) = called_for(&event.what) else { continue };
        let old = now.duration_since(event.at) > sending.max_age;
        if old || !sending.send.contains(&kind) || is_overtaken(kind, &record[..place], event, &record[place + 1..]) {
            continue;
        }
        let mut claim = None;
        let mut closed = false;
        for later in record {
            if let What::Letter {
                letter, about, status, ..
            } = &later.what
                && *letter == kind
                && *about == event.id
            {
                match status {
                    LetterStatus::Claimed => claim = claim.or_else(|| Some(later.id.clone())),
                    LetterStatus::Sent | LetterStatus::Failed | LetterStatus::Dropped => closed = true,
                }
            }
        }
        if !closed {
            letters.push(DueLetter {
                kind,
                about: event.id.clone(),
                automatic: kind == LetterKind::Received,
                claim,
            });
        }
    }
    letters
}

/// The kind of letter an event calls for. A mail that must not be answered, and a rejection as spam, call for none.
fn called_for(what: &What) -> Option<LetterKind> {
    match what {
        What::Received { no_answer: None, .. } => Some(LetterKind::Received),
        What::ChangesRequested { .. } => Some(LetterKind::ChangesRequested),
        What::Rejected { spam: false, .. } => Some(LetterKind::Rejected),
        What::Published {} => Some(LetterKind::Published),
        What::Withdrawn { .. } => Some(LetterKind::Withdrawn),
        _ => None,
    }
}

/// Whether what happened before or after makes the letter untrue or needless.
fn is_overtaken(kind: LetterKind, before: &[Event], event: &Event, after: &[Event]) -> bool {
    let later = |test: &dyn Fn(&Event) -> bool| after.iter().any(test);
    if later(&|e| matches!(e.what, What::Erased {})) {
        return true;
    }
    match kind {
        // the letter of the decision says more than a receipt does; a reopened story is open again
        LetterKind::Received => {
            let closing = after.iter().rposition(|e| {
                matches!(
                    e.what,
                    What::Rejected { .. } | What::Withdrawn { .. } | What::Published {}
                )
            });
            let reopening = after.iter().rposition(|e| matches!(e.what, What::Reopened { .. }));
            closing.is_some() && closing > reopening
        }
        LetterKind::ChangesRequested => later(&|e| match &e.what {
            What::Reopened { .. } | What::Rejected { .. } | What::Withdrawn { .. } | What::Published {} => true,
            // the one who asked is content
            What::Approved { .. } => e.by.name == event.by.name,
            _ => false,
        }),
        LetterKind::Rejected => later(&|e| {
            matches!(
                e.what,
                What::Reopened { .. } | What::Withdrawn { .. } | What::Rejected { spam: true, .. }
            )
        }),
        // an update of what is on the site already is no news
        LetterKind::Published => {
            let off = |e: &Event| matches!(e.what, What::TakenDown { .. } | What::Withdrawn { .. });
            let since = before.iter().rposition(off).map_or(0, |i| i + 1);
            let again = before[since..].iter().any(|e| matches!(e.what, What::Published {}));
            again || later(&off)
        }
        LetterKind::Withdrawn => later(&|e| matches!(e.what, What::Reopened { .. })),
    }
}

/// Whether a letter goes out by itself, or waits until a person sends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leaving {
    Goes,
    /// Why it waits.
    Waits(&'static str),
}

/// Whether a due letter may leave without a person's word. A decision may: a person made it. An automatic answer goes to whoever the
/// mail says it is from, so it leaves by itself only where our own server (`trusted_authserv`) has found that to be true:
/// otherwise we would write to people who never wrote to us. `auth` are that server's findings, `to` is where the letter goes.
pub fn leaving(automatic: bool, auth: &[AuthResult], to: &str, trusted_authserv: bool) -> Leaving {
    if !automatic {
        return Leaving::Goes;
    }
    if !trusted_authserv {
        return Leaving::Waits(
            "no server is trusted to say who mail is from (trusted_authserv): `letters send` sends it",
        );
    }
    let domain = to.rsplit('@').next().unwrap_or_default();
    let aligned = |found: &AuthResult| found.domain.as_deref().is_some_and(|found| is_same_site(found, domain));
    match auth.iter().any(|found| {
        found.result == "pass" && matches!(found.method.as_str(), "dmarc" | "dkim" | "spf") && aligned(found)
    }) {
        true => Leaving::Goes,
        false => Leaving::Waits("the sender's address is not proven: `letters send` sends it all the same"),
    }
}

/// Relaxed alignment (RFC 7489, section 3.1), without a list of public suffixes: one is the other, or a host of it. A suffix that others
/// share passes nothing, because nobody can sign for it.
fn is_same_site(one: &str, other: &str) -> bool {
    let (one, other) = (one.trim_start_matches('@').to_lowercase(), other.to_lowercase());
    let host_of = |host: &str, site: &str| host.strip_suffix(site).is_some_and(|rest| rest.ends_with('.'));
    let whole = |name: &str| name.contains('.') && !name.starts_with('.');
    whole(&one) && whole(&other) && (one == other || host_of(&one, &other) || host_of(&other, &one))
}

#[cfg(test)]
mod tests;
