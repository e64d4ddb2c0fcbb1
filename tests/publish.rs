//! `publish`: a target that fails, and what an unfinished publication must not carry on.

mod common;

use common::{TestHouse, mail, marion};

#[test]
fn a_publication_that_failed_goes_on_under_the_byline_of_today() {
    let house = TestHouse::new();
    let id = house.story(&marion());
    house.run(&["approve", "marion"]).exits(0);
    // a file where the site's folder should be: nothing can be put there
    house.write("site", "in the way");
    let failed = house.run(&["publish", "marion"]);
    assert!(failed.exits(7).stderr.contains("[[target]] path"), "{}", failed.stderr);
    assert_eq!(house.state(&id), "approved");
    house.run(&["publish", "marion"]).exits(7);

    std::fs::remove_file(house.path("site")).expect("it was there");
    house.run(&["edit", "marion", "--author", "M. of Leeds"]).exits(0);
    house.run(&["publish", &id]).exits(5);
    house.run(&["approve", &id]).exits(0);
    let published = house.run(&["publish", &id, "--json"]).exits(0).json();
    assert_eq!(published[0]["receipts"][0]["place"], "site/content/stories/m-of-leeds");
    assert_eq!(
        house.files("site/content/stories"),
        ["m-of-leeds/.m4c-stories", "m-of-leeds/index.md"]
    );
    assert!(
        !house
            .read("site/content/stories/m-of-leeds/index.md")
            .contains("Maxwell")
    );
    house.run(&["publish", &id]).exits(0);
    house.fsck();
}

#[test]
fn two_of_one_name_have_two_pages_and_a_correction_goes_out_when_somebody_says_so() {
    let house = TestHouse::new();
    let first = house.story(&marion());
    let second = house.story(&mail(
        "Marion Maxwell <other@example.org>",
        "Sun, 5 Dec 2010 10:12:31 +0000",
        "Another Marion",
        "I am another Marion, and I ask for a crossing by the school. Two hundred parents signed.\n\nMarion Maxwell",
    ));
    house.run(&["approve", &first, &second]).exits(0);
    house.run(&["publish"]).exits(0);
    assert!(house.path("site/content/stories/marion-maxwell-2/index.md").exists());

    house.run(&["edit", &second, "--subtitle", "A crossing"]).exits(0);
    assert_eq!(house.show(&second)["correction"], true);
    assert_eq!(house.show(&second)["turn"], "reviewer");
    let refused = house.run(&["publish", &second, "--update", "--json"]);
    assert_eq!(refused.exits(5).error()["code"], "policy.too_few_approvals");
    house.run(&["approve", &second]).exits(0);
    assert_eq!(house.show(&second)["turn"], "publisher");
    assert!(house.run(&["publish"]).exits(0).stderr.contains("--update"));
    house.run(&["publish", &second, "--update"]).exits(0);
    assert!(
        house
            .read("site/content/stories/marion-maxwell-2/index.md")
            .contains("A crossing")
    );
    assert_eq!(house.show(&second)["correction"], false);
}

/// A site that answers as its list says, and then always as its last word.
fn site(mut answers: Vec<&'static str>) -> u16 {
    use std::io::{BufRead, BufReader, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("it is bound").port();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut line = String::new();
            let mut reader = BufReader::new(stream.try_clone().expect("a socket"));
            while reader.read_line(&mut line).is_ok_and(|n| n > 2) {
                line.clear();
            }
            let answer = if answers.len() > 1 {
                answers.remove(0)
            } else {
                answers[0]
            };
            let _ = stream
                .write_all(format!("HTTP/1.1 {answer}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").as_bytes());
        }
    });
    port
}

#[test]
fn a_publication_may_wait_until_its_address_answers() {
    for (answers, code) in [(vec!["404 No", "503 No", "200 OK"], 0), (vec!["404 No"], 75)] {
        let port = site(answers);
        let house = TestHouse::with_config(&format!(
            "{}url = \"http://127.0.0.1:{port}/stories/\"\n",
            common::CONFIG
        ));
        let id = house.story(&marion());
        house.run(&["approve", &id]).exits(0);
        let wait = if code == 0 { "--wait-live" } else { "--wait-live=1" };
        let ran = house.run(&["publish", &id, wait]);
        ran.exits(code);
        assert_eq!(ran.stderr.contains("does not answer yet"), code == 75, "{}", ran.stderr);
        assert_eq!(house.state(&id), "published");
    }
}

#[test]
fn of_a_target_without_a_url_only_what_it_answered_in_this_run_is_asked() {
    let port = site(vec!["503 No", "200 OK"]);
    let (head, _) = common::CONFIG.split_once("[[target]]").expect("a target");
    let house = TestHouse::with_config(&format!(
        "{head}[[target]]\nname = \"wall\"\nkind = \"hook\"\ncommand = [\"echo\", \"http://127.0.0.1:{port}/a/\"]\n"
    ));
    let id = house.story(&marion());
    house.run(&["approve", &id]).exits(0);
    house.run(&["publish", &id, "--wait-live"]).exits(0);
    // from now on it is what the record says, and others write there, too
    let ran = house.run(&["publish", &id, "--wait-live=1"]);
    let told = format!("http://127.0.0.1:{port}/a/ was not asked: config.toml names no `url` for wall");
    assert!(ran.exits(75).stderr.contains(&told), "{}", ran.stderr);
}
