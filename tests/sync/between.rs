//! Another desk is faster: it pushes between the question and the push of this one.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::common::{BINARY, Ran, TestHouse, kelly, mail, marion};
use crate::desks::{Desks, stories};

/// When the other desk pushes.
#[derive(Debug, Clone, Copy)]
enum When {
    /// Before the server says what it has: git sees that the lease is stale.
    Announced,
    /// After the objects came, before a ref moves: the server sees it.
    Received,
}

/// `script` becomes a program.
fn program(house: &TestHouse, name: &str, script: &str) -> String {
    house.write(name, format!("#!/bin/sh\n{script}\n"));
    fs::set_permissions(house.path(name), PermissionsExt::from_mode(0o755)).expect("its mode");
    house.path(name).to_string_lossy().into_owned()
}

/// A command of `ann` that pushes, in the middle of which `ben` syncs, once; what ann's git said that it did.
fn disturbed(desks: &Desks, when: When, args: &[&str]) -> String {
    let [ann, ben] = &desks.desks[..] else { panic!("two") };
    let (done, folder, home) = (desks.server.path("raced"), ben.path(""), ben.path("home"));
    // git's own variables are of the push that is under way
    let other = format!(
        "[ -e {done} ] || {{ touch {done}; cd {folder} && env -i PATH=\"$PATH\" HOME={home} TZ=UTC LC_ALL=C.UTF-8 \
         GIT_CONFIG_NOSYSTEM=1 {BINARY} sync >{done} 2>&1; }}",
        done = done.display(),
        folder = folder.display(),
        home = home.display(),
    );
    let mut command = ann.command(BINARY);
    match when {
        When::Received => {
            program(
                &desks.server,
                "srv/stories.git/hooks/pre-receive",
                &format!("cat >/dev/null\n{other}"),
            );
        }
        When::Announced => {
            let asks = format!(
                "for command; do :; done\ncase \"$command\" in git-receive-pack*) {other};; esac\nexec sh -c \"$command\""
            );
            let ssh = program(ann, "bin/ssh", &asks);
            ann.git(&[
                "remote",
                "set-url",
                "origin",
                &format!("ssh://blog@localhost{}", desks.bare().display()),
            ]);
            command.env("GIT_SSH_COMMAND", ssh);
        }
    }
    let trace = ann.path("trace");
    let ran = Ran::of(command.env("GIT_TRACE2_EVENT", &trace).args(args), args, None);
    let _ = fs::remove_file(desks.bare().join("hooks/pre-receive"));
    ann.git(&["remote", "set-url", "origin", desks.bare().to_str().expect("UTF-8")]);
    assert!(
        desks.server.read("raced").contains("went out"),
        "{}",
        desks.server.read("raced")
    );
    ran.exits(0);
    ann.read("trace")
}

fn pushes(trace: &str) -> usize {
    let begun = |line: &&str| line.contains("\"event\":\"cmd_name\"") && line.contains("\"hierarchy\":\"push\"");
    trace.lines().filter(begun).count()
}

#[test]
fn a_push_that_another_desk_came_before_is_made_again_upon_it() {
    for when in [When::Announced, When::Received] {
        let desks = Desks::new(2);
        let [ann, ben] = &desks.desks[..] else { panic!("two") };
        let story = ann.story(&marion());
        desks.settle();
        ann.run(&["note", &story, "-m", "by Ann"]).exits(0);
        ben.run(&["note", &story, "-m", "by Ben"]).exits(0);
        let trace = disturbed(&desks, when, &["sync"]);
        assert_eq!(pushes(&trace), 2, "{when:?}: the first was refused");
        let log = desks.bare_git(&["log", "--format=%an: %s", "main"]);
        let who: Vec<&str> = log
            .lines()
            .map(|line| line.split(':').next().unwrap_or_default())
            .collect();
        assert_eq!(who[..2], ["Ann Able", "Ben Bold"], "{when:?}: {log}");
        assert_eq!(desks.bare_git(&["rev-parse", "main"]), ann.git(&["rev-parse", "main"]));
        desks.settle();
        assert_eq!(ben.show(&story)["events"].as_array().map(Vec::len), Some(3), "{when:?}");
    }
}

#[test]
fn an_erasure_that_another_desk_came_before_is_pushed_upon_what_it_did() {
    for when in [When::Announced, When::Received] {
        let desks = Desks::new(2);
        let [ann, ben] = &desks.desks[..] else { panic!("two") };
        let (hers, kept) = (ann.story(&marion()), ann.story(&kelly()));
        desks.settle();
        ben.run(&["note", &hers, "-m", "of the one that goes"]).exits(0);
        ben.run(&["note", &kept, "-m", "of the one that stays"]).exits(0);
        let trace = disturbed(&desks, when, &["erase", &hers, "--yes"]);
        assert_eq!(pushes(&trace), 2, "{when:?}: the first was refused");
        for head in ["main", "refs/desk/private"] {
            let there = desks.bare_git(&["log", "--format=", "--name-only", "-m", head]);
            let there = there + &desks.bare_git(&["ls-tree", "-r", "--name-only", head]);
            assert!(!there.contains(&hers) && there.contains(&kept), "{when:?}: {there}");
        }
        desks.settle();
        for desk in &desks.desks {
            assert_eq!(stories(desk), [kept.as_str()], "{when:?}");
            assert_eq!(desk.show(&kept)["events"].as_array().map(Vec::len), Some(2), "{when:?}");
            desk.run(&["verify"]).exits(0);
        }
    }
}

#[test]
fn private_parts_that_another_desk_replaced_meanwhile_are_not_written_over() {
    for when in [When::Announced, When::Received] {
        let desks = Desks::new(2);
        let [ann, ben] = &desks.desks[..] else { panic!("two") };
        ann.story(&mail(
            "Ola Okoye <ola@example.org>",
            "Sat, 4 Dec 2010 10:12:31 +0000",
            "The lamp",
            "There is a lamp at the corner now.",
        ));
        desks.settle();
        let (hers, his) = (ann.story(&marion()), ben.story(&kelly()));
        let trace = disturbed(&desks, when, &["sync"]);
        // the private part first, refused; then the private part and the branch
        assert_eq!(pushes(&trace), 3, "{when:?}");
        assert!(trace.contains("--force-with-lease=refs/desk/private"), "{when:?}");
        let kept = desks.bare_git(&["ls-tree", "-r", "--name-only", "refs/desk/private"]);
        for story in [&hers, &his] {
            assert!(kept.contains(&format!("{story}/mail-1.eml")), "{when:?}: {kept}");
        }
        desks.settle();
        for desk in &desks.desks {
            assert_eq!(stories(desk).len(), 3);
            for story in [&hers, &his] {
                desk.run(&["show", "--raw", story]).exits(0);
            }
        }
    }
}
