//! A folder of page bundles, `PATH/<slug>/index.md` and its photos, as site generators read it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::feed::{self, ENTRY, Feed};
use super::{Bundle, Engine, MARK, Post, Receipt, Removal, Target, TargetError, address, check_slug, mark};
use crate::story::StoryId;

/// How the names of unfinished bundles begin.
const UNFINISHED: &str = ".m4c-stories-";
/// An unfinished bundle this old was left by a run that was killed.
const STALE: Duration = Duration::from_secs(3600);

/// Publishes into a folder.
#[derive(Debug, Clone)]
pub struct FolderTarget {
    name: String,
    path: PathBuf,
    engine: Engine,
    url: Option<String>,
    feed: Option<Feed>,
}

impl FolderTarget {
    /// `path` is the section's folder (`site/content/stories`), `url` the address it is read at.
    pub fn new(name: impl Into<String>, path: impl Into<PathBuf>, engine: Engine, url: Option<String>) -> FolderTarget {
        FolderTarget {
            name: name.into(),
            path: path.into(),
            engine,
            url,
            feed: None,
        }
    }

    /// The same, with an Atom feed of what stands there; it needs the `url`.
    pub fn with_feed(self, feed: Option<Feed>) -> FolderTarget {
        FolderTarget { feed, ..self }
    }

    /// Writes the feed anew from what stands in the folder.
    fn write_feed(&self) -> Result<(), TargetError> {
        let (Some(feed), Some(url)) = (&self.feed, &self.url) else {
            return Ok(());
        };
        let path = Path::new(&feed.path);
        let failed = |source| TargetError::Io {
            path: path.to_path_buf(),
            source,
        };
        let bundles = match fs::read_dir(&self.path) {
            Ok(bundles) => bundles,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(source) => return Err(failed(source)),
        };
        let shown = bundles
            .flatten()
            .filter(|b| !b.file_name().as_encoded_bytes().starts_with(b"."));
        let entries = shown.filter_map(|bundle| fs::read_to_string(bundle.path().join(ENTRY)).ok());
        let text = feed::feed(entries, &feed.title, url);
        let folder = path.parent().unwrap_or(Path::new(""));
        let written = || {
            fs::create_dir_all(folder)?;
            let beside = folder.join(format!("{UNFINISHED}feed"));
            let mut file = File::create(&beside)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            fs::rename(&beside, path)?;
            sync_folder(folder)
        };
        written().map_err(failed)
    }

    /// Whose page is in the folder of that slug: nobody's, this story's, or what we must not touch.
    fn at(&self, story: &StoryId, slug: &str) -> Result<(PathBuf, bool), TargetError> {
        check_slug(slug)?;
        let path = self.path.join(slug);
        match fs::symlink_metadata(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok((path, false)),
            Err(source) => return Err(TargetError::Io { path, source }),
            Ok(found) if !found.is_dir() => return Err(TargetError::NotOurs { path }),
            Ok(_) => {}
        }
        match fs::read_to_string(path.join(MARK)) {
            Ok(text) if text == mark(story) => Ok((path, true)),
            Ok(_) => Err(TargetError::OtherStory { path }),
            Err(_) => Err(TargetError::NotOurs { path }),
        }
    }

    fn place(&self, slug: &str, path: &Path) -> String {
        match &self.url {
            Some(url) => address(url, slug),
            None => path.display().to_string(),
        }
    }

    /// A name beside the bundle that nobody uses.
    fn beside(&self) -> Result<PathBuf, io::Error> {
        let mut random = [0; 8];
        getrandom::fill(&mut random).map_err(io::Error::other)?;
        Ok(self.path.join(format!("{UNFINISHED}{}", hex::encode(random))))
    }
}

impl Target for FolderTarget {
    fn name(&self) -> &str {
        &self.name
    }

    fn try_out(&self) -> Result<String, TargetError> {
        Ok(self.path.display().to_string())
    }

    /// The bundle is built and synced beside its place and then takes it in one rename, so that a site built meanwhile sees the old page
    /// or the new one, whole.
    fn put(&self, bundle: &Bundle) -> Result<Receipt, TargetError> {
        let mut files = self.engine.files(
            bundle,
            self.path.file_name().and_then(|name| name.to_str()).unwrap_or_default(),
        )?;
        files.insert(MARK.to_owned(), mark(bundle.story).into_bytes().into());
        if let (Some(feed), Some(url)) = (&self.feed, &self.url) {
            let entry = feed::entry(bundle, url, &feed.title);
            files.insert(ENTRY.to_owned(), entry.into_bytes().into());
        }
        let failed = |path: &Path| {
            let path = path.to_path_buf();
            move |source| TargetError::Io { path, source }
        };
        fs::create_dir_all(&self.path).map_err(failed(&self.path))?;
        let (path, update) = self.at(bundle.story, bundle.slug)?;
        sweep(&self.path);
        let built = self.beside().map_err(failed(&path))?;
        let swapped = build(&built, &files).and_then(|()| match update {
            true => exchange(&built, &path, &self.beside()?),
            false => fs::rename(&built, &path),
        });
        // the old page, or what was built before it failed
        let tidied = clear(&built);
        swapped.map_err(failed(&path))?;
        match tidied {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(&built)(error)),
            _ => {}
        }
        sync_folder(&self.path).map_err(failed(&self.path))?;
        self.write_feed()?;
        Ok(Receipt {
            place: self.place(bundle.slug, &path),
            id: None,
        })
    }

    fn remove(&self, post: &Post) -> Result<Removal, TargetError> {
        let (path, ours) = self.at(post.story, post.slug)?;
        // what a run left that was killed while it did this, or while it put the page there
        for aside in asides(&self.path) {
            if fs::read_to_string(aside.join(MARK)).is_ok_and(|text| text == mark(post.story)) {
                clear(&aside).map_err(|source| TargetError::Io { path: aside, source })?;
            }
        }
        if !ours {
            self.write_feed()?;
            return Ok(Removal::NotThere);
        }
        let done = self.beside().and_then(|aside| {
            fs::rename(&path, &aside)?;
            sync_folder(&self.path)?;
            clear(&aside)
        });
        match done {
            Ok(()) => self.write_feed().map(|()| Removal::Removed),
            Err(source) => Err(TargetError::Io { path, source }),
        }
    }

    fn is_gone(&self, post: &Post) -> Result<bool, TargetError> {
        match self.at(post.story, post.slug) {
            Ok((_, there)) => Ok(!there),
            // the name is somebody else's by now
            Err(TargetError::OtherStory { .. }) => Ok(true),
            Err(error) => Err(error),
        }
    }

    fn lacks(&self, post: &Post) -> Result<bool, TargetError> {
        self.is_gone(post)
    }

    fn remains(&self) -> Option<&'static str> {
        Some(
            "readers see it until the site is built again, into an empty folder: generators leave old pages where they are",
        )
    }
}

/// Writes and syncs the whole bundle. The files are as readable as the umask lets them be: the web server is somebody else.
fn build(folder: &Path, files: &BTreeMap<String, Cow<[u8]>>) -> io::Result<()> {
    fs::create_dir(folder)?;
    // by name: the mark is first, and it goes last, so that what a killed run leaves is known by it
    for (name, bytes) in files {
        let mut file = File::create_new(folder.join(name))?;
        file.write_all(bytes)?;
        file.sync_all()?;
    }
    sync_folder(folder)
}

/// Puts the new folder in the old one's place. Where the file system cannot exchange two names, there is no page for a moment.
fn exchange(new: &Path, old: &Path, aside: &Path) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        use rustix::io::Errno;
        match renameat_with(CWD, new, CWD, old, RenameFlags::EXCHANGE) {
            Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {}
            done => return Ok(done?),
        }
    }
    fs::rename(old, aside)?;
    fs::rename(new, old)?;
    clear(aside)
}

fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// Removes what killed runs left. What cannot be removed does no harm: site generators pass over it.
fn sweep(path: &Path) {
    for aside in asides(path) {
        let age = fs::metadata(&aside)
            .and_then(|m| m.modified())
            .ok()
            .and_then(|at| at.elapsed().ok());
        if age.is_some_and(|age| age > STALE) {
            let _ = clear(&aside);
        }
    }
}

/// Removes a bundle, its mark last.
fn clear(bundle: &Path) -> io::Result<()> {
    for entry in fs::read_dir(bundle)? {
        let entry = entry?;
        if entry.file_name() != MARK && entry.file_type()?.is_file() {
            fs::remove_file(entry.path())?;
        }
    }
    fs::remove_dir_all(bundle)
}

/// Bundles that are not, or no longer, in their place.
fn asides(path: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(path).into_iter().flatten().flatten();
    let ours = entries.filter(|entry| {
        entry
            .file_name()
            .to_str()
            .is_some_and(|name| name.starts_with(UNFINISHED))
    });
    ours.map(|entry| entry.path()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::story::MailId;
    use crate::story::record::Files;

    struct Given {
        story: StoryId,
        front: toml::Table,
        media: Files,
    }

    fn given(name: &str) -> Given {
        Given {
            story: StoryId::new(None, name, &MailId::of(name, "", "", "", &[])),
            front: "title = 'Future Leader Stories: Marion'".parse().unwrap(),
            media: Files::from([("photo-1.jpg".to_owned(), vec![0xff, 0xd8])]),
        }
    }

    impl Given {
        fn post<'a>(&'a self, slug: &'a str) -> Post<'a> {
            Post {
                story: &self.story,
                slug,
                place: None,
                id: None,
            }
        }

        fn bundle<'a>(&'a self, slug: &'a str, body: &'a str) -> Bundle<'a> {
            Bundle {
                story: &self.story,
                slug,
                front: &self.front,
                body,
                media: &self.media,
                date: "2010-12-04T10:00:00Z".parse().unwrap(),
                updated: "2010-12-04T10:00:00Z".parse().unwrap(),
                before: None,
            }
        }
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_bundle_is_put_updated_as_a_whole_and_removed() {
        let dir = tempfile::tempdir().unwrap();
        let section = dir.path().join("site/content/stories");
        let target = FolderTarget::new("site", &section, Engine::Hugo, None);
        let mut given = given("marion");
        let receipt = target.put(&given.bundle("marion", "One.")).unwrap();
        assert_eq!(receipt.place, section.join("marion").display().to_string());
        assert_eq!(
            names(&section.join("marion")),
            [".m4c-stories", "index.md", "photo-1.jpg"]
        );
        given.media = Files::from([("photo-2.png".to_owned(), vec![1])]);
        target.put(&given.bundle("marion", "Two.")).unwrap();
        assert_eq!(
            names(&section.join("marion")),
            [".m4c-stories", "index.md", "photo-2.png"]
        );
        assert!(
            fs::read_to_string(section.join("marion/index.md"))
                .unwrap()
                .ends_with("+++\n\nTwo.\n")
        );
        assert_eq!(names(&section), ["marion"]);
        assert!(!target.is_gone(&given.post("marion")).unwrap());
        assert_eq!(target.remove(&given.post("marion")).unwrap(), Removal::Removed);
        assert!(target.is_gone(&given.post("marion")).unwrap());
        assert_eq!(target.remove(&given.post("marion")).unwrap(), Removal::NotThere);
        assert!(names(&section).is_empty());
    }

    #[test]
    fn the_receipt_is_the_address_where_one_is_known() {
        let dir = tempfile::tempdir().unwrap();
        let target = FolderTarget::new(
            "site",
            dir.path(),
            Engine::Hugo,
            Some("https://blog.example.org/stories".into()),
        );
        let receipt = target.put(&given("marion").bundle("marion", "One.")).unwrap();
        assert_eq!(receipt.place, "https://blog.example.org/stories/marion/");
    }

    #[test]
    fn what_is_not_ours_is_left_as_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let target = FolderTarget::new("site", dir.path(), Engine::Hugo, None);
        let (marion, other) = (given("marion"), given("other"));
        fs::create_dir(dir.path().join("about")).unwrap();
        fs::write(dir.path().join("about/index.md"), "ours for years").unwrap();
        fs::write(dir.path().join("file"), "a file").unwrap();
        std::os::unix::fs::symlink(dir.path().join("about"), dir.path().join("link")).unwrap();
        target.put(&other.bundle("taken", "One.")).unwrap();
        let before = names(dir.path());
        for slug in ["about", "file", "link"] {
            assert!(
                matches!(target.put(&marion.bundle(slug, "x")), Err(TargetError::NotOurs { .. })),
                "{slug}"
            );
            assert!(
                matches!(target.remove(&marion.post(slug)), Err(TargetError::NotOurs { .. })),
                "{slug}"
            );
        }
        assert!(matches!(
            target.put(&marion.bundle("taken", "x")),
            Err(TargetError::OtherStory { .. })
        ));
        assert!(matches!(
            target.remove(&marion.post("taken")),
            Err(TargetError::OtherStory { .. })
        ));
        assert_eq!(names(dir.path()), before);
        assert_eq!(
            fs::read_to_string(dir.path().join("about/index.md")).unwrap(),
            "ours for years"
        );
    }

    #[test]
    fn no_name_leads_out_of_the_folder_or_in_place_of_a_page() {
        let dir = tempfile::tempdir().unwrap();
        let section = dir.path().join("section");
        let target = FolderTarget::new("site", &section, Engine::Hugo, None);
        let mut given = given("marion");
        for slug in [
            "", "..", "../x", "a/b", "/etc", "-rf", "_index", "Marion", "a b", ".git", "x\0y",
        ] {
            assert!(
                matches!(target.put(&given.bundle(slug, "x")), Err(TargetError::Slug { .. })),
                "{slug:?}"
            );
            assert!(
                matches!(target.remove(&given.post(slug)), Err(TargetError::Slug { .. })),
                "{slug:?}"
            );
        }
        for name in [
            "",
            "index.md",
            "../x.jpg",
            "a/b.jpg",
            ".hidden",
            ".m4c-stories",
            "X.JPG",
            "page.html",
            "other.md",
        ] {
            given.media = Files::from([(name.to_owned(), vec![1])]);
            assert!(
                matches!(
                    target.put(&given.bundle("marion", "x")),
                    Err(TargetError::FileName { .. })
                ),
                "{name:?}"
            );
        }
        assert!(!section.exists() || names(&section).is_empty());
    }

    #[test]
    fn a_failed_update_leaves_the_published_page_whole() {
        let dir = tempfile::tempdir().unwrap();
        let target = FolderTarget::new("site", dir.path(), Engine::Hugo, None);
        let mut given = given("marion");
        target.put(&given.bundle("marion", "One.")).unwrap();
        // longer than any file name may be
        given.media.insert(format!("{}.jpg", "x".repeat(300)), vec![1]);
        assert!(matches!(
            target.put(&given.bundle("marion", "Two.")),
            Err(TargetError::Io { .. })
        ));
        assert!(
            fs::read_to_string(dir.path().join("marion/index.md"))
                .unwrap()
                .ends_with("One.\n")
        );
        assert_eq!(names(dir.path()), ["marion"]);
    }

    #[test]
    fn what_a_killed_run_left_is_swept_once_it_is_old() {
        let dir = tempfile::tempdir().unwrap();
        for name in [".m4c-stories-00", ".m4c-stories-01"] {
            fs::create_dir(dir.path().join(name)).unwrap();
        }
        let old = File::open(dir.path().join(".m4c-stories-00")).unwrap();
        old.set_modified(std::time::UNIX_EPOCH + Duration::from_secs(1_000_000_000))
            .unwrap();
        FolderTarget::new("site", dir.path(), Engine::Hugo, None)
            .put(&given("marion").bundle("marion", "One."))
            .unwrap();
        assert_eq!(names(dir.path()), [".m4c-stories-01", "marion"]);
    }
}
