//! Headers that ran together: all of a header on one line, or broken where a line was full. They are put on lines of their
//! own, and what goes on behind them is text.

use std::borrow::Cow;

use crate::story::passage::{Kind, Line, Span};

use super::header_block::{Field, fields_in};
use super::mark::{Mark, mark};
use super::subject;

/// Bytes of a line in which a header is looked for: all of a mail may be one line.
const HEAD: usize = 2000;

/// Lines over which one header may be broken.
const MOST_LINES: usize = 4;

/// Characters that a date takes at most.
const LONGEST_DATE: usize = 50;

/// The lines, where a header ran together with one field a line, and the words behind it under a blank line. `subject` is that
/// of the mail: it tells where a forwarded one ends. Without it all words behind `Subject:` are text.
pub fn apart<'a>(lines: &'a [Line], subject: &str) -> Cow<'a, [Line]> {
    let mut out: Option<Vec<Line>> = None;
    let mut at = 0;
    while at < lines.len() {
        match header(&lines[at..], subject) {
            Some((count, found)) => {
                out.get_or_insert_with(|| lines[..at].to_vec()).extend(found);
                at += count;
            }
            None => {
                if let Some(out) = &mut out {
                    out.push(lines[at].clone());
                }
                at += 1;
            }
        }
    }
    out.map_or(Cow::Borrowed(lines), Cow::Owned)
}

/// The header that `lines` begin with, taken apart, and how many of them it was.
fn header(lines: &[Line], subject: &str) -> Option<(usize, Vec<Line>)> {
    let text = head(&lines[0])?;
    let begin = behind_a_mark(&text);
    // Nearly every line of every mail comes here.
    memchr::memchr_iter(b':', &text.as_bytes()[begin..]).nth(1)?;
    let mut known: Vec<Field> = Vec::new();
    let mut places: Vec<Vec<(Field, usize, usize)>> = Vec::new();
    let mut addressed = false;
    for (n, line) in lines.iter().take(MOST_LINES).enumerate() {
        let text = head(line).filter(|t| line.quote == lines[0].quote && !t.trim().is_empty());
        let Some(text) = text else { break };
        let begin = if n == 0 { begin } else { 0 };
        let found = fields_in(&text[begin..]);
        if n == 0 && (found.len() < 2 || found[0].0 != Field::From || found[0].1 > 2) {
            return None;
        }
        let new: Vec<_> = found
            .into_iter()
            .filter(|(field, ..)| !known.contains(field))
            .map(|(field, name, value)| (field, begin + name, begin + value))
            .collect();
        known.extend(new.iter().map(|(field, ..)| *field));
        addressed |= text.contains('@');
        places.push(new);
        if known.contains(&Field::Subject) && known.contains(&Field::Date) {
            break;
        }
    }
    let has = |field| known.contains(&field);
    let whole = has(Field::Date) && known.len() >= 3 || begin > 0 && known.len() >= 2;
    // a line without a field below the last is none of the header
    while places.last().is_some_and(Vec::is_empty) {
        places.pop();
    }
    if !whole || !(addressed || has(Field::Date) && has(Field::Subject)) {
        return None;
    }
    let mut out = Vec::new();
    for (n, fields) in places.iter().enumerate() {
        let line = &lines[n];
        let mut cuts: Vec<usize> = fields.iter().map(|(_, name, _)| *name).filter(|at| *at > 0).collect();
        let last = (n + 1 == places.len()).then(|| fields.last()).flatten();
        let text = line.words();
        let ends = last.map(|(field, _, value)| value + ends_at(*field, &text[*value..], subject));
        let ends = ends.filter(|at| !text[*at..].trim().is_empty());
        cuts.extend(ends);
        let mut parts = split(line, &cuts);
        if ends.is_some() {
            let rest = parts.pop()?;
            let blank = Line {
                kind: Kind::Blank,
                quote: line.quote,
                hints: line.hints,
                ..Line::default()
            };
            parts.extend([blank, rest]);
        }
        out.extend(parts);
    }
    Some((places.len(), out))
}

fn head(line: &Line) -> Option<Cow<'_, str>> {
    if !matches!(line.kind, Kind::Text | Kind::Quote) {
        return None;
    }
    let cut = |text: &str| (0..=text.len().min(HEAD)).rev().find(|at| text.is_char_boundary(*at));
    Some(match line.words() {
        Cow::Borrowed(text) => Cow::Borrowed(&text[..cut(text)?]),
        Cow::Owned(mut text) => {
            text.truncate(cut(&text)?);
            Cow::Owned(text)
        }
    })
}

/// Where the header begins in `-------- Original message --------From: ...`; 0 where no such mark leads it.
fn behind_a_mark(text: &str) -> usize {
    let found = || {
        let (words, rest) = text.strip_prefix("--")?.trim_start_matches('-').split_once("--")?;
        let kind = mark(&format!("--{}--", words.to_lowercase()))?;
        let header = rest.trim_start_matches(['-', ' ']);
        matches!(kind, Mark::Original | Mark::Forwarded).then(|| text.len() - header.len())
    };
    found().unwrap_or(0)
}

/// How many bytes of `text` the value of the field is.
fn ends_at(field: Field, text: &str, subject: &str) -> usize {
    match field {
        Field::Subject => subject_ends(text, subject),
        Field::Date if text.chars().count() > LONGEST_DATE => {
            let most = text.char_indices().nth(LONGEST_DATE).map_or(text.len(), |(at, _)| at);
            let digit = text[..most].rfind(|c: char| c.is_ascii_digit());
            let end = digit.map_or(0, |at| at + 1);
            let zone = |rest: &&str| rest.starts_with([')', ' ']);
            let zone = Some(&text[end..]).filter(zone).map_or(0, |rest| {
                [")", " AM", " PM"]
                    .iter()
                    .find(|z| rest.starts_with(**z))
                    .map_or(0, |z| z.len())
            });
            end + zone
        }
        Field::Date => text.len(),
        Field::From | Field::To | Field::Other => addresses_end(text),
    }
}

/// Behind the mail's own subject, where the text begins with it; its beginning where it does not.
fn subject_ends(text: &str, subject: &str) -> usize {
    let wanted = bare(subject);
    let found = bare(text);
    let mut rest = found.chars();
    let same = !wanted.is_empty()
        && wanted.chars().all(|c| {
            rest.next()
                .is_some_and(|other| other.to_lowercase().eq(c.to_lowercase()))
        });
    match same && !rest.as_str().starts_with(char::is_alphanumeric) {
        true => text.len() - rest.as_str().len(),
        false => 0,
    }
}

/// A subject without its `Re:` and `Fwd:`.
fn bare(subject: &str) -> &str {
    let mut subject = subject.trim();
    while let Some(at) = subject.find([':', '：']) {
        let end = at + subject[at..].chars().next().map_or(1, char::len_utf8);
        if subject::says(&subject[..end]) == subject::Says::Nothing {
            break;
        }
        subject = subject[end..].trim_start();
    }
    subject
}

/// Behind the last address of a list of them; the end where there is no address.
fn addresses_end(text: &str) -> usize {
    let mut end = 0;
    while let Some(at) = text[end..].find('@') {
        let from = end + at;
        let close = text[from..]
            .find([' ', '\u{a0}', ',', ';'])
            .map_or(text.len(), |n| from + n);
        end = close;
        let rest = text[close..].trim_start();
        if !rest.starts_with([',', ';']) {
            return end;
        }
        end = text.len() - rest.len() + 1;
    }
    if end == 0 { text.len() } else { end }
}

/// The line in pieces that begin at these places of its words.
fn split(line: &Line, cuts: &[usize]) -> Vec<Line> {
    let empty = || Line {
        spans: Vec::new(),
        ..line.clone()
    };
    let mut out = vec![empty()];
    let mut cuts = cuts.iter().peekable();
    let mut at = 0;
    for span in &line.spans {
        if span.image.is_some() {
            out.last_mut().expect("one is there").spans.push(span.clone());
            continue;
        }
        let mut text = span.text.as_str();
        while let Some(cut) = cuts.next_if(|cut| **cut <= at + text.len()) {
            let (before, rest) = text.split_at(cut - at);
            if !before.is_empty() {
                let text = before.to_owned();
                out.last_mut()
                    .expect("one is there")
                    .spans
                    .push(Span { text, ..span.clone() });
            }
            out.push(empty());
            (at, text) = (*cut, rest);
        }
        if !text.is_empty() {
            let rest = text.to_owned();
            out.last_mut().expect("one is there").spans.push(Span {
                text: rest,
                ..span.clone()
            });
        }
        at += text.len();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parted(text: &str, subject: &str) -> Vec<String> {
        let lines: Vec<Line> = text.lines().map(Line::plain).collect();
        let out = apart(&lines, subject);
        let whole = |lines: &[Line]| lines.iter().map(|l| l.words().into_owned()).collect::<String>();
        assert_eq!(whole(&out), whole(&lines), "no character is lost or made");
        out.iter().map(|l| l.words().trim().to_owned()).collect()
    }

    #[test]
    fn a_header_on_one_line_becomes_lines_and_what_goes_on_behind_it_is_text() {
        let head = "From: Bo <bo@example.org> Date: 4/12/2010 10:00 (GMT+00:00) To: a@example.org";
        let fields = [
            "From: Bo <bo@example.org>",
            "Date: 4/12/2010 10:00 (GMT+00:00)",
            "To: a@example.org",
        ];
        for (end, subject, last) in [
            (
                "Subject: My garden I began long ago",
                "Fwd: My garden",
                &["Subject: My garden", "", "I began long ago"][..],
            ),
            (
                "Subject: RE: my garden I began",
                "Re: Fwd: My garden",
                &["Subject: RE: my garden", "", "I began"],
            ),
            (
                "Subject: My gardens are two",
                "Fwd: My garden",
                &["Subject:", "", "My gardens are two"],
            ),
            (
                "Subject: My garden I began",
                "Another",
                &["Subject:", "", "My garden I began"],
            ),
            ("Subject: My garden", "Fwd: My garden", &["Subject: My garden"]),
        ] {
            let wanted: Vec<&str> = fields.iter().chain(last).copied().collect();
            assert_eq!(parted(&format!("{head} {end}"), subject), wanted, "{end}");
            let marked = parted(&format!("-------- Original message --------{head} {end}"), subject);
            assert_eq!(marked[0], "-------- Original message --------");
            assert_eq!(marked[1..], wanted, "{end}");
        }
        assert_eq!(
            parted(
                "From: Bo <bo@example.org> Subject: My garden Date: 4 May To: a@example.org, b@example.org I began",
                ""
            ),
            [
                "From: Bo <bo@example.org>",
                "Subject: My garden",
                "Date: 4 May",
                "To: a@example.org, b@example.org",
                "",
                "I began"
            ]
        );
    }

    #[test]
    fn a_header_that_was_broken_where_the_line_was_full_is_one() {
        assert_eq!(
            parted(
                "From: Bo <bo@example.org> Sent: 4/12/2010 10:00 To:\na@example.org Subject: My garden I began\nlong ago.",
                "Fwd: My garden"
            ),
            [
                "From: Bo <bo@example.org>",
                "Sent: 4/12/2010 10:00",
                "To:",
                "a@example.org",
                "Subject: My garden",
                "",
                "I began",
                "long ago."
            ]
        );
    }

    #[test]
    fn other_lines_stay_as_they_are() {
        for text in [
            "From: Bo <bo@example.org>\nDate: 4/12/2010 10:00\nSubject: My garden\nI began",
            "From: ten to: twelve we sat there.",
            "We came from: Leeds, date: unknown, subject: none.",
            "-- a -- b: c: d",
        ] {
            let lines: Vec<&str> = text.lines().collect();
            assert_eq!(parted(text, "My garden"), lines, "{text}");
        }
    }

    #[test]
    fn styles_and_places_survive_the_parting() {
        let bold = Span {
            bold: true,
            ..Span::text("From: Bo <bo@example.org> Date: 4/12/2010 10:00 Subject: My garden I be")
        };
        let line = Line {
            spans: vec![bold.clone(), Span::text("gan long ago")],
            quote: 2,
            ..Line::default()
        };
        let out = apart(std::slice::from_ref(&line), "My garden").into_owned();
        assert!(out.iter().all(|l| l.quote == 2));
        let last = out.last().expect("the text");
        let spans: Vec<(&str, bool)> = last.spans.iter().map(|s| (s.text.as_str(), s.bold)).collect();
        assert_eq!(spans, [(" I be", true), ("gan long ago", false)]);
    }
}
