//! An IMAP inbox on a real Dovecot: by the library, and by `fetch` as people run it.

#![allow(clippy::disallowed_methods, reason = "a test may end where there is no thread")]

mod common;
#[path = "common/servers.rs"]
mod servers;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::chown;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use common::{CONFIG, Ran, TestHouse};
use m4c_stories::inbox::{
    Cursor, Fate, Go, Imap, ImapAccount, Inbox, InboxError, Login, TakeError, Ticket, Tls, Wanted,
};
use servers::{Dovecot, DovecotSetting, PASSWORD, free_port};

/// A mail to the blog; those with the same number are the same mail.
fn mail(n: usize, size: usize) -> Vec<u8> {
    let line = format!("From the start of story {n} it went on and on, until the council gave in.\r\n");
    format!(
        "From: Ann Ash <ann{n}@example.org>\r\nTo: blog@example.org\r\nSubject: Story {n}\r\n\
         Date: Sat, 4 Dec 2010 10:12:31 +0000\r\nMessage-ID: <story-{n}@example.org>\r\n\r\n{}",
        line.repeat(size / line.len() + 1)
    )
    .into_bytes()
}

fn list(imap: &mut Imap, cursor: &Cursor) -> Vec<Ticket> {
    imap.list(&Wanted { cursor, since: None }).unwrap().tickets
}

/// CONFIG with inboxes of Dovecot's instead of the mbox.
fn house(inboxes: &str) -> TestHouse {
    let rest = &CONFIG[CONFIG.find("[review]").expect("a section")..];
    let house = TestHouse::with_config(&format!("{inboxes}\n{rest}"));
    house.write("secret", PASSWORD);
    house
}

/// `fetch --json`: the counts of new mails and duplicates.
#[track_caller]
fn fetch(house: &TestHouse) -> (u64, u64) {
    counts(house.run(&["fetch", "--json"]).exits(0))
}

#[track_caller]
fn counts(ran: &Ran) -> (u64, u64) {
    let last = ran.json_lines().pop().expect("a summary");
    let count = |name| last["summary"][name].as_u64().unwrap_or_else(|| panic!("{last}"));
    (count("new"), count("duplicate"))
}

fn stories(house: &TestHouse) -> usize {
    let all = house.run(&["list", "--all", "--json"]).exits(0).json();
    all.as_array().expect("a list").len()
}

#[test]
fn a_real_mailbox_is_read_marked_and_moved_over_every_kind_of_line() {
    let Some(dovecot) = Dovecot::start() else {
        return;
    };
    let mails: Vec<Vec<u8>> = (0..6).map(|n| mail(n, 500 + n * 100)).collect();
    dovecot.append(&mails);
    for tls in [Tls::None, Tls::StartTls, Tls::Implicit] {
        let mut imap = Imap::new("blog", dovecot.account(tls));
        let tickets = list(&mut imap, &Cursor::start());
        let mut bodies = Vec::new();
        imap.take_all(&tickets, 1 << 20, &mut |_, mail| {
            bodies.push(mail.unwrap().bytes);
            Go::On
        })
        .unwrap();
        assert!(bodies == mails, "{tls:?}");
        imap.done().unwrap();
    }
    assert!(
        dovecot.files("blog/cur").iter().all(|name| name.ends_with(":2,")),
        "nothing was marked by reading"
    );

    let mut imap = Imap::new("blog", dovecot.account(Tls::Implicit));
    let start = Cursor::start();
    let tickets = list(&mut imap, &start);
    assert!(matches!(imap.take(&tickets[5], 1000), Err(TakeError::TooLarge { .. })));
    assert_eq!(imap.take(&tickets[0], 1000).unwrap().bytes, mails[0]);
    assert!(imap.accepts(&Fate::Label("x".to_owned())).is_err());
    let fates = [
        Fate::Flag,
        Fate::Move("Stories/Zoë & co".to_owned()),
        Fate::Leave,
        Fate::Move("Stories/Zoë & co".to_owned()),
    ];
    let settled: Vec<_> = tickets.iter().cloned().zip(fates).collect();
    imap.settle_all(&settled).unwrap();
    imap.settle_all(&settled).unwrap();
    let cursor = imap.cursor();
    imap.done().unwrap();
    let moved: Vec<String> = dovecot.files("blog/.Stories.Zo&AOs- &- co/cur");
    assert_eq!(moved.len(), 2);
    assert!(moved.iter().all(|name| name.ends_with(":2,S")), "{moved:?}");
    let flagged = dovecot
        .files("blog/cur")
        .into_iter()
        .filter(|name| name.contains(":2,S"))
        .count();
    assert_eq!(flagged, 1);

    // Without the cursor only what was left comes again; with it, only what is new.
    let count = |cursor: &Cursor| {
        let mut imap = Imap::new("blog", dovecot.account(Tls::Implicit));
        let count = list(&mut imap, cursor).len();
        imap.done().unwrap();
        count
    };
    assert_eq!((count(&start), count(&cursor)), (3, 2));
    dovecot.append(&[mail(7, 10)]);
    assert_eq!((count(&start), count(&cursor)), (4, 3));
}

#[test]
fn a_real_server_refuses_what_it_should_and_is_refused_where_it_should_be() {
    let Some(dovecot) = Dovecot::start() else {
        return;
    };
    let open = |account: ImapAccount| {
        Imap::new("blog", account).list(&Wanted {
            cursor: &Cursor::start(),
            since: None,
        })
    };
    let good = || dovecot.account(Tls::Implicit);
    type Expected = fn(&InboxError) -> bool;
    let cases: [(ImapAccount, Expected); 4] = [
        (
            ImapAccount {
                login: Login::Password("wrong".to_owned()),
                ..good()
            },
            InboxError::is_login,
        ),
        (
            ImapAccount {
                ca_file: None,
                ..good()
            },
            |e| matches!(e, InboxError::NoTls { .. }),
        ),
        (
            ImapAccount {
                mailbox: "Nowhere\r\nx DELETE INBOX".to_owned(),
                ..good()
            },
            |e| matches!(e, InboxError::NoMailbox { .. }),
        ),
        (
            ImapAccount {
                port: free_port(),
                ..good()
            },
            |e| matches!(e, InboxError::NoConnection { .. }),
        ),
    ];
    for (account, expected) in cases {
        let error = open(account).unwrap_err();
        assert!(expected(&error), "{error:?}");
    }
    assert!(open(good()).is_ok());
}

#[test]
fn thousands_of_mails_are_taken_in_batches_and_settled_at_once() {
    let Some(dovecot) = Dovecot::start() else {
        return;
    };
    let count = 3000;
    let one = mail(1, 2000);
    dovecot.append(&[&one]);
    // Dovecot takes up what is put into new/ as any delivery agent would.
    for n in 0..count - 1 {
        dovecot.deliver("blog", &format!("{}.M{n}.test", 1_291_371_300 + n), &one);
    }
    let mut imap = Imap::new("blog", dovecot.account(Tls::Implicit));
    let start = Cursor::start();
    let tickets = list(&mut imap, &start);
    assert_eq!(tickets.len(), count);
    let mut bytes = 0;
    imap.take_all(&tickets, 1 << 20, &mut |_, mail| {
        bytes += mail.unwrap().bytes.len();
        Go::On
    })
    .unwrap();
    assert_eq!(bytes, count * one.len());
    // Stopping early leaves the session of use.
    let mut some = 0;
    imap.take_all(&tickets, 1 << 20, &mut |_, _| {
        some += 1;
        if some == 7 { Go::Stop } else { Go::On }
    })
    .unwrap();
    assert_eq!(some, 7);
    let settled: Vec<_> = tickets.iter().cloned().map(|ticket| (ticket, Fate::Flag)).collect();
    imap.settle_all(&settled).unwrap();
    assert!(
        imap.list(&Wanted {
            cursor: &start,
            since: None
        })
        .unwrap()
        .tickets
        .is_empty()
    );
    imap.done().unwrap();
}

#[test]
fn waiting_ends_when_mail_comes_or_when_it_shall() {
    let Some(dovecot) = Dovecot::start() else {
        return;
    };
    dovecot.append(&[mail(1, 10)]);
    let mut imap = Imap::new("blog", dovecot.account(Tls::Implicit));
    let start = Cursor::start();
    let listed = |imap: &mut Imap| {
        imap.list(&Wanted {
            cursor: &start,
            since: None,
        })
        .unwrap()
        .tickets
        .len()
    };
    assert_eq!(listed(&mut imap), 1);
    assert!(!imap.wait_for_mail(Duration::from_millis(300), &|| true).unwrap());
    let begun = Instant::now();
    let until = begun + Duration::from_millis(800);
    assert!(
        !imap
            .wait_for_mail(Duration::from_secs(60), &|| Instant::now() < until)
            .unwrap()
    );
    std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(700));
            dovecot.append(&[mail(2, 10)]);
        });
        assert!(imap.wait_for_mail(Duration::from_secs(300), &|| true).unwrap());
    });
    assert!(begun.elapsed() < Duration::from_secs(200));
    assert_eq!(listed(&mut imap), 2);
    imap.done().unwrap();
}

/// The flags of the mails in a folder: what stands after `:2,` in their names.
fn flags(dovecot: &Dovecot, folder: &str) -> Vec<String> {
    let files = dovecot.files(folder).into_iter();
    files
        .map(|name| {
            name.split_once(":2,")
                .map(|(_, flags)| flags.to_owned())
                .unwrap_or_default()
        })
        .collect()
}

#[test]
fn a_mail_is_settled_as_its_outcome_says_and_nothing_is_deleted() {
    // What a server can do: everything; no MOVE; neither MOVE nor UIDPLUS.
    for hidden in ["", "-MOVE", "-MOVE -UIDPLUS"] {
        let less: String = hidden.split_whitespace().map(|word| format!(" {word}")).collect();
        let whole =
            "IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE LITERAL+ UNSELECT CHILDREN NAMESPACE UIDPLUS MOVE";
        let without = |word: &&str| !less.contains(&format!("-{word}"));
        let left: Vec<&str> = whole.split(' ').filter(without).collect();
        let setting = DovecotSetting {
            more: &format!("protocol imap {{\n imap_capability = {}\n}}\n", left.join(" ")),
            ..DovecotSetting::default()
        };
        let Some(dovecot) = Dovecot::with(setting) else { return };
        dovecot.append(&[mail(1, 500)]);
        // An automatic answer, and a mail that cannot be read.
        let robot = String::from_utf8(mail(2, 100))
            .unwrap()
            .replace("Subject", "Auto-Submitted: auto-replied\r\nSubject");
        dovecot.append(&[robot.as_bytes(), b"\r\n\r\n"]);
        dovecot.append(&[mail(3, 3000), mail(1, 500)]);
        let after = "after = { new = \"move:Blog/Done & dusted\", duplicate = \"leave\", set-aside = \"flag\", quarantined = \"flag\" }";
        let house = house(&dovecot.inbox("blog", after));
        let ran = house.run(&["fetch", "--json"]);
        let summary = ran.exits(7).json_lines().pop().unwrap();
        let expected = r#"{"listed":5,"new":2,"follow-up":0,"decision":0,"duplicate":1,"set-aside":1,"quarantined":1}"#;
        assert_eq!(summary["summary"].to_string(), expected, "{hidden}: {}", ran.stdout);

        assert_eq!(flags(&dovecot, "blog/.Blog.Done &- dusted/cur"), ["S", "S"], "{hidden}");
        let mut left = flags(&dovecot, "blog/cur");
        left.sort();
        // The duplicate untouched; the two others seen and with our keyword (the first of the mailbox: `a`). Without
        // UIDPLUS what was copied is left for the mailbox's owner to expunge, marked as deleted.
        match hidden.contains("UIDPLUS") {
            false => assert_eq!(left, ["", "Sa", "Sa"], "{hidden}"),
            true => assert_eq!(left, ["", "STa", "STa", "Sa", "Sa"], "{hidden}"),
        }
        let keywords = std::fs::read_to_string(dovecot.folder("blog/dovecot-keywords")).unwrap();
        assert_eq!(keywords, "0 M4C-Stories\n");
        let heard = dovecot.log();
        assert!(hidden.contains("UIDPLUS") || heard.contains("expunged="), "{heard}");
        // Another run finds nothing to do, another machine only the duplicate that was left.
        assert_eq!(fetch(&house), (0, 0), "{hidden}");
        let elsewhere = self::house(&dovecot.inbox("blog", after));
        assert_eq!(fetch(&elsewhere), (1, 0), "{hidden}");
    }
}

#[test]
fn by_default_a_mail_is_flagged_and_reading_flags_none() {
    let Some(dovecot) = Dovecot::start() else { return };
    dovecot.append(&[mail(1, 500), mail(2, 500)]);
    dovecot.append_to("INBOX (\\Deleted)", &[mail(3, 500)]);
    dovecot.append_to("INBOX (\\Draft)", &[mail(4, 500)]);
    let house = house(&dovecot.inbox("blog", ""));
    house.run(&["fetch", "-n"]).exits(0);
    assert!(flags(&dovecot, "blog/cur").iter().all(|flags| !flags.contains('S')));
    assert_eq!(fetch(&house), (2, 0));
    let mut flags = flags(&dovecot, "blog/cur");
    flags.sort();
    assert_eq!(flags, ["D", "Sa", "Sa", "T"]);
}

#[test]
fn a_fate_that_the_server_does_not_know_is_told_before_anything_is_taken() {
    let Some(dovecot) = Dovecot::start() else { return };
    dovecot.append(&[mail(1, 500)]);
    let labels = house(&dovecot.inbox("blog", "after = { new = \"label:Stories\" }"));
    let ran = labels.run(&["fetch", "--json"]);
    let error = ran.exits(2).error();
    assert!(error.to_string().contains("only Gmail has labels"), "{error}");
    assert_eq!(stories(&labels), 0);
    // A folder that cannot be: the mail is safe, the error told; the next run does not take it twice.
    let bad = house(&dovecot.inbox("blog", "after = { new = \"move:a//b\" }"));
    let ran = bad.run(&["fetch", "--json"]);
    let said = ran.exits(ran.code).stderr.clone();
    assert!(ran.code != 0 && said.contains("refused"), "{} {said}", ran.code);
    assert_eq!(stories(&bad), 1);
    bad.run(&["fetch"]);
    assert_eq!(stories(&bad), 1);
    assert_eq!(dovecot.mails("blog").len(), 1);
}

#[test]
fn a_new_uidvalidity_or_a_mailbox_made_anew_makes_no_story_twice_and_loses_none() {
    let Some(dovecot) = Dovecot::start() else { return };
    let mails: Vec<Vec<u8>> = (1..=4).map(|n| mail(n, 500)).collect();
    let house = house(&dovecot.inbox(
        "blog",
        "mailbox = \"Stories & more\"\nafter = { new = \"leave\", duplicate = \"leave\" }",
    ));
    let name = "\"Stories &- more\"";
    dovecot.talk(&[&format!("CREATE {name}")]);
    dovecot.append_to(name, &mails[..3]);
    assert_eq!(fetch(&house), (3, 0));
    assert_eq!(fetch(&house), (0, 0));

    // The same mails under other UIDs.
    let validity = |dovecot: &Dovecot| dovecot.talk(&[&format!("STATUS {name} (UIDVALIDITY)")])[0].clone();
    // Dovecot takes the second for it: one made in the same second has the same
    let make_anew = |before: &str| {
        dovecot.talk(&[&format!("CREATE {name}")]);
        while validity(&dovecot) == before {
            dovecot.talk(&[&format!("DELETE {name}")]);
            std::thread::sleep(Duration::from_millis(200));
            dovecot.talk(&[&format!("CREATE {name}")]);
        }
    };
    let before = validity(&dovecot);
    dovecot.talk(&[&format!("DELETE {name}")]);
    make_anew(&before);
    dovecot.append_to(name, &[mails[3].clone(), mails[1].clone(), mails[0].clone()]);
    assert_eq!(fetch(&house), (1, 2));
    assert_eq!(fetch(&house), (0, 0));

    // Emptied; then with mail again.
    dovecot.talk(&[&format!("SELECT {name}"), "STORE 1:* +FLAGS (\\Deleted)", "EXPUNGE"]);
    assert_eq!(fetch(&house), (0, 0));
    dovecot.append_to(name, &[mail(5, 500)]);
    assert_eq!(fetch(&house), (1, 0));
    assert_eq!(stories(&house), 5);

    // Gone altogether: told, and nothing is lost; there again: gone on with.
    let before = validity(&dovecot);
    dovecot.talk(&[&format!("DELETE {name}")]);
    let error = house.run(&["fetch", "--json"]).error();
    assert!(error.to_string().contains("does not open the mailbox"), "{error}");
    assert_eq!(stories(&house), 5);
    make_anew(&before);
    dovecot.append_to(name, &[mail(6, 500), mail(1, 500)]);
    assert_eq!(fetch(&house), (1, 1));
    house.fsck();
}

#[test]
fn one_inbox_that_fails_does_not_stop_the_others() {
    let Some(dovecot) = Dovecot::start() else { return };
    dovecot.append(&[mail(1, 500)]);
    dovecot.talk(&["SELECT INBOX"]);
    for user in ["team", "ben"] {
        std::fs::create_dir_all(dovecot.folder(&format!("{user}/new"))).unwrap();
    }
    let owner = std::os::unix::fs::MetadataExt::uid(&std::fs::metadata(dovecot.folder("blog")).unwrap());
    for path in ["team", "team/new", "ben", "ben/new"] {
        chown(dovecot.folder(path), Some(owner), None).unwrap();
    }
    dovecot.deliver("team", "1.M1.test", &mail(2, 500));
    dovecot.deliver("ben", "1.M1.test", &mail(3, 500));
    let gone =
        format!("{}\n", dovecot.inbox("marion", "")).replace(&dovecot.imaps.to_string(), &free_port().to_string());
    let wrong = dovecot.inbox("ben", "").replace("\"secret\"", "\"wrong\"");
    let house = house(&[gone, wrong, dovecot.inbox("team", ""), dovecot.inbox("blog", "")].concat());
    house.write("wrong", "canary");
    let ran = house.run(&["fetch", "--json"]);
    assert_eq!(counts(ran.exits(7)), (2, 0));
    assert!(
        ran.stderr.contains("cannot be reached") && ran.stderr.contains("refused the login of ben"),
        "{}",
        ran.stderr
    );
    assert!(!ran.stderr.contains("canary"));
}

#[test]
fn a_mail_over_the_limit_is_not_downloaded() {
    let Some(dovecot) = Dovecot::start() else { return };
    dovecot.append(&[mail(1, 500), mail(2, 300_000), mail(3, 500)]);
    let house = house(&format!(
        "{}[story]\nmax_mail_bytes = 100000\n",
        dovecot.inbox("blog", "")
    ));
    assert_eq!(counts(house.run(&["fetch", "--json"]).exits(7)), (2, 0));
    let begun = Instant::now();
    let log = loop {
        let log = dovecot.log();
        if log.contains("body_bytes=") && log.lines().last().unwrap_or_default().contains("body_bytes=") {
            break log;
        }
        assert!(begun.elapsed() < Duration::from_secs(120), "{log}");
        std::thread::sleep(Duration::from_millis(50));
    };
    let last = log.lines().last().unwrap();
    assert!(last.contains("body_count=2 "), "{last}");
    house.run(&["fetch"]).exits(0);
    // Where more is allowed it is taken from the quarantine's list as any other.
    assert_eq!(stories(&house), 2);
}

/// How often the client had to wait for the server: over a proxy that counts where the direction turns.
fn turns(house_of: impl Fn(u16) -> TestHouse, port: u16, prepare: bool) -> usize {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let through = listener.local_addr().unwrap().port();
    let turns = Arc::new(AtomicUsize::new(0));
    let counted = turns.clone();
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let server = TcpStream::connect(("127.0.0.1", port)).unwrap();
            let (mut from, mut to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
            let spoke = Arc::new(AtomicUsize::new(0));
            let (spoke_client, count) = (spoke.clone(), counted.clone());
            std::thread::spawn(move || {
                let mut buffer = [0; 65536];
                while let Ok(read @ 1..) = from.read(&mut buffer) {
                    let text = String::from_utf8_lossy(&buffer[..read]).into_owned();
                    if text.contains(" AUTHENTICATE ") {
                        count.store(0, Ordering::SeqCst);
                    } else if spoke_client.swap(1, Ordering::SeqCst) == 0 && !text.contains("LOGOUT") {
                        count.fetch_add(1, Ordering::SeqCst);
                    }
                    if to.write_all(&buffer[..read]).is_err() {
                        break;
                    }
                }
                let _ = to.shutdown(std::net::Shutdown::Write);
            });
            let (mut from, mut to) = (server, client);
            std::thread::spawn(move || {
                let mut buffer = [0; 65536];
                while let Ok(read @ 1..) = from.read(&mut buffer) {
                    spoke.store(0, Ordering::SeqCst);
                    if to.write_all(&buffer[..read]).is_err() {
                        break;
                    }
                }
            });
        }
    });
    let house = house_of(through);
    if prepare {
        fetch(&house);
    }
    assert_eq!(fetch(&house), (0, 0));
    turns.load(Ordering::SeqCst)
}

#[test]
fn a_fetch_with_nothing_to_do_takes_two_round_trips_after_the_login() {
    let Some(dovecot) = Dovecot::start() else { return };
    dovecot.append(&(1..=40).map(|n| mail(n, 100)).collect::<Vec<_>>());
    let plain = |port: u16| {
        let inbox = dovecot.inbox("blog", "tls = \"none\"\nafter = { new = \"leave\" }");
        house(&inbox.replace(&format!("port = {}", dovecot.imaps), &format!("port = {port}")))
    };
    // One: SELECT says that nothing came.
    assert_eq!(turns(plain, dovecot.imap, true), 1);
    // Two: what came since is a draft, which is left alone, so that it has to be searched.
    dovecot.append_to("INBOX (\\Draft)", &[mail(99, 100)]);
    let seen = |port: u16| {
        let house = plain(port);
        fetch(&house);
        dovecot.append_to("INBOX (\\Draft)", &[mail(100, 100)]);
        house
    };
    assert_eq!(turns(seen, dovecot.imap, false), 2);
}

/// `ROUNDS=50 cargo test --test imap_fetch eight` for the whole.
#[test]
fn eight_fetches_at_once_take_each_mail_once() {
    let Some(dovecot) = Dovecot::start() else { return };
    let rounds = std::env::var("ROUNDS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(4);
    dovecot.append(&[mail(0, 300)]);
    let house = house(&dovecot.inbox("blog", "after = { new = \"move:Done\" }"));
    assert_eq!(fetch(&house), (1, 0));
    let (mut made, mut busy) = (1, 0);
    for round in 0..rounds {
        let fresh = 1 + round % 7;
        for n in 0..fresh {
            dovecot.deliver(
                "blog",
                &format!("{}.M{n}.test", 1_300_000_000 + made + n),
                &mail(made + n, 300),
            );
        }
        made += fresh;
        let new: u64 = std::thread::scope(|scope| {
            let running: Vec<_> = (0..8)
                .map(|i| {
                    let house = &house;
                    // Some wait for the others, most leave it to them.
                    let arguments: &[&str] = if i < 3 {
                        &["fetch", "--json", "--wait", "600"]
                    } else {
                        &["fetch", "--json"]
                    };
                    scope.spawn(move || house.run(arguments))
                })
                .collect();
            let ran = running.into_iter().map(|running| running.join().unwrap());
            ran.map(|ran| match ran.code {
                75 => {
                    assert!(ran.stderr.contains("\"busy\""), "{}", ran.stderr);
                    busy += 1;
                    0
                }
                _ => {
                    let (new, duplicate) = counts(ran.exits(0));
                    assert_eq!(duplicate, 0, "{}", ran.stdout);
                    new
                }
            })
            .sum()
        });
        assert_eq!(new, fresh as u64, "round {round}");
    }
    assert_eq!(stories(&house), made);
    assert_eq!(dovecot.files("blog/.Done/cur").len(), made);
    assert!(dovecot.mails("blog").is_empty());
    house.fsck();
    eprintln!(
        "{rounds} rounds, {made} mails, each once; {busy} of {} runs found another at work",
        rounds * 8
    );
}

#[test]
fn the_servers_end_with_a_test_that_panics() {
    let ports = std::panic::catch_unwind(|| {
        let dovecot = Dovecot::start()?;
        let smtpd = servers::Smtpd::start(&dovecot);
        std::panic::panic_any([dovecot.imap, smtpd.map_or(dovecot.imaps, |smtpd| smtpd.smtp)]);
        #[allow(unreachable_code, reason = "for the type")]
        Some(())
    });
    let Err(ports) = ports else { return };
    for port in ports.downcast_ref::<[u16; 2]>().expect("our own panic") {
        assert!(TcpStream::connect(("127.0.0.1", *port)).is_err());
    }
}

#[test]
fn a_token_opens_the_mailbox_as_long_as_it_is_good() {
    for mechanism in ["xoauth2", "oauthbearer"] {
        let setting = DovecotSetting {
            mechanisms: mechanism,
            more: servers::WITH_TOKENS,
            ..DovecotSetting::default()
        };
        let Some(dovecot) = Dovecot::with(setting) else { return };
        let with = |token: String| ImapAccount {
            login: Login::Token(token),
            ..dovecot.account(Tls::Implicit)
        };
        let mut imap = Imap::new("blog", with(servers::token("blog", 600)));
        assert!(list(&mut imap, &Cursor::start()).is_empty());
        imap.done().unwrap();
        for bad in [
            servers::token("blog", -30),
            servers::token("ben", 600),
            servers::token("blog", 600) + "x",
        ] {
            let wanted = Wanted {
                cursor: &Cursor::start(),
                since: None,
            };
            let error = Imap::new("blog", with(bad)).list(&wanted).unwrap_err();
            assert!(error.is_login(), "{mechanism}: {error:?}");
        }
        // By the program: a command gives the token.
        let house = house(&dovecot.inbox("blog", "auth = \"xoauth2\""));
        house.write("secret", servers::token("blog", 600));
        assert_eq!(fetch(&house), (0, 0));
        house.write("secret", servers::token("blog", -30));
        let ran = house.run(&["fetch"]);
        assert!(ran.exits(4).stderr.contains("refused the login"), "{}", ran.stderr);
    }
}
