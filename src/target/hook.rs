//! A command of the team's own, for any other place: the story as JSON on its standard input, the place as its answer.

use std::fs::File;
use std::io::{Read, Seek, Write};
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::engine::html;
use super::{Bundle, Post, Receipt, Removal, Target, TargetError};
use crate::hands;

/// Runs a command for each story.
pub struct HookTarget {
    pub name: String,
    pub command: Vec<String>,
    /// Whether it may be given a story again that it may have taken already.
    pub repeat: bool,
    pub url: Option<String>,
}

/// How long it may take.
const PATIENCE: Duration = Duration::from_secs(600);
/// More than any answer.
const LONGEST: u64 = 64 * 1024;
/// It did not do it, and nothing is there (sysexits: temporary failure).
const LATER: i32 = 75;
/// It cannot be taken off from here (sysexits: unavailable).
const CANNOT: i32 = 69;

struct Ran {
    code: Option<i32>,
    out: String,
    err: String,
}

impl HookTarget {
    fn failed(&self, what: &str, said: String) -> TargetError {
        TargetError::Remote {
            what: format!("the command of {} {what}", self.name),
            said,
            hint: "run it by hand and look at what it says; publish again once it works",
        }
    }

    fn run(&self, story: &Value) -> Result<Ran, TargetError> {
        let program = self.command.first().map(String::as_str).unwrap_or_default();
        let mut command = hands::program(program);
        command.args(self.command.iter().skip(1));
        let file = || tempfile::tempfile().map_err(|e| self.failed("cannot be given anything", e.to_string()));
        // files, not pipes: whoever holds them or does not read them keeps nobody waiting
        let (mut input, out, err) = (file()?, file()?, file()?);
        let given = input
            .write_all(story.to_string().as_bytes())
            .and_then(|()| input.rewind());
        let given = given.and_then(|()| Ok((out.try_clone()?, err.try_clone()?)));
        let (to_out, to_err) = given.map_err(|e| self.failed("cannot be given the story", e.to_string()))?;
        command.stdin(input).stdout(to_out).stderr(to_err);
        let mut child = command
            .spawn()
            .map_err(|e| self.failed("cannot be run", e.to_string()))?;
        let since = Instant::now();
        let mut pause = Duration::from_millis(1);
        let status = loop {
            match child
                .try_wait()
                .map_err(|e| self.failed("cannot be waited for", e.to_string()))?
            {
                Some(status) => break status,
                None if since.elapsed() > PATIENCE => {
                    let _ = child.kill();
                    let _ = child.wait();
                    return Err(TargetError::Unknown {
                        said: format!("it did not end within {} minutes", PATIENCE.as_secs() / 60),
                    });
                }
                None => {
                    thread::sleep(pause);
                    pause = (pause * 2).min(Duration::from_millis(20));
                }
            }
        };
        Ok(Ran {
            code: status.code(),
            out: text(out),
            err: text(err),
        })
    }
}

/// What was written to a file, as far as it is of use.
fn text(mut file: File) -> String {
    let mut bytes = Vec::new();
    let read = file.rewind().and_then(|()| file.take(LONGEST).read_to_end(&mut bytes));
    // what cannot be read is not said
    read.map_or_else(|_| String::new(), |_| String::from_utf8_lossy(&bytes).trim().to_owned())
}

/// The last line that says something, on one line.
fn last_line(text: &str) -> String {
    let line = text
        .lines()
        .rev()
        .find(|line| !line.trim().is_empty())
        .unwrap_or_default();
    line.chars()
        .filter(|c| !c.is_control())
        .take(300)
        .collect::<String>()
        .trim()
        .to_owned()
}

/// The place: the first line of the answer, or `{"place": ..., "id": ...}`.
fn answer(out: &str) -> (Option<String>, Option<String>) {
    let short = |text: &str| {
        let line: String = text.chars().filter(|c| !c.is_control()).take(2000).collect();
        Some(line.trim().to_owned()).filter(|line| !line.is_empty())
    };
    match serde_json::from_str::<Value>(out) {
        Ok(Value::Object(fields)) => {
            let field = |name: &str| fields.get(name).and_then(Value::as_str).and_then(short);
            (field("place"), field("id"))
        }
        _ => (out.lines().next().and_then(short), None),
    }
}

impl Target for HookTarget {
    fn name(&self) -> &str {
        &self.name
    }

    fn try_out(&self) -> Result<String, TargetError> {
        let program = self.command.first().map(String::as_str).unwrap_or_default();
        // a shell's own answer to "is there such a program?", without running it
        let mut asked = hands::program("sh");
        asked.args(["-c", "command -v -- \"$1\"", "sh", program]);
        let found = asked.stdin(Stdio::null()).stderr(Stdio::null()).output();
        match found {
            Ok(found) if found.status.success() => Ok(format!("runs {program}")),
            Ok(_) => Err(self.failed("is not there", program.to_owned())),
            Err(error) => Err(self.failed("cannot be looked for", error.to_string())),
        }
    }

    fn once(&self) -> bool {
        !self.repeat
    }

    fn put(&self, bundle: &Bundle) -> Result<Receipt, TargetError> {
        let media: Vec<Value> = bundle
            .media
            .iter()
            .map(|(file, bytes)| json!({"file": file, "base64": BASE64_STANDARD.encode(bytes)}))
            .collect();
        let before = bundle.before;
        let ran = self.run(&json!({
            "schema": 1,
            "action": "put",
            "key": bundle.story.digits(),
            "slug": bundle.slug,
            "date": bundle.date.to_string(),
            "updated": bundle.updated.to_string(),
            "front": super::front::public_fields(bundle.front),
            "markdown": bundle.body,
            "html": html(bundle, ""),
            "media": media,
            "place": before.and_then(|post| post.place),
            "id": before.and_then(|post| post.id),
        }))?;
        match ran.code {
            Some(0) => {
                let (place, id) = answer(&ran.out);
                let known = || self.url.as_deref().map(|url| super::address(url, bundle.slug));
                Ok(Receipt {
                    place: place.or_else(known).unwrap_or_else(|| self.name.clone()),
                    id,
                })
            }
            Some(LATER) => Err(self.failed("did not take it now", last_line(&ran.err))),
            Some(code) => Err(self.failed(&format!("ended with {code}"), last_line(&ran.err))),
            None => Err(TargetError::Unknown {
                said: "the command was killed".to_owned(),
            }),
        }
    }

    fn remove(&self, post: &Post) -> Result<Removal, TargetError> {
        let ran = self.run(&json!({
            "schema": 1,
            "action": "remove",
            "key": post.story.digits(),
            "slug": post.slug,
            "place": post.place,
            "id": post.id,
        }))?;
        match ran.code {
            Some(0) => Ok(Removal::Removed),
            Some(CANNOT) => Ok(Removal::CannotRecall(match last_line(&ran.err) {
                said if said.is_empty() => format!("the command of {} cannot take it off", self.name),
                said => said,
            })),
            Some(code) => Err(self.failed(&format!("ended with {code}"), last_line(&ran.err))),
            None => Err(self.failed("was killed", String::new())),
        }
    }

    /// The command's word for it: `remove` ends with 0 only when it is gone.
    fn is_gone(&self, _post: &Post) -> Result<bool, TargetError> {
        Ok(true)
    }
}
