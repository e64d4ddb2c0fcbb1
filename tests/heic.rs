//! An iPhone's own photo format, with the real converter of Debian's libheif-examples.

mod common;

use std::fs;

use common::{CONFIG, TestHouse, base64, have};

/// A mail with one HEIC photo named as a JPEG, as phones send them.
fn mail(photo: &[u8]) -> String {
    let encoded = base64(photo);
    format!(
        "From: Marion Maxwell <marion@example.org>\nTo: stories@example.org\nDate: Sat, 4 Dec 2010 10:12:31 +0000\n\
         Subject: The bus stop\nMessage-ID: <heic@example.org>\nMIME-Version: 1.0\n\
         Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain; charset=utf-8\n\n\
         We stood at the stop every morning for a month until the bus came.\n\n--b\n\
         Content-Type: image/jpeg; name=IMG_0001.jpg\nContent-Transfer-Encoding: base64\n\
         Content-Disposition: attachment; filename=IMG_0001.jpg\n\n{encoded}\n--b--\n"
    )
}

#[test]
fn a_heic_photo_is_published_as_jpeg_where_a_converter_is_configured_and_else_reported() {
    if !have("heif-enc") || !have("heif-convert") {
        return;
    }
    let house = TestHouse::new();
    let picture = image::RgbImage::from_fn(320, 240, |x, y| image::Rgb([x as u8, y as u8, (x * y) as u8]));
    picture.save(house.path("photo.png")).expect("a picture");
    let made = house
        .command("heif-enc")
        .args(["photo.png", "-o", "photo.heic"])
        .output()
        .expect("it runs");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let heic = fs::read(house.path("photo.heic")).expect("a HEIC photo");

    let without = house.story(&mail(&heic));
    let shown = house.show(&without);
    assert_eq!(shown["files"].as_array().map(Vec::len), Some(0));
    assert!(shown["events"][0]["notes"].to_string().contains("HEIC"), "{shown}");

    let command = "heic_command = [\"heif-convert\", \"{in}\", \"{out}\"]";
    let house = TestHouse::with_config(&format!("[story]\n{command}\n{CONFIG}"));
    let with = house.story(&mail(&heic));
    assert_eq!(house.show(&with)["files"][0], "photo-1.jpg");
    let photo = fs::read(house.path(&format!("stories/{with}/photo-1.jpg"))).expect("the photo");
    assert!(photo.starts_with(b"\xff\xd8\xff"));
}
