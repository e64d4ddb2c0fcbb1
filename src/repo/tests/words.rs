//! The words of stories and their cache.

use std::collections::BTreeSet;

use super::*;

/// A text of ten words or so, some with accents and punctuation.
fn text(n: u32) -> String {
    let some = [
        "bus,", "stop", "überall", "kettle", "a", "kettles.", "公園", "stop!", "we", "knocked",
    ];
    let word = |k: u32| some[(n.wrapping_mul(2_654_435_761).wrapping_add(k * 40_503) >> 7) as usize % some.len()];
    (0..n % 13)
        .map(word)
        .collect::<Vec<_>>()
        .join(if n.is_multiple_of(2) { " " } else { "\n" })
}

#[test]
fn words_are_found_wherever_they_stand_and_read_again_only_where_something_changed() {
    let (temp, repo) = new_repo();
    let put = |batch: &mut Batch, n: u32, text: &str| {
        let change = change(&id(n), &[("index.md", Some(text.as_bytes()))], &[]);
        batch.add(&change, &[]).unwrap();
    };
    let mut texts: BTreeMap<StoryId, String> = (0..300).map(|n| (id(n), text(n))).collect();
    let mut batch = repo.batch().unwrap();
    (0..300).for_each(|n| put(&mut batch, n, &text(n)));
    batch.finish().unwrap();
    let folder = temp.path().join("words");
    let made = std::cell::RefCell::new(Vec::new());
    let of_story = |source: &Source| {
        made.borrow_mut().push(source.id.clone());
        Ok(source.read("index.md")?.unwrap())
    };
    let look = |texts: &BTreeMap<StoryId, String>, words: &[&str]| {
        let words: Vec<String> = words.iter().map(|w| w.to_string()).collect();
        let tip = repo.tip().unwrap();
        let all = repo.words(&tip, &folder, &words, &of_story).unwrap();
        let months: BTreeSet<&str> = texts.keys().map(StoryId::month).collect();
        let mut found: Vec<StoryId> = Vec::new();
        for month in months {
            let folders = all.folders(month).unwrap();
            found.extend(
                folders
                    .iter()
                    .map(|name| format!("{month}/{name}").parse::<StoryId>().unwrap()),
            );
        }
        found.sort();
        assert!(all.folders("1066/10").unwrap().is_empty());
        let has = |text: &str| words.iter().all(|w| text.contains(w.as_str()));
        let wanted: Vec<StoryId> = texts.iter().filter(|(_, t)| has(t)).map(|(id, _)| id.clone()).collect();
        assert_eq!(found, wanted, "{words:?}");
        std::mem::take(&mut *made.borrow_mut())
    };
    let every: [&[&str]; 8] = [
        &["kettle"],
        &["kettles"],
        &["s"],
        &["über", "stop!"],
        &["公"],
        &["nowhere"],
        &["a", "e", "o", "kettle"],
        &[],
    ];
    assert_eq!(look(&texts, every[0]).len(), 300);
    for words in every {
        assert_eq!(look(&texts, words), [], "nothing changed, nothing read");
    }
    commit(&repo, &change(&id(7), &[("index.md", Some(b"a lighthouse"))], &[])).unwrap();
    commit(&repo, &change(&id(8), &[("index.md", None)], &[])).unwrap();
    texts.insert(id(7), "a lighthouse".into());
    texts.remove(&id(8));
    assert_eq!(look(&texts, &["house"]), [id(7)]);
    for words in every {
        assert_eq!(look(&texts, words), []);
    }
    let file = fs::read_dir(&folder).unwrap().next().unwrap().unwrap().path();
    let whole = fs::read(&file).unwrap();
    for at in (0..whole.len()).step_by(37) {
        let mut bad = whole.clone();
        bad[at] ^= 0x55;
        fs::write(&file, &bad).unwrap();
        look(&texts, &["stop"]);
        fs::write(&file, &whole[..at]).unwrap();
        look(&texts, &["stop"]);
    }
    fs::remove_dir_all(&folder).unwrap();
    fs::write(&folder, "no folder").unwrap();
    look(&texts, &["kettle"]);
    assert!(
        !look(&texts, &["kettle"]).is_empty(),
        "a cache that cannot be written costs only time"
    );
}
