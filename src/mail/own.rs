//! A person's own mail as it may be given to them: without the header fields that are about others, or about the way it went.

use super::fields::Fields;
use super::limits::Budget;
use super::{mime, people};
use crate::story::Mailbox;

/// What its sender wrote themselves.
const OWN: [&str; 10] = [
    "from",
    "date",
    "subject",
    "message-id",
    "reply-to",
    "in-reply-to",
    "references",
    "mime-version",
    "content-type",
    "content-transfer-encoding",
];

/// The one whom a mail names in its To.
pub fn addressee(raw: &[u8]) -> Mailbox {
    let head = &raw[mime::beginning(raw)..];
    let head = &head[..head.len().min(64 << 10)];
    match Fields::scan(head, &mut Budget::new()) {
        Ok((fields, _)) => people::first(&fields, "To").unwrap_or_default(),
        Err(_) => Mailbox::default(),
    }
}

/// The mail with only those header fields, and the names of the others, each once. The body is as it came.
pub fn own_copy(raw: &[u8]) -> (Vec<u8>, Vec<String>) {
    let raw = &raw[mime::beginning(raw)..];
    let Ok((fields, body)) = Fields::scan(raw, &mut Budget::new()) else {
        return (Vec::new(), vec!["all of it: its header is over the bounds".to_owned()]);
    };
    let mut left_out: Vec<String> = fields.names().filter(|name| !OWN.contains(&name.as_str())).collect();
    left_out.sort();
    left_out.dedup();
    let mut copy = Vec::with_capacity(raw.len());
    for name in OWN {
        // a field that stands twice counts once for every reader
        if let Some(value) = fields.first(name) {
            copy.extend_from_slice(name.as_bytes());
            copy.push(b':');
            copy.extend_from_slice(value);
            copy.push(b'\n');
        }
    }
    copy.push(b'\n');
    copy.extend_from_slice(&raw[body..]);
    (copy, left_out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_has_nobody_elses_address_and_nothing_of_the_way() {
        let raw = b"Received: from [192.0.2.7] by mx\nFrom: Ann <ann@example.org>\nCC: Ben <ben@example.org>,\n  Cy <cy@example.org>\nTo: stories@example.net\nSubject: Tea\n for all\nX-Originating-IP: 192.0.2.7\n\nHello\n";
        let (copy, left_out) = own_copy(raw);
        assert_eq!(
            String::from_utf8(copy).unwrap(),
            "from: Ann <ann@example.org>\nsubject: Tea\n for all\n\nHello\n"
        );
        assert_eq!(left_out, ["cc", "received", "to", "x-originating-ip"]);
        assert_eq!(addressee(raw).address.as_deref(), Some("stories@example.net"));
    }
}
