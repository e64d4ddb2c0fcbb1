//! Lines to CommonMark that any renderer shows as the author typed it, and that no site generator takes for its own.
//!
//! No raw HTML, no scheme but http, https and mailto, no shortcode or template of Hugo, Zola, Jekyll or Eleventy can
//! come out of a mail. Escapes are as few as possible; each paragraph is parsed again, and where a lean escape did
//! not give the author's words back, it is written with every mark escaped.

mod angle;
mod escape;
mod inline;
mod link;
mod picture;
mod tame;
mod typed;
pub mod web;
mod wrap;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::passage::{Kind, Line, Span};
use wrap::Break;

pub use link::unwrapped;
pub use picture::{pictures, with_alt, with_file, with_picture, without_picture};
pub use tame::tame;

/// A picture as the story's folder has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageRef {
    /// `photo-1.jpg`
    pub file: String,
    pub alt: String,
}

/// Gives the picture for an attachment's place, or none where it is not published.
pub type Names<'a> = dyn Fn(usize) -> Option<ImageRef> + 'a;

/// Quotation deeper than this is shown at this depth.
const MAX_QUOTE: u8 = 8;

/// Renders `lines` as Markdown, with a line end at its end unless there is nothing to show.
pub fn render(lines: &[Line], names: &Names) -> String {
    render_wrapped(lines, column(lines), names)
}

/// The column at which a mail program wrapped this text; `None` where none did.
pub fn column(lines: &[Line]) -> Option<usize> {
    wrap::column(lines)
}

/// `![alt](file)`, for a picture that stands nowhere in the lines.
pub fn picture(file: &str, alt: &str) -> String {
    inline::image(file, alt)
}

/// [`render`] for part of a text whose whole was wrapped at `column`.
pub fn render_wrapped(lines: &[Line], column: Option<usize>, names: &Names) -> String {
    let mut page = Page {
        names,
        column,
        out: String::new(),
        last: None,
        above: None,
    };
    let mut at = 0;
    while at < lines.len() {
        let line = &lines[at];
        let same = |l: &&Line| depth(l) == depth(line);
        let run = |of: fn(&Kind) -> bool| lines[at..].iter().take_while(|l| of(&l.kind)).take_while(same).count();
        let taken = match &line.kind {
            Kind::Blank => 1,
            Kind::Rule => {
                page.block(depth(line), "***");
                1
            }
            Kind::Heading(level) => {
                page.heading(line, *level);
                1
            }
            Kind::Text | Kind::Quote => {
                let count = run(|k| matches!(k, Kind::Text | Kind::Quote));
                page.paragraphs(&lines[at..at + count]);
                count
            }
            Kind::Code => {
                let count = run(|k| matches!(k, Kind::Code | Kind::Blank));
                page.code(&lines[at..at + count]);
                count
            }
            Kind::Row { .. } => {
                let count = run(|k| matches!(k, Kind::Row { .. }));
                page.table(&lines[at..at + count]);
                count
            }
            Kind::Item { .. } | Kind::ItemMore { .. } => {
                let count = run(|k| matches!(k, Kind::Item { .. } | Kind::ItemMore { .. } | Kind::Blank));
                page.list(&lines[at..at + count]);
                count
            }
        };
        at += taken.max(1);
    }
    page.out
}

/// How deep a line stands in Markdown's quotation.
fn depth(line: &Line) -> u8 {
    line.quote
        .saturating_add(u8::from(line.kind == Kind::Quote))
        .min(MAX_QUOTE)
}

struct Page<'a> {
    names: &'a Names<'a>,
    column: Option<usize>,
    out: String,
    /// Depth of the block before.
    last: Option<u8>,
    /// The number and delimiter at which the list right above ended.
    above: Option<(Option<u32>, char)>,
}

impl Page<'_> {
    /// Adds a block of one or more lines.
    fn block(&mut self, depth: u8, text: &str) {
        if text.trim().is_empty() {
            return;
        }
        let mark = "> ".repeat(depth.into());
        match self.last {
            None => {}
            Some(last) if last == depth && depth > 0 => {
                self.out.push_str(mark.trim_end());
                self.out.push('\n');
            }
            Some(_) => self.out.push('\n'),
        }
        for line in text.lines() {
            self.out.push_str(if line.is_empty() { mark.trim_end() } else { &mark });
            self.out.push_str(line);
            self.out.push('\n');
        }
        self.last = Some(depth);
        self.above = None;
    }

    fn heading(&mut self, line: &Line, level: u8) {
        for part in around_images(&line.spans) {
            match part {
                Part::Image(place, alt) => self.image(depth(line), place, alt),
                Part::Words(spans) => {
                    let text = inline::heading(spans);
                    if !text.is_empty() {
                        let marks = "#".repeat(level.clamp(1, 6).into());
                        self.block(depth(line), &format!("{marks} {text}"));
                    }
                }
            }
        }
    }

    fn paragraphs(&mut self, lines: &[Line]) {
        // pictures stand alone; the words between them are paragraphs
        let mut pending: Vec<Vec<Span>> = Vec::new();
        let deep = lines.first().map_or(0, depth);
        for line in lines {
            if line.spans.iter().all(|s| s.image.is_none()) {
                pending.push(line.spans.clone());
                continue;
            }
            for part in around_images(&line.spans) {
                match part {
                    Part::Words(spans) => pending.push(spans.to_vec()),
                    Part::Image(place, alt) => {
                        self.words(deep, &std::mem::take(&mut pending));
                        self.image(deep, place, alt);
                    }
                }
            }
        }
        self.words(deep, &pending);
    }

    /// Lines without pictures, joined where they were wrapped; what was typed as a list is one.
    fn words(&mut self, depth: u8, lines: &[Vec<Span>]) {
        let breaks = wrap::breaks(lines, self.column);
        let above = self.above.filter(|_| self.last == Some(depth));
        let above = above.and_then(|(number, delimiter)| Some((number?, delimiter)));
        let mut at = 0;
        for list in typed::lists(lines, &breaks, above) {
            self.running(depth, &lines[at..list.lines.start], &breaks[at..list.lines.start]);
            self.typed(depth, &list.items, lines, &breaks);
            at = list.lines.end;
        }
        self.running(depth, &lines[at..], &breaks[at..]);
    }

    fn running(&mut self, depth: u8, lines: &[Vec<Span>], breaks: &[Break]) {
        let mut paragraph: Vec<Vec<Span>> = Vec::new();
        let mut wrapped = false;
        for (line, before) in lines.iter().zip(breaks) {
            match before {
                Break::Wrapped if !paragraph.is_empty() => {
                    add(&mut paragraph, line.clone(), Break::Wrapped);
                    wrapped = true;
                }
                Break::Paragraph if !paragraph.is_empty() => {
                    self.block(depth, &verse(&std::mem::take(&mut paragraph), wrapped));
                    paragraph.push(line.clone());
                    wrapped = false;
                }
                _ => paragraph.push(line.clone()),
            }
        }
        self.block(depth, &verse(&paragraph, wrapped));
    }

    fn typed(&mut self, depth: u8, items: &[typed::Item], lines: &[Vec<Span>], breaks: &[Break]) {
        let mut list = List::default();
        // bullets right below others are told from them by their mark
        let taken = self.above.filter(|_| self.last == Some(depth)).map(|(_, mark)| mark);
        for item in items {
            let mut text: Vec<Vec<Span>> = Vec::new();
            for at in item.lines.clone() {
                let mut line = lines[at].clone();
                if at == item.lines.start
                    && let Some(first) = line.first_mut()
                {
                    first.text.drain(..item.mark);
                }
                add(&mut text, line, breaks[at]);
            }
            let mut text = text.into_iter();
            let mark = match item.delimiter {
                '-' if taken == Some('-') && item.depth == 0 => '*',
                '*' if taken == Some('*') && item.depth == 0 => '-',
                mark => mark,
            };
            list.item(item.depth, item.number, Some(mark), text.next().unwrap_or_default());
            text.for_each(|line| list.more(line));
        }
        list.close();
        self.list_block(depth, &list);
    }

    fn list_block(&mut self, depth: u8, list: &List) {
        self.block(depth, list.out.trim_end());
        self.above = list.levels.first().map(|l| (l.number, l.delimiter));
    }

    fn image(&mut self, depth: u8, place: usize, alt: &str) {
        if let Some(image) = (self.names)(place) {
            let alt = if image.alt.is_empty() { alt } else { &image.alt };
            self.block(depth, &inline::image(&image.file, alt));
        }
    }

    fn code(&mut self, lines: &[Line]) {
        let end = lines.iter().rposition(|l| !l.is_blank()).map_or(0, |i| i + 1);
        let text: Vec<String> = lines[..end].iter().map(|l| escape::visible(&l.words())).collect();
        let deep = lines.first().map_or(0, depth);
        // site generators look for their marks in code, too, where nothing can be escaped
        if text.iter().any(|l| escape::is_template(l)) {
            let lines: Vec<Vec<Span>> = text.iter().map(|l| vec![Span::text(l.as_str())]).collect();
            let text = inline::paragraph(&lines);
            return self.block(deep, &text);
        }
        let longest = text.iter().map(|l| escape::longest_run(l, '`')).max().unwrap_or(0);
        let fence = "`".repeat(longest.max(2) + 1);
        self.block(deep, &format!("{fence}\n{}\n{fence}", text.join("\n")));
    }

    fn table(&mut self, rows: &[Line]) {
        let cells = |line: &Line| -> Vec<String> {
            match &line.kind {
                Kind::Row { cells, .. } => cells.iter().map(|c| inline::cell(c)).collect(),
                _ => Vec::new(),
            }
        };
        let rows_text: Vec<Vec<String>> = rows.iter().map(cells).collect();
        let width = rows_text.iter().map(Vec::len).max().unwrap_or(0).min(40);
        let mut out = String::new();
        for (at, row) in rows_text.iter().enumerate() {
            for column in 0..width {
                out.push_str("| ");
                out.push_str(row.get(column).map_or("", String::as_str));
                out.push(' ');
            }
            out.push_str("|\n");
            if at == 0 {
                out.push_str(&"| --- ".repeat(width));
                out.push_str("|\n");
            }
        }
        self.block(rows.first().map_or(0, depth), out.trim_end());
    }

    fn list(&mut self, lines: &[Line]) {
        let mut list = List::default();
        for (at, line) in lines.iter().enumerate() {
            if stands_apart(lines, at) {
                list.ends();
            }
            let spans = inline::with_images(&line.spans, self.names);
            match line.kind {
                Kind::Item { depth, number } => list.item(depth, number, None, spans),
                Kind::ItemMore { .. } => list.more(spans),
                _ => list.gap = true,
            }
        }
        list.close();
        self.list_block(lines.first().map_or(0, depth), &list);
    }
}

/// A list being written: for each open level how far its text is set in, and the number and delimiter it is at.
#[derive(Default)]
struct List {
    out: String,
    levels: Vec<Level>,
    /// The lines of the paragraph that is still open.
    open: Vec<Vec<Span>>,
    gap: bool,
}

struct Level {
    text: usize,
    number: Option<u32>,
    delimiter: char,
}

impl List {
    /// Begins an item; `typed` is the author's own mark, where they typed the list.
    fn item(&mut self, depth: u8, number: Option<u32>, typed: Option<char>, spans: Vec<Span>) {
        if spans.iter().all(|s| s.image.is_none() && s.text.trim().is_empty()) {
            return;
        }
        self.close();
        let depth = usize::from(depth);
        self.levels.truncate(depth + 1);
        let before = if self.levels.len() == depth + 1 {
            self.levels.pop()
        } else {
            None
        };
        let indent = self.levels.last().map_or(0, |l| l.text);
        // a list that begins anew is told from the one before it by its mark
        let delimiter = match (&before, number) {
            _ if typed.is_some() => typed.unwrap_or('-'),
            (Some(l), Some(n)) if l.number.is_some_and(|b| b.checked_add(1) == Some(n)) => l.delimiter,
            (Some(l), Some(_)) if l.delimiter == '.' => ')',
            (Some(l), None) if l.number.is_none() => l.delimiter,
            (_, Some(_)) => '.',
            (_, None) => '-',
        };
        let mark = match number {
            Some(n) => format!("{}{delimiter} ", n.min(999_999_999)),
            None => format!("{delimiter} "),
        };
        if !self.out.is_empty() {
            self.out.push('\n');
            // only a list that starts with 1 may follow a line of text directly
            if before.is_none() && number.is_some_and(|n| n != 1) {
                self.out.push('\n');
            }
        }
        self.out.push_str(&" ".repeat(indent));
        self.out.push_str(&mark);
        self.levels.push(Level {
            text: indent + mark.len(),
            number,
            delimiter,
        });
        self.open = vec![spans];
        self.gap = false;
    }

    fn more(&mut self, spans: Vec<Span>) {
        let Some(level) = self.levels.last() else {
            return self.item(0, None, None, spans);
        };
        let indent = level.text;
        if std::mem::take(&mut self.gap) {
            self.close();
            self.out.push_str("\n\n");
            self.out.push_str(&" ".repeat(indent));
        }
        self.open.push(spans);
    }

    /// What follows is another list of bullets: by its mark, which is not that of this one.
    fn ends(&mut self) {
        self.close();
        self.levels.truncate(1);
        if let Some(level) = self.levels.first_mut() {
            level.delimiter = if level.delimiter == '-' { '*' } else { '-' };
            self.out.push('\n');
        }
    }

    /// Writes the open paragraph.
    fn close(&mut self) {
        let indent = " ".repeat(self.levels.last().map_or(0, |l| l.text));
        let text = inline::paragraph(&std::mem::take(&mut self.open));
        self.out.push_str(&text.replace('\n', &format!("\n{indent}")));
    }
}

/// Whether a list of bullets begins here, below another with a blank line between. One item alone is part of the list beside
/// it: some programs make a list of every item.
fn stands_apart(lines: &[Line], at: usize) -> bool {
    let bullet = |l: &Line| matches!(l.kind, Kind::Item { depth: 0, number: None });
    let begins = |i: usize| i > 0 && lines[i - 1].kind == Kind::Blank && bullet(&lines[i]);
    if !begins(at) {
        return false;
    }
    let above = (0..at).rev().find(|&i| begins(i)).unwrap_or(0);
    let below = (at + 1..lines.len()).find(|&i| begins(i)).unwrap_or(lines.len());
    let several = |part: &[Line]| part.iter().filter(|l| bullet(l)).count() > 1;
    several(&lines[above..at]) && several(&lines[at..below])
}

/// A paragraph. Where no program wrapped it, its lines stay as far set in as they were typed: CommonMark takes blanks away from the
/// beginning of a line, and shows `&nbsp;` on every site.
fn verse(lines: &[Vec<Span>], wrapped: bool) -> String {
    let text = inline::paragraph(lines);
    let begins_blank = |line: &Vec<Span>| line.first().is_some_and(|s| s.text.starts_with(' '));
    if wrapped || !lines.iter().skip(1).any(begins_blank) {
        return text;
    }
    let shown: Vec<usize> = lines.iter().filter_map(|l| typed::set_in(l)).collect();
    let least = shown.iter().min().copied().unwrap_or(0);
    // a first line alone begins a paragraph of prose, and a short one below it is a name under "Best wishes,"; one blank is nothing
    let below = || {
        lines
            .iter()
            .skip(1)
            .filter(|l| typed::set_in(l).is_some_and(|n| n > least + 1))
    };
    let words = |line: &[Span]| line.iter().map(|s| s.text.split_whitespace().count()).sum::<usize>();
    let poem = lines.len() > 2 && below().next().is_some() || below().any(|l| words(l) >= VERSE);
    if !poem || text.split('\n').count() != shown.len() {
        return text;
    }
    let blanks = |n: usize| "&nbsp;".repeat((n - least).min(DEEPEST_VERSE));
    let lines = text.split('\n').zip(shown).map(|(line, n)| blanks(n) + line);
    lines.collect::<Vec<_>>().join("\n")
}

/// Words of a second line that is verse.
const VERSE: usize = 4;

/// A line is set in no further than this.
const DEEPEST_VERSE: usize = 40;

/// Adds a line to a paragraph: to its last line, where the two were one before they were wrapped.
fn add(paragraph: &mut Vec<Vec<Span>>, line: Vec<Span>, before: Break) {
    match paragraph.last_mut() {
        Some(last) if before == Break::Wrapped => {
            let text = |span: Option<&Span>| span.map_or("", |s| s.text.as_str()).to_owned();
            let touch = wrap::touch(text(last.last()).trim_end(), text(line.first()).trim_start());
            if !touch {
                match last.last_mut() {
                    Some(span) => span.text.push(' '),
                    None => last.push(Span::text(" ")),
                }
            }
            last.extend(line);
        }
        _ => paragraph.push(line),
    }
}

enum Part<'a> {
    Words(&'a [Span]),
    Image(usize, &'a str),
}

/// A line cut at its pictures.
fn around_images(spans: &[Span]) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut from = 0;
    for (at, span) in spans.iter().enumerate() {
        if let Some(image) = &span.image {
            if from < at {
                parts.push(Part::Words(&spans[from..at]));
            }
            if let super::passage::Image::Part(place) = image {
                parts.push(Part::Image(*place, &span.text));
            }
            from = at + 1;
        }
    }
    if from < spans.len() {
        parts.push(Part::Words(&spans[from..]));
    }
    parts
}

/// What our Markdown may hold when a site generator reads it.
pub(crate) fn options() -> Options {
    Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_FOOTNOTES | Options::ENABLE_TASKLISTS
}

/// The words a reader of the rendered page sees: one line a line, a blank line between paragraphs, `- ` before an item.
/// Raw HTML is shown as it stands; pictures by their alt text.
pub fn text_of(markdown: &str) -> String {
    let mut out = String::new();
    let block = |out: &mut String| {
        while out.ends_with(' ') {
            out.pop();
        }
        if !out.is_empty() && !out.ends_with("\n\n") {
            out.push_str(if out.ends_with('\n') { "\n" } else { "\n\n" });
        }
    };
    let mut lists: Vec<Option<u64>> = Vec::new();
    for event in Parser::new_ext(markdown, options()) {
        match event {
            Event::Text(text) | Event::Code(text) | Event::Html(text) | Event::InlineHtml(text) => out.push_str(&text),
            Event::InlineMath(text) | Event::DisplayMath(text) => out.push_str(&text),
            Event::FootnoteReference(name) => out.push_str(&format!("[^{name}]")),
            Event::SoftBreak | Event::HardBreak => out.push('\n'),
            Event::TaskListMarker(done) => out.push_str(if done { "[x] " } else { "[ ] " }),
            Event::Rule => block(&mut out),
            Event::Start(Tag::List(first)) => lists.push(first),
            Event::End(TagEnd::List(_)) => {
                lists.pop();
                block(&mut out);
            }
            Event::Start(Tag::Item) => {
                if !out.is_empty() && !out.ends_with('\n') {
                    out.push('\n');
                }
                match lists.last_mut() {
                    Some(Some(number)) => {
                        out.push_str(&format!("{number}. "));
                        *number += 1;
                    }
                    _ => out.push_str("- "),
                }
            }
            Event::End(TagEnd::TableCell) => out.push(' '),
            Event::End(TagEnd::TableRow | TagEnd::TableHead) => out.push('\n'),
            Event::End(
                TagEnd::Paragraph | TagEnd::Heading(_) | TagEnd::CodeBlock | TagEnd::Table | TagEnd::BlockQuote(_),
            ) => block(&mut out),
            _ => {}
        }
    }
    out.truncate(out.trim_end().len());
    out
}

#[cfg(test)]
mod tests;
