//! Following the log of changes, for commands that stay.

use super::{Exit, Invocation, Trouble, printed, target::Signed};
use crate::{
    client::StreamEvent,
    domain::{
        change::{Change, Seq},
        estate::Snapshot,
    },
    print::Sheet,
};

/// Who is told what happens in the log.
pub trait Follower {
    /// The next change.
    ///
    /// # Errors
    /// When it cannot be told; then the following ends.
    fn change(&mut self, change: &Change) -> Result<(), Trouble>;

    /// Changes were missed: this is how everything is instead.
    ///
    /// # Errors
    /// As [`Self::change`].
    fn anew(&mut self, snapshot: Snapshot) -> Result<(), Trouble>;
}

/// Tell changes as they come, until interrupted or the reader goes away.
///
/// # Errors
/// What the client says when the log cannot be followed any more, and what the follower says.
pub async fn follow(
    run: &Invocation,
    signed: &Signed,
    mut epoch: String,
    mut after: Seq,
    follower: &mut impl Follower,
) -> Result<(), Trouble> {
    loop {
        // It reconnects and resumes by itself; it ends only when the log cannot be followed any more.
        let mut events = signed.client.changes(epoch, after);
        let mut is_offline = false;
        while let Some(event) = events.recv().await {
            match event {
                StreamEvent::Change(change) => follower.change(&change)?,
                StreamEvent::Offline { reason, .. } if !is_offline => {
                    is_offline = true;
                    run.printer.say(&format!("the link is down ({reason}); trying again"));
                }
                StreamEvent::Connected if is_offline => {
                    is_offline = false;
                    run.printer.say("the link is back; nothing was missed");
                }
                StreamEvent::Resync { why } => run.printer.say(&format!("changes were missed: {why}")),
                StreamEvent::Connected
                | StreamEvent::Beat
                | StreamEvent::Lagging { .. }
                | StreamEvent::Stale
                | StreamEvent::Offline { .. } => {}
            }
        }
        let snapshot = signed.client.snapshot().await?;
        run.keep_renewed(signed).await?;
        (epoch, after) = (snapshot.epoch.clone(), snapshot.seq);
        follower.anew(snapshot)?;
    }
}

/// Write one line for programs.
///
/// # Errors
/// `Interrupted` when nobody reads any more, so that there is nothing left to follow for.
pub fn write_line(run: &Invocation, line: &str) -> Result<(), Trouble> {
    match run.printer.data(&format!("{line}\n")) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Err(Trouble::new(Exit::Interrupted, "")),
        other => printed(other),
    }
}

/// A sheet of one change, without its headings and names.
pub fn one_row(sheet: Sheet) -> Sheet {
    let mut sheet = Sheet { names: Vec::new(), ..sheet };
    for column in &mut sheet.columns {
        column.head = "";
    }
    sheet
}
