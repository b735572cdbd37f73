//! The same over HTTP: who may ask for what, and in which shape it comes.

use itops::{
    domain::access::Level,
    server::service::{BootstrapUser, Core, CoreSettings},
};
use secrecy::ExposeSecret;
use serde_json::Value;

use super::source::{Folder, manifest};
use crate::{
    served::{OPERATOR_KEY, Served},
    server_core::stage::{self, Stage},
};

const STATE: &str = "/api/v1/gitops/state";
const RELOAD: &str = "/api/v1/dev/registry/reload";
const EXPORT: &str = "/api/v1/templates/export";
const IMPORT: &str = "/api/v1/templates/import";

fn key() -> String {
    format!("x-api-key: {OPERATOR_KEY}")
}

fn settings(stage: &Stage) -> CoreSettings {
    let mut settings = stage.with_users();
    settings.bootstrap_users.push(BootstrapUser {
        name: "admin".to_owned(),
        email: String::new(),
        password: "admin password".to_owned(),
        level: Level::Admin,
        superadmin: false,
    });
    settings
}

async fn served(repository: Option<itops::domain::gitops::Repository>) -> Served {
    let stage = Stage::new();
    let core = Core::open(settings(&stage), repository, stage.world.clone()).await.unwrap();
    Served::around(stage, core).await
}

async fn bearer(served: &Served, name: &str) -> String {
    let (_, session) = served.signed_in(name).await;
    format!("authorization: Bearer {}", session.token.expose_secret())
}

#[tokio::test]
async fn the_declared_state_is_for_all_who_are_known_and_sent_once() {
    let served = served(Some(stage::repository())).await;
    assert_eq!(served.send("GET", STATE, &[], b"").await.status, 401);
    assert_eq!(served.send("GET", STATE, &["authorization: Bearer nobody"], b"").await.status, 401);
    let user = bearer(&served, "requester").await;
    for header in [&user, &key()] {
        assert_eq!(served.send("GET", STATE, &[header], b"").await.status, 200);
    }
    let answer = served.send("GET", STATE, &[&user], b"").await;
    let json = answer.json();
    assert_eq!(json["revision"], "c0ffee");
    let things = json["things"].as_array().unwrap();
    let db = things.iter().find(|t| t["name"] == "acme/shop/prod/eu-1/db").unwrap();
    assert_eq!((&db["kind"], &db["origin"], &db["place"]["line"]), (&"service".into(), &"git".into(), &3.into()));
    let fields = db["fields"].as_array().unwrap();
    assert!(fields.iter().any(|f| f["name"] == "team" && f["value"] == "storage" && f.get("secret").is_none()));
    assert_eq!(json["live"]["logins"][0], serde_json::json!({ "provider": "local", "accounts": 3 }));

    let tag = answer.headers.lines().find_map(|l| l.strip_prefix("etag: ")).unwrap().to_owned();
    let same = format!("if-none-match: {tag}");
    assert_eq!(served.send("GET", STATE, &[&user, &same], b"").await.status, 304);
    let packed = served.send("GET", STATE, &[&user, "accept-encoding: gzip"], b"").await;
    assert!(packed.headers.contains("content-encoding: gzip"));
    assert_eq!(itops::server::wire::snapshot::plain(&packed.body).unwrap(), answer.body);
    served.core.create_ticket(&stage::oncall(), stage::wanted("one"), "k1").await.unwrap();
    let other = served.send("GET", STATE, &[&user, &same], b"").await;
    assert_eq!((other.status, other.json()["live"]["tickets"][0]["number"].as_u64()), (200, Some(1)));
}

#[tokio::test]
async fn a_reload_can_be_asked_for_in_development_only() {
    let served_in_production = served(None).await;
    assert_eq!(served_in_production.send("POST", RELOAD, &[&key()], b"").await.status, 404);

    let (stage, folder) = (Stage::new(), Folder::new());
    let dev = CoreSettings { dev: true, ..settings(&stage) };
    let core = Core::open(dev, None, stage.world.clone()).await.unwrap();
    let source = itops::gitops::Source::folder(folder.path().to_owned());
    let options = itops::gitops::ReadOptions::default();
    let reader = itops::gitops::Reader::new(source.clone(), options.clone());
    core.read_from(itops::server::service::Sourced { source, options, reader });
    let served = Served::around(stage, core).await;
    assert_eq!(served.send("POST", RELOAD, &[], b"").await.status, 401);
    let user = bearer(&served, "requester").await;
    assert_eq!(served.send("POST", RELOAD, &[&user], b"").await.status, 403);
    let oncall = bearer(&served, "oncall").await;
    let answer = served.send("POST", RELOAD, &[&oncall], b"").await.json();
    assert_eq!((&answer["deleted"], &answer["files"]), (&0.into(), &2.into()), "{answer}");
    assert_eq!(served.core.read(|e| e.services.len()).await, 2);
    folder.write("services/db.yaml", "data: [\n");
    let answer = served.send("POST", RELOAD, &[&key()], b"").await.json();
    assert_eq!((&answer["errors"], &answer["held"], &answer["deleted"]), (&1.into(), &1.into(), &0.into()), "{answer}");
    assert_eq!(answer["faults"][0]["place"]["file"], "services/db.yaml");
}

#[tokio::test]
async fn a_template_goes_out_in_and_out_again_byte_for_byte() {
    let donor = served(Some(super::prune::complete())).await;
    assert_eq!(donor.send("GET", EXPORT, &[], b"").await.status, 401);
    let text = donor.send("GET", EXPORT, &[&key()], b"").await;
    assert!(text.headers.contains("content-type: application/yaml"));
    let empty = served(None).await;
    let yaml = "content-type: application/yaml";
    let receipt = empty.send("POST", IMPORT, &[&key(), yaml], &text.body).await;
    assert_eq!(receipt.status, 200, "{}", String::from_utf8_lossy(&receipt.body));
    assert!(receipt.json()["applied"].as_array().unwrap().iter().any(|a| {
        (&a["action"], &a["kind"], &a["name"])
            == (&"create".into(), &"workflow".into(), &"acme/incident_response".into())
    }));
    let again = empty.send("GET", EXPORT, &[&key()], b"").await;
    assert_eq!(String::from_utf8(again.body).unwrap(), String::from_utf8(text.body.clone()).unwrap());
    let position = empty.core.position();
    let same = empty.send("POST", IMPORT, &[&key(), yaml], &text.body).await.json();
    assert_eq!((same["applied"].as_array().unwrap().len(), empty.core.position()), (0, position), "taken once");
    let kept = donor.send("POST", IMPORT, &[&key(), yaml], &text.body).await.json();
    assert_eq!(kept["applied"].as_array().unwrap().len(), 0);
    let reasons = kept["kept"].as_array().unwrap();
    assert!(reasons.iter().any(|k| k["reason"] == "git declares it in platform/values.yaml:40"), "{kept}");
}

#[tokio::test]
async fn only_admins_and_keys_import_and_a_text_with_a_fault_is_taken_nowhere() {
    let served = served(None).await;
    let good = "version: \"1\"\nticketing:\n  org: acme\n";
    for (who, status) in [("requester", 403), ("oncall", 403), ("admin", 200)] {
        let answer = served.send("POST", IMPORT, &[&bearer(&served, who).await], good.as_bytes()).await;
        assert_eq!(answer.status, status, "{who}: {}", String::from_utf8_lossy(&answer.body));
    }
    let read_only = itops::domain::access::User { read_only: true, ..stage::user("admin", Level::Admin) };
    let by = itops::server::service::Importer::User(read_only);
    let refused = served.core.import_templates(by, good.to_owned()).await.unwrap_err();
    assert_eq!(stage::refusal(refused).code, itops::domain::refusal::RefusalCode::ReadOnly);
    let form = served.send("POST", IMPORT, &[&key(), "content-type: multipart/form-data"], good.as_bytes()).await;
    assert_eq!((form.status, form.code().as_str()), (415, "unsupported_media_type"));

    let before = served.core.snapshot().await.estate;
    let bad = "version: \"1\"\nticketing:\n  org: acme\n  workflows:\n  - name: good\n    transitions:\n    \
               - { from: OPEN, to: CLOSED, role: any }\n  - name: bad\n    transitions: []\n";
    for text in [bad, "a: &a [*a]\n", "- 1\n", "\u{0}", "version: [\n"] {
        let answer = served.send("POST", IMPORT, &[&key()], text.as_bytes()).await;
        assert_eq!((answer.status, answer.code().as_str()), (400, "invalid"), "{text}");
    }
    let answer = served.send("POST", IMPORT, &[&key()], bad.as_bytes()).await;
    assert!(answer.message().contains("E020"), "{}", answer.message());
    let large = format!("# {}\n", "x".repeat(2 << 20));
    assert_eq!(served.send("POST", IMPORT, &[&key()], large.as_bytes()).await.status, 413);
    assert_eq!(served.core.snapshot().await.estate, before, "nothing of it was taken");
}

#[tokio::test]
async fn plan_reconciles_drift_and_trail_are_told_over_graphql() {
    let (stage, folder) = (Stage::new(), Folder::new());
    let first = folder.commit("Two services");
    let core = folder.core(&stage).await;
    let served = Served::around(stage, core).await;
    let (_, session) = served.signed_in("requester").await;
    let token = session.token.expose_secret();
    let ask = async |query: &str| -> Value {
        let answer = served.graphql(Some(token), query).await;
        assert!(answer.get("errors").is_none(), "{query}: {answer}");
        answer["data"].clone()
    };
    folder.write("services/db.yaml", &manifest("db", "storage-2"));
    let fields = "from to steps { action kind name place { file line } fields { field old { value secret } new { value } } takes held }";
    let plan = ask(&format!("{{ gitopsPlan {{ {fields} }} }}")).await["gitopsPlan"].clone();
    assert_eq!((&plan["from"], &plan["steps"][0]["action"]), (&Value::from(first.clone()), &"update".into()));
    assert_eq!(plan["steps"][0]["fields"][0]["old"]["value"], "storage");
    let same = ask(&format!("{{ gitopsPlan(from: \"{first}\", to: \"main\") {{ {fields} }} }}")).await;
    assert_eq!(same["gitopsPlan"]["steps"].as_array().unwrap().len(), 0);
    let done =
        ask(&format!("{{ reconciles(limit: 5) {{ at commit {{ id subject }} rejected plan {{ {fields} }} }} }}")).await;
    assert_eq!(done["reconciles"][0]["commit"]["subject"], "Two services");
    let steps = done["reconciles"][0]["plan"]["steps"].as_array().unwrap();
    assert_eq!(steps.iter().filter(|s| s["kind"] == "service" && s["action"] == "create").count(), 2, "{steps:?}");
    let drift = ask("{ drift { path declared running fields { field } reporter lastSeen place { file } } }").await;
    assert_eq!(drift["drift"][0]["running"], "never-reported");
    let blame = ask("{ blame(file: \"services/db.yaml\") { file revision commits { id } lines } }").await;
    assert_eq!(blame["blame"]["commits"][0]["id"], first);
    let history =
        ask("{ fileHistory(file: \"services/db.yaml\") { revisions { commit { id } path added } isCut } }").await;
    assert_eq!(history["fileHistory"]["revisions"][0]["commit"]["id"], first);
    let query = format!(
        "{{ fileDiff(file: \"services/db.yaml\", commit: \"{first}\") {{ hunks {{ newStart lines {{ side text }} }} }} }}"
    );
    let diff = ask(&query).await;
    assert_eq!(diff["fileDiff"]["hunks"][0]["lines"][0]["side"], "added");
    let code = async |query: &str| {
        served.graphql(Some(token), query).await["errors"][0]["extensions"]["code"].as_str().unwrap().to_owned()
    };
    assert_eq!(code("{ blame(file: \"nowhere.yaml\") { file } }").await, "not_found");
    assert_eq!(code("{ gitopsPlan(from: \"nowhere\") { from } }").await, "not_found");
    let many: String = (0..9).map(|n| format!("p{n}: gitopsPlan {{ {fields} }} ")).collect();
    let refused = served.graphql(Some(token), &format!("{{ {many} }}")).await;
    assert!(refused["data"].is_null(), "nine readings in one document are too many: {refused}");
    for query in
        ["{ gitopsPlan { from } }", "{ drift { path } }", "{ reconciles { at } }", "{ blame(file: \"a\") { file } }"]
    {
        let answer = served.graphql(None, query).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "unauthenticated", "{query}");
    }
}

#[tokio::test]
async fn without_git_the_trail_answers_with_a_code_of_its_own() {
    let (stage, folder) = (Stage::new(), Folder::new());
    let served = Served::around(Stage::new(), folder.core(&stage).await).await;
    let session = served.client().login("requester", &crate::served::password("requester"), None).await.unwrap();
    let answer =
        served.graphql(Some(session.token.expose_secret()), "{ blame(file: \"services/db.yaml\") { file } }").await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "no_trail");
    assert!(answer["errors"][0]["message"].as_str().unwrap().contains("no git repository"));
}
