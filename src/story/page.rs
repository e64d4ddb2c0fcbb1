//! `index.md`: TOML front matter between `+++` lines, then Markdown. People may edit it with anything, so what is not
//! ours to change is kept byte for byte.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use sha2::{Digest, Sha256};
use toml_edit::{Document, DocumentMut, Item, Table, value};

use super::id::TextHash;
use super::record::Files;

/// The page's file name.
pub const INDEX: &str = "index.md";
/// The record's file name, which the text hash leaves out.
pub const RECORD: &str = "record.jsonl";

/// What the front matter says, as far as the tool knows its keys.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Front {
    pub title: String,
    /// When it was published; until then the mail's date.
    pub date: Option<Timestamp>,
    pub draft: bool,
    pub slug: String,
    pub description: Option<String>,
    /// The byline.
    pub author: String,
    pub subtitle: Option<String>,
    pub place: Option<String>,
    pub tags: Vec<String>,
    /// Alternative text by file name.
    pub alt: BTreeMap<String, String>,
    pub credits: BTreeMap<String, String>,
}

/// A page, read.
#[derive(Debug, Clone)]
pub struct Page {
    document: DocumentMut,
    body: String,
}

/// Why a file is no page.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAPage {
    #[error("index.md is not UTF-8 text")]
    NotText,
    #[error("index.md does not begin with a `+++` line and a second one after the front matter")]
    NoFences,
    #[error("the front matter of index.md is not TOML: {0}")]
    NotToml(String),
    #[error("the front matter of index.md says {key} = {found}, which is not {wanted}")]
    WrongType {
        key: &'static str,
        found: String,
        wanted: &'static str,
    },
    #[error("index.md has a NUL character in it")]
    Nul,
    #[error("index.md is larger than any mail makes it: {} MB", .0 >> 20)]
    TooLarge(usize),
}

/// The longest text of a mail (8 MB) makes no page of so many bytes, were each of its letters escaped.
const MOST_BYTES: usize = 24 << 20;

impl Page {
    /// A new page.
    pub fn new(front: &Front, body: &str) -> Page {
        let mut page = Page {
            document: DocumentMut::new(),
            body: tidy_body(body),
        };
        page.set_front(front);
        page
    }

    /// Reads `index.md`.
    pub fn parse(bytes: &[u8]) -> Result<Page, NotAPage> {
        if bytes.len() > MOST_BYTES {
            return Err(NotAPage::TooLarge(bytes.len()));
        }
        let text = std::str::from_utf8(bytes).map_err(|_| NotAPage::NotText)?;
        if text.contains('\0') {
            return Err(NotAPage::Nul);
        }
        let (front, body) = split(text).ok_or(NotAPage::NoFences)?;
        let document: DocumentMut = front
            .parse()
            .map_err(|e: toml_edit::TomlError| NotAPage::NotToml(e.message().to_owned()))?;
        let page = Page {
            document,
            body: body.to_owned(),
        };
        page.typed()?;
        Ok(page)
    }

    /// The file's bytes.
    pub fn render(&self) -> Vec<u8> {
        let mut front = self.document.to_string();
        if !front.ends_with('\n') && !front.is_empty() {
            front.push('\n');
        }
        format!("+++\n{front}+++\n{}", self.body).into_bytes()
    }

    /// The front matter as it is written.
    pub fn front_text(&self) -> String {
        self.document.to_string()
    }

    /// The Markdown.
    pub fn body(&self) -> &str {
        self.body.trim_start_matches(['\n', '\r'])
    }

    /// Puts another Markdown in its place.
    pub fn set_body(&mut self, body: &str) {
        self.body = tidy_body(body);
    }

    /// The front matter as plain TOML, every key of it.
    pub fn table(&self) -> toml::Table {
        toml::from_str(&self.document.to_string()).unwrap_or_default()
    }

    /// What the front matter says.
    pub fn front(&self) -> Front {
        self.typed().expect("checked when parsed and kept by every setter")
    }

    fn typed(&self) -> Result<Front, NotAPage> {
        let table = self.document.as_table();
        let extra = match table.get("extra") {
            None => None,
            Some(Item::Table(t)) => Some(t),
            Some(other) => return Err(wrong("extra", other, "a table")),
        };
        Ok(Front {
            title: text(Some(table), "title")?.unwrap_or_default(),
            date: match table.get("date") {
                None => None,
                Some(item) => Some(timestamp(item).ok_or_else(|| wrong("date", item, "a date with time"))?),
            },
            draft: match table.get("draft") {
                None => false,
                Some(item) => item.as_bool().ok_or_else(|| wrong("draft", item, "true or false"))?,
            },
            slug: text(Some(table), "slug")?.unwrap_or_default(),
            description: text(Some(table), "description")?,
            author: text(extra, "author")?.unwrap_or_default(),
            subtitle: text(extra, "subtitle")?,
            place: text(extra, "place")?,
            tags: match extra.and_then(|t| t.get("tags")) {
                None => Vec::new(),
                Some(item) => item
                    .as_array()
                    .and_then(|a| a.iter().map(|v| v.as_str().map(str::to_owned)).collect())
                    .ok_or_else(|| wrong("tags", item, "a list of texts"))?,
            },
            alt: texts(extra, "alt")?,
            credits: texts(extra, "credits")?,
        })
    }

    /// Sets the known keys, leaving every other key, order and comment as it is. A key with nothing in it is removed.
    pub fn set_front(&mut self, front: &Front) {
        let now = self.typed().unwrap_or_default();
        let root = self.document.as_table_mut();
        put(root, "title", Some(&front.title));
        if now.date != front.date || !root.contains_key("date") {
            match front.date {
                Some(at) => set(root, "date", date_item(at)),
                None => drop(root.remove("date")),
            }
        }
        if !root.contains_key("draft") || now.draft != front.draft {
            set(root, "draft", value(front.draft));
        }
        put(root, "slug", Some(&front.slug));
        put(root, "description", front.description.as_ref());
        let extra = root.entry("extra").or_insert(Item::Table(Table::new()));
        let Some(extra) = extra.as_table_mut() else { return };
        put(extra, "author", Some(&front.author));
        put(extra, "subtitle", front.subtitle.as_ref());
        put(extra, "place", front.place.as_ref());
        if now.tags != front.tags || !extra.contains_key("tags") {
            set(extra, "tags", value(front.tags.iter().collect::<toml_edit::Array>()));
        }
        for (name, wanted) in [("alt", &front.alt), ("credits", &front.credits)] {
            if wanted.is_empty() {
                extra.remove(name);
                continue;
            }
            let table = extra.entry(name).or_insert(Item::Table(Table::new()));
            let Some(table) = table.as_table_mut() else { continue };
            table.retain(|key, _| wanted.contains_key(key));
            for (file, words) in wanted {
                put(table, file, Some(words));
            }
        }
    }
}

/// The Markdown as it is stored: one empty line before it, one line end after it.
fn tidy_body(body: &str) -> String {
    format!("\n{}\n", body.trim_matches(['\n', '\r']))
}

fn split(text: &str) -> Option<(&str, &str)> {
    let first = text.lines().next()?;
    if first.trim_end() != "+++" {
        return None;
    }
    let start = text.find('\n')? + 1;
    let mut at = start;
    for line in text[start..].split_inclusive('\n') {
        if line.trim_end() == "+++" {
            return Some((&text[start..at], &text[at + line.len()..]));
        }
        at += line.len();
    }
    None
}

fn wrong(key: &'static str, found: &Item, wanted: &'static str) -> NotAPage {
    NotAPage::WrongType {
        key,
        found: found.to_string().trim().to_owned(),
        wanted,
    }
}

fn text(table: Option<&Table>, key: &'static str) -> Result<Option<String>, NotAPage> {
    match table.and_then(|t| t.get(key)) {
        None => Ok(None),
        Some(item) => item
            .as_str()
            .map(|s| Some(s.to_owned()))
            .ok_or_else(|| wrong(key, item, "a text")),
    }
}

fn texts(table: Option<&Table>, key: &'static str) -> Result<BTreeMap<String, String>, NotAPage> {
    let Some(item) = table.and_then(|t| t.get(key)) else {
        return Ok(BTreeMap::new());
    };
    let pairs = item
        .as_table_like()
        .map(|t| t.iter().map(|(k, v)| Some((k.to_owned(), v.as_str()?.to_owned()))));
    pairs
        .and_then(|mut p| p.by_ref().collect())
        .ok_or_else(|| wrong(key, item, "a table of texts"))
}

fn timestamp(item: &Item) -> Option<Timestamp> {
    let text = match item.as_datetime() {
        Some(datetime) => datetime.to_string(),
        None => item.as_str()?.to_owned(),
    };
    // people write a bare day, or a time without a zone: both are read as UTC
    text.parse()
        .or_else(|_| format!("{text}Z").parse())
        .or_else(|_| format!("{text}T00:00:00Z").parse())
        .ok()
}

fn date_item(at: Timestamp) -> Item {
    let seconds = Timestamp::from_second(at.as_second()).unwrap_or(at);
    match seconds.to_string().parse::<toml_edit::Datetime>() {
        Ok(datetime) => value(datetime),
        Err(_) => value(seconds.to_string()),
    }
}

fn put(table: &mut Table, key: &str, wanted: Option<&String>) {
    match wanted {
        None => drop(table.remove(key)),
        Some(text) if table.get(key).and_then(Item::as_str) == Some(text) => {}
        Some(text) => set(table, key, one_line(text)),
    }
}

/// A text as a basic string on one line, whatever is in it: written over several lines, a `+++` in it would end the
/// front matter. JSON's escapes are TOML's too, but for DEL.
fn one_line(text: &str) -> Item {
    let json = serde_json::to_string(text)
        .expect("a text is JSON")
        .replace('\u{7f}', "\\u007f");
    // readers of front matter that look for `+++` anywhere are not led astray either
    let json = json.replace("+++", "\\u002b\\u002b\\u002b");
    match json.parse::<toml_edit::Value>() {
        Ok(literal) => Item::Value(literal),
        Err(_) => value(text),
    }
}

/// Replaces a value and keeps the comment behind it.
fn set(table: &mut Table, key: &str, mut item: Item) {
    let old = table.get(key).and_then(Item::as_value).map(|v| v.decor().clone());
    if let (Some(decor), Some(new)) = (old, item.as_value_mut()) {
        *new.decor_mut() = decor;
    }
    match table.get_mut(key) {
        Some(slot) => *slot = item,
        None => drop(table.insert(key, item)),
    }
}

/// SHA-256 over exactly what readers will see: `index.md` without the lines of the top-level keys `draft` and `date`, then for
/// every other file but the record, in the order of their names, `name NUL sha256-in-hex LF`. A page with a NUL or with
/// broken front matter is hashed whole: then nothing is left out of it.
pub fn text_hash(files: &Files) -> TextHash {
    let others = files.iter().filter(|(name, _)| *name != INDEX && *name != RECORD);
    let hashes = others.map(|(name, bytes)| (name.as_str(), Sha256::digest(bytes).into()));
    text_hash_of(files.get(INDEX).map_or(&[][..], Vec::as_slice), hashes)
}

/// [`text_hash`] where the other files' SHA-256 are known; they come in the order of their names.
pub fn text_hash_of<'a>(index: &[u8], others: impl Iterator<Item = (&'a str, [u8; 32])>) -> TextHash {
    let mut hash = Sha256::new();
    let mut from = 0;
    for gap in moving_lines(index) {
        hash.update(&index[from..gap.start]);
        from = gap.end;
    }
    hash.update(&index[from..]);
    for (name, sha256) in others {
        hash.update(format!("{name}\0{}\n", hex::encode(sha256)));
    }
    TextHash(hash.finalize().into())
}

/// The byte ranges of the lines of the top-level `draft` and `date`. Found with the parser's own spans, so that a text
/// in several lines cannot hide words behind `date =`.
fn moving_lines(index: &[u8]) -> Vec<std::ops::Range<usize>> {
    let Ok(text) = std::str::from_utf8(index) else {
        return Vec::new();
    };
    let Some((front, _)) = split(text).filter(|_| !text.contains('\0')) else {
        return Vec::new();
    };
    let offset = front.as_ptr() as usize - text.as_ptr() as usize;
    let Ok(document) = Document::parse(front) else {
        return Vec::new();
    };
    let mut ranges = Vec::new();
    for name in ["draft", "date"] {
        let Some((key, item)) = document.as_table().get_key_value(name) else {
            continue;
        };
        let (Some(key), Some(value)) = (key.span(), item.as_value().and_then(|v| v.span())) else {
            continue;
        };
        let start = front[..key.start].rfind('\n').map_or(0, |i| i + 1);
        let end = front[value.end..].find('\n').map_or(front.len(), |i| value.end + i + 1);
        if front[start..key.start].trim().is_empty() && !front[start..value.end].contains('\n') {
            ranges.push(offset + start..offset + end);
        }
    }
    ranges.sort_by_key(|r| r.start);
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;

    fn front() -> Front {
        Front {
            title: "Future Leader Stories: Marion Maxwell".into(),
            date: Some("2010-12-04T10:00:00Z".parse().unwrap()),
            draft: true,
            slug: "marion-maxwell".into(),
            author: "Marion Maxwell".into(),
            ..Front::default()
        }
    }

    fn files(index: &str) -> Files {
        Files::from([(INDEX.to_owned(), index.as_bytes().to_vec())])
    }

    #[test]
    fn a_page_is_read_back_as_it_was_written() {
        let page = Page::new(&front(), "Hello.\n\nWorld.");
        let text = String::from_utf8(page.render()).unwrap();
        assert_eq!(
            text,
            "+++\ntitle = \"Future Leader Stories: Marion Maxwell\"\ndate = 2010-12-04T10:00:00Z\ndraft = true\n\
             slug = \"marion-maxwell\"\n\n[extra]\nauthor = \"Marion Maxwell\"\ntags = []\n+++\n\nHello.\n\nWorld.\n"
        );
        let again = Page::parse(text.as_bytes()).unwrap();
        assert_eq!(again.front(), front());
        assert_eq!(again.render(), text.as_bytes());
    }

    #[test]
    fn hostile_values_stay_values() {
        let evil = "x\"\npublished = true\n+++\n---\u{2028}\u{85}\t";
        let page = Page::new(
            &Front {
                title: evil.into(),
                author: evil.into(),
                ..front()
            },
            "+++\ndraft = false\n+++\nbody",
        );
        let again = Page::parse(&page.render()).unwrap();
        assert_eq!(again.front().title, evil);
        assert_eq!(again.front().author, evil);
        assert!(again.front().draft);
        assert!(again.body().starts_with("+++\ndraft = false"));
    }

    #[test]
    fn a_persons_keys_and_comments_stay() {
        let source = "+++\n# ours\ntitle = \"A\" # why\ndraft = true\nown = 1\n[extra]\nauthor = \"B\"\ntags = [\"x\"]\n+++\n\nText.\n";
        let mut page = Page::parse(source.as_bytes()).unwrap();
        assert_eq!(page.render(), source.as_bytes());
        let front = Front {
            title: "C".into(),
            draft: false,
            slug: "c".into(),
            ..page.front()
        };
        page.set_front(&front);
        let text = String::from_utf8(page.render()).unwrap();
        assert!(
            text.contains("# ours\ntitle = \"C\" # why\ndraft = false\nown = 1\nslug = \"c\"\n"),
            "{text}"
        );
    }

    #[test]
    fn the_text_hash_has_test_vectors_and_leaves_out_only_draft_and_date() {
        let base = "+++\ntitle = \"A\"\ndate = 2010-12-04T10:00:00Z\ndraft = true\n+++\n\nText.\n";
        let hash = text_hash(&files(base));
        let stripped = "+++\ntitle = \"A\"\n+++\n\nText.\n";
        assert_eq!(hash.to_string(), hex::encode(Sha256::digest(stripped)));
        assert_eq!(
            hash.to_string(),
            "b583ef446fce2c59ae2a2a20d75efec62f28c29aee37312ee55795a41cea3f83"
        );
        let mut with_photo = files(base);
        with_photo.insert("photo-1.jpg".into(), b"jpeg".to_vec());
        with_photo.insert(RECORD.into(), b"whatever".to_vec());
        assert_eq!(
            text_hash(&with_photo).to_string(),
            "a523b4cb907b4b851bd396ecdbf8097b348429bff8beead5188d4b9e7608fba4"
        );
        for same in [
            base.replace("draft = true", "draft = false"),
            base.replace("date = 2010-12-04T10:00:00Z", "date = 2011-01-01T00:00:00Z # moved"),
            stripped.to_owned(),
        ] {
            assert_eq!(text_hash(&files(&same)), hash, "{same}");
        }
        for other in [
            base.replace("\"A\"", "\"B\""),
            base.replace("Text.", "Text. "),
            base.replace('\n', "\r\n"),
            base.replace("+++\n\nText", "description = \"\"\"\ndate = words\"\"\"\n+++\n\nText"),
            base.replace("Text.", "draft = true\n"),
            base.replace("+++\n\n", "[extra]\ndraft = true\n+++\n\n"),
        ] {
            assert_ne!(text_hash(&files(&other)), hash, "{other}");
        }
        let hidden = |words: &str| base.replace("title = \"A\"\n", &format!("title = '''\ndate = {words}\n'''\n"));
        assert_ne!(text_hash(&files(&hidden("a"))), text_hash(&files(&hidden("b"))));
    }
}
