//! The connection: TCP or TLS, with a time by which each answer must be whole, and answers of bounded size.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};

/// The longest silence within an answer.
const SILENCE: Duration = Duration::from_secs(60);
const CONNECT: Duration = Duration::from_secs(30);
/// The longest line: a SEARCH that names a million mails.
const LONGEST_LINE: usize = 16 << 20;
/// A literal over the limit is read and thrown away up to this size, so that the session goes on.
const LONGEST_LITERAL: u64 = 1 << 30;
const MOST_LITERALS: usize = 64;

/// Why an answer did not come.
#[derive(Debug, thiserror::Error)]
pub(super) enum WireError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("the server's answer is not IMAP: {0}")]
    Protocol(&'static str),
}

/// One answer: a line, in which each literal (RFC 9051, section 4.3) is a NUL.
#[derive(Debug, Default)]
pub(super) struct Answer {
    pub(super) text: Vec<u8>,
    pub(super) literals: Vec<Literal>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Literal {
    Bytes(Vec<u8>),
    /// Over the limit: its size.
    TooLarge(u64),
}

pub(super) struct Wire {
    stream: Option<Stream>,
    /// What was read and not used yet is `buffer[at..]`.
    buffer: Vec<u8>,
    at: usize,
    /// The end of the session, whatever is under way.
    until: Instant,
}

enum Stream {
    Plain(Timed),
    Tls(Box<StreamOwned<ClientConnection, Timed>>),
}

/// A socket on which nothing takes longer than until `due`.
struct Timed {
    tcp: TcpStream,
    due: Instant,
}

impl Timed {
    fn left(&self) -> io::Result<Duration> {
        let left = self.due.saturating_duration_since(Instant::now());
        match left.is_zero() {
            true => Err(io::ErrorKind::TimedOut.into()),
            false => Ok(left.min(SILENCE)),
        }
    }
}

fn in_time<T>(result: io::Result<T>) -> io::Result<T> {
    result.map_err(|error| match error.kind() {
        io::ErrorKind::WouldBlock => io::ErrorKind::TimedOut.into(),
        _ => error,
    })
}

impl Read for Timed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.tcp.set_read_timeout(Some(self.left()?))?;
        in_time(self.tcp.read(buffer))
    }
}

impl Write for Timed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.tcp.set_write_timeout(Some(self.left()?))?;
        in_time(self.tcp.write(bytes))
    }
    fn flush(&mut self) -> io::Result<()> {
        self.tcp.flush()
    }
}

impl Wire {
    /// Tries each address of the host in turn. The session ends after `deadline` at the latest.
    pub(super) fn connect(host: &str, port: u16, deadline: Duration) -> io::Result<Wire> {
        let until = Instant::now() + deadline;
        let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
        for address in (host, port).to_socket_addrs()? {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            match TcpStream::connect_timeout(&address, CONNECT.min(left)) {
                Ok(tcp) => {
                    tcp.set_nodelay(true)?;
                    let due = until.min(Instant::now() + CONNECT);
                    return Ok(Wire {
                        stream: Some(Stream::Plain(Timed { tcp, due })),
                        buffer: Vec::new(),
                        at: 0,
                        until,
                    });
                }
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// Whether the other end is this machine.
    pub(super) fn is_loopback(&self) -> bool {
        match &self.stream {
            Some(Stream::Plain(timed)) => timed.tcp.peer_addr().is_ok_and(|peer| peer.ip().is_loopback()),
            _ => false,
        }
    }

    /// Goes over to TLS; the handshake is done here. Bytes that came before it would be somebody else's: they end the
    /// session.
    pub(super) fn start_tls(&mut self, config: Arc<ClientConfig>, host: &str) -> Result<(), WireError> {
        if self.at < self.buffer.len() {
            return Err(WireError::Protocol("there are bytes before the TLS handshake"));
        }
        let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        let connection = ClientConnection::new(config, name).map_err(io::Error::other)?;
        let Some(Stream::Plain(mut timed)) = self.stream.take() else {
            return Err(WireError::Protocol("TLS is on already"));
        };
        let mut connection = connection;
        timed.due = self.until.min(Instant::now() + CONNECT);
        while connection.is_handshaking() {
            connection.complete_io(&mut timed)?;
        }
        self.stream = Some(Stream::Tls(Box::new(StreamOwned::new(connection, timed))));
        Ok(())
    }

    /// By when what is sent and read from now on has to be done.
    pub(super) fn due_in(&mut self, time: Duration) {
        let due = self.until.min(Instant::now() + time);
        match &mut self.stream {
            Some(Stream::Plain(timed)) => timed.due = due,
            Some(Stream::Tls(stream)) => stream.sock.due = due,
            None => {}
        }
    }

    pub(super) fn send(&mut self, bytes: &[u8]) -> Result<(), WireError> {
        let stream: &mut dyn Write = match &mut self.stream {
            Some(Stream::Plain(timed)) => timed,
            Some(Stream::Tls(stream)) => stream,
            None => return Err(io::Error::from(io::ErrorKind::NotConnected).into()),
        };
        stream.write_all(bytes)?;
        Ok(stream.flush()?)
    }

    /// Whether something to read comes within `time`.
    pub(super) fn ready(&mut self, time: Duration) -> Result<bool, WireError> {
        if self.at < self.buffer.len() {
            return Ok(true);
        }
        self.due_in(time);
        match self.fill() {
            Err(WireError::Io(error)) if error.kind() == io::ErrorKind::TimedOut => Ok(false),
            filled => filled.map(|()| true),
        }
    }

    /// The next answer. Of its literals at most `largest` bytes are kept; those that would be more are read past and only
    /// their size kept. Memory grows with what came, never with what was announced.
    pub(super) fn answer(&mut self, largest: u64) -> Result<Answer, WireError> {
        let mut answer = Answer::default();
        let mut room = largest;
        loop {
            self.line_into(&mut answer.text)?;
            let Some(size) = literal_at_end(&answer.text)? else {
                return Ok(answer);
            };
            if answer.literals.len() >= MOST_LITERALS || size > LONGEST_LITERAL {
                return Err(WireError::Protocol("a literal is too large, or there are too many"));
            }
            let brace = answer.text.iter().rposition(|b| *b == b'{').unwrap_or(0);
            answer.text.truncate(brace);
            answer.text.push(0);
            let literal = match size <= room {
                true => {
                    room -= size;
                    let mut bytes = Vec::new();
                    self.octets(size, &mut |some| grow(&mut bytes, some, size))?;
                    Literal::Bytes(bytes)
                }
                false => {
                    self.octets(size, &mut |_| {})?;
                    Literal::TooLarge(size)
                }
            };
            answer.literals.push(literal);
        }
    }

    /// Appends the next line, without its end.
    fn line_into(&mut self, text: &mut Vec<u8>) -> Result<(), WireError> {
        loop {
            let rest = &self.buffer[self.at..];
            let end = memchr::memchr(b'\n', rest);
            let line = &rest[..end.unwrap_or(rest.len())];
            if line.contains(&0) || text.len() + line.len() > LONGEST_LINE {
                return Err(WireError::Protocol("a line is too long, or has a NUL in it"));
            }
            text.extend_from_slice(line);
            self.at += line.len();
            if end.is_some() {
                self.at += 1;
                if text.last() == Some(&b'\r') {
                    text.pop();
                }
                return Ok(());
            }
            self.fill()?;
        }
    }

    /// The next `count` bytes, in pieces.
    fn octets(&mut self, count: u64, each: &mut dyn FnMut(&[u8])) -> Result<(), WireError> {
        let mut left = count;
        while left > 0 {
            if self.at == self.buffer.len() {
                self.fill()?;
            }
            let rest = &self.buffer[self.at..];
            let some = &rest[..usize::try_from(left).unwrap_or(rest.len()).min(rest.len())];
            each(some);
            left -= some.len() as u64;
            self.at += some.len();
        }
        Ok(())
    }

    /// Reads more; the buffer is empty when this is called.
    fn fill(&mut self) -> Result<(), WireError> {
        self.buffer.resize(64 * 1024, 0);
        self.at = 0;
        let read = loop {
            let read = match &mut self.stream {
                Some(Stream::Plain(timed)) => timed.read(&mut self.buffer),
                Some(Stream::Tls(stream)) => stream.read(&mut self.buffer),
                None => Err(io::ErrorKind::NotConnected.into()),
            };
            match read {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read,
            }
        };
        self.buffer.truncate(*read.as_ref().unwrap_or(&0));
        match read? {
            0 => Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
            _ => Ok(()),
        }
    }
}

/// Appends; makes room by what came already, and in the end for `size` bytes exactly.
fn grow(bytes: &mut Vec<u8>, some: &[u8], size: u64) {
    let whole = usize::try_from(size).unwrap_or(usize::MAX);
    let needed = bytes.len() + some.len();
    if needed > bytes.capacity() {
        let room = (4 * needed).min(whole).max(needed);
        bytes.reserve_exact(room - bytes.len());
    }
    bytes.extend_from_slice(some);
}

/// The size of the literal that a line ends by announcing: `{4711}`.
fn literal_at_end(line: &[u8]) -> Result<Option<u64>, WireError> {
    let Some(inner) = line.strip_suffix(b"}") else {
        return Ok(None);
    };
    let digits = inner.iter().rev().take_while(|b| b.is_ascii_digit()).count();
    let (before, number) = inner.split_at(inner.len() - digits);
    if digits == 0 || !before.ends_with(b"{") {
        return Ok(None);
    }
    let number = std::str::from_utf8(number).ok().and_then(|number| number.parse().ok());
    number.map(Some).ok_or(WireError::Protocol("a literal is too large"))
}
