//! Photos on the screen, once somebody asks for them: half blocks, the upper pixel in the colour of the letter, the lower one behind it.
//! They are opened beside the drawing, so that a large one keeps nobody from reading.

use std::collections::{BTreeMap, HashSet};
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::thread::JoinHandle;

use ratatui_core::style::Color;

use super::ink::{Hue, Ink, Piece, Row, words, wrap};
use super::page::WIDEST;
use super::rendered;
use super::screen::undisturbed;
use crate::desk::walk::Reading;
use crate::desk::walk::photos::Negative;
use crate::hands;
use crate::media::Picture;
use crate::story::TextHash;

/// The upper half of a cell.
const HALF: &str = "▀";

/// So many rows of a window are for others than a picture: the bar, its words, and what stands at the foot.
const BESIDE: usize = 8;
/// More rows than this are no longer taken in at a look.
const TALLEST: usize = 40;

/// How many colours a terminal has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// 24 bits.
    True,
    /// The palette of 256.
    Palette,
}

impl Depth {
    /// What the terminal says of itself in COLORTERM and TERM; `color`: whether any is wanted. Errs with why no photo can be shown.
    pub fn of(color: bool, colorterm: Option<&str>, term: Option<&str>) -> Result<Depth, &'static str> {
        if !color {
            return Err("Photos cannot be shown without colour; p shows the page in the browser.");
        }
        match (colorterm, term) {
            (Some("truecolor" | "24bit"), _) => Ok(Depth::True),
            (_, Some(term)) if term.contains("256color") => Ok(Depth::Palette),
            _ => {
                Err("Photos cannot be shown: this terminal does not say that it has 256 colours. p opens the browser.")
            }
        }
    }

    fn color(self, [r, g, b]: [u8; 3]) -> Color {
        match self {
            Depth::True => Color::Rgb(r, g, b),
            Depth::Palette => Color::Indexed(nearest([r, g, b])),
        }
    }
}

/// The nearest of the 256 colours that are the same on every terminal: a cube of 6 by 6 by 6, and 24 greys. The first 16 are the user's.
fn nearest(wanted: [u8; 3]) -> u8 {
    const LEVELS: [u8; 6] = [0, 95, 135, 175, 215, 255];
    let cube = wanted.map(|c| (0..6).min_by_key(|i: &usize| LEVELS[*i].abs_diff(c)).unwrap_or(0));
    let mean = wanted.iter().map(|c| i32::from(*c)).sum::<i32>() / 3;
    let step = ((mean - 3) / 10).clamp(0, 23) as u8;
    let far = |colour: [u8; 3]| -> u32 {
        let pairs = colour.into_iter().zip(wanted);
        pairs.map(|(a, b)| u32::from(a.abs_diff(b)).pow(2)).sum()
    };
    match far([8 + 10 * step; 3]) < far(cube.map(|i| LEVELS[i])) {
        true => 232 + step,
        false => (16 + 36 * cube[0] + 6 * cube[1] + cube[2]) as u8,
    }
}

/// A picture in rows, two of its pixels in a cell.
fn half_blocks(picture: &Picture, depth: Depth) -> Vec<Row> {
    let pixels: Vec<Vec<[u8; 3]>> = picture.rows().collect();
    let row = |pair: &[Vec<[u8; 3]>]| {
        let mut row = Row::new();
        for (x, upper) in pair[0].iter().enumerate() {
            // the terminal's own colour below the last of an odd number
            let lower = pair.get(1).map_or(Color::Reset, |lower| depth.color(lower[x]));
            let ink = Ink::of(Hue::Pixels(depth.color(*upper), lower));
            match row.last_mut() {
                Some(Piece { text, ink: last }) if *last == ink => text.push_str(HALF),
                _ => row.push(Piece::new(HALF, ink)),
            }
        }
        row
    };
    pixels.chunks(2).map(row).collect()
}

/// A photo's name, and what became of it.
type Opened = (String, Result<Picture, String>);

/// The photos of the story that is open.
pub struct Photos {
    depth: Result<Depth, &'static str>,
    shown: bool,
    /// The rows of the window.
    window: usize,
    /// The text whose photos these are.
    of: Option<TextHash>,
    pictures: BTreeMap<String, Result<Picture, String>>,
    coming: Option<Receiver<Opened>>,
    /// Whoever opens them, perhaps still those of the story before.
    hand: Option<JoinHandle<()>>,
}

impl Photos {
    /// None is shown until somebody asks.
    pub fn new(depth: Result<Depth, &'static str>) -> Photos {
        Photos {
            depth,
            shown: false,
            window: 24,
            of: None,
            pictures: BTreeMap::new(),
            coming: None,
            hand: None,
        }
    }

    /// Shows them from now on, or no longer; errs with why they cannot be shown.
    pub fn toggle(&mut self) -> Result<bool, &'static str> {
        self.depth?;
        self.shown = !self.shown;
        Ok(self.shown)
    }

    /// The window has so many rows.
    pub fn window(&mut self, rows: usize) {
        self.window = rows;
    }

    /// The rows that a picture has at most.
    pub fn tallest(&self) -> usize {
        self.window.saturating_sub(BESIDE).clamp(1, TALLEST)
    }

    /// Begins to open the photos of a story that was not looked at yet, takes in what is opened; true: there is something new to draw.
    pub fn follow(&mut self, reading: &Reading) -> bool {
        if !self.shown {
            return false;
        }
        if self.of != Some(reading.story.text) {
            // whoever opens those of the story before ends after the photo at hand
            self.of = None;
            self.coming = None;
            self.pictures.clear();
            // one at a time: who walks on quickly fills no memory
            if self.hand.as_ref().is_some_and(|hand| !hand.is_finished()) {
                return false;
            }
            self.of = Some(reading.story.text);
            self.open(reading.negatives());
        }
        self.take_in()
    }

    /// Whether something is still to come.
    pub fn waits(&self, reading: &Reading) -> bool {
        self.shown && (self.coming.is_some() || self.of != Some(reading.story.text))
    }

    fn open(&mut self, negatives: Vec<Negative>) {
        let (send, coming) = channel();
        self.coming = Some(coming);
        let work = move || {
            for negative in &negatives {
                // as large as any window shows it
                let picture = undisturbed(|| negative.develop(WIDEST as u32, 2 * TALLEST as u32));
                if send.send((negative.file.clone(), picture)).is_err() {
                    break;
                }
            }
        };
        self.hand = hands::begin(work);
    }

    fn take_in(&mut self) -> bool {
        let mut new = false;
        while let Some(coming) = &self.coming {
            match coming.try_recv() {
                Ok((file, picture)) => drop(self.pictures.insert(file, picture)),
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => self.coming = None,
            }
            new = true;
        }
        new
    }

    /// The text of a story, each photo below the words that name it; those that it does not name come last.
    pub fn text(&self, reading: &Reading, width: usize) -> Vec<Row> {
        let body = reading.story.page.body();
        if !self.shown {
            return rendered::rows(body, width);
        }
        let photos: HashSet<&str> = reading.photos().collect();
        let mut named = HashSet::new();
        let mut rows = rendered::rows_with(body, width, &mut |file| match photos.get(file) {
            Some(file) if named.insert(*file) => self.drawn(file, width),
            _ => Vec::new(),
        });
        let front = reading.story.front();
        for file in reading.photos().filter(|file| !named.contains(file)) {
            let alt = front.alt.get(file).map_or("", |alt| alt.trim());
            let alt = if alt.is_empty() { rendered::NO_WORDS } else { alt };
            let words = format!("[{file}: {alt}] (not in the text)");
            rows.push(Row::new());
            rows.extend(wrap(&[Piece::plain(&words)], width, "", ""));
            rows.extend(self.drawn(file, width));
        }
        rows
    }

    fn drawn(&self, file: &str, width: usize) -> Vec<Row> {
        let note = |words: &str, hue| wrap(&[Piece::new(&format!("{NOTE}{words}"), Ink::of(hue))], width, "", "");
        match (self.pictures.get(file), self.depth) {
            (Some(Ok(picture)), Ok(depth)) => {
                half_blocks(&picture.within(width as u32, 2 * self.tallest() as u32), depth)
            }
            (Some(Err(why)), _) => note(&format!("cannot be shown: {why}"), Hue::Caution),
            (None, _) if self.coming.is_some() || self.of.is_none() => note("is being opened ...", Hue::Label),
            _ => note("cannot be shown", Hue::Caution),
        }
    }
}

/// Before what is said in a picture's place.
const NOTE: &str = "^ ";

/// The first row of the first picture, or of what is said in its place.
pub fn first(rows: &[Row]) -> Option<usize> {
    rows.iter().position(is_drawn)
}

/// A row of a picture, or of what is said in its place.
fn is_drawn(row: &Row) -> bool {
    matches!(row.first(), Some(p) if matches!(p.ink.hue, Hue::Pixels(..))) || words(row).starts_with(NOTE)
}

/// Which row of a text stands where row `at` of it stood before some of its pictures came.
pub fn same_place(before: &[Row], at: usize, after: &[Row]) -> usize {
    let at = at.min(before.len());
    let text = before[..at].iter().filter(|row| !is_drawn(row)).count();
    let within = before[..at].iter().rev().take_while(|row| is_drawn(row)).count();
    let mut rows = after.iter().enumerate().filter(|(_, row)| !is_drawn(row));
    let next = rows.clone().nth(text).map_or(after.len(), |(row, _)| row);
    if before.get(at).is_some_and(|row| !is_drawn(row)) {
        return next;
    }
    let begin = match text {
        0 => 0,
        _ => rows.nth(text - 1).map_or(0, |(row, _)| row + 1),
    };
    (begin + within).min(next)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::{Limits, picture};

    /// A picture of these pixels.
    fn of<const W: usize>(rows: &[[[u8; 3]; W]]) -> Picture {
        let pixels = rows.as_flattened().as_flattened().to_vec();
        let image = image::RgbImage::from_raw(W as u32, rows.len() as u32, pixels).expect("as many as it says");
        let mut png = std::io::Cursor::new(Vec::new());
        image.write_to(&mut png, image::ImageFormat::Png).expect("a PNG");
        picture(png.get_ref(), 96, 80, &Limits::default()).expect("a picture")
    }

    #[test]
    fn the_text_stays_where_it_is_when_pictures_grow() {
        let of = |rows: &str| -> Vec<Row> {
            let row = |c| match c {
                'p' => vec![Piece::new(HALF, Ink::of(Hue::Pixels(Color::Reset, Color::Reset)))],
                'n' => vec![Piece::plain("^ is being opened ...")],
                _ => vec![Piece::plain("words")],
            };
            rows.chars().map(row).collect()
        };
        for (before, at, after, expected) in [
            ("tntnt", 0, "tppppppnt", 0),
            ("tntnt", 2, "tpppptnt", 5),
            ("tntnt", 4, "tpppptppt", 8),
            ("tntnt", 3, "tpppptnt", 6),
            ("tpppptnt", 3, "tpppptpppt", 3),
            ("nt", 0, "pppt", 0),
            ("nt", 1, "pppt", 3),
            ("tnt", 9, "tppppt", 6),
            ("", 0, "", 0),
        ] {
            let found = same_place(&of(before), at, &of(after));
            assert_eq!(found, expected, "{before} at {at} as {after}");
        }
    }

    const RED: [u8; 3] = [255, 0, 0];
    const GREEN: [u8; 3] = [0, 255, 0];
    const BLUE: [u8; 3] = [0, 0, 255];
    const GREY: [u8; 3] = [128, 128, 128];

    fn cell(upper: Color, lower: Color) -> Piece {
        Piece::new("▀", Ink::of(Hue::Pixels(upper, lower)))
    }

    #[test]
    fn two_pixels_stand_in_a_cell_the_upper_in_front_the_lower_behind() {
        let small = of(&[[RED, GREEN], [BLUE, GREY]]);
        let color = |[r, g, b]: [u8; 3]| Color::Rgb(r, g, b);
        assert_eq!(
            half_blocks(&small, Depth::True),
            [[cell(color(RED), color(BLUE)), cell(color(GREEN), color(GREY))]]
        );
        let indexed = Color::Indexed;
        assert_eq!(
            half_blocks(&small, Depth::Palette),
            [[cell(indexed(196), indexed(21)), cell(indexed(46), indexed(244))]]
        );
        let style = super::super::ink::line(&half_blocks(&small, Depth::True)[0], true).spans[0].style;
        assert_eq!((style.fg, style.bg), (Some(color(RED)), Some(color(BLUE))));
    }

    #[test]
    fn below_the_last_of_an_odd_number_is_the_terminals_own_colour_and_equal_cells_are_one_piece() {
        let rows = half_blocks(&of(&[[RED, RED, BLUE]]), Depth::True);
        assert_eq!(rows.len(), 1);
        let red = Hue::Pixels(Color::Rgb(255, 0, 0), Color::Reset);
        assert_eq!(rows[0][0], Piece::new("▀▀", Ink::of(red)));
        assert_eq!(rows[0].len(), 2);
    }

    #[test]
    fn none_of_the_palette_is_nearer_than_the_one_that_is_taken() {
        let level = |i: u8| if i == 0 { 0 } else { 55 + 40 * i };
        let cube = (0..216u8).map(|i| [level(i / 36), level(i / 6 % 6), level(i % 6)]);
        let palette: Vec<[u8; 3]> = cube.chain((0..24u8).map(|i| [8 + 10 * i; 3])).collect();
        let far =
            |a: [u8; 3], b: [u8; 3]| -> u32 { a.iter().zip(b).map(|(a, b)| u32::from(a.abs_diff(b)).pow(2)).sum() };
        let some = (0..=255u8).step_by(15);
        for r in some.clone() {
            for (g, b) in some.clone().flat_map(|g| some.clone().map(move |b| (g, b))) {
                let wanted = [r, g, b];
                let taken = far(palette[usize::from(nearest(wanted)) - 16], wanted);
                let best = palette.iter().map(|p| far(*p, wanted)).min();
                assert_eq!(Some(taken), best, "{wanted:?}");
            }
        }
    }

    #[test]
    fn the_terminal_says_how_many_colours_it_has() {
        for (color, colorterm, term, depth) in [
            (true, Some("truecolor"), Some("xterm"), Some(Depth::True)),
            (true, Some("24bit"), None, Some(Depth::True)),
            (true, Some(""), Some("screen-256color"), Some(Depth::Palette)),
            (true, None, Some("xterm-256color"), Some(Depth::Palette)),
            (true, None, Some("linux"), None),
            (true, Some("yes"), None, None),
            (false, Some("truecolor"), Some("xterm-256color"), None),
        ] {
            let found = Depth::of(color, colorterm, term);
            assert_eq!(found.ok(), depth, "{color} {colorterm:?} {term:?}");
            assert!(
                found.err().is_none_or(|why| why.contains("cannot be shown")),
                "{found:?}"
            );
        }
    }

    #[test]
    fn a_picture_is_as_wide_as_the_text_and_leaves_room_for_words_whatever_the_window() {
        let mut photos = Photos::new(Ok(Depth::True));
        let large = of(&[[GREY; 96]; 80]);
        photos.pictures.insert("photo-1.jpg".to_owned(), Ok(large));
        for (window, columns, rows) in [
            (24, 80, 16),
            (24, 10, 5),
            (12, 80, 4),
            (44, 96, 36),
            (400, 96, 40),
            (3, 80, 1),
        ] {
            photos.window(window);
            let drawn = photos.drawn("photo-1.jpg", columns);
            assert!(
                drawn.len() <= rows && drawn.len() + 1 >= rows,
                "{} in {window}",
                drawn.len()
            );
            let width = |row: &Row| words(row).chars().count();
            assert!(drawn.iter().all(|row| width(row) <= columns), "{columns}");
        }
    }

    #[test]
    fn what_is_no_picture_is_told_in_its_place() {
        let mut photos = Photos::new(Ok(Depth::True));
        let said = |photos: &Photos, file: &str| photos.drawn(file, 80).iter().map(words).collect::<Vec<_>>();
        let why = Err("it is damaged (\u{1b}[2J)".to_owned());
        photos.pictures.insert("photo-1.jpg".to_owned(), why);
        let told = said(&photos, "photo-1.jpg");
        assert!(
            told.len() == 1 && told[0].starts_with("^ cannot be shown: it is damaged ("),
            "{told:?}"
        );
        assert!(!told[0].contains('\u{1b}'), "{told:?}");
        assert_eq!(said(&photos, "photo-2.jpg"), ["^ is being opened ..."]);
        photos.of = Some(TextHash([0; 32]));
        assert_eq!(said(&photos, "photo-2.jpg"), ["^ cannot be shown"]);
        assert_eq!(first(&[Row::new(), photos.drawn("photo-1.jpg", 80).remove(0)]), Some(1));
    }
}
