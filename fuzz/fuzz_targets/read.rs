//! Bytes to a submission: nothing panics, dangles, or has a control character in it.
//!
//! ```text
//! cargo install cargo-fuzz
//! cargo +nightly fuzz run read fuzz/corpus/read tests/vectors samples -- -max_len=65536 -timeout=5 -rss_limit_mb=512 -max_total_time=600
//! ```
#![no_main]

use libfuzzer_sys::fuzz_target;
use m4c_stories::mail::{Unreadable, glance, mail_id, read_fuzzed};
use m4c_stories::story::passage::Image;
use m4c_stories::story::submission::Submission;

fuzz_target!(|raw: &[u8]| {
    glance(raw);
    match read_fuzzed(raw) {
        Ok(found) => {
            assert_eq!(found.mail, mail_id(raw));
            sound(&found);
        }
        Err(Unreadable::Stumbled(why)) => panic!("{why}"),
        Err(_) => {}
    }
});

fn sound(found: &Submission) {
    let name = found.from.name.as_deref().unwrap_or_default();
    for text in [&found.subject, &found.message_id, name] {
        assert!(!text.chars().any(char::is_control), "{text:?}");
    }
    let documents = found.documents.iter().flat_map(|d| &d.lines);
    for span in found.lines.iter().chain(documents).flat_map(|line| &line.spans) {
        assert!(!span.text.contains(|c: char| c.is_control() && c != '\t'), "{:?}", span.text);
        if let Some(Image::Part(place)) = span.image {
            assert!(place < found.attachments.len());
        }
    }
    found.embedded.iter().for_each(sound);
}
