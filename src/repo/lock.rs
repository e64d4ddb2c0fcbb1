//! Who writes, and what a killed run leaves.
//!
//! `.git/m4c-stories.holder` is locked (flock, which dies with its process) while we write, and says what is under way.
//! Whoever gets the lock and finds words in it knows that their writer was killed, and mends what it left.
//!
//! Git's own `*.lock` files carry no owner. Ours are hard links to a file in `.git/m4c-stories.tmp`: a lock file that
//! is the same inode as one of those is ours; any other is someone else's and is respected, however old it is.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use git2::Oid;

use super::object::sync_folder;
use super::{Caution, RepoError, StoryRepo};

/// How often, and how long apart, a lock file is tried: a live git command holds one for a moment.
const TRIES: u32 = 25;
const PAUSE: Duration = Duration::from_millis(20);

/// The right to write; given back when dropped.
pub(super) struct Writing {
    holder: File,
    /// The commit that index and work tree are right for, once the branch is to move away from it.
    announced: Option<Oid>,
    /// Something is left to mend: the words stay in the holder file.
    unfinished: bool,
}

/// What the holder file says of a run that did not end.
struct Words {
    branch: String,
    old: Option<Oid>,
}

impl Writing {
    /// Says on disk what the index and the work tree will have to be brought up from, before the branch moves; where an earlier
    /// run could not do that, from where that one began.
    pub fn announce(&mut self, repo: &StoryRepo, old: Oid) -> Result<(), RepoError> {
        let old = *self.announced.get_or_insert(old);
        self.unfinished = true;
        let words = format!("{}old {old}\n", opening(repo));
        self.write(&words).map_err(RepoError::io("writing", repo.holder()))
    }

    /// What was announced last.
    pub fn announced(&self) -> Option<Oid> {
        self.announced
    }

    /// What was announced is done, or is left to the next run.
    pub fn finish(&mut self, done: bool) {
        self.unfinished = !done;
    }

    fn write(&mut self, words: &str) -> io::Result<()> {
        self.holder.rewind()?;
        self.holder.write_all(words.as_bytes())?;
        self.holder.set_len(words.len() as u64)?;
        self.holder.sync_data()
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        if !self.unfinished {
            let _ = self.holder.set_len(0);
        }
        // not left to the closing: a child that is being started may still hold the same open file
        let _ = self.holder.unlock();
    }
}

fn opening(repo: &StoryRepo) -> String {
    format!("pid {}\nbranch {}\n", std::process::id(), repo.branch)
}

impl StoryRepo {
    fn holder(&self) -> PathBuf {
        self.dir.join("m4c-stories.holder")
    }

    pub(super) fn temp_dir(&self) -> PathBuf {
        self.dir.join("m4c-stories.tmp")
    }

    /// What a run that was killed had not finished: the commit that the work tree was last right for.
    pub(super) fn left_behind(&self) -> Option<Oid> {
        let mut text = String::new();
        let file = File::open(self.holder()).ok()?;
        file.take(4096).read_to_string(&mut text).ok()?;
        words(&text)?.old
    }

    /// Takes the right to write and mends what a killed run left: its lock files, its temporary files, the index and the
    /// work tree that it had not brought up to date.
    pub(super) fn begin(&self) -> Result<(Writing, Vec<Caution>), RepoError> {
        let path = self.holder();
        let open = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .custom_flags(rustix::fs::OFlags::NOFOLLOW.bits() as i32)
            .open(&path);
        let mut holder = open.map_err(RepoError::io("opening", &path))?;
        match holder.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => return Err(RepoError::Locked(path)),
            Err(fs::TryLockError::Error(e)) => return Err(RepoError::io("locking", &path)(e)),
        }
        let mut text = String::new();
        let read = Read::by_ref(&mut holder).take(4096).read_to_string(&mut text);
        read.map_err(RepoError::io("reading", &path))?;
        // until this one has said otherwise, the words of the last stand
        let mut writing = Writing {
            holder,
            announced: None,
            unfinished: true,
        };
        let (mut cautions, mut still) = (Vec::new(), None);
        let left = fs::read_dir(self.temp_dir()).is_ok_and(|mut temps| temps.next().is_some());
        if left || !text.is_empty() {
            (cautions, still) = self.mend(words(&text))?;
        }
        self.remove_unfinished();
        make_folders(&self.temp_dir())?;
        match still {
            Some(old) => writing.announce(self, old)?,
            None => {
                writing.write(&opening(self)).map_err(RepoError::io("writing", &path))?;
                writing.unfinished = false;
            }
        }
        Ok((writing, cautions))
    }

    /// Gives, with the cautions, the commit that the work tree still has to be brought up from where it could not be.
    fn mend(&self, words: Option<Words>) -> Result<(Vec<Caution>, Option<Oid>), RepoError> {
        let mut locks: Vec<PathBuf> = ["index", "HEAD"].map(|name| lock_path(&self.dir.join(name))).into();
        let mut open = vec![self.dir.join("refs")];
        while let Some(folder) = open.pop() {
            for path in fs::read_dir(folder).into_iter().flatten().flatten().map(|e| e.path()) {
                match path.extension() {
                    Some(end) if end == "lock" => locks.push(path),
                    _ if path.is_dir() => open.push(path),
                    _ => {}
                }
            }
        }
        let removing = |path: &Path| {
            let path = path.to_owned();
            move |e| RepoError::io("removing", path)(e)
        };
        let temps = match fs::read_dir(self.temp_dir()) {
            Ok(temps) => temps.filter_map(Result::ok).map(|t| t.path()).collect(),
            Err(_) => Vec::new(),
        };
        for temp in temps {
            let ours = inode(&temp);
            for lock in &locks {
                if ours.is_some() && inode(lock) == ours {
                    fs::remove_file(lock).map_err(removing(lock))?;
                }
            }
            fs::remove_file(&temp).map_err(removing(&temp))?;
        }
        self.remove_stale_packs();
        let old = match words {
            Some(Words { branch, old: Some(old) }) if branch == self.branch && self.is_checked_out()? => old,
            _ => return Ok((Vec::new(), None)),
        };
        let new = self.tip()?;
        // a commit that is gone meanwhile says nothing about the work tree
        let Ok(before) = self.tree_of(old) else {
            return Ok((Vec::new(), None));
        };
        let index = Lock::take(self, "index")?;
        let (cautions, done) = self.settle(self, before, new.tree, index, true, None);
        Ok((cautions, (!done).then_some(old)))
    }

    /// Packs that were never finished; only called while we hold the right to write, so that none is in use.
    pub(super) fn remove_stale_packs(&self) {
        let Ok(entries) = fs::read_dir(self.dir.join("objects/pack")) else {
            return;
        };
        for entry in entries.filter_map(Result::ok) {
            if entry.file_name().to_string_lossy().starts_with("tmp_m4c_") {
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}

fn words(text: &str) -> Option<Words> {
    let line = |name: &str| text.lines().find_map(|l| l.strip_prefix(name));
    Some(Words {
        branch: line("branch ")?.to_owned(),
        old: line("old ").and_then(|hex| Oid::from_str(hex).ok()),
    })
}

fn inode(path: &Path) -> Option<(u64, u64)> {
    fs::symlink_metadata(path).ok().map(|m| (m.dev(), m.ino()))
}

fn lock_path(target: &Path) -> PathBuf {
    let mut name = target.as_os_str().to_owned();
    name.push(".lock");
    PathBuf::from(name)
}

/// A git lock file, ours; removed when dropped.
pub(super) struct Lock {
    target: PathBuf,
    lock: PathBuf,
    temp: PathBuf,
}

impl Lock {
    /// Locks a file of the git folder, named from there, as git does; waits a moment for a live git command. Needs the right to write
    /// ([`StoryRepo::begin`]), or the lock would not be known as ours after a kill.
    pub fn take(repo: &StoryRepo, name: &str) -> Result<Lock, RepoError> {
        let target = repo.dir.join(name);
        let lock = lock_path(&target);
        let parent = target.parent().expect("a file of the git folder");
        make_folders(parent)?;
        let temp = repo.temp_dir().join(format!("{}.mark", name.replace('/', "-")));
        // one of ours that could not be removed
        if inode(&temp).is_some() && inode(&temp) == inode(&lock) {
            let _ = fs::remove_file(&lock);
        }
        let _ = fs::remove_file(&temp);
        let mark = OpenOptions::new().write(true).create_new(true).mode(0o644).open(&temp);
        mark.map_err(RepoError::io("making", &temp))?;
        let held = Lock { target, lock, temp };
        for tried in 1.. {
            match fs::hard_link(&held.temp, &held.lock) {
                Ok(()) => return Ok(held),
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists && tried < TRIES => std::thread::sleep(PAUSE),
                Err(e) => {
                    let (lock, temp) = (held.lock.clone(), held.temp.clone());
                    // not ours to remove
                    std::mem::forget(held);
                    let _ = fs::remove_file(temp);
                    return Err(match e.kind() {
                        io::ErrorKind::AlreadyExists => RepoError::Locked(lock),
                        _ => RepoError::io("locking", lock)(e),
                    });
                }
            }
        }
        unreachable!("the last try returns")
    }

    /// Puts new bytes in the place of the locked file.
    pub fn replace(&self, bytes: &[u8]) -> Result<(), RepoError> {
        let mut fresh = self.fresh()?;
        let written = fresh.file.write_all(bytes);
        written.map_err(RepoError::io("writing", &self.target))?;
        fresh.take_its_place()
    }

    /// A new file that is to take the place of the locked one.
    pub fn fresh(&self) -> Result<Fresh<'_>, RepoError> {
        let path = self.temp.with_extension("new");
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o644)
            .open(&path)
            .map_err(RepoError::io("writing", &self.target))?;
        let target = &self.target;
        Ok(Fresh { file, path, target })
    }

    pub fn target(&self) -> &Path {
        &self.target
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // the mark last: without it the lock would not be known as ours
        if fs::remove_file(&self.lock).is_ok() {
            let _ = fs::remove_file(&self.temp);
        }
    }
}

/// What is to take the place of a locked file; dropped before that, it leaves nothing.
pub(super) struct Fresh<'l> {
    pub file: File,
    path: PathBuf,
    target: &'l Path,
}

impl Fresh<'_> {
    /// Synced, renamed, its folder synced.
    pub fn take_its_place(self) -> Result<(), RepoError> {
        let renamed = self.file.sync_all().and_then(|()| fs::rename(&self.path, self.target));
        renamed.map_err(RepoError::io("writing", self.target))?;
        sync_folder(self.target.parent().expect("a file of the git folder"))
    }
}

impl Drop for Fresh<'_> {
    fn drop(&mut self) {
        // where it took its place it has no such name any more
        let _ = fs::remove_file(&self.path);
    }
}

/// Makes folders, whatever the umask not writable for others, and syncs the ones they were made in.
pub(super) fn make_folders(path: &Path) -> Result<(), RepoError> {
    if path.is_dir() {
        return Ok(());
    }
    let Some(parent) = path.parent() else { return Ok(()) };
    make_folders(parent)?;
    match fs::DirBuilder::new().mode(0o755).create(path) {
        Err(e) if e.kind() != io::ErrorKind::AlreadyExists => Err(RepoError::io("making", path)(e)),
        _ => sync_folder(parent),
    }
}
