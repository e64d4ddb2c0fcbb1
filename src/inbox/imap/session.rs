//! A session: greeting, TLS, login, the mailbox, and commands that each have to end in time.

use std::collections::HashSet;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use super::answer::{Said, Status};
use super::name::{base64, mailbox, quoted};
use super::wire::{Answer, Wire, WireError};
use super::{ImapAccount, InboxError, Login, Tls};

/// How long a command may take that moves no mail.
const COMMAND: Duration = Duration::from_secs(120);
/// The slowest line on which a mail of the largest size still comes through, in bytes a second.
const SLOWEST: u64 = 8 * 1024;
/// How soon an IDLE ends when it shall.
const STEP: Duration = Duration::from_millis(500);
/// Answers that are none of ours between two that are.
const MOST_IDLE_TALK: usize = 10_000;

pub(super) struct Session {
    wire: Wire,
    host: String,
    tags: u32,
    /// The password in every form in which it is sent: a server may repeat a command that it does not like.
    secrets: Vec<String>,
    pub(super) capabilities: HashSet<String>,
    pub(super) selected: Selected,
}

/// What SELECT said.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Selected {
    pub(super) validity: u32,
    /// The UID that the next mail will have; 0 where it is not said.
    pub(super) next: u32,
    /// Own keywords can be set.
    pub(super) keywords: bool,
}

impl Session {
    /// Connects, logs in and selects the mailbox.
    pub(super) fn open(account: &ImapAccount) -> Result<Session, InboxError> {
        let host = account.host.clone();
        let wire = Wire::connect(&host, account.port, account.deadline).map_err(|source| InboxError::NoConnection {
            host: format!("{host}:{}", account.port),
            source,
        })?;
        let mut session = Session {
            wire,
            host,
            tags: 0,
            secrets: Vec::new(),
            capabilities: HashSet::new(),
            selected: Selected::default(),
        };
        if account.tls == Tls::Implicit {
            session.start_tls(account)?;
        }
        session.greeting()?;
        match account.tls {
            Tls::Implicit => {}
            Tls::StartTls => {
                session.ask_capabilities()?;
                if !session.can("STARTTLS") {
                    return Err(session.insecure("it does not offer STARTTLS"));
                }
                session.run("STARTTLS", COMMAND)?;
                session.start_tls(account)?;
                // What was said before TLS may have been said by somebody else (RFC 9051, section 6.2.1).
                session.capabilities.clear();
            }
            Tls::None if session.wire.is_loopback() => {}
            Tls::None => return Err(session.insecure("`tls = \"none\"` is for this machine only")),
        }
        if session.capabilities.is_empty() {
            session.ask_capabilities()?;
        }
        session.log_in(account)?;
        session.select(&account.mailbox)?;
        Ok(session)
    }

    /// Whether the server has a capability; its name in capitals.
    pub(super) fn can(&self, capability: &str) -> bool {
        self.capabilities.contains(capability)
    }

    fn insecure(&self, why: &'static str) -> InboxError {
        InboxError::NotSecure {
            host: self.host.clone(),
            why,
        }
    }

    /// The error for a session that is at an end.
    pub(super) fn lost(&self, error: WireError) -> InboxError {
        let host = self.host.clone();
        match error {
            WireError::Io(source) => InboxError::Lost { host, source },
            WireError::Protocol(why) => InboxError::NotImap { host, why },
        }
    }

    fn start_tls(&mut self, account: &ImapAccount) -> Result<(), InboxError> {
        let bad = |source| InboxError::BadCertificates {
            host: self.host.clone(),
            source,
        };
        let config = tls_config(account).map_err(bad)?;
        self.wire.start_tls(config, &account.host).map_err(|error| match error {
            WireError::Io(source) => InboxError::NoTls {
                host: self.host.clone(),
                source,
            },
            error => self.lost(error),
        })
    }

    fn greeting(&mut self) -> Result<(), InboxError> {
        let greeting = self.answer(0)?;
        self.note_capabilities(&greeting);
        if greeting.untagged("PREAUTH").is_some() {
            return Err(self.insecure("it greets as if logged in already (PREAUTH)"));
        }
        match greeting.untagged("OK") {
            Some(_) => Ok(()),
            None => Err(self.lost(WireError::Protocol("it does not greet as an IMAP server"))),
        }
    }

    fn ask_capabilities(&mut self) -> Result<(), InboxError> {
        self.run("CAPABILITY", COMMAND)
    }

    fn note_capabilities(&mut self, answer: &Answer) {
        let untagged = answer.untagged("CAPABILITY");
        let list = untagged.map(|list| String::from_utf8_lossy(list).into_owned());
        // Or with a greeting, or with the end of a login, which spares asking.
        let Some(list) = list.or_else(|| answer.code("CAPABILITY")) else {
            return;
        };
        self.capabilities = list
            .split_ascii_whitespace()
            .take(1000)
            .map(str::to_ascii_uppercase)
            .collect();
    }

    fn log_in(&mut self, account: &ImapAccount) -> Result<(), InboxError> {
        let user = &account.user;
        let (Login::Password(given) | Login::Token(given)) = &account.login;
        let plain = format!("\0{user}\0{given}");
        self.secrets = vec![base64(plain.as_bytes())];
        self.secrets
            .extend(quoted(given).map(|text| text.trim_matches('"').to_owned()));
        self.secrets.push(given.clone());
        let (mechanism, secret) = match &account.login {
            Login::Token(token) if self.can("AUTH=XOAUTH2") || !self.can("AUTH=OAUTHBEARER") => {
                ("XOAUTH2", format!("user={user}\u{1}auth=Bearer {token}\u{1}\u{1}"))
            }
            Login::Token(token) => {
                let (host, port) = (&account.host, account.port);
                let name = user.replace('=', "=3D").replace(',', "=2C");
                let text = format!("n,a={name},\u{1}host={host}\u{1}port={port}\u{1}auth=Bearer {token}\u{1}\u{1}");
                ("OAUTHBEARER", text)
            }
            Login::Password(_) if self.can("AUTH=PLAIN") => ("PLAIN", plain),
            Login::Password(password) => {
                if self.can("LOGINDISABLED") {
                    return Err(self.insecure("it offers no way to log in with a password here (LOGINDISABLED)"));
                }
                let (Some(name), Some(password)) = (quoted(user), quoted(password)) else {
                    return Err(self.insecure("it takes only plain ASCII user names and passwords"));
                };
                let tag = self.send(&format!("LOGIN {name} {password}"), COMMAND)?;
                return self.logged_in(&tag, user, &[]);
            }
        };
        let secret = base64(secret.as_bytes());
        self.secrets.insert(0, secret.clone());
        // An OAuth error comes as one more challenge: RFC 7628, section 3.2.3, wants a control A for it, XOAUTH2 nothing.
        let heard = if mechanism == "OAUTHBEARER" { "AQ==" } else { "" };
        if self.can("SASL-IR") {
            let tag = self.send(&format!("AUTHENTICATE {mechanism} {secret}"), COMMAND)?;
            return self.logged_in(&tag, user, &[heard]);
        }
        let tag = self.send(&format!("AUTHENTICATE {mechanism}"), COMMAND)?;
        self.logged_in(&tag, user, &[&secret, heard])
    }

    /// Answers the challenges in turn, and waits for the end.
    fn logged_in(&mut self, tag: &str, user: &str, answers: &[&str]) -> Result<(), InboxError> {
        let mut answers = answers.iter();
        let before = std::mem::take(&mut self.capabilities);
        for _ in 0..MOST_IDLE_TALK {
            let answer = self.answer(0)?;
            self.note_capabilities(&answer);
            if answer.text.starts_with(b"+") {
                let Some(line) = answers.next() else {
                    return Err(self.lost(WireError::Protocol("it asks for more at the login")));
                };
                let line = format!("{line}\r\n");
                self.wire.send(line.as_bytes()).map_err(|e| self.lost(e))?;
                continue;
            }
            let Some(said) = self.ended(&answer, tag)? else {
                continue;
            };
            let passing = ["UNAVAILABLE", "INUSE", "CONTACTADMIN", "SERVERBUG", "LIMIT"];
            return match said.status {
                Status::Ok if self.capabilities.is_empty() => {
                    self.capabilities = before;
                    self.ask_capabilities()
                }
                Status::Ok => Ok(()),
                Status::No if passing.iter().any(|code| said.has_code(code)) => Err(self.refused("LOGIN", said)),
                Status::No | Status::Bad => Err(InboxError::LoginRefused {
                    host: self.host.clone(),
                    user: user.to_owned(),
                    said: said.words,
                }),
            };
        }
        Err(self.lost(WireError::Protocol("it does not come to an end")))
    }

    fn select(&mut self, name: &str) -> Result<(), InboxError> {
        let mut selected = Selected::default();
        let command = format!("SELECT {}", mailbox(name));
        let said = self.talk(&command, COMMAND, &mut |answer| {
            if let Some(validity) = answer.code("UIDVALIDITY") {
                selected.validity = validity.parse().unwrap_or(0);
            }
            if let Some(next) = answer.code("UIDNEXT") {
                selected.next = next.parse().unwrap_or(0);
            }
            if let Some(flags) = answer.code("PERMANENTFLAGS") {
                selected.keywords =
                    flags.contains("\\*") || flags.to_ascii_uppercase().contains(&super::KEYWORD.to_uppercase());
            }
            Ok(())
        })?;
        match said.status {
            Status::Ok if selected.validity == 0 => {
                Err(self.lost(WireError::Protocol("a mailbox without UIDVALIDITY")))
            }
            Status::Ok => {
                self.selected = selected;
                Ok(())
            }
            _ => Err(InboxError::NoMailbox {
                host: self.host.clone(),
                mailbox: name.to_owned(),
                said: said.words,
            }),
        }
    }

    /// The next answer, whatever it is. A BYE is the end.
    pub(super) fn answer(&mut self, largest: u64) -> Result<Answer, InboxError> {
        let answer = self.wire.answer(largest).map_err(|e| self.lost(e))?;
        if let Some(words) = answer.untagged("BYE") {
            let words = self.told(&String::from_utf8_lossy(words));
            return Err(InboxError::Lost {
                host: self.host.clone(),
                source: io::Error::new(
                    io::ErrorKind::ConnectionAborted,
                    format!("the server said goodbye: {words}"),
                ),
            });
        }
        Ok(answer)
    }

    /// Sends a command, which has to be answered within `time`; its tag.
    pub(super) fn send(&mut self, command: &str, time: Duration) -> Result<String, InboxError> {
        self.tags += 1;
        let tag = format!("d{}", self.tags);
        self.wire.due_in(time);
        let line = format!("{tag} {command}\r\n");
        self.wire.send(line.as_bytes()).map_err(|e| self.lost(e))?;
        Ok(tag)
    }

    /// From now on, so much time for what is under way.
    pub(super) fn due_in(&mut self, time: Duration) {
        self.wire.due_in(time);
    }

    /// How the command with this tag ended, if this answer is its end.
    pub(super) fn ended(&self, answer: &Answer, tag: &str) -> Result<Option<Said>, InboxError> {
        let said = answer.tagged(tag).map_err(|e| self.lost(e))?;
        Ok(said.map(|said| Said {
            words: self.told(&said.words),
            ..said
        }))
    }

    /// A server's words for a person: at most 200 characters, no control character, and not the password.
    fn told(&self, words: &str) -> String {
        let mut words: String = words.chars().filter(|c| !c.is_control()).collect();
        for secret in self.secrets.iter().filter(|secret| secret.len() > 3) {
            if words.contains(secret.as_str()) {
                words = words.replace(secret.as_str(), "(secret)");
            }
        }
        words.chars().take(200).collect()
    }

    /// Which of several commands this answer ends, and how.
    pub(super) fn ended_any<T>(
        &self,
        answer: &Answer,
        tags: &[(String, T)],
    ) -> Result<Option<(usize, Said)>, InboxError> {
        let of_tag = |(tag, _): &(String, T)| {
            answer
                .text
                .strip_prefix(tag.as_bytes())
                .is_some_and(|rest| rest.starts_with(b" "))
        };
        // Where it is none of them, the first says so.
        let i = tags.iter().position(of_tag).unwrap_or(0);
        let Some((tag, _)) = tags.get(i) else {
            return Ok(None);
        };
        Ok(self.ended(answer, tag)?.map(|said| (i, said)))
    }

    /// Sends a command and gives each answer to `each`, without its literals, until it ends.
    pub(super) fn talk(
        &mut self,
        command: &str,
        time: Duration,
        each: &mut dyn FnMut(Answer) -> Result<(), WireError>,
    ) -> Result<Said, InboxError> {
        let tag = self.send(command, time)?;
        loop {
            let answer = self.answer(0)?;
            self.note_capabilities(&answer);
            if let Some(said) = self.ended(&answer, &tag)? {
                return Ok(said);
            }
            each(answer).map_err(|e| self.lost(e))?;
        }
    }

    /// A command of which only the end matters; anything but OK is an error.
    pub(super) fn run(&mut self, command: &str, time: Duration) -> Result<(), InboxError> {
        let said = self.talk(command, time, &mut |_| Ok(()))?;
        match said.status {
            Status::Ok => Ok(()),
            _ => Err(self.refused(command, said)),
        }
    }

    /// The error for a command that did not end in OK: its first two words, as the rest may hold names.
    pub(super) fn refused(&self, command: &str, said: Said) -> InboxError {
        let words: Vec<&str> = command
            .split(' ')
            .take(if command.starts_with("UID") { 2 } else { 1 })
            .collect();
        InboxError::Refused {
            host: self.host.clone(),
            doing: words.join(" "),
            said: said.words,
        }
    }

    /// IDLE (RFC 2177) for at most `longest`, in steps of `STEP`, before each of which `go_on` is asked; whether mail came.
    pub(super) fn idle(&mut self, longest: Duration, go_on: &dyn Fn() -> bool) -> Result<bool, InboxError> {
        let tag = self.send("IDLE", COMMAND)?;
        let begun = Instant::now();
        let (mut idle, mut came) = (false, false);
        while !came && (!idle || (begun.elapsed() < longest && go_on())) {
            if idle {
                let left = longest.saturating_sub(begun.elapsed());
                if !self.wire.ready(STEP.min(left)).map_err(|e| self.lost(e))? {
                    continue;
                }
                self.wire.due_in(COMMAND);
            }
            let answer = self.answer(0)?;
            if let Some(said) = self.ended(&answer, &tag)? {
                return Err(self.refused("IDLE", said));
            }
            idle = idle || answer.text.starts_with(b"+");
            came = answer.text.to_ascii_uppercase().ends_with(b" EXISTS");
        }
        self.wire.due_in(COMMAND);
        self.wire.send(b"DONE\r\n").map_err(|e| self.lost(e))?;
        loop {
            let answer = self.answer(0)?;
            came = came || answer.text.to_ascii_uppercase().ends_with(b" EXISTS");
            match self.ended(&answer, &tag)? {
                Some(said) if said.status == Status::Ok => return Ok(came),
                Some(said) => return Err(self.refused("IDLE", said)),
                None => {}
            }
        }
    }

    /// Says goodbye, and does not wait for the answer: all that mattered was answered before.
    pub(super) fn close(mut self) {
        let _ = self.send("LOGOUT", Duration::from_secs(5));
    }
}

/// How long a command may take that brings so many bytes.
pub(super) fn time_for(bytes: u64) -> Duration {
    COMMAND + Duration::from_secs(bytes / SLOWEST)
}

/// The system's roots and those of `ca_file`.
fn tls_config(account: &ImapAccount) -> io::Result<Arc<ClientConfig>> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if let Some(path) = &account.ca_file {
        for certificate in CertificateDer::pem_file_iter(path).map_err(io::Error::other)? {
            roots
                .add(certificate.map_err(io::Error::other)?)
                .map_err(io::Error::other)?;
        }
    }
    let builder = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()));
    let builder = builder
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?;
    Ok(Arc::new(builder.with_root_certificates(roots).with_no_client_auth()))
}
