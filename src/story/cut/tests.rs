use super::*;
use crate::effort::{in_steps, in_time};
use crate::story::passage::Span;

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

/// The line without what stands in `<...>`.
fn unaddressed(text: &str) -> String {
    let (before, rest) = text.split_once(" <").expect("an address");
    format!("{before}{}", rest.split_once('>').expect("its end").1)
}

/// One mail of `replies.txt`: `=` before a line that is kept, `~` before one that is kept without its address, `-` before one that
/// is cut, nothing before a blank one.
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
        assert!(matches!(mark, "" | "=" | "~" | "-"), "{}: {row}", example.name);
        example.text.push_str(text);
        example.text.push('\n');
        let read = line(text);
        if mark == "=" && !read.is_blank() {
            example.kept.push(read.words().trim().to_owned());
        } else if mark == "~" {
            example.kept.push(unaddressed(&read.words()));
        }
    }
    out
}

const REPLIES: &[&str] = &[
    include_str!("replies/quotes.txt"),
    include_str!("replies/signatures.txt"),
    include_str!("replies/forwards.txt"),
    include_str!("replies/programs.txt"),
    include_str!("replies/odd.txt"),
    include_str!("replies/marks.txt"),
    include_str!("replies/feet.txt"),
    include_str!("replies/wild.txt"),
    include_str!("replies/below.txt"),
    include_str!("replies/notices.txt"),
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
                ..Rules::default()
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

/// Of these nothing tells any more that the last line, or the first, was not all there was of the other's; or, without an address,
/// which of the words over a letter are the name under it; or that a line of `-- ` parts a text.
const KEPT_ONCE: [&str; 4] = [
    "a letter shown without marks, and its reader goes on",
    "somebody else's forward, its note's footer goes | Fwd: Story",
    "bars under answers, left over",
    "a text parted by a delimiter, and a signature",
];

/// What was kept of a mail is a mail that its author might have sent as it is: nothing more goes.
#[test]
fn what_is_kept_is_kept_again() {
    let mut wrong = Vec::new();
    for file in REPLIES {
        let mut own: Vec<(&str, String)> = Vec::new();
        for row in file.lines() {
            if let Some(head) = row.strip_prefix("# ") {
                own.push((head, String::new()));
            } else if !row.starts_with('-')
                && let Some((_, text)) = own.last_mut()
            {
                match row.strip_prefix('~') {
                    Some(addressed) => text.push_str(&unaddressed(addressed)),
                    None => text.push_str(row.get(1..).unwrap_or_default()),
                }
                text.push('\n');
            }
        }
        for (name, text) in own {
            let lines: Vec<Line> = text.split('\n').map(line).collect();
            let kept = shown(&trim(&lines, &Rules::default()).kept);
            let lost: Vec<String> = shown(&lines).into_iter().filter(|l| !kept.contains(l)).collect();
            if !lost.is_empty() && !KEPT_ONCE.contains(&name) {
                wrong.push(format!("{name}: {lost:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} lose more:\n{}", wrong.len(), wrong.join("\n"));
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
            fresh in any::<bool>(),
            subject in proptest::sample::select(vec!["", "Re: Story", "Fwd: Story", "WG: Geschichte", "Story"]),
        ) {
            let trimmed = trim(&lines, &Rules { team_forwards: team, subject, fresh, ..Rules::default() });
            let back = put_back(&trimmed.kept, &trimmed.cuts);
            prop_assert_eq!(back.len(), lines.len());
            for (before, after) in lines.iter().zip(&back) {
                prop_assert_eq!(&before.spans, &after.spans);
            }
            // What a forward holds is no longer marked as another's.
            if trimmed.forward.is_none() {
                prop_assert_eq!(&back, &lines);
            }
            // Never nothing, where there was something that a person wrote.
            let footers = trimmed.cuts.iter().all(|cut| matches!(cut.rule, Rule::SentFrom | Rule::VirusScanner));
            prop_assert!(shown(&lines).is_empty() || !shown(&trimmed.kept).is_empty() || footers);
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
        ..Rules::default()
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
        ("bars", many("| a", 20_000)),
        (
            "bars and own lines",
            (0..10000)
                .map(|i| line(if i % 2 == 0 { "| a" } else { "b wrote:" }))
                .collect(),
        ),
        (
            "names and own lines",
            (0..10000)
                .map(|i| {
                    line(if i % 2 == 0 {
                        "Anna> a"
                    } else {
                        "Anna Berg <anna@example.org> wrote:"
                    })
                })
                .collect(),
        ),
        (
            "attributions without marks, each signed",
            (0..10000)
                .map(|i| line(["On 4 Dec 2010 at 10:00, Anna Berg wrote:", "", "Tom", ""][i % 4]))
                .collect(),
        ),
        ("deep", vec![line(&">".repeat(1_000_000))]),
        ("forward headers", many("From: a@example.org\nDate: 2010", 2000)),
    ] {
        let trimmed = in_time(name, || trim(&lines, &rules));
        assert_eq!(put_back(&trimmed.kept, &trimmed.cuts).len(), lines.len(), "{name}");
    }
}

/// The same, counted: what each line is asked does not grow with the mail.
#[test]
fn lines_of_any_shape_cost_what_they_are_many() {
    let head = "On Sat, Dec 4, 2010 at 10:00 AM, Cath Lee <cath@team.example> wrote:\n";
    for (above, piece, below) in [
        ("", "Sent from my iPhone\n", ""),
        ("", "-- \n", ""),
        ("", "-- \nMarion\n\n", ""),
        ("", "--\n", ""),
        ("", ">>> Anna Berg <a@b.example> 12/4/2010 10:00 AM >>>\n", ""),
        ("", "> why?\n\nbecause we say so.\n\nSent from my iPhone\n\n", "We won."),
        ("", "> why?\n\nSent from my iPhone\n\n", ""),
        (
            "",
            "> On 4 Dec 2010 at 10:00, Anna Berg <a@b.example> wrote:\n> why?\n\nbecause.\n\n",
            "",
        ),
        ("", "read this:\n> why?\n\n", "We won."),
        ("\n", "> why?\n\nSent from my iPhone\n\n", ""),
        ("\n", "-- \n", ""),
        ("We won.\n", "\n", "Marion"),
        ("We won.\n", "\n-- \n", "Marion"),
        (
            "We won.\n",
            "This email is confidential and for the intended recipient only; please delete it.\n\n",
            "",
        ),
        (
            "We won.\n",
            "To unsubscribe from this group, write to a@b.example\n",
            "",
        ),
        (
            "We won.\n",
            "-----BEGIN PGP SIGNATURE-----\n-----END PGP SIGNATURE-----\n",
            "",
        ),
        ("We won.\n", "Best wishes,\nMarion\n0113 496 0000\n\n", ""),
        ("We won.\n", "P.S. We danced.\n\n", ""),
        ("We won.\n", "To: a@b.example\n", ""),
        ("We won.\n", "From: Anna\nTo: a@b.example;\n\n", ""),
        ("We won.\n", "-----Original Message-----\nFrom a\n", ""),
        ("We won.\n", "|------------->\n", ""),
        ("We won.\n", "To\ncc\nSubject\n", ""),
        (head, "> ", "\nWe won."),
        (head, "> why?\n", "\nWe won."),
    ] {
        for (subject, fresh) in [("Story", true), ("Re: Story", false), ("Fwd: Story", false)] {
            let rules = Rules {
                subject,
                fresh,
                author: "Marion Maxwell",
                ..Rules::default()
            };
            in_steps(&format!("{above:?} {piece:?} {subject}"), 100, |n| {
                let lines = plain(&format!("{}{}{below}", above.repeat(n), piece.repeat(n)));
                let trimmed = trim(&lines, &rules);
                assert_eq!(put_back(&trimmed.kept, &trimmed.cuts).len(), lines.len());
            });
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
                ..Rules::default()
            },
        );
        let forward = trimmed.forward.expect("a forward");
        assert_eq!(forward.from.name.as_deref(), Some("Marion Maxwell"));
        assert_eq!(forward.from.address.as_deref(), Some("marion@example.org"));
        assert_eq!(forward.date.as_deref(), Some("Sat, Dec 4, 2010 at 10:00 AM"));
        assert_eq!(forward.subject.as_deref(), Some("Our crossing"));
        assert_eq!(shown(&forward.cover), ["Look at this."]);
        assert_eq!(shown(&trimmed.kept).len(), if team_forwards { 1 } else { 2 });
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
            ..Rules::default()
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
    for text in ["> Please send us your story.\n> Cath\n", "-- \nMarion\n"] {
        let lines = plain(text);
        let trimmed = trim(&lines, &Rules::default());
        assert_eq!(
            (trimmed.kept, trimmed.cuts.len(), trimmed.nothing_cut),
            (lines, 0, true),
            "{text}"
        );
    }
}

/// In a mail that answers none; the same lines go from an answer.
#[test]
fn what_is_an_authors_own_quotation() {
    let words = "We had been afraid of him for years. Then I asked him for the key.";
    for (quotation, own) in [
        ("> The hall is yours.\n> -- the caretaker", true),
        ("> The hall is yours.\n>\n> It was always yours.", true),
        ("> Have you a story for us?\n> cath@team.example", false),
        ("> On 4 Dec 2010, at 09:15, Cath Lee wrote:\n> Have you a story?", false),
        (
            "> From: Cath Lee <cath@team.example>\n> Date: 4 December 2010\n> Subject: Story\n>\n> Have you one?",
            false,
        ),
        ("On 4 Dec 2010, at 09:15, Cath Lee wrote:\n> Have you a story?", false),
    ] {
        let lines = plain(&format!("{words}\n\n{quotation}"));
        let of = |fresh, subject| {
            trim(
                &lines,
                &Rules {
                    fresh,
                    subject,
                    ..Rules::default()
                },
            )
        };
        let fresh = of(true, "The hall");
        assert_eq!((fresh.kept == lines, fresh.quotation_kept), (own, own), "{quotation}");
        for answer in [of(true, "Re: The hall"), of(false, "The hall")] {
            assert_eq!(shown(&answer.kept), [words], "{quotation}");
            assert!(!answer.quotation_kept, "{quotation}");
        }
    }
}

#[test]
fn what_a_subject_says_in_the_languages_of_the_programs() {
    for subject in [
        "Fwd: a",
        "WG: a",
        "TR: a",
        "VB: a",
        "VL: a",
        "VS: a",
        "Doorst: a",
        "PD: a",
        "İLT: a",
        "ΠΡΘ: a",
        "YML: a",
    ] {
        assert!(subject::says(subject) == subject::Says::Forward, "{subject}");
    }
    for subject in [
        "Re: a",
        "AW: a",
        "SV: a",
        "Antw: a",
        "Odp: a",
        "YNT: a",
        "ΑΠ: a",
        "ΣΧΕΤ: a",
        "Vá: a",
        "ATB: a",
        "Odg: a",
    ] {
        assert!(subject::says(subject) == subject::Says::Reply, "{subject}");
    }
    assert!(subject::says("Our street: a story") == subject::Says::Nothing);
}

/// `VS:` is a forward in Copenhagen and Oslo, and an answer in Helsinki and Tallinn: the header below says which.
#[test]
fn vs_is_a_forward_or_an_answer_by_the_language_of_its_header() {
    for (header, forwarded) in [
        (
            "Fra: Bo <bo@example.org>\nSendt: 4. december 2010 10:00\nTil: Blog\nEmne: Historie",
            true,
        ),
        (
            "Lähettäjä: Bo <bo@example.org>\nLähetetty: 4. joulukuuta 2010 10:00\nAihe: Tarina",
            false,
        ),
        (
            "Saatja: Bo <bo@example.org>\nSaadetud: 4. detsember 2010 10:00\nTeema: Lugu",
            false,
        ),
    ] {
        let lines = plain(&format!("Words of ours.\n\n{header}\n\nWords of Bo's."));
        let subject = "VS: Historie";
        let trimmed = trim(
            &lines,
            &Rules {
                subject,
                ..Rules::default()
            },
        );
        assert_eq!(trimmed.forward.is_some(), forwarded, "{header}");
        assert_eq!(
            shown(&trimmed.kept).contains(&"Words of Bo's.".to_owned()),
            forwarded,
            "{header}"
        );
    }
}

const LETTER: &str = "From: Council Office <office@council.example>\nSent: Saturday, December 4, 2010 10:00 AM\n\
    To: Marion Maxwell <marion@example.org>\nSubject: Your petition";
const WROTE: &str = "On Sat, Dec 4, 2010 at 10:00 AM, Council Office <office@council.example> wrote:";

#[test]
fn a_letter_that_the_author_put_into_a_fresh_mail_stays_with_all_under_it() {
    let story =
        "Dear Mrs Maxwell, there will be no crossing.\n\nWe did not believe them, and went there on Monday.\n\nMarion";
    let mark = "-----Original Message-----\n";
    for (head, gone) in [
        (LETTER.to_owned(), 4),
        (format!("{mark}{LETTER}"), 5),
        (WROTE.to_owned(), 0),
        ("On Sat, Dec 4, 2010 at 10:00 AM, Council Office wrote:".to_owned(), 0),
    ] {
        let lines = plain(&format!(
            "We asked for a crossing, and this came back.\n\n{head}\n\n{story}"
        ));
        let of = |fresh, subject, author| {
            trim(
                &lines,
                &Rules {
                    fresh,
                    subject,
                    author,
                    ..Rules::default()
                },
            )
        };
        let kept = of(true, "The crossing", "Marion Maxwell");
        assert!(kept.another_kept && !kept.unmarked_cut, "{head}");
        let whole = kept.cuts.iter().filter(|c| c.left == 0);
        assert_eq!(whole.map(|c| c.lines.len()).sum::<usize>(), gone, "{head}");
        assert!(kept.kept.iter().all(|l| !l.words().contains('@')), "{head}");
        assert_eq!(kept.kept.len() + gone, lines.len(), "{head}");
        // in an answer a program put it there, or where somebody else signs below, and there is an address; what goes with it is told
        let mut answers = vec![
            of(true, "Re: The crossing", "Ann Lee"),
            of(false, "The crossing", "Ann Lee"),
        ];
        let others = [of(true, "The crossing", "Ann Lee"), of(true, "The crossing", "")];
        match head.contains('@') {
            true => answers.extend(others),
            false => assert!(others.iter().all(|o| o.cuts.is_empty() && o.another_kept), "{head}"),
        }
        for answers in answers {
            assert_eq!(
                shown(&answers.kept),
                ["We asked for a crossing, and this came back."],
                "{head}"
            );
            assert!(answers.unmarked_cut && !answers.another_kept, "{head}");
        }
    }
}

#[test]
fn no_address_stays_in_a_line_that_says_who_wrote() {
    let kept = |lines: &[Line]| {
        let rules = Rules {
            fresh: true,
            author: "Marion Maxwell",
            ..Rules::default()
        };
        let trimmed = trim(lines, &rules);
        assert_eq!(put_back(&trimmed.kept, &trimmed.cuts), lines);
        trimmed.kept
    };
    let story = |said: &str| {
        plain(&format!(
            "We asked.\n\n{said}\n> No crossing.\n\nSo we marched.\n\nMarion"
        ))
    };
    for said in [
        "Anna Berg <anna@council.example>:",
        "On 4 May 2010, Anna Berg <anna@council.example> wrote:",
        "On 4 May 2010, Anna Berg <anna@\ncouncil.example> wrote:",
        "On 4 May 2010, Anna Berg <anna.of.the.council\n@council.example> wrote:",
    ] {
        let left = kept(&story(said));
        assert!(left.iter().any(|l| l.words().contains("Anna Berg")), "{said}");
        assert!(
            left.iter()
                .all(|l| !l.words().contains(['@', '<']) && !l.words().contains("council")),
            "{said}: {left:?}"
        );
    }
    for said in ["On 4 May 2010, N wrote:", "N wrote:", "N:"] {
        let mut lines = story(said);
        let at = lines.iter().position(|l| l.words() == said).unwrap_or_default();
        let (before, after) = said.split_once('N').unwrap_or_default();
        let link = Span {
            href: Some("mailto:anna@council.example".to_owned()),
            ..Span::text("Anna Berg")
        };
        lines[at].spans = vec![Span::text(before), link, Span::text(after)];
        let left = kept(&lines);
        assert!(left.iter().any(|l| l.words().contains("Anna Berg")), "{said}");
        assert!(
            left.iter().flat_map(|l| &l.spans).all(|s| s.href.is_none()),
            "{said}: {left:?}"
        );
    }
}

#[test]
fn no_address_stays_in_a_header_where_nothing_would_be_left() {
    for header in [
        LETTER,
        "---------- Original Message ----------\nFrom Anna Berg <anna@council.example>\nTo Marion <marion@example.org>\n\
         Date 12/4/2010 10:00\nSubject Your petition",
        ">>> Anna Berg <anna@council.example> 12/4/2010 10:00 AM >>>",
        "From: Anna Berg <tel:+441134960000>\nSent: 4 December 2010 10:00\nTo: Marion (0113 496 0000)\nSubject: Your petition",
    ] {
        let lines = plain(&format!("{header}\n\nNo crossing."));
        let trimmed = trim(&lines, &Rules::default());
        let left = shown(&trimmed.kept);
        assert!(left.contains(&"No crossing.".to_owned()), "{header}");
        assert!(!left.iter().any(|l| l.contains('@') || l.contains("496")), "{left:?}");
        assert_eq!(put_back(&trimmed.kept, &trimmed.cuts), lines);
    }
}

#[test]
fn the_address_of_the_sixth_letter_goes_like_that_of_the_first() {
    let mut text = "We asked.\n".to_owned();
    for n in 0..9 {
        text += &format!("\n{LETTER}\n\nAnswer {n} was no.\n");
    }
    text += "\nSo we marched.\n\nMarion";
    let lines = plain(&text);
    let rules = Rules {
        fresh: true,
        author: "Marion Maxwell",
        ..Rules::default()
    };
    let trimmed = trim(&lines, &rules);
    assert!(
        trimmed.kept.iter().all(|l| !l.words().contains('@')),
        "{:?}",
        shown(&trimmed.kept)
    );
    assert_eq!(
        shown(&trimmed.kept).iter().filter(|l| l.starts_with("Answer")).count(),
        9
    );
    assert_eq!(put_back(&trimmed.kept, &trimmed.cuts), lines);
}

#[test]
fn letters_under_letters_stay_too_and_the_phones_line_goes() {
    let text = format!(
        "We asked.\n\n{LETTER}\n\nNo.\n\n{LETTER}\n\nStill no. So we marched.\n\nMarion\n\nSent from my iPhone"
    );
    let lines = plain(&text);
    let rules = Rules {
        fresh: true,
        author: "Marion Maxwell",
        ..Rules::default()
    };
    let trimmed = trim(&lines, &rules);
    assert_eq!(
        shown(&trimmed.kept),
        ["We asked.", "No.", "Still no. So we marched.", "Marion"]
    );
    assert_eq!(put_back(&trimmed.kept, &trimmed.cuts), lines);
}

#[test]
fn of_an_answer_only_a_large_unmarked_cut_is_told() {
    let story =
        "We asked for a crossing, and for two years nobody came, until two hundred of us stood at the kerb.\n\n";
    for (text, told) in [
        (format!("{story}{WROTE}\n\nSend us your story."), false),
        (format!("Yes.\n\n{WROTE}\n\n{story}"), true),
        (format!("Yes.\n\n{WROTE}\n> {}", story.trim()), false),
        (format!("Yes.\n\n{LETTER}\n\n{story}"), true),
        (format!("Yes.\n\n-- \n{story}"), false),
    ] {
        let rules = Rules {
            subject: "Re: Story",
            ..Rules::default()
        };
        assert_eq!(trim(&plain(&text), &rules).unmarked_cut, told, "{text}");
    }
    // where nothing was answered, any is
    let small = plain(&format!("{story}{WROTE}\n\nSend us your story."));
    let rules = Rules {
        fresh: true,
        ..Rules::default()
    };
    assert!(trim(&small, &rules).unmarked_cut);
}

#[test]
fn a_mail_that_is_only_the_line_of_a_phone_says_nothing() {
    let trimmed = trim(&plain("Sent from my iPhone\n"), &Rules::default());
    assert_eq!((trimmed.kept.len(), trimmed.cuts.len()), (0, 1));
}

/// Above an answer of many words the quotation goes, which is told; see the one below.
/// `Hi Cath,` or "here it is" above the mail that is answered makes it no quotation of the author's choice; and of one that stays, the
/// reviewer is told.
#[test]
fn a_mail_under_a_greeting_and_above_the_story_goes_and_one_that_stays_is_told() {
    let head = "On Sat, Dec 4, 2010 at 10:00 AM, Cath Lee <cath@team.example> wrote:\n";
    let private = "> Dear Marion,\n>\n> my mother is ill again, so I am slow. Bo should not be asked.\n> Could you send us the story?\n";
    let asked = "> Where was it?\n";
    let story = "\nWe met at the hall every Tuesday for a year.\n\nMarion\n";
    for (above, quotation, gone) in [
        ("Hi Cath,\n\n", private, true),
        ("Here it is, as you asked.\n\n", private, true),
        ("Hi Cath,\nHere is my story.\n\n", private, true),
        ("She sent me this:\n\n", private, false),
        (
            "Our bus was late, and so was the council with its answer.\n\n",
            private,
            false,
        ),
        // the answer needs its question
        ("Hi Cath,\n\n", asked, false),
        ("Hi Cath,\n\nThank you for asking us.\n\n", asked, false),
    ] {
        let text = format!("{above}{head}{quotation}{story}");
        let trimmed = trim(
            &plain(&text),
            &Rules {
                subject: "Re: Story",
                ..Rules::default()
            },
        );
        let kept = shown(&trimmed.kept);
        let marked = trimmed.kept.iter().filter(|l| l.quote > 0).count();
        assert_eq!(marked == 0, gone, "{text}");
        assert_eq!(trimmed.quotation_kept, !gone, "{text}");
        assert!(kept.iter().any(|l| l.starts_with("We met")), "{text}");
        assert_eq!(kept[0], above.lines().next().unwrap(), "{text}");
    }
}

/// What an author writes under a notice is no part of it, however short: only what is a card, or speaks of the law, goes with it.
#[test]
fn words_under_a_legal_notice_stay() {
    let notice = "This email is confidential and intended solely for the addressee. If you are not the intended recipient, please delete it.";
    for (below, gone) in [
        ("P.S. She sang.", true),
        ("She sang, and we cried.\n\nThat was May.", false),
        ("We danced!", false),
        (
            "A bus, a bus,\nat ten to four\nfor all of Elm Road\nright to the door.",
            false,
        ),
        ("the bus\nthe bus", false),
        ("Elm Trust is a registered charity, no. 1234567.", true),
        ("Elm Trust, 1 Elm Road, Leeds\nwww.elm.example", true),
    ] {
        let trimmed = trim(&plain(&format!("We won.\n\n{notice}\n\n{below}\n")), &Rules::default());
        let kept = shown(&trimmed.kept);
        let own = !below.starts_with("Elm");
        assert_eq!(
            below
                .lines()
                .filter(|l| !l.is_empty())
                .all(|l| kept.iter().any(|k| k == l)),
            own,
            "{below}"
        );
        assert_eq!(!kept.iter().any(|l| l == notice), gone, "{below}");
    }
}

#[test]
fn a_quotation_that_is_most_of_an_answer_goes_from_above_it() {
    let call = "> Dear all,\n> we ask for stories of what was done after the training, and with whom, until the end of the month.\n\n";
    let told = "> It was the best of times, it was the worst of times, it was the age of wisdom,\n> it was the age of foolishness.\n\n";
    let answer = "We opened the hall on Sundays, all of us.";
    for (subject, quotation, below, cut) in [
        ("Re: Story", call, answer, true),
        ("Re: Story", call, "So it was.", false),
        ("Re: Story", told, answer, false),
        ("The hall", call, answer, false),
    ] {
        let rules = Rules {
            subject,
            fresh: true,
            ..Rules::default()
        };
        let trimmed = trim(&plain(&format!("{quotation}{below}")), &rules);
        assert_eq!(
            (shown(&trimmed.kept).len() == 1, trimmed.most_cut),
            (cut, cut),
            "{subject}: {below}"
        );
    }
}

#[test]
fn a_text_under_a_lone_delimiter_is_no_signature() {
    let long = "We went from door to door. Nobody had asked them before, and forty of them said yes to us in the first week. \
                In May we stood in the hall with a hundred and twenty people.";
    let cut = |above: &str, below: &str| trim(&plain(&format!("{above}\n\n-- \n{below}")), &Rules::default());
    for (above, below) in [("The first year we failed.", long), (&*format!("{long} {long}"), long)] {
        let kept = cut(above, below);
        assert!(kept.cuts.is_empty() && kept.under_delimiter, "{above} / {below}");
    }
    for (above, below) in [
        ("We failed.", &*format!("Marion Maxwell\n{long}")),
        ("We failed.", &*format!("{long}\n01273 900123")),
        (
            "We failed.",
            "It was the best of times, it was the worst of times. (Dickens)",
        ),
        ("We failed.", &*format!("\"{long}\" G. B. Shaw")),
        (long, "We went from door to door. Nobody had asked them before."),
    ] {
        let gone = cut(above, below);
        assert!(!gone.cuts.is_empty() && !gone.under_delimiter, "{above} / {below}");
    }
}

#[test]
fn what_goes_on_under_a_signature_stays_and_is_told() {
    let card = "We won the first vote.\n\n-- \nMarion Maxwell\n01273 900123\n\n";
    let answered = "On Sat, Dec 4, 2010 at 10:00 AM, Cath Lee <cath@team.example> wrote:\n> Please tell us.";
    for (below, kept, told) in [
        ("And then the lights went up, and nobody slept.", 2, true),
        ("P.S. The bus is red.", 2, false),
        (answered, 1, false),
    ] {
        let trimmed = trim(&plain(&format!("{card}{below}")), &Rules::default());
        assert_eq!(
            (shown(&trimmed.kept).len(), trimmed.under_delimiter),
            (kept, told),
            "{below}"
        );
        assert_eq!(trimmed.cuts[0].rule, Rule::SignatureDelimiter, "{below}");
    }
}

/// A quotation of the author's own above the delimiter is no mail that was answered, whose signature might stand under it.
#[test]
fn a_sentence_under_a_delimiter_below_the_authors_own_quotation_stays() {
    let poem = "> No coward soul is mine\n> No trembler in the storm";
    let said = "That is what she read to us, and the whole room stood up.";
    for (above, under, gone) in [
        ("We met at the hall.", said, &[][..]),
        ("She read this to us:", said, &[]),
        (
            "We met at the hall.",
            "Marion Maxwell\n0113 496 0000",
            &[Rule::SignatureDelimiter],
        ),
    ] {
        let rules = Rules {
            fresh: true,
            ..Rules::default()
        };
        let trimmed = trim(&plain(&format!("{above}\n\n{poem}\n\n--\n{under}")), &rules);
        let rules: Vec<Rule> = trimmed.cuts.iter().map(|c| c.rule).collect();
        assert_eq!(rules, gone, "{above} / {under}");
    }
    // the mail that is answered, and its signature
    let head = "On Sat, Dec 4, 2010 at 10:00 AM, Cath Lee <cath@team.example> wrote:";
    let answer = format!("We met at the hall.\n\n{head}\n{poem}\n\n--\n{said}");
    assert_eq!(
        shown(&trim(&plain(&answer), &Rules::default()).kept),
        ["We met at the hall."]
    );
}

#[test]
fn what_goes_under_a_line_without_an_address_is_told() {
    let story = "We waited at the bridge, all of us, with the dog and the soup and the children and the flags.\n\n";
    for (head, told) in [
        ("On 4 Mar 2021, at 10:12, Rosa Parks wrote:", true),
        ("On 4 Mar 2021, at 10:12, Rosa Parks <rosa@example.org> wrote:", false),
    ] {
        let answer = trim(
            &plain(&format!("{story}{head}\n\nDo not come.")),
            &Rules {
                subject: "Re: Story",
                ..Rules::default()
            },
        );
        assert_eq!(answer.unmarked_cut, told, "{head}");
        assert_eq!(shown(&answer.kept), [story.trim()], "{head}");
    }
}

#[test]
fn the_senders_own_earlier_mail_stays() {
    let sent = |address: &str, head: &str| {
        let text = format!("Did you get this?\n\n{head}\n> We won the lane.\n>\n> Marion");
        trim(
            &plain(&text),
            &Rules {
                subject: "Re: Story",
                sender: address,
                author: "Marion Maxwell",
                ..Rules::default()
            },
        )
    };
    let head = "On Sat, Dec 4, 2010 at 10:00 AM, Marion Maxwell <marion@example.org> wrote:";
    let own = sent("marion@example.org", head);
    assert_eq!(shown(&own.kept), ["Did you get this?", "We won the lane.", "Marion"]);
    assert!(own.another_kept && !own.nothing_cut);
    let other = sent("ann@example.org", head);
    assert_eq!(shown(&other.kept), ["Did you get this?"]);
    assert!(!other.another_kept);
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
fn a_forward_inside_the_programs_quoting_element_is_taken_apart() {
    let gmail = html(&[
        ("", "Look at this."),
        ("qa", "---------- Forwarded message ---------"),
        ("qa", "From: Marion Maxwell <marion@example.org>"),
        ("qa", "Date: Sat, Dec 4, 2010 at 10:00 AM"),
        ("qa", "Subject: Story"),
        ("q", ""),
        ("qf", "We won."),
    ]);
    let apple = html(&[
        ("q1", "Begin forwarded message:"),
        ("q1", ""),
        ("q1", "From: Marion Maxwell <marion@example.org>"),
        ("q1", "Subject: Story"),
        ("q1", "Date: 4 December 2010"),
        ("q1", ""),
        ("q1", "We won."),
    ]);
    let outlook = html(&[
        ("", "See below."),
        ("q", "From: Marion Maxwell"),
        ("q", "Sent: 04 December 2010 10:00"),
        ("q", "Subject: Story"),
        ("q", ""),
        ("q", "We won."),
    ]);
    for lines in [gmail, apple, outlook] {
        let rules = Rules {
            team_forwards: true,
            subject: "Fwd: Story",
            ..Rules::default()
        };
        let trimmed = trim(&lines, &rules);
        assert_eq!(shown(&trimmed.kept), ["We won."]);
        assert!(trimmed.kept.iter().all(|l| l.quote == 0 && !l.hints.quoted));
        assert_eq!(
            trimmed.forward.and_then(|f| f.from.name).as_deref(),
            Some("Marion Maxwell")
        );
    }
}

#[test]
fn every_rule_has_the_name_that_json_has() {
    let all = [
        Rule::QuoteAttribution,
        Rule::AttributionAddress,
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

/// Attributions as programs write them, N for the name and A for the address.
#[rustfmt::skip]
const ATTRIBUTIONS: &[&str] = &[
    "On Sat, Dec 4, 2010 at 10:00 AM, N <A> wrote:", "On Sat, Dec 4, 2010 at 10:00 AM N <A> wrote:",
    "On Sat, 4 Dec 2010 at 10:00, N <A> wrote:", "On Saturday, December 4, 2010, 10:00:00 AM GMT, N <A> wrote:",
    "On 04/12/2010 10:00, N wrote:", "On 12/4/10 10:00 AM, N wrote:", "On Dec 4, 2010, at 10:00, N <A> wrote:",
    "Am Sa., 4. Dez. 2010 um 10:00 Uhr schrieb N <A>:", "Am 04.12.2010 um 10:00 schrieb N:",
    "Am 04.12.2010 um 10:00 schrieb N <A>:", "N <A> schrieb am Sa., 4. Dez. 2010, 10:00:",
    "Le sam. 4 déc. 2010 à 10:00, N <A> a écrit :", "Le 04/12/2010 à 10:00, N a écrit :",
    "El sáb, 4 dic 2010 a las 10:00, N (<A>) escribió:", "El 04/12/2010 a las 10:00, N escribió:",
    "Il giorno sab 4 dic 2010 alle ore 10:00 N <A> ha scritto:", "Il 04/12/2010 10:00, N ha scritto:",
    "Op za 4 dec. 2010 om 10:00 schreef N <A>:", "Op 04-12-2010 om 10:00 schreef N:",
    "Op 4 dec. 2010 om 10:00 heeft N <A> het volgende geschreven:",
    "Em sáb., 4 de dez. de 2010 às 10:00, N <A> escreveu:", "Em 04/12/2010 10:00, N escreveu:",
    "Den lør. 4. dec. 2010 kl. 10.00 skrev N <A>:", "Den 04.12.2010 10:00, skrev N:",
    "lør. 4. des. 2010 kl. 10:00 skrev N <A>:", "Den lör 4 dec. 2010 kl 10:00 skrev N <A>:",
    "4 dec 2010 kl. 10:00 skrev N <A>:", "la 4. jouluk. 2010 klo 10.00 N (A) kirjoitti:",
    "N <A> kirjoitti 4.12.2010 kello 10.00:", "sob., 4 gru 2010 o 10:00 N <A> napisał(a):",
    "W dniu 04.12.2010 o 10:00, N pisze:", "so 4. 12. 2010 v 10:00 odesílatel N <A> napsal:",
    "Dne 4.12.2010 v 10:00 N napsal(a):", "N <A> ezt írta (időpont: 2010. dec. 4., Szo, 10:00):",
    "Pe sâm., 4 dec. 2010 la 10:00, N <A> a scris:", "сб, 4 дек. 2010 г. в 10:00, N <A>:",
    "4 декабря 2010 г., 10:00 пользователь N <A> написал:", "04.12.2010 10:00, N пишет:",
    "сб, 4 груд. 2010 р. о 10:00 N <A> пише:", "На сб, 4.12.2010 г. в 10:00 N <A> написа:",
    "Στις Σάβ, 4 Δεκ 2010 στις 10:00 π.μ., ο χρήστης N <A> έγραψε:",
    "N <A>, 4 Ara 2010 Cmt, 10:00 tarihinde şunu yazdı:", "2010年12月4日(土) 10:00 N <A>:",
    "N <A> 于2010年12月4日周六 10:00写道：", "N <A> 於 2010年12月4日 週六 上午10:00寫道：", "2010년 12월 4일 (토) 오전 10:00, N <A>님이 작성:",
    "في السبت، 4 ديسمبر 2010 في 10:00 ص تمت كتابة ما يلي بواسطة N <A>:",
    "Vào 10:00, Th 7, 4 thg 12, 2010 N <A> đã viết:", "Pada tanggal Sab, 4 Des 2010 pukul 10.00 N <A> menulis:",
    "2010-12-04 10:00 GMT+01:00 N <A>:", "2010/12/4 N <A>", "N <A> wrote on 04/12/2010 10:00:00:", "N <A> writes:",
    "Quoting N <A>:", "* N <A> [2010-12-04 10:00]:", "Dec 4, 2010, 10:00 by A:",
    "---- On Sat, 04 Dec 2010 10:00:00 +0000 N <A> wrote ----", "On 4 Dec 2010, 10:00 +0000, N <A>, wrote:",
];
#[rustfmt::skip]
const NAMES: &[&str] = &[
    "Cath Lee", "cath", "Lee, Cath", "\"Lee, Cath (Brighton)\"", "Cath van der Lee", "CATH LEE",
    "Cath Lee via Leaders", "'Cath Lee' via Leaders", "cath.lee@team.example", "Dr. Cath O'Lee-Smith", "Κατερίνα Λη",
    "Екатерина Ли", "李凯思", "M4C Team (Stories)", "C. Lee", "Team support",
];

/// `text` broken at blanks so that no line is longer than `width`, as mailers do.
fn wrap(text: &str, width: usize) -> String {
    let mut out = String::new();
    let mut column = 0;
    for word in text.split(' ') {
        let len = word.chars().count();
        if column > 0 && column + 1 + len > width {
            out.push('\n');
            column = 0;
        } else if column > 0 {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += len;
    }
    out
}

#[test]
fn attributions_are_found_whatever_the_name_and_wherever_they_are_wrapped() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for attribution in ATTRIBUTIONS {
        for name in NAMES {
            for width in [200, 72, 47] {
                for (own, gap, quote) in [
                    ("We won.\n\nMarion\n\n", "\n\n", "> Dear Marion,\n> tell us.\n"),
                    (
                        "We won the crossing in May, and we are proud of it.\n",
                        "\n",
                        ">Dear Marion,\n",
                    ),
                    ("We won.\nMarion\n", "\n", "> Dear Marion,\n"),
                    ("We won.\n\nMarion\n\n", "\n", "| Dear Marion,\n|\n| tell us.\n"),
                ] {
                    let line = attribution.replace('N', "\u{1}").replace('A', "\u{2}");
                    // The words of the template have capitals too: only lone ones are places.
                    let line = fill(&line, name);
                    let text = format!("{own}{}{gap}{quote}", wrap(&line, width));
                    let kept = shown(&trim(&plain(&text), &Rules::default()).kept);
                    count += 1;
                    if kept != shown(&plain(own)) {
                        wrong.push(format!("{attribution} | {name} | {width}: {kept:?}"));
                    }
                }
            }
        }
    }
    let few: Vec<&String> = wrong.iter().step_by((wrong.len() / 60).max(1)).collect();
    assert!(wrong.is_empty(), "{} of {count} wrong, of them\n{few:#?}", wrong.len());
}

fn fill(line: &str, name: &str) -> String {
    let chars: Vec<char> = line.chars().collect();
    let mut out = String::new();
    for (i, c) in chars.iter().enumerate() {
        let lone = |at: Option<&char>| at.is_none_or(|c| !c.is_ascii_alphabetic());
        let free = lone(i.checked_sub(1).and_then(|b| chars.get(b))) && lone(chars.get(i + 1));
        match (c, free) {
            ('\u{1}', true) => out.push_str(name),
            ('\u{2}', true) => out.push_str("cath.lee@team.example"),
            ('\u{1}', false) => out.push('N'),
            ('\u{2}', false) => out.push('A'),
            _ => out.push(*c),
        }
    }
    out
}

#[test]
fn a_quotation_under_a_date_without_the_hour_is_the_authors_own_where_no_mail_is_answered() {
    let story = "> The bench is gone for ever.\n\nThat is not true, I sat on it this morning.";
    for (head, subject, kept) in [
        ("On 3 March 2026 the Gazette wrote:", "The bench", true),
        ("On 3 March 2026 the Gazette wrote:", "Re: The bench", false),
        ("On 3 March 2026 at 10:12, Ann Berg wrote:", "The bench", false),
        ("On 3 March 2026 Ann Berg <ann@example.org> wrote:", "The bench", false),
    ] {
        let rules = Rules {
            subject,
            fresh: true,
            ..Rules::default()
        };
        let trimmed = trim(&plain(&format!("{head}\n\n{story}\n")), &rules);
        assert_eq!(trimmed.cuts.is_empty(), kept, "{head} {subject}");
        assert_eq!(trimmed.quotation_kept, kept, "{head} {subject}");
    }
}

#[test]
fn the_line_over_a_marked_quotation_is_no_text_without_marks() {
    let rules = Rules {
        subject: "Re: The vote",
        ..Rules::default()
    };
    for (quotation, told) in [
        (format!("{WROTE}\n\n> When?"), false),
        (format!("{LETTER}\n\n> When?"), false),
        (format!("{LETTER}\n\nWhen was it, and who was there?"), true),
    ] {
        let trimmed = trim(&plain(&format!("On Monday.\n\n{quotation}\n")), &rules);
        assert_eq!(shown(&trimmed.kept), ["On Monday."], "{quotation}");
        assert_eq!(trimmed.unmarked_cut, told, "{quotation}");
    }
}

#[test]
fn what_went_below_a_header_is_told_where_it_may_be_the_authors() {
    let rules = Rules {
        subject: "Re: Story",
        author: "Marion Maxwell",
        ..Rules::default()
    };
    let above = "We asked for a crossing, and for two years nobody came, until two hundred of us stood at the kerb.";
    let letter = |unended: bool, below: &[&str]| {
        let mut lines = plain(&format!(
            "{above}\n\n{above}\n\n{LETTER}\n\nSend us your story.\n\nCath\n\n{}",
            below.join("\n")
        ));
        let from = lines.iter().position(|l| l.words().starts_with("From:")).unwrap();
        for line in &mut lines[from..] {
            (line.hints.quoted, line.hints.unended) = (true, unended);
        }
        trim(&lines, &rules).unmarked_cut
    };
    // Outlook's header in HTML says as little of an end as in plain text
    assert!(letter(true, &[above; 6]));
    assert!(!letter(true, &[]));
    assert!(!letter(false, &[above; 6]));
    // less of it, with her name at the end, which no mail of hers above it explains
    assert!(letter(true, &["Now it is painted.", "", "Marion"]));
    assert!(!letter(
        true,
        &[
            "From: Marion Maxwell <marion@example.org>",
            "Sent: Friday",
            "Subject: Story",
            "",
            "Here it is.",
            "",
            "Marion"
        ]
    ));
    assert!(!letter(false, &["Now it is painted.", "", "Marion"]));
}

/// Where the cursor stands in a program's box for the signature, all that was written is in it.
#[test]
fn an_answer_in_the_box_of_the_signature_stays_without_the_mail_under_it() {
    let mut lines = plain(&format!("We have nine hives.\n\n{WROTE}\n\n> How many?\n"));
    lines[0].hints.signature = true;
    let trimmed = trim(&lines, &Rules::default());
    assert_eq!(shown(&trimmed.kept), ["We have nine hives."]);
    assert!(trimmed.under_delimiter && !trimmed.nothing_cut);
}

#[test]
fn initials_before_a_single_line_are_marks_under_the_line_of_a_program() {
    let text = "Hello Jane,\n\nTuesday, March 3, 2026, 10:12:33 AM, you wrote:\n\nJS> Is it running?\nIt is, since eight.\n\n\
        JS> Do we need a spare?\nOne would be wise.\n\n-- \nBest regards,\n Igor      mailto:igor@example.org\n";
    let trimmed = trim(&plain(text), &Rules::default());
    let kept = shown(&trimmed.kept);
    assert!(kept.iter().any(|l| l.starts_with("It is")) && kept.iter().any(|l| l.starts_with("One would")));
    assert!(!kept.iter().any(|l| l.contains("mailto")), "{kept:?}");
}

#[test]
fn of_a_mail_that_is_quoted_goes_what_nobody_typed_and_no_more() {
    let banner = "CAUTION: This email originated from outside of the organization. Do not click links or open attachments unless you recognize the sender.";
    let feet = [
        "This email has been checked for viruses by Avast antivirus software.\nwww.avast.com",
        "Sent from my iPhone",
    ];
    let notices = [
        "This email and any attachments are confidential and may be legally privileged. If you have received it in error, please notify the sender immediately and delete it from your system.",
        "This message is confidential, I do not want it on a blog.",
        "Please do not publish this email or any attachments.",
        "Please keep Rosa's surname confidential.\nThis email is confidential and intended only for the addressee.",
        "To unsubscribe from this list, visit https://lists.example.org/mailman/listinfo/blog",
    ];
    let letter = "Dear Marion,\n\nWe were eleven people in the back room.\n\nWith best wishes,\nM4C Team";
    let head =
        "From: M4C Team <stories@example.org>\nSent: Sunday, 29 November 2026 16:51\nTo: Marion\nSubject: Re: Nights\n";
    let is_marked = |text: &str| {
        let lines = text.lines().map(|line| Line {
            quote: 1,
            ..Line::plain(line)
        });
        let over = "I agree\n\nOn Sun, 29 Nov 2026 at 16:51, M4C Team <stories@example.org> wrote:";
        over.lines().map(Line::plain).chain(lines).collect::<Vec<Line>>()
    };
    let bare = |text: &str| format!("I agree\n\n{head}\n{text}").lines().map(Line::plain).collect();
    let said = |lines: &[Line]| {
        let quoted = quoted(lines, &Rules::default());
        let said: Vec<String> = quoted.iter().map(|l| l.words().into_owned()).collect();
        said.join("\n").trim().to_owned()
    };
    for lines in [&is_marked as &dyn Fn(&str) -> Vec<Line>, &bare] {
        for notice in notices {
            let with = said(&lines(&format!("{letter}\n\n{notice}")));
            assert!(with.ends_with(notice), "{with}");
        }
        for foot in feet {
            assert_eq!(
                said(&lines(&format!("{banner}\n\n{letter}\n\n{foot}"))),
                letter,
                "{foot}"
            );
            for remark in ["But not my surname, please.", "Take out Rosa", "Luisa, not Rosa!", "No"] {
                for with in [
                    format!("{letter}\n\n{remark}\n\n{foot}"),
                    format!("{letter}\n\n{foot}\n\n{remark}"),
                    format!("{letter}\n\n{foot}\n{remark}"),
                    format!("{letter}\n\n{remark}\n{foot}"),
                    format!("{banner}\n\n{remark}\n\n{letter}"),
                    format!("{banner}\n{remark}\n\n{letter}"),
                    format!("{remark}\n\n{banner}\n\n{letter}"),
                ] {
                    assert!(said(&lines(&with)).contains(remark), "{with}");
                }
            }
        }
    }
}
