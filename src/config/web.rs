//! Addresses as they may stand in config.toml (RFC 3986, section 3.2): a host, perhaps a port, and no password.

use super::load::Wrong;

/// Host and port of an address, with whatever stands before an `@`; `None` where it has no scheme.
fn authority(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    rest.split(['/', '?', '#', '\\']).next()
}

/// The name, and perhaps a password, before the host.
pub(super) fn user(url: &str) -> Option<&str> {
    authority(url)?.rsplit_once('@').map(|(user, _)| user)
}

/// Whether something secret may stand before the host of a repository's address: a password, or over http(s) whatever stands there, as
/// a token is written like a name. A name for ssh is none.
pub(super) fn tells_a_secret(url: &str) -> bool {
    let scheme = url.split_once("://").map_or("", |(scheme, _)| scheme);
    let is_web = ["http", "https"].iter().any(|web| scheme.eq_ignore_ascii_case(web));
    user(url).is_some_and(|user| is_web || user.contains(':'))
}

/// That an address has a host, and a port that is one where it has any.
///
/// # Errors
/// What is wrong, of that key; nothing of the address is said, as there may be a password in it.
pub(super) fn reachable(key: &'static str, url: &str) -> Result<(), Wrong> {
    let authority = authority(url).unwrap_or_default();
    let place = authority.rsplit_once('@').map_or(authority, |(_, place)| place);
    // an IPv6 address has colons of its own, in brackets
    let (host, port) = match place.rfind(']').map(|end| place.split_at(end + 1)) {
        Some((host, port)) => (host, (!port.is_empty()).then_some(port)),
        None => place
            .find(':')
            .map_or((place, None), |colon| (&place[..colon], Some(&place[colon..]))),
    };
    if host.is_empty() {
        return Err(Wrong::at(
            key,
            "it names no host: write it like https://blog.example.org/",
        ));
    }
    let number = |port: &str| port.strip_prefix(':').is_some_and(is_port);
    match port.is_none_or(number) {
        true => Ok(()),
        false => Err(Wrong::at(
            key,
            "what stands after the colon is no port: a number from 1 to 65535, or leave the colon out",
        )),
    }
}

fn is_port(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit()) && text.parse::<u16>().is_ok_and(|port| port > 0)
}

/// Names of what a server is told in a query to let somebody in.
const SECRETS: &[&str] = &[
    "apikey",
    "auth",
    "credential",
    "credentials",
    "key",
    "pass",
    "passwd",
    "password",
    "pat",
    "pwd",
    "secret",
    "sig",
    "signature",
    "token",
];

/// Whether what stands behind the `?` or the `#` of an address lets somebody in: `?token=...`, `?api_key=...`.
pub(super) fn query_tells_a_secret(url: &str) -> bool {
    let Some(at) = url.find(['?', '#']) else { return false };
    let pairs = url[at..]
        .split(['?', '#', '&', ';'])
        .filter_map(|pair| pair.split_once('='));
    pairs.filter(|(_, value)| !value.is_empty()).any(|(name, _)| {
        let name = name.to_lowercase();
        // `access_token`, `X-Api-Key`; but no `monkey`
        let whole: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
        let mut words = name.split(|c: char| !c.is_alphanumeric());
        SECRETS.contains(&whole.as_str())
            || words.any(|word| SECRETS.contains(&word))
            || ["token", "password", "secret"].iter().any(|end| whole.ends_with(end))
    })
}

/// That the name of a server is that alone.
///
/// # Errors
/// Where what else there may be belongs.
pub(super) fn bare_host(host: &str) -> Result<(), Wrong> {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let odd = |c: char| c.is_whitespace() || c.is_control() || "/@:?#\\[]".contains(c);
    match bare.parse::<std::net::Ipv6Addr>().is_ok() || !host.contains(odd) {
        true => Ok(()),
        false => Err(Wrong::at(
            "host",
            "the name of the server alone is asked for, like \"mail.example.org\": `user`, `password_command`, `port` and `tls` are keys of their own",
        )),
    }
}
