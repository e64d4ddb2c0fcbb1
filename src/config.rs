//! `config.toml` -> [`Config`]. The only reader of the environment and of secrets.
//!
//! The shipped `config.toml` is the manual: every key with its default and meaning. Paths are relative to the file.
//! A setting can be overridden by `M4C_STORIES_<SECTION>_<KEY>`, one of an inbox or a target by
//! `M4C_STORIES_INBOX_<NAME>_<KEY>` and `M4C_STORIES_TARGET_<NAME>_<KEY>`.

mod door;
mod error;
mod guard;
mod keys;
mod load;
mod overrides;
mod place;
mod secret;
mod signing;
mod target;
mod value;
mod web;

use std::path::{Path, PathBuf};

use jiff::SignedDuration;
use jiff::tz::TimeZone;
use serde::Deserialize;
use sha2::{Digest, Sha256};

pub use door::{Auth, Fate, Imap, Inbox, Login, Outbox, Server, Settling, Source, Tls, Way};
pub use error::{ConfigError, Place};
pub use overrides::misspelt;
pub use secret::{Secret, SecretSource};
pub use signing::{Gone, MemberKey};
pub use target::{Engine, Pages, Target, TargetKind};
pub use value::Address;

use crate::story::check::{Country, Wanted};
use crate::story::event;
use crate::story::event::LetterKind;
use crate::story::letter::LetterPolicy;
use crate::story::link::site;

/// Every setting, checked, with paths made absolute or relative to where the program runs.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where it was read from.
    pub file: PathBuf,
    pub team: Team,
    pub inboxes: Vec<Inbox>,
    pub repository: Repository,
    pub story: StorySettings,
    pub review: Review,
    pub check: Check,
    pub spool: SpoolSettings,
    pub outbox: Outbox,
    pub letters: Letters,
    pub retention: Retention,
    pub targets: Vec<Target>,
}

/// `[team]`: who the desk is.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Team {
    /// How letters are signed.
    pub name: String,
    /// Author of the machine's commits.
    pub robot: Address,
    /// For times typed by people and shown to them.
    #[serde(deserialize_with = "value::time_zone")]
    pub timezone: TimeZone,
    /// None named: the git identity may do everything.
    pub members: Vec<Member>,
    /// Public key of the machine that takes steps by itself.
    pub robot_key: Option<MemberKey>,
}

/// One person of the team. Known by the address of the git identity.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    pub name: String,
    pub email: String,
    /// Other addresses of the same person.
    #[serde(default)]
    pub also: Vec<String>,
    #[serde(default = "value::every_role")]
    pub roles: Vec<Role>,
    /// An SSH public key, as in `id_ed25519.pub`.
    #[serde(default)]
    pub key: Option<MemberKey>,
    /// Several of them, for those who changed theirs.
    #[serde(default)]
    pub keys: Vec<MemberKey>,
}

impl Member {
    /// Every address of theirs.
    pub fn addresses(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.email).chain(&self.also).map(String::as_str)
    }
}

/// What a member may do. Apart from [`event::Role`], which takes any word: in a config a misspelt role is an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    Reviewer,
    Editor,
    Publisher,
}

impl From<Role> for event::Role {
    fn from(role: Role) -> event::Role {
        match role {
            Role::Reviewer => event::Role::Reviewer,
            Role::Editor => event::Role::Editor,
            Role::Publisher => event::Role::Publisher,
        }
    }
}

/// `[repository]`: the content repository.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Repository {
    pub path: PathBuf,
    pub branch: String,
    pub remote: String,
    pub push: Push,
    /// Whether `refs/desk/private` travels with `sync`.
    pub share_private: bool,
    /// Whether the remote may be a folder of this machine.
    pub local_remote: bool,
    /// More than this is not taken over from the remote at once, in bytes.
    pub max_received_bytes: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Push {
    Never,
    Always,
}

/// `[story]`: how a mail becomes a draft.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StorySettings {
    /// A minijinja template with `author`.
    pub title: String,
    /// A minijinja template with `date`: stands below a corrected text on the site. Empty: no note.
    pub correction: String,
    /// Longest side of a photo in pixels.
    pub max_image_side: u32,
    /// Photos of more pixels are not opened.
    pub max_photo_pixels: u64,
    /// Larger mails go to the quarantine.
    pub max_mail_bytes: u64,
    /// Makes a JPEG of an iPhone's HEIC photo; `{in}` and `{out}` stand for the files.
    #[serde(deserialize_with = "secret::command")]
    pub heic_command: Option<Vec<String>>,
}

/// `[review]`: what a publication needs.
#[derive(Debug, Clone)]
pub struct Review {
    pub approvals: u32,
    /// Whether an editor's own text may be approved by that editor; true by default where the team is one person.
    pub own_text: bool,
    /// Whether approvals stay when `edit --minor` changes spelling and punctuation.
    pub minor_edits_keep_approvals: bool,
    pub consent: Consent,
    /// Whether a decision needs an SSH signature.
    pub signed: bool,
    /// The first day on which it did: `verify` asks for none before.
    pub signed_since: Option<jiff::civil::Date>,
    /// Whether reviewers may decide by answering a letter.
    pub by_mail: bool,
    /// How long an answer may take.
    pub by_mail_for: SignedDuration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Consent {
    Required,
    Optional,
}

/// `[check]`: what is looked for before a story is approved.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Check {
    /// Whether open findings keep a story from being approved.
    pub block: bool,
    /// Two letters, as in [`crate::story::check::COUNTRIES`].
    pub country: String,
    /// Rules that are not looked for.
    pub off: Vec<String>,
    /// The team's own, beside the targets' sites.
    pub domains: Vec<String>,
}

/// `[spool]`: ask [`Config::spool_folder`], because it depends on the repository.
#[derive(Debug, Clone)]
pub struct SpoolSettings {
    pub path: Option<PathBuf>,
    /// `$XDG_STATE_HOME` or `~/.local/state`.
    state_home: Option<PathBuf>,
}

/// `[letters]`: which letters are written, and how often.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Letters {
    #[serde(deserialize_with = "value::to_authors")]
    pub send: Vec<LetterKind>,
    /// Letters to the members with the role of a reviewer.
    #[serde(deserialize_with = "value::to_the_team")]
    pub team: Vec<LetterKind>,
    /// Files here replace the built-in templates of the same name.
    pub templates: PathBuf,
    /// Automatic answers only.
    pub per_address_per_day: u32,
    /// The letters of one run; the others wait for the next.
    pub per_run: u32,
    /// An event older than this calls for no letter.
    #[serde(deserialize_with = "value::duration")]
    pub max_age: SignedDuration,
    /// A letter that names a page waits for it, and after so long that is told; none: it does not wait.
    #[serde(deserialize_with = "value::duration_or_never")]
    pub wait_live: Option<SignedDuration>,
    /// Without an answer for so long, a reminder goes; after as long again the last one.
    #[serde(deserialize_with = "value::duration")]
    pub remind_after: SignedDuration,
    /// How long from one digest to the next.
    #[serde(deserialize_with = "value::duration")]
    pub digest_every: SignedDuration,
}

/// `[retention]`: how long what nobody needs any more is kept; none: for ever.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Retention {
    /// Mails that need a person.
    #[serde(deserialize_with = "value::kept_for")]
    pub quarantine: Option<SignedDuration>,
    /// Mails that a rule set aside.
    #[serde(deserialize_with = "value::kept_for")]
    pub set_aside: Option<SignedDuration>,
    /// The private part of a rejected story, since the last step.
    #[serde(deserialize_with = "value::kept_for")]
    pub rejected: Option<SignedDuration>,
    /// Letters that left, as files of the outbox's folder.
    #[serde(deserialize_with = "value::kept_for")]
    pub letters: Option<SignedDuration>,
    /// On which days an automatic answer went to the hash of an address.
    #[serde(deserialize_with = "value::kept_for")]
    pub logs: Option<SignedDuration>,
}

impl Default for Retention {
    fn default() -> Retention {
        let days = |days: i64| Some(SignedDuration::from_hours(24 * days));
        Retention {
            quarantine: None,
            set_aside: days(365),
            rejected: days(730),
            letters: days(365),
            logs: days(31),
        }
    }
}

impl Default for Team {
    fn default() -> Team {
        Team {
            name: "M4C Team".to_owned(),
            robot: Address {
                name: "m4c-stories".to_owned(),
                email: "robot@localhost".to_owned(),
            },
            timezone: TimeZone::get("Europe/London").unwrap_or(TimeZone::UTC),
            members: Vec::new(),
            robot_key: None,
        }
    }
}

impl Default for Repository {
    fn default() -> Repository {
        Repository {
            path: "stories".into(),
            branch: "main".to_owned(),
            remote: "origin".to_owned(),
            push: Push::Never,
            share_private: false,
            local_remote: false,
            max_received_bytes: target::MOST_RECEIVED,
        }
    }
}

impl Default for StorySettings {
    fn default() -> StorySettings {
        StorySettings {
            title: "Future Leader Stories: {{ author }}".to_owned(),
            correction: String::new(),
            max_image_side: 2000,
            max_photo_pixels: 50_000_000,
            max_mail_bytes: 35 * 1024 * 1024,
            heic_command: None,
        }
    }
}

impl StorySettings {
    /// What stands below a text that was corrected on this day, as Markdown; empty: nothing.
    pub fn correction_note(&self, date: &str) -> String {
        let words = minijinja::Environment::new().render_str(&self.correction, minijinja::context! { date });
        // tried when the file was read
        words.unwrap_or_default()
    }
}

impl Default for Check {
    fn default() -> Check {
        Check {
            block: true,
            country: "GB".to_owned(),
            off: Vec::new(),
            domains: Vec::new(),
        }
    }
}

impl Default for Letters {
    fn default() -> Letters {
        Letters {
            send: LetterKind::ALL.into_iter().filter(|kind| !kind.is_for_team()).collect(),
            team: Vec::new(),
            templates: "templates".into(),
            per_address_per_day: 1,
            per_run: 50,
            max_age: SignedDuration::from_hours(14 * 24),
            wait_live: Some(SignedDuration::from_hours(24)),
            remind_after: SignedDuration::from_hours(7 * 24),
            digest_every: SignedDuration::from_hours(7 * 24),
        }
    }
}

impl Check {
    /// What [`check`](mod@crate::story::check) asks for; `targets` say which sites are the team's own.
    pub fn wanted(&self, targets: &[Target]) -> Wanted {
        let sites = targets.iter().filter_map(|t| t.url.as_deref());
        let own = self.domains.iter().map(String::as_str).chain(sites);
        let country = Country::of(&self.country);
        Wanted {
            block: self.block,
            country: country.unwrap_or(Wanted::default().country),
            off: self.off.clone(),
            domains: own.filter_map(site).collect(),
        }
    }
}

impl Letters {
    /// What [`crate::story::letter::due`] asks for.
    pub fn policy(&self) -> LetterPolicy {
        LetterPolicy {
            send: self.send.iter().chain(&self.team).copied().collect(),
            max_age: self.max_age,
            remind_after: self.remind_after,
        }
    }
}

/// The config.toml that comes with the program, which documents every key.
pub const SHIPPED: &str = include_str!("../config.toml");

/// The person's editor: VISUAL, else EDITOR; `None` where neither is set.
pub fn editor() -> Option<String> {
    ["VISUAL", "EDITOR"]
        .into_iter()
        .filter_map(environment)
        .find(|command| !command.trim().is_empty())
}

/// A variable of this process's environment; `None` where it is not set or not text. HOME is where the user database says when the
/// environment does not: a run from cron with nothing set has the same spool as its user at a terminal.
pub fn environment(name: &str) -> Option<String> {
    let home = || std::env::home_dir().filter(|_| name == "HOME");
    std::env::var(name)
        .ok()
        .or_else(|| home()?.into_os_string().into_string().ok())
}

/// The names of this process's variables, where they are text.
pub fn variables() -> impl Iterator<Item = String> {
    std::env::vars_os().filter_map(|(name, _)| name.into_string().ok())
}

impl Config {
    /// Where transient private state is kept: `[spool] path`, else a folder of the user's state home, one per content
    /// repository, else `.desk` beside the config.
    pub fn spool_folder(&self) -> PathBuf {
        match (&self.spool.path, &self.spool.state_home) {
            (Some(path), _) => path.clone(),
            (None, Some(home)) => {
                let repository = &self.repository.path;
                let whole = std::fs::canonicalize(repository)
                    .or_else(|_| std::path::absolute(repository))
                    .unwrap_or_else(|_| repository.clone());
                let hash = hex::encode(Sha256::digest(whole.as_os_str().as_encoded_bytes()));
                let name = whole.file_name().and_then(|n| n.to_str()).unwrap_or("stories");
                home.join("m4c-stories").join(format!("{name}-{}", &hash[..12]))
            }
            (None, None) => self.folder().join(".desk"),
        }
    }

    /// The folder of the config file, against which its paths are read.
    pub fn folder(&self) -> &Path {
        self.file.parent().unwrap_or(Path::new(""))
    }

    /// The member of the team with that address.
    pub fn member(&self, email: &str) -> Option<&Member> {
        self.team
            .members
            .iter()
            .find(|member| member.addresses().any(|own| own.eq_ignore_ascii_case(email.trim())))
    }

    /// The addresses of this desk itself: mail from them is never answered.
    pub fn own_addresses(&self) -> Vec<String> {
        let mut own = vec![self.outbox.from.email.clone(), self.team.robot.email.clone()];
        for inbox in &self.inboxes {
            if let Source::Imap(imap) = &inbox.source
                && let Some(login) = imap.server.login.as_ref().filter(|login| login.user.contains('@'))
            {
                own.push(login.user.clone());
            }
        }
        own.sort();
        own.dedup();
        own
    }

    /// Whether some inbox has a server that is believed about who mail is from.
    pub fn has_trusted_authserv(&self) -> bool {
        self.inboxes.iter().any(|inbox| inbox.trusted_authserv.is_some())
    }

    /// The names of those who get the digest.
    pub fn reviewers(&self) -> Vec<String> {
        let reviewers = self.team.members.iter().filter(|m| m.roles.contains(&Role::Reviewer));
        reviewers.map(|m| m.name.clone()).collect()
    }

    /// The inbox of that name.
    pub fn inbox(&self, name: &str) -> Option<&Inbox> {
        self.inboxes.iter().find(|inbox| inbox.name == name)
    }
}

#[cfg(test)]
mod tests;
