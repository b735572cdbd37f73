//! What takes effect, said field by field.
//!
//! Names of fields are those of the declaration. The fields of two things are the same exactly when the things are;
//! places are no fields.

use std::{
    collections::{BTreeMap, HashSet},
    sync::{Arc, LazyLock},
};

use super::{DeclaredOrigin, Key, MAPPING, ORG, Shown, State, Thing, words};
use crate::domain::{
    access::{AuthProvider, LdapProvider, PasswordSource},
    gitops::{DeclaredKind, DeclaredService, Place, Registry, Repository},
    health::Criticality,
    hierarchy::ServicePath,
    sla::{DeclaredGroup, Target},
    tickets::{Category, Group, Item, Workflow},
};

macro_rules! names {
    ($($name:ident = $text:literal;)*) => {
        /// Names of fields, made once: ten thousand services share them.
        struct Names { $($name: Arc<str>,)* }

        static NAMES: LazyLock<Names> = LazyLock::new(|| Names { $($name: Arc::from($text),)* });
    };
}

names! {
    after = "after";
    aggregation = "aggregation";
    assignee_group = "defaults.assigneeGroup";
    backup_expected = "backup.expected";
    backup_max_age = "backup.maxAgeDays";
    backup_schedule = "backup.schedule";
    base_dn = "baseDn";
    bind_dn = "bindDn";
    bind_password = "bindPassword";
    bind_secret = "bindPasswordSecret";
    backup_retention = "backup.retention";
    backup_storage = "backup.storageSize";
    category = "category";
    criticality = "criticality";
    criticality_from = "criticalityFrom";
    default = "isDefault";
    description = "description";
    display_name = "displayName";
    email = "userAttrs.email";
    enabled = "enabled";
    encryption = "encryption";
    every = "interval";
    group_filter = "groupFilter";
    host = "host";
    kind = "type";
    ldap_group = "ldapGroup";
    maintenance = "selfDeclaredMaintenance";
    min_length = "passwordPolicy.minLength";
    namespace = "namespace";
    needs_digit = "passwordPolicy.requireDigit";
    needs_uppercase = "passwordPolicy.requireUppercase";
    nodes = "nodes";
    order = "order";
    org = "org";
    period = "period";
    port = "port";
    priority = "defaults.priority";
    probe_endpoint = "health.endpoint";
    probe_every = "health.interval";
    probe_path = "health.path";
    probe_port = "health.port";
    probe_timeout = "health.timeout";
    relations = "relations";
    requires = "requires";
    resolution = "sla.resolutionMinutes";
    response = "sla.responseMinutes";
    response_time = "targets.responseTime";
    resolution_time = "targets.resolutionTime";
    runbook = "runbook";
    sla_group = "slaGroup";
    tags = "tags";
    target = "target";
    team = "team";
    tier = "tier";
    used_by = "usedBy";
    user_filter = "userFilter";
    user_label = "userAttrs.displayName";
    username = "userAttrs.username";
    users = "users";
    workflow = "workflow";
    workload = "workload";
}

/// What `criticalityFrom` says where the SLA group's tier decides.
pub const BY_GROUP: &str = "SLA group";
/// What `criticalityFrom` says where nobody decides.
pub const BY_DEFAULT: &str = "default";

/// Fields on their way into a thing.
#[derive(Default)]
struct Fields(Vec<(Arc<str>, Shown)>);

/// Longer texts are hardly ever said twice.
const SHORT: usize = 32;

impl Fields {
    /// As they are kept, sharing with others the short texts that are in `texts`: teams, kinds, groups.
    fn kept(mut self, texts: &mut HashSet<Arc<str>>) -> Vec<(Arc<str>, Shown)> {
        for (_, shown) in &mut self.0 {
            let Shown::Plain(text) = shown else { continue };
            match texts.get(text) {
                Some(known) => *text = known.clone(),
                None if text.len() <= SHORT => {
                    texts.insert(text.clone());
                }
                None => {}
            }
        }
        self.0.shrink_to_fit();
        self.0
    }

    /// A text that may be empty; an empty one says nothing.
    fn text(&mut self, name: &Arc<str>, text: &str) {
        if !text.is_empty() {
            self.0.push((name.clone(), text.into()));
        }
    }

    /// A text that is there or not.
    fn maybe(&mut self, name: &Arc<str>, text: Option<&str>) {
        if let Some(text) = text {
            self.text(name, &words::given(text));
        }
    }

    fn number(&mut self, name: &Arc<str>, number: Option<u32>) {
        if let Some(number) = number {
            self.text(name, &number.to_string());
        }
    }

    fn flag(&mut self, name: &Arc<str>, flag: bool) {
        self.text(name, if flag { "true" } else { "false" });
    }

    fn list<'t>(&mut self, name: &Arc<str>, texts: impl IntoIterator<Item = &'t str>) {
        self.text(name, &words::joined(texts));
    }
}

impl State {
    /// What a reading declares: everything that takes effect, and what is only shown.
    pub fn of(repository: &Repository) -> Self {
        Self::again(repository, &Last::default())
    }

    /// As [`Self::of`], sharing what the last reading said already.
    pub fn again(repository: &Repository, last: &Last) -> Self {
        let mut state = Self::things_of(&repository.registry, DeclaredOrigin::Git, last);
        state.revision.clone_from(&repository.revision);
        state.is_whole = true;
        let unread = repository.files.iter().filter(|f| {
            !matches!(
                f.recognised,
                crate::domain::gitops::Recognised::Ours | crate::domain::gitops::Recognised::Foreign
            )
        });
        state.unread = unread.map(|f| f.path.clone()).collect();
        state.things.extend(repository.shown.iter().map(|(key, thing)| (key.clone(), Arc::new(thing.clone()))));
        for declared in &repository.declared {
            // What the registry keeps without its place stands where the reader noted it.
            if matches!(declared.kind, DeclaredKind::Provider | DeclaredKind::Values) {
                let key: Key = (declared.kind, declared.name.as_str().into());
                if let Some(thing) = state.things.get_mut(&key).filter(|thing| thing.place.is_none()) {
                    Arc::make_mut(thing).place = Some(declared.place.clone());
                }
            }
        }
        state
    }

    /// What a registry makes true, all of it declared by `origin`.
    pub fn declared(registry: &Registry, origin: DeclaredOrigin) -> Self {
        Self::things_of(registry, origin, &Last::default())
    }

    fn things_of(registry: &Registry, origin: DeclaredOrigin, last: &Last) -> Self {
        let mut all: Vec<(Key, Arc<Thing>)> = Vec::with_capacity(registry.services.len() + 64);
        let mut known = last.services().peekable();
        let mut texts = HashSet::new();
        for service in registry.services.values() {
            while known.next_if(|(before, _, _)| before.path < service.path).is_some() {}
            let same = known.next_if(|(before, _, thing)| {
                Arc::ptr_eq(before, service) && thing.origin == origin && has_criticality(thing, service, registry)
            });
            all.push(match same {
                Some((_, key, thing)) => (key.clone(), thing.clone()),
                None => {
                    let fields = of_service(service, registry).kept(&mut texts);
                    let thing = Thing { origin, place: Some(service.place.clone()), fields };
                    ((DeclaredKind::Service, service.path.shared()), Arc::new(thing))
                }
            });
        }
        let mut put = |kind, name: &str, place: Option<&Place>, fields: Fields| {
            let thing = Thing { origin, place: place.cloned(), fields: fields.0 };
            all.push(((kind, name.into()), Arc::new(thing)));
        };
        for group in registry.sla_groups.values() {
            let place = group.place.as_ref().or(group.target_place.as_ref());
            put(DeclaredKind::SlaGroup, &group.name, place, of_sla_group(group));
            if let Some(place) = &group.target_place {
                put(DeclaredKind::SlaTarget, &group.name, Some(place), of_target(group.target));
            }
        }
        for workflow in registry.workflows.values() {
            put(DeclaredKind::Workflow, workflow.name.as_str(), workflow.place.as_ref(), of_workflow(workflow));
        }
        let mut before = None;
        for category in &registry.catalog.categories {
            put(DeclaredKind::Category, &category.name, category.place.as_ref(), of_category(category, before));
            before = Some(category.name.as_str());
        }
        for item in registry.catalog.items.values() {
            put(DeclaredKind::Item, item.name.as_str(), item.place.as_ref(), of_item(item));
        }
        for group in registry.groups.values() {
            put(DeclaredKind::Group, group.name.as_str(), group.place.as_ref(), of_group(group));
        }
        let mut before = None;
        for provider in &registry.providers {
            put(DeclaredKind::Provider, &provider.name, None, of_provider(provider, before));
            before = Some(provider.name.as_str());
        }
        if !registry.org.is_empty() {
            let mut fields = Fields::default();
            fields.text(&NAMES.org, &registry.org);
            put(ORG.0, ORG.1, None, fields);
        }
        Self { things: all.into_iter().collect(), ..Self::default() }
    }

    /// This, and of `other` what has no entry here. An imported template stands behind what git declares.
    #[must_use]
    pub fn over(mut self, other: &Self) -> Self {
        for (key, thing) in &other.things {
            if !self.things.contains_key(key) {
                self.things.insert(key.clone(), thing.clone());
            }
        }
        self
    }
}

/// The last reading, so that the next one shares with it what is the same.
#[derive(Default)]
pub struct Last {
    services: BTreeMap<ServicePath, Arc<DeclaredService>>,
    state: State,
}

impl Last {
    /// A registry and the state that was made of it.
    pub const fn new(services: BTreeMap<ServicePath, Arc<DeclaredService>>, state: State) -> Self {
        Self { services, state }
    }

    /// Every service with what the state says of it, by path: both are in the same order.
    fn services(&self) -> impl Iterator<Item = (&Arc<DeclaredService>, &Key, &Arc<Thing>)> {
        let things = self.state.things.iter().take_while(|(key, _)| key.0 == DeclaredKind::Service);
        self.services.values().zip(things).map(|(service, (key, thing))| (service, key, thing))
    }
}

/// How critical a service is, and who says so where it does not itself.
fn criticality_of(service: &DeclaredService, registry: &Registry) -> (Criticality, Option<&'static str>) {
    let group = service.sla_group.as_ref().and_then(|name| registry.sla_groups.get(name));
    match (service.criticality, group) {
        (Some(own), _) => (own, None),
        (None, Some(group)) => (of_tier(&group.tier.0), Some(BY_GROUP)),
        (None, None) => (Criticality::default(), Some(BY_DEFAULT)),
    }
}

/// Whether a thing still says how critical its service is: the one field that its group has a say in.
fn has_criticality(thing: &Thing, service: &DeclaredService, registry: &Registry) -> bool {
    if service.criticality.is_some() {
        return true;
    }
    let (criticality, from) = criticality_of(service, registry);
    thing.text("criticality") == criticality.word() && thing.text("criticalityFrom") == from.unwrap_or_default()
}

fn of_service(service: &DeclaredService, registry: &Registry) -> Fields {
    let names = &*NAMES;
    let mut fields = Fields(Vec::with_capacity(12));
    fields.text(&names.display_name, &service.display_name);
    fields.text(&names.description, &service.description);
    fields.text(&names.kind, &service.kind);
    let (criticality, from) = criticality_of(service, registry);
    fields.text(&names.criticality, criticality.word());
    fields.maybe(&names.criticality_from, from);
    fields.maybe(&names.sla_group, service.sla_group.as_deref());
    fields.text(&names.team, &service.team);
    fields.list(&names.tags, service.tags.iter().map(String::as_str));
    fields.maybe(&names.runbook, service.runbook.as_deref());
    if let Some((kind, name)) = &service.workload {
        fields.text(&names.workload, &format!("{kind}/{name}"));
    }
    if let Some((ms, is_assumed)) = service.every_ms {
        fields.text(&names.every, &format!("{}{}", words::lasting(ms), if is_assumed { " (assumed)" } else { "" }));
    }
    if let Some(backup) = &service.backup {
        fields.flag(&names.backup_expected, backup.expected);
        fields.number(&names.backup_max_age, Some(backup.max_age_days));
        fields.text(&names.backup_schedule, &backup.schedule);
    }
    fields.text(&names.backup_storage, &service.backup_storage);
    fields.text(&names.backup_retention, &service.backup_retention);
    fields.maybe(&names.namespace, service.namespace.as_deref());
    if let Some(probe) = &service.probe {
        fields.number(&names.probe_port, Some(probe.port));
        fields.text(&names.probe_path, &probe.path);
        fields.maybe(&names.probe_endpoint, probe.endpoint.as_deref());
        fields.text(&names.probe_every, &words::lasting(probe.interval_ms));
        fields.text(&names.probe_timeout, &words::lasting(probe.timeout_ms));
    }
    let needs: Vec<String> = service
        .requires
        .iter()
        .map(|need| format!("{}{}", need.path, if need.critical { super::CRITICAL } else { "" }))
        .collect();
    fields.list(&names.requires, needs.iter().map(String::as_str));
    fields.list(&names.used_by, service.used_by.iter().map(|path| path.as_str()));
    let relations: Vec<String> = service.relations.iter().map(|(kind, path)| format!("{kind} {path}")).collect();
    fields.list(&names.relations, relations.iter().map(String::as_str));
    fields
}

/// The criticality that a tier gives to members that do not say their own.
pub fn of_tier(tier: &str) -> Criticality {
    Criticality::parse(tier).unwrap_or_default()
}

fn of_sla_group(group: &DeclaredGroup) -> Fields {
    let names = &*NAMES;
    let mut fields = Fields::default();
    fields.text(&names.display_name, &group.display_name);
    fields.text(&names.tier, &group.tier.0);
    if group.target_place.is_none() {
        fields.text(&names.target, &percent(group.target));
    }
    fields.text(&names.period, &group.period.word());
    fields.text(&names.aggregation, group.aggregation.word());
    fields.maybe(&names.maintenance, group.maintenance_is_down.then_some("down"));
    fields.maybe(&names.response_time, group.response_ms.map(words::lasting).as_deref());
    fields.maybe(&names.resolution_time, group.resolution_ms.map(words::lasting).as_deref());
    fields.list(&names.nodes, group.nodes.iter().map(|node| node.as_str()));
    fields
}

fn of_target(target: Target) -> Fields {
    let mut fields = Fields::default();
    fields.text(&NAMES.target, &percent(target));
    fields
}

/// `99.95 %`.
fn percent(target: Target) -> String {
    format!("{} %", f64::from(target.millionths()) / 10_000.0)
}

/// One field for each arrow. Their order is said only where it is not the order of the statuses.
fn of_workflow(workflow: &Workflow) -> Fields {
    let names = &*NAMES;
    let mut fields = Fields::default();
    fields.text(&names.display_name, &workflow.display_name);
    let mut arrows: Vec<(usize, usize, Arc<str>)> = Vec::new();
    for (index, transition) in workflow.transitions.iter().enumerate() {
        let twins =
            workflow.transitions[..index].iter().filter(|t| t.from == transition.from && t.to == transition.to).count();
        let again = if twins > 0 { format!(" ({})", twins + 1) } else { String::new() };
        let name: Arc<str> = format!("{} -> {}{again}", transition.from.word(), transition.to.word()).into();
        fields.text(&name, &words::given(transition.role.word()));
        arrows.push((transition.from as usize, transition.to as usize, name));
    }
    if !arrows.is_sorted_by_key(|(from, to, _)| (*from, *to)) {
        fields.list(&names.order, arrows.iter().map(|(_, _, name)| &**name));
    }
    fields
}

fn of_category(category: &Category, after: Option<&str>) -> Fields {
    let names = &*NAMES;
    let mut fields = Fields::default();
    fields.text(&names.display_name, &category.display_name);
    fields.maybe(&names.after, after);
    fields
}

fn of_item(item: &Item) -> Fields {
    let names = &*NAMES;
    let mut fields = Fields::default();
    fields.text(&names.display_name, &item.display_name);
    fields.text(&names.description, &item.description);
    fields.text(&names.category, &item.category);
    fields.text(&names.workflow, &item.workflow);
    fields.maybe(&names.priority, item.priority.map(|priority| priority.word()));
    fields.maybe(&names.assignee_group, item.assignee_group.as_deref());
    fields.number(&names.response, item.response_minutes);
    fields.number(&names.resolution, item.resolution_minutes);
    fields
}

fn of_group(group: &Group) -> Fields {
    let names = &*NAMES;
    let mut fields = Fields::default();
    fields.list(&names.users, group.users.iter().map(String::as_str));
    fields.maybe(&names.ldap_group, group.ldap_group.as_deref());
    fields
}

fn of_provider(provider: &AuthProvider, after: Option<&str>) -> Fields {
    let names = &*NAMES;
    let mut fields = Fields::default();
    fields.text(&names.display_name, &provider.display_name);
    fields.text(&names.kind, &provider.kind);
    fields.flag(&names.enabled, provider.enabled);
    fields.flag(&names.default, provider.is_default);
    if provider.ldap.is_none() {
        fields.number(&names.min_length, Some(provider.min_password_length));
        fields.flag(&names.needs_uppercase, provider.require_uppercase);
        fields.flag(&names.needs_digit, provider.require_digit);
    }
    if let Some(ldap) = &provider.ldap {
        of_directory(ldap, &mut fields);
    }
    fields.maybe(&names.after, after);
    fields
}

/// Where the directory is, how it is asked, and one field for each group of it that is mapped.
fn of_directory(ldap: &LdapProvider, fields: &mut Fields) {
    let names = &*NAMES;
    fields.text(&names.host, &ldap.host);
    fields.number(&names.port, Some(ldap.port));
    fields.text(&names.encryption, ldap.encryption.word());
    fields.text(&names.base_dn, &ldap.base_dn);
    fields.text(&names.bind_dn, &ldap.bind_dn);
    match &ldap.password {
        PasswordSource::None => {}
        PasswordSource::Plain => fields.0.push((names.bind_password.clone(), Shown::Secret(None))),
        PasswordSource::SecretRef { name, key } => {
            fields.list(&names.bind_secret, [name.as_str(), key.as_str()]);
        }
    }
    fields.text(&names.user_filter, &ldap.user_filter);
    fields.text(&names.group_filter, &ldap.group_filter);
    fields.text(&names.username, &ldap.attributes.username);
    fields.text(&names.email, &ldap.attributes.email);
    fields.text(&names.user_label, &ldap.attributes.display_name);
    // Their order means nothing: somebody gets every group that any of them gives him.
    let mut mapped: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for mapping in &ldap.mappings {
        mapped.entry(&mapping.ldap).or_default().push(&mapping.group);
    }
    for (directory, mut groups) in mapped {
        groups.sort_unstable();
        fields.list(&format!("{MAPPING}{directory}").into(), groups);
    }
}
