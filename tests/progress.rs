//! What a person sees of a long pass in a terminal, and that nobody else sees it.

mod common;
#[path = "sync/desks.rs"]
#[allow(dead_code, reason = "of the desks no more than two and their remote")]
mod desks;
#[path = "review/terminal.rs"]
mod terminal;

use std::time::{Duration, Instant};

use common::{TestHouse, have, mail, marion};
use desks::Desks;
use terminal::Terminal;

/// All that came to a terminal in which the command ran to its end, which is good.
#[track_caller]
fn all_that_came(house: &TestHouse, command: &str) -> String {
    let terminal = Terminal::start(house, 80, 24, &format!("sh -c 'read go; exec m4c-stories {command}'"));
    house.write("came", "");
    terminal.record("came");
    terminal.press(&["Enter"]);
    let screen = terminal.wait("the terminal is as it was");
    assert!(screen.contains("exit 0"), "{screen}");
    let begun = Instant::now();
    loop {
        let came = house.read("came");
        if came.contains("the terminal is as it was") {
            assert!(!screen.contains('['), "a bar stays behind:\n{screen}");
            return came;
        }
        assert!(begun.elapsed() < Duration::from_secs(180), "{came}");
        std::thread::sleep(Duration::from_millis(30));
    }
}

fn many(stories: usize) -> Vec<String> {
    let story = |n| {
        mail(
            &format!("Joan Hill <joan-{n}@example.org>"),
            "Sat, 4 Dec 2010 10:12:31 +0000",
            &format!("The bench {n}"),
            &format!("We asked for bench number {n} by the bus stop, and the council put it there in May."),
        )
    };
    (0..stories).map(story).collect()
}

#[test]
fn the_first_sync_of_a_desk_tells_what_it_is_at_and_how_many_files_it_writes() {
    if !have("tmux") {
        return;
    }
    let desks = Desks::new(3);
    let [ann, ben, cath] = &desks.desks[..] else {
        unreachable!("three desks")
    };
    ann.arrive(&many(60));
    ann.run(&["fetch", "-q"]).exits(0);
    let pushed = all_that_came(ann, "sync");
    assert!(pushed.contains("Sending ..."), "{pushed}");
    let came = all_that_came(ben, "sync");
    for words in ["Asking the remote ...", "Receiving ...", "Writing files ["] {
        assert!(came.contains(words), "{words} is not in\n{came}");
    }
    // two files a story, and those beside them, which are there
    assert!(came.contains("0/120 "), "{came}");
    assert!(!came.contains("remote: "), "what git says is not passed on:\n{came}");
    for file in ann.files("stories/2010") {
        let file = format!("stories/2010/{file}");
        assert_eq!(ben.read(&file), ann.read(&file), "{file}");
    }
    assert_eq!(ben.git(&["status", "--porcelain"]), "");

    // in a pipe or a mail of cron's there is nothing of it
    let quiet = cath.run(&["sync"]);
    quiet.exits(0);
    assert_eq!(quiet.stderr, "");
    assert_eq!(cath.git(&["status", "--porcelain"]), "");
}

#[test]
fn a_pass_over_many_stories_tells_how_many_of_how_many_it_read() {
    if !have("tmux") {
        return;
    }
    let house = TestHouse::new();
    house.arrive(&many(501));
    house.run(&["fetch", "-q"]).exits(0);
    let caches = || {
        for cache in ["stories.cache", "words"] {
            let path = house.path(".desk").join(cache);
            let _ = std::fs::remove_file(&path).or_else(|_| std::fs::remove_dir_all(&path));
        }
    };
    caches();
    let came = all_that_came(&house, "list --all --search bench | tail -1");
    assert!(
        came.contains("Reading stories [") && came.contains(" 500/501 "),
        "{came}"
    );
    // the second time there is nothing to tell
    let came = all_that_came(&house, "list --all --search bench | tail -1");
    assert!(!came.contains("Reading stories"), "{came}");
    caches();
    let quiet = house.run(&["list", "--all"]);
    quiet.exits(0);
    assert_eq!(quiet.stderr, "");
}

#[test]
fn at_a_terminal_another_run_is_waited_for_with_a_word_until_a_person_gives_up() {
    if !have("tmux") {
        return;
    }
    let house = TestHouse::new();
    house.sign_in("Cath Lee", "cath@example.org");
    let id = house.story(&marion());
    let lock = std::fs::File::open(house.path(".desk/lock")).unwrap();
    lock.lock().unwrap();

    let quiet = house.run(&["approve", &id, "--wait", "2"]);
    quiet.exits(75);
    assert!(!quiet.stderr.contains("waiting"), "nobody sits there: {}", quiet.stderr);

    let line = format!("m4c-stories approve {id}");
    let terminal = Terminal::start(&house, 200, 24, &line);
    let screen = terminal.wait("waiting until it is through");
    assert!(screen.contains("another m4c-stories is at work in"), "{screen}");
    terminal.kill("INT");
    terminal.wait("exit 130");
    assert_eq!(house.state(&id), "draft");

    let terminal = Terminal::start(&house, 200, 24, &line);
    terminal.wait("waiting until it is through");
    drop(lock);
    terminal.wait("exit 0");
    assert_eq!(house.state(&id), "approved");

    let lock = std::fs::File::open(house.path(".desk/lock")).unwrap();
    lock.lock().unwrap();
    let terminal = Terminal::start(
        &house,
        200,
        24,
        &format!("m4c-stories --no-input request-changes {id} -m No"),
    );
    let screen = terminal.wait("exit 75");
    assert!(
        !screen.contains("waiting until"),
        "a script may have a terminal, too: {screen}"
    );
}
