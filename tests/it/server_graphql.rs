//! GraphQL through the real client where it speaks, and by hand where others would.

use itops::{
    client::{Client, Connection, Kind},
    domain::{
        access::Level,
        attention::{Handling, Reason, Subject, Wish},
        detail::NewTicket,
        health::Status,
        refusal::RefusalCode,
        tickets::{EntryKind, Priority, TicketStatus},
    },
    world::World,
};
use secrecy::ExposeSecret;
use uuid::Uuid;

use crate::{
    served::{Served, client_of, password},
    server_core::stage,
};

const fn key(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn code(answer: &serde_json::Value) -> &str {
    answer["errors"][0]["extensions"]["code"].as_str().unwrap_or_default()
}

#[tokio::test]
async fn signing_in_tells_who_one_is_and_without_it_nothing_is_shown() {
    let served = Served::start(Some(stage::repository())).await;
    let (client, session) = served.signed_in("oncall").await;
    assert_eq!((session.user.name.as_str(), session.user.level), ("oncall", Level::Operator));
    assert_eq!(client.me().await.unwrap(), session.user);
    for query in ["{me{id}}", "{slaGroups{id}}", "{tickets{totalCount}}", "{declared{revision}}", "{nodes{path}}"] {
        let answer = served.graphql(None, query).await;
        assert_eq!(code(&answer), "unauthenticated", "{query}");
        assert!(answer["errors"][0]["extensions"]["requestId"].is_string());
    }
    let wrong = client_of(&served.url, Some("abc.def.ghi"), World::real());
    assert_eq!(wrong.me().await.unwrap_err().kind, Kind::Unauthenticated);
    assert_eq!(wrong.snapshot().await.unwrap_err().kind, Kind::Unauthenticated);
    let refused = served.client().login("oncall", &"no".into(), None).await.unwrap_err();
    assert_eq!(refused.kind, Kind::Unauthenticated);
}

#[tokio::test]
async fn a_token_that_ended_is_renewed_and_the_call_goes_through() {
    let served = Served::start(None).await;
    let (client, first) = served.signed_in("oncall").await;
    served.stage.world.advance(2 * 3_600_000);
    client.me().await.unwrap();
    let second = client.session().await.unwrap();
    assert_ne!(first.token.expose_secret(), second.token.expose_secret());
    assert_ne!(first.refresh_token.expose_secret(), second.refresh_token.expose_secret());
    client.logout().await.unwrap();
    assert_eq!(client.me().await.unwrap_err().kind, Kind::Unauthenticated);
    let again = served.client();
    again.adopt(second).await;
    served.stage.world.advance(2 * 3_600_000);
    assert_eq!(again.me().await.unwrap_err().kind, Kind::Unauthenticated, "signed out means the family is gone");
}

#[tokio::test]
async fn the_schema_describes_itself_to_those_who_are_signed_in_only() {
    let served = Served::start(None).await;
    let query = "{__schema{queryType{name}}}";
    assert!(served.graphql(None, query).await["data"]["__schema"].is_null());
    let (_, session) = served.signed_in("requester").await;
    let answer = served.graphql(Some(session.token.expose_secret()), query).await;
    assert_eq!(answer["data"]["__schema"]["queryType"]["name"], "Query");
}

#[tokio::test]
async fn deep_and_costly_documents_are_refused() {
    let served = Served::start(None).await;
    let (_, session) = served.signed_in("requester").await;
    let token = Some(session.token.expose_secret());
    let deep = format!("{{__schema{}{}}}", "{types{fields{type".repeat(8), "{name}".to_owned() + &"}}}".repeat(8));
    assert_eq!(code(&served.graphql(token, &deep).await), "invalid_document");
    let row = "nodes{path displayName description team tags health{status since message}}";
    let many: String = (0..9).map(|n| format!("q{n}:services(first:1000){{{row}}}")).collect();
    assert_eq!(code(&served.graphql(token, &format!("{{{many}}}")).await), "invalid_document");
    let guesses: String = (0..5).map(|n| format!("l{n}:login(email:\"oncall\",password:\"{n}\"){{token}}")).collect();
    let answer = served.graphql(None, &format!("mutation{{{guesses}}}")).await;
    assert_eq!(code(&answer), "invalid_document", "passwords cannot be tried by the dozen in one call");
}

#[tokio::test]
async fn a_ticket_goes_through_its_workflow_and_refusals_keep_their_codes() {
    let served = Served::start(Some(stage::repository())).await;
    let (client, _) = served.signed_in("oncall").await;
    let writer = client.writer().unwrap();
    let new = NewTicket {
        item: Some("service_down".to_owned()),
        title: "db is\u{1b} slow".to_owned(),
        description: "since noon".to_owned(),
        service: Some(stage::db()),
        priority: Some(Priority::High),
    };
    let opened = writer.create_ticket(new.clone(), key(1)).await.unwrap();
    assert_eq!((opened.title.as_str(), opened.status), ("db is\u{fffd} slow", TicketStatus::Open));
    let again = writer.create_ticket(new, key(1)).await.unwrap();
    assert_eq!(again, opened, "the same key is done once");
    let reused = writer.create_ticket(stage::wanted("other"), key(1)).await.unwrap_err();
    assert_eq!(reused.kind, Kind::Refused(RefusalCode::KeyReused));

    let number = opened.number;
    let early = writer.move_ticket(number, TicketStatus::Closed, opened.version, String::new(), key(2)).await;
    assert_eq!(early.unwrap_err().kind, Kind::Refused(RefusalCode::ForbiddenTransition));
    let taken = writer.take_ticket(number, opened.version, key(3)).await.unwrap();
    let stale = writer.prioritise_ticket(number, Priority::Low, opened.version, key(4)).await.unwrap_err();
    assert_eq!(stale.kind, Kind::Conflict);
    let moved = writer
        .move_ticket(number, TicketStatus::InProgress, taken.version, "on it\nnow".to_owned(), key(5))
        .await
        .unwrap();
    let urgent = writer.prioritise_ticket(number, Priority::Critical, moved.version, key(6)).await.unwrap();
    let commented = writer.comment_ticket(number, "two\nlines".to_owned(), key(7)).await.unwrap();
    assert_eq!((urgent.priority, commented.comments), (Priority::Critical, 2));
    let given = writer.assign_ticket(number, Some("requester".to_owned()), urgent.version, key(8)).await.unwrap();
    assert_eq!(given.assignee.unwrap().1, "requester");

    let detail = client.ticket(number).await.unwrap();
    let core = served.core.ticket_detail(number).await.unwrap();
    assert_eq!(detail, core, "what is read is what is true");
    assert!(matches!(&detail.history[2].kind, EntryKind::Moved { comment, .. } if comment == "on it\nnow"));
    assert_eq!(client.ticket(999).await.unwrap_err().kind, Kind::NotFound);
}

#[tokio::test]
async fn what_can_be_done_now_lists_every_arrow_with_its_reason() {
    let served = Served::start(Some(stage::repository())).await;
    let ticket = served.core.create_ticket(&stage::oncall(), stage::wanted("x"), "k1").await.unwrap();
    let ticket = served.core.take_ticket(&stage::oncall(), ticket.number, ticket.version, "k2").await.unwrap();
    served
        .core
        .move_ticket(&stage::oncall(), 1, TicketStatus::InProgress, ticket.version, String::new(), "k3")
        .await
        .unwrap();
    let (_, session) = served.signed_in("oncall").await;
    let query = "{ticket(number:1){transitions{to role allowed actsAs code reason
        explanation{tried matched membership sentence} place{line}}}}";
    let answer = served.graphql(Some(session.token.expose_secret()), query).await;
    let offers = answer["data"]["ticket"]["transitions"].as_array().unwrap();
    assert!(!offers.is_empty(), "{answer}");
    for offer in offers {
        assert_ne!(offer["allowed"].as_bool().unwrap(), offer["reason"].is_string(), "{offer}");
        assert_eq!(offer["allowed"].as_bool().unwrap(), offer["actsAs"].is_string(), "{offer}");
    }
}

#[tokio::test]
async fn a_user_may_not_do_what_an_operator_may_and_bad_words_are_named() {
    let served = Served::start(Some(stage::repository())).await;
    let ticket = served.core.create_ticket(&stage::oncall(), stage::wanted("x"), "k1").await.unwrap();
    let (client, session) = served.signed_in("requester").await;
    let writer = client.writer().unwrap();
    let refused = writer.prioritise_ticket(ticket.number, Priority::Low, ticket.version, key(1)).await.unwrap_err();
    assert_eq!(refused.kind, Kind::Forbidden);
    assert!(refused.request_id.is_some());
    let token = Some(session.token.expose_secret());
    for (mutation, wanted) in [
        ("moveTicket(number:1,to:\"DONE\",version:1,idempotencyKey:\"k\")", "DONE"),
        ("moveTicket(number:1,to:\"OPEN\",version:1,idempotencyKey:\"\")", "idempotencyKey"),
        ("createTicket(input:{title:\"t\",service:\"a/b\"},idempotencyKey:\"k\")", "segments"),
        ("createTicket(input:{title:\"t\",priority:\"URGENT\"},idempotencyKey:\"k\")", "URGENT"),
    ] {
        let answer = served.graphql(token, &format!("mutation{{{mutation}{{number}}}}")).await;
        assert_eq!(code(&answer), "invalid", "{answer}");
        assert!(answer["errors"][0]["message"].as_str().unwrap().contains(wanted), "{answer}");
    }
}

#[tokio::test]
async fn pages_follow_each_other_without_loss_or_repeat() {
    let served = Served::start(None).await;
    for n in 0..7 {
        let title = format!("t{n}");
        served.core.create_ticket(&stage::oncall(), stage::wanted(&title), &format!("k{n}")).await.unwrap();
        let path = stage::path(&format!("a/b/c/d/s{n}"));
        stage::say(&served.core, &path, if n % 2 == 0 { Status::Down } else { Status::Operational }).await;
    }
    let (_, session) = served.signed_in("oncall").await;
    let token = Some(session.token.expose_secret());
    for (list, key, total) in [("tickets", "number", 7), ("services", "path", 7), ("services", "path", 4)] {
        let filter = if total == 4 { "filter:{status:[\"down\"]}," } else { "" };
        let (mut seen, mut after) = (Vec::new(), String::new());
        loop {
            let query = format!(
                "{{page:{list}({filter}first:3{after}){{nodes{{{key}}} totalCount pageInfo{{hasNextPage endCursor}}}}}}"
            );
            let answer = served.graphql(token, &query).await;
            let page = &answer["data"]["page"];
            assert_eq!(page["totalCount"], total, "{answer}");
            seen.extend(page["nodes"].as_array().unwrap().iter().map(|n| n[key].to_string()));
            if page["pageInfo"]["hasNextPage"] == false {
                break;
            }
            after = format!(",after:{}", page["pageInfo"]["endCursor"]);
        }
        let unique: std::collections::BTreeSet<_> = seen.iter().collect();
        assert_eq!((seen.len(), unique.len()), (total, total), "{list}: {seen:?}");
    }
    for bad in ["first:0", "first:5000", "after:\"%%%\""] {
        assert_eq!(
            code(&served.graphql(token, &format!("{{tickets({bad}){{totalCount}}}}")).await),
            "invalid",
            "{bad}"
        );
    }
}

#[tokio::test]
async fn the_documented_queries_have_their_documented_shapes() {
    let served = Served::start(Some(stage::repository())).await;
    stage::say(&served.core, &stage::db(), Status::Operational).await;
    stage::say(&served.core, &stage::api(), Status::Operational).await;
    served.stage.world.advance(600_000);
    served.core.settle_all_budgets().await.unwrap();
    let (_, session) = served.signed_in("requester").await;
    let token = Some(session.token.expose_secret());
    let groups = served
        .graphql(
            token,
            "{slaGroups{id name displayName tier status currentUptime services{serviceId serviceName status replicas \
             readyReplicas backupStatus{backupExpected lastBackupAt lastBackupStatus backupMaxAgeDays backupOverdue}}} \
             slaDashboardStats{totalServices servicesWithSla metCount atRiskCount breachedCount averageUptime} \
             slaTrendData(filter:{periodType:\"DAILY\",monthsBack:1}){periodKey periodStart actualValue status} \
             slaPeriodResults(filter:{periodType:\"MONTHLY\"}){nodes{group periodKey actualValue targetValue status}}}",
        )
        .await;
    let data = &groups["data"];
    assert_eq!(data["slaGroups"][0]["name"], "checkout", "{groups}");
    assert_eq!(data["slaGroups"][0]["services"].as_array().unwrap().len(), 2);
    assert_eq!(data["slaDashboardStats"]["servicesWithSla"], 2);
    let id = data["slaGroups"][0]["services"][0]["serviceId"].as_str().unwrap();
    let trend = served
        .graphql(
            token,
            &format!(
                "{{slaSnapshotTrend(serviceId:\"{id}\",hoursBack:1){{periodKey periodStart actualValue targetValue \
                 incidentCount downtimeMinutes status}}}}"
            ),
        )
        .await;
    let buckets = trend["data"]["slaSnapshotTrend"].as_array().unwrap();
    assert!(buckets.iter().any(|b| b["actualValue"] == 100.0), "{trend}");
    assert!((buckets[0]["targetValue"].as_f64().unwrap() - 99.9).abs() < 1e-9);
}

#[tokio::test]
async fn incidents_come_by_the_page_and_silent_reporters_by_their_name() {
    let served = Served::start(Some(stage::reported_every(300_000))).await;
    for status in [Status::Down, Status::Operational, Status::Down] {
        stage::say(&served.core, &stage::db(), status).await;
        served.stage.world.advance(600_000);
    }
    served.stage.world.advance(300_000);
    served.core.sweep_silence().await.unwrap();
    let (_, session) = served.signed_in("requester").await;
    let token = Some(session.token.expose_secret());
    let fields = "nodes{path from to worst outbreaks cause} totalCount pageInfo{hasNextPage endCursor}";
    let first =
        served.graphql(token, &format!("{{incidents(first:1){{{fields}}}}}")).await["data"]["incidents"].clone();
    assert_eq!((&first["totalCount"], &first["nodes"][0]["to"]), (&2.into(), &serde_json::Value::Null), "{first}");
    let after = first["pageInfo"]["endCursor"].as_str().unwrap();
    let second = served.graphql(token, &format!("{{incidents(first:1,after:\"{after}\"){{{fields}}}}}")).await;
    let second = &second["data"]["incidents"];
    assert_eq!((&second["pageInfo"]["hasNextPage"], &second["nodes"][0]["outbreaks"]), (&false.into(), &1.into()));
    assert!(second["nodes"][0]["to"].is_string(), "{second}");
    for bad in ["after:\"%%%\"", "after:\"bm9uZQ\"", "filter:{worst:\"broken\"}"] {
        let answer = served.graphql(token, &format!("{{incidents({bad}){{totalCount}}}}")).await;
        assert_eq!(code(&answer), "invalid", "{bad}");
    }
    let silent = served.graphql(token, "{silentReporters{nodes{name of services}totalCount}}").await;
    assert_eq!(silent["data"]["silentReporters"]["nodes"][0]["name"], stage::pusher(), "{silent}");
}

#[tokio::test]
async fn handled_problems_come_by_the_page() {
    let served = Served::start(Some(stage::repository())).await;
    for (path, key) in [(stage::db(), "k1"), (stage::api(), "k2")] {
        stage::say(&served.core, &path, Status::Down).await;
        let wish = Wish { subject: Subject::Service(path), seen: Reason::Down, handling: Some(Handling::Acknowledged) };
        served.core.attend(&stage::oncall(), wish, key).await.unwrap();
    }
    let (client, session) = served.signed_in("requester").await;
    let token = Some(session.token.expose_secret());
    let page = async |arguments: &str| {
        let query = format!(
            "{{handledProblems({arguments}){{nodes{{subject{{name}}}} totalCount pageInfo{{hasNextPage endCursor}}}}}}"
        );
        served.graphql(token, &query).await["data"]["handledProblems"].clone()
    };
    let first = page("first:1").await;
    assert_eq!((&first["totalCount"], &first["pageInfo"]["hasNextPage"]), (&2.into(), &true.into()), "{first}");
    assert_eq!(first["nodes"][0]["subject"]["name"], stage::api().as_str());
    let after = first["pageInfo"]["endCursor"].as_str().unwrap();
    let second = page(&format!("first:1,after:\"{after}\"")).await;
    assert_eq!(second["pageInfo"]["hasNextPage"], false);
    assert_eq!(second["nodes"][0]["subject"]["name"], stage::db().as_str(), "{second}");
    assert_eq!(client.handled().await.unwrap().len(), 2);
}

#[tokio::test]
async fn details_read_through_the_client_are_those_of_the_core() {
    let served = Served::start(Some(stage::repository())).await;
    stage::say(&served.core, &stage::db(), Status::Operational).await;
    served.stage.world.advance(60_000);
    stage::say(&served.core, &stage::db(), Status::Down).await;
    served.stage.world.advance(60_000);
    let (client, _) = served.signed_in("requester").await;
    assert_eq!(client.service(&stage::db()).await.unwrap(), served.core.service_detail(&stage::db()).await.unwrap());
    assert_eq!(client.budget("checkout").await.unwrap(), served.core.budget_detail("checkout").await.unwrap());
    assert_eq!(client.declared().await.unwrap(), *served.core.declared().await);
    let newest = client.activity(50).await.unwrap();
    let mut core: Vec<_> = served.core.recent_changes(50).await.iter().map(|c| (**c).clone()).collect();
    core.sort_by_key(|c| std::cmp::Reverse(c.seq));
    assert_eq!(newest, core);
    let gone = stage::path("a/b/c/d/e");
    assert_eq!(client.service(&gone).await.unwrap_err().kind, Kind::NotFound);
    assert_eq!(client.budget("none").await.unwrap_err().kind, Kind::NotFound);
    assert_eq!(client.source("none.yaml").await.unwrap_err().kind, Kind::NotFound);
}

#[tokio::test]
async fn a_read_only_client_has_nothing_that_writes() {
    crate::served::install_crypto();
    let connection = Connection {
        url: "http://127.0.0.1:1/".parse().unwrap(),
        token: None,
        timeout_ms: 1_000,
        read_only: true,
        ca_file: None,
    };
    assert!(Client::new(connection, World::real()).unwrap().writer().is_none());
}

#[tokio::test]
async fn a_core_that_is_not_there_is_unreachable_also_for_a_write() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url: url::Url = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
    drop(listener);
    let client = client_of(&url, Some("t"), World::real());
    let failed = client.writer().unwrap().comment_ticket(1, "x".to_owned(), key(1)).await.unwrap_err();
    assert_eq!(failed.kind, Kind::Unreachable);
}

#[tokio::test]
async fn a_write_whose_answer_is_lost_is_unknown_and_sent_once() {
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };
    use tokio::io::AsyncReadExt;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url: url::Url = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = calls.clone();
    tokio::spawn(async move {
        loop {
            let (mut socket, _) = listener.accept().await.unwrap();
            counted.fetch_add(1, Ordering::SeqCst);
            // Take the request, then hang up without an answer.
            let mut buffer = [0; 4096];
            let _ = socket.read(&mut buffer).await;
        }
    });
    let client = client_of(&url, Some("t"), World::real());
    let failed = client.writer().unwrap().comment_ticket(1, "x".to_owned(), key(1)).await.unwrap_err();
    assert_eq!(failed.kind, Kind::Unknown);
    assert_eq!(calls.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn login_takes_the_address_as_well_as_the_name() {
    let served = Served::start(None).await;
    let session = served.client().login("oncall@example.org", &password("oncall"), None).await;
    assert_eq!(session.unwrap().user.name, "oncall");
}
