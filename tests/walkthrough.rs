//! The manual, run: every `console` block in `tests/walkthrough/*.md` is typed in and its output compared.
//!
//! A page is one sitting: its blocks run in order in one house, made like a fresh clone. A line `$ command` is run by `sh`;
//! `> ` continues it. What follows is the output, stdout and stderr as they come; `? 5` after it is the exit code where
//! it is not 0. `[..]` stands for anything in a line, a line `...` for any lines.
//!
//! `WALKTHROUGH=update cargo test --test walkthrough` writes what came out into the pages: read the diff.

mod common;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use common::TestHouse;

#[derive(Debug, Default, PartialEq)]
struct Step {
    /// Line numbers in the page, from the `$` line up to the line after the output.
    from: usize,
    to: usize,
    command: String,
    expected: String,
}

fn steps(page: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut inside = false;
    for (number, line) in page.lines().enumerate() {
        if line.starts_with("```") {
            inside = line == "```console";
            continue;
        }
        if !inside {
            continue;
        }
        if let Some(command) = line.strip_prefix("$ ") {
            steps.push(Step {
                from: number,
                command: command.to_owned(),
                ..Step::default()
            });
        } else if let Some(step) = steps.last_mut() {
            match line.strip_prefix("> ") {
                Some(more) if step.expected.is_empty() => step.command = format!("{}\n{more}", step.command),
                _ => writeln!(step.expected, "{line}").expect("a string takes all"),
            }
        }
        if let Some(step) = steps.last_mut() {
            step.to = number + 1;
        }
    }
    steps
}

/// Whether output is as expected, `[..]` and `...` being wild.
fn matches(expected: &str, actual: &str) -> bool {
    let expected: Vec<&str> = expected.lines().collect();
    let actual: Vec<&str> = actual.lines().collect();
    // reach[j]: the expected lines so far can be the first j actual ones
    let mut reach = vec![false; actual.len() + 1];
    reach[0] = true;
    for line in expected {
        let mut next = vec![false; actual.len() + 1];
        for j in 0..=actual.len() {
            next[j] = if line == "..." {
                reach[j] || (j > 0 && next[j - 1])
            } else {
                j > 0 && reach[j - 1] && line_matches(line, actual[j - 1])
            };
        }
        reach = next;
    }
    reach[actual.len()]
}

fn line_matches(expected: &str, actual: &str) -> bool {
    let mut pieces = expected.trim_end().split("[..]");
    let actual = actual.trim_end();
    let Some(mut rest) = pieces.next().and_then(|first| actual.strip_prefix(first)) else {
        return false;
    };
    let mut pieces: Vec<&str> = pieces.collect();
    let Some(last) = pieces.pop() else {
        return rest.is_empty();
    };
    for piece in pieces {
        match rest.find(piece) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

fn typed(house: &TestHouse, command: &str) -> String {
    let output = house
        .command("sh")
        .args(["-c", &format!("exec 2>&1\n{command}")])
        .output()
        .expect("sh runs");
    let mut out = String::from_utf8_lossy(&output.stdout).into_owned();
    if !out.is_empty() && !out.ends_with('\n') {
        out.push('\n');
    }
    match output.status.code() {
        Some(0) => {}
        code => writeln!(out, "? {}", code.unwrap_or(-1)).expect("a string takes all"),
    }
    out.replace(&house.path("").to_string_lossy().into_owned(), "[..]/")
}

/// Commit ids and the moment are different every time.
fn wild(output: &str, today: &str) -> String {
    let changing = |word: &str| {
        let hex = |n: usize| word.len() == n && word.bytes().all(|b| b.is_ascii_hexdigit());
        word.starts_with(today) || hex(40) || hex(16) || hex(8)
    };
    let mut out = String::new();
    for piece in output.split_inclusive([' ', '\n', '"']) {
        let word = piece.trim_end_matches([' ', '\n', '"']);
        // the time of day, behind today's date
        let clock = out.ends_with("[..] ") && word.len() == 5 && word.as_bytes()[2] == b':';
        out += &if changing(word) || clock {
            piece.replacen(word, "[..]", 1)
        } else {
            piece.to_owned()
        };
    }
    out.replace("[..] [..]", "[..]")
}

#[test]
fn every_page_of_the_manual_is_true() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/walkthrough");
    let update = std::env::var("WALKTHROUGH").is_ok_and(|mode| mode == "update");
    let today = typed(&TestHouse::fresh_clone(), "date -u +%F");
    let today = today.trim();
    let mut wrong = String::new();
    let mut pages = 0;
    let mut paths: Vec<_> = fs::read_dir(&folder)
        .expect("the pages")
        .map(|e| e.expect("an entry").path())
        .collect();
    paths.sort();
    for path in paths.iter().filter(|p| p.extension().is_some_and(|e| e == "md")) {
        pages += 1;
        let page = fs::read_to_string(path).expect("a page");
        let house = TestHouse::fresh_clone();
        let mut lines: Vec<String> = page.lines().map(str::to_owned).collect();
        let all = steps(&page);
        assert!(!all.is_empty(), "{}: no console block", path.display());
        let mut changes = Vec::new();
        for step in all {
            let actual = typed(&house, &step.command);
            if !matches(&step.expected, &actual) {
                let name = path.file_name().expect("a name").to_string_lossy();
                writeln!(
                    wrong,
                    "{name}:{}: $ {}\n--- expected\n{}--- came\n{actual}",
                    step.from + 1,
                    step.command,
                    step.expected
                )
                .expect("a string takes all");
                changes.push((step, wild(&actual, today)));
            }
        }
        if update {
            // from the end, so that line numbers stay right
            for (step, actual) in changes.into_iter().rev() {
                let said = step.from + step.command.lines().count();
                lines.splice(said..step.to, actual.lines().map(str::to_owned));
            }
            fs::write(path, lines.join("\n") + "\n").expect("the page is written");
        }
    }
    assert!(pages > 0, "there is a manual");
    assert!(update || wrong.is_empty(), "\n{wrong}");
}

#[test]
fn a_page_is_read_into_steps() {
    let page = "text\n```console\n$ a b\n> c\nout\n? 5\n$ d\n```\n```toml\n$ no\n```\n";
    assert_eq!(
        steps(page),
        [
            Step {
                from: 2,
                to: 6,
                command: "a b\nc".to_owned(),
                expected: "out\n? 5\n".to_owned()
            },
            Step {
                from: 6,
                to: 7,
                command: "d".to_owned(),
                expected: String::new()
            },
        ]
    );
}

#[test]
fn wildcards_stand_for_what_changes_and_for_nothing_else() {
    for (expected, actual, same) in [
        ("a\nb\n", "a\nb\n", true),
        ("a\nb\n", "a\n", false),
        ("a\n", "a\nb\n", false),
        ("a\n...\n", "a\n", true),
        ("a\n...\nc\n", "a\nb\nb\nc\n", true),
        ("a\n...\nc\n", "a\nb\nd\n", false),
        ("...\n", "", true),
        ("x [..] y\n", "x 12 y\n", true),
        ("x [..] y\n", "x 12 z\n", false),
        ("[..]b[..]\n", "abc\n", true),
        ("ab[..]b\n", "ab\n", false),
        ("", "", true),
        ("", "b\n", false),
    ] {
        assert_eq!(matches(expected, actual), same, "{expected:?} {actual:?}");
    }
}
