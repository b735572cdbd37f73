//! Exclusion windows by operator key, and the report on demand. An identity is not repaired here: a window for a guessed
//! path would take out the wrong thing.

use axum::{
    Json,
    body::Body,
    extract::State,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};

use super::body::{self, Want};
use crate::{
    domain::{
        sla::{NewWindow, WindowEnd, WindowScope, windows::Keeper},
        text::clean_line,
        time::Timestamp,
    },
    server::{
        fault::Problem,
        http::{Keyed, Known, Site, read_body},
        report,
        wire::{no_time, parse_time, windows::WindowView},
    },
};

/// What a document for people is called in a header.
const MARKDOWN: &str = "text/markdown";

const SCOPE: [(&str, Want); 4] =
    [("path", Want::Text), ("nodeId", Want::Text), ("service", Want::Text), ("slaGroup", Want::Text)];

const START_FIELDS: [(&str, Want); 9] = [
    SCOPE[0],
    SCOPE[1],
    SCOPE[2],
    SCOPE[3],
    ("reason", Want::Text),
    ("from", Want::Text),
    ("to", Want::Text),
    ("lengthMs", Want::Count),
    ("idempotencyKey", Want::Text),
];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ScopeBody {
    path: Option<String>,
    node_id: Option<String>,
    service: Option<String>,
    sla_group: Option<String>,
}

const STOP_FIELDS: [(&str, Want); 5] = [SCOPE[0], SCOPE[1], SCOPE[2], SCOPE[3], ("idempotencyKey", Want::Text)];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StopBody {
    #[serde(flatten)]
    scope: ScopeBody,
    idempotency_key: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StartBody {
    #[serde(flatten)]
    scope: ScopeBody,
    reason: Option<String>,
    from: Option<String>,
    to: Option<String>,
    length_ms: Option<i64>,
    idempotency_key: Option<String>,
}

/// Answer to a start.
#[derive(Serialize)]
pub struct StartAnswer {
    success: bool,
    window: WindowView,
}

/// Answer to a stop.
#[derive(Serialize)]
pub struct StopAnswer {
    success: bool,
    windows: Vec<WindowView>,
}

/// Open a window: for `path`, for `nodeId` with `service`, for a whole `nodeId`, or for an `slaGroup`.
///
/// # Errors
/// 400 for a body that makes no sense, 403 for the past, 404 for what is not there, 409 when one without an end is open.
pub async fn start(State(site): State<Site>, by: Keyed, body: Body) -> Result<Json<StartAnswer>, Problem> {
    let bytes = read_body(body).await?;
    let given: StartBody = body::read_all(&bytes, &START_FIELDS)?;
    let new = NewWindow {
        scope: given.scope.read()?,
        from: time("from", given.from.as_deref())?,
        to: end(time("to", given.to.as_deref())?, given.length_ms)?,
        reason: clean_line(given.reason.unwrap_or_default().trim()).into_owned(),
    };
    let key = given.idempotency_key.unwrap_or_else(|| site.world.id().to_string());
    let window = site.core.open_window(Keeper::Key(by.name), new, &key).await?;
    Ok(Json(StartAnswer { success: true, window: window.into() }))
}

/// Stop every window that is in force for exactly this scope.
///
/// # Errors
/// 400 for a body that makes no sense, 404 when none is in force, 409 when the key was used for another request.
pub async fn stop(State(site): State<Site>, by: Keyed, body: Body) -> Result<Json<StopAnswer>, Problem> {
    let bytes = read_body(body).await?;
    let given: StopBody = body::read_all(&bytes, &STOP_FIELDS)?;
    let key = given.idempotency_key.unwrap_or_else(|| site.world.id().to_string());
    let stopped = site.core.stop_windows_of(Keeper::Key(by.name), given.scope.read()?, &key).await?;
    Ok(Json(StopAnswer { success: true, windows: stopped.into_iter().map(Into::into).collect() }))
}

/// Make a report now. Answers the report itself: as JSON, or as Markdown to who asks for that.
///
/// # Errors
/// 401 without a key or token, 403 below operator.
pub async fn generate(State(site): State<Site>, by: Known, headers: HeaderMap) -> Result<Response, Problem> {
    if let Known::User(user) = by {
        user.may_operate("making a report").map_err(crate::server::service::Failure::from)?;
    }
    let made = report::make(&site.core).await?;
    let wanted = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (kind, text) = if wanted.starts_with(MARKDOWN) {
        ("text/markdown; charset=utf-8", made.markdown)
    } else {
        ("application/json", made.json)
    };
    Ok(([(header::CONTENT_TYPE, kind), (header::VARY, "accept")], text).into_response())
}

impl ScopeBody {
    fn read(self) -> Result<WindowScope, Problem> {
        let (kind, name) = match (self.path, self.node_id, self.service, self.sla_group) {
            (Some(path), None, None, None) => ("service", path),
            (None, Some(node), Some(service), None) => ("service", format!("{node}/{service}")),
            (None, Some(node), None, None) => ("node", node),
            (None, None, None, Some(group)) => ("group", group),
            _ => {
                let wanted =
                    "give one of `path`, `nodeId` with `service`, `nodeId` alone for all below it, or `slaGroup`";
                return Err(Problem::invalid(wanted));
            }
        };
        WindowScope::parse(kind, &name).map_err(|why| Problem::invalid(clean_line(&why)))
    }
}

fn end(to: Option<Timestamp>, length_ms: Option<i64>) -> Result<Option<WindowEnd>, Problem> {
    WindowEnd::given(to, length_ms).map_err(|why| Problem::invalid(why.to_owned()))
}

fn time(name: &str, given: Option<&str>) -> Result<Option<Timestamp>, Problem> {
    let Some(given) = given else { return Ok(None) };
    parse_time(given).map(Some).ok_or_else(|| Problem::invalid(format!("field `{name}` {}", no_time(given))))
}
