//! Serving encrypted: certificate and key from files, handshakes beside each other, so that one who dawdles does not
//! keep the others waiting.

use std::{io, net::SocketAddr, path::Path, sync::Arc, time::Duration};

use axum::serve::Listener;
use rustls::{
    ServerConfig,
    crypto::CryptoProvider,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

/// Longest wait for a handshake.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// Most handshakes at once.
const HANDSHAKES: usize = 512;

/// A certificate with its key, ready to serve.
#[derive(Clone)]
pub struct Identity(Arc<ServerConfig>);

impl Identity {
    /// Read a certificate chain and its key, both PEM.
    ///
    /// # Errors
    /// Says in words which file is wrong and why.
    pub fn read(certificate: &Path, key: &Path) -> Result<Self, String> {
        let in_file = |file: &Path, what: &dyn std::fmt::Display| format!("{}: {what}", file.display());
        let chain = CertificateDer::pem_file_iter(certificate)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|e| in_file(certificate, &e))?;
        if chain.is_empty() {
            return Err(in_file(certificate, &"no certificate in PEM form"));
        }
        let secret = PrivateKeyDer::from_pem_file(key).map_err(|e| in_file(key, &e))?;
        let provider = CryptoProvider::get_default().cloned().ok_or("no crypto provider is installed")?;
        let mut settings = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|e| e.to_string())?
            .with_no_client_auth()
            .with_single_cert(chain, secret)
            .map_err(|e| format!("{} and {}: {e}", certificate.display(), key.display()))?;
        settings.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Self(Arc::new(settings)))
    }
}

/// A listener whose connections are encrypted.
pub(super) struct Encrypted {
    listener: TcpListener,
    acceptor: TlsAcceptor,
    handshakes: JoinSet<Option<(TlsStream<TcpStream>, SocketAddr)>>,
}

impl Encrypted {
    pub fn new(listener: TcpListener, identity: Identity) -> Self {
        Self { listener, acceptor: identity.0.into(), handshakes: JoinSet::new() }
    }

    fn shake_hands(&mut self, socket: TcpStream, from: SocketAddr) {
        let _ = socket.set_nodelay(true);
        let acceptor = self.acceptor.clone();
        self.handshakes.spawn(async move {
            let shaken = tokio::time::timeout(HANDSHAKE_TIMEOUT, acceptor.accept(socket)).await;
            Some((shaken.ok()?.ok()?, from))
        });
    }
}

impl Listener for Encrypted {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            tokio::select! {
                Some(done) = self.handshakes.join_next() => {
                    // A failed handshake is the caller's affair.
                    if let Ok(Some(ready)) = done {
                        return ready;
                    }
                }
                (socket, from) = Listener::accept(&mut self.listener), if self.handshakes.len() < HANDSHAKES => {
                    self.shake_hands(socket, from);
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}
