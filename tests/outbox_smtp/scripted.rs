//! A mail server that answers each verb as its script says.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use rustls::{ServerConfig, ServerConnection, StreamOwned};

#[derive(Clone, Default)]
pub struct Scripted {
    /// What is answered to a verb (`GREETING`, `EHLO`, `DOT` for the end of the letter, ...), the first times; later it is as
    /// usual. Nothing: the line is cut.
    pub script: Vec<(&'static str, &'static str)>,
    pub tls: Option<Arc<ServerConfig>>,
}

pub struct Running {
    pub port: u16,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Running {
    /// The commands, and each letter as one text.
    pub fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }
}

trait Line: Read + Write + Send {}
impl<T: Read + Write + Send> Line for T {}

impl Scripted {
    pub fn start(self) -> Running {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = Arc::<Mutex<Vec<String>>>::default();
        let (said, written) = (Arc::new(Mutex::new(self.script.clone())), heard.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (tls, said, heard) = (self.tls.clone(), said.clone(), written.clone());
                std::thread::spawn(move || serve(stream, tls, &said, &heard));
            }
        });
        Running { port, heard }
    }
}

fn line(stream: &mut dyn Line) -> Option<String> {
    let mut line = Vec::new();
    let mut byte = [0];
    while !line.ends_with(b"\n") {
        if stream.read(&mut byte).ok()? == 0 {
            return None;
        }
        line.push(byte[0]);
    }
    Some(String::from_utf8_lossy(&line).into_owned())
}

/// `None`: the line is cut.
fn serve(
    stream: TcpStream,
    tls: Option<Arc<ServerConfig>>,
    script: &Mutex<Vec<(&'static str, &'static str)>>,
    heard: &Mutex<Vec<String>>,
) -> Option<()> {
    let plain = stream.try_clone().ok()?;
    let mut stream: Box<dyn Line> = Box::new(stream);
    let mut secure = false;
    let mut verb = "GREETING".to_owned();
    loop {
        let own = {
            let mut script = script.lock().unwrap();
            let place = script.iter().position(|(of, _)| *of == verb);
            place.map(|place| script.remove(place).1)
        };
        let usual = match verb.as_str() {
            "GREETING" => "220 mail.example.org ESMTP\r\n",
            "EHLO" if tls.is_some() && !secure => "250-mail.example.org\r\n250 STARTTLS\r\n",
            "EHLO" => "250-mail.example.org\r\n250-8BITMIME\r\n250 AUTH PLAIN LOGIN\r\n",
            "STARTTLS" => "220 go\r\n",
            "AUTH" => "235 2.7.0 in\r\n",
            "DATA" => "354 go on\r\n",
            "DOT" => "250 2.0.0 queued as 4711\r\n",
            "QUIT" => "221 bye\r\n",
            _ => "250 2.0.0 OK\r\n",
        };
        let answer = own.unwrap_or(usual);
        if answer.is_empty() {
            let _ = plain.shutdown(std::net::Shutdown::Both);
            return None;
        }
        stream.write_all(answer.as_bytes()).ok()?;
        stream.flush().ok()?;
        if verb == "STARTTLS" && answer.starts_with("220") {
            let connection = ServerConnection::new(tls.clone()?).ok()?;
            stream = Box::new(StreamOwned::new(connection, plain.try_clone().ok()?));
            secure = true;
        }
        if verb == "DATA" && answer.starts_with("354") {
            let mut letter = String::new();
            loop {
                let line = line(&mut *stream)?;
                if line == ".\r\n" {
                    break;
                }
                letter.push_str(line.strip_prefix('.').unwrap_or(&line));
            }
            heard.lock().unwrap().push(letter);
            verb = "DOT".to_owned();
            continue;
        }
        let command = line(&mut *stream)?;
        verb = command.split([' ', '\r']).next()?.to_owned();
        heard.lock().unwrap().push(command.trim_end().to_owned());
    }
}
