//! Faults for people: each with its line and a caret, then one line that sums up.

use std::{collections::BTreeMap, sync::Arc};

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use crate::domain::gitops::{Fault, Severity, SourceFile};

/// The faults as a report. Lines are shown only from `sources`, which hold redacted files of ours; for any other file
/// the place is named. `color` turns on terminal colours.
pub fn render(faults: &[Fault], sources: &BTreeMap<Arc<str>, SourceFile>, color: bool) -> String {
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    let mut out = String::new();
    for fault in faults {
        out.push_str(&one(fault, sources.get(&fault.place.file), &renderer));
        out.push_str("\n\n");
    }
    out.push_str(&summary(faults));
    out.push('\n');
    out
}

fn one(fault: &Fault, source: Option<&SourceFile>, renderer: &Renderer) -> String {
    let level = match fault.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level.primary_title(fault.message.as_str()).id(fault.code.code());
    let line = source.and_then(|s| s.lines.get(fault.place.line.saturating_sub(1) as usize));
    let group: Group<'_> = match line {
        Some(line) => {
            let span = caret(line, fault.place.column);
            let snippet = Snippet::source(line)
                .line_start(fault.place.line as usize)
                .path(&*fault.place.file)
                .annotation(AnnotationKind::Primary.span(span));
            title.element(snippet)
        }
        None => title.element(
            Origin::path(&*fault.place.file).line(fault.place.line as usize).char_column(fault.place.column as usize),
        ),
    };
    let group = if fault.hint.is_empty() { group } else { group.element(Level::HELP.message(fault.hint.as_str())) };
    renderer.render(&[group])
}

/// The bytes of the word that begins at `column`; at least one place.
fn caret(line: &str, column: u32) -> std::ops::Range<usize> {
    let start = line.char_indices().nth(column.saturating_sub(1) as usize).map_or(line.len(), |(at, _)| at);
    let word =
        line[start..].find(|c: char| c.is_whitespace() || matches!(c, ',' | '}' | ']')).unwrap_or(line.len() - start);
    let least = line[start..].chars().next().map_or(0, char::len_utf8);
    start..start + word.max(least)
}

/// `2 errors and 1 warning in 3 files`.
fn summary(faults: &[Fault]) -> String {
    let count = |severity| faults.iter().filter(|f| f.severity == severity).count();
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    let mut files: Vec<&str> = faults.iter().map(|f| &*f.place.file).collect();
    files.sort_unstable();
    files.dedup();
    let many = |n: usize, word: &str| format!("{n} {word}{}", if n == 1 { "" } else { "s" });
    if faults.is_empty() {
        return "no errors and no warnings".to_owned();
    }
    format!("{} and {} in {}", many(errors, "error"), many(warnings, "warning"), many(files.len(), "file"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::gitops::{FaultCode, Place};

    fn fault(file: &str, line: u32, column: u32) -> Fault {
        Fault {
            place: Place { file: file.into(), line, column, end_line: line },
            severity: Severity::Warning,
            code: FaultCode::UnknownKey,
            message: "`slagroup` means nothing in a service".to_owned(),
            hint: "did you mean `slaGroup`?".to_owned(),
        }
    }

    #[test]
    fn report_shows_line_caret_hint_and_sum() {
        let source = SourceFile {
            path: "a.yaml".into(),
            lines: ["x: 1", "  slagroup: y"].into_iter().collect(),
            faults: Vec::new(),
            declared: Vec::new(),
        };
        let sources = BTreeMap::from([(Arc::from("a.yaml"), source)]);
        let out = render(&[fault("a.yaml", 2, 3), fault("broken.yaml", 7, 1)], &sources, false);
        assert!(out.contains("warning[W103]: `slagroup` means nothing in a service"), "{out}");
        assert!(out.contains("a.yaml:2:3"), "{out}");
        assert!(out.contains("^^^^^^^^^"), "{out}");
        assert!(out.contains("did you mean `slaGroup`?"), "{out}");
        assert!(out.contains("broken.yaml:7:1"), "{out}");
        assert!(out.ends_with("0 errors and 2 warnings in 2 files\n"), "{out}");
    }

    #[test]
    fn caret_stays_inside_the_line() {
        for column in [0, 1, 3, 9, 4_000] {
            let range = caret("äb c", column);
            assert!(range.end <= "äb c".len() && range.start <= range.end);
        }
        assert!(render(&[fault("a.yaml", 99, 99)], &BTreeMap::new(), true).contains("a.yaml"));
    }
}
