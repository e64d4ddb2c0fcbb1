//! What was approved is what is published: one byte changed, by whatever way there is, and the approval is gone.

mod common;

use common::{TestHouse, marion};
use std::fs;

/// One house, in which the story is approved again before each way.
struct Approved {
    house: TestHouse,
    folder: String,
}

impl Approved {
    fn new() -> Approved {
        let house = TestHouse::new();
        let folder = format!("stories/{}", house.story(&marion()));
        let pixels = |shade: u8| image::RgbImage::from_pixel(60, 40, image::Rgb([shade, 20, 30]));
        for (name, shade) in [("us.png", 1), ("them.png", 2)] {
            let mut bytes = std::io::Cursor::new(Vec::new());
            pixels(shade)
                .write_to(&mut bytes, image::ImageFormat::Png)
                .expect("a picture");
            house.write(name, bytes.into_inner());
        }
        house.run(&["media", "marion", "add", "us.png", "--alt", "Us"]).exits(0);
        Approved { house, folder }
    }

    fn path(&self, file: &str) -> String {
        format!("{}/{file}", self.folder)
    }

    fn change(&self, file: &str, change: impl Fn(Vec<u8>) -> Vec<u8>) {
        let path = self.path(file);
        let bytes = fs::read(self.house.path(&path)).expect("it is there");
        self.house.write(&path, change(bytes));
    }

    fn commit(&self) {
        self.house.git(&["commit", "-qam", "By hand"]);
    }

    /// Approves the text as it is, changes it by `way`, and sees that it does not go out.
    fn lapses(&self, name: &str, through: &str, way: impl Fn(&Approved)) {
        self.house.run(&["approve", "marion"]).exits(0);
        assert_eq!(self.house.state("marion"), "approved", "{name}");
        way(self);
        let tip = self.house.git(&["rev-parse", "main"]);
        let refused = self.house.run(&["publish", "marion", "--json"]);
        let error = refused.exits(5).error();
        assert_eq!(error["code"], "policy.too_few_approvals", "{name}: {error}");
        let cause = error["cause"].as_str().expect("why");
        let told = format!("the approval by Robin Reviewer lapsed through {through}");
        assert!(cause.contains(&told), "{name}: {cause}");
        let shown = self.house.run(&["show", "marion"]).exits(0).stdout.clone();
        assert!(
            shown.contains(&format!(
                "Lapsed       the approval by Robin Reviewer, through {through}"
            )),
            "{name}: {shown}"
        );
        assert!(!self.house.path("site").exists(), "{name}: it was published");
        assert_eq!(self.house.git(&["rev-parse", "main"]), tip, "{name}: it committed");
    }
}

fn swapped(from: &'static [u8], to: &'static [u8]) -> impl Fn(Vec<u8>) -> Vec<u8> {
    move |bytes| {
        let at = bytes.windows(from.len()).position(|w| w == from).expect("it is in it");
        [&bytes[..at], to, &bytes[at + from.len()..]].concat()
    }
}

const ROBIN: &str = "Robin Reviewer";
const OUTSIDE: &str = "an edit outside the tool";

#[test]
fn one_byte_changed_by_any_way_there_is_and_nothing_goes_out() {
    let approved = Approved::new();
    approved.lapses("an editor", ROBIN, |a| {
        a.house
            .write("editor.sh", "#!/bin/sh\nsed -i 's/nights/night/' \"$1\"\n");
        let mut edit = a.house.command(common::BINARY);
        edit.args(["edit", "marion"]).env("EDITOR", "sh editor.sh");
        common::Ran::of(&mut edit, &["edit"], None).exits(0);
    });
    approved.lapses("a flag", ROBIN, |a| {
        a.house.run(&["edit", "marion", "--place", "Leeds"]).exits(0);
    });
    approved.lapses("a hand edit, taken", ROBIN, |a| {
        a.change("index.md", swapped(b"I clean", b"We clean"));
        a.house.run(&["edit", "marion", "--take"]).exits(0);
    });
    approved.lapses("another photo", ROBIN, |a| {
        a.house
            .run(&["media", "marion", "replace", "photo-1.png", "them.png"])
            .exits(0);
    });
    approved.lapses("a corrected text of the author", ROBIN, |a| {
        let again = marion()
            .replace("one question", "two questions")
            .replace("Subject: ", "Subject: Re: ");
        let again = again.replacen(
            "Message-ID: <",
            "In-Reply-To: <Teawithninetycleaners@example.org>\nMessage-ID: <again-",
            1,
        );
        a.house.story(&again);
        a.house.run(&["accept", "marion"]).exits(0);
    });
    approved.lapses("plain git", OUTSIDE, |a| {
        a.change("index.md", swapped(b"question", b"questiom"));
        a.commit();
    });
    approved.lapses("a blank at the end of a line", OUTSIDE, |a| {
        a.change("index.md", swapped(b"wage.", b"wage. "));
        a.commit();
    });
    approved.lapses("front matter", OUTSIDE, |a| {
        a.change("index.md", swapped(b"title = \"Future", b"title = \"future"));
        a.commit();
    });
    approved.lapses("a comment in the front matter", OUTSIDE, |a| {
        a.change("index.md", swapped(b"draft = true\n", b"draft = true\n# x\n"));
        a.commit();
    });
    approved.lapses("a photo's bytes", OUTSIDE, |a| {
        a.change("photo-1.png", |mut bytes| {
            bytes.push(0);
            bytes
        });
        a.commit();
    });
    approved.lapses("another file in the folder", OUTSIDE, |a| {
        a.house.write(&a.path("more.txt"), "x");
        a.house.git(&["add", "-A"]);
        a.commit();
    });
    approved.lapses("a photo's name", OUTSIDE, |a| {
        let folder = a.folder.trim_start_matches("stories/");
        a.house
            .git(&["mv", &format!("{folder}/more.txt"), &format!("{folder}/most.txt")]);
        a.commit();
    });
    approved.lapses("a merge", OUTSIDE, |a| {
        a.house.git(&["checkout", "-qb", "side"]);
        a.change("index.md", swapped(b"Marion\n", b"Marion M\n"));
        a.commit();
        a.house.git(&["checkout", "-q", "main"]);
        a.house.run(&["note", "marion", "-m", "meanwhile"]).exits(0);
        a.house.git(&["merge", "-q", "--no-edit", "side"]);
    });
    approved.lapses("a commit of an older text", OUTSIDE, |a| {
        let first = a
            .house
            .git(&["rev-list", "--reverse", "main", "--", &a.folder["stories/".len()..]]);
        let first = first.lines().next().expect("a commit").to_owned();
        let folder = a.folder.trim_start_matches("stories/").to_owned();
        a.house
            .git(&["checkout", "-q", &first, "--", &format!("{folder}/index.md")]);
        a.commit();
    });
    approved.lapses("line ends", OUTSIDE, |a| {
        a.change("index.md", |bytes| {
            String::from_utf8(bytes)
                .expect("text")
                .replace('\n', "\r\n")
                .into_bytes()
        });
        a.house.git(&["-c", "core.autocrlf=false", "commit", "-qam", "By hand"]);
    });
    approved.house.fsck();
}

#[test]
fn an_edit_that_is_not_committed_holds_the_publication_up() {
    let approved = Approved::new();
    approved.house.run(&["approve", "marion"]).exits(0);
    approved.change("index.md", swapped(b"question", b"questiom"));
    assert_eq!(
        approved.house.run(&["publish", "marion", "--json"]).exits(6).error()["code"],
        "story.edited_by_hand"
    );
    approved.house.git(&["checkout", "-q", "."]);
    approved.house.run(&["publish", "marion"]).exits(0);
}
