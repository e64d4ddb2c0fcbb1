//! Whether a page is there, as whoever clicks on its address would find out.

use std::io;
use std::time::{Duration, Instant};

use ureq::Agent;
use ureq::http::Uri;
use ureq::http::header::LOCATION;

/// Why an address does not answer as a page that is there does.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoPage {
    /// With this status (RFC 9110, section 15); also a redirect that leads to another page.
    #[error("it answers {0}")]
    Status(u16),
    /// Its host cannot be spoken to: no address, no connection, no TLS. No other page there would fare better.
    #[error("{0}")]
    Away(String),
    /// Its host is there, and did not answer for this page, or not in time.
    #[error("{0}")]
    Silent(String),
}

/// How many redirects are followed.
const MOST_HOPS: usize = 3;

/// Whether an address answers a GET with 2xx, as a page that is there does, within `patience` in all: name, connection, redirects. No
/// byte of the page itself is waited for. A redirect is followed by the same host to the same page only: from http to https, or to the
/// address with or without a slash or `index.html` at its end.
///
/// # Errors
/// [`NoPage`]: what it did instead.
pub fn answers(url: &str, patience: Duration) -> Result<(), NoPage> {
    let since = Instant::now();
    let odd = |error: &dyn std::fmt::Display| NoPage::Silent(error.to_string());
    let mut at: Uri = url.parse().map_err(|error: ureq::http::uri::InvalidUri| odd(&error))?;
    let mut hops = 0;
    loop {
        let left = patience.saturating_sub(since.elapsed());
        // a timer of nothing would be none
        let left = left.max(Duration::from_millis(1));
        let answer = agent(left).get(at.clone()).call().map_err(|error| not_asked(&error))?;
        let status = answer.status().as_u16();
        let to = || answer.headers().get(LOCATION)?.to_str().ok();
        match status {
            200..=299 => return Ok(()),
            301 | 302 | 303 | 307 | 308 if hops < MOST_HOPS => match to().and_then(|to| same_page(&at, to)) {
                Some(next) => at = next,
                None => return Err(NoPage::Status(status)),
            },
            status => return Err(NoPage::Status(status)),
        }
        hops += 1;
    }
}

/// One request: redirects are followed by hand, and a host that takes no connection is told from one that does not answer.
fn agent(patience: Duration) -> Agent {
    let to_connect = patience * 4 / 5;
    let usual = super::web::config(patience);
    let config = usual
        .timeout_resolve(Some(to_connect))
        .timeout_connect(Some(to_connect))
        .max_redirects(0)
        .build();
    config.into()
}

/// What came instead of an answer.
fn not_asked(error: &ureq::Error) -> NoPage {
    use ureq::{Error, Timeout};
    let away = match error {
        Error::HostNotFound
        | Error::ConnectionFailed
        | Error::ConnectProxyFailed(_)
        | Error::Tls(_)
        | Error::Rustls(_)
        | Error::TlsRequired
        | Error::Timeout(Timeout::Resolve | Timeout::Connect) => true,
        Error::Io(error) => match error.kind() {
            io::ErrorKind::ConnectionRefused
            | io::ErrorKind::HostUnreachable
            | io::ErrorKind::NetworkUnreachable
            | io::ErrorKind::NetworkDown
            | io::ErrorKind::AddrNotAvailable => true,
            _ => error.get_ref().is_some_and(|inner| inner.is::<rustls::Error>()),
        },
        _ => false,
    };
    match away {
        true => NoPage::Away(words(error)),
        false => NoPage::Silent(words(error)),
    }
}

/// The same for whoever waits for the page, and is no programmer.
fn words(error: &ureq::Error) -> String {
    use ureq::Error;
    match error {
        Error::HostNotFound => "nobody knows its host".to_owned(),
        Error::Timeout(_) => "no answer in time".to_owned(),
        Error::Io(error) if error.get_ref().is_some_and(|inner| inner.is::<rustls::Error>()) => {
            format!("no secure connection: {error}")
        }
        Error::Io(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            "its host takes no connection".to_owned()
        }
        Error::Io(_) | Error::Protocol(_) => format!("no answer that makes sense: {error}"),
        error => error.to_string(),
    }
}

/// Where a redirect leads (RFC 9110, section 10.2.2), if that is the same page of the same host.
fn same_page(from: &Uri, to: &str) -> Option<Uri> {
    let (scheme, authority) = (from.scheme_str()?, from.authority()?.as_str());
    let to = to.split('#').next().unwrap_or_default();
    let absolute = match to {
        _ if to.starts_with("//") => format!("{scheme}:{to}"),
        _ if to.starts_with('/') => format!("{scheme}://{authority}{to}"),
        _ if to.starts_with('?') => format!("{scheme}://{authority}{}{to}", from.path()),
        _ if to.contains("://") => to.to_owned(),
        // to the folder that the page is in
        _ => {
            let (folder, _) = from.path().rsplit_once('/').unwrap_or_default();
            format!("{scheme}://{authority}{folder}/{to}")
        }
    };
    let next: Uri = absolute.parse().ok()?;
    let same = same_host(from, &next) && bare(from.path()) == bare(next.path());
    same.then_some(next)
}

/// The same server, or the same host's by https in place of http.
fn same_host(from: &Uri, to: &Uri) -> bool {
    let usual = |uri: &Uri| match uri.scheme_str() {
        Some("http") => Some(80),
        Some("https") => Some(443),
        _ => None,
    };
    let port = |uri: &Uri| uri.port_u16().or_else(|| usual(uri));
    let user = |uri: &Uri| uri.authority().is_some_and(|all| all.as_str().contains('@'));
    let host = |uri: &Uri| uri.host().map(str::to_ascii_lowercase);
    let server = match (usual(from), usual(to)) {
        (Some(80), Some(443)) => port(from) == Some(80) && port(to) == Some(443),
        (from_scheme, to_scheme) => from_scheme == to_scheme && from_scheme.is_some() && port(from) == port(to),
    };
    server && host(from).is_some() && host(from) == host(to) && !user(to)
}

/// A path without what may or may not stand at its end.
fn bare(path: &str) -> &str {
    let path = path.strip_suffix("/index.html").unwrap_or(path);
    path.strip_suffix('/').unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Write};
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn a_redirect_is_followed_to_the_same_page_of_the_same_host_only() {
        let from = "http://blog.example.org/stories/marion";
        for (to, next) in [
            ("/stories/marion/", Some("http://blog.example.org/stories/marion/")),
            ("marion/", Some("http://blog.example.org/stories/marion/")),
            (
                "/stories/marion/index.html#a",
                Some("http://blog.example.org/stories/marion/index.html"),
            ),
            ("?lang=en", Some("http://blog.example.org/stories/marion?lang=en")),
            (
                "//BLOG.example.org/stories/marion/",
                Some("http://blog.example.org/stories/marion/"),
            ),
            (
                "https://blog.example.org/stories/marion",
                Some("https://blog.example.org/stories/marion"),
            ),
            (
                "http://blog.example.org:80/stories/marion/",
                Some("http://blog.example.org:80/stories/marion/"),
            ),
            // the front page, another page, a page to sign in at
            ("/", None),
            ("http://blog.example.org", None),
            ("/stories/joan", None),
            ("/stories/marion/../../admin", None),
            // elsewhere
            ("http://localhost/stories/marion", None),
            ("http://blog.example.org:8080/stories/marion", None),
            ("https://blog.example.org:8443/stories/marion", None),
            ("http://blog.example.org@localhost/stories/marion", None),
            ("http://user@blog.example.org/stories/marion", None),
            ("ftp://blog.example.org/stories/marion", None),
            ("file:///stories/marion", None),
            ("", None),
        ] {
            let found = same_page(&from.parse().expect("an address"), to);
            let lower = |uri: &Uri| uri.to_string().to_ascii_lowercase();
            assert_eq!(found.as_ref().map(lower).as_deref(), next, "{to}");
        }
        let down = same_page(
            &"https://blog.example.org/a".parse().expect("an address"),
            "http://blog.example.org/a",
        );
        assert_eq!(down, None, "not from https to http");
    }

    /// A server that says this to every request and then, of `endless`, that for ever.
    fn server(head: &'static str, endless: &'static str) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("it is bound").port();
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                std::thread::spawn(move || {
                    let mut reader = BufReader::new(stream.try_clone().expect("a socket"));
                    let mut line = String::new();
                    while reader.read_line(&mut line).is_ok_and(|n| n > 2) {
                        line.clear();
                    }
                    let mut going = stream.write_all(head.as_bytes()).is_ok();
                    while going && !endless.is_empty() {
                        going = stream.write_all(endless.as_bytes()).is_ok();
                        std::thread::sleep(Duration::from_millis(1));
                    }
                });
            }
        });
        port
    }

    fn ask(port: u16, patience: Duration) -> Result<(), NoPage> {
        answers(&format!("http://127.0.0.1:{port}/a/"), patience)
    }

    #[test]
    fn of_a_page_that_never_ends_nothing_is_read() {
        let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        // a minute is more than any machine needs for it, and would be waited for if the page were read
        let since = Instant::now();
        assert_eq!(ask(server(chunked, "1\r\na\r\n"), Duration::from_secs(60)), Ok(()));
        assert!(since.elapsed() < Duration::from_secs(50), "{:?}", since.elapsed());
        let missing = "HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n";
        let asked = ask(server(missing, "1\r\na\r\n"), Duration::from_secs(60));
        assert_eq!(asked, Err(NoPage::Status(404)));
    }

    #[test]
    fn an_answer_that_does_not_end_in_time_is_the_pages_own_fault() {
        let since = Instant::now();
        let dripping = server("HTTP/1.1 200 OK\r\nX: ", "a");
        let asked = ask(dripping, Duration::from_secs(3));
        assert!(matches!(asked, Err(NoPage::Silent(_))), "{asked:?}");
        assert!(since.elapsed() < Duration::from_secs(30), "{:?}", since.elapsed());
        let asked = ask(server("what?\r\n\r\n", ""), Duration::from_secs(60));
        assert!(matches!(asked, Err(NoPage::Silent(_))), "{asked:?}");
        let round = server(
            "HTTP/1.1 302 Found\r\nLocation: /a/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
            "",
        );
        assert_eq!(ask(round, Duration::from_secs(60)), Err(NoPage::Status(302)));
    }

    #[test]
    fn a_host_that_takes_no_connection_or_speaks_no_tls_is_away() {
        let closed = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = closed.local_addr().expect("it is bound").port();
        drop(closed);
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let plain = listener.local_addr().expect("it is bound").port();
        // it does not wait for what it does not understand, and stays open so that its answer arrives
        std::thread::spawn(move || {
            let mut open = Vec::new();
            for mut stream in listener.incoming().flatten() {
                let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
                open.push(stream);
            }
        });
        for url in [
            format!("http://127.0.0.1:{port}/a/"),
            format!("https://127.0.0.1:{plain}/a/"),
        ] {
            let asked = answers(&url, Duration::from_secs(60));
            assert!(matches!(asked, Err(NoPage::Away(_))), "{url}: {asked:?}");
        }
    }
}
