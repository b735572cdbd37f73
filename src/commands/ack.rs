//! `ack`.

use serde_json::json;

use super::{Exit, Invocation, Trouble};
use crate::{
    cli::ack::AckArgs,
    domain::attention::{Handled, Subject, Wish},
    print::{Sheet, column, time::rfc3339},
};

/// Say it, and print what holds then.
///
/// # Errors
/// Usage for a name that is none, Denied without the right, and what the client says.
pub async fn run(run: &Invocation, args: AckArgs) -> Result<(), Trouble> {
    let subject = Subject::parse(args.kind.word(), &args.name).map_err(|why| Trouble::new(Exit::Usage, why))?;
    let signed = run.signed_in().await?;
    let wish = Wish { subject, seen: args.reason, handling: args.handling(run.world.now()) };
    let key = args.idempotency_key.clone().unwrap_or_else(|| run.world.id().to_string());
    let said = signed.writer()?.attend(&wish, key).await;
    run.keep_renewed(&signed).await?;
    run.print(&sheet(&wish, said?.as_ref()))
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
