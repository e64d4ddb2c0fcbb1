//! Many steps, one pack, one move of the branch.

use super::*;
use crate::repo::Press;

#[test]
fn a_batch_is_one_pack_and_sees_what_it_added() {
    let (_temp, repo) = new_repo();
    let mut batch = repo.batch().unwrap();
    let raws: Vec<Vec<u8>> = (0..60)
        .map(|n| format!("From: a@example.org\n\nmail {n}\n").repeat(20).into_bytes())
        .collect();
    for (n, raw) in raws.iter().enumerate() {
        let (n, id) = (n as u32, id(n as u32));
        let kept = batch.keep(raw, &Press::new().file(raw)).unwrap();
        let text = format!("story {n}");
        batch
            .add(
                &change(
                    &id,
                    &[("index.md", Some(text.as_bytes())), ("record.jsonl", Some(b"1\n"))],
                    &[],
                ),
                &[("mail-1.eml", kept)],
            )
            .unwrap();
        assert_eq!(batch.find(id.month(), id.digits()).unwrap(), std::slice::from_ref(&id));
    }
    batch.sync().unwrap();
    let story = id(7);
    assert_eq!(batch.story(&story).unwrap().unwrap()["index.md"], b"story 7");
    let private = batch.private(&story, &["mail-1.eml"]).unwrap().unwrap();
    assert_eq!(private["mail-1.eml"], raws[7]);
    assert_eq!(
        batch.private(&story, &[]).unwrap(),
        Some(std::collections::BTreeMap::new())
    );
    // a follow-up in the same batch
    batch
        .add(
            &change(
                &story,
                &[("record.jsonl", Some(b"1\n2\n"))],
                &[("mail-2.eml", Some(&raws[8]))],
            ),
            &[],
        )
        .unwrap();
    assert_eq!(
        repo.find(&repo.tip().unwrap(), story.month(), story.digits()).unwrap(),
        [],
        "nobody else sees it yet"
    );
    let done = batch.finish().unwrap();
    assert_eq!(done.cautions, []);
    assert_sound(&repo);
    assert_eq!(git(repo.root(), &["rev-list", "--count", "main"]), "62\n");
    let packs = fs::read_dir(repo.root().join(".git/objects/pack")).unwrap().count();
    assert_eq!(packs, 2, "a pack and its index");
    let tip = repo.tip().unwrap();
    assert_eq!(repo.stories(&tip).unwrap().count(), 60);
    for (n, raw) in raws.iter().enumerate() {
        assert_eq!(&repo.private(&id(n as u32)).unwrap().unwrap()["mail-1.eml"], raw);
    }
    let listed = git(repo.root(), &["verify-pack", "-v", &pack_index(&repo)]);
    assert!(listed.contains("ok"));
}

fn pack_index(repo: &StoryRepo) -> String {
    let packs = fs::read_dir(repo.root().join(".git/objects/pack"))
        .unwrap()
        .map(|e| e.unwrap().path());
    packs
        .into_iter()
        .find(|p| p.extension().is_some_and(|e| e == "idx"))
        .unwrap()
        .to_str()
        .unwrap()
        .to_owned()
}

#[test]
fn a_month_with_many_stories_costs_a_batch_little_and_git_reads_it() {
    let (_temp, repo) = new_repo();
    let name = |n: u32| StoryId::new(None, "Ann", &MailId::of(&n.to_string(), "", "", "", &[]));
    let mut batch = repo.batch().unwrap();
    for n in 0..400 {
        batch
            .add(
                &change(&name(n), &[("index.md", Some(n.to_string().as_bytes()))], &[]),
                &[],
            )
            .unwrap();
    }
    // 400 trees of the month are 3 MB
    assert!(batch.bytes() < 300_000, "{}", batch.bytes());
    batch.finish().unwrap();
    assert_sound(&repo);
    assert_eq!(repo.stories(&repo.tip().unwrap()).unwrap().count(), 400);
    git(repo.root(), &["verify-pack", &pack_index(&repo)]);
}

#[test]
fn a_dropped_batch_leaves_nothing() {
    let (_temp, repo) = new_repo();
    let mut batch = repo.batch().unwrap();
    batch.keep(b"raw", &Press::new().file(b"raw")).unwrap();
    batch
        .add(&change(&id(1), &[("index.md", Some(b"one"))], &[]), &[])
        .unwrap();
    batch.sync().unwrap();
    drop(batch);
    assert_sound(&repo);
    assert_eq!(fs::read_dir(repo.root().join(".git/objects/pack")).unwrap().count(), 0);
}

#[test]
fn a_batch_is_built_again_where_the_branch_moved() {
    let (_temp, repo) = new_repo();
    let mut batch = repo.batch().unwrap();
    batch
        .add(
            &change(&id(1), &[("index.md", Some(b"one"))], &[("mail-1.eml", Some(b"raw"))]),
            &[],
        )
        .unwrap();
    fs::write(repo.root().join("notes.txt"), "by hand").unwrap();
    git(repo.root(), &["add", "."]);
    git(repo.root(), &["commit", "-qm", "By hand"]);
    batch.finish().unwrap();
    assert_sound(&repo);
    assert_eq!(
        git(repo.root(), &["log", "--format=%s"]),
        "Take in a story\nBy hand\nOpen the desk\n"
    );

    commit(&repo, &change(&id(2), &[("index.md", Some(b"two"))], &[])).unwrap();
    let mut batch = repo.batch().unwrap();
    batch
        .add(&change(&id(2), &[("index.md", Some(b"follow-up"))], &[]), &[])
        .unwrap();
    fs::write(repo.root().join(id(2).as_str()).join("index.md"), "by hand").unwrap();
    git(repo.root(), &["commit", "-qam", "By hand too"]);
    assert!(matches!(batch.finish(), Err(RepoError::Changed { story, .. }) if story == id(2)));
    assert_eq!(
        git(repo.root(), &["show", &format!("main:{}/index.md", id(2))]),
        "by hand"
    );
    assert_sound(&repo);
}
