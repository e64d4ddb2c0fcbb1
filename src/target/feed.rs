//! An Atom feed (RFC 4287) of what stands at a site that has none of its own.
//!
//! Each bundle keeps its own entry, made of the text that readers got; the feed is the latest of them put together.

use std::cmp::Reverse;

use jiff::Timestamp;

use super::engine::html;
use super::front::text;
use super::{Bundle, address};
use crate::story::link::host;
use crate::story::markdown::web::escape;

/// A story's entry, in its bundle: a line with its times, then XML. Site generators pass over files with a dot.
pub(super) const ENTRY: &str = ".m4c-stories-entry";
/// More than any reader asks for at once.
const MOST: usize = 50;

/// What the feed says of itself.
#[derive(Debug, Clone)]
pub struct Feed {
    pub title: String,
    /// Its file's path, as the target reads paths.
    pub path: String,
}

/// The story's entry.
pub(super) fn entry(bundle: &Bundle, url: &str, team: &str) -> String {
    let place = address(url, bundle.slug);
    let extra = |key: &str| text(bundle.front.get("extra").and_then(|extra| extra.get(key)));
    let mut out = format!("{} {}\n<entry>\n", stamp(bundle.updated), stamp(bundle.date));
    let mut put = |tag: &str, words: String| {
        out.push_str(&format!(
            "  <{tag}>{}</{}>\n",
            xml(&words),
            tag.split(' ').next().unwrap_or(tag)
        ));
    };
    // a tag URI (RFC 4151): the same for ever, wherever the site goes
    put(
        "id",
        format!("tag:{},{}:{}", host(url), bundle.date.strftime("%Y-%m-%d"), bundle.slug),
    );
    put(
        "title",
        text(bundle.front.get("title")).unwrap_or_else(|| bundle.slug.to_owned()),
    );
    put("published", stamp(bundle.date));
    put("updated", stamp(bundle.updated));
    if let Some(summary) = text(bundle.front.get("description")).or_else(|| extra("subtitle")) {
        put("summary", summary);
    }
    put("content type=\"html\"", html(bundle, &place));
    let author = extra("author").unwrap_or_else(|| team.to_owned());
    out.push_str(&format!("  <author><name>{}</name></author>\n", xml(&author)));
    out.push_str(&format!(
        "  <link rel=\"alternate\" href=\"{}\"/>\n</entry>\n",
        xml(&place)
    ));
    out
}

/// The feed of these entries, the latest first; byte for byte the same for the same entries.
pub(super) fn feed(entries: impl Iterator<Item = String>, title: &str, url: &str) -> String {
    let mut entries: Vec<(String, String, String)> = entries
        .filter_map(|entry| {
            let (times, entry) = entry.split_once('\n')?;
            let (updated, published) = times.split_once(' ')?;
            Some((published.to_owned(), updated.to_owned(), entry.to_owned()))
        })
        .collect();
    entries.sort_by_cached_key(|(published, _, entry)| Reverse((published.clone(), entry.clone())));
    let updated = entries.iter().map(|(_, updated, _)| updated.as_str()).max();
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\">\n<id>{url}</id>\n\
         <title>{}</title>\n<updated>{}</updated>\n<link rel=\"alternate\" href=\"{url}\"/>\n",
        xml(title),
        updated.unwrap_or("1970-01-01T00:00:00Z"),
        url = xml(url),
    );
    for (_, _, entry) in entries.into_iter().take(MOST) {
        out.push_str(&entry);
    }
    out.push_str("</feed>\n");
    out
}

fn stamp(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Text as it may stand in XML, without the characters that XML 1.0 knows no way to write.
fn xml(text: &str) -> String {
    let known = |c: &char| !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}') || matches!(c, '\n' | '\t');
    escape(&text.chars().filter(known).collect::<String>())
}
