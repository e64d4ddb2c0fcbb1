//! Photos in the review: named until a key asks for them, then drawn as half blocks where the terminal has the colours.

use image::{ImageFormat, Rgb, RgbImage};

use crate::common::{TestHouse, have, marion};
use crate::terminal::Terminal;

const RED: [u8; 3] = [200, 30, 30];
const BLUE: [u8; 3] = [30, 30, 200];

fn png(image: &RgbImage) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image.write_to(&mut bytes, ImageFormat::Png).expect("a picture");
    bytes.into_inner()
}

/// Marion's story with a photo that is red above and blue below, described, and one that somebody spoilt.
fn house() -> TestHouse {
    let house = TestHouse::new();
    let id = house.story(&marion());
    house.write(
        "flag.png",
        png(&RgbImage::from_fn(600, 400, |_, y| {
            Rgb(if y < 200 { RED } else { BLUE })
        })),
    );
    house.write("other.png", png(&RgbImage::from_pixel(9, 9, Rgb(RED))));
    let add = ["media", "marion", "add", "flag.png", "--alt", "A red and blue flag"];
    house.run(&add).exits(0);
    house.run(&["media", "marion", "add", "other.png"]).exits(0);
    house.write(&format!("stories/{id}/photo-2.png"), "spoilt");
    house.git(&["commit", "-qam", "Spoil a photo"]);
    house
}

fn at_the_story<'a>(house: &'a TestHouse, command: &str) -> Terminal<'a> {
    let terminal = Terminal::start(house, 80, 24, command);
    terminal.wait("1 story to review");
    terminal.press(&["Enter"]);
    let screen = terminal.wait("Story 1 of 1");
    assert!(!screen.contains('▀'), "nobody asked for it: {screen}");
    terminal
}

#[test]
fn a_key_draws_the_photos_beside_their_words_and_hides_them_again() {
    if !have("tmux") {
        return;
    }
    let house = house();
    let terminal = at_the_story(&house, "COLORTERM=truecolor m4c-stories review");
    terminal.press(&["v"]);
    let screen = terminal.wait_for(|s| s.contains('▀'));
    assert!(screen.contains("[photo-1.png: A red and blue flag]"), "{screen}");
    assert!(screen.contains("Photos are shown; v hides them."), "{screen}");
    assert_eq!(screen.lines().filter(|row| row.contains('▀')).count(), 16, "{screen}");
    let wide = |row: &&str| row.chars().filter(|c| *c == '▀').count() == 48;
    assert_eq!(screen.lines().filter(wide).count(), 16, "its shape is kept: {screen}");
    let drawn = terminal.with_colours();
    for inks in ["38;2;200;30;30", "48;2;200;30;30", "38;2;30;30;200", "48;2;30;30;200"] {
        assert!(drawn.contains(inks), "{inks} in {drawn:?}");
    }
    // what cannot be decoded is told where it would stand, and ends nothing
    terminal.press(&["End"]);
    let screen = terminal.wait("^ cannot be shown: it is not a kind of photo known here");
    assert!(screen.contains("[photo-2.png: no description yet]"), "{screen}");
    terminal.press(&["v"]);
    terminal.wait("Photos are named only; v shows them.");
    let screen = terminal.wait_for(|s| !s.contains('▀'));
    assert!(screen.contains("[photo-1.png: A red and blue flag]"), "{screen}");
    // whoever asked once need not ask again at the next story
    terminal.press(&["v", "q", "Enter"]);
    terminal.wait_for(|s| {
        // the text stays where it is when pictures come, and the end is further down
        terminal.press(&["End"]);
        s.contains('▀') && s.contains("^ cannot be shown")
    });
    terminal.press(&["q", "q"]);
    terminal.wait("exit 0");
}

#[test]
fn the_palette_of_256_is_enough_and_with_less_it_says_why_there_is_no_photo() {
    if !have("tmux") {
        return;
    }
    let house = house();
    let terminal = at_the_story(&house, "COLORTERM= TERM=xterm-256color m4c-stories review");
    terminal.press(&["v"]);
    terminal.wait_for(|s| s.contains('▀'));
    let drawn = terminal.with_colours();
    assert!(drawn.contains("38;5;160") && !drawn.contains("8;2;"), "{drawn:?}");
    for (command, why) in [
        (
            "COLORTERM= TERM=xterm m4c-stories review",
            "this terminal does not say that it has 256 colours",
        ),
        (
            "NO_COLOR=1 COLORTERM=truecolor m4c-stories review",
            "Photos cannot be shown without colour",
        ),
        (
            "COLORTERM=truecolor m4c-stories review --color never",
            "Photos cannot be shown without colour",
        ),
    ] {
        let terminal = at_the_story(&house, command);
        terminal.press(&["End", "v"]);
        let screen = terminal.wait(why);
        assert!(!screen.contains('▀'), "{command}: {screen}");
        assert!(
            screen.contains("[photo-1.png: A red and blue flag]"),
            "{command}: {screen}"
        );
    }
}

#[test]
fn line_by_line_photos_are_named_only() {
    if !have("tmux") {
        return;
    }
    let house = house();
    let terminal = Terminal::start(&house, 80, 120, "COLORTERM=truecolor m4c-stories review --plain");
    terminal.wait("Approve this story [a,c,r,e,n,s,q,?]?");
    terminal.answer("v");
    let named = "[photo-1.png: A red and blue flag]";
    let screen = terminal.wait_for(|s| s.matches(named).count() == 2);
    assert!(!screen.contains('▀'), "{screen}");
}

/// Run by the test below inside a terminal.
#[test]
fn a_panic_of_a_decoder_leaves_the_screen_as_it_is() {
    use m4c_stories::cli::review::screen::{Screen, undisturbed};
    if std::env::var("M4C_CAUGHT_ON_SCREEN").is_ok() {
        let mut screen = Screen::enter(std::env::temp_dir().join("m4c-no-spool")).expect("a terminal");
        let caught = undisturbed(|| std::panic::catch_unwind(|| panic!("a slip of a decoder")));
        assert!(caught.is_err());
        screen
            .draw(|area, buffer| {
                buffer.set_string(area.x, area.y, "still here", ratatui_core::style::Style::new());
                None
            })
            .expect("a screen");
        screen.input(false, Vec::new).expect("a key");
        return;
    }
    if !have("tmux") {
        return;
    }
    let house = TestHouse::new();
    let me = std::env::current_exe().expect("this test");
    let name = "photos::a_panic_of_a_decoder_leaves_the_screen_as_it_is";
    let command = format!("M4C_CAUGHT_ON_SCREEN=1 {} --exact {name} --nocapture", me.display());
    let terminal = Terminal::start(&house, 80, 24, &command);
    let screen = terminal.wait("still here");
    assert_eq!(screen.trim(), "still here", "and nothing else: {screen}");
    assert_eq!(terminal.ask("#{alternate_on} #{cursor_flag}"), "1 0");
    terminal.press(&["q"]);
    terminal.wait("exit 0");
}
