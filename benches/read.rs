//! Reading alone: mails a second beside mail-parser, and what hostile mails cost.
//!
//! ```text
//! benches/generate mbox /var/tmp/bench.mbox 2000
//! cargo bench --bench read -- /var/tmp/bench.mbox      # mails/s, medians of runs in turn
//! cargo bench --bench read -- hostile                  # seconds and peak memory of each, a process each
//! ```

use std::hint::black_box;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use m4c_stories::mail::{ReadSetting, mail_id, read};
use m4c_stories::spool::Spool;
use mail_parser::MessageParser;

const ROUNDS: usize = 7;
/// The bounds of the issue, for each hostile mail.
const SECONDS: f64 = 5.0;
const MEGABYTES: u64 = 512;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["hostile"] => all_hostile(),
        ["hostile", name] => one_hostile(name),
        [mbox] => rates(mbox),
        _ => {
            eprintln!("usage: cargo bench --bench read -- MBOX | hostile");
            ExitCode::from(2)
        }
    }
}

fn rates(mbox: &str) -> ExitCode {
    let raw = match std::fs::read(mbox) {
        Ok(raw) => raw,
        Err(error) => {
            eprintln!("{mbox}: {error}");
            return ExitCode::FAILURE;
        }
    };
    let mut starts: Vec<usize> = memchr::memmem::find_iter(&raw, b"\nFrom ").map(|i| i + 1).collect();
    starts.insert(0, 0);
    starts.push(raw.len());
    let mails: Vec<&[u8]> = starts.windows(2).map(|w| &raw[w[0]..w[1]]).collect();
    let setting = ReadSetting::default();
    let timed = |work: &dyn Fn(&[u8])| {
        let begun = Instant::now();
        mails.iter().for_each(|mail| work(mail));
        begun.elapsed()
    };
    let parser = |mail: &[u8]| drop(black_box(MessageParser::default().parse(mail)));
    // the mbox still holds them
    let reader = |mail: &[u8]| drop(black_box(read(Spool::sworn_by_pack(mail), &setting)));
    let id = |mail: &[u8]| {
        black_box(mail_id(mail));
    };
    let mut spent: [Vec<Duration>; 3] = Default::default();
    for _ in 0..ROUNDS {
        spent[0].push(timed(&parser));
        spent[1].push(timed(&reader));
        spent[2].push(timed(&id));
    }
    let rate = |times: &mut Vec<Duration>| {
        times.sort();
        mails.len() as f64 / times[ROUNDS / 2].as_secs_f64()
    };
    let [parser, reader, id] = spent.each_mut().map(rate);
    println!(
        "{} mails, {:.1} MB, medians of {ROUNDS}",
        mails.len(),
        raw.len() as f64 / 1e6
    );
    println!("mail-parser alone   {parser:8.0} mails/s");
    println!(
        "read                {reader:8.0} mails/s   {:.2} of mail-parser",
        reader / parser
    );
    println!("mail id alone       {id:8.0} mails/s");
    ExitCode::SUCCESS
}

const HEAD: &str = "From: m@example.org\nSubject: x\nDate: Sat, 4 Dec 2010 10:00:00 +0000\n";

type Mail = (&'static str, fn() -> String);

const HOSTILE: [Mail; 16] = [
    ("10,000 MIME levels", || {
        let level = |i| format!("Content-Type: multipart/mixed; boundary=b{i}\n\n--b{i}\n");
        format!("{HEAD}{}", (0..10_000).map(level).collect::<String>())
    }),
    ("10,000 mails in mails", || {
        format!("{HEAD}{}", "Content-Type: message/rfc822\n\n".repeat(10_000))
    }),
    ("1,000,000 headers", || {
        format!("{}\nText", "X-Header: value\n".repeat(1_000_000))
    }),
    ("a header of 100 MB", || {
        format!("{HEAD}X: {}\n\nText", "y".repeat(100 << 20))
    }),
    ("500,000 addresses", || {
        format!("To: {}\n\nText", "a@example.org,\n ".repeat(500_000))
    }),
    ("50 MB of boundaries", || parts(&"--b\n".repeat(12 << 20))),
    ("50 MB of near boundaries", || {
        parts(&format!("--b\n\n{}", "--bb\n".repeat(10 << 20)))
    }),
    ("a million parts", || parts(&"--b\n\ntext\n".repeat(1_000_000))),
    ("one line of 8 MB", || format!("{HEAD}\n{}", "word ".repeat(1_600_000))),
    ("one line of 35 MB", || format!("{HEAD}\n{}", "word ".repeat(7 << 20))),
    ("1,000,000 >", || format!("{HEAD}\n{}", ">".repeat(1_000_000))),
    ("200,000 lines of > >", || {
        format!("{HEAD}\n{}", "> > quoted\n".repeat(190_000))
    }),
    ("100,000 nested tags", || html(&"<div>".repeat(100_000))),
    ("100,000 nested quotes", || {
        html(&"<blockquote type=cite>".repeat(100_000))
    }),
    ("35 MB of HTML", || html(&"<p>a <b>word</b></p>\n".repeat(1_700_000))),
    ("an attachment of 33 MB", || {
        let body = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5ejAxMjM0NTY=\n".repeat(420_000);
        parts(&format!(
            "--b\n\ntext\n--b\nContent-Type: image/jpeg\nContent-Transfer-Encoding: base64\n\n{body}--b--\n"
        ))
    }),
];

fn parts(body: &str) -> String {
    format!("{HEAD}Content-Type: multipart/mixed; boundary=b\n\n{body}")
}

fn html(body: &str) -> String {
    format!("{HEAD}Content-Type: text/html\n\n{body}")
}

/// Each in a process of its own, so that its peak is its own; the peak counts the mail itself, which the test builds.
fn all_hostile() -> ExitCode {
    let mut good = true;
    for (name, _) in HOSTILE {
        let Ok(program) = std::env::current_exe() else {
            return ExitCode::FAILURE;
        };
        good &= Command::new(program)
            .args(["hostile", name])
            .status()
            .is_ok_and(|s| s.success());
    }
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn one_hostile(name: &str) -> ExitCode {
    let Some((name, make)) = HOSTILE.iter().find(|(n, _)| *n == name) else {
        return ExitCode::from(2);
    };
    let raw = make().into_bytes();
    let setting = ReadSetting {
        max_bytes: 200 << 20,
        ..ReadSetting::default()
    };
    let begun = Instant::now();
    let result = read(Spool::sworn_by_pack(&raw), &setting);
    let seconds = begun.elapsed().as_secs_f64();
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
    let peak = peak
        .and_then(|l| l.trim().trim_end_matches(" kB").parse::<u64>().ok())
        .unwrap_or(0)
        >> 10;
    let said = match result {
        Ok(found) => format!("read, {} lines", found.lines.len()),
        Err(why) => format!("refused: {why}"),
    };
    println!(
        "{name:<26} {:6.1} MB  {seconds:6.2} s  {peak:5} MB peak  {said}",
        raw.len() as f64 / 1e6
    );
    if seconds < SECONDS && peak < MEGABYTES {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
