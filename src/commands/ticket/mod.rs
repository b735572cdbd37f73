//! `ticket list|get|why|create|take|move|assign|priority|comment`.
//!
//! [`list`] and [`show`] read, [`why`] follows one line of history back to its commit, [`mod@write`] changes one ticket and
//! [`bulk`] many. [`words`] says in sentences what happened.

mod bulk;
mod list;
mod receipt;
mod show;
mod why;
mod words;
mod write;

use std::{
    io::{self, Read},
    path::{Path, PathBuf},
};

pub use words::entry_sentence;

use super::{Exit, Invocation, Trouble, target::Signed};
use crate::{
    cli::ticket::{TicketVerb, Which},
    client::TicketWish,
};

/// Do what the verb says.
///
/// # Errors
/// `Conflict` for a version that is not current or a move that a rule refuses, `Partly` when only some of many were
/// done, and what the client says.
pub async fn run(run: &Invocation, verb: TicketVerb) -> Result<(), Trouble> {
    let signed = run.signed_in().await?;
    let done = act(run, &signed, verb).await;
    run.keep_renewed(&signed).await?;
    done
}

async fn act(run: &Invocation, signed: &Signed, verb: TicketVerb) -> Result<(), Trouble> {
    let usage = |message: String| Trouble::new(Exit::Usage, message);
    let (wish, numbers, which) = match verb {
        TicketVerb::List(args) => return interruptible(list::run(run, signed, args)).await,
        TicketVerb::Get { number } => return interruptible(show::run(run, signed, number)).await,
        TicketVerb::Why { number, entry } => return interruptible(why::run(run, signed, number, entry)).await,
        TicketVerb::Create(args) => return interruptible(write::create(run, signed, args)).await,
        TicketVerb::Take(args) => (TicketWish::Take, args.parts().map_err(usage)?, args.which),
        TicketVerb::Move(args) => {
            let (numbers, to) = args.parts().map_err(usage)?;
            let comment = text(args.comment, args.file.as_deref()).await?;
            (TicketWish::Move { to, comment }, numbers, args.which)
        }
        TicketVerb::Assign(args) => {
            let (numbers, to) = args.parts().map_err(usage)?;
            let note = text(args.note, args.file.as_deref()).await?;
            (TicketWish::Assign { to, group: args.group, note }, numbers, args.which)
        }
        TicketVerb::Priority(args) => {
            let (numbers, to) = args.parts().map_err(usage)?;
            (TicketWish::Prioritise(to), numbers, args.which)
        }
        TicketVerb::Comment(args) => {
            let (numbers, said) = args.parts().map_err(usage)?;
            (TicketWish::Comment(text(said, args.file.as_deref()).await?), numbers, args.which)
        }
    };
    change(run, signed, wish, numbers, which).await
}

async fn change(
    run: &Invocation,
    signed: &Signed,
    wish: TicketWish,
    numbers: Vec<u64>,
    which: Which,
) -> Result<(), Trouble> {
    // Before anything is read: in read-only mode nothing that writes begins.
    if !which.dry_run {
        signed.writer()?;
    }
    match numbers.as_slice() {
        [number] if which.dry_run => interruptible(bulk::rehearse(run, signed, &wish, &[*number])).await,
        [number] => interruptible(write::one(run, signed, *number, &wish, &which)).await,
        // It answers ctrl-c itself: what is on its way is waited for, and the receipt is printed.
        _ => bulk::run(run, signed, wish, numbers, which).await,
    }
}

/// Ends at ctrl-c.
async fn interruptible<T>(work: impl Future<Output = Result<T, Trouble>>) -> Result<T, Trouble> {
    tokio::select! {
        done = work => done,
        _ = tokio::signal::ctrl_c() => Err(Trouble::new(Exit::Interrupted, "")),
    }
}

/// Text as given; `-`, as text or as file, is standard input. Empty when nothing is given.
async fn text(given: Option<String>, file: Option<&Path>) -> Result<String, Trouble> {
    match (given, file) {
        (Some(text), None) if text != "-" => Ok(text),
        (None, None) => Ok(String::new()),
        (_, file) => Ok(read(file.unwrap_or(Path::new("-")).to_owned()).await?.trim_end().to_owned()),
    }
}

/// All of a file or of standard input, but no more than a ticket could take of it.
async fn read(path: PathBuf) -> Result<String, Trouble> {
    const LIMIT: u64 = 16 << 20;
    let name = if path == Path::new("-") { "standard input".to_owned() } else { path.display().to_string() };
    let reading = tokio::task::spawn_blocking(move || {
        let mut all = String::new();
        if path == Path::new("-") {
            io::stdin().lock().take(LIMIT).read_to_string(&mut all)?;
        } else {
            std::fs::File::open(&path)?.take(LIMIT).read_to_string(&mut all)?;
        }
        Ok::<_, io::Error>(all)
    });
    let read = reading.await.map_err(|e| Trouble::failed(e.to_string()))?;
    read.map_err(|e| Trouble::failed(format!("{name}: {e}")))
}
