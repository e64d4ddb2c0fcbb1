//! The only rooms that know MIME.

pub mod wording;
pub mod write;
