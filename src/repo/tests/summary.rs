//! Summaries and their cache.

use super::*;

#[test]
fn summaries_are_made_once_and_again_only_for_what_changed() {
    let (temp, repo) = new_repo();
    let mut batch = repo.batch().unwrap();
    for n in 0..30 {
        let text = format!("story {n}");
        batch
            .add(
                &change(
                    &id(n),
                    &[("index.md", Some(text.as_bytes())), ("photo-1.jpg", Some(b"same"))],
                    &[],
                ),
                &[],
            )
            .unwrap();
    }
    batch.finish().unwrap();
    let cache = temp.path().join("summaries");
    let made = std::cell::RefCell::new(Vec::new());
    let of_story = |source: &Source| {
        made.borrow_mut().push(source.id.clone());
        assert!(source.sha256("photo-1.jpg")?.is_some() && source.read("none")?.is_none());
        assert_eq!(source.names().collect::<Vec<_>>(), ["index.md", "photo-1.jpg"]);
        Ok(source.read("index.md")?.unwrap())
    };
    let of_month = |stories: &[Summary]| stories.len().to_string().into_bytes();
    let of_all = |months: &[&[u8]]| months.concat();
    let look = |fingerprint: &str| {
        let tip = repo.tip().unwrap();
        let makers = Makers {
            fingerprint: fingerprint.as_bytes(),
            of_story: &of_story,
            of_month: &of_month,
            of_all: &of_all,
        };
        let all = repo.summaries(&tip, &cache, makers).unwrap();
        let months: Vec<_> = all.months().unwrap().collect();
        assert_eq!(
            all.aggregate(),
            months.iter().map(|(_, n)| *n).collect::<Vec<_>>().concat()
        );
        let count: usize = months
            .into_iter()
            .map(|(_, n)| String::from_utf8_lossy(n).parse::<usize>().unwrap())
            .sum();
        let told: Vec<Summary> = all.iter().map(|s| s.unwrap().unwrap()).collect();
        assert_eq!(count, told.len());
        (told, std::mem::take(&mut *made.borrow_mut()))
    };
    let (first, all_made) = look("1");
    assert_eq!((first.len(), all_made.len()), (30, 30));
    assert_eq!(look("1"), (first.clone(), vec![]), "nothing changed, nothing made");
    commit(&repo, &change(&id(7), &[("index.md", Some(b"edited"))], &[])).unwrap();
    commit(
        &repo,
        &change(&id(8), &[("index.md", None), ("photo-1.jpg", None)], &[]),
    )
    .unwrap();
    let (second, again) = look("1");
    assert_eq!((second.len(), again), (29, vec![id(7)]));
    assert!(second.iter().any(|s| s.id == id(7) && s.bytes == b"edited"));
    assert_eq!(
        look("2"),
        (second.clone(), second.iter().map(|s| s.id.clone()).collect::<Vec<_>>()),
        "another policy"
    );

    let whole = fs::read(&cache).unwrap();
    // what all come to is told from the end of the file alone
    let last = second.iter().map(|s| s.id.month()).max().unwrap();
    let list = whole.windows(7).rposition(|w| w == last.as_bytes()).unwrap();
    let mut bad = whole.clone();
    bad[16..list].fill(0);
    fs::write(&cache, &bad).unwrap();
    let tip = repo.tip().unwrap();
    let makers = Makers {
        fingerprint: b"2",
        of_story: &of_story,
        of_month: &of_month,
        of_all: &of_all,
    };
    let all = repo.summaries(&tip, &cache, makers).unwrap();
    let count: usize = all.aggregate().iter().map(|digit| usize::from(digit - b'0')).sum();
    assert_eq!((count, made.borrow().len()), (29, 0));
    assert_eq!(
        (all.iter().count(), made.take().len()),
        (29, 29),
        "the rest is made again"
    );
    fs::write(&cache, &whole).unwrap();
    for at in (0..whole.len()).step_by(37) {
        let mut bad = whole.clone();
        bad[at] ^= 0x55;
        fs::write(&cache, &bad).unwrap();
        assert_eq!(look("2").0, second, "byte {at}");
        fs::write(&cache, &whole[..at]).unwrap();
        assert_eq!(look("2").0, second, "cut at {at}");
    }
    fs::remove_file(&cache).unwrap();
    fs::create_dir(&cache).unwrap();
    assert_eq!(look("2").0, second, "a cache that cannot be written costs only time");
}

#[test]
fn a_damaged_story_is_told_in_its_place_and_the_others_are_listed() {
    let (temp, repo) = new_repo();
    commit(&repo, &change(&id(1), &[("index.md", Some(b"a"))], &[])).unwrap();
    commit(&repo, &change(&id(2), &[("index.md", Some(b"b"))], &[])).unwrap();
    symlink("/etc/passwd", repo.root().join(id(1).as_str()).join("photo-1.jpg")).unwrap();
    git(repo.root(), &["add", "."]);
    git(repo.root(), &["commit", "-qm", "A link"]);
    let of_story = |source: &Source| Ok(source.read("index.md")?.unwrap_or_default());
    let makers = Makers {
        fingerprint: b"",
        of_story: &of_story,
        of_month: &|_| Vec::new(),
        of_all: &|_| Vec::new(),
    };
    for _ in 0..2 {
        let tip = repo.tip().unwrap();
        let all = repo.summaries(&tip, &temp.path().join("s"), makers).unwrap();
        let told: Vec<_> = all.iter().map(|s| s.unwrap()).collect();
        assert!(
            matches!(&told[0], Err(d) if d.to_string() == format!("{}: \"photo-1.jpg\" is a symbolic link", id(1)))
        );
        assert!(matches!(&told[1], Ok(s) if s.id == id(2)));
    }
}
