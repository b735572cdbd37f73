//! Templates in and out, as YAML.

use axum::{
    Json,
    body::Body,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;

use crate::server::{
    fault::Problem,
    http::{Known, Site, read_body},
    service::{Imported, Importer},
};

/// How YAML is named here.
const YAML: &str = "application/yaml";
/// Other names under which YAML, or JSON, which is YAML too, may be sent.
const ACCEPTED: [&str; 5] = [YAML, "application/x-yaml", "text/yaml", "application/json", "text/plain"];

/// What an import did.
#[derive(Serialize)]
pub struct ImportAnswer {
    applied: Vec<AppliedView>,
    kept: Vec<KeptView>,
    unchanged: usize,
}

#[derive(Serialize)]
struct AppliedView {
    action: &'static str,
    kind: &'static str,
    name: String,
}

#[derive(Serialize)]
struct KeptView {
    kind: &'static str,
    name: String,
    reason: String,
}

/// Workflows, catalog and SLA definitions in force.
///
/// # Errors
/// 401 without a token or key.
pub async fn export(State(site): State<Site>, _by: Known) -> Result<Response, Problem> {
    let text = site.core.export_templates().await?;
    Ok(([(header::CONTENT_TYPE, YAML)], text).into_response())
}

/// Take over a template, all of it or none.
///
/// # Errors
/// 400 with every fault, 401 and 403 for who may not, 413 for too much, 415 for what is not sent as YAML.
pub async fn import(
    State(site): State<Site>,
    by: Known,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<ImportAnswer>, Problem> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or(YAML);
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if !ACCEPTED.contains(&kind.as_str()) {
        let reason = format!("a template is sent as {YAML}");
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", reason));
    }
    let bytes = read_body(body).await?;
    let text = String::from_utf8(bytes.to_vec()).map_err(|_| Problem::invalid("the template is not text in UTF-8"))?;
    let by = match by {
        Known::Key(name) => Importer::Key(name),
        Known::User(user) => Importer::User(user),
    };
    Ok(Json(site.core.import_templates(by, text).await?.into()))
}

impl From<Imported> for ImportAnswer {
    fn from(i: Imported) -> Self {
        let applied = i.applied.into_iter();
        let kept = i.kept.into_iter();
        Self {
            applied: applied
                .map(|(action, kind, name)| AppliedView {
                    action: action.word(),
                    kind: kind.word(),
                    name: name.to_string(),
                })
                .collect(),
            kept: kept
                .map(|(kind, name, reason)| KeptView { kind: kind.word(), name: name.to_string(), reason })
                .collect(),
            unchanged: i.unchanged,
        }
    }
}
