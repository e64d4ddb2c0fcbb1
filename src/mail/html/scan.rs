//! The first pass over hostile HTML: a linear lexer that keeps only the tags and attributes we understand.
//!
//! What it writes holds no comment, no raw-text element (`script`, `style`, `title` ...), no duplicate-heavy attribute list
//! and no `data:` URI, so that the tree builder behind it, which is quadratic in some of these, has bounded work.
//! It follows the tokenizer states of the HTML standard; where a construct never ends, it gives the words after it back
//! instead of swallowing them, as a mail's words matter more than a browser's habit.

use memchr::{memchr, memmem};

/// Attributes kept on one tag; more are dropped.
const MAX_ATTRS: usize = 24;

/// HTML with only the tags and attributes we read, and the style sheets that stood in it.
pub struct Scanned {
    pub html: String,
    pub styles: String,
    /// The words in drawings, which few mail programs show.
    pub drawn: String,
}

/// What happens to an element's tags.
enum Fate {
    /// Written out under this name.
    Keep(&'static str),
    /// Tags dropped, what is between them stays.
    Open,
    /// Dropped with all that is between its tags.
    Swallow,
}

fn fate(name: &str) -> Fate {
    const KEEP: &[&str] = &[
        "p",
        "div",
        "span",
        "a",
        "b",
        "strong",
        "i",
        "em",
        "cite",
        "u",
        "s",
        "strike",
        "del",
        "ins",
        "br",
        "hr",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "ul",
        "ol",
        "li",
        "dl",
        "dt",
        "dd",
        "blockquote",
        "pre",
        "q",
        "code",
        "tt",
        "kbd",
        "table",
        "thead",
        "tbody",
        "tfoot",
        "tr",
        "td",
        "th",
        "caption",
        "center",
        "font",
        "img",
        "section",
        "article",
        "header",
        "footer",
        "main",
        "aside",
        "nav",
        "address",
        "figure",
        "figcaption",
        "sub",
        "sup",
        "signature",
    ];
    match name {
        "script" | "style" | "title" | "xmp" | "iframe" | "noembed" | "noframes" | "xml" | "svg" | "math"
        | "datalist" | "select" => Fate::Swallow,
        // QQ wraps the quoted mail in it
        "body" | "includetail" | "form" | "fieldset" | "details" | "summary" | "legend" | "button" => Fate::Keep("div"),
        name => KEEP.iter().find(|k| **k == name).map_or(Fate::Open, |k| Fate::Keep(k)),
    }
}

fn attribute_kept(name: &str) -> bool {
    const KEEP: &[&str] = &[
        "class",
        "id",
        "style",
        "href",
        "src",
        "alt",
        "width",
        "height",
        "type",
        "cite",
        "name",
        "data-marker",
        "data-signature-widget",
        "data-emoji",
        "goomoji",
        "color",
        "face",
        "bgcolor",
        "start",
        "value",
        "border",
        "colspan",
        "rowspan",
        "background",
        "role",
        "hidden",
        "tabindex",
        "align",
    ];
    KEEP.contains(&name)
}

/// Lexes `html` once, in linear time.
pub fn scan(html: &str) -> Scanned {
    Scanner {
        html,
        bytes: html.as_bytes(),
        at: 0,
        out: String::with_capacity(html.len()),
        styles: String::new(),
        drawn: String::new(),
        endless: Vec::new(),
    }
    .run()
}

struct Scanner<'a> {
    html: &'a str,
    bytes: &'a [u8],
    at: usize,
    out: String,
    styles: String,
    drawn: String,
    /// Constructs that were found to have no end; they are not searched for again, which keeps the pass linear.
    endless: Vec<&'static str>,
}

impl<'a> Scanner<'a> {
    fn run(mut self) -> Scanned {
        while self.at < self.bytes.len() {
            let Some(lt) = memchr(b'<', &self.bytes[self.at..]) else {
                self.out.push_str(&self.html[self.at..]);
                break;
            };
            self.out.push_str(&self.html[self.at..self.at + lt]);
            self.at += lt;
            self.markup();
        }
        Scanned {
            html: self.out,
            styles: self.styles,
            drawn: self.drawn,
        }
    }

    /// At a `<`.
    fn markup(&mut self) {
        let rest = &self.bytes[self.at + 1..];
        match rest.first() {
            Some(b'!') if rest.starts_with(b"!--") => self.comment(),
            Some(b'!') if rest.starts_with(b"![CDATA[") => self.cdata(),
            Some(b'!' | b'?') => self.bogus(),
            Some(b'/') if rest.get(1).is_some_and(u8::is_ascii_alphabetic) => self.tag(true),
            Some(b'/') => self.bogus(),
            Some(c) if c.is_ascii_alphabetic() => self.tag(false),
            _ => self.literal(),
        }
    }

    fn literal(&mut self) {
        self.out.push_str("&lt;");
        self.at += 1;
    }

    fn comment(&mut self) {
        let start = self.at + 4;
        let rest = &self.bytes[start..];
        if rest.starts_with(b">") {
            self.at = start + 1;
        } else if rest.starts_with(b"->") {
            self.at = start + 2;
        } else if self.endless.contains(&"comment") {
            self.at = start;
        } else {
            let plain = memmem::find(rest, b"-->").map(|i| i + 3);
            // the search for the odd end goes no further than the usual one
            let odd = memmem::find(&rest[..plain.unwrap_or(rest.len())], b"--!>").map(|i| i + 4);
            match odd.or(plain) {
                Some(end) => self.at = start + end,
                None => {
                    self.endless.push("comment");
                    self.at = start;
                }
            }
        }
    }

    /// `<![CDATA[`: a browser drops it up to the next `>`; what an author's program put in is words.
    fn cdata(&mut self) {
        let start = self.at + "<![CDATA[".len();
        self.at = start;
        if self.endless.contains(&"cdata") {
            return;
        }
        match memmem::find(&self.bytes[start..], b"]]>") {
            Some(end) => {
                let text = &self.html[start..start + end];
                self.out.push_str(&text.replace('&', "&amp;").replace('<', "&lt;"));
                self.at = start + end + "]]>".len();
            }
            None => self.endless.push("cdata"),
        }
    }

    /// `<!doctype ...>`, `<![if !mso]>`, `<?xml ...>`, `</ >`: to the next `>`.
    fn bogus(&mut self) {
        if self.endless.contains(&">") {
            return self.literal();
        }
        match memchr(b'>', &self.bytes[self.at..]) {
            Some(end) => self.at += end + 1,
            None => {
                self.endless.push(">");
                self.literal();
            }
        }
    }

    fn tag(&mut self, closing: bool) {
        if self.endless.contains(&"tag") {
            return self.literal();
        }
        let name_start = self.at + 1 + usize::from(closing);
        let name_end = self.find(name_start, |b| is_space(b) || matches!(b, b'/' | b'>'));
        let name = self.html[name_start..name_end].to_ascii_lowercase();
        let Some((end, attrs)) = self.attributes(name_end) else {
            self.endless.push("tag");
            return self.literal();
        };
        self.at = end;
        match fate(&name) {
            Fate::Open => {}
            Fate::Swallow if closing => {}
            Fate::Swallow => self.swallow(&name),
            Fate::Keep(kept) if closing => {
                self.out.push_str("</");
                self.out.push_str(kept);
                self.out.push('>');
            }
            Fate::Keep(kept) => {
                self.out.push('<');
                self.out.push_str(kept);
                if name == "includetail" {
                    self.out.push_str(" class=\"includetail\"");
                }
                for (name, value) in attrs {
                    self.out.push(' ');
                    self.out.push_str(&name);
                    self.out.push_str("=\"");
                    self.out.push_str(&value.replace('"', "&quot;"));
                    self.out.push('"');
                }
                self.out.push('>');
            }
        }
    }

    fn find(&self, from: usize, stop: impl Fn(u8) -> bool) -> usize {
        self.bytes[from..]
            .iter()
            .position(|&b| stop(b))
            .map_or(self.bytes.len(), |i| from + i)
    }

    /// Attributes from `at` to the tag's `>`: the place after it, and the kept ones. `None` where the tag never ends.
    fn attributes(&self, mut at: usize) -> Option<(usize, Vec<(String, &'a str)>)> {
        let mut kept: Vec<(String, &'a str)> = Vec::new();
        loop {
            at = self.find(at, |b| !is_space(b) && b != b'/');
            match self.bytes.get(at)? {
                b'>' => return Some((at + 1, kept)),
                _ => {
                    let start = at;
                    at = self.find(at + 1, |b| is_space(b) || matches!(b, b'/' | b'>' | b'='));
                    let name = start..at;
                    at = self.find(at, |b| !is_space(b));
                    let mut value = "";
                    if self.bytes.get(at) == Some(&b'=') {
                        at = self.find(at + 1, |b| !is_space(b));
                        match *self.bytes.get(at)? {
                            quote @ (b'"' | b'\'') => {
                                let rest = &self.html[at + 1..];
                                let end = memchr(quote, rest.as_bytes());
                                // an address has no tag in it: its quotation mark was forgotten
                                let address = matches!(self.bytes.get(name.clone()), Some(b"href" | b"src"));
                                let closed = end.filter(|end| !address || !holds_tags(&rest.as_bytes()[..*end]));
                                match closed {
                                    Some(end) => (value, at) = (&rest[..end], at + end + 2),
                                    None => {
                                        let end = memchr(b'>', rest.as_bytes())?;
                                        (value, at) = (&rest[..end], at + 1 + end);
                                    }
                                }
                            }
                            b'>' => {}
                            _ => {
                                let end = self.find(at, |b| is_space(b) || b == b'>');
                                value = &self.html[at..end];
                                at = end;
                            }
                        }
                    }
                    if kept.len() < MAX_ATTRS && name.len() < 32 && self.html.is_char_boundary(name.start) {
                        let name = self.html.get(name).unwrap_or("").to_ascii_lowercase();
                        if attribute_kept(&name) && !kept.iter().any(|(n, _)| *n == name) {
                            kept.push((name, shortened(value)));
                        }
                    }
                }
            }
        }
    }

    /// Drops everything to the end tag of `name`; a style sheet is set aside.
    fn swallow(&mut self, name: &str) {
        let known = [
            "script", "style", "title", "xmp", "iframe", "noembed", "noframes", "xml", "svg", "math",
        ];
        let Some(key) = known.iter().find(|k| **k == name) else {
            return;
        };
        if self.endless.contains(key) {
            return;
        }
        let mut from = self.at;
        loop {
            let Some(close) = memmem::find(&self.bytes[from..], b"</").map(|i| from + i) else {
                self.endless.push(key);
                return;
            };
            let after = close + 2 + name.len();
            let same = self
                .bytes
                .get(close + 2..after)
                .is_some_and(|b| b.eq_ignore_ascii_case(name.as_bytes()));
            let ends = self
                .bytes
                .get(after)
                .is_none_or(|&b| is_space(b) || matches!(b, b'/' | b'>'));
            if same && ends {
                if *key == "style" && self.styles.len() < 200_000 {
                    self.styles.push_str(&self.html[self.at..close]);
                    self.styles.push('\n');
                }
                if *key == "svg" {
                    self.drawn.push_str(&drawn_words(&self.html[self.at..close]));
                }
                self.at = memchr(b'>', &self.bytes[close..]).map_or(self.bytes.len(), |i| close + i + 1);
                return;
            }
            from = close + 2;
        }
    }
}

/// The words of a drawing: those in its `<text>`.
fn drawn_words(drawing: &str) -> String {
    let mut words = String::new();
    for text in drawing.split("<text").skip(1) {
        let text = text.split("</text>").next().unwrap_or_default();
        for piece in text.split('>').skip(1) {
            words.push_str(piece.split('<').next().unwrap_or_default());
            words.push(' ');
        }
    }
    words
}

/// `http://example.org>here</a> and so on`
fn holds_tags(value: &[u8]) -> bool {
    let first = memchr::memchr2(b'<', b'>', value);
    first.is_some_and(|at| value[at] == b'>' && memchr(b'<', &value[at..]).is_some())
}

/// A value we would not use in full anyway (a `data:` image, a mile of style) is cut.
fn shortened(value: &str) -> &str {
    let limit = if value
        .trim_start()
        .get(..5)
        .is_some_and(|s| s.eq_ignore_ascii_case("data:"))
    {
        16
    } else {
        4096
    };
    &value[..value.floor_char_boundary(limit)]
}

fn is_space(b: u8) -> bool {
    matches!(b, b' ' | b'\t' | b'\n' | b'\r' | 0x0c)
}

#[cfg(test)]
mod tests {
    use super::scan;

    #[test]
    fn comments_scripts_and_unknown_tags_go_and_their_neighbours_stay() {
        for (html, expected) in [
            ("a<!-- x > y -->b", "ab"),
            ("a<!-->b", "ab"),
            ("a<!--[if mso]>x<![endif]-->b", "ab"),
            ("<![if !mso]>a<![endif]>", "a"),
            ("<STYLE>p{}</STYLE >a", "a"),
            ("<script>if (a</b>c) '</scriptx>'</script>z", "z"),
            ("<o:p>&nbsp;</o:p>", "&nbsp;"),
            ("<P CLASS=x onclick='evil()'>a", "<p class=\"x\">a"),
            ("<a href='x\"y'>", "<a href=\"x&quot;y\">"),
            ("1 < 2 <3", "1 &lt; 2 &lt;3"),
            ("a <b never ends", "a &lt;b never ends"),
            ("<p><![CDATA[a < b]]> c</p>", "<p>a &lt; b c</p>"),
            ("<![CDATA[a <b>c</b>", "a <b>c</b>"),
            ("<a href=\"http://x>y</a> z", "<a href=\"http://x\">y</a> z"),
            (
                "<a href=\"http://x>y</a> <a href=\"w\">z",
                "<a href=\"http://x\">y</a> <a href=\"w\">z",
            ),
            ("<img alt=\"a < b > c\">d", "<img alt=\"a < b > c\">d"),
            ("a <!-- never ends", "a  never ends"),
            ("<body style=x>a</body>", "<div style=\"x\">a</div>"),
            (
                "<img src=\"data:image/png;base64,AAAAAAAAAAAAAAAAAAAAAAAA\">",
                "<img src=\"data:image/png;b\">",
            ),
        ] {
            assert_eq!(scan(html).html, expected, "{html}");
        }
    }

    #[test]
    fn the_pass_is_linear_on_constructs_that_never_end() {
        for unit in ["<!--", "<a b=\"", "<style>", "<a ", "</", "<!", "<x y='", "<title></"] {
            let hostile = unit.repeat(2_000_000 / unit.len());
            scan(&hostile);
        }
        scan(&format!("<a {}>x", "b ".repeat(1_000_000)));
    }
}
