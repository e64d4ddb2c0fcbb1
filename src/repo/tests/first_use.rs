//! Opening and first use: exactly here, ours, or refused.

use super::*;

#[test]
fn first_use_makes_a_repository_of_its_own_inside_another() {
    let temp = tempfile::tempdir().unwrap();
    git(temp.path(), &["init", "-q", "-b", "main", "."]);
    let stories = temp.path().join("stories");
    fs::create_dir(&stories).unwrap();
    fs::write(stories.join("README.md"), "what goes here").unwrap();
    fs::write(temp.path().join(".gitignore"), "/stories/*\n!/stories/README.md\n").unwrap();
    git(temp.path(), &["add", "."]);
    git(temp.path(), &["commit", "-qm", "outer"]);
    assert!(
        matches!(StoryRepo::open(&stories, "main"), Err(RepoError::Missing(_))),
        "never discovered upward"
    );
    let repo = StoryRepo::init(&stories, "main").unwrap();
    commit(&repo, &change(&id(1), &[("index.md", Some(b"one"))], &[])).unwrap();
    assert_eq!(fs::read(stories.join("README.md")).unwrap(), b"what goes here");
    assert_sound(&repo);
    assert_eq!(git(temp.path(), &["status", "--porcelain"]), "");
    assert_eq!(git(temp.path(), &["rev-list", "--count", "--all"]), "1\n");
    assert_eq!(
        StoryRepo::init(&stories, "main").unwrap().tip().unwrap(),
        repo.tip().unwrap(),
        "twice is quiet success"
    );
}

#[test]
fn what_is_not_a_content_repository_is_refused_and_left_alone() {
    let temp = tempfile::tempdir().unwrap();
    let at = |name: &str| {
        let path = temp.path().join(name);
        fs::create_dir_all(&path).unwrap();
        path
    };
    assert!(matches!(
        StoryRepo::open(&temp.path().join("none"), "main"),
        Err(RepoError::Missing(_))
    ));
    let full = at("full");
    fs::write(full.join("thesis.doc"), "x").unwrap();
    for result in [StoryRepo::open(&full, "main"), StoryRepo::init(&full, "main")] {
        assert!(matches!(result, Err(RepoError::Occupied { found, .. }) if found == "thesis.doc"));
    }
    assert_eq!(fs::read_dir(&full).unwrap().count(), 1);
    let foreign = at("foreign");
    git(&foreign, &["init", "-q", "-b", "main"]);
    fs::write(foreign.join("main.rs"), "x").unwrap();
    git(&foreign, &["add", "."]);
    git(&foreign, &["commit", "-qm", "code"]);
    for result in [StoryRepo::open(&foreign, "main"), StoryRepo::init(&foreign, "main")] {
        assert!(matches!(result, Err(RepoError::NotOurs { .. })));
    }
    assert!(matches!(
        StoryRepo::open(&foreign, "trunk"),
        Err(RepoError::NoBranch { .. })
    ));
    for branch in ["", "-x", "a..b", "../../config", "x.lock", "a b"] {
        assert!(
            matches!(StoryRepo::open(&foreign, branch), Err(RepoError::BadBranch { .. })),
            "{branch:?}"
        );
    }
    let unfit: [(&str, &[&str]); 3] = [
        ("bare", &["init", "-q", "--bare"]),
        ("sha256", &["init", "-q", "--object-format=sha256"]),
        ("reftable", &["init", "-q", "--ref-format=reftable"]),
    ];
    for (name, init) in unfit {
        git(&at(name), init);
        let error = StoryRepo::open(&at(name), "main").err().unwrap();
        assert!(matches!(error, RepoError::Unfit { .. }), "{name}: {error:?}");
    }
    let (_keep, repo) = new_repo();
    let linked = temp.path().join("linked");
    git(
        repo.root(),
        &["worktree", "add", "-q", linked.to_str().unwrap(), "-b", "side"],
    );
    assert!(matches!(StoryRepo::open(&linked, "main"), Err(RepoError::Unfit { .. })));
    let link = at("link");
    symlink(repo.root().join(".git"), link.join(".git")).unwrap();
    assert!(matches!(StoryRepo::open(&link, "main"), Err(RepoError::Unfit { .. })));
    git(repo.root(), &["config", "core.worktree", link.to_str().unwrap()]);
    assert!(matches!(
        StoryRepo::open(repo.root(), "main"),
        Err(RepoError::Unfit { .. })
    ));
}

#[test]
fn an_empty_repository_is_begun_and_a_later_format_refused() {
    let temp = tempfile::tempdir().unwrap();
    git(temp.path(), &["init", "-q", "-b", "trunk"]);
    assert!(matches!(
        StoryRepo::open(temp.path(), "main"),
        Err(RepoError::NotOurs { .. })
    ));
    let repo = StoryRepo::init(temp.path(), "main").unwrap();
    assert_sound(&repo);
    assert_eq!(git(temp.path(), &["rev-parse", "--abbrev-ref", "HEAD"]), "main\n");
    fs::write(temp.path().join(".m4c-stories"), "2\n").unwrap();
    git(temp.path(), &["commit", "-qam", "Later"]);
    assert!(matches!(StoryRepo::open(temp.path(), "main"), Err(RepoError::Format { version, .. }) if version == "2"));
}
