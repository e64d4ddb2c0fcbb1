//! The editor's desk: one file per job, each a plan (pure) that is then carried out.

pub mod edit;
pub mod review;
