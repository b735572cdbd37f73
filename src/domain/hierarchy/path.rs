//! The identity of a service: `organization/platform/environment/cluster/service`.

use std::{fmt, sync::Arc};

/// What stands in for a segment that nobody gave.
pub const UNKNOWN_SEGMENT: &str = "unknown";
/// Segments of a node path at full depth.
pub const NODE_DEPTH: usize = 4;
/// Segments of the path of a service: those of its node, and itself.
pub const SEGMENTS: usize = NODE_DEPTH + 1;
/// Longest segment that is kept; more is cut with a warning. Bytes, after repair all ASCII.
pub const SEGMENT_LIMIT: usize = 120;

/// The whole path of a service; always five clean segments.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServicePath(Arc<str>);

/// A place in the tree above services: one to four segments, `organization` first.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodePath(Arc<str>);

/// A path made from what a reporter sent, and what had to be repaired to make it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repaired {
    /// The path to use.
    pub path: ServicePath,
    /// One line for each repair, in plain words; empty when the input was whole.
    pub warnings: Vec<String>,
}

impl ServicePath {
    /// Its text, shared.
    pub fn shared(&self) -> Arc<str> {
        self.0.clone()
    }

    /// The path of exactly five clean segments joined by `/`.
    ///
    /// # Errors
    /// Says in words what is wrong with `text`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let count = text.split('/').count();
        if count != NODE_DEPTH + 1 {
            return Err(format!(
                "`{text}` has {count} segments; a service path has five: organization/platform/environment/cluster/service"
            ));
        }
        if let Some(bad) = text.split('/').find(|s| !is_clean(s)) {
            return Err(format!("segment `{bad}` is empty, too long or holds characters outside A-Z a-z 0-9 . _ -"));
        }
        Ok(Self(text.into()))
    }

    /// The path for a `path` field, repaired where it is not whole (PRODUCT.md 1.1).
    pub fn repair(text: &str) -> Repaired {
        let mut warnings = Vec::new();
        let given: Vec<&str> = text.split('/').collect();
        // One empty segment at either end is a stray slash, not a missing name.
        let given = match given.as_slice() {
            ["", rest @ ..] if !rest.is_empty() && rest != [""] => {
                warnings.push("path: leading `/` dropped".to_owned());
                rest
            }
            all => all,
        };
        let given = match given {
            [rest @ .., ""] if !rest.is_empty() => {
                warnings.push("path: trailing `/` dropped".to_owned());
                rest
            }
            all => all,
        };
        let (node, service) = match given {
            [node @ .., last] if node.len() <= NODE_DEPTH => (node.to_vec(), (*last).to_owned()),
            all => {
                let (node, rest) = all.split_at(NODE_DEPTH);
                warnings.push(format!(
                    "path: {} segments given, five wanted; what follows the fourth became the service name",
                    all.len()
                ));
                (node.to_vec(), rest.join("-"))
            }
        };
        if node.len() < NODE_DEPTH {
            warnings.push(format!("path: {} of 5 segments given; the rest became `{UNKNOWN_SEGMENT}`", node.len() + 1));
        }
        assemble(&node, &service, warnings)
    }

    /// The path for `nodeId` + `service` fields, repaired where they are not whole.
    pub fn repair_parts(node_id: Option<&str>, service: Option<&str>) -> Repaired {
        let mut warnings = Vec::new();
        let node_text = node_id.unwrap_or_default().trim_matches('/');
        let mut node: Vec<&str> = if node_text.is_empty() { Vec::new() } else { node_text.split('/').collect() };
        if node.is_empty() {
            warnings.push(format!(
                "nodeId: missing; became `{UNKNOWN_SEGMENT}/{UNKNOWN_SEGMENT}/{UNKNOWN_SEGMENT}/{UNKNOWN_SEGMENT}`"
            ));
        } else if node.len() < NODE_DEPTH {
            warnings.push(format!("nodeId: {} of 4 segments given; the rest became `{UNKNOWN_SEGMENT}`", node.len()));
        }
        let mut name = service.unwrap_or_default().trim_matches('/').replace('/', "-");
        if node.len() > NODE_DEPTH {
            let over = node.split_off(NODE_DEPTH).join("-");
            warnings.push("nodeId: more than four segments; the surplus joined the service name".to_owned());
            name = if name.is_empty() { over } else { format!("{over}-{name}") };
        }
        assemble(&node, &name, warnings)
    }

    /// The whole path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The five segments.
    pub fn segments(&self) -> [&str; SEGMENTS] {
        let mut out = [""; 5];
        for (slot, part) in out.iter_mut().zip(self.0.split('/')) {
            *slot = part;
        }
        out
    }

    /// The last segment.
    pub fn service(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }

    /// The third segment.
    pub fn environment(&self) -> &str {
        self.segments()[2]
    }

    /// The first four segments: the node the service lives on (`nodeId`).
    pub fn node(&self) -> NodePath {
        NodePath(self.node_str().into())
    }

    /// The text of the node it lies on.
    pub fn node_str(&self) -> &str {
        &self.0[..self.0.rfind('/').unwrap_or(self.0.len())]
    }

    /// Whether a repair put this service on a node that nobody named.
    pub fn is_unknown(&self) -> bool {
        self.segments()[..NODE_DEPTH].contains(&UNKNOWN_SEGMENT)
    }

    /// Whether this service lies on `node` or below it.
    pub fn is_under(&self, node: &NodePath) -> bool {
        self.0.strip_prefix(&*node.0).is_some_and(|rest| rest.starts_with('/'))
    }
}

impl NodePath {
    /// The node of one to four clean segments joined by `/`.
    ///
    /// # Errors
    /// Says in words what is wrong with `text`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let count = text.split('/').count();
        if count > NODE_DEPTH || text.split('/').any(|s| !is_clean(s)) {
            return Err(format!(
                "`{text}` is not a node: one to four segments, organization/platform/environment/cluster"
            ));
        }
        Ok(Self(text.into()))
    }

    /// The whole path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last segment.
    pub fn name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }

    /// How many segments: 1 is an organization, 4 a cluster.
    pub fn depth(&self) -> usize {
        self.0.split('/').count()
    }

    /// The node above, or none for an organization.
    pub fn parent(&self) -> Option<Self> {
        self.0.rfind('/').map(|end| Self(self.0[..end].into()))
    }

    /// The word for this depth: organization, platform, environment or cluster.
    pub fn level(&self) -> &'static str {
        match self.depth() {
            1 => "organization",
            2 => "platform",
            3 => "environment",
            _ => "cluster",
        }
    }

    /// Whether this is `other` or lies below it.
    pub fn is_within(&self, other: &Self) -> bool {
        self == other || self.0.strip_prefix(&*other.0).is_some_and(|rest| rest.starts_with('/'))
    }
}

fn is_clean(segment: &str) -> bool {
    !segment.is_empty()
        && segment.len() <= SEGMENT_LIMIT
        && segment.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}

/// Fill from the organization down, clean each segment, and say what was done.
fn assemble(node: &[&str], service: &str, mut warnings: Vec<String>) -> Repaired {
    const WORDS: [&str; 5] = ["organization", "platform", "environment", "cluster", "service"];
    let mut text = String::with_capacity(64);
    for (index, word) in WORDS.iter().enumerate() {
        let given = if index == NODE_DEPTH { service } else { node.get(index).copied().unwrap_or_default() };
        if index > 0 {
            text.push('/');
        }
        text.push_str(&clean_segment(given, word, index >= node.len() && index < NODE_DEPTH, &mut warnings));
    }
    Repaired { path: ServicePath(text.into()), warnings }
}

fn clean_segment(given: &str, word: &str, already_said: bool, warnings: &mut Vec<String>) -> String {
    let given = given.trim();
    if given.is_empty() {
        if !already_said {
            warnings.push(format!("{word}: empty; became `{UNKNOWN_SEGMENT}`"));
        }
        return UNKNOWN_SEGMENT.to_owned();
    }
    let cleaned: String = given
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-') { c } else { '_' })
        .take(SEGMENT_LIMIT)
        .collect();
    if cleaned != given {
        warnings.push(format!(
            "{word}: characters outside A-Z a-z 0-9 . _ - or past {SEGMENT_LIMIT} replaced; became `{cleaned}`"
        ));
    }
    cleaned
}

impl fmt::Display for ServicePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ServicePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for NodePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for NodePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_path_is_kept_as_it_is() {
        let made = ServicePath::repair("acme/shop/prod/eu-1/payment-api");
        assert_eq!(made.path.as_str(), "acme/shop/prod/eu-1/payment-api");
        assert!(made.warnings.is_empty());
        assert_eq!(made.path.node().as_str(), "acme/shop/prod/eu-1");
        assert_eq!(made.path.environment(), "prod");
        assert_eq!(made.path.service(), "payment-api");
    }

    #[test]
    fn short_path_fills_from_the_organization_down() {
        let made = ServicePath::repair("acme/shop/api");
        assert_eq!(made.path.as_str(), "acme/shop/unknown/unknown/api");
        assert!(made.path.is_unknown());
        assert_eq!(made.warnings.len(), 1);
    }

    #[test]
    fn long_path_joins_the_surplus_to_the_service() {
        let made = ServicePath::repair("a/b/c/d/e/f");
        assert_eq!(made.path.as_str(), "a/b/c/d/e-f");
        assert_eq!(made.warnings.len(), 1);
    }

    #[test]
    fn hostile_characters_become_underscores() {
        let made = ServicePath::repair("acme/shop/prod/eu 1/pay\u{1b}[31m");
        assert_eq!(made.path.as_str(), "acme/shop/prod/eu_1/pay__31m");
        assert_eq!(made.warnings.len(), 2);
    }

    #[test]
    fn empty_identity_is_never_dropped() {
        for made in [ServicePath::repair(""), ServicePath::repair("/"), ServicePath::repair_parts(None, None)] {
            assert_eq!(made.path.as_str(), "unknown/unknown/unknown/unknown/unknown");
            assert!(!made.warnings.is_empty());
        }
    }

    #[test]
    fn node_and_service_make_a_path() {
        let made = ServicePath::repair_parts(Some("acme/infra/prod/metal"), Some("galera-1"));
        assert_eq!(made.path.as_str(), "acme/infra/prod/metal/galera-1");
        assert!(made.warnings.is_empty());
    }

    #[test]
    fn under_means_whole_segments() {
        let path = ServicePath::parse("acme/shop/prod/eu-1/api").unwrap();
        assert!(path.is_under(&NodePath::parse("acme/shop").unwrap()));
        assert!(!path.is_under(&NodePath::parse("acme/sho").unwrap()));
    }
}
