//! Mails made to hurt: each is read or refused in time, whatever its shape.

use super::tests::{HEAD, read_whole, text};
use super::*;
use crate::effort;
use crate::mail::mail_id;

/// Reads, and finds the id, in time that is in proportion.
fn in_time(name: &str, raw: &[u8]) -> Result<Submission, Unreadable> {
    effort::in_time(name, || {
        mail_id(raw);
        glance(raw);
        read_whole(raw)
    })
}

#[test]
fn nesting_is_bounded() {
    let multiparts: String = (0..10_000)
        .map(|i| format!("Content-Type: multipart/mixed; boundary=b{i}\n\n--b{i}\n"))
        .collect();
    let raw = format!("{HEAD}{multipart}", multipart = multiparts);
    assert_eq!(
        in_time("multiparts", raw.as_bytes()).unwrap_err(),
        Unreadable::OverLimit(OverLimit::Nesting)
    );
    // mails in mails: read three deep, the rest is an attachment
    let raw = format!("{HEAD}{}", "Content-Type: message/rfc822\n\n".repeat(10_000));
    let found = in_time("mails in mails", raw.as_bytes()).unwrap();
    assert_eq!(found.embedded[0].embedded[0].embedded[0].attachments.len(), 1);
    let comments = format!(
        "{HEAD}Content-Type: text/plain; x={}\nFrom: {}x@y\n\nText",
        "(".repeat(200_000),
        "(".repeat(200_000)
    );
    assert_eq!(text(&in_time("comments", comments.as_bytes()).unwrap()), "Text");
}

#[test]
fn many_parts_are_refused() {
    let head = format!("{HEAD}Content-Type: multipart/mixed; boundary=b\n\n");
    let lines = format!("{head}{}", "--b\n".repeat(8 << 20));
    let parts = format!("{head}{}", "--b\n\nx\n".repeat(1_000_000));
    for (name, raw) in [("boundary lines", lines), ("a million parts", parts)] {
        assert_eq!(
            in_time(name, raw.as_bytes()).unwrap_err(),
            Unreadable::OverLimit(OverLimit::Parts)
        );
    }
    // lines that look like delimiters and are none
    let raw = format!("{head}--b\n\n{}", "--bb\n".repeat(1 << 20));
    assert_eq!(
        in_time("no boundary lines", raw.as_bytes()).unwrap_err(),
        Unreadable::OverLimit(OverLimit::Text)
    );
    // signs that are each read as a piece of Markdown
    for signs in ["A>".repeat(1 << 20), "*_".repeat(1 << 18), "[a](b) ".repeat(1 << 17)] {
        assert_eq!(
            in_time("signs", format!("{HEAD}\n{signs}\n").as_bytes()).unwrap_err(),
            Unreadable::OverLimit(OverLimit::Signs)
        );
    }
    // a thousand parts that each promise parts and have none
    let promise = "--b\nContent-Type: multipart/mixed; boundary=never\n\nx\n".repeat(90);
    let line = "a line of text ".repeat(4) + "\n";
    let raw = format!("{head}{promise}{}", line.repeat(45_000));
    assert!(in_time("promises", raw.as_bytes()).is_ok());
}

#[test]
fn a_long_header_is_refused() {
    for (name, raw, limit) in [
        ("a million fields", "X: y\n".repeat(1_000_000), OverLimit::Fields),
        (
            "one field of 30 MB",
            format!("Subject: {}\n\n", "x".repeat(30 << 20)),
            OverLimit::FieldBytes,
        ),
        (
            "a fold of 30 MB",
            format!("Subject: x\n{}\n", " y\n".repeat(10 << 20)),
            OverLimit::FieldBytes,
        ),
        (
            "500,000 addresses",
            format!("To: {}\n\n", "a@example.org,\n ".repeat(500_000)),
            OverLimit::FieldBytes,
        ),
    ] {
        assert_eq!(
            in_time(name, raw.as_bytes()).unwrap_err(),
            Unreadable::OverLimit(limit),
            "{name}"
        );
    }
    for (name, value) in [
        ("open words", "=?utf-8?Q?x".repeat(80_000)),
        ("open base64 words", "=?utf-8?B?x ".repeat(80_000)),
        ("words", "=?utf-8?Q?x?= ".repeat(70_000)),
        ("open quotes", "\"a <b@c>, ".repeat(90_000)),
        (
            "continuations",
            (0..40_000).map(|i| format!("; name*{i}*=%41")).collect(),
        ),
    ] {
        for field in [
            "Subject",
            "From",
            "References",
            "Content-Type",
            "Content-Disposition",
            "Date",
            "Authentication-Results",
        ] {
            let raw = format!("To: x@example.org\n{field}: {value}\n\nText");
            in_time(&format!("{name} in {field}"), raw.as_bytes()).unwrap();
        }
    }
}

#[test]
fn long_bodies_take_time_in_proportion() {
    let html = |body: String| format!("{HEAD}Content-Type: text/html\n\n{body}");
    let plain = |body: String| format!("{HEAD}\n{body}");
    for (name, raw) in [
        ("one line", plain("word ".repeat(1 << 20))),
        ("quotes", plain(">".repeat(1_000_000))),
        ("marks", plain("e\u{301}\u{302}".repeat(1 << 18))),
        ("nested tags", html("<div>".repeat(100_000))),
        ("blockquotes", html("<blockquote>".repeat(100_000))),
        ("entities", html("&amp;".repeat(1 << 20))),
        ("attributes", html(format!("<p {}>", "a=b ".repeat(1 << 18)))),
        (
            "quoted-printable",
            format!(
                "{HEAD}Content-Transfer-Encoding: quoted-printable\n\n{}",
                "=".repeat(2 << 20)
            ),
        ),
        (
            "base64",
            format!("{HEAD}Content-Transfer-Encoding: base64\n\n{}", "=A".repeat(2 << 20)),
        ),
    ] {
        let read = in_time(name, raw.as_bytes());
        let refused = matches!(read, Err(Unreadable::OverLimit(OverLimit::Signs)));
        assert!(read.is_ok() || refused, "{name}: {read:?}");
    }
}
