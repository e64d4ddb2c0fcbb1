//! One mail with several stories, and one story from several mails. Each is one commit over all of them, so that no run that dies leaves
//! half of it; each piece keeps from which mail and which lines it came.

use std::collections::{BTreeMap, BTreeSet};

use crate::repo::StoryRepo;
use crate::story::check::same_name;
use crate::story::draft;
use crate::story::event::What;
use crate::story::id::{MAIL_ID_VERSION, slug};
use crate::story::markdown::{pictures, with_file};
use crate::story::page::{Front, INDEX, Page};
use crate::story::people::{PEOPLE, People};
use crate::story::pieces::{Piece, cut};
use crate::story::policy::Refusal;
use crate::story::record::{Change, Files};
use crate::story::state::{Phase, Verb};
use crate::story::step::{Clerk, Step, Story, begin};
use crate::story::submission::Note;
use crate::story::{MailId, Mailbox, StoryId, TextHash};

use super::edit::{self, Flags};
use super::{Desk, Trouble, media};

/// A piece and the story that it becomes; the first stays where it is.
#[derive(Debug, Clone)]
pub struct Part {
    pub id: StoryId,
    pub author: String,
    pub piece: Piece,
}

/// How a story would be split at these lines of its `index.md`.
pub fn parts(story: &Story, at: &[u32]) -> Result<Vec<Part>, Refusal> {
    let index = String::from_utf8_lossy(&story.files[INDEX]).into_owned();
    let pieces = cut(&index, story.page.body(), at).map_err(|why| Refusal {
        code: "split.place",
        what: format!("{} cannot be split there", story.title()),
        why,
        hint: format!("`split {} -n` shows where stories seem to begin", story.id.folder()),
        exit: 2,
    })?;
    let own = story.front().author;
    let part = |(place, piece): (usize, Piece)| {
        let author = piece.author.clone().unwrap_or_else(|| own.clone());
        let id = match place {
            0 => story.id.clone(),
            _ => piece_id(story, &author, &piece),
        };
        Part { id, author, piece }
    };
    Ok(pieces.into_iter().enumerate().map(part).collect())
}

/// The same piece of the same text always has the same id: a step that is repeated makes no second story.
fn piece_id(story: &Story, author: &str, piece: &Piece) -> StoryId {
    let lines = format!("{}-{}", piece.lines.start(), piece.lines.end());
    let digits = MailId::of("split", story.id.as_str(), &story.text.to_string(), &lines, &[]).digits();
    let id = format!("{}/{}-{digits}", story.id.month(), slug(author));
    id.parse().expect("a month, a slug and ten digits")
}

/// Refused unless its words may be moved now.
fn may(desk: &Desk, story: &Story, clerk: &Clerk, verb: &str) -> Result<(), Refusal> {
    story.agrees()?;
    desk.policy
        .allows(Verb::Edit, &clerk.actor, &story.life, story.text, &story.title())?;
    if story.life.phase == Phase::Published {
        return Err(Refusal {
            code: "story.state",
            what: format!("{verb}: {} is published", story.title()),
            why: "its readers have it as one story".to_owned(),
            hint: "take it down first".to_owned(),
            exit: 5,
        });
    }
    Ok(())
}

/// Makes of one story several. The first piece stays; approvals of it lapse; of each other storyteller a yes is needed anew. What was
/// planned is for the text that was read (`upon`).
///
/// # Errors
/// Exit 6 where the text is another by now.
pub fn split(
    desk: &Desk,
    repo: &StoryRepo,
    id: &StoryId,
    clerk: &Clerk,
    at: &[u32],
    upon: TextHash,
) -> Result<Vec<Part>, Trouble> {
    no_hand_edit(repo, id)?;
    let story = desk.story(repo, id)?;
    may(desk, &story, clerk, "split")?;
    let planned = parts(&story, at)?;
    let ids: Vec<StoryId> = planned.iter().map(|part| part.id.clone()).collect();
    desk.step_together(repo, &ids, |files| {
        let story = loaded(desk, &ids[0], &files[0])?;
        if story.text != upon {
            return Err(edit::moved(&story).into());
        }
        let private = repo.private(&story.id)?;
        Ok(plan_split(desk, &story, private.as_ref(), clerk, at)?)
    })?;
    Ok(planned)
}

/// The changes of a split, the story's own first.
pub fn plan_split(
    desk: &Desk,
    story: &Story,
    private: Option<&Files>,
    clerk: &Clerk,
    at: &[u32],
) -> Result<Vec<Change>, Refusal> {
    may(desk, story, clerk, "split")?;
    let parts = parts(story, at)?;
    let (first, others) = parts.split_first().expect("there is a first piece");
    let people = private
        .and_then(|p| p.get(PEOPLE))
        .and_then(|bytes| People::parse(bytes).ok());
    let mut changes = Vec::new();
    let mut gone = BTreeSet::new();
    for part in others {
        let shown = pictures(&part.piece.body);
        let media: Files = shown
            .into_iter()
            .filter_map(|file| Some((file.clone(), story.files.get(&file)?.clone())))
            .collect();
        gone.extend(media.keys().cloned());
        changes.push(begin_piece(desk, story, part, media, people.as_ref(), clerk));
    }
    // a photo shown in two pieces is in both
    for file in pictures(&first.piece.body) {
        gone.remove(&file);
    }
    let renamed = first.author != story.front().author;
    let flags = Flags {
        author: renamed.then(|| first.author.clone()),
        ..Flags::default()
    };
    let mut page = edit::apply(story, &flags)?;
    page.set_body(&first.piece.body);
    let mut front = page.front();
    for file in &gone {
        front.alt.remove(file);
        front.credits.remove(file);
    }
    page.set_front(&front);
    let mut files: BTreeMap<String, Option<Vec<u8>>> = gone.into_iter().map(|file| (file, None)).collect();
    files.insert(INDEX.to_owned(), Some(page.render()));
    let split = What::Split {
        into: others.iter().map(|part| part.id.to_string()).collect(),
        from: None,
        mail: mail_of(story),
        lines: Some(range(&first.piece)),
        of: Some(story.text),
        // another person tells what stays: their own yes is needed
        consent_ends: renamed && story.life.consent.is_some(),
    };
    let note = others
        .iter()
        .map(|part| format!("Into {}", part.id))
        .collect::<Vec<_>>()
        .join("\n");
    let step = Step {
        subject: "Split".to_owned(),
        note,
        events: story.with_new_text(&desk.policy, vec![split]),
        files,
        ..Step::default()
    };
    changes.insert(0, story.change(step, clerk));
    Ok(changes)
}

/// The first steps of a piece: taken in with the mail it came in, and split off.
fn begin_piece(
    desk: &Desk,
    story: &Story,
    part: &Part,
    media: Files,
    people: Option<&People>,
    clerk: &Clerk,
) -> Change {
    let old = story.front();
    let of_media = |words: &BTreeMap<String, String>| -> BTreeMap<String, String> {
        words
            .iter()
            .filter(|(file, _)| media.contains_key(*file))
            .map(|(a, b)| (a.clone(), b.clone()))
            .collect()
    };
    let front = Front {
        title: draft::title(&desk.config.story.title, &part.author),
        date: old.date,
        draft: true,
        slug: slug(&part.author),
        author: part.author.clone(),
        place: old.place.clone(),
        alt: of_media(&old.alt),
        credits: of_media(&old.credits),
        ..Front::default()
    };
    let page = Page::new(&front, &part.piece.body);
    let lines = range(&part.piece);
    let mut notes = vec![format!(
        "it came in one mail with other stories: lines {} to {} of {}",
        lines[0], lines[1], story.id
    )];
    // whose story it is, is asked of each
    notes.extend(notes_of(story).filter(|note| Note::forwarded(note).is_some()).cloned());
    let received = What::Received {
        mail: mail_of(story).unwrap_or_else(|| MailId::of("split", story.id.as_str(), "", "", &[])),
        mail_version: MAIL_ID_VERSION,
        notes,
        auth: Vec::new(),
        no_answer: Some("it came in one mail with other stories".to_owned()),
    };
    let mut robot = desk.robot();
    robot.now = story.life.received.unwrap_or(clerk.now);
    let private =
        people.map(|people| Files::from([(PEOPLE.to_owned(), of_piece(people, &part.author, &old.author).render())]));
    let first = begin(
        &part.id,
        &page,
        media,
        vec![received],
        "Take in",
        private.unwrap_or_default(),
        &robot,
    );
    let begun = Story::load(&part.id, first.upon(&Files::new())).expect("a page that was made just now");
    let split = What::Split {
        into: Vec::new(),
        from: Some(story.id.to_string()),
        mail: mail_of(story),
        lines: Some(lines),
        of: Some(story.text),
        consent_ends: false,
    };
    let step = Step {
        subject: "Split off".to_owned(),
        events: vec![split],
        ..Step::default()
    };
    let then = begun.change(step, clerk);
    let mut files = first.files;
    files.extend(then.files);
    Change {
        files,
        private: first.private,
        ..then
    }
}

/// Who is behind a piece: its storyteller by name, and by address only if it is the one of the whole mail. The mail itself, and the
/// thread in which answers to it stand, stay with the story that it began.
fn of_piece(people: &People, author: &str, old: &str) -> People {
    let teller = match author == old {
        true => people.storyteller.clone(),
        false => Mailbox {
            name: Some(author.to_owned()),
            address: None,
        },
    };
    let sender = match people.sender.address {
        Some(_) => people.sender.clone(),
        None => people.storyteller.clone(),
    };
    People {
        subject: people.subject.clone(),
        storyteller: teller,
        sender,
        forwarder: people.forwarder.clone(),
        reply_to: people.reply_to.clone().filter(|_| author == old),
        ..People::default()
    }
}

/// Makes of two stories one: the words of `other` come below those of `id`, and `other` closes with a pointer. Whether it changed
/// anything.
pub fn join(desk: &Desk, repo: &StoryRepo, id: &StoryId, other: &StoryId, clerk: &Clerk) -> Result<bool, Trouble> {
    for story in [id, other] {
        no_hand_edit(repo, story)?;
    }
    let ids = [id.clone(), other.clone()];
    let joined = desk.step_together(repo, &ids, |files| {
        let (story, other) = (loaded(desk, id, &files[0])?, loaded(desk, other, &files[1])?);
        Ok(plan_join(desk, &story, &other, clerk)?)
    })?;
    Ok(joined.is_some())
}

/// The changes of a join; none where it was made already.
pub fn plan_join(desk: &Desk, story: &Story, other: &Story, clerk: &Clerk) -> Result<Vec<Change>, Refusal> {
    if story.id == other.id {
        return Err(Refusal {
            code: "join.itself",
            what: format!("{} cannot be joined with itself", story.title()),
            why: "both names mean the same story".to_owned(),
            hint: "name two stories".to_owned(),
            exit: 2,
        });
    }
    if other.life.joined_into.as_deref() == Some(story.id.as_str()) {
        return Ok(Vec::new());
    }
    for one in [story, other] {
        may(desk, one, clerk, "join")?;
    }
    let (mut page, theirs) = (story.page.clone(), other.front());
    let mut front = page.front();
    let mut files: BTreeMap<String, Option<Vec<u8>>> = BTreeMap::new();
    let mut body = other.page.body().to_owned();
    // two steps, since the new name of one may be the old name of the next
    let held = &other.photos;
    for (n, file) in held.iter().enumerate() {
        body = with_file(&body, file, &format!("joined-{n}"));
    }
    for (n, file) in held.iter().enumerate() {
        let ext = file.rsplit_once('.').map_or("jpg", |(_, ext)| ext);
        let new = media::free(story, &files, ext);
        body = with_file(&body, &format!("joined-{n}"), &new);
        for (ours, their) in [(&mut front.alt, &theirs.alt), (&mut front.credits, &theirs.credits)] {
            if let Some(words) = their.get(file) {
                ours.insert(new.clone(), words.clone());
            }
        }
        files.insert(new, Some(other.files[file].clone()));
    }
    page.set_front(&front);
    page.set_body(&format!(
        "{}\n\n{}",
        page.body().trim_end(),
        body.trim_start_matches('\n')
    ));
    let index = String::from_utf8_lossy(&page.render()).into_owned();
    let last = index.lines().count() as u32;
    let lines = [last + 1 - body.trim_matches('\n').lines().count() as u32, last];
    files.insert(INDEX.to_owned(), Some(index.into_bytes()));

    let consent = both_consent(story, other);
    let mut events = vec![What::Joined {
        with: Some(other.id.to_string()),
        into: None,
        mail: mail_of(other),
        lines: Some(lines),
        of: Some(other.text),
        consent_ends: story.life.consent.is_some() && consent.is_none(),
        notes: forwarded(other, &draft::public(&story.front().author)),
    }];
    events.extend(consent);
    let step = Step {
        subject: "Join another story with".to_owned(),
        note: format!("With {}", other.id),
        events: story.with_new_text(&desk.policy, events),
        files,
        ..Step::default()
    };
    let ours = story.change(step, clerk);
    let closed = What::Joined {
        with: None,
        into: Some(story.id.to_string()),
        mail: None,
        lines: None,
        of: None,
        consent_ends: false,
        notes: Vec::new(),
    };
    let step = Step {
        subject: "Close, joined with another,".to_owned(),
        events: other.with_new_text(&desk.policy, vec![closed]),
        ..Step::default()
    };
    Ok(vec![ours, other.change(step, clerk)])
}

/// What was told when the story came in, and of what was joined to it.
fn notes_of(story: &Story) -> impl Iterator<Item = &String> {
    story.record.events.iter().flat_map(|event| match &event.what {
        What::Received { notes, .. } | What::Joined { notes, .. } => notes.as_slice(),
        _ => &[],
    })
}

/// What is told of a story that somebody outside the team forwarded, as long as nobody said whose it is: its words come under
/// another byline now, and it is asked again.
fn forwarded(other: &Story, named_now: &str) -> Vec<String> {
    let author = draft::public(&other.front().author);
    let open = notes_of(other).filter_map(|note| Note::forwarded(note).filter(|(.., named)| same_name(named, &author)));
    open.map(|(forwarder, original, _)| {
        let [forwarder, original, named] = [forwarder, original, named_now].map(str::to_owned);
        let note = Note::MaybeForwarded {
            forwarder,
            original,
            named,
        };
        note.to_string()
    })
    .collect()
}

/// The yes to both parts: only where both storytellers said it, for what both allow.
fn both_consent(story: &Story, other: &Story) -> Option<What> {
    let (ours, theirs) = (story.life.consent.as_ref()?, other.life.consent.as_ref()?);
    Some(What::Consent {
        grant: true,
        scope: common(&ours.scope, &theirs.scope)?,
        targets: common(&ours.targets, &theirs.targets)?,
        until: ours.until.into_iter().chain(theirs.until).min(),
        evidence: format!("to both parts: {}; {}", ours.evidence, theirs.evidence),
        mail: None,
    })
}

/// What is in both; none stands for all.
fn common(ours: &[String], theirs: &[String]) -> Option<Vec<String>> {
    match (ours, theirs) {
        ([], all) | (all, []) => Some(all.to_vec()),
        _ => {
            let both: Vec<String> = ours.iter().filter(|what| theirs.contains(what)).cloned().collect();
            (!both.is_empty()).then_some(both)
        }
    }
}

fn loaded(desk: &Desk, id: &StoryId, files: &Option<Files>) -> Result<Story, Trouble> {
    let files = files.clone().ok_or_else(|| Trouble::NoStory(id.to_string()))?;
    Ok(desk.load(id, files)?)
}

fn no_hand_edit(repo: &StoryRepo, id: &StoryId) -> Result<(), Trouble> {
    let files = repo.uncommitted(&repo.tip()?, id)?;
    match files.is_empty() {
        true => Ok(()),
        false => Err(Trouble::ByHand { id: id.clone(), files }),
    }
}

/// The mail that began a story.
fn mail_of(story: &Story) -> Option<MailId> {
    story.record.events.iter().find_map(|e| match &e.what {
        What::Received { mail, .. } => Some(*mail),
        _ => None,
    })
}

fn range(piece: &Piece) -> [u32; 2] {
    [*piece.lines.start(), *piece.lines.end()]
}

/// The story whose mail a piece came in, where it was split off.
pub fn came_from(story: &Story) -> Option<StoryId> {
    story.record.events.iter().find_map(|e| match &e.what {
        What::Split { from: Some(from), .. } => from.parse().ok(),
        _ => None,
    })
}
