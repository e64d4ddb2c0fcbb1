//! The words of the letters: one template a kind, from which the plain text and the HTML are both made.
//!
//! A template is `Subject: ...`, an empty line, and Markdown with [minijinja](https://docs.rs/minijinja) in it, a paragraph on one
//! line (a line end is kept as such). What a value holds is never Markdown, HTML or a template itself.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use minijinja::{AutoEscape, Environment, Output, State, UndefinedBehavior, Value};
use pulldown_cmark::{CowStr, Event, Parser, TextMergeStream, html};
use sha2::{Digest, Sha256};

use super::copy::Copy;
use crate::story::event::LetterKind;
use crate::story::markdown;
use crate::story::passage::Line;

/// What a template may name. No words of the author's mail but subject and name: a letter that goes to a forged address must not
/// carry what a stranger wrote.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// Whom the letter speaks to; empty where no name is known.
    pub author: String,
    /// The story's title.
    pub title: String,
    /// `[team] name`.
    pub team: String,
    /// What the reviewer wrote; empty where there is nothing.
    pub note: String,
    /// Where the story can be read; empty where it is not known.
    pub url: String,
    /// The subject of the author's mail.
    pub subject: String,
    /// Whether the letter should ask for permission to publish.
    pub ask_consent: bool,
    /// To the team: whom the letter speaks to.
    pub reader: String,
    /// To the team: what the story is called on the command line.
    pub story: String,
    /// To the team: whether the story is assigned to the reader.
    pub assigned: bool,
    /// To the team: how long nothing happened.
    pub days: i64,
    /// To the team: what waits, a line each; to the author of a withdrawn story: where it is still.
    pub lines: Vec<String>,
    /// Whether the story was published once.
    pub was_out: bool,
    /// In a proof, and where the reader may decide by answering: the story as it will appear.
    pub page: Copy,
    /// To a reviewer: what they may decide by answering; none: nothing is decided so.
    pub offer: Option<Offered>,
    /// To a reviewer: why what they answered decided nothing, after "because".
    pub why: String,
}

/// What a reviewer should know who decides by answering a letter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Offered {
    /// In how many days an answer must be here.
    pub days: i64,
    /// How many photos the story has: the letter does not show them.
    pub photos: usize,
    /// What keeps the story from being approved; empty where nothing does.
    pub checks: String,
}

/// A letter's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Worded {
    pub subject: String,
    pub text: String,
    pub html: String,
    /// In which words it asks for permission to publish, where it does: `received, version 1`; with words of the team's own the
    /// first digits of the template's SHA-256.
    pub asks_consent: Option<String>,
}

/// Why there are no words.
#[derive(Debug, thiserror::Error)]
pub enum WordingError {
    #[error("{} cannot be read", file.display())]
    Unreadable { file: PathBuf, source: io::Error },
    #[error("{}:{line}: {problem}", file.display())]
    Template {
        file: PathBuf,
        line: usize,
        problem: String,
    },
}

/// The templates of one desk.
pub struct Wording {
    plain: Environment<'static>,
    marked: Environment<'static>,
    /// What the words of a template are called.
    versions: BTreeMap<&'static str, String>,
    /// The kinds that show the story to a reviewer who may decide by answering.
    showing: Vec<LetterKind>,
}

#[rustfmt::skip]
const BUILT_IN: [(LetterKind, &str, &str); 13] = [
    (LetterKind::Received, "received.md", include_str!("../../templates/received.md")),
    (LetterKind::ChangesRequested, "changes-requested.md", include_str!("../../templates/changes-requested.md")),
    (LetterKind::Rejected, "rejected.md", include_str!("../../templates/rejected.md")),
    (LetterKind::Published, "published.md", include_str!("../../templates/published.md")),
    (LetterKind::Withdrawn, "withdrawn.md", include_str!("../../templates/withdrawn.md")),
    (LetterKind::Question, "question.md", include_str!("../../templates/question.md")),
    (LetterKind::Proof, "proof.md", include_str!("../../templates/proof.md")),
    (LetterKind::Reminder, "reminder.md", include_str!("../../templates/reminder.md")),
    (LetterKind::NewStory, "new-story.md", include_str!("../../templates/new-story.md")),
    (LetterKind::Waiting, "waiting.md", include_str!("../../templates/waiting.md")),
    (LetterKind::Stalled, "stalled.md", include_str!("../../templates/stalled.md")),
    (LetterKind::Digest, "digest.md", include_str!("../../templates/digest.md")),
    (LetterKind::Undecided, "undecided.md", include_str!("../../templates/undecided.md")),
];

/// The number of the built-in words that ask for permission to publish: evidence of consent names it. It goes up when they change.
const CONSENT_VERSION: u32 = 1;
/// The words that give permission; a letter without them does not ask.
const YES: &str = "I agree";

/// Where a story's text goes into the HTML of a letter.
const PAGE: &str = "M4CPAGE";

/// More than any letter.
const LONGEST_TEMPLATE: u64 = 256 * 1024;

impl Wording {
    /// The built-in templates, each replaced by the file of its name in `folder` (`[letters] templates`), where there is one.
    /// Every template is tried out, so that a slip is found now and not when somebody waits for a letter.
    pub fn load(folder: &Path) -> Result<Wording, WordingError> {
        let mut wording = Wording {
            plain: environment(),
            marked: environment(),
            versions: BTreeMap::new(),
            showing: Vec::new(),
        };
        wording.marked.set_formatter(escape);
        for (kind, name, built_in) in BUILT_IN {
            let file = folder.join(name);
            let source = match read(&file) {
                Ok(text) => text,
                Err(error) if error.kind() == io::ErrorKind::NotFound => built_in.to_owned(),
                Err(source) => return Err(WordingError::Unreadable { file, source }),
            };
            let source = source.trim_start_matches('\u{feff}').replace("\r\n", "\n");
            let version = match source == built_in {
                true => format!("version {CONSENT_VERSION}"),
                false => format!("sha256 {}", hex::encode(&Sha256::digest(source.as_bytes())[..6])),
            };
            wording.versions.insert(name, format!("{}, {version}", kind.name()));
            let path = file.to_string_lossy().into_owned();
            if !source.trim_start().starts_with("Subject:") {
                let problem = "a template begins with a line `Subject: ...`".to_owned();
                return Err(WordingError::Template { file, line: 1, problem });
            }
            for environment in [&mut wording.plain, &mut wording.marked] {
                let added = environment.add_template_owned(name, source.clone());
                added.map_err(|error| told(&path, &error))?;
            }
            let trial = Facts {
                note: "note".to_owned(),
                ask_consent: true,
                lines: vec!["line".to_owned()],
                page: Copy {
                    text: PAGE.to_owned(),
                    html: PAGE.to_owned(),
                },
                ..Facts::default()
            };
            let shows = |tried: &Worded| tried.text.contains(PAGE) && tried.html.contains(PAGE);
            let tried = wording.render(kind, &trial).map_err(|error| told(&path, &error))?;
            if kind.is_for_team() {
                let offer = Some(Offered::default());
                let trial = Facts { offer, ..trial };
                let tried = wording.render(kind, &trial).map_err(|error| told(&path, &error))?;
                wording.showing.extend(Some(kind).filter(|_| shows(&tried)));
            }
            if kind == LetterKind::Proof && !shows(&tried) {
                let problem = "a proof shows the story: `{{ page }}` on a line of its own".to_owned();
                return Err(WordingError::Template { file, line: 1, problem });
            }
        }
        Ok(wording)
    }

    /// Whether a letter of this kind shows the story to a reviewer who may decide by answering it. A team's own template may not; then
    /// nothing is decided by answering.
    pub fn shows_the_story(&self, kind: LetterKind) -> bool {
        self.showing.contains(&kind)
    }

    /// The template of letters of this kind, as it stands.
    pub fn source(&self, kind: LetterKind) -> String {
        let template = self.plain.get_template(name_of(kind));
        template
            .map(|template| template.source().to_owned())
            .unwrap_or_default()
    }

    /// The words of one letter.
    pub fn word(&self, kind: LetterKind, facts: &Facts) -> Result<Worded, WordingError> {
        self.render(kind, facts).map_err(|error| told(name_of(kind), &error))
    }

    fn render(&self, kind: LetterKind, facts: &Facts) -> Result<Worded, minijinja::Error> {
        let mut facts = Facts {
            author: greeted(&facts.author),
            ..facts.clone()
        };
        // nobody has looked at it yet: an advertisement is not repeated to whoever the mail pretends to be from
        if kind == LetterKind::Received && advertises(&facts.subject) {
            facts.subject.clear();
        }
        let re = reply_subject(&facts);
        let Facts {
            author,
            title,
            team,
            note,
            url,
            subject,
            ask_consent,
            reader,
            story,
            assigned,
            days,
            lines,
            was_out,
            page,
            offer,
            why,
        } = facts;
        let by_mail = offer.is_some();
        let Offered {
            days: within,
            photos,
            checks,
        } = offer.unwrap_or_default();
        let values = minijinja::context! {
            re, author, title, team, note, url => &url, subject, ask_consent, reader, story, assigned, days, lines, was_out,
            by_mail, within, photos, checks, why, page => page.text
        };
        let plain = self.plain.get_template(name_of(kind))?.render(&values)?;
        // Markdown of its own, which is put in once the letter's is HTML
        let values = minijinja::context! { page => PAGE, ..values };
        let marked = self.marked.get_template(name_of(kind))?.render(&values)?;
        let (subject, text) = split(&plain);
        let (_, markdown) = split(&marked);
        let text = tidy(text);
        let asks = ask_consent && asks_consent(&text);
        Ok(Worded {
            subject: subject.to_owned(),
            html: to_html(&tidy(markdown), &url).replacen(&format!("<p>{PAGE}</p>"), &page.html, 1),
            asks_consent: asks.then(|| self.versions.get(name_of(kind)).cloned()).flatten(),
            text,
        })
    }
}

/// Whether a letter's text names the words that give permission.
pub fn asks_consent(text: &str) -> bool {
    let plain = text.split_whitespace().collect::<Vec<_>>().join(" ");
    plain.contains(YES)
}

/// A person's own words as a page of HTML.
pub fn in_html(text: &str) -> String {
    let lines: Vec<Line> = text.lines().map(Line::plain).collect();
    to_html(&markdown::render(&lines, &|_| None), "")
}

fn name_of(kind: LetterKind) -> &'static str {
    let found = BUILT_IN.iter().find(|(of, _, _)| *of == kind);
    found.map_or("received.md", |(_, name, _)| name)
}

fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment
}

fn read(file: &Path) -> io::Result<String> {
    if fs::metadata(file)?.len() > LONGEST_TEMPLATE {
        return Err(io::Error::other("it is too long for a letter"));
    }
    fs::read_to_string(file)
}

fn told(file: &str, error: &minijinja::Error) -> WordingError {
    let problem = match error.detail() {
        Some(detail) => format!("{}: {detail}", error.kind()),
        None => error.kind().to_string(),
    };
    WordingError::Template {
        file: file.into(),
        line: error.line().unwrap_or(1),
        problem,
    }
}

/// `Re: ` and the subject, as an answer has it; so a mail program shows the letter in the thread.
fn reply_subject(facts: &Facts) -> String {
    let mut subject = facts.subject.trim();
    while let Some(rest) = ["re:", "aw:", "sv:", "fwd:", "fw:"].iter().find_map(|start| {
        let head = subject.get(..start.len())?;
        head.eq_ignore_ascii_case(start)
            .then(|| subject[start.len()..].trim_start())
    }) {
        subject = rest;
    }
    match subject {
        "" => format!("Your story for {}", facts.team),
        subject => format!("Re: {subject}"),
    }
}

/// A name to greet; one that is an advertisement is not repeated to whoever the mail pretends to be from.
fn greeted(author: &str) -> String {
    match advertises(author) || author.chars().count() > 80 {
        true => String::new(),
        false => author.split_whitespace().collect::<Vec<_>>().join(" "),
    }
}

fn advertises(text: &str) -> bool {
    let lower = text.to_lowercase();
    let signs = ["://", "www.", ".com", ".net", ".org", "@"];
    signs.iter().any(|sign| lower.contains(sign))
}

fn split(rendered: &str) -> (&str, &str) {
    let rendered = rendered.trim_start();
    let (head, body) = rendered.split_once('\n').unwrap_or((rendered, ""));
    (head.trim_start_matches("Subject:").trim(), body)
}

/// One empty line at most between paragraphs, however the template's conditions fell.
fn tidy(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.trim().lines() {
        let line = line.trim_end();
        if !(line.is_empty() && out.ends_with("\n\n")) {
            out.push_str(line);
            out.push('\n');
        }
    }
    out
}

/// Puts a value into Markdown as it stands: every ASCII punctuation mark may be escaped (CommonMark, section 2.4), and a line
/// cannot begin with the blanks that would make it code.
fn escape(out: &mut Output, _: &mut State, value: &Value) -> Result<(), minijinja::Error> {
    let text = match value.as_str() {
        Some(text) => text.to_owned(),
        None => value.to_string(),
    };
    let mut escaped = String::with_capacity(text.len() * 2);
    for (place, line) in text.replace('\r', "").split('\n').enumerate() {
        if place > 0 {
            escaped.push('\n');
        }
        for c in line.trim().chars() {
            if c.is_ascii_punctuation() {
                escaped.push('\\');
            }
            escaped.push(c);
        }
    }
    out.write_str(&escaped)
        .map_err(|_| minijinja::Error::from(minijinja::ErrorKind::WriteFailure))
}

/// Markdown to a page for mail programs: no raw HTML, line ends kept, the story's address as a link.
fn to_html(markdown: &str, url: &str) -> String {
    let mut events = Vec::new();
    for event in TextMergeStream::new(Parser::new(markdown)) {
        match event {
            Event::SoftBreak => events.push(Event::HardBreak),
            Event::Html(raw) | Event::InlineHtml(raw) => events.push(Event::Text(raw)),
            Event::Text(text) if !url.is_empty() && text.contains(url) => {
                let link = format!("<a href=\"{0}\">{0}</a>", attribute(url));
                for (place, piece) in text.split(url).enumerate() {
                    if place > 0 {
                        events.push(Event::InlineHtml(CowStr::from(link.clone())));
                    }
                    events.push(Event::Text(CowStr::from(piece.to_owned())));
                }
            }
            event => events.push(event),
        }
    }
    let mut body = String::new();
    html::push_html(&mut body, events.into_iter());
    format!("<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\"></head><body>\n{body}</body></html>\n")
}

fn attribute(url: &str) -> String {
    url.replace('&', "&amp;")
        .replace('"', "&quot;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> Facts {
        Facts {
            author: "Marion Maxwell".into(),
            title: "Future Leader Stories: Marion Maxwell".into(),
            team: "M4C Team".into(),
            note: "Which street was it?\n\nAnd may we name Mrs. Lee?".into(),
            url: "https://blog.example.org/stories/marion-maxwell/?a=1&b=2".into(),
            subject: "RE: Fwd: My story".into(),
            ask_consent: true,
            ..Facts::default()
        }
    }

    fn built_in() -> Wording {
        Wording::load(Path::new("/no/such/folder")).unwrap()
    }

    #[test]
    fn every_kind_has_words_in_text_and_html() {
        use LetterKind::{ChangesRequested, Published, Received, Rejected, Withdrawn};
        for (kind, words) in [
            (Received, "\"I agree\""),
            (ChangesRequested, "Which street was it?"),
            (Rejected, "And may we name Mrs. Lee?"),
            (Published, "Future Leader Stories: Marion Maxwell"),
            (Withdrawn, "withdrawn your story"),
        ] {
            let worded = built_in().word(kind, &facts()).unwrap();
            assert_eq!(worded.subject, "Re: My story");
            assert!(worded.text.starts_with("Dear Marion Maxwell,\n\n"), "{}", worded.text);
            assert!(
                worded.text.contains(words) && worded.text.ends_with('\n'),
                "{}",
                worded.text
            );
            assert!(!worded.text.contains("\n\n\n"), "{}", worded.text);
            assert!(worded.html.contains("<p>Dear Marion Maxwell,</p>"), "{}", worded.html);
            assert!(
                worded.html.contains(&words.replace('"', "&quot;")) || worded.html.contains(words),
                "{}",
                worded.html
            );
            assert!(!worded.html.contains('\\'), "{}", worded.html);
        }
    }

    #[test]
    fn letters_to_the_team_and_reminders_have_words_too() {
        for kind in LetterKind::ALL {
            let facts = Facts {
                reader: "Cath Lee".into(),
                story: "marion-maxwell-3f9a2c41b0".into(),
                days: 8,
                lines: vec!["3 stories to read".into(), "1 mail".into()],
                ..facts()
            };
            let worded = built_in().word(kind, &facts).unwrap();
            let reader = if kind.is_for_team() {
                "Cath Lee"
            } else {
                "Marion Maxwell"
            };
            assert!(
                worded.text.starts_with(&format!("Dear {reader},\n\n")),
                "{}",
                worded.text
            );
            assert!(
                !worded.text.contains("\n\n\n") && !worded.html.contains('\\'),
                "{}",
                worded.text
            );
            assert!(
                !worded.subject.is_empty() && worded.html.contains(reader),
                "{}",
                worded.html
            );
            if kind.is_for_team() {
                let author = worded.text.contains("I agree") || worded.text.contains("Which street");
                assert!(!author, "{}", worded.text);
            }
        }
    }

    #[test]
    fn the_words_that_ask_for_permission_have_a_number_that_changes_with_them() {
        let asks = |kind: LetterKind| {
            let worded = built_in()
                .word(
                    kind,
                    &Facts {
                        note: String::new(),
                        ..facts()
                    },
                )
                .unwrap();
            let version = worded.asks_consent.unwrap();
            assert_eq!(version, format!("{}, version {CONSENT_VERSION}", kind.name()));
            let from = worded.text.find("Nothing is published without").unwrap();
            worded.text[from..].lines().take(3).collect::<Vec<_>>().join("\n")
        };
        let words: Vec<String> = [LetterKind::Received, LetterKind::Question].map(asks).to_vec();
        assert_eq!(words[0], words[1]);
        let sum = hex::encode(&Sha256::digest(words[0].as_bytes())[..4]);
        // other words: another CONSENT_VERSION, and both here
        assert_eq!((CONSENT_VERSION, sum.as_str()), (1, "1d6093dd"));
        assert!(asks(LetterKind::Reminder).contains("\"I agree\""));

        let dir = tempfile::tempdir().unwrap();
        fs::write(
            dir.path().join("received.md"),
            "Subject: x\n\nMay we? Say \"I\nagree\".\n",
        )
        .unwrap();
        fs::write(dir.path().join("question.md"), "Subject: x\n\nMay we? Say yes.\n").unwrap();
        let own = Wording::load(dir.path()).unwrap();
        let version = own.word(LetterKind::Received, &facts()).unwrap().asks_consent.unwrap();
        assert!(version.starts_with("received, sha256 "), "{version}");
        assert_eq!(own.word(LetterKind::Question, &facts()).unwrap().asks_consent, None);
    }

    #[test]
    fn what_is_not_known_leaves_no_gap() {
        let bare = Facts {
            team: "M4C Team".into(),
            ..Facts::default()
        };
        let received = built_in().word(LetterKind::Received, &bare).unwrap();
        assert_eq!(received.subject, "Your story for M4C Team");
        assert!(received.text.starts_with("Hello,\n\n"));
        assert!(!received.text.contains("I agree"));
        let published = built_in().word(LetterKind::Published, &bare).unwrap();
        assert!(!published.text.contains("read it here"));
    }

    #[test]
    fn the_address_of_the_story_is_a_link_and_nothing_else_is() {
        let mut facts = facts();
        facts.title = "See https://evil.example/ <b>now</b>".into();
        let html = built_in().word(LetterKind::Published, &facts).unwrap().html;
        assert!(
            html.contains("<a href=\"https://blog.example.org/stories/marion-maxwell/?a=1&amp;b=2\">"),
            "{html}"
        );
        assert_eq!(html.matches("<a ").count(), 1, "{html}");
        assert!(html.contains("&lt;b&gt;now"), "{html}");
    }

    #[test]
    fn a_value_is_never_markup_nor_a_template() {
        for hostile in [
            "<script>alert(1)</script>",
            "*bold* _it_ `code`",
            "# Heading",
            "1. one",
            "- item",
            "    code",
            "[x](javascript:alert(1))",
            "> quote",
            "a\n===",
            "&copy;",
            "{{ team }}",
            "![x](http://x.example/p.png)",
            "<http://x.example>",
            "\\",
            "a|b\n-|-",
        ] {
            let mut facts = facts();
            facts.note = hostile.into();
            let worded = built_in().word(LetterKind::ChangesRequested, &facts).unwrap();
            assert!(worded.text.contains(hostile.trim_end()), "{}", worded.text);
            let shown = worded
                .html
                .replace("<br />\n", "\n")
                .replace("&lt;", "<")
                .replace("&gt;", ">")
                .replace("&quot;", "\"")
                .replace("&amp;", "&");
            assert!(
                shown.contains(&format!("<p>{}</p>", hostile.trim())),
                "{hostile}\n{}",
                worded.html
            );
        }
    }

    #[test]
    fn an_advertisement_for_a_name_is_not_greeted() {
        for name in [
            "Win at https://x.example",
            "www.x.example",
            "cheap-pills.com",
            "a@b.example",
            &"x".repeat(81),
        ] {
            let mut facts = facts();
            facts.author = name.into();
            assert!(
                built_in()
                    .word(LetterKind::Received, &facts)
                    .unwrap()
                    .text
                    .starts_with("Hello,"),
                "{name}"
            );
        }
    }

    #[test]
    fn an_advertisement_for_a_subject_is_not_repeated_before_a_person_has_seen_it() {
        let mut facts = facts();
        facts.subject = "Re: Win at https://x.example now".into();
        let received = built_in().word(LetterKind::Received, &facts).unwrap();
        assert_eq!(received.subject, "Your story for M4C Team");
        let asked = built_in().word(LetterKind::ChangesRequested, &facts).unwrap();
        assert_eq!(asked.subject, "Re: Win at https://x.example now");
    }

    #[test]
    fn the_team_can_say_it_in_its_own_words() {
        let dir = tempfile::tempdir().unwrap();
        let words = "Subject: Diolch, {{ author }}\r\n\r\nDiolch **yn fawr**!\r\n{{ team }}\r\n";
        fs::write(dir.path().join("received.md"), words).unwrap();
        let wording = Wording::load(dir.path()).unwrap();
        let worded = wording.word(LetterKind::Received, &facts()).unwrap();
        assert_eq!(worded.subject, "Diolch, Marion Maxwell");
        assert!(
            worded.html.contains("<strong>yn fawr</strong>!<br />\nM4C Team"),
            "{}",
            worded.html
        );
        assert!(
            wording
                .word(LetterKind::Rejected, &facts())
                .unwrap()
                .text
                .contains("Dear Marion")
        );
    }

    #[test]
    fn a_slip_in_a_template_is_told_with_file_and_line() {
        for (words, line, problem) in [
            ("Subject: x\n\n{% if author %}\nDear\n", 3, "unexpected"),
            ("Subject: x\n\nDear {{ auther }},\n", 3, "undefined"),
            ("Dear {{ author }},\n", 1, "Subject:"),
        ] {
            let dir = tempfile::tempdir().unwrap();
            let file = dir.path().join("rejected.md");
            fs::write(&file, words).unwrap();
            let Err(error) = Wording::load(dir.path()) else {
                panic!("{words}");
            };
            let said = error.to_string();
            assert!(said.starts_with(&format!("{}:{line}: ", file.display())), "{said}");
            assert!(said.contains(problem), "{said}");
        }
    }
}
