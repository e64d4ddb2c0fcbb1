//! To the targets: `publish-begun`, then each target and its receipt, then `published`. Each is a commit, so that a run that
//! dies between any two is taken up where it stopped.

mod places;
mod receipts;

use std::collections::HashMap;

use crate::repo::StoryRepo;
use crate::story::StoryId;
use crate::story::event::{Role, What};
use crate::story::letter::wrote_again;
use crate::story::page::{Front, INDEX, Page, RECORD};
use crate::story::policy::{Refusal, Task};
use crate::story::record::{Change, Files};
use crate::story::state::{Phase, Publication, State, Verb};
use crate::story::step::{Clerk, Step, Story};
use crate::target::{Bundle, Post, Receipt, Removal};

use super::{Desk, Trouble};
use places::{from_config, named, told};
pub use receipts::removed;
use receipts::{announce, receipt};

/// What became of one target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Put {
    pub target: String,
    /// Where it is, or why it is not there.
    pub result: Result<String, NotPut>,
}

/// Why a target has no page of a story, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotPut {
    pub why: String,
    pub hint: &'static str,
}

/// What a publication came to.
#[derive(Debug, Clone)]
pub struct Published {
    pub story: StoryId,
    pub title: String,
    /// Empty: there was nothing to do.
    pub puts: Vec<Put>,
}

impl Published {
    /// Whether every target has it.
    pub fn is_whole(&self) -> bool {
        self.puts.iter().all(|p| p.result.is_ok())
    }
}

/// What there is to do for a story: begin (with these events), go on, or nothing.
#[derive(Debug, PartialEq)]
enum Plan {
    Begin,
    GoOn,
    Nothing,
}

fn plan(desk: &Desk, story: &Story, clerk: &Clerk, update: bool) -> Result<Plan, Refusal> {
    story.agrees()?;
    let (life, title) = (&story.life, story.title());
    has_a_title(story)?;
    let begun = life
        .publication
        .as_ref()
        .filter(|p| p.text == Some(story.text) && p.is_under_way());
    if life.phase == Phase::Published && life.has_correction(story.text) {
        if !update {
            return Err(Refusal {
                code: "publish.correction",
                what: format!("{title} is published with an earlier text"),
                why: "its correction goes out only when you say so".to_owned(),
                hint: "`publish STORY --update` puts the corrected text out".to_owned(),
                exit: 5,
            });
        }
        desk.policy.publishable(life, story.text, &title)?;
        return Ok(Plan::Begin);
    }
    // a yes may be taken back in it: what goes out by itself waits until a person did anything about it
    if clerk.actor.role == Role::Robot && life.phase == Phase::Open && wrote_again(&story.record.events) {
        return Err(Refusal {
            code: "publish.wrote_again",
            what: format!("{title} does not go out by itself"),
            why: "its author wrote again, and nobody has looked at it".to_owned(),
            hint: "read it with `show`, then `note` what it says, `consent --revoke`, or publish it yourself"
                .to_owned(),
            exit: 5,
        });
    }
    if let (Some(begun), State::Approved | State::Scheduled | State::Published) = (begun, story.state(&desk.policy)) {
        desk.policy.publishable(life, story.text, &title)?;
        // a list of targets that changed since begins anew
        let names: Vec<&str> = desk.config.targets.iter().map(|t| t.name.as_str()).collect();
        let same = begun.targets.iter().map(String::as_str).eq(names);
        return Ok(if same || life.phase == Phase::Published {
            Plan::GoOn
        } else {
            Plan::Begin
        });
    }
    let allowed = desk
        .policy
        .allows(Verb::Publish, &clerk.actor, life, story.text, &title)?;
    Ok(if allowed { Plan::Begin } else { Plan::Nothing })
}

/// A page without a title is none.
pub(super) fn has_a_title(story: &Story) -> Result<(), Refusal> {
    if !story.front().title.trim().is_empty() {
        return Ok(());
    }
    Err(Refusal {
        code: "story.not_a_page",
        what: format!("{} is not ready to publish", story.title()),
        why: "its page has no title".to_owned(),
        hint: "`edit STORY --title \"...\"` gives it one; that then needs approval".to_owned(),
        exit: 5,
    })
}

/// Whether a publication would do anything, and under which rules it would be refused; nothing is written.
pub fn rehearse(desk: &Desk, story: &Story, clerk: &Clerk, update: bool) -> Result<bool, Trouble> {
    if desk.config.targets.is_empty() {
        return Err(Trouble::NoTarget);
    }
    Ok(plan(desk, story, clerk, update)? != Plan::Nothing)
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
        if plan(desk, story, clerk, update)? != Plan::Begin {
            return Ok(None);
        }
        let targets = desk.config.targets.iter().map(|t| t.name.clone()).collect();
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
    let story = desk.step(repo, id, true, begin)?.story;
    let title = story.title();
    let mut done = Published {
        story: id.clone(),
        title,
        puts: Vec::new(),
    };
    let Some(publication) = story
        .life
        .publication
        .clone()
        .filter(|p| p.text == Some(story.text) && p.is_under_way())
    else {
        return Ok(done);
    };
    for name in &publication.targets {
        if publication.receipts.get(name).is_some_and(|(done, _)| *done) {
            continue;
        }
        let result = put(desk, &story, &publication, name);
        desk.step(repo, id, true, |story| {
            let result = result.as_ref().map_err(|not| not.why.as_str());
            Ok(receipt(story, &publication, name, result, clerk))
        })?;
        done.puts.push(Put {
            target: name.clone(),
            result: result.map(|receipt| receipt.place),
        });
    }
    desk.step(repo, id, true, |story| Ok(announce(story, clerk)))?;
    Ok(done)
}

fn put(desk: &Desk, story: &Story, publication: &Publication, name: &str) -> Result<Receipt, NotPut> {
    let target = named(desk, name)?;
    let front = public_page(story, publication).table();
    let media = photos(story);
    let bundle = Bundle {
        story: &story.id,
        slug: &publication.slug,
        front: &front,
        body: story.page.body(),
        media: &media,
        date: publication.at,
    };
    let receipt = target.put(&bundle).map_err(|error| told(desk, &error))?;
    Ok(Receipt {
        place: from_config(desk.config.folder(), &receipt.place),
        ..receipt
    })
}

/// Takes the story off one target, and looks whether it is gone; [`removed`] is then the event. `None`: nothing of it stands there.
/// The second part is what stays behind all the same, in words for a person.
pub fn take_off(desk: &Desk, story: &Story, name: &str) -> Result<Option<(Removal, Option<&'static str>)>, NotPut> {
    let Some(known) = story.life.posts.get(name) else {
        return Ok(None);
    };
    let target = named(desk, name)?;
    let post = Post {
        story: &story.id,
        slug: &known.slug,
        place: known.place.as_deref(),
        id: known.id.as_deref(),
    };
    let removal = target.remove(&post).map_err(|error| told(desk, &error))?;
    if matches!(removal, Removal::CannotRecall(_)) {
        return Ok(Some((removal, None)));
    }
    match target.is_gone(&post) {
        Ok(true) => Ok(Some((removal, target.remains()))),
        Ok(false) => Err(NotPut {
            why: "it was taken off, and is still there".to_owned(),
            hint: "look at it there, and take it off again",
        }),
        Err(error) => Err(told(desk, &error)),
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
    let others = story
        .files
        .iter()
        .filter(|(name, _)| ![INDEX, RECORD].contains(&name.as_str()));
    others.map(|(name, bytes)| (name.clone(), bytes.clone())).collect()
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
