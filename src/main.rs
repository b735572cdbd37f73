//! Parse the command line, launch, and end with the exit code. Everything else is in the library.

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    itops::launch::run(itops::cli::Cli::parse())
}
