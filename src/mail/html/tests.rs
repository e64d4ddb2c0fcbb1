use super::*;
use crate::effort::in_time;
use crate::story::passage::{Image, Kind};

fn read(html: &str) -> HtmlText {
    let mut parts = PartMap::default();
    parts.insert("photo@example.org", 3);
    lines(html, &parts).unwrap()
}

/// A line as text: its quote depth as `>`, its hints as capitals, its kind and styles as Markdown-like marks.
fn sketch(html: &str) -> Vec<String> {
    read(html)
        .lines
        .iter()
        .map(|line| {
            let mut out = ">".repeat(line.quote.into());
            for (on, mark) in [
                (line.hints.quoted, 'Q'),
                (line.hints.signature, 'S'),
                (line.hints.forwarded, 'F'),
                (line.hints.attribution, 'A'),
            ] {
                if on {
                    out.push(mark);
                }
            }
            if !out.is_empty() {
                out.push(' ');
            }
            match &line.kind {
                Kind::Text | Kind::Blank => {}
                Kind::Heading(level) => out.push_str(&format!("h{level} ")),
                Kind::Item { depth, number } => out.push_str(&format!("item{depth}{number:?} ")),
                Kind::ItemMore { depth } => out.push_str(&format!("more{depth} ")),
                Kind::Quote => out.push_str("quote "),
                Kind::Code => out.push_str("code "),
                Kind::Rule => out.push_str("rule "),
                Kind::Row { cells, header } => {
                    out.push_str(if *header { "head" } else { "row" });
                    for cell in cells {
                        out.push('|');
                        out.extend(cell.iter().map(|s| s.text.as_str()));
                    }
                }
            }
            for span in &line.spans {
                match &span.image {
                    Some(Image::Part(n)) => out.push_str(&format!("![{}]{n}", span.text)),
                    Some(Image::Missing(_)) => out.push('?'),
                    None => {
                        let mark = match (span.bold, span.italic) {
                            (true, true) => "***",
                            (true, false) => "**",
                            (false, true) => "*",
                            _ => "",
                        };
                        out.push_str(&format!("{mark}{}{mark}", span.text));
                        if let Some(href) = &span.href {
                            out.push_str(&format!("({href})"));
                        }
                    }
                }
            }
            out.trim_end().to_owned()
        })
        .collect()
}

#[test]
fn words_are_set_as_a_browser_would() {
    for (html, expected) in [
        ("<p>a\n  b</p><p>c</p>", vec!["a b", "", "c"]),
        (
            "<div>a</div><div>b</div><div><br></div><div>c</div>",
            vec!["a", "b", "", "c"],
        ),
        ("a<br>b<br><br>c", vec!["a", "b", "", "c"]),
        ("<p>a<br></p><p>&nbsp;</p><p>b</p>", vec!["a", "", "b"]),
        (
            "<p class=MsoNormal>a<o:p></o:p></p><p class=MsoNormal><o:p>&nbsp;</o:p></p><p class=MsoNormal>b</p><p class=MsoNormal>c</p>",
            vec!["a", "", "b", "c"],
        ),
        (
            "<b>bold</b> <i>it</i><b style='font-weight:normal'>x</b>",
            vec!["**bold** *it*x"],
        ),
        ("<span style='font-weight:700'>b</span>", vec!["**b**"]),
        ("<h2>Title</h2>text", vec!["h2 Title", "", "text"]),
        (
            "<ul><li>a</li><li>b<ul><li>c</li></ul></li></ul><ol start=3><li>d<li>e<br>f</ol>",
            vec![
                "item0None a",
                "item0None b",
                "item1None c",
                "item0Some(3) d",
                "item0Some(4) e",
                "more0 f",
            ],
        ),
        (
            "<p>x<blockquote>poem</blockquote>y",
            vec!["x", "", "quote poem", "", "y"],
        ),
        (
            "<p>unclosed<p>paragraphs<p>three",
            vec!["unclosed", "", "paragraphs", "", "three"],
        ),
        (
            "a<a href='https://example.org'> link </a>b",
            vec!["a link(https://example.org) b"],
        ),
        ("<pre>a\n  b</pre>", vec!["a", "  b"]),
        (
            "<pre><code>if <b>a</b>:\n\tb\n\n    c\n</code></pre>",
            vec!["code if **a**:", "code     b", "", "code     c"],
        ),
        (
            "<p>We wrote this down for you, word by word:</p><pre>door\n  open</pre>",
            vec![
                "We wrote this down for you, word by word:",
                "",
                "code door",
                "code   open",
            ],
        ),
        ("she said <q>Open it </q>twice", vec!["she said “Open it” twice"]),
        (
            "We won <span style='font-family:Wingdings'>J</span> <font face=Wingdings>à</font> Jo",
            vec!["We won ☺ → Jo"],
        ),
        (
            "<div style='font-family:Wingdings,Arial'>Jo Lüßmann and Karl \u{f04a} <span> J </span></div>",
            vec!["Jo Lüßmann and Karl ☺ ☺"],
        ),
        (
            "<ul><li>a<br><br><li>b</ul><ul><li>c<li>d</ul>",
            vec!["item0None a", "item0None b", "", "item0None c", "item0None d"],
        ),
        (
            "at 10:30 we sang:<blockquote style='margin:0 0 0 40px;border:none;padding:0px'>a song</blockquote>",
            vec!["at 10:30 we sang:", "", "quote a song"],
        ),
        (
            "<table><tr><td>left</td><td>right</td></tr></table>",
            vec!["left", "right"],
        ),
        (
            "<table border=1><tr><th>a<th>b<tr><td>1<td>2<br>3</table>",
            vec!["head|a|b", "row|1|2 3"],
        ),
        ("a<hr>b", vec!["a", "", "rule", "", "b"]),
        ("<img src='cid:photo@example.org' alt='Us'>after", vec!["![Us]3after"]),
        (
            "x<img src='https://t.example.org/p.gif' width=1 height=1>y<img src=https://example.org/a.png>",
            vec!["xy"],
        ),
        (
            "hi <img data-emoji='😀' alt='😀' src=https://fonts.example.org/e.png>!",
            vec!["hi 😀!"],
        ),
        ("<div>one<div>two</div>three</div>", vec!["one", "two", "three"]),
        ("&lt;b&gt; &amp;amp; &eacute;", vec!["<b> &amp; é"]),
    ] {
        assert_eq!(sketch(html), expected, "{html}");
    }
}

#[test]
fn outlook_lists_are_lists() {
    let drawn = "<p class=MsoListParagraph style='text-indent:-18.0pt;mso-list:l0 level1 lfo1'><![if !supportLists]>\
        <span style='font-family:Symbol'><span style='mso-list:Ignore'>·<span style='font:7.0pt \"Times New Roman\"'>&nbsp;&nbsp;&nbsp; </span></span></span>\
        <![endif]>first<o:p></o:p></p>\
        <p class=MsoListParagraph style='mso-list:l1 level2 lfo1'><span style='mso-list:Ignore'>2.<span>&nbsp; </span></span>second</p>";
    assert_eq!(sketch(drawn), ["item0None first", "item1Some(2) second"]);
    let typed = "<p class=x_MsoListParagraph>·&nbsp;&nbsp; first</p><p class=x_MsoListParagraph>o&nbsp; second</p>";
    assert_eq!(sketch(typed), ["item0None first", "item0None second"]);
}

#[test]
fn a_mark_that_is_no_plain_number_stands_before_its_item() {
    let word = |mark: &str| {
        format!(
            "<p class=MsoListParagraph style='mso-list:l0 level1 lfo1'><span style='mso-list:Ignore'>{mark}\
             <span style='font:7.0pt \"Times New Roman\"'>&nbsp;&nbsp; </span></span>text</p>"
        )
    };
    for (mark, item) in [
        ("1.", "item0Some(1) text"),
        ("12)", "item0Some(12) text"),
        ("·", "item0None text"),
        ("o", "item0None text"),
        ("A.", "item0None A. text"),
        ("(1)", "item0None (1) text"),
        ("1.2.", "item0None 1.2. text"),
        ("Step 1:", "item0None Step 1: text"),
    ] {
        assert_eq!(sketch(&word(mark)), [item], "{mark}");
    }
    for (html, items) in [
        (
            "<ol type=a start=3><li>x<li>y</ol>",
            ["item0None c. x", "item0None d. y"],
        ),
        (
            "<ol style='list-style-type:upper-roman'><li><b>x</b><li value=9>y</ol>",
            ["item0None I. **x**", "item0None IX. y"],
        ),
        (
            "<ol type=A><li>x<li style='list-style-type:decimal'>y</ol>",
            ["item0None A. x", "item0Some(2) y"],
        ),
        ("<ol type=A><li></li><li>y</li></ol><p>z", ["item0None B. y", "z"]),
    ] {
        let found: Vec<String> = sketch(html).into_iter().filter(|line| !line.is_empty()).collect();
        assert_eq!(found, items, "{html}");
    }
}

#[test]
fn cells_stand_in_their_columns() {
    for (rows, expected) in [
        (
            "<tr><td rowspan=3>a<td>b<td>c<tr><td>d<td rowspan=2>e<tr><td>f",
            &["row|a|b|c", "row||d|e", "row||f|"][..],
        ),
        (
            "<tr><td colspan=2>a<td>b<tr><td>c<td>d<td>e",
            &["row|a||b", "row|c|d|e"],
        ),
        ("<tr><td>a<td rowspan=0>b<tr><td>c<td>d", &["row|a|b", "row|c|d"]),
        (
            "<tr><td>a<td>b<td rowspan=2>c<tr><td>d<tr><td>e<td>f<td>g",
            &["row|a|b|c", "row|d", "row|e|f|g"],
        ),
    ] {
        assert_eq!(sketch(&format!("<table border=1>{rows}</table>")), expected, "{rows}");
    }
    let wide = sketch("<table border=1><tr><td colspan=999 rowspan=999>a<td>b<tr><td>c<td>d</table>");
    assert!(wide.iter().all(|row| row.matches('|').count() <= 40), "{wide:?}");
    assert!(wide[1].ends_with("|c|d"), "{wide:?}");
}

#[test]
fn what_cannot_be_seen_is_left_out_and_told() {
    for html in [
        "<div style='display:none'>secret</div>seen well",
        "<span style='font-size:1px'>secret</span>seen well",
        "<span style='color:#ffffff'>secret</span>seen well",
        "<span style='visibility:hidden'>secret</span>seen well",
        "<div style='max-height:0;overflow:hidden'>secret</div>seen well",
        "<div style='mso-hide:all'>secret</div>seen well",
        "<span style='opacity:0'>secret</span>seen well",
        "<style>.pre{display:none}</style><div class=pre>secret</div>seen well",
        "<td bgcolor=#000000><font color=black>secret</font></td>seen well",
        "<div hidden>secret</div>seen well",
        "<svg><title>t</title><text x=1>sec<tspan>ret</tspan> secret</text></svg>seen well",
    ] {
        let text = read(html);
        let words: Vec<_> = text.lines.iter().map(Line::words).collect();
        let visible = html.contains("bgcolor") || words == ["seen well"];
        assert!(visible, "{html}: {words:?}");
        assert_eq!(text.hidden.contains("secret"), !html.contains("bgcolor"), "{html}");
    }
    // a container of no size whose content has one; white on black; a mail written on a dark screen
    for html in [
        "<div style='font-size:0'><span style='font-size:13px'>seen</span></div>",
        "<div style='background:#000'><span style='color:#fff'>seen</span></div>",
        "<div style='color:rgb(255,255,255)'>seen</div>",
    ] {
        assert_eq!(sketch(html), ["seen"], "{html}");
    }
    // a paragraph that Apple's programs took over from a dark screen
    let dark = "<p>We made a rota of two.</p><span style='caret-color: #fff; color: #fff'>We rang.</span>";
    assert_eq!(sketch(dark), ["We made a rota of two.", "", "We rang."]);
}

#[test]
fn quotations_of_each_program_are_hinted() {
    for (html, expected) in [
        // Gmail: the author may go on under the quotation
        (
            "<div>mine</div><div class=gmail_quote><div class=gmail_attr>On Monday X wrote:<br></div><blockquote class=gmail_quote>theirs</blockquote><div>mine again</div></div>",
            vec!["mine", "QA On Monday X wrote:", "Q", ">Q theirs", "", "mine again"],
        ),
        (
            "mine<div class=gmail_quote>---------- Forwarded message ---------<br>From: X<br>Date: Y<br><br>theirs</div>",
            vec![
                "mine",
                "F ---------- Forwarded message ---------",
                "F From: X",
                "F Date: Y",
                "F",
                "F theirs",
            ],
        ),
        (
            "mine<div class=gmail_signature>Marion<br>M4C</div>",
            vec!["mine", "S Marion", "S M4C"],
        ),
        // Outlook on the web
        (
            "<div>mine</div><div id=appendonsend></div><hr tabindex=-1 style='width:98%'><div id=divRplyFwdMsg><b>From:</b> X<br><b>Sent:</b> Y 10:12</div><div>theirs</div>",
            vec![
                "mine",
                "",
                "Q rule",
                "Q",
                "Q **From:** X",
                "Q **Sent:** Y 10:12",
                "Q theirs",
            ],
        ),
        // a header whose words are not known, in the element that holds nothing else
        (
            "<div>mine</div><div id=divRplyFwdMsg><b>Gan:</b> X<br><b>Dyddiad:</b> Y</div><div>theirs</div>",
            vec!["mine", "Q **Gan:** X", "Q **Dyddiad:** Y", "Q theirs"],
        ),
        // its marks where nothing is quoted
        (
            "<div>mine</div><div id=appendonsend></div><div>more</div><hr tabindex=-1><div>Olu: Who?<br>Me: The lift.</div>",
            vec!["mine", "more", "", "rule", "", "Olu: Who?", "Me: The lift."],
        ),
        (
            "<div>mine</div><div id=ms-outlook-mobile-body-separator-line><br></div><div id=ms-outlook-mobile-signature>Get it</div><div>more</div>",
            vec!["mine", "", "S Get it", "more"],
        ),
        // Outlook
        (
            "<div class=WordSection1><p class=MsoNormal>mine</p><div><div style='border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm'><p class=MsoNormal><b>From:</b> X<br><b>Sent:</b> Y 10:12<br></p></div></div><p class=MsoNormal>theirs</p></div>",
            vec!["mine", "Q **From:** X", "Q **Sent:** Y 10:12", "Q theirs"],
        ),
        (
            "mine<div style='border:none;border-top:solid #E1E1E1 1.0pt'><b>Gan:</b> X &lt;x@example.org&gt;<br><b>Dyddiad:</b> Y<br><b>At:</b> Z</div>theirs",
            vec![
                "mine",
                "Q **Gan:** X <x@example.org>",
                "Q **Dyddiad:** Y",
                "Q **At:** Z",
                "Q theirs",
            ],
        ),
        // a rule the author drew above a paragraph is none
        (
            "<div style='border-top:solid #ccc 1px'><p>A new day began.</p></div>",
            vec!["A new day began."],
        ),
        (
            "<div style='border-top:solid #ccc 1px'>Olu: Who are you?<br>Me: The ninth floor.<br>Olu: All of you?</div>",
            vec!["Olu: Who are you?", "Me: The ninth floor.", "Olu: All of you?"],
        ),
        (
            "<div style='border-top:solid #ccc 1px'>From: the ninth floor<br>To: the landlord<br>Subject: the lift</div>",
            vec!["From: the ninth floor", "To: the landlord", "Subject: the lift"],
        ),
        (
            "mine<div class=moz-cite-prefix>On Monday X wrote:<br></div><blockquote type=cite cite='mid:1@x'>theirs</blockquote>mine",
            vec!["mine", "QA On Monday X wrote:", "Q", ">Q theirs", "", "mine"],
        ),
        (
            "mine<div class=moz-forward-container>-------- Forwarded Message --------<br>theirs</div>",
            vec!["mine", "F -------- Forwarded Message --------", "F theirs"],
        ),
        (
            "mine<div id=yahoo_quoted_123 class=yahoo_quoted><div>On Monday X wrote:</div><div>theirs</div></div>",
            vec!["mine", "Q On Monday X wrote:", "Q theirs"],
        ),
        (
            "mine<hr id=zwchr data-marker=__DIVIDER__><div data-marker=__HEADERS__>From: x@example.org<br>Sent: Y</div>theirs",
            vec![
                "mine",
                "",
                "Q rule",
                "Q",
                "Q From: x@example.org",
                "Q Sent: Y",
                "Q theirs",
            ],
        ),
        (
            "mine<div>01.02.2020, 12:00, \"X\" &lt;x@example.org&gt;:</div><blockquote>theirs</blockquote>",
            vec!["mine", "01.02.2020, 12:00, \"X\" <x@example.org>:", "", ">Q theirs"],
        ),
        (
            "mine<includetail><div>theirs</div></includetail>",
            vec!["mine", "Q theirs"],
        ),
        (
            "mine<div name=quote style='margin:10px'>X wrote:<blockquote type=cite>theirs</blockquote></div>",
            vec!["mine", "QA X wrote:", "Q", ">Q theirs"],
        ),
        (
            "a<blockquote type=cite>b<blockquote type=cite>c</blockquote></blockquote>d",
            vec!["a", "", ">Q b", ">Q", ">>Q c", "", "d"],
        ),
    ] {
        assert_eq!(sketch(html), expected, "{html}");
    }
}

#[test]
fn bombs_are_read_in_time_or_refused() {
    in_time("bombs", || {
        let deep = "<div>".repeat(100_000) + "words" + &"</div>".repeat(100_000);
        assert_eq!(sketch(&deep), ["words"]);
        assert!(sketch(&"<blockquote type=cite>".repeat(25_000)).is_empty());
        assert_eq!(sketch(&format!("{}x", "<table><tr><td>".repeat(30_000))), ["x"]);
        for unit in [
            "<b i=1><p>",
            "<font color=1><p></p>",
            "<a href=x>",
            "<li>",
            "</p>",
            "</b>",
            "<b><i></b>",
            "<p>x<br>",
            "<ul><li>",
        ] {
            let _ = lines(&unit.repeat(300_000 / unit.len()), &PartMap::default());
        }
        let many = format!("<p {}>words", "class=x ".repeat(300_000));
        assert_eq!(sketch(&many), ["words"]);
        assert!(lines(&"<p>x".repeat(2_000_000), &PartMap::default()).is_err());
    });
}

mod any_html {
    use super::*;
    use crate::story::markdown;
    use proptest::prelude::*;

    fn hostile() -> impl Strategy<Value = String> {
        let tag = prop::sample::select(vec![
            "p",
            "div",
            "b",
            "i",
            "a href='https://a.example/x_y'",
            "a href=javascript:x",
            "ul",
            "ol start=4",
            "li",
            "table border=1",
            "tr",
            "td",
            "th",
            "blockquote",
            "blockquote type=cite",
            "div class=gmail_quote",
            "div id=divRplyFwdMsg",
            "p class=MsoListParagraph style='mso-list:l0 level2'",
            "span style='display:none'",
            "span style='color:white'",
            "pre",
            "code",
            "h2",
            "s",
            "font color=red",
            "style",
            "script",
            "br",
            "hr",
            "img src=cid:photo@example.org alt='us <b>'",
            "center",
            "form",
            "select",
            "svg",
            "o:p",
        ]);
        let piece = prop_oneof![
            3 => tag.clone().prop_map(|t| format!("<{t}>")),
            2 => tag.prop_map(|t| format!("</{}>", t.split(' ').next().unwrap_or(""))),
            3 => "[a-c0-9 ]{1,6}",
            2 => "[-#*_~`<>\\[\\]()!&|{}%+=:.$^\\\\\"'/;@]{1,3}",
            1 => prop::sample::select(vec!["&lt;", "&amp;", "&nbsp;", "&#60;", "<!--", "-->", "<![if x]>", "{{<", "1. ", "\n", "<", "=\""]).prop_map(str::to_owned),
        ];
        prop::collection::vec(piece, 0..40).prop_map(|v| v.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

        #[test]
        fn no_html_gets_power_or_loses_its_words_on_the_way_to_markdown(html in hostile()) {
            let text = read(&html);
            let names = |_| Some(markdown::ImageRef { file: "photo-1.jpg".into(), alt: String::new() });
            let got = markdown::render(&text.lines, &names);
            for event in pulldown_cmark::Parser::new_ext(&got, markdown::options()) {
                use pulldown_cmark::{Event, Tag};
                match event {
                    Event::Html(t) | Event::InlineHtml(t) => prop_assert!(false, "raw HTML {:?} in {:?}", t, got),
                    Event::Start(Tag::Link { dest_url, .. }) => prop_assert!(dest_url.starts_with("http"), "{dest_url}"),
                    Event::Start(Tag::Image { dest_url, .. }) => prop_assert_eq!(&*dest_url, "photo-1.jpg"),
                    _ => {}
                }
            }
            prop_assert!(!got.contains("{{") && !got.contains("{%") && !got.contains("<!--"), "{}", got);
            let solid = |t: &str| t.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            let shown = solid(&markdown::text_of(&got));
            let mut rest = shown.chars();
            for line in &text.lines {
                for c in solid(&line.words()).chars() {
                    prop_assert!(rest.any(|s| s == c), "{:?} of {:?} is gone from {:?}", c, line.words(), got);
                }
            }
        }
    }
}
