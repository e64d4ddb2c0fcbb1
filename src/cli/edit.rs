//! Changes of the text: `edit`, `restore`, `new`; and the editor.

use std::fmt;
use std::io::{BufRead, IsTerminal, Read, Write};
use std::path::Path;
use std::process::Command;

use crate::desk::edit::{self, Flags};
use crate::desk::names::resolve;
use crate::desk::told::{self, Told};
use crate::desk::typed::{self, Purpose, Waiting, Words};
use crate::desk::{Desk, Trouble};
use crate::story::StoryId;
use crate::story::page::INDEX;
use crate::story::policy::Task;
use crate::story::wording::word_diff;

use super::args::{Edit, Global, New};
use super::decide::show_change;
use super::report::{Failure, Outcome, Report};
use super::tell;

pub fn edit(desk: &Desk, global: &Global, args: &Edit, report: &Report) -> Outcome {
    let repo = desk.repo()?;
    let clerk = desk.clerk(&repo, Task::Edit)?;
    let id = resolve(desk, &repo, &args.story)?;
    let flags = flags(args)?;
    let note = args.message.as_deref().unwrap_or_default();
    let story = desk.story(&repo, &id)?;
    if args.take && !flags.is_empty() {
        return Err(Failure::usage(
            "--take stands alone",
            "it commits what is in the folder",
            "take the edit first, then change more",
        ));
    }
    let tip = repo.tip().map_err(Trouble::from)?;
    let by_hand = repo.uncommitted(&tip, &id).map_err(Trouble::from)?;
    if !args.take && !by_hand.is_empty() {
        return Err(Trouble::ByHand { id, files: by_hand }.into());
    }
    let mut before = None;
    let index = if args.take {
        if by_hand.is_empty() {
            let object = serde_json::json!({"id": id, "state": story.state(&desk.policy), "title": story.title(), "text_hash": story.text, "changed": false});
            report.answer(&format!("There is no edit to take: {}", story.title()), &object);
            return Ok(0);
        }
        take(&repo, &id, &by_hand)?
    } else if flags.is_empty() {
        if global.no_input || !std::io::stdin().is_terminal() && crate::config::editor().is_none() {
            return Err(Failure::usage(
                "there is nothing to edit with",
                "no terminal, and no flag says what to change",
                "use --title, --author, --tag, --alt ... or set EDITOR",
            ));
        }
        edit::may(&story, &desk.policy, &clerk).map_err(Trouble::from)?;
        before = go_on(desk, global, &id, Purpose::Page)?;
        let (page, both) = match &before {
            Some(before) => before.page(&story),
            None => (story.files[INDEX].clone(), false),
        };
        if both {
            report.caution("the text was edited since, at the same place: what stands there now and what you wrote stand between marks");
        }
        in_editor(&page, ".md")?
    } else {
        edit::apply(&story, &flags).map_err(Trouble::from)?.render()
    };
    if global.dry_run {
        let change = edit::edit(&story, &desk.policy, &clerk, &index, args.minor, note).map_err(Trouble::from)?;
        show_change(report, &story, change.as_ref());
        return Ok(0);
    }
    let read = story.text;
    let take = || {
        let _lock = desk.spool()?;
        desk.step(&repo, &id, false, |now| {
            // what was edited is the text that was read: words that came in meanwhile are not overwritten
            if flags.is_empty() && now.text != read {
                return Err(edit::moved(now));
            }
            let index = if flags.is_empty() {
                index.clone()
            } else {
                edit::apply(now, &flags)?.render()
            };
            edit::edit(now, &desk.policy, &clerk, &index, args.minor, note)
        })
    };
    let taken = match take() {
        // nobody types it twice, whatever stood in the way
        Err(trouble) if flags.is_empty() && !args.take => {
            let words = Words::page(&story, &index).instead_of(before.as_ref());
            return Err(kept(desk, trouble.into(), &words));
        }
        taken => taken?,
    };
    before.iter().for_each(|before| typed::forget(desk, before));
    tell(report, "Edited", "Nothing changed", &taken, desk);
    for (file, _) in flags.alt.iter().filter(|(_, words)| words.trim().is_empty()) {
        let folder = id.folder();
        report.remark(&format!(
            "{file} has no description now: who cannot see it learns nothing of it. Where it only decorates, \
             `check {folder} --waive alt -m \"why\"` lets that stand."
        ));
    }
    if args.minor && taken.changed && !report.json {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        report.line("");
        let words = word_diff(&text(&story.files[INDEX]), &text(&taken.story.files[INDEX]));
        words.trim_matches('\n').lines().for_each(|line| report.line(line));
    }
    Ok(0)
}

/// The bytes of a hand edit of index.md.
fn take(repo: &crate::desk::StoryRepo, id: &crate::story::StoryId, files: &[String]) -> Result<Vec<u8>, Failure> {
    if files != [INDEX] {
        return Err(Failure::new(
            "story.edited_by_hand",
            6,
            "only an edit of index.md can be taken",
            format!("changed: {}", files.join(", ")),
            "put the other files back with `git checkout`; photos go through the tool",
        ));
    }
    let tip = repo.tip().map_err(Trouble::from)?;
    let mut taken = repo.take(&tip, id).map_err(Trouble::from)?;
    taken.remove(INDEX).flatten().ok_or_else(|| {
        Failure::new(
            "story.edited_by_hand",
            6,
            "index.md was deleted by hand",
            "",
            "put it back with `git checkout`",
        )
    })
}

fn flags(args: &Edit) -> Result<Flags, Failure> {
    let pair = |text: &String| match text.split_once('=') {
        Some((file, words)) => Ok((file.to_owned(), words.to_owned())),
        None => Err(Failure::usage(
            format!("--alt {text:?} names no photo"),
            "",
            "write --alt 'photo-1.jpg=what it shows'",
        )),
    };
    Ok(Flags {
        title: args.title.clone(),
        author: args.author.clone(),
        subtitle: args.subtitle.clone(),
        place: args.place.clone(),
        description: args.description.clone(),
        tags: args.tag.clone(),
        alt: args.alt.iter().map(pair).collect::<Result<_, _>>()?,
    })
}

pub fn restore(desk: &Desk, global: &Global, story: &str, number: Option<u32>, report: &Report) -> Outcome {
    let repo = desk.repo()?;
    let clerk = desk.clerk(&repo, Task::Edit)?;
    let id = resolve(desk, &repo, story)?;
    let pieces = edit::pieces(&repo, &id)?;
    let chosen: Vec<_> = pieces.iter().filter(|p| number.is_none_or(|n| p.n == n)).collect();
    if chosen.is_empty() {
        let many = pieces.len();
        return Err(Failure::new(
            "story.no_such_cut",
            3,
            "there is no such piece",
            format!("{many} pieces were cut from this mail"),
            "`show STORY --cut` lists them",
        ));
    }
    if global.dry_run {
        let story = desk.story(&repo, &id)?;
        let change = edit::restore(&story, &desk.policy, &clerk, &chosen).map_err(Trouble::from)?;
        show_change(report, &story, change.as_ref());
        return Ok(0);
    }
    let _lock = desk.spool()?;
    let taken = desk.step(&repo, &id, true, |story| {
        edit::restore(story, &desk.policy, &clerk, &chosen)
    })?;
    tell(report, "Put back", "It is in the text already", &taken, desk);
    Ok(0)
}

pub fn new(desk: &Desk, global: &Global, args: &New, report: &Report) -> Outcome {
    if args.author.trim().is_empty() || args.evidence.trim().is_empty() {
        return Err(Failure::usage(
            "--author and --evidence need words",
            "a story is somebody's, and it came to you somehow",
            "",
        ));
    }
    let bytes = match &args.file {
        Some(path) if path == Path::new("-") => {
            let mut text = Vec::new();
            let read = std::io::stdin()
                .lock()
                .take(desk.config.story.max_mail_bytes)
                .read_to_end(&mut text);
            read.map_err(|source| Trouble::Reading {
                path: path.clone(),
                source,
            })?;
            text
        }
        Some(path) => {
            let path = global.dir.as_deref().unwrap_or(Path::new("")).join(path);
            std::fs::read(&path).map_err(|source| Trouble::Reading { path, source })?
        }
        None if global.no_input || !std::io::stdin().is_terminal() => {
            return Err(Failure::usage(
                "the text is missing",
                "there is no terminal to write it at",
                "name a file, or `-` for standard input",
            ));
        }
        None => in_editor(b"", ".md")?,
    };
    let text = String::from_utf8(bytes).map_err(|_| Failure::usage("the text is not UTF-8", "", "save it as UTF-8"))?;
    if text.trim().is_empty() {
        return Err(Failure::usage("the text is empty", "", "nothing was made"));
    }
    let told = Told {
        author: args.author.clone(),
        email: args.email.clone(),
        subtitle: args.subtitle.clone(),
        text,
        evidence: args.evidence.clone(),
    };
    if global.dry_run {
        report.answer(
            &format!("Would make a draft of what {} told", told.author),
            &serde_json::json!({"author": told.author, "dry_run": true}),
        );
        return Ok(0);
    }
    let _lock = desk.spool()?;
    let repo = desk.repo_or_new()?;
    let (id, made) = told::tell(desk, &repo, &told)?;
    if report.json {
        report.object(&serde_json::json!({"id": id, "changed": made}));
    } else {
        report.line(&format!(
            "{}: {id}",
            if made {
                "Made a draft of it"
            } else {
                "It is there already"
            }
        ));
    }
    Ok(0)
}

/// Lets a person edit bytes in their editor; what they leave comes back. The file is private and is removed, unless the editor did not
/// end well and something was saved: then it is named.
pub fn in_editor(bytes: &[u8], suffix: &str) -> Result<Vec<u8>, Failure> {
    let failed = |e: std::io::Error| {
        Failure::new(
            "editor",
            1,
            "the text cannot be given to an editor",
            e,
            "is there room in the folder for temporary files?",
        )
    };
    let mut file = tempfile::Builder::new()
        .prefix("m4c-")
        .suffix(suffix)
        .tempfile()
        .map_err(failed)?;
    file.write_all(bytes).and_then(|()| file.flush()).map_err(failed)?;
    let command = crate::config::editor().unwrap_or_else(|| "vi".to_owned());
    let words = shlex::split(&command).filter(|w| !w.is_empty());
    let words = words.ok_or_else(|| {
        Failure::from(Trouble::Editor {
            command: command.clone(),
        })
    })?;
    let mut editor = Command::new(&words[0]);
    let status = crate::config::without_secrets(&mut editor)
        .args(&words[1..])
        .arg(file.path())
        .status();
    let saved = std::fs::read(file.path());
    match (status, saved) {
        (Ok(status), Ok(saved)) if status.success() => Ok(saved),
        (Ok(status), Err(_)) if status.success() => Err(Failure::new(
            "editor",
            1,
            "nothing was changed",
            "the editor left no file",
            "save the text there, and close the editor",
        )),
        (_, Ok(saved)) if saved != bytes => {
            let (_, path) = file.keep().map_err(|e| failed(e.error))?;
            let mut failure = Failure::from(Trouble::Editor { command });
            failure.hint = format!("what was saved is kept in {}", path.display());
            Err(failure)
        }
        _ => Err(Trouble::Editor { command }.into()),
    }
}

/// Where words are that could not be taken. The Display says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptAt {
    pub file: String,
    /// In the spool, from where they come back when somebody writes for the same.
    pub offered: bool,
}

impl fmt::Display for KeptAt {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let again = if self.offered {
            ", and offered when you write for this story again"
        } else {
            ""
        };
        write!(f, "kept in {}{again}", self.file)
    }
}

/// Keeps words that could not be taken, so that nobody types them twice: in the spool, else in a file of its own.
pub fn keep(folder: &Path, words: &Words) -> Result<KeptAt, Failure> {
    let whole = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let place = |path: &Path, offered| KeptAt {
        file: path.display().to_string(),
        offered,
    };
    if let Ok(path) = words.keep(&whole, super::now()) {
        return Ok(place(&path, true));
    }
    let failed = |e: std::io::Error| Failure::new("editor", 1, "the text could not be kept", e, "");
    let mut file = tempfile::Builder::new()
        .prefix("m4c-edit-")
        .suffix(".md")
        .tempfile()
        .map_err(failed)?;
    file.write_all(&words.text).map_err(failed)?;
    let (_, path) = file.keep().map_err(|e| failed(e.error))?;
    Ok(place(&path, false))
}

/// A failure that also says where the words are that somebody wrote, and that they are offered again.
pub fn kept(desk: &Desk, mut failure: Failure, words: &Words) -> Failure {
    if let Ok(kept) = keep(&desk.config.spool_folder(), words) {
        failure.hint = format!("{}; your text is {kept}", failure.hint);
    }
    failure
}

/// The words of before, where somebody wrote for the same, they were not taken, and whoever sits here says that they go on with them.
pub fn go_on(desk: &Desk, global: &Global, story: &StoryId, purpose: Purpose) -> Result<Option<Waiting>, Failure> {
    let Some(waiting) = typed::of(desk, story).into_iter().find(|w| w.words.purpose == purpose) else {
        return Ok(None);
    };
    let on = waiting.at.to_zoned_datetime(desk.config.team.timezone.clone());
    let on = on.strftime("%-d %B, %H:%M");
    let author = desk.story(&desk.repo()?, story)?.front().author;
    let question = format!("What you wrote for this on {on} for the story of {author} is kept. Go on with it?");
    if agreed(global, &question)? {
        return Ok(Some(waiting));
    }
    if agreed(global, "Throw it away?")? {
        typed::forget(desk, &waiting);
    }
    Ok(None)
}

/// Runs `work` with the words of a message: from `-m`, else asked for in an editor where there is a terminal. What was written there and
/// was not taken is kept.
pub fn with_message(
    desk: &Desk,
    global: &Global,
    stories: &[String],
    given: Option<String>,
    (purpose, wanted): (Purpose, &str),
    work: impl FnOnce(String) -> Outcome,
) -> Outcome {
    if given.is_some() || global.no_input || !std::io::stdin().is_terminal() {
        return work(super::message(global, given, wanted, "")?);
    }
    let repo = desk.repo()?;
    let id = match stories {
        [one] => Some(resolve(desk, &repo, one)?),
        several => several.iter().find_map(|story| resolve(desk, &repo, story).ok()),
    };
    let Some(id) = id else {
        return work(super::message(global, given, wanted, "")?);
    };
    // words for one are not for another
    let before = match stories {
        [_] => go_on(desk, global, &id, purpose.clone())?,
        _ => None,
    };
    let begin = before
        .as_ref()
        .map(|b| String::from_utf8_lossy(&b.words.text).into_owned());
    let text = super::message(global, None, wanted, begin.as_deref().unwrap_or_default())?;
    let words = Words::new(&id, purpose, text.as_bytes()).instead_of(before.as_ref());
    match work(text) {
        taken if global.dry_run => taken,
        // 7: of what follows from it something is left to do
        Ok(code @ (0 | 7)) => {
            before.iter().for_each(|before| typed::forget(desk, before));
            Ok(code)
        }
        Ok(code) => {
            let _ = keep(&desk.config.spool_folder(), &words);
            Ok(code)
        }
        Err(failure) => Err(kept(desk, failure, &words)),
    }
}

/// Asks yes or no at a terminal; without one the answer is no.
pub fn agreed(global: &Global, question: &str) -> Result<bool, Failure> {
    if global.no_input || !std::io::stdin().is_terminal() {
        return Ok(false);
    }
    let _ = write!(std::io::stderr(), "{} [y/N] ", super::report::visible(question));
    let mut answer = String::new();
    let read = std::io::stdin().lock().read_line(&mut answer);
    read.map_err(|e| Failure::new("input", 1, "the answer could not be read", e, "say --yes"))?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes" | "Yes"))
}
