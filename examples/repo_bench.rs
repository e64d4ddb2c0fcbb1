//! Steps on a content repository, timed; also what the kill test runs under strace.
//!
//! ```text
//! repo_bench batch DIR STORIES MONTHS [MAIL_BYTES]   init, one batch, ms a commit
//! repo_bench one DIR N                               one step on story N
//! repo_bench log DIR N MONTHS                        history
//! repo_bench list DIR                                summaries, cold and warm
//! ```

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use m4c_stories::repo::{Source, StoryRepo, Summary};
use m4c_stories::story::record::{Change, Signature};
use m4c_stories::story::{MailId, StoryId};

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let number = |at: usize, or: usize| args.get(at).and_then(|n| n.parse().ok()).unwrap_or(or);
    let (verb, dir) = (args[1].as_str(), Path::new(&args[2]));
    let start = Instant::now();
    let repo = StoryRepo::init(dir, "main").expect("init");
    let ms = |since: Instant| since.elapsed().as_secs_f64() * 1000.0;
    match verb {
        "init" => assert_eq!(repo.heal().expect("heal"), []),
        "batch" => {
            let (stories, months, size) = (number(3, 10_000), number(4, 120), number(5, 2000));
            let first = repo.stories(&repo.tip().expect("tip")).expect("stories").count();
            let mut batch = repo.batch().expect("batch");
            let began = Instant::now();
            for n in first..first + stories {
                let mail = batch.keep(&mail(n, size)).expect("keep");
                let change = change(n, months, 1);
                assert!(
                    batch
                        .find(change.story.month(), change.story.digits())
                        .expect("find")
                        .is_empty()
                );
                batch.add(&change, &[("mail-1.eml", mail)]).expect("add");
            }
            batch.sync().expect("sync");
            let added = ms(began);
            let bytes = batch.bytes();
            let done = batch.finish().expect("finish");
            assert_eq!(done.cautions, []);
            let all = ms(began);
            println!(
                "{stories} stories, {months} months: {:.3} ms a commit ({:.3} into the pack of {bytes} bytes, {:.3} to finish), {}",
                all / stories as f64,
                added / stories as f64,
                (all - added) / stories as f64,
                peak()
            );
        }
        "one" => {
            let (n, months) = (number(3, 0), number(4, 120));
            let id = story(n, months);
            let opened = ms(start);
            let done = repo
                .commit::<m4c_stories::repo::RepoError>(&id, |current| {
                    let lines = current.files.as_ref().map_or(0, |f| f["record.jsonl"].len() / 64);
                    Ok(Some(change(n, months, lines + 1)))
                })
                .expect("commit");
            println!(
                "{:.1} ms to open, {:.1} ms the step; {:?}; {}",
                opened,
                ms(start) - opened,
                done.map(|d| d.cautions),
                peak()
            );
        }
        "list" => {
            assert_eq!(repo.heal().expect("heal"), []);
            let of_story = |source: &Source| -> Result<Vec<u8>, m4c_stories::repo::RepoError> {
                Ok([
                    source.read("record.jsonl")?.unwrap_or_default(),
                    source.read("index.md")?.unwrap_or_default()[..80].to_vec(),
                ]
                .concat())
            };
            let of_month = |stories: &[Summary]| stories.len().to_string().into_bytes();
            for _ in 0..2 {
                let began = Instant::now();
                let tip = repo.tip().expect("tip");
                let all = repo
                    .summaries(&tip, &dir.join(".git/cache"), b"1", &of_story, &of_month)
                    .expect("summaries");
                let headers = ms(began);
                let count = all.iter().filter(|s| matches!(s, Ok(Ok(_)))).count();
                println!(
                    "{count} stories: {headers:.1} ms the months, {:.1} ms all; {}",
                    ms(began),
                    peak()
                );
            }
        }
        "log" => {
            let tip = repo.tip().expect("tip");
            for (what, id) in [
                ("all, the last 20", None),
                ("an old story", Some(story(number(3, 0), number(4, 120)))),
            ] {
                let began = Instant::now();
                let past = repo.history(&tip, id.as_ref(), 20).expect("history");
                println!("{what}: {} commits, {:.1} ms; {}", past.len(), ms(began), peak());
            }
        }
        other => panic!("no such verb: {other}"),
    }
}

fn story(n: usize, months: usize) -> StoryId {
    let mail = MailId::of(&n.to_string(), "", "", "", &[]);
    let month = n % months;
    let date = format!("{}-{:02}-05T12:00:00Z", 2010 + month / 12, 1 + month % 12);
    StoryId::new(date.parse().ok(), "Marion Maxwell", &mail)
}

fn words(n: usize, bytes: usize) -> String {
    let pool = [
        "we",
        "organised",
        "a",
        "meeting",
        "in",
        "the",
        "church",
        "hall",
        "and",
        "forty",
        "people",
        "came",
        "to",
        "talk",
        "about",
        "housing",
    ];
    let (mut out, mut seed) = (String::new(), n as u64 + 1);
    while out.len() < bytes {
        seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        out.push_str(pool[(seed >> 40) as usize % pool.len()]);
        out.push(if seed >> 60 == 0 { '\n' } else { ' ' });
    }
    out
}

fn mail(n: usize, size: usize) -> Vec<u8> {
    format!(
        "From: Marion <m{n}@example.org>\nSubject: My story\n\n{}\n",
        words(n, size)
    )
    .into_bytes()
}

fn change(n: usize, months: usize, lines: usize) -> Change {
    let file = |name: &str, bytes: Vec<u8>| (name.to_owned(), Some(bytes));
    let record = format!("{:<63}\n", format!("{{\"id\":\"{n:016}\"}}")).repeat(lines);
    Change {
        story: story(n, months),
        files: BTreeMap::from([
            file(
                "index.md",
                format!(
                    "+++\ntitle = \"Future Leader Stories: {n}\"\n+++\n\n{}\n",
                    words(n, 1500)
                )
                .into_bytes(),
            ),
            file("record.jsonl", record.into_bytes()),
        ]),
        private: BTreeMap::from([file(
            "people.toml",
            format!("sender = \"m{n}@example.org\"\n{lines}\n").into_bytes(),
        )]),
        message: format!("Take in \"Future Leader Stories: {n}\"\n\nStep: received\n"),
        by: Signature {
            name: "Cath Lee".into(),
            email: "cath@example.org".into(),
            at: "2026-01-02T03:04:05Z".parse().expect("a time"),
        },
    }
}

fn peak() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|l| l.starts_with("VmHWM")).unwrap_or("VmHWM: ?");
    line.split_whitespace().skip(1).collect::<Vec<_>>().join(" ")
}
