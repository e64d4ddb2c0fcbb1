//! The pictures that stand in a page's Markdown: described anew, shown from another file, taken out.

use std::ops::Range;

use pulldown_cmark::{Event, Parser, Tag, TagEnd};

use super::super::passage::{Image, Line, Span};
use super::{ImageRef, options, render};

/// Puts alternative text on the images that show `file`.
pub fn with_alt(body: &str, file: &str, words: &str) -> String {
    let picture = picture(file, words);
    rewritten(body, file, |_| picture.clone())
}

/// Shows `new` where `file` was shown; alternative texts stay.
pub fn with_file(body: &str, file: &str, new: &str) -> String {
    rewritten(body, file, |alt| format!("![{alt}]({new})"))
}

/// Puts a picture below the text.
pub fn with_picture(body: &str, file: &str, alt: &str) -> String {
    let text = body.trim_end();
    let gap = if text.is_empty() { "" } else { "\n\n" };
    format!("{text}{gap}{}\n", picture(file, alt))
}

/// The files that are shown in a text, each once, in order.
pub fn pictures(body: &str) -> Vec<String> {
    let mut files: Vec<String> = Vec::new();
    for event in Parser::new_ext(body, options()) {
        if let Event::Start(Tag::Image { dest_url, .. }) = event
            && !files.iter().any(|known| *known == *dest_url)
        {
            files.push(dest_url.into_string());
        }
    }
    files
}

/// Takes the pictures that show `file` out, and the paragraph with it where nothing else is in it.
pub fn without_picture(body: &str, file: &str) -> String {
    let mut out = body.to_owned();
    for (place, _) in places(body, file).into_iter().rev() {
        let alone = body[..place.start].ends_with("\n\n") || place.start == 0;
        let after = body[place.end..].len() - body[place.end..].trim_start_matches('\n').len();
        let end = if alone && (after > 1 || place.end + after == body.len()) {
            place.end + after
        } else {
            place.end
        };
        out.replace_range(place.start..end, "");
    }
    let text = out.trim_end();
    if text.is_empty() {
        String::new()
    } else {
        format!("{text}\n")
    }
}

/// The Markdown of a picture, its words escaped.
fn picture(file: &str, alt: &str) -> String {
    let line = Line {
        spans: vec![Span {
            image: Some(Image::Part(0)),
            ..Span::default()
        }],
        ..Line::plain("picture")
    };
    let named = ImageRef {
        file: file.to_owned(),
        alt: alt.to_owned(),
    };
    render(&[line], &|_| Some(named.clone())).trim().to_owned()
}

fn rewritten(body: &str, file: &str, to: impl Fn(&str) -> String) -> String {
    let mut out = body.to_owned();
    for (place, alt) in places(body, file).into_iter().rev() {
        out.replace_range(place, &to(&body[alt]));
    }
    out
}

/// Where each image that shows `file` stands, and the Markdown of its alternative text, in order.
fn places(body: &str, file: &str) -> Vec<(Range<usize>, Range<usize>)> {
    let mut found = Vec::new();
    let mut inside: Option<(Range<usize>, Option<Range<usize>>, u32)> = None;
    for (event, at) in Parser::new_ext(body, options()).into_offset_iter() {
        match (&mut inside, event) {
            (None, Event::Start(Tag::Image { dest_url, .. })) if *dest_url == *file => {
                inside = Some((at, None, 0));
            }
            (Some((_, _, depth)), Event::Start(Tag::Image { .. })) => *depth += 1,
            (Some((place, alt, 0)), Event::End(TagEnd::Image)) => {
                let empty = place.start + 2..place.start + 2;
                found.push((place.clone(), alt.clone().unwrap_or(empty)));
                inside = None;
            }
            (Some((_, _, depth)), Event::End(TagEnd::Image)) => *depth -= 1,
            (Some((_, alt, _)), _) => match alt {
                Some(alt) => alt.end = alt.end.max(at.end),
                // an escape before the first letter belongs to it
                None => *alt = Some(at),
            },
            _ => {}
        }
    }
    for (place, alt) in &mut found {
        alt.start = place.start + 2;
        alt.end = alt.end.clamp(alt.start, place.end);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = "One.\n\n![Two women](photo-1.jpg)\n\nTwo ![](photo-2.png) three.\n\n    ![no](photo-1.jpg)\n";

    #[test]
    fn a_picture_is_described_where_it_stands_and_not_in_code() {
        assert_eq!(
            with_alt(BODY, "photo-1.jpg", "A [bus] stop"),
            BODY.replacen("![Two women]", "![A \\[bus\\] stop]", 1)
        );
        let odd = with_alt(BODY, "photo-2.png", "a ] b\n{{< x >}} \\");
        assert_eq!(
            super::super::text_of(&odd),
            super::super::text_of(BODY).replacen("Two  three", "Two a ] b {{< x >}} \\ three", 1)
        );
        assert_eq!(with_alt(BODY, "photo-2.png", "It"), BODY.replacen("![]", "![It]", 1));
        assert_eq!(with_alt(BODY, "photo-3.png", "It"), BODY);
    }

    #[test]
    fn another_file_keeps_the_words() {
        let body = with_alt(BODY, "photo-1.jpg", "A *star* [and] more");
        assert_eq!(
            with_file(&body, "photo-1.jpg", "photo-1.png"),
            body.replacen("](photo-1.jpg)", "](photo-1.png)", 1)
        );
        let nested = "![a ![b](photo-2.png) c](photo-1.jpg)\n";
        assert_eq!(
            with_file(nested, "photo-1.jpg", "x.png"),
            "![a ![b](photo-2.png) c](x.png)\n"
        );
    }

    #[test]
    fn a_paragraph_of_a_picture_goes_with_it() {
        assert_eq!(
            without_picture(BODY, "photo-1.jpg"),
            "One.\n\nTwo ![](photo-2.png) three.\n\n    ![no](photo-1.jpg)\n"
        );
        assert_eq!(
            without_picture(BODY, "photo-2.png"),
            BODY.replacen("![](photo-2.png)", "", 1)
        );
        assert_eq!(without_picture("![x](photo-1.jpg)\n", "photo-1.jpg"), "");
        assert_eq!(without_picture("One.\n\n![x](photo-1.jpg)\n", "photo-1.jpg"), "One.\n");
        assert_eq!(without_picture("![x](photo-1.jpg)\n\nOne.\n", "photo-1.jpg"), "One.\n");
    }

    #[test]
    fn a_new_picture_stands_below_the_text() {
        assert_eq!(
            with_picture("One.\n", "photo-3.jpg", "A [x]"),
            "One.\n\n![A \\[x\\]](photo-3.jpg)\n"
        );
        assert_eq!(with_picture("", "photo-3.jpg", ""), "![](photo-3.jpg)\n");
    }
}
