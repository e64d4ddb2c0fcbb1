//! One step, one commit; what is damaged or hostile.

use super::*;

#[test]
fn a_step_is_one_commit_with_its_private_part_and_the_work_tree_follows() {
    let (_temp, repo) = new_repo();
    let id = id(1);
    let first = change(
        &id,
        &[("index.md", Some(b"one\r\n")), ("record.jsonl", Some(b"{}\n"))],
        &[("mail-1.eml", Some(b"raw"))],
    );
    let done = commit(&repo, &first).unwrap().unwrap();
    assert_eq!(done.cautions, []);
    assert_sound(&repo);
    assert_eq!(
        git(repo.root(), &["log", "--format=%an <%ae> %at %cn|%B"]),
        "Cath Lee <cath@example.org> 1767323045 Cath Lee|Take in a story\n\nStep: received\n\nm4c-stories <robot@localhost> 0 m4c-stories|Open the desk\n\n"
    );
    assert_eq!(
        fs::read(repo.root().join(id.as_str()).join("index.md")).unwrap(),
        b"one\r\n"
    );
    let tip = repo.tip().unwrap();
    assert_eq!(Some(tip.commit), done.commit);
    assert_eq!(repo.story(&tip, &id).unwrap().unwrap()["index.md"], b"one\r\n");
    assert_eq!(repo.private(&id).unwrap().unwrap()["mail-1.eml"], b"raw");
    assert_eq!(repo.private_file(&id, "mail-1.eml").unwrap().unwrap(), b"raw");
    assert_eq!(
        repo.find(&tip, id.month(), id.digits()).unwrap(),
        std::slice::from_ref(&id)
    );
    assert_eq!(repo.find(&tip, "1999/01", id.digits()).unwrap(), []);
    assert_eq!(
        repo.stories(&tip).unwrap().map(|s| s.unwrap().id).collect::<Vec<_>>(),
        std::slice::from_ref(&id)
    );

    let second = change(
        &id,
        &[("record.jsonl", Some(b"{}\n{}\n")), ("index.md", None)],
        &[("mail-1.eml", None), ("cut.jsonl", Some(b"c"))],
    );
    commit(&repo, &second).unwrap().unwrap();
    assert_sound(&repo);
    assert!(!repo.root().join(id.as_str()).join("index.md").exists());
    assert_eq!(
        git(repo.root(), &["rev-list", "--count", PRIVATE_REF]),
        "1\n",
        "the private ref has no history"
    );
    assert_eq!(
        repo.private(&id).unwrap().unwrap().keys().collect::<Vec<_>>(),
        ["cut.jsonl"]
    );
    assert_eq!(git(repo.root(), &["diff", "HEAD", "--stat"]), "");
}

#[test]
fn several_stories_can_share_a_commit() {
    let (_temp, repo) = new_repo();
    let ids = [id(1), id(2), id(3)];
    let step = |ids: &[Current]| -> Result<Vec<Change>, RepoError> {
        let files: Named = &[("record.jsonl", Some(b"sent"))];
        Ok(ids
            .iter()
            .map(|current| change(current.id, files, &[("people.toml", Some(b"p"))]))
            .collect())
    };
    assert!(repo.commit_together(&ids, step).unwrap().is_some());
    assert!(repo.commit_together(&ids, step).unwrap().is_none());
    assert_sound(&repo);
    assert_eq!(git(repo.root(), &["rev-list", "--count", "main"]), "2\n");
    assert_eq!(repo.stories(&repo.tip().unwrap()).unwrap().count(), 3);
    assert!(ids.iter().all(|id| repo.private(id).unwrap().is_some()));
}

#[test]
fn a_step_that_changes_nothing_makes_no_commit() {
    let (_temp, repo) = new_repo();
    let change = change(&id(1), &[("index.md", Some(b"one"))], &[]);
    assert!(commit(&repo, &change).unwrap().is_some());
    assert!(commit(&repo, &change).unwrap().is_none());
    assert_eq!(git(repo.root(), &["rev-list", "--count", "main"]), "2\n");
}

#[test]
fn the_step_is_applied_again_where_the_branch_moved() {
    let (_temp, repo) = new_repo();
    let (mine, theirs) = (id(1), id(2));
    let mut calls = 0;
    let done = repo.commit::<RepoError>(&mine, |current| {
        calls += 1;
        if calls == 1 {
            // a hand-made commit between load and commit
            fs::create_dir_all(repo.root().join(theirs.as_str())).unwrap();
            fs::write(repo.root().join(theirs.as_str()).join("index.md"), "theirs").unwrap();
            git(repo.root(), &["add", "."]);
            git(repo.root(), &["commit", "-qm", "By hand"]);
        }
        assert!(current.files.is_none());
        Ok(Some(change(&mine, &[("index.md", Some(b"mine"))], &[])))
    });
    assert!(done.unwrap().is_some());
    assert_eq!(calls, 2);
    assert_sound(&repo);
    let tip = repo.tip().unwrap();
    assert!(repo.story(&tip, &theirs).unwrap().is_some() && repo.story(&tip, &mine).unwrap().is_some());
}

#[test]
fn links_submodules_and_strange_names_in_a_story_are_damage() {
    let (_temp, repo) = new_repo();
    let id = id(1);
    commit(&repo, &change(&id, &[("index.md", Some(b"one"))], &[])).unwrap();
    let folder = repo.root().join(id.as_str());
    symlink("/etc/passwd", folder.join("photo-1.jpg")).unwrap();
    git(repo.root(), &["add", "."]);
    git(repo.root(), &["commit", "-qm", "A link"]);
    let tip = repo.tip().unwrap();
    let error = repo.story(&tip, &id).unwrap_err().to_string();
    assert!(error.contains("\"photo-1.jpg\" is a symbolic link"), "{error}");
    fs::remove_file(folder.join("photo-1.jpg")).unwrap();
    fs::write(folder.join("CON.md"), "x").unwrap();
    git(repo.root(), &["add", "."]);
    git(repo.root(), &["commit", "-qm", "A name"]);
    assert!(matches!(
        repo.story(&repo.tip().unwrap(), &id),
        Err(RepoError::Damaged { .. })
    ));
    fs::create_dir(repo.root().join(id.month()).join("Not A Story")).unwrap();
    fs::write(repo.root().join(id.month()).join("Not A Story/x"), "x").unwrap();
    git(repo.root(), &["add", "."]);
    git(repo.root(), &["commit", "-qm", "No story"]);
    let listed: Vec<_> = repo.stories(&repo.tip().unwrap()).unwrap().map(|s| s.is_ok()).collect();
    assert_eq!(listed, [false, true]);
}

#[test]
fn a_name_that_is_not_the_tools_is_refused() {
    let (_temp, repo) = new_repo();
    for name in ["", ".gitattributes", "../x", "a/b", "A.md", "é", "-rf", "a\0b"] {
        let result = commit(&repo, &change(&id(1), &[(name, Some(b"x"))], &[]));
        assert!(matches!(result, Err(RepoError::BadName { .. })), "{name:?}");
    }
    assert_eq!(git(repo.root(), &["rev-list", "--count", "main"]), "1\n");
}

#[test]
fn a_clone_has_the_stories_and_not_the_private_part() {
    let (temp, repo) = new_repo();
    commit(
        &repo,
        &change(&id(1), &[("index.md", Some(b"a"))], &[("people.toml", Some(b"p"))]),
    )
    .unwrap();
    git(temp.path(), &["clone", "-q", repo.root().to_str().unwrap(), "clone"]);
    let clone = StoryRepo::open(&temp.path().join("clone"), "main").unwrap();
    assert_eq!(clone.tip().unwrap(), repo.tip().unwrap());
    assert_eq!(clone.private(&id(1)).unwrap(), None);
    git(clone.root(), &["gc", "-q"]);
    git(clone.root(), &["config", "core.commitGraph", "true"]);
    commit(
        &clone,
        &change(&id(1), &[("index.md", Some(b"b"))], &[("people.toml", Some(b"q"))]),
    )
    .unwrap()
    .unwrap();
    assert_sound(&clone);
    git(clone.root(), &["gc", "-q", "--prune=now"]);
    assert_eq!(clone.private(&id(1)).unwrap().unwrap()["people.toml"], b"q");
    commit(&clone, &change(&id(1), &[("index.md", Some(b"c"))], &[]))
        .unwrap()
        .unwrap();
    assert_sound(&clone);
}

#[test]
fn hooks_and_filters_of_the_repository_are_not_run() {
    let (_temp, repo) = new_repo();
    let hooks = repo.root().join(".git/hooks");
    fs::create_dir_all(&hooks).unwrap();
    let trap = |name: &str| format!("#!/bin/sh\ntouch {}/PWNED-{name}\n", repo.root().display());
    for name in [
        "pre-commit",
        "post-commit",
        "reference-transaction",
        "post-index-change",
        "commit-msg",
        "post-checkout",
    ] {
        fs::write(hooks.join(name), trap(name)).unwrap();
        fs::set_permissions(hooks.join(name), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    }
    let script = hooks.join("pre-commit");
    for key in [
        "core.fsmonitor",
        "filter.x.clean",
        "filter.x.smudge",
        "diff.external",
        "core.editor",
        "core.pager",
        "gpg.program",
        "credential.helper",
    ] {
        git(
            repo.root(),
            &[
                "-c",
                "core.hooksPath=/dev/null",
                "config",
                key,
                script.to_str().unwrap(),
            ],
        );
    }
    fs::write(
        repo.root().join(".git/info/attributes"),
        "* filter=x ident text eol=crlf\n",
    )
    .unwrap();
    let again = StoryRepo::open(repo.root(), "main").unwrap();
    commit(&again, &change(&id(1), &[("index.md", Some(b"one $Id$\n"))], &[]))
        .unwrap()
        .unwrap();
    let mut batch = again.batch().unwrap();
    batch
        .add(&change(&id(2), &[("index.md", Some(b"two\n"))], &[]), &[])
        .unwrap();
    batch.finish().unwrap();
    assert_eq!(
        again.uncommitted(&again.tip().unwrap(), &id(1)).unwrap(),
        Vec::<String>::new()
    );
    assert_eq!(
        fs::read(repo.root().join(id(1).as_str()).join("index.md")).unwrap(),
        b"one $Id$\n"
    );
    let names = fs::read_dir(repo.root())
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap());
    assert!(!names.into_iter().any(|name| name.starts_with("PWNED")));
}

#[test]
fn damage_is_named_and_nothing_is_written() {
    for (name, bytes) in [
        ("refs/heads/main", &b""[..]),
        ("refs/heads/main", b"junk\n"),
        ("HEAD", b""),
        ("config", b"[core\n"),
        ("refs/desk/private", b""),
    ] {
        let (_temp, repo) = new_repo();
        let step = change(&id(1), &[("index.md", Some(b"a"))], &[("people.toml", Some(b"p"))]);
        commit(&repo, &step).unwrap();
        fs::write(repo.root().join(".git").join(name), bytes).unwrap();
        let again = StoryRepo::open(repo.root(), "main");
        let result = again.and_then(|again| {
            commit(
                &again,
                &change(&id(2), &[("index.md", Some(b"a"))], &[("people.toml", Some(b"p"))]),
            )
        });
        assert!(result.is_err(), "{name}");
        assert_eq!(fs::read(repo.root().join(".git").join(name)).unwrap(), bytes);
    }
    let (_temp, repo) = new_repo();
    commit(&repo, &change(&id(1), &[("index.md", Some(b"a"))], &[])).unwrap();
    let blob = git(repo.root(), &["rev-parse", &format!("main:{}/index.md", id(1))]);
    let object = repo.root().join(".git/objects").join(&blob[..2]).join(blob[2..].trim());
    fs::remove_file(&object).unwrap();
    let again = StoryRepo::open(repo.root(), "main").unwrap();
    let error = again.story(&again.tip().unwrap(), &id(1)).unwrap_err();
    assert!(error.to_string().contains(blob.trim()), "{error}");
}
