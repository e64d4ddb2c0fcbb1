//! Whatever happens to a mail on the way: nothing read from it panics, dangles or has a control character in it.

use proptest::prelude::*;

use super::tests::{HEAD, read_whole};
use super::*;
use crate::mail::mail_id;
use crate::story::passage::{Image, Kind, Span};

const SEEDS: [&[u8]; 4] = [
    include_bytes!("../../../tests/vectors/bare.eml"),
    include_bytes!("../../../tests/vectors/forward.eml"),
    include_bytes!("../../../tests/vectors/photo.eml"),
    include_bytes!("../../../tests/vectors/plain.eml"),
];

/// Pieces that mean something to a reader of mail.
const PIECES: [&str; 24] = [
    "\n",
    "\r\n",
    "\n\n",
    "--",
    "--outer\n",
    "--outer--\n",
    "boundary=",
    "=?utf-8?Q?=0A?=",
    "=?utf-8?B?",
    "?=",
    "=\n",
    "=3D",
    "\0",
    "\u{1b}[31m",
    "\u{202e}",
    "Content-Type: text/html\n\n<p>",
    "Content-Type: message/rfc822\n\n",
    "\"",
    "<",
    "(",
    "From: ",
    "Content-Transfer-Encoding: base64\n",
    "charset=utf-16",
    "&#27;&#x0;<img src=cid:x>",
];

#[derive(Debug, Clone)]
enum Change {
    Set(u8),
    Insert(usize),
    Cut(u16),
    Copy(u16),
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        any::<u8>().prop_map(Change::Set),
        (0..PIECES.len()).prop_map(Change::Insert),
        (0u16..60).prop_map(Change::Cut),
        (0u16..400).prop_map(Change::Copy),
    ]
}

fn changed(seed: usize, changes: &[(prop::sample::Index, Change)]) -> Vec<u8> {
    let mut mail = SEEDS[seed].to_vec();
    for (index, change) in changes {
        let at = index.index(mail.len().max(1)).min(mail.len());
        match change {
            Change::Set(byte) if at < mail.len() => mail[at] = *byte,
            Change::Set(_) => {}
            Change::Insert(piece) => drop(mail.splice(at..at, PIECES[*piece].bytes())),
            Change::Cut(len) => drop(mail.drain(at..(at + usize::from(*len)).min(mail.len()))),
            Change::Copy(len) => {
                let piece = mail[at..(at + usize::from(*len)).min(mail.len())].to_vec();
                mail.splice(at..at, piece);
            }
        }
    }
    mail
}

/// Fails on what must never come out of the reader.
fn assert_sound(found: &Submission) {
    let line = |what: &str, text: &str| {
        assert!(!text.chars().any(char::is_control), "{what}: {text:?}");
        assert!(!text.contains(['\u{202e}', '\u{2066}']), "{what}: {text:?}");
    };
    line("subject", &found.subject);
    line("message id", &found.message_id);
    found.references.iter().for_each(|r| line("reference", r));
    let people = [Some(&found.from), found.sender.as_ref(), found.reply_to.as_ref()];
    for person in people.into_iter().flatten().chain(&found.to) {
        line("name", person.name.as_deref().unwrap_or_default());
        line("address", person.address.as_deref().unwrap_or_default());
    }
    for attachment in &found.attachments {
        line("file name", attachment.name.as_deref().unwrap_or_default());
        line("media type", &attachment.media_type);
    }
    found.notes.iter().for_each(|n| line("note", &n.to_string()));
    let spans = |lines: &[Line]| -> Vec<Span> {
        let cells = lines.iter().flat_map(|l| match &l.kind {
            Kind::Row { cells, .. } => cells.concat(),
            _ => Vec::new(),
        });
        cells.chain(lines.iter().flat_map(|l| l.spans.clone())).collect()
    };
    for lines in [&found.lines]
        .into_iter()
        .chain(found.documents.iter().map(|d| &d.lines))
    {
        for span in spans(lines) {
            let controls = |c: char| c.is_control() && c != '\t';
            assert!(!span.text.contains(controls), "text: {:?}", span.text);
            line("link", span.href.as_deref().unwrap_or_default());
            if let Some(Image::Part(place)) = span.image {
                assert!(place < found.attachments.len());
            }
        }
    }
    assert!(found.documents.iter().all(|d| d.attachment < found.attachments.len()));
    found.embedded.iter().for_each(assert_sound);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    #[test]
    fn a_damaged_mail_is_read_or_refused(
        seed in 0..SEEDS.len(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), change()), 1..12),
    ) {
        let mail = changed(seed, &changes);
        match read_whole(&mail) {
            Ok(found) => {
                prop_assert_eq!(found.mail, mail_id(&mail));
                assert_sound(&found);
            }
            Err(why) => prop_assert!(!matches!(why, Unreadable::Stumbled(_)), "{why}"),
        }
        glance(&mail);
    }

    #[test]
    fn any_header_value_is_made_clean(name in prop::sample::select(vec!["Subject", "From", "To", "References", "List-Id", "Auto-Submitted", "Content-Type", "Content-Disposition", "X-Spam-Status"]), value in any::<Vec<u8>>()) {
        let mail = [HEAD.as_bytes(), name.as_bytes(), b": ", &value, b"\nX: y\n\nText"].concat();
        let found = read_whole(&mail).unwrap();
        assert_sound(&found);
    }
}
