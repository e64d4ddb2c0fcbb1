//! The words of a line: emphasis, links, pictures, escapes.

use pulldown_cmark::{Event, LinkType, Parser, Tag};

use super::super::passage::{Image, Span};
use super::escape::{self, Care};
use super::{Names, angle, link};

/// Longer than this is not parsed again: every mark in it is escaped instead.
const CHECKED: usize = 100_000;

/// One paragraph; its lines keep their ends.
pub fn paragraph(lines: &[Vec<Span>]) -> String {
    checked(lines, Place::Paragraph)
}

/// The words of a heading, without its marks.
pub fn heading(spans: &[Span]) -> String {
    checked(std::slice::from_ref(&spans.to_vec()), Place::Heading)
}

/// One cell of a table.
pub fn cell(spans: &[Span]) -> String {
    checked(std::slice::from_ref(&spans.to_vec()), Place::Cell)
}

/// `![alt](file)`
pub fn image(file: &str, alt: &str) -> String {
    let alt = collapsed(&escape::visible(alt));
    format!(
        "![{}]({file})",
        escape::text(&alt, Care::Full, false, Some('['), Some(']'))
    )
}

/// Spans with published pictures marked by file name in `href` and the others taken out.
pub fn with_images(spans: &[Span], names: &Names) -> Vec<Span> {
    let mut out = Vec::with_capacity(spans.len());
    for span in spans {
        match &span.image {
            None => out.push(span.clone()),
            Some(Image::Part(place)) => {
                if let Some(image) = names(*place) {
                    let text = if image.alt.is_empty() {
                        span.text.clone()
                    } else {
                        image.alt
                    };
                    out.push(Span {
                        text,
                        href: Some(image.file),
                        image: span.image.clone(),
                        ..Span::default()
                    });
                }
            }
            Some(Image::Missing(_)) => {}
        }
    }
    out
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Paragraph,
    Heading,
    Cell,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Manner {
    care: Care,
    /// Emphasis and links are written.
    style: bool,
    place: Place,
}

/// Writes as leanly as gives the words back when parsed.
fn checked(lines: &[Vec<Span>], place: Place) -> String {
    let lines: Vec<Vec<Span>> = lines
        .iter()
        .map(|l| clean(&angle::spans(l)))
        .filter(|l| !l.is_empty())
        .collect();
    let words: String = lines
        .iter()
        .flatten()
        .filter(|s| s.image.is_none())
        .map(|s| s.text.as_str())
        .collect();
    let size = words.len();
    for (care, style) in [(Care::Lean, true), (Care::Full, true), (Care::Full, false)] {
        if size > CHECKED && care == Care::Lean {
            continue;
        }
        let text = written(&lines, Manner { care, style, place });
        let last = !style || size > CHECKED;
        // a mark may only come about where two spans meet
        if last || says(&text, &words, place) && !escape::is_template(&text) {
            return text;
        }
    }
    unreachable!("the last manner is always taken")
}

/// Whether `markdown` is read as exactly `words`, blanks aside, with no raw HTML and no link of ours gone astray.
fn says(markdown: &str, words: &str, place: Place) -> bool {
    let wrapped = match place {
        Place::Heading => format!("# {markdown}"),
        Place::Cell => markdown.replace("\\|", "|"),
        Place::Paragraph => markdown.to_owned(),
    };
    let mut read = String::with_capacity(words.len());
    let mut images = 0;
    for event in Parser::new_ext(&wrapped, super::options()) {
        match event {
            Event::Text(t) | Event::Code(t) if images == 0 => read.push_str(&t),
            Event::Html(_) | Event::InlineHtml(_) | Event::FootnoteReference(_) | Event::TaskListMarker(_) => {
                return false;
            }
            Event::Rule | Event::Start(Tag::List(_) | Tag::CodeBlock(_) | Tag::BlockQuote(_) | Tag::Table(_)) => {
                return false;
            }
            Event::Start(Tag::Heading { .. }) if place != Place::Heading => return false,
            Event::Start(Tag::Image { .. }) => images += 1,
            Event::End(pulldown_cmark::TagEnd::Image) => images -= 1,
            Event::Start(Tag::Link {
                link_type: LinkType::Email,
                ..
            }) => return false,
            _ => {}
        }
    }
    let solid = |c: &char| !c.is_whitespace();
    read == words || read.chars().filter(solid).eq(words.chars().filter(solid))
}

/// Controls out, blanks collapsed to one, across the spans of a line.
fn clean(spans: &[Span]) -> Vec<Span> {
    let mut out: Vec<Span> = Vec::with_capacity(spans.len());
    let mut space = true;
    for span in spans {
        let mut text = String::with_capacity(span.text.len());
        for c in escape::visible(&span.text).chars() {
            // the ideographic space is a letter's width of white, and wanted
            let blank = c.is_whitespace() && c != '\u{3000}';
            if blank && space && span.image.is_none() {
                continue;
            }
            space = blank;
            text.push(if blank { ' ' } else { c });
        }
        if span.image.is_some() {
            space = false;
        }
        if !text.is_empty() || span.image.is_some() {
            out.push(Span { text, ..span.clone() });
        }
    }
    while let Some(last) = out.last_mut().filter(|s| s.image.is_none()) {
        last.text.truncate(last.text.trim_end().len());
        if !last.text.is_empty() {
            break;
        }
        out.pop();
    }
    out
}

fn collapsed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn written(lines: &[Vec<Span>], manner: Manner) -> String {
    let lines: Vec<String> = lines.iter().map(|l| one_line(l, manner)).collect();
    lines.join("\\\n")
}

fn one_line(spans: &[Span], manner: Manner) -> String {
    let mut out = String::new();
    if !manner.style {
        let words: String = spans
            .iter()
            .filter(|s| s.image.is_none())
            .map(|s| s.text.as_str())
            .collect();
        out = escape::text(&words, manner.care, manner.place == Place::Paragraph, None, None);
    } else {
        let spans = &with_real_links(spans)[..];
        // links first: what is emphasised within one is emphasised there
        let mut at = 0;
        while at < spans.len() {
            let count = spans[at..].iter().take_while(|s| same_link(s, &spans[at])).count();
            let group = &spans[at..at + count];
            let next = spans.get(at + count).map(first_mark);
            if spans[at].image.is_some() {
                out.push_str(&image(spans[at].href.as_deref().unwrap_or(""), &spans[at].text));
            } else {
                match &spans[at].href {
                    Some(href) => linked(&mut out, group, href, next, manner),
                    None => styled(&mut out, group, 0, next, manner),
                }
            }
            at += count;
        }
    }
    if manner.place == Place::Heading {
        // a closing row of `#` belongs to the heading's marks; braces may be attributes
        out = out.replace('{', "&#123;");
        if out.ends_with('#') && !out.ends_with("\\#") {
            out.pop();
            out.push_str("\\#");
        }
    }
    out
}

fn same_link(a: &Span, b: &Span) -> bool {
    a.image.is_none() && b.image.is_none() && a.href == b.href || std::ptr::eq(a, b)
}

/// The character a span will begin with on the page.
fn first_mark(span: &Span) -> char {
    if span.image.is_some() {
        '!'
    } else if span.href.is_some() {
        '['
    } else if span.bold || span.italic {
        '*'
    } else if span.strike {
        '~'
    } else if span.code {
        '`'
    } else {
        span.text.chars().next().unwrap_or(' ')
    }
}

/// Spans whose links are those that are written; what is left without one is text like that beside it.
fn with_real_links(spans: &[Span]) -> Vec<Span> {
    let mut out = Vec::with_capacity(spans.len());
    for group in spans.chunk_by(same_link) {
        let real = group[0].image.is_some() || group[0].href.as_deref().is_some_and(|to| leads_to(group, to).is_some());
        out.extend(group.iter().map(|span| Span {
            href: span.href.clone().filter(|_| real),
            ..span.clone()
        }));
    }
    out
}

/// Where a link of these words leads; `None`: nowhere that it may. An address that leads elsewhere than it says is text; so is
/// a mail address.
fn leads_to(group: &[Span], href: &str) -> Option<String> {
    let words: String = group.iter().map(|s| s.text.as_str()).collect();
    let shown = words.trim();
    let to = link::destination(href).filter(|_| !shown.is_empty())?;
    let same_mail = to
        .strip_prefix("mailto:")
        .is_some_and(|a| a.split('?').next() == Some(shown));
    let named = link::host_in_text(shown);
    let astray = named.is_some_and(|named| link::host_of(&to).is_none_or(|host| !link::same_site(&named, &host)));
    (!same_mail && !astray).then_some(to)
}

fn linked(out: &mut String, group: &[Span], href: &str, next: Option<char>, manner: Manner) {
    let Some(to) = leads_to(group, href) else {
        return styled(out, group, 0, next, manner);
    };
    let words: String = group.iter().map(|s| s.text.as_str()).collect();
    let shown = words.trim();
    let lead = words.len() - words.trim_start().len();
    out.push_str(&words[..lead]);
    let is_address = link::destination(shown).is_some_and(|d| d.trim_end_matches('/') == to.trim_end_matches('/'));
    let plain = |c: char| !c.is_whitespace() && !matches!(c, '<' | '>' | '{' | '}' | '\\');
    let plain = shown.chars().all(plain) && !escape::has_entity(shown);
    if is_address && plain && shown.starts_with("http") {
        out.push_str(&format!("<{shown}>"));
    } else {
        let mut inner = String::new();
        styled(
            &mut inner,
            &trimmed(group),
            0,
            Some(']'),
            Manner {
                care: Care::Full,
                ..manner
            },
        );
        if out.ends_with('!') {
            out.pop();
            out.push_str("\\!");
        }
        out.push_str(&format!("[{inner}]({to})"));
    }
    out.push_str(&words[words.trim_end().len().max(lead)..]);
}

/// Spans without the blanks at both ends.
fn trimmed(group: &[Span]) -> Vec<Span> {
    let mut spans = group.to_vec();
    if let Some(first) = spans.first_mut() {
        first.text = first.text.trim_start().to_owned();
    }
    if let Some(last) = spans.last_mut() {
        last.text.truncate(last.text.trim_end().len());
    }
    spans.retain(|s| !s.text.is_empty());
    spans
}

/// Writes spans of one link or none; level 0 strikes out, 1 is bold, 2 is italic, 3 code or bare words.
fn styled(out: &mut String, spans: &[Span], level: u8, next: Option<char>, manner: Manner) {
    let has = |s: &Span| match level {
        0 => s.strike,
        1 => s.bold,
        2 => s.italic,
        _ => s.code,
    };
    let mut at = 0;
    while at < spans.len() {
        let set = has(&spans[at]);
        let count = spans[at..].iter().take_while(|s| has(s) == set).count();
        let group = &spans[at..at + count];
        at += count;
        let next = spans.get(at).map(first_mark).or(next);
        match (level, set) {
            (0..=2, false) => styled(out, group, level + 1, next, manner),
            (0..=2, true) => emphasised(out, group, level, next, manner),
            _ => words(out, group, set, next, manner),
        }
    }
}

fn words(out: &mut String, group: &[Span], code: bool, next: Option<char>, manner: Manner) {
    let text: String = group.iter().map(|s| s.text.as_str()).collect();
    let fit = code && !text.trim().is_empty() && !escape::is_template(&text) && !text.contains('|');
    if fit {
        let fence = "`".repeat(escape::longest_run(&text, '`') + 1);
        let shown = text.trim();
        let pad = if shown.starts_with('`') || shown.ends_with('`') {
            " "
        } else {
            ""
        };
        let (lead, tail) = (text.starts_with(' '), text.ends_with(' '));
        let space = |yes| if yes { " " } else { "" };
        out.push_str(&format!(
            "{}{fence}{pad}{shown}{pad}{fence}{}",
            space(lead),
            space(tail)
        ));
        return;
    }
    let start = out.is_empty() && manner.place == Place::Paragraph;
    let before = out.chars().next_back();
    out.push_str(&escape::text(&text, manner.care, start, before, next));
}

/// Emphasis, with its marks where CommonMark takes them for such: blanks and, at need, punctuation are left outside.
fn emphasised(out: &mut String, group: &[Span], level: u8, next: Option<char>, manner: Manner) {
    let text: String = group.iter().map(|s| s.text.as_str()).collect();
    if text.trim().is_empty() {
        return out.push_str(&text);
    }
    let lead = text.len() - text.trim_start().len();
    let tail = &text[text.trim_end().len()..];
    let mut inner = trimmed(group);
    // punctuation at an edge that touches a word must stay outside: `**Name**:Marion`
    let is_word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let mut after = String::new();
    if tail.is_empty()
        && is_word(next)
        && let Some(last) = inner.last_mut()
    {
        let keep = last.text.trim_end_matches(|c: char| !c.is_alphanumeric()).len();
        after = last.text.split_off(keep);
    }
    let mut before = String::new();
    if lead == 0
        && is_word(out.chars().next_back())
        && let Some(first) = inner.first_mut()
    {
        let from = first.text.len() - first.text.trim_start_matches(|c: char| !c.is_alphanumeric()).len();
        before = first.text[..from].to_owned();
        first.text.drain(..from);
    }
    inner.retain(|s| !s.text.is_empty());
    let start = out.is_empty() && manner.place == Place::Paragraph;
    out.push_str(&text[..lead]);
    out.push_str(&escape::text(
        &before,
        manner.care,
        start,
        out.chars().next_back(),
        Some('*'),
    ));
    if !inner.is_empty() {
        let both = level == 1 && inner.iter().all(|s| s.italic);
        let mark = match level {
            0 => "~~",
            1 if both => "***",
            1 => "**",
            // next to another star, or inside bold, the other mark is clearer
            _ if out.ends_with('*') || next == Some('*') => "_",
            _ => "*",
        };
        out.push_str(mark);
        styled(out, &inner, if both { 3 } else { level + 1 }, Some('*'), manner);
        out.push_str(mark);
    }
    out.push_str(&escape::text(&after, manner.care, false, Some('*'), next));
    out.push_str(tail);
}
