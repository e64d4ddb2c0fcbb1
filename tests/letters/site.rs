//! A site on this machine, for the letter that a story is out.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// It answers every path alike, but for those that are told otherwise.
pub struct Site {
    pub port: u16,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// The status line, with further header lines; none: it takes the connection and says nothing.
    answer: Option<String>,
    /// Of a path that contains this; empty: it ends the connection without a word.
    others: Vec<(&'static str, String)>,
    /// The paths that were asked for.
    asked: Vec<String>,
    /// Connections that wait.
    held: Vec<TcpStream>,
}

impl Site {
    pub fn open(answer: Option<&str>) -> Site {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("it is bound").port();
        let state = Arc::new(Mutex::new(State {
            answer: answer.map(str::to_owned),
            ..State::default()
        }));
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let mut reader = BufReader::new(stream.try_clone().expect("a socket"));
                let (mut first, mut line) = (String::new(), String::new());
                let _ = reader.read_line(&mut first);
                while reader.read_line(&mut line).is_ok_and(|n| n > 2) {
                    line.clear();
                }
                let mut state = shared.lock().expect("nobody panicked");
                let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
                let other = state.others.iter().find(|(part, _)| path.contains(part));
                let answer = other.map(|(_, answer)| answer.clone()).or(state.answer.clone());
                state.asked.push(path);
                match answer {
                    Some(answer) if answer.is_empty() => {}
                    Some(answer) => {
                        let head = format!("HTTP/1.1 {answer}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
                        let _ = stream.write_all(head.as_bytes());
                    }
                    None => state.held.push(stream),
                }
            }
        });
        Site { port, state }
    }

    pub fn answers(&self, answer: &str) {
        self.state.lock().expect("nobody panicked").answer = Some(answer.to_owned());
    }

    /// To paths that contain `part`; nothing: it ends the connection without a word.
    pub fn answers_to(&self, part: &'static str, answer: &str) {
        let mut state = self.state.lock().expect("nobody panicked");
        state.others.insert(0, (part, answer.to_owned()));
    }

    /// What was asked for since this was called last.
    pub fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.state.lock().expect("nobody panicked").asked)
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/stories/", self.port)
    }
}
