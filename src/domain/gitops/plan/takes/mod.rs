//! What goes with a step, in words. Lists are whole here; views cut them and say by how much.
//!
//! Start at [`say`]. [`known`] looks things up in both states and in what lives on them; each kind has its file.

mod groups;
mod known;
mod services;
mod sign_in;
mod sla;
mod ticketing;

use self::known::Known;
use super::{Live, Step};
use crate::domain::gitops::{DeclaredKind, State, state::is_applied};

/// Fill in `takes` of every step between `before` and `after`.
pub fn say(steps: &mut [Step], before: &State, after: &State, live: &Live) {
    let known = Known::new(before, after, live);
    for step in steps {
        step.takes = match step.kind {
            DeclaredKind::Service => services::takes(step, &known),
            DeclaredKind::SlaGroup => sla::group(step, &known),
            DeclaredKind::SlaTarget => sla::target(step, &known),
            DeclaredKind::Workflow => ticketing::workflow(step, &known),
            DeclaredKind::Category => ticketing::category(step, &known),
            DeclaredKind::Item => ticketing::item(step, &known),
            DeclaredKind::Group => groups::takes(step, &known),
            DeclaredKind::Provider => sign_in::takes(step, &known),
            DeclaredKind::Values if is_applied(&(step.kind, step.name.clone())) => ticketing::organization(step),
            DeclaredKind::Values | DeclaredKind::CronJob | DeclaredKind::Application => Vec::new(),
        };
        if step.change("origin").is_some() {
            step.takes.push("the imported one of this name gives way to the repository's".to_owned());
        }
    }
}

/// `1 service`, `3 services`.
fn counted(count: usize, word: &str) -> String {
    if count == 1 { format!("1 {word}") } else { format!("{count} {word}s") }
}

/// `2 services leave it: a, b` or `1 service leaves it: a`; nothing when there is nobody.
fn all_of<T: AsRef<str>>(names: &[T], word: &str, one: &str, many: &str) -> Option<String> {
    let list: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
    let does = if names.len() == 1 { one } else { many };
    (!names.is_empty()).then(|| format!("{} {does}: {}", counted(names.len(), word), list.join(", ")))
}

/// `#12`, `#40`.
fn numbers(tickets: &[u64]) -> Vec<String> {
    tickets.iter().map(|number| format!("#{number}")).collect()
}
