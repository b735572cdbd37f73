//! What an agent says of its node: which services there are, how they are, and that it lives.

use std::collections::BTreeMap;

use super::{
    Core, Failure,
    batch::Batch,
    health::{Reception, Reporter, describe, take},
    heard, membership,
};
use crate::domain::{
    change::Actor,
    health::{Origin, Service, report::HealthReport},
    hierarchy::{NodePath, ServicePath},
};

/// A service that an agent found on its node.
#[derive(Clone, Debug)]
pub struct Discovered {
    /// What it says of the service.
    pub report: HealthReport,
    /// Whether that says how the service is. If not, the service is described, and nothing is reported of it.
    pub says_status: bool,
    /// Whether that says which SLA group the service is in. Then none means that it is in none.
    pub says_group: bool,
}

/// What became of what an agent said of its services.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AgentReception {
    /// How many were taken.
    pub taken: usize,
    /// Which are retired, so that nothing of them was changed.
    pub retired: Vec<ServicePath>,
}

impl Core {
    /// What an agent discovered on its node; counts as a report of each of which it says how it is. It is all that the
    /// agent brings: services that only it describes leave their SLA group when they are not named any more, or are named
    /// as being in none. Answers how many were taken.
    ///
    /// # Errors
    /// As [`Self::agent_status`].
    pub async fn agent_register(
        &self,
        key: &str,
        node: NodePath,
        found: Vec<Discovered>,
    ) -> Result<AgentReception, Failure> {
        let key = key.to_owned();
        self.0
            .write(move |batch| {
                let says_none = |found: &Discovered| found.says_group && found.report.sla_group.is_none();
                let named = found.iter().map(|found| (found.report.path.clone(), says_none(found))).collect();
                let reception = hear(batch, &key, &node, found)?;
                leave_groups(batch, &node, &named);
                Ok(reception)
            })
            .await
    }

    /// How the services of a node are. Reports about other nodes are not taken.
    ///
    /// # Errors
    /// `too_many` past the cap on new services; then those before it are taken.
    pub async fn agent_status(
        &self,
        key: &str,
        node: NodePath,
        services: Vec<HealthReport>,
    ) -> Result<AgentReception, Failure> {
        let key = key.to_owned();
        let said = |report| Discovered { report, says_status: true, says_group: false };
        let services = services.into_iter().map(said).collect();
        self.0.write(move |batch| hear(batch, &key, &node, services)).await
    }

    /// An agent is alive. Says nothing about its services.
    ///
    /// # Errors
    /// A fault when the core has stopped.
    pub async fn agent_heartbeat(&self, _key: &str, node: NodePath) -> Result<(), Failure> {
        self.0
            .write(move |batch| {
                batch.truth.session.agents.insert(node, batch.now);
                Ok(())
            })
            .await
    }
}

fn hear(
    batch: &mut Batch<'_>,
    key: &str,
    node: &NodePath,
    services: Vec<Discovered>,
) -> Result<AgentReception, Failure> {
    batch.truth.session.agents.insert(node.clone(), batch.now);
    let reporter = Reporter { key, name: node.as_str(), origin: Origin::Agent };
    let mut heard = AgentReception::default();
    for found in services.into_iter().filter(|found| found.report.path.is_under(node)) {
        let path = found.report.path.clone();
        let reception = match found.says_status {
            true => take(batch, &reporter, found.report)?,
            false => take_description(batch, &reporter, &found.report)?,
        };
        match reception {
            Reception::Taken => heard.taken += 1,
            Reception::Retired => heard.retired.push(path),
        }
    }
    Ok(heard)
}

/// Take what is said of a service by whoever does not say how it is.
fn take_description(
    batch: &mut Batch<'_>,
    reporter: &Reporter<'_>,
    report: &HealthReport,
) -> Result<Reception, Failure> {
    heard::note_description(batch, reporter.name, report);
    if batch.truth.retired.contains_key(&report.path) {
        heard::of_retired(batch, &report.path, batch.now);
        return Ok(Reception::Retired);
    }
    describe(batch, reporter, report)?;
    Ok(Reception::Taken)
}

/// Take services that nobody describes better than their agent out of their groups, where it does not name them any more
/// or says, as `named` has it, that they are in none.
fn leave_groups(batch: &mut Batch<'_>, node: &NodePath, named: &BTreeMap<ServicePath, bool>) {
    let services = batch.truth.estate.services.values();
    let own = services.filter(|s| s.origin == Origin::Agent && s.path.is_under(node) && s.sla_group.is_some());
    let gone = own.filter(|s| named.get(&s.path).is_none_or(|says_none| *says_none));
    for service in gone.cloned().collect::<Vec<_>>() {
        membership::set(batch, &service.path, service.sla_group.as_deref(), None);
        let actor = Actor::Reporter(node.as_str().to_owned());
        batch.declare(actor, Service { sla_group: None, ..service });
    }
}
