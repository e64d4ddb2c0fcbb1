//! GIF (87a, 89a): blocks. Kept are the screen, its colours and the first frame; comments, text and application
//! blocks go, with every later frame.

use super::NotPublished;
use super::container::{Scan, Stripped, damaged};

const EXTENSION: u8 = 0x21;
const IMAGE: u8 = 0x2c;
const TRAILER: u8 = 0x3b;
const GRAPHIC_CONTROL: u8 = 0xf9;

pub(super) fn strip(bytes: &[u8]) -> Result<Stripped, NotPublished> {
    let mut scan = Scan::new(bytes);
    let mut out = Stripped::default();
    let head = scan.take(13)?;
    out.bytes.extend_from_slice(head);
    out.bytes.extend_from_slice(scan.take(colour_table(head[10]))?);
    let mut control: Option<[u8; 5]> = None;
    let mut image = false;
    loop {
        let block = match scan.byte() {
            Ok(byte) => byte,
            // Some writers forget the trailer.
            Err(_) if image => TRAILER,
            Err(error) => return Err(error),
        };
        match block {
            EXTENSION => {
                let label = scan.byte()?;
                let data = sub_blocks(&mut scan)?;
                match (label, <[u8; 5]>::try_from(data)) {
                    (GRAPHIC_CONTROL, Ok(fixed)) => control = Some(fixed),
                    _ => {
                        out.had_metadata = true;
                        out.note_xmp(data);
                    }
                }
            }
            IMAGE if !image => {
                image = true;
                if let Some(fixed) = control {
                    out.bytes.extend([EXTENSION, GRAPHIC_CONTROL]);
                    out.bytes.extend(fixed);
                    out.bytes.push(0);
                }
                let head = scan.take(9)?;
                out.bytes.push(IMAGE);
                out.bytes.extend_from_slice(head);
                out.bytes.extend_from_slice(scan.take(colour_table(head[8]))?);
                out.bytes.push(scan.byte()?);
                out.bytes.extend_from_slice(sub_blocks(&mut scan)?);
                out.bytes.push(0);
            }
            IMAGE | TRAILER if image => {
                out.stilled = block == IMAGE;
                out.had_metadata |= !scan.rest().is_empty();
                out.bytes.push(TRAILER);
                return Ok(out);
            }
            // After the picture, junk is only junk.
            _ if image => {
                out.had_metadata = true;
                out.bytes.push(TRAILER);
                return Ok(out);
            }
            _ => return Err(damaged("it has no image in it")),
        }
    }
}

fn colour_table(flags: u8) -> usize {
    if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) }
}

/// A chain of sub-blocks with their length bytes, without the empty one that ends it.
fn sub_blocks<'a>(scan: &mut Scan<'a>) -> Result<&'a [u8], NotPublished> {
    let from = scan.rest();
    loop {
        let length = scan.byte()? as usize;
        if length == 0 {
            return Ok(&from[..from.len() - scan.rest().len() - 1]);
        }
        scan.take(length)?;
    }
}
