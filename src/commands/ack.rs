//! `ack`.

use serde_json::json;

use super::{Exit, Invocation, Trouble, window::is_same_length};
use crate::{
    cli::ack::AckArgs,
    client::Kind,
    domain::{
        attention::{Handled, Subject, Wish},
        estate::Snapshot,
        refusal::RefusalCode,
        time::Timestamp,
    },
    print::{Sheet, column, time::rfc3339},
};

/// Say it, and print what holds then.
///
/// # Errors
/// Usage for a name that is none, Denied without the right, and what the client says.
pub async fn run(run: &Invocation, args: AckArgs) -> Result<(), Trouble> {
    let subject = Subject::parse(args.kind.word(), &args.name).map_err(|why| Trouble::new(Exit::Usage, why))?;
    let signed = run.signed_in().await?;
    let writer = signed.writer()?;
    // A length is from now on by the clock of the core.
    let before = if args.snooze.is_some() { Some(signed.client.snapshot().await?) } else { None };
    let now = before.as_ref().map_or_else(|| run.world.now(), |snapshot| snapshot.at);
    let wish = Wish { subject, seen: args.reason, handling: args.handling(now) };
    let key = args.idempotency_key.clone().unwrap_or_else(|| run.world.id().to_string());
    let said = match (writer.attend(&wish, &key).await, before) {
        (Err(error), Some(before)) if error.kind == Kind::Refused(RefusalCode::KeyReused) => {
            match as_first_said(&wish, &before, now) {
                // The core judges whether it is the same, and then answers what came of it.
                Some(first) => writer.attend(&first, &key).await,
                None => Err(error),
            }
        }
        (sent, _) => sent,
    };
    run.keep_renewed(&signed).await?;
    run.print(&sheet(&wish, said?.as_ref()))
}

/// What was said about the problem before, where it can have been the same: a length from now is what it was then.
fn as_first_said(wish: &Wish, before: &Snapshot, now: Timestamp) -> Option<Wish> {
    let key = (wish.subject.clone(), wish.seen.concern());
    let first = before.estate.handled.get(&key)?;
    let (asked, then) = (wish.handling?.until()?, first.handling.until()?);
    let is_same = is_same_length(asked.since(now), then.since(first.at));
    is_same.then(|| Wish { handling: Some(first.handling), ..wish.clone() })
}

fn sheet(wish: &Wish, said: Option<&Handled>) -> Sheet {
    let word = said.map_or("open", |h| h.handling.word());
    let reason = said.map_or(wish.seen, |h| h.reason);
    let until = said.and_then(|h| h.handling.until()).map(rfc3339);
    let by = said.map(|h| h.by.1.clone());
    Sheet {
        kind: "problem",
        json: json!({
            "kind": wish.subject.kind(), "name": wish.subject.name(), "reason": reason.word(),
            "handling": word, "until": until, "by": by,
        }),
        columns: ["PROBLEM", "REASON", "NOW", "UNTIL", "BY"].map(column).into(),
        rows: vec![vec![
            wish.subject.to_string().into(),
            reason.word().into(),
            word.into(),
            until.unwrap_or_default().into(),
            by.unwrap_or_default().into(),
        ]],
        names: vec![wish.subject.to_string()],
        ..Sheet::default()
    }
}
