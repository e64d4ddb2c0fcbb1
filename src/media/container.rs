//! What the four containers have in common: a cursor that never reads past the end, and what is left of a file.

use super::NotPublished;

/// A photo with only the image left in it, and what was found beside it.
#[derive(Debug, Default)]
pub(super) struct Stripped {
    pub bytes: Vec<u8>,
    /// The TIFF block of the EXIF data, from its byte order mark.
    pub exif: Option<Vec<u8>>,
    pub icc: Option<Vec<u8>>,
    /// XMP names GPS fields.
    pub xmp_location: bool,
    pub had_metadata: bool,
    /// Must be decoded and written anew, whatever its size.
    pub rewrite: bool,
    pub progressive: bool,
    pub stilled: bool,
}

impl Stripped {
    pub fn note_xmp(&mut self, xmp: &[u8]) {
        self.xmp_location |= memchr::memmem::find(xmp, b"GPSL").is_some();
    }
}

/// Reads forward; running off the end is [`NotPublished::BrokenOff`].
pub(super) struct Scan<'a> {
    rest: &'a [u8],
}

impl<'a> Scan<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Scan { rest: bytes }
    }

    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub fn take(&mut self, n: usize) -> Result<&'a [u8], NotPublished> {
        let (taken, rest) = self.rest.split_at_checked(n).ok_or(NotPublished::BrokenOff)?;
        self.rest = rest;
        Ok(taken)
    }

    pub fn byte(&mut self) -> Result<u8, NotPublished> {
        Ok(self.take(1)?[0])
    }

    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], NotPublished> {
        let mut out = [0; N];
        out.copy_from_slice(self.take(N)?);
        Ok(out)
    }
}

pub(super) fn damaged(why: &str) -> NotPublished {
    NotPublished::Damaged(why.to_owned())
}
