//! Every mail of `tests/corpus` becomes the draft that stands beside it, with LF and with CRLF.

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use common::{CONFIG, TestHouse};

/// The forwarder of the corpus is of the team.
const TEAM: &str = r#"
[team]
members = [{ name = "Cath Lee", email = "cath@team.example", roles = ["reviewer"] }]
"#;

fn corpus() -> BTreeMap<String, (Vec<u8>, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(&folder).expect("the corpus").flatten() {
        let path = entry.path();
        if path.extension().is_some_and(|e| e == "eml") {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            let expected = fs::read_to_string(path.with_extension("md"));
            let expected = expected.unwrap_or_else(|_| panic!("{name}.md is missing beside {name}.eml"));
            all.insert(name, (fs::read(&path).unwrap(), expected));
        }
    }
    all
}

fn lf(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    for (i, &b) in bytes.iter().enumerate() {
        if !(b == b'\r' && bytes.get(i + 1) == Some(&b'\n')) {
            out.push(b);
        }
    }
    out
}

fn crlf(bytes: &[u8]) -> Vec<u8> {
    lf(bytes).split(|&b| b == b'\n').collect::<Vec<_>>().join(&b"\r\n"[..])
}

#[test]
fn every_mail_of_the_corpus_becomes_its_draft() {
    let corpus = corpus();
    assert!(corpus.len() >= 100, "the corpus has only {} mails", corpus.len());
    let mut wrong = Vec::new();
    for (ends, convert) in [("LF", lf as fn(&[u8]) -> Vec<u8>), ("CRLF", crlf)] {
        let house = TestHouse::with_config(&format!("{TEAM}{CONFIG}"));
        for (name, (mail, _)) in &corpus {
            house.write(&format!("mails/{name}.eml"), convert(mail));
        }
        let lines = house.run(&["fetch", "--dry-run", "--json", "mails"]).json_lines();
        let mut seen = 0;
        for line in &lines {
            let Some(source) = line["source"].as_str() else {
                continue;
            };
            let name = source
                .rsplit(['/', ' '])
                .next()
                .unwrap()
                .trim_end_matches(".eml")
                .to_owned();
            let Some((_, expected)) = corpus.get(&name) else {
                panic!("no mail is called {name} ({source})")
            };
            seen += 1;
            let text = line["text"].as_str().unwrap_or("").trim_end();
            if text != expected.trim_end() {
                wrong.push(format!(
                    "== {name} ({ends})\n-- expected\n{expected}\n-- got ({})\n{text}\n",
                    line["outcome"]
                ));
            }
        }
        assert_eq!(seen, corpus.len(), "every mail is accounted for");
    }
    assert!(
        wrong.is_empty(),
        "{} drafts are not as expected:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
