//! What waits: one summary a story, remembered by the repository's trees.

mod open_letters;

use jiff::Timestamp;
use jiff::fmt::serde::timestamp::nanosecond::optional as nanoseconds;
use serde::{Deserialize, Serialize};

use crate::repo::summary::Summary as Told;
use crate::repo::{Makers, RepoError, Source, StoryRepo, Summaries};
use crate::story::StoryId;
use crate::story::check::check;
use crate::story::event::{Asks, LetterStatus, What};
use crate::story::letter::{self, FailedLetter, OpenLetter, Standing};
use crate::story::page::{INDEX, RECORD};
use crate::story::policy::Policy;
use crate::story::record::Files;
use crate::story::state::{Phase, State};
use crate::story::step::Story;

use super::{Desk, Trouble};
use open_letters::OpenLetters;

/// What a list shows of a story; computed under the local policy when its tree changes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    pub state: State,
    pub title: String,
    pub author: String,
    /// Where it happened.
    pub place: String,
    pub slug: String,
    /// When it was taken in.
    #[serde(with = "nanoseconds")]
    pub received: Option<Timestamp>,
    /// When the first letter to the author left.
    #[serde(with = "nanoseconds")]
    pub answered: Option<Timestamp>,
    /// When it was first published, whatever became of it.
    #[serde(with = "nanoseconds")]
    pub first_published: Option<Timestamp>,
    pub approvals: u32,
    /// Whose approvals they are.
    pub voters: Vec<String>,
    pub assigned: Option<String>,
    pub asked_by: Option<String>,
    pub consent: bool,
    /// The last moment for which it was given.
    #[serde(with = "nanoseconds")]
    pub consent_until: Option<Timestamp>,
    /// It is out, and its author took their yes back.
    pub revoked: bool,
    /// What the author asked for by mail, for a person to settle.
    pub asks: Option<Asks>,
    /// Taken down, and these targets still have it.
    pub still_out: Vec<String>,
    /// Of those, that there is nothing left which the program could try.
    pub by_hand: bool,
    /// Published, and the text is no longer the one that went out.
    pub correction: bool,
    /// Published, and targets are pending.
    pub pending: Vec<String>,
    /// When it goes out, where that is set.
    #[serde(with = "nanoseconds")]
    pub scheduled_for: Option<Timestamp>,
    /// A publication of this text was begun and is not at its end.
    pub under_way: bool,
    /// Under which name it is published.
    pub published_as: Option<String>,
    /// The targets that have it for certain, and the name that it has there.
    pub stands: Vec<(String, String)>,
    /// Findings that nobody mended or waived; none of a story that is closed.
    pub open_checks: Vec<OpenCheck>,
    /// Letters that its events call for.
    pub letters: Vec<OpenLetter>,
    /// Letters that were refused or came back, and nobody has seen to it since.
    pub failed_letters: Vec<FailedLetter>,
    /// The author wrote again, and no person did anything since.
    pub wrote_again: bool,
    /// Why it cannot be worked on.
    pub damage: Option<String>,
}

/// A finding of `check` that is open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenCheck {
    pub rule: String,
    pub line: u32,
    pub column: u32,
    /// Whether it keeps the story from being approved.
    pub blocks: bool,
}

/// So many of a story are remembered.
const OPEN_CHECKS: usize = 50;

fn open_checks(story: &Story, policy: &Policy, state: State) -> Vec<OpenCheck> {
    let closed = !state.is_open() && !story.life.has_correction(story.text);
    if closed {
        return Vec::new();
    }
    let mut found = check(story, &policy.checks);
    found.retain(|f| f.waived.is_none());
    // what blocks is never crowded out
    found.sort_by_key(|f| !f.blocks());
    let open = found.iter().take(OPEN_CHECKS).map(|f| {
        let place = f.places.first();
        OpenCheck {
            rule: f.rule.name.to_owned(),
            line: place.map_or(1, |p| p.line as u32),
            column: place.map_or(1, |p| p.column as u32),
            blocks: f.blocks(),
        }
    });
    open.collect()
}

impl Summary {
    /// How many findings keep it from being approved.
    pub fn blocking(&self) -> usize {
        self.open_checks.iter().filter(|c| c.blocks).count()
    }

    /// Reads a story's files.
    pub fn of(story: &Story, policy: &Policy) -> Summary {
        let front = story.front();
        let life = &story.life;
        let first = |test: fn(&What) -> bool| {
            let events = story.record.events.iter();
            events.filter(|e| test(&e.what)).map(|e| e.at).min()
        };
        let publication = life.publication.as_ref().filter(|_| life.phase == Phase::Published);
        let state = story.state(policy);
        let begun = life.publication.as_ref().filter(|p| p.text == Some(story.text));
        let pending = |p: &crate::story::state::Publication| {
            p.targets
                .iter()
                .filter(|t| !p.receipts.get(*t).is_some_and(|(done, _)| *done))
                .cloned()
                .collect()
        };
        Summary {
            state,
            title: story.title(),
            author: front.author,
            place: front.place.unwrap_or_default(),
            slug: front.slug,
            received: life.received,
            answered: first(
                |what| matches!(what, What::Letter { letter, status: LetterStatus::Sent, .. } if !letter.is_for_team()),
            ),
            first_published: first(|what| matches!(what, What::Published {})),
            approvals: life.standing(story.text, policy).count() as u32,
            voters: life.standing(story.text, policy).map(|v| v.by.name.clone()).collect(),
            assigned: life.assigned.clone(),
            asked_by: life.unanswered(story.text).next().map(|r| r.by.name.clone()),
            consent: life.consent.is_some(),
            consent_until: life.consent.as_ref().and_then(|g| g.until),
            revoked: life.revoked && life.phase == Phase::Published,
            // the more that is asked for is told
            asks: life.wishes.iter().map(|w| w.asks).min(),
            still_out: life.still_out().map(str::to_owned).collect(),
            by_hand: life.still_out().all(|t| life.remains.get(t).is_some_and(|r| r.by_hand)),
            correction: life.has_correction(story.text),
            pending: publication.map(pending).unwrap_or_default(),
            scheduled_for: life.schedule.map(|(at, _)| at).filter(|_| state == State::Scheduled),
            under_way: matches!(state, State::Approved | State::Scheduled | State::Published)
                && begun.is_some_and(|p| p.is_under_way()),
            published_as: life.publication.as_ref().map(|p| p.slug.clone()),
            stands: life
                .posts
                .iter()
                .filter(|(_, post)| post.certain)
                .map(|(target, post)| (target.clone(), post.slug.clone()))
                .collect(),
            open_checks: open_checks(story, policy, story.state(policy)),
            letters: letter::open(&story.id, &story.record.events, &Standing::of(story, policy)),
            failed_letters: letter::failed(&story.record.events),
            // after the publication, too: it may be a correction, or a wish to take it down
            wrote_again: letter::wrote_again(&story.record.events) && (state.is_open() || state == State::Published),
            damage: story.agrees().err().map(|r| r.why),
        }
    }

    pub(super) fn broken(id: &StoryId, why: String) -> Summary {
        Summary {
            title: id.folder().to_owned(),
            damage: Some(why),
            ..Summary::default()
        }
    }

    /// Whether a takedown of it stopped half-way, and the program can go on.
    fn is_half_down(&self) -> bool {
        !self.still_out.is_empty() && !self.by_hand
    }

    /// Whether `publish --due` takes it up: its time has come, or a publication of it stopped half-way.
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.damage.is_none() && (self.under_way || self.scheduled_for.is_some_and(|at| at <= now))
    }

    /// The open letters that are on the team's list and young enough.
    pub fn letters_due(&self, desk: &Desk) -> impl Iterator<Item = &OpenLetter> {
        let (policy, now) = (desk.config.letters.policy(), desk.now);
        self.letters.iter().filter(move |letter| letter.is_due(&policy, now))
    }

    /// Whether it is out though its author's yes was taken back, or is over.
    pub fn is_unpermitted(&self, now: Timestamp) -> bool {
        self.revoked || self.state == State::Published && self.consent_until.is_some_and(|until| until < now)
    }

    /// Approved, and nothing of its author's stands against it.
    pub fn is_ready(&self, policy: &Policy) -> bool {
        self.state == State::Approved && self.asks.is_none() && (self.consent || !policy.consent_required)
    }

    /// Whether a person has something to do with it: what `list` shows and `review` walks.
    pub fn is_on_the_desk(&self, now: Timestamp) -> bool {
        let told = self.correction || self.wrote_again || !self.pending.is_empty() || self.damage.is_some();
        let gone = self.is_unpermitted(now) || self.asks.is_some() || !self.still_out.is_empty();
        self.state.is_open() || told || gone
    }

    /// Whose turn it is: a name where it was assigned, else a role.
    pub fn turn(&self, policy: &Policy) -> String {
        let role = match self.state {
            _ if self.revoked || !self.still_out.is_empty() => "publisher",
            _ if self.asks.is_some() => "reviewer",
            State::ChangesRequested if !self.wrote_again => "author",
            State::ChangesRequested => "reviewer",
            State::Draft | State::Conflict => "reviewer",
            State::Approved if policy.consent_required && !self.consent => "author",
            State::Approved | State::Scheduled => "publisher",
            State::Published if self.wrote_again => "reviewer",
            State::Published if !self.pending.is_empty() => "publisher",
            State::Published if self.correction && self.approvals as usize >= policy.approvals => "publisher",
            State::Published if self.correction => "reviewer",
            State::Published | State::TakenDown | State::Rejected | State::Withdrawn | State::Joined => {
                return String::new();
            }
        };
        self.assigned.clone().unwrap_or_else(|| role.to_owned())
    }
}

/// How many stories wait for what, in one month or in all.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Counts {
    states: [u64; State::ALL.len()],
    /// Approved, and consent is not there.
    pub waiting_for_author: u64,
    /// Approved, with consent where it is needed.
    pub ready: u64,
    pub corrections: u64,
    pub pending: u64,
    pub damaged: u64,
    /// When the scheduled ones go out.
    scheduled: Vec<Timestamp>,
    under_way: u64,
    /// Letters that were refused or came back.
    pub failed_letters: u64,
    /// Stories whose author wrote again.
    pub wrote_again: u64,
    /// Stories that their author asks to have back.
    pub withdrawal_asked: u64,
    /// Stories whose author said yes with a condition.
    pub conditions: u64,
    /// Published, and the author took their yes back.
    revoked: u64,
    /// Published, and the yes ends then.
    ending: Vec<Timestamp>,
    /// Taken down, and a target still has it.
    pub still_out: u64,
    /// Of those, that the program can try again.
    half_down: u64,
    /// With findings that keep them from being approved.
    pub open_checks: u64,
    letters: OpenLetters,
    /// The stories that waited longest: when they came, which, and the title.
    pub oldest: Vec<(Option<Timestamp>, StoryId, String)>,
}

/// How many of the oldest are remembered.
const OLDEST: usize = 5;

impl Counts {
    pub fn of(&self, state: State) -> u64 {
        State::ALL
            .iter()
            .position(|s| *s == state)
            .map_or(0, |i| self.states[i])
    }

    /// How many `publish --due` would take up now.
    pub fn due(&self, now: Timestamp) -> u64 {
        self.scheduled.iter().filter(|at| **at <= now).count() as u64 + self.under_way
    }

    /// When the next scheduled story goes out that is not due yet.
    pub fn next_scheduled(&self, now: Timestamp) -> Option<Timestamp> {
        self.scheduled.iter().copied().filter(|at| *at > now).min()
    }

    /// How many are out though their author's yes was taken back, or is over.
    pub fn unpermitted(&self, now: Timestamp) -> u64 {
        self.revoked + self.ending.iter().filter(|until| **until < now).count() as u64
    }

    fn add(&mut self, id: &StoryId, s: &Summary, policy: &Policy) {
        if let Some(i) = State::ALL.iter().position(|state| *state == s.state) {
            self.states[i] += 1;
        }
        if s.state == State::Approved {
            match s.is_ready(policy) {
                true => self.ready += 1,
                false => self.waiting_for_author += u64::from(s.asks.is_none()),
            }
        }
        self.corrections += u64::from(s.correction);
        self.pending += u64::from(!s.pending.is_empty());
        self.damaged += u64::from(s.damage.is_some());
        self.open_checks += u64::from(s.blocking() > 0);
        match (s.damage.is_none(), s.under_way) {
            (true, true) => self.under_way += 1,
            (true, false) => self.scheduled.extend(s.scheduled_for),
            (false, _) => {}
        }
        self.letters.add(s.letters.iter().map(OpenLetter::timing));
        self.failed_letters += s.failed_letters.len() as u64;
        self.wrote_again += u64::from(s.wrote_again);
        self.withdrawal_asked += u64::from(s.asks == Some(Asks::Withdrawal));
        self.conditions += u64::from(s.asks == Some(Asks::Condition));
        self.revoked += u64::from(s.revoked);
        if s.state == State::Published && !s.revoked {
            self.ending.extend(s.consent_until);
        }
        self.still_out += u64::from(!s.still_out.is_empty());
        self.half_down += u64::from(s.is_half_down());
        if matches!(s.state, State::Draft | State::ChangesRequested | State::Conflict) {
            self.oldest.push((s.received, id.clone(), s.title.clone()));
            self.oldest.sort();
            self.oldest.truncate(OLDEST);
        }
    }

    fn join(&mut self, other: Counts) {
        self.states.iter_mut().zip(other.states).for_each(|(a, b)| *a += b);
        self.waiting_for_author += other.waiting_for_author;
        self.ready += other.ready;
        self.corrections += other.corrections;
        self.pending += other.pending;
        self.damaged += other.damaged;
        self.scheduled.extend(other.scheduled);
        self.under_way += other.under_way;
        self.open_checks += other.open_checks;
        self.letters.join(other.letters);
        self.failed_letters += other.failed_letters;
        self.wrote_again += other.wrote_again;
        self.withdrawal_asked += other.withdrawal_asked;
        self.conditions += other.conditions;
        self.revoked += other.revoked;
        self.ending.extend(other.ending);
        self.still_out += other.still_out;
        self.half_down += other.half_down;
        self.oldest.extend(other.oldest);
        self.oldest.sort();
        self.oldest.truncate(OLDEST);
    }
}

/// The format of [`Summary`] and [`Counts`]: a change of either, or of the rules by which they are made, makes every cache be built anew.
const FORMAT: u32 = 15;
const CACHE: &str = "stories.cache";

/// Whether some run has remembered what waits: then to look at it makes nothing new.
pub fn is_remembered(desk: &Desk) -> bool {
    desk.config.spool_folder().join(CACHE).exists()
}

/// How many cannot be worked on; where nothing is remembered yet, nothing is.
pub fn damaged(desk: &Desk, repo: &StoryRepo) -> Result<u64, Trouble> {
    let cache = desk.config.spool_folder().join(CACHE);
    let cache = if cache.exists() {
        cache
    } else {
        std::path::PathBuf::new()
    };
    with_summaries_in(desk, repo, &cache, |summaries| Ok(counted(summaries).damaged))
}

/// Runs `work` with the summaries of all stories at the tip.
fn with_summaries<R>(
    desk: &Desk,
    repo: &StoryRepo,
    work: impl FnOnce(&Summaries) -> Result<R, Trouble>,
) -> Result<R, Trouble> {
    with_summaries_in(desk, repo, &desk.config.spool_folder().join(CACHE), work)
}

/// The same, remembered in that file; in none where its path is empty.
fn with_summaries_in<R>(
    desk: &Desk,
    repo: &StoryRepo,
    cache: &std::path::Path,
    work: impl FnOnce(&Summaries) -> Result<R, Trouble>,
) -> Result<R, Trouble> {
    let tip = repo.tip()?;
    let reading = desk.reading(repo, &tip);
    let of_story = |source: &Source| {
        reading.one();
        summarise(source, &desk.policy)
    };
    let of_month = |stories: &[Told]| {
        let mut counts = Counts::default();
        for told in stories {
            if let Some(summary) = read(&told.bytes) {
                counts.add(&told.id, &summary, &desk.policy);
            }
        }
        postcard::to_stdvec(&counts).unwrap_or_default()
    };
    let of_all = |months: &[&[u8]]| {
        let mut all = Counts::default();
        for counts in months {
            all.join(postcard::from_bytes(counts).unwrap_or_default());
        }
        postcard::to_stdvec(&all).unwrap_or_default()
    };
    let fingerprint = format!("{FORMAT} {:?}", desk.policy);
    let makers = Makers {
        fingerprint: fingerprint.as_bytes(),
        of_story: &of_story,
        of_month: &of_month,
        of_all: &of_all,
    };
    let nowhere = std::path::Path::new("");
    let summaries = repo
        .summaries(&tip, cache, makers)
        // a full disk keeps nobody from reading: then it is remembered for this run only
        .or_else(|_| repo.summaries(&tip, nowhere, makers))?;
    work(&summaries)
}

fn summarise(source: &Source, policy: &Policy) -> Result<Vec<u8>, RepoError> {
    let mut files = Files::new();
    for name in [INDEX, RECORD] {
        if let Some(bytes) = source.read(name)? {
            files.insert(name.to_owned(), bytes);
        }
    }
    let mut sums = Vec::new();
    for name in source.names().filter(|n| ![INDEX, RECORD].contains(n)) {
        if let Some(sum) = source.sha256(name)? {
            sums.push((name.to_owned(), sum));
        }
    }
    let summary = match Story::load_with(source.id, files, &sums) {
        Ok(story) => Summary::of(&story.judged(policy, super::seal::seals), policy),
        Err(why) => Summary::broken(source.id, why.why()),
    };
    Ok(postcard::to_stdvec(&summary).unwrap_or_default())
}

fn read(bytes: &[u8]) -> Option<Summary> {
    postcard::from_bytes(bytes).ok()
}

/// Every story and its summary.
pub struct Queue {
    stories: Vec<(StoryId, Summary)>,
}

impl Queue {
    /// Reads what is remembered, and what changed since.
    pub fn read(desk: &Desk, repo: &StoryRepo) -> Result<Queue, Trouble> {
        let mut stories = Vec::new();
        each(
            desk,
            repo,
            |_| Ok(true),
            |id, summary| {
                stories.push((id, summary));
                Ok(())
            },
        )?;
        Ok(Queue { stories })
    }

    pub fn iter(&self) -> impl Iterator<Item = (&StoryId, &Summary)> {
        self.stories.iter().map(|(id, s)| (id, s))
    }

    pub fn into_stories(self) -> impl Iterator<Item = (StoryId, Summary)> {
        self.stories.into_iter()
    }
}

/// Goes through all stories, month by month, those that `may` lets through by their name alone, and those that cannot be read. None is
/// held in memory.
pub fn each(
    desk: &Desk,
    repo: &StoryRepo,
    may: impl Fn(&StoryId) -> Result<bool, Trouble>,
    mut work: impl FnMut(StoryId, Summary) -> Result<(), Trouble>,
) -> Result<(), Trouble> {
    with_summaries(desk, repo, |summaries| {
        for told in summaries.iter() {
            let story = match told? {
                Ok(told) if !may(&told.id)? => continue,
                Ok(told) => read(&told.bytes).map(|s| (told.id, s)),
                Err(damage) => broken(&damage.place, &damage.what),
            };
            if let Some((id, summary)) = story {
                work(id, summary)?;
            }
        }
        Ok(())
    })
}

fn broken(place: &str, what: &str) -> Option<(StoryId, Summary)> {
    let id: StoryId = place.parse().ok()?;
    let summary = Summary::broken(&id, what.to_owned());
    Some((id, summary))
}

/// How many wait for what. What all months come to is remembered: no story is read, nor a month.
pub fn counts(desk: &Desk, repo: &StoryRepo) -> Result<Counts, Trouble> {
    with_summaries(desk, repo, |summaries| Ok(counted(summaries)))
}

fn counted(summaries: &Summaries) -> Counts {
    postcard::from_bytes(summaries.aggregate()).unwrap_or_default()
}

/// Stories whose takedown stopped half-way. Only months that have one are read.
pub fn half_down(desk: &Desk, repo: &StoryRepo) -> Result<Vec<(StoryId, Summary)>, Trouble> {
    of_months(desk, repo, |counts| counts.half_down > 0, Summary::is_half_down)
}

/// Stories in one of these states. Only months that have one are read; `remember` whether the summaries are written down for next time.
pub fn in_states(
    desk: &Desk,
    repo: &StoryRepo,
    states: &[State],
    remember: bool,
) -> Result<Vec<(StoryId, Summary)>, Trouble> {
    let has_one = |counts: &Counts| states.iter().any(|state| counts.of(*state) > 0);
    let pick = |summaries: &Summaries| picked(summaries, has_one, |s| states.contains(&s.state));
    match remember {
        true => with_summaries(desk, repo, pick),
        false => with_summaries_in(desk, repo, std::path::Path::new(""), pick),
    }
}

/// Stories that are out though their author's yes was taken back, or is over. Only months that have one are read.
pub fn unpermitted(desk: &Desk, repo: &StoryRepo) -> Result<Vec<(StoryId, Summary)>, Trouble> {
    let now = desk.now;
    of_months(
        desk,
        repo,
        |counts| counts.unpermitted(now) > 0,
        |s| s.is_unpermitted(now),
    )
}

/// The stories that `wanted` picks, from the months whose counts say that there may be one.
fn of_months(
    desk: &Desk,
    repo: &StoryRepo,
    has_one: impl Fn(&Counts) -> bool,
    wanted: impl Fn(&Summary) -> bool,
) -> Result<Vec<(StoryId, Summary)>, Trouble> {
    with_summaries(desk, repo, |summaries| picked(summaries, has_one, wanted))
}

fn picked(
    summaries: &Summaries,
    has_one: impl Fn(&Counts) -> bool,
    wanted: impl Fn(&Summary) -> bool,
) -> Result<Vec<(StoryId, Summary)>, Trouble> {
    let mut found = Vec::new();
    for (place, (_, bytes)) in summaries.months()?.enumerate() {
        let counts: Counts = postcard::from_bytes(bytes).unwrap_or_default();
        if !has_one(&counts) {
            continue;
        }
        for told in summaries.month(place)? {
            let Ok(told) = told else { continue };
            found.extend(read(&told.bytes).filter(&wanted).map(|s| (told.id, s)));
        }
    }
    Ok(found)
}

/// Stories that `publish --due` takes up now. Only months that have one are read.
pub fn due(desk: &Desk, repo: &StoryRepo) -> Result<Vec<(StoryId, Summary)>, Trouble> {
    let now = desk.now;
    let mut due = of_months(desk, repo, |counts| counts.due(now) > 0, |s| s.is_due(now))?;
    due.sort_by(|a, b| (a.1.scheduled_for, &a.0).cmp(&(b.1.scheduled_for, &b.0)));
    Ok(due)
}

/// Stories with a letter still open that is on the team's list and young enough. Only months that can have one are read.
pub fn with_letters_due(desk: &Desk, repo: &StoryRepo) -> Result<Vec<(StoryId, Summary)>, Trouble> {
    let policy = desk.config.letters.policy();
    let may = |counts: &Counts| counts.letters.may_be_due(&policy, desk.now);
    of_months(desk, repo, may, |summary| summary.letters_due(desk).next().is_some())
}

/// Stories with a letter still open that became too old to leave between `since` and now. Only months that can have one are read.
pub fn with_letters_run_out(
    desk: &Desk,
    repo: &StoryRepo,
    since: Timestamp,
    until: Timestamp,
) -> Result<Vec<(StoryId, Summary)>, Trouble> {
    let policy = desk.config.letters.policy();
    let may = |counts: &Counts| {
        let latest = counts.letters.latest();
        latest.is_some_and(|at| since.duration_since(at) <= policy.max_age)
    };
    let ran_out = |letter: &OpenLetter| letter.ran_out(&policy, since, until);
    of_months(desk, repo, may, |summary| summary.letters.iter().any(ran_out))
}

/// Stories with letters that did not arrive. Only months that have one are read.
pub fn with_failed_letters(desk: &Desk, repo: &StoryRepo) -> Result<Vec<(StoryId, Summary)>, Trouble> {
    of_months(
        desk,
        repo,
        |counts| counts.failed_letters > 0,
        |s| !s.failed_letters.is_empty(),
    )
}

/// How many letters are due, by these counts; where there are very many, by the stories of the months that have some.
pub fn letters_due(desk: &Desk, repo: &StoryRepo, counts: &Counts) -> Result<usize, Trouble> {
    if let Some(many) = counts.letters.due(&desk.config.letters.policy(), desk.now) {
        return Ok(many);
    }
    let stories = with_letters_due(desk, repo)?;
    Ok(stories.iter().map(|(_, s)| s.letters_due(desk).count()).sum())
}
