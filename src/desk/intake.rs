//! One kept mail, judged: a story, a follow-up, a duplicate, set aside, or quarantined. Nothing is written in the inbox
//! here.

mod answers;
mod follow;
mod fresh;
mod pen;
mod rehearse;

use std::cell::OnceCell;
use std::collections::HashSet;

use crate::mail::{self, ReadSetting};
use crate::repo::{Batch, PackedMail, Press, StoryRepo};
use crate::spool::{Aside, AsideEntry, AsideKind, Spool};
use crate::story::erased::Erased;
use crate::story::event::What;
use crate::story::id::month_of;
use crate::story::page::RECORD;
use crate::story::record::{Files, Record, one_line};
use crate::story::screen::Rule;
use crate::story::submission::Note;
use crate::story::{MailId, StoryId, Submission};

use self::answers::team_reply;
use self::pen::{Ask, Fresh, Looked, Made, Pen, Reading, Told, look, originals_first};
use super::account::{MailReport, Outcome, aside_report, bare, duplicate, shown};
use super::crew::Asked;
use super::threads::Threads;
use super::{Desk, Trouble, decide};

pub(super) use self::answers::TEAM_REPLY;
pub use self::pen::Readers;
pub use self::rehearse::{Rehearsed, rehearse};

/// A mail, judged; its change is in the batch, or its bytes are in the quarantine.
#[derive(Debug, Clone)]
pub struct Judged {
    pub report: MailReport,
    /// Whether the inbox may be told.
    pub settle: bool,
    /// The entry of the quarantine that is to be told of by this.
    pub news: Option<String>,
}

/// Everything that reading needs of the desk, and the threads by which a follow-up finds its story.
pub struct Reader<'a> {
    desk: &'a Desk,
    setting: ReadSetting,
    threads: Threads,
    /// The mails of the group that was taken in last: those of the next were looked at before it was.
    last: HashSet<MailId>,
    /// The hashes of the codes that are out: while mail is read none is added. Read when the first is asked for.
    codes: OnceCell<HashSet<String>>,
    /// A person said that it is a story, whatever the rules say.
    pub as_story: bool,
    /// It comes from the quarantine: that it lies there is no news.
    pub again: bool,
}

/// A mail that is kept, and what it is known by in its inbox.
pub struct KeptMail {
    pub raw: Vec<u8>,
    pub kept: PackedMail,
    pub key: String,
    pub place: String,
}

/// Mails that the crew reads.
pub struct UnderWay {
    /// What each is already; `None`: it is read.
    known: Vec<Option<Judged>>,
    reading: Asked<Ask>,
}

/// What one mail is that is read by itself.
enum Alone {
    Known(Box<Judged>),
    Read(Box<Result<Reading, mail::Unreadable>>),
}

/// Mails that were read together.
pub struct ReadAll {
    /// What each is already; `None`: it is among those read.
    known: Vec<Option<Judged>>,
    read: Vec<Told>,
    /// Each was read under a mark of its own, and is taken in under it.
    alone: bool,
}

impl UnderWay {
    /// Waits until they are read.
    pub fn wait(self, crew: &Readers) -> ReadAll {
        let UnderWay { known, reading } = self;
        let read = crew.answers(reading).collect();
        let alone = false;
        ReadAll { known, read, alone }
    }
}

/// How many times a mail may end the program before it is no longer read.
const DEATHS: u32 = 2;

impl<'a> Reader<'a> {
    pub fn new(desk: &'a Desk, authserv: Option<&str>) -> Reader<'a> {
        let setting = setting(desk, authserv);
        Reader {
            desk,
            setting,
            threads: Threads::default(),
            last: HashSet::new(),
            codes: OnceCell::new(),
            as_story: false,
            again: false,
        }
    }

    /// Judges one mail that is kept. `key` is what it is known by in its inbox.
    pub fn judge(
        &mut self,
        repo: &StoryRepo,
        m: KeptMail,
        batch: &mut Batch,
        spool: &mut Spool,
    ) -> Result<Judged, Trouble> {
        let looked = look(m);
        let judged = match self.read_alone(&looked, batch, spool)? {
            Alone::Known(judged) => *judged,
            Alone::Read(reading) => self.take_in_alone(repo, &looked, *reading, batch, spool)?,
        };
        spool.is_through(&looked.m.key);
        Ok(judged)
    }

    /// Takes one mail in under a mark of its own. A trouble of the desk's is no death.
    fn take_in_alone(
        &mut self,
        repo: &StoryRepo,
        looked: &Looked,
        reading: Result<Reading, mail::Unreadable>,
        batch: &mut Batch,
        spool: &mut Spool,
    ) -> Result<Judged, Trouble> {
        spool.begin_reading(&looked.m.key)?;
        let judged = self.take_in(repo, looked, reading, batch, spool);
        spool.end_reading()?;
        judged
    }

    /// Reads one mail under a mark of its own.
    fn read_alone(&self, looked: &Looked, batch: &mut Batch, spool: &mut Spool) -> Result<Alone, Trouble> {
        let key = &looked.m.key;
        let times = spool.deaths(key);
        if times >= DEATHS {
            let reason = format!("reading it ended the program {times} times; it was not tried again");
            let why = ("reader-died", &reason[..]);
            let judged = self.aside(AsideKind::Quarantined, looked, why, spool, None)?;
            spool.end_reading()?;
            return Ok(Alone::Known(Box::new(judged)));
        }
        if let Some(judged) = self.seen(looked, batch, spool)? {
            return Ok(Alone::Known(Box::new(judged)));
        }
        spool.begin_reading(key)?;
        let reading = self.pen().read(&mut Press::new(), looked, None);
        spool.end_reading()?;
        Ok(Alone::Read(Box::new(reading)))
    }

    /// Reads mails that are kept one after the other, each under a mark of its own; all mails before them are in the batch.
    pub fn read_one_by_one(
        &self,
        mails: Vec<KeptMail>,
        batch: &mut Batch,
        spool: &mut Spool,
    ) -> Result<ReadAll, Trouble> {
        let (mut known, mut read) = (Vec::new(), Vec::new());
        for m in mails {
            let looked = look(m);
            match self.read_alone(&looked, batch, spool)? {
                Alone::Known(judged) => known.push(Some(*judged)),
                Alone::Read(reading) => {
                    known.push(None);
                    let reading = Some(*reading);
                    read.push(Told { looked, reading });
                }
            }
        }
        let alone = true;
        Ok(ReadAll { known, read, alone })
    }

    /// Whether mails are taken one by one: where the last run died at one of them, or at one that comes after them, so that the
    /// mail that did it is known.
    pub fn one_by_one(mails: &[KeptMail], spool: &Spool) -> bool {
        mails.len() <= 1 || spool.in_doubt()
    }

    /// Begins to have mails looked at that are kept: what each is known by.
    pub fn look_at(crew: &Readers, mails: Vec<KeptMail>, spool: &mut Spool) -> Result<Asked<Ask>, Trouble> {
        spool.begin_reading_several(mails.last().map_or("", |last| &last.key))?;
        Ok(crew.ask(mails.into_iter().map(Ask::Look)))
    }

    /// Begins to have those of them read that are new, as far as is known before the group before them is taken in.
    pub fn read_new(
        &self,
        crew: &Readers,
        looking: Asked<Ask>,
        batch: &mut Batch,
        spool: &mut Spool,
    ) -> Result<UnderWay, Trouble> {
        let (mut known, mut new) = (Vec::new(), Vec::new());
        for Told { looked, .. } in crew.answers(looking) {
            let seen = self.seen(&looked, batch, spool)?;
            if seen.is_none() {
                new.push(Ask::Read(looked));
            }
            known.push(seen);
        }
        let reading = crew.ask(new);
        Ok(UnderWay { known, reading })
    }

    /// Takes mails in that were read together.
    pub fn take_all(
        &mut self,
        repo: &StoryRepo,
        ReadAll { known, read, alone }: ReadAll,
        batch: &mut Batch,
        spool: &mut Spool,
    ) -> Result<Vec<Judged>, Trouble> {
        let mut judged = Vec::with_capacity(known.len());
        let order = originals_first(&read);
        let mut read: Vec<Option<Told>> = read.into_iter().map(Some).collect();
        let mut taken: Vec<Option<Judged>> = read.iter().map(|_| None).collect();
        let mut here = HashSet::new();
        for at in order {
            let Some(Told { looked, reading }) = read[at].take() else {
                continue;
            };
            // the same mail may stand twice in one group, or in the one before
            let again = match here.insert(looked.opened.mail) && !self.last.contains(&looked.opened.mail) {
                true => None,
                false => self.seen(&looked, batch, spool)?,
            };
            taken[at] = Some(match (again, reading) {
                (Some(again), _) => again,
                (None, Some(reading)) if alone => self.take_in_alone(repo, &looked, reading, batch, spool)?,
                (None, Some(reading)) => self.take_in(repo, &looked, reading, batch, spool)?,
                (None, None) => self.judge(repo, looked.m, batch, spool)?,
            });
        }
        self.last = here;
        let mut taken = taken.into_iter().flatten();
        for seen in known {
            let Some(told) = seen.or_else(|| taken.next()) else {
                break;
            };
            judged.push(told);
        }
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
    fn seen(&self, looked: &Looked, batch: &mut Batch, spool: &Spool) -> Result<Option<Judged>, Trouble> {
        let Looked { m, opened, glance } = looked;
        let (raw, place) = (&m.raw[..], &m.place[..]);
        let mail = &opened.mail;
        let known = known(batch.find(&month_of(glance.date), &mail.digits())?, mail, |id| {
            Ok(batch.story(id)?)
        })?;
        if let Some(story) = known {
            return Ok(Some(done(duplicate(story, place, raw), true)));
        }
        // a bounce is read again: its letter may not be recorded yet, if the run died that put it aside
        let known_aside = |entry: &AsideEntry| entry.aside.rule != Rule::Bounce.to_string();
        if !self.again
            && let Ok(Some(entry)) = spool.aside_entry(&mail.hex()[..16])
            && known_aside(&entry)
        {
            return Ok(Some(self.lies_there(m, entry)));
        }
        Ok(None)
    }

    /// Makes of a mail that was read what it is.
    fn take_in(
        &mut self,
        repo: &StoryRepo,
        looked: &Looked,
        reading: Result<Reading, mail::Unreadable>,
        batch: &mut Batch,
        spool: &mut Spool,
    ) -> Result<Judged, Trouble> {
        let m = &looked.m;
        let quarantined = AsideKind::Quarantined;
        let Reading { submission, made } = match reading {
            Ok(reading) => reading,
            Err(error) => {
                let (rule, reason) = (error.rule(), error.to_string());
                return self.aside(quarantined, looked, (rule, &reason), spool, None);
            }
        };
        let mut fresh = match made {
            Made::Story(fresh) => fresh,
            Made::Aside { rule, reason } => {
                self.link_bounce(repo, &rule, &submission, batch)?;
                let why = (&rule[..], &reason[..]);
                return self.aside(AsideKind::SetAside, looked, why, spool, Some(&submission));
            }
        };
        if let Some(judged) = self.decided(repo, looked, &submission, batch, spool)? {
            return Ok(judged);
        }
        if let Some(thread) = self.follows(repo, &submission, batch)?
            && let Some(judged) = self.follow_up(m, thread, &submission, &fresh, batch, spool)?
        {
            return Ok(judged);
        }
        if !self.as_story && self.threads.answers_team_letter(self.desk, Some(repo), &submission)? {
            let told = (TEAM_REPLY, team_reply(self.desk));
            return self.aside(AsideKind::SetAside, looked, told, spool, Some(&submission));
        }
        // after a kill before the branch moved its own private part is there already
        let stories = self.threads.find(self.desk, Some(repo), &submission.message_id)?;
        if stories.iter().any(|story| Some(story) != fresh.report.story.as_ref())
            && let Ok(Reading {
                made: Made::Story(again),
                ..
            }) = self.pen().read(&mut Press::new(), looked, Some(Note::SameMessageId))
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
        looked: &Looked,
        (rule, reason): (&str, &str),
        spool: &mut Spool,
        submission: Option<&Submission>,
    ) -> Result<Judged, Trouble> {
        let Looked { m, opened, glance } = looked;
        let mail = &opened.mail;
        let code = match submission {
            Some(submission) => decide::known(spool, submission)?,
            None => None,
        };
        let aside = Aside {
            mail_id: mail.hex(),
            kind,
            rule: rule.to_owned(),
            reason: reason.to_owned(),
            source: m.place.clone(),
            subject: one_line(&glance.subject),
            from: shown(&glance.from),
            at: self.desk.now,
            tells_of: code.map(|(_, note)| note.story),
            untold: kind == AsideKind::Quarantined && !self.again,
        };
        if !self.again
            && let Ok(Some(entry)) = spool.aside_entry(&mail.hex()[..16])
        {
            return Ok(self.lies_there(m, entry));
        }
        let id = spool.put_aside(&aside, Some(&m.raw))?;
        let outcome = if kind == AsideKind::SetAside {
            Outcome::SetAside
        } else {
            Outcome::Quarantined
        };
        Ok(Judged {
            report: aside_report(outcome, &aside, submission),
            settle: true,
            news: aside.untold.then_some(id),
        })
    }

    /// A mail that lies in the quarantine already: no news, but where the run that put it there did not come to tell it.
    fn lies_there(&self, m: &KeptMail, entry: AsideEntry) -> Judged {
        if is_news(self.desk, &entry.aside) {
            return Judged {
                report: aside_report(Outcome::Quarantined, &entry.aside, None),
                settle: true,
                news: Some(entry.id),
            };
        }
        let mut report = bare(Outcome::Duplicate, &m.place, &m.raw);
        report.reason = Some("it is in the quarantine already".to_owned());
        done(report, true)
    }
}

/// Whether an earlier run put this mail into the quarantine and told nobody.
pub fn is_news(desk: &Desk, aside: &Aside) -> bool {
    aside.untold && aside.at != desk.now
}

fn setting(desk: &Desk, authserv: Option<&str>) -> ReadSetting {
    ReadSetting {
        trusted_authserv: authserv.map(str::to_owned),
        max_bytes: desk.config.story.max_mail_bytes as usize,
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
        let record = Record::parse(files.get(RECORD).map_or(&[], Vec::as_slice));
        let is_it = |w: &What| matches!(w, What::Received { mail: known, .. } if known == mail);
        if record.events.iter().any(|e| is_it(&e.what)) {
            return Ok(Some(id));
        }
    }
    Ok(None)
}

fn done(report: MailReport, settle: bool) -> Judged {
    let news = None;
    Judged { report, settle, news }
}
