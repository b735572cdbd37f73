//! The one way in which git is called.
//!
//! A repository's own settings can name programs to run, so nothing here runs hooks, monitors, pagers, external
//! differs, filters or signature checks; replaced and lazily fetched objects are not looked for, and only a fetch that
//! says so may reach out, by one protocol. `safe.directory` stays in force. Whoever does not answer in time is stopped.

use std::{
    ffi::{OsStr, OsString},
    io::Read,
    path::{Path, PathBuf},
    process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc,
    },
    thread::JoinHandle,
    time::Duration,
};

use super::super::redact;
use crate::domain::text::clean_line;

/// How long one answer of git may take.
const READ_BUDGET: Duration = Duration::from_secs(60);
/// How long a fetch may take; the first one of a large repository is slow.
const FETCH_BUDGET: Duration = Duration::from_secs(600);
/// Longest answer that is taken; the list of 50,000 files is some 10 MB.
const ANSWER_LIMIT: u64 = 128 * 1024 * 1024;
/// As much of what git complains is kept.
const COMPLAINT_LIMIT: u64 = 8 * 1024;

/// How git says that it does not know why nothing came over ssh.
const UNREAD: &str = "Could not read from remote repository";

/// Set by hooks, wrappers and people who look for a fault in git; they would point it at another repository, at a
/// program, or write addresses where we read.
const TAKEN_AWAY: &[&str] = &[
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_COMMON_DIR",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_NAMESPACE",
    "GIT_PREFIX",
    "GIT_EXTERNAL_DIFF",
    "GIT_DIFF_OPTS",
    "GIT_ATTR_SOURCE",
    "GIT_GRAFT_FILE",
    "GIT_SHALLOW_FILE",
    "GIT_REPLACE_REF_BASE",
    "GIT_TEMPLATE_DIR",
    "GIT_GLOB_PATHSPECS",
    "GIT_NOGLOB_PATHSPECS",
    "GIT_ICASE_PATHSPECS",
    "GIT_ASKPASS",
    "SSH_ASKPASS",
    "GIT_PROXY_COMMAND",
    "GIT_TRACE",
    "GIT_TRACE_PACKET",
    "GIT_TRACE_CURL",
    "GIT_TRACE2",
    "GIT_CURL_VERBOSE",
    "GIT_REDIRECT_STDERR",
    // Our own secrets are nobody else's: not git's, not ssh's, not a credential helper's.
    "ITOPS_TOKEN",
    "ITOPS_API_KEY",
    "ITOPS_JWT_SECRET",
    "ITOPS_SECURITY_OPERATOR_API_KEY",
    "ITOPS_OPERATOR_API_KEY",
    "ITOPS_BOOTSTRAP_ADMIN_PASSWORD",
    "ITOPS_DATABASE_PASSWORD",
    "ITOPS_LICENSE_KEY",
    "ITOPS_SLA_PORTAL_API_KEY",
];

/// Settings that win over those of the repository and of the person.
const SETTINGS: &[&str] = &[
    "core.fsmonitor=false",
    // Paths as they are: a quoted one would not be found again.
    "core.quotePath=false",
    "core.hooksPath=/dev/null",
    "protocol.allow=never",
    "blame.ignoreRevsFile=",
    "mailmap.file=",
    "mailmap.blob=",
    "diff.renameLimit=1000",
    "diff.orderFile=/dev/null",
    "advice.objectNameWarning=false",
    "gc.autoDetach=false",
    "maintenance.autoDetach=false",
];

/// Where git is to look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// In this folder: a work tree, a folder inside of one, or a bare repository.
    Folder(PathBuf),
    /// In this bare repository of ours, and nowhere else.
    Mirror(PathBuf),
}

/// How git reaches another machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// With the machine's certificates.
    Https,
    /// With the keys of the user it runs as.
    Ssh,
    /// Another folder of this machine.
    File,
}

impl Protocol {
    /// As git calls it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Https => "https",
            Self::Ssh => "ssh",
            Self::File => "file",
        }
    }
}

/// Why git gave no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The program is not there.
    NoGit,
    /// There is no repository.
    NotARepository,
    /// It was stopped.
    TooLong,
    /// It said more than anybody wants to hear.
    TooMuch,
    /// What it said; cleaned and redacted.
    Said(String),
}

impl Failure {
    /// Why, in words for people.
    pub fn sentence(&self) -> String {
        match self {
            Self::NoGit => "git is not installed".to_owned(),
            Self::NotARepository => "it is no git repository".to_owned(),
            Self::TooLong => "git did not answer in time and was stopped".to_owned(),
            Self::TooMuch => "git's answer is too long".to_owned(),
            Self::Said(what) => what.clone(),
        }
    }
}

/// The git program and how patient we are with it.
#[derive(Debug)]
pub struct Git {
    program: OsString,
    read_budget: Duration,
    fetch_budget: Duration,
    started: AtomicU64,
}

impl Git {
    /// The one of this name, or at this path.
    pub fn new(program: impl Into<OsString>) -> Self {
        Self {
            program: program.into(),
            read_budget: READ_BUDGET,
            fetch_budget: FETCH_BUDGET,
            started: AtomicU64::new(0),
        }
    }

    /// The same with one patience for everything.
    #[cfg(test)]
    pub fn with_budget(mut self, budget: Duration) -> Self {
        (self.read_budget, self.fetch_budget) = (budget, budget);
        self
    }

    /// How many processes were started so far.
    pub fn started(&self) -> u64 {
        self.started.load(Ordering::Relaxed)
    }

    /// What git prints for a command that only reads.
    ///
    /// # Errors
    /// When it fails, is not there, or takes too long.
    pub fn ask<A: AsRef<OsStr>>(&self, at: &Location, args: &[A]) -> Result<Vec<u8>, Failure> {
        self.run(self.command(at, args), self.read_budget)
    }

    /// Run a command that may reach out by `protocol`. `header` goes with every request to `https`.
    ///
    /// # Errors
    /// When it fails, is not there, or takes too long.
    pub fn reach<A: AsRef<OsStr>>(
        &self,
        at: &Location,
        protocol: Protocol,
        header: Option<&str>,
        args: &[A],
    ) -> Result<Vec<u8>, Failure> {
        let mut options: Vec<OsString> = Vec::new();
        let mut option = |name: &str, value: &str| options.extend([name.into(), value.into()]);
        // Somebody who set GIT_SSH_COMMAND keeps it: it wins over this.
        option("-c", "core.sshCommand=ssh -oBatchMode=yes -oConnectTimeout=20");
        option("-c", "http.lowSpeedLimit=1000");
        option("-c", "http.lowSpeedTime=60");
        option("-c", "credential.interactive=false");
        if header.is_some() {
            // A redirect would take the header along to another host.
            option("-c", "http.followRedirects=false");
            // By the environment: arguments can be seen by everybody on the machine.
            options.push("--config-env=http.extraHeader=ITOPS_GIT_HEADER".into());
        }
        options.extend(args.iter().map(|a| a.as_ref().to_owned()));
        let mut command = self.command(at, &options);
        command.env("GIT_ALLOW_PROTOCOL", protocol.word());
        if let Some(header) = header {
            command.env("ITOPS_GIT_HEADER", header);
        }
        self.run(command, self.fetch_budget)
    }

    /// Start a command that is asked many things.
    ///
    /// # Errors
    /// When it is not there or cannot be started.
    pub fn talk<A: AsRef<OsStr>>(&self, at: &Location, args: &[A]) -> Result<Talk, Failure> {
        let mut command = self.command(at, args);
        command.stdin(Stdio::piped());
        Talk::start(self.spawn(command)?, self.read_budget)
    }

    fn run(&self, command: Command, budget: Duration) -> Result<Vec<u8>, Failure> {
        let mut child = self.spawn(command)?;
        let out = child.stdout.take();
        let watched = Watched::over(child, budget)?;
        watched.busy.fetch_add(1, Ordering::Relaxed);
        let mut bytes = Vec::new();
        let read = out.map_or(Ok(0), |out| out.take(ANSWER_LIMIT + 1).read_to_end(&mut bytes));
        let is_too_much = bytes.len() as u64 > ANSWER_LIMIT;
        let end = watched.end(is_too_much || read.is_err());
        match end {
            _ if is_too_much => Err(Failure::TooMuch),
            Ended { is_late: true, .. } => Err(Failure::TooLong),
            Ended { status: Some(status), .. } if status.success() => Ok(bytes),
            Ended { said, .. } => Err(complaint(&said)),
        }
    }

    fn spawn(&self, mut command: Command) -> Result<Child, Failure> {
        self.started.fetch_add(1, Ordering::Relaxed);
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        command.spawn().map_err(|e| match e.kind() {
            std::io::ErrorKind::NotFound | std::io::ErrorKind::PermissionDenied => Failure::NoGit,
            _ => Failure::Said(format!("git cannot be started: {e}")),
        })
    }

    fn command<A: AsRef<OsStr>>(&self, at: &Location, args: &[A]) -> Command {
        let mut command = Command::new(&self.program);
        for variable in TAKEN_AWAY {
            command.env_remove(variable);
        }
        match at {
            Location::Folder(folder) => {
                command.arg("-C").arg(folder);
                // What looks like a repository is one or is damaged; another one further up is not meant.
                match ceiling(folder) {
                    Some(ceiling) => command.env("GIT_CEILING_DIRECTORIES", ceiling),
                    None => command.env_remove("GIT_CEILING_DIRECTORIES"),
                };
            }
            Location::Mirror(folder) => {
                command.arg("--git-dir").arg(folder);
            }
        }
        command.args(["--no-pager", "--no-replace-objects", "--literal-pathspecs"]);
        for setting in SETTINGS {
            command.args(["-c", setting]);
        }
        command
            .args(args)
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_OPTIONAL_LOCKS", "0")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_NO_LAZY_FETCH", "1")
            // Wins over any `protocol.*.allow` of the repository.
            .env("GIT_ALLOW_PROTOCOL", "none")
            .env("LC_ALL", "C")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }
}

/// Whether a folder is the top of something that is or was a repository.
pub fn is_marked(folder: &Path) -> bool {
    folder.join(".git").symlink_metadata().is_ok() || (folder.join("objects").is_dir() && folder.join("refs").is_dir())
}

fn ceiling(folder: &Path) -> Option<PathBuf> {
    if !is_marked(folder) {
        return None;
    }
    folder.canonicalize().ok()?.parent().map(Path::to_owned)
}

/// What git complained, short and without anything secret.
fn complaint(said: &[u8]) -> Failure {
    let said = String::from_utf8_lossy(said);
    if said.contains("not a git repository") || said.contains("cannot change to") {
        return Failure::NotARepository;
    }
    if said.contains("dubious ownership") {
        let advice = said.lines().map(str::trim).find(|l| l.starts_with("git config")).unwrap_or_default();
        let what = format!("it belongs to another user (safe.directory); if that is right, run: {advice}");
        return Failure::Said(redact::line(&clean_line(&what)));
    }
    let lines = || said.lines().map(str::trim).filter(|line| !line.is_empty());
    let mut told: Vec<&str> =
        lines().filter_map(|l| ["fatal: ", "error: "].iter().find_map(|p| l.strip_prefix(p))).take(3).collect();
    if told.is_empty() {
        told = lines().take(2).collect();
    }
    told.dedup();
    if told.first().is_some_and(|first| first.starts_with(UNREAD)) {
        // Whoever knows why said it before: ssh, or the other side.
        let why = lines().take_while(|l| !l.starts_with("fatal: ")).filter(|l| !l.starts_with("warning: ")).last();
        told.splice(0..0, why.map(|why| why.trim_end_matches('.')));
    }
    let text = redact::line(&clean_line(&told.join("; ")));
    Failure::Said(if text.is_empty() { "git failed without a word".to_owned() } else { text })
}

/// A process that is stopped when it stops answering.
struct Watched {
    child: Child,
    /// Odd while an answer is awaited.
    busy: Arc<AtomicU64>,
    tell: mpsc::Sender<()>,
    watch: JoinHandle<bool>,
    said: Option<JoinHandle<Vec<u8>>>,
}

/// How it ended.
struct Ended {
    status: Option<ExitStatus>,
    is_late: bool,
    said: Vec<u8>,
}

impl Watched {
    fn over(mut child: Child, budget: Duration) -> Result<Self, Failure> {
        let cannot = |e: std::io::Error| Failure::Said(format!("no thread for git: {e}"));
        let named = |name: &str| std::thread::Builder::new().name(name.to_owned());
        let busy = Arc::new(AtomicU64::new(0));
        let (tell, told) = mpsc::channel();
        let (seen, id) = (busy.clone(), child.id());
        let watch = named("git watch").spawn(move || watch(&told, &seen, id, budget)).map_err(cannot)?;
        let stderr = child.stderr.take();
        let said = stderr.map(|err| named("git stderr").spawn(move || listen(err))).transpose().map_err(cannot)?;
        Ok(Self { child, busy, tell, watch, said })
    }

    /// Wait for its end; when it is of no use any more, make one.
    fn end(mut self, is_useless: bool) -> Ended {
        if is_useless {
            stop(self.child.id(), Signal::Now);
        }
        let said = self.said.take().and_then(|s| s.join().ok()).unwrap_or_default();
        let status = self.child.wait().ok();
        drop(self.tell);
        Ended { status, is_late: self.watch.join().unwrap_or(false), said }
    }
}

/// Stop the process when one answer takes longer than `budget`. Whether it did.
fn watch(told: &mpsc::Receiver<()>, busy: &AtomicU64, id: u32, budget: Duration) -> bool {
    let mut last = 1;
    loop {
        match told.recv_timeout(budget) {
            Err(mpsc::RecvTimeoutError::Timeout) => {}
            Ok(()) | Err(mpsc::RecvTimeoutError::Disconnected) => return false,
        }
        let now = busy.load(Ordering::Relaxed);
        if now % 2 == 1 && now == last {
            // Asked first, so that it takes its lock files away.
            stop(id, Signal::Soon);
            if let Err(mpsc::RecvTimeoutError::Timeout) = told.recv_timeout(Duration::from_secs(2)) {
                stop(id, Signal::Now);
            }
            return true;
        }
        last = now;
    }
}

/// The beginning of what git says beside its answer; the rest is heard and forgotten, so that it never waits for us.
fn listen(err: ChildStderr) -> Vec<u8> {
    let mut kept = Vec::new();
    let mut err = err.take(COMPLAINT_LIMIT);
    let _ = err.read_to_end(&mut kept);
    let _ = std::io::copy(&mut err.into_inner(), &mut std::io::sink());
    kept
}

enum Signal {
    Soon,
    Now,
}

/// Stop a process and those it started, such as ssh.
#[cfg(unix)]
fn stop(id: u32, signal: Signal) {
    use rustix::process::{Pid, Signal as Unix, kill_process_group};
    let signal = match signal {
        Signal::Soon => Unix::TERM,
        Signal::Now => Unix::KILL,
    };
    if let Some(group) = i32::try_from(id).ok().and_then(Pid::from_raw) {
        let _ = kill_process_group(group, signal);
    }
}

#[cfg(not(unix))]
fn stop(_: u32, _: Signal) {}

/// A git that is asked many things, one after the other. Ends when dropped.
pub struct Talk {
    stdin: Option<ChildStdin>,
    out: std::io::BufReader<ChildStdout>,
    watched: Option<Watched>,
}

impl Talk {
    fn start(mut child: Child, budget: Duration) -> Result<Self, Failure> {
        let (stdin, out) = (child.stdin.take(), child.stdout.take());
        let out = out.ok_or_else(|| Failure::Said("git cannot be heard".to_owned()))?;
        let watched = Some(Watched::over(child, budget)?);
        Ok(Self { stdin, out: std::io::BufReader::with_capacity(64 * 1024, out), watched })
    }

    /// Say `question` and take the answer in with `hear`.
    ///
    /// # Errors
    /// When git went away or was stopped; what it said then.
    pub fn say<T>(
        &mut self,
        question: &str,
        hear: impl FnOnce(&mut std::io::BufReader<ChildStdout>) -> std::io::Result<T>,
    ) -> Result<T, Failure> {
        use std::io::Write;
        let gone = || Failure::Said("git went away".to_owned());
        let busy = &self.watched.as_ref().ok_or_else(gone)?.busy;
        busy.fetch_add(1, Ordering::Relaxed);
        let asked = self.stdin.as_mut().map_or(Ok(()), |stdin| stdin.write_all(question.as_bytes()));
        let heard = asked.and_then(|()| hear(&mut self.out));
        busy.fetch_add(1, Ordering::Relaxed);
        heard.map_err(|_| {
            self.stdin = None;
            match self.watched.take().map(|watched| watched.end(true)) {
                Some(Ended { is_late: true, .. }) => Failure::TooLong,
                Some(Ended { said, .. }) if !said.is_empty() => complaint(&said),
                _ => gone(),
            }
        })
    }
}

impl Drop for Talk {
    fn drop(&mut self) {
        self.stdin = None;
        if let Some(watched) = self.watched.take() {
            watched.end(true);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_call_is_hardened() {
        let command = Git::new("git").command(&Location::Folder(".".into()), &["log"]);
        let args: Vec<_> = command.get_args().map(|a| a.to_string_lossy().into_owned()).collect();
        let log = args.iter().position(|a| a == "log").unwrap();
        let wanted = [
            "--no-pager",
            "--literal-pathspecs",
            "core.fsmonitor=false",
            "core.hooksPath=/dev/null",
            "protocol.allow=never",
        ];
        for wanted in wanted {
            assert!(args[..log].iter().any(|a| a == wanted), "{wanted} must stand before the command");
        }
        let set = |name: &str| command.get_envs().find(|(key, _)| *key == name).map(|(_, value)| value.is_some());
        for name in ["GIT_CONFIG_NOSYSTEM", "GIT_OPTIONAL_LOCKS", "GIT_TERMINAL_PROMPT", "GIT_NO_LAZY_FETCH", "LC_ALL"]
        {
            assert_eq!(set(name), Some(true), "{name}");
        }
        for name in ["GIT_DIR", "GIT_ASKPASS", "GIT_TRACE"] {
            assert_eq!(set(name), Some(false), "{name} is taken away");
        }
    }

    #[test]
    fn a_program_that_is_not_there_is_no_git() {
        let git = Git::new("/nowhere/git");
        assert_eq!(git.ask(&Location::Folder(".".into()), &["version"]), Err(Failure::NoGit));
    }

    #[test]
    fn complaints_are_short_and_hold_no_secret() {
        let said = b"warning: x\nfatal: unable to access 'https://bob:hunter2x@git.example/x.git/': refused\nhint: y\n";
        let Failure::Said(text) = complaint(said) else { panic!("said") };
        assert!(text.starts_with("unable to access") && !text.contains("hunter2x"), "{text}");
        let said = b"Warning: Permanently added x.\nHost key verification failed.\nfatal: Could not read from remote repository.\n\n\
                     Please make sure you have the correct access rights\nand the repository exists.\n";
        let why = "Host key verification failed; Could not read from remote repository.";
        assert_eq!(complaint(said), Failure::Said(why.to_owned()), "ssh knows why");
        let said = b"fatal: Could not read from remote repository.\n";
        assert_eq!(complaint(said), Failure::Said("Could not read from remote repository.".to_owned()));
        assert_eq!(
            complaint(b"fatal: not a git repository (or any of the parent directories): .git\n"),
            Failure::NotARepository
        );
    }

    #[cfg(unix)]
    #[test]
    fn who_does_not_answer_is_stopped_with_what_it_started() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("slow");
        std::fs::write(&program, "#!/bin/sh\nsleep 1000 &\nsleep 1000\n").unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        let git = Git::new(&program).with_budget(Duration::from_millis(20));
        let here = Location::Folder(folder.path().to_owned());
        assert_eq!(git.ask(&here, &["log"]), Err(Failure::TooLong));
        let mut talk = git.talk(&here, &["cat-file"]).unwrap();
        let heard = talk.say("x\n", |out| {
            let mut byte = [0];
            out.read_exact(&mut byte)
        });
        assert_eq!(heard, Err(Failure::TooLong));
    }
}
