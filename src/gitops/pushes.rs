//! What a script reports: endpoint, body and for whom, read from curl and wget lines and from argument lists.
//!
//! Nothing is run. A variable is followed only where its value stands in plain text: in the container's own `env`, in
//! an assignment of the script, in the words of a `for` loop.

use std::collections::BTreeMap;

use super::{
    shell::{self, Word},
    yaml::{Node, Scalar, Span},
};
use crate::domain::hierarchy::ServicePath;

/// The report endpoints and what each is for.
pub const ENDPOINTS: &[(&str, Report)] = &[
    ("/api/v1/health/report", Report::Health),
    ("/api/v1/storage/report", Report::Storage),
    ("/api/v1/backup/report", Report::Backup),
];
/// Options whose next word is the body: curl's and wget's.
const BODY_OPTIONS: &[&str] =
    &["-d", "--data", "--data-raw", "--data-binary", "--data-ascii", "--json", "--post-data", "--body-data"];
/// Values that one variable can have; more is a list that nobody wrote by hand.
const VALUE_LIMIT: usize = 64;

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
    /// One word, for people.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Health => "health",
            Self::Storage => "storage",
            Self::Backup => "backup",
        }
    }
}

/// One push that a job makes.
#[derive(Clone, Debug)]
pub struct Push {
    /// What it reports.
    pub report: Report,
    /// Where to, variables followed as far as they are known; redacted.
    pub endpoint: String,
    /// For whom, where that can be told without running anything.
    pub path: Option<ServicePath>,
    /// The SLA group that it asks to join.
    pub group: Option<String>,
    /// Where the command stands.
    pub span: Span,
}

/// Longest value that is followed.
const TEXT_LIMIT: usize = 4_096;
/// Longest script with its values filled in.
const SCRIPT_LIMIT: usize = 4 << 20;

/// The variables of a script: each with the values that it can have.
pub type Variables = BTreeMap<String, Vec<String>>;

/// The variables that a container sets in plain text.
pub fn variables(container: &Node) -> Variables {
    let mut out = Variables::new();
    for item in container.get("env").and_then(Node::items).unwrap_or_default() {
        let name = item.get("name").and_then(Node::scalar).map(|s| s.raw().trim().to_owned());
        let value = item.get("value").and_then(Node::scalar).map(|s| s.raw().trim().to_owned());
        // A secret is nobody's address.
        if let (Some(name), Some(value)) = (name.filter(|n| !super::redact::names_secret(n)), value) {
            let value = kubernetes(&value, &out);
            // Variables of variables double; nobody's address is that long.
            if value.len() <= TEXT_LIMIT {
                out.insert(name, vec![value]);
            }
        }
    }
    out
}

/// Every push of a container: in scripts among its words, or the words themselves.
pub fn of_container(container: &Node) -> Vec<Push> {
    let variables = variables(container);
    let words: Vec<(&Node, &Scalar)> = ["command", "args"]
        .iter()
        .filter_map(|key| container.get(key).and_then(Node::items))
        .flatten()
        .filter_map(|node| node.scalar().map(|scalar| (node, scalar)))
        .collect();
    let mut out = Vec::new();
    for (node, scalar) in &words {
        if scalar.raw().contains(char::is_whitespace) && says_endpoint(scalar.raw()) {
            out.extend(of_script(node, scalar, &variables));
        }
    }
    // Without a shell the list itself is the command.
    let command: Vec<Word> =
        words.iter().map(|(_, s)| Word { text: kubernetes(s.raw(), &variables), line: 0 }).collect();
    if let Some((node, _)) =
        words.iter().find(|(_, s)| !s.raw().contains(char::is_whitespace) && says_endpoint(s.raw()))
    {
        out.extend(pushes(&command, &variables, node.span));
    }
    out
}

/// Every push of a script.
pub fn of_script(node: &Node, scalar: &Scalar, given: &Variables) -> Vec<Push> {
    let mut variables = given.clone();
    let mut out = Vec::new();
    for command in shell::commands(&kubernetes(scalar.raw(), given)) {
        let mut span = node.span;
        if let (Some((first, indent)), Some(word)) = (scalar.block, command.first()) {
            let line = first + word.line;
            span = Span { line, end_line: line, column: indent + 1, end_column: indent + 1, ..span };
        }
        remember(&command, &mut variables);
        out.extend(pushes(&command, &variables, span));
    }
    out
}

/// Whether a text names one of the endpoints.
pub fn says_endpoint(text: &str) -> bool {
    ENDPOINTS.iter().any(|(endpoint, _)| text.contains(endpoint))
}

/// `$(NAME)` as Kubernetes fills it in, where the value is known.
fn kubernetes(text: &str, variables: &Variables) -> String {
    let mut out = text.to_owned();
    for (name, values) in variables {
        if !out.contains("$(") {
            break;
        }
        if let [value] = values.as_slice() {
            out = out.replace(&format!("$({name})"), value);
        }
        if out.len() > SCRIPT_LIMIT {
            return text.to_owned();
        }
    }
    out
}

/// Take in `NAME=value` and `for NAME in a b c`.
fn remember(command: &[Word], variables: &mut Variables) {
    let words: Vec<&str> = command.iter().map(|w| w.text.as_str()).collect();
    if let ["for", name, "in", values @ ..] = words.as_slice() {
        let known: Vec<String> = values.iter().flat_map(|v| filled(v, variables)).take(VALUE_LIMIT).collect();
        variables.insert((*name).to_owned(), known);
        return;
    }
    for word in words.iter().skip_while(|w| matches!(**w, "export" | "local" | "readonly")) {
        let Some((name, value)) = word.split_once('=').filter(|(name, _)| is_variable(name)) else {
            return;
        };
        let values = filled(value, variables);
        variables.insert(name.to_owned(), values);
    }
}

fn is_variable(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// A text with its variables filled in, once for every value; nothing where one is not known.
fn filled(text: &str, variables: &Variables) -> Vec<String> {
    let mut out = vec![String::new()];
    let mut rest = text;
    while let Some(at) = rest.find(['$', '`']) {
        out.iter_mut().for_each(|o| o.push_str(&rest[..at]));
        let tail = &rest[at + 1..];
        let (name, after) = match tail.strip_prefix('{').and_then(|t| t.split_once('}')) {
            Some(inside) => inside,
            None => tail.split_at(tail.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(tail.len())),
        };
        let Some(values) = variables.get(name).filter(|_| rest[at..].starts_with('$')) else {
            return Vec::new();
        };
        out = out.iter().flat_map(|o| values.iter().map(move |v| format!("{o}{v}"))).take(VALUE_LIMIT).collect();
        if out.iter().any(|o| o.len() > TEXT_LIMIT) {
            return Vec::new();
        }
        rest = after;
    }
    out.iter_mut().for_each(|o| o.push_str(rest));
    out
}

/// The pushes that a command makes: one, or one for every value of a loop.
fn pushes(command: &[Word], variables: &Variables, span: Span) -> Vec<Push> {
    let is_address = |w: &&Word| !w.text.contains(char::is_whitespace);
    let Some((report, address)) = command.iter().filter(is_address).find_map(|word| {
        ENDPOINTS.iter().find(|(endpoint, _)| word.text.contains(endpoint)).map(|(_, r)| (*r, word.text.as_str()))
    }) else {
        return Vec::new();
    };
    let endpoint = filled(address, variables).into_iter().next().unwrap_or_else(|| address.to_owned());
    let endpoint = super::redact::line(crate::domain::text::clean_line(&endpoint).as_ref());
    let body = command.iter().enumerate().find_map(|(at, word)| {
        if BODY_OPTIONS.contains(&word.text.as_str()) {
            return command.get(at + 1).map(|w| w.text.as_str());
        }
        let glued = |option: &&str| word.text.strip_prefix(option).map(|body| body.trim_start_matches('='));
        BODY_OPTIONS.iter().filter_map(glued).find(|body| body.starts_with('{'))
    });
    let push = |path, group| Push { report, endpoint: endpoint.clone(), path, group, span };
    let Some(body) = body else {
        return vec![push(None, None)];
    };
    let group = field(body, "slaGroup").and_then(|g| filled(&g, variables).into_iter().next());
    let mut paths = identities(body, variables);
    paths.sort();
    paths.dedup();
    if paths.is_empty() {
        return vec![push(None, group)];
    }
    paths.into_iter().map(|path| push(Some(path), group.clone())).collect()
}

/// Who a body speaks for. Bodies are JSON with shell variables in it, so single fields are looked up.
fn identities(body: &str, variables: &Variables) -> Vec<ServicePath> {
    if let Some(path) = field(body, "path") {
        return filled(&path, variables).iter().map(|p| ServicePath::repair(p).path).collect();
    }
    let Some(service) = field(body, "service") else {
        return Vec::new();
    };
    let services = filled(&service, variables);
    let nodes: Vec<Option<String>> = match field(body, "nodeId") {
        Some(node) => filled(&node, variables).into_iter().map(Some).collect(),
        None => vec![None],
    };
    let pairs = nodes.iter().flat_map(|n| services.iter().map(move |s| (n, s)));
    pairs.take(VALUE_LIMIT).map(|(n, s)| ServicePath::repair_parts(n.as_deref(), Some(s)).path).collect()
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

    fn script(text: &str) -> Vec<Push> {
        let scalar = Scalar::plain(text);
        let node = Node { span: Span::start_of(0), value: super::super::yaml::Value::Scalar(scalar.clone()) };
        of_script(&node, &scalar, &Variables::from([("NODE".to_owned(), vec!["a/b/c/d".to_owned()])]))
    }

    fn paths(text: &str) -> Vec<Option<String>> {
        script(text).into_iter().map(|p| p.path.map(|p| p.to_string())).collect()
    }

    #[test]
    fn both_forms_of_identity_are_read_from_shell_lines() {
        let path = r#"curl -X POST "$API_URL/api/v1/health/report" -d "{\"path\":\"a/b/c/d/e\",\"status\":\"$S\"}""#;
        assert_eq!(paths(path), [Some("a/b/c/d/e".to_owned())]);
        let parts = r#"curl $U/api/v1/storage/report --data-raw='{"service":"x","nodeId":"a/b/c/d","usedBytes":$N}'"#;
        assert_eq!(paths(parts), [Some("a/b/c/d/x".to_owned())]);
        let wget = r#"wget -qO- --post-data='{"path":"a/b/c/d/w","status":"success"}' $U/api/v1/backup/report"#;
        assert_eq!(paths(wget), [Some("a/b/c/d/w".to_owned())]);
    }

    #[test]
    fn an_identity_made_of_what_only_a_run_would_tell_is_not_guessed() {
        for script in [
            r#"curl $U/api/v1/health/report -d "{\"path\":\"a/b/c/d/$NAME\"}""#,
            r#"N=$(hostname); curl $U/api/v1/health/report -d "{\"path\":\"a/b/c/d/$N\"}""#,
            r#"curl $U/api/v1/health/report -d @body.json"#,
        ] {
            assert_eq!(paths(script), [None], "{script}");
        }
    }

    #[test]
    fn plain_variables_and_loops_are_followed() {
        let job = "URL=http://core:8080\nfor h in one two; do\n  curl \"$URL/api/v1/health/report\" -d \"{\\\"path\\\":\\\"$NODE/${h}\\\",\\\"slaGroup\\\":\\\"web\\\"}\"\ndone\n";
        let found = script(job);
        assert_eq!(paths(job), [Some("a/b/c/d/one".to_owned()), Some("a/b/c/d/two".to_owned())]);
        assert_eq!(found[0].endpoint, "http://core:8080/api/v1/health/report");
        assert_eq!(found[0].group.as_deref(), Some("web"));
    }
}
