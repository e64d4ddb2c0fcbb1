//! `[[inbox]]` and `[outbox]`: flat in the file, by kind in the program. A key of another kind is an error.

use std::path::PathBuf;
use std::time::Duration;

use jiff::SignedDuration;
use serde::{Deserialize, Deserializer};

use super::load::Wrong;
use super::secret::{Secret, SecretSource, command};
use super::value::{Address, optional_duration};
use super::web;

/// One `[[inbox]]`.
#[derive(Debug, Clone)]
pub struct Inbox {
    pub name: String,
    pub source: Source,
    /// What is done to a mail in the inbox once it is accounted for.
    pub after: Settling,
    /// The authserv-id whose Authentication-Results count (RFC 8601).
    pub trusted_authserv: Option<String>,
}

#[derive(Debug, Clone)]
pub enum Source {
    Imap(Imap),
    Maildir(PathBuf),
    Mbox(PathBuf),
    /// A folder of .eml files, or one such file.
    Files(PathBuf),
}

#[derive(Debug, Clone)]
pub struct Imap {
    pub server: Server,
    pub mailbox: String,
    /// The longest a session may take as a whole.
    pub deadline: Duration,
}

/// How a mail server is reached.
#[derive(Debug, Clone)]
pub struct Server {
    pub host: String,
    pub port: u16,
    pub tls: Tls,
    /// Certificates trusted besides the system's.
    pub ca_file: Option<PathBuf>,
    pub login: Option<Login>,
}

#[derive(Debug, Clone)]
pub struct Login {
    pub user: String,
    pub auth: Auth,
    pub secret: SecretSource,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tls {
    #[default]
    Implicit,
    Starttls,
    /// On loopback only.
    None,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Auth {
    #[default]
    Password,
    /// The secret is an access token.
    Xoauth2,
}

/// `[outbox]`.
#[derive(Debug, Clone)]
pub struct Outbox {
    /// Who letters are from.
    pub from: Address,
    pub way: Way,
}

#[derive(Debug, Clone)]
pub enum Way {
    /// One .eml file a letter.
    Folder(PathBuf),
    Smtp(Server),
}

/// What is done to a mail in its inbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// Marked as read.
    Flag,
    Move(String),
    /// A Gmail label.
    Label(String),
    Leave,
}

/// A fate for each outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settling {
    pub new: Fate,
    pub follow_up: Fate,
    pub duplicate: Fate,
    pub set_aside: Fate,
    pub quarantined: Fate,
}

impl<'de> Deserialize<'de> for Fate {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Fate, D::Error> {
        let text = String::deserialize(d)?;
        let named = |name: &str| match name {
            "" => Err(serde::de::Error::custom(format!("{text:?} names no folder"))),
            name if name.chars().any(char::is_control) => Err(serde::de::Error::custom(format!(
                "{text:?} has a control character in it"
            ))),
            name => Ok(name.to_owned()),
        };
        match text.split_once(':') {
            None if text == "flag" => Ok(Fate::Flag),
            None if text == "leave" => Ok(Fate::Leave),
            Some(("move", name)) => named(name).map(Fate::Move),
            Some(("label", name)) => named(name).map(Fate::Label),
            _ => Err(serde::de::Error::custom(format!(
                "{text:?} is none of \"flag\", \"move:FOLDER\", \"label:NAME\", \"leave\""
            ))),
        }
    }
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct RawSettling {
    new: Option<Fate>,
    follow_up: Option<Fate>,
    duplicate: Option<Fate>,
    set_aside: Option<Fate>,
    quarantined: Option<Fate>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum InboxKind {
    Imap,
    Maildir,
    Mbox,
    Files,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawInbox {
    pub name: String,
    kind: InboxKind,
    path: Option<PathBuf>,
    host: Option<String>,
    port: Option<u16>,
    tls: Option<Tls>,
    ca_file: Option<PathBuf>,
    user: Option<String>,
    auth: Option<Auth>,
    password: Option<Secret>,
    #[serde(default, deserialize_with = "command")]
    password_command: Option<Vec<String>>,
    mailbox: Option<String>,
    #[serde(default, deserialize_with = "optional_duration")]
    deadline: Option<SignedDuration>,
    after: Option<RawSettling>,
    trusted_authserv: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum OutboxKind {
    #[default]
    Folder,
    Smtp,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawOutbox {
    kind: OutboxKind,
    path: Option<PathBuf>,
    host: Option<String>,
    port: Option<u16>,
    tls: Option<Tls>,
    ca_file: Option<PathBuf>,
    user: Option<String>,
    auth: Option<Auth>,
    password: Option<Secret>,
    #[serde(deserialize_with = "command")]
    password_command: Option<Vec<String>>,
    from: Option<Address>,
}

/// The keys by which a server is reached, as they stand in either section.
struct Reach {
    host: Option<String>,
    port: Option<u16>,
    tls: Option<Tls>,
    ca_file: Option<PathBuf>,
    user: Option<String>,
    auth: Option<Auth>,
    password: Option<Secret>,
    password_command: Option<Vec<String>>,
}

impl Reach {
    /// The first key of it that is set: wrong where nothing is reached over a network.
    fn first_set(&self) -> Option<&'static str> {
        let set = [
            ("host", self.host.is_some()),
            ("port", self.port.is_some()),
            ("tls", self.tls.is_some()),
            ("ca_file", self.ca_file.is_some()),
            ("user", self.user.is_some()),
            ("auth", self.auth.is_some()),
            ("password", self.password.is_some()),
            ("password_command", self.password_command.is_some()),
        ];
        set.into_iter().find(|(_, is_set)| *is_set).map(|(key, _)| key)
    }

    fn server(self, ports: [u16; 3], login_needed: bool) -> Result<Server, Wrong> {
        let Some(host) = self.host.filter(|host| !host.is_empty()) else {
            return Err(Wrong::at("host", "the name of the server is missing"));
        };
        web::bare_host(&host)?;
        if self.port == Some(0) {
            return Err(Wrong::at(
                "port",
                "0 is no port: a number from 1 to 65535, or leave it out",
            ));
        }
        let tls = self.tls.unwrap_or_default();
        if tls == Tls::None && !is_loopback(&host) {
            return Err(Wrong::at(
                "tls",
                "without TLS only this machine (localhost) may be reached",
            ));
        }
        let port = self.port.unwrap_or(match tls {
            Tls::Implicit => ports[0],
            Tls::Starttls => ports[1],
            Tls::None => ports[2],
        });
        let secret = match (self.password, self.password_command) {
            (Some(_), Some(_)) => {
                return Err(Wrong::at(
                    "password_command",
                    "there is a password as well: which one counts?",
                ));
            }
            (Some(password), None) => Some(SecretSource::Given(password)),
            (None, Some(argv)) => Some(SecretSource::Command(argv)),
            (None, None) => None,
        };
        let login = match (self.user, secret) {
            (Some(user), Some(secret)) => Some(Login {
                user,
                auth: self.auth.unwrap_or_default(),
                secret,
            }),
            (Some(_), None) => {
                return Err(Wrong::at(
                    "user",
                    "a password is missing: set password_command, or the environment variable that ends in _PASSWORD",
                ));
            }
            (None, Some(_)) => return Err(Wrong::at("password", "the user is missing")),
            (None, None) if login_needed => return Err(Wrong::at("user", "the user is missing")),
            (None, None) => None,
        };
        Ok(Server {
            host,
            port,
            tls,
            ca_file: self.ca_file,
            login,
        })
    }
}

pub(super) fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost") || bare.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

impl RawInbox {
    /// Whether a server is named that is believed about who mail is from.
    pub fn trusts_a_server(&self) -> bool {
        self.trusted_authserv.as_deref().is_some_and(|name| !name.is_empty())
    }

    pub fn checked(self) -> Result<Inbox, Wrong> {
        let reach = Reach {
            host: self.host,
            port: self.port,
            tls: self.tls,
            ca_file: self.ca_file,
            user: self.user,
            auth: self.auth,
            password: self.password,
            password_command: self.password_command,
        };
        let kind = self.kind;
        let fate = if matches!(kind, InboxKind::Imap | InboxKind::Maildir) {
            Fate::Flag
        } else {
            Fate::Leave
        };
        let given = self.after.unwrap_or_default();
        let or_usual = |fate_given: Option<Fate>| fate_given.unwrap_or(fate.clone());
        let after = Settling {
            new: or_usual(given.new),
            follow_up: or_usual(given.follow_up),
            duplicate: or_usual(given.duplicate),
            set_aside: or_usual(given.set_aside),
            quarantined: or_usual(given.quarantined),
        };
        for fate in [
            &after.new,
            &after.follow_up,
            &after.duplicate,
            &after.set_aside,
            &after.quarantined,
        ] {
            let problem = match (kind, fate) {
                (InboxKind::Mbox | InboxKind::Files, Fate::Leave) | (InboxKind::Imap, _) => continue,
                (InboxKind::Maildir, Fate::Label(_)) => "only an IMAP server that is Gmail's has labels",
                (InboxKind::Maildir, _) => continue,
                (InboxKind::Mbox | InboxKind::Files, _) => {
                    "an inbox of this kind is only read: \"leave\" is all it can do"
                }
            };
            return Err(Wrong::at("after", problem));
        }
        let source = match (kind, self.path) {
            (InboxKind::Imap, Some(_)) => return Err(Wrong::at("path", "an IMAP inbox has a host, not a path")),
            (InboxKind::Imap, None) => {
                let mailbox = self.mailbox.unwrap_or_else(|| "INBOX".to_owned());
                if mailbox.is_empty() || mailbox.chars().any(char::is_control) {
                    return Err(Wrong::at("mailbox", "this is no name of a mailbox"));
                }
                let server = reach.server([993, 143, 143], true)?;
                let deadline = self.deadline.unwrap_or(SignedDuration::from_mins(30)).unsigned_abs();
                if deadline.is_zero() {
                    return Err(Wrong::at("deadline", "in no time nothing can be fetched"));
                }
                Source::Imap(Imap {
                    server,
                    mailbox,
                    deadline,
                })
            }
            (_, _) if reach.first_set().is_some() => {
                let key = reach.first_set().unwrap_or("host");
                return Err(Wrong::at(key, "this key is for kind = \"imap\""));
            }
            (_, _) if self.mailbox.is_some() => {
                return Err(Wrong::at("mailbox", "this key is for kind = \"imap\""));
            }
            (_, _) if self.deadline.is_some() => {
                return Err(Wrong::at("deadline", "this key is for kind = \"imap\""));
            }
            (_, None) => return Err(Wrong::at("path", "the path is missing")),
            (InboxKind::Maildir, Some(path)) => Source::Maildir(path),
            (InboxKind::Mbox, Some(path)) => Source::Mbox(path),
            (InboxKind::Files, Some(path)) => Source::Files(path),
        };
        Ok(Inbox {
            name: self.name,
            source,
            after,
            trusted_authserv: self.trusted_authserv,
        })
    }
}

impl RawOutbox {
    /// `usual` is who letters are from where nothing is said, which is enough for a folder only.
    pub fn checked(self, usual: Address) -> Result<Outbox, Wrong> {
        let reach = Reach {
            host: self.host,
            port: self.port,
            tls: self.tls,
            ca_file: self.ca_file,
            user: self.user,
            auth: self.auth,
            password: self.password,
            password_command: self.password_command,
        };
        match self.kind {
            OutboxKind::Folder => {
                if let Some(key) = reach.first_set() {
                    return Err(Wrong::at(key, "this key is for kind = \"smtp\""));
                }
                Ok(Outbox {
                    from: self.from.unwrap_or(usual),
                    way: Way::Folder(self.path.unwrap_or_else(|| "letters".into())),
                })
            }
            OutboxKind::Smtp => {
                if self.path.is_some() {
                    return Err(Wrong::at("path", "this key is for kind = \"folder\""));
                }
                let Some(from) = self.from else {
                    return Err(Wrong::at("from", "who the letters are from is missing"));
                };
                let server = reach.server([465, 587, 25], false)?;
                Ok(Outbox {
                    from,
                    way: Way::Smtp(server),
                })
            }
        }
    }
}
