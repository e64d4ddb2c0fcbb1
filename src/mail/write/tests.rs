mod circle;

use super::*;
use mail_parser::{MessageParser, MimeHeaders};

fn person(name: &str, address: &str) -> Mailbox {
    Mailbox {
        name: Some(name.to_owned()).filter(|name| !name.is_empty()),
        address: Some(address.to_owned()),
    }
}

pub(super) fn letter() -> Letter {
    Letter {
        kind: LetterKind::Received,
        id: LetterId::new("3f9a2c41b0", [7; 16], "example.org"),
        from: person("M4C Team", "m4cblog@example.org"),
        to: person("Marion Maxwell", "marion@example.com"),
        subject: "Re: My story".into(),
        text: "Dear Marion,\n\nthank you.\n".into(),
        html: "<p>Dear Marion,</p><p>thank you.</p>".into(),
        in_reply_to: Some("abc@example.com".into()),
        references: vec!["first@example.com".into(), "abc@example.com".into()],
        date: "2026-03-01T10:00:00Z".parse().unwrap(),
        automatic: true,
    }
}

/// The names of the header, and its text.
fn header(bytes: &[u8]) -> (Vec<String>, String) {
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    let head = text.split("\r\n\r\n").next().unwrap().to_owned();
    let own = head.split("\r\n").filter(|line| !line.starts_with([' ', '\t']));
    let names = own.map(|line| line.split(':').next().unwrap().to_owned()).collect();
    (names, head)
}

#[test]
fn a_receipt_is_a_well_formed_automatic_reply_in_the_thread() {
    let written = write(&letter()).unwrap();
    assert_eq!(
        written.envelope,
        Envelope {
            sender: None,
            recipient: "marion@example.com".into()
        }
    );
    let (names, head) = header(&written.bytes);
    let expected = [
        "From",
        "To",
        "Subject",
        "Date",
        "Message-ID",
        "Auto-Submitted",
        "X-Auto-Response-Suppress",
        "X-M4C-Stories",
        "In-Reply-To",
        "References",
        "MIME-Version",
        "Content-Type",
    ];
    assert_eq!(names, expected);
    for line in [
        "Message-ID: <m4c.3f9a2c41b0.07070707070707070707070707070707@example.org>",
        "Auto-Submitted: auto-replied",
        "Date: Sun, 01 Mar 2026 10:00:00 +0000",
        "In-Reply-To: <abc@example.com>",
        "References: <first@example.com>\r\n <abc@example.com>",
        "X-M4C-Stories: 07070707070707070707070707070707",
    ] {
        assert!(head.contains(line), "{line}\n{head}");
    }
    let read = MessageParser::new().parse(&written.bytes).unwrap();
    assert_eq!(read.body_text(0).unwrap(), "Dear Marion,\r\n\r\nthank you.\r\n");
    assert_eq!(read.body_html(0).unwrap(), "<p>Dear Marion,</p><p>thank you.</p>");
    assert_eq!(read.attachment_count(), 0);
    assert!(read.content_type().unwrap().subtype() == Some("alternative"));
    assert_eq!(written, write(&letter()).unwrap());
}

#[test]
fn a_decision_comes_back_when_it_cannot_be_delivered() {
    let written = write(&Letter {
        automatic: false,
        ..letter()
    })
    .unwrap();
    assert_eq!(written.envelope.sender.as_deref(), Some("m4cblog@example.org"));
    assert!(header(&written.bytes).1.contains("Auto-Submitted: auto-generated"));
}

#[test]
fn no_field_can_add_a_header_or_a_recipient() {
    let breaks = [
        "\r\nBcc: victim@example.net",
        "\nBcc: victim@example.net",
        "\rBcc: v@x",
        "\u{2028}Bcc: v@x",
        "\u{0}\r\n\r\nbody",
        "\u{85}Bcc: v@x",
    ];
    let usual = header(&write(&letter()).unwrap().bytes).0;
    for end in breaks {
        let bad = |text: &str| format!("{text}{end}");
        let mut hostile = letter();
        hostile.subject = bad("Re: My story");
        hostile.from.name = Some(bad("M4C"));
        hostile.to.name = Some(bad("Marion"));
        hostile.references.push(bad("second@example.com"));
        hostile.id = LetterId::new("3f9a2c41b0", [7; 16], &bad("example.org"));
        let written = write(&hostile).unwrap();
        let (names, head) = header(&written.bytes);
        assert_eq!(names, usual, "{head}");
        assert!(!head.contains("second@example.com"));
        assert_eq!(written.envelope.recipient, "marion@example.com");
        hostile.in_reply_to = Some(bad("abc@example.com"));
        hostile.references.clear();
        let (names, _) = header(&write(&hostile).unwrap().bytes);
        assert!(
            !names.iter().any(|name| name == "In-Reply-To" || name == "Bcc"),
            "{names:?}"
        );
        hostile.to.address = Some(bad("marion@example.com"));
        assert!(matches!(write(&hostile), Err(WriteError::Address { .. })), "{end:?}");
    }
}

#[test]
fn names_and_addresses_of_every_language_arrive_as_they_are() {
    for (name, address, recipient) in [
        ("Zoë Łuk", "zoe@example.com", "zoe@example.com"),
        ("山田 太郎", "taro@example.com", "taro@example.com"),
        ("Müller, Jörg \"JM\"", "jm@bücher.example", "jm@xn--bcher-kva.example"),
        ("Дарья", "дарья@почта.example", "дарья@xn--80a1acny.example"),
        (
            "O'Neil (at work) <x>",
            "o'neil+story@example.com",
            "o'neil+story@example.com",
        ),
        (&"Abdulrahman Ólafsdóttir ".repeat(4), "a@example.com", "a@example.com"),
        ("", "plain@example.com", "plain@example.com"),
    ] {
        let mut abroad = letter();
        abroad.to = person(name, address);
        abroad.subject = format!("Re: {name} – ein Gruß");
        let written = write(&abroad).unwrap();
        assert_eq!(written.envelope.recipient, recipient);
        let read = MessageParser::new().parse(&written.bytes).unwrap();
        let to = read.to().unwrap().first().unwrap();
        assert_eq!(
            to.name().unwrap_or_default(),
            name.trim(),
            "{}",
            header(&written.bytes).1
        );
        assert_eq!(to.address().unwrap(), recipient);
        assert_eq!(
            read.subject().unwrap().trim(),
            format!("Re: {} – ein Gruß", name.trim())
                .replace("  ", " ")
                .replace(":  ", ": ")
        );
        assert!(written.bytes.split(|&b| b == b'\n').all(|line| line.len() <= 999));
    }
}

#[test]
fn an_address_that_is_none_is_told() {
    for address in [
        "marion",
        "@example.com",
        "a b@example.com",
        "a@b, c@d.example",
        "<a@b.example>",
        "a@-",
    ] {
        let mut nowhere = letter();
        nowhere.to.address = Some(address.into());
        assert!(matches!(write(&nowhere), Err(WriteError::Address { .. })), "{address}");
    }
    let mut nowhere = letter();
    nowhere.to.address = None;
    assert!(matches!(write(&nowhere), Err(WriteError::NoAddress)));
}

#[test]
fn the_body_has_only_whole_line_ends_and_keeps_its_words() {
    let text = "One\r.\r\nTwo\n.\nThree\u{0}\u{7} Grüße\n\n.\n".to_owned();
    let written = write(&Letter { text, ..letter() }).unwrap();
    let bytes = &written.bytes;
    for (place, &byte) in bytes.iter().enumerate() {
        assert!(byte != b'\r' || bytes.get(place + 1) == Some(&b'\n'));
        assert!(byte != b'\n' || place > 0 && bytes[place - 1] == b'\r');
    }
    let read = MessageParser::new().parse(bytes).unwrap();
    assert_eq!(
        read.body_text(0).unwrap().replace("\r\n", "\n"),
        "One\n.\nTwo\n.\nThree Grüße\n\n.\n"
    );
}

#[test]
fn a_long_thread_is_named_by_its_first_and_latest() {
    let mut long = letter();
    long.references = (0..100).map(|n| format!("mail-{n}@example.com")).collect();
    let head = header(&write(&long).unwrap().bytes).1;
    assert!(
        head.contains("References: <mail-0@example.com>\r\n <mail-82@example.com>"),
        "{head}"
    );
    assert!(head.contains("<mail-99@example.com>\r\n <abc@example.com>"));
}

#[test]
fn the_thread_keeps_its_order_and_holds_the_mail_that_is_answered() {
    let mut second = letter();
    second.references = vec!["abc@example.com".into(), "m4c.letter@example.org".into()];
    let head = header(&write(&second).unwrap().bytes).1;
    assert!(
        head.contains("References: <abc@example.com>\r\n <m4c.letter@example.org>"),
        "{head}"
    );
    second.references.clear();
    let head = header(&write(&second).unwrap().bytes).1;
    assert!(head.contains("References: <abc@example.com>\r\n"), "{head}");
}
