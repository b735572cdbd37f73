//! A plan for people: deletions first, each with what goes with it; held ones apart; then what is created, updated and
//! moved, field by field. Pure. Nothing is left out, and no line is wider than a plain terminal where it can be folded.

use unicode_width::UnicodeWidthStr;

use super::{Tone, rows::paint};
use crate::domain::gitops::{Action, Counts, FieldChange, Place, Plan, Shown, Step};

/// Columns of the terminal that everything fits into.
pub const WIDTH: usize = 80;
/// What stands in front of a step's details.
const INDENT: &str = "    ";
/// Stands for a field that says nothing.
const NOTHING: &str = "(none)";

/// The steps of `plan` under their headings, then a line of counts. `wide` also shows the fields of what is deleted.
pub fn render(plan: &Plan, wide: bool, color: bool) -> String {
    let mut out = String::new();
    let part = |action, held| plan.steps.iter().filter(move |s: &&Step| s.action == action && s.held.is_some() == held);
    let parts: [(&str, Vec<&Step>); 5] = [
        ("TO DELETE", part(Action::Delete, false).collect()),
        ("HELD BACK, NOT DELETED", part(Action::Delete, true).collect()),
        ("TO CREATE", part(Action::Create, false).collect()),
        ("TO UPDATE", part(Action::Update, false).collect()),
        ("MOVED, SAYS THE SAME", part(Action::Move, false).collect()),
    ];
    for (heading, steps) in parts.into_iter().filter(|(_, steps)| !steps.is_empty()) {
        out.push_str(&format!("{heading} ({})\n", steps.len()));
        for step in steps {
            one(&mut out, step, wide, color);
        }
        out.push('\n');
    }
    out.push_str(&summary(plan.counts()));
    out.push('\n');
    out
}

/// `2 to delete, 1 held back, 3 to create, 0 to update, 4 moved`.
pub fn summary(counts: Counts) -> String {
    let Counts { delete, create, update, moved, held } = counts;
    if delete + create + update + moved + held == 0 {
        return "nothing would change".to_owned();
    }
    format!("{delete} to delete, {held} held back, {create} to create, {update} to update, {moved} moved")
}

/// Sign, word and colour of a step.
pub const fn mark(step: &Step) -> (&'static str, &'static str, Tone) {
    match (step.action, &step.held) {
        (_, Some(_)) => ("!", "held", Tone::Unsure),
        (Action::Delete, None) => ("-", "delete", Tone::Bad),
        (Action::Create, None) => ("+", "create", Tone::Good),
        (Action::Update, None) => ("~", "update", Tone::Warn),
        (Action::Move, None) => (">", "moved", Tone::Dim),
    }
}

/// `services/api.yaml:3`.
pub fn place(place: &Place) -> String {
    format!("{}:{}", place.file, place.line)
}

fn one(out: &mut String, step: &Step, wide: bool, color: bool) {
    let (sign, word, tone) = mark(step);
    let head = paint(&format!("{sign} {word:<6}"), tone, color);
    out.push_str(&format!("{head}  {:<11}  {}\n", step.kind.word(), step.name));
    let mut details: Vec<Detail<'_>> = Vec::new();
    if let Some(at) = &step.place {
        let label = if step.action == Action::Delete { "was" } else { "at" };
        details.push(Detail { label, text: place(at), tone: Tone::Dim, change: None });
    }
    if let Some(held) = &step.held {
        details.push(Detail { label: "because", text: held.sentence(), tone: Tone::Unsure, change: None });
    }
    for taken in &step.takes {
        let label = if step.action == Action::Delete { "takes" } else { "note" };
        details.push(Detail { label, text: taken.clone(), tone, change: None });
    }
    if step.action != Action::Delete || wide {
        for change in &step.fields {
            details.push(Detail { label: &change.field, text: said(change), tone: Tone::Plain, change: Some(change) });
        }
    }
    let labels = details.iter().map(|d| d.label.width()).max().unwrap_or(0).min(WIDTH / 4);
    for detail in &details {
        detail.write(out, labels, color);
    }
}

/// One line below a step, folded where it is too wide.
struct Detail<'a> {
    label: &'a str,
    text: String,
    tone: Tone,
    change: Option<&'a FieldChange>,
}

impl Detail<'_> {
    fn write(&self, out: &mut String, labels: usize, color: bool) {
        let pad = " ".repeat(labels.saturating_sub(self.label.width()));
        let start = format!("{INDENT}{}{pad}  ", paint(self.label, Tone::Dim, color));
        let room = WIDTH.saturating_sub(INDENT.len() + labels.max(self.label.width()) + 2);
        if self.text.width() <= room && !self.text.contains('\n') {
            out.push_str(&format!("{start}{}\n", paint(&self.text, self.tone, color)));
            return;
        }
        let Some(FieldChange { old: Some(old), new: Some(new), .. }) = self.change else {
            // One text, folded under its own beginning.
            for (at, line) in fold(&self.text, room.max(20)).into_iter().enumerate() {
                let lead = if at == 0 { start.clone() } else { " ".repeat(WIDTH - room.max(20)) };
                out.push_str(&format!("{lead}{}\n", paint(&line, self.tone, color)));
            }
            return;
        };
        out.push_str(&format!("{INDENT}{}\n", paint(self.label, Tone::Dim, color)));
        for (sign, shown, tone) in [('-', old, Tone::Bad), ('+', new, Tone::Good)] {
            for (at, line) in fold(shown.text(), WIDTH - 8).into_iter().enumerate() {
                let sign = if at == 0 { sign } else { ' ' };
                out.push_str(&format!("{INDENT}  {}\n", paint(&format!("{sign} {line}"), tone, color)));
            }
        }
    }
}

/// What a change says on one line: `old -> new`, or the one side there is.
fn said(change: &FieldChange) -> String {
    match (&change.old, &change.new) {
        (Some(Shown::Secret(_)), Some(Shown::Secret(_))) => "another secret than before".to_owned(),
        (Some(old), Some(new)) => format!("{} -> {}", text(old), text(new)),
        (None, Some(new)) => text(new).to_owned(),
        (Some(old), None) => format!("{} -> {NOTHING}", text(old)),
        (None, None) => NOTHING.to_owned(),
    }
}

fn text(shown: &Shown) -> &str {
    match shown.text() {
        "" => "\"\"",
        text => text,
    }
}

/// Lines of at most `width` cells, broken between words where there are any.
pub fn fold(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        for word in paragraph.split_inclusive(' ') {
            if line.width() + word.trim_end().width() > width && !line.is_empty() {
                lines.push(std::mem::take(&mut line).trim_end().to_owned());
            }
            for letter in word.chars() {
                if line.width() + letter.to_string().width() > width && letter != ' ' {
                    lines.push(std::mem::take(&mut line));
                }
                line.push(letter);
            }
        }
        lines.push(line.trim_end().to_owned());
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::gitops::{DeclaredKind, Held};

    fn step(action: Action, name: &str) -> Step {
        Step {
            action,
            kind: DeclaredKind::Workflow,
            name: name.into(),
            place: Some(Place { file: "tickets/flow.yaml".into(), line: 3, column: 1, end_line: 9 }),
            fields: Vec::new(),
            takes: Vec::new(),
            held: None,
        }
    }

    fn change(field: &str, old: Option<Shown>, new: Option<Shown>) -> FieldChange {
        FieldChange { field: field.into(), old, new }
    }

    fn plan() -> Plan {
        let mut gone = step(Action::Delete, "acme/old");
        gone.takes = vec!["2 open tickets: #12, #40".to_owned()];
        gone.fields = vec![change("displayName", Some("Old".into()), None)];
        let mut held = step(Action::Delete, "acme/kept");
        held.held = Some(Held::NoEntry(DeclaredKind::Workflow));
        let mut update = step(Action::Update, "acme/incident");
        update.fields = vec![
            change("displayName", Some("Incident".into()), Some("Trouble".into())),
            change("password", Some(Shown::Secret(Some(1))), Some(Shown::Secret(Some(2)))),
            change("description", Some("old words ".repeat(9).as_str().into()), Some("new".into())),
            change("team", Some("data".into()), None),
        ];
        let mut fresh = step(Action::Create, "acme/new");
        fresh.fields = vec![change("displayName", None, Some("New".into()))];
        Plan { from: None, to: None, steps: vec![gone, held, fresh, update, step(Action::Move, "acme/same")] }
    }

    #[test]
    fn a_plan_reads_from_deletions_to_moves_and_says_everything() {
        let text = render(&plan(), false, false);
        let wanted = "\
TO DELETE (1)
- delete  workflow     acme/old
    was    tickets/flow.yaml:3
    takes  2 open tickets: #12, #40

HELD BACK, NOT DELETED (1)
! held    workflow     acme/kept
    was      tickets/flow.yaml:3
    because  no valid workflow is declared any more, and an empty kind deletes
             nothing

TO CREATE (1)
+ create  workflow     acme/new
    at           tickets/flow.yaml:3
    displayName  New

TO UPDATE (1)
~ update  workflow     acme/incident
    at           tickets/flow.yaml:3
    displayName  Incident -> Trouble
    password     another secret than before
    description
      - old words old words old words old words old words old words old words
        old words old words
      + new
    team         data -> (none)

MOVED, SAYS THE SAME (1)
> moved   workflow     acme/same
    at  tickets/flow.yaml:3

1 to delete, 1 held back, 1 to create, 1 to update, 1 moved
";
        assert_eq!(text, wanted);
        assert!(text.lines().all(|line| line.width() <= WIDTH), "{text}");
        assert!(render(&plan(), true, false).contains("displayName  Old -> (none)"), "wide shows what is lost");
    }

    #[test]
    fn colour_only_repeats_what_signs_and_words_say() {
        let colored = render(&plan(), false, true);
        assert!(colored.contains("\x1b[1;31m- delete\x1b[0m"), "{colored}");
        let stripped: String = colored
            .split('\x1b')
            .map(|p| p.split_once('m').filter(|_| p.starts_with('[')).map_or(p, |s| s.1))
            .collect();
        assert_eq!(stripped, render(&plan(), false, false));
    }

    #[test]
    fn nothing_is_said_plainly_and_a_word_without_spaces_is_folded_too() {
        assert_eq!(render(&Plan::default(), false, false), "nothing would change\n");
        let folded = fold(&"x".repeat(100), 40);
        assert_eq!(folded.iter().map(String::len).collect::<Vec<_>>(), [40, 40, 20]);
        assert_eq!(fold("a b\nc", 10), ["a b", "c"]);
    }
}
