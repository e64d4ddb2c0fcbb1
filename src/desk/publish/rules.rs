//! What a publication has to do for a story, or the rule that refuses it. Nothing is written.

use jiff::Timestamp;

use crate::desk::Desk;
use crate::desk::places::named;
use crate::repo::StoryRepo;
use crate::story::consent::{Use, permits};
use crate::story::event::Role;
use crate::story::letter::wrote_again;
use crate::story::people::{PEOPLE, People};
use crate::story::policy::Refusal;
use crate::story::state::{Phase, Publication, State, Verb};
use crate::story::step::{Clerk, Story};

/// What there is to do for a story.
#[derive(Debug, PartialEq)]
pub(super) enum Plan {
    Begin,
    /// It began, and is not through.
    GoOn,
    Nothing,
}

/// What a publication by this person would do, or the rule that refuses it. `update`: a correction may go out.
pub(super) fn plan(desk: &Desk, repo: &StoryRepo, story: &Story, clerk: &Clerk, update: bool) -> Result<Plan, Refusal> {
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
pub(in crate::desk) fn approved_by_others(desk: &Desk, repo: &StoryRepo, story: &Story) -> Result<(), Refusal> {
    match people(repo, story) {
        Some(people) => desk
            .policy
            .approved_by_others(&story.life, story.text, &people, &story.title()),
        None => Ok(()),
    }
}

/// Whether the author's consent covers this page, at these targets, at that time.
pub(in crate::desk) fn permitted(
    desk: &Desk,
    repo: &StoryRepo,
    story: &Story,
    targets: &[String],
    at: Timestamp,
) -> Result<(), Refusal> {
    let named = people(repo, story).and_then(|people| people.storyteller.name);
    // the folder has the name that the story came under, also where the private part is not here
    let folder = story.id.folder().rsplit_once('-').map(|(name, _)| name.to_owned());
    let storyteller: Vec<String> = named.into_iter().chain(folder).collect();
    let used = Use {
        required: desk.policy.consent_required,
        front: &story.front(),
        body: story.page.body(),
        has_photos: !story.photos.is_empty(),
        storyteller: &storyteller,
        targets,
        now: at,
    };
    permits(&story.life, &used, &story.title(), story.id.folder())
}

/// The publication of this text that began and is not through.
pub(super) fn under_way(story: &Story) -> Option<&Publication> {
    let begun = story.life.publication.as_ref();
    begun.filter(|p| p.text == Some(story.text) && p.is_under_way())
}

fn by_state(desk: &Desk, story: &Story, clerk: &Clerk, update: bool) -> Result<Plan, Refusal> {
    story.agrees()?;
    let (life, title) = (&story.life, story.title());
    has_a_title(story)?;
    let begun = under_way(story);
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
pub(in crate::desk) fn has_a_title(story: &Story) -> Result<(), Refusal> {
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

/// Whether a target has a post of the story that cannot be changed from here.
pub(super) fn keeps(desk: &Desk, story: &Story, name: &str) -> bool {
    let stands = story.life.posts.get(name).is_some_and(|post| post.certain);
    stands && named(desk, name).is_ok_and(|target| !target.updates())
}

/// The targets that a publication begins with: all but those that keep what they have.
pub(super) fn open_targets(desk: &Desk, story: &Story) -> Result<Vec<String>, Refusal> {
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
    Ok(targets)
}
