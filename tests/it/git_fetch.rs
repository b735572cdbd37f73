//! A core that reads its repository from another machine: over https from a real `git http-backend`, and over ssh. All of it
//! on loopback, with the real binary, whose environment says whose certificates and keys are believed.

mod backend;
mod sshd;

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::headless::Home;
use backend::Backend;

/// A bare repository with one commit that declares something, and a home for the core that fetches it.
struct Stage {
    home: Home,
    /// Name and value of what is set for the core and all it starts.
    environment: Vec<(&'static str, String)>,
}

impl Stage {
    fn new() -> Self {
        let stage = Self { home: Home::new(), environment: Vec::new() };
        let work = stage.home.path().join("work");
        fs::create_dir_all(&work).unwrap();
        let values = "ticketing:\n  org: acme\n  groups:\n    - name: dba\n      users: [oncall]\n";
        fs::write(work.join("values.yaml"), values).unwrap();
        stage.git(&["init", "-q", "-b", "trunk", work.to_str().unwrap()]);
        let at = work.to_str().unwrap();
        stage.git(&["-C", at, "add", "-A"]);
        stage.git(&["-C", at, "commit", "-q", "-m", "the groups"]);
        stage.git(&["clone", "-q", "--bare", at, stage.bare().to_str().unwrap()]);
        stage
    }

    /// Where the server looks for repositories.
    fn root(&self) -> PathBuf {
        self.home.path().join("served")
    }

    fn bare(&self) -> PathBuf {
        self.root().join("infra.git")
    }

    fn git(&self, arguments: &[&str]) -> String {
        let mut command = Command::new("git");
        command.args(arguments).env("HOME", self.home.path()).env("GIT_CONFIG_NOSYSTEM", "1");
        for who in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{who}_NAME"), "Platform Team");
            command.env(format!("GIT_{who}_EMAIL"), "platform@acme.example");
        }
        let done = command.output().unwrap();
        assert!(done.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap()
    }

    fn data(&self) -> PathBuf {
        self.home.path().join("data")
    }

    /// A core on the repository at `url`, and what it said until it listened or gave up.
    fn serve(&self, url: &str) -> Said {
        let data = self.data();
        let arguments = ["serve", "--gitops", url, "--listen", "127.0.0.1:0", "--environment", "dev", "--data"];
        let mut command = self.home.itops(&arguments);
        command.arg(&data).envs(self.environment.iter().map(|(name, value)| (*name, value.as_str())));
        let mut core = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let first = BufReader::new(core.stdout.take().unwrap()).lines().next();
        let listens = first.is_some_and(|line| line.unwrap().starts_with("listening on "));
        let _ = core.kill();
        let mut error = String::new();
        core.stderr.take().unwrap().read_to_string(&mut error).unwrap();
        core.wait().unwrap();
        Said { listens, error }
    }

    /// The commit that the branch of this name has in the core's copy.
    fn fetched(&self, revision: &str) -> String {
        let mirrors: Vec<PathBuf> =
            fs::read_dir(self.data().join("mirrors")).unwrap().map(|e| e.unwrap().path()).collect();
        let [mirror] = mirrors.as_slice() else { panic!("one copy: {mirrors:?}") };
        self.git(&["--git-dir", mirror.to_str().unwrap(), "rev-parse", revision])
    }

    fn committed(&self) -> String {
        self.git(&["--git-dir", self.bare().to_str().unwrap(), "rev-parse", "trunk"])
    }
}

#[derive(Debug)]
struct Said {
    listens: bool,
    error: String,
}

/// Whether any file below `folder` holds any of these words.
fn holds(folder: &Path, words: &[&str]) -> bool {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).any(|path| {
        if path.is_dir() {
            return holds(&path, words);
        }
        let bytes = fs::read(&path).unwrap();
        words.iter().any(|word| bytes.windows(word.len()).any(|window| window == word.as_bytes()))
    })
}

const PASSWORD: &str = "hunter2-over-https";
/// `bob:hunter2-over-https` as HTTP writes it.
const BASIC: &str = "Basic Ym9iOmh1bnRlcjItb3Zlci1odHRwcw==";

fn authority() -> String {
    concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/tls/ca.pem").to_owned()
}

#[test]
fn a_repository_is_fetched_over_https_with_a_password_that_is_kept_nowhere() {
    let mut stage = Stage::new();
    stage.environment.push(("GIT_SSL_CAINFO", authority()));
    let backend = Backend::start(stage.root(), BASIC);
    let said = stage.serve(&format!("https://bob:{PASSWORD}@localhost:{}/infra.git", backend.port));
    assert!(said.listens, "{}", said.error);
    assert_eq!(stage.fetched("trunk"), stage.committed());
    assert_eq!(stage.fetched("HEAD"), stage.committed(), "the branch that the other side points at");
    let asked = backend.asked();
    assert!(asked.iter().any(|what| what.contains("service=git-upload-pack")), "{asked:?}");
    assert!(asked.iter().any(|what| what.ends_with("/git-upload-pack")), "by the smart protocol: {asked:?}");
    let secrets = [PASSWORD, BASIC.split_once(' ').unwrap().1];
    assert!(!secrets.iter().any(|secret| said.error.contains(secret)), "{}", said.error);
    assert!(!holds(&stage.data(), &secrets), "neither in the copy nor in the database");
}

#[test]
fn a_wrong_password_is_said_without_it_and_without_asking_anybody() {
    let mut stage = Stage::new();
    stage.environment.push(("GIT_SSL_CAINFO", authority()));
    let backend = Backend::start(stage.root(), BASIC);
    let said = stage.serve(&format!("https://bob:not-{PASSWORD}@localhost:{}/infra.git", backend.port));
    assert!(!said.listens && said.error.contains(&format!("https://localhost:{}/infra.git", backend.port)), "{said:?}");
    assert!(!said.error.contains(PASSWORD), "{said:?}");
    assert!(!holds(&stage.data(), &[PASSWORD]));
}

#[test]
fn a_certificate_that_nobody_vouches_for_is_not_believed() {
    let stage = Stage::new();
    let backend = Backend::start(stage.root(), BASIC);
    let said = stage.serve(&format!("https://bob:{PASSWORD}@localhost:{}/infra.git", backend.port));
    assert!(!said.listens && said.error.contains("certificate"), "{said:?}");
    assert!(backend.asked().is_empty(), "nothing is said to a stranger");
}

#[test]
fn a_repository_is_fetched_over_ssh_which_asks_nobody_and_waits_for_nobody() {
    let mut stage = Stage::new();
    let asked = sshd::stand_in(&mut stage);
    let said = stage.serve(&format!("ssh://git@git.example:2222{}", stage.bare().display()));
    assert!(said.listens, "{}", said.error);
    assert_eq!(stage.fetched("trunk"), stage.committed());
    let asked = fs::read_to_string(asked).unwrap();
    let words: Vec<&str> = asked.lines().collect();
    for wanted in ["-oBatchMode=yes", "-oConnectTimeout=20", "git@git.example", "2222"] {
        assert!(words.contains(&wanted), "{wanted}: {words:?}");
    }
    assert!(words.iter().any(|word| word.starts_with("git-upload-pack ")), "{words:?}");
    assert!(!words.iter().any(|word| word.starts_with("git-receive-pack")), "it only reads");
}

#[test]
fn a_repository_is_fetched_from_a_real_sshd_whose_key_is_known() {
    let mut stage = Stage::new();
    let Some(server) = sshd::Sshd::start(&mut stage) else { return };
    let said = stage.serve(&server.url(&stage.bare()));
    assert!(said.listens, "{}", said.error);
    assert_eq!(stage.fetched("trunk"), stage.committed());
    server.forget_host_key();
    fs::remove_dir_all(stage.data()).unwrap();
    let said = stage.serve(&server.url(&stage.bare()));
    assert!(!said.listens && said.error.contains("Host key verification failed"), "{said:?}");
}
