//! A core that runs as a process of its own, and what the machine says of its memory.

use std::{
    io::{BufRead, BufReader, Lines},
    process::{Child, ChildStdout, Command, Stdio},
};

/// Start it; answers the process and what follows each of `wanted` in the lines that it prints, in that order.
pub fn start<const N: usize>(command: &mut Command, wanted: [&str; N]) -> (Child, [String; N]) {
    let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let said = wanted.map(|begin| after(&mut lines, begin));
    // Keep the pipe drained so that the core never blocks on it.
    std::thread::spawn(move || lines.for_each(drop));
    (process, said)
}

fn after(lines: &mut Lines<BufReader<ChildStdout>>, begin: &str) -> String {
    loop {
        let line = lines.next().unwrap_or_else(|| panic!("the core ended before it said `{begin}`")).unwrap();
        if let Some(rest) = line.strip_prefix(begin) {
            return rest.trim().to_owned();
        }
    }
}

/// A line of a process's memory, in MiB: `VmRSS:` is what it holds, `VmHWM:` the most it ever held.
pub fn memory_mib(process: u32, field: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(field));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) / 1024
}
