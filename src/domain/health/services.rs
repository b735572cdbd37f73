//! Many services by path. Copies share what none of them changed.

use std::{
    collections::{BTreeMap, btree_map},
    sync::Arc,
};

use super::Service;
use crate::domain::hierarchy::ServicePath;

/// Services by path. A clone costs a pointer for each; a service is copied only when it is changed while somebody else
/// holds it too. An estate exists several times in one process: as the writer has it, as readers see it, and what it was
/// declared as in the newest changes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Services(BTreeMap<ServicePath, Arc<Service>>);

/// In order of paths.
pub type Iter<'a> = std::iter::Map<
    btree_map::Iter<'a, ServicePath, Arc<Service>>,
    fn((&'a ServicePath, &'a Arc<Service>)) -> (&'a ServicePath, &'a Service),
>;

impl Services {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether there is one at `path`.
    pub fn contains_key(&self, path: &ServicePath) -> bool {
        self.0.contains_key(path)
    }

    /// The service at `path`.
    pub fn get(&self, path: &ServicePath) -> Option<&Service> {
        self.0.get(path).map(|service| &**service)
    }

    /// The same to be held on to.
    pub fn shared(&self, path: &ServicePath) -> Option<Arc<Service>> {
        self.0.get(path).cloned()
    }

    /// The service at `path` to be changed; others that share it keep what they have.
    pub fn get_mut(&mut self, path: &ServicePath) -> Option<&mut Service> {
        self.0.get_mut(path).map(Arc::make_mut)
    }

    /// Put a service at its path.
    pub fn insert(&mut self, service: impl Into<Arc<Service>>) {
        let service = service.into();
        self.0.insert(service.path.clone(), service);
    }

    /// Take the service at `path` out.
    pub fn remove(&mut self, path: &ServicePath) -> Option<Arc<Service>> {
        self.0.remove(path)
    }

    /// Their paths, in order.
    pub fn keys(&self) -> impl DoubleEndedIterator<Item = &ServicePath> + ExactSizeIterator + Clone {
        self.0.keys()
    }

    /// All of them, in order of their paths.
    pub fn values(&self) -> impl DoubleEndedIterator<Item = &Service> + ExactSizeIterator + Clone {
        self.0.values().map(|service| &**service)
    }

    /// All of them to be changed, in order of their paths.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut Service> {
        self.0.values_mut().map(Arc::make_mut)
    }

    /// All of them to be kept, in order of their paths.
    pub fn into_values(self) -> impl ExactSizeIterator<Item = Service> {
        self.0.into_values().map(Arc::unwrap_or_clone)
    }

    /// Paths and services, in order.
    pub fn iter(&self) -> Iter<'_> {
        self.0.iter().map(|(path, service)| (path, &**service))
    }
}

impl std::ops::Index<&ServicePath> for Services {
    type Output = Service;

    fn index(&self, path: &ServicePath) -> &Service {
        &self.0[path]
    }
}

impl<'a> IntoIterator for &'a Services {
    type Item = (&'a ServicePath, &'a Service);
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

impl FromIterator<Service> for Services {
    fn from_iter<I: IntoIterator<Item = Service>>(services: I) -> Self {
        Self(services.into_iter().map(|service| (service.path.clone(), Arc::new(service))).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{health::Status, samples};

    #[test]
    fn what_is_changed_in_one_copy_stays_as_it_was_in_the_other_and_the_rest_is_shared() {
        let [db, api] = ["a/b/c/d/db", "a/b/c/d/api"].map(|path| samples::service(path, Status::Operational));
        let first: Services = [db.clone(), api.clone()].into_iter().collect();
        let mut second = first.clone();
        second.get_mut(&db.path).unwrap().health.status = Status::Down;
        assert_eq!(first[&db.path], db);
        assert_eq!(second[&db.path].health.status, Status::Down);
        let [one, other] = [&first, &second].map(|services| services.shared(&api.path).unwrap());
        assert!(Arc::ptr_eq(&one, &other));
    }
}
