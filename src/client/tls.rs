//! Which certificates are believed. Built only for https and wss: a machine without a CA bundle can still talk to
//! loopback.

use std::{path::Path, sync::Arc};

use rustls::{ClientConfig, RootCertStore, crypto::CryptoProvider, pki_types::CertificateDer};
use rustls_platform_verifier::Verifier;

use super::error::{ApiError, Kind};

/// The settings for an encrypted connection: the machine's roots and, when given, those of `ca_file` (PEM).
pub(super) fn encrypted(ca_file: Option<&Path>) -> Result<ClientConfig, ApiError> {
    let extra = ca_file.map_or_else(|| Ok(Vec::new()), read_certificates)?;
    let provider = provider()?;
    let verifier = Verifier::new_with_extra_roots(extra, provider.clone())
        .map_err(|e| refused(format!("no certificate store can be used here: {e}; name one with ca_file")))?;
    let versions = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| refused(format!("TLS cannot be set up: {e}")))?;
    Ok(versions.dangerous().with_custom_certificate_verifier(Arc::new(verifier)).with_no_client_auth())
}

/// Settings that believe nobody, for clients that never encrypt: the HTTP library wants some in any case.
pub(super) fn plain() -> Result<ClientConfig, ApiError> {
    let versions = ClientConfig::builder_with_provider(provider()?)
        .with_safe_default_protocol_versions()
        .map_err(|e| refused(format!("TLS cannot be set up: {e}")))?;
    Ok(versions.with_root_certificates(RootCertStore::empty()).with_no_client_auth())
}

fn provider() -> Result<Arc<CryptoProvider>, ApiError> {
    CryptoProvider::get_default().cloned().ok_or_else(|| refused("no crypto provider is installed".to_owned()))
}

fn read_certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, ApiError> {
    use rustls::pki_types::pem::PemObject;
    let name = super::wire::line(&file.display().to_string());
    let found = CertificateDer::pem_file_iter(file)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|e| refused(format!("{name}: {e}")))?;
    if found.is_empty() {
        return Err(refused(format!("{name} holds no certificate in PEM form")));
    }
    Ok(found)
}

fn refused(message: String) -> ApiError {
    ApiError::new(Kind::Invalid, message)
}
