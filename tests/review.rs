//! `review` as a person meets it: the real program in a real terminal (tmux), by keys and by what stands on the screen.

mod common;
#[path = "review/offers.rs"]
mod offers;
#[path = "review/photos.rs"]
mod photos;
#[path = "review/terminal.rs"]
mod terminal;

use common::{CONFIG, TestHouse, have, mail, marion};
use terminal::{Shown, Terminal};

/// Two stories to decide upon, the first by Marion.
fn house() -> TestHouse {
    let house = TestHouse::new();
    house.story(&marion());
    house.story(&mail(
        "Tom Okafor <tom@example.org>",
        "Sun, 3 Nov 2013 18:00:00 +0000",
        "The lift",
        "The lift was broken for a year. We asked, and asked again, until it was mended.",
    ));
    house
}

fn commits(house: &TestHouse) -> String {
    house.git(&["rev-list", "--count", "main"])
}

/// Kind, name and note of a story's last event.
fn last_event(house: &TestHouse, story: &str) -> (String, String, String) {
    let shown = house.show(story);
    let event = shown["events"]
        .as_array()
        .and_then(|e| e.last())
        .expect("an event")
        .clone();
    let text = |v: &serde_json::Value| v.as_str().unwrap_or_default().to_owned();
    (text(&event["event"]), text(&event["by"]["name"]), text(&event["note"]))
}

#[test]
fn the_screens_in_the_documentation_are_what_a_reviewer_sees() {
    if !have("tmux") {
        return;
    }
    let house = TestHouse::fresh_clone();
    house.run(&["fetch", "-q"]).exits(0);
    let mut shown = Shown::of("docs/review.md");
    let terminal = Terminal::start(&house, 80, 24, "m4c-stories review");
    shown.see("list", &terminal, "12 stories to review");
    terminal.press(&["Enter"]);
    shown.see("story", &terminal, "Story 1 of 12");
    terminal.press(&["?"]);
    shown.see("help", &terminal, "This help.");
    terminal.press(&["Escape"]);
    terminal.wait("Story 1 of 12");
    terminal.press(&["End", "a"]);
    shown.see("approved", &terminal, "You approve this text.");
    terminal.press(&["Enter"]);
    terminal.wait("Story 2 of 12");
    terminal.press(&["c"]);
    terminal.wait("What do you ask of Alasdair MacKinnon?");
    terminal.write("Which years were these?");
    shown.see("question", &terminal, "Which years were these?");
    terminal.press(&["Enter"]);
    shown.see("letter", &terminal, "The author gets this letter:");
    terminal.press(&["Enter"]);
    terminal.wait("You ask for changes.");
    terminal.press(&["q"]);
    shown.see("decided", &terminal, "Asked for changes:");
    terminal.press(&["q"]);
    shown.see("farewell", &terminal, "Approved: 1 story");
    let terminal = Terminal::start(&house, 200, 50, "m4c-stories review");
    terminal.wait("stories to review");
    terminal.press(&["Down", "Down", "Down", "Down", "Down", "Down", "Down", "Enter", "d"]);
    shown.see("wide", &terminal, "-- What the author wrote");
    let terminal = Terminal::start(&house, 80, 24, "COLORTERM=truecolor m4c-stories review");
    terminal.wait("stories to review");
    terminal.press(&["/"]);
    terminal.write("kelly");
    terminal.press(&["Enter", "Enter", "v"]);
    terminal.wait_for(|s| s.contains('▀'));
    shown.see("photos", &terminal, "Photos are shown; v hides them.");
    terminal.press(&["q"]);
    let terminal = Terminal::start(&house, 80, 60, "m4c-stories review --plain");
    shown.see("plain", &terminal, "Approve this story [a,c,r,e,n,s,q,?]?");
}

#[test]
fn what_the_receiving_server_proved_of_the_sender_is_shown() {
    let house = TestHouse::with_config(&CONFIG.replace(
        "path = \"mail.mbox\"",
        "path = \"mail.mbox\"\ntrusted_authserv = \"mx.example.org\"",
    ));
    // the trusted server's field is the topmost; another's below it says what it likes
    let results = "Authentication-Results: mx.example.org; dkim=pass header.d=example.org; spf=fail smtp.mailfrom=a@example.net\n\
                   Authentication-Results: mx.evil.example; dkim=pass header.d=bank.example\n";
    house.arrive(&[format!("{results}{}", marion())]);
    house.run(&["fetch"]).exits(0);
    let shown = house.run(&["show", "marion"]).exits(0).stdout.clone();
    let line = |of: &str| -> String { of.split_whitespace().collect::<Vec<_>>().join(" ") };
    let lines: Vec<String> = shown.lines().map(line).collect();
    assert!(
        lines.iter().any(|l| l.ends_with("Server says dkim=pass example.org")),
        "{shown}"
    );
    assert!(!shown.contains("bank.example"), "{shown}");
    let event = &house.show("marion")["events"][0];
    assert_eq!(
        event["auth"][0],
        serde_json::json!({"method": "dkim", "result": "pass", "domain": "example.org"})
    );
    if !have("tmux") {
        return;
    }
    for how in ["m4c-stories review --plain", "m4c-stories review"] {
        let terminal = Terminal::start(&house, 100, 40, how);
        if !how.ends_with("plain") {
            terminal.wait("to review");
            terminal.press(&["Enter"]);
        }
        let seen = terminal.wait("proven: example.org stands for it (dkim)");
        assert!(!seen.contains("bank.example"), "{how}: {seen}");
    }
}

#[test]
fn a_decision_is_the_same_step_and_commit_as_the_command_makes() {
    if !have("tmux") {
        return;
    }
    let (by_key, by_command) = (house(), house());
    let terminal = Terminal::start(&by_key, 80, 24, "m4c-stories review");
    terminal.wait("2 stories to review");
    terminal.press(&["Enter", "End", "a"]);
    terminal.wait("You approve this text.");
    terminal.press(&["Enter"]);
    terminal.wait("Approved: Future Leader Stories: Marion Maxwell");
    terminal.press(&["r"]);
    terminal.wait("Decline this story?");
    terminal.press(&["l"]);
    terminal.wait("Why is it declined?");
    terminal.write("We cannot name the landlord");
    terminal.press(&["Enter"]);
    terminal.wait("The author gets this letter:");
    terminal.press(&["Enter"]);
    terminal.wait("You reject this.");
    terminal.press(&["q"]);
    terminal.wait("Rejected: Future Leader Stories: Tom Okafor");
    terminal.press(&["q"]);
    terminal.wait("exit 0");

    by_command.run(&["approve", "marion"]).exits(0);
    by_command
        .run(&["reject", "tom", "-m", "We cannot name the landlord"])
        .exits(0);
    let log = |house: &TestHouse| house.git(&["log", "--format=%an <%ae>%n%B%n--", "--name-only", "main"]);
    assert_eq!(log(&by_key), log(&by_command));
    for story in ["marion", "tom"] {
        assert_eq!(last_event(&by_key, story), last_event(&by_command, story));
        let letters = |house: &TestHouse| house.run(&["letters", "show", story]).stdout.clone();
        assert_eq!(letters(&by_key), letters(&by_command));
    }
    assert_eq!(by_key.git(&["status", "--porcelain"]), "");
    by_key.fsck();
}

#[test]
fn what_was_decided_can_be_taken_back_until_one_leaves_the_story() {
    if !have("tmux") {
        return;
    }
    let house = house();
    let before = commits(&house);
    let terminal = Terminal::start(&house, 70, 18, "m4c-stories review");
    terminal.wait("2 stories to review");
    terminal.press(&["Enter", "a"]);
    terminal.wait("You approve this text.");
    terminal.wait("You have not seen the end of the text yet");
    assert_eq!(commits(&house), before, "it is held, not written down");
    terminal.press(&["u"]);
    terminal.wait("Taken back: You approve this text.");
    terminal.press(&["n"]);
    terminal.write("She is away until June");
    terminal.press(&["Enter"]);
    terminal.wait("You leave a note.");
    terminal.press(&["a"]);
    terminal.wait("You leave a note. You approve this text.");
    terminal.press(&["s"]);
    terminal.wait("Story 1 of 2");
    terminal.press(&["C-z"]);
    terminal.wait("Taken back: You approve this text.");
    terminal.press(&["q"]);
    terminal.wait("Noted: Future Leader Stories: Marion Maxwell");
    assert_eq!(
        last_event(&house, "marion"),
        ("noted".into(), "Robin Reviewer".into(), "She is away until June".into())
    );
    assert_eq!(house.state("marion"), "draft");
    terminal.press(&["q"]);
    terminal.wait("exit 0");
}

#[test]
fn a_story_that_moved_meanwhile_refuses_the_decision_and_is_shown_again() {
    if !have("tmux") {
        return;
    }
    let house = house();
    let terminal = Terminal::start(&house, 80, 24, "m4c-stories review");
    terminal.wait("2 stories to review");
    terminal.press(&["Enter", "a"]);
    terminal.wait("You approve this text.");
    house
        .run(&["edit", "marion", "--subtitle", "A hundred cleaners"])
        .exits(0);
    let moved = commits(&house);
    terminal.press(&["Enter"]);
    let screen = terminal.wait("is not the text you read");
    assert!(screen.contains("Your decision was not written down."), "{screen}");
    terminal.press(&["Enter"]);
    let screen = terminal.wait("A hundred cleaners");
    assert!(
        !screen.contains("You approve"),
        "the decision is not held any longer: {screen}"
    );
    assert_eq!(commits(&house), moved);

    // the text stays, but a colleague objects
    terminal.press(&["a"]);
    terminal.wait("You approve this text.");
    house.sign_in("Ben Okri", "ben@example.org");
    house.run(&["request-changes", "marion", "-m", "Which year?"]).exits(0);
    house.sign_in("Robin Reviewer", "robin@example.org");
    terminal.press(&["q"]);
    let screen = terminal.wait("is not as you read it");
    assert!(
        screen.contains("meanwhile Ben Okri asked for changes: Which year?"),
        "{screen}"
    );
    terminal.press(&["Enter"]);
    terminal.wait("Ben Okri: Which year?");
    terminal.press(&["q", "q"]);
    terminal.wait("exit 0");
    assert_eq!(house.state("marion"), "changes-requested");
}

#[test]
fn a_refusal_is_told_on_the_screen_in_the_words_of_the_command() {
    if !have("tmux") {
        return;
    }
    let members = "members = [{ name = \"Ann\", email = \"ann@example.org\", roles = [\"reviewer\"] }, { name = \"Robin Reviewer\", email = \"robin@example.org\", roles = [\"reviewer\"] }]";
    let config = CONFIG.replace("own_text = true", "own_text = false");
    let house = TestHouse::with_config(&format!("{config}\n[team]\n{members}\n"));
    house.story(&marion());
    house.run(&["edit", "marion", "--subtitle", "Ninety cleaners"]).exits(0);
    let said = house.run(&["approve", "marion"]).exits(5).stderr.clone();
    let what = said
        .lines()
        .next()
        .and_then(|l| l.strip_prefix("Error: "))
        .expect("what")
        .to_owned();
    let terminal = Terminal::start(&house, 120, 30, "m4c-stories review");
    terminal.wait("1 story to review");
    terminal.press(&["Enter", "a"]);
    let screen = terminal.wait("Do this:");
    assert!(screen.contains(&what), "{what:?} in\n{screen}");
    terminal.press(&["Enter", "q", "q"]);
    terminal.wait("exit 0");

    // nobody's git identity: reading goes, deciding is refused with the two lines to type
    house.write("home/.gitconfig", "[safe]\n\tdirectory = *\n");
    let terminal = Terminal::start(&house, 120, 30, "m4c-stories review");
    terminal.wait("git does not know who you are");
    terminal.press(&["Enter", "a"]);
    terminal.wait("git config --global user.name");
}

#[test]
fn what_the_checks_found_keeps_a_story_back_until_it_may_stand() {
    if !have("tmux") {
        return;
    }
    let house = TestHouse::new();
    house.story(&mail(
        "Marion Maxwell <marion@example.org>",
        "Sat, 4 Dec 2010 10:12:31 +0000",
        "Tea",
        "Ring us on 020 7946 0321, any evening, and we shall come and drink tea with you and your neighbours and listen.",
    ));
    let terminal = Terminal::start(&house, 80, 30, "m4c-stories review");
    let list = terminal.wait("1 story to review");
    assert!(list.contains("draft, 1 check"), "{list}");
    terminal.press(&["Enter"]);
    terminal.wait("What is found is mended (e) or let stand (w) before you can approve.");
    terminal.press(&["a"]);
    terminal.wait("cannot be approved yet");
    terminal.press(&["Enter", "w"]);
    terminal.wait("What may stand as it is?");
    terminal.press(&["1"]);
    terminal.wait("Why may it stand:");
    terminal.write("the public number of the office");
    terminal.press(&["Enter"]);
    terminal.wait("stand. Enter writes it down");
    // held, and counted as if it were written down
    terminal.press(&["a"]);
    terminal.wait("You approve this text.");
    terminal.press(&["q"]);
    terminal.wait("Waived, Approved: Future Leader Stories: Marion Maxwell");
    terminal.press(&["q"]);
    terminal.wait("exit 0");
    assert_eq!(house.state("marion"), "approved");
}

#[test]
fn a_letter_leaves_in_the_reviewers_own_words() {
    if !have("tmux") {
        return;
    }
    let house = house();
    let terminal = Terminal::start(&house, 80, 24, "m4c-stories review");
    terminal.wait("2 stories to review");
    terminal.press(&["Enter", "c"]);
    terminal.wait("What do you ask of");
    terminal.write("Which year was this?");
    terminal.press(&["Enter"]);
    terminal.wait("The author gets this letter:");
    terminal.press(&["e"]);
    terminal.wait("Ctrl-D done");
    // to the greeting, and instead of "Dear" something warmer
    terminal.press(&["Down", "Down", "Home", "DC", "DC", "DC", "DC"]);
    terminal.write("Dearest");
    terminal.press(&["C-d"]);
    terminal.wait("in your words:");
    terminal.wait("Dearest Marion Maxwell,");
    terminal.press(&["Enter"]);
    terminal.wait("You ask for changes.");
    terminal.press(&["q"]);
    terminal.wait("Asked for changes:");
    let letter = house.run(&["letters", "show", "marion"]).exits(0).stdout.clone();
    assert!(
        letter.contains("Dearest Marion Maxwell,") && letter.contains("Which year was this?"),
        "{letter}"
    );
    house.run(&["letters", "send", "marion"]).exits(0);
    let sent = house.files("letters");
    assert!(
        sent.iter()
            .any(|name| house.read(&format!("letters/{name}")).contains("Dearest Marion")),
        "{sent:?}"
    );
}

#[test]
fn an_edit_is_shown_before_it_is_kept_and_cut_text_is_put_back() {
    if !have("tmux") {
        return;
    }
    let house = TestHouse::new();
    let text = "I clean at nite.\n\nMarion\n\n-- \nMarion Maxwell\nSteward, Unit 7";
    house.story(&mail(
        "Marion Maxwell <marion@example.org>",
        "Sat, 4 Dec 2010 10:12:31 +0000",
        "Tea",
        text,
    ));
    house.write("home/mend", "#!/bin/sh\nsed -i s/nite/night/ \"$1\"\n");
    let terminal = Terminal::start(&house, 80, 30, "EDITOR='sh home/mend' m4c-stories review");
    terminal.wait("1 story to review");
    terminal.press(&["Enter", "e"]);
    terminal.wait("[-nite.-]{+night.+}");
    let before = commits(&house);
    terminal.press(&["Escape"]);
    terminal.wait("Esc once more gives up what you wrote");
    terminal.press(&["Escape"]);
    terminal.wait("Dropped: the text stays as it was.");
    assert_eq!(commits(&house), before);
    terminal.press(&["e"]);
    terminal.wait("[-nite.-]{+night.+}");
    terminal.press(&["Enter"]);
    terminal.wait("Edited, and kept.");
    terminal.wait("I clean at night.");
    terminal.press(&["x"]);
    terminal.wait("Steward, Unit 7");
    terminal.press(&["b"]);
    terminal.wait("What shall be put back into the text?");
    terminal.press(&["1"]);
    terminal.wait("{+");
    terminal.press(&["Enter"]);
    terminal.wait("Put back, and kept.");
    terminal.press(&["d"]);
    terminal.wait("What the author wrote");
    terminal.press(&["q", "q"]);
    terminal.wait("exit 0");
    assert_eq!(house.kinds("marion"), ["received", "edited", "restored"]);
}

#[test]
fn without_an_editor_the_text_is_changed_on_the_screen() {
    if !have("tmux") {
        return;
    }
    let house = house();
    let terminal = Terminal::start(&house, 80, 24, "m4c-stories review");
    terminal.wait("2 stories to review");
    terminal.press(&["Enter", "e"]);
    terminal.wait("Ctrl-D done");
    terminal.write("Hello. ");
    terminal.press(&["Escape"]);
    terminal.wait("Esc once more gives up what you wrote");
    terminal.press(&["C-d"]);
    terminal.wait("{+Hello. +}");
    terminal.press(&["Enter"]);
    terminal.wait("Edited, and kept.");
    terminal.wait("Hello. I clean at the hospital");
    terminal.press(&["e"]);
    terminal.wait("Ctrl-D done");
    terminal.write("No. ");
    terminal.press(&["Escape"]);
    terminal.wait("Esc once more");
    terminal.press(&["Escape"]);
    terminal.wait("Given up; nothing is done.");
    terminal.press(&["q", "q"]);
    terminal.wait("exit 0");
    let text = house.show("marion")["text"].as_str().expect("a text").to_owned();
    assert!(text.starts_with("Hello. I clean"), "{text}");
}

#[test]
fn a_page_is_shown_in_the_browser_and_the_review_goes_on() {
    if !have("tmux") {
        return;
    }
    let house = house();
    house.write("home/browser", "#!/bin/sh\necho \"$1\" >home/browsed\n");
    let terminal = Terminal::start(&house, 80, 24, "BROWSER='sh home/browser' m4c-stories review");
    terminal.wait("2 stories to review");
    terminal.press(&["Enter", "p"]);
    terminal.wait("Shown in the browser:");
    terminal.wait("Story 1 of 2");
    terminal.press(&["q", "q"]);
    terminal.wait("exit 0");
    assert!(house.read("home/browsed").trim().ends_with(".html"));
}

#[test]
fn a_wide_window_has_the_authors_words_beside_what_readers_will_see() {
    if !have("tmux") {
        return;
    }
    let house = house();
    house.write("home/mend", "#!/bin/sh\nsed -i 's/on nights/at night/' \"$1\"\n");
    let done = house
        .command(common::BINARY)
        .args(["edit", "marion"])
        .env("EDITOR", "sh home/mend")
        .output();
    assert!(done.expect("it runs").status.success());
    let terminal = Terminal::start(&house, 200, 50, "m4c-stories review");
    terminal.wait("2 stories to review");
    terminal.press(&["Enter"]);
    terminal.wait("at night");
    terminal.press(&["d"]);
    let screen = terminal.wait("-- What the author wrote");
    let row = screen.lines().find(|row| row.contains("at night")).expect("the row");
    assert!(
        row.split(" | ").nth(1).is_some_and(|right| right.contains("on nights")),
        "{row}"
    );
}

#[test]
fn nothing_in_a_story_reaches_the_terminal_as_a_command_and_every_letter_is_shown() {
    if !have("tmux") {
        return;
    }
    let house = TestHouse::new();
    let text = "Words \u{1b}[31mred\u{1b}[0m \u{202e}drawkcab\u{202c} \u{9b}2J bell\u{7} end.\n\nשלום עולם\n\n日本語の話です。\n\nde\u{301}ja\u{300}";
    let story = house.story(&mail(
        "mallory@example.org",
        "Sat, 4 Dec 2010 10:12:31 +0000",
        "Evil",
        text,
    ));
    // the tool keeps such letters out of what it writes; a hand with an editor need not
    let file = format!("stories/{story}/index.md");
    let page = house
        .read(&file)
        .replace("subtitle = \"Evil\"", r#"subtitle = "x\u001b]2;owned\u0007y""#);
    assert!(page.contains("owned"), "{page}");
    house.write(&file, page.replace("Words", "Words \u{202e}here\u{202c}"));
    house.run(&["edit", &story, "--take"]).exits(0);
    let terminal = Terminal::start(&house, 80, 40, "m4c-stories review");
    terminal.wait("1 story to review");
    terminal.press(&["Enter", "d"]);
    terminal.wait("-- What the author wrote");
    terminal.press(&["h"]);
    terminal.wait("Robin Reviewer changed the text");
    terminal.press(&["Home"]);
    let screen = terminal.wait("Future Leader Stories: A Future Leader");
    assert!(
        screen.contains("שלום עולם") && screen.contains("日本語の話です。"),
        "{screen}"
    );
    assert!(screen.contains("déjà"), "{screen}");
    for c in screen.chars() {
        assert!(
            c == '\n' || !(c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c)),
            "{c:?} in\n{screen}"
        );
    }
    assert!(!terminal.ask("#{pane_title}").contains("owned"));
    assert_eq!(terminal.ask("#{pane_width}x#{pane_height} #{alternate_on}"), "80x40 1");
}

#[test]
fn the_list_fits_the_window_and_is_whole_in_a_pipe() {
    if !have("tmux") {
        return;
    }
    let house = TestHouse::new();
    let story = house.story(&mail(
        "Wilhelmina Featherstonehaugh-Cholmondeley <wil@example.org>",
        "Sat, 4 Dec 2010 10:12:31 +0000",
        "Tea",
        "I clean at the hospital, on nights, and so do about ninety others.",
    ));
    let whole = house.run(&["list"]).exits(0).stdout.clone();
    assert!(
        whole.contains("Wilhelmina Featherstonehaugh-Cholmondeley") && whole.contains(&story),
        "{whole}"
    );
    let terminal = Terminal::start(&house, 80, 24, "m4c-stories list");
    let screen = terminal.wait("the terminal is as it was");
    let rows: Vec<&str> = screen.lines().take_while(|row| !row.starts_with("exit")).collect();
    assert_eq!(rows.len(), 2, "no row is broken: {screen}");
    assert!(
        rows[1].contains("Wilhelmina F") && rows[1].matches('…').count() == 2,
        "{screen}"
    );
    let whole = house.run(&["letters"]).exits(0).stdout.clone();
    assert!(
        whole.contains("Wilhelmina Featherstonehaugh-Cholmondeley <wil@example.org>"),
        "{whole}"
    );
    let terminal = Terminal::start(&house, 80, 24, "m4c-stories letters");
    let screen = terminal.wait("the terminal is as it was");
    let rows: Vec<&str> = screen.lines().take(3).collect();
    assert!(
        rows[0].ends_with("ABOUT") && rows[1].matches('…').count() == 2 && rows[2].starts_with("`letters show"),
        "{screen}"
    );
}

#[test]
fn it_fits_whatever_the_size_and_a_resized_window_is_drawn_anew() {
    if !have("tmux") {
        return;
    }
    let house = house();
    let terminal = Terminal::start(&house, 200, 50, "m4c-stories review");
    let screen = terminal.wait("2 stories to review");
    assert!(screen.contains("TITLE"), "a wide list has the title, too: {screen}");
    terminal.press(&["Enter"]);
    terminal.wait("Story 1 of 2");
    for (width, height) in [(80, 24), (60, 16), (200, 50), (40, 12)] {
        terminal.resize(width, height);
        let screen = terminal.wait_for(|s| {
            let rows: Vec<&str> = s.lines().collect();
            s.contains("Story 1 of 2")
                && s.contains("? help")
                && rows
                    .iter()
                    .any(|r| r.contains("Space reads on") || r.contains("all of it"))
        });
        assert!(screen.lines().all(|row| row.chars().count() <= width), "{screen}");
        assert!(screen.contains("a approve"), "{screen}");
    }
    terminal.resize(20, 5);
    terminal.wait("Make the window");
    terminal.resize(80, 24);
    terminal.wait("Story 1 of 2");
    terminal.press(&["q", "q"]);
    terminal.wait("exit 0");
}

#[test]
fn without_colour_there_is_none_and_with_it_the_same_words() {
    if !have("tmux") {
        return;
    }
    let house = house();
    let codes = |screen: &str| -> Vec<u8> {
        let codes = screen.split("\u{1b}[").skip(1).filter_map(|rest| rest.split_once('m'));
        codes
            .flat_map(|(codes, _)| codes.split(';').filter_map(|c| c.parse().ok()).collect::<Vec<u8>>())
            .collect()
    };
    let mut words = Vec::new();
    for (command, coloured) in [
        ("m4c-stories review --color never", false),
        ("NO_COLOR=1 m4c-stories review", false),
        ("m4c-stories review", true),
    ] {
        let terminal = Terminal::start(&house, 80, 24, command);
        terminal.wait("2 stories to review");
        terminal.press(&["Enter"]);
        words.push(terminal.wait("Story 1 of 2"));
        let screen = terminal.with_colours();
        let codes = codes(&screen);
        let is_colour = |c: &u8| matches!(c, 30..=38 | 90..=97);
        assert_eq!(codes.iter().any(is_colour), coloured, "{command}: {codes:?}");
        assert!(
            !codes.iter().any(|c| matches!(c, 40..=48 | 100..=107)),
            "light or dark is the terminal's: {codes:?}"
        );
    }
    assert!(words.windows(2).all(|w| w[0] == w[1]));
}

#[test]
fn an_interrupted_round_gives_the_terminal_back_and_decides_nothing() {
    if !have("tmux") {
        return;
    }
    let house = house();
    let before = commits(&house);
    for (end, code) in [("C-c", 130), ("TERM", 143), ("INT", 130), ("QUIT", 131)] {
        let terminal = Terminal::start(&house, 120, 24, "m4c-stories review");
        terminal.wait("2 stories to review");
        terminal.press(&["Enter", "a"]);
        terminal.wait("You approve this text.");
        assert_eq!(terminal.ask("#{alternate_on} #{cursor_flag}"), "1 0");
        match end {
            "C-c" => terminal.press(&["C-c"]),
            signal => terminal.kill(signal),
        }
        let screen = terminal.wait("the terminal is as it was");
        assert!(screen.contains(&format!("exit {code}\n")), "{screen}");
        assert!(screen.contains("your decision was not written down"), "{screen}");
        assert_eq!(
            terminal
                .ask("#{alternate_on} #{cursor_flag} #{bracket_paste_flag}")
                .trim_end(),
            "0 1"
        );
        assert_eq!(commits(&house), before);
    }
}

#[test]
fn after_a_stop_from_outside_it_takes_the_terminal_again() {
    if !have("tmux") {
        return;
    }
    let house = house();
    let terminal = Terminal::start(&house, 120, 24, "m4c-stories review");
    terminal.wait("2 stories to review");
    terminal.kill("STOP");
    // a shell puts the terminal right for itself, and writes on it
    let tty = terminal.ask("#{pane_tty}");
    let shell = format!("stty -F {tty} sane && printf 'a shell was here' >{tty}");
    let done = house.command("sh").args(["-c", &shell]).output().expect("a shell");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    terminal.wait("a shell was here");
    terminal.kill("CONT");
    terminal.wait_for(|screen| screen.contains("2 stories to review") && !screen.contains("a shell was here"));
    terminal.press(&["q"]);
    terminal.wait("the terminal is as it was");
}

/// The texts that are kept in the spool, for nobody else to read.
fn all_kept(house: &TestHouse) -> Vec<String> {
    use std::os::unix::fs::PermissionsExt;
    let files = std::fs::read_dir(house.path(".desk/typed"))
        .expect("the spool")
        .flatten();
    let mut kept = Vec::new();
    for file in files {
        let mode = file.metadata().expect("a file").permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{file:?}");
        if file.file_name().to_string_lossy().ends_with(".md") {
            kept.push(std::fs::read_to_string(file.path()).expect("the text"));
        }
    }
    kept.sort();
    kept
}

fn kept(house: &TestHouse) -> String {
    let kept = all_kept(house);
    assert_eq!(kept.len(), 1, "{kept:?}");
    kept[0].clone()
}

fn forget_kept(house: &TestHouse) {
    std::fs::remove_dir_all(house.path(".desk/typed")).expect("it is ours");
}

#[test]
fn what_is_typed_is_kept_where_the_window_closes_or_the_round_ends_in_the_middle_of_a_key() {
    if !have("tmux") {
        return;
    }
    let house = house();
    let before = commits(&house);
    for end in ["close", "TERM", "QUIT"] {
        let terminal = Terminal::start(&house, 80, 24, "m4c-stories review");
        terminal.wait("2 stories to review");
        terminal.press(&["Enter", "n"]);
        terminal.wait("A note for the team");
        terminal.write("She is away until June");
        terminal.wait("She is away until June");
        terminal.send(b"\xc3");
        terminal.wait_for_half_a_key();
        if end == "close" {
            terminal.close();
        } else {
            terminal.kill(end);
            let screen = terminal.wait("the terminal is as it was");
            assert!(screen.contains("what you wrote is kept in"), "{screen}");
        }
        assert_eq!(kept(&house), "She is away until June", "{end}");
        assert_eq!(commits(&house), before);
        forget_kept(&house);
    }
}

#[test]
fn what_was_written_when_the_window_closed_is_there_again_with_its_story() {
    if !have("tmux") {
        return;
    }
    let house = house();
    let terminal = Terminal::start(&house, 80, 24, "m4c-stories review");
    terminal.wait("2 stories to review");
    terminal.press(&["Enter", "n"]);
    terminal.wait("A note for the team");
    terminal.write("She is away until June");
    terminal.wait("She is away until June");
    terminal.close();
    assert_eq!(kept(&house), "She is away until June");
    // the story moves on meanwhile
    house.run(&["note", "marion", "-m", "She rang"]).exits(0);
    let terminal = Terminal::start(&house, 80, 24, "m4c-stories review");
    let screen = terminal.wait("2 stories to review");
    assert!(
        screen.contains("What you wrote before is kept, for: Marion Maxwell."),
        "{screen}"
    );
    terminal.press(&["Enter"]);
    terminal.wait("What you wrote here before is kept; to go on with it: n.");
    terminal.press(&["n"]);
    let screen = terminal.wait("This is what you wrote before; it was kept.");
    assert!(screen.contains("She is away until June"), "{screen}");
    terminal.write(" 2011");
    terminal.wait("until June 2011");
    terminal.press(&["Enter"]);
    terminal.wait("You leave a note");
    // held and not written down it waits still
    assert_eq!(all_kept(&house).len(), 1);
    terminal.press(&["Enter"]);
    terminal.wait("Noted");
    terminal.press(&["q"]);
    terminal.press(&["q"]);
    terminal.wait("the terminal is as it was");
    let record = house.run(&["show", "marion", "--record"]).exits(0).stdout.clone();
    assert!(record.contains("She is away until June 2011"), "{record}");
    assert_eq!(all_kept(&house), [""; 0]);
}

#[test]
fn what_a_held_decision_says_is_kept_and_given_up_only_by_whoever_says_so() {
    if !have("tmux") {
        return;
    }
    let house = house();
    let terminal = Terminal::start(&house, 120, 24, "m4c-stories review");
    terminal.wait("2 stories to review");
    terminal.press(&["Enter", "c"]);
    terminal.wait("What do you ask of Marion Maxwell?");
    terminal.answer("Which year was it?");
    // the letter is shown, nothing is decided
    terminal.wait("Subject:");
    terminal.kill("TERM");
    terminal.wait("exit 143");
    assert_eq!(kept(&house), "Which year was it?");
    let terminal = Terminal::start(&house, 120, 24, "m4c-stories review");
    terminal.wait("2 stories to review");
    terminal.press(&["Enter", "c"]);
    terminal.wait("This is what you wrote before");
    terminal.press(&["Enter"]);
    terminal.wait("Subject:");
    terminal.press(&["Enter"]);
    terminal.wait("You ask for changes");
    terminal.kill("TERM");
    let screen = terminal.wait("exit 143");
    assert!(screen.contains("your decision was not written down"), "{screen}");
    assert_eq!(kept(&house), "Which year was it?");
    let terminal = Terminal::start(&house, 120, 24, "m4c-stories review");
    terminal.wait("2 stories to review");
    terminal.press(&["Enter", "c"]);
    terminal.wait("This is what you wrote before");
    terminal.press(&["Escape"]);
    terminal.wait("Esc once more");
    terminal.press(&["Escape"]);
    terminal.wait("Given up; nothing is done.");
    assert_eq!(all_kept(&house), [""; 0]);
    terminal.press(&["c"]);
    let screen = terminal.wait("What do you ask of Marion Maxwell?");
    assert!(!screen.contains("Which year"), "{screen}");
    terminal.write("And where?");
    terminal.wait("And where?");
    terminal.kill("TERM");
    terminal.wait("exit 143");
    assert_eq!(kept(&house), "And where?");
    house.run(&["erase", "marion", "--yes"]).exits(0);
    assert_eq!(all_kept(&house), [""; 0], "what is about an erased story goes with it");
}

#[test]
fn the_words_of_a_decision_that_is_made_no_more_are_there_again_by_its_key() {
    if !have("tmux") {
        return;
    }
    let house = house();
    let terminal = Terminal::start(&house, 120, 24, "m4c-stories review");
    let ask_so = || {
        terminal.wait("This is what you wrote before");
        terminal.press(&["Enter"]);
        terminal.wait("Subject:");
        terminal.press(&["Enter"]);
        terminal.wait("You ask for changes");
    };
    terminal.wait("2 stories to review");
    terminal.press(&["Enter", "c"]);
    terminal.wait("What do you ask of Marion Maxwell?");
    terminal.answer("Which year was it?");
    terminal.wait("Subject:");
    terminal.press(&["Enter"]);
    terminal.wait("You ask for changes");
    // another vote in its place
    terminal.press(&["a"]);
    let screen = terminal.wait("You approve");
    assert!(
        screen.contains("What you wrote is kept; to go on with it: c."),
        "{screen}"
    );
    assert_eq!(kept(&house), "Which year was it?");
    terminal.press(&["c"]);
    ask_so();
    terminal.press(&["u"]);
    let screen = terminal.wait("Taken back: You ask for changes");
    assert!(
        screen.contains("What you wrote is kept; to go on with it: c."),
        "{screen}"
    );
    assert_eq!(kept(&house), "Which year was it?");
    terminal.press(&["c"]);
    ask_so();
    // the same vote once more goes on from what is held, which stands in it then
    terminal.press(&["c"]);
    terminal.wait("This is what you wrote before");
    terminal.write(" And where?");
    terminal.wait("Which year was it? And where?");
    terminal.press(&["Enter"]);
    terminal.wait("Subject:");
    terminal.press(&["Enter"]);
    terminal.wait("You ask for changes");
    terminal.press(&["Enter"]);
    terminal.wait("Asked for changes");
    assert_eq!(all_kept(&house), [""; 0]);
    terminal.press(&["q"]);
    terminal.press(&["q"]);
    terminal.wait("the terminal is as it was");
    let record = house.run(&["show", "marion", "--record"]).exits(0).stdout.clone();
    assert!(record.contains("Which year was it? And where?"), "{record}");
}

#[test]
fn an_edit_that_was_not_taken_is_put_together_with_what_was_edited_since() {
    if !have("tmux") {
        return;
    }
    let house = house();
    house.write("editor.sh", "printf '\\nOne more line.\\n' >>\"$1\"\n");
    let with_editor = |command: &str| {
        format!(
            "EDITOR='sh {}/editor.sh' m4c-stories {command}",
            house.path("").display()
        )
    };
    let terminal = Terminal::start(&house, 120, 40, &with_editor("review"));
    terminal.wait("2 stories to review");
    terminal.press(&["Enter", "e"]);
    terminal.wait("This would change");
    terminal.close();
    assert!(kept(&house).ends_with("One more line.\n"));
    house.run(&["edit", "marion", "--subtitle", "Said meanwhile"]).exits(0);
    let terminal = Terminal::start(&house, 120, 40, &with_editor("review"));
    terminal.wait("2 stories to review");
    terminal.press(&["Enter", "e"]);
    terminal.wait("An edit of yours was not taken and is kept.");
    terminal.press(&["g"]);
    terminal.wait("This would change");
    terminal.press(&["Enter"]);
    terminal.wait("Edited, and kept.");
    terminal.press(&["q"]);
    terminal.press(&["q"]);
    terminal.wait("the terminal is as it was");
    let page = house.run(&["show", "marion"]).exits(0).stdout.clone();
    assert!(
        page.contains("One more line.") && page.contains("Said meanwhile"),
        "{page}"
    );
    assert_eq!(all_kept(&house), [""; 0]);
}

#[test]
fn a_command_asks_whether_it_goes_on_with_words_that_were_refused() {
    if !have("tmux") {
        return;
    }
    let house = house();
    house.run(&["reject", "marion", "-m", "Not now"]).exits(0);
    house.write("editor.sh", "sed -i '1s/$/ Which year?/' \"$1\"\n");
    let ask = format!(
        "EDITOR='sh {}/editor.sh' m4c-stories request-changes marion",
        house.path("").display()
    );
    let terminal = Terminal::start(&house, 120, 24, &ask);
    let screen = terminal.wait("exit 5");
    assert!(screen.contains("your text is kept in"), "{screen}");
    assert_eq!(kept(&house), "Which year?");
    house.run(&["reopen", "marion"]).exits(0);
    // refused once more: what it goes on from is kept no longer
    house.run(&["reject", "marion", "-m", "Not now"]).exits(0);
    let terminal = Terminal::start(&house, 120, 24, &ask);
    terminal.wait("for the story of Marion Maxwell is kept. Go on with it? [y/N]");
    terminal.answer("y");
    terminal.wait("exit 5");
    assert_eq!(kept(&house), "Which year? Which year?");
    house.run(&["reopen", "marion"]).exits(0);
    // words for one are not for another
    let both = ask.replace("request-changes marion", "reject marion tom");
    let terminal = Terminal::start(&house, 120, 24, &both);
    let screen = terminal.wait("exit 0");
    assert!(!screen.contains("Go on with it?"), "{screen}");
    for story in ["marion", "tom"] {
        house.run(&["reopen", story]).exits(0);
    }
    let terminal = Terminal::start(&house, 120, 24, &ask);
    terminal.wait("Go on with it? [y/N]");
    terminal.answer("y");
    terminal.wait("exit 0");
    let record = house.run(&["show", "marion", "--record"]).exits(0).stdout.clone();
    assert!(record.contains("Which year? Which year? Which year?"), "{record}");
    assert_eq!(all_kept(&house), [""; 0]);
}

#[test]
fn what_was_saved_in_an_editor_that_went_with_its_window_is_there_again() {
    if !have("tmux") {
        return;
    }
    let house = house();
    house.write(
        "editor.sh",
        "printf '\\nOne more line.\\n' >>\"$1\"; echo saved; exec sleep 60\n",
    );
    house.write("again.sh", "cat \"$1\" >&2\n");
    let with = |editor: &str, command: &str| {
        let editor = house.path(editor);
        format!("EDITOR='sh {}' m4c-stories {command}", editor.display())
    };
    for (command, keys) in [
        ("edit marion", &[][..]),
        ("review --plain", &["e"]),
        ("review", &["Enter", "e"]),
    ] {
        let terminal = Terminal::start(&house, 120, 30, &with("editor.sh", command));
        match command {
            "review" => {
                terminal.wait("2 stories to review");
                terminal.press(keys);
            }
            _ => keys.iter().for_each(|key| terminal.answer(key)),
        }
        terminal.wait("saved");
        terminal.close();
        let all = all_kept(&house);
        assert!(
            all.len() == 1 && all[0].ends_with("One more line.\n"),
            "{command}: {all:?}"
        );
        let terminal = Terminal::start(&house, 120, 30, &with("again.sh", "edit marion"));
        terminal.wait("for the story of Marion Maxwell is kept. Go on with it? [y/N]");
        terminal.answer("y");
        terminal.wait("exit 0");
        assert_eq!(all_kept(&house), [""; 0], "{command}");
    }
    // a message, the words about it left out
    let note = "note marion";
    let terminal = Terminal::start(&house, 120, 30, &with("editor.sh", note));
    terminal.wait("saved");
    terminal.close();
    assert_eq!(kept(&house), "One more line.");
}

#[test]
fn what_an_editor_gave_is_kept_while_it_is_being_taken() {
    if !have("tmux") || !have("flock") {
        return;
    }
    let house = house();
    house.write("editor.sh", "printf '\\nOne more line.\\n' >>\"$1\"\n");
    let lock = house.path(".desk/lock");
    for signal in ["INT", "TERM", "HUP"] {
        let mut holder = house
            .command("flock")
            .args(["--no-fork", lock.to_str().expect("UTF-8"), "sleep", "100"])
            .spawn()
            .expect("flock");
        let editor = house.path("editor.sh");
        let command = format!("EDITOR='sh {}' m4c-stories --wait 90 edit marion", editor.display());
        let terminal = Terminal::start(&house, 120, 30, &command);
        let typed = house.path(".desk/typed");
        terminal.wait_for(|_| std::fs::read_dir(&typed).is_ok_and(|files| files.count() == 2));
        terminal.kill(signal);
        terminal.wait("exit ");
        let all = all_kept(&house);
        assert!(
            all.len() == 1 && all[0].ends_with("One more line.\n"),
            "{signal}: {all:?}"
        );
        holder.kill().expect("it is ours");
        holder.wait().expect("it ended");
        forget_kept(&house);
    }
}

#[test]
fn the_words_of_a_second_note_that_is_taken_back_stay_while_the_first_is_written_down() {
    if !have("tmux") {
        return;
    }
    let house = house();
    let terminal = Terminal::start(&house, 120, 30, "m4c-stories review");
    terminal.wait("2 stories to review");
    terminal.press(&["Enter"]);
    for note in ["She rang", "He wrote"] {
        terminal.wait("Marion Maxwell");
        terminal.press(&["n"]);
        terminal.wait("A note for the team");
        terminal.answer(note);
        terminal.wait("You leave a note");
    }
    terminal.press(&["u"]);
    terminal.wait("What you wrote is kept; to go on with it: n.");
    terminal.press(&["Enter"]);
    terminal.wait("Noted");
    assert_eq!(kept(&house), "He wrote");
}

#[test]
fn of_two_notes_that_are_taken_back_each_is_kept_whatever_ends_the_run() {
    if !have("tmux") {
        return;
    }
    for ends in ["u", "TERM"] {
        let house = house();
        let terminal = Terminal::start(&house, 120, 30, "m4c-stories review");
        terminal.wait("2 stories to review");
        terminal.press(&["Enter"]);
        for note in ["She rang", "He wrote"] {
            terminal.wait("Marion Maxwell");
            terminal.press(&["n"]);
            terminal.wait("A note for the team");
            terminal.answer(note);
            terminal.wait("You leave a note");
        }
        terminal.press(&["u"]);
        terminal.wait("What you wrote is kept; to go on with it: n.");
        if ends == "TERM" {
            terminal.kill(ends);
            terminal.wait("exit ");
            assert_eq!(all_kept(&house), ["He wrote", "She rang"]);
            continue;
        }
        terminal.press(&["u"]);
        terminal.wait_for(|_| all_kept(&house).len() == 2);
        assert_eq!(all_kept(&house), ["He wrote", "She rang"]);
        // what one goes on with is kept once, and the other one stays
        terminal.press(&["n"]);
        terminal.wait("This is what you wrote before; it was kept.");
        terminal.answer(" on Friday");
        terminal.wait("You leave a note");
        terminal.press(&["u"]);
        terminal.wait_for(|_| all_kept(&house).iter().any(|words| words.contains("on Friday")));
        assert_eq!(all_kept(&house).len(), 2, "{:?}", all_kept(&house));
    }
}

#[test]
fn words_that_are_used_and_written_on_are_both_kept() {
    if !have("tmux") {
        return;
    }
    let house = house();
    let note = |terminal: &Terminal, more: &str| {
        terminal.press(&["n"]);
        terminal.wait("A note for the team");
        terminal.answer(more);
        terminal.wait("You leave a note");
    };
    let terminal = Terminal::start(&house, 120, 30, "m4c-stories review");
    terminal.wait("2 stories to review");
    terminal.press(&["Enter"]);
    terminal.wait("Marion Maxwell");
    note(&terminal, "She rang");
    terminal.press(&["u"]);
    terminal.wait("What you wrote is kept; to go on with it: n.");
    // the same as it was, and once more with words behind it
    note(&terminal, "");
    note(&terminal, " on Friday");
    terminal.kill("TERM");
    terminal.wait("exit ");
    assert_eq!(all_kept(&house), ["She rang", "She rang on Friday"]);
}

/// An editor that adds a line the first time, and the second time does this.
fn second_editor(house: &TestHouse, second: &str) -> String {
    let script = house.path("second.sh").display().to_string();
    house.write(
        "second.sh",
        format!(
            "if [ -e {script}.done ]; then {second}; fi\ntouch {script}.done\nprintf '\\nOne more line.\\n' >>\"$1\"\n"
        ),
    );
    let _ = std::fs::remove_file(format!("{script}.done"));
    format!("EDITOR='sh {script}' m4c-stories")
}

#[test]
fn an_edit_stays_where_the_editor_that_is_opened_for_it_again_fails() {
    if !have("tmux") {
        return;
    }
    for second in ["exit 1", ": >\"$1\"; exit 1"] {
        for plain in [false, true] {
            let house = house();
            let editor = second_editor(&house, second);
            let command = if plain { "review --plain" } else { "review" };
            let terminal = Terminal::start(&house, 120, 30, &format!("{editor} {command}"));
            if plain {
                terminal.wait("Approve this story");
                terminal.answer("e");
                terminal.wait("Keep it [y,m,e,n]?");
                terminal.answer("e");
                terminal.wait("this is the text as it was before");
                terminal.wait_for(|screen| screen.trim_end().ends_with("Keep it [y,m,e,n]?"));
                terminal.answer("y");
            } else {
                terminal.wait("2 stories to review");
                terminal.press(&["Enter"]);
                terminal.wait("Marion Maxwell");
                terminal.press(&["e"]);
                terminal.wait("One more line.");
                terminal.press(&["e"]);
                terminal.wait("this is the text as it was before");
                terminal.wait("One more line.");
                terminal.press(&["Enter"]);
            }
            terminal.wait("Edited, and kept");
            let text = house.show("marion")["text"].as_str().unwrap_or_default().to_owned();
            assert!(text.ends_with("One more line.\n"), "{command}: {text}");
            assert_eq!(all_kept(&house), [""; 0]);
        }
    }
}

#[test]
fn an_edit_stays_where_the_window_closes_while_it_is_edited_again() {
    if !have("tmux") {
        return;
    }
    for command in ["review", "review --plain"] {
        let house = house();
        let editor = second_editor(&house, "echo second open; exec sleep 60");
        let terminal = Terminal::start(&house, 120, 30, &format!("{editor} {command}"));
        if command == "review" {
            terminal.wait("2 stories to review");
            terminal.press(&["Enter"]);
            terminal.wait("Marion Maxwell");
            terminal.press(&["e"]);
            terminal.wait("One more line.");
            terminal.press(&["e"]);
        } else {
            terminal.wait("Approve this story");
            terminal.answer("e");
            terminal.wait("Keep it [y,m,e,n]?");
            terminal.answer("e");
        }
        terminal.wait("second open");
        terminal.close();
        assert!(kept(&house).ends_with("One more line.\n"), "{command}");
    }
}

/// What is kept in files of their own.
fn in_files(house: &TestHouse) -> Vec<String> {
    let files = house.files("tmp").into_iter();
    let edits = files.filter(|file| file.starts_with("m4c-edit-"));
    edits.map(|file| house.read(&format!("tmp/{file}"))).collect()
}

#[test]
fn the_words_of_a_letter_are_kept_while_they_wait_to_be_taken() {
    if !have("tmux") || !have("flock") {
        return;
    }
    let house = house();
    house.write("editor.sh", "printf '\nOne more line.\n' >>\"$1\"\n");
    std::fs::create_dir(house.path("tmp")).expect("a folder");
    let (lock, tmp, editor) = (house.path(".desk/lock"), house.path("tmp"), house.path("editor.sh"));
    let command = |arguments: &str| {
        let (tmp, editor) = (tmp.display(), editor.display());
        format!("TMPDIR={tmp} EDITOR='sh {editor}' m4c-stories {arguments}")
    };
    for signal in ["INT", "TERM", "HUP"] {
        let mut holder = house
            .command("flock")
            .args(["--no-fork", lock.to_str().expect("UTF-8"), "sleep", "100"])
            .spawn()
            .expect("flock");
        let terminal = Terminal::start(&house, 120, 30, &command("--wait 90 letters edit marion"));
        terminal.wait_for(|_| {
            let there = in_files(&house);
            there.iter().any(|text| text.ends_with("One more line.\n"))
        });
        terminal.kill(signal);
        terminal.wait("exit ");
        let all = in_files(&house);
        assert!(
            all.len() == 1 && all[0].ends_with("One more line.\n"),
            "{signal}: {all:?}"
        );
        holder.kill().expect("it is ours");
        holder.wait().expect("it ended");
        std::fs::remove_dir_all(&tmp).expect("it is ours");
        std::fs::create_dir(&tmp).expect("a folder");
    }
    // only tried out
    let terminal = Terminal::start(&house, 120, 30, &command("letters edit marion -n"));
    let screen = terminal.wait("exit 0");
    assert!(screen.contains("what you wrote is kept in"), "{screen}");
    assert_eq!(in_files(&house).len(), 1);
    std::fs::remove_dir_all(&tmp).expect("it is ours");
    std::fs::create_dir(&tmp).expect("a folder");
    // and taken
    let terminal = Terminal::start(&house, 120, 30, &command("letters edit marion"));
    terminal.wait("Kept as you wrote it");
    terminal.wait("exit 0");
    assert_eq!(in_files(&house), [""; 0]);
}

#[test]
fn what_was_written_to_try_it_out_is_offered_again() {
    if !have("tmux") {
        return;
    }
    let house = house();
    house.write("editor.sh", "printf '\nOne more line.\n' >>\"$1\"\n");
    let command = |arguments: &str| {
        format!(
            "EDITOR='sh {}' m4c-stories {arguments}",
            house.path("editor.sh").display()
        )
    };
    for arguments in ["edit marion -n", "note marion -n"] {
        let terminal = Terminal::start(&house, 120, 30, &command(arguments));
        let screen = terminal.wait("exit 0");
        assert!(screen.contains("and offered when you write"), "{arguments}: {screen}");
        assert!(kept(&house).trim_end().ends_with("One more line."), "{arguments}");
        forget_kept(&house);
    }
    house.write("editor.sh", "true\n");
    let terminal = Terminal::start(&house, 120, 30, &command("edit marion -n"));
    terminal.wait("exit 0");
    assert!(!house.path(".desk/typed").exists() || all_kept(&house).is_empty());
}

#[test]
fn words_for_one_letter_are_not_offered_for_another() {
    if !have("tmux") {
        return;
    }
    let house = house();
    let at_the_letter = |terminal: &Terminal, keys: &[&str], why: &str| {
        terminal.wait("2 stories to review");
        terminal.press(&["Enter"]);
        terminal.press(keys);
        terminal.write(why);
        terminal.wait(why);
        terminal.press(&["Enter"]);
        terminal.wait("Subject:");
        terminal.press(&["e"]);
        terminal.wait("Ctrl-D")
    };
    let terminal = Terminal::start(&house, 100, 40, "m4c-stories review");
    at_the_letter(&terminal, &["c"], "Which year?");
    terminal.write("PLEASE SEND MORE");
    terminal.wait("PLEASE SEND MORE");
    terminal.close();
    let kept = all_kept(&house);
    assert!(kept.len() == 2 && kept[1] == "Which year?", "{kept:?}");
    let terminal = Terminal::start(&house, 100, 40, "m4c-stories review");
    let screen = at_the_letter(&terminal, &["r", "l"], "Not for us");
    assert!(
        screen.contains("Not for us") && !screen.contains("PLEASE") && !screen.contains("wrote before"),
        "{screen}"
    );
    terminal.press(&["Escape"]);
    terminal.wait("Esc once more gives up what you wrote");
    terminal.press(&["Escape"]);
    terminal.wait("The letter stays as it was.");
    terminal.close();
    let all = all_kept(&house);
    assert_eq!(all.len(), 3, "{all:?}");
    assert!(kept.iter().all(|text| all.contains(text)), "{all:?}");
}

#[test]
fn line_by_line_what_was_written_is_kept_too() {
    if !have("tmux") {
        return;
    }
    let house = house();
    let terminal = Terminal::start(&house, 80, 24, "m4c-stories review --plain");
    terminal.wait("Approve this story");
    terminal.answer("n");
    terminal.wait("A note for the team");
    terminal.wait("gives it up. >");
    terminal.answer("She is away");
    terminal.wait("She is away >");
    terminal.answer("");
    terminal.wait("She is away > >");
    terminal.answer("until June");
    terminal.wait("until June >");
    terminal.close();
    assert_eq!(kept(&house), "She is away\n\nuntil June");
    let terminal = Terminal::start(&house, 80, 24, "m4c-stories review --plain");
    terminal.wait("What you wrote here before is kept");
    terminal.answer("n");
    terminal.wait("Use it [y,n]?");
    // anew: what waits is neither lost nor used
    terminal.answer("n");
    terminal.wait("an empty first line gives it up. >");
    terminal.answer("");
    terminal.wait("Given up");
    assert_eq!(all_kept(&house).len(), 1);
    terminal.close();
    let terminal = Terminal::start(&house, 80, 24, "m4c-stories review --plain");
    terminal.wait("What you wrote here before is kept");
    terminal.answer("n");
    terminal.wait("Use it [y,n]?");
    terminal.answer("y");
    terminal.wait("Write it down and go on");
    terminal.answer("");
    terminal.wait("Noted");
    assert_eq!(all_kept(&house), [""; 0]);
}

#[test]
fn a_letter_that_is_pasted_line_by_line_answers_no_question() {
    if !have("tmux") {
        return;
    }
    let house = house();
    let before = commits(&house);
    let terminal = Terminal::start(&house, 80, 40, "m4c-stories review --plain");
    terminal.wait("Approve this story");
    terminal.answer("c");
    terminal.wait("What do you ask of Marion Maxwell?");
    terminal.send(b"Dear Marion,\n\nwhich year was it?\n\n\ny\n\n.\ny\n\na\n");
    terminal.wait("Is the letter right [y,e,n,?]?");
    // what was there before the question is no answer to it
    std::thread::sleep(std::time::Duration::from_millis(300));
    assert_eq!(commits(&house), before);
    let screen = terminal.wait("Is the letter right [y,e,n,?]?");
    assert!(
        screen.contains("Dear Marion") && !screen.contains("Write it down"),
        "{screen}"
    );
    terminal.answer("y");
    terminal.wait("Write it down and go on");
    terminal.answer("");
    terminal.wait("Asked for changes");
    let record = house.run(&["show", "marion", "--record"]).exits(0).stdout.clone();
    assert!(record.contains("which year was it?"), "{record}");
}

#[test]
fn line_by_line_words_outlive_a_no_and_the_end_of_the_input() {
    if !have("tmux") {
        return;
    }
    let house = house();
    let before = commits(&house);
    for end in ["n", "C-d"] {
        let terminal = Terminal::start(&house, 100, 60, "m4c-stories review --plain");
        terminal.wait("Approve this story");
        terminal.answer("c");
        terminal.wait("gives it up. >");
        terminal.answer("Which year was it?");
        terminal.wait("Which year was it? >");
        terminal.answer(".");
        terminal.wait("Is the letter right [y,e,n,?]?");
        match end {
            "n" => {
                terminal.answer(end);
                terminal.wait("What you wrote is kept; to go on with it: c.");
                terminal.wait_for(|s| s.matches("Approve this story").count() == 2);
                terminal.close();
            }
            _ => {
                terminal.press(&[end]);
                terminal.wait("what you wrote is kept in");
                terminal.wait("exit 0");
            }
        }
        assert_eq!(kept(&house), "Which year was it?", "{end}");
        assert_eq!(commits(&house), before);
        forget_kept(&house);
    }
}

#[test]
fn esc_writes_no_decision_down() {
    if !have("tmux") {
        return;
    }
    let house = house();
    let before = commits(&house);
    let terminal = Terminal::start(&house, 100, 30, "m4c-stories review");
    terminal.wait("2 stories to review");
    terminal.press(&["Enter", "r"]);
    terminal.wait("s  ");
    terminal.press(&["s"]);
    terminal.wait("You reject");
    terminal.press(&["Escape"]);
    terminal.wait("Enter or q writes it down, u takes it back.");
    assert_eq!(commits(&house), before);
    terminal.press(&["u"]);
    terminal.wait("Taken back");
    terminal.press(&["Escape"]);
    terminal.wait("2 stories to review");
    assert_eq!(commits(&house), before);
}

#[test]
fn an_edit_begun_anew_leaves_the_one_that_is_kept() {
    if !have("tmux") {
        return;
    }
    let house = house();
    house.write("editor.sh", "printf '\\n%s\\n' \"$WORDS\" >>\"$1\"\n");
    let with = |words: &str| {
        let editor = house.path("editor.sh");
        format!("WORDS='{words}' EDITOR='sh {}' m4c-stories review", editor.display())
    };
    let terminal = Terminal::start(&house, 120, 40, &with("Two hours of work."));
    terminal.wait("2 stories to review");
    terminal.press(&["Enter", "e"]);
    terminal.wait("This would change");
    terminal.close();
    assert_eq!(all_kept(&house).len(), 1);
    let terminal = Terminal::start(&house, 120, 40, &with("A word."));
    terminal.wait("2 stories to review");
    terminal.press(&["Enter", "e"]);
    terminal.wait("An edit of yours was not taken and is kept.");
    terminal.press(&["n"]);
    terminal.wait("This would change");
    terminal.press(&["Enter"]);
    terminal.wait("Edited, and kept.");
    terminal.press(&["q"]);
    terminal.press(&["q"]);
    terminal.wait("the terminal is as it was");
    assert!(kept(&house).ends_with("Two hours of work.\n"));
}

#[test]
fn find_begins_empty_and_offers_the_words_of_the_last_time() {
    if !have("tmux") {
        return;
    }
    let house = house();
    let terminal = Terminal::start(&house, 80, 24, "m4c-stories review");
    terminal.wait("2 stories to review");
    terminal.press(&["/"]);
    let screen = terminal.wait("Which words in title, author or place?");
    assert!(!screen.contains("Enter alone"), "{screen}");
    terminal.write("nobody at all");
    // as in a shell
    terminal.press(&["C-u"]);
    terminal.write("Okafor Marion");
    terminal.press(&["C-w"]);
    terminal.write("tom");
    terminal.press(&["Enter"]);
    let screen = terminal.wait("Esc shows all again.");
    assert!(
        screen.contains("Tom Okafor") && !screen.contains("Marion Maxwell"),
        "{screen}"
    );
    assert!(screen.contains("\"Okafor tom\""), "{screen}");
    // other words need nothing taken off first
    terminal.press(&["/"]);
    terminal.wait("Enter alone finds \"Okafor tom\" again");
    terminal.answer("maxwell");
    terminal.wait("with \"maxwell\"");
    terminal.press(&["Escape"]);
    terminal.wait_for(|screen| screen.contains("Marion Maxwell") && screen.contains("Tom Okafor"));
    for keys in [&["/", "Enter"][..], &["/", "Up", "Enter"]] {
        terminal.press(keys);
        let screen = terminal.wait("with \"maxwell\"");
        assert!(!screen.contains("Tom Okafor"), "{screen}");
        terminal.press(&["Escape"]);
        terminal.wait("Tom Okafor");
    }
}

#[test]
fn a_text_that_was_written_is_kept_where_the_round_ends_before_it_is_taken() {
    if !have("tmux") {
        return;
    }
    let house = house();
    let before = commits(&house);
    house.write("editor.sh", "printf '\\nOne more line.\\n' >>\"$1\"\n");
    let command = format!("EDITOR='sh {0}/editor.sh' m4c-stories review", house.path("").display());
    let terminal = Terminal::start(&house, 120, 24, &command);
    terminal.wait("2 stories to review");
    terminal.press(&["Enter", "e"]);
    terminal.wait("This would change");
    terminal.kill("TERM");
    let screen = terminal.wait("exit 143");
    assert!(screen.contains("what you wrote is kept in"), "{screen}");
    let text = kept(&house);
    assert!(text.ends_with("One more line.\n"), "{text}");
    assert_eq!(commits(&house), before);
}

#[test]
fn a_small_window_names_the_authors_and_leaves_room_for_the_text() {
    if !have("tmux") {
        return;
    }
    let house = house();
    let terminal = Terminal::start(&house, 40, 12, "m4c-stories review");
    let screen = terminal.wait("2 stories to review");
    assert!(
        screen.contains("Marion Maxwell") && screen.contains("Tom Okafor"),
        "{screen}"
    );
    for (width, height) in [(47, 12), (48, 14), (64, 16), (66, 20), (20, 5), (40, 12)] {
        terminal.resize(width, height);
        let words = if width < 40 {
            "Make the window larger"
        } else {
            "2 stories to review"
        };
        terminal.wait(words);
    }
    terminal.press(&["Enter"]);
    let screen = terminal.wait("Story 1 of 2");
    let rows: Vec<&str> = screen.lines().collect();
    assert!(rows[rows.len() - 1].ends_with("? help"), "{screen}");
    terminal.press(&["a"]);
    let screen = terminal.wait("Enter writes it down");
    assert!(
        screen.lines().skip(1).take(3).all(|row| !row.starts_with("--")),
        "{screen}"
    );
    terminal.press(&["q"]);
    terminal.wait("Approved: Future Leader Stories");
}

#[test]
fn it_ends_with_its_window_also_in_the_middle_of_a_key() {
    if !have("tmux") {
        return;
    }
    let house = house();
    let before = commits(&house);
    for half in [&b""[..], b"\xc3"] {
        let terminal = Terminal::start(&house, 80, 24, "m4c-stories review");
        terminal.wait("2 stories to review");
        terminal.press(&["Enter", "a"]);
        terminal.wait("You approve this text.");
        if !half.is_empty() {
            terminal.send(half);
            terminal.wait_for_half_a_key();
        }
        terminal.close();
        assert_eq!(commits(&house), before);
    }
}

/// Run by the test below inside a terminal, where it takes the screen and panics.
#[test]
fn a_panic_gives_the_terminal_back_before_it_tells_of_itself() {
    if std::env::var("M4C_PANIC_ON_SCREEN").is_ok() {
        let _screen = m4c_stories::cli::review::screen::Screen::enter(std::env::temp_dir().join("m4c-no-spool"))
            .expect("a terminal");
        panic!("a slip of ours");
    }
    if !have("tmux") {
        return;
    }
    let house = TestHouse::new();
    let me = std::env::current_exe().expect("this test");
    let name = "a_panic_gives_the_terminal_back_before_it_tells_of_itself";
    let command = format!("M4C_PANIC_ON_SCREEN=1 {} --exact {name} --nocapture", me.display());
    let terminal = Terminal::start(&house, 80, 24, &command);
    let screen = terminal.wait("the terminal is as it was");
    assert!(screen.contains("exit 101"), "{screen}");
    assert!(
        screen.contains("a slip of ours"),
        "it is read where it can be read: {screen}"
    );
    assert_eq!(terminal.ask("#{alternate_on} #{cursor_flag}"), "0 1");
}

#[test]
fn line_by_line_the_same_is_asked_and_done() {
    if !have("tmux") {
        return;
    }
    let house = house();
    // a dumb terminal gets it without being asked
    let terminal = Terminal::start(&house, 80, 120, "TERM=dumb m4c-stories review");
    let screen = terminal.wait("Approve this story [a,c,r,e,n,s,q,?]?");
    assert!(
        screen.contains("I clean at the hospital, on nights") && screen.contains("Story 1 of 2"),
        "{screen}"
    );
    assert_eq!(terminal.ask("#{alternate_on}"), "0");
    terminal.answer("?");
    terminal.wait("Skip: go to the next story without a decision.");
    terminal.answer("x");
    terminal.wait("What was cut from the mail");
    terminal.answer("banana");
    terminal.wait("\"banana\" is no answer; ? lists them.");
    terminal.answer("a");
    terminal.wait("Write it down and go on (u takes it back) [Enter,u,?]?");
    terminal.answer("u");
    terminal.wait("Taken back: You approve this text.");
    assert_eq!(house.state("marion"), "draft");
    terminal.answer("a");
    terminal.wait_for(|s| s.matches("Write it down and go on").count() == 2);
    terminal.answer("");
    terminal.wait("Approved: Future Leader Stories: Marion Maxwell");
    terminal.wait("Story 2 of 2");
    terminal.answer("c");
    terminal.wait("What do you ask of Tom Okafor?");
    terminal.answer("Which year was this?");
    terminal.wait("Which year was this? >");
    terminal.answer(".");
    terminal.wait("Is the letter right [y,e,n,?]?");
    terminal.answer("y");
    terminal.wait("You ask for changes.");
    terminal.answer("");
    terminal.wait("That was the last story of the list.");
    terminal.wait("exit 0");
    assert_eq!(house.state("marion"), "approved");
    assert_eq!(
        last_event(&house, "tom"),
        (
            "changes-requested".into(),
            "Robin Reviewer".into(),
            "Which year was this?".into()
        )
    );
    assert!(!terminal.with_colours().contains("\u{1b}["), "no escape at all");

    // and the end of the input is no decision
    let terminal = Terminal::start(&house, 80, 60, "m4c-stories review --plain");
    terminal.wait("Approve this story");
    terminal.press(&["C-d"]);
    terminal.wait("exit 0");
}

#[test]
fn the_authors_words_are_shown_of_a_story_that_was_told() {
    if !have("tmux") {
        return;
    }
    let house = TestHouse::new();
    let told = ["new", "--author", "Jo Field", "--evidence", "by telephone", "-"];
    house
        .run_with_stdin(&told, "The lift was broken for a year, and we asked.\n")
        .exits(0);
    let terminal = Terminal::start(&house, 80, 40, "m4c-stories review");
    terminal.wait("1 story to review");
    terminal.press(&["Enter", "d"]);
    terminal.wait("The text above is what the author wrote: nothing was changed.");
    terminal.press(&["q", "q"]);
    terminal.wait("exit 0");
}

#[test]
fn without_a_terminal_it_says_which_commands_to_use() {
    let house = house();
    for arguments in [&["review"][..], &["review", "--plain"], &["review", "--no-input"]] {
        let ran = house.run(arguments);
        assert!(
            ran.exits(2).stderr.contains("`show STORY`, then `approve`"),
            "{}",
            ran.stderr
        );
    }
    let ran = house.run(&["review", "--json"]);
    assert_eq!(ran.exits(2).error()["code"], "usage");
    house.run(&["review", "-n"]).exits(2);
}
