//! The codes of letters that a reviewer may decide by: put into a subject, and looked for in whatever a mail brings.

use std::collections::BTreeSet;

use super::fields::{Fields, unfolded};
use super::limits::{Budget, MAX_EMBEDDED_DEPTH};
use super::{mime, words};
use crate::story::code::Code;

/// More than any honest mail has.
const MOST: usize = 10_000;

/// Whatever may be a code of ours in a mail: in its header, decoded or not, and in any part of it. Every run of exactly 32 hex digits is
/// one: how a mail program writes what stands around it does not matter.
pub fn borne(raw: &[u8]) -> BTreeSet<Code> {
    let mut found = BTreeSet::new();
    in_mail(raw, 0, &mut found);
    found
}

fn in_mail(raw: &[u8], depth: usize, found: &mut BTreeSet<Code>) {
    match mime::parts(raw) {
        Ok(parts) => {
            for part in &parts {
                in_header(&part.fields, found);
                if part.is_leaf() {
                    let bytes = part.bytes();
                    in_bytes(&bytes, found);
                    if depth < MAX_EMBEDDED_DEPTH && part.media_type.starts_with("message/") {
                        in_mail(&bytes, depth + 1, found);
                    }
                }
            }
        }
        Err(_) => {
            let head = &raw[..raw.len().min(64 << 10)];
            if let Ok((fields, _)) = Fields::scan(head, &mut Budget::new()) {
                in_header(&fields, found);
            }
        }
    }
    // a preamble is no part
    in_bytes(raw, found);
}

fn in_header(fields: &Fields, found: &mut BTreeSet<Code>) {
    for value in fields.values() {
        let line = words::decode(&unfolded(value));
        in_bytes(line.as_bytes(), found);
    }
}

fn in_bytes(bytes: &[u8], found: &mut BTreeSet<Code>) {
    let mut from = 0;
    while from < bytes.len() && found.len() < MOST {
        let run = bytes[from..].iter().take_while(|b| b.is_ascii_hexdigit()).count();
        if run == 32 {
            found.extend(Code::from_digits(&bytes[from..from + run]));
        }
        from += run + 1;
    }
}

/// A letter of ours with a code at the end of its subject. The letter is as [`write`](super::write::write) made it.
pub fn with_code(letter: &[u8], code: &Code) -> Vec<u8> {
    let mut out = Vec::with_capacity(letter.len() + 64);
    let mut lines = letter.split_inclusive(|&b| b == b'\n').peekable();
    let mut in_subject = false;
    let mut done = false;
    while let Some(line) = lines.next() {
        in_subject |= !done && line.to_ascii_lowercase().starts_with(b"subject:");
        let folded = lines
            .peek()
            .is_some_and(|next| next.starts_with(b" ") || next.starts_with(b"\t"));
        if !in_subject || folded {
            out.extend_from_slice(line);
            continue;
        }
        out.extend_from_slice(line.trim_ascii_end());
        out.extend_from_slice(format!("\r\n {code}\r\n").as_bytes());
        (in_subject, done) = (false, true);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::effort::in_time;
    use crate::mail::glance;
    use crate::mail::read::{ReadSetting, read};
    use crate::story::code::without_codes;
    use crate::story::submission::Kept;

    fn code(n: u8) -> Code {
        Code::from_random([n; 16])
    }

    #[test]
    fn a_code_goes_into_the_subject_and_comes_back_out_of_it() {
        for subject in ["New: Tea", "New: Zo=?utf-8?q?=C3=AB?=", "New:\r\n a\r\n\tb"] {
            let letter = format!("To: a@example.org\r\nSubject: {subject}\r\nDate: x\r\n\r\nSubject: no\r\n");
            let bytes = with_code(letter.as_bytes(), &code(0x5f));
            let mail = read(Kept::sworn(&bytes), &ReadSetting::default()).unwrap();
            assert_eq!(mail.codes, [code(0x5f)], "{subject}");
            assert_eq!(mail.subject, glance(letter.as_bytes()).subject);
            assert_eq!(glance(&bytes).subject, mail.subject);
            let text = String::from_utf8(bytes).unwrap();
            assert_eq!(text.matches("[m4c:").count(), 1, "{text}");
            assert!(text.ends_with("\r\nDate: x\r\n\r\nSubject: no\r\n"), "{text}");
        }
    }

    #[test]
    fn a_code_is_found_wherever_a_mail_has_it() {
        let hex = "5f".repeat(16);
        for mail in [
            format!("Subject: Re: a [m4c:{hex}]\n\nx\n"),
            format!("Approved: {hex}\n\nx\n"),
            format!(
                "Thread-Topic: =?utf-8?q?[m4c=3A{}=5D?=\n\nx\n",
                hex.replace("5f", "=35f")
            ),
            format!("From: a@example.org\n\n> Subject: a [m4c:{hex}]\n"),
            format!("From: a@example.org\nContent-Type: text/html\n\n<p hidden>&#91;m4c&#58;{hex}&#93;</p>\n"),
            format!(
                "From: a@example.org\nContent-Type: text/plain\nContent-Transfer-Encoding: quoted-printable\n\n[m4c:{}=\n{}]\n",
                &hex[..7],
                &hex[7..]
            ),
            format!(
                "From: a@example.org\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/rfc822\n\nSubject: a\n [m4c:{hex}]\n\nx\n--b--\n"
            ),
        ] {
            assert!(borne(mail.as_bytes()).contains(&code(0x5f)), "{mail}");
        }
        let none = format!("From: a@example.org\n\n{hex}0 {} x{}\n", &hex[1..], &hex[2..]);
        assert_eq!(borne(none.as_bytes()), BTreeSet::new());
    }

    #[test]
    fn what_a_hostile_mail_costs_is_bounded_by_its_length() {
        let fields: String = (0..9_000).map(|n| format!("X-{n}: {n:032x}\n")).collect();
        for mail in [
            format!("{fields}\nx\n"),
            format!("From: a@example.org\n\n{}", "5f".repeat(2 << 20)),
            format!(
                "From: a@example.org\n\n{}",
                format!("{} ", "5f".repeat(16)).repeat(100_000)
            ),
            format!("From: a@example.org\n\n{}", "[m4c:5f".repeat(500_000)),
        ] {
            let found = in_time("codes", || borne(mail.as_bytes()));
            assert!(found.len() <= MOST);
            in_time("a text", || without_codes(&mail).len());
        }
    }
}
