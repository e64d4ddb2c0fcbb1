//! From a file and the environment to a checked [`Config`].

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::SignedDuration;
use jiff::civil::Date;
use serde::Deserialize;

use super::door::{RawInbox, RawOutbox, Source, Way};
use super::guard::{guard, has_password};
use super::keys::{keys_of, nearest};
use super::overrides::{as_variable, override_from};
use super::place::Text;
use super::signing::optional_day;
use super::target::RawTarget;
use super::{
    Address, Check, Config, ConfigError, Consent, Letters, Place, Repository, Review, SpoolSettings, StorySettings,
};
use super::{Retention, Team, value};
use crate::story::check::{COUNTRIES, Country, RULES};
use crate::story::event::LetterKind;

/// The file, as it is written.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct File {
    team: Team,
    pub inbox: Vec<RawInbox>,
    repository: Repository,
    story: StorySettings,
    review: RawReview,
    check: Check,
    spool: RawSpool,
    outbox: RawOutbox,
    letters: Letters,
    retention: Retention,
    pub target: Vec<RawTarget>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawReview {
    approvals: u32,
    own_text: Option<bool>,
    minor_edits_keep_approvals: bool,
    consent: Consent,
    signed: bool,
    #[serde(deserialize_with = "optional_day")]
    signed_since: Option<Date>,
    by_mail: bool,
    #[serde(deserialize_with = "value::duration")]
    by_mail_for: SignedDuration,
}

impl Default for RawReview {
    fn default() -> RawReview {
        RawReview {
            approvals: 1,
            own_text: None,
            minor_edits_keep_approvals: false,
            consent: Consent::Required,
            signed: false,
            signed_since: None,
            by_mail: false,
            by_mail_for: SignedDuration::from_hours(14 * 24),
        }
    }
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawSpool {
    path: Option<PathBuf>,
}

/// The sections that exist once, and their keys.
pub(super) fn sections() -> [(&'static str, &'static [&'static str]); 9] {
    [
        ("team", keys_of::<Team>()),
        ("repository", keys_of::<Repository>()),
        ("story", keys_of::<StorySettings>()),
        ("review", keys_of::<RawReview>()),
        ("check", keys_of::<Check>()),
        ("spool", keys_of::<RawSpool>()),
        ("outbox", keys_of::<RawOutbox>()),
        ("letters", keys_of::<Letters>()),
        ("retention", keys_of::<Retention>()),
    ]
}

/// The sections that may be repeated, and their keys.
pub(super) fn lists() -> [(&'static str, &'static [&'static str]); 2] {
    [("inbox", keys_of::<RawInbox>()), ("target", keys_of::<RawTarget>())]
}

/// A value that is TOML and of the right type, and yet cannot be used.
#[derive(Debug)]
pub(super) struct Wrong {
    key: &'static str,
    problem: String,
}

impl Wrong {
    pub fn at(key: &'static str, problem: impl Into<String>) -> Wrong {
        Wrong {
            key,
            problem: problem.into(),
        }
    }
}

impl Config {
    /// Reads the config: `explicit` (`--config`), else `M4C_STORIES_CONFIG`, else `config.toml`, each against `dir`
    /// (`-C`, or `.`). `env` gives an environment variable's value.
    pub fn load(
        explicit: Option<&Path>,
        dir: &Path,
        env: impl Fn(&str) -> Option<String>,
    ) -> Result<Config, ConfigError> {
        let named = explicit.map(Path::to_path_buf);
        let named = named.or_else(|| {
            env("M4C_STORIES_CONFIG")
                .filter(|path| !path.is_empty())
                .map(PathBuf::from)
        });
        let file = dir.join(named.unwrap_or_else(|| "config.toml".into()));
        let text = match fs::read(&file) {
            Ok(bytes) => String::from_utf8(bytes).map_err(|_| ConfigError::Syntax {
                place: Place {
                    file: file.clone(),
                    at: None,
                },
                problem: "it is not UTF-8 text".to_owned(),
            })?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(ConfigError::Missing { file }),
            Err(source) => return Err(ConfigError::Unreadable { file, source }),
        };
        let config = read(&text, &file, &env)?;
        if has_password(&text) {
            guard(&file, &config.repository.path)?;
        }
        Ok(config)
    }
}

/// Everything but the file system.
pub(super) fn read(text: &str, file: &Path, env: &dyn Fn(&str) -> Option<String>) -> Result<Config, ConfigError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let source = Text { text, file };
    let parsed: File = toml::from_str(text).map_err(|error| source.explain(&error))?;
    let (file_now, overridden) = override_from(text, parsed, env)?;
    let wrong = |section: &str, index: Option<usize>, wrong: Wrong| {
        let key = match index {
            Some(_) => format!("[[{section}]] {}", wrong.key),
            None => format!("[{section}] {}", wrong.key),
        };
        match overridden.get(&(section.to_owned(), index, wrong.key.to_owned())) {
            Some(variable) => ConfigError::Variable {
                variable: variable.clone(),
                problem: wrong.problem,
            },
            None => ConfigError::Value {
                place: source.place_of(section, index, wrong.key),
                key,
                problem: wrong.problem,
            },
        }
    };
    let File {
        team,
        inbox,
        mut repository,
        story,
        review,
        check,
        spool,
        outbox,
        mut letters,
        retention,
        target,
    } = file_now;

    for (index, member) in team.members.iter().enumerate() {
        if let Some(bad) = member
            .addresses()
            .find(|own| Address::parse(own).is_none_or(|address| address.email != *own))
        {
            let problem = format!("{bad:?} is no address");
            return Err(wrong("team", None, Wrong::at("members", problem)));
        }
        // a person would be taken for another one
        let others = || team.members[..index].iter().flat_map(super::Member::addresses);
        if let Some(twice) = member
            .addresses()
            .find(|own| others().any(|other| other.eq_ignore_ascii_case(own)))
        {
            let problem = format!("{twice:?} is an address of two members");
            return Err(wrong("team", None, Wrong::at("members", problem)));
        }
    }
    check_title(&story.title).map_err(|problem| wrong("story", None, Wrong::at("title", problem)))?;
    if let Err(error) =
        minijinja::Environment::new().render_str(&story.correction, minijinja::context! { date => "1 May" })
    {
        let problem = format!("the template does not work: {error}");
        return Err(wrong("story", None, Wrong::at("correction", problem)));
    }
    if repository.branch.is_empty() || repository.branch.starts_with('-') {
        return Err(wrong(
            "repository",
            None,
            Wrong::at("branch", "this is no name of a branch"),
        ));
    }
    for (key, value) in [
        ("max_image_side", story.max_image_side.into()),
        ("max_photo_pixels", story.max_photo_pixels),
        ("max_mail_bytes", story.max_mail_bytes),
    ] {
        if value == 0 {
            return Err(wrong(
                "story",
                None,
                Wrong::at(key, "with 0 nothing would be let through"),
            ));
        }
    }
    if review.approvals == 0 {
        let problem = "at least one approval is needed: nothing is published unseen";
        return Err(wrong("review", None, Wrong::at("approvals", problem)));
    }

    if let Some(problem) = review
        .by_mail
        .then(|| no_decisions(&review, &team, &inbox, &letters))
        .flatten()
    {
        return Err(wrong("review", None, Wrong::at("by_mail", problem)));
    }

    check_rules(&check).map_err(|bad| wrong("check", None, bad))?;

    let root = file.parent().unwrap_or(Path::new(""));
    let place = |path: &mut PathBuf| *path = root.join(&*path);
    let inbox_names: Vec<&str> = inbox.iter().map(|inbox| inbox.name.as_str()).collect();
    one_of_each(&inbox_names).map_err(|(index, bad)| wrong("inbox", Some(index), bad))?;
    let mut inboxes = Vec::new();
    for (index, raw) in inbox.into_iter().enumerate() {
        let mut checked = raw.checked().map_err(|bad| wrong("inbox", Some(index), bad))?;
        match &mut checked.source {
            Source::Maildir(path) | Source::Mbox(path) | Source::Files(path) => place(path),
            Source::Imap(imap) => imap.server.ca_file.iter_mut().for_each(place),
        }
        inboxes.push(checked);
    }
    let target_names: Vec<&str> = target.iter().map(|target| target.name.as_str()).collect();
    one_of_each(&target_names).map_err(|(index, bad)| wrong("target", Some(index), bad))?;
    let mut targets = Vec::new();
    for (index, raw) in target.into_iter().enumerate() {
        targets.push(raw.checked(&place).map_err(|bad| wrong("target", Some(index), bad))?);
    }
    let usual = Address {
        name: team.name.clone(),
        email: team.robot.email.clone(),
    };
    let mut outbox = outbox.checked(usual).map_err(|bad| wrong("outbox", None, bad))?;
    match &mut outbox.way {
        Way::Folder(path) => place(path),
        Way::Smtp(server) => server.ca_file.iter_mut().for_each(place),
    }
    place(&mut repository.path);
    place(&mut letters.templates);
    let mut spool_path = spool.path;
    spool_path.iter_mut().for_each(place);
    let absolute = |variable: &str| env(variable).map(PathBuf::from).filter(|path| path.is_absolute());
    let state_home = absolute("XDG_STATE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".local/state")));
    let review = Review {
        approvals: review.approvals,
        own_text: review.own_text.unwrap_or(team.members.len() <= 1),
        minor_edits_keep_approvals: review.minor_edits_keep_approvals,
        consent: review.consent,
        signed: review.signed,
        signed_since: review.signed_since,
        by_mail: review.by_mail,
        by_mail_for: review.by_mail_for,
    };
    Ok(Config {
        file: file.to_path_buf(),
        team,
        inboxes,
        repository,
        story,
        review,
        check,
        spool: SpoolSettings {
            path: spool_path,
            state_home,
        },
        outbox,
        letters,
        retention,
        targets,
    })
}

/// Names are used in variables and receipts: they must be there, and stay apart when written as a variable.
fn one_of_each(names: &[&str]) -> Result<(), (usize, Wrong)> {
    for (index, name) in names.iter().enumerate() {
        let word = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if name.is_empty() || !name.chars().all(word) {
            let problem = format!("{name:?} is not made of letters, digits, `-`, `_` and `.`");
            return Err((index, Wrong::at("name", problem)));
        }
        if names[..index]
            .iter()
            .any(|other| as_variable(other) == as_variable(name))
        {
            return Err((index, Wrong::at("name", format!("there are two called {name:?}"))));
        }
    }
    Ok(())
}

/// Why nothing could be decided by mail.
fn no_decisions(review: &RawReview, team: &Team, inboxes: &[RawInbox], letters: &Letters) -> Option<&'static str> {
    if review.signed {
        return Some("it does not go with `signed = true`: nobody's key can sign what they decide by mail");
    }
    if !team.members.iter().any(|m| m.roles.contains(&super::Role::Reviewer)) {
        return Some("nobody could decide by mail: name the reviewers in `members` under [team]");
    }
    if !inboxes.iter().any(RawInbox::trusts_a_server) {
        return Some(
            "nothing would prove who a mail is from: give the [[inbox]] that answers come to its `trusted_authserv`",
        );
    }
    (!letters.team.contains(&LetterKind::NewStory))
        .then_some("no reviewer would be written to: put \"new-story\" into `team` under [letters]")
}

fn check_rules(check: &Check) -> Result<(), Wrong> {
    let known = || RULES.iter().map(|r| r.name);
    if let Some(odd) = check.off.iter().find(|name| !known().any(|k| k == **name)) {
        let meant = nearest(odd, known()).map_or_else(
            || format!("the rules are {}", known().collect::<Vec<_>>().join(", ")),
            |n| format!("did you mean {n:?}?"),
        );
        return Err(Wrong::at("off", format!("there is no rule {odd:?}: {meant}")));
    }
    if Country::of(&check.country).is_none() {
        let known: Vec<String> = COUNTRIES.iter().map(|c| format!("{:?} ({})", c.code, c.name)).collect();
        let problem = format!("{:?} is not known; write one of {}", check.country, known.join(", "));
        return Err(Wrong::at("country", problem));
    }
    if let Some(odd) = check
        .domains
        .iter()
        .find(|d| d.is_empty() || d.contains(['/', '@', ' ', ':']))
    {
        return Err(Wrong::at(
            "domains",
            format!("{odd:?} is no domain: write one like \"example.org\""),
        ));
    }
    Ok(())
}

fn check_title(title: &str) -> Result<(), String> {
    let mut env = minijinja::Environment::new();
    env.set_undefined_behavior(minijinja::UndefinedBehavior::Strict);
    let render = |author: &str| env.render_str(title, minijinja::context! { author });
    let (one, other) = (render("Ann"), render("Ben"));
    match (one, other) {
        (Err(error), _) | (_, Err(error)) => Err(format!("the template does not work: {error}")),
        (Ok(one), Ok(_)) if one.trim().is_empty() => Err("the title would be empty".to_owned()),
        (Ok(one), Ok(_)) if one.chars().any(char::is_control) => Err("a title is one line".to_owned()),
        _ => Ok(()),
    }
}
