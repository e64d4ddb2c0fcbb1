//! People of a test house who sign with SSH keys.

#![allow(dead_code, reason = "every test file uses its own part")]

use super::common::{CONFIG, Ran, TestHouse};

/// Makes a key in the house, and gives its public line; `arguments` of ssh-keygen, where it is no plain one.
pub fn key(house: &TestHouse, name: &str, arguments: &[&str]) -> String {
    std::fs::create_dir_all(house.path("home/.ssh")).unwrap();
    let file = format!("home/.ssh/{name}");
    let mut all = vec!["-q", "-C", name, "-f", &file];
    all.extend(if arguments.is_empty() {
        &["-t", "ed25519", "-N", ""][..]
    } else {
        arguments
    });
    Ran::of(house.command("ssh-keygen").args(&all), &all, None).exits(0);
    public(house, name)
}

/// The public line of a key.
pub fn public(house: &TestHouse, name: &str) -> String {
    house.read(&format!("home/.ssh/{name}.pub")).trim().to_owned()
}

/// This person sits at the desk, and git signs with this key.
pub fn sits(house: &TestHouse, name: &str, key: Option<&str>) {
    let first = name.split(' ').next().unwrap().to_lowercase();
    house.sign_in(name, &format!("{first}@team.example"));
    if let Some(key) = key {
        let config = house.read("home/.gitconfig");
        let signs = format!("{config}[user]\n\tsigningkey = ~/.ssh/{key}\n[gpg]\n\tformat = ssh\n");
        house.write("home/.gitconfig", signs);
    }
}

/// A config where signatures are asked for: Cath and Ben review, Pat publishes; each with the keys given.
pub fn team(cath: &str, ben: &str, pat: &str) -> String {
    let config = CONFIG.replace("own_text = true", "own_text = false\nsigned = true");
    let member = |name: &str, role: &str, keys: &str| {
        let first = name.split(' ').next().unwrap().to_lowercase();
        format!("  {{ name = \"{name}\", email = \"{first}@team.example\", roles = [\"{role}\"], {keys} }},\n")
    };
    format!(
        "{config}\n[team]\nmembers = [\n{}{}{}]\n",
        member("Cath Lee", "reviewer", cath),
        member("Ben Okri", "reviewer", ben),
        member("Pat Moss", "publisher", pat)
    )
}

/// A house with that config, and a key for each of them.
pub fn signed_house() -> TestHouse {
    let house = TestHouse::new();
    let keys = ["cath", "ben", "pat"].map(|name| format!("key = \"{}\"", key(&house, name, &[])));
    house.write("config.toml", team(&keys[0], &keys[1], &keys[2]));
    house
}

/// What a story is known by in the bytes that are signed: its month and digits.
pub fn known_by(story: &str) -> String {
    let (month, folder) = story.rsplit_once('/').unwrap();
    format!("{month}/{}", folder.rsplit_once('-').unwrap().1)
}
