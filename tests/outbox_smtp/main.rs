//! Letters handed to a real mail server (aiosmtpd), with and without TLS and login.

#[path = "../common/mod.rs"]
mod common;
mod desk;
#[path = "../common/fake_imap.rs"]
mod fake_imap;
mod scripted;
#[path = "../common/servers.rs"]
mod servers;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use m4c_stories::outbox::{Encryption, Login, Mechanism, Outbox, SendError, Sent, SmtpOutbox, SmtpServer};
use m4c_stories::story::letter::{Envelope, LetterId, Outgoing};
use scripted::Scripted;
use serde_json::Value;

/// A Python that has aiosmtpd. Where tests must not be skipped (`CI=true`) its absence is a failure.
fn python() -> Option<&'static str> {
    let has = |python: &&str| {
        let tried = Command::new(python).args(["-c", "import aiosmtpd.smtp"]).output();
        tried.is_ok_and(|out| out.status.success())
    };
    let found = ["/usr/bin/python3", "python3"].into_iter().find(has);
    if found.is_none() {
        assert!(
            std::env::var_os("CI").is_none_or(|ci| ci != "true"),
            "aiosmtpd is missing"
        );
        eprintln!("skipped: Python's aiosmtpd is not installed (Debian: python3-aiosmtpd)");
    }
    found
}

struct MailServer {
    child: Child,
    port: u16,
    folder: tempfile::TempDir,
}

impl MailServer {
    fn start(python: &str, mode: &str, options: &[&str]) -> MailServer {
        let folder = tempfile::tempdir().unwrap();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/outbox_smtp/server.py");
        let mut command = Command::new(python);
        command
            .arg(script)
            .arg(folder.path().join("log"))
            .arg(mode)
            .args(options);
        if mode != "plain" {
            let (cert, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
            let made = Command::new("openssl")
                .args([
                    "req",
                    "-x509",
                    "-newkey",
                    "ec",
                    "-pkeyopt",
                    "ec_paramgen_curve:prime256v1",
                    "-nodes",
                    "-days",
                    "2",
                ])
                .args([
                    "-subj",
                    "/CN=localhost",
                    "-addext",
                    "subjectAltName=DNS:localhost,IP:127.0.0.1",
                ])
                .args(["-addext", "basicConstraints=critical,CA:FALSE"])
                .arg("-keyout")
                .arg(&key)
                .arg("-out")
                .arg(&cert)
                .output()
                .unwrap();
            assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
            command.arg("--cert").arg(cert).arg("--key").arg(key);
        }
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let port = line.trim().parse().unwrap();
        MailServer { child, port, folder }
    }

    fn ca_file(&self) -> PathBuf {
        self.folder.path().join("cert.pem")
    }

    /// What the server wrote down under that key.
    fn log(&self, key: &str) -> Vec<Value> {
        let text = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        lines.filter(|entry| entry.get(key).is_some()).collect()
    }

    fn outbox(&self, encryption: Encryption) -> SmtpServer {
        SmtpServer {
            host: "localhost".into(),
            port: self.port,
            encryption,
            ca_file: None,
            login: None,
            patience: Duration::from_secs(100),
            deadline: Duration::from_secs(200),
        }
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn login(mechanism: Mechanism, secret: &str) -> (Login, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let (count, secret) = (asked.clone(), secret.to_owned());
    let login = Login {
        user: "blog".into(),
        mechanism,
        secret: Box::new(move || {
            count.fetch_add(1, Ordering::Relaxed);
            Ok(secret.clone())
        }),
    };
    (login, asked)
}

const LETTER: &[u8] = b"From: m4cblog@example.org\r\nTo: marion@example.com\r\nSubject: Re: My story\r\n\r\nDear Marion,\r\n.\r\n..two\r\nbye\r\n";

fn send(outbox: &mut SmtpOutbox, sender: Option<&str>, recipient: &str) -> Result<Sent, SendError> {
    outbox.send(&Outgoing {
        kind: "received",
        digits: "3f9a2c41b0",
        id: &LetterId::new("3f9a2c41b0", [7; 16], "example.org"),
        date: "2026-03-01T10:00:00Z".parse().unwrap(),
        envelope: &Envelope {
            sender: sender.map(str::to_owned),
            recipient: recipient.to_owned(),
        },
        bytes: LETTER,
    })
}

fn content(mail: &Value) -> Vec<u8> {
    // the server's words are base64, which mail-parser reads as a body
    let text = format!(
        "Content-Transfer-Encoding: base64\r\n\r\n{}",
        mail["mail"].as_str().unwrap()
    );
    mail_parser::MessageParser::new().parse(text.as_bytes()).unwrap().parts[0]
        .contents()
        .to_vec()
}

#[test]
fn letters_arrive_as_they_were_written_over_one_connection_made_for_the_first() {
    let Some(python) = python() else { return };
    let server = MailServer::start(python, "plain", &[]);
    let mut outbox = SmtpOutbox::new(server.outbox(Encryption::None));
    assert!(server.log("connection").is_empty());
    let sent = send(&mut outbox, None, "marion@example.com").unwrap();
    assert_eq!(sent.said, "250 2.0.0 queued as 4711");
    send(&mut outbox, Some("m4cblog@example.org"), "ben@example.com").unwrap();
    let mails = server.log("mail");
    assert_eq!(
        (mails[0]["sender"].as_str(), mails[0]["to"].to_string()),
        (Some("<>"), "[\"marion@example.com\"]".to_owned())
    );
    assert_eq!(mails[1]["sender"].as_str(), Some("m4cblog@example.org"));
    assert_eq!(
        String::from_utf8(content(&mails[0])).unwrap(),
        String::from_utf8_lossy(LETTER)
    );
    assert_eq!(server.log("connection").len(), 1);
}

#[test]
fn a_refused_letter_is_told_apart_from_one_that_waits_and_stops_no_other() {
    let Some(python) = python() else { return };
    let server = MailServer::start(python, "plain", &[]);
    let mut outbox = SmtpOutbox::new(server.outbox(Encryption::None));
    let error = send(&mut outbox, None, "reject@example.com").unwrap_err();
    assert!(
        matches!(&error, SendError::Refused { said } if said.contains("nobody here by that name")),
        "{error:?}"
    );
    assert!(error.is_final() && !error.to_string().contains('\t'));
    let error = send(&mut outbox, None, "later@example.com").unwrap_err();
    assert!(
        matches!(&error, SendError::Later { said } if said.contains("greylisted")),
        "{error:?}"
    );
    // taken, but the answer never came: it is sent again, with the same id
    let error = send(&mut outbox, None, "drop@example.com").unwrap_err();
    assert!(matches!(error, SendError::Later { .. }), "{error:?}");
    // an address in Unicode, and a server that cannot take one
    let error = send(&mut outbox, None, "дарья@example.com").unwrap_err();
    assert!(matches!(error, SendError::Refused { .. }), "{error:?}");
    send(&mut outbox, None, "marion@example.com").unwrap();
    assert_eq!(server.log("mail").len(), 2);
}

#[test]
fn an_address_in_unicode_goes_to_a_server_that_takes_it() {
    let Some(python) = python() else { return };
    let server = MailServer::start(python, "plain", &["--utf8"]);
    let mut outbox = SmtpOutbox::new(server.outbox(Encryption::None));
    send(&mut outbox, None, "дарья@example.com").unwrap();
    assert_eq!(server.log("mail")[0]["to"][0].as_str(), Some("дарья@example.com"));
}

#[test]
fn tls_is_verified_and_never_done_without() {
    let Some(python) = python() else { return };
    for (mode, encryption) in [("implicit", Encryption::Implicit), ("starttls", Encryption::StartTls)] {
        let server = MailServer::start(python, mode, &["--auth"]);
        let (right, asked) = login(Mechanism::Password, "secret");
        let mut known = server.outbox(encryption);
        known.ca_file = Some(server.ca_file());
        known.login = Some(right);
        let mut outbox = SmtpOutbox::new(known);
        assert_eq!(asked.load(Ordering::Relaxed), 0);
        send(&mut outbox, None, "marion@example.com").unwrap();
        send(&mut outbox, None, "ben@example.com").unwrap();
        assert_eq!(asked.load(Ordering::Relaxed), 1);
        assert!(server.log("mail").iter().all(|mail| mail["tls"] == true));

        let (unused, asked) = login(Mechanism::Password, "secret");
        let mut unknown = server.outbox(encryption);
        unknown.login = Some(unused);
        let error = send(&mut SmtpOutbox::new(unknown), None, "marion@example.com").unwrap_err();
        assert!(matches!(error, SendError::Setup { .. }), "{mode}: {error:?}");
        assert_eq!(asked.load(Ordering::Relaxed), 0);
    }
    let plain = MailServer::start(python, "plain", &["--auth"]);
    let (unused, asked) = login(Mechanism::Password, "secret");
    let mut stripped = plain.outbox(Encryption::StartTls);
    stripped.login = Some(unused);
    let error = send(&mut SmtpOutbox::new(stripped), None, "marion@example.com").unwrap_err();
    assert!(
        matches!(&error, SendError::Setup { said } if said.contains("STARTTLS")),
        "{error:?}"
    );
    assert_eq!(asked.load(Ordering::Relaxed), 0);
    assert!(plain.log("login").is_empty() && plain.log("mail").is_empty());
}

#[test]
fn a_refused_login_is_told_and_no_letter_is_blamed() {
    let Some(python) = python() else { return };
    let server = MailServer::start(python, "plain", &["--auth"]);
    for (mechanism, secret, expected) in [
        (Mechanism::Password, "secret", true),
        (Mechanism::Password, "wrong-canary", false),
        (Mechanism::Token, "token", true),
        (Mechanism::Token, "wrong-canary", false),
    ] {
        let mut setting = server.outbox(Encryption::None);
        setting.login = Some(login(mechanism, secret).0);
        let sent = send(&mut SmtpOutbox::new(setting), None, "marion@example.com");
        match sent {
            Ok(_) => assert!(expected, "{mechanism:?}"),
            Err(error) => {
                assert!(
                    !expected && matches!(error, SendError::Login { .. }),
                    "{mechanism:?}: {error:?}"
                );
                assert!(!format!("{error} {error:?}").contains("canary"));
            }
        }
    }
    // a server that repeats what it was given: `\0blog\0wrong-canary` in base64
    for answer in [
        "535 5.7.8 what is wrong-canary?\r\n",
        "500 5.5.1 no command: AUTH PLAIN AGJsb2cAd3JvbmctY2FuYXJ5\r\n",
        "454 4.7.0 later, wrong-canary\r\n",
    ] {
        let repeats = Scripted {
            script: vec![("AUTH", answer)],
            tls: None,
        }
        .start();
        let mut setting = to_scripted(repeats.port, Encryption::None);
        setting.login = Some(login(Mechanism::Password, "wrong-canary").0);
        let error = send(&mut SmtpOutbox::new(setting), None, "marion@example.com").unwrap_err();
        let said = format!("{error} {error:?}");
        assert!(
            said.contains("(secret)") && !said.contains("canary") && !said.contains("d3Jvbmct"),
            "{said}"
        );
    }
    // a server that wants a login, and none is set
    let error = send(
        &mut SmtpOutbox::new(server.outbox(Encryption::None)),
        None,
        "marion@example.com",
    )
    .unwrap_err();
    assert!(matches!(error, SendError::Login { .. }), "{error:?}");
    // a password command that fails
    let mut setting = server.outbox(Encryption::None);
    setting.login = Some(Login {
        user: "blog".into(),
        mechanism: Mechanism::Password,
        secret: Box::new(|| Err("the key ring is locked".to_owned())),
    });
    let error = send(&mut SmtpOutbox::new(setting), None, "marion@example.com").unwrap_err();
    assert!(
        matches!(&error, SendError::Login { said } if said == "the key ring is locked"),
        "{error:?}"
    );
    assert_eq!(server.log("mail").len(), 2);
}

#[test]
fn a_server_that_is_not_there_or_silent_is_tried_again_later() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let gone = free.local_addr().unwrap().port();
    drop(free);
    for (port, encryption) in [
        (gone, Encryption::None),
        (silent.local_addr().unwrap().port(), Encryption::None),
    ] {
        let mut outbox = SmtpOutbox::new(SmtpServer {
            host: "localhost".into(),
            port,
            encryption,
            ca_file: None,
            login: None,
            patience: Duration::from_millis(300),
            deadline: Duration::from_secs(30),
        });
        let error = send(&mut outbox, None, "marion@example.com").unwrap_err();
        assert!(
            matches!(error, SendError::Later { .. }) && !error.is_final(),
            "{error:?}"
        );
    }
}

#[test]
fn a_server_that_speaks_a_letter_a_second_does_not_hold_the_run() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        while stream.write_all(b"2").is_ok() {
            std::thread::sleep(Duration::from_millis(50));
        }
    });
    let mut outbox = SmtpOutbox::new(SmtpServer {
        host: "localhost".into(),
        port,
        encryption: Encryption::None,
        ca_file: None,
        login: None,
        patience: Duration::from_secs(5),
        deadline: Duration::from_millis(400),
    });
    let since = Instant::now();
    for _ in 0..2 {
        let error = send(&mut outbox, None, "marion@example.com").unwrap_err();
        assert!(matches!(error, SendError::Later { .. }), "{error:?}");
    }
    drop(outbox);
    assert!(since.elapsed() < Duration::from_secs(60));
}

fn to_scripted(port: u16, encryption: Encryption) -> SmtpServer {
    SmtpServer {
        host: "localhost".into(),
        port,
        encryption,
        ca_file: None,
        login: None,
        patience: Duration::from_secs(100),
        deadline: Duration::from_secs(200),
    }
}

/// What RFC 3207, section 6, warns of: answers sent in the clear behind the one to STARTTLS must not count as the server's own.
#[test]
fn answers_from_before_the_handshake_do_not_count() {
    let folder = tempfile::tempdir().unwrap();
    let (cert, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    servers::certificate(&cert, &key, &[]);
    let forged =
        "220 go\r\n250-mail.example.org\r\n250 AUTH PLAIN\r\n235 in\r\n250 OK\r\n250 OK\r\n354 go on\r\n250 queued\r\n";
    let server = Scripted {
        script: vec![("STARTTLS", forged), ("MAIL", "550 not you\r\n")],
        tls: Some(fake_imap::server_tls(&cert, &key)),
    }
    .start();
    let (password, asked) = login(Mechanism::Password, "secret");
    let outbox = || SmtpServer {
        ca_file: Some(cert.clone()),
        ..to_scripted(server.port, Encryption::StartTls)
    };
    let with_password = SmtpServer {
        login: Some(password),
        ..outbox()
    };
    let error = send(&mut SmtpOutbox::new(with_password), None, "marion@example.com").unwrap_err();
    assert!(
        matches!(&error, SendError::Setup { said } if said.contains("before TLS")),
        "{error:?}"
    );
    assert_eq!(asked.load(Ordering::Relaxed), 0, "the password was not even asked for");
    // Servers that hang up or say no before TLS are tried again, at once told.
    for (verb, answer) in [
        ("GREETING", ""),
        ("EHLO", ""),
        ("STARTTLS", ""),
        ("STARTTLS", "454 not now\r\n"),
    ] {
        let poor = Scripted {
            script: vec![(verb, answer)],
            tls: Some(fake_imap::server_tls(&cert, &key)),
        }
        .start();
        let since = Instant::now();
        let mut outbox = SmtpOutbox::new(to_scripted(poor.port, Encryption::StartTls));
        let error = send(&mut outbox, None, "marion@example.com").unwrap_err();
        assert!(matches!(error, SendError::Later { .. }), "{verb}: {error:?}");
        assert!(
            since.elapsed() < Duration::from_secs(60),
            "{verb}: {:?}",
            since.elapsed()
        );
    }
    // Without forged answers the same server hears us, and is heard.
    let error = send(&mut SmtpOutbox::new(outbox()), None, "marion@example.com").unwrap_err();
    assert!(
        matches!(&error, SendError::Refused { said } if said.contains("not you")),
        "{error:?}"
    );
    send(&mut SmtpOutbox::new(outbox()), None, "marion@example.com").unwrap();
    assert!(server.heard().iter().any(|heard| heard.contains("Dear Marion")));
}

#[test]
fn every_verb_that_is_refused_is_told_as_final_or_passing_and_the_next_letter_goes_on() {
    type Expected = fn(&SendError) -> bool;
    let later: Expected = |error| matches!(error, SendError::Later { .. });
    let refused: Expected = |error| matches!(error, SendError::Refused { .. });
    let no_login: Expected = |error| matches!(error, SendError::Login { .. });
    for (verb, answer, expected) in [
        ("GREETING", "421 4.3.2 closing\r\n", later),
        ("GREETING", "554 5.3.2 no service here\r\n", later),
        ("GREETING", "what?\r\n", later),
        ("GREETING", "", later),
        ("EHLO", "421 4.3.2 closing\r\n", later),
        ("EHLO", "502 5.5.1 what?\r\n", later),
        ("EHLO", "", later),
        ("MAIL", "451 4.3.0 later\r\n", later),
        ("MAIL", "452 4.3.1 no room\r\n", later),
        ("MAIL", "550 5.7.1 not you\r\n", refused),
        ("MAIL", "530 5.7.0 log in first\r\n", no_login),
        ("MAIL", "", later),
        ("RCPT", "450 4.2.0 greylisted\r\n", later),
        ("RCPT", "421 4.7.0 too many\r\n", later),
        ("RCPT", "550 5.1.1 nobody\r\n", refused),
        ("RCPT", "552 5.2.2 mailbox full\r\n", refused),
        ("RCPT", "", later),
        (
            "DATA",
            "550-5.4.5 Daily user sending\r\n550 5.4.5 limit exceeded\r\n",
            later,
        ),
        ("DATA", "451 4.3.0 later\r\n", later),
        ("DATA", "554 5.7.1 no\r\n", refused),
        ("DATA", "", later),
        ("DOT", "451 4.3.0 later\r\n", later),
        ("DOT", "421 4.3.0 closing\r\n", later),
        ("DOT", "552 5.3.4 too large\r\n", refused),
        ("DOT", "554-5.7.1 spam,\r\n554 5.7.1 we think\r\n", refused),
        ("DOT", "", later),
    ] {
        let server = Scripted {
            script: vec![(verb, answer)],
            tls: None,
        }
        .start();
        let mut outbox = SmtpOutbox::new(to_scripted(server.port, Encryption::None));
        let error = send(&mut outbox, None, "marion@example.com").unwrap_err();
        assert!(expected(&error), "{verb} {answer:?}: {error:?}");
        let sent = send(&mut outbox, None, "ben@example.com").unwrap();
        assert_eq!(sent.said, "250 2.0.0 queued as 4711", "{verb} {answer:?}");
        let letters = server
            .heard()
            .iter()
            .filter(|heard| heard.contains("Dear Marion"))
            .count();
        assert_eq!(letters, if verb == "DOT" { 2 } else { 1 }, "{verb} {answer:?}");
        let recipients = server
            .heard()
            .into_iter()
            .filter(|heard| heard.starts_with("RCPT"))
            .collect::<Vec<_>>();
        assert!(
            recipients.last().unwrap().contains("<ben@example.com>"),
            "{recipients:?}"
        );
    }
}

#[test]
fn a_server_that_does_not_take_our_own_address_refuses_no_letter() {
    let no = ("MAIL", "554 5.7.1 your account is blocked\r\n");
    let server = Scripted {
        script: vec![no, no],
        tls: None,
    }
    .start();
    let mut outbox = SmtpOutbox::new(to_scripted(server.port, Encryption::None));
    let error = send(&mut outbox, None, "marion@example.com").unwrap_err();
    assert!(
        matches!(&error, SendError::Setup { said } if said.contains("account is blocked")),
        "{error:?}"
    );
    assert!(error.stops_the_run() && !error.is_final());
    // unblocked again
    send(&mut outbox, None, "marion@example.com").unwrap();
}

/// SMTP smuggling (2023): a line end that one server takes for one and the next does not.
#[test]
fn no_letter_can_end_itself_and_begin_another() {
    let server = Scripted::default().start();
    let mut outbox = SmtpOutbox::new(to_scripted(server.port, Encryption::None));
    for end in [
        "\n.\n",
        "\r.\r",
        "\n.\r\n",
        "\r\n.\n",
        "\r\n.\r",
        "\r.\r\n",
        "\r\n.\r\n",
        "\r\r\n.\r\r\n",
    ] {
        let before = server.heard().len();
        let smuggled = format!("Subject: x\r\n\r\none{end}MAIL FROM:<a@example.org>{end}two\r\n");
        outbox
            .send(&Outgoing {
                kind: "received",
                digits: "3f9a2c41b0",
                id: &LetterId::new("3f9a2c41b0", [7; 16], "example.org"),
                date: "2026-03-01T10:00:00Z".parse().unwrap(),
                envelope: &Envelope {
                    sender: None,
                    recipient: "marion@example.com".to_owned(),
                },
                bytes: smuggled.as_bytes(),
            })
            .unwrap();
        let heard = server.heard().split_off(before);
        assert_eq!(
            heard.iter().filter(|heard| heard.starts_with("MAIL")).count(),
            1,
            "{end:?}: {heard:?}"
        );
        let letter = heard.last().unwrap();
        assert!(letter.ends_with("two\r\n"), "{end:?}: {letter:?}");
        // Each line end is one that every server knows.
        assert!(
            !letter.replace("\r\n", "").contains(['\r', '\n']),
            "{end:?}: {letter:?}"
        );
    }
}
