//! `new`: a story told by phone or on paper.

use jiff::Timestamp;

use crate::repo::StoryRepo;
use crate::story::event::What;
use crate::story::id::{Leaf, MAIL_ID_VERSION, canonical_text};
use crate::story::page::{Front, Page};
use crate::story::people::{PEOPLE, People};
use crate::story::policy::{Refusal, Task};
use crate::story::record::Files;
use crate::story::step::{begin, has_markers};
use crate::story::{MailId, Mailbox, StoryId, id};

use super::{Desk, Trouble};

/// A story as it was told.
#[derive(Debug, Clone)]
pub struct Told {
    pub author: String,
    pub email: Option<String>,
    pub subtitle: Option<String>,
    /// Markdown.
    pub text: String,
    /// How it came to the team.
    pub evidence: String,
}

/// Makes a draft of a told story; the same words told by the same person on the same day are one story.
pub fn tell(desk: &Desk, repo: &StoryRepo, told: &Told) -> Result<(StoryId, bool), Trouble> {
    use sha2::{Digest, Sha256};
    let clerk = desk.clerk(repo, Task::Edit)?;
    if has_markers(&told.text) {
        return Err(Trouble::from(Refusal {
            code: "story.conflict",
            what: "no draft was made of it".to_owned(),
            why: "a line begins as the mark of an open merge does (`<<<<<<< `, `>>>>>>> `)".to_owned(),
            hint: "take the marks out".to_owned(),
            exit: 2,
        }));
    }
    let day = jiff::tz::TimeZone::UTC.to_datetime(desk.now).date();
    let leaf = Leaf {
        media_type: "text/markdown".to_owned(),
        sha256: Sha256::digest(canonical_text(told.text.as_bytes())).into(),
    };
    let subject = told.subtitle.clone().unwrap_or_default();
    let mail = MailId::of("", &day.to_string(), &told.author, &subject, &[leaf]);
    let story = StoryId::new(Some(desk.now), &told.author, &mail);
    let author = Mailbox {
        name: Some(told.author.clone()),
        address: told.email.clone(),
    };
    let people = People {
        subject,
        storyteller: author.clone(),
        sender: author,
        ..People::default()
    };
    let front = Front {
        title: crate::story::draft::title(&desk.config.story.title, &told.author),
        date: Some(Timestamp::from_second(desk.now.as_second()).unwrap_or(desk.now)),
        draft: true,
        slug: id::slug(&told.author),
        author: told.author.clone(),
        subtitle: told.subtitle.clone(),
        ..Front::default()
    };
    let page = Page::new(&front, &told.text);
    let received = What::Received {
        mail,
        mail_version: MAIL_ID_VERSION,
        notes: vec![format!("told, not mailed: {}", told.evidence)],
        auth: Vec::new(),
        no_answer: Some("it came by no mail".to_owned()),
    };
    let private = Files::from([(PEOPLE.to_owned(), people.render())]);
    let change = begin(
        &story,
        &page,
        Files::new(),
        vec![received],
        "Take down",
        private,
        &clerk,
    );
    let change = desk.sealed(&desk.pens(repo.signer()), &[], change)?;
    let mut made = false;
    let done: Result<_, Trouble> = repo.commit(&story, |current| {
        made = current.files.is_none();
        Ok(made.then(|| change.clone()))
    });
    done?;
    Ok((story, made))
}
