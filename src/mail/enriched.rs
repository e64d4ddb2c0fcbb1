//! text/enriched (RFC 1896), and text/richtext before it, as the HTML that says the same.

/// HTML of an enriched text: emphasis, quotations and line ends; what else it says of fonts and colours is left out.
pub fn to_html(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 4);
    let mut rest = text;
    // within <nofill> line ends are as typed
    let mut nofill = 0u32;
    while let Some(at) = rest.find(['<', '\n', '&', '>']) {
        let mark = rest.as_bytes()[at];
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        match mark {
            b'<' if rest.starts_with('<') => {
                rest = &rest[1..];
                out.push_str("&lt;");
            }
            b'<' => match command(rest) {
                Some((name, ends, after)) => {
                    rest = after;
                    match name.as_str() {
                        "param" if !ends => match after_param(after) {
                            Some(after) => rest = after,
                            None => out.push_str("&lt;param&gt;"),
                        },
                        "nofill" if ends => nofill = nofill.saturating_sub(1),
                        "nofill" => nofill += 1,
                        _ => out.push_str(&tag(&name, ends)),
                    }
                }
                None => out.push_str("&lt;"),
            },
            b'\n' => {
                let more = rest.len() - rest.trim_start_matches('\n').len();
                rest = &rest[more..];
                // of two or more the first says nothing; one alone is a blank
                match (nofill, more) {
                    (0, 0) => out.push(' '),
                    (0, _) => out.push_str(&"<br>\n".repeat(more)),
                    _ => out.push_str(&"<br>\n".repeat(more + 1)),
                }
            }
            b'&' => out.push_str("&amp;"),
            _ => out.push_str("&gt;"),
        }
    }
    out.push_str(rest);
    out
}

/// What stands behind a `<param>`, which is for the program, as `red` or `Times New Roman`, and holds no other. `None` where its end
/// is missing or far: then somebody typed it.
fn after_param(text: &str) -> Option<&str> {
    const LONGEST: usize = 200;
    const END: &str = "</param>";
    let near = text.as_bytes();
    let near = &near[..near.len().min(LONGEST + END.len())];
    let end = near
        .windows(END.len())
        .position(|w| w.eq_ignore_ascii_case(END.as_bytes()))?;
    Some(&text[end + END.len()..])
}

/// The name of a command, whether it ends, and what stands behind it.
fn command(text: &str) -> Option<(String, bool, &str)> {
    const LONGEST: usize = 60;
    let ends = text.starts_with('/');
    let name = text.strip_prefix('/').unwrap_or(text);
    let letters = name
        .bytes()
        .take(LONGEST)
        .take_while(|b| b.is_ascii_alphanumeric() || *b == b'-');
    let len = letters.count();
    let after = name[len..].strip_prefix('>').filter(|_| len > 0)?;
    Some((name[..len].to_ascii_lowercase(), ends, after))
}

fn tag(name: &str, ends: bool) -> String {
    let tag = match name {
        "bold" => "b",
        "italic" => "i",
        "fixed" => "tt",
        "excerpt" if ends => return "</blockquote>".to_owned(),
        "excerpt" => return "<blockquote type=\"cite\">".to_owned(),
        "nl" if !ends => return "<br>".to_owned(),
        // text/richtext (RFC 1341, section 7.1.3) has this for `<<`
        "lt" if !ends => return "&lt;".to_owned(),
        "paragraph" => "p",
        _ => return String::new(),
    };
    format!("<{}{tag}>", if ends { "/" } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn enriched_text_becomes_html_and_no_word_of_it_a_tag() {
        for (enriched, html) in [
            ("<bold>The gate</bold> was\nshut.", "<b>The gate</b> was shut."),
            ("one\n\ntwo\n\n\nthree", "one<br>\ntwo<br>\n<br>\nthree"),
            ("<<ok> a < b & c", "&lt;ok&gt; a &lt; b &amp; c"),
            ("<color><param>red</param>red</color>", "red"),
            ("<nofill>a\nb</nofill>\nc", "a<br>\nb c"),
            ("<excerpt>said</excerpt>", "<blockquote type=\"cite\">said</blockquote>"),
            ("<script>x</script><img src=x>", "x&lt;img src=x&gt;"),
            (
                "See <param> the rest of my story",
                "See &lt;param&gt; the rest of my story",
            ),
            ("<param>a<param>b</param>c", "c"),
            ("<Param>red</PARAM>c</param>d", "cd"),
            ("2 <lt>bold> 1", "2 &lt;bold&gt; 1"),
        ] {
            assert_eq!(to_html(enriched), html, "{enriched}");
        }
        let far = "word ".repeat(50);
        assert_eq!(
            to_html(&format!("<param>{far}</param>c")),
            format!("&lt;param&gt;{far}c")
        );
    }
}
