//! The content repository against the git command and a real file system.

mod batch;
mod erase;
mod first_use;
mod heal;
mod history;
mod step;
mod summary;
mod words;
mod work_tree;

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
