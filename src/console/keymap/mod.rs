//! Keys to actions.
//!
//! `assets/keymap.yaml` is compiled in and complete; a user's file changes single actions. [`Keymap::load`] reports
//! every fault at once: unknown actions, unknown keys, and keys that would mean two things in one place. Start at
//! [`key`] for how a key is written.

pub mod key;

use std::collections::{BTreeMap, HashMap};

pub use key::{Code, Key};

use super::action::{ACTIONS, Action, Context};

/// The binding file that is compiled in.
pub const DEFAULT: &str = include_str!("../../../assets/keymap.yaml");

/// Every binding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keymap {
    lookup: HashMap<(Context, Key), Action>,
    keys: BTreeMap<Action, Vec<Key>>,
}

impl Default for Keymap {
    fn default() -> Self {
        // The compiled-in file is held to be whole by a test.
        Self::load(&[]).unwrap_or_else(|_| Self { lookup: HashMap::new(), keys: BTreeMap::new() })
    }
}

impl Keymap {
    /// The compiled-in bindings changed by the given files, later ones last.
    ///
    /// # Errors
    /// Every fault of every file, one line each.
    pub fn load(overrides: &[&str]) -> Result<Self, Vec<String>> {
        let mut faults = Vec::new();
        let mut keys: BTreeMap<Action, Vec<Key>> = BTreeMap::new();
        for text in std::iter::once(DEFAULT).chain(overrides.iter().copied()) {
            let parsed: Result<Option<BTreeMap<String, Vec<String>>>, _> = serde_yaml::from_str(text);
            match parsed {
                Ok(bindings) => take_in(bindings.unwrap_or_default(), &mut keys, &mut faults),
                Err(error) => faults.push(format!("keymap: {error}")),
            }
        }
        conflicts(&keys, &mut faults);
        if !faults.is_empty() {
            return Err(faults);
        }
        let lookup = keys
            .iter()
            .flat_map(|(action, bound)| bound.iter().map(|key| ((action.spec().context, *key), *action)))
            .collect();
        Ok(Self { lookup, keys })
    }

    /// What `key` means in the first of `contexts` that binds it.
    pub fn resolve(&self, contexts: &[Context], key: Key) -> Option<Action> {
        contexts.iter().find_map(|context| self.lookup.get(&(*context, key)).copied())
    }

    /// The keys of an action, the preferred one first.
    pub fn keys(&self, action: Action) -> &[Key] {
        self.keys.get(&action).map_or(&[], Vec::as_slice)
    }

    /// The preferred key of an action as written; empty when it has none.
    pub fn label(&self, action: Action) -> String {
        self.keys(action).first().map(Key::to_string).unwrap_or_default()
    }
}

fn take_in(bindings: BTreeMap<String, Vec<String>>, keys: &mut BTreeMap<Action, Vec<Key>>, faults: &mut Vec<String>) {
    for (id, written) in bindings {
        let Some(action) = Action::by_id(&id) else {
            faults.push(format!("keymap: there is no action `{id}`{}", nearest(&id)));
            continue;
        };
        let mut bound = Vec::new();
        for text in written {
            match Key::parse(&text) {
                Ok(key) => bound.push(key),
                Err(reason) => faults.push(format!("keymap: {id}: {reason}")),
            }
        }
        keys.insert(action, bound);
    }
}

fn nearest(id: &str) -> String {
    let shared = |other: &str| id.chars().zip(other.chars()).take_while(|(a, b)| a == b).count();
    ACTIONS
        .iter()
        .map(|s| s.id)
        .max_by_key(|other| shared(other))
        .filter(|other| shared(other) >= 3)
        .map_or_else(String::new, |other| format!("; did you mean `{other}`?"))
}

/// Contexts that are looked up together: a key may mean only one thing within each.
const STACKS: [&[Context]; 8] = [
    &[Context::Pulse, Context::List, Context::Global],
    &[Context::Hierarchy, Context::List, Context::Global],
    &[Context::Budgets, Context::List, Context::Global],
    &[Context::Tickets, Context::List, Context::Global],
    &[Context::GitOps, Context::List, Context::Global],
    &[Context::Activity, Context::List, Context::Global],
    &[Context::Input, Context::Dialog],
    &[Context::Confirm, Context::Dialog],
];

fn conflicts(keys: &BTreeMap<Action, Vec<Key>>, faults: &mut Vec<String>) {
    for stack in STACKS {
        let mut seen: BTreeMap<Key, Action> = BTreeMap::new();
        for (action, bound) in keys.iter().filter(|(action, _)| stack.contains(&action.spec().context)) {
            for key in bound {
                if let Some(other) = seen.insert(*key, *action) {
                    let line = format!("keymap: `{key}` would mean both {} and {}", other.spec().id, action.spec().id);
                    if !faults.contains(&line) {
                        faults.push(line);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_compiled_in_bindings_are_whole_and_free_of_conflicts() {
        let keymap = Keymap::load(&[]).unwrap();
        for spec in ACTIONS {
            assert!(!keymap.keys(spec.action).is_empty(), "{} has no key", spec.id);
        }
    }

    #[test]
    fn an_override_replaces_the_keys_of_one_action_only() {
        let keymap = Keymap::load(&["quit: [Q]"]).unwrap();
        let stack = [Context::Pulse, Context::List, Context::Global];
        assert_eq!(keymap.resolve(&stack, Key::parse("Q").unwrap()), Some(Action::Quit));
        assert_eq!(keymap.resolve(&stack, Key::parse("q").unwrap()), None);
        assert_eq!(keymap.resolve(&stack, Key::parse("j").unwrap()), Some(Action::Down));
    }

    #[test]
    fn every_fault_is_reported_at_once() {
        let faults = Keymap::load(&["quit: [j]\nlist.dwn: [x]\ncopy: [ctrl-foo]"]).unwrap_err();
        assert_eq!(faults.len(), 3, "{faults:?}");
        assert!(faults.iter().any(|f| f.contains("`list.dwn`; did you mean `list.down`?")));
        assert!(faults.iter().any(|f| f.contains("`j` would mean both quit and list.down")));
    }

    #[test]
    fn keys_of_multiplexers_are_left_alone() {
        let keymap = Keymap::default();
        for spec in ACTIONS {
            for key in keymap.keys(spec.action) {
                assert!(!["ctrl-a", "ctrl-b", "ctrl-space", "ctrl-\\", "ctrl-k"].contains(&key.to_string().as_str()));
            }
        }
    }
}
