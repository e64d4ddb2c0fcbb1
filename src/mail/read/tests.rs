//! Whole mails, as mail programs write them, with LF and with CRLF. The people in them are invented.

use super::*;
use crate::story::passage::{Image, Line, Span};

pub(super) fn read_whole(raw: &[u8]) -> Result<Submission, Unreadable> {
    let setting = ReadSetting {
        trusted_authserv: Some("mx.example.net".into()),
        ..ReadSetting::default()
    };
    read_bytes(raw, None, &setting)
}

/// Reads the mail with both line ends, which must not make a difference.
fn submission(mail: &str) -> Submission {
    let lf = read_whole(mail.as_bytes()).unwrap();
    let crlf = read_whole(mail.replace('\n', "\r\n").as_bytes()).unwrap();
    assert_eq!(lf.lines, crlf.lines, "CRLF");
    assert_eq!(lf.mail, crlf.mail, "CRLF");
    lf
}

/// The body: one string, a blank line as an empty one, an image as `[n]`.
pub(super) fn text(submission: &Submission) -> String {
    lines_of(&submission.lines)
}

fn lines_of(lines: &[Line]) -> String {
    let span = |span: &Span| match &span.image {
        Some(Image::Part(n)) => format!("[{n}]"),
        Some(Image::Missing(what)) => format!("[{what}]"),
        None => span.text.clone(),
    };
    let show = |line: &Line| line.spans.iter().map(span).collect::<String>();
    let text = lines.iter().map(show).collect::<Vec<_>>().join("\n");
    text.trim().to_owned()
}

pub(super) const HEAD: &str = "From: Marion Maxwell <marion@example.org>\nTo: stories@example.net\nSubject: My story\nDate: Sat, 4 Dec 2010 10:00:00 +0000\nMessage-ID: <1@example.org>\nMIME-Version: 1.0\n";

fn alternative(text: &str, html: &str) -> String {
    format!(
        "{HEAD}Content-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain; charset=utf-8\n\n{text}\n--b\nContent-Type: text/html; charset=utf-8\n\n{html}\n--b--\n"
    )
}

#[test]
fn a_plain_mail_is_read() {
    let mail = format!(
        "Return-Path: <marion@example.org>\nReceived: from a by mx.example.net; Sat, 4 Dec 2010 10:00:09 +0000\nReceived: from b by a; Sat, 4 Dec 2010 10:00:05 +0000\nAuthentication-Results: mx.example.net; dkim=pass header.d=example.org\n{HEAD}In-Reply-To: <0@example.net>\nReferences: <a@example.net>\n <0@example.net>\nReply-To: Marion <m2@example.org>\nSender: Cath Lee <cath@team.example>\nCc: b@example.org\n\nHello,\n\nthis is it.\n"
    );
    let found = submission(&mail);
    assert_eq!(text(&found), "Hello,\n\nthis is it.");
    assert_eq!(found.message_id, "1@example.org");
    assert_eq!(found.references, ["0@example.net", "a@example.net"]);
    assert_eq!(found.date, Some("2010-12-04T10:00:00Z".parse().unwrap()));
    assert_eq!(found.received, Some("2010-12-04T10:00:09Z".parse().unwrap()));
    assert_eq!(found.from.name.as_deref(), Some("Marion Maxwell"));
    assert_eq!(found.sender.unwrap().address.as_deref(), Some("cath@team.example"));
    assert_eq!(found.reply_to.unwrap().address.as_deref(), Some("m2@example.org"));
    assert_eq!(found.to.len(), 2);
    assert_eq!(found.auth.len(), 1);
    assert!(found.notes.is_empty() && found.attachments.is_empty());
}

#[test]
fn what_is_no_mail_says_so() {
    for (raw, expected) in [
        (&b""[..], Unreadable::Empty),
        (b" \r\n\r\n", Unreadable::Empty),
        (b"\xff\xd8\xff\xe0 JFIF junk\n\n", Unreadable::NoMail),
        (b"Just a text: with colons\n\nin it", Unreadable::NoMail),
        (b"{\"a\": 1}", Unreadable::NoMail),
    ] {
        assert_eq!(read_whole(raw).unwrap_err(), expected);
    }
    let setting = ReadSetting {
        max_bytes: 10,
        ..ReadSetting::default()
    };
    let error = read_bytes(b"Subject: long\n\n", None, &setting).unwrap_err();
    assert_eq!(error, Unreadable::TooLong { bytes: 15, limit: 10 });
    // a header and nothing else is a mail without text
    assert_eq!(text(&submission("From: m@example.org\nSubject: x\n")), "");
}

#[test]
fn the_part_that_says_more_is_read() {
    let long = "I met my neighbours in the hall and we talked about the street lights";
    for (name, plain, html, expected, notes) in [
        (
            "no structure: text",
            "Hello you.",
            "<div>Hello you.</div>",
            "Hello you.",
            0,
        ),
        (
            "emphasis: HTML",
            "Hello you.",
            "<p>Hello <b>you</b>.</p>",
            "Hello you.",
            0,
        ),
        (
            "hard-wrapped text: HTML",
            &format!("{long}\nand more."),
            &format!("<div>{long} and more.</div>"),
            &format!("{long} and more."),
            0,
        ),
        (
            "HTML made from wrapped text: text",
            &format!("{long}\nand more."),
            &format!("<!-- Converted from text/plain format --><p>{long}<br>and more.</p>"),
            &format!("{long}\nand more."),
            0,
        ),
        ("empty text: HTML", "", "<div>Hello</div>", "Hello", 0),
        ("empty HTML: text", "Hello", "<div></div>", "Hello", 0),
        (
            "a stub for text",
            "Please view this mail in a browser",
            &format!("<div>{long}</div>"),
            long,
            1,
        ),
        (
            "a stub for HTML",
            &format!("{long} and {long}"),
            "<a href='x'>advertisement</a>",
            &format!("{long} and {long}"),
            1,
        ),
    ] {
        let found = submission(&alternative(plain, html));
        assert_eq!(text(&found), *expected, "{name}");
        assert_eq!(found.notes.len(), notes, "{name}: {:?}", found.notes);
        assert!(found.attachments.is_empty(), "{name}");
    }
    let found = submission(&alternative(
        "send the money to account one two three four five six",
        "<p>my story is about the lights in our street, <b>all of them</b></p>",
    ));
    assert_eq!(found.notes, [Note::PartsDiffer { used: "HTML" }]);
}

#[test]
fn words_that_one_form_of_a_text_lacks_are_kept_or_told() {
    let differ = |used| vec![Note::PartsDiffer { used }];
    let said = "We won the lights, all nine of them, and in the end nobody paid for it.";
    for (plain, html, used, notes) in [
        ("We won.", "<p>We never won.</p>", "We never won.", vec![]),
        (
            "We won. Nobody slept at all.",
            "<p><b>We</b> won.</p>",
            "We won. Nobody slept at all.",
            vec![],
        ),
        // for one word no emphasis is given up
        ("We never won.", "<p><b>We</b> won.</p>", "We won.", differ("HTML")),
        ("forty of us", "<p>40 of us</p>", "forty of us", differ("plain text")),
        (
            "We won.\n\nSent from my iPhone",
            "<p><b>We</b> won.</p>",
            "We won.",
            vec![],
        ),
        ("See you\n> not me", "<p><b>See</b> you</p>", "See you", vec![]),
        (said, "<p>We won the <b>lights</b>.</p>", said, differ("plain text")),
        (
            "Yes, not no.",
            "<p>No, not yes.</p>",
            "Yes, not no.",
            differ("plain text"),
        ),
    ] {
        let found = submission(&alternative(plain, html));
        assert_eq!(text(&found), used, "{plain} / {html}");
        assert_eq!(found.notes, notes, "{plain} / {html}");
    }
}

#[test]
fn further_forms_of_a_text_are_told_where_they_say_more() {
    let mail = |first: &str, second: &str, html: &str| {
        let parts: String = [("plain", first), ("plain", second), ("html", html)]
            .map(|(kind, text)| format!("--b\nContent-Type: text/{kind}\n\n{text}\n"))
            .concat();
        let head = "From: a@example.org\nContent-Type: multipart/alternative; boundary=b\n\n";
        submission(&format!("{head}{parts}--b--\n")).notes
    };
    let bold = "<p>We <b>won</b>.</p>";
    assert_eq!(mail("We won.", "We won.", bold), []);
    for (html, used) in [(bold, "HTML"), ("<p>We won.</p>", "plain text")] {
        let told = [Note::PartsDiffer { used }];
        assert_eq!(mail("We won.", "And in May we danced.", html), told, "{html}");
    }
}

#[test]
fn enriched_text_beside_plain_text_is_chosen_as_html_is() {
    let long = "My story is about the lights in our street, all of them, and who mended them in the end";
    let bold = format!("<bold>{long}</bold>");
    for (plain, enriched, html, expected) in [
        ("", &bold[..], "", long),
        ("This mail is in text/enriched.", &bold, "", long),
        (long, "", "", long),
        (long, "<bold>advertisement</bold>", "", long),
        (long, &bold, "", long),
        (long, "<bold>advertisement</bold>", "<p></p>", long),
        ("", "<bold>advertisement</bold>", &format!("<p>{long}</p>"), long),
        ("", &bold, "<p></p>", long),
    ] {
        let mail = alternative(plain, html).replace(
            "--b\nContent-Type: text/html",
            &format!("--b\nContent-Type: text/enriched; charset=utf-8\n\n{enriched}\n--b\nContent-Type: text/html"),
        );
        let mail = match html {
            "" => {
                mail.split("--b\nContent-Type: text/html")
                    .next()
                    .unwrap_or_default()
                    .to_owned()
                    + "--b--\n"
            }
            _ => mail,
        };
        let found = submission(&mail);
        assert_eq!(text(&found), expected, "{plain:?} {enriched:?} {html:?}");
        assert!(found.attachments.is_empty());
    }
    let both = submission(&format!(
        "{HEAD}Content-Type: multipart/alternative; boundary=b\n\n--b\n\n{long}\n--b\nContent-Type: text/enriched\n\n{bold}\n--b--\n"
    ));
    assert!(both.lines[0].spans[0].bold);
}

#[test]
fn text_that_looks_like_html_stays_text() {
    let found = submission(&format!("{HEAD}\n<b>not bold</b> &amp; <script>x</script>\n"));
    assert_eq!(text(&found), "<b>not bold</b> &amp; <script>x</script>");
}

#[test]
fn pictures_stand_where_a_phone_put_them() {
    let found = submission(&format!(
        "{HEAD}Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain; charset=us-ascii\n\nBefore\n--b\nContent-Type: image/jpeg; name=IMG_1.JPG\nContent-Disposition: inline; filename=IMG_1.JPG\nContent-Transfer-Encoding: base64\n\n/9j/\n--b\nContent-Type: text/plain; charset=us-ascii\n\nAfter\n--b\nContent-Type: image/jpeg\nContent-Disposition: attachment; filename=IMG_2.JPG\nContent-Transfer-Encoding: base64\n\n/9j/\n--b--\n"
    ));
    assert_eq!(text(&found), "Before\n\n[0]\n\nAfter");
    assert_eq!(found.attachments.len(), 2);
    assert_eq!(found.attachments[0].name.as_deref(), Some("IMG_1.JPG"));
    assert_eq!(found.attachments[0].bytes, b"\xff\xd8\xff");
    assert_eq!(
        (found.attachments[0].inline, found.attachments[1].inline),
        (true, false)
    );
}

#[test]
fn pictures_stand_where_html_shows_them() {
    let related = "Content-Type: multipart/related; boundary=r\n\n--r\nContent-Type: text/html\n\n<p>Before<img src=\"cid:a@b\">After</p>\n--r\nContent-Type: image/png; name=\"a.png\"\nContent-ID: <a@b>\nContent-Disposition: inline\nContent-Transfer-Encoding: base64\n\niVBORw0=\n--r--\n";
    let found = submission(&format!(
        "{HEAD}Content-Type: multipart/alternative; boundary=b\n\n--b\n\nBefore [image: a.png] After\n--b\n{related}\n--b--\n"
    ));
    assert_eq!(text(&found), "Before[0]After");
    assert_eq!(found.attachments[0].content_id.as_deref(), Some("a@b"));
    assert!(found.notes.is_empty(), "{:?}", found.notes);
    // Apple: HTML, picture, HTML in a multipart/mixed beside the text
    let mixed = "Content-Type: multipart/mixed; boundary=m\n\n--m\nContent-Type: text/html\n\n<div>Before</div>\n--m\nContent-Type: image/png\nContent-Disposition: inline\n\nx\n--m\nContent-Type: text/html\n\n<div>After</div>\n--m--\n";
    let found = submission(&format!(
        "{HEAD}Content-Type: multipart/alternative; boundary=b\n\n--b\n\nBefore\n\nAfter\n--b\n{mixed}\n--b--\n"
    ));
    assert_eq!(text(&found).replace("\n\n\n", "\n\n"), "Before\n\n[0]\n\nAfter");
}

#[test]
fn what_is_attached_is_an_attachment() {
    let part = |header: &str, body: &str| format!("--b\n{header}\n\n{body}\n");
    let mixed = |parts: &[String]| {
        submission(&format!(
            "{HEAD}Content-Type: multipart/mixed; boundary=b\n\n{}--b--\n",
            parts.concat()
        ))
    };
    let body = part("Content-Type: text/plain", "The story.");
    let notes = part(
        "Content-Type: text/plain; name=notes.txt\nContent-Disposition: attachment; filename=notes.txt",
        "Notes.",
    );
    let footer = part(
        "Content-Type: text/plain; charset=us-ascii\nContent-Disposition: inline",
        "List footer",
    );
    let found = mixed(&[body.clone(), notes.clone()]);
    assert_eq!((text(&found).as_str(), found.attachments.len()), ("The story.", 1));
    let found = mixed(&[body.clone(), footer]);
    assert_eq!(
        (text(&found).as_str(), found.attachments.len()),
        ("The story.\n\nList footer", 0)
    );
    // Exchange tears off what stood after a picture
    let torn = part(
        "Content-Type: text/plain; name=\"ATT00001.txt\"\nContent-Disposition: attachment; filename=\"ATT00001.txt\"",
        "The end of it.",
    );
    let picture = part(
        "Content-Type: image/jpeg; name=me.jpg\nContent-Disposition: inline",
        "x",
    );
    assert_eq!(
        text(&mixed(&[body.clone(), picture, torn])),
        "The story.\n\n[0]\n\nThe end of it."
    );
    // nothing but the attached text: that is the story
    let found = mixed(&[part("Content-Type: text/plain", ""), notes]);
    assert_eq!((text(&found).as_str(), found.attachments.len()), ("Notes.", 1));
    assert_eq!(found.notes, [Note::FromDocument("notes.txt".into())]);
    for (header, name) in [
        (
            "Content-Type: image/jpeg; name=\"../../.git/hooks/post-commit\"",
            Some("post-commit"),
        ),
        (
            "Content-Type: image/jpeg; name=\"C:\\\\photos\\\\me.jpg\"",
            Some("me.jpg"),
        ),
        ("Content-Type: image/jpeg; name=\"..\"", None),
        ("Content-Type: image/jpeg; name=\"a\u{202e}gpj.exe\"", Some("agpj.exe")),
        (
            "Content-Type: image/jpeg; name=\"=?utf-8?Q?=1B]52;c?=.jpg\"",
            Some("]52;c.jpg"),
        ),
    ] {
        let found = mixed(&[body.clone(), part(header, "x")]);
        assert_eq!(found.attachments[0].name.as_deref(), name, "{header}");
    }
}

#[test]
fn attached_mails_are_read_as_mails() {
    let inner = "From: Marion <marion@example.org>\nSubject: Mine\nDate: Fri, 3 Dec 2010 10:00:00 +0000\n\nMy words.\n";
    for header in [
        "Content-Type: message/rfc822",
        "Content-Type: message/rfc822; name=\"Mine.eml\"\nContent-Disposition: attachment; filename=Mine.eml",
        "Content-Type: application/octet-stream; name=Mine.eml\nContent-Disposition: attachment",
    ] {
        let found = submission(&format!(
            "{HEAD}Content-Type: multipart/mixed; boundary=b\n\n--b\n\nSee below.\n--b\n{header}\n\n{inner}\n--b--\n"
        ));
        assert_eq!(text(&found), "See below.", "{header}");
        assert_eq!(
            (text(&found.embedded[0]).as_str(), found.embedded[0].subject.as_str()),
            ("My words.", "Mine")
        );
        assert!(found.attachments.is_empty());
    }
    let mut mail = inner.to_owned();
    for _ in 0..5 {
        mail = format!("Subject: outer\nContent-Type: message/rfc822\n\n{mail}");
    }
    let found = submission(&mail);
    let third = &found.embedded[0].embedded[0].embedded[0];
    assert!(third.embedded.is_empty());
    assert_eq!((third.attachments.len(), third.notes.len()), (1, 1));
}

#[test]
fn charsets_are_read_and_guesses_are_told() {
    let mail = |charset: &str, body: &[u8]| {
        let head = format!("{HEAD}Content-Type: text/plain{charset}\nContent-Transfer-Encoding: 8bit\n\n");
        read_whole(&[head.as_bytes(), body].concat()).unwrap()
    };
    for (charset, body, expected, notes) in [
        (
            "; charset=iso-8859-1",
            &b"it\x92s caf\xe9\0"[..],
            "it\u{2019}s caf\u{e9}",
            0,
        ),
        ("; charset=iso-8859-1", "caf\u{e9}".as_bytes(), "caf\u{e9}", 1),
        ("", b"caf\xe9", "caf\u{e9}", 1),
        ("; charset=\"utf-8\"", "e\u{301}\u{7}".as_bytes(), "\u{e9}", 0),
        ("; charset=utf-7", b"+ADw-script+AD4-", "+ADw-script+AD4-", 1),
    ] {
        let found = mail(charset, body);
        assert_eq!(
            (text(&found).as_str(), found.notes.len()),
            (expected, notes),
            "{charset} {:?}",
            found.notes
        );
    }
    let html = format!("{HEAD}Content-Type: text/html\n\n<meta charset=windows-1251><p>");
    let found = read_whole(&[html.as_bytes(), b"\xcf\xf0\xe8\xe2\xe5\xf2</p>"].concat()).unwrap();
    assert_eq!(text(&found), "\u{41f}\u{440}\u{438}\u{432}\u{435}\u{442}");
}

#[test]
fn header_text_is_one_clean_line() {
    for (subject, expected) in [
        ("=?utf-8?Q?x=0D=0ABcc:_boss@example.org?=", "x Bcc: boss@example.org"),
        ("=?utf-8?B?Cgp0cmFpbGVyOiB5?=", "trailer: y"),
        ("\u{202e}evil\u{9b}31m", "evil 31m"),
        ("=?utf-8?Q?Caf=C3?= =?utf-8?Q?=A9?=", "Caf\u{e9}"),
        ("", ""),
    ] {
        let found = submission(&format!("From: m@example.org\nSubject: {subject}\n\nText"));
        assert_eq!(found.subject, expected, "{subject:?}");
    }
    let found = read_whole(b"From: m@example.org\r\nSubject: caf\xe9\0 \x1b[31m\r\n\r\nText").unwrap();
    assert_eq!(found.subject, "caf\u{e9} [31m");
}

#[test]
fn automatic_mail_gives_its_signals() {
    let bounce = "Return-Path: <>\nFrom: MAILER-DAEMON@example.net\nSubject: Undelivered\nAuto-Submitted: auto-replied (failure)\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\nIt failed.\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.net\n\nFinal-Recipient: rfc822; fine@example.org\nAction: delivered\n\nFinal-Recipient: rfc822; Marion@example.org\nAction: failed\nStatus: 5.1.1\n--b\nContent-Type: message/rfc822\n\nMessage-ID: <letter-1@example.net>\nX-M4C-Stories: mark\nSubject: Thank you\n\nText\n--b--\n";
    let found = submission(bounce);
    let signals = &found.signals;
    assert!(signals.null_return_path && signals.delivery_report);
    assert_eq!(signals.auto_submitted.as_deref(), Some("auto-replied"));
    assert_eq!(signals.reported_address.as_deref(), Some("Marion@example.org"));
    assert_eq!(signals.reported_message_id.as_deref(), Some("letter-1@example.net"));
    assert!(found.embedded.is_empty() && signals.our_mark.is_none());
    assert_eq!(text(&found), "It failed.");

    let receipt = "From: m@example.org\nSubject: Read: Thank you\nContent-Type: multipart/report; report-type=disposition-notification; boundary=b\n\n--b\n\nIt was read.\n--b\nContent-Type: message/disposition-notification\n\nFinal-Recipient: rfc822; m@example.org\n--b--\n";
    assert!(submission(receipt).signals.delivery_report);
    let exim =
        "Return-Path: <>\nFrom: mailer-daemon@example.net\nX-Failed-Recipients: marion@example.org\n\nIt failed.";
    let signals = submission(exim).signals;
    assert_eq!(
        (signals.delivery_report, signals.reported_address.as_deref()),
        (true, Some("marion@example.org"))
    );

    let signals = |headers: &str| submission(&format!("From: m@example.org\n{headers}\n\nText")).signals;
    assert_eq!(
        signals("List-Id: Blog <blog.example.org>").list.as_deref(),
        Some("Blog <blog.example.org>")
    );
    assert_eq!(
        signals("List-Unsubscribe: <mailto:x@y>").list.as_deref(),
        Some("list-unsubscribe: <mailto:x@y>")
    );
    assert_eq!(signals("Precedence: Bulk").precedence.as_deref(), Some("bulk"));
    assert_eq!(signals("X-M4C-Stories: abc").our_mark.as_deref(), Some("abc"));
    assert_eq!(
        signals("X-Auto-Response-Suppress: All\nFeedback-ID: 1")
            .machine_headers
            .len(),
        2
    );
    // Proton puts one on what people write
    assert!(signals("Feedback-ID: 3412:user:proton").machine_headers.is_empty());
    assert!(signals("X-Spam-Status: Yes, score=9.1 required=5").spam.is_some());
    assert!(signals("X-Spam-Status: No, score=0.1\nX-Spam-Flag: NO").spam.is_none());
    assert!(!signals("Return-Path: <m@example.org>").null_return_path);
    assert!(signals("Content-Type: multipart/encrypted; protocol=\"application/pgp-encrypted\"; boundary=b\n\n--b\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n--b--").encrypted);
    assert!(signals("Content-Type: application/pkcs7-mime; smime-type=enveloped-data").encrypted);
    assert!(!signals("Content-Type: application/pkcs7-mime; smime-type=signed-data").encrypted);
    assert!(
        submission(&format!(
            "{HEAD}\n-----BEGIN PGP MESSAGE-----\n\nabc\n-----END PGP MESSAGE-----\n"
        ))
        .signals
        .encrypted
    );
    assert!(signals("Content-Type: text/calendar; method=REQUEST").calendar_only);
}

#[test]
fn of_a_sealed_mail_it_is_told_what_to_ask_for() {
    for kind in ["smime-type=enveloped-data", "smime-type=signed-data", "name=smime.p7m"] {
        let sealed = submission(&format!("{HEAD}Content-Type: application/pkcs7-mime; {kind}\n\nMIB\n"));
        assert_eq!(sealed.notes, [Note::Encrypted], "{kind}");
        assert!(sealed.attachments[0].is_seal());
    }
    let signed = submission(&format!(
        "{HEAD}Content-Type: multipart/signed; boundary=b\n\n--b\n\nHello.\n--b\nContent-Type: application/pgp-signature; name=signature.asc\n\nabc\n--b--\n"
    ));
    assert_eq!((signed.notes, signed.attachments[0].is_seal()), (vec![], true));
    let sealed = "--b\nContent-Type: application/pkcs7-mime; name=smime.p7m\n\nMIB\n";
    for (parts, notes) in [
        // a list server's footer under what is sealed
        (format!("{sealed}--b\n\nTo unsubscribe\n"), vec![Note::Encrypted]),
        (format!("--b\n\n\n{sealed}"), vec![Note::Encrypted]),
        // an attached file seals nothing
        (format!("--b\n\nHello.\n{sealed}"), vec![]),
    ] {
        let mail = submission(&format!(
            "{HEAD}Content-Type: multipart/mixed; boundary=b\n\n{parts}--b--\n"
        ));
        assert_eq!(mail.notes, notes, "{parts}");
    }
}

#[test]
fn an_invitation_with_words_of_a_persons_own_is_more_than_that() {
    let invited = |words: &str| {
        let calendar = "BEGIN:VCALENDAR\nDESCRIPTION:Let us plan the march\\, all of us\\, on Monday.\nEND:VCALENDAR";
        let parts = format!("--b\n\n{words}\n--b\nContent-Type: text/calendar; method=REQUEST\n\n{calendar}\n--b--\n");
        let mail = format!("{HEAD}Content-Type: multipart/alternative; boundary=b\n\n{parts}");
        submission(&mail).signals.calendar_only
    };
    assert!(invited("Let us plan the march, all of us, on Monday."));
    assert!(!invited("The gate was rusted shut. Twelve of us leaned on it."));
}

#[test]
fn a_signed_text_is_read_without_its_armour() {
    let found = submission(&format!(
        "{HEAD}\n-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nMy words.\n- -- \nMarion\n-----BEGIN PGP SIGNATURE-----\n\nabc\n-----END PGP SIGNATURE-----\n"
    ));
    assert_eq!(text(&found), "My words.\n-- \nMarion");
}

#[test]
fn documents_that_cannot_be_read_say_what_to_do() {
    for (name, bytes, word) in [
        ("story.pdf", &b"%PDF-1.4"[..], "PDF"),
        ("story.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "Word"),
        ("story.rtf", b"{\\rtf1", "rich text"),
        ("story.odt", b"PK\x03\x04", "OpenDocument"),
        ("photos.zip", b"PK\x03\x04", "archive"),
        ("winmail.dat", b"\x78\x9f\x3e\x22\0", "winmail.dat"),
    ] {
        let head = format!(
            "{HEAD}Content-Type: multipart/mixed; boundary=b\n\n--b\n\nSee attached.\n--b\nContent-Type: application/octet-stream; name={name}\nContent-Transfer-Encoding: binary\n\n"
        );
        let found = read_whole(&[head.as_bytes(), bytes, b"\n--b--\n"].concat()).unwrap();
        assert_eq!(found.notes.len(), 1, "{name}");
        assert!(found.notes[0].to_string().contains(word), "{}", found.notes[0]);
        assert_eq!(found.attachments[0].bytes, bytes);
    }
}

#[test]
fn a_glance_sees_who_and_what() {
    let seen = glance(format!("{HEAD}{}", "X: y\n".repeat(100_000)).as_bytes());
    assert_eq!(seen, Glance::default(), "over the bounds nothing is looked at");
    let seen = glance(format!("{HEAD}\nText").as_bytes());
    assert_eq!(
        (seen.message_id.as_str(), seen.subject.as_str()),
        ("1@example.org", "My story")
    );
    assert_eq!(seen.from.address.as_deref(), Some("marion@example.org"));
    assert_eq!(glance(b"\xff\xfe junk"), Glance::default());
}
