//! The printed schemas and the reader say the same.

use std::path::Path;

use itops::{
    domain::gitops::{FaultCode, Repository},
    gitops::{
        self, ReadOptions,
        schema::{SchemaKind, schema},
    },
};
use serde_json::{Value, json};

use super::{EXAMPLE, FLAT, config_map, of_code, read};

/// Whether `value` fits `schema`: just the words that our schemas use; another word is a failure of the test.
fn fits(root: &Value, schema: &Value, value: &Value) -> bool {
    let Some(words) = schema.as_object() else {
        return schema.as_bool().unwrap();
    };
    words.iter().all(|(word, said)| match word.as_str() {
        "$schema" | "$id" | "title" | "description" | "default" | "$defs" | "then" | "else" => true,
        "additionalProperties" if said == &json!(false) => unknown_keys(schema, value).is_empty(),
        "additionalProperties" => value.as_object().is_none_or(|map| {
            let known = schema["properties"].as_object();
            map.iter().all(|(key, v)| known.is_some_and(|k| k.contains_key(key)) || fits(root, said, v))
        }),
        "patternProperties" => true,
        "$ref" => fits(root, root.pointer(said.as_str().unwrap().trim_start_matches('#')).unwrap(), value),
        "type" => {
            let is = |name: &Value| match name.as_str().unwrap() {
                "object" => value.is_object(),
                "array" => value.is_array(),
                "string" => value.is_string(),
                "number" => value.is_number(),
                "integer" => value.is_i64() || value.is_u64(),
                "boolean" => value.is_boolean(),
                "null" => value.is_null(),
                other => panic!("type {other}"),
            };
            said.as_array().map_or_else(|| is(said), |names| names.iter().any(is))
        }
        "enum" => said.as_array().unwrap().contains(value),
        "anyOf" => said.as_array().unwrap().iter().any(|s| fits(root, s, value)),
        "allOf" => said.as_array().unwrap().iter().all(|s| fits(root, s, value)),
        "not" => !fits(root, said, value),
        "if" => fits(root, if fits(root, said, value) { &schema["then"] } else { &schema["else"] }, value),
        "required" => value
            .as_object()
            .is_none_or(|m| said.as_array().unwrap().iter().all(|k| m.contains_key(k.as_str().unwrap()))),
        "properties" => {
            value.as_object().is_none_or(|m| m.iter().all(|(key, v)| said.get(key).is_none_or(|s| fits(root, s, v))))
        }
        "items" => value.as_array().is_none_or(|items| items.iter().all(|v| fits(root, said, v))),
        "pattern" => value.as_str().is_none_or(|text| matches_pattern(said.as_str().unwrap(), text)),
        "minimum" => value.as_f64().is_none_or(|n| n >= said.as_f64().unwrap()),
        "maximum" => value.as_f64().is_none_or(|n| n <= said.as_f64().unwrap()),
        "exclusiveMinimum" => value.as_f64().is_none_or(|n| n > said.as_f64().unwrap()),
        "exclusiveMaximum" => value.as_f64().is_none_or(|n| n < said.as_f64().unwrap()),
        other => panic!("the schema uses {other}"),
    })
}

fn unknown_keys<'v>(schema: &Value, value: &'v Value) -> Vec<&'v String> {
    let known = schema["properties"].as_object().unwrap();
    let keys = value.as_object().into_iter().flat_map(|m| m.keys());
    keys.filter(|k| !known.contains_key(*k) && !k.starts_with("x-")).collect()
}

/// The handful of patterns that the schemas have.
fn matches_pattern(pattern: &str, text: &str) -> bool {
    match pattern {
        "^[^/]+(/[^/]+){4}$" => text.split('/').count() == 5 && !text.split('/').any(str::is_empty),
        "^[^/]+(/[^/]+){3}$" => text.split('/').count() == 4 && !text.split('/').any(str::is_empty),
        "^https://[^/]" => text.starts_with("https://"),
        "^https?://[^/]" => text.starts_with("https://") || text.starts_with("http://"),
        "^([0-9]+ ?[a-z]+ ?)+$" => humantime::parse_duration(text).is_ok(),
        "^[0-9]+$|^([0-9]+ ?[a-z]+ ?)+$" => text.parse::<u32>().is_ok() || humantime::parse_duration(text).is_ok(),
        "^[0-9]{1,2}(\\.[0-9]+)? ?%?$" => text.trim_end_matches(['%', ' ']).parse::<f64>().is_ok_and(|n| n < 100.0),
        other => panic!("pattern {other}"),
    }
}

fn takes(kind: SchemaKind, document: &Value) -> bool {
    let schema = schema(kind);
    fits(&schema, &schema, document)
}

fn yaml(text: &str) -> Vec<Value> {
    text.split("\n---\n").filter_map(|one| serde_saphyr::from_str(one).ok()).collect()
}

#[test]
fn every_document_of_the_example_fits_its_schema() {
    let mut services = 0;
    let example = gitops::read(Path::new(EXAMPLE), &ReadOptions::default()).unwrap();
    // The example has a slip on purpose; both must say so.
    let has_slip = |file: &str| of_code(&example, FaultCode::UnknownKey).iter().any(|f| &*f.place.file == file);
    for entry in &example.files {
        let text = std::fs::read_to_string(Path::new(EXAMPLE).join(&*entry.path)).unwrap_or_default();
        let kind = match &*entry.path {
            path if path.starts_with("services/") => None,
            path if path.contains("ticketing.d/") => Some(SchemaKind::Ticketing),
            path if path.starts_with("sla/") => Some(SchemaKind::Portal),
            path if path.contains("agent-values") => Some(SchemaKind::Agent),
            path if path.contains("platform/itops-") => Some(SchemaKind::Core),
            _ => continue,
        };
        for document in yaml(&text) {
            let Some(kind) = kind else {
                for (key, body) in document["data"].as_object().into_iter().flatten() {
                    if key.starts_with("it") {
                        services += 1;
                        let body = yaml(body.as_str().unwrap()).remove(0);
                        assert_eq!(takes(SchemaKind::Service, &body), !has_slip(&entry.path), "{}: {body}", entry.path);
                    }
                }
                continue;
            };
            assert!(takes(kind, &document), "{}", entry.path);
        }
    }
    assert!(services >= 40, "{services} services");
}

/// A value that a property takes, made from its own schema.
fn sample(root: &Value, schema: &Value) -> Value {
    if let Some(reference) = schema["$ref"].as_str() {
        return sample(root, root.pointer(reference.trim_start_matches('#')).unwrap());
    }
    if let Some(default) = schema.get("default").filter(|d| !d.is_array()) {
        return default.clone();
    }
    if let Some(first) = schema["anyOf"].as_array().and_then(|a| a.first()) {
        return sample(root, first);
    }
    if let Some(first) = schema["enum"].as_array().and_then(|a| a.first()) {
        return first.clone();
    }
    match schema["pattern"].as_str() {
        Some("^[^/]+(/[^/]+){4}$") => return json!("acme/shop/prod/eu-1/other"),
        Some("^[^/]+(/[^/]+){3}$") => return json!("acme/shop/prod/eu-1"),
        Some(pattern) if pattern.starts_with("^http") => return json!("https://h.example/"),
        Some(_) => return json!("30s"),
        None => {}
    }
    let kind = schema["type"].as_str().or_else(|| schema["type"][0].as_str()).unwrap_or("string");
    match kind {
        "object" => {
            let properties = schema["properties"].as_object();
            let given = properties.into_iter().flatten().map(|(key, s)| (key.clone(), sample(root, s)));
            given.collect()
        }
        "array" => json!([sample(root, &schema["items"])]),
        "integer" | "number" => schema.get("minimum").cloned().unwrap_or(json!(50)),
        _ => json!("word"),
    }
}

fn of_service(document: &Value) -> Repository {
    read(&[("s.yaml", &config_map("it-ops.yaml", &serde_json::to_string(document).unwrap()))])
}

#[test]
fn the_reader_knows_every_key_of_every_schema() {
    for (kind, file) in [
        (SchemaKind::Ticketing, "ticketing.d/a.yaml"),
        (SchemaKind::Portal, "sla/values.yaml"),
        (SchemaKind::Agent, "agent.yaml"),
        (SchemaKind::Core, "values.yaml"),
    ] {
        let schema = schema(kind);
        let whole =
            sample(&schema, &if kind == SchemaKind::Ticketing { schema["else"].clone() } else { schema.clone() });
        let repository = read(&[(file, &whole.to_string())]);
        let unknown: Vec<&str> =
            of_code(&repository, FaultCode::UnknownKey).iter().map(|f| f.message.as_str()).collect();
        assert!(unknown.is_empty(), "{}: {unknown:?}", kind.word());
        assert!(!repository.declared.is_empty(), "{} is not recognised", kind.word());
    }
    let service = schema(SchemaKind::Service);
    for form in ["then", "else"] {
        let whole = sample(&service, &service[form]);
        let repository = of_service(&whole);
        let unknown: Vec<&str> =
            of_code(&repository, FaultCode::UnknownKey).iter().map(|f| f.message.as_str()).collect();
        assert!(unknown.is_empty(), "{form}: {unknown:?}");
    }
}

#[test]
fn what_the_reader_calls_unknown_does_not_fit_the_schema() {
    let good: Value = serde_saphyr::from_str(FLAT).unwrap();
    assert!(takes(SchemaKind::Service, &good));
    for (key, value) in [
        ("slagroup", json!("x")),
        ("criticality", json!("hihg")),
        ("workload", json!({ "type": "job" })),
        ("workload", json!({ "nmae": "x" })),
        ("health", json!({ "port": 0 })),
        ("health", json!({ "interval": "soon" })),
        ("backup", json!({ "maxage": 1 })),
        ("runbook", json!("http://h/")),
        ("path", json!("a/b/c")),
        ("dependencies", json!({ "requires": [{ "critical": true }] })),
    ] {
        let mut bad = good.clone();
        bad[key] = value.clone();
        assert!(!takes(SchemaKind::Service, &bad), "the schema takes {key}: {value}");
        assert!(!of_service(&bad).faults.is_empty(), "the reader takes {key}: {value}");
    }
    for (kind, file, text) in [
        (
            SchemaKind::Ticketing,
            "ticketing.d/a.yaml",
            "org: acme\nworkflows: [{name: w, transitions: [{from: OPEN, to: DONE, role: any}]}]\n",
        ),
        (SchemaKind::Ticketing, "ticketing.d/a.yaml", "org: acme\ngruops: []\n"),
        (SchemaKind::Portal, "p.yaml", "slaTargets: {web: {uptime: 100}}\n"),
        (SchemaKind::Portal, "p.yaml", "slaTargets: {web: {uptime: 99, perid: month}}\n"),
        (SchemaKind::Portal, "p.yaml", "slaTargets: {web: {uptime: 99, selfDeclaredMaintenance: up}}\n"),
        (SchemaKind::Agent, "a.yaml", "node: {id: a/b/c}\nitops: {url: 'http://x'}\n"),
        (SchemaKind::Core, "v.yaml", "auth: {ldap: {enabled: true, host: h, baseDn: b, encryption: ssl}}\n"),
        (SchemaKind::Core, "v.yaml", "auth: {local: {passwordPolicy: {minLenght: 9}}}\n"),
    ] {
        let document: Value = serde_saphyr::from_str(text).unwrap();
        assert!(!takes(kind, &document), "the schema takes {text}");
        assert!(!read(&[(file, text)]).faults.is_empty(), "the reader takes {text}");
    }
}
