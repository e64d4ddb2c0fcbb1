//! Markdown to HTML that nothing can run in: raw HTML is shown as text, links go to the web or to a mail program, pictures
//! are the story's own and stand in the page itself.

use std::collections::BTreeSet;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

pub use crate::story::markdown::web::escape;
use crate::story::markdown::web::{self, Manner};
use crate::story::page::Front;
use crate::story::step::Story;
use crate::story::wording::{self, Fate};

/// The photos of a story.
pub struct Photos<'a> {
    pub story: &'a Story,
    pub front: &'a Front,
}

impl Photos<'_> {
    /// The picture in itself (RFC 2397), by what its bytes are and not by its name.
    fn data(&self, file: &str) -> Option<String> {
        let bytes = self.story.files.get(file)?;
        let kind = match &bytes[..] {
            [0xff, 0xd8, 0xff, ..] => "jpeg",
            [0x89, b'P', b'N', b'G', ..] => "png",
            [b'G', b'I', b'F', b'8', ..] => "gif",
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => "webp",
            _ => return None,
        };
        Some(format!("data:image/{kind};base64,{}", BASE64_STANDARD.encode(bytes)))
    }

    /// A picture with what it shows, for those who cannot see it, and who took it.
    fn figure(&self, file: &str, alt: &str) -> String {
        let said = self.front.alt.get(file).map_or("", String::as_str);
        let words = if alt.trim().is_empty() { said } else { alt };
        let Some(data) = self.data(file) else {
            let what = if file.contains("://") || file.starts_with("//") {
                "A picture on the network is left out"
            } else {
                "This photo is not in the story's folder"
            };
            return format!("<span class=\"missing\">{what}: {}</span>", escape(file));
        };
        let mut out = format!("<span class=\"photo\"><img src=\"{data}\" alt=\"{}\">", escape(words));
        if let Some(credit) = self.front.credits.get(file).filter(|c| !c.trim().is_empty()) {
            out.push_str(&format!("<span class=\"credit\">{}</span>", escape(credit)));
        }
        // what is read aloud is read by the reviewer, too
        out.push_str(&if words.trim().is_empty() {
            format!(
                "<span class=\"alt none\">{}: nothing is said about this photo yet</span>",
                escape(file)
            )
        } else {
            format!(
                "<span class=\"alt\" aria-hidden=\"true\">Said to those who cannot see it: {}</span>",
                escape(words)
            )
        });
        out.push_str("</span>");
        out
    }
}

/// The page's text as HTML, and the files that are shown in it.
pub fn body(markdown: &str, photos: &Photos) -> (String, BTreeSet<String>) {
    let mut placed = BTreeSet::new();
    let mut picture = |file: &str, alt: &str| {
        placed.insert(file.to_owned());
        photos.figure(file, alt)
    };
    let manner = Manner {
        picture: &mut picture,
        dead_link: "<span class=\"missing\">",
    };
    (web::html(markdown, manner), placed)
}

/// What changed between the author's words and the page: the paragraphs with a change, word by word, and how many between them
/// are the same. Empty where nothing changed.
pub fn changes(old: &str, new: &str) -> Vec<String> {
    let (old, new) = (old.trim(), new.trim());
    if old == new {
        return Vec::new();
    }
    let mut paragraphs = vec![(false, String::new())];
    for (fate, text) in wording::changes(old, new) {
        for (n, piece) in text.split("\n\n").enumerate() {
            if n > 0 {
                paragraphs.push((false, String::new()));
            }
            let Some((changed, out)) = paragraphs.last_mut() else {
                continue;
            };
            let shown = escape(piece).replace('\n', "<br>");
            if piece.is_empty() {
                // a paragraph that was parted or joined has changed, too
                *changed |= fate != Fate::Same;
                continue;
            }
            match fate {
                Fate::Same => out.push_str(&shown),
                Fate::Gone => out.push_str(&marked("del", "taken out", &shown)),
                Fate::New => out.push_str(&marked("ins", "put in", &shown)),
            }
            *changed |= fate != Fate::Same;
        }
    }
    let mut out = Vec::new();
    let mut same = 0;
    let skipped = |same: usize| match same {
        0 => None,
        1 => Some("<p class=\"same\">One paragraph as it came</p>".to_owned()),
        many => Some(format!("<p class=\"same\">{many} paragraphs as they came</p>")),
    };
    for (changed, paragraph) in paragraphs {
        if !changed {
            same += usize::from(!paragraph.trim().is_empty());
        } else if !paragraph.is_empty() {
            out.extend(skipped(std::mem::take(&mut same)));
            out.push(format!("<p>{paragraph}</p>"));
        }
    }
    if !out.is_empty() {
        out.extend(skipped(same));
    }
    out
}

/// Said as well as shown: many screen readers pass over `ins` and `del`.
fn marked(tag: &str, said: &str, shown: &str) -> String {
    format!("<{tag}><span class=\"said\">[{said}: </span>{shown}<span class=\"said\">]</span></{tag}>")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::story::page::{INDEX, Page};
    use crate::story::record::Files;

    fn shown(markdown: &str) -> String {
        let front = Front {
            title: "T".into(),
            ..Front::default()
        };
        let mut files = Files::from([(INDEX.to_owned(), Page::new(&front, markdown).render())]);
        files.insert("photo-1.jpg".into(), b"\xff\xd8\xff\xe0jpeg".to_vec());
        files.insert("photo-2.jpg".into(), b"<svg onload=alert(1)>".to_vec());
        let story = Story::load(&"2010/12/t-0123456789".parse().unwrap(), files).unwrap();
        body(
            markdown,
            &Photos {
                story: &story,
                front: &front,
            },
        )
        .0
    }

    #[test]
    fn nothing_that_a_mail_says_becomes_a_tag_a_script_or_a_request() {
        for hostile in [
            "<script>alert(1)</script>",
            "a <img src=x onerror=alert(1)> b",
            "<style>body{background:url(http://x.example)}</style>",
            "[a](javascript:alert(1)) [b](JaVaScRiPt:x) [c](data:text/html,x) [d](vbscript:x) [e](file:///etc/passwd)",
            "[a](https://x.example/\"onclick=alert(1))",
            "[a](<https://x.example/' onclick='y>)",
            "![a](https://x.example/pixel.gif) ![b](//x.example/p.gif) ![c](photo-2.jpg) ![d](../../secret.png)",
            "![\" onerror=\"alert(1)](photo-1.jpg)",
            "![a <b> ![c](photo-1.jpg)](photo-1.jpg)",
            "<a href=\"javascript:x\">y</a>",
            "<!-- <iframe src=x> -->",
            "&lt;script&gt; &#60;script&#62;",
            "```html\n<script>x</script>\n```",
            "| <b>x</b> | `<i>` |\n| --- | --- |\n| </td><script> | y |",
            "[^1]\n\n[^1]: <script>x</script>",
            "- [ ] <form action=x>",
        ] {
            let html = shown(hostile);
            let lower = html.to_lowercase();
            for tag in ["<script", "<style", "<iframe", "<form", "<svg", "<input", "<b>", "<!--"] {
                assert!(!lower.contains(tag), "{hostile}: {html}");
            }
            // attributes stand in tags of ours only: a quotation mark in a text is never a bare one
            for tag in html.split('<').skip(1).filter_map(|t| t.split('>').next()) {
                let names: Vec<&str> = tag.split('"').step_by(2).collect();
                assert!(!names.concat().contains("on"), "{hostile}: <{tag}>");
                for (name, value) in tag
                    .split('"')
                    .collect::<Vec<_>>()
                    .chunks(2)
                    .filter_map(|c| Some((c.first()?, c.get(1)?)))
                {
                    if name.ends_with("src=") {
                        assert!(value.starts_with("data:image/"), "{hostile}: {tag}");
                    }
                    if name.ends_with("href=") {
                        assert!(
                            value.starts_with("https://") || value.starts_with('#'),
                            "{hostile}: {tag}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn headings_begin_below_the_title_and_skip_no_level() {
        let html = shown("# One\n\n#### Two\n\n###### Three\n\n# Four\n");
        let levels: Vec<&str> = html.match_indices("<h").map(|(i, _)| &html[i + 2..i + 3]).collect();
        assert_eq!(levels, ["2", "3", "4", "2"]);
    }

    #[test]
    fn a_photo_stands_in_the_page_with_what_it_shows() {
        let html = shown("![A \"red\" bus](photo-1.jpg)\n\n![](photo-1.jpg)");
        assert!(
            html.contains("<img src=\"data:image/jpeg;base64,/9j/4GpwZWc=\" alt=\"A &quot;red&quot; bus\">"),
            "{html}"
        );
        assert!(
            html.contains("Said to those who cannot see it: A &quot;red&quot; bus"),
            "{html}"
        );
        assert!(html.contains("photo-1.jpg: nothing is said"), "{html}");
    }

    #[test]
    fn only_paragraphs_that_changed_are_shown_with_their_words() {
        assert_eq!(changes("One.\n\nTwo.\n", "One.\n\nTwo."), [""; 0]);
        let got = changes(
            "One.\n\nTwo words.\n\nThree.\n\nFour.",
            "One.\n\nTwo <b>words.\n\nThree.\n\nFour.",
        );
        assert_eq!(got.len(), 3, "{got:?}");
        assert_eq!(got[0], "<p class=\"same\">One paragraph as it came</p>");
        assert!(
            got[1].contains("<ins><span class=\"said\">[put in: </span>&lt;b&gt;words.") && got[1].contains("<del>"),
            "{got:?}"
        );
        assert_eq!(got[2], "<p class=\"same\">2 paragraphs as they came</p>");
        let gone = changes("One.\n\nTwo.\n\nThree.", "One.\n\nThree.");
        assert!(gone.concat().contains("Two."), "{gone:?}");
        let hostile = changes("a", "<script>x</script>").concat();
        assert!(!hostile.contains("<script"), "{hostile}");
    }
}
