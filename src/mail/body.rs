//! Which parts of a mail are its text, in which order, and which one is read where a mail brings its text twice.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::BTreeSet;

use super::charset;
use super::compare::{self, Words};
use super::enriched;
use super::html::{self, PartMap};
use super::limits::MAX_LINES;
use super::mime::{Part, bare_id};
use super::plain::{self, Format};
use super::words;
use crate::story::link::host;
use crate::story::passage::{Hints, Image, Kind, Line, Span};
use crate::story::submission::Note;

/// Hosts of images on the network that are named to the reviewer.
const MAX_REMOTE: usize = 20;

/// Where the icon lies that Avast sets beside what it says of a mail: nobody chose it.
const SCANNERS: [&str; 2] = ["s-install.avcdn.net", "ipmcdn.avast.com"];

/// A piece of the body, in the order in which the reader meets it.
#[derive(Debug, PartialEq)]
enum Piece {
    Text(usize),
    Html(usize),
    /// A picture between the texts, as phones send them.
    Image(usize),
    /// The same text twice: as plain text and as HTML.
    Either {
        text: Vec<Piece>,
        html: Vec<Piece>,
    },
    /// A text that is read, and other forms of it that should say no more.
    Besides {
        used: Vec<Piece>,
        others: Vec<Vec<Piece>>,
    },
}

/// The plan of a mail's body: its pieces, and the parts that are not attachments because they belong to it.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pieces: Vec<Piece>,
    consumed: Vec<bool>,
}

impl Plan {
    /// Decides from the structure alone.
    pub fn of(parts: &[Part]) -> Plan {
        let mut plan = Plan {
            pieces: Vec::new(),
            consumed: vec![false; parts.len()],
        };
        if !parts.is_empty() {
            plan.pieces = plan.collect(parts, 0, true);
        }
        plan
    }

    /// Whether a part is body, read or not.
    pub fn consumes(&self, part: usize) -> bool {
        self.consumed[part]
    }

    /// The pieces in a part. Bounded recursion: `mime::parts` refuses deep nesting.
    fn collect(&mut self, parts: &[Part], at: usize, leading: bool) -> Vec<Piece> {
        let part = &parts[at];
        if part.is_leaf() {
            return self.leaf(part, at, leading);
        }
        match part.media_type.as_str() {
            "multipart/alternative" => self.alternative(parts, part),
            "multipart/related" => self.related(parts, part, leading),
            // the second part is the signature, the report, the ciphertext
            "multipart/signed" | "multipart/report" => self.collect(parts, part.children[0], leading),
            "multipart/encrypted" => Vec::new(),
            _ => {
                let mut pieces = Vec::new();
                for (i, &child) in part.children.iter().enumerate() {
                    pieces.extend(self.collect(parts, child, leading && i == 0));
                }
                pieces
            }
        }
    }

    fn leaf(&mut self, part: &Part, at: usize, leading: bool) -> Vec<Piece> {
        let disposition = part.disposition();
        let named = part.content.get("name").is_some() || disposition == "attachment" || part.has_file_name();
        let named = named && !is_torn_off(part);
        let piece = match part.media_type.as_str() {
            // the first text is the body whatever it is called, unless it says it is an attachment; a mail that is all one text
            // is its body anyway
            "text/plain" | "text/html" if !named || at == 0 || (leading && disposition != "attachment") => {
                if part.media_type == "text/html" {
                    Piece::Html(at)
                } else {
                    Piece::Text(at)
                }
            }
            _ if is_enriched(part) && (!named || at == 0) => Piece::Html(at),
            kind if kind.starts_with("image/") && disposition != "attachment" && at != 0 => {
                return vec![Piece::Image(at)];
            }
            _ => return Vec::new(),
        };
        self.consumed[at] = true;
        vec![piece]
    }

    /// multipart/related (RFC 2387): the root is the text, pictures belong where it shows them.
    fn related(&mut self, parts: &[Part], part: &Part, leading: bool) -> Vec<Piece> {
        let start = part.content.get("start").map(bare_id);
        let by_id = part
            .children
            .iter()
            .copied()
            .find(|&c| start.is_some() && parts[c].content_id() == start);
        let root = by_id.unwrap_or(part.children[0]);
        let mut pieces = self.collect(parts, root, leading);
        for &child in &part.children {
            let text = parts[child].is_text() || !parts[child].is_leaf();
            if child != root && text && parts[child].content_id().is_none() {
                pieces.extend(self.collect(parts, child, false));
            }
        }
        pieces
    }

    fn alternative(&mut self, parts: &[Part], part: &Part) -> Vec<Piece> {
        let (mut texts, mut htmls, mut enriched, mut others) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for (i, &child) in part.children.iter().enumerate() {
            let pieces = self.collect(parts, child, i == 0);
            // other forms of the same text (AMP, watch) are no attachments either
            let kind = parts[child].media_type.as_str();
            if parts[child].is_text() && !["text/calendar", "text/vcard", "text/x-vcard", "text/csv"].contains(&kind) {
                self.consumed[child] = true;
            }
            if is_enriched(&parts[child]) {
                others.extend(replaced(&mut enriched, pieces));
            } else if has_html(&pieces) {
                others.extend(replaced(&mut htmls, pieces));
            } else if pieces.iter().any(|p| *p != Piece::Image(child)) {
                texts.push(pieces);
            }
        }
        if htmls.is_empty() && enriched.is_empty() {
            return texts.into_iter().flatten().collect();
        }
        let mut texts = texts.into_iter();
        let text = texts.next().unwrap_or_default();
        others.extend(texts);
        let used = either(either(text, enriched), htmls);
        match others.is_empty() {
            true => used,
            false => vec![Piece::Besides { used, others }],
        }
    }
}

/// Puts the later of two forms in the place of the earlier, and gives that.
fn replaced(form: &mut Vec<Piece>, later: Vec<Piece>) -> Option<Vec<Piece>> {
    let earlier = std::mem::replace(form, later);
    (!earlier.is_empty()).then_some(earlier)
}

/// The same text in two forms, of which one may be missing.
fn either(text: Vec<Piece>, html: Vec<Piece>) -> Vec<Piece> {
    match (text.is_empty(), html.is_empty()) {
        (true, _) => html,
        (_, true) => text,
        _ => vec![Piece::Either { text, html }],
    }
}

/// text/enriched (RFC 1896): read as the HTML that says the same.
fn is_enriched(part: &Part) -> bool {
    matches!(part.media_type.as_str(), "text/enriched" | "text/richtext")
}

/// Whether this is a text that Exchange tore off: it makes what stood after a picture an attachment, `ATT00001.txt`.
fn is_torn_off(part: &Part) -> bool {
    let name = part.file_name().unwrap_or_default().to_ascii_lowercase();
    let stem = name
        .strip_suffix(".txt")
        .or_else(|| name.strip_suffix(".htm"))
        .or_else(|| name.strip_suffix(".html"));
    let digits = stem.and_then(|s| s.strip_prefix("att"));
    digits.is_some_and(|d| d.len() >= 5 && d.bytes().all(|b| b.is_ascii_digit()))
}

fn has_html(pieces: &[Piece]) -> bool {
    pieces
        .iter()
        .any(|p| matches!(p, Piece::Html(_) | Piece::Either { .. } | Piece::Besides { .. }))
}

/// What rendering needs to know of a mail.
pub(super) struct Source<'a> {
    pub parts: &'a [Part<'a>],
    /// The bytes of each leaf, transfer encoding undone; empty for a multipart.
    pub bytes: &'a [std::borrow::Cow<'a, [u8]>],
    /// The attachment each part became.
    pub places: &'a [Option<usize>],
    pub images: &'a PartMap,
    /// Bytes of further forms of a text that are still compared with the one that is used.
    pub to_compare: Cell<usize>,
}

/// What a mail has of [`Source::to_compare`]: forms may stand in forms.
pub(super) const MOST_COMPARED: usize = 4 << 20;

/// The body as lines, and what to say about it.
#[derive(Debug, Default)]
pub(super) struct Body {
    pub lines: Vec<Line>,
    pub notes: Vec<Note>,
    /// `plain text` or `HTML`, of what was read first.
    pub form: &'static str,
    /// What HTML has besides its lines: descriptions of pictures, hidden text. Plain text may say it.
    pub aside: String,
    /// There is HTML in it that is too large even for its bare words.
    pub too_large: bool,
}

/// HTML refused by the HTML reader gives its bare words up to this many bytes: each tag may end a line there.
const MAX_BARE: usize = 2 << 20;

impl Plan {
    pub fn render(&self, source: &Source) -> Body {
        let mut body = source.pieces(&self.pieces);
        place_once(&mut body.lines);
        body
    }
}

impl Source<'_> {
    fn pieces(&self, pieces: &[Piece]) -> Body {
        let mut body = Body::default();
        for piece in pieces {
            let next = match piece {
                Piece::Text(at) => self.text(*at),
                Piece::Html(at) => self.html(*at),
                Piece::Image(at) => self.image(*at),
                Piece::Either { text, html } => self.either(text, html),
                Piece::Besides { used, others } => self.besides(used, others),
            };
            if !body.lines.is_empty() && !next.lines.is_empty() {
                body.lines.push(Line::plain(""));
            }
            body.lines.extend(next.lines);
            body.aside.push_str(&next.aside);
            if body.form.is_empty() {
                body.form = next.form;
            }
            body.too_large |= next.too_large;
            if body.lines.len() > 2 * MAX_LINES {
                body.lines.clear();
                body.too_large = true;
                break;
            }
            for note in next.notes {
                if !body.notes.contains(&note) {
                    body.notes.push(note);
                }
            }
        }
        body
    }

    fn image(&self, at: usize) -> Body {
        let lines = self.places[at].map(|place| Line {
            spans: vec![Span {
                image: Some(Image::Part(place)),
                ..Span::default()
            }],
            hints: Hints {
                part: true,
                ..Hints::default()
            },
            ..Line::default()
        });
        Body {
            lines: lines.into_iter().collect(),
            ..Body::default()
        }
    }

    /// A part's text in Unicode, and a note where its charset was guessed.
    fn decoded(&self, at: usize) -> (String, Vec<Note>) {
        let part = &self.parts[at];
        let label = part.content.get("charset").map(str::to_owned);
        let label = label.or_else(|| {
            (part.media_type == "text/html")
                .then(|| meta_charset(&self.bytes[at]))
                .flatten()
        });
        let below = part.text_below();
        let bytes = below.as_deref().unwrap_or(&self.bytes[at]);
        let decoded = charset::decode(bytes, label.as_deref());
        let mut notes: Vec<Note> = decoded.guessed.map(Note::GuessedCharset).into_iter().collect();
        if label.as_deref().is_some_and(charset::is_utf7) && memchr::memchr(b'+', bytes).is_some() {
            notes.push(Note::Other(
                "its character set, UTF-7, is not read here, so letters stand as `+...-`: ask the author to send it again"
                    .to_owned(),
            ));
        }
        (charset::clean(&decoded.text), notes)
    }

    pub fn text(&self, at: usize) -> Body {
        let (text, notes) = self.decoded(at);
        let text = unarmoured(&text);
        let mut lines = plain::lines(&text, self.format(at));
        scrub(&mut lines);
        Body {
            lines,
            notes,
            form: "plain text",
            ..Body::default()
        }
    }

    fn format(&self, at: usize) -> Format {
        let content = &self.parts[at].content;
        let says = |name: &str, value: &str| content.get(name).is_some_and(|v| v.eq_ignore_ascii_case(value));
        Format {
            flowed: says("format", "flowed"),
            delsp: says("delsp", "yes"),
        }
    }

    pub fn html(&self, at: usize) -> Body {
        let (mut text, mut notes) = self.decoded(at);
        if is_enriched(&self.parts[at]) {
            text = enriched::to_html(&text);
        }
        let mut too_large = false;
        let mut aside = String::new();
        let mut lines = match html::lines(&text, self.images) {
            Ok(read) => {
                if !read.hidden.is_empty() {
                    notes.push(Note::HiddenText);
                }
                // the host alone: what stands behind it may say who opened the mail
                let hosts = read
                    .remote
                    .iter()
                    .map(|url| host(url))
                    .filter(|host| !SCANNERS.contains(host));
                let hosts: BTreeSet<&str> = hosts.take(MAX_REMOTE).collect();
                notes.extend(hosts.into_iter().map(|host| Note::RemoteImage(words::one_line(host))));
                aside = format!("{} {} ", read.hidden, read.described);
                read.lines
            }
            Err(error) if error.0 <= MAX_BARE => {
                notes.push(Note::Other(format!("{error}: only its words were read")));
                html::bare(&text)
            }
            Err(error) => {
                notes.push(Note::Other(error.to_string()));
                too_large = true;
                Vec::new()
            }
        };
        scrub(&mut lines);
        if is_made_from_text(&self.bytes[at]) {
            lines.iter_mut().for_each(|line| line.hints.own_end = false);
        }
        Body {
            lines,
            notes,
            form: "HTML",
            aside,
            too_large,
        }
    }

    /// Reads both. Where one has words of the author's that the other has not, and has all of the other's, it is taken. Else the
    /// HTML is if it says more than the text does (emphasis, lists, links, pictures, what is quoted), or if the text is
    /// hard-wrapped so that its paragraphs would have to be guessed. A part with nothing in it never wins.
    fn either(&self, text_pieces: &[Piece], html_pieces: &[Piece]) -> Body {
        let (text, html) = (self.pieces(text_pieces), self.pieces(html_pieces));
        if compare::same_words(&text.lines, &html.lines) {
            let html_says_more = self.says_more(html_pieces, text_pieces);
            return if html_says_more { html } else { text };
        }
        let in_text = Words::of(&text.lines, &text.aside);
        let in_html = Words::of(&html.lines, &html.aside);
        let (only_text, only_html) = (
            compare::lost(&text.lines, &in_text, &in_html),
            compare::lost(&html.lines, &in_html, &in_text),
        );
        let pictures = html.lines.iter().any(|l| l.spans.iter().any(|s| s.image.is_some()));
        let use_html = if in_text.total == 0 {
            true
        } else if in_html.total == 0 {
            pictures && in_text.total < 10
        } else if in_html.total * 3 < in_text.total && in_text.total > 10 {
            false
        } else if only_text == 0 && only_html > 0 {
            true
        } else {
            // "please view this mail in a browser" has hardly a word of the mail
            let stub = in_text.total < in_html.total && in_text.missing_in(&in_html) * 10 > in_text.total * 6;
            stub || in_text.total * 3 < in_html.total
                // for a word or two, which a program may have put there, no links and no emphasis are given up
                || (only_html > 0 || only_text < 3) && self.says_more(html_pieces, text_pieces)
        };
        let ordered = only_text > 0 || only_html > 0 || compare::same_order(&text.lines, &html.lines);
        let (mut used, name, chosen, other, lost) = match use_html {
            true => (html, "HTML", &in_html, &in_text, only_text),
            false => (text, "plain text", &in_text, &in_html, only_html),
        };
        if lost > 0 || !ordered || compare::differ(chosen, other) {
            used.notes.push(Note::PartsDiffer { used: name });
        }
        used
    }

    /// Bytes of the texts among these.
    fn size(&self, pieces: &[Piece]) -> usize {
        let of = |piece: &Piece| match piece {
            Piece::Text(at) | Piece::Html(at) => self.bytes[*at].len(),
            Piece::Image(_) => 0,
            Piece::Either { text, html } => self.size(text) + self.size(html),
            Piece::Besides { used, others } => self.size(used) + others.iter().map(|o| self.size(o)).sum::<usize>(),
        };
        pieces.iter().map(of).sum()
    }

    /// Reads what is used, and says so where one of the other forms has words that it has not.
    fn besides(&self, used: &[Piece], others: &[Vec<Piece>]) -> Body {
        let mut body = self.pieces(used);
        let words = Words::of(&body.lines, &body.aside);
        let says_more = |other: &Vec<Piece>| {
            let other = self.pieces(other);
            compare::lost(&other.lines, &Words::of(&other.lines, &other.aside), &words) > 0
        };
        let note = Note::PartsDiffer { used: body.form };
        let left = self.to_compare.get();
        let size = others.iter().map(|other| self.size(other)).sum();
        self.to_compare.set(left.saturating_sub(size));
        // what is not compared may say more
        if !body.notes.contains(&note) && (size > left || others.iter().any(says_more)) {
            body.notes.push(note);
        }
        body
    }

    /// The first attached text with something in it, and its name: where a mail has no other text, that is the story.
    pub fn attached_text(&self) -> Option<(String, Body)> {
        for (at, part) in self.parts.iter().enumerate() {
            if self.places[at].is_none() || self.bytes[at].len() > 1 << 20 {
                continue;
            }
            let name = part.file_name().unwrap_or_else(|| part.media_type.clone());
            let lower = name.to_ascii_lowercase();
            let body = match part.media_type.as_str() {
                "text/html" => self.html(at),
                _ if is_enriched(part) => self.html(at),
                "text/calendar" | "text/vcard" | "text/x-vcard" | "text/directory" | "text/csv" | "text/css" => {
                    continue;
                }
                _ if part.is_text() => self.text(at),
                "application/octet-stream" if lower.ends_with(".txt") || lower.ends_with(".md") => self.text(at),
                _ => continue,
            };
            if body.lines.iter().any(|l| !l.is_blank()) {
                return Some((name, body));
            }
        }
        None
    }

    fn says_more(&self, html: &[Piece], text: &[Piece]) -> bool {
        let sources = html.iter().filter_map(|p| match p {
            Piece::Html(at) if is_enriched(&self.parts[*at]) => {
                Some(Cow::Owned(enriched::to_html(&self.decoded(*at).0).into_bytes()))
            }
            Piece::Html(at) => Some(Cow::Borrowed(&self.bytes[*at][..])),
            _ => None,
        });
        let mut converted = false;
        for source in sources {
            if is_made_from_text(&source) {
                converted = true;
            } else if has_structure(&source) {
                return true;
            }
        }
        // pictures between several HTML parts
        if html.len() > 1 {
            return true;
        }
        let wrapped = |p: &Piece| match p {
            Piece::Text(at) => !self.format(*at).flowed && is_wrapped(&self.bytes[*at]),
            _ => false,
        };
        !converted && text.iter().any(wrapped)
    }
}

/// Exchange says so when it made the HTML from plain text; its line ends are then those of the text.
fn is_made_from_text(html: &[u8]) -> bool {
    let head = &html[..html.len().min(4096)];
    memchr::memmem::find(head, b"Converted from text/plain").is_some()
}

/// Whether HTML has tags that plain text cannot show, or marks by which quotes and signatures are known.
fn has_structure(source: &[u8]) -> bool {
    const TAGS: [&[u8]; 20] = [
        b"a",
        b"b",
        b"strong",
        b"i",
        b"em",
        b"s",
        b"strike",
        b"del",
        b"ul",
        b"ol",
        b"h1",
        b"h2",
        b"h3",
        b"h4",
        b"h5",
        b"h6",
        b"img",
        b"blockquote",
        b"hr",
        b"th",
    ];
    const MARKS: [&[u8]; 8] = [
        b"gmail_",
        b"moz-",
        b"yahoo_quoted",
        b"AppleMailSignature",
        b"RplyFwdMsg",
        b"appendonsend",
        b"protonmail_",
        b"zwchr",
    ];
    let tag = |at: usize| {
        let name = &source[at + 1..];
        let len = name.iter().take(12).take_while(|b| b.is_ascii_alphanumeric()).count();
        TAGS.iter().any(|t| name[..len].eq_ignore_ascii_case(t))
    };
    memchr::memchr_iter(b'<', source).any(tag) || MARKS.iter().any(|m| memchr::memmem::find(source, m).is_some())
}

/// Whether text has lines that look broken at a margin: about 60 to 78 characters, with another line right after.
fn is_wrapped(text: &[u8]) -> bool {
    let mut last_long = false;
    for line in text.split(|&b| b == b'\n').take(2000) {
        let line = line.trim_ascii();
        if last_long && !line.is_empty() {
            return true;
        }
        last_long = (60..=80).contains(&line.len());
    }
    false
}

/// The charset that HTML names itself, in its first bytes.
fn meta_charset(bytes: &[u8]) -> Option<String> {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(2048)]).to_ascii_lowercase();
    let rest = &head[head.find("charset=")? + 8..];
    let name: String = rest
        .trim_start_matches(['"', '\''])
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || "-_:.".contains(*c))
        .collect();
    (!name.is_empty()).then_some(name)
}

/// A clear-signed text (RFC 9580, section 7) without its armour, and what stands around it; any other text as it is, also one
/// that only shows such lines: nothing goes but the armour's own lines.
fn unarmoured(text: &str) -> Cow<'_, str> {
    taken_apart(text).map_or(Cow::Borrowed(text), Cow::Owned)
}

fn taken_apart(text: &str) -> Option<String> {
    const BEGIN: &str = "-----BEGIN PGP SIGNED MESSAGE-----\n";
    let at = memchr::memmem::find(text.as_bytes(), BEGIN.as_bytes())?;
    let (before, rest) = (&text[..at], &text[at + BEGIN.len()..]);
    let (hashes, rest) = match rest.strip_prefix('\n') {
        Some(rest) => ("", rest),
        None => rest.split_once("\n\n")?,
    };
    let (signed, rest) = rest.split_once("\n-----BEGIN PGP SIGNATURE-----\n")?;
    let (digits, after) = rest.split_once("\n-----END PGP SIGNATURE-----")?;
    let key = |line: &str| ["Version: ", "Comment: "].iter().any(|key| line.starts_with(key));
    let armour = (before.is_empty() || before.ends_with('\n'))
        && (after.is_empty() || after.starts_with('\n'))
        && hashes.lines().all(|line| line.starts_with("Hash: "))
        && digits.lines().all(|line| key(line) || !line.trim_end().contains(' '));
    if !armour {
        return None;
    }
    let lines = signed.split('\n').map(|line| line.strip_prefix("- ").unwrap_or(line));
    let mut out: Vec<&str> = Vec::new();
    out.extend((!before.trim().is_empty()).then_some(before.trim_end_matches('\n')));
    out.extend(lines);
    out.push(after.trim_start_matches('\n'));
    Some(out.join("\n"))
}

/// An image that HTML shows and that also stands between the parts is shown once, where it came first.
fn place_once(lines: &mut Vec<Line>) {
    let mut seen = std::collections::HashSet::new();
    lines.retain_mut(|line| {
        let had = line.spans.len();
        line.spans.retain(|span| match span.image {
            Some(Image::Part(place)) => seen.insert(place),
            _ => true,
        });
        line.spans.len() == had || !line.spans.is_empty()
    });
}

/// Takes control characters out of what entities in HTML may have brought in, and puts all text into NFC.
fn scrub(lines: &mut [Line]) {
    for line in lines {
        if let Kind::Row { cells, .. } = &mut line.kind {
            cells.iter_mut().flatten().for_each(scrub_span);
        }
        line.spans.iter_mut().for_each(scrub_span);
    }
}

fn scrub_span(span: &mut Span) {
    let fit = |text: &str| text.bytes().all(|b| matches!(b, b' '..=b'~'));
    if !fit(&span.text) {
        span.text = charset::clean(&span.text);
    }
    if let Some(href) = span.href.as_mut().filter(|h| !fit(h)) {
        *href = href.chars().filter(|c| !c.is_control()).collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEGIN: &str = "-----BEGIN PGP SIGNED MESSAGE-----";
    const SIGNATURE: &str =
        "-----BEGIN PGP SIGNATURE-----\nVersion: GnuPG v1\n\niQIzBAEB\n=AbCd\n-----END PGP SIGNATURE-----";

    #[test]
    fn a_clear_signed_text_loses_its_armour_and_no_word() {
        for (armoured, plain) in [
            (
                format!("{BEGIN}\nHash: SHA512\n\nWe won.\n- -- \nMarion\n{SIGNATURE}"),
                "We won.\n-- \nMarion\n",
            ),
            (format!("{BEGIN}\n\nWe won.\n{SIGNATURE}\n"), "We won.\n"),
            (
                format!("Hello.\n\n{BEGIN}\nHash: SHA256\nHash: SHA512\n\nWe won.\n{SIGNATURE}\n\nList"),
                "Hello.\nWe won.\nList",
            ),
        ] {
            assert_eq!(unarmoured(&armoured), plain, "{armoured}");
        }
    }

    #[test]
    fn a_text_that_shows_such_lines_stays_as_it_is() {
        for text in [
            format!("Our letters began so:\n{BEGIN}\nand nobody could read them.\n\nWe won.\n{SIGNATURE}\n"),
            format!("{BEGIN}\nHash: SHA512\nTom laughed.\n\nWe won.\n{SIGNATURE}\n"),
            format!("{BEGIN}\nHash: SHA512\n\nWe won.\n-----BEGIN PGP SIGNATURE-----\n\nand then came digits."),
            format!(
                "{BEGIN}\nHash: SHA512\n\nWe won.\n-----BEGIN PGP SIGNATURE-----\nand then came digits, and at last\n\
                 -----END PGP SIGNATURE-----\n"
            ),
            format!("{BEGIN}\nHash: SHA512\n\nWe won.\n{SIGNATURE} is how they ended."),
            format!("{BEGIN} is how they began.\n\nWe won.\n{SIGNATURE}\n"),
            format!("Look: {BEGIN}\n\nWe won.\n{SIGNATURE}\n"),
            format!("{BEGIN}\n"),
        ] {
            assert_eq!(unarmoured(&text), text);
        }
    }
}
