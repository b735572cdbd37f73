//! The Tickets screen over many open tickets, measured through its terminal: `cargo bench --bench tickets`.
//!
//! A core runs, and `BENCH_TICKETS` (10,000) tickets are opened through its API. Then the real binary is started in a
//! pseudo-terminal of 120x40 and keys are timed from outside until they are painted: list, sort, filter, tabs, board and
//! detail. The aim is a 99th percentile under 10 ms.

#![allow(clippy::disallowed_methods, clippy::disallowed_macros, clippy::unwrap_used, clippy::expect_used)]

mod terminal;

use futures_util::StreamExt;
use terminal::{COLUMNS, Console, Core, ROWS, env_or, rss_mib, start_core, terminate};

fn main() {
    let tickets: usize = env_or("BENCH_TICKETS", 10_000);
    let presses: usize = env_or("BENCH_PRESSES", 300);
    let mut core = start_core(env_or("BENCH_SERVICES", 1_000));
    open_tickets(&core, tickets);
    let (first, mut console) = Console::start(&core);
    println!("{tickets} open tickets, {COLUMNS}x{ROWS}; first complete frame {first:.0} ms");
    console.press("4");
    console.settle();
    console.measure("list, down / up", &["\x1b[B", "\x1b[A"], presses);
    console.measure("list, page down / up", &["\x1b[6~", "\x1b[5~"], presses);
    console.measure("list, last / first", &["G", "g"], presses);
    // Every press paints: by number, the order is never the same turned around.
    console.press("s");
    console.measure("turn the order around", &["S"], presses);
    console.measure("next tab", &["v"], presses);
    console.press("/");
    // Each letter narrows the list, each rubbing out makes it wide again.
    console.measure("filter, a letter", &["t", "i", "\x7f", "\x7f"], presses);
    console.measure("filter, by key", &["h", "\x7f", "n", "\x7f"], presses);
    console.press("\x1b");
    console.measure("list / board", &["b"], presses - presses % 2);
    console.press("b");
    assert!(console.text().contains("IN_PROGRESS"), "the board is there: {}", console.text());
    console.measure("board, down / up", &["j", "k"], presses);
    console.measure("detail, next / previous", &["n", "p"], presses);
    println!("memory                  console {} MiB   core {} MiB", rss_mib(console.pid), rss_mib(core.process.id()));
    println!("load                    {}", std::fs::read_to_string("/proc/loadavg").unwrap_or_default().trim());
    drop(console);
    terminate(&mut core.process);
}

/// Open tickets through the API, sixteen at a time.
fn open_tickets(core: &Core, count: usize) {
    const DOCUMENT: &str =
        "mutation($i: NewTicket!, $k: String!) { createTicket(input: $i, idempotencyKey: $k) { number } }";
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let client = reqwest::Client::new();
    let open = async |number: usize| {
        let priority = ["LOW", "MEDIUM", "HIGH", "CRITICAL"][number * 7 % 4];
        let title = format!("{} of machine {number}", ["Disk is full", "Link flaps", "Time is off"][number % 3]);
        let body = serde_json::json!({
            "query": DOCUMENT,
            "variables": { "i": { "title": title, "priority": priority }, "k": format!("bench-{number}") },
        });
        let request = client.post(format!("{}/graphql", core.url)).bearer_auth(&core.token).json(&body);
        let answer: serde_json::Value = request.send().await.unwrap().json().await.unwrap();
        assert!(answer["errors"].is_null(), "{answer}");
    };
    runtime.block_on(futures_util::stream::iter(0..count).for_each_concurrent(16, open));
}
