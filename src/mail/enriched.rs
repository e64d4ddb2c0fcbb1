//! text/enriched (RFC 1896), and text/richtext before it, as the HTML that says the same.

/// HTML of an enriched text: emphasis, quotations and line ends; what else it says of fonts and colours is left out.
pub fn to_html(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 4);
    let mut rest = text;
    // within <param>: words for the program; within <nofill>: line ends are as typed
    let (mut param, mut nofill) = (0u32, 0u32);
    while let Some(at) = rest.find(['<', '\n', '&', '>']) {
        let words = &rest[..at];
        let mark = rest.as_bytes()[at];
        if param == 0 {
            out.push_str(words);
        }
        rest = &rest[at + 1..];
        match mark {
            b'<' if rest.starts_with('<') => {
                rest = &rest[1..];
                if param == 0 {
                    out.push_str("&lt;");
                }
            }
            b'<' => match command(rest) {
                Some((name, ends, after)) => {
                    rest = after;
                    let count = |n: u32| if ends { n.saturating_sub(1) } else { n + 1 };
                    match name.as_str() {
                        "param" => param = count(param),
                        "nofill" => nofill = count(nofill),
                        _ => out.push_str(&tag(&name, ends)),
                    }
                }
                None => out.push_str("&lt;"),
            },
            b'\n' if param == 0 => {
                let more = rest.len() - rest.trim_start_matches('\n').len();
                rest = &rest[more..];
                // of two or more the first says nothing; one alone is a blank
                match (nofill, more) {
                    (0, 0) => out.push(' '),
                    (0, _) => out.push_str(&"<br>\n".repeat(more)),
                    _ => out.push_str(&"<br>\n".repeat(more + 1)),
                }
            }
            b'&' if param == 0 => out.push_str("&amp;"),
            b'>' if param == 0 => out.push_str("&gt;"),
            _ => {}
        }
    }
    if param == 0 {
        out.push_str(rest);
    }
    out
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
            ("<param>never ends", ""),
        ] {
            assert_eq!(to_html(enriched), html, "{enriched}");
        }
    }
}
