//! Receivers on loopback: what they are told, that it is us, and what happens when they do not take it.

mod encrypted;
mod moments;
mod proxied;

use std::{net::SocketAddr, sync::Arc};

use hmac::{Hmac, KeyInit, Mac};
use itops::{
    domain::health::Status,
    server::{
        outbound::{Allowlist, Lookup},
        service::{Core, CoreSettings, DAILY_REPORT, Proof, Receiver},
        store::telling::DeliveryState,
    },
};
use serde_json::Value;
use sha2::Sha256;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpListener,
    sync::mpsc,
    task::{JoinHandle, JoinSet},
};
use tokio_rustls::TlsAcceptor;

use crate::{
    served::{install_crypto, soon},
    server_core::stage::{self, Stage, db, oncall, repository, say},
};

const SECRET: &str = "a secret that signs what is told";

/// What somebody sent to a receiver.
struct Got {
    head: String,
    body: String,
}

impl Got {
    fn header(&self, name: &str) -> &str {
        let line = self.head.lines().find(|l| l.to_lowercase().starts_with(&format!("{name}:"))).unwrap();
        line[name.len() + 1..].trim()
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// Listens on loopback and answers what it is told to; the last answer is repeated.
struct Listening {
    at: SocketAddr,
    got: mpsc::UnboundedReceiver<Got>,
    _serving: JoinHandle<()>,
}

impl Listening {
    async fn answering(answers: &[&'static str]) -> Self {
        Self::over(answers, None).await
    }

    /// The same, encrypted with the certificate of an acceptor where there is one.
    async fn over(answers: &[&'static str], acceptor: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let (tell, got) = mpsc::unbounded_channel();
        let mut answers = answers.to_vec();
        let serving = tokio::spawn(async move {
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                let answer = |got: Got| {
                    let _ = tell.send(got);
                    if answers.len() > 1 { answers.remove(0) } else { answers[0] }
                };
                match &acceptor {
                    None => serve(socket, answer).await,
                    // One who does not believe the certificate goes away.
                    Some(acceptor) => {
                        if let Ok(socket) = acceptor.accept(socket).await {
                            serve(socket, answer).await;
                        }
                    }
                }
            }
        });
        Self { at, got, _serving: serving }
    }

    async fn next(&mut self) -> Got {
        soon(self.got.recv()).await.unwrap()
    }
}

/// Read one request whole, and answer it.
async fn serve(mut socket: impl AsyncRead + AsyncWrite + Unpin, answer: impl FnOnce(Got) -> &'static str) {
    let mut raw = Vec::new();
    let mut part = [0; 4096];
    let (head, body) = loop {
        let read = socket.read(&mut part).await.unwrap_or(0);
        if read == 0 {
            return;
        }
        raw.extend_from_slice(&part[..read]);
        let text = String::from_utf8_lossy(&raw).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.to_lowercase();
        let length = length.split("content-length: ").nth(1).unwrap().lines().next().unwrap().to_owned();
        if body.len() >= length.trim().parse().unwrap() {
            break (head.to_owned(), body.to_owned());
        }
    };
    let answer = answer(Got { head, body });
    let _ = socket.write_all(answer.as_bytes()).await;
    let _ = socket.shutdown().await;
}

const OK: &str = "HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n";
const BROKEN: &str = "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

fn receiver(name: &str, url: &str) -> Receiver {
    let kinds = ["page", "breach", "automatic_ticket", "silent_reporter"].map(str::to_owned).into();
    Receiver { name: name.to_owned(), url: url.parse().unwrap(), proof: Proof::Signature(SECRET.into()), kinds }
}

fn settings(stage: &Stage, receivers: Vec<Receiver>, allow: &[&str]) -> CoreSettings {
    install_crypto();
    CoreSettings {
        receivers,
        outbound_allow: Arc::new(Allowlist::parse(allow.iter().copied()).unwrap()),
        ..stage.settings()
    }
}

async fn open(stage: &Stage, settings: CoreSettings) -> (Core, JoinSet<()>) {
    let core = Core::open(settings, Some(repository()), stage.world.clone()).await.unwrap();
    let jobs = core.spawn_jobs();
    (core, jobs)
}

/// How what was sent must be signed.
fn signature(got: &Got) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(format!("{}.{}", got.header("itops-timestamp"), got.body).as_bytes());
    let hex: String = mac.finalize().into_bytes().iter().map(|b| format!("{b:02x}")).collect();
    format!("v1={hex}")
}

/// `db` goes down and gets its ticket.
async fn trouble(stage: &Stage, core: &Core) {
    say(core, &db(), Status::Down).await;
    stage.world.advance(61_000);
    core.open_automatic_tickets().await.unwrap();
}

async fn until<F: Future<Output = bool>>(mut is_so: impl FnMut() -> F) {
    soon(async {
        while !is_so().await {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

async fn states(core: &Core) -> Vec<(String, DeliveryState, u32)> {
    let all = core.deliveries(100).await.unwrap();
    all.into_iter().filter(|d| d.kind == "automatic_ticket").map(|d| (d.receiver, d.state, d.attempts)).collect()
}

#[tokio::test]
async fn a_ticket_is_told_when_it_begins_and_when_it_needs_nobody_and_the_signature_holds() {
    let stage = Stage::new();
    let mut chat = Listening::answering(&[OK]).await;
    let chat_url = format!("http://{}/hook?token=hidden", chat.at);
    let (core, _jobs) = open(&stage, settings(&stage, vec![receiver("chat", &chat_url)], &["127.0.0.1"])).await;
    trouble(&stage, &core).await;
    let mut got = chat.next().await;
    while got.header("itops-event") != "automatic_ticket" {
        got = chat.next().await;
    }
    assert_eq!(got.header("itops-signature"), signature(&got));
    let begun = got.json();
    assert_eq!((&begun["version"], &begun["state"]), (&1.into(), &"started".into()));
    assert_eq!(begun["object"]["type"], "ticket");
    assert_eq!(begun["object"]["service"]["path"], db().as_str());
    assert_eq!(begun["id"], got.header("itops-id"));
    assert_eq!(begun["links"]["command"], "itops ticket get 1");
    let ticket = &stage::tickets(&core).await[0];
    let taken = core.take_ticket(&oncall(), ticket.number, ticket.version, "k1").await.unwrap();
    let to = itops::domain::tickets::TicketStatus::InProgress;
    let moved = core.move_ticket(&oncall(), 1, to, taken.version, String::new(), "k2").await.unwrap();
    let to = itops::domain::tickets::TicketStatus::Resolved;
    let dba = itops::domain::access::User { name: "dba-oncall".to_owned(), ..oncall() };
    core.move_ticket(&dba, 1, to, moved.version, String::new(), "k3").await.unwrap();
    let mut ended = chat.next().await;
    while ended.header("itops-event") != "automatic_ticket" {
        ended = chat.next().await;
    }
    let ended = ended.json();
    assert_eq!((&ended["state"], &ended["episode"]), (&"ended".into(), &begun["episode"]));
    assert_ne!(ended["id"], begun["id"]);
    until(|| async { states(&core).await.iter().all(|(_, state, _)| *state == DeliveryState::Delivered) }).await;
    assert!(!format!("{:?}", core.deliveries(10).await).contains("hidden"));
}

#[tokio::test]
async fn what_was_not_taken_is_sent_again_with_the_same_id_also_after_a_restart() {
    let stage = Stage::new();
    let mut pager = Listening::answering(&[BROKEN, BROKEN, OK]).await;
    let only =
        Receiver { kinds: vec!["automatic_ticket".to_owned()], ..receiver("pager", &format!("http://{}/", pager.at)) };
    let settings = settings(&stage, vec![only], &["127.0.0.0/8"]);
    let (core, jobs) = open(&stage, settings.clone()).await;
    trouble(&stage, &core).await;
    let first = pager.next().await;
    until(|| async { states(&core).await == [("pager".to_owned(), DeliveryState::Waiting, 1)] }).await;
    // Readers are shown a batch a moment after it is on disk.
    until(|| async { core.read(|estate| !estate.failing_receivers.is_empty()).await }).await;
    let failing = core.read(|estate| estate.failing_receivers.clone()).await;
    assert_eq!((failing[0].name.as_str(), failing[0].said.as_str()), ("pager", "it answered 503"));
    assert!(
        !failing[0].needs_a_person(stage.world.now()) && failing[0].needs_a_person(stage.world.now().plus(900_000))
    );

    drop(jobs);
    let core = stage.reopen_with(core, settings).await;
    assert_eq!(core.read(|estate| estate.failing_receivers.clone()).await, failing);
    let _jobs = core.spawn_jobs();
    stage.world.advance(10_000);
    let second = pager.next().await;
    until(|| async { states(&core).await == [("pager".to_owned(), DeliveryState::Waiting, 2)] }).await;
    stage.world.advance(20_000);
    let third = pager.next().await;
    until(|| async { states(&core).await == [("pager".to_owned(), DeliveryState::Delivered, 3)] }).await;
    for again in [&second, &third] {
        assert_eq!((again.header("itops-id"), &again.body), (first.header("itops-id"), &first.body));
    }
    assert_ne!(third.header("itops-timestamp"), first.header("itops-timestamp"), "each try is signed anew");
    until(|| async { core.read(|estate| estate.failing_receivers.is_empty()).await }).await;
}

#[tokio::test]
async fn one_that_never_answers_holds_up_nobody_and_is_given_up_in_the_end() {
    let stage = Stage::new();
    let deaf = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut chat = Listening::answering(&[OK]).await;
    let receivers = vec![
        receiver("deaf", &format!("http://{}/", deaf.local_addr().unwrap())),
        receiver("chat", &format!("http://{}/", chat.at)),
        // Nobody listens on port 1.
        receiver("gone", "http://127.0.0.1:1/"),
    ];
    let (core, _jobs) = open(&stage, settings(&stage, receivers, &["127.0.0.1"])).await;
    trouble(&stage, &core).await;
    while chat.next().await.header("itops-event") != "automatic_ticket" {}
    let of = |name: &'static str| {
        let core = core.clone();
        async move { core.deliveries(100).await.unwrap().into_iter().filter(|d| d.receiver == name).collect::<Vec<_>>() }
    };
    until(|| async { of("gone").await.iter().all(|d| d.attempts == 1 && !d.said.is_empty()) }).await;
    // The wait for the next try is over, and so is the day in which it makes sense.
    stage.world.advance(25 * 3_600_000);
    until(|| async { of("gone").await.iter().any(|d| d.state == DeliveryState::GivenUp) }).await;
    let given_up = of("gone").await.into_iter().find(|d| d.state == DeliveryState::GivenUp).unwrap();
    assert!(given_up.said.starts_with("given up, too old; "), "{}", given_up.said);
    until(|| async { core.read(|e| e.failing_receivers.iter().any(|r| r.name == "gone" && r.given_up > 0)).await })
        .await;
}

#[tokio::test]
async fn a_redirect_is_not_followed_wherever_it_leads() {
    let stage = Stage::new();
    let mut secret_place = Listening::answering(&[OK]).await;
    let answer = format!(
        "HTTP/1.1 307 Temporary Redirect\r\nlocation: http://{}/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
        secret_place.at
    );
    let mut door = Listening::answering(&[Box::leak(answer.into_boxed_str())]).await;
    let only = receiver("door", &format!("http://{}/", door.at));
    let (core, _jobs) = open(&stage, settings(&stage, vec![only], &["127.0.0.1"])).await;
    trouble(&stage, &core).await;
    door.next().await;
    until(|| async {
        core.deliveries(10).await.unwrap().iter().any(|d| d.said.contains("redirects are not followed"))
    })
    .await;
    assert!(secret_place.got.try_recv().is_err(), "nothing was sent on");
}

#[tokio::test]
async fn a_name_or_address_that_is_not_out_there_is_never_called() {
    let stage = Stage::new();
    let mut inside = Listening::answering(&[OK]).await;
    let port = inside.at.port();
    let at = inside.at;
    // Two addresses, one of them forbidden: the name is not trusted at all.
    let lookup: Lookup = Arc::new(move |name| {
        Box::pin(async move {
            Ok(match name.as_str() {
                "two.example" => vec!["203.0.114.9:0".parse().unwrap(), at],
                "none.example" => Vec::new(),
                _ => vec![at],
            })
        })
    });
    let receivers = vec![
        receiver("named", &format!("http://inside.example:{port}/")),
        receiver("two", &format!("http://two.example:{port}/")),
        receiver("none", &format!("http://none.example:{port}/")),
        receiver("plain", &format!("http://127.0.0.1:{port}/")),
        receiver("disguised", &format!("http://[::ffff:127.0.0.1]:{port}/")),
        receiver("decimal", &format!("http://2130706433:{port}/")),
        receiver("allowed", &format!("http://hooks.example:{port}/")),
    ];
    let settings = CoreSettings { outbound_lookup: lookup, ..settings(&stage, receivers, &["hooks.example"]) };
    let (core, _jobs) = open(&stage, settings).await;
    trouble(&stage, &core).await;
    let got = inside.next().await;
    assert!(got.header("host").starts_with("hooks.example"), "{}", got.head);
    let refused = |core: Core| async move {
        let all = core.deliveries(100).await.unwrap();
        let of = |d: &&itops::server::store::telling::Delivery| d.kind == "automatic_ticket" && d.receiver != "allowed";
        all.iter().filter(of).cloned().collect::<Vec<_>>()
    };
    until(|| async { refused(core.clone()).await.iter().all(|d| d.attempts == 1) }).await;
    let refused = refused(core.clone()).await;
    assert_eq!(refused.len(), 6);
    for delivery in refused {
        let wanted = if delivery.receiver == "none" { "has no address" } else { "core.outbound_allow" };
        assert!(delivery.said.contains(wanted), "{}: {}", delivery.receiver, delivery.said);
    }
    let others = std::iter::from_fn(|| inside.got.try_recv().ok());
    assert!(others.into_iter().all(|got| got.header("host").starts_with("hooks.example")));
}

#[tokio::test]
async fn the_daily_report_reaches_the_portal_with_its_key_and_nobody_who_did_not_ask() {
    let stage = Stage::new();
    let mut portal = Listening::answering(&[OK]).await;
    let mut chat = Listening::answering(&[OK]).await;
    let to_portal = Receiver {
        proof: Proof::ApiKey("portal-key".into()),
        kinds: vec![DAILY_REPORT.to_owned()],
        ..receiver("sla-portal", &format!("http://{}/", portal.at))
    };
    let receivers = vec![to_portal, receiver("chat", &format!("http://{}/", chat.at))];
    let (core, _jobs) = open(&stage, settings(&stage, receivers, &["127.0.0.1"])).await;
    say(&core, &db(), Status::Operational).await;
    // Past seven o'clock of the next day: the job makes the report and hands it on.
    stage.world.advance(24 * 3_600_000);
    let got = portal.next().await;
    assert_eq!((got.header("x-api-key"), got.header("itops-event")), ("portal-key", DAILY_REPORT));
    assert!(!got.head.to_lowercase().contains("itops-signature"));
    let report = got.json();
    assert_eq!(report["version"], 1);
    assert!(report["groups"].is_array(), "{report}");
    let name = got.header("itops-id").to_owned();
    let kept = std::fs::read_to_string(core.report_folder().join(format!("{name}.json"))).unwrap();
    assert_eq!(kept, got.body, "what is sent is what is kept");
    let others = std::iter::from_fn(|| chat.got.try_recv().ok());
    assert!(others.into_iter().all(|got| got.header("itops-event") != DAILY_REPORT));
}
