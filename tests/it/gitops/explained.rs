//! Every fault code, made from the examples of its own explanation, at its exact place.

use std::collections::BTreeMap;

use itops::{
    domain::gitops::{FaultCode, Repository},
    gitops::{self, ReadOptions},
};

use super::{codes, folder, put};

/// The files of an example: `# file: path` begins one.
fn files(example: &str) -> Vec<(String, String)> {
    let mut out: Vec<(String, String)> = Vec::new();
    for line in example.lines() {
        if let Some(path) = line.strip_prefix("# file: ") {
            out.push((path.to_owned(), String::new()));
        } else if let Some((_, text)) = out.last_mut() {
            text.push_str(line);
            text.push('\n');
        }
    }
    out
}

fn read(example: &str) -> Repository {
    let root = tempfile::tempdir().unwrap();
    for (path, text) in files(example) {
        put(root.path(), &path, text.as_bytes());
    }
    let release = example.lines().find_map(|l| l.strip_prefix("# asked for: --release ")).map(ToOwned::to_owned);
    let secrets = example.contains("--secrets-dir").then(|| folder(&[("itops-jwt/secret", "x")]));
    let options =
        ReadOptions { release, secrets_dir: secrets.as_ref().map(|s| s.path().to_owned()), ..ReadOptions::default() };
    gitops::read(root.path(), &options).unwrap()
}

/// What no YAML can bring about; tests of hostile input make those.
const BY_HAND: [FaultCode; 2] = [FaultCode::NotText, FaultCode::Unreadable];

#[test]
fn every_wrong_example_brings_its_code_and_every_right_one_does_not() {
    for code in FaultCode::ALL {
        let explained = code.explanation();
        for text in [explained.title, explained.meaning, explained.why, explained.mend, explained.right] {
            assert!(!text.is_empty(), "{}", code.code());
        }
        let right = read(explained.right);
        assert!(right.faults.is_empty(), "the right example of {} has {:?}", code.code(), codes(&right));
        if BY_HAND.contains(code) {
            continue;
        }
        let wrong = read(explained.wrong);
        assert!(wrong.faults.iter().any(|f| f.code == *code), "{}: {:?}", code.code(), codes(&wrong));
    }
}

/// The first fault of a code in its own example: the place, what stands there, and the hint.
fn first(code: FaultCode) -> (String, String, String) {
    let example = code.explanation().wrong;
    let repository = read(example);
    let fault = repository.faults.iter().find(|f| f.code == code).unwrap();
    let text: BTreeMap<String, String> = files(example).into_iter().collect();
    let line = text.get(&*fault.place.file).and_then(|t| t.lines().nth(fault.place.line as usize - 1)).unwrap_or("");
    let at: String = line.chars().skip(fault.place.column as usize - 1).collect();
    let word = at.split(|c: char| c.is_whitespace() || matches!(c, ',' | '}' | ']')).next().unwrap_or("");
    let place = format!("{}:{}:{}", fault.place.file, fault.place.line, fault.place.column);
    (place, word.to_owned(), fault.hint.clone())
}

#[test]
fn the_caret_stands_at_the_offending_word_and_the_hint_names_the_nearest() {
    let wanted = [
        (FaultCode::BadField, "hihg", "did you mean `high`? There are critical, high, medium or low"),
        (FaultCode::BadPath, "acme/shop/prod/api", ""),
        (FaultCode::UnknownStatus, "DONE", ""),
        (FaultCode::UnknownPriority, "URGENT", "LOW, MEDIUM, HIGH or CRITICAL"),
        (FaultCode::UnknownWorkflow, "incidnet", "did you mean `incident`?"),
        (FaultCode::UnknownCategory, "incident", "did you mean `incidents`?"),
        (FaultCode::ReservedName, "itops-dba", ""),
        (FaultCode::ImpossibleTarget, "100", ""),
        (FaultCode::UnknownRelease, "ticketing:", "did you mean `prod`?"),
        (FaultCode::UnknownKey, "slagroup:", "did you mean `slaGroup`?"),
        (FaultCode::UnresolvedRole, "asignee", "did you mean `assignee`?"),
        (FaultCode::DanglingDependency, "acme/shop/prod/eu-1/bd", ""),
        (FaultCode::UnknownSlaGroup, "pya", "did you mean `pay`?"),
        (FaultCode::UnknownGroup, "dab", ""),
        (FaultCode::UndeclaredReporter, "curl", "did you mean `api`?"),
        (FaultCode::MissingValues, "\"$values/platform/valeus.yaml\"", "did you mean `platform/values.yaml`?"),
        (FaultCode::OutsideBase, "\"cn=ops", ""),
        (FaultCode::UnknownTier, "gold", ""),
        (FaultCode::FloatingRevision, "\"1.*\"", ""),
        (FaultCode::UnjoinedGroup, "{name:", ""),
        (FaultCode::Unwatched, "acme/shop/prod/eu-1/api", ""),
    ];
    for (code, word, hint) in wanted {
        let (place, found, said) = first(code);
        assert!(found.starts_with(word), "{} at {place} stands at {found}", code.code());
        assert!(said.contains(hint), "{} hints {said}", code.code());
    }
}

#[test]
fn every_code_has_its_exact_place() {
    let places: Vec<String> = FaultCode::ALL
        .iter()
        .filter(|code| !BY_HAND.contains(code))
        .map(|code| format!("{} {}", code.code(), first(*code).0))
        .collect();
    assert_eq!(places, PLACES);
}

const PLACES: &[&str] = &[
    "E001 sla/values.yaml:2:2",
    "E002 sla/values.yaml:2:1",
    "E003 sla/values.yaml:1:8",
    "E010 services/api.yaml:10:18",
    "E011 services/api.yaml:8:11",
    "E012 platform/values.yaml:5:7",
    "E020 platform/values.yaml:4:24",
    "E021 platform/values.yaml:6:28",
    "E022 platform/values.yaml:8:107",
    "E023 platform/values.yaml:8:76",
    "E024 platform/values.yaml:8:55",
    "E025 platform/values.yaml:3:19",
    "E030 sla/values.yaml:2:17",
    "E031 dev/values.yaml:1:1",
    "E032 prod/values.yaml:1:1",
    "W101 platform/values.yaml:2:21",
    "W102 platform/values.yaml:1:13",
    "W103 services/api.yaml:10:5",
    "W104 services/api.yaml:8:11",
    "W105 platform/values.yaml:1:33",
    "W106 platform/values.yaml:6:42",
    "W107 platform/values.yaml:4:7",
    "W108 services/api.yaml:11:25",
    "W109 argocd/core.yaml:8:23",
    "W110 services/api.yaml:10:15",
    "W111 platform/values.yaml:2:21",
    "W112 services/db.yaml:10:31",
    "W113 platform/agent.yaml:3:13",
    "W114 platform/agent.yaml:3:13",
    "W115 sla/values.yaml:1:14",
    "W116 platform/values.yaml:8:112",
    "W117 monitoring/push.yaml:14:19",
    "W118 argocd/core.yaml:9:27",
    "W119 platform/values.yaml:8:21",
    "W120 platform/values.yaml:6:33",
    "W121 platform/values.yaml:1:33",
    "W122 platform/agent.yaml:3:31",
    "W123 services/api.yaml:9:11",
];
