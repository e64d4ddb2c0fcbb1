//! The passwords of the mailbox and of the outbox are canaries: whatever is done and whatever fails, they stand in no
//! argument, in no child's environment, in no output, and in no file but the one they came from.

mod common;
#[path = "common/fake_imap.rs"]
mod fake_imap;
#[path = "common/keys.rs"]
mod keys;
#[path = "common/servers.rs"]
mod servers;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::OnceLock;

use common::{CONFIG, Ran, TestHouse, have, mail};
use fake_imap::Fake;
use servers::{Dovecot, DovecotSetting, Smtpd, free_port};

/// With what changes when it is written in a URL or in a quoted string, and with what stands for itself in base64.
const CANARY: &str = "Kanarie+47/11&\"x y";

/// How every token of these tests begins (RFC 7519: `{"alg":"HS256","typ":"JWT"}`).
const TOKEN: &str = "eyJhbGciOiJIUzI1NiIs";

/// The canary, and the beginning of a token, in every form in which they are ever written.
fn forms() -> Vec<Vec<u8>> {
    let base64 = |text: &str| {
        let out = std::process::Command::new("sh")
            .args(["-c", "printf %s \"$0\" | base64 -w0", text])
            .output()
            .expect("base64 runs");
        out.stdout
    };
    // `\0blog\0` and the user's own: printf cannot be given a NUL as an argument.
    let plain = std::process::Command::new("sh")
        .args(["-c", "printf '\\0blog\\0%s' \"$0\" | base64 -w0", CANARY])
        .output()
        .expect("base64 runs");
    vec![
        CANARY.into(),
        "Kanarie+47/11".into(),
        "Kanarie%2B47%2F11".into(),
        CANARY.replace('"', "\\\"").into(),
        base64(CANARY),
        plain.stdout,
        // Whatever stands before it, one of three shifts of the same letters is there.
        b"S2FuYXJpZSs0Ny8x".to_vec(),
        b"thbmFyaWUrNDcvMT".to_vec(),
        b"LYW5hcmllKzQ3LzEx".to_vec(),
        TOKEN.into(),
        b"ZXlKaGJHY2lPaUpJVXpJMU5p".to_vec(),
        b"V5SmhiR2NpT2lKSVV6STFOaUlz".to_vec(),
        b"leUpoYkdjaU9pSklVekkxTmlJ".to_vec(),
    ]
}

fn has(text: &[u8], form: &[u8]) -> bool {
    memchr::memmem::find(text, form).is_some()
}

#[track_caller]
fn clean(what: &str, text: &[u8]) {
    static FORMS: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    for form in FORMS.get_or_init(forms) {
        assert!(!has(text, form), "{what}: {}", String::from_utf8_lossy(text));
    }
}

/// How the program is told the password.
#[derive(Clone, Copy, PartialEq, Debug)]
enum By {
    Command,
    Config,
    Environment,
}

struct Case<'a> {
    by: By,
    imap: u16,
    smtp: u16,
    tls: &'a str,
    more: &'a str,
    inbox: &'a str,
}

fn house(case: &Case, ca_file: Option<PathBuf>) -> TestHouse {
    let quoted = CANARY.replace('"', "\\\"");
    let secret = match case.by {
        By::Command => "password_command = [\"sh\", \"-c\", \"env >>seen; tr '\\\\0' ' ' </proc/$PPID/cmdline >>seen; cat secret\"]\n".to_owned(),
        By::Config => format!("password = \"{quoted}\"\n"),
        By::Environment => String::new(),
    };
    let ca_file = ca_file.map_or(String::new(), |path| format!("ca_file = \"{}\"\n", path.display()));
    let reach = |port: u16| {
        format!(
            "host = \"localhost\"\nport = {port}\ntls = \"{}\"\nuser = \"blog\"\n{ca_file}{secret}",
            case.tls
        )
    };
    let target = &CONFIG[CONFIG.find("[[target]]").expect("a section")..];
    let house = TestHouse::with_config(&format!(
        "[[inbox]]\nname = \"blog\"\nkind = \"imap\"\n{}{}\n[review]\nown_text = true\nconsent = \"optional\"\n\
         [spool]\npath = \".desk\"\n[outbox]\nkind = \"smtp\"\nfrom = \"M4C Team <blog@example.org>\"\n{}{}\n\
         [letters]\nmax_age = \"36500d\"\n{target}",
        reach(case.imap),
        case.inbox,
        reach(case.smtp),
        case.more,
    ));
    house.write("secret", CANARY);
    house.write(
        "editor",
        "#!/bin/sh\nenv >>seen\ntr '\\0' ' ' </proc/$PPID/cmdline >>seen\nprintf '\\nOne more line.\\n' >>\"$1\"\n",
    );
    for name in ["config.toml", "secret", "editor"] {
        let mode = if name == "editor" { 0o755 } else { 0o600 };
        fs::set_permissions(house.path(name), PermissionsExt::from_mode(mode)).expect("its mode");
    }
    house
}

/// Runs the program under strace where there is one, which tells every argument and the environment of every child.
fn run(house: &TestHouse, by: By, arguments: &[&str]) -> Ran {
    let traced = have("strace");
    let told = [
        "--seccomp-bpf",
        "-v",
        "-s",
        "100000",
        "-e",
        "trace=execve",
        "-o",
        "traced",
    ];
    let mut command = match traced {
        true => house.under_strace(&told),
        false => house.command(common::BINARY),
    };
    command
        .args(arguments)
        .env("EDITOR", house.path("editor"))
        .env("RUST_BACKTRACE", "full");
    if by == By::Environment {
        command
            .env("M4C_STORIES_INBOX_BLOG_PASSWORD", CANARY)
            .env("M4C_STORIES_OUTBOX_PASSWORD", CANARY);
    }
    let ran = Ran::of(&mut command, arguments, None);
    assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
    clean(&ran.command, format!("{}\n{}", ran.stdout, ran.stderr).as_bytes());
    if traced {
        let trace = house.read("traced");
        // The first line is the program itself, which may have it in its environment.
        let children = trace.split_once('\n').map_or("", |(_, children)| children);
        clean(&format!("{} started", ran.command), children.as_bytes());
        house.write("traced", "");
    }
    ran
}

/// No file holds it but those it came from, nor does any object in a repository.
fn nothing_kept(house: &TestHouse) {
    let mut folders = vec![house.path("")];
    let mut seen = 0;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)
            .expect("a folder")
            .map(|entry| entry.expect("an entry").path())
        {
            if entry.is_dir() {
                folders.push(entry);
            } else if entry.is_file() && !entry.ends_with("config.toml") && !entry.ends_with("secret") {
                clean(&entry.display().to_string(), &fs::read(&entry).expect("to read it"));
                seen += 1;
            }
        }
    }
    assert!(seen > 5);
    if house.path("stories/.git").exists() {
        let mut git = house.command("git");
        let objects = git.args([
            "-C",
            "stories",
            "cat-file",
            "--batch-all-objects",
            "--batch",
            "--unordered",
        ]);
        clean("objects", &objects.output().expect("git runs").stdout);
    }
}

fn story() -> String {
    mail(
        "Marion Maxwell <marion@example.org>",
        "Sat, 4 Dec 2010 10:12:31 +0000",
        "Tea with ninety cleaners",
        "I asked each of them one question.\n\nIn November the trust agreed to pay the living wage.",
    )
}

#[test]
fn a_password_is_seen_by_its_server_alone() {
    let setting = DovecotSetting {
        password: CANARY,
        ..DovecotSetting::default()
    };
    let Some(dovecot) = Dovecot::with(setting) else { return };
    let Some(smtpd) = Smtpd::start(&dovecot) else { return };
    for (by, tls) in [
        (By::Command, "implicit"),
        (By::Config, "starttls"),
        (By::Environment, "implicit"),
    ] {
        let implicit = tls == "implicit";
        let case = Case {
            by,
            imap: if implicit { dovecot.imaps } else { dovecot.imap },
            smtp: if implicit {
                dovecot.submissions
            } else {
                dovecot.submission
            },
            tls,
            more: "",
            inbox: "after = { new = \"leave\" }",
        };
        let house = house(&case, Some(dovecot.ca_file()));
        smtpd.hand_in("marion@example.org", "blog@example.org", &story());
        dovecot.wait_for("blog", 1);
        for (arguments, code) in [
            (&["fetch", "-v"][..], 0),
            (&["fetch", "-v", "--json"], 0),
            (&["status"], 0),
            (&["edit", "marion"], 0),
            (&["letters", "edit", "marion"], 0),
            (&["letters", "send", "-v"], 0),
            (&["approve", "marion"], 0),
            (&["publish", "-v"], 0),
            (&["letters", "send", "--json"], 0),
            (&["log"], 0),
        ] {
            let ran = run(&house, by, arguments);
            assert_eq!(ran.code, code, "{by:?} {}: {}{}", ran.command, ran.stdout, ran.stderr);
        }
        let seen = house.read("seen");
        assert!(seen.contains("PATH="), "the children told what they saw");
        clean("a child's environment", seen.as_bytes());
        nothing_kept(&house);
        dovecot.talk(&["SELECT INBOX", "STORE 1:* +FLAGS (\\Deleted)", "EXPUNGE"]);
    }
    // The letters themselves, and what the servers' logs say of us.
    for letter in dovecot.mails("marion") {
        clean("a letter", &letter);
    }
}

/// Everything that the program starts, each in its turn: git, and by it ssh; a signer, a converter, a hook. (The editor: above. The browser:
/// `tests/preview.rs`.)
#[test]
fn no_program_that_is_started_is_told_a_password() {
    if !have("git") || !have("ssh-keygen") {
        return;
    }
    let photo = common::base64(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic and so on");
    let with_photo = story().replace(
        "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n",
        "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain; charset=utf-8\n\n",
    ) + &format!(
        "--b\nContent-Type: image/heic; name=a.heic\nContent-Transfer-Encoding: base64\n\n{photo}\n--b--\n"
    );
    let started = [
        // gives the command to this machine, as it stands last
        ("ssh", "for command; do :; done; exec sh -c \"$command\""),
        ("signer", "exec ssh-keygen \"$@\""),
        // and ends the `watch` that started it
        ("converter", "kill -TERM $PPID"),
        ("hook", "cat >/dev/null; echo https://social.example.org/1"),
    ];
    for by in [By::Config, By::Environment] {
        let fake = Fake::new(&[(1, &with_photo.replace('\n', "\r\n"))]).start();
        let case = Case {
            by,
            imap: fake.port,
            smtp: fake.port,
            tls: "none",
            more: "[repository]\npush = \"always\"\nshare_private = true\n[story]\nheic_command = [\"./converter\"]\n\
                   [[target]]\nname = \"post\"\nkind = \"hook\"\ncommand = [\"./hook\"]\n\
                   [[target]]\nname = \"pages\"\nkind = \"git\"\nremote = \"ssh://blog@localhost/AT/public.git\"\n",
            inbox: "",
        };
        let house = house(&case, None);
        let at = house.path("").to_string_lossy().trim_end_matches('/').to_owned();
        house.write(
            "config.toml",
            house.read("config.toml").replace("/AT/", &format!("{at}/")),
        );
        for (name, does) in started {
            let tells = format!(
                "#!/bin/sh\n(echo \"I am {name}\"; env; tr '\\0' ' ' </proc/$PPID/cmdline) >>{at}/seen\n{does}\n"
            );
            house.write(name, tells);
            fs::set_permissions(house.path(name), PermissionsExt::from_mode(0o755)).expect("its mode");
        }
        keys::key(&house, "robin", &[]);
        let own = house.read("home/.gitconfig");
        let own = own.replace("[user]", &format!("[user]\n\tsigningkey = {at}/home/.ssh/robin"));
        house.write(
            "home/.gitconfig",
            format!("{own}[gpg]\n\tformat = ssh\n[gpg \"ssh\"]\n\tprogram = {at}/signer\n[commit]\n\tgpgsign = true\n[core]\n\tsshCommand = {at}/ssh\n"),
        );
        for bare in ["stories.git", "public.git"] {
            house.git_in("", &["init", "-q", "--bare", "--initial-branch=main", bare]);
        }
        run(&house, by, &["init", "-q"]);
        house.git(&[
            "remote",
            "add",
            "origin",
            &format!("ssh://blog@localhost{at}/stories.git"),
        ]);
        for (arguments, code) in [
            (&["sync"][..], Some(0)),
            (&["watch", "--json"], Some(143)),
            (&["show", "marion"], Some(0)),
            (&["check", "marion"], None),
            (&["approve", "marion"], Some(0)),
            (&["publish", "-v"], Some(0)),
            (&["takedown", "marion", "-m", "A neighbour is named"], None),
            (&["sync", "-v"], Some(0)),
            (&["verify"], Some(0)),
            // letters go to a server that is none
            (&["cron"], None),
            (&["doctor"], None),
        ] {
            let ran = run(&house, by, arguments);
            let as_it_should = code.is_none_or(|code| ran.code == code);
            assert!(
                as_it_should,
                "{by:?} {}: {} {}{}",
                ran.command, ran.code, ran.stdout, ran.stderr
            );
        }
        let seen = house.read("seen");
        for (name, _) in started {
            assert!(
                seen.contains(&format!("I am {name}\n")),
                "{name} was not started: {seen}"
            );
        }
        assert!(
            seen.contains("PATH=") && !seen.contains("M4C_STORIES_"),
            "{by:?}: {seen}"
        );
        clean("a child's environment", seen.as_bytes());
        assert_eq!(
            house.git_in("stories.git", &["rev-parse", "main"]),
            house.git(&["rev-parse", "main"])
        );
        assert_ne!(house.git_in("public.git", &["rev-list", "--count", "main"]), "0");
        nothing_kept(&house);
    }
}

#[test]
fn a_token_is_seen_by_its_server_alone() {
    for mechanism in ["xoauth2", "oauthbearer xoauth2"] {
        let setting = DovecotSetting {
            mechanisms: mechanism,
            more: servers::WITH_TOKENS,
            ..DovecotSetting::default()
        };
        let Some(dovecot) = Dovecot::with(setting) else { return };
        let Some(smtpd) = Smtpd::start(&dovecot) else { return };
        let case = Case {
            by: By::Command,
            imap: dovecot.imaps,
            smtp: dovecot.submissions,
            tls: "implicit",
            more: "auth = \"xoauth2\"\n",
            inbox: "auth = \"xoauth2\"",
        };
        let house = house(&case, Some(dovecot.ca_file()));
        smtpd.hand_in("marion@example.org", "blog@example.org", &story());
        dovecot.wait_for("blog", 1);
        let fresh = || servers::token("blog", 600);
        assert!(fresh().starts_with(TOKEN));
        house.write("secret", fresh());
        for (arguments, code) in [
            (&["fetch", "-v"][..], 0),
            (&["letters", "send", "-v"], 0),
            (&["doctor"], 0),
            (&["cron"], 0),
        ] {
            let ran = run(&house, By::Command, arguments);
            assert_eq!(ran.code, code, "{} {}{}", ran.command, ran.stdout, ran.stderr);
        }
        assert_eq!(dovecot.wait_for("marion", 1).len(), 1);
        // One that is good no more.
        house.write("secret", servers::token("blog", -30));
        for arguments in [
            &["fetch", "-v"][..],
            &["fetch", "--json"],
            &["cron"],
            &["doctor", "--json"],
        ] {
            let ran = run(&house, By::Command, arguments);
            assert_eq!(ran.code, 4, "{} {}{}", ran.command, ran.stdout, ran.stderr);
        }
        nothing_kept(&house);
        for letter in dovecot.mails("marion") {
            clean("a letter", &letter);
        }
    }
    // A server that repeats what it was told.
    let token = servers::token("blog", 600);
    for capabilities in ["AUTH=XOAUTH2 SASL-IR", "AUTH=XOAUTH2", "AUTH=OAUTHBEARER"] {
        let fake = Fake::new(&[(1, "Subject: x\r\n\r\ny")]).capabilities(capabilities);
        let fake = fake.answer("AUTHENTICATE", &format!("NO what is {token}?\r\n")).start();
        let case = Case {
            by: By::Command,
            imap: fake.port,
            smtp: fake.port,
            tls: "none",
            more: "auth = \"xoauth2\"\n",
            inbox: "auth = \"xoauth2\"",
        };
        let house = house(&case, None);
        house.write("secret", &token);
        assert_eq!(run(&house, By::Command, &["fetch", "-v"]).code, 4);
        nothing_kept(&house);
    }
}

#[test]
fn no_failure_tells_a_password() {
    let repeats = "NO what is \"Kanarie+47/11&\\\"x y\", Kanarie+47/11&\"x y or AGJsb2cAS2FuYXJpZSs0Ny8xMSYieCB5?\r\n";
    let fake = |capabilities: &str| Fake::new(&[(1, "Subject: x\r\n\r\ny")]).capabilities(capabilities);
    let elsewhere = free_port();
    let cases = [
        ("nobody there", elsewhere, "none"),
        ("no TLS there", fake("").start().port, "implicit"),
        ("no STARTTLS", fake("").start().port, "starttls"),
        ("refused", fake("").answer("LOGIN", repeats).start().port, "none"),
        (
            "refused",
            fake("AUTH=PLAIN SASL-IR").answer("AUTHENTICATE", repeats).start().port,
            "none",
        ),
        (
            "refused",
            fake("AUTH=PLAIN").answer("AUTHENTICATE", repeats).start().port,
            "none",
        ),
        (
            "not IMAP",
            fake("").answer("LOGIN", "hm\r\nwhat\r\n").start().port,
            "none",
        ),
        ("gone in the middle", fake("").cut_after(60).start().port, "none"),
        (
            "a mailbox that is not there",
            fake("").answer("SELECT", "NO none\r\n").start().port,
            "none",
        ),
        (
            "said goodbye",
            fake("")
                .answer("LOGIN", "OK in\r\n* BYE Kanarie+47/11&\"x y\r\n")
                .start()
                .port,
            "none",
        ),
    ];
    for (what, port, tls) in cases {
        for by in [By::Command, By::Config, By::Environment] {
            let case = Case {
                by,
                imap: port,
                smtp: port,
                tls,
                more: "",
                inbox: "deadline = \"5s\"",
            };
            let house = house(&case, None);
            let ran = run(&house, by, &["fetch", "-v"]);
            assert_ne!(ran.code, 0, "{what}: {}{}", ran.stdout, ran.stderr);
            run(&house, by, &["fetch", "--json"]);
            // And the outbox at the same wrong place.
            house.write("story.eml", story());
            assert_eq!(run(&house, by, &["fetch", "story.eml"]).code, 0);
            run(&house, by, &["letters", "send", "-v"]);
            nothing_kept(&house);
        }
    }
}

#[test]
fn a_config_that_is_wrong_is_told_without_its_password() {
    let case = Case {
        by: By::Config,
        imap: 1,
        smtp: 1,
        tls: "none",
        more: "",
        inbox: "",
    };
    let good = house(&case, None).read("config.toml");
    let line = good
        .lines()
        .find(|line| line.starts_with("password"))
        .expect("the password");
    for wrong in [
        good.replace(line, line.trim_end_matches('"')),
        good.replace(line, &line.replace("password", "pasword")),
        good.replace(line, &line.replace("= \"", "= ")),
        good.replace(line, &line.replace("= \"", "= [\"")),
        good.replace(line, &format!("{line}\n{line}")),
        good.replace(line, &format!("{line} x")),
        good.replace(line, &line.replace("password =", "password")),
        good.replace(line, &format!("{line}\npassword_command = 3")),
        good.replace(line, &line.replace("password = ", "password_command = ")),
        good.replace("[[inbox]]", "[inbox]"),
    ] {
        let house = house(&case, None);
        house.write("config.toml", &wrong);
        for arguments in [&["fetch", "-v"][..], &["status", "--json"]] {
            run(&house, By::Config, arguments);
        }
    }
    // Nor when others could read it.
    let house = house(&case, None);
    fs::set_permissions(house.path("config.toml"), PermissionsExt::from_mode(0o644)).unwrap();
    assert_eq!(run(&house, By::Config, &["fetch"]).code, 2);
}
