//! Who may do what, and how many must agree. Each rule stands beside its English.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::{Value, json};

use super::check::{Finding, Wanted};
use super::consent;
use super::event::{Actor, Event, Role, What};
use super::id::{StoryId, TextHash};
use super::people::People;
use super::seal::{Doubt, Key, Revoked, Seal};
use super::state::{Cell, Doubted, Life, Phase, State, Verb, cell};
use super::submission::Mailbox;

/// The team's rules: from the local configuration, never from a file that arrived with the content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Nobody named: whoever is at the desk may do everything.
    pub members: Vec<Member>,
    /// How many approvals a text needs; at least 1.
    pub approvals: usize,
    /// Whether the last editor's own approval counts.
    pub own_text: bool,
    /// Whether approvals stay when only spelling and punctuation change.
    pub minor_keeps: bool,
    /// Whether the storyteller's consent must be recorded before publication.
    pub consent_required: bool,
    /// What is looked for before an approval.
    pub checks: Wanted,
    /// Whether what lets a story go out counts only with a signature by a key of whoever it is by.
    pub signed: bool,
    /// Keys of the machine that takes steps by itself.
    pub robot_keys: Vec<Key>,
}

/// Clocks of machines that keep time differ by less.
const CLOCKS_DIFFER: SignedDuration = SignedDuration::from_mins(10);

/// Somebody of the team.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    pub name: String,
    /// Compared without regard to case.
    pub email: String,
    /// Other addresses of the same person.
    pub also: Vec<String>,
    pub roles: Vec<Role>,
    /// For signed decisions.
    pub keys: Vec<Key>,
}

impl Member {
    /// Whether an address is theirs.
    pub fn has(&self, address: &str) -> bool {
        self.addresses().any(|own| own.eq_ignore_ascii_case(address.trim()))
    }

    /// Every address of theirs.
    pub fn addresses(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.email).chain(&self.also).map(String::as_str)
    }
}

/// A step that is not made, and what would help.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{what}")]
pub struct Refusal {
    /// A dotted word for scripts: `policy.too_few_approvals`.
    pub code: &'static str,
    pub what: String,
    pub why: String,
    pub hint: String,
    /// 5: against the rules; 6: the story moved or is being edited.
    pub exit: u8,
}

/// What somebody wants to do, for [`Policy::may`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// approve, request-changes, reject, reopen, consent, withdraw
    Decide,
    /// edit, restore
    Edit,
    /// publish, takedown
    Publish,
    /// erase, and what is kept for how long
    Erase,
    /// note, assign
    Note,
}

impl Task {
    /// What an event of this kind was; `None` for what only the machine writes.
    fn of(what: &What) -> Option<Task> {
        match what {
            What::Approved { .. }
            | What::ChangesRequested { .. }
            | What::Rejected { .. }
            | What::Reopened { .. }
            | What::Consent { .. }
            | What::Checked { .. }
            | What::Withdrawn { .. } => Some(Task::Decide),
            _ if what.changes_text() => Some(Task::Edit),
            What::Scheduled { .. } | What::PublishBegun { .. } | What::Published {} | What::TakenDown { .. } => {
                Some(Task::Publish)
            }
            What::Erased { .. } => Some(Task::Erase),
            _ => None,
        }
    }

    fn needs(self) -> (&'static [Role], &'static str) {
        match self {
            Task::Decide => (&[Role::Reviewer], "Only a reviewer decides about a story."),
            Task::Edit => (
                &[Role::Editor, Role::Reviewer],
                "Only an editor or a reviewer changes a story's text.",
            ),
            Task::Publish => (
                &[Role::Publisher],
                "Only a publisher puts a story out or takes it down.",
            ),
            Task::Erase => (&[Role::Publisher], "Only a publisher destroys anything."),
            Task::Note => (
                &[Role::Reviewer, Role::Editor, Role::Publisher],
                "Notes are made by the team.",
            ),
        }
    }
}

impl Policy {
    /// Who this person is at the desk: their name in the team and the role in which they do `task`. The git identity says who
    /// sits here; it proves nothing to others (see `[review] signed`).
    pub fn may(&self, name: &str, email: &str, task: Task) -> Result<Actor, Refusal> {
        let (wanted, rule) = task.needs();
        if self.members.is_empty() {
            return Ok(Actor {
                name: name.to_owned(),
                role: wanted[0],
            });
        }
        let member = self.members.iter().find(|m| m.has(email)).ok_or_else(|| Refusal {
            code: "policy.not_a_member",
            what: format!("{name} is not of the team"),
            why: "no member in config.toml has the e-mail address of this git identity".to_owned(),
            hint: "add a line to `members` under [team], or set git's user.email to the address named there".to_owned(),
            exit: 5,
        })?;
        match wanted.iter().find(|role| member.roles.contains(role)) {
            Some(role) => Ok(Actor {
                name: member.name.clone(),
                role: *role,
            }),
            None => Err(Refusal {
                code: "policy.role",
                what: format!("{} may not do this", member.name),
                why: rule.to_owned(),
                hint: "ask somebody with that role, or give it in `members` under [team]".to_owned(),
                exit: 5,
            }),
        }
    }

    /// Whether a vote counts: a reviewer's, and (unless `own_text`) not the last editor's own.
    pub fn counts(&self, by: &Actor, edited_it: bool) -> bool {
        let reviewer = |m: &Member| m.name == by.name && m.roles.contains(&Role::Reviewer);
        (self.members.is_empty() || self.members.iter().any(reviewer)) && (self.own_text || !edited_it)
    }

    /// Whether an event is what it says: signed by a key that the configuration gives whoever it is by, in a role that may do it,
    /// at a time when the key was theirs, and not dated before what it was made upon (`earlier`: the latest of those dates).
    pub fn proof(&self, event: &Event, seal: &Seal, earlier: Option<Timestamp>) -> Result<(), Doubt> {
        let key = match seal {
            Seal::By(key) => key,
            Seal::Unsigned => return Err(Doubt::Unsigned),
            Seal::Broken(why) => return Err(Doubt::Broken(why.clone())),
        };
        let name = &event.by.name;
        let robot = event.by.role == Role::Robot;
        let member = self.members.iter().find(|m| m.name == *name);
        let keys = match (robot, member) {
            (true, _) => &self.robot_keys[..],
            (false, Some(member)) => &member.keys[..],
            (false, None) => &[],
        };
        let known = keys.iter().find(|k| k.key == *key);
        let known = known.ok_or_else(|| Doubt::Stranger(name.clone()))?;
        if known.revoked == Revoked::Wholly || matches!(known.revoked, Revoked::Since(day) if event.at >= day) {
            return Err(Doubt::Revoked);
        }
        if known.from.is_some_and(|from| event.at < from) {
            return Err(Doubt::NotYet(name.clone()));
        }
        if known.until.is_some_and(|until| event.at >= until) {
            return Err(Doubt::Expired(name.clone()));
        }
        if earlier.is_some_and(|earlier| event.at.saturating_add(CLOCKS_DIFFER).is_ok_and(|at| at < earlier)) {
            return Err(Doubt::Backdated);
        }
        let needed = Task::of(&event.what).map(|task| task.needs().0);
        let has = |role: &Role| member.is_some_and(|m| m.roles.contains(role));
        match needed.filter(|_| !robot) {
            Some(roles) if !(roles.contains(&event.by.role) && has(&event.by.role)) => Err(Doubt::Role(name.clone())),
            _ => Ok(()),
        }
    }

    /// Whether an event is a person's decision or change of the text, which they sign where the team wants that.
    pub fn is_decision(what: &What) -> bool {
        Task::of(what).is_some()
    }

    /// Whether an event lets a story go out, so that with `signed` it needs a proof. What holds a story back needs none: a forged
    /// rejection costs time, a forged approval costs trust. Besides, what changes the text takes nobody's name from it without one
    /// ([`super::state::Makers`]).
    pub fn needs_proof(what: &What) -> bool {
        matches!(
            what,
            What::Approved { .. }
                | What::Reopened { .. }
                | What::Consent { grant: true, .. }
                | What::ProofAccepted { .. }
                | What::Checked { .. }
                | What::Scheduled { .. }
                | What::Edited { minor: true, .. }
        )
    }

    /// Whether an event only takes away: a story from its readers, or a permission. Who wishes to be gone does not wait for a key.
    pub fn only_takes_away(what: &What) -> bool {
        matches!(
            what,
            What::TakenDown { .. } | What::Withdrawn { .. } | What::Unscheduled {} | What::Consent { grant: false, .. }
        )
    }

    /// Whether an event is recorded, unsigned, where there is no key that counts for it. Two texts are put together because both desks
    /// have made their steps already: to refuse that would keep them apart.
    pub fn goes_unsigned(what: &What) -> bool {
        Policy::only_takes_away(what) || matches!(what, What::Merged { .. })
    }

    /// Whether `actor` may make this move now; `Ok(false)`: nothing to do.
    pub fn allows(&self, verb: Verb, actor: &Actor, life: &Life, text: TextHash, title: &str) -> Result<bool, Refusal> {
        let state = life.state(text, self);
        let correction = life.has_correction(text);
        let voted = life
            .votes
            .iter()
            .any(|v| v.by.name == actor.name && v.is_for(text, self));
        match cell(state, verb) {
            _ if verb == Verb::Approve && voted => Ok(false),
            Cell::Nothing if verb == Verb::Approve && correction => self.own(actor, life, text, title),
            Cell::Counts | Cell::Stays if verb == Verb::Approve => self.own(actor, life, text, title),
            Cell::CountsForTheAsker if life.unanswered(text).all(|r| r.by.name == actor.name) => {
                self.own(actor, life, text, title)
            }
            Cell::CountsForTheAsker => {
                let asker = life
                    .unanswered(text)
                    .map(|r| r.by.name.clone())
                    .find(|n| *n != actor.name);
                let asker = asker.unwrap_or_default();
                Err(Refusal {
                    code: "policy.changes_requested",
                    what: format!("{title} cannot be approved yet"),
                    why: format!("{asker} asked for changes, and the text is still the same"),
                    hint: format!("edit the text, or let {asker} approve it"),
                    exit: 5,
                })
            }
            Cell::Nothing => Ok(false),
            // says how many are missing, and whose lapsed
            Cell::Refused if state == State::Draft && matches!(verb, Verb::Publish | Verb::Schedule) => {
                self.publishable(life, text, title).map(|()| true)
            }
            Cell::Refused => Err(illegal(state, verb, title)),
            Cell::Unsettled => Err(Refusal {
                code: "story.conflict",
                what: format!("{title} has contradicting decisions"),
                why: "it was approved at one desk and rejected at another, neither knowing of the other".to_owned(),
                hint: "settle it: `reopen` to go on with the story, or `reject`".to_owned(),
                exit: 6,
            }),
            Cell::Becomes(State::Published | State::Scheduled) => self.publishable(life, text, title).map(|()| true),
            Cell::Becomes(_) | Cell::Stays | Cell::Counts => Ok(true),
        }
    }

    /// Not one's own text, unless the team allows it.
    fn own(&self, actor: &Actor, life: &Life, text: TextHash, title: &str) -> Result<bool, Refusal> {
        if life.is_text_of(&actor.name, text) && !self.own_text {
            let name = &actor.name;
            let refusal = Policy::own_text_refused(name, title);
            let why = match life.makers.are_only(name, text) {
                true => refusal.why,
                false => format!("{name}'s edit is in it, and nobody approves their own text"),
            };
            return Err(Refusal { why, ..refusal });
        }
        Ok(true)
    }

    /// An open finding keeps a text from being approved until it is mended or waived.
    pub fn checked(&self, findings: &[Finding], id: &StoryId, title: &str) -> Result<(), Refusal> {
        let open: Vec<&Finding> = findings.iter().filter(|f| f.blocks()).collect();
        let Some(first) = open.first().filter(|_| self.checks.block) else {
            return Ok(());
        };
        const TOLD: usize = 3;
        let told = open.iter().take(TOLD).map(|f| {
            let place = f
                .places
                .first()
                .map(|p| format!(" (line {}, column {})", p.line, p.column));
            format!("{}{}", f.rule.name, place.unwrap_or_default())
        });
        let mut told: Vec<String> = told.collect();
        if open.len() > TOLD {
            told.push(format!("{} more", open.len() - TOLD));
        }
        let (many, folder) = (open.len(), id.folder());
        Err(Refusal {
            code: "policy.open_checks",
            what: format!("{title} cannot be approved yet"),
            why: format!(
                "it has {many} open check{}: {}",
                if many == 1 { "" } else { "s" },
                told.join(", ")
            ),
            hint: format!(
                "`check {folder}` shows them; mend them with `edit {folder}`, or let one stand: `check {folder} --waive {} -m \"why\"`",
                first.rule.name
            ),
            exit: 5,
        })
    }

    /// The refusal of one's own text.
    pub fn own_text_refused(name: &str, title: &str) -> Refusal {
        Refusal {
            code: "policy.own_text",
            what: format!("{name} cannot approve {title}"),
            why: format!("{name} made the last edit, and nobody approves their own text"),
            hint: "ask another reviewer, or set `own_text = true` under [review]".to_owned(),
            exit: 5,
        }
    }

    /// The members whose own story it is: who told it, or sent it, by any address of theirs; by name where no address is known. Who
    /// forwarded another's mail did not tell it.
    pub fn tellers<'a>(&'a self, people: &'a People) -> impl Iterator<Item = &'a Member> {
        let sender = Some(&people.sender).filter(|_| people.forwarder.is_none());
        let mailboxes: Vec<&Mailbox> = sender.into_iter().chain([&people.storyteller]).collect();
        self.members.iter().filter(move |member| {
            mailboxes.iter().any(|who| match &who.address {
                Some(address) => member.has(address),
                None => who.name.as_ref() == Some(&member.name),
            })
        })
    }

    /// The refusal of one's own story.
    pub fn own_story_refused(name: &str, title: &str) -> Refusal {
        Refusal {
            code: "policy.own_story",
            what: format!("{name} cannot approve {title}"),
            why: format!("it is {name}'s own story, and nobody approves their own"),
            hint: "ask another reviewer, or set `own_text = true` under [review]".to_owned(),
            exit: 5,
        }
    }

    /// Enough approvals by others than those whose own story it is. The record knows nobody's address, so this is asked apart from
    /// [`Policy::publishable`], where the people of the story are known.
    pub fn approved_by_others(&self, life: &Life, text: TextHash, people: &People, title: &str) -> Result<(), Refusal> {
        let tellers: Vec<&str> = self.tellers(people).map(|m| m.name.as_str()).collect();
        let is_own = |name: &str| tellers.contains(&name);
        let (own, others): (Vec<_>, Vec<_>) = life.standing(text, self).partition(|v| is_own(&v.by.name));
        if self.own_text || own.is_empty() || others.len() >= self.approvals {
            return Ok(());
        }
        let mut why = format!("it has {} of {} approvals for this text", others.len(), self.approvals);
        for vote in own {
            let name = &vote.by.name;
            why.push_str(&format!(
                "; the approval by {name} does not count: it is {name}'s own story"
            ));
        }
        Err(Refusal {
            code: "policy.too_few_approvals",
            what: format!("{title} is not ready to publish"),
            why,
            hint: "let another reviewer read it and `approve` it".to_owned(),
            exit: 5,
        })
    }

    /// Everything that must be true before this text goes out.
    pub fn publishable(&self, life: &Life, text: TextHash, title: &str) -> Result<(), Refusal> {
        let refusal = |code, why: String, hint: &str| Refusal {
            code,
            what: format!("{title} is not ready to publish"),
            why,
            hint: hint.to_owned(),
            exit: 5,
        };
        if life.conflict.is_some() {
            let why = "two desks contradict each other".to_owned();
            return Err(Refusal {
                exit: 6,
                ..refusal("story.conflict", why, "settle it with `reopen` or `reject`")
            });
        }
        if !matches!(life.phase, Phase::Open | Phase::Published) {
            return Err(illegal(life.state(text, self), Verb::Publish, title));
        }
        let standing = life.standing(text, self).count();
        if standing < self.approvals {
            let mut why = format!("it has {standing} of {} approvals for this text", self.approvals);
            for doubted in life.doubted.iter().filter(|d| d.event == "approved") {
                why.push_str(&format!(
                    "; the approval by {} does not count: {}",
                    doubted.by, doubted.why
                ));
            }
            for vote in life.lapsed(text, self) {
                let by = life.lapsed_through(vote, text);
                why.push_str(&format!("; the approval by {} lapsed through {by}", vote.by.name));
            }
            return Err(refusal("policy.too_few_approvals", why, "read it and `approve` it"));
        }
        // the other rules about consent need the page: they are [`consent::permits`]
        if let Some(why) = consent::missing(self.consent_required, life) {
            let mut why = why.to_owned();
            for doubted in life.doubted.iter().filter(|d| d.event == "consent") {
                let Doubted { by, why: doubt, .. } = doubted;
                why.push_str(&format!("; what {by} recorded does not count: {doubt}"));
            }
            return Err(refusal("policy.no_consent", why, consent::MISSING));
        }
        Ok(())
    }

    /// The policy as `publish-begun` stores it, for those who check later.
    pub fn stamp(&self) -> Value {
        let mut stamp = json!({
            "approvals": self.approvals,
            "own_text": self.own_text,
            "consent": if self.consent_required { "required" } else { "optional" },
            "checks": if self.checks.block { "block" } else { "tell" },
        });
        if self.minor_keeps {
            stamp["minor_edits_keep_approvals"] = true.into();
        }
        if self.signed {
            stamp["signed"] = true.into();
        }
        stamp
    }
}

/// As a sentence goes on: "it is ...".
fn in_words(state: State) -> &'static str {
    match state {
        State::Draft => "a draft",
        State::ChangesRequested => "waiting for changes",
        State::TakenDown => "taken down",
        State::Conflict => "in conflict",
        other => other.name(),
    }
}

fn illegal(state: State, verb: Verb, title: &str) -> Refusal {
    let (why, hint) = match (state, verb) {
        (State::ChangesRequested, _) => (
            "changes were asked for and not made yet",
            "edit the text and approve it, or `reopen` it",
        ),
        (State::Published, Verb::RequestChanges) => (
            "readers have it already",
            "`edit` it (the correction then needs approval), or `takedown` it",
        ),
        (State::Published, _) => ("readers have it already", "`takedown` it first"),
        (State::TakenDown, _) => ("what was taken down stays as it was", "`reopen` it first"),
        (State::Rejected, _) => ("somebody decided against it", "`reopen` it first"),
        (State::Joined, _) => (
            "its words went into another story",
            "`reopen` it to make it a story of its own again",
        ),
        (State::Withdrawn, _) => (
            "it is its author's again",
            "`reopen` it only if the author wishes; consent is needed anew",
        ),
        (_, Verb::Takedown) => ("it is not published", "`reject` keeps a story from being published"),
        _ => ("its state does not allow it", "see `show` for where it stands"),
    };
    Refusal {
        code: "story.state",
        what: format!("{}: {title} is {}", verb.name(), in_words(state)),
        why: why.to_owned(),
        hint: hint.to_owned(),
        exit: 5,
    }
}
