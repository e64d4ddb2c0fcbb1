//! Bytes to a submission to a draft: nothing panics, dangles, or has a control character in it.
//!
//! See fuzz/README.md for how to run it, and what it found.
#![no_main]

use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use m4c_stories::mail::{Unreadable, glance, mail_id, read_fuzzed};
use m4c_stories::story::draft::{DraftRules, MediaFate, draft, source};
use m4c_stories::story::passage::Image;
use m4c_stories::story::submission::Submission;

fuzz_target!(|raw: &[u8]| {
    glance(raw);
    match read_fuzzed(raw) {
        Ok(found) => {
            assert_eq!(found.mail, mail_id(raw));
            sound(&found);
            drafted(&found);
        }
        Err(Unreadable::Stumbled(why)) => panic!("{why}"),
        Err(_) => {}
    }
});

/// Makes a draft, once as a stranger's mail and once as a team member's.
fn drafted(found: &Submission) {
    let sender = found.from.address.clone().unwrap_or_default();
    for team in [&[][..], &[sender]] {
        let rules = DraftRules {
            title: "Future Leader Stories: {{ author }}",
            team,
        };
        let left = MediaFate::Left { why: String::new() };
        let fates = vec![left; source(found, &rules).attachments.len()];
        let draft = draft(found, &fates, &rules, Timestamp::UNIX_EPOCH);
        for text in [&draft.title, &draft.author, &draft.slug] {
            assert!(!text.chars().any(char::is_control), "{text:?}");
        }
        assert!(
            !draft.body.contains(|c: char| c.is_control() && c != '\n' && c != '\t'),
            "{:?}",
            draft.body
        );
    }
}

fn sound(found: &Submission) {
    let name = found.from.name.as_deref().unwrap_or_default();
    for text in [&found.subject, &found.message_id, name] {
        assert!(!text.chars().any(char::is_control), "{text:?}");
    }
    let documents = found.documents.iter().flat_map(|d| &d.lines);
    for span in found.lines.iter().chain(documents).flat_map(|line| &line.spans) {
        assert!(
            !span.text.contains(|c: char| c.is_control() && c != '\t'),
            "{:?}",
            span.text
        );
        if let Some(Image::Part(place)) = span.image {
            assert!(place < found.attachments.len());
        }
    }
    found.embedded.iter().for_each(sound);
}
