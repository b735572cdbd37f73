//! The difference of two states under the prune rules, and what is in force once it is carried out.

use std::{
    borrow::Cow,
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{Action, FieldChange, Held, Live, Plan, Step, rename, takes};
use crate::domain::gitops::{
    DeclaredKind, DeclaredOrigin, Fault, FaultCode,
    FaultCode::{DuplicateKey, HostileYaml, MalformedYaml, NotText, Unreadable},
    Place, Severity, Shown, State, Thing,
    state::{BY_DEFAULT, BY_GROUP, Key, is_applied, of_tier, words},
};

impl Plan {
    /// What reconciling would do to `before`, what is in force, to make it `after`, a reading with its faults.
    ///
    /// Deletions are held where the reading is no proof that somebody took the thing away, and updates where it is none
    /// that somebody meant them. What a template brought is never deleted, and overridden by a declaration of the same name. Kinds that are only shown are compared where
    /// both sides hold them.
    pub fn between(before: &State, after: &State, faults: &[Fault], live: &Live) -> Self {
        let pairs = paired(before, after);
        let held = Source::of(after, faults).held(&pairs);
        let settled = Settled::of(before, &held);
        let with_shown = before.is_whole && after.is_whole;
        let mut steps = Vec::new();
        for (key, pair) in pairs.iter().filter(|(key, _)| with_shown || is_applied(key)) {
            match pair {
                Pair::Both(old, new) if Arc::ptr_eq(old, new) && settled.is_nothing() => {}
                Pair::Both(old, new) => steps.extend(changed(key, old, &settled.thing(key, new)).map(|step| {
                    let held = held.get(*key).filter(|_| step.action == Action::Update).cloned();
                    Step { held, ..step }
                })),
                Pair::After(new) => steps.push(created(key, &settled.thing(key, new))),
                Pair::Before(old) if old.origin == DeclaredOrigin::Template => {}
                Pair::Before(old) => steps.push(deleted(key, old, held.get(*key).cloned())),
            }
        }
        steps.sort_by(|a, b| order(a).cmp(&order(b)));
        takes::say(&mut steps, before, after, live);
        rename::say(&mut steps);
        Self { from: before.revision.clone(), to: after.revision.clone(), steps }
    }
}

impl State {
    /// What is in force once `plan`, made between this and `after`, is carried out.
    #[must_use]
    pub fn apply(&self, plan: &Plan, after: &Self) -> Self {
        let held = plan.held().map(|(step, held)| ((step.kind, step.name.clone()), held.clone())).collect();
        let settled = Settled::of(self, &held);
        let mut things = self.things.clone();
        share(&mut things, after);
        for step in plan.steps.iter().filter(|step| step.held.is_none()) {
            let key: Key = (step.kind, step.name.clone());
            match after.things.get(&key) {
                Some(thing) => {
                    let thing = match settled.thing(&key, thing) {
                        Cow::Borrowed(_) => thing.clone(),
                        Cow::Owned(thing) => Arc::new(thing),
                    };
                    things.insert(key, thing);
                }
                None => {
                    things.remove(&key);
                }
            }
        }
        Self {
            revision: after.revision.clone().or_else(|| self.revision.clone()),
            things,
            is_whole: self.is_whole,
            unread: BTreeSet::new(),
        }
    }
}

/// What says the same on both sides is one from now on: telling whether it changed is then a look.
fn share(things: &mut BTreeMap<Key, Arc<Thing>>, after: &State) {
    let mut read = after.things.iter().peekable();
    for (key, thing) in things {
        while read.next_if(|(other, _)| *other < key).is_some() {}
        if let Some((_, same)) =
            read.next_if(|(other, new)| *other == key && !Arc::ptr_eq(new, thing) && **new == *thing)
        {
            *thing = same.clone();
        }
    }
}

/// By action, then what most hangs on, then name. No two steps are equal in it.
fn order(step: &Step) -> (Action, u8, &str) {
    (step.action, rank(step), &step.name)
}

/// What most hangs on comes first; what is only shown comes last.
fn rank(step: &Step) -> u8 {
    match step.kind {
        DeclaredKind::Values if is_applied(&(step.kind, step.name.clone())) => 0,
        DeclaredKind::Provider => 1,
        DeclaredKind::Workflow => 2,
        DeclaredKind::Group => 3,
        DeclaredKind::SlaGroup => 4,
        DeclaredKind::SlaTarget => 5,
        DeclaredKind::Category => 6,
        DeclaredKind::Item => 7,
        DeclaredKind::Service => 8,
        DeclaredKind::CronJob => 9,
        DeclaredKind::Application => 10,
        DeclaredKind::Values => 11,
    }
}

/// A thing on the sides that hold it.
enum Pair<'s> {
    Before(&'s Thing),
    After(&'s Thing),
    /// What is shared by both sides is the same.
    Both(&'s Arc<Thing>, &'s Arc<Thing>),
}

/// Every thing of either side once, by key.
fn paired<'s>(before: &'s State, after: &'s State) -> Vec<(&'s Key, Pair<'s>)> {
    let mut out = Vec::with_capacity(before.things.len().max(after.things.len()));
    let (mut old, mut new) = (before.things.iter().peekable(), after.things.iter().peekable());
    loop {
        let which = match (old.peek(), new.peek()) {
            (None, None) => return out,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some((a, _)), Some((b, _))) => a.cmp(b),
        };
        let left = if which.is_le() { old.next() } else { None };
        let right = if which.is_ge() { new.next() } else { None };
        match (left, right) {
            (Some((key, a)), Some((_, b))) => out.push((key, Pair::Both(a, b))),
            (Some((key, a)), None) => out.push((key, Pair::Before(a))),
            (None, Some((key, b))) => out.push((key, Pair::After(b))),
            (None, None) => {}
        }
    }
}

/// What a reading proves.
struct Source {
    /// Nothing was read, and nothing says why.
    is_missing: bool,
    /// Kinds with at least one valid entry.
    kinds: BTreeSet<DeclaredKind>,
    /// Files that are broken or hold an error, folders that cannot be listed, and files that nobody understood.
    broken: BTreeSet<Arc<str>>,
    /// Where errors stand, but for things that are declared twice.
    errors: Vec<Place>,
    /// The first file that could not be read or does not parse.
    unparsed: Option<Arc<str>>,
}

impl Source {
    fn of(after: &State, faults: &[Fault]) -> Self {
        let errors = || faults.iter().filter(|f| f.severity == Severity::Error);
        let broken = errors().map(|f| f.place.file.clone()).chain(after.unread.iter().cloned()).collect();
        let own = errors().filter(|f| f.code != FaultCode::DuplicateName).map(|f| f.place.clone()).collect();
        let is_unparsed = |code| matches!(code, MalformedYaml | DuplicateKey | HostileYaml | NotText | Unreadable);
        Self {
            errors: own,
            unparsed: errors().find(|f| is_unparsed(f.code)).map(|f| f.place.file.clone()),
            is_missing: after.things.is_empty() && faults.is_empty(),
            kinds: after.things.keys().filter(|key| key.0 != DeclaredKind::Values).map(|key| key.0).collect(),
            broken,
        }
    }

    /// Everything that is gone or changed without proof, with the reason.
    fn held(&self, pairs: &[(&Key, Pair<'_>)]) -> BTreeMap<Key, Held> {
        let gone: Vec<(&Key, &Thing)> = pairs
            .iter()
            .filter_map(|(key, pair)| match pair {
                Pair::Before(thing) if thing.origin == DeclaredOrigin::Git => Some((*key, *thing)),
                _ => None,
            })
            .collect();
        let held = gone.iter().filter_map(|(key, thing)| Some(((*key).clone(), self.reason(key, thing)?)));
        let mut held: BTreeMap<Key, Held> = held.collect();
        for (key, pair) in pairs {
            if let Pair::Both(old, new) = pair
                && !Arc::ptr_eq(old, new)
                && new.origin == DeclaredOrigin::Git
                && old.origin == DeclaredOrigin::Git
                && let Some(file) = self.unsure(key, old, new)
            {
                held.insert((*key).clone(), Held::BrokenFile(file));
            }
        }
        // A group that stands on a target of the portal stays as long as the target does.
        for (key, _) in gone.iter().filter(|(key, _)| key.0 == DeclaredKind::SlaGroup) {
            if let Some(reason) = held.get(&(DeclaredKind::SlaTarget, key.1.clone())).cloned() {
                held.entry((*key).clone()).or_insert(reason);
            }
        }
        held
    }

    /// The broken file whose repair may take a change back: the error stands in the thing's own lines, or the change is
    /// one that the loss of another file makes.
    fn unsure(&self, key: &Key, old: &Thing, new: &Thing) -> Option<Arc<str>> {
        let inside =
            |at: &Place, error: &&Place| at.file == error.file && (at.line..=at.end_line).contains(&error.line);
        if let Some(own) = new.place.as_ref().and_then(|at| self.errors.iter().find(|error| inside(at, error))) {
            return Some(own.file.clone());
        }
        let is_lost = match key.0 {
            DeclaredKind::SlaGroup => {
                let is = words::listed(new.text("nodes"));
                old.field("nodes").is_some() && words::listed(old.text("nodes")).iter().any(|node| !is.contains(node))
            }
            DeclaredKind::Service => old.field("interval").is_some() && new.field("interval").is_none(),
            _ => false,
        };
        self.unparsed.clone().filter(|_| is_lost)
    }

    /// What is broken and covers `file`: it, a folder above it, or the whole reading.
    fn broken_over(&self, file: &str) -> Option<&Arc<str>> {
        let above = std::iter::successors(Some(file), |path| path.rsplit_once('/').map(|(up, _)| up));
        above.chain([".", ""]).find_map(|path| self.broken.get(path))
    }

    fn reason(&self, key: &Key, thing: &Thing) -> Option<Held> {
        if self.is_missing {
            return Some(Held::NoSource);
        }
        if let Some(file) = thing.place.as_ref().and_then(|place| self.broken_over(&place.file)) {
            return Some(Held::BrokenFile(file.clone()));
        }
        // Of values only the organization takes effect; it is one entry, and this one is gone.
        let is_empty = if key.0 == DeclaredKind::Values { is_applied(key) } else { !self.kinds.contains(&key.0) };
        is_empty.then_some(Held::NoEntry(key.0))
    }
}

/// What held deletions mean for the things that are read: who belongs to a held group keeps the criticality that it
/// gives, and a group whose published target is held keeps that.
struct Settled {
    /// Tier of each held SLA group.
    tiers: BTreeMap<Arc<str>, String>,
    /// Groups whose target is held.
    targets: BTreeSet<Arc<str>>,
}

impl Settled {
    fn is_nothing(&self) -> bool {
        self.tiers.is_empty() && self.targets.is_empty()
    }

    fn of(before: &State, held: &BTreeMap<Key, Held>) -> Self {
        let named = |kind| held.keys().filter(move |key| key.0 == kind);
        let tier = |key: &Key| before.things.get(key).map_or_else(String::new, |thing| thing.text("tier").to_owned());
        Self {
            tiers: named(DeclaredKind::SlaGroup).map(|key| (key.1.clone(), tier(key))).collect(),
            targets: named(DeclaredKind::SlaTarget).map(|key| key.1.clone()).collect(),
        }
    }

    fn thing<'t>(&self, key: &Key, thing: &'t Thing) -> Cow<'t, Thing> {
        match key.0 {
            DeclaredKind::Service if !self.tiers.is_empty() && thing.text("criticalityFrom") == BY_DEFAULT => {
                let Some(tier) = self.tiers.get(thing.text("slaGroup")) else {
                    return Cow::Borrowed(thing);
                };
                let mut thing = thing.clone();
                set(&mut thing, "criticality", of_tier(tier).word());
                set(&mut thing, "criticalityFrom", BY_GROUP);
                Cow::Owned(thing)
            }
            DeclaredKind::SlaGroup if self.targets.contains(&key.1) => {
                let mut thing = thing.clone();
                thing.fields.retain(|(name, _)| **name != *"target");
                Cow::Owned(thing)
            }
            _ => Cow::Borrowed(thing),
        }
    }
}

fn set(thing: &mut Thing, name: &str, text: &str) {
    if let Some((_, shown)) = thing.fields.iter_mut().find(|(field, _)| **field == *name) {
        *shown = text.into();
    }
}

fn step(action: Action, key: &Key, thing: &Thing, fields: Vec<FieldChange>) -> Step {
    Step { action, kind: key.0, name: key.1.clone(), place: thing.place.clone(), fields, takes: Vec::new(), held: None }
}

fn deleted(key: &Key, old: &Thing, held: Option<Held>) -> Step {
    let fields = old.fields.iter().map(|(field, shown)| change(field, Some(shown), None)).collect();
    Step { held, ..step(Action::Delete, key, old, fields) }
}

fn created(key: &Key, new: &Thing) -> Step {
    let fields = new.fields.iter().map(|(field, shown)| change(field, None, Some(shown))).collect();
    step(Action::Create, key, new, fields)
}

fn changed(key: &Key, old: &Thing, new: &Thing) -> Option<Step> {
    let moved = || (old.place != new.place).then(|| step(Action::Move, key, new, Vec::new()));
    if old.says_the_same(new) {
        return moved();
    }
    let mut fields = Vec::new();
    if old.origin != new.origin {
        let word = |thing: &Thing| Shown::from(thing.origin.word());
        fields.push(FieldChange { field: "origin".into(), old: Some(word(old)), new: Some(word(new)) });
    }
    for (field, shown) in &new.fields {
        match old.field(field) {
            Some(was) if was.same(shown) => {}
            was => fields.push(change(field, was, Some(shown))),
        }
    }
    let gone = old.fields.iter().filter(|(field, _)| new.field(field).is_none());
    fields.extend(gone.map(|(field, shown)| change(field, Some(shown), None)));
    if fields.is_empty() {
        return moved();
    }
    Some(step(Action::Update, key, new, fields))
}

fn change(field: &Arc<str>, old: Option<&Shown>, new: Option<&Shown>) -> FieldChange {
    FieldChange { field: field.clone(), old: old.cloned(), new: new.cloned() }
}
