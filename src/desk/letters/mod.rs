//! The outbox: what the stories' events call for, worded, claimed in the record, sent, recorded. In this order: written into the spool,
//! claimed (with its Message-ID in the private part), sent, recorded as sent. A run that dies in between is taken up with the same
//! bytes and the same Message-ID. A fresh machine, which has neither, sends nothing of itself that was due before it began.
//!
//! | room | job |
//! |---|---|
//! | this one | what waits, and why |
//! | `compose` | words and bytes of a letter |
//! | [`foretold`] | the letter that a decision would call for, before it is made |
//! | `round` | a run: which letters are tried, the caps, what earlier runs left |
//! | `send` | one letter: claim, send, record |
//! | `entry` | what the record says of a letter |
//! | `digest` | the letter that is about no one story |
//! | `kept` | letters about no story, which lie in the spool |
//! | `late` | what nobody sent in all the time that it had |
//! | `live` | whether the page that a letter names is there, and what waits for that |
//! | `pages` | the pages that are asked in one run |
//! | [`undecided`] | the answer to a reviewer whose mail decided nothing |
//! | `offer` | what a reviewer may decide by answering, and the code for it |
//! | [`bounce`] | a letter that came back |

pub mod bounce;
mod compose;
mod digest;
mod entry;
pub mod foretold;
mod kept;
pub(super) mod late;
mod live;
mod offer;
mod pages;
mod round;
mod send;
pub mod undecided;

use std::fmt;

use jiff::Timestamp;

use crate::mail;
use crate::repo::StoryRepo;
use crate::spool::{LetterNote, Shelves};
use crate::story::event::{Event, EventId, LetterKind, What};
use crate::story::letter::{Leaving, OpenLetter, Standing, due, leaving};
use crate::story::people::{PEOPLE, People};
use crate::story::policy::Refusal;
use crate::story::record::Files;
use crate::story::state::Phase;
use crate::story::step::{Clerk, Step, Story};
use crate::story::{Mailbox, StoryId};

use super::review::Planned;
use super::{Desk, Trouble, names, queue};

pub use compose::{letter, reword, words};
pub use live::{waiting_for_pages, waits_too_long, with_silent_pages};
pub use round::{Run, Sending, Status, Told, send, send_due};
pub use send::{drop_letter, let_be};

/// A letter that waits.
#[derive(Debug, Clone)]
pub struct Waiting {
    /// None: it is about no one story.
    pub story: Option<StoryId>,
    pub title: String,
    pub due: OpenLetter,
    /// By what people and the spool know it.
    pub number: String,
    pub to: Option<Mailbox>,
    /// The page that it names, which has to answer before it leaves unless a person names it.
    pub page: Option<String>,
    /// When what it is about happened, or the reminder fell due.
    pub at: Timestamp,
    /// Why it does not leave now.
    pub held: Option<Hold>,
    /// A person changed its words, or an earlier run began to send it: these bytes leave and no others.
    pub written: bool,
}

/// Why a letter stays. The Display is for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hold {
    /// It cannot leave from here.
    Cannot(String),
    /// An earlier letter to this address came back.
    CameBack,
    /// It waits for a person who names it.
    ForAPerson(&'static str),
    /// It waits for a person who sends what is due.
    ForASender(&'static str),
    /// The page that it names did not answer when it was asked last; each run asks again.
    NotLive { url: String, why: String },
    /// It was tried, and will be tried again.
    Later(Timestamp, String),
}

impl Hold {
    /// Whether it keeps the letter here in such a run.
    pub fn stops(&self, sending: Sending) -> bool {
        match self {
            Hold::Cannot(_) | Hold::CameBack => true,
            Hold::ForAPerson(_) | Hold::NotLive { .. } => sending != Sending::Named,
            Hold::ForASender(_) | Hold::Later(..) => sending == Sending::Unattended,
        }
    }

    /// Whether it may be over as soon as the page is asked again.
    fn is_for_a_page(&self) -> bool {
        matches!(self, Hold::NotLive { .. })
    }
}

impl fmt::Display for Hold {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Hold::Cannot(why) => f.write_str(why),
            Hold::CameBack => f.write_str("a letter to this address came back: `letters again` when it is good again"),
            Hold::ForAPerson(why) | Hold::ForASender(why) => f.write_str(why),
            Hold::NotLive { url, why } => write!(f, "its page does not answer yet: {url} ({why})"),
            Hold::Later(at, said) => write!(f, "tried; tried again after {}: {said}", at.strftime("%Y-%m-%d %H:%MZ")),
        }
    }
}

/// The step that calls for a letter to the author with a person's own words, and with the question whether the story may be
/// published where `consent` says so. The same words again, as long as they have not left, are no second letter.
pub fn ask(story: &Story, clerk: &Clerk, note: &str, consent: bool) -> Planned {
    story.agrees()?;
    let asked = What::Asked {
        note: note.to_owned(),
        consent,
    };
    let last = story.record.events.last();
    if last.is_some_and(|e| e.what == asked && e.by.name == clerk.actor.name) {
        return Ok(None);
    }
    let step = Step {
        subject: "Write to the author of".to_owned(),
        note: note.to_owned(),
        events: vec![asked],
        ..Step::default()
    };
    Ok(Some(story.change(step, clerk)))
}

/// The step that calls for a letter which shows the author the text as it will appear. The same text again, as long as the letter has not
/// left, is no second one.
pub fn show_proof(story: &Story, clerk: &Clerk) -> Planned {
    story.agrees()?;
    let phase = story.life.phase;
    if !matches!(phase, Phase::Open | Phase::Published) {
        return Err(Refusal {
            code: "story.state",
            what: format!("{} is not on its way to its readers", story.title()),
            why: "a proof is of a story that is to be published".to_owned(),
            hint: "`reopen` it first".to_owned(),
            exit: 5,
        });
    }
    let asked = story
        .record
        .events
        .iter()
        .rposition(|e| matches!(e.what, What::Proof {}));
    if let Some(asked) = asked {
        let proof = &story.record.events[asked];
        let gone = |e: &Event| matches!(&e.what, What::Letter { about, .. } if *about == proof.id);
        if proof.text == Some(story.text) && !story.record.events[asked..].iter().any(gone) {
            return Ok(None);
        }
    }
    let step = Step {
        subject: "Show its author".to_owned(),
        events: vec![What::Proof {}],
        ..Step::default()
    };
    Ok(Some(story.change(step, clerk)))
}

/// Every letter that is due, the oldest first.
pub fn waiting(desk: &Desk, repo: &StoryRepo, spool: Option<&Shelves>) -> Result<Vec<Waiting>, Trouble> {
    let mut all = kept::waiting(desk, repo, spool)?;
    let mut unreachable = bounce::Unreachable::default();
    for (id, _) in queue::with_letters_due(desk, repo)? {
        all.extend(of_story(desk, repo, spool, &desk.story(repo, &id)?, &mut unreachable)?);
    }
    all.sort_by(|a, b| (a.at, &a.number).cmp(&(b.at, &b.number)));
    Ok(all)
}

/// Why a letter stays on a machine that is new, or has lost its spool: another may have sent it, or nobody wanted it sent.
const BEFORE: &str = "it was due before this desk began; `letters send` with its name sends it";

/// The letters that stay for [`BEFORE`].
pub fn before_this_desk(all: &[Waiting]) -> usize {
    let before = |w: &&Waiting| matches!(w.held, Some(Hold::ForAPerson(BEFORE)));
    all.iter().filter(before).count()
}

/// Why a letter stays that is claimed by a desk which is not this one, or lost its spool since.
const ELSEWHERE: &str = "another desk began to send it";

/// The letters that stay for [`ELSEWHERE`].
pub fn begun_elsewhere(all: &[Waiting]) -> usize {
    let begun = |w: &&Waiting| matches!(&w.held, Some(Hold::Cannot(why)) if why == ELSEWHERE);
    all.iter().filter(begun).count()
}

/// The letters of one story that are due.
fn of_story(
    desk: &Desk,
    repo: &StoryRepo,
    spool: Option<&Shelves>,
    story: &Story,
    unreachable: &mut bounce::Unreachable,
) -> Result<Vec<Waiting>, Trouble> {
    let policy = desk.config.letters.policy();
    let standing = Standing::of(story, &desk.policy);
    let due = due(&story.id, &story.record.events, &standing, &policy, desk.now);
    as_waiting(desk, repo, spool, story, due, unreachable)
}

/// These letters of a story, each with whom it goes to and what keeps it.
fn as_waiting(
    desk: &Desk,
    repo: &StoryRepo,
    spool: Option<&Shelves>,
    story: &Story,
    letters: Vec<OpenLetter>,
    unreachable: &mut bounce::Unreachable,
) -> Result<Vec<Waiting>, Trouble> {
    let people = people(repo, &story.id)?;
    let policy = desk.config.letters.policy();
    let begun = late::begun(desk, spool)?;
    let mut all = Vec::new();
    for due in letters {
        let number = due.number();
        let note = match spool {
            Some(spool) => spool.letter(&number)?.map(|(_, note)| note),
            None => None,
        };
        let to = match &due.to {
            Some(name) => member(desk, name),
            None => people.as_ref().map(recipient).filter(|m| m.address.is_some()),
        };
        let page = live::page(desk, story, &due);
        let held = match hold(desk, story, &due, people.as_ref(), to.as_ref(), note.as_ref()) {
            None if unreachable.has(desk, repo, to.as_ref())? => Some(Hold::CameBack),
            None => match &page {
                Ok(page) => live::known(spool, &number, page.as_ref())?,
                Err(why) => Some(Hold::ForAPerson(why)),
            },
            held => held,
        };
        let at = due.at(policy.remind_after);
        let held = match held {
            Some(hold @ (Hold::Cannot(_) | Hold::CameBack | Hold::ForAPerson(_))) => Some(hold),
            // what is claimed is this desk's own
            _ if at < begun && due.claim.is_none() => Some(Hold::ForAPerson(BEFORE)),
            held => held,
        };
        all.push(Waiting {
            story: Some(story.id.clone()),
            title: story.title(),
            at,
            number,
            due,
            to,
            page: page.ok().flatten(),
            held,
            written: note.is_some(),
        });
    }
    Ok(all)
}

/// Why a letter stays for now.
fn hold(
    desk: &Desk,
    story: &Story,
    due: &OpenLetter,
    people: Option<&People>,
    to: Option<&Mailbox>,
    note: Option<&LetterNote>,
) -> Option<Hold> {
    let cannot = |why: &str| Some(Hold::Cannot(why.to_owned()));
    let (Some(_), Some(to)) = (people, to) else {
        return match people {
            None => cannot("the private part of the story is not here"),
            Some(_) => cannot("no address is known"),
        };
    };
    if let Some(claim) = &due.claim
        && note.and_then(|note| note.claim.as_deref()) != Some(claim.as_str())
    {
        return cannot(ELSEWHERE);
    }
    if !mail::writable(to) {
        return cannot("its address is not one that mail can be sent to");
    }
    // what the author says yes to is what they were shown; what was written before is still that text
    let shown = story.life.proofs.iter().find(|p| p.event == due.about);
    if shown.is_some_and(|p| p.text != story.text) && due.claim.is_none() {
        return cannot("the text was changed since: `proof` shows them the new one");
    }
    let trusted = desk.config.has_trusted_authserv();
    let address = to.address.as_deref().unwrap_or_default();
    let answers = due.kind == LetterKind::Received;
    if let Leaving::Waits(why) = leaving(answers, auth_of(story, &due.about), address, trusted) {
        return Some(if trusted {
            Hold::ForAPerson(why)
        } else {
            Hold::ForASender(why)
        });
    }
    let note = note?;
    let later = note.not_before.filter(|at| *at > desk.now)?;
    Some(Hold::Later(later, note.last_error.clone().unwrap_or_default()))
}

/// What our own server found about the mail that began the story.
fn auth_of<'a>(story: &'a Story, about: &EventId) -> &'a [crate::story::submission::AuthResult] {
    let event = story.record.events.iter().find(|e| e.id == *about);
    match event.map(|e| &e.what) {
        Some(What::Received { auth, .. }) => auth,
        _ => &[],
    }
}

pub(super) fn people(repo: &StoryRepo, id: &StoryId) -> Result<Option<People>, Trouble> {
    let bytes = repo.private_file(id, PEOPLE)?;
    bytes.map(|b| People::parse(&b).map_err(Trouble::Letter)).transpose()
}

/// The same in the middle of a step, out of the private files; nobody is known where they are not here.
fn people_in(private: Option<&Files>) -> Result<People, Trouble> {
    let known = private.and_then(|files| files.get(PEOPLE));
    People::parse(known.map_or(&[], Vec::as_slice)).map_err(Trouble::Letter)
}

fn event<'a>(story: &'a Story, waiting: &Waiting) -> Option<&'a Event> {
    story.record.events.iter().find(|e| e.id == waiting.due.about)
}

/// Somebody of the team, by the name in config.toml.
fn member(desk: &Desk, name: &str) -> Option<Mailbox> {
    let member = desk.config.team.members.iter().find(|m| m.name == name)?;
    Some(Mailbox {
        name: Some(member.name.clone()),
        address: Some(member.email.clone()),
    })
}

/// Where an author's letters go; where that is no address that mail can be sent to, the next best.
fn recipient(people: &People) -> Mailbox {
    let first = people.answers_to();
    if mail::writable(&first) {
        return first;
    }
    let others = [&people.storyteller, &people.sender];
    let usable = others.into_iter().find(|m| mail::writable(m)).cloned();
    usable.unwrap_or(first)
}

/// Why no letter can leave for a story's author, where none can.
pub fn unreachable(repo: &StoryRepo, id: &StoryId) -> Result<Option<&'static str>, Trouble> {
    let people = people(repo, id)?;
    Ok(match people.as_ref().map(recipient).and_then(|m| m.address) {
        None if people.is_none() => Some("the private part of the story is not here"),
        None => Some("no address of the author is known (`letters again STORY --to ADDRESS` gives one)"),
        Some(_) => None,
    })
}

/// Where answers go, if it is worth telling: the mail asks for them elsewhere than where it comes from.
pub fn answers_to(people: &People) -> Option<String> {
    let asked = people.reply_to.as_ref().and_then(|m| m.address.clone())?;
    let to = recipient(people).address.unwrap_or_default();
    let own = people.storyteller.address.as_deref().unwrap_or_default();
    if asked.eq_ignore_ascii_case(&to) {
        return (!own.eq_ignore_ascii_case(&to)).then(|| format!("{to}, as the mail asks (it is from {own})"));
    }
    Some(format!(
        "{to}, and not to {asked}, as the mail asks: it is of another domain"
    ))
}

/// Whether a letter can be sent to what somebody typed: an address whose domain has a dot in it, as no author's mail server is `b`.
pub fn is_address(typed: &str) -> bool {
    let domain = typed.rsplit_once('@').map_or("", |(_, domain)| domain);
    let dotted = domain.contains('.') && domain.split('.').all(|label| !label.is_empty());
    let mailbox = Mailbox {
        name: None,
        address: Some(typed.to_owned()),
    };
    typed == typed.trim() && dotted && mail::writable(&mailbox)
}

/// The letter that a person means: by its story, or by the beginning of its number.
pub fn find<'a>(desk: &Desk, repo: &StoryRepo, all: &'a [Waiting], typed: &str) -> Result<Vec<&'a Waiting>, Trouble> {
    let by_number: Vec<&Waiting> = all
        .iter()
        .filter(|w| typed.len() >= 4 && w.number.starts_with(typed))
        .collect();
    if !by_number.is_empty() {
        return Ok(by_number);
    }
    let id = names::resolve(desk, repo, typed)?;
    let of_story: Vec<&Waiting> = all.iter().filter(|w| w.story.as_ref() == Some(&id)).collect();
    if of_story.is_empty() {
        Err(Trouble::NoSuchLetter(typed.to_owned()))
    } else {
        Ok(of_story)
    }
}
