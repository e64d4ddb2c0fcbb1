//! Where what a remote sends waits until it is whole: a folder of objects beside ours, which knows ours. git writes there; what did
//! not come to an end, or was too much, goes with it.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::object::sync_folder;
use super::{RepoError, StoryRepo};

/// git's own name for such folders, so that `git prune` removes one that is left, too.
const NAME: &str = "tmp_objdir-m4c-";
/// With fewer objects, and no longer, a pack is taken apart, as git does it (`transfer.unpackLimit`).
const FEW: u32 = 100;
const SHORT: u64 = 16 << 20;

/// A folder for objects that are not ours yet; removed with the value.
pub(super) struct Quarantine {
    folder: TempDir,
    objects: PathBuf,
}

impl Quarantine {
    /// An empty one. Those of runs that were killed are removed: the caller is the only one who fetches.
    pub fn begin(repo: &StoryRepo) -> Result<Quarantine, RepoError> {
        let objects = repo.dir.join("objects");
        let left = fs::read_dir(&objects).into_iter().flatten().flatten();
        for left in left.filter(|e| e.file_name().as_encoded_bytes().starts_with(NAME.as_bytes())) {
            let path = left.path();
            fs::remove_dir_all(&path).map_err(RepoError::io("removing", &path))?;
        }
        let made = tempfile::Builder::new().prefix(NAME).tempdir_in(&objects);
        let folder = made.map_err(RepoError::io("writing", &objects))?;
        let known = || -> io::Result<()> {
            fs::create_dir(folder.path().join("pack"))?;
            fs::create_dir(folder.path().join("info"))?;
            let mut line = objects.canonicalize()?.into_os_string();
            line.push("\n");
            fs::write(folder.path().join("info/alternates"), line.as_encoded_bytes())
        };
        known().map_err(RepoError::io("writing", folder.path()))?;
        Ok(Quarantine { folder, objects })
    }

    /// For `GIT_OBJECT_DIRECTORY`.
    pub fn objects(&self) -> &Path {
        self.folder.path()
    }

    /// The packs that are not worth to be kept as such. What is taken out of them is to be removed.
    pub fn small_packs(&self) -> Result<Vec<PathBuf>, RepoError> {
        let mut small = Vec::new();
        for path in self.packs()?.into_iter().filter(|path| is(path, "pack")) {
            if count(&path).map_err(RepoError::io("reading", &path))? < FEW {
                small.push(path);
            }
        }
        Ok(small)
    }

    /// Moves the packs that are left to our objects; the index of each last, since by it a pack is found.
    pub fn let_in(self) -> Result<(), RepoError> {
        let target = self.objects.join("pack");
        fs::create_dir_all(&target).map_err(RepoError::io("writing", &target))?;
        let mut moved = self.packs()?;
        // an index whose pack was taken apart stays behind
        moved.retain(|path| path.with_extension("pack").exists());
        moved.sort_by_key(|path| is(path, "idx"));
        for path in moved {
            let name = path.file_name().unwrap_or_default();
            fs::rename(&path, target.join(name)).map_err(RepoError::io("moving", &path))?;
        }
        sync_folder(&target)
    }

    /// Packs with what belongs to them.
    fn packs(&self) -> Result<Vec<PathBuf>, RepoError> {
        let folder = self.folder.path().join("pack");
        let entries = fs::read_dir(&folder).and_then(|entries| entries.map(|e| Ok(e?.path())).collect());
        let mut paths: Vec<PathBuf> = entries.map_err(RepoError::io("reading", &folder))?;
        paths.retain(|path| ["pack", "idx", "rev"].iter().any(|end| is(path, end)));
        Ok(paths)
    }
}

fn is(path: &Path, end: &str) -> bool {
    path.extension().is_some_and(|e| e == end)
}

/// How many objects a pack says it has (gitformat-pack: behind its name and version); of one that is long, more than few.
fn count(pack: &Path) -> io::Result<u32> {
    let mut file = File::open(pack)?;
    if file.metadata()?.len() > SHORT {
        return Ok(u32::MAX);
    }
    let mut head = [0; 12];
    file.read_exact(&mut head)?;
    Ok(u32::from_be_bytes([head[8], head[9], head[10], head[11]]))
}
