//! Where a story stands, and what may be done next: the table in ARCHITECTURE.md is [`cell`], tested. What its events make of it is a
//! [`Life`].

use std::fmt;

use serde::{Deserialize, Serialize};

mod conflict;
mod life;
mod makers;

pub use life::{Doubted, Grant, Life, Phase, Post, Proof, Publication, Remains, Request, Vote, Waiver, Wish};
pub use makers::Makers;

/// Where a story stands. Computed, never stored.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    #[default]
    Draft,
    ChangesRequested,
    Approved,
    Scheduled,
    Published,
    TakenDown,
    Rejected,
    Withdrawn,
    /// Its words went into another story.
    Joined,
    /// Contradicting decisions from two desks.
    Conflict,
}

impl State {
    pub const ALL: [State; 10] = [
        State::Draft,
        State::ChangesRequested,
        State::Approved,
        State::Scheduled,
        State::Published,
        State::TakenDown,
        State::Rejected,
        State::Withdrawn,
        State::Joined,
        State::Conflict,
    ];

    /// As it is written in lists and JSON.
    pub fn name(self) -> &'static str {
        match self {
            State::Draft => "draft",
            State::ChangesRequested => "changes-requested",
            State::Approved => "approved",
            State::Scheduled => "scheduled",
            State::Published => "published",
            State::TakenDown => "taken-down",
            State::Rejected => "rejected",
            State::Withdrawn => "withdrawn",
            State::Joined => "joined",
            State::Conflict => "conflict",
        }
    }

    /// Still on somebody's desk: shown by `list` without `--all`.
    pub fn is_open(self) -> bool {
        !matches!(
            self,
            State::Published | State::TakenDown | State::Rejected | State::Withdrawn | State::Joined
        )
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What a person may want to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verb {
    Approve,
    RequestChanges,
    Edit,
    Reject,
    Publish,
    Schedule,
    Takedown,
    Withdraw,
    Reopen,
}

impl Verb {
    pub const ALL: [Verb; 9] = [
        Verb::Approve,
        Verb::RequestChanges,
        Verb::Edit,
        Verb::Reject,
        Verb::Publish,
        Verb::Schedule,
        Verb::Takedown,
        Verb::Withdraw,
        Verb::Reopen,
    ];

    /// As it is typed.
    pub fn name(self) -> &'static str {
        match self {
            Verb::Approve => "approve",
            Verb::RequestChanges => "request-changes",
            Verb::Edit => "edit",
            Verb::Reject => "reject",
            Verb::Publish => "publish",
            Verb::Schedule => "publish --at",
            Verb::Takedown => "takedown",
            Verb::Withdraw => "withdraw",
            Verb::Reopen => "reopen",
        }
    }
}

/// A cell of the state table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cell {
    /// The step is made and the story is then in this state.
    Becomes(State),
    /// A vote: `approved` once there are enough, else as before.
    Counts,
    /// As [`Cell::Counts`] once the asker approves; refused to others until the text has changed.
    CountsForTheAsker,
    /// The step is made; the state stays.
    Stays,
    /// Quiet success, no step.
    Nothing,
    /// Refused with exit 5: against the rules.
    Refused,
    /// Refused with exit 6: two desks contradict each other; `reopen` or `reject` settles it.
    Unsettled,
}

/// The state table: what `verb` does to a story in `state`.
pub fn cell(state: State, verb: Verb) -> Cell {
    use Cell::*;
    use State::*;
    match (state, verb) {
        (Draft | ChangesRequested, Verb::Publish | Verb::Schedule | Verb::Takedown) => Refused,
        (Draft, Verb::Approve) => Counts,
        (Draft, Verb::Reopen) => Nothing,
        (ChangesRequested, Verb::Approve) => CountsForTheAsker,
        (ChangesRequested, Verb::RequestChanges) => Stays,
        (Approved | Scheduled, Verb::Approve) => Stays,
        (Approved, Verb::Takedown) => Refused,
        (Approved | Scheduled, Verb::Publish) => Becomes(Published),
        (Approved | Scheduled, Verb::Schedule) => Becomes(Scheduled),
        (Scheduled, Verb::Takedown | Verb::Reopen) => Becomes(Approved),
        (Draft | Approved | Scheduled, Verb::RequestChanges) => Becomes(ChangesRequested),
        (Draft | ChangesRequested | Approved | Scheduled, Verb::Edit) => Becomes(Draft),
        (ChangesRequested | Approved, Verb::Reopen) => Becomes(Draft),
        (Draft | ChangesRequested | Approved | Scheduled, Verb::Reject) => Becomes(Rejected),

        (Published, Verb::Approve | Verb::Publish) => Nothing,
        (Published, Verb::Edit) => Stays,
        (Published, Verb::Takedown) => Becomes(TakenDown),
        (Published, Verb::RequestChanges | Verb::Reject | Verb::Schedule | Verb::Reopen) => Refused,

        (Rejected, Verb::Reject) | (TakenDown | Rejected | Withdrawn | Joined, Verb::Takedown) => Nothing,
        (TakenDown | Rejected | Withdrawn | Joined, Verb::Reopen) => Becomes(Draft),
        (Withdrawn, Verb::Withdraw) => Nothing,
        (TakenDown | Rejected | Withdrawn | Joined, verb) if verb != Verb::Withdraw => Refused,

        (Conflict, Verb::Approve | Verb::RequestChanges | Verb::Publish | Verb::Schedule) => Unsettled,
        (Conflict, Verb::Edit | Verb::Reopen) => Becomes(Draft),
        (Conflict, Verb::Reject) => Becomes(Rejected),
        (Conflict, Verb::Takedown) => Becomes(TakenDown),

        (_, Verb::Withdraw) => Becomes(Withdrawn),
        (TakenDown | Rejected | Withdrawn | Joined, _) => Refused,
    }
}
