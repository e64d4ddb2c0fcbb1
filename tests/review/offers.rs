//! New texts by the author, and stories that come off, as a reviewer meets them in the walk.

use crate::common::{CONFIG, TestHouse, have, marion, marion_corrected};
use crate::terminal::Terminal;
use crate::{commits, last_event};

/// Marion's story, with an edit of ours (`from` becomes `to`), and her mail with a corrected text.
fn corrected(from: &str, to: &str) -> TestHouse {
    let house = TestHouse::new();
    house.story(&marion());
    house.edit_by_hand("marion", from, to);
    house.run_with_stdin(&["fetch", "-q", "-"], marion_corrected()).exits(0);
    house
}

fn log(house: &TestHouse) -> String {
    house.git(&["log", "--format=%an <%ae>%n%B%n--", "--name-only", "main"])
}

/// Asks what becomes of the new text, and answers with `key`.
fn decide_on_new_text(terminal: &Terminal, key: &str) {
    terminal.press(&["m"]);
    terminal.wait("What becomes of the author's new text");
    terminal.press(&[key]);
}

/// Says that the story comes off by the team's decision, and why.
fn take_off(terminal: &Terminal, words: &str) {
    terminal.press(&["f"]);
    terminal.wait("Is this story to come off?");
    terminal.press(&["t"]);
    terminal.wait("Why does it come off?");
    terminal.write(words);
    terminal.wait("A neighbour is named");
    terminal.press(&["Enter"]);
    terminal.wait("You take this off.");
}

fn text(house: &TestHouse) -> String {
    house.show("marion")["text"].as_str().expect("a text").to_owned()
}

#[test]
fn a_new_text_is_shown_in_three_ways_taken_and_approved_as_the_commands_do() {
    if !have("tmux") {
        return;
    }
    let edit = ("one question", "one single question");
    let (by_key, by_command) = (corrected(edit.0, edit.1), corrected(edit.0, edit.1));
    let terminal = Terminal::start(&by_key, 200, 50, "m4c-stories review");
    terminal.wait("1 story to review");
    terminal.press(&["Enter"]);
    terminal.wait("Story 1 of 1");
    terminal.press(&["End"]);
    let screen = terminal.wait("-- The author's new words");
    let words = screen
        .lines()
        .find(|row| row.contains("ninety") && row.contains("sixty"));
    let columns: Vec<&str> = words.expect("the columns").split(" | ").collect();
    assert!(
        columns.len() == 3 && columns[1].contains("ninety") && columns[2].contains("sixty"),
        "the author's words, ours, the author's new ones: {columns:?}"
    );
    terminal.press(&["q", "q"]);
    terminal.wait("exit 0");

    let terminal = Terminal::start(&by_key, 80, 24, "m4c-stories review");
    terminal.wait("1 story to review");
    terminal.press(&["Enter"]);
    terminal.wait("the author sent a new text (mail 2), shown below; m takes it or leaves it out");
    terminal.press(&["End"]);
    let screen = terminal.wait("What taking it makes of your text:");
    for told in [
        "about [-ninety-]{+sixty+} others",
        "{+single +}question",
        "sorry, here is a corrected version:",
    ] {
        assert!(screen.contains(told), "{told:?} in\n{screen}");
    }
    // a decision upon the text that goes comes first
    terminal.press(&["a"]);
    terminal.wait("You approve this text.");
    decide_on_new_text(&terminal, "t");
    terminal.wait("Take that back first (u)");
    terminal.press(&["u"]);
    decide_on_new_text(&terminal, "t");
    terminal.wait("about [-ninety-]{+sixty+} others");
    let before = commits(&by_key);
    terminal.press(&["Escape"]);
    terminal.wait("Dropped: the text stays as it was.");
    assert_eq!(commits(&by_key), before);
    decide_on_new_text(&terminal, "t");
    terminal.wait("This would change:");
    terminal.press(&["Enter"]);
    terminal.wait("Accepted, and kept.");
    terminal.press(&["u"]);
    terminal.wait("What you changed is in the text already and cannot be taken back here");
    terminal.press(&["m"]);
    terminal.wait("The author has sent no new text that waits.");
    terminal.press(&["End", "a"]);
    terminal.wait("You approve this text.");
    terminal.press(&["q"]);
    terminal.wait("Approved: Future Leader Stories: Marion Maxwell");
    terminal.press(&["q"]);
    terminal.wait("Accepted: 1 story");

    by_command.run(&["accept", "marion"]).exits(0);
    by_command.run(&["approve", "marion"]).exits(0);
    assert_eq!(log(&by_key), log(&by_command));
    assert!(text(&by_key).contains("about sixty others. I asked each of them one single question"));
    by_key.fsck();
}

#[test]
fn a_new_text_is_left_out_with_a_letter_and_that_can_be_taken_back() {
    if !have("tmux") {
        return;
    }
    let edit = ("one question", "one single question");
    let (by_key, by_command) = (corrected(edit.0, edit.1), corrected(edit.0, edit.1));
    let before = commits(&by_key);
    let terminal = Terminal::start(&by_key, 80, 24, "m4c-stories review");
    terminal.wait("1 story to review");
    terminal.press(&["Enter"]);
    decide_on_new_text(&terminal, "d");
    terminal.wait("You leave the new text out, without a letter.");
    terminal.press(&["m"]);
    terminal.wait("You leave it out already; u takes that back.");
    terminal.press(&["u"]);
    decide_on_new_text(&terminal, "l");
    terminal.wait("Why is the new text left out?");
    terminal.write("We counted ninety, too");
    terminal.press(&["Enter"]);
    terminal.wait("The author gets this letter:");
    terminal.press(&["Enter"]);
    terminal.wait("You leave the new text out.");
    assert_eq!(commits(&by_key), before, "it is held, not written down");
    terminal.press(&["q"]);
    terminal.wait("Declined: Future Leader Stories: Marion Maxwell");
    terminal.press(&["q"]);
    terminal.wait("exit 0");

    by_command
        .run(&["decline", "marion", "-m", "We counted ninety, too"])
        .exits(0);
    assert_eq!(log(&by_key), log(&by_command));
    let letters = |house: &TestHouse| house.run(&["letters", "show", "marion"]).stdout.clone();
    assert_eq!(letters(&by_key), letters(&by_command));
    assert!(text(&by_key).contains("about ninety others"));
}

#[test]
fn where_both_changed_the_same_words_the_editor_opens_with_both() {
    if !have("tmux") {
        return;
    }
    let house = corrected("about ninety others", "some ninety colleagues");
    let before = text(&house);
    // who leaves the marks keeps their words, and the story stays as it was
    let terminal = Terminal::start(&house, 80, 30, "EDITOR=true m4c-stories review");
    terminal.wait("1 story to review");
    terminal.press(&["Enter"]);
    terminal.wait("Story 1 of 1");
    terminal.press(&["End"]);
    terminal.wait("Both changed the same words");
    terminal.press(&["m"]);
    terminal.wait("put your words and theirs together");
    terminal.press(&["e"]);
    let screen = terminal.wait("the revision was not taken");
    assert!(screen.contains("your text is kept in"), "{screen}");
    terminal.press(&["Enter", "q", "q"]);
    terminal.wait("exit 0");
    assert_eq!(text(&house), before);

    house.write(
        "home/resolve",
        "#!/bin/sh\nsed -i -e '/^<<<<<<< /,/^=======/d' -e '/^>>>>>>> /d' \"$1\"\n",
    );
    let terminal = Terminal::start(&house, 80, 30, "EDITOR='sh home/resolve' m4c-stories review");
    terminal.wait("1 story to review");
    terminal.press(&["Enter", "m"]);
    terminal.wait("put your words and theirs together");
    terminal.press(&["e"]);
    terminal.wait("e edit it again");
    terminal.press(&["Enter"]);
    terminal.wait("Accepted, and kept.");
    terminal.press(&["q", "q"]);
    terminal.wait("exit 0");
    assert!(text(&house).contains("about sixty others"), "{}", text(&house));
    let (kind, by, _) = last_event(&house, "marion");
    assert_eq!((kind.as_str(), by.as_str()), ("edited", "Robin Reviewer"));
}

#[test]
fn a_story_comes_off_by_a_key_after_a_question_and_not_before_one_leaves_it() {
    if !have("tmux") {
        return;
    }
    let published = || {
        let house = TestHouse::with_config(CONFIG);
        house.story(&marion());
        house.run(&["approve", "marion"]).exits(0);
        house.run(&["publish", "marion"]).exits(0);
        // a correction is on the reviewers' desk
        house.run(&["edit", "marion", "--subtitle", "Ninety cleaners"]).exits(0);
        house
    };
    let (by_key, by_command) = (published(), published());
    let page = "site/content/stories/marion-maxwell/index.md";
    assert!(by_key.path(page).exists());
    let before = commits(&by_key);
    let terminal = Terminal::start(&by_key, 80, 24, "m4c-stories review");
    terminal.wait("1 story to review");
    terminal.press(&["Enter", "f"]);
    terminal.wait("it comes off site");
    terminal.press(&["n"]);
    take_off(&terminal, "A neighbour is named");
    terminal.press(&["u"]);
    terminal.wait("Taken back: You take this off.");
    assert!(by_key.path(page).exists() && commits(&by_key) == before);
    // its words are there again
    take_off(&terminal, "");
    terminal.press(&["q"]);
    terminal.wait("Taken down: Future Leader Stories: Marion Maxwell");
    terminal.press(&["q"]);
    terminal.wait("exit 0");
    by_command
        .run(&["takedown", "marion", "-m", "A neighbour is named"])
        .exits(0);
    assert_eq!(log(&by_key), log(&by_command));
    assert!(!by_key.path(page).exists());
    assert_eq!(by_key.state("marion"), "taken-down");
}

#[test]
fn line_by_line_a_scheduled_story_is_unscheduled_a_new_text_taken_and_the_story_withdrawn() {
    if !have("tmux") {
        return;
    }
    let house = TestHouse::new();
    house.story(&marion());
    house.run(&["approve", "marion"]).exits(0);
    house.run(&["publish", "marion", "--at", "2127-01-01 09:00"]).exits(0);
    house.run_with_stdin(&["fetch", "-q", "-"], marion_corrected()).exits(0);
    let terminal = Terminal::start(&house, 80, 160, "m4c-stories review --plain");
    let screen = terminal.wait("Approve this story [a,c,r,e,n,s,q,?]?");
    assert!(screen.contains("about [-ninety-]{+sixty+} others"), "{screen}");
    terminal.answer("f");
    terminal.wait("it is no longer scheduled, and stays approved");
    terminal.answer("t");
    terminal.wait("Why does it come off?");
    terminal.answer("Not this week");
    terminal.wait("Not this week >");
    terminal.answer(".");
    terminal.wait("Write it down and go on");
    terminal.answer("");
    terminal.wait("No longer scheduled: Future Leader Stories: Marion Maxwell");
    terminal.wait("exit 0");
    assert_eq!(house.state("marion"), "approved");

    let terminal = Terminal::start(&house, 80, 160, "m4c-stories review --plain");
    terminal.wait("Approve this story");
    terminal.answer("m");
    terminal.wait("What becomes of the author's new text");
    terminal.answer("t");
    terminal.wait("Keep it [y,m,e,n]?");
    terminal.answer("y");
    terminal.wait("Accepted, and kept.");
    terminal.wait_for(|s| s.matches("Approve this story").count() == 2);
    terminal.answer("f");
    terminal.wait("Is this story to come off?");
    terminal.answer("w");
    terminal.wait("How do you know that Marion Maxwell wishes it?");
    terminal.answer("She rang Cath");
    terminal.wait("She rang Cath >");
    terminal.answer(".");
    terminal.wait("Is the letter right [y,e,n,?]?");
    terminal.answer("y");
    terminal.wait("The author withdraws this.");
    terminal.answer("");
    terminal.wait("Withdrawn: Future Leader Stories: Marion Maxwell");
    terminal.wait("exit 0");
    assert_eq!(
        last_event(&house, "marion"),
        ("withdrawn".into(), "Robin Reviewer".into(), "She rang Cath".into())
    );
    assert!(text(&house).contains("about sixty others"));
}
