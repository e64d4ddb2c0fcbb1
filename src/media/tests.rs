//! Photos made here, with everything in them that must not come out.

use image::{Rgb, RgbImage, Rgba, RgbaImage};

use super::*;

const CANARY: &[u8] = b"CANARY-51.5007N";

/// Red at the top left corner, so that turning shows; soft elsewhere.
fn picture(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        if x < width / 4 && y < height / 4 {
            Rgb([220, 20, 20])
        } else {
            Rgb([90, (x % 120) as u8 + 60, 160])
        }
    })
}

fn written(image: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    image.into().write_to(&mut out, format).unwrap();
    out.into_inner()
}

/// A TIFF block with a maker's name, an orientation and a place.
fn exif(orientation: u16) -> Vec<u8> {
    let mut out = b"II*\0\x08\0\0\0".to_vec();
    let entry = |tag: u16, kind: u16, count: u32, value: [u8; 4]| {
        [
            &tag.to_le_bytes()[..],
            &kind.to_le_bytes(),
            &count.to_le_bytes(),
            &value,
        ]
        .concat()
    };
    let make_at = 8 + 2 + 3 * 12 + 4;
    let gps_at = make_at + CANARY.len() as u32;
    out.extend(3u16.to_le_bytes());
    out.extend(entry(0x010f, 2, CANARY.len() as u32, make_at.to_le_bytes()));
    out.extend(entry(0x0112, 3, 1, u32::from(orientation).to_le_bytes()));
    out.extend(entry(0x8825, 4, 1, gps_at.to_le_bytes()));
    out.extend([0; 4]);
    out.extend(CANARY);
    out.extend(2u16.to_le_bytes());
    out.extend(entry(0x0001, 2, 2, *b"N\0\0\0"));
    out.extend(entry(0x0002, 5, 3, (gps_at + 2 + 2 * 12 + 4).to_le_bytes()));
    out.extend([0; 4]);
    for (degrees, of) in [(51u32, 1u32), (30, 1), (2, 1)] {
        out.extend([degrees.to_le_bytes(), of.to_le_bytes()].concat());
    }
    out
}

fn segment(marker: u8, data: &[u8]) -> Vec<u8> {
    let length = (data.len() as u16 + 2).to_be_bytes();
    [&[0xff, marker], &length[..], data].concat()
}

/// A JPEG with a canary in every place that a camera, an editor or an attacker may put one.
fn laden_jpeg(image: RgbImage, orientation: u16) -> Vec<u8> {
    let plain = written(image, ImageFormat::Jpeg);
    let mut out = plain[..2].to_vec();
    out.extend(segment(
        0xe0,
        &[b"JFIF\0\x01\x01\0\0\x01\0\x01\x02\x02", CANARY].concat(),
    ));
    out.extend(segment(0xe1, &[b"Exif\0\0", &exif(orientation)[..]].concat()));
    out.extend(segment(
        0xe1,
        &[b"http://ns.adobe.com/xap/1.0/\0<x exif:GPSLatitude='", CANARY, b"'/>"].concat(),
    ));
    out.extend(segment(0xe2, &[b"MPF\0", CANARY].concat()));
    out.extend(segment(0xed, &[b"Photoshop 3.0\0", CANARY].concat()));
    out.extend(segment(0xef, CANARY));
    out.extend(segment(0xfe, CANARY));
    // what the encoder wrote, without its own APP0
    out.extend(&plain[2 + 18..]);
    out.extend(b"<script>alert(1)</script>");
    out.extend(CANARY);
    out
}

fn chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let body = [&kind[..], data].concat();
    [
        &(data.len() as u32).to_be_bytes()[..],
        &body,
        &crc32fast::hash(&body).to_be_bytes(),
    ]
    .concat()
}

fn laden_png(image: impl Into<DynamicImage>) -> Vec<u8> {
    let plain = written(image, ImageFormat::Png);
    let (head, rest) = plain.split_at(33);
    let mut out = head.to_vec();
    out.extend(chunk(b"tEXt", &[b"Comment\0", CANARY].concat()));
    out.extend(chunk(b"iTXt", &[b"XML:com.adobe.xmp\0\0\0\0\0", CANARY].concat()));
    out.extend(chunk(b"eXIf", &exif(1)));
    out.extend(chunk(b"zzZz", CANARY));
    out.extend(rest);
    out.extend(CANARY);
    out
}

fn laden_webp(image: RgbaImage, orientation: u16) -> Vec<u8> {
    let (width, height) = image.dimensions();
    let plain = written(image, ImageFormat::WebP);
    let riff = |kind: &[u8; 4], data: &[u8]| {
        let pad: &[u8] = if data.len() % 2 == 1 { b"\0" } else { b"" };
        [&kind[..], &(data.len() as u32).to_le_bytes(), data, pad].concat()
    };
    let mut extended = vec![0x1c, 0, 0, 0];
    extended.extend(&(width - 1).to_le_bytes()[..3]);
    extended.extend(&(height - 1).to_le_bytes()[..3]);
    let body = [
        b"WEBP".to_vec(),
        riff(b"VP8X", &extended),
        plain[12..].to_vec(),
        riff(b"EXIF", &exif(orientation)),
        riff(b"XMP ", CANARY),
        riff(b"JUNK", CANARY),
    ]
    .concat();
    [
        b"RIFF".to_vec(),
        (body.len() as u32).to_le_bytes().to_vec(),
        body,
        CANARY.to_vec(),
    ]
    .concat()
}

fn laden_gif(frames: usize) -> Vec<u8> {
    let plain = written(DynamicImage::ImageRgb8(picture(40, 30)).to_rgba8(), ImageFormat::Gif);
    let table = if plain[10] & 0x80 == 0 {
        0
    } else {
        3 << ((plain[10] & 7) + 1)
    };
    let (head, rest) = plain.split_at(13 + table);
    let frame = &rest[..rest.len() - 1];
    let mut out = head.to_vec();
    out.extend(b"\x21\xfe\x0f");
    out.extend(CANARY);
    out.push(0);
    for _ in 0..frames {
        out.extend(frame);
    }
    out.push(0x3b);
    out.extend(CANARY);
    out
}

fn has(bytes: &[u8], needle: &[u8]) -> bool {
    memchr::memmem::find(bytes, needle).is_some()
}

fn published(bytes: &[u8]) -> Photo {
    let photo = clean(bytes, &Limits::default()).unwrap();
    for leak in [
        CANARY,
        b"CANARY",
        b"Exif",
        b"GPS",
        b"<script",
        b"ICC_PROFILE",
        b"Photoshop",
        b"adobe.com",
    ] {
        assert!(!has(&photo.bytes, leak), "{:?} survived", String::from_utf8_lossy(leak));
    }
    assert_eq!(opens(&photo.bytes, &Limits::default()), Ok(()));
    let shown = image::load_from_memory(&photo.bytes).unwrap();
    assert_eq!((shown.width(), shown.height()), (photo.width, photo.height));
    photo
}

#[test]
fn nothing_but_the_image_survives() {
    let rgba = RgbaImage::from_fn(60, 40, |x, _| Rgba([x as u8 * 4, 80, 90, if x < 9 { 0 } else { 255 }]));
    for (ext, bytes) in [
        ("jpg", laden_jpeg(picture(120, 80), 1)),
        ("jpg", laden_jpeg(picture(120, 80), 6)),
        ("jpg", laden_jpeg(picture(2400, 200), 1)),
        ("png", laden_png(picture(120, 80))),
        ("png", laden_png(rgba.clone())),
        ("webp", laden_webp(rgba, 1)),
        ("gif", laden_gif(1)),
    ] {
        assert!(has(&bytes, CANARY));
        let photo = published(&bytes);
        assert_eq!(photo.ext, ext);
        assert!(photo.had_metadata, "{ext}");
        assert_eq!(photo.had_location, ext != "gif", "{ext}");
    }
}

#[test]
fn a_photo_that_needs_no_change_keeps_its_pixels() {
    let plain = written(picture(120, 80), ImageFormat::Jpeg);
    let photo = published(&laden_jpeg(picture(120, 80), 1));
    assert_eq!(
        image::load_from_memory(&photo.bytes).unwrap(),
        image::load_from_memory(&plain).unwrap()
    );
    let unladen = published(&plain);
    assert!(!unladen.had_metadata && !unladen.had_location && !unladen.stilled);
    assert_eq!(published(&unladen.bytes), unladen, "cleaning twice is cleaning once");
}

#[test]
fn a_photo_stands_upright_whatever_way_it_was_held() {
    let is_red = |p: &Rgb<u8>| p.0[0] > 180 && p.0[1] < 80;
    // for each EXIF orientation, the corner where the red of the stored pixels belongs
    for (orientation, turned, right, bottom) in [
        (1, false, false, false),
        (2, false, true, false),
        (3, false, true, true),
        (4, false, false, true),
        (5, true, false, false),
        (6, true, true, false),
        (7, true, true, true),
        (8, true, false, true),
    ] {
        let photo = published(&laden_jpeg(picture(128, 64), orientation));
        let size = if turned { (64, 128) } else { (128, 64) };
        assert_eq!((photo.width, photo.height), size, "{orientation}");
        let shown = image::load_from_memory(&photo.bytes).unwrap().to_rgb8();
        let x = if right { photo.width - 4 } else { 3 };
        let y = if bottom { photo.height - 4 } else { 3 };
        assert!(is_red(shown.get_pixel(x, y)), "{orientation}");
        assert!(
            !is_red(shown.get_pixel(photo.width - 1 - x, photo.height - 1 - y)),
            "{orientation}"
        );
    }
    let turned = published(&laden_webp(RgbaImage::from_pixel(60, 40, Rgba([1, 2, 3, 255])), 6));
    assert_eq!((turned.width, turned.height), (40, 60));
}

#[test]
fn the_longest_side_is_bounded() {
    let limits = Limits {
        max_side: 100,
        ..Limits::default()
    };
    for (width, height, shown) in [
        (400, 200, (100, 50)),
        (90, 300, (30, 100)),
        (1000, 10, (100, 1)),
        (100, 100, (100, 100)),
    ] {
        for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::Gif, ImageFormat::WebP] {
            let photo = clean(&written(picture(width, height), format), &limits).unwrap();
            assert_eq!((photo.width, photo.height), shown, "{format:?}");
            image::load_from_memory(&photo.bytes).unwrap();
        }
    }
}

#[test]
fn an_animation_holds_still() {
    let photo = published(&laden_gif(50));
    assert!(photo.stilled);
    assert!(photo.bytes.len() <= laden_gif(1).len());
    assert!(!published(&laden_gif(1)).stilled);
}

#[test]
fn the_colours_of_a_phone_become_srgb() {
    let icc = ColorProfile::new_display_p3().encode().unwrap();
    let plain = written(RgbImage::from_pixel(32, 32, Rgb([60, 200, 60])), ImageFormat::Jpeg);
    let tagged = |icc: &[u8]| {
        [
            &plain[..20],
            &segment(0xe2, &[b"ICC_PROFILE\0\x01\x01", icc].concat()),
            &plain[20..],
        ]
        .concat()
    };
    let photo = published(&tagged(&icc));
    let shown = image::load_from_memory(&photo.bytes).unwrap().to_rgb8();
    let Rgb([red, green, _]) = *shown.get_pixel(10, 10);
    assert!(
        red < 20 && green > 195,
        "P3 green is greener than sRGB's: {red} {green}"
    );
    let srgb = published(&tagged(&ColorProfile::new_srgb().encode().unwrap()));
    assert_eq!(srgb.bytes, published(&plain).bytes, "no need to write it anew");
    published(&tagged(b"no profile at all"));
}

#[test]
fn a_bomb_is_refused_by_its_header() {
    let header = [&50_000u32.to_be_bytes()[..], &50_000u32.to_be_bytes(), &[8, 2, 0, 0, 0]].concat();
    let bomb = [
        b"\x89PNG\r\n\x1a\n".to_vec(),
        chunk(b"IHDR", &header),
        chunk(b"IDAT", &[0; 1000]),
        chunk(b"IEND", b""),
    ]
    .concat();
    let refused = clean(&bomb, &Limits::default()).unwrap_err();
    assert_eq!(
        refused,
        NotPublished::TooManyPixels {
            width: 50_000,
            height: 50_000,
            max: 50_000_000,
        }
    );
    assert_eq!(
        refused.to_string(),
        "it is 50000 by 50000 pixels, too large to open (at most 50 million in all; `max_photo_pixels` under [story]): please send a smaller copy"
    );
    let more = Limits {
        max_pixels: 2_500_000_000,
        ..Limits::default()
    };
    assert!(
        matches!(clean(&bomb, &more), Err(NotPublished::Damaged(_))),
        "then it is opened"
    );

    let mut jpeg = written(picture(16, 16), ImageFormat::Jpeg);
    let frame = memchr::memmem::find(&jpeg, b"\xff\xc0").unwrap();
    jpeg[frame + 5..frame + 9].copy_from_slice(b"\xff\xff\xff\xff");
    // so many pixels in so few bytes: it cannot be whole
    assert_eq!(clean(&jpeg, &Limits::default()), Err(NotPublished::BrokenOff));
    let end = jpeg.len() - 2;
    jpeg.splice(end..end, vec![0x55; 20_000_000]);
    let width_and_height = NotPublished::TooManyPixels {
        width: 65_535,
        height: 65_535,
        max: 50_000_000,
    };
    assert_eq!(clean(&jpeg, &Limits::default()), Err(width_and_height));

    let mut gif = laden_gif(1);
    gif[6..10].copy_from_slice(b"\xff\xff\xff\xff");
    assert!(matches!(
        clean(&gif, &Limits::default()),
        Err(NotPublished::TooManyPixels { .. })
    ));

    let small = Limits {
        max_bytes: 10,
        ..Limits::default()
    };
    assert!(matches!(
        clean(&bomb, &small),
        Err(NotPublished::TooManyBytes { max: 10, .. })
    ));
}

#[test]
fn the_type_is_what_the_bytes_are() {
    let cases: [(&[u8], &str); 13] = [
        (b"", "empty"),
        (b"hello", "JPEG, PNG, WebP, GIF"),
        (b"\0\0\0\x18ftypheic....", "HEIC"),
        (b"\0\0\0\x18ftypmif1....", "HEIC"),
        (b"\0\0\0\x18ftypavif....", "AVIF"),
        (b"\0\0\0\x18ftypmp42....", "video"),
        (b"\xef\xbb\xbf\n<?xml version='1.0'?><svg onload='alert(1)'/>", "SVG"),
        (b"  <svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
        (b"%PDF-1.7", "PDF"),
        (b"II*\0rest", "TIFF"),
        (b"BMrest", "BMP"),
        (b"PK\x03\x04rest", "ZIP"),
        (b"\x1f\x8brest", "archive"),
    ];
    for (bytes, word) in cases {
        let why = clean(bytes, &Limits::default()).unwrap_err().to_string();
        assert!(why.contains(word), "{why}");
        assert!(why.contains("please"), "it says what to do: {why}");
    }
}

#[test]
fn a_damaged_photo_is_a_value_wherever_it_is_damaged() {
    let rgba = RgbaImage::from_pixel(20, 20, Rgba([1, 2, 3, 200]));
    for whole in [
        laden_jpeg(picture(40, 30), 6),
        laden_png(picture(20, 20)),
        laden_webp(rgba, 1),
        laden_gif(2),
    ] {
        let end = whole.len() - CANARY.len() - 30;
        for cut in (1..end).step_by(7) {
            if let Ok(photo) = clean(&whole[..cut], &Limits::default()) {
                assert_eq!(opens(&photo.bytes, &Limits::default()), Ok(()));
            }
        }
        // a simple generator is enough: the point is that no byte of a header is trusted
        let mut seed = 7usize;
        for _ in 0..300 {
            let mut bent = whole.clone();
            for _ in 0..3 {
                seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                bent[(seed >> 33) % end] = (seed >> 20) as u8;
            }
            if let Ok(photo) = clean(&bent, &Limits::default()) {
                assert!(!has(&photo.bytes, CANARY));
                let opens = opens(&photo.bytes, &Limits::default());
                assert!(opens.is_ok() || photo.ext == "jpg", "{}: {opens:?}", photo.ext);
            }
        }
    }
    assert_eq!(
        clean(&laden_jpeg(picture(40, 30), 1)[..700], &Limits::default()),
        Err(NotPublished::BrokenOff)
    );
}

#[test]
fn a_table_hides_nothing_behind_it() {
    let plain = written(picture(16, 16), ImageFormat::Jpeg);
    let table = memchr::memmem::find(&plain, b"\xff\xdb").unwrap();
    let length = u16::from_be_bytes([plain[table + 2], plain[table + 3]]) as usize;
    let data = [&plain[table + 4..table + 2 + length], CANARY].concat();
    let smuggled = [&plain[..table], &segment(0xdb, &data), &plain[table + 2 + length..]].concat();
    assert!(matches!(
        clean(&smuggled, &Limits::default()),
        Err(NotPublished::Damaged(_))
    ));
}

fn is_red(p: [u8; 3]) -> bool {
    p[0] > 180 && p[1] < 80
}

#[test]
fn a_picture_is_bounded_keeps_its_shape_and_is_never_larger_than_the_photo() {
    for (photo, most, shown) in [
        ((400, 200), (96, 80), (96, 48)),
        ((90, 300), (96, 80), (24, 80)),
        ((2000, 4), (96, 80), (96, 1)),
        ((4, 2000), (96, 80), (1, 80)),
        ((40, 30), (96, 80), (40, 30)),
        ((2, 2), (1, 1), (1, 1)),
    ] {
        for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::Gif, ImageFormat::WebP] {
            let bytes = written(self::picture(photo.0, photo.1), format);
            let small = super::picture(&bytes, most.0, most.1, &Limits::default()).unwrap();
            assert_eq!(small.size(), shown, "{photo:?} as {format:?}");
            let (columns, rows) = shown;
            assert!(small.rows().count() == rows as usize && small.rows().all(|row| row.len() == columns as usize));
        }
    }
    let whole = super::picture(&written(picture(96, 48), ImageFormat::Png), 96, 80, &Limits::default()).unwrap();
    assert_eq!(whole.within(20, 80).size(), (20, 10));
    assert_eq!(whole.within(96, 80), whole);
}

#[test]
fn a_picture_stands_upright_where_the_stored_photo_does_not() {
    for (orientation, size, right, bottom) in [
        (1, (32, 16), false, false),
        (3, (32, 16), true, true),
        (6, (16, 32), true, false),
        (8, (16, 32), false, true),
    ] {
        let photo = laden_jpeg(picture(128, 64), orientation);
        let small = super::picture(&photo, 32, 32, &Limits::default()).unwrap();
        assert_eq!(small.size(), size, "{orientation}");
        let pixels: Vec<_> = small.rows().collect();
        let row = &pixels[if bottom { pixels.len() - 1 } else { 0 }];
        assert!(is_red(row[if right { row.len() - 1 } else { 0 }]), "{orientation}");
        assert_eq!(
            pixels.iter().flatten().filter(|p| is_red(**p)).count(),
            32,
            "{orientation}"
        );
    }
}

#[test]
fn what_a_photo_lets_through_is_white_in_its_picture() {
    let alpha = |a| RgbaImage::from_pixel(1, 1, Rgba([0, 100, 200, a]));
    for (a, shown) in [(255, [0, 100, 200]), (0, [255, 255, 255]), (51, [204, 224, 244])] {
        let small = super::picture(&written(alpha(a), ImageFormat::Png), 9, 9, &Limits::default()).unwrap();
        assert_eq!(small.rows().next().unwrap(), [shown], "{a}");
    }
}

#[test]
fn what_cannot_be_decoded_gives_no_picture_and_says_why() {
    let limits = Limits::default();
    let jpeg = written(picture(64, 64), ImageFormat::Jpeg);
    let few = Limits {
        max_pixels: 64 * 63,
        ..limits
    };
    let mut bent = written(picture(64, 64), ImageFormat::Png);
    let data = memchr::memmem::find(&bent, b"IDAT").unwrap();
    bent[data + 6] ^= 0xff;
    for (bytes, limits, why) in [
        (&b""[..], limits, "it is empty"),
        (
            b"not a photo",
            limits,
            "it is not a kind of photo known here (JPEG, PNG, WebP, GIF)",
        ),
        (
            b"\0\0\0\x18ftypheic....",
            limits,
            "HEIC, the iPhone's own photo format, is not shown by browsers",
        ),
        (&jpeg[..jpeg.len() / 2], limits, "it breaks off before its end"),
        (&jpeg, few, "it is 64 by 64 pixels, too large to open"),
        (&bent, limits, "it is damaged"),
    ] {
        let told = super::picture(bytes, 96, 80, &limits).unwrap_err().reason();
        assert!(
            told.starts_with(why) && !told.contains("please"),
            "{told:?} for {why:?}"
        );
    }
}
