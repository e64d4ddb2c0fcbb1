//! Photos: from the bytes an author sent to bytes that may be published.
//!
//! [`clean`] goes by what the bytes are, never by a name or a declared type. What it gives is one still image that
//! stands upright, no larger than asked, in sRGB, and made of nothing but the image: no EXIF, XMP, IPTC, GPS, maker notes,
//! thumbnails, comments, text chunks, colour profiles, and nothing after the image's end.
//!
//! Where a photo needs no turning, resizing or colour conversion its pixels are kept as they came and only what
//! surrounds them goes, by an allow-list of segments; else it is decoded and written anew. An animation becomes its
//! first frame: a page of stories should hold still, and one frame bounds the work.
//!
//! [`picture`] decodes a photo to a few pixels, for whoever reads in a terminal.

mod container;
mod gif;
mod jpeg;
mod picture;
mod png;
mod webp;

pub use picture::{Picture, picture};

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::{CompressionType, FilterType as PngFilter, PngEncoder};
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, imageops::FilterType};
use moxcms::{ColorProfile, Layout, TransformOptions};

use container::Stripped;

/// How large a photo may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The longest side of what is published, in pixels; larger photos are resized.
    pub max_side: u32,
    /// The most pixels that are decoded at all (a progressive JPEG: half as many, it takes twice the memory).
    pub max_pixels: u64,
    /// The most bytes that are looked at.
    pub max_bytes: usize,
}

impl Default for Limits {
    /// 2,000 pixels; 50 million pixels, which is the largest phone photo of today and under 400 MB at the worst; 35 MB.
    fn default() -> Self {
        Limits {
            max_side: 2000,
            max_pixels: 50_000_000,
            max_bytes: 36_700_160,
        }
    }
}

/// A photo that may be published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Photo {
    pub bytes: Vec<u8>,
    /// `jpg`, `png`, `webp` or `gif`: what `bytes` are.
    pub ext: &'static str,
    /// In pixels, upright.
    pub width: u32,
    pub height: u32,
    /// It said where it was taken.
    pub had_location: bool,
    /// Anything at all was taken off.
    pub had_metadata: bool,
    /// It was an animation, and is its first frame now.
    pub stilled: bool,
}

/// Why bytes are not published as a photo; the Display says what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotPublished {
    #[error("{0} is not shown by browsers: please send the photo again as a JPEG")]
    OtherImage(&'static str),
    #[error("an SVG drawing can carry a program: please send it again as a PNG or JPEG")]
    Svg,
    #[error("{0} is not a photo: please open it, and send the photos in it as JPEG or its text in a mail")]
    NotAPhoto(&'static str),
    #[error("it is not a kind of photo known here (JPEG, PNG, WebP, GIF): please send it again as a JPEG")]
    Unknown,
    #[error("it is empty: please send it again")]
    Empty,
    #[error(
        "it has {bytes} bytes, and at most {max} are read (`max_mail_bytes` under [story]): please send a smaller copy"
    )]
    TooManyBytes { bytes: usize, max: usize },
    /// `max`: for a photo of its kind.
    #[error(
        "it is {width} by {height} pixels, too large to open (at most {} in all; `max_photo_pixels` under [story]): please send a smaller copy",
        in_words(*max)
    )]
    TooManyPixels { width: u32, height: u32, max: u64 },
    #[error("it breaks off before its end: please send it again")]
    BrokenOff,
    #[error("it is damaged ({0}): please send it again as a JPEG")]
    Damaged(String),
}

/// 50 million, where it is a round number.
fn in_words(pixels: u64) -> String {
    match pixels % 1_000_000 {
        0 if pixels > 0 => format!("{} million", pixels / 1_000_000),
        _ => pixels.to_string(),
    }
}

impl NotPublished {
    /// What is wrong, without what its sender might do about it.
    pub fn reason(&self) -> String {
        let words = self.to_string();
        words
            .split_once(": please")
            .map_or(words.as_str(), |(why, _)| why)
            .to_owned()
    }
}

/// Whether bytes are a HEIC photo (ISO 23008-12), which no decoder here reads: another program may make a JPEG of it.
pub fn is_heic(bytes: &[u8]) -> bool {
    matches!(photo_format(bytes), Err(NotPublished::OtherImage(name)) if name.starts_with("HEIC"))
}

/// Makes a photo fit to be published. Never panics; memory is bounded by `limits`, whatever the bytes say.
pub fn clean(bytes: &[u8], limits: &Limits) -> Result<Photo, NotPublished> {
    let format = bounded(bytes, limits)?;
    without_panic(|| clean_as(format, bytes, limits))
}

/// What the bytes are, where there are no more than may be looked at.
fn bounded(bytes: &[u8], limits: &Limits) -> Result<ImageFormat, NotPublished> {
    if bytes.is_empty() {
        return Err(NotPublished::Empty);
    }
    if bytes.len() > limits.max_bytes {
        return Err(NotPublished::TooManyBytes {
            bytes: bytes.len(),
            max: limits.max_bytes,
        });
    }
    photo_format(bytes)
}

/// The image alone, and what was found beside it.
fn strip(format: ImageFormat, bytes: &[u8]) -> Result<Stripped, NotPublished> {
    match format {
        ImageFormat::Jpeg => jpeg::strip(bytes),
        ImageFormat::Png => png::strip(bytes),
        ImageFormat::WebP => webp::strip(bytes),
        _ => gif::strip(bytes),
    }
}

/// How it has to be turned to stand upright.
fn turn(stripped: &Stripped) -> Orientation {
    let exif = stripped.exif.as_deref();
    exif.and_then(Orientation::from_exif_chunk)
        .unwrap_or(Orientation::NoTransforms)
}

fn clean_as(format: ImageFormat, bytes: &[u8], limits: &Limits) -> Result<Photo, NotPublished> {
    let stripped = strip(format, bytes)?;
    let (decoder, width, height) = open(format, &stripped.bytes, limits, stripped.progressive)?;
    let turn = turn(&stripped);
    let too_large = width.max(height) > limits.max_side;
    let profile = stripped.icc.as_deref().and_then(foreign_profile);
    let change = stripped.rewrite || too_large || turn != Orientation::NoTransforms || profile.is_some();
    let shown = if change {
        let image = DynamicImage::from_decoder(decoder).map_err(damaged)?;
        rewrite(format, image, limits.max_side, profile.as_ref(), turn)?
    } else {
        // Decoding a JPEG only to look costs 5 ms a million pixels, more than all the rest of a mail: its segments and
        // scans are whole, and `opens` is there for before it is published.
        match format {
            ImageFormat::Jpeg => drop(decoder),
            _ => drop(DynamicImage::from_decoder(decoder).map_err(damaged)?),
        }
        Shown {
            bytes: stripped.bytes,
            ext: extension(format),
            width,
            height,
        }
    };
    Ok(Photo {
        bytes: shown.bytes,
        ext: shown.ext,
        width: shown.width,
        height: shown.height,
        had_location: stripped.exif.as_deref().is_some_and(exif_has_location) || stripped.xmp_location,
        had_metadata: stripped.had_metadata,
        stilled: stripped.stilled,
    })
}

/// The pixels that a photo's header states, 0 where it is none: what [`clean`] may have to decode.
pub fn pixels(bytes: &[u8]) -> u64 {
    let Ok(format) = photo_format(bytes) else { return 0 };
    let reader = ImageReader::with_format(Cursor::new(bytes), format);
    let size = without_panic(|| reader.into_dimensions().map_err(damaged));
    size.map_or(0, |(width, height)| u64::from(width) * u64::from(height))
}

/// Decodes a cleaned photo to the last pixel, and says whether that works.
pub fn opens(photo: &[u8], limits: &Limits) -> Result<(), NotPublished> {
    let format = photo_format(photo)?;
    without_panic(|| {
        let (decoder, ..) = open(format, photo, limits, false)?;
        DynamicImage::from_decoder(decoder).map(drop).map_err(damaged)
    })
}

/// A decoder that has read the header, and the size it states, if that may be decoded.
fn open<'a>(
    format: ImageFormat,
    bytes: &'a [u8],
    limits: &Limits,
    progressive: bool,
) -> Result<(impl ImageDecoder + use<'a>, u32, u32), NotPublished> {
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut allowed = image::Limits::no_limits();
    // RGBA of a byte each; 16 bits a channel are decoded for half as many pixels.
    allowed.max_alloc = Some(limits.max_pixels.saturating_mul(4));
    reader.limits(allowed);
    let decoder = reader.into_decoder().map_err(damaged)?;
    let (width, height) = decoder.dimensions();
    let max_pixels = if progressive {
        limits.max_pixels / 2
    } else {
        limits.max_pixels
    };
    if u64::from(width) * u64::from(height) > max_pixels {
        let max = max_pixels;
        return Err(NotPublished::TooManyPixels { width, height, max });
    }
    if width == 0 || height == 0 {
        return Err(NotPublished::Damaged("it has no size".to_owned()));
    }
    Ok((decoder, width, height))
}

/// Decoders are fed by strangers. They should not panic; where one does, that is one photo less, not a run.
fn without_panic<T>(decode: impl FnOnce() -> Result<T, NotPublished>) -> Result<T, NotPublished> {
    catch_unwind(AssertUnwindSafe(decode))
        .unwrap_or_else(|_| Err(NotPublished::Damaged("it could not be decoded".to_owned())))
}

/// A photo as it will be published.
struct Shown {
    bytes: Vec<u8>,
    ext: &'static str,
    width: u32,
    height: u32,
}

/// Resizes before anything else, so that the later steps work on few pixels.
fn rewrite(
    format: ImageFormat,
    mut image: DynamicImage,
    max_side: u32,
    profile: Option<&ColorProfile>,
    turn: Orientation,
) -> Result<Shown, NotPublished> {
    let side = image.width().max(image.height());
    if side > max_side.saturating_mul(3) {
        // A cheap average first: the good filter keeps whole rows as floats.
        image = image.thumbnail(max_side * 2, max_side * 2);
    }
    if side > max_side {
        image = image.resize(max_side, max_side, FilterType::Lanczos3);
    }
    if let Some(profile) = profile {
        image = to_srgb(image, profile);
    }
    image.apply_orientation(turn);
    let lossy = format == ImageFormat::Jpeg || (format == ImageFormat::WebP && !image.color().has_alpha());
    if lossy && image.color().has_color() {
        image = DynamicImage::ImageRgb8(image.to_rgb8());
    } else if lossy {
        image = DynamicImage::ImageLuma8(image.to_luma8());
    }
    let mut bytes = Vec::new();
    if lossy {
        image
            .write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, 88))
            .map_err(damaged)?;
    } else {
        let encoder = PngEncoder::new_with_quality(&mut bytes, CompressionType::Default, PngFilter::Adaptive);
        image.write_with_encoder(encoder).map_err(damaged)?;
    }
    Ok(Shown {
        bytes,
        ext: if lossy { "jpg" } else { "png" },
        width: image.width(),
        height: image.height(),
    })
}

/// The profile, if a reader would see the difference to sRGB: phones tag their photos Display P3, and taking the tag off
/// alone would pale the colours.
fn foreign_profile(icc: &[u8]) -> Option<ColorProfile> {
    let profile = ColorProfile::new_from_slice(icc).ok()?;
    let sample: Vec<u8> = [
        [255, 0, 0],
        [0, 255, 0],
        [0, 0, 255],
        [200, 120, 90],
        [40, 60, 40],
        [128, 128, 128],
    ]
    .concat();
    let mut seen = vec![0; sample.len()];
    srgb_transform(&profile, &sample, &mut seen)?;
    let differs = sample.iter().zip(&seen).any(|(a, b)| a.abs_diff(*b) > 3);
    differs.then_some(profile)
}

fn to_srgb(image: DynamicImage, profile: &ColorProfile) -> DynamicImage {
    let alpha = image.color().has_alpha().then(|| image.to_rgba8());
    let mut rgb = image.to_rgb8();
    let mut seen = vec![0; rgb.as_raw().len()];
    if srgb_transform(profile, rgb.as_raw(), &mut seen).is_some() {
        rgb.copy_from_slice(&seen);
    }
    match alpha {
        None => DynamicImage::ImageRgb8(rgb),
        Some(mut with_alpha) => {
            for (to, from) in with_alpha.pixels_mut().zip(rgb.pixels()) {
                to.0[..3].copy_from_slice(&from.0);
            }
            DynamicImage::ImageRgba8(with_alpha)
        }
    }
}

fn srgb_transform(profile: &ColorProfile, from: &[u8], to: &mut [u8]) -> Option<()> {
    let transform = profile
        .create_transform_8bit(
            Layout::Rgb,
            &ColorProfile::new_srgb(),
            Layout::Rgb,
            TransformOptions::default(),
        )
        .ok()?;
    transform.transform(from, to).ok()
}

/// Any GPS field but the version stands for a place.
fn exif_has_location(tiff: &[u8]) -> bool {
    exif::Reader::new().read_raw(tiff.to_vec()).is_ok_and(|read| {
        read.fields()
            .any(|field| field.tag.context() == exif::Context::Gps && field.tag != exif::Tag::GPSVersionID)
    })
}

/// What the bytes are, by their first bytes only.
fn photo_format(bytes: &[u8]) -> Result<ImageFormat, NotPublished> {
    let starts = |magic: &[u8]| bytes.starts_with(magic);
    let brand = bytes
        .get(4..8)
        .filter(|four| *four == b"ftyp")
        .and_then(|_| bytes.get(8..12));
    Err(match bytes {
        _ if starts(b"\xff\xd8\xff") => return Ok(ImageFormat::Jpeg),
        _ if starts(b"\x89PNG\r\n\x1a\n") => return Ok(ImageFormat::Png),
        _ if starts(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") => return Ok(ImageFormat::WebP),
        _ if starts(b"GIF87a") || starts(b"GIF89a") => return Ok(ImageFormat::Gif),
        _ if brand.is_some_and(|b| b.starts_with(b"hei") || b.starts_with(b"hev") || b == b"mif1" || b == b"msf1") => {
            NotPublished::OtherImage("HEIC, the iPhone's own photo format,")
        }
        _ if brand.is_some_and(|b| b.starts_with(b"avi")) => NotPublished::OtherImage("AVIF"),
        _ if brand.is_some() => NotPublished::NotAPhoto("a video"),
        _ if starts(b"II*\0") || starts(b"MM\0*") => NotPublished::OtherImage("TIFF"),
        _ if starts(b"BM") => NotPublished::OtherImage("BMP"),
        _ if starts(b"\xff\x0a") || starts(b"\0\0\0\x0cJXL ") => NotPublished::OtherImage("JPEG XL"),
        _ if starts(b"%PDF") => NotPublished::NotAPhoto("a PDF"),
        _ if starts(b"PK\x03\x04") || starts(b"PK\x05\x06") => {
            NotPublished::NotAPhoto("a ZIP archive or Office document")
        }
        _ if starts(b"\x1f\x8b")
            || starts(b"7z\xbc\xaf")
            || starts(b"Rar!")
            || starts(b"BZh")
            || starts(b"\xfd7zXZ") =>
        {
            NotPublished::NotAPhoto("an archive")
        }
        _ if starts(b"\xd0\xcf\x11\xe0") => NotPublished::NotAPhoto("an old Office document"),
        _ if is_markup(bytes) => NotPublished::Svg,
        _ => NotPublished::Unknown,
    })
}

/// SVG, or HTML or XML that might be taken for it.
fn is_markup(bytes: &[u8]) -> bool {
    let head = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let head = head.trim_ascii_start();
    head.starts_with(b"<") || head.starts_with(b"\xff\xfe<") || head.starts_with(b"\xfe\xff\0<")
}

fn extension(format: ImageFormat) -> &'static str {
    match format {
        ImageFormat::Jpeg => "jpg",
        ImageFormat::Png => "png",
        ImageFormat::WebP => "webp",
        _ => "gif",
    }
}

fn damaged(error: image::ImageError) -> NotPublished {
    match error {
        image::ImageError::Limits(_) => NotPublished::Damaged("it asks for more memory than a photo may".to_owned()),
        // One line without control characters: decoders quote what they found.
        other => NotPublished::Damaged(
            other
                .to_string()
                .chars()
                .filter(|c| !c.is_control())
                .take(120)
                .collect(),
        ),
    }
}

#[cfg(test)]
mod tests;
