//! Who may import whom: reads the paths in `src/` and names the door to use instead.
//!
//! ```text
//! main -> cli -> desk -> { inbox  spool  repo  outbox  target  mail  media } -> story -> nothing of ours
//! ```
//!
//! Tests inside `src/` (`#[cfg(test)]`) are free: they build what they need.

use std::fs;
use std::path::{Path, PathBuf};

#[path = "house/source.rs"]
mod source;

use source::{Source, begins, module_of, test_modules};

const DOORS: [&str; 7] = ["inbox", "spool", "repo", "outbox", "target", "mail", "media"];

/// A thing that only some places may name.
struct Rule {
    /// The path begins with this (a crate, a module, a function or a macro with its `!`).
    path: &'static str,
    /// Modules (`mail`, `mail::write`) that may name it, and all below them.
    only: &'static [&'static str],
    instead: &'static str,
}

const RULES: &[Rule] = &[
    Rule {
        path: "git2",
        only: &["repo"],
        instead: "only repo knows git: ask for it there",
    },
    Rule {
        path: "io_imap",
        only: &["inbox::imap"],
        instead: "only inbox::imap speaks IMAP: use the trait Inbox",
    },
    Rule {
        path: "mail_parser",
        only: &["mail"],
        instead: "only mail knows MIME: take a Submission",
    },
    Rule {
        path: "lettre",
        only: &["outbox", "mail::write"],
        instead: "write letters in mail::write, send them by outbox",
    },
    Rule {
        path: "ureq",
        only: &["target"],
        instead: "only target speaks HTTP",
    },
    Rule {
        path: "indicatif",
        only: &["cli::progress"],
        instead: "report progress to a callback; cli::progress draws it",
    },
    Rule {
        path: "clap",
        only: &["cli"],
        instead: "arguments are parsed in cli: take a value",
    },
    Rule {
        path: "clap_complete",
        only: &["cli"],
        instead: "completions are written in cli",
    },
    Rule {
        path: "clap_mangen",
        only: &["cli"],
        instead: "man pages are written in cli",
    },
    Rule {
        path: "ratatui_core",
        only: &["cli::review"],
        instead: "only the review has a screen: say it in lines by cli::report",
    },
    Rule {
        path: "ratatui_crossterm",
        only: &["cli::review"],
        instead: "only the review takes the terminal over",
    },
    Rule {
        path: "signal_hook",
        only: &["cli::editor", "cli::review::screen", "cli::watch"],
        instead: "a signal ends the run; what was begun is taken up by the next",
    },
    Rule {
        path: "anstream",
        only: &["cli"],
        instead: "only cli prints: return a value",
    },
    Rule {
        path: "image",
        only: &["media"],
        instead: "only media decodes images: use media::clean",
    },
    Rule {
        path: "moxcms",
        only: &["media"],
        instead: "only media knows colours: use media::clean",
    },
    Rule {
        path: "exif",
        only: &["media"],
        instead: "only media reads EXIF: use media::clean",
    },
    Rule {
        path: "std::thread::spawn",
        only: &[],
        instead: "it panics where the system gives no thread: crate::hands",
    },
    Rule {
        path: "std::thread::Builder",
        only: &["hands"],
        instead: "hands begins threads, and says what is done without one",
    },
    Rule {
        path: "std::process::Command::new",
        only: &["hands"],
        instead: "what is started there sees our passwords: crate::hands::program",
    },
    Rule {
        path: "std::env::var",
        only: &["config"],
        instead: "config reads the environment: add it to Config",
    },
    Rule {
        path: "std::env::var_os",
        only: &["config"],
        instead: "config reads the environment: add it to Config",
    },
    Rule {
        path: "std::env::vars",
        only: &["config"],
        instead: "config reads the environment: add it to Config",
    },
    Rule {
        path: "std::env::vars_os",
        only: &["config", "hands"],
        instead: "config reads the environment: add it to Config",
    },
    Rule {
        path: "println!",
        only: &["cli"],
        instead: "only cli prints: return a value",
    },
    Rule {
        path: "print!",
        only: &["cli"],
        instead: "only cli prints: return a value",
    },
    Rule {
        path: "eprintln!",
        only: &["cli"],
        instead: "only cli prints: return a value",
    },
    Rule {
        path: "eprint!",
        only: &["cli"],
        instead: "only cli prints: return a value",
    },
    Rule {
        path: "std::io::stdout",
        only: &["cli"],
        instead: "only cli prints: return a value",
    },
    Rule {
        path: "std::io::stderr",
        only: &["cli"],
        instead: "only cli prints: return a value",
    },
    Rule {
        path: "std::process::exit",
        only: &["main"],
        instead: "return an exit code to main",
    },
    Rule {
        path: "jiff::Timestamp::now",
        only: &["cli", "main"],
        instead: "take `now` as an argument",
    },
    Rule {
        path: "jiff::Zoned::now",
        only: &["cli", "main"],
        instead: "take `now` as an argument",
    },
    Rule {
        path: "crate::spool::Spool::sworn_by_pack",
        only: &["desk"],
        instead: "only desk knows that these bytes are still in the content repository",
    },
    Rule {
        path: "crate::story::submission::Kept::sworn",
        only: &["spool", "repo::batch"],
        instead: "only the spool and a synced batch swear that a mail is kept: Spool::keep, Batch::kept",
    },
];

/// What the core never names, beside every crate that belongs to a door.
const NOT_IN_STORY: &[&str] = &[
    "std::fs",
    "std::net",
    "std::env",
    "std::process",
    "std::thread",
    "std::time::SystemTime",
    "std::time::Instant",
    "tempfile",
    "rustix",
    "getrandom",
];

fn violations(source: &Source) -> Vec<String> {
    let room = source.module.first().map_or("", String::as_str);
    let here = source.module.join("::");
    let mut found = Vec::new();
    let mut refuse = |path: &str, why: String| found.push(format!("src: {here} names {path}: {why}"));
    for path in &source.paths {
        for rule in RULES {
            let allowed = rule.only.iter().any(|place| begins(&here, place));
            if begins(path, rule.path) && !allowed {
                refuse(path, rule.instead.to_owned());
            }
        }
        if room == "story" && NOT_IN_STORY.iter().any(|no| begins(path, no)) {
            refuse(
                path,
                "story is values and functions: take what it gives as an argument, or do it in desk".to_owned(),
            );
        }
        let Some(other) = path.strip_prefix("crate::").and_then(|p| p.split("::").next()) else {
            continue;
        };
        let is_door = |name: &str| DOORS.contains(&name);
        let why = match room {
            _ if other == room => continue,
            // a tool, and no room
            _ if other == "hands" && room != "story" => continue,
            "hands" => "hands imports nothing of ours".to_owned(),
            "story" => "story imports nothing of ours".to_owned(),
            door if is_door(door) && other == "story" => continue,
            door if is_door(door) && is_door(other) => {
                format!(
                    "doors never import each other: let desk bring {door} and {other} together, or move the shared value to story"
                )
            }
            door if is_door(door) => {
                format!("a door imports only story: take the values that {door} needs as arguments")
            }
            "config" if other != "story" => "config imports only story".to_owned(),
            "desk" if other == "cli" => "desk never talks to the user: return an outcome that cli prints".to_owned(),
            // What desk hands over is shown; the door itself stays closed.
            "cli" if is_door(other) && does(path) => format!("cli asks desk, and desk opens the {other} door"),
            _ => continue,
        };
        refuse(path, why);
    }
    found
}

/// A function or a method is named, not a type or a variant.
fn does(path: &str) -> bool {
    let last = path.rsplit("::").next().unwrap_or_default();
    path.split("::").count() > 2 && last.starts_with(|c: char| c.is_ascii_lowercase())
}

fn rust_files(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, out);
        } else if path.extension().is_some_and(|e| e == "rs") {
            out.push(path);
        }
    }
}

#[test]
fn everyone_keeps_to_their_room() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&root, &mut files);
    assert!(files.len() > 15, "the house is there");
    let read = |file: &PathBuf| {
        let module = module_of(file.strip_prefix(&root).unwrap());
        (module, fs::read_to_string(file).unwrap())
    };
    let house: Vec<(Vec<String>, String)> = files.iter().map(read).collect();
    let tests: Vec<Vec<String>> = house
        .iter()
        .flat_map(|(module, text)| test_modules(module, text))
        .collect();
    let mut found = Vec::new();
    for (module, text) in house {
        if !tests.iter().any(|test| module.starts_with(test)) {
            found.extend(violations(&Source::read(module, &text)));
        }
    }
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

fn check(module: &str, code: &str) -> Vec<String> {
    violations(&Source::read(module.split("::").map(str::to_owned).collect(), code))
}

#[test]
fn a_planted_violation_is_found_and_told_where_to_go() {
    for (module, code, told) in [
        (
            "inbox::mbox",
            "use crate::spool::Spool;",
            "let desk bring inbox and spool together",
        ),
        (
            "inbox::mbox",
            "use super::super::repo;",
            "let desk bring inbox and repo together",
        ),
        (
            "mail::read",
            "fn f() { crate::media::clean(b) }",
            "let desk bring mail and media together",
        ),
        ("outbox", "use crate::config::Config;", "a door imports only story"),
        (
            "outbox",
            "use crate::{story::Mailbox, desk::fetch};",
            "a door imports only story",
        ),
        ("story::state", "use crate::desk;", "story imports nothing of ours"),
        ("story::state", "use std::fs;", "story is values and functions"),
        (
            "story::state",
            "use std::{collections::HashMap, process::Command};",
            "story is values and functions",
        ),
        (
            "story::state",
            "fn f() { let t = std::time::Instant::now(); }",
            "story is values and functions",
        ),
        (
            "story::state",
            "use jiff::Timestamp; fn f() { let n = Timestamp::now(); }",
            "take `now` as an argument",
        ),
        (
            "desk::fetch",
            "use jiff::{Timestamp as T}; fn f() { T::now(); }",
            "take `now` as an argument",
        ),
        ("desk::fetch", "use git2::Repository;", "only repo knows git"),
        ("desk::fetch", "fn f() { println!(\"x\"); }", "only cli prints"),
        ("desk::fetch", "fn f() { std::eprintln!(\"x\"); }", "only cli prints"),
        (
            "repo::commit",
            "use std::io; fn f() { io::stderr(); }",
            "only cli prints",
        ),
        (
            "desk::edit",
            "use std::env; fn f() { env::var(\"EDITOR\"); }",
            "config reads the environment",
        ),
        (
            "desk::fetch",
            "use std::thread; fn f() { thread::spawn(g); }",
            "where the system gives no thread",
        ),
        (
            "desk::convert",
            "use std::process::Command; fn f() { Command::new(\"x\"); }",
            "hands::program",
        ),
        ("story::cut", "use crate::hands;", "story imports nothing of ours"),
        ("inbox::maildir", "use io_imap::client;", "only inbox::imap speaks IMAP"),
        (
            "inbox::files",
            "use mail_parser::MessageParser;",
            "only mail knows MIME",
        ),
        ("mail::read", "use lettre::Message;", "write letters in mail::write"),
        ("cli::fetch", "use indicatif::ProgressBar;", "cli::progress draws it"),
        (
            "desk::fetch",
            "use crate::story::submission::Kept; fn f() { Kept::sworn(b); }",
            "Spool::keep",
        ),
        (
            "mail::read",
            "fn f() { crate::story::submission::Kept::sworn(b); }",
            "Spool::keep",
        ),
        (
            "desk::fetch",
            "use crate::cli::report;",
            "return an outcome that cli prints",
        ),
        (
            "cli::fetch",
            "use crate::repo::StoryRepo; fn f() { StoryRepo::open(p); }",
            "cli asks desk",
        ),
        (
            "cli::fetch",
            "use crate::mail; fn f() { mail::read(b); }",
            "cli asks desk",
        ),
        (
            "main",
            "fn f() { m4c_stories::spool::Spool::sworn_by_pack(b); }",
            "still in the content repository",
        ),
        ("cli", "fn f() { std::process::exit(1) }", "return an exit code to main"),
        (
            "desk::fetch",
            "#[cfg(test)] mod tests { fn f() { x; } } use git2::Oid;",
            "only repo knows git",
        ),
    ] {
        let found = check(module, code);
        assert_eq!(found.len(), 1, "{module}: {code}: {found:?}");
        assert!(found[0].contains(told), "{found:?}");
    }
}

#[test]
fn what_is_allowed_or_only_said_is_no_violation() {
    for (module, code) in [
        (
            "inbox::mbox",
            "use crate::story::submission::Kept; use super::Ticket; use self::inner::X;",
        ),
        ("inbox::imap::tls", "use io_imap::client;"),
        (
            "repo::pack",
            "use crate::hands; use std::thread; fn f() { thread::scope(g); }",
        ),
        ("inbox", "fn f() { std::io::stdin(); }"),
        (
            "spool",
            "use crate::story::submission::Kept; fn f() { Kept::sworn(b); }",
        ),
        ("repo::commit", "use git2::{Repository, Oid as Id};"),
        ("repo::commit", "use std::io; fn f() { io::stdin(); }"),
        ("mail::write", "use lettre::Message;"),
        ("cli::progress", "use indicatif::ProgressBar;"),
        (
            "cli::report",
            "use crate::desk::Outcome; fn f() { println!(); jiff::Timestamp::now(); }",
        ),
        (
            "main",
            "use m4c_stories::cli; fn main() { std::process::exit(cli::run()) }",
        ),
        (
            "desk::fetch",
            "use crate::{inbox, spool::Spool, story}; use std::process::Command;",
        ),
        (
            "story::cut",
            "// git2 and std::fs\nconst A: &str = \"std::fs::read println!\"; /* use git2; */",
        ),
        (
            "story::cut",
            "const A: &str = r#\"use std::fs; \" println!()\"#; fn f<'a>(x: &'a str) -> char { '\"' }",
        ),
        (
            "story::cut",
            "fn f() {} #[cfg(test)] mod tests { use std::fs; fn g() { println!(\"}\"); } }",
        ),
        (
            "story::cut",
            "fn f(print: bool, image: u8) -> bool { print != (image == 2) }",
        ),
        (
            "story::cut",
            "use jiff::Timestamp; fn f(now: Timestamp) -> Timestamp { now }",
        ),
    ] {
        assert_eq!(check(module, code), Vec::<String>::new(), "{module}: {code}");
    }
}
