//! A content repository that somebody else prepared: nothing of it runs, nothing is written or read through it, and what goes out is
//! what was approved (rows A4, A5, G1 to G9 of the threats).

mod common;

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::Command;

use common::{BINARY, CONFIG, Ran, TestHouse, marion};

const TRIPPED: &str = "PWNED";

/// Lays a trap in a story's folder.
type Trap = fn(&TestHouse, &str);
/// Makes the repository an odd one.
type Oddity = fn(&TestHouse);

/// Every command, those that write among them; how each ends is not looked at here, but that it ends of itself.
fn every_command(house: &TestHouse, prepare: impl Fn(&mut Command)) {
    let more = marion()
        .replace("Marion Maxwell", "Joan Hill")
        .replace("marion@", "joan@");
    house.write("more.eml", more.replace("Tea with", "Coffee with"));
    for words in [
        "status",
        "list --all",
        "show marion",
        "show marion --cut",
        "show marion --record",
        "show marion --raw",
        "diff marion",
        "diff marion --from-mail",
        "log",
        "log marion",
        "verify",
        "verify marion",
        "verify HEAD~1..main",
        "stats",
        "check",
        "check marion",
        "preview marion --out page.html",
        "letters",
        "letters show marion",
        "quarantine list",
        "doctor",
        "consent marion",
        "fetch",
        "fetch more.eml",
        "edit marion --subtitle Tea",
        "edit marion --take",
        "restore marion 1",
        "note marion -m hello",
        "assign marion Robin",
        "approve marion",
        "request-changes marion -m why",
        "reopen marion",
        "consent marion --grant --evidence phone",
        "approve marion",
        "publish marion -n",
        "publish marion",
        "publish --due",
        "publish marion --update",
        "letters send",
        "write marion -m hello",
        "reject marion -m no",
        "media marion",
        "cron",
        "init",
    ] {
        let arguments: Vec<&str> = words.split(' ').collect();
        let mut command = house.command(BINARY);
        command.args(&arguments);
        prepare(&mut command);
        let ran = Ran::of(&mut command, &arguments, None);
        assert!((0..=100).contains(&ran.code), "{words}: {}\n{}", ran.code, ran.stderr);
        assert!(!ran.stderr.contains("panicked"), "{words}: {}", ran.stderr);
        assert!(!house.path(TRIPPED).exists(), "{words} ran something of the repository");
    }
}

fn trap(house: &TestHouse, name: &str) -> String {
    let script = format!("#!/bin/sh\ntouch '{}'\ncat\n", house.path(TRIPPED).display());
    house.write(name, script);
    let path = house.path(name);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path.display().to_string()
}

/// Commits what lies in the folder, by git, without the traps that were set.
fn commit(house: &TestHouse) {
    let off = [
        "-c",
        "core.hooksPath=/dev/null",
        "-c",
        "core.fsmonitor=false",
        "-c",
        "commit.gpgsign=false",
    ];
    let run = |rest: &[&str]| house.git(&[&off, rest].concat());
    run(&["add", "-A"]);
    run(&["commit", "-q", "-m", "Prepare"]);
}

fn house() -> (TestHouse, String) {
    let house = TestHouse::new();
    let story = house.story(&marion());
    (house, story)
}

#[test]
fn no_hook_runs() {
    let (house, _) = house();
    for hook in [
        "pre-commit",
        "prepare-commit-msg",
        "commit-msg",
        "post-commit",
        "post-checkout",
        "post-merge",
        "post-rewrite",
        "reference-transaction",
        "pre-push",
        "pre-auto-gc",
        "post-index-change",
        "fsmonitor-watchman",
        "update",
        "pre-receive",
        "post-receive",
        "post-update",
        "push-to-checkout",
        "pre-rebase",
        "applypatch-msg",
    ] {
        trap(&house, &format!("stories/.git/hooks/{hook}"));
        trap(&house, &format!("hooks/{hook}"));
    }
    every_command(&house, |_| {});
    let hooks = house.path("hooks").display().to_string();
    house.git(&["config", "core.hooksPath", &hooks]);
    every_command(&house, |_| {});
}

#[test]
fn nothing_that_the_repositorys_config_names_runs() {
    let (house, _) = house();
    // the person signs with a key of their own: the program is theirs, too
    fs::create_dir_all(house.path("home/.ssh")).unwrap();
    let file = house.path("home/.ssh/robin").display().to_string();
    let make = ["-q", "-t", "ed25519", "-N", "", "-f", &file];
    Ran::of(house.command("ssh-keygen").args(make), &make, None).exits(0);
    let config = house.read("home/.gitconfig");
    house.write(
        "home/.gitconfig",
        format!("{config}[user]\n\tsigningkey = {file}\n[gpg]\n\tformat = ssh\n"),
    );
    let trap = trap(&house, "trap");
    house.write(
        "included",
        format!("[core]\n\tpager = {trap}\n\teditor = {trap}\n[alias]\n\tstatus = !{trap}\n"),
    );
    let shell = format!("!{trap}");
    let included = house.path("included").display().to_string();
    for (key, value) in [
        ("core.fsmonitor", trap.as_str()),
        ("core.sshCommand", &trap),
        ("core.pager", &trap),
        ("core.editor", &trap),
        ("core.askPass", &trap),
        ("core.gitProxy", &trap),
        ("core.alternateRefsCommand", &trap),
        ("sequence.editor", &trap),
        ("gpg.program", &trap),
        ("gpg.ssh.program", &trap),
        ("gpg.ssh.defaultKeyCommand", &trap),
        ("gpg.openpgp.program", &trap),
        ("commit.gpgsign", "true"),
        ("credential.helper", &shell),
        ("alias.status", &shell),
        ("alias.log", &shell),
        ("filter.evil.clean", &trap),
        ("filter.evil.smudge", &trap),
        ("filter.evil.process", &trap),
        ("filter.evil.required", "true"),
        ("diff.external", &trap),
        ("diff.evil.command", &trap),
        ("diff.evil.textconv", &trap),
        ("merge.evil.driver", &trap),
        ("merge.tool", "evil"),
        ("mergetool.evil.cmd", &trap),
        ("interactive.diffFilter", &trap),
        ("uploadpack.packObjectsHook", &trap),
        ("include.path", &included),
        ("url.ext::sh -c touch.insteadOf", "https://"),
        ("remote.origin.url", "ext::sh -c touch% PWNED"),
        ("remote.origin.vcs", "ext"),
        ("protocol.ext.allow", "always"),
        ("maintenance.auto", "true"),
        ("gc.auto", "1"),
    ] {
        house.git(&["config", key, value]);
    }
    house.write("stories/.git/info/attributes", "* filter=evil diff=evil merge=evil\n");
    every_command(&house, |_| {});
    let commit = house.git(&["cat-file", "commit", "main"]);
    assert!(!commit.is_empty());
}

#[test]
fn a_work_tree_that_is_put_elsewhere_is_refused() {
    let (house, _) = house();
    let elsewhere = house.path("elsewhere");
    fs::create_dir_all(&elsewhere).unwrap();
    house.git(&["config", "core.worktree", &elsewhere.display().to_string()]);
    let ran = house.run(&["approve", "marion"]);
    ran.exits(1);
    assert!(ran.stderr.contains("work tree elsewhere"), "{}", ran.stderr);
    assert!(house.files("elsewhere").is_empty());
}

#[test]
fn attributes_change_no_byte_and_run_no_filter() {
    let (house, story) = house();
    let trap = trap(&house, "trap");
    house.git(&["config", "core.autocrlf", "true"]);
    house.write(
        "stories/.gitattributes",
        "* filter=evil ident text eol=crlf export-subst diff=evil merge=evil\n*.jsonl merge=binary\n*.md working-tree-encoding=UTF-16\n",
    );
    house.write(&format!("stories/{story}/.gitattributes"), "* filter=evil eol=crlf\n");
    fs::remove_file(house.path(&format!("stories/{story}/.gitattributes"))).unwrap();
    house.git(&["-c", "core.autocrlf=false", "add", ".gitattributes"]);
    house.git(&["commit", "-q", "-m", "Attributes"]);
    house.git(&["config", "filter.evil.clean", &trap]);
    house.git(&["config", "filter.evil.smudge", &trap]);
    house.run(&["edit", "marion", "--subtitle", "$Id$ tea"]).exits(0);
    house.run(&["approve", "marion"]).exits(0);
    let read = house.read(&format!("stories/{story}/index.md"));
    assert!(
        !read.contains('\r') && read.contains("subtitle = \"$Id$ tea\""),
        "{read}"
    );
    house.run(&["publish", "marion"]).exits(0);
    let out = house.read("site/content/stories/marion-maxwell/index.md");
    assert!(!out.contains('\r') && out.contains("subtitle = \"$Id$ tea\""), "{out}");
    let text = house.run(&["verify", "marion"]);
    text.exits(0);
    assert!(!house.path(TRIPPED).exists());
}

#[test]
fn links_are_neither_followed_nor_published() {
    let secret = "the canary's secret";
    let cases: [(&str, Trap); 4] = [
        ("a photo", |house, story| {
            symlink(
                "../../../../secret",
                house.path(&format!("stories/{story}/photo-1.jpg")),
            )
            .unwrap();
        }),
        ("the page", |house, story| {
            let page = house.path(&format!("stories/{story}/index.md"));
            fs::remove_file(&page).unwrap();
            symlink("../../../../secret", page).unwrap();
        }),
        ("the record", |house, story| {
            let record = house.path(&format!("stories/{story}/record.jsonl"));
            fs::remove_file(&record).unwrap();
            symlink("../../../../secret", record).unwrap();
        }),
        ("a year", |house, _| {
            fs::rename(house.path("stories/2010"), house.path("outside")).unwrap();
            symlink("../outside", house.path("stories/2010")).unwrap();
        }),
    ];
    for (case, set) in cases {
        let (house, story) = house();
        house.run(&["approve", "marion"]).exits(0);
        house.write("secret", secret);
        set(&house, &story);
        let outside = house.files("outside");
        commit(&house);
        every_command(&house, |_| {});
        assert_eq!(house.read("secret"), secret, "{case}");
        assert_eq!(house.files("outside"), outside, "{case}");
        for folder in ["site", "letters"] {
            for file in house.files(folder) {
                let bytes = fs::read(house.path(&format!("{folder}/{file}"))).unwrap();
                assert!(
                    !String::from_utf8_lossy(&bytes).contains(secret),
                    "{case}: {folder}/{file}"
                );
            }
        }
        let ran = house.run(&["verify"]);
        assert_eq!(ran.code, 1, "{case}: verify finds it\n{}{}", ran.stdout, ran.stderr);
    }
}

#[test]
fn a_page_that_no_mail_makes_is_told_and_not_read() {
    let (house, story) = house();
    house.write(&format!("stories/{story}/index.md"), "a b ".repeat(7 << 20));
    commit(&house);
    let told = house.run(&["list", "--json"]).stdout.clone();
    assert!(
        told.contains("index.md is larger than any mail makes it: 28 MB"),
        "{told}"
    );
    let shown = house.run(&["show", "marion"]);
    assert_eq!(shown.code, 1, "{}{}", shown.stdout, shown.stderr);
    assert_eq!(house.run(&["verify"]).code, 1);
    let doctor = house.run(&["doctor"]);
    assert!(
        doctor.stdout.contains("1 story cannot be worked on"),
        "{}",
        doctor.stdout
    );
}

#[test]
fn submodules_are_never_entered() {
    let (house, story) = house();
    let trap = trap(&house, "trap");
    house.git(&["init", "-q", "../evil"]);
    house.git_in("evil", &["commit", "-q", "--allow-empty", "-m", "x"]);
    let commit_of = house.git_in("evil", &["rev-parse", "HEAD"]);
    house.write(
        "stories/.gitmodules",
        format!(
            "[submodule \"2010/12/evil\\r\"]\n\tpath = \"2010/12/evil\\r\"\n\turl = ext::{trap}\n\tupdate = !{trap}\n"
        ),
    );
    for path in ["2010/12/evil-0123456789", &format!("{story}/evil"), "-u"] {
        house.git(&[
            "update-index",
            "--add",
            "--cacheinfo",
            &format!("160000,{commit_of},{path}"),
        ]);
    }
    house.git(&["add", ".gitmodules"]);
    house.git(&["commit", "-q", "-m", "Modules"]);
    every_command(&house, |_| {});
    assert!(house.run(&["verify"]).exits(1).stdout.contains("is a submodule"));
}

#[test]
fn what_is_published_is_what_was_approved_to_the_byte() {
    let (house, story) = house();
    house.run(&["approve", "marion"]).exits(0);
    // by hand and git: one byte of the page, then a photo beside it
    let page = format!("stories/{story}/index.md");
    let approved = house.read(&page);
    for (name, bytes) in [
        ("index.md", approved.replace("nights", "night ").into_bytes()),
        ("index.md", approved.replace('\n', "\r\n").into_bytes()),
        ("photo-1.jpg", b"\xff\xd8\xff\xe0".to_vec()),
    ] {
        let before = house.git(&["rev-parse", "HEAD"]);
        house.write(&format!("stories/{story}/{name}"), bytes);
        commit(&house);
        let refused = house.run(&["publish", "marion"]);
        assert!(refused.code == 5 || refused.code == 1, "{name}: {}", refused.stderr);
        assert!(house.files("site").is_empty(), "{name}");
        house.git(&["reset", "-q", "--hard", &before]);
    }
    house.run(&["publish", "marion"]).exits(0);
}

#[test]
fn gits_environment_leads_nowhere_else() {
    let (house, story) = house();
    house.git(&["init", "-q", "../decoy"]);
    house.git_in("decoy", &["commit", "-q", "--allow-empty", "-m", "x"]);
    let before = (house.git_in("decoy", &["rev-parse", "HEAD"]), house.files("decoy"));
    let trap = trap(&house, "trap");
    house.write("index", "not an index");
    let at = |name: &str| house.path(name).display().to_string();
    let (decoy, index, objects) = (at("decoy/.git"), at("index"), at("decoy/.git/objects"));
    every_command(&house, |command| {
        command
            .env("GIT_DIR", &decoy)
            .env("GIT_WORK_TREE", at("decoy"))
            .env("GIT_COMMON_DIR", &decoy)
            .env("GIT_INDEX_FILE", &index)
            .env("GIT_OBJECT_DIRECTORY", &objects)
            .env("GIT_ALTERNATE_OBJECT_DIRECTORIES", &objects)
            .env("GIT_NAMESPACE", "elsewhere")
            .env("GIT_CEILING_DIRECTORIES", "/")
            .env("GIT_CONFIG_COUNT", "2")
            .env("GIT_CONFIG_KEY_0", "core.fsmonitor")
            .env("GIT_CONFIG_VALUE_0", &trap)
            .env("GIT_CONFIG_KEY_1", "gpg.ssh.program")
            .env("GIT_CONFIG_VALUE_1", &trap)
            .env("GIT_CONFIG_PARAMETERS", format!("'core.editor={trap}'"))
            .env("GIT_EXTERNAL_DIFF", &trap)
            .env("GIT_SSH_COMMAND", &trap)
            .env("GIT_SSH", &trap)
            .env("GIT_ASKPASS", &trap)
            .env("GIT_PAGER", &trap)
            .env("GIT_EDITOR", &trap)
            .env("GIT_PROXY_COMMAND", &trap)
            .env("GIT_TEMPLATE_DIR", at("decoy"))
            .env("GIT_AUTHOR_NAME", "Somebody Else")
            .env("GIT_COMMITTER_NAME", "Somebody Else")
            .env("LANG", "C")
            .env("TZ", "Nowhere/Land");
    });
    assert_eq!(
        (house.git_in("decoy", &["rev-parse", "HEAD"]), house.files("decoy")),
        before
    );
    assert_eq!(house.read("index"), "not an index");
    assert!(
        house
            .git(&["log", "--format=%an"])
            .lines()
            .all(|n| ["Robin Reviewer", "m4c-stories"].contains(&n))
    );
    assert!(
        house
            .files("site")
            .contains(&"content/stories/marion-maxwell/index.md".to_owned()),
        "it was published: {story}"
    );
    house.fsck();
}

#[test]
fn an_open_umask_opens_nothing() {
    let house = TestHouse::new();
    house.write("one.eml", marion());
    let script = format!(
        "umask 000; '{BINARY}' fetch one.eml && '{BINARY}' approve marion && '{BINARY}' publish marion && '{BINARY}' letters send"
    );
    let arguments = ["-c", script.as_str()];
    Ran::of(house.command("sh").args(arguments), &arguments, None).exits(0);
    let mut folders = vec![house.path("stories"), house.path(".desk"), house.path("letters")];
    let mut seen = 0;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap().map(|e| e.unwrap()) {
            let mode = entry.metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o002, 0, "{}: {mode:o}", entry.path().display());
            seen += 1;
            // .git is for its owner alone, see below: nobody comes to what is in it
            if entry.file_type().unwrap().is_dir() && entry.file_name() != ".git" {
                folders.push(entry.path());
            }
        }
    }
    assert!(seen > 10, "{seen}");
    for private in [".desk", "letters", "stories/.git"] {
        let mode = fs::metadata(house.path(private)).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{private}: {mode:o}");
    }
}

#[test]
fn a_repository_of_an_odd_kind_works_or_is_refused_before_mail_is_taken() {
    let maildir = CONFIG.replace(
        "kind = \"mbox\"\npath = \"mail.mbox\"",
        "kind = \"maildir\"\npath = \"Maildir\"",
    );
    let cases: [(&str, bool, Oddity); 10] = [
        ("packed refs and packs", true, |house| drop(house.git(&["gc", "-q"]))),
        ("detached HEAD", true, |house| {
            drop(house.git(&["checkout", "-q", "--detach"]))
        }),
        ("alternates", true, |house| {
            house.git(&["clone", "-q", "--bare", ".", "../objects"]);
            let objects = house.path("objects/objects").display().to_string();
            house.write("stories/.git/objects/info/alternates", format!("{objects}\n"));
        }),
        ("sparse checkout", true, |house| {
            drop(house.git(&["sparse-checkout", "set", "1999"]))
        }),
        ("sha256", false, |house| {
            fs::remove_dir_all(house.path("stories/.git")).unwrap();
            house.git(&["init", "-q", "-b", "main", "--object-format=sha256"]);
        }),
        ("bare", false, |house| {
            fs::rename(house.path("stories/.git"), house.path("bare")).unwrap();
            fs::remove_dir_all(house.path("stories")).unwrap();
            fs::rename(house.path("bare"), house.path("stories")).unwrap();
            house.git(&["config", "core.bare", "true"]);
        }),
        ("a linked work tree", false, |house| {
            house.git(&["branch", "other"]);
            house.git(&["worktree", "add", "-q", "../linked", "other"]);
            fs::rename(house.path("stories"), house.path("first")).unwrap();
            fs::rename(house.path("linked"), house.path("stories")).unwrap();
        }),
        ("partial clone", false, |house| {
            house.git(&["config", "core.repositoryFormatVersion", "1"]);
            house.git(&["config", "extensions.partialClone", "origin"]);
        }),
        ("an extension nobody knows", false, |house| {
            house.git(&["config", "core.repositoryFormatVersion", "1"]);
            house.git(&["config", "extensions.refStorage", "reftable"]);
        }),
        ("no commit", false, |house| {
            fs::remove_dir_all(house.path("stories/.git")).unwrap();
            house.git(&["init", "-q", "-b", "main"]);
        }),
    ];
    for (case, works, set) in cases {
        let house = TestHouse::with_config(&maildir);
        for folder in ["new", "cur", "tmp"] {
            fs::create_dir_all(house.path(&format!("Maildir/{folder}"))).unwrap();
        }
        house.story(&marion());
        set(&house);
        house.write("Maildir/new/1", marion().replace("ninety", "hundred"));
        let ran = house.run(&["fetch"]);
        let waits = house.path("Maildir/new/1").exists();
        if works {
            ran.exits(0);
            assert!(!waits, "{case}");
            house.run(&["verify"]).exits(0);
            house.fsck();
        } else {
            assert!(ran.code == 1 || ran.code == 2, "{case}: {} {}", ran.code, ran.stderr);
            assert!(ran.stderr.contains("Hint:"), "{case}: {}", ran.stderr);
            assert!(waits, "{case}: no mail was taken");
        }
    }
}

#[test]
fn a_shallow_clone_verifies_what_it_has() {
    let (house, _) = house();
    house.run(&["approve", "marion"]).exits(0);
    house.git(&[
        "clone",
        "-q",
        "--depth",
        "1",
        &format!("file://{}", house.path("stories").display()),
        "../shallow",
    ]);
    let ran = house.run(&["--repo", "shallow", "verify"]);
    assert!([0, 1].contains(&ran.code), "{}", ran.stderr);
    assert!(!ran.stderr.contains("panicked"));
}

#[test]
fn a_repository_of_another_user_is_refused() {
    let (house, _) = house();
    house.write(
        "home/.gitconfig",
        "[user]\n\tname = Robin Reviewer\n\temail = robin@example.org\n",
    );
    let git = house.path("stories/.git");
    if std::os::unix::fs::chown(&git, Some(12_345), None).is_err() {
        eprintln!("only root can give a folder away: skipped");
        return;
    }
    std::os::unix::fs::chown(house.path("stories"), Some(12_345), None).unwrap();
    for command in [&["list"][..], &["approve", "marion"], &["verify"]] {
        let ran = house.run(command);
        ran.exits(1);
        assert!(ran.stderr.contains("safe.directory"), "{}", ran.stderr);
    }
}
