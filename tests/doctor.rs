//! `doctor`: each part is tried against the real thing, and nothing is changed by it.

mod common;
#[path = "common/servers.rs"]
mod servers;

use common::{CONFIG, Ran, TestHouse, marion};
use servers::{Dovecot, free_port};

/// The line of a part, and the hint below it.
fn line<'a>(ran: &'a Ran, part: &str) -> (&'a str, &'a str) {
    let mut lines = ran.stdout.lines().skip_while(|l| !l.contains(&format!("  {part}: ")));
    let first = lines
        .next()
        .unwrap_or_else(|| panic!("nothing is said of {part}:\n{}", ran.stdout));
    (first, lines.next().unwrap_or_default())
}

#[test]
fn where_all_is_well_it_says_so_and_changes_nothing() {
    let house = TestHouse::new();
    let fresh = house.run(&["doctor"]);
    fresh.exits(0);
    assert!(line(&fresh, "repository").0.starts_with("note"), "there is none yet");
    assert!(!house.path("stories").exists() && !house.path(".desk").exists());

    house.story(&marion());
    let before = (house.git(&["rev-parse", "main"]), house.files("."));
    let ran = house.run(&["doctor"]);
    ran.exits(0);
    assert!(
        ran.stdout.lines().all(|l| l.starts_with("ok") || l == "All is well."),
        "{}",
        ran.stdout
    );
    assert_eq!(ran.stderr, "");
    assert_eq!(before, (house.git(&["rev-parse", "main"]), house.files(".")));
    assert_eq!(house.git(&["status", "--porcelain"]), "");
    assert_eq!(house.run(&["-q", "doctor"]).exits(0).stdout, "");
    let json = house.run(&["doctor", "--json"]).exits(0).json();
    let all = json.as_array().expect("a list");
    assert!(
        all.len() > 8
            && all
                .iter()
                .all(|f| f["schema"] == 1 && f["health"] == "ok" && f["exit"] == 0)
    );
}

#[test]
fn what_is_wrong_is_said_with_what_to_do_next() {
    let inbox = "[[inbox]]\nname = \"test\"\nkind = \"mbox\"\npath = \"mail.mbox\"";
    let outbox = "kind = \"folder\"\npath = \"letters\"";
    let nobody_listens = free_port();
    let smtp = format!(
        "kind = \"smtp\"\nhost = \"localhost\"\nport = {nobody_listens}\ntls = \"none\"\nfrom = \"M4C <blog@example.org>\""
    );
    let on_server = |more: &str| {
        format!(
            "[[inbox]]\nname = \"test\"\nkind = \"imap\"\nhost = \"localhost\"\nport = {nobody_listens}\nuser = \"blog\"\n{more}"
        )
    };
    let refused = on_server("password = \"se cret\"");
    let no_secret = on_server("password_command = [\"false\"]");
    let story = |line: &str| format!("[story]\n{line}\n\n[review]");
    let no_converter = story("heic_command = [\"no-such-converter\", \"{in}\", \"{out}\"]");
    let no_name = story("heic_command = [\"cp\", \"{in}\", \"x.jpg\"]");
    let cases: &[(&str, &str, &str, &str, &str)] = &[
        (
            "path = \"mail.mbox\"",
            "path = \"gone.mbox\"",
            "inbox test",
            "No such file",
            "correct `path`",
        ),
        (
            inbox,
            "[[inbox]]\nname = \"test\"\nkind = \"maildir\"\npath = \"site\"",
            "inbox test",
            "no Maildir",
            "correct `path`",
        ),
        (
            inbox,
            &refused,
            "inbox test",
            "cannot be reached",
            "is the right server",
        ),
        (
            inbox,
            &no_secret,
            "inbox test",
            "gave no password",
            "run the command by hand",
        ),
        (outbox, &smtp, "outbox", "could not be sent", ""),
        (
            outbox,
            "kind = \"folder\"\npath = \"file/letters\"",
            "outbox",
            "is no folder",
            "name another place",
        ),
        (
            "path = \"site/content/stories\"",
            "path = \"file/stories\"",
            "target site",
            "is no folder",
            "name another place",
        ),
        (
            "[review]",
            &no_converter,
            "heic_command",
            "is not there",
            "apt-get install",
        ),
        (
            "[review]",
            &no_name,
            "heic_command",
            "{out} is not in it",
            "name the files",
        ),
        (
            "[review]",
            "[review]\nsigned = true",
            "signatures",
            "no member has a `key`",
            "public key",
        ),
        (
            "[review]",
            "[repository]\npath = \"home\"\n[review]",
            "repository",
            "not empty",
            "name an empty folder",
        ),
        (
            "[review]",
            "[team]\nmembers = [{ name = \"Ann\", email = \"ann@example.org\" }]\n[review]",
            "identity",
            "none of the team's members",
            "add a line to `members`",
        ),
    ];
    for (from, to, part, said, hint) in cases {
        assert!(CONFIG.contains(from), "{from}");
        let house = TestHouse::with_config(&CONFIG.replacen(from, to, 1));
        let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(house.path("config.toml"), private).expect("it may be closed");
        house.write("file", "");
        if *part == "identity" {
            house.run_with_stdin(&["-q", "fetch", "-"], marion()).exits(0);
        }
        let ran = house.run(&["doctor"]);
        ran.exits(1);
        let (line, next) = line(&ran, part);
        assert!(line.starts_with("BAD") && line.contains(said), "{part}: {line}");
        assert!(next.contains(hint), "{part}: {next}");
        assert!(!ran.stdout.contains("se cret"));
        assert_eq!(
            ran.stdout.lines().filter(|l| l.starts_with("BAD")).count(),
            1,
            "{}",
            ran.stdout
        );
        assert!(house.run(&["-q", "doctor"]).exits(1).stdout.starts_with("BAD"));
    }
}

#[test]
fn templates_clock_hand_edits_and_a_missing_identity_are_seen() {
    let house = TestHouse::new();
    let id = house.story(&marion());
    house.write("templates/received.md", "Subject: {{ nobody }}\n\nHello");
    let ran = house.run(&["doctor"]);
    assert!(
        line(ran.exits(1), "templates").0.contains("received.md"),
        "{}",
        ran.stdout
    );
    std::fs::remove_file(house.path("templates/received.md")).expect("it was there");

    house.write(&format!("stories/{id}/index.md"), "edited");
    let ran = house.run(&["doctor"]);
    let (seen, hint) = line(ran.exits(0), "repository");
    assert!(
        seen.starts_with("note") && seen.contains(&format!("{id}/index.md")),
        "{seen}"
    );
    assert!(hint.contains("--take"), "{hint}");
    house.git(&["checkout", "-q", "."]);

    let touched = house
        .command("touch")
        .args(["-d", "2038-01-01", "config.toml"])
        .status();
    assert!(touched.is_ok_and(|t| t.success()));
    let ran = house.run(&["doctor"]);
    assert!(
        line(ran.exits(1), "clock")
            .0
            .contains("config.toml was changed Friday 1 January 2038"),
        "{}",
        ran.stdout
    );
    house.command("touch").arg("config.toml").status().expect("it runs");

    let mut bare = std::process::Command::new(common::BINARY);
    let ran = bare
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .args(["-C", house.path(".").to_str().expect("a path"), "doctor"])
        .output()
        .expect("it runs");
    let said = String::from_utf8_lossy(&ran.stdout);
    assert!(said.contains("note  identity: git does not know who you are"), "{said}");
    assert_eq!(
        ran.status.code(),
        Some(0),
        "a host that runs `cron` alone needs none: {said}"
    );
    assert!(said.contains("git config --global user.name"), "{said}");
}

#[test]
fn a_real_server_is_logged_in_to_and_a_refusal_ends_with_4() {
    let Some(dovecot) = Dovecot::start() else { return };
    let inbox = "[[inbox]]\nname = \"test\"\nkind = \"mbox\"\npath = \"mail.mbox\"\n";
    let (port, ca_file) = (dovecot.imaps, dovecot.ca_file());
    let own = format!(
        "[[inbox]]\nname = \"blog\"\nkind = \"imap\"\nhost = \"localhost\"\nport = {port}\nca_file = \"{}\"\nuser = \"blog\"\n\
         password_command = [\"cat\", \"secret\"]\nafter = {{ new = \"move:Stories\", duplicate = \"move:Old\" }}\n",
        ca_file.display()
    );
    let house = TestHouse::with_config(&CONFIG.replace(inbox, &own));
    house.write("secret", servers::PASSWORD);
    dovecot.append_to("INBOX", &["Subject: x\r\n\r\nA mail.\r\n"]);
    dovecot.talk(&["CREATE Stories"]);
    let ran = house.run(&["doctor"]);
    let (seen, hint) = line(ran.exits(0), "inbox blog");
    assert!(
        seen.starts_with("note") && seen.ends_with("not there yet: Old"),
        "{seen}"
    );
    assert!(hint.contains("makes it"), "{hint}");
    assert!(!dovecot.folder("blog/.Old").exists(), "nothing is made by it");
    dovecot.talk(&["CREATE Old"]);
    assert!(line(house.run(&["doctor"]).exits(0), "inbox blog").0.starts_with("ok"));
    let files = dovecot.files("blog/cur");
    assert!(
        files.iter().all(|f| f.ends_with(":2,")),
        "nothing is marked by it: {files:?}"
    );

    house.write("secret", "the wrong one");
    let ran = house.run(&["doctor"]);
    let (seen, hint) = line(ran.exits(4), "inbox blog");
    assert!(
        seen.starts_with("BAD") && seen.contains("refused the login of blog"),
        "{seen}"
    );
    assert!(hint.contains("password_command"), "{hint}");
    assert!(!ran.stdout.contains("the wrong one"));
    let ran = house.run(&["doctor", "--json"]);
    let bad: Vec<_> = ran.exits(4).json().as_array().expect("a list").clone();
    assert_eq!(bad.iter().filter(|f| f["exit"] == 4).count(), 1);

    house.write(
        "config.toml",
        CONFIG.replace(inbox, &own.replace("move:Old", "label:Old")),
    );
    house.write("secret", servers::PASSWORD);
    let ran = house.run(&["doctor"]);
    assert!(
        line(ran.exits(1), "inbox blog").0.contains("asks for a label"),
        "{}",
        ran.stdout
    );
}
