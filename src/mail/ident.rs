//! The mail id of raw bytes: what [`MailId::of`] hashes, found in a mail.
//!
//! Version 1, in full:
//! - Message-ID, Date, From, Subject: the topmost field of that name; line breaks (and NUL) removed, tabs made blanks, blanks at
//!   both ends off; not decoded; bytes that are not UTF-8 become U+FFFD as the Encoding Standard does.
//! - Leaves in order: every part that is no multipart; an attached mail is one leaf. A multipart without parts is `text/plain`.
//! - The media type is the topmost Content-Type up to the first `;`, `(` or blank, in lower case; `text/plain` where that is no
//!   type, `message/rfc822` where it is absent in a multipart/digest.
//! - The bytes are those after quoted-printable or base64 is undone. Text, `message/*` and whatever did not travel as base64 is
//!   lines, whose ends change on the way: it goes through [`canonical_text`]. A charset is not undone.
//! - A mail over the bounds of [`super::limits`] is one leaf, `message/rfc822`, of all its bytes.

use std::borrow::Cow;

use sha2::{Digest, Sha256};

use super::fields::Fields;
use super::limits::Budget;
use super::mime::{self, Part};
use super::transfer::Transfer;
use crate::story::id::{Leaf, MailId, canonical_text};

/// Decoded parts of one mail that are kept until it is read, in bytes: those of most photos.
const MOST_DECODED: usize = 2 << 20;

/// A mail that was looked at: what it is known by, and of its parts those whose transfer encoding was undone for that, so that
/// whoever reads it need not undo it again.
#[derive(Debug, Clone)]
pub struct Opened {
    /// The mail's id.
    pub mail: MailId,
    /// By part; empty where they are too long to be kept.
    decoded: Vec<Option<Vec<u8>>>,
}

impl Opened {
    /// Its parts are needed no more.
    pub fn close(&mut self) {
        self.decoded = Vec::new();
    }

    /// The bytes of the part at this place, if they were kept.
    pub(super) fn decoded(&self, at: usize) -> Option<&[u8]> {
        self.decoded.get(at)?.as_deref()
    }
}

/// Looks at a mail before it is read. The id is the same whatever route the mail came by and however its body was encoded on the way.
pub fn open(raw: &[u8]) -> Opened {
    match mime::parts(raw) {
        Ok(parts) => {
            let bytes: Vec<_> = parts.iter().map(Part::bytes).collect();
            let mail = of_leaves_decoded(&parts, &bytes);
            let decoded = |bytes: Cow<[u8]>| match bytes {
                Cow::Owned(bytes) => Some(bytes),
                Cow::Borrowed(_) => None,
            };
            let mut decoded: Vec<_> = bytes.into_iter().map(decoded).collect();
            if decoded.iter().flatten().map(Vec::len).sum::<usize>() > MOST_DECODED {
                decoded.clear();
            }
            Opened { mail, decoded }
        }
        Err(_) => {
            let leaf = leaf("message/rfc822", Transfer::Plain, raw);
            let head = &raw[..raw.len().min(64 << 10)];
            let fields = match Fields::scan(head, &mut Budget::new()) {
                Ok((fields, _)) => fields,
                Err(_) => Fields::default(),
            };
            let (mail, decoded) = (of_leaves(&fields, &[leaf]), Vec::new());
            Opened { mail, decoded }
        }
    }
}

/// The id of a mail: the same whatever route it came by and however its body was encoded on the way.
pub fn mail_id(raw: &[u8]) -> MailId {
    open(raw).mail
}

/// The id of parts whose bytes, transfer encoding undone, the caller has already; those of multiparts are not looked at.
pub(super) fn of_leaves_decoded(parts: &[Part], bytes: &[Cow<[u8]>]) -> MailId {
    let leaves = parts.iter().zip(bytes).filter(|(part, _)| part.is_leaf());
    let leaves: Vec<Leaf> = leaves
        .map(|(part, bytes)| leaf(&part.media_type, part.transfer(), bytes))
        .collect();
    match parts.first() {
        Some(mail) => of_leaves(&mail.fields, &leaves),
        None => of_leaves(&Fields::default(), &leaves),
    }
}

fn of_leaves(fields: &Fields, leaves: &[Leaf]) -> MailId {
    let as_it_stands = |name: &str| {
        let value = fields.first(name).unwrap_or_default();
        let line: Vec<u8> = value
            .iter()
            .filter(|b| !matches!(b, b'\r' | b'\n' | 0))
            .map(|&b| if b == b'\t' { b' ' } else { b })
            .collect();
        String::from_utf8_lossy(&line).trim_matches(' ').to_owned()
    };
    MailId::of(
        &as_it_stands("Message-ID"),
        &as_it_stands("Date"),
        &as_it_stands("From"),
        &as_it_stands("Subject"),
        leaves,
    )
}

fn leaf(media_type: &str, transfer: Transfer, bytes: &[u8]) -> Leaf {
    let lines = transfer != Transfer::Base64 || media_type.starts_with("text/") || media_type.starts_with("message/");
    Leaf {
        media_type: media_type.to_owned(),
        sha256: match lines {
            true => Sha256::digest(canonical_text(bytes)).into(),
            false => Sha256::digest(bytes).into(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAILS: [(&str, &[u8]); 4] = [
        ("bare.eml", include_bytes!("../../tests/vectors/bare.eml")),
        ("forward.eml", include_bytes!("../../tests/vectors/forward.eml")),
        ("photo.eml", include_bytes!("../../tests/vectors/photo.eml")),
        ("plain.eml", include_bytes!("../../tests/vectors/plain.eml")),
    ];

    fn with_crlf(mail: &[u8]) -> Vec<u8> {
        String::from_utf8(mail.to_vec())
            .unwrap()
            .replace('\n', "\r\n")
            .into_bytes()
    }

    #[test]
    fn the_ids_are_those_that_another_program_finds() {
        let found: String = MAILS
            .iter()
            .map(|(name, mail)| format!("{name}  {}\n", mail_id(mail)))
            .collect();
        assert_eq!(found, include_str!("../../tests/vectors/mail-ids.txt"));
    }

    #[test]
    fn the_id_does_not_change_on_the_way() {
        for (name, mail) in MAILS {
            let id = mail_id(mail);
            assert_eq!(mail_id(&with_crlf(mail)), id, "CRLF {name}");
            for more in [
                "Received: from a by b; Mon, 6 Dec 2010 10:00:00 +0000\n",
                "From x@y Sat Dec  4 10:00:00 2010\nX-Spam: no\n",
            ] {
                assert_eq!(mail_id(&[more.as_bytes(), mail].concat()), id, "{more} {name}");
            }
        }
        let head = "Subject: x\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: ";
        let ways = [
            "8bit\n\ncaf\u{e9} = 5\nend\n",
            "quoted-printable\n\ncaf=C3=A9 =3D 5\nend=\n\n",
            "base64\n\nY2Fmw6kgPSA1DQpl\nbmQNCg==\n",
        ];
        let ids: Vec<MailId> = ways.iter().map(|w| mail_id(format!("{head}{w}").as_bytes())).collect();
        assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    }

    #[test]
    fn other_mails_have_other_ids() {
        let mail = String::from_utf8(MAILS[2].1.to_vec()).unwrap();
        let id = mail_id(mail.as_bytes());
        for (from, to) in [
            ("One line.", "One line!"),
            ("<2@example.org>", "<22@example.org>"),
            ("R0lGODlhAQ", "R0lGODlhAg"),
            ("image/gif", "image/png"),
            ("10:00:00", "10:00:01"),
        ] {
            assert_ne!(mail_id(mail.replacen(from, to, 1).as_bytes()), id, "{from}");
        }
        assert_ne!(
            mail_id("A: b\n".repeat(20_000).as_bytes()),
            mail_id("A: c\n".repeat(20_000).as_bytes())
        );
    }
}
