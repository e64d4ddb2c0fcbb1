//! The form of a page: links, photos, names as they are written, length, what a mail left behind.

use std::sync::LazyLock;

use regex::Regex;
use unicode_security::MixedScript;
use unicode_security::confusable_detection::skeleton;

use super::contact::pattern;
use super::{Hits, Text};
use crate::story::address::is_hidden;
use crate::story::cut::leads_to_another;
use crate::story::draft;
use crate::story::submission::Note;

/// The host of a web address, without `www.` and port, in lower case.
fn host(url: &str) -> Option<String> {
    let lower = url.to_ascii_lowercase();
    let rest = lower.split_once("://").map_or(lower.as_str(), |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#', '\\']).next()?;
    // what stands before an @ is a name, not the host
    let host = authority.rsplit('@').next()?.split(':').next()?;
    let host = host.trim_start_matches("www.").trim_end_matches('.');
    (!host.is_empty()).then(|| host.to_owned())
}

static LINK: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\[([^\[\]\n]*)\]\(<?([^()\s<>]+(?:\([^()\s]*\)[^()\s<>]*)*)"));

pub(super) fn link(text: &Text, hits: &mut Hits) {
    static URL: LazyLock<Regex> = LazyLock::new(|| pattern(r#"(?i)(?:\bhttps?://|\bwww\.)[^\s<>()\[\]"'|\\]+"#));
    for found in URL.find_iter(text.all) {
        let url = found
            .as_str()
            .trim_end_matches(['.', ',', ';', ':', '!', '?', '*', '_']);
        let Some(host) = host(url).filter(|host| !text.own(host)) else {
            continue;
        };
        hits.add_as(found.start(), url, &host);
    }
}

pub(super) fn odd_link(text: &Text, hits: &mut Hits) {
    static LOOKS: LazyLock<Regex> = LazyLock::new(|| {
        pattern(r"(?i)^[\s*_<]*((?:https?://)?(?:[^\s./:?#@]{1,63}\.){1,8}[a-z]{2,24})(?:[/?#:][^\s]*)?[\s*_>]*$")
    });
    static SCHEME: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)^([a-z][a-z0-9+.-]{0,30}):"));
    let body = text.body();
    for found in LINK.captures_iter(body) {
        let (shown, to) = (&found[1], &found[2]);
        let at = text.body_at + found.get(0).map_or(0, |m| m.start());
        let whole = &found[0];
        let picture = body[..at - text.body_at].ends_with('!');
        let scheme = SCHEME.captures(to).map(|s| s[1].to_ascii_lowercase());
        let odd = match scheme.as_deref() {
            // `example.org:8080/x` is no scheme, but no address that a browser follows either
            Some("http" | "https" | "mailto") => false,
            Some(_) => true,
            None => to.starts_with("//"),
        };
        let lies = || {
            let looks = LOOKS.captures(shown).and_then(|l| host(&l[1]));
            let goes = host(to).filter(|_| matches!(scheme.as_deref(), Some("http" | "https")));
            match (looks, goes) {
                (Some(looks), Some(goes)) => looks != goes,
                (Some(_), None) => !picture && scheme.as_deref() != Some("mailto"),
                _ => false,
            }
        };
        // a host of look-alike letters
        let alike = || host(to).is_some_and(|h| h.split('.').any(|label| !label.is_single_script()));
        if odd || !picture && (lies() || alike()) {
            hits.add(at, whole);
        }
    }
}

static PICTURE: LazyLock<Regex> = LazyLock::new(|| pattern(r"!\[([^\[\]\n]*)\]\(<?([^()\s<>]+)"));

pub(super) fn no_photo(text: &Text, hits: &mut Hits) {
    let Some(photos) = text.photos else { return };
    for found in PICTURE.captures_iter(text.body()) {
        let file = found[2].strip_prefix("./").unwrap_or(&found[2]);
        // one that leads elsewhere is an odd link
        if !file.contains(['/', ':']) && !photos.iter().any(|photo| photo == file) {
            let at = text.body_at + found.get(0).map_or(0, |m| m.start());
            hits.add(at, file);
        }
    }
}

pub(super) fn alt(text: &Text, hits: &mut Hits) {
    static NO_WORDS: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"(?i)^\s*(?:(?:img|image|photo|picture|pic|dsc|pxl|screenshot|bild|foto)?[-_ ()0-9]*(?:\.(?:jpe?g|png|gif|webp|heic))?)\s*$",
        )
    });
    for found in PICTURE.captures_iter(text.body()) {
        if NO_WORDS.is_match(&found[1]) {
            let at = text.body_at + found.get(0).map_or(0, |m| m.start());
            hits.add(at, &found[2]);
        }
    }
}

pub(super) fn no_byline(text: &Text, hits: &mut Hits) {
    if !text.front.author.chars().any(char::is_alphabetic) {
        hits.add_as(text.key("author"), "no name", "no-byline");
    }
}

pub(super) fn mixed_script(text: &Text, hits: &mut Hits) {
    let front = text.front;
    for (key, value) in [("author", &front.author), ("title", &front.title)] {
        if value.is_ascii() {
            continue;
        }
        let words = || value.split(|c: char| !(c.is_alphanumeric() || is_hidden(c)));
        let latin = words().any(|w| w.bytes().any(|b| b.is_ascii_alphabetic()));
        // all of a word in another alphabet, in letters that look like Latin ones
        let alike = |w: &str| latin && !w.is_ascii() && !w.bytes().any(|b| b.is_ascii_alphabetic()) && looks_latin(w);
        let odd = words().find(|w| w.contains(is_hidden) || !w.is_single_script() || alike(w));
        if let Some(odd) = odd {
            let odd: String = odd
                .chars()
                .flat_map(|c| {
                    if is_hidden(c) {
                        c.escape_unicode().collect()
                    } else {
                        vec![c]
                    }
                })
                .collect();
            hits.add_as(text.key(key), &format!("{key}: {odd}"), &format!("{key} {value}"));
        }
    }
    for word in text.sentences.iter().flat_map(|s| &s.words) {
        if !word.text.is_ascii() && word.is_named() && !word.text.split('-').all(|part| part.is_single_script()) {
            hits.add_as(word.at, word.text, &skeleton(word.text).collect::<String>());
        }
    }
}

fn looks_latin(word: &str) -> bool {
    word.chars().any(char::is_alphabetic) && skeleton(word).all(|c| c.is_ascii_alphanumeric())
}

pub(super) fn forward(text: &Text, hits: &mut Hits) {
    static HEADER: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"^(?:[>\s]|\\-|\*)*(From|To|Cc|Sent|Date|Subject|Reply-To|Von|An|Gesendet|Betreff|De|À|Envoyé|Objet|Od|Do|Wysłano|Temat)\*{0,2}\s?:\*{0,2}\s?\S",
        )
    });
    static MARK: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"(?i)^[>\s\\*_-]*(?:begin forwarded message|(?:-{2,}\s*)?(?:forwarded|original) message\b.*-{2,}|-{3,} ?(?:forwarded|original))",
        )
    });
    // A note of the mail's, as long as nobody gave the story another byline than the mail did. Who is named in its header
    // says nothing of that: the byline is tidied, or stands for no name at all.
    let author = draft::public(&text.front.author);
    for note in text.notes {
        // also where the note is long, and holds the words that part it
        let ends = note.ends_with(&format!("; {author} is named until you say otherwise"));
        let first = |(_, _, named): &(&str, &str, &str)| ends || same_name(named, &author);
        if let Some((forwarder, original, _)) = Note::forwarded(note).filter(first) {
            let words = format!("{forwarder} forwarded it: {original} may be the storyteller");
            hits.add_as(text.key("author"), &words, note);
        }
    }
    let mut at = text.body_at;
    // a block: header lines that follow each other, blank lines between them allowed
    let mut block: Option<(usize, usize, Vec<&str>)> = None;
    let mut close = |block: &mut Option<(usize, usize, Vec<&str>)>| {
        if let Some((from, to, names)) = block.take() {
            let who = names
                .iter()
                .any(|n| ["From", "To", "Von", "De", "Od", "mark"].contains(n));
            if who && (names.len() > 1 || names.contains(&"mark")) {
                let first = text.all[from..to].lines().next().unwrap_or_default();
                hits.add_as(from, first.trim_end_matches('\\'), &text.all[from..to]);
            }
        }
    };
    for line in text.body().split_inclusive('\n') {
        let end = at + line.len();
        let name = match HEADER.captures(line).and_then(|c| c.get(1)) {
            Some(name) => Some(name.as_str()),
            None => {
                (MARK.is_match(line) || leads_to_another(line.trim_matches(['>', '\\', ' ', '\n']))).then_some("mark")
            }
        };
        match (&mut block, name) {
            (Some((_, to, names)), Some(name)) => {
                *to = end;
                names.push(name);
            }
            (None, Some(name)) => block = Some((at, end, vec![name])),
            (Some(_), None) if !line.trim().is_empty() => close(&mut block),
            _ => {}
        }
        at = end;
    }
    close(&mut block);
}

/// Whether two are the same words, in whatever order: `Okafor, Tom` and `Tom Okafor`.
pub fn same_name(one: &str, other: &str) -> bool {
    let words = |name: &str| {
        let fold = name.to_lowercase();
        let parts = fold.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty());
        let mut words: Vec<String> = parts.map(str::to_owned).collect();
        words.sort();
        words
    };
    words(one) == words(other)
}

pub(super) fn photo_location(text: &Text, hits: &mut Hits) {
    let said = Note::HadLocation.to_string();
    if text.notes.iter().any(|n| **n == said) {
        let picture = text
            .body()
            .find("![")
            .map_or_else(|| text.first_word(), |at| text.body_at + at);
        hits.add_as(picture, "the place where it was taken was in it", "location");
    }
}

pub(super) fn parts_differ(text: &Text, hits: &mut Hits) {
    let said = Note::PartsDiffer { used: "" }.to_string();
    let said = said.split(';').next().unwrap_or_default();
    if let Some(note) = text.notes.iter().find(|n| n.starts_with(said)) {
        hits.add_as(text.first_word(), note, "differ");
    }
}

pub(super) fn taken_for_another(text: &Text, hits: &mut Hits) {
    let said = [
        &Note::UnmarkedCut,
        &Note::MostCut,
        &Note::UnderDelimiter,
        &Note::AnotherKept,
        &Note::QuotationKept,
        &Note::NothingCut,
    ]
    .map(Note::to_string);
    for note in text.notes.iter().filter(|n| said.iter().any(|s| s == *n)) {
        hits.add_as(text.first_word(), note, note);
    }
}

/// In words.
const SHORT: usize = 75;
const LONG: usize = 1500;

fn count(text: &Text) -> usize {
    // scripts without blanks between words: two letters count as one
    let word = |w: &str| {
        let wide = w
            .chars()
            .filter(|c| matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{e00}'..='\u{e7f}'))
            .count();
        if wide > 0 { wide.div_ceil(2) } else { 1 }
    };
    let has = |w: &&str| w.chars().any(char::is_alphanumeric);
    text.body().split_whitespace().filter(has).map(word).sum()
}

pub(super) fn short(text: &Text, hits: &mut Hits) {
    let many = count(text);
    if many < SHORT {
        hits.add_as(text.first_word(), &format!("{many} words"), &format!("{many}"));
    }
}

pub(super) fn long(text: &Text, hits: &mut Hits) {
    let many = count(text);
    if many > LONG {
        hits.add_as(text.first_word(), &format!("{many} words"), &format!("{many}"));
    }
}

pub(super) fn shouting(text: &Text, hits: &mut Hits) {
    static MARKS: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?:[!?！？]){3,}"));
    let loud = |w: &str| {
        let letters = w.chars().filter(|c| c.is_alphabetic()).count();
        letters >= 2 && !w.chars().any(char::is_lowercase) && w.chars().any(char::is_uppercase)
    };
    let subtitle = text.front.subtitle.as_deref().unwrap_or_default();
    for (key, value) in [("title", text.front.title.as_str()), ("subtitle", subtitle)] {
        let letters = value.chars().filter(|c| c.is_alphabetic()).count();
        let words = value
            .split_whitespace()
            .filter(|w| w.chars().any(char::is_alphabetic))
            .count();
        if words >= 2 && letters >= 8 && value.split_whitespace().filter(|w| loud(w)).count() * 4 >= words * 3 {
            hits.add(text.key(key), value);
        }
    }
    for sentence in &text.sentences {
        if sentence.words[0].at < text.body_at {
            continue;
        }
        let mut row: Option<(usize, usize, usize)> = None;
        let mut close = |row: &mut Option<(usize, usize, usize)>| {
            if let Some((from, to, _)) = row.take().filter(|(_, _, many)| *many >= 4) {
                hits.add(from, &text.all[from..to]);
            }
        };
        for word in &sentence.words {
            match (&mut row, loud(word.text) || word.text == "I" || word.text == "A") {
                (Some((_, to, many)), true) => (*to, *many) = (word.end(), *many + 1),
                (None, true) if loud(word.text) => row = Some((word.at, word.end(), 1)),
                (_, true) => {}
                (_, false) => close(&mut row),
            }
        }
        close(&mut row);
    }
    for found in MARKS.find_iter(text.body()) {
        // the words before them say where
        let at = text.body_at + found.start();
        let before = &text.all[text.body_at..at];
        let from = before
            .char_indices()
            .rev()
            .take(24)
            .last()
            .map_or(at, |(i, _)| text.body_at + i);
        let words = text.all[from..text.body_at + found.end()]
            .rsplit('\n')
            .next()
            .unwrap_or_default();
        hits.add(at, words.split_once(' ').map_or(words, |(_, rest)| rest));
    }
}
