//! "I agree" over our letter as mail programs quote it: the words of the letter give permission, others do not.

use mail_parser::MessageParser;
use serde_json::Value;

use super::common::TestHouse;
use super::*;

const STORY: &str = "I clean at the hospital, on nights, and so do about ninety others. I didn\u{2019}t know them: \u{201c}You\u{2019}re the new one\u{201d}, \
    that was all anybody said. We had a list at https://nights.example.org/list?month=11&page=2 of what we wanted:\n\n\
    1. Warm water on the third floor.\n2. The living wage, from November on.\n\n\
    In November the trust agreed \u{2013} nobody had thought it would \u{2013} that the next contract will pay the living wage. Caf\u{e9} Rosa \
    gave us cake.\n\nMarion";

/// A house whose author was shown the text, and the proof: its plain text and the body of its HTML.
fn shown(house: &TestHouse) -> (String, String, String) {
    fetch(
        house,
        &[mail(AUTHOR, &today(), "Nights", STORY).replacen("MIME-Version", &format!("{SIGNED}MIME-Version"), 1)],
    );
    house.run(&["proof", "marion"]).exits(0);
    house.run(&["letters", "send"]).exits(0);
    let name = house
        .files("letters")
        .into_iter()
        .find(|name| name.contains("proof"))
        .expect("a proof");
    let letter = house.read(&format!("letters/{name}"));
    let parsed = MessageParser::default().parse(letter.as_bytes()).expect("a mail");
    let html = parsed.body_html(0).expect("HTML").into_owned();
    let from = html
        .find("<body")
        .map_or(0, |at| at + html[at..].find('>').expect("it ends") + 1);
    let until = html.find("</body>").unwrap_or(html.len());
    let text = parsed.body_text(0).expect("text").replace("\r\n", "\n");
    (letter.clone(), text, html[from..until].to_owned())
}

/// The answer to a letter with this content.
fn answer(letter: &str, kind: &str, body: &str) -> String {
    let id = header(letter, "Message-ID");
    format!(
        "{SIGNED}From: {AUTHOR}\nTo: M4C Team <stories@example.org>\nDate: {}\nSubject: {}\nMessage-ID: <answer@author.example>\n\
         In-Reply-To: {id}\nReferences: {} {id}\nMIME-Version: 1.0\nContent-Type: {kind}; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n{body}\n",
        today(),
        header(letter, "Subject"),
        header(letter, "References"),
    )
}

fn marked(text: &str, mark: &str) -> String {
    text.lines()
        .map(|line| format!("{mark}{line}").trim_end().to_owned() + "\n")
        .collect()
}

/// The text in lines of no more than so many signs.
fn wrapped(text: &str, width: usize) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let mut long = 0;
        for word in line.split(' ') {
            if long > 0 && long + word.chars().count() > width {
                out.push('\n');
                long = 0;
            } else if long > 0 {
                out.push(' ');
            }
            out.push_str(word);
            long += word.chars().count() + 1;
        }
        out.push('\n');
    }
    out
}

const WROTE: &str = "On Sun, 29 Nov 2026 at 16:51, M4C Team <stories@example.org> wrote:";
const HEAD: &str = "From: M4C Team <stories@example.org>\nSent: Sunday, 29 November 2026 16:51\nTo: Marion Maxwell\nSubject: Re: Nights\n";

fn gmail(html: &str) -> String {
    format!(
        "<div dir=\"ltr\">I agree</div><br><div class=\"gmail_quote gmail_quote_container\"><div dir=\"ltr\" class=\"gmail_attr\">\
         On Sun, 29 Nov 2026 at 16:51, M4C Team &lt;<a href=\"mailto:stories@example.org\">stories@example.org</a>&gt; wrote:<br></div>\
         <blockquote class=\"gmail_quote\" style=\"margin:0 0 0 .8ex\">{html}</blockquote></div>"
    )
}

fn outlook(html: &str) -> String {
    format!(
        "<div class=\"WordSection1\"><p class=\"MsoNormal\">I agree</p><p class=\"MsoNormal\">&nbsp;</p>\
         <div style=\"border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm\"><p class=\"MsoNormal\"><b>From:</b> M4C Team \
         &lt;stories@example.org&gt;<br><b>Sent:</b> 29 November 2026 16:51<br><b>To:</b> Marion Maxwell<br><b>Subject:</b> Re: Nights</p></div>\
         <p class=\"MsoNormal\">&nbsp;</p>{html}</div>"
    )
}

const BANNER: &str = "CAUTION: This email originated from outside of the organization. Do not click links or open attachments unless you recognize the sender.";
const NOTICE: &str = "This email and any attachments are confidential and may be legally privileged. If you have received it in error, please notify the \
    sender immediately and delete it from your system.";

/// A mail of two parts.
fn parts(kind: &str, first: &str, second: &str) -> (&'static str, String) {
    let kind = match kind {
        "signed" => "multipart/signed; boundary=\"=_b\"",
        "related" => "multipart/related; boundary=\"=_b\"",
        "alternative" => "multipart/alternative; boundary=\"=_b\"",
        _ => "multipart/mixed; boundary=\"=_b\"",
    };
    (kind, format!("--=_b\n{first}\n--=_b\n{second}\n--=_b--"))
}

#[test]
fn a_yes_over_our_words_counts_however_a_program_quotes_them() {
    type Quote = fn(&str, &str) -> (&'static str, String);
    let table: [(&str, Quote); 20] = [
        ("Gmail", |_, html| ("text/html", gmail(html))),
        ("Gmail, plain", |text, _| {
            let links = text.replace("page=2", "page=2 <https://nights.example.org/list?month=11&page=2>");
            (
                "text/plain",
                format!("I agree\n\n{WROTE}\n\n{}", marked(&wrapped(&links, 72), "> ")),
            )
        }),
        ("Apple Mail", |_, html| {
            let head = "<div><br><blockquote type=\"cite\"><div>On 29 Nov 2026, at 16:51, M4C Team &lt;stories@example.org&gt; wrote:</div><br>";
            (
                "text/html",
                format!("<html><body>I agree<br>{head}<div>{html}</div></blockquote></div></body></html>"),
            )
        }),
        ("iPhone, plain", |text, _| {
            let quote = format!("On 29 Nov 2026, at 16:51, M4C Team <stories@example.org> wrote:\n\n\u{feff}{text}");
            (
                "text/plain",
                format!("I agree\n\nSent from my iPhone\n\n{}", marked(&quote, "> ")),
            )
        }),
        ("Outlook", |_, html| {
            (
                "text/html",
                outlook(
                    &html
                        .replace("<p>", "<p class=\"MsoNormal\"><o:p></o:p>")
                        .replace(". ", ".&nbsp; "),
                ),
            )
        }),
        ("Outlook, plain, with straight quotation marks", |text, _| {
            let text = text
                .replace(['\u{201c}', '\u{201d}'], "\"")
                .replace('\u{2019}', "'")
                .replace('\u{2013}', "-")
                .replace(". ", ".  ");
            (
                "text/plain",
                format!("I agree\n\n-----Original Message-----\n{HEAD}\n{}", wrapped(&text, 76)),
            )
        }),
        ("Outlook behind a gateway", |text, _| {
            let banner = "CAUTION: This email originated from outside of the organization. Do not click links or open attachments unless you recognize the sender.";
            ("text/plain", format!("I agree\n\n{HEAD}\n{banner}\n\n{text}"))
        }),
        ("Thunderbird", |_, html| {
            let prefix = "<div class=\"moz-cite-prefix\">On 29/11/2026 16:51, M4C Team wrote:<br></div>";
            (
                "text/html",
                format!(
                    "<p>I agree</p>{prefix}<blockquote type=\"cite\" cite=\"mid:x@example.org\">{html}</blockquote>"
                ),
            )
        }),
        ("Thunderbird, plain", |text, _| {
            let lines = wrapped(text, 70);
            (
                "text/plain; format=flowed",
                format!(
                    "I agree\n\nOn 29/11/2026 16:51, M4C Team wrote:\n{}",
                    marked(&lines, "> ")
                ),
            )
        }),
        ("Yahoo", |_, html| {
            let head = "<div id=\"yahoo_quoted_1\" class=\"yahoo_quoted\"><div><div>On Sunday 29 November 2026 at 16:51:02 GMT, M4C Team &lt;stories@example.org&gt; wrote: </div>";
            (
                "text/html",
                format!("<div>I agree</div><div><br></div>{head}<div><br></div><div>{html}</div></div></div>"),
            )
        }),
        ("a program that writes entities and soft hyphens", |text, _| {
            let text = text
                .replace("hospital", "hos\u{ad}pi\u{ad}tal")
                .replace(" & ", " &amp; ")
                .replace("third floor", "third&nbsp;floor");
            ("text/plain", format!("I agree\n\n{WROTE}\n{}", marked(&text, ">")))
        }),
        ("a program that breaks long words", |text, _| {
            let text = text.replace("list?month=11", "list?mo\nnth=11");
            ("text/plain", format!("I agree\n\n{WROTE}\n{}", marked(&text, "> ")))
        }),
        ("the middle alone", |text, _| {
            let middle: Vec<&str> = text.split("\n\n").skip(3).take(2).collect();
            (
                "text/plain",
                format!("I agree\n\n{WROTE}\n{}", marked(&middle.join("\n\n"), "> ")),
            )
        }),
        ("its first and its last paragraph", |text, _| {
            let all: Vec<&str> = text.trim().split("\n\n").collect();
            let ends = [all[0], "[...]", all[all.len() - 1]].join("\n\n");
            ("text/plain", format!("{WROTE}\n{}\n\nI agree", marked(&ends, "> ")))
        }),
        ("Gmail behind a gateway, in marked lines", |text, _| {
            (
                "text/plain",
                format!("I agree\n\n{WROTE}\n\n{}", marked(&format!("{BANNER}\n\n{text}"), "> ")),
            )
        }),
        ("Gmail behind a gateway, with a scanner's line", |_, html| {
            let scanner = "<div><table><tr><td>Virus-free.<a href=\"https://www.avast.com/sig-email\">www.avast.com</a></td></tr></table></div>";
            ("text/html", gmail(&format!("<div>[EXTERNAL]</div>{html}{scanner}")))
        }),
        ("Outlook behind a gateway that draws a table", |_, html| {
            let table = format!("<table border=1 bgcolor=\"#FFEB9C\"><tr><td><b>{BANNER}</b></td></tr></table><br>");
            ("text/html", outlook(&format!("{table}{html}")))
        }),
        ("Outlook with links that a gateway wrapped", |text, _| {
            let link = "https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fnights.example.org%2Flist%3Fmonth%3D11%26page%3D2&data=05&reserved=0";
            let text = text.replace("https://nights.example.org/list?month=11&page=2", link);
            (
                "text/plain",
                format!("I agree\n\n-----Original Message-----\n{HEAD}\n{text}"),
            )
        }),
        (
            "a program that wraps marked lines and marks none of the new ones",
            |text, _| {
                (
                    "text/plain",
                    format!("I agree\n\n{WROTE}\n{}", wrapped(&marked(text, "> "), 60)),
                )
            },
        ),
        ("a program that seals its mails", |text, _| {
            let seal = "Content-Type: application/pkcs7-signature; name=\"smime.p7s\"\nContent-Disposition: attachment; filename=\"smime.p7s\"\nContent-Transfer-Encoding: base64\n\nAAAA";
            parts(
                "signed",
                &format!(
                    "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\nI agree\n\n{WROTE}\n{}",
                    marked(text, "> ")
                ),
                seal,
            )
        }),
    ];
    for (program, quote) in table {
        let house = TestHouse::with_config(CONFIG);
        let (letter, text, html) = shown(&house);
        let (kind, body) = quote(&text, &html);
        let said = fetch(&house, &[answer(&letter, kind, &body)]);
        assert_eq!(said[0]["outcome"], "follow-up", "{program}: {said:?}");
        let story = house.show("marion");
        let events = story["events"].to_string();
        assert!(events.contains("\"proof-accepted\""), "{program}: {events}\n{body}");
        assert!(!events.contains("other words"), "{program}: {events}");
        let consent = house.run(&["consent", "marion", "--json"]).exits(0).json()["consent"].clone();
        assert_ne!(consent, Value::Null, "{program}");
    }
}

#[test]
fn a_yes_over_words_that_its_author_changed_in_the_quotation_is_for_a_person() {
    type Quote = fn(&str, &str) -> (&'static str, String);
    let table: [(&str, Quote, &str); 12] = [
        (
            "another number",
            |_, html| ("text/html", gmail(&html.replace("ninety", "sixty"))),
            "\"sixty\" for \"ninety\"",
        ),
        (
            "another number in plain text",
            |text, _| {
                (
                    "text/plain",
                    format!(
                        "I agree\n\n{WROTE}\n{}",
                        marked(&wrapped(&text.replace("trust", "council"), 60), "> ")
                    ),
                )
            },
            "\"council\" for \"trust\"",
        ),
        (
            "another number where nothing marks it",
            |_, html| ("text/html", outlook(&html.replace("ninety", "sixty"))),
            "\"sixty\" for \"ninety\"",
        ),
        (
            "another number under a header",
            |text, _| {
                (
                    "text/plain",
                    format!(
                        "I agree\n\n-----Original Message-----\n{HEAD}\n{}",
                        text.replace("ninety", "sixty")
                    ),
                )
            },
            "\"sixty\" for \"ninety\"",
        ),
        (
            "a word less",
            |_, html| ("text/html", gmail(&html.replace(" next contract", " contract"))),
            "without \"next\"",
        ),
        (
            "a word struck out",
            |_, html| ("text/html", gmail(&html.replace("ninety", "<s>ninety</s>"))),
            "without \"ninety\"",
        ),
        (
            "a sentence more",
            |_, html| {
                (
                    "text/html",
                    gmail(&html.replace("gave us cake.", "gave us cake. So did the bakery.")),
                )
            },
            "\"So did the bakery\"",
        ),
        (
            "a remark below",
            |_, html| ("text/html", gmail(&format!("{html}<p>But not my surname, please.</p>"))),
            "\"But not my surname please\"",
        ),
        (
            "another name",
            |text, _| {
                (
                    "text/plain",
                    format!("I agree\n\n{WROTE}\n{}", marked(&text.replace("Rosa", "Luisa"), "> ")),
                )
            },
            "\"Luisa\" for \"Rosa\"",
        ),
        (
            "a word struck out by hand",
            |text, _| {
                let text = text.replace("about ninety others", "about ~~ninety~~ others");
                ("text/plain", format!("I agree\n\n{WROTE}\n{}", marked(&text, "> ")))
            },
            "\"~~\"",
        ),
        (
            "a company's notice, as nothing tells it from a wish",
            |_, html| {
                (
                    "text/html",
                    gmail(&format!(
                        "{html}<p>This message is confidential, I do not want it on a blog.</p>"
                    )),
                )
            },
            "\"This message is confidential I do not want it",
        ),
        (
            "a remark above a company's notice",
            |_, html| {
                (
                    "text/html",
                    gmail(&format!("{html}<p>But not my surname, please.</p><p>{NOTICE}</p>")),
                )
            },
            "\"But not my surname please This email",
        ),
    ];
    for (what, quote, told) in table {
        let house = TestHouse::with_config(CONFIG);
        let (letter, text, html) = shown(&house);
        let (kind, body) = quote(&text, &html);
        let said = fetch(&house, &[answer(&letter, kind, &body)]);
        assert!(
            said[0].to_string().contains(&told.replace('"', "\\\"")),
            "{what}: {said:?}"
        );
        let events = house.show("marion")["events"].to_string();
        assert!(!events.contains("\"proof-accepted\""), "{what}: {events}");
        assert!(events.contains("other words than the letter"), "{what}: {events}");
        let quoted = told.split('"').nth(1).expect("words");
        let record = house.git_in("stories", &["log", "-p", "--format=%B", "-1"]);
        assert!(
            !record.contains(quoted),
            "{what}: the author's words are on main: {record}"
        );
        let consent = house.run(&["consent", "marion", "--json"]).exits(0).json()["consent"].clone();
        assert_eq!(consent, Value::Null, "{what}");
        let shown = house.run(&["show", "marion"]).exits(0).stdout.clone();
        assert!(
            shown.contains("the letter that it quotes has other words"),
            "{what}: {shown}"
        );
    }
}

#[test]
fn a_yes_of_which_the_other_form_of_the_mail_says_no_is_for_a_person() {
    let house = TestHouse::with_config(CONFIG);
    let (letter, text, html) = shown(&house);
    let plain = format!(
        "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\nI do not agree\n\n{WROTE}\n{}",
        marked(&text, "> ")
    );
    let html = format!(
        "Content-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n{}",
        gmail(&html)
    );
    let (kind, body) = parts("alternative", &plain, &html);
    let said = fetch(&house, &[answer(&letter, kind, &body)]);
    assert_eq!(said[0]["outcome"], "follow-up", "{said:?}");
    let events = house.show("marion")["events"].to_string();
    assert!(!events.contains("\"proof-accepted\""), "{events}");
    assert!(events.contains("the two do not say the same"), "{events}");
    // the letter asked for permission, too
    assert!(events.contains("--grant --mail 2"), "{events}");
    let consent = house.run(&["consent", "marion", "--json"]).exits(0).json()["consent"].clone();
    assert_eq!(consent, Value::Null);
}

#[test]
fn what_a_company_or_our_letter_says_of_deleting_is_no_wish_of_the_authors() {
    let house = TestHouse::with_config(CONFIG);
    let letter = received(&house);
    let parsed = MessageParser::default().parse(letter.as_bytes()).expect("a mail");
    let text = parsed.body_text(0).expect("text").replace("\r\n", "\n");
    let html = parsed.body_html(0).expect("HTML").into_owned();
    let thanks = |body: &str| body.replacen("I agree", "Thank you so much, my mother is very proud!", 1);
    let short = "If you are not the intended recipient, please delete this message.";
    for (kind, body) in [
        ("text/html", gmail(&format!("{html}<p>{NOTICE}</p>"))),
        ("text/html", gmail(&format!("{html}<p>{short}</p>"))),
        ("text/html", outlook(&format!("{html}<p>{NOTICE}</p>"))),
        (
            "text/plain",
            format!("I agree\n\n{WROTE}\n{}", marked(&format!("{text}\n\n{short}"), "> ")),
        ),
        // the letter's own "write to us, and we take the story down"
        (
            "text/plain",
            format!("I agree\n\n{WROTE}\n{}", wrapped(&marked(&text, "> "), 60)),
        ),
    ] {
        let house = TestHouse::with_config(CONFIG);
        let letter = received(&house);
        fetch(&house, &[answer(&letter, kind, &thanks(&body))]);
        let events = house.show("marion")["events"].to_string();
        assert!(events.contains("no plain yes"), "{body}: {events}");
        assert!(
            !events.contains("taken down") && !events.contains("withdrawal"),
            "{body}: {events}"
        );
    }
}

#[test]
fn what_an_author_writes_inside_the_quotation_is_heard_and_kept() {
    let house = TestHouse::with_config(CONFIG);
    let (letter, _, html) = shown(&house);
    let body = gmail(&html.replace(
        "gave us cake.</p>",
        "gave us cake.</p><p>Please take my story down, my mother is ill.</p>",
    ));
    fetch(&house, &[answer(&letter, "text/html", &body)]);
    let story = house.show("marion");
    assert!(
        story["events"].to_string().contains("it asks to have the story back"),
        "{story}"
    );
    let shown = house.run(&["show", "marion"]).exits(0).stdout.clone();
    assert!(
        shown.contains("Please take my story down, my mother is ill."),
        "{shown}"
    );

    // also in answer to a letter that asks something else
    let house = TestHouse::with_config(CONFIG);
    received(&house);
    house.run(&["write", "marion", "-m", "How many were you?"]).exits(0);
    house.run(&["letters", "send"]).exits(0);
    let question = left(&house)
        .into_iter()
        .find(|l| l.contains("How many"))
        .expect("a letter");
    let quote = format!(
        "{WROTE}\n> Dear Marion Maxwell,\n>\n> How many were you?\n> Ninety-four in May.\n>\n> With best wishes,\n> M4C Team"
    );
    fetch(
        &house,
        &[answer(
            &question,
            "text/plain",
            &format!("Hello,\n\nsee what I wrote.\n\n{quote}"),
        )],
    );
    let shown = house.run(&["show", "marion"]).exits(0).stdout.clone();
    assert!(shown.contains("> How many were you?\n\nNinety-four in May."), "{shown}");
}
