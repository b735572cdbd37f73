//! A core in a process of its own, whose environment names a proxy.

use std::{
    fs,
    io::{BufRead, BufReader},
    process::Stdio,
};

use super::*;
use crate::headless::Home;

const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/example");

#[tokio::test]
async fn a_proxy_that_the_environment_names_is_never_asked() {
    let home = Home::new();
    let mut chat = Listening::answering(&[OK]).await;
    let mut proxy = Listening::answering(&[OK]).await;
    let folder = home.path().join(".config/itops");
    fs::create_dir_all(&folder).unwrap();
    let webhooks = format!("[{{name: chat, url: 'http://{}/', secret_env: ITOPS_WEBHOOK_CHAT}}]", chat.at);
    let text = format!("core:\n  webhooks: {webhooks}\n  outbound_allow: [127.0.0.1]\n");
    fs::write(folder.join("settings.yaml"), text).unwrap();
    let mut serve = home.itops(&["serve", "--gitops", EXAMPLE, "--environment", "dev", "--listen", "127.0.0.1:0"]);
    for name in ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
        serve.env(name, format!("http://{}", proxy.at));
    }
    serve.env("ITOPS_SECURITY_OPERATOR_API_KEY", "operator-secret").env("ITOPS_WEBHOOK_CHAT", SECRET);
    let mut core = serve.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let first = BufReader::new(core.stdout.take().unwrap()).lines().next().unwrap().unwrap();
    let url = first.strip_prefix("listening on ").unwrap().to_owned();
    // One bad moment in the life of a new service is a breach of its group.
    let path = "meridian/core/prod/eu-2/keycloak";
    let push = ["report", "health", "--path", path, "--status", "DOWN", "--url", &url];
    let pushed = home.itops(&push).env("ITOPS_API_KEY", "operator-secret").output().unwrap();
    assert!(pushed.status.success(), "{}", String::from_utf8_lossy(&pushed.stderr));
    let first =
        soon(async { tokio::select!(got = chat.got.recv() => (got, true), got = proxy.got.recv() => (got, false)) });
    let (got, is_direct) = first.await;
    core.kill().unwrap();
    core.wait().unwrap();
    assert!(is_direct, "the proxy was asked: {}", got.unwrap().head);
    assert!(got.unwrap().head.starts_with("POST / "));
}
