//! An IMAP server on loopback that follows a script, for as many connections as come.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

#[derive(Clone, Default)]
pub(super) struct Fake {
    mails: Vec<(u32, String)>,
    bodies: Vec<(u32, String)>,
    greeting: Option<String>,
    capabilities: String,
    answers: Vec<(String, String)>,
    after_bodies: String,
    cut: Option<usize>,
    pause: Option<Duration>,
}

pub(super) struct Running {
    pub(super) port: u16,
    heard: Arc<Mutex<Vec<String>>>,
    sent: Arc<Mutex<usize>>,
}

impl Running {
    pub(super) fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }

    pub(super) fn sent(&self) -> usize {
        *self.sent.lock().unwrap()
    }
}

impl Fake {
    pub(super) fn new(mails: &[(u32, &str)]) -> Fake {
        let mails = mails.iter().map(|(uid, mail)| (*uid, (*mail).to_owned())).collect();
        Fake {
            mails,
            ..Fake::default()
        }
    }

    /// What is sent after `BODY[] ` for this mail; nothing: the mail is gone.
    pub(super) fn with_body(mut self, uid: u32, body: &str) -> Fake {
        self.bodies.push((uid, body.to_owned()));
        self
    }

    pub(super) fn greeting(mut self, greeting: &str) -> Fake {
        self.greeting = Some(greeting.to_owned());
        self
    }

    pub(super) fn capabilities(mut self, capabilities: &str) -> Fake {
        self.capabilities = capabilities.to_owned();
        self
    }

    /// The end of a command (without its tag), instead of OK.
    pub(super) fn answer(mut self, command: &str, answer: &str) -> Fake {
        self.answers.push((command.to_owned(), answer.to_owned()));
        self
    }

    /// What is said before a FETCH of bodies ends.
    pub(super) fn after_bodies(mut self, text: &str) -> Fake {
        self.after_bodies = text.to_owned();
        self
    }

    /// Hangs up after so many bytes.
    pub(super) fn cut_after(mut self, bytes: usize) -> Fake {
        self.cut = Some(bytes);
        self
    }

    /// One byte at a time.
    pub(super) fn dribbling(mut self, pause: Duration) -> Fake {
        self.pause = Some(pause);
        self
    }

    pub(super) fn start(self) -> Running {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let running = Running {
            port: listener.local_addr().unwrap().port(),
            heard: Arc::default(),
            sent: Arc::default(),
        };
        let (heard, sent) = (running.heard.clone(), running.sent.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().take(4).flatten() {
                let (fake, heard, sent) = (self.clone(), heard.clone(), sent.clone());
                std::thread::spawn(move || fake.serve(stream, &heard, &sent));
            }
        });
        running
    }

    /// `None`: the line is cut, or the client is gone.
    fn say(&self, mut stream: &TcpStream, text: &str, sent: &Mutex<usize>) -> Option<()> {
        let mut sent = sent.lock().unwrap();
        let room = self
            .cut
            .map_or(text.len(), |cut| cut.saturating_sub(*sent).min(text.len()));
        let text = &text.as_bytes()[..room];
        *sent += text.len();
        match self.pause {
            Some(pause) => {
                for byte in text {
                    std::thread::sleep(pause);
                    stream.write_all(&[*byte]).ok()?;
                }
            }
            None => stream.write_all(text).ok()?,
        }
        self.cut.is_none_or(|cut| *sent < cut).then_some(())
    }

    fn serve(&self, stream: TcpStream, heard: &Mutex<Vec<String>>, sent: &Mutex<usize>) -> Option<()> {
        let mut lines = BufReader::new(stream.try_clone().ok()?).lines();
        self.say(&stream, self.greeting.as_deref().unwrap_or("* OK hello\r\n"), sent)?;
        while let Some(Ok(line)) = lines.next() {
            heard.lock().unwrap().push(line.clone());
            let (tag, command) = line.split_once(' ')?;
            let word = command.split(' ').next()?;
            let listed: Vec<u32> = self.mails.iter().map(|mail| mail.0).collect();
            let mut reply = String::new();
            match word {
                "CAPABILITY" => reply += &format!("* CAPABILITY IMAP4rev1 {}\r\n", self.capabilities),
                "SELECT" => {
                    reply += "* 3 EXISTS\r\n* OK [UIDVALIDITY 42] ok\r\n* OK [UIDNEXT 10] ok\r\n* OK [PERMANENTFLAGS (\\Seen \\*)] ok\r\n"
                }
                "UID" if command.contains("SEARCH UID 1:*") => {
                    reply += &format!("* SEARCH {} {} {}\r\n", listed[2], listed[0], listed[1]);
                }
                "UID" if command.contains("SEARCH") => reply += &format!("* SEARCH {}\r\n", listed[2]),
                "UID" if command.contains("RFC822.SIZE") => {
                    for (i, (uid, mail)) in self.mails.iter().enumerate() {
                        reply += &format!("* {} FETCH (UID {uid} RFC822.SIZE {})\r\n", i + 1, mail.len());
                    }
                }
                "UID" if command.contains("BODY.PEEK[]") => {
                    for (i, (uid, mail)) in self.mails.iter().enumerate() {
                        let plain = format!("{{{}}}\r\n{mail}", mail.len());
                        let own = self
                            .bodies
                            .iter()
                            .find(|body| body.0 == *uid)
                            .map(|body| body.1.clone());
                        let body = own.unwrap_or(plain);
                        if !body.is_empty() {
                            reply += &format!("* {} FETCH (UID {uid} BODY[] {body})\r\n", i + 1);
                        }
                    }
                    if self.after_bodies == "FOREVER" {
                        loop {
                            self.say(&stream, "* OK still here\r\n", sent)?;
                        }
                    }
                    reply += &self.after_bodies;
                }
                "LOGOUT" => reply += "* BYE\r\n",
                _ => {}
            }
            if word == "AUTHENTICATE" {
                let challenge = self
                    .answers
                    .iter()
                    .find(|answer| answer.0 == word)
                    .map(|answer| answer.1.as_str());
                if challenge.is_some() || command.split(' ').count() == 2 {
                    self.say(&stream, challenge.unwrap_or("+ \r\n"), sent)?;
                    heard.lock().unwrap().push(lines.next()?.ok()?);
                }
                let end = if challenge.is_some() { "NO no" } else { "OK in" };
                self.say(&stream, &format!("{tag} {end}\r\n"), sent)?;
                continue;
            }
            match self.answers.iter().find(|answer| answer.0 == word) {
                Some((_, never)) if never == "NEVER" => continue,
                Some((_, end)) => reply += &format!("{tag} {end}"),
                None => reply += &format!("{tag} OK done\r\n"),
            }
            self.say(&stream, &reply, sent)?;
        }
        Some(())
    }
}
