//! `watch` on a real Dovecot and on files: mail that comes becomes a story, nothing that fails ends it, a signal does.

mod common;
#[path = "common/servers.rs"]
mod servers;

use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use common::{BINARY, CONFIG, TestHouse, mail, marion};
use m4c_stories::spool::Spool;
use servers::{Dovecot, DovecotSetting, PASSWORD};

const INBOX: &str = "[[inbox]]\nname = \"test\"\nkind = \"mbox\"\npath = \"mail.mbox\"\n";

/// How long anything may take on a machine that is busy with other tests.
const PATIENCE: Duration = Duration::from_secs(120);

/// A house with the mailbox of `blog` and the password in a file.
fn house(dovecot: &Dovecot, more: &str) -> TestHouse {
    let (port, ca_file) = (dovecot.imaps, dovecot.ca_file());
    let own = format!(
        "[[inbox]]\nname = \"blog\"\nkind = \"imap\"\nhost = \"localhost\"\nport = {port}\nca_file = \"{}\"\nuser = \"blog\"\n\
         password_command = [\"cat\", \"secret\"]\nafter = {{ new = \"move:Stories\" }}\n{more}",
        ca_file.display()
    );
    let house = TestHouse::with_config(&CONFIG.replace(INBOX, &own));
    house.write("secret", PASSWORD);
    house
}

/// A story that tells itself apart from the others.
fn story(name: &str) -> String {
    mail(
        &format!("{name} Hill <{name}@example.org>"),
        "Sat, 4 Dec 2010 10:12:31 +0000",
        &format!("What {name} did"),
        &format!("{name} sat in the library until they listened, and it stays open on Saturdays.\n\n{name}"),
    )
}

/// A `watch` under way, ended with the test.
struct Watching<'a> {
    house: &'a TestHouse,
    child: Child,
}

impl Drop for Watching<'_> {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl<'a> Watching<'a> {
    fn start(house: &'a TestHouse, arguments: &[&str]) -> Watching<'a> {
        let file = |name: &str| fs::File::create(house.path(name)).expect("a file");
        let mut command = house.command(BINARY);
        command.arg("watch").args(arguments);
        command.stdin(Stdio::null()).stdout(file("out")).stderr(file("err"));
        let child = command.spawn().expect("it starts");
        Watching { house, child }
    }

    /// Waits until `seen` is true.
    #[track_caller]
    fn until(&mut self, what: &str, seen: impl Fn() -> bool) {
        let begun = Instant::now();
        while !seen() {
            let ended = self.child.try_wait().expect("it may be asked");
            let late = begun.elapsed() > PATIENCE;
            assert!(
                ended.is_none() && !late,
                "{what}: {ended:?}\n{}\n{}",
                self.out(),
                self.err()
            );
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn out(&self) -> String {
        self.house.read("out")
    }

    fn err(&self) -> String {
        self.house.read("err")
    }

    /// Sends a signal, and gives the exit code.
    fn end(mut self, signal: &str) -> i32 {
        let sent = Command::new("kill")
            .args([signal, &self.child.id().to_string()])
            .status();
        assert!(sent.is_ok_and(|s| s.success()));
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("it may be asked") {
                return status.code().unwrap_or(-1);
            }
            assert!(begun.elapsed() < PATIENCE, "it goes on: {}", self.err());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

/// The stories there are, by the first word of their author's name.
fn stories(house: &TestHouse) -> Vec<String> {
    let ran = house.run(&["list", "--all", "--json", "--sort", "author"]);
    if ran.code != 0 {
        return Vec::new();
    }
    let first = |s: &serde_json::Value| {
        s["author"]
            .as_str()
            .unwrap_or_default()
            .split(' ')
            .next()
            .unwrap_or_default()
            .to_owned()
    };
    ran.json().as_array().expect("a list").iter().map(first).collect()
}

#[test]
fn mail_that_comes_while_it_listens_is_a_story_soon_and_reviewers_can_work_meanwhile() {
    let Some(dovecot) = Dovecot::start() else { return };
    let house = house(&dovecot, "");
    dovecot.append(&[story("Ann")]);
    // it would be asked in an hour: what comes sooner was told by the server
    let mut watch = Watching::start(&house, &["--every", "3600"]);
    watch.until("what was there already", || stories(&house) == ["Ann"]);
    for (name, all) in [("Ben", &["Ann", "Ben"][..]), ("Cleo", &["Ann", "Ben", "Cleo"])] {
        dovecot.append(&[story(name)]);
        watch.until("a mail that came", || stories(&house) == all);
        house.run(&["approve", &name.to_lowercase()]).exits(0);
    }
    let out = watch.out();
    assert_eq!(out.lines().count(), 3, "{out}");
    assert!(out.lines().all(|line| line.ends_with("  blog: 1 new")), "{out}");
    assert_eq!(watch.err(), "Watching blog (connected).\n");
    assert_eq!(dovecot.files("blog/.Stories/cur").len(), 3);
    assert_eq!(watch.end("-TERM"), 143);
    assert_eq!(
        house.run(&["fetch"]).exits(0).stdout,
        "No new mail.\n",
        "no lock is left"
    );
    house.fsck();
}

/// Dovecot's own process, started a second time on the same ports.
struct Again(Child);

impl Drop for Again {
    fn drop(&mut self) {
        let _ = Command::new("kill").arg(self.0.id().to_string()).status();
        let _ = self.0.wait();
    }
}

#[test]
fn a_server_that_goes_away_is_told_once_and_taken_up_again_when_it_is_back() {
    let Some(dovecot) = Dovecot::start() else { return };
    let house = house(&dovecot, "");
    dovecot.append(&[story("Ann")]);
    let mut watch = Watching::start(&house, &[]);
    watch.until("the first", || stories(&house) == ["Ann"]);
    let conf = dovecot.path("dovecot.conf");
    let dovecot_is = |what: &str| Command::new("doveadm").arg("-c").arg(&conf).arg(what).status();
    assert!(dovecot_is("stop").is_ok_and(|s| s.success()));
    watch.until("that it is gone", || house.read("err").contains("Error:"));
    let started = Command::new("dovecot")
        .arg("-F")
        .arg("-c")
        .arg(&conf)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let _again = Again(started.expect("it starts again"));
    watch.until("that it is back", || house.read("err").contains("Over:"));
    dovecot.append(&[story("Ben")]);
    watch.until("a mail after that", || stories(&house) == ["Ann", "Ben"]);
    let err = watch.err();
    assert_eq!(
        (err.matches("Error:").count(), err.matches("Over:").count()),
        (1, 1),
        "{err}"
    );
    assert_eq!(watch.end("-INT"), 130);
}

#[test]
fn a_refused_login_is_told_once_and_keeps_no_other_inbox_from_being_read() {
    let Some(dovecot) = Dovecot::start() else { return };
    let files = "\n[[inbox]]\nname = \"files\"\nkind = \"files\"\npath = \"mails\"\n";
    let house = house(&dovecot, files);
    house.write("secret", "the wrong one");
    fs::create_dir(house.path("mails")).expect("a folder");
    let mut watch = Watching::start(&house, &["--every", "1"]);
    watch.until("the refusal", || {
        house.read("err").contains("refused the login of blog")
    });
    house.write("mails/one.eml", story("Ann"));
    watch.until("the file", || stories(&house) == ["Ann"]);
    house.write("mails/two.eml", story("Ben"));
    watch.until("another", || stories(&house) == ["Ann", "Ben"]);
    let err = watch.err();
    assert_eq!(err.matches("Error:").count(), 1, "{err}");
    assert!(err.contains("minutes") && !err.contains("the wrong one"), "{err}");
    assert_eq!(watch.end("-HUP"), 129);
}

#[test]
fn a_server_that_tells_nothing_is_asked() {
    let setting = DovecotSetting {
        more: "imap_capability = IMAP4rev1 UIDPLUS MOVE\n",
        ..DovecotSetting::default()
    };
    let Some(dovecot) = Dovecot::with(setting) else { return };
    let house = house(&dovecot, "");
    dovecot.append(&[story("Ann")]);
    let mut watch = Watching::start(&house, &["--every", "1"]);
    watch.until("the first", || stories(&house) == ["Ann"]);
    dovecot.append(&[story("Ben")]);
    watch.until("the second", || stories(&house) == ["Ann", "Ben"]);
    assert_eq!(watch.end("-TERM"), 143);
}

#[test]
fn a_signal_ends_it_between_two_batches_and_the_next_run_takes_the_rest() {
    let house = TestHouse::with_config(&CONFIG.replace(
        INBOX,
        "[[inbox]]\nname = \"test\"\nkind = \"maildir\"\npath = \"Maildir\"\n",
    ));
    for folder in ["new", "cur", "tmp"] {
        fs::create_dir_all(house.path(&format!("Maildir/{folder}"))).expect("a folder");
    }
    // three batches: the signal comes in the first or the second
    let all = 2_050;
    for n in 0..all {
        let text = format!(
            "From: Ann <ann@example.org>\nSubject: {n}\nMessage-ID: <{n}@x>\nDate: Sat, 4 Dec 2010 10:12:31 +0000\n\nStory {n} of what we did.\n"
        );
        house.write(&format!("Maildir/new/{n}.M.x"), text);
    }
    let mut watch = Watching::start(&house, &["-v"]);
    watch.until("the first batch", || house.read("out").contains("new  "));
    assert_eq!(watch.end("-TERM"), 143);
    let settled = fs::read_dir(house.path("Maildir/cur")).expect("a folder").count();
    let taken = stories(&house).len();
    // all of them only where the signal came late, on a busy machine
    assert!(
        taken >= 1_000 && taken == settled,
        "{taken} taken in, {settled} settled, of {all}"
    );
    let rest = house
        .run(&["fetch", "--json"])
        .exits(0)
        .json_lines()
        .pop()
        .expect("a summary");
    assert_eq!(rest["summary"]["new"], all - taken);
    house.fsck();
}

#[test]
fn a_mail_from_a_pipe_that_came_while_the_desk_was_busy_is_taken_in() {
    let house = TestHouse::new();
    let mut watch = Watching::start(&house, &["--every", "1"]);
    watch.until("the start", || house.path(".desk/lock").exists());
    // as `fetch -` leaves it where another run is at work
    let incoming = house.path(".desk/incoming");
    watch.until("the spool", || incoming.is_dir());
    let lock = fs::File::open(house.path(".desk/lock")).expect("the lock");
    lock.lock().expect("it is free now and then");
    let ran = house.run_with_stdin(&["fetch", "-"], marion());
    assert!(ran.exits(0).stderr.contains("another run is at work"), "{}", ran.stderr);
    drop(lock);
    watch.until("the mail", || stories(&house) == ["Marion"]);
    watch.until("the line", || house.read("out").ends_with(": 1 new\n"));
    assert_eq!(watch.end("-TERM"), 143);
}

#[test]
fn a_desk_that_is_busy_for_long_costs_the_server_no_logins() {
    let Some(dovecot) = Dovecot::start() else { return };
    let house = house(&dovecot, "");
    let logins = || dovecot.log().matches("Login: ").count();
    dovecot.append(&[story("Ann")]);
    let before = logins();
    drop(Spool::open(&house.path(".desk"), Duration::ZERO).expect("a spool"));
    let lock = fs::File::open(house.path(".desk/lock")).expect("the lock");
    lock.lock().expect("it is free");
    let mut watch = Watching::start(&house, &[]);
    watch.until("the one who listens", || logins() > before);
    std::thread::sleep(Duration::from_secs(5));
    assert_eq!(logins(), before + 1, "{}", dovecot.log());
    drop(lock);
    watch.until("the mail", || stories(&house) == ["Ann"]);
    assert_eq!(watch.end("-TERM"), 143);
}

#[test]
fn it_says_what_it_would_watch_and_needs_an_inbox() {
    let house = TestHouse::new();
    assert_eq!(
        house.run(&["watch", "-n"]).exits(0).stdout,
        "Would watch test (every 60 s)\n"
    );
    assert_eq!(
        house.run(&["watch", "-n", "--json"]).exits(0).json()["inboxes"][0],
        "test"
    );
    assert!(!house.path(".desk").exists());
    house.write("config.toml", CONFIG.replace(INBOX, ""));
    assert_eq!(house.run(&["watch", "--json"]).exits(2).error()["code"], "inbox.none");
    house.run(&["watch", "--every", "0"]).exits(2);
}
