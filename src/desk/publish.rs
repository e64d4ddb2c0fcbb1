//! To the targets: `publish-begun`, then each target and its receipt, then `published`. Each is a commit, so that a run that
//! dies between any two is taken up where it stopped.

pub mod here;
mod live;
mod receipts;
pub mod rules;

use std::collections::HashMap;

use jiff::Timestamp;

use crate::repo::StoryRepo;
use crate::story::StoryId;
use crate::story::event::What;
use crate::story::page::{Front, Page};
use crate::story::policy::{Refusal, Task};
use crate::story::record::{Change, Files};
use crate::story::state::{self, Phase, Publication};
use crate::story::step::{Clerk, Step, Story};
use crate::target::{Bundle, Post, Receipt, Target};

use super::places::{NotPut, from_config, named, told};
use super::{Desk, Trouble};
pub use live::{NotLive, wait_live};
use receipts::{Outcome, announce, receipt};
use rules::Plan;

/// What became of one target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Put {
    pub target: String,
    /// Where it is, or why it is not there.
    pub result: Result<String, NotPut>,
}

/// What a publication came to.
#[derive(Debug, Clone)]
pub struct Published {
    pub story: StoryId,
    pub title: String,
    /// Empty: there was nothing to do.
    pub puts: Vec<Put>,
    /// Targets that keep the text they have, because a post there cannot be changed from here.
    pub kept: Vec<String>,
    /// Folders of this desk that have no page of it, though the record says so.
    pub lacking: Vec<String>,
}

impl Published {
    /// Whether every target has it.
    pub fn is_whole(&self) -> bool {
        self.puts.iter().all(|p| p.result.is_ok())
    }
}

/// Whether a publication would do anything, and under which rules it would be refused; nothing is written.
pub fn rehearse(desk: &Desk, repo: &StoryRepo, story: &Story, clerk: &Clerk, update: bool) -> Result<bool, Trouble> {
    if desk.config.targets.is_empty() {
        return Err(Trouble::NoTarget);
    }
    let would = rules::plan(desk, repo, story, clerk, update)? != Plan::Nothing;
    if would {
        super::verify::before_publishing(desk, repo, story)?;
    }
    Ok(would || update && !here::lacking_of(desk, story).is_empty())
}

/// Publishes one story, by the person at this desk. `taken` says whether another story has a slug already.
pub fn publish(
    desk: &Desk,
    repo: &StoryRepo,
    id: &StoryId,
    update: bool,
    taken: &dyn Fn(&str) -> bool,
) -> Result<Published, Trouble> {
    let clerk = desk.clerk(repo, Task::Publish)?;
    publish_by(desk, repo, id, update, taken, &clerk)
}

/// A story that was due, and what came of it.
pub type Tried = (StoryId, Result<Published, Trouble>);

/// Publishes every story whose time has come, and goes on with publications that stopped half-way, by the robot: a person decided it
/// when they scheduled or began it. Under the rules as they are now: what lost its consent or an approval stays, and is refused. One
/// that fails does not stop the others.
pub fn publish_due(desk: &Desk, repo: &StoryRepo) -> Result<Vec<Tried>, Trouble> {
    let due = super::queue::due(desk, repo)?;
    if due.is_empty() {
        return Ok(Vec::new());
    }
    if desk.config.targets.is_empty() {
        return Err(Trouble::NoTarget);
    }
    let mut slugs = slugs(desk, repo)?;
    let mut done = Vec::new();
    for (id, _) in due {
        let taken = |slug: &str| slugs.get(slug).is_some_and(|owner| *owner != id);
        let published = publish_by(desk, repo, &id, false, &taken, &desk.robot());
        if let Ok(story) = desk.story(repo, &id)
            && let Some(publication) = story.life.publication
        {
            slugs.insert(publication.slug, id.clone());
        }
        done.push((id, published));
    }
    Ok(done)
}

/// Which story has which published name.
pub fn slugs(desk: &Desk, repo: &StoryRepo) -> Result<HashMap<String, StoryId>, Trouble> {
    let queue = super::queue::Queue::read(desk, repo)?;
    let named = |(id, s): (&StoryId, &super::queue::Summary)| Some((s.published_as.clone()?, id.clone()));
    Ok(queue.iter().filter_map(named).collect())
}

fn publish_by(
    desk: &Desk,
    repo: &StoryRepo,
    id: &StoryId,
    update: bool,
    taken: &dyn Fn(&str) -> bool,
    clerk: &Clerk,
) -> Result<Published, Trouble> {
    if desk.config.targets.is_empty() {
        return Err(Trouble::NoTarget);
    }
    let begin = |story: &Story| -> Result<Option<Change>, Refusal> {
        if rules::plan(desk, repo, story, clerk, update)? != Plan::Begin {
            return Ok(None);
        }
        let targets = rules::open_targets(desk, story)?;
        let slug = match &story.life.publication {
            // readers have its address
            Some(known) if story.life.phase == Phase::Published => known.slug.clone(),
            // nothing is out: the byline of today counts, which may be a pseudonym now
            _ => free_slug(&story.front().slug, taken),
        };
        let what = What::PublishBegun {
            targets,
            slug,
            policy: desk.policy.stamp(),
        };
        let step = Step {
            subject: "Begin to publish".to_owned(),
            events: vec![what],
            ..Step::default()
        };
        Ok(Some(story.change(step, clerk)))
    };
    let now = desk.story(repo, id)?;
    if rules::plan(desk, repo, &now, clerk, update)? != Plan::Nothing {
        super::verify::before_publishing(desk, repo, &now)?;
    }
    let story = desk.step(repo, id, true, begin)?.story;
    let title = story.title();
    let mut done = Published {
        story: id.clone(),
        title,
        puts: Vec::new(),
        kept: Vec::new(),
        lacking: Vec::new(),
    };
    let Some(publication) = rules::under_way(&story) else {
        done.lacking = here::lacking_of(desk, &story);
        if update && !done.lacking.is_empty() {
            let lacking = std::mem::take(&mut done.lacking);
            done.puts = put_here(desk, repo, &story, lacking)?;
        }
        return Ok(done);
    };
    let kept = desk.config.targets.iter().map(|t| &t.name);
    let kept = kept.filter(|name| !publication.targets.contains(name) && rules::keeps(desk, &story, name));
    done.kept = kept.cloned().collect();
    for name in &publication.targets {
        if publication.receipts.get(name).is_some_and(|(done, _)| *done) {
            continue;
        }
        let result = one(desk, repo, &story, publication, name, clerk)?;
        done.puts.push(Put {
            target: name.clone(),
            result,
        });
    }
    desk.step(repo, id, true, |story| Ok(announce(story, clerk)))?;
    Ok(done)
}

/// One target, and the receipt that it leaves.
fn one(
    desk: &Desk,
    repo: &StoryRepo,
    story: &Story,
    publication: &Publication,
    name: &str,
    clerk: &Clerk,
) -> Result<Result<String, NotPut>, Trouble> {
    let stands = story.life.posts.get(name);
    if let Some(post) = stands.filter(|post| !post.certain) {
        let when = desk.moment(post.at);
        return Ok(Err(NotPut {
            why: format!("it was handed over on {when}, and whether it arrived is not known"),
            hint: settle_hint(name),
            unknown: true,
        }));
    }
    let note = |outcome: &Outcome| -> Result<(), Trouble> {
        desk.step(repo, &story.id, true, |story| {
            Ok(receipt(story, publication, name, outcome, clerk))
        })?;
        Ok(())
    };
    let target = match named(desk, name) {
        // what cannot be done twice is written down before it is done, and only begun where it can be
        Ok(target) if target.once() && stands.is_none() => match target.ready() {
            Ok(()) => {
                note(&Outcome::Unknown(None))?;
                Ok(target)
            }
            Err(error) => Err(told(desk, &error)),
        },
        target => target,
    };
    let put = target.and_then(|target| {
        put(desk, story, publication, &*target).map_err(|mut not| {
            not.unknown &= target.once();
            if not.unknown {
                not.hint = settle_hint(name);
            }
            not
        })
    });
    let outcome = match &put {
        Ok(receipt) => Outcome::Done(receipt.clone()),
        Err(not) if not.unknown => Outcome::Unknown(Some(not.why.clone())),
        Err(not) => Outcome::Failed(not.why.clone()),
    };
    note(&outcome)?;
    Ok(put.map(|receipt| receipt.place))
}

/// Puts a published story into folders of this desk that lack it. The record has it there already: no event is added. The rules are
/// those of a publication.
fn put_here(desk: &Desk, repo: &StoryRepo, story: &Story, lacking: Vec<String>) -> Result<Vec<Put>, Trouble> {
    let Some(publication) = story.life.publication.as_ref().filter(|p| p.text == Some(story.text)) else {
        return Ok(Vec::new());
    };
    desk.policy.publishable(&story.life, story.text, &story.title())?;
    rules::permitted(desk, repo, story, &lacking, desk.now)?;
    super::verify::before_publishing(desk, repo, story)?;
    let put = |target: String| Put {
        result: named(desk, &target)
            .and_then(|to| put(desk, story, publication, &*to))
            .map(|receipt| receipt.place),
        target,
    };
    Ok(lacking.into_iter().map(put).collect())
}

fn settle_hint(name: &str) -> String {
    format!(
        "look there: if it is there, `publish STORY --arrived {name}=ADDRESS`; if not, `publish STORY --not-arrived {name}` sends it again"
    )
}

/// What a person found out about a post whose arrival was not known: where it is, or (`None`) that it did not arrive, so that the next
/// publication sends it again. False: there is no such post.
pub fn settle(
    desk: &Desk,
    repo: &StoryRepo,
    id: &StoryId,
    name: &str,
    place: Option<&str>,
    clerk: &Clerk,
) -> Result<bool, Trouble> {
    let taken = desk.step(repo, id, true, |story| {
        let (Some(publication), Some(_)) = (
            &story.life.publication,
            story.life.posts.get(name).filter(|post| !post.certain),
        ) else {
            return Ok(None);
        };
        let outcome = match place {
            Some(place) => Outcome::Done(Receipt {
                place: place.to_owned(),
                id: None,
            }),
            None => Outcome::Failed(format!("{} looked, and it did not arrive", clerk.actor.name)),
        };
        Ok(receipt(story, publication, name, &outcome, clerk))
    })?;
    if taken.changed && place.is_some() {
        desk.step(repo, id, true, |story| Ok(announce(story, clerk)))?;
    }
    Ok(taken.changed)
}

fn put(desk: &Desk, story: &Story, publication: &Publication, target: &dyn Target) -> Result<Receipt, NotPut> {
    let front = public_page(story, publication).table();
    let media = photos(story);
    let before = story.life.posts.get(target.name()).filter(|post| post.certain);
    let body = match publication.corrects {
        true => corrected(desk, story.page.body(), publication.begun),
        false => story.page.body().to_owned(),
    };
    let bundle = Bundle {
        story: &story.id,
        slug: &publication.slug,
        front: &front,
        body: &body,
        media: &media,
        date: publication.at,
        updated: if publication.corrects {
            publication.begun
        } else {
            publication.at
        },
        before: before.map(|post| standing(&story.id, post)),
    };
    let receipt = target.put(&bundle).map_err(|error| told(desk, &error))?;
    Ok(Receipt {
        place: from_config(desk.config.folder(), &receipt.place),
        ..receipt
    })
}

fn standing<'a>(story: &'a StoryId, post: &'a state::Post) -> Post<'a> {
    Post {
        story,
        slug: &post.slug,
        place: post.place.as_deref(),
        id: post.id.as_deref(),
    }
}

/// The text with a note that says that it was corrected, where the team wants one. The note is of the publication, not of the story's text.
fn corrected(desk: &Desk, body: &str, at: Timestamp) -> String {
    let zone = &desk.config.team.timezone;
    let date = at.to_zoned_datetime(zone.clone()).strftime("%-d %B %Y").to_string();
    match desk.config.story.correction_note(&date) {
        note if note.trim().is_empty() => body.to_owned(),
        note => format!("{}\n\n{note}\n", body.trim_end()),
    }
}

/// The page as readers get it: public, dated, under its published slug.
fn public_page(story: &Story, publication: &Publication) -> Page {
    let mut page = story.page.clone();
    page.set_front(&Front {
        draft: false,
        date: Some(publication.at),
        slug: publication.slug.clone(),
        ..page.front()
    });
    page
}

/// The story's other files; never the record.
fn photos(story: &Story) -> Files {
    let photo = |name: &String| Some((name.clone(), story.files.get(name)?.clone()));
    story.photos.iter().filter_map(photo).collect()
}

/// The page's slug, or with the first number that makes it free: two people of one name have two pages.
fn free_slug(wanted: &str, taken: &dyn Fn(&str) -> bool) -> String {
    let wanted = crate::story::id::slug(wanted);
    let numbered = std::iter::once(wanted.clone()).chain((2..).map(|n| format!("{wanted}-{n}")));
    numbered.into_iter().find(|slug| !taken(slug)).unwrap_or(wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_people_of_one_name_have_two_pages() {
        let taken = |slug: &str| ["jane-smith", "jane-smith-2"].contains(&slug);
        assert_eq!(free_slug("jane-smith", &taken), "jane-smith-3");
        assert_eq!(free_slug("../x", &taken), "x");
    }
}
