//! Two desks' work on one story, put together: the record by its lines, the text by its paragraphs.
//!
//! A step that was made here while another desk's went out first is made again upon theirs. Its line of the record stays
//! byte for byte as it is (id, `after`, signature): what it means is for the fold to say, which asks for no order of lines.

use std::collections::{BTreeMap, HashSet};

use similar::{ConflictStyle, TextMerge};

use super::event::{Event, LetterStatus, What};
use super::page::{Front, INDEX, Page, RECORD};
use super::people::{PEOPLE, People};
use super::record::{Files, Record};
use super::state::{Life, Phase};

/// The lines of `after` that `before` does not have, in their order.
pub fn new_lines<'a>(before: &[u8], after: &'a [u8]) -> Vec<&'a [u8]> {
    let known: HashSet<&[u8]> = lines(before).collect();
    lines(after).filter(|line| !known.contains(line)).collect()
}

/// The lines of `before` that are in none of `after`: a record is only ever appended to.
pub fn lost_lines(before: &[u8], after: &[u8]) -> usize {
    new_lines(after, before).len()
}

fn lines(record: &[u8]) -> impl Iterator<Item = &[u8]> {
    let lines = record.split(|&b| b == b'\n').map(<[u8]>::trim_ascii);
    lines.filter(|line| !line.is_empty())
}

/// A record with lines of another desk behind its own. Left out is what is there already, a mail that it took in, too, and the
/// claim on a letter that it claimed first (`ours`: the record that the lines are from).
pub fn append(record: &[u8], new: &[&[u8]], ours: &[u8]) -> Vec<u8> {
    let known: HashSet<&[u8]> = lines(record).collect();
    let theirs = Record::parse(record);
    let ours = Record::parse(ours);
    let mut out = record.to_vec();
    for line in new {
        let event = Event::parse(&String::from_utf8_lossy(line)).ok();
        let twice = |event: &Event| {
            let mail = matches!(event.what, What::Received { .. } | What::FollowUp { .. });
            mail && theirs.events.iter().any(|e| e.id == event.id)
        };
        if known.contains(line) || event.is_some_and(|e| twice(&e) || is_lost_claim(&e, &theirs, &ours)) {
            continue;
        }
        if !out.is_empty() && !out.ends_with(b"\n") {
            out.push(b'\n');
        }
        out.extend_from_slice(line);
        out.push(b'\n');
    }
    out
}

/// A letter goes out once: a claim on one that another desk has claimed, sent or dropped meanwhile is void, unless the letter left
/// before that was known here. Of a letter that goes out again (a second reminder) each claim is its own.
fn is_lost_claim(event: &Event, theirs: &Record, ours: &Record) -> bool {
    let Some((key, LetterStatus::Claimed)) = letter(event) else {
        return false;
    };
    let known: HashSet<_> = ours.events.iter().map(|e| &e.id).collect();
    let taken = theirs.events.iter().filter(|e| !known.contains(&e.id)).any(|e| {
        use LetterStatus::{Claimed, Dropped, Sent};
        letter(e).is_some_and(|(k, status)| k == key && matches!(status, Claimed | Sent | Dropped))
    });
    let left = || {
        let sent = |e: &Event| letter(e) == Some((key, LetterStatus::Sent));
        let mut since = ours.events.iter().skip_while(|e| e.id != event.id);
        since.any(sent)
    };
    taken && !left()
}

type LetterKey<'a> = (super::event::LetterKind, &'a super::event::EventId, Option<&'a str>);

fn letter(event: &Event) -> Option<(LetterKey<'_>, LetterStatus)> {
    match &event.what {
        What::Letter {
            letter,
            about,
            to,
            status,
            ..
        } => Some(((*letter, about, to.as_deref()), *status)),
        _ => None,
    }
}

/// Lets `draft` and `date` on the page follow the record. A page that cannot be read stays as it is.
pub fn follow(files: &mut Files) {
    let Some(index) = files.get(INDEX) else { return };
    let Ok(mut page) = Page::parse(index) else { return };
    let life = Life::of(&Record::parse(files.get(RECORD).map_or(&[], Vec::as_slice)).events);
    let published = life.phase == Phase::Published;
    let front = page.front();
    let date = match &life.publication {
        Some(publication) if published => Some(publication.at),
        _ => front.date,
    };
    let same = |a: Option<jiff::Timestamp>, b: Option<jiff::Timestamp>| {
        a.map(jiff::Timestamp::as_second) == b.map(jiff::Timestamp::as_second)
    };
    if front.draft != published && same(front.date, date) {
        return;
    }
    page.set_front(&Front {
        draft: !published,
        date,
        ..front
    });
    files.insert(INDEX.to_owned(), page.render());
}

/// One story's private part, by two desks: every file of either. A file that both have, and that is not the same, is put together
/// by what it holds; a mail that both numbered alike gets the next number.
pub fn unite_private(ours: &Files, theirs: &Files) -> Files {
    let mut files = theirs.clone();
    let numbered = |name: &str| -> Option<(&'static str, u32, &'static str)> {
        [("mail-", ".eml"), ("follow-up-", ".md")]
            .into_iter()
            .find_map(|(stem, end)| {
                let number = name.strip_prefix(stem)?.strip_suffix(end)?.parse().ok()?;
                Some((stem, number, end))
            })
    };
    let mut moved: BTreeMap<u32, u32> = BTreeMap::new();
    for (name, _) in ours
        .iter()
        .filter(|(name, bytes)| theirs.get(*name).is_some_and(|t| t != *bytes))
    {
        if let Some((_, number, _)) = numbered(name) {
            let taken = |n: u32| {
                let names = [format!("mail-{n}.eml"), format!("follow-up-{n}.md")];
                moved.values().any(|m| *m == n)
                    || names
                        .iter()
                        .any(|name| ours.contains_key(name) || theirs.contains_key(name))
            };
            let known = moved.get(&number).copied();
            let free = known.or_else(|| (1..).find(|n| !taken(*n)));
            moved.insert(number, free.expect("numbers do not end"));
        }
    }
    for (name, bytes) in ours {
        let place = numbered(name).and_then(|(stem, number, end)| {
            let number = moved.get(&number)?;
            Some(format!("{stem}{number}{end}"))
        });
        // the same mail, under the number that it has there
        if place.is_some() && theirs.values().any(|there| there == bytes) {
            continue;
        }
        let name = place.as_ref().unwrap_or(name);
        match files.get(name) {
            Some(there) if there == bytes => {}
            None => drop(files.insert(name.clone(), bytes.clone())),
            Some(there) => {
                let both = unite_file(name, bytes, there);
                files.insert(name.clone(), both);
            }
        }
    }
    files
}

fn unite_file(name: &str, ours: &[u8], theirs: &[u8]) -> Vec<u8> {
    match (name, People::parse(ours), People::parse(theirs)) {
        (PEOPLE, Ok(ours), Ok(theirs)) => ours.unite(theirs).render(),
        _ if name.ends_with(".jsonl") => {
            let mut both = theirs.to_vec();
            for line in new_lines(theirs, ours) {
                if !both.is_empty() && !both.ends_with(b"\n") {
                    both.push(b'\n');
                }
                both.extend_from_slice(line);
                both.push(b'\n');
            }
            both
        }
        _ => theirs.to_vec(),
    }
}

/// How the two sides are called between the marks.
const DESKS: [&str; 2] = ["this desk", "the other desk"];

/// What became of two texts.
#[derive(Debug, Clone, PartialEq)]
pub struct Merged {
    /// Every file but the record.
    pub files: Files,
    /// False: both versions stand in index.md, between marks, for a person to choose.
    pub clean: bool,
    /// Photos of ours that have another name now, because theirs has it.
    pub renamed: BTreeMap<String, String>,
}

/// Puts two texts together that were made of one. Nothing of either is lost: where both changed the same lines, both stand in the
/// page between marks, of which [`super::step::Story::agrees`] knows that they wait for a person.
pub fn merge(base: &Files, ours: &Files, theirs: &Files) -> Merged {
    merge_named(base, ours, theirs, DESKS)
}

/// The same; `named` are the names that ours and theirs have between the marks.
pub fn merge_named(base: &Files, ours: &Files, theirs: &Files, named: [&str; 2]) -> Merged {
    let photos = |files: &Files| -> Files {
        let photo = |name: &String| ![INDEX, RECORD].contains(&name.as_str());
        let photos = files.iter().filter(|(name, _)| photo(name));
        photos.map(|(name, bytes)| (name.clone(), bytes.clone())).collect()
    };
    let (was, mine) = (photos(base), photos(ours));
    let mut files = photos(theirs);
    let mut renamed = BTreeMap::new();
    for (name, bytes) in &mine {
        match (was.get(name), files.get(name)) {
            // as it was, or the same at both desks
            (was, _) if was == Some(bytes) => {}
            (_, Some(there)) if there == bytes => {}
            (was, Some(there)) if was == Some(there) => drop(files.insert(name.clone(), bytes.clone())),
            (_, None) => drop(files.insert(name.clone(), bytes.clone())),
            (_, Some(_)) => {
                let free = free_name(name, |name| files.contains_key(name) || mine.contains_key(name));
                files.insert(free.clone(), bytes.clone());
                renamed.insert(name.clone(), free);
            }
        }
    }
    // taken out here, and not replaced there
    files.retain(|name, bytes| {
        mine.contains_key(name) || was.get(name) != Some(bytes) || renamed.values().any(|n| n == name)
    });
    let page = |files: &Files| {
        files
            .get(INDEX)
            .map(|index| String::from_utf8_lossy(index).into_owned())
    };
    let mut mine = page(ours);
    for (old, new) in &renamed {
        mine = mine.map(|text| text.replace(old.as_str(), new));
    }
    let (index, clean) = match (page(base), mine, page(theirs)) {
        (_, None, theirs) => (theirs, true),
        (_, ours, None) => (ours, true),
        (base, Some(ours), Some(theirs)) => {
            let (text, clean) = merge_pages(&base.unwrap_or_default(), &ours, &theirs, named);
            (Some(text), clean)
        }
    };
    if let Some(index) = index {
        files.insert(INDEX.to_owned(), index.into_bytes());
    }
    Merged { files, clean, renamed }
}

fn free_name(name: &str, taken: impl Fn(&str) -> bool) -> String {
    let (stem, end) = name.rsplit_once('.').unwrap_or((name, ""));
    let stem = stem
        .trim_end_matches(|c: char| c.is_ascii_digit())
        .trim_end_matches('-');
    let numbered = |n: u32| match end {
        "" => format!("{stem}-{n}"),
        end => format!("{stem}-{n}.{end}"),
    };
    let free = (1..).map(numbered).find(|name| !taken(name));
    free.expect("numbers do not end")
}

/// Front matter and Markdown are merged apart: marks in the front matter would make it unreadable, so what both changed there
/// stands at the head of the text. `draft` and `date` are theirs until the record is asked.
fn merge_pages(base: &str, ours: &str, theirs: &str, named: [&str; 2]) -> (String, bool) {
    let Ok(mut page) = Page::parse(theirs.as_bytes()) else {
        return merge_lines(base, ours, theirs, named);
    };
    let (draft, date) = (page.front().draft, page.front().date);
    let halves = |text: &str| -> Option<(String, String)> {
        let mut page = Page::parse(text.as_bytes()).ok()?;
        page.set_front(&Front {
            draft,
            date,
            ..page.front()
        });
        Some((page.front_text(), page.body().to_owned()))
    };
    let (Some(mine), Some(there)) = (halves(ours), halves(theirs)) else {
        return merge_lines(base, ours, theirs, named);
    };
    let was = halves(base).unwrap_or_default();
    let (front, front_clean) = merge_lines(&was.0, &mine.0, &there.0, named);
    let (body, body_clean) = merge_lines(&was.1, &mine.1, &there.1, named);
    let whole = format!("+++\n{front}+++\n\n{body}");
    if front_clean && Page::parse(whole.as_bytes()).is_ok() {
        return (whole, body_clean);
    }
    let front = marked(&was.0, &mine.0, &there.0, named);
    page.set_body(&format!("{}\n\n{body}", front.trim_end()));
    (String::from_utf8_lossy(&page.render()).into_owned(), false)
}

fn merge_lines(base: &str, ours: &str, theirs: &str, named: [&str; 2]) -> (String, bool) {
    let ended = |text: &str| match text.is_empty() || text.ends_with('\n') {
        true => text.to_owned(),
        false => format!("{text}\n"),
    };
    let (base, ours, theirs) = (ended(base), ended(ours), ended(theirs));
    let mut merge = TextMerge::from_lines(base.as_str(), ours.as_str(), theirs.as_str());
    merge.conflict_style(ConflictStyle::Merge);
    merge.labels("", named[0], named[1]);
    (merge.to_string(), !merge.is_conflicted())
}

/// Only what both changed, between marks.
fn marked(base: &str, ours: &str, theirs: &str, named: [&str; 2]) -> String {
    let (text, clean) = merge_lines(base, ours, theirs, named);
    if clean {
        // each half is well, and together they are no front matter: both stand there whole
        let [one, other] = named;
        return format!("<<<<<<< {one}\n{ours}=======\n{theirs}>>>>>>> {other}\n");
    }
    let mut inside = false;
    let kept = text.split_inclusive('\n').filter(|line| {
        inside |= line.starts_with("<<<<<<< ");
        let keep = inside;
        inside &= !line.starts_with(">>>>>>> ");
        keep
    });
    kept.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(title: &str, body: &str) -> Files {
        let index = format!(
            "+++\ntitle = \"{title}\"\ndate = 2010-12-04T10:00:00Z\ndraft = true\nslug = \"a\"\n\n[extra]\nauthor = \"A\"\ntags = []\n+++\n\n{body}\n"
        );
        Files::from([(INDEX.to_owned(), index.into_bytes())])
    }

    fn index(files: &Files) -> String {
        String::from_utf8(files[INDEX].clone()).unwrap()
    }

    const THREE: &str = "One.\n\nTwo.\n\nThree.";

    #[test]
    fn edits_of_different_paragraphs_and_keys_go_together() {
        let base = page("A", THREE);
        let ours = page("A", "First.\n\nTwo.\n\nThree.");
        let theirs = page("B", "One.\n\nTwo.\n\nLast.");
        for (a, b) in [(&ours, &theirs), (&theirs, &ours)] {
            let merged = merge(&base, a, b);
            assert!(merged.clean);
            assert_eq!(merged.files, page("B", "First.\n\nTwo.\n\nLast."));
        }
    }

    #[test]
    fn what_both_changed_stands_there_twice_and_is_no_story_to_decide_upon() {
        let base = page("A", THREE);
        let merged = merge(&base, &page("A", "Mine."), &page("A", "Yours."));
        assert!(!merged.clean);
        let text = index(&merged.files);
        assert!(
            text.contains("<<<<<<< this desk\nMine.\n=======\nYours.\n>>>>>>> the other desk\n"),
            "{text}"
        );
        let titles = merge(&base, &page("Mine", THREE), &page("Yours", THREE));
        assert!(!titles.clean);
        let text = index(&titles.files);
        assert!(Page::parse(text.as_bytes()).is_ok(), "{text}");
        assert!(
            text.contains("<<<<<<< this desk\ntitle = \"Mine\"\n=======\ntitle = \"Yours\"\n>>>>>>> "),
            "{text}"
        );
        let id = "2010/12/a-0123456789".parse().unwrap();
        for files in [merged.files, titles.files] {
            let story = super::super::step::Story::load(&id, files).unwrap();
            assert!(
                story
                    .agrees()
                    .unwrap_err()
                    .what
                    .contains("a merge that was not finished")
            );
        }
    }

    #[test]
    fn publication_at_the_other_desk_is_no_change_of_the_text() {
        let (base, ours) = (page("A", THREE), page("A", "One."));
        let theirs = Files::from([(
            INDEX.to_owned(),
            index(&base).replace("draft = true", "draft = false").into_bytes(),
        )]);
        let merged = merge(&base, &ours, &theirs);
        assert!(merged.clean);
        assert!(index(&merged.files).contains("draft = false"));
        assert!(!index(&merged.files).contains("Two."));
    }

    #[test]
    fn no_photo_is_lost() {
        let with = |mut files: Files, photos: &[(&str, &str)]| {
            files.extend(photos.iter().map(|(n, b)| (n.to_string(), b.as_bytes().to_vec())));
            files
        };
        let base = with(page("A", THREE), &[("photo-1.jpg", "one"), ("photo-2.jpg", "two")]);
        let ours = with(
            page("A", "One.\n\nTwo.\n\nThree.\n\n![](photo-3.jpg)"),
            &[("photo-1.jpg", "one"), ("photo-3.jpg", "mine")],
        );
        let theirs = with(
            page("A", "![](photo-3.jpg)\n\nOne.\n\nTwo.\n\nThree."),
            &[
                ("photo-1.jpg", "better"),
                ("photo-2.jpg", "two"),
                ("photo-3.jpg", "yours"),
            ],
        );
        let merged = merge(&base, &ours, &theirs);
        assert!(merged.clean);
        let photos: Vec<(&str, &[u8])> = merged.files.iter().skip(1).map(|(n, b)| (n.as_str(), &b[..])).collect();
        let expected: [(&str, &[u8]); 3] = [
            ("photo-1.jpg", b"better"),
            ("photo-3.jpg", b"yours"),
            ("photo-4.jpg", b"mine"),
        ];
        assert_eq!(photos, expected);
        assert!(
            index(&merged.files).contains("Three.\n\n![](photo-4.jpg)\n"),
            "{}",
            index(&merged.files)
        );
    }

    fn event(id: u8, after: &[u8], rest: &str) -> String {
        let after: Vec<String> = after.iter().map(|a| format!("\"{a:016x}\"")).collect();
        format!(
            "{{\"id\":\"{id:016x}\",\"after\":[{}],\"at\":\"2026-01-01T00:00:{id:02}Z\",\"by\":{{\"name\":\"A\",\"role\":\"robot\"}},{rest}}}\n",
            after.join(",")
        )
    }

    #[test]
    fn lines_are_appended_byte_for_byte_and_once() {
        let mail = format!("\"event\":\"received\",\"mail\":\"{:064x}\",\"mail_version\":1", 1);
        let ours = event(1, &[], &mail);
        let theirs = ours.replace("00:00:01Z", "00:00:09Z");
        let note = event(2, &[1], "\"event\":\"noted\",\"note\":\"x\",\"sig\":\"s\"");
        let both = ours.clone() + &note;
        let new = new_lines(b"", both.as_bytes());
        let together = append(theirs.as_bytes(), &new, both.as_bytes());
        assert_eq!(String::from_utf8(together.clone()).unwrap(), theirs + &note);
        assert_eq!(append(&together, &new, both.as_bytes()), together);
        assert_eq!(lost_lines(both.as_bytes(), ours.as_bytes()), 1);
    }

    #[test]
    fn a_letter_that_another_desk_claimed_first_is_not_claimed_again() {
        let letter = |id, status| {
            let about = format!("{:016x}", 1);
            event(
                id,
                &[1],
                &format!("\"event\":\"letter\",\"letter\":\"published\",\"about\":\"{about}\",\"status\":\"{status}\""),
            )
        };
        let first = event(1, &[], "\"event\":\"published\"");
        let ours = first.clone() + &letter(2, "claimed");
        let theirs = first.clone() + &letter(3, "claimed");
        let new = new_lines(first.as_bytes(), ours.as_bytes());
        assert_eq!(append(theirs.as_bytes(), &new, ours.as_bytes()), theirs.as_bytes());
        assert_eq!(append(first.as_bytes(), &new, ours.as_bytes()), ours.as_bytes());
        let sent = ours.clone() + &letter(4, "sent");
        let new = new_lines(first.as_bytes(), sent.as_bytes());
        let told = append(theirs.as_bytes(), &new, sent.as_bytes());
        assert_eq!(lines(&told).count(), 4, "what left is said, whoever claimed it");
        // the one that left before is another
        let letter = |id, status| letter(id, status).replace("[\"0000000000000001\"]", "[\"0000000000000004\"]");
        let ours = sent.clone() + &letter(5, "claimed");
        let theirs = sent.clone() + &letter(6, "claimed");
        let new = new_lines(sent.as_bytes(), ours.as_bytes());
        assert_eq!(append(theirs.as_bytes(), &new, ours.as_bytes()), theirs.as_bytes());
    }

    #[test]
    fn nothing_private_of_either_desk_is_lost() {
        let files = |named: &[(&str, &str)]| -> Files {
            named
                .iter()
                .map(|(n, b)| (n.to_string(), b.as_bytes().to_vec()))
                .collect()
        };
        let ours = files(&[
            ("mail-1.eml", "first"),
            ("mail-2.eml", "ours"),
            ("follow-up-2.md", "Ours."),
            ("cut.jsonl", "{\"n\":1}\n{\"n\":2}\n"),
            (
                PEOPLE,
                "message_ids = [\"a\", \"b\"]\nsubject = \"S\"\ncame_back = [\"x@example.org\"]",
            ),
        ]);
        let theirs = files(&[
            ("mail-1.eml", "first"),
            ("mail-2.eml", "theirs"),
            ("follow-up-2.md", "Theirs."),
            ("cut.jsonl", "{\"n\":1}\n"),
            (PEOPLE, "message_ids = [\"a\", \"c\"]\nsubject = \"S\""),
        ]);
        let both = unite_private(&ours, &theirs);
        let text = |name: &str| String::from_utf8_lossy(&both[name]).into_owned();
        assert_eq!(text("mail-2.eml") + &text("follow-up-2.md"), "theirsTheirs.");
        assert_eq!(text("mail-3.eml") + &text("follow-up-3.md"), "oursOurs.");
        assert_eq!(text("cut.jsonl"), "{\"n\":1}\n{\"n\":2}\n");
        let people = People::parse(&both[PEOPLE]).unwrap();
        assert_eq!((people.message_ids.len(), people.came_back.len()), (3, 1));
        assert_eq!(unite_private(&both, &both), both);
        assert_eq!(unite_private(&ours, &both), both, "the same mail is not numbered anew");
    }

    #[test]
    fn the_page_follows_the_record() {
        let mut files = page("A", THREE);
        let text = files[INDEX].clone();
        follow(&mut files);
        assert_eq!(files[INDEX], text, "it agrees already");
        let begun = "\"event\":\"publish-begun\",\"targets\":[\"site\"],\"slug\":\"a\",\"policy\":{}";
        let receipt = "\"event\":\"receipt\",\"target\":\"site\",\"done\":true";
        let record = event(1, &[], begun) + &event(2, &[1], receipt);
        files.insert(RECORD.to_owned(), record.into_bytes());
        follow(&mut files);
        let text = index(&files);
        assert!(text.contains("date = 2026-01-01T00:00:01Z\ndraft = false\n"), "{text}");
    }
}
