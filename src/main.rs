//! Parse the command line, launch, and end with the exit code. Everything else is in the library.

use std::process::ExitCode;

use clap::Parser;

/// Several cores of one machine have ten thousand services each: what is free goes back to the system.
#[cfg(all(feature = "server", target_os = "linux", target_arch = "x86_64", target_env = "gnu"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    itops::launch::run(itops::cli::Cli::parse())
}
