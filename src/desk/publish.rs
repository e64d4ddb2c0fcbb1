//! To the targets: `publish-begun`, then each target and its receipt, then `published`. Each is a commit, so that a run that
//! dies between any two is taken up where it stopped.

pub mod here;
mod live;
mod receipts;

use std::collections::HashMap;

use jiff::Timestamp;

use crate::repo::StoryRepo;
use crate::story::StoryId;
use crate::story::consent::{Use, permits};
use crate::story::event::{Role, What};
use crate::story::letter::wrote_again;
use crate::story::page::{Front, Page};
use crate::story::people::{PEOPLE, People};
use crate::story::policy::{Refusal, Task};
use crate::story::record::{Change, Files};
use crate::story::state::{self, Phase, Publication, State, Verb};
use crate::story::step::{Clerk, Step, Story};
use crate::target::{Bundle, Post, Receipt, Target};

use super::places::{NotPut, from_config, named, told};
use super::{Desk, Trouble};
pub use live::{NotLive, wait_live};
use receipts::{Outcome, announce, receipt};

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

/// What there is to do for a story: begin (with these events), go on, or nothing.
#[derive(Debug, PartialEq)]
enum Plan {
    Begin,
    GoOn,
    Nothing,
}

fn plan(desk: &Desk, repo: &StoryRepo, story: &Story, clerk: &Clerk, update: bool) -> Result<Plan, Refusal> {
    let plan = by_state(desk, story, clerk, update)?;
    let begun = story.life.publication.as_ref();
    match plan {
        Plan::Begin => {
            approved_by_others(desk, repo, story)?;
            permitted(desk, repo, story, &targets(desk, story), desk.now)?;
        }
        Plan::GoOn => permitted(desk, repo, story, begun.map_or(&[], |p| &p.targets), desk.now)?,
        Plan::Nothing => {}
    }
    Ok(plan)
}

/// Where the story goes: the targets of config.toml, as far as its author agreed; where that is to none of them, all, and it is refused.
pub fn targets(desk: &Desk, story: &Story) -> Vec<String> {
    let all = desk.config.targets.iter().map(|t| t.name.clone());
    let agreed = |t: &String| story.life.consent.as_ref().is_none_or(|grant| grant.is_for(t));
    let some: Vec<String> = all.clone().filter(agreed).collect();
    if some.is_empty() { all.collect() } else { some }
}

/// Who is behind a story, where that is known here.
fn people(repo: &StoryRepo, story: &Story) -> Option<People> {
    let bytes = repo.private_file(&story.id, PEOPLE).ok().flatten()?;
    People::parse(&bytes).ok()
}

/// Whether enough people approved it whose own story it is not, as far as that is known here.
pub(super) fn approved_by_others(desk: &Desk, repo: &StoryRepo, story: &Story) -> Result<(), Refusal> {
    match people(repo, story) {
        Some(people) => desk
            .policy
            .approved_by_others(&story.life, story.text, &people, &story.title()),
        None => Ok(()),
    }
}

/// Whether the author's consent covers this page, at these targets, at that time.
pub(super) fn permitted(
    desk: &Desk,
    repo: &StoryRepo,
    story: &Story,
    targets: &[String],
    now: Timestamp,
) -> Result<(), Refusal> {
    let named = people(repo, story).and_then(|people| people.storyteller.name);
    // the folder has the name that the story came under, also where the private part is not here
    let folder = story.id.folder().rsplit_once('-').map(|(name, _)| name.to_owned());
    let storyteller: Vec<String> = named.into_iter().chain(folder).collect();
    let used = Use {
        required: desk.policy.consent_required,
        front: &story.front(),
        body: story.page.body(),
        has_photos: !photos(story).is_empty(),
        storyteller: &storyteller,
        targets,
        now,
    };
    permits(&story.life, &used, &story.title(), story.id.folder())
}

fn by_state(desk: &Desk, story: &Story, clerk: &Clerk, update: bool) -> Result<Plan, Refusal> {
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
        let same = begun.targets == targets(desk, story);
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
pub fn rehearse(desk: &Desk, repo: &StoryRepo, story: &Story, clerk: &Clerk, update: bool) -> Result<bool, Trouble> {
    if desk.config.targets.is_empty() {
        return Err(Trouble::NoTarget);
    }
    let would = plan(desk, repo, story, clerk, update)? != Plan::Nothing;
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
        if plan(desk, repo, story, clerk, update)? != Plan::Begin {
            return Ok(None);
        }
        let mut targets = targets(desk, story);
        targets.retain(|name| !keeps(desk, story, name));
        if targets.is_empty() {
            return Err(Refusal {
                code: "publish.nowhere",
                what: format!("{} is on every target already", story.title()),
                why: "none of them lets a post be changed from here".to_owned(),
                hint: "change it there by hand".to_owned(),
                exit: 5,
            });
        }
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
    if plan(desk, repo, &now, clerk, update)? != Plan::Nothing {
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
    let Some(publication) = story
        .life
        .publication
        .clone()
        .filter(|p| p.text == Some(story.text) && p.is_under_way())
    else {
        done.lacking = here::lacking_of(desk, &story);
        if update && !done.lacking.is_empty() {
            let lacking = std::mem::take(&mut done.lacking);
            done.puts = put_here(desk, repo, &story, lacking)?;
        }
        return Ok(done);
    };
    let kept = desk.config.targets.iter().map(|t| &t.name);
    let kept = kept.filter(|name| !publication.targets.contains(name) && keeps(desk, &story, name));
    done.kept = kept.cloned().collect();
    for name in &publication.targets {
        if publication.receipts.get(name).is_some_and(|(done, _)| *done) {
            continue;
        }
        let result = one(desk, repo, &story, &publication, name, clerk)?;
        done.puts.push(Put {
            target: name.clone(),
            result,
        });
    }
    desk.step(repo, id, true, |story| Ok(announce(story, clerk)))?;
    Ok(done)
}

/// Whether a target has a post of the story that cannot be changed from here.
fn keeps(desk: &Desk, story: &Story, name: &str) -> bool {
    let stands = story.life.posts.get(name).is_some_and(|post| post.certain);
    stands && named(desk, name).is_ok_and(|target| !target.updates())
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
    permitted(desk, repo, story, &lacking, desk.now)?;
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
