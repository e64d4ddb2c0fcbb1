//! `fetch` from servers that lie, stall, die or pretend: nothing torn is kept, memory and time are bounded, and no password
//! is given away. What the library's client does at every single byte is in `src/inbox/imap/tests.rs`.

#![allow(clippy::disallowed_methods, reason = "a test may end where there is no thread")]

mod common;
#[path = "common/fake_imap.rs"]
mod fake_imap;
#[path = "common/servers.rs"]
mod servers;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rustls::ServerConfig;

use common::{CONFIG, Ran, TestHouse, have, mail};
use fake_imap::{Fake, server_tls};

const PASSWORD: &str = "canary-4711";

/// Three mails that are stories; the second has lines in it that look like IMAP.
fn mails() -> [(u32, String); 3] {
    let story = |n: u32, text: &str| {
        let text = mail(
            "Jo Hill <jo@example.org>",
            "Sat, 4 Dec 2010 10:12:31 +0000",
            &format!("Bus {n}"),
            text,
        );
        (n, text.replace('\n', "\r\n"))
    };
    [
        story(
            3,
            "We asked for a bus, and two hundred people signed.\n\nIt came in the spring.",
        ),
        story(5, "The council answered:\n\nd5 OK done\n* BYE\n)\n\nSo we asked again."),
        story(9, "In the end there were three buses, and a shelter against the rain."),
    ]
}

fn fake(mails: &[(u32, String)]) -> Fake {
    Fake::new(
        &mails
            .iter()
            .map(|(uid, mail)| (*uid, mail.as_str()))
            .collect::<Vec<_>>(),
    )
}

fn house(port: u16, tls: &str, more: &str) -> TestHouse {
    let rest = &CONFIG[CONFIG.find("[review]").expect("a section")..];
    let house = TestHouse::with_config(&format!(
        "[[inbox]]\nname = \"blog\"\nkind = \"imap\"\nhost = \"localhost\"\nport = {port}\ntls = \"{tls}\"\nuser = \"blog\"\n\
         password_command = [\"cat\", \"secret\"]\n{more}\n{rest}"
    ));
    house.write("secret", PASSWORD);
    house
}

/// `fetch` in 384 MB of heaps and stacks and a minute of a processor; a run that hangs is ended.
fn fetch(house: &TestHouse) -> Ran {
    let jailed = [
        "--data=402653184",
        "--cpu=60",
        "--nofile=256",
        "timeout",
        "600",
        common::BINARY,
        "fetch",
        "--json",
    ];
    Ran::of(house.command("prlimit").args(jailed), &["fetch"], None)
}

/// Every mail that was kept is one that was sent, whole; how many stories they are.
fn kept_whole(house: &TestHouse, mails: &[(u32, String)]) -> usize {
    let list = house.run(&["list", "--all", "--json"]).exits(0).json();
    let stories = list.as_array().expect("a list");
    for story in stories {
        let raw = house
            .run(&["show", "--raw", story["id"].as_str().expect("an id")])
            .exits(0)
            .stdout
            .clone();
        assert!(mails.iter().any(|(_, mail)| *mail == raw), "torn: {raw:?}");
    }
    house.fsck();
    stories.len()
}

/// A line to a server on which so many of the server's bytes come through, then none; its port, and how many came.
fn line_of(bytes: usize, port: u16) -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (through, came) = (listener.local_addr().unwrap().port(), Arc::new(AtomicUsize::new(0)));
    let count = came.clone();
    std::thread::spawn(move || {
        let (client, _) = listener.accept().unwrap();
        let server = TcpStream::connect(("127.0.0.1", port)).unwrap();
        let (mut from, mut to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
        std::thread::spawn(move || std::io::copy(&mut from, &mut to));
        let (mut from, mut to, mut buffer) = (server.try_clone().unwrap(), client.try_clone().unwrap(), [0; 4096]);
        while let Ok(read @ 1..) = from.read(&mut buffer) {
            let read = read.min(bytes - count.load(Ordering::SeqCst));
            count.fetch_add(read, Ordering::SeqCst);
            if to.write_all(&buffer[..read]).is_err() || count.load(Ordering::SeqCst) == bytes {
                break;
            }
        }
        let _ = client.shutdown(std::net::Shutdown::Both);
        let _ = server.shutdown(std::net::Shutdown::Both);
    });
    (through, came)
}

/// `CUTS=all cargo test --test hostile_imap dies` for every byte of the session, also of its TLS; `CUTS=none` and `CUTS=implicit`
/// for every byte of that half.
#[test]
fn a_server_that_dies_leaves_nothing_torn_and_the_next_run_goes_on() {
    let mails = mails();
    let folder = tempfile::tempdir().unwrap();
    let safe = have("openssl").then(|| tls(folder.path(), "good", &[]));
    let every = std::env::var("CUTS").unwrap_or_default();
    for over_tls in [false, true] {
        let (fake, how, more) = match &safe {
            None if over_tls => continue,
            Some((cert, config)) if over_tls => {
                let ca_file = format!("ca_file = \"{}\"", cert.display());
                (fake(&mails).tls(config.clone(), true), "implicit", ca_file)
            }
            _ => (fake(&mails), "none", String::new()),
        };
        // as it is before the first fetch, so that each does no more than it must
        let fresh = house(1, how, &more);
        fresh.run(&["init", "-q"]).exits(0);
        let house_of = |port: u16| {
            let house = fresh.copied();
            house.write(
                "config.toml",
                fresh.read("config.toml").replace("port = 1", &format!("port = {port}")),
            );
            house
        };
        let (whole, bytes) = line_of(usize::MAX, fake.clone().start().port);
        assert_eq!(fetch(&house_of(whole)).exits(0).code, 0);
        let bytes = bytes.load(Ordering::SeqCst);
        assert!(bytes > 1000, "{bytes}");
        let mut seen = [0; 4];
        // over TLS mails come at the very end, after the handshake, and many in one record
        let cuts: Vec<usize> = match (every == "all" || every == how, over_tls) {
            (true, _) => (1..bytes).collect(),
            (false, false) => (1..bytes).step_by(bytes / 24).collect(),
            (false, true) => (1..bytes).step_by(bytes / 6).chain([bytes - 180, bytes - 60]).collect(),
        };
        for cut in cuts {
            let (dying, _) = line_of(cut, fake.clone().start().port);
            let house = house_of(dying);
            let ran = fetch(&house);
            // a handshake that was cut off is no secure connection
            let codes: &[i32] = if over_tls { &[0, 1, 7, 75] } else { &[0, 7, 75] };
            assert!(codes.contains(&ran.code), "{how} {cut}: {} {}", ran.code, ran.stderr);
            seen[kept_whole(&house, &mails)] += 1;
            // The server is well again.
            let well = fake.clone().start();
            let config = house.read("config.toml");
            house.write(
                "config.toml",
                config.replace(&dying.to_string(), &well.port.to_string()),
            );
            fetch(&house).exits(0);
            assert_eq!(kept_whole(&house, &mails), 3, "{how}: cut after {cut}");
        }
        assert!(seen[0] > 0 && seen[3] > 0, "{how}: {seen:?}");
        eprintln!(
            "{how}: cut off at {} of {bytes} bytes, kept so many mails of three: {seen:?}",
            seen.iter().sum::<usize>()
        );
    }
}

#[test]
fn a_line_that_breaks_after_many_mails_has_brought_those_that_came() {
    let mails: Vec<(u32, String)> = (1..=300)
        .map(|n| {
            let story = format!("In year {n} we asked for a bus, and two hundred people signed.");
            let date = "Sat, 4 Dec 2010 10:12:31 +0000";
            (
                n,
                mail(
                    &format!("Jo Hill <jo{n}@example.org>"),
                    date,
                    &format!("Bus {n}"),
                    &story,
                )
                .replace('\n', "\r\n"),
            )
        })
        .collect();
    let bytes: usize = mails.iter().map(|mail| mail.1.len()).sum();
    let dying = fake(&mails).cut_after(bytes * 2 / 3).start();
    let house = house(dying.port, "none", "");
    fetch(&house).exits(7);
    let count = || {
        let list = house.run(&["list", "--all", "--json"]).exits(0).json();
        list.as_array().expect("a list").len()
    };
    let came = count();
    assert!((100..250).contains(&came), "{came}");
    let well = fake(&mails).start();
    let config = house.read("config.toml");
    house.write(
        "config.toml",
        config.replace(&dying.port.to_string(), &well.port.to_string()),
    );
    fetch(&house).exits(0);
    assert_eq!(count(), 300);
    house.fsck();
}

#[test]
fn a_server_that_lies_about_lengths_costs_no_memory_and_no_mail() {
    let mails = mails();
    let much = "x".repeat(1 << 20);
    for announced in [
        "{10}",
        "{4294967296}",
        "{-1}",
        "{999999999999}",
        "{18446744073709551616}",
        "{1073741824}",
    ] {
        let lying = fake(&mails).with_body(5, &format!("{announced}\r\n{much}")).start();
        // Where the announced may still come it is waited for, as long as there is time; what came before is kept.
        let (deadline, expected) = match announced {
            "{1073741824}" => ("deadline = \"8s\"", 1),
            _ => ("deadline = \"300s\"", 2),
        };
        let house = house(lying.port, "none", deadline);
        let ran = fetch(&house);
        assert_eq!(ran.code, 7, "{announced}: {}", ran.stderr);
        assert_eq!(kept_whole(&house, &mails), expected, "{announced}: {}", ran.stdout);
    }
    // Twelve literals of 34 MB in one answer, each within the limit of a mail; a line without an end; numbers without an end.
    let literal = format!(" X {{{}}}\r\n{}", 34 << 20, "y".repeat(34 << 20));
    let many = fake(&mails).with_body(5, &format!("NIL{}", literal.repeat(12))).start();
    let numbers = format!(
        "* SEARCH {}\r\n",
        (1..40_000).map(|n| n.to_string()).collect::<Vec<_>>().join(" ")
    );
    for (fake, fine) in [
        (many, true),
        (fake(&mails).greeting(&"z".repeat(40 << 20)).start(), false),
        (
            fake(&mails)
                .with_body(5, &format!("\"{}", "z".repeat(40 << 20)))
                .start(),
            false,
        ),
        (
            fake(&mails)
                .with_search(&numbers)
                .answer("UID SEARCH", "FOREVER")
                .start(),
            false,
        ),
    ] {
        let deadline = if fine {
            "deadline = \"300s\""
        } else {
            "deadline = \"8s\""
        };
        let house = house(fake.port, "none", deadline);
        let ran = fetch(&house);
        assert_eq!(ran.code == 0, fine, "{}", ran.stderr);
        assert!(kept_whole(&house, &mails) <= 2);
    }
}

#[test]
fn a_run_ends_in_time_whatever_the_server_does() {
    let mails = mails();
    for (what, fake) in [
        ("a byte a second", fake(&mails).dribbling(Duration::from_secs(1))),
        ("silence", fake(&mails).greeting("")),
        ("silence later", fake(&mails).answer("SELECT", "NEVER")),
        ("OK without end", fake(&mails).after_bodies("FOREVER")),
        ("SELECT without end", fake(&mails).answer("SELECT", "FOREVER")),
        (
            "OK without end at the login",
            fake(&mails).answer("CAPABILITY", "FOREVER"),
        ),
        (
            "OK without end at the marking",
            fake(&mails).answer("UID STORE", "NEVER"),
        ),
    ] {
        let fake = fake.start();
        let house = house(fake.port, "none", "deadline = \"2s\"");
        let begun = Instant::now();
        let ran = fetch(&house);
        assert!([7, 75].contains(&ran.code), "{what}: {} {}", ran.code, ran.stderr);
        assert!(ran.stderr.contains("was lost"), "{what}: {}", ran.stderr);
        assert!(
            begun.elapsed() < Duration::from_secs(60),
            "{what}: {:?}",
            begun.elapsed()
        );
        kept_whole(&house, &mails);
    }
}

/// Nothing that the server heard, and nothing that was printed, holds the password.
#[track_caller]
fn not_given_away(what: &str, heard: &[String], ran: &Ran) {
    let all = format!("{}\n{}\n{}", heard.join("\n"), ran.stdout, ran.stderr);
    // `printf '\\0blog\\0canary-4711' | base64`
    for form in [PASSWORD, "AGJsb2cAY2FuYXJ5LTQ3MTE=", "Y2FuYXJ5LTQ3MTE"] {
        assert!(!all.contains(form), "{what}: {all}");
    }
    assert!(
        !heard
            .iter()
            .any(|line| line.contains(" LOGIN") || line.contains(" AUTHENTICATE")),
        "{what}: {heard:?}"
    );
}

#[test]
fn no_password_is_given_to_a_server_that_is_not_secure() {
    let mails = mails();
    let go = "OK go\r\n";
    for (what, tls, fake) in [
        (
            "STARTTLS stripped",
            "starttls",
            fake(&mails).capabilities("AUTH=PLAIN SASL-IR"),
        ),
        (
            "STARTTLS refused",
            "starttls",
            fake(&mails)
                .capabilities("STARTTLS AUTH=PLAIN")
                .answer("STARTTLS", "NO not now\r\n"),
        ),
        (
            "STARTTLS unknown",
            "starttls",
            fake(&mails).capabilities("STARTTLS").answer("STARTTLS", "BAD what\r\n"),
        ),
        (
            "STARTTLS and then none",
            "starttls",
            fake(&mails).capabilities("STARTTLS").answer("STARTTLS", go),
        ),
        (
            "bytes before the handshake",
            "starttls",
            fake(&mails)
                .capabilities("STARTTLS")
                .answer("STARTTLS", "OK go\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\nd3 OK in\r\n"),
        ),
        (
            "PREAUTH",
            "starttls",
            fake(&mails).greeting("* PREAUTH [CAPABILITY IMAP4rev1] hello\r\n"),
        ),
        ("BYE", "starttls", fake(&mails).greeting("* BYE try elsewhere\r\n")),
        (
            "another protocol",
            "starttls",
            fake(&mails).greeting("220 mail.example.org ESMTP\r\n"),
        ),
        ("no TLS at all", "implicit", fake(&mails)),
        ("no way to log in", "none", fake(&mails).capabilities("LOGINDISABLED")),
        (
            "no way to log in, said with the greeting",
            "none",
            fake(&mails).greeting("* OK [CAPABILITY IMAP4rev1 LOGINDISABLED] hello\r\n"),
        ),
        (
            "PREAUTH in the clear",
            "none",
            fake(&mails).greeting("* PREAUTH hello\r\n"),
        ),
    ] {
        let fake = fake.start();
        let house = house(fake.port, tls, "deadline = \"10s\"");
        let ran = fetch(&house);
        assert!([1, 75].contains(&ran.code), "{what}: {} {}", ran.code, ran.stderr);
        not_given_away(what, &fake.heard(), &ran);
        assert_eq!(kept_whole(&house, &mails), 0);
    }
}

#[test]
fn a_referral_is_not_followed_and_a_refused_login_is_told_without_the_password() {
    let mails = mails();
    let elsewhere = fake(&mails).start();
    let referral = format!("NO [REFERRAL imap://blog@localhost:{}/] try there\r\n", elsewhere.port);
    for answer in [
        referral.as_str(),
        "NO [AUTHENTICATIONFAILED] no\r\n",
        "NO canary-4711 is wrong\r\n",
        "BAD no\r\n",
    ] {
        for capabilities in ["", "AUTH=PLAIN SASL-IR"] {
            let there = fake(&mails)
                .capabilities(capabilities)
                .answer("LOGIN", answer)
                .answer("AUTHENTICATE", answer)
                .start();
            let house = house(there.port, "none", "");
            let ran = fetch(&house);
            assert!(ran.exits(4).stderr.contains("refused the login"), "{}", ran.stderr);
            // A server that repeats the password does not get it printed.
            assert!(!(ran.stderr.clone() + &ran.stdout).contains(PASSWORD), "{}", ran.stderr);
        }
    }
    // Let in, and referred all the same.
    let there = fake(&mails).answer("LOGIN", &referral.replace("NO", "OK")).start();
    assert_eq!(fetch(&house(there.port, "none", "")).code, 0);
    assert!(elsewhere.heard().is_empty());
}

/// Certificate and key of a server, in a folder.
fn tls(folder: &Path, name: &str, more: &[&str]) -> (PathBuf, Arc<ServerConfig>) {
    let (cert, key) = (folder.join(format!("{name}.pem")), folder.join(format!("{name}.key")));
    servers::certificate(&cert, &key, more);
    if name == "expired" {
        // ended yesterday
        let (cert, key) = (cert.to_str().unwrap(), key.to_str().unwrap());
        let made = Command::new("openssl")
            .args(["x509", "-in", cert, "-days", "-1", "-signkey", key, "-out", cert])
            .output();
        assert!(made.unwrap().status.success());
    }
    let config = server_tls(&cert, &key);
    (cert, config)
}

#[test]
fn a_certificate_that_is_not_right_ends_the_session_before_the_password() {
    if !have("openssl") {
        return;
    }
    let mails = mails();
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let (good, good_config) = tls(folder, "good", &[]);
    let (other, _) = tls(folder, "other", &[]);
    let (expired, expired_config) = tls(folder, "expired", &[]);
    let wrong_name = ["-days", "2", "-addext", "subjectAltName=DNS:imap.example.org"];
    let (wrong, wrong_config) = tls(folder, "wrong", &wrong_name);
    for implicit in [true, false] {
        for (what, trusted, config, fine) in [
            ("as it should be", Some(&good), &good_config, true),
            ("self-signed", None, &good_config, false),
            ("of another authority", Some(&other), &good_config, false),
            ("expired", Some(&expired), &expired_config, false),
            ("of another name", Some(&wrong), &wrong_config, false),
        ] {
            let there = fake(&mails)
                .capabilities("STARTTLS")
                .tls(config.clone(), implicit)
                .start();
            let ca_file = trusted.map(|path| format!("ca_file = \"{}\"", path.display()));
            let house = house(
                there.port,
                if implicit { "implicit" } else { "starttls" },
                &ca_file.unwrap_or_default(),
            );
            let ran = fetch(&house);
            if fine {
                assert_eq!((ran.code, kept_whole(&house, &mails)), (0, 3), "{}", ran.stderr);
                continue;
            }
            assert_eq!((ran.code, kept_whole(&house, &mails)), (1, 0), "{what}: {}", ran.stderr);
            assert!(ran.stderr.contains("no secure connection"), "{what}: {}", ran.stderr);
            not_given_away(what, &there.heard(), &ran);
        }
    }
}

#[test]
fn tls_of_1999_is_not_spoken() {
    if !have("openssl") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (cert, _) = tls(folder.path(), "good", &[]);
    let port = servers::free_port().to_string();
    let mut old = Command::new("openssl")
        .args([
            "s_server",
            "-quiet",
            "-tls1_1",
            "-cipher",
            "ALL:@SECLEVEL=0",
            "-accept",
            &port,
            "-cert",
        ])
        .arg(&cert)
        .arg("-key")
        .arg(folder.path().join("good.key"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while std::net::TcpStream::connect(format!("127.0.0.1:{port}")).is_err() {
        std::thread::sleep(Duration::from_millis(20));
    }
    let ca_file = format!("deadline = \"120s\"\nca_file = \"{}\"", cert.display());
    let house = house(port.parse().unwrap(), "implicit", &ca_file);
    let ran = fetch(&house);
    old.kill().unwrap();
    let heard = old.wait_with_output().unwrap().stdout;
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert!(ran.stderr.contains("no secure connection"), "{}", ran.stderr);
    not_given_away("TLS 1.1", &[String::from_utf8_lossy(&heard).into_owned()], &ran);
}
