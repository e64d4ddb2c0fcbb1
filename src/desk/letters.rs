//! The outbox: what the stories' events call for, worded, claimed in the record, sent, recorded. In this order: written into the spool,
//! claimed (with its Message-ID in the private part), sent, recorded as sent. A run that dies in between is taken up with the same
//! bytes and the same Message-ID; a fresh machine, which has neither, writes to nobody.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::config::Way;
use crate::mail;
use crate::mail::wording::{self, Facts, Wording};
use crate::mail::write::{Letter, write};
use crate::outbox::{FolderOutbox, Outbox};
use crate::repo::StoryRepo;
use crate::spool::{LetterNote, Shelves, Spool};
use crate::story::event::{EventId, LetterKind, LetterStatus, What};
use crate::story::letter::{DueLetter, Envelope, LetterId, LetterPolicy, Outgoing, due};
use crate::story::people::{PEOPLE, People, SentLetter};
use crate::story::record::one_line;
use crate::story::step::{Step, Story};
use crate::story::{Mailbox, StoryId};

use super::{Desk, Trouble, queue};

/// A letter that waits.
#[derive(Debug, Clone)]
pub struct Waiting {
    pub story: StoryId,
    pub title: String,
    pub due: DueLetter,
    pub to: Option<Mailbox>,
    /// When what it is about happened.
    pub at: Timestamp,
    /// Why it cannot leave now.
    pub held: Option<String>,
    /// A person changed its words, or an earlier run began to send it: these bytes leave and no others.
    pub written: bool,
}

/// What became of a letter.
#[derive(Debug, Clone)]
pub struct Told {
    pub waiting: Waiting,
    pub result: Result<String, String>,
    /// Given up, not to be tried again.
    pub failed: bool,
}

/// Every letter that is due, the oldest first.
pub fn waiting(desk: &Desk, repo: &StoryRepo, spool: Option<&Shelves>) -> Result<Vec<Waiting>, Trouble> {
    let mut all = Vec::new();
    for (id, _) in queue::with_letters_due(desk, repo)? {
        all.extend(waiting_of(desk, repo, spool, &desk.story(repo, &id)?)?);
    }
    all.sort_by(|a, b| (a.at, &a.due.about).cmp(&(b.at, &b.due.about)));
    Ok(all)
}

/// The letters of one story that are due.
pub fn waiting_of(
    desk: &Desk,
    repo: &StoryRepo,
    spool: Option<&Shelves>,
    story: &Story,
) -> Result<Vec<Waiting>, Trouble> {
    let people = people(repo, &story.id)?;
    let mut all = Vec::new();
    for due in of(desk, story) {
        let written = match spool {
            Some(spool) => spool.letter(due.about.as_str())?.is_some(),
            None => false,
        };
        let event = story.record.events.iter().find(|e| e.id == due.about);
        let to = people.as_ref().map(recipient).filter(|m| m.address.is_some());
        let held = match &due.claim {
            Some(_) if !written => Some("another desk began to send it".to_owned()),
            _ => cannot_go(people.as_ref(), to.as_ref()).map(str::to_owned),
        };
        all.push(Waiting {
            story: story.id.clone(),
            title: story.title(),
            due,
            to,
            at: event.map_or(desk.now, |e| e.at),
            held,
            written,
        });
    }
    Ok(all)
}

/// Why nothing can be sent to a story's author.
fn cannot_go(people: Option<&People>, to: Option<&Mailbox>) -> Option<&'static str> {
    match (people, to) {
        (None, _) => Some("the private part of the story is not here"),
        (_, None) => Some("no address is known"),
        (_, Some(to)) if !mail::writable(to) => Some("its address is not one that mail can be sent to"),
        _ => None,
    }
}

/// A letter that a decision would call for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Foretold {
    pub to: Option<Mailbox>,
    pub subject: String,
    pub text: String,
    /// Why it could not leave.
    pub held: Option<String>,
}

/// The letter that `change`, a decision upon `story` that is not made yet, would call for, in the words it would leave in.
pub fn foretell(
    desk: &Desk,
    repo: &StoryRepo,
    story: &Story,
    change: &crate::story::record::Change,
) -> Result<Option<Foretold>, Trouble> {
    let then = Story::load(&story.id, change.upon(&story.files))?;
    let is_known = |about: &EventId| story.record.events.iter().any(|e| e.id == *about);
    let Some(due) = of(desk, &then).into_iter().find(|due| !is_known(&due.about)) else {
        return Ok(None);
    };
    let people = people(repo, &story.id)?;
    let to = people.as_ref().map(recipient).filter(|m| m.address.is_some());
    let held = cannot_go(people.as_ref(), to.as_ref()).map(str::to_owned);
    let facts = facts(desk, &then, &people.unwrap_or_default(), &due.about);
    let words = wording(desk)?.word(due.kind, &facts);
    let words = words.map_err(|e| Trouble::Letter(e.to_string()))?;
    Ok(Some(Foretold {
        to,
        subject: words.subject,
        text: words.text,
        held,
    }))
}

/// Of a story in conflict none: which of its decisions holds is not settled.
fn of(desk: &Desk, story: &Story) -> Vec<DueLetter> {
    if story.life.conflict.is_some() {
        return Vec::new();
    }
    let letters = &desk.config.letters;
    let policy = LetterPolicy {
        send: letters.send.clone(),
        max_age: letters.max_age,
    };
    due(&story.record.events, &policy, desk.now)
}

fn people(repo: &StoryRepo, id: &StoryId) -> Result<Option<People>, Trouble> {
    let bytes = repo.private_file(id, PEOPLE)?;
    bytes.map(|b| People::parse(&b).map_err(Trouble::Letter)).transpose()
}

/// Where an author's letters go: where they asked for answers, else to the storyteller, else to the sender.
fn recipient(people: &People) -> Mailbox {
    let reply_to = people
        .reply_to
        .clone()
        .filter(|m| m.address.is_some() && people.forwarder.is_none());
    let known = [reply_to, Some(people.storyteller.clone()), Some(people.sender.clone())];
    let address = known
        .into_iter()
        .flatten()
        .filter(|m| m.address.is_some())
        .reduce(|first, next| if mail::writable(&first) { first } else { next })
        .unwrap_or_default();
    Mailbox {
        name: people.storyteller.name.clone().or(address.name),
        address: address.address,
    }
}

/// The letter that a person means: by its story, or by the beginning of its number.
pub fn find<'a>(desk: &Desk, repo: &StoryRepo, all: &'a [Waiting], typed: &str) -> Result<Vec<&'a Waiting>, Trouble> {
    let by_number: Vec<&Waiting> = all
        .iter()
        .filter(|w| typed.len() >= 4 && w.due.about.as_str().starts_with(typed))
        .collect();
    if !by_number.is_empty() {
        return Ok(by_number);
    }
    let id = queue::resolve(desk, repo, typed)?;
    let of_story: Vec<&Waiting> = all.iter().filter(|w| w.story == id).collect();
    if of_story.is_empty() {
        Err(Trouble::NoSuchLetter(typed.to_owned()))
    } else {
        Ok(of_story)
    }
}

/// A letter as it would leave: the one in the spool, or one worded now.
pub fn letter(desk: &Desk, repo: &StoryRepo, spool: Option<&Shelves>, waiting: &Waiting) -> Result<Vec<u8>, Trouble> {
    if let Some(spool) = spool
        && let Some((bytes, _)) = spool.letter(waiting.due.about.as_str())?
    {
        return Ok(bytes);
    }
    Ok(compose(desk, repo, waiting, None)?.0)
}

/// Words a letter and writes it; `own`: with a person's subject and text.
fn compose(
    desk: &Desk,
    repo: &StoryRepo,
    waiting: &Waiting,
    own: Option<(&str, &str)>,
) -> Result<(Vec<u8>, LetterNote), Trouble> {
    let story = desk.story(repo, &waiting.story)?;
    let people = people(repo, &waiting.story)?.ok_or_else(|| Trouble::NoPrivatePart(waiting.story.clone()))?;
    let kind = waiting.due.kind;
    let (subject, text, html) = match own {
        Some((subject, text)) => (subject.to_owned(), text.to_owned(), wording::in_html(text)),
        None => {
            let words = wording(desk)?.word(kind, &facts(desk, &story, &people, &waiting.due.about));
            let words = words.map_err(|e| Trouble::Letter(e.to_string()))?;
            (words.subject, words.text, words.html)
        }
    };
    let from = &desk.config.outbox.from;
    let mut random = [0; 16];
    getrandom::fill(&mut random).expect("the system gives random bytes");
    let domain = from.email.rsplit_once('@').map_or("localhost", |(_, domain)| domain);
    let to = waiting.to.clone().unwrap_or_default();
    let letter = Letter {
        kind,
        id: LetterId::new(waiting.story.digits(), random, domain),
        from: Mailbox {
            name: Some(from.name.clone()).filter(|n| !n.is_empty()),
            address: Some(from.email.clone()),
        },
        to: to.clone(),
        subject,
        text,
        html,
        in_reply_to: people.message_ids.first().cloned(),
        references: people.thread().map(str::to_owned).collect(),
        date: desk.now,
        automatic: waiting.due.automatic,
    };
    let written = write(&letter).map_err(|e| Trouble::Letter(e.to_string()))?;
    let note = LetterNote {
        story: waiting.story.to_string(),
        kind: kind_name(kind),
        about: waiting.due.about.to_string(),
        to: to.address.unwrap_or_default(),
        at: desk.now,
        automatic: waiting.due.automatic,
        attempts: 0,
        not_before: None,
        last_error: None,
        held: None,
    };
    Ok((written.bytes, note))
}

fn wording(desk: &Desk) -> Result<Wording, Trouble> {
    Wording::load(&desk.config.letters.templates).map_err(|e| Trouble::Letter(e.to_string()))
}

/// `changes-requested`
pub fn kind_name(kind: LetterKind) -> String {
    let json = serde_json::to_value(kind).unwrap_or_default();
    json.as_str().unwrap_or_default().to_owned()
}

fn facts(desk: &Desk, story: &Story, people: &People, about: &EventId) -> Facts {
    let event = story.record.events.iter().find(|e| e.id == *about);
    let note = match event.map(|e| &e.what) {
        Some(What::ChangesRequested { note } | What::Rejected { note, .. } | What::Withdrawn { note }) => note.clone(),
        _ => String::new(),
    };
    let places = story.life.publication.iter().flat_map(|p| p.receipts.values());
    let url = places
        .filter_map(|(done, place)| place.as_ref().filter(|p| *done && p.starts_with("http")))
        .next();
    Facts {
        author: people.storyteller.name.clone().unwrap_or_else(|| story.front().author),
        title: story.title(),
        team: desk.config.team.name.clone(),
        note,
        url: url.cloned().unwrap_or_default(),
        subject: people.subject.clone(),
        ask_consent: desk.policy.consent_required && story.life.consent.is_none(),
    }
}

/// Subject and plain text of a letter we wrote.
pub fn words(bytes: &[u8]) -> (String, String) {
    match super::intake::reread(bytes) {
        Ok(mail) => {
            let lines: Vec<String> = mail.lines.iter().map(|l| l.words()).collect();
            (mail.subject, lines.join("\n").trim().to_owned())
        }
        Err(_) => (String::new(), String::from_utf8_lossy(bytes).into_owned()),
    }
}

/// Keeps a letter in a person's own words; it leaves so.
pub fn reword(desk: &Desk, repo: &StoryRepo, spool: &mut Spool, waiting: &Waiting, text: &str) -> Result<(), Trouble> {
    if waiting.due.claim.is_some() {
        return Err(Trouble::Letter("it is being sent already".to_owned()));
    }
    let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
    let subject = head.strip_prefix("Subject:").map(one_line).unwrap_or_default();
    if subject.is_empty() || body.trim().is_empty() {
        return Err(Trouble::Letter(
            "it needs a first line `Subject: ...`, an empty line, and words".to_owned(),
        ));
    }
    let (bytes, note) = compose(desk, repo, waiting, Some((&subject, body.trim())))?;
    spool.put_letter(waiting.due.about.as_str(), &bytes, &note)?;
    Ok(())
}

/// Where letters leave by.
fn outbox(desk: &Desk) -> Result<Box<dyn Outbox>, Trouble> {
    match &desk.config.outbox.way {
        Way::Folder(path) => Ok(Box::new(FolderOutbox::new(path))),
        Way::Smtp(server) => Ok(Box::new(super::post::smtp(server))),
    }
}

/// Sends letters. One that fails does not stop the others, unless none of them would fare better.
pub fn send(
    desk: &Desk,
    repo: &StoryRepo,
    spool: &mut Spool,
    letters: &[Waiting],
) -> Result<(Vec<Told>, Option<Trouble>), Trouble> {
    let mut told = Vec::new();
    let mut outbox: Option<Box<dyn Outbox>> = None;
    let day = desk.now.to_zoned_datetime(desk.config.team.timezone.clone()).date();
    for waiting in letters {
        let mut tell = |result, failed| {
            told.push(Told {
                waiting: waiting.clone(),
                result,
                failed,
            })
        };
        if let Some(why) = &waiting.held {
            tell(Err(why.clone()), false);
            continue;
        }
        let address = waiting.to.as_ref().and_then(|m| m.address.clone()).unwrap_or_default();
        let cap = desk.config.letters.per_address_per_day;
        if waiting.due.automatic && !waiting.written && spool.sent_on(&address, day)? >= cap {
            tell(
                Err(format!(
                    "{cap} automatic answer a day goes to one address; it leaves tomorrow"
                )),
                false,
            );
            continue;
        }
        let about = waiting.due.about.as_str();
        let (bytes, mut note) = match spool.letter(about)? {
            Some(kept) => kept,
            None => match compose(desk, repo, waiting, None) {
                Ok(fresh) => {
                    spool.put_letter(about, &fresh.0, &fresh.1)?;
                    fresh
                }
                // what is wrong with the words of one may not be wrong with those of the next
                Err(Trouble::Letter(why)) => {
                    tell(Err(why), false);
                    continue;
                }
                Err(trouble) => return Err(trouble),
            },
        };
        let glance = mail::glance(&bytes);
        let id: LetterId = match glance.message_id.parse() {
            Ok(id) => id,
            Err(_) => {
                tell(Err("the letter in the spool has lost its Message-ID".to_owned()), false);
                continue;
            }
        };
        if waiting.due.claim.is_none() {
            record(
                desk,
                repo,
                waiting,
                LetterStatus::Claimed,
                None,
                Some(&glance.message_id),
            )?;
        }
        let envelope = Envelope {
            sender: (!waiting.due.automatic).then(|| desk.config.outbox.from.email.clone()),
            recipient: address.clone(),
        };
        let date = glance.date.unwrap_or(desk.now);
        let outgoing = Outgoing {
            kind: waiting.due.kind,
            id: &id,
            date,
            envelope: &envelope,
            bytes: &bytes,
        };
        if outbox.is_none() {
            outbox = Some(self::outbox(desk)?);
        }
        let Some(way) = &mut outbox else { continue };
        match way.send(&outgoing) {
            Ok(sent) => {
                record(desk, repo, waiting, LetterStatus::Sent, None, None)?;
                if waiting.due.automatic {
                    spool.note_sent(&address, day)?;
                }
                spool.remove_letter(about)?;
                tell(Ok(sent.said), false);
            }
            Err(error) if error.is_final() => {
                record(
                    desk,
                    repo,
                    waiting,
                    LetterStatus::Failed,
                    Some(without_address(&error.to_string(), &address)),
                    None,
                )?;
                spool.remove_letter(about)?;
                tell(Err(error.to_string()), true);
            }
            Err(error) => {
                note.attempts += 1;
                note.last_error = Some(error.to_string());
                spool.note_letter(about, &note)?;
                tell(Err(error.to_string()), false);
                if error.stops_the_run() {
                    return Ok((told, Some(Trouble::Outbox(error))));
                }
            }
        }
    }
    if let Some(way) = &mut outbox {
        way.close();
    }
    Ok((told, None))
}

/// The record is on `main`: what a server says of an address stays out of it.
fn without_address(text: &str, address: &str) -> String {
    let words = text
        .split_whitespace()
        .filter(|w| !w.contains('@') && !w.contains(address));
    words.collect::<Vec<_>>().join(" ")
}

/// Does not send a letter.
pub fn drop_letter(
    desk: &Desk,
    repo: &StoryRepo,
    spool: &mut Spool,
    waiting: &Waiting,
    why: &str,
) -> Result<(), Trouble> {
    record(
        desk,
        repo,
        waiting,
        LetterStatus::Dropped,
        Some(why.to_owned()).filter(|w| !w.is_empty()),
        None,
    )?;
    spool.remove_letter(waiting.due.about.as_str())?;
    Ok(())
}

/// Writes a letter's status into the record; with a claim, its Message-ID into the private part.
fn record(
    desk: &Desk,
    repo: &StoryRepo,
    waiting: &Waiting,
    status: LetterStatus,
    reason: Option<String>,
    message_id: Option<&str>,
) -> Result<(), Trouble> {
    let clerk = desk.robot();
    let kind = waiting.due.kind;
    let verb = match status {
        LetterStatus::Claimed => "Begin to send",
        LetterStatus::Sent => "Send",
        LetterStatus::Failed => "Fail to send",
        LetterStatus::Dropped => "Drop",
    };
    let done: Result<_, Trouble> = repo.commit(&waiting.story, |current| {
        let Some(files) = current.files.clone() else {
            return Ok(None);
        };
        let story = Story::load(&waiting.story, files)?;
        let mut private = BTreeMap::new();
        if let Some(message_id) = message_id {
            let known = current
                .private()?
                .and_then(|p| p.get(PEOPLE).cloned())
                .unwrap_or_default();
            let mut people = People::parse(&known).map_err(Trouble::Letter)?;
            people.letters.retain(|l| l.message_id != message_id);
            people.letters.push(SentLetter {
                about: waiting.due.about.clone(),
                message_id: message_id.to_owned(),
            });
            private.insert(PEOPLE.to_owned(), Some(people.render()));
        }
        let what = What::Letter {
            letter: kind,
            about: waiting.due.about.clone(),
            status,
            reason: reason.clone(),
        };
        let subject = format!("{verb} the letter \"{}\" about", kind_name(kind));
        let step = Step {
            subject,
            events: vec![what],
            private,
            ..Step::default()
        };
        Ok(Some(story.change(step, &clerk)))
    });
    done.map(drop)
}
