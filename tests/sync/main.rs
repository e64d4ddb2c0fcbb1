//! Several desks and what they share: a bare repository, a server.

#[path = "../common/mod.rs"]
mod common;

mod desks;
mod hostile;
mod seeds;
mod servers;
mod steps;
