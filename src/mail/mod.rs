//! The only rooms that know MIME: [`read`] turns bytes into a submission, `write` a letter into bytes.

mod auth;
mod body;
mod calendar;
mod charset;
mod codes;
mod compare;
pub mod copy;
mod date;
mod document;
mod docx;
mod enriched;
mod fields;
pub mod html;
mod ident;
pub mod limits;
mod mime;
mod own;
mod people;
pub mod plain;
mod read;
mod signals;
mod transfer;
mod uu;
pub mod wording;
mod words;
pub mod write;

pub use codes::{borne, with_code};
pub use ident::{Opened, mail_id, open};
pub use own::{addressee, own_copy};
#[cfg(fuzzing)]
pub use read::read_fuzzed;
pub use read::{Glance, ReadSetting, Unreadable, glance, read, read_opened};
pub use write::writable;
