//! A submission to a draft: whose story it is, its title and text, its photos, and what to tell the reviewer.
//!
//! Pure: media were cleaned before ([`MediaFate`] says how that went) and the clock is an argument.

mod byline;
mod contacts;
mod dates;
mod heads;
mod photos;
mod piece;
mod subject;

use std::borrow::Cow;

use jiff::Timestamp;

use super::cut::{self, Cut, Rule, Trimmed};
use super::id::slug;
use super::markdown::{self, Names};
use super::passage::{Kind, Line, Span};
use super::submission::{Mailbox, Note, Submission};
pub use heads::{heads, name_in_head};
use photos::Placed;
pub use photos::says_something;
pub use piece::{CutPiece, restore, standing};
pub use subject::same_but_for_marks;

/// What became of an attachment; the list is parallel to the attachments of [`source`].
#[derive(Debug, Clone, PartialEq)]
pub enum MediaFate<'a> {
    /// Cleaned, and fit to be published.
    Photo {
        /// `jpg`, `png`, `webp`, `gif`
        ext: &'a str,
        /// The cleaned ones.
        bytes: &'a [u8],
        had_location: bool,
        width: u32,
        height: u32,
    },
    /// Not published; why, in words for the reviewer. Empty where there is nothing to say.
    Left { why: String },
}

/// What the desk decides about drafts.
#[derive(Debug, Clone, Copy)]
pub struct DraftRules<'a> {
    /// The title's template: `Future Leader Stories: {{ author }}`.
    pub title: &'a str,
    /// Addresses of the team: only their forwards change whose story it is.
    pub team: &'a [String],
}

/// A story as it will be shown to its reviewers.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    pub title: String,
    pub slug: String,
    /// The byline.
    pub author: String,
    pub subtitle: Option<String>,
    /// When the storyteller wrote; never in the future.
    pub date: Timestamp,
    /// Markdown.
    pub body: String,
    pub media: Vec<Photo>,
    pub cuts: Vec<CutPiece>,
    pub storyteller: Mailbox,
    /// Who mailed it to us.
    pub sender: Mailbox,
    /// The team member who passed it on, if one did.
    pub forwarder: Option<Mailbox>,
    pub notes: Vec<Note>,
}

impl Draft {
    /// Whether the mail passes on another, whoever sent it: what stands in it need not be its sender's word.
    pub fn passes_on(&self) -> bool {
        let maybe = |note: &Note| matches!(note, Note::MaybeForwarded { .. });
        self.forwarder.is_some()
            || self.cuts.iter().any(|cut| cut.rule == Rule::ForwardHeader.name())
            || self.notes.iter().any(maybe)
    }
}

/// A photo of the story.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Photo {
    /// Its place among the attachments of [`source`].
    pub attachment: usize,
    /// `photo-1.jpg`
    pub file: String,
    /// Empty where the mail gave none: to be asked for.
    pub alt: String,
}

/// The rule name of what somebody wrote above or around the story itself.
const COVER_NOTE: &str = "cover-note";

/// A text that is longer than this is no note to the team on a story that comes with it.
const LONGEST_NOTE: usize = 120;

/// The mail that holds the story: the one a team member attached, else the submission itself. [`draft`] wants the fates
/// of its attachments.
pub fn source<'a>(submission: &'a Submission, rules: &DraftRules) -> &'a Submission {
    let mut source = submission;
    // a forward of a forward within the team
    while is_team(&source.from, rules)
        && let Some(inner) = source.embedded.first()
        && !is_own_story(source, inner)
    {
        source = inner;
    }
    source
}

/// Whether a team member's own text is the story, and the mail attached only goes with it.
fn is_own_story(outer: &Submission, inner: &Submission) -> bool {
    if cut::is_forward(&outer.subject) {
        return false;
    }
    let own = words(&trim(outer, true).kept);
    let documents = inner.documents.iter().map(|d| words(&d.lines));
    own > LONGEST_NOTE && own > documents.fold(words(&trim(inner, false).kept), usize::max)
}

fn trim(mail: &Submission, team_forwards: bool) -> Trimmed {
    cut::trim(&cut::apart(&mail.lines, &mail.subject), &rules_for(mail, team_forwards))
}

fn rules_for(mail: &Submission, team_forwards: bool) -> cut::Rules<'_> {
    cut::Rules {
        team_forwards,
        subject: &mail.subject,
        sender: mail.from.address.as_deref().unwrap_or_default(),
        author: mail.from.name.as_deref().unwrap_or_default(),
        to: &mail.to,
        fresh: mail.references.is_empty() && mail.codes.is_empty(),
    }
}

/// What a mail quotes of those that it answers.
pub fn quoted(mail: &Submission) -> Vec<Line> {
    cut::quoted(&cut::apart(&mail.lines, &mail.subject), &rules_for(mail, false))
}

fn is_team(mailbox: &Mailbox, rules: &DraftRules) -> bool {
    let address = mailbox.address.as_deref().unwrap_or("");
    !address.is_empty()
        && rules
            .team
            .iter()
            .any(|member| member.trim().eq_ignore_ascii_case(address))
}

/// Makes the draft. `fates` are of the attachments of [`source`], in order; attachments without one are left out.
pub fn draft(submission: &Submission, fates: &[MediaFate], rules: &DraftRules, now: Timestamp) -> Draft {
    let source = source(submission, rules);
    let attached = !std::ptr::eq(source, submission);
    let mut notes = submission.notes.clone();
    if attached {
        notes.extend(source.notes.iter().cloned());
    }
    let from_team = is_team(&source.from, rules);
    let mut trimmed = trim(source, from_team);
    photos::find_placeholders(&mut trimmed.kept, source, &mut notes);

    // whose story it is
    let forward = trimmed
        .forward
        .clone()
        .filter(|f| f.from.name.is_some() || f.from.address.is_some());
    let inline = forward.as_ref().filter(|_| from_team);
    // passed on by the team, and nobody named: anybody's but theirs
    let unnamed = from_team && trimmed.forward.is_some() && forward.is_none();
    let storyteller = match inline {
        Some(forward) => forward.from.clone(),
        None if unnamed => Mailbox::default(),
        None => source.from.clone(),
    };
    let forwarder = (attached || inline.is_some() || unnamed).then(|| submission.from.clone());
    // A forward's header goes, and what it said of its author with it: also where it named nobody.
    let passed_on = trimmed.forward.as_ref().filter(|_| !from_team).map(|f| f.from.clone());
    let attached_here = source.embedded.first().map(|inner| inner.from.clone());
    let attached_here = attached_here.filter(|_| !from_team);
    if from_team && !source.embedded.is_empty() {
        notes.push(Note::AttachmentKept {
            name: "attached mail".to_owned(),
            why: "the mail has a text of its own; look whether the story is the attached one".to_owned(),
        });
    }

    let mut story = Story::of(source, trimmed, &mut notes);
    let originals = [passed_on, attached_here, story.forwarded.take()].into_iter().flatten();
    let others: Vec<Mailbox> = originals.filter(|from| !same_person(&source.from, from)).collect();
    if attached {
        story.outer_note(submission, rules);
    }
    let reply_to = source.reply_to.as_ref().filter(|_| inline.is_none() && !unnamed);
    let (author, storyteller) = byline::of(&storyteller, reply_to, story.sign_off.as_deref(), &mut notes);
    notes.extend(
        others
            .iter()
            .map(|original| maybe_forwarded(&source.from, original, &author)),
    );
    story.end_once(&author);
    story.part_at_cuts();

    let in_cut = photos::parts(story.lines_of_others());
    let Placed { media, names } = photos::place(&mut story.lines, &in_cut, source, fates, &mut notes);
    let names: &Names = &|place| names.get(&place).cloned();
    let body = story.body(names, &media);
    story.judge(source, fates, &media, &mut notes);

    let subject = inline.and_then(|f| f.subject.as_deref()).unwrap_or(&source.subject);
    let subtitle = subject::subtitle(subject, &author);
    if subtitle.as_ref().is_some_and(|(_, went)| *went) {
        notes.push(Note::SubjectWithout);
    }
    let sent = inline.and_then(|f| f.date.as_deref()).and_then(dates::parse);
    let date = sent
        .or(source.date)
        .or(source.received)
        .or(submission.received)
        .unwrap_or(now);
    if date > now {
        notes.push(Note::FutureDate(date.strftime("%Y-%m-%d %H:%M UTC").to_string()));
    }
    dedup(&mut notes);
    Draft {
        title: title(rules.title, &author),
        slug: slug(&author),
        subtitle: subtitle.map(|(subtitle, _)| subtitle),
        date: date.min(now),
        cuts: story.pieces(names),
        body,
        media,
        author,
        storyteller,
        sender: submission.sender.clone().unwrap_or_else(|| submission.from.clone()),
        forwarder,
        notes,
    }
}

/// What is said of a mail on `main`: without the addresses and telephone numbers that names of files and people may hold.
pub fn public(said: &str) -> String {
    contacts::masked(said, "…")
}

/// A subject without its `Re:` and `Fwd:`, in lower case: two mails of one thread have the same.
pub fn bare_subject(subject: &str) -> String {
    subject::bare(subject).to_lowercase()
}

/// The template with the byline in it; a template without a place for it is the title as it stands.
pub fn title(template: &str, author: &str) -> String {
    let mut out = String::with_capacity(template.len() + author.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        out.push_str(before);
        match after.split_once("}}") {
            Some((name, after)) if name.trim() == "author" => {
                out.push_str(author);
                rest = after;
            }
            _ => {
                out.push_str("{{");
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

/// Whether somebody passes on a mail of their own: by the address, or by the name where the header has no address.
fn same_person(one: &Mailbox, other: &Mailbox) -> bool {
    match (&one.address, &other.address) {
        (Some(one), Some(other)) => one.eq_ignore_ascii_case(other),
        _ => one.name.is_some() && one.name == other.name,
    }
}

fn maybe_forwarded(forwarder: &Mailbox, original: &Mailbox, named: &str) -> Note {
    let shown = |m: &Mailbox| {
        m.name
            .clone()
            .or_else(|| m.address.clone())
            .unwrap_or_else(|| "someone".to_owned())
    };
    Note::MaybeForwarded {
        forwarder: shown(forwarder),
        original: shown(original),
        named: named.to_owned(),
    }
}

fn dedup(notes: &mut Vec<Note>) {
    let mut seen: Vec<Note> = Vec::with_capacity(notes.len());
    notes.retain(|note| {
        let new = !seen.contains(note);
        if new {
            seen.push(note.clone());
        }
        new
    });
}

/// The story's own lines and what was taken off them.
struct Story {
    lines: Vec<Line>,
    cuts: Vec<Cut>,
    sign_off: Option<String>,
    /// Cover notes that are no part of the lines: the mail's own text over a document, or around an attached mail.
    covers: Vec<Vec<Line>>,
    /// Whom the header names that went off the text of an attached mail.
    forwarded: Option<Mailbox>,
}

impl Story {
    /// The mail's own text, or that of the document it only covers.
    fn of(source: &Submission, trimmed: Trimmed, notes: &mut Vec<Note>) -> Story {
        if trimmed.nothing_cut {
            notes.push(Note::NothingCut);
        }
        if trimmed.another_kept {
            notes.push(Note::AnotherKept);
        }
        if trimmed.quotation_kept {
            notes.push(Note::QuotationKept);
        }
        if trimmed.unmarked_cut {
            notes.push(Note::UnmarkedCut);
        }
        if trimmed.most_cut {
            notes.push(Note::MostCut);
        }
        if trimmed.under_delimiter {
            notes.push(Note::UnderDelimiter);
        }
        let mut story = Story {
            lines: trimmed.kept,
            cuts: trimmed.cuts,
            sign_off: trimmed.sign_off,
            covers: Vec::new(),
            forwarded: None,
        };
        let own = words(&story.lines);
        let longest = source.documents.iter().max_by_key(|d| words(&d.lines));
        let Some(document) = longest.filter(|d| words(&d.lines) >= 20) else {
            if let Some(inner) = source.embedded.first() {
                story.passed_on(inner, notes);
            }
            return story;
        };
        let name = source.attachments.get(document.attachment).and_then(|a| a.name.clone());
        let name = name.unwrap_or_else(|| "a document".to_owned());
        if own <= LONGEST_NOTE && own * 2 <= words(&document.lines) {
            notes.push(Note::FromDocument(name));
            // what was cut stood in the mail, not in the document
            let own = cut::put_back(&story.lines, &story.cuts);
            story.cuts.clear();
            story.covers.push(own);
            story.lines = document.lines.clone();
        } else {
            let why = "the mail has a text of its own; look whether the document says more".to_owned();
            notes.push(Note::AttachmentKept { name, why });
        }
        story
    }

    /// The text of a mail that somebody outside the team attached, where their own text only covers it.
    fn passed_on(&mut self, inner: &Submission, notes: &mut Vec<Note>) {
        let mut trimmed = trim(inner, false);
        // its pictures are not among this mail's attachments
        let cut = trimmed.cuts.iter_mut().flat_map(|cut| &mut cut.lines);
        for line in trimmed.kept.iter_mut().chain(cut) {
            line.spans.retain(|span| span.image.is_none());
            if let Kind::Row { cells, .. } = &mut line.kind {
                cells
                    .iter_mut()
                    .for_each(|cell| cell.retain(|span| span.image.is_none()));
            }
        }
        let (own, theirs) = (words(&self.lines), words(&trimmed.kept));
        if theirs == 0 || own > LONGEST_NOTE || own * 2 > theirs {
            return;
        }
        notes.push(Note::FromDocument("an attached mail".to_owned()));
        let cover = cut::put_back(&self.lines, &self.cuts);
        if words(&cover) > 0 {
            self.covers.push(cover);
        }
        self.forwarded = trimmed.forward.take().map(|forward| forward.from);
        // the byline stays the sender's, so the name that signs there is not looked at
        (self.lines, self.cuts, self.sign_off) = (trimmed.kept, trimmed.cuts, None);
        for attachment in inner.attachments.iter().filter_map(|a| a.name.clone()) {
            let why = "it came in an attached mail: save it from there and add it with `media`".to_owned();
            notes.push(Note::AttachmentKept { name: attachment, why });
        }
    }

    /// What the forwarder wrote around the mail they attached.
    fn outer_note(&mut self, outer: &Submission, rules: &DraftRules) {
        let team_forwards = is_team(&outer.from, rules);
        let trimmed = trim(outer, team_forwards);
        if words(&trimmed.kept) > 0 {
            self.covers.push(trimmed.kept);
        }
    }

    /// The name at the end ends the story once: put back where it went with the signature, off where it stands twice.
    fn end_once(&mut self, author: &str) {
        let shown: Vec<usize> = (0..self.lines.len()).filter(|&i| !self.lines[i].is_blank()).collect();
        let text = |i: usize| self.lines[i].words().trim().to_owned();
        let (Some(&last), before) = (shown.last(), shown.iter().rev().nth(1)) else {
            return;
        };
        if before.is_some_and(|&b| text(b) == text(last) && text(last) == author) {
            self.lines.remove(last);
        } else if let Some(name) = &self.sign_off
            && text(last).ends_with(',')
            && text(last).split_whitespace().count() <= 5
        {
            self.lines.insert(
                last + 1,
                Line {
                    spans: vec![Span::text(name)],
                    ..Line::default()
                },
            );
            for cut in self.cuts.iter_mut().filter(|c| c.at > last) {
                cut.at += 1;
            }
        }
    }

    /// What stood above a cut and below it are two paragraphs, also where no blank line was between them and it.
    fn part_at_cuts(&mut self) {
        let lines = std::mem::take(&mut self.lines);
        let shown = |at: Option<usize>| at.and_then(|at| lines.get(at)).is_some_and(|line| !line.is_blank());
        let mut blanks = Vec::new();
        for cut in &mut self.cuts {
            if cut.left == 0 && shown(cut.at.checked_sub(1)) && shown(Some(cut.at)) {
                blanks.push(cut.at);
                blanks.dedup();
            }
            cut.at += blanks.len();
        }
        let mut blanks = blanks.into_iter().peekable();
        for (at, line) in lines.into_iter().enumerate() {
            if blanks.next_if_eq(&at).is_some() {
                self.lines.push(Line::plain(""));
            }
            self.lines.push(line);
        }
    }

    /// What was cut, but for pictures that are the author's all the same: programs put them below the signature, as parts of the mail by
    /// themselves, and telephones below their line.
    fn lines_of_others(&self) -> impl Iterator<Item = &Line> {
        let of_others =
            |cut: &Cut, line: &Line| !(cut.rule == Rule::SentFrom || line.hints.part && cut.rule.ends_own_words());
        let cut = self
            .cuts
            .iter()
            .flat_map(move |cut| cut.lines.iter().filter(move |line| of_others(cut, line)));
        cut.chain(self.covers.iter().flatten())
    }

    /// The text, and under it the photos that stood nowhere.
    fn body(&self, names: &Names, media: &[Photo]) -> String {
        let mut body = markdown::render(&self.lines, names);
        for photo in media {
            let shown = markdown::picture(&photo.file, &photo.alt);
            if !body.contains(&format!("]({})", photo.file)) {
                if !body.is_empty() {
                    body.push('\n');
                }
                body.push_str(&shown);
                body.push('\n');
            }
        }
        body
    }

    fn pieces(&self, names: &Names) -> Vec<CutPiece> {
        let mut pieces = Vec::new();
        for lines in &self.covers {
            let why = "What the sender wrote to the team, not to the readers.";
            pieces.push((COVER_NOTE.to_owned(), why.to_owned(), lines.as_slice(), 0..0));
        }
        for cut in &self.cuts {
            let rule = if cut.rule == Rule::ForwardNote {
                COVER_NOTE
            } else {
                cut.rule.name()
            };
            let left = cut.at..cut.at + cut.left;
            pieces.push((rule.to_owned(), cut.rule.to_string(), cut.lines.as_slice(), left));
        }
        let column = markdown::column(&self.lines);
        let mut out = Vec::with_capacity(pieces.len());
        for (rule, why, lines, left) in pieces {
            // a photo among them stands under the story's text already
            let text = markdown::render(lines, &|_| None).trim_end().to_owned();
            if text.is_empty() {
                continue;
            }
            let before = match self.lines.get(left.clone()).filter(|left| !left.is_empty()) {
                Some(left) => markdown::render_wrapped(left, column, names).trim_end().to_owned(),
                None => self.paragraph_from(left.start, column, names),
            };
            out.push(CutPiece {
                n: out.len() as u32 + 1,
                rule,
                why,
                text,
                before,
            });
        }
        out
    }

    /// The first paragraph of the body at or after line `at`.
    fn paragraph_from(&self, at: usize, column: Option<usize>, names: &Names) -> String {
        let rest = self.lines.get(at..).unwrap_or(&[]);
        let Some(first) = rest.iter().position(|l| !l.is_blank()) else {
            return String::new();
        };
        let rest = &rest[first..];
        let end = rest.iter().position(Line::is_blank).unwrap_or(rest.len());
        let text = markdown::render_wrapped(&rest[..end], column, names);
        text.split("\n\n").next().unwrap_or("").trim_end().to_owned()
    }

    /// Tells the reviewer where there is little, nothing, or too much.
    fn judge(&self, source: &Submission, fates: &[MediaFate], media: &[Photo], notes: &mut Vec<Note>) {
        let count = words(&self.lines);
        let link = |word: &str| word.contains("://") || word.starts_with("www.");
        let all: Vec<Cow<str>> = self.lines.iter().map(Line::words).collect();
        let all_words = all.iter().flat_map(|l| l.split_whitespace()).count();
        // most stories have none
        let linked = all.iter().filter(|l| l.contains("://") || l.contains("www."));
        let written = linked.flat_map(|l| l.split_whitespace()).filter(|w| link(w)).count();
        let links = written
            + self
                .lines
                .iter()
                .flat_map(|l| &l.spans)
                .filter(|s| s.href.is_some() && !s.text.contains("://"))
                .count();
        let prose = all_words - written;
        let left = source.attachments.iter().enumerate().filter(|(i, _)| {
            !media.iter().any(|p| p.attachment == *i) && !matches!(fates.get(*i), Some(MediaFate::Photo { .. }))
        });
        let left = left.filter(|(_, a)| !a.is_seal() && a.media_type != "text/calendar");
        let left = left.filter_map(|(_, a)| a.name.as_deref()).next();
        let advice = if links > 0 && prose < 20 {
            Some("there is only a link: ask the author to send the story itself".to_owned())
        } else if let Some(name) = left.filter(|_| count < 20) {
            Some(format!(
                "the story may be in the attachment {name}: ask the author to paste it into a mail"
            ))
        } else if count == 0 && !media.is_empty() {
            Some("there are only photos: ask the author for the story that goes with them".to_owned())
        } else if count == 0 {
            Some("the mail is empty: ask the author to send it again".to_owned())
        } else if count < 20 {
            Some(format!(
                "it has {count} words: ask the author whether something is missing"
            ))
        } else {
            None
        };
        notes.extend(advice.map(Note::LittleText));
        if !heads(&self.lines).is_empty() {
            notes.push(Note::SeveralStories);
        }
    }
}

fn words(lines: &[Line]) -> usize {
    // a script without spaces has about two characters a word
    let wide = |c: char| matches!(c as u32, 0x2E80..=0x9FFF | 0xAC00..=0xD7AF | 0xF900..=0xFAFF);
    let count = |l: &Line| {
        let text = l.words();
        let words = text.split_whitespace();
        match text.is_ascii() {
            true => words.count(),
            false => words.map(|w| 1 + w.chars().filter(|c| wide(*c)).count() / 2).sum(),
        }
    };
    lines.iter().map(count).sum()
}

#[cfg(test)]
mod tests;
