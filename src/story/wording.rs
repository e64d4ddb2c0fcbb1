//! Two wordings of a text, word by word: what changed, and whether it is no more than spelling and punctuation.

use similar::{ChangeTag, TextDiff};

/// A run of words, as it stands in one wording or in both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Same,
    Gone,
    New,
}

/// Words from which it is compared line by line: the time to compare grows with words times changes.
const MANY: usize = 20_000;

/// What became of the words of `old` in `new`, in order, with the space between them.
pub fn changes(old: &str, new: &str) -> Vec<(Fate, String)> {
    let many = old.split_whitespace().count() + new.split_whitespace().count() > MANY;
    let diff = if many {
        TextDiff::from_lines(old, new)
    } else {
        TextDiff::from_words(old, new)
    };
    let mut runs: Vec<(Fate, String)> = Vec::new();
    for change in diff.iter_all_changes() {
        let fate = match change.tag() {
            ChangeTag::Equal => Fate::Same,
            ChangeTag::Delete => Fate::Gone,
            ChangeTag::Insert => Fate::New,
        };
        match runs.last_mut() {
            Some((last, text)) if *last == fate => text.push_str(change.value()),
            _ => runs.push((fate, change.value().to_owned())),
        }
    }
    runs
}

/// The changes as one text, as `git diff --word-diff` has it: `[-gone-]` and `{+new+}`. Only lines with a change, and one about it.
pub fn word_diff(old: &str, new: &str) -> String {
    let mut marked = String::new();
    for (fate, text) in changes(old, new) {
        let (open, close) = match fate {
            Fate::Same => ("", ""),
            Fate::Gone => ("[-", "-]"),
            Fate::New => ("{+", "+}"),
        };
        // a mark never runs over a line's end: each line is read alone
        for piece in text.split_inclusive('\n') {
            let (words, end) = piece.strip_suffix('\n').map_or((piece, ""), |words| (words, "\n"));
            match words.is_empty() || fate == Fate::Same {
                true => marked.push_str(words),
                false => marked.extend([open, words, close]),
            }
            match end.is_empty() || fate != Fate::Gone {
                true => marked.push_str(end),
                false => marked.push('\n'),
            }
        }
    }
    let lines: Vec<&str> = marked.lines().collect();
    let changed = |line: &&str| line.contains("[-") || line.contains("{+");
    let near = |at: usize| {
        let about = &lines[at.saturating_sub(1)..(at + 2).min(lines.len())];
        about.iter().any(changed)
    };
    let mut out = String::new();
    let mut gap = false;
    for (at, line) in lines.iter().enumerate() {
        if near(at) {
            if gap && !out.is_empty() {
                out.push_str("...\n");
            }
            out.push_str(line);
            out.push('\n');
        }
        gap = !near(at);
    }
    out
}

/// Why a change is more than spelling and punctuation; `None` where it is no more.
///
/// Minor: no word comes or goes, none that denies is touched, numbers, addresses and links stay, and each word that changes
/// stays close to what it was. It cannot tell `form` from `from`: a person reads the word diff.
pub fn more_than_minor(old: &str, new: &str) -> Option<String> {
    let words = |text: &str| -> Vec<String> {
        let bare = |w: &str| w.trim_matches(|c: char| !c.is_alphanumeric()).to_owned();
        text.split_whitespace().map(bare).filter(|w| !w.is_empty()).collect()
    };
    let (before, after) = (words(old), words(new));
    let diff = TextDiff::from_slices(
        &before.iter().map(String::as_str).collect::<Vec<_>>(),
        &after.iter().map(String::as_str).collect::<Vec<_>>(),
    )
    .ops()
    .to_vec();
    for op in diff {
        let (gone, came) = (&before[op.old_range()], &after[op.new_range()]);
        if op.tag() == similar::DiffTag::Equal {
            continue;
        }
        // "every one" for "everyone" is spelling, too
        if gone.concat().to_lowercase() == came.concat().to_lowercase() {
            continue;
        }
        if gone.len() != came.len() {
            let (what, which) = if gone.len() > came.len() {
                ("goes", gone)
            } else {
                ("comes in", came)
            };
            return Some(format!("{:?} {what}", which.join(" ")));
        }
        for (a, b) in gone.iter().zip(came) {
            if !is_respelt(a, b) {
                return Some(format!("{a:?} becomes {b:?}"));
            }
        }
    }
    let links = |text: &str| -> Vec<String> {
        let open = |w: &&str| w.contains("](") || w.contains("://") || w.contains('@') || w.contains('<');
        text.split_whitespace().filter(open).map(str::to_owned).collect()
    };
    (links(old) != links(new)).then(|| "a link, a picture or an address changes".to_owned())
}

fn is_respelt(a: &str, b: &str) -> bool {
    const DENIES: [&str; 12] = [
        "no", "not", "nor", "none", "never", "nobody", "nothing", "without", "cannot", "neither", "nowhere", "un",
    ];
    let (a, b) = (a.to_lowercase(), b.to_lowercase());
    let denies = |w: &str| DENIES.contains(&w) || w.ends_with("n't") || w.ends_with("n\u{2019}t");
    let digits = |w: &str| w.chars().filter(char::is_ascii_digit).collect::<String>();
    let far = match a.chars().count().max(b.chars().count()) {
        ..=5 => 1,
        6..=9 => 2,
        _ => 3,
    };
    let short = a.chars().count().min(b.chars().count()) <= 2;
    denies(&a) == denies(&b) && digits(&a) == digits(&b) && (a == b || !short && distance(&a, &b) <= far)
}

/// How many letters must be put in, taken out, replaced or swapped with their neighbour (optimal string alignment).
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().take(64).collect(), b.chars().take(64).collect());
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            rows[i][j] = match (i, j) {
                (0, n) | (n, 0) => n,
                _ => {
                    let other = usize::from(a[i - 1] != b[j - 1]);
                    let mut best = (rows[i - 1][j] + 1)
                        .min(rows[i][j - 1] + 1)
                        .min(rows[i - 1][j - 1] + other);
                    if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                        best = best.min(rows[i - 2][j - 2] + 1);
                    }
                    best
                }
            };
        }
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spelling_and_punctuation_are_minor_and_meaning_is_not() {
        let minor = [
            ("we recieved it", "we received it"),
            ("teh bus", "the bus"),
            ("Every one came", "Everyone came"),
            ("the councils answer", "the council's answer"),
            ("it works we won", "It works: we won!"),
            ("organise", "organize"),
            ("line one\nline two", "line one line two"),
            ("\u{201c}yes\u{201d}", "\"yes\""),
        ];
        for (old, new) in minor {
            assert_eq!(more_than_minor(old, new), None, "{old:?} -> {new:?}");
        }
        let more = [
            ("we can go", "we can't go"),
            ("we did it", "we did not do it"),
            ("it is not true", "it is now true"),
            ("90 flats", "900 flats"),
            ("He hit the landlord", "She hit the landlord"),
            ("the mayor lied", "the mayor"),
            ("see [us](https://a.example)", "see [us](https://b.example)"),
            ("write to a@example.org", "write to b@example.org"),
            ("in June", "in July"),
            ("", "new words"),
        ];
        for (old, new) in more {
            assert!(more_than_minor(old, new).is_some(), "{old:?} -> {new:?}");
        }
    }

    #[test]
    fn a_word_diff_shows_the_lines_that_changed() {
        let old = "One.\n\nTwo three four.\n\nFive.\nSix.\nSeven.\n\nNine.\n";
        let new = "One.\n\nTwo 3 four.\n\nFive.\nSix.\nSeven.\n\nNine ten.\n";
        assert_eq!(
            word_diff(old, new),
            "\nTwo [-three-]{+3+} four.\n\n...\n\n[-Nine.-]{+Nine ten.+}\n"
        );
        assert_eq!(word_diff(old, old), "");
        assert_eq!(word_diff("a\nb\n", "a\n"), "a\n[-b-]\n");
    }

    #[test]
    fn a_long_text_is_compared_in_time() {
        let long = "word ".repeat(50_000);
        let other = "drow ".repeat(50_000);
        assert_eq!(changes(&long, &other).len(), 2);
        assert!(more_than_minor(&"a b ".repeat(10_000), &"b a ".repeat(10_000)).is_some());
    }
}
