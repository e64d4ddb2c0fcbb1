use super::*;

/// Lines of plain text as the reader of a mail makes them: `>` counted and taken off.
fn lines(text: &str) -> Vec<Line> {
    text.lines().map(line).collect()
}

fn line(text: &str) -> Line {
    let mut rest = text;
    let mut quote = 0;
    while let Some(more) = rest.strip_prefix('>') {
        quote += 1;
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
