//! An IMAP server on loopback that follows a script, for as many connections as come.

#![allow(dead_code, reason = "every test file uses its own part")]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustls::{ServerConfig, ServerConnection, StreamOwned};

#[derive(Clone, Default)]
pub struct Fake {
    mails: Vec<(u32, String)>,
    bodies: Vec<(u32, String)>,
    greeting: Option<String>,
    capabilities: String,
    answers: Vec<(String, String)>,
    after_bodies: String,
    search: Option<String>,
    cut: Option<usize>,
    pause: Option<Duration>,
    tls: Option<Arc<ServerConfig>>,
    implicit: bool,
}

pub struct Running {
    pub port: u16,
    heard: Arc<Mutex<Vec<String>>>,
    sent: Arc<Mutex<usize>>,
}

impl Running {
    /// Every line that clients sent; over TLS, too.
    pub fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }

    pub fn sent(&self) -> usize {
        *self.sent.lock().unwrap()
    }
}

impl Fake {
    pub fn new(mails: &[(u32, &str)]) -> Fake {
        let mails = mails.iter().map(|(uid, mail)| (*uid, (*mail).to_owned())).collect();
        Fake {
            mails,
            ..Fake::default()
        }
    }

    /// What is sent after `BODY[] ` for this mail; nothing: the mail is gone.
    pub fn with_body(mut self, uid: u32, body: &str) -> Fake {
        self.bodies.push((uid, body.to_owned()));
        self
    }

    pub fn greeting(mut self, greeting: &str) -> Fake {
        self.greeting = Some(greeting.to_owned());
        self
    }

    pub fn capabilities(mut self, capabilities: &str) -> Fake {
        self.capabilities = capabilities.to_owned();
        self
    }

    /// The end of a command (without its tag), instead of OK. `NEVER`: none comes. `FOREVER`: other answers come, and no
    /// end. A command is named by how it begins: `SELECT`, `UID SEARCH`.
    pub fn answer(mut self, command: &str, answer: &str) -> Fake {
        self.answers.push((command.to_owned(), answer.to_owned()));
        self
    }

    /// What is said before a FETCH of bodies ends.
    pub fn after_bodies(mut self, text: &str) -> Fake {
        self.after_bodies = text.to_owned();
        self
    }

    /// What is said before a SEARCH ends.
    pub fn with_search(mut self, text: &str) -> Fake {
        self.search = Some(text.to_owned());
        self
    }

    /// Hangs up after so many bytes.
    pub fn cut_after(mut self, bytes: usize) -> Fake {
        self.cut = Some(bytes);
        self
    }

    /// One byte at a time.
    pub fn dribbling(mut self, pause: Duration) -> Fake {
        self.pause = Some(pause);
        self
    }

    /// TLS after STARTTLS, or from the first byte.
    pub fn tls(mut self, config: Arc<ServerConfig>, implicit: bool) -> Fake {
        self.tls = Some(config);
        self.implicit = implicit;
        self
    }

    pub fn start(self) -> Running {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let running = Running {
            port: listener.local_addr().unwrap().port(),
            heard: Arc::default(),
            sent: Arc::default(),
        };
        let (heard, sent) = (running.heard.clone(), running.sent.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().take(20).flatten() {
                let (fake, heard, sent) = (self.clone(), heard.clone(), sent.clone());
                std::thread::spawn(move || Serving::new(fake, stream, heard, sent).and_then(Serving::run));
            }
        });
        running
    }
}

/// A key and a certificate, as PEM, for a server.
pub fn server_tls(cert: &std::path::Path, key: &std::path::Path) -> Arc<ServerConfig> {
    use rustls::pki_types::pem::PemObject;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};
    let chain = CertificateDer::pem_file_iter(cert)
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let key = PrivateKeyDer::from_pem_file(key).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider);
    let builder = builder.with_safe_default_protocol_versions().unwrap();
    Arc::new(builder.with_no_client_auth().with_single_cert(chain, key).unwrap())
}

enum Line {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ServerConnection, TcpStream>>),
}

impl Line {
    fn over_tls(self, config: Arc<ServerConfig>) -> Option<Line> {
        let Line::Plain(stream) = self else { return None };
        let connection = ServerConnection::new(config).ok()?;
        Some(Line::Tls(Box::new(StreamOwned::new(connection, stream))))
    }
}

/// One connection. Its methods give `None` when the line is cut or the client is gone.
struct Serving {
    fake: Fake,
    line: Option<Line>,
    heard: Arc<Mutex<Vec<String>>>,
    sent: Arc<Mutex<usize>>,
}

impl Serving {
    fn new(fake: Fake, stream: TcpStream, heard: Arc<Mutex<Vec<String>>>, sent: Arc<Mutex<usize>>) -> Option<Serving> {
        let mut line = Line::Plain(stream);
        if fake.implicit {
            line = line.over_tls(fake.tls.clone()?)?;
        }
        Some(Serving {
            fake,
            line: Some(line),
            heard,
            sent,
        })
    }

    fn write(&mut self, bytes: &[u8]) -> Option<()> {
        match self.line.as_mut()? {
            Line::Plain(stream) => stream.write_all(bytes).ok(),
            Line::Tls(stream) => stream.write_all(bytes).and_then(|()| stream.flush()).ok(),
        }
    }

    fn say(&mut self, text: &str) -> Option<()> {
        let sent = self.sent.clone();
        let mut sent = sent.lock().unwrap();
        let cut = self.fake.cut;
        let room = cut.map_or(text.len(), |cut| cut.saturating_sub(*sent).min(text.len()));
        let text = &text.as_bytes()[..room];
        *sent += text.len();
        match self.fake.pause {
            Some(pause) => {
                for byte in text {
                    std::thread::sleep(pause);
                    self.write(&[*byte])?;
                }
            }
            None => self.write(text)?,
        }
        cut.is_none_or(|cut| *sent < cut).then_some(())
    }

    fn hear(&mut self) -> Option<String> {
        let mut line = Vec::new();
        let mut byte = [0];
        loop {
            let read = match self.line.as_mut()? {
                Line::Plain(stream) => stream.read(&mut byte),
                Line::Tls(stream) => stream.read(&mut byte),
            };
            if read.ok()? == 0 {
                return None;
            }
            match byte[0] {
                b'\n' => break,
                // TLS where none is
                0x16 if line.is_empty() => return None,
                byte => line.push(byte),
            }
        }
        let line = String::from_utf8_lossy(&line).trim_end().to_owned();
        self.heard.lock().unwrap().push(line.clone());
        Some(line)
    }

    fn run(mut self) -> Option<()> {
        let greeting = self.fake.greeting.clone();
        self.say(greeting.as_deref().unwrap_or("* OK hello\r\n"))?;
        loop {
            let line = self.hear()?;
            let (tag, command) = line.split_once(' ')?;
            let word = command.split(' ').next()?;
            if word == "AUTHENTICATE" {
                self.authenticate(tag, command)?;
                continue;
            }
            let mut reply = self.reply(command);
            if command.contains("BODY.PEEK[]") && self.fake.after_bodies == "FOREVER" {
                self.say(&reply)?;
                self.for_ever("* OK still here\r\n")?;
            }
            let answers = &self.fake.answers;
            match answers.iter().find(|answer| command.starts_with(&answer.0)) {
                Some((_, end)) if end == "NEVER" => continue,
                Some((_, end)) if end == "FOREVER" => self.for_ever(&reply)?,
                Some((_, end)) => reply += &format!("{tag} {end}"),
                None => reply += &format!("{tag} OK done\r\n"),
            }
            self.say(&reply)?;
            if word == "STARTTLS"
                && let Some(config) = self.fake.tls.clone()
            {
                self.line = Some(self.line.take()?.over_tls(config)?);
            }
        }
    }

    fn for_ever(&mut self, text: &str) -> Option<()> {
        loop {
            self.say(text)?;
        }
    }

    fn authenticate(&mut self, tag: &str, command: &str) -> Option<()> {
        let answers = self.fake.answers.clone();
        let answer = answers.iter().find(|answer| answer.0 == "AUTHENTICATE");
        let refusal = answer.map(|answer| answer.1.as_str());
        // Without a challenge the answer is the end itself.
        if let Some(end) = refusal.filter(|text| !text.starts_with('+')) {
            return self.say(&format!("{tag} {end}"));
        }
        if refusal.is_some() || command.split(' ').count() == 2 {
            self.say(refusal.unwrap_or("+ \r\n"))?;
            self.hear()?;
        }
        let end = if refusal.is_some() { "NO no" } else { "OK in" };
        self.say(&format!("{tag} {end}\r\n"))
    }

    /// What comes before the end of a command.
    fn reply(&self, command: &str) -> String {
        let fake = &self.fake;
        let uids: Vec<u32> = fake.mails.iter().map(|mail| mail.0).collect();
        let next = uids.iter().max().map_or(1, |uid| uid + 1);
        let mut reply = String::new();
        let word = command.split(' ').next().unwrap_or_default();
        match word {
            "CAPABILITY" => reply += &format!("* CAPABILITY IMAP4rev1 {}\r\n", fake.capabilities),
            "SELECT" => {
                reply += &format!(
                    "* {} EXISTS\r\n* OK [UIDVALIDITY 42] ok\r\n* OK [UIDNEXT {next}] ok\r\n* OK [PERMANENTFLAGS (\\Seen \\*)] ok\r\n",
                    uids.len()
                );
            }
            "UID" if command.starts_with("UID SEARCH") && fake.search.is_some() => {
                reply += fake.search.as_deref().unwrap_or_default();
            }
            "UID" if command.contains("SEARCH UID ") => {
                let range = command.split("SEARCH UID ").nth(1).unwrap_or_default();
                let from: u32 = range.split(':').next().and_then(|n| n.parse().ok()).unwrap_or(0);
                // `n:*` always finds the last; and not in order, as some servers do.
                let found = uids.iter().rev().filter(|uid| **uid >= from || **uid == next - 1);
                let found: Vec<String> = found.map(ToString::to_string).collect();
                reply += &format!("* SEARCH {}\r\n", found.join(" "));
            }
            "UID" if command.contains("RFC822.SIZE") => {
                for (i, (uid, mail)) in asked(command, &fake.mails) {
                    reply += &format!("* {} FETCH (UID {uid} RFC822.SIZE {})\r\n", i + 1, mail.len());
                }
            }
            "UID" if command.contains("BODY.PEEK[]") => {
                for (i, (uid, mail)) in asked(command, &fake.mails) {
                    let own = fake.bodies.iter().find(|body| body.0 == *uid);
                    let plain = || format!("{{{}}}\r\n{mail}", mail.len());
                    let body = own.map_or_else(plain, |body| body.1.clone());
                    if !body.is_empty() {
                        reply += &format!("* {} FETCH (UID {uid} BODY[] {body})\r\n", i + 1);
                    }
                }
                if fake.after_bodies != "FOREVER" {
                    reply += &fake.after_bodies;
                }
            }
            "LOGOUT" => reply += "* BYE\r\n",
            _ => {}
        }
        reply
    }
}

/// The mails that `UID FETCH 3:5,9 (...)` names, with their places.
fn asked<'a>(command: &str, mails: &'a [(u32, String)]) -> Vec<(usize, &'a (u32, String))> {
    let set = command.split(' ').nth(2).unwrap_or_default();
    let holds = |uid: u32| {
        set.split(',').any(|range| {
            let (first, last) = range.split_once(':').unwrap_or((range, range));
            first.parse().is_ok_and(|first: u32| first <= uid) && last.parse().is_ok_and(|last: u32| uid <= last)
        })
    };
    mails.iter().enumerate().filter(|(_, mail)| holds(mail.0)).collect()
}
