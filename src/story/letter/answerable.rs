//! Whom a machine must not answer (RFC 3834).

use jiff::{SignedDuration, Timestamp};

use super::super::submission::Signals;

/// Why a mail must not be answered by a machine (RFC 3834, section 2), or `None` where it may be. `to` is the address the answer
/// would go to, `own` are the addresses of this desk.
pub fn never_answer(signals: &Signals, to: Option<&str>, own: &[String]) -> Option<String> {
    let Some(to) = to.map(str::trim).filter(|to| !to.is_empty()) else {
        return Some("the mail has no address to answer to".to_owned());
    };
    let because = |reason: &str| Some(reason.to_owned());
    if let Some(reason) = no_person_at(to) {
        return Some(reason);
    }
    if is_own(to, own) {
        return because("the address is our own");
    }
    if signals.our_mark.is_some() {
        return because("it is one of our own letters");
    }
    if signals.delivery_report {
        return because("it is a delivery report");
    }
    if signals.null_return_path {
        return because("its return path is empty");
    }
    if let Some(value) = signals.auto_submitted.as_deref().filter(|value| *value != "no") {
        return Some(format!("it is automatic (Auto-Submitted: {value})"));
    }
    if let Some(list) = &signals.list {
        return Some(format!("it came over a mailing list ({list})"));
    }
    if let Some(value) = signals.precedence.as_deref().filter(|value| !is_ordinary(value)) {
        return Some(format!("it is bulk mail (Precedence: {value})"));
    }
    if let Some(name) = signals.machine_headers.first() {
        return Some(format!("it asks for no automatic answer ({name})"));
    }
    if signals.calendar_only {
        return because("it is an invitation");
    }
    let verdict = signals.spam.as_ref()?;
    Some(format!("the receiving server calls it spam ({verdict})"))
}

/// Why a mail is answered no more: it was written longer ago than a letter may wait. An old mailbox taken in today must not thank
/// everybody who wrote in it. `written` is the mail's date; a mail without one is answered.
pub fn too_late(written: Option<Timestamp>, now: Timestamp, max_age: SignedDuration) -> Option<String> {
    let written = written.filter(|at| now.duration_since(*at) > max_age)?;
    Some(format!(
        "it is of {}, too long ago for an automatic answer",
        written.strftime("%-d %B %Y")
    ))
}

/// Values of `Precedence` that say nothing about a machine.
pub(in crate::story) fn is_ordinary(precedence: &str) -> bool {
    matches!(
        precedence,
        "first-class" | "special-delivery" | "normal" | "urgent" | "non-urgent" | ""
    )
}

/// Why nobody reads what is sent to this address.
pub(in crate::story) fn no_person_at(address: &str) -> Option<String> {
    let lower = address.to_lowercase();
    let Some((local, domain)) = lower
        .rsplit_once('@')
        .filter(|(local, domain)| !local.is_empty() && !domain.is_empty())
    else {
        return Some("its address is not one that can be answered".to_owned());
    };
    if domain == "invalid" || domain.ends_with(".invalid") {
        return Some(format!("there is no domain {domain}"));
    }
    let local = local.trim_matches('"');
    let unmarked: String = local.chars().filter(|c| !matches!(c, '-' | '_' | '.')).collect();
    let machine = [
        "mailerdaemon",
        "postmaster",
        "listserv",
        "majordomo",
        "mailman",
        "nobody",
        "autoreply",
        "autoresponder",
    ];
    let silent = [
        "noreply",
        "donotreply",
        "noresponse",
        "neantworten",
        "nepasrepondre",
        "nichtantworten",
    ];
    let robot = machine.contains(&unmarked.as_str())
        || silent
            .iter()
            .any(|word| unmarked.starts_with(word) || unmarked.ends_with(word))
        || ["owner-", "bounce-", "bounces-", "bounce+", "bounces+"]
            .iter()
            .any(|start| local.starts_with(start))
        || ["-request", "-owner", "-bounce", "-bounces", "-errors"]
            .iter()
            .any(|end| local.ends_with(end))
        || ["bounce", "bounces"].contains(&local);
    robot.then(|| format!("nobody reads what is sent to {local}@..."))
}

/// Whether an address is one of ours; case and `+tag` do not matter.
pub(in crate::story) fn is_own(address: &str, own: &[String]) -> bool {
    fn plain(address: &str) -> String {
        let lower = address.trim().to_lowercase();
        match lower.rsplit_once('@') {
            Some((local, domain)) => format!("{}@{domain}", local.split('+').next().unwrap_or(local)),
            None => lower,
        }
    }
    own.iter().any(|one| plain(one) == plain(address))
}
