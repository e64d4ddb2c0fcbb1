use super::*;

fn plain(text: &str) -> Vec<Line> {
    text.lines().map(Line::plain).collect()
}

fn markdown(text: &str) -> String {
    render(&plain(text), &|_| None)
}

#[test]
fn text_that_means_markdown_is_escaped_as_little_as_will_do() {
    for (typed, expected) in [
        ("# no heading", "\\# no heading"),
        ("#hashtag", "#hashtag"),
        ("1. first", "1\\. first"),
        ("2010. That was the year", "2010\\. That was the year"),
        ("- item", "\\- item"),
        ("+ item", "\\+ item"),
        ("* item", "\\* item"),
        ("*strong*", "\\*strong\\*"),
        ("2 * 3 * 4", "2 * 3 * 4"),
        ("snake_case_name", "snake_case_name"),
        ("_under_", "\\_under\\_"),
        ("a < b > c", "a < b > c"),
        ("<b>bold</b>", "&lt;b>bold&lt;/b>"),
        ("I <3 it", "I <3 it"),
        ("&amp; & AT&T", "&amp;amp; & AT&T"),
        ("`code`", "\\`code\\`"),
        ("~~~", "\\~\\~\\~"),
        ("> said", "\\> said"),
        ("[x](javascript:y)", "\\[x\\](javascript:y)"),
        ("see [1] below", "see [1] below"),
        ("![x](y)", "\\!\\[x\\](y)"),
        ("<https://example.org", "&lt;https://example.org"),
        ("https://example.org/a_b", "https://example.org/a_b"),
        ("a | b", "a \\| b"),
        ("{{< figure >}}", "&#123;&#123;< figure >}}"),
        ("{% raw %}", "&#123;% raw %}"),
        ("a {b} c", "a {b} c"),
        ("<!--more-->", "&lt;!--more-->"),
        ("<?php", "&lt;?php"),
        ("+++", "\\+++"),
        ("---", "\\---"),
        ("===", "\\==="),
        ("::: note", "\\::: note"),
        (": definition", "\\: definition"),
        ("import x from 'y'", "&#105;mport x from 'y'"),
        ("import taxes rose", "import taxes rose"),
        ("    four spaces", "four spaces"),
        ("C:\\Users\\me", "C:\\Users\\me"),
        ("end\\", "end&#92;"),
        ("https://example.org/_a_", "<https://example.org/_a>\\_"),
        ("see https://example.org/a*b*c.", "see <https://example.org/a*b*c>."),
        ("http://a.example/{{x}}", "http:\\//a.example/&#123;&#123;x}}"),
        ("[[wiki]]", "\\[\\[wiki]\\]"),
        ("$$x$$", "\\$\\$x\\$\\$"),
        ("[^1]: note", "\\[^1\\]: note"),
        (
            "Hello! (really) \"yes\" 50% - 'no' @me",
            "Hello! (really) \"yes\" 50% - 'no' @me",
        ),
    ] {
        let got = markdown(typed);
        assert_eq!(got.trim_end(), expected, "{typed}");
        assert_eq!(text_of(&got), typed.trim(), "{typed}");
    }
}

#[test]
fn what_was_typed_as_a_list_is_one() {
    for (typed, expected) in [
        ("We did:\n- a thing\n- another", "We did:\n\n- a thing\n- another\n"),
        ("  *   oil\n  *   rope\nBye", "* oil\n* rope\n\nBye\n"),
        ("• oil\n• rope", "- oil\n- rope\n"),
        ("1. oil\n2. rope\n3) tar", "1. oil\n2. rope\n\n3\\) tar\n"),
        (
            "1) It took a year.\n2) It was worth it.",
            "1) It took a year.\n2) It was worth it.\n",
        ),
        ("- a *b*\n  and more\n- c", "- a \\*b\\*\\\n  and more\n- c\n"),
        ("- a\nand more\n- c\nBye.", "- a\\\n  and more\n- c\n\nBye.\n"),
        ("* a\n  - b\n  - c\n* d", "* a\n  - b\n  - c\n* d\n"),
        ("1. a\n2. b\n\n3. c\n4. d", "1. a\n2. b\n\n3. c\n4. d\n"),
        ("1. a\n2. b\n\n1. c\n2. d", "1. a\n2. b\n\n1\\. c\\\n2\\. d\n"),
        ("1. a\n2. b\n1. c\n2. d", "1. a\n2. b\n\n1\\. c\\\n2\\. d\n"),
        ("- a\n- b\n\n- c\n- d", "- a\n- b\n\n* c\n* d\n"),
        ("- a thing\n- another.", "- a thing\n- another.\n"),
        // speech, days, years, one line, a rule, sums
        ("- Open it.\n- No.", "\\- Open it.\\\n\\- No.\n"),
        (
            "12. March was cold\n13. March was not",
            "12\\. March was cold\\\n13\\. March was not\n",
        ),
        (
            "1968. The year\n1969. The next",
            "1968\\. The year\\\n1969\\. The next\n",
        ),
        ("01. zero one\n02. zero two", "01\\. zero one\\\n02\\. zero two\n"),
        ("- a", "\\- a\n"),
        ("* * *\n* * *", "\\* * *\\\n\\* * *\n"),
        ("- 3\n- 4", "\\- 3\\\n\\- 4\n"),
        ("- a\n* b", "\\- a\\\n\\* b\n"),
    ] {
        assert_eq!(markdown(typed), expected, "{typed}");
    }
}

#[test]
fn many_lines_that_are_nearly_lists_take_little_time() {
    use crate::effort::in_time;
    for line in [
        "- Yes.\n",
        "- a\n* b\n",
        "1. a\n",
        "- a\n  - b\n",
        "- a\n\n",
        "- a\n- b\n\n",
    ] {
        let text = line.repeat(20_000);
        in_time(line, || markdown(&text));
    }
}

#[test]
fn two_lists_of_bullets_are_told_apart_and_pieces_of_one_are_not() {
    let item = |text: &str| Line {
        kind: Kind::Item { depth: 0, number: None },
        ..line(vec![span(text)])
    };
    let gap = Line::plain("");
    let lines = [item("a"), item("b"), gap.clone(), item("c"), item("d")];
    assert_eq!(render(&lines, &|_| None), "- a\n- b\n\n* c\n* d\n");
    let pieces = [item("a"), gap.clone(), item("b"), gap, item("c")];
    assert_eq!(render(&pieces, &|_| None), "- a\n- b\n- c\n");
}

#[test]
fn lines_keep_their_ends_and_meaning_nothing_under_each_other() {
    assert_eq!(markdown("Best wishes,\nMarion"), "Best wishes,\\\nMarion\n");
    assert_eq!(
        text_of(&markdown("Title\n-----\na | b\n--- | ---\n# x")),
        "Title\n-----\na | b\n--- | ---\n# x"
    );
    assert_eq!(markdown("one\n\n\ntwo"), "one\n\ntwo\n");
    assert_eq!(markdown(""), "");
}

fn span(text: &str) -> Span {
    Span::text(text)
}
fn bold(text: &str) -> Span {
    Span {
        bold: true,
        ..Span::text(text)
    }
}
fn italic(text: &str) -> Span {
    Span {
        italic: true,
        ..Span::text(text)
    }
}
fn link(text: &str, href: &str) -> Span {
    Span {
        href: Some(href.to_owned()),
        ..Span::text(text)
    }
}
fn line(spans: Vec<Span>) -> Line {
    Line {
        spans,
        ..Line::default()
    }
}

#[test]
fn emphasis_is_put_where_commonmark_takes_it() {
    for (spans, expected) in [
        (vec![span("a "), bold("b"), span(" c")], "a **b** c"),
        (vec![span("a"), bold(" b "), span("c")], "a **b** c"),
        (vec![bold("Name:"), span("Marion")], "**Name**:Marion"),
        (vec![bold("Name: "), span("Marion")], "**Name:** Marion"),
        (vec![span("un"), italic("believ"), span("able")], "un*believ*able"),
        (vec![bold(" "), span("x")], "x"),
        (
            vec![
                bold("a "),
                Span {
                    italic: true,
                    ..bold("b")
                },
            ],
            "**a _b_**",
        ),
        (vec![bold("a"), italic("b")], "**a**_b_"),
        (vec![italic("\"Yes\""), span(", she said")], "*\"Yes\"*, she said"),
    ] {
        let words: String = spans.iter().map(|s| s.text.as_str()).collect();
        let got = render(&[line(spans)], &|_| None);
        let squeeze = |s: &str| s.split_whitespace().collect::<String>();
        assert_eq!(squeeze(&text_of(&got)), squeeze(&words), "{got}");
        assert_eq!(got.trim_end(), expected);
    }
}

#[test]
fn links_lead_where_they_say_or_are_text() {
    for (text, href, expected) in [
        ("our page", "https://example.org/x", "[our page](https://example.org/x)"),
        ("https://example.org", "https://example.org/", "<https://example.org>"),
        (
            "www.example.org",
            "http://www.example.org/",
            "[www.example.org](http://www.example.org/)",
        ),
        (
            "www.bank.example.com",
            "https://evil.example.org/",
            "www.bank.example.com",
        ),
        (
            "https://example.org/a",
            "https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fexample.org%2Fa",
            "<https://example.org/a>",
        ),
        ("click", "javascript:alert(1)", "click"),
        ("me@example.org", "mailto:me@example.org", "me@example.org"),
        (
            "write to me",
            "mailto:me@example.org",
            "[write to me](mailto:me@example.org)",
        ),
        ("a]b[c", "https://example.org", "[a\\]b\\[c](https://example.org)"),
    ] {
        assert_eq!(
            render(&[line(vec![link(text, href)])], &|_| None).trim_end(),
            expected,
            "{text} {href}"
        );
    }
}

#[test]
fn no_template_comes_about_where_two_spans_meet() {
    for (first, second) in [("{", "%"), ("{", "{"), ("{", "#"), ("<", "%"), ("<", "!--")] {
        let page = render(&[line(vec![span(first), link(second, "javascript:x")])], &|_| None);
        assert!(!escape::is_template(&page), "{page}");
        let page = render(&[line(vec![span(first), bold(second)])], &|_| None);
        assert!(!escape::is_template(&page), "{page}");
    }
}

#[test]
fn blocks_are_real() {
    let item = |depth, number, text: &str| Line {
        kind: Kind::Item { depth, number },
        spans: vec![span(text)],
        ..Line::default()
    };
    let cell = |text: &str| vec![span(text)];
    let lines = [
        Line {
            kind: Kind::Heading(2),
            ..line(vec![span("What I did #")])
        },
        item(0, None, "one"),
        item(1, Some(1), "two"),
        Line {
            kind: Kind::ItemMore { depth: 1 },
            ..line(vec![span("more")])
        },
        item(0, None, "- three"),
        Line {
            kind: Kind::Rule,
            ..Line::default()
        },
        Line {
            kind: Kind::Row {
                cells: vec![cell("a|b"), cell("c")],
                header: true,
            },
            ..Line::default()
        },
        Line {
            kind: Kind::Row {
                cells: vec![cell("1"), cell("2")],
                header: false,
            },
            ..Line::default()
        },
        Line {
            kind: Kind::Quote,
            ..line(vec![span("said")])
        },
        Line {
            kind: Kind::Code,
            ..line(vec![span("  let x = `y`;")])
        },
    ];
    let expected = "## What I did \\#\n\n- one\n  1. two\\\n     more\n- \\- three\n\n***\n\n| a\\|b | c |\n| --- | --- |\n| 1 | 2 |\n\n\
                    > said\n\n```\n  let x = `y`;\n```\n";
    assert_eq!(render(&lines, &|_| None), expected);
}

#[test]
fn pictures_stand_alone_where_they_stood() {
    let picture = |place| Span {
        image: Some(super::super::passage::Image::Part(place)),
        ..Span::text("us [all]")
    };
    let lines = [line(vec![span("before "), picture(0), span(" after"), picture(1)])];
    let names = |place| {
        (place == 0).then(|| ImageRef {
            file: "photo-1.jpg".into(),
            alt: String::new(),
        })
    };
    assert_eq!(
        render(&lines, &names),
        "before\n\n![us \\[all\\]](photo-1.jpg)\n\nafter\n"
    );
}

mod any_text {
    use super::*;
    use proptest::prelude::*;

    fn squeezed(text: &str) -> String {
        text.chars().filter(|c| !c.is_whitespace()).collect()
    }

    /// What a site generator must not find: raw HTML, another scheme, its own marks.
    fn is_harmless(markdown: &str) -> Result<(), String> {
        for event in Parser::new_ext(markdown, options()) {
            match event {
                Event::Html(t) | Event::InlineHtml(t) => return Err(format!("raw HTML {t:?} in {markdown:?}")),
                Event::Start(Tag::Link { dest_url, .. }) => {
                    let known = ["http://", "https://", "mailto:"]
                        .iter()
                        .any(|s| dest_url.starts_with(s));
                    if !known {
                        return Err(format!("a link to {dest_url:?} in {markdown:?}"));
                    }
                }
                Event::Start(Tag::Image { dest_url, .. }) if !dest_url.starts_with("photo-") => {
                    return Err(format!("an image from {dest_url:?} in {markdown:?}"));
                }
                _ => {}
            }
        }
        for mark in ["{{", "{%", "{#", "{:", "<!--", "<?"] {
            if markdown.contains(mark) {
                return Err(format!("{mark} in {markdown:?}"));
            }
        }
        Ok(())
    }

    fn hostile() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            4 => "[ a-c1-3]{0,6}",
            6 => "[-#*_~`<>\\[\\]()!&|{}%+=:.$^\\\\\"'/;@ ]{1,4}",
            2 => "\n{1,2}",
            1 => prop::sample::select(vec![
                "http://", "javascript:", "&lt;", "<b>", "</p>", "<!--", "-->", "{{<", "{%", "1. ", "- ", "```", "~~~",
                "    ", "\t", "---", "===", "![", "](", "]:", "www.a.b", "a@b.c", "é", "字", "\u{202e}", "\u{200d}",
                "\u{a0}", "<a@b.co>", "<http://a.b>", "&#123;", "[^1]", "[ ]", "\\\n", "import {x} from 'y'",
            ]).prop_map(str::to_owned),
        ];
        prop::collection::vec(piece, 0..24).prop_map(|v| v.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 3000, ..ProptestConfig::default() })]

        #[test]
        fn plain_text_is_read_back_as_it_was_typed(text in hostile()) {
            let got = markdown(&text);
            let lines = plain(&text);
            let links = lines.iter().flat_map(|l| angle::spans(&l.spans)).map(|s| s.text);
            let typed = squeezed(&escape::visible(&links.collect::<String>().replace('\n', " ")));
            let shown = squeezed(&text_of(&got));
            // a list has the same words, and marks of its own
            let spans: Vec<Vec<Span>> = lines.into_iter().map(|l| l.spans).collect();
            let listed = !typed::lists(&spans, &vec![Break::Kept; spans.len()], None).is_empty();
            let bare = |text: &str| text.replace(['-', '*', '•', '.', ')'], "");
            match listed {
                true => prop_assert_eq!(bare(&shown), bare(&typed), "{:?}", got),
                false => prop_assert_eq!(shown, typed, "{:?}", got),
            }
            is_harmless(&got).map_err(TestCaseError::fail)?;
        }

        #[test]
        fn styled_text_loses_no_word_and_gains_no_power(
            spans in prop::collection::vec((hostile(), any::<[bool; 4]>(), prop::option::of("(https?://|javascript:|mailto:)[a-c@.()*_{}<%&;]{0,8}")), 0..6),
            kinds in prop::collection::vec(0..8u8, 6),
        ) {
            let lines: Vec<Line> = spans.iter().zip(&kinds).map(|((text, [bold, italic, strike, code], href), kind)| {
                let span = Span { text: text.clone(), bold: *bold, italic: *italic, strike: *strike, code: *code, href: href.clone(), image: None };
                let twin = Span { bold: !*bold, href: None, ..span.clone() };
                let spans = vec![span, twin];
                let kind = match kind {
                    0 => Kind::Heading(2),
                    1 => Kind::Item { depth: 0, number: None },
                    2 => Kind::Item { depth: 1, number: Some(3) },
                    3 => Kind::ItemMore { depth: 0 },
                    4 => Kind::Quote,
                    5 => return Line { kind: Kind::Row { cells: vec![spans, vec![]], header: false }, ..Line::default() },
                    _ => Kind::Text,
                };
                Line { kind, spans, ..Line::default() }
            }).collect();
            let got = render(&lines, &|_| None);
            is_harmless(&got).map_err(TestCaseError::fail)?;
            // the words are there, in order; items bring marks of their own
            let links = lines.iter().flat_map(|l| match &l.kind {
                Kind::Row { cells, .. } => cells.iter().flat_map(|c| angle::spans(c)).collect(),
                _ => angle::spans(&l.spans),
            });
            let typed: String = links.map(|s| squeezed(&escape::visible(&s.text))).collect();
            let shown = squeezed(&text_of(&got));
            let mut rest = shown.chars();
            for c in typed.chars() {
                prop_assert!(rest.any(|s| s == c), "{c:?} of {typed:?} is gone from {got:?}");
            }
        }
    }
}

#[test]
fn a_poem_stays_as_far_set_in_as_it_was_typed() {
    for (typed, wanted) in [
        (
            "The river\n  went by,\nand on.",
            "The river\\\n&nbsp;&nbsp;went by,\\\nand on.\n",
        ),
        (
            "  The river\n    went by,\n  and on.",
            "The river\\\n&nbsp;&nbsp;went by,\\\nand on.\n",
        ),
        (
            "The river\n  went by us and on.",
            "The river\\\n&nbsp;&nbsp;went by us and on.\n",
        ),
        (
            "One\n    - two, he said\nthree",
            "One\\\n&nbsp;&nbsp;&nbsp;&nbsp;\\- two, he said\\\nthree\n",
        ),
        // no poem: a name, a paragraph's first line, a blank by mistake, an address at the right
        ("Best wishes,\n    Marion", "Best wishes,\\\nMarion\n"),
        (
            "    We went there.\nAnd back we came.\nIt rained.",
            "We went there.\\\nAnd back we came.\\\nIt rained.\n",
        ),
        (
            "We went there.\n And back we came.\nIt rained.",
            "We went there.\\\nAnd back we came.\\\nIt rained.\n",
        ),
        (
            "        12 Mill Lane\n        Leeds\n        LS1",
            "12 Mill Lane\\\nLeeds\\\nLS1\n",
        ),
    ] {
        assert_eq!(markdown(typed), wanted, "{typed}");
    }
}
