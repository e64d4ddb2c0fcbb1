//! Several desks and what they share: a bare repository, a server.

#[path = "../common/mod.rs"]
mod common;
#[path = "../common/keys.rs"]
mod keys;
#[path = "../common/servers.rs"]
mod mail_servers;

mod between;
mod desks;
mod erased;
mod folders;
mod hostile;
mod mailbox;
mod seeds;
mod servers;
mod signed;
mod steps;
