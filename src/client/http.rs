//! The only place that sends HTTP.

use std::{path::Path, time::Duration};

use reqwest::{Method, header, redirect::Policy};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::Url;

use super::{
    error::{ApiError, Kind},
    tls, unreachable, wire,
};

/// Largest answer that is read, in bytes after decompression.
const ANSWER_LIMIT: usize = 256 << 20;
/// Longest wait for a connection, in milliseconds.
const CONNECT_MS: u64 = 5_000;

/// One address to talk to.
pub(super) struct Http {
    inner: reqwest::Client,
    base: Url,
}

/// What goes along to prove who is calling.
#[derive(Clone, Copy)]
pub(super) enum Proof<'a> {
    /// Nothing.
    None,
    /// A user's token.
    Bearer(&'a SecretString),
    /// An operator key.
    Key(&'a SecretString),
}

/// One call.
pub(super) struct Call<'a> {
    pub path: &'a str,
    pub proof: Proof<'a>,
    /// What to POST; a GET without.
    pub body: Option<Payload>,
    /// The media type that is wanted, where there is a choice.
    pub accept: Option<&'static str>,
    /// Whether a lost answer leaves it open what happened.
    pub is_write: bool,
}

/// What is sent, and what it is.
#[derive(Clone)]
pub(super) struct Payload {
    content_type: &'static str,
    bytes: Vec<u8>,
}

impl Payload {
    /// JSON.
    pub const fn json(bytes: Vec<u8>) -> Self {
        Self { content_type: "application/json", bytes }
    }

    /// Nothing.
    pub const fn none() -> Self {
        Self::json(Vec::new())
    }

    /// YAML.
    pub fn yaml(text: String) -> Self {
        Self { content_type: "application/yaml", bytes: text.into_bytes() }
    }
}

impl Http {
    /// A door to `base`. Redirects are not followed: a token only goes to the address it was issued for.
    pub fn new(base: &Url, timeout_ms: u64, ca_file: Option<&Path>) -> Result<Self, ApiError> {
        let encrypted = match base.scheme() {
            "https" => true,
            "http" => false,
            other => return Err(ApiError::new(Kind::Invalid, format!("`{other}` is not http or https"))),
        };
        let mut tls = if encrypted { tls::encrypted(ca_file)? } else { tls::plain()? };
        tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let timeout = Duration::from_millis(timeout_ms.max(1));
        let mut builder = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .redirect(Policy::none())
            .referer(false)
            .timeout(timeout)
            .connect_timeout(timeout.min(Duration::from_millis(CONNECT_MS)))
            .tcp_nodelay(true)
            .user_agent(concat!("itops/", env!("CARGO_PKG_VERSION")));
        if is_loopback(base) {
            builder = builder.no_proxy();
        }
        let inner = builder.build().map_err(|e| {
            ApiError::new(Kind::Invalid, format!("HTTP cannot be set up: {}", wire::line(&e.to_string())))
        })?;
        Ok(Self { inner, base: base.clone() })
    }

    /// Send `call` once and return the body of a good answer.
    pub async fn send(&self, call: Call<'_>) -> Result<Vec<u8>, ApiError> {
        let method = if call.body.is_some() { Method::POST } else { Method::GET };
        let mut request = self.inner.request(method, join(&self.base, call.path)?);
        request = match call.proof {
            Proof::None => request,
            Proof::Bearer(token) => request.bearer_auth(token.expose_secret()),
            Proof::Key(key) => request.header("x-api-key", key.expose_secret()),
        };
        if let Some(wanted) = call.accept {
            request = request.header(header::ACCEPT, wanted);
        }
        if let Some(body) = call.body {
            request = request.header(header::CONTENT_TYPE, body.content_type).body(body.bytes);
        }
        let mut answer = request.send().await.map_err(|e| self.explain(&e, call.is_write))?;
        let status = answer.status().as_u16();
        let retry_after_ms = retry_after(answer.headers());
        let request_id = answer.headers().get("x-request-id").and_then(|v| v.to_str().ok()).map(wire::line);
        let mut body = Vec::new();
        while let Some(part) = answer.chunk().await.map_err(|e| self.explain(&e, call.is_write))? {
            if body.len() + part.len() > ANSWER_LIMIT {
                return Err(ApiError::protocol("it is larger than 256 MiB"));
            }
            body.extend_from_slice(&part);
        }
        if (200..300).contains(&status) {
            return Ok(body);
        }
        Err(refusal(status, &body, retry_after_ms, request_id, call.is_write))
    }

    /// What a failure on the way means: before sending nothing happened, after sending a write is open.
    fn explain(&self, error: &reqwest::Error, is_write: bool) -> ApiError {
        let place = wire::line(self.base.as_str());
        let reason = root_cause(error);
        if error.is_builder() {
            let what = "the call cannot be made, nothing was sent; is there a line end or another odd character in the key or \
                        token?";
            return ApiError::new(Kind::Invalid, format!("{what} ({reason})"));
        }
        if error.is_connect() {
            return ApiError::new(Kind::Unreachable, format!("cannot reach {place}: {reason}"));
        }
        if is_write {
            return ApiError::new(Kind::Unknown, format!("the answer of {place} was lost: {reason}"));
        }
        if error.is_timeout() {
            return ApiError::new(Kind::TimedOut, format!("{place} did not answer in time"));
        }
        if error.is_decode() {
            return ApiError::protocol(reason);
        }
        ApiError::new(Kind::Unreachable, format!("the connection to {place} broke: {reason}"))
    }
}

/// `path` below `base`, which may have a path of its own behind a proxy.
pub(super) fn join(base: &Url, path: &str) -> Result<Url, ApiError> {
    let mut url = base.clone();
    url.set_path(&format!("{}{path}", base.path().trim_end_matches('/')));
    url.set_query(None);
    url.set_fragment(None);
    Ok(url)
}

/// Whether `url` names this machine.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

#[derive(Deserialize)]
struct Envelope {
    error: Option<Body>,
    #[serde(default)]
    errors: Vec<super::graphql::Error>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    code: wire::Line,
    message: wire::Text,
    request_id: Option<wire::Line>,
}

fn refusal(
    status: u16,
    body: &[u8],
    retry_after_ms: Option<u64>,
    request_id: Option<String>,
    is_write: bool,
) -> ApiError {
    let said: Option<Envelope> = serde_json::from_slice(body).ok();
    if let Some(Envelope { error: Some(said), .. }) = said {
        let mut error = ApiError::new(Kind::from_code(&said.code.0, status, retry_after_ms), said.message.0);
        error.request_id = wire::optional(said.request_id).or(request_id);
        return error;
    }
    if let Some(first) = said.and_then(|e| e.errors.into_iter().next()) {
        return first.into_api_error(status);
    }
    // Not from a core: a proxy in between. What became of a write behind it is open.
    let kind = match status {
        502..=504 if is_write => Kind::Unknown,
        502..=504 => Kind::Unreachable,
        _ => Kind::from_code("", status, retry_after_ms),
    };
    let mut error = ApiError::new(kind, format!("HTTP status {status}"));
    error.request_id = request_id;
    error
}

fn retry_after(headers: &header::HeaderMap) -> Option<u64> {
    let seconds: u64 = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    seconds.checked_mul(1000)
}

fn root_cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.downcast_ref().map_or_else(|| wire::line(&cause.to_string()), unreachable::reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_put_behind_the_path_of_a_proxy() {
        let base = Url::parse("https://ops.example/itops/").unwrap();
        assert_eq!(join(&base, "/graphql").unwrap().as_str(), "https://ops.example/itops/graphql");
    }

    #[test]
    fn the_envelope_becomes_an_error_with_its_request_id() {
        let body = br#"{"error":{"code":"too_many","message":"slow down\u001b","requestId":"r1"}}"#;
        let error = refusal(429, body, Some(3_000), None, false);
        assert_eq!(error.kind, Kind::TooMany { retry_after_ms: Some(3_000) });
        assert_eq!(error.message, "slow down\u{fffd}");
        assert_eq!(error.request_id.as_deref(), Some("r1"));
    }

    #[tokio::test]
    async fn a_key_that_no_header_can_carry_is_not_said_to_have_been_sent() {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = Http::new(&Url::parse("http://127.0.0.1:9").unwrap(), 1_000, None).unwrap();
        let key = SecretString::from("k3y\nwith two lines");
        let call = Call {
            path: "/x",
            proof: Proof::Key(&key),
            body: Some(Payload::json(Vec::new())),
            accept: None,
            is_write: true,
        };
        let error = http.send(call).await.unwrap_err();
        assert_eq!(error.kind, Kind::Invalid);
        assert!(error.message.contains("nothing was sent") && !error.message.contains("k3y"), "{}", error.message);
    }

    #[test]
    fn a_proxy_that_gives_up_leaves_a_write_open() {
        assert_eq!(refusal(504, b"<html>", None, None, true).kind, Kind::Unknown);
        assert_eq!(refusal(504, b"<html>", None, None, false).kind, Kind::Unreachable);
    }
}
