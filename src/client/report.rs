//! Pushes of health, storage and backups with an operator key.

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use url::Url;

use super::{
    error::{ApiError, Kind},
    http::{Call, Http, Payload, Proof},
    wire,
};

/// A sender of reports.
pub struct Reporter {
    http: Http,
    key: SecretString,
}

/// A health push; field names as documented. Either `path`, or `node_id` and `service`.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HealthPush {
    /// Five segments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Four segments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node_id: Option<String>,
    /// The fifth segment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// A status word.
    pub status: String,
    /// Free text.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// A criticality word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub criticality: Option<String>,
    /// Group it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sla_group: Option<String>,
    /// For example `database`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_type: Option<String>,
    /// Free words.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// When it was true, in RFC 3339; now when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<String>,
}

/// A storage push.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StoragePush {
    /// Five segments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Four segments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node_id: Option<String>,
    /// The fifth segment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// Bytes there are.
    pub allocated_bytes: u64,
    /// Bytes in use.
    pub used_bytes: u64,
    /// For example `pvc`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub storage_type: String,
    /// Where it is mounted.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub mount_path: String,
    /// When it was true, in RFC 3339; now when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<String>,
}

/// A backup push: for one service, for all members of a group, or for a namespace.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BackupPush {
    /// Five segments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Four segments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node_id: Option<String>,
    /// The fifth segment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// Every member that is expected to back up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sla_group: Option<String>,
    /// One Kubernetes namespace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// `success`, `failed` or `partial`.
    pub status: String,
    /// How large it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size_bytes: Option<u64>,
    /// Free text.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// When it was true, in RFC 3339; now when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<String>,
}

/// What the core answered.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReportAnswer {
    /// Name of the service, for pushes about one.
    pub service_name: String,
    /// Its whole path after repairs, for pushes about one.
    pub path: String,
    /// What was stored: a service status, a storage state or a backup outcome.
    pub status: String,
    /// Free share in percent, for storage.
    pub free_percent: Option<f64>,
    /// How many services it touched, for backups.
    pub affected: Option<u64>,
    /// What was repaired or ignored, in words.
    pub warnings: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AnswerShape {
    #[serde(default)]
    service_name: wire::Line,
    #[serde(default)]
    path: wire::Line,
    #[serde(default)]
    status: wire::Line,
    free_percent: Option<f64>,
    affected: Option<u64>,
    #[serde(default)]
    warnings: Vec<wire::Line>,
}

impl Reporter {
    /// A sender to the core at `url` that waits for an answer for `timeout_ms` milliseconds.
    ///
    /// # Errors
    /// `Invalid` for an address that is not http or https.
    pub fn new(
        url: &Url,
        key: SecretString,
        timeout_ms: u64,
        ca_file: Option<&std::path::Path>,
    ) -> Result<Self, ApiError> {
        Ok(Self { http: Http::new(url, timeout_ms, ca_file)?, key })
    }

    /// Say how a service is.
    ///
    /// # Errors
    /// `Unauthenticated` for a wrong key, `Invalid` for a body that makes no sense, `Unknown` for a lost answer.
    pub async fn report_health(&self, push: &HealthPush) -> Result<ReportAnswer, ApiError> {
        self.push("/api/v1/health/report", push).await
    }

    /// Say how full a storage is.
    ///
    /// # Errors
    /// As [`Self::report_health`].
    pub async fn report_storage(&self, push: &StoragePush) -> Result<ReportAnswer, ApiError> {
        self.push("/api/v1/storage/report", push).await
    }

    /// Say how a backup ended.
    ///
    /// # Errors
    /// As [`Self::report_health`].
    pub async fn report_backup(&self, push: &BackupPush) -> Result<ReportAnswer, ApiError> {
        self.push("/api/v1/backup/report", push).await
    }

    async fn push(&self, path: &str, push: &impl Serialize) -> Result<ReportAnswer, ApiError> {
        let body = serde_json::to_vec(push).map_err(ApiError::protocol)?;
        let call =
            Call { path, proof: Proof::Key(&self.key), body: Some(Payload::json(body)), accept: None, is_write: true };
        let body = self.http.send(call).await.map_err(|mut error| {
            if error.kind == Kind::Unauthenticated {
                "is ITOPS_API_KEY the operator key of this core?".clone_into(&mut error.hint);
            }
            error
        })?;
        let answer: AnswerShape = super::parse(&body)?;
        Ok(ReportAnswer {
            service_name: answer.service_name.0,
            path: answer.path.0,
            status: answer.status.0,
            free_percent: answer.free_percent,
            affected: answer.affected,
            warnings: wire::many(answer.warnings),
        })
    }
}
