//! Letters as files: one RFC 5322 `.eml` each, for the owner alone.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::{Outbox, SendError, Sent};
use crate::story::letter::Outgoing;

/// A folder that letters are written to instead of being sent.
#[derive(Debug, Clone)]
pub struct FolderOutbox {
    path: PathBuf,
}

impl FolderOutbox {
    /// The folder is made when the first letter leaves, with mode 0700.
    pub fn new(path: impl Into<PathBuf>) -> FolderOutbox {
        FolderOutbox { path: path.into() }
    }
}

impl Outbox for FolderOutbox {
    /// Writes `2026-03-01T100000Z-received-3f9a2c41b0-07070707.eml`: whole or not at all, never over another. A letter that
    /// is there already, byte for byte, has left.
    fn send(&mut self, letter: &Outgoing) -> Result<Sent, SendError> {
        let path = self.path.join(file_name(letter));
        let failed = |source| SendError::Folder {
            path: path.clone(),
            source,
        };
        make_folder(&self.path).map_err(failed)?;
        match put(&self.path, &path, letter.bytes) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => match fs::read(&path).map_err(failed)? {
                bytes if bytes == letter.bytes => {}
                _ => return Err(failed(error)),
            },
            done => done.map_err(failed)?,
        }
        Ok(Sent {
            said: path.display().to_string(),
        })
    }
}

/// The letter's own date, so that a letter sent again has the same name.
fn file_name(letter: &Outgoing) -> String {
    let kind = letter.kind;
    let at = letter.date.strftime("%Y-%m-%dT%H%M%SZ");
    format!("{at}-{kind}-{}-{}.eml", letter.digits, &letter.id.mark()[..8])
}

fn make_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

fn put(folder: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
    // mode 0600 is what tempfile gives
    let mut file = tempfile::Builder::new().prefix(".letter-").tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist_noclobber(path).map_err(|error| error.error)?;
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::story::letter::{Envelope, LetterId};
    use std::os::unix::fs::PermissionsExt;

    fn send(outbox: &mut FolderOutbox, id: &LetterId, bytes: &[u8]) -> Result<Sent, SendError> {
        outbox.send(&Outgoing {
            kind: "changes-requested",
            digits: id.digits(),
            id,
            date: "2026-03-01T10:00:00.5Z".parse().unwrap(),
            envelope: &Envelope {
                sender: None,
                recipient: "marion@example.com".into(),
            },
            bytes,
        })
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
    fn a_letter_is_one_private_file_whoever_sends_it_twice() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("a/letters");
        let mut outbox = FolderOutbox::new(&folder);
        let id = LetterId::new("3f9a2c41b0", [7; 16], "example.org");
        let sent = send(&mut outbox, &id, b"To: x\r\n\r\nhello\r\n").unwrap();
        assert_eq!(send(&mut outbox, &id, b"To: x\r\n\r\nhello\r\n").unwrap(), sent);
        assert_eq!(
            names(&folder),
            ["2026-03-01T100000Z-changes-requested-3f9a2c41b0-07070707.eml"]
        );
        assert_eq!(fs::read(&sent.said).unwrap(), b"To: x\r\n\r\nhello\r\n");
        assert_eq!(fs::metadata(&sent.said).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
    }

    #[test]
    fn another_letter_of_the_same_name_is_never_written_over() {
        let dir = tempfile::tempdir().unwrap();
        let mut outbox = FolderOutbox::new(dir.path());
        let id = LetterId::new("3f9a2c41b0", [7; 16], "example.org");
        let sent = send(&mut outbox, &id, b"one").unwrap();
        let error = send(&mut outbox, &id, b"two").unwrap_err();
        assert!(matches!(error, SendError::Folder { .. }) && !error.is_final());
        assert_eq!(fs::read(&sent.said).unwrap(), b"one");
        assert_eq!(names(dir.path()).len(), 1);
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_told() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("file"), "").unwrap();
        let id = LetterId::new("3f9a2c41b0", [7; 16], "example.org");
        let error = send(&mut FolderOutbox::new(dir.path().join("file")), &id, b"one").unwrap_err();
        assert!(matches!(error, SendError::Folder { .. }), "{error}");
    }
}
