//! The REST calls, as documented: they translate and ask the core, nothing else.
//!
//! [`push`] takes reports, [`operator`] speaks with agents, [`snapshot`] hands out the estate, [`gitops`] what is
//! declared, [`sla`] takes windows and makes reports, [`templates`] what can be taken over, [`body`] reads JSON and says what is wrong with it.

pub mod body;
pub mod gitops;
pub mod operator;
pub mod push;
pub mod sla;
pub mod snapshot;
pub mod templates;

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::json;

use super::{fault::Problem, http::Site, wire::access::ProviderView};
use crate::domain::access::AuthProvider;

/// The published description of these calls.
pub const OPENAPI: &str = include_str!("../../../assets/openapi.json");

/// Whether the process runs.
pub async fn alive() -> Response {
    Json(json!({ "status": "ok", "version": env!("CARGO_PKG_VERSION") })).into_response()
}

/// Whether the database answers.
pub async fn ready(State(site): State<Site>) -> Response {
    if site.core.ready().await {
        return Json(json!({ "status": "ready", "version": env!("CARGO_PKG_VERSION") })).into_response();
    }
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "the database does not answer").into_response()
}

/// Ways to sign in.
pub async fn providers(State(site): State<Site>) -> Response {
    let providers = site.core.read(|estate| estate.source.providers.clone()).await;
    // Anyone may ask which providers there are; where a directory is and how it is searched is for those signed in.
    let public = providers.into_iter().map(|provider| AuthProvider { ldap: None, ..provider });
    let providers: Vec<ProviderView> = public.map(Into::into).collect();
    Json(json!({ "providers": providers })).into_response()
}

/// This description itself.
pub async fn openapi() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], OPENAPI).into_response()
}
