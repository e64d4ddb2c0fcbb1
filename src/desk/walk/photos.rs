//! A story's photos as a reviewer sees them in a terminal: a few pixels each.

use crate::media::{self, Limits, Picture};

use super::Reading;

/// A photo as it is stored, apart from its story, so that somebody else can look at it meanwhile.
pub struct Negative {
    /// Its name in the story's folder.
    pub file: String,
    bytes: Vec<u8>,
}

impl Reading {
    /// The story's own photos, as the text comes to them; those that it does not name last.
    pub fn negatives(&self) -> Vec<Negative> {
        let body = self.story.page.body();
        let mut files: Vec<&str> = self.photos().collect();
        files.sort_by_key(|file| body.find(&format!("]({file})")).unwrap_or(body.len()));
        let negative = |file: &str| Negative {
            file: file.to_owned(),
            bytes: self.story.files[file].clone(),
        };
        files.into_iter().map(negative).collect()
    }
}

impl Negative {
    /// It in at most `width` by `height` pixels. Takes its time: 5 ms and more for a million pixels of the photo.
    ///
    /// # Errors
    /// Why there is no picture, in words for whoever reads the story.
    pub fn develop(&self, width: u32, height: u32) -> Result<Picture, String> {
        media::picture(&self.bytes, width, height, &Limits::default()).map_err(|why| why.reason())
    }
}
