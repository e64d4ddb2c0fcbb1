//! The story that a person means by what they type.

use std::path::Path;

use crate::repo::StoryRepo;
use crate::story::StoryId;
use crate::story::id::slug;

use super::queue::Queue;
use super::{Desk, Trouble};

/// The story that a person means: its id, a path to its folder or to a file in it, or any unique beginning of its id, its folder,
/// its digits or its author's name.
pub fn resolve(desk: &Desk, repo: &StoryRepo, typed: &str) -> Result<StoryId, Trouble> {
    if let Some(id) = by_path(desk, repo, typed)? {
        return Ok(id);
    }
    let wanted = typed.trim().trim_end_matches('/');
    let queue = match wanted {
        "" => return Err(Trouble::NoStory(typed.to_owned())),
        _ => Queue::read(desk, repo)?,
    };
    let stories: Vec<(&StoryId, &str)> = queue.iter().map(|(id, s)| (id, s.author.as_str())).collect();
    match meant(wanted, &stories)[..] {
        [one] => Ok(one.clone()),
        [] => Err(Trouble::NoStory(typed.to_owned())),
        ref several => {
            let several = several.iter().map(ToString::to_string).collect();
            Err(Trouble::Several(typed.to_owned(), several))
        }
    }
}

/// The story whose id or folder is in a path, as the shell completes it from wherever the person stands.
fn by_path(desk: &Desk, repo: &StoryRepo, typed: &str) -> Result<Option<StoryId>, Trouble> {
    let path = Path::new(typed);
    let path = path
        .strip_prefix(repo.root())
        .or_else(|_| path.strip_prefix(&desk.config.repository.path))
        .unwrap_or(path);
    let whole = std::fs::canonicalize(typed).ok().filter(|_| !typed.is_empty());
    let inside = whole.and_then(|whole| {
        let root = std::fs::canonicalize(repo.root()).ok()?;
        Some(whole.strip_prefix(root).ok()?.to_owned())
    });
    let path = inside.as_deref().unwrap_or(path);
    let parts: Vec<&str> = path.iter().filter_map(|p| p.to_str()).filter(|p| *p != ".").collect();
    let tip = repo.tip()?;
    for three in parts.windows(3) {
        if let Ok(id) = three.join("/").parse::<StoryId>()
            && repo.story(&tip, &id)?.is_some()
        {
            return Ok(Some(id));
        }
    }
    Ok(None)
}

/// The stories, each with its author, whose id, folder, digits or author's name begin so; one alone where that is its author's whole name.
fn meant<'a>(wanted: &str, stories: &[(&'a StoryId, &str)]) -> Vec<&'a StoryId> {
    // `slug` takes off the hyphen of a name's beginning that ends in one; it ends at a word's end all the same
    let at_end = match wanted.ends_with(['-', '\u{2013}', '\u{2014}', '.', '_']) {
        true => "-",
        false => "",
    };
    // nobody is called so: it is meant as a pattern, of which this knows none
    let is_pattern = wanted.contains(['*', '?', '[', ']', '{', '}', '^', '$', '|', '\\']);
    // nor by a sign alone, whose slug is that of a story without a name
    let names = !is_pattern && wanted.contains(char::is_alphanumeric);
    let name = slug(wanted);
    let begins = |id: &StoryId, author: &str| {
        id.as_str().starts_with(wanted)
            || id.folder().starts_with(wanted)
            || id.digits().starts_with(wanted)
            || (!author.is_empty() && names && (slug(author) + at_end).starts_with(&format!("{name}{at_end}")))
    };
    let found: Vec<_> = stories.iter().filter(|(id, author)| begins(id, author)).collect();
    // a whole name, as `J. P.` is one, wins over the beginning of a longer one
    let may_be_whole = at_end.is_empty() || wanted.ends_with('.');
    let whole: Vec<_> = found
        .iter()
        .filter(|(_, author)| may_be_whole && names && slug(author) == name)
        .collect();
    match whole[..] {
        [(one, _)] => vec![one],
        _ => found.into_iter().map(|(id, _)| *id).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beginning_is_enough_and_a_whole_name_wins() {
        let authors = [
            "J. P.",
            "J. P. Smith",
            "Person 3",
            "Person 30",
            "Ana",
            "Ana Ruiz",
            "Ana María",
            "",
            "Story Hub",
        ];
        let ids: Vec<StoryId> = authors
            .iter()
            .enumerate()
            .map(|(n, author)| {
                let id = format!("2010/12/{}-000000000{n}", slug(author));
                id.parse().expect("an id")
            })
            .collect();
        let stories: Vec<(&StoryId, &str)> = ids.iter().zip(authors).collect();
        for (typed, expected) in [
            ("J. P.", &[0][..]),
            ("j. p.", &[0]),
            ("J. P", &[0]),
            ("j-p", &[0]),
            ("j-p-", &[0, 1]),
            ("J.", &[0, 1]),
            ("J. P. S", &[1]),
            ("person", &[2, 3]),
            ("person-3", &[2]),
            ("Person 3", &[2]),
            ("person-3-", &[2]),
            ("Ana", &[4]),
            ("ana-", &[4, 5, 6]),
            ("Ana M", &[6]),
            ("ana*", &[]),
            ("2010/12/ana-r", &[5]),
            ("0000000006", &[6]),
            ("story-", &[7, 8]),
            ("Story H", &[8]),
            ("!", &[]),
            (".", &[]),
            ("\"\"", &[]),
            ("nobody", &[]),
        ] {
            let expected: Vec<&StoryId> = expected.iter().map(|n| &ids[*n]).collect();
            assert_eq!(meant(typed, &stories), expected, "{typed}");
        }
    }
}
