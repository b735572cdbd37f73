//! Tidiness as an ordinary test: who may use whom, how long files are, what may not stand in them.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// Lines a file may have before it must be looked at and split.
const FILE_LIMIT: usize = 600;

/// A layer, what it may take from the crate, and words that must not stand in it.
struct Layer {
    folder: &'static str,
    /// Left out of `folder`: a layer of its own.
    without: &'static [&'static str],
    may_use: &'static [&'static str],
    must_not: &'static [&'static str],
}

/// The table of the architecture (src/lib.rs).
const LAYERS: &[Layer] = &[
    Layer {
        folder: "src/domain",
        without: &[],
        may_use: &["domain"],
        must_not: &[
            "tokio::",
            "ratatui::",
            "crossterm::",
            "sqlx::",
            "tracing::",
            "reqwest::",
            "serde::",
            "std::fs",
            "std::net",
            "std::env",
            "async fn",
        ],
    },
    Layer { folder: "src/world.rs", without: &[], may_use: &["domain"], must_not: &["reqwest::", "sqlx::"] },
    Layer {
        folder: "src/gitops",
        without: &[],
        may_use: &["domain", "world", "gitops"],
        must_not: &["ratatui::", "reqwest::", "sqlx::", "axum::"],
    },
    Layer {
        folder: "src/client",
        without: &[],
        may_use: &["domain", "world", "client"],
        must_not: &["ratatui::", "crossterm::", "sqlx::", "axum::"],
    },
    Layer {
        folder: "src/server",
        without: &["src/server/outbound"],
        may_use: &["domain", "world", "gitops", "server"],
        must_not: &["ratatui::", "crossterm::", "reqwest::"],
    },
    // The way out: it sends HTTP, and knows neither the truth nor the store, so that nothing leaves by accident.
    Layer {
        folder: "src/server/outbound",
        without: &[],
        may_use: &["domain"],
        must_not: &["ratatui::", "crossterm::", "sqlx::", "axum::"],
    },
    Layer {
        folder: "src/console",
        without: &["src/console/shell"],
        may_use: &["domain", "console", "client::error", "client::ApiError", "settings", "testing"],
        must_not: &[
            "tokio::",
            "crossterm::",
            "std::io",
            "std::fs",
            "std::net",
            "std::thread",
            "std::env",
            "mpsc",
            "async fn",
            "World",
        ],
    },
    Layer {
        folder: "src/console/shell",
        without: &[],
        may_use: &["domain", "console", "client", "world", "settings"],
        must_not: &["sqlx::", "axum::"],
    },
];

#[test]
fn layers_use_only_what_they_may() {
    let mut faults = Vec::new();
    for layer in LAYERS {
        for file in sources(layer.folder) {
            if layer.without.iter().any(|skip| file.starts_with(root().join(skip))) {
                continue;
            }
            let text = fs::read_to_string(&file).unwrap();
            for (number, line) in production_lines(&text) {
                for used in crate_uses(line) {
                    let allowed = layer
                        .may_use
                        .iter()
                        .any(|may| used == *may || used.strip_prefix(may).is_some_and(|rest| rest.starts_with("::")));
                    if !allowed {
                        faults.push(format!("{}:{number}: {} may not use crate::{used}", shown(&file), layer.folder));
                    }
                }
                for word in layer.must_not {
                    if line.contains(word) {
                        faults.push(format!("{}:{number}: `{word}` has no place in {}", shown(&file), layer.folder));
                    }
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn no_file_is_too_long() {
    let long: Vec<String> = sources("src")
        .into_iter()
        .chain(sources("tests"))
        .filter_map(|file| {
            let lines = fs::read_to_string(&file).unwrap().lines().count();
            (lines > FILE_LIMIT).then(|| format!("{} has {lines} lines; the limit is {FILE_LIMIT}", shown(&file)))
        })
        .collect();
    assert!(long.is_empty(), "{}", long.join("\n"));
}

#[test]
fn every_folder_says_what_lives_in_it() {
    let silent: Vec<String> = sources("src")
        .into_iter()
        .filter(|file| !fs::read_to_string(file).unwrap().trim_start().starts_with("//!"))
        .filter(|file| !file.ends_with("src/main.rs") || !fs::read_to_string(file).unwrap().contains("//!"))
        .map(|file| shown(&file))
        .collect();
    assert!(silent.is_empty(), "without a header: {}", silent.join(", "));
}

#[test]
fn no_stub_and_no_ignored_test() {
    // Put together here so that this file does not find itself.
    let words =
        [["todo", "!("].concat(), ["unimplemented", "!("].concat(), ["#[", "ignore"].concat(), ["dbg", "!("].concat()];
    let mut faults = Vec::new();
    for file in sources("src").into_iter().chain(sources("tests")) {
        let text = fs::read_to_string(&file).unwrap();
        for (index, line) in text.lines().enumerate() {
            if words.iter().any(|word| line.contains(word.as_str())) {
                faults.push(format!("{}:{}: {}", shown(&file), index + 1, line.trim()));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn no_module_is_named_after_nothing() {
    let vague: BTreeSet<&str> = ["utils", "util", "common", "helpers", "misc", "manager", "config"].into();
    let named: Vec<String> = sources("src")
        .into_iter()
        .filter(|file| file.iter().any(|part| vague.contains(part.to_string_lossy().trim_end_matches(".rs"))))
        .map(|file| shown(&file))
        .collect();
    assert!(named.is_empty(), "say what lives there: {}", named.join(", "));
}

/// Lines outside `#[cfg(test)]` modules and comments, with their numbers.
fn production_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .take_while(|(_, line)| !line.starts_with("#[cfg(test)]"))
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
        .map(|(index, line)| (index + 1, line))
}

/// What a line takes from the crate, as `module` or `module::item`; braces are not followed over lines.
fn crate_uses(line: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = line;
    while let Some(at) = rest.find("crate::") {
        let before = rest[..at].chars().next_back();
        rest = &rest[at + "crate::".len()..];
        if before == Some('$') || before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')).unwrap_or(rest.len());
        let path = rest[..end].trim_end_matches(':');
        if !path.is_empty() {
            found.push(path);
        }
    }
    found
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn shown(file: &Path) -> String {
    file.strip_prefix(root()).unwrap_or(file).display().to_string()
}

fn sources(under: &str) -> Vec<PathBuf> {
    let start = root().join(under);
    if start.is_file() {
        return vec![start];
    }
    let mut found = Vec::new();
    let mut folders = vec![start];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}
