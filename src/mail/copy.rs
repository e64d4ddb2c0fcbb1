//! A story in a letter, as it will appear: as plain text, and as HTML in which nothing runs and nothing is fetched.

use pulldown_cmark::{Event, Parser, Tag, TagEnd, html};

use crate::story::markdown;
use crate::story::page::Front;

/// The story's title, byline and text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Copy {
    pub text: String,
    pub html: String,
}

/// Sets a story into a letter. Photos stand as what they show: a letter is read where pictures are not.
pub fn copy(front: &Front, body: &str) -> Copy {
    let byline = match front.place.as_deref().map(str::trim).filter(|place| !place.is_empty()) {
        Some(place) => format!("{}, {place}", front.author),
        None => front.author.clone(),
    };
    let subtitle = front.subtitle.as_deref().unwrap_or_default();
    let heads = [&front.title, subtitle, &byline];
    let given = heads.iter().filter(|head| !head.trim().is_empty());
    let text = given.map(|head| one_line(head)).collect::<Vec<_>>().join("\n");
    let body = described(body, front);
    let mut html = format!("<h2>{}</h2>\n", escaped(&one_line(&front.title)));
    for head in [subtitle, &byline].iter().filter(|head| !head.trim().is_empty()) {
        html.push_str(&format!("<p><i>{}</i></p>\n", escaped(&one_line(head))));
    }
    let mut links = Vec::new();
    let events = Parser::new_ext(&body, markdown::options()).filter_map(|event| match event {
        Event::Html(raw) | Event::InlineHtml(raw) => Some(Event::Text(raw)),
        Event::Start(Tag::Link { ref dest_url, .. }) => {
            let goes = ["https://", "http://", "mailto:"]
                .iter()
                .any(|s| dest_url.to_lowercase().starts_with(s));
            links.push(goes);
            goes.then_some(event)
        }
        Event::End(TagEnd::Link) => links.pop().unwrap_or(false).then_some(event),
        Event::Start(Tag::Image { .. }) | Event::End(TagEnd::Image) => None,
        event => Some(event),
    });
    html::push_html(&mut html, events);
    Copy {
        text: format!("{text}\n\n{}", markdown::text_of(&body).trim()),
        html,
    }
}

/// The Markdown with words in place of its pictures.
fn described(body: &str, front: &Front) -> String {
    let mut out = String::with_capacity(body.len());
    let mut from = 0;
    let mut parser = Parser::new_ext(body, markdown::options()).into_offset_iter();
    while let Some((event, range)) = parser.next() {
        let Event::Start(Tag::Image { dest_url, .. }) = event else {
            continue;
        };
        let mut alt = String::new();
        for (inner, _) in parser.by_ref() {
            match inner {
                Event::End(TagEnd::Image) => break,
                Event::Text(text) | Event::Code(text) => alt.push_str(&text),
                _ => {}
            }
        }
        let said = front.alt.get(&*dest_url).map_or("", String::as_str);
        let alt = if alt.trim().is_empty() { said } else { &alt };
        let words = match alt.trim() {
            "" => format!("(photo: {dest_url})"),
            alt => format!("(photo: {alt})"),
        };
        out.push_str(&body[from..range.start]);
        out.extend(
            words
                .chars()
                .flat_map(|c| c.is_ascii_punctuation().then_some('\\').into_iter().chain([c])),
        );
        from = range.end;
    }
    out.push_str(&body[from..]);
    out
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn escaped(text: &str) -> String {
    let escape = |c: char| match c {
        '&' => "&amp;".to_owned(),
        '<' => "&lt;".to_owned(),
        '>' => "&gt;".to_owned(),
        '"' => "&quot;".to_owned(),
        c => c.to_string(),
    };
    text.chars().map(escape).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_story_is_set_as_it_will_appear_and_nothing_in_it_runs() {
        let front = Front {
            title: "Stories: <Marion>".into(),
            author: "Marion".into(),
            place: Some("Leeds".into()),
            alt: [("photo-1.jpg".to_owned(), "A bus_stop *here*".to_owned())].into(),
            ..Front::default()
        };
        let body = "We *won*.\n\n![](photo-1.jpg)\n\n<script>alert(1)</script>\n\n[here](javascript:x) and [there](https://example.org/)\n";
        let Copy { text, html } = copy(&front, body);
        assert_eq!(
            text,
            "Stories: <Marion>\nMarion, Leeds\n\nWe won.\n\n(photo: A bus_stop *here*)\n\n<script>alert(1)</script>\nhere and there"
        );
        for part in [
            "<h2>Stories: &lt;Marion&gt;</h2>",
            "<p><i>Marion, Leeds</i></p>",
            "<em>won</em>",
            "(photo: A bus_stop *here*)",
            "&lt;script&gt;",
            "here and <a href=\"https://example.org/\">there</a>",
        ] {
            assert!(html.contains(part), "{part}: {html}");
        }
        for part in ["<script", "javascript", "<img"] {
            assert!(!html.contains(part), "{part}: {html}");
        }
    }
}
