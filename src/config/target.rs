//! `[[target]]`: flat in the file, by kind in the program. A key of another kind is an error.

use std::path::PathBuf;

use serde::Deserialize;

use super::load::Wrong;
use super::overrides::as_variable;
use super::secret::{Secret, SecretSource, command};
use super::web;

/// One `[[target]]`.
#[derive(Debug, Clone)]
pub struct Target {
    pub name: String,
    pub kind: TargetKind,
    /// Where readers find it: the story's slug is put after it. Used in letters.
    pub url: Option<String>,
}

/// How a story gets there.
#[derive(Debug, Clone)]
pub enum TargetKind {
    /// Page bundles in a folder of this machine.
    Folder { path: PathBuf, pages: Pages },
    /// Page bundles in a public repository of their own, or on a branch of their own.
    Git {
        /// An address or a path, as `git push` takes it.
        remote: String,
        branch: String,
        /// The folder inside the repository.
        path: String,
        pages: Pages,
        /// So many bytes of the branch are taken over, and no more.
        most: u64,
    },
    /// A blog at Blogger, by its API.
    Blogger {
        blog: String,
        client_id: String,
        client_secret: SecretSource,
        /// The refresh token.
        token: SecretSource,
        endpoint: String,
        token_endpoint: String,
    },
    /// A blog that takes posts by mail, through the `[outbox]`.
    Email {
        /// The secret address.
        address: SecretSource,
    },
    /// A command that gets the story as JSON.
    Hook {
        command: Vec<String>,
        /// Whether it may be given a story again that it may have taken already.
        repeat: bool,
    },
}

/// What is made of a story for a site.
#[derive(Debug, Clone, Default)]
pub struct Pages {
    pub engine: Engine,
    /// The Atom feed's file.
    pub feed: Option<PathBuf>,
}

/// Who reads the page bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Engine {
    #[default]
    Hugo,
    Zola,
    Jekyll,
    Eleventy,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    Folder,
    Git,
    Email,
    Blogger,
    Hook,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawTarget {
    pub name: String,
    kind: Kind,
    path: Option<PathBuf>,
    engine: Option<Engine>,
    url: Option<String>,
    feed: Option<PathBuf>,
    remote: Option<String>,
    branch: Option<String>,
    max_received_bytes: Option<u64>,
    address: Option<Secret>,
    #[serde(default, deserialize_with = "command")]
    address_command: Option<Vec<String>>,
    blog: Option<String>,
    client_id: Option<String>,
    client_secret: Option<Secret>,
    #[serde(default, deserialize_with = "command")]
    client_secret_command: Option<Vec<String>>,
    token: Option<Secret>,
    #[serde(default, deserialize_with = "command")]
    token_command: Option<Vec<String>>,
    endpoint: Option<String>,
    token_endpoint: Option<String>,
    #[serde(default, deserialize_with = "command")]
    command: Option<Vec<String>>,
    repeat: Option<bool>,
}

/// What is taken over from a git server where nothing is said, in bytes.
pub(super) const MOST_RECEIVED: u64 = 4 << 30;

impl RawTarget {
    /// `place` makes a path of the file one of this machine.
    pub fn checked(self, place: &dyn Fn(&mut PathBuf)) -> Result<Target, Wrong> {
        self.keys_of_its_kind()?;
        let name = self.name.clone();
        let missing = |key: &'static str| SecretSource::Missing {
            key,
            variable: format!("M4C_STORIES_TARGET_{}_{}", as_variable(&name), as_variable(key)),
        };
        let url = self.url.clone();
        let odd = |url: &str| {
            !(url.starts_with("https://") || url.starts_with("http://")) || url.contains(char::is_whitespace)
        };
        if url.as_deref().is_some_and(odd) {
            return Err(Wrong::at("url", "an address of a site starts with https:// or http://"));
        }
        if let Some(url) = &url {
            web::reachable("url", url)?;
            if web::user(url).is_some() {
                let problem = "a name or a password stands in it, before the @, and every author would get it in a letter: write it without, like https://blog.example.org/stories/";
                return Err(Wrong::at("url", problem));
            }
            if web::query_tells_a_secret(url) {
                let problem = "a password, a token or a key stands in it, behind the ?, and every author would get it in a letter: write it without, like https://blog.example.org/stories/";
                return Err(Wrong::at("url", problem));
            }
        }
        if self.feed.is_some() && url.is_none() {
            return Err(Wrong::at(
                "url",
                "a feed needs to know where its readers find the stories",
            ));
        }
        let pages = Pages {
            engine: self.engine.unwrap_or_default(),
            feed: self.feed,
        };
        let kind = match self.kind {
            Kind::Folder => {
                let mut path = self.path.ok_or_else(|| Wrong::at("path", "the path is missing"))?;
                place(&mut path);
                let mut pages = pages;
                pages.feed.iter_mut().for_each(place);
                TargetKind::Folder { path, pages }
            }
            Kind::Git => {
                let remote = self.remote.filter(|remote| !remote.is_empty());
                let remote = remote.ok_or_else(|| Wrong::at("remote", "where to push to is missing"))?;
                if remote.starts_with('-') || remote.contains(char::is_control) || remote.contains("::") {
                    return Err(Wrong::at("remote", "this is no address of a repository"));
                }
                if web::tells_a_secret(&remote) {
                    let problem = "there is a password in it, or a name that may be one, before the @: write it without, git keeps names and passwords (`git help credentials`); or use ssh";
                    return Err(Wrong::at("remote", problem));
                }
                if remote.contains("://") && !remote.starts_with("file://") {
                    web::reachable("remote", &remote)?;
                }
                let branch = self.branch.unwrap_or_else(|| "main".to_owned());
                if !is_branch(&branch) {
                    return Err(Wrong::at("branch", "this is no name of a branch"));
                }
                TargetKind::Git {
                    remote: placed(remote, place),
                    branch,
                    path: inside("path", self.path)?.unwrap_or_default(),
                    pages: Pages {
                        feed: inside("feed", pages.feed)?.map(PathBuf::from),
                        ..pages
                    },
                    most: match self.max_received_bytes {
                        Some(0) => {
                            return Err(Wrong::at("max_received_bytes", "with 0 nothing would be let through"));
                        }
                        given => given.unwrap_or(MOST_RECEIVED),
                    },
                }
            }
            Kind::Blogger => {
                let given = |key: &'static str, value: Option<String>| {
                    let value = value.filter(|value| !value.trim().is_empty());
                    value.ok_or_else(|| Wrong::at(key, format!("`{key}` is missing")))
                };
                let from =
                    |key: &'static str, value: Option<Secret>, command: Option<Vec<String>>| match (value, command) {
                        (Some(_), Some(_)) => Err(Wrong::at(key, "it is given twice: which one counts?")),
                        (Some(secret), None) => Ok(SecretSource::Given(secret)),
                        (None, Some(argv)) => Ok(SecretSource::Command(argv)),
                        (None, None) => Ok(missing(key.trim_end_matches("_command"))),
                    };
                TargetKind::Blogger {
                    blog: given("blog", self.blog)?,
                    client_id: given("client_id", self.client_id)?,
                    client_secret: from("client_secret_command", self.client_secret, self.client_secret_command)?,
                    token: from("token_command", self.token, self.token_command)?,
                    endpoint: secure("endpoint", self.endpoint, "https://www.googleapis.com/blogger/v3")?,
                    token_endpoint: secure(
                        "token_endpoint",
                        self.token_endpoint,
                        "https://oauth2.googleapis.com/token",
                    )?,
                }
            }
            Kind::Email => TargetKind::Email {
                address: match (self.address, self.address_command) {
                    (Some(_), Some(_)) => {
                        return Err(Wrong::at(
                            "address_command",
                            "there is an address as well: which one counts?",
                        ));
                    }
                    (Some(address), None) => SecretSource::Given(address),
                    (None, Some(argv)) => SecretSource::Command(argv),
                    (None, None) => missing("address"),
                },
            },
            Kind::Hook => TargetKind::Hook {
                command: self
                    .command
                    .ok_or_else(|| Wrong::at("command", "the command is missing"))?,
                repeat: self.repeat.unwrap_or(false),
            },
        };
        Ok(Target {
            name: self.name,
            kind,
            url,
        })
    }

    fn keys_of_its_kind(&self) -> Result<(), Wrong> {
        use Kind::{Blogger, Email, Folder, Git, Hook};
        let keys: [(&'static str, bool, &[Kind]); 18] = [
            ("path", self.path.is_some(), &[Folder, Git]),
            ("engine", self.engine.is_some(), &[Folder, Git]),
            ("feed", self.feed.is_some(), &[Folder, Git]),
            ("remote", self.remote.is_some(), &[Git]),
            ("branch", self.branch.is_some(), &[Git]),
            ("max_received_bytes", self.max_received_bytes.is_some(), &[Git]),
            ("address", self.address.is_some(), &[Email]),
            ("address_command", self.address_command.is_some(), &[Email]),
            ("blog", self.blog.is_some(), &[Blogger]),
            ("client_id", self.client_id.is_some(), &[Blogger]),
            ("client_secret", self.client_secret.is_some(), &[Blogger]),
            (
                "client_secret_command",
                self.client_secret_command.is_some(),
                &[Blogger],
            ),
            ("token", self.token.is_some(), &[Blogger]),
            ("token_command", self.token_command.is_some(), &[Blogger]),
            ("endpoint", self.endpoint.is_some(), &[Blogger]),
            ("token_endpoint", self.token_endpoint.is_some(), &[Blogger]),
            ("command", self.command.is_some(), &[Hook]),
            ("repeat", self.repeat.is_some(), &[Hook]),
        ];
        for (key, set, kinds) in keys {
            if set && !kinds.contains(&self.kind) {
                let kinds: Vec<&str> = kinds.iter().map(|kind| kind.name()).collect();
                return Err(Wrong::at(
                    key,
                    format!("this key is for kind = \"{}\"", kinds.join("\" or \"")),
                ));
            }
        }
        Ok(())
    }
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Kind::Folder => "folder",
            Kind::Git => "git",
            Kind::Email => "email",
            Kind::Blogger => "blogger",
            Kind::Hook => "hook",
        }
    }
}

/// An address that secrets are sent to: by TLS, or on this machine.
fn secure(key: &'static str, given: Option<String>, usual: &str) -> Result<String, Wrong> {
    let url = given.unwrap_or_else(|| usual.to_owned());
    if web::user(&url).is_some() {
        let problem = "a name or a password stands in it, before the @: write it without; what the server is to know has keys of its own";
        return Err(Wrong::at(key, problem));
    }
    let host = url
        .strip_prefix("http://")
        .map(|rest| rest.split('/').next().unwrap_or_default());
    let host = host.map(|host| host.rsplit_once(':').map_or(host, |(host, _)| host));
    let odd = url.contains(|c: char| c.is_whitespace() || c.is_control());
    match host {
        None if url.starts_with("https://") && !odd => web::reachable(key, &url).map(|()| url),
        Some(host) if super::door::is_loopback(host) && !odd => web::reachable(key, &url).map(|()| url),
        _ => Err(Wrong::at(
            key,
            "an https:// address is asked for; without TLS only this machine (localhost) may be reached",
        )),
    }
}

/// A path of this machine is read against the config file, as others are; an address stays (`git help urls`).
fn placed(remote: String, place: &dyn Fn(&mut PathBuf)) -> String {
    let colon = remote.find(':').is_some_and(|colon| !remote[..colon].contains('/'));
    if colon {
        return remote;
    }
    let mut path = PathBuf::from(&remote);
    place(&mut path);
    path.into_os_string().into_string().unwrap_or(remote)
}

fn is_branch(name: &str) -> bool {
    let odd = |c: char| c.is_control() || c.is_whitespace() || "~^:?*[\\".contains(c);
    let part = |part: &str| !part.is_empty() && !part.starts_with('.') && !part.ends_with(".lock");
    let strange = name.is_empty() || name.starts_with('-') || name.ends_with('.') || name.contains(odd);
    let special = ["..", "@{"].iter().any(|mark| name.contains(mark));
    !strange && !special && name.split('/').all(part)
}

/// A path inside the repository, with plain slashes.
fn inside(key: &'static str, path: Option<PathBuf>) -> Result<Option<String>, Wrong> {
    let Some(path) = path else { return Ok(None) };
    let mut parts = Vec::new();
    for part in path.components() {
        match part {
            std::path::Component::CurDir => {}
            std::path::Component::Normal(name) if !name.eq_ignore_ascii_case(".git") => {
                let name = name.to_str().filter(|name| !name.contains(char::is_control));
                parts.push(name.ok_or_else(|| Wrong::at(key, "this is no name of a folder"))?);
            }
            _ => {
                return Err(Wrong::at(
                    key,
                    "it is a folder inside the repository, like \"content/stories\"",
                ));
            }
        }
    }
    Ok(Some(parts.join("/")))
}
