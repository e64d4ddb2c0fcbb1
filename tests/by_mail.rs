//! A story posted by mail: once, with its photos, and the secret address is told to nobody but the mail server.

mod common;
#[path = "outbox_smtp/scripted.rs"]
mod scripted;

use common::{CONFIG, TestHouse, mail};
use scripted::{Running, Scripted};

/// A PNG of one pixel.
const PHOTO: &str = "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000a49444154789c6300010000050001\
    0d0a2db40000000049454e44ae426082";

const SECRET: &str = "post.s3cr3tw0rd@blog.example.net";

fn house(script: Vec<(&'static str, &'static str)>) -> (TestHouse, Running) {
    let server = Scripted { script, tls: None }.start();
    let (head, _) = CONFIG.split_once("[outbox]").expect("there is an outbox");
    let config = format!(
        "{head}[outbox]\nkind = \"smtp\"\nhost = \"localhost\"\nport = {}\ntls = \"none\"\nfrom = \"M4C Team <team@example.org>\"\n\
         [letters]\nsend = [\"published\"]\nmax_age = \"36500d\"\n\
         [[target]]\nname = \"blog\"\nkind = \"email\"\nurl = \"https://blog.example.net/\"\naddress_command = [\"cat\", \"secret\"]\n",
        server.port
    );
    let house = TestHouse::with_config(&config);
    house.write("secret", format!("{SECRET}\n"));
    (house, server)
}

fn approved(house: &TestHouse) -> String {
    let id = house.story(&mail(
        "Marion Maxwell <marion@example.org>",
        "Sat, 4 Dec 2010 10:12:31 +0000",
        "Tea with ninety cleaners",
        "We asked each of them {{ one }} question [gallery] in our street, and we did it every week.\n\nMarion",
    ));
    house.write("street.png", hex::decode(PHOTO).expect("hexadecimal"));
    house
        .run(&["media", &id, "add", "street.png", "--alt", "Our street"])
        .exits(0);
    house.run(&["approve", &id]).exits(0);
    id
}

fn posts(server: &Running) -> Vec<String> {
    server
        .heard()
        .into_iter()
        .filter(|heard| heard.contains("\r\nSubject: "))
        .collect()
}

/// Neither what was printed nor anything that was written has the address.
fn nothing_tells(house: &TestHouse, said: &[String]) {
    let secret = SECRET.split('@').next().expect("a local part");
    for said in said {
        assert!(!said.contains(secret), "{said}");
    }
    for folder in [".desk", "stories"] {
        for file in house.files(folder) {
            let bytes = std::fs::read(house.path(folder).join(&file)).expect("it is there");
            assert!(!String::from_utf8_lossy(&bytes).contains(secret), "{file}");
        }
    }
    let log = house.git(&["log", "--all", "-p", "--format=%B"]);
    assert!(!log.contains(secret), "{log}");
}

#[test]
fn a_story_is_posted_with_its_photo_and_cannot_be_changed_from_here() {
    let (house, server) = house(Vec::new());
    let id = approved(&house);
    let published = house.run(&["publish", &id, "-v", "--json"]);
    let receipts = published.exits(0).json()[0]["receipts"].clone();
    assert_eq!(receipts[0]["place"], "https://blog.example.net/", "{receipts}");
    let posts = posts(&server);
    assert_eq!(posts.len(), 1);
    let post = &posts[0];
    for part in [
        &format!("To: {SECRET}\r\n"),
        "Subject: Future Leader Stories: Marion Maxwell\r\n",
        "multipart/alternative",
        "multipart/related",
        "Content-Type: image/png",
        "Content-Disposition: inline",
    ] {
        assert!(post.contains(part), "{part}\n{post}");
    }
    let named = post
        .split("Content-ID: <")
        .nth(1)
        .and_then(|rest| rest.split('>').next())
        .expect("a Content-ID");
    let joined = post.replace("=\r\n", "").replace("=3D", "=");
    assert!(joined.contains(&format!("src=\"cid:{named}\"")), "{post}");
    assert!(
        joined.contains("&#91;gallery]") && !joined.contains("<p>We asked each of them {{"),
        "{post}"
    );
    assert!(!post.contains("marion@example.org"), "{post}");

    house.run(&["publish", &id]).exits(0);
    house.run(&["edit", &id, "--subtitle", "A crossing"]).exits(0);
    house.run(&["approve", &id]).exits(0);
    let update = house.run(&["publish", &id, "--update"]);
    assert!(
        update.exits(5).stderr.contains("change it there by hand"),
        "{}",
        update.stderr
    );
    assert_eq!(self::posts(&server).len(), 1);
    let shown = house.run(&["show", &id, "--json"]).exits(0).stdout.clone();
    let doctor = house.run(&["doctor", "-v"]);
    assert!(
        doctor.stdout.contains("stories can be posted by mail"),
        "{}",
        doctor.stdout
    );
    nothing_tells(
        &house,
        &[
            published.stdout,
            published.stderr,
            update.stderr,
            shown,
            doctor.stdout,
            doctor.stderr,
        ],
    );
}

#[test]
fn a_refusal_that_repeats_the_address_is_told_without_it_and_tried_again() {
    let refused = "550 5.1.1 <Post.S3cr3tw0rd@blog.example.net>: no such post.s3cr3tw0rd here\r\n";
    let (house, server) = house(vec![("RCPT", refused)]);
    let id = approved(&house);
    let failed = house.run(&["publish", &id, "-v"]);
    assert!(
        failed.exits(7).stderr.contains("no such (***) here"),
        "{}",
        failed.stderr
    );
    let json = house.run(&["show", &id, "--json"]).exits(0).stdout.clone();
    house.run(&["publish", &id]).exits(0);
    assert_eq!(posts(&server).len(), 1);
    assert_eq!(house.state(&id), "published");
    nothing_tells(&house, &[failed.stdout, failed.stderr.to_lowercase(), json]);
    house.fsck();
}

#[test]
fn a_post_after_which_the_line_was_lost_is_a_persons_to_settle() {
    let (house, server) = house(vec![("DOT", "")]);
    let id = approved(&house);
    for _ in 0..2 {
        let lost = house.run(&["publish", &id]);
        assert!(lost.exits(7).stderr.contains("--not-arrived blog"), "{}", lost.stderr);
    }
    assert_eq!(posts(&server).len(), 1);
    assert_eq!(house.state(&id), "approved");
    let due = house.run(&["publish", "--due"]);
    assert_eq!((due.code, posts(&server).len()), (7, 1), "{}", due.stderr);
    // no letter says that it is published before somebody knows
    assert!(
        house
            .run(&["letters", "--json"])
            .exits(0)
            .json()
            .as_array()
            .is_some_and(Vec::is_empty)
    );
    house.run(&["publish", &id, "--not-arrived", "blog"]).exits(0);
    assert_eq!(posts(&server).len(), 2);
    assert_eq!(house.state(&id), "published");
    house.fsck();
}

#[test]
fn a_server_that_is_away_leaves_one_line_in_the_record() {
    let (house, server) = house(vec![
        ("GREETING", "421 4.3.2 later\r\n"),
        ("GREETING", "421 4.3.2 later\r\n"),
    ]);
    let id = approved(&house);
    for _ in 0..2 {
        house.run(&["publish", &id]).exits(7);
    }
    let events = house.show(&id)["events"].clone();
    let receipts = events
        .as_array()
        .expect("a list")
        .iter()
        .filter(|e| e["event"] == "receipt")
        .count();
    assert_eq!(receipts, 1, "{events}");
    house.run(&["publish", &id]).exits(0);
    assert_eq!(posts(&server).len(), 1);
}
