//! A core that runs, and the real binary in a pseudo-terminal of 120x40, timed from outside.

#![allow(dead_code, reason = "each benchmark uses its own part")]

use std::{
    io::{BufRead, BufReader, Read, Write},
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    time::{Duration, Instant},
};

use portable_pty::{CommandBuilder, PtySize, native_pty_system};

pub const COLUMNS: u16 = 120;
pub const ROWS: u16 = 40;
/// Output is over when nothing came for this long.
const QUIET: Duration = Duration::from_millis(30);

pub fn env_or<T: std::str::FromStr>(name: &str, fallback: T) -> T {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(fallback)
}

pub struct Core {
    pub process: Child,
    pub url: String,
    pub token: String,
}

pub fn start_core(services: u32) -> Core {
    let mut process = Command::new(env!("CARGO_BIN_EXE_itops"))
        .args(["demo", "--headless", "--services", &services.to_string()])
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let url = loop {
        let line = lines.next().expect("the core said where it listens").unwrap();
        if let Some(url) = line.strip_prefix("listening on ") {
            break url.trim().to_owned();
        }
    };
    let login = loop {
        let line = lines.next().expect("the core said where its login is").unwrap();
        if let Some(file) = line.strip_prefix("login in ") {
            break file.trim().to_owned();
        }
    };
    std::thread::spawn(move || lines.for_each(drop));
    Core { process, token: token(&url, &login), url }
}

/// Sign in as the login file says and keep the token.
fn token(url: &str, login: &str) -> String {
    let text = std::fs::read_to_string(login).unwrap();
    let field = |name: &str| {
        text.lines().find_map(|l| l.strip_prefix(name)).map(|v| v.trim().to_owned()).expect("a login with that field")
    };
    let body = serde_json::json!({
        "query": "mutation($e: String!, $p: String!) { login(email: $e, password: $p) { token } }",
        "variables": { "e": field("user:"), "p": field("password:") },
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let _ = rustls::crypto::ring::default_provider().install_default();
    let answer: serde_json::Value = runtime.block_on(async {
        reqwest::Client::new().post(format!("{url}/graphql")).json(&body).send().await.unwrap().json().await.unwrap()
    });
    answer["data"]["login"]["token"].as_str().expect("a token").to_owned()
}

pub struct Console {
    output: Receiver<Vec<u8>>,
    input: Box<dyn Write + Send>,
    screen: vt100::Parser,
    child: Box<dyn portable_pty::Child + Send + Sync>,
    pub pid: u32,
}

impl Console {
    /// Start it and wait for the first frame that shows services; milliseconds from the start of the process.
    pub fn start(core: &Core) -> (f64, Self) {
        Self::to(&core.url, &core.token)
    }

    /// The same for any core.
    pub fn to(url: &str, token: &str) -> (f64, Self) {
        let pty = native_pty_system()
            .openpty(PtySize { rows: ROWS, cols: COLUMNS, pixel_width: 0, pixel_height: 0 })
            .unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_itops"));
        command.args(["--url", url]);
        command.env("ITOPS_TOKEN", token);
        command.env("TERM", "xterm-256color");
        let mut reader = pty.master.try_clone_reader().unwrap();
        let input = pty.master.take_writer().unwrap();
        let started = Instant::now();
        let child = pty.slave.spawn_command(command).unwrap();
        drop(pty.slave);
        let (tell, output) = channel();
        std::thread::spawn(move || {
            let _master = pty.master;
            let mut buffer = [0; 65536];
            while let Ok(read) = reader.read(&mut buffer) {
                if read == 0 || tell.send(buffer[..read].to_vec()).is_err() {
                    return;
                }
            }
        });
        let pid = child.process_id().unwrap();
        let size = |cells| std::num::NonZeroU16::new(cells).unwrap();
        let (rows, columns) = (size(ROWS), size(COLUMNS));
        let mut console = Self { output, input, screen: vt100::Parser::new(rows, columns, 0), child, pid };
        loop {
            let bytes = console.output.recv_timeout(Duration::from_secs(30)).expect("a first frame");
            console.screen.process(&bytes);
            let text = console.screen.screen().contents();
            if text.contains("live") && text.contains("DOWN") {
                break;
            }
        }
        let ms = started.elapsed().as_secs_f64() * 1000.0;
        console.settle();
        (ms, console)
    }

    pub fn settle(&mut self) -> usize {
        let mut painted = 0;
        loop {
            match self.output.recv_timeout(QUIET) {
                Ok(bytes) => {
                    painted += bytes.len();
                    self.screen.process(&bytes);
                }
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return painted,
            }
        }
    }

    /// Milliseconds from the key to the last byte of the first burst that answers it, and how many bytes came.
    pub fn press(&mut self, key: &str) -> (f64, usize) {
        let sent = Instant::now();
        self.input.write_all(key.as_bytes()).unwrap();
        self.input.flush().unwrap();
        let first = self.output.recv_timeout(Duration::from_secs(2)).unwrap_or_default();
        let ms = sent.elapsed().as_secs_f64() * 1000.0;
        self.screen.process(&first);
        (ms, first.len() + self.settle())
    }

    /// Press keys, one after the other in turn, and say how long each took to be painted: the figures under `name`.
    pub fn measure(&mut self, name: &str, keys: &[&str], presses: usize) {
        let (mut times, mut bytes) = (Vec::new(), 0);
        for press in 0..presses {
            let (ms, painted) = self.press(keys[press % keys.len()]);
            times.push(ms);
            bytes += painted;
        }
        times.sort_by(f64::total_cmp);
        let at = |percent: usize| times[(times.len() * percent / 100).min(times.len() - 1)];
        println!(
            "key to paint: {name:<26} median {:.2} ms   p95 {:.2} ms   p99 {:.2} ms   worst {:.2} ms   {} bytes a key",
            at(50),
            at(95),
            at(99),
            at(100),
            bytes / presses
        );
    }

    /// Read until this stands on the screen.
    pub fn wait_for(&mut self, text: &str) {
        while !self.text().contains(text) {
            let bytes = self.output.recv_timeout(Duration::from_secs(5)).expect("the console paints it");
            self.screen.process(&bytes);
        }
    }

    /// What stands on the screen.
    pub fn text(&self) -> String {
        self.screen.screen().contents()
    }

    /// Bytes written and CPU milliseconds used while nobody touches anything.
    pub fn idle(&mut self, time: Duration) -> (f64, f64) {
        self.settle();
        let before = cpu_ms(self.pid);
        let started = Instant::now();
        let mut bytes = 0;
        while let Some(left) = time.checked_sub(started.elapsed()) {
            if let Ok(more) = self.output.recv_timeout(left) {
                bytes += more.len();
            }
        }
        (bytes as f64, cpu_ms(self.pid) - before)
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        let _ = self.input.write_all(b"q");
        let _ = self.input.flush();
        let _ = self.child.wait();
    }
}

pub fn terminate(process: &mut Child) {
    let _ = Command::new("kill").arg(process.id().to_string()).status();
    let _ = process.wait();
}

/// CPU time of a process so far, in milliseconds.
pub fn cpu_ms(process: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks: f64 = [11, 12].iter().filter_map(|i| fields.get(*i)?.parse::<f64>().ok()).sum();
    ticks * 10.0
}

pub fn rss_mib(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let kib = status
        .lines()
        .find_map(|l| l.strip_prefix("VmRSS:"))
        .and_then(|l| l.split_whitespace().next()?.parse::<u64>().ok());
    kib.unwrap_or(0) / 1024
}
