//! Signatures of the record's lines: made with the person's own key when a step is taken, and looked at when a story is loaded.

use crate::config::environment;
use crate::repo::{RepoError, Signer, Starting, signed_by};
use crate::story::StoryId;
use crate::story::erased::Erased;
use crate::story::event::{Event, Role};
use crate::story::page::RECORD;
use crate::story::policy::{Policy, Refusal};
use crate::story::record::{Change, Files};
use crate::story::seal::{
    self, Doubt, Key, NAMESPACE, PublicKey, Seal, Seals, signed_bytes, signed_bytes_of_desk, with_seal,
};
use crate::story::step::{Broken, Story};

use super::{Desk, Trouble};

/// The keys that this desk can sign with.
pub(super) struct Pens {
    person: Option<Signer>,
    robot: Option<Signer>,
}

impl Pens {
    /// Whether a passphrase may be asked for.
    pub fn may_ask(&self, desk: &Desk) -> bool {
        self.person.is_some() && desk.may_ask
    }
}

/// The seals of a story's events.
pub fn seals(story: &Story) -> Seals {
    of_record(&story.id, story.files.get(RECORD).map_or(&[], Vec::as_slice))
}

/// The seals of the events in a record.
pub fn of_record(id: &StoryId, record: &[u8]) -> Seals {
    seal::seals(id, record, |bytes, signature| signed_by(NAMESPACE, bytes, signature))
}

/// The seals of the events in the desk's own record.
pub fn of_desk(record: &[u8]) -> Seals {
    seal::seals_of_desk(record, |bytes, signature| signed_by(NAMESPACE, bytes, signature))
}

impl Desk {
    /// What a desk's own record says is erased, by those lines only whose signer the configuration lets erase.
    pub fn proven_erased(&self, record: &[u8]) -> Erased {
        let seals = of_desk(record);
        let is_proven = |line: &[u8]| {
            let event = std::str::from_utf8(line)
                .ok()
                .and_then(|line| Event::parse(line.trim()).ok());
            event.is_some_and(|event| {
                let seal = seals.get(&event.id).unwrap_or(&Seal::Unsigned);
                self.policy.proof(&event, seal, None).is_ok()
            })
        };
        let proven: Vec<&[u8]> = record.split(|&b| b == b'\n').filter(|line| is_proven(line)).collect();
        Erased::of(&proven.join(&b'\n'))
    }

    /// What a desk's own record says is erased, as far as it is heeded: without a signature only where none are asked for.
    pub fn heeded_erased(&self, record: &[u8]) -> Erased {
        match self.policy.signed {
            true => self.proven_erased(record),
            false => Erased::of(record),
        }
    }

    /// A line of the desk's own record, signed where there is a key that counts for it: an erasure does not wait for one.
    pub(super) fn desk_line(&self, pens: &Pens, event: &Event) -> String {
        let line = event.line();
        let bytes = signed_bytes_of_desk(&line);
        let pen = match event.by.role {
            Role::Robot => &pens.robot,
            _ => &pens.person,
        };
        let Some(signature) = pen.as_ref().and_then(|pen| pen.sign(NAMESPACE, &bytes).ok()) else {
            return line;
        };
        let seal = signed_by(NAMESPACE, &bytes, &signature).map_or_else(Seal::Broken, Seal::By);
        match self.policy.signed && self.policy.proof(event, &seal, None).is_err() {
            true => line,
            false => with_seal(&line, &signature),
        }
    }

    /// Reads a story's files; where the team wants signatures, only what is proven counts.
    pub fn load(&self, id: &StoryId, files: Files) -> Result<Story, Broken> {
        Ok(Story::load(id, files)?.judged(&self.policy, seals))
    }

    /// How the person's `ssh-keygen` is started.
    pub(super) fn starting(&self) -> Starting {
        Starting { may_ask: self.may_ask }
    }

    /// The story as it would be with a change that is not made, and so not signed, yet.
    pub fn foreseen(&self, story: &Story, change: &Change) -> Result<Story, Broken> {
        let key_of = |event: &Event| self.keys_of(event).first().map(|key| key.key.clone());
        Ok(
            Story::load(&story.id, change.upon(&story.files))?.judged(&self.policy, |then| {
                let mut seals = seals(then);
                let known: std::collections::HashSet<_> = story.record.events.iter().map(|e| &e.id).collect();
                for event in then.record.events.iter().filter(|e| !known.contains(&e.id)) {
                    seals.insert(event.id.clone(), key_of(event).map_or(Seal::Unsigned, Seal::By));
                }
                seals
            }),
        )
    }

    /// What an event's signature is worth, by the keys that the configuration gives; `None` where it has none.
    pub fn worth(&self, story: &Story, seals: &Seals, event: &Event) -> Option<Result<(), Doubt>> {
        let seal = seals.get(&event.id).filter(|seal| **seal != Seal::Unsigned)?;
        let before = |e: &&Event| event.after.contains(&e.id);
        let earlier = story.record.events.iter().filter(before).map(|e| e.at).max();
        Some(self.policy.proof(event, seal, earlier))
    }

    /// To whom the configuration gives the key of a commit's signature.
    pub fn owner(&self, key: &PublicKey) -> Option<&str> {
        let has = |keys: &[Key]| keys.iter().any(|k| k.key == *key);
        let member = self.policy.members.iter().find(|m| has(&m.keys));
        let robot = has(&self.policy.robot_keys).then_some(self.config.team.robot.name.as_str());
        member.map(|m| m.name.as_str()).or(robot)
    }

    /// The keys that the configuration gives to whoever an event is by, those that are theirs at its time first.
    fn keys_of(&self, event: &Event) -> Vec<&Key> {
        let member = self.policy.members.iter().find(|m| m.name == event.by.name);
        let mut keys: Vec<&Key> = match event.by.role {
            Role::Robot => self.policy.robot_keys.iter().collect(),
            _ => member.iter().flat_map(|m| &m.keys).collect(),
        };
        let fits = |key: &Key| self.policy.proof(event, &Seal::By(key.key.clone()), None).is_ok();
        keys.sort_by_key(|key| !fits(key));
        keys
    }

    /// `person`: the key that git signs with.
    pub(super) fn pens(&self, person: Option<Signer>) -> Pens {
        let is_robots = |signer: &Signer| {
            let key = signer.public();
            self.policy.robot_keys.iter().any(|k| Some(&k.key) == key.as_ref())
        };
        let robot = person.clone().filter(is_robots);
        Pens { person, robot }
    }

    /// A change upon a story whose record was `before`, its new lines signed: those of people wherever git has an SSH key, the machine's
    /// where it has the machine's key. A decision that would not count without is refused.
    pub(super) fn sealed(&self, pens: &Pens, before: &[u8], change: Change) -> Result<Change, Trouble> {
        sealed_with(before, change, |story, event, line| {
            match self.seal(pens, story, event, line) {
                // [`Policy::goes_unsigned`]
                Err(_) if Policy::goes_unsigned(&event.what) => Ok(None),
                sealed => sealed,
            }
        })
    }

    /// The step that puts two texts together, its line signed as [`Desk::sealed`] does. It is not kept from being made: with it comes
    /// why it lacks a signature that this desk would have given it.
    pub(super) fn sealed_merge(&self, pens: &Pens, before: &[u8], change: Change) -> (Change, Option<String>) {
        let mut lacking = None;
        let sealed = sealed_with(before, change.clone(), |story, event, line| {
            let sealed = self.seal(pens, story, event, line);
            let why = match &sealed {
                Ok(Some(_)) => None,
                Ok(None) => self.policy.signed.then(|| NO_KEY_COUNTS.to_owned()),
                Err(trouble) => Some(why_unsigned(trouble)),
            };
            lacking = lacking.take().or(why);
            Ok(sealed.unwrap_or_default())
        });
        (sealed.unwrap_or(change), lacking)
    }

    /// A line with its signature; `None` where it has none and needs none. Refused, or failed, where it should have one.
    fn seal(&self, pens: &Pens, story: &StoryId, event: &Event, line: &str) -> Result<Option<String>, Trouble> {
        let robot = event.by.role == Role::Robot;
        let wanted = self.policy.signed && !robot && Policy::is_decision(&event.what);
        let of_agent = || {
            let socket = environment("SSH_AUTH_SOCK").filter(|path| !path.is_empty());
            let key = self.keys_of(event).first().filter(|_| socket.is_some())?.key.clone();
            Some(Signer::of_agent(key, self.starting()))
        };
        let pen = match robot {
            true => pens.robot.clone(),
            false => pens.person.clone().or_else(|| of_agent().filter(|_| wanted)),
        };
        let Some(pen) = pen else {
            return if wanted { Err(no_key(event).into()) } else { Ok(None) };
        };
        let bytes = signed_bytes(story, line);
        let signature = pen.sign(NAMESPACE, &bytes)?;
        if wanted {
            let seal = signed_by(NAMESPACE, &bytes, &signature).map_or_else(Seal::Broken, Seal::By);
            self.policy.proof(event, &seal, None).map_err(|doubt| Refusal {
                code: "policy.wrong_key",
                what: format!("what {} decides would not count", event.by.name),
                why: format!("{doubt} ({})", pen.place()),
                hint: format!(
                    "sign with the key that `members` under [team] has for {}, or have this one added there with `from`",
                    event.by.name
                ),
                exit: 5,
            })?;
        }
        Ok(Some(with_seal(line, &signature)))
    }
}

/// A change upon a record that was `before`, with what `seal` makes of its new lines; `None`: a line stays as it is.
fn sealed_with(
    before: &[u8],
    mut change: Change,
    mut seal: impl FnMut(&StoryId, &Event, &str) -> Result<Option<String>, Trouble>,
) -> Result<Change, Trouble> {
    let Some(Some(record)) = change.files.get_mut(RECORD) else {
        return Ok(change);
    };
    let Some(added) = record.strip_prefix(before) else {
        return Ok(change);
    };
    let mut sealed = before.to_vec();
    for line in added.split_inclusive(|&b| b == b'\n') {
        let text = std::str::from_utf8(line).unwrap_or_default().trim_end_matches('\n');
        match Event::parse(text) {
            Ok(event) if event.sig.is_none() => match seal(&change.story, &event, text)? {
                Some(with) => {
                    sealed.extend_from_slice(with.as_bytes());
                    sealed.push(b'\n');
                }
                None => sealed.extend_from_slice(line),
            },
            _ => sealed.extend_from_slice(line),
        }
    }
    *record = sealed;
    Ok(change)
}

/// Why a step that is not kept from being made is unsigned.
const NO_KEY_COUNTS: &str = "no key here counts for it";

/// The same, where signing it was tried.
fn why_unsigned(trouble: &Trouble) -> String {
    match trouble {
        Trouble::Refused(refusal) if refusal.code == NO_KEY => NO_KEY_COUNTS.to_owned(),
        Trouble::Refused(refusal) => refusal.why.clone(),
        Trouble::Repo(RepoError::NotSigned { why, .. }) => format!("{trouble}: {why}"),
        other => other.to_string(),
    }
}

/// The code of the refusal for want of a key.
const NO_KEY: &str = "policy.no_key";

fn no_key(event: &Event) -> Refusal {
    Refusal {
        code: NO_KEY,
        what: format!("what {} decides cannot be signed", event.by.name),
        why: "`signed = true` under [review] counts only signed decisions, and git has no SSH key to sign with"
            .to_owned(),
        hint: "git config --global gpg.format ssh\n      git config --global user.signingkey ~/.ssh/id_ed25519.pub"
            .to_owned(),
        exit: 2,
    }
}
