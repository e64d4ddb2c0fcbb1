//! What is written of a new story.

use std::collections::BTreeMap;

use crate::config;
use crate::media;
use crate::story::draft::{self, Draft, DraftRules, MediaFate};
use crate::story::event::What;
use crate::story::id::MAIL_ID_VERSION;
use crate::story::letter::{never_answer, too_late};
use crate::story::page::{Front, Page};
use crate::story::people::{CUT, PEOPLE, People};
use crate::story::record::{Change, Files};
use crate::story::step::begin;
use crate::story::submission::{Attachment, Note};
use crate::story::{StoryId, Submission};

use super::super::{Desk, convert};

/// Pixels decoded for one mail: 25 photos of a phone, or six of the largest.
const MAX_PIXELS: u64 = 300_000_000;

/// Whether an attachment says that it is a text, and is one.
fn is_text(attachment: &Attachment) -> bool {
    attachment.media_type.starts_with("text/") && !attachment.bytes.is_empty() && !attachment.bytes.contains(&0)
}

/// Why an attachment that cannot be opened as a photo is left, in words for the reviewer; nothing where nobody need know.
fn why_left(attachment: &Attachment, unopened: &str) -> String {
    let why = match attachment {
        seal if seal.is_seal() => "",
        entry if entry.media_type == "text/calendar" => "it is an entry for a calendar",
        // `story.txt`: nobody took it for a photo
        text if is_text(text) => {
            "it is a text: look whether it is the story, and ask the author to paste it into a mail"
        }
        _ => unopened,
    };
    why.to_owned()
}

/// What tells an attachment from others without hashing it: of two pictures the lengths differ, or one of the first bytes.
fn alike(attachment: &Attachment) -> (usize, &[u8]) {
    (attachment.bytes.len(), &attachment.bytes)
}

impl Desk {
    /// What the team would read: photos cleaned, text cut and turned into Markdown; and the cleaned photos by attachment.
    pub fn draft(&self, submission: &Submission) -> (Draft, BTreeMap<usize, media::Photo>) {
        let team = self.team();
        let rules = DraftRules {
            title: &self.config.story.title,
            team: &team,
        };
        let mut photos = BTreeMap::new();
        // many a mail has the same picture under every paragraph: it is opened once
        let mut first: BTreeMap<_, Result<usize, String>> = BTreeMap::new();
        let mut opener = Opener::new(&self.config.story);
        let source = draft::source(submission, &rules);
        for (place, attachment) in source.attachments.iter().enumerate() {
            first.entry(alike(attachment)).or_insert_with(|| {
                photos.insert(place, opener.open(&attachment.bytes)?);
                Ok(place)
            });
        }
        let fate = |attachment: &Attachment| match &first[&alike(attachment)] {
            Ok(place) => fate(&photos[place]),
            // it is told by name and type, too
            Err(why) => MediaFate::Left {
                why: why_left(attachment, why),
            },
        };
        let fates: Vec<MediaFate> = source.attachments.iter().map(fate).collect();
        let draft = draft::draft(submission, &fates, &rules, self.now);
        // of several that are the same the draft has one, and not always the first
        for place in draft.media.iter().map(|photo| photo.attachment) {
            let same = source.attachments.get(place).and_then(|a| first.get(&alike(a)));
            if let Some(photo) = same.and_then(|same| photos.remove(same.as_ref().ok()?)) {
                photos.insert(place, photo);
            }
        }
        (draft, photos)
    }

    /// The change that makes a story of a mail.
    pub(super) fn first_step(
        &self,
        submission: &Submission,
        draft: &Draft,
        mut photos: BTreeMap<usize, media::Photo>,
        own: &[String],
    ) -> Change {
        let id = StoryId::new(submission.date, &draft.author, &submission.mail);
        let front = Front {
            title: draft.title.clone(),
            date: Some(draft.date),
            draft: true,
            slug: draft.slug.clone(),
            author: draft.author.clone(),
            subtitle: draft.subtitle.clone(),
            alt: draft
                .media
                .iter()
                .filter(|p| !p.alt.is_empty())
                .map(|p| (p.file.clone(), p.alt.clone()))
                .collect(),
            ..Front::default()
        };
        let page = Page::new(&front, &draft.body);
        let mut media = Files::new();
        for photo in &draft.media {
            if let Some(cleaned) = photos.remove(&photo.attachment) {
                media.insert(photo.file.clone(), cleaned.bytes);
            }
        }
        let people = people(submission, draft);
        let answer_to = people.answers_to();
        let received = What::Received {
            mail: submission.mail,
            mail_version: MAIL_ID_VERSION,
            notes: public(&draft.notes),
            auth: submission.auth.clone(),
            no_answer: never_answer(&submission.signals, answer_to.address.as_deref(), own)
                .map(|why| draft::public(&why))
                .or_else(|| too_late(submission.date, self.now, self.config.letters.max_age)),
        };
        let mut private = Files::from([(PEOPLE.to_owned(), people.render())]);
        if !draft.cuts.is_empty() {
            private.insert(CUT.to_owned(), cut_lines(draft));
        }
        begin(&id, &page, media, vec![received], "Take in", private, &self.robot())
    }
}

/// Opens the photos of one mail, within what is decoded for one.
struct Opener<'a> {
    setting: &'a config::StorySettings,
    limits: media::Limits,
    /// Pixels that may still be decoded.
    left: u64,
}

impl<'a> Opener<'a> {
    fn new(setting: &'a config::StorySettings) -> Opener<'a> {
        let limits = super::super::media::limits(setting);
        Opener {
            setting,
            limits,
            left: MAX_PIXELS.max(limits.max_pixels),
        }
    }

    /// A photo as it may be published; `Err`: why not, in words for the reviewer.
    fn open(&mut self, bytes: &[u8]) -> Result<media::Photo, String> {
        let converted = match &self.setting.heic_command {
            Some(command) if media::is_heic(bytes) => Some(convert::heic(command, bytes)?),
            _ => None,
        };
        let bytes = converted.as_deref().unwrap_or(bytes);
        let pixels = media::pixels(bytes);
        if pixels <= self.limits.max_pixels {
            self.left = self
                .left
                .checked_sub(pixels)
                .ok_or("the mail has more photos than are opened at once (300 million pixels in all): please send the others in another mail")?;
        }
        media::clean(bytes, &self.limits).map_err(|why| why.to_string())
    }
}

/// Who is behind a new story.
pub(super) fn people(submission: &Submission, draft: &Draft) -> People {
    People {
        message_ids: Some(submission.message_id.clone())
            .filter(|m| !m.is_empty())
            .into_iter()
            .collect(),
        subject: submission.subject.clone(),
        storyteller: draft.storyteller.clone(),
        sender: draft.sender.clone(),
        forwarder: draft.forwarder.clone(),
        reply_to: submission.reply_to.clone(),
        ..People::default()
    }
}

/// Notes as the record has them.
pub(super) fn public(notes: &[Note]) -> Vec<String> {
    notes.iter().map(|note| draft::public(&note.to_string())).collect()
}

/// `cut.jsonl`: one piece a line.
fn cut_lines(draft: &Draft) -> Vec<u8> {
    let line = |piece: &draft::CutPiece| format!("{}\n", serde_json::to_string(piece).expect("plain data is JSON"));
    draft.cuts.iter().map(line).collect::<String>().into_bytes()
}

fn fate(photo: &media::Photo) -> MediaFate<'_> {
    MediaFate::Photo {
        ext: photo.ext,
        bytes: &photo.bytes,
        had_location: photo.had_location,
        width: photo.width,
        height: photo.height,
    }
}
