//! PNG (W3C PNG, third edition): chunks. Kept are the critical ones and the fixed-size ones that say how to show the
//! colours; an APNG loses its frames and is its default image.

use super::NotPublished;
use super::container::{Scan, Stripped, damaged};

const MAX_ICC: u64 = 1 << 20;

pub(super) fn strip(bytes: &[u8]) -> Result<Stripped, NotPublished> {
    let mut scan = Scan::new(bytes);
    let mut out = Stripped {
        bytes: Vec::with_capacity(bytes.len()),
        ..Stripped::default()
    };
    out.bytes.extend_from_slice(scan.take(8)?);
    let (mut begun, mut data_seen) = (false, false);
    loop {
        let length = u32::from_be_bytes(scan.array()?) as usize;
        let kind: [u8; 4] = scan.array()?;
        let data = scan.take(length)?;
        scan.take(4)?; // CRC: written anew
        if begun != (&kind != b"IHDR") {
            return Err(damaged("its header is not where it should be"));
        }
        begun = true;
        match (&kind, length) {
            (b"IHDR", 13)
            | (b"PLTE", 3..=768)
            | (b"tRNS", 1..=256)
            | (b"sRGB", 1)
            | (b"gAMA", 4)
            | (b"cHRM", 32)
            | (b"cICP", 4) => {
                keep(&mut out.bytes, &kind, data);
            }
            (b"IDAT", _) => {
                data_seen = true;
                keep(&mut out.bytes, &kind, data);
            }
            (b"IEND", _) if !data_seen => return Err(damaged("it has no image in it")),
            (b"IEND", _) => {
                keep(&mut out.bytes, &kind, b"");
                out.had_metadata |= length > 0 || !scan.rest().is_empty();
                return Ok(out);
            }
            (b"IHDR" | b"PLTE" | b"tRNS", _) => return Err(damaged("a chunk of it has the wrong length")),
            _ => note(&mut out, &kind, data),
        }
    }
}

fn note(out: &mut Stripped, kind: &[u8; 4], data: &[u8]) {
    out.had_metadata = true;
    match kind {
        b"eXIf" => out.exif = Some(data.to_vec()),
        b"iCCP" => out.icc = profile(data),
        b"iTXt" | b"tEXt" => out.note_xmp(data),
        b"acTL" => out.stilled = true,
        _ => {}
    }
}

/// Name, NUL, method 0, zlib stream; at most [`MAX_ICC`] of it is inflated.
fn profile(data: &[u8]) -> Option<Vec<u8>> {
    use std::io::Read;
    let end = memchr::memchr(0, data)?;
    let mut icc = Vec::new();
    flate2::read::ZlibDecoder::new(data.get(end + 2..)?)
        .take(MAX_ICC)
        .read_to_end(&mut icc)
        .ok()?;
    Some(icc)
}

fn keep(out: &mut Vec<u8>, kind: &[u8; 4], data: &[u8]) {
    out.extend((data.len() as u32).to_be_bytes());
    let from = out.len();
    out.extend_from_slice(kind);
    out.extend_from_slice(data);
    let crc = crc32fast::hash(&out[from..]);
    out.extend(crc.to_be_bytes());
}
