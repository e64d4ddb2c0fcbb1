//! One kept mail, judged: a story, a follow-up, a duplicate, set aside, or quarantined. Nothing is written in the inbox
//! here.

use std::cell::OnceCell;
use std::collections::{BTreeMap, HashMap, HashSet};

use crate::mail::{self, ReadSetting};
use crate::media;
use crate::repo::{Batch, PackedMail, Press, ReadyChange, StoryRepo};
use crate::spool::{Aside, AsideEntry, AsideKind, CodeNote, Spool};
use crate::story::answer::withdrawal;
use crate::story::code::Code;
use crate::story::draft::{self, Draft, DraftRules, MediaFate};
use crate::story::erased::Erased;
use crate::story::event::What;
use crate::story::id::{MAIL_ID_VERSION, month_of};
use crate::story::letter::{never_answer, too_late};
use crate::story::page::{Front, Page, RECORD};
use crate::story::people::{CUT, PEOPLE, People};
use crate::story::record::{Change, Files, one_line};
use crate::story::screen::{Rule, ScreenSetting, Screened, screen};
use crate::story::state::Phase;
use crate::story::step::{Step, Story, begin};
use crate::story::submission::Note;
use crate::story::{MailId, Mailbox, StoryId, Submission};

use super::account::{self, MailReport, Outcome, aside_report, bare, duplicate, report, shown, unreadable_report};
use super::crew::Crew;
use super::decide::{Answer, Heard, Taken};
use super::letters::{bounce, undecided};
use super::threads::Threads;
use super::{Desk, Trouble, consent, convert, decide, revision};

/// A mail, judged; its change is in the batch, or its bytes are in the quarantine.
#[derive(Debug, Clone)]
pub struct Judged {
    pub report: MailReport,
    /// Whether the inbox may be told.
    pub settle: bool,
}

/// Everything that reading needs of the desk, and the threads by which a follow-up finds its story.
pub struct Reader<'a> {
    desk: &'a Desk,
    setting: ReadSetting,
    threads: Threads,
    /// The hashes of the codes that are out: while mail is read none is added. Read when the first is asked for.
    codes: OnceCell<HashSet<String>>,
    /// A person said that it is a story, whatever the rules say.
    pub as_story: bool,
    /// It comes from the quarantine: that it lies there is no news.
    pub again: bool,
}

/// Stories looked at to find the one a mail follows.
const MAX_CANDIDATES: usize = 1_000;

/// Pixels decoded for one mail: 25 photos of a phone, or six of the largest.
const MAX_PIXELS: u64 = 300_000_000;

/// A mail that is kept, and what it is known by in its inbox.
pub struct KeptMail {
    pub raw: Vec<u8>,
    pub kept: PackedMail,
    pub key: String,
    pub place: String,
}

/// What a mail is known by, without reading it.
pub struct Looked {
    mail: MailId,
    glance: mail::Glance,
}

fn look(raw: &[u8]) -> Looked {
    Looked {
        mail: mail::mail_id(raw),
        glance: mail::glance(raw),
    }
}

/// A mail, read: all that can be made of it without the content repository.
pub struct Reading {
    submission: Submission,
    made: Made,
}

/// What a mail would be if it stood alone.
enum Made {
    /// The rule that sets it aside, and the reason.
    Aside {
        rule: String,
        reason: String,
    },
    Story(Box<Fresh>),
}

/// A new story, ready to be committed.
struct Fresh {
    draft: Draft,
    report: MailReport,
    change: ReadyChange,
}

/// Mails are read by a crew.
pub type Readers<'c> = Crew<'c, Ask, Told>;

/// What one of the crew is to do.
pub enum Ask {
    Look(KeptMail),
    Read(KeptMail, Looked),
}

/// What came of it.
pub struct Told {
    m: KeptMail,
    looked: Looked,
    reading: Option<Result<Reading, mail::Unreadable>>,
}

/// The story in whose thread a mail stands; none where its files cannot be read.
struct Thread {
    id: StoryId,
    story: Option<Story>,
    known: Known,
}

/// What is read of a story's private part to take in a mail that follows it.
struct Known {
    people: Option<People>,
    /// The mail that began it.
    first: Option<Vec<u8>>,
}

impl Known {
    fn of(batch: &mut Batch, id: &StoryId) -> Result<Option<Known>, Trouble> {
        const FIRST: &str = "mail-1.eml";
        let private = batch.private(id, &[PEOPLE, FIRST])?;
        Ok(private.map(|mut private| Known {
            people: private.get(PEOPLE).and_then(|bytes| People::parse(bytes).ok()),
            first: private.remove(FIRST),
        }))
    }
}

/// Reads mails; every hand of the crew holds it.
pub struct Pen<'a> {
    desk: &'a Desk,
    setting: ReadSetting,
    as_story: bool,
}

impl Pen<'_> {
    pub fn answer(&self, press: &mut Press, ask: Ask) -> Told {
        let (m, looked, reading) = match ask {
            Ask::Look(m) => {
                let looked = look(&m.raw);
                (m, looked, None)
            }
            Ask::Read(m, looked) => {
                let reading = self.read(press, &m, &looked, None);
                (m, looked, Some(reading))
            }
        };
        Told { m, looked, reading }
    }

    /// `note` is to be told of the draft besides.
    fn read(
        &self,
        press: &mut Press,
        m: &KeptMail,
        looked: &Looked,
        note: Option<Note>,
    ) -> Result<Reading, mail::Unreadable> {
        let mut submission = mail::read_known(Spool::sworn_by_pack(&m.raw), looked.mail, &self.setting)?;
        let own = self.desk.config.own_addresses();
        if let Screened::SetAside { rule, reason } = screen(&submission, &ScreenSetting { own: own.clone() })
            && !self.as_story
        {
            let rule = rule.to_string();
            let made = Made::Aside { rule, reason };
            return Ok(Reading { submission, made });
        }
        let (mut draft, photos) = self.desk.draft(&submission);
        draft.notes.extend(note);
        // a wish that is no reply to anything of ours has no story to go to
        if withdrawal(&draft.body).is_some() {
            draft.notes.push(Note::Other(TAKE_DOWN.to_owned()));
        }
        let id = StoryId::new(submission.date, &draft.author, &submission.mail);
        let report = report(Outcome::New, Some(id), &m.place, &submission, &draft, &photos);
        let change = self.desk.first_step(&submission, &draft, photos, &own);
        let change = press.change(change);
        // they are in the change as they will be published, and in the mail as they came
        submission.attachments.iter_mut().for_each(|a| a.bytes = Vec::new());
        let made = Made::Story(Box::new(Fresh { draft, report, change }));
        Ok(Reading { submission, made })
    }
}

/// The order in which mails that were read together are taken in: as they came, but none before one that it refers to, so that a
/// follow-up finds the story that the mail before it began.
fn originals_first(read: &[Told]) -> Vec<usize> {
    let submission = |told: &'_ Told| -> Option<(String, Vec<String>)> {
        let submission = &told.reading.as_ref()?.as_ref().ok()?.submission;
        Some((submission.message_id.clone(), submission.references.clone()))
    };
    let mails: Vec<(String, Vec<String>)> = read.iter().map(|told| submission(told).unwrap_or_default()).collect();
    in_order(&mails)
}

/// The same by Message-IDs and what each refers to. Two that refer to each other stay as they came.
fn in_order(mails: &[(String, Vec<String>)]) -> Vec<usize> {
    let mut at: HashMap<&str, usize> = HashMap::new();
    for (n, (id, _)) in mails.iter().enumerate().filter(|(_, (id, _))| !id.is_empty()) {
        at.entry(id).or_insert(n);
    }
    let mut begun = vec![false; mails.len()];
    let mut order = Vec::with_capacity(mails.len());
    for start in 0..mails.len() {
        let mut path = if begun[start] { Vec::new() } else { vec![start] };
        while let Some(&n) = path.last() {
            begun[n] = true;
            let earlier = mails[n].1.iter().filter_map(|id| at.get(id.as_str()).copied());
            match earlier.into_iter().find(|earlier| !begun[*earlier]) {
                Some(earlier) => path.push(earlier),
                None => {
                    order.push(n);
                    path.pop();
                }
            }
        }
    }
    order
}

/// Why the answer of a member of the team to a letter of ours is set aside: it is no story, and From is no proof of who decides.
const TEAM_REPLY: &str = "team-reply";
const TEAM_REPLY_REASON: &str = "it is a member's answer to a letter to the team; nothing is decided by mail";
const NO_CODE_REASON: &str =
    "it is a member's answer to a letter to the team; it decides nothing without a letter's code in its subject";

fn team_reply(desk: &Desk) -> &'static str {
    match desk.config.review.by_mail {
        true => NO_CODE_REASON,
        false => TEAM_REPLY_REASON,
    }
}

const TAKE_DOWN: &str = "it may be no story, but a wish to have one taken down: look for the author's story (`list --all`), \
    `withdraw` that, and `reject` this";

/// How many times a mail may end the program before it is no longer read.
const DEATHS: u32 = 2;

impl<'a> Reader<'a> {
    pub fn new(desk: &'a Desk, authserv: Option<&str>) -> Reader<'a> {
        let setting = setting(desk, authserv);
        Reader {
            desk,
            setting,
            threads: Threads::default(),
            codes: OnceCell::new(),
            as_story: false,
            again: false,
        }
    }

    /// Judges one mail that is kept. `key` is what it is known by in its inbox.
    pub fn judge(
        &mut self,
        repo: &StoryRepo,
        m: &KeptMail,
        batch: &mut Batch,
        spool: &mut Spool,
    ) -> Result<Judged, Trouble> {
        let looked = look(&m.raw);
        let times = spool.deaths(&m.key);
        if times >= DEATHS {
            let reason = format!("reading it ended the program {times} times; it was not tried again");
            return self.aside(
                AsideKind::Quarantined,
                m,
                &looked,
                ("reader-died", &reason),
                spool,
                None,
            );
        }
        if let Some(judged) = self.seen(&looked, m, batch, spool)? {
            return Ok(judged);
        }
        spool.begin_reading(&m.key)?;
        let reading = self.pen().read(&mut Press::new(), m, &looked, None);
        spool.end_reading()?;
        self.take_in(repo, m, &looked, reading, batch, spool)
    }

    /// Judges mails that are kept, read by the crew. Where the last run died at reading, one by one, so that the mail that did it is
    /// known.
    pub fn judge_all(
        &mut self,
        crew: &Readers,
        repo: &StoryRepo,
        mails: Vec<KeptMail>,
        batch: &mut Batch,
        spool: &mut Spool,
    ) -> Result<Vec<Judged>, Trouble> {
        let mut judged = Vec::with_capacity(mails.len());
        if mails.len() <= 1 || spool.was_reading().is_some() {
            for m in &mails {
                judged.push(self.judge(repo, m, batch, spool)?);
            }
            return Ok(judged);
        }
        spool.begin_reading("several at once")?;
        let looked: Vec<Told> = crew.answers(mails.into_iter().map(Ask::Look)).collect();
        let (mut known, mut new) = (Vec::new(), Vec::new());
        for Told { m, looked, .. } in looked {
            let seen = self.seen(&looked, &m, batch, spool)?;
            if seen.is_none() {
                new.push(Ask::Read(m, looked));
            }
            known.push(seen);
        }
        let read: Vec<Told> = crew.answers(new).collect();
        let order = originals_first(&read);
        let mut read: Vec<Option<Told>> = read.into_iter().map(Some).collect();
        let mut taken: Vec<Option<Judged>> = read.iter().map(|_| None).collect();
        let mut first = HashSet::new();
        for at in order {
            let Some(Told { m, looked, reading }) = read[at].take() else {
                continue;
            };
            // the same mail may stand twice in one group
            let again = match first.insert(looked.mail) {
                true => None,
                false => self.seen(&looked, &m, batch, spool)?,
            };
            taken[at] = Some(match (again, reading) {
                (Some(again), _) => again,
                (None, Some(reading)) => self.take_in(repo, &m, &looked, reading, batch, spool)?,
                (None, None) => self.judge(repo, &m, batch, spool)?,
            });
        }
        let mut taken = taken.into_iter().flatten();
        for seen in known {
            let Some(told) = seen.or_else(|| taken.next()) else {
                break;
            };
            judged.push(told);
        }
        spool.end_reading()?;
        Ok(judged)
    }

    /// What a crew reads with.
    pub fn pen(&self) -> Pen<'a> {
        Pen {
            desk: self.desk,
            setting: self.setting.clone(),
            as_story: self.as_story,
        }
    }

    /// A mail that is a story already, or lies in the quarantine.
    fn seen(&self, looked: &Looked, m: &KeptMail, batch: &mut Batch, spool: &Spool) -> Result<Option<Judged>, Trouble> {
        let (raw, place) = (&m.raw[..], &m.place[..]);
        let Looked { mail, glance } = looked;
        let known = known(batch.find(&month_of(glance.date), &mail.digits())?, mail, |id| {
            Ok(batch.story(id)?)
        })?;
        if let Some(story) = known {
            return Ok(Some(done(duplicate(story, place, raw), true)));
        }
        // a bounce is read again: its letter may not be recorded yet, if the run died that put it aside
        let known_aside = |entry: &AsideEntry| entry.aside.rule != Rule::Bounce.to_string();
        if !self.again && matches!(spool.aside_entry(&mail.hex()[..16]), Ok(Some(entry)) if known_aside(&entry)) {
            let mut report = bare(Outcome::Duplicate, place, raw);
            report.reason = Some("it is in the quarantine already".to_owned());
            return Ok(Some(done(report, true)));
        }
        Ok(None)
    }

    /// Makes of a mail that was read what it is.
    fn take_in(
        &mut self,
        repo: &StoryRepo,
        m: &KeptMail,
        looked: &Looked,
        reading: Result<Reading, mail::Unreadable>,
        batch: &mut Batch,
        spool: &mut Spool,
    ) -> Result<Judged, Trouble> {
        let quarantined = AsideKind::Quarantined;
        let Reading { submission, made } = match reading {
            Ok(reading) => reading,
            Err(error) => {
                let (rule, reason) = (error.rule(), error.to_string());
                return self.aside(quarantined, m, looked, (rule, &reason), spool, None);
            }
        };
        let mut fresh = match made {
            Made::Story(fresh) => fresh,
            Made::Aside { rule, reason } => {
                self.link_bounce(repo, &rule, &submission, batch)?;
                let why = (&rule[..], &reason[..]);
                return self.aside(AsideKind::SetAside, m, looked, why, spool, Some(&submission));
            }
        };
        if let Some(judged) = self.decided(repo, m, looked, &submission, batch, spool)? {
            return Ok(judged);
        }
        if let Some(thread) = self.follows(repo, &submission, batch)?
            && let Some(judged) = self.follow_up(m, thread, &submission, &fresh, batch, spool)?
        {
            return Ok(judged);
        }
        if !self.as_story && self.threads.answers_team_letter(self.desk, Some(repo), &submission)? {
            let told = (TEAM_REPLY, team_reply(self.desk));
            return self.aside(AsideKind::SetAside, m, looked, told, spool, Some(&submission));
        }
        let others = self.threads.find(self.desk, Some(repo), &submission.message_id)?;
        if !others.is_empty()
            && let Ok(Reading {
                made: Made::Story(again),
                ..
            }) = self.pen().read(&mut Press::new(), m, looked, Some(Note::SameMessageId))
        {
            fresh = again;
        }
        let Fresh { report, change, .. } = *fresh;
        self.spend_codes(m, &submission, spool)?;
        batch.add_ready(change, &[("mail-1.eml", m.kept)])?;
        if let Some(id) = &report.story {
            self.threads.learn(&submission.message_id, id);
        }
        Ok(done(report, true))
    }

    fn aside(
        &self,
        kind: AsideKind,
        m: &KeptMail,
        looked: &Looked,
        (rule, reason): (&str, &str),
        spool: &mut Spool,
        submission: Option<&Submission>,
    ) -> Result<Judged, Trouble> {
        let Looked { mail, glance } = looked;
        let aside = Aside {
            mail_id: mail.hex(),
            kind,
            rule: rule.to_owned(),
            reason: reason.to_owned(),
            source: m.place.clone(),
            subject: one_line(&glance.subject),
            from: shown(&glance.from),
            at: self.desk.now,
        };
        let there = matches!(spool.aside_entry(&mail.hex()[..16]), Ok(Some(_)));
        if there && !self.again {
            let mut report = bare(Outcome::Duplicate, &m.place, &m.raw);
            report.reason = Some("it is in the quarantine already".to_owned());
            return Ok(done(report, true));
        }
        spool.put_aside(&aside, Some(&m.raw))?;
        let outcome = if kind == AsideKind::SetAside {
            Outcome::SetAside
        } else {
            Outcome::Quarantined
        };
        Ok(Judged {
            report: aside_report(outcome, &aside, submission),
            settle: true,
        })
    }

    /// A reviewer's answer to a letter that offered a decision. Its code is spent by this very mail before anything else is done, so that
    /// whatever is killed the next run hears this mail again, and no other one.
    fn decided(
        &self,
        repo: &StoryRepo,
        m: &KeptMail,
        looked: &Looked,
        submission: &Submission,
        batch: &mut Batch,
        spool: &mut Spool,
    ) -> Result<Option<Judged>, Trouble> {
        if self.as_story || !self.desk.config.review.by_mail {
            return Ok(None);
        }
        let code = decide::known(spool, submission)?;
        let note = code.as_ref().map(|(_, note)| note);
        let mut find = |id: &StoryId| Ok(batch.story(id)?);
        let heard = decide::hear(self.desk, repo, note, (submission, &m.raw), &mut find)?;
        if let (Some((hash, note)), false) = (&code, matches!(heard, Heard::No | Heard::Before(_)))
            && note.spent_by.is_none()
        {
            let spent_by = Some(submission.mail.hex());
            spool.put_code(
                hash,
                &CodeNote {
                    spent_by,
                    ..note.clone()
                },
            )?;
        }
        Ok(match heard {
            Heard::No => None,
            Heard::Before(story) => Some(done(duplicate(story, &m.place, &m.raw), true)),
            Heard::Taken(taken) => {
                let Taken { story, change, said } = *taken;
                self.spend_codes(m, submission, spool)?;
                batch.add(&change, &[(&decide::file_of(submission), m.kept)])?;
                let mut report = account::decision(story.id.clone(), story.title(), said, &m.place, &m.raw);
                report.auth.clone_from(&submission.auth);
                Some(done(report, true))
            }
            Heard::Refused(refused) => {
                if let Some(answer) = &refused.answer {
                    self.answer(repo, spool, answer, &submission.mail)?;
                }
                if let Some((hash, _)) = &code
                    && let Some(note) = spool.code(hash)?
                {
                    let first = note.spent_by == Some(submission.mail.hex());
                    let refused = note.refused.clone().or_else(|| first.then(|| refused.reason.clone()));
                    let told = note.told || !first;
                    spool.put_code(hash, &CodeNote { refused, told, ..note })?;
                }
                let why = (refused.rule, &refused.reason[..]);
                Some(self.aside(AsideKind::SetAside, m, looked, why, spool, Some(submission))?)
            }
        })
    }

    /// A letter to the reviewer; where a template of the team's own has a slip in it there is none.
    fn answer(&self, repo: &StoryRepo, spool: &mut Spool, answer: &Answer, mail: &MailId) -> Result<(), Trouble> {
        let about = (&answer.story, &answer.reviewer[..], mail);
        match undecided::prepare(self.desk, repo, spool, about, &answer.why, answer.again) {
            Err(Trouble::Letter(_)) => Ok(()),
            done => done,
        }
    }

    /// A mail goes where others may read it one day: what codes it brings count no more, wherever in it they stand.
    fn spend_codes(&self, m: &KeptMail, submission: &Submission, spool: &mut Spool) -> Result<(), Trouble> {
        let out = match self.codes.get() {
            Some(out) => out,
            None => {
                let out = spool.codes()?.into_iter().collect();
                self.codes.get_or_init(|| out)
            }
        };
        if out.is_empty() {
            return Ok(());
        }
        for hash in mail::borne(&m.raw)
            .iter()
            .map(Code::hash)
            .filter(|hash| out.contains(hash))
        {
            if let Some(note) = spool.code(&hash)?.filter(|note| note.spent_by.is_none()) {
                let spent_by = Some(submission.mail.hex());
                spool.put_code(&hash, &CodeNote { spent_by, ..note })?;
            }
        }
        Ok(())
    }

    /// Records a letter of ours that came back on its story.
    fn link_bounce(
        &mut self,
        repo: &StoryRepo,
        rule: &str,
        submission: &Submission,
        batch: &mut Batch,
    ) -> Result<(), Trouble> {
        let Some(bounce) = bounce::read(submission).filter(|_| rule == Rule::Bounce.to_string()) else {
            return Ok(());
        };
        for id in self.threads.find(self.desk, Some(repo), &bounce.message_id)? {
            let (Some(files), Some(private)) = (batch.story(&id)?, batch.private(&id, &[PEOPLE])?) else {
                continue;
            };
            let people = private.get(PEOPLE).and_then(|bytes| People::parse(bytes).ok());
            if let (Ok(story), Some(people)) = (Story::load(&id, files), people)
                && let Some(change) = bounce::change(self.desk, &story, &people, &bounce)
            {
                batch.add(&change, &[])?;
            }
        }
        Ok(())
    }

    /// The story in whose thread this mail stands, if it is of the same sender: a reply to one of our letters, or to the author's
    /// own mail. From anybody else, or with another subject, it is a mail of its own.
    fn follows(
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

    /// A follow-up becomes an event and a private mail of its story: never a second story, never a silent overwrite.
    fn follow_up(
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
        let mut people = known.people.unwrap_or_default();
        let mut subject = "Take in a follow-up to";
        let mut notes = draft.notes.clone();
        let heard = consent::read(&story, &people, submission, draft, &m.raw, number as usize);
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
        let revised = match revision::propose(self.desk, &story, first.as_ref(), submission, draft, &m.raw) {
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
                (format!("follow-up-{number}.md"), Some(draft.body.clone().into_bytes())),
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

impl Desk {
    /// What the team would read: photos cleaned, text cut and turned into Markdown; and the cleaned photos by attachment.
    pub fn draft(&self, submission: &Submission) -> (Draft, BTreeMap<usize, media::Photo>) {
        let limits = media::Limits {
            max_side: self.config.story.max_image_side,
            ..media::Limits::default()
        };
        let team = self.team();
        let rules = DraftRules {
            title: &self.config.story.title,
            team: &team,
        };
        let mut photos = BTreeMap::new();
        let mut fates = Vec::new();
        let mut left = MAX_PIXELS;
        for (place, attachment) in draft::source(submission, &rules).attachments.iter().enumerate() {
            let converted = match &self.config.story.heic_command {
                Some(command) if media::is_heic(&attachment.bytes) => Some(convert::heic(command, &attachment.bytes)),
                _ => None,
            };
            let bytes = match &converted {
                Some(Err(why)) => {
                    fates.push(MediaFate::Left { why: why.clone() });
                    continue;
                }
                Some(Ok(jpeg)) => jpeg,
                None => &attachment.bytes,
            };
            let pixels = media::pixels(bytes);
            if pixels <= limits.max_pixels && pixels > left {
                fates.push(MediaFate::Left {
                    why: "the mail has more photos than are opened at once: please send the others in another mail"
                        .to_owned(),
                });
                continue;
            }
            if pixels <= limits.max_pixels {
                left -= pixels;
            }
            fates.push(match media::clean(bytes, &limits) {
                Ok(photo) => {
                    let fate = fate(&photo);
                    photos.insert(place, photo);
                    fate
                }
                Err(why) => MediaFate::Left { why: why.to_string() },
            });
        }
        (draft::draft(submission, &fates, &rules, self.now), photos)
    }

    /// The change that makes a story of a mail.
    fn first_step(
        &self,
        submission: &Submission,
        draft: &Draft,
        mut photos: BTreeMap<usize, media::Photo>,
        own: &[String],
    ) -> Change {
        let id = StoryId::new(submission.date, &draft.author, &submission.mail);
        let front = Front {
            title: draft.title.clone(),
            date: Some(draft.date),
            draft: true,
            slug: draft.slug.clone(),
            author: draft.author.clone(),
            subtitle: draft.subtitle.clone(),
            alt: draft
                .media
                .iter()
                .filter(|p| !p.alt.is_empty())
                .map(|p| (p.file.clone(), p.alt.clone()))
                .collect(),
            ..Front::default()
        };
        let page = Page::new(&front, &draft.body);
        let mut media = Files::new();
        for photo in &draft.media {
            if let Some(cleaned) = photos.remove(&photo.attachment) {
                media.insert(photo.file.clone(), cleaned.bytes);
            }
        }
        let people = people(submission, draft);
        let answer_to = people.answers_to();
        let received = What::Received {
            mail: submission.mail,
            mail_version: MAIL_ID_VERSION,
            notes: public(&draft.notes),
            auth: submission.auth.clone(),
            no_answer: never_answer(&submission.signals, answer_to.address.as_deref(), own)
                .map(|why| draft::public(&why))
                .or_else(|| too_late(submission.date, self.now, self.config.letters.max_age)),
        };
        let mut private = Files::from([(PEOPLE.to_owned(), people.render())]);
        if !draft.cuts.is_empty() {
            private.insert(CUT.to_owned(), cut_lines(draft));
        }
        begin(&id, &page, media, vec![received], "Take in", private, &self.robot())
    }
}

/// Who is behind a new story.
fn people(submission: &Submission, draft: &Draft) -> People {
    People {
        message_ids: Some(submission.message_id.clone())
            .filter(|m| !m.is_empty())
            .into_iter()
            .collect(),
        subject: submission.subject.clone(),
        storyteller: draft.storyteller.clone(),
        sender: draft.sender.clone(),
        forwarder: draft.forwarder.clone(),
        reply_to: submission.reply_to.clone(),
        ..People::default()
    }
}

/// Notes as the record has them.
fn public(notes: &[Note]) -> Vec<String> {
    notes.iter().map(|note| draft::public(&note.to_string())).collect()
}

/// `cut.jsonl`: one piece a line.
fn cut_lines(draft: &Draft) -> Vec<u8> {
    let line = |piece: &draft::CutPiece| format!("{}\n", serde_json::to_string(piece).expect("plain data is JSON"));
    draft.cuts.iter().map(line).collect::<String>().into_bytes()
}

fn setting(desk: &Desk, authserv: Option<&str>) -> ReadSetting {
    ReadSetting {
        trusted_authserv: authserv.map(str::to_owned),
        max_bytes: desk.config.story.max_mail_bytes as usize,
    }
}

fn fate(photo: &media::Photo) -> MediaFate {
    use sha2::{Digest, Sha256};
    MediaFate::Photo {
        ext: photo.ext.to_owned(),
        sha256: Sha256::digest(&photo.bytes).into(),
        bytes: photo.bytes.len(),
        had_location: photo.had_location,
        width: photo.width,
        height: photo.height,
    }
}

/// Reads a mail again that is durable in a story's private part or in the spool.
pub fn reread(raw: &[u8]) -> Result<Submission, mail::Unreadable> {
    mail::read(Spool::sworn_by_pack(raw), &ReadSetting::default())
}

/// Whether this very mail was erased. Where nothing was, no mail is looked at.
pub fn is_erased(erased: &Erased, raw: &[u8]) -> bool {
    !erased.is_empty() && erased.has_mail(&mail::mail_id(raw))
}

/// A mail that was erased, and lies in its inbox still: it is settled there like any that was taken in before, and kept nowhere.
pub fn erased_before(place: &str, raw: &[u8]) -> Judged {
    let mut report = bare(Outcome::Duplicate, place, raw);
    report.rule = Some("erased".to_owned());
    report.reason = Some("it was erased, and is not taken in again".to_owned());
    done(report, true)
}

/// The story among these folders that this very mail began.
fn known(
    folders: Vec<StoryId>,
    mail: &MailId,
    mut files: impl FnMut(&StoryId) -> Result<Option<Files>, Trouble>,
) -> Result<Option<StoryId>, Trouble> {
    for id in folders {
        let Some(files) = files(&id)? else { continue };
        let record =
            crate::story::record::Record::parse(files.get(crate::story::page::RECORD).map_or(&[], Vec::as_slice));
        let is_it = |w: &What| matches!(w, What::Received { mail: known, .. } if known == mail);
        if record.events.iter().any(|e| is_it(&e.what)) {
            return Ok(Some(id));
        }
    }
    Ok(None)
}

/// Whether a mail that refers to `reference` is of that story: from one of its people, and under its subject or in answer to one
/// of our letters.
fn is_thread(people: &People, reference: &str, submission: &Submission) -> bool {
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

/// What a rehearsed fetch remembers of the mails before.
#[derive(Default)]
pub struct Rehearsed {
    threads: Threads,
    people: HashMap<StoryId, People>,
    seen: HashMap<MailId, Option<StoryId>>,
}

impl Rehearsed {
    /// The story that this mail would follow.
    fn follows(
        &mut self,
        desk: &Desk,
        repo: Option<&StoryRepo>,
        submission: &Submission,
    ) -> Result<Option<StoryId>, Trouble> {
        let mut looked_at = 0;
        for reference in &submission.references {
            for id in self.threads.find(desk, repo, reference)? {
                looked_at += 1;
                let people = match (self.people.get(&id), repo) {
                    (Some(people), _) => Some(people.clone()),
                    (None, Some(repo)) => repo.private_file(&id, PEOPLE)?.and_then(|b| People::parse(&b).ok()),
                    (None, None) => None,
                };
                if people.is_some_and(|people| is_thread(&people, reference, submission)) {
                    return Ok(Some(id));
                }
                if looked_at >= MAX_CANDIDATES {
                    return Ok(None);
                }
            }
        }
        Ok(None)
    }
}

/// What a fetch would make of a mail, with nothing written.
pub fn rehearse(
    desk: &Desk,
    repo: Option<&StoryRepo>,
    raw: &[u8],
    place: &str,
    authserv: Option<&str>,
    before: &mut Rehearsed,
) -> Result<MailReport, Trouble> {
    let mail = mail::mail_id(raw);
    if let Some(story) = before.seen.get(&mail) {
        let mut report = bare(Outcome::Duplicate, place, raw);
        report.story.clone_from(story);
        report.reason = Some("it is in the inbox twice".to_owned());
        return Ok(report);
    }
    let glance = mail::glance(raw);
    if let Some(repo) = repo {
        let tip = repo.tip()?;
        if is_erased(&repo.erased(&tip)?, raw) {
            return Ok(erased_before(place, raw).report);
        }
        let found = repo.find(&tip, &month_of(glance.date), &mail.digits())?;
        if let Some(story) = known(found, &mail, |id| Ok(repo.story(&tip, id)?))? {
            return Ok(duplicate(story, place, raw));
        }
    }
    let submission = match mail::read_known(Spool::sworn_by_pack(raw), mail, &setting(desk, authserv)) {
        Ok(submission) => submission,
        Err(error) => {
            let mut report = unreadable_report(place, &error.to_string());
            report.rule = Some(error.rule().to_owned());
            return Ok(report);
        }
    };
    let (draft, photos) = desk.draft(&submission);
    let mut report = report(Outcome::New, None, place, &submission, &draft, &photos);
    let heard = match (repo, desk.look_at_spool()) {
        (Some(repo), Some(shelves)) => {
            let code = decide::known(&shelves, &submission)?;
            let tip = repo.tip()?;
            let mut find = |id: &StoryId| Ok(repo.story(&tip, id)?);
            decide::hear(
                desk,
                repo,
                code.as_ref().map(|(_, note)| note),
                (&submission, raw),
                &mut find,
            )?
        }
        _ => Heard::No,
    };
    match screen(
        &submission,
        &ScreenSetting {
            own: desk.config.own_addresses(),
        },
    ) {
        Screened::SetAside { rule, reason } => {
            report.outcome = Outcome::SetAside;
            report.rule = Some(rule.to_string());
            report.reason = Some(reason);
        }
        Screened::Story if !matches!(heard, Heard::No) => {
            report = match heard {
                Heard::Before(story) => duplicate(story, place, raw),
                Heard::Taken(taken) => {
                    account::decision(taken.story.id.clone(), taken.story.title(), taken.said, place, raw)
                }
                Heard::Refused(refused) => MailReport {
                    rule: Some(refused.rule.to_owned()),
                    reason: Some(refused.reason),
                    ..bare(Outcome::SetAside, place, raw)
                },
                Heard::No => report,
            };
        }
        Screened::Story => match before.follows(desk, repo, &submission)? {
            Some(story) => {
                report.outcome = Outcome::FollowUp;
                report.story = Some(story);
            }
            None if before.threads.answers_team_letter(desk, repo, &submission)? => {
                report.outcome = Outcome::SetAside;
                report.rule = Some(TEAM_REPLY.to_owned());
                report.reason = Some(team_reply(desk).to_owned());
            }
            None => {
                let id = StoryId::new(submission.date, &draft.author, &submission.mail);
                before.threads.learn(&submission.message_id, &id);
                before.people.insert(id.clone(), people(&submission, &draft));
                report.story = Some(id);
            }
        },
    }
    before.seen.insert(mail, report.story.clone());
    Ok(report)
}

fn done(report: MailReport, settle: bool) -> Judged {
    Judged { report, settle }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mails_are_taken_in_as_they_came_but_none_before_one_that_it_refers_to() {
        for (mails, order) in [
            (&["a", "b", "c"][..], &[0, 1, 2][..]),
            (&["b>a", "a"], &[1, 0]),
            (&["c>b", "x", "b>a", "a"], &[3, 2, 0, 1]),
            (&["c>a,b", "b>a", "a", "d>a"], &[2, 1, 0, 3]),
            (&["b>elsewhere", "a"], &[0, 1]),
            // a circle, a mail that names itself, one Message-ID on two mails, and mails without any
            (&["a>b", "b>a", "c"], &[1, 0, 2]),
            (&["a>a", "b"], &[0, 1]),
            (&["b>a", "a", "a"], &[1, 0, 2]),
            (&[">", ""], &[0, 1]),
        ] {
            let mails: Vec<(String, Vec<String>)> = mails
                .iter()
                .map(|mail| {
                    let (id, earlier) = mail.split_once('>').unwrap_or((mail, ""));
                    (id.to_owned(), earlier.split(',').map(str::to_owned).collect())
                })
                .collect();
            assert_eq!(in_order(&mails), order, "{mails:?}");
        }
    }
}
