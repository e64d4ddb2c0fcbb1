use super::*;

/// Lines of plain text as the reader of a mail makes them: `>` counted and taken off.
fn line(text: &str) -> Line {
    let mut rest = text;
    let mut quote = 0u8;
    while let Some(more) = rest.strip_prefix('>') {
        quote = quote.saturating_add(1);
        rest = more.strip_prefix(' ').unwrap_or(more);
    }
    Line {
        quote,
        ..Line::plain(rest)
    }
}

fn shown(lines: &[Line]) -> Vec<String> {
    lines
        .iter()
        .filter(|l| !l.is_blank())
        .map(|l| l.words().trim().to_owned())
        .collect()
}

/// One mail of `replies.txt`: `=` before a line that is kept, `-` before one that is cut, nothing before a blank one.
struct Example<'a> {
    name: &'a str,
    subject: &'a str,
    team: bool,
    text: String,
    kept: Vec<String>,
}

fn examples(file: &str) -> Vec<Example<'_>> {
    let mut out: Vec<Example> = Vec::new();
    for row in file.lines() {
        if let Some(head) = row.strip_prefix("# ") {
            let (name, subject) = head.split_once(" | ").unwrap_or((head, ""));
            let (team, subject) = match subject.strip_prefix("team ") {
                Some(subject) => (true, subject),
                None => (false, subject),
            };
            out.push(Example {
                name,
                subject,
                team,
                text: String::new(),
                kept: Vec::new(),
            });
            continue;
        }
        let Some(example) = out.last_mut() else { continue };
        let (mark, text) = row.split_at(row.len().min(1));
        assert!(matches!(mark, "" | "=" | "-"), "{}: {row}", example.name);
        example.text.push_str(text);
        example.text.push('\n');
        let read = line(text);
        if mark == "=" && !read.is_blank() {
            example.kept.push(read.words().trim().to_owned());
        }
    }
    out
}

const REPLIES: &[&str] = &[
    include_str!("replies/quotes.txt"),
    include_str!("replies/signatures.txt"),
    include_str!("replies/forwards.txt"),
    include_str!("replies/programs.txt"),
];

#[test]
fn every_reply_keeps_the_authors_lines_and_no_others() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for example in REPLIES.iter().flat_map(|file| examples(file)) {
        for (form, text) in [
            ("LF", example.text.clone()),
            ("CRLF", example.text.replace('\n', "\r\n")),
        ] {
            let lines: Vec<Line> = text.split('\n').map(line).collect();
            let rules = Rules {
                team_forwards: example.team,
                subject: example.subject,
            };
            let trimmed = trim(&lines, &rules);
            let kept = shown(&trimmed.kept);
            if kept != example.kept {
                let rules: Vec<&str> = trimmed.cuts.iter().map(|c| c.rule.name()).collect();
                let diff: Vec<String> = similar::TextDiff::from_slices(
                    &example.kept.iter().map(String::as_str).collect::<Vec<_>>(),
                    &kept.iter().map(String::as_str).collect::<Vec<_>>(),
                )
                .iter_all_changes()
                .filter(|c| c.tag() != similar::ChangeTag::Equal)
                .map(|c| {
                    format!(
                        "{} {}",
                        if c.tag() == similar::ChangeTag::Insert {
                            "leaked"
                        } else {
                            "LOST  "
                        },
                        c.value()
                    )
                })
                .collect();
                wrong.push(format!(
                    "{} ({form}) {rules:?}\n    {}",
                    example.name,
                    diff.join("\n    ")
                ));
                break;
            }
            if trimmed.forward.as_ref().is_none_or(|f| f.depth == 0) {
                assert_eq!(put_back(&trimmed.kept, &trimmed.cuts), lines, "{}", example.name);
            }
        }
        count += 1;
    }
    assert!(count >= 40, "the examples are missing: {count}");
    assert!(
        wrong.is_empty(),
        "{} of {count} wrong\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

mod properties {
    use super::*;
    use proptest::prelude::*;

    /// A line of an example, of junk, or of what marks are made of.
    fn any_line() -> impl Strategy<Value = String> {
        let rows: Vec<String> = REPLIES
            .iter()
            .flat_map(|f| f.lines())
            .filter(|r| !r.starts_with("# "))
            .map(|r| r.get(1..).unwrap_or_default().to_owned())
            .collect();
        prop_oneof![
            6 => proptest::sample::select(rows),
            2 => Just(String::new()),
            1 => "\\PC{0,40}",
            1 => "[->_=*:.@ —–‐<>\u{a0}]{0,12}[A-Za-zäéи写]{0,5}[-_=*: ]{0,5}",
        ]
    }

    fn hinted_line() -> impl Strategy<Value = Line> {
        (any_line(), 0u8..3, any::<[bool; 4]>(), any::<bool>()).prop_map(|(text, quote, hints, plain)| {
            let mut line = super::line(&text);
            if !plain {
                line.quote = quote;
                line.hints.quoted = hints[0];
                line.hints.signature = hints[1] && hints[0];
                line.hints.forwarded = hints[2] && hints[1];
                line.hints.attribution = hints[3] && hints[2];
            }
            line
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(600))]

        #[test]
        fn every_line_is_kept_or_cut_once_and_goes_back(
            lines in proptest::collection::vec(hinted_line(), 0..40),
            team in any::<bool>(),
            subject in proptest::sample::select(vec!["", "Re: Story", "Fwd: Story", "WG: Geschichte", "Story"]),
        ) {
            let trimmed = trim(&lines, &Rules { team_forwards: team, subject });
            let back = put_back(&trimmed.kept, &trimmed.cuts);
            prop_assert_eq!(back.len(), lines.len());
            for (before, after) in lines.iter().zip(&back) {
                prop_assert_eq!(&before.spans, &after.spans);
            }
            if trimmed.forward.as_ref().is_none_or(|f| f.depth == 0) && !team {
                prop_assert_eq!(&back, &lines);
            }
            // Never nothing, where there was something.
            prop_assert!(shown(&lines).is_empty() || !shown(&trimmed.kept).is_empty());
            for cut in &trimmed.cuts {
                prop_assert!(cut.at <= trimmed.kept.len() && !cut.lines.is_empty());
            }
        }
    }
}

/// Hostile sizes: what they cost is bounded by their length, not by its square.
#[test]
fn a_million_lines_and_a_megabyte_line_are_trimmed_in_linear_time() {
    let many = |text: &str, n: usize| (0..n).map(|_| line(text)).collect::<Vec<_>>();
    let rules = Rules {
        team_forwards: true,
        subject: "Fwd: Story",
    };
    for (name, lines) in [
        (
            "quote marks",
            many(
                "> On Sat, Dec 4, 2010 at 10:00 AM, Cath Lee <cath@team.example> wrote:",
                20_000,
            ),
        ),
        ("empty quotes", many(">", 20000)),
        ("blank lines", many("", 20000)),
        (
            "attributions without quotations",
            many("On Saturday my neighbour wrote:", 5000),
        ),
        ("openers", many("From: Marion", 5000)),
        ("delimiters", many("-- ", 10000)),
        ("sent from", many("Sent from my iPhone", 5000)),
        ("drawn lines", many("______________", 10000)),
        ("marks", many("---------- Forwarded message ----------", 5000)),
        (
            "alternating",
            (0..10000).map(|i| line(if i % 2 == 0 { "> a" } else { "b" })).collect(),
        ),
        (
            "alternating with blanks",
            (0..10000).map(|i| line(if i % 3 == 0 { "> a" } else { "" })).collect(),
        ),
        ("a megabyte line", vec![line(&"wrote: <a@example.org> ".repeat(50_000))]),
        ("a megabyte of marks", vec![line(&"> ".repeat(50000))]),
        ("deep", vec![line(&">".repeat(1_000_000))]),
        ("forward headers", many("From: a@example.org\nDate: 2010", 2000)),
    ] {
        let start = std::time::Instant::now();
        let trimmed = trim(&lines, &rules);
        assert_eq!(put_back(&trimmed.kept, &trimmed.cuts).len(), lines.len(), "{name}");
        let took = start.elapsed();
        assert!(took.as_secs() < 8, "{name}: {took:?}");
        if std::env::var_os("SHOW_TIMES").is_some() {
            eprintln!("{name}: {took:?}");
        }
    }
}
