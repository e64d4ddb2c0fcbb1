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

fn plain(text: &str) -> Vec<Line> {
    text.lines().map(line).collect()
}

#[test]
fn a_forward_names_its_author_and_keeps_the_note_apart() {
    let text = "Look at this.\n\n---------- Forwarded message ---------\nFrom: Marion Maxwell <marion@example.org>\n\
                Date: Sat, Dec 4, 2010 at 10:00 AM\nSubject: Our crossing\nTo: <cath@team.example>\n\n\nWe won.\n";
    for team_forwards in [true, false] {
        let trimmed = trim(
            &plain(text),
            &Rules {
                team_forwards,
                subject: "Fwd: Our crossing",
            },
        );
        let forward = trimmed.forward.expect("a forward");
        assert_eq!(forward.from.name.as_deref(), Some("Marion Maxwell"));
        assert_eq!(forward.from.address.as_deref(), Some("marion@example.org"));
        assert_eq!(forward.date.as_deref(), Some("Sat, Dec 4, 2010 at 10:00 AM"));
        assert_eq!(forward.subject.as_deref(), Some("Our crossing"));
        assert_eq!(shown(&forward.cover), ["Look at this."]);
        assert_eq!(shown(&trimmed.kept).len(), if team_forwards { 1 } else { 7 });
    }
}

#[test]
fn a_forward_quoted_line_by_line_loses_one_level() {
    let text = "Begin forwarded message:\n\n> From: Marion <marion@example.org>\n> Date: 4 December 2010\n> Subject: Story\n\
                > \n> We won.\n> \n> > They said no.\n> \n> We said yes.\n";
    let trimmed = trim(
        &plain(text),
        &Rules {
            team_forwards: true,
            subject: "",
        },
    );
    let depths: Vec<u8> = trimmed.kept.iter().filter(|l| !l.is_blank()).map(|l| l.quote).collect();
    assert_eq!(depths, [0, 1, 0]);
    assert_eq!(trimmed.forward.map(|f| f.depth), Some(1));
}

#[test]
fn the_sign_off_name_is_reported_and_stays() {
    for (text, name) in [
        ("We won.\n\nBest wishes,\nMarion Maxwell\n", Some("Marion Maxwell")),
        ("We won.\n\nBest wishes, Marion\n", Some("Marion")),
        ("We won.\n\nMarion x\n", Some("Marion")),
        ("We won.\n\n- Marion\n", Some("Marion")),
        (
            "We won.\n\nMit freundlichen Grüßen\n\nJana Weiß\nTel.: 030 900123\n",
            Some("Jana Weiß"),
        ),
        (
            "Nous avons gagné.\n\nCordialement,\nJeanne Dupont\n\nLe 4 déc. 2010 à 10:00, Cath <cath@team.example> a écrit :\n> Oui\n",
            Some("Jeanne Dupont"),
        ),
        ("We won.\n\n-- \nMarion Maxwell\n01273 900123\n", Some("Marion Maxwell")),
        ("We won.\n", None),
        ("We won.\n\nIt was in May.\n", None),
    ] {
        assert_eq!(
            trim(&plain(text), &Rules::default()).sign_off.as_deref(),
            name,
            "{text}"
        );
    }
}

#[test]
fn cutting_everything_is_called_off_and_said() {
    for text in [
        "> Please send us your story.\n> Cath\n",
        "-- \nMarion\n",
        "Sent from my iPhone\n",
    ] {
        let lines = plain(text);
        let trimmed = trim(&lines, &Rules::default());
        assert_eq!(
            (trimmed.kept, trimmed.cuts.len(), trimmed.nothing_cut),
            (lines, 0, true),
            "{text}"
        );
    }
}

#[test]
fn a_doubtful_cut_of_most_of_the_mail_is_called_off() {
    let text = "> It was the best of times, it was the worst of times, it was the age of wisdom,\n> it was the age of foolishness.\n\nSo it was.\n";
    let trimmed = trim(&plain(text), &Rules::default());
    assert!(trimmed.nothing_cut && trimmed.cuts.is_empty());
}

/// What HTML said, put on lines: q quoted, s signature, a attribution, a digit for the depth of citing blockquotes.
fn html(rows: &[(&str, &str)]) -> Vec<Line> {
    let with = |marks: &str, text: &str| {
        let mut line = Line::plain(text);
        line.hints.quoted = marks.contains('q');
        line.hints.signature = marks.contains('s');
        line.hints.attribution = marks.contains('a');
        line.hints.forwarded = marks.contains('f');
        line.quote = marks.bytes().find(u8::is_ascii_digit).map_or(0, |d| d - b'0');
        line
    };
    rows.iter().map(|(marks, text)| with(marks, text)).collect()
}

#[test]
fn the_programs_own_elements_are_believed() {
    type Rows = &'static [(&'static str, &'static str)];
    let table: &[(&str, Rows, &[&str])] = &[
        (
            "Gmail",
            &[
                ("", "We won."),
                ("", ""),
                ("qa", "Cath schreef iets op zaterdag"),
                ("q1", "Dear Marion,"),
                ("q1", "story?"),
            ],
            &["We won."],
        ),
        (
            "Gmail, answers between the quotations",
            &[
                ("", "See below."),
                ("qa", "On Sat Cath wrote:"),
                ("q1", "Where?"),
                ("q", "In Brighton."),
                ("q1", "When?"),
                ("q", "In May."),
            ],
            &[
                "See below.",
                "On Sat Cath wrote:",
                "Where?",
                "In Brighton.",
                "When?",
                "In May.",
            ],
        ),
        (
            "Outlook, divRplyFwdMsg",
            &[
                ("", "We won."),
                ("q", ""),
                ("q", "From: Cath <cath@team.example>"),
                ("q", "Sent: Saturday"),
                ("q", "Subject: x"),
                ("q", ""),
                ("q", "Dear Marion"),
            ],
            &["We won."],
        ),
        (
            "Yahoo, older mail in a blockquote inside",
            &[
                ("", "We won."),
                ("q", "On Sat, Dec 4, 2010 at 10:00 AM, Cath <cath@team.example> wrote:"),
                ("q", "Dear Marion"),
                ("q", "please"),
                ("q", "send"),
                ("q", "it"),
                ("q1", "old"),
                ("q", "Cath"),
            ],
            &["We won."],
        ),
        (
            "signature element",
            &[("", "We won."), ("", ""), ("s", "Marion Maxwell"), ("s", "Organiser")],
            &["We won."],
        ),
        (
            "signature element before the quotation",
            &[
                ("", "We won."),
                ("s", "Marion Maxwell"),
                ("qa", "On Sat Cath wrote:"),
                ("q1", "Dear"),
            ],
            &["We won."],
        ),
        ("all of it in a quotation", &[("q1", "We won.")], &["We won."]),
    ];
    for (name, rows, kept) in table {
        assert_eq!(shown(&trim(&html(rows), &Rules::default()).kept), *kept, "{name}");
    }
}

#[test]
fn every_rule_has_the_name_that_json_has() {
    let all = [
        Rule::QuoteAttribution,
        Rule::QuoteMarks,
        Rule::QuoteOnTop,
        Rule::OriginalMessage,
        Rule::OutlookHeaderBlock,
        Rule::ReplyAboveLine,
        Rule::ForwardNote,
        Rule::ForwardHeader,
        Rule::SignatureDelimiter,
        Rule::SignatureBlock,
        Rule::ContactBlock,
        Rule::SentFrom,
        Rule::LegalNotice,
        Rule::EnvironmentNotice,
        Rule::VirusScanner,
        Rule::ListFooter,
    ];
    for rule in all {
        assert_eq!(serde_json::to_value(rule).ok(), Some(rule.name().into()));
        assert!(rule.to_string().ends_with('.'));
    }
}
