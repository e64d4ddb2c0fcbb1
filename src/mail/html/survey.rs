//! One pass over the tree before it is read: which tables hold data, and where quotations are.

use std::collections::{HashMap, HashSet};

use super::css;
use super::tree::{Data, NONE, Tree};

/// What has to be known of an element before what is in it is read; found in one pass.
pub(super) struct Survey {
    /// Whether a table holds data (else it is there for the layout).
    pub data_tables: HashMap<u32, bool>,
    /// Elements with a blockquote somewhere in them.
    pub with_quote: Vec<bool>,
    /// `<pre>` with lines set in, in a mail that says most of its words outside: their shape was wanted. (A mail that is all
    /// `<pre>` is plain text.)
    pub shaped: HashSet<u32>,
}

#[derive(Default)]
struct Table {
    rows: usize,
    cells: usize,
    widest: usize,
    words: usize,
    longest: usize,
    header: bool,
    border: bool,
    blocks: usize,
    spoiled: bool,
}

impl Survey {
    pub fn of(tree: &Tree) -> Survey {
        let mut survey = Survey {
            data_tables: HashMap::new(),
            with_quote: vec![false; tree.nodes.len()],
            shaped: shaped(tree),
        };
        let mut open: Vec<(u32, Table)> = Vec::new();
        let mut id = 0;
        while id != NONE {
            match tree.name(id) {
                "table" => {
                    if let Some((_, outer)) = open.last_mut() {
                        outer.spoiled = true;
                    }
                    let border = tree
                        .attr(id, "border")
                        .is_some_and(|b| b.trim() != "0" && !b.is_empty());
                    let layout = tree.attr(id, "role") == Some("presentation");
                    open.push((
                        id,
                        Table {
                            border,
                            spoiled: layout,
                            ..Table::default()
                        },
                    ));
                }
                "blockquote" => {
                    let mut up = tree.node(id).parent;
                    while up != NONE && !survey.with_quote[up as usize] {
                        survey.with_quote[up as usize] = true;
                        up = tree.node(up).parent;
                    }
                }
                name => {
                    if let Some((_, table)) = open.last_mut() {
                        table.saw(tree, id, name);
                    }
                }
            }
            // leave what ends here
            let next = tree.after(id, NONE);
            while let Some((table, _)) = open.last() {
                if next != NONE && inside(tree, next, *table) {
                    break;
                }
                if let Some((table, mut seen)) = open.pop() {
                    seen.cell_ends();
                    survey.data_tables.insert(table, seen.holds_data());
                }
            }
            id = next;
        }
        survey
    }
}

/// The `<pre>` elements whose shape says something.
fn shaped(tree: &Tree) -> HashSet<u32> {
    let mut total = 0;
    let mut found: Vec<(u32, usize, bool)> = Vec::new();
    // what comes after the one that is open
    let mut end = NONE;
    let mut open = false;
    let mut id = 0;
    while id != NONE {
        open &= id != end;
        if tree.name(id) == "pre" && !open {
            found.push((id, 0, false));
            (open, end) = (true, tree.skip(id, NONE));
        }
        if let Data::Text(text) = &tree.node(id).data {
            let words = text.trim().len();
            total += words;
            if let Some((_, size, set_in)) = found.last_mut().filter(|_| open) {
                *size += words;
                *set_in |= text.contains("\n  ") || text.contains("\n\t");
            }
        }
        id = tree.after(id, NONE);
    }
    let in_all: usize = found.iter().map(|(_, size, _)| size).sum();
    found.retain(|(.., set_in)| *set_in && in_all * 2 < total);
    found.into_iter().map(|(pre, ..)| pre).collect()
}

/// Whether `id` is inside `root`; the depth of the tree is bounded.
fn inside(tree: &Tree, mut id: u32, root: u32) -> bool {
    while id != NONE {
        if id == root {
            return true;
        }
        id = tree.node(id).parent;
    }
    false
}

impl Table {
    fn saw(&mut self, tree: &Tree, id: u32, name: &str) {
        match name {
            "tr" => {
                self.cell_ends();
                self.rows += 1;
                self.cells = 0;
            }
            "td" | "th" => {
                self.cell_ends();
                self.cells += 1;
                self.widest = self.widest.max(self.cells);
                self.header |= name == "th";
                let style = tree.attr(id, "style").map(css::style).unwrap_or_default();
                self.border |= style.any_border || style.bar_left || style.bar_top;
            }
            "p" | "div" | "br" => self.blocks += 1,
            "ul" | "ol" | "blockquote" | "h1" | "h2" | "h3" | "hr" | "pre" | "img" => self.spoiled = true,
            _ => {
                if let Data::Text(text) = &tree.node(id).data {
                    self.words += text.trim().chars().count();
                }
            }
        }
    }

    fn cell_ends(&mut self) {
        self.longest = self.longest.max(self.words);
        self.words = 0;
        if self.blocks > 2 {
            self.spoiled = true;
        }
        self.blocks = 0;
    }

    fn holds_data(&self) -> bool {
        let grid = self.rows >= 2 && self.widest >= 2 && self.widest <= 12;
        grid && !self.spoiled && self.longest <= 160 && (self.header || self.border)
    }
}
