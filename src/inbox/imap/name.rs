//! How names, passwords and sets of numbers are written on the wire.

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Base64 with padding (RFC 4648).
pub(super) fn base64(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let group = chunk.iter().fold(0_u32, |group, byte| group << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for i in 0..4 {
            out.push(match i <= chunk.len() {
                true => char::from(BASE64[(group >> (18 - 6 * i) & 63) as usize]),
                false => '=',
            });
        }
    }
    out
}

/// A mailbox name as a quoted string in modified UTF-7 (RFC 3501, section 5.1.3): only printable ASCII is left, so that
/// no name can end the command it stands in.
pub(super) fn mailbox(name: &str) -> String {
    let mut out = String::from("\"");
    let mut shifted: Vec<u8> = Vec::new();
    let unshift = |shifted: &mut Vec<u8>, out: &mut String| {
        if !shifted.is_empty() {
            out.push('&');
            out.push_str(&base64(shifted).trim_end_matches('=').replace('/', ","));
            out.push('-');
            shifted.clear();
        }
    };
    for c in name.chars() {
        if !matches!(c, ' '..='~') {
            let mut units = [0; 2];
            shifted.extend(c.encode_utf16(&mut units).iter().flat_map(|unit| unit.to_be_bytes()));
            continue;
        }
        unshift(&mut shifted, &mut out);
        match c {
            '&' => out.push_str("&-"),
            '"' | '\\' => out.extend(['\\', c]),
            _ => out.push(c),
        }
    }
    unshift(&mut shifted, &mut out);
    out.push('"');
    out
}

/// A quoted string; `None` for what cannot be one.
pub(super) fn quoted(text: &str) -> Option<String> {
    let fine = text.chars().all(|c| matches!(c, ' '..='~'));
    fine.then(|| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")))
}

/// Numbers in rising order as sets `3:5,9`, each at most `longest` bytes.
pub(super) fn sets(numbers: &[u32], longest: usize) -> Vec<String> {
    let mut sets = vec![String::new()];
    for range in numbers.chunk_by(|a, b| a.checked_add(1) == Some(*b)) {
        let (first, last) = (range[0], range[range.len() - 1]);
        let text = if first == last {
            first.to_string()
        } else {
            format!("{first}:{last}")
        };
        let set = sets.last_mut().expect("there is one");
        if set.is_empty() {
            *set = text;
        } else if set.len() + 1 + text.len() > longest {
            sets.push(text);
        } else {
            set.push(',');
            set.push_str(&text);
        }
    }
    sets.retain(|set| !set.is_empty());
    sets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_the_rfc() {
        for (text, coded) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(text.as_bytes()), coded);
        }
    }

    #[test]
    fn no_mailbox_name_can_end_its_command() {
        for (name, written) in [
            ("INBOX", "\"INBOX\""),
            ("~peter/mail/台北/日本語", "\"~peter/mail/&U,BTFw-/&ZeVnLIqe-\""),
            ("Q&A", "\"Q&-A\""),
            ("Fêtes", "\"F&AOo-tes\""),
            ("a\"b\\c", "\"a\\\"b\\\\c\""),
            ("x\r\na2 DELETE INBOX", "\"x&AA0ACg-a2 DELETE INBOX\""),
            ("📷", "\"&2D3c9w-\""),
        ] {
            assert_eq!(mailbox(name), written);
        }
        assert_eq!(quoted("a\"b").as_deref(), Some("\"a\\\"b\""));
        assert_eq!(quoted("a\r\nb"), None);
    }

    #[test]
    fn sets_are_short_and_whole() {
        assert_eq!(sets(&[1, 2, 3, 5, 7, 8, u32::MAX], 100), ["1:3,5,7:8,4294967295"]);
        assert_eq!(sets(&[1, 3, 5], 3), ["1,3", "5"]);
        assert!(sets(&[], 100).is_empty());
    }
}
