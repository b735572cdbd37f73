//! Who may have the data folder: real cores, one after another.

use std::{
    fs::File,
    io::{BufRead, BufReader, Lines},
    process::{Child, ChildStderr, ChildStdout, Command, Stdio},
};

use super::headless::Home;

struct Core {
    process: Child,
    out: Lines<BufReader<ChildStdout>>,
    said: Lines<BufReader<ChildStderr>>,
}

impl Core {
    fn start(home: &Home) -> Self {
        let mut command = home.itops(&["serve", "--environment", "dev", "--no-watch", "--listen", "127.0.0.1:0"]);
        command.args(["--gitops", concat!(env!("CARGO_MANIFEST_DIR"), "/assets/example"), "--data"]);
        command.arg(home.path().join("data")).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let out = BufReader::new(process.stdout.take().unwrap()).lines();
        let said = BufReader::new(process.stderr.take().unwrap()).lines();
        Self { process, out, said }
    }

    fn listens(&mut self) -> bool {
        self.out.next().is_some_and(|line| line.unwrap().starts_with("listening on "))
    }
}

impl Drop for Core {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn a_core_that_was_killed_is_followed_once_what_it_started_lets_go_of_the_folder() {
    let home = Home::new();
    let mut first = Core::start(&home);
    assert!(first.listens());
    let process = first.process.id();
    drop(first);
    // A program that was being started at that moment shares the lock with the one that is gone.
    let lock = File::options().append(true).open(home.path().join("data/itops.lock")).unwrap();
    lock.lock().unwrap();
    let mut started = Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::from(lock)).spawn().unwrap();
    let mut second = Core::start(&home);
    let told = second.said.by_ref().map(Result::unwrap).find(|line| line.contains("another core is using it")).unwrap();
    let unseen = format!("(process {process}, and there is none of that number here: it runs in another container, or");
    assert!(told.contains(&unseen) && told.contains("waiting"), "{told}");
    drop(started.stdin.take());
    started.wait().unwrap();
    assert!(second.listens());
}
