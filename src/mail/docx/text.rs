//! The document proper, in one pass over its tags.

use std::collections::HashMap;

use quick_xml::events::{BytesStart, Event};

use super::styles::Styles;
use super::{attribute, reader};
use crate::mail::charset;
use crate::story::passage::{Hints, Image, Kind, Line, Span};

/// Lines read of one document.
const MAX_LINES: usize = 50_000;
/// Runs of text read of one document; a document that has more was made to hurt.
const MAX_SPANS: usize = 200_000;
/// A table with longer cells is layout, not data.
const MAX_CELL: usize = 300;

pub(super) struct Told {
    /// Pictures stand in it as [`Image::Missing`] with their target, until [`place`].
    pub lines: Vec<Line>,
    pub pictures: Vec<String>,
    pub hidden: bool,
}

/// Puts the pictures that could be read where they stand, and takes out the others.
pub(super) fn place(lines: &mut Vec<Line>, places: &HashMap<String, usize>) {
    for line in lines.iter_mut() {
        let cells = match &mut line.kind {
            Kind::Row { cells, .. } => cells.as_mut_slice(),
            _ => &mut [],
        };
        for spans in cells.iter_mut().chain([&mut line.spans]) {
            spans.retain_mut(|span| match &span.image {
                Some(Image::Missing(target)) => match places.get(target) {
                    Some(place) => {
                        span.image = Some(Image::Part(*place));
                        true
                    }
                    None => false,
                },
                _ => true,
            });
        }
    }
    lines.retain(|line| line.kind == Kind::Blank || !line.is_blank());
}

pub(super) fn read(xml: &str, styles: &Styles, relations: &HashMap<String, String>) -> Told {
    let mut walk = Walk {
        styles,
        relations,
        told: Told {
            lines: Vec::new(),
            pictures: Vec::new(),
            hidden: false,
        },
        paragraphs: Vec::new(),
        tables: Vec::new(),
        run: None,
        links: Vec::new(),
        fields: Vec::new(),
        counters: HashMap::new(),
        skipping: 0,
        spans: 0,
        text: false,
    };
    let mut reader = reader(xml);
    while walk.told.lines.len() < MAX_LINES && walk.spans < MAX_SPANS {
        match reader.read_event() {
            Ok(Event::Start(element)) => walk.start(&element),
            Ok(Event::End(element)) => walk.end(element.local_name().as_ref()),
            Ok(Event::Text(text)) => walk.words(&text.xml10_content()),
            Ok(Event::CData(text)) => walk.words(&text.into_inner()),
            Ok(Event::GeneralRef(entity)) => {
                let char = match entity.resolve_char_ref() {
                    Ok(Some(c)) => Some(c.to_string()),
                    _ => quick_xml::escape::resolve_predefined_entity(&entity.into_inner()).map(str::to_owned),
                };
                walk.words(&char.unwrap_or_default());
            }
            // what was read before the damage is kept
            Ok(Event::Eof) | Err(_) => break,
            Ok(_) => {}
        }
    }
    while !walk.paragraphs.is_empty() {
        walk.end_paragraph();
    }
    while !walk.tables.is_empty() {
        walk.end_table();
    }
    walk.told
}

#[derive(Debug, Default, Clone)]
struct Run {
    bold: bool,
    italic: bool,
    strike: bool,
    hidden: bool,
}

#[derive(Debug, Default)]
struct Paragraph {
    style: String,
    list: Option<(String, u8)>,
    /// Lines of it that a break ended.
    lines: Vec<Vec<Span>>,
    spans: Vec<Span>,
    in_properties: bool,
}

#[derive(Debug, Default)]
struct Table {
    rows: Vec<Vec<Vec<Span>>>,
    /// What the cells hold as lines, if this turns out to be layout.
    lines: Vec<Line>,
}

struct Walk<'a> {
    styles: &'a Styles,
    relations: &'a HashMap<String, String>,
    told: Told,
    /// More than one where a text box stands in a paragraph.
    paragraphs: Vec<Paragraph>,
    tables: Vec<Table>,
    run: Option<Run>,
    links: Vec<Option<String>>,
    /// Complex fields (`HYPERLINK "..."`): the instruction, and whether its result has begun.
    fields: Vec<(String, bool)>,
    counters: HashMap<(String, u8), u32>,
    /// How deep inside an element that is not shown.
    skipping: usize,
    spans: usize,
    text: bool,
}

impl Walk<'_> {
    fn start(&mut self, element: &BytesStart) {
        let name = element.local_name();
        let name = name.as_ref();
        // deleted text, the other half of an AlternateContent, moved text where it was
        if self.skipping > 0 || ["del", "moveFrom", "Fallback"].contains(&name) {
            self.skipping += 1;
            return;
        }
        let value = || attribute(element, "val");
        let on = || !matches!(value().as_deref(), Some("0" | "false" | "none" | "off"));
        match name {
            "p" if self.paragraphs.len() < 20 => self.paragraphs.push(Paragraph::default()),
            "tbl" if self.tables.len() < 20 => self.tables.push(Table::default()),
            "tr" => {
                if let Some(table) = self.tables.last_mut() {
                    table.rows.push(Vec::new());
                }
            }
            "tc" => {
                self.spans += 1;
                if let Some(row) = self.tables.last_mut().and_then(|t| t.rows.last_mut()) {
                    row.push(Vec::new());
                }
            }
            "r" => self.run = Some(Run::default()),
            "t" => self.text = true,
            "tab" if self.run.is_some() => self.put(" "),
            "br" | "cr" if self.run.is_some() => self.break_line(),
            "noBreakHyphen" => self.put("\u{2011}"),
            "hyperlink" => {
                let target = attribute(element, "id").and_then(|id| self.relations.get(&id).cloned());
                self.links.push(target);
            }
            "fldSimple" => {
                let target = attribute(element, "instr").and_then(|i| link_of(&i));
                self.links.push(target);
            }
            "fldChar" => match attribute(element, "fldCharType").as_deref() {
                Some("begin") if self.fields.len() < 20 => self.fields.push((String::new(), false)),
                Some("separate") => {
                    if let Some(field) = self.fields.last_mut() {
                        field.1 = true;
                    }
                }
                Some("end") => {
                    self.fields.pop();
                }
                _ => {}
            },
            "instrText" => self.text = true,
            "blip" | "imagedata" => {
                let id = attribute(element, "embed").or_else(|| attribute(element, "id"));
                if let Some(target) = id.and_then(|id| self.relations.get(&id)) {
                    self.picture(&target.clone());
                }
            }
            _ => self.property(name, value, on),
        }
    }

    /// What is said of a paragraph or a run.
    fn property(&mut self, name: &str, value: impl Fn() -> Option<String>, on: impl Fn() -> bool) {
        if let Some(run) = &mut self.run {
            match name {
                "b" => run.bold = on(),
                "i" => run.italic = on(),
                "strike" | "dstrike" => run.strike = on(),
                "vanish" | "webHidden" => run.hidden = on(),
                _ => {}
            }
            return;
        }
        let Some(paragraph) = self.paragraphs.last_mut() else {
            return;
        };
        match name {
            "pPr" => paragraph.in_properties = true,
            "pStyle" if paragraph.in_properties => paragraph.style = value().unwrap_or_default(),
            "numPr" if paragraph.in_properties => paragraph.list = Some((String::new(), 0)),
            "ilvl" => {
                if let Some(list) = &mut paragraph.list {
                    list.1 = value().and_then(|v| v.parse().ok()).unwrap_or(0);
                }
            }
            "numId" => {
                if let Some(list) = &mut paragraph.list {
                    list.0 = value().unwrap_or_default();
                }
            }
            _ => {}
        }
    }

    fn end(&mut self, name: &str) {
        if self.skipping > 0 {
            self.skipping -= 1;
            return;
        }
        match name {
            "p" => self.end_paragraph(),
            "pPr" => {
                if let Some(paragraph) = self.paragraphs.last_mut() {
                    paragraph.in_properties = false;
                }
            }
            "tbl" => self.end_table(),
            "r" => self.run = None,
            "t" | "instrText" => self.text = false,
            "hyperlink" | "fldSimple" => {
                self.links.pop();
            }
            _ => {}
        }
    }

    fn words(&mut self, text: &str) {
        if !self.text || self.skipping > 0 {
            return;
        }
        match self.fields.last_mut() {
            Some((instruction, false)) if instruction.len() < 4096 => instruction.push_str(text),
            Some((_, false)) => {}
            _ => self.put(text),
        }
    }

    fn put(&mut self, text: &str) {
        let run = self.run.clone().unwrap_or_default();
        if run.hidden {
            self.told.hidden |= !text.trim().is_empty();
            return;
        }
        let field = self.fields.last().and_then(|(instruction, _)| link_of(instruction));
        let href = self.links.last().cloned().flatten().or(field);
        let Some(paragraph) = self.paragraphs.last_mut() else {
            return;
        };
        let text = charset::clean(text).replace('\n', " ");
        let span = Span {
            text,
            bold: run.bold,
            italic: run.italic,
            strike: run.strike,
            href,
            ..Span::default()
        };
        match paragraph.spans.last_mut() {
            Some(last) if alike(last, &span) => last.text.push_str(&span.text),
            _ => {
                paragraph.spans.push(span);
                self.spans += 1;
            }
        }
    }

    fn picture(&mut self, target: &str) {
        if let Some(paragraph) = self.paragraphs.last_mut() {
            self.spans += 1;
            paragraph.spans.push(Span {
                image: Some(Image::Missing(target.to_owned())),
                ..Span::default()
            });
            if !self.told.pictures.iter().any(|p| p == target) && self.told.pictures.len() < 1000 {
                self.told.pictures.push(target.to_owned());
            }
        }
    }

    fn break_line(&mut self) {
        if let Some(paragraph) = self.paragraphs.last_mut() {
            let spans = std::mem::take(&mut paragraph.spans);
            paragraph.lines.push(spans);
            self.spans += 1;
        }
    }

    fn end_paragraph(&mut self) {
        let Some(mut paragraph) = self.paragraphs.pop() else {
            return;
        };
        paragraph.lines.push(std::mem::take(&mut paragraph.spans));
        let heading = self.styles.heading(&paragraph.style);
        let list = match paragraph.list.take() {
            // numbering 0 takes the style's numbering away
            Some((id, _)) if id == "0" => None,
            Some((id, level)) if !id.is_empty() => Some((id, level)),
            Some((_, level)) => self.styles.list(&paragraph.style).map(|(id, _)| (id, level)),
            None => self.styles.list(&paragraph.style),
        };
        let empty = paragraph
            .lines
            .iter()
            .flatten()
            .all(|s| s.image.is_none() && s.text.trim().is_empty());
        let (first, more) = match (heading, list) {
            _ if empty => (Kind::Blank, Kind::Blank),
            (Some(level), _) => (Kind::Heading(level), Kind::Heading(level)),
            (None, Some((id, level))) => {
                let depth = level.min(8);
                (
                    Kind::Item {
                        depth,
                        number: self.count(&id, level),
                    },
                    Kind::ItemMore { depth },
                )
            }
            _ if self.styles.is_quote(&paragraph.style) => (Kind::Quote, Kind::Quote),
            _ => (Kind::Text, Kind::Text),
        };
        let listed = matches!(first, Kind::Item { .. });
        let mut lines: Vec<Line> = Vec::new();
        for (i, mut spans) in paragraph.lines.into_iter().enumerate() {
            if heading.is_some() {
                spans.iter_mut().for_each(|s| s.bold = false);
            }
            let kind = if i == 0 { first.clone() } else { more.clone() };
            let blank = spans.iter().all(|s| s.image.is_none() && s.text.trim().is_empty());
            match blank && i > 0 {
                true => lines.push(Line::plain("")),
                false => lines.push(Line {
                    kind,
                    spans,
                    hints: Hints {
                        own_end: true,
                        ..Hints::default()
                    },
                    ..Line::default()
                }),
            }
        }
        if empty {
            lines = vec![Line::plain("")];
        }
        self.emit(lines, listed);
    }

    /// Lines of one paragraph: to the open table's cell, or to the document, with a blank line before unless both are items.
    fn emit(&mut self, lines: Vec<Line>, listed: bool) {
        let out = match self.tables.last_mut() {
            Some(table) => {
                if let Some(cell) = table.rows.last_mut().and_then(|row| row.last_mut()) {
                    for spans in lines.iter().map(|l| &l.spans).filter(|s| !s.is_empty()) {
                        if !cell.is_empty() {
                            cell.push(Span::text(" "));
                        }
                        cell.extend(spans.iter().cloned());
                    }
                }
                &mut table.lines
            }
            None => &mut self.told.lines,
        };
        append(out, lines, listed);
    }

    fn end_table(&mut self) {
        let Some(table) = self.tables.pop() else {
            return;
        };
        let width = table.rows.iter().map(Vec::len).max().unwrap_or(0);
        let length = |cell: &Vec<Span>| cell.iter().map(|s| s.text.len()).sum::<usize>();
        let layout = width < 2 || table.rows.len() < 2 || table.rows.iter().flatten().any(|c| length(c) > MAX_CELL);
        if layout || !self.tables.is_empty() {
            self.emit(table.lines, false);
            return;
        }
        let rows = table.rows.into_iter().enumerate().map(|(i, mut cells)| {
            cells.resize(width, Vec::new());
            Line {
                kind: Kind::Row { cells, header: i == 0 },
                ..Line::default()
            }
        });
        self.emit(rows.collect(), false);
    }

    /// The next number of a list that counts; deeper levels begin anew.
    fn count(&mut self, id: &str, level: u8) -> Option<u32> {
        if !self.styles.counts(id, level).unwrap_or(false) {
            return None;
        }
        for deeper in level.saturating_add(1)..=9 {
            self.counters.remove(&(id.to_owned(), deeper));
        }
        let number = self.counters.entry((id.to_owned(), level)).or_insert(0);
        *number = number.saturating_add(1);
        Some(*number)
    }
}

fn append(out: &mut Vec<Line>, lines: Vec<Line>, listed: bool) {
    let blank = |line: &Line| line.kind == Kind::Blank;
    let item = |line: &Line| matches!(line.kind, Kind::Item { .. } | Kind::ItemMore { .. });
    match out.last() {
        Some(last) if !(blank(last) || listed && item(last)) => out.push(Line::plain("")),
        _ => {}
    }
    for line in lines {
        if !(blank(&line) && out.last().is_none_or(blank)) {
            out.push(line);
        }
    }
}

fn alike(a: &Span, b: &Span) -> bool {
    a.image.is_none() && (a.bold, a.italic, a.strike, &a.href) == (b.bold, b.italic, b.strike, &b.href)
}

/// `HYPERLINK "https://example.org" \h`
fn link_of(instruction: &str) -> Option<String> {
    let rest = instruction.trim_start().strip_prefix("HYPERLINK")?;
    let target = rest.trim_start().strip_prefix('"')?.split('"').next()?;
    (!target.is_empty()).then(|| target.to_owned())
}
