//! Markdown for a site generator, with raw HTML allowed or not: what the preview shows as text is text there too.

use std::ops::Range;

use pulldown_cmark::{Event, Parser, Tag};

use super::escape::is_template;

/// The page's Markdown with everything in it turned into plain text that is a browser's or a site generator's own: raw HTML, template
/// codes, shortcodes, links that run, pictures that are not the story's. What a mail said is so already; this is for what people typed.
/// `ours` says whether a file is one of the story's pictures.
pub fn tame(body: &str, ours: &dyn Fn(&str) -> bool) -> String {
    let mut edits: Vec<(Range<usize>, String)> = Vec::new();
    // of the block that is open
    let mut mine: Vec<(Range<usize>, String)> = Vec::new();
    let mut odd = false;
    let mut depth = 0;
    for (event, range) in Parser::new_ext(body, super::options()).into_offset_iter() {
        match event {
            Event::Start(tag) => {
                depth += 1;
                odd |= match &tag {
                    Tag::HtmlBlock => true,
                    Tag::CodeBlock(_) => is_template(&body[range.clone()]),
                    Tag::Image { dest_url, title, .. } => !ours(dest_url) || is_template(title),
                    Tag::Link { dest_url, title, .. } => runs(dest_url) || is_template(dest_url) || is_template(title),
                    _ => false,
                };
            }
            Event::End(_) => {
                depth -= 1;
                if depth == 0 {
                    // a bare address would be taken for a link, and what is written in it for part of it
                    odd |= !mine.is_empty() && ["://", "www."].iter().any(|a| body[range.clone()].contains(a));
                    match odd {
                        true => edits.push((range.clone(), format!("\n{}\n\n", literal(&body[range])))),
                        false => edits.append(&mut mine),
                    }
                    mine.clear();
                    odd = false;
                }
            }
            Event::Code(_) => odd |= is_template(&body[range]),
            Event::InlineHtml(raw) => mine.push((range, literal(&raw))),
            Event::Text(_) => mine.extend(marks(body, range)),
            _ => {}
        }
    }
    let mut out = body.to_owned();
    for (range, words) in edits.into_iter().rev() {
        out.replace_range(range, &words);
    }
    // a definition of a link that nothing refers to, or a mark put together from two events
    if is_template(&out) { literal(body) } else { out }
}

/// Whether following it does anything but go to a page, or write a mail.
fn runs(url: &str) -> bool {
    let scheme = url.split(['/', '?', '#']).next().unwrap_or_default();
    let known = |name: &str| {
        ["http", "https", "mailto"]
            .iter()
            .any(|k| k.eq_ignore_ascii_case(name.trim()))
    };
    scheme.split_once(':').is_some_and(|(name, _)| !known(name)) || url.contains(char::is_control)
}

/// The marks in a piece of text that would begin a template code.
fn marks(body: &str, range: Range<usize>) -> Vec<(Range<usize>, String)> {
    let bytes = body.as_bytes();
    let mut found = Vec::new();
    for at in range.clone() {
        let before = at.checked_sub(1).map(|b| bytes[b]);
        let next = bytes.get(at + 1);
        let entity = match bytes[at] {
            b'{' if before == Some(b'{') || matches!(next, Some(b'{' | b'%' | b'#' | b':' | b'<' | b'&')) => "&#123;",
            b'<' if matches!(next, Some(b'%' | b'?' | b'!')) => "&lt;",
            _ => continue,
        };
        // a backslash before the text is the escape of its first character
        let start = if at == range.start && before == Some(b'\\') {
            at - 1
        } else {
            at
        };
        found.push((start..at + 1, entity.to_owned()));
    }
    found
}

/// Every mark as an entity, every line end kept: read as typed by whatever reads Markdown.
fn literal(text: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        let mut out = String::new();
        for c in line.trim().chars() {
            match c {
                c if c.is_ascii_punctuation() => out.push_str(&format!("&#{};", c as u32)),
                c => out.push(c),
            }
        }
        lines.push(out);
    }
    let mut out = String::new();
    for (n, line) in lines.iter().enumerate() {
        out.push_str(line);
        match lines.get(n + 1) {
            Some(next) if !line.is_empty() && !next.is_empty() => out.push_str("\\\n"),
            Some(_) => out.push('\n'),
            None => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tamed(body: &str) -> String {
        tame(body, &|file| file == "photo-1.jpg")
    }

    #[test]
    fn markdown_stays_as_it_is() {
        for body in [
            "# Head\n\nWe *knocked* on **forty** doors.\n\n![Our street](photo-1.jpg)\n\n- one\n- two\n",
            "[a link](https://example.org/a_b) and <https://example.org> and `code`\n\n    code\n",
            "A set {a, b} and &#123;{ x }} and \\{a\\} < 5\n",
        ] {
            assert_eq!(tamed(body), body);
        }
    }

    #[test]
    fn what_people_typed_becomes_text() {
        for (body, expected) in [
            ("a {{ x }} b {% raw %}\n", "a &#123;&#123; x }} b &#123;% raw %}\n"),
            ("a \\{{ x }}\n", "a &#123;&#123; x }}\n"),
            ("a <b>bold</b>\n", "a &#60;b&#62;bold&#60;&#47;b&#62;\n"),
            (
                "`{{< x >}}`\n\nstays\n",
                "\n&#96;&#123;&#123;&#60; x &#62;&#125;&#125;&#96;\n\n\nstays\n",
            ),
            (
                "![x](https://x.example/p.gif)\n",
                "\n&#33;&#91;x&#93;&#40;https&#58;&#47;&#47;x&#46;example&#47;p&#46;gif&#41;\n\n",
            ),
        ] {
            assert_eq!(tamed(body), expected);
        }
    }

    #[test]
    fn no_code_tag_or_script_is_left() {
        let hostile = [
            "<script>\nalert(1)\n</script>\n",
            "text\n<div onclick=x>\n{{ y }}\n</div>\nmore",
            "> <iframe src=x>\n\n- <!--more-->\n",
            "[x](javascript:alert(1)) [y][r]\n\n[r]: JaVaScript:x\n",
            "[r]: https://x.example/{{y}}\n",
            "```{{x}}\n```\n",
            "<https://x.example/{{y}}>\n",
            "a {\n{ b\n\n{{{ x\n\n<!-- open\n\n<%= x %>\n",
            "{: .class}\n\n{#id}\n",
            "| {{a}} | <b> |\n|---|---|\n| {% x %} | y |\n",
        ];
        for body in hostile {
            let out = tamed(body);
            assert!(!is_template(&out), "{body:?}: {out}");
            for event in Parser::new_ext(&out, super::super::options()) {
                match event {
                    Event::Html(_) | Event::InlineHtml(_) => panic!("{body:?}: {out}"),
                    Event::Start(Tag::Link { dest_url, .. }) => assert!(!runs(&dest_url), "{body:?}: {out}"),
                    _ => {}
                }
            }
        }
    }
}
