//! JPEG (ITU T.81, Annex B): a list of segments, then scans. Kept are the tables, the frame, the scans, a bare JFIF
//! header and Adobe's colour flag; each kept table must have exactly the length it states, so that nothing rides behind one.

use super::NotPublished;
use super::container::{Scan, Stripped, damaged};

const SOI: u8 = 0xd8;
const EOI: u8 = 0xd9;
const SOS: u8 = 0xda;
/// Every scan of a progressive JPEG is a pass over all pixels; cameras write about ten.
const MAX_SCANS: usize = 100;
/// Colour profiles of cameras and phones are 0.5 to 20 kB.
const MAX_ICC: usize = 1 << 20;

pub(super) fn strip(bytes: &[u8]) -> Result<Stripped, NotPublished> {
    let mut scan = Scan::new(bytes);
    let mut out = Stripped {
        bytes: Vec::with_capacity(bytes.len()),
        ..Stripped::default()
    };
    scan.take(2)?;
    out.bytes.extend([0xff, SOI]);
    let (mut frame, mut scans, mut jfif, mut adobe) = (false, 0, false, false);
    let (mut blocks, mut entropy) = (0, 0);
    loop {
        let marker = next_marker(&mut scan)?;
        match marker {
            EOI if scans == 0 => return Err(damaged("it has no image in it")),
            // Each block of 8 by 8 takes two codes of at least a bit each; only progressive scans say "all that follow".
            EOI if !out.progressive && entropy * 4 < blocks => return Err(NotPublished::BrokenOff),
            EOI => {
                out.bytes.extend([0xff, EOI]);
                out.had_metadata |= !scan.rest().is_empty();
                return Ok(out);
            }
            SOI => return Err(damaged("an image begins inside an image")),
            0x00 | 0x01 | 0xd0..=0xd7 => continue,
            _ => {}
        }
        let length = u16::from_be_bytes(scan.array()?) as usize;
        let data = scan.take(
            length
                .checked_sub(2)
                .ok_or_else(|| damaged("a segment has no length"))?,
        )?;
        match marker {
            0xdb if tables_fill(data, quantisation_table) => keep(&mut out.bytes, marker, data),
            0xc4 if tables_fill(data, huffman_table) => keep(&mut out.bytes, marker, data),
            0xdd if data.len() == 2 => keep(&mut out.bytes, marker, data),
            0xc0..=0xc2 => {
                let components = *data.get(5).ok_or(NotPublished::BrokenOff)? as usize;
                if frame || data.len() != 6 + 3 * components || data[1..3] == [0, 0] {
                    return Err(damaged("its frame header makes no sense"));
                }
                frame = true;
                let side = |at: usize| (u16::from_be_bytes([data[at], data[at + 1]]) as usize).div_ceil(8);
                blocks = side(1) * side(3);
                out.progressive = marker == 0xc2;
                // Four inks are for printers: browsers differ in how they show them.
                out.rewrite |= components == 4;
                keep(&mut out.bytes, marker, data);
            }
            0xc3 | 0xc5..=0xc7 | 0xc9..=0xcf | 0xdc => return Err(damaged("a rare kind of JPEG")),
            SOS => {
                let components = *data.first().ok_or(NotPublished::BrokenOff)? as usize;
                scans += 1;
                if !frame || data.len() != 4 + 2 * components || scans > MAX_SCANS {
                    return Err(damaged("its scans make no sense"));
                }
                keep(&mut out.bytes, marker, data);
                let length = entropy_length(scan.rest())?;
                entropy += length;
                out.bytes.extend_from_slice(scan.take(length)?);
            }
            0xe0 if !jfif && data.len() >= 14 && data.starts_with(b"JFIF\0") => {
                jfif = true;
                out.had_metadata |= data.len() > 14;
                let mut bare = data[..14].to_vec();
                // no thumbnail
                bare[12..].fill(0);
                keep(&mut out.bytes, marker, &bare);
            }
            0xee if !adobe && data.len() >= 12 && data.starts_with(b"Adobe") => {
                adobe = true;
                out.had_metadata |= data.len() > 12;
                keep(&mut out.bytes, marker, &data[..12]);
            }
            0xdb | 0xc4 | 0xdd => return Err(damaged("a table of it has the wrong length")),
            _ => note(&mut out, marker, data),
        }
    }
}

/// What a segment that goes had to say.
fn note(out: &mut Stripped, marker: u8, data: &[u8]) {
    out.had_metadata = true;
    if marker == 0xe1 {
        match data.strip_prefix(b"Exif\0\0") {
            Some(tiff) if out.exif.is_none() => out.exif = Some(tiff.to_vec()),
            Some(_) => {}
            None => out.note_xmp(data),
        }
    }
    // ICC.1, B.4: the chunks of a profile, numbered; writers put them in order.
    if let (0xe2, Some(chunk)) = (marker, data.strip_prefix(b"ICC_PROFILE\0").and_then(|d| d.get(2..))) {
        let icc = out.icc.get_or_insert_default();
        if icc.len() + chunk.len() <= MAX_ICC {
            icc.extend_from_slice(chunk);
        }
    }
}

/// The next marker, past stray bytes, which decoders forgive too, and any number of fill bytes.
fn next_marker(scan: &mut Scan) -> Result<u8, NotPublished> {
    let stray = memchr::memchr(0xff, scan.rest()).ok_or(NotPublished::BrokenOff)?;
    scan.take(stray)?;
    loop {
        match scan.byte()? {
            0xff => continue,
            marker => return Ok(marker),
        }
    }
}

fn keep(out: &mut Vec<u8>, marker: u8, data: &[u8]) {
    // `data` came out of a segment, so its length fits
    let length = (data.len() + 2) as u16;
    out.extend([0xff, marker]);
    out.extend(length.to_be_bytes());
    out.extend_from_slice(data);
}

/// The bytes of a scan up to the next marker that is no restart marker.
fn entropy_length(rest: &[u8]) -> Result<usize, NotPublished> {
    let mut from = 0;
    loop {
        let at = from + memchr::memchr(0xff, &rest[from..]).ok_or(NotPublished::BrokenOff)?;
        match rest.get(at + 1) {
            None => return Err(NotPublished::BrokenOff),
            Some(0x00 | 0xd0..=0xd7) => from = at + 2,
            Some(0xff) => from = at + 1,
            Some(_) => return Ok(at),
        }
    }
}

fn tables_fill(data: &[u8], length: fn(&[u8]) -> Option<usize>) -> bool {
    let mut rest = data;
    while !rest.is_empty() {
        match length(rest).and_then(|n| rest.get(n..)) {
            Some(next) => rest = next,
            None => return false,
        }
    }
    true
}

fn quantisation_table(data: &[u8]) -> Option<usize> {
    Some(if data.first()? >> 4 == 0 { 65 } else { 129 })
}

fn huffman_table(data: &[u8]) -> Option<usize> {
    Some(17 + data.get(1..17)?.iter().map(|&n| n as usize).sum::<usize>())
}
