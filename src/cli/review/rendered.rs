//! Markdown as a reader of the page will see it, in rows of a terminal: no marks, but headings, emphasis, lists, quotations, links
//! with their target, and photos by name and description.

use pulldown_cmark::{Event, Parser, Tag, TagEnd};
use unicode_width::UnicodeWidthStr;

use super::ink::{Hue, Ink, Piece, Row, wrap};
use crate::story::markdown::options;

/// Lists and quotations set in deeper than this are shown at this depth.
const DEEPEST: usize = 6;

/// One block: what stands before its rows, and its text.
struct Block {
    first: String,
    next: String,
    pieces: Vec<Piece>,
    /// Whether an empty row stands before it.
    apart: bool,
    /// The pictures that it names.
    pictures: Vec<String>,
}

/// What stands in the place of a picture's missing description.
pub const NO_WORDS: &str = "no description yet";

/// `markdown` in rows of at most `width` columns.
pub fn rows(markdown: &str, width: usize) -> Vec<Row> {
    rows_with(markdown, width, &mut |_| Vec::new())
}

/// The same, and below each block the pictures that it names, as `drawn` draws the file of that name.
pub fn rows_with(markdown: &str, width: usize, drawn: &mut dyn FnMut(&str) -> Vec<Row>) -> Vec<Row> {
    let mut out = Vec::new();
    for block in blocks(markdown) {
        if block.apart && !out.is_empty() {
            out.push(Row::new());
        }
        out.extend(wrap(&block.pieces, width, &block.first, &block.next));
        out.extend(block.pictures.iter().flat_map(|file| drawn(file)));
    }
    out
}

/// What text is set into.
enum Within {
    Quote,
    /// An item, the mark before it, and whether that was written.
    Item(String, bool),
}

#[derive(Default)]
struct Reader {
    blocks: Vec<Block>,
    within: Vec<Within>,
    /// The next number of each open list; none: without numbers.
    lists: Vec<Option<u64>>,
    pieces: Vec<Piece>,
    strong: usize,
    slanted: usize,
    heading: bool,
    /// Where the open links lead, and where their text began.
    links: Vec<(String, usize)>,
    /// The open pictures, and where their description began.
    pictures: Vec<(String, usize)>,
    /// Those that the open block names.
    named: Vec<String>,
    /// Whether an empty row goes before the next block.
    apart: bool,
}

fn blocks(markdown: &str) -> Vec<Block> {
    let markdown = markdown.replace("\r\n", "\n");
    let mut reader = Reader {
        apart: true,
        ..Reader::default()
    };
    for event in Parser::new_ext(&markdown, options()) {
        reader.take(event);
    }
    reader.flush();
    reader.blocks
}

impl Reader {
    fn take(&mut self, event: Event) {
        match event {
            Event::Text(text) | Event::Code(text) | Event::InlineMath(text) | Event::DisplayMath(text) => {
                self.text(&text);
            }
            // no reader sees it, which is why a reviewer must
            Event::Html(text) | Event::InlineHtml(text) => self.text(&text),
            Event::FootnoteReference(name) => self.text(&format!("[{name}]")),
            Event::SoftBreak => self.text(" "),
            Event::HardBreak => self.text("\n"),
            Event::TaskListMarker(done) => self.text(if done { "[x] " } else { "[ ] " }),
            Event::Rule => {
                self.flush();
                self.text("* * *");
                self.flush();
            }
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
        }
    }

    fn start(&mut self, tag: Tag) {
        match tag {
            Tag::Strong => self.strong += 1,
            Tag::Emphasis => self.slanted += 1,
            Tag::Strikethrough => self.text("[struck out: "),
            Tag::Link { dest_url, .. } => self.links.push((dest_url.into_string(), self.pieces.len())),
            Tag::Image { dest_url, .. } => self.pictures.push((dest_url.into_string(), self.pieces.len())),
            Tag::TableCell => {}
            block => {
                // the words of an item end where a list or a quotation in it begins
                self.flush();
                match block {
                    Tag::Heading { .. } => self.heading = true,
                    Tag::BlockQuote(_) => self.within.push(Within::Quote),
                    Tag::List(first) => {
                        self.apart = self.lists.is_empty() || self.apart;
                        self.lists.push(first);
                    }
                    Tag::Item => {
                        let mark = match self.lists.last_mut() {
                            Some(Some(number)) => {
                                *number = number.saturating_add(1);
                                format!("{}. ", *number - 1)
                            }
                            _ => "- ".to_owned(),
                        };
                        self.within.push(Within::Item(mark, false));
                    }
                    Tag::FootnoteDefinition(name) => self.within.push(Within::Item(format!("[{name}] "), false)),
                    Tag::Paragraph => self.apart = self.apart || !self.at_item_start(),
                    _ => {}
                }
            }
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Strong => self.strong = self.strong.saturating_sub(1),
            TagEnd::Emphasis => self.slanted = self.slanted.saturating_sub(1),
            TagEnd::Strikethrough => self.text("]"),
            TagEnd::Link => self.end_link(),
            TagEnd::Image => self.end_picture(),
            TagEnd::TableCell => self.text(" | "),
            TagEnd::Heading(_) => {
                self.flush();
                self.heading = false;
                self.apart = true;
            }
            TagEnd::BlockQuote(_) | TagEnd::Item | TagEnd::FootnoteDefinition => {
                self.flush();
                self.within.pop();
            }
            TagEnd::List(_) => {
                self.flush();
                self.lists.pop();
                self.apart = self.lists.is_empty();
            }
            TagEnd::TableRow | TagEnd::TableHead => self.flush(),
            _ => {
                self.flush();
                self.apart = true;
            }
        }
    }

    fn ink(&self) -> Ink {
        let hue = match (self.heading, self.links.is_empty()) {
            (_, false) => Hue::Link,
            (true, _) => Hue::Heading,
            _ => Hue::Plain,
        };
        Ink {
            strong: self.strong > 0 || self.heading,
            slanted: self.slanted > 0,
            hue,
        }
    }

    fn text(&mut self, text: &str) {
        let ink = self.ink();
        self.pieces.push(Piece::new(text, ink));
    }

    /// Where a link leads is shown, because its words may say otherwise.
    fn end_link(&mut self) {
        let Some((target, from)) = self.links.pop() else { return };
        let shown: String = self.pieces[from.min(self.pieces.len())..]
            .iter()
            .map(|p| p.text.as_str())
            .collect();
        let same = |t: &str| t.trim_end_matches('/') == shown.trim_end_matches('/');
        if !same(&target) && !same(target.trim_start_matches("mailto:")) {
            self.text(&format!(" <{target}>"));
        }
    }

    fn end_picture(&mut self) {
        let Some((file, from)) = self.pictures.pop() else {
            return;
        };
        let alt: String = self
            .pieces
            .drain(from.min(self.pieces.len())..)
            .map(|p| p.text)
            .collect();
        let alt = if alt.trim().is_empty() { NO_WORDS } else { alt.trim() };
        self.text(&format!("[{file}: {alt}]"));
        self.named.push(file);
    }

    fn at_item_start(&self) -> bool {
        matches!(self.within.last(), Some(Within::Item(_, false)))
    }

    /// Ends a block.
    fn flush(&mut self) {
        let pieces = std::mem::take(&mut self.pieces);
        for (_, from) in self.links.iter_mut().chain(&mut self.pictures) {
            *from = 0;
        }
        if pieces.iter().all(|p| p.text.trim().is_empty()) {
            return;
        }
        let (mut first, mut next) = (String::new(), String::new());
        for (depth, within) in self.within.iter_mut().enumerate() {
            let shown = depth < DEEPEST;
            match within {
                Within::Quote if shown => {
                    first.push_str("| ");
                    next.push_str("| ");
                }
                Within::Item(mark, written) if shown => {
                    let blanks = " ".repeat(mark.width());
                    first.push_str(if *written { &blanks } else { mark });
                    next.push_str(&blanks);
                    *written = true;
                }
                Within::Quote => {}
                Within::Item(_, written) => *written = true,
            }
        }
        let apart = std::mem::take(&mut self.apart);
        self.blocks.push(Block {
            first,
            next,
            pieces,
            apart,
            pictures: std::mem::take(&mut self.named),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::super::ink::words;
    use super::*;

    fn shown(markdown: &str) -> Vec<String> {
        rows(markdown, 40).iter().map(words).collect()
    }

    #[test]
    fn a_story_is_shown_as_readers_will_see_it() {
        for (markdown, rows) in [
            ("One\ntwo.\n\nThree.", vec!["One two.", "", "Three."]),
            ("# Tea\n\nWords.", vec!["Tea", "", "Words."]),
            ("*so* **it** is\\\nhere", vec!["so it is", "here"]),
            ("- a\n- b\n\nAfter", vec!["- a", "- b", "", "After"]),
            ("Before\n\n3. a\n4. b", vec!["Before", "", "3. a", "4. b"]),
            ("- a\n  - b\n  - c\n- d", vec!["- a", "  - b", "  - c", "- d"]),
            ("- a\n\n  more\n\n- b", vec!["- a", "", "  more", "", "- b"]),
            ("> said\n> so\n>\n> twice", vec!["| said so", "", "| twice"]),
            ("[the bus](https://bus.example)", vec!["the bus <https://bus.example>"]),
            ("<https://bus.example>", vec!["https://bus.example"]),
            ("<ann@example.org>", vec!["ann@example.org"]),
            ("![Two women](photo-1.jpg)", vec!["[photo-1.jpg: Two women]"]),
            ("![](photo-1.jpg)", vec!["[photo-1.jpg: no description yet]"]),
            ("a\n\n***\n\nb", vec!["a", "", "* * *", "", "b"]),
            ("<b>x</b>", vec!["<b>x</b>"]),
            ("~~no~~", vec!["[struck out: no]"]),
            ("1\\. not a list", vec!["1. not a list"]),
        ] {
            assert_eq!(shown(markdown), rows, "{markdown:?}");
        }
    }

    #[test]
    fn pictures_stand_below_the_block_that_names_them() {
        let text = "One ![a](1.jpg) two ![](2.jpg).\n\n- ![b](3.jpg)\n- end";
        let rows = rows_with(text, 60, &mut |file| vec![vec![Piece::plain(&format!("<{file}>"))]]);
        let rows: Vec<String> = rows.iter().map(words).collect();
        let named = "One [1.jpg: a] two [2.jpg: no description yet].";
        assert_eq!(
            rows,
            [named, "<1.jpg>", "<2.jpg>", "", "- [3.jpg: b]", "<3.jpg>", "- end"]
        );
    }

    #[test]
    fn a_table_is_shown_row_by_row() {
        assert_eq!(shown("| a | b |\n| --- | --- |\n| c | d |"), ["a | b |", "c | d |"]);
    }

    #[test]
    fn emphasis_and_links_have_an_ink_and_nothing_hides_where_a_link_leads() {
        let rows = rows("a **b** [c](https://d.example)", 80);
        let inks: Vec<(&str, bool, Hue)> = rows[0]
            .iter()
            .map(|p| (p.text.as_str(), p.ink.strong, p.ink.hue))
            .collect();
        assert_eq!(inks[1], ("b", true, Hue::Plain));
        assert!(words(&rows[0]).ends_with("c <https://d.example>"), "{rows:?}");
    }

    #[test]
    fn deep_nesting_takes_no_longer_and_no_more_room() {
        let deep = format!("{}words", "> ".repeat(2_000));
        assert_eq!(shown(&deep), ["| | | | | | words"]);
        let deep = format!("{}words", "- ".repeat(500));
        assert!(shown(&deep).iter().all(|r| r.len() <= 40), "{deep}");
    }

    #[test]
    fn nothing_in_a_story_is_a_command_to_the_terminal() {
        let evil =
            "a\u{1b}]0;x\u{7} [l\u{202e}](https://x.example/\u{1b}[2J) ![\u{9b}1m](p\u{8}.jpg)\n\n```\n\u{1b}c\n```";
        for row in rows(evil, 30) {
            assert!(
                !words(&row).chars().any(|c| c.is_control() || c == '\u{202e}'),
                "{row:?}"
            );
        }
    }
}
