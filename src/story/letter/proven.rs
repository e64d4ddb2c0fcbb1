//! What our own server's findings about a sender are enough for.

use super::super::submission::AuthResult;

/// Whether a letter goes out by itself, or waits until a person sends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leaving {
    Goes,
    /// Why it waits.
    Waits(&'static str),
}

/// Whether a due letter may leave without a person's word. A decision may: a person made it. An automatic answer goes to whoever the
/// mail says it is from, so it leaves by itself only where our own server (`trusted_authserv`) has found that to be true:
/// otherwise we would write to people who never wrote to us. `auth` are that server's findings, `to` is where the letter goes.
pub fn leaving(automatic: bool, auth: &[AuthResult], to: &str, trusted_authserv: bool) -> Leaving {
    if !automatic {
        return Leaving::Goes;
    }
    if !trusted_authserv {
        return Leaving::Waits(
            "no server is trusted to say who mail is from (trusted_authserv): `letters send` sends it",
        );
    }
    match passes(auth, to, &["dmarc", "dkim", "spf"]).is_some() {
        true => Leaving::Goes,
        false => Leaving::Waits("the sender's address is not proven: `letters send` sends it if you name it"),
    }
}

/// The domain that signed a mail for this address (DKIM): what the author's yes needs. The path a mail took (SPF) is not enough,
/// since others send by the same path.
pub fn signed_by<'a>(auth: &'a [AuthResult], from: &str) -> Option<&'a str> {
    passes(auth, from, &["dkim"])
}

/// The domain of a result that passed, by one of these methods, and is the address's own.
fn passes<'a>(auth: &'a [AuthResult], address: &str, methods: &[&str]) -> Option<&'a str> {
    let domain = address.rsplit('@').next().unwrap_or_default();
    let passed = auth
        .iter()
        .filter(|found| found.result == "pass" && methods.contains(&found.method.as_str()));
    let mut domains = passed.filter_map(|found| found.domain.as_deref());
    domains.find(|found| is_one_site(found, domain))
}

/// Relaxed alignment (RFC 7489, section 3.1), without a list of public suffixes: one is the other, or a host of it. A suffix that others
/// share passes nothing, because nobody can sign for it.
pub(in crate::story) fn is_one_site(one: &str, other: &str) -> bool {
    let (one, other) = (one.trim_start_matches('@').to_lowercase(), other.to_lowercase());
    let host_of = |host: &str, site: &str| host.strip_suffix(site).is_some_and(|rest| rest.ends_with('.'));
    let whole = |name: &str| name.contains('.') && !name.starts_with('.');
    whole(&one) && whole(&other) && (one == other || host_of(&one, &other) || host_of(&other, &one))
}
