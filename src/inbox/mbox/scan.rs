//! Finding where mails begin, in one pass over a file of any size with a buffer of bounded size.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use memchr::memmem;

use super::from_line::{begins_like_a_mail, begins_with_from_line, first_line, is_dated, is_field};

/// How much is read at a time.
const CHUNK: usize = 1 << 20;
/// What must be seen from a `From ` line on to judge it; a longer line begins no mail.
const AHEAD: usize = 2048;
/// Where a mail program's own marks stand.
const HEADER: usize = 512;

/// One mail in the file: the `From ` line is `head` bytes at `start` (0: there is none), the mail goes to `end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) start: u64,
    pub(super) head: u16,
    pub(super) end: u64,
    /// Not a mail but the note some IMAP servers and Pine keep at the front of a mailbox.
    pub(super) internal: bool,
    /// Deleted in Thunderbird, which leaves such mails in the file until it is compacted.
    pub(super) deleted: bool,
}

/// What a pass found.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) spans: Vec<Span>,
    /// The first mail has no `From ` line.
    pub(super) first_is_bare: bool,
    /// There is something other than empty lines.
    pub(super) text: bool,
}

/// The mails between `from`, where one begins, and `len`.
pub(super) fn mails(file: &File, from: u64, len: u64) -> io::Result<Found> {
    let mut found = Found::default();
    let mut starts: Vec<(u64, u16)> = Vec::new();
    let first = read_at(file, from, AHEAD * 4, len)?;
    let blank = first.iter().take_while(|b| b.is_ascii_whitespace()).count();
    found.text = blank < first.len() || from + (first.len() as u64) < len;
    if begins_with_from_line(&first) {
        let at = first.iter().take_while(|b| matches!(b, b'\n' | b'\r')).count();
        starts.push((from + at as u64, head_length(&first[at..])));
    } else if begins_like_a_mail(&first) {
        found.first_is_bare = true;
        starts.push((from, 0));
    } else {
        return Ok(found);
    }
    separators(file, from, len, &mut |start, head| {
        if starts.last().is_none_or(|last| start > last.0) {
            starts.push((start, head));
        }
    })?;
    for (i, (start, head)) in starts.iter().copied().enumerate() {
        let end = starts.get(i + 1).map_or(len, |next| next.0);
        let internal = i == 0 && from == 0 && is_internal(&first[(start - from) as usize..]);
        // Thunderbird's own fields come first.
        let room = usize::try_from(end - start).unwrap_or(HEADER).min(HEADER);
        let deleted = head > 0 && is_deleted(&read_at(file, start, room, end)?);
        found.spans.push(Span {
            start,
            head,
            end,
            internal,
            deleted,
        });
    }
    Ok(found)
}

/// Whether a mail begins at `at` (empty lines before it allowed), or nothing follows.
pub(super) fn mail_or_end_at(file: &File, at: u64) -> io::Result<bool> {
    let bytes = read_at(file, at, AHEAD, u64::MAX)?;
    Ok(bytes.iter().all(|b| matches!(b, b'\n' | b'\r')) || begins_with_from_line(&bytes))
}

/// Calls `each` with the place of every `From ` line that begins a mail after `from`, and that line's length.
fn separators(file: &File, from: u64, len: u64, each: &mut dyn FnMut(u64, u16)) -> io::Result<()> {
    let finder = memmem::Finder::new(b"\nFrom ");
    let mut buffer = vec![0; CHUNK];
    // `buffer[..filled]` stands at `base`; hits before `judged` were looked at.
    let (mut base, mut filled, mut judged) = (from, 0, 0);
    loop {
        let room = usize::try_from(len - base - filled as u64)
            .unwrap_or(CHUNK)
            .min(CHUNK - filled);
        let read = match file.read_at(&mut buffer[filled..filled + room], base + filled as u64) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            read => read?,
        };
        filled += read;
        let at_end = read == 0;
        let bytes = &buffer[..filled];
        let until = if at_end { filled } else { filled.saturating_sub(AHEAD) };
        for hit in finder.find_iter(&bytes[judged.min(until)..]).map(|i| judged + i) {
            if hit >= until {
                break;
            }
            let line = &bytes[hit + 1..];
            if begins_mail(line) && (follows_empty_line(bytes, hit) || follows_text(bytes, hit) && has_two_fields(line))
            {
                each(base + hit as u64 + 1, head_length(line));
            }
        }
        if at_end {
            return Ok(());
        }
        // Two bytes before the next hit are kept, to see the empty line before it.
        let keep = until.saturating_sub(2).max(judged.saturating_sub(2));
        judged = until.max(judged) - keep;
        buffer.copy_within(keep..filled, 0);
        base += keep as u64;
        filled -= keep;
    }
}

/// Whether the line that ends at `newline` is empty.
fn follows_empty_line(bytes: &[u8], newline: usize) -> bool {
    matches!(bytes[..newline], [] | [.., b'\n'] | [b'\r'] | [.., b'\n', b'\r'])
}

/// Whether the line that ends at `newline` is none of several `From ` lines before one header.
fn follows_text(bytes: &[u8], newline: usize) -> bool {
    let start = memchr::memrchr(b'\n', &bytes[..newline]).map_or(0, |at| at + 1);
    !bytes[start..newline].starts_with(b"From ")
}

/// Whether a header of two fields or more comes after the first line: then it begins a mail without an empty line before it,
/// too, as where a mailbox was put together from files that lack their last line end.
fn has_two_fields(bytes: &[u8]) -> bool {
    let (_, rest) = first_line(&bytes[..bytes.len().min(AHEAD)]);
    let (first, rest) = first_line(rest);
    let (second, _) = first_line(rest);
    is_field(first) && (is_field(second) || second.starts_with(b" ") || second.starts_with(b"\t"))
}

/// Whether `bytes`, which start `From `, begin a mail.
fn begins_mail(bytes: &[u8]) -> bool {
    let window = &bytes[..bytes.len().min(AHEAD)];
    let (line, rest) = first_line(window);
    if line.len() == window.len() && window.len() == AHEAD {
        return false;
    }
    let (next, _) = first_line(rest);
    is_dated(line) && (next.is_empty() || is_field(next) || next.starts_with(b">From "))
}

/// The length of the first line with its end.
fn head_length(bytes: &[u8]) -> u16 {
    let length = memchr::memchr(b'\n', bytes).map_or(bytes.len(), |i| i + 1);
    u16::try_from(length).unwrap_or(u16::MAX)
}

/// The pseudo mail at the front of mailboxes kept by c-client and Pine.
fn is_internal(first: &[u8]) -> bool {
    let header = &first[..memmem::find(first, b"\n\n").unwrap_or(first.len())];
    memmem::find(header, b"FOLDER INTERNAL DATA").is_some()
        && ["\nX-IMAP:", "\nX-IMAPbase:"]
            .iter()
            .any(|name| memmem::find(header, name.as_bytes()).is_some())
}

/// Whether Thunderbird's mark, a hexadecimal number, has the bit for "expunged".
fn is_deleted(first: &[u8]) -> bool {
    let header = &first[..memmem::find(first, b"\n\n").unwrap_or(first.len())];
    let Some(at) = memmem::find(header, b"\nX-Mozilla-Status: ") else {
        return false;
    };
    let value = first_line(&header[at + 19..]).0;
    let number = std::str::from_utf8(value)
        .ok()
        .and_then(|value| u16::from_str_radix(value.trim(), 16).ok());
    number.is_some_and(|status| status & 0x0008 != 0)
}

/// At most `most` bytes at `at`, before `len`.
fn read_at(file: &File, at: u64, most: usize, len: u64) -> io::Result<Vec<u8>> {
    let room = usize::try_from(len.saturating_sub(at)).unwrap_or(most).min(most);
    let mut bytes = vec![0; room];
    let mut filled = 0;
    while filled < room {
        match file.read_at(&mut bytes[filled..], at + filled as u64) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    bytes.truncate(filled);
    Ok(bytes)
}
