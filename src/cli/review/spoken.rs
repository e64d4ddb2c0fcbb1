//! Decisions in words, as the screen and the plain walk tell them.

use super::round::Held;
use crate::desk::walk::Decision;
use crate::story::state::State;

/// What is held, in words: `You approve this.`
pub fn told(held: &[Held]) -> String {
    let words: Vec<String> = held
        .iter()
        .map(|h| match &h.decision {
            Decision::Approve => "You approve this text.".to_owned(),
            Decision::Changes(_) => "You ask for changes.".to_owned(),
            Decision::Reject { spam: true, .. } => "You reject this silently, as spam.".to_owned(),
            Decision::Reject { .. } => "You reject this.".to_owned(),
            Decision::Reopen => "You reopen this.".to_owned(),
            Decision::Note(_) => "You leave a note.".to_owned(),
            Decision::Assign(Some(to)) => format!("You give it to {to}."),
            Decision::Assign(None) => "You give it to nobody in particular.".to_owned(),
            Decision::Waive { which, .. } => format!("You let {} stand.", which.rule),
            Decision::Consent { grant: true, .. } => "The author said yes.".to_owned(),
            Decision::Consent { .. } => "The author took their yes back.".to_owned(),
            Decision::Decline { why, .. } if why.is_empty() => {
                "You leave the new text out, without a letter.".to_owned()
            }
            Decision::Decline { .. } => "You leave the new text out.".to_owned(),
            Decision::TakeDown(_) => "You take this off.".to_owned(),
            Decision::Withdraw(_) => "The author withdraws this.".to_owned(),
        })
        .collect();
    words.join(" ")
}

/// As the command of that name says it; the story is `now` in this state.
pub fn done(decision: &Decision, now: State) -> &'static str {
    match decision {
        Decision::Approve => "Approved",
        Decision::Changes(_) => "Asked for changes",
        Decision::Reject { .. } => "Rejected",
        Decision::Reopen => "Reopened",
        Decision::Note(_) => "Noted",
        Decision::Assign(_) => "Assigned",
        Decision::Waive { .. } => "Waived",
        Decision::Consent { grant: true, .. } => "Consent recorded",
        Decision::Consent { .. } => "Recorded that consent is revoked",
        Decision::Decline { .. } => "Declined",
        Decision::TakeDown(_) if now == State::Approved => "No longer scheduled",
        Decision::TakeDown(_) => "Taken down",
        Decision::Withdraw(_) => "Withdrawn",
    }
}

/// As the command of that name says it where there is nothing to do.
pub fn nothing(decision: &Decision) -> &'static str {
    match decision {
        Decision::Approve => "You approved this text already",
        Decision::Changes(_) => "You asked for that already",
        Decision::Reject { .. } => "It is rejected already",
        Decision::Reopen => "It is open already",
        Decision::Note(_) => "That note is there already",
        Decision::Assign(_) => "It is so already",
        Decision::Waive { .. } => "It is waived already",
        Decision::Consent { grant: true, .. } => "This consent is recorded already",
        Decision::Consent { .. } => "There is no consent to revoke",
        Decision::Decline { .. } => "It is declined already",
        Decision::TakeDown(_) => "It is down already",
        Decision::Withdraw(_) => "It is withdrawn already",
    }
}
