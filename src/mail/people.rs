//! Mailboxes (RFC 5322, section 3.4) and Message-IDs out of header fields.

use mail_parser::{Address, HeaderValue};

use super::fields::{Fields, parsed, unfolded};
use super::limits::{MAX_RECIPIENTS, MAX_REFERENCES, MAX_VALUE};
use super::words;
use crate::story::Mailbox;

/// The mailboxes of a field's raw value, groups taken apart, at most [`MAX_RECIPIENTS`].
pub(super) fn mailboxes(value: &[u8]) -> Vec<Mailbox> {
    let mut line = unfolded(value).into_owned();
    if value.len() > MAX_VALUE {
        // the last mailbox is cut in two
        line.truncate(line.rfind(',').unwrap_or(0));
    }
    let Some(HeaderValue::Address(address)) = parsed("From", &words::normalised(&line)) else {
        return Vec::new();
    };
    let list = match address {
        Address::List(list) => list,
        Address::Group(groups) => groups.into_iter().flat_map(|g| g.addresses).collect(),
    };
    let mut found: Vec<Mailbox> = Vec::new();
    let mut carried = String::new();
    for one in list {
        let mut mailbox = mailbox(one.name.as_deref(), one.address.as_deref());
        if mailbox.address.is_none() {
            // `Maxwell, Marion <m@example.org>` without quotation marks: two halves of one name
            if !carried.is_empty() {
                carried.push_str(", ");
            }
            carried.push_str(mailbox.name.as_deref().unwrap_or_default());
            continue;
        }
        if !carried.is_empty() {
            let own = mailbox.name.take().unwrap_or_default();
            let name = if own.is_empty() {
                carried.clone()
            } else {
                format!("{carried}, {own}")
            };
            mailbox.name = Some(words::one_line(&name));
            carried.clear();
        }
        found.push(mailbox);
        if found.len() == MAX_RECIPIENTS {
            break;
        }
    }
    if !carried.is_empty() {
        found.push(Mailbox {
            name: Some(words::one_line(&carried)),
            address: None,
        });
    }
    found
}

/// The first mailbox with an address of the topmost field of this name, or the first of any kind.
pub(super) fn first(fields: &Fields, name: &str) -> Option<Mailbox> {
    let all = mailboxes(fields.first(name)?);
    let best = all.iter().position(|m| m.address.is_some()).unwrap_or(0);
    all.into_iter().nth(best)
}

fn mailbox(name: Option<&str>, address: Option<&str>) -> Mailbox {
    let name = name.map(|n| words::one_line(&unquoted(n))).filter(|n| !n.is_empty());
    let address = address.map(words::one_line).unwrap_or_default();
    let address = address.trim_matches(['<', '>', '\'', '"', ' ']);
    let good = address.len() <= 320 && address.contains('@') && !address.contains([' ', '<', '>', ',', '"', '(', ')']);
    match good {
        true => Mailbox {
            name,
            address: Some(address.to_owned()),
        },
        // a word without an address is a name: `From: Marion`
        false => Mailbox {
            name: name.or(Some(address.to_owned()).filter(|a| !a.is_empty())),
            address: None,
        },
    }
}

/// Programs put quotation marks around names that have them already.
fn unquoted(name: &str) -> String {
    let name = name.trim();
    for mark in ['"', '\''] {
        if let Some(inner) = name.strip_prefix(mark).and_then(|n| n.strip_suffix(mark)) {
            return inner.trim().to_owned();
        }
    }
    name.to_owned()
}

/// A Message-ID without angle brackets, blanks and controls, at most 250 characters; empty where there is none.
pub(super) fn message_id(value: &[u8]) -> String {
    let line = unfolded(value);
    match ids(&line).into_iter().next() {
        Some(id) => id,
        None => clean_id(&line),
    }
}

/// In-Reply-To, then References, each once. Of a long thread the oldest and the newest half are kept.
pub(super) fn references(fields: &Fields) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for name in ["In-Reply-To", "References"] {
        let Some(value) = fields.first(name) else {
            continue;
        };
        let line = unfolded(value);
        let mut list = ids(&line);
        if list.is_empty() {
            list = line.split(' ').filter(|w| w.contains('@')).map(clean_id).collect();
        }
        found.extend(list.into_iter().filter(|id| seen.insert(id.clone())));
    }
    if found.len() > MAX_REFERENCES {
        found.drain(MAX_REFERENCES / 2..found.len() - MAX_REFERENCES / 2);
    }
    found
}

fn ids(line: &str) -> Vec<String> {
    let inside = line.split('<').skip(1).filter_map(|piece| piece.split_once('>'));
    inside.map(|(id, _)| clean_id(id)).filter(|id| !id.is_empty()).collect()
}

fn clean_id(id: &str) -> String {
    let line = words::one_line(id);
    line.chars()
        .filter(|c| !c.is_whitespace() && !"<>".contains(*c))
        .take(250)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_found_in_the_fields_that_mail_has() {
        let m = "m@example.org";
        for (value, name, address) in [
            ("Marion Maxwell <m@example.org>", Some("Marion Maxwell"), Some(m)),
            ("\"Maxwell, Marion\" <m@example.org>", Some("Maxwell, Marion"), Some(m)),
            ("Maxwell, Marion <m@example.org>", Some("Maxwell, Marion"), Some(m)),
            ("m@example.org", None, Some(m)),
            ("<m@example.org>", None, Some(m)),
            ("m@example.org (Marion Maxwell)", Some("Marion Maxwell"), Some(m)),
            (
                "=?utf-8?Q?Zo=C3=AB?= =?utf-8?Q?_Day?= <m@example.org>",
                Some("Zo\u{eb} Day"),
                Some(m),
            ),
            (
                "\"=?utf-8?Q?Day,_Zo=C3=AB?=\" <m@example.org>",
                Some("Day, Zo\u{eb}"),
                Some(m),
            ),
            (
                "=?iso-8859-1?Q?Day=2C_Zo=EB?= <m@example.org>",
                Some("Day, Zo\u{eb}"),
                Some(m),
            ),
            (
                "=?utf-8?Q?Bcc:_x=0D=0ABcc:_y?= <m@example.org>",
                Some("Bcc: x Bcc: y"),
                Some(m),
            ),
            ("\"'Marion'\" <m@example.org>", Some("Marion"), Some(m)),
            ("Zo\u{eb} <m@example.org>", Some("Zo\u{eb}"), Some(m)),
            ("\u{202e}noiraM <m@example.org>", Some("noiraM"), Some(m)),
            ("Team: Marion <m@example.org>, b@example.org;", Some("Marion"), Some(m)),
            ("Marion", Some("Marion"), None),
            ("Marion <>", Some("Marion"), None),
            ("Marion <not an address>", Some("Marion"), None),
        ] {
            let mail = format!("From: {value}\r\n\r\n");
            let (fields, _) = Fields::scan(mail.as_bytes(), &mut super::super::limits::Budget::new()).unwrap();
            let found = first(&fields, "From").unwrap_or_default();
            assert_eq!(
                (found.name.as_deref(), found.address.as_deref()),
                (name, address),
                "{value}"
            );
        }
        assert!(mailboxes(b"").is_empty());
        assert_eq!(mailboxes(b"undisclosed-recipients:;").len(), 0);
        let many = "a@example.org, ".repeat(500_000);
        assert_eq!(mailboxes(many.as_bytes()).len(), MAX_RECIPIENTS);
    }

    #[test]
    fn an_id_is_clean_and_bounded() {
        for (value, id) in [
            ("<1@example.org>", "1@example.org"),
            (" <1@example.org> (comment)", "1@example.org"),
            ("1@example.org", "1@example.org"),
            ("<a b\u{7}c@example.org>", "abc@example.org"),
            ("<../../x>", "../../x"),
            ("", ""),
        ] {
            assert_eq!(message_id(value.as_bytes()), id, "{value}");
        }
        assert!(message_id("x".repeat(10_000).as_bytes()).len() <= 250);
    }
}
