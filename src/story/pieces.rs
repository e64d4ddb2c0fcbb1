//! One text, several stories: where each begins, and the words of each with the lines they stood on.

use std::ops::RangeInclusive;

use super::draft::{heads, name_in_head};
use super::markdown::text_of;
use super::passage::{Kind, Line, Span};

/// A part of a story's text that is a story of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Lines of `index.md`, from 1.
    pub lines: RangeInclusive<u32>,
    /// The name in the line above its words, where it is one.
    pub author: Option<String>,
    /// Markdown, without that line.
    pub body: String,
}

/// A line that a person puts where a new story begins.
pub const MARK: &str = "===== a new story begins here =====";

/// The lines of `index.md` at which the second story and those after it seem to begin: at names that stand alone, "Story 2", "Name: ...".
pub fn suggested(index: &str, body: &str) -> Vec<u32> {
    let before = lines_before(index, body);
    let lines: Vec<Line> = body.lines().map(as_line).collect();
    let heads = heads(&lines);
    heads.iter().skip(1).map(|at| before + *at as u32 + 1).collect()
}

/// The pieces that begin at these lines of `index.md`; the first begins where the text begins. `Err`: why there are none.
pub fn cut(index: &str, body: &str, at: &[u32]) -> Result<Vec<Piece>, String> {
    let before = lines_before(index, body);
    let lines: Vec<&str> = body.lines().collect();
    let last = before + lines.len() as u32;
    let mut starts: Vec<u32> = at.to_vec();
    starts.sort_unstable();
    starts.dedup();
    if let Some(bad) = starts.iter().find(|line| **line <= before + 1 || **line > last) {
        return Err(format!(
            "line {bad} is not inside the text, which has lines {} to {last}",
            before + 1
        ));
    }
    starts.insert(0, before + 1);
    let ends = starts[1..].iter().map(|start| start - 1).chain([last]);
    let mut pieces = Vec::new();
    for (start, end) in starts.iter().copied().zip(ends) {
        let own = &lines[(start - before - 1) as usize..(end - before) as usize];
        let piece = piece(own, start, end);
        if piece.body.trim().is_empty() {
            return Err(format!("lines {start} to {end} have no words of a story"));
        }
        pieces.push(piece);
    }
    Ok(pieces)
}

fn piece(lines: &[&str], start: u32, end: u32) -> Piece {
    let first = lines.iter().position(|line| !line.trim().is_empty());
    let author = first.and_then(|at| name_in_head(&as_line(lines[at]).words()));
    let words: Vec<&str> = match (first, &author) {
        (Some(at), Some(_)) => lines[at + 1..].to_vec(),
        _ => lines.to_vec(),
    };
    Piece {
        lines: start..=end,
        author,
        body: format!("{}\n", words.join("\n").trim_matches('\n')),
    }
}

/// The text with marks where stories seem to begin, for a person to move.
pub fn marked(body: &str, index: &str, at: &[u32]) -> String {
    let before = lines_before(index, body);
    let mut out = String::new();
    for (place, line) in body.lines().enumerate() {
        if at.contains(&(before + place as u32 + 1)) {
            out.push_str(&format!("{MARK}\n"));
        }
        out.push_str(&format!("{line}\n"));
    }
    out
}

/// The lines of `index.md` before which a person left marks. `Err`: they changed the words, too.
pub fn unmarked(marked: &str, body: &str, index: &str) -> Result<Vec<u32>, String> {
    let before = lines_before(index, body);
    let (mut at, mut words) = (Vec::new(), Vec::new());
    for line in marked.lines() {
        if line.trim_end() == MARK {
            at.push(before + words.len() as u32 + 1);
        } else {
            words.push(line);
        }
    }
    let same = words.iter().map(|l| l.trim_end()).eq(body.lines().map(str::trim_end));
    match same {
        true => Ok(at),
        false => Err("the words were changed, too".to_owned()),
    }
}

/// How many lines of `index.md` stand before the text.
fn lines_before(index: &str, body: &str) -> u32 {
    let at = index.len() - body.len();
    index[..at].matches('\n').count() as u32
}

/// A line of Markdown as it reads, for the rules that know lines of mails.
fn as_line(markdown: &str) -> Line {
    let text = markdown.trim();
    let words = text_of(text).trim().to_owned();
    if words.is_empty() {
        return Line::plain("");
    }
    let level = text.bytes().take_while(|b| *b == b'#').count();
    let kind = match text[level..].starts_with(' ') && (1..=6).contains(&level) {
        true => Kind::Heading(level as u8),
        false => Kind::Text,
    };
    let bold = text.len() > 4 && text.starts_with("**") && text.trim_end_matches('\\').ends_with("**");
    Line {
        kind,
        spans: vec![Span {
            bold,
            ..Span::text(words)
        }],
        ..Line::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: &str = "We knocked on every door of the house and asked what was wrong with it, and in the end we had ninety answers, \
                        which we took to the council on a cold Monday in March.";

    fn page(body: &str) -> String {
        format!("+++\ntitle = \"T\"\n+++\n\n{body}")
    }

    #[test]
    fn stories_begin_at_names_that_stand_alone() {
        let body = format!("Here are two stories.\n\n## Marion Maxwell\n\n{LONG}\n\n**Tom Okafor**\n\n{LONG}\n");
        let index = page(&body);
        let at = suggested(&index, &body);
        assert_eq!(at, [11]);
        assert_eq!(index.lines().nth(10), Some("**Tom Okafor**"));
        let pieces = cut(&index, &body, &at).unwrap();
        assert_eq!(
            (pieces[0].lines.clone(), &pieces[0].author),
            (5..=10, &None),
            "words stand before the name"
        );
        assert!(pieces[0].body.starts_with("Here are two stories.\n\n## Marion"));
        assert_eq!(
            (pieces[1].lines.clone(), pieces[1].author.as_deref()),
            (11..=13, Some("Tom Okafor"))
        );
        assert_eq!(pieces[1].body, format!("{LONG}\n"));
    }

    #[test]
    fn numbered_and_labelled_heads_are_heads_and_other_lines_are_none() {
        let body = format!("Story 1: Marion Maxwell\n\n{LONG}\n\nStory 2\n\n{LONG}\n\nName: Joan Hill\n\n{LONG}\n");
        let index = page(&body);
        let at = suggested(&index, &body);
        let pieces = cut(&index, &body, &at).unwrap();
        let authors: Vec<_> = pieces.iter().map(|p| p.author.as_deref()).collect();
        assert_eq!(authors, [Some("Marion Maxwell"), None, Some("Joan Hill")]);
        for body in [
            format!("{LONG}\n\n{LONG}\n"),
            format!("## Marion Maxwell\n\n{LONG}\n"),
            String::new(),
        ] {
            assert!(suggested(&page(&body), &body).is_empty(), "{body}");
        }
    }

    #[test]
    fn every_line_is_in_one_piece_and_places_outside_the_text_are_refused() {
        let body = format!("{LONG}\n\nTom\n\n{LONG}\n\n{LONG}\n");
        let index = page(&body);
        let pieces = cut(&index, &body, &[11, 7, 11]).unwrap();
        assert_eq!(
            pieces.iter().map(|p| p.lines.clone()).collect::<Vec<_>>(),
            [5..=6, 7..=10, 11..=11]
        );
        for bad in [&[1][..], &[5], &[12], &[7, 8]] {
            assert!(cut(&index, &body, bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn marks_are_moved_and_words_are_not_changed_with_them() {
        let body = format!("{LONG}\n\nTom\n\n{LONG}\n");
        let index = page(&body);
        let shown = marked(&body, &index, &[7]);
        assert!(shown.contains(&format!("\n{MARK}\nTom\n")), "{shown}");
        assert_eq!(unmarked(&shown, &body, &index), Ok(vec![7]));
        assert!(unmarked(&shown.replace("ninety", "sixty"), &body, &index).is_err());
        assert_eq!(unmarked(&body, &body, &index), Ok(vec![]));
    }
}
