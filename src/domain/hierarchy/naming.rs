//! Short names, scopes, and the order in which a name is looked up.

use std::fmt;

use super::{NodePath, ServicePath};

/// Reserved for the built-in groups: never prefixed, never declared.
pub const RESERVED_PREFIX: &str = "itops-";

/// A full name: `org/short`, or `org/<scope>/short` when it exists in one scope only.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ScopedName(String);

impl ScopedName {
    /// The full name of what was declared as `name` under `org` (PRODUCT.md 1.5): `org` goes in front
    /// unless it already stands there; reserved names stay bare.
    pub fn declared(org: &str, name: &str) -> Self {
        if is_built_in(name) || org.is_empty() || name.strip_prefix(org).is_some_and(|rest| rest.starts_with('/')) {
            return Self(name.to_owned());
        }
        Self(format!("{org}/{name}"))
    }

    /// A name that is already full, for example out of the store.
    pub fn full(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// The whole name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last segment.
    pub fn short(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }

    /// What stands before the short name; empty for a built-in name.
    pub fn scope(&self) -> &str {
        self.0.rfind('/').map_or("", |end| &self.0[..end])
    }

    /// Whether a thing of this name exists for `service`: its scope is the organization alone, or holds the service.
    pub fn exists_for(&self, service: Option<&ServicePath>) -> bool {
        let scope = self.scope();
        if !scope.contains('/') {
            return true;
        }
        service
            .is_some_and(|path| path.as_str() == scope || NodePath::parse(scope).is_ok_and(|node| path.is_under(&node)))
    }
}

/// Whether `name` is one of the platform's own (`itops-admins` and so on).
pub fn is_built_in(name: &str) -> bool {
    name.starts_with(RESERVED_PREFIX) && !name.contains('/')
}

/// The names tried for `short` against a ticket's service, most specific first.
///
/// A ticket without a service, or of another organization, only has `org/short`. A name that already
/// carries a scope is tried as it is.
pub fn cascade(org: &str, short: &str, service: Option<&ServicePath>) -> Vec<String> {
    if is_built_in(short) || short.contains('/') {
        return vec![ScopedName::declared(org, short).0];
    }
    let mut names = Vec::with_capacity(5);
    if let Some(path) = service.filter(|p| p.segments()[0] == org) {
        let mut scope = path.as_str();
        while scope.contains('/') {
            names.push(format!("{scope}/{short}"));
            scope = &scope[..scope.rfind('/').unwrap_or(0)];
        }
    }
    names.push(ScopedName::declared(org, short).0);
    names
}

impl fmt::Display for ScopedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ScopedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cascade_goes_from_the_service_up_to_the_organization() {
        let path = ServicePath::parse("acme/shop/prod/eu-1/db").unwrap();
        assert_eq!(
            cascade("acme", "dba", Some(&path)),
            [
                "acme/shop/prod/eu-1/db/dba",
                "acme/shop/prod/eu-1/dba",
                "acme/shop/prod/dba",
                "acme/shop/dba",
                "acme/dba"
            ]
        );
    }

    #[test]
    fn another_root_or_no_service_leaves_only_the_organization() {
        let path = ServicePath::parse("other/shop/prod/eu-1/db").unwrap();
        assert_eq!(cascade("acme", "dba", Some(&path)), ["acme/dba"]);
        assert_eq!(cascade("acme", "dba", None), ["acme/dba"]);
    }

    #[test]
    fn organization_is_not_put_in_front_twice_and_never_before_built_in_names() {
        assert_eq!(ScopedName::declared("acme", "shop/prod/dba").as_str(), "acme/shop/prod/dba");
        assert_eq!(ScopedName::declared("acme", "acme/shop/dba").as_str(), "acme/shop/dba");
        assert_eq!(ScopedName::declared("acme", "itops-admins").as_str(), "itops-admins");
    }

    #[test]
    fn scoped_thing_exists_only_in_its_scope() {
        let inside = ServicePath::parse("acme/shop/prod/eu-1/db").unwrap();
        let outside = ServicePath::parse("acme/shop/dev/eu-1/db").unwrap();
        let scoped = ScopedName::declared("acme", "shop/prod/strict");
        assert!(scoped.exists_for(Some(&inside)));
        assert!(!scoped.exists_for(Some(&outside)));
        assert!(!scoped.exists_for(None));
        assert!(ScopedName::declared("acme", "global").exists_for(None));
    }
}
