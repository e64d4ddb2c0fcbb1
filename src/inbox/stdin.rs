//! One mail from a pipe: what an MTA hands to `fetch -`.

use std::io::{self, Read};

use super::mbox::without_from_line;

/// Why a pipe gave no mail. The first two can never be mended by trying again (exit 65).
#[derive(Debug, thiserror::Error)]
pub enum StdinError {
    #[error("standard input is empty: a mail was expected")]
    Empty,
    #[error("the mail on standard input has more than {limit} bytes (`max_mail_bytes` under [story])")]
    TooLarge { limit: u64 },
    #[error("standard input cannot be read")]
    NotReadable(#[from] io::Error),
}

/// Reads one mail to its end, at most `limit` bytes. A `From ` line (or byte order mark) before the header is taken off,
/// as many MTAs put one there; `>From ` in the text is left, as nothing tells who quoted it.
pub fn take_stdin(reader: impl Read, limit: u64) -> Result<Vec<u8>, StdinError> {
    let mut bytes = Vec::new();
    reader.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(StdinError::TooLarge { limit });
    }
    let mail = without_from_line(&bytes);
    if mail.iter().all(u8::is_ascii_whitespace) {
        return Err(StdinError::Empty);
    }
    let front = bytes.len() - mail.len();
    bytes.drain(..front);
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_mail_is_taken_without_the_line_an_mta_put_before_it() {
        let mail = b"From: Ann <ann@example.org>\r\nSubject: Our street\r\n\r\nFrom the start\r\n>From me\r\n";
        let cases: [&[u8]; 4] = [
            b"",
            b"From ann@example.org Fri Dec  3 10:15:00 2010\n",
            b"From ann@example.org Fri Dec  3 10:15:00 2010\r\n",
            b"\xef\xbb\xbf",
        ];
        for before in cases {
            let piped = [before, mail].concat();
            assert_eq!(take_stdin(&piped[..], 1000).ok().as_deref(), Some(&mail[..]));
        }
    }

    #[test]
    fn what_can_never_be_taken_is_told_from_what_may_pass() {
        for nothing in ["", "\r\n \n", "From ann@example.org Fri Dec  3 10:15:00 2010\n\n"] {
            let taken = take_stdin(nothing.as_bytes(), 100);
            assert!(matches!(taken, Err(StdinError::Empty)), "{nothing:?}");
        }
        assert!(take_stdin(&b"a: b\n"[..], 5).is_ok());
        assert!(matches!(
            take_stdin(&b"a: b\n"[..], 4),
            Err(StdinError::TooLarge { limit: 4 })
        ));
        assert!(take_stdin(&b"a: b\n"[..], u64::MAX).is_ok());
        // A writer that never ends is left at the limit.
        assert!(matches!(
            take_stdin(io::repeat(b'x'), 1 << 20),
            Err(StdinError::TooLarge { .. })
        ));
    }
}
