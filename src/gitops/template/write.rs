//! A template as text, written one way only: fixed order of keys, names in order, quotes only where they are needed.

use std::fmt::Write;

use super::Template;
use crate::domain::{
    gitops::state::words,
    sla::DeclaredGroup,
    tickets::{Category, Item, Workflow},
};

/// The text of a template.
pub fn text(template: &Template) -> String {
    let mut out = Lines(String::new());
    out.entry(0, "version", "1");
    let catalog = &template.catalog;
    let has_ticketing = !template.org.is_empty()
        || !template.workflows.is_empty()
        || !catalog.categories.is_empty()
        || !catalog.items.is_empty();
    if has_ticketing {
        out.open(0, "ticketing");
        out.text(1, "org", &template.org);
        if !template.workflows.is_empty() {
            out.open(1, "workflows");
            template.workflows.values().for_each(|workflow| out.workflow(workflow));
        }
        if !catalog.categories.is_empty() || !catalog.items.is_empty() {
            out.open(1, "catalog");
        }
        if !catalog.categories.is_empty() {
            out.open(2, "categories");
            catalog.categories.iter().for_each(|category| out.category(category));
        }
        if !catalog.items.is_empty() {
            out.open(2, "items");
            catalog.items.values().for_each(|item| out.item(item));
        }
    }
    if !template.sla_groups.is_empty() {
        out.open(0, "slaDefinitions");
        template.sla_groups.values().for_each(|group| out.sla_group(group));
    }
    out.0
}

/// Text line by line, two columns for each level.
struct Lines(String);

impl Lines {
    fn line(&mut self, level: usize, text: std::fmt::Arguments<'_>) {
        for _ in 0..level {
            self.0.push_str("  ");
        }
        // Writing to a text cannot fail.
        let _ = self.0.write_fmt(text);
        self.0.push('\n');
    }

    fn open(&mut self, level: usize, key: &str) {
        self.line(level, format_args!("{key}:"));
    }

    /// A value that needs no quotes.
    fn entry(&mut self, level: usize, key: &str, value: &str) {
        self.line(level, format_args!("{key}: {value}"));
    }

    /// A text; an empty one says nothing.
    fn text(&mut self, level: usize, key: &str, text: &str) {
        if !text.is_empty() {
            self.line(level, format_args!("{key}: {}", scalar(text)));
        }
    }

    /// The first key of an entry of a list.
    fn first(&mut self, level: usize, key: &str, text: &str) {
        self.line(level, format_args!("- {key}: {}", scalar(text)));
    }

    fn workflow(&mut self, workflow: &Workflow) {
        self.first(2, "name", workflow.name.as_str());
        self.text(3, "displayName", &workflow.display_name);
        self.open(3, "transitions");
        for transition in &workflow.transitions {
            self.first(4, "from", transition.from.word());
            self.text(5, "to", transition.to.word());
            self.text(5, "role", transition.role.word());
        }
    }

    fn category(&mut self, category: &Category) {
        self.first(3, "name", &category.name);
        self.text(4, "displayName", &category.display_name);
    }

    fn item(&mut self, item: &Item) {
        self.first(3, "name", item.name.as_str());
        self.text(4, "category", &item.category);
        self.text(4, "displayName", &item.display_name);
        self.text(4, "description", &item.description);
        self.text(4, "workflow", &item.workflow);
        if item.priority.is_some() || item.assignee_group.is_some() {
            self.open(4, "defaults");
            self.text(5, "priority", item.priority.map_or("", |priority| priority.word()));
            self.text(5, "assigneeGroup", item.assignee_group.as_deref().unwrap_or_default());
        }
        if item.response_minutes.is_some() || item.resolution_minutes.is_some() {
            self.open(4, "sla");
            for (key, minutes) in
                [("responseMinutes", item.response_minutes), ("resolutionMinutes", item.resolution_minutes)]
            {
                if let Some(minutes) = minutes {
                    self.entry(5, key, &minutes.to_string());
                }
            }
        }
    }

    fn sla_group(&mut self, group: &DeclaredGroup) {
        self.first(1, "name", &group.name);
        self.text(2, "displayName", &group.display_name);
        self.text(2, "tier", &group.tier.0);
        self.open(2, "targets");
        self.entry(3, "uptime", &(f64::from(group.target.millionths()) / 10_000.0).to_string());
        for (key, ms) in [("responseTime", group.response_ms), ("resolutionTime", group.resolution_ms)] {
            if let Some(ms) = ms {
                self.entry(3, key, &words::lasting(ms));
            }
        }
        self.entry(2, "period", &group.period.word());
        self.entry(2, "aggregation", group.aggregation.word());
        if group.maintenance_is_down {
            self.entry(2, "selfDeclaredMaintenance", "down");
        }
    }
}

/// As it is where every YAML reader takes it for the same text, else in double quotes.
fn scalar(text: &str) -> String {
    if is_plain(text) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if is_shown(c) => out.push(c),
            c => {
                let _ = write!(out, "\\U{:08x}", u32::from(c));
            }
        }
    }
    out.push('"');
    out
}

/// Words of letters, digits and a few signs, one space between them; none of those that mean something else.
fn is_plain(text: &str) -> bool {
    const WORDS: [&str; 9] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"];
    let is_word = |word: &str| {
        !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/'))
    };
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.split(' ').all(is_word)
        && !WORDS.iter().any(|word| word.eq_ignore_ascii_case(text))
}

/// Whether a character stands in quotes as it is.
const fn is_shown(c: char) -> bool {
    !matches!(c, '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_be_taken_for_something_else_stands_in_quotes() {
        for plain in ["a", "Incident Response", "acme/shop/prod/strict", "eu-1.2_x"] {
            assert_eq!(scalar(plain), plain);
        }
        for (text, quoted) in [
            ("yes", "\"yes\""),
            ("NULL", "\"NULL\""),
            ("15", "\"15\""),
            ("1.5e3", "\"1.5e3\""),
            ("a: b", "\"a: b\""),
            (" a", "\" a\""),
            ("a  b", "\"a  b\""),
            ("- a", "\"- a\""),
            ("say \"x\"\\", "\"say \\\"x\\\"\\\\\""),
            ("a\nb", "\"a\\nb\""),
            ("árvíz", "\"árvíz\""),
            ("\u{7}", "\"\\U00000007\""),
        ] {
            assert_eq!(scalar(text), quoted);
        }
    }
}
