//! Changes of the text: `edit`, `restore`, `new`; and the editor.

use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};

use clap::Args;

use crate::desk::edit::{self, Flags};
use crate::desk::names::resolve;
use crate::desk::told::{self, Told};
use crate::desk::typed::{Purpose, Words};
use crate::desk::{Desk, Trouble};
use crate::story::page::INDEX;
use crate::story::policy::Task;
use crate::story::wording::word_diff;

use super::asking::go_on;
use super::decide::show_change;
use super::editor::{InHand, in_editor};
use super::global::Global;
use super::kept::{keep, keep_for_none, safely};
use super::report::{Failure, Outcome, Report};
use super::tell;

#[derive(Debug, Args)]
pub struct New {
    /// Who tells it
    #[arg(long, value_name = "NAME")]
    pub author: String,
    /// Where an answer reaches them
    #[arg(long, value_name = "ADDRESS")]
    pub email: Option<String>,
    /// How the story came to you
    #[arg(long, value_name = "TEXT")]
    pub evidence: String,
    /// The line below the title
    #[arg(long, value_name = "TEXT")]
    pub subtitle: Option<String>,
    /// The text in Markdown; `-` is standard input; none opens an editor
    pub file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Edit {
    /// Its id or the beginning of it, its author, or a path
    pub story: String,
    /// The headline
    #[arg(long)]
    pub title: Option<String>,
    /// The byline; title and address of the page follow
    #[arg(long)]
    pub author: Option<String>,
    /// The line below the title; empty takes it off
    #[arg(long)]
    pub subtitle: Option<String>,
    /// Where it happened; empty takes it off
    #[arg(long)]
    pub place: Option<String>,
    /// For feeds and search engines
    #[arg(long)]
    pub description: Option<String>,
    /// Add a tag; `--tag=-NAME` takes it off
    #[arg(long, allow_hyphen_values = true)]
    pub tag: Vec<String>,
    /// What a photo shows, for those who cannot see it
    #[arg(long, value_name = "FILE=TEXT")]
    pub alt: Vec<String>,
    /// Only spelling and punctuation; anything more is refused
    #[arg(long)]
    pub minor: bool,
    /// Commit the edit that somebody made in the folder
    #[arg(long)]
    pub take: bool,
    /// What you changed, for the team
    #[arg(short, long, value_name = "TEXT")]
    pub message: Option<String>,
}

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
    let in_hand = InHand::begin();
    let (mut before, mut begun) = (None, None);
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
        let words = |saved: &[u8]| Words::page(&story, saved).instead_of(before.as_ref());
        let edited = in_editor(&page, ".md").map_err(|unfinished| unfinished.kept(desk, words))?;
        begun = Some(page);
        edited
    } else {
        edit::apply(&story, &flags).map_err(Trouble::from)?.render()
    };
    // nobody types it twice, whatever stands in the way
    let words = || Words::page(&story, &index).instead_of(before.as_ref());
    let place = || keep(&desk.config.spool_folder(), &words()).ok();
    let place = begun
        .filter(|begun| *begun != index || before.is_some())
        .and_then(|_| place());
    if global.dry_run {
        let show = || {
            let change = edit::edit(&story, &desk.policy, &clerk, &index, args.minor, note).map_err(Trouble::from)?;
            show_change(report, &story, change.as_ref());
            Ok(0)
        };
        return safely(desk, place, in_hand, show, |_| false);
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
    let taken = safely(desk, place, in_hand, || Ok(take()?), |_| true)?;
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
        None => {
            let in_hand = InHand::begin();
            let text = in_editor(b"", ".md")?;
            // nobody writes down twice what was told once
            let place = keep_for_none(&text);
            return safely(
                desk,
                place,
                in_hand,
                || make(desk, global, args, text, report),
                |_| !global.dry_run,
            );
        }
    };
    make(desk, global, args, bytes, report)
}

fn make(desk: &Desk, global: &Global, args: &New, text: Vec<u8>, report: &Report) -> Outcome {
    let text = String::from_utf8(text).map_err(|_| Failure::usage("the text is not UTF-8", "", "save it as UTF-8"))?;
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
