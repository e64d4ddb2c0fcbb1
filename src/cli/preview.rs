//! `preview`: a story as its readers will see it, in the browser or in a file.

use std::fs;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use clap::Args;
use serde_json::json;

use crate::desk::names;
use crate::desk::preview::{Origin, Press, PreviewError, shelf};
use crate::desk::queue::{Queue, Summary};
use crate::desk::revision::own_words;
use crate::desk::{Desk, StoryRepo};
use crate::hands;
use crate::story::StoryId;
use crate::story::step::Story;

use super::global::Global;
use super::report::{Failure, Outcome, Report};
use super::story::warn_of_edits;

#[derive(Debug, Args)]
pub struct Preview {
    /// Its id or the beginning of it, its author, or a path
    #[arg(required_unless_present = "all")]
    pub story: Option<String>,
    /// Every story of the queue, and a page that links them
    #[arg(long, conflicts_with = "story")]
    pub all: bool,
    /// Write it there and open nothing: a folder, or a file that ends in .html
    #[arg(long, value_name = "FILE|DIR")]
    pub out: Option<PathBuf>,
}

pub fn preview(desk: &Desk, global: &Global, args: &Preview, report: &Report) -> Outcome {
    let repo = desk.repo()?;
    let press = Press::load(&desk.config.letters.templates)?;
    if args.all {
        return all(desk, &repo, &press, global, args.out.as_deref(), report);
    }
    let id = names::resolve(desk, &repo, args.story.as_deref().unwrap_or_default())?;
    warn_of_edits(&repo, &id, report);
    let page = one(desk, &repo, &press, &id, None)?;
    let to_pipe = args.out.is_none() && !report.json && !std::io::stdout().is_terminal();
    if to_pipe && !global.dry_run {
        report.bytes(page.as_bytes());
        return Ok(0);
    }
    let file = match &args.out {
        Some(out) => file_for(out, &id)?,
        None if global.dry_run => desk.config.spool_folder().join("preview").join(name_of(&id)),
        None => shelf(desk)?.join(name_of(&id)),
    };
    if !global.dry_run {
        write(&file, page.as_bytes())?;
    }
    finish(&[id], &file, args.out.is_some(), global, report)
}

/// One story shown in the browser from within the review; gives its file, and whether a browser was opened.
pub fn show(desk: &Desk, repo: &StoryRepo, id: &StoryId) -> Result<(PathBuf, bool), Failure> {
    let press = Press::load(&desk.config.letters.templates)?;
    let page = one(desk, repo, &press, id, None)?;
    let file = shelf(desk)?.join(name_of(id));
    write(&file, page.as_bytes())?;
    let opened = open(&file);
    Ok((file, opened))
}

/// The queue: its page and one for each story, in one folder.
fn all(desk: &Desk, repo: &StoryRepo, press: &Press, global: &Global, out: Option<&Path>, report: &Report) -> Outcome {
    let folder = match out {
        Some(out) if out.is_file() => {
            return Err(Failure::usage(
                format!("{} is a file", out.display()),
                "there is a page for each story, and one that links them",
                "name a folder: it is made if it is not there",
            ));
        }
        Some(out) => out.to_owned(),
        None if global.dry_run => desk.config.spool_folder().join("preview"),
        None => shelf(desk)?,
    };
    let queue = Queue::read(desk, repo)?;
    let waits = |s: &Summary| s.state.is_open() || s.correction;
    let mut stories: Vec<(StoryId, Summary, String)> = Vec::new();
    for (id, s) in queue.iter().filter(|(_, s)| waits(s)) {
        match &s.damage {
            Some(why) => report.caution(&format!("{id} is left out: {why}")),
            None => stories.push((id.clone(), s.clone(), name_of(id))),
        }
    }
    stories.sort_by(|a, b| (a.1.received, &a.0).cmp(&(b.1.received, &b.0)));
    let index = folder.join("index.html");
    let ids: Vec<StoryId> = stories.iter().map(|(id, _, _)| id.clone()).collect();
    if !global.dry_run {
        fs::create_dir_all(&folder).map_err(|e| unwritten(&folder, e))?;
        for (id, _, name) in &stories {
            warn_of_edits(repo, id, report);
            write(
                &folder.join(name),
                one(desk, repo, press, id, Some("index.html"))?.as_bytes(),
            )?;
        }
        write(&index, press.queue(desk, &stories)?.as_bytes())?;
    }
    finish(&ids, &index, out.is_some(), global, report)
}

/// One story's page.
fn one(desk: &Desk, repo: &StoryRepo, press: &Press, id: &StoryId, back: Option<&str>) -> Result<String, Failure> {
    let story = desk.story(repo, id)?;
    Ok(press.page(desk, &story, &origin(desk, repo, &story), back)?)
}

fn origin(desk: &Desk, repo: &StoryRepo, story: &Story) -> Origin {
    match repo.private_file(&story.id, "mail-1.eml") {
        Ok(Some(_)) => match own_words(desk, repo, story) {
            Ok(words) => Origin::Mail(words),
            Err(_) => Origin::None("The author's mail cannot be read here, so there is nothing to compare with."),
        },
        Ok(None) if repo.private(&story.id).is_ok_and(|p| p.is_some()) => {
            Origin::None("It was told, not mailed: there is nothing to compare with.")
        }
        _ => Origin::None("The private part is not in this clone, so there is nothing to compare with."),
    }
}

/// `marion-maxwell-3f9a2c41b0.html`
fn name_of(id: &StoryId) -> String {
    format!("{}.html", id.folder())
}

/// The file that `--out` means. Only pages are written over.
fn file_for(out: &Path, id: &StoryId) -> Result<PathBuf, Failure> {
    let page = out
        .extension()
        .is_some_and(|e| e.eq_ignore_ascii_case("html") || e.eq_ignore_ascii_case("htm"));
    if page && !out.is_dir() {
        return Ok(out.to_owned());
    }
    if out.exists() && !out.is_dir() {
        return Err(Failure::usage(
            format!("--out {} is no page", out.display()),
            "it is there, and its name does not end in .html",
            "name a folder, or a file that ends in .html",
        ));
    }
    fs::create_dir_all(out).map_err(|e| unwritten(out, e))?;
    Ok(out.join(name_of(id)))
}

/// Only its owner reads it: it is not published yet.
fn write(file: &Path, page: &[u8]) -> Result<(), Failure> {
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    let mut file_there = options.open(file).map_err(|e| unwritten(file, e))?;
    file_there.write_all(page).map_err(|e| unwritten(file, e))
}

fn unwritten(path: &Path, error: std::io::Error) -> Failure {
    Failure::new(
        "file",
        1,
        format!("{} cannot be written", path.display()),
        error,
        "name another place with --out",
    )
}

fn finish(ids: &[StoryId], file: &Path, asked: bool, global: &Global, report: &Report) -> Outcome {
    if report.json {
        report.object(&json!({"file": file, "stories": ids, "dry_run": global.dry_run}));
    } else if global.dry_run {
        report.line(&format!("Would write {}", file.display()));
    } else {
        report.line(&file.display().to_string());
        if !asked && std::io::stdout().is_terminal() && !open(file) {
            report.remark("No browser could be opened (BROWSER, xdg-open): open that file yourself, or write it elsewhere with --out.");
        }
    }
    Ok(0)
}

/// Opens a page in the person's browser: those that `$BROWSER` names, else what the system opens pages with.
fn open(file: &Path) -> bool {
    let file = fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
    let named = crate::config::environment("BROWSER").unwrap_or_default();
    let named = named
        .split(':')
        .filter_map(shlex::split)
        .filter(|words| !words.is_empty());
    let usual = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    named.chain([vec![usual.to_owned()]]).any(|words| start(&words, &file))
}

/// `%s` stands for the page; else it comes last.
fn start(words: &[String], file: &Path) -> bool {
    let mut command = hands::program(&words[0]);
    for word in &words[1..] {
        match word.as_str() {
            "%s" => command.arg(file),
            word => command.arg(word),
        };
    }
    if !words[1..].iter().any(|w| w == "%s") {
        command.arg(file);
    }
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let Ok(mut child) = command.spawn() else { return false };
    // a browser stays; what opens one ends, and says at once whether it could
    for _ in 0..20 {
        match child.try_wait() {
            Ok(Some(status)) => return status.success(),
            Ok(None) => std::thread::sleep(std::time::Duration::from_millis(50)),
            Err(_) => return false,
        }
    }
    true
}

impl From<PreviewError> for Failure {
    fn from(error: PreviewError) -> Failure {
        let why = match &error {
            PreviewError::Unreadable { source, .. } => source.to_string(),
            PreviewError::Template { .. } => String::new(),
        };
        let hint = "correct the template, or take it out of the folder: then the built-in one is used";
        Failure::new("template", 1, &error, why, hint)
    }
}
