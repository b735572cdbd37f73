//! Faults as SARIF 2.1.0, so that a code host can put them beside the lines of a pull request.
//!
//! Holds places and messages, never a line of a file. Paths are relative to the repository's root.

use std::{collections::HashMap, fmt::Write as _};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::domain::gitops::{Fault, FaultCode, Repository, Severity};

/// What paths are relative to; whoever shows them knows where that is.
const ROOT: &str = "REPOROOT";
const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// All faults of a repository as a SARIF log with one run.
pub fn sarif(repository: &Repository) -> Value {
    let mut same: HashMap<String, u32> = HashMap::new();
    let results: Vec<Value> = repository
        .faults
        .iter()
        .map(|fault| {
            let lasting = lasting(fault);
            let count = same.entry(lasting.clone()).or_default();
            *count += 1;
            result(fault, &fingerprint(&lasting, *count))
        })
        .collect();
    let mut run = json!({
        "tool": { "driver": {
            "name": "itops",
            "semanticVersion": env!("CARGO_PKG_VERSION"),
            "rules": FaultCode::ALL.iter().map(|code| rule(*code)).collect::<Vec<_>>(),
        }},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": { ROOT: { "description": { "text": "The root of the repository." } } },
        "results": results,
    });
    if let Some(revision) = &repository.revision {
        run["properties"] = json!({ "revision": revision });
    }
    json!({ "$schema": SCHEMA, "version": "2.1.0", "runs": [run] })
}

const fn level(severity: Severity) -> &'static str {
    // The words happen to be the same, but SARIF's are fixed by its own rules.
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

fn rule(code: FaultCode) -> Value {
    let meaning = code.meaning();
    let help = format!("{meaning} More: itops gitops explain {}", code.code());
    json!({
        "id": code.code(),
        "name": format!("{code:?}"),
        "shortDescription": { "text": meaning },
        "fullDescription": { "text": meaning },
        "help": { "text": help },
        "defaultConfiguration": { "level": level(code.severity()) },
    })
}

fn result(fault: &Fault, fingerprint: &str) -> Value {
    let place = &fault.place;
    let text = if fault.hint.is_empty() {
        fault.message.clone()
    } else {
        format!("{}. Hint: {}", fault.message.trim_end_matches('.'), fault.hint)
    };
    let line = place.line.max(1);
    json!({
        "ruleId": fault.code.code(),
        "ruleIndex": FaultCode::ALL.iter().position(|code| *code == fault.code).unwrap_or_default(),
        "level": level(fault.severity),
        "message": { "text": text },
        "locations": [{ "physicalLocation": {
            "artifactLocation": { "uri": uri(&place.file), "uriBaseId": ROOT },
            "region": { "startLine": line, "startColumn": place.column.max(1), "endLine": place.end_line.max(line) },
        }}],
        "partialFingerprints": { "itopsFault/v1": fingerprint },
    })
}

/// A relative path as a URI reference: anything but plain characters is percent-encoded, byte by byte.
fn uri(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' | b'~' => out.push(char::from(byte)),
            byte => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}

/// What stays of a fault when lines are put in above it: everything but numbers of lines.
fn lasting(fault: &Fault) -> String {
    let mut message = String::with_capacity(fault.message.len());
    let mut rest = fault.message.as_str();
    while let Some(at) = rest.find("line ") {
        let (head, tail) = rest.split_at(at + "line ".len());
        message.push_str(head);
        rest = tail.trim_start_matches(|c: char| c.is_ascii_digit());
    }
    message.push_str(rest);
    format!("{}\0{}\0{message}", fault.code.code(), fault.place.file)
}

/// The `count`th fault that says this in this file.
fn fingerprint(lasting: &str, count: u32) -> String {
    let digest = Sha256::digest(format!("{lasting}\0{count}"));
    digest.iter().take(16).fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gitops::{ReadOptions, read_files};

    fn log(files: &[(&str, &str)]) -> Value {
        let files: Vec<(&str, &[u8])> = files.iter().map(|(path, text)| (*path, text.as_bytes())).collect();
        sarif(&read_files(&files, &ReadOptions::default()).unwrap())
    }

    const BAD: &str = "slaTargets:\n  web: {uptime: 99.9, uptme: 1}\n  api: {uptime: 200}\n";

    #[test]
    fn what_the_standard_requires_is_there() {
        let log = log(&[("a b/ü#%.yaml", BAD)]);
        assert_eq!(log["version"], "2.1.0");
        let run = &log["runs"][0];
        let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
        assert_eq!(run["tool"]["driver"]["name"], "itops");
        assert_eq!(rules.len(), FaultCode::ALL.len());
        for rule in rules {
            assert!(rule["id"].is_string() && rule["name"].is_string());
            assert!(rule["shortDescription"]["text"].as_str().unwrap().ends_with('.'), "{rule}");
            assert!(matches!(rule["defaultConfiguration"]["level"].as_str(), Some("error" | "warning")));
        }
        let results = run["results"].as_array().unwrap();
        assert_eq!(results.len(), 2);
        for result in results {
            let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
            assert_eq!(rules[index]["id"], result["ruleId"]);
            let place = &result["locations"][0]["physicalLocation"];
            assert_eq!(place["artifactLocation"]["uri"], "a%20b/%C3%BC%23%25.yaml");
            assert!(run["originalUriBaseIds"][place["artifactLocation"]["uriBaseId"].as_str().unwrap()].is_object());
            assert!(place["region"].get("snippet").is_none());
        }
        assert_eq!(results[0]["level"], "warning");
        assert!(results[0]["message"]["text"].as_str().unwrap().contains("did you mean"));
        let region = &results[1]["locations"][0]["physicalLocation"]["region"];
        assert_eq!((region["startLine"].as_u64(), region["startColumn"].as_u64()), (Some(3), Some(17)));
        assert_eq!(results[1]["level"], "error");
    }

    #[test]
    fn fingerprints_stay_when_lines_move_and_tell_faults_apart() {
        let prints = |log: &Value| -> Vec<String> {
            let results = log["runs"][0]["results"].as_array().unwrap();
            results.iter().map(|r| r["partialFingerprints"]["itopsFault/v1"].as_str().unwrap().to_owned()).collect()
        };
        let twice = "path: a/b/c/d/e\nworkload: {name: e}\nodd: 1\n---\npath: a/b/c/d/e\nworkload: {name: e}\nodd: 1\n";
        let before = prints(&log(&[("it-ops.yaml", twice), ("p.yaml", BAD)]));
        let moved = (format!("# more\n\n{twice}"), format!("# more\n{BAD}"));
        let after = prints(&log(&[("it-ops.yaml", &moved.0), ("p.yaml", &moved.1)]));
        assert_eq!(before, after);
        let mut apart = before.clone();
        apart.sort();
        apart.dedup();
        assert_eq!(
            (before.len(), apart.len()),
            (6, 6),
            "two odd keys, one path twice, two targets, one of them for nobody"
        );
        assert_ne!(before, prints(&log(&[("it-ops.yaml", twice), ("q.yaml", BAD)])), "another file is another fault");
    }

    #[test]
    fn no_line_and_no_secret_is_in_it() {
        let log = log(&[("v.yaml", "secretEnv:\n  ITOPS_JWT_SECRET: hunter2-plain # only-in-a-comment\n")]);
        let text = log.to_string();
        assert!(text.contains("W101"));
        assert!(!text.contains("hunter2-plain") && !text.contains("only-in-a-comment"), "{text}");
    }
}
