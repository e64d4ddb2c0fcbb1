//! Words that somebody wrote for a story and that were not taken: kept in the spool, and there again the next time they write for the same.

use std::path::PathBuf;

use jiff::Timestamp;

use crate::spool::{Spool, SpoolError, TypedNote};
use crate::story::StoryId;
use crate::story::page::INDEX;
use crate::story::record::Files;
use crate::story::replay::merge_named;
use crate::story::step::Story;

use super::walk::Decision;
use super::{Desk, StoryRepo, Trouble};

/// What words are written for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Purpose {
    /// The story's page, edited.
    Page,
    /// The team's text and the author's new one of this mail, put together.
    NewText(u32),
    /// A letter in somebody's own words, with its subject: that of which decision.
    Letter(String),
    Changes,
    Reject,
    Note,
    Turn,
    /// Why these findings may stand.
    Waive(String),
    Consent,
    Revoked,
    /// Why the new text of this mail is left out.
    Decline(u32),
    TakeDown,
    Withdraw,
    /// What this photo shows.
    Photo(String),
    /// A letter to the author without a decision.
    Write,
}

const PLAIN: [(Purpose, &str); 10] = [
    (Purpose::Page, "page"),
    (Purpose::Changes, "changes"),
    (Purpose::Reject, "reject"),
    (Purpose::Note, "note"),
    (Purpose::Turn, "turn"),
    (Purpose::Consent, "consent"),
    (Purpose::Revoked, "revoked"),
    (Purpose::TakeDown, "take-down"),
    (Purpose::Withdraw, "withdraw"),
    (Purpose::Write, "write"),
];

impl Purpose {
    /// Of the letter that a decision calls for.
    pub fn letter(decision: &Decision) -> Purpose {
        let of = Purpose::of(decision).map(|(purpose, _)| purpose.name());
        Purpose::Letter(of.unwrap_or_default())
    }

    /// What the words of a decision are for, and those words; none where it has none.
    pub fn of(decision: &Decision) -> Option<(Purpose, &str)> {
        let (purpose, text) = match decision {
            Decision::Approve | Decision::Reopen | Decision::Assign(None) => return None,
            Decision::Changes(text) => (Purpose::Changes, text),
            Decision::Reject { why, .. } => (Purpose::Reject, why),
            Decision::Note(text) => (Purpose::Note, text),
            Decision::Assign(Some(name)) => (Purpose::Turn, name),
            Decision::Waive { which, why } => (Purpose::Waive(which.to_string()), why),
            Decision::Consent { grant: true, evidence } => (Purpose::Consent, evidence),
            Decision::Consent { evidence, .. } => (Purpose::Revoked, evidence),
            Decision::Decline { number, why } => (Purpose::Decline(*number), why),
            Decision::TakeDown(why) => (Purpose::TakeDown, why),
            Decision::Withdraw(why) => (Purpose::Withdraw, why),
        };
        Some((purpose, text))
    }

    /// Whether words for this answer a question for that: why a rule's findings may stand, asked of one of them.
    pub fn answers(&self, asked: &Purpose) -> bool {
        let one_of = |rule: &str, one: &str| one.strip_prefix(rule).is_some_and(|rest| rest.starts_with(':'));
        match (self, asked) {
            (Purpose::Waive(rule), Purpose::Waive(one)) => rule == one || one_of(rule, one),
            _ => self == asked,
        }
    }

    /// As files and answers name it.
    pub fn name(&self) -> String {
        match self {
            Purpose::NewText(number) => format!("new-text {number}"),
            Purpose::Letter(of) => format!("letter {of}"),
            Purpose::Waive(which) => format!("waive {which}"),
            Purpose::Decline(number) => format!("decline {number}"),
            Purpose::Photo(file) => format!("photo {file}"),
            plain => {
                let own = PLAIN.iter().find(|(purpose, _)| purpose == plain);
                own.expect("each has a name").1.to_owned()
            }
        }
    }

    fn named(name: &str) -> Option<Purpose> {
        if let Some((purpose, _)) = PLAIN.iter().find(|(_, own)| *own == name) {
            return Some(purpose.clone());
        }
        let (kind, of) = name.split_once(' ')?;
        Some(match kind {
            "new-text" => Purpose::NewText(of.parse().ok()?),
            "letter" => Purpose::Letter(of.to_owned()),
            "waive" => Purpose::Waive(of.to_owned()),
            "decline" => Purpose::Decline(of.parse().ok()?),
            "photo" => Purpose::Photo(of.to_owned()),
            _ => return None,
        })
    }
}

/// Words, for which story and for what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    pub story: StoryId,
    pub purpose: Purpose,
    pub text: Vec<u8>,
    /// The page that was edited, where they are one.
    pub upon: Option<Vec<u8>>,
    /// Words in the spool that these go on from: they are kept instead of them.
    pub instead: Option<String>,
}

/// Words that wait for whoever wrote them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// What they are called in the spool.
    pub id: String,
    pub at: Timestamp,
    pub words: Words,
}

impl Waiting {
    /// The page to go on with, and whether it has what stands in the story now and what was written side by side, between marks: where
    /// the story was edited since, both changes are in it.
    pub fn page(&self, story: &Story) -> (Vec<u8>, bool) {
        self.upon(&story.files[INDEX])
    }

    fn upon(&self, now: &Vec<u8>) -> (Vec<u8>, bool) {
        match &self.words.upon {
            Some(upon) if upon != now => {
                let page = |bytes: &Vec<u8>| Files::from([(INDEX.to_owned(), bytes.clone())]);
                // `draft` and `date` are those of now
                let named = ["what you wrote", "the text now"];
                let mut merged = merge_named(&page(upon), &page(&self.words.text), &page(now), named);
                (merged.files.remove(INDEX).unwrap_or_default(), !merged.clean)
            }
            _ => (self.words.text.clone(), false),
        }
    }
}

impl Words {
    pub fn new(story: &StoryId, purpose: Purpose, text: &[u8]) -> Words {
        Words {
            story: story.clone(),
            purpose,
            text: text.to_vec(),
            upon: None,
            instead: None,
        }
    }

    /// An edited page, and the story as it was read.
    pub fn page(story: &Story, text: &[u8]) -> Words {
        Words {
            upon: Some(story.files[INDEX].clone()),
            ..Words::new(&story.id, Purpose::Page, text)
        }
    }

    /// Kept instead of those that whoever wrote them began with.
    pub fn instead_of(self, before: Option<&Waiting>) -> Words {
        Words {
            instead: before.map(|before| before.id.clone()),
            ..self
        }
    }

    /// Those of a decision; none where it has none.
    pub fn of_decision(story: &StoryId, decision: &Decision) -> Option<Words> {
        let (purpose, text) = Purpose::of(decision)?;
        (!text.is_empty()).then(|| Words::new(story, purpose, text.as_bytes()))
    }

    /// Keeps them in the spool in `folder`; gives their file.
    pub fn keep(&self, folder: &std::path::Path, now: Timestamp) -> Result<PathBuf, SpoolError> {
        let text = |bytes: &Vec<u8>| String::from_utf8_lossy(bytes).into_owned();
        let note = TypedNote {
            story: self.story.to_string(),
            purpose: self.purpose.name(),
            at: now,
            upon: self.upon.as_ref().map(text),
        };
        let kept = Spool::keep_typed(folder, &note, &self.text)?;
        if let Some(before) = self.instead.as_ref().filter(|id| !kept.ends_with(format!("{id}.md"))) {
            // at worst both are offered
            let _ = Spool::drop_typed(folder, before);
        }
        Ok(kept)
    }
}

/// All words that wait, the latest first; none where they cannot be read.
pub fn all(desk: &Desk) -> Vec<Waiting> {
    let typed = desk.look_at_spool().and_then(|shelves| shelves.typed().ok());
    let waiting = |typed: crate::spool::Typed| {
        let note = typed.note;
        Some(Waiting {
            id: typed.id,
            at: note.at,
            words: Words {
                story: note.story.parse().ok()?,
                purpose: Purpose::named(&note.purpose)?,
                text: typed.text,
                upon: note.upon.map(String::into_bytes),
                instead: None,
            },
        })
    };
    typed.unwrap_or_default().into_iter().filter_map(waiting).collect()
}

/// Those for one story.
pub fn of(desk: &Desk, story: &StoryId) -> Vec<Waiting> {
    let mut all = all(desk);
    all.retain(|waiting| waiting.words.story.is_same_story(story));
    all
}

/// Lets words go whose story was erased while somebody sat at it, here or elsewhere. How many.
pub fn forget_erased(desk: &Desk, repo: &StoryRepo) -> Result<usize, Trouble> {
    let waiting = all(desk);
    if waiting.is_empty() {
        return Ok(0);
    }
    let tip = repo.tip()?;
    let erased = repo.erased(&tip)?;
    let mut gone = 0;
    for waiting in waiting.iter().filter(|waiting| erased.has_story(&waiting.words.story)) {
        if repo.story(&tip, &waiting.words.story)?.is_none() {
            forget(desk, waiting);
            gone += 1;
        }
    }
    Ok(gone)
}

/// Those in the file that [`Words::keep`] gave were taken.
pub fn forget_file(desk: &Desk, file: &std::path::Path) {
    let id = file.file_stem().unwrap_or_default().to_string_lossy();
    // at worst they are offered once more
    let _ = Spool::drop_typed(&desk.config.spool_folder(), &id);
}

/// They were taken or given up.
pub fn forget(desk: &Desk, waiting: &Waiting) {
    // at worst they are offered once more
    let _ = Spool::drop_typed(&desk.config.spool_folder(), &waiting.id);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::held;

    const ID: &str = "2010/12/marion-maxwell-3f9a2c41b0";

    fn page(draft: bool, body: &str) -> Vec<u8> {
        format!(
            "+++\ntitle = \"A\"\ndate = 2010-12-04T10:00:00Z\ndraft = {draft}\nslug = \"a\"\n\n[extra]\nauthor = \"A\"\ntags = []\n+++\n\n{body}\n"
        )
        .into_bytes()
    }

    fn merged(body: &str, now: &str) -> (String, bool) {
        let id: StoryId = ID.parse().unwrap();
        let words = Words {
            upon: Some(page(true, "One.")),
            ..Words::new(&id, Purpose::Page, &page(true, body))
        };
        let waiting = Waiting {
            id: String::new(),
            at: Timestamp::UNIX_EPOCH,
            words,
        };
        let (page, both) = waiting.upon(&page(false, now));
        (String::from_utf8(page).unwrap(), both)
    }

    #[test]
    fn an_edit_is_put_together_with_the_text_of_now_and_leaves_what_the_record_says() {
        let (text, both) = merged("One.\n\nMine.", "One.");
        assert!(
            !both && text.contains("draft = false") && text.contains("Mine."),
            "{text}"
        );
        let (text, both) = merged("Mine.", "Theirs.");
        let marks = "<<<<<<< what you wrote\nMine.\n=======\nTheirs.\n>>>>>>> the text now\n";
        assert!(both && text.contains(marks) && text.contains("draft = false"), "{text}");
    }

    #[test]
    fn words_that_go_on_from_others_are_kept_instead_of_them() {
        let folder = tempfile::tempdir().unwrap();
        let (path, now) = (folder.path().join("desk"), Timestamp::UNIX_EPOCH);
        let id: StoryId = ID.parse().unwrap();
        let words = |text: &str| Words::new(&id, Purpose::Note, text.as_bytes());
        let files = || std::fs::read_dir(path.join("typed")).unwrap().count();
        let first = words("One").keep(&path, now).unwrap();
        let waiting = Waiting {
            id: first.file_stem().unwrap().to_str().unwrap().to_owned(),
            at: now,
            words: words("One"),
        };
        words("Other").keep(&path, now).unwrap();
        let again = words("One").instead_of(Some(&waiting)).keep(&path, now).unwrap();
        assert_eq!((again, files()), (first.clone(), 4));
        let more = words("One and two")
            .instead_of(Some(&waiting))
            .keep(&path, now)
            .unwrap();
        assert_eq!((files(), first.exists(), more.exists()), (4, false, true));
    }

    #[test]
    fn what_words_are_for_is_told_with_what_it_is_about() {
        let all = [
            Purpose::NewText(2),
            Purpose::Letter("changes".to_owned()),
            Purpose::Waive("postcode:1".to_owned()),
            Purpose::Decline(3),
            Purpose::Photo("our hall.jpg".to_owned()),
        ];
        for purpose in PLAIN.map(|(purpose, _)| purpose).into_iter().chain(all) {
            assert_eq!(Purpose::named(&purpose.name()), Some(purpose));
        }
        assert_eq!(Purpose::named("photo"), None);
        let waive = |which: &str| Purpose::Waive(which.to_owned());
        assert!(waive("postcode").answers(&waive("postcode:1")) && waive("postcode:1").answers(&waive("postcode:1")));
        assert!(!waive("postcode:2").answers(&waive("postcode:1")) && !waive("post").answers(&waive("postcode:1")));
        let letter = |decision| Purpose::letter(&decision);
        let changes = letter(Decision::Changes("x".to_owned()));
        assert_ne!(changes, letter(Decision::Withdraw("x".to_owned())));
        assert_eq!(changes, letter(Decision::Changes("y".to_owned())));
    }

    #[test]
    fn words_of_a_story_are_known_by_whatever_name_it_had() {
        let id: StoryId = ID.parse().unwrap();
        assert!(held::is_of("2010/12/marion-3f9a2c41b0", &id) && held::is_of(ID, &id));
        assert!(!held::is_of("2010/12/marion-maxwell-0123456789", &id) && !held::is_of("", &id));
    }
}
