//! `media`: photos added, replaced and taken out, cleaned like those of a mail, and what becomes of the approvals.

mod common;

use common::{TestHouse, base64, marion};
use image::{DynamicImage, ImageFormat, RgbImage};

/// A photo of this shade, in this format.
fn photo(shade: u8, format: ImageFormat) -> Vec<u8> {
    let image = RgbImage::from_fn(300, 200, |x, y| image::Rgb([shade, (x % 250) as u8, (y % 250) as u8]));
    let mut bytes = std::io::Cursor::new(Vec::new());
    DynamicImage::from(image)
        .write_to(&mut bytes, format)
        .expect("a picture");
    bytes.into_inner()
}

#[test]
fn of_two_that_are_the_same_the_one_in_the_text_is_published() {
    let house = TestHouse::new();
    let png = base64(&photo(7, ImageFormat::Png));
    let part = |head: &str| format!("Content-Type: image/png\nContent-Transfer-Encoding: base64\n{head}\n\n{png}");
    let mail = format!(
        "From: Marion Maxwell <marion@example.org>\nTo: stories@example.org\nDate: Sat, 4 Dec 2010 10:12:31 +0000\n\
         Subject: Forty trees\nMessage-ID: <trees@example.org>\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n\
         --b\n{}\n--b\nContent-Type: text/html\n\n\
         <p>We planted forty trees, one for each of us.</p><p><img src=\"cid:trees\" alt=\"Forty young trees\"></p><p>Come and see.</p>\n\
         --b\n{}\n--b--\n",
        part("Content-Disposition: attachment; filename=trees.png"),
        part("Content-ID: <trees>\nContent-Disposition: inline"),
    );
    let id = house.story(&mail);
    let text = house.read(&format!("stories/{id}/index.md"));
    assert!(text.contains("![Forty young trees](photo-1.png)"), "{text}");
    let kept = house.path(&format!("stories/{id}/photo-1.png"));
    assert!(image::open(kept).is_ok());
}

#[test]
fn photos_come_and_go_and_approvals_lapse() {
    let house = TestHouse::new();
    let id = house.story(&marion());
    let index = || house.read(&format!("stories/{id}/index.md"));
    let files = || house.files(&format!("stories/{id}"));
    // EXIF with a canary in front of the picture
    let mut one = photo(10, ImageFormat::Jpeg);
    let exif = b"Exif\0\0canary at 51.5N";
    let mut segment = vec![0xff, 0xe1, 0, (exif.len() + 2) as u8];
    segment.extend_from_slice(exif);
    one.splice(2..2, segment);
    house.write("march.jpg", &one);
    house.write("blurred.png", photo(20, ImageFormat::Png));
    house.write("other.jpg", photo(30, ImageFormat::Jpeg));
    house.write("notes.pdf", "%PDF-1.4 nothing to see");

    assert_eq!(house.run(&["media", "marion"]).exits(0).stdout, "No photos.\n");
    house.run(&["approve", "marion"]).exits(0);
    let tip = house.git(&["rev-parse", "main"]);
    house.run(&["-n", "media", "marion", "add", "march.jpg"]).exits(0);
    let refused = house.run(&["media", "marion", "add", "other.jpg", "notes.pdf"]);
    assert!(refused.exits(2).stderr.contains("notes.pdf"), "{}", refused.stderr);
    assert_eq!(tip, house.git(&["rev-parse", "main"]));

    house
        .run(&[
            "media",
            "marion",
            "add",
            "march.jpg",
            "other.jpg",
            "--alt",
            "Sixty people [with] placards",
        ])
        .exits(0);
    assert_eq!(files(), ["index.md", "photo-1.jpg", "photo-2.jpg", "record.jsonl"]);
    assert!(
        index().ends_with("\n\n![Sixty people \\[with\\] placards](photo-1.jpg)\n\n![](photo-2.jpg)\n"),
        "{}",
        index()
    );
    // what it shows is taken out again, which is told, and found
    house.run(&["edit", "marion", "--alt", "photo-2.jpg=A van"]).exits(0);
    assert!(index().contains("![A van](photo-2.jpg)"), "{}", index());
    let emptied = house.run(&["edit", "marion", "--alt", "photo-2.jpg= "]);
    assert!(
        emptied.exits(0).stderr.contains("photo-2.jpg has no description now"),
        "{}",
        emptied.stderr
    );
    assert!(
        index().contains("![](photo-2.jpg)") && !index().contains("photo-2.jpg = "),
        "{}",
        index()
    );
    let found = house.run(&["check", "marion", "--json"]).exits(0).json();
    assert!(found.to_string().contains("\"alt\""), "{found}");
    let kept = std::fs::read(house.path(&format!("stories/{id}/photo-1.jpg"))).expect("a photo");
    assert!(!kept.windows(6).any(|w| w == b"canary"));
    let show = house.run(&["show", "marion", "--json"]).exits(0).json();
    assert_eq!(show["state"], "draft", "the approval was of the text without photos");
    // the same again is nothing
    let tip = house.git(&["rev-parse", "main"]);
    house.run(&["media", "marion", "add", "march.jpg"]).exits(0);
    assert_eq!(tip, house.git(&["rev-parse", "main"]));

    house
        .run(&["media", "marion", "replace", "photo-1.jpg", "blurred.png"])
        .exits(0);
    assert_eq!(files(), ["index.md", "photo-1.png", "photo-2.jpg", "record.jsonl"]);
    assert!(
        index().contains("![Sixty people \\[with\\] placards](photo-1.png)"),
        "{}",
        index()
    );
    assert!(
        index().contains("\"photo-1.png\" = \"Sixty people [with] placards\""),
        "{}",
        index()
    );

    house.run(&["media", "marion", "drop", "photo-2.jpg"]).exits(0);
    assert_eq!(files(), ["index.md", "photo-1.png", "record.jsonl"]);
    assert!(!index().contains("photo-2"), "{}", index());
    for name in ["photo-2.jpg", "index.md", "record.jsonl", "../x"] {
        house.run(&["media", "marion", "drop", name]).exits(2);
    }
    let list = house.run(&["media", "marion", "--json"]).exits(0).json();
    assert_eq!(list[0]["file"], "photo-1.png");
    assert_eq!(list[0]["alt"], "Sixty people [with] placards");
    house.run(&["approve", "marion"]).exits(0);
    house.run(&["publish", "marion"]).exits(0);
    assert!(house.path("site/content/stories/marion-maxwell/photo-1.png").exists());
    house.fsck();
}
