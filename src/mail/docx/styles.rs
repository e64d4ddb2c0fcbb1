//! What a paragraph is by its style and numbering.

use std::collections::HashMap;

use super::{attribute, elements};

/// A paragraph style, by its id.
#[derive(Debug, Default, Clone)]
struct Style {
    based_on: Option<String>,
    heading: Option<u8>,
    quote: bool,
    list: Option<(String, u8)>,
}

/// Styles and numberings of a document.
#[derive(Debug, Default)]
pub(super) struct Styles {
    styles: HashMap<String, Style>,
    /// numId to abstractNumId
    numbers: HashMap<String, String>,
    /// abstractNumId and level: whether it counts, or has bullets
    levels: HashMap<(String, u8), bool>,
}

impl Styles {
    pub fn read(styles: &str, numbering: &str) -> Styles {
        let mut found = Styles::default();
        let mut id = String::new();
        for element in elements(styles) {
            let value = || attribute(&element, "val").unwrap_or_default();
            let name = element.local_name();
            if name.as_ref() == "style" {
                id = attribute(&element, "styleId").unwrap_or_default();
                found.styles.insert(id.clone(), Style::default());
                continue;
            }
            let Some(style) = found.styles.get_mut(&id) else {
                continue;
            };
            match name.as_ref() {
                // these names are English in every language's Word
                "name" => {
                    let name = value().to_ascii_lowercase();
                    let level = name.strip_prefix("heading ").and_then(|n| n.parse().ok());
                    style.heading = if name == "title" {
                        Some(1)
                    } else {
                        level.filter(|l| (1..=6).contains(l))
                    };
                    style.quote = name == "quote" || name == "intense quote";
                }
                "basedOn" => style.based_on = Some(value()),
                "outlineLvl" => {
                    let level = value().parse::<u8>().ok().filter(|l| *l < 6);
                    style.heading = style.heading.or(level.map(|l| l + 1));
                }
                "numId" => style.list = Some((value(), style.list.take().map_or(0, |(_, level)| level))),
                "ilvl" => {
                    let level = value().parse().unwrap_or(0);
                    style.list = Some((style.list.take().map_or(String::new(), |(id, _)| id), level));
                }
                _ => {}
            }
        }
        let (mut abstract_id, mut level, mut number) = (String::new(), 0, String::new());
        for element in elements(numbering) {
            let value = || attribute(&element, "val").unwrap_or_default();
            match element.local_name().as_ref() {
                "abstractNum" => abstract_id = attribute(&element, "abstractNumId").unwrap_or_default(),
                "lvl" => level = attribute(&element, "ilvl").and_then(|l| l.parse().ok()).unwrap_or(0),
                "numFmt" => {
                    let counts = !["bullet", "none"].contains(&value().as_str());
                    found.levels.entry((abstract_id.clone(), level)).or_insert(counts);
                }
                "num" => number = attribute(&element, "numId").unwrap_or_default(),
                "abstractNumId" => {
                    found.numbers.insert(number.clone(), value());
                }
                _ => {}
            }
        }
        found
    }

    pub fn heading(&self, style: &str) -> Option<u8> {
        self.ancestry(style).find_map(|s| s.heading)
    }

    pub fn is_quote(&self, style: &str) -> bool {
        self.ancestry(style).any(|s| s.quote)
    }

    /// The numbering and level a style brings along.
    pub fn list(&self, style: &str) -> Option<(String, u8)> {
        self.ancestry(style)
            .find_map(|s| s.list.clone())
            .filter(|(id, _)| !id.is_empty() && id != "0")
    }

    /// Whether a numbering counts at a level; `None` where it is not defined.
    pub fn counts(&self, number: &str, level: u8) -> Option<bool> {
        let abstract_id = self.numbers.get(number)?;
        self.levels.get(&(abstract_id.clone(), level)).copied()
    }

    /// A style and those it is based on; bounded, for they may go in a circle.
    fn ancestry(&self, style: &str) -> impl Iterator<Item = &Style> {
        let first = self.styles.get(style);
        std::iter::successors(first, |s| self.styles.get(s.based_on.as_deref()?)).take(10)
    }
}
