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
        assert_eq!(batch.find(id.month(), id.digits()).unwrap(), std::slice::from_ref(&id));
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
    let look = |fingerprint: &str| {
        let tip = repo.tip().unwrap();
        let all = repo
            .summaries(&tip, &cache, fingerprint.as_bytes(), &of_story, &of_month)
            .unwrap();
        let count: usize = all
            .months()
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
    for _ in 0..2 {
        let tip = repo.tip().unwrap();
        let all = repo
            .summaries(&tip, &temp.path().join("s"), b"", &of_story, &|_| Vec::new())
            .unwrap();
        let told: Vec<_> = all.iter().map(|s| s.unwrap()).collect();
        assert!(
            matches!(&told[0], Err(d) if d.to_string() == format!("{}: \"photo-1.jpg\" is a symbolic link", id(1)))
        );
        assert!(matches!(&told[1], Ok(s) if s.id == id(2)));
    }
}
