//! The console in a real terminal: the real binary in a pseudo-terminal, its screen read back through a terminal model.
//!
//! Nothing waits by the clock: output is read until what is wanted stands on the screen, within a deadline.

use std::{
    io::{Read, Write},
    num::NonZeroU16,
    sync::mpsc::{Receiver, channel},
    time::{Duration, Instant},
};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};

use super::headless::{Headless, Home};

const PATIENCE: Duration = Duration::from_secs(30);

const fn cells(count: u16) -> NonZeroU16 {
    NonZeroU16::new(count).unwrap()
}

pub struct Screen {
    output: Receiver<Vec<u8>>,
    input: Box<dyn Write + Send>,
    master: Box<dyn MasterPty + Send>,
    terminal: vt100::Parser,
    child: Box<dyn Child + Send + Sync>,
}

/// The binary in a fresh pseudo-terminal of 140x40, with these variables besides the usual ones.
fn open(
    home: &Home,
    arguments: &[&str],
    variables: &[(&str, &str)],
) -> (Box<dyn MasterPty + Send>, Box<dyn Child + Send + Sync>) {
    let size = PtySize { rows: 40, cols: 140, pixel_width: 0, pixel_height: 0 };
    let pty = native_pty_system().openpty(size).unwrap();
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_itops"));
    command.args(arguments);
    command.env_clear();
    command.env("HOME", home.path());
    command.env("TMPDIR", home.path());
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.env("TERM", "xterm-256color");
    command.env("ITOPS_PANIC_ON_F12", "1");
    for (name, value) in variables {
        command.env(name, value);
    }
    let child = pty.slave.spawn_command(command).unwrap();
    (pty.master, child)
}

impl Screen {
    pub fn start(home: &Home, arguments: &[&str]) -> Self {
        Self::start_with(home, arguments, &[])
    }

    pub fn start_with(home: &Home, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let (master, child) = open(home, arguments, variables);
        let mut reader = master.try_clone_reader().unwrap();
        let input = master.take_writer().unwrap();
        let (tell, output) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 65536];
            while let Ok(read) = reader.read(&mut buffer) {
                if read == 0 || tell.send(buffer[..read].to_vec()).is_err() {
                    return;
                }
            }
        });
        let terminal = vt100::Parser::new(cells(40), cells(140), 0);
        Self { output, input, master, terminal, child }
    }

    pub fn text(&self) -> String {
        self.terminal.screen().contents()
    }

    pub fn press(&mut self, keys: &str) {
        self.input.write_all(keys.as_bytes()).unwrap();
        self.input.flush().unwrap();
    }

    /// Read until the screen is as wanted.
    pub fn until(&mut self, what: &str, wanted: impl Fn(&str) -> bool) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let text = self.text();
            if wanted(&text) {
                return text;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            match self.output.recv_timeout(left) {
                Ok(bytes) => self.terminal.process(&bytes),
                Err(_) => panic!("{what} did not come; the screen is:\n{text}"),
            }
        }
    }

    pub fn shows(&mut self, wanted: &str) -> String {
        self.until(wanted, |text| text.contains(wanted))
    }

    fn signal(&self, signal: Signal) {
        let id = Pid::from_raw(i32::try_from(self.child.process_id().unwrap()).unwrap()).unwrap();
        kill_process(id, signal).unwrap();
    }

    /// Read to the end of output and give the exit code.
    pub fn ends(&mut self) -> u32 {
        let deadline = Instant::now() + PATIENCE;
        while let Ok(bytes) = self.output.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            self.terminal.process(&bytes);
        }
        assert!(Instant::now() < deadline, "it did not end; the screen is:\n{}", self.text());
        self.child.wait().unwrap().exit_code()
    }

    fn is_restored(&self) -> bool {
        let screen = self.terminal.screen();
        !screen.alternate_screen()
            && !screen.bracketed_paste()
            && !screen.hide_cursor()
            && screen.mouse_protocol_mode() == vt100::MouseProtocolMode::None
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn files_in(home: &Home) -> Vec<String> {
    let names = std::fs::read_dir(home.path()).unwrap().map(|e| e.unwrap().file_name().to_string_lossy().into_owned());
    names.filter(|name| name.starts_with("itops-demo-")).collect()
}

#[test]
fn a_newcomer_sees_trouble_takes_a_ticket_and_leaves_the_terminal_as_it_was() {
    let home = Home::new();
    let mut screen = Screen::start(&home, &["demo"]);
    let pulse = screen.until("Pulse", |text| text.contains("live") && text.contains("postgres-payme"));
    assert!(pulse.contains("DOWN") && pulse.contains("SIMULATED"), "{pulse}");
    assert!(screen.terminal.screen().alternate_screen());

    screen.press("4");
    screen.shows("Card payments");
    screen.press("a");
    // Shown at once; the next move waits for the core's word. Which number the ticket has is decided by who was first.
    screen.until("the ticket is mine", |text| {
        text.contains("mine 1") && (text.contains("done: take #") || text.contains("gave it to oncall"))
    });
    screen.press("m");
    screen.shows("enter move");
    screen.press("\r");
    screen.shows("cannot be taken back");
    screen.press("Y");
    let moved = screen.shows("done: move #");
    assert!(moved.contains("IN_PROGRESS"), "{moved}");

    let size = PtySize { rows: 24, cols: 80, pixel_width: 0, pixel_height: 0 };
    screen.master.resize(size).unwrap();
    screen.terminal.screen_mut().set_size(cells(24), cells(80));
    screen.press("1");
    screen.until("a picture of 80x24", |text| text.contains("Needs a person") && text.lines().count() <= 24);

    screen.press("q");
    assert_eq!(screen.ends(), 0);
    assert!(screen.is_restored());
    assert!(files_in(&home).is_empty(), "the demonstration left files");
}

/// The reader of the terminal waits for both at once; of two that are there together it must not drop one.
#[test]
fn a_key_in_the_moment_of_a_resize_is_not_lost() {
    let demo = Headless::start(&["--services", "10"]);
    demo.sign_in("oncall", "password");
    let mut screen = Screen::start(&demo.home, &[]);
    screen.shows("live");
    for turn in 0..24_u16 {
        let rows = 40 - turn % 2;
        screen.master.resize(PtySize { rows, cols: 140, pixel_width: 0, pixel_height: 0 }).unwrap();
        let (key, sign) = if turn % 2 == 0 { ("6", "HAPPENED") } else { ("1", "Needs a person") };
        screen.press(key);
        screen.shows(sign);
    }
}

#[test]
fn every_signal_restores_the_terminal_and_ends_with_its_code() {
    let demo = Headless::start(&["--services", "10"]);
    demo.sign_in("oncall", "password");
    for (signal, code) in [(Signal::TERM, 143), (Signal::HUP, 129), (Signal::INT, 130)] {
        let mut screen = Screen::start(&demo.home, &[]);
        screen.shows("live");
        screen.signal(signal);
        assert_eq!(screen.ends(), code, "{signal:?}");
        assert!(screen.is_restored(), "{signal:?}");
    }
}

#[test]
fn a_panic_gives_the_terminal_back_before_it_is_reported() {
    let demo = Headless::start(&["--services", "10"]);
    demo.sign_in("oncall", "password");
    let mut screen = Screen::start(&demo.home, &[]);
    screen.shows("live");
    screen.press("\x1b[24~");
    assert_eq!(screen.ends(), 101);
    assert!(screen.is_restored());
    let left = screen.terminal.screen().contents();
    assert!(left.contains("F12 was pressed"), "the report stands on the ordinary screen: {left}");
}

#[test]
fn the_process_goes_when_its_terminal_goes() {
    let demo = Headless::start(&["--services", "10"]);
    demo.sign_in("oncall", "password");
    let (master, mut child) = open(&demo.home, &[], &[]);
    let mut reader = master.try_clone_reader().unwrap();
    let mut terminal = vt100::Parser::new(cells(40), cells(140), 0);
    let mut buffer = [0; 65536];
    while !terminal.screen().contents().contains("live") {
        let read = reader.read(&mut buffer).unwrap();
        assert!(read > 0, "it ended early");
        terminal.process(&buffer[..read]);
    }
    // Every end of ours is closed: what is left is a line that hung up.
    drop((reader, master));
    let (tell, told) = channel();
    std::thread::spawn(move || tell.send(child.wait().unwrap().exit_code()));
    assert_eq!(told.recv_timeout(PATIENCE), Ok(129));
}

#[test]
fn a_read_only_console_says_so_and_cannot_take_a_ticket() {
    let demo = Headless::start(&[]);
    demo.sign_in("oncall", "password");
    let mut screen = Screen::start(&demo.home, &["--read-only"]);
    screen.until("the mark", |text| text.contains("READ-ONLY") && text.contains("live"));
    screen.press("4");
    screen.shows("Card payments");
    screen.press("a");
    screen.until("the refusal", |text| text.to_lowercase().contains("read-only") && text.contains("mine 0"));
    screen.press("q");
    assert_eq!(screen.ends(), 0);
}

/// A script as the editor: it says what it sees, waits for a key of its own, and writes two lines.
#[test]
fn a_comment_is_written_in_the_users_own_editor_which_has_the_terminal_and_no_token() {
    use std::os::unix::fs::PermissionsExt;
    let demo = Headless::start(&[]);
    demo.sign_in("oncall", "password");
    let script = demo.home.path().join("editor.sh");
    let text = "#!/bin/sh\nprintf 'file %s\\nmode %s\\ntoken [%s]\\nhad [%s]\\n' \"$2\" \"$(stat -c %a \"$2\")\" \
        \"$ITOPS_TOKEN$ITOPS_API_KEY\" \"$(cat \"$2\")\"\nprintf 'EDITING %s\\n' \"$1\"\nread -r line\n\
        printf '%s\\nsecond line\\n' \"$line\" > \"$2\"\n";
    std::fs::write(&script, text).unwrap();
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o700)).unwrap();
    let editor = format!("{} --wait", script.display());
    let mut screen = Screen::start_with(&demo.home, &[], &[("VISUAL", &editor), ("ITOPS_API_KEY", "s3cret-key")]);
    screen.shows("live");
    screen.press("4");
    screen.shows("Card payments");
    screen.press("c");
    screen.shows("ctrl-o editor");
    screen.press("draft\x0f");
    let shown = screen.shows("EDITING --wait");
    assert!(screen.is_restored(), "the editor has an ordinary terminal");
    assert!(shown.contains("mode 600") && shown.contains("token []") && shown.contains("had [draft]"), "{shown}");
    let file = shown.lines().find_map(|line| line.strip_prefix("file ")).unwrap().trim().to_owned();
    screen.press("from the editor\r");
    screen.until("the dialog with both lines", |text| text.contains("from the editor") && text.contains("second line"));
    assert!(screen.terminal.screen().alternate_screen() && screen.terminal.screen().bracketed_paste());
    assert!(!std::path::Path::new(&file).exists(), "the file is gone");
    screen.press("\x13");
    screen.shows("done: comment on #");
    screen.press("q");
    assert_eq!(screen.ends(), 0);
    assert!(screen.is_restored());
    assert!(
        std::fs::read_dir(demo.home.path())
            .unwrap()
            .all(|e| { !e.unwrap().file_name().to_string_lossy().starts_with("itops-text-") })
    );
}
