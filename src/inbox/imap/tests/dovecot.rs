//! A real Dovecot in the foreground, with its own folder, ports and certificate.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::*;

struct Dovecot {
    process: Child,
    dir: tempfile::TempDir,
    imap: u16,
    imaps: u16,
}

impl Drop for Dovecot {
    fn drop(&mut self) {
        let stop = Command::new("kill").arg(self.process.id().to_string()).status();
        if stop.is_ok_and(|stop| stop.success()) {
            let _ = self.process.wait();
        }
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn write(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
}

/// `None`, and a line that says so, where there is no Dovecot or openssl.
fn dovecot() -> Option<Dovecot> {
    let there = |program: &str, arg: &str| {
        Command::new(program)
            .arg(arg)
            .output()
            .is_ok_and(|ran| ran.status.success())
    };
    if !there("dovecot", "--version") || !there("openssl", "version") {
        eprintln!("skipped: dovecot or openssl is not installed");
        return None;
    }
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path().to_str().unwrap().to_owned();
    let root = rustix::process::geteuid().is_root();
    let (uid, gid) = (
        if root {
            65534
        } else {
            rustix::process::geteuid().as_raw()
        },
        rustix::process::getegid().as_raw(),
    );
    let gid = if root { 65534 } else { gid };
    let me = String::from_utf8(Command::new("id").arg("-un").output().unwrap().stdout).unwrap();
    let group = String::from_utf8(Command::new("id").arg("-gn").output().unwrap().stdout).unwrap();
    let (internal, internal_group, login) = if root {
        ("dovecot", "dovecot", "dovenull")
    } else {
        (me.trim(), group.trim(), me.trim())
    };
    fs::create_dir(dir.path().join("mail")).unwrap();
    chown(dir.path().join("mail"), Some(uid), Some(gid)).unwrap();
    fs::set_permissions(dir.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let certificate = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=localhost",
        ])
        .args(["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE"])
        .args(["-keyout", &format!("{at}/key.pem"), "-out", &format!("{at}/cert.pem")])
        .output()
        .unwrap();
    assert!(certificate.status.success());
    write(
        &dir.path().join("users"),
        &format!("blog:{{PLAIN}}se\"cret:{uid}:{gid}::{at}/mail::\n"),
    );
    let (imap, imaps) = (free_port(), free_port());
    let config = format!(
        "base_dir = {at}/run\nstate_dir = {at}/state\nlog_path = {at}/log\nprotocols = imap\nlisten = 127.0.0.1\n\
         default_internal_user = {internal}\ndefault_internal_group = {internal_group}\ndefault_login_user = {login}\n\
         first_valid_uid = 0\nfirst_valid_gid = 0\nssl = yes\nssl_cert = <{at}/cert.pem\nssl_key = <{at}/key.pem\n\
         disable_plaintext_auth = no\nauth_mechanisms = plain login\nmail_location = maildir:{at}/mail/box\n\
         passdb {{\n driver = passwd-file\n args = {at}/users\n}}\n\
         userdb {{\n driver = static\n args = uid={uid} gid={gid} home={at}/mail\n}}\n\
         namespace inbox {{\n inbox = yes\n separator = /\n}}\n\
         service imap-login {{\n chroot =\n inet_listener imap {{\n port = {imap}\n }}\n inet_listener imaps {{\n port = {imaps}\n ssl = yes\n }}\n}}\n\
         service anvil {{\n chroot =\n}}\nservice stats {{\n chroot =\n}}\n"
    );
    write(&dir.path().join("dovecot.conf"), &config);
    let mut process = Command::new("dovecot")
        .args(["-F", "-c", &format!("{at}/dovecot.conf")])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    while TcpStream::connect(("127.0.0.1", imap)).is_err() {
        if begun.elapsed().as_secs() > 20 || process.try_wait().unwrap().is_some() {
            panic!(
                "dovecot did not start: {}",
                fs::read_to_string(dir.path().join("log")).unwrap_or_default()
            );
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Some(Dovecot {
        process,
        dir,
        imap,
        imaps,
    })
}

impl Dovecot {
    fn account(&self, tls: Tls) -> ImapAccount {
        let port = if tls == Tls::Implicit { self.imaps } else { self.imap };
        ImapAccount {
            ca_file: Some(self.dir.path().join("cert.pem")),
            ..account(port, tls)
        }
    }

    fn folder(&self, name: &str) -> PathBuf {
        self.dir.path().join("mail/box").join(name)
    }

    /// Puts mails into the mailbox by IMAP, as nothing else knows how Dovecot wants them.
    fn append(&self, mails: &[&[u8]]) {
        use std::io::{BufRead, BufReader, Write};
        let mut stream = TcpStream::connect(("127.0.0.1", self.imap)).unwrap();
        let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
        let mut wait = |start: &str| {
            while !lines.next().unwrap().unwrap().starts_with(start) {}
        };
        wait("* OK");
        stream.write_all(b"a LOGIN blog \"se\\\"cret\"\r\n").unwrap();
        wait("a OK");
        for mail in mails {
            stream
                .write_all(format!("a APPEND INBOX {{{}}}\r\n", mail.len()).as_bytes())
                .unwrap();
            wait("+");
            stream.write_all(mail).unwrap();
            stream.write_all(b"\r\n").unwrap();
            wait("a OK");
        }
        stream.write_all(b"a LOGOUT\r\n").unwrap();
    }

    fn files(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.folder(folder)).into_iter().flatten();
        entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    }
}

fn mail(n: usize, size: usize) -> Vec<u8> {
    let line = format!("From the start of story {n} it went on and on.\r\n");
    format!(
        "From: Ann <ann@example.org>\r\nSubject: {n}\r\n\r\n{}",
        line.repeat(size / line.len() + 1)
    )
    .into_bytes()
}

#[test]
fn a_real_mailbox_is_read_marked_and_moved_over_every_kind_of_line() {
    let Some(dovecot) = dovecot() else {
        return;
    };
    let mails: Vec<Vec<u8>> = (0..6).map(|n| mail(n, 500 + n * 100)).collect();
    dovecot.append(&mails.iter().map(Vec::as_slice).collect::<Vec<_>>());
    for tls in [Tls::None, Tls::StartTls, Tls::Implicit] {
        let mut imap = Imap::new("blog", dovecot.account(tls));
        let (taken, error) = run(&mut imap, &Cursor::start(), 1 << 20);
        assert!(error.is_none(), "{tls:?}: {error:?}");
        let bodies: Vec<_> = taken.into_iter().map(|(_, mail)| mail.unwrap()).collect();
        assert_eq!(bodies, mails, "{tls:?}");
        imap.done().unwrap();
    }
    assert!(
        dovecot.files("cur").iter().all(|name| name.ends_with(":2,")),
        "nothing was marked by reading"
    );

    let mut imap = Imap::new("blog", dovecot.account(Tls::Implicit));
    let start = Cursor::start();
    let tickets = imap
        .list(&Wanted {
            cursor: &start,
            since: None,
        })
        .unwrap()
        .tickets;
    assert!(matches!(imap.take(&tickets[5], 600), Err(TakeError::TooLarge { .. })));
    assert_eq!(imap.take(&tickets[0], 600).unwrap().bytes, mails[0]);
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
    let moved: Vec<String> = dovecot.files(".Stories.Zo&AOs- &- co/cur");
    assert_eq!(moved.len(), 2);
    assert!(moved.iter().all(|name| name.ends_with(":2,S")), "{moved:?}");
    let flagged = dovecot
        .files("cur")
        .into_iter()
        .filter(|name| name.contains(":2,S"))
        .count();
    assert_eq!(flagged, 1);

    // Without the cursor only what was left comes again; with it, only what is new.
    let count = |cursor: &Cursor| {
        let mut imap = Imap::new("blog", dovecot.account(Tls::Implicit));
        let count = imap.list(&Wanted { cursor, since: None }).unwrap().tickets.len();
        imap.done().unwrap();
        count
    };
    assert_eq!((count(&start), count(&cursor)), (3, 2));
    dovecot.append(&[&mail(7, 10)]);
    assert_eq!((count(&start), count(&cursor)), (4, 3));
}

#[test]
fn a_real_server_refuses_what_it_should_and_is_refused_where_it_should_be() {
    let Some(dovecot) = dovecot() else {
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
    let Some(dovecot) = dovecot() else {
        return;
    };
    let count = 3000;
    let one = mail(1, 2000);
    dovecot.append(&[&one]);
    // Dovecot takes up what is put into new/ as any delivery agent would.
    for n in 0..count - 1 {
        let path = dovecot.folder("new").join(format!("{}.M{n}.test", 1_291_371_300 + n));
        fs::write(&path, &one).unwrap();
    }
    if rustix::process::geteuid().is_root() {
        for name in dovecot.files("new") {
            chown(dovecot.folder("new").join(name), Some(65534), Some(65534)).unwrap();
        }
    }
    let mut imap = Imap::new("blog", dovecot.account(Tls::Implicit));
    let start = Cursor::start();
    let tickets = imap
        .list(&Wanted {
            cursor: &start,
            since: None,
        })
        .unwrap()
        .tickets;
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
    let Some(dovecot) = dovecot() else {
        return;
    };
    dovecot.append(&[&mail(1, 10)]);
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
            dovecot.append(&[&mail(2, 10)]);
        });
        assert!(imap.wait_for_mail(Duration::from_secs(30), &|| true).unwrap());
    });
    assert!(begun.elapsed() < Duration::from_secs(20));
    assert_eq!(listed(&mut imap), 2);
    imap.done().unwrap();
}
