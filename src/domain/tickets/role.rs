//! Groups, the cascade, and who is a member by what.

use std::collections::BTreeMap;

use crate::domain::{
    access::User,
    gitops::Place,
    hierarchy::{ServicePath, naming},
};

/// A declared group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Full name.
    pub name: naming::ScopedName,
    /// Login names or e-mail addresses of local users.
    pub users: Vec<String>,
    /// Directory group whose members belong to it.
    pub ldap_group: Option<String>,
    /// Where it is declared; none for built-in ones.
    pub place: Option<Place>,
}

impl Group {
    /// Whether `user` is listed here, by login name or e-mail.
    pub fn lists(&self, user: &User) -> bool {
        self.users.iter().any(|u| *u == user.name || (!user.email.is_empty() && *u == user.email))
    }
}

/// By what somebody is a member of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Membership {
    /// Listed in the group itself.
    Direct,
    /// Listed in the group of this full name, further up.
    Inherited(String),
    /// Break-glass.
    Superadmin,
    /// A platform group such as `itops-operators`.
    Platform,
}

/// How a role was resolved. Data, so that console, command line and API show the same.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Explanation {
    /// Names tried, most specific first, up to the match.
    pub tried: Vec<String>,
    /// The group that exists: the one acted as.
    pub matched: Option<String>,
    /// By what the user is in it; none when he is not.
    pub membership: Option<Membership>,
}

impl Explanation {
    /// The explanation as one line for people.
    pub fn sentence(&self) -> String {
        match (&self.matched, &self.membership) {
            (None, _) => format!("no group of that name exists (tried {})", self.tried.join(", ")),
            (Some(group), None) => format!("you are not a member of {group}"),
            (Some(group), Some(Membership::Direct)) => format!("member of {group}"),
            (Some(group), Some(Membership::Inherited(from))) => {
                format!("member of {group}, inherited from {from}")
            }
            (Some(group), Some(Membership::Superadmin)) => {
                format!("superadmin stands in for {group}")
            }
            (Some(group), Some(Membership::Platform)) => format!("{group} by platform right"),
        }
    }
}

/// Resolve a group name against a ticket's service and see whether `user` belongs.
pub fn resolve(
    groups: &BTreeMap<String, Group>,
    org: &str,
    name: &str,
    service: Option<&ServicePath>,
    user: &User,
) -> Explanation {
    if naming::is_built_in(name) {
        let member = user.level.group() == name;
        return Explanation {
            tried: vec![name.to_owned()],
            matched: Some(name.to_owned()),
            membership: if member {
                Some(Membership::Platform)
            } else {
                user.superadmin.then_some(Membership::Superadmin)
            },
        };
    }
    let mut tried = Vec::new();
    for candidate in naming::cascade(org, name, service) {
        tried.push(candidate.clone());
        if let Some(group) = groups.get(&candidate) {
            return Explanation { tried, matched: Some(candidate), membership: membership(groups, group, user) };
        }
    }
    Explanation { tried, matched: None, membership: None }
}

/// Listed here, or under the same short name in a scope above, or superadmin.
fn membership(groups: &BTreeMap<String, Group>, group: &Group, user: &User) -> Option<Membership> {
    if group.lists(user) {
        return Some(Membership::Direct);
    }
    let short = group.name.short();
    let mut scope = group.name.scope();
    while let Some(end) = scope.rfind('/') {
        scope = &scope[..end];
        let above = format!("{scope}/{short}");
        if groups.get(&above).is_some_and(|g| g.lists(user)) {
            return Some(Membership::Inherited(above));
        }
    }
    user.superadmin.then_some(Membership::Superadmin)
}
