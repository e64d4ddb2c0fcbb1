//! Every key, with the words for the foot of the screen and for the help. A test finds that each does something.

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

/// One story. Those with capital or punctuation keys are the rarer ones.
pub const STORY: &[Key] = &[
    key(
        "a",
        "approve",
        "Approve this text: it may be published as it stands here.",
    ),
    key(
        "c",
        "ask for changes",
        "Ask the author for something. They get a letter, which you see first.",
    ),
    key(
        "r",
        "reject",
        "Decline it, with a letter to the author or silently (spam).",
    ),
    key(
        "e",
        "edit",
        "Change the text in your editor. You see what changed before it is kept.",
    ),
    key("n", "note", "A note for the team. The author does not see it."),
    key("t", "whose turn", "Give the story to somebody of the team."),
    key(
        "y",
        "author's yes",
        "Record that the author agreed to publication, and how you know.",
    ),
    key(
        "b",
        "bring back cut text",
        "Put something back that was cut from the mail.",
    ),
    key(
        "o",
        "reopen",
        "Set earlier decisions aside, or settle decisions that contradict each other.",
    ),
    key(
        "x",
        "what was cut",
        "Show what was cut from the mail, and why; again: hide it.",
    ),
    key(
        "d",
        "author's own words",
        "Show what the author wrote, and what was changed since; again: hide it.",
    ),
    key("h", "history", "Show what happened to the story; again: hide it."),
    key("p", "preview", "See it as a page in the browser."),
    key(
        "u",
        "undo",
        "Take back what you decided about this story just now (also Ctrl-Z).",
    ),
    key(
        "Enter",
        "go on",
        "Write down what you decided, and go to the next story.",
    ),
    key("s", "skip", "Go to the next story without a decision."),
    key("Left Right", "other story", "Go to the story before or after."),
    key(
        "Space",
        "read on",
        "A page down (also Up, Down, Page Up, Page Down, Home, End).",
    ),
    key(
        "q",
        "to the list",
        "Write down what you decided, and go back to the list (also Esc).",
    ),
    key("?", "help", "This help."),
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
    key("e", "edit it again", ""),
    key("Esc", "drop it", ""),
];

pub const READ_ONLY: &[Key] = &[key("Enter", "go on", "")];

/// One of several: each choice names its own key.
pub const CHOOSING: &[Key] = &[key("Esc", "give up", "")];

/// Keys in rows of at most `width` columns: `a approve   c ask for changes`.
pub fn foot(keys: &[Key], width: usize) -> Vec<String> {
    let mut rows: Vec<String> = Vec::new();
    for Key { key, short, .. } in keys {
        let item = format!("{key} {short}");
        match rows.last_mut() {
            Some(row) if row.len() + 3 + item.len() <= width => {
                row.push_str("   ");
                row.push_str(&item);
            }
            _ => rows.push(item),
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_named_at_the_foot_of_a_small_screen() {
        for keys in [LIST, STORY, WRITING, WRITING_MUCH, LETTER, CHANGES] {
            let rows = foot(keys, 80);
            assert!(rows.len() <= 4, "{rows:?}");
            assert!(rows.iter().all(|r| r.len() <= 80), "{rows:?}");
            let all = rows.join("   ");
            for k in keys {
                assert!(all.contains(&format!("{} {}", k.key, k.short)), "{}", k.key);
            }
        }
    }
}
