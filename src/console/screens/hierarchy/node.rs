//! All that is known of a node: how it is and which leaf explains it, what that costs, and what else is wrong below.

use super::detail::{Line, announced, budget, labelled, said};
use crate::{
    console::{
        paint::Canvas,
        place::Object,
        problems::Problem,
        replica::Node,
        screens::{pulse, words},
        state::State,
        theme::Role,
    },
    domain::{
        hierarchy::NodePath,
        sla::{BudgetState, ExclusionWindow, SlaGroup, WindowScope},
    },
};

/// Most budgets, and most problems, in a list: more say less.
const SHOWN: usize = 8;

/// Its lines, the worst first.
pub fn lines(state: &State, node: &Node, canvas: &Canvas<'_>) -> Vec<Line> {
    let path = &node.path;
    let role = Role::of_status(node.rolled.status);
    let mut lines = vec![
        vec![
            (format!("{} {}", canvas.glyphs.of(node.rolled.status), node.rolled.status.word()), role),
            (format!("   {path}"), Role::Muted),
        ],
        vec![(words::counted(node.rolled.counted), Role::Text)],
    ];
    let open = state.replica.estate.active_windows(state.core_now());
    let covers = |w: &&ExclusionWindow| matches!(&w.scope, WindowScope::Node(own) if path.is_within(own));
    lines.extend(open.into_iter().filter(covers).map(announced));
    let because = node.rolled.because.as_ref();
    if let Some(service) = because.and_then(|p| state.replica.estate.services.get(p)) {
        lines.push(Vec::new());
        lines.push(labelled("because", vec![(service.path.to_string(), Role::Text)]));
        lines.extend(said(service, canvas).into_iter().map(|line| labelled("", line)));
    }
    lines.extend(list("budgets", budgets(state, path, canvas)));
    let others = state.replica.problems.iter().filter(|problem| match &problem.object {
        Object::Service(own) => own.is_under(path) && because != Some(own),
        Object::Node(own) => own.is_within(path),
        _ => false,
    });
    lines.extend(list("also", others.map(|problem| also(state, problem, canvas))));
    lines
}

/// Budgets with members below that are not as promised, the worst first.
fn budgets<'a>(state: &'a State, path: &'a NodePath, canvas: &'a Canvas<'_>) -> impl Iterator<Item = Line> + 'a {
    let is_hurt = |group: &&SlaGroup| matches!(group.budget.state, BudgetState::Breached | BudgetState::AtRisk);
    let hurt = state.replica.estate.budgets.values().filter(is_hurt);
    let mut hurt: Vec<&SlaGroup> = hurt.filter(|group| group.members.iter().any(|m| m.is_under(path))).collect();
    hurt.sort_by_key(|group| (std::cmp::Reverse(group.budget.state), group.budget.remaining_ms()));
    hurt.into_iter().map(|group| budget(group, canvas))
}

/// What else is wrong: word, name and reason.
fn also(state: &State, problem: &Problem, canvas: &Canvas<'_>) -> Line {
    let (name, reason) = pulse::named(problem, state);
    vec![
        (format!("{} {} ", problem.kind.sign(canvas.glyphs), problem.kind.word()), problem.kind.role()),
        (format!("{name} "), Role::Text),
        (reason, Role::Muted),
    ]
}

/// Lines under one label; a number stands for those that are too many.
fn list(label: &str, lines: impl Iterator<Item = Line>) -> Vec<Line> {
    let mut lines: Vec<Line> = lines.collect();
    let more = lines.len().saturating_sub(SHOWN);
    lines.truncate(SHOWN);
    if more > 0 {
        lines.push(vec![(format!("and {more} more"), Role::Muted)]);
    }
    let labels = std::iter::once(label).chain(std::iter::repeat(""));
    lines.into_iter().zip(labels).map(|(line, label)| labelled(label, line)).collect()
}
