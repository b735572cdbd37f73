//! The estate in one answer: encoded once per place in the log, shared by all who ask.

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use tokio::sync::Mutex;

use crate::{
    domain::change::Seq,
    server::{
        fault::Problem,
        http::{SignedIn, Site},
        service::Core,
        wire::snapshot,
    },
};

/// The newest encoded snapshot. The lock is held while one is made, so that many callers wait for one encoding.
#[derive(Default)]
pub struct Snapshots(Mutex<Option<Arc<Encoded>>>);

/// A snapshot as it is sent.
struct Encoded {
    epoch: String,
    seq: Seq,
    gzip: Bytes,
}

impl Snapshots {
    /// A snapshot that holds everything that was true when this was called.
    async fn newest(&self, core: &Core) -> Result<Arc<Encoded>, Problem> {
        let (epoch, seq) = core.position();
        let mut held = self.0.lock().await;
        if let Some(encoded) = held.as_ref().filter(|e| e.epoch == epoch && e.seq >= seq) {
            return Ok(encoded.clone());
        }
        let taken = core.snapshot().await;
        let (epoch, seq) = (taken.epoch.clone(), taken.seq);
        let gzip = tokio::task::spawn_blocking(move || snapshot::encode(taken))
            .await
            .map_err(|e| Problem::fault(format!("encoding the snapshot: {e}")))?
            .map_err(|e| Problem::fault(format!("encoding the snapshot: {e}")))?;
        let encoded = Arc::new(Encoded { epoch, seq, gzip: gzip.into() });
        *held = Some(encoded.clone());
        Ok(encoded)
    }
}

/// The snapshot, or 304 when the caller has it.
///
/// # Errors
/// 401 without a token.
pub async fn get(State(site): State<Site>, _user: SignedIn, headers: HeaderMap) -> Result<Response, Problem> {
    let (epoch, seq) = site.core.position();
    if matches(&headers, &tag(&epoch, seq)) {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, tag(&epoch, seq))]).into_response());
    }
    let encoded = site.snapshots.newest(&site.core).await?;
    answer(&headers, tag(&encoded.epoch, encoded.seq), encoded.gzip.clone()).await
}

/// A JSON body that is kept packed, as the caller takes it.
///
/// # Errors
/// A fault when it cannot be unpacked.
pub(super) async fn answer(headers: &HeaderMap, tag: String, gzip: Bytes) -> Result<Response, Problem> {
    let common = [
        (header::CONTENT_TYPE, "application/json".to_owned()),
        (header::ETAG, tag),
        (header::CACHE_CONTROL, "private, no-cache".to_owned()),
        (header::VARY, "accept-encoding".to_owned()),
    ];
    if takes_gzip(headers) {
        let mut response = (common, gzip).into_response();
        response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        return Ok(response);
    }
    let plain = tokio::task::spawn_blocking(move || snapshot::plain(&gzip))
        .await
        .map_err(|e| Problem::fault(format!("unpacking a body: {e}")))?
        .map_err(|e| Problem::fault(format!("unpacking a body: {e}")))?;
    Ok((common, plain).into_response())
}

fn tag(epoch: &str, seq: Seq) -> String {
    format!("\"{epoch}-{seq}\"")
}

pub(super) fn matches(headers: &HeaderMap, tag: &str) -> bool {
    let given = headers.get(header::IF_NONE_MATCH).and_then(|v| v.to_str().ok()).unwrap_or_default();
    given.split(',').map(|t| t.trim().trim_start_matches("W/")).any(|t| t == tag)
}

fn takes_gzip(headers: &HeaderMap) -> bool {
    let given = headers.get(header::ACCEPT_ENCODING).and_then(|v| v.to_str().ok()).unwrap_or_default();
    given.split(',').any(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        let named = matches!(parts.next(), Some("gzip" | "*"));
        named && !parts.any(|p| matches!(p, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_sent_to_those_who_take_it() {
        let with = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(value));
            takes_gzip(&headers)
        };
        assert!(with("deflate, gzip;q=0.8"));
        assert!(!with("gzip;q=0, br"));
        assert!(!takes_gzip(&HeaderMap::new()));
    }

    #[test]
    fn the_tag_changes_with_the_log_and_its_place() {
        let mut headers = HeaderMap::new();
        headers.insert(header::IF_NONE_MATCH, HeaderValue::from_static("\"x-1\", W/\"e-7\""));
        assert!(matches(&headers, &tag("e", Seq(7))));
        assert!(!matches(&headers, &tag("e", Seq(8))));
        assert!(!matches(&headers, &tag("f", Seq(7))));
    }
}
