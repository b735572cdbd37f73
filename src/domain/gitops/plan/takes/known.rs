//! Looks things up in both states and in what lives on them; each index is made once, when it is first asked for.

use std::{borrow::Cow, cell::OnceCell, collections::HashMap};

use super::super::{Live, LiveTicket};
use crate::domain::{
    gitops::{
        DeclaredKind, State, Thing,
        state::{CRITICAL, ORG, words},
    },
    hierarchy::{ScopedName, naming},
};

/// Services by what they name.
type Index<'s> = HashMap<String, Vec<&'s str>>;

/// Both states and what lives on them.
pub struct Known<'s> {
    /// What is in force.
    pub before: &'s State,
    /// What was read.
    pub after: &'s State,
    /// What lives.
    pub live: &'s Live,
    members: [OnceCell<Index<'s>>; 2],
    needed_by: OnceCell<HashMap<String, Vec<(&'s str, bool)>>>,
    tickets: OnceCell<HashMap<&'s str, Vec<u64>>>,
}

impl<'s> Known<'s> {
    /// Nothing is looked up yet.
    pub const fn new(before: &'s State, after: &'s State, live: &'s Live) -> Self {
        Self {
            before,
            after,
            live,
            members: [const { OnceCell::new() }; 2],
            needed_by: OnceCell::new(),
            tickets: OnceCell::new(),
        }
    }

    /// The organization that is put in front of names.
    pub fn org(&self) -> &'s str {
        let org = |state: &'s State| state.things.get(&(ORG.0, ORG.1.into())).map(|thing| thing.text("org"));
        org(self.before).or_else(|| org(self.after)).unwrap_or_default()
    }

    /// Services that belong to an SLA group as it is in force.
    pub fn members_before(&self, group: &str) -> &[&'s str] {
        Self::members(&self.members[0], self.before, group)
    }

    /// Services that belong to an SLA group as it was read.
    pub fn members_after(&self, group: &str) -> &[&'s str] {
        Self::members(&self.members[1], self.after, group)
    }

    /// Those who name the group, as long as their node brings it; a group without nodes takes everyone.
    fn members<'a>(cell: &'a OnceCell<Index<'s>>, state: &'s State, group: &str) -> &'a [&'s str] {
        let index = cell.get_or_init(|| {
            let nodes: HashMap<String, Vec<Cow<'s, str>>> = named(state, DeclaredKind::SlaGroup)
                .map(|(name, thing)| (words::given(name).into_owned(), words::listed(thing.text("nodes"))))
                .collect();
            let brings = |group: &str, path: &str| {
                let node = path.rsplit_once('/').map_or("", |(node, _)| node);
                nodes.get(group).is_none_or(|nodes| nodes.is_empty() || nodes.iter().any(|one| *one == node))
            };
            let mut index = Index::new();
            for (name, thing) in named(state, DeclaredKind::Service) {
                let group = thing.text("slaGroup");
                if !group.is_empty() && brings(group, name) {
                    index.entry(group.to_owned()).or_default().push(name);
                }
            }
            index
        });
        index.get(&*words::given(group)).map_or(&[], Vec::as_slice)
    }

    /// Services that stay declared and require this one, and whether they cannot work without it.
    pub fn needed_by(&self, path: &str) -> &[(&'s str, bool)] {
        let index = self.needed_by.get_or_init(|| {
            let mut index: HashMap<String, Vec<(&'s str, bool)>> = HashMap::new();
            for (name, thing) in named(self.after, DeclaredKind::Service) {
                for need in words::listed(thing.text("requires")) {
                    let (need, critical) = match need.strip_suffix(CRITICAL) {
                        Some(need) => (need.to_owned(), true),
                        None => (need.into_owned(), false),
                    };
                    index.entry(need).or_default().push((name, critical));
                }
            }
            index
        });
        index.get(path).map_or(&[], Vec::as_slice)
    }

    /// Open tickets about a service.
    pub fn tickets_about(&self, path: &str) -> &[u64] {
        let index = self.tickets.get_or_init(|| {
            let mut index: HashMap<&'s str, Vec<u64>> = HashMap::new();
            for ticket in &self.live.tickets {
                if let Some(service) = &ticket.service {
                    index.entry(service.as_str()).or_default().push(ticket.number);
                }
            }
            index.values_mut().for_each(|numbers| numbers.sort_unstable());
            index
        });
        index.get(path).map_or(&[], Vec::as_slice)
    }

    /// Open tickets of which something holds, by number.
    pub fn tickets(&self, holds: impl Fn(&LiveTicket) -> bool) -> Vec<u64> {
        let mut found: Vec<u64> = self.live.tickets.iter().filter(|t| holds(t)).map(|t| t.number).collect();
        found.sort_unstable();
        found
    }

    /// Whether `written`, as it stands in something of scope `scope`, may mean the thing of the full name `full`.
    pub fn may_mean(&self, written: &str, scope: &str, full: &ScopedName) -> bool {
        if naming::is_built_in(written) || written.contains('/') {
            return ScopedName::declared(self.org(), written) == *full;
        }
        full.short() == written && (within(full.scope(), scope) || within(scope, full.scope()))
    }
}

/// Things of a kind, by name.
pub fn named(state: &State, kind: DeclaredKind) -> impl Iterator<Item = (&str, &Thing)> {
    let first = (kind, std::sync::Arc::from(""));
    state.things.range(first..).take_while(move |(key, _)| key.0 == kind).map(|(key, thing)| (&*key.1, &**thing))
}

/// One thing.
pub fn thing<'s>(state: &'s State, kind: DeclaredKind, name: &str) -> Option<&'s Thing> {
    state.things.get(&(kind, name.into())).map(|thing| &**thing)
}

/// Whether a scope is `outer` or lies in it.
pub fn within(inner: &str, outer: &str) -> bool {
    inner == outer || outer.is_empty() || inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with('/'))
}
