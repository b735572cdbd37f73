//! Names of services in few words: the last step of the path where no other one ends with it, else as much of the path as
//! tells them apart.

use std::collections::{BTreeSet, HashMap};

use crate::domain::{
    attention::Subject,
    health::Services,
    hierarchy::{ServicePath, path::SEGMENTS},
};

/// Steps of a path from which on it says the environment: which of two of the same name is in production is what one wants
/// to know first.
const WITH_ENVIRONMENT: usize = 3;

/// How many steps of its path tell a service from all others, where its name alone does not.
#[derive(Clone, Debug, Default)]
pub struct Names(HashMap<String, usize>);

impl Names {
    /// For these services.
    pub fn of(services: &Services) -> Self {
        let mut alike: HashMap<&str, Vec<&ServicePath>> = HashMap::new();
        for path in services.keys() {
            alike.entry(path.service()).or_default().push(path);
        }
        let told_by = |paths: &[&ServicePath], steps: usize| {
            paths.iter().map(|path| last(path.as_str(), steps)).collect::<BTreeSet<_>>().len() == paths.len()
        };
        let several = alike.into_iter().filter(|(_, paths)| paths.len() > 1);
        let steps = |paths: &[&ServicePath]| (WITH_ENVIRONMENT..SEGMENTS).find(|steps| told_by(paths, *steps));
        Self(several.map(|(name, paths)| (name.to_owned(), steps(&paths).unwrap_or(SEGMENTS))).collect())
    }

    /// What tells this service from others.
    pub fn service<'a>(&self, path: &'a ServicePath) -> &'a str {
        match self.0.get(path.service()) {
            Some(steps) => last(path.as_str(), *steps),
            None => path.service(),
        }
    }

    /// A subject in few words.
    pub fn subject(&self, subject: &Subject) -> String {
        subject.service().map_or_else(|| subject.to_string(), |path| self.service(path).to_owned())
    }
}

/// The last steps of a path.
fn last(path: &str, steps: usize) -> &str {
    path.rmatch_indices('/').nth(steps - 1).map_or(path, |(at, _)| &path[at + 1..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{health::Status, samples};

    #[test]
    fn a_name_that_several_have_is_told_with_as_much_of_the_path_as_tells_them_apart() {
        let told = |paths: &[&str]| -> Vec<String> {
            let services: Vec<_> = paths.iter().map(|path| samples::service(path, Status::Operational)).collect();
            let paths: Vec<ServicePath> = services.iter().map(|service| service.path.clone()).collect();
            let mut all = Services::default();
            services.into_iter().for_each(|service| all.insert(service));
            let names = Names::of(&all);
            paths.iter().map(|path| names.service(path).to_owned()).collect()
        };
        assert_eq!(told(&["a/p/prod/c/api", "a/p/dev/c/db"]), ["api", "db"]);
        assert_eq!(told(&["a/p/prod/c/db", "a/p/dev/c/db"]), ["prod/c/db", "dev/c/db"]);
        assert_eq!(told(&["a/p/prod/c/db", "a/q/prod/c/db"]), ["p/prod/c/db", "q/prod/c/db"]);
        assert_eq!(told(&["a/p/prod/c/db", "b/p/prod/c/db"]), ["a/p/prod/c/db", "b/p/prod/c/db"]);
    }
}
