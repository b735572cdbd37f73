//! The console as a person meets it, measured through its terminal: `cargo bench --bench console`.
//!
//! A core with `BENCH_SERVICES` (10,000) services runs; then the real binary is started in a pseudo-terminal of
//! 120x40 and timed from outside: start to the first complete frame, key to painted frame, bytes and CPU while idle,
//! memory. Floors and peers are a matter for the machine at hand; the figures here are absolute, so give the load.

#![allow(clippy::disallowed_methods, clippy::disallowed_macros, clippy::unwrap_used, clippy::expect_used)]

mod terminal;

use std::time::Duration;

use terminal::{COLUMNS, Console, ROWS, env_or, rss_mib, start_core, terminate};

fn main() {
    let services: u32 = env_or("BENCH_SERVICES", 10_000);
    let presses: usize = env_or("BENCH_PRESSES", 120);
    let idle_s: u64 = env_or("BENCH_IDLE_SECONDS", 20);
    let mut core = start_core(services);
    let mut starts: Vec<f64> = (0..5).map(|_| Console::start(&core).0).collect();
    starts.sort_by(f64::total_cmp);
    println!("{services} services, {COLUMNS}x{ROWS}");
    println!("first complete frame    median {:.0} ms   worst {:.0} ms", starts[2], starts[4]);

    let (_, mut console) = Console::start(&core);
    for (name, keys) in
        [("down / up", ["\x1b[B", "\x1b[A"]), ("page down / up", ["\x1b[6~", "\x1b[5~"]), ("screen 1 / 2", ["1", "2"])]
    {
        if name != "screen 1 / 2" {
            console.press("2");
        }
        console.measure(name, &keys, presses);
    }
    let (bytes, cpu) = console.idle(Duration::from_secs(idle_s));
    println!("idle for {idle_s} s            {:.1} B/s   CPU {:.2} ms/s", bytes / idle_s as f64, cpu / idle_s as f64);
    println!("memory                  console {} MiB   core {} MiB", rss_mib(console.pid), rss_mib(core.process.id()));
    println!("load                    {}", std::fs::read_to_string("/proc/loadavg").unwrap_or_default().trim());
    drop(console);
    terminate(&mut core.process);
}
