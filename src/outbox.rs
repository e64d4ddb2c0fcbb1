//! Where letters leave the desk: a mail server, or a folder of .eml files to look at.

mod folder;
mod smtp;

use std::io;
use std::path::PathBuf;

pub use folder::FolderOutbox;
pub use smtp::{Encryption, Login, Mechanism, SmtpOutbox, SmtpServer};

use crate::story::letter::Outgoing;

/// Takes letters, one at a time. Sending a letter again that has left (its record was lost in a crash) is done with the same id, so
/// that the folder writes nothing new, and a mail server's reader may drop the double.
pub trait Outbox {
    /// When this returns, the letter is durable elsewhere.
    fn send(&mut self, letter: &Outgoing) -> Result<Sent, SendError>;

    /// After a letter that could not be sent: whether it may have left all the same, because the line was lost while it was handed over.
    fn in_doubt(&self) -> bool {
        false
    }

    /// Says goodbye; what fails here does not matter to any letter.
    fn close(&mut self) {}
}

/// A letter has left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// What the server answered, or the file's path.
    pub said: String,
}

/// A letter has not left. Only [`SendError::Refused`] is the letter's own fault; after all others it waits.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The server will not take this letter, now or later (5xx).
    #[error("the letter was refused: {said}")]
    Refused { said: String },
    /// Network, or 4xx: the next run tries again.
    #[error("the letter could not be sent now: {said}")]
    Later { said: String },
    /// Exit 4.
    #[error("the mail server refused the login: {said}")]
    Login { said: String },
    /// No secure way to the server, or a setting that does not fit it.
    #[error("the mail server cannot be used as it is set: {said}")]
    Setup { said: String },
    #[error("the letter cannot be written to {}", path.display())]
    Folder { path: PathBuf, source: io::Error },
}

impl SendError {
    /// Whether the letter is given up; else it stays in the outbox.
    pub fn is_final(&self) -> bool {
        matches!(self, SendError::Refused { .. })
    }

    /// Whether the next letter would fare no better, so that the run may stop.
    pub fn stops_the_run(&self) -> bool {
        matches!(
            self,
            SendError::Login { .. } | SendError::Setup { .. } | SendError::Folder { .. }
        )
    }

    /// One line of what to do.
    pub fn hint(&self) -> &'static str {
        match self {
            SendError::Refused { .. } => "check the address, and write to the author another way",
            SendError::Later { .. } => "nothing is lost: `m4c-stories letters send` tries again",
            SendError::Login { .. } => {
                "check user and password_command; Gmail wants 2-step verification and an app password, which a changed password ends"
            }
            SendError::Setup { .. } => "check host, port, tls and ca_file in [outbox]",
            SendError::Folder { .. } => "check the folder named in [outbox] path, and the space on its disk",
        }
    }
}
