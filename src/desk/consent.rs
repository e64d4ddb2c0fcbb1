//! What an author answers: a yes to "may we publish it?" or to a proof, a yes with a condition, or a wish to have the story back. A yes
//! is recorded only where it is plain, over our words as they were, from the address that we asked, and signed by its domain; all else is for a person, who is
//! told what to type.

use sha2::{Digest, Sha256};

use crate::mail;
use crate::repo::StoryRepo;
use crate::story::answer::beside::{Before, Beside, beside, head_limits};
use crate::story::answer::quotation::{self, Change};
use crate::story::answer::{condition, limit, plain_yes, withdrawal, withdrawal_of_a_story, words};
use crate::story::cut::is_notice;
use crate::story::draft::{self, Draft};
use crate::story::event::{Asks, LetterKind, MailProof, What};
use crate::story::letter::signed_by;
use crate::story::people::{PEOPLE, People, SentLetter};
use crate::story::state::Phase;
use crate::story::step::Story;
use crate::story::submission::{Attachment, Note};
use crate::story::{StoryId, Submission};

use super::{Trouble, intake};

/// What a follow-up says, as far as it is understood.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Heard {
    /// Recorded with the follow-up.
    pub events: Vec<What>,
    /// What only a person does.
    pub asks: Option<Asks>,
    /// What a person is told.
    pub told: Option<String>,
    /// Lines beside the answer that a person has to read with it.
    pub beside: Vec<String>,
}

/// A follow-up, and what is known of it.
pub struct Answer<'a> {
    pub mail: &'a Submission,
    pub raw: &'a [u8],
    pub draft: &'a Draft,
    /// The number of its file.
    pub number: usize,
    /// What it quotes of [`answered`]'s letter: who changes the words has not agreed to them.
    pub quoted: &'a Quoted,
    /// The subject of that letter, where it is kept.
    pub subject: Option<&'a str>,
    /// What was cut from the mail that began the story.
    pub cut_before: &'a Before,
}

impl Answer<'_> {
    /// What stands beside its text, and may be its author's word.
    fn beside(&self, people: &People) -> Vec<Beside> {
        beside(&self.draft.cuts, author(people, self.mail), self.cut_before)
    }

    /// The subject that it answers; of a letter that is not kept, the story's.
    fn our_subject<'s>(&'s self, people: &'s People) -> &'s str {
        self.subject.unwrap_or(&people.subject)
    }

    /// Whether its subject is the letter's, as far as that is known.
    fn has_our_subject(&self, people: &People) -> bool {
        let ours = self.our_subject(people);
        self.mail.subject.trim().is_empty() || draft::same_but_for_marks(&self.mail.subject, ours)
    }

    /// Whether the name that it is sent under has a word that is new.
    fn has_a_new_name(&self, people: &People) -> bool {
        let known = [&people.storyteller.name, &people.sender.name];
        let known: Vec<String> = known.into_iter().flatten().flat_map(|name| words(name)).collect();
        let own = self.mail.from.name.as_deref().unwrap_or_default();
        !known.is_empty() && words(own).iter().any(|word| !known.contains(word))
    }
}

impl Heard {
    fn for_a_person(told: String) -> Heard {
        Heard {
            told: Some(told),
            ..Heard::default()
        }
    }
}

/// What a mail quotes of our letter, held against the letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Quoted {
    /// What it has and the letter has not; nothing where it has our words as they were.
    Compared(Vec<Change>),
    /// The letter is not kept, and nothing says what its words were.
    NotCompared,
}

impl Quoted {
    /// What is known of the author's words in it.
    pub fn changes(&self) -> &[Change] {
        match self {
            Quoted::Compared(changes) => changes,
            Quoted::NotCompared => &[],
        }
    }

    /// Whether its words are the letter's. In doubt they are not.
    fn is_as_sent(&self) -> bool {
        *self == Quoted::Compared(Vec::new())
    }

    /// What a person is told of it; and the same without the author's words, which are private. Nothing where the words are the letter's.
    pub fn told(&self) -> Option<(String, &'static str)> {
        const OTHER: &str = "inside the quotation of our letter it has other words than the letter";
        const OTHERS: &str =
            "inside the quotation of our letter it has other words than the letter: read what it says there";
        const UNKNOWN: &str =
            "it quotes a letter of ours that is not kept, and that was not compared: read what it says there";
        match self {
            Quoted::Compared(changes) if changes.is_empty() => None,
            Quoted::Compared(changes) => Some((format!("{OTHER}: {}", quotation::told(changes)), OTHERS)),
            Quoted::NotCompared => Some((UNKNOWN.to_owned(), UNKNOWN)),
        }
    }
}

/// Reads a follow-up.
pub fn read(story: &Story, people: &People, answer: &Answer) -> Heard {
    let Answer {
        mail, draft, number, ..
    } = *answer;
    let folder = story.id.folder();
    let beside = answer.beside(people);
    let lines = || beside.iter().map(|beside| beside.words.clone()).collect();
    if story.life.phase != Phase::Withdrawn && asks_back(draft, answer.quoted.changes(), &beside) {
        let from = mail.from.address.as_deref().unwrap_or_default();
        let proof = match signed_by(&mail.auth, from) {
            Some(domain) => format!("signed by {domain}"),
            None => "nothing proves who sent it".to_owned(),
        };
        let told = format!(
            "it asks to have the story back ({proof}): read it; `withdraw {folder} -m \"...\"` does it, `withdraw {folder} --keep -m \"why\"` if that is not what they mean"
        );
        return Heard {
            asks: Some(Asks::Withdrawal),
            beside: lines(),
            ..Heard::for_a_person(told)
        };
    }
    let letter = answered(people, mail);
    if let Some(letter) = letter.filter(|l| l.kind == LetterKind::Proof.name()) {
        return proof(story, people, answer, &beside, letter);
    }
    if story.life.consent.is_some() {
        let command = format!("`consent {folder} --revoke --evidence \"...\"`");
        let heard = Heard::for_a_person(format!(
            "its author has said yes before, and writes again: read it; if they take it back, {command}"
        ));
        return Heard {
            beside: lines(),
            ..limited(heard, draft, &beside, folder, number)
        };
    }
    let Some((letter, wording)) = letter.and_then(|l| Some((l, l.asked_consent.as_ref()?))) else {
        return Heard::default();
    };
    let command = format!("`consent {folder} --grant --mail {number}`");
    if !says_yes(people, mail, draft) {
        return Heard {
            beside: lines(),
            ..no_plain_yes(
                draft,
                folder,
                number,
                "it answers whether we may publish, and is no plain yes",
            )
        };
    }
    let doubt = |why: &str| Heard {
        beside: lines(),
        ..Heard::for_a_person(format!("it says \"I agree\", but {why}; if it is a yes, {command}"))
    };
    if revoked_since(story, letter) {
        return doubt("permission was taken back after we had asked");
    }
    match proven(letter, people, answer, &beside) {
        Err(why) => doubt(why),
        Ok(domain) => Heard {
            events: vec![yes(wording, answer, &domain)],
            ..Heard::default()
        },
    }
}

/// The answer to a proof: a plain yes is bound to the text that was shown.
fn proof(story: &Story, people: &People, answer: &Answer, beside: &[Beside], letter: &SentLetter) -> Heard {
    let Answer {
        mail, draft, number, ..
    } = *answer;
    let folder = story.id.folder();
    let Some(shown) = story.life.proofs.iter().find(|p| p.event == letter.about) else {
        return Heard::for_a_person("it answers a proof that the record does not know".to_owned());
    };
    let lines = || beside.iter().map(|beside| beside.words.clone()).collect();
    let asks = letter.asked_consent.is_some() && story.life.consent.is_none();
    if !says_yes(people, mail, draft) {
        let what = "it answers the proof, and is no plain yes: what they correct is for you to take over";
        let heard = match asks {
            true => no_plain_yes(draft, folder, number, what),
            false => limited(Heard::for_a_person(what.to_owned()), draft, beside, folder, number),
        };
        return Heard {
            beside: lines(),
            ..heard
        };
    }
    let domain = match proven(letter, people, answer, beside) {
        Ok(domain) => domain,
        Err(why) => {
            let what = match asks {
                true => format!("if it is a yes to publication, `consent {folder} --grant --mail {number}`"),
                false => format!("`note {folder} -m \"...\"` keeps what you think of it"),
            };
            return Heard {
                beside: lines(),
                ..Heard::for_a_person(format!("it says \"I agree\" to the proof, but {why}; {what}"))
            };
        }
    };
    let mut events = vec![What::ProofAccepted {
        about: shown.event.clone(),
        accepted: shown.text,
        evidence: format!("\"I agree\", in answer to our proof; dkim=pass {domain}"),
        mail: MailProof {
            id: mail.mail,
            sha256: hex::encode(Sha256::digest(answer.raw)),
            wording: None,
        },
    }];
    // the letter asked for permission, too
    if let Some(wording) = &letter.asked_consent
        && story.life.consent.is_none()
        && !revoked_since(story, letter)
    {
        events.push(yes(wording, answer, &domain));
    }
    Heard {
        events,
        ..Heard::default()
    }
}

/// A yes as the record has it, with its evidence.
fn yes(wording: &str, Answer { mail, raw, .. }: &Answer, domain: &str) -> What {
    let sha256 = hex::encode(Sha256::digest(raw));
    let evidence = format!(
        "\"I agree\", in answer to our letter ({wording}); mail {}, SHA-256 {sha256}; dkim=pass {domain}",
        mail.mail.hex(),
    );
    What::Consent {
        grant: true,
        scope: Vec::new(),
        targets: Vec::new(),
        until: None,
        evidence,
        mail: Some(MailProof {
            id: mail.mail,
            sha256,
            wording: Some(wording.to_owned()),
        }),
    }
}

/// "Yes, but without my name", or something else that a person has to read.
fn no_plain_yes(draft: &Draft, folder: &str, number: usize, what: &str) -> Heard {
    match condition(&draft.body) {
        Some(condition) => Heard {
            asks: Some(Asks::Condition),
            ..Heard::for_a_person(format!(
                "it says yes with a condition: read it, do as they wish, then `consent {folder} --grant --scope {} --mail {number}`",
                condition.scope()
            ))
        },
        None => Heard::for_a_person(format!(
            "{what}: read it; if it is a yes, `consent {folder} --grant --mail {number}`"
        )),
    }
}

/// What is heard of a mail that comes after a yes: it may limit that, beside its text as well.
fn limited(heard: Heard, draft: &Draft, beside: &[Beside], folder: &str, number: usize) -> Heard {
    let aside = beside.iter().filter(|beside| !is_for_others(beside));
    let mut texts = std::iter::once(&draft.body).chain(aside.map(|beside| &beside.words));
    let Some(condition) = texts.find_map(|text| limit(text)) else {
        return heard;
    };
    let scope = condition.scope();
    Heard {
        asks: Some(Asks::Condition),
        ..Heard::for_a_person(format!(
            "it may limit the yes that its author gave: read it, do as they wish, then `consent {folder} --grant --scope {scope} --mail {number}`; \
             if it limits nothing, `withdraw {folder} --keep -m \"...\"`"
        ))
    }
}

/// A wish to have the story back, also one that stands inside the quotation or beside the text.
fn asks_back(draft: &Draft, changes: &[Change], beside: &[Beside]) -> bool {
    // "... notify the sender and delete this message", as a company puts under our letter
    let asks = |change: &Change| withdrawal(&change.words).is_some() && !is_notice(&change.words);
    // so it does in the box of a signature
    let said = |beside: &Beside| match is_for_others(beside) {
        true => withdrawal_of_a_story(&beside.words).is_some(),
        false => withdrawal(&beside.words).is_some(),
    };
    withdrawal(&draft.body).is_some() || changes.iter().any(asks) || beside.iter().any(said)
}

/// Whether it is as companies and lists write to whoever gets a mail, or no request at all.
fn is_for_others(Beside { words: text, as_notice }: &Beside) -> bool {
    let words = words(text);
    let has = |list: &[&str]| words.iter().any(|word| list.contains(&&**word));
    *as_notice
        || is_notice(text)
        || has(&["recipient", "error", "unsubscribe", "sender", "list", "confidential"])
        || !has(&["please", "bitte", "merci", "favor"])
}

/// The name of who told the story; of a mail without one, its own.
fn author<'a>(people: &'a People, mail: &'a Submission) -> &'a str {
    let own = mail.from.name.as_deref().filter(|_| people.storyteller.name.is_none());
    people.storyteller.name.as_deref().or(own).unwrap_or_default()
}

fn says_yes(people: &People, mail: &Submission, draft: &Draft) -> bool {
    plain_yes(&draft.body, author(people, mail)).is_some()
}

/// The domain that signed for the address which we asked, or why it is not sure that the author wrote this.
fn proven(letter: &SentLetter, people: &People, answer: &Answer, beside: &[Beside]) -> Result<String, &'static str> {
    let Answer {
        mail, draft, quoted, ..
    } = *answer;
    if draft.passes_on() || !mail.embedded.is_empty() || !mail.attachments.iter().all(Attachment::is_seal) {
        return Err("it is a forward or has something attached");
    }
    if mail.notes.iter().any(|note| matches!(note, Note::PartsDiffer { .. })) {
        return Err("it came as plain text and as HTML, and the two do not say the same");
    }
    if !beside.is_empty() {
        return Err(
            "beside it stands what was cut as a signature or a notice, and may be its author's word: read that, too",
        );
    }
    if !answer.has_our_subject(people) {
        return Err("its subject has other words than our letter's");
    }
    if head_limits(&draft.cuts, answer.our_subject(people)) {
        return Err("where it says whose letter it quotes it may say more: read that, too");
    }
    if answer.has_a_new_name(people) {
        return Err("its sender's name is not the one that the story came under");
    }
    match quoted {
        _ if quoted.is_as_sent() => {}
        Quoted::Compared(_) => return Err("the letter that it quotes has other words there"),
        Quoted::NotCompared => return Err("the letter that it quotes is not kept, and was not compared"),
    }
    let from = mail.from.address.as_deref().unwrap_or_default();
    if mail.sender.is_some() || !from.eq_ignore_ascii_case(&letter.to) {
        return Err("it does not come from the address that we asked");
    }
    signed_by(&mail.auth, from)
        .map(|domain| domain.to_string())
        .ok_or("nothing proves who sent it (no DKIM signature of its domain, found by a trusted server)")
}

/// A mail of the story as evidence, by the number of its file, and in which words we had asked. `None`: there is no such mail.
pub fn evidence(repo: &StoryRepo, id: &StoryId, number: usize) -> Result<Option<MailProof>, Trouble> {
    let Some(raw) = repo.private_file(id, &format!("mail-{number}.eml"))? else {
        return Ok(None);
    };
    let people = repo.private_file(id, PEOPLE)?;
    let people = people.and_then(|bytes| People::parse(&bytes).ok()).unwrap_or_default();
    let wording = intake::reread(&raw)
        .ok()
        .and_then(|mail| answered(&people, &mail)?.asked_consent.clone());
    Ok(Some(MailProof {
        id: mail::mail_id(&raw),
        sha256: hex::encode(Sha256::digest(&raw)),
        wording,
    }))
}

/// The latest of our letters to the author in the mail's thread: a reply names it and all before it, so an answer to a later letter, about
/// something else, is no answer to this question.
pub(super) fn answered<'a>(people: &'a People, mail: &Submission) -> Option<&'a SentLetter> {
    let mut to_author = people.letters.iter().filter(|l| l.member.is_none());
    to_author.rfind(|l| mail.references.contains(&l.message_id))
}

/// Whether permission was taken back after the letter was called for.
fn revoked_since(story: &Story, letter: &SentLetter) -> bool {
    let events = &story.record.events;
    let asked = events.iter().position(|e| e.id == letter.about).unwrap_or(0);
    events[asked..]
        .iter()
        .any(|e| matches!(e.what, What::Consent { grant: false, .. } | What::Withdrawn { .. }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_that_is_not_kept_leaves_the_words_in_doubt_and_gives_the_author_none() {
        let unknown = Quoted::NotCompared;
        assert!(!unknown.is_as_sent() && unknown.changes().is_empty());
        let told = unknown.told().expect("it is told");
        assert!(told.0 == told.1 && told.0.contains("not compared"), "{told:?}");
        assert!(Quoted::Compared(Vec::new()).is_as_sent());
        let added = Change {
            words: "not my name".to_owned(),
            ..Change::default()
        };
        let quoted = Quoted::Compared(vec![added]);
        assert!(!quoted.is_as_sent());
        let (told, public) = quoted.told().expect("it is told");
        assert!(told.ends_with("\"not my name\"") && !public.contains("name"), "{told}");
    }
}
