//! Between lettre and a server until TLS is on. lettre 0.11 keeps what it read before the handshake: answers that somebody
//! sends in the clear right behind the one to STARTTLS would count as the server's own, a letter's "250 queued" among them
//! (RFC 3207, section 6). So one answer is let through for one command, and after STARTTLS nothing until the client
//! speaks; from then on bytes go to and fro unread. TLS itself is between lettre and the server.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use crate::hands;

/// An answer before TLS: more is no mail server's.
const LONGEST: usize = 64 * 1024;

/// Where lettre is to connect to, in place of the server.
pub(super) struct Doorkeeper {
    pub(super) place: SocketAddr,
    broken: Receiver<&'static str>,
}

impl Doorkeeper {
    /// Connects to the server. No answer may keep us waiting longer than `patience` before TLS is on.
    pub(super) fn before(host: &str, port: u16, patience: Duration) -> io::Result<Doorkeeper> {
        let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
        for address in (host, port).to_socket_addrs()? {
            match TcpStream::connect_timeout(&address, patience) {
                Ok(server) => return Doorkeeper::to(server, patience),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    fn to(server: TcpStream, patience: Duration) -> io::Result<Doorkeeper> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let place = listener.local_addr()?;
        let (tell, broken) = channel();
        server.set_read_timeout(Some(patience))?;
        server.set_nodelay(true)?;
        hands::hire(move || {
            // One client: whoever comes first. Another program of this machine would get what it can get itself.
            let client = listener.accept().map(|(client, _)| client);
            drop(listener);
            let Ok(client) = client else { return };
            if let Err(why) = until_tls(&client, &server) {
                let _ = tell.send(why);
                let _ = client.shutdown(Shutdown::Both);
                let _ = server.shutdown(Shutdown::Both);
                return;
            }
            let _ = server.set_read_timeout(None);
            let (Ok(from_server), Ok(to_client)) = (server.try_clone(), client.try_clone()) else {
                return;
            };
            if hands::hire(move || pass(from_server, to_client)).is_ok() {
                pass(client, server);
            }
        })?;
        Ok(Doorkeeper { place, broken })
    }

    /// Why the line was cut, if it was.
    pub(super) fn complaint(&self) -> Option<&'static str> {
        self.broken.recv_timeout(Duration::from_millis(200)).ok()
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream) {
    let _ = io::copy(&mut from, &mut to);
    let _ = to.shutdown(Shutdown::Write);
}

/// Ends well when TLS is to begin, or when either side hangs up.
fn until_tls(mut client: &TcpStream, mut server: &TcpStream) -> Result<(), &'static str> {
    let mut starts = false;
    loop {
        let answer = answer(server)?;
        let gone = !answer.ends_with(b"\n") || client.write_all(&answer).is_err();
        if gone || (starts && answer.starts_with(b"220")) {
            return Ok(());
        }
        let mut command = Vec::new();
        while !command.ends_with(b"\n") {
            let mut byte = [0];
            match client.read(&mut byte) {
                Ok(1) if command.len() < LONGEST => command.push(byte[0]),
                _ => return Ok(()),
            }
        }
        starts = command.eq_ignore_ascii_case(b"STARTTLS\r\n");
        if server.write_all(&command).is_err() {
            return Ok(());
        }
    }
}

/// One answer (RFC 5321, section 4.2.1), torn where the server hung up; and nothing may have come behind it.
fn answer(mut server: &TcpStream) -> Result<Vec<u8>, &'static str> {
    let mut answer = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let mut lines = answer.split_inclusive(|b| *b == b'\n');
        let is_last = |line: &&[u8]| line.ends_with(b"\n") && line.get(3) != Some(&b'-');
        if lines.any(|line| is_last(&line)) {
            return match lines.next() {
                None => Ok(answer),
                Some(_) => Err("the server said more than it was asked before TLS was on"),
            };
        }
        match server.read(&mut buffer) {
            Ok(0) | Err(_) => return Ok(answer),
            Ok(_) if answer.len() > LONGEST => return Err("the server does not come to an end before TLS is on"),
            Ok(read) => answer.extend_from_slice(&buffer[..read]),
        }
    }
}
