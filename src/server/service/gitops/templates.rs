//! Templates: what a core hands to another one, and what it took over. Git always comes first: what it declares is left
//! alone, and a thing that was imported gives way when git declares the same name.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::carry;
use crate::{
    domain::{
        access::{Level, User},
        change::Actor,
        estate::SourceSummary,
        gitops::{
            Action, DeclaredKind, DeclaredOrigin, Fault, Registry, State,
            state::{Key, ORG},
        },
        refusal::{Refusal, RefusalCode},
    },
    gitops::{Template, read_template},
    server::{
        service::{Core, Failure, batch::Batch, retired, sla},
        store::declared::DeclaredRow,
    },
};

/// Most faults named in one refusal.
const FAULTS_SHOWN: usize = 50;

/// Who wants to import.
pub enum Importer {
    /// An operator key, by its name.
    Key(String),
    /// Somebody signed in.
    User(User),
}

/// What an import did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// What was created or updated, by kind and name.
    pub applied: Vec<(Action, DeclaredKind, Arc<str>)>,
    /// What was left alone, and why.
    pub kept: Vec<(DeclaredKind, Arc<str>, String)>,
    /// How many things were there already and say the same.
    pub unchanged: usize,
}

impl Importer {
    /// Refuses whoever may not import.
    fn may_import(&self) -> Result<(), Refusal> {
        let Self::User(user) = self else { return Ok(()) };
        user.may_write()?;
        if user.level < Level::Admin && !user.superadmin {
            let (wanted, own) = (Level::Admin.group(), user.level.group());
            let reason = format!("importing templates needs membership of {wanted}; you are in {own}");
            return Err(Refusal::new(RefusalCode::Forbidden, reason));
        }
        Ok(())
    }

    fn actor(&self) -> Actor {
        match self {
            Self::Key(name) => Actor::Reporter(name.clone()),
            Self::User(user) => Actor::User { id: user.id.clone(), name: user.name.clone() },
        }
    }
}

/// What the writer needs to know of an import.
struct Import {
    actor: Actor,
    before: Arc<State>,
    next: Arc<State>,
    registry: Registry,
    keys: BTreeSet<Key>,
    rows: BTreeMap<(&'static str, Arc<str>), Option<DeclaredRow>>,
}

impl Core {
    /// Workflows, catalog and SLA definitions in force, wherever they came from, as the one text of a template.
    ///
    /// # Errors
    /// A fault when the core has stopped.
    pub async fn export_templates(&self) -> Result<String, Failure> {
        let registry = self.0.write(|batch| Ok(in_force(batch))).await?;
        Ok(Template::of(&registry).text())
    }

    /// Take over a template, all of it or none. What git declares is left alone and listed. Importing the same again
    /// changes nothing; nothing is ever deleted.
    ///
    /// # Errors
    /// `forbidden` or `read_only`; `invalid` with every fault of the text.
    pub async fn import_templates(&self, by: Importer, text: String) -> Result<Imported, Failure> {
        by.may_import()?;
        let _turn = self.0.desk.accepting.lock().await;
        let before = self.0.shared.state();
        let worked_out = tokio::task::spawn_blocking(move || prepared(&text, before, by.actor())).await;
        let (import, receipt) = worked_out.map_err(|e| Failure::Fault(format!("reading a template: {e}")))??;
        if !import.keys.is_empty() {
            self.0.write(move |batch| take(batch, import)).await?;
        }
        Ok(receipt)
    }
}

/// What a template holds of everything that is in force.
fn in_force(batch: &Batch<'_>) -> Registry {
    let source = &batch.truth.estate.source;
    Registry {
        org: source.org.clone(),
        workflows: source.workflows.clone(),
        catalog: source.catalog.clone(),
        sla_groups: batch.truth.groups.clone(),
        ..Registry::default()
    }
}

fn prepared(text: &str, before: Arc<State>, actor: Actor) -> Result<(Import, Imported), Failure> {
    let (template, _) = read_template(text).map_err(|faults| refused(&faults))?;
    let registry = template.into_registry();
    let wanted = State::declared(&registry, DeclaredOrigin::Template);
    let mut next = (*before).clone();
    let mut receipt = Imported::default();
    let mut keys = BTreeSet::new();
    let mut rows = BTreeMap::new();
    for (key, thing) in wanted.things {
        let action = match before.things.get(&key) {
            Some(known) if known.origin == DeclaredOrigin::Git => {
                let place = known.place.as_ref().map(|place| format!(" in {}:{}", place.file, place.line));
                let reason = format!("git declares it{}", place.unwrap_or_default());
                receipt.kept.push((key.0, key.1, reason));
                continue;
            }
            Some(known) if known.says_the_same(&thing) => {
                receipt.unchanged += 1;
                continue;
            }
            Some(_) => Action::Update,
            None => Action::Create,
        };
        receipt.applied.push((action, key.0, key.1.clone()));
        rows.insert((key.0.word(), key.1.clone()), Some(DeclaredRow::of(&thing).map_err(Failure::Fault)?));
        keys.insert(key.clone());
        next.things.insert(key, thing);
    }
    Ok((Import { actor, before, next: Arc::new(next), registry, keys, rows }, receipt))
}

fn refused(faults: &[Fault]) -> Failure {
    let mut lines: Vec<String> = faults
        .iter()
        .take(FAULTS_SHOWN)
        .map(|f| format!("{}:{}: {} {}", f.place.line, f.place.column, f.code.code(), f.message))
        .collect();
    if faults.len() > FAULTS_SHOWN {
        lines.push(format!("and {} more", faults.len() - FAULTS_SHOWN));
    }
    let reason = format!("the template was not taken: {}", lines.join("; "));
    Refusal::new(RefusalCode::Invalid, reason).into()
}

fn take(batch: &mut Batch<'_>, mut import: Import) -> Result<(), Failure> {
    if !Arc::ptr_eq(&batch.truth.state, &import.before) {
        return Err(Failure::Fault("what is declared changed while a template was worked out".to_owned()));
    }
    let is_taken = |kind: DeclaredKind, name: &str| import.keys.contains(&(kind, Arc::from(name)));
    let mut source: SourceSummary = batch.truth.estate.source.clone();
    if is_taken(ORG.0, ORG.1) {
        source.org.clone_from(&import.registry.org);
    }
    let workflows = import.registry.workflows.iter().filter(|(name, _)| is_taken(DeclaredKind::Workflow, name));
    source.workflows.extend(workflows.map(|(name, workflow)| (name.clone(), workflow.clone())));
    for category in import.registry.catalog.categories.iter().filter(|c| is_taken(DeclaredKind::Category, &c.name)) {
        match source.catalog.categories.iter_mut().find(|known| known.name == category.name) {
            Some(known) => known.clone_from(category),
            None => source.catalog.categories.push(category.clone()),
        }
    }
    let items = import.registry.catalog.items.iter().filter(|(name, _)| is_taken(DeclaredKind::Item, name));
    source.catalog.items.extend(items.map(|(name, item)| (name.clone(), item.clone())));
    let groups = import.registry.sla_groups.iter().filter(|(name, _)| is_taken(DeclaredKind::SlaGroup, name));
    let groups: BTreeMap<String, _> = groups.map(|(name, group)| (name.clone(), group.clone())).collect();
    let names: BTreeSet<String> = groups.keys().cloned().collect();
    if !groups.is_empty() {
        for (name, group) in groups {
            if batch.truth.groups.insert(name.clone(), group).is_none() {
                retired::revive(batch, &name);
            }
        }
        carry::write_groups(batch);
    }
    carry::tell(batch, import.actor.clone(), source, true);
    sla::refresh(batch, &import.actor, names);
    batch.rows.declared.append(&mut import.rows);
    batch.truth.state = import.next.clone();
    batch.state = Some(import.next);
    Ok(())
}
