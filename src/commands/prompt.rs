//! The only place that asks. Without a terminal nothing is asked: the command ends with exit code 2 and says which
//! flag would have answered.

use std::io::{self, BufRead, IsTerminal, Write};

use secrecy::SecretString;

use super::{Exit, Invocation, Trouble};

impl Invocation {
    /// Ask for a line. `instead` names the flag that would have answered.
    ///
    /// # Errors
    /// Usage, when nobody can be asked.
    pub async fn ask_line(&self, question: &str, instead: &str) -> Result<String, Trouble> {
        self.someone_to_ask(question, instead)?;
        let question = question.to_owned();
        blocking(move || {
            show(&question)?;
            let mut line = String::new();
            if io::stdin().lock().read_line(&mut line)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            Ok(line.trim().to_owned())
        })
        .await
    }

    /// Ask for a secret; what is typed is not shown. `instead` names the flag that would have answered.
    ///
    /// # Errors
    /// Usage, when nobody can be asked; Interrupted for ctrl-c.
    pub async fn ask_secret(&self, question: &str, instead: &str) -> Result<SecretString, Trouble> {
        self.someone_to_ask(question, instead)?;
        let question = question.to_owned();
        blocking(move || {
            show(&question)?;
            hidden_line().map(SecretString::from)
        })
        .await
    }

    /// Ask yes or no; No is the default. --yes answers yes.
    ///
    /// # Errors
    /// Declined for no; Usage, when nobody can be asked.
    pub async fn confirm(&self, question: &str) -> Result<(), Trouble> {
        if self.globals.yes {
            return Ok(());
        }
        let answer = self.ask_line(&format!("{question} [y/N] "), "--yes").await?;
        if matches!(answer.to_lowercase().as_str(), "y" | "yes") {
            return Ok(());
        }
        Err(Trouble::new(Exit::Declined, "nothing was done"))
    }

    /// Ask for `name` to be typed, for what cannot be taken back. --yes stands for it.
    ///
    /// # Errors
    /// Declined for anything else; Usage, when nobody can be asked.
    pub async fn confirm_by_name(&self, question: &str, name: &str) -> Result<(), Trouble> {
        if self.globals.yes {
            return Ok(());
        }
        let answer = self.ask_line(&format!("{question}\nType {name} to go on: "), "--yes").await?;
        if answer == name {
            return Ok(());
        }
        Err(Trouble::new(Exit::Declined, "nothing was done"))
    }

    fn someone_to_ask(&self, question: &str, instead: &str) -> Result<(), Trouble> {
        if !self.globals.no_input && io::stdin().is_terminal() && io::stderr().is_terminal() {
            return Ok(());
        }
        let question = question.trim_end_matches(['[', 'y', '/', 'N', ']', ' ', ':']);
        Err(Trouble::new(Exit::Usage, format!("this would have to ask: {question}")).hint(format!("give {instead}")))
    }
}

/// The first line of standard input, for `--password-stdin`.
///
/// # Errors
/// When nothing comes.
pub async fn secret_from_stdin() -> Result<SecretString, Trouble> {
    blocking(|| {
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line)?;
        let line = line.trim_end_matches(['\n', '\r']);
        if line.is_empty() {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "no password on standard input"));
        }
        Ok(SecretString::from(line.to_owned()))
    })
    .await
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> Result<T, Trouble> {
    let done = tokio::task::spawn_blocking(work).await.map_err(|e| Trouble::failed(e.to_string()))?;
    done.map_err(|error| match error.kind() {
        io::ErrorKind::Interrupted => Trouble::new(Exit::Interrupted, ""),
        io::ErrorKind::UnexpectedEof => Trouble::new(Exit::Usage, "standard input ended before an answer"),
        _ => Trouble::failed(format!("standard input: {error}")),
    })
}

fn show(question: &str) -> io::Result<()> {
    let mut err = io::stderr().lock();
    write!(err, "{question}")?;
    err.flush()
}

/// A line read key by key with the terminal's echo, line editing and signals off, so that ctrl-c comes to us and the
/// terminal is put back on every way out.
#[cfg(unix)]
fn hidden_line() -> io::Result<String> {
    use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

    struct Restore(Termios);
    impl Drop for Restore {
        fn drop(&mut self) {
            let _ = tcsetattr(io::stdin(), OptionalActions::Now, &self.0);
            let _ = writeln!(io::stderr());
        }
    }

    let before = tcgetattr(io::stdin())?;
    let mut quiet = before.clone();
    quiet.local_modes.remove(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG);
    let _restore = Restore(before);
    tcsetattr(io::stdin(), OptionalActions::Now, &quiet)?;
    let mut typed = Vec::new();
    let mut byte = [0];
    loop {
        if rustix::io::read(io::stdin(), &mut byte[..])? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        match byte[0] {
            b'\r' | b'\n' => break,
            3 => return Err(io::ErrorKind::Interrupted.into()),
            4 if typed.is_empty() => return Err(io::ErrorKind::UnexpectedEof.into()),
            8 | 127 => {
                // Back over a whole character, not a byte of it.
                while typed.pop().is_some_and(|b: u8| b & 0xc0 == 0x80) {}
            }
            21 => typed.clear(),
            other => typed.push(other),
        }
    }
    String::from_utf8(typed).map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "not UTF-8"))
}

#[cfg(not(unix))]
fn hidden_line() -> io::Result<String> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "use --password-stdin on this platform"))
}
