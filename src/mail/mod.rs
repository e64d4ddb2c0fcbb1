//! The rooms that know MIME.

pub mod html;
pub mod plain;
