//! What git's words mean for the person at the desk, and what to do then.

use super::Remote;
use super::address::{FOLDER, user, without_password};

/// Why the remote could not be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RemoteError {
    #[error("the content repository has no remote {0:?}")]
    None(String),
    #[error("the address of the remote {name:?} is not used: {why}")]
    Address { name: String, why: &'static str },
    #[error("git is not installed")]
    NoGit,
    #[error("{0} refused the login")]
    Login(String, String),
    #[error("{0} is not who it was, or not known")]
    Stranger(String, String),
    #[error("{0} could not be reached")]
    Away(String, String),
    #[error("{0} holds no such repository")]
    NotThere(String, String),
    #[error("what {0} sent was refused")]
    Unsound(String, String),
    #[error("{0} sends more than {1} bytes")]
    TooMuch(String, u64),
    #[error("{0} did not take it")]
    NotTaken(String, String),
    #[error("git failed at {0}")]
    Git(String, String),
}

impl RemoteError {
    /// What git said, or why it was stopped.
    pub fn said(&self) -> &str {
        match self {
            RemoteError::Login(_, said)
            | RemoteError::Stranger(_, said)
            | RemoteError::Away(_, said)
            | RemoteError::NotThere(_, said)
            | RemoteError::Unsound(_, said)
            | RemoteError::NotTaken(_, said)
            | RemoteError::Git(_, said) => said,
            RemoteError::TooMuch(..) => "all that is taken over at once must not be larger",
            RemoteError::None(_) | RemoteError::Address { .. } | RemoteError::NoGit => "",
        }
    }

    /// What a person can do about it.
    pub fn advice(&self) -> String {
        match self {
            RemoteError::None(name) => {
                format!("name one with `git -C STORIES remote add {name} ssh://host/path/stories.git`, STORIES being its folder")
            }
            RemoteError::Address { why, .. } if *why == FOLDER => {
                "if it is to be a folder of this machine, set `local_remote = true` under [repository]".to_owned()
            }
            RemoteError::Address { .. } => {
                "give it an https:// or ssh:// address: git remote set-url, in the content repository".to_owned()
            }
            RemoteError::NoGit => "install git (Debian: apt install git); everything but `sync` works without it".to_owned(),
            RemoteError::Login(..) => {
                "see that `git ls-remote` with that address works for this user: an ssh key in the agent, or a credential helper in the user's own git configuration"
                    .to_owned()
            }
            RemoteError::Stranger(..) => {
                "ask whoever runs the server for its key before you trust it (ssh-keygen -R, then ssh to it once)".to_owned()
            }
            RemoteError::Away(..) => "nothing is lost: what is here goes out with the next `sync`".to_owned(),
            RemoteError::NotThere(..) => {
                "make it there (git init --bare), or correct the address: git remote set-url, in the content repository".to_owned()
            }
            RemoteError::Unsound(..) => "nothing was taken over; tell whoever runs the server".to_owned(),
            RemoteError::TooMuch(..) => {
                "nothing was taken over; if so much is to be expected, set `max_received_bytes` under [repository] higher; else ask whoever runs the server"
                    .to_owned()
            }
            RemoteError::NotTaken(..) => "ask whoever runs the server for the right to push to this branch".to_owned(),
            RemoteError::Git(..) => "nothing is lost; see what git says above".to_owned(),
        }
    }
}

impl Remote<'_> {
    /// What git's words mean for the person at the desk.
    pub(super) fn blame(&self, err: &str) -> RemoteError {
        let has = |words: &[&str]| words.iter().any(|word| err.contains(word));
        let (name, said) = (self.address(), self.said(err));
        if has(&["File too large"]) {
            RemoteError::TooMuch(name, self.means.most)
        } else if has(&[
            "Host key verification failed",
            "REMOTE HOST IDENTIFICATION HAS CHANGED",
            "server certificate verification failed",
            "SSL certificate problem",
            "certificate verify failed",
            "no alternative certificate subject name",
        ]) {
            RemoteError::Stranger(name, said)
        } else if has(&[
            "Permission denied (",
            "Authentication failed",
            "could not read Username",
            "could not read Password",
            "terminal prompts disabled",
            "Too many authentication failures",
            "returned error: 401",
            "returned error: 403",
        ]) {
            RemoteError::Login(name, said)
        } else if has(&[
            "fsck error",
            "fsckObjects",
            "inflate",
            "bad object",
            "invalid index-pack output",
            "index-pack failed",
            "did not send all necessary objects",
            "unresolved deltas",
            "corrupt",
        ]) && !has(&["early EOF", "hung up unexpectedly"])
        {
            RemoteError::Unsound(name, said)
        } else if has(&[
            "does not appear to be a git repository",
            "epository not found",
            "returned error: 404",
            "' not found",
            "does not exist",
        ]) {
            RemoteError::NotThere(name, said)
        } else if has(&[
            "Could not resolve host",
            "Temporary failure in name resolution",
            "Name or service not known",
            "Connection refused",
            "Connection reset",
            "Connection closed",
            "Connection timed out",
            "timed out",
            "Timeout",
            "No route to host",
            "Network is unreachable",
            "Failed to connect",
            "Could not connect",
            "Couldn't connect",
            "unable to connect",
            "early EOF",
            "hung up unexpectedly",
            "Broken pipe",
            "kex_exchange_identification",
            "Operation too slow",
            "returned error: 5",
            "returned error: 429",
            "RPC failed",
            "Empty reply from server",
        ]) {
            RemoteError::Away(name, said)
        } else {
            RemoteError::Git(name, said)
        }
    }

    /// git's words on few lines, without its advice and without a password.
    pub(super) fn said(&self, err: &str) -> String {
        let shown = without_password(&self.url);
        // git names the server by itself, too: with the user, as it is asking for their password
        let (user, hidden) = (user(&self.url), user(&shown));
        let hide = |line: &str| match (user, hidden) {
            (Some(user), Some(hidden)) if !user.is_empty() => line.replace(&format!("{user}@"), &format!("{hidden}@")),
            _ => line.to_owned(),
        };
        let empty = |line: &&str| {
            !line.is_empty()
                && !line.starts_with("hint:")
                && !line.starts_with("remote: Resolving")
                && !line.starts_with('@')
        };
        let lines = err.lines().map(str::trim).filter(empty).take(6);
        let text: Vec<String> = lines.map(|line| hide(&line.replace(&self.url, &shown))).collect();
        text.join("; ")
    }
}

/// Whether a push was refused only because somebody else was faster.
pub(super) fn is_race(said: &str) -> bool {
    [
        "(fetch first)",
        "(non-fast-forward)",
        "(stale info)",
        "(remote ref updated since checkout)",
        "cannot lock ref",
        "failed to update ref",
        "failed to lock",
        "incorrect old value provided",
        "reference already exists",
        "(atomic push failed)",
        "(atomic transaction failed)",
    ]
    .iter()
    .any(|race| said.contains(race))
}
