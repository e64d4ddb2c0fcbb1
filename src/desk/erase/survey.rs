//! What would go, and what this program does not reach. Nothing is changed.

use std::collections::HashSet;

use crate::config::{Source, TargetKind, Way};
use crate::repo::{StoryRepo, Told};
use crate::story::StoryId;
use crate::story::step::Story;

use super::super::held::{self, Held, Whose};
use super::super::{Desk, Trouble};
use super::plan::Remote;

/// What would go, and what this program cannot reach.
#[derive(Debug)]
pub struct Survey {
    pub held: Held,
    /// What it comes to in the history.
    pub told: Told,
    /// Pages that stand at targets: the story, the target, the place.
    pub pages: Vec<(StoryId, String, String)>,
    /// Targets where only a person can take a page off.
    pub by_hand: Vec<String>,
    pub remote: Option<Remote>,
    /// Where something may be that is not reached: a place, and what to do there.
    pub beyond: Vec<(String, String)>,
}

/// Looks at everything, and changes nothing.
pub fn survey(desk: &Desk, repo: &StoryRepo, whose: &Whose) -> Result<Survey, Trouble> {
    let held = held::find(desk, repo, desk.look_at_spool().as_ref(), whose)?;
    let ids: Vec<StoryId> = held.stories.iter().map(|story| story.id.clone()).collect();
    let told = match ids.is_empty() {
        true => Told::default(),
        false => repo.doomed(&|id| ids.iter().any(|known| known.is_same_story(id)))?,
    };
    let (mut pages, mut was_out) = (Vec::new(), false);
    for found in &held.stories {
        if let Ok(story) = Story::load(&found.id, found.files.clone()) {
            for target in story.life.may_stand() {
                let post = story.life.posts.get(target);
                let place = post.map_or("if it arrived there", |post| {
                    post.place.as_deref().unwrap_or(&post.slug)
                });
                pages.push((found.id.clone(), target.to_owned(), place.to_owned()));
            }
            was_out |= story.life.publication.is_some();
        }
    }
    let remote = remote(desk, repo);
    let mut beyond = beyond(desk, &held, &pages, remote.as_ref());
    for target in desk.config.targets.iter().filter(|_| was_out) {
        if let TargetKind::Git { remote, .. } = &target.kind {
            let what = format!(
                "earlier commits of {remote}, and every clone of it, keep what was published: text, title and byline"
            );
            beyond.push((target.name.clone(), what));
        }
    }
    beyond.extend(twins(repo, &held)?);
    let targets = desk.config.targets.iter();
    let by_mail = targets.filter(|target| matches!(target.kind, TargetKind::Email { .. }));
    Ok(Survey {
        held,
        told,
        pages,
        by_hand: by_mail.map(|target| target.name.clone()).collect(),
        remote,
        beyond,
    })
}

/// Other stories that begin with one of their mails: it came to a desk that did not have the thread it is of.
fn twins(repo: &StoryRepo, held: &Held) -> Result<Vec<(String, String)>, Trouble> {
    let mails = held.stories.iter().flat_map(held::HeldStory::mails);
    let digits: HashSet<String> = mails.map(|mail| mail.digits().to_owned()).collect();
    let is_theirs = |id: &StoryId| held.stories.iter().any(|story| story.id.is_same_story(id));
    let ids = repo.stories(&repo.tip()?)?.filter_map(|listed| Some(listed.ok()?.id));
    let ids = ids.filter(|id| digits.contains(id.digits()) && !is_theirs(id));
    let what = "it begins with a mail that goes with this, and stays; erase it, too, if it is the same person's";
    Ok(ids.map(|id| (id.to_string(), what.to_owned())).collect())
}

pub(super) fn remote(desk: &Desk, repo: &StoryRepo) -> Option<Remote> {
    let name = &desk.config.repository.remote;
    Some(Remote {
        name: name.clone(),
        url: repo.remote_url(name)?,
    })
}

/// What this program does not reach.
fn beyond(
    desk: &Desk,
    held: &Held,
    pages: &[(StoryId, String, String)],
    remote: Option<&Remote>,
) -> Vec<(String, String)> {
    let mut beyond = Vec::new();
    let mut add = |place: String, what: &str| beyond.push((place, what.to_owned()));
    for inbox in &desk.config.inboxes {
        let place = match &inbox.source {
            Source::Mbox(path) | Source::Maildir(path) | Source::Files(path) => path.display().to_string(),
            Source::Imap(imap) => format!("{} on {}", imap.mailbox, imap.server.host),
        };
        add(
            format!("inbox {}", inbox.name),
            &format!("the mail may still lie in {place}: delete it there (it is not taken in again)"),
        );
    }
    let letters: usize = held.stories.iter().map(held::HeldStory::letters_sent).sum();
    if letters > 0 || !held.sent.is_empty() {
        add(
            "letters".to_owned(),
            "those that left are with their recipients, and on the mail servers between",
        );
    }
    if matches!(desk.config.outbox.way, Way::Smtp(_)) && letters > 0 {
        add(
            "mail server".to_owned(),
            "it may keep copies of what was sent, and its log",
        );
    }
    for (_, target, place) in pages {
        add(
            target.clone(),
            &format!("who has read {place} may have kept it; so may search engines and archives"),
        );
    }
    if let Some(remote) = remote {
        add(
            format!("remote {}", remote.name),
            &format!(
                "{} has the old history until it is pushed over, and its host may keep what nothing names any more: ask there for it to be removed",
                remote.url
            ),
        );
    }
    add(
        "other clones".to_owned(),
        "each has the old history until it syncs (or until `erase --finish` runs there, with this branch merged)",
    );
    add(
        "backups".to_owned(),
        "of this machine: snapshots, copies, and the disk's own free space; and what `preview --out`, `export` or an editor wrote elsewhere",
    );
    for name in &held.named {
        add(
            name.clone(),
            "it is another's, and left as it is; `erase STORY` or `quarantine drop` if it is to go, too",
        );
    }
    for story in &held.stories {
        for related in story.related() {
            add(
                related,
                "it was split off or joined, and stays; erase it, too, if it is the same person's",
            );
        }
    }
    if held.unknown > 0 {
        add(
            format!("{} stories", held.unknown),
            "their private part is not here: whose they are cannot be told by an address",
        );
    }
    beyond
}
