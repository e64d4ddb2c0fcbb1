//! Destroying what is held of a story or a person, for good.
//!
//! In this order: what it is about is kept in the spool; the desk's own record says, in salted hashes, what must not come back; the pages
//! come off the targets; the spool, the letters; the stories out of all history, and the objects; and the same on the remote. A run that dies
//! anywhere is finished by doing all of it again: each part is nothing where it is done.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::config::{Source, TargetKind, Way};
use crate::repo::{Doomed, Entry, Erasure, Hit, StoryRepo, Tip, Told};
use crate::spool::Spool;
use crate::story::erased::Erased;
use crate::story::event::Actor;
use crate::story::policy::Task;
use crate::story::record::{Signature, one_line};
use crate::story::step::Story;
use crate::story::{MailId, StoryId};
use crate::target::Removal;

use super::held::{self, Held, Whose};
use super::places::NotPut;
use super::sync::{self, Synced, Wish};
use super::takedown::take_off;
use super::{Desk, Trouble, draw, typed};

/// What an erasure is about: kept in the spool until it is done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    by: Actor,
    email: String,
    pub stories: Vec<StoryId>,
    mails: Vec<String>,
    /// The person, where one was named.
    person: Option<String>,
    /// By what they are looked for in the end.
    words: Vec<String>,
    addresses: Vec<String>,
    remote: Option<Remote>,
    leave_published: bool,
    /// Lines as in the desk's record: what of all that it calls erased is to go from the remote. They name no one.
    #[serde(default)]
    owed: String,
}

/// Where the content repository was pushed to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remote {
    pub name: String,
    pub url: String,
}

impl Plan {
    /// All is done here, and the remote may have it still: what waits says nothing of whom it was about.
    fn rest(mut self, desk: &Desk) -> Plan {
        self.owe(desk, &self.stories.clone());
        Plan {
            stories: Vec::new(),
            mails: Vec::new(),
            person: None,
            words: Vec::new(),
            addresses: Vec::new(),
            ..self
        }
    }

    /// These are to go from the remote, too.
    fn owe(&mut self, desk: &Desk, stories: &[StoryId]) {
        let who = (draw(), desk.robot().actor, desk.now);
        if let Some(event) = Erased::event(b"", stories, &[], &fresh_salt(), who) {
            self.owed.push_str(&event.line());
            self.owed.push('\n');
        }
    }

    /// Whether nothing but the remote is left.
    pub fn is_rest(&self) -> bool {
        self.stories.is_empty() && self.mails.is_empty() && self.person.is_none()
    }

    /// Whether it goes on where a page cannot be taken off; once said, it stays so.
    pub fn leave_published(&mut self, leave: bool) {
        self.leave_published |= leave;
    }
}

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

/// What was done.
#[derive(Debug, Default)]
pub struct Done {
    pub stories: Vec<StoryId>,
    /// Pages that were taken off, and what stays there all the same.
    pub pages: Vec<(String, Option<String>)>,
    /// Pages that could not be taken off.
    pub standing: Vec<(String, NotPut)>,
    pub quarantine: usize,
    pub incoming: usize,
    pub letters: usize,
    pub files: usize,
    /// Words of the team that were not taken.
    pub typed: usize,
    pub erasure: Erasure,
    /// Where their address, or one of their mails' ids, still stands.
    pub left: Vec<Hit>,
    pub remote: Option<Remote>,
    /// What the remote has now, or why it has it still; `None` without a remote.
    pub pushed: Option<Result<Synced, Trouble>>,
    /// Others that the desk's record calls erased while the history has them: left as they are.
    pub claimed: Vec<StoryId>,
    /// Pages still stand: nothing but the pages was touched, and a run that is told to goes on.
    pub stopped: bool,
}

/// How many places are told where something is left.
const HITS: usize = 50;

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

fn remote(desk: &Desk, repo: &StoryRepo) -> Option<Remote> {
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

/// Makes the plan of what was surveyed.
pub fn plan(
    desk: &Desk,
    repo: &StoryRepo,
    survey: &Survey,
    whose: &Whose,
    leave_published: bool,
) -> Result<Plan, Trouble> {
    let clerk = desk.clerk(repo, Task::Erase)?;
    let held = &survey.held;
    let person = match whose {
        Whose::Person(address) => Some(address.to_lowercase()),
        Whose::Stories(_) => None,
    };
    let mails = held.stories.iter().flat_map(held::HeldStory::mails);
    let mails = mails.chain(held.quarantine.iter().filter_map(|(_, mail)| *mail));
    let mut addresses: Vec<String> = person.iter().cloned().collect();
    let mut words = addresses.clone();
    for story in &held.stories {
        words.extend(story.people.thread().filter(|id| id.len() >= 6).map(str::to_owned));
        words.push(story.id.digits().to_owned());
        addresses.extend(story.people.storyteller.address.clone());
    }
    addresses.dedup();
    words.sort();
    words.dedup();
    Ok(Plan {
        by: clerk.actor,
        email: clerk.email,
        stories: held.stories.iter().map(|story| story.id.clone()).collect(),
        mails: mails.map(|mail| mail.hex()).collect(),
        person,
        words,
        addresses,
        remote: survey.remote.clone(),
        leave_published,
        owed: String::new(),
    })
}

/// What was begun and not finished.
pub fn unfinished(desk: &Desk) -> Result<Option<Plan>, Trouble> {
    match desk.look_at_spool() {
        Some(shelves) => Ok(shelves.erasing()?),
        None => Ok(None),
    }
}

/// Stories that are erased by the desk's record and stand at the tip, or in the private part, all the same: an old clone brought them back.
pub fn came_back(repo: &StoryRepo) -> Result<Vec<StoryId>, Trouble> {
    let tip = repo.tip()?;
    let erased = repo.erased(&tip)?;
    if erased.is_empty() {
        return Ok(Vec::new());
    }
    let mut ids: Vec<StoryId> = repo.stories(&tip)?.filter_map(|listed| Some(listed.ok()?.id)).collect();
    if let Some(private) = repo.private_tip()? {
        ids.extend(repo.stories(&private)?.filter_map(|listed| Some(listed.ok()?.id)));
    }
    ids.retain(|id| erased.has_story(id));
    ids.sort();
    ids.dedup();
    Ok(ids)
}

/// Does it, or finishes it. The repository is read anew afterwards: [`Desk::repo`].
pub fn carry_out(desk: &Desk, repo: StoryRepo, spool: &mut Spool, plan: &Plan) -> Result<Done, Trouble> {
    repo.can_erase()?;
    let mut plan = plan.clone();
    if let Some(rest) = unfinished(desk)?.filter(Plan::is_rest) {
        plan.owed.push_str(&rest.owed);
    }
    let plan = &plan;
    spool.put_erasing(plan)?;
    let mut done = Done {
        stories: plan.stories.clone(),
        remote: plan.remote.clone(),
        ..Done::default()
    };
    bury(desk, &repo, plan)?;
    pages(desk, &repo, plan, &mut done)?;
    if !done.standing.is_empty() && !plan.leave_published {
        done.stopped = true;
        return Ok(done);
    }
    let whose = match &plan.person {
        Some(address) => Whose::Person(address.clone()),
        None => Whose::Stories(plan.stories.clone()),
    };
    let held = held::find(desk, &repo, Some(&**spool), &whose)?;
    out_of_the_spool(spool, plan, &held, &mut done)?;
    let tip = repo.tip()?;
    let record = repo.desk_record(&tip)?;
    let named = |id: &StoryId| has(&plan.stories, id);
    done.claimed = repo.claimed(&tip, &Erased::of(&record))?;
    done.claimed.retain(|id| !named(id));
    // what is recorded and out of the history may have left something; what stands in it is for a person to decide
    let erased = match desk.policy.signed {
        true => desk.proven_erased(&record),
        false => Erased::of(&record),
    };
    let gone = |id: &StoryId| named(id) || erased.has_story(id) && !has(&done.claimed, id);
    let (repo, erasure) = repo.erase(&gone)?;
    done.erasure = erasure;
    done.typed += typed::forget_erased(desk, &repo)?;
    spool.clear_caches()?;
    done.left = repo.search(&plan.words, HITS)?;
    drop(repo);
    if plan.remote.is_some() {
        let rest = plan.clone().rest(desk);
        spool.put_erasing(&rest)?;
        let owed = Erased::of(rest.owed.as_bytes());
        done.pushed = at_the_remote(desk, spool, &owed, &mut done.standing).transpose();
    }
    if plan.remote.is_none() || matches!(done.pushed, Some(Ok(_))) {
        spool.end_erasing()?;
    }
    Ok(done)
}

fn has(all: &[StoryId], id: &StoryId) -> bool {
    all.iter().any(|other| other.is_same_story(id))
}

/// Brings the history without the stories to the remote, with all that others did there meanwhile; and destroys what they erased. `None`
/// where the remote never had anything: another desk may be the first to push, of the same mail, so that it is asked again by the next sync.
fn at_the_remote(
    desk: &Desk,
    spool: &mut Spool,
    owed: &Erased,
    standing: &mut Vec<(String, NotPut)>,
) -> Result<Option<Synced>, Trouble> {
    let repo = desk.repo()?;
    let before = repo.tip()?;
    let wish = Wish {
        unattended: true,
        take_out: Some(owed),
        ..Wish::default()
    };
    let never = !repo.has_seen(&desk.config.repository.remote)?;
    if never && sync::remote(desk, &repo, false)?.heads()?.is_empty() {
        return Ok(None);
    }
    let synced = sync::sync(desk, &repo, wish, false, None)?;
    if synced.is_to_obey() {
        let repo = desk.repo()?;
        let erased = repo.erased(&repo.tip()?)?;
        standing.extend(obey(desk, repo, spool, &erased, &before, &[])?.standing);
    }
    Ok(Some(synced))
}

/// What is to go from the remote by an erasure that is done here and waits for it.
pub fn owed(desk: &Desk) -> Result<Option<Erased>, Trouble> {
    let rest = unfinished(desk)?.filter(Plan::is_rest);
    Ok(rest.map(|plan| Erased::of(plan.owed.as_bytes())))
}

/// Whether an erasure that is done here waits for the remote.
pub fn waits_for_remote(desk: &Desk) -> Result<bool, Trouble> {
    Ok(owed(desk)?.is_some())
}

/// After a sync: nothing waits for the remote any more.
pub fn is_at_the_remote(desk: &Desk, spool: &mut Spool) -> Result<(), Trouble> {
    match waits_for_remote(desk)? {
        true => Ok(spool.end_erasing()?),
        false => Ok(()),
    }
}

/// What the desk's record calls erased and what stands all the same.
pub struct Back {
    /// Here or on the remote, without what an erasure of this desk is to take out there anyway.
    pub stories: Vec<StoryId>,
    /// Whether the remote has any of it; `false` without one.
    there: Result<bool, Trouble>,
}

/// Looks what stands here and on the remote of what is erased. Open the repository anew afterwards: what came along to be looked at is gone.
pub fn stands(desk: &Desk, erased: &Erased) -> Result<Back, Trouble> {
    let repo = desk.repo()?;
    let is_erased = |id: &StoryId| erased.has_story(id);
    let mut stories = repo.doomed(&is_erased)?.stories;
    let owed = owed(desk)?;
    let there = match remote(desk, &repo) {
        None => Ok(Vec::new()),
        Some(_) => on_the_remote(desk, repo, &is_erased),
    };
    let there = there.map(|found| {
        let any = !found.is_empty();
        let more = found.into_iter().filter(|id| !has(&stories, id));
        let more: Vec<StoryId> = more
            .filter(|id| !owed.as_ref().is_some_and(|owed| owed.has_story(id)))
            .collect();
        stories.extend(more);
        any || owed.is_some()
    });
    stories.sort();
    Ok(Back { stories, there })
}

/// Takes out again, here and on the remote, what the desk's record says is erased and `back` names: a person said so. What the remote has
/// now comes with it, or why it has it still; `None` where nothing of it stands there.
pub fn finish(
    desk: &Desk,
    repo: StoryRepo,
    spool: &mut Spool,
    erased: &Erased,
    back: Back,
) -> Result<(Obeyed, Option<Result<Synced, Trouble>>), Trouble> {
    let tip = repo.tip()?;
    let remote = remote(desk, &repo);
    let mut obeyed = obey(desk, repo, spool, erased, &tip, &back.stories)?;
    if remote.is_none() {
        is_at_the_remote(desk, spool)?;
        return Ok((obeyed, None));
    }
    let mut rest = by_the_robot(desk, remote);
    if let Some(before) = unfinished(desk)?.filter(Plan::is_rest) {
        rest.owed = before.owed;
    }
    rest.owe(desk, &back.stories);
    spool.put_erasing(&rest)?;
    let owed = Erased::of(rest.owed.as_bytes());
    let nothing = matches!(back.there, Ok(false));
    let pushed = match back.there {
        Ok(false) => None,
        Ok(true) => at_the_remote(desk, spool, &owed, &mut obeyed.standing).transpose(),
        Err(trouble) => Some(Err(trouble)),
    };
    if nothing || matches!(pushed, Some(Ok(_))) {
        spool.end_erasing()?;
    }
    Ok((obeyed, pushed))
}

/// The stories on the remote that are erased.
fn on_the_remote(desk: &Desk, repo: StoryRepo, erased: Doomed) -> Result<Vec<StoryId>, Trouble> {
    let remote = sync::remote(desk, &repo, false)?;
    let heads = remote.fetch(remote.heads()?, true)?;
    let found = repo.held_of(heads, erased)?;
    // it came along to be looked at
    repo.prune()?;
    Ok(found)
}

/// A plan that names nobody.
fn by_the_robot(desk: &Desk, remote: Option<Remote>) -> Plan {
    Plan {
        by: desk.robot().actor,
        email: String::new(),
        stories: Vec::new(),
        mails: Vec::new(),
        person: None,
        words: Vec::new(),
        addresses: Vec::new(),
        remote,
        leave_published: true,
        owed: String::new(),
    }
}

/// What was destroyed because another desk erased it.
#[derive(Debug, Default)]
pub struct Obeyed {
    pub erasure: Erasure,
    /// Pages that could not be taken off.
    pub standing: Vec<(String, NotPut)>,
    /// Words of the team that were not taken.
    pub typed: usize,
}

/// Takes out what the desk's record says is erased and what is here all the same: brought by an old clone, or of a desk that has learnt of
/// it only now. `before` is where this desk stood when it did not know: what it published by then comes off. What stands in the history
/// still is taken out only where a person said so of it (`confirmed`): see [`StoryRepo::claimed`].
pub fn obey(
    desk: &Desk,
    repo: StoryRepo,
    spool: &mut Spool,
    erased: &Erased,
    before: &Tip,
    confirmed: &[StoryId],
) -> Result<Obeyed, Trouble> {
    let mut claimed = repo.claimed(&repo.tip()?, erased)?;
    claimed.retain(|id| !has(confirmed, id));
    let gone = |id: &StoryId| erased.has_story(id) && !has(&claimed, id);
    let mut done = Done::default();
    let there: Vec<StoryId> = repo
        .stories(before)?
        .filter_map(|listed| Some(listed.ok()?.id))
        .collect();
    for id in there.iter().filter(|id| gone(id)) {
        pages_of(desk, &repo, before, id, &mut done)?;
    }
    let told = repo.doomed(&gone)?;
    let held = held::find(desk, &repo, Some(&**spool), &Whose::Stories(told.stories))?;
    let plan = by_the_robot(desk, None);
    out_of_the_spool(spool, &plan, &held, &mut done)?;
    let (repo, erasure) = repo.erase(&gone)?;
    let typed = done.typed + typed::forget_erased(desk, &repo)?;
    spool.clear_caches()?;
    Ok(Obeyed {
        erasure,
        standing: done.standing,
        typed,
    })
}

fn fresh_salt() -> String {
    let mut salt = [0; 16];
    getrandom::fill(&mut salt).expect("the system gives random bytes");
    hex::encode(salt)
}

/// The desk's record says what must not come back.
fn bury(desk: &Desk, repo: &StoryRepo, plan: &Plan) -> Result<(), Trouble> {
    let mails: Vec<MailId> = plan.mails.iter().filter_map(|hex| hex.parse().ok()).collect();
    let (salt, id) = (fresh_salt(), draw());
    let pens = desk.pens(repo.signer());
    repo.note_in_desk_record(|record| {
        let who = (id.clone(), plan.by.clone(), desk.now);
        let event = Erased::event(record, &plan.stories, &mails, &salt, who);
        let subject = match plan.stories.len() {
            0 => "Erase mail".to_owned(),
            1 => "Erase a story".to_owned(),
            many => format!("Erase {many} stories"),
        };
        Ok::<_, Trouble>(event.map(|event| Entry {
            line: format!("{}\n", desk.desk_line(&pens, &event)),
            message: format!("{subject}\n\nStep: erased\nBy: {}\n", one_line(&plan.by.name)),
            by: Signature {
                name: plan.by.name.clone(),
                email: plan.email.clone(),
                at: desk.now,
            },
        }))
    })?;
    Ok(())
}

/// Takes the pages off. A story that is out of the history has none any more: this comes before.
fn pages(desk: &Desk, repo: &StoryRepo, plan: &Plan, done: &mut Done) -> Result<(), Trouble> {
    let tip = repo.tip()?;
    plan.stories
        .iter()
        .try_for_each(|id| pages_of(desk, repo, &tip, id, done))
}

/// Takes one story off wherever it stands, or may stand since a run died before its receipt.
fn pages_of(desk: &Desk, repo: &StoryRepo, tip: &Tip, id: &StoryId, done: &mut Done) -> Result<(), Trouble> {
    let Some(files) = repo.story(tip, id)? else {
        return Ok(());
    };
    let Ok(story) = Story::load(id, files) else {
        return Ok(());
    };
    for target in story.life.may_stand() {
        let post = story.life.posts.get(target);
        let place = post.map(|post| post.place.clone().unwrap_or_else(|| post.slug.clone()));
        let place = place.map_or_else(|| target.to_owned(), |place| format!("{target}: {place}"));
        match take_off(desk, &story, target) {
            Ok(None) => {}
            Ok(Some((Removal::NotThere | Removal::CannotRecall(_), _))) if post.is_none() => {}
            // what only a person can take off stands until they did: its record is all that says where
            Ok(Some((Removal::CannotRecall(why), _))) => {
                let hint = "take it off there by hand".to_owned();
                let unknown = false;
                done.standing.push((place, NotPut { why, hint, unknown }));
            }
            Ok(Some((_, remains))) => done.pages.push((place, remains.map(str::to_owned))),
            Err(not) => done.standing.push((place, not)),
        }
    }
    Ok(())
}

fn out_of_the_spool(spool: &mut Spool, plan: &Plan, held: &Held, done: &mut Done) -> Result<(), Trouble> {
    for (id, _) in &held.quarantine {
        spool.drop_aside(id)?;
        done.quarantine += 1;
    }
    for id in &held.incoming {
        spool.release(id)?;
        done.incoming += 1;
    }
    for id in &held.waiting {
        done.letters += usize::from(spool.remove_letter(id)?);
    }
    for path in &held.sent {
        remove_file(path)?;
        done.files += 1;
    }
    let all = held.stories.iter().map(|story| &story.id).chain(&plan.stories);
    let all: Vec<&StoryId> = all.collect();
    let is_theirs = |story: &str| all.iter().any(|id| held::is_of(story, id));
    spool.forget_codes(|code| is_theirs(&code.story))?;
    done.typed += spool.forget_typed(is_theirs)?;
    for address in &plan.addresses {
        spool.forget_sent(address)?;
    }
    let mut tells: Vec<&str> = plan.words.iter().map(String::as_str).collect();
    tells.extend(
        held.stories
            .iter()
            .flat_map(|story| [story.id.folder(), story.title.as_str()]),
    );
    spool.forget_notes(|text| tells.iter().any(|word| text.contains(word)))?;
    Ok(())
}

pub(super) fn remove_file(path: &PathBuf) -> Result<(), Trouble> {
    match std::fs::remove_file(path) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(Trouble::Removing {
            path: path.clone(),
            source: e,
        }),
        _ => Ok(()),
    }
}
