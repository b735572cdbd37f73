//! The GraphQL door: one file per domain word, each with its share of queries and mutations. Resolvers translate and
//! ask the core, nothing else. The types are those of `server::wire`.
//!
//! The documented operations keep their names and shapes ([`access`], [`sla`], [`results`]); ours join them. [`socket`] speaks the
//! websocket protocol. `assets/schema.graphql` is what [`sdl`] makes.

pub mod access;
pub mod attention;
pub mod changes;
pub mod gitops;
pub mod health;
pub mod page;
pub mod results;
pub mod sla;
pub mod socket;
pub mod tickets;
pub mod windows;

use std::sync::Arc;

use async_graphql::{
    Context, Error, ErrorExtensions, MergedObject, Request, Response as Answer, Result, Schema, SchemaBuilder,
    ServerError, Value,
};
use axum::{
    body::{Body, Bytes},
    extract::{Extension, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::Response,
};

use super::{
    fault::Problem,
    http::{self, RequestId, Site},
    service::{Core, Failure},
    stream::Feed,
    wire::tickets::{EntryView, TicketView},
};
use crate::domain::{
    access::User,
    detail::Stale,
    refusal::{Refusal, RefusalCode},
};

/// Deepest nesting of a document. The usual introspection query needs 13.
const DEPTH_LIMIT: usize = 16;
/// Most fields of a document, where a page of a list counts each of its rows.
const COST_LIMIT: usize = 50_000;
/// Most directives on one field.
const DIRECTIVE_LIMIT: usize = 4;
/// Cost of a sign-in: hashing a password is work, and one document must not try many.
pub const LOGIN_COST: usize = 20_000;

/// All queries.
#[derive(MergedObject, Default)]
pub struct Query(
    access::AccessQuery,
    health::HealthQuery,
    sla::SlaQuery,
    results::ResultsQuery,
    tickets::TicketQuery,
    gitops::GitopsQuery,
    windows::WindowQuery,
    attention::AttentionQuery,
);

/// All mutations.
#[derive(MergedObject, Default)]
pub struct Mutation(
    access::AccessMutation,
    tickets::TicketMutation,
    windows::WindowMutation,
    attention::AttentionMutation,
);

/// The schema with its core.
pub type CoreSchema = Schema<Query, Mutation, changes::Subscription>;

/// The schema before a core is put in: limits and types only.
pub fn builder() -> SchemaBuilder<Query, Mutation, changes::Subscription> {
    Schema::build(Query::default(), Mutation::default(), changes::Subscription)
        .limit_depth(DEPTH_LIMIT)
        .limit_complexity(COST_LIMIT)
        .limit_directives(DIRECTIVE_LIMIT)
        .limit_recursive_depth(24)
}

/// The schema that serves `core`.
pub fn schema(core: Core, feed: Feed) -> CoreSchema {
    builder().data(core).data(feed).finish()
}

/// The published contract.
pub fn sdl() -> String {
    builder().finish().sdl()
}

/// Who is calling, as resolvers see it.
#[derive(Clone)]
pub struct Caller {
    /// Somebody, or why nobody.
    pub user: Result<User, String>,
    /// Name of the call.
    pub request_id: Arc<str>,
}

/// `POST /graphql`.
///
/// # Errors
/// 400 for a body that is not a GraphQL request; everything else is answered in GraphQL's own envelope.
pub async fn answer(
    State(site): State<Site>,
    Extension(RequestId(request_id)): Extension<RequestId>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let bytes = http::read_body(body).await?;
    let request = parse(&bytes)?;
    let user = match http::bearer(&headers) {
        None => Err("this call needs a token, as Authorization: Bearer".to_owned()),
        Some(token) => match site.core.user_of(token) {
            Ok(user) => Ok(user),
            Err(Failure::Unauthenticated(why)) => Err(why),
            Err(other) => return Err(other.into()),
        },
    };
    let answer = execute(&site, request, Caller { user, request_id }).await;
    let body = serde_json::to_vec(&answer).map_err(|e| Problem::fault(format!("encoding an answer: {e}")))?;
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::OK;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}

fn parse(bytes: &Bytes) -> Result<Request, Problem> {
    serde_json::from_slice(bytes).map_err(|e| {
        let what = e.to_string();
        let what = crate::domain::text::clean_line(&what).into_owned();
        Problem::invalid(format!("the body is not a GraphQL request with `query` and `variables`: {what}"))
    })
}

/// Run a document for a caller. Without a sign-in the schema does not describe itself.
pub(super) async fn execute(site: &Site, request: Request, caller: Caller) -> Answer {
    let request_id = caller.request_id.clone();
    let mut answer = site.schema.execute(prepared(request, caller)).await;
    complete(&mut answer, &request_id);
    answer
}

/// A request with its caller.
pub(super) fn prepared(request: Request, caller: Caller) -> Request {
    let request = if caller.user.is_err() { request.disable_introspection() } else { request };
    request.data(caller)
}

/// Give every error a code and the request id: those of the library itself come without.
pub(super) fn complete(answer: &mut Answer, request_id: &str) {
    for error in &mut answer.errors {
        let ServerError { extensions, .. } = error;
        let extensions = extensions.get_or_insert_default();
        if extensions.get("code").is_none() {
            extensions.set("code", "invalid_document");
        }
        extensions.set("requestId", request_id);
    }
}

/// The core behind a resolver.
pub(super) fn core<'a>(ctx: &Context<'a>) -> Result<&'a Core> {
    ctx.data::<Core>()
}

/// Who is calling, if somebody is.
pub(super) fn user<'a>(ctx: &Context<'a>) -> Result<&'a User> {
    match &ctx.data::<Caller>()?.user {
        Ok(user) => Ok(user),
        Err(why) => Err(refuse(ctx, Failure::Unauthenticated(why.clone()))),
    }
}

/// A failure as a GraphQL error. What broke inside goes to the log only.
pub(super) fn refuse(ctx: &Context<'_>, failure: Failure) -> Error {
    // A client shows what was changed beside what its user was about to do.
    let unseen = match &failure {
        Failure::Stale(_, stale) => Unseen::of(stale),
        _ => None,
    };
    let problem = Problem::from(failure);
    if let Some(inside) = &problem.inside {
        let request_id = ctx.data::<Caller>().map(|c| c.request_id.clone()).unwrap_or_default();
        tracing::error!(%request_id, reason = %inside, "a request failed");
    }
    Error::new(problem.message).extend_with(|_, extensions| {
        extensions.set("code", problem.code);
        if let Some(Unseen { ticket, since }) = unseen {
            extensions.set("ticket", ticket);
            extensions.set("since", since);
        }
        if let Some(seconds) = problem.retry_after_s {
            extensions.set("retryAfterSeconds", seconds);
        }
    })
}

/// What somebody did not see when he decided, as it is put into an error.
struct Unseen {
    ticket: Value,
    since: Value,
}

impl Unseen {
    fn of(stale: &Stale) -> Option<Self> {
        let ticket = serde_json::to_value(TicketView::from(stale.ticket.clone())).ok()?;
        let since: Vec<EntryView> = stale.since.iter().cloned().map(Into::into).collect();
        let since = serde_json::to_value(since).ok()?;
        Some(Self { ticket: Value::from_json(ticket).ok()?, since: Value::from_json(since).ok()? })
    }
}

/// An input that makes no sense.
pub(super) fn invalid(ctx: &Context<'_>, reason: impl Into<String>) -> Error {
    refuse(ctx, Failure::Refused(Refusal::new(RefusalCode::Invalid, reason)))
}
