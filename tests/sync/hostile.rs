//! A remote that wants something else than to keep stories, and people who use git by hand.

use std::path::Path;

use crate::common::{BINARY, Ran, TestHouse, have, kelly, marion};
use crate::desks::{Desks, edit_with, event_ids};

#[test]
fn only_addresses_of_servers_are_used_and_a_folder_only_where_it_is_allowed() {
    let desks = Desks::with_config(1, &crate::desks::config().replace("local_remote = true", ""));
    let ann = &desks.desks[0];
    for url in [
        "ext::sh -c touch% pwned",
        "http://localhost/x.git",
        "git://localhost/x.git",
        "--upload-pack=touch pwned",
        "ssh://-oProxyCommand=touch%20pwned/x",
        "/srv/stories.git",
        "file:///srv/stories.git",
    ] {
        ann.git(&["config", "remote.origin.url", url]);
        let refused = ann.run(&["sync"]);
        assert!(
            refused
                .exits(2)
                .stderr
                .contains("the address of the remote \"origin\" is not used"),
            "{}",
            refused.stderr
        );
    }
    ann.git(&["remote", "remove", "origin"]);
    ann.run(&["sync"]).exits(2);
}

#[test]
fn the_repositorys_own_configuration_and_hooks_run_nothing() {
    let desks = Desks::new(1);
    let ann = &desks.desks[0];
    ann.story(&marion());
    let pwned = ann.path("pwned");
    let touch = format!("touch {}", pwned.display());
    for (key, value) in [
        ("core.sshCommand", touch.clone()),
        ("core.fsmonitor", touch.clone()),
        ("core.pager", touch.clone()),
        ("credential.helper", format!("!{touch}")),
        ("remote.origin.uploadpack", format!("{touch}; git-upload-pack")),
        ("remote.origin.receivepack", format!("{touch}; git-receive-pack")),
        ("remote.origin.vcs", "ext".to_owned()),
        ("url.ext::sh -c touch.insteadOf", desks.bare().display().to_string()),
        ("uploadpack.packObjectsHook", touch.clone()),
        ("alias.fetch", format!("!{touch}")),
    ] {
        ann.git(&["config", key, &value]);
    }
    for hook in [
        "pre-push",
        "post-checkout",
        "post-merge",
        "reference-transaction",
        "post-rewrite",
    ] {
        let name = format!("stories/.git/hooks/{hook}");
        ann.write(&name, format!("#!/bin/sh\n{touch}\n"));
        std::fs::set_permissions(ann.path(&name), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    }
    ann.run(&["sync"]).exits(0);
    assert!(!pwned.exists());
    assert_eq!(desks.bare_git(&["rev-parse", "main"]), {
        std::fs::remove_dir_all(ann.path("stories/.git/hooks")).unwrap();
        ann.git(&["rev-parse", "main"])
    });
}

/// A clone in the server's house, to push with plain git from.
fn clone(desks: &Desks) -> &Path {
    desks.server.git_in("srv", &["clone", "-q", "stories.git", "hand"]);
    desks.server.git_in("srv/hand", &["config", "user.name", "Hand"]);
    desks
        .server
        .git_in("srv/hand", &["config", "user.email", "hand@example.org"]);
    Path::new("srv/hand")
}

#[test]
fn what_is_no_plain_file_in_a_storys_place_is_refused_before_anything_moves() {
    let desks = Desks::new(2);
    let [ann, ben] = &desks.desks[..] else { panic!("two") };
    let story = ann.story(&marion());
    desks.settle();
    clone(&desks);
    let hand = |args: &[&str]| desks.server.git_in("srv/hand", args);
    let before = ben.git(&["rev-parse", "main"]);
    let good = hand(&["rev-parse", "HEAD"]);
    let scripts: [(&str, String); 8] = [
        ("is a symbolic link", format!("ln -s /etc/passwd {story}/photo-9.jpg")),
        ("is a symbolic link", "ln -s / 2011".to_owned()),
        ("is executable", format!("chmod +x {story}/index.md")),
        (
            "is not as the tool made it",
            "echo '* filter=x' >> .gitattributes".to_owned(),
        ),
        (
            "is none of the files that belong there",
            "echo '[submodule \"x\"]' > .gitmodules".to_owned(),
        ),
        (
            "has a name that is not the tool's",
            format!("echo x > {story}/.gitattributes"),
        ),
        (
            "is a folder that is no story's",
            "mkdir tools && echo x > tools/x".to_owned(),
        ),
        (
            "is a submodule",
            "git update-index --add --cacheinfo 160000,1111111111111111111111111111111111111111,2012".to_owned(),
        ),
    ];
    for (what, script) in scripts {
        let mut shell = desks.server.command("sh");
        shell.current_dir(desks.server.path("srv/hand")).args(["-c", &script]);
        Ran::of(&mut shell, &[&script], None).exits(0);
        if what != "is a submodule" {
            hand(&["add", "-A"]);
        }
        hand(&["commit", "-qm", "By hand"]);
        hand(&["push", "-q", "--force", "origin", "main"]);
        let refused = ben.run(&["sync", "--json"]);
        let error = refused.exits(1).error();
        assert_eq!(error["code"], "remote.foreign", "{error}");
        assert!(error["message"].as_str().unwrap().ends_with(what), "{error}");
        assert_eq!(ben.git(&["rev-parse", "main"]), before);
        assert_eq!(ben.git(&["status", "--porcelain"]), "");
        hand(&["reset", "-q", "--hard", &good]);
        hand(&["clean", "-qfd"]);
        hand(&["push", "-q", "--force", "origin", "main"]);
    }
    desks.settle();
}

#[test]
fn a_remote_that_lost_steps_stops_the_sync_and_what_is_gone_is_not_pushed_back() {
    let desks = Desks::new(2);
    let [ann, ben] = &desks.desks[..] else { panic!("two") };
    let story = ann.story(&marion());
    ann.run(&["note", &story, "-m", "before"]).exits(0);
    desks.settle();
    let old = ann.git(&["rev-parse", "main"]);
    ben.run(&["reject", &story, "-m", "We cannot"]).exits(0);
    desks.settle();
    // somebody puts the branch back to before the rejection
    desks.bare_git(&["update-ref", "refs/heads/main", &old]);
    let before = ann.git(&["rev-parse", "main"]);
    ann.run(&["note", &story, "-m", "after"]).exits(0);
    let refused = ann.run(&["sync", "--json"]);
    let error = refused.exits(6).error();
    assert_eq!(error["code"], "remote.rewritten");
    assert!(
        error["message"]
            .as_str()
            .unwrap()
            .contains(&format!("1 steps of {story}")),
        "{error}"
    );
    assert_eq!(desks.bare_git(&["rev-parse", "main"]), old);
    assert_eq!(ann.git(&["rev-parse", "main~1"]), before);
    let followed = ann.run(&["sync", "--accept-rewrite", "--json"]);
    let followed = followed.exits(0).json();
    assert_eq!(
        (followed["rewritten"].as_bool(), followed["went"].as_u64()),
        (Some(true), Some(1))
    );
    assert_eq!(ann.state(&story), "draft", "the rejection is not pushed back");
    let notes = ann.show(&story)["events"].as_array().unwrap().len();
    assert_eq!(notes, 3, "received, before, after");
    // the other desk has the rejection from there: it asks as well
    ben.run(&["sync"]).exits(6);
    ben.run(&["sync", "--accept-rewrite"]).exits(0);
    desks.settle();
}

#[test]
fn a_server_without_anything_to_do_with_the_desk_is_told_apart() {
    let desks = Desks::new(1);
    let ann = &desks.desks[0];
    ann.story(&marion());
    desks
        .server
        .git_in("srv", &["init", "-q", "--initial-branch=main", "other"]);
    desks.server.write("srv/other/README.md", "x\n");
    let hand = |args: &[&str]| desks.server.git_in("srv/other", args);
    hand(&["add", "-A"]);
    hand(&[
        "-c",
        "user.name=x",
        "-c",
        "user.email=x@example.org",
        "commit",
        "-qm",
        "x",
    ]);
    let url = desks.server.path("srv/other");
    ann.git(&["remote", "set-url", "origin", url.to_str().unwrap()]);
    assert!(ann.run(&["sync"]).exits(1).stderr.contains("have nothing in common"));
}

#[test]
fn people_who_pull_and_merge_with_git_are_at_home_too() {
    let desks = Desks::new(3);
    let [ann, ben, _] = &desks.desks[..] else {
        panic!("three")
    };
    let story = ann.story(&marion());
    desks.settle();
    ann.run(&["note", &story, "-m", "by Ann"]).exits(0);
    ben.run(&["note", &story, "-m", "by Ben"]).exits(0);
    edit_with(ben, &story, "sed -i 's/^In November/Last November/' \"$1\"").exits(0);
    ann.run(&["sync"]).exits(0);
    ben.git(&["pull", "-q", "--no-rebase", "--no-edit", "origin", "main"]);
    assert!(!ben.git(&["log", "-1", "--merges", "--format=%s"]).is_empty());
    // upon a merge that is pushed as it is
    ben.run(&["sync"]).exits(0);
    ben.run(&["approve", &story]).exits(0);
    // and upon one that has to be made again
    ann.run(&["sync"]).exits(0);
    ann.run(&["note", &story, "-m", "again"]).exits(0);
    ben.run(&["note", &story, "-m", "again by Ben"]).exits(0);
    let third = desks.desks[2].run(&["sync"]);
    third.exits(0);
    desks.desks[2].run(&["note", &story, "-m", "third"]).exits(0);
    ann.run(&["sync"]).exits(0);
    ben.git(&["pull", "-q", "--no-rebase", "--no-edit", "origin", "main"]);
    desks.desks[2].run(&["sync"]).exits(0);
    desks.settle();
    let shown = ann.show(&story);
    assert_eq!(shown["damage"], serde_json::Value::Null);
    let notes = shown["events"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|e| e["event"] == "noted")
        .count();
    assert_eq!(notes, 5);
    assert!(shown["text"].as_str().unwrap().contains("Last November"));
    assert_eq!(shown["approvals"], 1);
    ann.run(&["log", &story]).exits(0);
}

#[test]
fn a_story_that_is_being_edited_by_hand_is_not_moved_under_the_hand() {
    let desks = Desks::new(2);
    let [ann, ben] = &desks.desks[..] else { panic!("two") };
    let story = ann.story(&marion());
    desks.settle();
    let file = format!("stories/{story}/index.md");
    let by_hand = |desk: &TestHouse, old: &str, new: &str| desk.write(&file, desk.read(&file).replace(old, new));
    by_hand(ben, "I clean", "We clean");
    edit_with(ann, &story, "sed -i 's/^In November/Last November/' \"$1\"").exits(0);
    ann.run(&["sync"]).exits(0);
    let before = ben.git(&["rev-parse", "main"]);
    let refused = ben.run(&["sync"]);
    assert!(
        refused.exits(6).stderr.contains("is being edited by hand here"),
        "{}",
        refused.stderr
    );
    assert_eq!(ben.git(&["rev-parse", "main"]), before);
    ben.run(&["edit", &story, "--take"]).exits(0);
    desks.settle();
    let text = ann.read(&file);
    assert!(text.contains("We clean") && text.contains("Last November"), "{text}");
    // a note does not stand in a hand's way
    by_hand(ben, "We clean", "All clean");
    ann.run(&["note", &story, "-m", "x"]).exits(0);
    ann.run(&["sync"]).exits(0);
    ben.run(&["sync"]).exits(0);
    assert!(ben.read(&file).contains("All clean"));
    assert_eq!(event_ids(ben).len(), 5);
}

/// What git prints in the bare repository, given these bytes.
fn bare_git_with(desks: &Desks, args: &[&str], stdin: &[u8]) -> String {
    let mut git = desks.server.command("git");
    let ran = Ran::of(git.current_dir(desks.bare()).args(args), args, Some(stdin));
    ran.exits(0).stdout.trim().to_owned()
}

/// Every object of a desk, by its name.
fn objects(desk: &TestHouse) -> String {
    desk.git(&["cat-file", "--batch-all-objects", "--batch-check=%(objectname)"])
}

#[test]
fn of_all_that_a_server_has_the_branch_and_the_private_parts_come_and_no_more() {
    let desks = Desks::new(2);
    let [ann, ben] = &desks.desks[..] else { panic!("two") };
    ann.story(&kelly());
    desks.settle();
    let refs = |desk: &TestHouse| desk.git(&["for-each-ref", "--format=%(refname)"]);
    let before = refs(ben);
    let secret = bare_git_with(&desks, &["hash-object", "-w", "--stdin"], b"not asked for\n");
    let tree = bare_git_with(&desks, &["mktree"], format!("100644 blob {secret}\tx\n").as_bytes());
    ann.story(&marion());
    ann.run(&["sync"]).exits(0);
    let identity = ["-c", "user.name=x", "-c", "user.email=x@example.org"];
    let stray = desks.bare_git(&[&identity[..], &["commit-tree", "-p", "main", "-m", "x", &tree]].concat());
    for name in [
        "refs/heads/other",
        "refs/desk/other",
        "refs/pull/1/head",
        "refs/tags/light",
        "refs/notes/commits",
    ] {
        desks.bare_git(&["update-ref", name, &stray]);
    }
    // one that git would bring along, as it is of what comes, and one that would stand for another
    desks.bare_git(&[&identity[..], &["tag", "-m", "x", "v1", "main"]].concat());
    let tag = desks.bare_git(&["rev-parse", "v1"]);
    let main = desks.bare_git(&["rev-parse", "main"]);
    desks.bare_git(&["update-ref", &format!("refs/replace/{main}"), &stray]);
    ben.run(&["sync"]).exits(0);
    assert_eq!(ben.git(&["rev-parse", "main"]), main);
    assert_eq!(refs(ben), before);
    let here = objects(ben);
    for foreign in [&secret, &tree, &stray, &tag] {
        assert!(!here.contains(foreign.as_str()), "{foreign} came along");
    }
    assert!(!ben.path("stories/.git/FETCH_HEAD").exists());
    ben.fsck();
    // nor does a push touch any of them
    let all = desks.bare_git(&[
        "for-each-ref",
        "--exclude=refs/heads/main",
        "--exclude=refs/desk/private",
    ]);
    ben.run(&["note", "kelly", "-m", "She rang"]).exits(0);
    ben.run(&["sync"]).exits(0);
    assert_ne!(desks.bare_git(&["rev-parse", "main"]), main);
    assert_eq!(
        desks.bare_git(&[
            "for-each-ref",
            "--exclude=refs/heads/main",
            "--exclude=refs/desk/private"
        ]),
        all
    );
}

#[test]
fn a_malformed_object_is_refused_and_stays_outside() {
    let desks = Desks::new(2);
    let [ann, ben] = &desks.desks[..] else { panic!("two") };
    let story = ann.story(&marion());
    desks.settle();
    let good = desks.bare_git(&["rev-parse", "main"]);
    let (whole, before) = (objects(ben), ben.git(&["for-each-ref"]));
    let folders = ben.files("stories/.git/objects");
    let raw = |kind: &str, bytes: &[u8]| {
        bare_git_with(
            &desks,
            &["hash-object", "-t", kind, "-w", "--literally", "--stdin"],
            bytes,
        )
    };
    let sane = desks.bare_git(&["rev-parse", "main^{tree}"]);
    let blob = desks.bare_git(&["rev-parse", &format!("main:{story}/index.md")]);
    let entry = |mode: &str, name: &str| {
        let mut bytes = format!("{mode} {name}\0").into_bytes();
        bytes.extend(hex::decode(&blob).expect("a name"));
        bytes
    };
    let who = "x <x@example.org> 1300000000 +0000";
    let commit = |tree: &str, author: &str| format!("tree {tree}\nparent {good}\n{author}committer {who}\n\nx\n");
    let author = format!("author {who}\n");
    for (what, bytes) in [
        (
            "a path for a name",
            commit(&raw("tree", &entry("100644", "2010/x")), &author),
        ),
        (
            "one name twice",
            commit(
                &raw("tree", &[entry("100644", "x"), entry("100644", "x")].concat()),
                &author,
            ),
        ),
        (
            "git's own folder",
            commit(&raw("tree", &entry("40000", ".git")), &author),
        ),
        (
            "a mode that is none",
            commit(&raw("tree", &entry("0100644", "x")), &author),
        ),
        ("no author", commit(&sane, "")),
        ("an author who ends a line", commit(&sane, "author x <x@example.org\n")),
    ] {
        let made = raw("commit", bytes.as_bytes());
        desks
            .server
            .write("srv/stories.git/refs/heads/main", format!("{made}\n"));
        let refused = ben.run(&["sync", "--json"]);
        let error = refused.exits(1).error();
        assert!(
            error["message"]
                .as_str()
                .is_some_and(|said| said.contains("sent was refused")),
            "{what}: {error}"
        );
        assert_eq!(ben.git(&["for-each-ref"]), before, "{what}");
        assert_eq!(
            (objects(ben), ben.files("stories/.git/objects")),
            (whole.clone(), folders.clone()),
            "{what}"
        );
    }
    desks.bare_git(&["update-ref", "refs/heads/main", &good]);
    desks.settle();
}

#[test]
fn a_hundred_thousand_refs_cost_no_more_than_git_needs_to_pass_them_over() {
    if !have("prlimit") {
        return;
    }
    let desks = Desks::new(1);
    let ann = &desks.desks[0];
    ann.story(&marion());
    desks.settle();
    let main = desks.bare_git(&["rev-parse", "main"]);
    let mut packed = "# pack-refs with: peeled fully-peeled sorted \n".to_owned();
    for n in 0..100_000 {
        packed += &format!("{main} refs/heads/x{n:06}\n");
    }
    desks.server.write("srv/stories.git/packed-refs", packed);
    // a server that is asked for two, and one that tells all that it has
    for protocol in ["2", "0"] {
        let own = ann.read("home/.gitconfig");
        ann.write("home/.gitconfig", format!("{own}[protocol]\n\tversion = {protocol}\n"));
        ann.run(&["note", "marion", "-m", &format!("asked by {protocol}")])
            .exits(0);
        let jailed = [
            "--data=134217728",
            "--cpu=20",
            "timeout",
            "600",
            BINARY,
            "sync",
            "--json",
        ];
        let ran = Ran::of(ann.command("prlimit").args(jailed), &["sync"], None);
        assert_eq!(ran.exits(0).json()["went"], 1, "{}", ran.stderr);
        assert_eq!(ann.git(&["for-each-ref", "--count=10"]).lines().count(), 3);
    }
    assert_eq!(desks.bare_git(&["rev-parse", "main"]), ann.git(&["rev-parse", "main"]));
}
