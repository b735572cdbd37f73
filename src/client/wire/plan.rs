//! What would change, what did change, and where life differs from what is declared.

use serde::Deserialize;

use super::{
    At, Line, Path, Text, Word,
    gitops::{CommitShape, PlaceShape},
    health::moment,
    many, optional,
};
use crate::domain::gitops::{
    Action, DeclaredKind, Drift, FieldChange, Held, IsDeclared, Plan, Reconciled, Running, Shown, Step,
};

/// A value as it may be shown; a secret comes without its text.
#[derive(Deserialize)]
pub struct ShownShape {
    value: Option<Text>,
    #[serde(default)]
    secret: bool,
}

/// One field before and after.
#[derive(Deserialize)]
pub struct FieldChangeShape {
    field: Line,
    old: Option<ShownShape>,
    new: Option<ShownShape>,
}

/// One thing that would change.
#[derive(Deserialize)]
pub struct StepShape {
    action: Word<Action>,
    kind: Word<DeclaredKind>,
    name: Line,
    place: Option<PlaceShape>,
    #[serde(default)]
    fields: Vec<FieldChangeShape>,
    #[serde(default)]
    takes: Vec<Line>,
    held: Option<Line>,
}

/// Everything that would change.
#[derive(Deserialize)]
pub struct PlanShape {
    from: Option<Line>,
    to: Option<Line>,
    steps: Vec<StepShape>,
}

/// One reconciliation that took place.
#[derive(Deserialize)]
pub struct ReconcileShape {
    at: At,
    commit: Option<CommitShape>,
    plan: PlanShape,
    rejected: Option<Text>,
}

/// A service on both axes.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DriftShape {
    path: Path,
    declared: Word<IsDeclared>,
    running: RunningShape,
    #[serde(default)]
    fields: Vec<FieldChangeShape>,
    reporter: Option<Line>,
    last_seen: Option<At>,
    place: Option<PlaceShape>,
}

/// The second axis, without its fields.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunningShape {
    /// Declared and reported disagree.
    Differs,
    /// The workload is not there.
    Missing,
    /// No report ever came.
    NeverReported,
    /// Reports stopped.
    Silent,
    /// All agrees.
    AsDeclared,
}

impl From<ShownShape> for Shown {
    fn from(s: ShownShape) -> Self {
        if s.secret { Self::Secret(None) } else { Self::Plain(s.value.unwrap_or_default().0.into()) }
    }
}

impl From<FieldChangeShape> for FieldChange {
    fn from(f: FieldChangeShape) -> Self {
        Self { field: f.field.0.into(), old: f.old.map(Into::into), new: f.new.map(Into::into) }
    }
}

impl From<StepShape> for Step {
    fn from(s: StepShape) -> Self {
        Self {
            action: s.action.0,
            kind: s.kind.0,
            name: s.name.0.into(),
            place: s.place.map(Into::into),
            fields: s.fields.into_iter().map(Into::into).collect(),
            takes: many(s.takes),
            held: s.held.map(|why| Held::Said(why.0.into())),
        }
    }
}

impl From<PlanShape> for Plan {
    fn from(p: PlanShape) -> Self {
        Self { from: optional(p.from), to: optional(p.to), steps: p.steps.into_iter().map(Into::into).collect() }
    }
}

impl From<ReconcileShape> for Reconciled {
    fn from(r: ReconcileShape) -> Self {
        Self {
            at: r.at.0,
            commit: r.commit.map(Into::into),
            plan: r.plan.into(),
            rejected: r.rejected.map(|text| text.0),
        }
    }
}

impl From<DriftShape> for Drift {
    fn from(d: DriftShape) -> Self {
        let fields = d.fields.into_iter().map(Into::into).collect();
        Self {
            path: d.path.0,
            declared: d.declared.0,
            running: match d.running {
                RunningShape::Differs => Running::Differs(fields),
                RunningShape::Missing => Running::Missing,
                RunningShape::NeverReported => Running::NeverReported,
                RunningShape::Silent => Running::Silent,
                RunningShape::AsDeclared => Running::AsDeclared,
            },
            reporter: optional(d.reporter),
            last_seen: moment(d.last_seen),
            place: d.place.map(Into::into),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_is_read_with_its_secrets_held_steps_and_what_goes_along() {
        let plan: PlanShape = serde_json::from_str(
            r#"{"from":"abc","to":null,"steps":[
                {"action":"delete","kind":"workflow","name":"acme/old","place":{"file":"t.yaml","line":3,"column":1,"endLine":9},
                 "fields":[{"field":"password","old":{"value":null,"secret":true},"new":null}],
                 "takes":["2 open tickets: #12, #40\u001b[2J"],"held":"the source is missing"}]}"#,
        )
        .unwrap();
        let plan = Plan::from(plan);
        let step = &plan.steps[0];
        assert_eq!((step.action, step.kind, &*step.name), (Action::Delete, DeclaredKind::Workflow, "acme/old"));
        assert_eq!(step.fields[0].old, Some(Shown::Secret(None)));
        assert_eq!(step.takes, ["2 open tickets: #12, #40\u{fffd}[2J"], "cleaned on the way in");
        assert_eq!(step.held.as_ref().unwrap().sentence(), "the source is missing");
        assert_eq!((plan.from.as_deref(), plan.to), (Some("abc"), None));
    }

    #[test]
    fn drift_keeps_its_fields_only_where_something_differs() {
        let read = |running: &str| {
            let text = format!(
                r#"{{"path":"a/b/c/d/e","declared":"declared","running":"{running}",
                    "fields":[{{"field":"team","old":{{"value":"data","secret":false}},"new":null}}],
                    "reporter":"agent","lastSeen":"1970-01-01T00:00:01Z","place":null}}"#
            );
            Drift::from(serde_json::from_str::<DriftShape>(&text).unwrap())
        };
        let Running::Differs(fields) = read("differs").running else { panic!("it differs") };
        assert_eq!((&*fields[0].field, fields[0].old.as_ref().map(Shown::text)), ("team", Some("data")));
        assert_eq!(read("never-reported").running, Running::NeverReported);
        assert_eq!(read("silent").last_seen.map(|at| at.ms()), Some(1_000));
    }

    #[test]
    fn every_word_of_the_second_axis_is_known() {
        let all = [
            Running::Differs(Vec::new()),
            Running::Missing,
            Running::NeverReported,
            Running::Silent,
            Running::AsDeclared,
        ];
        for running in all {
            let text = format!("\"{}\"", running.word());
            assert!(serde_json::from_str::<RunningShape>(&text).is_ok(), "{text}");
        }
    }

    #[test]
    fn a_rejected_reconciliation_says_why() {
        let text = r#"{"at":"1970-01-01T00:00:02Z","commit":{"id":"c0ffee","author":"Platform Team",
            "at":"1970-01-01T00:00:01Z","subject":"s"},"plan":{"from":null,"to":null,"steps":[]},"rejected":"2 errors"}"#;
        let done = Reconciled::from(serde_json::from_str::<ReconcileShape>(text).unwrap());
        assert_eq!((done.at.ms(), done.rejected.as_deref()), (2_000, Some("2 errors")));
        assert_eq!(done.commit.map(|c| c.author).as_deref(), Some("Platform Team"));
    }
}
