//! From a file and the environment to a checked [`Config`].

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::door::{RawInbox, RawOutbox, Source, Way};
use super::keys::{keys_of, nearest};
use super::{Address, Config, ConfigError, Consent, Letters, Place, Repository, Review, SpoolSettings, StorySettings};
use super::{Target, Team};

/// The file, as it is written.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct File {
    team: Team,
    inbox: Vec<RawInbox>,
    repository: Repository,
    story: StorySettings,
    review: RawReview,
    spool: RawSpool,
    outbox: RawOutbox,
    letters: Letters,
    target: Vec<Target>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawReview {
    approvals: u32,
    own_text: Option<bool>,
    consent: Consent,
    signed: bool,
}

impl Default for RawReview {
    fn default() -> RawReview {
        RawReview {
            approvals: 1,
            own_text: None,
            consent: Consent::Required,
            signed: false,
        }
    }
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawSpool {
    path: Option<PathBuf>,
}

/// The sections that exist once, and their keys.
pub(super) fn sections() -> [(&'static str, &'static [&'static str]); 7] {
    [
        ("team", keys_of::<Team>()),
        ("repository", keys_of::<Repository>()),
        ("story", keys_of::<StorySettings>()),
        ("review", keys_of::<RawReview>()),
        ("spool", keys_of::<RawSpool>()),
        ("outbox", keys_of::<RawOutbox>()),
        ("letters", keys_of::<Letters>()),
    ]
}

/// The sections that may be repeated, and their keys.
pub(super) fn lists() -> [(&'static str, &'static [&'static str]); 2] {
    [("inbox", keys_of::<RawInbox>()), ("target", keys_of::<Target>())]
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
        spool,
        outbox,
        mut letters,
        mut target,
    } = file_now;

    for member in &team.members {
        if Address::parse(&member.email).is_none_or(|address| address.email != member.email) {
            let problem = format!("{:?} is no address", member.email);
            return Err(wrong("team", None, Wrong::at("members", problem)));
        }
    }
    check_title(&story.title).map_err(|problem| wrong("story", None, Wrong::at("title", problem)))?;
    if repository.branch.is_empty() || repository.branch.starts_with('-') {
        return Err(wrong(
            "repository",
            None,
            Wrong::at("branch", "this is no name of a branch"),
        ));
    }
    if review.approvals == 0 {
        let problem = "at least one approval is needed: nothing is published unseen";
        return Err(wrong("review", None, Wrong::at("approvals", problem)));
    }

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
    for (index, target) in target.iter_mut().enumerate() {
        place(&mut target.path);
        let odd = |url: &str| {
            !(url.starts_with("https://") || url.starts_with("http://")) || url.contains(char::is_whitespace)
        };
        if target.url.as_deref().is_some_and(odd) {
            let problem = "an address of a site starts with https:// or http://";
            return Err(wrong("target", Some(index), Wrong::at("url", problem)));
        }
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
        consent: review.consent,
        signed: review.signed,
    };
    Ok(Config {
        file: file.to_path_buf(),
        team,
        inboxes,
        repository,
        story,
        review,
        spool: SpoolSettings {
            path: spool_path,
            state_home,
        },
        outbox,
        letters,
        targets: target,
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

/// `M4C_STORIES_` and this is how a section, a name or a key is written as a variable.
fn as_variable(word: &str) -> String {
    let upper = |c: char| {
        if c.is_ascii_alphanumeric() {
            c.to_ascii_uppercase()
        } else {
            '_'
        }
    };
    word.chars().map(upper).collect()
}

type Overridden = BTreeMap<(String, Option<usize>, String), String>;

/// Puts in what the environment says, one variable at a time, so that the wrong one can be named.
fn override_from(
    text: &str,
    parsed: File,
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<(File, Overridden), ConfigError> {
    let mut places = Vec::new();
    for (section, keys) in sections() {
        places.extend(keys.iter().map(|key| (format!("{section}_{key}"), section, None, *key)));
    }
    let [(_, inbox_keys), (_, target_keys)] = lists();
    for (index, inbox) in parsed.inbox.iter().enumerate() {
        let named = |key: &&'static str| (format!("inbox_{}_{key}", inbox.name), "inbox", Some(index), *key);
        places.extend(inbox_keys.iter().map(named));
    }
    for (index, target) in parsed.target.iter().enumerate() {
        let named = |key: &&'static str| (format!("target_{}_{key}", target.name), "target", Some(index), *key);
        places.extend(target_keys.iter().map(named));
    }
    let mut overridden = Overridden::new();
    let mut table: Option<toml::Table> = None;
    let mut file = parsed;
    for (name, section, index, key) in places {
        let variable = format!("M4C_STORIES_{}", as_variable(&name));
        let Some(value) = env(&variable) else { continue };
        let so_far = match table.take() {
            Some(table) => table,
            None => toml::from_str(text).unwrap_or_default(),
        };
        let plain = toml::Value::String(value.clone());
        let typed = match key {
            "password" => None,
            _ => format!("v = {value}")
                .parse::<toml::Table>()
                .ok()
                .and_then(|mut t| match t.len() {
                    1 => t.remove("v"),
                    _ => None,
                }),
        };
        let mut first_error = None;
        for candidate in typed.into_iter().chain([plain]) {
            let mut next = so_far.clone();
            set(&mut next, section, index, key, candidate);
            match next.clone().try_into::<File>() {
                Ok(read) => {
                    (file, table) = (read, Some(next));
                    break;
                }
                Err(error) => {
                    first_error.get_or_insert(error);
                }
            }
        }
        match (&table, first_error) {
            (None, Some(error)) => {
                let problem = if key == "password" {
                    "it is no text"
                } else {
                    error.message()
                };
                return Err(ConfigError::Variable {
                    variable,
                    problem: problem.trim().to_owned(),
                });
            }
            _ => overridden.insert((section.to_owned(), index, key.to_owned()), variable),
        };
    }
    Ok((file, overridden))
}

fn set(table: &mut toml::Table, section: &str, index: Option<usize>, key: &str, value: toml::Value) {
    let empty = || toml::Value::Table(toml::Table::new());
    let place = match index {
        None => Some(table.entry(section).or_insert_with(empty)),
        Some(index) => table.get_mut(section).and_then(|list| list.get_mut(index)),
    };
    if let Some(toml::Value::Table(section)) = place {
        section.insert(key.to_owned(), value);
    }
}

/// The text of the file, for saying where something is.
struct Text<'a> {
    text: &'a str,
    file: &'a Path,
}

impl Text<'_> {
    fn place(&self, offset: Option<usize>) -> Place {
        let at = offset.map(|offset| {
            let before = self.text.get(..offset).unwrap_or(self.text);
            let line_start = before.rfind('\n').map_or(0, |i| i + 1);
            let line = before.bytes().filter(|&b| b == b'\n').count() + 1;
            (line, before[line_start..].chars().count() + 1)
        });
        Place {
            file: self.file.to_path_buf(),
            at,
        }
    }

    /// Where a key stands, or its section where it does not.
    fn place_of(&self, section: &str, index: Option<usize>, key: &str) -> Place {
        let Ok(root) = DeTable::parse(self.text) else {
            return self.place(None);
        };
        fn find<'t, 'i>(table: &'t DeTable<'i>, key: &str) -> Option<(Range<usize>, &'t Spanned<DeValue<'i>>)> {
            let mut entries = table.iter();
            entries.find(|(k, _)| k.get_ref() == key).map(|(k, v)| (k.span(), v))
        }
        let Some((span, value)) = find(root.get_ref(), section) else {
            return self.place(None);
        };
        let (span, value) = match (index, value.get_ref()) {
            (Some(index), DeValue::Array(list)) => match list.get(index) {
                Some(one) => (one.span(), one),
                None => (span, value),
            },
            _ => (span, value),
        };
        match value.get_ref() {
            DeValue::Table(table) => self.place(Some(find(table, key).map_or(span, |(s, _)| s).start)),
            _ => self.place(Some(span.start)),
        }
    }

    /// The toml crate's error in our words. Its Display is not used: it shows the line, which may hold a password.
    fn explain(&self, error: &toml::de::Error) -> ConfigError {
        let place = self.place(error.span().map(|span| span.start));
        let message = error.message();
        let mut quoted = message.split('`').skip(1).step_by(2).map(str::to_owned);
        if message.starts_with("unknown field") {
            let key = quoted.next().unwrap_or_default();
            let known: Vec<String> = quoted.collect();
            return ConfigError::UnknownKey {
                nearest: self.meant(&key, &known),
                place,
                key,
                known,
            };
        }
        if message.starts_with("unknown variant") {
            let word = quoted.next().unwrap_or_default();
            let known: Vec<String> = quoted.collect();
            let meant = nearest(&word, known.iter().map(String::as_str));
            let meant = meant
                .map(|word| format!("; did you mean \"{word}\"?"))
                .unwrap_or_default();
            return ConfigError::Value {
                place,
                key: word,
                problem: format!("one of these is asked for: {}{meant}", known.join(", ")),
            };
        }
        let span = error.span().and_then(|span| self.text.get(span));
        let list = span.is_some_and(|s| s.starts_with("[inbox]") || s.starts_with("[target]"));
        if message.starts_with("invalid type: map, expected a sequence") || list {
            let problem = "a section that may be repeated has double brackets: [[inbox]], [[target]]".to_owned();
            return ConfigError::Syntax { place, problem };
        }
        match toml::from_str::<toml::Table>(self.text) {
            Err(_) => ConfigError::Syntax {
                place,
                problem: one_line(message),
            },
            Ok(_) => ConfigError::Value {
                key: self.key_at(&place),
                place,
                problem: one_line(message),
            },
        }
    }

    /// The nearest known key; the section it belongs to, where that is another one.
    fn meant(&self, key: &str, known: &[String]) -> Option<String> {
        let elsewhere = sections().into_iter().chain(lists());
        let mut homes = elsewhere.filter(|(_, keys)| keys.contains(&key));
        match homes.next() {
            Some((section, _)) => Some(format!("[{section}] {key}")),
            None => nearest(key, known.iter().map(String::as_str)).map(str::to_owned),
        }
    }

    /// The key on the line of a value, for the message.
    fn key_at(&self, place: &Place) -> String {
        let line = place
            .at
            .and_then(|(line, _)| self.text.lines().nth(line - 1))
            .unwrap_or_default();
        let key = line.split('=').next().unwrap_or_default().trim();
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_.[]".contains(c);
        match key {
            key if !key.is_empty() && key.len() < 40 && key.chars().all(plain) => key.to_owned(),
            _ => "value".to_owned(),
        }
    }
}

fn one_line(message: &str) -> String {
    message.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether a password stands in the file itself, in whatever section.
fn has_password(text: &str) -> bool {
    let Ok(table) = text.trim_start_matches('\u{feff}').parse::<toml::Table>() else {
        return false;
    };
    let with = |value: &toml::Value| value.as_table().is_some_and(|section| section.contains_key("password"));
    table
        .values()
        .any(|value| with(value) || value.as_array().is_some_and(|list| list.iter().any(with)))
}

/// A file with a password in it is for its owner alone, and nowhere near what is shared.
fn guard(file: &Path, repository: &Path) -> Result<(), ConfigError> {
    let unreadable = |source| ConfigError::Unreadable {
        file: file.to_path_buf(),
        source,
    };
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(file).map_err(unreadable)?.permissions().mode();
        if mode & 0o077 != 0 {
            return Err(ConfigError::ExposedSecret {
                file: file.to_path_buf(),
                mode,
            });
        }
    }
    let whole = fs::canonicalize(file).map_err(unreadable)?;
    match fs::canonicalize(repository) {
        Ok(folder) if whole.starts_with(&folder) => Err(ConfigError::SecretInRepository {
            file: file.to_path_buf(),
            repository: repository.to_path_buf(),
        }),
        _ => Ok(()),
    }
}
