//! The core: what a story is and what may happen to it. Values and functions only.
//!
//! | room | holds |
//! |---|---|
//! | [`id`] | mail id, story id, text hash |
//! | [`submission`] | one mail, read: people, subject, text, attachments |
//! | [`passage`] | the text of a mail as lines, before anything is cut and before Markdown |
//! | [`cut`] | forwards, quotes, signatures: what is cut, by which rule |
//! | [`markdown`] | lines to Markdown |
//! | [`draft`] | submission to draft: byline, title, slug, text, photos, notes to the reviewer |
//! | [`page`] | `index.md`: front matter and Markdown |
//! | [`event`] | one line of the record |
//! | [`record`] | the record, and a step as files and a commit message |
//! | [`state`] | the whole life of a story |
//! | [`policy`] | which mail is a story; who may do what |
//! | [`seal`] | signatures of the record's lines: what is signed, keys, what a check came to |
//! | [`proof`] | whether a history is what it says |
//! | [`people`] | `people.toml` of the private part |
//! | [`step`] | a story, loaded, and a step upon it |
//! | [`screen`] | which mail is a story, and which is set aside |
//! | [`erased`] | salted hashes of what must not come back |
//! | [`answer`] | whether a reply says yes |
//! | [`pieces`] | one text, several stories |
//! | [`revision`] | whether a later mail is a corrected text |
//! | [`consent`] | what an author agreed to, and whether a page keeps to it |
//! | [`link`] | where an address on the web leads |
//! | [`letter`] | which letters a story's events call for |
//! | [`code`], [`decision`] | what a reviewer's answer by mail brings back, and what it says |
//! | [`check`](mod@check) | what should be looked at before a story goes out |

mod address;
pub mod answer;
pub mod check;
pub mod code;
pub mod consent;
pub mod cut;
pub mod decision;
pub mod draft;
pub mod erased;
pub mod event;
pub mod id;
pub mod letter;
pub mod link;
pub mod markdown;
pub mod page;
pub mod passage;
pub mod people;
pub mod pieces;
mod plain;
pub mod policy;
pub mod proof;
pub mod record;
pub mod replay;
pub mod revision;
pub mod screen;
pub mod seal;
pub mod state;
pub mod step;
pub mod submission;
pub mod wording;

pub use id::{MailId, StoryId, TextHash};
pub use step::Story;
pub use submission::{Mailbox, Submission};
