//! A story, loaded, and a step upon it: events, files and the commit that says so.

use std::collections::BTreeMap;

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::event::{Actor, Event, EventId, MailProof, What};
use super::id::{StoryId, TextHash};
use super::page::{Front, INDEX, NotAPage, Page, RECORD, text_hash, text_hash_of};
use super::policy::{Policy, Refusal};
use super::record::{Change, Files, Record, Signature, Trailers, message};
use super::seal::Seals;
use super::state::{Life, Phase, State};

/// A story as it stands at one commit.
#[derive(Debug, Clone)]
pub struct Story {
    pub id: StoryId,
    /// Of a story that is only listed, without the photos.
    pub files: Files,
    /// The names of its photos: of all that is neither its page nor its record. Sorted.
    pub photos: Vec<String>,
    pub page: Page,
    pub record: Record,
    pub life: Life,
    pub text: TextHash,
}

/// Why a folder is no story that can be worked on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    #[error("{id} has no {file}")]
    Missing { id: StoryId, file: &'static str },
    #[error("{id}: {why}")]
    Page { id: StoryId, why: NotAPage },
}

impl Broken {
    /// What is wrong, where the story is named already.
    pub fn why(&self) -> String {
        match self {
            Broken::Missing { file, .. } => format!("it has no {file}"),
            Broken::Page { why, .. } => why.to_string(),
        }
    }
}

/// Whoever makes a step, and what is drawn fresh for it.
#[derive(Debug, Clone)]
pub struct Clerk {
    pub actor: Actor,
    pub email: String,
    pub now: Timestamp,
    /// Draws a random event id.
    pub draw: fn() -> EventId,
    /// The mail that a decision came by.
    pub mail: Option<MailProof>,
}

impl Clerk {
    /// Author and committer of the step's commit.
    pub fn signature(&self) -> Signature {
        Signature {
            name: self.actor.name.clone(),
            email: self.email.clone(),
            at: self.now,
        }
    }
}

/// One step in the making.
#[derive(Debug, Clone, Default)]
pub struct Step {
    /// The commit's subject: `Approve`.
    pub subject: String,
    /// What the person wrote with it.
    pub note: String,
    pub events: Vec<What>,
    /// Files that change beside the record.
    pub files: BTreeMap<String, Option<Vec<u8>>>,
    pub private: BTreeMap<String, Option<Vec<u8>>>,
}

impl Step {
    /// A step that changes nothing but the record.
    pub fn of(subject: &str, note: &str, events: Vec<What>) -> Step {
        Step {
            subject: subject.to_owned(),
            note: note.to_owned(),
            events,
            ..Step::default()
        }
    }
}

impl Story {
    /// Reads a story's files.
    pub fn load(id: &StoryId, files: Files) -> Result<Story, Broken> {
        let text = text_hash(&files);
        let photos = files.keys().filter(|name| ![INDEX, RECORD].contains(&name.as_str()));
        let photos = photos.cloned().collect();
        Story::with_text(id, files, photos, text)
    }

    /// Reads a story of whose photos only the SHA-256 are known, by name and in order: enough for a list, not for a step.
    pub fn load_with(id: &StoryId, files: Files, sums: &[(String, [u8; 32])]) -> Result<Story, Broken> {
        let index = files.get(INDEX).map_or(&[][..], Vec::as_slice);
        let text = text_hash_of(index, sums.iter().map(|(name, sum)| (name.as_str(), *sum)));
        let photos = sums.iter().map(|(name, _)| name.clone()).collect();
        Story::with_text(id, files, photos, text)
    }

    fn with_text(id: &StoryId, files: Files, photos: Vec<String>, text: TextHash) -> Result<Story, Broken> {
        let index = files.get(INDEX).ok_or_else(|| Broken::Missing {
            id: id.clone(),
            file: INDEX,
        })?;
        let page = Page::parse(index).map_err(|why| Broken::Page { id: id.clone(), why })?;
        let record = Record::parse(files.get(RECORD).map_or(&[], Vec::as_slice));
        let life = Life::of(&record.events);
        Ok(Story {
            id: id.clone(),
            files,
            photos,
            page,
            record,
            life,
            text,
        })
    }

    /// The story as its signatures prove it, where the team wants them; else as it was.
    pub fn judged(mut self, policy: &Policy, seals: impl FnOnce(&Story) -> Seals) -> Story {
        if policy.signed {
            let seals = seals(&self);
            self.life = Life::proven(&self.record.events, &seals, policy);
        }
        self
    }

    pub fn front(&self) -> Front {
        self.page.front()
    }

    /// The title, or the folder's name where there is none.
    pub fn title(&self) -> String {
        let title = self.front().title;
        if title.is_empty() {
            self.id.folder().to_owned()
        } else {
            title
        }
    }

    pub fn state(&self, policy: &Policy) -> State {
        self.life.state(self.text, policy)
    }

    /// The events of a step that makes the text another: what was planned, and decisions that contradict each other, were about the
    /// text before.
    pub fn with_new_text(&self, policy: &Policy, mut events: Vec<What>) -> Vec<What> {
        match self.state(policy) {
            State::Scheduled => events.push(What::Unscheduled {}),
            State::Conflict => events.insert(0, What::Reopened { note: String::new() }),
            _ => {}
        }
        events
    }

    /// Whether `draft` and `date` on the page say what the record says; a step on a page that disagrees is refused.
    pub fn agrees(&self) -> Result<(), Refusal> {
        let front = self.front();
        let published = self.life.phase == Phase::Published;
        let refusal = |why: String| Refusal {
            code: "story.front_matter",
            what: format!("{} disagrees with its record", self.title()),
            why,
            hint: "put `draft` and `date` in index.md back: they follow the record".to_owned(),
            exit: 5,
        };
        if let Some(damage) = self.record.damage.first() {
            return Err(Refusal {
                hint:
                    "restore record.jsonl from the history (`git log -p -- record.jsonl`): it is only ever appended to"
                        .to_owned(),
                ..refusal(damage.to_string())
            });
        }
        if has_markers(self.page.body()) {
            return Err(Refusal {
                what: format!("{} holds a merge that was not finished", self.title()),
                hint: "`edit` it: keep the right words, take the lines with <<<<<<<, ======= and >>>>>>> out"
                    .to_owned(),
                ..refusal("both versions stand in index.md between the marks that git put there".to_owned())
            });
        }
        if front.draft == published {
            let record = if published {
                "it is published"
            } else {
                "it is not published"
            };
            return Err(refusal(format!(
                "index.md says draft = {}, the record says that {record}",
                front.draft
            )));
        }
        match &self.life.publication {
            Some(p) if published && front.date.map(|d| d.as_second()) != Some(p.at.as_second()) => Err(refusal(
                format!("index.md has another date than the publication's, {}", p.at),
            )),
            _ => Ok(()),
        }
    }

    /// Makes the change that a step is: its files, its events upon the latest ones, its commit.
    pub fn change(&self, step: Step, clerk: &Clerk) -> Change {
        // not copied: there may be many photos
        let mut files: BTreeMap<&str, &[u8]> = self.files.iter().map(|(name, bytes)| (&name[..], &bytes[..])).collect();
        for (name, bytes) in &step.files {
            match bytes {
                Some(bytes) => drop(files.insert(name, bytes)),
                None => drop(files.remove(&name[..])),
            }
        }
        let mut after = self.record.heads();
        let mut lines = self.files.get(RECORD).cloned().unwrap_or_default();
        if !lines.is_empty() && !lines.ends_with(b"\n") {
            lines.push(b'\n');
        }
        let index = files.get(INDEX).copied().unwrap_or_default();
        let others = files.iter().filter(|(name, _)| ![INDEX, RECORD].contains(name));
        let text = text_hash_of(index, others.map(|(name, bytes)| (*name, Sha256::digest(bytes).into())));
        let kinds: Vec<String> = step.events.iter().map(What::kind).collect();
        let title = Page::parse(index)
            .map(|p| p.front().title)
            .ok()
            .filter(|title| !title.is_empty())
            .unwrap_or_else(|| self.id.folder().to_owned());
        let about_text = step.events.iter().any(What::names_text);
        for what in step.events {
            let event = event(what, text, std::mem::take(&mut after), clerk);
            after = vec![event.id.clone()];
            lines.extend_from_slice(event.line().as_bytes());
            lines.push(b'\n');
        }
        let by = clerk.actor.name.clone();
        let trailers = Trailers {
            story: &self.id,
            steps: &kinds,
            text: about_text.then_some(text),
            by: &by,
        };
        let subject = format!("{} \"{}\"", step.subject, title);
        let mut changed = step.files;
        changed.insert(RECORD.to_owned(), Some(lines));
        Change {
            story: self.id.clone(),
            files: changed,
            private: step.private,
            message: message(&subject, &step.note, &trailers),
            by: clerk.signature(),
        }
    }
}

fn event(what: What, text: TextHash, after: Vec<EventId>, clerk: &Clerk) -> Event {
    let id = match &what {
        What::Received { mail, .. } | What::FollowUp { mail, .. } => EventId::of_mail(mail),
        _ => (clerk.draw)(),
    };
    let text = what.names_text().then_some(text);
    Event {
        id,
        after,
        at: clerk.now,
        by: clerk.actor.clone(),
        text,
        what,
        sig: None,
    }
}

/// Whether a merge is open in this text: one of its marks still stands at the beginning of a line. No text that came as a mail has
/// such a line.
pub fn has_markers(text: &str) -> bool {
    let mark = |line: &str| line.starts_with("<<<<<<< ") || line.starts_with(">>>>>>> ");
    text.lines().any(mark)
}

/// The first step of a story: a folder with a page, its photos, and its record.
pub fn begin(
    id: &StoryId,
    page: &Page,
    media: Files,
    first: Vec<What>,
    subject: &str,
    private: Files,
    clerk: &Clerk,
) -> Change {
    let empty = Story {
        photos: Vec::new(),
        id: id.clone(),
        files: Files::new(),
        page: page.clone(),
        record: Record::default(),
        life: Life::of(&[]),
        text: text_hash(&Files::new()),
    };
    let mut files: BTreeMap<String, Option<Vec<u8>>> = media.into_iter().map(|(n, b)| (n, Some(b))).collect();
    files.insert(INDEX.to_owned(), Some(page.render()));
    let private = private.into_iter().map(|(n, b)| (n, Some(b))).collect();
    let step = Step {
        subject: subject.to_owned(),
        note: String::new(),
        events: first,
        files,
        private,
    };
    empty.change(step, clerk)
}

#[cfg(test)]
mod tests {
    use super::super::check::{Wanted, check};
    use super::*;

    #[test]
    fn a_story_that_is_only_listed_knows_the_names_of_its_photos_and_is_checked_as_the_whole_one() {
        let id: StoryId = "2010/12/marion-maxwell-b15560c867".parse().expect("a story");
        let index = "+++\ntitle = \"A\"\ndate = 2010-12-04T10:00:00Z\ndraft = true\n+++\n\n![Us](photo-1.jpg) ![The page](index.md) ![Them](photo-2.jpg)\n";
        let page = Files::from([(INDEX.to_owned(), index.into()), (RECORD.to_owned(), Vec::new())]);
        let mut whole = page.clone();
        whole.insert("photo-1.jpg".to_owned(), b"jpeg".to_vec());
        let whole = Story::load(&id, whole).expect("a story");
        let sum = Sha256::digest(b"jpeg").into();
        let listed = Story::load_with(&id, page, &[("photo-1.jpg".to_owned(), sum)]).expect("a story");
        assert_eq!(
            (&whole.photos[..], whole.text),
            (&["photo-1.jpg".to_owned()][..], listed.text)
        );
        assert_eq!(whole.photos, listed.photos);
        for story in [whole, listed] {
            let found = check(&story, &Wanted::default());
            let missing = found.iter().filter(|f| f.rule.name == "no-photo");
            let missing: Vec<&str> = missing.map(|f| f.words.as_str()).collect();
            assert_eq!(missing, ["index.md", "photo-2.jpg"]);
        }
    }
}
