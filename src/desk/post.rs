//! The way from the configuration to a mail server.

use std::time::Duration;

use crate::config::{Auth, Server, Tls};
use crate::outbox::{Encryption, Login, Mechanism, SmtpOutbox, SmtpServer};

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
