//! Mails as people send them, written by us, each teaching one thing: `NNN-what-it-teaches.eml` beside the body that a
//! careful person would have typed in from it.

use std::fs;
use std::path::{Path, PathBuf};

use m4c_stories::mail::{self, ReadSetting};
use m4c_stories::media;
use m4c_stories::spool::Spool;
use m4c_stories::story::draft::{Draft, DraftRules, MediaFate, draft, source};
use m4c_stories::story::markdown;
use sha2::{Digest, Sha256};

fn corpus() -> Vec<(PathBuf, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let entries = fs::read_dir(&folder).expect("there is a corpus");
    let mut mails: Vec<PathBuf> = entries
        .filter_map(|e| Some(e.ok()?.path()))
        .filter(|p| p.extension().is_some_and(|e| e == "eml"))
        .filter(|p| p.with_extension("md").exists())
        .collect();
    mails.sort();
    let body = |p: &PathBuf| fs::read_to_string(p.with_extension("md")).expect("an expectation is UTF-8");
    mails.into_iter().map(|p| (p.clone(), body(&p))).collect()
}

/// From bytes to the draft, as `fetch` does it.
fn drafted(raw: &[u8]) -> Draft {
    let submission = mail::read(Spool::sworn_by_pack(raw), &ReadSetting::default()).expect("the corpus is readable");
    let team = ["cath@team.example".to_owned()];
    let rules = DraftRules {
        title: "Future Leader Stories: {{ author }}",
        team: &team,
    };
    let clean = |bytes: &[u8]| match media::clean(bytes, &media::Limits::default()) {
        Ok(photo) => MediaFate::Photo {
            ext: photo.ext.to_owned(),
            sha256: Sha256::digest(&photo.bytes).into(),
            bytes: photo.bytes.len(),
            had_location: photo.had_location,
            width: photo.width,
            height: photo.height,
        },
        Err(why) => MediaFate::Left { why: why.to_string() },
    };
    let fates: Vec<MediaFate> = source(&submission, &rules)
        .attachments
        .iter()
        .map(|a| clean(&a.bytes))
        .collect();
    draft(
        &submission,
        &fates,
        &rules,
        "2026-01-01T00:00:00Z".parse().expect("a time"),
    )
}

/// The same mail with each line end as `end`.
fn with_ends(raw: &[u8], end: &[u8]) -> Vec<u8> {
    let lines: Vec<&[u8]> = raw
        .split(|b| *b == b'\n')
        .map(|l| l.strip_suffix(b"\r").unwrap_or(l))
        .collect();
    lines.join(end)
}

#[test]
fn each_mail_of_the_corpus_becomes_what_a_careful_person_would_type() {
    let mails = corpus();
    assert!(mails.len() >= 50, "the corpus has {} mails", mails.len());
    let mut wrong = Vec::new();
    for (path, expected) in &mails {
        let raw = fs::read(path).expect("a mail can be read");
        for end in [b"\n".as_slice(), b"\r\n"] {
            let made = drafted(&with_ends(&raw, end));
            if made.body.trim() != expected.trim() {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                let cuts: Vec<String> = made.cuts.iter().map(|c| format!("{}: {}", c.rule, c.text)).collect();
                wrong.push(format!(
                    "{name}\n--- is\n{}\n--- should be\n{expected}--- cut\n{}\n",
                    made.body,
                    cuts.join("\n")
                ));
                break;
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {} mails are read wrongly:\n{}",
        wrong.len(),
        mails.len(),
        wrong.join("\n")
    );
}

#[test]
fn no_expectation_holds_what_a_site_generator_would_run() {
    for (path, body) in corpus() {
        for mark in ["{{", "{%", "<!--", "<?", "<script", "javascript:"] {
            assert!(!body.contains(mark), "{mark} in {}", path.display());
        }
        assert!(!markdown::text_of(&body).is_empty(), "{}", path.display());
    }
}
