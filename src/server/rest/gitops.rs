//! The declared state for those who plan elsewhere, and a reload for those who develop.

use std::sync::Arc;

use axum::{
    Json,
    body::Bytes,
    extract::{FromRequestParts, State},
    http::{HeaderMap, StatusCode, request::Parts},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use sha2::{Digest, Sha256};
use tokio::sync::Mutex;

use super::snapshot::{answer, matches};
use crate::{
    domain::gitops::{Live, Severity, State as Declared},
    server::{
        auth::hex,
        fault::Problem,
        http::{Known, Site},
        service::Reloaded,
        wire::{gitops::FaultView, plan::StateView, snapshot::gzip},
    },
};

/// The newest encoded state. The lock is held while one is made, so that many callers wait for one encoding.
#[derive(Default)]
pub struct States(Mutex<Option<Arc<Encoded>>>);

/// A state as it is sent, and what it was made of.
struct Encoded {
    state: Arc<Declared>,
    live: Live,
    tag: String,
    gzip: Bytes,
}

impl States {
    async fn newest(&self, site: &Site) -> Result<Arc<Encoded>, Problem> {
        let mut held = self.0.lock().await;
        let (state, live) = (site.core.state(), site.core.live().await);
        if let Some(known) = held.as_ref().filter(|e| Arc::ptr_eq(&e.state, &state) && e.live == live) {
            return Ok(known.clone());
        }
        let broken = |e: String| Problem::fault(format!("encoding the declared state: {e}"));
        let encoded = tokio::task::spawn_blocking(move || {
            let body = serde_json::to_vec(&StateView::new(&state, live.clone())).map_err(|e| e.to_string())?;
            let tag = format!("\"{}\"", hex(&Sha256::digest(&body)[..16]));
            Ok::<_, String>(Encoded { state, live, tag, gzip: gzip(&body).map_err(|e| e.to_string())?.into() })
        });
        let encoded = Arc::new(encoded.await.map_err(|e| broken(e.to_string()))?.map_err(broken)?);
        *held = Some(encoded.clone());
        Ok(encoded)
    }
}

/// What is declared and in force, and what lives on it; 304 when the caller has it. Secrets are not in it.
///
/// # Errors
/// 401 without a token or key.
pub async fn state(State(site): State<Site>, _by: Known, headers: HeaderMap) -> Result<Response, Problem> {
    let encoded = site.states.newest(&site).await?;
    if matches(&headers, &encoded.tag) {
        return Ok((StatusCode::NOT_MODIFIED, [(axum::http::header::ETAG, encoded.tag.clone())]).into_response());
    }
    answer(&headers, encoded.tag.clone(), encoded.gzip.clone()).await
}

/// A core that was started for development; for any other one this address does not exist.
pub struct InDevelopment;

impl FromRequestParts<Site> for InDevelopment {
    type Rejection = Problem;

    async fn from_request_parts(_: &mut Parts, site: &Site) -> Result<Self, Problem> {
        if site.core.is_dev() {
            return Ok(Self);
        }
        Err(Problem::new(StatusCode::NOT_FOUND, "not_found", "there is nothing at this address"))
    }
}

/// What a reload brought.
#[derive(Serialize)]
pub struct ReloadAnswer {
    files: usize,
    errors: usize,
    warnings: usize,
    created: usize,
    updated: usize,
    deleted: usize,
    moved: usize,
    held: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    rejected: Option<String>,
    faults: Vec<FaultView>,
}

/// Read the repository now and make it true.
///
/// # Errors
/// 404 outside development, 401 and 403 for who may not, 404 for a core without a repository.
pub async fn reload(_dev: InDevelopment, State(site): State<Site>, by: Known) -> Result<Json<ReloadAnswer>, Problem> {
    if let Known::User(user) = &by {
        user.may_operate("reloading the repository").map_err(crate::server::service::Failure::from)?;
    }
    Ok(Json(site.core.reload().await?.into()))
}

impl From<Reloaded> for ReloadAnswer {
    fn from(r: Reloaded) -> Self {
        let counts = r.accepted.plan.counts();
        Self {
            files: r.files,
            errors: r.count(Severity::Error),
            warnings: r.count(Severity::Warning),
            created: counts.create,
            updated: counts.update,
            deleted: counts.delete,
            moved: counts.moved,
            held: counts.held,
            rejected: r.accepted.rejected,
            faults: r.faults.into_iter().map(Into::into).collect(),
        }
    }
}
