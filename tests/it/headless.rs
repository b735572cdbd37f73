//! A demonstration in a process of its own, and commands of the real binary that talk to it.

use std::{
    io::{BufRead, BufReader, Lines},
    path::PathBuf,
    process::{Child, ChildStdout, Command, Output, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;

/// The binary with an environment of its own: an empty home, no settings, no terminal.
pub struct Home(TempDir);

impl Home {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn path(&self) -> &std::path::Path {
        self.0.path()
    }

    pub fn itops(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_itops"));
        command
            .args(arguments)
            .env_clear()
            .env("HOME", self.path())
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("TMPDIR", self.path())
            .stdin(Stdio::null());
        command
    }

    /// Run to the end.
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.itops(arguments).output().unwrap()
    }

    /// Run to the end, which must be exit code 0, and give standard output.
    pub fn ok(&self, arguments: &[&str]) -> String {
        let done = self.run(arguments);
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(done.status.success(), "{arguments:?}: {:?}\n{said}", done.status.code());
        String::from_utf8(done.stdout).unwrap()
    }

    /// The same, read as JSON; the version of the contract is checked.
    pub fn json(&self, arguments: &[&str]) -> Value {
        let text = self.ok(&[arguments, &["-o", "json"]].concat());
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["version"], 1, "{arguments:?} has no version");
        value
    }

    /// Run to the end, which must have this exit code, and give standard error.
    pub fn fails(&self, code: i32, arguments: &[&str]) -> String {
        let done = self.run(arguments);
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        assert_eq!(done.status.code(), Some(code), "{arguments:?} said: {said}");
        said
    }
}

/// A running `itops demo --headless`.
pub struct Headless {
    pub home: Home,
    pub url: String,
    pub login: PathBuf,
    child: Child,
    _lines: Lines<BufReader<ChildStdout>>,
}

impl Headless {
    pub fn start(arguments: &[&str]) -> Self {
        let home = Home::new();
        let mut child = home
            .itops(&[&["demo", "--headless"], arguments].concat())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut next = |start: &str| {
            let line = lines.next().expect("the demonstration ended").unwrap();
            line.strip_prefix(start).unwrap_or_else(|| panic!("`{line}` does not begin with `{start}`")).to_owned()
        };
        let url = next("listening on ");
        let login = next("login in ").into();
        Self { home, url, login, child, _lines: lines }
    }

    /// A field of the login file.
    pub fn login_field(&self, name: &str) -> String {
        let text = std::fs::read_to_string(&self.login).unwrap();
        text.lines().find_map(|l| l.strip_prefix(&format!("{name}: "))).expect(name).to_owned()
    }

    /// Sign in as `user` with the password in the field of the login file.
    pub fn sign_in(&self, user: &str, field: &str) {
        use std::io::Write;
        let mut child = self
            .home
            .itops(&["login", &self.url, "--user", user, "--password-stdin"])
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        writeln!(child.stdin.take().unwrap(), "{}", self.login_field(field)).unwrap();
        assert!(child.wait().unwrap().success());
    }

    /// Tell it to stop and give its exit code.
    pub fn stop(&mut self) -> Option<i32> {
        let id = rustix::process::Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap();
        let _ = rustix::process::kill_process(id, rustix::process::Signal::TERM);
        self.child.wait().unwrap().code()
    }
}

impl Drop for Headless {
    fn drop(&mut self) {
        self.stop();
    }
}
