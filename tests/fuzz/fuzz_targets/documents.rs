//! Bytes as a file, through the whole reader and out as a report.
//!
//! The first byte picks where the file lies, since that decides what it may be. Beside it lie a service, an agent and
//! values, so that what looks across files has something to look at.

#![no_main]

use itops::gitops::{ReadOptions, read_files, render};
use libfuzzer_sys::fuzz_target;

const PLACES: [&str; 5] =
    ["services/a.yaml", "platform/ticketing.d/a.yaml", "platform/a-values.yaml", "it-ops.yaml", "manifests/a.json"];
const SERVICE: &[u8] = include_bytes!("../neighbours/service.yaml");
const AGENT: &[u8] = include_bytes!("../neighbours/agent.yaml");
const VALUES: &[u8] = include_bytes!("../neighbours/values.yaml");

fuzz_target!(|data: &[u8]| {
    let Some((first, bytes)) = data.split_first() else {
        return;
    };
    let place = PLACES[usize::from(*first) % PLACES.len()];
    let files = [
        (place, bytes),
        ("services/service.yaml", SERVICE),
        ("platform/agent-values.yaml", AGENT),
        ("platform/values.yaml", VALUES),
    ];
    let Ok(repository) = read_files(&files, &ReadOptions::default()) else {
        return;
    };
    let _ = render(&repository.faults, &repository.sources, false);
    for fault in &repository.faults {
        assert!(fault.place.line >= 1 && fault.place.column >= 1, "{fault:?}");
        assert!(!fault.message.chars().chain(fault.hint.chars()).any(char::is_control), "{fault:?}");
    }
    for declared in &repository.declared {
        assert!(declared.place.end_line >= declared.place.line, "{declared:?}");
    }
    // The secret of the neighbour stands nowhere, however it is repeated.
    for source in repository.sources.values() {
        assert!(!source.lines.iter().any(|line| line.contains("h4nter2-neighbour")), "{:?}", source.path);
    }
});
