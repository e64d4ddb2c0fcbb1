//! Opening the content repository at exactly one folder, and first use.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use git2::{ErrorClass, ErrorCode, ObjectType, Oid, Repository, RepositoryInitOptions, RepositoryOpenFlags};
use jiff::Timestamp;

use super::lock::Lock;
use super::object::{Loose, Objects, commit_bytes, sync_folder};
use super::refs::Move;
use super::tree::{Dir, FILE};
use super::{RepoError, StoryRepo, index};
use crate::story::record::Signature;

/// The file in the root by which a content repository is known, and the one format there is.
const MARK: &str = ".m4c-stories";
const FORMAT: &[u8] = b"1\n";
/// The record merges by union; what is stored is what was approved, so git changes no line ends and runs no filter.
const ATTRIBUTES: &[u8] = b"* -text -ident -filter\nrecord.jsonl merge=union\n";
const ROOT_MESSAGE: &str = "Open the desk\n";
/// The prefix of a repository that is being made.
const UNFINISHED: &str = ".m4c-stories-init-";

impl StoryRepo {
    /// Opens the content repository in this folder: never one further up, nor one that the environment names.
    pub fn open(path: &Path, branch: &str) -> Result<StoryRepo, RepoError> {
        let repo = Self::open_any(path, branch)?;
        repo.is_checked_out()?;
        let tip = match repo.tip() {
            Err(RepoError::NoBranch { .. }) if repo.has_no_refs() => return Err(repo.not_ours()),
            other => other?,
        };
        match repo.entry(tip.tree, MARK.as_bytes())? {
            Some((FILE, blob)) => match repo.object(ObjectType::Blob, blob)? {
                bytes if bytes == FORMAT => Ok(repo),
                bytes => Err(RepoError::Format {
                    path: repo.root,
                    version: String::from_utf8_lossy(&bytes[..bytes.len().min(20)]).trim().to_owned(),
                }),
            },
            _ => Err(repo.not_ours()),
        }
    }

    fn not_ours(&self) -> RepoError {
        let (path, branch) = (self.root.clone(), self.branch.clone());
        RepoError::NotOurs { path, branch }
    }

    /// Makes the content repository in a folder that is missing or holds at most a README.md, which stays as it is. The root commit is
    /// byte for byte the same everywhere. A folder that is a content repository already is opened.
    pub fn init(path: &Path, branch: &str) -> Result<StoryRepo, RepoError> {
        check_branch(branch)?;
        if fs::symlink_metadata(path.join(".git")).is_ok() {
            match Self::open(path, branch) {
                Err(RepoError::NotOurs { .. }) => return Self::open_any(path, branch)?.begin_empty(),
                other => return other,
            }
        }
        let making = || RepoError::io("making", path);
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o755)
            .create(path)
            .map_err(making())?;
        if let Some(found) = foreign_entry(path).map_err(making())? {
            let path = path.to_owned();
            return Err(RepoError::Occupied { path, found });
        }
        for name in unfinished(path).map_err(making())? {
            fs::remove_dir_all(path.join(name)).map_err(making())?;
        }
        // made aside and renamed, so that a kill leaves either no repository or a whole one
        let aside = tempfile::Builder::new()
            .prefix(UNFINISHED)
            .tempdir_in(path)
            .map_err(making())?;
        let mut options = RepositoryInitOptions::new();
        options.external_template(false).initial_head(branch).no_reinit(true);
        let git = Repository::init_opts(aside.path(), &options).map_err(|source| RepoError::Git {
            doing: "make a repository",
            path: path.to_owned(),
            source,
        })?;
        // raw mails and addresses are in it
        fs::set_permissions(git.path(), std::os::unix::fs::PermissionsExt::from_mode(0o700)).map_err(making())?;
        fs::create_dir_all(git.path().join("info")).map_err(making())?;
        fs::write(git.path().join("info/exclude"), "/README.md\n").map_err(making())?;
        Self::of(git, aside.path(), branch)?.begin_empty()?;
        for (name, bytes) in root_files() {
            write_root_file(&path.join(name), bytes)?;
        }
        match fs::rename(aside.path().join(".git"), path.join(".git")) {
            Ok(()) => sync_folder(path)?,
            // someone else was faster
            Err(e)
                if matches!(
                    e.kind(),
                    io::ErrorKind::DirectoryNotEmpty | io::ErrorKind::AlreadyExists
                ) => {}
            Err(e) => return Err(making()(e)),
        }
        drop(aside);
        Self::open(path, branch)
    }

    fn open_any(path: &Path, branch: &str) -> Result<StoryRepo, RepoError> {
        check_branch(branch)?;
        let unfit = |why| {
            let path = path.to_owned();
            Err(RepoError::Unfit { path, why })
        };
        match fs::symlink_metadata(path.join(".git")) {
            Ok(meta) if meta.is_symlink() => return unfit("its .git is a symbolic link"),
            Ok(meta) if !meta.is_dir() => return unfit("its .git is a file: it is a linked work tree or a submodule"),
            Ok(_) => {}
            Err(_) if path.join("objects").is_dir() && path.join("HEAD").is_file() => {
                return unfit("it is a bare repository");
            }
            Err(_) if !path.exists() => return Err(RepoError::Missing(path.to_owned())),
            Err(_) => {
                let path = path.to_owned();
                return Err(match foreign_entry(&path) {
                    Ok(Some(found)) => RepoError::Occupied { path, found },
                    _ => RepoError::Missing(path),
                });
            }
        }
        // objects are read once each: a cache only holds memory
        git2::opts::enable_caching(false);
        let none: [&std::ffi::OsStr; 0] = [];
        let git = Repository::open_ext(path, RepositoryOpenFlags::NO_SEARCH, none).map_err(|source| {
            let path = path.to_owned();
            match (source.class(), source.code()) {
                (_, ErrorCode::Owner) => RepoError::ForeignOwner(path),
                (_, _) if source.message().contains("object format") => {
                    let why = "its objects are named by SHA-256";
                    RepoError::Unfit { path, why }
                }
                (ErrorClass::Repository, _) if source.message().contains("unsupported extension") => {
                    let why = "it uses an extension of git that is not supported (reftable, partial clone)";
                    RepoError::Unfit { path, why }
                }
                (_, ErrorCode::NotFound) => RepoError::Damaged {
                    path,
                    place: ".git".into(),
                    what: source.message().to_owned(),
                },
                _ => RepoError::Git {
                    doing: "open the repository",
                    path,
                    source,
                },
            }
        })?;
        if git.is_bare() {
            return unfit("it is a bare repository");
        }
        let same = |a: &Path, b: &Path| matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b);
        if !git.workdir().is_some_and(|work| same(work, path)) {
            return unfit("core.worktree puts its work tree elsewhere");
        }
        if !same(git.path(), &path.join(".git")) || !same(git.commondir(), git.path()) {
            return unfit("its .git is elsewhere");
        }
        Self::of(git, path, branch)
    }

    fn of(git: Repository, path: &Path, branch: &str) -> Result<StoryRepo, RepoError> {
        let root = path.canonicalize().map_err(RepoError::io("finding", path))?;
        Ok(StoryRepo {
            git,
            dir: root.join(".git"),
            root,
            branch: branch.to_owned(),
            last: Default::default(),
            starting: Default::default(),
            user: Default::default(),
        })
    }

    fn has_no_refs(&self) -> bool {
        self.git.references().is_ok_and(|mut refs| refs.next().is_none())
    }

    /// Puts the root commit into a repository without any ref and with nothing of anyone's in its folder.
    fn begin_empty(self) -> Result<StoryRepo, RepoError> {
        if !self.has_no_refs() {
            return Err(self.not_ours());
        }
        let reading = RepoError::io("reading", &self.root);
        if let Some(found) = foreign_entry(&self.root).map_err(reading)? {
            let path = self.root.clone();
            return Err(RepoError::Occupied { path, found });
        }
        let (_writing, _) = self.begin()?;
        let mut loose = Loose::new(&self);
        let mut root = Dir::default();
        let mut wants = Vec::new();
        for (name, bytes) in root_files() {
            let id = loose.put(ObjectType::Blob, bytes)?;
            root.set(name.as_bytes(), FILE, id);
            write_root_file(&self.root.join(name), bytes)?;
            let mut stat = [0; 10];
            stat[6] = FILE;
            wants.push(index::Want {
                path: name.to_owned(),
                old: None,
                new: Some((id, stat)),
            });
        }
        let tree = loose.put(ObjectType::Tree, &root.bytes())?;
        let commit = loose.put(ObjectType::Commit, &root_commit(tree))?;
        loose.sync()?;
        Lock::take(&self, "index")?.replace(&index::first(wants))?;
        Lock::take(&self, "HEAD")?.replace(format!("ref: {}\n", self.branch_ref()).as_bytes())?;
        let branch = Move { old: None, new: commit };
        if !self.move_refs(None, Some(branch), || Ok(()))? {
            return Err(self.not_ours());
        }
        drop(_writing);
        Ok(self)
    }
}

pub(super) fn root_files() -> [(&'static str, &'static [u8]); 2] {
    [(".gitattributes", ATTRIBUTES), (MARK, FORMAT)]
}

/// Whatever the umask, not writable for others.
fn write_root_file(path: &Path, bytes: &[u8]) -> Result<(), RepoError> {
    let open = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o644)
        .open(path);
    open.and_then(|mut file| file.write_all(bytes))
        .map_err(RepoError::io("writing", path))
}

/// The same everywhere: so two desks' histories are related from the first day.
fn root_commit(tree: Oid) -> Vec<u8> {
    let by = Signature {
        name: "m4c-stories".to_owned(),
        email: "robot@localhost".to_owned(),
        at: Timestamp::UNIX_EPOCH,
    };
    commit_bytes(tree, None, &by, ROOT_MESSAGE)
}

/// A name in the folder that is neither a README.md nor of our own making.
fn foreign_entry(path: &Path) -> io::Result<Option<String>> {
    let entries = match fs::read_dir(path) {
        Ok(entries) => entries,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(e),
    };
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let ours = root_files()
            .iter()
            .any(|(file, bytes)| name == *file && fs::read(entry.path()).is_ok_and(|is| bytes.starts_with(&is)))
            // never written through a link
            && entry.file_type()?.is_file();
        if !(ours || name == "README.md" || name == ".git" || name.starts_with(UNFINISHED)) {
            return Ok(Some(name));
        }
    }
    Ok(None)
}

impl StoryRepo {
    /// What an `init` left that was killed at its very end.
    pub(super) fn remove_unfinished(&self) {
        for name in unfinished(&self.root).unwrap_or_default() {
            let _ = fs::remove_dir_all(self.root.join(name));
        }
    }
}

fn unfinished(path: &Path) -> io::Result<Vec<String>> {
    let names = fs::read_dir(path)?.filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned()));
    Ok(names.filter(|name| name.starts_with(UNFINISHED)).collect())
}

/// The branch is a file's name in `.git/refs/heads`: checked as git does.
fn check_branch(branch: &str) -> Result<(), RepoError> {
    let valid = git2::Branch::name_is_valid(branch).unwrap_or(false);
    if valid && !branch.ends_with(".lock") {
        return Ok(());
    }
    let branch = branch.to_owned();
    Err(RepoError::BadBranch { branch })
}

#[cfg(test)]
mod tests {
    use super::super::object::name_of;
    use super::*;

    #[test]
    fn the_root_commit_is_the_same_everywhere() {
        let mut root = Dir::default();
        for (name, bytes) in root_files() {
            root.set(name.as_bytes(), FILE, name_of(ObjectType::Blob, bytes));
        }
        let tree = name_of(ObjectType::Tree, &root.bytes());
        let commit = name_of(ObjectType::Commit, &root_commit(tree));
        assert_eq!(commit.to_string(), "f489626be60975f64fb011e0f00fb8fc05e2c545");
    }
}
