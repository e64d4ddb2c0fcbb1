use std::fs;

use super::*;
use crate::effort::in_time;
use crate::inbox::Go;
use proptest::prelude::*;

/// For locks that nobody holds for long: a program that another test starts has every open file, and its lock, until it runs.
const A_WHILE: Duration = Duration::from_secs(120);

const FROM: &str = "From ann@example.org Fri Dec  3 10:15:00 2010\n";

fn wanted(cursor: &Cursor) -> Wanted<'_> {
    Wanted { cursor, since: None }
}

fn mbox_of(text: impl AsRef<[u8]>) -> (tempfile::TempDir, Mbox) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("box");
    fs::write(&path, text).unwrap();
    (dir, Mbox::new("box", path).lock_wait(A_WHILE))
}

fn read_all(mbox: &mut Mbox, cursor: &Cursor) -> (Vec<Ticket>, Vec<Vec<u8>>) {
    let tickets = mbox.list(&wanted(cursor)).unwrap().tickets;
    let mut mails = Vec::new();
    mbox.take_all(&tickets, 1 << 20, &mut |_, taken| {
        mails.push(taken.unwrap().bytes);
        Go::On
    })
    .unwrap();
    (tickets, mails)
}

fn mails_in(text: impl AsRef<[u8]>) -> Vec<String> {
    let (_dir, mut mbox) = mbox_of(text);
    let (_, mails) = read_all(&mut mbox, &Cursor::start());
    mails.into_iter().map(|mail| String::from_utf8(mail).unwrap()).collect()
}

#[test]
fn a_paragraph_that_begins_with_from_does_not_split_a_story() {
    let body = "Subject: x\n\nHello\n\nFrom Monday on we met.\n\nFrom Ann Fri Dec 3 10:15 I heard: nothing\n\n\
                From ann@example.org Fri Dec  3 10:15:00 2010\nand this is no header\nFrom us all\n";
    assert_eq!(
        mails_in(format!("{FROM}{body}\n{FROM}Subject: y\n\nz\n")),
        [body, "Subject: y\n\nz\n"]
    );
}

#[test]
fn a_mail_is_not_lost_in_the_one_before_where_the_empty_line_is_missing() {
    let (one, two) = ("Subject: x\n\nHello\n", "From: a@example.org\nSubject: y\n\nz\n");
    assert_eq!(mails_in(format!("{FROM}{one}{FROM}{two}")), [one, two]);
    let crlf = format!("{FROM}{one}{FROM}{two}").replace('\n', "\r\n");
    assert_eq!(mails_in(crlf).len(), 2);
    // one field is a line of text with a colon in it
    let text = format!("Subject: x\n\nHello\n{FROM}Note: we met\nand talked\n");
    assert_eq!(mails_in(format!("{FROM}{text}")), [text]);
    assert_eq!(mails_in(format!("{FROM}{FROM}{two}")).len(), 1);
}

#[test]
fn the_date_of_a_from_line_is_known_in_the_forms_programs_write() {
    for line in [
        "From ann@example.org Fri Dec  3 10:15:00 2010",
        "From - Fri Dec 03 10:15:00 2010",
        "From ann@example.org Fri Dec  3 10:15 2010",
        "From ann@example.org Fri Dec  3 10:15:00 +0000 2010",
        "From 1353@xxx Fri Dec 03 10:15:00 2010 +0100",
        "From ann@example.org Fri Dec  3 10:15:00 GMT 2010",
        "From ann@example.org Fri Dec  3 10:15:00 MET DST 2010",
        "From ???@??? Fri Dec 03 10:15:00 2010",
        "From \"Ann B\"@example.org Fri Dec  3 10:15:00 2010",
        "From ann@example.org Fri, 3 Dec 2010 10:15:00 +0000",
        "From ann@example.org Fri, 3 Dec 2010 10:15:00 +0000 (GMT)",
        "From ann Fri Dec  3 10:15:00 2010 remote from host",
    ] {
        assert!(from_line::is_dated(line.as_bytes()), "{line}");
    }
    for line in [
        "From the start",
        "From Friday Dec 3 10:15 2010",
        "From ann Fri Dec 3 10:15 2010 and on",
        "From 10:15 on",
        "From ann Fri Dec 32 10:15 2010",
        "From ann Fri Dec 3 2010",
        "Fri Dec  3 10:15:00 2010",
    ] {
        assert!(!from_line::is_dated(line.as_bytes()), "{line}");
    }
}

#[test]
fn quoting_is_undone_in_the_text_and_only_there() {
    let (quoted, plain) = (
        ">From old@host Fri Dec  3 10:15:00 2010 remote from x\nSubject: x\n\n>From me\n>>From her\n> From him\n>Fromage\n",
        "Subject: x\n\nFrom me\n>From her\n> From him\n>Fromage\n",
    );
    assert_eq!(mails_in(format!("{FROM}{quoted}\n")), [plain]);
    let crlf = |text: &str| text.replace('\n', "\r\n");
    assert_eq!(
        mails_in(crlf(&format!("{FROM}{quoted}\n{FROM}{quoted}\n"))),
        [crlf(plain), crlf(plain)]
    );
}

#[test]
fn endings_beginnings_and_empty_mails() {
    let mail = "Subject: x\n\ntext";
    for (text, expected) in [
        (String::new(), vec![]),
        ("\n\r\n\n".to_owned(), vec![]),
        (format!("{FROM}{mail}"), vec![mail.to_owned()]),
        (format!("{FROM}{mail}\n"), vec![format!("{mail}\n")]),
        (format!("{FROM}{mail}\n\n"), vec![format!("{mail}\n")]),
        (format!("{FROM}{mail}\n\n\n"), vec![format!("{mail}\n\n")]),
        (format!("\n\r\n{FROM}{mail}"), vec![mail.to_owned()]),
        (format!("{FROM}\n{FROM}{mail}"), vec!["\n".to_owned(), mail.to_owned()]),
        (
            format!("{FROM}\nonly text\n\n{FROM}{mail}"),
            vec!["\nonly text\n".to_owned(), mail.to_owned()],
        ),
        (
            format!("{FROM}Subject: only\n\n{FROM}{mail}"),
            vec!["Subject: only\n".to_owned(), mail.to_owned()],
        ),
        (FROM.to_owned(), vec![String::new()]),
        (FROM.trim_end().to_owned(), vec![String::new()]),
    ] {
        assert_eq!(mails_in(&text), expected, "{text:?}");
    }
}

#[test]
fn a_bare_mail_is_one_mail_and_junk_is_an_error() {
    let bare = "Subject: x\nFrom: ann@example.org\n\nFrom here on\n\nFrom there\n";
    let (_dir, mut mbox) = mbox_of(bare);
    let listing = mbox.list(&wanted(&Cursor::start())).unwrap();
    assert!(matches!(listing.remarks[..], [Remark::NoFromLine(_)]));
    assert_eq!(mails_in(bare), [bare]);
    for junk in ["hello", "\n\nhello\nthere: you\n", "\u{0}\u{1}\u{2}"] {
        let (_dir, mut mbox) = mbox_of(junk);
        let listed = mbox.list(&wanted(&Cursor::start()));
        assert!(matches!(listed, Err(InboxError::NotMail { .. })), "{junk:?}");
    }
}

#[test]
fn the_note_that_servers_keep_at_the_front_is_no_mail() {
    let note = format!("{FROM}Subject: DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA\nX-IMAP: 1 2\n\nThis is\n\n");
    let text = format!("{note}{FROM}Subject: x\n\ny\n");
    assert_eq!(mails_in(&text), ["Subject: x\n\ny\n"]);
    let (_dir, mut mbox) = mbox_of(&text);
    let (tickets, _) = read_all(&mut mbox, &Cursor::start());
    mbox.settle(&tickets[0], &Fate::Leave).unwrap();
    let cursor = mbox.cursor();
    assert_eq!(read_all(&mut mbox, &cursor).0, []);
}

#[test]
fn what_was_deleted_in_thunderbird_stays_deleted() {
    let mail =
        |status: &str| format!("From - Fri Dec 03 10:15:00 2010\nX-Mozilla-Status: {status}\nSubject: x\n\ny\n\n");
    let body = "Subject: a\n\nX-Mozilla-Status: 0009\n";
    let (_dir, mut mbox) = mbox_of(format!("{}{}{}{FROM}{body}", mail("0001"), mail("0009"), mail("zzzz")));
    let listing = mbox.list(&wanted(&Cursor::start())).unwrap();
    assert_eq!(listing.tickets.len(), 3);
    assert!(matches!(listing.remarks[..], [Remark::Trashed { count: 1, .. }]));
}

#[test]
fn a_mail_over_the_limit_is_known_before_it_is_read() {
    let (_dir, mut mbox) = mbox_of(format!(
        "{FROM}Subject: x\n\n{}\n\n{FROM}Subject: y\n\nz\n",
        "a".repeat(5000)
    ));
    let tickets = mbox.list(&wanted(&Cursor::start())).unwrap().tickets;
    let size = tickets[0].size().unwrap();
    assert!(matches!(mbox.take(&tickets[0], 4999), Err(TakeError::TooLarge { size: s, limit: 4999 }) if s == size));
    assert!(mbox.take(&tickets[0], size).is_ok() && mbox.take(&tickets[1], 4999).is_ok());
}

#[test]
fn an_appended_mailbox_is_continued_and_a_rewritten_one_is_read_anew() {
    let mail = |n: u32| format!("{FROM}Subject: {n}\n\ntext {n}\n\n");
    let (dir, mut mbox) = mbox_of(mail(1) + &mail(2) + &mail(3));
    let path = dir.path().join("box");
    let before = fs::read(&path).unwrap();
    let (tickets, _) = read_all(&mut mbox, &Cursor::start());
    // The third is settled, the second is not: the second is read again, with what follows.
    for i in [0, 2] {
        mbox.settle(&tickets[i], &Fate::Flag).unwrap();
    }
    let cursor = Cursor::from_bytes(&mbox.cursor().to_bytes()).unwrap();
    assert_eq!(read_all(&mut mbox, &cursor).0, tickets[1..]);
    for ticket in &tickets[1..] {
        mbox.settle(ticket, &Fate::Leave).unwrap();
    }
    let cursor = mbox.cursor();
    assert!(read_all(&mut mbox, &cursor).0.is_empty());
    assert_eq!(fs::read(&path).unwrap(), before, "the file is never changed");

    fs::write(&path, [&before[..], mail(4).as_bytes()].concat()).unwrap();
    assert_eq!(read_all(&mut mbox, &cursor).1, [b"Subject: 4\n\ntext 4\n"]);

    for rewritten in [mail(2) + &mail(3) + &mail(4), mail(5), mail(9) + &mail(2) + &mail(3)] {
        fs::write(&path, &rewritten).unwrap();
        let listing = mbox.list(&wanted(&cursor)).unwrap();
        assert_eq!(listing.tickets.len(), rewritten.matches("Subject").count());
        assert!(matches!(listing.remarks[..], [Remark::Rewritten(_)]));
    }
    fs::write(&path, "").unwrap();
    assert!(read_all(&mut mbox, &cursor).0.is_empty());
}

#[test]
fn a_mailbox_that_changes_while_it_is_read_gives_no_torn_mail() {
    let mail = |n: u32| format!("{FROM}Subject: {n}\n\ntext {n}\n\n");
    let (dir, mut mbox) = mbox_of(mail(1) + &mail(2));
    let path = dir.path().join("box");
    let tickets = mbox.list(&wanted(&Cursor::start())).unwrap().tickets;
    fs::write(&path, mail(1) + &mail(2) + &mail(3)).unwrap();
    assert_eq!(mbox.take(&tickets[1], 1000).unwrap().bytes, b"Subject: 2\n\ntext 2\n");
    fs::write(&path, mail(12345) + &mail(2)).unwrap();
    assert!(matches!(mbox.take(&tickets[1], 1000), Err(TakeError::Gone)));
    fs::write(&path, mail(1)).unwrap();
    assert!(matches!(mbox.take(&tickets[1], 1000), Err(TakeError::Gone)));
}

#[test]
fn another_programs_lock_is_waited_for_and_named() {
    let (dir, mbox) = mbox_of(format!("{FROM}Subject: x\n\ny\n"));
    let mut mbox = mbox.lock_wait(Duration::from_millis(100));
    let dotlock = dir.path().join("box.lock");
    fs::write(&dotlock, "").unwrap();
    let listed = mbox.list(&wanted(&Cursor::start()));
    assert!(matches!(listed, Err(InboxError::Locked { dotlock: Some(d), .. }) if d == dotlock));
    fs::remove_file(&dotlock).unwrap();

    let other = File::options().write(true).open(dir.path().join("box")).unwrap();
    other.lock().unwrap();
    let listed = mbox.list(&wanted(&Cursor::start()));
    assert!(matches!(listed, Err(InboxError::Locked { dotlock: None, .. })));
    let waiting = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(60));
        drop(other);
    });
    assert_eq!(read_all(&mut mbox.lock_wait(A_WHILE), &Cursor::start()).0.len(), 1);
    waiting.join().unwrap();
}

#[test]
fn from_lines_are_found_wherever_the_buffer_ends() {
    let mail = |n: usize| format!("{FROM}Subject: x\n\n{}\n\n", "a".repeat(n));
    // The second From line lands around the first megabyte's end, less what is looked at ahead.
    let fixed = mail(0).len();
    for end in [(1 << 20) - 2048, 1 << 20] {
        for shift in 0..fixed + 8 {
            let text = mail(end - shift) + &mail(1) + &mail(2);
            let (_dir, mut mbox) = mbox_of(text);
            let listing = mbox.list(&wanted(&Cursor::start())).unwrap();
            assert_eq!(listing.tickets.len(), 3, "{end} - {shift}");
        }
    }
}

#[test]
fn time_grows_with_the_bytes_and_not_faster() {
    // Every line looks like the beginning of a mail, to make the reader look closely.
    let hostile = |n: usize| {
        format!(
            "{FROM}Subject: x\n\n{}",
            format!("\n{FROM}no header\n>From x\n").repeat(n)
        )
    };
    let n = 100_000;
    let (_dir, mut mbox) = mbox_of(hostile(n));
    let taken = in_time("lines", || {
        let tickets = mbox.list(&wanted(&Cursor::start())).unwrap().tickets;
        mbox.take(&tickets[0], u64::MAX).unwrap()
    });
    assert_eq!(taken.bytes.len(), hostile(n).len() - FROM.len() - n);
}

/// A mail of lines that are likely to confuse an mbox reader.
fn any_mail() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        Just(FROM.trim_end().to_owned()),
        Just(">From a".to_owned()),
        Just("From the start".to_owned()),
        Just(">>From b".to_owned()),
        Just(String::new()),
        Just("Subject: again".to_owned()),
        "[ -~]{0,80}",
    ];
    proptest::collection::vec(line, 0..12).prop_map(|lines| format!("Subject: x\n\n{}\n", lines.join("\n")))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn mails_written_as_mboxrd_are_read_back_as_they_were(mails in proptest::collection::vec(any_mail(), 1..8), crlf: bool) {
        let ending = if crlf { "\r\n" } else { "\n" };
        let mut text = String::new();
        for mail in &mails {
            text.push_str(FROM);
            for line in mail.lines() {
                if line.trim_start_matches('>').starts_with("From ") {
                    text.push('>');
                }
                text.push_str(line);
                text.push('\n');
            }
            text.push('\n');
        }
        let mails: Vec<String> = mails.iter().map(|mail| mail.replace('\n', ending)).collect();
        prop_assert_eq!(mails_in(text.replace('\n', ending)), mails);
    }

    #[test]
    fn any_bytes_are_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400), from: bool) {
        let bytes = if from { [FROM.as_bytes(), &bytes].concat() } else { bytes };
        let (_dir, mut mbox) = mbox_of(&bytes);
        if let Ok(listing) = mbox.list(&wanted(&Cursor::start())) {
            for ticket in &listing.tickets {
                prop_assert!(mbox.take(ticket, 1000).is_ok());
            }
        }
    }
}
