//! A story's events, folded: votes, consent, what was published where, and what waits for a person.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use jiff::Timestamp;

use crate::story::event::{Actor, Asks, Event, EventId, MailProof, RevisionStatus, Role, What};
use crate::story::id::TextHash;
use crate::story::policy::Policy;
use crate::story::seal::{Doubt, Seal, Seals};

use super::State;
use super::conflict::contradiction;
use super::makers::Makers;

/// An approval, and what became of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Vote {
    pub event: EventId,
    pub at: Timestamp,
    pub by: Actor,
    pub text: TextHash,
    pub note: String,
    /// The text that minor edits, and no others, made of it.
    pub carried_to: Option<TextHash>,
    /// Who changed the text after it, so that it no longer counts.
    pub lapsed_by: Option<String>,
}

impl Vote {
    /// Whether it is a vote for this text: given for it, or carried over minor edits where the team allows that.
    pub fn is_for(&self, text: TextHash, policy: &Policy) -> bool {
        let carried = policy.minor_keeps && self.carried_to == Some(text);
        carried || self.text == text && self.lapsed_by.is_none()
    }
}

/// Changes asked for, a veto until the asker approves or the text changes.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    pub event: EventId,
    pub at: Timestamp,
    pub by: Actor,
    pub text: Option<TextHash>,
    pub note: String,
}

/// The storyteller's yes.
#[derive(Debug, Clone, PartialEq)]
pub struct Grant {
    pub event: EventId,
    pub at: Timestamp,
    /// What may be used; empty: the story as it stands.
    pub scope: Vec<String>,
    /// On which targets; empty: on all.
    pub targets: Vec<String>,
    /// The last moment for which it was given.
    pub until: Option<Timestamp>,
    pub evidence: String,
    pub mail: Option<MailProof>,
    pub recorded_by: String,
}

/// What the author asked for in a mail, and no person has settled yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// The follow-up that says so.
    pub event: EventId,
    pub at: Timestamp,
    pub asks: Asks,
    /// The number of its file: `follow-up-2.md`.
    pub mail: usize,
}

/// A text that the author was shown as it will appear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    pub event: EventId,
    pub at: Timestamp,
    pub text: TextHash,
    /// The author's yes to it: when, and how it is known.
    pub accepted: Option<(Timestamp, String)>,
}

/// Why a target still has a story that was taken down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remains {
    pub why: String,
    /// Only a person can take it off there.
    pub by_hand: bool,
}

/// Findings of `check` that somebody let stand, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Waiver {
    pub rule: String,
    /// Keys of the words; none: whatever the rule found in `text`.
    pub findings: Vec<String>,
    pub note: String,
    pub by: String,
    pub at: Timestamp,
    pub text: Option<TextHash>,
}

impl Waiver {
    /// Whether it is of these words, or of all that was found in exactly this text.
    pub fn covers(&self, key: &str, text: TextHash) -> bool {
        match self.findings[..] {
            [] => self.text == Some(text),
            _ => self.findings.iter().any(|k| k == key),
        }
    }
}

/// A publication, begun or done.
#[derive(Debug, Clone, PartialEq)]
pub struct Publication {
    /// When the first one began: the page's `date`.
    pub at: Timestamp,
    /// When the last one began.
    pub begun: Timestamp,
    /// Readers had an earlier text.
    pub corrects: bool,
    pub slug: String,
    pub targets: Vec<String>,
    /// The text that went out last.
    pub text: Option<TextHash>,
    /// By target: done, and where.
    pub receipts: BTreeMap<String, (bool, Option<String>)>,
    /// `published` was recorded for this text.
    pub announced: bool,
    /// Targets that were looked at and have nothing of it.
    pub cleared: BTreeSet<String>,
    /// The story was closed or reopened since: it does not go on.
    pub over: bool,
}

/// A post that stands at a target, or may stand there.
#[derive(Debug, Clone, PartialEq)]
pub struct Post {
    pub slug: String,
    pub place: Option<String>,
    pub id: Option<String>,
    /// The text that it has.
    pub text: Option<TextHash>,
    pub at: Timestamp,
    /// False: it was handed over, and nobody knows whether it arrived.
    pub certain: bool,
}

/// What the events say, before the local policy and today's text are asked.
#[derive(Debug, Clone, PartialEq)]
pub struct Life {
    pub phase: Phase,
    pub received: Option<Timestamp>,
    pub votes: Vec<Vote>,
    pub requests: Vec<Request>,
    pub schedule: Option<(Timestamp, Option<TextHash>)>,
    pub consent: Option<Grant>,
    /// The storyteller took a yes back, and gave none since.
    pub revoked: bool,
    /// What the author asked for by mail, for a person to settle.
    pub wishes: Vec<Wish>,
    /// The texts that the author was shown, the latest last.
    pub proofs: Vec<Proof>,
    /// What targets still have of it after a takedown, and why.
    pub remains: BTreeMap<String, Remains>,
    pub assigned: Option<String>,
    /// Whose text it is.
    pub makers: Makers,
    /// The latest text that the record knows, and who made it.
    changed: Option<(TextHash, String)>,
    pub publication: Option<Publication>,
    /// What stands where, by target: whatever was put there and not taken off, by this publication or an earlier one.
    pub posts: BTreeMap<String, Post>,
    pub conflict: Option<(EventId, EventId)>,
    /// Waived findings of `check`, the latest last.
    pub waived: Vec<Waiver>,
    pub proposed_revisions: Vec<u32>,
    /// The story that its words went into.
    pub joined_into: Option<String>,
    /// How many mails followed the first.
    follow_ups: usize,
    /// What was not taken for what it says, the latest last; empty where signatures were not asked for.
    pub doubted: Vec<Doubted>,
    /// Whether every event was asked for its proof: without it nothing counts where the team wants signatures.
    pub proven: bool,
}

/// An event without the proof that its kind needs.
#[derive(Debug, Clone, PartialEq)]
pub struct Doubted {
    pub id: EventId,
    /// Its kind.
    pub event: String,
    /// Whom it names.
    pub by: String,
    pub why: Doubt,
}

impl Publication {
    /// Whether there is something left to do: a target without the story, or `published` to record.
    pub fn is_under_way(&self) -> bool {
        let done = |target: &String| self.receipts.get(target).is_some_and(|(done, _)| *done);
        !self.over && (!self.announced || !self.targets.iter().all(done))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    Open,
    Published,
    TakenDown,
    Rejected,
    Withdrawn,
    Joined,
}

impl Life {
    /// Folds a record, whose events are in order, and believes it.
    pub fn of(events: &[Event]) -> Life {
        Life::fold(events, Vec::new(), &HashSet::new(), false)
    }

    /// Folds a record of which only what is proven counts: an event that lets the story go out is passed over without a proof, and one
    /// that changes the text does not make it another's.
    pub fn proven(events: &[Event], seals: &Seals, policy: &Policy) -> Life {
        let dates: HashMap<&EventId, Timestamp> = events.iter().map(|e| (&e.id, e.at)).collect();
        let doubt = |event: &Event| {
            let earlier = event.after.iter().filter_map(|id| dates.get(id)).max().copied();
            let seal = seals.get(&event.id).unwrap_or(&Seal::Unsigned);
            let why = policy.proof(event, seal, earlier).err()?;
            let (event, by) = (event.kind(), event.by.name.clone());
            Some((event, by, why))
        };
        let needy = events.iter().filter(|e| Policy::needs_proof(&e.what));
        let doubted = needy.filter_map(|e| {
            let id = e.id.clone();
            doubt(e).map(|(event, by, why)| Doubted { id, event, by, why })
        });
        let changes = events.iter().filter(|e| e.what.changes_text());
        let unproven = changes.filter(|e| doubt(e).is_some()).map(|e| &e.id).collect();
        Life::fold(events, doubted.collect(), &unproven, true)
    }

    /// `unproven`: those that change the text, and do not make it another's.
    fn fold(events: &[Event], doubted: Vec<Doubted>, unproven: &HashSet<&EventId>, proven: bool) -> Life {
        let mut life = Life {
            phase: Phase::Open,
            received: None,
            votes: Vec::new(),
            requests: Vec::new(),
            schedule: None,
            consent: None,
            revoked: false,
            wishes: Vec::new(),
            proofs: Vec::new(),
            remains: BTreeMap::new(),
            assigned: None,
            makers: Makers::default(),
            changed: None,
            publication: None,
            posts: BTreeMap::new(),
            conflict: None,
            waived: Vec::new(),
            proposed_revisions: Vec::new(),
            joined_into: None,
            follow_ups: 0,
            doubted: Vec::new(),
            proven,
        };
        let is_doubted = |event: &Event| doubted.iter().any(|d| d.id == event.id);
        for event in events {
            // a text did change, whoever changed it
            if event.what.changes_text() || !is_doubted(event) {
                life.take(event, !unproven.contains(&event.id));
            }
        }
        life.conflict = contradiction(events, &is_doubted);
        life.doubted = doubted;
        life
    }

    /// `believed`: an event that changes the text is proven, where that is asked for.
    fn take(&mut self, event: &Event, believed: bool) {
        let text = event.text;
        match &event.what {
            What::Received { .. } => self.received = self.received.or(Some(event.at)),
            What::Edited { .. } | What::Restored { .. } | What::Merged { .. } => self.edited(event, believed),
            What::Revision { revision, status, .. } => match status {
                RevisionStatus::Proposed => self.proposed_revisions.push(*revision),
                RevisionStatus::Accepted | RevisionStatus::Declined => {
                    self.proposed_revisions.retain(|r| r != revision);
                    if *status == RevisionStatus::Accepted {
                        self.lapse(event, false);
                        self.makers.revised(event.text);
                    }
                }
            },
            What::Assigned { to } => self.assigned = to.clone(),
            What::Approved { note, .. } => {
                self.requests.retain(|r| r.by.name != event.by.name);
                // a vote without a text is a vote for nothing
                if let Some(text) = text {
                    self.votes.retain(|v| v.by.name != event.by.name);
                    let (id, by) = (event.id.clone(), event.by.clone());
                    self.votes.push(Vote {
                        event: id,
                        at: event.at,
                        by,
                        text,
                        note: note.clone(),
                        carried_to: Some(text),
                        lapsed_by: None,
                    });
                }
            }
            What::ChangesRequested { note, .. } => {
                self.votes.retain(|v| v.by.name != event.by.name);
                self.requests.retain(|r| r.by.name != event.by.name);
                let (id, by) = (event.id.clone(), event.by.clone());
                self.requests.push(Request {
                    event: id,
                    at: event.at,
                    by,
                    text,
                    note: note.clone(),
                });
                self.schedule = None;
            }
            What::Rejected { .. } => self.close(Phase::Rejected),
            What::Withdrawn { .. } => {
                self.close(Phase::Withdrawn);
                self.consent = None;
                self.revoked = true;
                self.wishes.clear();
            }
            What::TakenDown { .. } => self.close(Phase::TakenDown),
            What::Reopened { .. } => self.close(Phase::Open),
            What::Consent {
                grant: true,
                scope,
                targets,
                until,
                evidence,
                mail,
            } => {
                self.revoked = false;
                self.settled_by(event);
                self.consent = Some(Grant {
                    event: event.id.clone(),
                    at: event.at,
                    scope: scope.clone(),
                    targets: targets.clone(),
                    until: *until,
                    evidence: evidence.clone(),
                    mail: mail.clone(),
                    recorded_by: event.by.name.clone(),
                });
            }
            What::Consent { grant: false, .. } => {
                self.consent = None;
                self.revoked = true;
                self.settled_by(event);
            }
            What::Proof {} => {
                if let Some(text) = text {
                    let (event, at) = (event.id.clone(), event.at);
                    self.proofs.push(Proof {
                        event,
                        at,
                        text,
                        accepted: None,
                    });
                }
            }
            What::ProofAccepted {
                about,
                accepted,
                evidence,
                ..
            } => {
                let shown = |p: &&mut Proof| p.event == *about && p.text == *accepted;
                if let Some(proof) = self.proofs.iter_mut().find(shown) {
                    proof.accepted = Some((event.at, evidence.clone()));
                }
            }
            What::Remains { target, why, by_hand } => {
                let (why, by_hand) = (why.clone(), *by_hand);
                self.remains.insert(target.clone(), Remains { why, by_hand });
            }
            What::Checked { rule, findings, note } => self.waived.push(Waiver {
                rule: rule.clone(),
                findings: findings.clone(),
                note: note.clone(),
                by: event.by.name.clone(),
                at: event.at,
                text,
            }),
            What::Scheduled { for_time } => self.schedule = Some((*for_time, text)),
            What::Unscheduled {} => self.schedule = None,
            What::PublishBegun { targets, slug, .. } => {
                let first = self
                    .publication
                    .take()
                    .filter(|p| p.receipts.values().any(|(done, _)| *done));
                let earlier = first.as_ref().filter(|_| self.phase == Phase::Published);
                self.publication = Some(Publication {
                    corrects: earlier.is_some_and(|p| p.corrects || p.text != text),
                    begun: event.at,
                    at: first.map_or(event.at, |p| p.at),
                    slug: slug.clone(),
                    targets: targets.clone(),
                    text,
                    receipts: BTreeMap::new(),
                    announced: false,
                    cleared: BTreeSet::new(),
                    over: false,
                });
                self.schedule = None;
            }
            What::Receipt { .. } => self.receipt(event),
            What::Published {} => {
                if let Some(publication) = &mut self.publication {
                    publication.announced = true;
                }
            }
            What::FollowUp { asks, .. } => {
                self.follow_ups += 1;
                if let Some(asks) = asks.filter(|asks| *asks != Asks::Other) {
                    let (event, at, mail) = (event.id.clone(), event.at, 1 + self.follow_ups);
                    self.wishes.push(Wish { event, at, asks, mail });
                }
            }
            What::Noted { about, .. } => self.wishes.retain(|w| Some(&w.event) != about.as_ref()),
            What::Asked { .. } | What::Letter { .. } => {}
            What::Joined { into: Some(into), .. } => {
                self.close(Phase::Joined);
                self.joined_into = Some(into.clone());
            }
            What::Split { consent_ends, .. } | What::Joined { consent_ends, .. } => {
                if *consent_ends {
                    self.consent = None;
                }
                self.edited(event, believed);
            }
            What::Erased { .. } | What::Unknown { .. } => {}
        }
    }

    fn receipt(&mut self, event: &Event) {
        let What::Receipt {
            target,
            done,
            place,
            id,
            unknown,
            removed,
            ..
        } = &event.what
        else {
            return;
        };
        let stands = self.posts.get(target).is_some_and(|post| post.certain);
        if *removed {
            self.posts.remove(target);
        } else if *done || *unknown && !stands {
            let slug = self.publication.as_ref().map(|p| p.slug.clone());
            let post = Post {
                slug: slug.unwrap_or_default(),
                place: place.clone(),
                id: id.clone(),
                // a person who says that it arrived speaks of the text that was handed over
                text: self
                    .posts
                    .get(target)
                    .filter(|post| !post.certain)
                    .map_or(event.text, |post| post.text),
                at: event.at,
                certain: *done,
            };
            self.posts.insert(target.clone(), post);
        } else if !stands {
            // it did not arrive after all
            self.posts.remove(target);
        }
        if *done || *removed {
            self.remains.remove(target);
        }
        if let Some(publication) = &mut self.publication {
            if *removed {
                publication.receipts.remove(target);
                publication.cleared.insert(target.clone());
            } else {
                publication.cleared.remove(target);
                publication.receipts.insert(target.clone(), (*done, place.clone()));
            }
        }
        if *done && !removed {
            self.phase = Phase::Published;
        }
    }

    /// The text changed. `believed`: the event is what it says.
    fn edited(&mut self, event: &Event, believed: bool) {
        self.lapse(event, believed);
        self.makers.edited(event, believed);
    }

    /// Votes for another text lapse. `carries`: a minor edit is believed to be one.
    fn lapse(&mut self, event: &Event, carries: bool) {
        let upon = match &event.what {
            What::Edited { minor: true, from } if carries => *from,
            _ => None,
        };
        self.changed = event.text.map(|text| (text, event.by.name.clone()));
        for vote in &mut self.votes {
            vote.carried_to = match vote.carried_to {
                Some(text) if upon == Some(text) => event.text,
                same if same == event.text => same,
                _ => None,
            };
            if Some(vote.text) != event.text && vote.lapsed_by.is_none() {
                vote.lapsed_by = Some(event.by.name.clone());
            }
        }
    }

    /// Whether this text is theirs, so that their own approval is of their own text: they made the last edit, or one that no proven edit
    /// took over.
    pub fn is_text_of(&self, name: &str, text: TextHash) -> bool {
        self.makers.made(name, text, self.proven)
    }

    /// A person who records what the author says now has read what they asked for; a machine has not.
    fn settled_by(&mut self, event: &Event) {
        if event.by.role != Role::Robot {
            self.wishes.clear();
        }
    }

    /// The targets where something of it stands, or may stand: the last publication may have died before its receipt.
    pub fn may_stand(&self) -> impl Iterator<Item = &str> {
        let begun = self.publication.iter().flat_map(|p| {
            let open = |t: &&String| !p.cleared.contains(*t) && !self.posts.contains_key(*t);
            p.targets.iter().filter(open)
        });
        self.posts.keys().chain(begun).map(String::as_str)
    }

    /// After a takedown or a withdrawal, the targets that are known to have it still.
    pub fn still_out(&self) -> impl Iterator<Item = &str> {
        let closed = !matches!(self.phase, Phase::Open | Phase::Published);
        let names = self
            .posts
            .keys()
            .chain(self.remains.keys().filter(|t| !self.posts.contains_key(*t)));
        names.filter(move |_| closed).map(String::as_str)
    }

    /// The author's yes to exactly this text: when, and how it is known.
    pub fn proof_of(&self, text: TextHash) -> Option<&(Timestamp, String)> {
        let proofs = self.proofs.iter().rev().filter(|p| p.text == text);
        proofs.filter_map(|p| p.accepted.as_ref()).next()
    }

    /// Whether the author said anything but a yes: they took one back, or wait for an answer themselves.
    pub fn has_answered(&self) -> bool {
        self.revoked || !self.wishes.is_empty()
    }

    /// Whether the author asked to have the story back, and nobody has settled it.
    pub fn withdrawal_asked(&self) -> Option<&Wish> {
        self.wishes.iter().find(|w| w.asks == Asks::Withdrawal)
    }

    fn close(&mut self, phase: Phase) {
        // what was begun and not ended does not go on by itself when the story is reopened
        if let Some(publication) = &mut self.publication {
            publication.over = true;
        }
        self.phase = phase;
        self.joined_into = None;
        self.votes.clear();
        self.requests.clear();
        self.schedule = None;
    }

    /// The votes that stand: for exactly this text, not lapsed, by somebody whose vote counts.
    pub fn standing<'a>(&'a self, text: TextHash, policy: &'a Policy) -> impl Iterator<Item = &'a Vote> {
        self.votes
            .iter()
            .filter(move |_| self.proven || !policy.signed)
            .filter(move |v| v.is_for(text, policy) && policy.counts(&v.by, self.is_text_of(&v.by.name, text)))
    }

    /// Votes that no longer count, and whose they are.
    pub fn lapsed<'a>(&'a self, text: TextHash, policy: &'a Policy) -> impl Iterator<Item = &'a Vote> {
        self.votes.iter().filter(move |v| !v.is_for(text, policy))
    }

    /// Through whom a vote lapsed: where it is of another desk, and its text was changed here before it was given there, whoever made this text.
    pub fn lapsed_through<'a>(&'a self, vote: &'a Vote, text: TextHash) -> &'a str {
        let made = self
            .changed
            .as_ref()
            .filter(|(made, _)| *made == text)
            .map(|(_, by)| by);
        vote.lapsed_by
            .as_ref()
            .or(made)
            .map_or("an edit outside the tool", |by| by)
    }

    /// The requests that are not answered: the text is still the one they were about.
    pub fn unanswered(&self, text: TextHash) -> impl Iterator<Item = &Request> {
        self.requests.iter().filter(move |r| r.text.is_none_or(|t| t == text))
    }

    /// Where the story stands, with this text, under this policy.
    pub fn state(&self, text: TextHash, policy: &Policy) -> State {
        if self.conflict.is_some() {
            return State::Conflict;
        }
        match self.phase {
            Phase::Rejected => State::Rejected,
            Phase::Withdrawn => State::Withdrawn,
            Phase::Joined => State::Joined,
            Phase::TakenDown => State::TakenDown,
            Phase::Published => State::Published,
            Phase::Open if self.unanswered(text).next().is_some() => State::ChangesRequested,
            Phase::Open if !self.has_enough(text, policy) => State::Draft,
            Phase::Open if self.schedule.is_some_and(|(_, t)| t == Some(text)) => State::Scheduled,
            Phase::Open => State::Approved,
        }
    }

    /// Whether enough votes stand.
    fn has_enough(&self, text: TextHash, policy: &Policy) -> bool {
        self.standing(text, policy).count() >= policy.approvals
    }

    /// A published story whose text is not the one that went out.
    pub fn has_correction(&self, text: TextHash) -> bool {
        self.phase == Phase::Published && self.publication.as_ref().is_some_and(|p| p.text != Some(text))
    }
}
