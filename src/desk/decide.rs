//! A reviewer decides by answering a letter. Who the mail is from proves nothing: it needs the code of the letter, once and in time, and a
//! DKIM signature of the reviewer's domain that our own server found. Then it is the step that the command makes, under the same rules.
//!
//! | what came | what is done | who is told |
//! |---|---|---|
//! | a decision | the step, with the mail's id in its event | `fetch` says so |
//! | no decision, an old code, a story that moved on, a rule against it | nothing; the code is spent | the reviewer, by a letter |
//! | a code from somebody who is not proven to be its reviewer | nothing; the code is spent | `fetch` and `status`, no letter |
//! | something written as a code, and none of ours | nothing | `fetch` and `status`, no letter |

use sha2::{Digest, Sha256};

use crate::mail::copy::copy;
use crate::repo::StoryRepo;
use crate::spool::{CodeNote, Shelves};
use crate::story::answer::quotation;
use crate::story::decision::{self, Decision, Verdict};
use crate::story::draft;
use crate::story::event::MailProof;
use crate::story::letter::{never_answer, signed_by};
use crate::story::passage::Line;
use crate::story::policy::{Member, Task};
use crate::story::record::{Change, Files};
use crate::story::step::{Clerk, Story};
use crate::story::submission::Note;
use crate::story::{StoryId, Submission};

use super::{Desk, Trouble, review};

/// A mail that brought a code back and decided nothing, though its reviewer sent it, or whose code is not ours.
pub const REFUSED: &str = "decision-refused";
/// A mail with a code of which nothing proves that its reviewer sent it.
pub const UNPROVEN: &str = "decision-unproven";

/// What a mail decides.
#[derive(Debug)]
pub enum Heard {
    /// It is no answer to a letter that offered a decision.
    No,
    /// It was taken in before, and decided about this story.
    Before(StoryId),
    Taken(Box<Taken>),
    Refused(Box<Refused>),
}

/// A decision to be committed.
#[derive(Debug)]
pub struct Taken {
    pub story: Story,
    pub change: Change,
    /// "approved by Cath Lee"
    pub said: String,
}

/// A mail that decides nothing.
#[derive(Debug)]
pub struct Refused {
    pub rule: &'static str,
    /// For the desk.
    pub reason: String,
    /// The letter to the reviewer, where one goes.
    pub answer: Option<Answer>,
}

/// Why, for the reviewer.
#[derive(Debug)]
pub struct Answer {
    pub story: Story,
    pub reviewer: String,
    /// After "because".
    pub why: String,
    /// They may try again by answering it: how many such letters went before.
    pub again: Option<u32>,
}

/// How often a reviewer is offered another try without a decision: a machine that answers every letter comes to an end.
const MOST_TRIES: u32 = 3;

/// The code in a mail's subject that this desk knows, by its hash.
pub fn known(shelves: &Shelves, mail: &Submission) -> Result<Option<(String, CodeNote)>, Trouble> {
    for code in &mail.codes {
        let hash = code.hash();
        if let Some(note) = shelves.code(&hash)? {
            return Ok(Some((hash, note)));
        }
    }
    Ok(None)
}

/// What its reviewer changed in the quotation of the letter, in the story or around it: who does that wants something else.
fn changed_below(story: &Story, (above, below): &(String, String), mail: &Submission) -> Option<String> {
    let shown = copy(&story.front(), story.page.body()).text;
    let letter = [above, &shown, below].map(String::as_str).join("\n\n");
    let letter: Vec<Line> = letter.lines().map(Line::plain).collect();
    let changes = quotation::changes(&letter, &draft::quoted(mail));
    (!changes.is_empty()).then(|| quotation::told(&changes))
}

/// Looks at a mail that was read, and changes nothing. `code`: what [`known`] gave, `raw`: the mail's bytes, `find`: a story's files.
pub fn hear(
    desk: &Desk,
    repo: &StoryRepo,
    code: Option<&CodeNote>,
    (mail, raw): (&Submission, &[u8]),
    find: &mut dyn FnMut(&StoryId) -> Result<Option<Files>, Trouble>,
) -> Result<Heard, Trouble> {
    if !desk.config.review.by_mail || mail.codes.is_empty() {
        return Ok(Heard::No);
    }
    let silent = |rule, reason: String| {
        Ok(Heard::Refused(Box::new(Refused {
            rule,
            reason,
            answer: None,
        })))
    };
    let from = mail.from.address.as_deref().unwrap_or_default();
    let Some(code) = code else {
        // somebody else's mail is a story in doubt
        let meant = desk.is_team(&mail.from) || decision::read(&mail.lines, &mail.subject, from, "").is_ok();
        return match meant {
            true => silent(
                REFUSED,
                "it would decide by mail, and the code in its subject is none of this desk's, or too old".to_owned(),
            ),
            false => Ok(Heard::No),
        };
    };
    let name = &code.reviewer;
    let Ok(id) = code.story.parse::<StoryId>() else {
        return Ok(Heard::No);
    };
    let Some(files) = find(&id)? else {
        let reason = format!("it would decide by mail for {name}, and the story is no longer here");
        return silent(REFUSED, reason);
    };
    let Ok(story) = desk.load(&id, files) else {
        let reason = format!("it would decide by mail for {name}, and the story cannot be read");
        return silent(REFUSED, reason);
    };
    let decided = |m: &MailProof| m.id == mail.mail;
    if story
        .record
        .events
        .iter()
        .any(|e| e.what.decided_by().is_some_and(decided))
    {
        return Ok(Heard::Before(id));
    }
    let is_first = code.spent_by.as_ref().is_none_or(|by| *by == mail.mail.hex());
    if let Some(reason) = code.refused.clone().filter(|_| is_first) {
        return silent(REFUSED, reason);
    }
    let member = desk.policy.members.iter().find(|m| m.name == *name);
    let member = match proven(member, mail) {
        Ok(member) => member,
        Err(why) => {
            let reason = format!("it would decide by mail for {name}, and {why}; its code counts no more");
            return silent(UNPROVEN, reason);
        }
    };
    let refuse = |why: String, again: bool| {
        let robot = never_answer(&mail.signals, Some(from), &desk.config.own_addresses()).is_some();
        let answer = Answer {
            story: story.clone(),
            reviewer: name.clone(),
            why: why.clone(),
            again: Some(code.round + 1).filter(|round| again && *round < MOST_TRIES),
        };
        Ok(Heard::Refused(Box::new(Refused {
            rule: REFUSED,
            reason: format!("{name} decided nothing by mail, because {why}"),
            answer: Some(answer).filter(|_| !robot && (is_first || !code.told)),
        })))
    };
    if !is_first {
        let why = "the code in its subject was used already, by an earlier mail".to_owned();
        return refuse(why, false);
    }
    if code.until < desk.now {
        return refuse("the code in its subject is too old".to_owned(), true);
    }
    if desk.policy.may(name, &member.email, Task::Decide).is_err() {
        return refuse("you are not among the reviewers any more".to_owned(), false);
    }
    if mail.notes.iter().any(|note| matches!(note, Note::PartsDiffer { .. })) {
        let why = "it came as plain text and as HTML, and the two do not say the same".to_owned();
        return refuse(why, true);
    }
    let decision = match decision::read(&mail.lines, &mail.subject, from, name) {
        Ok(decision) => decision,
        Err(unclear) => return refuse(unclear.to_string(), true),
    };
    if code.text != story.text.to_string() {
        return refuse("the story was changed after that letter was written".to_owned(), true);
    }
    if decision.verdict == Verdict::Approve
        && let Some(told) = changed_below(&story, &code.around, mail)
    {
        return refuse(
            format!("the letter that you quote has other words than the letter ({told})"),
            true,
        );
    }
    if !repo.uncommitted(&repo.tip()?, &id)?.is_empty() {
        return refuse("somebody is changing the story just now".to_owned(), true);
    }
    let clerk = Clerk {
        mail: Some(MailProof {
            id: mail.mail,
            sha256: hex::encode(Sha256::digest(raw)),
            wording: None,
        }),
        ..desk.clerk_of(member)
    };
    match step(desk, repo, &story, &clerk, &decision) {
        Ok(Some(change)) => Ok(Heard::Taken(Box::new(Taken {
            change,
            said: format!("{} by {name}", past(decision.verdict)),
            story,
        }))),
        Ok(None) => silent(REFUSED, format!("{name} had decided that already")),
        Err(Trouble::Refused(refusal)) => {
            // the letter has named the story
            let what = refusal.what.replace(&story.title(), "it");
            refuse(format!("{what}: {}", refusal.why), true)
        }
        // the story's private part cannot be read
        Err(Trouble::Letter(why)) => silent(REFUSED, format!("{name} decided nothing by mail: {why}")),
        Err(trouble) => Err(trouble),
    }
}

/// The step that the command of this name makes.
fn step(
    desk: &Desk,
    repo: &StoryRepo,
    story: &Story,
    clerk: &Clerk,
    Decision { verdict, note }: &Decision,
) -> Result<Option<Change>, Trouble> {
    let planned = match verdict {
        Verdict::Approve => {
            review::not_own(desk, repo, story, clerk)?;
            review::approve(story, &desk.policy, clerk, note, None)
        }
        Verdict::Changes => review::request_changes(story, &desk.policy, clerk, note),
        Verdict::Reject => review::reject(story, &desk.policy, clerk, note, false),
    };
    Ok(planned?)
}

fn past(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Approve => "approved",
        Verdict::Changes => "changes asked for",
        Verdict::Reject => "rejected",
    }
}

/// The reviewer, if the mail is from an address of theirs and signed by its domain; or what is missing.
fn proven<'m>(member: Option<&'m Member>, mail: &Submission) -> Result<&'m Member, &'static str> {
    let member = member.ok_or("nobody of that name is in the team")?;
    let from = mail.from.address.as_deref().unwrap_or_default();
    if mail.sender.is_some() || !member.has(from) {
        return Err("it does not come from an address of theirs");
    }
    match signed_by(&mail.auth, from) {
        Some(_) => Ok(member),
        None => Err("nothing proves who sent it (no DKIM signature of its domain, found by the trusted server)"),
    }
}

/// Under which name the private part keeps a mail that decided.
pub fn file_of(mail: &Submission) -> String {
    format!("{FILE}{}.eml", &mail.mail.hex()[..16])
}

/// How those names begin.
pub const FILE: &str = "decision-";
