//! What a reviewer reads of a story, laid out from top to bottom: its facts, the text as readers will see it,
//! and on wish what was cut, what was changed, and what happened.

use unicode_width::UnicodeWidthStr;

use super::facts::facts;
use super::ink::{Hue, Ink, Piece, Row, words, wrap};
use super::photos::Photos;
use super::{proposed, rendered};
use crate::desk::walk::{Reading, said};
use crate::desk::{Desk, StoryRepo};
use crate::story::record::one_line;
use crate::story::wording::{self, Fate};

/// What is shown beside the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct View {
    pub cut: bool,
    pub own_words: bool,
    pub history: bool,
}

/// What can be shown beside the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Cut,
    OwnWords,
    History,
}

/// Longer lines than this are hard to read.
pub(super) const WIDEST: usize = 96;

/// The story in rows of at most `width` columns.
pub fn rows(
    desk: &Desk,
    repo: &StoryRepo,
    reading: &Reading,
    me: Option<&str>,
    view: View,
    photos: &Photos,
    width: usize,
) -> Vec<Row> {
    let whole = width;
    let width = width.min(WIDEST);
    let story = &reading.story;
    let front = story.front();
    let mut out = vec![vec![Piece::new(&one_line(&story.title()), Ink::of(Hue::Heading))]];
    if let Some(subtitle) = &front.subtitle {
        out.extend(wrap(&[Piece::plain(&one_line(subtitle))], width, "", ""));
    }
    out.push(Row::new());
    for (label, value, hue) in facts(desk, reading, me) {
        let label = format!("{label:<11}");
        let value = Piece::new(&one_line(&value), Ink::of(hue));
        let mut rows = wrap(&[value], width.saturating_sub(label.len()).max(10), "", "");
        for (at, row) in rows.iter_mut().enumerate() {
            let label = if at == 0 {
                label.clone()
            } else {
                " ".repeat(label.len())
            };
            row.insert(0, Piece::new(&label, Ink::of(Hue::Label)));
        }
        out.extend(rows);
    }
    let beside = view.own_words && whole >= WIDE;
    if beside {
        let column = ((whole - GUTTER.len()) / 2).min(WIDEST);
        let left = titled("As readers will see it", text(reading, photos, column), column);
        let own = reading.own_words(desk, repo);
        let right = match &own {
            Ok(own) => rendered::rows(own, column),
            Err(trouble) => wrap(&[Piece::plain(&trouble.to_string())], column, "", ""),
        };
        let right = titled("What the author wrote", right, column);
        out.extend(side_by_side(left, right, column));
        if let Some(own) = own.ok().filter(|own| own.trim_end() != story.page.body().trim_end()) {
            out.extend(titled(
                "What was changed: [-taken out-]  {+put in+}",
                changes(&own, story.page.body(), width),
                width,
            ));
        }
    } else {
        out.extend(titled("As readers will see it", text(reading, photos, width), width));
    }
    out.extend(proposed::later_mails(desk, repo, reading, whole, width));
    for (shown, part) in [
        (view.cut, Part::Cut),
        (view.own_words && !beside, Part::OwnWords),
        (view.history, Part::History),
    ] {
        if shown {
            out.extend(self::part(desk, repo, reading, part, width));
        }
    }
    out
}

/// One part of what is shown beside the text.
pub fn part(desk: &Desk, repo: &StoryRepo, reading: &Reading, part: Part, width: usize) -> Vec<Row> {
    let mut out = Vec::new();
    match part {
        Part::Cut => cut(reading, &mut out, width),
        Part::OwnWords => own_words(desk, repo, reading, &mut out, width),
        Part::History => history(desk, reading, &mut out, width),
    }
    out
}

/// The text of the story.
fn text(reading: &Reading, photos: &Photos, width: usize) -> Vec<Row> {
    let rows = photos.text(reading, width);
    match rows.is_empty() {
        true => vec![vec![Piece::new("There is no text.", Ink::of(Hue::Caution))]],
        false => rows,
    }
}

/// A window this wide has room for two texts.
pub(super) const WIDE: usize = 140;
pub(super) const GUTTER: &str = " | ";

/// Two columns, the left one `width` wide.
pub(super) fn side_by_side(left: Vec<Row>, right: Vec<Row>, width: usize) -> Vec<Row> {
    let many = left.len().max(right.len());
    let (mut left, mut right) = (left.into_iter(), right.into_iter());
    let pairs = (0..many).map(|_| (left.next().unwrap_or_default(), right.next().unwrap_or_default()));
    let joined = pairs.map(|(mut row, right)| {
        let blanks = width.saturating_sub(words(&row).width());
        row.push(Piece::new(
            &format!("{}{GUTTER}", " ".repeat(blanks)),
            Ink::of(Hue::Label),
        ));
        row.extend(right);
        row
    });
    joined.collect()
}

pub(super) fn titled(words: &str, rows: Vec<Row>, width: usize) -> Vec<Row> {
    let mut out = Vec::new();
    headline(&mut out, words, width);
    out.extend(rows);
    out
}

pub(super) fn headline(out: &mut Vec<Row>, words: &str, width: usize) {
    let line = format!("-- {words} ");
    let rest = width.min(72).saturating_sub(line.chars().count());
    out.push(Row::new());
    out.push(vec![Piece::new(
        &format!("{line}{}", "-".repeat(rest)),
        Ink::of(Hue::Label),
    )]);
    out.push(Row::new());
}

fn cut(reading: &Reading, out: &mut Vec<Row>, width: usize) {
    headline(out, "What was cut from the mail (b brings it back)", width);
    if reading.cut.is_empty() {
        let words = match reading.people {
            Some(_) => "Nothing was cut.",
            None => "What was cut is not known here: this desk has no private part of the story.",
        };
        out.push(vec![Piece::plain(words)]);
    }
    for piece in &reading.cut {
        let back = if reading.back.contains(&piece.n) {
            " (back in the text)"
        } else {
            ""
        };
        let head = format!("{}. {}{back}", piece.n, one_line(&piece.why));
        out.extend(wrap(&[Piece::new(&head, Ink::strong())], width, "", "   "));
        for line in piece.text.lines() {
            out.extend(wrap(&[Piece::plain(line)], width, "   | ", "   | "));
        }
    }
}

fn own_words(desk: &Desk, repo: &StoryRepo, reading: &Reading, out: &mut Vec<Row>, width: usize) {
    headline(out, "What the author wrote", width);
    match reading.own_words(desk, repo) {
        Err(trouble) => out.extend(wrap(&[Piece::plain(&trouble.to_string())], width, "", "")),
        Ok(own) if own.trim_end() == reading.story.page.body().trim_end() => {
            out.push(vec![Piece::plain(
                "The text above is what the author wrote: nothing was changed.",
            )]);
        }
        Ok(own) => {
            out.extend(wrap(&[Piece::plain("[-taken out-]  {+put in+}")], width, "", ""));
            out.push(Row::new());
            out.extend(changes(&own, reading.story.page.body(), width));
        }
    }
}

/// The words that were taken out and put in, paragraphs that stayed left out.
pub fn changes(old: &str, new: &str, width: usize) -> Vec<Row> {
    let mut paragraphs: Vec<(bool, Vec<Piece>)> = vec![(false, Vec::new())];
    for (fate, text) in wording::changes(old, new) {
        let (open, close, hue) = match fate {
            Fate::Same => ("", "", Hue::Plain),
            Fate::Gone => ("[-", "-]", Hue::Bad),
            Fate::New => ("{+", "+}", Hue::Good),
        };
        let changed = fate != Fate::Same;
        for (at, part) in text.split('\n').enumerate() {
            if at > 0 {
                paragraphs.push((changed, Vec::new()));
            }
            let Some((was_changed, pieces)) = paragraphs.last_mut() else {
                continue;
            };
            *was_changed |= changed;
            if !part.is_empty() {
                pieces.push(Piece::new(&format!("{open}{part}{close}"), Ink::of(hue)));
            }
        }
    }
    let mut out = Vec::new();
    let mut left_out = false;
    for (changed, pieces) in paragraphs {
        if pieces.is_empty() {
            continue;
        }
        if changed {
            out.extend(wrap(&pieces, width, "", ""));
        } else if !left_out {
            out.push(vec![Piece::new("...", Ink::of(Hue::Label))]);
        }
        left_out = !changed;
    }
    out
}

fn history(desk: &Desk, reading: &Reading, out: &mut Vec<Row>, width: usize) {
    headline(out, "What happened", width);
    let seals = crate::desk::seal::seals(&reading.story);
    for event in &reading.story.record.events {
        let at = event.at.to_zoned_datetime(desk.config.team.timezone.clone());
        let signed = match desk.worth(&reading.story, &seals, event) {
            None => String::new(),
            Some(Ok(())) => " (signed)".to_owned(),
            Some(Err(doubt)) => format!(" ({doubt})"),
        };
        let words = format!(
            "{}  {} {}{signed}",
            at.strftime("%Y-%m-%d %H:%M"),
            event.by.name,
            said(&event.what)
        );
        out.extend(wrap(&[Piece::plain(&one_line(&words))], width, "", "    "));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_shown_in_words_that_need_no_colour() {
        let rows = changes(
            "One.\n\nI clean at nite.\n\nEnd.\n",
            "One.\n\nI clean at night.\n\nEnd.\n",
            60,
        );
        let rows: Vec<String> = rows.iter().map(words).collect();
        assert_eq!(rows, ["...", "I clean at [-nite.-]{+night.+}", "..."]);
    }
}
