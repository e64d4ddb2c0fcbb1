//! Markdown to HTML that nothing can run in: raw HTML is shown as text, links go to the web or to a mail program, pictures
//! are what the caller makes of them.

use pulldown_cmark::{CowStr, Event, HeadingLevel, Parser, Tag, TagEnd, html};

/// What of a page is not the same everywhere.
pub struct Manner<'a> {
    /// The HTML of a picture, of the file that the Markdown names and the words that stand with it.
    pub picture: &'a mut dyn FnMut(&str, &str) -> String,
    /// Opens the `span` around the words of a link that is none.
    pub dead_link: &'static str,
}

/// Text as it may stand in HTML, in an attribute too.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// Where a link may go.
fn allowed(url: &str) -> bool {
    let lower = url.trim_start().to_ascii_lowercase();
    ["https://", "http://", "mailto:"]
        .iter()
        .any(|scheme| lower.starts_with(scheme))
        && !url.contains(|c: char| c.is_control())
}

/// The text as HTML, an empty line between its blocks. Headings begin below the title and skip no level.
pub fn html(markdown: &str, manner: Manner) -> String {
    let mut events: Vec<Event> = Vec::new();
    // the picture that is open: its file and the words so far
    let mut picture: Option<(String, String)> = None;
    let mut links: Vec<bool> = Vec::new();
    let mut level = 1;
    let mut depth = 0;
    for event in Parser::new_ext(markdown, super::options()) {
        match &event {
            Event::Start(_) => depth += 1,
            Event::End(_) => depth -= 1,
            _ => {}
        }
        if let Some((file, alt)) = &mut picture {
            match event {
                Event::End(TagEnd::Image) => {
                    events.push(Event::InlineHtml((manner.picture)(file, alt).into()));
                    picture = None;
                }
                Event::Text(text) | Event::Code(text) => alt.push_str(&text),
                Event::SoftBreak | Event::HardBreak => alt.push(' '),
                _ => {}
            }
            continue;
        }
        let ends_a_block = depth == 0 && matches!(event, Event::End(_) | Event::Rule);
        events.push(match event {
            Event::Start(Tag::Image { dest_url, .. }) => {
                picture = Some((dest_url.into_string(), String::new()));
                continue;
            }
            Event::Html(raw) | Event::InlineHtml(raw) => Event::Text(raw),
            Event::Start(Tag::HtmlBlock) => Event::Start(Tag::Paragraph),
            Event::End(TagEnd::HtmlBlock) => Event::End(TagEnd::Paragraph),
            Event::Start(Tag::Heading { level: asked, .. }) => {
                // under the title, and never two levels at once
                level = (asked as usize + 1).min(level + 1).clamp(2, 6);
                heading(level, true)
            }
            Event::End(TagEnd::Heading(_)) => heading(level, false),
            Event::Start(Tag::Link { dest_url, .. }) => {
                let good = allowed(&dest_url);
                links.push(good);
                match good {
                    true => Event::InlineHtml(
                        format!(
                            "<a href=\"{}\" rel=\"noopener noreferrer nofollow\">",
                            escape(&dest_url)
                        )
                        .into(),
                    ),
                    false => Event::InlineHtml(CowStr::Borrowed(manner.dead_link)),
                }
            }
            Event::End(TagEnd::Link) => match links.pop() {
                Some(true) => Event::InlineHtml(CowStr::Borrowed("</a>")),
                _ => Event::InlineHtml(CowStr::Borrowed("</span>")),
            },
            // a box that nothing names and nobody can tick
            Event::TaskListMarker(done) => Event::Text(CowStr::Borrowed(if done { "☑ " } else { "☐ " })),
            other => other,
        });
        if ends_a_block {
            events.push(Event::Html(CowStr::Borrowed("\n")));
        }
    }
    let mut out = String::new();
    html::push_html(&mut out, events.into_iter());
    out
}

fn heading(level: usize, start: bool) -> Event<'static> {
    let level = HeadingLevel::try_from(level).unwrap_or(HeadingLevel::H6);
    if start {
        Event::Start(Tag::Heading {
            level,
            id: None,
            classes: Vec::new(),
            attrs: Vec::new(),
        })
    } else {
        Event::End(TagEnd::Heading(level))
    }
}
