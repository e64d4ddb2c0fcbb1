//! Later mails of the author: a corrected text is a proposed revision, which a person accepts or declines; all else is a note, which a
//! person may call a revision. A revision has the number of its mail: `mail-2.eml` is revision 2.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::media::Photo;
use crate::repo::{Merged, StoryRepo};
use crate::story::draft::{self, Draft};
use crate::story::event::{Event, RevisionStatus, Role, What};
use crate::story::markdown::with_picture;
use crate::story::page::{INDEX, Page, text_hash};
use crate::story::policy::Refusal;
use crate::story::revision::{Corrected, corrected, from_sentences, nearest, sentences, without_pictures};
use crate::story::state::{Phase, Verb};
use crate::story::step::{Clerk, Step, Story};
use crate::story::submission::{AuthResult, Submission};
use crate::story::{MailId, StoryId};

use super::edit::one_wording;
use super::review::Planned;
use super::{Desk, Trouble, intake, media};

/// A later mail of the author, as the record has it.
#[derive(Debug, Clone)]
pub struct Later {
    /// Of its mail: from 2.
    pub number: u32,
    pub mail: MailId,
    pub at: Timestamp,
    pub auth: Vec<AuthResult>,
    /// `None`: words to the team.
    pub status: Option<RevisionStatus>,
    /// A person calls it a revision: all its words are the new text, where no corrected text is recognised in them.
    by_a_person: bool,
}

impl Later {
    /// In one word, for lists and JSON.
    pub fn status_name(&self) -> &'static str {
        match self.status {
            None => "note",
            Some(RevisionStatus::Proposed) => "proposed",
            Some(RevisionStatus::Accepted) => "accepted",
            Some(RevisionStatus::Declined) => "declined",
        }
    }
}

/// What a later mail brings, read again.
#[derive(Debug, Clone)]
pub struct Brought {
    /// `None`: only photos.
    pub text: Option<Corrected>,
    /// Photos, cleaned, with what they show.
    pub photos: Vec<(Photo, String)>,
    /// The author's words before.
    pub before: String,
}

/// A revision beside the story as it is now.
#[derive(Debug, Clone)]
pub struct View {
    /// The wording that the new one was made from, without pictures.
    pub base: String,
    pub ours: String,
    pub theirs: String,
    pub merged: Merged,
    /// Photos that the story has not.
    pub photos: Vec<(Photo, String)>,
}

/// How a person wants a revision taken.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Taking {
    /// The author's words as they are, our edits of the text left out.
    pub as_written: bool,
    pub no_photos: bool,
    /// The text as a person put it together, where both changed the same words, and the one they were shown.
    pub by_hand: Option<ByHand>,
}

/// A merge that a person ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ByHand {
    pub text: String,
    /// What stood in the story when they began.
    pub upon: crate::story::TextHash,
}

/// The later mails of a story, the oldest first.
pub fn later(story: &Story) -> Vec<Later> {
    let mut all: Vec<Later> = Vec::new();
    for event in &story.record.events {
        match &event.what {
            What::FollowUp { mail, auth, .. } => all.push(Later {
                number: all.len() as u32 + 2,
                mail: *mail,
                at: event.at,
                auth: auth.clone(),
                status: None,
                by_a_person: false,
            }),
            What::Revision { revision, status, .. } => {
                if let Some(later) = all.iter_mut().find(|l| l.number == *revision) {
                    later.status = Some(*status);
                    later.by_a_person |= *status == RevisionStatus::Proposed && event.by.role != Role::Robot;
                }
            }
            _ => {}
        }
    }
    all
}

/// Whether a follow-up is to be proposed as a revision; `Err`: why a person should look, though it may be one.
pub(super) fn propose(
    desk: &Desk,
    story: &Story,
    first: Option<&Submission>,
    mail: &Submission,
    draft: &Draft,
    raw: &[u8],
) -> Result<bool, String> {
    let words = first.map(|first| desk.words(first)).unwrap_or_default();
    let known = [words.as_str(), story.page.body()];
    let text = corrected(&known, &draft.body).is_some();
    // the logo of every mail is no new photo
    let new_photo = || {
        let photos = intake::reread(raw).map(|mail| desk.draft(&mail).1).unwrap_or_default();
        photos
            .values()
            .any(|photo| !story.files.values().any(|bytes| *bytes == photo.bytes))
    };
    if !text && (draft.media.is_empty() || !new_photo()) {
        return Ok(false);
    }
    let what = if text { "a corrected text" } else { "photos" };
    let doubt = |why: &str| {
        Err(format!(
            "it brings {what}, and {why}: read it; `revisions {}` shows it",
            story.id.folder()
        ))
    };
    match story.life.phase {
        Phase::Open => {}
        Phase::Published => return doubt("the story is published already"),
        _ => return doubt("the story is closed"),
    }
    if draft.passes_on() {
        return doubt("it was forwarded");
    }
    if other_subject(first, mail) {
        return doubt("it has another subject");
    }
    Ok(true)
}

/// Whether somebody gave a mail a subject of its own: they may have used an old mail to write a new one.
fn other_subject(first: Option<&Submission>, mail: &Submission) -> bool {
    let bare = draft::bare_subject(&mail.subject);
    let is_reply = bare.len() < mail.subject.trim().len();
    !is_reply && !bare.is_empty() && first.is_some_and(|first| draft::bare_subject(&first.subject) != bare)
}

impl Desk {
    /// The author's words as a draft has them, without its photos.
    pub(super) fn words(&self, submission: &Submission) -> String {
        let team = self.team();
        let rules = draft::DraftRules {
            title: &self.config.story.title,
            team: &team,
        };
        draft::draft(submission, &[], &rules, self.now).body
    }
}

/// The later mail that a person means: by its number, or the only one in question.
pub fn find(story: &Story, number: Option<u32>, wanted: RevisionStatus) -> Result<Option<Later>, Refusal> {
    let all = later(story);
    let title = story.title();
    let folder = story.id.folder();
    if let Some(number) = number {
        return all
            .into_iter()
            .find(|l| l.number == number)
            .map(Some)
            .ok_or_else(|| Refusal {
                code: "revision.none",
                what: format!("{title} has no later mail {number}"),
                why: "a revision has the number of its mail".to_owned(),
                hint: format!("`revisions {folder}` lists them"),
                exit: 3,
            });
    }
    let proposed: Vec<&Later> = all
        .iter()
        .filter(|l| l.status == Some(RevisionStatus::Proposed))
        .collect();
    match proposed[..] {
        [one] => Ok(Some(one.clone())),
        // the same step once more is quiet success
        [] if all.iter().any(|l| l.status == Some(wanted)) => Ok(None),
        [] => Err(Refusal {
            code: "revision.none",
            what: format!("{title} has no proposed revision"),
            why: match all.len() {
                0 => "its author has not written again".to_owned(),
                n => format!(
                    "{n} later mail{} of its author {} no revision",
                    if n == 1 { "" } else { "s" },
                    if n == 1 { "is" } else { "are" }
                ),
            },
            hint: format!(
                "`revisions {folder}` lists what came; `revisions {folder} --propose N` makes a revision of it"
            ),
            exit: 3,
        }),
        _ => Err(Refusal {
            code: "revision.several",
            what: format!("{title} has several proposed revisions"),
            why: proposed
                .iter()
                .map(|l| l.number.to_string())
                .collect::<Vec<_>>()
                .join(", "),
            hint: "name one by its number".to_owned(),
            exit: 3,
        }),
    }
}

/// Reads a later mail again: its text and photos, and what the author had written before.
pub fn read(desk: &Desk, repo: &StoryRepo, story: &Story, later: &Later) -> Result<Brought, Trouble> {
    let mail = |number: u32| -> Result<Option<Submission>, Trouble> {
        let bytes = repo.private_file(&story.id, &format!("mail-{number}.eml"))?;
        Ok(bytes.and_then(|bytes| intake::reread(&bytes).ok()))
    };
    let missing = || Trouble::NoPrivatePart(story.id.clone());
    let submission = mail(later.number)?.ok_or_else(missing)?;
    let (draft, mut photos) = desk.draft(&submission);
    let mut before = match first_words(repo, story)? {
        Some(words) => words,
        None => mail(1)?.map(|first| desk.words(&first)).unwrap_or_default(),
    };
    // what was accepted since are the author's words, too
    for earlier in self::later(story)
        .iter()
        .filter(|l| l.status == Some(RevisionStatus::Accepted) && l.number < later.number)
    {
        if let Some(submission) = mail(earlier.number)? {
            let words = desk.words(&submission);
            before = corrected(&[&before, story.page.body()], &words).map_or(before, |found| found.text);
        }
    }
    let found = corrected(&[&before, story.page.body()], &draft.body);
    let whole = || {
        later.by_a_person.then(|| Corrected {
            text: without_pictures(&draft.body),
            left_out: Vec::new(),
        })
    };
    let media = draft.media.iter();
    Ok(Brought {
        text: found.or_else(whole).filter(|found| !found.text.trim().is_empty()),
        photos: media
            .filter_map(|p| Some((photos.remove(&p.attachment)?, p.alt.clone())))
            .collect(),
        before,
    })
}

/// The author's own words as Markdown: the mail read again, with today's rules; of a story that was told, or split off another, the
/// text as it came.
pub fn own_words(desk: &Desk, repo: &StoryRepo, story: &Story) -> Result<String, Trouble> {
    let Some(raw) = repo.private_file(&story.id, "mail-1.eml")? else {
        return first_words(repo, story)?.ok_or_else(|| Trouble::NoPrivatePart(story.id.clone()));
    };
    let mail = intake::reread(&raw)?;
    Ok(format!("{}\n", desk.draft(&mail).0.body.trim_end()))
}

/// The text as it came, by the history; `None` where that is not all here.
fn first_words(repo: &StoryRepo, story: &Story) -> Result<Option<String>, Trouble> {
    let came = story.record.events.iter().find_map(|e| match e.what {
        What::Received { .. } => e.text,
        _ => None,
    });
    let history = repo.history(&repo.tip()?, Some(&story.id), usize::MAX)?;
    for past in history.iter().rev() {
        let Some(files) = repo.story_at(past.id, &story.id)? else {
            continue;
        };
        if Some(text_hash(&files)) == came {
            return Ok(Page::parse(&files[INDEX]).ok().map(|page| page.body().to_owned()));
        }
    }
    Ok(None)
}

/// The revision beside the story as it is now, and what accepting it would make.
pub fn view(repo: &StoryRepo, story: &Story, brought: &Brought) -> Result<View, Trouble> {
    let ours = story.page.body().to_owned();
    let new = |(photo, _): &&(Photo, String)| !story.files.values().any(|bytes| *bytes == photo.bytes);
    let photos = brought.photos.iter().filter(new).cloned().collect();
    let Some(found) = &brought.text else {
        let merged = Merged {
            text: ours.clone(),
            conflict: false,
        };
        return Ok(View {
            base: ours.clone(),
            theirs: ours.clone(),
            merged,
            ours,
            photos,
        });
    };
    let before = without_pictures(&brought.before);
    let ours_bare = without_pictures(&ours);
    let base = nearest(&[&before, &ours_bare], &found.text).to_owned();
    // photos are no part of the words: those that the author did not send again stay
    let names = ("our text", "the author's new words");
    let apart = repo.merge_texts(
        &sentences(&base),
        (names.0, &sentences(&ours)),
        (names.1, &sentences(&found.text)),
    )?;
    let merged = match apart.conflict {
        false => Merged {
            text: from_sentences(&apart.text),
            conflict: false,
        },
        // shown to a person by whole paragraphs
        true => repo.merge_texts(&base, (names.0, &ours), (names.1, &found.text))?,
    };
    Ok(View {
        base,
        ours,
        theirs: found.text.clone(),
        merged,
        photos,
    })
}

/// The text that taking it makes, where it can be taken.
fn taken(view: &View, story: &Story, brought: &Brought, taking: &Taking) -> Result<String, Refusal> {
    if let Some(by_hand) = &taking.by_hand {
        if by_hand.upon != story.text {
            return Err(super::edit::moved(story));
        }
        return Ok(by_hand.text.clone());
    }
    if taking.as_written && brought.text.is_some() {
        let shown = crate::story::markdown::pictures(&view.ours);
        let kept = shown.into_iter().filter(|file| story.files.contains_key(file));
        let alt = story.front().alt;
        return Ok(kept.fold(view.theirs.clone(), |text, file| {
            with_picture(&text, &file, alt.get(&file).map(String::as_str).unwrap_or_default())
        }));
    }
    if view.merged.conflict {
        return Err(Refusal {
            code: "revision.conflict",
            what: format!("the author and the team changed the same words of {}", story.title()),
            why: "which words are right is for a person to say".to_owned(),
            hint: format!(
                "`accept {}` at a terminal opens both in your editor; `--as-written` takes the author's words as they are",
                story.id.folder()
            ),
            exit: 6,
        });
    }
    Ok(view.merged.text.clone())
}

/// Takes a revision into the story: the author's changes beside ours, and new photos. Approvals lapse.
pub fn accept(
    desk: &Desk,
    repo: &StoryRepo,
    story: &Story,
    clerk: &Clerk,
    later: &Later,
    brought: &Brought,
    taking: &Taking,
) -> Planned {
    story.agrees()?;
    let Some(now) = self::later(story).into_iter().find(|l| l.number == later.number) else {
        return Ok(None);
    };
    match now.status {
        Some(RevisionStatus::Accepted) => return Ok(None),
        None => return Err(not_proposed(story, &now)),
        // a person may think again
        Some(RevisionStatus::Proposed | RevisionStatus::Declined) => {}
    }
    if !desk
        .policy
        .allows(Verb::Edit, &clerk.actor, &story.life, story.text, &story.title())?
    {
        return Ok(None);
    }
    let view = view(repo, story, brought).map_err(|trouble| Refusal {
        code: "revision.unread",
        what: trouble.to_string(),
        why: trouble.why(),
        hint: trouble.hint(),
        exit: 1,
    })?;
    let mut page = story.page.clone();
    let mut front = page.front();
    page.set_body(&taken(&view, story, brought, taking)?);
    let mut files: BTreeMap<String, Option<Vec<u8>>> = BTreeMap::new();
    for (photo, alt) in view.photos.iter().filter(|_| !taking.no_photos) {
        let file = media::free(story, &files, photo.ext);
        page.set_body(&with_picture(page.body(), &file, alt));
        if !alt.is_empty() {
            front.alt.insert(file.clone(), alt.clone());
        }
        files.insert(file, Some(photo.bytes.clone()));
    }
    page.set_front(&front);
    let refused = |(why, hint)| Refusal {
        code: "revision.conflict",
        what: "the revision was not taken".to_owned(),
        why,
        hint,
        exit: 2,
    };
    one_wording(&page, &story.page).map_err(refused)?;
    if page.body().trim().is_empty() {
        let hint = "keep the right words".to_owned();
        return Err(refused(("nothing would be left of the text".to_owned(), hint)));
    }
    let index = page.render();
    if index != story.files[INDEX] {
        files.insert(INDEX.to_owned(), Some(index));
    }
    let mut events = vec![event(&now, RevisionStatus::Accepted)];
    // words of one's own beside the author's
    if taking.by_hand.is_some() {
        events.push(What::Edited {
            minor: false,
            from: None,
        });
    }
    let step = Step {
        subject: "Accept the author's revision of".to_owned(),
        events: story.with_new_text(&desk.policy, events),
        files,
        ..Step::default()
    };
    Ok(Some(story.change(step, clerk)))
}

/// Leaves a revision out. With words for the author, they get a letter with them.
pub fn decline(story: &Story, clerk: &Clerk, later: &Later, note: &str) -> Planned {
    story.agrees()?;
    let Some(now) = self::later(story).into_iter().find(|l| l.number == later.number) else {
        return Ok(None);
    };
    match now.status {
        Some(RevisionStatus::Declined) => return Ok(None),
        None => return Err(not_proposed(story, &now)),
        Some(RevisionStatus::Accepted) => {
            return Err(Refusal {
                code: "revision.accepted",
                what: format!("revision {} of {} is in the text already", now.number, story.title()),
                why: "it was accepted".to_owned(),
                hint: "change the text with `edit`".to_owned(),
                exit: 5,
            });
        }
        Some(RevisionStatus::Proposed) => {}
    }
    let mut events = vec![event(&now, RevisionStatus::Declined)];
    if !note.is_empty() {
        events.push(What::Asked {
            note: note.to_owned(),
            consent: false,
        });
    }
    Ok(Some(story.change(
        Step::of("Decline the author's revision of", note, events),
        clerk,
    )))
}

/// Makes a revision of a later mail that was taken for a note.
pub fn call_revision(story: &Story, clerk: &Clerk, number: u32) -> Planned {
    story.agrees()?;
    let Some(later) = find(story, Some(number), RevisionStatus::Proposed)? else {
        return Ok(None);
    };
    if later.status.is_some() {
        return Ok(None);
    }
    let events = vec![event(&later, RevisionStatus::Proposed)];
    Ok(Some(story.change(
        Step::of("Call a later mail a revision of", "", events),
        clerk,
    )))
}

/// The event that a follow-up brings with it.
pub(super) fn proposed(number: u32, mail: MailId) -> What {
    What::Revision {
        revision: number,
        status: RevisionStatus::Proposed,
        mail: Some(mail),
    }
}

fn event(later: &Later, status: RevisionStatus) -> What {
    What::Revision {
        revision: later.number,
        status,
        mail: Some(later.mail),
    }
}

fn not_proposed(story: &Story, later: &Later) -> Refusal {
    let folder = story.id.folder();
    Refusal {
        code: "revision.none",
        what: format!("later mail {} of {} is no revision", later.number, story.title()),
        why: "it was taken for words to the team".to_owned(),
        hint: format!(
            "read it with `show {folder}`; `revisions {folder} --propose {}` makes it one",
            later.number
        ),
        exit: 5,
    }
}

/// The text that a person is given where both changed the same words.
pub fn to_edit(repo: &StoryRepo, story: &Story, brought: &Brought, taking: &Taking) -> Result<Option<String>, Trouble> {
    let view = view(repo, story, brought)?;
    Ok((view.merged.conflict && !taking.as_written).then_some(view.merged.text))
}

/// Whether nothing proves that the mail is of its author: by what our own server found.
pub fn unproven(desk: &Desk, repo: &StoryRepo, id: &StoryId, later: &Later) -> Result<bool, Trouble> {
    let people = super::letters::people(repo, id)?;
    let address = people
        .and_then(|p| p.storyteller.address.or(p.sender.address))
        .unwrap_or_default();
    Ok(desk.config.has_trusted_authserv() && crate::story::letter::signed_by(&later.auth, &address).is_none())
}

/// The number that the next later mail of a story has. By the record, not by what lies in the private part: a run that died between the
/// two is then repeated, not added to.
pub(super) fn next_number(events: &[Event]) -> u32 {
    2 + events
        .iter()
        .filter(|e| matches!(e.what, What::FollowUp { .. }))
        .count() as u32
}
