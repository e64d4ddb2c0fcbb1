//! `media`: the photos of a story.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::json;

use crate::desk::media::{self, Work};
use crate::desk::names::resolve;
use crate::desk::{Desk, Trouble};
use crate::story::policy::Task;
use crate::story::step::Story;

use super::decide::show_change;
use super::global::Global;
use super::report::{Failure, Outcome, Report, table};
use super::tell;

#[derive(Debug, Args)]
pub struct Media {
    /// Its id or the beginning of it, its author, or a path
    story: String,
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Put photos below the text
    #[command(after_help = "Example:\n  m4c-stories media marion add march.jpg --alt 'Sixty people with placards'")]
    Add {
        /// JPEG, PNG, WebP or GIF
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// What it shows, for those who cannot see it; one for each photo, in their order
        #[arg(long, value_name = "TEXT")]
        alt: Vec<String>,
    },
    /// Take photos out of the story and its text
    #[command(after_help = "Example:\n  m4c-stories media marion drop photo-2.jpg")]
    Drop {
        /// As `media STORY` lists them
        #[arg(required = true, value_name = "PHOTO")]
        photos: Vec<String>,
    },
    /// Show another file where a photo stands
    #[command(after_help = "Example:\n  m4c-stories media marion replace photo-1.jpg faces-blurred.jpg")]
    Replace {
        /// As `media STORY` lists them
        photo: String,
        /// JPEG, PNG, WebP or GIF
        file: PathBuf,
        /// What it shows [default: the words that are there]
        #[arg(long, value_name = "TEXT")]
        alt: Option<String>,
    },
}

pub fn media(desk: &Desk, global: &Global, args: &Media, report: &Report) -> Outcome {
    let repo = desk.repo()?;
    let Some(action) = &args.action else {
        let story = desk.story(&repo, &resolve(desk, &repo, &args.story)?)?;
        list(&story, report);
        return Ok(0);
    };
    let clerk = desk.clerk(&repo, Task::Edit)?;
    let id = resolve(desk, &repo, &args.story)?;
    let work = match action {
        Action::Add { files, alt } => {
            if alt.len() > files.len() {
                return Err(Failure::usage(
                    "there are more --alt than photos",
                    "each says what one photo shows",
                    "give one --alt for each FILE, in their order",
                ));
            }
            let words = alt.iter().cloned().map(Some).chain(std::iter::repeat(None));
            let photos = files
                .iter()
                .zip(words)
                .map(|(f, alt)| Ok((read(desk, global, f)?, alt)));
            Work::Add(photos.collect::<Result<_, Failure>>()?)
        }
        Action::Drop { photos } => Work::Drop(photos.clone()),
        Action::Replace { photo, file, alt } => {
            media::known(&desk.story(&repo, &id)?, photo).map_err(Trouble::from)?;
            Work::Replace {
                file: photo.clone(),
                photo: read(desk, global, file)?,
                alt: alt.clone(),
            }
        }
    };
    if let Work::Add(photos) = &work
        && photos.iter().any(|(photo, _)| photo.had_location)
    {
        report.caution("where it was taken stood in the photo, and was taken off");
    }
    if global.dry_run {
        let story = desk.story(&repo, &id)?;
        let change = media::work(&story, &desk.policy, &clerk, &work).map_err(Trouble::from)?;
        show_change(report, &story, change.as_ref());
        return Ok(0);
    }
    let _lock = desk.spool()?;
    let taken = desk.step(&repo, &id, true, |story| {
        media::work(story, &desk.policy, &clerk, &work)
    })?;
    let (done, nothing) = match &work {
        Work::Add(_) => ("Photos added", "It has them already"),
        Work::Drop(_) => ("Photos taken out", "They are not in it"),
        Work::Replace { .. } => ("Photo replaced", "It is that photo already"),
    };
    tell(report, done, nothing, &taken, desk);
    Ok(0)
}

fn list(story: &Story, report: &Report) {
    let front = story.front();
    let of = |name: &String| {
        let alt = front.alt.get(name).cloned().unwrap_or_default();
        (name.clone(), story.files.get(name).map_or(0, Vec::len), alt)
    };
    let all: Vec<_> = story.photos.iter().map(of).collect();
    if report.json {
        let all: Vec<_> = all
            .iter()
            .map(|(file, bytes, alt)| json!({"file": file, "bytes": bytes, "alt": alt}))
            .collect();
        report.object(&all);
        return;
    }
    if all.is_empty() {
        report.line("No photos.");
        return;
    }
    let mut rows = vec![["PHOTO", "KB", "SHOWS"].map(str::to_owned).to_vec()];
    rows.extend(all.into_iter().map(|(file, bytes, alt)| {
        let alt = if alt.is_empty() {
            "(not said yet: edit STORY --alt)".to_owned()
        } else {
            alt
        };
        vec![file, bytes.div_ceil(1000).to_string(), alt]
    }));
    table(&rows).iter().for_each(|line| report.line(line));
}

fn read(desk: &Desk, global: &Global, file: &Path) -> Result<crate::desk::Photo, Failure> {
    let path = global.dir.as_deref().unwrap_or(Path::new("")).join(file);
    let bytes = std::fs::read(&path).map_err(|source| Trouble::Reading {
        path: path.clone(),
        source,
    })?;
    media::clean(desk, &bytes).map_err(|why| {
        Failure::new(
            "media.not_a_photo",
            2,
            format!("{} is not taken", path.display()),
            why,
            "nothing was changed",
        )
    })
}
