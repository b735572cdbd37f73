//! The door out: the only place of the core that calls somebody else over HTTP.
//!
//! Start at [`Door`]. What is called is named by an operator, but may mean something else by the time it is called, so
//! every call goes through the check of [`address`]: the name is looked up, each address is judged, and the connection
//! can only go to what was judged. Redirects are not followed, proxy variables are not read, and an answer's body is
//! not looked at. Console and commands have a door of their own, in `client`; the two share nothing.

pub mod address;

use std::{fmt, io, net::SocketAddr, path::Path, sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use reqwest::{
    dns::{Addrs, Name, Resolve, Resolving},
    redirect::Policy,
};
use rustls::{ClientConfig, RootCertStore, crypto::CryptoProvider};
use url::{Host, Url};

use crate::domain::text::clean_line;
pub use address::Allowlist;

/// Longest wait for a connection.
const CONNECT: Duration = Duration::from_secs(5);
/// Longest wait for an answer, connection and all.
const WHOLE: Duration = Duration::from_secs(10);
/// Largest body that is sent, in bytes.
const BODY_LIMIT: usize = 4 << 20;
/// Longest reason that is kept, in characters.
const REASON_LIMIT: usize = 200;

/// Looks up the addresses of a name.
pub type Lookup = Arc<dyn Fn(String) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>> + Send + Sync>;

/// The system's way of looking names up.
pub fn system_lookup() -> Lookup {
    Arc::new(|name| Box::pin(async move { Ok(tokio::net::lookup_host((name, 0)).await?.collect()) }))
}

/// Authorities that are believed beside the machine's when somebody is called encrypted.
#[derive(Clone, Default)]
pub struct Authorities(Vec<reqwest::Certificate>);

impl Authorities {
    /// Out of a file of certificates in PEM form.
    ///
    /// # Errors
    /// Says in words what is wrong with the file.
    pub fn read(file: &Path) -> Result<Self, String> {
        let in_file = |what: String| clean_line(&format!("{}: {what}", file.display())).into_owned();
        let pem = std::fs::read(file).map_err(|e| in_file(e.to_string()))?;
        let found = reqwest::Certificate::from_pem_bundle(&pem).map_err(|e| in_file(root_cause(&e)))?;
        if found.is_empty() {
            return Err(in_file("no certificate in PEM form".to_owned()));
        }
        Ok(Self(found))
    }
}

/// What is sent.
pub struct Call<'a> {
    /// Name and value; names in lower case.
    pub headers: Vec<(&'static str, String)>,
    /// JSON.
    pub body: &'a str,
}

/// Why nothing arrived, in words that may be shown: no path, query or password of an address is in them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotSent(pub String);

impl fmt::Display for NotSent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A way out to one address.
pub struct Door {
    url: Url,
    allowed: Arc<Allowlist>,
    client: reqwest::Client,
}

impl Door {
    /// A door to `url`, whose names are looked up by `lookup` and whose certificate must come from one of `authorities` or
    /// of the machine's, for exactly that name.
    ///
    /// # Errors
    /// Says when the address is not http or https, or carries a password.
    pub fn new(url: &Url, allowed: Arc<Allowlist>, authorities: &Authorities, lookup: Lookup) -> Result<Self, String> {
        let encrypted = match url.scheme() {
            "https" => true,
            "http" => false,
            other => return Err(format!("`{other}` is not http or https")),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err("an address must not carry a user or password".to_owned());
        }
        let mut builder = reqwest::Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            .referer(false)
            .connect_timeout(CONNECT)
            .timeout(WHOLE)
            // Nothing is kept open: the next call is looked up and judged anew.
            .pool_max_idle_per_host(0)
            .dns_resolver(Arc::new(Judge { allowed: allowed.clone(), lookup }))
            .user_agent(concat!("itops/", env!("CARGO_PKG_VERSION")));
        builder = if encrypted {
            builder.tls_certs_merge(authorities.0.iter().cloned())
        } else {
            // A machine without certificates can still tell its neighbours.
            builder.tls_backend_preconfigured(believes_nobody()?)
        };
        let client = builder.build().map_err(|e| format!("HTTP cannot be set up: {}", root_cause(&e)))?;
        Ok(Self { url: url.clone(), allowed, client })
    }

    /// Send `call` once. It arrived when the answer is one of success.
    ///
    /// # Errors
    /// What stood in the way.
    pub async fn send(&self, call: Call<'_>) -> Result<(), NotSent> {
        if call.body.len() > BODY_LIMIT {
            return Err(NotSent(format!("it is larger than {} MiB", BODY_LIMIT >> 20)));
        }
        // An address in place of a name is never looked up, so it is judged here.
        let literal = match self.url.host() {
            Some(Host::Ipv4(ip)) => Some(ip.into()),
            Some(Host::Ipv6(ip)) => Some(ip.into()),
            _ => None,
        };
        if let Some(ip) = literal {
            self.allowed.judge(None, ip).map_err(NotSent)?;
        }
        let mut request = self.client.post(self.url.clone()).header("content-type", "application/json");
        for (name, value) in call.headers {
            request = request.header(name, value);
        }
        let answer = request.body(call.body.to_owned()).send().await.map_err(|e| explain(&e))?;
        let status = answer.status();
        if status.is_success() {
            return Ok(());
        }
        if status.is_redirection() {
            return Err(NotSent(format!("it answered {} and redirects are not followed", status.as_u16())));
        }
        Err(NotSent(format!("it answered {}", status.as_u16())))
    }
}

/// Scheme, host and port of an address: what may be shown of it.
pub fn origin(url: &Url) -> String {
    clean_line(&url.origin().ascii_serialization()).into_owned()
}

/// Looks up a name and hands on only what may be called.
struct Judge {
    allowed: Arc<Allowlist>,
    lookup: Lookup,
}

impl Resolve for Judge {
    fn resolve(&self, name: Name) -> Resolving {
        let (allowed, lookup) = (self.allowed.clone(), self.lookup.clone());
        Box::pin(async move {
            let name = name.as_str().to_owned();
            let found = lookup(name.clone()).await?;
            if found.is_empty() {
                return Err(format!("{name} has no address").into());
            }
            // One bad address is enough: a name that means two things is not trusted with either.
            for address in &found {
                allowed.judge(Some(&name), address.ip())?;
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

fn believes_nobody() -> Result<ClientConfig, String> {
    let provider = CryptoProvider::get_default().cloned().ok_or("no crypto provider is installed")?;
    let versions = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let versions = versions.map_err(|e| format!("TLS cannot be set up: {e}"))?;
    Ok(versions.with_root_certificates(RootCertStore::empty()).with_no_client_auth())
}

fn explain(error: &reqwest::Error) -> NotSent {
    let reason = root_cause(error);
    NotSent(if error.is_timeout() {
        format!("it did not answer within {} s", WHOLE.as_secs())
    } else if error.is_builder() {
        "the call cannot be made; is there a line end or another odd character in its secret?".to_owned()
    } else {
        clean_line(&reason).chars().take(REASON_LIMIT).collect()
    })
}

/// The innermost reason: the outer ones repeat the address, which may hold a secret.
fn root_cause(error: &dyn std::error::Error) -> String {
    let mut inner = error;
    while let Some(next) = inner.source() {
        inner = next;
    }
    inner.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn door(url: &str) -> Result<Door, String> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let allowed = Arc::new(Allowlist::parse(["127.0.0.1"]).unwrap());
        Door::new(&Url::parse(url).unwrap(), allowed, &Authorities::default(), system_lookup())
    }

    #[test]
    fn an_address_that_carries_a_secret_or_goes_by_another_protocol_is_refused() {
        for url in
            ["http://bob@hooks.example/", "http://:hunter2@hooks.example/", "https://b:h@hooks.example/", "ftp://x/"]
        {
            let said = door(url).err().unwrap_or_else(|| panic!("{url} is taken"));
            assert!(!said.contains("hunter2"), "{said}");
        }
        assert!(door("http://hooks.example/x?y=z").is_ok());
    }

    #[tokio::test]
    async fn what_is_larger_than_the_limit_is_not_sent() {
        let door = door("http://127.0.0.1:1/").unwrap();
        let said = async |length: usize| {
            let body = "x".repeat(length);
            door.send(Call { headers: Vec::new(), body: &body }).await.unwrap_err().0
        };
        let too_large = "it is larger than 4 MiB";
        assert_eq!(said(BODY_LIMIT + 1).await, too_large);
        assert_ne!(said(BODY_LIMIT).await, too_large, "nobody listens there");
    }
}
