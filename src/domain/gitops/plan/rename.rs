//! A service under a new path looks like one that goes and one that comes; this says so when nothing else changed.

use std::collections::{BTreeMap, BTreeSet};

use super::{Action, Step};
use crate::domain::gitops::DeclaredKind;

/// Fields and what they say, apart from what follows from the path.
type Likeness = Vec<(String, String)>;

/// Say of each deleted and created service that one looks like the other under a new name.
pub fn say(steps: &mut [Step]) {
    let of = |action| {
        let wanted = move |step: &Step| step.kind == DeclaredKind::Service && step.action == action;
        steps.iter().enumerate().filter(move |(_, step)| wanted(step)).map(|(index, _)| index).collect::<Vec<usize>>()
    };
    let (gone, come) = (of(Action::Delete), of(Action::Create));
    if gone.is_empty() || come.is_empty() {
        return;
    }
    let mut alike: BTreeMap<Likeness, (Vec<usize>, Vec<usize>)> = BTreeMap::new();
    for index in gone {
        alike.entry(likeness(&steps[index])).or_default().0.push(index);
    }
    for index in come {
        if let Some((_, come)) = alike.get_mut(&likeness(&steps[index])) {
            come.push(index);
        }
    }
    for (gone, come) in alike.into_values() {
        for (old, new) in pairs(steps, &gone, &come) {
            let (was, is) = (steps[old].name.clone(), steps[new].name.clone());
            let words = format!(
                "looks like a rename of {was}: only the path differs; history and tickets stay with the old one"
            );
            steps[new].takes.push(words);
            steps[old].takes.push(format!("looks like a rename to {is}"));
        }
    }
}

/// Who became whom: the same name on another node, else another name on the same node; only where there is one choice.
fn pairs(steps: &[Step], gone: &[usize], come: &[usize]) -> Vec<(usize, usize)> {
    let mut out = Vec::new();
    let mut taken: BTreeSet<usize> = BTreeSet::new();
    for part in [|path| parts(path).1, |path| parts(path).0] as [fn(&str) -> &str; 2] {
        let by_part = |all: &[usize]| {
            let mut by: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
            for index in all.iter().filter(|index| !taken.contains(index)) {
                by.entry(part(&steps[*index].name)).or_default().push(*index);
            }
            by
        };
        let (old, new) = (by_part(gone), by_part(come));
        let mut found = Vec::new();
        for (name, old) in &old {
            if let ([old], Some([new])) = (old.as_slice(), new.get(name).map(Vec::as_slice)) {
                found.push((*old, *new));
            }
        }
        taken.extend(found.iter().flat_map(|(old, new)| [*old, *new]));
        out.extend(found);
    }
    out
}

/// Node and name of a path.
fn parts(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

fn likeness(step: &Step) -> Likeness {
    let name = parts(&step.name).1;
    let squeezed =
        |text: &str| -> String { text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect() };
    let said = |field: &str, text: &str| match field {
        "displayName" if squeezed(text) == squeezed(name) => String::new(),
        "workload" if parts(text).1 == name => parts(text).0.to_owned(),
        _ => text.to_owned(),
    };
    let texts = step.fields.iter().filter_map(|c| Some((&c.field, c.old.as_ref().or(c.new.as_ref())?.text())));
    texts.map(|(field, text)| (field.to_string(), said(field, text))).collect()
}
