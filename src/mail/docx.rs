//! The story in a .docx (ECMA-376, WordprocessingML): paragraphs, headings, lists, emphasis, links, tables, pictures.
//!
//! The archive is never unpacked: the few files that are named are read, each and all together bounded, whatever sizes the
//! archive claims.

mod styles;
mod text;

use std::collections::HashMap;
use std::io::{Cursor, Read};

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use zip::ZipArchive;

use super::charset;
use crate::story::passage::Line;
use crate::story::submission::Attachment;

/// Bytes of XML read of one file in the archive.
const MAX_XML: usize = 20 << 20;
/// Bytes of all pictures together, and their number.
const MAX_PICTURES: usize = 30 << 20;
const MAX_PICTURE_COUNT: usize = 50;

/// What was read of a document.
#[derive(Debug, Default)]
pub(super) struct Docx {
    pub lines: Vec<Line>,
    /// The pictures in it, in the order in which `lines` shows them: [`crate::story::passage::Image::Part`] counts from the
    /// place that the caller gave.
    pub pictures: Vec<Attachment>,
    /// Text was marked as hidden, and left out.
    pub hidden: bool,
}

/// Why a document was not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unread {
    #[error("it is no Word document, or damaged")]
    NotWord,
    #[error("it is too large")]
    TooLarge,
    #[error("it is protected by a password; ask the author for the text in a mail")]
    Protected,
}

/// Reads a document; its pictures become attachments from `first_place` on.
pub(super) fn read(bytes: &[u8], first_place: usize) -> Result<Docx, Unread> {
    if bytes.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]) {
        return Err(Unread::Protected);
    }
    let mut package = Package {
        archive: ZipArchive::new(Cursor::new(bytes)).map_err(|_| Unread::NotWord)?,
        pictures_left: MAX_PICTURES,
    };
    let main = package.main_part();
    let document = package.xml(&main)?.ok_or(Unread::NotWord)?;
    let (folder, file) = main.rsplit_once('/').unwrap_or(("", &main));
    let within = |name: &str| {
        if folder.is_empty() {
            name.to_owned()
        } else {
            format!("{folder}/{name}")
        }
    };
    let relations = match package.xml(&within(&format!("_rels/{file}.rels")))? {
        Some(xml) => relations(&xml),
        None => HashMap::new(),
    };
    let styles = styles::Styles::read(
        package.xml(&within("styles.xml"))?.as_deref().unwrap_or_default(),
        package.xml(&within("numbering.xml"))?.as_deref().unwrap_or_default(),
    );
    let told = text::read(&document, &styles, &relations);
    let mut docx = Docx {
        lines: told.lines,
        pictures: Vec::new(),
        hidden: told.hidden,
    };
    let mut places = HashMap::new();
    for target in told.pictures.iter().take(MAX_PICTURE_COUNT) {
        let path = match target.strip_prefix('/') {
            Some(absolute) => absolute.to_owned(),
            None => within(target),
        };
        if let Some(bytes) = package.picture(&path) {
            let name = path.rsplit('/').next().unwrap_or_default().to_owned();
            places.insert(target.clone(), first_place + docx.pictures.len());
            docx.pictures.push(Attachment {
                media_type: picture_type(&name).to_owned(),
                name: Some(name),
                content_id: None,
                inline: true,
                bytes,
            });
        }
    }
    text::place(&mut docx.lines, &places);
    Ok(docx)
}

struct Package<'a> {
    archive: ZipArchive<Cursor<&'a [u8]>>,
    pictures_left: usize,
}

impl Package<'_> {
    /// Where the document proper is: what the package's relations say, or where Word puts it.
    fn main_part(&mut self) -> String {
        let usual = "word/document.xml".to_owned();
        let Ok(Some(xml)) = self.xml("_rels/.rels") else {
            return usual;
        };
        let main = elements(&xml)
            .find(|e| {
                e.local_name().as_ref() == "Relationship"
                    && attribute(e, "Type").is_some_and(|t| t.ends_with("/officeDocument"))
            })
            .and_then(|e| attribute(&e, "Target"));
        main.map_or(usual, |target| target.trim_start_matches('/').to_owned())
    }

    /// A file as text; `None` where it is not there.
    fn xml(&mut self, name: &str) -> Result<Option<String>, Unread> {
        let Some(bytes) = self.file(name, MAX_XML) else {
            return Ok(None);
        };
        if bytes.len() > MAX_XML {
            return Err(Unread::TooLarge);
        }
        Ok(Some(charset::decode(&bytes, Some("utf-8")).text))
    }

    fn picture(&mut self, name: &str) -> Option<Vec<u8>> {
        let bytes = self.file(name, self.pictures_left)?;
        self.pictures_left = self.pictures_left.checked_sub(bytes.len())?;
        Some(bytes)
    }

    /// At most `limit` + 1 bytes of a file, so that the caller sees that there are more.
    fn file(&mut self, name: &str, limit: usize) -> Option<Vec<u8>> {
        let file = self.archive.by_name(name).ok()?;
        let mut bytes = Vec::new();
        file.take(limit as u64 + 1).read_to_end(&mut bytes).ok()?;
        Some(bytes)
    }
}

/// Relation ids to targets (ECMA-376, part 2).
fn relations(xml: &str) -> HashMap<String, String> {
    elements(xml)
        .filter(|e| e.local_name().as_ref() == "Relationship")
        .filter_map(|e| Some((attribute(&e, "Id")?, attribute(&e, "Target")?)))
        .collect()
}

/// The start tags of a small XML file, until its end or the first error.
fn elements(xml: &str) -> impl Iterator<Item = BytesStart<'_>> {
    let mut reader = reader(xml);
    std::iter::from_fn(move || {
        loop {
            match reader.read_event() {
                Ok(Event::Start(element)) => return Some(element),
                Ok(Event::Eof) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    })
}

fn reader(xml: &str) -> Reader<&[u8]> {
    let mut reader = Reader::from_str(xml);
    let config = reader.config_mut();
    config.expand_empty_elements = true;
    config.check_end_names = false;
    reader
}

/// An attribute by its local name, entities resolved.
fn attribute(element: &BytesStart, name: &str) -> Option<String> {
    let mut attributes = element.attributes();
    let mut attributes = attributes.with_checks(false).take(50).flatten();
    let found = attributes.find(|a| a.key.local_name().as_ref() == name)?;
    Some(
        found
            .normalized_value(quick_xml::XmlVersion::Implicit1_0)
            .ok()?
            .into_owned(),
    )
}

fn picture_type(name: &str) -> &'static str {
    match name
        .rsplit('.')
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase()
        .as_str()
    {
        "jpg" | "jpeg" => "image/jpeg",
        "png" => "image/png",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "emf" | "wmf" => "image/x-metafile",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests;
