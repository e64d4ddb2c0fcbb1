//! A commit message without what it tells of erased stories.

use std::ops::Range;

use crate::story::StoryId;

/// What stands where something was erased.
const ERASED: &str = "(erased)";

/// The story ids in a text.
pub(super) fn ids(text: &str) -> Vec<StoryId> {
    places(text).map(|(id, _)| id).collect()
}

fn places(text: &str) -> impl Iterator<Item = (StoryId, Range<usize>)> {
    let bytes = text.as_bytes();
    memchr::memchr_iter(b'/', bytes).filter_map(move |slash| {
        // 2010/12/name-0123456789: the first of its slashes
        let from = slash.checked_sub(4)?;
        let in_folder = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-';
        let folder = bytes.get(slash + 4..)?;
        let len = folder.iter().take_while(|b| in_folder(b)).count();
        let to = slash + 4 + len;
        let id = text.get(from..to)?.parse().ok()?;
        Some((id, from..to))
    })
}

/// The message without these stories and names; `None` where it has none of them. Where it is the tool's own message about one of the
/// stories, and the commit did something to another one as well (letters that were sent together), it becomes that one's.
pub(super) fn without(
    message: &str,
    gone: &[StoryId],
    names: &[String],
    other: Option<(&StoryId, &str)>,
) -> Option<String> {
    let names: Vec<&str> = {
        let mut names: Vec<&str> = names
            .iter()
            .map(|name| name.trim())
            .filter(|name| name.len() >= 2)
            .collect();
        // the title first: the name is in it
        names.sort_by_key(|name| std::cmp::Reverse(name.len()));
        names
    };
    let told = |line: &str| {
        gone.iter().any(|id| line.contains(id.folder())) || names.iter().any(|name| find_word(line, name, 0).is_some())
    };
    if !message.lines().any(told) {
        return None;
    }
    let of_story = |line: &str| {
        let id = line.strip_prefix("Story: ")?.trim().parse::<StoryId>().ok()?;
        gone.contains(&id).then_some(())
    };
    // our own messages name one story in their trailers
    let own = message.lines().any(|line| of_story(line).is_some());
    let mut out = String::with_capacity(message.len());
    let trailers = message.trim_end().rfind("\n\n").map_or(0, |at| at + 2);
    let mut at = 0;
    for (n, line) in message.split_inclusive('\n').enumerate() {
        let (start, text) = (at, line.trim_end_matches('\n'));
        at += line.len();
        let is_trailer = n > 0 && start >= trailers;
        let kept = if n == 0 {
            match other {
                Some((_, title)) if own => Some(replaced(text, gone, &names, Some(title))),
                _ => Some(replaced(text, gone, &names, None)),
            }
        } else if own && is_trailer && of_story(text).is_some() {
            other.map(|(id, _)| format!("Story: {id}"))
        } else if own && is_trailer && text.starts_with("Text: ") {
            None
        } else if own && !is_trailer && !text.trim().is_empty() {
            // what a person wrote with it was about the erased story
            None
        } else if !is_trailer && told(text) {
            None
        } else {
            Some(replaced(text, gone, &names, None))
        };
        if let Some(kept) = kept {
            // no empty lines in a row where lines were left out
            if !(kept.is_empty() && out.ends_with("\n\n")) {
                out.push_str(&kept);
                out.push('\n');
            }
        }
    }
    Some(format!("{}\n", out.trim_end()))
}

/// A line with what tells of the stories replaced: by `title` the first time, where there is one.
fn replaced(line: &str, gone: &[StoryId], names: &[&str], title: Option<&str>) -> String {
    let mut out = line.to_owned();
    for id in gone {
        out = out.replace(id.as_str(), ERASED).replace(id.folder(), ERASED);
    }
    let mut title = title;
    for name in names {
        let mut from = 0;
        while let Some(place) = find_word(&out, name, from) {
            let with = title.take().unwrap_or(ERASED);
            out.replace_range(place.clone(), with);
            from = place.start + with.len();
        }
    }
    out
}

/// Where a name stands as whole words.
fn find_word(line: &str, name: &str, from: usize) -> Option<Range<usize>> {
    let letter = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let mut at = from;
    while let Some(found) = line.get(at..)?.find(name) {
        let (start, end) = (at + found, at + found + name.len());
        if !letter(line[..start].chars().next_back()) && !letter(line[end..].chars().next()) {
            return Some(start..end);
        }
        at = start + line[start..].chars().next().map_or(1, char::len_utf8);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gone() -> StoryId {
        "2010/12/marion-maxwell-b15560c867".parse().unwrap()
    }

    fn other() -> StoryId {
        "2011/01/kelly-brennan-52be97cae9".parse().unwrap()
    }

    #[test]
    fn letters_sent_together_become_the_others() {
        let message = "Send the letter \"received\" about \"Future Leader Stories: Marion Maxwell\"\n\nShe asked twice\n\nStory: 2010/12/marion-maxwell-b15560c867\nStep: letter\nText: 40ea\nBy: m4c-stories\n";
        let names = [
            "Future Leader Stories: Marion Maxwell".to_owned(),
            "Marion Maxwell".to_owned(),
        ];
        let other = other();
        let told = without(
            message,
            &[gone()],
            &names,
            Some((&other, "Future Leader Stories: Kelly Brennan")),
        )
        .unwrap();
        assert_eq!(
            told,
            "Send the letter \"received\" about \"Future Leader Stories: Kelly Brennan\"\n\nStory: 2011/01/kelly-brennan-52be97cae9\nStep: letter\nBy: m4c-stories\n"
        );
        assert_eq!(without(&told, &[gone()], &names, None), None, "once is enough");
    }

    #[test]
    fn a_hand_written_message_loses_the_lines_that_tell() {
        let names = ["Ann".to_owned()];
        let message = "Tidy up Ann and Annabel\n\nAnn asked for it.\nThe others did not.\nsee marion-maxwell-b15560c867\n\nStory: 2011/01/kelly-brennan-52be97cae9\nBy: Cath\n";
        assert_eq!(
            without(message, &[gone()], &names, None).unwrap(),
            "Tidy up (erased) and Annabel\n\nThe others did not.\n\nStory: 2011/01/kelly-brennan-52be97cae9\nBy: Cath\n"
        );
        assert_eq!(without("Annabel wrote\n", &[gone()], &names, None), None);
    }

    #[test]
    fn ids_are_found_wherever_they_stand() {
        let text = "é2010/12/marion-maxwell-b15560c867, (2011/01/kelly-brennan-52be97cae9) 1/2/3 2010/12/x 9/";
        assert_eq!(ids(text), [gone(), other()]);
        assert!(ids("////2010/12/").is_empty());
    }
}
