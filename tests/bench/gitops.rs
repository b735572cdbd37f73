//! How long reading a repository takes and how much memory: `cargo bench --bench gitops`.
//!
//! For each size a repository is generated, then a process of its own reads it, so that its memory is its own. The
//! readings of one process: a first one with nothing known, then again with one file changed each time. Between
//! writing and reading the whole checkout has settled, as it has in a running core. `plan` is what making a plan takes
//! beyond reading: everything created, against nothing; and one thing changed, against what was read before.

#![allow(clippy::disallowed_methods, clippy::disallowed_macros, clippy::unwrap_used, clippy::expect_used)]

mod generator;

use std::{
    fs,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use itops::{
    domain::gitops::{Live, Plan, State},
    gitops::{ReadOptions, Reader, Source},
};

const SIZES: [usize; 3] = [1_000, 10_000, 50_000];
const ROUNDS: usize = 5;

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|a| a != "--bench");
    if let Some(root) = arguments.next() {
        let services = arguments.next().and_then(|s| s.parse().ok()).unwrap_or(0);
        return one(Path::new(&root), services);
    }
    println!("services   files   first   again   one changed   plan all / one   peak memory   things   faults");
    for size in SIZES {
        let root = tempfile::tempdir().unwrap();
        generator::generate(root.path(), size);
        // Until then no stamp can be trusted.
        std::thread::sleep(Duration::from_millis(2_500));
        let run = Command::new(std::env::current_exe().unwrap()).arg(root.path()).arg(size.to_string()).status();
        assert!(run.unwrap().success());
    }
    println!("load       {}", fs::read_to_string("/proc/loadavg").unwrap_or_default().trim());
}

/// Measures one repository and prints its line.
fn one(root: &Path, services: usize) {
    let options = ReadOptions::default();
    let mut first = Vec::new();
    for _ in 0..ROUNDS {
        let mut reader = Reader::new(Source::folder(root.to_owned()), options.clone());
        first.push(timed(|| reader.read().unwrap()).0);
    }
    let mut reader = Reader::new(Source::folder(root.to_owned()), options);
    let mut repository = reader.read().unwrap();
    let first_read = repository.clone();
    let peak_kib = peak_kib();
    // The first reading after a change opens everything once more: only now it is known that nothing was missed.
    let mut change = |round| {
        let (path, text) = generator::changed(services, round);
        fs::write(root.join(path), text).unwrap();
        let (took, read) = timed(|| reader.read().unwrap());
        assert_ne!(read.registry, repository.registry, "the change is seen");
        repository = read;
        took
    };
    let again = change(0);
    let changed = (1..=ROUNDS).map(change).collect();
    let plan = |before: &State, repository| {
        let plan = || Plan::between(before, &State::of(repository), &repository.faults, &Live::default());
        let (took, plan) = timed(plan);
        assert!(!plan.steps.is_empty());
        took
    };
    let all = (0..ROUNDS).map(|_| plan(&State::default(), &repository)).collect();
    let known = State::of(&first_read);
    let one = (0..ROUNDS).map(|_| plan(&known, &repository)).collect();
    println!(
        "{services:>8} {:>7} {:>4.0} ms {:>4.0} ms {:>10.0} ms {:>6.0} / {:>3.0} ms {:>9.0} MiB {:>8} {:>8}",
        repository.files.len(),
        median(first),
        again * 1000.0,
        median(changed),
        median(all),
        median(one),
        peak_kib / 1024.0,
        repository.declared.len(),
        repository.faults.len()
    );
}

fn timed<T>(work: impl FnOnce() -> T) -> (f64, T) {
    let start = Instant::now();
    let out = work();
    (start.elapsed().as_secs_f64(), out)
}

/// In milliseconds.
fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2] * 1000.0
}

fn peak_kib() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
    line.and_then(|l| l.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0.0)
}
