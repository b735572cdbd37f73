//! A core in a process of its own, with what its environment says of calls to the outside.

use std::{
    fs,
    io::{BufRead, BufReader},
    process::{Child, Stdio},
};

use super::*;
use crate::headless::Home;

const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/example");

/// A core that tells `chat`, allows to call what `allow` names, and reads these variables; and one service that is DOWN.
fn with_a_breach(home: &Home, chat: &Listening, allow: &str, variables: &[(&str, &str)]) -> Child {
    let folder = home.path().join(".config/itops");
    fs::create_dir_all(&folder).unwrap();
    let webhooks = format!("[{{name: chat, url: 'http://{}/', secret_env: ITOPS_WEBHOOK_CHAT}}]", chat.at);
    let text = format!("core:\n  webhooks: {webhooks}\n  outbound_allow: [{allow}]\n");
    fs::write(folder.join("settings.yaml"), text).unwrap();
    let mut serve = home.itops(&["serve", "--gitops", EXAMPLE, "--environment", "dev", "--listen", "127.0.0.1:0"]);
    serve.envs(variables.iter().copied());
    serve.env("ITOPS_SECURITY_OPERATOR_API_KEY", "operator-secret").env("ITOPS_WEBHOOK_CHAT", SECRET);
    let mut core = serve.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let first = BufReader::new(core.stdout.take().unwrap()).lines().next().unwrap().unwrap();
    let url = first.strip_prefix("listening on ").unwrap().to_owned();
    // One bad moment in the life of a new service is a breach of its group.
    let path = "meridian/core/prod/eu-2/keycloak";
    let push = ["report", "health", "--path", path, "--status", "DOWN", "--url", &url];
    let pushed = home.itops(&push).env("ITOPS_API_KEY", "operator-secret").output().unwrap();
    assert!(pushed.status.success(), "{}", String::from_utf8_lossy(&pushed.stderr));
    core
}

#[tokio::test]
async fn a_proxy_that_the_environment_names_is_never_asked() {
    let home = Home::new();
    let mut chat = Listening::answering(&[OK]).await;
    let mut proxy = Listening::answering(&[OK]).await;
    let address = format!("http://{}", proxy.at);
    let names = ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];
    let mut core = with_a_breach(&home, &chat, "127.0.0.1", &names.map(|name| (name, address.as_str())));
    let first =
        soon(async { tokio::select!(got = chat.got.recv() => (got, true), got = proxy.got.recv() => (got, false)) });
    let (got, is_direct) = first.await;
    core.kill().unwrap();
    core.wait().unwrap();
    assert!(is_direct, "the proxy was asked: {}", got.unwrap().head);
    assert!(got.unwrap().head.starts_with("POST / "));
}

#[tokio::test]
async fn a_private_host_that_the_environment_allows_is_called() {
    let home = Home::new();
    let mut chat = Listening::answering(&[OK]).await;
    let allowed = [("ITOPS_SECURITY_WEBHOOK_HOST_ALLOWLIST", "hooks.internal.example, 127.0.0.1")];
    let mut core = with_a_breach(&home, &chat, "", &allowed);
    let got = soon(chat.got.recv()).await;
    core.kill().unwrap();
    core.wait().unwrap();
    assert!(got.unwrap().head.starts_with("POST / "));
}
