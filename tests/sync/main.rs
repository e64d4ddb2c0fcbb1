//! Several desks and what they share: a bare repository, a server.

#[path = "../common/mod.rs"]
mod common;

mod desks;
mod seeds;
mod steps;
