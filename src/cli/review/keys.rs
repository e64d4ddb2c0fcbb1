//! Every key, with the words for the foot of the screen and for the help.

/// One key.
pub struct Key {
    /// As the foot of the screen names it.
    pub key: &'static str,
    pub short: &'static str,
    /// For the help.
    pub long: &'static str,
}

const fn key(key: &'static str, short: &'static str, long: &'static str) -> Key {
    Key { key, short, long }
}

/// The list of stories.
pub const LIST: &[Key] = &[
    key(
        "Up Down",
        "choose",
        "Choose a story (also Page Up, Page Down, Home, End).",
    ),
    key("Enter", "read it", "Read the story, and decide."),
    key(
        "/",
        "find",
        "Show only stories with these words in title, author or place.",
    ),
    key(
        "w",
        "waiting for a reviewer",
        "Show only stories that wait for a reviewer, or all again.",
    ),
    key("g", "look again", "Look whether something came in meanwhile."),
    key("?", "help", "This help."),
    key("q", "quit", "Leave."),
];

/// One story.
pub const STORY: &[Key] = &[
    key(
        "a",
        "approve",
        "Approve this text: it may be published as it stands here.",
    ),
    key(
        "c",
        "changes",
        "Ask the author for something. They get a letter, which you see first.",
    ),
    key(
        "r",
        "reject",
        "Decline it, with a letter to the author or silently (spam).",
    ),
    key("w", "stand", "Let something stand that the checks found, and say why."),
    key("s", "skip", "Go to the next story without a decision."),
    key(
        "Enter",
        "go on",
        "Write down what you decided, and go to the next story.",
    ),
    key(
        "u",
        "undo",
        "Take back what you decided about this story just now (also Ctrl-Z).",
    ),
    key("q", "list", "Write down what you decided, and go back to the list."),
    key("e", "edit", "Change the text; you see what changed before it is kept."),
    key("n", "note", "A note for the team. The author does not see it."),
    key(
        "t",
        "turn",
        "Say whose turn it is: give the story to somebody of the team.",
    ),
    key(
        "y",
        "yes",
        "Record that the author agreed to publication, and how you know.",
    ),
    key(
        "b",
        "put back",
        "Put something back into the text that was cut from the mail.",
    ),
    key("i", "photo", "Say what a photo shows, for those who cannot see it."),
    key(
        "o",
        "reopen",
        "Set earlier decisions aside, or settle contradicting ones.",
    ),
    key(
        "m",
        "new text",
        "Take the new text that the author sent later, or decline it.",
    ),
    key("p", "page", "See it as a page in the browser."),
    key(
        "f",
        "withdraw",
        "Withdraw it for the author, or take it down; you are asked first.",
    ),
    key("?", "help", "This help."),
    key("x", "cut", "Show what was cut from the mail, and why; again: hide."),
    key(
        "d",
        "author",
        "Show the author's own words, and what was changed; again: hide.",
    ),
    key(
        "v",
        "photos",
        "Show the photos here, in this story and the next ones; again: hide.",
    ),
    key("h", "log", "Show what happened to the story; again: hide."),
    key(
        "Space",
        "on",
        "A page down (also Up, Down, Page Up, Page Down, Home, End).",
    ),
    key("Left Right", "other", "The story before, the story after."),
];

/// Writing a line or more that somebody will read.
pub const WRITING: &[Key] = &[
    key("Enter", "done", ""),
    key("Ctrl-J", "new line", ""),
    key("Esc", "give up", ""),
];

/// Writing a whole letter or text.
pub const WRITING_MUCH: &[Key] = &[
    key("Ctrl-D", "done", ""),
    key("Enter", "new line", ""),
    key("Esc", "give up", ""),
];

/// A letter before it goes.
pub const LETTER: &[Key] = &[
    key("Enter", "yes, this letter", ""),
    key("e", "change its words", ""),
    key("Esc", "give up", ""),
];

/// What an edit would change.
pub const CHANGES: &[Key] = &[
    key("Enter", "keep it", ""),
    key("m", "keep it, only spelling", ""),
    key("e", "edit it again", ""),
    key("Esc", "drop it", ""),
];

/// What putting something back would change.
pub const PUTTING_BACK: &[Key] = &[key("Enter", "keep it", ""), key("Esc", "drop it", "")];

/// What a text that was put together by hand would change.
pub const PUTTING_TOGETHER: &[Key] = &[
    key("Enter", "keep it", ""),
    key("e", "edit it again", ""),
    key("Esc", "drop it", ""),
];

pub const READ_ONLY: &[Key] = &[key("Enter", "go on", "")];

/// One of several: each choice names its own key.
pub const CHOOSING: &[Key] = &[key("Esc", "give up", "")];

/// The answers of the plain walk: the same letters, what needs no letter on the screen, and without what only moves the screen.
pub const PLAIN: &[(&str, &str)] = &[
    ("a", "Approve this text: it may be published as it stands here."),
    (
        "c",
        "Ask the author for changes. They get a letter, which you see first.",
    ),
    (
        "r",
        "Reject: decline it, with a letter to the author or silently (spam).",
    ),
    (
        "e",
        "Edit the text in your editor. You see what changed before it is kept.",
    ),
    ("n", "A note for the team. The author does not see it."),
    ("s", "Skip: go to the next story without a decision."),
    ("q", "Quit. What you decided upon this story is written down first."),
    ("u", "Undo: take back what you decided about this story just now."),
    ("Enter", "After a decision: write it down and go to the next story."),
    ("t", "Say whose turn it is."),
    ("y", "Record that the author agreed to publication, and how you know."),
    ("b", "Bring back something that was cut from the mail."),
    (
        "o",
        "Reopen: set earlier decisions aside, or settle contradicting ones.",
    ),
    ("w", "Let something stand that the checks found, and say why."),
    ("i", "Say what a photo shows, for those who cannot see it."),
    ("m", "Take the new text that the author sent later, or decline it."),
    ("f", "Withdraw it for the author, or take it down; you are asked first."),
    ("x", "Show what was cut from the mail, and why."),
    ("d", "Show what the author wrote, and what was changed since."),
    ("h", "Show the history of the story."),
    ("p", "See it as a page in the browser."),
    ("v", "Show the story again."),
    ("l", "List the stories, and go to one of them."),
    ("j", "The next story."),
    ("k", "The story before."),
    ("?", "This help."),
];

/// Whether a letter is a key of one story.
pub fn is_for_story(letter: char) -> bool {
    STORY.iter().any(|k| k.key.chars().eq([letter]))
}

/// Between two keys at the foot.
pub const GAP: &str = "  ";

/// Keys in rows of at most `width` columns: `a approve  c ask for changes`. In a low window in no more than `most` rows, where there is
/// help that names the others.
pub fn foot(keys: &[Key], width: usize, most: usize) -> Vec<Vec<&Key>> {
    let help = keys.iter().find(|k| k.key == "?");
    let fewer = (0..keys.len()).rev().map(|many| {
        let first = keys[..many].iter().filter(|k| k.key != "?");
        in_rows(first.chain(help), width)
    });
    let all = in_rows(keys.iter(), width);
    match help {
        Some(_) => std::iter::once(all)
            .chain(fewer)
            .find(|rows| rows.len() <= most.max(1))
            .unwrap_or_default(),
        None => all,
    }
}

fn in_rows<'k>(keys: impl Iterator<Item = &'k Key>, width: usize) -> Vec<Vec<&'k Key>> {
    let mut rows: Vec<Vec<&Key>> = Vec::new();
    let mut filled = 0;
    for key in keys {
        let wide = key.key.len() + " ".len() + key.short.len();
        match rows.last_mut() {
            Some(row) if filled + GAP.len() + wide <= width => {
                filled += GAP.len() + wide;
                row.push(key);
            }
            _ => {
                filled = wide;
                rows.push(vec![key]);
            }
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(rows: &[Vec<&Key>]) -> Vec<String> {
        let item = |k: &&Key| format!("{} {}", k.key, k.short);
        let row = |row: &Vec<&Key>| row.iter().map(item).collect::<Vec<_>>().join(GAP);
        rows.iter().map(row).collect()
    }

    #[test]
    fn every_key_is_named_at_the_foot_of_a_small_screen() {
        for keys in [LIST, STORY, WRITING, WRITING_MUCH, LETTER, CHANGES, PUTTING_TOGETHER] {
            let rows = shown(&foot(keys, 80, 4));
            assert!(rows.len() <= 3, "{rows:?}");
            assert!(rows.iter().all(|r| r.len() <= 80), "{rows:?}");
            let all = rows.join(GAP);
            for k in keys {
                assert!(all.contains(&format!("{} {}", k.key, k.short)), "{}", k.key);
            }
        }
    }

    #[test]
    fn the_help_of_the_plain_walk_names_every_letter_of_a_story() {
        for key in STORY.iter().filter(|k| k.key.len() == 1) {
            assert!(PLAIN.iter().any(|(answer, _)| *answer == key.key), "{}", key.key);
        }
    }

    #[test]
    fn a_low_window_names_the_first_keys_and_the_help() {
        let rows = shown(&foot(STORY, 40, 2));
        assert_eq!(rows.len(), 2, "{rows:?}");
        assert!(
            rows[0].starts_with("a approve") && rows[1].ends_with("? help"),
            "{rows:?}"
        );
        assert_eq!(foot(CHOOSING, 40, 0).len(), 1);
    }
}
