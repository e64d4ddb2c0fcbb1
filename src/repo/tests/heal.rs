//! Locks, and what a killed run leaves.

use super::*;

#[test]
fn only_one_writes_and_a_foreign_lock_is_respected() {
    let (_temp, repo) = new_repo();
    let batch = repo.batch().unwrap();
    let other = StoryRepo::open(repo.root(), "main").unwrap();
    let step = change(&id(1), &[("index.md", Some(b"one"))], &[("mail-1.eml", Some(b"raw"))]);
    assert!(matches!(commit(&other, &step), Err(RepoError::Locked(path)) if path.ends_with("m4c-stories.holder")));
    drop(batch);
    for name in ["index.lock", "refs/heads/main.lock", "refs/desk/private.lock"] {
        let lock = repo.root().join(".git").join(name);
        fs::create_dir_all(lock.parent().unwrap()).unwrap();
        fs::write(&lock, "").unwrap();
        let error = commit(&other, &step).unwrap_err();
        assert!(matches!(&error, RepoError::Locked(path) if path == &lock), "{error}");
        assert!(error.advice().contains(lock.to_str().unwrap()));
        assert!(lock.exists());
        fs::remove_file(&lock).unwrap();
        assert_sound(&repo);
    }
    assert_eq!(
        git(repo.root(), &["rev-list", "--count", "main"]),
        "1\n",
        "nothing was done"
    );
    assert!(commit(&other, &step).unwrap().is_some());
}

#[test]
fn what_a_killed_run_left_is_mended() {
    let (_temp, repo) = new_repo();
    let story = id(1);
    commit(
        &repo,
        &change(&story, &[("index.md", Some(b"one")), ("record.jsonl", Some(b"1"))], &[]),
    )
    .unwrap();
    let old = repo.tip().unwrap();
    let dir = repo.root().join(".git");
    let (index, file) = (dir.join("index"), repo.root().join(story.as_str()).join("index.md"));
    let index_before = fs::read(&index).unwrap();
    commit(
        &repo,
        &change(&story, &[("index.md", Some(b"two")), ("photo-1.jpg", Some(b"p"))], &[]),
    )
    .unwrap();
    // as if killed after the branch moved, before index and work tree followed
    fs::write(&index, index_before).unwrap();
    fs::write(&file, "one").unwrap();
    fs::write(file.with_file_name("photo-1.jpg"), "").unwrap();
    fs::write(
        dir.join("m4c-stories.holder"),
        format!("pid 1\nbranch main\nold {}\n", old.commit),
    )
    .unwrap();
    fs::create_dir_all(dir.join("m4c-stories.tmp")).unwrap();
    for name in ["index", "refs/heads/main"] {
        let mark = dir.join("m4c-stories.tmp").join(name.replace('/', "-") + ".mark");
        fs::write(&mark, "").unwrap();
        fs::hard_link(mark, dir.join(format!("{name}.lock"))).unwrap();
    }
    fs::write(dir.join("objects/pack/tmp_m4c_left"), "PACK").unwrap();
    assert_eq!(
        repo.uncommitted(&repo.tip().unwrap(), &story).unwrap(),
        Vec::<String>::new(),
        "the older text is no edit"
    );
    assert_eq!(repo.begin().unwrap().1, []);
    assert_eq!(fs::read(&file).unwrap(), b"two");
    assert_sound(&repo);
}
