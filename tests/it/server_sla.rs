//! Exclusion windows, results and reports as jobs, people and consoles meet them over HTTP.

use itops::{
    client::{Kind, StreamEvent},
    domain::{
        change::Fact,
        health::Status,
        refusal::RefusalCode,
        sla::{NewWindow, RestatementFilter, ResultPeriod, WindowScope},
        time::{DAY, HOUR},
    },
};
use secrecy::ExposeSecret;
use uuid::Uuid;

use crate::{
    served::{OPERATOR_KEY, Served},
    server_core::stage,
};

const START: &str = "/api/v1/sla/exclusion-window/start";
const STOP: &str = "/api/v1/sla/exclusion-window/stop";
const GENERATE: &str = "/api/v1/sla/report/generate";

fn group() -> WindowScope {
    WindowScope::Group("checkout".to_owned())
}

fn wanted(to: Option<i64>) -> NewWindow {
    NewWindow { scope: group(), from: None, to: to.map(|ms| stage::T0.plus(ms)), reason: "new disks".to_owned() }
}

fn key(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

#[tokio::test]
async fn a_job_starts_and_stops_a_window_with_its_key() {
    let served = Served::start(Some(stage::repository())).await;
    for scope in [
        r#""slaGroup":"checkout""#,
        r#""path":"acme/shop/prod/eu-1/db""#,
        r#""nodeId":"acme/shop/prod/eu-1","service":"db""#,
        r#""nodeId":"acme/shop""#,
    ] {
        // One path written in two ways is one scope.
        let started = served.push(START, &format!("{{{scope},\"reason\":\"nightly\"}}")).await;
        assert_eq!(started.status, 200, "{scope} {started:?}");
        let window = &started.json()["window"];
        assert_eq!(
            (window["reason"].as_str(), window["openedBy"]["kind"].as_str()),
            (Some("nightly"), Some("reporter"))
        );
        let again = served.push(START, &format!("{{{scope},\"reason\":\"nightly\"}}")).await;
        assert_eq!((again.status, again.code().as_str()), (409, "unchanged"), "{scope}");
        let stopped = served.push(STOP, &format!("{{{scope}}}")).await;
        assert_eq!(stopped.status, 200, "{scope} {stopped:?}");
        assert_eq!(stopped.json()["windows"][0]["id"], window["id"]);
        let nothing = served.push(STOP, &format!("{{{scope}}}")).await;
        assert_eq!((nothing.status, nothing.code().as_str()), (404, "not_found"), "stop without start");
    }
    let keyed = r#"{"slaGroup":"checkout","reason":"x","idempotencyKey":"k1"}"#;
    let (first, second) = (served.push(START, keyed).await, served.push(START, keyed).await);
    assert_eq!((first.status, second.status), (200, 200));
    assert_eq!(first.json()["window"]["id"], second.json()["window"]["id"]);
}

#[tokio::test]
async fn a_stop_that_comes_twice_under_its_key_is_done_once_and_answered_twice() {
    let served = Served::start(Some(stage::repository())).await;
    for (number, to) in ["2025-06-15T20:00:00Z", "2025-06-15T21:00:00Z"].into_iter().enumerate() {
        let body = format!(r#"{{"slaGroup":"checkout","reason":"{number}","to":"{to}"}}"#);
        assert_eq!(served.push(START, &body).await.status, 200);
    }
    let stop = r#"{"slaGroup":"checkout","idempotencyKey":"s1"}"#;
    let first = served.push(STOP, stop).await;
    assert_eq!((first.status, first.json()["windows"].as_array().unwrap().len()), (200, 2), "{first:?}");
    served.stage.world.advance(HOUR);
    let again = served.push(START, r#"{"slaGroup":"checkout","reason":"another","to":"2025-06-15T23:00:00Z"}"#).await;
    assert_eq!(again.status, 200);
    let second = served.push(STOP, stop).await;
    assert_eq!((second.status, second.json()), (200, first.json()), "and the newer one stays open");
    let other = served.push(STOP, r#"{"nodeId":"acme/shop","idempotencyKey":"s1"}"#).await;
    assert_eq!((other.status, other.code().as_str()), (409, "idempotency_key_reused"));
    let typo = served.push(STOP, r#"{"slaGroup":"checkout","idempotencykey":"s2"}"#).await;
    assert!(typo.status == 400 && typo.message().contains("`idempotencyKey`"), "{typo:?}");
    assert_eq!(served.core.read(|estate| estate.active_windows(served.stage.world.now()).len()).await, 1);
}

#[tokio::test]
async fn what_a_job_sends_wrong_is_named_and_opens_nothing() {
    let served = Served::start(Some(stage::repository())).await;
    for (body, status, said) in [
        ("", 400, "empty"),
        ("{}", 400, "give one of"),
        (r#"{"slaGroup":"checkout"}"#, 400, "needs a reason"),
        (r#"{"slaGroup":"checkout","path":"a/b/c/d/e","reason":"x"}"#, 400, "give one of"),
        (r#"{"service":"db","reason":"x"}"#, 400, "give one of"),
        (r#"{"path":"acme/shop","reason":"x"}"#, 400, "acme/shop"),
        (r#"{"slaGroup":5,"reason":"x"}"#, 400, "field `slaGroup` must be text"),
        (r#"{"slaGroup":"checkout","reason":"x","from":"noon"}"#, 400, "field `from`"),
        (r#"{"slaGroup":"checkout","reason":"x","to":"1999-01-01T00:00:00Z"}"#, 400, "ends before it begins"),
        (r#"{"slaGroup":"checkout","reason":"x","to":"2999-12-31T00:00:00Z"}"#, 400, "366 days ahead"),
        (r#"{"slaGroup":"checkout","reason":"x","from":"2025-06-01T00:00:00Z"}"#, 403, "operator key"),
        (r#"{"slaGroup":"checkout","reason":"x","until":"2025-06-16T00:00:00Z"}"#, 400, "no field `until`"),
        (r#"{"slaGroup":"checkout","raeson":"x"}"#, 400, "no field `raeson`; did you mean `reason`?"),
        (r#"{"slaGroup":"nobody","reason":"x"}"#, 404, "there is no group nobody"),
        (r#"{"nodeId":"acme/none","reason":"x"}"#, 404, "there is no node acme/none"),
    ] {
        let answer = served.push(START, body).await;
        assert_eq!(answer.status, status, "{body}: {answer:?}");
        assert!(answer.message().contains(said), "{body}: {}", answer.message());
    }
    assert_eq!(served.send("POST", START, &[], b"{}").await.status, 401);
    assert!(served.core.read(|estate| estate.windows.is_empty()).await);
}

#[tokio::test]
async fn a_window_opened_by_a_person_reaches_every_console_and_the_snapshot() {
    let served = Served::start(Some(stage::repository())).await;
    let (client, _) = served.signed_in("oncall").await;
    let before = client.snapshot().await.unwrap();
    let mut stream = client.changes(before.epoch.clone(), before.seq);
    let writer = client.writer().unwrap();
    let opened = writer.open_window(&wanted(Some(HOUR)), key(1)).await.unwrap();
    assert_eq!((opened.scope.clone(), opened.opened_by.name()), (group(), "oncall"));
    assert_eq!(writer.open_window(&wanted(Some(HOUR)), key(1)).await.unwrap(), opened);
    assert_eq!(client.window_write(key(1)).await.unwrap(), Some(opened.clone()));
    assert_eq!(client.window_write(key(9)).await.unwrap(), None);
    let told = loop {
        if let StreamEvent::Change(change) = stream.recv().await.unwrap()
            && let Fact::WindowChanged(window) = change.fact
        {
            break *window;
        }
    };
    assert_eq!(told, opened);
    assert_eq!(client.snapshot().await.unwrap().estate.windows[&1], opened);
    let stopped = writer.stop_window(1, key(2)).await.unwrap();
    assert_eq!(client.windows().await.unwrap(), [stopped]);
    let twice = writer.stop_window(1, key(3)).await.unwrap_err();
    assert_eq!(twice.kind, Kind::Refused(RefusalCode::Unchanged));

    let (reader, _) = served.signed_in("requester").await;
    let refused = reader.writer().unwrap().open_window(&wanted(None), key(4)).await.unwrap_err();
    assert_eq!(refused.kind, Kind::Forbidden);
    let past = NewWindow { from: Some(stage::T0.plus(-DAY)), ..wanted(None) };
    assert_eq!(writer.open_window(&past, key(5)).await.unwrap_err().kind, Kind::Forbidden);
}

#[tokio::test]
async fn results_and_their_corrections_read_through_the_client_are_those_of_the_core() {
    let served = Served::start(Some(stage::repository())).await;
    stage::say(&served.core, &stage::db(), Status::Down).await;
    served.stage.world.advance(2 * DAY);
    served.core.close_periods().await.unwrap();
    let admin = itops::domain::sla::windows::Keeper::User(stage::user("admin", itops::domain::access::Level::Admin));
    let past = NewWindow { from: Some(stage::T0), ..wanted(Some(HOUR)) };
    served.core.open_window(admin, past, "p").await.unwrap();
    served.core.close_periods().await.unwrap();
    let (client, _) = served.signed_in("requester").await;
    for period in ResultPeriod::ALL {
        let june = ResultPeriod::Month.bounds(stage::T0);
        let results = client.period_results(period, "2025-06").await.unwrap();
        assert_eq!(results, served.core.period_results(period, None, june).await.unwrap());
        assert!(!results.is_empty());
    }
    let restated = client.restatements("2025-06").await.unwrap();
    assert_eq!(restated, served.core.restatements(&RestatementFilter::default(), 0, 100).await.unwrap().0);
    assert_eq!(restated.len(), 1);
    assert!(client.restatements("2025-05").await.unwrap().is_empty());
    assert_eq!(client.period_results(ResultPeriod::Day, "last").await.unwrap_err().kind, Kind::Invalid);
}

#[tokio::test]
async fn a_page_of_restatements_says_whether_there_are_more() {
    let served = Served::start(Some(stage::repository())).await;
    stage::say(&served.core, &stage::db(), Status::Down).await;
    served.stage.world.advance(3 * DAY);
    served.core.close_periods().await.unwrap();
    let admin = itops::domain::sla::windows::Keeper::User(stage::user("admin", itops::domain::access::Level::Admin));
    served.core.open_window(admin, NewWindow { from: Some(stage::T0), ..wanted(None) }, "p").await.unwrap();
    served.core.close_periods().await.unwrap();
    let (_, session) = served.signed_in("requester").await;
    let token = Some(session.token.expose_secret());
    let ask = async |arguments: &str| {
        let fields = "{nodes{id} totalCount pageInfo{hasNextPage endCursor}}";
        served.graphql(token, &format!("{{page:slaRestatements({arguments}){fields}}}")).await
    };
    let first = ask("first:2").await["data"]["page"].clone();
    assert_eq!((&first["totalCount"], &first["pageInfo"]["hasNextPage"]), (&3.into(), &true.into()), "{first}");
    let rest = ask(&format!("first:2,after:{}", first["pageInfo"]["endCursor"])).await["data"]["page"].clone();
    assert_eq!((&rest["nodes"][0]["id"], &rest["pageInfo"]["hasNextPage"]), (&3.into(), &false.into()), "{rest}");
    for (filter, count) in [("month:\"2025-06\"", 3), ("month:\"2025-07\"", 0), ("monthsBack:1", 3), ("group:\"x\"", 0)]
    {
        assert_eq!(ask(&format!("filter:{{{filter}}}")).await["data"]["page"]["totalCount"], count, "{filter}");
    }
    for bad in ["filter:{month:\"june\"}", "after:\"%%%\"", "after:\"bm9uZQ\"", "first:0"] {
        assert_eq!(ask(bad).await["errors"][0]["extensions"]["code"], "invalid", "{bad}");
    }
}

#[tokio::test]
async fn a_report_is_made_for_a_key_and_for_an_operator_and_for_nobody_else() {
    let served = Served::start(Some(stage::repository())).await;
    let made = served.push(GENERATE, "").await;
    assert_eq!(made.status, 200, "{made:?}");
    assert_eq!(made.json()["groups"][0]["name"], "checkout");
    assert_eq!(std::fs::read_dir(served.core.report_folder()).unwrap().count(), 2);
    let key = format!("x-api-key: {OPERATOR_KEY}");
    let read = served.send("POST", GENERATE, &[&key, "accept: text/markdown"], b"").await;
    assert!(read.status == 200 && read.headers.contains("content-type: text/markdown; charset=utf-8"), "{read:?}");
    assert!(String::from_utf8_lossy(&read.body).contains("| checkout |"), "{read:?}");
    assert_eq!(std::fs::read_dir(served.core.report_folder()).unwrap().count(), 2, "the one of this minute");
    assert_eq!(served.send("POST", GENERATE, &[], b"").await.status, 401);
    for (who, status) in [("oncall", 200), ("requester", 403)] {
        let (_, session) = served.signed_in(who).await;
        let token = format!("Authorization: Bearer {}", session.token.expose_secret());
        assert_eq!(served.send("POST", GENERATE, &[&token], b"").await.status, status, "{who}");
    }
}

#[tokio::test]
async fn the_documented_queries_have_the_figures_of_the_budgets() {
    let served = Served::start(Some(stage::reported_every(30 * DAY))).await;
    for path in [stage::db(), stage::api()] {
        stage::say(&served.core, &path, Status::Operational).await;
    }
    served.stage.world.advance(DAY);
    stage::say(&served.core, &stage::db(), Status::Down).await;
    served.stage.world.advance(HOUR);
    stage::say(&served.core, &stage::db(), Status::Operational).await;
    served.stage.world.advance(DAY);
    served.core.close_periods().await.unwrap();
    served.core.settle_all_budgets().await.unwrap();
    let (_, session) = served.signed_in("requester").await;
    let token = Some(session.token.expose_secret());
    let answer = served
        .graphql(
            token,
            "{slaDashboardStats{totalServices servicesWithSla metCount atRiskCount breachedCount averageUptime} \
             slaTrendData(filter:{periodType:\"DAILY\",monthsBack:1}){periodKey periodStart actualValue status} \
             month:slaTrendData(filter:{periodType:\"MONTHLY\"}){periodKey status} \
             slaSnapshotTrend(serviceId:\"acme/shop/prod/eu-1/db\",hoursBack:30){periodStart actualValue coverage \
             incidentCount downtimeMinutes status}}",
        )
        .await;
    let data = &answer["data"];
    let stats = &data["slaDashboardStats"];
    let counts = ["totalServices", "servicesWithSla", "metCount", "atRiskCount", "breachedCount"].map(|of| &stats[of]);
    assert_eq!(counts, [2, 2, 0, 0, 1].map(serde_json::Value::from).each_ref(), "{answer}");
    // An hour of 49.
    assert_eq!(stats["averageUptime"], 97.9591);
    let days: Vec<_> = data["slaTrendData"]
        .as_array()
        .unwrap()
        .iter()
        .map(|day| {
            (day["periodKey"].as_str().unwrap(), day["actualValue"].as_f64().unwrap(), day["status"].as_str().unwrap())
        })
        .collect();
    // An hour of 24 on the second of three days.
    let wanted = [("2025-06-15", 100.0, "MET"), ("2025-06-16", 95.8333, "BREACHED"), ("2025-06-17", 100.0, "MET")];
    assert_eq!(days, wanted);
    let months: Vec<_> = data["month"].as_array().unwrap().iter().map(|month| &month["periodKey"]).collect();
    assert_eq!(months, ["2025-06"]);
    let buckets = data["slaSnapshotTrend"].as_array().unwrap();
    let began: Vec<_> = buckets.iter().filter(|bucket| bucket["incidentCount"] == 1).collect();
    let sum: f64 = buckets.iter().map(|bucket| bucket["downtimeMinutes"].as_f64().unwrap()).sum();
    assert_eq!((began.len(), sum), (1, 60.0), "{answer}");
    // 15:06:40 lies 100 s into its five minutes.
    assert_eq!((&began[0]["periodStart"], &began[0]["status"]), (&"2025-06-16T15:05:00Z".into(), &"BREACHED".into()));
    assert_eq!((&began[0]["actualValue"], &began[0]["coverage"]), (&33.3333.into(), &100.0.into()));
}

#[tokio::test]
async fn windows_and_results_come_by_the_page() {
    let served = Served::start(Some(stage::repository())).await;
    stage::say(&served.core, &stage::db(), Status::Operational).await;
    for number in 0..3_i64 {
        let by = itops::domain::sla::windows::Keeper::User(stage::oncall());
        let new =
            NewWindow { from: Some(stage::T0.plus(number * DAY + HOUR)), ..wanted(Some(number * DAY + 2 * HOUR)) };
        served.core.open_window(by, new, &number.to_string()).await.unwrap();
    }
    served.stage.world.advance(2 * DAY);
    served.core.close_periods().await.unwrap();
    let (_, session) = served.signed_in("requester").await;
    let token = Some(session.token.expose_secret());
    for (list, row, filter, wanted) in [
        ("exclusionWindows", "id", "", ["1", "2", "3"]),
        ("slaPeriodResults", "periodKey", ",filter:{monthsBack:1}", ["2025-06-15", "2025-06-16", "2025-06-17"]),
    ] {
        let (mut seen, mut after) = (Vec::new(), String::new());
        loop {
            let fields = format!("nodes{{{row}}} totalCount pageInfo{{hasNextPage endCursor}}");
            let answer = served.graphql(token, &format!("{{page:{list}(first:2{after}{filter}){{{fields}}}}}")).await;
            let page = &answer["data"]["page"];
            assert_eq!(page["totalCount"], 3, "{answer}");
            seen.extend(page["nodes"].as_array().unwrap().iter().map(|node| node[row].to_string().replace('"', "")));
            if page["pageInfo"]["hasNextPage"] == false {
                break;
            }
            after = format!(",after:{}", page["pageInfo"]["endCursor"]);
        }
        assert_eq!(seen, wanted, "{list}");
        for bad in ["after:\"%%%\"", "after:\"bm9uZQ\"", "first:0", "first:1001"] {
            let answer = served.graphql(token, &format!("{{page:{list}({bad}){{totalCount}}}}")).await;
            assert_eq!(answer["errors"][0]["extensions"]["code"], "invalid", "{list} {bad}");
        }
    }
}
