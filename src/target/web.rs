//! HTTP, as little of it as publishing needs: bounded in time and bytes, certificates of the system.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use ureq::Agent;
use ureq::http::{Request, Response};
use ureq::tls::{Certificate, RootCerts, TlsConfig};

/// For a request and its answer as a whole.
const PATIENCE: Duration = Duration::from_secs(60);
/// More than any answer that is read.
const LONGEST: u64 = 32 << 20;

/// What was answered.
pub(super) struct Answer {
    pub status: u16,
    pub body: String,
}

impl Answer {
    pub fn is_ok(&self) -> bool {
        (200..300).contains(&self.status)
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }
}

/// One for all requests of a run.
pub(super) fn agent(patience: Duration) -> Agent {
    let certificates = rustls_native_certs::load_native_certs().certs;
    let roots = certificates
        .iter()
        .map(|der| Certificate::from_der(der).to_owned())
        .collect::<Vec<_>>();
    let tls = TlsConfig::builder()
        .root_certs(RootCerts::Specific(Arc::new(roots)))
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .build();
    let config = Agent::config_builder()
        .timeout_global(Some(patience))
        .http_status_as_error(false)
        .user_agent("m4c-stories")
        .tls_config(tls)
        .build();
    config.into()
}

pub(super) fn usual() -> Agent {
    agent(PATIENCE)
}

/// Asks, and reads the whole answer. An error is one line.
pub(super) fn ask(agent: &Agent, request: Request<Vec<u8>>) -> Result<Answer, String> {
    let answer: Response<ureq::Body> = agent.run(request).map_err(|error| error.to_string())?;
    let status = answer.status().as_u16();
    let mut body = answer.into_body();
    let body = body
        .with_config()
        .limit(LONGEST)
        .read_to_string()
        .map_err(|error| error.to_string())?;
    Ok(Answer { status, body })
}

/// Why an address does not answer as a page that is there does.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoPage {
    /// With this status (RFC 9110, section 15).
    #[error("it answers {0}")]
    Status(u16),
    /// Not at all, or not in time.
    #[error("{0}")]
    Silent(String),
}

/// Whether an address answers a GET with 2xx, as a page that is there does, within `patience` in all: name, connection, redirects.
///
/// # Errors
/// [`NoPage`]: what it did instead.
pub fn answers(url: &str, patience: Duration) -> Result<(), NoPage> {
    let asked = agent(patience).get(url).call();
    let asked = asked.map_err(|error| NoPage::Silent(error.to_string()))?;
    match asked.status().as_u16() {
        200..300 => Ok(()),
        status => Err(NoPage::Status(status)),
    }
}

/// A text as part of an address (RFC 3986).
pub(super) fn encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(byte as char),
            byte => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}
