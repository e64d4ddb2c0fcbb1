//! The tree to lines. No recursion: the tree is followed by its links, with a stack of what each open element changes.

use std::rc::Rc;

use super::css::{self, Rgb, Style};
use super::lists::Numerals;
use super::marks::{self, Mark, mark};
use super::survey::Survey;
use super::text::{is_block, trim_spans};
use super::tree::{Data, NONE, Tree};
use super::{HtmlText, PartMap};
use crate::story::cut;
use crate::story::passage::{Hints, Kind, Line, Span};

mod lines;

/// Empty cells are added up to so many columns; Markdown's tables are cut at 40, and a row has 12 cells of its own at most.
const MAX_COLUMNS: usize = 28;

/// Nodes in which the header of another mail is looked for.
const MOST_LOOKED_AT: usize = 60;

/// Reads the whole tree. Text whose colour is that of its ground is hidden, unless that would be most of the mail, or words that
/// somebody typed: then it was written on a dark screen, whose ground the program did not send along.
pub fn read(tree: &Tree, hidden_classes: &[String], parts: &PartMap) -> HtmlText {
    let about = Survey::of(tree);
    let mut walk = Walk::new(tree, &about, hidden_classes, parts, true);
    walk.run();
    if walk.unseen_colour > walk.seen || walk.typed_unseen {
        walk = Walk::new(tree, &about, hidden_classes, parts, false);
        walk.run();
    }
    walk.text
}

/// What an open element changes for all that is in it.
#[derive(Clone, Default)]
struct Context {
    node: u32,
    bold: bool,
    italic: bool,
    strike: bool,
    code: bool,
    /// Letters are signs: Wingdings.
    signs: bool,
    pre: bool,
    heading: u8,
    own_quote: bool,
    quote: u8,
    hints: Hints,
    /// The innermost quote box whose cited block is still to come, or has come.
    quote_box: Option<usize>,
    /// Where what is quoted from a header on ends.
    scope: bool,
    after_here: bool,
    gone: bool,
    invisible: bool,
    tiny: bool,
    color: Option<Rgb>,
    /// Somebody typed in that colour, and saw it.
    typed: bool,
    background: Option<Rgb>,
    /// The ground is a picture, of any colour.
    on_picture: bool,
    href: Option<Rc<str>>,
    /// Lists around, by their place in `Walk::lists`.
    lists: usize,
    in_item: bool,
    data_table: bool,
    /// Drawn bullet of an Outlook list paragraph: dropped, but looked at.
    bullet: bool,
    word_list: Option<u8>,
}

struct List {
    ordered: bool,
    next: u32,
    numerals: Numerals,
}

struct Walk<'a> {
    tree: &'a Tree,
    about: &'a Survey,
    hidden_classes: &'a [String],
    parts: &'a PartMap,
    /// Whether unseen colours hide.
    by_colour: bool,
    text: HtmlText,
    seen: usize,
    unseen_colour: usize,
    /// Words of such a colour were typed.
    typed_unseen: bool,
    stack: Vec<Context>,
    /// Open elements that are quoted from a header on.
    after_here: usize,
    boxes: Vec<bool>,
    lists: Vec<List>,
    /// A list of bullets has begun, and none of its items was put among the lines.
    list_begins: bool,
    /// The item that the next line begins.
    item: Option<Kind>,
    /// What stands in front of that item, where it is no number: `A. `
    marker: Option<String>,
    bullet: String,
    /// The line being set.
    spans: Vec<Span>,
    line: Line,
    space: bool,
    /// Blanks that preformatted text has before the line being set.
    indent: usize,
    nbsp: bool,
    blank_wanted: bool,
    /// The row being set, and whether it is of header cells.
    row: Option<(Vec<Vec<Span>>, bool)>,
    /// For each column of the table how many rows more a cell above reaches down.
    reach: Vec<u32>,
}

impl<'a> Walk<'a> {
    fn new(
        tree: &'a Tree,
        about: &'a Survey,
        hidden_classes: &'a [String],
        parts: &'a PartMap,
        by_colour: bool,
    ) -> Walk<'a> {
        Walk {
            tree,
            about,
            hidden_classes,
            parts,
            by_colour,
            text: HtmlText::default(),
            seen: 0,
            unseen_colour: 0,
            typed_unseen: false,
            stack: vec![Context {
                scope: true,
                hints: Hints {
                    own_end: true,
                    ..Hints::default()
                },
                ..Context::default()
            }],
            after_here: 0,
            boxes: Vec::new(),
            lists: Vec::new(),
            list_begins: false,
            item: None,
            marker: None,
            bullet: String::new(),
            spans: Vec::new(),
            line: Line::default(),
            space: false,
            indent: 0,
            nbsp: false,
            blank_wanted: false,
            row: None,
            reach: Vec::new(),
        }
    }

    fn run(&mut self) {
        let mut id = self.tree.node(0).first;
        while id != NONE {
            let node = self.tree.node(id);
            let descend = match &node.data {
                Data::Element { name, .. } => self.enter(id, &name.local),
                Data::Text(text) => {
                    self.text(text);
                    false
                }
                Data::Other => false,
            };
            if descend && node.first != NONE {
                id = node.first;
                continue;
            }
            if descend {
                self.leave(id);
            }
            // up, until there is a next one
            loop {
                let node = self.tree.node(id);
                if node.next != NONE {
                    id = node.next;
                    break;
                }
                id = node.parent;
                if id == 0 || id == NONE {
                    self.line_ends();
                    while self.text.lines.last().is_some_and(Line::is_blank) {
                        self.text.lines.pop();
                    }
                    return;
                }
                self.leave(id);
            }
        }
    }

    fn context(&self) -> &Context {
        self.stack.last().expect("the root's context is never popped")
    }

    /// Opens an element. `false`: nothing in it is read, and nothing is to be closed.
    fn enter(&mut self, id: u32, name: &str) -> bool {
        let tree = self.tree;
        let attr = |wanted: &str| tree.attr(id, wanted).map(str::to_owned);
        let style = tree.attr(id, "style").map(css::style).unwrap_or_default();
        match name {
            "br" => {
                if !self.context().gone {
                    self.line_break();
                }
                return false;
            }
            "img" => {
                self.image(id, &style);
                return false;
            }
            "head" => return false,
            _ => {}
        }
        let mut inner = self.context().clone();
        inner.node = id;
        (inner.scope, inner.after_here) = (false, false);
        self.look(id, name, &style, &mut inner);
        if inner.gone {
            self.stack.push(inner);
            return true;
        }
        let has_attrs = matches!(&tree.node(id).data, Data::Element { attrs, .. } if !attrs.is_empty());
        let said = if has_attrs || name == "signature" {
            mark(name, attr, &style)
        } else {
            None
        };
        let outlook_header = said.is_none() && name == "div" && style.bar_top && self.is_header(id, id);
        self.block_begins(id, name, &style, &mut inner);
        self.marked(id, name, said, outlook_header, &style, &mut inner);
        if name == "hr" {
            self.rule(&inner);
        }
        self.stack.push(inner);
        if name == "q" {
            self.quotation_mark("“");
        }
        true
    }

    /// Style, colour, link: what does not end a line.
    fn look(&mut self, id: u32, name: &str, style: &Style, inner: &mut Context) {
        let tree = self.tree;
        let hidden_class = |c: &str| {
            c.split_ascii_whitespace()
                .any(|c| self.hidden_classes.iter().any(|h| h == c))
        };
        inner.gone |= style.gone
            || tree.attr(id, "hidden").is_some()
            || (!self.hidden_classes.is_empty() && tree.attr(id, "class").is_some_and(hidden_class));
        inner.invisible = style.invisible.unwrap_or(inner.invisible);
        inner.tiny = style.tiny.unwrap_or(inner.tiny);
        inner.color = style
            .color
            .or_else(|| tree.attr(id, "color").and_then(css::color))
            .or(inner.color);
        if style.color.is_some() {
            inner.typed = style.typed;
        }
        let background = style
            .background
            .or_else(|| tree.attr(id, "bgcolor").and_then(css::color));
        inner.background = background.or(inner.background);
        inner.on_picture = style.picture
            || tree.attr(id, "background").is_some_and(|b| !b.trim().is_empty())
            || inner.on_picture && background.is_none();
        match name {
            "b" | "strong" => inner.bold = true,
            "i" | "em" | "cite" => inner.italic = true,
            "s" | "strike" | "del" => inner.strike = true,
            "code" | "tt" | "kbd" => inner.code = true,
            "font" => inner.signs = tree.attr(id, "face").map_or(inner.signs, css::is_signs),
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => inner.heading = name.as_bytes()[1] - b'0',
            "a" => {
                if let Some(href) = tree.attr(id, "href") {
                    inner.href = Some(Rc::from(href.trim()));
                }
                // a link is of the colour the browser gives it
                inner.color = style.color;
            }
            _ => {}
        }
        inner.bold = style.bold.unwrap_or(inner.bold);
        inner.italic = style.italic.unwrap_or(inner.italic);
        inner.strike |= style.strike;
        inner.signs = style.signs.unwrap_or(inner.signs);
        inner.pre = style.pre.unwrap_or(inner.pre) || name == "pre";
        inner.hints.own_end &= name != "pre";
        inner.code |= name == "pre" && self.about.shaped.contains(&id);
        if style.list_bullet && inner.word_list.is_some() {
            inner.bullet = true;
        }
    }

    /// Ends the line where a block begins, and sets up lists, tables and headings.
    fn block_begins(&mut self, id: u32, name: &str, style: &Style, inner: &mut Context) {
        if !is_block(name) && !style.block {
            return;
        }
        if inner.data_table {
            match name {
                "tr" => self.row = Some((Vec::new(), true)),
                "td" | "th" => {
                    self.spans.clear();
                    self.space = false;
                    if let Some((_, header)) = &mut self.row {
                        *header &= name == "th";
                    }
                }
                _ => self.space = true,
            }
            return;
        }
        self.boundary(name, style, id);
        match name {
            "ul" | "ol" => {
                self.list_begins = name == "ul" && self.lists.is_empty();
                let next = self
                    .tree
                    .attr(id, "start")
                    .and_then(|s| s.trim().parse().ok())
                    .unwrap_or(1);
                let numerals = self.numerals(id, style).unwrap_or_default();
                self.list_begins |= numerals != Numerals::Decimal && self.lists.is_empty();
                self.lists.push(List {
                    ordered: name == "ol",
                    next,
                    numerals,
                });
                inner.lists += 1;
                inner.in_item = false;
            }
            "li" => {
                let depth = (inner.lists.max(1) - 1).min(8) as u8;
                let value = self.tree.attr(id, "value").and_then(|v| v.trim().parse::<u32>().ok());
                let number = self.lists.last_mut().filter(|l| l.ordered).map(|list| {
                    let number = value.unwrap_or(list.next).min(999_999_999);
                    list.next = number.saturating_add(1);
                    number
                });
                let own = self.numerals(id, style);
                let numerals = own.or_else(|| Some(self.lists.last()?.numerals)).unwrap_or_default();
                self.marker = number.and_then(|n| numerals.write(n)).map(|mark| format!("{mark}. "));
                let number = number.filter(|_| self.marker.is_none());
                self.item = Some(Kind::Item { depth, number });
                inner.in_item = true;
            }
            "table" => {
                inner.data_table = self.about.data_tables.get(&id).copied().unwrap_or(false);
                self.reach.clear();
            }
            "p" | "div" => {
                let word = self
                    .tree
                    .attr(id, "class")
                    .is_some_and(|c| c.contains("MsoListParagraph"));
                if word || style.list_level.is_some() {
                    let depth = style.list_level.unwrap_or(1) - 1;
                    inner.word_list = Some(depth);
                    self.item = Some(Kind::Item { depth, number: None });
                    self.bullet.clear();
                }
            }
            _ => {}
        }
    }

    /// The mail program's own marks.
    fn marked(&mut self, id: u32, name: &str, said: Option<Mark>, header: bool, style: &Style, inner: &mut Context) {
        let in_quote = inner.hints.quoted || self.after_here > 0 || inner.quote_box.is_some();
        let cited = name == "blockquote"
            && match said {
                Some(Mark::Cited) => true,
                Some(_) => false,
                // Gmail's button for indentation makes a quote box without a line at its side; no program quotes with it
                None => in_quote || !style.no_border && self.after_attribution(),
            };
        match said {
            _ if cited => {
                if let Some(seen) = inner.quote_box.take().and_then(|b| self.boxes.get_mut(b)) {
                    *seen = true;
                }
                inner.quote = inner.quote.saturating_add(1);
                inner.hints.quoted = true;
                inner.own_quote = false;
                inner.scope = true;
            }
            Some(Mark::QuoteBox) if self.begins_with_dashes(id) => {
                inner.hints.forwarded = true;
                inner.scope = true;
            }
            Some(Mark::QuoteBox) if self.about.with_quote[id as usize] && !inner.hints.quoted => {
                self.boxes.push(false);
                inner.quote_box = Some(self.boxes.len() - 1);
                inner.scope = true;
            }
            Some(Mark::QuoteBox) if !in_quote && self.is_gmails_alone(id) => {}
            Some(Mark::QuoteBox | Mark::Quoted) => {
                inner.hints.quoted = true;
                inner.scope = true;
            }
            Some(Mark::Forwarded) => {
                inner.hints.forwarded = true;
                inner.scope = true;
            }
            // Gmail calls the header of a forward an attribution too
            Some(Mark::Attribution) if !inner.hints.forwarded => {
                inner.hints.attribution = true;
                inner.hints.quoted = true;
            }
            Some(Mark::Signature) => inner.hints.signature = true,
            Some(Mark::Header) if self.begins_with_labels(id) => self.quoted_from_here(),
            Some(Mark::LineAbove) if self.is_header(id, NONE) => self.quoted_from_here(),
            _ if header => self.quoted_from_here(),
            None if name == "blockquote" => inner.own_quote = true,
            _ => {}
        }
    }

    /// From here to the end of the innermost quotation, or of the mail, all is quoted.
    fn quoted_from_here(&mut self) {
        let scope = self.stack.iter_mut().rev().find(|c| c.scope);
        if let Some(scope) = scope.filter(|s| !s.after_here) {
            scope.after_here = true;
            self.after_here += 1;
        }
    }

    /// The beginning of what is to be read from element `id` on, within `root`, in its lines.
    fn beginning(&self, id: u32, root: u32) -> String {
        let mut text = String::new();
        let mut node = id;
        for _ in 0..MOST_LOOKED_AT {
            node = self.tree.after(node, root);
            if node == NONE || text.len() > 600 {
                break;
            }
            match &self.tree.node(node).data {
                Data::Text(t) => text.extend(
                    t.chars()
                        .take(200)
                        .map(|c| if matches!(c, '\n' | '\r') { ' ' } else { c }),
                ),
                Data::Element { name, .. } if &*name.local == "br" || is_block(&name.local) => text.push('\n'),
                _ => {}
            }
        }
        text
    }

    /// Whether what is to be read from element `id` on is the header of another mail. Outlook draws a line above it.
    fn is_header(&self, id: u32, root: u32) -> bool {
        cut::is_header(&self.beginning(id, root))
    }

    /// Whether the element begins with a short word and a colon (`From:`, `Von:`), and has a second one: in any language.
    fn begins_with_labels(&self, id: u32) -> bool {
        let text = self.beginning(id, id);
        let first = text.trim_start().split([':', '：']).next().unwrap_or("");
        let short = (1..=14).contains(&first.trim().chars().count()) && first.len() < text.trim_start().len();
        short && text.matches([':', '：']).count() >= 2
    }

    /// A box that begins with a row of dashes holds a forwarded mail (`---------- Forwarded message ---------`).
    fn begins_with_dashes(&self, id: u32) -> bool {
        let mut node = id;
        for _ in 0..24 {
            node = self.tree.after(node, id);
            if node == NONE || self.tree.name(node) == "blockquote" {
                return false;
            }
            if let Data::Text(text) = &self.tree.node(node).data
                && !text.trim().is_empty()
            {
                // Gmail's and Yahoo's forwards; "-----Original Message-----" is a quotation
                let text = text.trim();
                let dashes = text.chars().take_while(|c| matches!(c, '-' | '‐' | '—' | '_')).count();
                let rest = text[..text.floor_char_boundary(80)].to_lowercase();
                return dashes >= 5 && !rest.contains("origin") && !rest.contains("ursprüng");
            }
        }
        false
    }

    /// Whether an element is Gmail's box for a quotation, and what it begins with says of nobody who wrote it.
    fn is_gmails_alone(&self, id: u32) -> bool {
        let class = |id| self.tree.attr(id, "class").unwrap_or_default();
        if !marks::is_gmails_box(class(id)) {
            return false;
        }
        let mut node = id;
        for _ in 0..24 {
            node = self.tree.after(node, id);
            if node == NONE {
                break;
            }
            match &self.tree.node(node).data {
                Data::Text(text) if text.contains('@') || text.trim_end().ends_with([':', '：']) => return false,
                Data::Text(_) => {}
                _ if class(node).contains("gmail_attr") => return false,
                _ => {}
            }
        }
        true
    }

    /// Whether the line before reads as an attribution: it ends with a colon and names an address or a time, or is a date, a
    /// name and an address, as Gmail once wrote it. Yandex and others put a bare `<blockquote>` after it.
    fn after_attribution(&self) -> bool {
        let before = self.text.lines.iter().rev().find(|l| !l.is_blank());
        before.is_some_and(|line| {
            let words = line.words();
            let words = words.trim_end();
            let time = words
                .as_bytes()
                .windows(3)
                .any(|w| w[0].is_ascii_digit() && w[1] == b':' && w[2].is_ascii_digit());
            let first = words.trim_start().split(' ').next().unwrap_or_default();
            let date = first.starts_with(|c: char| c.is_ascii_digit())
                && first.bytes().filter(u8::is_ascii_digit).count() >= 4
                && first.contains(['/', '-', '.']);
            let told = words.ends_with([':', '：']) && (time || words.contains('@'));
            words.len() < 400 && (told || date && words.ends_with('>') && words.contains('@'))
        })
    }

    fn leave(&mut self, id: u32) {
        if self.stack.len() < 2 || self.context().node != id {
            return;
        }
        let name = self.tree.name(id);
        if name == "q" {
            // a blank before the mark stands after it
            let space = std::mem::take(&mut self.space);
            self.quotation_mark("”");
            self.space |= space;
        }
        let style = self.tree.attr(id, "style").map(css::style).unwrap_or_default();
        let Some(context) = self.stack.pop() else { return };
        if context.after_here {
            self.after_here -= 1;
        }
        if context.gone {
            return;
        }
        if is_block(name) || style.block {
            if context.data_table {
                self.table_part_ends(id, name, &context);
            } else {
                // the line still belongs to what is being left
                self.stack.push(context);
                self.boundary(name, &style, id);
                self.stack.pop();
                if matches!(name, "ul" | "ol") {
                    self.lists.pop();
                }
                if name == "li" {
                    (self.item, self.marker) = (None, None);
                }
            }
        }
    }

    fn table_part_ends(&mut self, id: u32, name: &str, context: &Context) {
        match name {
            "td" | "th" => {
                let mut cell = std::mem::take(&mut self.spans);
                trim_spans(&mut cell);
                if let Some((cells, _)) = &mut self.row {
                    under_others(cells, &mut self.reach);
                    let size = |name: &str| self.tree.attr(id, name).and_then(|n| n.trim().parse::<u32>().ok());
                    let from = cells.len();
                    cells.push(cell);
                    for _ in 1..size("colspan").unwrap_or(1).min(MAX_COLUMNS as u32) {
                        pad(cells);
                    }
                    if let Some(rows) = size("rowspan").filter(|rows| *rows > 1) {
                        self.reach.resize(self.reach.len().max(cells.len()), 0);
                        self.reach[from..cells.len()].fill(rows - 1);
                    }
                }
                self.space = false;
            }
            "tr" => {
                if let Some((mut cells, header)) = self.row.take()
                    && !cells.is_empty()
                {
                    under_others(&mut cells, &mut self.reach);
                    for rows in self.reach.iter_mut().skip(cells.len()) {
                        *rows = rows.saturating_sub(1);
                    }
                    let kind = Kind::Row { cells, header };
                    let line = Line {
                        kind,
                        quote: context.quote,
                        hints: self.hints(context),
                        spans: Vec::new(),
                    };
                    self.push(line);
                }
            }
            "caption" => self.line_ends(),
            "table" => {
                self.spans.clear();
                self.blank_wanted = true;
            }
            _ => self.space = true,
        }
    }

    /// How a list, or an item of it, says that it is numbered.
    fn numerals(&self, id: u32, style: &Style) -> Option<Numerals> {
        style
            .numerals
            .or_else(|| self.tree.attr(id, "type").and_then(Numerals::of_type))
    }

    /// A block begins or ends: the line ends, and a paragraph asks for a blank line.
    fn boundary(&mut self, name: &str, style: &Style, id: u32) {
        // a cell with a label, and its value in the next: one line, as in the header that Notes quotes
        if matches!(name, "td" | "th") && self.line_is_a_label() {
            self.space = true;
            return;
        }
        self.line_ends();
        let spaced = match name {
            "p" => {
                let word =
                    |c: &str| c.contains("MsoNormal") || c.contains("MsoPlainText") || c.contains("MsoListParagraph");
                !style.no_margin && !self.tree.attr(id, "class").is_some_and(word)
            }
            "ul" | "ol" => self.lists.len() <= 1 && !self.context().in_item,
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "blockquote" | "pre" | "dl" | "hr" | "figure" | "table" => true,
            _ => false,
        };
        self.blank_wanted |= spaced;
    }

    fn line_is_a_label(&self) -> bool {
        let size: usize = self.spans.iter().map(|s| s.text.len()).sum();
        size <= 40
            && self
                .spans
                .last()
                .is_some_and(|s| s.image.is_none() && s.text.trim_end().ends_with(':'))
    }

    fn rule(&mut self, inner: &Context) {
        let line = Line {
            kind: Kind::Rule,
            quote: inner.quote,
            hints: self.hints(inner),
            spans: Vec::new(),
        };
        self.push(line);
        self.blank_wanted = true;
    }

    fn hints(&self, context: &Context) -> Hints {
        let mut hints = context.hints;
        hints.unended = self.after_here > 0 && !hints.quoted && context.quote == 0 && context.quote_box.is_none();
        hints.quoted |= self.after_here > 0;
        let mut colours = [context.color, context.background].into_iter().flatten();
        hints.coloured = context.href.is_none() && colours.any(css::is_bright);
        // in a quote box and before its cited block: the attribution
        if context.quote_box.is_some_and(|b| !self.boxes[b]) {
            hints.quoted = true;
            hints.attribution = true;
        }
        hints
    }
}

/// Leaves the columns empty into which a cell of a row above reaches.
fn under_others(cells: &mut Vec<Vec<Span>>, reach: &mut [u32]) {
    while let Some(rows) = reach.get_mut(cells.len()).filter(|rows| **rows > 0) {
        *rows -= 1;
        if !pad(cells) {
            return;
        }
    }
}

/// Adds an empty cell, if there is room.
fn pad(cells: &mut Vec<Vec<Span>>) -> bool {
    let room = cells.len() < MAX_COLUMNS;
    if room {
        cells.push(Vec::new());
    }
    room
}
