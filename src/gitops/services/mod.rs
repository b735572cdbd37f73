//! Services: labelled ConfigMaps, in the flat `path:` form and the nested `hierarchy:` form.
//!
//! The text of a data key is YAML of its own; its lines and columns are those of the file.
//!
//! Start at [`read`]; [`forms`] reads the two forms, [`fields`] what they have in common; [`register`] adds what
//! other files say about a service.

mod fields;
mod forms;
mod pushed;

use std::{
    cell::RefCell,
    collections::{BTreeSet, HashMap, hash_map::Entry},
    sync::Arc,
};

use foldhash::fast::RandomState as Quick;
use pushed::Pushed;

use super::{
    agent::Agent,
    cronjobs::Job,
    notes::Notes,
    recognise::{Kind, SERVICE_KEYS},
    redact,
    schema::service::WORKLOADS,
    yaml::{Embedded, Node, Span},
};
use crate::domain::{
    gitops::{DeclaredService, FaultCode, Registry},
    hierarchy::{NodePath, ServicePath},
};

/// A service that somebody is declared to be used by, as written.
pub struct User {
    /// A whole path or a short name.
    pub name: String,
    /// Where.
    pub span: Span,
}

/// A service as read, before anything is looked up in other files. While its lines are read it is its own; from then on
/// it is shared, so that a later reading can tell at a look that it is the same.
pub struct Draft<S = Arc<DeclaredService>> {
    /// What it says.
    pub service: S,
    /// Where each of `service.requires` stands.
    pub requires: Vec<Span>,
    /// Who uses it.
    pub used_by: Vec<User>,
    /// Where its SLA group stands.
    pub group: Option<Span>,
    /// Where each of `service.relations` stands.
    pub relations: Vec<Span>,
    /// Where its path stands.
    pub identity: Span,
    /// Whether the flat form's defaults apply.
    is_flat: bool,
    /// What became of it when it was registered, so that the next reading makes anew only what is different.
    last: RefCell<Option<Registered>>,
}

impl Draft<DeclaredService> {
    /// A service of which only the path is known.
    fn new(service: DeclaredService, identity: Span, is_flat: bool) -> Self {
        Self {
            service,
            requires: Vec::new(),
            used_by: Vec::new(),
            group: None,
            relations: Vec::new(),
            identity,
            is_flat,
            last: RefCell::default(),
        }
    }

    /// With everything that its own lines say.
    fn shared(self) -> Draft {
        let Self { service, requires, used_by, group, relations, identity, is_flat, last } = self;
        Draft { service: Arc::new(service), requires, used_by, group, relations, identity, is_flat, last }
    }
}

/// A service as it was registered, and the secrets that were hidden in it, as one number.
struct Registered {
    service: Arc<DeclaredService>,
    secrets: u64,
}

impl Draft {
    /// As it was registered last, where other files say the same of it now and the same secrets are hidden.
    fn registered(&self, workload: bool, pushed: Option<&Pushed>, secrets: u64) -> Option<Arc<DeclaredService>> {
        let last = self.last.borrow();
        let last = last.as_ref().filter(|last| {
            let service = &last.service;
            let is_pushed_so = service.every_ms == pushed.and_then(Pushed::every_ms)
                && service.pushed_by.as_ref() == pushed.and_then(|p| p.by.as_ref());
            last.secrets == secrets && is_pushed_so && service.workload.is_some() == workload
        });
        last.map(|last| last.service.clone())
    }

    /// Say who uses it, in the registry and for the next reading.
    pub fn set_users(&self, registered: &mut Arc<DeclaredService>, used_by: Vec<ServicePath>) {
        if registered.used_by != used_by {
            Arc::make_mut(registered).used_by = used_by;
            if let Some(last) = self.last.borrow_mut().as_mut() {
                last.service = registered.clone();
            }
        }
    }
}

/// The services of one document of the file at `path`; nothing but its own text has a say in them.
pub fn read(kind: Kind, path: &str, document: &Node, embedded: &mut Embedded, notes: &mut Notes) -> Vec<Draft> {
    let mut out: Vec<Draft<DeclaredService>> = Vec::new();
    if kind == Kind::Service {
        let data = document.get("data").map(Node::entries).unwrap_or_default();
        let entries: Vec<_> = data.iter().filter(|e| SERVICE_KEYS.contains(&e.key.as_str())).collect();
        let namespace = document.get("metadata").and_then(|m| m.word("namespace"));
        for entry in &entries {
            if let Some(mut draft) = inner(&entry.node, embedded, notes) {
                draft.service.namespace.clone_from(&namespace);
                out.push(draft);
            }
        }
        if entries.is_empty() {
            let message = format!("labelled as a service, but without `{}` under `data`", SERVICE_KEYS[0]);
            notes.fault(FaultCode::BadField, document.span, message, "add it, or take the label away");
        }
    }
    if kind == Kind::BareService {
        out.extend(forms::service(document, notes));
    }
    if kind == Kind::ServiceValues
        && let Some(node) = document.get("itops").filter(|n| n.is_map())
    {
        out.extend(forms::in_values(node, path, notes));
    }
    out.into_iter().map(Draft::shared).collect()
}

fn inner(node: &Node, embedded: &mut Embedded, notes: &mut Notes) -> Option<Draft<DeclaredService>> {
    let Some(text) = node.scalar() else {
        notes.fault(
            FaultCode::BadField,
            node.span,
            "data of a ConfigMap must be a text".to_owned(),
            "put `|` after the key",
        );
        return None;
    };
    let parsed = embedded.parsed(node, text);
    for problem in parsed.problems.iter().chain(&parsed.duplicates) {
        notes.problem(problem);
    }
    match parsed.documents.as_slice() {
        // What stands twice may mean either: said above, and left out.
        _ if !parsed.duplicates.is_empty() => None,
        [root] if root.is_map() => forms::service(root, notes),
        [] if !parsed.problems.is_empty() => None,
        [] => {
            notes.fault(FaultCode::BadField, node.span, "the service is empty".to_owned(), "it needs at least `path`");
            None
        }
        [root] => {
            notes.fault(FaultCode::BadField, root.span, "a service must be a mapping".to_owned(), "");
            None
        }
        [_, second, ..] => {
            notes.fault(
                FaultCode::BadField,
                second.span,
                "one data key holds one service".to_owned(),
                "use a ConfigMap each",
            );
            None
        }
    }
}

/// Places of services among others, by path.
pub type Places<'d> = HashMap<&'d ServicePath, usize, Quick>;

/// Put the services into the registry, with what other files say about them. Gives those that are in it, and where each
/// stands among them. `order` is that of the last reading and becomes that of this one: what is nearly sorted is sorted
/// at once.
pub fn register<'d>(
    registry: &mut Registry,
    drafts: impl Iterator<Item = &'d Draft>,
    agents: &[Agent],
    jobs: &[Job],
    known: &redact::Known,
    order: &mut Vec<ServicePath>,
    notes: &mut Notes,
) -> (Vec<&'d Draft>, Places<'d>) {
    let clusters: BTreeSet<&str> = agents.iter().filter_map(|a| a.node.as_ref()).map(NodePath::name).collect();
    let by_node: HashMap<&str, &Agent, Quick> =
        agents.iter().rev().filter_map(|a| Some((a.node.as_ref()?.as_str(), a))).collect();
    let secrets = known.digest();
    let mut kept: Vec<&Draft> = Vec::with_capacity(order.len());
    let mut services: Vec<Option<Arc<DeclaredService>>> = Vec::with_capacity(order.len());
    let mut places = Places::with_capacity_and_hasher(order.len(), Quick::default());
    let by_path = pushed::by_path(jobs);
    for draft in drafts {
        let path = &draft.service.path;
        let free = match places.entry(path) {
            Entry::Vacant(free) => free,
            Entry::Occupied(taken) => {
                let first = &kept[*taken.get()].service.place;
                let message = format!("`{path}` is declared twice, first in {} line {}", first.file, first.line);
                notes.fault(FaultCode::DuplicateName, draft.identity, message, "keep one of them");
                continue;
            }
        };
        // An agent reports every path whose cluster is its own; without any agent here nobody can tell.
        let is_watched = || agents.is_empty() || clusters.contains(path.segments()[3]);
        let is_usual = draft.is_flat && draft.service.workload.is_none() && is_watched();
        let has_workload = is_usual || draft.service.workload.is_some();
        if let (Some(agent), Some(namespace)) = (by_node.get(path.node_str()), &draft.service.namespace)
            && !agent.watches(namespace)
        {
            let message =
                format!("`{path}` lies in namespace `{namespace}`, which the agent of its cluster leaves out");
            let hint = "add the namespace to the agent's `watch`, or move the ConfigMap";
            notes.fault(FaultCode::Unwatched, draft.identity, message, hint);
        }
        let pushed = by_path.get(path);
        if !has_workload && pushed.is_none() {
            let message = format!("`{path}` names no workload and nothing pushes its health; it will stay UNKNOWN");
            notes.fault(FaultCode::NoWorkload, draft.identity, message, "name its workload, or add a job that pushes");
        }
        let service = draft.registered(has_workload, pushed, secrets).unwrap_or_else(|| {
            let mut service = (*draft.service).clone();
            if is_usual {
                service.workload = Some((WORKLOADS[0].to_owned(), path.service().to_owned()));
            }
            known.hide_in_service(&mut service);
            let (every_ms, pushed_by) = (pushed.and_then(Pushed::every_ms), pushed.and_then(|p| p.by.clone()));
            let service = Arc::new(DeclaredService { every_ms, pushed_by, ..service });
            draft.last.replace(Some(Registered { service: service.clone(), secrets }));
            service
        });
        free.insert(kept.len());
        kept.push(draft);
        services.push(Some(service));
    }
    let mut take = |path: &ServicePath| services[*places.get(path)?].take().map(|service| (path.clone(), service));
    let known: Vec<_> = order.iter().filter_map(&mut take).collect();
    let new: Vec<_> = kept.iter().filter_map(|draft| take(&draft.service.path)).collect();
    registry.services = known.into_iter().chain(new).collect();
    *order = registry.services.keys().cloned().collect();
    (kept, places)
}
