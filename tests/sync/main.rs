//! Several desks and what they share: a bare repository, a server.

#[path = "../common/mod.rs"]
mod common;
#[path = "../common/keys.rs"]
mod keys;

mod desks;
mod folders;
mod hostile;
mod seeds;
mod servers;
mod signed;
mod steps;
