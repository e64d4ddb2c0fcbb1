//! The round, drawn: a bar on top, what scrolls, a line that says what happened, and every key at the foot. The terminal's own colours
//! stay, and nothing is said by colour alone.

use ratatui_core::buffer::Buffer;
use ratatui_core::layout::{Position, Rect};
use ratatui_core::style::{Modifier, Style};
use unicode_width::UnicodeWidthStr;

use super::facts;
use super::ink::{Hue, Ink, Piece, Row, line, wrap};
use super::keys::{self, GAP, Key, foot};
use super::over::{Meant, Over};
use super::page;
use super::round::{Open, Place, Round};
use super::spoken::told;
use crate::cli::report::{short, visible};
use crate::desk::account::shown;
use crate::desk::walk::age;
use crate::story::record::one_line;

/// Smaller than this there is no room for a story beside its keys.
const SMALLEST: (u16, u16) = (40, 12);

/// Draws everything; gives the place of the cursor where something is being written.
pub fn draw(round: &mut Round, area: Rect, buffer: &mut Buffer, color: bool) -> Option<Position> {
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        let words = format!("Make the window larger: {} by {} at least.", SMALLEST.0, SMALLEST.1);
        let rows = wrap(&[Piece::plain(&words)], area.width.into(), "", "");
        for (y, row) in (area.y..area.y + area.height).zip(&rows) {
            put(buffer, area, y, row, color);
        }
        return None;
    }
    let width = usize::from(area.width);
    let foot = foot(round.keys(), width, usize::from(area.height) / 6);
    let mut status = wrap(&[Piece::new(&status(round), Ink::strong())], width, "", "");
    status.truncate(3);
    let below = (foot.len() + status.len()) as u16;
    let paper = Rect {
        y: area.y + 1,
        height: area.height - 1 - below,
        ..area
    };
    round.page = (paper.height.into(), width);
    round.photos.window(area.height.into());
    bar(buffer, area, &title(round));
    let cursor = match &round.over {
        Some(_) => over(round, paper, buffer, color),
        None => {
            match round.place {
                Place::List => list(round, paper, buffer, color),
                Place::Story(_) => story(round, paper, buffer, color),
            }
            None
        }
    };
    let feet = foot.iter().map(|row| foot_row(row));
    for (y, row) in (area.y + area.height - below..).zip(status.into_iter().chain(feet)) {
        put(buffer, area, y, &row, color);
    }
    cursor
}

/// The keys stand out from their words.
fn foot_row(keys: &[&Key]) -> Row {
    let mut pieces = Row::new();
    for (at, key) in keys.iter().enumerate() {
        if at > 0 {
            pieces.push(Piece::plain(GAP));
        }
        let stands_out = Ink {
            strong: true,
            hue: Hue::Label,
            ..Ink::default()
        };
        pieces.push(Piece::new(key.key, stands_out));
        pieces.push(Piece::plain(&format!(" {}", key.short)));
    }
    pieces
}

fn put(buffer: &mut Buffer, area: Rect, y: u16, row: &Row, color: bool) {
    if y < area.y + area.height {
        buffer.set_line(area.x, y, &line(row, color), area.width);
    }
}

/// The bar on top: left and right, in reverse, so that it is one on light and on dark.
fn bar(buffer: &mut Buffer, area: Rect, (left, right): &(String, String)) {
    let style = Style::new().add_modifier(Modifier::REVERSED);
    buffer.set_style(Rect { height: 1, ..area }, style);
    let room = usize::from(area.width).saturating_sub(right.width() + 3);
    buffer.set_stringn(area.x + 1, area.y, short(left, room), room, style);
    let at = area.width.saturating_sub(right.width() as u16 + 1);
    buffer.set_stringn(area.x + at, area.y, right, right.width(), style);
}

fn title(round: &Round) -> (String, String) {
    match &round.place {
        Place::List => {
            let (many, all) = (round.shown.len(), round.walk.stories.len());
            let stories = if many == 1 {
                "1 story".to_owned()
            } else {
                format!("{many} stories")
            };
            let of = if many == all {
                " to review".to_owned()
            } else {
                format!(" of {all}")
            };
            let found = if round.find.is_empty() {
                String::new()
            } else {
                format!(" with \"{}\"", visible(&round.find))
            };
            let me = round.me.as_deref().map(|me| visible(&one_line(me))).unwrap_or_default();
            (format!("{stories}{of}{found}"), me)
        }
        Place::Story(open) => {
            let s = &open.reading.summary;
            let name = if s.author.is_empty() { &s.title } else { &s.author };
            let place = format!(
                "Story {} of {}: {}",
                round.at + 1,
                round.shown.len(),
                visible(&one_line(name))
            );
            let turn = facts::turn(&round.desk, s, round.me.as_deref());
            let turn = if turn.is_empty() {
                String::new()
            } else {
                format!(", turn: {}", visible(&one_line(&turn)))
            };
            (place, format!("{}{turn}", s.state))
        }
    }
}

/// The line above the keys: what is held comes first, then what happened.
fn status(round: &Round) -> String {
    let Place::Story(open) = &round.place else {
        return round.said.clone();
    };
    let held = match open.held.is_empty() || round.over.is_some() {
        true => String::new(),
        false => format!("{} Enter writes it down, u takes it back. ", told(&open.held)),
    };
    format!("{held}{}", round.said)
}

/// `text` in exactly `room` columns.
fn cell(text: &str, room: usize) -> String {
    let text = short(&visible(&one_line(text)), room);
    let blanks = room.saturating_sub(text.width());
    format!("{text}{}", " ".repeat(blanks))
}

fn list(round: &Round, area: Rect, buffer: &mut Buffer, color: bool) {
    let width = usize::from(area.width);
    // age, state and turn are short; author and place share what is left, and a wide screen has room for the title
    let (age_w, state_w) = (9, if width < 66 { 12 } else { 18 });
    let rest = width.saturating_sub(2 + age_w + state_w + 2);
    let (author_w, place_w, turn_w, title_w) = match rest {
        89.. => (28, 20, 24, rest - (28 + 20 + 24 + 4)),
        // one that is narrow has room for the author alone
        _ if width >= 66 => (rest - 14 - (rest - 14) / 3, (rest - 14) / 3 - 1, 12, 0),
        _ => (rest, 0, 0, 0),
    };
    let row = |cells: [&str; 6]| {
        let widths = [age_w, author_w, place_w, state_w, turn_w, title_w];
        let cells: Vec<String> = cells
            .iter()
            .zip(widths)
            .filter(|(_, w)| *w > 0)
            .map(|(c, w)| cell(c, w))
            .collect();
        cells.join(" ")
    };
    let head = format!("  {}", row(["CAME", "AUTHOR", "PLACE", "STATE", "TURN", "TITLE"]));
    put(
        buffer,
        area,
        area.y,
        &vec![Piece::new(&head, Ink::of(Hue::Label))],
        color,
    );
    let height = usize::from(area.height).saturating_sub(1);
    if round.shown.is_empty() {
        let words = match (round.walk.stories.is_empty(), round.find.is_empty()) {
            (true, _) => "Nothing waits: every story is decided. `m4c-stories fetch` takes new mail in.",
            (_, false) => "No story has these words. Esc shows all again.",
            _ => "No story waits for a reviewer. w shows all that are open.",
        };
        put(
            buffer,
            area,
            area.y + 2,
            &vec![Piece::plain(&format!("  {words}"))],
            color,
        );
    }
    let top = round
        .at
        .saturating_sub(height / 2)
        .min(round.shown.len().saturating_sub(height));
    for (y, at) in (top..round.shown.len()).take(height).enumerate() {
        let (_, s) = &round.walk.stories[round.shown[at]];
        let state = match (&s.damage, s.correction) {
            (Some(_), _) => "damaged".to_owned(),
            (None, true) => "corrected".to_owned(),
            _ => facts::state_and_checks(s),
        };
        let name = if s.author.is_empty() { &s.title } else { &s.author };
        let turn = facts::turn(&round.desk, s, round.me.as_deref());
        let came = age(s.received, round.desk.now);
        let mark = if at == round.at { "> " } else { "  " };
        let text = format!("{mark}{}", row([&came, name, &s.place, &state, &turn, &s.title]));
        let y = area.y + 1 + y as u16;
        put(
            buffer,
            area,
            y,
            &vec![Piece {
                text,
                ink: Ink::default(),
            }],
            color,
        );
        if at == round.at {
            buffer.set_style(
                Rect { y, height: 1, ..area },
                Style::new().add_modifier(Modifier::REVERSED),
            );
        }
    }
}

fn story(round: &mut Round, area: Rect, buffer: &mut Buffer, color: bool) {
    let (width, height) = (usize::from(area.width), usize::from(area.height));
    round.take_in_photos();
    let many = round.story_rows(width).len();
    // the last row tells where one is
    let height = height - 1;
    round.page.0 = height;
    let Place::Story(open) = &mut round.place else { return };
    open.scroll = open.scroll.min(many.saturating_sub(height));
    let (scroll, end) = (open.scroll, open.scroll + height >= many);
    open.seen_end |= end;
    let rows = round.story_rows(width);
    for (y, row) in rows[scroll..].iter().take(height).enumerate() {
        put(buffer, area, area.y + y as u16, row, color);
    }
    let more = match (end, scroll) {
        (true, 0) => "-- all of it ".to_owned(),
        (true, _) => "-- the end ".to_owned(),
        (false, _) => match many - scroll - height {
            1 => "-- 1 more row below: Space reads on ".to_owned(),
            more => format!("-- {more} more rows below: Space reads on "),
        },
    };
    let rest = width.saturating_sub(more.width());
    let row = vec![Piece::new(&format!("{more}{}", "-".repeat(rest)), Ink::of(Hue::Label))];
    put(buffer, area, area.y + area.height - 1, &row, color);
}

/// What lies over the story; it takes the whole paper.
fn over(round: &mut Round, area: Rect, buffer: &mut Buffer, color: bool) -> Option<Position> {
    let (width, height) = (usize::from(area.width), usize::from(area.height));
    let at_story = matches!(round.place, Place::Story(_));
    let mut cursor = None;
    let rows = match round.over.as_mut()? {
        Over::Help => help(at_story, width),
        Over::Failure(failure) => failed(failure, width),
        Over::Choose { question, choices } => {
            let mut rows = wrap(&[Piece::new(question, Ink::strong())], width, "", "");
            rows.push(Row::new());
            for (key, words, _) in choices {
                rows.extend(wrap(&[Piece::plain(words)], width, &format!("  {key}  "), "     "));
            }
            rows
        }
        Over::Letter(meant) => letter_rows(meant, width),
        Over::Changed { old, new, .. } => {
            let head = "This would change: [-taken out-]  {+put in+}";
            let mut rows = vec![vec![Piece::new(head, Ink::strong())], Row::new()];
            rows.extend(page::changes(old, new, width.min(96)));
            rows
        }
        Over::Write { question, pen, .. } => {
            let mut rows = wrap(&[Piece::new(question, Ink::strong())], width, "", "");
            rows.push(Row::new());
            cursor = Some(write(pen, &mut rows, area));
            rows
        }
        Over::Rewrite(_, pen) | Over::Text(_, pen) => {
            let mut rows = Vec::new();
            cursor = Some(write(pen, &mut rows, area));
            rows
        }
    };
    round.over_scroll = round.over_scroll.min(rows.len().saturating_sub(height));
    let scroll = cursor.map_or(round.over_scroll, |(_, scroll)| scroll);
    for (y, row) in rows.iter().skip(scroll).take(height).enumerate() {
        put(buffer, area, area.y + y as u16, row, color);
    }
    cursor.map(|((x, y), scroll)| Position {
        x: area.x + (x as u16).min(area.width - 1),
        y: area.y + (y - scroll) as u16,
    })
}

/// A letter before it goes, as its reader will have it.
pub fn letter_rows(meant: &Meant, width: usize) -> Vec<Row> {
    let letter = &meant.letter;
    let head = match meant.own.is_some() {
        true => "The author gets this letter, in your words:",
        false => "The author gets this letter:",
    };
    let mut rows = vec![vec![Piece::new(head, Ink::strong())], Row::new()];
    let to = letter.to.as_ref().map(shown).unwrap_or_default();
    for (label, value) in [("To:      ", &to), ("Subject: ", &letter.subject)] {
        rows.extend(wrap(&[Piece::plain(&one_line(value))], width, label, "         "));
    }
    if let Some(why) = &letter.held {
        let words = format!("It stays here: {why}. Your decision counts all the same.");
        rows.extend(wrap(&[Piece::new(&words, Ink::of(Hue::Caution))], width, "", ""));
    }
    rows.push(Row::new());
    for text in letter.text.trim_end().lines() {
        rows.extend(wrap(&[Piece::plain(text)], width.min(80), "  ", "  "));
    }
    rows
}

/// Adds the rows of what is being written; gives the cursor among `rows`, and how far they are to be scrolled to show it.
fn write(pen: &super::pen::Pen, rows: &mut Vec<Row>, area: Rect) -> ((usize, usize), usize) {
    let width = usize::from(area.width).saturating_sub(1);
    let above = rows.len();
    let places = pen.rows(width);
    let (row, column) = pen.cursor(&places);
    rows.extend(places.iter().map(|r| {
        vec![Piece {
            text: pen.row(r),
            ink: Ink::default(),
        }]
    }));
    let y = above + row;
    ((column, y), (y + 1).saturating_sub(usize::from(area.height)))
}

fn help(at_story: bool, width: usize) -> Vec<Row> {
    let keys = if at_story { keys::STORY } else { keys::LIST };
    let mut rows = Vec::new();
    for key in keys {
        let first = format!("{:<11}", key.key);
        rows.extend(wrap(&[Piece::plain(key.long)], width.min(100), &first, "           "));
    }
    rows
}

fn failed(failure: &crate::cli::report::Failure, width: usize) -> Vec<Row> {
    let mut rows = wrap(
        &[Piece::new(&one_line(&failure.what), Ink::of(Hue::Caution))],
        width,
        "",
        "",
    );
    rows.push(Row::new());
    for (label, text) in [("Because: ", &failure.why), ("Do this: ", &failure.hint)] {
        for (at, text) in text.lines().enumerate() {
            let first = if at == 0 { label } else { "         " };
            rows.extend(wrap(&[Piece::plain(text.trim_start())], width, first, "         "));
        }
    }
    rows
}

/// Whether anything is held that leaving would lose.
pub fn unwritten(place: &Place) -> Option<&Open> {
    match place {
        Place::Story(open) if !open.held.is_empty() => Some(open),
        _ => None,
    }
}
