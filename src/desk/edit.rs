//! Changes of the text: by hand, by flags, and cut text put back.

use std::collections::{BTreeMap, HashSet};

use crate::repo::StoryRepo;
use crate::story::StoryId;
use crate::story::draft::{self, CutPiece};
use crate::story::event::What;
use crate::story::id::slug;
use crate::story::page::{Front, INDEX, Page, text_hash};
use crate::story::people::CUT;
use crate::story::policy::{Policy, Refusal};
use crate::story::state::Verb;
use crate::story::step::{Clerk, Step, Story, has_markers};
use crate::story::wording::more_than_minor;

use super::review::Planned;
use super::{Trouble, media};

/// What the flags of `edit` ask for; `None` leaves it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Flags {
    pub title: Option<String>,
    pub author: Option<String>,
    pub subtitle: Option<String>,
    pub place: Option<String>,
    pub description: Option<String>,
    /// Added, or with a leading `-` taken off.
    pub tags: Vec<String>,
    /// `photo-1.jpg=words`; without words its description is taken out
    pub alt: Vec<(String, String)>,
}

impl Flags {
    pub fn is_empty(&self) -> bool {
        *self == Flags::default()
    }
}

/// The page with the flags carried out. A new byline changes the title made from the old one, and the slug.
pub fn apply(story: &Story, flags: &Flags) -> Result<Page, Refusal> {
    let mut page = story.page.clone();
    let mut front = page.front();
    if let Some(author) = &flags.author {
        if front.title.contains(&front.author) && !front.author.is_empty() && flags.title.is_none() {
            front.title = front.title.replace(&front.author, author);
        }
        front.author = author.clone();
        front.slug = slug(author);
    }
    if let Some(title) = &flags.title {
        front.title = title.clone();
    }
    let given = |text: &String| Some(text.clone()).filter(|t| !t.is_empty());
    if let Some(text) = &flags.subtitle {
        front.subtitle = given(text);
    }
    if let Some(text) = &flags.place {
        front.place = given(text);
    }
    if let Some(text) = &flags.description {
        front.description = given(text);
    }
    for tag in &flags.tags {
        match tag.strip_prefix('-') {
            Some(tag) => front.tags.retain(|t| t != tag),
            None if front.tags.contains(tag) => {}
            None => front.tags.push(tag.clone()),
        }
    }
    for (file, words) in &flags.alt {
        describe(&mut page, &mut front, story, file, words)?;
    }
    page.set_front(&front);
    Ok(page)
}

/// Alternative text: in the Markdown, where readers meet it, and in the front matter.
fn describe(page: &mut Page, front: &mut Front, story: &Story, file: &str, words: &str) -> Result<(), Refusal> {
    media::known(story, file)?;
    match words.trim() {
        "" => drop(front.alt.remove(file)),
        words => drop(front.alt.insert(file.to_owned(), words.to_owned())),
    }
    page.set_body(&crate::story::markdown::with_alt(page.body(), file, words.trim()));
    Ok(())
}

/// Whether this person may edit the story as it stands: asked before they begin to type.
pub fn may(story: &Story, policy: &Policy, clerk: &Clerk) -> Result<(), Refusal> {
    policy
        .allows(Verb::Edit, &clerk.actor, &story.life, story.text, &story.title())
        .map(drop)
}

/// Whether a text that was put together by hand is one; else why not, and what to do. A line of `=======` is a heading's where it stood
/// there before.
pub fn one_wording(page: &Page, before: &Page) -> Result<(), (String, String)> {
    let parted = |page: &Page| page.body().lines().any(|line| line.trim_end() == "=======");
    if has_markers(page.body()) || parted(page) && !parted(before) {
        let why = "two wordings still stand in the text, or a mark between them";
        let hint = "keep the right words, take the lines with <<<<<<<, ======= and >>>>>>> out";
        return Err((why.to_owned(), hint.to_owned()));
    }
    Ok(())
}

/// The step that a new `index.md` is. Refused where it is no page, where it moves `draft` or `date`, where nothing
/// would be left of the text, and where it is called `minor` and is not.
pub fn edit(story: &Story, policy: &Policy, clerk: &Clerk, index: &[u8], minor: bool, note: &str) -> Planned {
    let page = Page::parse(index).map_err(|why| Refusal {
        code: "story.not_a_page",
        what: "the edit was not taken".to_owned(),
        why: why.to_string(),
        hint: "correct it and edit again".to_owned(),
        exit: 2,
    })?;
    let (old, new) = (story.front(), page.front());
    let mut files = story.files.clone();
    files.insert(INDEX.to_owned(), index.to_vec());
    let agreed = story.agrees();
    match &agreed {
        Ok(()) if (old.draft, old.date) != (new.draft, new.date) => {
            return Err(Refusal {
                code: "story.front_matter",
                what: "the edit was not taken".to_owned(),
                why: "`draft` and `date` follow the record and are not edited".to_owned(),
                hint: "put them back, and edit the rest".to_owned(),
                exit: 5,
            });
        }
        Ok(()) => {}
        // an edit may put right what an earlier one, by hand and plain git, made wrong
        Err(refusal) => {
            Story::load(&story.id, files.clone()).map_or_else(|_| Err(refusal.clone()), |then| then.agrees())?
        }
    }
    let lacks = |what: &str| Refusal {
        code: "story.not_a_page",
        what: "the edit was not taken".to_owned(),
        why: format!("the page would have no {what}"),
        hint: format!("readers see it: give it a {what} and edit again"),
        exit: 2,
    };
    if new.title.trim().is_empty() {
        return Err(lacks("title"));
    }
    if new.author.trim().is_empty() {
        return Err(lacks("author"));
    }
    one_wording(&page, &story.page).map_err(|(why, hint)| Refusal {
        code: "story.conflict",
        what: "the edit was not taken".to_owned(),
        why,
        hint,
        exit: 2,
    })?;
    if page.body().trim().is_empty() && !story.page.body().trim().is_empty() {
        return Err(lacks("text"));
    }
    if index == story.files[INDEX].as_slice() {
        return Ok(None);
    }
    if !policy.allows(Verb::Edit, &clerk.actor, &story.life, story.text, &story.title())? {
        return Ok(None);
    }
    if minor {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        if let Some(why) = more_than_minor(&text(&story.files[INDEX]), &text(index)) {
            return Err(Refusal {
                code: "story.not_minor",
                what: "the edit was not taken".to_owned(),
                why: format!("it is more than spelling and punctuation: {why}"),
                hint: "edit without --minor; the text is then approved again".to_owned(),
                exit: 5,
            });
        }
    }
    let from = minor.then_some(story.text);
    if agreed.is_ok() && text_hash(&files) == story.text {
        return Ok(None);
    }
    let files = BTreeMap::from([(INDEX.to_owned(), Some(index.to_vec()))]);
    let step = Step {
        subject: "Edit".to_owned(),
        note: note.to_owned(),
        events: story.with_new_text(policy, vec![What::Edited { minor, from }]),
        files,
        ..Step::default()
    };
    Ok(Some(story.change(step, clerk)))
}

/// What was cut from a story's mails.
pub fn pieces(repo: &StoryRepo, id: &StoryId) -> Result<Vec<CutPiece>, Trouble> {
    let Some(people) = repo.private(id)? else {
        return Err(Trouble::NoPrivatePart(id.clone()));
    };
    let Some(bytes) = people.get(CUT) else {
        return Ok(Vec::new());
    };
    let lines = bytes.split(|&b| b == b'\n').filter(|line| !line.is_empty());
    Ok(lines.filter_map(|line| serde_json::from_slice(line).ok()).collect())
}

/// Puts cut text back where it stood. A piece that is back already is left.
pub fn restore(story: &Story, policy: &Policy, clerk: &Clerk, pieces: &[&CutPiece]) -> Planned {
    let back = restored(story, pieces.iter().copied());
    let pieces: Vec<_> = pieces.iter().filter(|p| !back.contains(&p.n)).collect();
    if pieces.is_empty() {
        return Ok(None);
    }
    story.agrees()?;
    if !policy.allows(Verb::Edit, &clerk.actor, &story.life, story.text, &story.title())? {
        return Ok(None);
    }
    let mut page = story.page.clone();
    let mut events = Vec::new();
    for piece in pieces {
        page.set_body(&draft::restore(page.body(), piece));
        events.push(What::Restored { cut: piece.n });
    }
    let files = BTreeMap::from([(INDEX.to_owned(), Some(page.render()))]);
    let step = Step {
        subject: "Put cut text back into".to_owned(),
        events: story.with_new_text(policy, events),
        files,
        ..Step::default()
    };
    Ok(Some(story.change(step, clerk)))
}

/// The pieces that were put back, and that no edit has taken out again.
pub fn restored<'a>(story: &Story, pieces: impl IntoIterator<Item = &'a CutPiece>) -> HashSet<u32> {
    let events = story.record.events.iter();
    let put_back: HashSet<u32> = events
        .filter_map(|e| match e.what {
            What::Restored { cut } => Some(cut),
            _ => None,
        })
        .collect();
    let back = pieces.into_iter().filter(|p| put_back.contains(&p.n));
    draft::standing(story.page.body(), back)
}

/// Refused: the text changed while it was edited.
pub fn moved(story: &Story) -> Refusal {
    Refusal {
        code: "story.moved",
        what: format!("{} changed while you edited it", story.title()),
        why: format!("its text hash is {} now", story.text),
        hint: "edit it again".to_owned(),
        exit: 6,
    }
}
