//! A photo as a few pixels, for a terminal.

use image::{DynamicImage, RgbImage, imageops};

use super::{Limits, NotPublished, bounded, damaged, open, strip, turn, without_panic};

/// A small picture in red, green and blue; where the photo lets something through it is white, as the page below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture(RgbImage);

impl Picture {
    /// Columns and rows of pixels; never 0.
    pub fn size(&self) -> (u32, u32) {
        self.0.dimensions()
    }

    /// The colours row by row, from the top.
    pub fn rows(&self) -> impl Iterator<Item = Vec<[u8; 3]>> {
        self.0.rows().map(|row| row.map(|pixel| pixel.0).collect())
    }

    /// It in at most `width` by `height` pixels, its shape kept; it is never made larger.
    pub fn within(&self, width: u32, height: u32) -> Picture {
        let (width, height) = fit(self.size(), (width, height));
        Picture(imageops::thumbnail(&self.0, width, height))
    }
}

/// Decodes a photo and makes a picture of it, upright, of at most `width` by `height` pixels. As [`super::clean`] it never panics, goes
/// by what the bytes are, and decodes no more than `limits` allow.
pub fn picture(photo: &[u8], width: u32, height: u32, limits: &Limits) -> Result<Picture, NotPublished> {
    let format = bounded(photo, limits)?;
    without_panic(|| {
        let stripped = strip(format, photo)?;
        let (decoder, ..) = open(format, &stripped.bytes, limits, stripped.progressive)?;
        let image = DynamicImage::from_decoder(decoder).map_err(damaged)?;
        // few pixels before it is turned, and enough of them to be made fewer when it is
        let side = width.max(height).saturating_mul(2);
        let (columns, rows) = fit((image.width(), image.height()), (side, side));
        let mut image = image.thumbnail_exact(columns, rows);
        image.apply_orientation(turn(&stripped));
        Ok(Picture(on_white(&image)).within(width, height))
    })
}

/// The largest size of this shape within `most`, and no larger than it is.
fn fit((width, height): (u32, u32), most: (u32, u32)) -> (u32, u32) {
    let (w, h) = (f64::from(width), f64::from(height));
    let scale = (f64::from(most.0) / w).min(f64::from(most.1) / h).min(1.0);
    let side = |length: f64| ((length * scale).round() as u32).max(1);
    (side(w), side(h))
}

fn on_white(image: &DynamicImage) -> RgbImage {
    if !image.color().has_alpha() {
        return image.to_rgb8();
    }
    let image = image.to_rgba8();
    RgbImage::from_fn(image.width(), image.height(), |x, y| {
        let [r, g, b, alpha] = image.get_pixel(x, y).0.map(u32::from);
        let over = |colour: u32| ((colour * alpha + 255 * (255 - alpha)) / 255) as u8;
        image::Rgb([over(r), over(g), over(b)])
    })
}
