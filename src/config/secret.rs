//! Passwords and tokens: where they come from, and that they are never shown.

use std::fmt;
use std::io::{self, BufRead, BufReader, Read};
use std::process::Stdio;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use serde::de::{Deserialize, Deserializer, Error, Visitor};

use super::ConfigError;
use crate::hands;

/// A text that no output shows. [`Secret::expose`] is for the login itself.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: impl Into<String>) -> Secret {
        Secret(text.into())
    }

    /// The secret itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("(secret)")
    }
}
impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("(secret)")
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Secret, D::Error> {
        // serde's own message for a number would show it
        struct Quiet;
        impl Visitor<'_> for Quiet {
            type Value = Secret;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a text in quotes")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Secret, E> {
                Ok(Secret(text.to_owned()))
            }
            fn visit_i64<E: Error>(self, _: i64) -> Result<Secret, E> {
                Err(E::custom("a password is a text in quotes, not a number"))
            }
            fn visit_f64<E: Error>(self, _: f64) -> Result<Secret, E> {
                Err(E::custom("a password is a text in quotes, not a number"))
            }
        }
        d.deserialize_any(Quiet)
    }
}

/// Where a secret comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretSource {
    /// From the config file or the environment.
    Given(Secret),
    /// The first line that this program prints; run at login, without a shell.
    Command(Vec<String>),
    /// From neither: what does without it still works. The key that would hold it, and the variable.
    Missing { key: &'static str, variable: String },
}

/// How long a password command may take: someone may have to unlock a key ring.
const PATIENCE: Duration = Duration::from_secs(120);
/// More than any token.
const LONGEST: u64 = 64 * 1024;

impl SecretSource {
    /// Gets it. A command's standard error goes to ours, so that it can say what it wants.
    pub fn secret(&self) -> Result<Secret, ConfigError> {
        match self {
            SecretSource::Given(secret) => Ok(secret.clone()),
            SecretSource::Command(argv) => first_line_of(argv),
            SecretSource::Missing { key, variable } => Err(ConfigError::SecretMissing {
                key,
                variable: variable.clone(),
            }),
        }
    }
}

fn first_line_of(argv: &[String]) -> Result<Secret, ConfigError> {
    let program = argv.first().cloned().unwrap_or_default();
    let failed = |problem: String| ConfigError::SecretCommand {
        program: program.clone(),
        problem,
    };
    let mut command = hands::program(&program);
    command.args(&argv[1..]).stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = command.spawn().map_err(|e| failed(e.to_string()))?;
    let Some(stdout) = child.stdout.take() else {
        return Err(failed("it has no output".to_owned()));
    };
    let (first, line) = mpsc::channel();
    // a line at a time: an agent that the program leaves behind may hold the pipe open
    let reader = hands::hire(move || {
        let mut text = String::new();
        let mut output = BufReader::new(stdout);
        let read = output.by_ref().take(LONGEST).read_line(&mut text);
        let _ = first.send(read.map(|_| text));
        // so that a program with more to say does not fail on a closed pipe
        let _ = io::copy(&mut output, &mut io::sink());
    });
    if let Err(error) = reader {
        let _ = child.kill();
        let _ = child.wait();
        return Err(failed(format!("nobody can listen to it: {error}")));
    }
    let since = Instant::now();
    let mut pause = Duration::from_millis(1);
    let status = loop {
        match child.try_wait().map_err(|e| failed(e.to_string()))? {
            Some(status) => break status,
            None if since.elapsed() > PATIENCE => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(failed(format!("it did not end within {} seconds", PATIENCE.as_secs())));
            }
            None => {
                thread::sleep(pause);
                pause = (pause * 2).min(Duration::from_millis(20));
            }
        }
    };
    if !status.success() {
        return Err(failed(format!("it ended with {status}")));
    }
    let text = line
        .recv_timeout(Duration::from_secs(5))
        .map_err(|_| failed("it printed nothing".to_owned()))?;
    match text.map_err(|e| failed(e.to_string()))?.trim_end() {
        "" => Err(failed("it printed nothing".to_owned())),
        line => Ok(Secret::new(line)),
    }
}

/// `["pass", "show", "m4c/imap"]`, or the same as one line with shell quoting.
pub(super) fn command<'de, D: Deserializer<'de>>(d: D) -> Result<Option<Vec<String>>, D::Error> {
    struct Words;
    impl<'de> Visitor<'de> for Words {
        type Value = Vec<String>;
        fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
            f.write_str("a program and its arguments, like [\"pass\", \"show\", \"m4c/imap\"]")
        }
        fn visit_str<E: Error>(self, line: &str) -> Result<Vec<String>, E> {
            shlex::split(line).ok_or_else(|| E::custom("the quotes of this command do not match"))
        }
        fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut seq: A) -> Result<Vec<String>, A::Error> {
            let mut words = Vec::new();
            while let Some(word) = seq.next_element()? {
                words.push(word);
            }
            Ok(words)
        }
    }
    let words = d.deserialize_any(Words)?;
    match words.first() {
        Some(program) if !program.is_empty() => Ok(Some(words)),
        _ => Err(Error::custom("the command is empty")),
    }
}
