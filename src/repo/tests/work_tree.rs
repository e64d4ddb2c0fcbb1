//! The work tree and the index follow; what a person did in them stays.

use super::*;

#[test]
fn a_hand_edit_is_never_overwritten() {
    let (_temp, repo) = new_repo();
    let id = id(1);
    commit(
        &repo,
        &change(&id, &[("index.md", Some(b"one")), ("record.jsonl", Some(b"1"))], &[]),
    )
    .unwrap();
    let file = repo.root().join(id.as_str()).join("index.md");
    fs::write(&file, "edited").unwrap();
    let tip = repo.tip().unwrap();
    assert_eq!(repo.uncommitted(&tip, &id).unwrap(), ["index.md"]);
    let done = commit(
        &repo,
        &change(&id, &[("index.md", Some(b"two")), ("record.jsonl", Some(b"2"))], &[]),
    )
    .unwrap()
    .unwrap();
    assert_eq!(done.cautions, [Caution::HandEdited(format!("{id}/index.md"))]);
    assert_eq!(fs::read(&file).unwrap(), b"edited");
    assert_sound_but(&repo, &format!(" M {id}/index.md\n"));

    let tip = repo.tip().unwrap();
    let taken = repo.take(&tip, &id).unwrap();
    assert_eq!(
        taken,
        BTreeMap::from([("index.md".to_owned(), Some(b"edited".to_vec()))])
    );
    let mut take = change(&id, &[], &[]);
    take.files = taken;
    assert_eq!(commit(&repo, &take).unwrap().unwrap().cautions, []);
    assert_sound(&repo);

    fs::remove_file(&file).unwrap();
    fs::write(file.with_file_name("photo-9.jpg"), "new").unwrap();
    fs::write(file.with_file_name(".index.md.swp"), "vim").unwrap();
    let tip = repo.tip().unwrap();
    assert_eq!(repo.uncommitted(&tip, &id).unwrap(), ["index.md", "photo-9.jpg"]);
    let done = commit(&repo, &change(&id, &[("index.md", Some(b"three"))], &[]))
        .unwrap()
        .unwrap();
    assert_eq!(done.cautions, [Caution::DeletedByHand(format!("{id}/index.md"))]);
    assert!(!file.exists());
}

#[test]
fn what_a_person_staged_is_neither_committed_nor_lost() {
    let (_temp, repo) = new_repo();
    let id = id(1);
    commit(
        &repo,
        &change(&id, &[("index.md", Some(b"one")), ("record.jsonl", Some(b"1"))], &[]),
    )
    .unwrap();
    let folder = repo.root().join(id.as_str());
    fs::write(folder.join("index.md"), "staged").unwrap();
    fs::write(repo.root().join("notes.txt"), "mine").unwrap();
    git(repo.root(), &["add", "."]);
    let done = commit(
        &repo,
        &change(&id, &[("index.md", Some(b"two")), ("record.jsonl", Some(b"2"))], &[]),
    )
    .unwrap()
    .unwrap();
    let path = format!("{id}/index.md");
    assert_eq!(
        done.cautions,
        [Caution::HandEdited(path.clone()), Caution::Staged(path.clone())]
    );
    assert_eq!(git(repo.root(), &["show", &format!(":{path}")]), "staged");
    assert_eq!(git(repo.root(), &["show", &format!("main:{path}")]), "two");
    assert_sound_but(&repo, &format!("M  {path}\nA  notes.txt\n"));
}

#[test]
fn with_another_branch_checked_out_index_and_work_tree_are_left_alone() {
    let (_temp, repo) = new_repo();
    commit(&repo, &change(&id(1), &[("index.md", Some(b"one"))], &[])).unwrap();
    for (n, place) in [
        (5, ["checkout", "-q", "-b", "other"]),
        (6, ["checkout", "-q", "--detach", "main"]),
    ] {
        git(repo.root(), &place);
        let before = fs::read(repo.root().join(".git/index")).unwrap();
        let done = commit(&repo, &change(&id(n), &[("index.md", Some(b"one"))], &[]))
            .unwrap()
            .unwrap();
        assert_eq!(done.cautions, []);
        assert_eq!(fs::read(repo.root().join(".git/index")).unwrap(), before);
        assert_eq!(
            repo.uncommitted(&repo.tip().unwrap(), &id(n)).unwrap(),
            Vec::<String>::new()
        );
        assert!(!repo.root().join(id(n).as_str()).exists());
        assert_sound(&repo);
    }
}

#[test]
fn no_symbolic_link_is_written_or_read_through() {
    let (temp, repo) = new_repo();
    let outside = temp.path().join("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("keys"), "secret").unwrap();
    let (one, two) = (id(1), id(2));
    commit(&repo, &change(&one, &[("index.md", Some(b"one"))], &[])).unwrap();
    let file = repo.root().join(one.as_str()).join("index.md");
    fs::remove_file(&file).unwrap();
    symlink(outside.join("keys"), &file).unwrap();
    symlink(&outside, repo.root().join(&two.month()[..4])).unwrap();
    let tip = repo.tip().unwrap();
    assert!(matches!(repo.take(&tip, &one), Err(RepoError::Damaged { .. })));
    for id in [&one, &two] {
        let done = commit(&repo, &change(id, &[("index.md", Some(b"new"))], &[]))
            .unwrap()
            .unwrap();
        assert_eq!(done.cautions, [Caution::NotFollowed(format!("{id}/index.md"))]);
    }
    assert_eq!(fs::read(outside.join("keys")).unwrap(), b"secret");
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 1);
}

#[test]
fn every_form_of_the_index_is_edited_or_left_with_a_caution() {
    for version in ["2", "3", "4"] {
        let (_temp, repo) = new_repo();
        commit(
            &repo,
            &change(&id(1), &[("index.md", Some(b"a")), ("photo-1.jpg", Some(b"p"))], &[]),
        )
        .unwrap();
        git(repo.root(), &["update-index", "--index-version", version]);
        if version == "3" {
            fs::write(repo.root().join("later.txt"), "x").unwrap();
            git(repo.root(), &["add", "-N", "later.txt"]);
        }
        for n in 1..20 {
            commit(
                &repo,
                &change(&id(n), &[("index.md", Some(b"b")), ("record.jsonl", Some(b"1"))], &[]),
            )
            .unwrap();
        }
        commit(&repo, &change(&id(1), &[("index.md", None)], &[])).unwrap();
        assert_sound_but(&repo, if version == "3" { " A later.txt\n" } else { "" });
    }
    let (_temp, repo) = new_repo();
    git(repo.root(), &["update-index", "--split-index"]);
    let done = commit(&repo, &change(&id(1), &[("index.md", Some(b"a"))], &[]))
        .unwrap()
        .unwrap();
    assert!(matches!(&done.cautions[..], [Caution::Index(_)]), "{:?}", done.cautions);
    git(repo.root(), &["reset", "-q"]);
    assert_sound(&repo);
}

#[test]
fn in_a_sparse_checkout_what_is_left_out_stays_out() {
    let (_temp, repo) = new_repo();
    commit(&repo, &change(&id(1), &[("index.md", Some(b"a"))], &[])).unwrap();
    git(repo.root(), &["sparse-checkout", "set", "--no-cone", "/.m4c-stories"]);
    let done = commit(&repo, &change(&id(1), &[("index.md", Some(b"b"))], &[]))
        .unwrap()
        .unwrap();
    assert_eq!(done.cautions, []);
    assert!(!repo.root().join(id(1).as_str()).exists());
    assert_sound(&repo);
    assert_eq!(
        repo.uncommitted(&repo.tip().unwrap(), &id(1)).unwrap(),
        Vec::<String>::new()
    );
}
