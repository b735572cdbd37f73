//! Everything HTTP has around a call: routes, the guard with request id and panic net, who is calling, body limits.

use std::{net::SocketAddr, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{FromRequestParts, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    middleware::{self, Next},
    response::Response,
    routing::{get, post},
};
use futures_util::{FutureExt, StreamExt};
use tokio_util::sync::CancellationToken;
use tower_http::{CompressionLevel, compression::CompressionLayer};

use super::{
    fault::Problem,
    graphql::{self, CoreSchema},
    rest,
    rest::{gitops::States, snapshot::Snapshots},
    service::Core,
    stream::Feed,
};
use crate::{domain::access::User, world::World};

/// Largest body of a call, in bytes.
pub const BODY_LIMIT: usize = 1 << 20;
/// What is read and thrown away beyond the limit, so that the caller gets to hear why.
const DRAIN_LIMIT: usize = 16 << 20;
/// Longest wait for a body.
const BODY_TIMEOUT: Duration = Duration::from_secs(15);

/// Every route there is: method and path as in `assets/openapi.json`. GraphQL is described by its schema.
pub const ROUTES: [(&str, &str); 21] = [
    ("get", "/health"),
    ("get", "/ready"),
    ("post", "/graphql"),
    ("get", "/graphql/ws"),
    ("post", "/api/v1/health/report"),
    ("post", "/api/v1/storage/report"),
    ("post", "/api/v1/backup/report"),
    ("post", "/api/v1/sla/exclusion-window/start"),
    ("post", "/api/v1/sla/exclusion-window/stop"),
    ("post", "/api/v1/sla/report/generate"),
    ("post", "/api/v1/operator/register"),
    ("post", "/api/v1/operator/status"),
    ("post", "/api/v1/operator/heartbeat"),
    ("get", "/api/v1/operator/services"),
    ("get", "/api/v1/auth/providers"),
    ("get", "/api/v1/openapi.json"),
    ("get", "/api/v1/snapshot"),
    ("get", "/api/v1/gitops/state"),
    ("post", "/api/v1/dev/registry/reload"),
    ("get", "/api/v1/templates/export"),
    ("post", "/api/v1/templates/import"),
];

/// What every handler may use. Cheap to clone.
#[derive(Clone)]
pub struct Site(Arc<SiteParts>);

/// The parts of a [`Site`].
pub struct SiteParts {
    /// The truth.
    pub core: Core,
    /// Time and chance.
    pub world: World,
    /// The GraphQL door.
    pub schema: CoreSchema,
    /// The log as it grows.
    pub feed: Feed,
    /// The newest encoded snapshot.
    pub snapshots: Snapshots,
    /// The newest encoded declared state.
    pub states: States,
    /// Ends long calls when the server stops.
    pub stop: CancellationToken,
}

impl std::ops::Deref for Site {
    type Target = SiteParts;

    fn deref(&self) -> &SiteParts {
        &self.0
    }
}

impl Site {
    /// A site around `core` that ends with `stop`.
    pub fn new(core: Core, world: World, stop: CancellationToken) -> Self {
        let feed = Feed::new(core.clone());
        let schema = graphql::schema(core.clone(), feed.clone());
        Self(Arc::new(SiteParts {
            core,
            world,
            schema,
            feed,
            snapshots: Snapshots::default(),
            states: States::default(),
            stop,
        }))
    }
}

/// The name of one call, in answers and in the log.
#[derive(Clone)]
pub struct RequestId(pub Arc<str>);

/// Whether `serve` may listen on `addr`: in plain only on this machine, or behind something that encrypts.
///
/// # Errors
/// Says in words why not and what would help.
pub fn listen_allowed(addr: SocketAddr, behind_proxy: bool, tls: bool) -> Result<(), String> {
    if tls || behind_proxy || addr.ip().to_canonical().is_loopback() {
        return Ok(());
    }
    Err(format!(
        "{addr} is reachable from other machines and would carry passwords and keys in plain text; give --tls-cert and \
         --tls-key, or --behind-proxy when something in front encrypts, or listen on 127.0.0.1"
    ))
}

/// All routes.
pub fn router(site: Site) -> Router {
    let compressed = CompressionLayer::new().quality(CompressionLevel::Fastest);
    Router::new()
        .route("/health", get(rest::alive))
        .route("/ready", get(rest::ready))
        .route("/graphql", post(graphql::answer).layer(compressed))
        .route("/graphql/ws", get(graphql::socket::upgrade))
        .route("/api/v1/health/report", post(rest::push::health))
        .route("/api/v1/storage/report", post(rest::push::storage))
        .route("/api/v1/backup/report", post(rest::push::backup))
        .route("/api/v1/sla/exclusion-window/start", post(rest::sla::start))
        .route("/api/v1/sla/exclusion-window/stop", post(rest::sla::stop))
        .route("/api/v1/sla/report/generate", post(rest::sla::generate))
        .route("/api/v1/operator/register", post(rest::operator::register))
        .route("/api/v1/operator/status", post(rest::operator::status))
        .route("/api/v1/operator/heartbeat", post(rest::operator::heartbeat))
        .route("/api/v1/operator/services", get(rest::operator::services))
        .route("/api/v1/auth/providers", get(rest::providers))
        .route("/api/v1/openapi.json", get(rest::openapi))
        .route("/api/v1/snapshot", get(rest::snapshot::get))
        .route("/api/v1/gitops/state", get(rest::gitops::state))
        .route("/api/v1/dev/registry/reload", post(rest::gitops::reload))
        .route("/api/v1/templates/export", get(rest::templates::export))
        .route("/api/v1/templates/import", post(rest::templates::import))
        .fallback(async || Problem::new(StatusCode::NOT_FOUND, "not_found", "there is nothing at this address"))
        .method_not_allowed_fallback(async || {
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "this address takes another method")
        })
        .layer(middleware::from_fn_with_state(site.world.clone(), guard))
        .with_state(site)
}

/// Around every call: names it, catches what breaks in it, and gives every error its envelope.
async fn guard(State(world): State<World>, mut request: Request, next: Next) -> Response {
    let id: Arc<str> = world.id().simple().to_string().into();
    request.extensions_mut().insert(RequestId(id.clone()));
    let answered = AssertUnwindSafe(next.run(request)).catch_unwind().await;
    let mut response = answered.unwrap_or_else(|panic| {
        let what = panic.downcast_ref::<&str>().map(|s| (*s).to_owned());
        let what = what.or_else(|| panic.downcast_ref::<String>().cloned());
        Problem::fault(format!("panic: {}", what.unwrap_or_default())).render(&id)
    });
    let problem = response.extensions_mut().remove::<Problem>().or_else(|| of_the_library(&response));
    if let Some(problem) = problem {
        response = problem.render(&id);
    }
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&id) {
        headers.insert("x-request-id", value);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// What the HTTP library itself refuses comes without our envelope: it gets one.
fn of_the_library(response: &Response) -> Option<Problem> {
    let status = response.status();
    let is_error = status.is_client_error() || status.is_server_error();
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    if !is_error || kind.starts_with("application/json") {
        return None;
    }
    let reason = status.canonical_reason().unwrap_or("the call makes no sense");
    let code = if status.is_server_error() { "fault" } else { "invalid" };
    Some(Problem::new(status, code, reason.to_lowercase()))
}

/// The bytes of a body, up to the limit.
///
/// # Errors
/// 413 past the limit, 408 when it does not come, 400 when it is cut off.
pub async fn read_body(body: Body) -> Result<Bytes, Problem> {
    let limit = format!("the body is larger than {BODY_LIMIT} bytes");
    let too_large = || Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", limit.clone());
    let reading = async {
        let mut parts = body.into_data_stream();
        let Some(first) = parts.next().await else {
            return Ok(Bytes::new());
        };
        let cut = |_| Problem::invalid("the body was cut off");
        let first = first.map_err(cut)?;
        let mut seen = first.len();
        let mut all = Vec::new();
        while let Some(part) = parts.next().await {
            let part = part.map_err(cut)?;
            if all.is_empty() {
                all.extend_from_slice(&first);
            }
            seen += part.len();
            if seen <= BODY_LIMIT {
                all.extend_from_slice(&part);
            } else if seen > DRAIN_LIMIT {
                break;
            }
        }
        match seen {
            n if n > BODY_LIMIT => Err(too_large()),
            n if n == first.len() => Ok(first),
            _ => Ok(all.into()),
        }
    };
    let late = |_| Problem::new(StatusCode::REQUEST_TIMEOUT, "timeout", "the body did not come in time");
    tokio::time::timeout(BODY_TIMEOUT, reading).await.map_err(late)?
}

/// The token of an `Authorization: Bearer` header.
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// A caller with an operator key.
pub struct Keyed {
    /// Name of the key.
    pub name: String,
}

/// A caller with a user's token.
pub struct SignedIn {
    /// Who.
    pub user: User,
}

/// A caller with an operator key or a user's token.
pub enum Known {
    /// Name of the key.
    Key(String),
    /// Who.
    User(User),
}

impl FromRequestParts<Site> for Known {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Self, Problem> {
        if let Some(key) = parts.headers.get("x-api-key").and_then(|v| v.to_str().ok()) {
            return Ok(Self::Key(site.core.operator_key(key)?));
        }
        let given = bearer(&parts.headers).ok_or_else(|| {
            Problem::unauthenticated(
                "this call needs a token as Authorization: Bearer, or an operator key as X-API-Key",
            )
        })?;
        match site.core.operator_key(given) {
            Ok(name) => Ok(Self::Key(name)),
            Err(_) => Ok(Self::User(site.core.user_of(given)?)),
        }
    }
}

impl FromRequestParts<Site> for Keyed {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Self, Problem> {
        let key = parts.headers.get("x-api-key").and_then(|v| v.to_str().ok()).or_else(|| bearer(&parts.headers));
        let key = key.ok_or_else(|| {
            Problem::unauthenticated("this call needs an operator key, as X-API-Key or Authorization: Bearer")
        })?;
        Ok(Self { name: site.core.operator_key(key)? })
    }
}

impl FromRequestParts<Site> for SignedIn {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Self, Problem> {
        let token = bearer(&parts.headers)
            .ok_or_else(|| Problem::unauthenticated("this call needs a token, as Authorization: Bearer"))?;
        Ok(Self { user: site.core.user_of(token)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_stays_on_this_machine() {
        let outside: SocketAddr = "0.0.0.0:8080".parse().unwrap();
        assert!(listen_allowed(outside, false, false).unwrap_err().contains("--tls-cert"));
        assert!(listen_allowed(outside, true, false).is_ok());
        assert!(listen_allowed(outside, false, true).is_ok());
        for inside in ["127.0.0.1:0", "[::1]:0", "[::ffff:127.0.0.1]:0"] {
            assert!(listen_allowed(inside.parse().unwrap(), false, false).is_ok(), "{inside}");
        }
    }

    #[tokio::test]
    async fn what_panics_is_a_fault_with_a_request_id_and_the_next_call_is_served() {
        use tower::ServiceExt;
        async fn broken() -> &'static str {
            panic!("secret inside")
        }
        let world = World::fake(crate::domain::time::Timestamp::default());
        let app: Router = Router::new()
            .route("/broken", get(broken))
            .route("/fine", get(async || "fine"))
            .layer(middleware::from_fn_with_state(world, guard));
        let call = |path: &str| app.clone().oneshot(Request::get(path).body(Body::empty()).unwrap());
        let answer = call("/broken").await.unwrap();
        assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let id = answer.headers()["x-request-id"].to_str().unwrap().to_owned();
        let body = read_body(answer.into_body()).await.unwrap();
        let text = String::from_utf8(body.to_vec()).unwrap();
        assert!(text.contains(&id) && text.contains("fault") && !text.contains("secret"), "{text}");
        assert_eq!(call("/fine").await.unwrap().status(), StatusCode::OK);
    }

    #[test]
    fn the_word_bearer_is_read_in_any_case() {
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, HeaderValue::from_static("bearer abc"));
        assert_eq!(bearer(&headers), Some("abc"));
        headers.insert(header::AUTHORIZATION, HeaderValue::from_static("Basic abc"));
        assert_eq!(bearer(&headers), None);
    }
}
