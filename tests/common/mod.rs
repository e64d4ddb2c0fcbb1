//! A house to test in: a folder of its own with a config, a home, a git identity and nothing from outside.

#![allow(dead_code, reason = "every test file uses its own part of the house")]

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

pub const BINARY: &str = env!("CARGO_BIN_EXE_m4c-stories");

/// One inbox (`mail.mbox`), letters and posts to folders, consent not asked for: what most tests want.
pub const CONFIG: &str = r#"
[[inbox]]
name = "test"
kind = "mbox"
path = "mail.mbox"

[review]
own_text = true
consent = "optional"

[spool]
path = ".desk"

[outbox]
kind = "folder"
path = "letters"

[letters]
max_age = "36500d"

[[target]]
name = "site"
kind = "folder"
path = "site/content/stories"
engine = "hugo"
"#;

pub struct TestHouse {
    folder: tempfile::TempDir,
}

impl Default for TestHouse {
    fn default() -> Self {
        TestHouse::new()
    }
}

impl TestHouse {
    /// With [`CONFIG`] and an empty inbox.
    pub fn new() -> TestHouse {
        TestHouse::with_config(CONFIG)
    }

    pub fn with_config(config: &str) -> TestHouse {
        let house = TestHouse {
            folder: tempfile::tempdir().expect("a temporary folder"),
        };
        house.write("config.toml", config);
        house.write("mail.mbox", "");
        house.sign_in("Robin Reviewer", "robin@example.org");
        house
    }

    /// With the shipped config.toml and its sample inbox, as after `git clone`.
    pub fn fresh_clone() -> TestHouse {
        let project = Path::new(env!("CARGO_MANIFEST_DIR"));
        let house = TestHouse::with_config(&fs::read_to_string(project.join("config.toml")).expect("config.toml"));
        house.write(
            "samples/inbox.mbox",
            fs::read(project.join("samples/inbox.mbox")).expect("the samples"),
        );
        house.write(
            "stories/README.md",
            fs::read(project.join("stories/README.md")).expect("stories/README.md"),
        );
        house
    }

    /// Another house that stands as this one does now.
    pub fn copied(&self) -> TestHouse {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let from = self.folder.path().join(".");
        let copied = Command::new("cp").arg("-a").args([&from, folder.path()]).status();
        assert!(copied.is_ok_and(|status| status.success()), "cp -a");
        TestHouse { folder }
    }

    /// From now on this person sits at the desk.
    pub fn sign_in(&self, name: &str, address: &str) {
        self.write(
            "home/.gitconfig",
            format!("[user]\n\tname = {name}\n\temail = {address}\n[safe]\n\tdirectory = *\n"),
        );
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a file is in a folder")).expect("a folder");
        fs::write(&path, text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    }

    pub fn read(&self, name: &str) -> String {
        let path = self.path(name);
        fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
    }

    /// Every file below `name`, sorted, relative to it; `.git` left out.
    pub fn files(&self, name: &str) -> Vec<String> {
        let top = self.path(name);
        let mut found = Vec::new();
        let mut folders = vec![top.clone()];
        while let Some(folder) = folders.pop() {
            let Ok(entries) = fs::read_dir(&folder) else { continue };
            for entry in entries.map(|e| e.expect("an entry").path()) {
                if entry.is_dir() && !entry.ends_with(".git") {
                    folders.push(entry);
                } else if entry.is_file() {
                    let relative = entry.strip_prefix(&top).expect("it is below");
                    found.push(relative.to_string_lossy().into_owned());
                }
            }
        }
        found.sort();
        found
    }

    /// Any program in this house: its folder, its home, a cleared environment.
    pub fn command(&self, program: &str) -> Command {
        // a copy that no build in the meantime replaces: what `scripts/sync-test --binary` names
        let copy = std::env::var("M4C_TEST_BINARY").unwrap_or_else(|_| BINARY.to_owned());
        let mut command = Command::new(if program == BINARY { &copy } else { program });
        let binaries = Path::new(&copy).parent().expect("the binary is in a folder");
        let path = std::env::var("PATH").unwrap_or_default();
        command
            .current_dir(self.folder.path())
            .env_clear()
            .env("PATH", format!("{}:{path}", binaries.display()))
            .env("HOME", self.path("home"))
            .env("TZ", "UTC")
            .env("LC_ALL", "C.UTF-8")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .stdin(Stdio::null());
        command
    }

    /// Runs `m4c-stories` without a terminal.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        Ran::of(self.command(BINARY).args(arguments), arguments, None)
    }

    pub fn run_with_stdin(&self, arguments: &[&str], stdin: impl AsRef<[u8]>) -> Ran {
        Ran::of(self.command(BINARY).args(arguments), arguments, Some(stdin.as_ref()))
    }

    /// `m4c-stories` under strace, which does what `told` says (what it traces, where it writes to, what it injects) with every
    /// thread and child; the program's own arguments come after. See [`traces`].
    pub fn under_strace(&self, told: &[&str]) -> Command {
        let mut command = self.command("strace");
        command.args(["-f", "-qq"]).args(told).arg(BINARY);
        command
    }

    /// Runs git in the content repository, gives what it prints, without the last line end.
    pub fn git(&self, arguments: &[&str]) -> String {
        self.git_in("stories", arguments)
    }

    pub fn git_in(&self, folder: &str, arguments: &[&str]) -> String {
        let ran = Ran::of(
            self.command("git").current_dir(self.path(folder)).args(arguments),
            arguments,
            None,
        );
        ran.exits(0).stdout.trim_end_matches('\n').to_owned()
    }

    /// Bytes that git prints in the content repository, given something to read.
    pub fn run_git_with_stdin(&self, arguments: &[&str], stdin: &str) -> Vec<u8> {
        let mut input = tempfile::tempfile().expect("a temporary file");
        std::io::Write::write_all(&mut input, stdin.as_bytes()).expect("room");
        std::io::Seek::rewind(&mut input).expect("a file");
        let mut command = self.command("git");
        command.current_dir(self.path("stories")).args(arguments).stdin(input);
        let done = command.output().expect("git runs");
        assert!(done.status.success(), "{arguments:?}");
        done.stdout
    }

    /// Every object of the repository in this folder, reachable or not, one after the other.
    pub fn objects(&self, folder: &str) -> Vec<u8> {
        let mut command = self.command("git");
        command.current_dir(self.path(folder));
        command.args(["cat-file", "--batch-all-objects", "--batch", "--unordered"]);
        let done = command.output().expect("git runs");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        done.stdout
    }

    /// Puts mails into the inbox, behind those that are there.
    pub fn arrive(&self, mails: &[String]) {
        let mut mbox = fs::read(self.path("mail.mbox")).unwrap_or_default();
        mbox.extend(mbox_of(mails).into_bytes());
        self.write("mail.mbox", mbox);
    }

    /// Takes in one mail from standard input and gives the id of its story.
    pub fn story(&self, mail: &str) -> String {
        let ran = self.run_with_stdin(&["fetch", "--json", "-"], mail);
        let lines = ran.exits(0).json_lines();
        lines[0]["story"]
            .as_str()
            .unwrap_or_else(|| panic!("no story: {lines:?}"))
            .to_owned()
    }

    /// Changes words of a story in its file, as a person with an editor does, and commits that.
    pub fn edit_by_hand(&self, story: &str, words: &str, new: &str) {
        let id = self.show(story)["id"].as_str().expect("an id").to_owned();
        let page = format!("stories/{id}/index.md");
        let before = self.read(&page);
        let after = before.replace(words, new);
        assert_ne!(before, after, "{words:?} is not in {page}");
        self.write(&page, after);
        self.run(&["edit", story, "--take"]).exits(0);
    }

    /// `m4c-stories show --json`.
    pub fn show(&self, story: &str) -> Value {
        self.run(&["show", "--json", story]).exits(0).json()
    }

    /// The events of a story's record.
    pub fn events(&self, story: &str) -> Vec<Value> {
        self.show(story)["events"].as_array().expect("events").clone()
    }

    /// The kind of each.
    pub fn kinds(&self, story: &str) -> Vec<String> {
        let kind = |event: &Value| event["event"].as_str().expect("a kind").to_owned();
        self.events(story).iter().map(kind).collect()
    }

    pub fn state(&self, story: &str) -> String {
        self.show(story)["state"]
            .as_str()
            .expect("a story has a state")
            .to_owned()
    }

    /// Both repositories are whole: no dangling half of anything, no lock left.
    pub fn fsck(&self) {
        let ran = Ran::of(
            self.command("git")
                .current_dir(self.path("stories"))
                .args(["fsck", "--strict", "--no-dangling"]),
            &["fsck"],
            None,
        );
        let said = ran
            .exits(0)
            .stderr
            .lines()
            .filter(|l| l.starts_with("error") || l.starts_with("warning"))
            .count();
        assert_eq!(said, 0, "{}", ran.stderr);
    }
}

/// What a program did.
#[derive(Debug)]
pub struct Ran {
    pub command: String,
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    /// Runs any command to its end.
    pub fn of(command: &mut Command, arguments: &[&str], stdin: Option<&[u8]>) -> Ran {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        if stdin.is_some() {
            command.stdin(Stdio::piped());
        }
        let mut child = command.spawn().unwrap_or_else(|e| panic!("{arguments:?}: {e}"));
        let input = stdin.map(<[u8]>::to_vec);
        let pipe = child.stdin.take();
        // From a thread, so that neither side waits for the other; a program may stop reading early.
        let feeder = std::thread::spawn(move || {
            if let (Some(mut pipe), Some(input)) = (pipe, input) {
                let _ = pipe.write_all(&input);
            }
        });
        let output = child.wait_with_output().expect("it ends");
        feeder.join().expect("it was fed");
        Ran {
            command: arguments.join(" "),
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).expect("output is UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("messages are UTF-8"),
        }
    }

    /// Fails, with everything it said, unless it ended with this code.
    #[track_caller]
    pub fn exits(&self, code: i32) -> &Ran {
        assert_eq!(
            self.code, code,
            "{}\nstdout:\n{}\nstderr:\n{}",
            self.command, self.stdout, self.stderr
        );
        self
    }

    /// stdout as one JSON value.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|e| panic!("{}: {e}\n{}", self.command, self.stdout))
    }

    /// stdout as one JSON value a line.
    #[track_caller]
    pub fn json_lines(&self) -> Vec<Value> {
        let read = |line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{}: {e}\n{line}", self.command));
        self.stdout.lines().map(read).collect()
    }

    /// The `error` object that `--json` puts on stderr.
    #[track_caller]
    pub fn error(&self) -> Value {
        let line = self.stderr.lines().rfind(|line| line.starts_with('{'));
        let line = line.unwrap_or_else(|| panic!("{}: no error object\n{}", self.command, self.stderr));
        serde_json::from_str::<Value>(line).expect("JSON")["error"].take()
    }
}

/// A plain mail to the blog. The Message-ID is taken from the subject.
pub fn mail(from: &str, date: &str, subject: &str, text: &str) -> String {
    let id: String = subject.chars().filter(char::is_ascii_alphanumeric).collect();
    format!(
        "From: {from}\nTo: stories@example.org\nDate: {date}\nSubject: {subject}\nMessage-ID: <{id}@example.org>\n\
         MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n{text}\n"
    )
}

/// What [`marion`] tells.
pub const MARIONS_WORDS: &str = "I clean at the hospital, on nights, and so do about ninety others. I asked each of them one question.\n\n\
     In November the trust agreed that the next contract will pay the living wage.\n\nMarion";

/// A story that most tests can use: sent by Marion Maxwell in December 2010.
pub fn marion() -> String {
    mail(
        "Marion Maxwell <marion@example.org>",
        "Sat, 4 Dec 2010 10:12:31 +0000",
        "Tea with ninety cleaners",
        MARIONS_WORDS,
    )
}

/// A story by somebody else, from the same day.
pub fn kelly() -> String {
    mail(
        "Kelly Brennan <kelly@example.net>",
        "Sat, 4 Dec 2010 11:00:00 +0000",
        "The bus stops",
        "We asked the council for a bus stop, forty of us, and in March they put one up.\n\nKelly",
    )
}

/// An automatic reply by Kelly, which names Marion.
pub fn kelly_names_marion(text: &str) -> String {
    mail(
        "Kelly Brennan <kelly@example.net>",
        "Wed, 5 Jan 2011 10:00:00 +0000",
        "Automatic reply: who was there",
        text,
    )
    .replace(
        "MIME-Version",
        "Cc: marion@example.org\nAuto-Submitted: auto-replied\nMIME-Version",
    )
}

/// As a mail has an attachment: base64 in lines of 76 letters.
pub fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    let encoded = base64::engine::general_purpose::STANDARD.encode(bytes);
    let lines: Vec<&str> = (0..encoded.len())
        .step_by(76)
        .map(|at| &encoded[at..encoded.len().min(at + 76)])
        .collect();
    lines.join("\n")
}

/// A reply to [`marion`], the day after.
pub fn reply_to_marion(from: &str, subject: &str, text: &str) -> String {
    let id = format!("reply-{}", text.len());
    mail(from, "Sun, 5 Dec 2010 09:00:00 +0000", subject, text)
        .replacen(
            "MIME-Version",
            "In-Reply-To: <Teawithninetycleaners@example.org>\nMIME-Version",
            1,
        )
        .replacen("Message-ID: <", &format!("Message-ID: <{id}-"), 1)
}

/// Marion's mail once more, corrected: about sixty others.
pub fn marion_corrected() -> String {
    let text = MARIONS_WORDS.replace("ninety others", "sixty others");
    reply_to_marion(
        "Marion Maxwell <marion@example.org>",
        "Re: Tea with ninety cleaners",
        &format!("Hi Cath,\n\nsorry, here is a corrected version:\n\n{text}"),
    )
}

/// As an mbox file (mboxrd: a body line that begins with `From ` is quoted).
pub fn mbox_of(mails: &[String]) -> String {
    let mut out = String::new();
    for mail in mails {
        out.push_str("From sender@example.org Sat Dec  4 10:12:31 2010\n");
        for line in mail.lines() {
            let quote = if line.trim_start_matches('>').starts_with("From ") {
                ">"
            } else {
                ""
            };
            writeln!(out, "{quote}{line}").expect("a string takes all");
        }
        out.push('\n');
    }
    out
}

/// Whether a tool that a test needs is there. Where it must be (`CI=true`) its absence fails; else the test says that it skips.
pub fn have(tool: &str) -> bool {
    let there = Command::new("sh")
        .args(["-c", &format!("command -v {tool}")])
        .output()
        .is_ok_and(|o| o.status.success());
    if !there {
        assert_ne!(
            std::env::var("CI").as_deref(),
            Ok("true"),
            "{tool} is not installed, and CI=true"
        );
        eprintln!("skipped: {tool} is not installed");
    }
    there
}

/// Whether strace is there and may trace: in some containers it may not.
pub fn traces() -> bool {
    if !have("strace") {
        return false;
    }
    let traces = Command::new("strace")
        .args(["-o", "/dev/null", "true"])
        .status()
        .is_ok_and(|s| s.success());
    if !traces {
        assert_ne!(
            std::env::var("CI").as_deref(),
            Ok("true"),
            "strace may not trace here, and CI=true"
        );
        eprintln!("skipped: strace may not trace here");
    }
    traces
}
