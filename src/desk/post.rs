//! The way from the configuration to a mail server: IMAP for what comes, SMTP for what goes.

use std::time::Duration;

use crate::config::{self, Auth, Server, Tls};
use crate::inbox::{self, Imap, ImapAccount};
use crate::outbox::{Encryption, Login, Mechanism, SmtpOutbox, SmtpServer};

use super::Trouble;

/// How long a server may be silent.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long one letter may take as a whole.
const DEADLINE: Duration = Duration::from_secs(300);

/// The outbox by SMTP; nothing is connected yet, and the secret is asked for only then.
pub fn smtp(server: &Server) -> SmtpOutbox {
    let login = server.login.clone().map(|login| {
        let secret = login.secret;
        Login {
            user: login.user,
            mechanism: match login.auth {
                Auth::Password => Mechanism::Password,
                Auth::Xoauth2 => Mechanism::Token,
            },
            secret: Box::new(move || match secret.secret() {
                Ok(secret) => Ok(secret.expose().to_owned()),
                Err(error) => Err(error.to_string()),
            }),
        }
    });
    SmtpOutbox::new(SmtpServer {
        host: server.host.clone(),
        port: server.port,
        encryption: match server.tls {
            Tls::Implicit => Encryption::Implicit,
            Tls::Starttls => Encryption::StartTls,
            Tls::None => Encryption::None,
        },
        ca_file: server.ca_file.clone(),
        login,
        patience: PATIENCE,
        deadline: DEADLINE,
    })
}

/// A mailbox on a server. The secret is asked for here: a run that reads this inbox needs it at once.
pub fn imap(name: &str, imap: &config::Imap) -> Result<Imap, Trouble> {
    imap_for(name, imap, imap.deadline)
}

/// The same for a session that may last so long.
pub fn imap_for(name: &str, imap: &config::Imap, deadline: Duration) -> Result<Imap, Trouble> {
    let server = &imap.server;
    let login = server.login.as_ref().ok_or_else(|| Trouble::NoLogin(name.to_owned()))?;
    let secret = login.secret.secret()?;
    let secret = secret.expose().to_owned();
    let account = ImapAccount {
        host: server.host.clone(),
        port: server.port,
        tls: match server.tls {
            Tls::Implicit => inbox::Tls::Implicit,
            Tls::Starttls => inbox::Tls::StartTls,
            Tls::None => inbox::Tls::None,
        },
        ca_file: server.ca_file.clone(),
        user: login.user.clone(),
        login: match login.auth {
            Auth::Password => inbox::Login::Password(secret),
            Auth::Xoauth2 => inbox::Login::Token(secret),
        },
        mailbox: imap.mailbox.clone(),
        deadline,
    };
    Ok(Imap::new(name, account))
}
