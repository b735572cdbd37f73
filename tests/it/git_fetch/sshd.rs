//! The other side of ssh: a program that stands in for ssh itself, and a real sshd where this machine has one.

use std::{
    fs,
    net::TcpListener,
    os::{fd::OwnedFd, unix::fs::PermissionsExt},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::Stage;

/// Put a program called `ssh` first in the way of the core. It notes what it is asked in the file that is given back, and does
/// on this machine what it was to do on the other.
pub fn stand_in(stage: &mut Stage) -> PathBuf {
    let folder = stage.home.path().join("bin");
    fs::create_dir_all(&folder).unwrap();
    let (program, asked) = (folder.join("ssh"), folder.join("asked"));
    let script = format!(
        "#!/bin/sh\nprintf '%s\\n' \"$@\" >>'{}'\n\
         for last; do [ \"$last\" != -G ] || exit 0; done\nexec sh -c \"$last\"\n",
        asked.display()
    );
    fs::write(&program, script).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let path = std::env::var("PATH").unwrap_or_default();
    stage.environment.push(("PATH", format!("{}:{path}", folder.display())));
    asked
}

const SSHD: &str = "/usr/sbin/sshd";

/// A real one, which serves each connection to a port of loopback by a process of its own.
pub struct Sshd {
    folder: PathBuf,
    port: u16,
}

impl Sshd {
    /// None where there is no such program on this machine, or it lacks what it needs there, such as `/run/sshd`.
    pub fn start(stage: &mut Stage) -> Option<Self> {
        if !Path::new(SSHD).exists() {
            println!("{SSHD} is not there; ssh is only tried with a program that stands in for it");
            return None;
        }
        let folder = stage.home.path().join("ssh");
        fs::create_dir_all(&folder).unwrap();
        let at = |name: &str| folder.join(name).display().to_string();
        for name in ["host", "user"] {
            let made = Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f", &at(name)]).status();
            assert!(made.unwrap().success());
        }
        fs::copy(folder.join("user.pub"), folder.join("authorized")).unwrap();
        let server = format!(
            "HostKey {}\nAuthorizedKeysFile {}\nStrictModes no\nUsePAM no\nPasswordAuthentication no\n\
             KbdInteractiveAuthentication no\nPermitRootLogin prohibit-password\nPidFile none\n",
            at("host"),
            at("authorized")
        );
        fs::write(folder.join("sshd_config"), server).unwrap();
        let tried = Command::new(SSHD).args(["-t", "-f", &at("sshd_config")]).output().unwrap();
        if !tried.status.success() {
            println!("{SSHD} cannot serve here: {}", String::from_utf8_lossy(&tried.stderr));
            return None;
        }
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let host = fs::read_to_string(folder.join("host.pub")).unwrap();
        fs::write(folder.join("known"), format!("[127.0.0.1]:{port} {host}")).unwrap();
        let client = format!(
            "IdentityFile {}\nIdentitiesOnly yes\nUserKnownHostsFile {}\nGlobalKnownHostsFile none\n\
             StrictHostKeyChecking yes\nBatchMode yes\n",
            at("user"),
            at("known")
        );
        fs::write(folder.join("ssh_config"), client).unwrap();
        stage.environment.push(("GIT_SSH_COMMAND", format!("ssh -F {}", at("ssh_config"))));
        let config = at("sshd_config");
        std::thread::spawn(move || {
            for socket in listener.incoming() {
                let socket = OwnedFd::from(socket.unwrap());
                let mut command = Command::new(SSHD);
                command.args(["-i", "-e", "-f", &config]);
                command
                    .stdin(Stdio::from(socket.try_clone().unwrap()))
                    .stdout(Stdio::from(socket))
                    .stderr(Stdio::null());
                let mut serving = command.spawn().unwrap();
                std::thread::spawn(move || serving.wait());
            }
        });
        Some(Self { folder, port })
    }

    /// The address of a repository of this machine, as who is asked by it.
    pub fn url(&self, bare: &Path) -> String {
        let who = Command::new("id").arg("-un").output().unwrap();
        let who = String::from_utf8(who.stdout).unwrap();
        format!("ssh://{}@127.0.0.1:{}{}", who.trim(), self.port, bare.display())
    }

    /// Nobody knows this machine any more.
    pub fn forget_host_key(&self) {
        fs::write(self.folder.join("known"), "").unwrap();
    }
}
