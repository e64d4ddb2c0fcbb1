//! What was erased is in no object, and the rest is as it was.

use super::*;
use crate::story::erased::Erased;

/// In the story that is erased, and nowhere else.
const CANARIES: [&str; 5] = [
    "canary-text-7",
    "canary@example.org",
    "canary.message.id",
    "canary-photo",
    "Canary Bird",
];

fn page(author: &str, text: &str) -> Vec<u8> {
    format!(
        "+++\ntitle = \"Future Leader Stories: {author}\"\ndraft = true\n\n[extra]\nauthor = \"{author}\"\n+++\n\n{text}\n"
    )
    .into_bytes()
}

fn said(repo: &StoryRepo, id: &StoryId, author: &str, text: &str, message: &str) {
    let files = page(author, text);
    let mut change = change(
        id,
        &[
            ("index.md", Some(&files)),
            ("record.jsonl", Some(format!("{text}\n").as_bytes())),
        ],
        &[("mail-1.eml", Some(format!("From: {author}\n\n{text}").as_bytes()))],
    );
    change.message = message.to_owned();
    commit(repo, &change).unwrap();
}

/// Every object there is, as bytes.
fn all_objects(at: &Path) -> Vec<u8> {
    let out = Command::new("git")
        .arg("-C")
        .arg(at)
        .args(["cat-file", "--batch-all-objects", "--batch", "--unordered"])
        .output()
        .unwrap();
    assert!(out.status.success());
    out.stdout
}

fn hits(at: &Path) -> Vec<&'static str> {
    let all = all_objects(at);
    let found = |canary: &&str| memchr::memmem::find(&all, canary.as_bytes()).is_some();
    CANARIES.into_iter().filter(found).collect()
}

/// A history with a story to be erased in it, and whatever else git may keep it in.
fn told() -> (tempfile::TempDir, StoryRepo, StoryId, StoryId) {
    let (temp, repo) = new_repo();
    let (gone, kept) = (id(1), id(61));
    assert_eq!(gone.month(), kept.month(), "they lie in one month");
    said(
        &repo,
        &kept,
        "Ann Other",
        "one",
        "Take in \"Future Leader Stories: Ann Other\"\n",
    );
    let takes = format!("Take in \"Future Leader Stories: Canary Bird\"\n\nStory: {gone}\nStep: received\n");
    said(
        &repo,
        &gone,
        "Canary Bird",
        "canary-text-7 canary@example.org <canary.message.id>",
        &takes,
    );
    said(
        &repo,
        &kept,
        "Ann Other",
        "two",
        &format!("Edit \"Ann\"\n\nas in {gone}\n\nStory: {kept}\n"),
    );
    said(&repo, &gone, "Canary Bird", "canary-photo", &takes);
    let both = [gone.clone(), kept.clone()];
    repo.commit_together(&both, |current| -> Result<_, RepoError> {
        let files: Named = &[("sent.jsonl", Some(b"sent"))];
        let mut changes: Vec<_> = current.iter().map(|c| change(c.id, files, &[])).collect();
        changes[0].message = format!(
            "Send the letter \"received\" about \"Future Leader Stories: Canary Bird\"\n\nStory: {gone}\nStep: letter\nBy: robot\n"
        );
        Ok(changes)
    })
    .unwrap();
    (temp, repo, gone, kept)
}

#[test]
fn what_was_erased_is_in_no_object_and_the_rest_is_as_it_was() {
    let (_temp, repo, gone, kept) = told();
    let root = repo.root().to_owned();
    // wherever else git keeps things
    let elsewhere = root.join(gone.as_str());
    git(&root, &["branch", "side"]);
    git(&root, &["tag", "light"]);
    git(&root, &["tag", "-a", "heavy", "-m", "Canary Bird"]);
    git(&root, &["update-ref", "refs/remotes/origin/main", "main"]);
    git(
        &root,
        &["symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main"],
    );
    fs::write(elsewhere.join("index.md"), "canary-text-7 by hand").unwrap();
    git(&root, &["stash"]);
    fs::write(elsewhere.join("index.md"), "canary-text-7 staged").unwrap();
    git(&root, &["add", "-A"]);
    fs::write(elsewhere.join(".index.md.swp"), "canary-text-7 in an editor").unwrap();
    git(&root, &["gc", "-q"]);
    said(
        &repo,
        &kept,
        "Ann Other",
        "three",
        "Edit \"Future Leader Stories: Ann Other\"\n",
    );
    let tip = repo.tip().unwrap();
    let record_before = repo.story(&tip, &kept).unwrap();
    assert_eq!(hits(&root).len(), CANARIES.len());

    let told = repo.doomed(&|id| *id == gone).unwrap();
    assert_eq!((told.left_out, told.made_again, told.reworded), (2, 3, 2), "{told:?}");
    let (repo, erasure) = repo.erase(&|id| *id == gone).unwrap();
    assert_eq!(erasure.told.stories, std::slice::from_ref(&gone));
    assert_eq!(hits(&root), Vec::<&str>::new());
    assert!(!root.join(gone.as_str()).exists());
    assert_eq!(git(&root, &["fsck", "--strict"]), "");
    assert_eq!(git(&root, &["status", "--porcelain"]), "");
    assert_eq!(repo.story(&repo.tip().unwrap(), &kept).unwrap(), record_before);
    assert!(repo.private(&gone).unwrap().is_none() && repo.private(&kept).unwrap().is_some());
    assert_eq!(
        git(&root, &["log", "--format=%s|%b", "main"])
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" "),
        format!(
            "Edit \"Future Leader Stories: Ann Other\"| Send the letter \"received\" about \"Future Leader Stories: Ann Other\"|Story: {kept} Step: letter By: robot \
             Edit \"Ann\"|Story: {kept} Take in \"Future Leader Stories: Ann Other\"| Open the desk|"
        )
    );
    assert_eq!(git(&root, &["rev-parse", "side"]), git(&root, &["rev-parse", "light"]));
    assert_eq!(
        git(&root, &["for-each-ref", "--format=%(refname)"]),
        "refs/desk/private\nrefs/heads/main\nrefs/heads/side\nrefs/tags/light\n"
    );
    let mut dropped = erasure.dropped.clone();
    dropped.sort();
    assert_eq!(dropped, ["refs/remotes/origin/main", "refs/stash", "refs/tags/heavy"]);
    let mut open = vec![root.join(".git")];
    while let Some(folder) = open.pop() {
        for path in fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()) {
            if path.is_dir() {
                open.push(path);
            } else {
                let bytes = fs::read(&path).unwrap();
                let told = CANARIES
                    .iter()
                    .find(|c| memchr::memmem::find(&bytes, c.as_bytes()).is_some());
                assert_eq!(told, None, "{path:?}");
            }
        }
    }
    // again: nothing to do, and nothing done
    let before = repo.tip().unwrap();
    let (repo, erasure) = repo.erase(&|id| *id == gone).unwrap();
    assert_eq!(
        (repo.tip().unwrap(), erasure.told, erasure.pruned),
        (before, Told::default(), Pruned::default())
    );
    assert_sound(&repo);
}

#[test]
fn two_clones_rewrite_to_the_same_commits_and_an_old_clone_is_known() {
    let (temp, repo, gone, kept) = told();
    let clone = temp.path().join("clone");
    let from = repo.root().display().to_string();
    git(temp.path(), &["clone", "-q", &from, clone.to_str().unwrap()]);
    git(&clone, &["config", "user.email", "hand@example.org"]);
    let old = repo.tip().unwrap().commit;
    said(
        &repo,
        &kept,
        "Ann Other",
        "after the clone",
        "Edit \"Future Leader Stories: Ann Other\"\n",
    );
    let (repo, _) = repo.erase(&|id| *id == gone).unwrap();

    let other = StoryRepo::open(&clone, "main").unwrap();
    let (cleared, _) = other.cleared(old, &|id| *id == gone).unwrap();
    let parent = git(repo.root(), &["rev-parse", "main~1"]);
    assert_eq!(
        cleared.unwrap().to_string(),
        parent.trim(),
        "what the old one becomes is in the new history"
    );
    let (other, _) = other.erase(&|id| *id == gone).unwrap();
    assert_eq!(other.tip().unwrap().commit, cleared.unwrap());
    assert_eq!(hits(&clone), Vec::<&str>::new());
    // and then plain git brings it up to date
    git(&clone, &["pull", "-q", "--ff-only", "origin", "main"]);
    assert_eq!(
        git(&clone, &["rev-parse", "main"]),
        git(repo.root(), &["rev-parse", "main"])
    );
    assert_eq!(git(&clone, &["status", "--porcelain"]), "");
}

#[test]
fn packs_and_merges_are_gone_through() {
    let (_temp, repo) = new_repo();
    let root = repo.root().to_owned();
    let gone = id(1);
    // two batches: two packs
    for part in 0..2 {
        let mut batch = repo.batch().unwrap();
        for n in 0..60 {
            let id = id(1 + 12 * n + part * 1000 * 12);
            let text = match id == gone {
                true => page(
                    "Canary Bird",
                    "canary-text-7 canary@example.org canary.message.id canary-photo",
                ),
                false => page("Ann Other", &format!("{n} {part}")),
            };
            batch
                .add(
                    &change(&id, &[("index.md", Some(&text))], &[("mail-1.eml", Some(&text))]),
                    &[],
                )
                .unwrap();
        }
        batch.finish().unwrap();
    }
    git(&root, &["checkout", "-q", "-b", "side", "main~30"]);
    fs::write(root.join("note.txt"), "of the side").unwrap();
    git(&root, &["add", "note.txt"]);
    git(&root, &["commit", "-q", "-m", "Note it"]);
    git(&root, &["checkout", "-q", "main"]);
    git(&root, &["merge", "-q", "--no-ff", "-m", "Merge the side", "side"]);
    let packs = || fs::read_dir(root.join(".git/objects/pack")).unwrap().count();
    assert_eq!(packs(), 4);
    assert_eq!(hits(&root).len(), CANARIES.len());
    let stories = repo.stories(&repo.tip().unwrap()).unwrap().count();
    let (repo, erasure) = repo.erase(&|id| *id == gone).unwrap();
    assert_eq!(erasure.pruned.packs, 2);
    assert_eq!(hits(&root), Vec::<&str>::new());
    assert_eq!(repo.stories(&repo.tip().unwrap()).unwrap().count(), stories - 1);
    assert_eq!(git(&root, &["rev-list", "--count", "--merges", "main"]), "1\n");
    assert_sound(&repo);
}

#[test]
fn what_is_under_way_or_borrowed_is_refused_before_anything_is_done() {
    let (temp, repo, gone, _) = told();
    let root = repo.root().to_owned();
    let tip = git(&root, &["rev-parse", "main"]);
    for (place, text) in [
        (".git/MERGE_HEAD", tip.as_str()),
        (".git/objects/info/alternates", "/elsewhere\n"),
    ] {
        fs::create_dir_all(root.join(".git/objects/info")).unwrap();
        fs::write(root.join(place), text).unwrap();
        let repo = StoryRepo::open(&root, "main").unwrap();
        let refused = repo.erase(&|id| *id == gone).err().unwrap();
        assert!(
            matches!(refused, RepoError::NotErasable { .. }) && !refused.advice().is_empty(),
            "{refused}"
        );
        fs::remove_file(root.join(place)).unwrap();
    }
    let other = temp.path().join("other").display().to_string();
    git(&root, &["worktree", "add", "-q", &other, "-b", "other"]);
    let repo = StoryRepo::open(&root, "main").unwrap();
    assert!(matches!(
        repo.erase(&|id| *id == gone).err().unwrap(),
        RepoError::NotErasable { .. }
    ));
    assert_eq!(git(&root, &["rev-parse", "main"]), tip);
}

#[test]
fn the_desks_own_record_is_a_file_of_the_branch() {
    let (_temp, repo) = new_repo();
    assert!(repo.erased(&repo.tip().unwrap()).unwrap().is_empty());
    for n in 0..2 {
        let entry = |record: &[u8]| -> Result<_, RepoError> {
            assert_eq!(record.split(|&b| b == b'\n').count(), n + 1);
            let (line, message, by) = (format!("line {n}\n"), "Erase a story\n".to_owned(), by());
            Ok(Some(Entry { line, message, by }))
        };
        repo.note_in_desk_record(entry).unwrap().unwrap();
        assert_sound(&repo);
    }
    assert_eq!(fs::read(repo.root().join("record.jsonl")).unwrap(), b"line 0\nline 1\n");
    assert_eq!(repo.desk_record(&repo.tip().unwrap()).unwrap(), b"line 0\nline 1\n");
    assert_eq!(Erased::of(b"line 0\n"), Erased::default());
}

#[test]
fn what_is_left_of_a_text_is_found() {
    let (_temp, repo, gone, kept) = told();
    let found = repo.search(&["CANARY@example.org".into()], 10).unwrap();
    let places: Vec<&str> = found.iter().map(|hit| hit.place.as_str()).collect();
    assert!(places.iter().any(|place| place.contains(gone.folder())), "{places:?}");
    assert!(places.iter().all(|place| !place.contains(kept.folder())), "{places:?}");
    let (repo, _) = repo.erase(&|id| *id == gone).unwrap();
    assert_eq!(
        repo.search(&["canary@example.org".into(), String::new()], 10).unwrap(),
        []
    );
    assert_eq!(repo.search(&["canary-photo".into()], 10).unwrap(), []);
}
