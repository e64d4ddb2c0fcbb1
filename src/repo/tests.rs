//! The content repository against the git command and a real file system.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use super::*;
use crate::story::record::{Change, Signature};
use crate::story::{MailId, StoryId};

pub(super) fn git(at: &Path, args: &[&str]) -> String {
    let mut command = Command::new("git");
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.env("HOME", "/nonexistent").env("GIT_CONFIG_NOSYSTEM", "1");
    for role in ["AUTHOR", "COMMITTER"] {
        command
            .env(format!("GIT_{role}_NAME"), "Hand")
            .env(format!("GIT_{role}_EMAIL"), "hand@example.org");
    }
    let out = command.arg("-C").arg(at).args(args).output().unwrap();
    let err = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "git {args:?}: {err}");
    String::from_utf8(out.stdout).unwrap()
}

pub(super) fn id(n: u32) -> StoryId {
    let mail = MailId::of(&n.to_string(), "", "", "", &[]);
    let date = format!("20{:02}-{:02}-05T12:00:00Z", 10 + n % 10, 1 + n % 12);
    StoryId::new(Some(date.parse().unwrap()), "Marion Maxwell", &mail)
}

pub(super) fn by() -> Signature {
    Signature {
        name: "Cath Lee".into(),
        email: "cath@example.org".into(),
        at: "2026-01-02T03:04:05Z".parse().unwrap(),
    }
}

type Named<'a> = &'a [(&'a str, Option<&'a [u8]>)];

pub(super) fn change(story: &StoryId, files: Named, private: Named) -> Change {
    let named = |files: Named| -> BTreeMap<_, _> {
        files
            .iter()
            .map(|(name, bytes)| (name.to_string(), bytes.map(<[u8]>::to_vec)))
            .collect()
    };
    Change {
        story: story.clone(),
        files: named(files),
        private: named(private),
        message: "Take in a story\n\nStep: received\n".into(),
        by: by(),
    }
}

pub(super) fn new_repo() -> (tempfile::TempDir, StoryRepo) {
    let temp = tempfile::tempdir().unwrap();
    let repo = StoryRepo::init(&temp.path().join("stories"), "main").unwrap();
    (temp, repo)
}

/// The invariants of every test: nothing for fsck to say, nothing for status, no temporary file, no lock.
pub(super) fn assert_sound(repo: &StoryRepo) {
    assert_sound_but(repo, "");
}

pub(super) fn assert_sound_but(repo: &StoryRepo, status: &str) {
    assert_eq!(git(repo.root(), &["fsck", "--strict", "--no-dangling"]), "");
    assert_eq!(
        git(repo.root(), &["status", "--porcelain", "--untracked-files=all"]),
        status
    );
    let mut open = vec![repo.root().to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            assert!(
                !name.contains("tmp_m4c")
                    && !name.ends_with(".lock")
                    && !name.ends_with(".mark")
                    && !name.ends_with(".m4c-tmp"),
                "{path:?}"
            );
            if path.is_dir() && !path.is_symlink() {
                open.push(path);
            }
        }
    }
    assert_eq!(
        fs::read_to_string(repo.root().join(".git/m4c-stories.holder")).unwrap_or_default(),
        ""
    );
}

fn commit(repo: &StoryRepo, change: &Change) -> Result<Option<Committed>, RepoError> {
    repo.commit(&change.story, |_| Ok(Some(change.clone())))
}

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
    assert_eq!(repo.find(&tip, id.month(), id.digits()).unwrap(), [id.clone()]);
    assert_eq!(repo.find(&tip, "1999/01", id.digits()).unwrap(), []);
    assert_eq!(
        repo.stories(&tip).unwrap().map(|s| s.unwrap().id).collect::<Vec<_>>(),
        [id.clone()]
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
fn a_batch_is_one_pack_and_sees_what_it_added() {
    let (_temp, repo) = new_repo();
    let mut batch = repo.batch().unwrap();
    let raws: Vec<Vec<u8>> = (0..60)
        .map(|n| format!("From: a@example.org\n\nmail {n}\n").repeat(20).into_bytes())
        .collect();
    for (n, raw) in raws.iter().enumerate() {
        let (n, id) = (n as u32, id(n as u32));
        let kept = batch.keep(raw).unwrap();
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
        assert_eq!(batch.find(id.month(), id.digits()).unwrap(), [id.clone()]);
    }
    batch.sync().unwrap();
    let story = id(7);
    assert_eq!(batch.story(&story).unwrap().unwrap()["index.md"], b"story 7");
    assert_eq!(batch.private(&story).unwrap().unwrap()["mail-1.eml"], raws[7]);
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
fn a_dropped_batch_leaves_nothing() {
    let (_temp, repo) = new_repo();
    let mut batch = repo.batch().unwrap();
    batch.keep(b"raw").unwrap();
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
    fs::remove_file(file.with_file_name("photo-1.jpg")).unwrap();
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
    assert_eq!(repo.heal().unwrap(), []);
    assert_eq!(fs::read(&file).unwrap(), b"two");
    assert_sound(&repo);
}

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
    assert!(StoryRepo::may_be_initialised(&stories));
    let repo = StoryRepo::init(&stories, "main").unwrap();
    assert!(!StoryRepo::may_be_initialised(&stories));
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
