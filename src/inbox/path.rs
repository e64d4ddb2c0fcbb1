//! `fetch PATH`: which kind of inbox a path is.

use std::fs;
use std::io;
use std::path::Path;

use super::files::is_eml;
use super::mbox::{begins_like_a_mail, is_mbox};
use super::regular::{Links, first_bytes, open_regular};
use super::{Cursor, Files, Inbox, InboxError, Maildir, Mbox, TakeError, Wanted};

/// Opens what `path` holds: an mbox, a Maildir, a .eml, or a folder of .eml. A path that holds no mail is an error that
/// says what is there instead; nothing is waited for (a FIFO is refused: `-` reads a pipe).
pub fn open_path(path: &Path) -> Result<Box<dyn Inbox>, InboxError> {
    let name = path.display().to_string();
    let not_mail = |why| InboxError::NotMail {
        path: path.to_owned(),
        why,
    };
    let metadata = fs::metadata(path).map_err(|e| InboxError::reading(path, e))?;
    if metadata.is_dir() {
        if Maildir::is_at(path) {
            return Ok(Box::new(Maildir::new(name, path)));
        }
        let mut files = Files::new(name, path);
        let listing = files.list(&Wanted {
            cursor: &Cursor::start(),
            since: None,
        })?;
        return match listing.tickets.is_empty() {
            true => Err(not_mail("no Maildir (`new`, `cur`) and no .eml file is in this folder")),
            false => Ok(Box::new(files)),
        };
    }
    let reading = |error| match error {
        TakeError::Gone => InboxError::NotThere(path.to_owned()),
        TakeError::NotReadable(source) => InboxError::reading(path, source),
        TakeError::Inbox(error) => error,
        TakeError::NotAFile | TakeError::TooLarge { .. } => {
            not_mail("it is not a regular file; a pipe is read with `-`")
        }
    };
    let (mut file, metadata) = open_regular(path, Links::Follow).map_err(reading)?;
    if metadata.len() == 0 {
        return Err(InboxError::Empty(path.to_owned()));
    }
    if is_mbox(path).map_err(reading)? {
        return Ok(Box::new(Mbox::new(name, path)));
    }
    let first = first_bytes(&mut file).map_err(|e: io::Error| InboxError::reading(path, e))?;
    let named_eml = path.file_name().is_some_and(is_eml);
    match named_eml || begins_like_a_mail(&first) {
        true => Ok(Box::new(Files::new(name, path))),
        false => Err(not_mail("it begins neither like an mbox nor like a mail")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    const MAIL: &str = "From: Ann <ann@example.org>\nSubject: Our street\n\nIt began in May.\n";

    fn counted(path: &Path) -> Result<usize, InboxError> {
        let mut inbox = open_path(path)?;
        let cursor = Cursor::start();
        let wanted = Wanted {
            cursor: &cursor,
            since: None,
        };
        Ok(inbox.list(&wanted)?.tickets.len())
    }

    #[test]
    fn each_kind_of_mailbox_is_known_by_what_it_holds() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        let from = "From ann@example.org Fri Dec  3 10:15:00 2010\n";
        fs::write(path("box"), format!("{from}{MAIL}\n{from}{MAIL}\n")).unwrap();
        fs::write(path("one.eml"), MAIL).unwrap();
        fs::write(path("no-ending"), MAIL).unwrap();
        fs::write(path("junk.EML"), "no mail at all").unwrap();
        fs::create_dir_all(path("folder/sub")).unwrap();
        fs::write(path("folder/a.eml"), MAIL).unwrap();
        for sub in ["new", "cur", "tmp"] {
            fs::create_dir_all(path("maildir").join(sub)).unwrap();
        }
        for (name, count) in [
            ("box", 2),
            ("one.eml", 1),
            ("no-ending", 1),
            ("junk.EML", 1),
            ("folder", 1),
            ("maildir", 0),
        ] {
            assert_eq!(counted(&path(name)).unwrap(), count, "{name}");
        }
    }

    #[test]
    fn what_holds_no_mail_is_said_in_words_and_never_waited_for() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| -> PathBuf { dir.path().join(name) };
        fs::write(path("empty"), "").unwrap();
        fs::write(path("junk"), b"\x7fELF\0\0\0 nothing: like a mail").unwrap();
        fs::write(path("text"), "Dear diary,\n\nFrom the start: it rained.\n").unwrap();
        fs::create_dir(path("folder")).unwrap();
        rustix::fs::mknodat(
            rustix::fs::CWD,
            path("fifo"),
            rustix::fs::FileType::Fifo,
            0o600.into(),
            0,
        )
        .unwrap();
        assert!(matches!(counted(&path("nowhere")), Err(InboxError::NotThere(_))));
        assert!(matches!(counted(&path("empty")), Err(InboxError::Empty(_))));
        for name in ["junk", "text", "folder", "fifo"] {
            assert!(
                matches!(counted(&path(name)), Err(InboxError::NotMail { .. })),
                "{name}"
            );
        }
    }
}
