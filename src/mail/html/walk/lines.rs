//! What the tree says, set in lines: runs of text, breaks, pictures, items of lists.

use super::{Context, Walk};
use crate::mail::html::css::{self, Style};
use crate::mail::html::text::{is_emoji, is_nothing, is_padding, same_style, signs, trim_spans};
use crate::story::passage::{Hints, Image, Kind, Line, Span};

/// A line of preformatted text is set in no further than this.
const DEEPEST: usize = 80;
/// Bytes of what a program wrote in front of an item.
const MAX_MARKER: usize = 200;

impl Walk<'_> {
    pub(super) fn text(&mut self, text: &str) {
        let context = self.context().clone();
        if context.bullet {
            // a letter in Wingdings is a sign
            let bullet = if context.signs && !text.trim().is_empty() {
                "•"
            } else {
                text
            };
            if self.bullet.len() < MAX_MARKER {
                self.bullet.push_str(&bullet[..bullet.floor_char_boundary(MAX_MARKER)]);
            }
            return;
        }
        let ground = context.background.unwrap_or([255; 3]);
        let unseen = self.by_colour && !context.on_picture && context.color.is_some_and(|c| css::same(c, ground));
        if context.gone || context.invisible || context.tiny || unseen {
            let words = text.trim_matches(is_padding);
            if !words.is_empty() {
                if unseen && !(context.gone || context.invisible || context.tiny) {
                    self.unseen_colour += words.chars().count();
                    self.typed_unseen |= context.typed;
                }
                if self.text.hidden.len() < 200 {
                    if !self.text.hidden.is_empty() {
                        self.text.hidden.push(' ');
                    }
                    self.text.hidden.push_str(&words[..words.floor_char_boundary(200)]);
                }
            }
            return;
        }
        if context.pre {
            for (at, line) in text.split('\n').enumerate() {
                if at > 0 {
                    self.line_break();
                }
                let line = line.trim_end_matches('\r');
                match self.kind_of_text(&context) {
                    Kind::Code => self.run_of_code(line, &context),
                    _ => {
                        if self.spans.is_empty() {
                            let set_in = line.chars().take_while(|c| matches!(c, ' ' | '\t' | '\u{a0}'));
                            self.indent += set_in.map(|c| if c == '\t' { 4 } else { 1 }).sum::<usize>();
                        }
                        self.run_of_text(line, &context, true);
                    }
                }
            }
        } else if context.signs {
            self.run_of_text(&signs(text), &context, false);
        } else {
            self.run_of_text(text, &context, false);
        }
    }

    /// The mark that a browser sets at an end of `<q>`.
    pub(super) fn quotation_mark(&mut self, mark: &str) {
        let context = self.context().clone();
        if !(context.gone || context.invisible || context.tiny) {
            self.run_of_text(mark, &context, false);
        }
    }

    /// Character by character.
    fn run_of_code(&mut self, text: &str, context: &Context) {
        let text: String = text.replace('\t', "    ").chars().filter(|c| !is_nothing(*c)).collect();
        self.seen += text.len();
        if !text.is_empty() {
            let span = Span {
                text,
                ..Span::default()
            };
            self.put(span, context);
        }
    }

    fn run_of_text(&mut self, text: &str, context: &Context, pre: bool) {
        let mut out = String::with_capacity(text.len());
        for c in text.chars() {
            match c {
                '\t' | '\n' | '\r' | '\u{c}' | ' ' => self.space = true,
                // a space that is wanted, but Markdown has no use for two
                '\u{a0}' | '\u{202f}' => {
                    self.nbsp = true;
                    self.space = true;
                }
                c if is_nothing(c) => {}
                c => {
                    if self.space && (!out.is_empty() || !self.spans.is_empty() || pre) {
                        out.push(' ');
                    }
                    self.space = false;
                    out.push(c);
                }
            }
        }
        self.seen += out.len();
        if out.trim().is_empty() {
            // a blank alone waits for the word after it
            self.space |= !out.is_empty();
            return;
        }
        self.put(
            Span {
                text: out,
                ..Span::default()
            },
            context,
        );
    }

    /// Adds to the line, in the style of `context`.
    pub(super) fn put(&mut self, mut span: Span, context: &Context) {
        let hints = self.hints(context);
        if self.spans.is_empty() {
            self.line.hints = hints;
            self.line.quote = context.quote;
            self.line.kind = self.kind(context);
            if matches!(self.line.kind, Kind::Item { .. }) {
                self.spans.extend(self.marker.take().map(Span::text));
            }
        } else {
            let line = &mut self.line.hints;
            line.quoted &= hints.quoted;
            line.unended &= hints.unended;
            line.signature &= hints.signature;
            line.forwarded &= hints.forwarded;
            line.attribution &= hints.attribution;
            line.coloured &= hints.coloured;
            line.own_end |= hints.own_end;
        }
        span.bold = context.bold && context.heading == 0;
        span.italic = context.italic;
        span.strike = context.strike;
        span.code = context.code;
        span.href = context.href.as_deref().map(str::to_owned);
        match self.spans.last_mut() {
            Some(last) if last.image.is_none() && span.image.is_none() && same_style(last, &span) => {
                last.text.push_str(&span.text);
            }
            _ => {
                // the blank between two styles has what they have in common
                let last = self
                    .spans
                    .last_mut()
                    .filter(|l| l.image.is_none() && span.image.is_none());
                if let Some(last) = last.filter(|_| !same_style(&span, &Span::default()))
                    && let Some(rest) = span.text.strip_prefix(' ').map(str::to_owned)
                {
                    match same_style(last, &Span::default()) {
                        true => last.text.push(' '),
                        false => {
                            let common = Span {
                                bold: last.bold && span.bold,
                                italic: last.italic && span.italic,
                                strike: last.strike && span.strike,
                                code: last.code && span.code,
                                href: last.href.clone().filter(|h| Some(h) == span.href.as_ref()),
                                ..Span::text(" ")
                            };
                            match same_style(last, &common) {
                                true => last.text.push(' '),
                                false => self.spans.push(common),
                            }
                        }
                    }
                    span.text = rest;
                }
                self.spans.push(span);
            }
        }
    }

    pub(super) fn kind(&mut self, context: &Context) -> Kind {
        if context.heading > 0 {
            return Kind::Heading(context.heading);
        }
        if let Some(depth) = context.word_list {
            return self.item.take().unwrap_or(Kind::ItemMore { depth });
        }
        if context.in_item {
            let depth = (context.lists.max(1) - 1).min(8) as u8;
            return self.item.take().unwrap_or(Kind::ItemMore { depth });
        }
        self.kind_of_text(context)
    }

    /// What text is that is no heading and stands in no list.
    fn kind_of_text(&self, context: &Context) -> Kind {
        if context.pre && context.code {
            Kind::Code
        } else if context.own_quote {
            Kind::Quote
        } else {
            Kind::Text
        }
    }

    pub(super) fn image(&mut self, id: u32, style: &Style) {
        let context = self.context().clone();
        let attr = |name: &str| self.tree.attr(id, name);
        let alt = attr("data-emoji").or(attr("alt")).unwrap_or("").trim();
        let hidden = context.gone || context.invisible || style.gone || style.invisible == Some(true);
        if hidden {
            return;
        }
        // an emoji drawn as an image is a character
        if !alt.is_empty() && alt.chars().count() <= 8 && alt.chars().all(is_emoji) {
            self.run_of_text(alt, &context, false);
            return;
        }
        self.text.described.push_str(alt);
        self.text.described.push(' ');
        let size = |name: &str, css: Option<f32>| attr(name).and_then(css::pixels).or(css);
        let (width, height) = (size("width", style.width), size("height", style.height));
        if [width, height].into_iter().flatten().any(|px| px <= 2.0) {
            return;
        }
        let source = attr("src").unwrap_or("").trim();
        if source.is_empty() {
            return;
        }
        match self.parts.find(source) {
            Some(part) => {
                let alt = alt.split_whitespace().collect::<Vec<_>>().join(" ");
                if self.space && !self.spans.is_empty() {
                    self.run_of_text(" ", &context, false);
                }
                self.put(
                    Span {
                        text: alt,
                        image: Some(Image::Part(part)),
                        ..Span::default()
                    },
                    &context,
                );
            }
            None => {
                let list = match source.get(..4) {
                    Some(cid) if cid.eq_ignore_ascii_case("cid:") => &mut self.text.missing,
                    _ => &mut self.text.remote,
                };
                if list.len() < 20 {
                    list.push(source[..source.floor_char_boundary(300)].to_owned());
                }
            }
        }
    }

    /// `<br>`, or a line end in preformatted text.
    pub(super) fn line_break(&mut self) {
        if self.context().data_table {
            self.space = true;
        } else if self.spans.is_empty() {
            let context = self.context();
            let line = Line {
                kind: Kind::Blank,
                quote: context.quote,
                hints: self.hints(context),
                spans: Vec::new(),
            };
            self.nbsp = false;
            self.space = false;
            self.indent = 0;
            if !self.blank_wanted && !self.text.lines.is_empty() {
                self.push(line);
            }
        } else {
            self.line_ends();
        }
    }

    /// Puts the line that is being set among the lines.
    pub(super) fn line_ends(&mut self) {
        self.space = false;
        let indent = std::mem::take(&mut self.indent).min(DEEPEST);
        if self.spans.is_empty() {
            if self.nbsp {
                self.nbsp = false;
                self.blank_wanted = true;
            }
            return;
        }
        self.nbsp = false;
        let mut line = std::mem::take(&mut self.line);
        line.spans = std::mem::take(&mut self.spans);
        if line.kind == Kind::Code {
            if line.is_blank() {
                line.kind = Kind::Blank;
                line.spans.clear();
            }
            return self.push(line);
        }
        trim_spans(&mut line.spans);
        if let Some(first) = line
            .spans
            .first_mut()
            .filter(|s| s.image.is_none() && line.kind == Kind::Text)
        {
            first.text.insert_str(0, &" ".repeat(indent));
        }
        if let Kind::Item {
            number: ref mut number @ None,
            ..
        } = line.kind
            && self.context().word_list.is_some()
        {
            *number = self.word_number(&mut line.spans);
        }
        if line.spans.iter().all(|s| s.image.is_none() && s.text.is_empty()) {
            return;
        }
        self.push(line);
    }

    /// The number of an Outlook list paragraph, from the bullet Outlook drew or wrote; a bullet in the text is taken off, and a
    /// mark that is no plain number stands in front of the text.
    fn word_number(&mut self, spans: &mut Vec<Span>) -> Option<u32> {
        let drawn = std::mem::take(&mut self.bullet);
        if let Some(first) = spans.first_mut().filter(|_| drawn.trim().is_empty()) {
            let bullets = ['·', '•', '§', '▪', '●', '○', '–', '-'];
            let rest = first.text.trim_start();
            let rest = rest
                .strip_prefix(bullets)
                .or_else(|| rest.strip_prefix("o "))
                .map(str::trim_start);
            if let Some(rest) = rest {
                first.text = rest.to_owned();
                trim_spans(spans);
                return None;
            }
            let digits = first.text.bytes().take_while(u8::is_ascii_digit).count();
            let after = first.text[digits..]
                .strip_prefix(['.', ')'])
                .filter(|r| r.starts_with(' '));
            if let (1..=3, Some(after)) = (digits, after) {
                let number = first.text[..digits].parse().ok();
                first.text = after.trim_start().to_owned();
                return number;
            }
            return None;
        }
        let drawn = drawn.split_whitespace().collect::<Vec<_>>().join(" ");
        let bare = drawn.strip_suffix(['.', ')']).unwrap_or(&drawn);
        if bare.len() <= 6 && bare.bytes().all(|b| b.is_ascii_digit()) {
            return bare.parse().ok();
        }
        // "A.", "(1)", "1.1.", "Step 1:": the text may refer to it; a letter alone is a bullet
        if drawn.contains(char::is_alphanumeric) && drawn.chars().nth(1).is_some() {
            spans.insert(0, Span::text(format!("{drawn} ")));
        }
        None
    }

    pub(super) fn push(&mut self, line: Line) {
        let lines = &mut self.text.lines;
        let blank = std::mem::take(&mut self.blank_wanted);
        let begins = matches!(line.kind, Kind::Item { .. }) && std::mem::take(&mut self.list_begins);
        let item = |k: &Kind| matches!(k, Kind::Item { .. } | Kind::ItemMore { .. });
        // line ends at the end of an item are no gap in its list
        if let [.., above, gap] = &lines[..]
            && matches!(line.kind, Kind::Item { .. })
            && !begins
            && item(&above.kind)
            && gap.is_blank()
        {
            lines.pop();
        }
        if let Some(last) = lines.last() {
            let in_list = matches!(line.kind, Kind::Item { .. }) && item(&last.kind) && last.quote == line.quote;
            let in_list = in_list && !begins;
            if blank && !last.is_blank() && !line.is_blank() && !in_list {
                let both = Hints {
                    quoted: last.hints.quoted && line.hints.quoted,
                    unended: last.hints.unended && line.hints.unended,
                    signature: last.hints.signature && line.hints.signature,
                    forwarded: last.hints.forwarded && line.hints.forwarded,
                    attribution: false,
                    coloured: false,
                    own_end: last.hints.own_end && line.hints.own_end,
                    part: false,
                };
                let quote = last.quote.min(line.quote);
                lines.push(Line {
                    kind: Kind::Blank,
                    quote,
                    hints: both,
                    spans: Vec::new(),
                });
            } else if line.is_blank() && last.is_blank() {
                return;
            }
        }
        lines.push(line);
    }
}
