//! Letters by SMTP. Connected only when the first letter leaves; one connection for a run, opened again when it breaks.

mod doorkeeper;

use std::path::PathBuf;
use std::sync::mpsc;
use std::time::Duration;

use lettre::transport::smtp;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, SmtpConnection, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{Address, address};

use doorkeeper::Doorkeeper;

use super::{Outbox, SendError, Sent};
use crate::hands;
use crate::story::letter::{Envelope, Outgoing};

/// Where a letter is handed in.
pub struct SmtpServer {
    pub host: String,
    pub port: u16,
    pub encryption: Encryption,
    /// PEM; trusted besides the system's certificates.
    pub ca_file: Option<PathBuf>,
    pub login: Option<Login>,
    /// For connecting, and for each piece of an answer.
    pub patience: Duration,
    /// For one letter as a whole, connecting included: a server that says a word now and then must not hold a run for ever.
    pub deadline: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encryption {
    /// TLS from the first byte (RFC 8314).
    Implicit,
    /// TLS by STARTTLS; a server without it is not used.
    StartTls,
    /// None; whoever sets this has seen to it that the server is this machine.
    None,
}

/// Who sends, and how that is shown.
pub struct Login {
    pub user: String,
    pub mechanism: Mechanism,
    /// Asked when the connection is made, not before; an error is told as it is.
    pub secret: Box<dyn FnMut() -> Result<String, String> + Send>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mechanism {
    /// PLAIN, else LOGIN.
    Password,
    /// XOAUTH2: the secret is an access token.
    Token,
}

/// An outbox that hands letters to a mail server.
pub struct SmtpOutbox {
    /// `None` while a letter is under way, and after one that never ended.
    session: Option<Session>,
    deadline: Duration,
}

struct Session {
    server: SmtpServer,
    connection: Option<SmtpConnection>,
    /// The letter may have left, and the server's word for it is missing.
    doubt: bool,
}

impl SmtpOutbox {
    /// Connects to nothing yet.
    pub fn new(server: SmtpServer) -> SmtpOutbox {
        SmtpOutbox {
            deadline: server.deadline,
            session: Some(Session {
                server,
                connection: None,
                doubt: false,
            }),
        }
    }

    /// Connects and logs in, without a letter: what `doctor` asks.
    pub fn try_out(&mut self) -> Result<(), SendError> {
        self.within_deadline(|session| {
            let connection = session.connect()?;
            session.connection = Some(connection);
            Ok(())
        })
    }

    /// Does a piece of work that may hang in a thread of its own, and leaves it behind when it does.
    fn within_deadline<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&mut Session) -> Result<T, SendError> + Send + 'static,
    ) -> Result<T, SendError> {
        let too_slow = || SendError::Later {
            said: format!(
                "the mail server did not come to an end within {} seconds",
                self.deadline.as_secs()
            ),
        };
        let Some(session) = self.session.take() else {
            return Err(too_slow());
        };
        let (done, wait) = mpsc::channel();
        let (give, get) = mpsc::channel();
        let hand = hands::hire(move || {
            let Ok(mut session) = get.recv() else { return };
            let outcome = work(&mut session);
            // nobody listens any more when it comes too late
            let _ = done.send((session, outcome));
        });
        if let Err(error) = hand {
            self.session = Some(session);
            return Err(SendError::Later {
                said: format!("this machine has no thread to spare: {error}"),
            });
        }
        let _ = give.send(session);
        match wait.recv_timeout(self.deadline) {
            Ok((session, outcome)) => {
                self.session = Some(session);
                outcome
            }
            Err(_) => Err(too_slow()),
        }
    }
}

impl Session {
    fn connect(&mut self) -> Result<SmtpConnection, SendError> {
        let server = &mut self.server;
        let tls = match server.encryption {
            Encryption::None => None,
            _ => Some(tls_to(&server.host, server.ca_file.as_ref())?),
        };
        let hello = ClientId::default();
        let first = tls.as_ref().filter(|_| server.encryption == Encryption::Implicit);
        let patience = Some(server.patience);
        let keeper = match server.encryption {
            Encryption::StartTls => {
                let keeper = Doorkeeper::before(&server.host, server.port, server.patience);
                Some(keeper.map_err(|error| SendError::Later {
                    said: one_line(&format!("Connection error: {error}")),
                })?)
            }
            _ => None,
        };
        let not_reached = |error| match keeper.as_ref().and_then(Doorkeeper::complaint) {
            Some(why) => SendError::Setup { said: why.to_owned() },
            None => not_reached(error),
        };
        let connected = match &keeper {
            Some(keeper) => SmtpConnection::connect(keeper.place, patience, &hello, first, None),
            None => SmtpConnection::connect((server.host.as_str(), server.port), patience, &hello, first, None),
        };
        let mut connection = connected.map_err(not_reached)?;
        if let (Encryption::StartTls, Some(tls)) = (server.encryption, &tls) {
            if !connection.can_starttls() {
                connection.abort();
                return Err(SendError::Setup {
                    said: "the server offers no STARTTLS, and without it no password is sent".to_owned(),
                });
            }
            connection.starttls(tls, &hello).map_err(not_reached)?;
        }
        if let Some(login) = &mut server.login {
            let secret = (login.secret)().map_err(|said| SendError::Login { said })?;
            let credentials = Credentials::new(login.user.clone(), secret.clone());
            let mechanisms: &[_] = match login.mechanism {
                Mechanism::Password => &[
                    smtp::authentication::Mechanism::Plain,
                    smtp::authentication::Mechanism::Login,
                ],
                Mechanism::Token => &[smtp::authentication::Mechanism::Xoauth2],
            };
            if let Err(error) = connection.auth(mechanisms, &credentials) {
                connection.abort();
                // what is no trouble of the network is the login's: 5xx, no common mechanism, a token answered with a challenge
                let is_login = error.is_permanent() || error.is_client();
                let without = |said: String| without_secret(&said, &secret, mechanisms, &credentials);
                return Err(match told(error) {
                    SendError::Later { said } | SendError::Refused { said } if is_login => {
                        SendError::Login { said: without(said) }
                    }
                    SendError::Login { said } => SendError::Login { said: without(said) },
                    SendError::Later { said } => SendError::Later { said: without(said) },
                    other => other,
                });
            }
        }
        Ok(connection)
    }

    fn send(&mut self, envelope: &address::Envelope, bytes: &[u8]) -> Result<Sent, SendError> {
        self.doubt = false;
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.connect()?,
        };
        let answer = connection.send(envelope, bytes);
        // what the server says, and what lettre refuses to say, is certain
        self.doubt = answer
            .as_ref()
            .is_err_and(|error| error.status().is_none() && !error.is_client());
        // lettre closes the connection after every refusal: the next letter opens a new one
        if !connection.has_broken() && answer.is_ok() {
            self.connection = Some(connection);
        }
        let response = match answer.map_err(told) {
            Err(SendError::Refused { said }) => return Err(self.whose_refusal(envelope, said)),
            answer => answer?,
        };
        let said: Vec<&str> = response.message().collect();
        Ok(Sent {
            said: one_line(&format!("{} {}", response.code(), said.join(" "))),
        })
    }
}

impl Session {
    /// What a refusal for good is about: lettre does not tell which command got it. A server that does not even take our own address, asked by
    /// itself, refuses us, and no letter.
    fn whose_refusal(&mut self, envelope: &address::Envelope, said: String) -> SendError {
        let Ok(mut connection) = self.connect() else {
            return SendError::Later { said };
        };
        let ours = connection.command(smtp::commands::Mail::new(envelope.from().cloned(), Vec::new()));
        match ours.map_err(told) {
            Ok(_) => {
                let _ = connection.quit();
                SendError::Refused { said }
            }
            Err(SendError::Refused { said }) => SendError::Setup { said },
            Err(other) => other,
        }
    }
}

impl Outbox for SmtpOutbox {
    fn send(&mut self, letter: &Outgoing) -> Result<Sent, SendError> {
        let envelope = envelope_of(letter)?;
        let bytes = with_line_ends(letter.bytes);
        self.within_deadline(move |session| session.send(&envelope, &bytes))
    }

    fn in_doubt(&self) -> bool {
        // without a session the last letter never came to an end
        self.session.as_ref().is_none_or(|session| session.doubt)
    }

    fn close(&mut self) {
        let _ = self.within_deadline(|session| {
            if let Some(mut connection) = session.connection.take() {
                let _ = connection.quit();
            }
            Ok(())
        });
    }
}

impl Drop for SmtpOutbox {
    fn drop(&mut self) {
        if self
            .session
            .as_ref()
            .is_some_and(|session| session.connection.is_some())
        {
            self.close();
        }
    }
}

/// With CRLF for every line end: what one server takes for the end of a letter and the next does not (`\n.\n`, `\r.\r`)
/// would be a way to smuggle another letter in. Without the last, which lettre writes itself.
fn with_line_ends(letter: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(letter.len());
    let mut rest = letter.iter().peekable();
    while let Some(byte) = rest.next() {
        match byte {
            b'\r' => {
                rest.next_if(|next| **next == b'\n');
                bytes.extend_from_slice(b"\r\n");
            }
            b'\n' => bytes.extend_from_slice(b"\r\n"),
            byte => bytes.push(*byte),
        }
    }
    if bytes.ends_with(b"\r\n") {
        bytes.truncate(bytes.len() - 2);
    }
    bytes
}

fn envelope_of(letter: &Outgoing) -> Result<address::Envelope, SendError> {
    let parse = |address: &str| {
        address.parse::<Address>().map_err(|_| SendError::Refused {
            said: format!("{address:?} is not an address"),
        })
    };
    let sender = letter.envelope.sender.as_deref().map(parse).transpose()?;
    let recipient = parse(&Envelope::to(&letter.envelope.recipient, None).recipient)?;
    address::Envelope::new(sender, vec![recipient]).map_err(|error| SendError::Refused {
        said: error.to_string(),
    })
}

fn tls_to(host: &str, ca_file: Option<&PathBuf>) -> Result<TlsParameters, SendError> {
    let unusable = |said: String| SendError::Setup { said };
    let mut builder = TlsParameters::builder(host.to_owned());
    if let Some(path) = ca_file {
        let told = |problem: String| unusable(format!("ca_file {}: {problem}", path.display()));
        let pem = std::fs::read(path).map_err(|error| told(error.to_string()))?;
        let certificate = Certificate::from_pem(&pem).map_err(|error| told(error.to_string()))?;
        builder = builder.add_root_certificate(certificate);
    }
    builder.build().map_err(|error| unusable(chain(&error)))
}

/// A server may repeat the command that it does not like; what it says is told without the password.
fn without_secret(
    said: &str,
    secret: &str,
    mechanisms: &[smtp::authentication::Mechanism],
    credentials: &Credentials,
) -> String {
    let commands = mechanisms.iter().filter_map(|mechanism| {
        let command = smtp::commands::Auth::new(*mechanism, credentials.clone(), None).ok()?;
        command.to_string().split_whitespace().nth(2).map(str::to_owned)
    });
    let forms = commands.chain([secret.to_owned()]).filter(|form| form.len() > 3);
    forms.fold(said.to_owned(), |said, form| said.replace(&form, "(secret)"))
}

/// Before there is a session nothing is the letter's fault, not even a 5xx greeting.
fn not_reached(error: smtp::Error) -> SendError {
    match told(error) {
        SendError::Refused { said } => SendError::Later { said },
        other => other,
    }
}

/// What an error means for the letter. 530, 534, 535 and 538 are about the login (RFC 4954, section 6).
fn told(error: smtp::Error) -> SendError {
    let said = chain(&error);
    match error.status().map(u16::from) {
        Some(530 | 534 | 535 | 538) => SendError::Login { said },
        // the account's own limit of a day (Gmail says 550): no letter is to blame, and tomorrow it may leave
        Some(_) if said.contains("5.4.5") => SendError::Later { said },
        _ if error.is_permanent() => SendError::Refused { said },
        _ if error.is_tls() || said.contains("certificate") => SendError::Setup { said },
        // lettre's own refusal of an address that needs SMTPUTF8
        _ if error.is_client() && said.contains("non-ascii") => SendError::Refused { said },
        _ => SendError::Later { said },
    }
}

/// The error with its causes, on one line; servers answer what they like.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    one_line(&text)
}

fn one_line(text: &str) -> String {
    let plain: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(500)
        .collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}
