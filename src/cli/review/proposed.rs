//! Later mails of the author as a reviewer reads them: words to the team as they came, a proposed revision beside the text.

use super::ink::{Hue, Ink, Piece, Row, wrap};
use super::page::{GUTTER, WIDE, WIDEST, changes, headline, side_by_side, titled};
use super::rendered;
use crate::cli::revisions::{Shown, UNPROVEN};
use crate::desk::revision::Later;
use crate::desk::walk::{Reading, later};
use crate::desk::{Desk, StoryRepo};
use crate::story::revision::without_pictures;

/// Every later mail, the proposed revisions in three ways; `whole` is the width of the window, `width` that of a text.
pub fn later_mails(desk: &Desk, repo: &StoryRepo, reading: &Reading, whole: usize, width: usize) -> Vec<Row> {
    let proposed = later::proposed(&reading.story);
    let mut out = Vec::new();
    for (number, mail) in &reading.later {
        if !proposed.iter().any(|l| l.number == *number) {
            headline(&mut out, &format!("The author wrote again (mail {number})"), width);
            out.extend(rendered::rows(mail, width));
        }
    }
    for later in &proposed {
        headline(
            &mut out,
            &format!(
                "A new text by the author (mail {}; m takes it or leaves it out)",
                later.number
            ),
            width,
        );
        match Shown::of(desk, repo, &reading.story, later) {
            Ok(shown) => out.extend(three_ways(later, &shown, whole, width)),
            Err(trouble) => {
                let words = format!("It cannot be shown: {trouble}.");
                out.extend(wrap(&[Piece::new(&words, Ink::of(Hue::Caution))], width, "", ""));
            }
        }
    }
    out
}

/// The author's words before, ours, and the author's new ones: in a wide window side by side, and what each changed in any.
fn three_ways(later: &Later, shown: &Shown, whole: usize, width: usize) -> Vec<Row> {
    let mut out = Vec::new();
    if shown.unproven {
        out.extend(wrap(
            &[Piece::new(&format!("Look out: {UNPROVEN}."), Ink::of(Hue::Caution))],
            width,
            "",
            "",
        ));
        out.push(Row::new());
    }
    let view = &shown.view;
    let ours = without_pictures(&view.ours);
    let changed = ours != view.base;
    let said = |out: &mut Vec<Row>, words: &str| {
        if out.last().is_some_and(|row| !row.is_empty()) {
            out.push(Row::new());
        }
        out.extend(wrap(&[Piece::new(words, Ink::strong())], width, "", ""));
    };
    if shown.has_text {
        if whole >= WIDE {
            let column = ((whole - 2 * GUTTER.len()) / 3).min(WIDEST);
            let text = |head: &str, text: &str| titled(head, rendered::rows(text, column), column);
            let two = side_by_side(text("The author's words", &view.base), text("Your text", &ours), column);
            let new = text("The author's new words", &view.theirs);
            out.extend(side_by_side(two, new, 2 * column + GUTTER.len()));
        }
        said(
            &mut out,
            &format!(
                "What the author changed in mail {}: [-taken out-]  {{+put in+}}",
                later.number
            ),
        );
        out.extend(changes(&view.base, &view.theirs, width));
        if changed {
            said(&mut out, "What you changed meanwhile:");
            out.extend(changes(&view.base, &ours, width));
        }
        if view.merged.conflict {
            said(
                &mut out,
                "Both changed the same words; both wordings stand here between the marks:",
            );
            let rows = view.merged.text.lines().filter(|line| !line.trim().is_empty());
            rows.for_each(|line| out.extend(wrap(&[Piece::plain(line)], width, "", "")));
        } else if view.merged.text == view.ours {
            said(&mut out, "Taking it would change nothing in your text.");
        } else if changed {
            said(&mut out, "What taking it makes of your text:");
            out.extend(changes(&view.ours, &view.merged.text, width));
        }
    }
    if !shown.left_out.is_empty() {
        said(&mut out, "Taken for words to you, and left out:");
        for words in &shown.left_out {
            out.extend(rendered::rows(words, width));
        }
    }
    for (photo, alt) in &view.photos {
        let alt = if alt.is_empty() { "not said what it shows" } else { alt };
        said(
            &mut out,
            &format!("A new photo, {} x {} ({alt})", photo.width, photo.height),
        );
    }
    out
}
