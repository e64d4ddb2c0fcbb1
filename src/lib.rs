//! The desk between a story inbox and a blog.
//!
//! Mail comes in at an [`inbox`], is kept in the [`spool`], read by [`mail`], becomes a [`story`], and is
//! committed to the content repository by [`repo`]. Reviewers decide through the [`desk`]; letters leave by the
//! [`outbox`]; published stories go to a [`target`].
//!
//! Who may import whom (checked by `tests/house.rs`):
//!
//! ```text
//! main -> cli -> desk -> { inbox  spool  repo  outbox  target  mail  media } -> story -> nothing of ours
//! ```
//!
//! The doors in the braces never import each other; only the desk brings them together. `story` is pure: no git,
//! network, terminal, files, clock or MIME in it. Only `cli` prints. `hands` begins threads for whoever needs one.

pub mod cli;
pub mod config;
pub mod desk;
#[cfg(test)]
mod effort;
mod hands;
pub mod inbox;
pub mod mail;
pub mod media;
pub mod outbox;
pub mod repo;
pub mod spool;
pub mod story;
pub mod target;
