//! Receivers that are called by https: whose certificate is believed.

use std::path::{Path, PathBuf};

use itops::server::outbound::Authorities;
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};

use super::*;

/// Our own authority, and a certificate from it for `localhost`.
fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/tls").join(name)
}

async fn encrypted() -> Listening {
    install_crypto();
    let chain = CertificateDer::pem_file_iter(file("core.pem")).unwrap().map(Result::unwrap).collect();
    let key = PrivateKeyDer::from_pem_file(file("core.key")).unwrap();
    let settings = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key).unwrap();
    Listening::over(&[OK], Some(TlsAcceptor::from(Arc::new(settings)))).await
}

/// One receiver of this name in the address, all of them on loopback.
fn called(stage: &Stage, name: &str, port: u16, authorities: Authorities) -> CoreSettings {
    let at = SocketAddr::from(([127, 0, 0, 1], port));
    let lookup: Lookup = Arc::new(move |_| Box::pin(async move { Ok(vec![at]) }));
    let only = receiver("pager", &format!("https://{name}:{port}/"));
    CoreSettings {
        outbound_lookup: lookup,
        outbound_authorities: authorities,
        ..settings(stage, vec![only], &["localhost", "pager.example"])
    }
}

#[tokio::test]
async fn a_receiver_with_a_certificate_of_our_own_authority_is_told_and_the_signature_holds() {
    let stage = Stage::new();
    let mut pager = encrypted().await;
    let authorities = Authorities::read(&file("ca.pem")).unwrap();
    let (core, _jobs) = open(&stage, called(&stage, "localhost", pager.at.port(), authorities)).await;
    trouble(&stage, &core).await;
    let mut got = pager.next().await;
    while got.header("itops-event") != "automatic_ticket" {
        got = pager.next().await;
    }
    assert_eq!(got.header("itops-signature"), signature(&got));
    until(|| async { states(&core).await == [("pager".to_owned(), DeliveryState::Delivered, 1)] }).await;
}

#[tokio::test]
async fn a_certificate_of_an_unknown_authority_or_for_another_name_is_refused_and_nothing_is_sent() {
    for (name, authorities) in
        [("localhost", Authorities::default()), ("pager.example", Authorities::read(&file("ca.pem")).unwrap())]
    {
        let stage = Stage::new();
        let mut pager = encrypted().await;
        let settings = called(&stage, name, pager.at.port(), authorities);
        let core = match Core::open(settings, Some(repository()), stage.world.clone()).await {
            Ok(core) => core,
            // A machine may have no certificate store at all; then nobody is believed and the core says so.
            Err(error) => {
                assert!(error.to_string().contains("HTTP cannot be set up"), "{error}");
                continue;
            }
        };
        let _jobs = core.spawn_jobs();
        trouble(&stage, &core).await;
        until(|| async { states(&core).await == [("pager".to_owned(), DeliveryState::Waiting, 1)] }).await;
        let all = core.deliveries(100).await.unwrap();
        let said = &all.iter().find(|d| d.kind == "automatic_ticket").unwrap().said;
        assert!(said.contains("certificate"), "{name}: {said}");
        assert!(pager.got.try_recv().is_err(), "{name}: nothing was sent");
    }
}

#[test]
fn a_file_without_certificates_is_refused_by_its_name() {
    install_crypto();
    for (name, wanted) in [("core.key", "no certificate"), ("missing.pem", "No such file")] {
        let said = Authorities::read(&file(name)).err().unwrap();
        assert!(said.contains(name) && said.contains(wanted), "{said}");
    }
}
