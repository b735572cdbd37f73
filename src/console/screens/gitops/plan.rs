//! The plan: what would change if the repository were reconciled as it lies now, what the last reconciles did, and what
//! changed between two commits. Opens with deletions; what is held stands apart.

use std::sync::Arc;

use ratatui::text::{Line, Span};

use crate::{
    console::{
        filter::Filter,
        format,
        inflight::Detail,
        paint::wrap,
        theme::Role,
        widgets::{changes, fit, ink::Ink},
    },
    domain::{
        gitops::{Action, Plan, Reconciled, Severity, Step},
        time::Timestamp,
    },
};

use super::{
    Reading,
    rows::{Id, Row, at, without_bare_headings},
};

/// Which plan, or list of plans, is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Which {
    /// From what is in force to the repository as it lies now.
    #[default]
    Pending,
    /// The last reconciles, newest first.
    Log,
    /// What one of them did.
    Done(Timestamp),
    /// From one revision to another.
    Between(Arc<str>, Arc<str>),
}

/// What the core may answer differently: the reading, why a newer one was rejected, how often the user asked again.
pub type Key = (Reading, Option<String>, u64);

/// The plans that are looked at.
#[derive(Clone, Debug, Default)]
pub struct Plans {
    /// Which is shown.
    pub which: Which,
    /// What would change.
    pub pending: Detail<Key, Plan>,
    /// What changed between two revisions.
    pub between: Detail<(Arc<str>, Arc<str>), Plan>,
    /// What the last reconciles did.
    pub done: Detail<Key, Vec<Reconciled>>,
}

impl Plans {
    /// The plan that is shown, and when it came.
    pub fn shown(&self) -> Option<(&Plan, Timestamp)> {
        match &self.which {
            Which::Pending => self.pending.get(|_| true),
            Which::Log => None,
            Which::Done(at) => {
                let (done, came) = self.done.get(|_| true)?;
                done.iter().find(|r| r.at == *at).map(|r| (&r.plan, came))
            }
            Which::Between(from, to) => self.between.get(|key| key.0 == *from && key.1 == *to),
        }
    }

    /// The reconcile whose plan is shown.
    pub fn reconciled(&self, at: Timestamp) -> Option<&Reconciled> {
        self.done.get(|_| true).and_then(|(done, _)| done.iter().find(|r| r.at == at))
    }

    /// How many steps would change something, held ones among them; none while it is not known.
    pub fn waiting(&self) -> Option<usize> {
        let (plan, _) = self.pending.get(|_| true)?;
        Some(plan.steps.iter().filter(|s| s.action != Action::Move).count())
    }

    /// The rows of what is shown.
    pub fn rows(&self, filter: &Filter) -> Vec<Row> {
        if self.which == Which::Log {
            let done = self.done.get(|_| true).map(|(done, _)| done.as_slice()).unwrap_or_default();
            let passes = |r: &Reconciled| {
                let (id, author, subject) =
                    r.commit.as_ref().map_or(("", "", ""), |c| (&*c.id, c.author.as_str(), c.subject.as_str()));
                filter.facts(&[id, author, subject, r.rejected.as_deref().unwrap_or_default()], |_| None)
            };
            return done
                .iter()
                .enumerate()
                .filter(|(_, r)| passes(r))
                .map(|(number, r)| Row {
                    severity: r.rejected.as_ref().map(|_| Severity::Error),
                    ..Row::of(Id::Done(r.at), number)
                })
                .collect();
        }
        self.shown().map(|(plan, _)| steps(plan, filter)).unwrap_or_default()
    }
}

/// Whether a step stands under a heading.
type Belongs = fn(&Step) -> bool;

/// Headings over the steps, in the order in which they are shown, and what stands under them.
const HEADINGS: [(&str, Belongs); 5] = [
    ("Deleted", |s| s.action == Action::Delete && s.held.is_none()),
    ("Held back: not carried out", |s| s.held.is_some()),
    ("Updated", |s| s.action == Action::Update && s.held.is_none()),
    ("Created", |s| s.action == Action::Create && s.held.is_none()),
    ("Moved to another place, says the same", |s| s.action == Action::Move && s.held.is_none()),
];

fn steps(plan: &Plan, filter: &Filter) -> Vec<Row> {
    let mut rows = Vec::with_capacity(plan.steps.len() + HEADINGS.len());
    for (number, (heading, belongs)) in HEADINGS.iter().enumerate() {
        rows.push(Row::of(Id::Heading(heading), number));
        for (number, step) in plan.steps.iter().enumerate().filter(|(_, step)| belongs(step)) {
            if passes(step, filter) {
                rows.push(Row {
                    depth: 1,
                    place: step.place.clone(),
                    ..Row::of(Id::Step(step.action, step.kind, step.name.clone()), number)
                });
            }
        }
    }
    without_bare_headings(rows)
}

fn passes(step: &Step, filter: &Filter) -> bool {
    let action = if step.held.is_some() { "held" } else { step.action.word() };
    let file = step.place.as_ref().map_or("", |p| &*p.file);
    filter.facts(&[action, step.kind.word(), &step.name, file], |key| match key {
        "action" => Some(action),
        "type" => Some(step.kind.word()),
        "path" => Some(&*step.name),
        _ => None,
    })
}

/// Sign and colour of a step.
pub const fn look(step: &Step) -> (&'static str, Role) {
    match (step.action, step.held.is_some()) {
        (_, true) => ("!", Role::Caution),
        (Action::Delete, _) => ("-", Role::Bad),
        (Action::Create, _) => ("+", Role::Good),
        (Action::Update, _) => ("~", Role::Caution),
        (Action::Move, _) => ("=", Role::Muted),
    }
}

/// The counts of a plan in words: `2 deleted, 1 held, 3 updated`; worst first.
pub fn counted(plan: &Plan) -> Vec<(String, Role)> {
    let count = |belongs: Belongs| plan.steps.iter().filter(|s| belongs(s)).count();
    let words = ["deleted", "held back", "updated", "created", "moved"];
    let roles = [Role::Bad, Role::Caution, Role::Caution, Role::Good, Role::Muted];
    HEADINGS
        .iter()
        .zip(words.iter().zip(roles))
        .map(|((_, belongs), (word, role))| (count(*belongs), word, role))
        .filter(|(count, ..)| *count > 0)
        .map(|(count, word, role)| (format!("{count} {word}"), role))
        .collect()
}

/// The counts by sign: `-2`, `!1`, `~3`.
pub fn counted_signs(plan: &Plan) -> Vec<(String, Role)> {
    HEADINGS
        .iter()
        .filter_map(|(_, belongs)| {
            let mut steps = plan.steps.iter().filter(|s| belongs(s));
            let (sign, role) = look(steps.next()?);
            Some((format!("{sign}{}", steps.count() + 1), role))
        })
        .collect()
}

/// The same as one text, for a column; `nothing` for an empty plan.
pub fn counted_short(plan: &Plan) -> String {
    let parts: Vec<String> = counted_signs(plan).into_iter().map(|(text, _)| text).collect();
    if parts.is_empty() { "nothing".to_owned() } else { parts.join(" ") }
}

/// The counts as one text; `nothing` for an empty plan.
pub fn counted_line(plan: &Plan) -> String {
    let parts: Vec<String> = counted(plan).into_iter().map(|(text, _)| text).collect();
    if parts.is_empty() { "nothing".to_owned() } else { parts.join(", ") }
}

/// What stands in the last column of a step: the worst of it.
pub fn gist(step: &Step) -> String {
    if let Some(held) = &step.held {
        return held.sentence();
    }
    match step.action {
        Action::Delete => step.takes.first().map_or_else(
            || "nothing goes with it".to_owned(),
            |first| match step.takes.len() {
                1 => first.clone(),
                more => format!("{first}; {} more", more - 1),
            },
        ),
        Action::Create => format::count(step.fields.len(), "field", "fields"),
        Action::Update => step.fields.iter().map(|f| &*f.field).collect::<Vec<_>>().join(", "),
        Action::Move => step.place.as_ref().map(at).unwrap_or_default(),
    }
}

/// Everything about one step.
pub fn lines(step: &Step, is_done: bool, width: usize, ink: Ink<'_>) -> Vec<Line<'static>> {
    let (sign, role) = look(step);
    let plain = |text: String| Line::from(text);
    let said = |text: &str, role: Role| -> Vec<Line<'static>> {
        wrap(text, width).into_iter().map(|part| Line::from(Span::styled(part, ink.style(role)))).collect()
    };
    let title = |text: &str| Line::from(Span::styled(text.to_owned(), ink.style(Role::Title)));
    let mut out = said(&format!("{sign} {} {} {}", step.action.word(), step.kind.word(), step.name), role);
    if let Some(place) = &step.place {
        let was = if step.action == Action::Delete { "was declared at" } else { "declared at" };
        out.push(Line::from(Span::styled(
            fit::cut(&format!("  {was} {}", at(place)), width, ink.ascii()).into_owned(),
            ink.style(Role::Muted),
        )));
    }
    if let Some(held) = &step.held {
        out.push(plain(String::new()));
        out.push(title(if is_done { "NOT CARRIED OUT" } else { "WOULD NOT BE CARRIED OUT" }));
        out.extend(said(&format!("  {}", held.sentence()), Role::Caution));
    }
    if !step.takes.is_empty() {
        out.push(plain(String::new()));
        out.push(title(if step.action == Action::Delete { "GOES WITH IT" } else { "AFFECTS" }));
        let role = if step.action == Action::Delete { Role::Bad } else { Role::Text };
        for take in &step.takes {
            for (index, part) in wrap(take, width.saturating_sub(4)).into_iter().enumerate() {
                let before = if index == 0 { ink.glyphs.dot } else { " " };
                out.push(Line::from(Span::styled(format!("  {before} {part}"), ink.style(role))));
            }
        }
    }
    if !step.fields.is_empty() {
        out.push(plain(String::new()));
        out.push(title(match step.action {
            Action::Delete => "SAID",
            Action::Create => "SAYS",
            Action::Update | Action::Move => "CHANGES",
        }));
        out.extend(changes::lines(&step.fields, width, ink));
    } else if step.action == Action::Update {
        out.push(plain(String::new()));
        out.extend(said("the texts of its fields were left out of a plan this large", Role::Muted));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::screens::gitops::samples;

    fn filtered(text: &str) -> Vec<String> {
        let mut filter = Filter::default();
        filter.set(text);
        steps(&samples::plan(), &filter)
            .into_iter()
            .map(|row| match row.id {
                Id::Heading(text) => text.to_owned(),
                Id::Step(action, _, name) => format!(" {} {}", action.word(), name.rsplit('/').next().unwrap()),
                other => format!("{other:?}"),
            })
            .collect()
    }

    #[test]
    fn deletions_open_the_plan_and_held_ones_stand_apart() {
        let rows = filtered("");
        assert_eq!(rows[..3], ["Deleted", " delete legacy-cart", "Held back: not carried out"]);
        assert_eq!(counted_line(&samples::plan()), "1 deleted, 2 held back, 2 updated, 1 created, 1 moved");
    }

    #[test]
    fn a_filter_by_action_kind_and_path_is_exact() {
        assert_eq!(filtered("action:delete kind:service"), ["Deleted", " delete legacy-cart"]);
        assert_eq!(filtered("action:held").len(), 3);
        assert_eq!(filtered("path:payment"), ["Updated", " update payment-api"]);
        assert!(filtered("kind:provider action:create").is_empty());
    }

    #[test]
    fn a_step_says_what_goes_with_it_and_why_it_is_held() {
        let plan = samples::plan();
        let text = |number: usize| -> String {
            let lines = lines(&plan.steps[number], false, 70, Ink::for_tests(false));
            lines.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
        };
        assert!(text(0).contains("GOES WITH IT") && text(0).contains("2 open tickets: #1041, #1038"), "{}", text(0));
        let held = plan.steps.iter().position(|s| s.held.is_some()).unwrap();
        assert!(text(held).contains("WOULD NOT BE CARRIED OUT"), "{}", text(held));
    }
}
