//! Against a scripted server that lies. `tests/imap_fetch.rs` has a real one.

#[path = "../../../tests/common/fake_imap.rs"]
mod fake;

use super::*;
use fake::Fake;

fn account(port: u16, tls: Tls) -> ImapAccount {
    ImapAccount {
        host: "localhost".to_owned(),
        port,
        tls,
        ca_file: None,
        user: "blog".to_owned(),
        login: Login::Password("se\"cret".to_owned()),
        mailbox: "INBOX".to_owned(),
        deadline: Duration::from_secs(120),
    }
}

type Taken = Vec<(u32, Result<Vec<u8>, TakeError>)>;

/// All mails by UID, until an error.
fn run(imap: &mut Imap, cursor: &Cursor, limit: u64) -> (Taken, Option<InboxError>) {
    let wanted = Wanted { cursor, since: None };
    let tickets = match imap.list(&wanted) {
        Ok(listing) => listing.tickets,
        Err(error) => return (Vec::new(), Some(error)),
    };
    let mut taken = Vec::new();
    let result = imap.take_all(&tickets, limit, &mut |ticket, mail| {
        let Place::Uid(uid) = ticket.place else {
            unreachable!("tickets of IMAP have UIDs")
        };
        taken.push((uid, mail.map(|mail| mail.bytes)));
        Go::On
    });
    (taken, result.err())
}

const MAILS: [(u32, &str); 3] = [
    (3, "Subject: one\r\n\r\nIt began.\r\n"),
    (5, "Subject: two\r\n\r\nd5 OK done\r\n* BYE\r\n)\r\n"),
    (9, "Subject: three\r\n\r\n"),
];

#[test]
fn a_session_that_breaks_at_any_byte_gives_no_torn_mail() {
    let whole = Fake::new(&MAILS).start();
    let mut imap = Imap::new("fake", account(whole.port, Tls::None));
    let (taken, error) = run(&mut imap, &Cursor::start(), 1000);
    assert!(error.is_none() && taken.len() == 3, "{error:?}");
    imap.done().unwrap();
    let bytes = whole.sent();
    assert!(bytes > 500);
    let mut seen = [0; 4];
    for cut in 0..bytes {
        let fake = Fake::new(&MAILS).cut_after(cut).start();
        let (taken, error) = run(
            &mut Imap::new("fake", account(fake.port, Tls::None)),
            &Cursor::start(),
            1000,
        );
        for (uid, mail) in &taken {
            let original = MAILS.iter().find(|mail| mail.0 == *uid).unwrap().1;
            assert_eq!(mail.as_ref().unwrap(), original.as_bytes(), "cut after {cut}");
        }
        assert!(
            error.is_some_and(|error| error.passes()) || taken.len() == 3,
            "cut after {cut}"
        );
        seen[taken.len()] += 1;
    }
    assert!(seen.iter().all(|times| *times > 0), "{seen:?}");
}

#[test]
fn a_server_that_lies_about_sizes_costs_no_memory_and_no_other_mail() {
    for announced in [
        "{10}",
        "{4294967296}",
        "{-1}",
        "{999999999999}",
        "{99999999999999999999999}",
    ] {
        let fake = Fake::new(&MAILS)
            .with_body(5, &format!("{announced}\r\n{}", "x".repeat(1 << 20)))
            .start();
        let mut imap = Imap::new("fake", account(fake.port, Tls::None));
        let (taken, error) = run(&mut imap, &Cursor::start(), 1000);
        assert!(error.is_none(), "{announced}: {error:?}");
        let told: Vec<_> = taken.iter().map(|(uid, mail)| (*uid, mail.is_ok())).collect();
        assert_eq!(told, [(3, true), (5, false), (9, true)], "{announced}");
        assert!(matches!(taken[1].1, Err(TakeError::NotReadable(_))));
    }
    // Larger than it said, but as announced: only that mail is refused.
    let large = format!("{{{}}}\r\n{}", 1 << 20, "x".repeat(1 << 20));
    let fake = Fake::new(&MAILS).with_body(5, &large).start();
    let (taken, error) = run(
        &mut Imap::new("fake", account(fake.port, Tls::None)),
        &Cursor::start(),
        1000,
    );
    assert!(error.is_none(), "{error:?}");
    assert!(matches!(
        taken[1],
        (
            5,
            Err(TakeError::TooLarge {
                size: 0x10_0000,
                limit: 1000
            })
        )
    ));
    assert!(taken[0].1.is_ok() && taken[2].1.is_ok());
}

#[test]
fn a_mail_on_which_the_server_breaks_keeps_no_other_from_coming() {
    // As Dovecot does with a damaged file: it says so and hangs up.
    let broken = "{20}\r\ntorn\r\n* BYE internal error\r\n";
    let mails: Vec<(u32, &str)> = (1..=200).map(|uid| (uid, "Subject: x\r\n\r\ny\r\n")).collect();
    let taken_of = |bad: &[u32]| {
        let fake = bad
            .iter()
            .fold(Fake::new(&mails), |fake, uid| fake.with_body(*uid, broken));
        let fake = fake.start();
        let mut imap = Imap::new("fake", account(fake.port, Tls::None));
        let (mut taken, error) = run(&mut imap, &Cursor::start(), 1000);
        taken.sort_by_key(|mail| mail.0);
        (taken, error)
    };
    let (taken, error) = taken_of(&[1, 77, 200]);
    assert!(error.is_none(), "{error:?}");
    assert!(taken.iter().map(|mail| mail.0).eq(1..=200), "each once");
    let unreadable = taken
        .iter()
        .filter(|mail| matches!(mail.1, Err(TakeError::NotReadable(_))));
    assert_eq!(unreadable.map(|mail| mail.0).collect::<Vec<_>>(), [1, 77, 200]);
    // A server that breaks on everything is broken itself.
    let (taken, error) = taken_of(&(1..=200).collect::<Vec<_>>());
    assert!(error.is_some_and(|error| error.passes()));
    assert!(taken.len() <= 3, "{}", taken.len());
}

#[test]
fn a_mail_over_the_limit_is_never_asked_for() {
    let fake = Fake::new(&MAILS).start();
    let mut imap = Imap::new("fake", account(fake.port, Tls::None));
    let (mut taken, error) = run(&mut imap, &Cursor::start(), 25);
    taken.sort_by_key(|mail| mail.0);
    assert!(error.is_none());
    assert!(
        matches!(
            taken[..],
            [(3, Err(TakeError::TooLarge { .. })), (5, Err(_)), (9, Ok(_))]
        ),
        "{taken:?}"
    );
    imap.done().unwrap();
    assert!(
        fake.heard()
            .iter()
            .any(|line| line.contains("UID FETCH 9 (UID BODY.PEEK[])"))
    );
}

#[test]
fn only_what_was_asked_for_counts() {
    let stray = "* 1 FETCH (UID 77 BODY[] {5}\r\nstray)\r\n* 2 EXPUNGE\r\n* 7 FETCH (FLAGS (\\Seen))\r\n* 3 FETCH (UID 3 BODY[] {5}\r\nagain)\r\n";
    let fake = Fake::new(&MAILS).after_bodies(stray).start();
    let (taken, error) = run(
        &mut Imap::new("fake", account(fake.port, Tls::None)),
        &Cursor::start(),
        1000,
    );
    assert!(error.is_none());
    let bodies: Vec<_> = taken
        .iter()
        .map(|(uid, mail)| (*uid, mail.as_ref().unwrap().as_slice()))
        .collect();
    assert_eq!(bodies, MAILS.map(|(uid, mail)| (uid, mail.as_bytes())));

    // A mail that another client expunged meanwhile.
    let fake = Fake::new(&MAILS).with_body(5, "").start();
    let (taken, error) = run(
        &mut Imap::new("fake", account(fake.port, Tls::None)),
        &Cursor::start(),
        1000,
    );
    assert!(error.is_none());
    assert_eq!(
        taken
            .iter()
            .filter(|mail| matches!(mail.1, Err(TakeError::Gone)))
            .count(),
        1
    );
}

#[test]
fn no_password_is_sent_before_the_line_is_secure() {
    for (fake, tls, what) in [
        (Fake::new(&MAILS), Tls::StartTls, "no STARTTLS"),
        (
            Fake::new(&MAILS).greeting("* PREAUTH hello\r\n"),
            Tls::StartTls,
            "PREAUTH",
        ),
        (Fake::new(&MAILS).greeting("* PREAUTH hello\r\n"), Tls::None, "PREAUTH"),
        (
            Fake::new(&MAILS)
                .capabilities("STARTTLS")
                .answer("STARTTLS", "OK go\r\n* CAPABILITY AUTH=PLAIN\r\n"),
            Tls::StartTls,
            "bytes",
        ),
        (
            Fake::new(&MAILS)
                .capabilities("STARTTLS")
                .answer("STARTTLS", "NO not now\r\n"),
            Tls::StartTls,
            "refused",
        ),
        (
            Fake::new(&MAILS)
                .capabilities("STARTTLS")
                .answer("STARTTLS", "OK go\r\n"),
            Tls::StartTls,
            "no TLS",
        ),
        (Fake::new(&MAILS), Tls::Implicit, "no TLS"),
        (Fake::new(&MAILS).capabilities("LOGINDISABLED"), Tls::None, "disabled"),
    ] {
        let fake = fake.start();
        let (_, error) = run(&mut Imap::new("fake", account(fake.port, tls)), &Cursor::start(), 1000);
        assert!(error.is_some(), "{what}");
        let heard = fake.heard().join("\n");
        assert!(
            !heard.contains("LOGIN") && !heard.contains("AUTHENTICATE") && !heard.contains("cret"),
            "{what}: {heard}"
        );
    }
}

#[test]
fn a_refused_login_is_told_from_a_server_that_is_busy() {
    let refused = Fake::new(&MAILS)
        .answer("LOGIN", "NO [AUTHENTICATIONFAILED] wrong\u{7} password\r\n")
        .start();
    let (_, error) = run(
        &mut Imap::new("fake", account(refused.port, Tls::None)),
        &Cursor::start(),
        1000,
    );
    let error = error.unwrap();
    assert!(error.is_login() && !error.passes());
    assert_eq!(
        error.to_string(),
        "localhost refused the login of blog: [AUTHENTICATIONFAILED] wrong password"
    );
    let busy = Fake::new(&MAILS).answer("LOGIN", "NO [UNAVAILABLE] later\r\n").start();
    let (_, error) = run(
        &mut Imap::new("fake", account(busy.port, Tls::None)),
        &Cursor::start(),
        1000,
    );
    assert!(error.is_some_and(|error| !error.is_login() && error.passes()));
    // Nor is the password in any Debug.
    assert!(!format!("{:?}", Login::Password("canary".to_owned())).contains("canary"));
}

/// What is sent after the listing of three mails, of which two get a label.
fn labelled(capabilities: &str, answer: &str) -> (Vec<String>, Result<(), InboxError>) {
    let mut fake = Fake::new(&MAILS).capabilities(capabilities);
    if !answer.is_empty() {
        fake = fake.answer("UID STORE 3,5 +X-GM-LABELS", answer);
    }
    let fake = fake.start();
    let mut imap = Imap::new("fake", account(fake.port, Tls::None));
    let wanted = Wanted {
        cursor: &Cursor::start(),
        since: None,
    };
    let tickets = imap.list(&wanted).unwrap().tickets;
    let label = Fate::Label("Stories/\"new\"".to_owned());
    let accepted = imap.accepts(&label);
    let settled: Vec<_> = tickets.into_iter().zip([label.clone(), label, Fate::Flag]).collect();
    let result = accepted.and_then(|()| imap.settle_all(&settled));
    let heard = fake.heard();
    let stores = heard.iter().filter_map(|line| line.split_once(' '));
    let stores = stores.map(|(_, command)| command.to_owned());
    (
        stores.filter(|command| command.starts_with("UID STORE")).collect(),
        result,
    )
}

#[test]
fn a_label_is_put_on_before_the_mail_is_marked_and_only_where_there_are_labels() {
    let (stores, result) = labelled("X-GM-EXT-1 MOVE UIDPLUS", "");
    result.unwrap();
    assert_eq!(
        stores,
        [
            r"UID STORE 9 +FLAGS.SILENT (\Seen M4C-Stories)",
            r#"UID STORE 3,5 +X-GM-LABELS.SILENT ("Stories/\"new\"")"#,
            r"UID STORE 3,5 +FLAGS.SILENT (\Seen M4C-Stories)",
        ]
    );
    // A label that is refused: the mail is not marked, and comes again.
    let (stores, result) = labelled("X-GM-EXT-1", "NO [CANNOT] no such label\r\n");
    assert!(matches!(result, Err(InboxError::Refused { .. })), "{result:?}");
    assert!(
        !stores.iter().any(|store| store.starts_with("UID STORE 3,5 +FLAGS")),
        "{stores:?}"
    );
    let (stores, result) = labelled("MOVE UIDPLUS", "");
    assert!(matches!(result, Err(InboxError::NoSuchFate { .. })), "{result:?}");
    assert!(stores.is_empty());
}

#[test]
fn a_token_is_handed_over_as_the_server_wants_it() {
    let xoauth2 = |_: u16| name::base64(b"user=blog\x01auth=Bearer t0ken\x01\x01");
    let bearer = |port: u16| {
        let text = format!("n,a=blog,\x01host=localhost\x01port={port}\x01auth=Bearer t0ken\x01\x01");
        name::base64(text.as_bytes())
    };
    type Secret<'a> = &'a dyn Fn(u16) -> String;
    let cases: [(&str, &str, Secret); 3] = [
        (
            "SASL-IR AUTH=XOAUTH2 AUTH=OAUTHBEARER",
            "AUTHENTICATE XOAUTH2 ",
            &xoauth2,
        ),
        ("AUTH=XOAUTH2", "AUTHENTICATE XOAUTH2\n", &xoauth2),
        ("AUTH=OAUTHBEARER", "AUTHENTICATE OAUTHBEARER\n", &bearer),
    ];
    for (capabilities, command, secret) in cases {
        let fake = Fake::new(&MAILS).capabilities(capabilities).start();
        let with_token = ImapAccount {
            login: Login::Token("t0ken".to_owned()),
            ..account(fake.port, Tls::None)
        };
        let mut imap = Imap::new("fake", with_token);
        assert!(run(&mut imap, &Cursor::start(), 1000).1.is_none());
        let heard = fake.heard().join("\n");
        assert!(heard.contains(&format!("{command}{}\n", secret(fake.port))), "{heard}");
    }
    // The error comes as a challenge, which is answered with nothing.
    let refused = Fake::new(&MAILS)
        .capabilities("AUTH=XOAUTH2 SASL-IR")
        .answer("AUTHENTICATE", "+ eyJzdGF0dXMiOiI0MDEifQ==\r\n")
        .start();
    let with_token = ImapAccount {
        login: Login::Token("old".to_owned()),
        ..account(refused.port, Tls::None)
    };
    let (_, error) = run(&mut Imap::new("fake", with_token), &Cursor::start(), 1000);
    assert!(error.is_some_and(|error| error.is_login()));
}

#[test]
fn a_server_that_dribbles_or_talks_for_ever_ends_at_the_deadline() {
    for fake in [
        Fake::new(&MAILS).dribbling(Duration::from_millis(500)),
        Fake::new(&MAILS).answer("SELECT", "NEVER"),
        Fake::new(&MAILS).after_bodies("FOREVER"),
        Fake::new(&MAILS).greeting(""),
    ] {
        let fake = fake.start();
        let slow = ImapAccount {
            deadline: Duration::from_millis(700),
            ..account(fake.port, Tls::None)
        };
        let begun = Instant::now();
        let (_, error) = run(&mut Imap::new("fake", slow), &Cursor::start(), 1000);
        assert!(matches!(error, Some(InboxError::Lost { .. })), "{error:?}");
        assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", begun.elapsed());
    }
}

#[test]
fn the_cursor_leaves_out_what_is_settled_and_a_new_uidvalidity_begins_anew() {
    let fake = Fake::new(&MAILS).start();
    let mut imap = Imap::new("fake", account(fake.port, Tls::None));
    let start = Cursor::start();
    let listing = imap
        .list(&Wanted {
            cursor: &start,
            since: None,
        })
        .unwrap();
    assert!(listing.remarks.is_empty());
    let settle = |imap: &mut Imap, i: usize| imap.settle(&listing.tickets[i], &Fate::Leave).unwrap();
    settle(&mut imap, 1);
    let uids = |validity, upto, open: &[u32]| {
        Cursor(Seen::Uids {
            validity,
            upto,
            open: open.to_vec(),
        })
    };
    assert_eq!(imap.cursor(), uids(42, 5, &[3]));
    settle(&mut imap, 2);
    assert_eq!(imap.cursor(), uids(42, 9, &[3]));
    settle(&mut imap, 0);
    let all = imap.cursor();
    assert_eq!(all, uids(42, 9, &[]));
    // The fake server answers `10:*` with its last mail, as real ones do.
    assert!(
        imap.list(&Wanted {
            cursor: &all,
            since: None
        })
        .unwrap()
        .tickets
        .is_empty()
    );
    assert_eq!(imap.cursor(), all);
    let listed = imap
        .list(&Wanted {
            cursor: &uids(41, 9, &[]),
            since: None,
        })
        .unwrap();
    assert_eq!(listed.tickets.len(), 3);
    // Nor do UIDs that went back hide what came since.
    let listed = imap
        .list(&Wanted {
            cursor: &uids(42, 10, &[]),
            since: None,
        })
        .unwrap();
    assert_eq!(listed.tickets.len(), 3);
    // A part of the mailbox does not move the cursor.
    let since = Some("2010-12-03T00:00:00Z".parse().unwrap());
    imap.list(&Wanted { cursor: &start, since }).unwrap();
    settle(&mut imap, 2);
    assert_eq!(imap.cursor(), start);
    imap.done().unwrap();
    assert!(fake.heard().iter().any(|line| line.ends_with("SINCE 2-Dec-2010")));
}
