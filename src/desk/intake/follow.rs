//! The mail that follows a story: whose it is, and what is written of it.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::repo::{Batch, StoryRepo};
use crate::spool::Spool;
use crate::story::answer::beside::Before;
use crate::story::answer::quotation::{self, Change};
use crate::story::draft::{self, CutPiece};
use crate::story::event::{LetterKind, What};
use crate::story::id::MAIL_ID_VERSION;
use crate::story::markdown;
use crate::story::page::RECORD;
use crate::story::passage::Line;
use crate::story::people::{CUT, PEOPLE, People, SentLetter};
use crate::story::record::Files;
use crate::story::state::Phase;
use crate::story::step::{Step, Story};
use crate::story::submission::Note;
use crate::story::{Mailbox, StoryId, Submission};

use super::super::account::{MailReport, Outcome};
use super::super::consent::{self, Answer, Quoted};
use super::super::{Trouble, revision};
use super::fresh::public;
use super::pen::{Fresh, TAKE_DOWN};
use super::{Judged, KeptMail, Reader, done, reread};

/// Stories looked at to find the one a mail follows.
pub(super) const MAX_CANDIDATES: usize = 1_000;

/// The story in whose thread a mail stands; none where its files cannot be read.
pub(super) struct Thread {
    id: StoryId,
    story: Option<Story>,
    known: Known,
}

/// What is read of a story's private part to take in a mail that follows it.
pub(super) struct Known {
    people: Option<People>,
    /// The mail that began it.
    first: Option<Vec<u8>>,
    /// What was cut from that, as it is kept.
    cut: Option<Vec<u8>>,
}

impl Known {
    /// What was cut from the mail that began it.
    fn cut_before(&self) -> Before {
        let bytes = self.cut.as_deref().unwrap_or_default();
        let pieces = serde_json::Deserializer::from_slice(bytes).into_iter::<CutPiece>();
        Before::of(&pieces.map_while(Result::ok).collect::<Vec<_>>())
    }

    fn of(batch: &mut Batch, id: &StoryId) -> Result<Option<Known>, Trouble> {
        const FIRST: &str = "mail-1.eml";
        let private = batch.private(id, &[PEOPLE, FIRST, CUT])?;
        Ok(private.map(|mut private| Known {
            people: private.get(PEOPLE).and_then(|bytes| People::parse(bytes).ok()),
            first: private.remove(FIRST),
            cut: private.remove(CUT),
        }))
    }
}

/// Whether a mail that refers to `reference` is of that story: from one of its people, and under its subject or in answer to one
/// of our letters.
pub(super) fn is_thread(people: &People, reference: &str, submission: &Submission) -> bool {
    let Some(from) = submission.from.address.as_deref() else {
        return false;
    };
    let known = [
        Some(&people.storyteller),
        Some(&people.sender),
        people.reply_to.as_ref(),
    ];
    let same = |m: &Mailbox| m.address.as_deref().is_some_and(|a| a.eq_ignore_ascii_case(from));
    let ours = || people.letters.iter().any(|l| l.message_id == reference);
    let subject = || draft::bare_subject(&people.subject) == draft::bare_subject(&submission.subject);
    known.into_iter().flatten().any(same) && (ours() || subject())
}

/// The story that a story's words went into: what its author writes belongs there.
fn follow_pointer(batch: &mut Batch, (id, files, known): (StoryId, Files, Known)) -> Result<Thread, Trouble> {
    let read = |id: StoryId, files: Files, known: Known| Thread {
        story: Story::load(&id, files).ok(),
        id,
        known,
    };
    let mut at = read(id, files, known);
    // a circle ends somewhere
    for _ in 0..8 {
        let into = at.story.as_ref().and_then(|story| story.life.joined_into.as_ref());
        let Some(id) = into.and_then(|id| id.parse::<StoryId>().ok()) else {
            break;
        };
        match (batch.story(&id)?, Known::of(batch, &id)?) {
            (Some(files), Some(known)) => at = read(id, files, known),
            _ => break,
        }
    }
    Ok(at)
}

/// Changes inside a quotation that are put under the text of a follow-up.
const MOST_ANSWERS: usize = 100;

/// The text of a follow-up, and below it what its author wrote inside the quotation, where that is not in it: each with the letter's line
/// above it.
fn with_answers(body: &str, changes: &[Change]) -> String {
    let new = |change: &&Change| change.lines.iter().any(|line| !body.contains(&**line));
    let mut lines = Vec::new();
    // one line may hold many
    let mut written = HashSet::new();
    for change in changes.iter().filter(new).take(MOST_ANSWERS) {
        let answers: Vec<&str> = change
            .lines
            .iter()
            .map(|line| &**line)
            .filter(|line| written.insert(*line))
            .collect();
        if answers.is_empty() {
            continue;
        }
        if !change.under.is_empty() && written.insert(&*change.under) {
            let under = Line::plain(&change.under);
            lines.extend([Line { quote: 1, ..under }, Line::plain("")]);
        }
        lines.extend(answers.into_iter().map(Line::plain));
        lines.push(Line::plain(""));
    }
    match lines.is_empty() {
        true => body.to_owned(),
        false => format!("{body}\n{}", markdown::render(&lines, &|_| None)),
    }
}

/// What the mail quotes of our letter, held against the letter. What was cut from the first mail, too, is no word on it.
fn held_against(
    letter: Option<&SentLetter>,
    kept: Option<&Submission>,
    cut_before: &Before,
    submission: &Submission,
) -> Quoted {
    let nothing = Quoted::Compared(Vec::new());
    let Some(letter) = letter else {
        return nothing;
    };
    let quoted = draft::quoted(submission);
    if quoted.iter().all(Line::is_blank) {
        return nothing;
    }
    match kept {
        Some(kept) => {
            let mut changes = quotation::changes(&kept.lines, &quoted);
            let added = |change: &Change| change.instead.is_empty() && !change.words.is_empty();
            changes.retain(|change| !(added(change) && cut_before.is_notice(&change.lines)));
            Quoted::Compared(changes)
        }
        None if letter.kind == LetterKind::Proof.name() || letter.asked_consent.is_some() => Quoted::NotCompared,
        // it asked for nothing
        None => nothing,
    }
}

/// The mail with those of its lines marked as quoted that only go on with our letter; none where there is no such line.
fn marked_on(kept: Option<&Submission>, submission: &Submission) -> Option<Submission> {
    let kept = kept.filter(|_| submission.lines.iter().any(|line| line.quote > 0))?;
    let lines = quotation::marked_on(&kept.lines, &submission.lines)?;
    Some(Submission {
        lines,
        ..submission.clone()
    })
}

/// The same, and below it what was cut beside it and may be its author's word on it.
fn with_beside(text: String, beside: &[String]) -> String {
    match beside {
        [] => text,
        _ => format!("{}\n\n{}\n", text.trim_end(), beside.join("\n\n")),
    }
}

impl Reader<'_> {
    /// The story in whose thread this mail stands, if it is of the same sender: a reply to one of our letters, or to the author's
    /// own mail. From anybody else, or with another subject, it is a mail of its own.
    pub(super) fn follows(
        &mut self,
        repo: &StoryRepo,
        submission: &Submission,
        batch: &mut Batch,
    ) -> Result<Option<Thread>, Trouble> {
        let mut candidates = Vec::new();
        for reference in &submission.references {
            let stories = self.threads.find(self.desk, Some(repo), reference)?;
            candidates.extend(stories.into_iter().map(|id| (reference, id)));
        }
        // a mail may refer to every one of a long thread
        let mut looked: HashMap<StoryId, Option<Known>> = HashMap::new();
        for (reference, id) in candidates.into_iter().take(MAX_CANDIDATES) {
            if !looked.contains_key(&id) {
                looked.insert(id.clone(), Known::of(batch, &id)?);
            }
            let people = looked[&id].as_ref().and_then(|known| known.people.as_ref());
            if people.is_some_and(|people| is_thread(people, reference, submission))
                && let Some(files) = batch.story(&id)?
                && let Some(known) = looked.remove(&id).flatten()
            {
                return Ok(Some(follow_pointer(batch, (id, files, known))?));
            }
        }
        Ok(None)
    }

    /// The letter of ours that is answered, as it left, where it is kept.
    fn kept(id: &StoryId, letter: Option<&SentLetter>, batch: &mut Batch) -> Result<Option<Submission>, Trouble> {
        let Some(file) = letter.map(SentLetter::file) else {
            return Ok(None);
        };
        let mut private = batch.private(id, &[&file])?.unwrap_or_default();
        Ok(private.remove(&file).and_then(|bytes| reread(&bytes).ok()))
    }

    /// A follow-up becomes an event and a private mail of its story: never a second story, never a silent overwrite.
    pub(super) fn follow_up(
        &mut self,
        m: &KeptMail,
        Thread { id, story, known }: Thread,
        submission: &Submission,
        Fresh { draft, report, .. }: &Fresh,
        batch: &mut Batch,
        spool: &mut Spool,
    ) -> Result<Option<Judged>, Trouble> {
        let id = &id;
        let Some(story) = story else {
            return Ok(None);
        };
        let mut report = MailReport {
            story: Some(id.clone()),
            ..report.clone()
        };
        let is_it = |w: &What| matches!(w, What::FollowUp { mail, .. } if *mail == submission.mail);
        if story.record.events.iter().any(|e| is_it(&e.what)) {
            report.outcome = Outcome::Duplicate;
            return Ok(Some(done(report, true)));
        }
        // after a withdrawal a new mail is a new story, but the answer to a letter is none
        let answers = |people: &People| submission.references.iter().any(|id| people.letter(id).is_some());
        if story.life.phase == Phase::Withdrawn && !known.people.as_ref().is_some_and(answers) {
            return Ok(None);
        }
        let number = revision::next_number(&story.record.events);
        let cut_before = known.cut_before();
        let mut people = known.people.unwrap_or_default();
        let mut subject = "Take in a follow-up to";
        let mut notes = draft.notes.clone();
        // an answer may be short
        let of_a_story = |note: &Note| note.to_string() == TAKE_DOWN || matches!(note, Note::LittleText(_));
        let gone: Vec<String> = notes
            .iter()
            .filter(|note| of_a_story(note))
            .map(Note::to_string)
            .collect();
        notes.retain(|note| !of_a_story(note));
        report.notes.retain(|note| !gone.contains(note));
        // what its program broke out of the quotation of our letter is not what it says
        let letter = consent::answered(&people, submission);
        let kept = Self::kept(id, letter, batch)?;
        let marked = marked_on(kept.as_ref(), submission);
        let submission = marked.as_ref().unwrap_or(submission);
        let said = marked.as_ref().map(|marked| self.desk.draft(marked).0);
        let said = said.as_ref().unwrap_or(draft);
        let quoted = match draft.passes_on() {
            true => Quoted::Compared(Vec::new()),
            false => held_against(letter, kept.as_ref(), &cut_before, submission),
        };
        if let Some((told, public)) = quoted.told() {
            report.notes.push(told);
            notes.push(Note::Other(public.to_owned()));
        }
        let answer = Answer {
            mail: submission,
            raw: &m.raw,
            draft: said,
            number: number as usize,
            quoted: &quoted,
            subject: kept.as_ref().map(|kept| &*kept.subject),
            cut_before: &cut_before,
        };
        let heard = consent::read(&story, &people, &answer);
        if heard.events.iter().any(|what| matches!(what, What::Consent { .. })) {
            subject = "Take in a follow-up that gives permission to publish";
        } else if !heard.events.is_empty() {
            subject = "Take in a follow-up that says yes to the proof of";
        }
        if let Some(told) = heard.told {
            report.notes.push(told.clone());
            notes.push(Note::Other(told));
        }
        let first = known.first.and_then(|bytes| reread(&bytes).ok());
        let revised = match revision::propose(self.desk, &story, first.as_ref(), submission, said, &m.raw) {
            Ok(true) => {
                let folder = id.folder();
                report.notes.push(format!(
                    "it brings a corrected text or photos: `revisions {folder}` shows them"
                ));
                Some(revision::proposed(number, submission.mail))
            }
            Ok(false) => None,
            Err(why) => {
                report.notes.push(why.clone());
                notes.push(Note::Other(why));
                None
            }
        };
        if !people.message_ids.contains(&submission.message_id) {
            people.message_ids.push(submission.message_id.clone());
        }
        let what = What::FollowUp {
            mail: submission.mail,
            mail_version: MAIL_ID_VERSION,
            notes: public(&notes),
            auth: submission.auth.clone(),
            asks: heard.asks,
        };
        let says_yes = !heard.events.is_empty();
        let step = Step {
            subject: subject.to_owned(),
            events: std::iter::once(what).chain(heard.events).chain(revised).collect(),
            private: BTreeMap::from([
                (
                    format!("follow-up-{number}.md"),
                    Some(with_beside(with_answers(&draft.body, quoted.changes()), &heard.beside).into_bytes()),
                ),
                (PEOPLE.to_owned(), Some(people.render())),
            ]),
            ..Step::default()
        };
        let mail = format!("mail-{number}.eml");
        let mut change = story.change(step, &self.desk.robot());
        if says_yes {
            let before = story.files.get(RECORD).map_or(&[][..], Vec::as_slice);
            // a key that does not sign keeps no mail out: a person then records the yes
            change = self
                .desk
                .sealed(&self.desk.pens(batch.signer()), before, change.clone())
                .unwrap_or(change);
        }
        self.spend_codes(m, submission, spool)?;
        batch.add(&change, &[(&mail, m.kept)])?;
        self.threads.learn(&submission.message_id, id);
        report.outcome = Outcome::FollowUp;
        Ok(Some(done(report, true)))
    }
}
