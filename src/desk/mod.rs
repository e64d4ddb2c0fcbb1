//! The editor's desk: one file per job, each a plan (pure) that is then carried out.
//!
//! | room | job |
//! |---|---|
//! | [`fetch`] | mail in: keep, read, screen, draft, commit, settle |
//! | [`account`] | what each mail came to |
//! | [`intake`], [`threads`] | one mail, judged; the story it follows |
//! | [`decide`] | a reviewer's decision by mail |
//! | [`consent`] | the author's answer to "may we publish it?" |
//! | [`queue`], [`names`] | what waits: lists, counts; the story that a person means |
//! | [`search`](mod@search), [`reading`] | stories by the words in them; how far a pass over many is |
//! | [`review`] | decisions |
//! | [`walk`] | the queue as a reviewer walks it: stories read, decisions held, taken upon what was read |
//! | [`check`](mod@check) | what should be looked at first; a finding waived |
//! | [`edit`] | changes of the text |
//! | [`revision`] | later mails of the author: proposed, accepted, declined |
//! | [`pieces`] | one mail with several stories, several mails with one |
//! | [`media`] | photos added, taken out, replaced |
//! | [`sync`] | this desk and the others, through a git server |
//! | [`stats`] | what came, how soon it was answered, what became of it |
//! | [`told`] | a story told by phone or on paper |
//! | [`preview`] | a story as its readers will see it |
//! | [`publish`], [`schedule`] | to the targets; when |
//! | [`places`] | the targets of config.toml, opened |
//! | [`seal`] | signatures: made, looked at |
//! | [`takedown`] | off them again: the team's decision, or the author's wish |
//! | [`letters`] | the outbox |
//! | [`quarantine`] | mails that need a person |
//! | [`erase`](mod@erase), [`held`] | what is held of a story or a person; destroying it |
//! | [`export`](mod@export), [`retention`] | what is held about a person, for them; what is kept no longer |
//! | [`cron`], [`alarm`], `clock` | one unattended pass; what is told once; whether the clock is to be believed |
//! | [`verify`] | whether the history is what it says |
//! | [`doctor`] | each part, tried against the real thing |
//! | [`watch`] | staying connected |
//! | [`trouble`] | what can go wrong at the desk |
//! | [`typed`] | words that were written and not taken |

pub mod account;
pub mod alarm;
pub mod check;
mod clock;
pub mod consent;
mod convert;
mod crew;
pub mod cron;
pub mod decide;
pub mod doctor;
pub mod edit;
pub mod erase;
pub mod export;
pub mod fetch;
pub mod held;
pub mod intake;
pub mod letters;
pub mod media;
pub mod names;
pub mod pieces;
pub mod places;
mod post;
pub mod preview;
pub mod publish;
pub mod quarantine;
pub mod queue;
pub mod reading;
pub mod retention;
pub mod review;
pub mod revision;
pub mod schedule;
pub mod seal;
pub mod search;
mod site;
pub mod stats;
pub mod sync;
pub mod takedown;
pub mod threads;
pub mod told;
pub mod trouble;
pub mod typed;
pub mod verify;
pub mod walk;
pub mod watch;

use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::config::{self, Config};
use crate::repo::{Committed, UserConfig};
use crate::spool::{Shelves, SpoolError};
use crate::story::event::{Actor, EventId, Role};
use crate::story::page::RECORD;
use crate::story::policy::{Member, Policy, Refusal, Task};
use crate::story::record::{Change, Files};
use crate::story::step::{Clerk, Story};
use crate::story::{Mailbox, StoryId};

pub use trouble::Trouble;

// What the desk hands to those who ask it; they do not go to the doors themselves.
pub use crate::inbox::{Remark, StdinError};
pub use crate::media::Photo;
pub use crate::repo::{Caution, Past, RepoError, StoryRepo, Text, Tip};
pub use crate::spool::{AsideEntry, AsideKind, Spool};

/// Is told of the run that is waited for, as what keeps the spool from being used.
pub type Waits = Box<dyn Fn(&SpoolError) + Send + Sync>;

/// Nobody sees that so long was waited.
const MOMENT: Duration = Duration::from_secs(1);

/// The desk: the configuration, the rules, and the moment at which this run happens.
pub struct Desk {
    pub config: Config,
    pub policy: Policy,
    pub now: Timestamp,
    /// How long to wait for another run to end.
    pub wait: Duration,
    /// Who is told that another run is waited for.
    pub waits: Option<Waits>,
    /// Whether a person sits at a terminal, so that a key's passphrase may be asked for.
    pub may_ask: bool,
    /// Who is told how far a pass over many stories is.
    pub watcher: Option<reading::Watcher>,
}

/// A step taken, or found to be taken already.
#[derive(Debug)]
pub struct Taken {
    /// The story as it stands after the step.
    pub story: Story,
    /// False: there was nothing to do.
    pub changed: bool,
    pub cautions: Vec<Caution>,
}

fn moment(at: Timestamp, zone: &TimeZone) -> String {
    let here = at.to_zoned_datetime(zone.clone());
    here.strftime("%A %-d %B %Y, %H:%M %Z").to_string()
}

impl Desk {
    /// Sits down: reads the team's rules out of the configuration.
    pub fn new(config: Config, now: Timestamp, wait: Duration) -> Desk {
        let zone = &config.team.timezone;
        let members = config.team.members.iter().map(|m| Member {
            name: m.name.clone(),
            email: m.email.clone(),
            also: m.also.clone(),
            roles: m.roles.iter().map(|r| (*r).into()).collect(),
            keys: m.key.iter().chain(&m.keys).map(|k| k.in_zone(zone)).collect(),
        });
        let policy = Policy {
            members: members.collect(),
            approvals: config.review.approvals as usize,
            // nobody named, or one person only: there is nobody else to ask
            own_text: config.review.own_text || config.team.members.len() <= 1,
            minor_keeps: config.review.minor_edits_keep_approvals,
            consent_required: config.review.consent == config::Consent::Required,
            checks: config.check.wanted(&config.targets),
            signed: config.review.signed,
            robot_keys: config.team.robot_key.iter().map(|k| k.in_zone(zone)).collect(),
        };
        Desk {
            config,
            policy,
            now,
            wait,
            waits: None,
            may_ask: false,
            watcher: None,
        }
    }

    /// A moment as the team reads it: `Thursday 24 December 2026, 09:00 GMT`.
    pub fn moment(&self, at: Timestamp) -> String {
        moment(at, &self.config.team.timezone)
    }

    /// From when on signatures are asked for, where it was not always so.
    pub fn signed_since(&self) -> Option<Timestamp> {
        let day = self.config.review.signed_since?;
        self.config.team.timezone.to_timestamp(day.at(0, 0, 0, 0)).ok()
    }

    /// The content repository, which must be there.
    pub fn repo(&self) -> Result<StoryRepo, Trouble> {
        let repo = StoryRepo::open(&self.config.repository.path, &self.config.repository.branch)?;
        self.at_home(repo)
    }

    /// The content repository, made on first use.
    pub fn repo_or_new(&self) -> Result<StoryRepo, Trouble> {
        let (path, branch) = (&self.config.repository.path, &self.config.repository.branch);
        let repo = match StoryRepo::open(path, branch) {
            Err(crate::repo::RepoError::Missing(_)) => StoryRepo::init(path, branch)?,
            opened => opened?,
        };
        self.at_home(repo)
    }

    /// The repository, with git's configuration of the person at this desk, and signing as they do.
    fn at_home(&self, repo: StoryRepo) -> Result<StoryRepo, Trouble> {
        repo.sign_by(self.starting());
        repo.use_config(user_config())?;
        Ok(repo)
    }

    /// Whether there is a content repository already.
    pub fn has_repository(&self) -> bool {
        !matches!(self.repo(), Err(Trouble::Repo(RepoError::Missing(_))))
    }

    /// The spool, locked for this run. Another run that has it for more than a moment is waited for with a word.
    pub fn spool(&self) -> Result<Spool, Trouble> {
        let folder = self.config.spool_folder();
        let opened = match (Spool::open(&folder, self.wait.min(MOMENT)), &self.waits) {
            (Err(busy @ SpoolError::Busy { .. }), told) if self.wait > MOMENT => {
                told.iter().for_each(|tell| tell(&busy));
                Spool::open(&folder, self.wait - MOMENT)
            }
            (opened, _) => opened,
        };
        let mut spool = opened?;
        letters::late::begin(&mut spool, self.now)?;
        Ok(spool)
    }

    /// The spool, only looked at; `None` where there is none yet.
    pub fn look_at_spool(&self) -> Option<Shelves> {
        Spool::look(&self.config.spool_folder())
    }

    /// One mail from a pipe: refused (65) where it is empty or over the limit.
    pub fn take_stdin(&self, pipe: impl std::io::Read) -> Result<Vec<u8>, Trouble> {
        Ok(crate::inbox::take_stdin(pipe, self.config.story.max_mail_bytes)?)
    }

    /// Makes a mail from standard input durable, whether or not another run is at work. The spool comes back where this run may go on
    /// with it; `None`: the run at work, or the next one, takes the mail in.
    pub fn keep_incoming(&self, raw: Vec<u8>) -> Result<Option<Spool>, Trouble> {
        let folder = self.config.spool_folder();
        match Spool::open(&folder, self.wait) {
            Ok(mut spool) => {
                letters::late::begin(&mut spool, self.now)?;
                spool.keep(raw)?;
                Ok(Some(spool))
            }
            Err(SpoolError::Busy { .. }) => {
                Spool::drop_off(&folder, raw)?;
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The person at this desk, by their git identity, in the role that `task` needs.
    pub fn clerk(&self, repo: &StoryRepo, task: Task) -> Result<Clerk, Trouble> {
        let (name, email) = repo.identity().ok_or(Trouble::NoIdentity)?;
        let actor = self.policy.may(&name, &email, task)?;
        Ok(Clerk {
            actor,
            email,
            now: self.now,
            draw,
            mail: None,
        })
    }

    /// A member of the team who is not at this desk: what they decide by mail is by them.
    fn clerk_of(&self, member: &Member) -> Clerk {
        Clerk {
            actor: Actor {
                name: member.name.clone(),
                role: Role::Reviewer,
            },
            email: member.email.clone(),
            now: self.now,
            draw,
            mail: None,
        }
    }

    /// The robot: author of machine steps.
    pub fn robot(&self) -> Clerk {
        let robot = &self.config.team.robot;
        let name = if robot.name.is_empty() {
            "m4c-stories".to_owned()
        } else {
            robot.name.clone()
        };
        let actor = Actor {
            name,
            role: Role::Robot,
        };
        Clerk {
            actor,
            email: robot.email.clone(),
            now: self.now,
            draw,
            mail: None,
        }
    }

    /// The story at the tip.
    pub fn story(&self, repo: &StoryRepo, id: &StoryId) -> Result<Story, Trouble> {
        let tip = repo.tip()?;
        let files = repo.story(&tip, id)?.ok_or_else(|| Trouble::NoStory(id.to_string()))?;
        Ok(self.load(id, files)?)
    }

    /// Takes one step: `plan` is applied to the story at the tip, and again where the branch moved meanwhile. A story that somebody is
    /// editing by hand is not decided upon (`deciding`).
    pub fn step(
        &self,
        repo: &StoryRepo,
        id: &StoryId,
        deciding: bool,
        plan: impl Fn(&Story) -> Result<Option<Change>, Refusal>,
    ) -> Result<Taken, Trouble> {
        let tip = repo.tip()?;
        let by_hand = repo.uncommitted(&tip, id)?;
        if deciding && !by_hand.is_empty() {
            return Err(Trouble::ByHand {
                id: id.clone(),
                files: by_hand,
            });
        }
        let committed = self.step_together(repo, std::slice::from_ref(id), |files| {
            let files = files[0].clone().ok_or_else(|| Trouble::NoStory(id.to_string()))?;
            let change = plan(&self.load(id, files)?)?;
            Ok(change.into_iter().collect())
        })?;
        Ok(Taken {
            story: self.story(repo, id)?,
            changed: committed.is_some(),
            cautions: committed.map(|c| c.cautions).unwrap_or_default(),
        })
    }

    /// The same over several stories in one commit; `plan` is given their files, in the order of `ids`.
    fn step_together(
        &self,
        repo: &StoryRepo,
        ids: &[StoryId],
        plan: impl Fn(&[Option<Files>]) -> Result<Vec<Change>, Trouble>,
    ) -> Result<Option<Committed>, Trouble> {
        let pens = self.pens(repo.signer());
        let plan = |files: &[Option<Files>]| -> Result<Vec<Change>, Trouble> {
            let sealed = plan(files)?.into_iter().map(|change| {
                let place = ids.iter().position(|id| *id == change.story);
                let before = place.and_then(|n| files[n].as_ref()?.get(RECORD));
                self.sealed(&pens, before.map_or(&[], Vec::as_slice), change)
            });
            sealed.collect()
        };
        // a passphrase is asked for before anybody is kept waiting
        let mut ready = None;
        if pens.may_ask(self) {
            let tip = repo.tip()?;
            let files: Result<Vec<_>, _> = ids.iter().map(|id| repo.story(&tip, id)).collect();
            let files = files?;
            let changes = plan(&files)?;
            ready = Some((files, changes));
        }
        repo.commit_together(ids, |current| {
            let files: Vec<Option<Files>> = current.iter().map(|c| c.files.clone()).collect();
            match ready.take() {
                Some((upon, changes)) if upon == files => Ok(changes),
                _ => plan(&files),
            }
        })
    }

    /// Whether an address is one of the team's.
    pub fn is_team(&self, mailbox: &Mailbox) -> bool {
        let address = mailbox.address.as_deref();
        address.is_some_and(|address| self.policy.members.iter().any(|m| m.has(address)))
    }

    /// Every address of the team.
    fn team(&self) -> Vec<String> {
        let members = self.policy.members.iter();
        members.flat_map(Member::addresses).map(str::to_owned).collect()
    }
}

/// git's configuration of the user: git itself asks this variable, too (git-config(1)).
fn user_config() -> UserConfig {
    UserConfig(config::environment("GIT_CONFIG_GLOBAL").map(PathBuf::from))
}

/// A random event id.
pub fn draw() -> EventId {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).expect("the system gives random bytes");
    EventId::from_random(bytes)
}
