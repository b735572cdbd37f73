//! The program: parse the command line, launch, end with its code.

fn main() {}
