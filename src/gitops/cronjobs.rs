//! CronJobs that push: how often they run, and what they report for whom.

use super::{
    notes::{Notes, counted},
    schedule,
    shell::{self, Word},
    yaml::{Node, Scalar},
};
use crate::domain::{
    gitops::{DeclaredKind, FaultCode},
    hierarchy::ServicePath,
};

/// The report endpoints and what each is for.
pub const ENDPOINTS: &[(&str, Report)] = &[
    ("/api/v1/health/report", Report::Health),
    ("/api/v1/storage/report", Report::Storage),
    ("/api/v1/backup/report", Report::Backup),
];
/// Options of curl whose next word is the body.
const BODY_OPTIONS: &[&str] = &["-d", "--data", "--data-raw", "--data-binary", "--data-ascii", "--json"];

/// What is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Report {
    /// Status.
    Health,
    /// Bytes.
    Storage,
    /// End of a backup.
    Backup,
}

impl Report {
    const fn word(self) -> &'static str {
        match self {
            Self::Health => "health",
            Self::Storage => "storage",
            Self::Backup => "backup",
        }
    }
}

/// One push that a job makes.
pub struct Push {
    /// What it reports.
    pub report: Report,
    /// For whom, where the line says it without a variable.
    pub path: Option<ServicePath>,
}

/// A CronJob that pushes.
pub struct Job {
    /// Longest time between two runs; none when it is suspended.
    pub every_ms: Option<i64>,
    /// What it pushes.
    pub pushes: Vec<Push>,
}

/// Read a CronJob.
pub fn read(node: &Node, notes: &mut Notes) -> Option<Job> {
    let metadata = notes.map(node, "metadata");
    let name = metadata.and_then(|m| m.word("name")).unwrap_or_default();
    let Some(spec) = notes.map(node, "spec") else {
        notes.fault(FaultCode::BadField, node.span, "a CronJob needs `spec`".to_owned(), "");
        return None;
    };
    let text = notes.need(spec, "schedule", "a CronJob")?;
    let gap = schedule::longest_gap_ms(&text);
    if gap.is_none() {
        let span = spec.get("schedule").map_or(spec.span, |n| n.span);
        notes.fault(
            FaultCode::BadField,
            span,
            format!("`{text}` is no schedule"),
            "five fields, such as `*/5 * * * *`",
        );
    }
    let suspended = notes.flag(spec, "suspend").unwrap_or(false);
    let mut pushes = Vec::new();
    for key in ["initContainers", "containers"] {
        let containers = spec.at(&["jobTemplate", "spec", "template", "spec", key]).and_then(Node::items);
        for container in containers.unwrap_or_default() {
            pushes.extend(pushes_of(container));
        }
    }
    let summary = summary(&text, &pushes, suspended);
    notes.declare(DeclaredKind::CronJob, &name, "", node.span, &summary);
    Some(Job { every_ms: gap.filter(|_| !suspended), pushes })
}

fn summary(schedule: &str, pushes: &[Push], suspended: bool) -> String {
    let mut kinds: Vec<Report> = pushes.iter().map(|p| p.report).collect();
    kinds.sort();
    kinds.dedup();
    let kinds: Vec<&str> = kinds.into_iter().map(Report::word).collect();
    let state = if suspended { ", suspended" } else { "" };
    format!("{schedule}, {} for {}{state}", kinds.join(" and "), counted(pushes.len(), "service"))
}

fn pushes_of(container: &Node) -> Vec<Push> {
    let words: Vec<&Scalar> = ["command", "args"]
        .iter()
        .filter_map(|key| container.get(key).and_then(Node::items))
        .flatten()
        .filter_map(Node::scalar)
        .collect();
    let mut commands: Vec<Vec<Word>> = Vec::new();
    for word in &words {
        if word.raw().contains(char::is_whitespace) && ENDPOINTS.iter().any(|(e, _)| word.raw().contains(e)) {
            commands.extend(shell::commands(word.raw()));
        }
    }
    // Without a shell the list itself is the command.
    commands.push(words.iter().map(|w| Word { text: w.raw().to_owned(), line: 0 }).collect());
    commands.iter().filter_map(|c| push(c)).collect()
}

/// The push that a command makes, if it makes one.
fn push(command: &[Word]) -> Option<Push> {
    let is_address = |w: &&Word| !w.text.contains(char::is_whitespace);
    let report = command.iter().filter(is_address).find_map(|word| {
        ENDPOINTS.iter().find(|(endpoint, _)| word.text.contains(endpoint)).map(|(_, report)| *report)
    })?;
    let body = command.iter().enumerate().find_map(|(at, word)| {
        if BODY_OPTIONS.contains(&word.text.as_str()) {
            return command.get(at + 1).map(|w| w.text.as_str());
        }
        let glued = |option: &&str| word.text.strip_prefix(option).map(|body| body.trim_start_matches('='));
        BODY_OPTIONS.iter().filter_map(glued).find(|body| body.starts_with('{'))
    });
    Some(Push { report, path: body.and_then(identity) })
}

/// Who a body speaks for. Bodies are JSON with shell variables in it, so single fields are looked up.
fn identity(body: &str) -> Option<ServicePath> {
    let known = |key| field(body, key).filter(|v| !v.contains(['$', '`']));
    if let Some(path) = field(body, "path") {
        return known("path").map(|_| ServicePath::repair(&path).path);
    }
    let service = known("service")?;
    if field(body, "nodeId").is_some_and(|n| n.contains(['$', '`'])) {
        return None;
    }
    Some(ServicePath::repair_parts(known("nodeId").as_deref(), Some(&service)).path)
}

/// The text value of a key.
fn field(body: &str, key: &str) -> Option<String> {
    let quoted = format!("\"{key}\"");
    let (at, _) =
        body.match_indices(&quoted).find(|(at, _)| body[at + quoted.len()..].trim_start().starts_with(':'))?;
    let value = body[at + quoted.len()..].trim_start().strip_prefix(':')?.trim_start().strip_prefix('"')?;
    value.find('"').map(|end| value[..end].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path_of(script: &str) -> Option<String> {
        shell::commands(script).iter().filter_map(|c| push(c)).next()?.path.map(|p| p.to_string())
    }

    #[test]
    fn both_forms_of_identity_are_read_from_shell_lines() {
        let path = r#"curl -X POST "$API_URL/api/v1/health/report" -d "{\"path\":\"a/b/c/d/e\",\"status\":\"$S\"}""#;
        assert_eq!(path_of(path).unwrap(), "a/b/c/d/e");
        let parts = r#"curl $U/api/v1/storage/report --data-raw='{"service":"x","nodeId":"a/b/c/d","usedBytes":$N}'"#;
        assert_eq!(path_of(parts).unwrap(), "a/b/c/d/x");
    }

    #[test]
    fn an_identity_made_of_variables_is_not_guessed() {
        let script = r#"curl $U/api/v1/health/report -d "{\"path\":\"a/b/c/d/$NAME\"}""#;
        assert_eq!(path_of(script), None);
        assert_eq!(shell::commands(script).iter().filter_map(|c| push(c)).count(), 1);
    }
}
