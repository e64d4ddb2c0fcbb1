//! Desks of their own people, and one bare repository between them.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde_json::Value;

use crate::common::{BINARY, CONFIG, Ran, TestHouse};

/// As [`crate::common::CONFIG`], with the remote, and so that a story goes out without much ado.
pub fn config() -> String {
    let letters = "[letters]\nsend = [\"published\"]";
    format!(
        "[repository]\nlocal_remote = true\nshare_private = true\n\n[check]\nblock = false\n{}",
        CONFIG.replace("[letters]", letters)
    )
}

pub struct Desks {
    /// The house that the bare repository stands in.
    pub server: TestHouse,
    pub desks: Vec<TestHouse>,
}

const NAMES: [&str; 5] = ["Ann Able", "Ben Bold", "Cath Clear", "Dan Deep", "Eve Even"];

impl Desks {
    /// So many desks that know each other only through the remote.
    pub fn new(many: usize) -> Desks {
        Desks::with_config(many, &config())
    }

    pub fn with_config(many: usize, config: &str) -> Desks {
        let server = TestHouse::new();
        server.write("srv/.keep", "");
        server.git_in("srv", &["init", "-q", "--bare", "--initial-branch=main", "stories.git"]);
        let desk = |n: usize| {
            let house = TestHouse::with_config(config);
            let name = NAMES[n];
            house.sign_in(name, &format!("{}@example.org", name.to_lowercase().replace(' ', ".")));
            house.run(&["init", "-q"]).exits(0);
            house
        };
        let desks = Desks {
            desks: (0..many).map(desk).collect(),
            server,
        };
        let path = desks.bare();
        for desk in &desks.desks {
            desk.git(&["remote", "add", "origin", path.to_str().expect("UTF-8")]);
        }
        desks
    }

    pub fn bare(&self) -> PathBuf {
        self.server.path("srv/stories.git")
    }

    /// git in the bare repository.
    pub fn bare_git(&self, args: &[&str]) -> String {
        self.server.git_in("srv/stories.git", args)
    }

    /// Syncs in turn until nobody has anything new; each desk is then where the others are.
    pub fn settle(&self) {
        for round in 0.. {
            assert!(round < 10, "they do not come to rest");
            let mut quiet = true;
            for desk in &self.desks {
                let ran = desk.run(&["sync", "--json"]);
                assert!([0, 6].contains(&ran.code), "{}{}", ran.stdout, ran.stderr);
                let said = ran.json();
                quiet &= said["came"] == 0 && said["went"] == 0;
            }
            if quiet {
                break;
            }
        }
        let refs = |desk: &TestHouse| desk.git(&["rev-parse", "main", "refs/desk/private"]);
        let first = refs(&self.desks[0]);
        for desk in &self.desks {
            assert_eq!(refs(desk), first);
            assert_eq!(desk.git(&["status", "--porcelain"]), "", "the work tree follows");
            desk.fsck();
        }
        assert_eq!(self.bare_git(&["rev-parse", "main", "refs/desk/private"]), first);
    }
}

/// Every line of every record at this desk, by story: in the work tree, which follows the branch.
pub fn record_lines(desk: &TestHouse) -> Vec<(String, String)> {
    let mut lines = Vec::new();
    for story in stories(desk) {
        let text = desk.read(&format!("stories/{story}/record.jsonl"));
        lines.extend(text.lines().map(|line| (story.clone(), line.to_owned())));
    }
    lines
}

/// The ids of all events at this desk.
pub fn event_ids(desk: &TestHouse) -> BTreeSet<String> {
    let id = |(_, line): (String, String)| -> String {
        let event: Value = serde_json::from_str(&line).expect("an event");
        event["id"].as_str().expect("an id").to_owned()
    };
    record_lines(desk).into_iter().map(id).collect()
}

/// Every story at this desk.
pub fn stories(desk: &TestHouse) -> Vec<String> {
    let files = desk.files("stories");
    let records = files.iter().filter_map(|file| file.strip_suffix("/record.jsonl"));
    records.map(str::to_owned).collect()
}

/// Runs with an editor that is a shell command upon the file.
pub fn edit_with(desk: &TestHouse, story: &str, script: &str) -> Ran {
    desk.write("editor", format!("#!/bin/sh\n{script}\n"));
    let path = desk.path("editor");
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("executable");
    let mut command = desk.command(BINARY);
    command.env("EDITOR", &path).args(["edit", story]);
    Ran::of(&mut command, &["edit", story], None)
}
