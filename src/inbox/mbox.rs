//! An mbox file (RFC 4155 and its cousins mboxo, mboxrd, mboxcl), read and never changed.
//!
//! A mail begins at a line that starts `From `, stands at the file's start or after an empty line, ends in a date, and has
//! a header field, an empty line or nothing after it: all four, because people begin paragraphs with "From".
//! `Content-Length` is not believed: programs that edit mailboxes leave it wrong.
//!
//! Of lines that start `>From `, `>>From ` ... in the text one `>` is taken off (mboxrd, and right for nearly all of
//! mboxo), so that a mail has the same mail id as over any other route. Only an author's own line that starts `>From `
//! in an mboxo or mboxcl2 file gets another id, and loses that `>`; nothing in such a file tells.

mod from_line;
mod lock;
mod scan;

use std::fs::File;
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use memchr::memmem;
use sha2::{Digest, Sha256};

use super::cursor::Seen;
use super::regular::{Links, open_regular};
use super::{Cursor, Fate, Inbox, InboxError, Listing, Place, RawMail, Remark, TakeError, Ticket, Wanted, key_of};
pub(super) use from_line::{begins_like_a_mail, begins_with_from_line, without_from_line};
use lock::Lock;

/// How long another program's lock is waited for.
const LOCK_WAIT: Duration = Duration::from_secs(30);
/// How much of the beginning and end of the settled part the cursor's digest covers.
const ENDS: u64 = 4096;

/// An mbox file. What is done to a mail is only remembered, in the cursor.
pub struct Mbox {
    name: String,
    path: PathBuf,
    lock_wait: Duration,
    open: Option<Open>,
}

/// The file as it was listed.
struct Open {
    file: File,
    len: u64,
    mtime: (i64, i64),
    /// Everything before is settled.
    settled_to: u64,
    /// The listed mails: where each ends, and whether it is settled.
    mails: Vec<(u64, bool)>,
    /// The first of `mails` that is not settled.
    next: usize,
}

impl Mbox {
    pub fn new(name: impl Into<String>, path: impl Into<PathBuf>) -> Mbox {
        Mbox {
            name: name.into(),
            path: path.into(),
            lock_wait: LOCK_WAIT,
            open: None,
        }
    }

    /// How long another program's lock is waited for; 30 seconds unless said.
    pub fn lock_wait(mut self, wait: Duration) -> Mbox {
        self.lock_wait = wait;
        self
    }

    fn not_readable(&self, source: io::Error) -> InboxError {
        InboxError::reading(&self.path, source)
    }

    fn open_file(&self) -> Result<File, InboxError> {
        let path = || self.path.clone();
        match open_regular(&self.path, Links::Follow) {
            Ok((file, _)) => Ok(file),
            Err(TakeError::Gone) => Err(InboxError::NotThere(path())),
            Err(TakeError::NotReadable(source)) => Err(self.not_readable(source)),
            Err(_) if self.path.is_dir() => Err(InboxError::NotMail {
                path: path(),
                why: "it is a folder; a Maildir or a folder of .eml files has another `kind`",
            }),
            Err(_) => Err(InboxError::NotMail {
                path: path(),
                why: "it is not a regular file",
            }),
        }
    }

    /// Where to begin: after what the cursor says is settled, if that part is as it was.
    fn settled_to(&self, file: &File, cursor: &Cursor, len: u64, remarks: &mut Vec<Remark>) -> io::Result<u64> {
        let Seen::Prefix { len: settled, ends } = cursor.0 else {
            return Ok(0);
        };
        if settled <= len && digest_of_ends(file, settled)? == ends && scan::mail_or_end_at(file, settled)? {
            return Ok(settled);
        }
        remarks.push(Remark::Rewritten(self.path.clone()));
        Ok(0)
    }
}

impl Inbox for Mbox {
    fn name(&self) -> &str {
        &self.name
    }

    fn accepts(&self, fate: &Fate) -> Result<(), InboxError> {
        match fate {
            Fate::Flag | Fate::Leave => Ok(()),
            Fate::Move(_) | Fate::Label(_) => Err(InboxError::NoSuchFate {
                inbox: self.name.clone(),
                fate: fate.clone(),
                why: "an mbox file is never changed; use `flag` or `leave`, and what was read is remembered",
            }),
        }
    }

    /// Reads the file once from end to end (or from where the cursor left off), under a shared lock.
    fn list(&mut self, wanted: &Wanted) -> Result<Listing, InboxError> {
        let file = self.open_file()?;
        let lock = Lock::shared(&file, &self.path, self.lock_wait)?;
        let metadata = file.metadata().map_err(|e| self.not_readable(e))?;
        let len = metadata.len();
        let mut listing = Listing::default();
        let from = self
            .settled_to(&file, wanted.cursor, len, &mut listing.remarks)
            .map_err(|e| self.not_readable(e))?;
        let found = scan::mails(&file, from, len).map_err(|e| self.not_readable(e))?;
        if found.first_is_bare {
            listing.remarks.push(Remark::NoFromLine(self.path.clone()));
        }
        if found.spans.is_empty() && from == 0 && found.text {
            return Err(InboxError::NotMail {
                path: self.path.clone(),
                why: "it begins neither with a `From ` line, as an mbox does, nor with a header",
            });
        }
        drop(lock);
        let mut open = Open {
            file,
            len,
            mtime: (metadata.mtime(), metadata.mtime_nsec()),
            settled_to: from,
            mails: Vec::with_capacity(found.spans.len()),
            next: 0,
        };
        let mut deleted = 0;
        for span in found.spans {
            open.mails.push((span.end, span.internal || span.deleted));
            deleted += usize::from(span.deleted);
            if !span.internal && !span.deleted {
                let place = Place::Span {
                    start: span.start,
                    head: span.head,
                    end: span.end,
                };
                let key = key_of(&[&span.start.to_be_bytes(), &span.end.to_be_bytes()]);
                let size = span.end - span.start - u64::from(span.head);
                listing.tickets.push(Ticket::new(key, place, Some(size)));
            }
        }
        if deleted > 0 {
            listing.remarks.push(Remark::Trashed {
                path: self.path.clone(),
                count: deleted,
            });
        }
        self.open = Some(open);
        Ok(listing)
    }

    fn take(&mut self, ticket: &Ticket, limit: u64) -> Result<RawMail, TakeError> {
        let (Some(open), Place::Span { start, head, end }) = (&self.open, &ticket.place) else {
            return Err(TakeError::Gone);
        };
        let (start, end, head) = (*start, *end, usize::from(*head));
        let size = end - start - head as u64;
        if size > limit {
            return Err(TakeError::TooLarge { size, limit });
        }
        let mut bytes = vec![0; (end - start) as usize];
        match open.file.read_exact_at(&mut bytes, start) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Err(TakeError::Gone),
            read => read?,
        }
        if open.changed()? && !open.still_there(&bytes, head, end)? {
            return Err(TakeError::Gone);
        }
        bytes.drain(..head);
        Ok(RawMail {
            bytes: unquoted(without_last_empty_line(bytes)),
        })
    }

    fn settle_all(&mut self, settled: &[(Ticket, Fate)]) -> Result<(), InboxError> {
        for (ticket, fate) in settled {
            self.accepts(fate)?;
            let (Some(open), Place::Span { end, .. }) = (&mut self.open, &ticket.place) else {
                continue;
            };
            if let Ok(i) = open.mails.binary_search_by_key(end, |mail| mail.0) {
                open.mails[i].1 = true;
            }
            while let Some((end, true)) = open.mails.get(open.next) {
                open.settled_to = *end;
                open.next += 1;
            }
        }
        Ok(())
    }

    /// The settled beginning of the file: mails after one that could not be settled are read again.
    fn cursor(&self) -> Cursor {
        let Some(open) = &self.open else {
            return Cursor::start();
        };
        match digest_of_ends(&open.file, open.settled_to) {
            Ok(ends) if open.settled_to > 0 => Cursor(Seen::Prefix {
                len: open.settled_to,
                ends,
            }),
            _ => Cursor::start(),
        }
    }

    fn done(&mut self) -> Result<(), InboxError> {
        self.open = None;
        Ok(())
    }
}

impl Open {
    /// Whether the file was written to since it was listed.
    fn changed(&self) -> io::Result<bool> {
        let now = self.file.metadata()?;
        Ok((now.len(), now.mtime(), now.mtime_nsec()) != (self.len, self.mtime.0, self.mtime.1))
    }

    /// Whether `bytes` still are a mail from its `From ` line to the next one: the file may have been rewritten meanwhile.
    fn still_there(&self, bytes: &[u8], head: usize, end: u64) -> io::Result<bool> {
        let begins = head == 0 || (bytes.starts_with(b"From ") && bytes[head - 1] == b'\n');
        Ok(begins && scan::mail_or_end_at(&self.file, end)?)
    }
}

/// SHA-256 over the first and the last [`ENDS`] bytes of the first `len` bytes.
fn digest_of_ends(file: &File, len: u64) -> io::Result<[u8; 32]> {
    let mut hash = Sha256::new();
    let mut bytes = vec![0; len.min(ENDS) as usize];
    for at in [0, len.saturating_sub(ENDS)] {
        file.read_exact_at(&mut bytes, at)?;
        hash.update(&bytes);
    }
    Ok(hash.finalize().into())
}

/// Takes off the empty line that an mbox has after each mail.
fn without_last_empty_line(mut bytes: Vec<u8>) -> Vec<u8> {
    for (ending, last) in [(&b"\n\r\n"[..], 2), (b"\n\n", 1)] {
        if bytes.ends_with(ending) {
            bytes.truncate(bytes.len() - last);
            return bytes;
        }
    }
    bytes
}

/// Undoes the quoting of `From ` in the text, see the top of this file. `>From ` lines before the header, which some MTAs
/// wrote, are dropped.
fn unquoted(mut bytes: Vec<u8>) -> Vec<u8> {
    while bytes.starts_with(b">From ") {
        let line = memchr::memchr(b'\n', &bytes).map_or(bytes.len(), |i| i + 1);
        bytes.drain(..line);
    }
    let text = memmem::find(&bytes, b"\n\n").into_iter();
    let text = text.chain(memmem::find(&bytes, b"\n\r\n")).min().unwrap_or(bytes.len());
    let is_quoted = |at: usize| {
        let quotes = bytes[at..].iter().take_while(|b| **b == b'>').count();
        bytes[at + quotes..].starts_with(b"From ")
    };
    let mut quoted = memmem::find_iter(&bytes[text..], b"\n>")
        .map(|i| text + i + 1)
        .filter(|at| is_quoted(*at))
        .peekable();
    if quoted.peek().is_none() {
        return bytes;
    }
    let mut out = Vec::with_capacity(bytes.len());
    let mut from = 0;
    for at in quoted {
        out.extend_from_slice(&bytes[from..at]);
        from = at + 1;
    }
    out.extend_from_slice(&bytes[from..]);
    out
}

/// Whether `path` is an mbox by its first bytes.
pub(super) fn is_mbox(path: &Path) -> Result<bool, TakeError> {
    let (mut file, _) = open_regular(path, Links::Follow)?;
    Ok(begins_with_from_line(&super::regular::first_bytes(&mut file)?))
}

#[cfg(test)]
mod tests;
