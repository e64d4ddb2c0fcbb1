//! A story as its readers will see it: a page in the blog's manner that stands alone, with what changed since the author
//! wrote beside it. Nothing in it runs, and nothing in it is fetched.

mod html;

use std::io;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use minijinja::value::Value;
use minijinja::{Environment, UndefinedBehavior, context};
use sha2::{Digest, Sha256};

use crate::story::StoryId;
use crate::story::check::check;
use crate::story::page::{INDEX, RECORD};
use crate::story::state::{Phase, State};
use crate::story::step::Story;

use super::queue::Summary;
use super::{Desk, Trouble};

/// What the author wrote, to be compared with the page.
#[derive(Debug, Clone)]
pub enum Origin {
    /// The mail, as it would be drafted today.
    Mail(String),
    /// Why there is nothing to compare with.
    None(&'static str),
}

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub enum PreviewError {
    #[error("the template {} cannot be read", file.display())]
    Unreadable { file: PathBuf, source: io::Error },
    #[error("the template {name} does not work: {problem}")]
    Template { name: &'static str, problem: String },
}

const PAGE: &str = "page.html";
const QUEUE: &str = "page-index.html";
const STYLE: &str = "page.css";
const BUILT_IN: [(&str, &str); 3] = [
    (PAGE, include_str!("../../templates/page.html")),
    (QUEUE, include_str!("../../templates/page-index.html")),
    (STYLE, include_str!("../../templates/page.css")),
];
/// More than any template.
const LONGEST: u64 = 1024 * 1024;

/// The templates, and the style that is put into them.
pub struct Press {
    templates: Environment<'static>,
    style: String,
    csp: String,
}

impl Press {
    /// The built-in templates, each replaced by the file of its name in `folder` (`[letters] templates`), where there is one.
    pub fn load(folder: &Path) -> Result<Press, PreviewError> {
        let mut templates = Environment::new();
        templates.set_undefined_behavior(UndefinedBehavior::SemiStrict);
        let mut style = String::new();
        for (name, built_in) in BUILT_IN {
            let source = read(&folder.join(name))?.unwrap_or_else(|| built_in.to_owned());
            if name == STYLE {
                // in a <style> nothing is escaped, so that nothing may end it
                style = source.replace("</", "<\\/");
            } else {
                let added = templates.add_template_owned(name, source);
                added.map_err(|e| template_error(name, &e))?;
            }
        }
        let hash = BASE64_STANDARD.encode(Sha256::digest(&style));
        let csp = format!(
            "default-src 'none'; img-src data:; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'"
        );
        Ok(Press { templates, style, csp })
    }

    fn print(&self, name: &'static str, what: Value) -> Result<String, PreviewError> {
        let head = context! { csp => Value::from_safe_string(self.csp.clone()), style => Value::from_safe_string(self.style.clone()) };
        let template = self
            .templates
            .get_template(name)
            .map_err(|e| template_error(name, &e))?;
        template
            .render(context! { ..head, ..what })
            .map_err(|e| template_error(name, &e))
    }

    /// One story's page. `back` is the address of the queue's page, where there is one.
    pub fn page(
        &self,
        desk: &Desk,
        story: &Story,
        origin: &Origin,
        back: Option<&str>,
    ) -> Result<String, PreviewError> {
        let front = story.front();
        let photos = html::Photos { story, front: &front };
        let (body, placed) = html::body(story.page.body(), &photos);
        let state = story.state(&desk.policy);
        let left_out: Vec<String> = story
            .files
            .keys()
            .filter(|name| ![INDEX, RECORD].contains(&name.as_str()) && !placed.contains(*name))
            .cloned()
            .collect();
        let (changes, no_changes) = match origin {
            Origin::None(why) => (Vec::new(), (*why).to_owned()),
            Origin::Mail(words) => {
                let changes = html::changes(words, story.page.body());
                let none = if changes.is_empty() {
                    "The text is as its author wrote it."
                } else {
                    ""
                };
                (changes, none.to_owned())
            }
        };
        let found = check(story, &desk.policy.checks);
        let findings: Vec<Value> = found
            .iter()
            .map(|f| {
                let place = f.places.first();
                context! {
                    rule => f.rule.name,
                    words => f.words.clone(),
                    line => place.map(|p| p.line),
                    column => place.map(|p| p.column),
                    blocks => f.blocks(),
                    why => f.rule.english,
                    waived => f.waived.as_ref().map(|w| format!("{}: {}", w.by, w.note)),
                }
            })
            .collect();
        // "Future Leader Stories: Marion Maxwell": the series, and the headline
        let title = story.title();
        let parts = title.split_once(": ").filter(|(a, b)| !a.is_empty() && !b.is_empty());
        let date = front
            .date
            .map(|at| at.to_zoned_datetime(desk.config.team.timezone.clone()));
        self.print(
            PAGE,
            context! {
                team => desk.config.team.name.clone(),
                title => title.clone(),
                kind => parts.map(|p| p.0.to_owned()),
                headline => parts.map(|p| p.1.to_owned()),
                subtitle => front.subtitle,
                description => front.description,
                author => front.author,
                place => front.place,
                tags => front.tags,
                day => date.as_ref().map(|d| d.strftime("%-d %B %Y").to_string()),
                iso_day => date.as_ref().map(|d| d.strftime("%Y-%m-%d").to_string()),
                body => Value::from_safe_string(body),
                left_out,
                state => state.name(),
                published => story.life.phase == Phase::Published && !story.life.has_correction(story.text),
                approved => matches!(state, State::Approved | State::Scheduled),
                approvals => story.life.standing(story.text, &desk.policy).count(),
                needed => desk.policy.approvals,
                consent => story.life.consent.is_some() || !desk.policy.consent_required,
                text => story.text.to_string()[..12].to_owned(),
                id => story.id.to_string(),
                folder => story.id.folder(),
                findings,
                changes => changes.into_iter().map(Value::from_safe_string).collect::<Vec<_>>(),
                no_changes,
                back => back.map(str::to_owned),
            },
        )
    }

    /// The queue's page: `stories` with the addresses of their pages.
    pub fn queue(&self, desk: &Desk, stories: &[(StoryId, Summary, String)]) -> Result<String, PreviewError> {
        let zone = &desk.config.team.timezone;
        let row = |(id, s, address): &(StoryId, Summary, String)| {
            let day = s.received.map(|at| at.to_zoned_datetime(zone.clone()));
            context! {
                id => id.to_string(),
                address => address.clone(),
                title => s.title.clone(),
                author => s.author.clone(),
                state => if s.correction { "published, corrected" } else { s.state.name() },
                turn => s.turn(&desk.policy),
                approvals => s.approvals,
                checks => s.blocking(),
                day => day.as_ref().map(|d| d.strftime("%-d %B %Y").to_string()),
                iso_day => day.as_ref().map(|d| d.strftime("%Y-%m-%d").to_string()),
            }
        };
        let stories: Vec<Value> = stories.iter().map(row).collect();
        let day = desk
            .now
            .to_zoned_datetime(zone.clone())
            .strftime("%-d %B %Y")
            .to_string();
        self.print(
            QUEUE,
            context! { team => desk.config.team.name.clone(), stories, needed => desk.policy.approvals, day },
        )
    }
}

fn read(file: &Path) -> Result<Option<String>, PreviewError> {
    let unreadable = |source| PreviewError::Unreadable {
        file: file.to_owned(),
        source,
    };
    match std::fs::metadata(file) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(unreadable(e)),
        Ok(found) if !found.is_file() || found.len() > LONGEST => {
            return Err(unreadable(io::Error::other("it is no file of at most 1 MiB")));
        }
        Ok(_) => {}
    }
    std::fs::read_to_string(file).map(Some).map_err(unreadable)
}

fn template_error(name: &'static str, error: &minijinja::Error) -> PreviewError {
    let line = error.line().map(|n| format!("line {n}: ")).unwrap_or_default();
    PreviewError::Template {
        name,
        problem: format!("{line}{error}"),
    }
}

/// Where pages are put that are only looked at: in the spool's folder, which nobody else may read.
pub fn shelf(desk: &Desk) -> Result<PathBuf, Trouble> {
    use std::os::unix::fs::DirBuilderExt;
    let folder = desk.config.spool_folder().join("preview");
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder);
    made.map_err(|source| Trouble::Reading {
        path: folder.clone(),
        source,
    })?;
    sweep(&folder, desk.now);
    Ok(folder)
}

/// Takes away pages that were looked at more than a day ago: what is erased must not stay here.
fn sweep(folder: &Path, now: jiff::Timestamp) {
    let old = |path: &Path| {
        let changed = std::fs::metadata(path).and_then(|m| m.modified()).ok();
        let changed = changed.and_then(|at| jiff::Timestamp::try_from(at).ok());
        changed.is_some_and(|at| now.duration_since(at) > jiff::SignedDuration::from_hours(24))
    };
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.extension().is_some_and(|e| e == "html") && old(&path) {
            let _ = std::fs::remove_file(&path);
        }
    }
}
