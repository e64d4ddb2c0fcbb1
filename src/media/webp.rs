//! WebP (RFC 9649): RIFF chunks. Kept are the image and its alpha; an animation is decoded to its first frame.

use super::NotPublished;
use super::container::{Scan, Stripped, damaged};

const ANIMATION: u8 = 0x02;
const ALPHA: u8 = 0x10;

pub(super) fn strip(bytes: &[u8]) -> Result<Stripped, NotPublished> {
    let mut scan = Scan::new(bytes);
    scan.take(4)?;
    let size = u32::from_le_bytes(scan.array()?) as usize;
    let mut riff = Scan::new(scan.take(size)?);
    let mut out = Stripped {
        had_metadata: !scan.rest().is_empty(),
        ..Stripped::default()
    };
    riff.take(4)?;
    let mut kept = b"WEBP".to_vec();
    let mut image = false;
    while !riff.rest().is_empty() {
        let kind: [u8; 4] = riff.array()?;
        let length = u32::from_le_bytes(riff.array()?) as usize;
        let data = riff.take(length)?;
        if length % 2 == 1 && !riff.rest().is_empty() {
            riff.take(1)?;
        }
        match &kind {
            b"VP8X" if length >= 10 && kept.len() == 4 => {
                let mut header = data[..10].to_vec();
                out.stilled |= header[0] & ANIMATION != 0;
                header[0] &= ALPHA | ANIMATION;
                header[1..4].fill(0);
                keep(&mut kept, &kind, &header);
            }
            b"ALPH" if !image => keep(&mut kept, &kind, data),
            b"VP8 " | b"VP8L" if !image => {
                image = true;
                keep(&mut kept, &kind, data);
            }
            b"ANIM" | b"ANMF" => {
                out.stilled = true;
                image = true;
                keep(&mut kept, &kind, data);
            }
            _ => {
                out.had_metadata = true;
                match &kind {
                    b"EXIF" => out.exif = Some(data.strip_prefix(b"Exif\0\0").unwrap_or(data).to_vec()),
                    b"XMP " => out.note_xmp(data),
                    b"ICCP" => out.icc = Some(data.to_vec()),
                    _ => {}
                }
            }
        }
    }
    if !image {
        return Err(damaged("it has no image in it"));
    }
    // The chunks of a frame may hold more than a frame: only its pixels go on.
    out.rewrite = out.stilled;
    out.bytes.extend(b"RIFF");
    out.bytes.extend((kept.len() as u32).to_le_bytes());
    out.bytes.append(&mut kept);
    Ok(out)
}

fn keep(out: &mut Vec<u8>, kind: &[u8; 4], data: &[u8]) {
    out.extend_from_slice(kind);
    out.extend((data.len() as u32).to_le_bytes());
    out.extend_from_slice(data);
    if data.len() % 2 == 1 {
        out.push(0);
    }
}
