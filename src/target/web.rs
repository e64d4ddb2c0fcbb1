//! HTTP, as little of it as publishing needs: bounded in time and bytes, certificates of the system.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use ureq::Agent;
use ureq::config::ConfigBuilder;
use ureq::http::{Request, Response};
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::typestate::AgentScope;

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
pub(super) fn usual() -> Agent {
    config(PATIENCE).build().into()
}

/// What all requests have in common.
pub(super) fn config(patience: Duration) -> ConfigBuilder<AgentScope> {
    let certificates = rustls_native_certs::load_native_certs().certs;
    let roots = certificates
        .iter()
        .map(|der| Certificate::from_der(der).to_owned())
        .collect::<Vec<_>>();
    let tls = TlsConfig::builder()
        .root_certs(RootCerts::Specific(Arc::new(roots)))
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .build();
    Agent::config_builder()
        .timeout_global(Some(patience))
        .http_status_as_error(false)
        .user_agent("m4c-stories")
        .tls_config(tls)
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
