//! Commits of the past.

use super::*;

#[test]
fn history_tells_a_storys_commits_newest_first_and_ends_at_its_beginning() {
    let (_temp, repo) = new_repo();
    let (one, two) = (id(1), id(13));
    let mut steps = [
        change(&two, &[("index.md", Some(b"other"))], &[]),
        change(&one, &[("index.md", Some(b"a")), ("record.jsonl", Some(b"1"))], &[]),
        change(&two, &[("index.md", Some(b"other, edited"))], &[]),
        change(&one, &[("record.jsonl", Some(b"2")), ("photo-1.jpg", Some(b"p"))], &[]),
    ];
    for (n, step) in steps.iter_mut().enumerate() {
        step.message = format!("Step {n}\n\nBody\n");
        commit(&repo, step).unwrap().unwrap();
    }
    let tip = repo.tip().unwrap();
    let told = |story: Option<&StoryId>, limit| -> Vec<(String, Vec<String>)> {
        let past = repo.history(&tip, story, limit).unwrap();
        past.into_iter()
            .map(|p| (p.message.lines().next().unwrap().to_owned(), p.files))
            .collect()
    };
    let files = |names: &[&str]| names.iter().map(|n| n.to_string()).collect::<Vec<_>>();
    assert_eq!(
        told(Some(&one), 9),
        [
            ("Step 3".to_owned(), files(&["photo-1.jpg", "record.jsonl"])),
            ("Step 1".to_owned(), files(&["index.md", "record.jsonl"]))
        ]
    );
    assert_eq!(told(Some(&one), 1).len(), 1);
    assert_eq!(told(Some(&id(5)), 9), []);
    let all = told(None, 9);
    assert_eq!(
        all.iter().map(|p| p.0.as_str()).collect::<Vec<_>>(),
        ["Step 3", "Step 2", "Step 1", "Step 0", "Open the desk"]
    );
    assert_eq!(all[1].1, [format!("{two}/index.md")]);
    assert_eq!(repo.history(&tip, None, 1).unwrap()[0].by, by());
}

#[test]
fn history_goes_through_a_merge_and_stops_at_the_edge_of_a_shallow_clone() {
    let (temp, repo) = new_repo();
    commit(&repo, &change(&id(1), &[("index.md", Some(b"a"))], &[])).unwrap();
    git(repo.root(), &["checkout", "-q", "-b", "side"]);
    fs::write(repo.root().join(id(1).as_str()).join("index.md"), "side").unwrap();
    git(repo.root(), &["commit", "-qam", "Side"]);
    git(repo.root(), &["checkout", "-q", "main"]);
    commit(&repo, &change(&id(2), &[("index.md", Some(b"b"))], &[])).unwrap();
    git(repo.root(), &["merge", "-q", "-m", "Merge", "side"]);
    let past = repo.history(&repo.tip().unwrap(), Some(&id(1)), 9).unwrap();
    let told: Vec<_> = past.iter().map(|p| p.message.lines().next().unwrap()).collect();
    assert_eq!(told, ["Side", "Take in a story"]);

    let url = format!("file://{}", repo.root().display());
    git(temp.path(), &["clone", "-q", "--depth", "1", &url, "shallow"]);
    let shallow = StoryRepo::open(&temp.path().join("shallow"), "main").unwrap();
    let tip = shallow.tip().unwrap();
    assert_eq!(shallow.history(&tip, None, 9).unwrap().len(), 1);
    commit(&shallow, &change(&id(3), &[("index.md", Some(b"c"))], &[]))
        .unwrap()
        .unwrap();
    assert_sound(&shallow);
}
