//! Every command in README does what README says. The lines are taken from the file, so that the two cannot part.

use std::{
    io::{BufRead, BufReader},
    process::Stdio,
};

use clap::Parser;
use itops::cli::Cli;

use super::headless::Headless;

const README: &str = include_str!("../../README.md");

/// What keeps running until a person ends it: each is started by a test of its own.
const STAYS: [&str; 3] = ["demo", "serve", "watch"];

#[test]
fn every_command_in_readme_works() {
    let core = Headless::start(&[]);
    core.sign_in("oncall", "password");
    let mut ran = 0;
    for line in commands() {
        let words = words(&line);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        assert!(Cli::try_parse_from(&words).is_ok(), "README has `{line}`, which is no command");
        let verb = words[1];
        // Signing in was done above, at the address that this run happens to have.
        if words.iter().any(|word| STAYS.contains(word)) || verb == "login" {
            continue;
        }
        let mut command = core.home.itops(&words[1..]);
        // Where README says `.` it means the reader's own repository, and here that is the example.
        let root = env!("CARGO_MANIFEST_DIR");
        let own = words.contains(&".");
        command.current_dir(if own { format!("{root}/assets/example") } else { root.to_owned() });
        if verb == "report" {
            command.env("ITOPS_URL", &core.url).env("ITOPS_API_KEY", core.login_field("api_key"));
        }
        let done = command.output().unwrap();
        let said = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "`{line}` ended with {:?}\n{said}", done.status.code());
        ran += 1;
    }
    assert!(ran >= 12, "only {ran} commands were found");
}

#[test]
fn a_core_of_ones_own_starts_as_readme_says() {
    let line = commands().into_iter().find(|line| line.starts_with("itops serve")).unwrap();
    let home = super::headless::Home::new();
    let words = words(&line);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let mut command = home.itops(&words[1..]);
    command.args(["--listen", "127.0.0.1:0", "--data"]).arg(home.path().join("data"));
    command.current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/example")).stdout(Stdio::piped());
    let mut core = command.spawn().unwrap();
    let first = BufReader::new(core.stdout.take().unwrap()).lines().next().unwrap().unwrap();
    assert!(first.starts_with("listening on http://127.0.0.1:"), "{first}");
    core.kill().unwrap();
    core.wait().unwrap();
}

#[test]
fn readme_points_at_nothing_that_is_not_there() {
    for link in README.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
        let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(link);
        assert!(link.starts_with("http") || file.exists(), "README links to {link}");
    }
}

/// The commands in README's shell blocks, as `itops ...`.
fn commands() -> Vec<String> {
    let mut found = Vec::new();
    let mut inside = false;
    for line in README.lines() {
        if line.starts_with("```") {
            inside = line == "```sh";
        } else if inside && !line.is_empty() {
            let line = line.replace("cargo run --release -- ", "itops ");
            assert!(line.starts_with("itops "), "README asks for `{line}`, which nothing here runs");
            found.push(line);
        }
    }
    found
}

/// Words of a shell line; single quotes hold words together.
fn words(line: &str) -> Vec<String> {
    line.split('\'')
        .enumerate()
        .flat_map(|(index, part)| {
            if index % 2 == 1 { vec![part.to_owned()] } else { part.split_whitespace().map(str::to_owned).collect() }
        })
        .collect()
}
