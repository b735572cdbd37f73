//! A core behind a real listener, and short ways to call it.

use std::{sync::Once, time::Duration};

use itops::{
    client::{Client, Connection, Session},
    domain::gitops::Repository,
    server::{Parts, serve, service::Core},
    world::World,
};
use secrecy::SecretString;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::oneshot,
    task::JoinHandle,
};
use url::Url;

use crate::server_core::stage::Stage;

pub const OPERATOR_KEY: &str = "operator-secret";

pub struct Served {
    pub stage: Stage,
    pub core: Core,
    pub url: Url,
    shutdown: Option<oneshot::Sender<()>>,
    serving: JoinHandle<()>,
}

/// An answer over plain HTTP.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: String,
    pub body: Vec<u8>,
}

impl Served {
    pub async fn start(repository: Option<Repository>) -> Self {
        let stage = Stage::new();
        let core = Core::open(stage.with_users(), repository, stage.world.clone()).await.unwrap();
        Self::around(stage, core).await
    }

    pub async fn around(stage: Stage, core: Core) -> Self {
        install_crypto();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Url::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
        let (shutdown, asked) = oneshot::channel();
        let parts = Parts { core: core.clone(), world: stage.world.clone() };
        let serving = tokio::spawn(async move {
            let asked = async move { asked.await.unwrap_or_default() };
            serve(listener, parts, asked).await.unwrap();
        });
        Self { stage, core, url, shutdown: Some(shutdown), serving }
    }

    /// Ask it to stop and wait until it did.
    pub async fn stop(mut self) {
        let _ = self.shutdown.take().unwrap().send(());
        soon(&mut self.serving).await.unwrap();
    }

    /// A client whose clock is the machine's.
    pub fn client(&self) -> Client {
        client_of(&self.url, None, World::real())
    }

    pub async fn signed_in(&self, name: &str) -> (Client, Session) {
        let client = self.client();
        let session = client.login(name, &password(name), None).await.unwrap();
        (client, session)
    }

    /// Send a request as it is written, headers without the host.
    pub async fn send(&self, method: &str, path: &str, headers: &[&str], body: &[u8]) -> Answer {
        let address = format!("{}:{}", self.url.host_str().unwrap(), self.url.port().unwrap());
        let mut socket = TcpStream::connect(address).await.unwrap();
        let mut head = format!("{method} {path} HTTP/1.1\r\nhost: core\r\nconnection: close\r\n");
        head.push_str(&format!("content-length: {}\r\n", body.len()));
        for header in headers {
            head.push_str(&format!("{header}\r\n"));
        }
        head.push_str("\r\n");
        socket.write_all(head.as_bytes()).await.unwrap();
        // The core may answer before it read all of a body that is too large.
        let _ = socket.write_all(body).await;
        let mut raw = Vec::new();
        soon(socket.read_to_end(&mut raw)).await.unwrap();
        let end = raw.windows(4).position(|w| w == b"\r\n\r\n").expect("a head") + 4;
        let head = String::from_utf8(raw[..end].to_vec()).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, headers: head.to_lowercase(), body: raw[end..].to_vec() }
    }

    /// Push JSON with the operator key.
    pub async fn push(&self, path: &str, body: &str) -> Answer {
        self.send("POST", path, &[&format!("x-api-key: {OPERATOR_KEY}")], body.as_bytes()).await
    }

    /// Send a GraphQL document with a token.
    pub async fn graphql(&self, token: Option<&str>, query: &str) -> serde_json::Value {
        let headers: Vec<String> = token.iter().map(|t| format!("authorization: Bearer {t}")).collect();
        let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
        let body = serde_json::json!({ "query": query }).to_string();
        self.send("POST", "/graphql", &headers, body.as_bytes()).await.json()
    }
}

impl Answer {
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {:?}", String::from_utf8_lossy(&self.body)))
    }

    pub fn code(&self) -> String {
        self.json()["error"]["code"].as_str().unwrap().to_owned()
    }

    pub fn message(&self) -> String {
        self.json()["error"]["message"].as_str().unwrap().to_owned()
    }

    pub fn warnings(&self) -> Vec<String> {
        serde_json::from_value(self.json()["warnings"].clone()).unwrap()
    }
}

pub fn install_crypto() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| rustls::crypto::ring::default_provider().install_default().unwrap());
}

pub fn client_of(url: &Url, token: Option<&str>, world: World) -> Client {
    install_crypto();
    let connection = Connection {
        url: url.clone(),
        token: token.map(Into::into),
        timeout_ms: 20_000,
        read_only: false,
        ca_file: None,
    };
    Client::new(connection, world).unwrap()
}

pub fn password(name: &str) -> SecretString {
    format!("{name} password").into()
}

/// What must come, so that a test that would wait for ever fails.
pub async fn soon<T>(waited_for: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(30), waited_for).await.expect("it did not come")
}
