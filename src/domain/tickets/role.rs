//! Groups, the cascade, and who is a member by what.

use std::collections::BTreeMap;

use crate::domain::{
    access::{Level, User},
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
        // Levels include each other: an admin may do what an operator may.
        let member = Level::from_group(name).is_some_and(|level| user.level >= level);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::samples;

    const SERVICE: &str = "acme/shop/prod/eu-1/db";

    fn explained(groups: &[(&str, &[&str])], name: &str, user: &User) -> Explanation {
        resolve(&samples::groups(groups), "acme", name, ServicePath::parse(SERVICE).ok().as_ref(), user)
    }

    #[test]
    fn the_most_specific_group_that_exists_is_the_one_acted_as() {
        let dba = samples::user("dba-oncall", Level::User);
        let why = explained(&[("acme/dba", &["dba-oncall"]), ("acme/shop/prod/dba", &[])], "dba", &dba);
        assert_eq!(why.matched.as_deref(), Some("acme/shop/prod/dba"));
        assert_eq!(why.tried, ["acme/shop/prod/eu-1/db/dba", "acme/shop/prod/eu-1/dba", "acme/shop/prod/dba"]);
        assert_eq!(why.membership, Some(Membership::Inherited("acme/dba".to_owned())));
        assert_eq!(why.sentence(), "member of acme/shop/prod/dba, inherited from acme/dba");
    }

    #[test]
    fn membership_is_inherited_downward_only_and_by_short_name_only() {
        let dba = samples::user("dba-oncall", Level::User);
        let below = explained(&[("acme/shop/dba", &[]), ("acme/shop/prod/eu-2/dba", &["dba-oncall"])], "dba", &dba);
        assert_eq!((below.matched.as_deref(), below.membership), (Some("acme/shop/dba"), None));
        let other = explained(&[("acme/shop/dba", &[]), ("acme/dbas", &["dba-oncall"])], "dba", &dba);
        assert_eq!(other.membership, None);
        let direct = explained(&[("acme/shop/dba", &["dba-oncall"]), ("acme/dba", &["dba-oncall"])], "dba", &dba);
        assert_eq!(direct.membership, Some(Membership::Direct));
    }

    #[test]
    fn a_member_is_listed_by_login_name_or_address_and_an_empty_address_is_nobodys() {
        let mut user = samples::user("oncall", Level::User);
        assert_eq!(explained(&[("acme/dba", &["oncall@acme.example", ""])], "dba", &user).membership, None);
        user.email = "oncall@acme.example".to_owned();
        let why = explained(&[("acme/dba", &["oncall@acme.example"])], "dba", &user);
        assert_eq!(why.membership, Some(Membership::Direct));
    }

    #[test]
    fn a_name_that_exists_nowhere_says_what_was_tried() {
        let why = explained(&[], "dba", &samples::user("oncall", Level::Admin));
        assert_eq!((why.tried.len(), &why.matched, &why.membership), (5, &None, &None));
        assert!(why.sentence().contains("acme/shop/prod/eu-1/db/dba") && why.sentence().contains("acme/dba"));
    }

    #[test]
    fn platform_groups_include_each_other_and_are_never_looked_up() {
        let member = |level, name| {
            let why = explained(&[("acme/itops-operators", &["oncall"])], name, &samples::user("oncall", level));
            assert_eq!(why.tried, [name]);
            why.membership
        };
        assert_eq!(member(Level::Operator, "itops-operators"), Some(Membership::Platform));
        assert_eq!(member(Level::Admin, "itops-operators"), Some(Membership::Platform), "an admin may do it too");
        assert_eq!(member(Level::User, "itops-operators"), None);
        assert_eq!(member(Level::Operator, "itops-admins"), None);
        assert_eq!(member(Level::Admin, "itops-trust-admins"), None, "trust is a right of its own");
    }

    #[test]
    fn a_superadmin_stands_in_and_the_sentence_says_so() {
        let root = User { superadmin: true, ..samples::user("root", Level::User) };
        let why = explained(&[("acme/dba", &[])], "dba", &root);
        assert_eq!(why.membership, Some(Membership::Superadmin));
        assert_eq!(why.sentence(), "superadmin stands in for acme/dba");
        let listed = explained(&[("acme/dba", &["root"])], "dba", &root);
        assert_eq!(listed.membership, Some(Membership::Direct), "no break-glass where none is needed");
        assert_eq!(explained(&[], "itops-admins", &root).membership, Some(Membership::Superadmin));
    }
}
