//! Fields before and after: old and new on one line where they fit, below each other where they do not.

use ratatui::text::{Line, Span};

use super::{fit, ink::Ink, yaml::MASK};
use crate::{
    console::{paint::wrap, theme::Role},
    domain::gitops::{FieldChange, Shown},
};

/// Widest name of a field that others are lined up with.
const NAME: usize = 22;

/// A value in the set of signs that is in use.
pub fn text(shown: &Shown, ink: Ink<'_>) -> String {
    match shown {
        Shown::Secret(_) if ink.ascii() => "******".to_owned(),
        Shown::Plain(text) if text.is_empty() => "\"\"".to_owned(),
        other if ink.ascii() => other.text().replace(MASK, "******"),
        other => other.text().to_owned(),
    }
}

/// The lines for these fields in `width` cells.
pub fn lines(fields: &[FieldChange], width: usize, ink: Ink<'_>) -> Vec<Line<'static>> {
    let names = fields.iter().map(|f| fit::cells(&f.field)).max().unwrap_or(0).min(NAME);
    fields.iter().flat_map(|field| one(field, names, width, ink)).collect()
}

fn one(change: &FieldChange, names: usize, width: usize, ink: Ink<'_>) -> Vec<Line<'static>> {
    let head = fit::left(&change.field, names.max(fit::cells(&change.field).min(NAME)), ink.ascii());
    let name = || Span::styled(format!("  {head}  "), ink.style(Role::Info));
    let indent = fit::cells(&head) + 4;
    let room = width.saturating_sub(indent + 2).max(8);
    let arrow = if ink.ascii() { "->" } else { "→" };
    if let (Some(Shown::Secret(_)), Some(Shown::Secret(_))) = (&change.old, &change.new) {
        let said = "a secret, changed".to_owned();
        return vec![Line::from(vec![name(), Span::styled(said, ink.style(Role::Caution))])];
    }
    let old = change.old.as_ref().map(|shown| text(shown, ink));
    let new = change.new.as_ref().map(|shown| text(shown, ink));
    if let (Some(old), Some(new)) = (&old, &new)
        && fit::cells(old) + fit::cells(new) + 4 <= room + 2
    {
        return vec![Line::from(vec![
            name(),
            Span::styled(old.clone(), ink.style(Role::Bad)),
            Span::styled(format!(" {arrow} "), ink.style(Role::Muted)),
            Span::styled(new.clone(), ink.style(Role::Good)),
        ])];
    }
    let mut out: Vec<Line<'static>> = Vec::new();
    for (sign, role, value) in [("-", Role::Bad, old), ("+", Role::Good, new)] {
        for (index, part) in value.into_iter().flat_map(|v| wrap(&v, room)).enumerate() {
            let before = if out.is_empty() { name() } else { Span::raw(" ".repeat(indent)) };
            let sign = if index == 0 { sign } else { " " };
            out.push(Line::from(vec![before, Span::styled(format!("{sign} {part}"), ink.style(role))]));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(field: &str, old: Option<&str>, new: Option<&str>) -> FieldChange {
        FieldChange { field: field.into(), old: old.map(Shown::from), new: new.map(Shown::from) }
    }

    fn shown(fields: &[FieldChange], width: usize, ascii: bool) -> Vec<String> {
        lines(fields, width, Ink::for_tests(ascii)).iter().map(|l| l.to_string().trim_end().to_owned()).collect()
    }

    #[test]
    fn old_and_new_share_a_line_where_they_fit_and_stand_below_each_other_where_not() {
        let fields = [change("team", Some("shop"), Some("payments")), change("slaGroup", None, Some("gold"))];
        assert_eq!(shown(&fields, 40, false), ["  team      shop → payments", "  slaGroup  + gold"]);
        let long = [change("requires", Some("acme/shop/prod/eu-1/cart"), Some("acme/shop/prod/eu-1/db"))];
        assert_eq!(
            shown(&long, 40, false),
            ["  requires  - acme/shop/prod/eu-1/cart", "            + acme/shop/prod/eu-1/db"]
        );
    }

    #[test]
    fn a_secret_shows_that_it_changed_and_never_what_it_is() {
        let field =
            FieldChange { field: "bind".into(), old: Some(Shown::Secret(Some(1))), new: Some(Shown::Secret(Some(2))) };
        assert_eq!(shown(&[field], 60, true), ["  bind  a secret, changed"]);
        let gone = FieldChange { field: "bind".into(), old: Some(Shown::Secret(None)), new: None };
        assert_eq!(shown(&[gone], 60, true), ["  bind  - ******"]);
    }
}
